/**
 * Finds what calls of the state machine have changed in a record, and tells a
 * {@linkcode Trace}. So the machine itself knows nothing of it, and costs nothing
 * more where nobody listens.
 *
 * @module
 */

import type { Clock } from "@ethox/nic/device";
import { before } from "@ethox/wire/tcp";
import type { Connection } from "./connection.ts";
import type { CloseReason } from "./handler.ts";
import type { Plan } from "./output.ts";
import { NONE } from "./scoreboard.ts";
import type { Segment } from "./segment.ts";
import * as state from "./state.ts";
import type { Trace } from "./trace.ts";
import * as why from "./why.ts";

/** Why a state follows upon another, where a segment or a user decided it. */
function passage(from: number, to: number): number {
  switch (to) {
    case state.SYN_SENT:
      return why.ACTIVE_OPEN;
    case state.SYN_RECEIVED:
      return from === state.SYN_SENT ? why.CROSSED : why.REQUEST;
    case state.ESTABLISHED:
      return why.CONFIRMED;
    case state.FIN_WAIT_1:
    case state.LAST_ACK:
      return why.FIN_SENT;
    case state.FIN_WAIT_2:
      return why.FIN_ACKNOWLEDGED;
    case state.TIME_WAIT:
      return from === state.CLOSING ? why.FIN_ACKNOWLEDGED : why.FIN_RECEIVED;
    default:
      return why.FIN_RECEIVED;
  }
}

/** The state that a segment leads through on its way from one to another. */
function between(from: number, to: number): number {
  if (from < state.ESTABLISHED && to > state.ESTABLISHED) {
    return state.ESTABLISHED;
  }
  if (from === state.FIN_WAIT_1 && to === state.TIME_WAIT) {
    return state.FIN_WAIT_2;
  }
  return to;
}

/** Why a connection ended. */
function ending(from: number, reason: CloseReason): number {
  switch (reason) {
    case "closed":
      return from === state.LAST_ACK ? why.FIN_ACKNOWLEDGED : why.ABORTED;
    case "reset":
    case "refused":
      return why.RESET;
    case "timeout":
      return why.TIMED_OUT;
    case "unreachable":
      return why.UNREACHABLE;
    default:
      return why.ABORTED;
  }
}

/** Why octets are sent again now, if any are. */
function repetition(c: Connection): number {
  if (c.probe) return why.WINDOW_PROBE;
  if (c.tailProbe) return why.TAIL_PROBE;
  if (c.prompt) return why.KEEP_ALIVE;
  if (c.inLoss || c.state < state.ESTABLISHED) return why.TIMEOUT;
  return why.FAST;
}

/** What was last seen of the record at hand. */
export class Watch {
  readonly #trace: Trace;
  #state = 0;
  #cwnd = 0;
  #ssthresh = 0;
  #recovering = false;
  #timeouts = 0;
  #pacing = 0.5;
  #undos = 0;
  #episodes = 0;
  // Pairs of edges: what was to be sent again before.
  readonly #missing: number[] = [];
  readonly #rack: boolean;
  #srtt = 0.5;
  #rttvar = 0.5;
  #again = 0;

  /** Tells the trace of the clock, and of all that follows. */
  constructor(trace: Trace, clock: Clock, rack: boolean) {
    this.#trace = trace;
    this.#rack = rack;
    trace.begin?.(clock);
  }

  /** A record has just been filled in. */
  opened(c: Connection): void {
    const from = c.state === state.SYN_SENT ? state.CLOSED : state.LISTEN;
    this.#trace.state(c, from, c.state, passage(from, c.state));
  }

  /** A segment is about to be taken. */
  received(c: Connection, s: Segment): void {
    this.before(c);
    this.#trace.received(c, s);
  }

  /** Notes how things are, before something changes them. */
  before(c: Connection): void {
    this.#state = c.state;
    this.#cwnd = c.cwnd;
    this.#ssthresh = c.ssthresh;
    this.#recovering = c.inRecovery;
    this.#timeouts = c.timeouts;
    this.#pacing = c.pacingRate;
    this.#srtt = c.srtt;
    this.#rttvar = c.rttvar;
    this.#undos = c.undos;
    this.#episodes = c.fastRetransmits;
    this.#again = repetition(c);
    this.#missing.length = 0;
    const { board } = c.store;
    for (let n = board.head(c.slot); n !== NONE; n = board.next(n)) {
      if (board.missing(n)) this.#missing.push(board.start(n), board.end(n));
    }
  }

