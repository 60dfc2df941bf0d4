/**
 * Arithmetic on the circle of 32-bit sequence numbers, RFC 9293 section 3.4.
 *
 * Numbers are int32: every result of these functions is, and any number may be
 * made one by `| 0`.
 *
 * @module
 */

/** Whether `a` comes before `b`. */
export function before(a: number, b: number): boolean {
  return ((a - b) | 0) < 0;
}

/** Whether `a` comes before `b` or is the same. */
export function beforeOrEqual(a: number, b: number): boolean {
  return ((a - b) | 0) <= 0;
}

/** The number `octets` further on. */
export function add(sequence: number, octets: number): number {
  return (sequence + octets) | 0;
}

/** Octets from `a` on to `b`: negative if `b` comes before `a`. */
export function distance(a: number, b: number): number {
  return (b - a) | 0;
}

/** Whether a number lies in the window of `length` octets from `start` on. */
export function inWindow(
  sequence: number,
  start: number,
  length: number,
): boolean {
  return ((sequence - start) >>> 0) < length;
}
