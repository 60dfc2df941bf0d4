/**
 * What befalls packets in one direction, and those that are held back.
 *
 * @module
 */

import { finish } from "@ethox/wire/checksum";
import { Arena } from "./arena.ts";
import { OptionError } from "./device.ts";
import {
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  type Packet,
  SEGMENT_NONE,
} from "./packet.ts";
import { Random } from "./random.ts";

/** What happens to packets of one direction; nothing by default. */
export interface Trouble {
  /** Probability that a packet is lost. */
  readonly loss?: number;
  /** Probability that it arrives twice. */
  readonly duplicate?: number;
  /** Probability that it is held back, so that others overtake it. */
  readonly reorder?: number;
  /** For how long those are held back, µs; 1000 by default. */
  readonly reorderDelay?: number;
  /**
   * Probability that one of its bits is flipped. A checksum that was left to the
   * device is completed before; super-segments stay whole, as no checksum of
   * theirs could tell.
   */
  readonly corrupt?: number;
  /** For how long every packet is held back, µs. */
  readonly delay?: number;
  /** By how much more at most, µs; packets may overtake each other by it. */
  readonly jitter?: number;
}

/** The options of a lossy device make no sense. */
export class TroubleError extends OptionError {
  /** The name `"TroubleError"`. */
  override readonly name: string = "TroubleError";
}

/** What befell packets so far. */
export interface Mishaps {
  /** Lost. */
  lost: number;
  /** Doubled. */
  duplicated: number;
  /** Held back to be overtaken. */
  held: number;
  /** Damaged. */
  corrupted: number;
  /** Lost since there was no room to hold them back. */
  overflowed: number;
}

const LONGEST = 0x7fffffff;

/** All settings. @throws {TroubleError} for one out of range. */
export function checkTrouble(trouble: Trouble): Required<Trouble> {
  const all = {
    loss: 0,
    duplicate: 0,
    reorder: 0,
    corrupt: 0,
    delay: 0,
    jitter: 0,
    reorderDelay: 1000,
    ...trouble,
  };
  for (const name of ["loss", "duplicate", "reorder", "corrupt"] as const) {
    if (!(all[name] >= 0 && all[name] <= 1)) {
      throw new TroubleError(
        `Cannot use probability ${all[name]} for ${name}: need 0 to 1`,
      );
    }
  }
  for (const name of ["delay", "jitter", "reorderDelay"] as const) {
    const value = all[name];
    if (!Number.isInteger(value) || value < 0 || value > LONGEST) {
      throw new TroubleError(
        `Cannot use ${value} for ${name}: need whole µs from 0 to ${LONGEST}`,
      );
    }
  }
  return all;
}

/** One direction: its troubles, and packets that are held back. */
export class Line {
  /** What befell packets so far. */
  readonly mishaps: Mishaps = {
    lost: 0,
    duplicated: 0,
    held: 0,
    corrupted: 0,
    overflowed: 0,
  };
  readonly #trouble: Required<Trouble>;
  readonly #random: Random;
  readonly #arena: Arena;
  // Slots that are held, in no order, and when they may go.
  readonly #slots: Int32Array;
  readonly #release: Float64Array;
  #count = 0;

