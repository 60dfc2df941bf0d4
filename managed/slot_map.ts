/**
 * Elements with keys that notice when the element is no longer the same.
 *
 * @module
 */

import type { Elements } from "./slice.ts";

/** The numbers of a slot map make no sense. */
export class SlotMapError extends RangeError {
  /** The name `"SlotMapError"`. */
  override readonly name = "SlotMapError";
}

/** Most slots; leaves 2^33 generations in a safe integer. */
const MAX_CAPACITY = 2 ** 20;

/**
 * As many slots as elements were given, each free or addressed by one key.
 *
 * A key is an integer: the slot in its lower bits, and above them a generation
 * that begins at 1 and differs each time the slot is taken. So 0 is never a key,
 * and the key of what was removed finds nothing, until the generations of its
 * slot have all been used (2^33 or more of them, unless `maxKey` says less).
 *
 * Taking, finding and removing cost the same however many there are. Elements
 * are not made and not cleared: {@linkcode SlotMap.reserve} gives out what lies
 * in the slot, so that records are made once and used again.
 *
 * ```ts
 * import { SlotMap } from "@ethox/managed/slot-map";
 * import { assertEquals } from "@std/assert";
 *
 * const names = new SlotMap(["", ""]);
 * const a = names.insert("a");
 * const b = names.insert("b");
 * assertEquals([names.insert("c"), names.get(b)], [0, "b"]); // full
 * names.remove(a);
 * const d = names.insert("d");
 * assertEquals([names.get(a), names.get(d)], [undefined, "d"]);
 * ```
 */
export class SlotMap<T> {
  /** The elements by slot, those of free slots too. */
  readonly elements: Elements<T>;
  /** Number of slots. */
  readonly capacity: number;
  readonly #mask: number;
  readonly #width: number;
  readonly #maxKey: number;
  // The key of each slot; that of a free one is the last it had, negative.
  readonly #keys: Float64Array;
  // All slots, those in use first, and where in that order each is.
  readonly #order: Int32Array;
  readonly #place: Int32Array;
  #size = 0;

  /**
   * All slots are free. Keys are `maxKey` at most: those up to 2^30 are never
   * boxed when they are passed along, but repeat sooner.
   *
   * @throws {SlotMapError} if there are no elements, more than 2^20, or less
   * than two generations of keys.
   */
  constructor(
    elements: Elements<T>,
    maxKey: number = Number.MAX_SAFE_INTEGER,
  ) {
    const capacity = elements.length;
    if (capacity < 1 || capacity > MAX_CAPACITY) {
      throw new SlotMapError(
        `Cannot use ${capacity} slots: need 1 to ${MAX_CAPACITY}`,
      );
    }
    let width = 1;
    while (width < capacity) width *= 2;
    if (!Number.isSafeInteger(maxKey) || maxKey < 3 * width - 1) {
      throw new SlotMapError(
        `Cannot use keys up to ${maxKey}: need ${3 * width - 1} to 2^53 - 1`,
      );
    }
    this.elements = elements;
    this.capacity = capacity;
    this.#width = width;
    this.#mask = width - 1;
    this.#maxKey = maxKey;
    this.#keys = new Float64Array(capacity);
    this.#order = new Int32Array(capacity);
    this.#place = new Int32Array(capacity);
    for (let i = 0; i < capacity; i++) {
      this.#order[i] = i;
      this.#place[i] = i;
    }
  }

  /** Slots in use. */
  get size(): number {
    return this.#size;
  }

  /** Whether every slot is in use. */
  get isFull(): boolean {
    return this.#size === this.capacity;
  }

  /** Takes a slot with the element that lies there. @returns its key, 0 if full */
  reserve(): number {
    if (this.#size === this.capacity) return 0;
    const slot = this.#order[this.#size++]!;
    let key = this.#width - this.#keys[slot]!;
    if (key === this.#width) key += slot;
    if (key > this.#maxKey) key = this.#width + slot;
    this.#keys[slot] = key;
    return key;
  }

  /** Takes a slot and puts an element there. @returns its key, 0 if full */
  insert(element: T): number {
    const key = this.reserve();
    if (key > 0) this.elements[key & this.#mask] = element;
    return key;
  }

  /** The slot of a key, -1 if nothing has that key (any more). */
  slot(key: number): number {
    // Bit operations take numbers modulo 2^32, so this is exact for any key.
    const slot = key & this.#mask;
    return key > 0 && this.#keys[slot] === key ? slot : -1;
  }

  /** Whether something has that key. */
  has(key: number): boolean {
    return this.slot(key) >= 0;
  }

  /** The element of a key, `undefined` if nothing has that key (any more). */
  get(key: number): T | undefined {
    const slot = this.slot(key);
    return slot < 0 ? undefined : this.elements[slot];
  }

  /** Replaces the element of a key; false if nothing has that key. */
  set(key: number, element: T): boolean {
    const slot = this.slot(key);
    if (slot < 0) return false;
    this.elements[slot] = element;
    return true;
  }

  /**
   * Frees the slot of a key. The element stays where it is until the slot is
   * taken again. Returns the element, `undefined` if nothing has that key.
   */
  remove(key: number): T | undefined {
    const slot = this.slot(key);
    if (slot < 0) return undefined;
    this.#keys[slot] = -key;
    // The last slot in use takes its place in the order.
    const place = this.#place[slot]!;
    const last = this.#order[--this.#size]!;
    this.#order[place] = last;
    this.#place[last] = place;
    this.#order[this.#size] = slot;
    this.#place[slot] = this.#size;
    return this.elements[slot];
  }

  /** Frees all slots. */
  clear(): void {
    for (let i = 0; i < this.#size; i++) {
      this.#keys[this.#order[i]!]! *= -1;
    }
    this.#size = 0;
  }

  /** The key of a slot, 0 if it is free. */
  key(slot: number): number {
    const key = this.#keys[slot];
    return key !== undefined && key > 0 ? key : 0;
  }

  /**
   * The slot at `index` in `0`..`size`, in no particular order, else -1: to visit
   * all in use without making anything. A removal moves the last to the index of
   * the removed, so count down to remove while visiting.
   */
  slotAt(index: number): number {
    return index >= 0 && index < this.#size ? this.#order[index] ?? -1 : -1;
  }
}
