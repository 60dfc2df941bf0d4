/**
 * Routing headers of IPv6, [RFC 8200](https://www.rfc-editor.org/rfc/rfc8200)
 * section 4.4: type 0 (deprecated by RFC 5095), type 2 of Mobile IPv6 (RFC 6275
 * section 6.4), type 3 for RPL with compressed addresses (RFC 6554) and type 4,
 * segment routing (RFC 8754).
 *
 * ```ts
 * import { ip, ipv6, ipv6Routing } from "@ethox/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const header = new ipv6Routing.Repr();
 * header.nextHeader = ip.Protocol.UDP;
 * header.type = ipv6Routing.Type.SEGMENT;
 * const words = new Int32Array(4);
 * for (const text of ["2001:db8::2", "2001:db8::1"]) {
 *   ipv6.Address.parse(text).copy(words);
 *   header.addAddress(words);
 * }
 * header.segmentsLeft = 1;
 * header.lastEntry = 1;
 * const view = new DataView(new ArrayBuffer(header.bufferLength));
 * header.emit(view, 0);
 *
 * const there = new ipv6Routing.View(view);
 * assertEquals(there.check(), undefined);
 * there.copyAddress(there.finalIndex, words);
 * assertEquals(`${ipv6.Address.from(words)}`, "2001:db8::2");
 * ```
 *
 * @module
 */

import type { Reason } from "./reason.ts";

const NEXT_HEADER = 0;
const LENGTH = 1;
const TYPE = 2;
const SEGMENTS_LEFT = 3;
const SPECIFIC = 4;
const LAST_ENTRY = 4;
const FLAGS = 5;
const TAG = 6;
const DATA = 8;

/** Octets of the shortest header. */
export const HEADER_LENGTH = 8;
/** Octets of the longest header. */
export const MAX_HEADER_LENGTH = 2048;
/** Octets behind the first eight in the longest header. */
export const MAX_DATA_LENGTH = 2040;

/** Assigned routing types. */
export const Type = {
  /** Source route, which must not be followed (RFC 5095). */
  SOURCE_ROUTE: 0,
  /** The home address of a mobile node (RFC 6275). */
  MOBILE: 2,
  /** Source route for lossy networks (RFC 6554). */
  RPL: 3,
  /** Segment routing (RFC 8754). */
  SEGMENT: 4,
} as const;

/** Types of the values behind the segments (RFC 8754 section 2.1). */
export const SegmentValue = {
  /** One octet of padding. */
  PAD1: 0,
  /** Two octets of padding or more. */
  PADN: 4,
  /** Keyed hash. */
  HMAC: 5,
} as const;

const EMPTY: DataView = new DataView(new ArrayBuffer(0));

/**
 * A routing header in place.
 *
 * Once {@linkcode View.check} finds nothing, `8 <= headerLength <= end - start`
 * holds, all addresses lie within, and no accessor reads outside; writing
 * anything that counts can void that.
 */
export class View {
  /** The memory that is read and written. */
  view: DataView;
  /** Offset of the first octet of the header. */
  start: number;
  /** Offset behind the last octet that may belong to the header. */
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
   * Judges lengths only: `"truncated"`, `"header"`; `"malformed"` if a known
   * type's addresses do not fit the header or are fewer than segments left.
   */
  check(): Reason | undefined {
    const reason = this.checkHeader();
    if (reason !== undefined) return reason;
    const count = this.addressCount;
    if (count < 0) return "malformed";
    return this.isKnown && this.segmentsLeft > count ? "malformed" : undefined;
  }

  /** Judges the header's own length only. */
  checkHeader(): Reason | undefined {
    if (this.end - this.start < HEADER_LENGTH) return "truncated";
    return this.headerLength > this.end - this.start ? "header" : undefined;
  }

  /** Protocol number of what follows. */
  get nextHeader(): number {
    return this.view.getUint8(this.start + NEXT_HEADER);
  }
  set nextHeader(protocol: number) {
    this.view.setUint8(this.start + NEXT_HEADER, protocol);
  }

  /** Octets of the header, a multiple of 8. */
  get headerLength(): number {
    return 8 + 8 * this.view.getUint8(this.start + LENGTH);
  }
  set headerLength(octets: number) {
    this.view.setUint8(this.start + LENGTH, (octets >>> 3) - 1);
  }

