/**
 * Why received octets could not be read as what they claim to be.
 *
 * ```ts
 * import { reason, udp } from "@ethox/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const drops = new Uint32Array(reason.REASONS.length);
 * const why = new udp.View(new DataView(new ArrayBuffer(7))).check();
 * if (why !== undefined) drops[reason.indexOf(why)]! += 1;
 * assertEquals(why, "truncated");
 * assertEquals(drops[0], 1);
 * ```
 *
 * @module
 */

/**
 * Every reason, in the order in which counters index them.
 *
 * - `truncated`: fewer octets than the shortest form needs
 * - `length`: a length field below its minimum or beyond the octets there are
 * - `header`: a header length below its minimum or beyond the packet
 * - `version`: another version of the protocol
 * - `checksum`: the checksum does not match
 * - `option`: an option with an impossible length
 * - `malformed`: a field with a value that the protocol forbids
 * - `unsupported`: legal, but of a kind that is not modelled
 */
export const REASONS: readonly [
  "truncated",
  "length",
  "header",
  "version",
  "checksum",
  "option",
  "malformed",
  "unsupported",
] = [
  "truncated",
  "length",
  "header",
  "version",
  "checksum",
  "option",
  "malformed",
  "unsupported",
];

/** One of {@linkcode REASONS}; a result on the data path, never an exception. */
export type Reason = typeof REASONS[number];

/** Position of a reason in {@linkcode REASONS}, to index counters by. */
export function indexOf(reason: Reason): number {
  return REASONS.indexOf(reason);
}
