/**
 * Capture files in the pcapng format, as described by
 * draft-ietf-opsawg-pcapng.
 *
 * {@linkcode Writer} writes one section; `capture.Reader` reads files of any
 * number of sections, in either byte order.
 *
 * ```ts
 * import { capture, pcapng } from "@ethox/wire";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const pieces: Uint8Array[] = [];
 * const writer = new pcapng.Writer((octets) => pieces.push(octets.slice()));
 * const nic = writer.addInterface({ name: "tap0" });
 * const frame = new DataView(new ArrayBuffer(60));
 * writer.write(nic, 1_000_000, frame, 0, 60, pcapng.INBOUND, "the first");
 * writer.flush();
 * assertEquals(pieces[0]!.slice(0, 4), new Uint8Array([10, 13, 13, 10]));
 *
 * const reader = new capture.Reader().open(pieces[0]!);
 * assert(reader.next());
 * assertEquals(reader.comment, "the first");
 * assertEquals(reader.interfaces[reader.interfaceIndex]!.name, "tap0");
 * ```
 *
 * @module
 */

import { type Format, type Frame, type Interface, text } from "./_capture.ts";
import { Gather, type Sink } from "./_gather.ts";
import { LinkType } from "./linktype.ts";
import type { Reason } from "./reason.ts";

export type { Format, Frame, Interface, Sink };

/** The direction of a packet is not known. */
export const UNKNOWN = 0;
/** The packet was received. */
export const INBOUND = 1;
/** The packet was sent. */
export const OUTBOUND = 2;

/** First word of a file, in either byte order: a section header block. */
export const MAGIC = 0x0a0d0d0a;
/** Most interfaces of a section that are read. */
export const MOST_INTERFACES = 16384;
/** Octets kept of an interface's name, and of its description. */
export const MOST_NAME = 1024;

const INTERFACE_DESCRIPTION = 1;
const OBSOLETE_PACKET = 2;
const SIMPLE_PACKET = 3;
const ENHANCED_PACKET = 6;
const BYTE_ORDER = 0x1a2b3c4d;
const OPTION_END = 0;
const OPTION_COMMENT = 1;
const OPTION_NAME = 2;
const OPTION_FLAGS = 2;
const OPTION_DESCRIPTION = 3;
const OPTION_APPLICATION = 4;
const OPTION_RESOLUTION = 9;
const OPTION_CHECK_LENGTH = 13;
const OPTION_OFFSET = 14;
const MICROSECONDS = 6;
const NANOSECONDS = 9;
/** Octets of a block around its body: type and both lengths. */
const FRAMING = 12;
/** Octets of a packet block around the packet: header, flags, trailer. */
const PACKET_OVERHEAD = 28 + 8 + 4 + 4;
const HALF = 0x1_0000_0000;
const QUARTER = 0x1_0000;

/** An interface, and how its time stamps are read. */
class Source implements Interface {
  linkType = 0;
  snapLength = 0;
  name = "";
  description = "";
  resolution = MICROSECONDS;
  offset = 0;
  checkLength = -1;
  /** Units in a second, if that many can be reckoned with in numbers; or 0. */
  units = 1e6;
  /** Nanoseconds in a unit, if `units` is not 0; may be a fraction. */
  scale = 1000;

  /** Settles how to reckon. */
  settle(): void {
    const power = this.resolution & 0x7f;
    const binary = this.resolution >= 0x80;
    // Remainders times 2^16, and times 10^9 where needed, stay below 2^53.
    const simple = power <= (binary ? 23 : 9);
    this.units = !simple ? 0 : binary ? 2 ** power : 10 ** power;
    this.scale = simple ? 1e9 / this.units : 0;
  }
}

/** Reads blocks; what `capture.Reader` reads this format by. */
export class Decoder implements Format {
  /** What is wrong with the file; nothing so far. */
  reason: Reason | undefined = undefined;
  /** The same in words, or empty. */
  detail = "";
  #littleEndian = true;
  #sources: Source[] = [];

