/**
 * The records of an endpoint, and who may take how many of them.
 *
 * @module
 */

import { Connection } from "./connection.ts";
import type { Host } from "./handler.ts";
import { storeFor } from "./control_block.ts";
import type { Control } from "./control.ts";
import { SLOT_LIMIT } from "./record.ts";

/**
 * All connection records, made once. A class of users (those who connect, each
 * listener) may reserve a number of them that nobody else can take; the rest is
 * for whoever comes first.
 */
export class Slots {
  /** The records by slot. */
  readonly connections: readonly Connection[];
  readonly #free: Int32Array;
  readonly #used: Int32Array;
  readonly #reserved: Int32Array;
  readonly #control: Control;
  #available: number;
  #promised = 0;

  /** `capacity` records for up to `classes` classes, under a control. @throws {RangeError} */
  constructor(
    capacity: number,
    classes: number,
    host: Host,
    control: Control,
  ) {
    if (!Number.isInteger(capacity) || capacity < 1 || capacity > SLOT_LIMIT) {
      throw new RangeError(
        `Cannot make ${capacity} connections: need 1 to ${SLOT_LIMIT}`,
      );
    }
    const store = storeFor(capacity);
    const connections: Connection[] = [];
    for (let i = 0; i < capacity; i++) {
      connections.push(new Connection(i, host, store));
    }
    this.connections = connections;
    this.#free = new Int32Array(capacity);
    for (let i = 0; i < capacity; i++) this.#free[i] = capacity - 1 - i;
    this.#used = new Int32Array(classes);
    this.#reserved = new Int32Array(classes);
    this.#control = control;
    this.#available = capacity;
  }

  /** Records that are free. */
  get available(): number {
    return this.#available;
  }

  /** Records that a class has taken. */
  used(share: number): number {
    return this.#used[share]!;
  }

  /** Guarantees a class so many records; false if they are promised elsewhere. */
  reserve(share: number, count: number): boolean {
    const held = this.#outstanding(share);
    const needed = Math.max(0, count - this.#used[share]!);
    if (this.#promised - held + needed > this.#available) return false;
    this.#reserved[share] = count;
    this.#promised += needed - held;
    return true;
  }

  /** Takes a record for a class, or `undefined` if it may have no more. */
  take(share: number): Connection | undefined {
    const held = this.#outstanding(share);
    if (held === 0 && this.#available <= this.#promised) return undefined;
    if (this.#available === 0) return undefined;
    const slot = this.#free[--this.#available]!;
    if (held > 0) this.#promised--;
    this.#used[share] = this.#used[share]! + 1;
    const connection = this.connections[slot]!;
    connection.reset();
    connection.control = this.#control;
    connection.store.turn(slot);
    connection.share = share;
    return connection;
  }

  /** Gives a record back. */
  give(connection: Connection): void {
    const { share } = connection;
    this.#used[share] = this.#used[share]! - 1;
    if (this.#outstanding(share) > 0) this.#promised++;
    connection.reset();
    connection.store.turn(connection.slot);
    this.#free[this.#available++] = connection.slot;
  }

  /** The connection with that key, if it still exists. */
  get(key: number): Connection | undefined {
    const connection = this.connections[key % SLOT_LIMIT];
    return key !== 0 && connection?.key === key ? connection : undefined;
  }

  /** Records that a class was promised and has not taken. */
  #outstanding(share: number): number {
    const left = this.#reserved[share]! - this.#used[share]!;
    return left > 0 ? left : 0;
  }
}
