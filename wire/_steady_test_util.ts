// What a loop leaves on the heap, as in section 9 of the notes on performance.

import { assert } from "@std/assert";

const PACKETS = 1_000_000;
const WINDOWS = 128;

/**
 * Octets that `burst`, which handles `packets` packets in a call, leaves behind
 * for each: the median over `total` packets, in windows so short that most of
 * them see no collection even at a hundred octets. Compilation may fall into
 * some.
 */
export function leftOver(
  packets: number,
  burst: () => void,
  total: number = PACKETS,
): number {
  const bursts = Math.ceil(total / WINDOWS / packets);
  for (let i = 0; i < bursts * (WINDOWS >> 2); i++) burst();
  const left = new Float64Array(WINDOWS);
  for (let window = 0; window < WINDOWS; window++) {
    const before = Deno.memoryUsage().heapUsed;
    for (let i = 0; i < bursts; i++) burst();
    left[window] = Deno.memoryUsage().heapUsed - before;
  }
  const grown = left.filter((octets) => octets >= 0).sort();
  assert(grown.length > WINDOWS / 2, "the heap was collected while measuring");
  return grown[grown.length >> 1]! / (bursts * packets);
}

/** Why the heap cannot be measured, if so: engines differ in how they count. */
export const unmeasured: string | undefined = "memoryUsage" in Deno
  ? undefined
  : "no Deno.memoryUsage";

/** Asserts that `burst`, which handles `packets` packets, leaves nothing. */
export function assertSteady(
  packets: number,
  burst: () => void,
  total: number = PACKETS,
): void {
  const octets = leftOver(packets, burst, total);
  assert(octets < 0.5, `one packet leaves ${octets} octets`);
}
