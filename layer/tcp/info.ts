/**
 * All that can be told of a connection, in one place and with units: what Linux
 * tells by `TCP_INFO`, as far as it has a meaning here, and a little more. Not
 * told is for how long a window or a buffer was the limit: to know, every burst
 * would have to look at the clock and at all three.
 *
 * ```ts
 * import * as tcp from "@ethox/layer/tcp";
 * import { assertEquals } from "@std/assert";
 *
 * const info = new tcp.Info();
 * function watch(endpoint: tcp.Endpoint, now: number): void {
 *   for (const connection of endpoint.connections()) {
 *     info.load(connection, now);
 *     // info.cwnd, info.srtt, info.retransmittedOctets, …
 *   }
 * }
 * assertEquals(info.stateName, "CLOSED");
 * ```
 *
 * @module
 */

import type { Connection } from "./connection.ts";
import { timeout } from "./rto.ts";
import { NONE, RESENT, SACKED } from "./scoreboard.ts";
import * as state from "./state.ts";
import { overhead } from "./writer.ts";

/** What a sender believes of the path, as Linux names it (`tcpi_ca_state`). */
export const CONGESTION_STATES = [
  "open",
  "disorder",
  "reduced",
  "recovery",
  "loss",
] as const;

/** A name in {@linkcode CONGESTION_STATES}. */
export type CongestionState = typeof CONGESTION_STATES[number];

const OPEN = 0;
const DISORDER = 1;
const REDUCED = 2;
const RECOVERY = 3;
const LOSS = 4;

/** Timestamps (RFC 7323) were negotiated: a bit of {@linkcode Info.options}. */
export const OPTION_TIMESTAMPS = 1;
/** Selective acknowledgments (RFC 2018) were. */
export const OPTION_SACK = 2;
/** Window scaling (RFC 7323) was. */
export const OPTION_WINDOW_SCALE = 4;
/** ECN (RFC 3168) was. */
export const OPTION_ECN = 8;

const MILLISECOND = 1000;

/**
 * A record that is filled again and again. Lengths are octets, times µs, rates
 * octets a second, unless a field says otherwise; counts are since the
 * connection began.
 */
export class Info {
  /** One of the constants such as `tcp.ESTABLISHED`. */
  state: number = state.CLOSED;
  /** Index of {@linkcode CONGESTION_STATES}. */
  congestionState = 0;
  /** Name of the congestion control. */
  control = "";
  /** Bits such as {@linkcode OPTION_SACK}: what both sides agreed on. */
  options = 0;
  /** Left shift of windows that the peer announces, RFC 7323 section 2.2. */
  sndScale = 0;
  /** Left shift of windows that this side announces. */
  rcvScale = 0;

  /** Time-outs in a row for the oldest octet that is not acknowledged. */
  retransmits = 0;
  /** Probes in a row that went unanswered: of the window, or of the peer. */
  probes = 0;
  /** How often the time-out was doubled, RFC 6298 rule 5.5. */
  backoff = 0;
  /** Retransmission time-out, doubled as it is now. */
  rto = 0.5;
  /** How long an ACK may wait at the moment; 0 if the next is sent at once. */
  ato = 0.5;
  /** Smoothed round-trip time, RFC 6298; 0 before the first sample. */
  srtt = 0.5;
  /** Its mean deviation. */
  rttvar = 0.5;
  /** Least round trip of late, RFC 8985 section 6.2; 0 before the first. */
  minRtt = 0.5;

  /** Largest payload of a segment to send. */
  sndMss = 0;
  /** Largest payload that was received, as the peer was told. */
  rcvMss = 0;
  /** Segment size that this side announced. */
  advertisedMss = 0;
  /** Largest datagram that is sent: what the path and the peer take. */
  pathMtu = 0;

  /** Congestion window. */
  cwnd = 0;
  /** Slow start threshold; 2^30 - 1 before the first reduction. */
  ssthresh = 0;
  /** At which rate segments leave; 0 for as fast as the window allows. */
  pacingRate = 0.5;
  /** Octets sent and not acknowledged. */
  unacked = 0;
  /** Of these, what the peer has SACKed. */
  sacked = 0;
  /** Of these, what counts as lost and was not sent again yet. */
  lost = 0;
  /** Of these, what was sent again and is not acknowledged yet. */
  retrans = 0;
  /** Octets that wait to be sent for the first time. */
  notSent = 0;
  /** The peer's window, from the first octet not acknowledged on. */
  sndWnd = 0;
  /** The window that this side has announced. */
  rcvWnd = 0;
  /** The largest that it has announced. */
  rcvWndMax = 0;
  /** Octets out of order that were received, to the end of the last of them. */
  rcvAhead = 0;

  /** Since something that is to be acknowledged was sent. */
  lastSent = 0.5;
  /** Since octets came. */
  lastReceived = 0.5;
  /** Since any segment came. */
  lastHeard = 0.5;

  /** Octets that the peer acknowledged. */
  octetsAcknowledged = 0.5;
  /** Octets received in order. */
  octetsReceived = 0.5;
  /** Octets of payload sent, those sent again included. */
  octetsSent = 0.5;
  /** Octets of payload sent again. */
  octetsRetransmitted = 0.5;
  /** Octets that have arrived for sure, acknowledged or SACKed. */
  delivered = 0.5;
  /** Octets that counted as lost. */
  octetsLost = 0.5;
  /** Segments sent; a super-segment is one. */
  segmentsSent = 0;
  /** Segments received; joined ones are one. */
  segmentsReceived = 0;
  /** Of those sent, with payload. */
  dataSegmentsSent = 0;
  /** Of those received, with payload. */
  dataSegmentsReceived = 0;
  /** Segments sent again. */
  totalRetransmissions = 0;
  /** Segments that came out of order. */
  outOfOrder = 0;
  /** Duplicate ACKs in a row. */
  duplicateAcks = 0;
  /** Time-outs. */
  timeouts = 0;
  /** Episodes of fast recovery. */
  recoveries = 0;
  /** Episodes, or time-outs, that turned out to have been none. */
  undos = 0;
  /** Tail loss probes, RFC 8985 section 7. */
  tailProbes = 0;
  /** Duplicates that the peer told of, RFC 2883. */
  dsacks = 0;
  /** Whether segments have overtaken each other on the way to the peer. */
  reordering = false;

