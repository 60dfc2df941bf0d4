/**
 * The authentication header, [RFC 4302](https://www.rfc-editor.org/rfc/rfc4302):
 * its fields, not its cryptography.
 *
 * ```ts
 * import { ah, ip } from "@ethox/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const header = new ah.Repr();
 * header.nextHeader = ip.Protocol.TCP;
 * header.spi = 0x100;
 * header.icvLength = 12;
 * const view = new DataView(new ArrayBuffer(header.bufferLength));
 * header.emit(view, 0);
 * assertEquals(new ah.View(view).headerLength, 24);
 * ```
 *
 * @module
 */

import type { Reason } from "./reason.ts";

const NEXT_HEADER = 0;
const LENGTH = 1;
const RESERVED = 2;
const SPI = 4;
const SEQUENCE = 8;
const ICV = 12;

/** Octets of the header without an integrity check value. */
export const HEADER_LENGTH = 12;
/** Octets of the longest header. */
export const MAX_HEADER_LENGTH = 1028;

const EMPTY: DataView = new DataView(new ArrayBuffer(0));

/**
 * An authentication header in place.
 *
 * Once {@linkcode View.check} finds nothing,
 * `12 <= headerLength <= end - start` holds and no accessor reads outside;
 * writing `headerLength` can void that.
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

  /** Judges lengths only: `"truncated"` or `"header"`, or nothing. */
  check(): Reason | undefined {
    if (this.end - this.start < HEADER_LENGTH) return "truncated";
    const length = this.headerLength;
    return length < HEADER_LENGTH || length > this.end - this.start
      ? "header"
      : undefined;
  }

  /** Protocol number of what follows. */
  get nextHeader(): number {
    return this.view.getUint8(this.start + NEXT_HEADER);
  }
  set nextHeader(protocol: number) {
    this.view.setUint8(this.start + NEXT_HEADER, protocol);
  }

  /** Octets of the header, a multiple of 4; over IPv6 of 8. */
  get headerLength(): number {
    return 8 + 4 * this.view.getUint8(this.start + LENGTH);
  }
  set headerLength(octets: number) {
    this.view.setUint8(this.start + LENGTH, (octets >>> 2) - 2);
  }

  /** Security parameters index, int32. */
  get spi(): number {
    return this.view.getInt32(this.start + SPI);
  }
  set spi(index: number) {
    this.view.setInt32(this.start + SPI, index);
  }

  /** Sequence number, int32. */
  get sequence(): number {
    return this.view.getInt32(this.start + SEQUENCE);
  }
  set sequence(sequence: number) {
    this.view.setInt32(this.start + SEQUENCE, sequence);
  }

  /** Offset of the integrity check value and its padding. */
  get icvStart(): number {
    return this.start + ICV;
  }

  /** Offset behind the integrity check value and its padding. */
  get icvEnd(): number {
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

/** What an authentication header says. */
export class Repr {
  /** Protocol number of what follows. */
  nextHeader = 59;
  /** Security parameters index, int32. */
  spi = 0;
  /** Sequence number, int32. */
  sequence = 0;
  /** The integrity check value with its padding. */
  readonly icv: Uint8Array = new Uint8Array(MAX_HEADER_LENGTH - HEADER_LENGTH);
  /** How many octets of `icv` count; a multiple of 4. */
  icvLength = 0;

  /** Takes over what a view says; its lengths are judged. */
  parse(from: View): Reason | undefined {
    const reason = from.check();
    if (reason !== undefined) return reason;
    this.nextHeader = from.nextHeader;
    this.spi = from.spi;
    this.sequence = from.sequence;
    const at = from.icvStart;
    this.icvLength = from.icvEnd - at;
    for (let i = 0; i < this.icvLength; i++) {
      this.icv[i] = from.view.getUint8(at + i);
    }
    return undefined;
  }

  /** Octets that {@linkcode Repr.emit} writes. */
  get bufferLength(): number {
    return HEADER_LENGTH + this.icvLength;
  }

  /** Writes the header at `at`, with the reserved octets 0. */
  emit(view: DataView, at: number): void {
    view.setUint8(at + NEXT_HEADER, this.nextHeader);
    view.setUint8(at + LENGTH, (this.bufferLength >>> 2) - 2);
    view.setUint16(at + RESERVED, 0);
    view.setInt32(at + SPI, this.spi);
    view.setInt32(at + SEQUENCE, this.sequence);
    for (let i = 0; i < this.icvLength; i++) {
      view.setUint8(at + ICV + i, this.icv[i]!);
    }
  }
}

/** A header together with what it says. */
export class Packet {
  /** The octets. */
  readonly view: View = new View();
  /** What the header said when it was parsed. */
  readonly repr: Repr = new Repr();

  /** Points at received octets; judges lengths. */
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
