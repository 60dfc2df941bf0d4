/**
 * Queues of flows over shared links: each flow is in one queue at most.
 *
 * @module
 */

const NONE = -1;

/** A number of first-in-first-out queues of small integers, O(1) throughout. */
export class FlowQueues {
  readonly #after: Int32Array;
  readonly #before: Int32Array;
  readonly #queue: Int32Array;
  readonly #head: Int32Array;
  readonly #tail: Int32Array;

  /** `queues` empty queues for flows `0` to `flows - 1`. */
  constructor(flows: number, queues: number) {
    this.#after = new Int32Array(flows);
    this.#before = new Int32Array(flows);
    this.#queue = new Int32Array(flows).fill(NONE);
    this.#head = new Int32Array(queues).fill(NONE);
    this.#tail = new Int32Array(queues).fill(NONE);
  }

  /** The queue a flow is in, or -1. */
  of(flow: number): number {
    return this.#queue[flow]!;
  }

  /** The first flow of a queue, or -1. */
  first(queue: number): number {
    return this.#head[queue]!;
  }

  /** Puts a flow that is in no queue at the end of one. */
  push(queue: number, flow: number): void {
    const last = this.#tail[queue]!;
    this.#queue[flow] = queue;
    this.#before[flow] = last;
    this.#after[flow] = NONE;
    if (last === NONE) this.#head[queue] = flow;
    else this.#after[last] = flow;
    this.#tail[queue] = flow;
  }

  /** Takes a flow out of the queue it is in, if any. */
  remove(flow: number): void {
    const queue = this.#queue[flow]!;
    if (queue === NONE) return;
    const before = this.#before[flow]!;
    const after = this.#after[flow]!;
    if (before === NONE) this.#head[queue] = after;
    else this.#after[before] = after;
    if (after === NONE) this.#tail[queue] = before;
    else this.#before[after] = before;
    this.#queue[flow] = NONE;
  }
}
