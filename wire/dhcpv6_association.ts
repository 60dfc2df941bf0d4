/**
 * Identity associations of DHCP for IPv6, RFC 8415 sections 21.4, 21.5 and 21.21.
 *
 * @module
 */

import { writeWords } from "./_words.ts";
import { Octets } from "./_dhcp.ts";
import {
  allowsLength,
  OPTION_HEADER_LENGTH,
  OptionCode,
  Options,
} from "./dhcpv6_options.ts";

/** A status as a record: absent, or a code and text. */
export class StatusRepr {
  /** One of `Status`; -1 if absent. */
  code: number = -1;
  /** Why. */
  readonly message: Octets;

  /** Makes room for `octets` octets of text. */
  constructor(octets: number) {
    this.message = new Octets(octets);
  }

  /** Forgets all. */
  clear(): void {
    this.code = -1;
    this.message.length = 0;
  }

  /** Takes a checked option; false if its text was left out for lack of room. */
  parse(from: Options): boolean {
    this.code = from.short;
    return this.message.copy(from.view, from.dataStart + 2, from.end);
  }

  /** Octets that {@linkcode StatusRepr.emit} writes. */
  get bufferLength(): number {
    return this.code < 0 ? 0 : OPTION_HEADER_LENGTH + 2 + this.message.length;
  }

  /** Writes the option, if there is a status, at `at`. */
  emit(view: DataView, at: number): void {
    if (this.code < 0) return;
    view.setUint16(at, OptionCode.STATUS_CODE);
    view.setUint16(at + 2, 2 + this.message.length);
    view.setUint16(at + 4, this.code);
    this.message.emit(view, at + 6);
  }
}

/**
 * An identity association with its addresses or prefixes; reused for others.
 *
 * Addresses count for IA_NA and IA_TA, prefixes for IA_PD.
 */
export class Association {
  /** IA_NA, IA_TA or IA_PD: a code of an option. */
  kind: number = OptionCode.IA_NA;
  /** Its identifier, chosen by the client, 32 bits. */
  identifier = 0;
  /** When to renew, seconds; 0 leaves it to the client. Not of IA_TA. */
  t1 = 0;
  /** When to rebind, seconds; 0 leaves it to the client. Not of IA_TA. */
  t2 = 0;
  /** Number of addresses or prefixes. */
  count = 0;
  /** Four words of each. */
  readonly words: Int32Array;
  /** Bits of the prefix of each; 128 for an address. */
  readonly prefixLengths: Uint8Array;
  /** Preferred lifetime of each, seconds. */
  readonly preferredLifetimes: Uint32Array;
  /** Valid lifetime of each, seconds. */
  readonly validLifetimes: Uint32Array;
  /** Octets of the options that each holds, in `nested`. */
  readonly nestedLengths: Uint16Array;
  /** The options that addresses or prefixes hold, one behind the other. */
  readonly nested: Octets;
  /** The status of the whole. */
  readonly status: StatusRepr;
  /** Other options of the whole, as they are written. */
  readonly unknown: Octets;
  readonly #options = new Options();

  /** Makes room for `capacity` addresses and `octets` of each kind of octets. */
  constructor(capacity: number, octets: number) {
    this.words = new Int32Array(4 * capacity);
    this.prefixLengths = new Uint8Array(capacity);
    this.preferredLifetimes = new Uint32Array(capacity);
    this.validLifetimes = new Uint32Array(capacity);
    this.nestedLengths = new Uint16Array(capacity);
    this.nested = new Octets(octets);
    this.status = new StatusRepr(octets);
    this.unknown = new Octets(octets);
  }

  /** Forgets all. */
  clear(): void {
    this.kind = OptionCode.IA_NA;
    this.identifier = 0;
    this.t1 = 0;
    this.t2 = 0;
    this.count = 0;
    this.nested.length = 0;
    this.status.clear();
    this.unknown.length = 0;
  }

  /**
   * Adds an address, four words at `at` of `words`, or a prefix; false if there
   * is no room. Lifetimes are in seconds.
   */
  add(
    words: Int32Array,
    at: number,
    prefixLength: number,
    preferredLifetime: number,
    validLifetime: number,
  ): boolean {
    const i = this.count;
    if (i === this.prefixLengths.length) return false;
    for (let j = 0; j < 4; j++) this.words[4 * i + j] = words[at + j]!;
    this.prefixLengths[i] = prefixLength;
    this.preferredLifetimes[i] = preferredLifetime;
    this.validLifetimes[i] = validLifetime;
    this.nestedLengths[i] = 0;
    this.count = i + 1;
    return true;
  }

