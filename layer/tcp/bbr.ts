/**
 * BBR, version 3, as in
 * [draft-ietf-ccwg-bbr-05](https://datatracker.ietf.org/doc/draft-ietf-ccwg-bbr/):
 * models the path by the rate at which it delivers and by its shortest round
 * trip, sends at that rate, and probes for more from time to time. Losses count
 * where they are many.
 *
 * Sections are those of the draft. In it ECN has no part; a mark that a peer
 * echoes (RFC 3168) counts here as a round with too many losses.
 *
 * @module
 */

import type { Clock } from "@ethox/nic/device";
import * as flag from "./bbr_state.ts";
import {
  BBR_STATES,
  BbrState,
  CRUISE,
  DOWN,
  DRAIN,
  PROBE_RTT,
  REFILL,
  STARTUP,
  UNBOUND,
  UP,
} from "./bbr_state.ts";
import type { Connection } from "./connection.ts";
import { type Control, type Delivery, ECN, WINDOW_LIMIT } from "./control.ts";

// Gains by state, section 5.6.1, in percent: a fraction that is passed on may
// become an object.
const PACING_GAIN = [277, 50, 90, 100, 100, 125, 100];
const WINDOW_GAIN = [200, 200, 200, 200, 200, 225, 50];
const WHOLE = 100;

// Section 2; times in µs.
const LOSS_THRESHOLD = 0.02;
const DECREASE = 0.7;
const HEADROOM = 0.15;
const MARGIN = 0.99;
const GROWTH = 1.25;
const FULL_ROUNDS = 3;
const DRAIN_ROUNDS = 3;
const STARTUP_LOSSES = 6;
const LEAST_SEGMENTS = 4;
const MIN_RTT_LIFE = 10_000_000;
const PROBE_RTT_INTERVAL = 5_000_000;
const PROBE_RTT_DURATION = 200_000;
const PROBE_WAIT = 2_000_000;
const PROBE_WAIT_SPREAD = 1_000_000;
const RENO_ROUNDS = 63;
const MOST_UP_ROUNDS = 20;
/** Half of the rounds that extra_acked is remembered for. */
const EXTRA_ROUNDS = 5;
const QUANTUM_LIMIT = 65536;
const SECOND = 1e6;
// Taken for the round trip while none has been measured, µs.
const GUESS = 1000;

/** BBR for the connections of one endpoint. */
export class Bbr implements Control {
  /** The name `"bbr"`. */
  readonly name = "bbr";
  /** It sets rate and window in any case. */
  readonly governs = true;
  readonly #b: BbrState;
  readonly #random: (salt: number) => number;

  /**
   * Room for the slots `0` to `connections - 1`. Times between probes are drawn
   * from `random`, which returns 32 bits.
   */
  constructor(connections: number, random: (salt: number) => number) {
    this.#b = new BbrState(connections);
    this.#random = random;
  }

