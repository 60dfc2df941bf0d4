/**
 * Packets of a script.
 *
 * @module
 */

import type { IpInfo, Option, PacketSpec, Ports } from "./ast.ts";
import { number, type Scanner } from "./scanner.ts";

/** Control bits as a header has them, by their letters. */
export const FLAG_LETTERS: Readonly<Record<string, number>> = {
  F: 0x001,
  S: 0x002,
  R: 0x004,
  P: 0x008,
  ".": 0x010,
  U: 0x020,
  E: 0x040,
  W: 0x080,
  C: 0x080,
  A: 0x100,
};
/** Bits of the ACE field (AccECN), written as a digit. */
const ACE = [0, 0x040, 0x080, 0x0c0, 0x100, 0x140, 0x180, 0x1c0];
const ECN: Record<string, number | "ect01"> = {
  noecn: 0,
  ect1: 1,
  ect0: 2,
  ce: 3,
  ect01: "ect01",
};
const SEQUENCE = /(\d+)\s*:\s*(\d+)\s*\(\s*(\d+)\s*\)/y;
const HEX = /[0-9a-f]+(?![\w])/iy;

/** A packet behind its `<` or `>`. */
export function packet(s: Scanner, inbound: boolean): PacketSpec {
  let outer: string | undefined;
  for (;;) {
    const found = s.take(
      /(?:ipv4|ipv6)\s*(?:\([^)]*\)|\[[^\]]*\])?\s*[0-9a-f.:]+\s*>\s*[0-9a-f.:]+\s*:|(?:gre|mpls|psp|udpencap)\b[^:\n]*:/iy,
    );
    if (found === undefined) break;
    outer = found[0];
  }
  const ip = ipInfo(s);
  const directed = {
    inbound,
    ip,
    ...(outer === undefined ? {} : { outer }),
  };
  if (s.accept("icmp")) return { ...directed, ...icmp(s) };
  if (s.accept("udp")) {
    const ports = portsOf(s);
    s.expect("(");
    const length = s.integer("a length");
    s.expect(")");
    return { kind: "udp", ...directed, ...withPorts(ports), length };
  }
  const ports = portsOf(s);
  const flags = flagsOf(s);
  const { at } = s.skip();
  const [, first, last, octets] = s.need(
    SEQUENCE,
    "a range such as 1:1001(1000)",
  );
  const sequence = Number(first);
  const length = Number(octets);
  if ((sequence + length) >>> 0 !== Number(last) >>> 0) {
    s.at = at;
    s.fail(`${first}:${last} are not ${octets} octets`);
  }
  const ack = s.accept("ack")
    ? s.integer("an acknowledgment number")
    : undefined;
  const window = s.accept("win") ? s.integer("a window") : undefined;
  const urgent = s.accept("urg") ? s.integer("an urgent pointer") : undefined;
  const options = optionsOf(s);
  // Names of sockets, and orders to damage what is sent.
  s.take(/sock\(\s*\d+\s*\)/y);
  const damage = s.take(/\{[^}]*\}/y)?.[0] ?? "";
  return {
    kind: "tcp",
    ...directed,
    ...withPorts(ports),
    flags,
    sequence,
    length,
    ...(ack === undefined ? {} : { ack }),
    ...(window === undefined ? {} : { window }),
    ...(urgent === undefined ? {} : { urgent }),
    ...(/bad checksum/.test(damage) ? { spoiled: true } : {}),
    options,
  };
}

function withPorts(ports: Ports | undefined): { ports?: Ports } {
  return ports === undefined ? {} : { ports };
}

function portsOf(s: Scanner): Ports | undefined {
  const found = s.take(/(\d+)\s*>\s*(\d+)(?!\s*:)/y);
  if (found === undefined) return undefined;
  return { source: Number(found[1]), destination: Number(found[2]) };
}

