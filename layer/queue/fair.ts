/**
 * The flow queueing of [RFC 8290](https://www.rfc-editor.org/rfc/rfc8290)
 * (FQ-CoDel): deficit round robin in which flows that have just become active go
 * first, so that sparse flows never wait behind bulk.
 *
 * There is no CoDel part, since nothing is queued here that could grow old:
 * flows are asked for their data at the moment it can be sent.
 *
 * @module
 */

import { checkFlows, PolicyError, type QueuePolicy } from "./policy.ts";
import { FlowQueues } from "./flow_queues.ts";
import { Releases } from "./releases.ts";

const NEW = 0;
const OLD = 1;

/** Serves new flows, then old ones, a quantum of octets each. */
export class FairQueue implements QueuePolicy {
  readonly #queues: FlowQueues;
  readonly #releases: Releases;
  readonly #quantum: number;
  readonly #credits: Int32Array;
  // Flows that emptied while they were new must pass through the old list
  // before they count as new again, or one could starve the others.
  readonly #waning: Uint8Array;

  /** A quantum of so many octets for all. @throws {PolicyError} */
  constructor(flows: number, quantum: number = 1514) {
    if (!Number.isInteger(quantum) || quantum < 1) {
      throw new PolicyError(
        `Cannot serve ${quantum} octets a turn: need one or more`,
      );
    }
    this.#queues = new FlowQueues(checkFlows(flows), 2);
    this.#releases = new Releases(flows);
    this.#quantum = quantum;
    this.#credits = new Int32Array(flows);
    this.#waning = new Uint8Array(flows);
  }

  /** Puts deferred flows whose time has come at the end of the old ones. */
  advance(now: number): void {
    this.#releases.advance(now);
    for (;;) {
      const flow = this.#releases.take();
      if (flow < 0) return;
      this.#queues.push(OLD, flow);
    }
  }

  /** Puts the flow at the end of the new flows, or of the old if deferred. */
  activate(flow: number): void {
    this.#waning[flow] = 0;
    if (this.#queues.of(flow) >= 0) return;
    if (this.#releases.holds(flow)) {
      this.#releases.drop(flow);
      return this.#queues.push(OLD, flow);
    }
    this.#credits[flow] = this.#quantum;
    this.#queues.push(NEW, flow);
  }

  /** The flow whose turn it is, or -1. */
  next(): number {
    for (;;) {
      const fresh = this.#queues.first(NEW);
      const flow = fresh >= 0 ? fresh : this.#queues.first(OLD);
      if (flow < 0) return -1;
      if (this.#waning[flow] === 1) {
        this.#queues.remove(flow);
        this.#waning[flow] = 0;
        if (fresh >= 0 && this.#queues.first(OLD) >= 0) {
          this.#waning[flow] = 1;
          this.#queues.push(OLD, flow);
        }
        continue;
      }
      if (this.#credits[flow]! > 0) return flow;
      this.#credits[flow] = this.#credits[flow]! + this.#quantum;
      this.#queues.remove(flow);
      this.#queues.push(OLD, flow);
    }
  }

  /** Takes octets off the flow's credits. */
  charge(flow: number, octets: number): void {
    this.#credits[flow] = this.#credits[flow]! - octets;
  }

  /** Lets the flow fade from the lists. */
  deactivate(flow: number): void {
    this.#releases.drop(flow);
    if (this.#queues.of(flow) >= 0) this.#waning[flow] = 1;
  }

  /** Takes the flow out for a time; it returns as an old one. */
  defer(flow: number, wait: number): void {
    this.#waning[flow] = 0;
    this.#queues.remove(flow);
    this.#releases.hold(flow, wait);
  }

  /** At once if any flow is active, or when the first deferred one will be. */
  nextRelease(): number {
    return this.next() < 0 ? this.#releases.next() : 0;
  }
}
