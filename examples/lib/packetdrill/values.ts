/**
 * What expressions of a script come to.
 *
 * @module
 */

import type { Expr } from "./ast.ts";
import { CONSTANTS } from "./names.ts";

/** A call that this interpreter, or its stack, does not know. */
export class Unsupported extends Error {
  override readonly name = "Unsupported";
}

/** The number that an expression is. @throws {Unsupported} if it is none */
export function numberOf(e: Expr | undefined): number {
  if (e === undefined) throw new Unsupported("a number is missing");
  switch (e.kind) {
    case "integer":
      return e.value;
    case "word": {
      const value = CONSTANTS[e.value];
      if (value === undefined) throw new Unsupported(`unknown word ${e.value}`);
      return value;
    }
    case "list":
      return numberOf(e.items[0]);
    case "binary": {
      const left = numberOf(e.left);
      const right = numberOf(e.right);
      switch (e.op) {
        case "+":
          return left + right;
        case "*":
          return left * right;
        case "<<":
          return left << right;
        case "&":
          return left & right;
        case "^":
          return left ^ right;
        default:
          return left | right;
      }
    }
    case "call":
      // htons(8080): ports are numbers here, whatever their octets.
      if (/^(htons|htonl|ntohs|ntohl)$/.test(e.name)) {
        return numberOf(e.args[0]);
      }
      throw new Unsupported(`unknown function ${e.name}`);
    default:
      throw new Unsupported(`no number: ${exprText(e)}`);
  }
}

/** The same, or `undefined` for `...` and what is no number. */
export function maybeNumber(e: Expr | undefined): number | undefined {
  if (e === undefined || e.kind === "ellipsis") return undefined;
  try {
    return numberOf(e);
  } catch {
    return undefined;
  }
}

/** A member of a structure by its name. */
export function member(
  e: Expr | undefined,
  ...names: string[]
): Expr | undefined {
  if (e?.kind !== "struct") return undefined;
  return e.fields.find((field) => names.includes(field.name))?.value;
}

/** The name of an option: the word that was written, or the number. */
export function wordOf(e: Expr | undefined): string {
  if (e?.kind === "word") return e.value;
  return e === undefined ? "" : exprText(e);
}

/** An address such as `inet_addr("192.0.2.1")`, int32. */
export function addressOf(e: Expr | undefined): number | undefined {
  if (e?.kind !== "call") return undefined;
  const text = e.args.find((arg) => arg.kind === "string");
  if (text?.kind !== "string") return undefined;
  const parts = text.value.replace(/^::ffff:/i, "").split(".").map(Number);
  if (parts.length !== 4) return undefined;
  return parts.reduce((all, part) => (all << 8) | (part & 255), 0);
}

/** An expression as a script would write it. */
export function exprText(e: Expr): string {
  switch (e.kind) {
    case "ellipsis":
      return "...";
    case "integer":
      return String(e.value);
    case "word":
      return e.value;
    case "string":
      return JSON.stringify(e.value);
    case "list":
      return `[${e.items.map(exprText).join(", ")}]`;
    case "struct":
      return `{${
        e.fields.map((f) =>
          f.name === "" ? exprText(f.value) : `${f.name}=${exprText(f.value)}`
        ).join(", ")
      }}`;
    case "call":
      return `${e.name}(${e.args.map(exprText).join(", ")})`;
    case "binary":
      return `${exprText(e.left)}${e.op}${exprText(e.right)}`;
  }
}
