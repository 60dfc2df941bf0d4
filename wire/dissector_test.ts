import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Dissector, Kind, LinkType, MAX_LAYERS, nameOf } from "./dissector.ts";
import {
  captures,
  type Case,
  cases,
  conformanceTest,
  damaged,
  type Layer,
  octets,
} from "./_oracle_test_util.ts";
import { exactly } from "./_property_test_util.ts";

/** Names that are sure; those of applications are guessed from ports. */
const SURE = new Set(
  Object.values(Kind).filter((kind) => kind >= Kind.RAW && kind <= Kind.VXLAN)
    .map(nameOf),
);

/** Names and offsets of what the oracle found, quotes behind their error. */
function flat(layers: readonly Layer[], into: string[] = []): string[] {
  for (const { l, off, quote } of layers) {
    if (SURE.has(l)) into.push(`${l} at ${off}`);
    if (Array.isArray(quote)) flat(quote, into);
  }
  return into;
}

function found(walker: Dissector): string[] {
  const all: string[] = [];
  for (let i = 0; i < walker.count; i++) {
    const name = nameOf(walker.kind[i]!);
    if (SURE.has(name)) all.push(`${name} at ${walker.at[i]}`);
  }
  return all;
}

function walk(walker: Dissector, { view, frame, linkType }: Case): number {
  return walker.walk(view, 0, view.byteLength, linkType & 0xffff, frame.len);
}

/** What holds of every walk. */
function judge(walker: Dissector, start: number, end: number): void {
  assert(walker.count <= MAX_LAYERS);
  let before = start;
  for (let i = 0; i < walker.count; i++) {
    const at = walker.at[i]!;
    assert(at >= before && at <= walker.payload[i]!, `${i}: at ${at}`);
    assert(walker.payload[i]! <= end);
    assert(walker.end[i]! <= end);
    assert(walker.network[i]! <= i);
    before = at;
  }
}

conformanceTest(
  "Dissector.walk finds the layers of every frame where the oracle does",
  () => {
    const walker = new Dissector();
    let frames = 0;
    for (const capture of captures()) {
      for (const one of cases(capture)) {
        walk(walker, one);
        judge(walker, 0, one.view.byteLength);
        if (damaged(one.frame)) continue;
        assertEquals(found(walker), flat(one.frame.layers), one.name);
        frames++;
      }
    }
    assert(frames > 3250, `${frames} frames`);
  },
);

function names(text: string, linkType: number = LinkType.ETHERNET): string {
  const view = exactly(octets(text.replaceAll(" ", "")));
  const walker = new Dissector();
  walker.walk(view, 0, view.byteLength, linkType);
  return Array.from(walker.kind.subarray(0, walker.count), nameOf).join(" ");
}

const ETHERNET = "020000000002 020000000001";
const IPV4 = "4500001c 00000000 4011b1cf 0a000001 0a000002";
const UDP = "03e8 07d0 0008 0000";
const HOST = `${ETHERNET} 0800 ${IPV4} ${UDP}`;

/** An IPv4 header for `protocol` in front of hexadecimal text. */
function carried(protocol: string, inner: string): string {
  const length = 20 + inner.replaceAll(" ", "").length / 2;
  const total = length.toString(16).padStart(4, "0");
  return `${ETHERNET} 0800 4500${total} 00000000 40${protocol}0000 0a000001 0a000002 ${inner}`;
}

Deno.test("Dissector.walk follows tags, labels, sessions and tunnels", () => {
  const inner = `${IPV4} ${UDP}`;
  const rows: [string, string][] = [
    [HOST, "eth ip udp"],
    [
      `${ETHERNET} 88a8 0001 8100 0002 0800 ${inner}`,
      "eth ieee8021ad vlan ip udp",
    ],
    [`${ETHERNET} 8847 00001040 00002140 ${inner}`, "eth mpls mpls ip udp"],
    [`${ETHERNET} 8864 11000001 001e 0021 ${inner}`, "eth pppoes ppp ip udp"],
    [`${ETHERNET} 0024 aaaa03 000000 0800 ${inner}`, "eth llc ip udp"],
    [`${ETHERNET} 0806 0001080006040001 ${"00".repeat(20)}`, "eth arp"],
    // GRE with a key, RFC 2890; the frame inside GRE.
    [carried("2f", `2000 0800 00000007 ${inner}`), "eth ip gre ip udp"],
    [carried("2f", `0000 6558 ${HOST}`), "eth ip gre eth ip udp"],
    [carried("04", inner), "eth ip ip udp"],
    [carried("61", `3000 ${HOST}`), "eth ip etherip eth ip udp"],
    // VXLAN, RFC 7348, and Geneve with one option, RFC 8926.
    [
      carried("11", `c000 12b5 003a 0000 08000000 00000100 ${HOST}`),
      "eth ip udp vxlan eth ip udp",
    ],
    [
      carried("11", `c000 17c1 003e 0000 01006558 00000100 00000000 ${HOST}`),
      "eth ip udp geneve eth ip udp",
    ],
  ];
  for (const [text, expected] of rows) assertEquals(names(text), expected);
  assertEquals(names(inner, LinkType.RAW), "raw ip udp");
  assertEquals(names(`02000000 ${inner}`, LinkType.NULL), "null ip udp");
  assertEquals(
    names(`0000 0001 0006 020000000001 0000 0800 ${inner}`, LinkType.LINUX_SLL),
    "sll ip udp",
  );
  assertEquals(
    names(
      `0800 0000 00000001 0001 00 06 020000000001 0000 ${inner}`,
      LinkType.LINUX_SLL2,
    ),
    "sll ip udp",
  );
  assertEquals(names(inner, 147), "");
});

