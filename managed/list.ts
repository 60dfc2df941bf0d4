/**
 * A list of values over an array that was given.
 *
 * @module
 */

import { Partial } from "./partial.ts";
import type { Elements, Slice } from "./slice.ts";

/**
 * As many values as there are elements, in the order they were put in.
 *
 * Full, or no such index, is `false` or `undefined`, never growth and never a
 * throw. A value that is taken out stays in the array behind the others until
 * it is overwritten: nothing is cleared.
 *
 * ```ts
 * import { List } from "@ethox/managed/list";
 * import { assertEquals } from "@std/assert";
 *
 * const list = new List(new Int32Array(2));
 * assertEquals([list.push(5), list.push(7), list.push(9)], [true, true, false]);
 * assertEquals([list.removeAt(0), list.get(0), list.length], [5, 7, 1]);
 * ```
 */
export class List<T> {
  readonly #items: Partial<T>;

  /** An empty list over elements whose content does not matter. */
  constructor(elements: Elements<T> | Slice<T>) {
    this.#items = new Partial(elements);
  }

  /** Values held. */
  get length(): number {
    return this.#items.length;
  }

  /** Most values. */
  get capacity(): number {
    return this.#items.capacity;
  }

  /** Whether no value is held. */
  get isEmpty(): boolean {
    return this.#items.isEmpty;
  }

  /** Whether there is no room. */
  get isFull(): boolean {
    return this.#items.isFull;
  }

  /** The value of an index. */
  get(index: number): T | undefined {
    return this.#items.get(index);
  }

  /** Replaces a value; false if there is none of that index. */
  set(index: number, value: T): boolean {
    return this.#items.set(index, value);
  }

  /** Adds a value at the end; false if the list is full. */
  push(value: T): boolean {
    const at = this.#items.length;
    return this.#items.resize(at + 1) && this.#items.set(at, value);
  }

  /** Takes out the last value. */
  pop(): T | undefined {
    return this.#items.pop();
  }

  /**
   * Adds a value at an index up to `length`; those from there move up. False if
   * the list is full or the index is beyond. O(n).
   */
  insertAt(index: number, value: T): boolean {
    const end = this.#items.length;
    if (index !== end && !this.#items.has(index)) return false;
    if (!this.#items.resize(end + 1)) return false;
    this.#items.move(end, index);
    return this.#items.set(index, value);
  }

  /** Takes out the value of an index; those behind move down. O(n). */
  removeAt(index: number): T | undefined {
    return this.#items.removeAt(index);
  }

  /** Takes out the value of an index; the last takes its place. O(1). */
  swapRemoveAt(index: number): T | undefined {
    return this.#items.swap(index, this.length - 1)
      ? this.#items.pop()
      : undefined;
  }

  /** The first index of a value, -1 if it is not held. O(n). */
  indexOf(value: T): number {
    for (let i = 0; i < this.length; i++) {
      if (this.#items.get(i) === value) return i;
    }
    return -1;
  }

  /** Lets go of the values from an index on. */
  truncate(length: number): void {
    if (length < this.length) this.#items.resize(length);
  }

  /** Lets go of all values. */
  clear(): void {
    this.#items.clear();
  }

  /** The values in order, for set-up and print; makes an iterator. */
  [Symbol.iterator](): Generator<T> {
    return this.#items[Symbol.iterator]();
  }
}
