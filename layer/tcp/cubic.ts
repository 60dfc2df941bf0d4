/**
 * CUBIC, [RFC 9438](https://www.rfc-editor.org/rfc/rfc9438), with HyStart++ in
 * slow start: the window grows with the time since it was last reduced, quickly
 * at first, slowly near where losses were, and quickly again beyond.
 *
 * @module
 */

import type { Clock } from "@ethox/nic/device";
import type { Connection } from "./connection.ts";
import { type Control, type Delivery, ECN, WINDOW_LIMIT } from "./control.ts";
import { HyStart, slowStart } from "./hystart.ts";

/** C: how steep the curve is, segments per s³ (section 5.1). */
export const STEEPNESS = 0.4;
/** β: what is left of the window after a loss (section 4.6). */
export const DECREASE = 0.7;
/** α: segments a round trip in the Reno-friendly region (section 4.3). */
export const INCREASE: number = 3 * (1 - DECREASE) / (1 + DECREASE);
/** The window grows by no more than half in a round trip (section 4.2). */
const MOST_GROWTH = 1.5;
/** Segments at least after a reduction (section 4.6). */
const FLOOR = 2;
const SECOND = 1e6;
/** No epoch of congestion avoidance has begun. */
const NO_EPOCH = -1;

/** K, seconds until the window is back at `wMax` (section 4.2); in segments. */
export function timeBack(wMax: number, window: number): number {
  return Math.cbrt((wMax - window) / STEEPNESS);
}

/** W_cubic(t) of section 4.2, in segments and seconds. */
export function windowAt(t: number, k: number, wMax: number): number {
  const since = t - k;
  return STEEPNESS * since * since * since + wMax;
}

/**
 * W_max after a loss at a window (section 4.7): less than the window where the
 * last loss was at a larger one, to leave room for flows that have just begun.
 */
export function converge(window: number, wMax: number): number {
  return window < wMax ? window * (1 + DECREASE) / 2 : window;
}

/** CUBIC for the connections of one endpoint. */
export class Cubic implements Control {
  /** The name `"cubic"`. */
  readonly name = "cubic";
  readonly #slowStart: HyStart | undefined;
  // Octets, but for k; times in µs.
  readonly #wMax: Int32Array;
  readonly #prior: Int32Array;
  readonly #epoch: Float64Array;
  readonly #k: Float32Array;
  readonly #friendly: Float64Array;
  // Growth of less than an octet that is left.
  readonly #rest: Float32Array;
  // When the window was last allowed to grow.
  readonly #grown: Float64Array;
  // The first epoch after a time-out is different (section 4.8).
  readonly #late: Uint8Array;
  // As all was before the last reduction (section 4.9).
  readonly #oldWindow: Int32Array;
  readonly #oldThreshold: Int32Array;
  readonly #oldMax: Int32Array;
  readonly #oldPrior: Int32Array;
  readonly #oldEpoch: Float64Array;
  readonly #oldK: Float32Array;
  readonly #oldFriendly: Float64Array;

  /** Room for the slots `0` to `connections - 1`; HyStart++ unless told not to. */
  constructor(connections: number, hystart: boolean = true) {
    this.#slowStart = hystart ? new HyStart(connections) : undefined;
    this.#wMax = new Int32Array(connections);
    this.#prior = new Int32Array(connections);
    this.#epoch = new Float64Array(connections);
    this.#k = new Float32Array(connections);
    this.#friendly = new Float64Array(connections);
    this.#rest = new Float32Array(connections);
    this.#grown = new Float64Array(connections);
    this.#late = new Uint8Array(connections);
    this.#oldWindow = new Int32Array(connections);
    this.#oldThreshold = new Int32Array(connections);
    this.#oldMax = new Int32Array(connections);
    this.#oldPrior = new Int32Array(connections);
    this.#oldEpoch = new Float64Array(connections);
    this.#oldK = new Float32Array(connections);
    this.#oldFriendly = new Float64Array(connections);
  }

  /** Begins with slow start, or with congestion avoidance above `c.ssthresh`. */
  begin(c: Connection, { now }: Clock): void {
    const { slot } = c;
    this.#slowStart?.begin(c);
    this.#wMax[slot] = this.#prior[slot] = 0;
    this.#epoch[slot] = NO_EPOCH;
    this.#rest[slot] = this.#late[slot] = 0;
    this.#grown[slot] = now;
    this.#oldWindow[slot] = 0;
  }

