// A filter as numbers in one array, and the loop that runs them.

import { type Load, OPERATORS, type Value } from "./_filter_expression.ts";
import { type Graph, REJECT } from "./_filter_graph.ts";

/** Words of an instruction; what they mean depends on the first. */
const STRIDE = 8;

// Ends.
const REFUSE = 0;
const MATCH = 1;
// A test of octets at a fixed place: size, offset, header, mask, value and the
// two places to go on. The relation is part of the operation: + 0 is =, + 1 is
// >, + 2 is >=.
const TEST_OCTET = 2;
const TEST_HALF = 5;
const TEST_WORD = 8;
// As those, where offsets count from behind the IPv4 header.
const TEST_BEHIND = 11;
// Register against register: relation, both registers, two places.
const TEST_REGISTERS = 14;
// A register is given a constant, the length, octets or a result.
const SET_CONSTANT = 15;
const SET_LENGTH = 16;
const SET_LOAD = 17;
const SET_RESULT = 18;

const DIVIDE = OPERATORS.indexOf("/");
const REMAINDER = OPERATORS.indexOf("%");
const RELATIONS = ["=", ">", ">="];
const NOTHING = -1;
/** Offsets from here on are beyond any packet. */
const FAR = 0x10000;

/** Gathers instructions. */
class Assembler {
  readonly words: number[] = [];
  registers = 0;

  get at(): number {
    return this.words.length;
  }

  emit(...words: readonly number[]): number {
    const { at } = this;
    for (let i = 0; i < STRIDE; i++) this.words.push(words[i] ?? 0);
    return at;
  }

  /** Makes instructions that put a number into register `to`. */
  value(value: Value, to: number): void {
    this.registers = Math.max(this.registers, to + 1);
    switch (value.kind) {
      case "constant":
        this.emit(SET_CONSTANT, to, value.value);
        return;
      case "length":
        this.emit(SET_LENGTH, to);
        return;
      case "load": {
        const { size, offset, header, index } = value;
        if (index !== undefined) this.value(index, to);
        const from = index === undefined ? NOTHING : to;
        this.emit(SET_LOAD, to, size, offset | 0, header, from);
        return;
      }
      case "operation":
        this.value(value.left, to);
        this.value(value.right, to + 1);
        this.emit(
          SET_RESULT,
          to,
          OPERATORS.indexOf(value.operator),
          to,
          to + 1,
        );
    }
  }
}

/** The octets at a fixed place that a number is, and the mask over them. */
function masked(value: Value): { load: Load; mask: number } | undefined {
  if (value.kind === "load") {
    return value.index === undefined ? { load: value, mask: -1 } : undefined;
  }
  if (
    value.kind !== "operation" || value.operator !== "&" ||
    value.right.kind !== "constant"
  ) return undefined;
  const inner = masked(value.left);
  return inner?.mask === -1
    ? { load: inner.load, mask: value.right.value }
    : undefined;
}

/** A filter that can be run. */
export class Program {
  readonly #entry: number;
  readonly #words: Int32Array;
  readonly #registers: Int32Array;

  /** Puts tests into words. */
  constructor({ tests, entry }: Graph) {
    const assembler = new Assembler();
    const places = tests.map((test) => {
      const place = assembler.at;
      const { left, relation, right } = test.comparison;
      const fixed = masked(left);
      const kind = RELATIONS.indexOf(relation);
      // An offset beyond any packet takes the long way, which finds out.
      if (
        fixed !== undefined && right.kind === "constant" &&
        fixed.load.offset < FAR
      ) {
        const { load: { size, offset, header }, mask } = fixed;
        const { value } = right;
        if (header < 0) {
          const operation = size === 1
            ? TEST_OCTET
            : size === 2
            ? TEST_HALF
            : TEST_WORD;
          assembler.emit(operation + kind, offset, 0, mask, value);
        } else {
          const operation = TEST_BEHIND + kind;
          assembler.emit(operation, offset, header, mask, value, 0, 0, size);
        }
        return place;
      }
      assembler.value(left, 0);
      assembler.value(right, 1);
      assembler.emit(TEST_REGISTERS, kind, 0, 1);
      return place;
    });
    const refuse = assembler.emit(REFUSE);
    const match = assembler.emit(MATCH);
    const to = (index: number): number =>
      index >= 0 ? places[index]! : index === REJECT ? refuse : match;
    const { words } = assembler;
    for (const [i, { yes, no }] of tests.entries()) {
      const next = places[i + 1] ?? refuse;
      words[next - STRIDE + 5] = to(yes);
      words[next - STRIDE + 6] = to(no);
    }
    this.#entry = to(entry);
    this.#words = Int32Array.from(words);
    this.#registers = new Int32Array(assembler.registers);
  }

