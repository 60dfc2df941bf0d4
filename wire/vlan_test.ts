import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import * as vlan from "./vlan.ts";
import { octets } from "./_oracle_test_util.ts";
import { exactly, octetsOf, readAll } from "./_property_test_util.ts";

// zeek-vlan-pcp-dei.pcap, frame 1, behind the addresses and the EtherType.
const NESTED = "e00a" + "8100" + "b014" + "0800" + "45";

Deno.test("vlan.View reads and writes each field where IEEE 802.1Q has it", () => {
  const tag = new vlan.View(exactly(octets("b0140800")));
  assertEquals(tag.check(), undefined);
  const told = {
    priority: 5,
    dropEligible: true,
    identifier: 20,
    etherType: 0x0800,
    hasLength: false,
    payloadStart: 4,
    payloadEnd: 4,
  };
  assertEquals(readAll(tag), told);
  for (const fill of [0, 255]) {
    const copy = new vlan.View(exactly(new Uint8Array(4).fill(fill)));
    copy.priority = 5;
    copy.dropEligible = true;
    copy.identifier = 20;
    copy.etherType = 0x0800;
    assertEquals(readAll(copy), told);
    copy.dropEligible = false;
    assertEquals(readAll(copy), { ...told, dropEligible: false });
  }
});

for (
  const [what, hex, length] of [
    ["inside", "000a0003aabbccdd", 3],
    ["up to the end", "000a0004aabbccdd", 4],
    ["beyond the frame", "000a05dcaabbccdd", 4],
    ["1501, a type", "000a05ddaabbccdd", 4],
  ] as const
) {
  Deno.test(`vlan.View.payloadEnd is right when the length is ${what}`, () => {
    const tag = new vlan.View(exactly(octets(hex)));
    assertEquals(tag.hasLength, what !== "1501, a type");
    assertEquals(tag.payloadEnd - tag.payloadStart, length);
  });
}

for (
  const [what, type, hex, found, next, reason] of [
    ["no tag", 0x0800, NESTED, [], 0x0800, undefined],
    ["two tags", 0x8100, NESTED, [[10, 7], [20, 5]], 0x0800, undefined],
    ["a tag of 802.1ad", 0x88a8, "60640800", [[100, 3]], 0x0800, undefined],
    ["a tag before 802.1ad", 0x9100, "00640800", [[100, 0]], 0x0800, undefined],
    [
      "the reserved identifier",
      0x8100,
      "0fff86dd",
      [[4095, 0]],
      0x86dd,
      undefined,
    ],
    ["priority only", 0x8100, "e0000800", [[0, 7]], 0x0800, undefined],
    ["a length behind the tag", 0x8100, "00010003", [[1, 0]], 3, undefined],
    ["nothing behind the type", 0x8100, "", [], 0x8100, "truncated"],
    ["three octets of a tag", 0x8100, "000a08", [], 0x8100, "truncated"],
    [
      "half of the second tag",
      0x88a8,
      "000a8100b014",
      [[10, 0]],
      0x8100,
      "truncated",
    ],
  ] as const
) {
  Deno.test(`A15 vlan.Stack finds what there is with ${what}`, () => {
    const view = exactly(octets(hex));
    const tags = new vlan.Stack().wrap(view, 0, view.byteLength, type);
    const all: number[][] = [];
    while (tags.next()) all.push([tags.tag.identifier, tags.tag.priority]);
    assertEquals(all, found.map((tag) => [...tag]));
    assertEquals([tags.etherType, tags.reason], [next, reason]);
    assertEquals(tags.payloadStart, 4 * found.length);
    assertEquals(tags.depth, found.length);
    assertEquals(
      tags.protocol,
      found.length === 0 ? 0 : found.length === 1 ? type : 0x8100,
    );
    assertFalse(tags.next());
  });
}

Deno.test("A15 vlan.Stack takes a frame of nothing but tags in as many steps", () => {
  const view = new DataView(new ArrayBuffer(65532));
  for (let at = 0; at < view.byteLength; at += 4) {
    view.setUint16(at + 2, vlan.CUSTOMER);
  }
  const tags = new vlan.Stack().wrap(view, 0, view.byteLength, vlan.CUSTOMER);
  while (tags.next());
  assertEquals([tags.depth, tags.reason], [16383, "truncated"]);
});

Deno.test("vlan.Repr.parse() of what Repr.emit() wrote is the same, and the other way", () => {
  fc.assert(fc.property(
    fc.nat(7),
    fc.boolean(),
    fc.nat(4095),
    fc.nat(0xffff),
    fc.nat(9),
    (priority, dropEligible, identifier, etherType, at) => {
      const repr = Object.assign(new vlan.Repr(), {
        priority,
        dropEligible,
        identifier,
        etherType,
      });
      const view = exactly(new Uint8Array(at + repr.bufferLength));
      repr.emit(view, at);
      const back = new vlan.Repr();
      assertEquals(back.parse(new vlan.View(view, at)), undefined);
      assertEquals(back, repr);
    },
  ));
  fc.assert(fc.property(
    fc.uint8Array({ minLength: 4, maxLength: 4 }),
    (bytes) => {
      const repr = new vlan.Repr();
      repr.parse(new vlan.View(exactly(bytes)));
      const view = exactly(new Uint8Array(4));
      repr.emit(view, 0);
      assertEquals(octetsOf(view), bytes);
    },
  ));
  assertEquals(
    new vlan.Repr().parse(new vlan.View(exactly([1, 2, 3]))),
    "truncated",
  );
});

Deno.test("vlan reads nothing outside, whatever the octets", () => {
  fc.assert(fc.property(
    fc.uint8Array({ maxLength: 40 }),
    fc.constantFrom(0x8100, 0x88a8, 0x9100, 0x0800),
    (bytes, type) => {
      for (let at = 2; at + 1 < bytes.length; at += 4) {
        if (bytes[at]! > 0x40) bytes.set([0x81, 0], at);
      }
      const view = exactly(bytes);
      const tags = new vlan.Stack().wrap(view, 0, view.byteLength, type);
      while (tags.next()) {
        readAll(tags.tag);
        assert(tags.tag.payloadEnd <= view.byteLength);
      }
      assert(tags.payloadStart <= view.byteLength);
    },
  ));
});

Deno.test("vlan.Packet.parse() points at what is behind the header, or says why not", () => {
  const bytes = octets("600a080045");
  const packet = new vlan.Packet();
  const { length } = bytes;
  assertEquals(packet.parse(exactly(bytes), 0, length), undefined);
  assertEquals([packet.payloadStart, packet.payloadEnd], [4, length]);
  assertEquals(packet.repr.identifier, 10);
  assertEquals(packet.parse(exactly(bytes), 0, 3), "truncated");
});
