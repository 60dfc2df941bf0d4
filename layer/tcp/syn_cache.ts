/**
 * Requests that a listener has answered and that are not acknowledged yet
 * (SYN-RECEIVED): a row of a table each, as a stranger can make any number.
 *
 * @module
 */

/** Both sides offered timestamps. */
export const TIMESTAMPS = 1;
/** Both sides permitted SACK. */
export const SACK = 2;
/** The request asked for ECN and was answered so. */
export const ECN = 4;
/** A SYN,ACK waits to be repeated. */
export const QUEUED = 8;
/** A second SYN,ACK went out: which of them is acknowledged cannot be told. */
export const REPEATED = 16;

/** Rows for half-open connections. */
export class SynCache {
  /** Rows in all. */
  readonly capacity: number;
  /** Own address of each row, int32. */
  readonly localAddress: Int32Array;
  /** The peer's address, int32. */
  readonly remoteAddress: Int32Array;
  /** Own port in the upper, the peer's in the lower 16 bits. */
  readonly ports: Int32Array;
  /** Our initial sequence number. */
  readonly iss: Int32Array;
  /** The peer's initial sequence number. */
  readonly irs: Int32Array;
  /** Segment size that the peer asked for, 0 for none. */
  readonly mss: Uint16Array;
  /** Window shift that the peer offered, -1 for none. */
  readonly windowScale: Int8Array;
  /** Bits: what was agreed on, as the constants above say. */
  readonly flags: Uint8Array;
  /** TSval of the request, int32. */
  readonly tsRecent: Int32Array;
  /** Which listener it belongs to: its index plus 1, 0 for a free row. */
  readonly listener: Int16Array;
  /** When SYN,ACK went out, the low 32 bits of µs. */
  readonly answeredAt: Int32Array;
  /** How often SYN,ACK went out again. */
  readonly retries: Uint8Array;
  /** How often the peer was told that what it said cannot be right. */
  readonly corrections: Uint8Array;
  readonly #free: Int32Array;
  #available: number;

  /** A table of `capacity` rows. */
  constructor(capacity: number) {
    this.capacity = capacity;
    this.localAddress = new Int32Array(capacity);
    this.remoteAddress = new Int32Array(capacity);
    this.ports = new Int32Array(capacity);
    this.iss = new Int32Array(capacity);
    this.irs = new Int32Array(capacity);
    this.mss = new Uint16Array(capacity);
    this.windowScale = new Int8Array(capacity);
    this.flags = new Uint8Array(capacity);
    this.tsRecent = new Int32Array(capacity);
    this.listener = new Int16Array(capacity);
    this.answeredAt = new Int32Array(capacity);
    this.retries = new Uint8Array(capacity);
    this.corrections = new Uint8Array(capacity);
    this.#free = new Int32Array(capacity);
    for (let i = 0; i < capacity; i++) this.#free[i] = capacity - 1 - i;
    this.#available = capacity;
  }

  /** Rows in use. */
  get size(): number {
    return this.capacity - this.#available;
  }

  /** Takes a row, or -1. */
  add(): number {
    return this.#available === 0 ? -1 : this.#free[--this.#available]!;
  }

  /** Frees a row. */
  remove(row: number): void {
    this.#free[this.#available++] = row;
  }
}
