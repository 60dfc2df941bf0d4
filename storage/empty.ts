/**
 * A send buffer without octets.
 *
 * @module
 */

import type { Memory } from "@ethox/managed/memory";
import type { SendBuf } from "./buf.ts";

/** Sends nothing; closes its direction when it is finished. */
export class Empty implements SendBuf {
  /** Whether the direction is closed; may be set once. */
  finished: boolean;

  /** Open by default; finished at once if asked. */
  constructor(finished: boolean = false) {
    this.finished = finished;
  }

  /** Closes the direction. */
  finish(): void {
    this.finished = true;
  }

  /** Always 0. */
  available(): number {
    return 0;
  }

  /** Does nothing. */
  fill(_memory: Memory, _at: number, _offset: number, _length: number): void {}

  /** Does nothing. */
  acknowledge(_length: number): void {}
}
