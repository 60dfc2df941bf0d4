/**
 * Classic BPF: filters as the kernel takes them.
 *
 * {@linkcode compile} makes from the text of a filter the octets that the socket
 * option `SO_ATTACH_FILTER` is given; {@linkcode Machine} runs such octets, by
 * the rules of the kernel, anywhere. A program is a row of `struct
 * sock_filter`: code uint16, jt and jf uint8, k uint32, in the byte order of the
 * machine, here little-endian. Steven McCanne and Van Jacobson, "The BSD Packet
 * Filter", 1993; linux/Documentation/networking/filter.rst.
 *
 * ```ts
 * import { bpf } from "@ethox/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const program = bpf.compile("arp", { kept: 96 });
 * assertEquals(
 *   bpf.format(bpf.decode(program)),
 *   `(000) ldh      [12]
 * (001) jeq      #0x806           jt 2\tjf 3
 * (002) ret      #96
 * (003) ret      #0`,
 * );
 *
 * const machine = new bpf.Machine(program);
 * const frame = new DataView(new ArrayBuffer(60));
 * assertEquals(machine.run(frame, 0, 60), 0);
 * frame.setUint16(12, 0x0806);
 * assertEquals(machine.run(frame, 0, 60), 96);
 * ```
 *
 * @module
 */

import * as code from "./_bpf_codes.ts";
import type { Instruction } from "./_bpf_codes.ts";
import { CapacityError, instructionsOf } from "./_bpf_compiler.ts";
import { format } from "./_bpf_text.ts";
import { FilterError } from "./_filter_error.ts";
import { graphOf } from "./_filter_graph.ts";
import { parse } from "./_filter_parser.ts";
import type { FilterOptions } from "./filter.ts";
import { LinkType } from "./linktype.ts";

export { CapacityError, FilterError, format };
export type { FilterOptions, Instruction };

/** Octets of an instruction. */
export const INSTRUCTION_LENGTH = 8;
/** Most instructions that the kernel takes. */
export const MOST_INSTRUCTIONS: number = code.MOST_INSTRUCTIONS;
/** Octets kept of a packet unless said otherwise. */
export const KEPT = 262144;

/** How a filter is compiled. */
export interface CompileOptions extends FilterOptions {
  /** Octets to keep of a packet that matches; {@linkcode KEPT} by default. */
  readonly kept?: number;
  /**
   * Whether the program is to run in the kernel, `false` by default. There the
   * outermost VLAN tag of a frame is not in the frame but beside it, where the
   * first `vlan` then looks for it.
   */
  readonly kernel?: boolean;
}

/**
 * Makes a program from the text of a filter; see
 * [filter](./filter.ts) for the language.
 *
 * @throws {FilterError} naming the place if the text makes no sense.
 * @throws {CapacityError} if the program would be too long for the kernel.
 * @throws {RangeError} if the link type is not known.
 */
export function compile(
  text: string,
  options: CompileOptions = {},
): Uint8Array<ArrayBuffer> {
  const condition = parse(text, {
    linkType: options.linkType ?? LinkType.ETHERNET,
    netmask: options.netmask,
    fromKernel: options.kernel ?? false,
  });
  return encode(instructionsOf(graphOf(condition), options.kept ?? KEPT));
}

/** Instructions as octets. */
export function encode(
  program: readonly Instruction[],
): Uint8Array<ArrayBuffer> {
  const octets = new Uint8Array(program.length * INSTRUCTION_LENGTH);
  const view = new DataView(octets.buffer);
  for (const [i, { code, jt, jf, k }] of program.entries()) {
    const at = i * INSTRUCTION_LENGTH;
    view.setUint16(at, code, true);
    view.setUint8(at + 2, jt);
    view.setUint8(at + 3, jf);
    view.setUint32(at + 4, k, true);
  }
  return octets;
}

/**
 * Octets as instructions.
 *
 * @throws {ProgramError} if their number is no multiple of 8.
 */
