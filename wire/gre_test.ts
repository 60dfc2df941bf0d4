import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import * as gre from "./gre.ts";
import { octets } from "./_oracle_test_util.ts";
import { exactly, octetsOf, readAll } from "./_property_test_util.ts";

Deno.test("View reads each field where RFC 2784 and RFC 2890 have it", () => {
  const packet = new gre.View(
    exactly(octets("b0000800" + "12340000" + "80000001" + "ffffffff" + "45")),
  );
  assertEquals(packet.check(), undefined);
  assertEquals(readAll(packet), {
    flags: 0xb000,
    hasChecksum: true,
    hasKey: true,
    hasSequence: true,
    version: 0,
    protocolType: 0x0800,
    checksum: 0x1234,
    key: 0x80000001,
    sequence: 0xffffffff,
    headerLength: 16,
    payloadStart: 16,
    payloadEnd: 17,
  });
  packet.protocolType = 0x6558;
  assertEquals(packet.protocolType, 0x6558);
  packet.flags = 0x1000;
  assertEquals([packet.key, packet.sequence], [0, 0x12340000]);
  assertEquals([packet.checksum, packet.headerLength], [0, 8]);
});

for (
  const [why, hex, reason] of [
    ["is empty", "", "truncated"],
    ["has three octets", "000008", "truncated"],
    ["is a header alone", "00000800", undefined],
    ["ends within its checksum", "80000800000000", "truncated"],
    ["ends within its key", "20000800000000", "truncated"],
    [
      "ends within its sequence number",
      "30000800" + "00".repeat(7),
      "truncated",
    ],
    ["is of PPTP (RFC 2637)", "3001880b" + "00".repeat(8), "unsupported"],
    ["is of version 2", "00020800", "version"],
    [
      "has a routing field (RFC 1701)",
      "40000800" + "00".repeat(8),
      "unsupported",
    ],
    [
      "has a strict source route (RFC 2784 section 2.3)",
      "08000800",
      "malformed",
    ],
    ["sets bit 5 (RFC 2784 section 2.3)", "04000800", "malformed"],
    [
      "sets bits that are ignored (RFC 2784 section 2.3)",
      "03f80800",
      undefined,
    ],
  ] as const
) {
  Deno.test(`gre.View.check() finds ${reason ?? "nothing"} when the packet ${why}`, () => {
    const view = exactly(octets(hex));
    assertEquals(new gre.View(view).check(), reason);
    assertEquals(new gre.Packet().parse(view, 0, view.byteLength), reason);
  });
}

Deno.test("gre.View.verify() covers header and payload, or nothing without checksum", () => {
  // 0x8000 + 0x0800 + 0x4500 + 0x0100 is 0xce00.
  const packet = new gre.View(
    exactly(octets("80000800" + "31ff0000" + "450001")),
  );
  assert(packet.verify());
  for (let at = 0; at < 11; at++) {
    const octet = packet.view.getUint8(at);
    packet.view.setUint8(at, octet ^ 0x20);
    if (packet.check() === undefined) assertFalse(packet.verify(), `${at}`);
    packet.view.setUint8(at, octet);
  }
  packet.view.setUint16(4, 0xabcd);
  packet.fillChecksum();
  assertEquals(packet.checksum, 0x31ff);
  const plain = new gre.View(exactly(octets("00000800" + "45")));
  assert(plain.verify());
  plain.fillChecksum();
  assertEquals(octetsOf(plain.view), octets("0000080045"));
});

const word = fc.nat(0xffff_ffff);
const anyHeader = fc.record({
  protocolType: fc.nat(65535),
  hasChecksum: fc.boolean(),
  hasKey: fc.boolean(),
  key: word,
  hasSequence: fc.boolean(),
  sequence: word,
  payloadLength: fc.nat(30),
}).map((fields) =>
  Object.assign(new gre.Repr(), fields, {
    key: fields.hasKey ? fields.key : 0,
    sequence: fields.hasSequence ? fields.sequence : 0,
  })
);

Deno.test("gre.Repr.parse() of what emit() wrote is the same, and written again as well", () => {
  fc.assert(fc.property(anyHeader, fc.nat(9), (repr, at) => {
    const view = exactly(new Uint8Array(at + repr.bufferLength));
    repr.emit(view, at);
    const packet = new gre.Packet();
    assertEquals(packet.parse(view, at, view.byteLength), undefined);
    assertEquals(packet.repr, repr);
    assertEquals(packet.payloadEnd - packet.payloadStart, repr.payloadLength);
    packet.view.fillChecksum();
    assert(packet.view.verify());
    const copy = exactly(new Uint8Array(view.byteLength));
    packet.repr.emit(copy, at);
    new gre.View(copy, at).fillChecksum();
    assertEquals(octetsOf(copy), octetsOf(view));
  }));
});

Deno.test("gre.View reads nothing outside any octets", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 20 }),
      fc.nat(0xffff),
      (bytes, flags) => {
        const view = exactly(bytes);
        // Of all flags few are taken.
        if (bytes.length > 1) view.setUint16(0, flags & 0xb3f8);
        const packet = new gre.View(view);
        if (packet.check() !== undefined) return;
        readAll(packet);
        packet.verify();
        packet.fillChecksum();
        assert(packet.payloadStart <= packet.payloadEnd);
      },
    ),
  );
});
