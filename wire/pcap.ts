/**
 * Capture files in the classic format, as described by
 * draft-ietf-opsawg-pcap: a file header of 24 octets, and frames behind
 * headers of 16, in either byte order, with µs or ns.
 *
 * {@linkcode Writer} writes them; `capture.Reader` reads them.
 *
 * ```ts
 * import { capture, pcap } from "@ethox/wire";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const pieces: Uint8Array[] = [];
 * const writer = new pcap.Writer((octets) => pieces.push(octets.slice()));
 * writer.write(1_700_000_000_000_001, new DataView(new ArrayBuffer(60)), 0, 60);
 * writer.flush();
 *
 * const reader = new capture.Reader().open(pieces[0]!);
 * assert(reader.next());
 * assertEquals(reader.timestamp, 1_700_000_000_000_001);
 * assertEquals(reader.length, 60);
 * ```
 *
 * @module
 */

import type { Format, Frame, Interface } from "./_capture.ts";
import { Gather, type Sink } from "./_gather.ts";
import { LinkType } from "./linktype.ts";
import type { Reason } from "./reason.ts";

export type { Format, Frame, Interface, Sink };

/** First word of a file with µs. */
export const MAGIC_MICROSECONDS = 0xa1b2c3d4;
/** First word of a file with ns. */
export const MAGIC_NANOSECONDS = 0xa1b23c4d;
/** First word of a file with the longer record headers of Kuznetsov's patches. */
export const MAGIC_MODIFIED = 0xa1b2cd34;
/** Octets of the file header. */
export const FILE_HEADER_LENGTH = 24;
/** Octets in front of each frame. */
export const RECORD_HEADER_LENGTH = 16;

/** Reads file header and frames; what `capture.Reader` reads this format by. */
export class Decoder implements Format {
  /** What is wrong with the file; nothing so far. */
  reason: Reason | undefined = undefined;
  /** The same in words, or empty. */
  detail = "";
  /** The one interface, once the file header was read. */
  interfaces: Interface[] = [];
  #littleEndian = true;
  /** Units of the fraction in a second. */
  #units = 1e6;
  #linkType = 0;
  /** Whether both lengths may be in the wrong order: before version 2.4. */
  #minor = 4;
  #header = false;

