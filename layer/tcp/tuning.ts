/**
 * The numbers that decide how connections behave.
 *
 * @module
 */

import type { EcnMode } from "./ecn.ts";
import { INITIAL_RTO, MAXIMUM_RTO, MINIMUM_RTO } from "./rto.ts";

/** All times in µs. Defaults in brackets. */
export interface Tuning {
  /** Lower bound of the retransmission time-out [200 ms]. */
  readonly minimumRto: number;
  /** The time-out before any round trip is measured, RFC 6298 rule 2.1 [1 s]. */
  readonly initialRto: number;
  /** Upper bound of the time-out, RFC 6298 rule 2.5 [60 s]. */
  readonly maximumRto: number;
  /**
   * Least margin of the retransmission time-out over the smoothed round trip: G
   * of RFC 6298 where it should be larger than the clock's resolution [0].
   */
  readonly rtoMargin: number;
  /** Resolution of the device's clock [1 µs]. */
  readonly granularity: number;
  /** How long an ACK may wait for a second segment, RFC 9293 MUST-40 [40 ms]. */
  readonly delayedAck: number;
  /**
   * Segments at the start, after a pause, and after what looks like a loss, whose
   * ACKs do not wait [16].
   */
  readonly quickAcks: number;
  /** Whether small segments go out at once, without Nagle's algorithm [no]. */
  readonly noDelay: boolean;
  /** Whether idle peers are asked if they are there, RFC 9293 3.8.4 [no, MUST-25]. */
  readonly keepAlive: boolean;
  /** For how long nothing is heard before that [2 h, MUST-28]. */
  readonly keepAliveIdle: number;
  /** Between questions [75 s]. */
  readonly keepAliveInterval: number;
  /** How many without an answer end a connection [9]. */
  readonly keepAliveProbes: number;
  /** Timestamps are offered and taken, RFC 7323 [true]. */
  readonly timestamps: boolean;
  /** Selective acknowledgments are offered and taken, RFC 2018 [true]. */
  readonly sack: boolean;
  /** Window scaling is offered and taken, RFC 7323 [true]. */
  readonly windowScaling: boolean;
  /** Duplicates that were received are reported, and judged, RFC 2883 [true]. */
  readonly dsack: boolean;
  /** With SACK losses are found by time, RFC 8985 section 6 [true]. */
  readonly rack: boolean;
  /** The tail of a flight is probed, with RACK, RFC 8985 section 7 [true]. */
  readonly tlp: boolean;
  /**
   * What a probe for a single segment waits in addition, as its ACK may be
   * delayed, RFC 8985 section 7.2; 0 for as long as an ACK of ours would [0].
   */
  readonly peerAckDelay: number;
  /** Windows come down in proportion to what arrives, with SACK, RFC 6937 [true]. */
  readonly prr: boolean;
  /** Time-outs are doubted at first, RFC 5682 [true]. */
  readonly frto: boolean;
  /** The first duplicate ACKs let new segments out, RFC 3042 [true]. */
  readonly limitedTransmit: boolean;
  /** Segments of the initial window, RFC 6928 [10]. */
  readonly initialWindow: number;
  /**
   * Explicit congestion notification, RFC 3168: `"off"`, `"passive"` if the peer
   * asks, or `"on"` [`"on"`].
   */
  readonly ecn: EcnMode;
  /** Whether a SYN that is repeated no longer asks for it, section 6.1.1.1 [true]. */
  readonly ecnFallback: boolean;
  /** Whether slow start ends by HyStart++, RFC 9406 [true]. */
  readonly hystart: boolean;
  /**
   * Whether segments are spread over the round trip [true]; BBR does so in any
   * case.
   */
  readonly pacing: boolean;
  /** Whether idle times lower the congestion window, RFC 2861 [true]. */
  readonly slowStartAfterIdle: boolean;
  /** Least segment size that a peer may ask for, octets [48]. */
  readonly minimumMss: number;
  /** Least path MTU that an ICMP error may claim, octets [552]. */
  readonly minimumMtu: number;
  /** How long what is known of a path's MTU is believed, RFC 1191 6.3 [600 s]. */
  readonly pathMtuTtl: number;
  /**
   * Whether segments probe for what the path carries (RFC 4821): always, once whole
   * segments get no answers, or never ["blackhole"].
   */
  readonly mtuProbing: "on" | "blackhole" | "off";
  /** Duplicate ACKs that may wait to be sent [64]. */
  readonly duplicateAcks: number;
  /** Challenge ACKs in a period, at least [4]. */
  readonly challenges: number;
  /** That period [1 s]. */
  readonly challengePeriod: number;
  /** Unanswered data ends a connection after this, RFC 9293 MUST-20 R2 [15 min]. */
  readonly userTimeout: number;
  /** Whether peers are told of that, and heard (RFC 5482) [no]. */
  readonly userTimeoutOption: boolean;
  /** However short a peer's time is: L_LIMIT, RFC 9293 SHLD-11 [100 s]. */
  readonly leastUserTimeout: number;
  /** However long it is: U_LIMIT [1 h]. */
  readonly mostUserTimeout: number;
  /** An unanswered request does after this, RFC 9293 MUST-23 [180 s]. */
  readonly connectTimeout: number;
  /** So does a request repeated so often, however soon [no limit]. */
  readonly synRetries: number;
  /** Answers to requests are repeated so often, each after twice the time [5]. */
  readonly synAckRetries: number;
  /** Whether SYN cookies answer what finds no row [yes]. */
  readonly synCookies: boolean;
  /** A peer may keep its window closed for this long [forever, MUST-37]. */
  readonly zeroWindowTimeout: number;
  /** As before, once the user has closed [60 s]. */
  readonly orphanTimeout: number;
  /** FIN-WAIT-2 of a closed connection lasts this long [60 s]. */
  readonly finWait2Timeout: number;
  /** Twice the maximum segment lifetime, RFC 9293 section 3.4.2 [60 s]. */
  readonly timeWait: number;
  /** Fast open: 1 for those who connect, 2 for listeners, 3 for both [0]. */
  readonly fastOpen: number;
  /**
   * Whether this host connects where a connection is in TIME-WAIT if there is no
   * other port and its timestamps make that safe [yes].
   */
  readonly timeWaitReuse: boolean;
  /** A number that strangers cannot guess, different at each call. */
  random(salt: number): number;
}

