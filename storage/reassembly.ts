/**
 * What all receive buffers share: which octets of a range are new.
 *
 * @module
 */

import type { Memory } from "@ethox/managed/memory";
import { Assembler } from "./assembler.ts";
import type { RecvBuf } from "./buf.ts";

/** Ranges out of order that a receive buffer remembers by default. */
export const DEFAULT_RANGES = 64;

/** The most octets a window may be, about what scaled TCP windows can say. */
export const MAX_WINDOW: number = 2 ** 30;

/** A window is not whole, or outside 0..2^30. */
export class WindowError extends RangeError {
  /** The name `"WindowError"`. */
  override readonly name = "WindowError";
}

/**
 * Returns `window` if it can be announced.
 *
 * @throws {WindowError} otherwise
 */
export function checkWindow(window: number): number {
  if (!Number.isInteger(window) || window < 0 || window > MAX_WINDOW) {
    throw new WindowError(
      `Cannot announce a window of ${window} octets: need a whole number in 0..${MAX_WINDOW}`,
    );
  }
  return window;
}

/**
 * A {@linkcode RecvBuf} that says only where octets go; extend it to write one.
 *
 * {@linkcode Reassembly.store} is called once for each run of octets not held
 * yet, so those accepted first stay (threat A81), then
 * {@linkcode Reassembly.accept} for what became contiguous.
 */
export abstract class Reassembly implements RecvBuf {
  /** Octets received in order since the start; exact up to 2^53. */
  received = 0;
  /** The ranges that are held out of order. */
  readonly assembler: Assembler;

  /**
   * Uses an empty assembler; by default one of {@linkcode DEFAULT_RANGES} that
   * prefers near ranges to far ones.
   */
  constructor(
    assembler: Assembler = Assembler.allocate(DEFAULT_RANGES, "drop-furthest"),
  ) {
    this.assembler = assembler;
  }

  /** Octets from the next one expected that there is room for. */
  abstract window(): number;

  /** Takes octets that are new, within the window. */
  protected abstract store(
    memory: Memory,
    at: number,
    offset: number,
    length: number,
  ): void;

  /** The next `length` octets expected, all stored, count as received. */
  protected accept(_length: number): void {}

  /** Forgets everything, for the next connection. */
  clear(): void {
    this.assembler.clear();
    this.received = 0;
  }

  /** Takes one range of the stream: see {@linkcode RecvBuf.receive}. */
  receive(memory: Memory, at: number, offset: number, length: number): number {
    if (offset < 0) {
      at -= offset;
      length += offset;
      offset = 0;
    }
    const room = this.window() - offset;
    if (length > room) length = room;
    if (length <= 0) return 0;

    const assembler = this.assembler;
    if (assembler.accepts(offset, length)) {
      this.#storeMissing(memory, at, offset, length);
    }
    const released = assembler.add(offset, length);
    if (released <= 0) return released;
    this.accept(released);
    this.received += released;
    return released;
  }

  /** Octets up to the end of what is held: see {@linkcode RecvBuf.reach}. */
  reach(): number {
    return this.assembler.end;
  }

  #storeMissing(
    memory: Memory,
    at: number,
    offset: number,
    length: number,
  ): void {
    const assembler = this.assembler;
    const end = offset + length;
    let next = offset;
    if (next < assembler.end) {
      let high = 0;
      for (let i = 0; i < assembler.count && next < end; i++) {
        const low = high + assembler.hole(i);
        high = low + assembler.data(i);
        if (high <= next) continue;
        if (low >= end) break;
        if (low > next) {
          this.store(memory, at + next - offset, next, low - next);
        }
        next = high;
      }
    }
    if (next < end) this.store(memory, at + next - offset, next, end - next);
  }
}
