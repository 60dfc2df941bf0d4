/**
 * Which octets beyond the next one expected have arrived.
 *
 * @module
 */

/** Words that one range takes of the array an {@linkcode Assembler} is given. */
export const WORDS_PER_RANGE = 3;

/** Result of adding a range that nothing could remember. */
export const FULL: number = -1;

/** The largest position; what lies beyond is cut off. */
export const MAX_POSITION = 0x7fffffff;

const HOLE = 0;
const DATA = 1;
const STAMP = 2;

/**
 * What becomes of a new range that touches no other, when all are in use.
 *
 * - `"refuse"`: it is not remembered ({@linkcode FULL}).
 * - `"drop-furthest"`: if it lies before the last range, that one is forgotten
 *   in its favour. So ranges far ahead, sent to fill the table, cannot hold up
 *   nearer ones (threat A70). A receiver may forget what it reported by SACK
 *   (RFC 2018 section 8).
 */
export type WhenFull = "refuse" | "drop-furthest";

/** The array given to an {@linkcode Assembler} has no whole number of ranges. */
export class AssemblerError extends RangeError {
  /** The name `"AssemblerError"`. */
  override readonly name = "AssemblerError";
}

/**
 * Ranges of a stream, as runs that are hole and data in turn.
 *
 * Positions count from the front, the next octet expected. What becomes
 * contiguous at the front is released: it is counted, forgotten, and all
 * positions fall by as much.
 *
 * Data runs are never empty, and neither are holes but the first: that one is
 * empty only while {@linkcode Assembler.boundedAdd} held octets back.
 *
 * Every call takes at most one pass over the ranges, so it costs O(n) in the
 * capacity whatever a peer sends; at and behind the last range it costs O(1).
 *
 * ```ts
 * import { Assembler } from "@ethox/storage/assembler";
 * import { assertEquals } from "@std/assert";
 *
 * const assembler = Assembler.allocate(4);
 * assertEquals(assembler.add(3, 2), 0);
 * assertEquals([...assembler], [[3, 5]]);
 * assertEquals(assembler.add(0, 3), 5);
 * assertEquals(assembler.isEmpty, true);
 * ```
 */
export class Assembler implements Iterable<[number, number]> {
  /** Ranges that can be remembered. */
  readonly capacity: number;
  /** What becomes of a range too many. */
  readonly whenFull: WhenFull;
  /** How often a new range was refused. */
  refused = 0;
  /** How often a range was forgotten in favour of a nearer one. */
  dropped = 0;
  readonly #runs: Int32Array;
  #count = 0;
  /** Behind the last range; 0 without one. */
  #end = 0;
  #clock = 0;

  /**
   * Empty, over `runs`: {@linkcode WORDS_PER_RANGE} words for each range.
   *
   * No words at all are legal: then only what comes in order is accepted.
   *
   * @throws {AssemblerError} if the words are no whole number of ranges
   */
  constructor(runs: Int32Array, whenFull: WhenFull = "refuse") {
    if (runs.length % WORDS_PER_RANGE !== 0) {
      throw new AssemblerError(
        `Cannot keep ranges in ${runs.length} words: need a multiple of ${WORDS_PER_RANGE}`,
      );
    }
    this.#runs = runs;
    this.capacity = runs.length / WORDS_PER_RANGE;
    this.whenFull = whenFull;
  }

  /**
   * Empty, with memory of its own for `ranges`.
   *
   * @throws {AssemblerError} if `ranges` is negative or not whole
   */
  static allocate(ranges: number, whenFull: WhenFull = "refuse"): Assembler {
    if (!Number.isInteger(ranges) || ranges < 0) {
      throw new AssemblerError(
        `Cannot keep ${ranges} ranges: need a whole number, 0 or more`,
      );
    }
    return new Assembler(new Int32Array(ranges * WORDS_PER_RANGE), whenFull);
  }

  /** Number of ranges. */
  get count(): number {
    return this.#count;
  }

  /** Whether nothing is remembered. */
  get isEmpty(): boolean {
    return this.#count === 0;
  }

  /** Position behind the last range, 0 without one. */
  get end(): number {
    return this.#end;
  }