  /** Routing type, one of {@linkcode Type} or another. */
  get type(): number {
    return this.view.getUint8(this.start + TYPE);
  }
  set type(type: number) {
    this.view.setUint8(this.start + TYPE, type);
  }

  /** Nodes that are still to be visited. */
  get segmentsLeft(): number {
    return this.view.getUint8(this.start + SEGMENTS_LEFT);
  }
  set segmentsLeft(count: number) {
    this.view.setUint8(this.start + SEGMENTS_LEFT, count);
  }

  /** Whether the addresses of this type are modelled. */
  get isKnown(): boolean {
    const type = this.type;
    return type === 0 || type === 2 || type === 3 || type === 4;
  }

  /**
   * Whether a node that is asked to follow the route must refuse: a route of
   * type 0 that is not done (RFC 5095 section 3), or one that is not known (RFC
   * 8200 section 4.4).
   */
  get isRefused(): boolean {
    return this.segmentsLeft > 0 && (this.type === 0 || !this.isKnown);
  }

  /** Octets left out in front of each address but the last; type 3. */
  get compressed(): number {
    return this.view.getUint8(this.start + SPECIFIC) >>> 4;
  }

  /** Octets left out in front of the last address; type 3. */
  get compressedLast(): number {
    return this.view.getUint8(this.start + SPECIFIC) & 15;
  }

  /** Octets of padding behind the last address; type 3. */
  get padding(): number {
    return this.view.getUint8(this.start + SPECIFIC + 1) >>> 4;
  }

  /** Index of the last segment; type 4. */
  get lastEntry(): number {
    return this.view.getUint8(this.start + LAST_ENTRY);
  }

  /** Flags; type 4. */
  get flags(): number {
    return this.view.getUint8(this.start + FLAGS);
  }

  /** What packets of one class have in common; type 4. */
  get tag(): number {
    return this.view.getUint16(this.start + TAG);
  }

  /** Number of addresses; 0 for an unknown type, -1 if they do not fit. */
  get addressCount(): number {
    const octets = this.headerLength - HEADER_LENGTH;
    switch (this.type) {
      case Type.SOURCE_ROUTE:
        return octets % 16 === 0 ? octets / 16 : -1;
      case Type.MOBILE:
        return octets === 16 ? 1 : -1;
      case Type.RPL: {
        if (octets === 0) return 0;
        const most = octets - this.padding - (16 - this.compressedLast);
        const each = 16 - this.compressed;
        return most >= 0 && most % each === 0 ? most / each + 1 : -1;
      }
      case Type.SEGMENT: {
        const count = this.lastEntry + 1;
        return 16 * count <= octets ? count : -1;
      }
      default:
        return 0;
    }
  }

  /** Index of the address that the packet visits last. */
  get finalIndex(): number {
    return this.type === Type.SEGMENT ? 0 : this.addressCount - 1;
  }

  /** Index of the address that the packet visits next, if segments are left. */
  get nextIndex(): number {
    const left = this.segmentsLeft;
    return this.type === Type.SEGMENT ? left - 1 : this.addressCount - left;
  }

  /** Offset of the octets of an address, which may be compressed. */
  addressStart(index: number): number {
    const each = 16 - (this.type === Type.RPL ? this.compressed : 0);
    return this.start + DATA + each * index;
  }

  /**
   * Copies an address to four words. Octets that type 3 leaves out stay as they
   * are in `into`, where the packet's destination has to be (RFC 6554 section 3).
   */
  copyAddress(index: number, into: Int32Array, at: number = 0): void {
    let octet = 0;
    if (this.type === Type.RPL) {
      octet = index === this.addressCount - 1
        ? this.compressedLast
        : this.compressed;
    }
    let from = this.addressStart(index);
    for (; octet < 16; octet++) {
      const word = at + (octet >>> 2);
      const shift = 24 - 8 * (octet & 3);
      into[word] = into[word]! & ~(0xff << shift) |
        this.view.getUint8(from++) << shift;
    }
  }

  /** Offset of the first octet behind the addresses; values in type 4. */
  get valuesStart(): number {
    return this.start + HEADER_LENGTH + 16 * (this.lastEntry + 1);
  }

