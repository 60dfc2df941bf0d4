/**
 * A device that loses, repeats, delays, overtakes and damages packets.
 *
 * @module
 */

import { Arena } from "./arena.ts";
import type { Capabilities } from "./capabilities.ts";
import type { Device, Personality } from "./device.ts";
import {
  deliver,
  offer,
  type Packet,
  type ReceiveHandler,
  type SendHandler,
} from "./packet.ts";
import { Random } from "./random.ts";
import { Wrapped } from "./wrapped.ts";

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
  /** Probability that one of its bits is flipped. */
  readonly corrupt?: number;
  /** For how long every packet is held back, µs. */
  readonly delay?: number;
  /** By how much more at most, µs; packets may overtake each other by it. */
  readonly jitter?: number;
}

/** How a {@linkcode Lossy} is made. */
export interface LossyOptions {
  /** What happens to received packets. */
  readonly receive?: Trouble;
  /** What happens to sent packets. */
  readonly send?: Trouble;
  /** Which packets it happens to; 1 by default. */
  readonly seed?: number;
  /** Packets that may be held back; 64 by default. */
  readonly held?: number;
  /** Octets of the largest of these; the MTU and 64 by default. */
  readonly size?: number;
  /**
   * Whether super-segments may be sent. Not by default: losing one is not like
   * losing a packet.
   */
  readonly segmentation?: boolean;
}

/** The options of a lossy device make no sense. */
export class TroubleError extends RangeError {
  /** The name `"TroubleError"`. */
  override readonly name = "TroubleError";
}

/** What befell packets so far. */
export interface Mishaps {
  /** Lost. */
  lost: number;
  /** Doubled. */
  duplicated: number;
  /** Held back. */
  held: number;
  /** Damaged. */
  corrupted: number;
  /** Lost since there was no room to hold them back. */
  overflowed: number;
}

/** Packets held back in one direction. */
class Line {
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

  constructor(trouble: Trouble, seed: number, held: number, size: number) {
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
    if (!(all.delay >= 0 && all.jitter >= 0 && all.reorderDelay >= 0)) {
      throw new TroubleError("Cannot use a delay below 0");
    }
    this.#trouble = all;
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
    if (random.chance(trouble.corrupt)) {
      mishaps.corrupted++;
      const at = packet.start + random.below(packet.end - packet.start);
      packet.memory.bytes[at]! ^= 1 << random.below(8);
    }
    const { delay, jitter } = trouble;
    const late = delay + (jitter > 0 ? random.below(jitter + 1) : 0);
    const { timestamp } = packet.info;
    if (random.chance(trouble.duplicate)) {
      mishaps.duplicated++;
      this.#hold(packet, timestamp + late);
    }
    if (random.chance(trouble.reorder)) {
      mishaps.held++;
      this.#hold(packet, timestamp + late + trouble.reorderDelay);
      return false;
    }
    if (late === 0) return true;
    this.#hold(packet, timestamp + late);
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

  /** The packet is not needed any more. */
  done(packet: Packet): void {
    this.#arena.release(packet);
  }

  #hold(packet: Packet, release: number): void {
    const slot = this.#arena.acquire();
    const length = packet.end - packet.start;
    if (slot === undefined || length > slot.limit - slot.base) {
      if (slot !== undefined) this.#arena.release(slot);
      this.mishaps.overflowed++;
      return;
    }
    slot.start = slot.base;
    slot.end = slot.base + length;
    copy(slot, packet);
    this.#slots[this.#count] = slot.index;
    this.#release[this.#count++] = release;
  }
}

/** Copies octets and facts between packets of the same length. */
function copy(to: Packet, from: Packet): void {
  to.memory.copy(to.start, from.memory, from.start, from.end - from.start);
  const { info } = from;
  to.info.checksum = info.checksum;
  to.info.checksumStart = info.checksumStart - from.start + to.start;
  to.info.checksumOffset = info.checksumOffset;
  to.info.segmentType = info.segmentType;
  to.info.segmentSize = info.segmentSize;
}

/**
 * Makes trouble, the same for the same seed: a run in virtual time replays bit
 * by bit. What is held back is copied into memory of its own.
 */
