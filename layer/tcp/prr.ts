/**
 * Proportional rate reduction: how the window comes down to the threshold over
 * the round trip of a recovery,
 * [RFC 6937](https://www.rfc-editor.org/rfc/rfc6937), with the bound that
 * [RFC 9937](https://www.rfc-editor.org/rfc/rfc9937) chooses by what an ACK says.
 *
 * @module
 */

import type { Connection } from "./connection.ts";
import type { Delivery } from "./control.ts";
import type { Tuning } from "./tuning.ts";

/** An episode begins with an ACK that delivered so much. */
export function begin(c: Connection, d: Delivery): void {
  const sacked = c.store.board.sacked[c.slot]!;
  c.recoverFlight = Math.max(1, c.flight - sacked + d.delivered);
  c.prrDelivered = c.prrOut = 0;
}

/** Octets were sent. */
export function sent(c: Connection, octets: number): void {
  if (c.inRecovery) c.prrOut += octets;
}

/**
 * Sets the window after an ACK; `safe` if it moved SND.UNA and brought no news of
 * a loss.
 */
export function update(
  c: Connection,
  d: Delivery,
  safe: boolean,
  tuning: Tuning,
): void {
  if (c.control.governs === true) return;
  if (!tuning.prr) {
    c.cwnd = c.ssthresh;
    return;
  }
  const { delivered } = d;
  const { ssthresh, mss } = c;
  const prrDelivered = c.prrDelivered + delivered;
  c.prrDelivered = prrDelivered;
  const out = c.prrOut;
  const pipe = c.pipe;
  let octets: number;
  if (pipe > ssthresh) {
    octets = Math.ceil(prrDelivered * ssthresh / c.recoverFlight) - out;
  } else {
    octets = Math.max(prrDelivered - out, delivered);
    if (safe) octets += mss;
    octets = Math.min(ssthresh - pipe, octets);
  }
  // The first retransmission goes out at once.
  if (out === 0 && octets < mss) octets = mss;
  c.cwnd = pipe + Math.max(0, octets);
}
