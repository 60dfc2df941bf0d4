/**
 * Cookies of fast open, [RFC 7413](https://www.rfc-editor.org/rfc/rfc7413): what
 * a server gives and takes back, and what a client keeps of it.
 *
 * @module
 */

import { SipHash } from "@ethox/managed/siphash";
import { EXPERIMENT_2, type Options } from "@ethox/wire/tcp";

/** Octets of the cookies that are given here. */
export const COOKIE_LENGTH = 8;
/** What RFC 7413 section 4.1.1 allows. */
const SHORTEST = 4;
const LONGEST = 16;
/** Experiment that fast open was before it got a kind of its own (RFC 6994). */
export const MAGIC = 0xf989;

/** For how long a key is used, µs; the one before it is still accepted. */
const PERIOD = 3600 * 1_000_000;
/** For how long a peer that does not take part is not asked, µs. */
const REFUSAL = 3600 * 1_000_000;
/** For how long a connection that was reset counts as pending, µs. */
const PENANCE = 60 * 1_000_000;
/** Rows that one address may have its cookie in. */
const WAYS = 4;

/** A fast open option: a cookie, or the wish for one. */
export class Cookie {
  /** Octets, 0 for the wish, -1 for no option. */
  length: number = -1;
  /** It stands in an experimental option (kind 254, RFC 6994). */
  experimental = false;
  /** The octets. */
  readonly octets: Uint8Array = new Uint8Array(LONGEST);

  /** Takes it from the options of a SYN; one of a forbidden length is none. */
  read(options: Options): this {
    this.length = options.fastOpenLength;
    this.experimental = false;
    if (this.length >= 0) this.octets.set(options.fastOpenCookie);
    else this.#readExperiment(options);
    if (this.length > 0 && (this.length < SHORTEST || this.length % 2 !== 0)) {
      this.length = -1;
    }
    return this;
  }

  #readExperiment(options: Options): void {
    const index = options.indexOfUnknown(EXPERIMENT_2);
    if (index < 0) return;
    const at = options.unknownStart(index);
    const data = options.unknownData;
    const length = options.unknownLength[index]! - 2;
    if (length < 0 || length > LONGEST) return;
    if (((data[at]! << 8) | data[at + 1]!) !== MAGIC) return;
    this.length = length;
    this.experimental = true;
    for (let i = 0; i < length; i++) this.octets[i] = data[at + 2 + i]!;
  }
}

/** It is none of ours. */
export const INVALID = 0;
/** It is good. */
export const VALID = 1;
/** It is good, and the client should get a newer one. */
export const AGEING = 2;

/** Makes the cookies of a server, and knows them again. */
export class CookieMill {
  readonly #hash: SipHash;
  readonly #view: DataView;
  readonly #octets: Uint8Array = new Uint8Array(COOKIE_LENGTH);

  /** `key` are 16 secret octets. */
  constructor(key: Uint8Array) {
    this.#hash = new SipHash(key);
    this.#view = new DataView(this.#octets.buffer);
  }

  /** The cookie of an address now. */
  bake(local: number, remote: number, now: number, into: Cookie): void {
    this.#make(local, remote, Math.floor(now / PERIOD));
    into.length = COOKIE_LENGTH;
    for (let i = 0; i < COOKIE_LENGTH; i++) into.octets[i] = this.#octets[i]!;
  }

  /** Judges a cookie that an address brings. */
  check(local: number, remote: number, now: number, cookie: Cookie): number {
    if (cookie.length !== COOKIE_LENGTH) return INVALID;
    const epoch = Math.floor(now / PERIOD);
    if (this.#is(local, remote, epoch, cookie)) return VALID;
    return this.#is(local, remote, epoch - 1, cookie) ? AGEING : INVALID;
  }

  #is(local: number, remote: number, epoch: number, cookie: Cookie): boolean {
    this.#make(local, remote, epoch);
    let differences = 0;
    for (let i = 0; i < COOKIE_LENGTH; i++) {
      differences |= this.#octets[i]! ^ cookie.octets[i]!;
    }
    return differences === 0;
  }

  #make(local: number, remote: number, epoch: number): void {
    const hash = this.#hash;
    hash.hash3(local, remote, epoch | 0);
    this.#view.setInt32(0, hash.low);
    this.#view.setInt32(4, hash.high);
  }
}

