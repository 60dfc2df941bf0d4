/**
 * Which hardware address belongs to which neighbour, and how sure that is.
 *
 * @module
 */

import { Map } from "@ethox/managed/map";
import { TimerWheel } from "@ethox/managed/timer-wheel";
import { FlowQueues } from "../queue/flow_queues.ts";

/** The entry is free. */
export const FREE = 0;
/** Asked for, no answer yet. */
export const INCOMPLETE = 1;
/** Known, and heard of lately. */
export const REACHABLE = 2;
/** Known, but not heard of for a while. */
export const STALE = 3;
/** Known, in use, and asked whether it is still there. */
export const PROBE = 4;
/** Asked for in vain; not asked again for a while. */
export const FAILED = 5;
/** Given by the user; traffic does not change it. */
export const STATIC = 6;

/** Names of the states, by their constants. */
export const STATES = [
  "free",
  "incomplete",
  "reachable",
  "stale",
  "probe",
  "failed",
  "static",
] as const;

/** Name of a state. */
export type StateName = typeof STATES[number];

/** Name of a state constant. */
export function nameOfState(state: number): StateName {
  return STATES[state] ?? "free";
}

/** How many neighbours of which kind there is room for. */
export interface CacheOptions {
  /** 16 secret octets, so that strangers cannot choose keys that collide. */
  readonly key: Uint8Array;
  /** Static entries and neighbours that were asked for and answered; 64. */
  readonly known?: number;
  /** Neighbours that are asked for, or were in vain; 32. */
  readonly wanted?: number;
  /** Neighbours that only asked for us; 32. */
  readonly heard?: number;
}

// Lists of entries, in the order in which they make room for others.
const UNUSED = 0;
const WANTED = 1;
const KNOWN = 2;
const HEARD = 3;
const PINNED = 4;
const LISTS = 5;

/**
 * Entries in typed arrays. Those that strangers can cause (by asking, or by
 * making us ask) never take room from those that are known and used.
 */
export class Cache {
  /** Number of entries. */
  readonly capacity: number;
  /** Protocol address of each entry, int32. */
  readonly address: Int32Array;
  /** First two octets of the hardware address. */
  readonly high: Uint16Array;
  /** Last four octets of it, int32. */
  readonly low: Int32Array;
  /** State constant. */
  readonly state: Uint8Array;
  /** Requests sent since the state was entered. */
  readonly tries: Uint8Array;
  /** Whether it was used to send since it last had to fear for its room. */
  readonly used: Uint8Array;
  /** When the state ends. */
  readonly wheel: TimerWheel;
  readonly #map: Map;
  readonly #lists: FlowQueues;
  readonly #limits: readonly number[];
  readonly #sizes: Int32Array = new Int32Array(LISTS);
  /** The entry that had to go for the one just made, or -1. */
  evicted: number = -1;

  /** No neighbour is known. */
  constructor(options: CacheOptions) {
    const { known = 64, wanted = 32, heard = 32 } = options;
    const capacity = known + wanted + heard;
    this.capacity = capacity;
    this.#limits = [capacity, wanted, known, heard, known];
    this.address = new Int32Array(capacity);
    this.high = new Uint16Array(capacity);
    this.low = new Int32Array(capacity);
    this.state = new Uint8Array(capacity);
    this.tries = new Uint8Array(capacity);
    this.used = new Uint8Array(capacity);
    this.wheel = new TimerWheel({ capacity, resolution: 10_000 });
    this.#map = new Map({ capacity, words: 1, key: options.key });
    this.#lists = new FlowQueues(capacity, LISTS);
    for (let i = 0; i < capacity; i++) this.#lists.push(UNUSED, i);
  }

  /** The entry of an address, or -1. */
  find(address: number): number {
    return this.#map.get1(address);
  }

