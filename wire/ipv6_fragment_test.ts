import { assertEquals } from "@std/assert";
import fc from "fast-check";
import * as ipv6Fragment from "./ipv6_fragment.ts";
import { octets } from "./_oracle_test_util.ts";
import { exactly, octetsOf, readAll, word } from "./_property_test_util.ts";

Deno.test("View reads and writes each field where RFC 8200 section 4.5 has it", () => {
  const hex = "06000199fb0a1b2c";
  const header = new ipv6Fragment.View(exactly(octets(hex + "ff")));
  assertEquals(header.check(), undefined);
  assertEquals(readAll(header), {
    nextHeader: 6,
    fragmentOffset: 0x198,
    moreFragments: true,
    identification: 0xfb0a1b2c | 0,
    isAtomic: false,
    payloadStart: 8,
    payloadEnd: 9,
  });
  const copy = new ipv6Fragment.View(exactly(new Uint8Array(8)));
  copy.nextHeader = 6;
  copy.moreFragments = true;
  copy.fragmentOffset = 0x198;
  copy.identification = 0xfb0a1b2c;
  assertEquals(octetsOf(copy.view), octets(hex));
  copy.moreFragments = false;
  assertEquals(copy.fragmentOffset, 0x198);
  copy.fragmentOffset = 0xfff8;
  assertEquals([copy.fragmentOffset, copy.moreFragments], [0xfff8, false]);
});

for (let octets = 0; octets < 8; octets++) {
  Deno.test(`View.check() finds truncated when there are ${octets} octets`, () => {
    const header = new ipv6Fragment.View(exactly(new Uint8Array(octets)));
    assertEquals(header.check(), "truncated");
    assertEquals(new ipv6Fragment.Repr().parse(header), "truncated");
  });
}

for (
  const [bits, atomic] of [
    ["0000", true],
    ["0006", true],
    ["0001", false],
    ["0008", false],
    ["fff9", false],
  ] as const
) {
  Deno.test(`A33 isAtomic is ${atomic} for offset and flag ${bits} (RFC 6946)`, () => {
    const view = exactly(octets(`0600${bits}00000001`));
    assertEquals(new ipv6Fragment.View(view).isAtomic, atomic);
  });
}

Deno.test("Repr.parse() of what Repr.emit() wrote is the same, and back", () => {
  fc.assert(
    fc.property(
      fc.nat(255),
      fc.nat(8191),
      fc.boolean(),
      word,
      fc.nat(5),
      (nextHeader, units, moreFragments, identification, at) => {
        const repr = Object.assign(new ipv6Fragment.Repr(), {
          nextHeader,
          fragmentOffset: 8 * units,
          moreFragments,
          identification,
        });
        const view = exactly(new Uint8Array(at + 8).fill(0xa5));
        repr.emit(view, at);
        const again = new ipv6Fragment.Repr();
        assertEquals(
          again.parse(new ipv6Fragment.View(view, at)),
          undefined,
        );
        assertEquals(again, repr);
        const copy = exactly(new Uint8Array(at + 8).fill(0xa5));
        again.emit(copy, at);
        assertEquals(octetsOf(copy), octetsOf(view));
      },
    ),
  );
});

Deno.test("ipv6Fragment.Packet.parse() points at what is behind the header, or says why not", () => {
  const bytes = octets("1100000900000001ffff");
  const packet = new ipv6Fragment.Packet();
  const { length } = bytes;
  assertEquals(packet.parse(exactly(bytes), 0, length), undefined);
  assertEquals([packet.payloadStart, packet.payloadEnd], [8, length]);
  assertEquals(packet.repr.moreFragments, true);
  assertEquals(packet.parse(exactly(bytes), 0, 3), "truncated");
});
