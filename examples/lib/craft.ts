/**
 * Packets from a description: an array of layers, outermost first.
 *
 * @module
 */

import * as arp from "@ethox/wire/arp";
import * as ethernet from "@ethox/wire/ethernet";
import * as icmpv4 from "@ethox/wire/icmpv4";
import * as icmpv6 from "@ethox/wire/icmpv6";
import { Protocol } from "@ethox/wire/ip";
import * as ipv4 from "@ethox/wire/ipv4";
import * as ipv6 from "@ethox/wire/ipv6";
import * as tcp from "@ethox/wire/tcp";
import * as udp from "@ethox/wire/udp";
import * as vlan from "@ethox/wire/vlan";
import { UsageError } from "./args.ts";

/** What a description may say, for the help of a program. */
export const FORM = `A description is an array of packets, each an array of
layers, outermost first, such as
  [[{"ipv4": {"source": "192.0.2.1", "destination": "192.0.2.2"}},
    {"udp": {"sourcePort": 9, "destinationPort": 9}}, {"payload": {"text": "x"}}]]
Lengths, checksums and the type of the next layer are computed unless given.
  ethernet  source destination type
  vlan      identifier priority dropEligible type
  arp       operation senderHardware senderProtocol targetHardware targetProtocol
  ipv4      source destination ttl protocol dscp ecn identification dontFragment
            moreFragments fragmentOffset (octets) options {hex} totalLength checksum
  ipv6      source destination hopLimit nextHeader dscp ecn flowLabel payloadLength
  tcp       sourcePort destinationPort sequence acknowledgment flags ("SYN ACK")
            window urgentPointer checksum options {mss windowScale sackPermitted
            sack [[left, right]] timestamps [value, echo] userTimeout fastOpen (hex)}
  udp       sourcePort destinationPort length checksum
  icmpv4    type code identifier sequenceNumber mtu gateway pointer checksum
  icmpv6    type code identifier sequenceNumber mtu pointer checksum
  payload   hex or text`;

const MOST = 65535;
/** Layers of a packet: each is copied once for every one around it. */
const MOST_LAYERS = 64;
const UINT32 = 0xffff_ffff;

/** Members of one object of a description, each asked for by name once. */
class Fields {
  readonly where: string;
  readonly #members: ReadonlyMap<string, unknown>;
  readonly #asked = new Set<string>();

