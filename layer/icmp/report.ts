/**
 * ICMP errors on their way to the protocols that they concern.
 *
 * @module
 */

/** A received error about something we sent; the object is reused. */
export class ErrorReport {
  /** ICMP type. */
  type = 0;
  /** ICMP code. */
  code = 0;
  /** Next-hop MTU, octets, where fragmentation was needed; 0 if not said. */
  nextHopMtu = 0;
  /** Octets of the quoted datagram, as its own header says. */
  quotedLength = 0;
  /** Who reports, int32. */
  reporter = 0;
  /** Source of the quoted datagram: an address of ours, int32. */
  source = 0;
  /** Destination of the quoted datagram, int32. */
  destination = 0;
  /** Protocol of the quoted datagram. */
  protocol = 0;
  /** Where the quote lies. */
  view: DataView = new DataView(new ArrayBuffer(0));
  /** Offset of the quoted transport header. */
  transportStart = 0;
  /** Offset behind what is quoted: eight octets or more further on. */
  transportEnd = 0;
}

/** A protocol that hears of errors about what it sent. */
export interface ErrorListener {
  /** Judges an error; must not keep it, and must not trust it. */
  icmpError(report: ErrorReport): void;
}
