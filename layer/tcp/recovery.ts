/**
 * Loss recovery: what acknowledgments say of losses, and the episodes that follow.
 * With SACK losses are found by time ({@linkcode rack}) or as in
 * [RFC 6675](https://www.rfc-editor.org/rfc/rfc6675), without it by duplicate
 * acknowledgments, as in [RFC 6582](https://www.rfc-editor.org/rfc/rfc6582)
 * (NewReno) with limited transmit of
 * [RFC 3042](https://www.rfc-editor.org/rfc/rfc3042).
 *
 * What is lost is marked in the scoreboard; `output` sends it again.
 *
 * @module
 */

import type { Clock } from "@ethox/nic/device";
import { before } from "@ethox/wire/tcp";
import type { Connection } from "./connection.ts";
import { Delivery, LOSS, WINDOW_LIMIT } from "./control.ts";
import * as plpmtud from "./plpmtud.ts";
import * as prr from "./prr.ts";
import * as rack from "./rack.ts";
import { LOST, NONE, RESENT, SACKED } from "./scoreboard.ts";
import * as state from "./state.ts";
import * as tail from "./tail_loss.ts";
import type { Tuning } from "./tuning.ts";
import * as undo from "./undo.ts";
import { initialWindow } from "./validation.ts";

const { DUPLICATE_THRESHOLD } = rack;

// What a timer delivers; filled for each, and read before the next.
const nothing = new Delivery();

/** Sets the window of a connection whose handshake is complete, in segments. */
export function begin(c: Connection, segments: number, clock: Clock): void {
  // RFC 5681 section 3.1: after a lost SYN, one segment.
  c.cwnd = c.timeouts > 0 ? c.mss : initialWindow(c, segments);
  c.recover = c.limitedUntil = c.ecnUntil = c.iss;
  c.validatedAt = clock.now;
  if (!c.timing) c.timedSequence = c.iss;
  c.store.board.clear(c.slot);
  c.control.begin(c, clock);
}

/** Octets that may be under way now. */
export function limit(c: Connection, tuning: Tuning): number {
  // RFC 3042: the first two duplicates each let one new segment out. With SACK
  // they do so by what they say has left the path.
  if (
    c.sackOn || c.inRecovery || c.dupAcks >= DUPLICATE_THRESHOLD ||
    !tuning.limitedTransmit
  ) return c.cwnd;
  return c.cwnd + c.dupAcks * c.mss;
}

/**
 * An acknowledgment arrived that says something of the flight: it `advanced`
 * SND.UNA, or SACKs octets, or is a duplicate (RFC 5681 section 2). `echo` is how
 * old the timestamp is that it brings back, µs, or -1; `spurious` that what was
 * sent again need not have been.
 */
export function acknowledged(
  c: Connection,
  d: Delivery,
  advanced: boolean,
  echo: number,
  spurious: boolean,
  clock: Clock,
  tuning: Tuning,
): void {
  const { slot } = c;
  const { board } = c.store;
  const { sample } = board;
  if (advanced) {
    // Kept close behind, lest it seem to lie ahead when numbers wrap.
    const behind = (c.sndUna - 1) | 0;
    if (!c.inRecovery && !c.inLoss && before(c.recover, behind)) {
      c.recover = behind;
    }
    renege(c);
  }
  const selective = c.sackOn;
  if (sample.any && selective) rack.delivered(c, sample, echo, clock);
  if (spurious) undo.undo(c, clock);
  if (c.inLoss) retried(c, advanced, clock, tuning);
  // Whether SACK told of something new, or a bare duplicate came.
  if (!advanced && (!selective || sample.sacked > 0)) c.dupAcks++;
  else if (advanced && !(selective && board.sacked[slot] !== 0)) c.dupAcks = 0;

  const over = c.inRecovery && advanced && !before(c.sndUna, c.recover);
  if (over) {
    // The window grows from the next one on.
    if (selective) c.control.acknowledged(c, d, clock);
    finish(c, clock);
  }
  if (!selective) {
    if (!over) newReno(c, d, advanced, clock, tuning);
    return;
  }
  if (board.sacked[slot] !== 0 || board.lost[slot] !== 0 || c.inRecovery) {
    d.lost = c.suspicion === undo.TRUSTED ? detect(c, clock, tuning) : 0;
    c.lost += d.lost;
    if (
      board.lost[slot] !== 0 && !c.inRecovery && !c.inLoss &&
      c.suspicion === undo.TRUSTED && !plpmtud.spared(c, clock, tuning)
    ) enter(c, d, clock);
  } else if (c.reorderTimer) {
    c.reorderTimer = false;
    c.probeAt = Infinity;
  }
  if (d.delivered > 0 && !over) c.control.acknowledged(c, d, clock);
  if (c.inRecovery) prr.update(c, d, advanced && d.lost === 0, tuning);
}

/** Finds what is lost by what has been SACKED; how many octets. */
function detect(c: Connection, clock: Clock, tuning: Tuning): number {
  if (tuning.rack) return c.rackOn ? rack.detect(c, clock, tuning) : 0;
  return overtaken(c);
}

