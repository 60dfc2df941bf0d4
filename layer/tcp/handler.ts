/**
 * What the user of a connection hears, and what a connection asks of its endpoint.
 *
 * @module
 */

import type { Connection } from "./connection.ts";

/** Why a connection ended. */
export type CloseReason =
  /** Both sides said FIN, in whatever order. */
  | "closed"
  /** The peer sent RST. */
  | "reset"
  /** The peer answered the request with RST. */
  | "refused"
  /** Nothing was acknowledged for too long. */
  | "timeout"
  /** No route, or an ICMP error that ends an attempt to connect. */
  | "unreachable"
  /** This side called {@linkcode Connection.abort}. */
  | "aborted"
  /** A callback of the user threw. */
  | "failed";

/**
 * What a user wants to hear of a connection. Called from within bursts: quick,
 * and without keeping anything that was lent.
 */
export interface Handler {
  /** The handshake is complete. */
  established?(connection: Connection): void;
  /** Octets became readable, or the peer's FIN was reached. */
  received?(connection: Connection): void;
  /** The peer acknowledged octets: there is room to send more. */
  acknowledged?(connection: Connection): void;
  /**
   * The peer has marked octets as urgent, or more of them; they stay in line.
   * The mark lies `offset` octets behind the last one received in order: as many
   * as are unread, and `offset` more, are urgent still (RFC 9293 MUST-32 and -33).
   */
  urgent?(connection: Connection, offset: number): void;
  /**
   * The peer may be gone: {@linkcode Connection.softError} says what a router had
   * to say, {@linkcode Connection.tries} how often nothing came back. Time will
   * tell (RFC 9293 section 3.9.1.8).
   */
  troubled?(connection: Connection): void;
  /** The end. The record is used for another connection afterwards. */
  closed?(connection: Connection, reason: CloseReason): void;
}

/** What a connection asks of the endpoint that holds it. */
export interface Host {
  /** Something may have to be sent. */
  activate(connection: Connection): void;
  /** Sends RST where the state asks for it and frees the record. */
  abort(connection: Connection, reason: CloseReason): void;
  /** Its user is gone: from now on it counts as an orphan. */
  orphaned?(connection: Connection): void;
}

/** Nothing is to be heard. */
export const SILENT: Handler = {};