/**
 * The cookies that servers gave, and which of them gave none: a table of fixed
 * size by address, in which newer ones take the place of older.
 */
export class CookieCache {
  readonly #hash: SipHash;
  readonly #mask: number;
  readonly #remote: Int32Array;
  readonly #mss: Uint16Array;
  readonly #length: Int8Array;
  readonly #octets: Uint8Array;
  readonly #refusedUntil: Float64Array;
  readonly #turn: Uint8Array;

  /** Room for about so many servers; `key` are 16 secret octets. */
  constructor(servers: number, key: Uint8Array) {
    let sets = 1;
    while (sets * WAYS < servers) sets *= 2;
    this.#mask = sets - 1;
    const rows = sets * WAYS;
    this.#hash = new SipHash(key);
    this.#remote = new Int32Array(rows);
    this.#mss = new Uint16Array(rows);
    this.#length = new Int8Array(rows).fill(-1);
    this.#octets = new Uint8Array(rows * LONGEST);
    this.#refusedUntil = new Float64Array(rows);
    this.#turn = new Uint8Array(sets);
  }

  /** Segment size of a server with a cookie; 0 to ask for one, -1 not to. */
  mss(remote: number, now: number): number {
    const row = this.#find(remote);
    if (row < 0) return 0;
    if (now < this.#refusedUntil[row]!) return -1;
    return this.#length[row]! > 0 ? this.#mss[row]! : 0;
  }

  /** The cookie of a server, or the wish for one. */
  load(remote: number, into: Cookie): void {
    const row = this.#find(remote);
    into.experimental = false;
    into.length = row < 0 ? 0 : Math.max(0, this.#length[row]!);
    for (let i = 0; i < into.length; i++) {
      into.octets[i] = this.#octets[row * LONGEST + i]!;
    }
  }

  /** A server gave a cookie, and this segment size. */
  store(remote: number, mss: number, cookie: Cookie): void {
    const row = this.#row(remote);
    this.#mss[row] = mss;
    this.#length[row] = cookie.length;
    this.#refusedUntil[row] = 0;
    for (let i = 0; i < cookie.length; i++) {
      this.#octets[row * LONGEST + i] = cookie.octets[i]!;
    }
  }

  /**
   * A server, or what lies in between, does not take part: leave it alone for a
   * while (RFC 7413 section 4.1.3.1).
   */
  refuse(remote: number, now: number): void {
    const row = this.#row(remote);
    this.#length[row] = 0;
    this.#refusedUntil[row] = now + REFUSAL;
  }

  #find(remote: number): number {
    const first = this.#first(remote);
    for (let row = first; row < first + WAYS; row++) {
      if (this.#remote[row] === remote && this.#length[row]! >= 0) return row;
    }
    return -1;
  }

  /** The row of an address, or the one that it gets. */
  #row(remote: number): number {
    const found = this.#find(remote);
    if (found >= 0) return found;
    const first = this.#first(remote);
    const set = first / WAYS;
    const row = first + this.#turn[set]!;
    this.#turn[set] = (this.#turn[set]! + 1) % WAYS;
    this.#remote[row] = remote;
    return row;
  }

  #first(remote: number): number {
    return (this.#hash.hash1(remote) & this.#mask) * WAYS;
  }
}

/**
 * How many connections of a listener may have begun early, and not be confirmed
 * yet (RFC 7413 section 5.1). Those that were reset count on for a while, or a
 * stranger could make room for himself with forged resets.
 */
export class EarlyLimit {
  readonly #until: Float64Array;
  #head = 0;
  #failed = 0;
  #pending = 0;

  /** So many at once. */
  constructor(limit: number) {
    this.#until = new Float64Array(limit);
  }

  /** Those that count now. */
  get pending(): number {
    return this.#pending + this.#failed;
  }

  /** One more begins, if it may. */
  take(now: number): boolean {
    const limit = this.#until.length;
    while (this.#failed > 0 && this.#until[this.#head]! <= now) {
      this.#head = (this.#head + 1) % limit;
      this.#failed--;
    }
    if (this.pending >= limit) return false;
    this.#pending++;
    return true;
  }

  /** One is confirmed. */
  done(): void {
    this.#pending--;
  }

  /** One ended before that. */
  failed(now: number): void {
    const limit = this.#until.length;
    this.#pending--;
    this.#until[(this.#head + this.#failed++) % limit] = now + PENANCE;
  }
}
