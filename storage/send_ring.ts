/**
 * A send buffer over a ring.
 *
 * @module
 */

import { Memory } from "@ethox/managed/memory";
import { Edge } from "./_edge.ts";
import type { SendBuf } from "./buf.ts";
import { RingBuffer } from "./ring_buffer.ts";

/**
 * Octets written by a user and kept until they are acknowledged.
 *
 * Octets are copied in once, or written in place between
 * {@linkcode SendRing.reserve} and {@linkcode SendRing.commit}, and copied out
 * whenever TCP asks.
 *
 * ```ts
 * import { SendRing } from "@ethox/storage/send-ring";
 * import { assertEquals } from "@std/assert";
 *
 * const ring = SendRing.allocate(4);
 * assertEquals(ring.write(new TextEncoder().encode("hello")), 4);
 * ring.acknowledge(3);
 * assertEquals([ring.available(), ring.free(), ring.acknowledged], [1, 3, 3]);
 * ```
 */
export class SendRing implements SendBuf {
  /** Octets acknowledged since the start; exact up to 2^53. */
  acknowledged = 0;
  readonly #ring: RingBuffer;
  readonly #edge = new Edge();
  /** Octets from the first unacknowledged one that were asked for. */
  #asked = 0;
  #finished = false;

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
    this.#ring = new RingBuffer(memory, start, length);
  }

  /**
   * Empty, with memory of its own; cut many rings from one memory instead.
   *
   * @throws {RegionError} if it is too large
   */
  static allocate(octets: number): SendRing {
    return new SendRing(Memory.allocate(octets), 0, octets);
  }

  /** Where the octets lie. */
  get memory(): Memory {
    return this.#ring.memory;
  }

  /** Octets of the ring. */
  get capacity(): number {
    return this.#ring.capacity;
  }

  /** Octets written since the start; exact up to 2^53. */
  get written(): number {
    return this.acknowledged + this.#ring.length;
  }

  /**
   * Octets handed to TCP since the start, each counted once however often it
   * was sent; never less than {@linkcode SendRing.acknowledged}.
   */
  get sent(): number {
    return this.acknowledged + this.#asked;
  }

  /** Octets that can be written now; 0 once finished. */
  free(): number {
    return this.#finished ? 0 : this.#ring.window;
  }

  /**
   * Appends octets of `bytes`.
   *
   * A whole array that fits in one run is copied natively; anything else at
   * some octets a nanosecond, with garbage only if `bytes` is another array than
   * the time before, which is remembered until then.
   *
   * @returns how many were taken
   */
  write(
    bytes: Uint8Array,
    from: number = 0,
    length: number = bytes.length - from,
  ): number {
    const rest = bytes.length - from;
    if (length > rest) length = rest;
    if (from < 0 || length <= 0) return 0;
    if (length === bytes.length && length <= this.reserve()) {
      this.memory.bytes.set(bytes, this.reservedAt);
      return this.#ring.commit(length);
    }
    return this.writeFrom(this.#edge.of(bytes), from, length);
  }

  /** Appends octets of a memory. @returns how many were taken */
  writeFrom(source: Memory, at: number, length: number): number {
    return this.#finished ? 0 : this.#ring.write(source, at, length);
  }

  /**
   * Octets that may be written in place to {@linkcode SendRing.memory} from
   * {@linkcode SendRing.reservedAt}, up to where the ring wraps.
   */
  reserve(): number {
    return this.#finished ? 0 : this.#ring.contiguousWindow;
  }

  /** Where in the memory the reserved octets begin. */
  get reservedAt(): number {
    return this.#ring.writeAt;
  }

  /** Appends octets written in place. @returns how many were taken */
  commit(length: number): number {
    const reserved = this.reserve();
    return this.#ring.commit(length < reserved ? length : reserved);
  }

  /** Says that nothing will be written any more. */
  finish(): void {
    this.#finished = true;
  }

  /** Empty and not finished again, for the next connection. */
  clear(): void {
    this.#ring.clear();
    this.acknowledged = 0;
    this.#asked = 0;
    this.#finished = false;
  }

  /** Octets not acknowledged. */
  available(): number {
    return this.#ring.length;
  }

  /** Whether nothing will be written any more. */
  get finished(): boolean {
    return this.#finished;
  }

  /** Writes a range of the stream: see {@linkcode SendBuf.fill}. */
  fill(memory: Memory, at: number, offset: number, length: number): void {
    const end = offset + this.#ring.peek(offset, memory, at, length);
    if (end > this.#asked) this.#asked = end;
  }

  /** Lets go of the first `length` octets. */
  acknowledge(length: number): void {
    const gone = this.#ring.consume(length);
    this.acknowledged += gone;
    this.#asked = this.#asked > gone ? this.#asked - gone : 0;
  }
}