export class Lossy extends Wrapped {
  readonly #in: Line;
  readonly #out: Line;
  readonly #personality: Personality;
  readonly #capabilities: Capabilities;
  readonly #back = (packet: Packet) => this.#refill(packet);
  readonly #front = (packet: Packet) => this.#resend(packet);
  #handler: ReceiveHandler = nobody;
  #again = 0;

  /** Goes around a device. @throws {TroubleError} for numbers out of range. */
  constructor(inner: Device, options: LossyOptions = {}) {
    super(inner);
    const { seed = 1, held = 64 } = options;
    const { mtu, capabilities } = inner.personality;
    const size = options.size ?? mtu + 64;
    this.#in = new Line(options.receive ?? {}, seed, held, size);
    this.#out = new Line(options.send ?? {}, ~seed, held, size);
    this.#capabilities = options.segmentation
      ? capabilities
      : { ...capabilities, tcpSegmentation: 0, udpSegmentation: 0 };
    this.#personality = {
      ...inner.personality,
      capabilities: this.#capabilities,
    };
  }

  /** That of the device within, usually without segmentation. */
  override get personality(): Personality {
    return this.#personality;
  }

  /** What befell received packets. */
  get received(): Mishaps {
    return this.#in.mishaps;
  }

  /** What befell sent packets. */
  get sent(): Mishaps {
    return this.#out.mishaps;
  }

  /** Lends packets that arrive, and those that were held back long enough. */
  override rx(max: number, receiver: ReceiveHandler): number {
    this.#handler = receiver;
    let lent = 0;
    const now = this.now();
    // A held packet is lent in a buffer of the device, so that it can be
    // answered like any other.
    while (lent < max && this.#in.due(now) >= 0) {
      this.#again = 0;
      this.inner.tx(1, this.#back);
      if (this.#again === 0) break;
      lent++;
    }
    return lent + super.rx(max - lent, receiver);
  }

  /** Sends what was held back long enough, then offers buffers. */
  override tx(max: number, sender: SendHandler): number {
    let queued = 0;
    const now = this.now();
    while (queued < max && this.#out.due(now) >= 0) {
      if (this.inner.tx(1, this.#front) === 0) break;
      queued++;
    }
    while (queued < max) {
      // A buffer that was filled and lost ends the burst within, not ours.
      this.#again = 0;
      const sent = super.tx(max - queued, sender);
      queued += sent + this.#again;
      if (this.#again === 0) break;
    }
    return queued;
  }

  /** Also returns when a packet that was held back may go. */
  override wait(deadline: number): void {
    super.wait(
      Math.min(deadline, this.#in.nextRelease, this.#out.nextRelease),
    );
  }

  /** When a packet that was held back may go, µs. */
  get nextRelease(): number {
    return Math.min(this.#in.nextRelease, this.#out.nextRelease);
  }

  /** Lets a received packet through, or not; its answer likewise. */
  override take(packet: Packet, handler: ReceiveHandler): void {
    packet.info.capabilities = this.#capabilities;
    if (!this.#in.admit(packet)) return;
    deliver(handler, packet);
    if (packet.queued && !this.#out.admit(packet)) packet.unqueue();
  }

  /** Lets a sent packet through, or not. */
  override give(packet: Packet, handler: SendHandler): void {
    packet.info.capabilities = this.#capabilities;
    offer(handler, packet);
    if (!packet.queued || this.#out.admit(packet)) return;
    packet.unqueue();
    this.#again++;
  }

  /** Copies a held packet into a buffer of the device, and hands it on. */
  #refill(packet: Packet): void {
    const line = this.#in;
    const held = line.pull(line.due(packet.info.timestamp));
    this.#again++;
    packet.info.capabilities = this.#capabilities;
    const fits = packet.resize(held.end - held.start) === "queued";
    if (fits) copy(packet, held);
    line.done(held);
    if (!fits) return;
    deliver(this.#handler, packet);
    if (packet.queued && !this.#out.admit(packet)) packet.unqueue();
  }

  #resend(packet: Packet): void {
    const line = this.#out;
    const held = line.pull(line.due(packet.info.timestamp));
    if (packet.resize(held.end - held.start) === "queued") {
      copy(packet, held);
      packet.queue();
    }
    line.done(held);
  }
}

function nobody(): void {}
