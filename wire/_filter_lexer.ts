// The text of a filter, piece by piece.

import { FilterError } from "./_filter_error.ts";

/** Longest text that is read. */
const LONGEST = 65536;

const SPACE = /[ \t\r\n]*/y;
const WORD = /[A-Za-z][A-Za-z0-9]*(?:-[A-Za-z0-9]+)*/y;
const NUMBER = /(?:0[xX][0-9a-fA-F]+|[0-9]+)(?![A-Za-z0-9])/y;
/** What an address, a number or a name can consist of. */
const VALUE = /[^\s()[\]!&|<>=+*%^]+/y;
const OPERATOR = /&&|\|\||<<|>>|[<>!=]=|[-+*/%&|^<>=!()[\]:]/y;

const DECIMAL = /^(?:0|[1-9][0-9]*)$/;
const HEXADECIMAL = /^0x[0-9a-f]+$/i;

/**
 * A place in the text. What a piece is depends on what is expected, as `:` is
 * part of an address or stands between an offset and a size; so whoever reads
 * asks for the kind of piece.
 */
export class Lexer {
  /** All of it. */
  readonly text: string;
  /** Index of what comes next. */
  at = 0;

  /** @throws {FilterError} if the text is too long. */
  constructor(text: string) {
    if (text.length > LONGEST) {
      throw new FilterError(text, LONGEST, `longer than ${LONGEST} characters`);
    }
    this.text = text;
    this.skip();
  }

  /** Passes over space. */
  skip(): void {
    SPACE.lastIndex = this.at;
    SPACE.test(this.text);
    this.at = SPACE.lastIndex;
  }

  /** Whether nothing is left. */
  get ended(): boolean {
    return this.at === this.text.length;
  }

  /** The next character, or `""`. */
  get character(): string {
    return this.text.charAt(this.at);
  }

  #peek(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    return pattern.exec(this.text)?.[0] ?? "";
  }

  /** The word that comes next, or `""`. */
  get word(): string {
    return this.#peek(WORD);
  }

  /** The operator or bracket that comes next, or `""`. */
  get operator(): string {
    return this.#peek(OPERATOR);
  }

  /** What an identifier could be that comes next, or `""`. */
  get value(): string {
    return this.#peek(VALUE);
  }

  /** The digits of a number that comes next, or `""`. */
  get number(): string {
    return this.#peek(NUMBER);
  }

  /** Passes over a piece and the space behind it. */
  pass(piece: string): void {
    this.at += piece.length;
    this.skip();
  }

  /** Passes over one of these words; returns which, or `""`. */
  take(...words: readonly string[]): string {
    const { word } = this;
    if (word === "" || !words.includes(word)) return "";
    this.pass(word);
    return word;
  }

  /** Passes over one of these operators; returns which, or `""`. */
  takeOperator(...operators: readonly string[]): string {
    const { operator } = this;
    if (operator === "" || !operators.includes(operator)) return "";
    this.pass(operator);
    return operator;
  }

  /** Refuses the text for what is at `at`. */
  fail(problem: string, at: number = this.at): never {
    throw new FilterError(this.text, at, problem);
  }

  /** Passes over a number. */
  takeNumber(what: string, most: number): number {
    const { at, value } = this;
    const number = this.parse(value, what, most, at);
    this.pass(value);
    return number;
  }

  /** The number that `digits`, at index `at`, are. */
  parse(digits: string, what: string, most: number, at: number): number {
    if (!DECIMAL.test(digits) && !HEXADECIMAL.test(digits)) {
      this.fail(
        `expected ${what}, as a decimal number without leading zero or as 0x`,
        at,
      );
    }
    const number = Number(digits);
    if (number > most) this.fail(`${what} is more than ${most}`, at);
    return number;
  }

  /**
   * Index of what follows the bracket that closes the one at `at`, space passed
   * over, or -1.
   */
  behindBracket(at: number): number {
    let depth = 0;
    for (let i = at; i < this.text.length; i++) {
      const character = this.text.charAt(i);
      if (character === "(") depth++;
      else if (character === ")" && --depth === 0) {
        SPACE.lastIndex = i + 1;
        SPACE.test(this.text);
        return SPACE.lastIndex;
      }
    }
    return -1;
  }

  /** Whether an arithmetic operator or a relation is at `at`. */
  calculatesAt(at: number): boolean {
    OPERATOR.lastIndex = at;
    const operator = OPERATOR.exec(this.text)?.[0] ?? "";
    return operator !== "" && !LOGICAL.includes(operator);
  }
}

const LOGICAL = ["&&", "||", "!", "(", ")", "[", "]", ":"];
