/**
 * What a segment does to a connection, RFC 9293 section 3.10.7, with the
 * defences of [RFC 5961](https://www.rfc-editor.org/rfc/rfc5961): functions over
 * the record, without packets.
 *
 * @module
 */

import type { Clock } from "@ethox/nic/device";
import { before, beforeOrEqual } from "@ethox/wire/tcp";
import type { Connection } from "./connection.ts";
import { Delivery } from "./control.ts";
import * as acks from "./acks.ts";
import * as ecn from "./ecn.ts";
import * as keepalive from "./keepalive.ts";
import { negotiate } from "./negotiation.ts";
import { pace } from "./pacing.ts";
import * as plpmtud from "./plpmtud.ts";
import * as pmtu from "./pmtu.ts";
import * as recovery from "./recovery.ts";
import { timeout } from "./rto.ts";
import { ACK, FIN, RST, type Segment, SYN } from "./segment.ts";
import * as selective from "./selective.ts";
import * as state from "./state.ts";
import { finSent } from "./state.ts";
import * as tail from "./tail_loss.ts";
import { remember, stale } from "./timestamps.ts";
import type { Tuning } from "./tuning.ts";
import { take } from "./user_timeout.ts";
import * as urgent from "./urgent.ts";

/** Answer with RST whose sequence number is the segment's acknowledgment. */
export const REPLY_RESET = 1;
/** The handshake is complete. */
export const ESTABLISHED = 2;
/** Octets, or the FIN behind them, became readable. */
export const RECEIVED = 4;
/** Sent octets were acknowledged. */
export const ACKNOWLEDGED = 8;
/** The peer reset the connection. */
export const RESET = 16;
/** The connection is over: both FINs are acknowledged. */
export const FINISHED = 32;
/** The connection goes to TIME-WAIT; its last FIN is to be acknowledged. */
export const LINGER = 64;
/** Octets came for a user who is gone: the peer must hear RST. */
export const UNWANTED = 128;
/** The segment was dropped as its ACK or sequence number cannot be right. */
export const REJECTED = 256;
/** The peer's urgent data begins, or reaches further than it did. */
export const URGENT = 512;
/** An echo of a congestion mark has reduced the window. */
export const SLOWED = 1024;

// Filled for each acknowledgment, and read before the next.
const delivery = new Delivery();

/** Whether a segment touches the receive window, RFC 9293 section 3.4. */
export function acceptable(
  sequence: number,
  length: number,
  next: number,
  window: number,
): boolean {
  const first = (sequence - next) | 0;
  if (length === 0) {
    return window === 0 ? first === 0 : first >= 0 && first < window;
  }
  if (window === 0) return false;
  const last = (first + length - 1) | 0;
  return (first >= 0 && first < window) || (last >= 0 && last < window);
}

/** Takes one of the connection's challenge ACKs, if any is left for now. */
export function challenge(c: Connection, clock: Clock, tuning: Tuning): void {
  if (clock.now >= c.challengeAt) {
    // The count is drawn anew for each connection and period, so that an
    // off-path attacker learns nothing by using it up (RFC 5961 section 7).
    c.challenges = tuning.challenges + (tuning.random(c.slot) & 3);
    c.challengeAt = clock.now + tuning.challengePeriod;
  }
  if (c.challenges > 0) {
    c.challenges--;
    c.ackNow = true;
  }
}

/** Answers a segment that lies outside of the window, or comes from long ago. */
function outdated(
  c: Connection,
  s: Segment,
  clock: Clock,
  tuning: Tuning,
): void {
  if (s.sequenceLength === 0) return challenge(c, clock, tuning);
  c.ackNow = true;
  selective.repeated(c, s, tuning);
  acks.hasten(c, tuning);
}

