/**
 * Puts the segments of TCP connections in captures together, both directions.
 *
 * Octets in order are handed on from where they lie; only what came out of
 * order is copied, into a ring for each direction, which bounds the memory. What
 * the ring has no room for, or a capture lacks, is a gap, told by its length.
 *
 * @module
 */

import { Assembler, FULL } from "@ethox/storage/assembler";
import type { Dissector } from "@ethox/wire/dissector";
import { Key } from "@ethox/wire/flow";
import { FIN, RST, SYN } from "@ethox/wire/tcp";

const ACK = 0x10;
/** Runs of octets out of order that a direction remembers. */
const RANGES = 256;

/** How much may wait. */
export interface StreamsOptions {
  /** Connections at once, 1024 by default; the one longest idle makes room. */
  readonly connections?: number;
  /** Octets out of order for each direction, 262144 by default. */
  readonly window?: number;
}

/** What becomes of a connection. */
export interface StreamsHandler {
  /** The next octets of a direction: `from`..`to` of `bytes`, lent. */
  data(
    connection: Connection,
    direction: Direction,
    bytes: Uint8Array,
    from: number,
    to: number,
  ): void;
  /** So many octets are not in the capture. */
  gap?(connection: Connection, direction: Direction, octets: number): void;
  /** It is over, or another has its addresses and ports now. */
  end?(connection: Connection): void;
}

/** What one side sent. */
export class Direction {
  /** Octets handed on. */
  octets = 0;
  /** Octets in all segments, those sent again as well. */
  segmentOctets = 0;
  /** Octets that were missing. */
  missing = 0;
  /** Whether it said that it has no more to send. */
  finished = false;
  /** Whether the next sequence number is known. */
  known = false;
  /** Whether that came from a SYN. */
  synchronized = false;
  /** The first sequence number, of the SYN or of what was seen first. */
  first = 0;
  /** The next sequence number expected, int32. */
  next = 0;
  /** Which octets out of order are in the ring. */
  readonly held: Assembler = Assembler.allocate(RANGES);
  /** The ring, taken once it is needed. */
  ring: Uint8Array<ArrayBuffer> | undefined;
  /** Where in the ring the next octet expected would be. */
  base = 0;
}

/** A connection. `a` is the side whose segment was seen first. */
export class Connection {
  /** Number in the capture, from 0. */
  readonly number: number;
  /** Addresses and ports, from `a` to `b`. */
  readonly key: Key;
  /** What the side seen first sent. */
  readonly a: Direction = new Direction();
  /** What the other side sent. */
  readonly b: Direction = new Direction();
  /** Segments seen. */
  frames = 0;
  /** When it was seen last, by count of segments. */
  seen = 0;

  /** One that was just seen. */
  constructor(number: number, key: Key) {
    this.number = number;
    this.key = key;
  }
}

/** The connections of a capture. */
export class Streams {
  /** Connections that were forgotten in favour of others. */
  evicted = 0;
  /** Segments too far ahead to be kept. */
  outside = 0;
  readonly #handler: StreamsHandler;
  readonly #most: number;
  readonly #window: number;
  readonly #connections: Map<number, Connection[]> = new Map();
  readonly #key = new Key();
  readonly #both = new Key({ symmetric: true });
  readonly #other = new Key({ symmetric: true });
  #count = 0;
  #numbers = 0;
  #clock = 0;

