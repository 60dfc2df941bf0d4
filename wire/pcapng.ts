/**
 * Capture files in the pcapng format, as described by
 * draft-ietf-opsawg-pcapng.
 *
 * ```ts
 * import { pcapng } from "@ethox/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const pieces: Uint8Array[] = [];
 * const writer = new pcapng.Writer((octets) => pieces.push(octets.slice()));
 * const nic = writer.addInterface({ name: "tap0" });
 * const frame = new Uint8Array(60);
 * writer.write(nic, 1_000_000, new DataView(frame.buffer), 0, 60);
 * writer.flush();
 * assertEquals(pieces[0]!.slice(0, 4), new Uint8Array([10, 13, 13, 10]));
 * ```
 *
 * @module
 */

/** Link type of Ethernet frames. */
export const LINKTYPE_ETHERNET = 1;
/** Link type of bare IP datagrams. */
export const LINKTYPE_RAW = 101;

/** The direction of a packet is not known. */
export const UNKNOWN = 0;
/** The packet was received. */
export const INBOUND = 1;
/** The packet was sent. */
export const OUTBOUND = 2;

const SECTION_HEADER = 0x0a0d0d0a;
const INTERFACE_DESCRIPTION = 1;
const ENHANCED_PACKET = 6;
const BYTE_ORDER = 0x1a2b3c4d;
const OPTION_END = 0;
const OPTION_COMMENT = 1;
const OPTION_NAME = 2;
const OPTION_FLAGS = 2;
const OPTION_RESOLUTION = 9;
const OPTION_APPLICATION = 4;
const MICROSECONDS = 6;
/** Octets of a packet block around the packet: header, flags, trailer. */
const PACKET_OVERHEAD = 28 + 8 + 4 + 4;
const HALF = 0x1_0000_0000;

/** Where packets were captured. */
export interface InterfaceOptions {
  /** Name. */
  readonly name?: string;
  /** Link type; {@linkcode LINKTYPE_ETHERNET} by default. */
  readonly linkType?: number;
  /** Most octets kept of a packet; 262144 by default. */
  readonly snapLength?: number;
}

/** How a {@linkcode Writer} works. */
export interface WriterOptions {
  /** Octets gathered before the sink gets them; 65536 by default. */
  readonly buffer?: number;
  /** What wrote the file, `"ethox"` by default. */
  readonly application?: string;
}

/**
 * Takes octets of the file in order. They are a part of the writer's buffer, and
 * valid during the call only.
 */
export type Sink = (octets: Uint8Array) => void;

/**
 * Writes one section. Octets are gathered in a buffer of fixed size; writing a
 * packet makes no garbage, only handing the buffer to the sink does.
 */
export class Writer {
  readonly #sink: Sink;
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #snapLengths: number[] = [];
  #used = 0;

  /** Begins a section. @throws {RangeError} for a buffer under 1024 octets. */
  constructor(sink: Sink, options: WriterOptions = {}) {
    const size = options.buffer ?? 65536;
    if (!Number.isInteger(size) || size < 1024) {
      throw new RangeError(`Cannot gather ${size} octets: need 1024 or more`);
    }
    this.#sink = sink;
    this.#bytes = new Uint8Array(size);
    this.#view = new DataView(this.#bytes.buffer);
    const application = text(options.application ?? "ethox");
    const length = 28 + optionLength(application.length) + 4;
    const at = this.#begin(SECTION_HEADER, length);
    this.#view.setUint32(at, BYTE_ORDER, true);
    this.#view.setUint16(at + 4, 1, true);
    this.#view.setUint16(at + 6, 0, true);
    // The section's length is not known.
    this.#view.setInt32(at + 8, -1, true);
    this.#view.setInt32(at + 12, -1, true);
    const end = this.#option(at + 16, OPTION_APPLICATION, application);
    this.#view.setUint32(end, OPTION_END, true);
    this.#end(length);
  }

