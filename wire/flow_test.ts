import { assert, assertEquals, assertNotEquals } from "@std/assert";
import fc from "fast-check";
import { Dissector, Kind } from "./dissector.ts";
import { find, Key, WORDS } from "./flow.ts";
import {
  captures,
  cases,
  conformanceTest,
  damaged,
  type Layer,
} from "./_oracle_test_util.ts";
import { exactly, word } from "./_property_test_util.ts";

/** The text of a flow as the oracle's fields have it. */
function expected(layers: Layer[]): string | undefined {
  let network: Layer | undefined;
  let transport: Layer | undefined;
  for (const layer of layers) {
    if (layer.l === "ip" || layer.l === "ipv6") {
      network = layer;
      transport = undefined;
    }
    if (layer.l === "tcp" || layer.l === "udp") transport = layer;
  }
  if (network?.dst === undefined || transport === undefined) return undefined;
  const end = (address: unknown, port: unknown) =>
    `${network.l === "ipv6" ? `[${address}]` : address}:${port}`;
  const from = end(network.src, transport.sport);
  return `${from} ${end(network.dst, transport.dport)} ${
    (transport.l as string).toUpperCase()
  }`;
}

conformanceTest(
  "Key.read has the addresses and ports of every frame of the oracle",
  () => {
    const found = new Dissector();
    const key = new Key();
    let compared = 0;
    for (const capture of captures()) {
      for (const { name, view, frame, linkType } of cases(capture)) {
        const text = expected(frame.layers);
        if (text === undefined || damaged(frame)) continue;
        found.walk(view, 0, view.byteLength, linkType & 0xffff, frame.len);
        assert(key.read(view, found), name);
        assertEquals(`${key}`, text, name);
        compared++;
      }
    }
    assert(compared > 2480, `${compared} frames`);
  },
);

const SIX = fc.tuple(
  fc.boolean(),
  fc.array(word, { minLength: 9, maxLength: 9 }),
  fc.constantFrom(6, 17, 136),
);

/** A header of either version and ports, and a walk over it. */
function packet(
  [six, words, protocol]: [boolean, number[], number],
  swapped: boolean,
): [DataView, Dissector] {
  const view = exactly(new Uint8Array(60));
  const from = swapped ? 4 : 0;
  const ports = words[8]!;
  if (six) {
    view.setUint32(0, 0x60000000);
    view.setUint16(4, 20);
    view.setUint8(6, protocol);
    for (let i = 0; i < 4; i++) {
      view.setInt32(8 + 4 * i, words[from + i]!);
      view.setInt32(24 + 4 * i, words[4 - from + i]!);
    }
  } else {
    view.setUint32(0, 0x4500003c);
    view.setUint8(9, protocol);
    view.setInt32(12, words[from]!);
    view.setInt32(16, words[4 - from]!);
  }
  const at = six ? 40 : 20;
  view.setInt32(at, swapped ? ports << 16 | ports >>> 16 : ports);
  view.setUint8(at + 12, 0x50);
  const found = new Dissector();
  found.walk(view, 0, 60, 101);
  return [view, found];
}

Deno.test("Key.read gives both directions one key if it is symmetric, two if not", () => {
  const one = new Key({ symmetric: true });
  const other = new Key({ symmetric: true });
  const plain = new Key();
  fc.assert(fc.property(SIX, fc.boolean(), (flow, swapped) => {
    assert(one.read(...packet(flow, swapped)));
    assert(other.read(...packet(flow, !swapped)));
    assert(one.equals(other));
    assertEquals(one.hash(7), other.hash(7));
    assert(plain.read(...packet(flow, swapped)));
    const same = plain.equals(one);
    assertEquals(same, !one.reversed);
    if (!same) plain.reverse();
    assertEquals(plain.words, one.words);
    const table = new Int32Array(3 * WORDS);
    one.copyTo(table, WORDS);
    assert(plain.equalsAt(table, WORDS));
    plain.reverse();
    other.copy(plain);
    assertEquals(other.words, one.words);
  }));
});

Deno.test("Key.hash changes with every word and with the seed", () => {
  fc.assert(
    fc.property(SIX, fc.nat(WORDS - 1), fc.nat(31), (flow, at, bit) => {
      const key = new Key();
      key.read(...packet(flow, false));
      const before = key.hash();
      assertNotEquals(key.hash(1), before);
      key.words[at] = key.words[at]! ^ 1 << bit;
      assertNotEquals(key.hash(), before);
    }),
  );
});

Deno.test("Key.hash spreads a row of ports over a table", () => {
  const key = new Key();
  const buckets = new Uint32Array(256);
  for (let port = 0; port < 65536; port++) {
    key.words[8] = port << 16 | 80;
    const bucket = key.hash() & 255;
    buckets[bucket] = buckets[bucket]! + 1;
  }
  // 256 in each would be even; chance stays within six deviations of 16.
  assert(Math.max(...buckets) < 256 + 96, `${Math.max(...buckets)}`);
  assert(Math.min(...buckets) > 256 - 96, `${Math.min(...buckets)}`);
});

Deno.test("find prefers a transport to its network, and nothing that is quoted", () => {
  const view = exactly(new Uint8Array(56));
  view.setUint32(0, 0x45000038);
  view.setUint8(9, 1);
  view.setUint8(20, 3);
  view.setUint32(28, 0x4500001c);
  view.setUint8(37, 17);
  const found = new Dissector();
  assertEquals(found.walk(view, 0, 56, 228), 4);
  assertEquals(found.kind[find(found)], Kind.ICMPV4);
  const key = new Key();
  assert(key.read(view, found));
  assertEquals([key.protocol, key.sourcePort], [1, 0]);
  // A protocol that is not known leaves the network.
  view.setUint8(9, 253);
  found.walk(view, 0, 56, 228);
  assertEquals(find(found), 0);
  assert(key.read(view, found));
  assertEquals(key.protocol, 253);
  found.walk(view, 0, 19, 228);
  assert(!key.read(view, found));
  found.walk(view, 0, 0, 1);
  assert(!key.read(view, found));
});