  /** The state of a connection, as {@linkcode BBR_STATES} names it. */
  stateOf(c: Connection): typeof BBR_STATES[number] {
    this.#b.load(c.slot);
    return BBR_STATES[this.#b.state]!;
  }

  /** Estimated bandwidth of a connection, octets a second. */
  bandwidthOf(c: Connection): number {
    this.#b.load(c.slot);
    return this.#b.bw;
  }

  /** Section 5.2.1. */
  begin(c: Connection, clock: Clock): void {
    const b = this.#b;
    b.load(c.slot);
    b.clear(clock.now, c.cwnd);
    if (c.srtt > 0) b.minRtt = b.probeRttMin = Math.ceil(c.srtt);
    b.total = b.nextRound = b.lossRound = b.total;
    b.state = STARTUP;
    const rtt = c.srtt > 0 ? c.srtt : GUESS;
    b.pacing = PACING_GAIN[STARTUP]! / WHOLE * c.cwnd / rtt * SECOND;
    c.pacingRate = b.pacing;
  }

  /** Section 5.2.3. */
  acknowledged(c: Connection, d: Delivery, clock: Clock): void {
    const b = this.#b;
    b.load(c.slot);
    b.total += d.delivered;
    this.#latest(d);
    if (d.lost > 0) this.#lost(c, d, clock);
    this.#congestion(c, d);
    this.#aggregation(c, d, clock);
    this.#plateau(d);
    if (b.state === STARTUP) this.#startup(c, d);
    else if (b.state === DRAIN) this.#drain(c, clock);
    this.#cycle(c, d, clock);
    this.#shortest(d, clock);
    this.#probeRtt(c, d, clock);
    if ((b.flags & flag.LOSS_ROUND_START) !== 0) {
      b.bwLatest = d.rate;
      b.inflightLatest = d.rateDelivered;
    }
    b.bw = Math.min(b.bwMax, b.bwShort);
    this.#pace(c, PACING_GAIN[b.state]!);
    this.#window(c, d);
  }

  /** Section 5.6.4.4: recovery begins, or marks tell of congestion. */
  reduce(c: Connection, cause: number, clock: Clock): void {
    const b = this.#b;
    b.load(c.slot);
    this.#saveWindow(c);
    this.#note();
    if (cause !== ECN || (b.flags & flag.PROBE_SAMPLES) === 0) return;
    this.#tooHigh(c, c.pipe, false, clock);
  }

  /** Section 5.6.4.4: a time-out lets one segment out. */
  expired(c: Connection, _clock: Clock): void {
    this.#b.load(c.slot);
    this.#saveWindow(c);
    this.#note();
    c.cwnd = c.mss;
  }

  /** Section 5.6.4.4: the window is what it was, within the model's bounds. */
  recovered(c: Connection, _clock: Clock): void {
    const b = this.#b;
    b.load(c.slot);
    b.total = c.delivered;
    c.cwnd = Math.max(c.cwnd, b.priorCwnd);
    this.#bound(c);
  }

  /** Section 5.5.11.2. */
  undone(c: Connection, clock: Clock): void {
    const b = this.#b;
    b.load(c.slot);
    b.flags &= ~flag.LOSS_IN_ROUND;
    this.#resetFull();
    b.bwShort = Math.max(b.bwShort, b.undoBw);
    b.inflightShort = Math.max(b.inflightShort, b.undoShort);
    b.inflightLong = Math.max(b.inflightLong, b.undoLong);
    c.cwnd = Math.max(c.cwnd, b.priorCwnd);
    if (b.state === PROBE_RTT || b.state === b.undoState) return;
    if (b.undoState === STARTUP) b.state = STARTUP;
    else if (b.undoState === UP) this.#up(c, clock);
  }

  /** Section 5.4.1. */
  resumed(c: Connection, _idle: number, clock: Clock): void {
    const b = this.#b;
    b.load(c.slot);
    b.flags |= flag.IDLE_RESTART;
    b.extraAt = clock.now;
    if (b.state === PROBE_RTT) this.#probeRttDone(c, clock);
    else if (b.state >= DOWN) this.#pace(c, WHOLE);
  }

  // Rounds and the rate: sections 5.5.1 to 5.5.6.

  #latest(d: Delivery): void {
    const b = this.#b;
    b.flags &= ~flag.LOSS_ROUND_START;
    b.bwLatest = Math.max(b.bwLatest, d.rate);
    b.inflightLatest = Math.max(b.inflightLatest, d.rateDelivered);
    if (d.delivered > 0 && d.priorDelivered >= b.lossRound) {
      b.lossRound = b.total;
      b.flags |= flag.LOSS_ROUND_START;
    }
  }

