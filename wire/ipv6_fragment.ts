/**
 * The fragment header of IPv6, [RFC 8200](https://www.rfc-editor.org/rfc/rfc8200)
 * section 4.5.
 *
 * Pieces belong together if source and destination of the packet and the
 * identification are the same, the next header notwithstanding.
 *
 * ```ts
 * import { ip, ipv6Fragment } from "@ethox/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const header = new ipv6Fragment.Repr();
 * header.nextHeader = ip.Protocol.UDP;
 * header.fragmentOffset = 1448;
 * header.moreFragments = true;
 * const view = new DataView(new ArrayBuffer(header.bufferLength));
 * header.emit(view, 0);
 * assertEquals(new ipv6Fragment.View(view).fragmentOffset, 1448);
 * ```
 *
 * @module
 */

import type { Reason } from "./reason.ts";

const NEXT_HEADER = 0;
const RESERVED = 1;
const OFFSET_AND_MORE = 2;
const IDENTIFICATION = 4;

/** Octets of the header. */
export const HEADER_LENGTH = 8;

const EMPTY: DataView = new DataView(new ArrayBuffer(0));

/**
 * A fragment header in place. Once {@linkcode View.check} finds nothing, no
 * accessor reads outside.
 */
export class View {
  /** The memory that is read and written. */
  view: DataView;
  /** Offset of the first octet of the header. */
  start: number;
  /** Offset behind the last octet of the piece. */
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

  /** Judges the length only: `"truncated"`, or nothing. */
  check(): Reason | undefined {
    return this.end - this.start < HEADER_LENGTH ? "truncated" : undefined;
  }

  /** Protocol number of what the whole packet has behind this header. */
  get nextHeader(): number {
    return this.view.getUint8(this.start + NEXT_HEADER);
  }
  set nextHeader(protocol: number) {
    this.view.setUint8(this.start + NEXT_HEADER, protocol);
  }

  /** Octets in front of this piece, a multiple of 8, 0..65528. */
  get fragmentOffset(): number {
    return this.view.getUint16(this.start + OFFSET_AND_MORE) & ~7;
  }
  set fragmentOffset(octets: number) {
    const at = this.start + OFFSET_AND_MORE;
    this.view.setUint16(at, octets & ~7 | this.view.getUint16(at) & 7);
  }

  /** Whether this is not the last piece. */
  get moreFragments(): boolean {
    return (this.view.getUint16(this.start + OFFSET_AND_MORE) & 1) !== 0;
  }
  set moreFragments(flag: boolean) {
    const at = this.start + OFFSET_AND_MORE;
    this.view.setUint16(at, this.view.getUint16(at) & ~1 | (flag ? 1 : 0));
  }

  /** What the pieces of one packet have in common, int32. */
  get identification(): number {
    return this.view.getInt32(this.start + IDENTIFICATION);
  }
  set identification(identification: number) {
    this.view.setInt32(this.start + IDENTIFICATION, identification);
  }

  /**
   * Whether the only piece holds all: it is handled by itself, whatever pieces
   * of the same identification wait (RFC 6946, RFC 8200 section 4.5).
   */
  get isAtomic(): boolean {
    return (this.view.getUint16(this.start + OFFSET_AND_MORE) & ~6) === 0;
  }

  /** Offset of the first octet of the piece. */
  get payloadStart(): number {
    return this.start + HEADER_LENGTH;
  }

  /** Offset behind the last octet of the piece. */
  get payloadEnd(): number {
    return this.end;
  }
}

/** What a fragment header says. */
export class Repr {
  /** Protocol number of what the whole packet has behind this header. */
  nextHeader = 59;
  /** Octets in front of this piece, a multiple of 8, 0..65528. */
  fragmentOffset = 0;
  /** Whether this is not the last piece. */
  moreFragments = false;
  /** What the pieces of one packet have in common, int32. */
  identification = 0;

  /** Takes over what a view says; its length is judged. */
  parse(from: View): Reason | undefined {
    const reason = from.check();
    if (reason !== undefined) return reason;
    this.nextHeader = from.nextHeader;
    this.fragmentOffset = from.fragmentOffset;
    this.moreFragments = from.moreFragments;
    this.identification = from.identification;
    return undefined;
  }

  /** Octets that {@linkcode Repr.emit} writes. */
  get bufferLength(): number {
    return HEADER_LENGTH;
  }

  /** Writes the header at `at`, with the reserved bits 0. */
  emit(view: DataView, at: number): void {
    view.setUint8(at + NEXT_HEADER, this.nextHeader);
    view.setUint8(at + RESERVED, 0);
    view.setUint16(
      at + OFFSET_AND_MORE,
      this.fragmentOffset & 0xfff8 | (this.moreFragments ? 1 : 0),
    );
    view.setInt32(at + IDENTIFICATION, this.identification);
  }
}

/** A header together with what it says. */
export class Packet {
  /** The octets. */
  readonly view: View = new View();
  /** What the header said when it was parsed. */
  readonly repr: Repr = new Repr();

  /** Points at received octets; judges the length. */
  parse(view: DataView, start: number, end: number): Reason | undefined {
    return this.repr.parse(this.view.wrap(view, start, end));
  }

  /** Offset of the first octet of the piece. */
  get payloadStart(): number {
    return this.view.payloadStart;
  }

  /** Offset behind the last octet of the piece. */
  get payloadEnd(): number {
    return this.view.payloadEnd;
  }
}
