/**
 * The Internet Protocol version 4, [RFC 791](https://www.rfc-editor.org/rfc/rfc791),
 * with the field of [RFC 2474](https://www.rfc-editor.org/rfc/rfc2474) and
 * [RFC 3168](https://www.rfc-editor.org/rfc/rfc3168).
 *
 * ```ts
 * import { ip, ipv4 } from "@ethox/wire";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const header = new ipv4.Repr();
 * header.source = ipv4.Address.parse("192.0.2.1").value;
 * header.destination = ipv4.Address.parse("192.0.2.2").value;
 * header.protocol = ip.Protocol.UDP;
 * header.payloadLength = 8;
 * const view = new DataView(new ArrayBuffer(header.bufferLength));
 * header.emit(view, 0);
 * new ipv4.View(view).fillChecksum();
 *
 * const packet = new ipv4.Packet();
 * assertEquals(packet.parse(view, 0, view.byteLength), undefined);
 * assert(packet.view.verify());
 * assertEquals(ipv4.format(packet.view.source), "192.0.2.1");
 * ```
 *
 * @module
 */

import { finish, sum } from "./checksum.ts";
import type { Reason } from "./reason.ts";

export * from "./ipv4_address.ts";

const VERSION_AND_HEADER_LENGTH = 0;
const TYPE_OF_SERVICE = 1;
const TOTAL_LENGTH = 2;
const IDENTIFICATION = 4;
const FLAGS_AND_OFFSET = 6;
const TTL = 8;
const PROTOCOL = 9;
const CHECKSUM = 10;
const SOURCE = 12;
const DESTINATION = 16;
const OPTIONS = 20;

const RESERVED = 0x8000;
const DONT_FRAGMENT = 0x4000;
const MORE_FRAGMENTS = 0x2000;
const OFFSET = 0x1fff;

/** Octets of a header without options. */
export const HEADER_LENGTH = 20;
/** Octets of the longest header. */
export const MAX_HEADER_LENGTH = 60;
/** Octets of options in the longest header. */
export const MAX_OPTIONS_LENGTH = 40;
/** Octets of the longest datagram. */
export const MAX_LENGTH = 65535;
/** Octets that every host must be able to take in (RFC 791 section 3.2). */
export const MIN_REASSEMBLY = 576;
/** Octets that every link must carry in one piece (RFC 791 section 3.2). */
export const MIN_MTU = 68;

/** Assigned option types, with the copied flag and class in them. */
export const OptionType = {
  /** End of the list; one octet. */
  END: 0,
  /** No operation; one octet. */
  NOP: 1,
  /** Record route (RFC 791). */
  RECORD_ROUTE: 7,
  /** Internet timestamp (RFC 791). */
  TIMESTAMP: 68,
  /** Security (RFC 1108). */
  SECURITY: 130,
  /** Loose source and record route (RFC 791). */
  LOOSE_SOURCE_ROUTE: 131,
  /** Strict source and record route (RFC 791). */
  STRICT_SOURCE_ROUTE: 137,
  /** Router alert (RFC 2113). */
  ROUTER_ALERT: 148,
} as const;

const EMPTY: DataView = new DataView(new ArrayBuffer(0));

/**
 * An IPv4 datagram, or a fragment of one, in place.
 *
 * Once {@linkcode View.check} finds nothing,
 * `20 <= headerLength <= totalLength <= end - start` holds and no accessor
 * reads outside; writing either length can void that.
 */
export class View {
  /** The memory that is read and written. */
  view: DataView;
  /** Offset of the first octet of the header. */
  start: number;
  /** Offset behind the last octet that may belong to the datagram. */
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

  /**
   * Judges version and lengths only.
   *
   * `"truncated"`, `"version"`; `"header"` for a header length below 20 or
   * beyond the datagram; `"length"` for a total length below 20 or beyond the
   * octets there are. Octets behind the total length are padding.
   */
  check(): Reason | undefined {
    const reason = this.checkHeader();
    if (reason !== undefined) return reason;
    const total = this.totalLength;
    if (total < HEADER_LENGTH || total > this.end - this.start) return "length";
    return this.headerLength > total ? "header" : undefined;
  }

