// Domain names: in a message, in memory, as text.

import type { Reason } from "./reason.ts";

/** Octets of the longest name, the root included (RFC 1035 section 2.3.4). */
export const MAX_NAME_LENGTH = 255;
/** Octets of the longest label (RFC 1035 section 2.3.4). */
export const MAX_LABEL_LENGTH = 63;
/** Labels of the longest name, the root left out. */
export const MAX_LABELS = 127;
/**
 * Pointers that one name may follow. The standard has no limit, but a name for
 * each two octets of 64 KiB could ask for 127; other readers stop at 10.
 */
export const MAX_POINTERS = 32;

const HEADER = 12;
const EMPTY: DataView = new DataView(new ArrayBuffer(0));

/** Text is no domain name; the message names the place. */
export class NameError extends SyntaxError {
  /** The name `"NameError"`. */
  override readonly name = "NameError";
  /** Index in the text of what is wrong. */
  readonly position: number;

  /** Describes one refused text by what was expected at `position`. */
  constructor(text: string, position: number, expected: string) {
    const start = JSON.stringify(
      text.length > 40 ? `${text.slice(0, 40)}…` : text,
    );
    super(
      `Cannot parse ${start} as a domain name: expected ${expected} at index ${position}`,
    );
    this.position = position;
  }
}

/** A letter of ASCII in lower case, any other octet as it is (RFC 4343). */
function fold(octet: number): number {
  return octet >= 0x41 && octet <= 0x5a ? octet | 0x20 : octet;
}

/**
 * A domain name in place in a message, and a walk over its labels.
 *
 * Pointers have to lead to octets in front of the labels that they follow, and
 * behind the header: then no name has a loop. {@linkcode Name.check} takes at
 * most 127 labels and 32 pointers.
 *
 * ```ts
 * import { dns } from "@ethox/wire";
 * import { assert, assertEquals } from "@std/assert";
 *
 * // Behind a header of 12 octets: "b.", and "a" with a pointer to it.
 * const message = new Uint8Array(19);
 * message.set([1, 0x62, 0, 1, 0x61, 0xc0, 12], 12);
 * const name = new dns.Name();
 * name.wrap(new DataView(message.buffer), 0, 19, 15);
 * assertEquals(name.check(), undefined);
 * assertEquals(`${name}`, "a.b.");
 * assert(name.matches(dns.parseName("A.B")));
 * ```
 */
export class Name {
  /** The memory that is read. */
  view: DataView = EMPTY;
  /** Offset of the message: pointers count from there. */
  start = 0;
  /** Offset behind the last octet that may belong to the name. */
  end = 0;
  /** Offset of the first octet of the name. */
  at = 0;
  /** Offset behind the name where it stands; known after a check. */
  after = 0;
  /** Octets of the name without compression; known after a check. */
  length = 0;
  /** Number of labels, the root left out; known after a check. */
  labels = 0;
  /** Offset of the first octet of the label that {@linkcode next} found. */
  labelStart = 0;
  /** Offset behind its last octet. */
  labelEnd = 0;
  #next = 0;
  #floor = 0;

  /** Points at the name at `at` in the message `start`..`end`. */
  wrap(view: DataView, start: number, end: number, at: number): this {
    this.view = view;
    this.start = start;
    this.end = end;
    this.at = at;
    this.rewind();
    return this;
  }

  /**
   * Walks the name whole. `"truncated"` if it ends beyond `end`; `"malformed"`
   * for a pointer that does not lead back, or into the header, or is one too many;
   * for a label of another kind or above 63 octets; for more than 255 octets.
   */
  check(): Reason | undefined {
    const { view, start, end } = this;
    let at = this.at;
    let floor = at;
    let after = 0;
    let length = 1;
    let labels = 0;
    let pointers = 0;
    for (;;) {
      if (at >= end) return "truncated";
      const octet = view.getUint8(at);
      if (octet === 0) break;
      if (octet <= MAX_LABEL_LENGTH) {
        length += 1 + octet;
        if (length > MAX_NAME_LENGTH) return "malformed";
        labels++;
        at += 1 + octet;
        continue;
      }
      if (octet < 0xc0) return "malformed";
      if (at + 2 > end) return "truncated";
      if (pointers === 0) after = at + 2;
      const target = start + (view.getUint16(at) & 0x3fff);
      // Behind `floor` are the labels that lead here: a loop, or not yet read.
      if (
        target >= floor || target < start + HEADER || ++pointers > MAX_POINTERS
      ) return "malformed";
      at = target;
      floor = target;
    }
    this.after = pointers === 0 ? at + 1 : after;
    this.length = length;
    this.labels = labels;
    return undefined;
  }

