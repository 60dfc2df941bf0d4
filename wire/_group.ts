// What IGMPv3 and MLDv2 share.

import type { Reason } from "./reason.ts";

/** Types of the records of reports of IGMPv3 and MLDv2. */
export const RecordType = {
  /** The sources that are listened to. */
  MODE_IS_INCLUDE: 1,
  /** The sources that are not. */
  MODE_IS_EXCLUDE: 2,
  /** From now on only these. */
  CHANGE_TO_INCLUDE: 3,
  /** From now on all but these. */
  CHANGE_TO_EXCLUDE: 4,
  /** These as well. */
  ALLOW_NEW_SOURCES: 5,
  /** These no longer. */
  BLOCK_OLD_SOURCES: 6,
} as const;

const RECORD_NAMES: readonly string[] = [
  "record 0",
  "mode is include",
  "mode is exclude",
  "change to include",
  "change to exclude",
  "allow new sources",
  "block old sources",
];

/** Name of a type of records, or `record N`. */
export function nameOfRecord(type: number): string {
  return RECORD_NAMES[type] ?? `record ${type}`;
}

const EMPTY: DataView = new DataView(new ArrayBuffer(0));
const SOURCES = 2;
const GROUP = 4;

/** A walk over the records of a report, bounded by its octets. */
export class RecordWalk {
  /** The memory that is read. */
  view: DataView = EMPTY;
  /** One of {@linkcode RecordType}, or another. */
  type = 0;
  /** How many sources the record has; all of them are there. */
  sourceCount = 0;
  /** Octets of auxiliary data behind the sources. */
  auxiliaryLength = 0;
  /** Offset of the record's first octet. */
  start = 0;
  /** Offset behind its last octet. */
  end = 0;
  /** `"length"` once there were fewer records than claimed, or one overran. */
  reason: Reason | undefined = undefined;
  readonly #width: number;
  #last = 0;
  #left = 0;

  /** Over records with addresses of `width` octets. */
  constructor(width: number) {
    this.#width = width;
  }

  /** Begins a walk over `count` records in `start`..`end`. */
  wrap(view: DataView, start: number, end: number, count: number): this {
    this.view = view;
    this.#last = end;
    this.#left = count;
    this.type = 0;
    this.sourceCount = 0;
    this.auxiliaryLength = 0;
    this.start = start;
    this.end = start;
    this.reason = undefined;
    return this;
  }

  /** Goes to the next record; false behind the last. */
  next(): boolean {
    if (this.#left === 0) return false;
    const { view, end: at } = this;
    const room = this.#last - at;
    const fixed = GROUP + this.#width;
    const enough = room >= fixed;
    const sources = enough ? view.getUint16(at + SOURCES) : 0;
    const auxiliary = enough ? view.getUint8(at + 1) << 2 : 0;
    const length = fixed + this.#width * sources + auxiliary;
    if (length > room) {
      this.reason = "length";
      this.#left = 0;
      return false;
    }
    this.#left--;
    this.type = view.getUint8(at);
    this.sourceCount = sources;
    this.auxiliaryLength = auxiliary;
    this.start = at;
    this.end = at + length;
    return true;
  }
}

// The codes for times in queries of IGMPv3 and MLDv2, RFC 9776 section 4.1.1
// and RFC 9777 section 5.1.3: below half of the range the number itself, then a
// float whose mantissa has a leading 1 that is not written.

/** What an octet says: itself below 128, else up to 31744. */
export function decodeOctet(code: number): number {
  if (code < 0x80) return code;
  return (code & 0x0f | 0x10) << ((code >>> 4 & 7) + 3);
}

/** The octet that says `value`, or as much of it as there is a code for. */
export function encodeOctet(value: number): number {
  if (value < 0x80) return Math.max(0, value);
  if (value >= 31744) return 0xff;
  const exponent = 31 - Math.clz32(value) - 4;
  return 0x80 | exponent - 3 << 4 | value >>> exponent & 0x0f;
}

/** What 16 bits say: itself below 32768, else up to 8387584. */
export function decodeWord(code: number): number {
  if (code < 0x8000) return code;
  return (code & 0x0fff | 0x1000) << ((code >>> 12 & 7) + 3);
}

/** The 16 bits that say `value`, or as much of it as there is a code for. */
export function encodeWord(value: number): number {
  if (value < 0x8000) return Math.max(0, value);
  if (value >= 8387584) return 0xffff;
  const exponent = 31 - Math.clz32(value) - 12;
  return 0x8000 | exponent - 3 << 12 | value >>> exponent & 0x0fff;
}
