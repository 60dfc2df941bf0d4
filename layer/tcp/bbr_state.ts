/**
 * What BBR remembers of each connection.
 *
 * One connection is spread out in plain fields; the others lie in arrays. Who
 * has one busy connection pays nothing for that, and nobody's doubles become
 * objects.
 *
 * @module
 */

/** Looks for the bandwidth. */
export const STARTUP = 0;
/** Lets the queue drain that this has built. */
export const DRAIN = 1;
/** Sends less, to leave room. */
export const DOWN = 2;
/** Sends as fast as octets are delivered. */
export const CRUISE = 3;
/** Fills the pipe, before more is tried. */
export const REFILL = 4;
/** Tries more. */
export const UP = 5;
/** Sends little, to see the path without queue. */
export const PROBE_RTT = 6;

/** Names of the states, for those who look on. */
export const BBR_STATES = [
  "STARTUP",
  "DRAIN",
  "PROBE_BW_DOWN",
  "PROBE_BW_CRUISE",
  "PROBE_BW_REFILL",
  "PROBE_BW_UP",
  "PROBE_RTT",
] as const;

/** The pipe was full once. */
export const FULL_REACHED = 1;
/** The rate does not grow any more. */
export const FULL_NOW = 2;
/** This ACK begins a round. */
export const ROUND_START = 4;
/** Something was lost in this round. */
export const LOSS_IN_ROUND = 8;
/** This ACK ends a round of losses. */
export const LOSS_ROUND_START = 16;
/** ACKs may still be of octets sent to probe for more. */
export const PROBE_SAMPLES = 32;
/** Octets are sent after idleness, and none is acknowledged. */
export const IDLE_RESTART = 64;
/** A round of PROBE_RTT has passed. */
export const PROBE_RTT_ROUND_DONE = 128;
/** The shortest round trip is not known for sure any more. */
export const PROBE_RTT_EXPIRED = 256;

// What ACKs tell of, section 5.3.3.6.

/** ACKs may still be of octets that were sent to probe. */
export const STOPPING = 1;
/** The pipe is being filled. */
export const REFILLING = 2;
/** Probing has begun, and nothing of it is acknowledged. */
export const STARTING = 3;
/** ACKs are of octets that were sent to probe. */
export const FEEDBACK = 4;

/** No bound, octets. */
export const UNBOUND = 0x7fffffff;

// How many numbers of each kind there are, in the order of their declarations.
const INTS = 19;
const DOUBLES = 16;
const BYTES = 6;

/** The state of one connection, which {@linkcode BbrState.load} chooses. */
export class BbrState {
  /** Whose state this is, -1 for nobody's. */
  slot = -1;

  /** One of the constants above. */
  state = 0;
  /** What ACKs now tell of, a constant above. */
  phase = 0;
  /** Rounds of raising the upper bound. */
  upRounds = 0;
  /** Rounds in which the rate hardly grew. */
  fullCount = 0;
  /** The state when losses began. */
  undoState = 0;
  /** ACKs with losses in this round. */
  lossEvents = 0;
  /** Bits, as above. */
  flags = 0;

  /** Upper bound of what is in flight, learned by probing. */
  inflightLong = UNBOUND;
  /** Lower bound, learned from losses while not probing. */
  inflightShort = UNBOUND;
  /** Most octets delivered in a round trip of the latest round. */
  inflightLatest = 0;
  /** Least round-trip time, µs. */
  minRtt = UNBOUND;
  /** The same since PROBE_RTT was last considered, µs. */
  probeRttMin = UNBOUND;
  /** Window before losses or PROBE_RTT. */
  priorCwnd = 0;
  /** Window at first. */
  initialCwnd = 0;
  /** Rounds so far. */
  rounds = 0;
  /** Rounds since the last probe for bandwidth. */
  roundsSinceProbe = 0;
  /** Time until the next, µs. */
  probeWait = 0;
  /** Round in which DRAIN began. */
  drainRound = 0;
  /** Octets by which the upper bound grows with each window. */
  upGrowth = 0;
  /** Octets delivered since {@linkcode extraAt}. */
  extraDelivered = 0;
  /** Most octets delivered beyond expectation, in two spans of rounds. */
  extraNow = 0;
  extraBefore = 0;
  /** Round in which the first of these began. */
  extraRound = 0;
  /** Bounds before losses. */
  undoLong = UNBOUND;
  undoShort = UNBOUND;

  /** Highest delivery rate of this cycle, octets a second. */
  bwNow = 0.5;
  /** The same of this cycle and the last. */
  bwMax = 0.5;
  /** Lower bound of the rate, learned from losses. */
  bwShort = 0.5;
  /** Highest rate of the latest round. */
  bwLatest = 0.5;
  /** The rate at which octets are sent. */
  pacing = 0.5;
  /** Octets delivered so far, as the record counts them. */
  total = 0.5;
  /** The rate that all follows from. */
  bw = 0.5;
  /** The rate that has to be exceeded, or the pipe is full. */
  fullBw = 0.5;
  /** Octets delivered when the round ends, and the round of losses. */
  nextRound = 0.5;
  lossRound = 0.5;
  /** When the cycle began, µs. */
  cycleAt = 0.5;
  /** When the least round-trip times were measured, µs. */
  minRttAt = 0.5;
  probeRttMinAt = 0.5;
  /** When PROBE_RTT may end, µs; 0 if that is not known yet. */
  probeRttDoneAt = 0.5;
  /** When counting of what is delivered beyond expectation began, µs. */
  extraAt = 0.5;
  /** Rate before losses. */
  undoBw = 0.5;

  readonly #ints: Int32Array;
  readonly #doubles: Float64Array;
  readonly #bytes: Uint8Array;