  /** Describes an interface; returns the number to name it by. */
  addInterface(options: InterfaceOptions = {}): number {
    const name = text(options.name ?? "");
    const snapLength = options.snapLength ?? 262144;
    const length = 20 + optionLength(name.length) + 8 + 4;
    const at = this.#begin(INTERFACE_DESCRIPTION, length);
    const view = this.#view;
    view.setUint16(at, options.linkType ?? LINKTYPE_ETHERNET, true);
    view.setUint16(at + 2, 0, true);
    view.setUint32(at + 4, snapLength, true);
    const next = this.#option(at + 8, OPTION_NAME, name);
    view.setUint16(next, OPTION_RESOLUTION, true);
    view.setUint16(next + 2, 1, true);
    view.setUint32(next + 4, MICROSECONDS, true);
    view.setUint32(next + 8, OPTION_END, true);
    this.#end(length);
    return this.#snapLengths.push(snapLength) - 1;
  }

  /**
   * Writes a packet: the octets `start`..`end` of `view`, seen at `timestamp`
   * (µs since 1970, or of any other clock).
   */
  write(
    nic: number,
    timestamp: number,
    packet: DataView,
    start: number,
    end: number,
    direction: number = UNKNOWN,
    comment?: string,
  ): void {
    const original = end - start;
    const captured = Math.min(original, this.#snapLengths[nic] ?? 0);
    const remark = comment === undefined ? NOTHING : text(comment);
    const padded = (captured + 3) & ~3;
    const length = PACKET_OVERHEAD + padded +
      (remark.length === 0 ? 0 : optionLength(remark.length));
    let at = this.#begin(ENHANCED_PACKET, length);
    const view = this.#view;
    const high = Math.floor(timestamp / HALF);
    view.setUint32(at, nic, true);
    view.setUint32(at + 4, high, true);
    view.setUint32(at + 8, timestamp - high * HALF, true);
    view.setUint32(at + 12, captured, true);
    view.setUint32(at + 16, original, true);
    this.#used = at + 20;
    this.#copy(packet, start, start + captured);
    // What follows is short; the buffer is emptied first if it does not fit.
    this.#reserve(length - 28 - captured);
    at = this.#used;
    for (let i = captured; i < padded; i++) this.#view.setUint8(at++, 0);
    this.#view.setUint16(at, OPTION_FLAGS, true);
    this.#view.setUint16(at + 2, 4, true);
    this.#view.setUint32(at + 4, direction, true);
    at += 8;
    if (remark.length > 0) at = this.#option(at, OPTION_COMMENT, remark);
    this.#view.setUint32(at, OPTION_END, true);
    this.#used = at + 4;
    this.#end(length);
  }

  /** Hands the sink what was gathered. */
  flush(): void {
    if (this.#used === 0) return;
    this.#sink(this.#bytes.subarray(0, this.#used));
    this.#used = 0;
  }

  /** Begins a block; returns where its body begins. */
  #begin(type: number, length: number): number {
    this.#reserve(Math.min(length, 1024));
    const at = this.#used;
    this.#view.setUint32(at, type, true);
    this.#view.setUint32(at + 4, length, true);
    this.#used = at + length - 4;
    return at + 8;
  }

  #end(length: number): void {
    this.#view.setUint32(this.#used, length, true);
    this.#used += 4;
  }

  #reserve(length: number): void {
    if (this.#used + length > this.#bytes.length) this.flush();
  }

  #copy(from: DataView, at: number, end: number): void {
    while (at < end) {
      if (this.#used === this.#bytes.length) this.flush();
      const stop = Math.min(end, at + this.#bytes.length - this.#used);
      let to = this.#used;
      for (; at + 4 <= stop; at += 4, to += 4) {
        this.#view.setInt32(to, from.getInt32(at));
      }
      while (at < stop) this.#view.setUint8(to++, from.getUint8(at++));
      this.#used = to;
    }
  }

  #option(at: number, code: number, value: Uint8Array): number {
    this.#view.setUint16(at, code, true);
    this.#view.setUint16(at + 2, value.length, true);
    at += 4;
    for (let i = 0; i < value.length; i++) this.#view.setUint8(at++, value[i]!);
    for (let i = value.length; i % 4 !== 0; i++) this.#view.setUint8(at++, 0);
    return at;
  }
}

const NOTHING = new Uint8Array(0);
/** Longest text of an option. */
const LONGEST = 512;

function text(value: string): Uint8Array {
  const octets = new TextEncoder().encode(value);
  return octets.length > LONGEST ? octets.subarray(0, LONGEST) : octets;
}

function optionLength(octets: number): number {
  return 4 + ((octets + 3) & ~3);
}
