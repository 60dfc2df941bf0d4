/**
 * What stands in for buffers that a connection does not have, and the question
 * of how much there is to send.
 *
 * @module
 */

import type { RecvBuf, SendBuf } from "@ethox/storage/buf";

/** Sends nothing, and is not finished: FIN is sent on `shutdown` only. */
export const NO_DATA: SendBuf = {
  finished: false,
  available: () => 0,
  fill: () => {},
  acknowledge: () => {},
};

/** Has room for nothing. */
export const NOWHERE: RecvBuf = {
  window: () => 0,
  receive: () => -1,
};

/** The part of a connection that {@linkcode backlog} looks at. */
export interface Buffers {
  /** Where octets to send come from. */
  readonly sendBuf: SendBuf;
  /** SND.UNA. */
  readonly sndUna: number;
  /** SND.NXT. */
  readonly sndNxt: number;
}

/** Octets of the send buffer that lie beyond SND.NXT. */
export function backlog(connection: Buffers): number {
  const sent = (connection.sndNxt - connection.sndUna) | 0;
  const left = connection.sendBuf.available() - sent;
  return left > 0 ? left : 0;
}
