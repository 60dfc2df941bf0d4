/**
 * Probes for losses at the end of a flight, of which no later segment could
 * tell, [RFC 8985](https://www.rfc-editor.org/rfc/rfc8985) section 7.
 *
 * @module
 */

import { before } from "@ethox/wire/tcp";
import type { Connection } from "./connection.ts";
import { finSent } from "./state.ts";
import type { Tuning } from "./tuning.ts";

/** Without a round trip measured, section 7.2, µs. */
const UNKNOWN = 1_000_000;
/** What timers may be late, and what hosts take to answer, µs. */
const MARGIN = 2000;

/**
 * Arms the timer of the probe, or stops it, section 7.2. Only when the time is
 * `over` does it matter whether one segment is in flight: others may follow the
 * first, and do not touch the timer.
 */
export function schedule(
  c: Connection,
  tuning: Tuning,
  over = false,
): void {
  if (c.reorderTimer) return;
  const { board } = c.store;
  const { slot } = c;
  const flight = c.flight;
  if (
    !c.sackOn || flight === 0 || !tuning.tlp || !tuning.rack ||
    c.inRecovery || c.inLoss || c.tlpOut || c.sndWnd === 0 ||
    board.sacked[slot] !== 0 || board.lost[slot] !== 0
  ) {
    c.probeAt = Infinity;
    return;
  }
  const { srtt } = c;
  let wait = srtt > 0 ? 2 * srtt : UNKNOWN;
  // One segment may wait for its ACK, unless it is the last one.
  if (over && flight <= c.mss) {
    if (tuning.peerAckDelay > 0) {
      if (srtt > 0) wait += tuning.peerAckDelay;
    } else if (!finSent(c.state)) {
      wait = Math.max(wait, srtt + tuning.delayedAck);
    }
  }
  // From when the last segment was sent: what has been acknowledged since only
  // says that the path is alive.
  c.probeAt = Math.min(c.sentAt + wait + MARGIN, c.retransmitAt);
}

/** A probe went out, up to `end`; `again` if its octets were sent before. */
export function sent(c: Connection, end: number, again: boolean): void {
  c.tailProbe = false;
  c.tailProbes++;
  c.tlpOut = true;
  c.tlpResent = again;
  c.tlpEnd = end;
  c.probeAt = Infinity;
}

/**
 * Judges an ACK: true if the probe has repaired a loss, of which nothing else
 * tells (section 7.4.2). `duplicate` is where a D-SACK ends, if `repeated`.
 */
export function acknowledged(
  c: Connection,
  ack: number,
  advanced: boolean,
  sacked: boolean,
  repeated: boolean,
  duplicate: number,
): boolean {
  if (!c.tlpOut || before(ack, c.tlpEnd)) return false;
  if (!c.tlpResent || (repeated && duplicate === c.tlpEnd)) {
    c.tlpOut = false;
    return false;
  }
  if (before(c.tlpEnd, ack)) {
    c.tlpOut = false;
    return true;
  }
  // A bare duplicate: both copies have arrived.
  if (!advanced && !sacked) c.tlpOut = false;
  return false;
}
