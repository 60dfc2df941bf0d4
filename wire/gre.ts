/**
 * Generic Routing Encapsulation,
 * [RFC 2784](https://www.rfc-editor.org/rfc/rfc2784), with the key and the sequence
 * number of [RFC 2890](https://www.rfc-editor.org/rfc/rfc2890).
 *
 * ```ts
 * import { gre } from "@ethox/wire";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const view = new DataView(new ArrayBuffer(64));
 * const header = new gre.Repr();
 * header.protocolType = 0x0800;
 * header.hasChecksum = true;
 * header.hasKey = true;
 * header.key = 42;
 * header.payloadLength = 52;
 * header.emit(view, 0);
 * const packet = new gre.View(view);
 * packet.fillChecksum();
 *
 * assertEquals(packet.check(), undefined);
 * assertEquals(packet.key, 42);
 * assertEquals(packet.payloadStart, 12);
 * assert(packet.verify());
 * ```
 *
 * @module
 */

import { finish, sum } from "./checksum.ts";
import type { Reason } from "./reason.ts";

const FLAGS = 0;
const PROTOCOL_TYPE = 2;
const OPTIONAL = 4;

const CHECKSUM = 0x8000;
const ROUTING = 0x4000;
const KEY = 0x2000;
const SEQUENCE = 0x1000;
const DISCARD = 0x0c00;
const VERSION = 0x0007;

/** Octets of a header without optional fields. */
export const HEADER_LENGTH = 4;
/** Octets of the longest header. */
export const MAX_HEADER_LENGTH = 16;

const EMPTY: DataView = new DataView(new ArrayBuffer(0));

/**
 * A GRE packet in place.
 *
 * Once {@linkcode View.check} finds nothing, no accessor reads outside; what is
 * absent reads as 0. Writing `flags` can void that.
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
   * Judges version, flags and lengths. `"truncated"`; `"version"`;
   * `"unsupported"` for version 1 (RFC 2637, PPTP) and for a routing field
   * (RFC 1701); `"malformed"` if a bit is set with which RFC 2784 section 2.3
   * has a packet discarded.
   */
  check(): Reason | undefined {
    const octets = this.end - this.start;
    if (octets < HEADER_LENGTH) return "truncated";
    const { flags } = this;
    const version = flags & VERSION;
    if (version > 0) return version === 1 ? "unsupported" : "version";
    if ((flags & ROUTING) !== 0) return "unsupported";
    if ((flags & DISCARD) !== 0) return "malformed";
    return this.headerLength > octets ? "truncated" : undefined;
  }

  /** All flags and the version. */
  get flags(): number {
    return this.view.getUint16(this.start + FLAGS);
  }
  set flags(bits: number) {
    this.view.setUint16(this.start + FLAGS, bits);
  }

  /** Whether there is a checksum. */
  get hasChecksum(): boolean {
    return (this.flags & CHECKSUM) !== 0;
  }

  /** Whether there is a key. */
  get hasKey(): boolean {
    return (this.flags & KEY) !== 0;
  }

  /** Whether there is a sequence number. */
  get hasSequence(): boolean {
    return (this.flags & SEQUENCE) !== 0;
  }

  /** Version: 0, or 1 for PPTP. */
  get version(): number {
    return this.flags & VERSION;
  }

  /** EtherType of the payload. */
  get protocolType(): number {
    return this.view.getUint16(this.start + PROTOCOL_TYPE);
  }
  set protocolType(type: number) {
    this.view.setUint16(this.start + PROTOCOL_TYPE, type);
  }

  /** Checksum field. */
  get checksum(): number {
    return this.hasChecksum ? this.view.getUint16(this.start + OPTIONAL) : 0;
  }

  /** Key, uint32. */
  get key(): number {
    return this.hasKey ? this.view.getUint32(this.#keyAt) : 0;
  }

  /** Sequence number, uint32. */
  get sequence(): number {
    return this.hasSequence
      ? this.view.getUint32(this.#keyAt + (this.hasKey ? 4 : 0))
      : 0;
  }

  get #keyAt(): number {
    return this.start + OPTIONAL + (this.hasChecksum ? 4 : 0);
  }

  /** Octets of the header with its optional fields. */
  get headerLength(): number {
    return lengthOf(this.hasChecksum, this.hasKey, this.hasSequence);
  }

  /** Offset of the first payload octet. */
  get payloadStart(): number {
    return this.start + this.headerLength;
  }

  /** Offset behind the last payload octet. */
  get payloadEnd(): number {
    return this.end;
  }

  /** Whether the checksum of header and payload is right, or absent. */
  verify(): boolean {
    return !this.hasChecksum ||
      sum(this.view, this.start, this.end - this.start) === 0xffff;
  }

  /** Writes the checksum of header and payload, if there is a place for it. */
  fillChecksum(): void {
    if (!this.hasChecksum) return;
    const at = this.start + OPTIONAL;
    this.view.setUint16(at, 0);
    const octets = sum(this.view, this.start, this.end - this.start);
    this.view.setUint16(at, finish(octets));
  }
}

function lengthOf(checksum: boolean, key: boolean, sequence: boolean): number {
  return HEADER_LENGTH + (checksum ? 4 : 0) + (key ? 4 : 0) +
    (sequence ? 4 : 0);
}

/** What a GRE header says, apart from the checksum. */
export class Repr {
  /** EtherType of the payload. */
  protocolType = 0;
  /** Whether there is a checksum. */
  hasChecksum = false;
  /** Whether there is a key. */
  hasKey = false;
  /** Key, uint32. */
  key = 0;
  /** Whether there is a sequence number. */
  hasSequence = false;
  /** Sequence number, uint32. */
  sequence = 0;
  /** Octets of payload. */
  payloadLength = 0;

  /** Takes over what a view says; its lengths are judged. */
  parse(from: View): Reason | undefined {
    const reason = from.check();
    if (reason !== undefined) return reason;
    this.protocolType = from.protocolType;
    this.hasChecksum = from.hasChecksum;
    this.hasKey = from.hasKey;
    this.key = from.key;
    this.hasSequence = from.hasSequence;
    this.sequence = from.sequence;
    this.payloadLength = from.payloadEnd - from.payloadStart;
    return undefined;
  }

  /** Octets of the header with its optional fields. */
  get headerLength(): number {
    return lengthOf(this.hasChecksum, this.hasKey, this.hasSequence);
  }

  /** Octets that {@linkcode Repr.emit} writes and the payload takes. */
  get bufferLength(): number {
    return this.headerLength + this.payloadLength;
  }

  /** Writes the header at `at`, with the checksum left 0. */
  emit(view: DataView, at: number): void {
    view.setUint16(
      at + FLAGS,
      (this.hasChecksum ? CHECKSUM : 0) | (this.hasKey ? KEY : 0) |
        (this.hasSequence ? SEQUENCE : 0),
    );
    view.setUint16(at + PROTOCOL_TYPE, this.protocolType);
    let next = at + OPTIONAL;
    if (this.hasChecksum) {
      view.setInt32(next, 0);
      next += 4;
    }
    if (this.hasKey) {
      view.setInt32(next, this.key);
      next += 4;
    }
    if (this.hasSequence) view.setInt32(next, this.sequence);
  }
}

/** A packet together with what its header says. */
export class Packet {
  /** The octets. */
  readonly view: View = new View();
  /** What the header said when it was parsed. */
  readonly repr: Repr = new Repr();

  /** Points at received octets; judges no checksum. */
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
