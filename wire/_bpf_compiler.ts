// Tests of a filter as instructions of classic BPF.

import * as code from "./_bpf_codes.ts";
import type { Instruction } from "./_bpf_codes.ts";
import type { Operation, Value } from "./_filter_expression.ts";
import { ACCEPT, type Graph, keyOf, type Test } from "./_filter_graph.ts";

/** A filter that classic BPF has no room for. */
export class CapacityError extends RangeError {
  /** The name `"CapacityError"`. */
  override readonly name = "CapacityError";
}

const SIZES: Readonly<Record<number, number>> = {
  1: code.B,
  2: code.H,
  4: code.W,
};
const ARITHMETIC: Readonly<Record<string, number>> = {
  "+": code.ADD,
  "-": code.SUB,
  "*": code.MUL,
  "/": code.DIV,
  "%": code.MOD,
  "&": code.AND,
  "|": code.OR,
  "^": code.XOR,
  "<<": code.LSH,
  ">>": code.RSH,
};
const RELATIONS = { "=": code.JEQ, ">": code.JGT, ">=": code.JGE };
/** Furthest jump of a comparison. */
const FURTHEST = 255;

/** The instructions of one test, up to where the ways part. */
interface Block {
  readonly straight: Instruction[];
  /** Code and constant of the comparison. */
  readonly code: number;
  readonly k: number;
  readonly yes: number;
  readonly no: number;
  /** Whether a jump is too long for the comparison, and gets one of its own. */
  farYes: boolean;
  farNo: boolean;
}

/**
 * The instructions of a filter; they end with `kept`, the octets to keep of a
 * packet that matches, or 0.
 */
export function instructionsOf(graph: Graph, kept: number): Instruction[] {
  const { tests, entry } = graph;
  const ends = [end(kept), end(0)];
  if (entry < 0) return entry === ACCEPT ? [ends[0]!] : [ends[1]!];
  const arriving: (Held | undefined)[] = tests.map(() => undefined);
  arriving[entry] = {};
  const blocks = tests.map((test, i) => {
    const before = arriving[i]!;
    const made = blockOf(test, before.a);
    const x = passX(made.block.straight, before.x);
    for (const next of [test.yes, test.no]) {
      if (next < 0) continue;
      const other = arriving[next];
      const is: Held = { a: made.held, x };
      arriving[next] = other === undefined ? is : {
        a: other.a === is.a ? is.a : undefined,
        x: other.x === is.x ? is.x : undefined,
      };
    }
    return made.block;
  });
  const places = layOut(blocks);
  const accept = places[blocks.length]!;
  const to = (index: number): number =>
    index >= 0 ? places[index]! : index === ACCEPT ? accept : accept + 1;
  const all: Instruction[] = [];
  for (const { straight, code, k, yes, no, farYes, farNo } of blocks) {
    all.push(...straight);
    const behind = all.length + 1;
    const far = Number(farYes);
    const jt = farYes ? 0 : to(yes) - behind;
    const jf = farNo ? far : to(no) - behind;
    all.push({ code, jt, jf, k });
    if (farYes) all.push(jump(to(yes) - all.length - 1));
    if (farNo) all.push(jump(to(no) - all.length - 1));
  }
  all.push(...ends);
  if (all.length > code.MOST_INSTRUCTIONS) {
    throw new CapacityError(
      `Cannot compile filter to ${all.length} instructions: the kernel takes ${code.MOST_INSTRUCTIONS}`,
    );
  }
  return all;
}

/** What the registers hold on every way to a test. */
interface Held {
  /** Key of the number in the accumulator. */
  readonly a?: string | undefined;
  /** Offset of the IPv4 header whose length the index register holds. */
  readonly x?: number | undefined;
}

/**
 * What the index register holds behind these instructions if it held `x`; takes
 * out the first one that sets it, if it does to the same.
 */
function passX(
  straight: Instruction[],
  x: number | undefined,
): number | undefined {
  let first = true;
  for (let i = 0; i < straight.length; i++) {
    const { code: operation, k } = straight[i]!;
    const header = operation === (code.LDX | code.B | code.MSH);
    if (!header && operation !== (code.MISC | code.TAX)) continue;
    if (header && first && k === x) straight.splice(i--, 1);
    x = header ? k : undefined;
    first = false;
  }
  return x;
}

