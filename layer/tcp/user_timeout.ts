/**
 * How long data may stay unanswered: RFC 9293 section 3.8.3, and the option of
 * [RFC 5482](https://www.rfc-editor.org/rfc/rfc5482) by which peers tell each
 * other.
 *
 * @module
 */

import { MAX_OPTIONS_LENGTH } from "@ethox/wire/tcp";
import type { Connection } from "./connection.ts";
import type { Plan } from "./output.ts";
import { SYN } from "./segment.ts";
import { TIMESTAMPS_LENGTH } from "./syn_options.ts";
import type { Tuning } from "./tuning.ts";

const SECOND = 1_000_000;
/** Octets of the option. */
export const OPTION_LENGTH = 4;
/** The rest of the option counts minutes (RFC 5482 section 3). */
const MINUTES = 0x8000;
const MOST = 0x7fff;

/** Kind and length of the option, in front of {@linkcode encode}d time. */
export const OPTION_HEAD = 0x1c04;

/**
 * A time in µs as the option says it: whole seconds, or minutes where these do
 * not suffice; at least one second, for zero is reserved, at most 22 days.
 */
export function encode(timeout: number): number {
  const seconds = Math.max(1, Math.round(timeout / SECOND));
  if (seconds <= MOST) return seconds;
  return MINUTES | Math.min(MOST, Math.round(seconds / 60));
}

/** How long the octets of a connection may stay unanswered, µs. */
export function userTimeout(c: Connection, tuning: Tuning): number {
  // What the user has set no peer changes (RFC 5482 section 3.1, CHANGEABLE).
  if (c.userTimeout !== 0) return c.userTimeout;
  return adopt(tuning.userTimeout, c.peerTimeout, tuning);
}

/** A peer has said so many seconds, on a segment that counts. */
export function take(c: Connection, seconds: number, tuning: Tuning): void {
  // Zero is reserved (RFC 5482 section 3).
  if (seconds > 0 && tuning.userTimeoutOption) c.peerTimeout = seconds;
}

/** Lets the peer know with the next segment that has room for it. */
export function announce(c: Connection, p: Plan, tuning: Tuning): void {
  if ((p.flags & SYN) !== 0) return;
  const used = p.sack + (c.tsOn ? TIMESTAMPS_LENGTH : 0);
  if (used + OPTION_LENGTH > MAX_OPTIONS_LENGTH) return;
  if (p.length > p.size - OPTION_LENGTH) return;
  const own = c.userTimeout !== 0 ? c.userTimeout : tuning.userTimeout;
  p.timeout = (OPTION_HEAD << 16) | encode(own);
}

/** Bounds of what peers may bring about, µs. */
export interface Bounds {
  /** However short a peer's time is: L_LIMIT, RFC 9293 SHLD-11 [100 s]. */
  readonly leastUserTimeout: number;
  /** However long it is: U_LIMIT [1 h]. */
  readonly mostUserTimeout: number;
}

/**
 * The time to use, µs, where this side announced `own` and the peer said
 * `remote` seconds: the longer, within bounds (RFC 5482 section 3.1). Zero is
 * reserved, and negative stands for none: `own` stays.
 */
export function adopt(own: number, remote: number, bounds: Bounds): number {
  if (remote <= 0) return own;
  const longer = Math.max(own, remote * SECOND, bounds.leastUserTimeout);
  return Math.min(longer, bounds.mostUserTimeout);
}
