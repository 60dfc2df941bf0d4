// Filters, and packets to try them on. No tests of its own.

import fc from "fast-check";
import type { Condition, Value } from "./_filter_expression.ts";
import { captures, hex, octets, present } from "./_oracle_test_util.ts";

/** Filters for packets of any link type; tcpdump takes them too. */
export const FILTERS: readonly string[] = [
  "",
  "ip",
  "ip6",
  "arp",
  "rarp",
  "tcp",
  "udp",
  "icmp",
  "icmp6",
  "igmp",
  "sctp",
  "ah",
  "esp",
  "pim",
  "vrrp",
  "not ip",
  "not tcp and not udp",
  "tcp or udp and port 53",
  "tcp or (udp and port 53)",
  "ip proto 17",
  "ip proto \\tcp",
  "ip6 proto 58",
  "ip6 proto 44",
  "proto 6 or 17",
  "host 192.168.1.1",
  "src host 192.168.1.1",
  "dst host 192.168.1.1 or 10.0.0.1",
  "src or dst host 127.0.0.1",
  "src and dst host 127.0.0.1",
  "ip host 10.0.0.1",
  "arp host 192.168.1.1",
  "not host 127.0.0.1 and not host 192.168.1.1",
  "net 10.0.0.0/8",
  "src net 192.168.0.0/16",
  "dst net 224.0.0.0/4",
  "net 192.168",
  "net 10 or 172.16 or 127",
  "net 10.0.0.0 mask 255.0.0.0",
  "net 0.0.0.0/0",
  "src and dst net 10.0.0.0/8",
  "host ::1",
  "src host fe80::1 or 2001:db8::1",
  "net fe80::/10",
  "dst net ff00::/8",
  "src net ::/0",
  "not net 2000::/3",
  "port 53",
  "port 80 or 443",
  "src port 80",
  "dst port 443",
  "src and dst port 53",
  "tcp port 80",
  "udp src port 53",
  "tcp dst port 22 or 23 or 25",
  "sctp port 5060",
  "portrange 0-1023",
  "tcp portrange 1024-65535",
  "udp dst portrange 60-70",
  "not port 80 and tcp",
  "not portrange 0-1023",
  "ip multicast",
  "ip6 multicast",
  "less 60",
  "greater 1000",
  "len > 100",
  "len >= 60 and len <= 70",
  "len - 14 = ip[2:2]",
  "ip[0] & 0xf > 5",
  "ip[0] & 0xf != 5",
  "ip[8] < 64",
  "ip[8] <= 64",
  "64 >= ip[8]",
  "64 < ip[8]",
  "ip[6:2] & 0x3fff != 0",
  "ip[6:2] & 0x1fff = 0 and ip[6] & 0x20 != 0",
  "ip[12:4] = ip[16:4]",
  "ip[2:2] - ((ip[0] & 0xf) << 2) > 512",
  "ip[8] * 2 > 128",
  "ip[8] / 64 = 1",
  "ip[4:2] % 2 = 1",
  "(ip[4:2] ^ 0xffff) & 1 = 1",
  "ip[(ip[0] & 0xf) << 2] = 0",
  "ip[0] / (ip[1] & 7) = 9",
  "1 << (ip[8] & 0x3f) > 5",
  "ip[8] >> (ip[9] & 7) = 1",
  "ip[-1] = 0",
  "ip6[6] = 6",
  "ip6[7] = 255",
  "ip6[4:2] > 100",
  "ip6[0:4] & 0xfffff != 0",
  "ip6[40] = 128",
  "tcp[13] & 2 != 0",
  "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0",
  "tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn",
  "tcp[tcpflags] = tcp-rst",
  "tcp[tcpflags] & (tcp-ece|tcp-cwr|tcp-urg|tcp-push) != 0",
  "tcp[((tcp[12] & 0xf0) >> 2):4] = 0x47455420",
  "tcp[2:2] > 1024",
  "tcp[20:4] = 0x020405b4",
  "not tcp[13] & 16 != 0",
  "tcp port 80 and (((ip[2:2] - ((ip[0]&0xf)<<2)) - ((tcp[12]&0xf0)>>2)) != 0)",
  "udp[4:2] > 100",
  "udp[8] & 0x80 = 0",
  "udp[0:2] < udp[2:2]",
  "icmp[icmptype] = icmp-echo or icmp[icmptype] = icmp-echoreply",
  "icmp[icmptype] == icmp-unreach",
  "icmp[icmpcode] != 0",
  "icmp6[icmp6type] = icmp6-neighborsolicit",
  "icmp6[icmp6type] >= 128",
  "igmp[0] = 0x16",
  "ether[0] = 0x45",
  "ether[20:2] > 5",
  "ether[len - 1] = 0",
  "ether[ether[1]] = 0",
  "ether[200] = 1 or ether[0] > 0",
  "not ether[60:4] = 0",
  "5 > 3",
  "1 + 2 * 3 = 7 and ip",
  "1 | 2 & 3 = 3 and not ip",
  "((ip) and (not (tcp or udp)))",
  "!(ip && !tcp) || udp",
];

