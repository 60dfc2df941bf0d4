/**
 * A device whose packets come back to it.
 *
 * @module
 */

import { Counters } from "@ethox/managed/counters";
import { arenaFor, checkMtu, checkOption, Gauge } from "./_gauge.ts";
import type { Arena } from "./arena.ts";
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
  SEND_DROPPED,
  SEND_ERRORS,
  SENT,
  SENT_OCTETS,
} from "./device.ts";
import {
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  deliver,
  offer,
  type Packet,
  type ReceiveHandler,
  type SendHandler,
} from "./packet.ts";

const MOST_SLOTS = 1 << 20;

/** How a {@linkcode Loopback} is made. */
export interface LoopbackOptions {
  /** Packet buffers. */
  readonly slots: number;
  /** Octets of each; by default enough for the MTU and the capabilities. */
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
  readonly #gauge: Gauge;
  readonly #ring: Int32Array;
  #head = 0;
  #count = 0;

  /**
   * Makes all buffers.
   *
   * @throws {OptionError} if a number makes no sense.
   * @throws {ArenaError} if the slots are too small for anything.
   */
  constructor(options: LoopbackOptions) {
    const { slots, slotSize, medium = "ethernet", mtu = 1500 } = options;
    checkOption("slots", slots, 1, MOST_SLOTS);
    checkMtu(mtu);
    const capabilities = options.capabilities ?? BASELINE;
    this.personality = { medium, mtu, capabilities };
    this.clock = options.clock ?? new Clock();
    this.#arena = arenaFor(slots, this.personality, slotSize);
    this.#gauge = new Gauge(this.personality);
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

  /** Offers up to `max` buffers, as long as there are any. */
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

  /** Ends a loan: a queued packet goes on its way, if the link can carry it. */
  #settle(packet: Packet): boolean {
    const queued = packet.reclaim();
    const fits = queued && this.#gauge.fits(packet);
    if (!fits) {
      if (queued) {
        this.counters.add(SEND_DROPPED, 1);
        this.counters.add(SEND_ERRORS, 1);
      }
      this.#arena.release(packet);
      return queued;
    }
    this.counters.add(SENT, 1);
    this.counters.add(SENT_OCTETS, packet.end - packet.start);
    const { info } = packet;
    // What the sender left open was never on a wire where it could break.
    if (info.checksum !== CHECKSUM_PARTIAL) info.checksum = CHECKSUM_NONE;
    let tail = this.#head + this.#count++;
    if (tail >= this.#ring.length) tail -= this.#ring.length;
    this.#ring[tail] = packet.index;
    return true;
  }
}
