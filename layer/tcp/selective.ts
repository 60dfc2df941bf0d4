/**
 * Where SACK, timestamps and the record meet: what is taken from the options of
 * a segment, and what is noted for the options of ours.
 *
 * @module
 */

import type { Clock } from "@ethox/nic/device";
import { before } from "@ethox/wire/tcp";
import type { Connection } from "./connection.ts";
import type { Delivery } from "./control.ts";
import * as rate from "./delivery_rate.ts";
import * as rack from "./rack.ts";
import * as recovery from "./recovery.ts";
import { sample as measured } from "./rto.ts";
import type { Sample } from "./sample.ts";
import { ECE, type Segment } from "./segment.ts";
import * as tail from "./tail_loss.ts";
import { elapsed } from "./timestamps.ts";
import type { Tuning } from "./tuning.ts";
import * as undo from "./undo.ts";
import { measure } from "./validation.ts";

/** Blocks of a segment that can be right; there are four at most. */
const blocks = new Int32Array(8);

/**
 * Takes in what an acknowledgment says of octets in flight. SND.UNA has moved
 * already, if it `advanced`.
 */
export function digest(
  c: Connection,
  s: Segment,
  d: Delivery,
  sample: Sample,
  advanced: boolean,
  clock: Clock,
  tuning: Tuning,
): void {
  const { options } = s;
  const sacks = c.sackOn ? options.sackCount : 0;
  let spurious = false;
  let reported = false;
  if (sacks > 0) {
    reported = reports(c, s);
    if (reported) {
      const left = options.sack[0]!;
      const right = options.sack[1]!;
      c.dsacks++;
      if (tuning.dsack && undo.concerns(c, left, right)) {
        if (tuning.rack) rack.duplicated(c);
        spurious = undo.duplicate(c, left, right);
      }
    }
    const count = c.flight > 0 ? plausible(c, s, reported ? 1 : 0) : 0;
    if (count > 0) {
      recovery.cover(c);
      c.store.board.mark(c, blocks, count, sample);
    }
  }
  const stamped = c.tsOn && options.timestamps;
  const echo = stamped ? elapsed(c, options.timestampEcho, clock) : -1;
  if (sample.once && !sample.doubtful) {
    d.rtt = ((clock.now | 0) - sample.onceAt) | 0;
    rack.fastest(c, d.rtt, clock);
  }
  if (advanced) {
    estimate(c, s, sample, echo, clock, tuning);
    if (stamped && undo.early(c, options.timestampEcho)) spurious = true;
  }
  rate.measure(c, d, sample, clock);
  if (advanced) measure(c, d);
  // RFC 3168 section 6.1.2: a window is not to grow by what asks it to shrink.
  if (c.ecnOn && (s.flags & ECE) !== 0) d.windowUsed = false;
  const ack = s.acknowledgment;
  if (
    c.tlpOut &&
    tail.acknowledged(c, ack, advanced, sacks > 0, reported, options.sack[1]!)
  ) recovery.repaired(c, d, clock);
  // With SACK, what says nothing new of the flight is no duplicate.
  if (!advanced && c.sackOn && !sample.any && !spurious) return;
  recovery.acknowledged(c, d, advanced, echo, spurious, clock, tuning);
}

/**
 * Takes one round trip of each flight, so that the history is as long as RFC 6298
 * has it (RFC 7323 section 4.2): of the oldest octets, that were sent once, or
 * else by timestamps.
 */
function estimate(
  c: Connection,
  s: Segment,
  sample: Sample,
  echo: number,
  clock: Clock,
  tuning: Tuning,
): void {
  let rtt = -1;
  if (c.timing) {
    // Of a SYN, of which the scoreboard knows nothing.
    c.timing = false;
    rtt = ((clock.now | 0) - c.timedAt) | 0;
  } else if (before(s.acknowledgment, c.timedSequence)) return;
  else if (sample.once && !sample.doubtful) {
    rtt = ((clock.now | 0) - sample.oldestAt) | 0;
  } else rtt = echo;
  if (rtt < 0) return;
  c.timedSequence = c.sndMax;
  const margin = Math.max(tuning.granularity, tuning.rtoMargin);
  measured(c, rtt, margin, tuning.minimumRto);
}

/** Whether the first block tells of octets that came twice, RFC 2883 section 4. */
function reports(c: Connection, s: Segment): boolean {
  const { sack, sackCount } = s.options;
  const left = sack[0]!;
  const right = sack[1]!;
  if (!before(left, right)) return false;
  if (!before(s.acknowledgment, right)) {
    // Nothing that was sent a window ago (section 5).
    return before((c.sndUna - c.sndWndMax - 1) | 0, left);
  }
  return sackCount > 1 && !before(left, sack[2]!) && !before(sack[3]!, right) &&
    before(c.sndUna, left) && !before(c.sndMax, right);
}

/**
 * Collects the blocks, from the one numbered `first` on, that lie in the flight,
 * in order and beyond SND.UNA (threat A6); how many.
 */
function plausible(c: Connection, s: Segment, first: number): number {
  const { sack, sackCount } = s.options;
  let count = 0;
  for (let i = first; i < sackCount; i++) {
    const left = sack[2 * i]!;
    const right = sack[2 * i + 1]!;
    if (
      !before(left, right) || !before(c.sndUna, left) || before(c.sndMax, right)
    ) continue;
    blocks[2 * count] = left;
    blocks[2 * count + 1] = right;
    count++;
  }
  return count;
}

/** A segment came whose octets may have come before: notes which. */
export function repeated(c: Connection, s: Segment, tuning: Tuning): void {
  if (!c.sackOn || !tuning.dsack) return;
  const end = (s.sequence + s.length) | 0;
  if (s.length === 0 || before(c.rcvAdv, end)) return;
  c.store.lists.duplicate(c.slot, s.sequence, end, c.rcvNxt);
}

/**
 * Octets were given to the receive buffer, which is to become the news of the
 * next acknowledgment: `gained` is what it answered.
 */
export function received(
  c: Connection,
  offset: number,
  length: number,
  gained: number,
): void {
  if (!c.sackOn) return;
  const { slot, recvBuf } = c;
  const { lists } = c.store;
  if (gained > 0) {
    lists.advance(slot, (c.rcvNxt + gained) | 0);
    return;
  }
  const start = (c.rcvNxt + offset) | 0;
  // What is not held is not reported.
  if (gained === 0 && offset > 0) lists.add(slot, start, (start + length) | 0);
  if (recvBuf.reach !== undefined) {
    lists.retract(slot, (c.rcvNxt + recvBuf.reach()) | 0);
  }
}
