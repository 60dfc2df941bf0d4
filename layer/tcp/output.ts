/**
 * What a connection sends next, and when it wants to be asked again: RFC 9293
 * sections 3.8.4 to 3.8.6. Functions over the record, without packets.
 *
 * @module
 */

import * as acks from "./acks.ts";
import type { Clock } from "@ethox/nic/device";
import { before, MAX_OPTIONS_LENGTH } from "@ethox/wire/tcp";
import type { Connection } from "./connection.ts";
import * as doubt from "./doubt.ts";
import * as ecn from "./ecn.ts";
import { spend } from "./pacing.ts";
import * as rate from "./delivery_rate.ts";
import * as plpmtud from "./plpmtud.ts";
import * as pmtu from "./pmtu.ts";
import * as prr from "./prr.ts";
import * as recovery from "./recovery.ts";
import { backOff, timeout } from "./rto.ts";
import { ACK, CWR, FIN, PSH, SYN } from "./segment.ts";
import { NONE } from "./scoreboard.ts";
import * as state from "./state.ts";
import { finSent } from "./state.ts";
import { TIMESTAMPS_LENGTH } from "./syn_options.ts";
import * as tail from "./tail_loss.ts";
import type { Tuning } from "./tuning.ts";
import * as undo from "./undo.ts";
import { userTimeout } from "./user_timeout.ts";
import * as upkeep from "./upkeep.ts";
import { used } from "./validation.ts";

/** Octets sent within 1/64 of a round trip are one node of the scoreboard. */
const SLACK = 6;

/** The segment to send; reused for the next. */
export class Plan {
  /** Control bits, 0 for no segment at all. */
  flags = 0;
  /** SEG.SEQ, int32. */
  sequence = 0;
  /** Offset of the payload from SND.UNA, as `SendBuf.fill` wants it. */
  offset = 0;
  /** Octets of payload. */
  length = 0;
  /** Octets that were sent before are sent again. */
  again = false;
  /** Routers may mark the packet, RFC 3168. */
  markable = false;
  /** Octets of the SACK option. */
  sack = 0;
  /** Octets of payload of one segment: of each, if the device is to cut it. */
  size = 0;
  /** It is a probe of the tail of the flight, RFC 8985 section 7. */
  tail = false;
  /** Octets wait for a cork to be taken out. */
  withheld = false;
  /** The user time-out option, 0 for none. */
  timeout = 0;
  /** Urgent pointer, where URG is among the flags. */
  urgent = 0;

  /** Sets all. */
  set(flags: number, sequence: number, offset: number, length: number): this {
    this.flags = flags;
    this.sequence = sequence;
    this.offset = offset;
    this.length = length;
    this.again = this.markable = false;
    this.urgent = this.timeout = 0;
    return this;
  }
}

/** Octets of the send buffer that may be sent at all, counted from SND.UNA. */
function sendable(c: Connection): number {
  // What a buffer grows by after the FIN is never sent.
  if (finSent(c.state)) return Math.max(0, c.flight - 1);
  return c.sendBuf.available();
}

/**
 * Decides on the next segment; `largest` octets of payload is what the device
 * takes at once. `plan.flags` is 0 if there is nothing to send.
 */
