/**
 * A sorted list over an array that was given.
 *
 * @module
 */

import { Partial } from "./partial.ts";
import type { Elements, Slice } from "./slice.ts";

/** Less than 0 if `a` comes before `b`, more if after, 0 if they are equal. */
export type Compare<A, B = A> = (a: A, b: B) => number;

/** Order of numbers, the smaller first. */
export function ascending(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Order of numbers, the larger first. */
export function descending(a: number, b: number): number {
  return a < b ? 1 : a > b ? -1 : 0;
}

/**
 * Elements in an order that is given once. Equal ones stand in the order in
 * which they came.
 *
 * Values are put in by {@linkcode Ordered.insert}; records that are made once are
 * prepared in place, {@linkcode Ordered.init}, and sorted in by
 * {@linkcode Ordered.push}. What is in must not be changed in a way that changes
 * its order. Finding takes O(log n) comparisons; what goes in or out moves those
 * behind it.
 *
 * ```ts
 * import { ascending, Ordered } from "@ethox/managed/ordered";
 * import { assertEquals } from "@std/assert";
 *
 * const ports = new Ordered(new Uint16Array(3), ascending);
 * for (const port of [443, 22, 80]) ports.insert(port);
 * assertEquals([...ports], [22, 80, 443]);
 * assertEquals([ports.find(80), ports.find(81)], [1, -1]);
 * assertEquals(ports.insert(25), -1); // full
 * ```
 */
export class Ordered<T> {
  /** The order. */
  readonly compare: Compare<T>;
  readonly #items: Partial<T>;

  /** An empty list over elements whose content does not matter. */
  constructor(elements: Elements<T> | Slice<T>, compare: Compare<T>) {
    this.#items = new Partial(elements);
    this.compare = compare;
  }

  /** Elements held. */
  get length(): number {
    return this.#items.length;
  }

  /** Most elements. */
  get capacity(): number {
    return this.#items.capacity;
  }

  /** Whether no element is held. */
  get isEmpty(): boolean {
    return this.#items.isEmpty;
  }

  /** Whether there is no room. */
  get isFull(): boolean {
    return this.#items.isFull;
  }

  /** The element of an index, `undefined` if there is none. */
  get(index: number): T | undefined {
    return this.#items.get(index);
  }

  /** Puts a value in its place. @returns its index, -1 if there is no room */
  insert(value: T): number {
    const end = this.#items.length;
    const at = this.upperBound(value);
    if (!this.#items.resize(end + 1)) return -1;
    this.#items.move(end, at);
    this.#items.set(at, value);
    return at;
  }

  /** The spare element that {@linkcode Ordered.push} would sort in. */
  init(): T | undefined {
    return this.#items.init();
  }

  /** Sorts the prepared element in. @returns its index, -1 if there is none */
  push(): number {
    const end = this.#items.length;
    const element = this.#items.init();
    if (element === undefined) return -1;
    const at = this.upperBound(element);
    this.#items.resize(end + 1);
    this.#items.move(end, at);
    return at;
  }

  /** Takes an element out; it is the next spare one. */
  removeAt(index: number): T | undefined {
    return this.#items.removeAt(index);
  }

  /** Takes out the first element equal to a value; false if there is none. */
  remove(value: T): boolean {
    const at = this.find(value);
    if (at < 0) return false;
    this.#items.removeAt(at);
    return true;
  }

  /**
   * Puts a value in the place of another; false, and nothing done, if it would
   * break the order or there is no such index.
   */
  replaceAt(index: number, value: T): boolean {
    const { length } = this.#items;
    if (!this.#items.has(index)) return false;
    if (index > 0 && this.compare(this.get(index - 1)!, value) > 0) {
      return false;
    }
    if (index + 1 < length && this.compare(value, this.get(index + 1)!) > 0) {
      return false;
    }
    return this.#items.set(index, value);
  }

  /** The index of the first element equal to a value, -1 if there is none. */
  find(value: T): number {
    return this.findBy(value, this.compare);
  }

  /**
   * The index of the first element that compares equal to a key, -1 if there is
   * none. `compare` has to agree with the order of the list.
   */
  findBy<K>(key: K, compare: Compare<T, K>): number {
    const at = this.lowerBoundBy(key, compare);
    if (at === this.length) return -1;
    return compare(this.get(at)!, key) === 0 ? at : -1;
  }

  /** How many elements come before a value. */
  lowerBound(value: T): number {
    return this.lowerBoundBy(value, this.compare);
  }

  /** How many elements come before a key, by an order that agrees. */
  lowerBoundBy<K>(key: K, compare: Compare<T, K>): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (compare(this.get(middle)!, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** How many elements come before a value or are equal to it. */
  upperBound(value: T): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.compare(this.get(middle)!, value) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Lets go of all elements. */
  clear(): void {
    this.#items.clear();
  }

  /** The elements in order, for set-up and print; makes an iterator. */
  [Symbol.iterator](): Generator<T> {
    return this.#items[Symbol.iterator]();
  }
}
