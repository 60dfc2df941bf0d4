/**
 * The congestion control of [RFC 5681](https://www.rfc-editor.org/rfc/rfc5681),
 * which grows by octets as [RFC 3465](https://www.rfc-editor.org/rfc/rfc3465)
 * says, so that splitting ACKs gains nothing; with HyStart++ in slow start.
 *
 * @module
 */

import type { Clock } from "@ethox/nic/device";
import type { Connection } from "./connection.ts";
import { type Control, type Delivery, LOSS, WINDOW_LIMIT } from "./control.ts";
import { HyStart, slowStart } from "./hystart.ts";

/** Reno for the connections of one endpoint. */
export class Reno implements Control {
  /** The name `"reno"`. */
  readonly name = "reno";
  readonly #slowStart: HyStart | undefined;
  // Octets acknowledged since the window grew.
  readonly #counted: Int32Array;
  readonly #oldWindow: Int32Array;
  readonly #oldThreshold: Int32Array;

  /** Room for the slots `0` to `connections - 1`; HyStart++ unless told not to. */
  constructor(connections: number, hystart: boolean = true) {
    this.#slowStart = hystart ? new HyStart(connections) : undefined;
    this.#counted = new Int32Array(connections);
    this.#oldWindow = new Int32Array(connections);
    this.#oldThreshold = new Int32Array(connections);
  }

  /** Begins with slow start, or with congestion avoidance above `c.ssthresh`. */
  begin(c: Connection, _clock: Clock): void {
    this.#slowStart?.begin(c);
    this.#counted[c.slot] = this.#oldWindow[c.slot] = 0;
  }

  /** Lets the window grow, unless losses are being repaired. */
  acknowledged(c: Connection, d: Delivery, _clock: Clock): void {
    if (c.inRecovery || d.acked <= 0 || !d.windowUsed) return;
    const { slot, mss } = c;
    const acked = slowStart(c, d, this.#slowStart);
    if (acked === 0) return;
    // RFC 3465 section 2.1: a segment for each window of octets.
    this.#counted[slot]! += acked;
    if (this.#counted[slot]! >= c.cwnd) {
      this.#counted[slot] = (this.#counted[slot]! - c.cwnd) % c.cwnd;
      c.cwnd = Math.min(c.cwnd + mss, WINDOW_LIMIT);
    }
  }

  /** RFC 5681 equation (4): what is in flight is halved. */
  reduce(c: Connection, _cause: number, _clock: Clock): void {
    this.#oldWindow[c.slot] = c.cwnd;
    this.#oldThreshold[c.slot] = c.ssthresh;
    // What limited transmit sent beyond the window does not count.
    const flight = Math.min(c.flight, c.cwnd);
    c.ssthresh = Math.max(flight >> 1, 2 * c.mss);
    this.#counted[c.slot] = 0;
  }

  /** RFC 5681 section 3.1: slow start from one segment. */
  expired(c: Connection, clock: Clock): void {
    // Held when the same data is lost again.
    if (c.backoff === 0) this.reduce(c, LOSS, clock);
    c.cwnd = c.mss;
    this.#counted[c.slot] = 0;
  }

  /** Nothing to do: the window is at `c.ssthresh`. */
  recovered(_c: Connection, _clock: Clock): void {}

  /** Nothing was lost: the window is as it was. */
  undone(c: Connection, _clock: Clock): void {
    const { slot } = c;
    if (this.#oldWindow[slot] === 0) return;
    c.cwnd = Math.max(c.cwnd, this.#oldWindow[slot]!);
    c.ssthresh = this.#oldThreshold[slot]!;
    this.#oldWindow[slot] = 0;
  }

  /** Nothing to do. */
  resumed(_c: Connection, _idle: number, _clock: Clock): void {}
}
