// Instructions of classic BPF as text, in the manner of `tcpdump -d`.

import * as code from "./_bpf_codes.ts";
import type { Instruction } from "./_bpf_codes.ts";

const WIDTHS: Readonly<Record<number, string>> = {
  [code.W]: "",
  [code.H]: "h",
  [code.B]: "b",
};
const ARITHMETIC: Readonly<Record<number, string>> = {
  [code.ADD]: "add",
  [code.SUB]: "sub",
  [code.MUL]: "mul",
  [code.DIV]: "div",
  [code.OR]: "or",
  [code.AND]: "and",
  [code.LSH]: "lsh",
  [code.RSH]: "rsh",
  [code.NEG]: "neg",
  [code.MOD]: "mod",
  [code.XOR]: "xor",
};
const JUMPS: Readonly<Record<number, string>> = {
  [code.JEQ]: "jeq",
  [code.JGT]: "jgt",
  [code.JGE]: "jge",
  [code.JSET]: "jset",
};

/** Name and operand of an instruction. */
function words(
  { code: operation, jt, jf, k }: Instruction,
  at: number,
): readonly [name: string, operand: string] {
  const kind = operation & 7;
  const mode = operation & 0xe0;
  const right = (operation & code.X) === 0 ? `#0x${k.toString(16)}` : "x";
  switch (kind) {
    case code.LD:
    case code.LDX: {
      const x = kind === code.LD ? "" : "x";
      const name = `ld${x}${WIDTHS[operation & 0x18] ?? "?"}`;
      if (mode === code.IMM) return [name, `#0x${k.toString(16)}`];
      if (mode === code.ABS) return [name, `[${k}]`];
      if (mode === code.IND) return [name, `[x + ${k}]`];
      if (mode === code.MEM) return [name, `M[${k}]`];
      if (mode === code.LEN) return [name, "#pktlen"];
      return [name, `4*([${k}]&0xf)`];
    }
    case code.ST:
      return ["st", `M[${k}]`];
    case code.STX:
      return ["stx", `M[${k}]`];
    case code.ALU: {
      const name = ARITHMETIC[operation & 0xf0] ?? "?";
      return [name, (operation & 0xf0) === code.NEG ? "" : right];
    }
    case code.JMP: {
      if ((operation & 0xf0) === code.JA) return ["ja", `${at + 1 + k}`];
      const name = JUMPS[operation & 0xf0] ?? "?";
      const ways = `jt ${at + 1 + jt}\tjf ${at + 1 + jf}`;
      return [name, `${right.padEnd(16)} ${ways}`];
    }
    case code.RET:
      return ["ret", (operation & code.A) === 0 ? `#${k}` : "a"];
    default:
      return [(operation & code.TXA) === 0 ? "tax" : "txa", ""];
  }
}

/** One line per instruction. */
export function format(program: readonly Instruction[]): string {
  return program.map((instruction, at) => {
    const [name, operand] = words(instruction, at);
    return `(${String(at).padStart(3, "0")}) ${name.padEnd(8)} ${operand}`
      .trimEnd();
  }).join("\n");
}
