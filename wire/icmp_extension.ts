/**
 * The extension structure behind the quote of ICMP errors,
 * [RFC 4884](https://www.rfc-editor.org/rfc/rfc4884), for ICMPv4 and ICMPv6
 * alike, and in extended echo requests,
 * [RFC 8335](https://www.rfc-editor.org/rfc/rfc8335).
 *
 * A structure is a header and objects, each with a class, a type within the
 * class and octets. Label stacks are read by {@linkcode LabelStack} (RFC 4950);
 * interface information (RFC 5837) and all else is opaque.
 *
 * ```ts
 * import { icmpExtension } from "@ethox/wire";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const view = new DataView(new ArrayBuffer(12));
 * icmpExtension.emitHeader(view, 0);
 * const { MPLS_LABEL_STACK } = icmpExtension.ObjectClass;
 * icmpExtension.emitObject(view, 4, MPLS_LABEL_STACK, 1, 4);
 * // Label 100, the bottom of the stack, time to live 1.
 * view.setInt32(8, 100 << 12 | 0x100 | 1);
 * const extension = new icmpExtension.View(view);
 * extension.fillChecksum();
 *
 * assertEquals(extension.check(), undefined);
 * assert(extension.verify());
 * const objects = new icmpExtension.Objects();
 * objects.wrap(view, extension.objectsStart, extension.objectsEnd);
 * assert(objects.next());
 * const stack = new icmpExtension.LabelStack();
 * stack.wrap(view, objects.dataStart, objects.end);
 * assert(stack.next());
 * assertEquals([stack.label, stack.bottom, stack.ttl], [100, true, 1]);
 * assert(!objects.next());
 * ```
 *
 * @module
 */

import { finish, sum } from "./checksum.ts";
import type { Reason } from "./reason.ts";

export { Stack as LabelStack } from "./mpls.ts";

const CHECKSUM = 2;
const CLASS = 2;
const CLASS_TYPE = 3;

/** Octets of the header of the structure. */
export const HEADER_LENGTH = 4;
/** Octets in front of the data of an object. */
export const OBJECT_HEADER_LENGTH = 4;
/** The version that RFC 4884 describes. */
export const VERSION = 2;
/** Octets of quote that there are at least in front of a structure. */
export const MIN_QUOTE_LENGTH = 128;

/** Assigned classes of objects. */
export const ObjectClass = {
  /** The label stack a packet came with (RFC 4950). */
  MPLS_LABEL_STACK: 1,
  /** Interfaces that a packet came by or was to go by (RFC 5837). */
  INTERFACE_INFORMATION: 2,
  /** The interface that an extended echo request asks about (RFC 8335). */
  INTERFACE_IDENTIFICATION: 3,
  /** Where in the packet a limit was exceeded (RFC 8883). */
  EXTENDED_INFORMATION: 4,
} as const;

const NAMES: ReadonlyMap<number, string> = new Map([
  [ObjectClass.MPLS_LABEL_STACK, "MPLS label stack"],
  [ObjectClass.INTERFACE_INFORMATION, "interface information"],
  [ObjectClass.INTERFACE_IDENTIFICATION, "interface identification"],
  [ObjectClass.EXTENDED_INFORMATION, "extended information"],
]);

/** The name of a class of objects, or `"class 5"`. */
export function nameOfClass(classNumber: number): string {
  return NAMES.get(classNumber) ?? `class ${classNumber}`;
}

const EMPTY: DataView = new DataView(new ArrayBuffer(0));

/** An extension structure in place. */
export class View {
  /** The memory that is read and written. */
  view: DataView;
  /** Offset of the first octet of the structure. */
  start: number;
  /** Offset behind the last octet: that of the message. */
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

  /** Judges length and version: `"truncated"`, `"version"`, or nothing. */
  check(): Reason | undefined {
    if (this.end - this.start < HEADER_LENGTH) return "truncated";
    return this.version !== VERSION ? "version" : undefined;
  }

  /** Version, 2. */
  get version(): number {
    return this.view.getUint8(this.start) >>> 4;
  }

  /** Checksum field; 0 says that the sender computed none. */
  get checksum(): number {
    return this.view.getUint16(this.start + CHECKSUM);
  }
  set checksum(value: number) {
    this.view.setUint16(this.start + CHECKSUM, value);
  }

