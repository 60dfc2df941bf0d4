/**
 * Reads capture files, pcap and pcapng, whichever they are: synchronously over
 * octets in memory, or from a stream.
 *
 * {@linkcode Reader} is a cursor over frames that makes no garbage. A file that
 * is cut short or damaged ends with a reason; nothing throws.
 *
 * ```ts
 * import { capture, pcap } from "@ethox/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const pieces: Uint8Array<ArrayBuffer>[] = [];
 * const writer = new pcap.Writer((octets) => pieces.push(octets.slice()));
 * const frame = new DataView(new ArrayBuffer(60));
 * for (let i = 0; i < 3; i++) writer.write(1000 * i, frame, 0, 60);
 * writer.flush();
 *
 * const reader = new capture.Reader().open(pieces[0]!);
 * const times: number[] = [];
 * while (reader.next()) times.push(reader.timestamp);
 * assertEquals(times, [0, 1000, 2000]);
 * assertEquals(reader.reason, undefined);
 *
 * // From a stream, a frame at a time, or by batches, which is faster.
 * const source = () => new Blob(pieces).stream();
 * let count = 0;
 * for await (const frame of new capture.Stream(source())) count += frame.length;
 * const stream = new capture.Stream(source());
 * for await (const batch of stream.batches()) {
 *   while (batch.next()) count += batch.length;
 * }
 * assertEquals(count, 2 * 3 * 60);
 * assertEquals(stream.reason, undefined);
 * ```
 *
 * @module
 */

import { type Format, Frame, type Interface } from "./_capture.ts";
import * as pcap from "./pcap.ts";
import * as pcapng from "./pcapng.ts";
import type { Reason } from "./reason.ts";

export { type Format, Frame, type Interface };

/** Octets of the longest record or block that is read, unless told otherwise. */
export const LIMIT: number = 64 * 1024 * 1024;

const EMPTY: DataView = new DataView(new ArrayBuffer(0));
const NONE: readonly Interface[] = [];
/** Tells how long a section header is. */
const SECTION: Format = new pcapng.Decoder();
/** Octets that tell formats apart. */
const MAGIC_LENGTH = 4;

/** How to read. */
export interface ReaderOptions {
  /**
   * Octets of the longest record or block that is read, {@linkcode LIMIT} by
   * default. A longer one ends the reading, so that a length that lies cannot
   * fill the memory.
   */
  readonly limit?: number;
}

/**
 * A cursor over the frames of a file: after {@linkcode next} gave true it is
 * the frame, until the next call.
 *
 * No octet of the file can make it throw, and each call ends after at most so
 * many steps as there are octets.
 */
export class Reader extends Frame {
  /** Why the file could not be read to its end; nothing if it was. */
  reason: Reason | undefined = undefined;
  /** The same in words, with the offset in the file; empty if nothing is wrong. */
  detail = "";
  readonly #limit: number;
  #format: Format | undefined;
  #memory: DataView = EMPTY;
  #at = 0;
  #stop = 0;
  /** Whether nothing follows what lies in memory. */
  #last = true;
  /** Octets of the file in front of offset 0 of the memory; may be below 0. */
  #before = 0;

  /** A cursor at nothing. @throws {RangeError} for a limit below 64 octets. */
  constructor(options: ReaderOptions = {}) {
    super();
    const limit = options.limit ?? LIMIT;
    if (!(limit >= 64)) {
      throw new RangeError(
        `Cannot read at most ${limit} octets: need 64 or more`,
      );
    }
    this.#limit = limit;
  }

  /** Begins with a file that lies in memory as a whole. */
  open(file: Uint8Array): this {
    const { buffer, byteOffset, byteLength } = file;
    return this.wrap(
      new DataView(buffer, byteOffset, byteLength),
      0,
      byteLength,
    );
  }

  /** Begins with a file that is the octets `start`..`end` of a view. */
  wrap(view: DataView, start: number, end: number): this {
    this.reset();
    this.#last = true;
    this.#set(view, start, end, 0);
    return this;
  }

  /** Begins with a file that comes in pieces: {@linkcode feed} them. */
  reset(): this {
    this.reason = undefined;
    this.detail = "";
    this.#format = undefined;
    this.#last = false;
    this.#set(EMPTY, 0, 0, 0);
    return this;
  }

  /**
   * Goes on in other memory. Its first octet must be the one at
   * {@linkcode position}: what was left over stands in front of what is new.
   */
  feed(view: DataView, start: number, end: number): this {
    this.#set(view, start, end, this.offset);
    return this;
  }