  #congestion(c: Connection, d: Delivery): void {
    const b = this.#b;
    if (d.delivered > 0 && d.priorDelivered >= b.nextRound) {
      b.nextRound = b.total;
      b.rounds++;
      b.roundsSinceProbe++;
      b.flags |= flag.ROUND_START;
    } else b.flags &= ~flag.ROUND_START;
    if (d.rate > 0 && (d.rate >= b.bwMax || !d.appLimited)) {
      b.bwNow = Math.max(b.bwNow, d.rate);
      b.bwMax = Math.max(b.bwMax, d.rate);
    }
    if ((b.flags & flag.LOSS_ROUND_START) === 0) return;
    if (
      (b.flags & flag.LOSS_IN_ROUND) !== 0 && !this.#probing() &&
      this.#excessive(c, d)
    ) this.#lower(c);
    b.flags &= ~flag.LOSS_IN_ROUND;
  }

  /** Section 5.5.10.3: losses while not probing lower the bounds. */
  #lower(c: Connection): void {
    const b = this.#b;
    if (b.bwShort === Infinity) b.bwShort = b.bwMax;
    if (b.inflightShort === UNBOUND) b.inflightShort = c.cwnd;
    b.bwShort = Math.max(b.bwLatest, DECREASE * b.bwShort);
    b.inflightShort = Math.max(
      b.inflightLatest,
      Math.floor(DECREASE * b.inflightShort),
    );
  }

  #resetShort(): void {
    this.#b.bwShort = Infinity;
    this.#b.inflightShort = UNBOUND;
  }

  #probing(): boolean {
    const { state } = this.#b;
    return state === STARTUP || state === REFILL || state === UP;
  }

  /** Section 5.5.9: what arrives in lumps needs a larger window. */
  #aggregation(c: Connection, d: Delivery, clock: Clock): void {
    const b = this.#b;
    let expected = b.bw * (clock.now - b.extraAt) / SECOND;
    if (b.extraDelivered <= expected) {
      b.extraDelivered = 0;
      b.extraAt = clock.now;
      expected = 0;
    }
    b.extraDelivered = Math.min(b.extraDelivered + d.delivered, WINDOW_LIMIT);
    const extra = Math.floor(Math.min(b.extraDelivered - expected, c.cwnd));
    const span = (b.flags & flag.FULL_REACHED) !== 0 ? EXTRA_ROUNDS : 1;
    if (b.rounds - b.extraRound >= span) {
      b.extraBefore = (b.flags & flag.FULL_REACHED) !== 0 ? b.extraNow : 0;
      b.extraNow = 0;
      b.extraRound = b.rounds;
    }
    b.extraNow = Math.max(b.extraNow, extra);
  }

  // Whether the pipe is full: section 5.3.1.

  #resetFull(): void {
    const b = this.#b;
    b.fullBw = 0;
    b.fullCount = 0;
    b.flags &= ~flag.FULL_NOW;
  }

  #plateau(d: Delivery): void {
    const b = this.#b;
    if ((b.flags & (flag.FULL_NOW | flag.ROUND_START)) !== flag.ROUND_START) {
      return;
    }
    if (d.appLimited || d.rate === 0) return;
    if (d.rate >= b.fullBw * GROWTH) {
      this.#resetFull();
      b.fullBw = d.rate;
      return;
    }
    b.fullCount++;
    if (b.fullCount >= FULL_ROUNDS) {
      b.flags |= flag.FULL_NOW | flag.FULL_REACHED;
    }
  }

  #startup(c: Connection, d: Delivery): void {
    const b = this.#b;
    // Section 5.3.1.3; an ACK with losses stands for a range.
    if (d.lost > 0 && b.lossEvents < STARTUP_LOSSES) b.lossEvents++;
    if ((b.flags & flag.LOSS_ROUND_START) !== 0) {
      const many = b.lossEvents >= STARTUP_LOSSES || !c.sackOn;
      if (many && c.inRecovery && this.#excessive(c, d)) {
        b.flags |= flag.FULL_REACHED;
        b.inflightLong = Math.max(this.#bdp(WHOLE), b.inflightLatest);
      }
      b.lossEvents = 0;
    }
    if ((b.flags & flag.FULL_REACHED) === 0) return;
    b.state = DRAIN;
    b.drainRound = b.rounds;
  }

  #drain(c: Connection, clock: Clock): void {
    const b = this.#b;
    if (
      c.pipe <= this.#inflight(c, WHOLE) ||
      b.rounds > b.drainRound + DRAIN_ROUNDS
    ) this.#down(c, clock);
  }

  // The cycle of probing for bandwidth: section 5.3.3.

  #down(c: Connection, clock: Clock): void {
    const b = this.#b;
    b.flags &= ~flag.LOSS_IN_ROUND;
    b.bwLatest = b.inflightLatest = b.upGrowth = 0;
    const drawn = this.#random(c.slot);
    b.roundsSinceProbe = drawn & 1;
    b.probeWait = PROBE_WAIT +
      Math.floor((drawn >>> 1) / 2 ** 31 * PROBE_WAIT_SPREAD);
    b.cycleAt = clock.now;
    b.phase = flag.STOPPING;
    b.nextRound = b.total;
    b.state = DOWN;
  }

  #refill(): void {
    const b = this.#b;
    this.#resetShort();
    b.upRounds = 0;
    b.phase = flag.REFILLING;
    b.nextRound = b.total;
    b.state = REFILL;
  }

  #up(c: Connection, clock: Clock): void {
    const b = this.#b;
    b.phase = flag.STARTING;
    b.nextRound = b.total;
    this.#resetFull();
    b.cycleAt = clock.now;
    b.state = UP;
    this.#steepen(c);
  }

  #cycle(c: Connection, d: Delivery, clock: Clock): void {
    const b = this.#b;
    if ((b.flags & flag.FULL_REACHED) === 0) return;
    this.#adapt(c, d);
    switch (b.state) {
      case DOWN:
        if (this.#timeToProbe(c, clock)) this.#refill();
        else if (
          c.pipe <= this.#withHeadroom(c) && c.pipe <= this.#inflight(c, WHOLE)
        ) b.state = CRUISE;
        return;
      case CRUISE:
        if (this.#timeToProbe(c, clock)) this.#refill();
        return;
      case REFILL:
        if ((b.flags & flag.ROUND_START) === 0) return;
        b.flags |= flag.PROBE_SAMPLES;
        this.#up(c, clock);
        b.fullBw = d.rate;
        return;
      case UP:
        // Bounded by the volume, the rate cannot show what there is.
        if (d.windowUsed && c.cwnd >= b.inflightLong) {
          this.#resetFull();
          b.fullBw = d.rate;
        } else if ((b.flags & flag.FULL_NOW) !== 0) this.#down(c, clock);
    }
  }

  #timeToProbe(c: Connection, clock: Clock): boolean {
    const b = this.#b;
    if (clock.now > b.cycleAt + b.probeWait) return true;
    // Reno would have grown by a window by now.
    const rounds = Math.min(this.#target(c) / c.mss, RENO_ROUNDS);
    return b.roundsSinceProbe >= rounds;
  }

  #target(c: Connection): number {
    return Math.min(this.#bdp(WHOLE), c.cwnd);
  }

  /** Tracks what ACKs tell of, and raises the upper bound. */
  #adapt(c: Connection, d: Delivery): void {
    const b = this.#b;
    if ((b.flags & flag.ROUND_START) !== 0) {
      if (b.phase === flag.STARTING) b.phase = flag.FEEDBACK;
      else if (b.phase === flag.STOPPING) {
        b.phase = 0;
        b.flags &= ~flag.PROBE_SAMPLES;
        if (b.state >= DOWN && b.state <= UP && !d.appLimited) {
          b.bwMax = b.bwNow;
          b.bwNow = 0;
        }
      }
    }
    if (b.inflightLong === UNBOUND || this.#excessive(c, d)) return;
    if (d.sentInFlight > b.inflightLong) b.inflightLong = d.sentInFlight;
    if (b.state !== UP || !d.windowUsed || c.cwnd < b.inflightLong) return;
    const growth = Math.ceil(d.delivered * b.upGrowth / c.cwnd);
    b.inflightLong = Math.min(b.inflightLong + growth, WINDOW_LIMIT);
    if ((b.flags & flag.ROUND_START) !== 0) this.#steepen(c);
  }

  #steepen(c: Connection): void {
    const b = this.#b;
    b.upGrowth = Math.min(c.mss * 2 ** b.upRounds, c.cwnd);
    if (b.upRounds < MOST_UP_ROUNDS) b.upRounds++;
  }

  // Losses: section 5.5.10.

  /** Whether losses of the last round trip say that too much was in flight. */
  #excessive(c: Connection, d: Delivery): boolean {
    const lost = d.lostSince + d.lost;
    const share = d.sentInFlight * LOSS_THRESHOLD;
    // Beyond the draft: by chance alone some rounds lose more than others.
    const chance = Math.sqrt(share * c.mss);
    return lost > share + chance || (lost > 0 && !c.sackOn);
  }

  #note(): void {
    const b = this.#b;
    if ((b.flags & flag.LOSS_IN_ROUND) === 0) {
      b.lossRound = b.total;
      b.undoState = b.state;
      b.undoBw = b.bwShort;
      b.undoShort = b.inflightShort;
      b.undoLong = b.inflightLong;
    }
    b.flags |= flag.LOSS_IN_ROUND;
  }

  #lost(c: Connection, d: Delivery, clock: Clock): void {
    const b = this.#b;
    this.#note();
    if ((b.flags & flag.PROBE_SAMPLES) === 0 || d.sentInFlight === 0) return;
    if (!this.#excessive(c, d)) return;
    // The volume at which losses passed the threshold.
    const before = Math.max(0, d.sentInFlight - d.lost);
    const share = (LOSS_THRESHOLD * before - d.lostSince) /
      (1 - LOSS_THRESHOLD);
    const volume = before + Math.max(0, Math.floor(share));
    this.#tooHigh(c, volume, d.appLimited, clock);
  }

  /** Too much was in flight while probing: that is the bound from now on. */
  #tooHigh(
    c: Connection,
    volume: number,
    limited: boolean,
    clock: Clock,
  ): void {
    const b = this.#b;
    b.flags &= ~flag.PROBE_SAMPLES;
    if (!limited) {
      const least = Math.floor(this.#target(c) * DECREASE);
      b.inflightLong = Math.max(volume, least);
    }
    if (b.state === UP) this.#down(c, clock);
  }

  // The round-trip time: section 5.3.4.

  #shortest(d: Delivery, clock: Clock): void {
    const b = this.#b;
    const { now } = clock;
    const expired = now > b.probeRttMinAt + PROBE_RTT_INTERVAL;
    b.flags = expired
      ? b.flags | flag.PROBE_RTT_EXPIRED
      : b.flags & ~flag.PROBE_RTT_EXPIRED;
    if (d.rtt >= 0 && (d.rtt < b.probeRttMin || expired)) {
      b.probeRttMin = Math.max(1, Math.ceil(d.rtt));
      b.probeRttMinAt = now;
    }
    if (b.probeRttMin < b.minRtt || now > b.minRttAt + MIN_RTT_LIFE) {
      b.minRtt = b.probeRttMin;
      b.minRttAt = b.probeRttMinAt;
    }
  }

  #probeRtt(c: Connection, d: Delivery, clock: Clock): void {
    const b = this.#b;
    const due = (b.flags & (flag.PROBE_RTT_EXPIRED | flag.IDLE_RESTART)) ===
      flag.PROBE_RTT_EXPIRED;
    if (b.state !== PROBE_RTT && due) {
      this.#saveWindow(c);
      b.state = PROBE_RTT;
      b.probeRttDoneAt = 0;
      b.phase = flag.STOPPING;
      b.nextRound = b.total;
    }
    if (d.delivered > 0) b.flags &= ~flag.IDLE_RESTART;
    if (b.state !== PROBE_RTT) return;
    // What is delivered now says nothing of the rate.
    c.appLimited = b.total + Math.max(1, c.pipe);
    if (b.probeRttDoneAt === 0) {
      if (c.pipe > this.#probeRttWindow(c)) return;
      b.probeRttDoneAt = clock.now + PROBE_RTT_DURATION;
      b.flags &= ~flag.PROBE_RTT_ROUND_DONE;
      b.nextRound = b.total;
      return;
    }
    if ((b.flags & flag.ROUND_START) !== 0) {
      b.flags |= flag.PROBE_RTT_ROUND_DONE;
    }
    if ((b.flags & flag.PROBE_RTT_ROUND_DONE) !== 0) {
      this.#probeRttDone(c, clock);
    }
  }

  #probeRttDone(c: Connection, clock: Clock): void {
    const b = this.#b;
    if (b.probeRttDoneAt === 0 || clock.now <= b.probeRttDoneAt) return;
    b.probeRttMinAt = clock.now;
    c.cwnd = Math.max(c.cwnd, b.priorCwnd);
    this.#resetShort();
    if ((b.flags & flag.FULL_REACHED) !== 0) {
      this.#down(c, clock);
      b.state = CRUISE;
    } else b.state = STARTUP;
  }

  #probeRttWindow(c: Connection): number {
    return Math.max(this.#bdp(WINDOW_GAIN[PROBE_RTT]!), LEAST_SEGMENTS * c.mss);
  }

  // Rate and window: section 5.6.

  #pace(c: Connection, gain: number): void {
    const b = this.#b;
    const rate = gain / WHOLE * b.bw * MARGIN;
    if ((b.flags & flag.FULL_REACHED) === 0 && rate <= b.pacing) return;
    // A rate of 0 would mean none at all.
    b.pacing = Math.max(rate, 1);
    c.pacingRate = b.pacing;
  }

  #bdp(gain: number): number {
    const b = this.#b;
    if (b.minRtt === UNBOUND || b.bw === 0) return b.initialCwnd;
    const octets = gain / WHOLE * b.bw * b.minRtt / SECOND;
    return Math.floor(Math.min(octets, WINDOW_LIMIT));
  }

  /** Leaves room for bursts of this host and of the peer's. */
  #quantize(c: Connection, octets: number): number {
    const burst = Math.min(this.#b.pacing / 1000, QUANTUM_LIMIT);
    const budget = 3 * Math.max(burst, 2 * c.mss);
    const least = Math.max(octets, budget, LEAST_SEGMENTS * c.mss);
    return Math.floor(this.#b.state === UP ? least + 2 * c.mss : least);
  }

  #inflight(c: Connection, gain: number): number {
    return this.#quantize(c, this.#bdp(gain));
  }

  #withHeadroom(c: Connection): number {
    const { inflightLong } = this.#b;
    if (inflightLong === UNBOUND) return UNBOUND;
    const headroom = Math.max(c.mss, Math.floor(HEADROOM * inflightLong));
    return Math.max(inflightLong - headroom, LEAST_SEGMENTS * c.mss);
  }

  #window(c: Connection, d: Delivery): void {
    const b = this.#b;
    const extra = Math.max(b.extraNow, b.extraBefore);
    const most = this.#quantize(c, this.#bdp(WINDOW_GAIN[b.state]!) + extra);
    if ((b.flags & flag.FULL_REACHED) !== 0) {
      c.cwnd = Math.min(c.cwnd + d.delivered, most);
    } else if (c.cwnd < most || b.total < b.initialCwnd) {
      c.cwnd = Math.min(c.cwnd + d.delivered, WINDOW_LIMIT);
    }
    c.cwnd = Math.max(c.cwnd, LEAST_SEGMENTS * c.mss);
    if (b.state === PROBE_RTT) {
      c.cwnd = Math.min(c.cwnd, this.#probeRttWindow(c));
    }
    this.#bound(c);
  }

  #bound(c: Connection): void {
    const b = this.#b;
    let most = UNBOUND;
    if (b.state === CRUISE || b.state === PROBE_RTT) {
      most = this.#withHeadroom(c);
    } else if (b.state >= DOWN) most = b.inflightLong;
    most = Math.max(
      Math.min(most, b.inflightShort),
      LEAST_SEGMENTS * c.mss,
    );
    c.cwnd = Math.min(c.cwnd, most);
  }

  #saveWindow(c: Connection): void {
    const b = this.#b;
    b.priorCwnd = !c.inRecovery && b.state !== PROBE_RTT
      ? c.cwnd
      : Math.max(b.priorCwnd, c.cwnd);
  }
}
