/**
 * The options of a TCP header one by one, in their order.
 *
 * @module
 */

import type { Reason } from "./reason.ts";
import {
  AUTHENTICATION,
  END,
  type Header,
  MD5_SIGNATURE,
  MULTIPATH,
  NO_OPERATION,
} from "./tcp_options.ts";

const EMPTY: DataView = new DataView(new ArrayBuffer(0));

/**
 * A walk over the options of a header, at most 40 steps, without garbage.
 *
 * ```ts
 * import { tcp } from "@ethox/wire";
 * import { assertEquals } from "@std/assert";
 *
 * // No operation, no operation, maximum segment size, end of the list.
 * const octets = Uint8Array.of(1, 1, 2, 4, 5, 0xb4, 0, 0);
 * const walk = new tcp.Walk();
 * walk.wrap(new DataView(octets.buffer), 0, 8);
 * const kinds = [];
 * while (walk.next()) kinds.push(walk.kind);
 * assertEquals(kinds, [1, 1, 2, 0]);
 * ```
 */
export class Walk {
  /** Kind of the option that {@linkcode Walk.next} found. */
  kind = 0;
  /** Offset of its first octet. */
  start = 0;
  /** Offset behind its last octet. */
  end = 0;
  /** `"option"` once a length was 0, 1 or beyond the header. */
  reason: Reason | undefined = undefined;
  #view: DataView = EMPTY;
  #last = 0;

  /** Begins a walk over the octets `start`..`end`. */
  wrap(view: DataView, start: number, end: number): this {
    this.#view = view;
    this.#last = end;
    this.start = start;
    this.end = start;
    this.kind = 0;
    this.reason = undefined;
    return this;
  }

  /** Begins a walk over the options of a checked header. */
  over(header: Header): this {
    return this.wrap(header.view, header.optionsStart, header.optionsEnd);
  }

  /**
   * Goes to the next option, no-operations included; false behind the last,
   * which is the end of the list if there is one.
   */
  next(): boolean {
    const at = this.end;
    if (at >= this.#last) return false;
    const kind = this.#view.getUint8(at);
    let length = 1;
    if (kind === END) {
      this.#last = at + 1;
    } else if (kind !== NO_OPERATION) {
      length = at + 1 < this.#last ? this.#view.getUint8(at + 1) : 0;
      if (length < 2 || length > this.#last - at) {
        this.reason = "option";
        this.end = this.#last;
        return false;
      }
    }
    this.kind = kind;
    this.start = at;
    this.end = at + length;
    return true;
  }

  /** Octets of this option, kind and length included. */
  get length(): number {
    return this.end - this.start;
  }

  /** Offset of its first octet behind kind and length. */
  get dataStart(): number {
    return Math.min(this.start + 2, this.end);
  }

  /** Offset of the digest of 16 octets (RFC 2385), or -1 if this is none. */
  get digestStart(): number {
    return this.kind === MD5_SIGNATURE && this.length === 18
      ? this.start + 2
      : -1;
  }

  /** KeyID of an authentication option (RFC 5925 2.2), or -1 if this is none. */
  get keyId(): number {
    return this.kind === AUTHENTICATION && this.length >= 4
      ? this.#view.getUint8(this.start + 2)
      : -1;
  }

  /** RNextKeyID of an authentication option, or -1 if this is none. */
  get nextKeyId(): number {
    return this.kind === AUTHENTICATION && this.length >= 4
      ? this.#view.getUint8(this.start + 3)
      : -1;
  }

  /** Subtype of a multipath option (RFC 8684 section 3), or -1 if this is none. */
  get subtype(): number {
    return this.kind === MULTIPATH && this.length >= 3
      ? this.#view.getUint8(this.start + 2) >>> 4
      : -1;
  }
}