export function plan(
  c: Connection,
  p: Plan,
  largest: number,
  tuning: Tuning,
): void {
  p.set(0, 0, 0, 0);
  p.withheld = p.tail = false;
  p.sack = 0;
  p.size = c.mss;
  switch (c.state) {
    case state.SYN_SENT:
      if (c.sndNxt === c.iss) {
        const again = c.sndMax !== c.iss;
        p.set(SYN | ecn.request(c, again, tuning), c.iss, 0, 0);
        p.again = again;
        if (c.synRoom > 0 && !again) {
          p.length = Math.min(c.synRoom, largest, c.sendBuf.available());
        }
      }
      return;
    case state.SYN_RECEIVED:
      if (c.sndNxt === c.iss) {
        p.set(SYN | ACK | ecn.confirmation(c.ecnOn), c.iss, 0, 0);
        p.again = c.early ? c.timeouts > 0 : c.sndMax !== c.iss;
      } else if (c.early) early(c, p, largest, tuning);
      else if (c.ackNow) p.set(ACK, c.sndNxt, 0, 0);
      return;
    case state.CLOSED:
    case state.LISTEN:
    case state.TIME_WAIT:
      return;
  }
  const sack = c.sackOn ? c.store.lists.optionLength(c.slot, spare(c)) : 0;
  // Data that would mostly be options goes without, and an ACK by itself.
  if (sack > 0 && 2 * sack <= c.mss) {
    p.sack = sack;
    p.size = c.mss - sack;
    if (largest > 0) {
      largest = Math.max(p.size, largest - sack - (largest - sack) % p.size);
    }
  }
  if (c.tailProbe && tailProbe(c, p)) return;
  if (c.retransmit || c.store.board.lost[c.slot] !== 0) {
    again(c, p, largest);
    if (p.flags !== 0) return;
  }
  if (c.probe) {
    if (c.flight > 0 || starved(c)) return probe(c, p);
    c.probe = false;
  }
  if (c.prompt) {
    // RFC 9293 section 3.8.4: what was acknowledged long ago, and no octet of it
    // (SHLD-12).
    if (c.flight === 0) return void p.set(ACK, (c.sndMax - 1) | 0, 0, 0);
    c.prompt = false;
  }
  fresh(c, p, largest, tuning);
  if (p.flags === 0 && (c.ackNow || c.dupAcksOwed > 0)) {
    p.set(ACK, c.sndMax, 0, 0);
    p.sack = sack;
  }
}

/** Octets behind a SYN,ACK that is not acknowledged yet, RFC 7413 section 4.2.2. */
function early(c: Connection, p: Plan, largest: number, tuning: Tuning): void {
  if (c.store.board.lost[c.slot] !== 0) again(c, p, largest);
  if (p.flags === 0) fresh(c, p, largest, tuning);
  // FIN waits, as does the state that it leads to.
  p.flags &= ~FIN;
  if (p.length > 0) return;
  p.flags = 0;
  if (c.ackNow) p.set(ACK, c.sndMax, 0, 0);
}

/** Octets of options that timestamps leave. */
function spare(c: Connection): number {
  return MAX_OPTIONS_LENGTH - (c.tsOn ? TIMESTAMPS_LENGTH : 0);
}

/** What is lost, from its first octet on, as the windows allow. */
function again(c: Connection, p: Plan, largest: number): void {
  const { board } = c.store;
  const { slot } = c;
  const mss = p.size;
  let node = board.nextLost(slot);
  if (node === NONE) {
    // A segment was too large for the path, say: it is lost by decree.
    if (c.flight > 0) recovery.cover(c);
    board.loseFirst(slot, mss);
    node = board.nextLost(slot);
    if (node === NONE) {
      c.retransmit = false;
      return;
    }
  }
  const start = board.start(node);
  const offset = (start - c.sndUna) | 0;
  let octets = (board.end(node) - start) | 0;
  for (let next = board.next(node); next !== NONE; next = board.next(next)) {
    if (octets >= largest || !board.missing(next)) break;
    octets = (board.end(next) - start) | 0;
  }
  // The first segment of an episode goes whatever window and pacing say.
  if (c.retransmit) largest = Math.max(largest, mss);
  const room = c.retransmit ? mss : c.cwnd - c.pipe;
  if (largest <= 0 || room < Math.min(octets, mss)) return;
  // RFC 9293 section 3.8.6, SHLD-16: nothing beyond a window that has shrunk, but
  // for what scaling has rounded off (RFC 7323 section 2.4). A closed one is for
  // probes.
  const rounded = c.sndWnd > 0 ? (1 << c.sndScale) - 1 : 0;
  let length = Math.min(octets, c.sndWnd + rounded - offset);
  if (length <= 0) return;
  length = Math.min(length, largest, Math.max(mss, room - room % mss));
  // New octets fill the last segment up, a probe of a window say.
  if (offset + length === c.flight && length < mss && !finSent(c.state)) {
    const most = Math.min(sendable(c), c.sndWnd) - offset;
    if (most > length) length = Math.min(most, mss);
  }
  repeat(c, p, start, length);
}

/** The octets from `start` on once more, FIN included. */
function repeat(
  c: Connection,
  p: Plan,
  start: number,
  length: number,
): void {
  const offset = (start - c.sndUna) | 0;
  const total = sendable(c);
  const data = Math.max(0, Math.min(length, total - offset));
  p.set(ACK, start, offset, data);
  p.again = true;
  if (data > 0 && offset + data === total) p.flags |= PSH;
  if (offset + data === total && finSent(c.state)) p.flags |= FIN;
  else if (offset + data === total && c.sendFinished) p.flags |= FIN;
}

