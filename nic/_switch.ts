/**
 * A switch between simulated links.
 *
 * @module
 */

import { clone, type Shared, type Wire } from "./_path.ts";
import type { Packet } from "./packet.ts";

/** How a {@linkcode Switch} works. */
export interface SwitchOptions {
  /**
   * Hardware addresses that it learns, so that packets go to one port; 256 by
   * default, 0 for a hub. Without Ethernet it is a hub.
   */
  readonly stations?: number;
}

const ADDRESSES = 12;

/**
 * Passes packets on from link to link in no time, to where their destination was
 * seen last, or to all ports but their own. Queues are those of the links.
 */
export class Switch {
  readonly #shared: Shared;
  readonly #in: readonly Wire[];
  readonly #out: readonly Wire[];
  // Addresses learned: two octets, four octets, and the port.
  readonly #high: Uint16Array;
  readonly #low: Int32Array;
  readonly #port: Int32Array;
  #known = 0;
  #oldest = 0;

  /** Made by `Simulator`. */
  constructor(
    shared: Shared,
    arriving: readonly Wire[],
    leaving: readonly Wire[],
    stations: number,
  ) {
    this.#shared = shared;
    this.#in = arriving;
    this.#out = leaving;
    this.#high = new Uint16Array(stations);
    this.#low = new Int32Array(stations);
    this.#port = new Int32Array(stations);
  }

  /** Number of ports. */
  get ports(): number {
    return this.#in.length;
  }

  /** Addresses that it has learned. */
  get stations(): number {
    return this.#known;
  }

  /** Passes on what has arrived; returns how many packets. */
  forward(): number {
    let passed = 0;
    for (let port = 0; port < this.#in.length; port++) {
      const wire = this.#in[port]!;
      for (;;) {
        const packet = wire.take();
        if (packet === undefined) break;
        this.#pass(packet, port);
        passed++;
      }
    }
    return passed;
  }

  #pass(packet: Packet, from: number): void {
    const target = this.#target(packet, from);
    if (target >= 0) {
      if (target === from || !this.#out[target]!.push(packet)) {
        this.#shared.arena.release(packet);
      }
      return;
    }
    // The last port gets the packet itself.
    const last = this.#out.length - (from === this.#out.length - 1 ? 2 : 1);
    for (let port = 0; port < last; port++) {
      if (port === from) continue;
      const second = clone(packet, this.#shared.arena);
      if (second === undefined) continue;
      if (!this.#out[port]!.push(second)) this.#shared.arena.release(second);
    }
    if (!this.#out[last]!.push(packet)) this.#shared.arena.release(packet);
  }

  /** The port that a packet is for, -1 for all; learns where it came from. */
  #target(packet: Packet, from: number): number {
    const { start, end, memory: { view } } = packet;
    if (this.#high.length === 0 || end - start < ADDRESSES) return -1;
    const high = view.getUint16(start + 6);
    // No group address is anyone's (IEEE 802, I/G bit).
    if ((high & 0x100) === 0) this.#learn(high, view.getInt32(start + 8), from);
    const group = view.getUint16(start);
    if ((group & 0x100) !== 0) return -1;
    const at = this.#find(group, view.getInt32(start + 2));
    return at < 0 ? -1 : this.#port[at]!;
  }

  #find(high: number, low: number): number {
    for (let i = 0; i < this.#known; i++) {
      if (this.#low[i] === low && this.#high[i] === high) return i;
    }
    return -1;
  }

  /** Notes the port of an address, in place of the oldest if there is no room. */
  #learn(high: number, low: number, port: number): void {
    let at = this.#find(high, low);
    if (at < 0) {
      if (this.#known < this.#high.length) at = this.#known++;
      else {
        at = this.#oldest;
        this.#oldest = at + 1 === this.#known ? 0 : at + 1;
      }
      this.#high[at] = high;
      this.#low[at] = low;
    }
    this.#port[at] = port;
  }
}
