/**
 * The end of a line made of memory: lends what arrives, offers buffers to fill,
 * and counts.
 *
 * @module
 */

import { Counters } from "@ethox/managed/counters";
import { Gauge } from "./_gauge.ts";
import type { Arena } from "./arena.ts";
import type { Capabilities } from "./capabilities.ts";
import {
  type Clock,
  type CounterName,
  COUNTERS,
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

/** Where an end sends. */
export interface Outlet {
  /** Takes a packet over; false, and no more, if it has no room for it. */
  push(packet: Packet): boolean;
}

/** What the ends of all lines have in common. */
export class Exchange {
  /** What happened so far. */
  readonly counters: Counters<CounterName> = new Counters(COUNTERS);
  readonly #arena: Arena;
  readonly #clock: Clock;
  readonly #outlet: Outlet;
  readonly #capabilities: Capabilities;
  readonly #gauge: Gauge;

  /** An end that sends datagrams up to `mtu` to an outlet. */
  constructor(
    personality: Personality,
    mtu: number,
    arena: Arena,
    clock: Clock,
    outlet: Outlet,
  ) {
    this.#arena = arena;
    this.#clock = clock;
    this.#outlet = outlet;
    this.#capabilities = personality.capabilities;
    this.#gauge = new Gauge({ ...personality, mtu });
  }

  /** Lends a packet that came off the line; its answer goes back at once. */
  receive(packet: Packet, receiver: ReceiveHandler): void {
    const { info } = packet;
    const length = packet.end - packet.start;
    this.counters.add(RECEIVED, 1);
    this.counters.add(RECEIVED_OCTETS, length);
    info.timestamp = this.#clock.now;
    info.capabilities = this.#capabilities;
    packet.lend(packet.start, packet.end, "queued");
    let kept = false;
    try {
      deliver(receiver, packet);
    } finally {
      kept = packet.reclaim() && this.#transmit(packet);
      if (!kept) this.#arena.release(packet);
    }
  }

  /** Offers one buffer; whether there was one and the handler queued it. */
  fill(sender: SendHandler): boolean {
    const packet = this.#arena.acquire();
    if (packet === undefined) return false;
    const { info } = packet;
    info.clear();
    info.timestamp = this.#clock.now;
    info.capabilities = this.#capabilities;
    packet.lend(packet.origin, packet.origin, "queued");
    let wanted = false;
    let kept = false;
    try {
      offer(sender, packet);
    } finally {
      wanted = packet.reclaim();
      kept = wanted && this.#transmit(packet);
      if (!kept) this.#arena.release(packet);
    }
    return wanted;
  }

  /** Puts a packet on the line; false if it is full, or the packet too large. */
  #transmit(packet: Packet): boolean {
    const { info } = packet;
    if (!this.#gauge.fits(packet)) {
      this.counters.add(SEND_DROPPED, 1);
      this.counters.add(SEND_ERRORS, 1);
      return false;
    }
    const length = packet.end - packet.start;
    // What the sender left open was never on a wire where it could break.
    if (info.checksum !== CHECKSUM_PARTIAL) info.checksum = CHECKSUM_NONE;
    if (!this.#outlet.push(packet)) {
      this.counters.add(SEND_DROPPED, 1);
      return false;
    }
    this.counters.add(SENT, 1);
    this.counters.add(SENT_OCTETS, length);
    return true;
  }
}