  /** Makes the memory for `held` packets of `size` octets. */
  constructor(trouble: Trouble, seed: number, held: number, size: number) {
    this.#trouble = checkTrouble(trouble);
    this.#random = new Random(seed);
    this.#arena = new Arena({
      slots: held,
      slotSize: (size + 15) & ~15,
      headroom: 0,
    });
    this.#slots = new Int32Array(held);
    this.#release = new Float64Array(held);
  }

  /** When the next held packet may go, µs; `Infinity` if there is none. */
  get nextRelease(): number {
    let next = Infinity;
    for (let i = 0; i < this.#count; i++) {
      if (this.#release[i]! < next) next = this.#release[i]!;
    }
    return next;
  }

  /** Decides on a packet that passes now: whether it goes on at once. */
  admit(packet: Packet): boolean {
    const trouble = this.#trouble;
    const random = this.#random;
    const { mishaps } = this;
    if (random.chance(trouble.loss)) {
      mishaps.lost++;
      return false;
    }
    if (random.chance(trouble.corrupt) && damage(packet, random)) {
      mishaps.corrupted++;
    }
    const { delay, jitter } = trouble;
    const late = delay + (jitter > 0 ? random.below(jitter + 1) : 0);
    if (random.chance(trouble.duplicate) && this.#hold(packet, late)) {
      mishaps.duplicated++;
    }
    if (random.chance(trouble.reorder)) {
      if (this.#hold(packet, late + trouble.reorderDelay)) mishaps.held++;
      return false;
    }
    if (late === 0) return true;
    this.#hold(packet, late);
    return false;
  }

  /** Index of a held packet that may go at `now`, the earliest first; or -1. */
  due(now: number): number {
    let best = -1;
    for (let i = 0; i < this.#count; i++) {
      if (this.#release[i]! > now) continue;
      if (best < 0 || this.#release[i]! < this.#release[best]!) best = i;
    }
    return best;
  }

  /** Takes a held packet out; to be given back by {@linkcode Line.done}. */
  pull(index: number): Packet {
    const packet = this.#arena.packets[this.#slots[index]!]!;
    const last = --this.#count;
    // Order among equals is kept: those behind move up.
    for (let i = index; i < last; i++) {
      this.#slots[i] = this.#slots[i + 1]!;
      this.#release[i] = this.#release[i + 1]!;
    }
    return packet;
  }

  /** Says that a packet that was taken out is not needed any more. */
  done(packet: Packet): void {
    this.#arena.release(packet);
  }

  /** Keeps a copy for some µs; false, and counted, if there is no room. */
  #hold(packet: Packet, late: number): boolean {
    const slot = this.#arena.acquire();
    const length = packet.end - packet.start;
    if (slot === undefined || length > slot.limit - slot.base) {
      if (slot !== undefined) this.#arena.release(slot);
      this.mishaps.overflowed++;
      return false;
    }
    slot.start = slot.base;
    slot.end = slot.base + length;
    copy(slot, packet);
    this.#slots[this.#count] = slot.index;
    this.#release[this.#count++] = packet.info.timestamp + late;
    return true;
  }
}

/**
 * Flips a bit, which nobody vouches for afterwards; false, and no change, where
 * there is none or no checksum could tell.
 */
export function damage(packet: Packet, random: Random): boolean {
  const { info, memory } = packet;
  const length = packet.end - packet.start;
  if (length === 0 || info.segmentType !== SEGMENT_NONE) return false;
  if (info.checksum === CHECKSUM_PARTIAL) complete(packet);
  info.checksum = CHECKSUM_NONE;
  const at = packet.start + random.below(length);
  memory.bytes[at]! ^= 1 << random.below(8);
  return true;
}

/** Does what the sender left to the device, as a card before the wire. */
function complete(packet: Packet): void {
  const { checksumStart, checksumOffset } = packet.info;
  const at = checksumStart + checksumOffset;
  if (checksumStart < packet.start || at + 2 > packet.end) return;
  const sum = packet.sum(checksumStart, packet.end - checksumStart, 0);
  // 0 would mean "none" in UDP, and stands for the same in TCP.
  packet.memory.view.setUint16(at, finish(sum) || 0xffff);
}

/** Copies octets and facts between packets of the same length. */
export function copy(to: Packet, from: Packet): void {
  to.memory.copy(to.start, from.memory, from.start, from.end - from.start);
  const { info } = from;
  to.info.checksum = info.checksum;
  to.info.checksumStart = info.checksumStart - from.start + to.start;
  to.info.checksumOffset = info.checksumOffset;
  to.info.segmentType = info.segmentType;
  to.info.segmentSize = info.segmentSize;
}
