/**
 * A receive buffer over a ring.
 *
 * @module
 */

import { Memory } from "@ethox/managed/memory";
import { Edge } from "./_edge.ts";
import type { Assembler } from "./assembler.ts";
import { Reassembly } from "./reassembly.ts";
import { RingBuffer } from "./ring_buffer.ts";

/**
 * Received octets until the user reads them.
 *
 * An octet is copied once, from the packet to its final place in the ring,
 * whether it comes in order or not, and never moved. Window and readable octets
 * together are always the capacity, so the window's right edge stays or moves
 * right. On overlap the octets accepted first stay.
 *
 * ```ts
 * import { Memory } from "@ethox/managed/memory";
 * import { RecvRing } from "@ethox/storage/recv-ring";
 * import { assertEquals } from "@std/assert";
 *
 * const packet = Memory.from(new TextEncoder().encode("world!hello "));
 * const ring = RecvRing.allocate(1024);
 * assertEquals(ring.receive(packet, 0, 6, 6), 0);
 * assertEquals(ring.receive(packet, 6, 0, 6), 12);
 *
 * const into = new Uint8Array(64);
 * const text = new TextDecoder().decode(into.subarray(0, ring.read(into)));
 * assertEquals(text, "hello world!");
 * assertEquals(ring.read(into), 0);
 * ```
 */
export class RecvRing extends Reassembly {
  readonly #ring: RingBuffer;
  readonly #edge = new Edge();

  /**
   * Empty, over `start`..`start + length` of `memory`.
   *
   * @throws {RegionError} if the region does not lie in the memory
   */
  constructor(
    memory: Memory,
    start: number = 0,
    length: number = memory.bytes.length - start,
    assembler?: Assembler,
  ) {
    super(assembler);
    this.#ring = new RingBuffer(memory, start, length);
  }

  /**
   * Empty, with memory of its own; cut many rings from one memory instead.
   *
   * @throws {RegionError} if it is too large
   */
  static allocate(octets: number, assembler?: Assembler): RecvRing {
    return new RecvRing(Memory.allocate(octets), 0, octets, assembler);
  }

  /** Where the octets lie. */
  get memory(): Memory {
    return this.#ring.memory;
  }

  /** Octets of the ring. */
  get capacity(): number {
    return this.#ring.capacity;
  }

  /** Octets taken out since the start. */
  get consumed(): number {
    return this.received - this.#ring.length;
  }

  /** Room that is left. */
  window(): number {
    return this.#ring.window;
  }

  /** Octets in order that were not taken out. */
  readable(): number {
    return this.#ring.length;
  }

  /**
   * Octets that can be read in place from {@linkcode RecvRing.memory} at
   * {@linkcode RecvRing.peekAt}, up to where the ring wraps; then
   * {@linkcode RecvRing.consume} them.
   */
  peek(): number {
    return this.#ring.contiguousLength;
  }

  /** Where in the memory the next octet to read lies. */
  get peekAt(): number {
    return this.#ring.readAt;
  }

  /** Takes out octets that were read in place. @returns how many there were */
  consume(length: number): number {
    return this.#ring.consume(length);
  }

  /**
   * Takes out up to `max` octets into `into` from `at`.
   *
   * Copies some octets a nanosecond, with garbage only if `into` is another array
   * than the time before, which is remembered until then. Several times faster
   * are {@linkcode RecvRing.readTo} and reading in place.
   *
   * @returns how many were read
   */
  read(
    into: Uint8Array,
    max: number = into.length,
    at: number = 0,
  ): number {
    const room = into.length - at;
    if (max > room) max = room;
    if (at < 0 || max <= 0) return 0;
    return this.readTo(this.#edge.of(into), at, max);
  }

  /** Takes out up to `max` octets into a memory. @returns how many were read */
  readTo(target: Memory, at: number, max: number): number {
    return this.#ring.read(target, at, max);
  }

  /** Empty again, for the next connection. */
  override clear(): void {
    super.clear();
    this.#ring.clear();
  }

  /** Puts new octets in their place. */
  protected override store(
    memory: Memory,
    at: number,
    offset: number,
    length: number,
  ): void {
    this.#ring.writeAhead(offset, memory, at, length);
  }

  /** Makes octets readable. */
  protected override accept(length: number): void {
    this.#ring.commit(length);
  }
}
