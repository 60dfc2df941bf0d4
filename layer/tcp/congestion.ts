/**
 * Congestion control: slow start, congestion avoidance and fast retransmit of
 * [RFC 5681](https://www.rfc-editor.org/rfc/rfc5681), with the recovery of
 * [RFC 6582](https://www.rfc-editor.org/rfc/rfc6582) (NewReno) and limited
 * transmit of [RFC 3042](https://www.rfc-editor.org/rfc/rfc3042).
 *
 * @module
 */

import { before } from "@ethox/wire/tcp";
import type { Connection } from "./connection.ts";

const DUPLICATE_THRESHOLD = 3;
const WINDOW_LIMIT = 0x3fffffff;

/** Sets the window of a connection whose handshake is complete, in segments. */
export function begin(c: Connection, segments: number): void {
  // RFC 5681 section 3.1: after a lost SYN, one segment.
  c.cwnd = c.timeouts > 0 ? c.mss : initial(c, segments);
  c.recover = c.iss;
}

/** RFC 6928 section 2 bounds octets, too: few segments where they are large. */
function initial(c: Connection, segments: number): number {
  return Math.min(segments * c.mss, Math.max(2 * c.mss, segments * 1460));
}

/** What was learned of the path is forgotten by whoever is idle for long. */
export function resume(c: Connection, now: number, segments: number): void {
  // RFC 5681 section 4.1.
  if (c.flight > 0 || now - c.sentAt <= c.rto) return;
  const restart = initial(c, segments);
  if (c.cwnd > restart) c.cwnd = restart;
}

/** Octets that may be in flight now. */
export function limit(c: Connection): number {
  // RFC 3042: the first two duplicates each let one new segment out.
  return c.inRecovery || c.dupAcks >= DUPLICATE_THRESHOLD
    ? c.cwnd
    : c.cwnd + c.dupAcks * c.mss;
}

/**
 * New data was acknowledged: `acked` octets, of which `flight` (the amount
 * outstanding before) tells whether the window was in use.
 */
export function acknowledged(
  c: Connection,
  acked: number,
  flight: number,
): void {
  c.dupAcks = 0;
  if (c.inRecovery) {
    if (before(c.sndUna, c.recover)) {
      // A partial acknowledgment names the next hole, RFC 6582 section 3.2.
      c.retransmit = true;
      c.cwnd = Math.max(c.mss, c.cwnd - acked);
      if (acked >= c.mss) c.cwnd += c.mss;
      return;
    }
    c.inRecovery = false;
    c.retransmit = false;
    c.cwnd = Math.min(c.ssthresh, Math.max(c.flight, c.mss) + c.mss);
    c.ackedSinceGrowth = 0;
    return;
  }
  // Kept close behind, lest it seem to lie ahead when numbers wrap.
  const behind = (c.sndUna - 1) | 0;
  if (before(c.recover, behind)) c.recover = behind;
  // A window that the sender did not fill says nothing of the path.
  if (flight + c.mss < c.cwnd) return;
  if (c.cwnd < c.ssthresh) {
    // By octets (RFC 3465), so that splitting ACKs gains nothing; not bounded
    // per ACK, as one ACK here may answer a super-segment.
    c.cwnd = Math.min(c.cwnd + acked, WINDOW_LIMIT);
    return;
  }
  c.ackedSinceGrowth += acked;
  if (c.ackedSinceGrowth >= c.cwnd) {
    c.ackedSinceGrowth -= c.cwnd;
    c.cwnd = Math.min(c.cwnd + c.mss, WINDOW_LIMIT);
  }
}

/** RFC 5681 equation (4). */
function half(c: Connection): number {
  // What limited transmit added beyond the window does not count.
  return Math.max(Math.min(c.flight, c.cwnd) >> 1, 2 * c.mss);
}

/** A duplicate acknowledgment (RFC 5681 section 2) arrived. */
export function duplicate(c: Connection): void {
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
  c.ssthresh = half(c);
  c.cwnd = c.ssthresh + DUPLICATE_THRESHOLD * c.mss;
}

/** The retransmission timer expired; everything in flight counts as lost. */
export function expired(c: Connection): void {
  // RFC 5681 section 3.1: held when the same data is lost again.
  if (c.backoff === 0) c.ssthresh = half(c);
  c.cwnd = c.mss;
  c.recover = c.sndMax;
  c.inRecovery = false;
  c.dupAcks = 0;
  c.ackedSinceGrowth = 0;
}
