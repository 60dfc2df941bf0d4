/**
 * Loss by time: what was sent sufficiently long before something that has
 * arrived is lost, [RFC 8985](https://www.rfc-editor.org/rfc/rfc8985) sections
 * 6.2 and 6.3.
 *
 * @module
 */

import type { Clock } from "@ethox/nic/device";
import { before } from "@ethox/wire/tcp";
import type { Connection } from "./connection.ts";
import type { Sample } from "./sample.ts";
import { LOST, NONE, RESENT, SACKED } from "./scoreboard.ts";
import { TICK } from "./timestamps.ts";
import type { Tuning } from "./tuning.ts";

/** Segments that have to overtake one before it is lost, RFC 5681 section 3.2. */
export const DUPLICATE_THRESHOLD = 3;
/** Recoveries without D-SACK after which the window is as at the start. */
const PERSISTENCE = 16;
/** For how long the least round trip counts, µs (as long as Linux has it). */
const MEMORY = 300_000_000;

/** The least round trip of late, section 6.2 step 1. */
export function fastest(c: Connection, rtt: number, clock: Clock): void {
  if (
    c.minRtt === 0 || rtt <= c.minRtt ||
    (((clock.now | 0) - c.minRttAt) | 0) > MEMORY
  ) {
    c.minRtt = Math.max(1, rtt);
    c.minRttAt = clock.now | 0;
  }
}

/**
 * Takes in what has arrived: steps 2 and 3. `echo` is how old the timestamp is
 * that came back, µs, or -1.
 */
export function delivered(
  c: Connection,
  sample: Sample,
  echo: number,
  clock: Clock,
): void {
  if (sample.reordered) c.reordering = true;
  const rtt = ((clock.now | 0) - sample.sentAt) | 0;
  // What was answered may have been an earlier copy.
  if (sample.repeated && (rtt < c.minRtt || echo > rtt + TICK)) return;
  c.rackRtt = rtt;
  const later = (sample.sentAt - c.rackSentAt) | 0;
  if (
    !c.rackOn || later > 0 || (later === 0 && before(c.rackEnd, sample.end))
  ) {
    c.rackOn = true;
    c.rackSentAt = sample.sentAt;
    c.rackEnd = sample.end;
  }
}

/** Adapts the reordering window to what D-SACK tells: step 4. */
export function duplicated(c: Connection): void {
  // Once in a round trip.
  if (c.dsackRounded && before(c.sndUna, c.dsackRound)) return;
  c.dsackRounded = true;
  c.dsackRound = c.sndMax;
  c.rackPersist = PERSISTENCE;
  if (c.rackMult < 255) c.rackMult++;
}

/** A recovery is over. */
export function recovered(c: Connection): void {
  if (c.rackPersist > 0 && --c.rackPersist === 0) c.rackMult = 0;
}

/** The reordering window, µs. */
export function reorderingWindow(
  c: Connection,
  sacked: number,
  tuning: Tuning,
): number {
  if (!c.reordering) {
    if (c.inRecovery || c.inLoss) return 0;
    if (overtaken(c, sacked)) return 0;
  }
  const quarter = Math.max(c.minRtt / 4, tuning.granularity);
  return Math.min((1 + c.rackMult) * quarter, c.srtt);
}

/** Whether three segments have arrived beyond one that has not. */
export function overtaken(c: Connection, sacked: number): boolean {
  return sacked > (DUPLICATE_THRESHOLD - 1) * c.mss ||
    c.dupAcks >= DUPLICATE_THRESHOLD;
}

/**
 * Finds what is lost: step 5. Returns how many octets, and sets the timer for
 * what may be lost a little later.
 */
export function detect(c: Connection, clock: Clock, tuning: Tuning): number {
  const { slot } = c;
  const { board } = c.store;
  const window = c.rackRtt + reorderingWindow(c, board.sacked[slot]!, tuning);
  let lost = 0;
  let wait = 0;
  for (let node = board.head(slot); node !== NONE; node = board.next(node)) {
    const flags = board.flags(node);
    if ((flags & SACKED) !== 0 || (flags & (LOST | RESENT)) === LOST) continue;
    const sentAt = board.sentAt(node);
    const later = (c.rackSentAt - sentAt) | 0;
    if (later < 0) continue;
    if (later === 0 && !before(board.end(node), c.rackEnd)) continue;
    const remaining = ((sentAt - (clock.now | 0)) | 0) + window;
    if (remaining <= 0) lost += board.lose(slot, node);
    else if (remaining > wait) wait = remaining;
  }
  if (wait > 0) {
    c.reorderTimer = true;
    c.probeAt = clock.now + wait;
  } else if (c.reorderTimer) {
    c.reorderTimer = false;
    c.probeAt = Infinity;
  }
  return lost;
}
