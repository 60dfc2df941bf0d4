/**
 * Pacing by a token bucket: what another policy orders goes out no faster than a
 * rate, with bursts of a size.
 *
 * @module
 */

import { PolicyError, type QueuePolicy } from "./policy.ts";

/** Holds back another policy's flows once the bucket is empty. */
export class TokenBucket implements QueuePolicy {
  readonly #inner: QueuePolicy;
  readonly #burst: number;
  readonly #perMicrosecond: number;
  /** As the policy within, if that can. */
  readonly defer: ((flow: number, wait: number) => void) | undefined;
  #tokens = 0.5;
  #now = 0.5;

  /**
   * `rate` in octets a second, `burst` in octets. The bucket begins full. A
   * packet goes when there is any token, and may leave a debt.
   *
   * @throws {PolicyError} if either is not positive.
   */
  constructor(inner: QueuePolicy, rate: number, burst: number) {
    if (!(rate > 0) || !(burst > 0)) {
      throw new PolicyError(
        `Cannot pace at ${rate} octets a second with bursts of ${burst}: need both positive`,
      );
    }
    this.#inner = inner;
    this.defer = inner.defer === undefined
      ? undefined
      : (flow, wait) => inner.defer!(flow, wait);
    this.#burst = burst;
    this.#perMicrosecond = rate / 1e6;
    this.#tokens = burst;
    this.#now = -Infinity;
  }

  /** Fills the bucket for the time that has passed. */
  advance(now: number): void {
    this.#inner.advance(now);
    const passed = now - this.#now;
    if (!(passed > 0)) return;
    this.#now = now;
    this.#tokens = Math.min(
      this.#burst,
      this.#tokens + passed * this.#perMicrosecond,
    );
  }

  /** As the policy within. */
  activate(flow: number): void {
    this.#inner.activate(flow);
  }

  /** The flow that the policy within names, unless the bucket is empty. */
  next(): number {
    return this.#tokens > 0 ? this.#inner.next() : -1;
  }

  /** Takes the octets out of the bucket. */
  charge(flow: number, octets: number): void {
    this.#tokens -= octets;
    this.#inner.charge(flow, octets);
  }

  /** As the policy within. */
  deactivate(flow: number): void {
    this.#inner.deactivate(flow);
  }

  /** When the first token will be there, if a flow waits for it. */
  nextRelease(): number {
    const inner = this.#inner.nextRelease();
    if (inner === Infinity || this.#tokens > 0) return inner;
    // Past the debt by a trifle, so that a token is there when it is asked.
    const wait = Math.ceil((1 - this.#tokens) / this.#perMicrosecond);
    return Math.max(inner, this.#now + wait);
  }
}
