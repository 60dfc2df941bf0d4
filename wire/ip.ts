/**
 * What both versions of the Internet Protocol share: the version nibble,
 * protocol numbers, a packet of either, and text of addresses of either.
 *
 * ```ts
 * import { ip } from "@ethox/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const endpoint = ip.Endpoint.parse("[2001:db8::1]:80");
 * assertEquals(endpoint.address.version, 6);
 * assertEquals(`${endpoint}`, "[2001:db8::1]:80");
 * assertEquals(endpoint.toDotted(), "2001:db8::1.80");
 *
 * const network = ip.parseCidr("192.0.2.0/24");
 * assertEquals(ip.contains(network, ip.parseAddress("192.0.2.9")), true);
 * assertEquals(ip.contains(network, endpoint.address), false);
 * ```
 *
 * @module
 */

import { pseudo4, pseudo6 } from "./checksum.ts";
import { Address as Ipv4Address, Cidr as Ipv4Cidr } from "./ipv4_address.ts";
import { View as Ipv4View } from "./ipv4.ts";
import { Address as Ipv6Address, Cidr as Ipv6Cidr } from "./ipv6_address.ts";
import { Chain } from "./ipv6_extension.ts";
import { DESTINATION_OFFSET, SOURCE_OFFSET, View as Ipv6View } from "./ipv6.ts";
import type { Reason } from "./reason.ts";
import { AddressError, decimal } from "./_text.ts";

export { AddressError };

/**
 * The version of the datagram at `start`: 4, 6, or why it is neither.
 *
 * Nothing at all is `"truncated"`; any other version is `"version"`.
 */
export function version(
  view: DataView,
  start: number,
  end: number,
): 4 | 6 | "truncated" | "version" {
  if (start >= end) return "truncated";
  const nibble = view.getUint8(start) >>> 4;
  return nibble === 4 || nibble === 6 ? nibble : "version";
}

/** Assigned protocol numbers, which are also IPv6 next headers. */
export const Protocol = {
  /** IPv6 hop-by-hop options (RFC 8200). */
  HOP_BY_HOP: 0,
  /** Internet Control Message Protocol (RFC 792). */
  ICMP: 1,
  /** Internet Group Management Protocol (RFC 1112). */
  IGMP: 2,
  /** IPv4 in IP (RFC 2003). */
  IPV4: 4,
  /** Transmission Control Protocol (RFC 9293). */
  TCP: 6,
  /** User Datagram Protocol (RFC 768). */
  UDP: 17,
  /** IPv6 in IP (RFC 2473). */
  IPV6: 41,
  /** IPv6 routing header (RFC 8200). */
  IPV6_ROUTE: 43,
  /** IPv6 fragment header (RFC 8200). */
  IPV6_FRAGMENT: 44,
  /** Generic Routing Encapsulation (RFC 2784). */
  GRE: 47,
  /** Encapsulating Security Payload (RFC 4303). */
  ESP: 50,
  /** Authentication Header (RFC 4302). */
  AH: 51,
  /** ICMP for IPv6 (RFC 4443). */
  ICMPV6: 58,
  /** Nothing follows (RFC 8200). */
  NO_NEXT_HEADER: 59,
  /** IPv6 destination options (RFC 8200). */
  DESTINATION_OPTIONS: 60,
  /** Open Shortest Path First (RFC 2328). */
  OSPF: 89,
  /** Protocol Independent Multicast (RFC 7761). */
  PIM: 103,
  /** Virtual Router Redundancy Protocol (RFC 9568). */
  VRRP: 112,
  /** Stream Control Transmission Protocol (RFC 9260). */
  SCTP: 132,
  /** IPv6 mobility header (RFC 6275). */
  MOBILITY: 135,
  /** Lightweight User Datagram Protocol (RFC 3828). */
  UDP_LITE: 136,
  /** Host Identity Protocol (RFC 7401). */
  HIP: 139,
  /** Multihoming shim for IPv6 (RFC 5533). */
  SHIM6: 140,
} as const;

const NAMES: ReadonlyMap<number, string> = new Map([
  [Protocol.HOP_BY_HOP, "HOPOPT"],
  [Protocol.ICMP, "ICMP"],
  [Protocol.IGMP, "IGMP"],
  [Protocol.IPV4, "IPv4"],
  [Protocol.TCP, "TCP"],
  [Protocol.UDP, "UDP"],
  [Protocol.IPV6, "IPv6"],
  [Protocol.IPV6_ROUTE, "IPv6-Route"],
  [Protocol.IPV6_FRAGMENT, "IPv6-Frag"],
  [Protocol.GRE, "GRE"],
  [Protocol.ESP, "ESP"],
  [Protocol.AH, "AH"],
  [Protocol.ICMPV6, "IPv6-ICMP"],
  [Protocol.NO_NEXT_HEADER, "IPv6-NoNxt"],
  [Protocol.DESTINATION_OPTIONS, "IPv6-Opts"],
  [Protocol.OSPF, "OSPFIGP"],
  [Protocol.PIM, "PIM"],
  [Protocol.VRRP, "VRRP"],
  [Protocol.SCTP, "SCTP"],
  [Protocol.MOBILITY, "Mobility Header"],
  [Protocol.UDP_LITE, "UDPLite"],
  [Protocol.HIP, "HIP"],
  [Protocol.SHIM6, "Shim6"],
]);

