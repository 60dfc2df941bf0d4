/**
 * A device that its user drives: what is received is put in, what is sent is
 * taken out.
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
  RECEIVE_DROPPED,
  RECEIVED,
  RECEIVED_OCTETS,
  SEND_DROPPED,
  SEND_ERRORS,
  SENT,
  SENT_OCTETS,
} from "./device.ts";
import {
  deliver,
  offer,
  type Outcome,
  type Packet,
  type ReceiveHandler,
  type SendHandler,
} from "./packet.ts";

const MOST = 1 << 20;

/** How an {@linkcode External} is made. */
export interface ExternalOptions {
  /** Packets that may wait to be received; 64 by default. */
  readonly receive?: number;
  /** Packets that may wait to be taken out; 64 by default. */
  readonly send?: number;
  /** Octets of a slot; by default enough for the MTU and the capabilities. */
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
 * For tests, and for networks that somebody else carries. Whole packets go in
 * and out as octets by {@linkcode External.inject} and
 * {@linkcode External.take}, or, without any garbage, on loan by
 * {@linkcode External.supply} and {@linkcode External.collect}.
 *
 * ```ts
 * import { external } from "@ethox/nic";
 * import { assertEquals } from "@std/assert";
 *
 * const nic = new external.External({ medium: "ip" });
 * nic.inject(new Uint8Array(40).fill(7));
 * nic.rx(64, (packet) => {
 *   packet.resize(20);
 *   packet.queue();
 * });
 * assertEquals(nic.take(), new Uint8Array(20).fill(7));
 * ```
 */
export class External implements Device {
  /** Medium, MTU and capabilities. */
  readonly personality: Personality;
  /** What happened so far. */
  readonly counters: Counters<CounterName> = new Counters(COUNTERS);
  /** Its time. */
  readonly clock: Clock;
  /** What `queue` says of received packets: whether they can be answered. */
  answers: Outcome = "queued";
  /** What `queue` says of offered buffers. */
  sends: Outcome = "queued";
  readonly #arena: Arena;
  readonly #gauge: Gauge;
  readonly #in: Int32Array;
  readonly #out: Int32Array;
  #inHead = 0;
  #inCount = 0;
  #outHead = 0;
  #outCount = 0;

  /**
   * Makes all buffers.
   *
   * @throws {OptionError} if a number makes no sense.
   * @throws {ArenaError} if the slots are too small for anything.
   */
  constructor(options: ExternalOptions = {}) {
    const { receive = 64, send = 64, slotSize, medium = "ethernet" } = options;
    const { mtu = 1500, capabilities = BASELINE } = options;
    checkOption("packets to receive", receive, 1, MOST);
    checkOption("packets to send", send, 1, MOST);
    checkMtu(mtu);
    this.personality = { medium, mtu, capabilities };
    this.clock = options.clock ?? new Clock();
    this.#gauge = new Gauge(this.personality);
    // Beside what waits, one is on loan.
    this.#arena = arenaFor(receive + send + 1, this.personality, slotSize);
    this.#in = new Int32Array(receive);
    this.#out = new Int32Array(send);
  }

  /** Packets that wait to be received. */
  get pending(): number {
    return this.#inCount;
  }

  /** Packets that wait to be taken out. */
  get sent(): number {
    return this.#outCount;
  }

  /**
   * Puts in a packet; false, and counted, if there is no room or it is too
   * large. `prepare` may set checksum and segmentation.
   */
  inject(octets: Uint8Array, prepare?: (packet: Packet) => void): boolean {
    const room = this.#inCount < this.#in.length;
    const packet = room ? this.#arena.acquire() : undefined;
    if (packet === undefined) return this.#refuse();
    const start = packet.origin;
    const fits = start + octets.length <= packet.limit;
    let done = false;
    try {
      if (fits) {
        packet.info.clear();
        packet.start = start;
        packet.end = start + octets.length;
        packet.memory.bytes.set(octets, start);
        prepare?.(packet);
        done = true;
      }
    } finally {
      if (!done) this.#arena.release(packet);
    }
    if (!fits) return this.#refuse();
    this.#push(packet);
    return true;
  }

  /** Takes the oldest sent packet out: a copy, or `undefined`. */
  take(inspect?: (packet: Packet) => void): Uint8Array | undefined {
    const packet = this.#shift();
    if (packet === undefined) return undefined;
    try {
      inspect?.(packet);
      return packet.memory.bytes.slice(packet.start, packet.end);
    } finally {
      this.#arena.release(packet);
    }
  }