  /** Interfaces of the section that is being read. */
  get interfaces(): readonly Interface[] {
    return this.#sources;
  }

  /** Octets of the block at `at`. */
  need(view: DataView, at: number, end: number): number {
    if (end - at < FRAMING) return FRAMING;
    const type = view.getUint32(at, this.#littleEndian);
    let order = this.#littleEndian;
    if (type === MAGIC) {
      order = view.getUint32(at + 8, true) === BYTE_ORDER;
      if (!order && view.getUint32(at + 8) !== BYTE_ORDER) return FRAMING;
    }
    const length = view.getUint32(at + 4, order);
    return length < FRAMING || (length & 3) !== 0 ? FRAMING : length;
  }

  /** Reads one: whether it holds a frame. */
  decode(frame: Frame, view: DataView, at: number, length: number): boolean {
    const type = view.getUint32(at, this.#littleEndian);
    if (type === MAGIC) return this.#section(view, at, length);
    const order = this.#littleEndian;
    const stated = view.getUint32(at + 4, order);
    if (stated !== length) {
      return this.#fail("length", `a block of ${stated} octets`);
    }
    const end = at + length - 4;
    if (view.getUint32(end, order) !== length) {
      return this.#fail("length", "a block whose two lengths differ");
    }
    switch (type) {
      case ENHANCED_PACKET:
        if (length < 32) break;
        return this.#packet(
          frame,
          view,
          at + 12,
          end,
          view.getUint32(at + 8, order),
        );
      case OBSOLETE_PACKET:
        if (length < 32) break;
        return this.#packet(
          frame,
          view,
          at + 12,
          end,
          view.getUint16(at + 8, order),
        );
      case SIMPLE_PACKET:
        if (length < 16) break;
        return this.#simple(frame, view, at + 8, end);
      case INTERFACE_DESCRIPTION:
        if (length < 20) break;
        return this.#interface(view, at + 8, end);
      default:
        // Statistics, names, secrets, what is custom and what is not known.
        return false;
    }
    return this.#fail("length", `a block of type ${type} and ${length} octets`);
  }