  /** Lets the window grow, unless losses are being repaired. */
  acknowledged(c: Connection, d: Delivery, clock: Clock): void {
    const { slot } = c;
    const { now } = clock;
    if (c.inRecovery || d.acked <= 0) return;
    if (!d.windowUsed) {
      // Section 5.8: time in which the window had no chance to grow is no time.
      if (this.#epoch[slot]! >= 0) {
        this.#epoch[slot]! += now - this.#grown[slot]!;
      }
      this.#grown[slot] = now;
      return;
    }
    this.#grown[slot] = now;
    const left = slowStart(c, d, this.#slowStart);
    if (left > 0) this.#avoid(c, left, clock);
  }

  /** Congestion avoidance, sections 4.2 to 4.5. */
  #avoid(c: Connection, acked: number, clock: Clock): void {
    const { slot, cwnd, mss } = c;
    if (this.#epoch[slot]! < 0) this.#begin(c, clock);
    const { now } = clock;
    const wMax = this.#wMax[slot]! / mss;
    const k = this.#k[slot]!;
    const t = (now - this.#epoch[slot]!) / SECOND;
    // Section 4.3: as fast as Reno once the window is what it was.
    const rate = this.#friendly[slot]! < this.#prior[slot]! ? INCREASE : 1;
    const friendly = this.#friendly[slot]! + rate * mss * acked / cwnd;
    this.#friendly[slot] = friendly;
    let grown: number;
    if (windowAt(t, k, wMax) * mss < friendly) grown = Math.max(cwnd, friendly);
    else {
      const aim = windowAt(t + c.srtt / SECOND, k, wMax) * mss;
      const target = Math.max(cwnd, Math.min(aim, MOST_GROWTH * cwnd));
      grown = cwnd + this.#rest[slot]! + (target - cwnd) / cwnd * acked;
    }
    const whole = Math.floor(grown);
    this.#rest[slot] = grown - whole;
    c.cwnd = Math.min(whole, WINDOW_LIMIT);
  }

  /** An epoch of congestion avoidance begins. */
  #begin(c: Connection, clock: Clock): void {
    const { slot, cwnd, mss } = c;
    this.#epoch[slot] = clock.now;
    this.#friendly[slot] = cwnd;
    this.#rest[slot] = 0;
    // Section 4.10: HyStart++ ended slow start without a loss.
    if (this.#prior[slot] === 0) this.#prior[slot] = cwnd;
    if (cwnd >= this.#wMax[slot]! || this.#late[slot] === 1) {
      this.#wMax[slot] = cwnd;
      this.#k[slot] = 0;
    } else this.#k[slot] = timeBack(this.#wMax[slot]! / mss, cwnd / mss);
    this.#late[slot] = 0;
  }

  /** Section 4.6: what is in flight shrinks by three tenths. */
  reduce(c: Connection, cause: number, _clock: Clock): void {
    const { cwnd, mss } = c;
    const flight = Math.min(c.flight, cwnd);
    this.#save(c);
    this.#lower(c);
    // A mark may bring the window below the threshold's floor.
    if (cause === ECN) {
      c.cwnd = Math.min(cwnd, Math.max(Math.round(flight * DECREASE), mss));
    }
  }

  /** Section 4.8: as for a loss, and slow start from one segment. */
  expired(c: Connection, _clock: Clock): void {
    // RFC 5681 section 3.1: held when the same data is lost again.
    if (c.backoff === 0) {
      this.#save(c);
      this.#lower(c);
    }
    this.#late[c.slot] = 1;
    this.#epoch[c.slot] = NO_EPOCH;
    c.cwnd = c.mss;
  }

  #lower(c: Connection): void {
    const { slot, cwnd } = c;
    this.#prior[slot] = cwnd;
    this.#wMax[slot] = converge(cwnd, this.#wMax[slot]!);
    this.#epoch[slot] = NO_EPOCH;
    this.#late[slot] = 0;
    // What limited transmit sent beyond the window does not count.
    const flight = Math.min(c.flight, cwnd);
    c.ssthresh = Math.max(Math.round(flight * DECREASE), FLOOR * c.mss);
  }

  #save(c: Connection): void {
    const { slot } = c;
    this.#oldWindow[slot] = c.cwnd;
    this.#oldThreshold[slot] = c.ssthresh;
    this.#oldMax[slot] = this.#wMax[slot]!;
    this.#oldPrior[slot] = this.#prior[slot]!;
    this.#oldEpoch[slot] = this.#epoch[slot]!;
    this.#oldK[slot] = this.#k[slot]!;
    this.#oldFriendly[slot] = this.#friendly[slot]!;
  }

  /** Nothing to do: the window is at `c.ssthresh`. */
  recovered(_c: Connection, _clock: Clock): void {}

  /** Section 4.9: nothing was lost, and all is as it was. */
  undone(c: Connection, { now }: Clock): void {
    const { slot } = c;
    if (this.#oldWindow[slot] === 0) return;
    c.cwnd = Math.max(c.cwnd, this.#oldWindow[slot]!);
    c.ssthresh = this.#oldThreshold[slot]!;
    this.#wMax[slot] = this.#oldMax[slot]!;
    this.#prior[slot] = this.#oldPrior[slot]!;
    this.#epoch[slot] = this.#oldEpoch[slot]!;
    this.#k[slot] = this.#oldK[slot]!;
    this.#friendly[slot] = this.#oldFriendly[slot]!;
    this.#late[slot] = 0;
    this.#grown[slot] = now;
    this.#oldWindow[slot] = 0;
  }

  /** Section 5.8: the time of idleness does not count. */
  resumed(c: Connection, _idle: number, { now }: Clock): void {
    const { slot } = c;
    if (this.#epoch[slot]! >= 0) {
      this.#epoch[slot]! += now - this.#grown[slot]!;
    }
    this.#grown[slot] = now;
  }
}
