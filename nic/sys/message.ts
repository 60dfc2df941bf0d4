/**
 * Messages in batches: `struct iovec`, `struct msghdr` with its control octets,
 * and `struct mmsghdr` (`readv(2)`, `recvmsg(2)`, `recvmmsg(2)`), as they lie
 * on 64-bit machines.
 *
 * @module
 */

import { addressOf } from "./ffi.ts";

const WORD = 0x1_0000_0000;

const IOV_BASE = 0;
const IOV_LEN = 2;
const IOV_WORDS = 4;

const MSG_IOV = 4;
const MSG_IOVLEN = 6;
const MSG_CONTROL = 8;
const MSG_CONTROLLEN = 10;
const MSG_FLAGS = 12;
const MSG_LEN = 14;
const MMSG_WORDS = 16;

/** Octets of a `struct mmsghdr`. */
export const MESSAGE_LENGTH = 64;
/** Flag: the message did not fit. */
export const MSG_TRUNC = 0x20;
/** Flag: do not wait. */
export const MSG_DONTWAIT = 0x40;

/** An array of `struct iovec`, which the kernel reads. */
export class IoVectors {
  /** The octets, for the call. */
  readonly buffer: ArrayBuffer;
  /** Where they lie. */
  readonly address: number;
  readonly #words: Uint32Array;

  /** Room for `count` of them. */
  constructor(count: number) {
    this.buffer = new ArrayBuffer(count * IOV_WORDS * 4);
    this.address = addressOf(new Uint8Array(this.buffer));
    this.#words = new Uint32Array(this.buffer);
  }

  /** Lets the one at `index` stand for `length` octets at `address`. */
  set(index: number, address: number, length: number): void {
    const at = index * IOV_WORDS;
    // Two stores instead of a bigint: addresses have 47 bits.
    this.#words[at + IOV_BASE] = address % WORD;
    this.#words[at + IOV_BASE + 1] = address / WORD;
    this.#words[at + IOV_LEN] = length;
  }
}

/** An array of `struct mmsghdr`: messages of equally many vectors each. */
export class Messages {
  /** The vectors, those of message `i` from `i * per` on. */
  readonly vectors: IoVectors;
  /** From message `i` on, for the call. */
  readonly from: readonly Uint8Array<ArrayBuffer>[];
  /** Control octets, those of message `i` from `i * controlLength` on. */
  readonly control: DataView;
  readonly #words: Uint32Array;
  readonly #controlLength: number;

  /** Room for `count` messages with `per` vectors and so many control octets. */
  constructor(count: number, per: number, controlLength: number = 0) {
    const buffer = new ArrayBuffer(count * MESSAGE_LENGTH);
    const control = new ArrayBuffer(Math.max(8, count * controlLength));
    const controlAddress = addressOf(new Uint8Array(control));
    this.vectors = new IoVectors(count * per);
    this.control = new DataView(control);
    this.#words = new Uint32Array(buffer);
    this.#controlLength = controlLength;
    const from: Uint8Array<ArrayBuffer>[] = [];
    for (let i = 0; i < count; i++) {
      from.push(new Uint8Array(buffer, i * MESSAGE_LENGTH));
      this.#point(i, MSG_IOV, this.vectors.address + i * per * IOV_WORDS * 4);
      this.#words[i * MMSG_WORDS + MSG_IOVLEN] = per;
      if (controlLength > 0) {
        this.#point(i, MSG_CONTROL, controlAddress + i * controlLength);
      }
    }
    this.from = from;
  }

  #point(index: number, field: number, address: number): void {
    const at = index * MMSG_WORDS + field;
    this.#words[at] = address % WORD;
    this.#words[at + 1] = address / WORD;
  }

  /** Readies the first `count` messages, as a call overwrites their sizes. */
  reset(count: number): void {
    for (let i = 0; i < count; i++) {
      this.#words[i * MMSG_WORDS + MSG_CONTROLLEN] = this.#controlLength;
    }
  }

  /** Octets of message `index` that were moved. */
  length(index: number): number {
    return this.#words[index * MMSG_WORDS + MSG_LEN]!;
  }

  /** The `MSG_` flags of message `index`. */
  flags(index: number): number {
    return this.#words[index * MMSG_WORDS + MSG_FLAGS]!;
  }

  /** Control octets that came with message `index`. */
  controlLength(index: number): number {
    return this.#words[index * MMSG_WORDS + MSG_CONTROLLEN]!;
  }
}