/**
 * A probe of the tail, RFC 8985 section 7.3: new octets, or the last ones once
 * more; false if there are neither.
 */
function tailProbe(c: Connection, p: Plan): boolean {
  const { board } = c.store;
  const { slot, flight } = c;
  const mss = p.size;
  const left = Math.min(sendable(c), c.sndWnd) - flight;
  if (flight > 0 && left > 0 && !finSent(c.state)) {
    const length = Math.min(left, mss);
    p.set(ACK, c.sndNxt, flight, length);
    if (flight + length === sendable(c)) {
      p.flags |= PSH;
      if (c.sendFinished) p.flags |= FIN;
    }
  } else if (flight > 0 && flight <= c.sndWnd + 1) {
    recovery.cover(c);
    const tail = board.tail(slot);
    const start = before(board.start(tail), (c.sndMax - mss) | 0)
      ? (c.sndMax - mss) | 0
      : board.start(tail);
    repeat(c, p, start, (c.sndMax - start) | 0);
  } else {
    c.tailProbe = false;
    return false;
  }
  p.tail = true;
  return true;
}

/**
 * One octet into a closed window, RFC 9293 section 3.8.6.1; all that fits into a
 * small one, once it has been small for long enough (section 3.8.6.2.1).
 */
function probe(c: Connection, p: Plan): void {
  const length = Math.min(Math.max(1, c.sndWnd), sendable(c), p.size);
  p.set(ACK, c.sndUna, 0, length);
  p.again = c.flight > 0;
  if (length === 0 && finSent(c.state)) p.flags |= FIN;
}

/** New octets, as the windows allow. */
function fresh(c: Connection, p: Plan, largest: number, tuning: Tuning): void {
  const offset = c.flight;
  const { size } = p;
  const total = sendable(c);
  const left = total - offset;
  const finished = finSent(c.state) || c.shut || c.sendBuf.finished;
  const room = recovery.limit(c, tuning) - c.pipe;
  if (c.searching && p.sack === 0 && largest > 0) {
    const probe = plpmtud.next(c, left, room);
    if (probe < 0) return;
    if (probe > 0) {
      p.size = probe;
      return void p.set(ACK, c.sndMax, offset, probe);
    }
  }
  let length = Math.min(left, room, c.sndWnd - offset, largest);
  if (length <= 0) {
    // A FIN that stands alone needs no window.
    if (left === 0 && finished && !finSent(c.state)) {
      p.set(ACK | FIN, c.sndMax, offset, 0);
    } else if (left <= 0 && room > 0) rate.idle(c);
    return;
  }
  if (length < left) {
    // Whole segments only, so that the rest fills one later.
    if (length >= size) length -= length % size;
    // Silly window avoidance, RFC 9293 section 3.8.6.2.1.
    else if (length < c.sndWndMax >> 1) return;
  } else if (length % size !== 0 && !finished) {
    p.withheld = c.cork && !c.uncork;
    // Nagle's algorithm: one short segment in flight at a time.
    if (
      p.withheld ||
      (!c.noDelay && c.flight > 0 && before(c.sndUna, c.sndSmall))
    ) {
      length -= length % size;
      if (length === 0) return;
    }
  }
  p.set(ACK, c.sndMax, offset, length);
  if (length === left) {
    p.flags |= PSH;
    if (finished) p.flags |= FIN;
  }
}

/**
 * Enters in the record that a plan has gone out. `window` is the right edge that
 * the segment announced.
 */