Deno.test("Dissector.walk tells why a host refuses a layer, and goes on", () => {
  const view = exactly(octets(HOST.replaceAll(" ", "")));
  const walker = new Dissector();
  view.setUint16(16, 2000);
  assertEquals(walker.walk(view, 0, view.byteLength, 1), 3);
  assertEquals(walker.reasonOf(0), undefined);
  assertEquals(walker.reasonOf(1), "length");
  view.setUint16(16, 10);
  assertEquals(walker.walk(view, 0, view.byteLength, 1), 2);
  assertEquals(walker.reasonOf(1), "length");
  view.setUint8(14, 0x55);
  walker.walk(view, 0, view.byteLength, 1);
  assertEquals(walker.reasonOf(1), "version");
  walker.walk(view, 0, 13, 1);
  assertEquals([walker.count, walker.reasonOf(0)], [1, "truncated"]);
});

Deno.test("Dissector.walk has the extent that headers claim of a cut frame", () => {
  const view = exactly(octets(HOST.replaceAll(" ", "")));
  const walker = new Dissector();
  view.setUint16(16, 128);
  view.setUint16(38, 108);
  walker.walk(view, 0, view.byteLength, 1, 142);
  assertEquals([walker.end[2], walker.claimed[2]], [42, 142]);
  assertEquals(walker.reasonOf(1), undefined);
});

Deno.test("A16 Dissector.walk ends, and reads nothing outside, on any octets", () => {
  const types = [0, 1, 101, 108, 113, 228, 229, 276];
  const walker = new Dissector();
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      fc.constantFrom(...types),
      fc.nat(9),
      (bytes, linkType, skip) => {
        const view = exactly(bytes);
        const start = Math.min(skip, bytes.length);
        walker.walk(view, start, bytes.length, linkType);
        judge(walker, start, bytes.length);
      },
    ),
    { numRuns: 5000 },
  );
});

conformanceTest("A16 Dissector.walk ends on captures that were damaged", () => {
  const walker = new Dissector();
  const all = captures().flatMap((name) => cases(name).slice(0, 4));
  fc.assert(
    fc.property(
      fc.constantFrom(...all),
      fc.array(fc.tuple(fc.nat(200), fc.nat(255)), { maxLength: 6 }),
      fc.nat(300),
      (one, changes, cut) => {
        const bytes = new Uint8Array(one.view.buffer.slice(0));
        for (const [at, value] of changes) {
          if (at < bytes.length) bytes[at] = value;
        }
        const view = exactly(
          bytes.subarray(0, Math.max(0, bytes.length - cut)),
        );
        walker.walk(view, 0, view.byteLength, one.linkType & 0xffff);
        judge(walker, 0, view.byteLength);
      },
    ),
    { numRuns: 3000 },
  );
});

Deno.test("A16 Dissector.walk stops at its number of layers", () => {
  // A chain of tags, and one of fragment headers, each as long as a frame is.
  const tags = exactly(new Uint8Array(65536).fill(0));
  for (let at = 12; at + 4 <= tags.byteLength; at += 4) {
    tags.setUint16(at, 0x8100);
  }
  const walker = new Dissector();
  assertEquals(walker.walk(tags, 0, 65536, LinkType.ETHERNET), MAX_LAYERS);
  const chain = exactly(new Uint8Array(65536).fill(0));
  chain.setUint32(0, 0x60000000);
  chain.setUint16(4, 65496);
  chain.setUint8(6, 44);
  for (let at = 40; at < 65536; at += 8) chain.setUint8(at, 44);
  assertEquals(walker.walk(chain, 0, 65536, LinkType.IPV6), MAX_LAYERS);
});
