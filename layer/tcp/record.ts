/**
 * Where the numbers of connection records lie: in arrays that all records of an
 * endpoint share.
 *
 * As a field of an object, an integer takes eight octets and a double 24, its box
 * included; here they take four and eight. What every segment looks at more than once stays
 * a field, since that is the faster one to reach.
 *
 * @module
 */

import type { Host } from "./handler.ts";
import { PathMtus } from "./path_mtu.ts";
import { SackLists } from "./sack.ts";
import { Scoreboard } from "./scoreboard.ts";

/** Destinations whose path MTU is remembered. */
const PATHS = 64;

/** Keys hold the slot in their lower bits. */
export const SLOT_LIMIT: number = 2 ** 20;

/** Stands in until there is a record. */
const NOBODY: Host = { activate() {}, abort() {} };

/** The arrays of all records of an endpoint, and the tables that go with them. */
export class Store {
  /** What is known of each flight. */
  readonly board: Scoreboard;
  /** What each receiver has to report. */
  readonly lists: SackLists;
  /** What paths carry. */
  readonly paths: PathMtus = new PathMtus(PATHS);
  /** Integers, a row for each record. */
  readonly ints: Int32Array;
  /** Integers of 16 bits, likewise. */
  readonly shorts: Uint16Array;
  /** Doubles, likewise. */
  readonly doubles: Float64Array;
  /** Who holds the records. */
  host: Host = NOBODY;
  // How often each was taken and given back: odd while it is in use.
  readonly #turns: Uint32Array;

  /** Room for so many records with so many numbers of each kind. */
  constructor(records: number, ints: number, shorts: number, doubles: number) {
    this.board = new Scoreboard({ connections: records });
    this.lists = new SackLists(records);
    this.ints = new Int32Array(records * ints);
    this.shorts = new Uint16Array(records * shorts);
    this.doubles = new Float64Array(records * doubles);
    this.#turns = new Uint32Array(records);
  }

  /** What a record is known by while it is in use, else 0: never used again. */
  key(slot: number): number {
    const turn = this.#turns[slot]!;
    return (turn & 1) === 0 ? 0 : turn * SLOT_LIMIT + slot;
  }

  /** A record that was free is in use, or the reverse. */
  turn(slot: number): void {
    this.#turns[slot]!++;
  }
}

/** What the accessors find the row by. */
interface Row {
  /** Which row. */
  readonly slot: number;
  /** Where it lies. */
  readonly store: Store;
}

/** Gives a prototype an int32 property for each name. */
export function shareInts(prototype: object, names: readonly string[]): void {
  const width = names.length;
  for (let i = 0; i < width; i++) {
    Object.defineProperty(prototype, names[i]!, {
      enumerable: true,
      get(this: Row): number {
        return this.store.ints[this.slot * width + i]!;
      },
      set(this: Row, value: number) {
        this.store.ints[this.slot * width + i] = value;
      },
    });
  }
}

/** Gives a prototype a uint16 property for each name. */
export function shareShorts(prototype: object, names: readonly string[]): void {
  const width = names.length;
  for (let i = 0; i < width; i++) {
    Object.defineProperty(prototype, names[i]!, {
      enumerable: true,
      get(this: Row): number {
        return this.store.shorts[this.slot * width + i]!;
      },
      set(this: Row, value: number) {
        this.store.shorts[this.slot * width + i] = value;
      },
    });
  }
}

/** What the accessors of doubles find the row by. */
interface DoubleRow {
  /** The array of the store. */
  readonly doubles: Float64Array;
  /** Where the row begins. */
  readonly row: number;
}

/**
 * Gives a prototype a float64 property for each name.
 *
 * These are short: up to 27 octets of bytecode V8 makes a function a part of its
 * caller whatever the caller's size. Else it stays a call in large functions, and
 * each number that it takes or returns becomes an object.
 */
export function shareDoubles(
  prototype: object,
  names: readonly string[],
): void {
  for (let i = 0; i < names.length; i++) {
    Object.defineProperty(prototype, names[i]!, {
      enumerable: true,
      get(this: DoubleRow): number {
        return this.doubles[this.row + i]!;
      },
      set(this: DoubleRow, value: number) {
        this.doubles[this.row + i] = value;
      },
    });
  }
}

/** Bits of one word, all but the sign: so every value is a small integer. */
const WORD_BITS = 31;

function checkWord(names: readonly string[]): void {
  if (names.length > WORD_BITS) {
    throw new RangeError(
      `Cannot keep ${names.length} bits in a word: need ${WORD_BITS} or fewer`,
    );
  }
}

/**
 * The same for its `moreBits`. Not one function with the name of the word as an
 * argument: each has a property of its own, which is faster.
 */
export function shareMoreBits(
  prototype: object,
  names: readonly string[],
): void {
  checkWord(names);
  for (let i = 0; i < names.length; i++) {
    const bit = 1 << i;
    Object.defineProperty(prototype, names[i]!, {
      enumerable: true,
      get(this: { moreBits: number }): boolean {
        return (this.moreBits & bit) !== 0;
      },
      set(this: { moreBits: number }, value: boolean) {
        this.moreBits = value ? this.moreBits | bit : this.moreBits & ~bit;
      },
    });
  }
}

/** Gives a prototype a boolean property for each name: bits of its `bits`. */
export function shareBits(prototype: object, names: readonly string[]): void {
  checkWord(names);
  for (let i = 0; i < names.length; i++) {
    const bit = 1 << i;
    Object.defineProperty(prototype, names[i]!, {
      enumerable: true,
      get(this: { bits: number }): boolean {
        return (this.bits & bit) !== 0;
      },
      set(this: { bits: number }, value: boolean) {
        this.bits = value ? this.bits | bit : this.bits & ~bit;
      },
    });
  }
}