export function sent(
  c: Connection,
  p: Plan,
  clock: Clock,
  tuning: Tuning,
): void {
  counted(c);
  if ((p.flags & ACK) !== 0) {
    const bare = p.length === 0 && (p.flags & (SYN | FIN)) === 0;
    if (bare && c.dupAcksOwed > 0) c.dupAcksOwed--;
    acks.acknowledged(c, p.length);
  }
  const control = ((p.flags >> 1) & 1) + (p.flags & 1);
  const first = c.sndMax === c.sndUna;
  const end = (p.sequence + p.length + control) | 0;
  if (p.timeout !== 0) c.tellTimeout = false;
  // Also where the buffer had nothing for them: they are not asked for again.
  if (p.again) c.retransmit = false;
  if ((p.flags & (CWR | SYN)) === CWR) c.cwrOwed = false;
  if (end === p.sequence) {
    c.probe = c.prompt = false;
    return;
  }
  if ((p.flags & SYN) !== 0) timed(c, p, end, clock);
  else if (p.again) resent(c, p, end, clock);
  else noted(c, end, clock);
  if ((p.flags & SYN) !== 0 && !p.again) c.synRoom = p.length;
  if (p.length > 0) {
    c.dataSegmentsSent++;
    pmtu.sent(c, p, end);
  }
  if (p.again) {
    c.retransmissions++;
    c.octetsRepeated += p.length;
  }
  c.probe = false;
  // Behind a SYN,ACK that is repeated there may be octets (RFC 7413).
  c.sndNxt = before(c.sndMax, end) ? end : c.sndMax;
  if (before(c.sndMax, end)) {
    c.sndMax = end;
    if (p.length % p.size !== 0) {
      c.sndSmall = end;
      c.uncork = false;
    }
  }
  if ((p.flags & FIN) !== 0) {
    if (c.state === state.ESTABLISHED) c.state = state.FIN_WAIT_1;
    else if (c.state === state.CLOSE_WAIT) c.state = state.LAST_ACK;
  }
  clocked(c, p, first, clock);
  prr.sent(c, p.length);
  used(c, clock, tuning);
  spend(c, p.length, clock);
  if (p.tail) tail.sent(c, end, p.again);
  else if (!p.again && (c.probeAt === Infinity || second(c, p.length))) {
    tail.schedule(c, tuning);
  }
}

/** Whether a flight was of one segment, whose probe waits longer, until now. */
function second(c: Connection, length: number): boolean {
  const { flight, mss } = c;
  return flight > mss && flight - length <= mss;
}

// What follows is small enough to become a part of its caller, and takes no
// double: in a large function the accessors of doubles stay calls, and each then
// makes an object of its number.

function counted(c: Connection): void {
  c.segmentsSent++;
}

/** Karn's algorithm: an answer to a SYN would not say to which copy. */
function timed(c: Connection, p: Plan, end: number, clock: Clock): void {
  c.timing = !p.again;
  c.timedSequence = end;
  c.timedAt = clock.now;
}

/** Octets that were sent within a small part of a round trip fare alike. */
function noted(c: Connection, end: number, clock: Clock): void {
  rate.sending(c, clock);
  c.store.board.sent(c, end, clock.now | 0, c.srtt >> SLACK);
}

/**
 * With nothing in flight before, the timer was that of a wait for the window.
 * What is sent again gets its whole time, too (RFC 6298 section 5).
 */
function clocked(c: Connection, p: Plan, first: boolean, clock: Clock): void {
  if (
    first || c.retransmitAt === Infinity || p.tail ||
    (p.again && p.sequence === c.sndUna)
  ) c.retransmitAt = clock.now + timeout(c);
  c.sentAt = clock.now;
}

/** Octets went out once more. */
function resent(c: Connection, p: Plan, end: number, clock: Clock): void {
  const { board } = c.store;
  recovery.cover(c);
  board.resent(c, p.sequence, end, clock.now | 0, c.srtt >> SLACK);
  if (!p.tail) undo.resent(c, p.sequence, end, clock);
  if (!before(c.sndMax, end)) return;
  rate.sending(c, clock);
  board.sent(c, end, clock.now | 0, 0);
}

/** Octets that there is room for, and that the window field can speak of. */
function room(c: Connection): number {
  return Math.min(c.recvBuf.window(), 0xffff << c.rcvScale);
}

/** The right edge of the window to announce now. */
export function announce(c: Connection): number {
  const edge = (c.rcvNxt + room(c)) | 0;
  const window = (edge - c.rcvNxt) | 0;
  if (window > c.rcvWndMax) c.rcvWndMax = window;
  const gain = (edge - c.rcvAdv) | 0;
  if (gain >= step(c, window)) c.rcvAdv = edge;
  return c.rcvAdv;
}

/** Silly window avoidance, RFC 9293 section 3.8.6.2.2: no smaller step. */
function step(c: Connection, window: number): number {
  return Math.min(Math.max(c.rcvWndMax, window) >> 1, c.rcvMss);
}

/** Whether so much room was made that the peer should hear of it unasked. */
export function opened(c: Connection): boolean {
  if (!receiving(c.state)) return false;
  const open = Math.max(0, (c.rcvAdv - c.rcvNxt) | 0);
  const window = room(c);
  const gain = window - open;
  // Never for what `announce` would not tell: the ACK would ask for the next.
  if (gain <= 0 || gain < step(c, window)) return false;
  return gain >= c.rcvWndMax >> 2 || open < 2 * c.rcvMss;
}

