/**
 * Congestion control as what a user may choose, or write: how much may be in
 * flight, given what has been delivered and what has been lost.
 *
 * @module
 */

import type { Connection } from "./connection.ts";

/** A segment was lost. */
export const LOSS = 1;
/** The peer has echoed a congestion mark, RFC 3168. */
export const ECN = 2;

/** Bound of every window, octets. */
export const WINDOW_LIMIT = 0x3fffffff;

/** What one segment of the peer said about ours; reused for the next. */
export class Delivery {
  /** Octets newly acknowledged in order. */
  acked = 0;
  /** Octets newly delivered: acknowledged or SACKed for the first time. */
  delivered = 0;
  /** Octets newly found to be lost. */
  lost = 0;
  /** Octets outstanding before. */
  priorFlight = 0;
  /** The round trip that the segment measured, µs, or -1. */
  rtt: number = -1;
}

/**
 * Sets `cwnd`, `ssthresh` and `pacingRate` of connections. One object serves any
 * number of them; what it remembers of each lies in typed arrays of its own by
 * `connection.slot`, made with it. Times are µs, amounts octets. Nothing here may
 * allocate or throw.
 */
export interface Control {
  /** What it is called, in lower case. */
  readonly name: string;
  /** The handshake is complete; `cwnd` is the initial window. */
  begin(c: Connection, now: number): void;
  /** A segment of the peer delivered something, in recovery or not. */
  acknowledged(c: Connection, d: Delivery, now: number): void;
  /**
   * An episode of congestion begins, with {@linkcode LOSS} or
   * {@linkcode ECN}: sets `ssthresh`, towards which recovery brings `cwnd`.
   */
  reduce(c: Connection, cause: number, now: number): void;
  /** The episode is over; `cwnd` is about `ssthresh`. */
  recovered(c: Connection, now: number): void;
  /** The retransmission timer expired: sets `ssthresh` and `cwnd`. */
  expired(c: Connection, now: number): void;
  /** The last episode, or time-out, was none: both windows go back. */
  undone(c: Connection, now: number): void;
  /** Sends again after so long a silence, µs. */
  resumed(c: Connection, idle: number, now: number): void;
}
