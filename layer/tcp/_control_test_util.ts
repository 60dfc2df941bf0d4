/** A connection under a control, without endpoint or segments. */

import { Clock } from "@ethox/nic/device";
import { Connection } from "./connection.ts";
import { type Control, Delivery, LOSS } from "./control.ts";

/** Segment size of all such connections. */
export const MSS = 1000;

/** One connection whose ACKs are made up. */
export class Flow {
  readonly c: Connection = new Connection(0, { activate() {}, abort() {} });
  readonly d: Delivery = new Delivery();
  readonly control: Control;
  /** The time. */
  readonly clock: Clock = new Clock(1_000_000);

  /** Windows and threshold in segments, round-trip time in µs. */
  constructor(control: Control, window: number, threshold?: number, rtt = 100) {
    const { c } = this;
    this.control = control;
    c.control = control;
    c.mss = MSS;
    c.cwnd = window * MSS;
    if (threshold !== undefined) c.ssthresh = threshold * MSS;
    c.srtt = rtt * 1000;
    control.begin(c, this.clock);
  }

  /** The window in segments. */
  get window(): number {
    return this.c.cwnd / MSS;
  }

  /** Puts a full window in flight. */
  fill(): void {
    const { c } = this;
    c.sndMax = c.sndNxt = (c.sndUna + c.cwnd) | 0;
  }

  /** So many segments are acknowledged after some µs. */
  ack(segments: number, passed = 0, rtt = -1, used = true): void {
    const { c, d } = this;
    this.clock.now += passed;
    d.priorFlight = c.flight;
    d.acked = d.delivered = Math.round(segments * MSS);
    d.rtt = rtt;
    d.windowUsed = used;
    c.sndUna = (c.sndUna + d.acked) | 0;
    this.control.acknowledged(c, d, this.clock);
  }

  /** A round trip of some µs in which a whole window is acknowledged by ones. */
  round(rtt: number): void {
    this.fill();
    let left = this.c.cwnd;
    const share = rtt * MSS / left;
    for (; left >= MSS; left -= MSS) {
      this.ack(1, share, rtt);
      this.fill();
    }
    this.ack(left / MSS, share * left / MSS, rtt);
  }

  /** A segment is lost and repaired. */
  lose(cause = LOSS): void {
    const { c } = this;
    this.fill();
    this.control.reduce(c, cause, this.clock);
    c.cwnd = c.ssthresh;
    this.control.recovered(c, this.clock);
  }
}
