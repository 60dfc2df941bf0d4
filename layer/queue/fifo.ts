/**
 * First come, first served: one packet each, in the order in which the flows
 * became active.
 *
 * @module
 */

import { checkFlows, type QueuePolicy } from "./policy.ts";
import { FlowQueues } from "./flow_queues.ts";
import { Releases } from "./releases.ts";

/** Serves active flows in turn, a packet at a time. */
export class Fifo implements QueuePolicy {
  readonly #queues: FlowQueues;
  readonly #releases: Releases;

  /** An order of flows `0` to `flows - 1`. @throws {PolicyError} */
  constructor(flows: number) {
    this.#queues = new FlowQueues(checkFlows(flows), 1);
    this.#releases = new Releases(flows);
  }

  /** Puts deferred flows whose time has come at the end. */
  advance(now: number): void {
    this.#releases.advance(now);
    for (;;) {
      const flow = this.#releases.take();
      if (flow < 0) return;
      this.#queues.push(0, flow);
    }
  }

  /** Puts the flow at the end, if it is not waiting already. */
  activate(flow: number): void {
    if (this.#queues.of(flow) >= 0) return;
    this.#releases.drop(flow);
    this.#queues.push(0, flow);
  }

  /** The flow that waits longest, or -1. */
  next(): number {
    return this.#queues.first(0);
  }

  /** Moves the flow to the end. */
  charge(flow: number, _octets: number): void {
    if (this.#queues.of(flow) < 0) return;
    this.#queues.remove(flow);
    this.#queues.push(0, flow);
  }

  /** Takes the flow out. */
  deactivate(flow: number): void {
    this.#queues.remove(flow);
    this.#releases.drop(flow);
  }

  /** Takes the flow out for a time. */
  defer(flow: number, wait: number): void {
    this.#queues.remove(flow);
    this.#releases.hold(flow, wait);
  }

  /** At once if any flow is active, or when the first deferred one will be. */
  nextRelease(): number {
    return this.#queues.first(0) < 0 ? this.#releases.next() : 0;
  }
}
