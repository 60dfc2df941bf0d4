/**
 * The options of a TCP header, RFC 9293 section 3.2.
 *
 * @module
 */

import type { Reason } from "./reason.ts";

/** End of the list. */
export const END = 0;
/** One octet of nothing. */
export const NO_OPERATION = 1;
/** Maximum segment size, RFC 9293. */
export const MAXIMUM_SEGMENT_SIZE = 2;
/** Window scale, RFC 7323. */
export const WINDOW_SCALE = 3;
/** Selective acknowledgments may be sent, RFC 2018. */
export const SACK_PERMITTED = 4;
/** Selective acknowledgments, RFC 2018. */
export const SACK = 5;
/** Timestamps, RFC 7323. */
export const TIMESTAMPS = 8;
/** Signature by MD5, RFC 2385; 18 octets. */
export const MD5_SIGNATURE = 19;
/** User time-out, RFC 5482. */
export const USER_TIMEOUT = 28;
/** Authentication, RFC 5925. */
export const AUTHENTICATION = 29;
/** Several paths of one connection, RFC 8684. */
export const MULTIPATH = 30;
/** Fast open cookie, RFC 7413. */
export const FAST_OPEN = 34;
/** Accurate ECN counters, order 0, RFC 9768. */
export const ACCURATE_ECN_0 = 172;
/** Accurate ECN counters, order 1, RFC 9768. */
export const ACCURATE_ECN_1 = 174;
/** Experiments; the next two octets name which (RFC 6994). */
export const EXPERIMENT_1 = 253;
/** Experiments as well. */
export const EXPERIMENT_2 = 254;

/** Subtypes of the multipath option (RFC 8684 section 8.2). */
export const MultipathSubtype = {
  /** The connection can have several paths. */
  CAPABLE: 0,
  /** A path joins a connection. */
  JOIN: 1,
  /** Sequence number and acknowledgment of the connection's data. */
  DATA_SEQUENCE: 2,
  /** The sender has another address. */
  ADD_ADDRESS: 3,
  /** It has one less. */
  REMOVE_ADDRESS: 4,
  /** This path is a spare one, or no longer. */
  PRIORITY: 5,
  /** Back to one path. */
  FAIL: 6,
  /** The connection is reset. */
  FAST_CLOSE: 7,
  /** Why the path is reset. */
  RESET: 8,
} as const;

/** Most octets of options. */
export const MAX_OPTIONS_LENGTH = 40;
/** Largest window shift, RFC 7323 section 2.3. */
export const MAX_WINDOW_SCALE = 14;
/** Most SACK blocks in a header. */
export const SACK_BLOCKS = 4;

const MOST_UNKNOWN = MAX_OPTIONS_LENGTH / 2;

const NAMES: Readonly<Record<number, string>> = {
  [END]: "eol",
  [NO_OPERATION]: "nop",
  [MAXIMUM_SEGMENT_SIZE]: "mss",
  [WINDOW_SCALE]: "wscale",
  [SACK_PERMITTED]: "sackOK",
  [SACK]: "sack",
  [TIMESTAMPS]: "TS",
  [MD5_SIGNATURE]: "md5",
  [USER_TIMEOUT]: "uto",
  [AUTHENTICATION]: "tcp-ao",
  [MULTIPATH]: "mptcp",
  [FAST_OPEN]: "tfo",
};

/** The short name of an option kind, or `kind-N`. */
export function nameOfOption(kind: number): string {
  return NAMES[kind] ?? `kind-${kind}`;
}

/**
 * What the options of one header say; reused for the next.
 *
 * Where an option stands twice the first counts. Options that are not modelled,
 * such as MD5, authentication and multipath, or have another length than their
 * standard gives, are kept octet for octet.
 *
 * Of the order only that of the options kept whole among themselves survives,
 * and no padding does: {@linkcode Options.emit} has an order of its own, and
 * octets that it wrote come out the same. `Walk` tells the order that was.
 */
export class Options {
  /** Maximum segment size, octets; 0 if absent. */
  mss = 0;
  /** Window shift, at most 14; -1 if absent. */
  windowScale: number = -1;
  /** Whether SACK may be sent. */
  sackPermitted = false;
  /** Number of SACK blocks. */
  sackCount = 0;
  /** Left and right edges of the blocks in turn, int32. */
  readonly sack: Int32Array = new Int32Array(2 * SACK_BLOCKS);
  /** Whether timestamps are there. */
  timestamps = false;
  /** TSval, int32. */
  timestampValue = 0;
  /** TSecr, int32. */
  timestampEcho = 0;
  /** Octets of the fast open cookie: 0 asks for one, -1 if absent. */
  fastOpenLength: number = -1;
  /** The cookie. */
  readonly fastOpenCookie: Uint8Array = new Uint8Array(16);
  /** User time-out, seconds; -1 if absent. */
  userTimeout: number = -1;
  /** Number of options kept whole. */
  unknownCount = 0;
  /** Kind of each. */
  readonly unknownKind: Uint8Array = new Uint8Array(MOST_UNKNOWN);
  /** Octets of each behind kind and length. */
  readonly unknownLength: Uint8Array = new Uint8Array(MOST_UNKNOWN);
  /** These octets, one option behind the other. */
  readonly unknownData: Uint8Array = new Uint8Array(MAX_OPTIONS_LENGTH);
  #unknownOctets = 0;