  #fail(reason: Reason, detail: string): false {
    this.reason = reason;
    this.detail = detail;
    return false;
  }

  #section(view: DataView, at: number, length: number): boolean {
    const order = view.getUint32(at + 8, true) === BYTE_ORDER;
    if (!order && view.getUint32(at + 8) !== BYTE_ORDER) {
      return this.#fail("malformed", "a section without byte order");
    }
    if (length < 28 || view.getUint32(at + length - 4, order) !== length) {
      return this.#fail("length", "a section header of impossible length");
    }
    const major = view.getUint16(at + 12, order);
    if (major !== 1) {
      const minor = view.getUint16(at + 14, order);
      return this.#fail("version", `pcapng of version ${major}.${minor}`);
    }
    this.#littleEndian = order;
    this.#sources = [];
    return false;
  }

  #interface(view: DataView, at: number, end: number): boolean {
    if (this.#sources.length === MOST_INTERFACES) {
      return this.#fail(
        "unsupported",
        `more than ${MOST_INTERFACES} interfaces`,
      );
    }
    const order = this.#littleEndian;
    const source = new Source();
    source.linkType = view.getUint16(at, order);
    source.snapLength = view.getUint32(at + 4, order);
    at += 8;
    while (at + 4 <= end) {
      const code = view.getUint16(at, order);
      const length = view.getUint16(at + 2, order);
      if (code === OPTION_END) break;
      at += 4;
      if (at + length > end) {
        return this.#fail("option", "an option longer than its interface");
      }
      if (code === OPTION_NAME) source.name = label(view, at, length);
      if (code === OPTION_DESCRIPTION) {
        source.description = label(view, at, length);
      }
      if (code === OPTION_RESOLUTION && length === 1) {
        source.resolution = view.getUint8(at);
      }
      if (code === OPTION_CHECK_LENGTH && length === 1) {
        source.checkLength = view.getUint8(at);
      }
      if (code === OPTION_OFFSET && length === 8) {
        const low = order ? at : at + 4;
        const high = order ? at + 4 : at;
        source.offset = view.getInt32(high, order) * HALF +
          view.getUint32(low, order);
      }
      at += (length + 3) & ~3;
    }
    source.settle();
    this.#sources.push(source);
    return false;
  }

  /** `at` is where the time stamp begins. */
  #packet(
    frame: Frame,
    view: DataView,
    at: number,
    end: number,
    index: number,
  ): boolean {
    const order = this.#littleEndian;
    const source = this.#sources[index];
    if (source === undefined) {
      return this.#fail("malformed", `a frame of no interface, ${index}`);
    }
    const captured = view.getUint32(at + 8, order);
    if (captured > end - at - 16) {
      return this.#fail("length", "a frame longer than its block");
    }
    this.#take(frame, view, at + 16, captured, index, source);
    frame.wireLength = view.getUint32(at + 12, order);
    // No sum in 32 bits: a block may have 2 GiB or more.
    frame.optionsStart = Math.min(end, at + 16 + captured + (-captured & 3));
    frame.optionsEnd = end;
    frame.timed = true;
    stamp(
      frame,
      view.getUint32(at, order),
      view.getUint32(at + 4, order),
      source,
    );
    return true;
  }

  #simple(frame: Frame, view: DataView, at: number, end: number): boolean {
    const source = this.#sources[0];
    if (source === undefined) {
      return this.#fail("malformed", "a frame of no interface");
    }
    const original = view.getUint32(at, this.#littleEndian);
    let captured = Math.min(original, end - at - 4);
    if (source.snapLength > 0) captured = Math.min(captured, source.snapLength);
    this.#take(frame, view, at + 4, captured, 0, source);
    frame.wireLength = original;
    frame.optionsStart = frame.optionsEnd = end;
    frame.timed = false;
    frame.seconds = 0;
    frame.nanoseconds = 0;
    return true;
  }

  #take(
    frame: Frame,
    view: DataView,
    start: number,
    length: number,
    index: number,
    source: Source,
  ): void {
    frame.view = view;
    frame.start = start;
    frame.end = start + length;
    frame.linkType = source.linkType;
    frame.interfaceIndex = index;
    frame.littleEndian = this.#littleEndian;
  }
}

/** A name, short enough that no file can fill the memory with names. */
function label(view: DataView, at: number, length: number): string {
  return text(view, at, Math.min(length, MOST_NAME));
}

/** Sets the time from 64 bits of units; exact, and without bigint if it can. */
function stamp(frame: Frame, high: number, low: number, source: Source): void {
  const units = source.units;
  if (units === 0) return stampSlowly(frame, high, low, source);
  let seconds: number;
  let left: number;
  if (high < 0x20_0000) {
    // Below 2^53 no quotient is rounded up to a whole number.
    const all = high * HALF + low;
    seconds = Math.floor(all / units);
    left = all - seconds * units;
  } else {
    // Long division by pieces of 16 bits: no step reaches 2^53.
    const first = Math.floor(high / units);
    let rest = (high - first * units) * QUARTER + (low >>> 16);
    const second = Math.floor(rest / units);
    rest = (rest - second * units) * QUARTER + (low & 0xffff);
    const third = Math.floor(rest / units);
    left = rest - third * units;
    seconds = (first * QUARTER + second) * QUARTER + third;
  }
  frame.seconds = seconds + source.offset;
  frame.nanoseconds = source.scale >= 1
    ? Math.floor(left * source.scale)
    : Math.floor(left * 1e9 / units);
}

/** As {@linkcode stamp}, for units of which there are too many in a second. */
function stampSlowly(
  frame: Frame,
  high: number,
  low: number,
  source: Source,
): void {
  const base = source.resolution >= 0x80 ? 2n : 10n;
  const units = base ** BigInt(source.resolution & 0x7f);
  const all = (BigInt(high) << 32n) | BigInt(low);
  frame.seconds = Number(all / units) + source.offset;
  frame.nanoseconds = Number((all % units) * 1_000_000_000n / units);
}

