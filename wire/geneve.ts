/**
 * Generic Network Virtualization Encapsulation,
 * [RFC 8926](https://www.rfc-editor.org/rfc/rfc8926).
 *
 * ```ts
 * import { geneve } from "@ethox/wire";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const view = new DataView(new ArrayBuffer(100));
 * const header = new geneve.Repr();
 * header.vni = 77;
 * // An option of class 0x0102, type 3, with 4 octets.
 * header.options.set([1, 2, 3, 1, 0xde, 0xad, 0xbe, 0xef]);
 * header.optionsLength = 8;
 * header.payloadLength = 84;
 * header.emit(view, 0);
 *
 * const packet = new geneve.Packet();
 * assertEquals(packet.parse(view, 0, 100), undefined);
 * assertEquals(packet.payloadStart, 16);
 * const options = new geneve.Options().over(packet.view);
 * assert(options.next());
 * assertEquals([options.class, options.type], [0x0102, 3]);
 * assert(!options.next());
 * ```
 *
 * @module
 */

import type { Reason } from "./reason.ts";

const VERSION_AND_LENGTH = 0;
const FLAGS = 1;
const PROTOCOL_TYPE = 2;
const VNI = 4;
const OPTIONS = 8;

const CONTROL = 0x80;
const CRITICAL = 0x40;

/** Octets of a header without options. */
export const HEADER_LENGTH = 8;
/** Octets of options in the longest header. */
export const MAX_OPTIONS_LENGTH = 252;
/** UDP port. */
export const PORT = 6081;
/** EtherType of a payload that is an Ethernet frame. */
export const TRANSPARENT_ETHERNET_BRIDGING = 0x6558;

const EMPTY: DataView = new DataView(new ArrayBuffer(0));

/**
 * A Geneve packet in place.
 *
 * Once {@linkcode View.check} finds nothing, no accessor reads outside; writing
 * the length of options can void that.
 */
export class View {
  /** The memory that is read and written. */
  view: DataView;
  /** Offset of the first octet of the header. */
  start: number;
  /** Offset behind the last octet of the packet. */
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
   * Judges version and lengths: `"truncated"`, `"version"`, or `"header"` for
   * options beyond the packet.
   */
  check(): Reason | undefined {
    const octets = this.end - this.start;
    if (octets < HEADER_LENGTH) return "truncated";
    if (this.version !== 0) return "version";
    return HEADER_LENGTH + this.optionsLength > octets ? "header" : undefined;
  }

  /** Version, 0. */
  get version(): number {
    return this.view.getUint8(this.start + VERSION_AND_LENGTH) >>> 6;
  }

  /** Octets of options, a multiple of 4. */
  get optionsLength(): number {
    return (this.view.getUint8(this.start + VERSION_AND_LENGTH) & 63) * 4;
  }

  /** Whether the payload is for the endpoint of the tunnel itself. */
  get isControl(): boolean {
    return (this.view.getUint8(this.start + FLAGS) & CONTROL) !== 0;
  }

  /** Whether an option has to be understood. */
  get isCritical(): boolean {
    return (this.view.getUint8(this.start + FLAGS) & CRITICAL) !== 0;
  }

  /** EtherType of the payload. */
  get protocolType(): number {
    return this.view.getUint16(this.start + PROTOCOL_TYPE);
  }
  set protocolType(type: number) {
    this.view.setUint16(this.start + PROTOCOL_TYPE, type);
  }

  /** Virtual network identifier, 24 bits. */
  get vni(): number {
    return this.view.getUint32(this.start + VNI) >>> 8;
  }
  set vni(identifier: number) {
    const reserved = this.view.getUint8(this.start + VNI + 3);
    this.view.setInt32(this.start + VNI, identifier << 8 | reserved);
  }

  /** Offset of the first octet of options. */
  get optionsStart(): number {
    return this.start + OPTIONS;
  }

  /** Offset of the first payload octet, behind the options. */
  get payloadStart(): number {
    return this.start + OPTIONS + this.optionsLength;
  }

