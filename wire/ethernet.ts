/**
 * Ethernet II frames, [RFC 894](https://www.rfc-editor.org/rfc/rfc894), with
 * the length field of IEEE 802.3 and the tag of IEEE 802.1Q recognised.
 *
 * The data path keeps an address in two numbers: `high`, its first two octets
 * (uint16), and `low`, its last four (int32).
 *
 * ```ts
 * import { ethernet } from "@ethox/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const view = new DataView(new ArrayBuffer(60));
 * const header = new ethernet.Repr();
 * header.destinationHigh = ethernet.Address.BROADCAST.high;
 * header.destinationLow = ethernet.Address.BROADCAST.low;
 * header.etherType = ethernet.EtherType.ARP;
 * header.emit(view, 0);
 *
 * const frame = new ethernet.Frame();
 * assertEquals(frame.parse(view, 0, 60), undefined);
 * assertEquals(`${frame.view.destination}`, "ff:ff:ff:ff:ff:ff");
 * assertEquals(ethernet.nameOfType(frame.repr.etherType), "ARP");
 * ```
 *
 * @module
 */

import type { Reason } from "./reason.ts";
import { AddressError, hexadecimal } from "./_text.ts";

export { TAG_LENGTH, View as Tag } from "./vlan.ts";
export { AddressError };

const DESTINATION = 0;
const SOURCE = 6;
const TYPE = 12;

/** Octets of the header. */
export const HEADER_LENGTH = 14;
/** Octets of the shortest frame on a wire, without the check sequence. */
export const MIN_FRAME_LENGTH = 60;
/** The largest value of the type field that is a length (IEEE 802.3). */
export const MAX_LENGTH_FIELD = 1500;

/** Assigned EtherTypes. */
export const EtherType = {
  /** IPv4 (RFC 894). */
  IPV4: 0x0800,
  /** ARP (RFC 826). */
  ARP: 0x0806,
  /** Reverse ARP (RFC 903). */
  RARP: 0x8035,
  /** Customer tag (IEEE 802.1Q). */
  VLAN: 0x8100,
  /** IPv6 (RFC 2464). */
  IPV6: 0x86dd,
  /** Slow protocols, such as LACP (IEEE 802.3). */
  SLOW: 0x8809,
  /** MPLS (RFC 3032). */
  MPLS: 0x8847,
  /** MPLS with a label assigned upstream (RFC 5332). */
  MPLS_UPSTREAM: 0x8848,
  /** Discovery of PPPoE (RFC 2516). */
  PPPOE_DISCOVERY: 0x8863,
  /** A session of PPPoE (RFC 2516). */
  PPPOE_SESSION: 0x8864,
  /** Port authentication (IEEE 802.1X). */
  EAPOL: 0x888e,
  /** Service tag (IEEE 802.1ad). */
  QINQ: 0x88a8,
  /** Link Layer Discovery Protocol (IEEE 802.1AB). */
  LLDP: 0x88cc,
} as const;

const NAMES: ReadonlyMap<number, string> = new Map([
  [EtherType.IPV4, "IPv4"],
  [EtherType.ARP, "ARP"],
  [EtherType.RARP, "RARP"],
  [EtherType.VLAN, "802.1Q"],
  [EtherType.IPV6, "IPv6"],
  [EtherType.SLOW, "slow protocols"],
  [EtherType.MPLS, "MPLS"],
  [EtherType.MPLS_UPSTREAM, "MPLS upstream"],
  [EtherType.PPPOE_DISCOVERY, "PPPoE discovery"],
  [EtherType.PPPOE_SESSION, "PPPoE session"],
  [EtherType.EAPOL, "EAPOL"],
  [EtherType.QINQ, "802.1ad"],
  [EtherType.LLDP, "LLDP"],
]);

/**
 * Where padding ends that begins behind a payload, at `payloadEnd`, in the frame
 * `start`..`end`: at 60 octets, if there are zeros all the way (IEEE 802.3 leaves
 * open what they are, but no sender uses anything else on purpose). Behind it, up
 * to `end`, lies a trailer. `wireLength` is what the frame had on the wire.
 */
export function paddingEnd(
  view: DataView,
  start: number,
  payloadEnd: number,
  end: number,
  wireLength: number = end - start,
): number {
  if (wireLength < MIN_FRAME_LENGTH) return payloadEnd;
  const stop = Math.min(end, start + MIN_FRAME_LENGTH);
  for (let at = payloadEnd; at < stop; at++) {
    if (view.getUint8(at) !== 0) return payloadEnd;
  }
  return Math.max(payloadEnd, stop);
}

/** The name of an EtherType, or `"0x88b5"`. */
export function nameOfType(type: number): string {
  return NAMES.get(type) ?? `0x${type.toString(16).padStart(4, "0")}`;
}

/** The first two octets of every address of an IPv4 group (RFC 1112 6.4). */
export const MULTICAST4_HIGH = 0x0100;

