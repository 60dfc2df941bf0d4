// What a filter asks of a packet: conditions over numbers of 32 bits.
//
// Whoever evaluates keeps to the order of the text, and stops at the first side
// that decides. A load that reaches outside the packet, or a division by 0, ends
// the evaluation: the packet does not match, whatever stands around it.

/** A number that does not depend on the packet. */
export interface Constant {
  readonly kind: "constant";
  /** int32. */
  readonly value: number;
}

/** Octets of the packet on its wire. */
export interface Length {
  readonly kind: "length";
}

/** Octets of the packet as a number. */
export interface Load {
  readonly kind: "load";
  /** How many: 1, 2 or 4. */
  readonly size: number;
  /** Offset of the first, uint32, before what follows is added, modulo 2^32. */
  readonly offset: number;
  /**
   * Offset of the IPv4 header whose length is added, or -1; it is read from
   * the low half of that octet in units of four.
   */
  readonly header: number;
  /** What is added as well. */
  readonly index: Value | undefined;
}

/** The operators, in the numbering of {@linkcode Operation}. */
export const OPERATORS = ["+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>"];

/** Two numbers made one. A shift by more than 31 gives 0. */
export interface Operation {
  readonly kind: "operation";
  readonly operator: string;
  readonly left: Value;
  readonly right: Value;
}

/** A number of 32 bits. */
export type Value = Constant | Length | Load | Operation;

/** How a {@linkcode Comparison} compares; all compare without sign. */
type Relation = "=" | ">" | ">=";

/** Whether two numbers stand in a relation. */
export interface Comparison {
  readonly kind: "comparison";
  readonly relation: Relation;
  readonly left: Value;
  readonly right: Value;
}

/** What is true or false of a packet. */
export type Condition =
  | { readonly kind: "known"; readonly value: boolean }
  | Comparison
  | { readonly kind: "not"; readonly inner: Condition }
  | {
    readonly kind: "and" | "or";
    readonly left: Condition;
    readonly right: Condition;
  };

/** What every packet fulfils. */
export const ALWAYS: Condition = { kind: "known", value: true };
/** What no packet fulfils. */
export const NEVER: Condition = { kind: "known", value: false };
/** Octets of the packet on its wire. */
export const LENGTH: Length = { kind: "length" };

/** A number, signed or not. */
export function constant(value: number): Constant {
  return { kind: "constant", value: value | 0 };
}

/** Octets at a fixed place. */
export function load(size: number, offset: number): Load {
  return { kind: "load", size, offset, header: -1, index: undefined };
}

/** Octets behind the IPv4 header at `header`. */
export function behind(header: number, size: number, offset: number): Load {
  return {
    kind: "load",
    size,
    offset: header + offset,
    header,
    index: undefined,
  };
}

/** Further than any packet reaches, and no offset that the kernel interprets. */
const BEYOND = 0x7fffffff;

/** A load from `index` octets further on. */
export function indexed(from: Load, index: Value): Load {
  if (index.kind !== "constant") return { ...from, index };
  const offset = (from.offset + index.value) >>> 0;
  return {
    ...from,
    offset: from.header < 0 ? Math.min(offset, BEYOND) : offset,
  };
}

/** The result for int32 operands, or undefined for a division by 0. */
export function calculate(
  operator: string,
  left: number,
  right: number,
): number | undefined {
  switch (operator) {
    case "+":
      return left + right | 0;
    case "-":
      return left - right | 0;
    case "*":
      return Math.imul(left, right);
    case "/":
      return right === 0 ? undefined : (left >>> 0) / (right >>> 0) | 0;
    case "%":
      return right === 0 ? undefined : (left >>> 0) % (right >>> 0) | 0;
    case "&":
      return left & right;
    case "|":
      return left | right;
    case "^":
      return left ^ right;
    case "<<":
      return right >>> 0 > 31 ? 0 : left << right;
    default:
      return right >>> 0 > 31 ? 0 : left >>> right | 0;
  }
}

/**
 * Joins two numbers, and at once if they are known. Nothing is loaded for what
 * 0 takes away: tcpdump does not either, and it tells in a packet cut short.
 */
export function operation(operator: string, left: Value, right: Value): Value {
  if (left.kind === "constant" && right.kind === "constant") {
    const value = calculate(operator, left.value, right.value);
    if (value !== undefined) return constant(value);
  }
  if (
    (operator === "&" || operator === "*") && right.kind === "constant" &&
    right.value === 0
  ) return right;
  if (
    operator === "&" && right.kind === "constant" && right.value === -1
  ) return left;
  return { kind: "operation", operator, left, right };
}

/** Whether two int32 stand in a relation, as unsigned numbers. */
function relate(
  relation: Relation,
  left: number,
  right: number,
): boolean {
  if (relation === "=") return left === right;
  return relation === ">"
    ? left >>> 0 > right >>> 0
    : left >>> 0 >= right >>> 0;
}

/** Compares; `relation` may be any that the language has. */
export function compare(
  left: Value,
  relation: string,
  right: Value,
): Condition {
  switch (relation) {
    case "!=":
      return not(compare(left, "=", right));
    case "<":
      return not(compare(left, ">=", right));
    case "<=":
      return not(compare(left, ">", right));
    case "==":
      return compare(left, "=", right);
  }
  const kept = relation as Relation;
  if (left.kind === "constant") {
    if (right.kind === "constant") {
      return relate(kept, left.value, right.value) ? ALWAYS : NEVER;
    }
    // A constant stands on the right, where an instruction has room for it.
    if (kept === "=") return compare(right, "=", left);
    return not(compare(right, kept === ">" ? ">=" : ">", left));
  }
  return { kind: "comparison", relation: kept, left, right };
}

/** Whether a number has a fixed value. */
export function equals(left: Value, value: number): Condition {
  return compare(left, "=", constant(value));
}

/** The opposite. */
export function not(inner: Condition): Condition {
  if (inner.kind === "known") return inner.value ? NEVER : ALWAYS;
  return inner.kind === "not" ? inner.inner : { kind: "not", inner };
}

/** Both, the left one first. */
export function and(left: Condition, right: Condition): Condition {
  if (left.kind === "known") return left.value ? right : left;
  return { kind: "and", left, right };
}

/** Either, the left one first. */
export function or(left: Condition, right: Condition): Condition {
  if (left.kind === "known") return left.value ? left : right;
  return { kind: "or", left, right };
}
