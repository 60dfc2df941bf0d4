/**
 * Congestion control as what a user may choose, or write: how much may be in
 * flight, given what has been delivered and what has been lost.
 *
 * Shipped are {@linkcode Cubic}, which an endpoint uses unless told otherwise,
 * {@linkcode Reno}, {@linkcode Bbr} and {@linkcode Fixed}. Each may be chosen for
 * an endpoint, for a connection that is opened, or in `accept`. Here is one of
 * a user's own: additive increase, multiplicative decrease.
 *
 * ```ts
 * import { tcp } from "@ethox/layer";
 * import { assertEquals } from "@std/assert";
 *
 * class Simple implements tcp.Control {
 *   readonly name = "simple";
 *   begin(): void {}
 *   acknowledged(c: tcp.Connection, d: tcp.Delivery): void {
 *     // About a segment for each window that was in use.
 *     if (c.inRecovery || !d.windowUsed) return;
 *     c.cwnd += Math.ceil(c.mss * d.acked / c.cwnd);
 *   }
 *   reduce(c: tcp.Connection): void {
 *     c.ssthresh = Math.max(2 * c.mss, c.flight >> 1);
 *   }
 *   recovered(): void {}
 *   expired(c: tcp.Connection): void {
 *     this.reduce(c);
 *     c.cwnd = c.mss;
 *   }
 *   undone(): void {}
 *   resumed(): void {}
 * }
 *
 * const control = new Simple();
 * // new tcp.Endpoint({ control, ... }), or tcp.connect({ control, ... }).
 * const c = new tcp.Connection(0, { activate() {}, abort() {} });
 * const d = new tcp.Delivery();
 * c.cwnd = 10 * c.mss;
 * d.acked = 5 * c.mss;
 * d.windowUsed = true;
 * control.acknowledged(c, d);
 * assertEquals(c.cwnd, 10.5 * c.mss);
 * ```
 *
 * @module
 */

import type { Clock } from "@ethox/nic/device";
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
  /**
   * Whether the congestion window was full while what is acknowledged was on its
   * way. One that was not says nothing of the path, and is not to grow.
   */
  windowUsed = false;
  /**
   * Octets delivered in {@linkcode interval}, which ends now (draft-ietf-ccwg-bbr,
   * "delivery rate samples").
   */
  rateDelivered = 0;
  /** Length of the interval, µs; 0 if there is no sample. */
  interval = 0;
  /** Octets a second: the two together; 0 if there is no sample. */
  rate = 0.5;
  /** Whether the user, not the path, was the limit in it. */
  appLimited = false;
  /** Octets delivered before what was delivered now was sent. */
  priorDelivered = 0.5;
  /** Octets in flight when that was sent. */
  sentInFlight = 0;
  /** Octets that came to count as lost since that was sent. */
  lostSince = 0;

  /** Nothing was delivered. */
  clear(): void {
    this.acked =
      this.delivered =
      this.lost =
      this.priorFlight =
        0;
    this.rtt = -1;
    this.rateDelivered = this.interval = this.rate = 0;
    this.appLimited = this.windowUsed = false;
    this.priorDelivered = this.sentInFlight = this.lostSince = 0;
  }
}

/**
 * Sets `cwnd` and `ssthresh` of connections, and their `pacingRate` if it
 * {@linkcode Control.governs}. One object serves any number of connections of
 * one endpoint; what it remembers of each lies in typed arrays of its own by
 * `connection.slot`, made with it. Times are µs, amounts octets; the time is that of
 * the clock, as a number would have to be boxed for each call. Nothing here may
 * allocate or throw.
 */
export interface Control {
  /** What it is called, in lower case. */
  readonly name: string;
  /**
   * Whether it sets `pacingRate` itself, and `cwnd` also while losses are being
   * repaired and after idle times; otherwise others do (RFC 6937, RFC 2861).
   */
  readonly governs?: boolean;
  /**
   * Takes a connection over: the handshake is complete and `cwnd` the initial
   * window, or another control had it before.
   */
  begin(c: Connection, clock: Clock): void;
  /** A segment of the peer delivered something, in recovery or not. */
  acknowledged(c: Connection, d: Delivery, clock: Clock): void;
  /**
   * An episode of congestion begins, with {@linkcode LOSS} or
   * {@linkcode ECN}: sets `ssthresh`, towards which recovery brings `cwnd`.
   */
  reduce(c: Connection, cause: number, clock: Clock): void;
  /** The episode is over; `cwnd` is about `ssthresh`. */
  recovered(c: Connection, clock: Clock): void;
  /** The retransmission timer expired: sets `ssthresh` and `cwnd`. */
  expired(c: Connection, clock: Clock): void;
  /** The last episode, or time-out, was none: both windows go back. */
  undone(c: Connection, clock: Clock): void;
  /** Sends again after so long a silence, whole µs. */
  resumed(c: Connection, idle: number, clock: Clock): void;
}