/** The last four octets of the address of an IPv4 group (RFC 1112 6.4). */
export function multicast4Low(group: number): number {
  return 0x5e000000 | group & 0x7fffff;
}

/**
 * The first two octets of every address of an IPv6 group; the last word of the
 * group is the rest (RFC 2464 section 7).
 */
export const MULTICAST6_HIGH = 0x3333;

/** Whether an address with these first octets is that of a group. */
export function isMulticast(high: number): boolean {
  return (high & 0x0100) !== 0;
}

/** Whether an address is ff:ff:ff:ff:ff:ff. */
export function isBroadcast(high: number, low: number): boolean {
  return high === 0xffff && low === -1;
}

/** Text of an address, as in `02:00:5e:10:00:01`. */
export function format(high: number, low: number): string {
  const digits = (high & 0xffff).toString(16).padStart(4, "0") +
    (low >>> 0).toString(16).padStart(8, "0");
  return digits.replace(/..(?=.)/g, "$&:");
}

/** An Ethernet address. Immutable; equal if both words are. */
export class Address {
  /** 00:00:00:00:00:00, which stands for none. */
  static readonly UNSPECIFIED: Address = new Address(0, 0);
  /** ff:ff:ff:ff:ff:ff */
  static readonly BROADCAST: Address = new Address(0xffff, -1);

  /** The first two octets, uint16. */
  readonly high: number;
  /** The last four octets, int32. */
  readonly low: number;

  /** From 16 and 32 bits, signed or not; excess bits are cut off. */
  constructor(high: number, low: number) {
    this.high = high & 0xffff;
    this.low = low | 0;
  }

  /** The group address for an IPv4 group, int32 (RFC 1112 section 6.4). */
  static multicast4(group: number): Address {
    return new Address(MULTICAST4_HIGH, multicast4Low(group));
  }

  /** The group address for an IPv6 group, by its last word (RFC 2464 7). */
  static multicast6(group3: number): Address {
    return new Address(MULTICAST6_HIGH, group3);
  }

  /**
   * Reads six pairs of hexadecimal digits, all separated by `:` or all by `-`.
   *
   * @throws {AddressError} naming the place if the text is anything else.
   */
  static parse(text: string): Address {
    const address = read(text);
    if (address instanceof AddressError) throw address;
    return address;
  }

  /** As {@linkcode Address.parse}, with nothing where that throws. */
  static tryParse(text: string): Address | undefined {
    const address = read(text);
    return address instanceof AddressError ? undefined : address;
  }

  /** Whether both are the same address. */
  equals(other: Address): boolean {
    return this.high === other.high && this.low === other.low;
  }

  /** Whether this is the broadcast address. */
  get isBroadcast(): boolean {
    return isBroadcast(this.high, this.low);
  }

  /** Whether this is a group address; the broadcast address is one. */
  get isMulticast(): boolean {
    return isMulticast(this.high);
  }

  /** Whether this is the address of one station. */
  get isUnicast(): boolean {
    return !this.isMulticast && !this.isUnspecified;
  }

  /** Whether this is 00:00:00:00:00:00. */
  get isUnspecified(): boolean {
    return this.high === 0 && this.low === 0;
  }

  /** Whether the address was given locally and not by a vendor. */
  get isLocal(): boolean {
    return (this.high & 0x0200) !== 0;
  }

  /** Text with `:`, which {@linkcode Address.parse} reads. */
  toString(): string {
    return format(this.high, this.low);
  }
}

function read(text: string): Address | AddressError {
  const kind = "an Ethernet address";
  const separator = text[2] === "-" ? "-" : ":";
  let high = 0;
  let low = 0;
  for (let i = 0; i < 6; i++) {
    const at = 3 * i;
    if (i > 0 && text[at - 1] !== separator) {
      return new AddressError(kind, text, at - 1, `"${separator}"`);
    }
    const first = hexadecimal(text, at);
    const second = hexadecimal(text, at + 1);
    if (first < 0 || second < 0) {
      return new AddressError(kind, text, at, "two hexadecimal digits");
    }
    const octet = first << 4 | second;
    if (i < 2) high = high << 8 | octet;
    else low = low << 8 | octet;
  }
  return text.length === 17
    ? new Address(high, low)
    : new AddressError(kind, text, 17, "six octets and no more");
}

const EMPTY: DataView = new DataView(new ArrayBuffer(0));

/**
 * An Ethernet frame in place, without the check sequence.
 *
 * Once {@linkcode View.check} finds nothing, 14 octets and a payload of
 * {@linkcode View.payloadStart}..{@linkcode View.payloadEnd} lie inside; writing
 * `etherType` can void that.
 */
export class View {
  /** The memory that is read and written. */
  view: DataView;
  /** Offset of the first octet of the header. */
  start: number;
  /** Offset behind the last octet of the frame. */
  end: number;

  /** A cursor at `start`..`end` of `view`; by default at nothing. */
  constructor(
    view: DataView = EMPTY,
    start: number = 0,
    end: number = view.byteLength,
  ) {
    this.view = view;
    this.start = start;
    this.end = end;
  }

