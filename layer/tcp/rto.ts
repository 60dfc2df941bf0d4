/**
 * The retransmission timer's length,
 * [RFC 6298](https://www.rfc-editor.org/rfc/rfc6298). All times are µs.
 *
 * @module
 */

/** Before any sample, RFC 6298 rule 2.1. */
export const INITIAL_RTO = 1_000_000;
/** Upper bound, RFC 6298 rule 2.5. */
export const MAXIMUM_RTO = 60_000_000;
/**
 * Lower bound that a connection gets unless told otherwise. RFC 6298 rule 2.4
 * asks for a second, made for coarse clocks; this is what hosts use today.
 */
export const MINIMUM_RTO = 200_000;

/** What the estimator keeps; part of a connection. */
export interface Estimate {
  /** Smoothed round-trip time, 0 before the first sample. */
  srtt: number;
  /** Its variation. */
  rttvar: number;
  /** Time-out before back-off. */
  rto: number;
  /** How often the time-out was doubled. */
  backoff: number;
  /** Upper bound; {@linkcode MAXIMUM_RTO} by default. */
  rtoMaximum?: number;
}

/**
 * Takes in one measured round trip; `granularity` is the clock's, `minimum` the
 * lower bound. Ends any back-off, as the sample is of new data.
 */
export function sample(
  estimate: Estimate,
  rtt: number,
  granularity: number,
  minimum: number,
): void {
  if (estimate.srtt === 0) {
    estimate.srtt = Math.max(1, rtt);
    estimate.rttvar = rtt / 2;
  } else {
    estimate.rttvar += (Math.abs(estimate.srtt - rtt) - estimate.rttvar) / 4;
    estimate.srtt += (rtt - estimate.srtt) / 8;
  }
  const margin = Math.max(granularity, 4 * estimate.rttvar);
  estimate.rto = Math.min(
    estimate.rtoMaximum ?? MAXIMUM_RTO,
    Math.max(minimum, estimate.srtt + margin),
  );
  estimate.backoff = 0;
}

/** The time-out to arm now: doubled for each back-off, bounded. */
export function timeout(estimate: Estimate): number {
  const most = estimate.rtoMaximum ?? MAXIMUM_RTO;
  return Math.min(most, estimate.rto * 2 ** estimate.backoff);
}

/** Doubles the time-out, RFC 6298 rule 5.5. */
export function backOff(estimate: Estimate): void {
  // Past 2^16 the bound has long been reached; the exponent stays small.
  if (estimate.backoff < 16) estimate.backoff++;
}