/** RFC 6675 section 4, IsLost(), for all nodes in one pass. */
function overtaken(c: Connection): number {
  const { slot } = c;
  const { board } = c.store;
  let runs = 0;
  for (let node = board.head(slot); node !== NONE; node = board.next(node)) {
    if ((board.flags(node) & SACKED) !== 0) runs++;
  }
  let above = board.sacked[slot]!;
  let lost = 0;
  const enough = (DUPLICATE_THRESHOLD - 1) * c.mss;
  for (let node = board.head(slot); node !== NONE; node = board.next(node)) {
    const flags = board.flags(node);
    if ((flags & SACKED) !== 0) {
      runs--;
      above -= (board.end(node) - board.start(node)) | 0;
    } else if ((flags & (LOST | RESENT)) === 0) {
      const first = node === board.head(slot) &&
        c.dupAcks >= DUPLICATE_THRESHOLD;
      if (above > enough || runs >= DUPLICATE_THRESHOLD || first) {
        lost += board.lose(slot, node);
      } else if (runs === 0) break;
    }
  }
  return lost;
}

/** An episode of repairing what is lost begins. */
function enter(c: Connection, d: Delivery, clock: Clock): void {
  c.fastRetransmits++;
  c.retransmit = true;
  undo.begin(c);
  slow(c, d, LOSS, clock);
}

/**
 * The congestion window comes down, over a round trip and not below what the
 * control wants, for `cause`; nothing needs to be lost for that.
 */
export function slow(
  c: Connection,
  d: Delivery,
  cause: number,
  clock: Clock,
): void {
  c.recover = c.sndMax;
  c.inRecovery = true;
  c.tlpOut = c.tailProbe = false;
  if (!c.reorderTimer) c.probeAt = Infinity;
  prr.begin(c, d);
  // RFC 3168 section 6.1.2: whatever the reason.
  c.cwrOwed = c.ecnOn;
  c.control.reduce(c, cause, clock);
}

/** All that was in flight when an episode began is acknowledged. */
function finish(c: Connection, clock: Clock): void {
  c.inRecovery = false;
  c.retransmit = false;
  if (c.control.governs !== true) {
    // RFC 6582 section 3.2 step 3 without SACK: no burst.
    c.cwnd = c.sackOn
      ? c.ssthresh
      : Math.min(c.ssthresh, Math.max(c.flight, c.mss) + c.mss);
  }
  rack.recovered(c);
  c.control.recovered(c, clock);
}

/** Duplicate and partial acknowledgments without SACK. */
function newReno(
  c: Connection,
  d: Delivery,
  advanced: boolean,
  clock: Clock,
  tuning: Tuning,
): void {
  const { board } = c.store;
  if (advanced) {
    if (c.inRecovery) {
      // A partial acknowledgment names the next hole, RFC 6582 section 3.2.
      c.lost += board.loseFirst(c.slot, c.mss);
      c.retransmit = true;
      c.cwnd = Math.max(c.mss, c.cwnd - d.acked);
      if (d.acked >= c.mss) c.cwnd += c.mss;
      return;
    }
    c.control.acknowledged(c, d, clock);
    return;
  }
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
  if (
    c.dupAcks !== DUPLICATE_THRESHOLD || c.inLoss ||
    !before(c.recover, c.sndUna)
  ) return;
  const { probeSize } = c;
  if (plpmtud.spared(c, clock, tuning)) {
    board.loseFirst(c.slot, Math.max(probeSize, c.mss));
    c.retransmit = true;
    return;
  }
  d.lost = board.loseFirst(c.slot, c.mss);
  c.lost += d.lost;
  enter(c, d, clock);
  c.cwnd = c.ssthresh + DUPLICATE_THRESHOLD * c.mss;
}

/**
 * What was SACKED and now is the first octet that is missing: the peer has let
 * go of it (RFC 2018 section 8).
 */
function renege(c: Connection): void {
  const { slot } = c;
  const { board } = c.store;
  if (board.sacked[slot] === 0) return;
  if ((board.flags(board.head(slot)) & SACKED) === 0) return;
  c.renegings++;
  board.renege(slot);
  // Of the rest nothing is known; of this it is, and it would take a time-out.
  c.lost += board.lose(slot, board.head(slot));
}

/** An acknowledgment after a time-out, RFC 5682 section 2.1. */
function retried(
  c: Connection,
  advanced: boolean,
  clock: Clock,
  tuning: Tuning,
): void {
  const { sample } = c.store.board;
  if (advanced && !before(c.sndUna, c.recover)) {
    c.inLoss = false;
    c.suspicion = undo.TRUSTED;
    c.retransmit = false;
    return;
  }
  if (c.suspicion === undo.WAITING && advanced) {
    if (c.unsent > 0 && c.sndWnd - c.flight >= c.mss) {
      // Step 2b: two new segments.
      c.suspicion = undo.TESTING;
      c.cwnd = c.pipe + 2 * c.mss;
      return;
    }
  } else if (
    c.suspicion === undo.TESTING && sample.original > 0 &&
    !before(c.recover, sample.end)
  ) {
    // Step 3b: an original has arrived of all that seemed to be lost.
    undo.undo(c, clock);
    return;
  } else if (c.suspicion === undo.TRUSTED) return;
  convict(c, clock, tuning);
}

