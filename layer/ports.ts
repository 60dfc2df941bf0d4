/**
 * Ephemeral ports by [RFC 6056](https://www.rfc-editor.org/rfc/rfc6056),
 * algorithm 4 (double-hash port selection).
 *
 * @module
 */

import { SipHash } from "@ethox/managed/siphash";

/** First port of the dynamic range, RFC 6335 section 6. */
export const FIRST_EPHEMERAL = 49152;
/** Last port of it. */
export const LAST_EPHEMERAL = 65535;

const TABLE = 256;

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
  }

  /** The next port of the walk. */
  next(): number {
    const step = this.#counters[this.#row]! + 1;
    this.#counters[this.#row] = step;
    return FIRST_EPHEMERAL + ((this.#offset + step) >>> 0) % this.#count;
  }
}