/** Where packets were captured. */
export interface InterfaceOptions {
  /** Name. */
  readonly name?: string;
  /** Link type; 1, Ethernet, by default. */
  readonly linkType?: number;
  /** Most octets kept of a packet; 262144 by default, 0 for no limit. */
  readonly snapLength?: number;
  /** Whether time stamps have ns; µs by default. */
  readonly nanoseconds?: boolean;
}

/** How a {@linkcode Writer} works. */
export interface WriterOptions {
  /** Octets gathered before the sink gets them; 65536 by default. */
  readonly buffer?: number;
  /** What wrote the file, `"ethox"` by default. */
  readonly application?: string;
}

/**
 * Writes one section. Octets are gathered in a buffer of fixed size; writing a
 * packet makes no garbage, only handing the buffer to the sink does.
 */
export class Writer {
  readonly #out: Gather;
  readonly #snapLengths: number[] = [];
  readonly #nanoseconds: boolean[] = [];

  /** Begins a section. @throws {RangeError} for a buffer under 1024 octets. */
  constructor(sink: Sink, options: WriterOptions = {}) {
    this.#out = new Gather(sink, options.buffer);
    const application = encode(options.application ?? "ethox");
    const length = 28 + optionLength(application.byteLength) + 4;
    const at = this.#begin(MAGIC, length, 16);
    const view = this.#out.view;
    view.setUint32(at, BYTE_ORDER, true);
    view.setUint16(at + 4, 1, true);
    view.setUint16(at + 6, 0, true);
    // The section's length is not known.
    view.setInt32(at + 8, -1, true);
    view.setInt32(at + 12, -1, true);
    this.#option(OPTION_APPLICATION, application);
    this.#end(length);
  }

  /** Describes an interface; returns the number to name it by. */
  addInterface(options: InterfaceOptions = {}): number {
    const name = encode(options.name ?? "");
    const snapLength = options.snapLength ?? 262144;
    const nanoseconds = options.nanoseconds ?? false;
    const length = 20 + optionLength(name.byteLength) + 8 + 4;
    const view = this.#out.view;
    let at = this.#begin(INTERFACE_DESCRIPTION, length, 8);
    view.setUint16(at, options.linkType ?? LinkType.ETHERNET, true);
    view.setUint16(at + 2, 0, true);
    view.setUint32(at + 4, snapLength, true);
    this.#option(OPTION_NAME, name);
    at = this.#out.room(8);
    view.setUint16(at, OPTION_RESOLUTION, true);
    view.setUint16(at + 2, 1, true);
    view.setUint32(at + 4, nanoseconds ? NANOSECONDS : MICROSECONDS, true);
    this.#end(length);
    this.#nanoseconds.push(nanoseconds);
    return this.#snapLengths.push(snapLength === 0 ? Infinity : snapLength) - 1;
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
    const remark = comment === undefined ? NOTHING : encode(comment);
    if (this.#nanoseconds[nic] === true) {
      const seconds = Math.floor(timestamp / 1e6);
      const left = Math.floor((timestamp - seconds * 1e6) * 1000);
      this.#exact(nic, seconds, left, packet, start, end, remark);
    } else {
      const high = Math.floor(timestamp / HALF);
      const low = timestamp - high * HALF;
      this.#head(nic, high, low, packet, start, end, end - start, remark);
    }
    this.#tail(direction, remark);
  }

