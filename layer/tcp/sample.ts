/**
 * What one segment from the peer says has arrived, and what a sender knows when it
 * sends.
 *
 * @module
 */

/**
 * What one segment from the peer says has arrived; reused for the next. Times
 * are the lower 32 bits of µs, to be compared by difference.
 */
export class Sample {
  /** Octets that left the path, each counted once. */
  delivered = 0;
  /** Of these, octets that SACK tells of. */
  sacked = 0;
  /** Octets of the new ones that had been sent only once. */
  original = 0;
  /** Whether any node was delivered. */
  any = false;
  /** Whether something arrived after what was sent later (RFC 8985 6.2 step 3). */
  reordered = false;
  /** When the delivered octets that were sent last were sent. */
  sentAt = 0;
  /** Where these end. */
  end = 0;
  /** Whether these had been sent more than once. */
  repeated = false;
  /** Whether something was delivered that was sent only once, {@linkcode onceAt}. */
  once = false;
  /** When the last of those was sent. */
  onceAt = 0;
  /** When the first of those was sent. */
  oldestAt = 0;
  /** Whether some of the octets had been sent more than once. */
  doubtful = false;
  /** Octets that had been delivered when they were sent, lower 32 bits. */
  deliveredBefore = 0;
  /** When that had last been added to. */
  deliveredAt = 0;
  /** When the sampling interval had begun. */
  firstSentAt = 0;
  /** Octets in flight once they were sent. */
  inFlight = 0;
  /** Octets lost by then, lower 32 bits. */
  lostBefore = 0;
  /** Whether the user was the limit then. */
  limited = false;

  /** Nothing has arrived. */
  clear(): void {
    this.delivered = this.sacked = this.original = 0;
    this.any =
      this.reordered =
      this.once =
      this.doubtful =
        false;
  }
}

/** The part of a connection that a node remembers when it is sent. */
export interface Sender {
  /** Index of the record. */
  readonly slot: number;
  /** SND.UNA. */
  readonly sndUna: number;
  /** Octets delivered so far. */
  readonly delivered: number;
  /** When that was last added to, µs. */
  readonly deliveredAt: number;
  /** When the first octet of the current sampling interval was sent, µs. */
  readonly firstSentAt: number;
  /** Octets that counted as lost so far. */
  readonly lost: number;
  /** Until how many octets are delivered the user is the limit; 0 for no more. */
  readonly appLimited: number;
}
