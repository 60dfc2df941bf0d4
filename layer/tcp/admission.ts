/**
 * Whether a connection whose handshake is complete may come in: shares of its
 * source, and the queue of those that the user has not taken yet.
 *
 * @module
 */

import type { Connection } from "./connection.ts";
import { type Core, derive } from "./core.ts";
import * as count from "./counters.ts";
import type { Listener } from "./listener.ts";
import { Sources } from "./sources.ts";

const NONE = -1;

/** The doorkeeper of all listeners. */
export class Admission {
  readonly #core: Core;
  readonly #listeners: readonly Listener[];
  readonly #key: Uint8Array;
  // Made by the first listener that asks for it.
  #sources: Sources | undefined = undefined;
  #before: Int32Array | undefined = undefined;
  #after: Int32Array | undefined = undefined;

  /** Nobody is there. */
  constructor(core: Core, listeners: readonly Listener[], key: Uint8Array) {
    this.#core = core;
    this.#listeners = listeners;
    this.#key = derive(key, 6);
  }

  /** Makes what a listener needs. */
  prepare(listener: Listener): void {
    const { connections } = this.#core;
    if (listener.perSource < Infinity || listener.perNetwork < Infinity) {
      this.#sources ??= new Sources(connections, this.#key);
    }
    listener.waiting = 0;
    listener.first = listener.last = NONE;
    if (listener.acceptBacklog < Infinity) {
      this.#before ??= new Int32Array(connections);
      this.#after ??= new Int32Array(connections);
    }
  }

  /** Whether one more of an address may come in; why not is counted. */
  allows(listener: Listener, remote: number): boolean {
    const { counters } = this.#core;
    if (listener.waiting >= listener.acceptBacklog) {
      counters.add(count.DROPPED_ACCEPT, 1);
      return false;
    }
    const sources = this.#sources;
    if (sources === undefined) return true;
    const share = listener.index;
    if (
      sources.address(remote, share) < listener.perSource &&
      sources.network(remote, share) < listener.perNetwork
    ) return true;
    counters.add(count.DROPPED_SOURCE, 1);
    return false;
  }

  /** A connection has come in; it waits where the listener has a queue. */
  enter(c: Connection, listener: Listener): void {
    if (this.#sources !== undefined) {
      this.#sources.add(c.remoteAddress, listener.index, 1);
      c.counted = true;
    }
    if (listener.acceptBacklog === Infinity) return;
    const { slot } = c;
    c.untaken = true;
    listener.waiting++;
    this.#before![slot] = listener.last;
    this.#after![slot] = NONE;
    if (listener.last === NONE) listener.first = slot;
    else this.#after![listener.last] = slot;
    listener.last = slot;
  }

  /** A connection is taken out of its queue. */
  take(c: Connection): void {
    if (!c.untaken) return;
    c.untaken = false;
    const listener = this.#listeners[c.share - 1]!;
    const before = this.#before![c.slot]!;
    const after = this.#after![c.slot]!;
    if (before === NONE) listener.first = after;
    else this.#after![before] = after;
    if (after === NONE) listener.last = before;
    else this.#before![after] = before;
    listener.waiting--;
  }

  /** The record of a connection is about to be given back. */
  leave(c: Connection): void {
    this.take(c);
    if (!c.counted) return;
    c.counted = false;
    this.#sources!.add(c.remoteAddress, c.share - 1, -1);
  }
}