  /**
   * Offers up to `max` buffers to be filled with packets to receive, and stops
   * at the first that is left unqueued. Returns how many were put in.
   */
  supply(max: number, sender: SendHandler): number {
    let put = 0;
    while (put < max && this.#inCount < this.#in.length) {
      const packet = this.#arena.acquire();
      if (packet === undefined) break;
      packet.info.clear();
      packet.info.timestamp = this.clock.now;
      packet.lend(packet.origin, packet.origin, "queued");
      let queued = false;
      try {
        offer(sender, packet);
      } finally {
        queued = packet.reclaim();
        if (queued) this.#push(packet);
        else this.#arena.release(packet);
      }
      if (!queued) break;
      put++;
    }
    return put;
  }

  /** Lends up to `max` sent packets, oldest first, and forgets them. */
  collect(max: number, receiver: ReceiveHandler): number {
    let lent = 0;
    while (lent < max) {
      const packet = this.#shift();
      if (packet === undefined) break;
      lent++;
      packet.lend(packet.start, packet.end, "illegal");
      try {
        deliver(receiver, packet);
      } finally {
        packet.reclaim();
        this.#arena.release(packet);
      }
    }
    return lent;
  }

  /** Lends up to `max` of the packets that were put in. */
  rx(max: number, receiver: ReceiveHandler): number {
    let lent = 0;
    while (lent < max && this.#inCount > 0) {
      const packet = this.#arena.packets[this.#in[this.#inHead]!]!;
      if (++this.#inHead === this.#in.length) this.#inHead = 0;
      this.#inCount--;
      lent++;
      this.counters.add(RECEIVED, 1);
      this.counters.add(RECEIVED_OCTETS, packet.end - packet.start);
      packet.info.timestamp = this.clock.now;
      packet.lend(packet.start, packet.end, this.answers);
      try {
        deliver(receiver, packet);
      } finally {
        this.#settle(packet);
      }
    }
    return lent;
  }

  /** Offers up to `max` buffers, as long as there is room to keep them. */
  tx(max: number, sender: SendHandler): number {
    let queued = 0;
    while (queued < max && this.#outCount < this.#out.length) {
      const packet = this.#arena.acquire();
      if (packet === undefined) break;
      packet.info.clear();
      packet.info.timestamp = this.clock.now;
      packet.lend(packet.origin, packet.origin, this.sends);
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

  /** Moves the clock to `deadline` unless packets wait to be received. */
  wait(deadline: number): void {
    if (this.#inCount > 0 || deadline === Infinity) return;
    if (deadline > this.clock.now) this.clock.now = deadline;
  }

  /** No effect: nothing but memory is held. */
  [Symbol.dispose](): void {}

  /** Ends a loan: a queued packet waits to be taken out, if there is room. */
  #settle(packet: Packet): boolean {
    if (!packet.reclaim()) {
      this.#arena.release(packet);
      return false;
    }
    const fits = this.#gauge.fits(packet);
    if (!fits || this.#outCount === this.#out.length) {
      this.counters.add(SEND_DROPPED, 1);
      if (!fits) this.counters.add(SEND_ERRORS, 1);
      this.#arena.release(packet);
      return true;
    }
    this.counters.add(SENT, 1);
    this.counters.add(SENT_OCTETS, packet.end - packet.start);
    let tail = this.#outHead + this.#outCount++;
    if (tail >= this.#out.length) tail -= this.#out.length;
    this.#out[tail] = packet.index;
    return true;
  }

  #refuse(): boolean {
    this.counters.add(RECEIVE_DROPPED, 1);
    return false;
  }

  /** Lets a packet wait to be received, for which there is room. */
  #push(packet: Packet): void {
    let tail = this.#inHead + this.#inCount++;
    if (tail >= this.#in.length) tail -= this.#in.length;
    this.#in[tail] = packet.index;
  }

  /** The oldest packet that waits to be taken out. */
  #shift(): Packet | undefined {
    if (this.#outCount === 0) return undefined;
    const packet = this.#arena.packets[this.#out[this.#outHead]!]!;
    if (++this.#outHead === this.#out.length) this.#outHead = 0;
    this.#outCount--;
    return packet;
  }
}
