/** Connection records in a chosen state, and segments for them. */

import { Clock } from "@ethox/nic/device";
import type { RecvBuf, SendBuf } from "@ethox/storage/buf";
import { Connection } from "./connection.ts";
import { Reno } from "./reno.ts";
import { Segment } from "./segment.ts";
import * as state from "./state.ts";
import { DEFAULTS, type Tuning } from "./tuning.ts";

/** The tuning of tests: nothing is random. */
export const TUNING: Tuning = { ...DEFAULTS, quickAcks: 0, random: () => 0 };

/** Has so many octets to send. */
export class Supply implements SendBuf {
  octets: number;
  finished = false;
  acknowledged = 0;

  constructor(octets: number) {
    this.octets = octets;
  }

  available(): number {
    return this.octets;
  }

  fill(): void {}

  acknowledge(length: number): void {
    this.octets -= length;
    this.acknowledged += length;
  }
}

/** Takes what is in order; remembers one range that is not. */
export class Intake implements RecvBuf {
  room: number;
  taken = 0;
  calls: [number, number][] = [];

  constructor(room: number) {
    this.room = room;
  }

  window(): number {
    return this.room;
  }

  receive(_memory: unknown, _at: number, offset: number, length: number) {
    this.calls.push([offset, length]);
    if (offset > 0) return 0;
    this.taken += length;
    return length;
  }
}

/** A record in a state, with ISS 1000, IRS 5000 and windows of 10,000. */
export function record(current: number, room = 10_000): {
  c: Connection;
  clock: Clock;
  supply: Supply;
  intake: Intake;
} {
  const c = new Connection(0, { activate() {}, abort() {} });
  c.control = new Reno(1);
  const supply = new Supply(0);
  const intake = new Intake(room);
  c.store.turn(0);
  c.state = current;
  c.sendBuf = supply;
  c.recvBuf = intake;
  c.iss = 1000;
  c.sndUna = current <= state.SYN_RECEIVED ? 1000 : 1001;
  c.sndNxt = c.sndMax = 1001;
  c.irs = 5000;
  c.rcvNxt = 5001;
  c.rcvAdv = 5001 + room;
  c.rcvWndMax = room;
  c.mss = c.rcvMss = 1000;
  c.sndWnd = c.sndWndMax = 10_000;
  c.sndWl1 = 5000;
  c.sndWl2 = 1001;
  c.cwnd = 10_000;
  c.recover = 1000;
  if (current >= state.CLOSE_WAIT) {
    // The peer's FIN is in.
    c.finSeen = true;
    c.finSequence = 5001;
    c.rcvNxt = 5002;
  }
  if (
    current === state.FIN_WAIT_1 || current === state.CLOSING ||
    current === state.LAST_ACK
  ) c.sndNxt = c.sndMax = 1002;
  if (current === state.FIN_WAIT_2) c.sndUna = c.sndNxt = c.sndMax = 1002;
  return { c, clock: new Clock(1_000_000), supply, intake };
}

/** A segment. */
export function segment(
  flags: number,
  sequence: number,
  acknowledgment = 0,
  length = 0,
  window = 10_000,
): Segment {
  const s = new Segment();
  s.flags = flags;
  s.sequence = sequence | 0;
  s.acknowledgment = acknowledgment | 0;
  s.length = length;
  s.window = window;
  return s;
}
