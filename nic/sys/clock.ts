/**
 * The kernel's monotonic clock (`clock_gettime(2)`).
 *
 * @module
 */

import { type Libc, libc } from "./ffi.ts";

const CLOCK_MONOTONIC = 1;
const SECONDS = 0;
const NANOSECONDS = 2;

/**
 * Monotonic time in µs, since the machine started.
 *
 * {@linkcode MonotonicClock.tick} reads it; in between, `now` stands still, so
 * that one reading serves a burst.
 */
export class MonotonicClock {
  /** µs at the last tick. */
  // A double from the start: a field that was ever undefined is boxed anew at
  // each store.
  now: number = -0.5;
  readonly #calls: Libc;
  readonly #buffer = new ArrayBuffer(16);
  // struct timespec: two int64, of which the low words suffice until 2106.
  readonly #words = new Uint32Array(this.#buffer);

  /** A clock that shows the present. */
  constructor(calls: Libc = libc()) {
    this.#calls = calls;
    this.tick();
  }

  /** Moves `now` to the present. Nothing is allocated. */
  tick(): void {
    this.#calls.clockGettime(CLOCK_MONOTONIC, this.#buffer);
    this.now = this.#words[SECONDS]! * 1e6 +
      (this.#words[NANOSECONDS]! / 1000 | 0);
  }
}
