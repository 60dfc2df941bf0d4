/**
 * Why something happened to a connection: small numbers, and for each the section
 * that decided it.
 *
 * @module
 */

/** Octets or a control bit for the first time, RFC 9293 3.10.2. */
export const NEW = 0;
/** The user wants to connect, RFC 9293 3.10.1. */
export const ACTIVE_OPEN = 1;
/** The answer to a request was acknowledged, RFC 9293 3.10.7.2. */
export const REQUEST = 2;
/** A SYN without an ACK crossed ours, RFC 9293 3.10.7.3. */
export const CROSSED = 3;
/** Our SYN is acknowledged, RFC 9293 3.10.7.3. */
export const CONFIRMED = 4;
/** The user sends no more, RFC 9293 3.10.4. */
export const FIN_SENT = 5;
/** Our FIN is acknowledged, RFC 9293 3.10.7.4. */
export const FIN_ACKNOWLEDGED = 6;
/** The peer sends no more, RFC 9293 3.10.7.4. */
export const FIN_RECEIVED = 7;
/** The peer sent RST, RFC 9293 3.10.7.4. */
export const RESET = 8;
/** This side ended the connection, RFC 9293 3.10.5. */
export const ABORTED = 9;
/** Nothing was acknowledged for too long, RFC 9293 3.8.3. */
export const TIMED_OUT = 10;
/** The path ends before the peer, RFC 9293 3.9.2.2. */
export const UNREACHABLE = 11;
/** The retransmission timer expired, RFC 6298 5.4. */
export const TIMEOUT = 12;
/** An ACK says that these octets are missing, RFC 5681 3.2. */
export const FAST = 13;
/** The last segment asks for an answer, RFC 8985 7.3. */
export const TAIL_PROBE = 14;
/** An octet asks for the window, RFC 9293 3.8.6.1. */
export const WINDOW_PROBE = 15;
/** An old sequence number asks whether the peer lives, RFC 9293 3.8.4. */
export const KEEP_ALIVE = 16;
/** The path takes smaller segments only, RFC 1191 6.5. */
export const PATH_MTU = 17;
/** What was sent after them has arrived, RFC 8985 6.2. */
export const RACK = 18;
/** Enough above them was acknowledged, RFC 6675 4. */
export const THRESHOLD = 19;
/** Three duplicate ACKs came, RFC 5681 3.2. */
export const DUPLICATES = 20;
/** A partial ACK names the next hole, RFC 6582 3.2. */
export const PARTIAL = 21;
/** Nothing was acknowledged within the time-out, RFC 6298 5.4. */
export const EXPIRED = 22;
/** The handshake is complete, RFC 6928 2. */
export const INITIAL = 23;
/** Octets were acknowledged below ssthresh, RFC 5681 3.1. */
export const SLOW_START = 24;
/** Octets were acknowledged above ssthresh, RFC 5681 3.1. */
export const AVOIDANCE = 25;
/** Octets were acknowledged above ssthresh, RFC 9438 4. */
export const CUBIC = 26;
/** The model of the path changed, draft-ietf-ccwg-bbr 5.6. */
export const MODEL = 27;
/** Round trips grew: slow start ends before a loss, RFC 9406 4.2. */
export const SLOW_START_ENDED = 28;
/** A congestion event begins with a loss, RFC 5681 3.2. */
export const LOSS = 29;
/** A congestion event begins with a mark, RFC 3168 6.1.2. */
export const MARK = 30;
/** The window follows what is delivered, RFC 6937 3. */
export const REDUCTION = 31;
/** The retransmission timer expired, RFC 5681 3.1. */
export const COLLAPSE = 32;
/** All that was in flight at the loss is acknowledged, RFC 6675 5. */
export const RECOVERED = 33;
/** What had seemed lost was not, RFC 9438 4.9. */
export const UNDONE = 34;
/** Nothing was sent for long, RFC 5681 4.1. */
export const IDLE = 35;

/** What a number stands for. */
export interface Reason {
  /** Short, in lower case, such as `"slow-start"`. */
  readonly name: string;
  /** Document and section, such as `"RFC 5681 3.1"`. */
  readonly section: string;
  /** What was found, in one clause. */
  readonly text: string;
}

