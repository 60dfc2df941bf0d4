/**
 * SYN cookies ([RFC 4987](https://www.rfc-editor.org/rfc/rfc4987) section 3.6):
 * initial sequence numbers that carry what a listener must remember of a request
 * when it has no room to remember it.
 *
 * The number is 24 bits of a keyed hash over all that identifies the request,
 * and 8 bits that say what it offered, hidden by the same key. Where the peer
 * offered timestamps, the lower six bits of the SYN,ACK's TSval say what does
 * not fit, and the hash is over this TSval, too: the peer has to echo it as it
 * was.
 *
 * @module
 */

import { SipHash } from "@ethox/managed/siphash";

/** Segment sizes that a cookie can name where 3 bits are left for them. */
const FEW_SIZES = [216, 536, 1024, 1200, 1360, 1440, 1460, 8960] as const;
/** The same for 6 bits: those that occur, of tunnels and satellites, too. */
// deno-fmt-ignore
const SIZES = [
  216, 256, 296, 384, 460, 496, 512, 536, 576, 640, 768, 896, 966, 1024, 1100,
  1160, 1200, 1208, 1220, 1240, 1260, 1280, 1300, 1310, 1320, 1330, 1340, 1348,
  1350, 1352, 1358, 1360, 1362, 1368, 1370, 1372, 1376, 1378, 1380, 1382, 1388,
  1390, 1392, 1394, 1396, 1398, 1400, 1404, 1408, 1410, 1412, 1414, 1420, 1424,
  1428, 1430, 1432, 1436, 1440, 1448, 1452, 1460, 4000, 8960,
] as const;
/** Whoever asks for less cannot be answered by a cookie: it would get more. */
export const SMALLEST: number = FEW_SIZES[0];
/** Window shifts that three bits can name; -1 says that none was offered. */
const SHIFTS = [-1, 0, 2, 4, 6, 7, 8, 10] as const;
/** For how long a secret is used, µs. The one before it is still accepted. */
const PERIOD = 16_000_000;

/** Bits of TSval that say something. */
const STAMP_MASK = 0x3f;
const NO_SHIFT = 15;
const STAMP_SACK = 0x10;
const STAMP_ECN = 0x20;

/** What a cookie is to remember, and what it remembered. */
export class CookieJar {
  readonly #hash: SipHash;
  /** Segment size, octets. */
  mss = 0;
  /** Window shift, -1 for none. */
  windowScale: number = -1;
  /** SACK was permitted. */
  sackPermitted = false;
  /** ECN was asked for; forgotten without timestamps. */
  ecn = false;
  /** Timestamps were offered. */
  timestamps = false;
  /** TSval of the SYN,ACK; {@linkcode CookieJar.bake} takes it from the clock. */
  stamp = 0;

  /** `key` are 16 secret octets. */
  constructor(key: Uint8Array) {
    this.#hash = new SipHash(key);
  }

  /**
   * The initial sequence number that stands for a request whose offer is in the
   * fields. The segment size and, without timestamps, the shift are rounded down
   * to what can be named. Changes {@linkcode CookieJar.stamp} to what must be
   * sent as TSval: up to 64 ticks in the past.
   */
  bake(
    local: number,
    remote: number,
    ports: number,
    irs: number,
    now: number,
  ): number {
    const epoch = Math.floor(now / PERIOD);
    const base = this.#base(local, remote, ports, irs, epoch);
    let bits: number;
    if (this.timestamps) {
      bits = indexOf(SIZES, this.mss);
      const said = (this.windowScale < 0 ? NO_SHIFT : this.windowScale) |
        (this.sackPermitted ? STAMP_SACK : 0) | (this.ecn ? STAMP_ECN : 0);
      const low = (said ^ (base >>> 8)) & STAMP_MASK;
      const stamp = (this.stamp & ~STAMP_MASK) | low;
      // Never of the future: later segments must not have smaller ones.
      const late = ((this.stamp - stamp) | 0) < 0;
      this.stamp = late ? (stamp - STAMP_MASK - 1) | 0 : stamp;
    } else {
      bits = (indexOf(FEW_SIZES, this.mss) << 4) |
        (indexOf(SHIFTS, this.windowScale) << 1) | (this.sackPermitted ? 1 : 0);
    }
    bits |= (epoch & 1) << 7;
    return this.#seal(base, bits);
  }

  /**
   * Whether `iss` was baked for such a request in this period or the one before;
   * `timestamps` and `stamp` are to say whether the ACK has timestamps, and the
   * TSecr. If so, the other fields say what was offered.
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
    const base = this.#base(local, remote, ports, irs, epoch);
    const bits = (iss ^ base) & 0xff;
    if (bits >> 7 !== (epoch & 1)) return false;
    if (this.timestamps && (bits & 0x40) !== 0) return false;
    if (this.#seal(base, bits) !== iss) return false;
    if (this.timestamps) {
      this.mss = SIZES[bits & 0x3f]!;
      const said = (this.stamp ^ (base >>> 8)) & STAMP_MASK;
      const shift = said & 15;
      this.windowScale = shift === NO_SHIFT ? -1 : shift;
      this.sackPermitted = (said & STAMP_SACK) !== 0;
      this.ecn = (said & STAMP_ECN) !== 0;
    } else {
      this.mss = FEW_SIZES[(bits >> 4) & 7]!;
      this.windowScale = SHIFTS[(bits >> 1) & 7]!;
      this.sackPermitted = (bits & 1) !== 0;
      this.ecn = false;
    }
    return true;
  }

  /** A hash of the request; its low octets hide what is said. */
  #base(
    local: number,
    remote: number,
    ports: number,
    irs: number,
    epoch: number,
  ): number {
    // Hashed twice, for there are five words: mixed by an exclusive or, the tag
    // of one peer would be that of another who chose its number to match.
    const both = this.#hash.hash2(irs, epoch | 0);
    return this.#hash.hash4(local, remote, ports, both);
  }

  /** The number that says `bits`: 24 bits of tag, 8 of them hidden. */
  #seal(base: number, bits: number): number {
    const tag = this.timestamps
      ? this.#hash.hash3(base, bits, this.stamp)
      : this.#hash.hash2(base, bits);
    return (tag & ~0xff) | ((base ^ bits) & 0xff);
  }
}

/** Index of the largest value that is not larger, 0 if all are. */
function indexOf(values: readonly number[], value: number): number {
  let i = values.length - 1;
  while (i > 0 && values[i]! > value) i--;
  return i;
}
