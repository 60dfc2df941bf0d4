/**
 * SipHash (Aumasson and Bernstein 2012): a keyed hash whose collisions strangers
 * cannot choose. Here over 32-bit words, without `bigint`.
 *
 * @module
 */

/** Blocks that are mixed in one go. */
const BLOCKS = 4;

/** A keyed hash; 2 and 4 rounds as published, 1 and 3 where speed matters. */
export class SipHash {
  readonly #k0l: number;
  readonly #k0h: number;
  readonly #k1l: number;
  readonly #k1h: number;
  readonly #compression: number;
  readonly #finalization: number;
  // Blocks to mix in, two words each, and the state in between.
  readonly #words: Int32Array = new Int32Array(2 * BLOCKS);
  readonly #state: Int32Array = new Int32Array(8);
  /** Lower half of the last hash, int32. */
  low = 0;
  /** Upper half of the last hash, int32. */
  high = 0;

  /**
   * `key` are 16 secret octets.
   *
   * @throws {RangeError} if it has another length.
   */
  constructor(
    key: Uint8Array,
    compression: number = 1,
    finalization: number = 3,
  ) {
    if (key.length !== 16) {
      throw new RangeError(
        `Cannot key SipHash with ${key.length} octets: need 16`,
      );
    }
    const view = new DataView(key.buffer, key.byteOffset, 16);
    this.#k0l = view.getInt32(0, true);
    this.#k0h = view.getInt32(4, true);
    this.#k1l = view.getInt32(8, true);
    this.#k1h = view.getInt32(12, true);
    this.#compression = compression;
    this.#finalization = finalization;
  }

  /** Hash of one word (4 octets, little endian): the lower half. */
  hash1(a: number): number {
    const words = this.#words;
    words[0] = a;
    words[1] = 4 << 24;
    return this.#mix(1, true, true);
  }

  /** Hash of two words. */
  hash2(a: number, b: number): number {
    const words = this.#words;
    words[0] = a;
    words[1] = b;
    words[2] = 0;
    words[3] = 8 << 24;
    return this.#mix(2, true, true);
  }

  /** Hash of three words. */
  hash3(a: number, b: number, c: number): number {
    const words = this.#words;
    words[0] = a;
    words[1] = b;
    words[2] = c;
    words[3] = 12 << 24;
    return this.#mix(2, true, true);
  }

  /** Hash of four words. */
  hash4(a: number, b: number, c: number, d: number): number {
    const words = this.#words;
    words[0] = a;
    words[1] = b;
    words[2] = c;
    words[3] = d;
    words[4] = 0;
    words[5] = 16 << 24;
    return this.#mix(3, true, true);
  }

  /** Hash of octets: the lower half. */
  hash(bytes: Uint8Array): number {
    const words = this.#words;
    const whole = bytes.length >> 3;
    let first = true;
    let n = 0;
    for (let i = 0; i < whole; i++) {
      words[2 * n] = word(bytes, 8 * i, 4);
      words[2 * n + 1] = word(bytes, 8 * i + 4, 4);
      if (++n < BLOCKS) continue;
      this.#mix(n, first, false);
      first = false;
      n = 0;
    }
    const left = bytes.length & 7;
    words[2 * n] = word(bytes, 8 * whole, Math.min(4, left));
    words[2 * n + 1] = word(bytes, 8 * whole + 4, Math.max(0, left - 4)) |
      (bytes.length << 24);
    return this.#mix(n + 1, first, true);
  }

  /** Mixes in so many blocks; `first` begins and `last` ends a hash. */
  #mix(blocks: number, first: boolean, last: boolean): number {
    const words = this.#words;
    const state = this.#state;
    let v0l: number;
    let v0h: number;
    let v1l: number;
    let v1h: number;
    let v2l: number;
    let v2h: number;
    let v3l: number;
    let v3h: number;
    if (first) {
      v0l = this.#k0l ^ 0x70736575;
      v0h = this.#k0h ^ 0x736f6d65;
      v1l = this.#k1l ^ 0x6e646f6d;
      v1h = this.#k1h ^ 0x646f7261;
      v2l = this.#k0l ^ 0x6e657261;
      v2h = this.#k0h ^ 0x6c796765;
      v3l = this.#k1l ^ 0x79746573;
      v3h = this.#k1h ^ 0x74656462;
    } else {
      v0l = state[0]!;
      v0h = state[1]!;
      v1l = state[2]!;
      v1h = state[3]!;
      v2l = state[4]!;
      v2h = state[5]!;
      v3l = state[6]!;
      v3h = state[7]!;
    }
    const turns = last ? blocks + 1 : blocks;
    for (let turn = 0; turn < turns; turn++) {
      const mixing = turn < blocks;
      let low = 0;
      let high = 0;
      let rounds = this.#finalization;
      if (mixing) {
        low = words[2 * turn]!;
        high = words[2 * turn + 1]!;
        rounds = this.#compression;
        v3l ^= low;
        v3h ^= high;
      } else v2l ^= 0xff;
      for (let i = 0; i < rounds; i++) {
        // The carry of a sum, from the top bits of what was added and of the sum:
        // no call and no branch, which is more than twice as fast.
        let t: number = (v0l + v1l) | 0;
        v0h = (v0h + v1h +
          (((v0l & v1l) | ((v0l | v1l) & ~t)) >>> 31)) | 0;
        v0l = t;
        t = (v1l << 13) | (v1h >>> 19);
        v1h = ((v1h << 13) | (v1l >>> 19)) ^ v0h;
        v1l = t ^ v0l;
        t = v0l;
        v0l = v0h;
        v0h = t;

        t = (v2l + v3l) | 0;
        v2h = (v2h + v3h +
          (((v2l & v3l) | ((v2l | v3l) & ~t)) >>> 31)) | 0;
        v2l = t;
        t = (v3l << 16) | (v3h >>> 16);
        v3h = ((v3h << 16) | (v3l >>> 16)) ^ v2h;
        v3l = t ^ v2l;

        t = (v0l + v3l) | 0;
        v0h = (v0h + v3h +
          (((v0l & v3l) | ((v0l | v3l) & ~t)) >>> 31)) | 0;
        v0l = t;
        t = (v3l << 21) | (v3h >>> 11);
        v3h = ((v3h << 21) | (v3l >>> 11)) ^ v0h;
        v3l = t ^ v0l;

        t = (v2l + v1l) | 0;
        v2h = (v2h + v1h +
          (((v2l & v1l) | ((v2l | v1l) & ~t)) >>> 31)) | 0;
        v2l = t;
        t = (v1l << 17) | (v1h >>> 15);
        v1h = ((v1h << 17) | (v1l >>> 15)) ^ v2h;
        v1l = t ^ v2l;
        t = v2l;
        v2l = v2h;
        v2h = t;
      }
      if (mixing) {
        v0l ^= low;
        v0h ^= high;
      }
    }
    if (!last) {
      state[0] = v0l;
      state[1] = v0h;
      state[2] = v1l;
      state[3] = v1h;
      state[4] = v2l;
      state[5] = v2h;
      state[6] = v3l;
      state[7] = v3h;
      return 0;
    }
    this.low = v0l ^ v1l ^ v2l ^ v3l;
    this.high = v0h ^ v1h ^ v2h ^ v3h;
    return this.low;
  }
}

function word(bytes: Uint8Array, at: number, octets: number): number {
  let value = 0;
  for (let i = 0; i < octets; i++) value |= bytes[at + i]! << (8 * i);
  return value;
}
