// What the formats of capture files share: a frame, and what decodes one.

import type { Reason } from "./reason.ts";

const EMPTY: DataView = new DataView(new ArrayBuffer(0));
const OPTION_COMMENT = 1;
const OPTION_FLAGS = 2;

/** Where frames of a file were captured. */
export interface Interface {
  /** Link type: how a frame begins. */
  readonly linkType: number;
  /** Most octets kept of a frame; 0 where the file gives no limit. */
  readonly snapLength: number;
  /** Name, or empty. */
  readonly name: string;
  /** Description, or empty. */
  readonly description: string;
  /**
   * Resolution of time stamps as pcapng gives it: 6 for 10^-6 s; with bit 7 set
   * a power of two, 0x8a for 2^-10 s.
   */
  readonly resolution: number;
  /** Seconds to add to time stamps; they have been added to those of frames. */
  readonly offset: number;
  /** Octets of frame check sequence behind each frame; -1 if not known. */
  readonly checkLength: number;
}

/**
 * A captured frame, lent: the octets `start`..`end` of `view` and what the file
 * says of them. A plain mutable record, reused for the next frame.
 */
export class Frame {
  /** The memory. */
  view: DataView = EMPTY;
  /** Offset of the first captured octet. */
  start = 0;
  /** Offset behind the last captured octet. */
  end = 0;
  /** Octets that the frame had on the wire. */
  wireLength = 0;
  /** Whether the file says when the frame was seen. */
  timed = false;
  /** When: whole seconds since 1970; below 0 before. */
  seconds = 0;
  /** When: nanoseconds of the second, 0..999999999. */
  nanoseconds = 0;
  /** Link type: how the frame begins. */
  linkType = 0;
  /** Number of the interface in its section, from 0. */
  interfaceIndex = 0;
  /** Whether fields of the file have their least significant octet first. */
  littleEndian = true;
  /** Offset of the first octet of the options of the frame's block. */
  optionsStart = 0;
  /** Offset behind the last octet of these options; the same if there are none. */
  optionsEnd = 0;

  /** When: µs since 1970, rounded down. */
  get timestamp(): number {
    return this.seconds * 1e6 + Math.floor(this.nanoseconds / 1000);
  }

  /** Octets captured. */
  get length(): number {
    return this.end - this.start;
  }

  /** The first comment; makes a string. */
  get comment(): string | undefined {
    const at = this.#find(OPTION_COMMENT, this.optionsStart);
    return at < 0 ? undefined : this.#text(at);
  }

  /** All comments; makes strings. */
  get comments(): string[] {
    const all: string[] = [];
    let at = this.#find(OPTION_COMMENT, this.optionsStart);
    while (at >= 0) {
      all.push(this.#text(at));
      const length = this.view.getUint16(at + 2, this.littleEndian);
      at = this.#find(OPTION_COMMENT, at + 4 + ((length + 3) & ~3));
    }
    return all;
  }

  /** The flags word, uint32; 0 if there is none. */
  get flags(): number {
    const at = this.#find(OPTION_FLAGS, this.optionsStart);
    return at < 0 || this.view.getUint16(at + 2, this.littleEndian) !== 4
      ? 0
      : this.view.getUint32(at + 4, this.littleEndian);
  }

  /** 0 if not known, 1 if the frame was received, 2 if it was sent. */
  get direction(): number {
    return this.flags & 3;
  }

  /** Where the next option of a code begins, or -1. */
  #find(code: number, at: number): number {
    const end = this.optionsEnd;
    while (at + 4 <= end) {
      const found = this.view.getUint16(at, this.littleEndian);
      const length = this.view.getUint16(at + 2, this.littleEndian);
      if (found === 0 || at + 4 + length > end) return -1;
      if (found === code) return at;
      at += 4 + ((length + 3) & ~3);
    }
    return -1;
  }

  #text(at: number): string {
    const length = this.view.getUint16(at + 2, this.littleEndian);
    return text(this.view, at + 4, length);
  }
}

/** Reads units of a file: its header, a record, or a block. */
export interface Format {
  /** What is wrong with the file; nothing so far. */
  readonly reason: Reason | undefined;
  /** The same in words, or empty. */
  readonly detail: string;
  /** Interfaces, of the section that is being read. */
  readonly interfaces: readonly Interface[];
  /**
   * Octets that the unit at `at` takes, as far as the octets before `end` tell.
   * It can be read once they are there; what is impossible is told by
   * {@linkcode decode}.
   */
  need(view: DataView, at: number, end: number): number;
  /** Reads a unit of `length` octets: whether it is a frame. */
  decode(frame: Frame, view: DataView, at: number, length: number): boolean;
}

/** Octets of UTF-8 as a string, whatever they are. */
export function text(view: DataView, at: number, length: number): string {
  return new TextDecoder().decode(
    new Uint8Array(view.buffer, view.byteOffset + at, length),
  );
}
