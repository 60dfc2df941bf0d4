/**
 * A send buffer for octets that are there already.
 *
 * @module
 */

import { Memory } from "@ethox/managed/memory";
import type { SendBuf } from "./buf.ts";
import { MAX_WINDOW } from "./reassembly.ts";
import { checkRegion } from "./region.ts";

/**
 * Sends the octets that it was given once, and then nothing more.
 *
 * They are not copied: leave them alone until they are acknowledged.
 *
 * ```ts
 * import { SendFrom } from "@ethox/storage/send-from";
 * import { assertEquals } from "@std/assert";
 *
 * const buffer = new SendFrom(new TextEncoder().encode("hello"));
 * assertEquals([buffer.available(), buffer.finished], [5, true]);
 * buffer.acknowledge(3);
 * assertEquals([buffer.available(), buffer.acknowledged], [2, 3]);
 * ```
 */
export class SendFrom implements SendBuf {
  /** Where the octets lie. */
  readonly memory: Memory;
  /** Octets to send in all. */
  readonly total: number;
  /** Octets acknowledged. */
  acknowledged = 0;
  readonly #start: number;
  /** Octets from the first unacknowledged one that were asked for. */
  #asked = 0;

  /**
   * Sends `start`..`start + length` of `source`.
   *
   * @throws {RegionError} if the region does not lie in the source
   */
  constructor(
    source: Uint8Array | Memory,
    start: number = 0,
    length?: number,
  ) {
    this.memory = source instanceof Uint8Array ? Memory.from(source) : source;
    const total = length ?? this.memory.bytes.length - start;
    checkRegion(this.memory, start, total);
    this.#start = start;
    this.total = total;
  }

  /** Octets handed to TCP, each counted once however often it was sent. */
  get sent(): number {
    return this.acknowledged + this.#asked;
  }

  /** Whether all octets are acknowledged. */
  get done(): boolean {
    return this.acknowledged === this.total;
  }

  /** Sends all from the first octet again, for the next connection. */
  rewind(): void {
    this.acknowledged = 0;
    this.#asked = 0;
  }

  /** Octets not acknowledged. */
  available(): number {
    const rest = this.total - this.acknowledged;
    return rest < MAX_WINDOW ? rest : MAX_WINDOW;
  }

  /** True, as soon as the end is near enough to be available. */
  get finished(): boolean {
    return this.total - this.acknowledged <= MAX_WINDOW;
  }

  /** Writes a range of the stream: see {@linkcode SendBuf.fill}. */
  fill(memory: Memory, at: number, offset: number, length: number): void {
    const rest = this.available() - offset;
    if (length > rest) length = rest;
    if (offset < 0 || length <= 0) return;
    memory.copy(
      at,
      this.memory,
      this.#start + this.acknowledged + offset,
      length,
    );
    const end = offset + length;
    if (end > this.#asked) this.#asked = end;
  }

  /** Lets go of the first `length` octets. */
  acknowledge(length: number): void {
    const rest = this.available();
    if (length > rest) length = rest;
    if (length <= 0) return;
    this.acknowledged += length;
    this.#asked = this.#asked > length ? this.#asked - length : 0;
  }
}
