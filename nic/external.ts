/**
 * A device that its user drives: what is received is put in, what is sent is
 * taken out.
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
  RECEIVE_DROPPED,
  RECEIVED,
  RECEIVED_OCTETS,
  SEND_DROPPED,
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

/** How an {@linkcode External} is made. */
export interface ExternalOptions {
  /** Packets that may wait to be received; 64 by default. */
  readonly receive?: number;
  /** Packets that may wait to be taken out; 64 by default. */
  readonly send?: number;
  /** Octets of a slot; that of {@linkcode Arena} by default. */
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

/** For tests, and for networks that somebody else carries. */
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
  readonly #in: Int32Array;
  readonly #out: Int32Array;
  #inHead = 0;
  #inCount = 0;
  #outHead = 0;
  #outCount = 0;

  /** Makes all buffers. */
  constructor(options: ExternalOptions = {}) {
    const { receive = 64, send = 64, slotSize, medium = "ethernet" } = options;
    const { mtu = 1500, capabilities = BASELINE } = options;
    this.personality = { medium, mtu, capabilities };
    this.clock = options.clock ?? new Clock();
    const cut: ArenaOptions = {
      slots: receive + send + 1,
      capabilities,
      ...(slotSize === undefined ? {} : { slotSize }),
      ...(medium === "ip" ? { headroom: IP_HEADROOM } : {}),
    };
    this.#arena = new Arena(cut);
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
    if (packet === undefined || packet.origin + octets.length > packet.limit) {
      if (packet !== undefined) this.#arena.release(packet);
      this.counters.add(RECEIVE_DROPPED, 1);
      return false;
    }
    packet.info.clear();
    packet.start = packet.origin;
    packet.end = packet.origin + octets.length;
    packet.memory.bytes.set(octets, packet.start);
    prepare?.(packet);
    const tail = (this.#inHead + this.#inCount++) % this.#in.length;
    this.#in[tail] = packet.index;
    return true;
  }

  /** Takes the oldest sent packet out: a copy, or `undefined`. */
  take(inspect?: (packet: Packet) => void): Uint8Array | undefined {
    if (this.#outCount === 0) return undefined;
    const packet = this.#arena.packets[this.#out[this.#outHead]!]!;
    this.#outHead = (this.#outHead + 1) % this.#out.length;
    this.#outCount--;
    inspect?.(packet);
    const octets = packet.memory.bytes.slice(packet.start, packet.end);
    this.#arena.release(packet);
    return octets;
  }

  /** Lends up to `max` of the packets that were put in. */
  rx(max: number, receiver: ReceiveHandler): number {
    let lent = 0;
    while (lent < max && this.#inCount > 0) {
      const packet = this.#arena.packets[this.#in[this.#inHead]!]!;
      this.#inHead = (this.#inHead + 1) % this.#in.length;
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

  #settle(packet: Packet): boolean {
    const queued = packet.reclaim();
    if (!queued || this.#outCount === this.#out.length) {
      if (queued) this.counters.add(SEND_DROPPED, 1);
      this.#arena.release(packet);
      return queued;
    }
    this.counters.add(SENT, 1);
    this.counters.add(SENT_OCTETS, packet.end - packet.start);
    const tail = (this.#outHead + this.#outCount++) % this.#out.length;
    this.#out[tail] = packet.index;
    return true;
  }
}
