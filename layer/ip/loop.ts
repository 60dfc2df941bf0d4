/**
 * Datagrams that a host sends to itself, in memory of their own.
 *
 * @module
 */

import { Arena, IP_HEADROOM } from "@ethox/nic/arena";
import { CHECKSUM_VERIFIED, type Packet } from "@ethox/nic/packet";

/** A bounded queue of copies. */
export class Loop {
  readonly #arena: Arena;
  readonly #slots: Int32Array;
  #head = 0;
  #size = 0;

  /** `slots` datagrams of up to `octets`. */
  constructor(slots: number, octets: number) {
    this.#arena = new Arena({
      slots,
      slotSize: (IP_HEADROOM + octets + 15) & ~15,
      headroom: IP_HEADROOM,
    });
    this.#slots = new Int32Array(slots);
  }

  /** Whether no datagram waits. */
  get empty(): boolean {
    return this.#size === 0;
  }

  /** Datagrams that wait. */
  get size(): number {
    return this.#size;
  }

  /** Copies `start`..`end` of a packet; false if there is no room. */
  push(packet: Packet): boolean {
    const slot = this.#arena.acquire();
    if (slot === undefined) return false;
    const length = packet.end - packet.start;
    if (slot.origin + length > slot.limit) {
      this.#arena.release(slot);
      return false;
    }
    slot.start = slot.origin;
    slot.end = slot.start + length;
    slot.memory.copy(slot.start, packet.memory, packet.start, length);
    slot.info.clear();
    // It never was on a wire where it could break.
    slot.info.checksum = CHECKSUM_VERIFIED;
    this.#slots[(this.#head + this.#size++) % this.#slots.length] = slot.index;
    return true;
  }

  /** Lends the oldest datagram; it cannot be answered in place. */
  shift(): Packet {
    const packet = this.#arena.packets[this.#slots[this.#head]!]!;
    this.#head = (this.#head + 1) % this.#slots.length;
    this.#size--;
    packet.lend(packet.start, packet.end, "illegal");
    return packet;
  }

  /** Ends the loan. */
  release(packet: Packet): void {
    packet.reclaim();
    this.#arena.release(packet);
  }
}
