/**
 * SYN cookies ([RFC 4987](https://www.rfc-editor.org/rfc/rfc4987) section 3.6):
 * initial sequence numbers that carry what a listener must remember of a request
 * when it has no room to remember it.
 *
 * @module
 */

import { SipHash } from "@ethox/managed/siphash";

/** Segment sizes that a cookie can name. */
const SIZES = [216, 536, 1024, 1200, 1360, 1440, 1460, 8960] as const;
/** Whoever asks for less cannot be answered by a cookie: it would get more. */
export const SMALLEST: number = SIZES[0];
/** Window shifts that a cookie can name; -1 says that none was offered. */
const SHIFTS = [-1, 0, 2, 4, 6, 7, 8, 10] as const;
/** For how long a secret is used, µs. The one before it is still accepted. */
const PERIOD = 16_000_000;

/** Makes and checks cookies. */
export class CookieJar {
  readonly #hash: SipHash;
  /** Segment size that the last good cookie named, octets. */
  mss = 0;
  /** Window shift that the last good cookie named, -1 for none. */
  windowScale = -1;

  /** `key` are 16 secret octets. */
  constructor(key: Uint8Array) {
    this.#hash = new SipHash(key);
  }

  /**
   * The initial sequence number that stands for a request. The segment size and
   * the shift are rounded down to what fits into three bits each.
   */
  bake(
    local: number,
    remote: number,
    ports: number,
    irs: number,
    mss: number,
    windowScale: number,
    now: number,
  ): number {
    const epoch = Math.floor(now / PERIOD);
    let size = SIZES.length - 1;
    while (size > 0 && SIZES[size]! > mss) size--;
    let shift = SHIFTS.length - 1;
    while (shift > 0 && SHIFTS[shift]! > windowScale) shift--;
    const bits = (epoch & 1) << 6 | size << 3 | shift;
    const mac = this.#mac(local, remote, ports, irs, bits, epoch);
    return (mac & ~0xff) | ((mac ^ bits) & 0xff);
  }

  /**
   * Whether `iss` was baked for such a request in this period or the one before;
   * if so, {@linkcode mss} and {@linkcode windowScale} say what it named.
   */
  check(
    local: number,
    remote: number,
    ports: number,
    irs: number,
    iss: number,
    now: number,
  ): boolean {
    const epoch = Math.floor(now / PERIOD);
    return this.#try(local, remote, ports, irs, iss, epoch) ||
      this.#try(local, remote, ports, irs, iss, epoch - 1);
  }

  #try(
    local: number,
    remote: number,
    ports: number,
    irs: number,
    iss: number,
    epoch: number,
  ): boolean {
    // The low octet of the mac hides the bits; it does not depend on them.
    const mask = this.#mask(local, remote, ports, irs, epoch);
    const bits = (iss ^ mask) & 0xff;
    if (bits >> 6 !== (epoch & 1)) return false;
    const mac = this.#mac(local, remote, ports, irs, bits, epoch);
    if ((mac & ~0xff) !== (iss & ~0xff)) return false;
    this.mss = SIZES[(bits >> 3) & 7]!;
    this.windowScale = SHIFTS[bits & 7]!;
    return true;
  }

  #mask(
    local: number,
    remote: number,
    ports: number,
    irs: number,
    epoch: number,
  ): number {
    const both = this.#hash.hash2(irs, epoch | 0);
    return this.#hash.hash4(local, remote, ports, both) & 0xff;
  }

  #mac(
    local: number,
    remote: number,
    ports: number,
    irs: number,
    bits: number,
    epoch: number,
  ): number {
    const mask = this.#mask(local, remote, ports, irs, epoch);
    // Hashed twice, for there are five words: mixed by an exclusive or, the tag
    // of one peer would be that of another who chose its number to match.
    const both = this.#hash.hash2(irs, (epoch << 8) | bits);
    const tag = this.#hash.hash4(local, remote, ports, both);
    return (tag & ~0xff) | mask;
  }
}
