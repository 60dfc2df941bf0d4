/**
 * What two hosts agree on by the options of their SYNs.
 *
 * @module
 */

import type { Connection } from "./connection.ts";
import { TIMESTAMPS_LENGTH } from "./syn_options.ts";
import type { Tuning } from "./tuning.ts";

/** What a peer's SYN offers; the options of the segment, or what was kept of them. */
export interface Offer {
  /** Maximum segment size, octets; 0 for none. */
  mss: number;
  /** Window shift, -1 for none. */
  windowScale: number;
  /** SACK may be sent to the peer. */
  sackPermitted: boolean;
  /** Timestamps are there. */
  timestamps: boolean;
  /** TSval, int32. */
  timestampValue: number;
  /** Its flags ask for ECN; the options of a segment do not tell. */
  ecn?: boolean;
}

/** Enters in a record what this side offers, before the peer has spoken. */
export function propose(c: Connection, tuning: Tuning): void {
  c.tsOn = tuning.timestamps;
  c.sackOn = tuning.sack;
  c.sndScaled = tuning.windowScaling;
  c.ecnOn = tuning.ecn === "on";
}

/** Leaves in the record what the peer offers, too. */
export function negotiate(c: Connection, offer: Offer, tuning: Tuning): void {
  const { mss, windowScale } = offer;
  c.tsOn &&= offer.timestamps;
  c.sackOn &&= offer.sackPermitted;
  c.sndScaled &&= windowScale >= 0;
  if (c.tsOn) c.tsRecent = offer.timestampValue;
  if (c.sndScaled) c.sndScale = windowScale;
  else c.rcvScale = c.sndScale = 0;
  // RFC 9293 MUST-15: no MSS option means 536.
  const size = Math.min(mss === 0 ? 536 : mss, c.mss);
  c.mss = Math.max(tuning.minimumMss, size);
  // RFC 6691 section 2: the sender makes room for the options.
  if (c.tsOn) c.mss -= TIMESTAMPS_LENGTH;
}