  /** Forgets all. */
  clear(): void {
    this.mss = 0;
    this.windowScale = -1;
    this.sackPermitted = false;
    this.sackCount = 0;
    this.timestamps = false;
    this.timestampValue = 0;
    this.timestampEcho = 0;
    this.fastOpenLength = -1;
    this.userTimeout = -1;
    this.unknownCount = 0;
    this.#unknownOctets = 0;
  }

  /**
   * Reads the options of a checked header. `"option"` if a length is impossible;
   * then only what stands in front of it has been read.
   */
  parse(header: Header): Reason | undefined {
    return this.read(header.view, header.optionsStart, header.optionsEnd);
  }

  /** As {@linkcode parse}, of the octets `at`..`end`, at most 40. */
  read(view: DataView, at: number, end: number): Reason | undefined {
    this.clear();
    // Not more than a header has room for, nor more than is kept here.
    if (end - at > MAX_OPTIONS_LENGTH) return "option";
    // By far the commonest: timestamps alone (RFC 7323 appendix A).
    if (end - at === 12 && view.getInt32(at) === 0x0101080a) {
      this.timestamps = true;
      this.timestampValue = view.getInt32(at + 4);
      this.timestampEcho = view.getInt32(at + 8);
      return undefined;
    }
    while (at < end) {
      const kind = view.getUint8(at);
      if (kind === END) return undefined;
      if (kind === NO_OPERATION) {
        at++;
        continue;
      }
      if (at + 2 > end) return "option";
      const length = view.getUint8(at + 1);
      if (length < 2 || at + length > end) return "option";
      if (!this.#take(view, at, kind, length)) {
        this.#keep(view, at, kind, length);
      }
      at += length;
    }
    return undefined;
  }

