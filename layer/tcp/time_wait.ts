/**
 * Connections in TIME-WAIT, RFC 9293 section 3.4.2: a row of a table each, as
 * all that is left to do is to acknowledge a FIN again.
 *
 * @module
 */

const NONE = -1;

/**
 * A table of closed connections in the order in which they expire. When it is
 * full the oldest makes room.
 */
export class TimeWaitTable {
  /** Own address of each row, int32. */
  readonly localAddress: Int32Array;
  /** The peer's address, int32. */
  readonly remoteAddress: Int32Array;
  /** Own port in the upper, the peer's in the lower 16 bits. */
  readonly ports: Int32Array;
  /** SND.NXT, behind our FIN. */
  readonly sndNxt: Int32Array;
  /** RCV.NXT, behind the peer's FIN. */
  readonly rcvNxt: Int32Array;
  /** TS.Recent, int32; counts where {@linkcode TimeWaitTable.stamped}. */
  readonly tsRecent: Int32Array;
  /** 1 where the connection used timestamps. */
  readonly stamped: Uint8Array;
  /** When something was last acknowledged for it, ms, int32. */
  readonly ackedAt: Int32Array;
  readonly #expiry: Float64Array;
  readonly #before: Int32Array;
  readonly #after: Int32Array;
  #oldest = NONE;
  #newest = NONE;
  #free = NONE;
  #size = 0;

  /** A table of `capacity` rows. */
  constructor(capacity: number) {
    this.localAddress = new Int32Array(capacity);
    this.remoteAddress = new Int32Array(capacity);
    this.ports = new Int32Array(capacity);
    this.sndNxt = new Int32Array(capacity);
    this.rcvNxt = new Int32Array(capacity);
    this.tsRecent = new Int32Array(capacity);
    this.stamped = new Uint8Array(capacity);
    this.ackedAt = new Int32Array(capacity);
    this.#expiry = new Float64Array(capacity);
    this.#before = new Int32Array(capacity);
    this.#after = new Int32Array(capacity);
    for (let row = capacity - 1; row >= 0; row--) {
      this.#after[row] = this.#free;
      this.#free = row;
    }
  }

  /** Rows in use. */
  get size(): number {
    return this.#size;
  }

  /** The row that expires first, or -1. */
  get oldest(): number {
    return this.#oldest;
  }

  /** When the oldest row expires, µs; `Infinity` if there is none. */
  get nextExpiry(): number {
    return this.#oldest === NONE ? Infinity : this.#expiry[this.#oldest]!;
  }

  /** When a row expires, µs. */
  expiry(row: number): number {
    return this.#expiry[row]!;
  }

  /** Takes a free row and makes it the newest; -1 if there is none. */
  add(expiry: number): number {
    const row = this.#free;
    if (row === NONE) return NONE;
    this.#free = this.#after[row]!;
    this.#size++;
    this.#append(row, expiry);
    return row;
  }

  /** Begins the time of a row anew, as its FIN came again. */
  restart(row: number, expiry: number): void {
    this.#unlink(row);
    this.#append(row, expiry);
  }

  /** Frees a row. */
  remove(row: number): void {
    this.#unlink(row);
    this.#after[row] = this.#free;
    this.#free = row;
    this.#size--;
  }

  #append(row: number, expiry: number): void {
    this.#expiry[row] = expiry;
    this.#before[row] = this.#newest;
    this.#after[row] = NONE;
    if (this.#newest === NONE) this.#oldest = row;
    else this.#after[this.#newest] = row;
    this.#newest = row;
  }

  #unlink(row: number): void {
    const before = this.#before[row]!;
    const after = this.#after[row]!;
    if (before === NONE) this.#oldest = after;
    else this.#after[before] = after;
    if (after === NONE) this.#newest = before;
    else this.#before[after] = before;
  }
}
