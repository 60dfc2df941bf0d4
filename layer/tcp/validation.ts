/**
 * Whether a congestion window is in use, and what becomes of one that is not:
 * [RFC 2861](https://www.rfc-editor.org/rfc/rfc2861).
 *
 * @module
 */

import type { Clock } from "@ethox/nic/device";
import { before } from "@ethox/wire/tcp";
import type { Connection } from "./connection.ts";
import type { Delivery } from "./control.ts";
import type { Tuning } from "./tuning.ts";

/** Longer silence is not told apart, µs. */
const MOST_IDLE = 2 ** 30;

/** RFC 6928 section 2 bounds octets, too: few segments where they are large. */
export function initialWindow(c: Connection, segments: number): number {
  return Math.min(segments * c.mss, Math.max(2 * c.mss, segments * 1460));
}

/**
 * Something was sent: notes whether the window is full. One that was not for a
 * whole retransmission time-out goes halfway to what was in use (section 3.3).
 */
export function used(c: Connection, clock: Clock, tuning: Tuning): void {
  const { now } = clock;
  const flight = c.pipe;
  if (c.cwnd - flight < c.mss) {
    c.limitedUntil = c.sndMax;
    c.windowPeak = 0;
    c.validatedAt = now;
    return;
  }
  if (flight > c.windowPeak) c.windowPeak = flight;
  if (now - c.validatedAt < c.rto) return;
  const peak = Math.max(c.windowPeak, initialWindow(c, tuning.initialWindow));
  c.windowPeak = 0;
  c.validatedAt = now;
  if (!tuning.slowStartAfterIdle || c.control.governs || c.inRecovery) return;
  if (peak >= c.cwnd) return;
  remember(c);
  c.cwnd = (c.cwnd + peak) >> 1;
}

/** Something is to be sent after a silence, which halves the window each RTO. */
export function resume(c: Connection, clock: Clock, tuning: Tuning): void {
  if (c.flight > 0) return;
  const { now } = clock;
  const idle = now - c.sentAt;
  if (idle <= c.rto) return;
  if (tuning.slowStartAfterIdle && !c.control.governs) {
    const restart = initialWindow(c, tuning.initialWindow);
    if (c.cwnd > restart) {
      remember(c);
      const halvings = Math.min(30, Math.floor(idle / c.rto));
      c.cwnd = Math.max(restart, c.cwnd >> halvings);
    }
  }
  c.windowPeak = 0;
  c.validatedAt = now;
  c.control.resumed(c, Math.min(Math.floor(idle), MOST_IDLE), clock);
}

/** Section 3.2: the window that was reached is soon found again. */
function remember(c: Connection): void {
  c.ssthresh = Math.max(c.ssthresh, c.cwnd - (c.cwnd >> 2));
}

/** Judges whether the window was in use when what is acknowledged was sent. */
export function measure(c: Connection, d: Delivery): void {
  const una = (c.sndUna - d.acked) | 0;
  // Slow start doubles the window, so half of it in use is enough.
  d.windowUsed = before(una, c.limitedUntil) ||
    (c.cwnd < c.ssthresh && c.cwnd < 2 * d.priorFlight);
  // Kept close behind, lest it seem to lie ahead when numbers wrap.
  const behind = (c.sndUna - 1) | 0;
  if (before(c.limitedUntil, behind)) c.limitedUntil = behind;
  if (before(c.ecnUntil, behind)) c.ecnUntil = behind;
}