  /**
   * Judges the version and the header length only, for the beginning of a
   * datagram as an ICMP error quotes it.
   */
  checkHeader(): Reason | undefined {
    const octets = this.end - this.start;
    if (octets <= 0) return "truncated";
    if (this.version !== 4) return "version";
    if (octets < HEADER_LENGTH) return "truncated";
    const header = this.headerLength;
    if (header < HEADER_LENGTH) return "header";
    return header > octets ? "truncated" : undefined;
  }

  /** Version, 4. */
  get version(): number {
    return this.view.getUint8(this.start + VERSION_AND_HEADER_LENGTH) >>> 4;
  }

  /** Octets of the header with its options, a multiple of 4. */
  get headerLength(): number {
    return (this.view.getUint8(this.start + VERSION_AND_HEADER_LENGTH) & 15) *
      4;
  }
  set headerLength(octets: number) {
    this.view.setUint8(
      this.start + VERSION_AND_HEADER_LENGTH,
      0x40 | octets >>> 2,
    );
  }

  /** Differentiated services code point, 0..63 (RFC 2474). */
  get dscp(): number {
    return this.view.getUint8(this.start + TYPE_OF_SERVICE) >>> 2;
  }
  set dscp(point: number) {
    this.view.setUint8(this.start + TYPE_OF_SERVICE, point << 2 | this.ecn);
  }

  /** Explicit congestion notification, 0..3 (RFC 3168). */
  get ecn(): number {
    return this.view.getUint8(this.start + TYPE_OF_SERVICE) & 3;
  }
  set ecn(point: number) {
    this.view.setUint8(
      this.start + TYPE_OF_SERVICE,
      this.dscp << 2 | point & 3,
    );
  }

  /** Octets of header and payload. */
  get totalLength(): number {
    return this.view.getUint16(this.start + TOTAL_LENGTH);
  }
  set totalLength(octets: number) {
    this.view.setUint16(this.start + TOTAL_LENGTH, octets);
  }

  /** What the fragments of one datagram have in common. */
  get identification(): number {
    return this.view.getUint16(this.start + IDENTIFICATION);
  }
  set identification(identification: number) {
    this.view.setUint16(this.start + IDENTIFICATION, identification);
  }

