/**
 * Timestamps, and the clock behind them:
 * [RFC 7323](https://www.rfc-editor.org/rfc/rfc7323) sections 4 and 5.
 *
 * @module
 */

import type { Clock } from "@ethox/nic/device";
import { before } from "@ethox/wire/tcp";

/** One tick of TSval, µs: section 5.4 asks for 1 ms to 1 s. */
export const TICK = 1000;

/** TSval at `now` (µs), int32: a clock that each connection sees shifted. */
export function stamp(now: number, offset: number): number {
  return (Math.floor(now / TICK) + offset) | 0;
}

/** A TS.Recent that is older than this counts no longer, section 5.5, µs. */
const OUTDATED = 24 * 86_400 * 1_000_000;

/** The part of a connection that has to do with timestamps. */
export interface Stamps {
  /** What is added to the clock of TSval. */
  readonly tsOffset: number;
  /** TS.Recent: the peer's timestamp to echo. */
  tsRecent: number;
  /** When that was set, µs. */
  tsRecentAt: number;
}

/** Whether a segment's timestamp is too old (PAWS, section 5.3 rule R1). */
export function stale(c: Stamps, value: number, clock: Clock): boolean {
  return before(value, c.tsRecent) && clock.now - c.tsRecentAt <= OUTDATED;
}

/** Takes over the timestamp of a segment that may be echoed, section 4.3. */
export function remember(c: Stamps, value: number, clock: Clock): void {
  c.tsRecent = value;
  c.tsRecentAt = clock.now;
}

/**
 * Microseconds since the segment was sent whose timestamp comes back, as exact as
 * ticks are; -1 if that cannot have been, section 4.
 */
export function elapsed(c: Stamps, echo: number, clock: Clock): number {
  const ticks = (stamp(clock.now, c.tsOffset) - echo) | 0;
  // Half a tick more, so that the mean is right, and none is 0.
  return ticks < 0 ? -1 : ticks * TICK + TICK / 2;
}
