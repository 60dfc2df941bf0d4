/**
 * Packetization layer path MTU discovery: the search for the largest segment by
 * probes that carry data of the stream, without any help of routers
 * ([RFC 4821](https://www.rfc-editor.org/rfc/rfc4821),
 * [RFC 8899](https://www.rfc-editor.org/rfc/rfc8899)).
 *
 * `mss` is what is known to come through, `searchHigh` the largest that may.
 *
 * @module
 */

import type { Clock } from "@ethox/nic/device";
import { before } from "@ethox/wire/tcp";
import type { Connection } from "./connection.ts";
import type { Plan } from "./output.ts";
import type { Tuning } from "./tuning.ts";
import { overhead } from "./writer.ts";

/** Segments that come through most paths, octets: RFC 4821 section 7.2. */
const BASE = 1024;
/** And through the others. */
const SMALL = 512;
/** The search ends when no more than this can be gained, octets. */
const STEP = 16;
/** Probes of one size, MAX_PROBES of RFC 8899 section 5.1.2. */
const MAX_PROBES = 3;
/** In place of the probes that were lost: a router has named the size. */
const NAMED = 0xffff;
/** Segments behind a probe, by whose ACKs its loss is soon seen. */
const FOLLOWERS = 3;

/** Begins with small segments, and searches for the largest. */
export function start(c: Connection): void {
  c.mss = Math.min(c.mss, BASE);
  search(c, c.mssMax);
}

/** Segments may be as large as `high`. */
function search(c: Connection, high: number): void {
  c.searchHigh = high;
  c.probes = 0;
  c.searching = high - c.mss >= STEP;
}

/** Looks again when what is known is old, PMTU_RAISE_TIMER of RFC 8899. */
export function postpone(c: Connection, clock: Clock, tuning: Tuning): void {
  if (c.mssMax - c.mss < STEP) return;
  c.searchAt = clock.now + tuning.pathMtuTtl;
  c.upkeepAt = Math.min(c.upkeepAt, c.searchAt);
  c.upkeep = true;
}

/** It is old: RFC 1191 section 6.3, with probes where these are allowed. */
export function raise(c: Connection, tuning: Tuning): void {
  c.searchAt = Infinity;
  if (tuning.mtuProbing !== "off") return search(c, c.mssMax);
  c.mss = c.mssMax;
  c.sizeSent = c.sizeAcked = 0;
}

/**
 * Octets of the probe to send now, where `left` wait and `room` may go out; 0 for
 * none, -1 if it is worth waiting for more room.
 */
export function next(c: Connection, left: number, room: number): number {
  if (
    c.probeSize !== 0 || c.inRecovery || c.inLoss || c.dupAcks !== 0 ||
    c.backoff !== 0
  ) return 0;
  // The largest first, or what a router has named; then the middle.
  const high = c.searchHigh;
  const whole = high === c.mssMax || c.probes === NAMED;
  const size = whole ? high : (c.mss + high + 1) >> 1;
  const all = size + FOLLOWERS * c.mss;
  if (left < all || c.cwnd < all || c.sndWnd < all) return 0;
  if (Math.min(room, c.sndWnd - c.flight) >= size) return size;
  return c.flight > 0 ? -1 : 0;
}

/** A probe goes out. */
export function sent(c: Connection, p: Plan): void {
  c.probeSize = p.length;
  c.probeStart = p.sequence;
  c.mtuProbes++;
}

/** All up to the largest segment has arrived. */
export function acknowledged(
  c: Connection,
  clock: Clock,
  tuning: Tuning,
): void {
  const { probeSize } = c;
  if (probeSize === 0) return;
  c.probeSize = 0;
  c.mss = probeSize;
  c.probes = 0;
  settle(c, clock, tuning);
}

/** The probe alone was lost. */
export function lost(c: Connection, clock: Clock, tuning: Tuning): void {
  const { probeSize } = c;
  c.sizeSent = c.mss;
  c.sizing = false;
  c.probeSize = 0;
  if (++c.probes < MAX_PROBES) return;
  c.probes = 0;
  c.searchHigh = probeSize - 1;
  settle(c, clock, tuning);
}

/** A router says that the probe is larger than what it can carry. */
export function refused(
  c: Connection,
  mss: number,
  clock: Clock,
  tuning: Tuning,
): void {
  c.sizeSent = c.mss;
  c.sizing = false;
  c.probes = NAMED;
  c.searchHigh = mss;
  settle(c, clock, tuning);
}

/** Whether it came through will not be known: much else was lost. */
export function forget(c: Connection): void {
  c.probeSize = 0;
  c.sizeSent = c.mss;
  c.sizing = false;
}

/** Octets went out again: if the probe's are among them, its fate stays unknown. */
export function repeated(c: Connection, start: number, end: number): void {
  const last = (c.probeStart + c.probeSize) | 0;
  if (before(start, last) && before(c.probeStart, end)) forget(c);
}

/** The retransmission timer expired with a probe in flight, or without. */
export function timedOut(c: Connection, clock: Clock, tuning: Tuning): void {
  if (c.probeSize === 0) return;
  if (c.sndUna === c.probeStart) lost(c, clock, tuning);
  else forget(c);
}

/** Ends the search if there is little to gain. */
function settle(c: Connection, clock: Clock, tuning: Tuning): void {
  if (c.searchHigh - c.mss >= STEP) return;
  c.searching = false;
  postpone(c, clock, tuning);
  const mtu = c.mss + overhead(c);
  c.store.paths.learn(c.remoteAddress, mtu, clock, tuning.pathMtuTtl);
}

/**
 * Whole segments get no answer again and again: they may be too large for a path
 * that does not say so (RFC 4821 section 7.7).
 */
export function fallBack(c: Connection): void {
  const { mss } = c;
  const less = mss > BASE ? BASE : SMALL;
  if (mss <= less) return;
  // What once came through may do so again, when the path is mended.
  const tried = c.sizeAcked >= mss ? mss : mss - 1;
  const high = c.searching ? c.searchHigh : tried;
  c.mss = less;
  c.sizeSent = c.sizeAcked = 0;
  c.sizing = false;
  c.claimedMtu = 0;
  search(c, high);
}

/** So many octets may be missing of the flight, for a reason that is known. */
export function spare(c: Connection, octets: number): void {
  c.sparing = true;
  c.spareUntil = c.sndMax;
  c.spareOctets = octets;
}

/** SND.UNA moved: all of that flight may have been acknowledged. */
export function spend(c: Connection): void {
  if (!before(c.sndUna, c.spareUntil)) c.sparing = false;
}

/**
 * Whether what is lost of the flight was too large for the path, or a probe
 * alone, and so is no sign of congestion (RFC 4821 section 7.5).
 */
export function spared(c: Connection, clock: Clock, tuning: Tuning): boolean {
  const missing = c.store.board.lost[c.slot]!;
  if (
    c.probeSize !== 0 && c.sndUna === c.probeStart && missing <= c.probeSize
  ) {
    spare(c, c.probeSize);
    lost(c, clock, tuning);
  }
  if (c.sparing && missing <= c.spareOctets) return true;
  return c.sparing = false;
}
