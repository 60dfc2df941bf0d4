/**
 * A trace of TCP in memory.
 *
 * @module
 */

import * as tcp from "@ethox/layer/tcp";
import type { Clock } from "@ethox/nic/device";
import { ACK } from "@ethox/wire/tcp";
import { type Event, KINDS } from "./events.ts";

const STATE = 0;
const SENT = 1;
const RETRANSMITTED = 2;
const RECEIVED = 3;
const LOST = 4;
const CWND = 5;
const RTT = 6;
const PACING = 7;

/** Numbers kept of each event: kind, time, three of its own, and why. */
const WIDTH = 6;
/** Events in one block of memory. */
const BLOCK = 4096;

/**
 * Keeps what happens to the first connection of an endpoint. Sequence numbers
 * are counted from the SYN of their side, which is 0.
 */
export class Journal implements tcp.Trace {
  /** Ranges that counted as lost so far. */
  losses = 0;
  readonly #blocks: Float64Array[] = [];
  #clock: Clock | undefined;
  #count = 0;

  /** Events so far. */
  get length(): number {
    return this.#count;
  }

  /** Takes the endpoint's clock. */
  begin(clock: Clock): void {
    this.#clock = clock;
  }

  /** Notes a change of the state. */
  state(_c: tcp.Connection, from: number, to: number, why: number): void {
    this.#add(STATE, from, to, 0, why);
  }

  /** Notes a segment, and whether it was sent again. */
  sent(
    c: tcp.Connection,
    sequence: number,
    length: number,
    flags: number,
    why: number,
  ): void {
    const kind = why === tcp.why.NEW ? SENT : RETRANSMITTED;
    this.#add(kind, (sequence - c.iss) >>> 0, length, flags, why);
  }

  /** Notes a segment that came. */
  received(c: tcp.Connection, s: tcp.Segment): void {
    const ack = (s.flags & ACK) === 0 ? 0 : (s.acknowledgment - c.iss) >>> 0;
    this.#add(RECEIVED, ack, s.length, s.flags, 0);
  }

  /** Notes octets that count as lost. */
  lost(c: tcp.Connection, from: number, to: number, why: number): void {
    this.losses++;
    this.#add(LOST, (from - c.iss) >>> 0, (to - c.iss) >>> 0, 0, why);
  }

  /** Notes the congestion window. */
  cwnd(c: tcp.Connection, why: number): void {
    this.#add(CWND, c.cwnd, c.ssthresh, 0, why);
  }

  /** Notes a round trip. */
  rtt(c: tcp.Connection, rtt: number): void {
    this.#add(RTT, rtt, c.srtt, c.rto, 0);
  }

  /** Notes the pacing rate. */
  pacing(c: tcp.Connection): void {
    this.#add(PACING, c.pacingRate, 0, 0, 0);
  }

  /** All events, in order. */
  *events(): Generator<Event> {
    for (let i = 0; i < this.#count; i++) yield this.#event(i);
  }

  #event(i: number): Event {
    const block = this.#blocks[Math.floor(i / BLOCK)]!;
    const at = i % BLOCK * WIDTH;
    return {
      kind: KINDS[block[at]!]!,
      time: block[at + 1]!,
      a: block[at + 2]!,
      b: block[at + 3]!,
      c: block[at + 4]!,
      why: block[at + 5]!,
    };
  }

  #add(kind: number, a: number, b: number, c: number, why: number): void {
    const place = this.#count % BLOCK;
    if (place === 0) this.#blocks.push(new Float64Array(BLOCK * WIDTH));
    const block = this.#blocks[this.#blocks.length - 1]!;
    const at = place * WIDTH;
    this.#count++;
    block[at] = kind;
    block[at + 1] = this.#clock?.now ?? 0;
    block[at + 2] = a;
    block[at + 3] = b;
    block[at + 4] = c;
    block[at + 5] = why;
  }
}