  /** Points the cursor elsewhere. */
  wrap(view: DataView, start: number, end: number): this {
    this.view = view;
    this.start = start;
    this.end = end;
    return this;
  }

  /** Judges lengths only: `"truncated"` or `"length"`, or nothing. */
  check(): Reason | undefined {
    const octets = this.end - this.start;
    if (octets < HEADER_LENGTH) return "truncated";
    const type = this.etherType;
    return type <= MAX_LENGTH_FIELD && type > octets - HEADER_LENGTH
      ? "length"
      : undefined;
  }

  /** First two octets of the destination. */
  get destinationHigh(): number {
    return this.view.getUint16(this.start + DESTINATION);
  }
  set destinationHigh(high: number) {
    this.view.setUint16(this.start + DESTINATION, high);
  }

  /** Last four octets of the destination, int32. */
  get destinationLow(): number {
    return this.view.getInt32(this.start + DESTINATION + 2);
  }
  set destinationLow(low: number) {
    this.view.setInt32(this.start + DESTINATION + 2, low);
  }

  /** First two octets of the source. */
  get sourceHigh(): number {
    return this.view.getUint16(this.start + SOURCE);
  }
  set sourceHigh(high: number) {
    this.view.setUint16(this.start + SOURCE, high);
  }

  /** Last four octets of the source, int32. */
  get sourceLow(): number {
    return this.view.getInt32(this.start + SOURCE + 2);
  }
  set sourceLow(low: number) {
    this.view.setInt32(this.start + SOURCE + 2, low);
  }

  /** What the payload is; up to 1500 it is the length of an 802.3 payload. */
  get etherType(): number {
    return this.view.getUint16(this.start + TYPE);
  }
  set etherType(type: number) {
    this.view.setUint16(this.start + TYPE, type);
  }

  /** Whether the type field is a length, and LLC follows (IEEE 802.3). */
  get hasLength(): boolean {
    return this.etherType <= MAX_LENGTH_FIELD;
  }

  /** Whether the destination is a group or the broadcast address. */
  get isMulticast(): boolean {
    return isMulticast(this.destinationHigh);
  }

  /** Whether the destination is the broadcast address. */
  get isBroadcast(): boolean {
    return isBroadcast(this.destinationHigh, this.destinationLow);
  }

  /** Offset of the first payload octet. */
  get payloadStart(): number {
    return this.start + HEADER_LENGTH;
  }

  /**
   * Offset behind the last payload octet.
   *
   * Padding counts as payload unless the frame has a length; the payload of an
   * IP datagram is cut by its own total length.
   */
  get payloadEnd(): number {
    const type = this.etherType;
    return type <= MAX_LENGTH_FIELD
      ? this.start + HEADER_LENGTH + type
      : this.end;
  }

  /** The destination as a value; makes an object. */
  get destination(): Address {
    return new Address(this.destinationHigh, this.destinationLow);
  }

  /** The source as a value; makes an object. */
  get source(): Address {
    return new Address(this.sourceHigh, this.sourceLow);
  }
}

/** What an Ethernet header says. */
export class Repr {
  /** First two octets of the destination. */
  destinationHigh = 0;
  /** Last four octets of the destination, int32. */
  destinationLow = 0;
  /** First two octets of the source. */
  sourceHigh = 0;
  /** Last four octets of the source, int32. */
  sourceLow = 0;
  /** What the payload is; up to 1500 it is the length of an 802.3 payload. */
  etherType = 0;

  /** Takes over what a view says; its lengths are judged. */
  parse(from: View): Reason | undefined {
    const reason = from.check();
    if (reason !== undefined) return reason;
    this.destinationHigh = from.destinationHigh;
    this.destinationLow = from.destinationLow;
    this.sourceHigh = from.sourceHigh;
    this.sourceLow = from.sourceLow;
    this.etherType = from.etherType;
    return undefined;
  }

  /** Octets that {@linkcode Repr.emit} writes. */
  get bufferLength(): number {
    return HEADER_LENGTH;
  }

  /** Writes the header at `at`. */
  emit(view: DataView, at: number): void {
    view.setUint16(at + DESTINATION, this.destinationHigh);
    view.setInt32(at + DESTINATION + 2, this.destinationLow);
    view.setUint16(at + SOURCE, this.sourceHigh);
    view.setInt32(at + SOURCE + 2, this.sourceLow);
    view.setUint16(at + TYPE, this.etherType);
  }
}

/** A frame together with what its header says. */
export class Frame {
  /** The octets. */
  readonly view: View = new View();
  /** What the header said when it was parsed. */
  readonly repr: Repr = new Repr();

  /** Points at received octets. */
  parse(view: DataView, start: number, end: number): Reason | undefined {
    return this.repr.parse(this.view.wrap(view, start, end));
  }

  /** Offset of the first payload octet. */
  get payloadStart(): number {
    return this.view.payloadStart;
  }

  /** Offset behind the last payload octet. */
  get payloadEnd(): number {
    return this.view.payloadEnd;
  }
}
