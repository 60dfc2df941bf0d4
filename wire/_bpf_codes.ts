// Numbers of linux/bpf_common.h: an operation code is a class, and what its
// other bits say in that class.

/** Into the accumulator. */
export const LD = 0x00;
/** Into the index register. */
export const LDX = 0x01;
/** The accumulator into memory. */
export const ST = 0x02;
/** The index register into memory. */
export const STX = 0x03;
/** Arithmetic on the accumulator. */
export const ALU = 0x04;
/** Jumps. */
export const JMP = 0x05;
/** Ends. */
export const RET = 0x06;
/** Between the registers. */
export const MISC = 0x07;

/** Four octets. */
export const W = 0x00;
/** Two octets. */
export const H = 0x08;
/** One octet. */
export const B = 0x10;

/** The constant. */
export const IMM = 0x00;
/** The packet, at the constant. */
export const ABS = 0x20;
/** The packet, at the constant and the index register. */
export const IND = 0x40;
/** Scratch memory. */
export const MEM = 0x60;
/** The length of the packet. */
export const LEN = 0x80;
/** Four times the low half of an octet: the length of an IPv4 header. */
export const MSH = 0xa0;

/** The right operand is the index register; otherwise the constant. */
export const X = 0x08;
/** A result is the accumulator. */
export const A = 0x10;

/** Arithmetic. */
export const ADD = 0x00;
export const SUB = 0x10;
export const MUL = 0x20;
export const DIV = 0x30;
export const OR = 0x40;
export const AND = 0x50;
export const LSH = 0x60;
export const RSH = 0x70;
export const NEG = 0x80;
export const MOD = 0x90;
export const XOR = 0xa0;

/** Jumps: always, and by comparison without sign. */
export const JA = 0x00;
export const JEQ = 0x10;
export const JGT = 0x20;
export const JGE = 0x30;
export const JSET = 0x40;

/** The accumulator into the index register. */
export const TAX = 0x00;
/** The index register into the accumulator. */
export const TXA = 0x80;

/** Words of scratch memory. */
export const MEMORY = 16;
/** Most instructions that the kernel takes. */
export const MOST_INSTRUCTIONS = 4096;

/** One instruction. */
export interface Instruction {
  /** What it does, uint16. */
  readonly code: number;
  /** Instructions to pass over if a comparison holds, uint8. */
  readonly jt: number;
  /** Instructions to pass over if it does not, uint8. */
  readonly jf: number;
  /** Constant, offset or jump, uint32. */
  readonly k: number;
}
