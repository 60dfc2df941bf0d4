/**
 * What a script consists of.
 *
 * @module
 */

/** An expression in the arguments of a call. */
export type Expr =
  | { readonly kind: "ellipsis" }
  | { readonly kind: "integer"; readonly value: number }
  | { readonly kind: "word"; readonly value: string }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "list"; readonly items: readonly Expr[] }
  | { readonly kind: "struct"; readonly fields: readonly Field[] }
  | {
    readonly kind: "call";
    readonly name: string;
    readonly args: readonly Expr[];
  }
  | {
    readonly kind: "binary";
    readonly op: string;
    readonly left: Expr;
    readonly right: Expr;
  };

/** A member of a structure; `name` is empty where the script gives none. */
export interface Field {
  readonly name: string;
  readonly value: Expr;
}

/** When an event happens, µs. */
export interface When {
  /** `any` is the wildcard `*`. */
  readonly type: "absolute" | "relative" | "any";
  /** From the script's start, or from the event before. */
  readonly at: number;
  /** Where a range ends. */
  readonly until?: number;
}

/** What an IP header is to say, as far as the script cares. */
export interface IpInfo {
  /** ECN field; `"ect01"` stands for either of ECT(0) and ECT(1). */
  readonly ecn?: number | "ect01";
  /** All eight bits of the type of service. */
  readonly tos?: number;
  readonly ttl?: number;
  readonly flowLabel?: number;
}

/** One TCP option. */
export type Option =
  /** `any` stands for `...` behind other options: more may follow. */
  | { readonly kind: "nop" | "eol" | "sackOK" | "any" }
  | { readonly kind: "mss" | "wscale"; readonly value: number }
  | { readonly kind: "sack"; readonly blocks: readonly (readonly number[])[] }
  | {
    readonly kind: "TS";
    readonly value: number;
    readonly echo: number;
    /** The script leaves them open, as `TS val ... ecr ...`. */
    readonly anyValue?: boolean;
    readonly anyEcho?: boolean;
  }
  | {
    readonly kind: "FO" | "FOEXP" | "md5";
    readonly octets: Uint8Array;
    /** Any cookie will do. */
    readonly any?: boolean;
  }
  | {
    readonly kind: "ECN";
    readonly first: "e0b" | "e1b";
    readonly counters: readonly number[];
  }
  | {
    /** Octets as they stand, right or wrong. */
    readonly kind: "raw";
    readonly octets: Uint8Array;
  }
  | {
    readonly kind: "other";
    readonly number: number;
    readonly octets: Uint8Array;
  };

/** Ports that a packet names. */
export interface Ports {
  readonly source: number;
  readonly destination: number;
}

interface Directed {
  /** Towards the host under test. */
  readonly inbound: boolean;
  readonly ip: IpInfo;
  /** Outer headers, such as tunnels, that this interpreter cannot put around. */
  readonly outer?: string;
}

/** A segment that is injected or expected. */
export interface TcpPacket extends Directed {
  readonly kind: "tcp";
  readonly ports?: Ports;
  readonly flags: number;
  /** Sequence number and octets; absent in no packet. */
  readonly sequence: number;
  readonly length: number;
  readonly ack?: number;
  readonly window?: number;
  readonly urgent?: number;
  /** Its checksum is wrong: `{bad checksum}`. */
  readonly spoiled?: boolean;
  /** `undefined` for `<...>`: anything. */
  readonly options: readonly Option[] | undefined;
}

/** A datagram. */
export interface UdpPacket extends Directed {
  readonly kind: "udp";
  readonly ports?: Ports;
  readonly length: number;
}

/** An error, or an echo. */
export interface IcmpPacket extends Directed {
  readonly kind: "icmp";
  readonly type: string;
  readonly code?: string;
  readonly mtu?: number;
  readonly echoed?: {
    readonly protocol: "tcp" | "udp" | "raw";
    readonly sequence: number;
    readonly length: number;
    readonly relative?: boolean;
  };
}

/** A packet of a script. */
export type PacketSpec = TcpPacket | UdpPacket | IcmpPacket;

/** A call of the socket interface. */
export interface Call {
  readonly kind: "call";
  readonly name: string;
  readonly args: readonly Expr[];
  /** When a blocking call returns, µs, in the way of {@linkcode When.at}. */
  readonly end?: number;
  readonly result: Expr;
  readonly errno?: string;
}

/** Something that happens, or is to happen. */
export interface Event {
  readonly line: number;
  readonly when: When;
  readonly action:
    | { readonly kind: "packet"; readonly packet: PacketSpec }
    | Call
    | { readonly kind: "command"; readonly text: string }
    | { readonly kind: "code"; readonly text: string };
}

/** A script, parsed. */
export interface Script {
  readonly file: string;
  /** From the headers, in their order. */
  readonly options: readonly (readonly [name: string, value: string])[];
  /** Runs before all, and after all. */
  readonly init: readonly string[];
  readonly cleanup: readonly string[];
  readonly events: readonly Event[];
}

/** A script that cannot be understood, with the line. */
export class ScriptError extends Error {
  override readonly name = "ScriptError";
  readonly file: string;
  readonly line: number;

  constructor(file: string, line: number, message: string) {
    super(message);
    this.file = file;
    this.line = line;
  }
}
