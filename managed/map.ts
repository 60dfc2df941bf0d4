/**
 * A hash table of fixed capacity over typed arrays.
 *
 * @module
 */

import { SipHash } from "./siphash.ts";

/** How a {@linkcode Map} is made. */
export interface MapOptions {
  /** Most entries. */
  readonly capacity: number;
  /** 32-bit words of a key, 1 to 4. */
  readonly words: 1 | 2 | 3 | 4;
  /** 16 secret octets, so that strangers cannot choose keys that collide. */
  readonly key: Uint8Array;
}

/** The numbers of a map make no sense. */
export class MapError extends RangeError {
  /** The name `"MapError"`. */
  override readonly name = "MapError";
}

const EMPTY = -1;

/**
 * From keys of one to four int32 words to values that are int32 and not
 * negative. Open addressing with linear probing at no more than half load;
 * removal moves entries back, so nothing is left behind.
 *
 * Methods are named by the number of words, `get3(a, b, c)`; those of another
 * number than that of the map find nothing.
 *
 * ```ts
 * import { Map } from "@ethox/managed/map";
 * import { assertEquals } from "@std/assert";
 *
 * const key = crypto.getRandomValues(new Uint8Array(16));
 * const ports = new Map({ capacity: 1, words: 2, key });
 * assertEquals([ports.set2(6, 80, 7), ports.set2(17, 53, 8)], [true, false]);
 * assertEquals([ports.get2(6, 80), ports.get2(17, 53)], [7, -1]);
 * assertEquals([ports.delete2(6, 80), ports.size], [7, 0]);
 * ```
 */
export class Map {
  /** Most entries. */
  readonly capacity: number;
  /** Places, more than entries; each holds one entry or none. */
  readonly places: number;
  readonly #words: number;
  readonly #mask: number;
  readonly #keys: Int32Array;
  readonly #values: Int32Array;
  readonly #hashes: Int32Array;
  readonly #hash: SipHash;
  #size = 0;

  /** An empty map. @throws {MapError} if a number makes no sense. */
  constructor(options: MapOptions) {
    const { capacity, words } = options;
    if (!Number.isInteger(capacity) || capacity < 1 || capacity > 2 ** 28) {
      throw new MapError(`Cannot hold ${capacity} entries: need 1 to 2^28`);
    }
    if (!Number.isInteger(words) || words < 1 || words > 4) {
      throw new MapError(`Cannot use keys of ${words} words: need 1 to 4`);
    }
    this.capacity = capacity;
    this.#words = words;
    let places = 4;
    while (places < 2 * capacity) places *= 2;
    this.places = places;
    this.#mask = places - 1;
    this.#keys = new Int32Array(places * words);
    this.#values = new Int32Array(places).fill(EMPTY);
    this.#hashes = new Int32Array(places);
    this.#hash = new SipHash(options.key);
  }

  /** Number of entries. */
  get size(): number {
    return this.#size;
  }

  /** The value of a key of one word, or -1. */
  get1(a: number): number {
    return this.#values[this.#find(this.#hash.hash1(a), a, 0, 0, 0)]!;
  }

  /** The value of a key of two words, or -1. */
  get2(a: number, b: number): number {
    return this.#values[this.#find(this.#hash.hash2(a, b), a, b, 0, 0)]!;
  }

  /** The value of a key of three words, or -1. */
  get3(a: number, b: number, c: number): number {
    return this.#values[this.#find(this.#hash.hash3(a, b, c), a, b, c, 0)]!;
  }

  /** The value of a key of four words, or -1. */
  get4(a: number, b: number, c: number, d: number): number {
    const hash = this.#hash.hash4(a, b, c, d);
    return this.#values[this.#find(hash, a, b, c, d)]!;
  }

  /**
   * Sets the value of a key; false if it is new and the map is full, or the value
   * is none that can be held.
   */
  set1(a: number, value: number): boolean {
    return this.#set(this.#hash.hash1(a), a, 0, 0, 0, value);
  }

  /**
   * Sets the value of a key; false if it is new and the map is full, or the value
   * is none that can be held.
   */
  set2(a: number, b: number, value: number): boolean {
    return this.#set(this.#hash.hash2(a, b), a, b, 0, 0, value);
  }

