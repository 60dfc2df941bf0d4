/**
 * A trace of TCP in memory, which becomes lines of JSON.
 *
 * @module
 */

import * as tcp from "@ethox/layer/tcp";
import type { Clock } from "@ethox/nic/device";
import { ACK, CWR, ECE, FIN, PSH, RST, SYN, URG } from "@ethox/wire/tcp";

/** What an event is. */
export const KINDS = [
  "state",
  "sent",
  "retransmitted",
  "received",
  "lost",
  "cwnd",
  "rtt",
  "pacing",
] as const;

/** A name in {@linkcode KINDS}. */
export type Kind = typeof KINDS[number];

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

const FLAGS: readonly (readonly [number, string])[] = [
  [FIN, "F"],
  [SYN, "S"],
  [RST, "R"],
  [PSH, "P"],
  [ACK, "."],
  [URG, "U"],
  [ECE, "E"],
  [CWR, "W"],
];

/** Flags as tcpdump writes them. */
export function flagsText(flags: number): string {
  return FLAGS.map(([bit, letter]) => (flags & bit) !== 0 ? letter : "").join(
    "",
  );
}

/** One event, read from the memory of a {@linkcode Journal}. */
export interface Event {
  /** What happened. */
  readonly kind: Kind;
  /** When, µs. */
  readonly time: number;
  /** Sequence number, state or window, as the kind has it. */
  readonly a: number;
  /** Length, end, state or threshold. */
  readonly b: number;
  /** Flags, acknowledgment or time-out. */
  readonly c: number;
  /** Index of {@linkcode tcp.why.REASONS}. */
  readonly why: number;
}

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
  pacing(_c: tcp.Connection): void {
    this.#add(PACING, 0, 0, 0, 0);
  }

  /** All events, in order. */
  *events(): Generator<Event> {
    for (let i = 0; i < this.#count; i++) yield this.#event(i);
  }

  /** Each event as a line of JSON, with `flow` in it. */
  *lines(flow: number): Generator<string> {
    for (const event of this.events()) yield JSON.stringify(tell(event, flow));
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

/** An event as JSON has it. */
function tell(event: Event, flow: number): Record<string, unknown> {
  const { kind, time, a, b, c } = event;
  const { name, section } = tcp.why.reasonOf(event.why);
  const head = { time, flow, event: kind };
  const why = { why: name, section };
  switch (kind) {
    case "state":
      return { ...head, from: tcp.nameOf(a), to: tcp.nameOf(b), ...why };
    case "sent":
      return { ...head, seq: a, length: b, flags: flagsText(c) };
    case "retransmitted":
      return { ...head, seq: a, length: b, flags: flagsText(c), ...why };
    case "received":
      return { ...head, ack: a, length: b, flags: flagsText(c) };
    case "lost":
      return { ...head, seq: a, length: b - a, ...why };
    case "cwnd":
      return { ...head, cwnd: a, ssthresh: b, ...why };
    case "rtt":
      return { ...head, rtt: a, srtt: Math.round(b), rto: Math.round(c) };
    default:
      return { ...head, rate: Math.round(a) };
  }
}
