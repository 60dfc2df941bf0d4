/**
 * Calls of the socket interface: arguments, structures, expected results.
 *
 * @module
 */

import type { Call, Expr, Field } from "./ast.ts";
import { number, type Scanner } from "./scanner.ts";

const WORD = /[A-Za-z_][A-Za-z0-9_.]*/y;
const NUMBER = /-?(?:0x[0-9a-f]+|\d+)/iy;
const STRING = /"((?:[^"\\]|\\[\s\S])*)"/y;
const TIME = /\d+(?:\.\d*)?|\.\d+/y;
const FIELD = /([A-Za-z_]\w*)\s*(?:\(\s*(?:\.\.\.|\w+)\s*\))?\s*=(?!=)/y;

/** `[...end] name(arguments) = result [errno] [(note)]`. */
export function call(s: Scanner): Call {
  let end: number | undefined;
  if (s.accept("...")) {
    end = Math.round(1e6 * Number(s.need(TIME, "a time")[0]));
  }
  const name = s.need(/[A-Za-z_]\w*/y, "the name of a call")[0];
  s.expect("(");
  const args = list(s, ")");
  s.expect("=");
  // No operators but `|`: behind it may stand the `+` or `*` of the next time.
  const result = flags(s);
  const errno = s.take(/[A-Z][A-Z0-9]+/y)?.[0];
  // The note says for people what the number means.
  if (s.peek(/\(/y) !== undefined) s.take(/\([^)]*\)/y);
  return {
    kind: "call",
    name,
    args,
    result,
    ...(end === undefined ? {} : { end }),
    ...(errno === undefined ? {} : { errno }),
  };
}

function list(s: Scanner, close: string): Expr[] {
  const items: Expr[] = [];
  if (s.accept(close)) return items;
  for (;;) {
    items.push(expression(s));
    if (s.accept(close)) return items;
    s.expect(",");
    // A comma too many does no harm.
    if (s.accept(close)) return items;
  }
}

/** An expression with `|`, `+`, `-`, `*`, `<<` between its parts. */
export function expression(s: Scanner): Expr {
  let left = primary(s);
  for (;;) {
    const op = s.take(/\|\|?|<<|\+|\*|&/y)?.[0];
    if (op === undefined) return left;
    left = { kind: "binary", op, left, right: primary(s) };
  }
}

function flags(s: Scanner): Expr {
  let left = primary(s);
  while (s.accept("|")) {
    left = { kind: "binary", op: "|", left, right: primary(s) };
  }
  return left;
}

function primary(s: Scanner): Expr {
  if (s.accept("...")) return { kind: "ellipsis" };
  if (s.accept("[")) return { kind: "list", items: list(s, "]") };
  if (s.accept("{")) return structure(s);
  if (s.accept("(")) {
    const inner = expression(s);
    s.expect(")");
    return inner;
  }
  const text = s.take(STRING);
  if (text !== undefined) return string(s, unescape(text[1]!));
  const numeral = s.take(NUMBER);
  if (numeral !== undefined) {
    // C's suffixes.
    if (/[uUlL]/.test(s.next)) s.take(/[uUlL]+/y);
    // An octal numeral of flags, or of modes, is one.
    return { kind: "integer", value: number(numeral[0]) };
  }
  if (s.accept("~")) {
    const inner = primary(s);
    return {
      kind: "binary",
      op: "^",
      left: { kind: "integer", value: -1 },
      right: inner,
    };
  }
  const word = s.take(WORD)?.[0] ?? s.fail("expected a value");
  if (s.accept("(")) return { kind: "call", name: word, args: list(s, ")") };
  // `name = value`, as in calls that the structures are written into.
  if (s.peek(/=(?!=)/y) !== undefined) {
    s.accept("=");
    const field: Field = { name: word, value: expression(s) };
    return { kind: "struct", fields: [field] };
  }
  return { kind: "word", value: word };
}

/** Strings in a row are one; `"abc"...` is one of which only that is known. */
function string(s: Scanner, first: string): Expr {
  let value = first;
  for (let next = s.take(STRING); next !== undefined; next = s.take(STRING)) {
    value += unescape(next[1]!);
  }
  s.accept("...");
  return { kind: "string", value };
}

function unescape(text: string): string {
  return text.replace(
    /\\(?:x([0-9a-fA-F]{2})|([\s\S]))/g,
    (_, hex: string | undefined, sign: string) =>
      hex !== undefined
        ? String.fromCharCode(parseInt(hex, 16))
        : ({ n: "\n", t: "\t", r: "\r", "0": "\0" })[sign] ?? sign,
  );
}

/** `{name = value, …}`; members without a name have an empty one. */
function structure(s: Scanner): Expr {
  const fields: Field[] = [];
  if (s.accept("}")) return { kind: "struct", fields };
  for (;;) {
    const name = s.take(FIELD)?.[1] ?? "";
    fields.push({ name, value: expression(s) });
    if (s.accept("}")) return { kind: "struct", fields };
    s.expect(",");
    if (s.accept("}")) return { kind: "struct", fields };
  }
}
