/**
 * What a sender knows of each part of its flight: when it was sent, whether the
 * peer holds it, whether it counts as lost
 * ([RFC 6675](https://www.rfc-editor.org/rfc/rfc6675) section 3,
 * [RFC 8985](https://www.rfc-editor.org/rfc/rfc8985) section 5.2).
 *
 * @module
 */

import { before } from "@ethox/wire/tcp";
import { Sample, type Sender } from "./sample.ts";

/** The peer has said that it holds these octets. */
export const SACKED = 1;
/** They count as lost. */
export const LOST = 2;
/** They were sent again since they were last counted as lost. */
export const RESENT = 4;
/** They were sent more than once (Karn's algorithm). */
export const REPEATED = 8;
/** They were sent while the user, not the network, was the limit. */
export const LIMITED = 16;

/** No node. */
export const NONE = -1;

const START = 0;
const END = 1;
const NEXT = 2;
const FLAGS = 3;
const SENT_AT = 4;
const DELIVERED = 5;
const DELIVERED_AT = 6;
const FIRST_SENT_AT = 7;
const IN_FLIGHT = 8;
const LOST_BEFORE = 9;
const WORDS = 10;

/** Nodes that nobody can take from a connection. */
const GUARANTEED = 2;
/** The most that one connection may hold: the most that one ACK may visit. */
const CAP = 256;

/** How many connections there are, and how many nodes. */
export interface ScoreboardOptions {
  /** Connection records. */
  readonly connections: number;
  /** Nodes that each is sure of, 1 or more; 2 by default. */
  readonly guaranteed?: number;
  /** Nodes for whoever needs more. */
  readonly shared?: number;
  /** Nodes of one connection at most; 256 by default. */
  readonly cap?: number;
}

/**
 * The flights of all connections of an endpoint, as chains of nodes in the order
 * of sequence numbers, without gaps from SND.UNA to SND.MAX. A node stands for
 * octets that were sent at about one time and fared alike.
 *
 * Nodes come from one pool, of which each connection is sure of a few and none
 * gets more than a cap. Where no node is left, what two would have said is
 * said by one, so that rather too much counts as still under way.
 */
export class Scoreboard {
  /** Octets that each flight has SACKED. */
  readonly sacked: Int32Array;
  /** Octets that count as lost and were not sent again. */
  readonly lost: Int32Array;
  /** Nodes of each. */
  readonly count: Int32Array;
  /** Behind the highest octet that is known to have arrived. */
  readonly highest: Int32Array;
  /** Nodes that one connection may hold. */
  readonly cap: number;
  readonly #guaranteed: number;
  readonly #nodes: Int32Array;
  readonly #head: Int32Array;
  readonly #tail: Int32Array;
  // Where to look for what is to be sent again; NONE for the head.
  readonly #hint: Int32Array;
  readonly #closed: Uint8Array;
  /** What the segment in hand says has arrived. */
  readonly sample: Sample = new Sample();
  readonly #blocks: Int32Array = new Int32Array(8);
  #free: number = NONE;
  #shared: number;

  /** Empty. @throws {RangeError} if a number is out of range */
  constructor(options: ScoreboardOptions) {
    const { connections } = options;
    const guaranteed = options.guaranteed ?? GUARANTEED;
    const cap = options.cap ?? CAP;
    const shared = options.shared ??
      CAP * Math.min(connections, 64);
    if (!(guaranteed >= 1 && cap >= guaranteed && shared >= 0)) {
      throw new RangeError(
        `Cannot divide nodes: ${guaranteed} for each, ${shared} shared, at most ${cap}`,
      );
    }
    this.cap = cap;
    this.#guaranteed = guaranteed;
    this.#shared = shared;
    const nodes = guaranteed * connections + shared;
    this.#nodes = new Int32Array(WORDS * nodes);
    for (let node = nodes - 1; node >= 0; node--) {
      this.#nodes[WORDS * node + NEXT] = this.#free;
      this.#free = node;
    }
    this.sacked = new Int32Array(connections);
    this.lost = new Int32Array(connections);
    this.count = new Int32Array(connections);
    this.highest = new Int32Array(connections);
    this.#head = new Int32Array(connections).fill(NONE);
    this.#tail = new Int32Array(connections).fill(NONE);
    this.#hint = new Int32Array(connections).fill(NONE);
    this.#closed = new Uint8Array(connections);
  }

