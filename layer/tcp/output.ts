/**
 * What a connection sends next, and when it wants to be asked again: RFC 9293
 * sections 3.8.4 to 3.8.6. Functions over the record, without packets.
 *
 * @module
 */

import * as acks from "./acks.ts";
import type { Clock } from "@ethox/nic/device";
import { before } from "@ethox/wire/tcp";
import type { Connection } from "./connection.ts";
import * as doubt from "./doubt.ts";
import * as ecn from "./ecn.ts";
import { finSent } from "./input.ts";
import { spend } from "./pacing.ts";
import * as recovery from "./recovery.ts";
import { backOff, timeout } from "./rto.ts";
import { ACK, CWR, FIN, PSH, SYN } from "./segment.ts";
import * as state from "./state.ts";
import type { Tuning } from "./tuning.ts";
import * as upkeep from "./upkeep.ts";
import { used } from "./validation.ts";

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
  /** Octets wait for a cork to be taken out. */
  withheld = false;
  /** Urgent pointer, where URG is among the flags. */
  urgent = 0;

  /** Sets all. */
  set(flags: number, sequence: number, offset: number, length: number): this {
    this.flags = flags;
    this.sequence = sequence;
    this.offset = offset;
    this.length = length;
    this.again = this.markable = false;
    this.urgent = 0;
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
  p.withheld = false;
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
      } else if (c.early) early(c, p, largest);
      else if (c.ackNow) p.set(ACK, c.sndNxt, 0, 0);
      return;
    case state.CLOSED:
    case state.LISTEN:
    case state.TIME_WAIT:
      return;
  }
  if (c.retransmit) {
    if (c.flight > 0) return again(c, p);
    c.retransmit = false;
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
  fresh(c, p, largest);
  if (p.flags === 0 && (c.ackNow || c.dupAcksOwed > 0)) {
    p.set(ACK, c.sndMax, 0, 0);
  }
}

/** Octets behind a SYN,ACK that is not acknowledged yet, RFC 7413 section 4.2.2. */
function early(c: Connection, p: Plan, largest: number): void {
  fresh(c, p, largest);
  // FIN waits, as does the state that it leads to.
  p.flags &= ~FIN;
  if (p.length > 0) return;
  p.flags = 0;
  if (c.ackNow) p.set(ACK, c.sndMax, 0, 0);
}

/** The first unacknowledged segment once more. */
function again(c: Connection, p: Plan): void {
  const total = sendable(c);
  const length = Math.min(c.mss, total, c.flight);
  p.set(ACK, c.sndUna, 0, length);
  p.again = true;
  if (length === total && finSent(c.state)) p.flags |= FIN;
  if (length === total) p.flags |= PSH;
}

/**
 * One octet into a closed window, RFC 9293 section 3.8.6.1; all that fits into a
 * small one, once it has been small for long enough (section 3.8.6.2.1).
 */
function probe(c: Connection, p: Plan): void {
  const length = Math.min(Math.max(1, c.sndWnd), sendable(c), c.mss);
  p.set(ACK, c.sndUna, 0, length);
  p.again = c.flight > 0;
  if (length === 0 && finSent(c.state)) p.flags |= FIN;
}

