/**
 * What versions of the Internet Protocol share: the version nibble, protocol
 * numbers, and text of addresses of any family there is, for now IPv4.
 *
 * @module
 */

import { Address as Ipv4Address, Cidr as Ipv4Cidr } from "./ipv4_address.ts";
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
  /** Stream Control Transmission Protocol (RFC 9260). */
  SCTP: 132,
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
  [Protocol.SCTP, "SCTP"],
]);

/** The keyword that IANA gives a protocol, or `"protocol 253"`. */
export function nameOfProtocol(protocol: number): string {
  return NAMES.get(protocol) ?? `protocol ${protocol}`;
}

/** An address of any family. */
export type Address = Ipv4Address;
/** An address with prefix of any family. */
export type Cidr = Ipv4Cidr;

/** Reads an address of any family. @throws {AddressError} naming the place. */
export function parseAddress(text: string): Address {
  return Ipv4Address.parse(text);
}

/** Reads a prefix of any family. @throws {AddressError} naming the place. */
export function parseCidr(text: string): Cidr {
  return Ipv4Cidr.parse(text);
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
   * Reads `192.0.2.1:80`.
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
    return this.port === other.port && this.address.equals(other.address);
  }

  /** Text that {@linkcode Endpoint.parse} reads. */
  toString(): string {
    return `${this.address}:${this.port}`;
  }
}

function read(text: string): Endpoint | AddressError {
  const kind = "an endpoint";
  // The longest IPv4 address has 15 characters.
  const colon = text.slice(0, 16).indexOf(":");
  const address = Ipv4Address.tryParse(
    colon < 0 ? text.slice(0, 16) : text.slice(0, colon),
  );
  if (address === undefined) {
    return new AddressError(kind, text, 0, "an IPv4 address");
  }
  if (colon < 0) {
    return new AddressError(kind, text, text.length, '":" and a port');
  }
  const port = decimal(text, colon + 1, text.length, 65535);
  return port < 0
    ? new AddressError(kind, text, colon + 1, "a port in 0..65535")
    : new Endpoint(address, port);
}
