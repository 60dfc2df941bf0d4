/**
 * The Toeplitz hash, by which devices choose a queue for a flow (receive side
 * scaling): linear, keyed, but not safe against strangers who see its results.
 *
 * ```ts
 * import { ipv4, toeplitz } from "@ethox/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const hash = new toeplitz.Toeplitz(toeplitz.publishedKey());
 * const source = ipv4.Address.parse("66.9.149.187").value;
 * const destination = ipv4.Address.parse("161.142.100.80").value;
 * assertEquals(hash.hash4(source, destination, 2794, 1766) >>> 0, 0x51ccc178);
 *
 * // Both directions of a flow alike.
 * const same = new toeplitz.Toeplitz(toeplitz.symmetricKey());
 * assertEquals(
 *   same.hash4(source, destination, 2794, 1766),
 *   same.hash4(destination, source, 1766, 2794),
 * );
 * ```
 *
 * @module
 */

/** Octets of the usual key. */
export const KEY_LENGTH = 40;

const PUBLISHED = "6d5a56da255b0ec24167253d43a38fb0d0ca2bcbae7b30b4" +
  "77cb2da38030f20c6a42b73bbeac01fa";

/** The key of Microsoft's verification suite, which many devices start with. */
export function publishedKey(): Uint8Array<ArrayBuffer> {
  const key = new Uint8Array(KEY_LENGTH);
  for (let i = 0; i < KEY_LENGTH; i++) {
    key[i] = parseInt(PUBLISHED.slice(2 * i, 2 * i + 2), 16);
  }
  return key;
}

/**
 * A key that repeats after 16 bits, so that source and destination can be
 * exchanged (Woo and Park 2012). Both halves of its results are the same.
 */
export function symmetricKey(): Uint8Array<ArrayBuffer> {
  const key = new Uint8Array(KEY_LENGTH);
  for (let i = 0; i < KEY_LENGTH; i += 2) {
    key[i] = 0x6d;
    key[i + 1] = 0x5a;
  }
  return key;
}

/** Hashes under one key. Results are int32. */
export class Toeplitz {
  /** Octets of the longest input: four fewer than the key has. */
  readonly longest: number;
  /** What each value of each half octet of the input contributes. */
  readonly #table: Int32Array;

  /** Prepares a key. @throws {RangeError} if it has fewer than 16 octets. */
  constructor(key: Uint8Array) {
    if (key.length < 16) {
      throw new RangeError(
        `Cannot hash with a key of ${key.length} octets: need 16 or more`,
      );
    }
    this.longest = key.length - 4;
    const table = new Int32Array(2 * this.longest * 16);
    for (let half = 0; half < 2 * this.longest; half++) {
      for (let bit = 0; bit < 4; bit++) {
        const part = window(key, 4 * half + bit);
        for (let value = 0; value < 16; value++) {
          if ((value & 8 >>> bit) !== 0) table[16 * half + value]! ^= part;
        }
      }
    }
    this.#table = table;
  }

  /**
   * Hash of octets.
   *
   * @throws {RangeError} if there are more than {@linkcode longest}.
   */
  hash(view: DataView, start: number, length: number): number {
    if (length > this.longest) {
      throw new RangeError(
        `Cannot hash ${length} octets: the key allows ${this.longest}`,
      );
    }
    const table = this.#table;
    let result = 0;
    for (let i = 0; i < length; i++) {
      const octet = view.getUint8(start + i);
      result ^= table[32 * i + (octet >>> 4)]! ^
        table[32 * i + 16 + (octet & 15)]!;
    }
    return result;
  }

  /**
   * Hash of two IPv4 addresses (int32, host order), and of ports unless they
   * are left out.
   */
  hash4(
    source: number,
    destination: number,
    sourcePort: number = -1,
    destinationPort: number = -1,
  ): number {
    const addresses = this.#word(0, source) ^ this.#word(4, destination);
    if (sourcePort < 0) return addresses;
    return addresses ^ this.#word(8, sourcePort << 16 | destinationPort);
  }

  /**
   * Hash of two IPv6 addresses, four words each (int32, host order) from
   * `sourceAt` and `destinationAt` on, and of ports unless they are left out.
   *
   * @throws {RangeError} if the key is shorter than {@linkcode KEY_LENGTH}.
   */
  hash6(
    source: Int32Array,
    sourceAt: number,
    destination: Int32Array,
    destinationAt: number,
    sourcePort: number = -1,
    destinationPort: number = -1,
  ): number {
    if (this.longest < KEY_LENGTH - 4) {
      throw new RangeError(
        `Cannot hash 36 octets: the key allows ${this.longest}`,
      );
    }
    let result = 0;
    for (let i = 0; i < 4; i++) {
      result ^= this.#word(4 * i, source[sourceAt + i]!) ^
        this.#word(16 + 4 * i, destination[destinationAt + i]!);
    }
    if (sourcePort < 0) return result;
    return result ^ this.#word(32, sourcePort << 16 | destinationPort);
  }

  /** What four octets contribute that stand `at` octets into the input. */
  #word(at: number, word: number): number {
    const table = this.#table;
    let result = 0;
    for (let half = 0; half < 8; half++) {
      result ^= table[32 * at + 16 * half + (word >>> 28 - 4 * half & 15)]!;
    }
    return result;
  }
}

/** The 32 bits of a key that begin at one of its bits. */
function window(key: Uint8Array, bit: number): number {
  const at = bit >>> 3;
  const word = key[at]! << 24 | key[at + 1]! << 16 | key[at + 2]! << 8 |
    key[at + 3]!;
  const shift = bit & 7;
  return shift === 0 ? word : word << shift | key[at + 4]! >>> 8 - shift;
}
