/**
 * Domain names in the search list of a router, RFC 8106.
 *
 * @module
 */

import type { Reason } from "./reason.ts";

const EMPTY: DataView = new DataView(new ArrayBuffer(0));

/** Where names lie: the part of a walk over options that they are read by. */
export interface Data {
  /** The memory. */
  readonly view: DataView;
  /** Offset of the first octet. */
  readonly dataStart: number;
  /** Offset behind the last. */
  readonly dataEnd: number;
}

/**
 * A walk over the names of a DNS search list (RFC 8106 section 5.2), bounded by
 * its octets. Names there are not compressed; the zeros behind them end it.
 *
 * ```ts
 * import { ndp } from "@ethox/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const octets = new TextEncoder().encode("\x03lab\x07example\0\0\0\0");
 * const names = new ndp.Names().wrap(new DataView(octets.buffer), 0, 16);
 * const texts = [];
 * while (names.next()) texts.push(names.text());
 * assertEquals(texts, ["lab.example"]);
 * assertEquals(names.reason, undefined);
 * ```
 */
export class Names {
  /** Offset of the first octet of the name that {@linkcode Names.next} found. */
  start = 0;
  /** Offset behind its last octet, which is 0. */
  end = 0;
  /**
   * `"length"` once a name did not end, `"malformed"` once a label was longer
   * than 63 octets, or a pointer, or a name longer than 255.
   */
  reason: Reason | undefined = undefined;
  #view: DataView = EMPTY;
  #last = 0;

  /** Begins a walk over the search list at which a walk over options stands. */
  over(options: Data): this {
    return this.wrap(options.view, options.dataStart, options.dataEnd);
  }

  /** As {@linkcode over}, of the octets `start`..`end`. */
  wrap(view: DataView, start: number, end: number): this {
    this.#view = view;
    this.#last = end;
    this.start = start;
    this.end = start;
    this.reason = undefined;
    return this;
  }

  /** Goes to the next name; false behind the last. */
  next(): boolean {
    const first = this.end;
    let at = first;
    while (at < this.#last) {
      const length = this.#view.getUint8(at);
      if (length > 63) return this.#stop("malformed");
      at += 1 + length;
      if (at - first > 255) return this.#stop("malformed");
      if (length > 0) continue;
      if (at - first === 1) return this.#stop(undefined);
      this.start = first;
      this.end = at;
      return true;
    }
    return this.#stop(at > first ? "length" : undefined);
  }

  #stop(reason: Reason | undefined): false {
    this.reason ??= reason;
    this.end = this.#last;
    return false;
  }

  /**
   * The name without its last dot; dots, backslashes and what is not printable
   * within a label are escaped as in RFC 1035 section 5.1.
   */
  text(): string {
    let text = "";
    for (let at = this.start; at < this.end;) {
      const length = this.#view.getUint8(at++);
      if (length === 0) break;
      if (text !== "") text += ".";
      for (const end = at + length; at < end; at++) {
        text += escape(this.#view.getUint8(at));
      }
    }
    return text;
  }
}

function escape(octet: number): string {
  if (octet <= 0x20 || octet >= 0x7f) {
    return `\\${octet.toString().padStart(3, "0")}`;
  }
  const character = String.fromCharCode(octet);
  return character === "." || character === "\\" ? `\\${character}` : character;
}