  constructor(value: unknown, where: string) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new UsageError(`${where} must be an object`);
    }
    this.where = where;
    // A map, so that "__proto__" is a name like any other (A94).
    this.#members = new Map(Object.entries(value));
  }

  get names(): string[] {
    return [...this.#members.keys()];
  }

  get(name: string): unknown {
    this.#asked.add(name);
    return this.#members.get(name);
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  number(name: string, most: number, absent?: number): number {
    const value = this.get(name) ?? absent;
    if (
      typeof value === "number" && Number.isInteger(value) && value >= 0 &&
      value <= most
    ) return value;
    throw new UsageError(
      `${this.where}.${name} must be a whole number from 0 to ${most}`,
    );
  }

  flag(name: string): boolean {
    const value = this.get(name) ?? false;
    if (typeof value === "boolean") return value;
    throw new UsageError(`${this.where}.${name} must be true or false`);
  }

  text(name: string, absent?: string): string {
    const value = this.get(name) ?? absent;
    if (typeof value === "string") return value;
    throw new UsageError(`${this.where}.${name} must be a text`);
  }

  /** A text that a parser of @ethox/wire takes. */
  parsed<T>(name: string, parse: (text: string) => T, absent?: string): T {
    const text = this.text(name, absent);
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      throw new UsageError(`${this.where}.${name}: ${error.message}`);
    }
  }

  mac(name: string, absent?: string): ethernet.Address {
    return this.parsed(name, (text) => ethernet.Address.parse(text), absent);
  }

  address4(name: string, absent?: string): number {
    return this.parsed(name, (text) => ipv4.Address.parse(text).value, absent);
  }

  octets(name: string): Uint8Array<ArrayBuffer> {
    const text = this.text(name).replace(/[\s:]/g, "");
    if (!/^([0-9a-f]{2})*$/i.test(text)) {
      throw new UsageError(`${this.where}.${name} must be hexadecimal octets`);
    }
    return Uint8Array.from(
      text.match(/../g) ?? [],
      (octet) => parseInt(octet, 16),
    );
  }

  fields(name: string): Fields {
    return new Fields(this.get(name) ?? {}, `${this.where}.${name}`);
  }

  /** `count` numbers of 32 bits, as int32. */
  words(value: unknown, name: string, count: number): number[] {
    if (
      Array.isArray(value) && value.length === count &&
      value.every((one) => Number.isInteger(one) && one >= 0 && one <= UINT32)
    ) return value.map((one) => one | 0);
    throw new UsageError(
      `${this.where}.${name} must have ${count} whole numbers from 0 to ${UINT32}`,
    );
  }

  /** Refuses members that nobody asked for: they would be lost. */
  done(): void {
    for (const name of this.#members.keys()) {
      if (this.#asked.has(name)) continue;
      throw new UsageError(`${this.where} has no ${JSON.stringify(name)}`);
    }
  }
}

/** One layer of a packet that is being built from its end. */
interface Layer {
  readonly name: string;
  readonly fields: Fields;
}

/** What stands around a layer. */
interface Place {
  /** The octets behind the header. */
  readonly payload: Uint8Array<ArrayBuffer>;
  /** The layer behind it. */
  readonly next: Layer | undefined;
  /** Over IPv4: its addresses. */
  readonly addresses4?: readonly [number, number];
  /** Over IPv6: the sum of its addresses. */
  readonly addresses6?: number;
}

type Build = (fields: Fields, place: Place) => Uint8Array<ArrayBuffer>;

/** Room for a header in front of the payload. */
function join(
  headerLength: number,
  payload: Uint8Array,
  emit: (view: DataView) => void,
): Uint8Array<ArrayBuffer> {
  const octets = new Uint8Array(headerLength + payload.length);
  octets.set(payload, headerLength);
  emit(new DataView(octets.buffer));
  return octets;
}

function limited(fields: Fields, length: number, most: number): void {
  if (length <= most) return;
  throw new UsageError(
    `${fields.where} has ${length} octets, and there is room for ${most}`,
  );
}

/** Layers by EtherType, and by protocol of IP. */
const TYPES: Readonly<Record<string, number>> = {
  arp: ethernet.EtherType.ARP,
  ipv4: ethernet.EtherType.IPV4,
  ipv6: ethernet.EtherType.IPV6,
  vlan: ethernet.EtherType.VLAN,
};
const PROTOCOLS: Readonly<Record<string, number>> = {
  icmpv4: Protocol.ICMP,
  icmpv6: Protocol.ICMPV6,
  ipv4: Protocol.IPV4,
  ipv6: Protocol.IPV6,
  tcp: Protocol.TCP,
  udp: Protocol.UDP,
};

function typeOf(fields: Fields, place: Place): number {
  return fields.number("type", MOST, TYPES[place.next?.name ?? ""] ?? 0xffff);
}

const FLAGS: Readonly<Record<string, number>> = {
  FIN: tcp.FIN,
  SYN: tcp.SYN,
  RST: tcp.RST,
  PSH: tcp.PSH,
  ACK: tcp.ACK,
  URG: tcp.URG,
  ECE: tcp.ECE,
  CWR: tcp.CWR,
  AE: tcp.AE,
};

function flagsOf(fields: Fields): number {
  const value = fields.get("flags");
  if (typeof value === "number") return fields.number("flags", 0xfff);
  let flags = 0;
  for (const name of fields.text("flags", "").split(/[\s,|]+/)) {
    const flag = FLAGS[name.toUpperCase()];
    if (name !== "" && flag === undefined) {
      throw new UsageError(
        `${fields.where}.flags has no flag ${JSON.stringify(name)}`,
      );
    }
    flags |= flag ?? 0;
  }
  return flags;
}

function tcpOptions(fields: Fields, into: tcp.Options): void {
  into.mss = fields.number("mss", MOST, 0);
  if (fields.has("windowScale")) {
    into.windowScale = fields.number("windowScale", 255);
  }
  into.sackPermitted = fields.flag("sackPermitted");
  const blocks = fields.get("sack") ?? [];
  if (!Array.isArray(blocks) || blocks.length > tcp.SACK_BLOCKS) {
    throw new UsageError(
      `${fields.where}.sack must be a list of at most ${tcp.SACK_BLOCKS} blocks`,
    );
  }
  blocks.forEach((block, i) => {
    into.sack.set(fields.words(block, `sack[${i}]`, 2), 2 * i);
  });
  into.sackCount = blocks.length;
  if (fields.has("timestamps")) {
    const [value, echo] = fields.words(
      fields.get("timestamps"),
      "timestamps",
      2,
    );
    into.timestamps = true;
    into.timestampValue = value!;
    into.timestampEcho = echo!;
  }
  if (fields.has("userTimeout")) {
    into.userTimeout = fields.number("userTimeout", 0x7fff * 60);
  }
  if (fields.has("fastOpen")) {
    const cookie = fields.octets("fastOpen");
    limited(fields, cookie.length, into.fastOpenCookie.length);
    into.fastOpenCookie.set(cookie);
    into.fastOpenLength = cookie.length;
  }
  fields.done();
  limited(fields, into.bufferLength, tcp.MAX_OPTIONS_LENGTH);
}

/** Writes the checksum that is given, or the right one where IP is around. */
function fillTransport(
  fields: Fields,
  place: Place,
  written: tcp.View | udp.View,
): void {
  if (fields.has("checksum")) {
    written.checksum = fields.number("checksum", MOST);
  } else if (place.addresses4 !== undefined) {
    written.fillChecksum4(...place.addresses4);
  } else if (place.addresses6 !== undefined) {
    written.fillChecksum6(place.addresses6);
  }
}

function rest(
  fields: Fields,
  into: icmpv4.Repr | icmpv6.Repr,
): void {
  into.type = fields.number("type", 255);
  into.code = fields.number("code", 255, 0);
  if (fields.has("identifier")) {
    into.identifier = fields.number("identifier", MOST);
  }
  if (fields.has("sequenceNumber")) {
    into.sequenceNumber = fields.number("sequenceNumber", MOST);
  }
}

const BUILD: Readonly<Record<string, Build>> = {
  ethernet(fields, place) {
    const header = new ethernet.Repr();
    const source = fields.mac("source");
    const destination = fields.mac("destination");
    header.sourceHigh = source.high;
    header.sourceLow = source.low;
    header.destinationHigh = destination.high;
    header.destinationLow = destination.low;
    header.etherType = typeOf(fields, place);
    return join(
      header.bufferLength,
      place.payload,
      (view) => header.emit(view, 0),
    );
  },
  vlan(fields, place) {
    const tag = new vlan.Repr();
    tag.identifier = fields.number("identifier", 4095);
    tag.priority = fields.number("priority", 7, 0);
    tag.dropEligible = fields.flag("dropEligible");
    tag.etherType = typeOf(fields, place);
    return join(tag.bufferLength, place.payload, (view) => tag.emit(view, 0));
  },
  arp(fields, place) {
    const packet = new arp.Repr();
    packet.operation = fields.number("operation", MOST, arp.Operation.REQUEST);
    const none = "00:00:00:00:00:00";
    const sender = fields.mac("senderHardware", none);
    const target = fields.mac("targetHardware", none);
    packet.senderHigh = sender.high;
    packet.senderLow = sender.low;
    packet.senderProtocol = fields.address4("senderProtocol", "0.0.0.0");
    packet.targetHigh = target.high;
    packet.targetLow = target.low;
    packet.targetProtocol = fields.address4("targetProtocol", "0.0.0.0");
    return join(
      packet.bufferLength,
      place.payload,
      (view) => packet.emit(view, 0),
    );
  },
  ipv4(fields, place) {
    const header = new ipv4.Repr();
    header.source = fields.address4("source");
    header.destination = fields.address4("destination");
    header.ttl = fields.number("ttl", 255, 64);
    header.protocol = fields.number(
      "protocol",
      255,
      PROTOCOLS[place.next?.name ?? ""] ?? 255,
    );
    header.dscp = fields.number("dscp", 63, 0);
    header.ecn = fields.number("ecn", 3, 0);
    header.identification = fields.number("identification", MOST, 0);
    header.dontFragment = fields.flag("dontFragment");
    header.moreFragments = fields.flag("moreFragments");
    header.fragmentOffset = fields.number("fragmentOffset", 65528, 0);
    if (header.fragmentOffset % 8 !== 0) {
      throw new UsageError(
        `${fields.where}.fragmentOffset must be a multiple of 8`,
      );
    }
    if (fields.has("options")) {
      const inner = fields.fields("options");
      const options = inner.octets("hex");
      inner.done();
      limited(inner, options.length, ipv4.MAX_OPTIONS_LENGTH);
      header.options.set(options);
      header.optionsLength = options.length;
    }
    header.payloadLength = place.payload.length;
    if (!fields.has("totalLength")) {
      limited(fields, header.bufferLength, ipv4.MAX_LENGTH);
    }
    return join(header.headerLength, place.payload, (view) => {
      header.emit(view, 0);
      const written = new ipv4.View(view);
      if (fields.has("totalLength")) {
        written.totalLength = fields.number("totalLength", MOST);
      }
      if (fields.has("checksum")) {
        written.checksum = fields.number("checksum", MOST);
      } else written.fillChecksum();
    });
  },
  ipv6(fields, place) {
    const header = new ipv6.Repr();
    header.source.set(words6(fields, "source"));
    header.destination.set(words6(fields, "destination"));
    header.hopLimit = fields.number("hopLimit", 255, 64);
    header.nextHeader = fields.number(
      "nextHeader",
      255,
      PROTOCOLS[place.next?.name ?? ""] ?? 59,
    );
    header.dscp = fields.number("dscp", 63, 0);
    header.ecn = fields.number("ecn", 3, 0);
    header.flowLabel = fields.number("flowLabel", 0xfffff, 0);
    if (!fields.has("payloadLength")) {
      limited(fields, place.payload.length, ipv6.MAX_PAYLOAD_LENGTH);
    }
    header.payloadLength = fields.number(
      "payloadLength",
      MOST,
      place.payload.length,
    );
    return join(
      ipv6.HEADER_LENGTH,
      place.payload,
      (view) => header.emit(view, 0),
    );
  },
  tcp(fields, place) {
    const header = new tcp.Repr();
    header.sourcePort = fields.number("sourcePort", MOST);
    header.destinationPort = fields.number("destinationPort", MOST);
    header.sequence = fields.number("sequence", UINT32, 0) | 0;
    header.acknowledgment = fields.number("acknowledgment", UINT32, 0) | 0;
    header.flags = flagsOf(fields);
    header.window = fields.number("window", MOST, MOST);
    header.urgentPointer = fields.number("urgentPointer", MOST, 0);
    tcpOptions(fields.fields("options"), header.options);
    return join(header.headerLength, place.payload, (view) => {
      header.emit(view, 0);
      const written = new tcp.View(view);
      fillTransport(fields, place, written);
    });
  },
  udp(fields, place) {
    const header = new udp.Repr();
    header.sourcePort = fields.number("sourcePort", MOST);
    header.destinationPort = fields.number("destinationPort", MOST);
    header.payloadLength = place.payload.length;
    limited(fields, header.bufferLength, MOST);
    return join(udp.HEADER_LENGTH, place.payload, (view) => {
      header.emit(view, 0);
      const written = new udp.View(view);
      fillTransport(fields, place, written);
      // Last, for the checksum is over all octets there are.
      if (fields.has("length")) written.length = fields.number("length", MOST);
    });
  },
  icmpv4(fields, place) {
    const message = new icmpv4.Repr();
    rest(fields, message);
    if (fields.has("mtu")) message.nextHopMtu = fields.number("mtu", MOST);
    if (fields.has("gateway")) message.gateway = fields.address4("gateway");
    if (fields.has("pointer")) message.pointer = fields.number("pointer", 255);
    return join(message.bufferLength, place.payload, (view) => {
      message.emit(view, 0);
      const written = new icmpv4.View(view);
      if (fields.has("checksum")) {
        written.checksum = fields.number("checksum", MOST);
      } else written.fillChecksum();
    });
  },
  icmpv6(fields, place) {
    const message = new icmpv6.Repr();
    rest(fields, message);
    if (fields.has("mtu")) message.mtu = fields.number("mtu", UINT32);
    if (fields.has("pointer")) {
      message.pointer = fields.number("pointer", UINT32);
    }
    return join(message.bufferLength, place.payload, (view) => {
      message.emit(view, 0);
      const written = new icmpv6.View(view);
      if (fields.has("checksum")) {
        written.checksum = fields.number("checksum", MOST);
      } else if (place.addresses6 !== undefined) {
        written.fillChecksum(place.addresses6);
      }
    });
  },
  payload(fields, place) {
    if (place.next !== undefined) {
      throw new UsageError(`${fields.where} must be the last layer`);
    }
    if (fields.has("hex") === fields.has("text")) {
      throw new UsageError(`${fields.where} must have either hex or text`);
    }
    return fields.has("hex")
      ? fields.octets("hex")
      : new TextEncoder().encode(fields.text("text"));
  },
};

function words6(fields: Fields, name: string): Int32Array {
  const into = new Int32Array(4);
  fields.parsed(name, (text) => ipv6.Address.parse(text)).copy(into);
  return into;
}

/** The sum of two addresses, as `ipv6.View.addressSum` has it. */
function addressSum(fields: Fields): number {
  const header = new ipv6.Repr();
  header.source.set(words6(fields, "source"));
  header.destination.set(words6(fields, "destination"));
  const view = new DataView(new ArrayBuffer(ipv6.HEADER_LENGTH));
  header.emit(view, 0);
  return new ipv6.View(view).addressSum;
}

/** What the nearest IP header around a layer gives to a checksum. */
function network(
  layers: readonly Layer[],
  before: number,
): Pick<Place, "addresses4" | "addresses6"> {
  for (let i = before - 1; i >= 0; i--) {
    const { name, fields } = layers[i]!;
    if (name === "ipv4") {
      return {
        addresses4: [
          fields.address4("source"),
          fields.address4("destination"),
        ],
      };
    }
    if (name === "ipv6") return { addresses6: addressSum(fields) };
  }
  return {};
}

/** A packet that was built. */
export interface Crafted {
  /** Name of its outermost layer. */
  readonly first: string;
  /** Its octets. */
  readonly octets: Uint8Array<ArrayBuffer>;
}

/**
 * Builds one packet.
 *
 * @throws {UsageError} naming the place if the description makes no sense.
 */
export function craft(description: unknown, where = "packet"): Crafted {
  if (!Array.isArray(description) || description.length === 0) {
    throw new UsageError(`${where} must be an array of one layer or more`);
  }
  if (description.length > MOST_LAYERS) {
    throw new UsageError(`${where} has more than ${MOST_LAYERS} layers`);
  }
  const layers = description.map((value, i): Layer => {
    const at = `${where}[${i}]`;
    const [name, ...others] = new Fields(value, at).names;
    if (name === undefined || others.length > 0) {
      throw new UsageError(`${at} must have one member, the layer's name`);
    }
    if (!Object.hasOwn(BUILD, name)) {
      throw new UsageError(
        `${at} is no known layer: ${JSON.stringify(name.slice(0, 40))}`,
      );
    }
    return { name, fields: new Fields(value[name], `${at}.${name}`) };
  });
  let octets = new Uint8Array(0);
  for (let i = layers.length - 1; i >= 0; i--) {
    const { name, fields } = layers[i]!;
    octets = BUILD[name]!(fields, {
      payload: octets,
      next: layers[i + 1],
      ...network(layers, i),
    });
    fields.done();
  }
  return { first: layers[0]!.name, octets };
}

/**
 * Builds all packets of a description in JSON.
 *
 * @throws {UsageError} naming the place if it makes no sense.
 */
export function craftAll(json: string): Crafted[] {
  let description: unknown;
  try {
    description = JSON.parse(json);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new UsageError(
      `The description is no JSON: ${error.message.replace(/\s+/g, " ")}`,
    );
  }
  if (!Array.isArray(description)) {
    throw new UsageError("The description must be an array of packets");
  }
  return description.map((packet, i) => craft(packet, `packet ${i + 1}`));
}
