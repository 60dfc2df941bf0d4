/**
 * A window that never changes, for paths whose capacity is known, and for tests.
 *
 * @module
 */

import type { Clock } from "@ethox/nic/device";
import type { Connection } from "./connection.ts";
import { type Control, type Delivery, WINDOW_LIMIT } from "./control.ts";

/** A fixed window for the connections of one endpoint. */
export class Fixed implements Control {
  /** The name `"fixed"`. */
  readonly name = "fixed";
  readonly #octets: number;

  /** Every window is of so many octets. @throws {RangeError} */
  constructor(octets: number) {
    if (!(octets >= 1 && octets <= WINDOW_LIMIT)) {
      throw new RangeError(
        `Cannot fix the window at ${octets} octets: need 1 to ${WINDOW_LIMIT}`,
      );
    }
    this.#octets = Math.floor(octets);
  }

  #set(c: Connection): void {
    c.cwnd = c.ssthresh = Math.max(this.#octets, c.mss);
  }

  /** Sets the window. */
  begin(c: Connection, _clock: Clock): void {
    this.#set(c);
  }

  /** No effect but that recovery ends at the same window. */
  acknowledged(c: Connection, _d: Delivery, _clock: Clock): void {
    if (!c.inRecovery) this.#set(c);
  }

  /** The window stays. */
  reduce(c: Connection, _cause: number, _clock: Clock): void {
    this.#set(c);
  }

  /** The window stays. */
  expired(c: Connection, _clock: Clock): void {
    this.#set(c);
  }

  /** The window stays. */
  recovered(c: Connection, _clock: Clock): void {
    this.#set(c);
  }

  /** The window stays. */
  undone(c: Connection, _clock: Clock): void {
    this.#set(c);
  }

  /** The window stays. */
  resumed(c: Connection, _idle: number, _clock: Clock): void {
    this.#set(c);
  }
}
