/**
 * Fields of headers as members of JSON objects, each if it is there.
 *
 * @module
 */

import type { Writer } from "@ethox/wire/text";

const EMPTY: DataView = new DataView(new ArrayBuffer(0));

/** Reads octets of a frame, and writes those that are there. */
export class Fields {
  /** Whether a field was wanted beyond the end that the headers give. */
  malformed = false;
  /** Whether a field was wanted beyond what was captured. */
  short = false;
  /** Offset behind the last octet of the frame that was captured. */
  captured = 0;
  /** The frame. */
  view: DataView = EMPTY;
  /** Offset behind the last octet of the layer that is there. */
  end = 0;
  /** The same as its headers say it. */
  claimed = 0;
  readonly #out: Writer;
  #quoted = false;
  #stopped = false;

  /** Writes to `out`. */
  constructor(out: Writer) {
    this.#out = out;
  }

  /** Begins a frame. */
  begin(view: DataView, captured: number, claimed: number): void {
    this.view = view;
    this.captured = captured;
    this.end = captured;
    this.claimed = claimed;
    this.malformed = false;
    this.short = false;
    this.#stopped = false;
    this.#quoted = false;
  }

  /** Begins a layer. */
  enter(end: number, claimed: number, quoted: boolean): void {
    this.end = end;
    this.claimed = claimed;
    this.#quoted = quoted;
  }

  /** Notes a value that cannot be; in a quote or fragment it does not count. */
  spoil(): void {
    if (!this.#quoted) this.malformed = true;
  }

  /** Says that the layer may end anywhere, as in a part of a longer message. */
  allowEnd(): void {
    this.#quoted = true;
  }

  /** Notes that octets up to `to` were wanted; a quote may end anywhere. */
  ranOff(to: number): void {
    // What comes first ends the reading.
    if (this.#stopped) return;
    if (to > this.claimed) {
      if (this.#quoted) return;
      this.malformed = true;
      this.#stopped = true;
    } else if (to > this.captured) {
      this.short = true;
      this.#stopped = true;
    }
  }

  /** Whether `octets` at `at` are there, noting it if not. */
  has(at: number, octets: number): boolean {
    if (at + octets <= this.end) return true;
    this.ranOff(at + octets);
    return false;
  }

  /** The octet at `at`, unchecked. */
  get8(at: number): number {
    return this.view.getUint8(at);
  }

  /** 16 bits, unchecked. */
  get16(at: number): number {
    return this.view.getUint16(at);
  }

  /** 32 bits, unsigned, unchecked. */
  get32(at: number): number {
    return this.view.getUint32(at);
  }

  /** A member with 8 bits. */
  field8(key: string, at: number): void {
    if (!this.has(at, 1)) return;
    this.#out.text(key);
    this.#out.decimal(this.view.getUint8(at));
  }

  /** A member with 16 bits. */
  field16(key: string, at: number): void {
    if (!this.has(at, 2)) return;
    this.#out.text(key);
    this.#out.decimal(this.view.getUint16(at));
  }

  /** A member with 32 bits. */
  field32(key: string, at: number): void {
    if (!this.has(at, 4)) return;
    this.#out.text(key);
    this.#out.decimal(this.view.getUint32(at));
  }

  /** A member with an Ethernet address. */
  mac(key: string, at: number): void {
    if (!this.has(at, 6)) return;
    const out = this.#out;
    out.text(key);
    out.byte(0x22);
    out.mac(this.view.getUint16(at), this.view.getInt32(at + 2));
    out.byte(0x22);
  }

  /** A member with an IPv4 address. */
  ipv4(key: string, at: number): void {
    if (!this.has(at, 4)) return;
    this.#out.text(key);
    this.quoted4(at);
  }

  /** A member with an IPv6 address. */
  ipv6(key: string, at: number): void {
    if (!this.has(at, 16)) return;
    this.#out.text(key);
    this.quoted6(at);
  }

  /** An IPv4 address in quotes, unchecked. */
  quoted4(at: number): void {
    this.#out.byte(0x22);
    this.#out.ipv4(this.view.getInt32(at));
    this.#out.byte(0x22);
  }

  /** An IPv6 address in quotes, unchecked. */
  quoted6(at: number): void {
    const { view } = this;
    this.prefix6(
      view.getInt32(at),
      view.getInt32(at + 4),
      view.getInt32(at + 8),
      view.getInt32(at + 12),
    );
  }

  /** An IPv6 address in quotes from its words. */
  prefix6(w0: number, w1: number, w2: number, w3: number): void {
    const out = this.#out;
    out.byte(0x22);
    // Addresses compatible with IPv4 are written as inet_ntop does.
    if (w0 === 0 && w1 === 0 && w2 === 0 && w3 >>> 16 !== 0) {
      out.text("::");
      out.ipv4(w3);
    } else out.ipv6(w0, w1, w2, w3);
    out.byte(0x22);
  }
}