  /** Room for the slots `0` to `connections - 1`. */
  constructor(connections: number) {
    this.#ints = new Int32Array(connections * INTS);
    this.#doubles = new Float64Array(connections * DOUBLES);
    this.#bytes = new Uint8Array(connections * BYTES);
  }

  /** Spreads out the state of a slot. */
  load(slot: number): void {
    if (slot === this.slot) return;
    if (this.slot >= 0) this.#save();
    this.slot = slot;
    const bytes = this.#bytes;
    let i = slot * BYTES;
    this.state = bytes[i++]!;
    this.phase = bytes[i++]!;
    this.upRounds = bytes[i++]!;
    this.fullCount = bytes[i++]!;
    this.undoState = bytes[i++]!;
    this.lossEvents = bytes[i]!;
    const ints = this.#ints;
    i = slot * INTS;
    this.flags = ints[i++]!;
    this.inflightLong = ints[i++]!;
    this.inflightShort = ints[i++]!;
    this.inflightLatest = ints[i++]!;
    this.minRtt = ints[i++]!;
    this.probeRttMin = ints[i++]!;
    this.priorCwnd = ints[i++]!;
    this.initialCwnd = ints[i++]!;
    this.rounds = ints[i++]!;
    this.roundsSinceProbe = ints[i++]!;
    this.probeWait = ints[i++]!;
    this.drainRound = ints[i++]!;
    this.upGrowth = ints[i++]!;
    this.extraDelivered = ints[i++]!;
    this.extraNow = ints[i++]!;
    this.extraBefore = ints[i++]!;
    this.extraRound = ints[i++]!;
    this.undoLong = ints[i++]!;
    this.undoShort = ints[i]!;
    const doubles = this.#doubles;
    i = slot * DOUBLES;
    this.bwNow = doubles[i++]!;
    this.bwMax = doubles[i++]!;
    this.bwShort = doubles[i++]!;
    this.bwLatest = doubles[i++]!;
    this.bw = doubles[i++]!;
    this.fullBw = doubles[i++]!;
    this.nextRound = doubles[i++]!;
    this.lossRound = doubles[i++]!;
    this.cycleAt = doubles[i++]!;
    this.minRttAt = doubles[i++]!;
    this.probeRttMinAt = doubles[i++]!;
    this.probeRttDoneAt = doubles[i++]!;
    this.extraAt = doubles[i++]!;
    this.undoBw = doubles[i++]!;
    this.pacing = doubles[i++]!;
    this.total = doubles[i]!;
  }

  /** Puts the state back into the arrays. */
  #save(): void {
    const { slot } = this;
    const bytes = this.#bytes;
    let i = slot * BYTES;
    bytes[i++] = this.state;
    bytes[i++] = this.phase;
    bytes[i++] = this.upRounds;
    bytes[i++] = this.fullCount;
    bytes[i++] = this.undoState;
    bytes[i] = this.lossEvents;
    const ints = this.#ints;
    i = slot * INTS;
    ints[i++] = this.flags;
    ints[i++] = this.inflightLong;
    ints[i++] = this.inflightShort;
    ints[i++] = this.inflightLatest;
    ints[i++] = this.minRtt;
    ints[i++] = this.probeRttMin;
    ints[i++] = this.priorCwnd;
    ints[i++] = this.initialCwnd;
    ints[i++] = this.rounds;
    ints[i++] = this.roundsSinceProbe;
    ints[i++] = this.probeWait;
    ints[i++] = this.drainRound;
    ints[i++] = this.upGrowth;
    ints[i++] = this.extraDelivered;
    ints[i++] = this.extraNow;
    ints[i++] = this.extraBefore;
    ints[i++] = this.extraRound;
    ints[i++] = this.undoLong;
    ints[i] = this.undoShort;
    const doubles = this.#doubles;
    i = slot * DOUBLES;
    doubles[i++] = this.bwNow;
    doubles[i++] = this.bwMax;
    doubles[i++] = this.bwShort;
    doubles[i++] = this.bwLatest;
    doubles[i++] = this.bw;
    doubles[i++] = this.fullBw;
    doubles[i++] = this.nextRound;
    doubles[i++] = this.lossRound;
    doubles[i++] = this.cycleAt;
    doubles[i++] = this.minRttAt;
    doubles[i++] = this.probeRttMinAt;
    doubles[i++] = this.probeRttDoneAt;
    doubles[i++] = this.extraAt;
    doubles[i++] = this.undoBw;
    doubles[i++] = this.pacing;
    doubles[i] = this.total;
  }

  /** A connection of which nothing is known yet. */
  clear(now: number, window: number): void {
    this.state =
      this.phase =
      this.upRounds =
      this.fullCount =
        0;
    this.undoState = this.lossEvents = this.flags = 0;
    this.inflightLong = this.inflightShort = UNBOUND;
    this.undoLong = this.undoShort = UNBOUND;
    this.minRtt = this.probeRttMin = UNBOUND;
    this.inflightLatest = this.priorCwnd = 0;
    this.initialCwnd = window;
    this.rounds = this.roundsSinceProbe = this.probeWait = 0;
    this.drainRound = this.upGrowth = 0;
    this.extraDelivered = this.extraNow = this.extraBefore = 0;
    this.extraRound = 0;
    this.bwNow =
      this.bwMax =
      this.bwLatest =
      this.bw =
      this.fullBw =
        0;
    this.bwShort = this.undoBw = Infinity;
    this.nextRound =
      this.lossRound =
      this.pacing =
      this.total =
        0;
    this.cycleAt =
      this.minRttAt =
      this.probeRttMinAt =
      this.extraAt =
        now;
    this.probeRttDoneAt = 0;
  }
}