  /** Takes a modelled option; false if it is none, or a second one. */
  #take(view: DataView, at: number, kind: number, length: number): boolean {
    switch (kind) {
      case MAXIMUM_SEGMENT_SIZE:
        if (length !== 4) return false;
        if (this.mss === 0) this.mss = view.getUint16(at + 2);
        return true;
      case WINDOW_SCALE:
        if (length !== 3) return false;
        if (this.windowScale < 0) {
          this.windowScale = Math.min(MAX_WINDOW_SCALE, view.getUint8(at + 2));
        }
        return true;
      case SACK_PERMITTED:
        if (length !== 2) return false;
        this.sackPermitted = true;
        return true;
      case SACK:
        if (length < 10 || (length - 2) % 8 !== 0) return false;
        if (this.sackCount > 0) return true;
        this.sackCount = (length - 2) >> 3;
        for (let i = 0; i < 2 * this.sackCount; i++) {
          this.sack[i] = view.getInt32(at + 2 + 4 * i);
        }
        return true;
      case TIMESTAMPS:
        if (length !== 10) return false;
        if (this.timestamps) return true;
        this.timestamps = true;
        this.timestampValue = view.getInt32(at + 2);
        this.timestampEcho = view.getInt32(at + 6);
        return true;
      case USER_TIMEOUT: {
        if (length !== 4) return false;
        const value = view.getUint16(at + 2);
        // The top bit says that the rest counts minutes.
        const seconds = value < 0x8000 ? value : (value & 0x7fff) * 60;
        if (this.userTimeout < 0) this.userTimeout = seconds;
        return true;
      }
      case FAST_OPEN:
        if (length > 18 || length === 3) return false;
        if (this.fastOpenLength >= 0) return true;
        this.fastOpenLength = length - 2;
        for (let i = 0; i < length - 2; i++) {
          this.fastOpenCookie[i] = view.getUint8(at + 2 + i);
        }
        return true;
      default:
        return false;
    }
  }

  /** Adds an option that is written as it is; false if there is no room. */
  addUnknown(kind: number, data: Uint8Array): boolean {
    const room = MAX_OPTIONS_LENGTH - this.#unknownOctets;
    if (this.unknownCount === MOST_UNKNOWN || data.length > room) return false;
    this.unknownKind[this.unknownCount] = kind;
    this.unknownLength[this.unknownCount++] = data.length;
    for (let i = 0; i < data.length; i++) {
      this.unknownData[this.#unknownOctets++] = data[i]!;
    }
    return true;
  }

  /** Which of the options kept whole is the first of a kind, or -1. */
  indexOfUnknown(kind: number): number {
    for (let i = 0; i < this.unknownCount; i++) {
      if (this.unknownKind[i] === kind) return i;
    }
    return -1;
  }

  /** Where the octets of an option kept whole begin in `unknownData`. */
  unknownStart(index: number): number {
    let at = 0;
    for (let i = 0; i < index; i++) at += this.unknownLength[i]!;
    return at;
  }

  #keep(view: DataView, at: number, kind: number, length: number): void {
    this.unknownKind[this.unknownCount] = kind;
    this.unknownLength[this.unknownCount++] = length - 2;
    for (let i = 2; i < length; i++) {
      this.unknownData[this.#unknownOctets++] = view.getUint8(at + i);
    }
  }

  /** Octets that {@linkcode emit} writes: a multiple of four. */
  get bufferLength(): number {
    return (this.#octets + 3) & ~3;
  }

  get #octets(): number {
    let octets = 0;
    if (this.mss > 0) octets += 4;
    if (this.sackPermitted) octets += 2;
    if (this.timestamps) octets += 10;
    if (this.windowScale >= 0) octets += 3;
    if (this.userTimeout >= 0) octets += 4;
    if (this.fastOpenLength >= 0) octets += 2 + this.fastOpenLength;
    if (this.sackCount > 0) octets += 2 + 8 * this.sackCount;
    return octets + 2 * this.unknownCount + this.#unknownOctets;
  }

  /**
   * Writes the options at `at`, filled up with no-operations. It is the
   * caller's duty that they fit into 40 octets.
   */
  emit(view: DataView, at: number): void {
    const octets = this.#octets;
    const end = at + ((octets + 3) & ~3);
    if (this.timestamps && octets === 10) {
      // The form that readers have a short way for.
      view.setInt32(at, 0x0101080a);
      view.setInt32(at + 4, this.timestampValue);
      view.setInt32(at + 8, this.timestampEcho);
      return;
    }
    if (this.mss > 0) {
      view.setInt32(at, (MAXIMUM_SEGMENT_SIZE << 24) | (4 << 16) | this.mss);
      at += 4;
    }
    if (this.sackPermitted) {
      view.setUint16(at, (SACK_PERMITTED << 8) | 2);
      at += 2;
    }
    if (this.timestamps) {
      view.setUint16(at, (TIMESTAMPS << 8) | 10);
      view.setInt32(at + 2, this.timestampValue);
      view.setInt32(at + 6, this.timestampEcho);
      at += 10;
    }
    if (this.windowScale >= 0) {
      view.setUint16(at, (WINDOW_SCALE << 8) | 3);
      view.setUint8(at + 2, this.windowScale);
      at += 3;
    }
    if (this.userTimeout >= 0) {
      const seconds = this.userTimeout;
      const value = seconds < 0x8000
        ? seconds
        : 0x8000 | Math.min(0x7fff, Math.ceil(seconds / 60));
      view.setInt32(at, (USER_TIMEOUT << 24) | (4 << 16) | value);
      at += 4;
    }
    if (this.fastOpenLength >= 0) {
      view.setUint16(at, (FAST_OPEN << 8) | (2 + this.fastOpenLength));
      at += 2;
      for (let i = 0; i < this.fastOpenLength; i++) {
        view.setUint8(at++, this.fastOpenCookie[i]!);
      }
    }
    if (this.sackCount > 0) {
      view.setUint16(at, (SACK << 8) | (2 + 8 * this.sackCount));
      at += 2;
      for (let i = 0; i < 2 * this.sackCount; i++) {
        view.setInt32(at, this.sack[i]!);
        at += 4;
      }
    }
    let data = 0;
    for (let i = 0; i < this.unknownCount; i++) {
      const length = this.unknownLength[i]!;
      view.setUint8(at++, this.unknownKind[i]!);
      view.setUint8(at++, 2 + length);
      for (let j = 0; j < length; j++) {
        view.setUint8(at++, this.unknownData[data++]!);
      }
    }
    while (at < end) view.setUint8(at++, NO_OPERATION);
  }
}

/** Where options lie: the part of a header's view that they are read by. */
export interface Header {
  /** The memory. */
  readonly view: DataView;
  /** Offset of the first option octet. */
  readonly optionsStart: number;
  /** Offset behind the last. */
  readonly optionsEnd: number;
}