  /**
   * Writes a frame as it was read, with its first comment and its flags; `nic`
   * is one of this file.
   */
  writeFrame(nic: number, frame: Frame): void {
    const { seconds, nanoseconds, view, start, end, wireLength } = frame;
    const comment = frame.comment;
    const remark = comment === undefined ? NOTHING : encode(comment);
    if (this.#nanoseconds[nic] === true) {
      this.#exact(
        nic,
        seconds,
        nanoseconds,
        view,
        start,
        end,
        remark,
        wireLength,
      );
    } else {
      const timestamp = frame.timestamp;
      const high = Math.floor(timestamp / HALF);
      const low = timestamp - high * HALF;
      this.#head(nic, high, low, view, start, end, wireLength, remark);
    }
    this.#tail(frame.flags, remark);
  }

  /** Hands the sink what was gathered. */
  flush(): void {
    this.#out.flush();
  }

  /** Head of a packet whose time is given in ns, and the packet. */
  #exact(
    nic: number,
    seconds: number,
    nanoseconds: number,
    packet: DataView,
    start: number,
    end: number,
    remark: DataView,
    original: number = end - start,
  ): void {
    // Times 10^9 by pieces of 16 bits: no step reaches 2^53.
    const upper = Math.floor(seconds / QUARTER);
    const above = upper * 1e9;
    const middle = Math.floor(above / QUARTER);
    const below = (above - middle * QUARTER) * QUARTER +
      (seconds - upper * QUARTER) * 1e9 + nanoseconds;
    const carry = Math.floor(below / HALF);
    const low = below - carry * HALF;
    const high = middle + carry;
    this.#head(nic, high, low, packet, start, end, original, remark);
  }

  #head(
    nic: number,
    high: number,
    low: number,
    packet: DataView,
    start: number,
    end: number,
    original: number,
    remark: DataView,
  ): void {
    const captured = Math.min(end - start, this.#snapLengths[nic] ?? 0);
    const length = PACKET_OVERHEAD + ((captured + 3) & ~3) +
      (remark.byteLength === 0 ? 0 : optionLength(remark.byteLength));
    this.#length = length;
    const at = this.#begin(ENHANCED_PACKET, length, 20);
    const view = this.#out.view;
    view.setUint32(at, nic, true);
    view.setUint32(at + 4, high, true);
    view.setUint32(at + 8, low, true);
    view.setUint32(at + 12, captured, true);
    view.setUint32(at + 16, original, true);
    this.#out.copyPadded(packet, start, start + captured);
  }

  #tail(flags: number, remark: DataView): void {
    const at = this.#out.room(8);
    const view = this.#out.view;
    view.setUint16(at, OPTION_FLAGS, true);
    view.setUint16(at + 2, 4, true);
    view.setUint32(at + 4, flags, true);
    if (remark.byteLength > 0) this.#option(OPTION_COMMENT, remark);
    this.#end(this.#length);
  }

  /** Octets of the packet block that is being written. */
  #length = 0;

  /** Begins a block; returns where its `fields` octets of fields begin. */
  #begin(type: number, length: number, fields: number): number {
    const at = this.#out.room(8 + fields);
    this.#out.view.setUint32(at, type, true);
    this.#out.view.setUint32(at + 4, length, true);
    return at + 8;
  }

  /** Ends options and block. */
  #end(length: number): void {
    const at = this.#out.room(8);
    this.#out.view.setUint32(at, OPTION_END, true);
    this.#out.view.setUint32(at + 4, length, true);
  }

  #option(code: number, value: DataView): void {
    const at = this.#out.room(4);
    this.#out.view.setUint16(at, code, true);
    this.#out.view.setUint16(at + 2, value.byteLength, true);
    this.#out.copyPadded(value, 0, value.byteLength);
  }
}

const NOTHING: DataView = new DataView(new ArrayBuffer(0));
/** Longest text of an option. */
const LONGEST = 65535;

/** UTF-8, cut between two characters if it is too long. */
function encode(value: string): DataView {
  const room = new Uint8Array(Math.min(LONGEST, 3 * value.length));
  const { written } = new TextEncoder().encodeInto(value, room);
  return new DataView(room.buffer, 0, written);
}

function optionLength(octets: number): number {
  return 4 + ((octets + 3) & ~3);
}
