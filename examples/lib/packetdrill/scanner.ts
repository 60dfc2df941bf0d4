/**
 * The text of a script, read from left to right: blanks and comments are passed
 * over, lines counted.
 *
 * @module
 */

import { ScriptError } from "./ast.ts";

const BLANK = /(?:\s+|\/\/[^\n]*|#[^\n]*|\/\*[\s\S]*?\*\/)+/y;

/** Reads a script piece by piece. */
export class Scanner {
  readonly file: string;
  readonly text: string;
  /** Where the next piece begins. */
  at = 0;
  #line = 1;
  #counted = 0;

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
  }

  /** The line of {@linkcode Scanner.at}, from 1. */
  get line(): number {
    if (this.#counted > this.at) {
      this.#counted = 0;
      this.#line = 1;
    }
    while (this.#counted < this.at) {
      if (this.text.charCodeAt(this.#counted++) === 10) this.#line++;
    }
    return this.#line;
  }

  /** Passes over blanks and comments. */
  skip(): this {
    BLANK.lastIndex = this.at;
    if (BLANK.test(this.text)) this.at = BLANK.lastIndex;
    return this;
  }

  /** Whether nothing but blanks and comments is left. */
  get done(): boolean {
    return this.skip().at >= this.text.length;
  }

  /** What a sticky pattern finds next, without taking it. */
  peek(pattern: RegExp): RegExpExecArray | undefined {
    this.skip();
    pattern.lastIndex = this.at;
    return pattern.exec(this.text) ?? undefined;
  }

  /** Takes what a sticky pattern finds next. */
  take(pattern: RegExp): RegExpExecArray | undefined {
    const found = this.peek(pattern);
    if (found !== undefined) this.at += found[0].length;
    return found;
  }

  /** Takes a sign or word if it comes next. */
  accept(sign: string): boolean {
    this.skip();
    if (!this.text.startsWith(sign, this.at)) return false;
    const end = this.at + sign.length;
    // No word is the beginning of another.
    if (/\w$/.test(sign) && /\w/.test(this.text.charAt(end))) return false;
    this.at = end;
    return true;
  }

  /** The same, and an error if it does not. */
  expect(sign: string): void {
    if (!this.accept(sign)) this.fail(`expected '${sign}'`);
  }

  /** The same for a pattern. */
  need(pattern: RegExp, what: string): RegExpExecArray {
    return this.take(pattern) ?? this.fail(`expected ${what}`);
  }

  /** An integer, decimal or hexadecimal. */
  integer(what: string): number {
    return number(this.need(/-?0x[0-9a-f]+|-?\d+/iy, what)[0]);
  }

  /** The character that comes right now, blanks included. */
  get next(): string {
    return this.text.charAt(this.at);
  }

  /** @throws {ScriptError} always */
  fail(message: string): never {
    this.skip();
    const end = this.text.indexOf("\n", this.at);
    const rest = this.text.slice(this.at, end < 0 ? undefined : end).trim();
    const near = rest === "" ? "the end" : `'${rest.slice(0, 40)}'`;
    throw new ScriptError(this.file, this.line, `${message} at ${near}`);
  }
}

/** The number that a numeral stands for; octal with a leading 0, as in C. */
export function number(numeral: string): number {
  if (/^-/.test(numeral)) return -number(numeral.slice(1));
  if (/^0[0-7]+$/.test(numeral)) return parseInt(numeral, 8);
  return Number(numeral);
}