function reason(name: string, section: string, text: string): Reason {
  return { name, section, text };
}

/** All reasons, by their numbers. */
export const REASONS: readonly Reason[] = [
  reason(
    "new",
    "RFC 9293 3.10.2",
    "octets or a control bit for the first time",
  ),
  // Changes of state.
  reason("active-open", "RFC 9293 3.10.1", "the user wants to connect"),
  reason(
    "request",
    "RFC 9293 3.10.7.2",
    "the answer to a request was acknowledged",
  ),
  reason("crossed", "RFC 9293 3.10.7.3", "a SYN without an ACK crossed ours"),
  reason("confirmed", "RFC 9293 3.10.7.3", "our SYN is acknowledged"),
  reason("fin-sent", "RFC 9293 3.10.4", "the user sends no more"),
  reason("fin-acknowledged", "RFC 9293 3.10.7.4", "our FIN is acknowledged"),
  reason("fin-received", "RFC 9293 3.10.7.4", "the peer sends no more"),
  reason("reset", "RFC 9293 3.10.7.4", "the peer sent RST"),
  reason("aborted", "RFC 9293 3.10.5", "this side ended the connection"),
  reason(
    "timed-out",
    "RFC 9293 3.8.3",
    "nothing was acknowledged for too long",
  ),
  reason("unreachable", "RFC 9293 3.9.2.2", "the path ends before the peer"),
  // Octets sent again.
  reason("timeout", "RFC 6298 5.4", "the retransmission timer expired"),
  reason("fast", "RFC 5681 3.2", "an ACK says that these octets are missing"),
  reason("tail-probe", "RFC 8985 7.3", "the last segment asks for an answer"),
  reason("window-probe", "RFC 9293 3.8.6.1", "an octet asks for the window"),
  reason(
    "keep-alive",
    "RFC 9293 3.8.4",
    "an old sequence number asks whether the peer lives",
  ),
  reason("path-mtu", "RFC 1191 6.5", "the path takes smaller segments only"),
  // Octets that count as lost.
  reason("rack", "RFC 8985 6.2", "what was sent after them has arrived"),
  reason("threshold", "RFC 6675 4", "enough above them was acknowledged"),
  reason("duplicates", "RFC 5681 3.2", "three duplicate ACKs came"),
  reason("partial", "RFC 6582 3.2", "a partial ACK names the next hole"),
  reason(
    "expired",
    "RFC 6298 5.4",
    "nothing was acknowledged within the time-out",
  ),
  // Changes of the congestion window.
  reason("initial", "RFC 6928 2", "the handshake is complete"),
  reason(
    "slow-start",
    "RFC 5681 3.1",
    "octets were acknowledged below ssthresh",
  ),
  reason(
    "avoidance",
    "RFC 5681 3.1",
    "octets were acknowledged above ssthresh",
  ),
  reason("cubic", "RFC 9438 4", "octets were acknowledged above ssthresh"),
  reason("model", "draft-ietf-ccwg-bbr 5.6", "the model of the path changed"),
  reason(
    "slow-start-ended",
    "RFC 9406 4.2",
    "round trips grew: slow start ends before a loss",
  ),
  reason("loss", "RFC 5681 3.2", "a congestion event begins with a loss"),
  reason("mark", "RFC 3168 6.1.2", "a congestion event begins with a mark"),
  reason("reduction", "RFC 6937 3", "the window follows what is delivered"),
  reason("collapse", "RFC 5681 3.1", "the retransmission timer expired"),
  reason(
    "recovered",
    "RFC 6675 5",
    "all that was in flight at the loss is acknowledged",
  ),
  reason("undone", "RFC 9438 4.9", "what had seemed lost was not"),
  reason("idle", "RFC 5681 4.1", "nothing was sent for long"),
];

/** The reason with a number; that of {@linkcode NEW} if there is none. */
export function reasonOf(why: number): Reason {
  return REASONS[why] ?? REASONS[NEW]!;
}
