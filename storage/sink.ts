/**
 * A receive buffer that keeps nothing.
 *
 * @module
 */

import type { Memory } from "@ethox/managed/memory";
import type { Assembler } from "./assembler.ts";
import { checkWindow, Reassembly } from "./reassembly.ts";

/** Octets that a sink announces by default. */
export const DEFAULT_WINDOW: number = 2 ** 22;

/**
 * Counts octets and lets go of them.
 *
 * What arrives out of order is remembered as a range, without its octets, so
 * that it is acknowledged once the hole is filled and not sent again.
 */
export class Sink extends Reassembly {
  readonly #window: number;

  /**
   * Announces `window` octets, always.
   *
   * @throws {WindowError} if the window is not whole or not in 0..2^30
   */
  constructor(window: number = DEFAULT_WINDOW, assembler?: Assembler) {
    super(assembler);
    this.#window = checkWindow(window);
  }

  /** The same, however much was received. */
  window(): number {
    return this.#window;
  }

  /** Lets go of octets. */
  protected override store(
    _memory: Memory,
    _at: number,
    _offset: number,
    _length: number,
  ): void {}
}
