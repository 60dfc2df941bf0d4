/**
 * One element, many, or a part of many: a run of fixed length over an array
 * that was given.
 *
 * @module
 */

/** A plain or a typed array, of less than 2^32 elements. */
export interface Elements<T> {
  /** Number of elements. */
  readonly length: number;
  /** The element of an index. */
  [index: number]: T;
}

/** A run does not lie in the elements it was to be put over. */
export class SliceError extends RangeError {
  /** The name `"SliceError"`. */
  override readonly name = "SliceError";
}

/**
 * Elements `start`..`start + length` of an array that stays the caller's.
 *
 * Like `subarray()` for plain arrays as well, but made once: what is cut at
 * set-up is used without making anything afterwards. Indices count from the
 * start of the run, and none reaches beyond it.
 *
 * ```ts
 * import { Slice } from "@ethox/managed/slice";
 * import { assertEquals } from "@std/assert";
 *
 * const all = new Slice(new Int32Array(8));
 * const [left, right] = [all.cut(0, 4), all.cut(4, 4)];
 * assertEquals([left.set(3, 7), left.set(4, 8)], [true, false]);
 * assertEquals([all.get(3), right.get(0)], [7, 0]);
 * ```
 */
export class Slice<T> {
  /** The array the run lies in. */
  readonly elements: Elements<T>;
  /** Index in the array of the first element. */
  readonly start: number;
  /** Number of elements. */
  readonly length: number;

  /**
   * `length` elements from `start`, to the end of the array unless told.
   *
   * @throws {SliceError} if they do not lie in the array.
   */
  constructor(
    elements: Elements<T>,
    start: number = 0,
    length: number = elements.length - start,
  ) {
    if (
      !Number.isInteger(start) || !Number.isInteger(length) || start < 0 ||
      length < 0 || start + length > elements.length
    ) {
      throw new SliceError(
        `Cannot use ${length} elements from ${start}: there are ${elements.length}`,
      );
    }
    this.elements = elements;
    this.start = start;
    this.length = length;
  }

  /** A run of one element. */
  static one<T>(element: T): Slice<T> {
    return new Slice([element]);
  }

  /** The run over all of an array; a run is returned as it is. */
  static from<T>(elements: Elements<T> | Slice<T>): Slice<T> {
    return elements instanceof Slice ? elements : new Slice(elements);
  }

  /** A part of this run. @throws {SliceError} if it does not lie in it. */
  cut(start: number, length: number = this.length - start): Slice<T> {
    if (!(start >= 0 && start + length <= this.length)) {
      throw new SliceError(
        `Cannot use ${length} elements from ${start}: there are ${this.length}`,
      );
    }
    return new Slice(this.elements, this.start + start, length);
  }

  /** Whether there is an element of that index. */
  has(index: number): boolean {
    return (index >>> 0) === index && index < this.length;
  }

  /** The element of an index, `undefined` if there is none. */
  get(index: number): T | undefined {
    if (!this.has(index)) return undefined;
    return this.elements[this.start + index];
  }

  /** Replaces an element; false if there is none of that index. */
  set(index: number, element: T): boolean {
    if (!this.has(index)) return false;
    this.elements[this.start + index] = element;
    return true;
  }

  /** Sets all elements to one. */
  fill(element: T): void {
    const end = this.start + this.length;
    for (let i = this.start; i < end; i++) this.elements[i] = element;
  }

  /** Exchanges two elements; false, and nothing done, if there is one missing. */
  swap(a: number, b: number): boolean {
    if (!this.has(a) || !this.has(b)) return false;
    const { elements, start } = this;
    const kept = elements[start + a]!;
    elements[start + a] = elements[start + b]!;
    elements[start + b] = kept;
    return true;
  }

  /**
   * Moves an element to another index; those between make room, in order. False,
   * and nothing done, if an index is outside.
   */
  move(from: number, to: number): boolean {
    if (!this.has(from) || !this.has(to)) return false;
    const { elements, start } = this;
    const moved = elements[start + from]!;
    const step = from < to ? 1 : -1;
    for (let i = start + from; i !== start + to; i += step) {
      elements[i] = elements[i + step]!;
    }
    elements[start + to] = moved;
    return true;
  }

  /** The elements in order, for set-up and print; makes an iterator. */
  *[Symbol.iterator](): Generator<T> {
    for (let i = 0; i < this.length; i++) yield this.elements[this.start + i]!;
  }
}