/** {@linkcode Tuning} but for the random numbers. */
export const DEFAULTS: Omit<Tuning, "random"> = {
  minimumRto: MINIMUM_RTO,
  initialRto: INITIAL_RTO,
  maximumRto: MAXIMUM_RTO,
  rtoMargin: 0,
  granularity: 1,
  delayedAck: 40_000,
  quickAcks: 16,
  noDelay: false,
  keepAlive: false,
  keepAliveIdle: 7_200_000_000,
  keepAliveInterval: 75_000_000,
  keepAliveProbes: 9,
  timestamps: true,
  sack: true,
  windowScaling: true,
  dsack: true,
  rack: true,
  tlp: true,
  peerAckDelay: 0,
  prr: true,
  frto: true,
  limitedTransmit: true,
  initialWindow: 10,
  ecn: "on",
  ecnFallback: true,
  hystart: true,
  pacing: true,
  slowStartAfterIdle: true,
  minimumMss: 48,
  minimumMtu: 552,
  pathMtuTtl: 600_000_000,
  mtuProbing: "blackhole",
  duplicateAcks: 64,
  challenges: 4,
  challengePeriod: 1_000_000,
  userTimeout: 900_000_000,
  userTimeoutOption: false,
  leastUserTimeout: 100_000_000,
  mostUserTimeout: 3_600_000_000,
  connectTimeout: 180_000_000,
  synRetries: Infinity,
  synAckRetries: 5,
  synCookies: true,
  zeroWindowTimeout: Infinity,
  orphanTimeout: 60_000_000,
  finWait2Timeout: 60_000_000,
  timeWait: 60_000_000,
  fastOpen: 0,
  timeWaitReuse: true,
};
