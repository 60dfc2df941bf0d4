// Sums by a kernel where the caller has one.

import { type Kernel, sum } from "./checksum.ts";

/**
 * `checksum.sum`, or the same by a kernel, which must be bound to the memory of
 * the view; the view may begin anywhere in it.
 */
export function sumBy(
  kernel: Kernel | undefined,
  view: DataView,
  at: number,
  length: number,
  seed: number,
): number {
  return kernel === undefined
    ? sum(view, at, length, seed)
    : kernel.sum(view.byteOffset + at, length, seed);
}
