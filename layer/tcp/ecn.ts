/**
 * Explicit congestion notification,
 * [RFC 3168](https://www.rfc-editor.org/rfc/rfc3168): routers mark packets instead
 * of dropping them, receivers echo the marks, and senders slow down.
 *
 * @module
 */

import type { Clock } from "@ethox/nic/device";
import { before } from "@ethox/wire/tcp";
import type { Connection } from "./connection.ts";
import { ECN } from "./control.ts";
import type { Plan } from "./output.ts";
import { ACK, CWR, ECE, type Segment, SYN } from "./segment.ts";
import type { Tuning } from "./tuning.ts";

/** Who asks for ECN: nobody, only the peer, or this side, too. */
export type EcnMode = "off" | "passive" | "on";

/** The packet's sender does not take part. */
export const NOT_ECT = 0;
/** The packet may be marked. */
export const ECT0 = 2;
/** The packet was marked. */
export const CE = 3;

const BOTH = ECE | CWR;

/** Flags for our SYN (section 6.1.1). */
export function request(c: Connection, again: boolean, tuning: Tuning): number {
  // Section 6.1.1.1: a SYN that gets no answer may have been dropped for it.
  if (again && tuning.ecnFallback) c.ecnOn = false;
  return c.ecnOn ? BOTH : 0;
}

/** Whether a peer's SYN asks for ECN, and we agree. */
export function requested(s: Segment, tuning: Tuning): boolean {
  // A SYN is not to be markable: on this path the field means something else.
  return tuning.ecn !== "off" && s.ecn === NOT_ECT && (s.flags & BOTH) === BOTH;
}

/** The peer's SYN, or SYN,ACK, has come; ours went out with ECN if `c.ecnOn`. */
export function answered(c: Connection, s: Segment, tuning: Tuning): void {
  if ((s.flags & ACK) === 0) c.ecnOn = requested(s, tuning);
  // Both flags are a reflection of ours by a host that knows nothing of them.
  else c.ecnOn &&= (s.flags & BOTH) === ECE && s.ecn === NOT_ECT;
}

/** Flags for our SYN,ACK. */
export function confirmation(on: boolean): number {
  return on ? ECE : 0;
}

/** Takes in marks of a segment with data (section 6.1.3). */
export function received(c: Connection, s: Segment): void {
  if (s.length === 0) return;
  if ((s.flags & CWR) !== 0) c.ecnEcho = false;
  if (s.ecn !== CE) return;
  // The sender should hear of it soon, as it would of a loss.
  if (!c.ecnEcho) c.ackNow = true;
  c.ecnEcho = true;
}

/**
 * Takes in an echo of the peer's: whether the window was reduced for it, which it
 * is once for all that was in flight at the last time, whatever the reason was
 * (section 6.1.2).
 */
export function echoed(c: Connection, s: Segment, clock: Clock): boolean {
  if ((s.flags & (ECE | SYN)) !== ECE) return false;
  if (c.inRecovery || c.sndMax === c.sndUna) return false;
  // Nothing sent since has been answered: the peer has not seen CWR yet.
  const { acknowledgment } = s;
  if (
    !before(c.ecnUntil, acknowledgment) || !before(c.recover, acknowledgment)
  ) return false;
  c.ecnUntil = c.sndMax;
  c.cwrOwed = true;
  c.control.reduce(c, ECN, clock);
  if (!c.control.governs) c.cwnd = Math.min(c.cwnd, c.ssthresh);
  return true;
}

/** Adds flags to a planned segment, and says whether it may be marked. */
export function mark(c: Connection, p: Plan): void {
  if ((p.flags & SYN) !== 0) return;
  if (c.ecnEcho && (p.flags & ACK) !== 0) p.flags |= ECE;
  // Section 6.1.5 and 6.1.6: neither what is repeated nor a probe.
  if (p.length === 0 || p.again || c.probe) return;
  p.markable = true;
  if (c.cwrOwed) p.flags |= CWR;
}
