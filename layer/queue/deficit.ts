/**
 * Deficit round robin (Shreedhar and Varghese 1995): flows get octets in
 * proportion to their weights, whatever the sizes of their packets.
 *
 * @module
 */

import { checkFlows, PolicyError, type QueuePolicy } from "./policy.ts";
import { FlowQueues } from "./flow_queues.ts";

/** Serves each active flow a quantum of octets in turn. */
export class DeficitRoundRobin implements QueuePolicy {
  readonly #queues: FlowQueues;
  readonly #quantum: Int32Array;
  readonly #deficit: Int32Array;

  /**
   * Every flow begins with a quantum of so many octets.
   *
   * @throws {PolicyError} if the quantum is not positive.
   */
  constructor(flows: number, quantum: number = 1514) {
    this.#queues = new FlowQueues(checkFlows(flows), 1);
    this.#quantum = new Int32Array(flows).fill(positive(quantum));
    this.#deficit = new Int32Array(flows);
  }

  /** Gives a flow another quantum, octets. @throws {PolicyError} */
  weigh(flow: number, quantum: number): void {
    this.#quantum[flow] = positive(quantum);
  }

  /** No effect: the order does not depend on time. */
  advance(_now: number): void {}

  /** Puts the flow at the end with a fresh quantum. */
  activate(flow: number): void {
    if (this.#queues.of(flow) >= 0) return;
    this.#deficit[flow] = this.#quantum[flow]!;
    this.#queues.push(0, flow);
  }

  /** The first flow whose quantum is not used up, or -1. */
  next(): number {
    for (;;) {
      const flow = this.#queues.first(0);
      if (flow < 0 || this.#deficit[flow]! > 0) return flow;
      this.#deficit[flow] = this.#deficit[flow]! + this.#quantum[flow]!;
      this.#queues.remove(flow);
      this.#queues.push(0, flow);
    }
  }

  /** Takes octets off the flow's quantum. */
  charge(flow: number, octets: number): void {
    this.#deficit[flow] = this.#deficit[flow]! - octets;
  }

  /** Takes the flow out. */
  deactivate(flow: number): void {
    this.#queues.remove(flow);
  }

  /** At once if any flow is active. */
  nextRelease(): number {
    return this.#queues.first(0) < 0 ? Infinity : 0;
  }
}

function positive(quantum: number): number {
  if (Number.isInteger(quantum) && quantum > 0) return quantum;
  throw new PolicyError(
    `Cannot serve ${quantum} octets a turn: need one or more`,
  );
}
