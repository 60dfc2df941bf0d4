/**
 * A token bucket for answers to strangers.
 *
 * @module
 */

import type { Clock } from "@ethox/nic/device";

/** Lets `burst` events through at once and `rate` a second in the long run. */
export class Limiter {
  readonly #burst: number;
  readonly #perMicrosecond: number;
  #tokens = 0.5;
  #filledAt = 0.5;

  /** A full bucket. */
  constructor(rate: number, burst: number) {
    this.#burst = burst;
    this.#perMicrosecond = rate / 1e6;
    this.#tokens = burst;
    this.#filledAt = -Infinity;
  }

  /** Takes a token, or as many as `cost` says, if there is one. */
  allow(clock: Clock, cost: number = 1): boolean {
    const passed = clock.now - this.#filledAt;
    if (passed > 0) {
      this.#filledAt = clock.now;
      this.#tokens = Math.min(
        this.#burst,
        this.#tokens + passed * this.#perMicrosecond,
      );
    }
    if (this.#tokens < 1) return false;
    this.#tokens -= cost;
    return true;
  }
}