  /** Goes back in front of the first label. */
  rewind(): void {
    this.#next = this.at;
    this.#floor = this.at;
  }

  /** Goes to the next label; false behind the last. */
  next(): boolean {
    const { view } = this;
    let at = this.#next;
    if (at >= this.end) return false;
    let octet = view.getUint8(at);
    // Each round leads further to the front, or ends the name.
    while (octet >= 0xc0) {
      if (at + 2 > this.end) return false;
      at = this.start + (view.getUint16(at) & 0x3fff);
      if (at >= this.#floor) return false;
      this.#floor = at;
      octet = view.getUint8(at);
    }
    if (octet === 0 || octet > MAX_LABEL_LENGTH) {
      this.#next = this.end;
      return false;
    }
    this.labelStart = at + 1;
    this.labelEnd = at + 1 + octet;
    this.#next = this.labelEnd;
    return this.labelEnd <= this.end;
  }

  /** Whether two checked names are the same, in any case (RFC 4343). */
  equals(other: Name): boolean {
    if (this === other) return true;
    if (this.length !== other.length) return false;
    this.rewind();
    other.rewind();
    while (this.next()) {
      if (!other.next()) return false;
      const { view } = other;
      const shift = other.labelStart - this.labelStart;
      if (this.labelEnd + shift !== other.labelEnd) return false;
      for (let at = this.labelStart; at < this.labelEnd; at++) {
        if (
          fold(this.view.getUint8(at)) !== fold(view.getUint8(at + shift))
        ) return false;
      }
    }
    return true;
  }

  /** Whether this checked name is the one at `at` of `octets`, in any case. */
  matches(octets: Uint8Array, at: number = 0): boolean {
    this.rewind();
    return this.#tail(octets, at);
  }

  /** Whether this checked name is the domain at `at` of `octets`, or below it. */
  isWithin(octets: Uint8Array, at: number = 0): boolean {
    const length = nameLength(octets, at);
    if (length < 0) return false;
    let skip = this.length - length;
    this.rewind();
    while (skip > 0 && this.next()) {
      skip -= 1 + this.labelEnd - this.labelStart;
    }
    return skip === 0 && this.#tail(octets, at);
  }

  /** Whether the labels to come are the name at `at` of `octets`. */
  #tail(octets: Uint8Array, at: number): boolean {
    while (this.next()) {
      const length = this.labelEnd - this.labelStart;
      if (octets[at++] !== length) return false;
      for (let i = this.labelStart; i < this.labelEnd; i++) {
        const octet = octets[at++];
        if (
          octet === undefined || fold(octet) !== fold(this.view.getUint8(i))
        ) return false;
      }
    }
    return octets[at] === 0;
  }

  /**
   * Copies this checked name, without compression, to `at` of `to`. Returns the
   * octets written, or -1 if there is no room.
   */
  copy(to: Uint8Array, at: number = 0): number {
    if (to.length - at < this.length) return -1;
    const first = at;
    this.rewind();
    while (this.next()) {
      to[at++] = this.labelEnd - this.labelStart;
      for (let i = this.labelStart; i < this.labelEnd; i++) {
        to[at++] = this.view.getUint8(i);
      }
    }
    to[at++] = 0;
    return at - first;
  }

  /** Text with a dot behind each label, with escapes (RFC 1035 section 5.1). */
  toString(): string {
    this.rewind();
    let text = "";
    while (this.next()) {
      text += label(this.view, this.labelStart, this.labelEnd);
    }
    return text === "" ? "." : text;
  }
}

