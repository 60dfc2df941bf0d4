/**
 * Where the numbers of connection records lie: in arrays that all records of an
 * endpoint share.
 *
 * As a field of an object, an integer takes eight octets and a double 24, its box
 * included; here they take four and eight. What every segment looks at stays a
 * field, since that is the faster one to reach.
 *
 * @module
 */

/** The arrays of all records of an endpoint. */
export class Store {
  /** Integers, a row for each record. */
  readonly ints: Int32Array;
  /** Doubles, likewise. */
  readonly doubles: Float64Array;

  /** Room for so many records with so many integers and doubles each. */
  constructor(records: number, ints: number, doubles: number) {
    this.ints = new Int32Array(records * ints);
    this.doubles = new Float64Array(records * doubles);
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

/** Gives a prototype a float64 property for each name. */
export function shareDoubles(
  prototype: object,
  names: readonly string[],
): void {
  const width = names.length;
  for (let i = 0; i < width; i++) {
    Object.defineProperty(prototype, names[i]!, {
      enumerable: true,
      get(this: Row): number {
        return this.store.doubles[this.slot * width + i]!;
      },
      set(this: Row, value: number) {
        this.store.doubles[this.slot * width + i] = value;
      },
    });
  }
}

/** Gives a prototype a boolean property for each name: bits of its `bits`. */
export function shareBits(prototype: object, names: readonly string[]): void {
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
