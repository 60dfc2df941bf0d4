/**
 * Who may take how many of something that is shared.
 *
 * @module
 */

/** What a class may take. */
export interface Share {
  /** Units that nobody else can take. */
  readonly minimum: number;
  /** Most units; unless told, all that are not promised to others. */
  readonly maximum?: number;
}

/** The numbers of a partition make no sense. */
export class PartitionedError extends RangeError {
  /** The name `"PartitionedError"`. */
  override readonly name = "PartitionedError";
}

/** Most units: counts stay int32. */
const MAX_CAPACITY = 2 ** 30;

/**
 * A number of equal units, be it slots, packets or octets, split among classes.
 *
 * Each class has a minimum that is there for it whatever others take. What
 * remains goes to whoever comes first, up to the maximum of its class. So
 * 0 <= promised <= free holds at any time, where promised are the units of the
 * minima that have not been taken.
 *
 * Only counts are kept: take here first, then where the units are, which cannot
 * run out then.
 *
 * ```ts
 * import { Partitioned } from "@ethox/managed/partitioned";
 * import { assertEquals } from "@std/assert";
 *
 * const STRANGERS = 0;
 * const FRIENDS = 1;
 * const slots = new Partitioned(10, [{ minimum: 1 }, { minimum: 4 }]);
 * let taken = 0;
 * while (slots.take(STRANGERS)) taken++;
 * assertEquals([taken, slots.available(FRIENDS)], [6, 4]);
 * ```
 */
export class Partitioned {
  /** Number of units. */
  readonly capacity: number;
  /** Number of classes; they go by `0` to `classes - 1`. */
  readonly classes: number;
  readonly #minimum: Int32Array;
  readonly #maximum: Int32Array;
  readonly #used: Int32Array;
  #free: number;
  #promised = 0;

  /**
   * All units are free.
   *
   * @throws {PartitionedError} if the minima are more than there are units, or a
   * number is not whole or lies outside.
   */
  constructor(capacity: number, shares: readonly Share[]) {
    if (
      !Number.isInteger(capacity) || capacity < 0 || capacity > MAX_CAPACITY
    ) {
      throw new PartitionedError(
        `Cannot split ${capacity} units: need 0 to ${MAX_CAPACITY}`,
      );
    }
    const classes = shares.length;
    this.capacity = capacity;
    this.classes = classes;
    this.#minimum = new Int32Array(classes);
    this.#maximum = new Int32Array(classes);
    this.#used = new Int32Array(classes);
    this.#free = capacity;
    for (let i = 0; i < classes; i++) {
      const { minimum, maximum = capacity } = shares[i]!;
      if (!whole(minimum) || !whole(maximum) || minimum > maximum) {
        throw new PartitionedError(
          `Cannot give class ${i} between ${minimum} and ${maximum} units`,
        );
      }
      this.#minimum[i] = minimum;
      this.#maximum[i] = Math.min(maximum, capacity);
      this.#promised += minimum;
    }
    if (this.#promised > capacity) {
      throw new PartitionedError(
        `Cannot promise ${this.#promised} units: there are ${capacity}`,
      );
    }
  }

  /** As many classes with the same minimum. @throws {PartitionedError} */
  static equal(
    capacity: number,
    classes: number,
    minimum: number,
  ): Partitioned {
    const shares: Share[] = [];
    for (let i = 0; i < classes; i++) shares.push({ minimum });
    return new Partitioned(capacity, shares);
  }

  /** Units that nobody has taken. */
  get free(): number {
    return this.#free;
  }

  /** Units that nobody has taken and nobody was promised. */
  get shared(): number {
    return this.#free - this.#promised;
  }

  /** Units that a class has taken; 0 if there is no such class. */
  used(share: number): number {
    return this.#has(share) ? this.#used[share]! : 0;
  }

  /** Units that a class can count on; 0 if there is no such class. */
  minimum(share: number): number {
    return this.#has(share) ? this.#minimum[share]! : 0;
  }

  /** Most units that a class may have; 0 if there is no such class. */
  maximum(share: number): number {
    return this.#has(share) ? this.#maximum[share]! : 0;
  }

  /** Units that a class could take now; 0 if there is no such class. */
  available(share: number): number {
    if (!this.#has(share)) return 0;
    const left = this.#maximum[share]! - this.#used[share]!;
    const open = this.shared + this.#outstanding(share);
    return left < open ? (left > 0 ? left : 0) : open;
  }

  /**
   * Takes units for a class, all or none. False if it may not have so many now,
   * there is no such class, or `count` is no whole number.
   */
  take(share: number, count: number = 1): boolean {
    if (!whole(count) || !this.#has(share)) return false;
    if (count > this.available(share)) return false;
    this.#move(share, count);
    return true;
  }

  /**
   * Gives units of a class back, all or none. False if it has not so many, there
   * is no such class, or `count` is no whole number.
   */
  give(share: number, count: number = 1): boolean {
    if (!whole(count) || !this.#has(share)) return false;
    if (count > this.#used[share]!) return false;
    this.#move(share, -count);
    return true;
  }

  /**
   * Changes the minimum of a class. False, and nothing changed, if so many are not
   * left for it beside what others have or were promised, or it is more than the
   * maximum.
   */
  reserve(share: number, minimum: number): boolean {
    if (!whole(minimum) || !this.#has(share)) return false;
    if (minimum > this.#maximum[share]!) return false;
    const before = this.#outstanding(share);
    const short = minimum - this.#used[share]!;
    const after = short > 0 ? short : 0;
    if (this.#promised - before + after > this.#free) return false;
    this.#minimum[share] = minimum;
    this.#promised += after - before;
    return true;
  }

  #has(share: number): boolean {
    return share >= 0 && share < this.classes && (share | 0) === share;
  }

  /** Units that a class was promised and has not taken. */
  #outstanding(share: number): number {
    const left = this.#minimum[share]! - this.#used[share]!;
    return left > 0 ? left : 0;
  }

  #move(share: number, count: number): void {
    this.#promised -= this.#outstanding(share);
    this.#used[share]! += count;
    this.#free -= count;
    this.#promised += this.#outstanding(share);
  }
}

function whole(count: number): boolean {
  return count >= 0 && (count | 0) === count;
}
