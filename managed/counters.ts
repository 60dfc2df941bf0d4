/**
 * Counters with names, incremented by index.
 *
 * @module
 */

/** A fixed set of counters; each exact up to 2^53. */
export class Counters<Name extends string = string> {
  /** The names, in the order of the indices. */
  readonly names: readonly Name[];
  /** The counts. */
  readonly values: Float64Array;

  /** All counters at 0. */
  constructor(names: readonly Name[]) {
    this.names = names;
    this.values = new Float64Array(names.length);
  }

  /** Adds to the counter of an index. */
  add(index: number, amount: number): void {
    this.values[index]! += amount;
  }

  /** The index of a name, -1 if there is none such. */
  index(name: Name): number {
    return this.names.indexOf(name);
  }

  /** The count of a name. @throws {RangeError} if there is none such. */
  get(name: Name): number {
    const count = this.values[this.index(name)];
    if (count === undefined) {
      throw new RangeError(`Cannot read counter "${name}": no such name`);
    }
    return count;
  }

  /** Names and counts, all of them. */
  *entries(): Generator<[Name, number]> {
    for (let i = 0; i < this.names.length; i++) {
      yield [this.names[i]!, this.values[i]!];
    }
  }

  /** The counts that are not 0, by name. */
  toJSON(): Partial<Record<Name, number>> {
    const counts: Partial<Record<Name, number>> = {};
    for (const [name, count] of this.entries()) {
      if (count !== 0) counts[name] = count;
    }
    return counts;
  }
}
