/**
 * The options that this host puts on SYN and SYN,ACK.
 *
 * @module
 */

import { EXPERIMENT_2, FAST_OPEN, NO_OPERATION } from "@ethox/wire/tcp";
import { Cookie, MAGIC } from "./fast_open.ts";

/** Maximum segment size. */
const MSS = 0x02040000;
const SACK_PERMITTED = 0x0402;
const TIMESTAMPS = 0x080a;
/** Two no-operations. */
const NOPS = 0x0101;
/** A no-operation, then window scale. */
const WINDOW_SCALE = 0x01030300;

/** Octets of a timestamps option with the no-operations in front of it. */
export const TIMESTAMPS_LENGTH = 12;

/** What one SYN or SYN,ACK offers; reused for the next. */
export class SynOptions {
  /** Maximum segment size, octets. */
  mss = 0;
  /** Window shift, -1 for no option. */
  windowScale: number = -1;
  /** SACK may be sent to us, RFC 2018. */
  sack = false;
  /** Timestamps, RFC 7323. */
  timestamps = false;
  /** TSval, int32. */
  value = 0;
  /** TSecr, int32; 0 on a SYN without ACK. */
  echo = 0;
  /** Fast open, RFC 7413. */
  readonly cookie: Cookie = new Cookie();

  /** Sets all but the cookie: there is none. */
  set(
    mss: number,
    windowScale: number,
    sack: boolean,
    timestamps: boolean,
    value: number,
    echo: number,
  ): this {
    this.mss = mss;
    this.windowScale = windowScale;
    this.sack = sack;
    this.timestamps = timestamps;
    this.value = value;
    this.echo = echo;
    this.cookie.length = -1;
    return this;
  }

  /** Octets that {@linkcode SynOptions.write} writes: a multiple of four. */
  get length(): number {
    let length = 4;
    if (this.timestamps) length += TIMESTAMPS_LENGTH;
    else if (this.sack) length += 4;
    if (this.windowScale >= 0) length += 4;
    return length + this.#cookieLength;
  }

  /** Octets of the fast open option with what aligns it. */
  get #cookieLength(): number {
    const { length, experimental } = this.cookie;
    if (length < 0) return 0;
    return ((experimental ? 4 : 2) + length + 3) & ~3;
  }

  /**
   * Writes them at `at`, each aligned to its size, in the order that most hosts
   * use: a rare one would tell strangers what runs here.
   */
  write(view: DataView, at: number): void {
    view.setInt32(at, MSS | this.mss);
    at += 4;
    const sack = this.sack ? SACK_PERMITTED : NOPS;
    if (this.timestamps) {
      view.setInt32(at, (sack << 16) | TIMESTAMPS);
      view.setInt32(at + 4, this.value);
      view.setInt32(at + 8, this.echo);
      at += TIMESTAMPS_LENGTH;
    } else if (this.sack) {
      view.setInt32(at, (NOPS << 16) | SACK_PERMITTED);
      at += 4;
    }
    if (this.windowScale >= 0) {
      view.setInt32(at, WINDOW_SCALE | this.windowScale);
      at += 4;
    }
    if (this.cookie.length >= 0) this.#writeCookie(view, at);
  }

  #writeCookie(view: DataView, at: number): void {
    const { length, experimental, octets } = this.cookie;
    const end = at + this.#cookieLength;
    const whole = (experimental ? 4 : 2) + length;
    // What aligns it comes first.
    while (at < end - whole) view.setUint8(at++, NO_OPERATION);
    view.setUint8(at++, experimental ? EXPERIMENT_2 : FAST_OPEN);
    view.setUint8(at++, whole);
    if (experimental) {
      view.setUint16(at, MAGIC);
      at += 2;
    }
    for (let i = 0; i < length; i++) view.setUint8(at++, octets[i]!);
  }
}

/** Writes timestamps at `at` as they stand on all other segments: 12 octets. */
export function writeTimestamps(
  view: DataView,
  at: number,
  value: number,
  echo: number,
): void {
  view.setInt32(at, (NOPS << 16) | TIMESTAMPS);
  view.setInt32(at + 4, value);
  view.setInt32(at + 8, echo);
}
