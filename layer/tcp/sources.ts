/**
 * How much each remote address, and each network of 256, holds of a share.
 *
 * @module
 */

import { SipHash } from "@ethox/managed/siphash";

/** Places of each of the two rows, for one thing that can be held. */
const SPREAD = 4;
const NETWORK = 0xffffff00 | 0;

/**
 * Counts in fixed memory, however many strangers there are: an address counts in
 * two places of a keyed hash, and holds what the smaller of them says. That may
 * be too much where addresses collide, never too little, and nobody knows which
 * addresses do.
 */
export class Sources {
  readonly #hash: SipHash;
  readonly #mask: number;
  readonly #counts: Int32Array;

  /** For up to `capacity` things at once; `key` are 16 secret octets. */
  constructor(capacity: number, key: Uint8Array) {
    let places = SPREAD;
    while (places < SPREAD * capacity) places *= 2;
    this.#mask = places - 1;
    this.#counts = new Int32Array(2 * places);
    this.#hash = new SipHash(key);
  }

  /** What an address holds of a share, at most. */
  address(remote: number, share: number): number {
    return this.#count(remote, 2 * share);
  }

  /** What its network (/24) holds. */
  network(remote: number, share: number): number {
    return this.#count(remote & NETWORK, 2 * share + 1);
  }

  /** Adds to what an address holds, or takes off. */
  add(remote: number, share: number, change: number): void {
    this.#add(remote, 2 * share, change);
    this.#add(remote & NETWORK, 2 * share + 1, change);
  }

  #count(what: number, scope: number): number {
    const first = this.#hash.hash2(what, scope) & this.#mask;
    const second = this.#second();
    return Math.min(this.#counts[first]!, this.#counts[second]!);
  }

  #add(what: number, scope: number, change: number): void {
    const first = this.#hash.hash2(what, scope) & this.#mask;
    const second = this.#second();
    this.#counts[first] = this.#counts[first]! + change;
    this.#counts[second] = this.#counts[second]! + change;
  }

  #second(): number {
    return this.#mask + 1 + (this.#hash.high & this.#mask);
  }
}