  /** Offset behind the header. */
  get valuesEnd(): number {
    return this.start + this.headerLength;
  }

  /** Offset of the first octet behind the header. */
  get payloadStart(): number {
    return this.start + this.headerLength;
  }

  /** Offset behind the last octet that may belong to what follows. */
  get payloadEnd(): number {
    return this.end;
  }
}

/** What a routing header says. */
export class Repr {
  /** Protocol number of what follows. */
  nextHeader = 59;
  /** Routing type, one of {@linkcode Type} or another. */
  type = 0;
  /** Nodes that are still to be visited. */
  segmentsLeft = 0;
  /** The second four octets, int32, which each type defines for itself. */
  specific = 0;
  /** What stands behind the first eight octets: addresses and values. */
  readonly data: Uint8Array = new Uint8Array(MAX_DATA_LENGTH);
  /** How many octets of `data` count; emitted padded to a multiple of 8. */
  dataLength = 0;

  /** Takes over what a view says; lengths are judged, counts are not. */
  parse(from: View): Reason | undefined {
    const reason = from.checkHeader();
    if (reason !== undefined) return reason;
    this.nextHeader = from.nextHeader;
    this.type = from.type;
    this.segmentsLeft = from.segmentsLeft;
    this.specific = from.view.getInt32(from.start + SPECIFIC);
    this.dataLength = from.headerLength - HEADER_LENGTH;
    for (let i = 0; i < this.dataLength; i++) {
      this.data[i] = from.view.getUint8(from.start + DATA + i);
    }
    return undefined;
  }

  /** Forgets what stands behind the first eight octets. */
  clear(): void {
    this.dataLength = 0;
  }

  /** Adds an address of four words; false, and nothing, without room. */
  addAddress(words: Int32Array, at: number = 0): boolean {
    if (this.dataLength + 16 > MAX_DATA_LENGTH) return false;
    for (let octet = 0; octet < 16; octet++) {
      const word = words[at + (octet >>> 2)]!;
      this.data[this.dataLength++] = word >>> 24 - 8 * (octet & 3);
    }
    return true;
  }

  /** Index of the last segment; type 4. */
  get lastEntry(): number {
    return this.specific >>> 24;
  }
  set lastEntry(index: number) {
    this.specific = this.specific & 0xffffff | index << 24;
  }

  /** Flags; type 4. */
  get flags(): number {
    return this.specific >>> 16 & 0xff;
  }
  set flags(octet: number) {
    this.specific = this.specific & ~0xff0000 | (octet & 0xff) << 16;
  }

  /** What packets of one class have in common; type 4. */
  get tag(): number {
    return this.specific & 0xffff;
  }
  set tag(tag: number) {
    this.specific = this.specific & ~0xffff | tag & 0xffff;
  }

  /** Octets that {@linkcode Repr.emit} writes. */
  get bufferLength(): number {
    return HEADER_LENGTH + (this.dataLength + 7 & ~7);
  }

  /** Writes the header at `at`, filled up with zeros to a multiple of 8. */
  emit(view: DataView, at: number): void {
    const octets = this.bufferLength;
    view.setUint8(at + NEXT_HEADER, this.nextHeader);
    view.setUint8(at + LENGTH, (octets >>> 3) - 1);
    view.setUint8(at + TYPE, this.type);
    view.setUint8(at + SEGMENTS_LEFT, this.segmentsLeft);
    view.setInt32(at + SPECIFIC, this.specific);
    for (let i = 0; i < octets - HEADER_LENGTH; i++) {
      view.setUint8(at + DATA + i, i < this.dataLength ? this.data[i]! : 0);
    }
  }
}

/** A header together with what it says. */
export class Packet {
  /** The octets. */
  readonly view: View = new View();
  /** What the header said when it was parsed. */
  readonly repr: Repr = new Repr();

  /** Points at received octets; judges lengths, not counts. */
  parse(view: DataView, start: number, end: number): Reason | undefined {
    return this.repr.parse(this.view.wrap(view, start, end));
  }

  /** Offset of the first octet behind the header. */
  get payloadStart(): number {
    return this.view.payloadStart;
  }

  /** Offset behind the last octet. */
  get payloadEnd(): number {
    return this.view.payloadEnd;
  }
}