  /**
   * Takes a checked option; how much there was no room for, or -1 if options in
   * it lead outside or cannot be addresses or prefixes: then nothing is taken.
   */
  parse(from: Options): number {
    this.clear();
    this.kind = from.code;
    this.identifier = from.word;
    if (from.code !== OptionCode.IA_TA) {
      this.t1 = from.t1;
      this.t2 = from.t2;
    }
    const holds = this.#holds;
    const options = this.#options.over(from);
    let dropped = 0;
    while (options.next()) {
      const sound = allowsLength(options.code, options.length);
      if (options.code === holds) {
        if (!sound) return -1;
        if (
          options.code === OptionCode.IA_PREFIX && options.prefixLength > 128
        ) {
          return -1;
        }
        if (!this.#take(options)) dropped++;
      } else if (
        options.code === OptionCode.STATUS_CODE && sound && this.status.code < 0
      ) {
        if (!this.status.parse(options)) dropped++;
      } else if (
        !this.unknown.append(options.view, options.start, options.end)
      ) {
        dropped++;
      }
    }
    return options.reason === undefined ? dropped : -1;
  }

  /** Takes an address or a prefix; false if there is no room. */
  #take(options: Options): boolean {
    const i = this.count;
    const { view, optionsStart, end } = options;
    if (
      i === this.prefixLengths.length ||
      !this.nested.append(view, optionsStart, end)
    ) return false;
    options.copyAddress(0, this.words, 4 * i);
    this.prefixLengths[i] = options.code === OptionCode.IA_PREFIX
      ? options.prefixLength
      : 128;
    this.preferredLifetimes[i] = options.preferredLifetime;
    this.validLifetimes[i] = options.validLifetime;
    this.nestedLengths[i] = end - optionsStart;
    this.count = i + 1;
    return true;
  }

  /** Code of the options for addresses or prefixes. */
  get #holds(): number {
    return this.kind === OptionCode.IA_PD
      ? OptionCode.IA_PREFIX
      : OptionCode.IA_ADDRESS;
  }

  /** Octets that {@linkcode Association.emit} writes. */
  get bufferLength(): number {
    const own = this.kind === OptionCode.IA_TA ? 4 : 12;
    const each = this.kind === OptionCode.IA_PD ? 25 : 24;
    return OPTION_HEADER_LENGTH + own +
      this.count * (OPTION_HEADER_LENGTH + each) + this.nested.length +
      this.status.bufferLength + this.unknown.length;
  }

  /** Writes the option at `at`: addresses or prefixes, status, the others. */
  emit(view: DataView, at: number): void {
    const start = at;
    view.setUint16(at, this.kind);
    view.setUint16(at + 2, this.bufferLength - OPTION_HEADER_LENGTH);
    view.setUint32(at + 4, this.identifier);
    at += 8;
    if (this.kind !== OptionCode.IA_TA) {
      view.setUint32(at, this.t1);
      view.setUint32(at + 4, this.t2);
      at += 8;
    }
    let nested = 0;
    for (let i = 0; i < this.count; i++) {
      const length = this.nestedLengths[i]!;
      view.setUint16(at, this.#holds);
      if (this.kind === OptionCode.IA_PD) {
        view.setUint16(at + 2, 25 + length);
        at = this.#lifetimes(i, view, at + 4);
        view.setUint8(at++, this.prefixLengths[i]!);
        at = this.#address(i, view, at);
      } else {
        view.setUint16(at + 2, 24 + length);
        at = this.#address(i, view, at + 4);
        at = this.#lifetimes(i, view, at);
      }
      for (let j = 0; j < length; j++) {
        view.setUint8(at++, this.nested.data[nested++]!);
      }
    }
    this.status.emit(view, at);
    at += this.status.bufferLength;
    this.unknown.emit(view, at);
    // What was counted is what was written.
    if (at + this.unknown.length !== start + this.bufferLength) {
      throw new RangeError(
        `Cannot write an identity association: ${this.nested.length} octets of options are not the sum of their lengths`,
      );
    }
  }

  #lifetimes(i: number, view: DataView, at: number): number {
    view.setUint32(at, this.preferredLifetimes[i]!);
    view.setUint32(at + 4, this.validLifetimes[i]!);
    return at + 8;
  }

  #address(i: number, view: DataView, at: number): number {
    writeWords(view, at, this.words, 4 * i);
    return at + 16;
  }
}
