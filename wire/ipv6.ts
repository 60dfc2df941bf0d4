/**
 * The Internet Protocol version 6, [RFC 8200](https://www.rfc-editor.org/rfc/rfc8200),
 * with jumbograms, [RFC 2675](https://www.rfc-editor.org/rfc/rfc2675).
 *
 * An address is four int32 words, most significant first: getters of a
 * {@linkcode View}, or a place in an `Int32Array`. What stands between this
 * header and the upper layer is read by `@ethox/wire/ipv6-extension`.
 *
 * ```ts
 * import { ip, ipv6 } from "@ethox/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const header = new ipv6.Repr();
 * ipv6.Address.parse("fe80::1%eth0").copy(header.source);
 * ipv6.Address.parse("ff02::fb").copy(header.destination);
 * header.nextHeader = ip.Protocol.UDP;
 * header.payloadLength = 8;
 * const view = new DataView(new ArrayBuffer(header.bufferLength));
 * header.emit(view, 0);
 *
 * const packet = new ipv6.Packet();
 * assertEquals(packet.parse(view, 0, view.byteLength), undefined);
 * assertEquals(packet.view.hopLimit, 64);
 * assertEquals(`${ipv6.Address.read(view, 24)}`, "ff02::fb");
 * ```
 *
 * @module
 */

import { readWords, writeWords } from "./_words.ts";
import { sum } from "./checksum.ts";
import { jumboLength } from "./ipv6_option.ts";
import type { Reason } from "./reason.ts";

export * from "./ipv6_address.ts";

const VERSION = 0;
const PAYLOAD_LENGTH = 4;
const NEXT_HEADER = 6;
const HOP_LIMIT = 7;
const SOURCE = 8;
const DESTINATION = 24;

const HOP_BY_HOP = 0;

/** Octets of the header; extension headers are payload to it. */
export const HEADER_LENGTH = 40;
/** Octets from the header's start to the source address. */
export const SOURCE_OFFSET: number = SOURCE;
/** Octets from the header's start to the destination address. */
export const DESTINATION_OFFSET: number = DESTINATION;
/** Most octets of payload that the header itself can say. */
export const MAX_PAYLOAD_LENGTH = 65535;
/** Octets that every link must carry in one piece (RFC 8200 section 5). */
export const MIN_MTU = 1280;
/** Octets that every host must be able to reassemble (RFC 8200 section 4.5). */
export const MIN_REASSEMBLY = 1500;

const EMPTY: DataView = new DataView(new ArrayBuffer(0));

/**
 * An IPv6 packet in place.
 *
 * Once {@linkcode View.check} finds nothing,
 * `40 <= payloadEnd - start <= end - start` holds and no accessor reads outside;
 * writing the payload length can void that.
 */
export class View {
  /** The memory that is read and written. */
  view: DataView;
  /** Offset of the first octet of the header. */
  start: number;
  /** Offset behind the last octet that may belong to the packet. */
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
   * `"truncated"`, `"version"`; `"length"` for a payload length beyond the
   * octets there are, or one of 0 in front of hop-by-hop options that do not
   * tell it in a jumbo payload option of 65536 or more (RFC 2675 section 3).
   * Octets behind the payload are padding.
   */
  check(): Reason | undefined {
    const reason = this.checkHeader();
    if (reason !== undefined) return reason;
    const room = this.end - this.start - HEADER_LENGTH;
    const octets = this.payloadLength;
    if (octets > 0 || this.nextHeader !== HOP_BY_HOP) {
      return octets > room ? "length" : undefined;
    }
    const jumbo = jumboLength(this.view, this.start + HEADER_LENGTH, this.end);
    return jumbo <= MAX_PAYLOAD_LENGTH || jumbo > room ? "length" : undefined;
  }

  /**
   * Judges the version and that the header is there, for the beginning of a
   * packet as an ICMP error quotes it.
   */
  checkHeader(): Reason | undefined {
    const octets = this.end - this.start;
    if (octets <= 0) return "truncated";
    if (this.version !== 6) return "version";
    return octets < HEADER_LENGTH ? "truncated" : undefined;
  }

  /** Version, 6. */
  get version(): number {
    return this.view.getUint8(this.start + VERSION) >>> 4;
  }

