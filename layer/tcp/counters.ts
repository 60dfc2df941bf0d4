/**
 * What a TCP endpoint counts.
 *
 * @module
 */

/** Names of the counters, in the order of the indices below. */
export const COUNTERS = [
  "received",
  "sent",
  "retransmitted",
  "resetsReceived",
  "resetsSent",
  "connected",
  "accepted",
  "closed",
  "aborted",
  "timedOut",
  "refused",
  "droppedMalformed",
  "droppedChecksum",
  "droppedBroadcast",
  "droppedRejected",
  "droppedStray",
  "droppedBacklog",
  "droppedFull",
  "cookiesSent",
  "cookiesAccepted",
  "cookiesRejected",
  "timeWaitEvicted",
  "timeWaitReused",
  "replyFailed",
  "sendFailed",
  "resetsLimited",
  "icmpAccepted",
  "icmpIgnored",
  "handlerThrew",
  "keepAlives",
  "requests",
  "sourceLimited",
  "halfOpenExpired",
  "droppedSource",
  "droppedAccept",
  "timeWaitLimited",
  "orphansReset",
  "congestionMarks",
  "congestionEchoes",
  "fastOpened",
  "fastOpenCookies",
  "fastOpenRejected",
  "fastOpenLimited",
  "fastOpenTaken",
  "fastOpenRepeated",
] as const;

/** A name in {@linkcode COUNTERS}. */
export type CounterName = typeof COUNTERS[number];

/** Segments that arrived. */
export const RECEIVED = 0;
/** Segments sent, answers included. */
export const SENT = 1;
/** Of these, sent again. */
export const RETRANSMITTED = 2;
/** Connections that the peer reset. */
export const RESETS_RECEIVED = 3;
/** RST segments sent. */
export const RESETS_SENT = 4;
/** Active opens that completed. */
export const CONNECTED = 5;
/** Passive opens that completed. */
export const ACCEPTED = 6;
/** Connections closed by both sides. */
export const CLOSED = 7;
/** Connections that this side aborted. */
export const ABORTED = 8;
/** Connections given up for want of answers. */
export const TIMED_OUT = 9;
/** Connections that a listener's user refused. */
export const REFUSED = 10;
/** Segments whose header or options are wrong. */
export const DROPPED_MALFORMED = 11;
/** Segments whose checksum is wrong. */
export const DROPPED_CHECKSUM = 12;
/** Segments that came by broadcast or multicast. */
export const DROPPED_BROADCAST = 13;
/** Segments that the state machine would not have. */
export const DROPPED_REJECTED = 14;
/** Segments that belong to nothing. */
export const DROPPED_STRAY = 15;
/** Requests dropped since neither row nor cookie could answer. */
export const DROPPED_BACKLOG = 16;
/** Completed handshakes for which no record was free. */
export const DROPPED_FULL = 17;
/** Requests answered by a cookie. */
export const COOKIES_SENT = 18;
/** Handshakes completed by a cookie. */
export const COOKIES_ACCEPTED = 19;
/** ACKs that held no valid cookie. */
export const COOKIES_REJECTED = 20;
/** TIME-WAIT rows that made room for newer ones. */
export const TIME_WAIT_EVICTED = 21;
/** TIME-WAIT rows that a new request took over. */
export const TIME_WAIT_REUSED = 22;
/** Answers that could not be sent in place. */
export const REPLY_FAILED = 23;
/** Segments that the layer below would not send. */
export const SEND_FAILED = 24;
/** RST segments not sent, by the rate limit. */
export const RESETS_LIMITED = 25;
/** ICMP errors that concerned a connection. */
export const ICMP_ACCEPTED = 26;
/** ICMP errors that did not, or could not be trusted. */
export const ICMP_IGNORED = 27;
/** Callbacks of users that threw. */
export const HANDLER_THREW = 28;
/** Keep-alive probes sent. */
export const KEEP_ALIVES = 29;
/** Requests to listeners. */
export const REQUESTS = 30;
/** Of these, without a row as their source has its share of them. */
export const SOURCE_LIMITED = 31;
/** Half-open connections given up for want of an ACK. */
export const HALF_OPEN_EXPIRED = 32;
/** Requests and handshakes whose source has its share of connections. */
export const DROPPED_SOURCE = 33;
/** Requests and handshakes that found the listener's queue full. */
export const DROPPED_ACCEPT = 34;
/** Segments for TIME-WAIT that were not answered, by the rate limit. */
export const TIME_WAIT_LIMITED = 35;
/** Connections reset as too many had no user any more. */
export const ORPHANS_RESET = 36;
/** Segments that routers had marked, RFC 3168. */
export const CONGESTION_MARKS = 37;
/** Windows reduced as the peer echoed such marks. */
export const CONGESTION_ECHOES = 38;
/** Requests whose octets were taken at once, RFC 7413. */
export const FAST_OPENED = 39;
/** Fast open cookies given. */
export const FAST_OPEN_COOKIES = 40;
/** Fast open cookies that were none of ours, or too old. */
export const FAST_OPEN_REJECTED = 41;
/** Requests whose octets were not taken as too many had begun early. */
export const FAST_OPEN_LIMITED = 42;
/** Own requests whose octets were taken. */
export const FAST_OPEN_TAKEN = 43;
/** Own requests whose octets had to be sent again. */
export const FAST_OPEN_REPEATED = 44;
