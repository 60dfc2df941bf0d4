import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import * as geneve from "./geneve.ts";
import { octets } from "./_oracle_test_util.ts";
import { exactly, octetsOf, readAll } from "./_property_test_util.ts";

const OPTIONS = "0102" + "8302" + "0011223344556677" + "ffff" + "0400";

Deno.test("View reads and writes each field where RFC 8926 section 3.4 has it", () => {
  const packet = new geneve.View(
    exactly(octets("04c06558" + "0a0b0c00" + OPTIONS + "ee")),
  );
  assertEquals(packet.check(), undefined);
  assertEquals(readAll(packet), {
    version: 0,
    optionsLength: 16,
    isControl: true,
    isCritical: true,
    protocolType: 0x6558,
    vni: 0x0a0b0c,
    optionsStart: 8,
    payloadStart: 24,
    payloadEnd: 25,
  });
  packet.vni = 0xffffff;
  packet.protocolType = 0x0800;
  assertEquals(
    octetsOf(packet.view).slice(0, 8),
    octets("04c00800" + "ffffff00"),
  );
});

Deno.test("geneve.Options walks over options (RFC 8926 section 3.5)", () => {
  const view = exactly(octets(OPTIONS));
  const options = new geneve.Options().wrap(view, 0, 16);
  assert(options.next());
  assertEquals(readAll(options), {
    class: 0x0102,
    type: 3,
    isCritical: true,
    dataStart: 4,
  });
  assertEquals([options.start, options.end], [0, 12]);
  assert(options.next());
  assertEquals([options.class, options.type], [0xffff, 4]);
  assertFalse(options.isCritical);
  assertFalse(options.next());
  assertEquals(options.reason, undefined);
});

for (
  const [why, hex, steps] of [
    ["goes beyond the header", "0102030100000000" + "01020302" + "00000000", 1],
    ["has no whole header", "01020300" + "0102", 1],
  ] as const
) {
  Deno.test(`geneve.Options.next() ends with a reason when an option ${why}`, () => {
    const view = exactly(octets(hex));
    const options = new geneve.Options().wrap(view, 0, view.byteLength);
    let count = 0;
    while (options.next()) count++;
    assertEquals([count, options.reason], [steps, "option"]);
    assertFalse(options.next());
  });
}

for (
  const [why, hex, reason] of [
    ["is empty", "", "truncated"],
    ["has seven octets", "00006558000001", "truncated"],
    ["is a header alone", "0000655800000100", undefined],
    ["is of version 1", "4000655800000100", "version"],
    ["has options beyond its end", "0100655800000100" + "000000", "header"],
    ["has an option", "0100655800000100" + "00000000", undefined],
  ] as const
) {
  Deno.test(`geneve.View.check() finds ${reason ?? "nothing"} when the packet ${why}`, () => {
    const view = exactly(octets(hex));
    assertEquals(new geneve.View(view).check(), reason);
    assertEquals(new geneve.Packet().parse(view, 0, view.byteLength), reason);
  });
}

const anyHeader = fc.record({
  isControl: fc.boolean(),
  isCritical: fc.boolean(),
  protocolType: fc.nat(65535),
  vni: fc.nat(0xffffff),
  words: fc.nat(63),
  payloadLength: fc.nat(30),
}).map(({ words, ...fields }) => {
  const repr = Object.assign(new geneve.Repr(), fields);
  repr.optionsLength = 4 * words;
  for (let i = 0; i < 4 * words; i++) repr.options[i] = i + 1;
  return repr;
});

Deno.test("geneve.Repr.parse() of what emit() wrote is the same, and written again as well", () => {
  fc.assert(fc.property(anyHeader, fc.nat(9), (repr, at) => {
    const view = exactly(new Uint8Array(at + repr.bufferLength));
    repr.emit(view, at);
    const packet = new geneve.Packet();
    assertEquals(packet.parse(view, at, view.byteLength), undefined);
    assertEquals(packet.repr, repr);
    assertEquals(packet.payloadEnd - packet.payloadStart, repr.payloadLength);
    const copy = exactly(new Uint8Array(view.byteLength));
    packet.repr.emit(copy, at);
    assertEquals(octetsOf(copy), octetsOf(view));
  }));
});

Deno.test("geneve.View and Options read nothing outside any octets", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 60 }),
      fc.nat(15),
      (bytes, words) => {
        if (bytes.length > 0) bytes[0] = words;
        const packet = new geneve.View(exactly(bytes));
        if (packet.check() !== undefined) return;
        readAll(packet);
        const options = new geneve.Options().over(packet);
        let steps = 0;
        while (options.next()) {
          readAll(options);
          steps++;
          assert(options.end <= packet.payloadStart);
        }
        assert(steps <= 63);
      },
    ),
  );
});
