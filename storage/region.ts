/**
 * Regions of memory that a buffer is put over.
 *
 * @module
 */

import type { Memory } from "@ethox/managed/memory";

/** A region does not lie in its memory, or is too large. */
export class RegionError extends RangeError {
  /** The name `"RegionError"`. */
  override readonly name = "RegionError";
}

/**
 * Checks that `start`..`start + length` lies in `memory`.
 *
 * @param max octets the region may have
 * @throws {RegionError} otherwise
 */
export function checkRegion(
  memory: Memory,
  start: number,
  length: number,
  max: number = memory.bytes.length,
): void {
  const size = memory.bytes.length;
  if (
    !Number.isInteger(start) || !Number.isInteger(length) || start < 0 ||
    length < 0 || length > max || start + length > size
  ) {
    throw new RegionError(
      `Cannot use ${length} octets from ${start}: need at most ${max} within 0..${size}`,
    );
  }
}