/** Filters for Ethernet alone. */
export const ETHERNET_FILTERS: readonly string[] = [
  "ether proto 0x88cc",
  "ether proto \\arp",
  "ether proto 0x42",
  "ether proto 6 or 0xf0",
  "ether proto 1500 or 1501",
  "ether host ff:ff:ff:ff:ff:ff",
  "ether src 00:00:00:00:00:00",
  "ether dst 01-00-5e-00-00-fb or 3333.0000.0001",
  "ether src or dst 00:0c:29:bd:75:13",
  "ether broadcast",
  "broadcast and not arp",
  "multicast",
  "ether multicast and ip6",
  "arp[6:2] = 1",
  "arp[7] = 2",
  "arp src host 192.168.1.1",
  "rarp net 192.168",
  "vlan",
  "vlan 1",
  "vlan 100 or tcp",
  "vlan and ip",
  "vlan and tcp port 80",
  "vlan and vlan",
  "vlan and vlan and udp",
  "ip or (vlan and ip)",
  "not vlan",
  "vlan and ip[8] > 1",
  "ether[12:2] = 0x8100 and not vlan 1",
  "ether[0] & 1 = 0 and ip[16] >= 224",
  "ip broadcast",
];

/** Captured octets, and how many there were on the wire. */
export interface Captured {
  /** Where it comes from, to name in failures. */
  readonly name: string;
  /** The captured octets alone: reading outside throws. */
  readonly view: DataView;
  /** Octets on the wire. */
  readonly wireLength: number;
}

const ROOT = new URL("../../shared/conformance/pcap/", import.meta.url);

/** The packets of all captures, by link type. */
export function packetsByLinkType(): Map<number, Captured[]> {
  const all = new Map<number, Captured[]>();
  if (!present) return all;
  for (const capture of captures()) {
    const file = Deno.readFileSync(new URL(`${capture}.pcap`, ROOT));
    const header = new DataView(file.buffer);
    const linkType = header.getUint32(20, true);
    const packets = all.get(linkType) ?? [];
    all.set(linkType, packets);
    let n = 1;
    for (let at = 24; at < file.length; n++) {
      const length = header.getUint32(at + 8, true);
      const wireLength = header.getUint32(at + 12, true);
      const octets = file.slice(at + 16, at + 16 + length);
      const view = new DataView(octets.buffer);
      packets.push({ name: `${capture}#${n}`, view, wireLength });
      at += 16 + length;
    }
  }
  return all;
}

/** Octets of at least `length`, zeros behind. */
export function frame(octets: Iterable<number>, length: number): Uint8Array {
  const all = Uint8Array.from(octets);
  const longer = new Uint8Array(Math.max(length, all.length));
  longer.set(all);
  return longer;
}

const STATIONS = "020000000002020000000001";

/** IPv4, 192.0.2.1 port 1024 to 192.0.2.2 port 80, TCP with SYN. */
export const TCP4: Uint8Array = octets(
  `${STATIONS}0800` +
    "45000028000040004006b6ccc0000201c0000202" +
    "0400005000000001000000005002200000000000",
);
/** IPv4, 192.0.2.1 port 4000 to 192.0.2.2 port 53, UDP. */
export const UDP4: Uint8Array = octets(
  `${STATIONS}0800` +
    "450000200000400040110000c0000201c0000202" +
    "0fa00035000c000000010203",
);
/** IPv6, 2001:db8::1 to 2001:db8::2, TCP with SYN, port 1025 to 81. */
export const TCP6: Uint8Array = octets(
  `${STATIONS}86dd` +
    "600000000014064020010db800000000000000000000000120010db8000000000000000000000002" +
    "0401005100000001000000005002200000000000",
);
/** Who has 192.0.2.2, asks 192.0.2.1. */
export const ARP: Uint8Array = octets(
  "ffffffffffff0200000000010806" +
    "0001080006040001020000000001c0000201000000000000c0000202",
);
/** {@linkcode UDP4} on VLAN 7. */
export const TAGGED: Uint8Array = octets(
  `${STATIONS}81000007${hex(UDP4.slice(12))}`,
);