/** Applies a segment to a connection in any state but CLOSED and LISTEN. */
export function arrive(
  c: Connection,
  s: Segment,
  clock: Clock,
  tuning: Tuning,
): number {
  c.segmentsReceived++;
  if (c.state === state.SYN_SENT) return synSent(c, s, clock, tuning);
  if (c.early && repeats(c, s)) return takeEarly(c, s, clock, tuning);
  if (c.state === state.SYN_RECEIVED && crossed(c, s)) {
    c.ackNow = true;
    const events = complete(c, s, clock, tuning);
    return events | acknowledge(c, s, clock, tuning);
  }
  const flags = s.flags;
  const window = Math.max(0, (c.rcvAdv - c.rcvNxt) | 0);
  const length = s.sequenceLength;
  if (c.tsOn && (flags & RST) === 0) {
    if (!s.options.timestamps) {
      // RFC 7323 section 3.2. A SYN tells of a peer that has forgotten all, and
      // gets its challenge below.
      if ((flags & SYN) === 0) return REJECTED;
    } else if (stale(c, s.options.timestampValue, clock)) {
      outdated(c, s, clock, tuning);
      return REJECTED;
    }
  }
  if (!acceptable(s.sequence, length, c.rcvNxt, window)) {
    if ((flags & RST) !== 0) return REJECTED;
    // With a closed window a probe's octets are refused, its ACK is not.
    if (
      window !== 0 || s.sequence !== c.rcvNxt || (flags & (SYN | ACK)) !== ACK
    ) {
      // Old duplicates are answered at once; what could be a loop of empty
      // segments is answered from the budget.
      outdated(c, s, clock, tuning);
      return REJECTED;
    }
    c.ackNow = true;
  }
  if ((flags & RST) !== 0) {
    if (s.sequence === c.rcvNxt) return RESET;
    challenge(c, clock, tuning);
    return REJECTED;
  }
  if ((flags & SYN) !== 0) {
    challenge(c, clock, tuning);
    return REJECTED;
  }
  if ((flags & ACK) === 0) return REJECTED;
  let events = 0;
  if (c.state === state.SYN_RECEIVED) {
    if (
      (c.early
        ? before(s.acknowledgment, c.sndUna)
        : !before(c.sndUna, s.acknowledgment)) ||
      before(c.sndMax, s.acknowledgment)
    ) {
      return REPLY_RESET;
    }
    events = complete(c, s, clock, tuning);
  }
  // RFC 5961 section 5: neither of the future nor older than a window.
  if (
    before(c.sndMax, s.acknowledgment) ||
    before(s.acknowledgment, (c.sndUna - c.sndWndMax) | 0)
  ) {
    challenge(c, clock, tuning);
    return events | REJECTED;
  }
  if (c.tsOn && s.options.timestamps && !before(c.ackSent, s.sequence)) {
    remember(c, s.options.timestampValue, clock);
  }
  keepalive.heard(c, clock);
  // Before what it acknowledges leaves the flight: this was the load of the path.
  if (c.ecnOn && ecn.echoed(c, s, clock)) events |= SLOWED;
  if (s.options.userTimeout > 0) take(c, s.options.userTimeout, tuning);
  events |= acknowledge(c, s, clock, tuning);
  if ((events & (FINISHED | LINGER)) !== 0) return events;
  if (c.ecnOn) ecn.received(c, s);
  return events | text(c, s, window, clock, tuning);
}

/**
 * Whether requests have crossed, and this is the peer's, once more, with an ACK
 * of ours: the connection is established (RFC 9293 section 3.5, figure 7), though
 * its number was taken long ago.
 */
function crossed(c: Connection, s: Segment): boolean {
  return (s.flags & (SYN | ACK | RST | FIN)) === (SYN | ACK) &&
    s.sequence === c.irs && s.acknowledgment === ((c.iss + 1) | 0);
}

/** Whether this is the peer's request, or that once more. */
function repeats(c: Connection, s: Segment): boolean {
  return (s.flags & (SYN | ACK | RST)) === SYN && s.sequence === c.irs;
}

/** A request whose octets a cookie vouches for, RFC 7413 section 4.2.2. */
function takeEarly(
  c: Connection,
  s: Segment,
  clock: Clock,
  tuning: Tuning,
): number {
  // SYN,ACK is to go out, or to go out again.
  c.sndNxt = c.iss;
  if (c.cwnd > 0) return 0;
  c.sndWnd = c.sndWndMax = s.window;
  c.sndWl1 = s.sequence;
  c.sndWl2 = c.sndUna;
  pmtu.begin(c, clock, tuning);
  recovery.begin(c, tuning.initialWindow, clock);
  const window = (c.rcvAdv - c.rcvNxt) | 0;
  const length = Math.min(s.length, window);
  const gained = c.recvBuf.receive(s.memory!, s.at, 0, length);
  c.rcvNxt = (c.rcvNxt + gained) | 0;
  c.octetsReceived += gained;
  return gained > 0 ? RECEIVED : 0;
}

/** RFC 9293 section 3.10.7.3. */
function synSent(
  c: Connection,
  s: Segment,
  clock: Clock,
  tuning: Tuning,
): number {
  const flags = s.flags;
  if ((flags & ACK) !== 0) {
    if (
      !before(c.iss, s.acknowledgment) || before(c.sndMax, s.acknowledgment)
    ) {
      return (flags & RST) !== 0 ? REJECTED : REPLY_RESET;
    }
    if ((flags & RST) !== 0) return RESET;
  } else if ((flags & RST) !== 0) return REJECTED;
  if ((flags & SYN) === 0) return REJECTED;
  c.irs = s.sequence;
  c.rcvNxt = (s.sequence + 1) | 0;
  c.rcvAdv = (c.rcvNxt + Math.min(c.rcvWndMax, 0xffff)) | 0;
  negotiate(c, s.options, tuning);
  ecn.answered(c, s, tuning);
  c.tsRecentAt = clock.now;
  c.sndWnd = c.sndWndMax = s.window;
  c.sndWl1 = s.sequence;
  if ((flags & ACK) === 0) {
    // Requests crossed: ours goes out again, now with an ACK.
    c.state = state.SYN_RECEIVED;
    c.sndNxt = c.iss;
    return 0;
  }
  c.sndWl2 = s.acknowledgment;
  c.ackNow = true;
  take(c, s.options.userTimeout, tuning);
  const events = complete(c, s, clock, tuning);
  return events | acknowledge(c, s, clock, tuning);
}

