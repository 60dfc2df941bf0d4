/**
 * From a user's bytes to memory.
 *
 * @module
 */

import { Memory } from "@ethox/managed/memory";

/**
 * Remembers the memory made for the array that was used last, so a caller who
 * reads into or writes from one array again and again causes no garbage.
 */
export class Edge {
  #bytes: Uint8Array | undefined;
  #memory: Memory | undefined;

  /** `bytes` as memory. */
  of(bytes: Uint8Array): Memory {
    if (this.#memory === undefined || this.#bytes !== bytes) {
      this.#bytes = bytes;
      this.#memory = Memory.from(bytes);
    }
    return this.#memory;
  }
}
