/**
 * `struct iovec`: scattered octets of one message (`readv(2)`).
 *
 * @module
 */

const BASE = 0;
const LENGTH = 2;
const WORDS = 4;

/** An array of `struct iovec`, which the kernel reads. */
export class IoVectors {
  /** The octets, for the call. */
  readonly buffer: ArrayBuffer;
  readonly #words: Uint32Array;

  /** Room for `count` of them. */
  constructor(count: number) {
    this.buffer = new ArrayBuffer(count * WORDS * 4);
    this.#words = new Uint32Array(this.buffer);
  }

  /** Lets the one at `index` stand for `length` octets at `address`. */
  set(index: number, address: number, length: number): void {
    const at = index * WORDS;
    // Two stores instead of a bigint: addresses have 47 bits.
    this.#words[at + BASE] = address % 0x1_0000_0000;
    this.#words[at + BASE + 1] = address / 0x1_0000_0000;
    this.#words[at + LENGTH] = length;
  }
}
