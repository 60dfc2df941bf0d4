/**
 * What is known of the MTUs of paths, by destination: Path MTU Discovery of
 * [RFC 1191](https://www.rfc-editor.org/rfc/rfc1191).
 *
 * @module
 */

import type { Clock } from "@ethox/nic/device";

/** MTUs that are in use, from the largest on (RFC 1191 section 7.1). */
const PLATEAUS = [
  65_535,
  32_000,
  17_914,
  8166,
  4352,
  2002,
  1492,
  1006,
  508,
  296,
  68,
] as const;

/** The next usual MTU below a length that was too much, octets. */
export function plateauBelow(length: number): number {
  for (let i = 0; i < PLATEAUS.length; i++) {
    if (PLATEAUS[i]! < length) return PLATEAUS[i]!;
  }
  return PLATEAUS[PLATEAUS.length - 1]!;
}

/**
 * The MTU that an ICMP error speaks of: the one it names, or a guess by the
 * length of the datagram that was too large, where the router knows nothing of
 * RFC 1191. `current` is what the path was thought to carry: some routers quote
 * a length that counts the header twice (section 5).
 */
export function claimedMtu(
  named: number,
  quotedLength: number,
  current: number,
): number {
  return named !== 0 ? named : plateauBelow(Math.min(quotedLength, current));
}

/**
 * The least MTUs seen, for a while each. When the table is full the oldest makes
 * room, so that no more is lost than what would be found out again.
 */
export class PathMtus {
  /** Most destinations. */
  readonly capacity: number;
  readonly #destinations: Int32Array;
  readonly #mtus: Int32Array;
  readonly #until: Float64Array;
  #size = 0;

  /** An empty table. */
  constructor(capacity: number) {
    this.capacity = capacity;
    this.#destinations = new Int32Array(capacity);
    this.#mtus = new Int32Array(capacity);
    this.#until = new Float64Array(capacity);
  }

  /** Destinations in the table; some may be out of date. */
  get size(): number {
    return this.#size;
  }

  /** What the path to an address carries, octets; 0 if nothing is known. */
  find(destination: number, clock: Clock): number {
    const row = this.#rowOf(destination);
    return row >= 0 && clock.now < this.#until[row]! ? this.#mtus[row]! : 0;
  }

  /** Enters what the path to an address carries, for `ttl` µs from now on. */
  learn(destination: number, mtu: number, clock: Clock, ttl: number): void {
    if (this.capacity === 0) return;
    let row = this.#rowOf(destination);
    if (row < 0) {
      row = this.#size < this.capacity ? this.#size++ : this.#oldest();
    }
    this.#destinations[row] = destination;
    this.#mtus[row] = mtu;
    this.#until[row] = clock.now + ttl;
  }

  #rowOf(destination: number): number {
    for (let i = 0; i < this.#size; i++) {
      if (this.#destinations[i] === destination) return i;
    }
    return -1;
  }

  #oldest(): number {
    let oldest = 0;
    for (let i = 1; i < this.#size; i++) {
      if (this.#until[i]! < this.#until[oldest]!) oldest = i;
    }
    return oldest;
  }
}
