/**
 * How a connection's segments follow the MTU of its path: ICMP errors
 * ([RFC 1191](https://www.rfc-editor.org/rfc/rfc1191)), believed as far as
 * [RFC 5927](https://www.rfc-editor.org/rfc/rfc5927) section 7.2 lets them, and
 * black holes that send none. {@linkcode plpmtud} searches upwards.
 *
 * @module
 */

import type { Clock } from "@ethox/nic/device";
import { before } from "@ethox/wire/tcp";
import type { ErrorReport } from "../icmp/mod.ts";
import type { Connection } from "./connection.ts";
import type { Plan } from "./output.ts";
import { claimedMtu } from "./path_mtu.ts";
import * as plpmtud from "./plpmtud.ts";
import * as recovery from "./recovery.ts";
import * as state from "./state.ts";
import type { Tuning } from "./tuning.ts";
import { overhead } from "./writer.ts";

/** Time-outs of a whole segment in a row that make a black hole. */
const BLACK_HOLE = 3;

/** The handshake is complete, and `mss` what the peer and the link allow. */
export function begin(c: Connection, clock: Clock, tuning: Tuning): void {
  c.mssMax = c.mss;
  const known = c.store.paths.find(c.remoteAddress, clock);
  if (known !== 0) {
    const mss = Math.max(known, tuning.minimumMtu) - overhead(c);
    if (mss < c.mss) {
      c.mss = mss;
      plpmtud.postpone(c, clock, tuning);
    }
  }
  if (tuning.mtuProbing === "on") plpmtud.start(c);
}

/** Notes the size of a segment that goes out. */
export function sent(c: Connection, p: Plan, end: number): void {
  if (p.again && c.probeSize !== 0) plpmtud.repeated(c, p.sequence, end);
  const size = Math.min(p.length, p.size);
  if (size <= c.sizeSent) return;
  c.sizeSent = size;
  c.sizeMark = end;
  c.sizing = true;
  if (size > c.mss) plpmtud.sent(c, p);
}

/** SND.UNA moved; only where {@linkcode Connection.sizing} is set. */
export function acknowledged(
  c: Connection,
  clock: Clock,
  tuning: Tuning,
): void {
  if (before(c.sndUna, c.sizeMark)) return;
  c.sizing = false;
  if (c.sizeSent > c.sizeAcked) c.sizeAcked = c.sizeSent;
  plpmtud.acknowledged(c, clock, tuning);
}

/** What an error was worth. */
export const USELESS = 0;
/** It may be true: if what it quotes is not acknowledged, it will be believed. */
export const PENDING = 1;
/** Segments are smaller now. */
export const APPLIED = 2;

/** Takes "fragmentation needed" about the segment that begins at `sequence`. */
export function claim(
  c: Connection,
  report: ErrorReport,
  sequence: number,
  clock: Clock,
  tuning: Tuning,
): number {
  const headers = overhead(c);
  const current = Math.max(c.mss, c.probeSize) + headers;
  const named = claimedMtu(report.nextHopMtu, report.quotedLength, current);
  // RFC 1191 section 3 and RFC 5927 section 7.2: never below a floor.
  const mtu = Math.max(named, tuning.minimumMtu);
  const mss = mtu - headers;
  // Nothing larger has been sent.
  if (mss >= Math.max(c.sizeSent, c.mss)) return USELESS;
  if (c.probeSize !== 0 && sequence === c.probeStart && mss >= c.mss) {
    plpmtud.refused(c, mss, clock, tuning);
    plpmtud.spare(c, c.probeSize);
    c.probeSize = 0;
    recovery.cover(c);
    if (c.sndUna === sequence) c.retransmit = true;
    return APPLIED;
  }
  if (mss >= c.mss) return USELESS;
  if (mss < c.sizeAcked) {
    // Larger ones have come through: it waits for a time-out to confirm it.
    c.claimedMtu = mtu;
    c.claimedAt = sequence;
    return PENDING;
  }
  shrink(c, mtu, clock, tuning);
  return APPLIED;
}

/** The retransmission timer has expired; the back-off is done. */
export function timedOut(c: Connection, clock: Clock, tuning: Tuning): void {
  if (c.state < state.ESTABLISHED) return;
  plpmtud.timedOut(c, clock, tuning);
  const { claimedMtu: mtu } = c;
  if (mtu !== 0) {
    c.claimedMtu = 0;
    // RFC 5927 section 7.2 with MAXSEGRTO 1: what it quotes is still missing.
    if (!before(c.claimedAt, c.sndUna)) return shrink(c, mtu, clock, tuning);
  }
  if (
    tuning.mtuProbing !== "off" && c.tries % BLACK_HOLE === 0 &&
    c.sizeSent >= c.mss && c.flight >= c.mss
  ) plpmtud.fallBack(c);
}

/** The path carries no more than `mtu`: what is in flight goes out again. */
function shrink(
  c: Connection,
  mtu: number,
  clock: Clock,
  tuning: Tuning,
): void {
  const mss = mtu - overhead(c);
  if (mss >= c.mss) return;
  resize(c, mss);
  c.searching = false;
  plpmtud.postpone(c, clock, tuning);
  c.store.paths.learn(c.remoteAddress, mtu, clock, tuning.pathMtuTtl);
  if (c.flight === 0 || c.state < state.ESTABLISHED) return;
  // RFC 1191 section 6.4: no sign of congestion.
  plpmtud.spare(c, c.flight);
  recovery.repeat(c);
  c.retransmit = true;
}

/** Sets the segment size; of what the path carries nothing is known any more. */
export function resize(c: Connection, mss: number): void {
  c.mss = mss;
  c.sizeSent = c.sizeAcked = 0;
  c.sizing = false;
  c.probeSize = 0;
  c.claimedMtu = 0;
}
