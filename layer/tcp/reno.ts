/**
 * Slow start and congestion avoidance of
 * [RFC 5681](https://www.rfc-editor.org/rfc/rfc5681), octets counted as in
 * [RFC 3465](https://www.rfc-editor.org/rfc/rfc3465).
 *
 * @module
 */

import type { Connection } from "./connection.ts";
import { type Control, type Delivery, WINDOW_LIMIT } from "./control.ts";

/** The control of RFC 5681. */
export class Reno implements Control {
  /** The name `"reno"`. */
  readonly name = "reno";
  readonly #acked: Int32Array;
  readonly #priorCwnd: Int32Array;
  readonly #priorSsthresh: Int32Array;

  /** For records `0` to `connections - 1`. */
  constructor(connections: number) {
    this.#acked = new Int32Array(connections);
    this.#priorCwnd = new Int32Array(connections);
    this.#priorSsthresh = new Int32Array(connections);
  }

  /** Nothing is known of the path. */
  begin(c: Connection): void {
    this.#acked[c.slot] = 0;
  }

  /** Lets the window grow, outside of recovery. */
  acknowledged(c: Connection, d: Delivery): void {
    if (c.inRecovery) return;
    // A window that the sender did not fill says nothing of the path.
    if (d.priorFlight + c.mss < c.cwnd) return;
    if (c.cwnd < c.ssthresh) {
      // By octets, so that splitting ACKs gains nothing; not bounded per ACK, as
      // one ACK here may answer a super-segment.
      c.cwnd = Math.min(c.cwnd + d.delivered, WINDOW_LIMIT);
      return;
    }
    const acked = this.#acked[c.slot]! + d.delivered;
    if (acked < c.cwnd) {
      this.#acked[c.slot] = acked;
      return;
    }
    this.#acked[c.slot] = acked - c.cwnd;
    c.cwnd = Math.min(c.cwnd + c.mss, WINDOW_LIMIT);
  }

  /** Halves, RFC 5681 equation (4). */
  reduce(c: Connection): void {
    this.#remember(c);
    c.ssthresh = half(c);
  }

  /** Counts anew. */
  recovered(c: Connection): void {
    this.#acked[c.slot] = 0;
  }

  /** RFC 5681 section 3.1: held when the same data is lost again. */
  expired(c: Connection): void {
    if (c.backoff === 0) {
      this.#remember(c);
      c.ssthresh = half(c);
    }
    c.cwnd = c.mss;
    this.#acked[c.slot] = 0;
  }

  /** Both windows as they were. */
  undone(c: Connection): void {
    c.cwnd = Math.max(c.cwnd, this.#priorCwnd[c.slot]!);
    c.ssthresh = Math.max(c.ssthresh, this.#priorSsthresh[c.slot]!);
  }

  /** No effect. */
  resumed(): void {}

  #remember(c: Connection): void {
    this.#priorCwnd[c.slot] = c.cwnd;
    this.#priorSsthresh[c.slot] = c.ssthresh;
  }
}

function half(c: Connection): number {
  // What limited transmit added beyond the window does not count.
  return Math.max(Math.min(c.flight, c.cwnd) >> 1, 2 * c.mss);
}
