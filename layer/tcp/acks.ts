/**
 * When to acknowledge: RFC 9293 section 3.8.6.3 and
 * [RFC 5681](https://www.rfc-editor.org/rfc/rfc5681) section 4.2, with delays
 * that follow the peer.
 *
 * Segments are sent when the device offers buffers, behind a burst of received
 * ones. So whatever a burst brought in order is answered by one ACK at its end
 * (MUST-58 and MUST-59), and an answer of the user's carries it along.
 *
 * @module
 */

import type { Clock } from "@ethox/nic/device";
import type { Connection } from "./connection.ts";
import type { Tuning } from "./tuning.ts";

/** A delayed ACK waits less than half a second, RFC 9293 MUST-40; timers are late. */
const LONGEST = 490_000;
/** An ACK waits for so many of the peer's intervals, lest it wait in vain. */
const INTERVALS = 4;
/** Nor is it sent before this part of the delay: users need time to answer. */
const LEAST = 3;

/** Longest delay of an ACK, µs. */
function bound(tuning: Tuning): number {
  return Math.min(tuning.delayedAck, LONGEST);
}

/**
 * Notes a segment with data, or `segments` joined ones, that was received in
 * order: it is to be acknowledged now or soon.
 */
export function owe(
  c: Connection,
  segments: number,
  clock: Clock,
  tuning: Tuning,
): void {
  observe(c, clock, tuning);
  c.ackPending += segments;
  const quick = c.quickAcks > 0;
  if (quick) c.quickAcks = Math.max(0, c.quickAcks - segments);
  // A part of a gap that is filled is not to wait (RFC 5681 section 4.2).
  if (
    c.ackPending >= 2 || c.gap || c.quickAck || (quick && !c.interactive)
  ) c.ackNow = true;
  else if (c.ackAt === Infinity) c.ackAt = clock.now + delay(c, tuning);
}

/** Measures how often the peer sends. */
function observe(c: Connection, clock: Clock, tuning: Tuning): void {
  const now = clock.now | 0;
  const gap = (now - c.dataAt) | 0;
  c.dataAt = now;
  const most = bound(tuning);
  // Whoever was silent for longer than a time-out begins anew, with a small
  // window that wants ACKs (RFC 5681 section 4.1).
  if (gap < 0 || (gap > most && gap > c.rto)) {
    c.ackInterval = most;
    c.quickAcks = tuning.quickAcks;
  } else {
    c.ackInterval += (Math.min(gap, most) - c.ackInterval) >> 3;
  }
}

/** How long an ACK may wait, µs. */
function delay(c: Connection, tuning: Tuning): number {
  const most = bound(tuning);
  return Math.min(most, Math.max(most >> LEAST, INTERVALS * c.ackInterval));
}

/**
 * The next segments are acknowledged at once: the peer may have lost some, or
 * slowed down since the path told it to, and needs to know soon how it goes on.
 */
export function hasten(c: Connection, tuning: Tuning): void {
  c.quickAcks = tuning.quickAcks;
  c.interactive = false;
}

/** An ACK that waited went out, with so many octets of data. */
export function acknowledged(c: Connection, data: number): void {
  // It was worth the wait: question and answer take turns.
  if (data > 0 && c.ackPending > 0) c.interactive = true;
  c.ackSent = c.rcvNxt;
  c.ackNow = false;
  c.ackPending = 0;
  c.ackAt = Infinity;
}

/** An ACK has waited for long enough. */
export function expired(c: Connection): void {
  c.ackAt = Infinity;
  c.ackNow = true;
  c.interactive = false;
}