  /** Octets of the unit at `at`: file header, or header and frame. */
  need(view: DataView, at: number, end: number): number {
    if (!this.#header) return FILE_HEADER_LENGTH;
    if (end - at < RECORD_HEADER_LENGTH) return RECORD_HEADER_LENGTH;
    return RECORD_HEADER_LENGTH + this.#captured(view, at);
  }

  #captured(view: DataView, at: number): number {
    const captured = view.getUint32(at + 8, this.#littleEndian);
    if (this.#minor >= 4) return captured;
    const original = view.getUint32(at + 12, this.#littleEndian);
    // Version 2.3 has either order, files before it the other.
    return this.#minor < 3 || captured > original ? original : captured;
  }

  /** Reads one: whether it is a frame. */
  decode(frame: Frame, view: DataView, at: number, length: number): boolean {
    if (!this.#header) {
      this.#open(view, at);
      return false;
    }
    const order = this.#littleEndian;
    let seconds = view.getUint32(at, order);
    let fraction = view.getUint32(at + 4, order);
    let original = view.getUint32(at + 12, order);
    if (this.#minor < 4) {
      const other = view.getUint32(at + 8, order);
      if (length - RECORD_HEADER_LENGTH === original) original = other;
    }
    const units = this.#units;
    if (fraction >= units) {
      const whole = Math.floor(fraction / units);
      seconds += whole;
      fraction -= whole * units;
    }
    frame.view = view;
    frame.start = at + RECORD_HEADER_LENGTH;
    frame.end = at + length;
    frame.wireLength = original;
    frame.timed = true;
    frame.seconds = seconds;
    frame.nanoseconds = units === 1e6 ? fraction * 1000 : fraction;
    frame.linkType = this.#linkType;
    frame.interfaceIndex = 0;
    frame.littleEndian = order;
    frame.optionsStart = frame.optionsEnd = frame.end;
    return true;
  }

  #open(view: DataView, at: number): void {
    const big = view.getUint32(at);
    const order = big !== MAGIC_MICROSECONDS && big !== MAGIC_NANOSECONDS &&
      big !== MAGIC_MODIFIED;
    const magic = view.getUint32(at, order);
    if (magic === MAGIC_MODIFIED) {
      this.reason = "unsupported";
      this.detail = "modified pcap, whose records have longer headers";
      return;
    }
    if (magic !== MAGIC_MICROSECONDS && magic !== MAGIC_NANOSECONDS) {
      this.reason = "unsupported";
      this.detail = "not pcap";
      return;
    }
    const major = view.getUint16(at + 4, order);
    const minor = view.getUint16(at + 6, order);
    if (major !== 2) {
      this.reason = "version";
      this.detail = `pcap of version ${major}.${minor}`;
      return;
    }
    this.#header = true;
    this.#littleEndian = order;
    this.#units = magic === MAGIC_NANOSECONDS ? 1e9 : 1e6;
    this.#minor = minor;
    const link = view.getUint32(at + 20, order);
    this.#linkType = link & 0xffff;
    this.interfaces = [{
      linkType: this.#linkType,
      snapLength: view.getUint32(at + 16, order),
      name: "",
      description: "",
      resolution: magic === MAGIC_NANOSECONDS ? 9 : 6,
      offset: 0,
      // Bit 26 says that the four above it count 16-bit words.
      checkLength: (link & 0x0400_0000) !== 0 ? 2 * (link >>> 28) : -1,
    }];
  }
}

/** How a {@linkcode Writer} works. */
export interface WriterOptions {
  /** Link type; 1, Ethernet, by default. */
  readonly linkType?: number;
  /** Most octets kept of a frame; 262144 by default. */
  readonly snapLength?: number;
  /** Whether time stamps have ns; µs by default. */
  readonly nanoseconds?: boolean;
  /** Octets gathered before the sink gets them; 65536 by default. */
  readonly buffer?: number;
}

/**
 * Writes a file, least significant octet first. Octets are gathered in a buffer
 * of fixed size; writing a frame makes no garbage, only handing the buffer to
 * the sink does.
 */
export class Writer {
  readonly #out: Gather;
  readonly #snapLength: number;
  readonly #nanoseconds: boolean;

  /** Begins a file. @throws {RangeError} for a buffer under 1024 octets. */
  constructor(sink: Sink, options: WriterOptions = {}) {
    this.#out = new Gather(sink, options.buffer);
    this.#snapLength = options.snapLength ?? 262144;
    this.#nanoseconds = options.nanoseconds ?? false;
    const at = this.#out.room(FILE_HEADER_LENGTH);
    const view = this.#out.view;
    view.setUint32(
      at,
      this.#nanoseconds ? MAGIC_NANOSECONDS : MAGIC_MICROSECONDS,
      true,
    );
    view.setUint16(at + 4, 2, true);
    view.setUint16(at + 6, 4, true);
    view.setUint32(at + 8, 0, true);
    view.setUint32(at + 12, 0, true);
    view.setUint32(at + 16, this.#snapLength, true);
    view.setUint32(at + 20, options.linkType ?? LinkType.ETHERNET, true);
  }

  /**
   * Writes the octets `start`..`end` of `view`, seen at `timestamp` (µs since
   * 1970, or of any other clock); `wireLength` if there were more on the wire.
   */
  write(
    timestamp: number,
    view: DataView,
    start: number,
    end: number,
    wireLength: number = end - start,
  ): void {
    const seconds = Math.floor(timestamp / 1e6);
    const fraction = timestamp - seconds * 1e6;
    this.#record(
      seconds,
      this.#nanoseconds ? fraction * 1000 : fraction,
      view,
      start,
      end,
      wireLength,
    );
  }

  /** Writes a frame as it was read. What pcap has no place for is left out. */
  writeFrame(frame: Frame): void {
    this.#record(
      frame.seconds,
      this.#nanoseconds
        ? frame.nanoseconds
        : Math.floor(frame.nanoseconds / 1000),
      frame.view,
      frame.start,
      frame.end,
      frame.wireLength,
    );
  }

  /** Hands the sink what was gathered. */
  flush(): void {
    this.#out.flush();
  }

  #record(
    seconds: number,
    fraction: number,
    from: DataView,
    start: number,
    end: number,
    wireLength: number,
  ): void {
    const captured = Math.min(end - start, this.#snapLength);
    const at = this.#out.room(RECORD_HEADER_LENGTH);
    const view = this.#out.view;
    view.setUint32(at, seconds, true);
    view.setUint32(at + 4, fraction, true);
    view.setUint32(at + 8, captured, true);
    view.setUint32(at + 12, wireLength, true);
    this.#out.copy(from, start, start + captured);
  }
}