/** Frames to mutate: those, and some of the captures where they are. */
export const FRAMES: readonly Uint8Array[] = [
  ...[TCP4, UDP4, TCP6, ARP, TAGGED],
  ...(packetsByLinkType().get(1) ?? []).filter((_, i) => i % 40 === 0)
    .map(({ view }) => new Uint8Array(view.buffer).slice(0, 200)),
];

/** Filters made of others, and of numbers. */
export function textOf(primitives: readonly string[]): fc.Arbitrary<string> {
  const known = primitives.filter((text) => text !== "");
  const size = fc.constantFrom("", ":1", ":2", ":4");
  const { text } = fc.letrec<{ text: string; number: string }>((tie) => ({
    number: fc.oneof(
      { maxDepth: 4, depthSize: "medium" },
      fc.constantFrom("len", "0", "1", "2", "6", "17", "80", "0xff", "tcp-syn"),
      fc.nat(0xffffffff).map(String),
      fc.tuple(
        fc.constantFrom("ether", "ip", "ip6", "tcp", "udp", "icmp", "arp"),
        fc.nat(30),
        size,
      ).map(([name, at, size]) => `${name}[${at}${size}]`),
      fc.tuple(fc.constantFrom("ether", "ip", "tcp"), tie("number"), size)
        .map(([name, at, size]) => `${name}[${at} & 31${size}]`),
      fc.tuple(
        tie("number"),
        fc.constantFrom("+", "-", "*", "&", "|", "^"),
        tie("number"),
      ).map(([a, operator, b]) => `(${a} ${operator} ${b})`),
      fc.tuple(
        tie("number"),
        fc.constantFrom("/", "%", "<<", ">>"),
        fc.constantFrom("1", "2", "7", "ip[9]", "ether[20]", "(len & 63)"),
      ).map(([a, operator, b]) => `(${a} ${operator} ${b})`),
      tie("number").map((a) => `(-${a})`),
    ),
    text: fc.oneof(
      { maxDepth: 4, depthSize: "medium" },
      fc.constantFrom(...known),
      fc.tuple(
        tie("number"),
        fc.constantFrom("=", "!=", "<", ">", "<=", ">="),
        tie("number"),
      ).map(([a, relation, b]) => `${a} ${relation} ${b}`),
      fc.tuple(tie("text"), fc.constantFrom("and", "or"), tie("text"))
        .map(([a, operator, b]) => `(${a}) ${operator} (${b})`),
      tie("text").map((a) => `not (${a})`),
    ),
  }));
  return text;
}

/** Where octets are asked for that are not there. */
class Outside extends Error {}

function numberOf(value: Value, view: DataView): number {
  switch (value.kind) {
    case "constant":
      return value.value;
    case "length":
      return view.byteLength;
    case "load": {
      const octet = (at: number): number => {
        if (at >= view.byteLength) throw new Outside();
        return view.getUint8(at);
      };
      let at = value.offset;
      if (value.index !== undefined) at += numberOf(value.index, view);
      if (value.header >= 0) at += 4 * (octet(value.header) % 16);
      at = at >>> 0;
      let number = 0;
      for (let i = 0; i < value.size; i++) number = number << 8 | octet(at + i);
      return number;
    }
    case "operation": {
      const left = BigInt(numberOf(value.left, view) >>> 0);
      const right = BigInt(numberOf(value.right, view) >>> 0);
      return Number(BigInt.asIntN(32, calculate(value.operator, left, right)));
    }
  }
}

function calculate(operator: string, left: bigint, right: bigint): bigint {
  switch (operator) {
    case "+":
      return left + right;
    case "-":
      return left - right;
    case "*":
      return left * right;
    case "&":
      return left & right;
    case "|":
      return left | right;
    case "^":
      return left ^ right;
    case "<<":
      return right > 31n ? 0n : left << right;
    case ">>":
      return left >> right;
  }
  if (right === 0n) throw new Outside();
  return operator === "/" ? left / right : left % right;
}

function holds(condition: Condition, view: DataView): boolean {
  switch (condition.kind) {
    case "known":
      return condition.value;
    case "not":
      return !holds(condition.inner, view);
    case "and":
      return holds(condition.left, view) && holds(condition.right, view);
    case "or":
      return holds(condition.left, view) || holds(condition.right, view);
    case "comparison": {
      const left = numberOf(condition.left, view) >>> 0;
      const right = numberOf(condition.right, view) >>> 0;
      if (condition.relation === "=") return left === right;
      return condition.relation === ">" ? left > right : left >= right;
    }
  }
}

/** Whether a packet matches, found out in the simplest way. */
export function evaluate(condition: Condition, view: DataView): boolean {
  try {
    return holds(condition, view);
  } catch (error) {
    if (error instanceof Outside) return false;
    throw error;
  }
}