function receiving(current: number): boolean {
  return current === state.ESTABLISHED || current === state.FIN_WAIT_1 ||
    current === state.FIN_WAIT_2;
}

/**
 * Whether nothing is in flight though octets or FIN wait: the peer's window
 * holds them back, or they could not be sent.
 */
export function starved(c: Connection): boolean {
  if (c.flight > 0) return false;
  if (c.state !== state.ESTABLISHED && c.state !== state.CLOSE_WAIT) {
    return false;
  }
  return c.sendFinished || sendable(c) > 0;
}

/** A window that is too small is used all the same after this, µs (section 3.8.6.2.1). */
const OVERRIDE = 1_000_000;

/** How long what is {@linkcode starved} waits, µs. */
export function patience(c: Connection): number {
  return c.sndWnd > 0 ? Math.min(timeout(c), OVERRIDE) : timeout(c);
}

/** Whether there is something to send that pacing does not hold back. */
export function urgent(c: Connection): boolean {
  return c.ackNow || c.dupAcksOwed > 0 || c.retransmit || c.probe || c.prompt ||
    c.tailProbe || c.state === state.CLOSED;
}

/** The connection was given up. */
export const GIVEN_UP = 1;
/** There may be something to send. */
export const DUE = 2;

/** Looks at all timers of a connection whose time may have come. */
export function tick(c: Connection, clock: Clock, tuning: Tuning): number {
  const now = clock.now;
  let events = 0;
  if (now >= c.ackAt) {
    acks.expired(c);
    events = DUE;
  }
  if (now >= c.lingerAt) return GIVEN_UP;
  if (c.upkeep && now >= c.upkeepAt) {
    const outcome = upkeep.tick(c, clock, tuning);
    if (outcome === upkeep.DEAD) return GIVEN_UP;
    if (outcome === upkeep.SEND) events = DUE;
  }
  if (now >= c.probeAt && !recovery.early(c, clock, tuning)) {
    recovery.tick(c, clock, tuning);
    events = DUE;
    // A probe has the time-out to itself (RFC 8985 section 7.3).
    if (c.tailProbe) c.retransmitAt = now + timeout(c);
  }
  if (now < c.retransmitAt) return events;
  const handshake = c.state === state.SYN_SENT ||
    c.state === state.SYN_RECEIVED;
  const closed = c.sndWnd === 0 && !handshake;
  if (c.flight === 0 && !handshake && !starved(c)) {
    c.retransmitAt = Infinity;
    // An ACK could not be sent.
    return c.ackNow || c.dupAcksOwed > 0 ? DUE : events;
  }
  if (c.flight > 0 || !closed) {
    if (c.stuckSince === Infinity) c.stuckSince = now - timeout(c);
    const limit = handshake ? tuning.connectTimeout : userTimeout(c, tuning);
    if (now - c.stuckSince >= limit) return GIVEN_UP;
    // Who asked, and who was asked.
    const most = c.share === 0 ? tuning.synRetries : tuning.synAckRetries;
    if (handshake && c.timeouts >= most) return GIVEN_UP;
  }
  if (closed) {
    if (c.lingerAt === Infinity) {
      c.lingerAt = now +
        (c.orphan ? tuning.orphanTimeout : tuning.zeroWindowTimeout);
    }
    c.probe = true;
    backOff(c);
  } else if (
    !handshake && c.flight === 0 && c.sndWnd < Math.min(c.mss, sendable(c))
  ) {
    // Silly as the window is, it has stayed so.
    c.probe = true;
  } else {
    c.timeouts++;
    c.tries++;
    c.timing = false;
    if (handshake) c.sndNxt = c.iss;
    recovery.expired(c, clock, tuning);
    backOff(c);
    pmtu.timedOut(c, clock, tuning);
    c.doubtful = doubt.reached(c);
  }
  c.retransmitAt = now + timeout(c);
  return DUE;
}

/** When {@linkcode tick} should be called at the latest, µs. */
export function deadline(c: Connection): number {
  const due = Math.min(c.retransmitAt, c.probeAt, c.ackAt, c.lingerAt);
  return c.upkeep ? Math.min(due, c.upkeepAt) : due;
}