/** Octets from SND.NXT on, as the windows allow. */
function fresh(c: Connection, p: Plan, largest: number): void {
  const offset = (c.sndNxt - c.sndUna) | 0;
  const total = sendable(c);
  const left = total - offset;
  const finished = finSent(c.state) || c.shut || c.sendBuf.finished;
  const window = Math.min(recovery.limit(c), c.sndWnd);
  let length = Math.min(left, window - offset, largest);
  if (length <= 0) {
    // A FIN that stands alone needs no window.
    if (
      left === 0 && finished && !(c.sndNxt === c.sndMax && finSent(c.state))
    ) {
      p.set(ACK | FIN, c.sndNxt, offset, 0);
      p.again = c.sndNxt !== c.sndMax;
    }
    return;
  }
  const repeated = before(c.sndNxt, c.sndMax);
  if (length < left) {
    // Whole segments only, so that the rest fills one later.
    if (length >= c.mss) length -= length % c.mss;
    // Silly window avoidance, RFC 9293 section 3.8.6.2.1. What was sent before
    // is sent again into any window, or a shrunken one would end all.
    else if (length < c.sndWndMax >> 1 && !repeated) return;
  } else if (length % c.mss !== 0 && !finished && !repeated) {
    p.withheld = c.cork && !c.uncork;
    // Nagle's algorithm: one short segment in flight at a time.
    if (
      p.withheld ||
      (!c.noDelay && c.flight > 0 && before(c.sndUna, c.sndSmall))
    ) {
      length -= length % c.mss;
      if (length === 0) return;
    }
  }
  p.set(ACK, c.sndNxt, offset, length);
  p.again = repeated;
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
  c.segmentsSent++;
  if ((p.flags & ACK) !== 0) {
    const bare = p.length === 0 && (p.flags & (SYN | FIN)) === 0;
    if (bare && c.dupAcksOwed > 0 && c.ackSent === c.rcvNxt) c.dupAcksOwed--;
    acks.acknowledged(c, p.length);
  }
  const control = ((p.flags >> 1) & 1) + (p.flags & 1);
  const first = c.sndMax === c.sndUna;
  const end = (p.sequence + p.length + control) | 0;
  // Also where the buffer had nothing for them: they are not asked for again.
  if (p.again) c.retransmit = false;
  if ((p.flags & (CWR | SYN)) === CWR) c.cwrOwed = false;
  if (end === p.sequence) {
    c.probe = c.prompt = false;
    return;
  }
  if (p.again) {
    c.retransmissions++;
    // Karn's algorithm: an answer would not say to which copy.
    c.timing = false;
  } else if (!c.timing && !c.probe) {
    c.timing = true;
    c.timedSequence = end;
    c.timedAt = clock.now;
  }
  if ((p.flags & SYN) !== 0 && !p.again) c.synRoom = p.length;
  c.probe = false;
  if (before(c.sndNxt, end)) c.sndNxt = end;
  if (before(c.sndMax, end)) {
    c.sndMax = end;
    if (p.length % c.mss !== 0) {
      c.sndSmall = end;
      c.uncork = false;
    }
  }
  if ((p.flags & FIN) !== 0) {
    if (c.state === state.ESTABLISHED) c.state = state.FIN_WAIT_1;
    else if (c.state === state.CLOSE_WAIT) c.state = state.LAST_ACK;
  }
  // With nothing in flight before, the timer was that of a wait for the window.
  if (first || c.retransmitAt === Infinity) {
    c.retransmitAt = clock.now + timeout(c);
  }
  c.sentAt = clock.now;
  used(c, clock, tuning);
  spend(c, p.length, clock);
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
    c.state === state.CLOSED;
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
    const outcome = upkeep.tick(c, clock);
    if (outcome === upkeep.DEAD) return GIVEN_UP;
    if (outcome === upkeep.SEND) events = DUE;
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
    const patience = c.userTimeout !== 0 ? c.userTimeout : tuning.userTimeout;
    if (c.stuckSince === Infinity) c.stuckSince = now - timeout(c);
    const limit = handshake ? tuning.connectTimeout : patience;
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
    recovery.expired(c, clock);
    c.timing = false;
    c.retransmit = false;
    c.sndNxt = handshake ? c.iss : c.sndUna;
    backOff(c);
    c.doubtful = doubt.reached(c);
  }
  c.retransmitAt = now + timeout(c);
  return DUE;
}

/** When {@linkcode tick} should be called at the latest, µs. */
export function deadline(c: Connection): number {
  const due = Math.min(c.retransmitAt, c.ackAt, c.lingerAt);
  return c.upkeep ? Math.min(due, c.upkeepAt) : due;
}
