/**
 * A packet buffer: one slot of a device's arena, lent to a handler for the
 * length of its call.
 *
 * The octets `start`..`end` of {@linkcode Packet.memory} are what the current
 * layer sees. Prepending a header moves `start`; nothing is copied.
 *
 * @module
 */

import type { Memory } from "@ethox/managed/memory";
import type { Capabilities } from "./capabilities.ts";

/**
 * What became of a request: granted, no room for it, or not to be granted at
 * all.
 */
export type Outcome = "queued" | "exhausted" | "illegal";

/** Received: nobody looked at the checksum. To send: it is complete. */
export const CHECKSUM_NONE = 0;
/** Received: the device found the transport checksum right. */
export const CHECKSUM_VERIFIED = 1;
/**
 * The transport checksum field holds only the folded sum of the pseudo-header.
 * Received: the packet never left the machine, trust it. To send: the device
 * completes it from `checksumStart` on.
 */
export const CHECKSUM_PARTIAL = 2;

/** An ordinary packet. */
export const SEGMENT_NONE = 0;
/** A TCP super-segment over IPv4, cut by the device to `segmentSize`. */
export const SEGMENT_TCP4 = 1;
/** Several UDP datagrams in one, cut by the device to `segmentSize`. */
export const SEGMENT_UDP = 5;

/** What is known of a packet beside its octets. */
export class PacketInfo {
  /** When it arrived or was offered: µs on the device's clock. */
  // No Smi and not undefined, or V8 boxes each later store of a large double.
  timestamp: number = -0.5;
  /** One of the `CHECKSUM_` constants. */
  checksum: number = CHECKSUM_NONE;
  /** Offset in the memory where a partial checksum begins to sum. */
  checksumStart = 0;
  /** Where the field lies, in octets from `checksumStart`. */
  checksumOffset = 0;
  /** One of the `SEGMENT_` constants. */
  segmentType: number = SEGMENT_NONE;
  /** Payload octets of each segment but the last, 0 where not segmented. */
  segmentSize = 0;
  /** What the device does by itself; a device around it may claim less. */
  capabilities: Capabilities;

  /** Facts of one slot of a device with these capabilities. */
  constructor(capabilities: Capabilities) {
    this.timestamp = 0;
    this.capabilities = capabilities;
  }

  /** Forgets all but the timestamp. */
  clear(): void {
    this.checksum = CHECKSUM_NONE;
    this.segmentType = SEGMENT_NONE;
    this.segmentSize = 0;
  }
}

/** A buffer was used outside the call that it was lent for. */
export class NotLentError extends Error {
  /** The name `"NotLentError"`. */
  override readonly name = "NotLentError";

  /** Names the slot that was used. */
  constructor(index: number) {
    super(`Cannot use packet buffer ${index} as its loan has ended`);
  }
}

/** Sums octets of a memory as `checksum.sum` does. */
export interface Summer {
  /** Folded one's complement sum of `length` octets at `at`, added to `seed`. */
  sum(at: number, length: number, seed: number): number;
}

const FREE = 0;
const LENT = 1;
const QUEUED = 2;

/**
 * One slot.
 *
 * Devices call {@linkcode Packet.lend} and {@linkcode Packet.reclaim}; handlers
 * use the rest, and only during their call.
 */
export class Packet {
  /** The memory of the arena. */
  readonly memory: Memory;
  /** Which slot of the arena this is. */
  readonly index: number;
  /** First octet of the slot. */
  readonly base: number;
  /** Offset behind the last octet of the slot. */
  readonly limit: number;
  /** Timestamp, checksum and segmentation. */
  readonly info: PacketInfo;
  /** First octet that the current layer sees. */
  start: number;
  /** Offset behind the last octet that the current layer sees. */
  end: number;
  readonly #summer: Summer;
  readonly #headroom: number;
  #state = FREE;
  #outcome: Outcome = "queued";

  /** Slot `index` at `base`..`limit`, with `headroom` octets to prepend into. */
  constructor(
    memory: Memory,
    summer: Summer,
    index: number,
    base: number,
    limit: number,
    headroom: number,
    capabilities: Capabilities,
  ) {
    this.memory = memory;
    this.#summer = summer;
    this.index = index;
    this.base = base;
    this.limit = limit;
    this.#headroom = headroom;
    this.start = base + headroom;
    this.end = base + headroom;
    this.info = new PacketInfo(capabilities);
  }

  /** Where a device puts the first octet of a frame. */
  get origin(): number {
    return this.base + this.#headroom;
  }

