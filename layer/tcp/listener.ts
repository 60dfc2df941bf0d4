/**
 * Passive opens: who listens, and the requests that are being answered.
 *
 * @module
 */

import type { Connection } from "./connection.ts";
import type { EarlyLimit } from "./fast_open.ts";

/** What to listen for, and what becomes of those who connect. */
export interface ListenOptions {
  /** Port to listen on. */
  readonly port: number;
  /** Own address to listen on, int32; any by default. */
  readonly address?: number;
  /**
   * Requests that may be half-open at once. They are this listener's own; what
   * comes beyond is answered by SYN cookies. 64 by default.
   */
  readonly backlog?: number;
  /**
   * Of these, most of one address [a quarter of the backlog] and of one network
   * of 256 [half of it]: whoever has them gets cookies, too.
   */
  readonly backlogPerSource?: number;
  /** See `backlogPerSource`. */
  readonly backlogPerNetwork?: number;
  /**
   * Makes connections wait until `Endpoint.accept` takes them, so many at most:
   * beyond it requests are not answered, and handshakes are completed later.
   * `accept` is called, and octets are received, before that. By default there is
   * no such queue.
   */
  readonly acceptBacklog?: number;
  /** Most connections from one address; any number by default. */
  readonly perSource?: number;
  /** The same from one network of 256 addresses. */
  readonly perNetwork?: number;
  /**
   * Connections that may be there at once whose octets were taken from the
   * request, on the strength of a cookie, and whose handshake is not complete
   * (RFC 7413); none by default. `accept`, and `received`, are called then before
   * `established`. A request may come twice: take this where that does no harm.
   */
  readonly fastOpen?: number;
  /** Connection records that nobody else can take; none by default. */
  readonly reserve?: number;
  /** Receive window that the connections will have, octets; 256 KiB by default. */
  readonly receiveWindow?: number;
  /** Most octets of data in a segment either way, below what the path carries. */
  readonly maximumSegment?: number;
  /**
   * Called when a handshake is complete. Sets `sendBuf`, `recvBuf` and `handler`
   * and says whether the connection is wanted; if not, the peer gets RST.
   */
  accept(connection: Connection): boolean;
}

/** One open port. */
export class Listener {
  /** Index among the listeners; its class of records is one more. */
  readonly index: number;
  /** Whether it listens. */
  open = false;
  /** Port. */
  port = 0;
  /** Own address, int32, or 0 for any. */
  address = 0;
  /** Most requests that may be half-open. */
  backlog = 0;
  /** Requests that are half-open. */
  pending = 0;
  /** Of these, of one address. */
  backlogPerSource = 0;
  /** Of one network of 256 addresses. */
  backlogPerNetwork = 0;
  /** Most connections that may wait for `Endpoint.accept`. */
  acceptBacklog = 0.5;
  /** Connections that wait. */
  waiting = 0;
  /** Slot of the one that waits for longest, -1 for none. */
  first: number = -1;
  /** Slot of the latest. */
  last: number = -1;
  /** Most connections from one address. */
  perSource = 0.5;
  /** Most from one network of 256 addresses. */
  perNetwork = 0.5;
  /** Limits connections that begin early; `undefined` for none. */
  early: EarlyLimit | undefined = undefined;
  /** Receive window of its connections, octets. */
  receiveWindow = 0;
  /** Most octets of data in a segment. */
  maximumSegment: number = Infinity;
  /** Left shift that goes with it. */
  rcvScale = 0;
  /** Until when cookies may come back, µs. */
  cookiesUntil = 0.5;
  /** Who takes the connections. */
  accept: (connection: Connection) => boolean = refuse;

  /** A closed listener. */
  constructor(index: number) {
    this.index = index;
    this.cookiesUntil = 0;
    this.acceptBacklog = this.perSource = this.perNetwork = Infinity;
  }
}

function refuse(): boolean {
  return false;
}

/** The least shift by which a window of so many octets fits into the header. */
export function scaleFor(window: number): number {
  let scale = 0;
  while (scale < 14 && window >> scale > 0xffff) scale++;
  return scale;
}
