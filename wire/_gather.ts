// What the writers of capture files gather octets in.

/**
 * Takes octets of the file in order. They are a part of the writer's buffer, and
 * valid during the call only.
 */
export type Sink = (octets: Uint8Array) => void;

/** Shortest buffer: the longest run of fields that is written in one go fits. */
const SHORTEST = 1024;

/** A buffer of fixed size in front of a sink. */
export class Gather {
  readonly #sink: Sink;
  readonly #bytes: Uint8Array;
  #used = 0;
  /** The buffer, for fields. */
  readonly view: DataView;

  /** @throws {RangeError} for a buffer under 1024 octets. */
  constructor(sink: Sink, size: number = 65536) {
    if (!Number.isInteger(size) || size < SHORTEST) {
      throw new RangeError(
        `Cannot gather ${size} octets: need ${SHORTEST} or more`,
      );
    }
    this.#sink = sink;
    this.#bytes = new Uint8Array(size);
    this.view = new DataView(this.#bytes.buffer);
  }

  /** Makes room for at most 1024 octets in one piece; returns where. */
  room(length: number): number {
    if (this.#used + length > this.#bytes.length) this.flush();
    const at = this.#used;
    this.#used += length;
    return at;
  }

  /** Adds the octets `at`..`end` of a view, and fills up to a multiple of 4. */
  copyPadded(from: DataView, at: number, end: number): void {
    const missing = (at - end) & 3;
    this.copy(from, at, end);
    for (let i = 0; i < missing; i++) this.view.setUint8(this.room(1), 0);
  }

  /** Adds the octets `at`..`end` of a view. */
  copy(from: DataView, at: number, end: number): void {
    const view = this.view;
    while (at < end) {
      if (this.#used === this.#bytes.length) this.flush();
      const stop = Math.min(end, at + this.#bytes.length - this.#used);
      let to = this.#used;
      for (; at + 4 <= stop; at += 4, to += 4) {
        view.setInt32(to, from.getInt32(at));
      }
      while (at < stop) view.setUint8(to++, from.getUint8(at++));
      this.#used = to;
    }
  }

  /** Hands the sink what was gathered. */
  flush(): void {
    if (this.#used === 0) return;
    this.#sink(this.#bytes.subarray(0, this.#used));
    this.#used = 0;
  }
}
