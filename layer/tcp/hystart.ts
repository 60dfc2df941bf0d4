/**
 * The end of slow start before losses: HyStart++,
 * [RFC 9406](https://www.rfc-editor.org/rfc/rfc9406). A round whose shortest
 * round-trip time is longer than that of the round before says that a queue is
 * building up; growth slows down then, and ends unless that was a false alarm.
 *
 * @module
 */

import { before } from "@ethox/wire/tcp";
import type { Connection } from "./connection.ts";
import { type Delivery, WINDOW_LIMIT } from "./control.ts";

// RFC 9406 section 4.3, times in µs.
const MINIMUM_THRESHOLD = 4000;
const MAXIMUM_THRESHOLD = 16_000;
const THRESHOLD_DIVISOR = 8;
const SAMPLES = 8;
const GROWTH_DIVISOR = 4;
const ROUNDS = 5;
/** L of those who do not pace, in segments. */
const BURST_LIMIT = 8;

const UNKNOWN = 0x7fffffff;
/** What the count of rounds says in plain slow start. */
const STANDARD = -1;

/** Slow start of any number of connections, by slot. */
export class HyStart {
  readonly #roundEnd: Int32Array;
  // Shortest round-trip times, µs: of the last round, of this one, and of the
  // one in which growth was slowed down.
  readonly #last: Int32Array;
  readonly #current: Int32Array;
  readonly #baseline: Int32Array;
  readonly #samples: Uint8Array;
  // Rounds of conservative slow start (CSS) so far.
  readonly #rounds: Int8Array;

  /** Room for the slots `0` to `connections - 1`. */
  constructor(connections: number) {
    this.#roundEnd = new Int32Array(connections);
    this.#last = new Int32Array(connections);
    this.#current = new Int32Array(connections);
    this.#baseline = new Int32Array(connections);
    this.#samples = new Uint8Array(connections);
    this.#rounds = new Int8Array(connections);
  }

  /** A connection begins with slow start. */
  begin(c: Connection): void {
    const { slot } = c;
    this.#roundEnd[slot] = c.sndMax;
    this.#last[slot] = this.#current[slot] = UNKNOWN;
    this.#baseline[slot] = UNKNOWN;
    this.#samples[slot] = 0;
    this.#rounds[slot] = STANDARD;
  }

  /** Whether a connection is in conservative slow start. */
  slowed(c: Connection): boolean {
    return this.#rounds[c.slot] !== STANDARD;
  }

  /**
   * Takes in an ACK of so many octets with a sample of the round-trip time (µs,
   * -1 for none), and returns by how many octets `c.cwnd` is to grow. Sets
   * `c.ssthresh` to the window when slow start is over.
   */
  grow(c: Connection, acked: number, rtt: number): number {
    const { slot } = c;
    const ended = !before(c.sndUna, this.#roundEnd[slot]!);
    // The ACK that ends a round is of that round.
    if (rtt >= 0) this.#judge(slot, rtt);
    // Section 4.2: with pacing L is infinite.
    const counted = c.pacingRate > 0
      ? acked
      : Math.min(acked, BURST_LIMIT * c.mss);
    const slowed = this.#rounds[slot]! !== STANDARD;
    const growth = slowed ? Math.floor(counted / GROWTH_DIVISOR) : counted;
    if (ended) {
      if (slowed) {
        this.#rounds[slot]!++;
        if (this.#rounds[slot]! >= ROUNDS) c.ssthresh = c.cwnd;
      }
      this.#roundEnd[slot] = c.sndMax;
      this.#last[slot] = this.#current[slot]!;
      this.#current[slot] = UNKNOWN;
      this.#samples[slot] = 0;
    }
    return growth;
  }

  /** Whether a sample tells that a queue builds up, or that it does not. */
  #judge(slot: number, rtt: number): void {
    if (rtt < this.#current[slot]!) this.#current[slot] = rtt;
    if (this.#samples[slot]! < SAMPLES) this.#samples[slot]!++;
    if (this.#samples[slot]! < SAMPLES) return;
    const current = this.#current[slot]!;
    if (this.#rounds[slot]! === STANDARD) {
      const last = this.#last[slot]!;
      if (last === UNKNOWN) return;
      const threshold = Math.max(
        MINIMUM_THRESHOLD,
        Math.min(last / THRESHOLD_DIVISOR, MAXIMUM_THRESHOLD),
      );
      if (current < last + threshold) return;
      this.#baseline[slot] = current;
      this.#rounds[slot] = 0;
    } else if (current < this.#baseline[slot]!) {
      this.#baseline[slot] = UNKNOWN;
      this.#rounds[slot] = STANDARD;
    }
  }
}

/**
 * Lets the window grow as slow start does, up to `c.ssthresh`, and returns how
 * many of the acknowledged octets are left for congestion avoidance.
 */
export function slowStart(
  c: Connection,
  d: Delivery,
  hystart: HyStart | undefined,
): number {
  if (c.cwnd >= c.ssthresh) return d.acked;
  const growth = hystart === undefined
    ? d.acked
    : hystart.grow(c, d.acked, d.rtt);
  const room = Math.max(0, c.ssthresh - c.cwnd);
  c.cwnd = Math.min(c.cwnd + Math.min(growth, room), WINDOW_LIMIT);
  return Math.max(0, growth - room);
}