export function decode(octets: Uint8Array): Instruction[] {
  const { buffer, byteOffset, length } = octets;
  if (length % INSTRUCTION_LENGTH !== 0) {
    throw new ProgramError(`${length} octets are no whole instructions`);
  }
  const view = new DataView(buffer, byteOffset, length);
  const program: Instruction[] = [];
  for (let at = 0; at < length; at += INSTRUCTION_LENGTH) {
    program.push({
      code: view.getUint16(at, true),
      jt: view.getUint8(at + 2),
      jf: view.getUint8(at + 3),
      k: view.getUint32(at + 4, true),
    });
  }
  return program;
}

/** A program that the kernel would not take. */
export class ProgramError extends RangeError {
  /** The name `"ProgramError"`. */
  override readonly name = "ProgramError";

  /** Says what is wrong. */
  constructor(problem: string) {
    super(`Cannot run program: ${problem}`);
  }
}

/** Throws for what the kernel refuses at once. */
function judge(program: readonly Instruction[]): void {
  const { length } = program;
  if (length === 0 || length > MOST_INSTRUCTIONS) {
    throw new ProgramError(
      `${length} instructions: need 1 to ${MOST_INSTRUCTIONS}`,
    );
  }
  for (const [at, instruction] of program.entries()) {
    const problem = problemOf(instruction, length - at - 1);
    if (problem !== undefined) {
      throw new ProgramError(`${problem} in instruction ${at}`);
    }
  }
  if ((program[length - 1]!.code & 7) !== code.RET) {
    throw new ProgramError("the last instruction is no end");
  }
}

/** What is wrong with one instruction that `left` others follow. */
function problemOf(
  { code: operation, jt, jf, k }: Instruction,
  left: number,
): string | undefined {
  if (!CODES.has(operation)) return `unknown code 0x${operation.toString(16)}`;
  switch (operation & 7) {
    case code.LD:
    case code.LDX:
      if ((operation & 0xe0) !== code.MEM) return undefined;
      return k < code.MEMORY ? undefined : `no memory word ${k}`;
    case code.ST:
    case code.STX:
      return k < code.MEMORY ? undefined : `no memory word ${k}`;
    case code.ALU: {
      if ((operation & code.X) !== 0) return undefined;
      const what = operation & 0xf0;
      if (k === 0 && (what === code.DIV || what === code.MOD)) {
        return "division by 0";
      }
      return k > 31 && (what === code.LSH || what === code.RSH)
        ? `shift by ${k}`
        : undefined;
    }
    case code.JMP:
      if (operation === code.JMP) {
        return k < left ? undefined : "jump behind the end";
      }
      return jt < left && jf < left ? undefined : "jump behind the end";
    default:
      return undefined;
  }
}

const CODES: ReadonlySet<number> = new Set([
  ...[code.W, code.H, code.B].flatMap((size) => [
    code.LD | size | code.ABS,
    code.LD | size | code.IND,
  ]),
  ...[code.LD, code.LDX].flatMap((ld) => [
    ld | code.IMM,
    ld | code.MEM,
    ld | code.W | code.LEN,
  ]),
  code.LDX | code.B | code.MSH,
  code.ST,
  code.STX,
  ...[
    ...[code.ADD, code.SUB, code.MUL, code.DIV, code.OR, code.AND],
    ...[code.LSH, code.RSH, code.MOD, code.XOR],
  ].flatMap((what) => [code.ALU | what, code.ALU | what | code.X]),
  code.ALU | code.NEG,
  code.JMP | code.JA,
  ...[code.JEQ, code.JGT, code.JGE, code.JSET].flatMap((what) => [
    code.JMP | what,
    code.JMP | what | code.X,
  ]),
  code.RET,
  code.RET | code.A,
  code.MISC | code.TAX,
  code.MISC | code.TXA,
]);

