/**
 * A hierarchical timer wheel (Varghese and Lauck 1987) with intrusive links:
 * scheduling and cancelling cost the same however many timers there are.
 *
 * @module
 */

/** How a {@linkcode TimerWheel} is made. */
export interface TimerWheelOptions {
  /** Number of timers; their ids are `0` to `capacity - 1`. */
  readonly capacity: number;
  /** Length of a tick, µs; timers fire up to one tick late. */
  readonly resolution: number;
}

/** The numbers of a wheel make no sense. */
export class TimerWheelError extends RangeError {
  /** The name `"TimerWheelError"`. */
  override readonly name = "TimerWheelError";
}

const NONE = -1;
const IDLE = -2;
const BITS = 6;
const SPOKES = 1 << BITS;
/** Five levels of 64 span 2^30 ticks; what lies beyond waits in the last. */
const LEVELS = 5;
const SPAN = 2 ** (BITS * LEVELS) - 1;
/** Holds the timers that have expired and were not handed out yet. */
const DUE = LEVELS * SPOKES;

/**
 * Timers with ids, on a clock that the caller moves.
 *
 * No timer fires before its deadline. The clock may jump by any length: the work
 * is bounded by the number of timers and spokes, not by the length.
 */
export class TimerWheel {
  /** Number of timers. */
  readonly capacity: number;
  /** Length of a tick, µs. */
  readonly resolution: number;
  readonly #deadline: Float64Array;
  readonly #after: Int32Array;
  readonly #before: Int32Array;
  readonly #spoke: Int16Array;
  readonly #heads: Int32Array;
  // How many timers each level holds.
  readonly #held: Int32Array = new Int32Array(LEVELS + 1);
  // The tick that has been worked off.
  readonly #tick: Float64Array = new Float64Array(1);
  // Times pass through these: what a call takes or returns is an object unless
  // it is a small integer, or the call so short that it becomes a part of its
  // caller.
  private earliest = 0.5;
  private now = 0.5;

  /** No timer is scheduled. @throws {TimerWheelError} */
  constructor(options: TimerWheelOptions) {
    const { capacity, resolution } = options;
    if (!Number.isInteger(capacity) || capacity < 1) {
      throw new TimerWheelError(
        `Cannot hold ${capacity} timers: need one or more`,
      );
    }
    if (!(resolution > 0)) {
      throw new TimerWheelError(
        `Cannot tick each ${resolution} µs: need more than 0`,
      );
    }
    this.capacity = capacity;
    this.resolution = resolution;
    this.#deadline = new Float64Array(capacity);
    this.#after = new Int32Array(capacity);
    this.#before = new Int32Array(capacity);
    this.#spoke = new Int16Array(capacity).fill(IDLE);
    this.#heads = new Int32Array(DUE + 1).fill(NONE);
  }

  /** Whether a timer is scheduled, or expired and not handed out yet. */
  pending(id: number): boolean {
    return this.#spoke[id] !== IDLE;
  }

  /** When a timer is due, µs; `Infinity` if it is not scheduled. */
  deadline(id: number): number {
    return this.pending(id) ? this.#deadline[id]! : Infinity;
  }

  /** Sets a timer to a deadline, µs; `Infinity` cancels it. */
  schedule(id: number, deadline: number): void {
    this.#deadline[id] = deadline;
    this.place(id);
  }

  /** Moves a timer to where its deadline belongs. */
  private place(id: number): void {
    this.cancel(id);
    if (this.#deadline[id] !== Infinity) this.#insert(id);
  }

  /** Takes a timer out. */
  cancel(id: number): void {
    const spoke = this.#spoke[id]!;
    if (spoke === IDLE) return;
    const before = this.#before[id]!;
    const after = this.#after[id]!;
    if (before === NONE) this.#heads[spoke] = after;
    else this.#after[before] = after;
    if (after !== NONE) this.#before[after] = before;
    this.#spoke[id] = IDLE;
    this.#held[spoke >> BITS]!--;
  }

  /** Moves the clock to `now`, µs; it does not go back. */
  advance(now: number): void {
    this.now = now;
    this.turn();
  }

  /**
   * The same for the first number of an array: a double that a call takes may
   * become an object.
   */
  follow(time: Float64Array): void {
    this.now = time[0]!;
    this.turn();
  }

  /** Moves to the time that was noted. */
  private turn(): void {
    const tick = Math.floor(this.now / this.resolution);
    const from = this.#tick[0]!;
    if (tick <= from) return;
    this.#tick[0] = tick;
    let width = 1;
    for (let level = 0; level < LEVELS; level++) {
      const first = Math.floor(from / width);
      const last = Math.floor(tick / width);
      if (this.#held[level]! > 0) {
        // Each spoke is passed once at most, however far the clock went.
        const spokes = Math.min(last - first, SPOKES);
        for (let i = 1; i <= spokes; i++) {
          this.#sort(level * SPOKES + ((first + i) % SPOKES));
        }
      }
      if (first === last) break;
      width *= SPOKES;
    }
  }

  /** The next expired timer, or -1; it is not scheduled any more. */
  expired(): number {
    const id = this.#heads[DUE]!;
    if (id !== NONE) this.cancel(id);
    return id;
  }

  /**
   * When to call {@linkcode TimerWheel.advance} next, µs: not after the earliest
   * timer fires, but maybe before; `Infinity` if nothing is scheduled.
   */
  next(): number {
    this.seek();
    return this.earliest;
  }

  /** Notes when the earliest timer is due. */
  private seek(): void {
    const tick = this.#tick[0]!;
    if (this.#held[LEVELS]! > 0) {
      this.earliest = tick * this.resolution;
      return;
    }
    let earliest = Infinity;
    let width = 1;
    for (let level = 0; level < LEVELS; level++) {
      if (this.#held[level]! > 0) {
        const turn = Math.floor(tick / width);
        for (let i = 1; i <= SPOKES; i++) {
          const spoke = level * SPOKES + ((turn + i) % SPOKES);
          if (this.#heads[spoke] === NONE) continue;
          earliest = Math.min(earliest, (turn + i) * width);
          break;
        }
      }
      width *= SPOKES;
    }
    this.earliest = earliest * this.resolution;
  }

  /** Puts the timers of a spoke where they belong now. */
  #sort(spoke: number): void {
    let id = this.#heads[spoke]!;
    this.#heads[spoke] = NONE;
    while (id !== NONE) {
      const after = this.#after[id]!;
      this.#held[spoke >> BITS]!--;
      this.#insert(id);
      id = after;
    }
  }

  #insert(id: number): void {
    // Rounded up, so that nothing fires early.
    const due = Math.ceil(this.#deadline[id]! / this.resolution);
    const tick = this.#tick[0]!;
    const wait = due - tick;
    let spoke = DUE;
    if (wait > 0) {
      const clipped = wait > SPAN ? tick + SPAN : due;
      let level = 0;
      let width = 1;
      while (
        level < LEVELS - 1 &&
        Math.floor(clipped / width) - Math.floor(tick / width) >= SPOKES
      ) {
        level++;
        width *= SPOKES;
      }
      spoke = level * SPOKES + (Math.floor(clipped / width) % SPOKES);
    }
    const head = this.#heads[spoke]!;
    this.#spoke[id] = spoke;
    this.#before[id] = NONE;
    this.#after[id] = head;
    if (head !== NONE) this.#before[head] = id;
    this.#heads[spoke] = id;
    this.#held[spoke >> BITS]!++;
  }
}
