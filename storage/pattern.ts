/**
 * Streams of any length whose octets follow from their position alone.
 *
 * The sending side stores nothing and makes the same octets again for a
 * retransmission; the receiving side stores nothing and knows of each octet at
 * once, in order or not, whether it is right.
 *
 * ```ts
 * import { Memory } from "@ethox/managed/memory";
 * import { Pattern, PatternSink } from "@ethox/storage/pattern";
 * import { assertEquals } from "@std/assert";
 *
 * const from = new Pattern({ total: 1e6 });
 * const to = new PatternSink();
 * const packet = Memory.allocate(1000);
 * while (from.available() > 0) {
 *   from.fill(packet, 0, 0, 1000);
 *   from.acknowledge(to.receive(packet, 0, 0, 1000));
 * }
 * assertEquals([to.received, to.mismatches], [1e6, 0]);
 * ```
 *
 * @module
 */

import { Memory } from "@ethox/managed/memory";
import type { Assembler } from "./assembler.ts";
import type { SendBuf } from "./buf.ts";
import { checkWindow, MAX_WINDOW, Reassembly } from "./reassembly.ts";
import { DEFAULT_WINDOW } from "./sink.ts";

/**
 * Octets after which a pattern repeats: a prime, so that octets misplaced by a
 * multiple of a segment, a slot or a ring do not look right.
 */
export const PERIOD = 65521;

/** The longest run that is in the table for every position in the period. */
const RUN = 131072 - PERIOD;

/** The total of a pattern is not a whole number of octets, 0 or more. */
export class PatternError extends RangeError {
  /** The name `"PatternError"`. */
  override readonly name = "PatternError";
}

/** One period of octets and a run more, shared by any number of patterns. */
export class Table {
  static #standard: Table | undefined;
  /** The octet of position `p` is at `p % PERIOD`. */
  readonly memory: Memory;

  /** The octets for `seed`, an int32. */
  constructor(seed: number) {
    const memory = Memory.allocate(PERIOD + RUN);
    for (let i = 0; i < PERIOD; i++) {
      let word = Math.imul(i ^ seed, 0x9e3779b1);
      word = Math.imul(word ^ (word >>> 15), 0x85ebca6b);
      memory.bytes[i] = word ^ (word >>> 13) ^ (word >>> 24);
    }
    memory.copy(PERIOD, memory, 0, RUN);
    this.memory = memory;
  }

  /** The table that is used where none is given, made on first use. */
  static get standard(): Table {
    return Table.#standard ??= new Table(0x6f786574);
  }

  /** The octet at an absolute position. */
  octet(position: number): number {
    return this.memory.bytes[position % PERIOD]!;
  }
}

/** What a {@linkcode Pattern} sends. */
export interface PatternOptions {
  /** Octets in all; without end by default. */
  readonly total?: number;
  /** The octets; {@linkcode Table.standard} by default. */
  readonly table?: Table;
}

/** Sends the octets of a table over and over. */
export class Pattern implements SendBuf {
  /** Octets acknowledged since the start; exact up to 2^53. */
  acknowledged = 0;
  readonly #table: Table;
  #total: number;
  /** Octets left, or {@linkcode MAX_WINDOW} if they are more. */
  #left = 0;
  /** Octets from the first unacknowledged one that were asked for. */
  #asked = 0;
  /** The first unacknowledged position, modulo the period. */
  #phase = 0;

  /** Starts at position 0. @throws {PatternError} if the total is no length */
  constructor(options: PatternOptions = {}) {
    const total = options.total ?? Infinity;
    if (total !== Infinity && (!Number.isSafeInteger(total) || total < 0)) {
      throw new PatternError(
        `Cannot send ${total} octets: need a whole number, 0 or more`,
      );
    }
    this.#table = options.table ?? Table.standard;
    this.#total = total;
    this.#measure();
  }

  /** Octets in all, `Infinity` without end. */
  get total(): number {
    return this.#total;
  }

  /** Octets handed to TCP, each counted once however often it was sent. */
  get sent(): number {
    return this.acknowledged + this.#asked;
  }

  /** Ends the stream behind what was handed to TCP so far. */
  finish(): void {
    this.#total = this.sent;
    this.#measure();
  }

  /** Octets not acknowledged. */
  available(): number {
    return this.#left;
  }

  /** Whether the end is near enough to be available. */
  get finished(): boolean {
    return this.#total - this.acknowledged <= MAX_WINDOW;
  }

