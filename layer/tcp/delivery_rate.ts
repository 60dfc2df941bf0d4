/**
 * How fast octets arrive: samples over the time in which a flight was sent and
 * acknowledged, as BBR wants them
 * ([draft-cheng-iccrg-delivery-rate-estimation](https://datatracker.ietf.org/doc/draft-cheng-iccrg-delivery-rate-estimation)).
 *
 * @module
 */

import type { Clock } from "@ethox/nic/device";
import type { Connection } from "./connection.ts";
import type { Delivery } from "./control.ts";
import type { Sample } from "./sample.ts";

const SECOND = 1e6;

/** Octets are about to be sent; with nothing in flight an interval begins. */
export function sending(c: Connection, clock: Clock): void {
  if (c.sndMax !== c.sndUna) return;
  c.firstSentAt = c.deliveredAt = clock.now | 0;
}

/** Enters in the record what has arrived, and in `d` what follows from it. */
export function measure(
  c: Connection,
  d: Delivery,
  sample: Sample,
  clock: Clock,
): void {
  d.delivered = sample.delivered;
  if (!sample.any) return;
  c.delivered += sample.delivered;
  c.deliveredAt = clock.now | 0;
  if (c.appLimited > 0 && c.delivered > c.appLimited) c.appLimited = 0;
  // The lower 32 bits are enough: no flight is longer.
  const octets = ((c.delivered | 0) - sample.deliveredBefore) | 0;
  const sending = (sample.sentAt - sample.firstSentAt) | 0;
  const arriving = ((clock.now | 0) - sample.deliveredAt) | 0;
  const interval = sending > arriving ? sending : arriving;
  c.firstSentAt = sample.sentAt;
  d.priorDelivered = c.delivered - octets;
  d.sentInFlight = sample.inFlight;
  d.lostSince = ((c.lost | 0) - sample.lostBefore) | 0;
  d.appLimited = sample.limited;
  // Faster than the path ever was: ACKs came in a bunch.
  if (interval <= 0 || interval < c.minRtt) return;
  d.rateDelivered = octets;
  d.interval = interval;
  d.rate = octets * SECOND / interval;
}

/** There is nothing more to send, though there would be room. */
export function idle(c: Connection): void {
  c.appLimited = Math.max(1, c.delivered + c.pipe);
}
