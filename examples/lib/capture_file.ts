/**
 * Capture files as programs take them: `-` for standard input, formats by the
 * end of a name, filters for each link type that turns up.
 *
 * @module
 */

import * as capture from "@ethox/wire/capture";
import * as filter from "@ethox/wire/filter";
import * as pcap from "@ethox/wire/pcap";
import * as pcapng from "@ethox/wire/pcapng";
import type { Writer as TextWriter } from "@ethox/wire/text";
import { UsageError } from "./args.ts";

/** Octets of text that are gathered before they are printed. */
const BLOCK = 1 << 16;

/** Opens a capture file, or standard input for `-`. */
export async function openCapture(path: string): Promise<capture.Stream> {
  if (path === "-") return new capture.Stream(Deno.stdin.readable);
  try {
    return new capture.Stream((await Deno.open(path)).readable);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new Error(`There is no file ${path}`);
    }
    throw error;
  }
}

/** A filter for frames of any link type that filters know. */
export class AnyFilter {
  readonly #text: string;
  readonly #compiled: Map<number, filter.Filter> = new Map();
  #last: filter.Filter;
  #lastType = 1;

  /** @throws {UsageError} if the text makes no sense. */
  constructor(text: string) {
    this.#text = text;
    this.#last = this.#compile(this.#lastType);
  }

  /** Whether a frame is wanted. */
  matches(frame: capture.Frame): boolean {
    if (frame.linkType !== this.#lastType) {
      this.#lastType = frame.linkType;
      this.#last = this.#compiled.get(frame.linkType) ??
        this.#compile(frame.linkType);
    }
    return this.#last.matches(
      frame.view,
      frame.start,
      frame.end,
      frame.wireLength,
    );
  }

  #compile(linkType: number): filter.Filter {
    try {
      const compiled = filter.compile(this.#text, { linkType });
      this.#compiled.set(linkType, compiled);
      return compiled;
    } catch (error) {
      if (error instanceof filter.FilterError || error instanceof RangeError) {
        throw new UsageError(error.message);
      }
      throw error;
    }
  }
}

/** Writes frames into a file, pcapng if its name ends so, and pcap otherwise. */
export class CaptureOutput implements Disposable {
  readonly #file: Deno.FsFile;
  readonly #pcapng: pcapng.Writer | undefined;
  readonly #interfaces: Map<number, number> = new Map();
  #pcap: pcap.Writer | undefined;
  #linkType = -1;

  /** Makes the file, or empties it. */
  constructor(path: string) {
    this.#file = Deno.openSync(path, {
      write: true,
      create: true,
      truncate: true,
    });
    if (path.endsWith(".pcapng")) {
      this.#pcapng = new pcapng.Writer((octets) => this.#write(octets));
    }
  }

  /**
   * Writes one frame.
   *
   * @throws {Error} if it has another link type than those before, and the
   * format is pcap, which has one for all.
   */
  write(frame: capture.Frame): void {
    const { linkType } = frame;
    if (this.#pcapng !== undefined) {
      let nic = this.#interfaces.get(linkType);
      if (nic === undefined) {
        nic = this.#pcapng.addInterface({ linkType, nanoseconds: true });
        this.#interfaces.set(linkType, nic);
      }
      this.#pcapng.writeFrame(nic, frame);
      return;
    }
    this.#pcap ??= this.#begin(linkType);
    if (linkType !== this.#linkType) {
      throw new Error(
        `A pcap file has one link type, not ${this.#linkType} and ${linkType}; pcapng has room for both`,
      );
    }
    this.#pcap.writeFrame(frame);
  }

  /** Writes what was gathered, and closes the file. */
  [Symbol.dispose](): void {
    try {
      // A file without a frame is a capture, too.
      if (this.#pcapng === undefined) this.#pcap ??= this.#begin(1);
      this.#pcapng?.flush();
      this.#pcap?.flush();
    } finally {
      this.#file.close();
    }
  }

  #begin(linkType: number): pcap.Writer {
    this.#linkType = linkType;
    return new pcap.Writer((octets) => this.#write(octets), {
      linkType,
      nanoseconds: true,
    });
  }

  #write(octets: Uint8Array): void {
    for (let at = 0; at < octets.length;) {
      at += this.#file.writeSync(octets.subarray(at));
    }
  }
}

/** Hands text to standard output once there is a block of it. */
export class BlockOutput {
  /** Whether nobody reads any more. */
  closed = false;
  readonly #text: TextWriter;

  /** Prints what is appended to `text`. */
  constructor(text: TextWriter) {
    this.#text = text;
  }

  /** Prints if there is a block, or whatever there is if `all`. */
  flush(all = false): void {
    const text = this.#text;
    if (text.length === 0 || (!all && text.length < BLOCK)) return;
    const octets = text.bytes.subarray(0, text.length);
    try {
      for (let at = 0; at < octets.length && !this.closed;) {
        at += Deno.stdout.writeSync(octets.subarray(at));
      }
    } catch (error) {
      // A reader such as head has had enough.
      if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
      this.closed = true;
    }
    text.clear();
  }
}
