/**
 * The clock behind timestamps,
 * [RFC 7323](https://www.rfc-editor.org/rfc/rfc7323) section 5.4.
 *
 * @module
 */

/** One tick of TSval, µs: section 5.4 asks for 1 ms to 1 s. */
export const TICK = 1000;

/** TSval at `now` (µs), int32: a clock that each connection sees shifted. */
export function stamp(now: number, offset: number): number {
  return (Math.floor(now / TICK) + offset) | 0;
}
