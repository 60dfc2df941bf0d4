/**
 * Ephemeral ports by [RFC 6056](https://www.rfc-editor.org/rfc/rfc6056):
 * algorithm 4 (double-hash port selection), with the increments of algorithm 5
 * (random ones).
 *
 * @module
 */

import { SipHash } from "@ethox/managed/siphash";

/** First port of the dynamic range, RFC 6335 section 6. */
export const FIRST_EPHEMERAL = 49152;
/** Last port of it. */
export const LAST_EPHEMERAL = 65535;

/** Counters, over all destinations. */
const TABLE = 256;
/** Between two ports lie up to so many: `N` of RFC 6056 section 3.3.5. */
const STRIDE = 16;

/**
 * Walks the dynamic ports in an order that is different for each destination and
 * that strangers cannot predict.
 */
export class EphemeralPorts {
  readonly #hash: SipHash;
  readonly #counters: Int32Array = new Int32Array(TABLE);
  readonly #count = LAST_EPHEMERAL - FIRST_EPHEMERAL + 1;
  #offset = 0;
  #row = 0;
  #draws = 0;

  /** `key` are 16 secret octets. */
  constructor(key: Uint8Array) {
    this.#hash = new SipHash(key);
    for (let i = 0; i < TABLE; i++) this.#counters[i] = this.#hash.hash2(i, -1);
  }

  /** How many ports there are to try. */
  get count(): number {
    return this.#count;
  }

  /** Begins a walk for a connection from `local` to a port of `remote`. */
  begin(local: number, remote: number, remotePort: number): void {
    this.#offset = this.#hash.hash4(local, remote, remotePort, 1);
    this.#row = this.#hash.hash4(local, remote, remotePort, 2) & (TABLE - 1);
    // Whoever shares the counter, or sees every port, cannot tell how many
    // connections there were in between.
    const skip = this.#hash.hash2(this.#draws++, -2) & (STRIDE - 1);
    this.#counters[this.#row] = this.#counters[this.#row]! + skip;
  }

  /** The next port of the walk. */
  next(): number {
    const step = this.#counters[this.#row]! + 1;
    this.#counters[this.#row] = step;
    return FIRST_EPHEMERAL + ((this.#offset + step) >>> 0) % this.#count;
  }
}
