/**
 * Puts the fragments of IP datagrams in captures together, of either version.
 *
 * Memory is bounded: so many datagrams at once, each at most as long as a
 * datagram can be. The one that waited longest makes room for a new one, and
 * what has not become whole after a minute of the capture is given up.
 *
 * @module
 */

import { Assembler, FULL } from "@ethox/storage/assembler";
import { type Dissector, Kind } from "@ethox/wire/dissector";

/** Octets of the longest payload of a datagram. */
const MOST = 65535;
/** Octets in front of it: the longest header, or those of IPv6 before it. */
const HEADER = 512;
/** Seconds that a datagram may take (RFC 8200 section 4.5). */
const PATIENCE = 60;
/** Runs of octets that a datagram may be in. */
const RANGES = 128;
const ADDRESS_WORDS = 8;
const IPV4_FRAGMENT = 0x3fff;

/** How much may wait. */
export interface FragmentsOptions {
  /** Datagrams that may wait at once, 64 by default. */
  readonly datagrams?: number;
}

/** Why fragments were dropped. */
export type Drop = "evicted" | "late" | "overlap" | "conflict" | "length";

/** One datagram that waits for the rest of it. */
class Datagram {
  used = false;
  six = false;
  identification = 0;
  protocol = 0;
  readonly addresses: Int32Array = new Int32Array(ADDRESS_WORDS);
  /** Octets of the payload, -1 until the last fragment came. */
  total = -1;
  /** Octets of headers in front, 0 until the first fragment came. */
  header = 0;
  started = 0;
  age = 0;
  readonly frames: number[] = [];
  readonly held: Assembler = Assembler.allocate(RANGES);
  readonly bytes: Uint8Array<ArrayBuffer> = new Uint8Array(HEADER + MOST);
}

/**
 * The fragments that wait. A fragment of IPv6 that overlaps drops its datagram
 * (RFC 5722); of IPv4 the octets that came first stay.
 */
export class Fragments {
  /** Memory of the datagram that {@linkcode Fragments.add} completed. */
  view: DataView = new DataView(new ArrayBuffer(0));
  /** Where it begins: with its IP header, as if it had not been cut. */
  start = 0;
  /** Where its payload begins. */
  payloadStart = 0;
  /** Where it ends. */
  end = 0;
  /** Whether it is one of IPv6. */
  six = false;
  /** Numbers of the frames that it came in. */
  frames: readonly number[] = [];
  /** How often datagrams, or single fragments, were dropped. */
  readonly drops: Record<Drop, number> = {
    evicted: 0,
    late: 0,
    overlap: 0,
    conflict: 0,
    length: 0,
  };
  readonly #datagrams: Datagram[] = [];
  readonly #most: number;
  readonly #wanted = new Int32Array(ADDRESS_WORDS);
  #lent: Datagram | undefined;
  #clock = 0;

  /** Nothing waits yet, and little memory is taken before something does. */
  constructor(options: FragmentsOptions = {}) {
    this.#most = options.datagrams ?? 64;
    if (!Number.isInteger(this.#most) || this.#most < 1) {
      throw new RangeError(
        `Cannot keep ${this.#most} datagrams: need one or more`,
      );
    }
  }

  /**
   * Index of the layer in what a walk found that makes the packet a fragment,
   * or -1 if it is none.
   */
  find(view: DataView, found: Dissector): number {
    for (let i = 0; i < found.count && found.quoted[i] === 0; i++) {
      const kind = found.kind[i]!;
      if (kind !== Kind.IPV4 && kind !== Kind.FRAGMENT) continue;
      const at = found.at[i]!;
      // Not what was cut, or has a length that no host would take.
      if (found.reason[i] !== 0 || found.claimed[i]! > found.end[i]!) continue;
      if (kind === Kind.IPV4) {
        if ((view.getUint16(at + 6) & IPV4_FRAGMENT) !== 0) return i;
      } else if ((view.getUint16(at + 2) & 0xfff9) !== 0) return i;
    }
    return -1;
  }

  /**
   * Takes the fragment of frame `frame` at `seconds`, whose layer is `index`.
   * True if it makes a datagram whole; that lies in `view` until the next call.
   */
  add(
    view: DataView,
    found: Dissector,
    index: number,
    frame: number,
    seconds: number,
  ): boolean {
    const network = found.network[index]!;
    if (network < 0) return false;
    const six = found.kind[index] === Kind.FRAGMENT;
    const at = found.at[index]!;
    const field = view.getUint16(at + (six ? 2 : 6));
    const offset = six ? field & 0xfff8 : (field & 0x1fff) * 8;
    const more = six ? (field & 1) !== 0 : (field & 0x2000) !== 0;
    const from = found.payload[index]!;
    const length = found.end[index]! - from;
    this.#addresses(view, found.at[network]!, six);
    const one = this.#enter(
      six,
      six ? view.getInt32(at + 4) : view.getUint16(at + 4),
      six ? 0 : view.getUint8(at + 9),
      seconds,
    );
    // RFC 8200 section 4.5: all but the last are in whole units.
    if (
      (more && (length === 0 || length % 8 !== 0)) || offset + length > MOST
    ) {
      return this.#drop(one, "length");
    }
    if (!more && one.total >= 0 && one.total !== offset + length) {
      return this.#drop(one, "conflict");
    }
    if (
      (one.total >= 0 && offset + length > one.total) ||
      (!more && one.held.end > offset + length)
    ) return this.#drop(one, "conflict");
    if (!more) one.total = offset + length;
    if (!this.#store(one, view, from, offset, length)) return false;
    one.frames.push(frame);
    if (offset === 0) this.#header(one, view, found, index, network);
    if (one.total < 0 || one.header === 0 || one.held.front < one.total) {
      return false;
    }
    this.#complete(one);
    return true;
  }

  #addresses(view: DataView, at: number, six: boolean): void {
    const words = this.#wanted;
    if (six) {
      for (let i = 0; i < ADDRESS_WORDS; i++) {
        words[i] = view.getInt32(at + 8 + 4 * i);
      }
      return;
    }
    words.fill(0);
    words[0] = view.getInt32(at + 12);
    words[1] = view.getInt32(at + 16);
  }