  /** Whether the octets `start`..`end` match. Every jump goes forward. */
  run(view: DataView, start: number, end: number, wireLength: number): boolean {
    const words = this.#words;
    const registers = this.#registers;
    let at = this.#entry;
    for (;;) {
      const operation = words[at]!;
      let holds = false;
      switch (operation) {
        case REFUSE:
          return false;
        case MATCH:
          return true;
        case TEST_OCTET:
        case TEST_OCTET + 1:
        case TEST_OCTET + 2: {
          const from = start + words[at + 1]!;
          if (from + 1 > end) return false;
          const value = view.getUint8(from) & words[at + 3]!;
          holds = compares(operation - TEST_OCTET, value, words[at + 4]!);
          break;
        }
        case TEST_HALF:
        case TEST_HALF + 1:
        case TEST_HALF + 2: {
          const from = start + words[at + 1]!;
          if (from + 2 > end) return false;
          const value = view.getUint16(from) & words[at + 3]!;
          holds = compares(operation - TEST_HALF, value, words[at + 4]!);
          break;
        }
        case TEST_WORD:
        case TEST_WORD + 1:
        case TEST_WORD + 2: {
          const from = start + words[at + 1]!;
          if (from + 4 > end) return false;
          const value = view.getInt32(from) & words[at + 3]!;
          holds = compares(operation - TEST_WORD, value, words[at + 4]!);
          break;
        }
        case TEST_BEHIND:
        case TEST_BEHIND + 1:
        case TEST_BEHIND + 2: {
          const header = start + words[at + 2]!;
          if (header >= end) return false;
          const from = start + words[at + 1]! +
            ((view.getUint8(header) & 15) << 2);
          const size = words[at + 7]!;
          if (from + size > end) return false;
          const value = read(view, from, size) & words[at + 3]!;
          holds = compares(operation - TEST_BEHIND, value, words[at + 4]!);
          break;
        }
        case TEST_REGISTERS:
          holds = compares(
            words[at + 1]!,
            registers[words[at + 2]!]!,
            registers[words[at + 3]!]!,
          );
          break;
        case SET_CONSTANT:
          registers[words[at + 1]!] = words[at + 2]!;
          at += STRIDE;
          continue;
        case SET_LENGTH:
          registers[words[at + 1]!] = wireLength;
          at += STRIDE;
          continue;
        case SET_LOAD: {
          let offset = words[at + 3]!;
          const header = words[at + 4]!;
          if (header >= 0) {
            if (start + header >= end) return false;
            offset += (view.getUint8(start + header) & 15) << 2;
          }
          const index = words[at + 5]!;
          if (index >= 0) offset += registers[index]!;
          const from = start + (offset >>> 0);
          const size = words[at + 2]!;
          if (from + size > end) return false;
          registers[words[at + 1]!] = read(view, from, size);
          at += STRIDE;
          continue;
        }
        default: {
          const left = registers[words[at + 3]!]!;
          const right = registers[words[at + 4]!]!;
          const which = words[at + 2]!;
          if (right === 0 && (which === DIVIDE || which === REMAINDER)) {
            return false;
          }
          registers[words[at + 1]!] = result(which, left, right);
          at += STRIDE;
          continue;
        }
      }
      at = words[at + (holds ? 5 : 6)]!;
    }
  }
}

function compares(relation: number, left: number, right: number): boolean {
  if (relation === 0) return left === right;
  return relation === 1 ? left >>> 0 > right >>> 0 : left >>> 0 >= right >>> 0;
}

function read(view: DataView, from: number, size: number): number {
  if (size === 1) return view.getUint8(from);
  return size === 2 ? view.getUint16(from) : view.getInt32(from);
}

/** As `calculate()`, by the number of the operator. */
function result(operator: number, left: number, right: number): number {
  switch (operator) {
    case 0:
      return left + right | 0;
    case 1:
      return left - right | 0;
    case 2:
      return Math.imul(left, right);
    case DIVIDE:
      return (left >>> 0) / (right >>> 0) | 0;
    case REMAINDER:
      return (left >>> 0) % (right >>> 0) | 0;
    case 5:
      return left & right;
    case 6:
      return left | right;
    case 7:
      return left ^ right;
    case 8:
      return right >>> 0 > 31 ? 0 : left << right;
    default:
      return right >>> 0 > 31 ? 0 : left >>> right | 0;
  }
}
