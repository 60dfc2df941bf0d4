import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import * as ah from "./ah.ts";
import { octets } from "./_oracle_test_util.ts";
import { exactly, octetsOf, readAll, word } from "./_property_test_util.ts";

const HEADER = "06040000" + "00000100" + "fffffff0" +
  "0102030405060708090a0b0c";

Deno.test("View reads and writes each field where RFC 4302 has it", () => {
  const header = new ah.View(exactly(octets(HEADER + "ff")));
  assertEquals(header.check(), undefined);
  assertEquals(readAll(header), {
    nextHeader: 6,
    headerLength: 24,
    spi: 0x100,
    sequence: -16,
    icvStart: 12,
    icvEnd: 24,
    payloadStart: 24,
    payloadEnd: 25,
  });
  const copy = new ah.View(exactly(new Uint8Array(12)));
  copy.nextHeader = 6;
  copy.headerLength = 24;
  copy.spi = 0x100;
  copy.sequence = -16;
  assertEquals(octetsOf(copy.view), octets(HEADER.slice(0, 24)));
});

for (
  const [why, hex, reason] of [
    ["is empty", "", "truncated"],
    ["has eleven octets", HEADER.slice(0, 22), "truncated"],
    ["claims 8 octets", "0600" + HEADER.slice(4), "header"],
    ["claims 12 octets", "0601" + HEADER.slice(4), undefined],
    ["claims what there is", HEADER, undefined],
    ["claims a word too much", "0605" + HEADER.slice(4), "header"],
    ["claims 1028 octets", "06ff" + HEADER.slice(4), "header"],
  ] as const
) {
  Deno.test(`ah.View.check() finds ${reason ?? "nothing"} when the header ${why}`, () => {
    const header = new ah.View(exactly(octets(hex)));
    assertEquals(header.check(), reason);
    assertEquals(new ah.Repr().parse(header), reason);
  });
}

Deno.test("Repr.parse() of what Repr.emit() wrote is the same, and back", () => {
  fc.assert(
    fc.property(
      fc.nat(255),
      word,
      word,
      fc.uint8Array({ maxLength: 1016, size: "max" }),
      fc.nat(5),
      (nextHeader, spi, sequence, icv, at) => {
        const icvLength = icv.length & ~3;
        const fields = { nextHeader, spi, sequence, icvLength };
        const repr = Object.assign(new ah.Repr(), fields);
        repr.icv.set(icv.subarray(0, icvLength));
        const view = exactly(new Uint8Array(at + repr.bufferLength).fill(0xa5));
        repr.emit(view, at);
        const again = new ah.Repr();
        const header = new ah.View(view, at);
        assertEquals(again.parse(header), undefined);
        assertEquals(header.headerLength, repr.bufferLength);
        assertEquals(again, repr);
        const copy = exactly(new Uint8Array(view.byteLength).fill(0xa5));
        again.emit(copy, at);
        assertEquals(octetsOf(copy), octetsOf(view));
      },
    ),
  );
});

Deno.test("View reads nothing outside when check() found nothing", () => {
  let sound = 0;
  fc.assert(fc.property(
    fc.uint8Array({ maxLength: 60, size: "max" }),
    fc.nat(14),
    (bytes, length) => {
      if (bytes.length > 1) bytes[1] = length;
      const header = new ah.View(exactly(bytes));
      if (header.check() !== undefined) return;
      readAll(header);
      assertEquals(new ah.Repr().parse(header), undefined);
      sound++;
    },
  ));
  assert(sound > 10);
});

Deno.test("ah.Packet.parse() points at what is behind the header, or says why not", () => {
  const bytes = octets("060400000000010000000001000102030405060708090a0bff");
  const packet = new ah.Packet();
  const { length } = bytes;
  assertEquals(packet.parse(exactly(bytes), 0, length), undefined);
  assertEquals([packet.payloadStart, packet.payloadEnd], [24, length]);
  assertEquals(packet.repr.nextHeader, 6);
  assertEquals(packet.parse(exactly(bytes), 0, 3), "truncated");
});
