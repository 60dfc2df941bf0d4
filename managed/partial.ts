/**
 * A run of which a first part is in use.
 *
 * @module
 */

import { type Elements, Slice } from "./slice.ts";

/**
 * Elements that are made once and used again.
 *
 * `length` of them are in use, those behind are spare and keep what they hold.
 * Taking one into use gives it out as it is, so that a record brings its arrays
 * with it and numbers are overwritten. Length goes down and up again as far as
 * there are elements. Full, or without such an index, is `undefined` or `false`.
 *
 * For values that are put in, see `List`.
 *
 * ```ts
 * import { Partial } from "@ethox/managed/partial";
 * import { assertEquals } from "@std/assert";
 *
 * const records = new Partial([{ id: 0 }, { id: 0 }]);
 * records.push()!.id = 1;
 * records.insertAt(0)!.id = 2; // the spare record comes to the front
 * assertEquals([...records], [{ id: 2 }, { id: 1 }]);
 * assertEquals(records.push(), undefined); // full
 * ```
 */
export class Partial<T> {
  /** All elements, the spare ones too. */
  readonly slice: Slice<T>;
  #length = 0;

  /** None of the elements is in use. */
  constructor(elements: Elements<T> | Slice<T>) {
    this.slice = Slice.from(elements);
  }

  /** Elements in use. */
  get length(): number {
    return this.#length;
  }

  /** Elements there are. */
  get capacity(): number {
    return this.slice.length;
  }

  /** Whether no element is in use. */
  get isEmpty(): boolean {
    return this.#length === 0;
  }

  /** Whether all elements are in use. */
  get isFull(): boolean {
    return this.#length === this.slice.length;
  }

  /** Whether an element of that index is in use. */
  has(index: number): boolean {
    return (index >>> 0) === index && index < this.#length;
  }

  /** The element of an index that is in use. */
  get(index: number): T | undefined {
    return this.has(index) ? this.slice.get(index) : undefined;
  }

  /** Replaces an element that is in use. */
  set(index: number, element: T): boolean {
    return this.has(index) && this.slice.set(index, element);
  }

  /** The element that {@linkcode Partial.push} would take, to prepare it. */
  init(): T | undefined {
    return this.slice.get(this.#length);
  }

  /** Takes the next spare element into use. @returns it, as it is */
  push(): T | undefined {
    if (this.#length === this.slice.length) return undefined;
    return this.slice.get(this.#length++);
  }

  /** Makes the last element a spare one. @returns it */
  pop(): T | undefined {
    if (this.#length === 0) return undefined;
    return this.slice.get(--this.#length);
  }

  /**
   * Takes the next spare element into use at an index up to `length`; those from
   * there move up. Returns it, as it is.
   */
  insertAt(index: number): T | undefined {
    // The only index beyond those in use that is allowed is the next.
    if (index !== this.#length && !this.has(index)) return undefined;
    if (!this.slice.move(this.#length, index)) return undefined;
    this.#length++;
    return this.slice.get(index);
  }

  /**
   * Makes an element the next spare one; those behind it move down. Returns it.
   */
  removeAt(index: number): T | undefined {
    if (!this.has(index)) return undefined;
    this.#length--;
    this.slice.move(index, this.#length);
    return this.slice.get(this.#length);
  }

  /** Moves an element to another index; those between make room. */
  move(from: number, to: number): boolean {
    return this.has(from) && this.has(to) && this.slice.move(from, to);
  }

  /** Exchanges two elements. */
  swap(a: number, b: number): boolean {
    return this.has(a) && this.has(b) && this.slice.swap(a, b);
  }

  /**
   * Sets how many are in use, from 0 to `capacity`; what comes into use is as it
   * was left.
   */
  resize(length: number): boolean {
    if (!Number.isInteger(length) || length < 0 || length > this.capacity) {
      return false;
    }
    this.#length = length;
    return true;
  }

  /** Makes all elements spare. */
  clear(): void {
    this.#length = 0;
  }

  /** The elements in use, in order, for set-up and print; makes an iterator. */
  *[Symbol.iterator](): Generator<T> {
    for (let i = 0; i < this.#length; i++) yield this.slice.get(i)!;
  }
}
