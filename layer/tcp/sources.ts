/**
 * How much each remote address, and each network of 256, holds of a share.
 *
 * @module
 */

import { SipHash } from "@ethox/managed/siphash";

/** Places of each of the two rows, for one thing that can be held. */
const SPREAD = 4;
/** Two for an address, two for its network. */
const PLACES = 4;
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
  readonly #counts: Int32Array | Uint16Array;
  readonly #places: Int32Array = new Int32Array(PLACES);
  #remote = 0;
  #share = -1;

  /** For up to `capacity` things at once; `key` are 16 secret octets. */
  constructor(capacity: number, key: Uint8Array) {
    let places = SPREAD;
    while (places < SPREAD * capacity) places *= 2;
    this.#mask = places - 1;
    this.#counts = capacity < 0x10000
      ? new Uint16Array(2 * places)
      : new Int32Array(2 * places);
    this.#hash = new SipHash(key);
  }

  /** What an address holds of a share, at most. */
  address(remote: number, share: number): number {
    this.#locate(remote, share);
    return Math.min(this.#at(0), this.#at(1));
  }

  /** What its network (/24) holds. */
  network(remote: number, share: number): number {
    this.#locate(remote, share);
    return Math.min(this.#at(2), this.#at(3));
  }

  /** Adds to what an address holds, or takes off. */
  add(remote: number, share: number, change: number): void {
    this.#locate(remote, share);
    for (let i = 0; i < PLACES; i++) {
      const place = this.#places[i]!;
      this.#counts[place] = this.#counts[place]! + change;
    }
  }

  #at(index: number): number {
    return this.#counts[this.#places[index]!]!;
  }

  /** Finds the places of an address and its network; the last ones are kept. */
  #locate(remote: number, share: number): void {
    if (remote === this.#remote && share === this.#share) return;
    this.#remote = remote;
    this.#share = share;
    this.#place(0, remote, 2 * share);
    this.#place(2, remote & NETWORK, 2 * share + 1);
  }

  #place(index: number, what: number, scope: number): void {
    this.#places[index] = this.#hash.hash2(what, scope) & this.#mask;
    this.#places[index + 1] = this.#mask + 1 + (this.#hash.high & this.#mask);
  }
}
