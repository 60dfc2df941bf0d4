/**
 * Deficit round robin (Shreedhar and Varghese 1995): flows get octets in
 * proportion to their weights, whatever the sizes of their packets.
 *
 * @module
 */

import { checkFlows, PolicyError, type QueuePolicy } from "./policy.ts";
import { FlowQueues } from "./flow_queues.ts";
import { Releases } from "./releases.ts";

/** Serves each active flow a quantum of octets in turn. */
export class DeficitRoundRobin implements QueuePolicy {
  readonly #queues: FlowQueues;
  readonly #releases: Releases;
  readonly #quantum: Int32Array;
  readonly #deficit: Int32Array;

  /**
   * Every flow begins with a quantum of so many octets.
   *
   * @throws {PolicyError} if the quantum is not positive.
   */
  constructor(flows: number, quantum: number = 1514) {
    this.#queues = new FlowQueues(checkFlows(flows), 1);
    this.#releases = new Releases(flows);
    this.#quantum = new Int32Array(flows).fill(positive(quantum));
    this.#deficit = new Int32Array(flows);
  }

  /** Gives a flow another quantum, octets. @throws {PolicyError} */
  weigh(flow: number, quantum: number): void {
    this.#quantum[flow] = positive(quantum);
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

  /** Puts the flow at the end with a fresh quantum. */
  activate(flow: number): void {
    if (this.#queues.of(flow) >= 0) return;
    // Who was deferred has used a part of its quantum.
    if (this.#releases.holds(flow)) this.#releases.drop(flow);
    else this.#deficit[flow] = this.#quantum[flow]!;
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
    this.#releases.drop(flow);
  }

  /** Takes the flow out for a time; what is left of its quantum stays. */
  defer(flow: number, wait: number): void {
    this.#queues.remove(flow);
    this.#releases.hold(flow, wait);
  }

  /** At once if any flow is active, or when the first deferred one will be. */
  nextRelease(): number {
    return this.#queues.first(0) < 0 ? this.#releases.next() : 0;
  }
}

function positive(quantum: number): number {
  if (Number.isInteger(quantum) && quantum > 0) return quantum;
  throw new PolicyError(
    `Cannot serve ${quantum} octets a turn: need one or more`,
  );
}