function complete(
  c: Connection,
  s: Segment,
  clock: Clock,
  tuning: Tuning,
): number {
  c.state = state.ESTABLISHED;
  c.sndWnd = s.window << ((s.flags & SYN) !== 0 ? 0 : c.sndScale);
  c.sndWndMax = Math.max(c.sndWndMax, c.sndWnd);
  c.sndWl1 = s.sequence;
  c.sndWl2 = s.acknowledgment;
  // RFC 6298 rule 5.7: a lost SYN says the path may be slow.
  if (c.timeouts > 0) c.rto = Math.max(c.rto, 3_000_000);
  c.backoff = 0;
  if (c.early) return ESTABLISHED;
  if (before(s.acknowledgment, c.sndMax)) {
    // RFC 7413 section 4.2.1: octets of the SYN were not taken. That is no loss.
    c.sndNxt =
      c.sndMax =
      c.sndSmall =
      c.timedSequence =
        s.acknowledgment;
  }
  pmtu.begin(c, clock, tuning);
  recovery.begin(c, tuning.initialWindow, clock);
  return ESTABLISHED;
}

function acknowledge(
  c: Connection,
  s: Segment,
  clock: Clock,
  tuning: Tuning,
): number {
  const ack = s.acknowledgment;
  const window = (s.flags & SYN) !== 0 ? s.window : s.window << c.sndScale;
  const advanced = before(c.sndUna, ack);
  const { sample } = c.store.board;
  let events = 0;
  if (advanced || c.sackOn || duplicates(c, s, window)) {
    sample.clear();
    delivery.clear();
    delivery.priorFlight = c.flight;
    if (advanced) {
      events = advance(c, ack);
      if (c.sizing) pmtu.acknowledged(c, clock, tuning);
      if (c.sparing) plpmtud.spend(c);
    }
    selective.digest(c, s, delivery, sample, advanced, clock, tuning);
    // RFC 6298 rule 5.3, with the time-out as it is now.
    if (advanced) {
      pace(c, tuning);
      c.retransmitAt = c.flight > 0 ? clock.now + timeout(c) : Infinity;
      if (c.flight === 0 || c.probeAt === Infinity) {
        tail.schedule(c, tuning);
      }
      if (ack === c.sndMax && finSent(c.state)) {
        return events | finished(c, clock, tuning);
      }
    }
  }
  if (
    // An older ACK says nothing of the window now.
    ack === c.sndUna &&
    (before(c.sndWl1, s.sequence) ||
      (c.sndWl1 === s.sequence && beforeOrEqual(c.sndWl2, ack)))
  ) {
    update(c, window, clock);
    c.sndWl1 = s.sequence;
    c.sndWl2 = ack;
  }
  return events;
}

/** RFC 5681 section 2: what makes an acknowledgment a duplicate. */
function duplicates(c: Connection, s: Segment, window: number): boolean {
  return s.acknowledgment === c.sndUna && s.length === 0 &&
    (s.flags & FIN) === 0 && window === c.sndWnd && c.sndMax !== c.sndUna &&
    window !== 0;
}

/** Takes over the peer's window. */
function update(c: Connection, window: number, clock: Clock): void {
  const opened = c.sndWnd === 0 && window > 0;
  c.sndWnd = window;
  if (window > c.sndWndMax) c.sndWndMax = window;
  if (opened) {
    c.backoff = 0;
    c.probe = false;
    // What was probed with counts as in flight: send it again right away.
    if (c.flight > 0) {
      recovery.repeat(c);
      c.retransmitAt = clock.now + timeout(c);
    }
  }
  // The peer is alive: only its window keeps us waiting.
  if (window === 0) c.stuckSince = Infinity;
}