  /**
   * What was sent to a neighbour got no answer: when it is used next, it is asked
   * whether it is still there.
   */
  doubt(address: number): void {
    const entry = this.find(address);
    if (entry >= 0 && this.state[entry] === REACHABLE) {
      this.wheel.schedule(entry, 0);
    }
  }

  /** Entries in use. */
  get size(): number {
    return this.#map.size;
  }

  /** Makes an entry for a neighbour that is to be asked for. */
  want(address: number): number {
    return this.#make(address, WANTED, INCOMPLETE);
  }

  /** Makes an entry for a neighbour that asked for us. */
  hear(address: number): number {
    return this.#make(address, HEARD, STALE);
  }

  /** Makes or changes an entry that stays; -1 if all room is taken by such. */
  pin(address: number, high: number, low: number): number {
    let entry = this.find(address);
    if (entry < 0) entry = this.#make(address, PINNED, STATIC);
    else if (!this.#move(entry, PINNED)) return -1;
    if (entry < 0) return -1;
    this.state[entry] = STATIC;
    this.set(entry, high, low);
    this.wheel.cancel(entry);
    return entry;
  }

  /** Enters a hardware address. */
  set(entry: number, high: number, low: number): void {
    this.high[entry] = high;
    this.low[entry] = low;
  }

  /** An entry has become known by an answer. */
  know(entry: number): void {
    if (this.#lists.of(entry) !== PINNED) this.#move(entry, KNOWN);
  }

  /** An entry was used to send: it makes room after those that were not. */
  touch(entry: number): void {
    this.used[entry] = 1;
    const list = this.#lists.of(entry);
    this.#lists.remove(entry);
    this.#lists.push(list, entry);
  }

  /** An entry is not wanted any more. */
  remove(entry: number): void {
    this.#map.delete1(this.address[entry]!);
    this.wheel.cancel(entry);
    const list = this.#lists.of(entry);
    this.#lists.remove(entry);
    this.#sizes[list]!--;
    this.#lists.push(UNUSED, entry);
    this.state[entry] = FREE;
  }

  #make(address: number, list: number, state: number): number {
    this.evicted = -1;
    if (!this.#room(list)) return -1;
    const entry = this.#lists.first(UNUSED);
    if (entry < 0 || !this.#map.set1(address, entry)) return -1;
    this.#lists.remove(entry);
    this.#lists.push(list, entry);
    this.#sizes[list]!++;
    this.address[entry] = address;
    this.state[entry] = state;
    this.tries[entry] = 0;
    this.used[entry] = 0;
    this.set(entry, 0, 0);
    return entry;
  }

  #move(entry: number, list: number): boolean {
    const from = this.#lists.of(entry);
    this.evicted = -1;
    if (from === list) return true;
    this.#lists.remove(entry);
    this.#sizes[from]!--;
    return this.#place(entry, list);
  }

  #place(entry: number, list: number): boolean {
    if (!this.#room(list)) {
      // Only where all are pinned: then it stays among the heard.
      this.#lists.push(HEARD, entry);
      this.#sizes[HEARD]!++;
      return false;
    }
    this.#lists.push(list, entry);
    this.#sizes[list]!++;
    return true;
  }

  /** Makes room in a list by removing the entry that waits longest there. */
  #room(list: number): boolean {
    // Pinned entries share the room of the known.
    const shared = list === KNOWN || list === PINNED;
    const size = shared
      ? this.#sizes[KNOWN]! + this.#sizes[PINNED]!
      : this.#sizes[list]!;
    if (size < this.#limits[list]!) return true;
    const from = shared ? KNOWN : list;
    let victim = this.#lists.first(from);
    if (victim < 0) return false;
    // Those in use get a second chance, so that a sweep does not drive them out.
    for (let i = 0; i < size && this.used[victim] === 1; i++) {
      this.used[victim] = 0;
      this.#lists.remove(victim);
      this.#lists.push(from, victim);
      victim = this.#lists.first(from);
    }
    this.evicted = victim;
    this.remove(victim);
    return true;
  }
}
