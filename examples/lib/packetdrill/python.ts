/**
 * The snippets between `%{` and `}%`: expressions of Python over numbers,
 * assertions and prints. What is beyond that is skipped, with a note.
 *
 * @module
 */

import { CONSTANTS } from "./names.ts";

/** What a snippet did. */
export interface Snippet {
  /** The assertions that do not hold. */
  readonly failures: string[];
  /** What it printed. */
  readonly printed: string[];
  /** What was not understood. */
  readonly skipped: string[];
}

type Value = number | string | boolean | null | Value[];

class Unknown extends Error {}

const TOKEN =
  /\s*(?:(0x[0-9a-fA-F]+|\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|([A-Za-z_]\w*)|("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(\*\*|\/\/|<<|>>|==|!=|<=|>=|[-+*\/%<>()\[\],&|^~.:=]))/y;

/** Runs a snippet; `names` are what `tcp_info` and earlier ones set. */
export function run(text: string, names: Record<string, unknown>): Snippet {
  const snippet: Snippet = { failures: [], printed: [], skipped: [] };
  // What is indented further than a condition that does not hold is left out.
  let hidden = Infinity;
  let held = true;
  for (const statement of statements(text)) {
    const indent = statement.search(/\S/);
    if (indent > hidden) continue;
    hidden = Infinity;
    const branch = /^\s*(if|elif|else)\b([\s\S]*?):\s*([\s\S]*)$/.exec(
      statement,
    );
    try {
      if (branch === null) {
        execute(statement.trim(), names, snippet);
        continue;
      }
      const [, word, condition, rest] = branch;
      const value = word === "else" ||
        truth(new Parser(condition!, names).all());
      const taken = word === "if" ? value : !held && value;
      held = word === "if" ? value : held || value;
      if (!taken) hidden = indent;
      else if (rest !== "") execute(rest!, names, snippet);
    } catch (error) {
      if (!(error instanceof Unknown)) throw error;
      snippet.skipped.push(`${statement.trim()} (${error.message})`);
      if (branch !== null) hidden = indent;
    }
  }
  return snippet;
}

/** Lines, cut at `;`, with those joined that a bracket keeps open. */
function statements(text: string): string[] {
  const all: string[] = [];
  let open = "";
  for (const line of text.split("\n")) {
    const code = line.replace(/(^|[^"'\w])#.*$/, "$1");
    open = open === "" ? code : `${open} ${code.trim()}`;
    const depth = (open.match(/[([{]/g)?.length ?? 0) -
      (open.match(/[)\]}]/g)?.length ?? 0);
    if (depth > 0) continue;
    if (/\\\s*$/.test(open)) {
      open = open.replace(/\\\s*$/, "");
      continue;
    }
    for (const piece of open.split(/;(?=(?:[^"']|"[^"]*"|'[^']*')*$)/)) {
      if (piece.trim() !== "") all.push(piece);
    }
    open = "";
  }
  if (open.trim() !== "") all.push(open);
  return all;
}

function execute(
  statement: string,
  names: Record<string, unknown>,
  snippet: Snippet,
): void {
  if (/^(import|from|pass)\b/.test(statement)) return;
  if (/^(def|for|while|class|try|with)\b/.test(statement)) {
    throw new Unknown("no such statement here");
  }
  const asserted = /^assert\b\s*([\s\S]*)$/.exec(statement);
  if (asserted !== null) {
    const parser = new Parser(asserted[1]!, names);
    const value = parser.all();
    if (truth(Array.isArray(value) && parser.comma ? value[0]! : value)) return;
    const used = parser.used.map((name) => `${name} = ${show(names[name])}`);
    snippet.failures.push(
      `assert ${asserted[1]!.trim()}${
        used.length === 0 ? "" : ` with ${used.join(", ")}`
      }`,
    );
    return;
  }
  const print = /^print\b\s*([\s\S]*)$/.exec(statement);
  if (print !== null) {
    const value = new Parser(print[1] === "" ? '""' : print[1]!, names).all();
    snippet.printed.push(
      Array.isArray(value) ? value.map(show).join(" ") : show(value),
    );
    return;
  }
  const assigned = /^([A-Za-z_]\w*)\s*=(?!=)\s*([\s\S]*)$/.exec(statement);
  if (assigned !== null) {
    names[assigned[1]!] = new Parser(assigned[2]!, names).all();
    return;
  }
  new Parser(statement, names).all();
}

function truth(value: Value): boolean {
  return Array.isArray(value) ? value.length > 0 : Boolean(value);
}

function show(value: unknown): string {
  if (value === true) return "True";
  if (value === false) return "False";
  if (value === null) return "None";
  if (Array.isArray(value)) return `(${value.map(show).join(", ")})`;
  return String(value);
}

const FUNCTIONS: Record<string, (...args: Value[]) => Value> = {
  abs: (n) => Math.abs(number(n!)),
  min: (...all) => Math.min(...flat(all)),
  max: (...all) => Math.max(...flat(all)),
  int: (n) => Math.trunc(Number(n)),
  float: (n) => Number(n),
  round: (n) => Math.round(number(n!)),
  bool: (n) => truth(n!),
  str: (n) => show(n),
  len: (n) =>
    Array.isArray(n) || typeof n === "string" ? n.length : fail("len"),
  hex: (n) => `0x${number(n!).toString(16)}`,
};

function fail(what: string): never {
  throw new Unknown(what);
}

function flat(all: Value[]): number[] {
  const list = all.length === 1 && Array.isArray(all[0]) ? all[0] : all;
  return list.map((one) => number(one));
}

function number(value: Value): number {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  return fail(`no number: ${show(value)}`);
}

/** Tokens of one expression and the value that they make. */
class Parser {
  /** Names whose values were looked at. */
  readonly used: string[] = [];
  /** There was a comma outside of brackets. */
  comma = false;
  readonly #tokens: string[] = [];
  readonly #names: Record<string, unknown>;
  #at = 0;

  constructor(text: string, names: Record<string, unknown>) {
    this.#names = names;
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < text.trimEnd().length) {
      const { lastIndex } = TOKEN;
      const found = TOKEN.exec(text);
      if (found === null) fail(`at ${text.slice(lastIndex, lastIndex + 12)}`);
      this.#tokens.push(found[0].trim());
    }
  }

  all(): Value {
    const first = this.#choice();
    if (!this.#take(",")) {
      if (this.#at < this.#tokens.length) fail(`at ${this.#tokens[this.#at]}`);
      return first;
    }
    this.comma = true;
    const rest = this.all();
    return [first, ...(Array.isArray(rest) ? rest : [rest])];
  }

  #take(...signs: string[]): string | undefined {
    const token = this.#tokens[this.#at];
    if (token === undefined || !signs.includes(token)) return undefined;
    this.#at++;
    return token;
  }

  #need(sign: string): void {
    if (!this.#take(sign)) fail(`expected ${sign}`);
  }

  #choice(): Value {
    const value = this.#or();
    if (!this.#take("if")) return value;
    const condition = this.#or();
    this.#need("else");
    const other = this.#choice();
    return truth(condition) ? value : other;
  }

  #or(): Value {
    let value = this.#and();
    while (this.#take("or")) {
      const right = this.#and();
      value = truth(value) ? value : right;
    }
    return value;
  }

  #and(): Value {
    let value = this.#not();
    while (this.#take("and")) {
      const right = this.#not();
      value = truth(value) ? right : value;
    }
    return value;
  }

  #not(): Value {
    return this.#take("not") ? !truth(this.#not()) : this.#comparison();
  }

  #comparison(): Value {
    let left = this.#binary(0);
    let result: boolean | undefined;
    for (;;) {
      const negated = this.#tokens[this.#at] === "not" &&
        this.#tokens[this.#at + 1] === "in";
      if (negated) this.#at++;
      const op = this.#take("==", "!=", "<=", ">=", "<", ">", "in", "is");
      if (op === undefined) return result ?? left;
      const not = op === "is" && this.#take("not") !== undefined;
      const right = this.#binary(0);
      const holds = compare(op, left, right) !== (negated || not);
      result = (result ?? true) && holds;
      left = right;
    }
  }

  /** Operators by precedence, the weakest first. */
  #binary(level: number): Value {
    const ops = LEVELS[level];
    if (ops === undefined) return this.#unary();
    let left = this.#binary(level + 1);
    for (;;) {
      const op = this.#take(...ops);
      if (op === undefined) return left;
      left = arithmetic(op, left, this.#binary(level + 1));
    }
  }

  #unary(): Value {
    if (this.#take("-")) return -number(this.#unary());
    if (this.#take("+")) return number(this.#unary());
    if (this.#take("~")) return ~number(this.#unary());
    const base = this.#primary();
    return this.#take("**") ? number(base) ** number(this.#unary()) : base;
  }

  #primary(): Value {
    const token = this.#tokens[this.#at++] ?? fail("the end");
    if (/^[\d.]/.test(token)) return Number(token);
    if (/^["']/.test(token)) return this.#formatted(token.slice(1, -1));
    if (token === "(" || token === "[") {
      const close = token === "(" ? ")" : "]";
      const items = this.#list(close);
      return token === "(" && items.length === 1 ? items[0]! : items;
    }
    if (!/^[A-Za-z_]/.test(token)) fail(`at ${token}`);
    if (token === "None") return null;
    if (token === "True" || token === "False") return token === "True";
    if (this.#take("(")) {
      const work = FUNCTIONS[token] ?? fail(`no function ${token}`);
      return work(...this.#list(")"));
    }
    if (token in this.#names) {
      if (!this.used.includes(token)) this.used.push(token);
      return this.#names[token] as Value;
    }
    return CONSTANTS[token] ?? fail(`${token} is not known`);
  }

  /** A string, with `.format(…)` behind it. */
  #formatted(text: string): Value {
    const [dot, format, open] = this.#tokens.slice(this.#at, this.#at + 3);
    if (dot !== "." || format !== "format" || open !== "(") return text;
    this.#at += 3;
    const values = this.#list(")");
    let next = 0;
    return text.replace(
      /\{(\d*)[^}]*\}/g,
      (_, at: string) => show(values[at === "" ? next++ : Number(at)]),
    );
  }

  #list(close: string): Value[] {
    const items: Value[] = [];
    while (!this.#take(close)) {
      items.push(this.#choice());
      if (!this.#take(",")) {
        this.#need(close);
        break;
      }
    }
    return items;
  }
}

const LEVELS: readonly (readonly string[])[] = [
  ["|"],
  ["^"],
  ["&"],
  ["<<", ">>"],
  ["+", "-"],
  ["*", "/", "//", "%"],
];

function compare(op: string, left: Value, right: Value): boolean {
  switch (op) {
    case "==":
    case "is":
      return show(left) === show(right) || left === right;
    case "!=":
      return show(left) !== show(right);
    case "in":
      return Array.isArray(right) && right.some((one) => one === left);
  }
  if (left === null || right === null) fail("None is compared");
  const a = left as number | string;
  const b = right as number | string;
  if (op === "<") return a < b;
  if (op === "<=") return a <= b;
  if (op === ">") return a > b;
  return a >= b;
}

function arithmetic(op: string, left: Value, right: Value): Value {
  if (op === "+" && typeof left === "string") return left + show(right);
  // Only prints put values into texts.
  if (op === "%" && typeof left === "string") {
    const values = Array.isArray(right) ? [...right] : [right];
    return left.replace(/%[-\d.]*[a-z]/g, () => show(values.shift()));
  }
  const a = number(left);
  const b = number(right);
  switch (op) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return a / b;
    case "//":
      return Math.floor(a / b);
    case "%":
      return a - b * Math.floor(a / b);
    case "<<":
      return a * 2 ** b;
    case ">>":
      return Math.floor(a / 2 ** b);
    case "&":
      return Number(BigInt(a) & BigInt(b));
    case "^":
      return Number(BigInt(a) ^ BigInt(b));
    default:
      return Number(BigInt(a) | BigInt(b));
  }
}