/** SND.UNA moves to `ack`. */
function advance(c: Connection, ack: number): number {
  const { board } = c.store;
  // Later SND.UNA may be there again, when the numbers have wrapped. The
  // scoreboard knows of no SYN.
  if (c.sndUna === c.iss && c.octetsSent === 0) c.sndUna = (c.iss + 1) | 0;
  let octets = (ack - c.sndUna) | 0;
  if (octets > 0) {
    recovery.cover(c);
    board.acknowledge(c, ack, board.sample);
  }
  if (ack === c.sndMax && finSent(c.state)) octets--;
  c.sndUna = ack;
  if (before(c.sndNxt, ack)) c.sndNxt = ack;
  if (before(c.sndSmall, ack)) c.sndSmall = ack;
  // Only this ends the wait for a closed window: one that opens for a moment
  // and takes nothing would hold a connection for good (RFC 6429).
  c.stuckSince = c.lingerAt = Infinity;
  c.tries = 0;
  delivery.acked = octets;
  if (octets <= 0) return 0;
  c.octetsSent += octets;
  c.sendBuf.acknowledge(octets);
  return ACKNOWLEDGED;
}

/** Our FIN is acknowledged. */
function finished(c: Connection, clock: Clock, tuning: Tuning): number {
  switch (c.state) {
    case state.FIN_WAIT_1:
      c.state = state.FIN_WAIT_2;
      if (c.orphan) c.lingerAt = clock.now + tuning.finWait2Timeout;
      return 0;
    case state.CLOSING:
      return LINGER;
    default:
      return FINISHED;
  }
}

/** Payload and FIN: RFC 9293 section 3.10.7.4, seventh and eighth. */
function text(
  c: Connection,
  s: Segment,
  window: number,
  clock: Clock,
  tuning: Tuning,
): number {
  if (
    c.state !== state.ESTABLISHED && c.state !== state.FIN_WAIT_1 &&
    c.state !== state.FIN_WAIT_2
  ) {
    // Nothing can follow the peer's FIN.
    return s.length > 0 || (s.flags & FIN) !== 0 ? REJECTED : 0;
  }
  let offset = (s.sequence - c.rcvNxt) | 0;
  let events = 0;
  if (s.urgent !== 0 && urgent.arrive(c, s, offset)) events = URGENT;
  if (s.length === 0 && (s.flags & FIN) === 0) return events;
  let { at, length } = s;
  let fin = (s.flags & FIN) !== 0;
  const edge = offset + length;
  if (edge > window) {
    length = window - offset;
    fin = false;
  }
  if (offset < 0) {
    at -= offset;
    length += offset;
    offset = 0;
  }
  if (length < 0) length = 0;
  if (fin && !c.finSeen) {
    c.finSeen = true;
    c.finSequence = (s.sequence + s.length) | 0;
  }
  // Octets behind a FIN were never sent by an honest peer.
  if (c.finSeen) {
    length = Math.min(length, ((c.finSequence - c.rcvNxt) | 0) - offset);
  }
  if (length > 0) {
    if (c.orphan) return UNWANTED;
    const expected = c.rcvNxt;
    c.dataSegmentsReceived++;
    if (offset > 0) c.outOfOrder++;
    const ordered = offset === 0 && s.sequence === c.rcvNxt && !c.gap;
    if (!ordered) selective.repeated(c, s, tuning);
    const gained = c.recvBuf.receive(s.memory!, at, offset, length);
    if (!ordered) selective.received(c, offset, length, gained);
    if (gained > 0) {
      c.rcvNxt = (c.rcvNxt + gained) | 0;
      c.octetsReceived += gained;
      if (c.gap && !before(c.rcvNxt, c.gapUntil)) {
        c.gap = false;
        c.ackNow = true;
      }
      // Of what was out of order before, the next ACK tells more.
      c.dupAcksOwed = 0;
      events |= RECEIVED;
    }
    if (offset > 0 || gained <= 0) {
      acks.hasten(c, tuning);
      // RFC 5681 section 4.2: each segment out of order is answered at once.
      if (c.dupAcksOwed < tuning.duplicateAcks) c.dupAcksOwed++;
      const until = (s.sequence + s.length) | 0;
      if (!c.gap || before(c.gapUntil, until)) c.gapUntil = until;
      c.gap = true;
    } else acks.owe(c, s.joined ? 2 : 1, clock, tuning);
    // RFC 2883 section 4: what came twice is told of soon, or the peer takes the
    // second copy for the loss of another.
    if (before(s.sequence, expected)) c.ackNow = true;
  }
  if (!c.finSeen) return events;
  if (c.finSequence !== c.rcvNxt) {
    if (length <= 0 && c.dupAcksOwed < tuning.duplicateAcks) c.dupAcksOwed++;
    return events;
  }
  c.rcvNxt = (c.rcvNxt + 1) | 0;
  c.ackNow = true;
  switch (c.state) {
    case state.ESTABLISHED:
      c.state = state.CLOSE_WAIT;
      return events | RECEIVED;
    case state.FIN_WAIT_1:
      c.state = state.CLOSING;
      return events | RECEIVED;
    default:
      return events | RECEIVED | LINGER;
  }
}
