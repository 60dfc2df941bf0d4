/**
 * Pacing: when what the window allows may go out. There is no timer: who has to
 * wait says until when, and the queue policy brings it back.
 *
 * Bursts are of about a millisecond, so that a super-segment is worth its while
 * and a queue on the way stays short.
 *
 * @module
 */

import type { Clock } from "@ethox/nic/device";
import type { Connection } from "./connection.ts";
import type { Tuning } from "./tuning.ts";

const SECOND = 1e6;
/** What one burst lasts at most, µs, unless that is less than two segments. */
const BURST = 1000;
const LEAST_SEGMENTS = 2;
/** Round trips below this are not paced: bursts are all there is, µs. */
const SHORTEST = 1000;
/** In slow start the window doubles in a round trip, and so must the rate. */
const SLOW_START = 2;
/** In congestion avoidance there is to be room for the window to be used. */
const AVOIDANCE = 1.2;
/** Bound of what a policy can be told, µs. */
const LONGEST = 2 ** 30;

/** Sets the rate that follows from window and round-trip time. */
export function pace(c: Connection, tuning: Tuning): void {
  if (c.control.governs) return;
  const { srtt } = c;
  if (!tuning.pacing || srtt < SHORTEST) {
    c.pacingRate = 0;
    return;
  }
  const factor = c.cwnd < c.ssthresh ? SLOW_START : AVOIDANCE;
  c.pacingRate = factor * Math.max(c.cwnd, c.flight) / srtt * SECOND;
}

/** Octets of a burst. */
function quantum(c: Connection): number {
  return Math.max(LEAST_SEGMENTS * c.mss, c.pacingRate / SECOND * BURST);
}

/**
 * Octets of payload that may go now, up to `room`, in whole segments; 0, and
 * `c.held`, if none before `c.releaseAt`.
 */
export function allow(c: Connection, clock: Clock, room: number): number {
  const rate = c.pacingRate;
  if (rate <= 0) {
    c.held = false;
    return room;
  }
  const ahead = c.releaseAt - clock.now;
  if (c.held && ahead > 0) return 0;
  const used = ahead > 0 ? ahead * rate / SECOND : 0;
  // An octet more, for what doubles round.
  const left = quantum(c) - used + 1;
  c.held = left < c.mss;
  if (c.held) return 0;
  return Math.min(room, Math.floor(left / c.mss) * c.mss);
}

/** Octets of payload have gone: the next burst begins when they have drained. */
export function spend(c: Connection, octets: number, clock: Clock): void {
  const { now } = clock;
  const rate = c.pacingRate;
  if (rate <= 0) return;
  // Whoever was late by a little catches up.
  const from = now - c.releaseAt < BURST ? c.releaseAt : now;
  c.releaseAt = from + octets * SECOND / rate;
}

/** How long a connection that is held has to wait, whole µs. */
export function wait(c: Connection, clock: Clock): number {
  return Math.max(1, Math.min(Math.ceil(c.releaseAt - clock.now), LONGEST));
}