  /** Octets held back at the front: see {@linkcode Assembler.boundedAdd}. */
  get front(): number {
    return this.#count > 0 && this.#runs[HOLE] === 0 ? this.#runs[DATA]! : 0;
  }

  /** Forgets all ranges; the counters stay. */
  clear(): void {
    this.#count = 0;
    this.#end = 0;
  }

  /** Octets missing in front of range `index`, counted from the one before. */
  hole(index: number): number {
    return this.#runs[index * WORDS_PER_RANGE + HOLE]!;
  }

  /** Octets of range `index`. */
  data(index: number): number {
    return this.#runs[index * WORDS_PER_RANGE + DATA]!;
  }

  /** Position of the first octet of range `index`; adds up those before. */
  rangeStart(index: number): number {
    return this.rangeEnd(index) - this.data(index);
  }

  /** Position behind range `index`; adds up those before. */
  rangeEnd(index: number): number {
    const runs = this.#runs;
    let end = 0;
    for (let i = 0; i <= index; i++) {
      end += runs[i * WORDS_PER_RANGE]! + runs[i * WORDS_PER_RANGE + DATA]!;
    }
    return end;
  }

  /**
   * Remembers `size` octets from `start`.
   *
   * Positions before the front and beyond {@linkcode MAX_POSITION} are cut off.
   *
   * @returns octets released at the front, 0 if there are none, or
   * {@linkcode FULL} with nothing changed; never the latter for `start` 0
   */
  add(start: number, size: number): number {
    return this.boundedAdd(start, size, MAX_POSITION);
  }

  /**
   * Like {@linkcode Assembler.add}, but releases at most `max` octets.
   *
   * The others stay as a range at the front, for a later call or
   * {@linkcode Assembler.reduceFront}. If no range is free for them, only the
   * octets returned were accepted, and {@linkcode FULL} is returned if `max`
   * is 0 then.
   */
  boundedAdd(start: number, size: number, max: number): number {
    if (start < 0) {
      size += start;
      start = 0;
    }
    if (size > MAX_POSITION - start) size = MAX_POSITION - start;
    if (size <= 0) return this.reduceFront(max);

    const runs = this.#runs;
    const count = this.#count;
    const end = start + size;
    // The first range that does not end before `start`: `low`..`high`, and the
    // end of the one before.
    let first = 0;
    let before = 0;
    let low = 0;
    let high = 0;
    const tail = (count - 1) * WORDS_PER_RANGE;
    if (start > this.#end) {
      first = count;
      before = this.#end;
    } else if (count > 0 && start >= this.#end - runs[tail + DATA]!) {
      first = count - 1;
      high = this.#end;
      low = high - runs[tail + DATA]!;
      before = low - runs[tail]!;
    } else {
      for (; first < count; first++) {
        const word = first * WORDS_PER_RANGE;
        low = before + runs[word]!;
        high = low + runs[word + DATA]!;
        if (high >= start) break;
        before = high;
      }
    }
    if (first === count || low > end) {
      return this.#insert(first, before, start, end, max);
    }

    let last = first;
    let word = (last + 1) * WORDS_PER_RANGE;
    while (last + 1 < count && high + runs[word]! <= end) {
      high += runs[word]! + runs[word + DATA]!;
      last++;
      word += WORDS_PER_RANGE;
    }
    if (end > high) {
      if (last + 1 < count) runs[word] = runs[word]! - (end - high);
      else this.#end = end;
      high = end;
    }
    if (start < low) low = start;
    this.#write(first, low - before, high - low);
    if (last > first) {
      runs.copyWithin(
        (first + 1) * WORDS_PER_RANGE,
        (last + 1) * WORDS_PER_RANGE,
        count * WORDS_PER_RANGE,
      );
      this.#count = count - (last - first);
    }
    return this.reduceFront(max);
  }