  /** Says that nothing follows; `left` octets were not fed again. */
  finish(left: number = this.#stop - this.#at): void {
    this.#last = true;
    if (this.reason !== undefined) return;
    if (left > 0 || this.#format === undefined) this.#truncated();
  }

  /** Octets of the longest record or block that is read. */
  get limit(): number {
    return this.#limit;
  }

  /** Offset in the memory of the first octet that was not read yet. */
  get position(): number {
    return this.#at;
  }

  /** The same in the file. */
  get offset(): number {
    return this.#before + this.#at;
  }

  /** `"pcap"` or `"pcapng"`, once that is known. */
  get format(): "pcap" | "pcapng" | undefined {
    if (this.#format === undefined) return undefined;
    return this.#format instanceof pcap.Decoder ? "pcap" : "pcapng";
  }

  /** Interfaces, of the section that is being read. */
  get interfaces(): readonly Interface[] {
    return this.#format?.interfaces ?? NONE;
  }

  /**
   * Octets that the record or block at {@linkcode position} takes, as far as
   * the octets `start`..`end` of a view tell, if they begin there.
   */
  need(view: DataView, start: number, end: number): number {
    if (this.#format !== undefined) {
      return this.#format.need(view, start, end);
    }
    if (end - start < MAGIC_LENGTH) return MAGIC_LENGTH;
    if (isPcapng(view, start)) return SECTION.need(view, start, end);
    return isPcap(view, start) ? pcap.FILE_HEADER_LENGTH : MAGIC_LENGTH;
  }

  /**
   * Moves to the next frame. False if there is none in the memory: at the end
   * of the file, once {@linkcode reason} is set, or when more must be fed.
   */
  next(): boolean {
    if (this.reason !== undefined) return false;
    const view = this.#memory;
    for (;;) {
      const at = this.#at;
      const left = this.#stop - at;
      const format = this.#format ?? this.#recognise(view, at, left);
      if (format === undefined) return false;
      const need = format.need(view, at, this.#stop);
      if (need > this.#limit) return this.#tooLong(need);
      if (need > left) {
        if (this.#last && left > 0) this.#truncated();
        return false;
      }
      if (format.decode(this, view, at, need)) {
        this.#at = at + need;
        return true;
      }
      if (format.reason !== undefined) {
        return this.#fail(format.reason, format.detail);
      }
      this.#at = at + need;
    }
  }

  #set(view: DataView, start: number, end: number, offset: number): void {
    this.#memory = view;
    this.#at = start;
    this.#stop = end;
    this.#before = offset - start;
  }

  #recognise(view: DataView, at: number, left: number): Format | undefined {
    if (left < MAGIC_LENGTH) {
      if (this.#last) this.#truncated();
      return undefined;
    }
    if (isPcapng(view, at)) return this.#format = new pcapng.Decoder();
    if (isPcap(view, at)) return this.#format = new pcap.Decoder();
    const big = view.getUint32(at);
    const name = STRANGERS.get(big) ?? STRANGERS.get((big & 0xffff0000) >>> 0);
    this.#fail("unsupported", name ?? "neither pcap nor pcapng");
    return undefined;
  }

  #fail(reason: Reason, what: string): false {
    this.reason = reason;
    this.detail = `${what}, at octet ${this.offset}`;
    return false;
  }

  #tooLong(need: number): false {
    return this.#fail(
      "length",
      `${need} octets in one piece where ${this.#limit} are allowed`,
    );
  }

  #truncated(): void {
    const empty = this.offset === 0 && this.#stop === this.#at;
    this.#fail("truncated", empty ? "an empty file" : "the file is cut short");
  }
}

/** What else has been called a capture file. */
const STRANGERS: ReadonlyMap<number, string> = new Map([
  [0x1f8b0000, "compressed by gzip"],
  [0x28b52ffd, "compressed by zstd"],
  [0x04224d18, "compressed by lz4"],
  [0xfd377a58, "compressed by xz"],
  [0x736e6f6f, "a capture of snoop"],
]);

function isPcapng(view: DataView, at: number): boolean {
  return view.getUint32(at) === pcapng.MAGIC;
}

function isPcap(view: DataView, at: number): boolean {
  return isMagic(view.getUint32(at)) || isMagic(view.getUint32(at, true));
}

function isMagic(magic: number): boolean {
  return magic === pcap.MAGIC_MICROSECONDS ||
    magic === pcap.MAGIC_NANOSECONDS || magic === pcap.MAGIC_MODIFIED;
}

