/** A connection under a control that paces, on a path that is made up. */

import { Clock } from "@ethox/nic/device";
import { Connection } from "./connection.ts";
import { type Control, Delivery, LOSS } from "./control.ts";

/** One segment under way. */
interface Sent {
  readonly at: number;
  readonly arrives: number;
  readonly lost: boolean;
  readonly marked: boolean;
  readonly delivered: number;
  readonly deliveredAt: number;
  readonly firstSentAt: number;
  readonly inFlight: number;
  readonly lostBefore: number;
}

/** What the path does; may be changed on the way. */
export interface PathOptions {
  /** Octets a second. */
  rate: number;
  /** Shortest round trip, µs. */
  trip: number;
  /** Segments that may queue up. */
  queue: number;
  /** Probability that a segment is lost. */
  loss?: number;
  /** Segments in the queue from which all are marked. */
  mark?: number;
}

const MSS = 1500;

/** An endless transfer: ACKs come for each segment, with SACK. */
export class PathFlow {
  readonly c: Connection;
  readonly d: Delivery = new Delivery();
  readonly clock: Clock = new Clock(1_000_000);
  readonly path: PathOptions;
  readonly #control: Control;
  readonly #random: () => number;
  readonly #sent: Sent[] = [];
  #free = 0;
  #next = 0;
  #firstSentAt = 1_000_000;
  #deliveredAt = 1_000_000;
  #pipe = 0;
  #recoverUntil = 0;
  /** Round trips of what arrived last, µs. */
  rtt = 0;

  constructor(
    control: Control,
    path: PathOptions,
    { slot = 0, seed = 1 } = {},
  ) {
    const c = new Connection(slot, { activate() {}, abort() {} });
    // What is in flight is known here.
    Object.defineProperty(c, "pipe", { get: () => this.#pipe });
    this.c = c;
    this.path = path;
    this.#control = control;
    let state = seed;
    this.#random = () => {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      return (state >>> 8) / 2 ** 24;
    };
    c.control = control;
    c.mss = MSS;
    c.sackOn = true;
    c.cwnd = 10 * MSS;
    c.srtt = path.trip;
    control.begin(c, this.clock);
  }

  /** Octets delivered. */
  get delivered(): number {
    return this.c.delivered;
  }

  /** Lets some µs pass; `watch` is called for each ACK. */
  run(passed: number, watch: () => void = () => {}): void {
    const end = this.clock.now + passed;
    for (;;) {
      const head = this.#sent[0];
      const send = this.#pipe + MSS <= this.c.cwnd ? this.#next : Infinity;
      const at = Math.min(head?.arrives ?? Infinity, send);
      if (at > end) break;
      this.clock.now = Math.max(this.clock.now, at);
      if (head !== undefined && head.arrives <= send) {
        this.#sent.shift();
        this.#arrive(head);
        watch();
      } else this.#send();
    }
    this.clock.now = end;
  }

  #send(): void {
    const { now } = this.clock;
    const { rate, trip, queue, loss = 0, mark = Infinity } = this.path;
    if (this.#pipe === 0) this.#firstSentAt = this.#deliveredAt = now;
    const begins = Math.max(now, this.#free);
    const waiting = (begins - now) * rate / 1e6 / MSS;
    const full = waiting > queue;
    if (!full) this.#free = begins + MSS / rate * 1e6;
    this.#pipe += MSS;
    this.c.sndMax = (this.c.sndMax + MSS) | 0;
    this.#sent.push({
      at: now,
      arrives: this.#free + trip,
      lost: full || this.#random() < loss,
      marked: waiting > mark,
      delivered: this.c.delivered,
      deliveredAt: this.#deliveredAt,
      firstSentAt: this.#firstSentAt,
      inFlight: this.#pipe,
      lostBefore: this.c.lost,
    });
    const from = now - this.#next < 1000 ? this.#next : now;
    this.#next = from + MSS / this.c.pacingRate * 1e6;
  }

  #arrive(sent: Sent): void {
    const { c, d, clock } = this;
    d.clear();
    d.priorFlight = c.flight;
    this.#pipe -= MSS;
    // What is lost is sent again, as new octets here.
    c.sndUna = (c.sndUna + MSS) | 0;
    if (sent.lost) {
      c.lost += MSS;
      d.lost = MSS;
      d.lostSince = c.lost - MSS - sent.lostBefore;
      d.sentInFlight = sent.inFlight;
      if (!c.inRecovery) {
        this.#recoverUntil = clock.now + this.path.trip;
        this.#control.reduce(c, LOSS, clock);
        c.inRecovery = true;
      }
      this.#control.acknowledged(c, d, clock);
      return;
    }
    if (c.inRecovery && clock.now > this.#recoverUntil) {
      c.inRecovery = false;
      this.#control.recovered(c, clock);
    }
    c.delivered += MSS;
    this.#deliveredAt = clock.now;
    this.#firstSentAt = sent.at;
    if (c.appLimited > 0 && c.delivered > c.appLimited) c.appLimited = 0;
    this.rtt = clock.now - sent.at;
    d.acked = d.delivered = MSS;
    d.rtt = Math.ceil(this.rtt);
    d.priorDelivered = sent.delivered;
    d.sentInFlight = sent.inFlight;
    d.lostSince = c.lost - sent.lostBefore;
    d.windowUsed = this.#pipe + 2 * MSS > c.cwnd;
    d.appLimited = c.appLimited > 0;
    d.rateDelivered = c.delivered - sent.delivered;
    d.interval = Math.max(
      sent.at - sent.firstSentAt,
      clock.now - sent.deliveredAt,
    );
    d.rate = d.rateDelivered * 1e6 / d.interval;
    this.#control.acknowledged(c, d, clock);
  }
}
