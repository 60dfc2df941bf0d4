/**
 * Reproducible random numbers: xoshiro128** (Blackman and Vigna 2018), seeded by
 * splitmix32. Not for secrets.
 *
 * @module
 */

/** A sequence of random numbers that a seed determines. */
export class Random {
  #a: number;
  #b: number;
  #c: number;
  #d: number;

  /** Any 32-bit seed will do, 0 too. */
  constructor(seed: number) {
    let state = seed | 0;
    function split(): number {
      state = (state + 0x9e3779b9) | 0;
      let z = state ^ (state >>> 16);
      z = Math.imul(z, 0x21f0aaad);
      z ^= z >>> 15;
      z = Math.imul(z, 0x735a2d97);
      return z ^ (z >>> 15);
    }
    this.#a = split();
    this.#b = split();
    this.#c = split();
    this.#d = split();
  }

  /** The next 32 bits, int32. */
  next(): number {
    const five = Math.imul(this.#b, 5);
    const result = Math.imul((five << 7) | (five >>> 25), 9);
    const shifted = this.#b << 9;
    this.#c ^= this.#a;
    this.#d ^= this.#b;
    this.#b ^= this.#c;
    this.#a ^= this.#d;
    this.#c ^= shifted;
    this.#d = (this.#d << 11) | (this.#d >>> 21);
    return result;
  }

  /** True with a probability, in steps of 2^-31. */
  chance(probability: number): boolean {
    return probability > 0 && (this.next() >>> 1) < probability * 0x80000000;
  }

  /** A whole number from 0 to below `limit`, which is at most 2^31. */
  below(limit: number): number {
    // Whole by the types of the engine, too, or it would be an object.
    return Math.floor((this.next() >>> 1) / 0x80000000 * limit) | 0;
  }
}
