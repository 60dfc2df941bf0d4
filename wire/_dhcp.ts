// What both versions of DHCP are held in: bounded octets, names in them, and
// addresses.

import { formatName, parseName } from "./dns_name.ts";

/** Most octets of an encoded name, the root's included (RFC 1035 3.1). */
const MAX_NAME = 255;

// RFC 1035 has no limit; a name of 127 labels needs no more than these.
const MOST_POINTERS = 127;

/**
 * Offset behind the name at `at`: behind its root or, if it may have one, its
 * first pointer; -1 if a label is of another kind or the name does not end.
 */
export function skipName(
  view: DataView,
  at: number,
  end: number,
  pointers: boolean,
): number {
  const limit = Math.min(end, at + MAX_NAME);
  while (at < limit) {
    const label = view.getUint8(at);
    if (label === 0) return at + 1;
    if (label > 63) {
      return pointers && label >= 0xc0 && at + 2 <= end ? at + 2 : -1;
    }
    at += 1 + label;
  }
  return -1;
}

/**
 * Writes the name at `at`, with what its pointers stand for, into `into` at
 * `to`, up to `limit`. Offsets in pointers count from `start`, and each must
 * lead to an octet in front of all that the name had before.
 *
 * The number of octets written, or -1 for a pointer or label that cannot be, a
 * name over 255 octets, or too little room.
 */
export function expandName(
  view: DataView,
  start: number,
  end: number,
  at: number,
  into: DataView,
  to: number,
  limit: number,
): number {
  const first = to;
  let lowest = at;
  let pointers = 0;
  for (;;) {
    if (at >= end) return -1;
    const label = view.getUint8(at);
    if (label >= 0xc0) {
      if (at + 2 > end || ++pointers > MOST_POINTERS) return -1;
      const target = start + (view.getUint16(at) & 0x3fff);
      if (target >= lowest) return -1;
      lowest = target;
      at = target;
      continue;
    }
    if (label > 63 || at + 1 + label > end) return -1;
    if (to + 1 + label > limit || to + 1 + label - first > MAX_NAME) return -1;
    for (let i = 0; i <= label; i++) {
      into.setUint8(to + i, view.getUint8(at + i));
    }
    to += 1 + label;
    if (label === 0) return to - first;
    at += 1 + label;
  }
}

/** Octets of bounded number, in memory made once. */
export class Octets {
  /** The memory. */
  readonly data: Uint8Array;
  /** A view of it, to walk. */
  readonly view: DataView;
  /** How many of its octets count; 0 if there are none. */
  length = 0;

  /** Makes room for `capacity` octets. */
  constructor(capacity: number) {
    this.data = new Uint8Array(capacity);
    this.view = new DataView(this.data.buffer);
  }

  /** Forgets all. */
  clear(): void {
    this.length = 0;
  }

  /** Copies octets; false, and empty, if they do not fit. */
  set(octets: ArrayLike<number>): boolean {
    this.length = 0;
    if (octets.length > this.data.length) return false;
    for (let i = 0; i < octets.length; i++) this.data[i] = octets[i]!;
    this.length = octets.length;
    return true;
  }

  /** Copies the octets `start`..`end`; false, and empty, if they do not fit. */
  copy(view: DataView, start: number, end: number): boolean {
    this.length = 0;
    return this.append(view, start, end);
  }

  /** Adds the octets `start`..`end`; false, and as before, if they do not fit. */
  append(view: DataView, start: number, end: number): boolean {
    if (end - start > this.data.length - this.length) return false;
    let to = this.length;
    for (let at = start; at < end; at++) this.data[to++] = view.getUint8(at);
    this.length = to;
    return true;
  }

  /** Writes the octets at `at`. */
  emit(view: DataView, at: number): void {
    for (let i = 0; i < this.length; i++) view.setUint8(at + i, this.data[i]!);
  }

  /** The octets as UTF-8 text without trailing NULs, which some add. */
  get text(): string {
    let length = this.length;
    while (length > 0 && this.data[length - 1] === 0) length--;
    return new TextDecoder("utf-8", { ignoreBOM: true })
      .decode(this.data.subarray(0, length));
  }

  /**
   * Takes the UTF-8 octets of a text.
   *
   * @throws {RangeError} if they do not fit.
   */
  set text(text: string) {
    const octets = new TextEncoder().encode(text);
    if (this.set(octets)) return;
    throw new RangeError(
      `Cannot hold a text of ${octets.length} octets: room is for ${this.data.length}`,
    );
  }
}

/** A list of IPv4 addresses, int32, in memory made once. */
export class Addresses {
  /** The addresses. */
  readonly values: Int32Array;
  /** How many of them count. */
  count = 0;

  /** Makes room for `capacity` addresses. */
  constructor(capacity: number) {
    this.values = new Int32Array(capacity);
  }

  /** Adds an address; false if there is no room. */
  add(address: number): boolean {
    if (this.count === this.values.length) return false;
    this.values[this.count++] = address;
    return true;
  }
}

/** A list of names without pointers, one behind the other (RFC 1035 3.1). */
export class Names extends Octets {
  /** Takes the names of a list, expanded; false, and empty, if one cannot be. */
  expand(view: DataView, start: number, end: number): boolean {
    this.length = 0;
    let to = 0;
    let at = start;
    while (at < end) {
      const next = skipName(view, at, end, true);
      const octets = next < 0
        ? -1
        : expandName(view, start, end, at, this.view, to, this.data.length);
      if (octets < 0) return false;
      to += octets;
      at = next;
    }
    this.length = to;
    return true;
  }

  /**
   * Adds a name such as `"example.com"`, in the form of RFC 1035 section 5.1.
   *
   * @throws {SyntaxError} if it is no name.
   * @throws {RangeError} if it does not fit.
   */
  add(name: string): void {
    const octets = parseName(name);
    if (octets.length > this.data.length - this.length) {
      throw new RangeError(
        `Cannot add ${name}: ${octets.length} octets do not fit`,
      );
    }
    this.data.set(octets, this.length);
    this.length += octets.length;
  }

  /** The names as text, each with a dot at its end. */
  get texts(): string[] {
    const all: string[] = [];
    let at = 0;
    while (at < this.length) {
      all.push(formatName(this.data, at));
      at = skipName(this.view, at, this.length, false);
      if (at < 0) break;
    }
    return all;
  }
}