  /** Traffic class, 0..255: code point and congestion notification. */
  get trafficClass(): number {
    return this.view.getUint16(this.start + VERSION) >>> 4 & 0xff;
  }
  set trafficClass(octet: number) {
    const at = this.start + VERSION;
    // The version comes along, so that an empty header becomes one.
    this.view.setUint16(
      at,
      0x6000 | (octet & 0xff) << 4 | this.view.getUint8(at + 1) & 0x0f,
    );
  }

  /** Differentiated services code point, 0..63 (RFC 2474). */
  get dscp(): number {
    return this.trafficClass >>> 2;
  }
  set dscp(point: number) {
    this.trafficClass = point << 2 | this.ecn;
  }

  /** Explicit congestion notification, 0..3 (RFC 3168). */
  get ecn(): number {
    return this.trafficClass & 3;
  }
  set ecn(point: number) {
    this.trafficClass = this.trafficClass & ~3 | point & 3;
  }

  /** Flow label, 0..0xfffff (RFC 6437); 0 for none. */
  get flowLabel(): number {
    return this.view.getUint32(this.start + VERSION) & 0xfffff;
  }
  set flowLabel(label: number) {
    const at = this.start + VERSION;
    this.view.setInt32(
      at,
      this.view.getInt32(at) & ~0xfffff | label & 0xfffff,
    );
  }

  /** The field: octets of payload, or 0 in a jumbogram. */
  get payloadLength(): number {
    return this.view.getUint16(this.start + PAYLOAD_LENGTH);
  }
  set payloadLength(octets: number) {
    this.view.setUint16(this.start + PAYLOAD_LENGTH, octets);
  }

  /** Protocol number of what follows, an extension header or an upper layer. */
  get nextHeader(): number {
    return this.view.getUint8(this.start + NEXT_HEADER);
  }
  set nextHeader(protocol: number) {
    this.view.setUint8(this.start + NEXT_HEADER, protocol);
  }

  /** Hops that are left. */
  get hopLimit(): number {
    return this.view.getUint8(this.start + HOP_LIMIT);
  }
  set hopLimit(hops: number) {
    this.view.setUint8(this.start + HOP_LIMIT, hops);
  }

  /** First word of the source address, int32. */
  get source0(): number {
    return this.view.getInt32(this.start + SOURCE);
  }
  set source0(word: number) {
    this.view.setInt32(this.start + SOURCE, word);
  }

  /** Second word of the source address, int32. */
  get source1(): number {
    return this.view.getInt32(this.start + SOURCE + 4);
  }
  set source1(word: number) {
    this.view.setInt32(this.start + SOURCE + 4, word);
  }

  /** Third word of the source address, int32. */
  get source2(): number {
    return this.view.getInt32(this.start + SOURCE + 8);
  }
  set source2(word: number) {
    this.view.setInt32(this.start + SOURCE + 8, word);
  }

  /** Last word of the source address, int32. */
  get source3(): number {
    return this.view.getInt32(this.start + SOURCE + 12);
  }
  set source3(word: number) {
    this.view.setInt32(this.start + SOURCE + 12, word);
  }

  /** First word of the destination address, int32. */
  get destination0(): number {
    return this.view.getInt32(this.start + DESTINATION);
  }
  set destination0(word: number) {
    this.view.setInt32(this.start + DESTINATION, word);
  }

  /** Second word of the destination address, int32. */
  get destination1(): number {
    return this.view.getInt32(this.start + DESTINATION + 4);
  }
  set destination1(word: number) {
    this.view.setInt32(this.start + DESTINATION + 4, word);
  }

  /** Third word of the destination address, int32. */
  get destination2(): number {
    return this.view.getInt32(this.start + DESTINATION + 8);
  }
  set destination2(word: number) {
    this.view.setInt32(this.start + DESTINATION + 8, word);
  }

  /** Last word of the destination address, int32. */
  get destination3(): number {
    return this.view.getInt32(this.start + DESTINATION + 12);
  }
  set destination3(word: number) {
    this.view.setInt32(this.start + DESTINATION + 12, word);
  }

  /** Copies the source address to four words of an array. */
  copySource(into: Int32Array, at: number = 0): void {
    readWords(this.view, this.start + SOURCE, into, at);
  }

  /** Copies the destination address to four words of an array. */
  copyDestination(into: Int32Array, at: number = 0): void {
    readWords(this.view, this.start + DESTINATION, into, at);
  }