/** `[ect0]`, `(tos 0x10)`, `[ttl 64, flowlabel 0x1]`. */
function ipInfo(s: Scanner): IpInfo {
  const info: { -readonly [K in keyof IpInfo]: IpInfo[K] } = {};
  const open = s.take(
    /[[(](?=\s*(?:noecn|ect01|ect0|ect1|ce|tos|ttl|flowlabel|df)\b)/iy,
  );
  if (open === undefined) return info;
  for (;;) {
    const word = s.need(/[a-z]\w*/iy, "noecn, ect0, ect1, ce, tos or ttl")[0];
    const ecn = ECN[word.toLowerCase()];
    if (ecn !== undefined) info.ecn = ecn;
    else if (word === "tos") info.tos = s.integer("a type of service");
    else if (word === "ttl") info.ttl = s.integer("a time to live");
    else if (word === "flowlabel") info.flowLabel = s.integer("a label");
    else s.fail(`no field of an IP header: ${word}`);
    if (s.accept(open[0] === "[" ? "]" : ")")) return info;
    s.expect(",");
  }
}

function flagsOf(s: Scanner): number {
  if (s.accept("-")) return 0;
  const text =
    s.need(/[SFRPUEWAC.][SFRPUEWAC.0-7]*(?!\w)/y, "flags such as S. or P.")[0];
  let flags = 0;
  for (const letter of text) {
    const bit = FLAG_LETTERS[letter];
    if (bit !== undefined) flags |= bit;
    else if (/\d/.test(letter)) flags |= ACE[Number(letter)]!;
    else s.fail(`no flag: ${letter}`);
  }
  return flags;
}

/** Octets that a run of hexadecimal digits says. */
function octetsOf(s: Scanner): Uint8Array {
  const digits = s.take(HEX)?.[0] ?? "";
  if (digits.length % 2 !== 0) s.fail(`half an octet in ${digits}`);
  const octets = new Uint8Array(digits.length / 2);
  for (let i = 0; i < octets.length; i++) {
    octets[i] = parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  }
  return octets;
}

function optionsOf(s: Scanner): readonly Option[] | undefined {
  if (!s.accept("<")) return [];
  if (s.accept("...")) {
    s.expect(">");
    return undefined;
  }
  const options: Option[] = [];
  for (;;) {
    if (s.accept(">")) return options;
    if (s.accept("...")) {
      s.expect(">");
      return [...options, { kind: "any" }];
    }
    options.push(option(s));
    if (s.accept(">")) return options;
    s.expect(",");
  }
}

function option(s: Scanner): Option {
  const name = s.need(/[A-Za-z_][\w-]*/y, "an option")[0];
  switch (name) {
    case "nop":
    case "eol":
    case "sackOK":
      return { kind: name };
    case "mss":
    case "wscale":
      return { kind: name, value: s.integer("its value") };
    case "sack": {
      const blocks: number[][] = [];
      for (;;) {
        const block = s.take(/(\d+)\s*:\s*(\d+)/y);
        if (block === undefined) return { kind: "sack", blocks };
        blocks.push([Number(block[1]), Number(block[2])]);
      }
    }
    case "TS": {
      s.expect("val");
      const anyValue = s.accept("...");
      const value = anyValue ? 0 : s.integer("a timestamp");
      s.expect("ecr");
      const anyEcho = s.accept("...");
      const echo = anyEcho ? 0 : s.integer("a timestamp");
      return { kind: "TS", value, echo, anyValue, anyEcho };
    }
    case "FO":
    case "FOEXP":
      // The host's own cookie, whatever its key makes of it.
      if (s.accept("...") || s.take(/TFO_COOKIE\w*/y) !== undefined) {
        return { kind: name, octets: new Uint8Array(0), any: true };
      }
      return { kind: name, octets: octetsOf(s) };
    case "md5":
      if (s.accept("valid") || s.accept("invalid") || s.accept("...")) {
        return { kind: "md5", octets: new Uint8Array(16), any: true };
      }
      return { kind: "md5", octets: octetsOf(s) };
    case "ECN": {
      const counters: number[] = [];
      let first: "e0b" | "e1b" | undefined;
      for (;;) {
        const found = s.take(/(e0b|ceb|e1b)\s+(\d+)/y);
        if (found === undefined) break;
        if (first === undefined) first = found[1] === "e1b" ? "e1b" : "e0b";
        counters.push(number(found[2]!));
      }
      return { kind: "ECN", first: first ?? "e1b", counters };
    }
    case "raw":
      return { kind: "raw", octets: octetsOf(s) };
    case "option": {
      const kind = s.integer("its kind");
      return { kind: "other", number: kind, octets: octetsOf(s) };
    }
    default: {
      // Of other protocols over TCP; kept as what it is called.
      const rest = s.take(/[^,>]*/y)?.[0] ?? "";
      return {
        kind: "other",
        number: 253,
        octets: new TextEncoder().encode(`${name} ${rest}`.trim()),
      };
    }
  }
}

type Icmp = {
  kind: "icmp";
  type: string;
  code?: string;
  mtu?: number;
  echoed?: {
    protocol: "tcp" | "udp" | "raw";
    sequence: number;
    length: number;
  };
};

function icmp(s: Scanner): Icmp {
  const type = s.need(/[a-z]\w*/y, "a type of ICMP")[0];
  const found: Icmp = { kind: "icmp", type };
  const code = s.take(/(?!mtu\b|id\b)[a-z]\w*/y)?.[0];
  if (code !== undefined) found.code = code;
  if (s.accept("mtu")) found.mtu = s.integer("an MTU");
  if (s.accept("id")) s.integer("an identifier");
  if (!s.accept("[")) return found;
  const other = s.take(/(udp|raw)\s*(?:\d+\s*>\s*\d+)?\s*\(\s*(\d+)\s*\)/y);
  if (other !== undefined) {
    const protocol = other[1] === "udp" ? "udp" : "raw";
    found.echoed = { protocol, sequence: 0, length: Number(other[2]) };
  } else {
    s.take(/tcp\b|\d+\s*>\s*\d+(?!\s*:)/y);
    const [, first, , octets] = s.need(SEQUENCE, "a range");
    found.echoed = {
      protocol: "tcp",
      sequence: Number(first),
      length: Number(octets),
    };
  }
  s.expect("]");
  return found;
}