  /** Nodes that nobody is sure of and nobody has. */
  get available(): number {
    return this.#shared;
  }

  /** First node of a flight, or {@linkcode NONE}. */
  head(slot: number): number {
    return this.#head[slot]!;
  }

  /** Last node of a flight, or {@linkcode NONE}. */
  tail(slot: number): number {
    return this.#tail[slot]!;
  }

  /** The node behind another. */
  next(node: number): number {
    return this.#nodes[WORDS * node + NEXT]!;
  }

  /** Its first octet. */
  start(node: number): number {
    return this.#nodes[WORDS * node + START]!;
  }

  /** Behind its last octet. */
  end(node: number): number {
    return this.#nodes[WORDS * node + END]!;
  }

  /** Its flags. */
  flags(node: number): number {
    return this.#nodes[WORDS * node + FLAGS]!;
  }

  /** When it was sent last, the lower 32 bits of µs. */
  sentAt(node: number): number {
    return this.#nodes[WORDS * node + SENT_AT]!;
  }

  /** Whether it is lost, and was not sent again. */
  missing(node: number): boolean {
    return (this.flags(node) & (LOST | RESENT | SACKED)) === LOST;
  }

  /** Forgets a flight. */
  clear(slot: number): void {
    for (let node = this.#head[slot]!; node !== NONE;) {
      const next = this.next(node);
      this.#give(slot, node);
      node = next;
    }
    this.#head[slot] = this.#tail[slot] = this.#hint[slot] = NONE;
    this.sacked[slot] = this.lost[slot] = 0;
    this.#closed[slot] = 0;
  }

  /**
   * New octets up to `end` were sent at `now`; with those before them, if these
   * were sent less than `slack` µs ago.
   */
  sent(c: Sender, end: number, now: number, slack: number): void {
    this.#append(c, end, now, slack, c.appLimited > 0 ? LIMITED : 0);
  }

  /** Octets up to `end` are in flight of which nothing else is known. */
  cover(c: Sender, end: number, now: number): void {
    const tail = this.#tail[c.slot]!;
    if (tail !== NONE && this.end(tail) === end) return;
    this.#append(c, end, now, 0, REPEATED);
  }