  /** Octets from `start` to `end`. */
  get length(): number {
    return this.end - this.start;
  }

  /**
   * Begins a loan of `start`..`end`. What {@linkcode Packet.queue} will answer
   * is decided here: `"queued"` where the device can send this buffer.
   */
  lend(start: number, end: number, outcome: Outcome): void {
    this.start = start;
    this.end = end;
    this.#outcome = outcome;
    this.#state = LENT;
  }

  /** Ends the loan and says whether the handler queued the buffer. */
  reclaim(): boolean {
    const queued = this.#state === QUEUED;
    this.#state = FREE;
    return queued;
  }

  /** Whether the buffer will be sent. */
  get queued(): boolean {
    return this.#state === QUEUED;
  }

  /** Whether a loan is going on. */
  get lent(): boolean {
    return this.#state !== FREE;
  }

  /**
   * Asks the device to send `start`..`end` when the call returns.
   *
   * `"illegal"` if the device cannot send this buffer or it is queued already,
   * `"exhausted"` if there is no room.
   *
   * @throws {NotLentError} after the loan has ended.
   */
  queue(): Outcome {
    if (this.#state !== LENT) {
      if (this.#state === FREE) throw new NotLentError(this.index);
      return "illegal";
    }
    if (this.#outcome === "queued") this.#state = QUEUED;
    return this.#outcome;
  }

  /** Takes back a {@linkcode Packet.queue}; for devices around a device. */
  unqueue(): void {
    if (this.#state === QUEUED) this.#state = LENT;
  }

  /**
   * Makes the packet `length` octets long from `start`; what lies there is
   * undefined. `"exhausted"`, and no change, if the slot is too small;
   * `"illegal"`, and no change, for less than nothing.
   *
   * @throws {NotLentError} after the loan has ended.
   */
  resize(length: number): Outcome {
    if (this.#state === FREE) throw new NotLentError(this.index);
    if (this.start + length > this.limit) return "exhausted";
    if (!(length >= 0)) return "illegal";
    this.end = this.start + length;
    return "queued";
  }

  /**
   * Makes the packet `length` octets long so that the octets
   * `keepFrom`..`keepTo` (counted from the old `start`) stand `target` octets
   * behind the new `start`. They move only if the room in front or behind is
   * too small. `"exhausted"`, and no change, if the slot is; `"illegal"`, and no
   * change, if they do not fit into that length or are not there.
   *
   * @throws {NotLentError} after the loan has ended.
   */
  reframe(
    length: number,
    keepFrom: number,
    keepTo: number,
    target: number,
  ): Outcome {
    if (this.#state === FREE) throw new NotLentError(this.index);
    const kept = keepTo - keepFrom;
    if (
      !(kept >= 0 && target >= 0 && target + kept <= length) ||
      keepFrom < 0 || keepTo > this.end - this.start
    ) return "illegal";
    const start = this.start + keepFrom - target;
    if (start >= this.base && start + length <= this.limit) {
      this.start = start;
      this.end = start + length;
      return "queued";
    }
    let fresh = this.origin;
    if (fresh + length > this.limit) fresh = this.base;
    if (fresh + length > this.limit) return "exhausted";
    const from = this.start + keepFrom;
    this.memory.copy(fresh + target, this.memory, from, kept);
    this.start = fresh;
    this.end = fresh + length;
    return "queued";
  }

  /** Folded one's complement sum of `length` octets at `at` of the memory. */
  sum(at: number, length: number, seed: number): number {
    return this.#summer.sum(at, length, seed);
  }
}

/** Takes packets that a device received. */
export interface Receiver {
  /** Looks at, rewrites or answers a packet; must not keep it. */
  receive(packet: Packet): void;
}

/** Fills buffers that a device offers. */
export interface Sender {
  /** Fills and queues the buffer, or leaves it if there is nothing to say. */
  send(packet: Packet): void;
}

/** A receiver, or just its function. */
export type ReceiveHandler = Receiver | ((packet: Packet) => void);
/** A sender, or just its function. */
export type SendHandler = Sender | ((packet: Packet) => void);

/** Hands a received packet to a handler of either form. */
export function deliver(handler: ReceiveHandler, packet: Packet): void {
  if (typeof handler === "function") handler(packet);
  else handler.receive(packet);
}

/** Offers a buffer to a handler of either form. */
export function offer(handler: SendHandler, packet: Packet): void {
  if (typeof handler === "function") handler(packet);
  else handler.send(packet);
}
