/**
 * The packet memory of one device: equal slots in one fixed memory.
 *
 * @module
 */

import { Memory } from "@ethox/managed/memory";
import { Kernel, sum } from "@ethox/wire/checksum";
import { BASELINE, type Capabilities } from "./capabilities.ts";
import { Packet, type Summer } from "./packet.ts";

/**
 * Octets in front of an Ethernet frame: room for a virtio header and for the
 * headers of an ICMP error, and the IP header comes to lie 16-aligned.
 */
export const ETHERNET_HEADROOM = 66;
/** Octets in front of a bare IP datagram. */
export const IP_HEADROOM = 80;
/** Octets of a slot for frames of an ordinary MTU. */
export const SLOT_SIZE = 2048;
/** Octets of a slot for super-segments: 65535 octets of IP and all headers. */
export const LARGE_SLOT_SIZE = 65728;

/** How an {@linkcode Arena} is cut. */
export interface ArenaOptions {
  /** Number of slots. */
  readonly slots: number;
  /** Octets of each, a multiple of 16; {@linkcode SLOT_SIZE} by default. */
  readonly slotSize?: number;
  /** Octets left in front of a frame; {@linkcode ETHERNET_HEADROOM} by default. */
  readonly headroom?: number;
  /** What the device does by itself; {@linkcode BASELINE} by default. */
  readonly capabilities?: Capabilities;
  /** Memory to cut; by default a fresh one is allocated. */
  readonly memory?: Memory;
}

/** The options of an arena do not fit together, or a slot is not its to take. */
export class ArenaError extends RangeError {
  /** The name `"ArenaError"`. */
  override readonly name = "ArenaError";
}

class PureSummer implements Summer {
  readonly #view: DataView;

  constructor(view: DataView) {
    this.#view = view;
  }

  sum(at: number, length: number, seed: number): number {
    return sum(this.#view, at, length, seed);
  }
}

/** Slots and the stack of those that are free. */
export class Arena {
  /** The memory that is cut. */
  readonly memory: Memory;
  /** All slots, made once. */
  readonly packets: readonly Packet[];
  /** Octets of a slot. */
  readonly slotSize: number;
  /** Octets in front of a frame. */
  readonly headroom: number;
  readonly #free: Int32Array;
  // 1 for each slot that is taken.
  readonly #taken: Uint8Array;
  #available: number;

  /** Cuts the slots. @throws {ArenaError} if the numbers do not fit. */
  constructor(options: ArenaOptions) {
    const { slots } = options;
    const slotSize = options.slotSize ?? SLOT_SIZE;
    const headroom = options.headroom ?? ETHERNET_HEADROOM;
    if (!Number.isInteger(slots) || slots < 1) {
      throw new ArenaError(`Cannot cut ${slots} slots: need one or more`);
    }
    if (!Number.isInteger(headroom) || headroom < 0) {
      throw new ArenaError(
        `Cannot leave ${headroom} octets in front: need 0 or more`,
      );
    }
    if (!Number.isInteger(slotSize) || slotSize % 16 || slotSize <= headroom) {
      throw new ArenaError(
        `Cannot cut slots of ${slotSize} octets: need a multiple of 16 over ${headroom}`,
      );
    }
    const memory = options.memory ?? Memory.allocate(slots * slotSize);
    if (memory.bytes.length < slots * slotSize) {
      throw new ArenaError(
        `Cannot cut ${slots} slots of ${slotSize} octets from ${memory.bytes.length}`,
      );
    }
    this.memory = memory;
    this.slotSize = slotSize;
    this.headroom = headroom;
    const summer = memory.wasm !== undefined && Kernel.supported
      ? new Kernel(memory.wasm)
      : new PureSummer(memory.view);
    const packets: Packet[] = [];
    for (let i = 0; i < slots; i++) {
      packets.push(
        new Packet(
          memory,
          summer,
          i,
          i * slotSize,
          (i + 1) * slotSize,
          headroom,
          options.capabilities ?? BASELINE,
        ),
      );
    }
    this.packets = packets;
    this.#free = new Int32Array(slots);
    this.#taken = new Uint8Array(slots);
    for (let i = 0; i < slots; i++) this.#free[i] = slots - 1 - i;
    this.#available = slots;
  }

  /** Number of free slots. */
  get available(): number {
    return this.#available;
  }

  /** Takes a free slot, the one given back last, or `undefined`. */
  acquire(): Packet | undefined {
    if (this.#available === 0) return undefined;
    const index = this.#free[--this.#available]!;
    this.#taken[index] = 1;
    return this.packets[index];
  }

  /**
   * Gives a slot back that {@linkcode Arena.acquire} handed out.
   *
   * @throws {ArenaError} if it did not, or the slot was given back already.
   */
  release(packet: Packet): void {
    const { index } = packet;
    if (this.#taken[index] !== 1 || this.packets[index] !== packet) {
      throw new ArenaError(`Cannot give back slot ${index}: it is not taken`);
    }
    this.#taken[index] = 0;
    this.#free[this.#available++] = index;
  }
}