  /** The RFC's name of the state. */
  get stateName(): state.StateName {
    return state.nameOf(this.state);
  }

  /** What is believed of the path, by name. */
  get congestionStateName(): CongestionState {
    return CONGESTION_STATES[this.congestionState]!;
  }

  /** Takes all from a connection; `now` is the time of its device, µs. */
  load(c: Connection, now: number): this {
    this.state = c.state;
    this.control = c.control.name;
    this.options = (c.tsOn ? OPTION_TIMESTAMPS : 0) |
      (c.sackOn ? OPTION_SACK : 0) |
      (c.sndScaled ? OPTION_WINDOW_SCALE : 0) |
      (c.ecnOn ? OPTION_ECN : 0);
    this.sndScale = c.sndScale;
    this.rcvScale = c.rcvScale;
    this.#loadTimes(c, now);
    this.#loadWindows(c);
    this.#loadCounts(c);
    this.congestionState = stateOf(c, this.lost, this.retrans);
    return this;
  }

  #loadTimes(c: Connection, now: number): void {
    const { backoff } = c;
    this.backoff = backoff;
    this.retransmits = c.sndWnd > 0 ? backoff : 0;
    this.probes = c.sndWnd > 0 ? c.keepAliveSent : backoff;
    this.rto = timeout(c);
    this.ato = c.ackAt === Infinity ? 0 : Math.max(0, c.ackAt - now);
    this.srtt = c.srtt;
    this.rttvar = c.rttvar;
    this.minRtt = c.minRtt;
    this.lastSent = c.sentAt === 0 ? Infinity : now - c.sentAt;
    this.lastReceived = c.octetsReceived === 0
      ? Infinity
      : ((now | 0) - c.dataAt) | 0;
    const heard = (Math.floor(now / MILLISECOND) - c.heardAt) | 0;
    this.lastHeard = heard * MILLISECOND;
  }

  #loadWindows(c: Connection): void {
    this.sndMss = c.mss;
    this.rcvMss = this.advertisedMss = c.rcvMss;
    this.pathMtu = c.mss + overhead(c);
    this.cwnd = c.cwnd;
    this.ssthresh = c.ssthresh;
    this.pacingRate = c.pacingRate;
    this.unacked = c.flight;
    const { board } = c.store;
    this.sacked = board.sacked[c.slot]!;
    this.lost = board.lost[c.slot]!;
    this.retrans = repeated(c);
    this.notSent = c.unsent;
    this.sndWnd = c.sndWnd;
    this.rcvWnd = Math.max(0, (c.rcvAdv - c.rcvNxt) | 0);
    this.rcvWndMax = c.rcvWndMax;
    this.rcvAhead = c.gap ? (c.gapUntil - c.rcvNxt) | 0 : 0;
  }

  #loadCounts(c: Connection): void {
    this.octetsAcknowledged = c.octetsSent;
    this.octetsReceived = c.octetsReceived;
    this.octetsRetransmitted = c.octetsRepeated;
    // What is in flight was sent, without SYN and FIN, which are no octets.
    const control = (c.sndUna === c.iss ? 1 : 0) + (finished(c) ? 1 : 0);
    this.octetsSent = c.octetsSent + Math.max(0, c.flight - control) +
      c.octetsRepeated;
    this.delivered = c.delivered;
    this.octetsLost = c.lost;
    this.dataSegmentsSent = c.dataSegmentsSent;
    this.dataSegmentsReceived = c.dataSegmentsReceived;
    this.outOfOrder = c.outOfOrder;
    this.undos = c.undos;
    this.tailProbes = c.tailProbes;
    this.dsacks = c.dsacks;
    this.reordering = c.reordering;
    this.segmentsSent = c.segmentsSent >>> 0;
    this.segmentsReceived = c.segmentsReceived >>> 0;
    this.totalRetransmissions = c.retransmissions;
    this.duplicateAcks = c.dupAcks;
    this.timeouts = c.timeouts;
    this.recoveries = c.fastRetransmits;
  }
}

/** Whether FIN is among what is in flight. */
function finished(c: Connection): boolean {
  return c.state === state.FIN_WAIT_1 || c.state === state.CLOSING ||
    c.state === state.LAST_ACK;
}

/** Octets in flight that were sent again. */
function repeated(c: Connection): number {
  const { board } = c.store;
  let octets = 0;
  for (let n = board.head(c.slot); n !== NONE; n = board.next(n)) {
    const flags = board.flags(n);
    if ((flags & RESENT) === 0 || (flags & SACKED) !== 0) continue;
    octets += (board.end(n) - board.start(n)) | 0;
  }
  return octets;
}

function stateOf(c: Connection, lost: number, retrans: number): number {
  if (c.inLoss || (c.backoff > 0 && c.flight > 0)) return LOSS;
  // What reduces the window with nothing to be sent again is a mark, or is over.
  if (c.inRecovery) return lost + retrans > 0 ? RECOVERY : REDUCED;
  return c.dupAcks > 0 ? DISORDER : OPEN;
}
