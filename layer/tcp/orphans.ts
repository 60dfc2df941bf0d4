/**
 * Connections whose user has closed them: nobody but the peer decides how long
 * they last.
 *
 * @module
 */

import type { Connection } from "./connection.ts";
import * as state from "./state.ts";

const NONE = -1;
/** So many of the oldest are looked at for one that has nothing left to send. */
const LOOK = 8;

/** The orphans in the order in which they became that. */
export class Orphans {
  readonly #connections: readonly Connection[];
  readonly #before: Int32Array;
  readonly #after: Int32Array;
  #first = NONE;
  #last = NONE;
  #size = 0;

  /** None of so many connections. */
  constructor(connections: readonly Connection[]) {
    this.#connections = connections;
    this.#before = new Int32Array(connections.length);
    this.#after = new Int32Array(connections.length);
  }

  /** How many there are. */
  get size(): number {
    return this.#size;
  }

  /** One more. */
  add(c: Connection): void {
    if (c.listed) return;
    c.listed = true;
    this.#size++;
    this.#before[c.slot] = this.#last;
    this.#after[c.slot] = NONE;
    if (this.#last === NONE) this.#first = c.slot;
    else this.#after[this.#last] = c.slot;
    this.#last = c.slot;
  }

  /** One less. */
  remove(c: Connection): void {
    if (!c.listed) return;
    c.listed = false;
    this.#size--;
    const before = this.#before[c.slot]!;
    const after = this.#after[c.slot]!;
    if (before === NONE) this.#first = after;
    else this.#after[before] = after;
    if (after === NONE) this.#last = before;
    else this.#before[after] = before;
  }

  /**
   * Takes out the one that can be spared most: one of the oldest that has only
   * the peer's FIN to wait for, else the oldest. There has to be one.
   */
  spare(): Connection {
    let slot = this.#first;
    for (let i = 0; i < LOOK && slot !== NONE; i++) {
      const c = this.#connections[slot]!;
      if (c.state === state.FIN_WAIT_2) {
        this.remove(c);
        return c;
      }
      slot = this.#after[slot]!;
    }
    const c = this.#connections[this.#first]!;
    this.remove(c);
    return c;
  }
}
