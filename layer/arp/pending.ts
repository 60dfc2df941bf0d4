/**
 * Datagrams that wait for their neighbour's hardware address, in memory of their
 * own, so that they hold up nobody else.
 *
 * @module
 */

import { Arena } from "@ethox/nic/arena";
import type { Packet } from "@ethox/nic/packet";
import { FlowQueues } from "../queue/flow_queues.ts";

/** Copies of datagrams, queued by entry of the cache. */
export class Pending {
  readonly #arena: Arena;
  readonly #queues: FlowQueues;
  readonly #counts: Uint8Array;
  readonly #entry: Int32Array;
  readonly #neighbor: Int32Array;
  /** The neighbour (int32) that the last datagram taken is for. */
  neighbor = 0;
  readonly #ready: number;
  readonly #limit: number;

  /**
   * `slots` datagrams of up to `octets` in all, `limit` for each of `entries`
   * neighbours.
   */
  constructor(entries: number, slots: number, limit: number, octets: number) {
    this.#arena = new Arena({
      slots,
      slotSize: (octets + 15) & ~15,
      headroom: 0,
    });
    this.#queues = new FlowQueues(slots, entries + 1);
    this.#counts = new Uint8Array(entries);
    this.#entry = new Int32Array(slots);
    this.#neighbor = new Int32Array(slots);
    this.#ready = entries;
    this.#limit = limit;
  }

  /** Whether a datagram can be sent. */
  get ready(): boolean {
    return this.#queues.first(this.#ready) >= 0;
  }

  /**
   * Copies `start`..`end` of a packet. Where the neighbour's share is used up
   * its oldest datagram goes (RFC 1122 section 2.3.2.2 wants the latest kept);
   * where all room is, the oldest of the neighbour with the most. Returns how
   * many datagrams went, or -1 if there is no room even so.
   */
  push(entry: number, neighbor: number, packet: Packet): number {
    const length = packet.end - packet.start;
    if (length > this.#arena.slotSize) return -1;
    let lost = 0;
    if (this.#counts[entry]! >= this.#limit && this.#drop(entry)) lost++;
    else if (this.#arena.available === 0 && this.#drop(this.#greediest())) {
      lost++;
    }
    const slot = this.#arena.acquire();
    if (slot === undefined) return -1;
    slot.start = slot.base;
    slot.end = slot.base + length;
    slot.memory.copy(slot.start, packet.memory, packet.start, length);
    const { info } = packet;
    slot.info.checksum = info.checksum;
    slot.info.checksumStart = info.checksumStart - packet.start;
    slot.info.checksumOffset = info.checksumOffset;
    this.#entry[slot.index] = entry;
    this.#neighbor[slot.index] = neighbor;
    this.#queues.push(entry, slot.index);
    this.#counts[entry]!++;
    return lost;
  }

  /** The neighbour is known: its datagrams may go. */
  release(entry: number): void {
    for (;;) {
      const slot = this.#queues.first(entry);
      if (slot < 0) break;
      this.#queues.remove(slot);
      this.#queues.push(this.#ready, slot);
    }
    this.#counts[entry] = 0;
  }

  /** The neighbour gave no answer: returns how many datagrams are lost. */
  discard(entry: number): number {
    let lost = 0;
    while (this.#drop(entry)) lost++;
    return lost;
  }

  /**
   * Copies the next datagram that may go into a buffer, and returns the entry of
   * its neighbour; -1 if the buffer is too small for it, which loses it.
   */
  take(packet: Packet): number {
    const index = this.#queues.first(this.#ready);
    const slot = this.#arena.packets[index]!;
    const length = slot.end - slot.start;
    this.neighbor = this.#neighbor[index]!;
    this.#queues.remove(index);
    this.#arena.release(slot);
    if (packet.resize(length) !== "queued") return -1;
    packet.memory.copy(packet.start, slot.memory, slot.start, length);
    const { info } = packet;
    info.clear();
    info.checksum = slot.info.checksum;
    info.checksumStart = slot.info.checksumStart + packet.start;
    info.checksumOffset = slot.info.checksumOffset;
    return this.#entry[index]!;
  }

  /** The entry for which most datagrams wait. */
  #greediest(): number {
    let most = 0;
    for (let i = 1; i < this.#counts.length; i++) {
      if (this.#counts[i]! > this.#counts[most]!) most = i;
    }
    return most;
  }

  #drop(entry: number): boolean {
    const slot = this.#queues.first(entry);
    if (slot < 0) return false;
    this.#queues.remove(slot);
    this.#arena.release(this.#arena.packets[slot]!);
    this.#counts[entry]!--;
    return true;
  }
}