/** Where each block begins, once all jumps that need it are long ones. */
function layOut(blocks: readonly Block[]): number[] {
  const places: number[] = [];
  // A jump that became long stays so, hence this ends.
  for (let changed = true; changed;) {
    changed = false;
    let at = 0;
    for (const [i, { straight, farYes, farNo }] of blocks.entries()) {
      places[i] = at;
      at += straight.length + 1 + Number(farYes) + Number(farNo);
    }
    places[blocks.length] = at;
    for (const [i, block] of blocks.entries()) {
      const behind = places[i]! + block.straight.length + 1;
      const far = (to: number): boolean =>
        (to >= 0 ? places[to]! : to === ACCEPT ? at : at + 1) - behind >
          FURTHEST;
      if (!block.farYes && far(block.yes)) block.farYes = changed = true;
      if (!block.farNo && far(block.no)) block.farNo = changed = true;
    }
  }
  return places;
}

function end(kept: number): Instruction {
  return { code: code.RET, jt: 0, jf: 0, k: kept >>> 0 };
}

function jump(over: number): Instruction {
  return { code: code.JMP | code.JA, jt: 0, jf: 0, k: over };
}

/** One test, where the accumulator holds the number with key `arriving`. */
function blockOf(
  { comparison: { left, right, relation }, yes, no }: Test,
  arriving: string | undefined,
): { block: Block; held: string } {
  const straight: Instruction[] = [];
  const block = { straight, yes, no, farYes: false, farNo: false };
  const loadLeft = (value: Value): string => {
    const key = keyOf(value);
    if (key !== arriving) evaluate(straight, value, 0);
    return key;
  };
  const jmp = code.JMP | RELATIONS[relation];
  if (right.kind !== "constant") {
    const held = loadLeft(left);
    evaluateSecond(straight, right, 0);
    return { held, block: { ...block, code: jmp | code.X, k: 0 } };
  }
  if (
    relation === "=" && right.value === 0 && left.kind === "operation" &&
    left.operator === "&" && left.right.kind === "constant"
  ) {
    // No bit of the mask is set: one instruction, and the other way round.
    const held = loadLeft(left.left);
    const k = left.right.value >>> 0;
    const turned = { yes: no, no: yes };
    return {
      held,
      block: { ...block, ...turned, code: code.JMP | code.JSET, k },
    };
  }
  const held = loadLeft(left);
  return { held, block: { ...block, code: jmp, k: right.value >>> 0 } };
}

function push(to: Instruction[], code: number, k: number): void {
  to.push({ code, jt: 0, jf: 0, k: k >>> 0 });
}

/** A number into the accumulator; memory from `depth` on is free. */
function evaluate(to: Instruction[], value: Value, depth: number): void {
  switch (value.kind) {
    case "constant":
      push(to, code.LD | code.IMM, value.value);
      return;
    case "length":
      push(to, code.LD | code.W | code.LEN, 0);
      return;
    case "load": {
      const { size, offset, header, index } = value;
      const ld = code.LD | SIZES[size]!;
      if (index !== undefined) evaluate(to, index, depth);
      if (header >= 0) push(to, code.LDX | code.B | code.MSH, header);
      if (index !== undefined) {
        if (header >= 0) push(to, code.ALU | code.ADD | code.X, 0);
        push(to, code.MISC | code.TAX, 0);
      }
      const fixed = header < 0 && index === undefined;
      push(to, ld | (fixed ? code.ABS : code.IND), offset);
      return;
    }
    case "operation":
      calculate(to, value, depth);
  }
}

function calculate(
  to: Instruction[],
  { operator, left, right }: Operation,
  depth: number,
): void {
  const alu = code.ALU | ARITHMETIC[operator]!;
  evaluate(to, left, depth);
  if (right.kind === "constant") {
    push(to, alu, right.value);
    return;
  }
  evaluateSecond(to, right, depth);
  if (operator !== "<<" && operator !== ">>") {
    push(to, alu | code.X, 0);
    return;
  }
  // The kernel takes such a shift modulo 32, but the language gives 0.
  push(to, code.MISC | code.TXA, 0);
  to.push({ code: code.JMP | code.JGT, jt: 0, jf: 2, k: 31 });
  push(to, code.LD | code.IMM, 0);
  to.push(jump(2));
  push(to, code.LD | code.MEM, depth);
  push(to, alu | code.X, 0);
}

/**
 * A number into the index register; the accumulator keeps what it holds, which
 * is in memory at `depth` as well.
 */
function evaluateSecond(to: Instruction[], value: Value, depth: number): void {
  if (depth >= code.MEMORY) {
    throw new CapacityError(
      `Cannot compile filter: an expression needs more than ${code.MEMORY} words of memory`,
    );
  }
  push(to, code.ST, depth);
  evaluate(to, value, depth + 1);
  push(to, code.MISC | code.TAX, 0);
  push(to, code.LD | code.MEM, depth);
}