  /** Tells what is different now. */
  after(c: Connection): void {
    this.#round(c);
    this.#losses(c);
    this.#window(c);
    this.#paced(c);
    this.#passed(c);
  }

  /** A plan has gone out. */
  sent(c: Connection, p: Plan): void {
    this.#window(c);
    const again = p.again ? this.#again : why.NEW;
    this.#trace.sent(c, p.sequence, p.length, p.flags, again);
    this.#passed(c);
  }

  /** A connection goes to the table of those in TIME-WAIT. */
  lingers(c: Connection): void {
    const { TIME_WAIT } = state;
    this.#trace.state(c, c.state, TIME_WAIT, passage(c.state, TIME_WAIT));
  }

  /** A connection is about to be closed. */
  closed(c: Connection, reason: CloseReason): void {
    this.#trace.state(c, c.state, state.CLOSED, ending(c.state, reason));
  }

  #passed(c: Connection): void {
    let from = this.#state;
    while (from !== c.state) {
      const to = between(from, c.state);
      this.#trace.state(c, from, to, passage(from, to));
      from = to;
    }
    this.#state = from;
  }

  #round(c: Connection): void {
    const { srtt, rttvar } = c;
    const old = this.#srtt;
    if (srtt === old && rttvar === this.#rttvar) return;
    this.#srtt = srtt;
    this.#rttvar = rttvar;
    // What was measured follows from what became of the average (RFC 6298
    // rules 2.2 and 2.3).
    this.#trace.rtt(c, old === 0 ? srtt : Math.round(old + 8 * (srtt - old)));
  }

  /** Tells of octets that count as lost and did not before. */
  #losses(c: Connection): void {
    const { board } = c.store;
    for (let n = board.head(c.slot); n !== NONE; n = board.next(n)) {
      if (!board.missing(n)) continue;
      let from = board.start(n);
      const end = board.end(n);
      for (let i = 0; i < this.#missing.length; i += 2) {
        const left = this.#missing[i]!;
        const right = this.#missing[i + 1]!;
        if (!before(left, end) || !before(from, right)) continue;
        if (before(from, left)) this.#lost(c, from, left);
        from = right;
        if (!before(from, end)) break;
      }
      if (before(from, end)) this.#lost(c, from, end);
    }
  }

  #lost(c: Connection, from: number, to: number): void {
    let cause = this.#rack ? why.RACK : why.THRESHOLD;
    if (c.timeouts !== this.#timeouts || c.inLoss) cause = why.EXPIRED;
    else if (!c.sackOn) {
      cause = this.#recovering ? why.PARTIAL : why.DUPLICATES;
    }
    this.#trace.lost(c, from, to, cause);
  }

  #window(c: Connection): void {
    const { cwnd, ssthresh } = c;
    if (cwnd === this.#cwnd && ssthresh === this.#ssthresh) return;
    const cause = this.#cause(c);
    this.#cwnd = cwnd;
    this.#ssthresh = ssthresh;
    this.#trace.cwnd(c, cause);
  }

  #paced(c: Connection): void {
    const { pacingRate } = c;
    if (pacingRate === this.#pacing) return;
    this.#pacing = pacingRate;
    this.#trace.pacing(c);
  }

  #cause(c: Connection): number {
    if (c.timeouts !== this.#timeouts) return why.COLLAPSE;
    if (c.undos !== this.#undos) return why.UNDONE;
    if (this.#state < state.ESTABLISHED) return why.INITIAL;
    if (c.inRecovery) {
      if (this.#recovering) return why.REDUCTION;
      return c.fastRetransmits !== this.#episodes ? why.LOSS : why.MARK;
    }
    if (this.#recovering) return why.RECOVERED;
    if (c.control.governs) return why.MODEL;
    if (c.cwnd < this.#cwnd) return why.IDLE;
    if (c.ssthresh < this.#ssthresh) return why.SLOW_START_ENDED;
    if (this.#cwnd < this.#ssthresh) return why.SLOW_START;
    return c.control.name === "cubic" ? why.CUBIC : why.AVOIDANCE;
  }
}