  #append(
    c: Sender,
    end: number,
    now: number,
    slack: number,
    flags: number,
  ): void {
    const { slot } = c;
    const nodes = this.#nodes;
    const tail = this.#tail[slot]!;
    let start = c.sndUna;
    if (tail !== NONE) {
      const at = WORDS * tail;
      start = nodes[at + END]!;
      if (
        this.#closed[slot] === 0 &&
        ((now - nodes[at + SENT_AT]!) | 0) <= slack &&
        nodes[at + FLAGS] === flags
      ) {
        nodes[at + END] = end;
        return;
      }
    }
    if (!before(start, end)) return;
    if (tail === NONE) this.highest[slot] = start;
    this.#closed[slot] = 0;
    let node = this.#take(slot);
    if (node === NONE) {
      // The last one grows; it is as late, and as unknown, as the new octets.
      node = tail;
      this.#forget(slot, node);
      nodes[WORDS * node + FLAGS]! &= REPEATED;
      nodes[WORDS * node + FLAGS]! |= flags;
    } else {
      const at = WORDS * node;
      nodes[at + START] = start;
      nodes[at + NEXT] = NONE;
      nodes[at + FLAGS] = flags;
      if (tail === NONE) this.#head[slot] = node;
      else nodes[WORDS * tail + NEXT] = node;
      this.#tail[slot] = node;
    }
    nodes[WORDS * node + END] = end;
    this.#stamp(c, node, now, end);
  }

  /**
   * The octets `start`..`end` were sent again at `now`; with those before them, if
   * these were sent again less than `slack` µs ago.
   */
  resent(
    c: Sender,
    start: number,
    end: number,
    now: number,
    slack: number,
  ): void {
    const { slot } = c;
    const nodes = this.#nodes;
    let previous: number = NONE;
    let node = this.#head[slot]!;
    while (node !== NONE && !before(start, this.end(node))) {
      previous = node;
      node = this.next(node);
    }
    if (node === NONE || before(start, this.start(node))) return;
    if (start !== this.start(node)) {
      if (!this.#split(slot, node, start)) return;
      previous = node;
      node = this.next(node);
    }
    // What is sent from here on was sent after this.
    this.#closed[slot] = 1;
    while (node !== NONE && before(this.start(node), end)) {
      const at = WORDS * node;
      const flags = nodes[at + FLAGS]!;
      const last = nodes[at + END]!;
      const until = before(end, last) ? end : last;
      if (this.missing(node)) {
        this.lost[slot]! -= (until - nodes[at + START]!) | 0;
      }
      const next = nodes[at + NEXT]!;
      const young = this.#grows(previous, flags) &&
        ((now - this.sentAt(previous)) | 0) <= slack;
      const split = young || until === last || this.#split(slot, node, until);
      if (!split && next !== NONE && this.missing(node) && this.missing(next)) {
        // Without a node for the rest the next one takes it.
        nodes[WORDS * next + START] = nodes[at + END] = until;
      } else if (young || (!split && this.#grows(previous, flags))) {
        nodes[WORDS * previous + END] = nodes[at + START] = until;
        if (!young) this.#stamp(c, previous, now, until);
        if (until !== last) return;
        this.#remove(slot, previous, node);
        node = next;
        continue;
      } else if (!split && this.missing(node)) {
        // The rest counts as sent, too: the peer's acknowledgments will tell, or
        // the timer.
        this.lost[slot]! -= (last - until) | 0;
      }
      nodes[at + FLAGS] = (flags & (LOST | SACKED)) | RESENT | REPEATED;
      this.#stamp(c, node, now, nodes[at + END]!);
      if (this.#hint[slot] === node) this.#hint[slot] = nodes[at + NEXT]!;
      previous = node;
      node = nodes[at + NEXT]!;
    }
  }

  /** Whether a node was sent again, and can take in what has such flags. */
  #grows(node: number, flags: number): boolean {
    const same = (flags & LOST) | RESENT | REPEATED;
    return node !== NONE && (this.flags(node) & ~LIMITED) === same;
  }

  /** The peer has all octets before `una`. */
  acknowledge(c: Sender, una: number, into: Sample): void {
    const { slot } = c;
    const nodes = this.#nodes;
    for (let node = this.#head[slot]!; node !== NONE;) {
      const at = WORDS * node;
      if (!before(nodes[at + START]!, una)) break;
      const last = !before(una, nodes[at + END]!);
      const end = last ? nodes[at + END]! : una;
      const flags = nodes[at + FLAGS]!;
      const length = (end - nodes[at + START]!) | 0;
      if ((flags & SACKED) !== 0) this.sacked[slot]! -= length;
      else {
        if ((flags & (LOST | RESENT)) === LOST) this.lost[slot]! -= length;
        this.#deliver(slot, node, end, length, into);
      }
      if (!last) {
        nodes[at + START] = una;
        break;
      }
      const next = nodes[at + NEXT]!;
      this.#head[slot] = next;
      if (next === NONE) this.#tail[slot] = NONE;
      this.#give(slot, node);
      node = next;
    }
  }

  /**
   * The peer says that it holds `count` blocks, pairs of words in `edges` that
   * lie within the flight. One pass over the nodes, whatever the blocks are.
   */
  mark(c: Sender, edges: Int32Array, count: number, into: Sample): void {
    const { slot } = c;
    const nodes = this.#nodes;
    const blocks = this.#blocks;
    this.#sort(edges, count);
    let block = 0;
    let previous: number = NONE;
    for (let node = this.#head[slot]!; node !== NONE && block < count;) {
      const at = WORDS * node;
      const left = blocks[2 * block]!;
      const right = blocks[2 * block + 1]!;
      if (!before(nodes[at + START]!, right)) {
        block++;
        continue;
      }
      const flags = nodes[at + FLAGS]!;
      if ((flags & SACKED) !== 0) {
        if (!this.#join(slot, previous, node)) previous = node;
        node = nodes[WORDS * previous + NEXT]!;
        continue;
      }
      if (before(nodes[at + START]!, left)) {
        // Without a node for the part, the peer has said nothing.
        if (before(left, nodes[at + END]!)) this.#split(slot, node, left);
        previous = node;
        node = nodes[at + NEXT]!;
        continue;
      }
      if (
        before(right, nodes[at + END]!) && !this.#split(slot, node, right)
      ) return;
      const end = nodes[at + END]!;
      const length = (end - nodes[at + START]!) | 0;
      if ((flags & (LOST | RESENT)) === LOST) this.lost[slot]! -= length;
      nodes[at + FLAGS] = SACKED;
      this.sacked[slot]! += length;
      into.sacked += length;
      this.#deliver(slot, node, end, length, into, flags);
      if (this.#join(slot, previous, node)) node = previous;
      const next = nodes[WORDS * node + NEXT]!;
      if (next !== NONE && (this.flags(next) & SACKED) !== 0) {
        this.#join(slot, node, next);
      }
      previous = node;
      node = nodes[WORDS * node + NEXT]!;
    }
  }

  /** Counts a node as lost; whether it did not before. */
  lose(slot: number, node: number): number {
    const at = WORDS * node;
    const flags = this.#nodes[at + FLAGS]!;
    if ((flags & SACKED) !== 0 || (flags & (LOST | RESENT)) === LOST) return 0;
    this.#nodes[at + FLAGS] = (flags & ~RESENT) | LOST;
    const length = this.#length(node);
    this.lost[slot]! += length;
    this.#hint[slot] = NONE;
    return length;
  }

  /**
   * Counts the first `octets` of a flight as lost; how many of them did not
   * before.
   */
  loseFirst(slot: number, octets: number): number {
    const node = this.#head[slot]!;
    if (node === NONE || this.missing(node)) return 0;
    if (octets < this.#length(node)) {
      this.#split(slot, node, (this.start(node) + octets) | 0);
    }
    return this.lose(slot, node);
  }

  /** What was counted as lost and not sent again is under way after all. */
  find(slot: number): void {
    for (let node = this.#head[slot]!; node !== NONE; node = this.next(node)) {
      const at = WORDS * node;
      const flags = this.#nodes[at + FLAGS]!;
      if ((flags & (LOST | RESENT)) === LOST) this.#nodes[at + FLAGS]! &= ~LOST;
    }
    this.lost[slot] = 0;
    this.#hint[slot] = NONE;
  }

  /** What the peer once held it may hold no longer (RFC 2018 section 8). */
  renege(slot: number): void {
    for (let node = this.#head[slot]!; node !== NONE; node = this.next(node)) {
      const at = WORDS * node;
      // Whether it was sent once is not known of what was joined.
      if ((this.#nodes[at + FLAGS]! & SACKED) !== 0) {
        this.#nodes[at + FLAGS] = REPEATED;
      }
    }
    this.sacked[slot] = 0;
  }

  /** The first node that is lost and was not sent again, or {@linkcode NONE}. */
  nextLost(slot: number): number {
    if (this.lost[slot] === 0) return NONE;
    let node = this.#hint[slot]!;
    if (node === NONE) node = this.#head[slot]!;
    while (node !== NONE) {
      if (this.missing(node)) break;
      node = this.next(node);
    }
    this.#hint[slot] = node;
    return node;
  }

  #length(node: number): number {
    return (this.end(node) - this.start(node)) | 0;
  }

  /** Notes that octets of a node, up to `end`, have arrived. */
  #deliver(
    slot: number,
    node: number,
    end: number,
    length: number,
    into: Sample,
    flags: number = this.flags(node),
  ): void {
    const nodes = this.#nodes;
    const at = WORDS * node;
    const repeated = (flags & REPEATED) !== 0;
    const sentAt = nodes[at + SENT_AT]!;
    into.delivered += length;
    if (repeated) into.doubtful = true;
    else into.original += length;
    const { highest } = this;
    // Only against what SACK told: in order there is nothing to overtake.
    if (this.sacked[slot] === 0 || before(highest[slot]!, end)) {
      highest[slot] = end;
    } else if (!repeated && before(end, highest[slot]!)) into.reordered = true;
    if (!repeated) {
      if (!into.once) {
        into.once = true;
        into.oldestAt = into.onceAt = sentAt;
      } else if (((sentAt - into.onceAt) | 0) > 0) into.onceAt = sentAt;
    }
    if (into.any) {
      const later = (sentAt - into.sentAt) | 0;
      if (later < 0 || (later === 0 && before(end, into.end))) return;
    }
    into.any = true;
    into.sentAt = sentAt;
    into.end = end;
    into.repeated = repeated;
    into.deliveredBefore = nodes[at + DELIVERED]!;
    into.deliveredAt = nodes[at + DELIVERED_AT]!;
    into.firstSentAt = nodes[at + FIRST_SENT_AT]!;
    into.inFlight = nodes[at + IN_FLIGHT]!;
    into.lostBefore = nodes[at + LOST_BEFORE]!;
    into.limited = (flags & LIMITED) !== 0;
  }

  /** Enters into a node when and under which circumstances it was sent. */
  #stamp(c: Sender, node: number, now: number, end: number): void {
    const nodes = this.#nodes;
    const at = WORDS * node;
    nodes[at + SENT_AT] = now;
    nodes[at + DELIVERED] = c.delivered;
    nodes[at + DELIVERED_AT] = c.deliveredAt;
    nodes[at + FIRST_SENT_AT] = c.firstSentAt;
    nodes[at + LOST_BEFORE] = c.lost;
    const { slot } = c;
    const last = nodes[WORDS * this.#tail[slot]! + END]!;
    const flight = ((before(last, end) ? end : last) - c.sndUna) | 0;
    nodes[at + IN_FLIGHT] = flight - this.sacked[slot]! - this.lost[slot]!;
    if (c.appLimited > 0) nodes[at + FLAGS]! |= LIMITED;
  }

  /** Splits a node; the second part begins at `start`. False without a node. */
  #split(slot: number, node: number, start: number): boolean {
    const other = this.#take(slot);
    if (other === NONE) return false;
    const nodes = this.#nodes;
    const at = WORDS * node;
    nodes.copyWithin(WORDS * other, at, at + WORDS);
    nodes[WORDS * other + START] = start;
    nodes[at + END] = start;
    nodes[at + NEXT] = other;
    if (this.#tail[slot] === node) this.#tail[slot] = other;
    return true;
  }

  /** Adds a SACKED node to the one before it, if that is SACKED as well. */
  #join(slot: number, previous: number, node: number): boolean {
    if (previous === NONE || (this.flags(previous) & SACKED) === 0) {
      return false;
    }
    this.#nodes[WORDS * previous + END] = this.end(node);
    this.#remove(slot, previous, node);
    return true;
  }

  /** Takes a node out of the chain, behind another. */
  #remove(slot: number, previous: number, node: number): void {
    this.#nodes[WORDS * previous + NEXT] = this.next(node);
    if (this.#tail[slot] === node) this.#tail[slot] = previous;
    this.#give(slot, node);
  }

  /** Takes what a node says out of the sums. */
  #forget(slot: number, node: number): void {
    const flags = this.flags(node);
    const length = this.#length(node);
    if ((flags & SACKED) !== 0) this.sacked[slot]! -= length;
    else if ((flags & (LOST | RESENT)) === LOST) this.lost[slot]! -= length;
  }

  #take(slot: number): number {
    const held = this.count[slot]!;
    if (held >= this.#guaranteed) {
      if (this.#shared === 0 || held >= this.cap) return NONE;
      this.#shared--;
    }
    this.count[slot] = held + 1;
    const node = this.#free;
    this.#free = this.#nodes[WORDS * node + NEXT]!;
    return node;
  }

  #give(slot: number, node: number): void {
    const held = this.count[slot]! - 1;
    this.count[slot] = held;
    if (held >= this.#guaranteed) this.#shared++;
    if (this.#hint[slot] === node) this.#hint[slot] = NONE;
    this.#nodes[WORDS * node + NEXT] = this.#free;
    this.#free = node;
  }

  /** Blocks in the order of their left edges; there are four at most. */
  #sort(edges: Int32Array, count: number): void {
    const blocks = this.#blocks;
    for (let i = 0; i < count; i++) {
      const left = edges[2 * i]!;
      const right = edges[2 * i + 1]!;
      let place = i;
      for (; place > 0 && before(left, blocks[2 * place - 2]!); place--) {
        blocks[2 * place] = blocks[2 * place - 2]!;
        blocks[2 * place + 1] = blocks[2 * place - 1]!;
      }
      blocks[2 * place] = left;
      blocks[2 * place + 1] = right;
    }
  }
}