  /** The first flag, which must be 0. */
  get reserved(): boolean {
    return (this.#flags & RESERVED) !== 0;
  }

  /** Whether the datagram must not be cut. */
  get dontFragment(): boolean {
    return (this.#flags & DONT_FRAGMENT) !== 0;
  }
  set dontFragment(flag: boolean) {
    this.#flags = this.#flags & ~DONT_FRAGMENT | (flag ? DONT_FRAGMENT : 0);
  }

  /** Whether this is a fragment and not the last. */
  get moreFragments(): boolean {
    return (this.#flags & MORE_FRAGMENTS) !== 0;
  }
  set moreFragments(flag: boolean) {
    this.#flags = this.#flags & ~MORE_FRAGMENTS | (flag ? MORE_FRAGMENTS : 0);
  }

  /** Octets of the datagram's payload in front of this piece, 0..65528. */
  get fragmentOffset(): number {
    return (this.#flags & OFFSET) * 8;
  }
  set fragmentOffset(octets: number) {
    this.#flags = this.#flags & ~OFFSET | octets >>> 3 & OFFSET;
  }

  get #flags(): number {
    return this.view.getUint16(this.start + FLAGS_AND_OFFSET);
  }
  set #flags(bits: number) {
    this.view.setUint16(this.start + FLAGS_AND_OFFSET, bits);
  }

  /** Time to live, in hops. */
  get ttl(): number {
    return this.view.getUint8(this.start + TTL);
  }
  set ttl(hops: number) {
    this.view.setUint8(this.start + TTL, hops);
  }

  /** Number of the protocol of the payload. */
  get protocol(): number {
    return this.view.getUint8(this.start + PROTOCOL);
  }
  set protocol(protocol: number) {
    this.view.setUint8(this.start + PROTOCOL, protocol);
  }

  /** Checksum field of the header. */
  get checksum(): number {
    return this.view.getUint16(this.start + CHECKSUM);
  }
  set checksum(value: number) {
    this.view.setUint16(this.start + CHECKSUM, value);
  }

  /** Source address, int32. */
  get source(): number {
    return this.view.getInt32(this.start + SOURCE);
  }
  set source(address: number) {
    this.view.setInt32(this.start + SOURCE, address);
  }

  /** Destination address, int32. */
  get destination(): number {
    return this.view.getInt32(this.start + DESTINATION);
  }
  set destination(address: number) {
    this.view.setInt32(this.start + DESTINATION, address);
  }

  /** Whether this is a piece of a datagram and not a whole one. */
  get isFragment(): boolean {
    return (this.#flags & (MORE_FRAGMENTS | OFFSET)) !== 0;
  }

  /** Offset of the first octet of options. */
  get optionsStart(): number {
    return this.start + OPTIONS;
  }

  /** Offset behind the last octet of options. */
  get optionsEnd(): number {
    return this.start + this.headerLength;
  }

  /** Offset of the first payload octet. */
  get payloadStart(): number {
    return this.start + this.headerLength;
  }

  /** Offset behind the last payload octet, padding left out. */
  get payloadEnd(): number {
    const end = this.start + this.totalLength;
    return end < this.end ? end : this.end;
  }

  /** Whether the checksum of the header is right. */
  verify(): boolean {
    return sum(this.view, this.start, this.headerLength) === 0xffff;
  }

  /** Writes the checksum of the header. */
  fillChecksum(): void {
    this.checksum = 0;
    this.checksum = finish(sum(this.view, this.start, this.headerLength));
  }
}

/**
 * A walk over the options of a header, at most 40 steps, without garbage.
 *
 * ```ts
 * import { ipv4 } from "@ethox/wire";
 * import { assertEquals } from "@std/assert";
 *
 * // No operation, router alert, end of the list.
 * const octets = Uint8Array.of(1, 148, 4, 0, 0, 0, 0, 0);
 * const options = new ipv4.Options();
 * options.wrap(new DataView(octets.buffer), 0, 8);
 * const types = [];
 * while (options.next()) types.push(options.type);
 * assertEquals(types, [1, 148]);
 * assertEquals(options.reason, undefined);
 * ```
 */
export class Options {
  /** Type of the option that {@linkcode Options.next} found. */
  type = 0;
  /** Offset of its first octet. */
  start = 0;
  /** Offset behind its last octet. */
  end = 0;
  /** `"option"` once a length was 0, 1 or beyond the header. */
  reason: Reason | undefined = undefined;
  #view: DataView = EMPTY;
  #last = 0;

  /** Begins a walk over the octets `start`..`end`. */
  wrap(view: DataView, start: number, end: number): this {
    this.#view = view;
    this.#last = end;
    this.start = start;
    this.end = start;
    this.type = 0;
    this.reason = undefined;
    return this;
  }

  /** Begins a walk over the options of a checked header. */
  over(header: View): this {
    return this.wrap(header.view, header.optionsStart, header.optionsEnd);
  }

  /** Goes to the next option, padding included; false behind the last. */
  next(): boolean {
    const at = this.end;
    if (at >= this.#last) return false;
    const type = this.#view.getUint8(at);
    if (type === OptionType.END) {
      this.end = this.#last;
      return false;
    }
    let length = 1;
    if (type !== OptionType.NOP) {
      length = at + 1 < this.#last ? this.#view.getUint8(at + 1) : 0;
      if (length < 2 || length > this.#last - at) {
        this.reason = "option";
        this.end = this.#last;
        return false;
      }
    }
    this.type = type;
    this.start = at;
    this.end = at + length;
    return true;
  }
}

/** What an IPv4 header says, apart from the checksum. */
export class Repr {
  /** Differentiated services code point, 0..63. */
  dscp = 0;
  /** Explicit congestion notification, 0..3. */
  ecn = 0;
  /** What the fragments of one datagram have in common. */
  identification = 0;
  /** Whether the datagram must not be cut. */
  dontFragment = false;
  /** Whether this is a fragment and not the last. */
  moreFragments = false;
  /** Octets of the datagram's payload in front, a multiple of 8. */
  fragmentOffset = 0;
  /** Time to live, in hops. */
  ttl = 64;
  /** Number of the protocol of the payload. */
  protocol = 0;
  /** Source address, int32. */
  source = 0;
  /** Destination address, int32. */
  destination = 0;
  /** Octets of payload. */
  payloadLength = 0;
  /** The options, as they stand in the header. */
  readonly options: Uint8Array = new Uint8Array(MAX_OPTIONS_LENGTH);
  /** How many octets of `options` count; emitted padded to a multiple of 4. */
  optionsLength = 0;

  /** Takes over what a checked view says, the fields of a fragment as well. */
  parse(from: View): Reason | undefined {
    const reason = from.check();
    if (reason !== undefined) return reason;
    const headerLength = from.headerLength;
    this.dscp = from.dscp;
    this.ecn = from.ecn;
    this.identification = from.identification;
    this.dontFragment = from.dontFragment;
    this.moreFragments = from.moreFragments;
    this.fragmentOffset = from.fragmentOffset;
    this.ttl = from.ttl;
    this.protocol = from.protocol;
    this.source = from.source;
    this.destination = from.destination;
    this.payloadLength = from.totalLength - headerLength;
    this.optionsLength = headerLength - HEADER_LENGTH;
    for (let i = 0; i < this.optionsLength; i++) {
      this.options[i] = from.view.getUint8(from.start + OPTIONS + i);
    }
    return undefined;
  }

  /**
   * Whether the header can say it: `"length"` if options or the whole are too
   * long, `"malformed"` if a fragment does not start at a multiple of 8 or, not
   * being the last, does not end at one.
   */
  check(): Reason | undefined {
    if (
      this.optionsLength > MAX_OPTIONS_LENGTH || this.bufferLength > MAX_LENGTH
    ) return "length";
    return this.fragmentOffset % 8 !== 0 ||
        (this.moreFragments && this.payloadLength % 8 !== 0)
      ? "malformed"
      : undefined;
  }

  /** Octets of the header with its options. */
  get headerLength(): number {
    return HEADER_LENGTH + (this.optionsLength + 3 & ~3);
  }

  /** Octets that {@linkcode Repr.emit} writes and the payload takes. */
  get bufferLength(): number {
    return this.headerLength + this.payloadLength;
  }

  /** Writes the header at `at`, with the checksum left 0. */
  emit(view: DataView, at: number): void {
    const headerLength = this.headerLength;
    view.setUint8(at + VERSION_AND_HEADER_LENGTH, 0x40 | headerLength >>> 2);
    view.setUint8(at + TYPE_OF_SERVICE, this.dscp << 2 | this.ecn & 3);
    view.setUint16(at + TOTAL_LENGTH, headerLength + this.payloadLength);
    view.setUint16(at + IDENTIFICATION, this.identification);
    view.setUint16(
      at + FLAGS_AND_OFFSET,
      (this.dontFragment ? DONT_FRAGMENT : 0) |
        (this.moreFragments ? MORE_FRAGMENTS : 0) |
        this.fragmentOffset >>> 3 & OFFSET,
    );
    view.setUint8(at + TTL, this.ttl);
    view.setUint8(at + PROTOCOL, this.protocol);
    view.setUint16(at + CHECKSUM, 0);
    view.setInt32(at + SOURCE, this.source);
    view.setInt32(at + DESTINATION, this.destination);
    for (let i = 0; i < headerLength - HEADER_LENGTH; i++) {
      const octet = i < this.optionsLength ? this.options[i]! : OptionType.END;
      view.setUint8(at + OPTIONS + i, octet);
    }
  }
}

/** A datagram together with what its header says. */
export class Packet {
  /** The octets. */
  readonly view: View = new View();
  /** What the header said when it was parsed. */
  readonly repr: Repr = new Repr();

  /** Points at received octets; judges lengths, not the checksum. */
  parse(view: DataView, start: number, end: number): Reason | undefined {
    return this.repr.parse(this.view.wrap(view, start, end));
  }

  /** Offset of the first payload octet. */
  get payloadStart(): number {
    return this.view.start + this.repr.headerLength;
  }

  /** Offset behind the last payload octet, padding left out. */
  get payloadEnd(): number {
    return this.payloadStart + this.repr.payloadLength;
  }
}
