// What IGMPv3 and MLDv2 share.

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