/** The keyword that IANA gives a protocol, or `"protocol 253"`. */
export function nameOfProtocol(protocol: number): string {
  return NAMES.get(protocol) ?? `protocol ${protocol}`;
}

/**
 * A packet of either version, to its upper layer; reused for the next.
 *
 * ```ts
 * import { ip, ipv4, udp } from "@ethox/wire";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const view = new DataView(new ArrayBuffer(28));
 * const header = new ipv4.Repr();
 * header.protocol = ip.Protocol.UDP;
 * header.payloadLength = 8;
 * header.emit(view, 0);
 *
 * const packet = new ip.Packet();
 * assertEquals(packet.parse(view, 0, 28), undefined);
 * assertEquals([packet.version, packet.protocol], [4, ip.Protocol.UDP]);
 * assertEquals([packet.payloadStart, packet.payloadEnd], [20, 28]);
 * ```
 */
export class Packet {
  /** Version, 4 or 6; 0 if it was neither. */
  version: 0 | 4 | 6 = 0;
  /** The header of version 4, if it is that. */
  readonly v4: Ipv4View = new Ipv4View();
  /** The header of version 6, if it is that. */
  readonly v6: Ipv6View = new Ipv6View();
  /** Its extension headers, walked to the upper layer. */
  readonly chain: Chain = new Chain();
  /** Number of the protocol of the upper layer. */
  protocol = 0;
  /** Offset of the first octet of the upper layer. */
  payloadStart = 0;
  /** Offset behind the last octet of the upper layer, padding left out. */
  payloadEnd = 0;

  /**
   * Points at received octets; judges versions and lengths, extension headers
   * included, not the checksum of version 4.
   */
  parse(view: DataView, start: number, end: number): Reason | undefined {
    this.version = 0;
    const nibble = version(view, start, end);
    if (nibble === 4) {
      const reason = this.v4.wrap(view, start, end).check();
      if (reason !== undefined) return reason;
      this.protocol = this.v4.protocol;
      this.payloadStart = this.v4.payloadStart;
      this.payloadEnd = this.v4.payloadEnd;
    } else if (nibble === 6) {
      const reason = this.v6.wrap(view, start, end).check() ??
        this.chain.walk(this.v6);
      if (reason !== undefined) return reason;
      this.protocol = this.chain.protocol;
      this.payloadStart = this.chain.payloadStart;
      this.payloadEnd = this.chain.payloadEnd;
    } else {
      return nibble;
    }
    this.version = nibble;
    return undefined;
  }

  /** Hops that are left. */
  get hopLimit(): number {
    return this.version === 4 ? this.v4.ttl : this.v6.hopLimit;
  }

  /** Whether this is a piece of a packet and not a whole one. */
  get isFragment(): boolean {
    return this.version === 4 ? this.v4.isFragment : this.chain.isFragment;
  }

  /** Octets of the upper layer, or of the fragmentable part, in front. */
  get fragmentOffset(): number {
    return this.version === 4
      ? this.v4.fragmentOffset
      : this.chain.fragmentOffset;
  }

  /**
   * The partial sum of the pseudo header of the upper layer, with final
   * addresses; `length` counts all of it.
   */
  pseudo(protocol: number, length: number): number {
    return this.version === 4
      ? pseudo4(this.v4.source, this.v4.destination, protocol, length)
      : pseudo6(this.chain.addressSum, protocol, length);
  }

  /** The source address in the header, as a value. */
  get source(): Address {
    return this.version === 4
      ? new Ipv4Address(this.v4.source)
      : Ipv6Address.read(this.v6.view, this.v6.start + SOURCE_OFFSET);
  }

  /** The destination address in the header, as a value. */
  get destination(): Address {
    return this.version === 4
      ? new Ipv4Address(this.v4.destination)
      : Ipv6Address.read(this.v6.view, this.v6.start + DESTINATION_OFFSET);
  }
}

/** An address of any family; its `version` tells which. */
export type Address = Ipv4Address | Ipv6Address;
/** An address with prefix of any family; its `address` tells which. */
export type Cidr = Ipv4Cidr | Ipv6Cidr;

/** Whether two addresses are the same, and so of the same family. */
export function equals(a: Address, b: Address): boolean {
  return a.version === 4
    ? b.version === 4 && a.equals(b)
    : b.version === 6 && a.equals(b);
}