  /** Writes the source address from four words of an array. */
  setSource(from: Int32Array, at: number = 0): void {
    writeWords(this.view, this.start + SOURCE, from, at);
  }

  /** Writes the destination address from four words of an array. */
  setDestination(from: Int32Array, at: number = 0): void {
    writeWords(this.view, this.start + DESTINATION, from, at);
  }

  /**
   * The partial sum of both addresses, for `verify6` and `fillChecksum6` of the
   * upper layers; not the right one where a routing header has segments left.
   */
  get addressSum(): number {
    return sum(this.view, this.start + SOURCE, 32);
  }

  /** Offset of the first payload octet. */
  get payloadStart(): number {
    return this.start + HEADER_LENGTH;
  }

  /** Offset behind the last payload octet, padding left out. */
  get payloadEnd(): number {
    const start = this.start + HEADER_LENGTH;
    let octets = this.payloadLength;
    if (octets === 0 && this.nextHeader === HOP_BY_HOP) {
      octets = Math.max(0, jumboLength(this.view, start, this.end));
    }
    return Math.min(start + octets, this.end);
  }
}

/** What an IPv6 header says. */
export class Repr {
  /** Differentiated services code point, 0..63. */
  dscp = 0;
  /** Explicit congestion notification, 0..3. */
  ecn = 0;
  /** Flow label, 0..0xfffff; 0 for none. */
  flowLabel = 0;
  /**
   * Octets of payload, extension headers included. More than 65535 need
   * hop-by-hop options with the jumbo payload option, which are payload.
   */
  payloadLength = 0;
  /** Protocol number of what follows. */
  nextHeader = 59;
  /** Hops that are left. */
  hopLimit = 64;
  /** Source address, four int32 words. */
  readonly source: Int32Array = new Int32Array(4);
  /** Destination address, four int32 words. */
  readonly destination: Int32Array = new Int32Array(4);

  /** Takes over what a view says; its lengths are judged. */
  parse(from: View): Reason | undefined {
    const reason = from.check();
    if (reason !== undefined) return reason;
    this.dscp = from.dscp;
    this.ecn = from.ecn;
    this.flowLabel = from.flowLabel;
    this.payloadLength = from.payloadEnd - from.payloadStart;
    this.nextHeader = from.nextHeader;
    this.hopLimit = from.hopLimit;
    from.copySource(this.source);
    from.copyDestination(this.destination);
    return undefined;
  }

  /** Whether the header can say it: `"length"` for 4 GiB or more. */
  check(): Reason | undefined {
    const octets = this.payloadLength;
    if (octets > 0xffff_ffff) return "length";
    return octets > MAX_PAYLOAD_LENGTH && this.nextHeader !== HOP_BY_HOP
      ? "length"
      : undefined;
  }

  /** Octets of the header. */
  get headerLength(): number {
    return HEADER_LENGTH;
  }

  /** Octets that {@linkcode Repr.emit} writes and the payload takes. */
  get bufferLength(): number {
    return HEADER_LENGTH + this.payloadLength;
  }

  /** Writes the header at `at`. */
  emit(view: DataView, at: number): void {
    const octets = this.payloadLength;
    view.setInt32(
      at + VERSION,
      6 << 28 | (this.dscp & 63) << 22 | (this.ecn & 3) << 20 |
        this.flowLabel & 0xfffff,
    );
    view.setUint16(
      at + PAYLOAD_LENGTH,
      octets > MAX_PAYLOAD_LENGTH ? 0 : octets,
    );
    view.setUint8(at + NEXT_HEADER, this.nextHeader);
    view.setUint8(at + HOP_LIMIT, this.hopLimit);
    writeWords(view, at + SOURCE, this.source, 0);
    writeWords(view, at + DESTINATION, this.destination, 0);
  }
}

/** A packet together with what its header says. */
export class Packet {
  /** The octets. */
  readonly view: View = new View();
  /** What the header said when it was parsed. */
  readonly repr: Repr = new Repr();

  /** Points at received octets; judges lengths. */
  parse(view: DataView, start: number, end: number): Reason | undefined {
    return this.repr.parse(this.view.wrap(view, start, end));
  }

  /** Offset of the first payload octet. */
  get payloadStart(): number {
    return this.view.start + HEADER_LENGTH;
  }

  /** Offset behind the last payload octet, padding left out. */
  get payloadEnd(): number {
    return this.payloadStart + this.repr.payloadLength;
  }
}