  /**
   * Releases up to `max` of the octets held back at the front.
   *
   * @returns how many
   */
  reduceFront(max: number = MAX_POSITION): number {
    const held = this.front;
    if (held === 0 || max <= 0) return 0;
    const runs = this.#runs;
    if (max < held) {
      runs[DATA] = held - max;
      this.#end -= max;
      return max;
    }
    if (this.#count > 1) {
      runs.copyWithin(0, WORDS_PER_RANGE, this.#count * WORDS_PER_RANGE);
    }
    this.#count--;
    this.#end -= held;
    return held;
  }

  /** Whether {@linkcode Assembler.add} would not answer {@linkcode FULL}. */
  accepts(start: number, size: number): boolean {
    if (
      this.#count < this.capacity || start <= 0 || size <= 0 || this.front > 0
    ) return true;
    const runs = this.#runs;
    let first = 0;
    let high = 0;
    for (; first < this.#count; first++) {
      const low = high + runs[first * WORDS_PER_RANGE]!;
      high = low + runs[first * WORDS_PER_RANGE + DATA]!;
      if (high < start) continue;
      if (low <= start + size) return true;
      break;
    }
    return this.whenFull === "drop-furthest" && first < this.#count;
  }

  /**
   * Writes start and end of the ranges to `into`, the one that grew last
   * first, as the blocks of SACK want it (RFC 2018 section 4).
   *
   * Takes one pass over the ranges for each that is written.
   *
   * @param max ranges to write at most
   * @returns how many were written, two words each
   */
  ranges(into: Int32Array, max: number = into.length >> 1): number {
    const runs = this.#runs;
    const count = this.#count < max ? this.#count : max;
    let age = -1;
    for (let n = 0; n < count; n++) {
      let best = MAX_POSITION;
      let end = 0;
      for (let i = 0; i < this.#count; i++) {
        const word = i * WORDS_PER_RANGE;
        end += runs[word]! + runs[word + DATA]!;
        // Stamps differ, and are compared by how far they lie back, so the
        // clock may wrap.
        const back = (this.#clock - runs[word + STAMP]!) & MAX_POSITION;
        if (back <= age || back >= best) continue;
        best = back;
        into[n * 2] = end - runs[word + DATA]!;
        into[n * 2 + 1] = end;
      }
      if (best === MAX_POSITION) return n;
      age = best;
    }
    return count;
  }

  /** Start and end of each range in order, for tests and printing. */
  *[Symbol.iterator](): Generator<[number, number], void, undefined> {
    let end = 0;
    for (let i = 0; i < this.#count; i++) {
      const start = end + this.hole(i);
      end = start + this.data(i);
      yield [start, end];
    }
  }

  /** A range that touches none, in front of range `index`. */
  #insert(
    index: number,
    before: number,
    start: number,
    end: number,
    max: number,
  ): number {
    const runs = this.#runs;
    // What is released at once takes no range. It shortens the first hole
    // nevertheless, or all that follows would be off by as much.
    if (start === 0 && max >= end) return this.#skip(end);
    if (this.#count === this.capacity) {
      const held = this.front;
      if (held > 0 && held <= max) {
        // This call releases the front, so that its range is free.
        this.reduceFront(held);
        this.#insert(index - 1, before - held, start - held, end - held, 0);
        return held;
      }
      if (this.whenFull === "drop-furthest" && index < this.#count) {
        this.#count--;
        const word = this.#count * WORDS_PER_RANGE;
        this.#end -= runs[word]! + runs[word + DATA]!;
        this.dropped++;
      } else if (start === 0 && max > 0) {
        return this.#skip(max);
      } else {
        this.refused++;
        return FULL;
      }
    }
    if (index < this.#count) {
      const word = index * WORDS_PER_RANGE;
      runs.copyWithin(
        word + WORDS_PER_RANGE,
        word,
        this.#count * WORDS_PER_RANGE,
      );
      runs[word + WORDS_PER_RANGE] = before + runs[word]! - end;
    } else {
      this.#end = end;
    }
    this.#write(index, start - before, end - start);
    this.#count++;
    return this.reduceFront(max);
  }

  /** Moves the front by `octets` of the first hole. */
  #skip(octets: number): number {
    if (this.#count > 0) {
      this.#runs[HOLE] = this.#runs[HOLE]! - octets;
      this.#end -= octets;
    }
    return octets;
  }

  #write(index: number, hole: number, data: number): void {
    const word = index * WORDS_PER_RANGE;
    this.#clock = (this.#clock + 1) | 0;
    this.#runs[word + HOLE] = hole;
    this.#runs[word + DATA] = data;
    this.#runs[word + STAMP] = this.#clock;
  }
}