  /** Makes a range of the stream: see {@linkcode SendBuf.fill}. */
  fill(memory: Memory, at: number, offset: number, length: number): void {
    const rest = this.#left - offset;
    if (length > rest) length = rest;
    if (offset < 0 || length <= 0) return;
    const end = offset + length;
    if (end > this.#asked) this.#asked = end;
    const table = this.#table.memory;
    let from = (this.#phase + offset) % PERIOD;
    while (length > RUN) {
      memory.copy(at, table, from, RUN);
      at += RUN;
      length -= RUN;
      from = (from + RUN) % PERIOD;
    }
    memory.copy(at, table, from, length);
  }

  /** Moves on by `length` octets. */
  acknowledge(length: number): void {
    if (length > this.#left) length = this.#left;
    if (length <= 0) return;
    this.acknowledged += length;
    this.#asked = this.#asked > length ? this.#asked - length : 0;
    this.#phase = (this.#phase + length) % PERIOD;
    this.#measure();
  }

  #measure(): void {
    const left = this.#total - this.acknowledged;
    this.#left = left < MAX_WINDOW ? left : MAX_WINDOW;
  }
}

/** How a {@linkcode PatternSink} receives. */
export interface PatternSinkOptions {
  /** Octets to announce, always; 2^22 by default. */
  readonly window?: number;
  /** The octets expected; {@linkcode Table.standard} by default. */
  readonly table?: Table;
  /** Remembers what came out of order. */
  readonly assembler?: Assembler;
}

/** Compares octets with those of a table and lets go of them. */
export class PatternSink extends Reassembly {
  /** Octets that were not as expected, each new octet judged once. */
  mismatches = 0;
  /** The lowest position of such an octet, -1 without one. */
  firstMismatch: number = -1;
  readonly #table: Table;
  readonly #window: number;
  /** The next position expected, modulo the period. */
  #phase = 0;

  /**
   * Starts at position 0.
   *
   * @throws {WindowError} if the window is not whole or not in 0..2^30
   */
  constructor(options: PatternSinkOptions = {}) {
    super(options.assembler);
    this.#table = options.table ?? Table.standard;
    this.#window = checkWindow(options.window ?? DEFAULT_WINDOW);
  }

  /** The same, however much was received. */
  window(): number {
    return this.#window;
  }

  /** Expects position 0 again, for the next connection. */
  override clear(): void {
    super.clear();
    this.mismatches = 0;
    this.firstMismatch = -1;
    this.#phase = 0;
  }

  /** Compares octets. */
  protected override store(
    memory: Memory,
    at: number,
    offset: number,
    length: number,
  ): void {
    let from = (this.#phase + offset) % PERIOD;
    while (length > 0) {
      const run = length < RUN ? length : RUN;
      const same = this.#compare(memory.view, at, from, run);
      if (same < run) this.#count(memory, at, offset, from, same, run);
      at += run;
      offset += run;
      length -= run;
      from = (from + run) % PERIOD;
    }
  }

  /** Moves on. */
  protected override accept(length: number): void {
    this.#phase = (this.#phase + length) % PERIOD;
  }

  /** Octets that are right before the first block with one that is not. */
  #compare(view: DataView, at: number, from: number, length: number): number {
    const table = this.#table.memory.view;
    let i = 0;
    for (; i + 16 <= length; i += 16) {
      const a = at + i;
      const b = from + i;
      const difference = (view.getInt32(a, true) ^ table.getInt32(b, true)) |
        (view.getInt32(a + 4, true) ^ table.getInt32(b + 4, true)) |
        (view.getInt32(a + 8, true) ^ table.getInt32(b + 8, true)) |
        (view.getInt32(a + 12, true) ^ table.getInt32(b + 12, true));
      if (difference !== 0) return i;
    }
    for (; i < length; i++) {
      if (view.getUint8(at + i) !== table.getUint8(from + i)) return i;
    }
    return length;
  }

  #count(
    memory: Memory,
    at: number,
    offset: number,
    from: number,
    i: number,
    length: number,
  ): void {
    const table = this.#table.memory.bytes;
    const bytes = memory.bytes;
    for (; i < length; i++) {
      if (bytes[at + i] === table[from + i]) continue;
      this.mismatches++;
      const position = this.received + offset + i;
      if (this.firstMismatch < 0 || position < this.firstMismatch) {
        this.firstMismatch = position;
      }
    }
  }
}