  /**
   * Sets the value of a key; false if it is new and the map is full, or the value
   * is none that can be held.
   */
  set3(a: number, b: number, c: number, value: number): boolean {
    return this.#set(this.#hash.hash3(a, b, c), a, b, c, 0, value);
  }

  /**
   * Sets the value of a key; false if it is new and the map is full, or the value
   * is none that can be held.
   */
  set4(a: number, b: number, c: number, d: number, value: number): boolean {
    return this.#set(this.#hash.hash4(a, b, c, d), a, b, c, d, value);
  }

  /** Removes a key; returns its value, or -1 if there was none. */
  delete1(a: number): number {
    return this.#delete(this.#find(this.#hash.hash1(a), a, 0, 0, 0));
  }

  /** Removes a key; returns its value, or -1 if there was none. */
  delete2(a: number, b: number): number {
    return this.#delete(this.#find(this.#hash.hash2(a, b), a, b, 0, 0));
  }

  /** Removes a key; returns its value, or -1 if there was none. */
  delete3(a: number, b: number, c: number): number {
    return this.#delete(this.#find(this.#hash.hash3(a, b, c), a, b, c, 0));
  }

  /** Removes a key; returns its value, or -1 if there was none. */
  delete4(a: number, b: number, c: number, d: number): number {
    const hash = this.#hash.hash4(a, b, c, d);
    return this.#delete(this.#find(hash, a, b, c, d));
  }

  /** Removes all entries. */
  clear(): void {
    this.#values.fill(EMPTY);
    this.#size = 0;
  }

  /**
   * The value at a place in `0`..`places`, or -1: to visit all entries without
   * making anything. Any change may move entries to other places.
   */
  valueAt(place: number): number {
    return this.#values[place] ?? EMPTY;
  }

  /** A word of the key at a place, from 0 on; of no meaning without a value. */
  wordAt(place: number, word: number): number {
    return this.#keys[place * this.#words + word] ?? 0;
  }

  /** The place of a key, or the empty place where it would go. */
  #find(hash: number, a: number, b: number, c: number, d: number): number {
    const words = this.#words;
    const keys = this.#keys;
    // Words may be given unsigned; they are kept signed.
    a |= 0;
    b |= 0;
    c |= 0;
    d |= 0;
    let place = hash & this.#mask;
    while (this.#values[place] !== EMPTY) {
      if (this.#hashes[place] === hash) {
        const at = place * words;
        if (
          keys[at] === a && (words < 2 || keys[at + 1] === b) &&
          (words < 3 || keys[at + 2] === c) && (words < 4 || keys[at + 3] === d)
        ) return place;
      }
      place = (place + 1) & this.#mask;
    }
    return place;
  }

  #set(
    hash: number,
    a: number,
    b: number,
    c: number,
    d: number,
    value: number,
  ): boolean {
    if (value < 0 || (value | 0) !== value) return false;
    const place = this.#find(hash, a, b, c, d);
    if (this.#values[place] === EMPTY) {
      if (this.#size === this.capacity) return false;
      this.#size++;
      this.#hashes[place] = hash;
      const words = this.#words;
      const at = place * words;
      this.#keys[at] = a;
      if (words > 1) this.#keys[at + 1] = b;
      if (words > 2) this.#keys[at + 2] = c;
      if (words > 3) this.#keys[at + 3] = d;
    }
    this.#values[place] = value;
    return true;
  }

  #delete(place: number): number {
    const removed = this.#values[place]!;
    if (removed === EMPTY) return EMPTY;
    this.#size--;
    const words = this.#words;
    const mask = this.#mask;
    let hole = place;
    let next = (place + 1) & mask;
    // Entries behind the hole that are reached through it move into it.
    while (this.#values[next] !== EMPTY) {
      const home = this.#hashes[next]! & mask;
      if (((next - home) & mask) >= ((next - hole) & mask)) {
        this.#values[hole] = this.#values[next]!;
        this.#hashes[hole] = this.#hashes[next]!;
        for (let i = 0; i < words; i++) {
          this.#keys[hole * words + i] = this.#keys[next * words + i]!;
        }
        hole = next;
      }
      next = (next + 1) & mask;
    }
    this.#values[hole] = EMPTY;
    return removed;
  }
}