/** Whether an address, of whatever zone, lies in a network of its family. */
export function contains(cidr: Cidr, address: Address): boolean {
  if (cidr instanceof Ipv4Cidr) {
    return address.version === 4 && cidr.contains(address.value);
  }
  return address.version === 6 &&
    cidr.contains(address.w0, address.w1, address.w2, address.w3);
}

/** Whether a text can only be of version 6. */
function has6(text: string): boolean {
  // The first field has at most four digits and ends in a colon.
  for (let i = 0; i < text.length && i < 5; i++) {
    if (text[i] === ":") return true;
    if (text[i] === ".") return false;
  }
  return false;
}

/** Reads an address of any family. @throws {AddressError} naming the place. */
export function parseAddress(text: string): Address {
  return has6(text) ? Ipv6Address.parse(text) : Ipv4Address.parse(text);
}

/** As {@linkcode parseAddress}, with nothing where that throws. */
export function tryParseAddress(text: string): Address | undefined {
  return has6(text) ? Ipv6Address.tryParse(text) : Ipv4Address.tryParse(text);
}

/** Reads a prefix of any family. @throws {AddressError} naming the place. */
export function parseCidr(text: string): Cidr {
  return has6(text) ? Ipv6Cidr.parse(text) : Ipv4Cidr.parse(text);
}

/** As {@linkcode parseCidr}, with nothing where that throws. */
export function tryParseCidr(text: string): Cidr | undefined {
  return has6(text) ? Ipv6Cidr.tryParse(text) : Ipv4Cidr.tryParse(text);
}

/** A port that is not in 0..65535. */
export class PortError extends RangeError {
  /** The name `"PortError"`. */
  override readonly name = "PortError";
}

/** An address and a port. Immutable. */
export class Endpoint {
  /** The address; may be unspecified. */
  readonly address: Address;
  /** The port, 0..65535; 0 stands for none. */
  readonly port: number;

  /** Joins both. @throws {PortError} if the port is not in 0..65535. */
  constructor(address: Address, port: number) {
    if (!Number.isInteger(port) || port < 0 || port > 65535) {
      throw new PortError(
        `Cannot make endpoint at ${address} as port must be in 0..65535: current port is ${port}`,
      );
    }
    this.address = address;
    this.port = port;
  }

  /**
   * Reads `192.0.2.1:80`, `[2001:db8::1]:80` or `[fe80::1%eth0]:80`.
   *
   * @throws {AddressError} naming the place if the text is anything else.
   */
  static parse(text: string): Endpoint {
    const endpoint = read(text);
    if (endpoint instanceof AddressError) throw endpoint;
    return endpoint;
  }

  /** As {@linkcode Endpoint.parse}, with nothing where that throws. */
  static tryParse(text: string): Endpoint | undefined {
    const endpoint = read(text);
    return endpoint instanceof AddressError ? undefined : endpoint;
  }

  /** Whether a datagram could be sent there: neither part is unspecified. */
  get isSpecified(): boolean {
    return this.port !== 0 && !this.address.isUnspecified;
  }

  /** Whether address and port are the same. */
  equals(other: Endpoint): boolean {
    return this.port === other.port && equals(this.address, other.address);
  }

  /** Text that {@linkcode Endpoint.parse} reads (RFC 5952 section 6). */
  toString(): string {
    return this.address.version === 4
      ? `${this.address}:${this.port}`
      : `[${this.address}]:${this.port}`;
  }

  /** Text in the manner of tcpdump, `2001:db8::1.80`, which is not read back. */
  toDotted(): string {
    return `${this.address}.${this.port}`;
  }
}

// "[", an address of 45 characters, "%", a zone of 63, "]".
const MOST_BRACKETED = 111;

function read(text: string): Endpoint | AddressError {
  const kind = "an endpoint";
  if (text[0] === "[") return readBracketed(text, kind);
  // The longest IPv4 address has 15 characters.
  const colon = text.slice(0, 16).indexOf(":");
  const address = Ipv4Address.tryParse(
    colon < 0 ? text.slice(0, 16) : text.slice(0, colon),
  );
  if (address === undefined) {
    return new AddressError(kind, text, 0, 'an IPv4 address or "["');
  }
  return readPort(text, kind, address, colon < 0 ? text.length : colon);
}

function readBracketed(text: string, kind: string): Endpoint | AddressError {
  const close = text.slice(0, MOST_BRACKETED).indexOf("]");
  const address = Ipv6Address.tryParse(text.slice(1, Math.max(1, close)));
  return address === undefined
    ? new AddressError(kind, text, 1, 'an IPv6 address and "]"')
    : readPort(text, kind, address, close + 1);
}

function readPort(
  text: string,
  kind: string,
  address: Address,
  colon: number,
): Endpoint | AddressError {
  if (text[colon] !== ":") {
    return new AddressError(kind, text, colon, '":" and a port');
  }
  const port = decimal(text, colon + 1, text.length, 65535);
  return port < 0
    ? new AddressError(kind, text, colon + 1, "a port in 0..65535")
    : new Endpoint(address, port);
}