/** The time-out was right: all of the flight before it is to be sent again. */
function convict(c: Connection, clock: Clock, tuning: Tuning): void {
  // RFC 5682 section 2.1: no more than three segments.
  if (c.suspicion === undo.TESTING && c.control.governs !== true) {
    c.cwnd = DUPLICATE_THRESHOLD * c.mss;
  }
  c.suspicion = undo.TRUSTED;
  c.lost += lose(c, clock, tuning, false);
}

/**
 * Counts as lost what was sent before a time-out, unless it is too young for
 * that (RFC 8985 section 6.3), and what was sent again only if `again`.
 */
function lose(
  c: Connection,
  clock: Clock,
  tuning: Tuning,
  again: boolean,
): number {
  const { slot } = c;
  const { board } = c.store;
  const timed = c.sackOn && tuning.rack && c.rackOn;
  const window = timed
    ? c.rackRtt + rack.reorderingWindow(c, board.sacked[slot]!, tuning)
    : 0;
  const head = board.head(slot);
  let lost = 0;
  for (let node = head; node !== NONE; node = board.next(node)) {
    if (before(c.recover, board.end(node))) break;
    if (!again && (board.flags(node) & RESENT) !== 0) continue;
    const age = ((clock.now | 0) - board.sentAt(node)) | 0;
    if (timed && node !== head && age < window) continue;
    lost += board.lose(slot, node);
  }
  return lost;
}

/** The retransmission timer expired. */
export function expired(c: Connection, clock: Clock, tuning: Tuning): void {
  const { slot } = c;
  const { board } = c.store;
  const first = !c.inRecovery && !c.inLoss;
  cover(c);
  c.cwrOwed = c.ecnOn;
  c.control.expired(c, clock);
  c.recover = c.sndMax;
  c.inRecovery = false;
  c.inLoss = true;
  c.dupAcks = 0;
  c.tlpOut = c.tailProbe = c.reorderTimer = false;
  c.probeAt = Infinity;
  c.suspicion = undo.TRUSTED;
  // Twice in a row: what the peer once held it may hold no longer (RFC 2018
  // section 8; RFC 6675 section 5.1 would rather keep it as long as it can).
  if (c.backoff > 0 || renegedFirst(c)) board.renege(slot);
  if (first) undo.begin(c);
  if (first && tuning.frto && c.state >= state.ESTABLISHED) {
    c.suspicion = undo.WAITING;
    c.lost += board.loseFirst(slot, c.mss);
  } else c.lost += lose(c, clock, tuning, true);
  c.retransmit = board.lost[slot] !== 0;
}

function renegedFirst(c: Connection): boolean {
  const { board } = c.store;
  const head = board.head(c.slot);
  return head !== NONE && (board.flags(head) & SACKED) !== 0;
}

/** What lies in flight is to be sent again, though nothing says it is lost. */
export function repeat(c: Connection): void {
  const { slot } = c;
  const { board } = c.store;
  cover(c);
  for (let node = board.head(slot); node !== NONE; node = board.next(node)) {
    board.lose(slot, node);
  }
}

/** Sees to it that the scoreboard knows of all that is in flight. */
export function cover(c: Connection): void {
  if (c.flight > 0) c.store.board.cover(c, c.sndMax, c.sentAt | 0);
}

/**
 * Whether the timer for losses came too early, and goes on: segments that were sent
 * since it was armed do not touch it, as there are so many.
 */
export function early(c: Connection, clock: Clock, tuning: Tuning): boolean {
  if (c.reorderTimer) return false;
  tail.schedule(c, tuning, true);
  return clock.now < c.probeAt;
}

/** The timer for losses expired: of a probe, or of reordering. */
export function tick(
  c: Connection,
  clock: Clock,
  tuning: Tuning,
): void {
  c.probeAt = Infinity;
  if (!c.reorderTimer) {
    c.tailProbe = true;
    return;
  }
  c.reorderTimer = false;
  const d = nothing;
  d.clear();
  d.lost = rack.detect(c, clock, tuning);
  if (d.lost === 0) return;
  c.lost += d.lost;
  if (
    !c.inRecovery && !c.inLoss && !plpmtud.spared(c, clock, tuning)
  ) {
    enter(c, d, clock);
    prr.update(c, d, false, tuning);
  }
}

/** A probe has repaired a loss that nothing else tells of, RFC 8985 7.4.2. */
export function repaired(c: Connection, d: Delivery, clock: Clock): void {
  if (c.inRecovery || c.inLoss) return;
  slow(c, d, LOSS, clock);
  c.inRecovery = false;
  if (c.control.governs !== true) c.cwnd = Math.min(c.cwnd, c.ssthresh);
  c.control.recovered(c, clock);
}