function label(view: DataView, start: number, end: number): string {
  let text = "";
  for (let at = start; at < end; at++) text += escaped(view.getUint8(at));
  return text + ".";
}

/** An octet of a label as text, escaped where a master file needs it. */
function escaped(octet: number): string {
  if (octet <= 0x20 || octet >= 0x7f) {
    return `\\${String(octet).padStart(3, "0")}`;
  }
  const character = String.fromCharCode(octet);
  return '".;()@$\\'.includes(character) ? `\\${character}` : character;
}

/** Octets of the name at `at` of `octets`, or -1 if there is none whole. */
export function nameLength(octets: Uint8Array, at: number = 0): number {
  const first = at;
  for (;;) {
    const octet = octets[at];
    if (octet === undefined || octet > MAX_LABEL_LENGTH) return -1;
    at += 1 + octet;
    if (at - first > MAX_NAME_LENGTH) return -1;
    if (octet === 0) return at - first;
  }
}

/** Whether two names in memory are the same, in any case (RFC 4343). */
export function equalNames(one: Uint8Array, other: Uint8Array): boolean {
  const length = nameLength(one);
  if (length < 0 || length !== nameLength(other)) return false;
  for (let i = 0; i < length; i++) {
    // Lengths of labels lie below the letters.
    if (fold(one[i]!) !== fold(other[i]!)) return false;
  }
  return true;
}

/** Text of the name at `at` of `octets`; `"."` is the root. */
export function formatName(octets: Uint8Array, at: number = 0): string {
  const view = new DataView(
    octets.buffer,
    octets.byteOffset,
    octets.byteLength,
  );
  return new Name().wrap(view, view.byteLength, view.byteLength, at).toString();
}

/**
 * Reads a name in the form of RFC 1035 section 5.1, with `\.` and `\DDD`. It
 * counts as absolute with or without a dot at the end; `"."` is the root.
 *
 * @throws {NameError} naming the place if the text is anything else.
 */
export function parseName(text: string): Uint8Array<ArrayBuffer> {
  const name = read(text);
  if (name instanceof NameError) throw name;
  return name;
}

/** As {@linkcode parseName}, with nothing where that throws. */
export function tryParseName(
  text: string,
): Uint8Array<ArrayBuffer> | undefined {
  const name = read(text);
  return name instanceof NameError ? undefined : name;
}

function read(text: string): Uint8Array<ArrayBuffer> | NameError {
  const octets = new Uint8Array(MAX_NAME_LENGTH);
  if (text === ".") return octets.slice(0, 1);
  let start = 0;
  let length = 1;
  let i = 0;
  while (i < text.length) {
    const at = i;
    let code = text.charCodeAt(i++);
    if (code === 0x2e) {
      if (length - start === 1) return new NameError(text, at, "a label");
      octets[start] = length - start - 1;
      start = length++;
      continue;
    }
    if (code === 0x5c) {
      const digits = /^\d{3}/.exec(text.slice(i, i + 3))?.[0];
      if (digits !== undefined) {
        code = Number(digits);
        i += 3;
      } else {
        code = text.charCodeAt(i++);
        if (Number.isNaN(code) || (code >= 0x30 && code <= 0x39)) {
          return new NameError(text, at, "a character or three digits");
        }
        if (code > 0x7e) return new NameError(text, at, "a letter of ASCII");
      }
      if (code > 255) return new NameError(text, at, "an octet in 000..255");
    } else if (code <= 0x20 || code > 0x7e) {
      return new NameError(text, at, "a letter of ASCII");
    }
    if (length - start > MAX_LABEL_LENGTH) {
      return new NameError(text, at, "a label of at most 63 octets");
    }
    if (length > MAX_NAME_LENGTH - 2) {
      return new NameError(text, at, "a name of at most 255 octets");
    }
    octets[length++] = code;
  }
  // Behind a last dot stands the root, which `start` points at.
  if (length - start > 1) {
    octets[start] = length - start - 1;
    start = length++;
  } else if (start === 0) {
    return new NameError(text, 0, "a label");
  }
  return octets.slice(0, start + 1);
}
