/**
 * Fast retransmit and recovery: what duplicate acknowledgments say, as in
 * [RFC 6582](https://www.rfc-editor.org/rfc/rfc6582) (NewReno), and limited
 * transmit of [RFC 3042](https://www.rfc-editor.org/rfc/rfc3042).
 *
 * @module
 */

import type { Clock } from "@ethox/nic/device";
import { before } from "@ethox/wire/tcp";
import type { Connection } from "./connection.ts";
import { type Delivery, LOSS, WINDOW_LIMIT } from "./control.ts";
import { initialWindow } from "./validation.ts";

const DUPLICATE_THRESHOLD = 3;

/** Sets the window of a connection whose handshake is complete, in segments. */
export function begin(c: Connection, segments: number, clock: Clock): void {
  // RFC 5681 section 3.1: after a lost SYN, one segment.
  c.cwnd = c.timeouts > 0 ? c.mss : initialWindow(c, segments);
  c.recover = c.limitedUntil = c.ecnUntil = c.iss;
  c.validatedAt = clock.now;
  c.control.begin(c, clock);
}

/** Octets that may be in flight now. */
export function limit(c: Connection): number {
  // RFC 3042: the first two duplicates each let one new segment out.
  return c.inRecovery || c.dupAcks >= DUPLICATE_THRESHOLD
    ? c.cwnd
    : c.cwnd + c.dupAcks * c.mss;
}

/** New data was acknowledged. */
export function acknowledged(c: Connection, d: Delivery, clock: Clock): void {
  c.dupAcks = 0;
  if (c.inRecovery) {
    if (before(c.sndUna, c.recover)) {
      // A partial acknowledgment names the next hole, RFC 6582 section 3.2.
      c.retransmit = true;
      c.cwnd = Math.max(c.mss, c.cwnd - d.acked);
      if (d.acked >= c.mss) c.cwnd += c.mss;
      return;
    }
    c.inRecovery = false;
    c.retransmit = false;
    c.cwnd = Math.min(c.ssthresh, Math.max(c.flight, c.mss) + c.mss);
    c.control.recovered(c, clock);
    return;
  }
  // Kept close behind, lest it seem to lie ahead when numbers wrap.
  const behind = (c.sndUna - 1) | 0;
  if (before(c.recover, behind)) c.recover = behind;
  c.control.acknowledged(c, d, clock);
}

/** A duplicate acknowledgment (RFC 5681 section 2) arrived. */
export function duplicate(c: Connection, clock: Clock): void {
  c.dupAcks++;
  if (c.inRecovery) {
    // No more segments can have left the path than were in it: who says so
    // wants more than its share (RFC 5681 section 3.2 step 4).
    const left = (c.dupAcks - DUPLICATE_THRESHOLD) * c.mss;
    if (left <= ((c.recover - c.sndUna) | 0)) {
      c.cwnd = Math.min(c.cwnd + c.mss, WINDOW_LIMIT);
    }
    return;
  }
  // RFC 6582 section 4.1: duplicates of what a time-out repeated are no loss.
  if (c.dupAcks !== DUPLICATE_THRESHOLD || !before(c.recover, c.sndUna)) return;
  c.recover = c.sndMax;
  c.inRecovery = true;
  c.retransmit = true;
  c.fastRetransmits++;
  c.control.reduce(c, LOSS, clock);
  c.cwnd = c.ssthresh + DUPLICATE_THRESHOLD * c.mss;
}

/** The retransmission timer expired; everything in flight counts as lost. */
export function expired(c: Connection, clock: Clock): void {
  c.control.expired(c, clock);
  c.recover = c.sndMax;
  c.inRecovery = false;
  c.dupAcks = 0;
}
