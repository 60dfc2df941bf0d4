/**
 * When flows that are paced may go on: a heap over small integers, shared by all
 * policies.
 *
 * @module
 */

const NONE = -1;
/** Half of what int32 µs can tell apart. */
const HALF = 2 ** 30;

/**
 * Flows that are held until a time. Holding and letting go cost the logarithm of
 * the number that is held; flows that are not held cost nothing.
 */
export class Releases {
  // Times are int32 µs that wrap, as a flow is held for a short time only.
  readonly #at: Int32Array;
  readonly #heap: Int32Array;
  readonly #place: Int32Array;
  #held = 0;
  #now = 0.5;

  /** No flow of `0` to `flows - 1` is held. */
  constructor(flows: number) {
    this.#at = new Int32Array(flows);
    this.#heap = new Int32Array(flows);
    this.#place = new Int32Array(flows).fill(NONE);
    this.#now = 0;
  }

  /** Moves the clock, µs. */
  advance(now: number): void {
    if (now - this.#now > HALF) this.#rush(now);
    this.#now = now;
  }

  /** Time went on by so much that what was to come would look like the past. */
  #rush(now: number): void {
    for (let i = 0; i < this.#held; i++) this.#at[this.#heap[i]!] = now | 0;
  }

  /** Whether a flow is held. */
  holds(flow: number): boolean {
    return this.#place[flow] !== NONE;
  }

  /** Holds a flow for so many µs from now on, up to 2^30. */
  hold(flow: number, wait: number): void {
    this.#at[flow] = (this.#now | 0) + wait;
    let place = this.#place[flow]!;
    if (place === NONE) {
      place = this.#held++;
      this.#set(place, flow);
    }
    this.#sift(place);
  }

  /** Lets a flow go, whatever the time. */
  drop(flow: number): void {
    const place = this.#place[flow]!;
    if (place === NONE) return;
    this.#place[flow] = NONE;
    this.#held--;
    if (place === this.#held) return;
    this.#set(place, this.#heap[this.#held]!);
    this.#sift(place);
  }

  /** Lets the flow go whose time came first, or returns -1 if none has come. */
  take(): number {
    if (this.#held === 0) return NONE;
    const flow = this.#heap[0]!;
    if (((this.#at[flow]! - (this.#now | 0)) | 0) > 0) return NONE;
    this.drop(flow);
    return flow;
  }

  /** When the next flow may go, µs; `Infinity` if none is held. */
  next(): number {
    if (this.#held === 0) return Infinity;
    const now = this.#now;
    return now + ((this.#at[this.#heap[0]!]! - (now | 0)) | 0);
  }

  #set(place: number, flow: number): void {
    this.#heap[place] = flow;
    this.#place[flow] = place;
  }

  #sooner(a: number, b: number): boolean {
    return ((this.#at[a]! - this.#at[b]!) | 0) < 0;
  }

  /** Moves what stands at a place to where it belongs. */
  #sift(place: number): void {
    const flow = this.#heap[place]!;
    while (place > 0) {
      const above = (place - 1) >> 1;
      const other = this.#heap[above]!;
      if (!this.#sooner(flow, other)) break;
      this.#set(place, other);
      place = above;
    }
    for (;;) {
      let below = 2 * place + 1;
      if (below >= this.#held) break;
      if (
        below + 1 < this.#held &&
        this.#sooner(this.#heap[below + 1]!, this.#heap[below]!)
      ) below++;
      const other = this.#heap[below]!;
      if (!this.#sooner(other, flow)) break;
      this.#set(place, other);
      place = below;
    }
    this.#set(place, flow);
  }
}