  /** None yet. @throws {RangeError} if a bound is not a whole number from 1. */
  constructor(handler: StreamsHandler, options: StreamsOptions = {}) {
    this.#handler = handler;
    this.#most = options.connections ?? 1024;
    this.#window = options.window ?? 1 << 18;
    for (const bound of [this.#most, this.#window]) {
      if (!Number.isInteger(bound) || bound < 1) {
        throw new RangeError(`Cannot keep ${bound}: need one or more`);
      }
    }
  }

  /** Connections that are open. */
  get count(): number {
    return this.#count;
  }

  /** Takes the segment whose layer is `index` of what a walk over `view` found. */
  add(view: DataView, found: Dissector, index: number): void {
    const at = found.at[index]!;
    const from = found.payload[index]!;
    if (found.reason[index] !== 0 || from < at + 20) return;
    if (!this.#key.read(view, found, index)) return;
    const sequence = view.getInt32(at + 4);
    const flags = view.getUint16(at + 12) & 0xfff;
    const connection = this.#find(flags, sequence);
    connection.frames++;
    connection.seen = this.#clock++;
    const direction = this.#key.equals(connection.key)
      ? connection.a
      : connection.b;
    const length = found.end[index]! - from;
    this.#segment(connection, direction, flags, sequence, view, from, length);
    if ((flags & ACK) !== 0 && (flags & RST) === 0) {
      const other = direction === connection.a ? connection.b : connection.a;
      this.#acknowledge(connection, other, view.getInt32(at + 8));
    }
  }

  /** Ends all connections, in the order in which they began. */
  finish(): void {
    const all = [...this.#connections.values()].flat();
    all.sort((one, other) => one.number - other.number);
    for (const connection of all) this.#end(connection);
  }

  /** The connection of a segment; one that begins anew where that is so. */
  #find(flags: number, sequence: number): Connection {
    const both = this.#both;
    both.copy(this.#key);
    const hash = both.hash();
    let chain = this.#connections.get(hash);
    for (const connection of chain ?? []) {
      const other = this.#other;
      other.copy(connection.key);
      if (!both.equals(other)) continue;
      if (!this.#isNew(connection, flags, sequence)) return connection;
      this.#end(connection);
      chain = this.#connections.get(hash);
      break;
    }
    if (this.#count >= this.#most) {
      this.#evict();
      chain = this.#connections.get(hash);
    }
    const key = new Key();
    key.copy(this.#key);
    const connection = new Connection(this.#numbers++, key);
    if (chain === undefined) this.#connections.set(hash, [connection]);
    else chain.push(connection);
    this.#count++;
    return connection;
  }

  /** Whether a SYN is none that was sent again, but one of a new connection. */
  #isNew(connection: Connection, flags: number, sequence: number): boolean {
    if ((flags & (SYN | ACK)) !== SYN) return false;
    const direction = this.#key.equals(connection.key)
      ? connection.a
      : connection.b;
    return direction.synchronized && direction.first !== sequence;
  }

  #evict(): void {
    let oldest: Connection | undefined;
    for (const chain of this.#connections.values()) {
      for (const connection of chain) {
        if (oldest === undefined || connection.seen < oldest.seen) {
          oldest = connection;
        }
      }
    }
    if (oldest === undefined) return;
    this.evicted++;
    this.#end(oldest);
  }

  #end(connection: Connection): void {
    // Nobody was there to acknowledge what one side alone was seen to send.
    if (!connection.b.known) this.#drain(connection, connection.a);
    this.#handler.end?.(connection);
    const both = this.#other;
    both.copy(connection.key);
    const hash = both.hash();
    const chain = this.#connections.get(hash) ?? [];
    const rest = chain.filter((other) => other !== connection);
    if (rest.length === 0) this.#connections.delete(hash);
    else this.#connections.set(hash, rest);
    this.#count--;
  }

  #segment(
    connection: Connection,
    direction: Direction,
    flags: number,
    sequence: number,
    view: DataView,
    from: number,
    length: number,
  ): void {
    direction.segmentOctets += length;
    const syn = (flags & SYN) !== 0;
    const start = syn ? sequence + 1 | 0 : sequence;
    if (syn && !direction.synchronized) {
      // What was seen before the SYN can only be what follows it.
      if (!direction.known) direction.next = start;
      direction.synchronized = true;
      direction.known = true;
      direction.first = sequence;
    } else if (!direction.known) {
      if (length === 0 && (flags & RST) !== 0) return;
      direction.known = true;
      direction.first = sequence;
      direction.next = start;
    }
    if ((flags & FIN) !== 0) direction.finished = true;
    if (length === 0) return;
    let offset = start - direction.next | 0;
    if (offset < 0) {
      from -= offset;
      length += offset;
      offset = 0;
      if (length <= 0) return;
    }
    const octets = new Uint8Array(view.buffer, view.byteOffset);
    if (offset === 0) {
      this.#inOrder(connection, direction, octets, from, length);
      return;
    }
    if (offset + length > this.#window) {
      this.outside++;
      if (connection.b.known) return;
      // As there are no acknowledgments, it is not known what was received.
      this.#drain(connection, direction);
      offset = start - direction.next | 0;
      if (offset > 0) this.#skip(connection, direction, offset);
      this.#inOrder(connection, direction, octets, from, length);
      return;
    }
    this.#store(direction, octets, from, offset, length);
  }

  /** Copies octets out of order; those that came first stay. */
  #store(
    direction: Direction,
    octets: Uint8Array,
    from: number,
    offset: number,
    length: number,
  ): void {
    const { held } = direction;
    if (!held.accepts(offset, length)) return;
    const ring = direction.ring ??= new Uint8Array(this.#window);
    const end = offset + length;
    const copy = (low: number, high: number) => {
      for (let i = low; i < high; i++) {
        ring[(direction.base + i) % ring.length] = octets[from + i - offset]!;
      }
    };
    let next = offset;
    for (const [low, high] of held) {
      if (high <= next) continue;
      if (low >= end) break;
      if (low > next) copy(next, low);
      next = high;
    }
    if (next < end) copy(next, end);
    held.add(offset, length);
  }

  /** Hands on octets that are next, and those in the ring that follow. */
  #inOrder(
    connection: Connection,
    direction: Direction,
    octets: Uint8Array,
    from: number,
    length: number,
  ): void {
    const { held } = direction;
    // Up to the first that came earlier; what is in the ring stays.
    const direct = held.isEmpty ? length : Math.min(length, held.hole(0));
    this.#deliver(connection, direction, octets, from, from + direct);
    const released = held.add(0, direct);
    if (released === FULL) return;
    this.#release(connection, direction, direct, released);
    if (length > released) {
      this.#inOrder(
        connection,
        direction,
        octets,
        from + released,
        length - released,
      );
    }
  }