  /** Offset behind the last payload octet. */
  get payloadEnd(): number {
    return this.end;
  }
}

/** A walk over the options of a header, at most 63 steps, without garbage. */
export class Options {
  /** Offset of the first octet of the option that {@linkcode next} found. */
  start = 0;
  /** Offset behind its last octet. */
  end = 0;
  /** `"option"` once one would end beyond the header. */
  reason: Reason | undefined = undefined;
  #view: DataView = EMPTY;
  #last = 0;

  /** Begins a walk over the octets `start`..`end`. */
  wrap(view: DataView, start: number, end: number): this {
    this.#view = view;
    this.#last = end;
    this.start = start;
    this.end = start;
    this.reason = undefined;
    return this;
  }

  /** Begins a walk over the options of a checked header. */
  over(header: View): this {
    return this.wrap(header.view, header.optionsStart, header.payloadStart);
  }

  /** Goes to the next option; false behind the last. */
  next(): boolean {
    const at = this.end;
    if (at >= this.#last || this.reason !== undefined) return false;
    const left = this.#last - at;
    const length = left < 4 ? 5 : 4 + (this.#view.getUint8(at + 3) & 31) * 4;
    if (length > left) {
      this.reason = "option";
      return false;
    }
    this.start = at;
    this.end = at + length;
    return true;
  }

  /** Who defined the type. */
  get class(): number {
    return this.#view.getUint16(this.start);
  }

  /** Type, 7 bits, without that of {@linkcode isCritical}. */
  get type(): number {
    return this.#view.getUint8(this.start + 2) & 127;
  }

  /** Whether who does not know the option has to drop the packet. */
  get isCritical(): boolean {
    return this.#view.getUint8(this.start + 2) >= 128;
  }

  /** Offset of the first octet of data, which go on to `end`. */
  get dataStart(): number {
    return this.start + 4;
  }
}

/** What a Geneve header says. */
export class Repr {
  /** Whether the payload is for the endpoint of the tunnel itself. */
  isControl = false;
  /** Whether an option has to be understood. */
  isCritical = false;
  /** EtherType of the payload. */
  protocolType: number = TRANSPARENT_ETHERNET_BRIDGING;
  /** Virtual network identifier, 24 bits. */
  vni = 0;
  /** The options, as they stand in the header. */
  readonly options: Uint8Array = new Uint8Array(MAX_OPTIONS_LENGTH);
  /** How many octets of `options` count; a multiple of 4. */
  optionsLength = 0;
  /** Octets of payload. */
  payloadLength = 0;

  /** Takes over what a view says; its lengths are judged. */
  parse(from: View): Reason | undefined {
    const reason = from.check();
    if (reason !== undefined) return reason;
    this.isControl = from.isControl;
    this.isCritical = from.isCritical;
    this.protocolType = from.protocolType;
    this.vni = from.vni;
    this.optionsLength = from.optionsLength;
    for (let i = 0; i < this.optionsLength; i++) {
      this.options[i] = from.view.getUint8(from.optionsStart + i);
    }
    this.payloadLength = from.payloadEnd - from.payloadStart;
    return undefined;
  }

  /** Octets that {@linkcode Repr.emit} writes and the payload takes. */
  get bufferLength(): number {
    return HEADER_LENGTH + this.optionsLength + this.payloadLength;
  }

  /** Writes the header with its options at `at`. */
  emit(view: DataView, at: number): void {
    view.setUint8(at + VERSION_AND_LENGTH, this.optionsLength >>> 2 & 63);
    view.setUint8(
      at + FLAGS,
      (this.isControl ? CONTROL : 0) | (this.isCritical ? CRITICAL : 0),
    );
    view.setUint16(at + PROTOCOL_TYPE, this.protocolType);
    view.setInt32(at + VNI, this.vni << 8);
    for (let i = 0; i < this.optionsLength; i++) {
      view.setUint8(at + OPTIONS + i, this.options[i]!);
    }
  }
}

/** A packet together with what its header says. */
export class Packet {
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
