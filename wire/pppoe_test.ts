import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import * as pppoe from "./pppoe.ts";
import { octets } from "./_oracle_test_util.ts";
import { exactly, octetsOf, readAll } from "./_property_test_util.ts";

// RFC 2516 appendix B: the packet that begins discovery, and an offer.
const INITIATION = "11090000" + "0004" + "01010000";
const OFFER = "11070000" + "0020" + "01010000" + "01020018" +
  // "Go RedBack - esshesshoot"
  "476f205265644261636b202d2065737368657373686f6f74";

Deno.test("pppoe.View reads and writes each field where RFC 2516 section 4 has it", () => {
  const packet = new pppoe.View(
    exactly(octets("110012340006" + "0021" + "45000000" + "ff")),
  );
  assertEquals(packet.check(), undefined);
  assertEquals(readAll(packet), {
    version: 1,
    type: 1,
    code: 0,
    session: 0x1234,
    length: 6,
    protocol: 0x21,
    payloadStart: 6,
    payloadEnd: 12,
  });
  const copy = new pppoe.View(exactly(octets("11" + "ff".repeat(12))));
  copy.code = 0;
  copy.session = 0x1234;
  copy.length = 6;
  copy.protocol = 0x21;
  assertEquals(
    octetsOf(copy.view).slice(0, 8),
    octetsOf(packet.view).slice(0, 8),
  );
});

Deno.test("pppoe.Tags reads the discovery of RFC 2516 appendix B", () => {
  for (
    const [hex, code, types] of [[INITIATION, 9, [0x101]], [OFFER, 7, [
      0x101,
      0x102,
    ]]] as const
  ) {
    const view = exactly(octets(hex));
    const packet = new pppoe.Packet();
    assertEquals(packet.parse(view, 0, view.byteLength), undefined);
    assertEquals(packet.repr.code, code);
    const tags = new pppoe.Tags();
    tags.wrap(view, packet.payloadStart, packet.payloadEnd);
    const found: number[] = [];
    while (tags.next()) found.push(tags.type);
    assertEquals([found, tags.reason], [[...types], undefined]);
  }
});

for (
  const [what, hex, reason] of [
    ["nothing", "", "truncated"],
    ["five octets", "1109000000", "truncated"],
    ["a header", "110900000000", undefined],
    ["version 2", "210900000000", "version"],
    ["type 2", "120900000000", "version"],
    ["a length beyond the frame", "110900000001", "length"],
    ["a session's packet without protocol", "11000001000000", "length"],
    ["half a protocol", "1100000100010000", "length"],
    ["a protocol", "1100000100020021", undefined],
    ["padding", "110900000000" + "00".repeat(40), undefined],
  ] as const
) {
  Deno.test(`pppoe.View.check() finds ${reason ?? "nothing"} in ${what}`, () => {
    const view = exactly(octets(hex));
    assertEquals(new pppoe.Packet().parse(view, 0, view.byteLength), reason);
  });
}

for (
  const [what, hex, found, reason] of [
    ["nothing", "", 0, undefined],
    ["an end and junk behind it", "00000000ffff", 0, undefined],
    ["a tag and an end", "01030002abcd00000000", 1, undefined],
    ["a tag longer than the packet", "01030003abcd", 0, "option"],
    ["three octets behind a tag", "01030000" + "010300", 1, "option"],
  ] as const
) {
  Deno.test(`pppoe.Tags finds ${reason ?? "nothing wrong"} in ${what}`, () => {
    const view = exactly(octets(hex));
    const tags = new pppoe.Tags().wrap(view, 0, view.byteLength);
    let count = 0;
    while (tags.next()) count++;
    assertEquals([count, tags.reason], [found, reason]);
    assertEquals(tags.next(), false);
  });
}

Deno.test("pppoe.Repr.parse() of what Repr.emit() wrote is the same", () => {
  fc.assert(fc.property(
    fc.nat(255),
    fc.nat(0xffff),
    fc.integer({ min: 2, max: 50 }),
    fc.nat(9),
    (code, session, payloadLength, at) => {
      const repr = Object.assign(new pppoe.Repr(), {
        code,
        session,
        payloadLength,
      });
      const view = exactly(new Uint8Array(at + repr.bufferLength));
      repr.emit(view, at);
      const packet = new pppoe.Packet();
      assertEquals(packet.parse(view, at, view.byteLength), undefined);
      assertEquals(packet.repr, repr);
      assertEquals(packet.payloadEnd, view.byteLength);
    },
  ));
});

Deno.test("pppoe reads nothing outside, whatever the octets", () => {
  fc.assert(fc.property(
    fc.uint8Array({ maxLength: 40 }),
    fc.nat(40),
    (bytes, length) => {
      if (bytes.length > 5) bytes.set([0x11, bytes[1]! & 1, 0, 0, 0, length]);
      const packet = new pppoe.View(exactly(bytes));
      if (packet.check() !== undefined) return;
      if (packet.code === pppoe.Code.SESSION) readAll(packet);
      assert(packet.payloadEnd <= bytes.length);
      const tags = new pppoe.Tags().over(packet);
      while (tags.next()) {
        assert(tags.start <= tags.end && tags.end <= packet.payloadEnd);
      }
    },
  ));
});
