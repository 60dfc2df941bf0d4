/**
 * The receiver's side of selective acknowledgments,
 * [RFC 2018](https://www.rfc-editor.org/rfc/rfc2018) section 4, with the reports
 * of duplicates of [RFC 2883](https://www.rfc-editor.org/rfc/rfc2883).
 *
 * @module
 */

import { before } from "@ethox/wire/tcp";

/** Blocks that are remembered: as many as a header has room for. */
const BLOCKS = 4;
const COUNT = 0;
/** Blocks of the row, the one that changed last first. */
const EDGES = 1;
/** Edges of the duplicate to report; equal for none. */
const DUPLICATE = EDGES + 2 * BLOCKS;
const WORDS = DUPLICATE + 2;

/** Octets of memory that one connection takes. */
export const LIST_OCTETS: number = 4 * WORDS;

/** NOP, NOP, SACK, and the length that is still to be added. */
const OPTION = 0x01010500;

/** What each connection of an endpoint has to report; one row for each. */
export class SackLists {
  readonly #rows: Int32Array;

  /** Nothing is to be reported. */
  constructor(connections: number) {
    this.#rows = new Int32Array(WORDS * connections);
  }

  /** Forgets a row. */
  clear(slot: number): void {
    const row = WORDS * slot;
    this.#rows.fill(0, row, row + WORDS);
  }

  /** Blocks that wait to be reported, a duplicate included. */
  count(slot: number): number {
    const row = WORDS * slot;
    const rows = this.#rows;
    const duplicate = rows[row + DUPLICATE] !== rows[row + DUPLICATE + 1];
    return rows[row + COUNT]! + (duplicate ? 1 : 0);
  }

  /**
   * Octets of option that an acknowledgment with so much room takes, 0 if there
   * is nothing to report or no room for a block.
   */
  optionLength(slot: number, room: number): number {
    const rows = this.#rows;
    const row = WORDS * slot;
    if (
      rows[row + COUNT] === 0 &&
      rows[row + DUPLICATE] === rows[row + DUPLICATE + 1]
    ) return 0;
    const blocks = Math.min(this.count(slot), (room - 4) >> 3);
    return blocks > 0 ? 4 + 8 * blocks : 0;
  }

  /**
   * Octets `start`..`end` have arrived beyond the next one expected: they make
   * the first block, with all that they touch.
   */
  add(slot: number, start: number, end: number): void {
    const rows = this.#rows;
    const row = WORDS * slot;
    const edges = row + EDGES;
    let kept = 0;
    for (let i = 0; i < rows[row + COUNT]!; i++) {
      const left = rows[edges + 2 * i]!;
      const right = rows[edges + 2 * i + 1]!;
      if (before(right, start) || before(end, left)) {
        rows[edges + 2 * kept] = left;
        rows[edges + 2 * kept + 1] = right;
        kept++;
        continue;
      }
      if (before(left, start)) start = left;
      if (before(end, right)) end = right;
    }
    if (kept === BLOCKS) kept--;
    rows.copyWithin(edges + 2, edges, edges + 2 * kept);
    rows[edges] = start;
    rows[edges + 1] = end;
    rows[row + COUNT] = kept + 1;
  }

  /** All octets before `next` are acknowledged as a whole. */
  advance(slot: number, next: number): void {
    this.#cut(slot, next, 0, true);
  }

  /** Octets from `end` on are held no longer. */
  retract(slot: number, end: number): void {
    this.#cut(slot, 0, end, false);
  }

  /**
   * Octets `start`..`end` came though some of them may be here already, namely
   * those before `next` or in a block. Notes the first such part (RFC 2883
   * section 4): it is reported in the next acknowledgment, once.
   */
  duplicate(slot: number, start: number, end: number, next: number): void {
    const rows = this.#rows;
    const row = WORDS * slot;
    if (before(start, next)) {
      rows[row + DUPLICATE] = start;
      rows[row + DUPLICATE + 1] = before(end, next) ? end : next;
      return;
    }
    let found = false;
    for (let i = 0; i < rows[row + COUNT]!; i++) {
      let left = rows[row + EDGES + 2 * i]!;
      let right = rows[row + EDGES + 2 * i + 1]!;
      if (before(left, start)) left = start;
      if (before(end, right)) right = end;
      if (!before(left, right)) continue;
      if (found && !before(left, rows[row + DUPLICATE]!)) continue;
      found = true;
      rows[row + DUPLICATE] = left;
      rows[row + DUPLICATE + 1] = right;
    }
  }

  /**
   * Writes an option of `length` octets at `at`, as {@linkcode optionLength} had
   * it. The duplicate goes first, and is not reported again.
   */
  write(slot: number, view: DataView, at: number, length: number): void {
    const rows = this.#rows;
    const row = WORDS * slot;
    view.setInt32(at, OPTION | (length - 2));
    const end = at + length;
    at += 4;
    const left = rows[row + DUPLICATE]!;
    const right = rows[row + DUPLICATE + 1]!;
    if (left !== right) {
      view.setInt32(at, left);
      view.setInt32(at + 4, right);
      at += 8;
      rows[row + DUPLICATE + 1] = left;
    }
    for (let edge = row + EDGES; at < end; at += 8, edge += 2) {
      view.setInt32(at, rows[edge]!);
      view.setInt32(at + 4, rows[edge + 1]!);
    }
  }

  /** Cuts all blocks at an edge, and forgets those that lie beyond it. */
  #cut(slot: number, next: number, end: number, front: boolean): void {
    const rows = this.#rows;
    const row = WORDS * slot;
    const count = rows[row + COUNT]!;
    if (count === 0) return;
    const edges = row + EDGES;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      let left = rows[edges + 2 * i]!;
      let right = rows[edges + 2 * i + 1]!;
      if (front && before(left, next)) left = next;
      if (!front && before(end, right)) right = end;
      if (!before(left, right)) continue;
      rows[edges + 2 * kept] = left;
      rows[edges + 2 * kept + 1] = right;
      kept++;
    }
    rows[row + COUNT] = kept;
  }
}
