/**
 * The timestamps option, [RFC 7323](https://www.rfc-editor.org/rfc/rfc7323)
 * sections 3 to 5: a clock of one tick for each millisecond, that begins
 * somewhere else for each connection.
 *
 * @module
 */

import { before } from "@ethox/wire/tcp";

/** µs of a tick of the timestamp clock, RFC 7323 section 5.4. */
export const TICK = 1000;

/** Octets of the option with what aligns it (RFC 7323 appendix A). */
export const OPTION_LENGTH = 12;

/** NOP, NOP, kind 8, length 10. */
const OPTION = 0x0101080a;

/** A TS.Recent that is older than this is no longer valid, section 5.5. */
const OUTDATED = 24 * 86_400 * 1_000_000;

/** The part of a connection that has to do with timestamps. */
export interface Stamps {
  /** What this connection's clock is ahead of others'. */
  readonly tsOffset: number;
  /** TS.Recent: the peer's timestamp to echo. */
  tsRecent: number;
  /** When that was set, µs. */
  tsRecentAt: number;
}

/** TSval at a time of so many µs. */
export function stamp(c: Stamps, now: number): number {
  return (((now / TICK) | 0) + c.tsOffset) | 0;
}

/** Whether a segment's timestamp is too old (PAWS, section 5.3 rule R1). */
export function stale(c: Stamps, value: number, now: number): boolean {
  return before(value, c.tsRecent) && now - c.tsRecentAt <= OUTDATED;
}

/** Takes over the timestamp of a segment that may be echoed, section 4.3. */
export function remember(c: Stamps, value: number, now: number): void {
  c.tsRecent = value;
  c.tsRecentAt = now;
}

/**
 * Microseconds since the segment was sent whose timestamp is echoed, as exact as
 * the ticks are; -1 if it never can have been, section 4.
 */
export function elapsed(c: Stamps, echo: number, now: number): number {
  const ticks = (stamp(c, now) - echo) | 0;
  // Half a tick, so that the mean is right; a time of zero means none.
  return ticks < 0 ? -1 : ticks * TICK + TICK / 2;
}

/** Writes the option at `at`. */
export function write(
  c: Stamps,
  view: DataView,
  at: number,
  now: number,
): void {
  view.setInt32(at, OPTION);
  view.setInt32(at + 4, stamp(c, now));
  view.setInt32(at + 8, c.tsRecent);
}