  /** Moves on by `released` octets, of which `direct` were handed on. */
  #release(
    connection: Connection,
    direction: Direction,
    direct: number,
    released: number,
  ): void {
    const { ring } = direction;
    direction.next = direction.next + released | 0;
    if (ring === undefined) return;
    let at = (direction.base + direct) % ring.length;
    direction.base = (direction.base + released) % ring.length;
    for (let left = released - direct; left > 0;) {
      const run = Math.min(left, ring.length - at);
      this.#deliver(connection, direction, ring, at, at + run);
      at = (at + run) % ring.length;
      left -= run;
    }
  }

  #deliver(
    connection: Connection,
    direction: Direction,
    bytes: Uint8Array,
    from: number,
    to: number,
  ): void {
    if (to <= from) return;
    direction.octets += to - from;
    this.#handler.data(connection, direction, bytes, from, to);
  }

  /**
   * Gives up what is missing in front of octets that the peer has received: the
   * capture lacks it, and it will not be sent again.
   */
  #acknowledge(
    connection: Connection,
    direction: Direction,
    acknowledgment: number,
  ): void {
    const { held } = direction;
    while (!held.isEmpty) {
      const hole = held.hole(0);
      const behind = direction.next + hole | 0;
      if ((acknowledgment - behind | 0) <= 0) return;
      this.#skip(connection, direction, hole);
    }
  }

  /** Hands on all that waits, with the gaps in between. */
  #drain(connection: Connection, direction: Direction): void {
    const { held } = direction;
    while (!held.isEmpty) this.#skip(connection, direction, held.hole(0));
  }

  /** Gives up octets that are missing. */
  #skip(connection: Connection, direction: Direction, octets: number): void {
    direction.missing += octets;
    this.#handler.gap?.(connection, direction, octets);
    const released = direction.held.add(0, octets);
    this.#release(
      connection,
      direction,
      octets,
      released === FULL ? octets : released,
    );
  }
}
