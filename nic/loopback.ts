/**
 * A device whose packets come back to it.
 *
 * @module
 */

import { Counters } from "@ethox/managed/counters";
import { Arena, type ArenaOptions, IP_HEADROOM } from "./arena.ts";
import { BASELINE, type Capabilities } from "./capabilities.ts";
import {
  Clock,
  type CounterName,
  COUNTERS,
  type Device,
  type Medium,
  type Personality,
  RECEIVED,
  RECEIVED_OCTETS,
  SENT,
  SENT_OCTETS,
} from "./device.ts";
import {
  deliver,
  offer,
  type Packet,
  type ReceiveHandler,
  type SendHandler,
} from "./packet.ts";

/** How a {@linkcode Loopback} is made. */
export interface LoopbackOptions {
  /** Packet buffers. */
  readonly slots: number;
  /** Octets of each; that of {@linkcode Arena} by default. */
  readonly slotSize?: number;
  /** What packets begin with; Ethernet by default. */
  readonly medium?: Medium;
  /** Largest IP datagram, octets; 1500 by default. */
  readonly mtu?: number;
  /** What it pretends to do by itself; {@linkcode BASELINE} by default. */
  readonly capabilities?: Capabilities;
  /** Its time, which the caller moves; a fresh clock by default. */
  readonly clock?: Clock;
}

/**
 * A ring of packets: what is sent is received later, in order, and answers queue
 * up behind; nothing is copied.
 */
export class Loopback implements Device {
  /** Medium, MTU and capabilities. */
  readonly personality: Personality;
  /** What happened so far. */
  readonly counters: Counters<CounterName> = new Counters(COUNTERS);
  /** Its time. */
  readonly clock: Clock;
  readonly #arena: Arena;
  readonly #ring: Int32Array;
  #head = 0;
  #count = 0;

  /** Makes all buffers. */
  constructor(options: LoopbackOptions) {
    const { slots, slotSize, medium = "ethernet", mtu = 1500 } = options;
    const capabilities = options.capabilities ?? BASELINE;
    this.personality = { medium, mtu, capabilities };
    this.clock = options.clock ?? new Clock();
    const cut: ArenaOptions = {
      slots,
      capabilities,
      ...(slotSize === undefined ? {} : { slotSize }),
      ...(medium === "ip" ? { headroom: IP_HEADROOM } : {}),
    };
    this.#arena = new Arena(cut);
    this.#ring = new Int32Array(slots);
  }

  /** Packets on their way. */
  get pending(): number {
    return this.#count;
  }

  /** Lends the packets that are on their way now, but not their answers. */
  rx(max: number, receiver: ReceiveHandler): number {
    const burst = Math.min(max, this.#count);
    for (let i = 0; i < burst; i++) {
      const packet = this.#arena.packets[this.#ring[this.#head]!]!;
      if (++this.#head === this.#ring.length) this.#head = 0;
      this.#count--;
      this.counters.add(RECEIVED, 1);
      this.counters.add(RECEIVED_OCTETS, packet.end - packet.start);
      packet.info.timestamp = this.clock.now;
      packet.lend(packet.start, packet.end, "queued");
      try {
        deliver(receiver, packet);
      } finally {
        this.#settle(packet);
      }
    }
    return burst;
  }

  /** Offers buffers as long as there are any. */
  tx(max: number, sender: SendHandler): number {
    let queued = 0;
    while (queued < max) {
      const packet = this.#arena.acquire();
      if (packet === undefined) break;
      packet.info.clear();
      packet.info.timestamp = this.clock.now;
      packet.lend(packet.origin, packet.origin, "queued");
      let wanted = false;
      try {
        offer(sender, packet);
      } finally {
        wanted = this.#settle(packet);
      }
      if (!wanted) break;
      queued++;
    }
    return queued;
  }

  /** What the clock shows, µs. */
  now(): number {
    return this.clock.now;
  }

  /** Moves the clock to `deadline` unless packets are there already. */
  wait(deadline: number): void {
    if (this.#count > 0 || deadline === Infinity) return;
    if (deadline > this.clock.now) this.clock.now = deadline;
  }

  /** No effect: nothing but memory is held. */
  [Symbol.dispose](): void {}

  /** Ends a loan: a queued packet goes on its way. */
  #settle(packet: Packet): boolean {
    if (!packet.reclaim()) {
      this.#arena.release(packet);
      return false;
    }
    this.counters.add(SENT, 1);
    this.counters.add(SENT_OCTETS, packet.end - packet.start);
    this.#ring[(this.#head + this.#count++) % this.#ring.length] = packet.index;
    return true;
  }
}