/**
 * A capture file that arrives in a stream.
 *
 * Frames lie where the stream put them; only a record or block that straddles
 * two chunks is copied, into a buffer that grows with what has arrived, and not
 * with what a length claims. An error of the stream itself is thrown. Leaving a
 * loop cancels the stream.
 */
export class Stream {
  /** The cursor, which both iterations move. */
  readonly reader: Reader;
  readonly #source: ReadableStream<Uint8Array>;

  /** Reads nothing yet. */
  constructor(source: ReadableStream<Uint8Array>, options: ReaderOptions = {}) {
    this.#source = source;
    this.reader = new Reader(options);
  }

  /** Why the file could not be read to its end; nothing if it was. */
  get reason(): Reason | undefined {
    return this.reader.reason;
  }

  /** The same in words; empty if nothing is wrong. */
  get detail(): string {
    return this.reader.detail;
  }

  /** The frames, each valid until the next: always the same cursor. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Frame, void, void> {
    for await (const batch of this.batches()) {
      while (batch.next()) yield batch;
    }
  }

  /**
   * The cursor each time that octets have arrived: call its `next()` until it
   * gives false. What is left is skipped.
   */
  async *batches(): AsyncGenerator<Reader, void, void> {
    const reader = this.reader.reset();
    const source = new Source(this.#source);
    const rest = new Rest();
    let ended = false;
    try {
      for (;;) {
        const value = await source.read();
        if (value === undefined) break;
        let at = 0;
        if (rest.length > 0) {
          at = rest.complete(reader, value);
          if (!rest.ready(reader)) continue;
          reader.feed(rest.view, 0, rest.length);
          yield reader;
          while (reader.next());
          if (reader.reason !== undefined) return;
          rest.length = 0;
        }
        const { buffer, byteOffset, byteLength } = value;
        const view = new DataView(buffer, byteOffset, byteLength);
        reader.feed(view, at, byteLength);
        yield reader;
        while (reader.next());
        if (reader.reason !== undefined) return;
        rest.append(value, reader.position, byteLength);
      }
      ended = true;
      reader.finish(rest.length);
    } finally {
      try {
        if (!ended) await source.cancel();
      } finally {
        source.release();
      }
    }
  }
}

/** Octets asked for at once where that can be chosen. */
const CHUNK = 256 * 1024;

/** Chunks of a stream, in one buffer over and over where the stream can. */
class Source {
  readonly #plain: ReadableStreamDefaultReader<Uint8Array> | undefined;
  readonly #lending: ReadableStreamBYOBReader | undefined;
  #buffer: ArrayBufferLike | undefined;

  constructor(stream: ReadableStream<Uint8Array>) {
    try {
      this.#lending = stream.getReader({ mode: "byob" });
    } catch {
      // Not a stream of octets; or a locked one, which the other way tells, too.
      this.#plain = stream.getReader();
    }
  }

  async read(): Promise<Uint8Array | undefined> {
    if (this.#plain !== undefined) return (await this.#plain.read()).value;
    const buffer = this.#buffer ?? new ArrayBuffer(CHUNK);
    const { done, value } = await this.#lending!.read(new Uint8Array(buffer));
    this.#buffer = value?.buffer;
    return done ? undefined : value;
  }

  async cancel(): Promise<void> {
    await (this.#plain ?? this.#lending!).cancel();
  }

  release(): void {
    (this.#plain ?? this.#lending!).releaseLock();
  }
}

/** The beginning of a record or block whose end has not arrived. */
class Rest {
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(4096);
  view: DataView = new DataView(this.#bytes.buffer);
  length = 0;

  append(from: Uint8Array, at: number, end: number): void {
    const length = this.length + end - at;
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(2 ** Math.ceil(Math.log2(length)));
      larger.set(this.#bytes.subarray(0, this.length));
      this.#bytes = larger;
      this.view = new DataView(larger.buffer);
    }
    this.#bytes.set(from.subarray(at, end), this.length);
    this.length = length;
  }

  /** Takes from a chunk what is missing; returns how many octets. */
  complete(reader: Reader, chunk: Uint8Array): number {
    let at = 0;
    while (at < chunk.length && !this.ready(reader)) {
      const missing = reader.need(this.view, 0, this.length) - this.length;
      const end = Math.min(chunk.length, at + missing);
      this.append(chunk, at, end);
      at = end;
    }
    return at;
  }

  /** Whether the reader can go on: with a whole unit, or by refusing it. */
  ready(reader: Reader): boolean {
    const need = reader.need(this.view, 0, this.length);
    return need <= this.length || need > reader.limit;
  }
}