/**
 * Runs a program, by the rules of the kernel: a load that reaches outside the
 * packet and a division by 0 end it with 0. What the kernel keeps beside a
 * packet, at offsets over 2^31, is not here, and counts as outside.
 */
export class Machine {
  /** Code, jt, jf and k of each instruction in turn. */
  readonly #words: Int32Array;
  readonly #memory: Int32Array = new Int32Array(code.MEMORY);

  /** Loads a program. @throws {ProgramError} if the kernel would refuse it. */
  constructor(octets: Uint8Array) {
    const program = decode(octets);
    judge(program);
    this.#words = Int32Array.from(
      program.flatMap(({ code, jt, jf, k }) => [code, jt, jf, k]),
    );
  }

  /**
   * Octets to keep of the packet in `start`..`end`; 0 if it is not wanted. It
   * had `wireLength` octets before it was cut short, if it was. Every jump goes
   * forward, so each instruction runs once at most.
   */
  run(
    view: DataView,
    start: number,
    end: number,
    wireLength: number = end - start,
  ): number {
    const words = this.#words;
    const memory = this.#memory.fill(0);
    let a = 0;
    let x = 0;
    for (let at = 0;; at += 4) {
      const operation = words[at]!;
      const k = words[at + 3]!;
      switch (operation & 7) {
        case code.LD:
        case code.LDX: {
          let value: number;
          switch (operation & 0xe0) {
            case code.IMM:
              value = k;
              break;
            case code.MEM:
              value = memory[k]!;
              break;
            case code.LEN:
              value = wireLength | 0;
              break;
            default: {
              const index = (operation & 0xe0) === code.IND ? x : 0;
              const from = start + ((k + index) >>> 0);
              const width = operation & 0x18;
              const size = width === code.B ? 1 : width === code.H ? 2 : 4;
              if (from + size > end) return 0;
              value = size === 1
                ? view.getUint8(from)
                : size === 2
                ? view.getUint16(from)
                : view.getInt32(from);
              if ((operation & 0xe0) === code.MSH) value = (value & 15) << 2;
            }
          }
          if ((operation & 7) === code.LD) a = value;
          else x = value;
          break;
        }
        case code.ST:
          memory[k] = a;
          break;
        case code.STX:
          memory[k] = x;
          break;
        case code.ALU: {
          const right = (operation & code.X) === 0 ? k : x;
          const what = operation & 0xf0;
          if (right === 0 && (what === code.DIV || what === code.MOD)) return 0;
          a = calculate(what, a, right);
          break;
        }
        case code.JMP: {
          if (operation === code.JMP) {
            at += 4 * k;
            break;
          }
          const right = (operation & code.X) === 0 ? k : x;
          const holds = compares(operation & 0xf0, a, right);
          at += 4 * words[at + (holds ? 1 : 2)]!;
          break;
        }
        case code.RET:
          return ((operation & code.A) === 0 ? k : a) >>> 0;
        default:
          if ((operation & code.TXA) === 0) x = a;
          else a = x;
      }
    }
  }
}

function compares(what: number, a: number, right: number): boolean {
  switch (what) {
    case code.JEQ:
      return a === right;
    case code.JGT:
      return a >>> 0 > right >>> 0;
    case code.JGE:
      return a >>> 0 >= right >>> 0;
    default:
      return (a & right) !== 0;
  }
}

function calculate(what: number, a: number, right: number): number {
  switch (what) {
    case code.ADD:
      return a + right | 0;
    case code.SUB:
      return a - right | 0;
    case code.MUL:
      return Math.imul(a, right);
    case code.DIV:
      return (a >>> 0) / (right >>> 0) | 0;
    case code.OR:
      return a | right;
    case code.AND:
      return a & right;
    case code.LSH:
      return a << right;
    case code.RSH:
      return a >>> right | 0;
    case code.NEG:
      return -a | 0;
    case code.MOD:
      return (a >>> 0) % (right >>> 0) | 0;
    default:
      return a ^ right;
  }
}