  /** The datagram that a fragment belongs to, or a new one. */
  #enter(
    six: boolean,
    identification: number,
    protocol: number,
    seconds: number,
  ): Datagram {
    let free: Datagram | undefined;
    let oldest: Datagram | undefined;
    let waiting = 0;
    for (const one of this.#datagrams) {
      if (one.used && seconds - one.started > PATIENCE) {
        this.#drop(one, "late");
      }
      if (!one.used) {
        // What is lent may itself hold the fragment that is added.
        if (one !== this.#lent) free = one;
        continue;
      }
      if (
        one.six === six && one.identification === identification &&
        one.protocol === protocol && this.#same(one)
      ) return one;
      waiting++;
      if (oldest === undefined || one.age < oldest.age) oldest = one;
    }
    if (waiting >= this.#most) {
      this.#drop(oldest!, "evicted");
      free = oldest!;
    }
    // One more than may wait, for the one that is lent.
    if (free === undefined) {
      free = new Datagram();
      this.#datagrams.push(free);
    }
    free.used = true;
    free.six = six;
    free.identification = identification;
    free.protocol = protocol;
    free.addresses.set(this.#wanted);
    free.total = -1;
    free.header = 0;
    free.started = seconds;
    free.age = this.#clock++;
    free.frames.length = 0;
    free.held.clear();
    return free;
  }

  #same(one: Datagram): boolean {
    const { addresses } = one;
    for (let i = 0; i < ADDRESS_WORDS; i++) {
      if (addresses[i] !== this.#wanted[i]) return false;
    }
    return true;
  }

  #drop(one: Datagram, reason: Drop): false {
    this.drops[reason]++;
    one.used = false;
    return false;
  }

  /** Copies the octets that are new; false if the datagram was dropped. */
  #store(
    one: Datagram,
    view: DataView,
    from: number,
    offset: number,
    length: number,
  ): boolean {
    const { held, bytes } = one;
    const end = offset + length;
    const octets = new Uint8Array(view.buffer, view.byteOffset);
    const copy = (low: number, high: number) => {
      const at = from + low - offset;
      bytes.set(octets.subarray(at, at + high - low), HEADER + low);
    };
    let next = offset;
    let overlap = false;
    for (const [low, high] of held) {
      if (high <= next) continue;
      if (low >= end) break;
      overlap = true;
      if (low > next) copy(next, low);
      next = high;
    }
    if (overlap && one.six) return this.#drop(one, "overlap");
    if (next < end) copy(next, end);
    if (overlap) this.drops.overlap++;
    if (held.boundedAdd(offset, length, 0) === FULL) {
      return this.#drop(one, "length");
    }
    return true;
  }

  /** Keeps the headers of the first fragment, as they were before the cut. */
  #header(
    one: Datagram,
    view: DataView,
    found: Dissector,
    index: number,
    network: number,
  ): void {
    const start = found.at[network]!;
    const length = one.six
      ? found.at[index]! - start
      : found.payload[index]! - start;
    if (length > HEADER) return;
    const at = HEADER - length;
    for (let i = 0; i < length; i++) {
      one.bytes[at + i] = view.getUint8(start + i);
    }
    one.header = length;
    if (!one.six) return;
    // The header in front names the one behind the fragment header.
    const before = found.at[index - 1]!;
    const named = index - 1 === network ? start + 6 : before;
    one.bytes[at + named - start] = view.getUint8(found.at[index]!);
  }

  #complete(one: Datagram): void {
    const start = HEADER - one.header;
    const end = HEADER + one.total;
    const view = new DataView(one.bytes.buffer);
    if (one.six) view.setUint16(start + 4, end - start - 40);
    else {
      view.setUint16(start + 2, end - start);
      view.setUint16(start + 6, view.getUint16(start + 6) & 0x4000);
    }
    this.view = view;
    this.start = start;
    this.payloadStart = HEADER;
    this.end = end;
    this.six = one.six;
    this.frames = one.frames.slice();
    this.#lent = one;
    one.used = false;
  }
}
