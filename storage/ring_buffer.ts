/**
 * A ring of octets.
 *
 * @module
 */

import { Memory } from "@ethox/managed/memory";
import { checkRegion } from "./region.ts";

/** Octets a ring may have at most. */
export const MAX_CAPACITY: number = 2 ** 30;

/**
 * Octets in order over a region of memory that was given.
 *
 * Three ways in and out: an octet at a time; contiguous runs, used in place;
 * any range, copied, where writing beyond the end is made good by
 * {@linkcode RingBuffer.commit} and reading does not take out.
 *
 * Counts and offsets beyond what is there are cut, never an error: each call
 * says how much it did. The octets of a region are left as they are at first;
 * {@linkcode RingBuffer.reset} zeroes them.
 *
 * ```ts
 * import { RingBuffer } from "@ethox/storage/ring-buffer";
 * import { assertEquals } from "@std/assert";
 *
 * const ring = RingBuffer.allocate(2);
 * assertEquals([ring.push(7), ring.push(8), ring.push(9)], [true, true, false]);
 * assertEquals([ring.shift(), ring.shift(), ring.shift()], [7, 8, -1]);
 * ```
 */
export class RingBuffer {
  /** Where the octets lie. */
  readonly memory: Memory;
  /** Offset of the region in the memory. */
  readonly start: number;
  /** Octets of the region. */
  readonly capacity: number;
  /** Offset in the region of the oldest octet. */
  #head = 0;
  #length = 0;

  /**
   * Empty, over `start`..`start + length` of `memory`.
   *
   * @throws {RegionError} if the region does not lie in the memory
   */
  constructor(
    memory: Memory,
    start: number = 0,
    length: number = memory.bytes.length - start,
  ) {
    checkRegion(memory, start, length, MAX_CAPACITY);
    this.memory = memory;
    this.start = start;
    this.capacity = length;
  }

  /** Empty, with memory of its own. @throws {RegionError} if it is too large */
  static allocate(octets: number): RingBuffer {
    const memory = Memory.allocate(octets);
    return new RingBuffer(memory, 0, octets);
  }

  /** Octets held. */
  get length(): number {
    return this.#length;
  }

  /** Octets that can be added. */
  get window(): number {
    return this.capacity - this.#length;
  }

  /** Whether no octet is held. */
  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** Whether no octet can be added. */
  get isFull(): boolean {
    return this.#length === this.capacity;
  }

  /** Lets go of all octets; the next run begins at the start of the region. */
  clear(): void {
    this.#head = 0;
    this.#length = 0;
  }

  /** Lets go of all octets and zeroes the region. */
  reset(): void {
    this.clear();
    this.memory.fill(this.start, this.capacity, 0);
  }

  /** Adds one octet. @returns whether there was room */
  push(octet: number): boolean {
    if (this.#length === this.capacity) return false;
    this.memory.bytes[this.#place(this.#length)] = octet;
    this.#length++;
    return true;
  }

  /** Takes out the oldest octet. @returns the octet, or -1 without one */
  shift(): number {
    if (this.#length === 0) return -1;
    const octet = this.memory.bytes[this.start + this.#head]!;
    this.consume(1);
    return octet;
  }

  /** Where the first free octet lies in the memory. */
  get writeAt(): number {
    return this.#place(this.#length);
  }

  /** Octets that can be written in place from {@linkcode RingBuffer.writeAt}. */
  get contiguousWindow(): number {
    return this.contiguousWindowAt(0);
  }

  /** Where the oldest octet lies in the memory. */
  get readAt(): number {
    return this.start + this.#head;
  }

  /** Octets that can be read in place from {@linkcode RingBuffer.readAt}. */
  get contiguousLength(): number {
    const run = this.capacity - this.#head;
    return run < this.#length ? run : this.#length;
  }

  /** Where the octet `offset` beyond the end lies in the memory. */
  placeAhead(offset: number): number {
    return this.#place(this.#length + offset);
  }

  /** Octets that can be written in place from `offset` beyond the end. */
  contiguousWindowAt(offset: number): number {
    const free = this.capacity - this.#length - offset;
    if (offset < 0 || free <= 0) return 0;
    const run = this.start + this.capacity - this.placeAhead(offset);
    return run < free ? run : free;
  }

  /** Adds octets that were written in place or ahead. @returns how many fit */
  commit(length: number): number {
    const window = this.capacity - this.#length;
    if (length > window) length = window;
    if (length <= 0) return 0;
    this.#length += length;
    return length;
  }

  /** Takes out the oldest octets. @returns how many there were */
  consume(length: number): number {
    if (length > this.#length) length = this.#length;
    if (length <= 0) return 0;
    this.#length -= length;
    const head = this.#head + length;
    this.#head = head >= this.capacity ? head - this.capacity : head;
    return length;
  }

  /**
   * Lets `fill` write in place to up to the given octets, and adds as many as
   * it returns; nothing if it throws. Called once for a contiguous run.
   *
   * @returns how many were added
   */
  writeWith(
    fill: (memory: Memory, at: number, length: number) => number,
  ): number {
    const length = this.contiguousWindow;
    const filled = fill(this.memory, this.writeAt, length);
    return this.commit(filled < length ? filled : length);
  }

  /**
   * Lets `take` read a contiguous run in place, and takes out as many octets
   * as it returns; nothing if it throws.
   *
   * @returns how many were taken out
   */
  readWith(
    take: (memory: Memory, at: number, length: number) => number,
  ): number {
    const length = this.contiguousLength;
    const taken = take(this.memory, this.readAt, length);
    return this.consume(taken < length ? taken : length);
  }

  /** Adds octets by copying. @returns how many fit */
  write(source: Memory, at: number, length: number): number {
    return this.commit(this.writeAhead(0, source, at, length));
  }

  /** Takes out octets by copying. @returns how many there were */
  read(target: Memory, at: number, length: number): number {
    return this.consume(this.peek(0, target, at, length));
  }

  /**
   * Copies octets to the place `offset` beyond the end, without adding them.
   *
   * @returns how many lie within the window
   */
  writeAhead(
    offset: number,
    source: Memory,
    at: number,
    length: number,
  ): number {
    const room = this.capacity - this.#length - offset;
    if (length > room) length = room;
    if (offset < 0 || length <= 0) return 0;
    const place = this.#place(this.#length + offset);
    const run = this.start + this.capacity - place;
    if (length <= run) {
      this.memory.copy(place, source, at, length);
    } else {
      this.memory.copy(place, source, at, run);
      this.memory.copy(this.start, source, at + run, length - run);
    }
    return length;
  }

  /**
   * Copies octets from `offset` behind the oldest, without taking them out.
   *
   * @returns how many there are
   */
  peek(offset: number, target: Memory, at: number, length: number): number {
    const held = this.#length - offset;
    if (length > held) length = held;
    if (offset < 0 || length <= 0) return 0;
    const place = this.#place(offset);
    const run = this.start + this.capacity - place;
    if (length <= run) {
      target.copy(at, this.memory, place, length);
    } else {
      target.copy(at, this.memory, place, run);
      target.copy(at + run, this.memory, this.start, length - run);
    }
    return length;
  }

  #place(offset: number): number {
    const place = this.#head + offset;
    return this.start +
      (place >= this.capacity ? place - this.capacity : place);
  }
}
