/**
 * A receive buffer that fills a place once.
 *
 * @module
 */

import { Memory } from "@ethox/managed/memory";
import type { Assembler } from "./assembler.ts";
import { MAX_WINDOW, Reassembly } from "./reassembly.ts";
import { checkRegion } from "./region.ts";

/**
 * Receives into the octets that it was given, until they are full.
 *
 * The first {@linkcode Reassembly.received} octets are good; what lies behind
 * them may have been written already, out of order.
 *
 * ```ts
 * import { Memory } from "@ethox/managed/memory";
 * import { RecvInto } from "@ethox/storage/recv-into";
 * import { assertEquals } from "@std/assert";
 *
 * const body = new Uint8Array(4);
 * const buffer = new RecvInto(body);
 * const packet = Memory.from(Uint8Array.of(1, 2, 3, 4, 5));
 * assertEquals(buffer.receive(packet, 2, 2, 3), 0);
 * assertEquals(buffer.receive(packet, 0, 0, 2), 4);
 * assertEquals(body, Uint8Array.of(1, 2, 3, 4));
 * assertEquals([buffer.done, buffer.window()], [true, 0]);
 * ```
 */
export class RecvInto extends Reassembly {
  /** Where the octets go. */
  readonly memory: Memory;
  /** Octets that there is room for in all. */
  readonly total: number;
  readonly #start: number;

  /**
   * Fills `start`..`start + length` of `target`.
   *
   * @throws {RegionError} if the region does not lie in the target
   */
  constructor(
    target: Uint8Array | Memory,
    start: number = 0,
    length?: number,
    assembler?: Assembler,
  ) {
    super(assembler);
    this.memory = target instanceof Uint8Array ? Memory.from(target) : target;
    const total = length ?? this.memory.bytes.length - start;
    checkRegion(this.memory, start, total);
    this.#start = start;
    this.total = total;
  }

  /** Whether the place is full. */
  get done(): boolean {
    return this.received === this.total;
  }

  /** Room that is left. */
  window(): number {
    const rest = this.total - this.received;
    return rest < MAX_WINDOW ? rest : MAX_WINDOW;
  }

  /** Puts new octets in their place. */
  protected override store(
    memory: Memory,
    at: number,
    offset: number,
    length: number,
  ): void {
    this.memory.copy(
      this.#start + this.received + offset,
      memory,
      at,
      length,
    );
  }
}
