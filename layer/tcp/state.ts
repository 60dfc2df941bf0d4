/**
 * The states of a connection, RFC 9293 section 3.3.2.
 *
 * @module
 */

/** No connection. */
export const CLOSED = 0;
/** Waiting for a request from any peer. */
export const LISTEN = 1;
/** A request was sent. */
export const SYN_SENT = 2;
/** Requests crossed, or one was answered; not acknowledged yet. */
export const SYN_RECEIVED = 3;
/** Data flows both ways. */
export const ESTABLISHED = 4;
/** We have sent FIN, which is not acknowledged yet. */
export const FIN_WAIT_1 = 5;
/** Our FIN is acknowledged; the peer may still send. */
export const FIN_WAIT_2 = 6;
/** The peer has sent FIN; we may still send. */
export const CLOSE_WAIT = 7;
/** FINs crossed; ours is not acknowledged yet. */
export const CLOSING = 8;
/** The peer was first to close, and our FIN is not acknowledged yet. */
export const LAST_ACK = 9;
/** Both FINs are acknowledged; old segments may still be about. */
export const TIME_WAIT = 10;

/** The RFC's names of the states, by their constants. */
export const STATES = [
  "CLOSED",
  "LISTEN",
  "SYN-SENT",
  "SYN-RECEIVED",
  "ESTABLISHED",
  "FIN-WAIT-1",
  "FIN-WAIT-2",
  "CLOSE-WAIT",
  "CLOSING",
  "LAST-ACK",
  "TIME-WAIT",
] as const;

/** The RFC's name of a state, such as `"FIN-WAIT-1"`. */
export type StateName = typeof STATES[number];

/** The RFC's name of a state constant. */
export function nameOf(state: number): StateName {
  return STATES[state] ?? "CLOSED";
}

/** Whether a state says that our FIN has been sent at least once. */
export function finSent(current: number): boolean {
  return current === FIN_WAIT_1 || current === CLOSING ||
    current === LAST_ACK || current === FIN_WAIT_2;
}
