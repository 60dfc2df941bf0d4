/**
 * Strict priority: a flow is served only while no flow of a more urgent class is
 * active. Within a class flows take turns.
 *
 * @module
 */

import { checkFlows, PolicyError, type QueuePolicy } from "./policy.ts";
import { FlowQueues } from "./flow_queues.ts";
import { Releases } from "./releases.ts";

/** Serves the most urgent class; 0 is the most urgent. */
export class Priority implements QueuePolicy {
  readonly #queues: FlowQueues;
  readonly #releases: Releases;
  readonly #classes: number;
  readonly #classOf: Uint8Array;

  /**
   * Up to 256 classes; every flow begins in the last.
   *
   * @throws {PolicyError} for fewer flows or classes than one.
   */
  constructor(flows: number, classes: number) {
    if (!Number.isInteger(classes) || classes < 1 || classes > 256) {
      throw new PolicyError(`Cannot order ${classes} classes: need 1 to 256`);
    }
    this.#queues = new FlowQueues(checkFlows(flows), classes);
    this.#releases = new Releases(flows);
    this.#classes = classes;
    this.#classOf = new Uint8Array(flows).fill(classes - 1);
  }

  /** Moves a flow to a class. @throws {PolicyError} if there is none such. */
  assign(flow: number, urgency: number): void {
    if (!(urgency >= 0 && urgency < this.#classes)) {
      throw new PolicyError(
        `Cannot assign class ${urgency}: have ${this.#classes}`,
      );
    }
    this.#classOf[flow] = urgency;
    if (this.#queues.of(flow) < 0) return;
    this.#queues.remove(flow);
    this.#queues.push(urgency, flow);
  }

  /** Puts deferred flows whose time has come at the end of their classes. */
  advance(now: number): void {
    this.#releases.advance(now);
    for (;;) {
      const flow = this.#releases.take();
      if (flow < 0) return;
      this.#queues.push(this.#classOf[flow]!, flow);
    }
  }

  /** Puts the flow at the end of its class. */
  activate(flow: number): void {
    if (this.#queues.of(flow) >= 0) return;
    this.#releases.drop(flow);
    this.#queues.push(this.#classOf[flow]!, flow);
  }

  /** The flow that waits longest in the most urgent class, or -1. */
  next(): number {
    for (let i = 0; i < this.#classes; i++) {
      const flow = this.#queues.first(i);
      if (flow >= 0) return flow;
    }
    return -1;
  }

  /** Moves the flow to the end of its class. */
  charge(flow: number, _octets: number): void {
    const queue = this.#queues.of(flow);
    if (queue < 0) return;
    this.#queues.remove(flow);
    this.#queues.push(queue, flow);
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
    return this.next() < 0 ? this.#releases.next() : 0;
  }
}