  /** Offset of the first object. */
  get objectsStart(): number {
    return this.start + HEADER_LENGTH;
  }

  /** Offset behind the last object. */
  get objectsEnd(): number {
    return this.end;
  }

  /** Whether the checksum over the structure is right, or absent. */
  verify(): boolean {
    return this.checksum === 0 ||
      sum(this.view, this.start, this.end - this.start) === 0xffff;
  }

  /** Writes the checksum; a sum of 0 is sent as 0xffff. */
  fillChecksum(): void {
    this.checksum = 0;
    const octets = this.end - this.start;
    this.checksum = finish(sum(this.view, this.start, octets)) || 0xffff;
  }
}

/** A walk over the objects of a structure, bounded by its octets. */
export class Objects {
  /** Class of the object that {@linkcode Objects.next} found. */
  classNumber = 0;
  /** Its type within the class. */
  classType = 0;
  /** Offset of its first octet. */
  start = 0;
  /** Offset behind its last octet. */
  end = 0;
  /** `"length"` once an object was shorter than its header or overran. */
  reason: Reason | undefined = undefined;
  #view: DataView = EMPTY;
  #last = 0;

  /** Begins a walk over the octets `start`..`end`. */
  wrap(view: DataView, start: number, end: number): this {
    this.#view = view;
    this.#last = end;
    this.start = start;
    this.end = start;
    this.classNumber = 0;
    this.classType = 0;
    this.reason = undefined;
    return this;
  }

  /** Goes to the next object; false behind the last. */
  next(): boolean {
    const at = this.end;
    const room = this.#last - at;
    if (room <= 0) return false;
    const length = room < OBJECT_HEADER_LENGTH ? 0 : this.#view.getUint16(at);
    if (length < OBJECT_HEADER_LENGTH || length > room) {
      this.reason = "length";
      this.end = this.#last;
      return false;
    }
    this.classNumber = this.#view.getUint8(at + CLASS);
    this.classType = this.#view.getUint8(at + CLASS_TYPE);
    this.start = at;
    this.end = at + length;
    return true;
  }

  /** Offset of the object's data, which lasts until `end`. */
  get dataStart(): number {
    return this.start + OBJECT_HEADER_LENGTH;
  }
}

/**
 * The offset of the structure behind a quote that starts at `start`, or -1.
 *
 * `counted` is what the length attribute says of the quote, in octets. If it is
 * 0, senders older than RFC 4884 may have put a structure behind 128 octets: it
 * is taken for one if version and checksum are right (section 5.5).
 */
export function locate(
  view: DataView,
  start: number,
  end: number,
  counted: number,
): number {
  const at = start + (counted === 0 ? MIN_QUOTE_LENGTH : counted);
  if (at - start < MIN_QUOTE_LENGTH || begin(view, at, end) < 0) return -1;
  if (counted > 0) return at;
  const present = view.getUint16(at + CHECKSUM) !== 0;
  return present && sum(view, at, end - at) === 0xffff ? at : -1;
}

/**
 * `at` if a structure may begin there, as in extended echo messages right behind
 * their header (RFC 8335), or -1.
 */
export function begin(view: DataView, at: number, end: number): number {
  return end - at >= HEADER_LENGTH && view.getUint8(at) >>> 4 === VERSION
    ? at
    : -1;
}

/** The offset behind a quote: arguments as of {@linkcode locate}. */
export function endOfQuote(
  view: DataView,
  start: number,
  end: number,
  counted: number,
): number {
  if (counted >= MIN_QUOTE_LENGTH) return Math.min(end, start + counted);
  if (counted > 0) return end;
  const at = locate(view, start, end, 0);
  return at < 0 ? end : at;
}

/** Writes the header of a structure at `at`, with the checksum left 0. */
export function emitHeader(view: DataView, at: number): void {
  view.setInt32(at, VERSION << 28);
}

/**
 * Writes the header of an object at `at`; `octets` of data belong behind it, a
 * multiple of 4. The result is the offset behind them.
 */
export function emitObject(
  view: DataView,
  at: number,
  classNumber: number,
  classType: number,
  octets: number,
): number {
  view.setUint16(at, OBJECT_HEADER_LENGTH + octets);
  view.setUint8(at + CLASS, classNumber);
  view.setUint8(at + CLASS_TYPE, classType);
  return at + OBJECT_HEADER_LENGTH + octets;
}
