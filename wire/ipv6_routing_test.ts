import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import { Address } from "./ipv6_address.ts";
import * as ipv6Routing from "./ipv6_routing.ts";
import { octets } from "./_oracle_test_util.ts";
import { exactly, octetsOf, readAll, word } from "./_property_test_util.ts";

const A = "20010db8000000000000000000000001";
const B = "20010db8000000000000000000000002";

function addresses(
  header: ipv6Routing.View,
  into = new Int32Array(4),
): string[] {
  return Array.from({ length: Math.max(0, header.addressCount) }, (_, i) => {
    const words = into.slice();
    header.copyAddress(i, words);
    return `${Address.from(words)}`;
  });
}

Deno.test("View reads a source route and where it leads (RFC 8200 4.4)", () => {
  const header = new ipv6Routing.View(
    exactly(octets("1104" + "0001" + "00000000" + A + B)),
  );
  assertEquals(header.check(), undefined);
  assertEquals(header.nextHeader, 17);
  assertEquals(header.headerLength, 40);
  assertEquals(header.segmentsLeft, 1);
  assertEquals(addresses(header), ["2001:db8::1", "2001:db8::2"]);
  assertEquals([header.nextIndex, header.finalIndex], [1, 1]);
  assertEquals([header.addressStart(0), header.addressStart(1)], [8, 24]);
});

Deno.test("A9 View.isRefused is true of routes that must not be followed", () => {
  const header = new ipv6Routing.View(
    exactly(octets("1104" + "0001" + "00000000" + A + B)),
  );
  for (
    const [type, left, refused] of [
      [0, 0, false],
      [0, 1, true],
      [0, 2, true],
      [1, 0, false],
      [1, 1, true],
      [2, 1, false],
      [3, 1, false],
      [4, 1, false],
      [253, 1, true],
    ] as const
  ) {
    header.type = type;
    header.segmentsLeft = left;
    assertEquals(header.isRefused, refused, `type ${type}, ${left} left`);
  }
});

Deno.test("View reads the home address of RFC 6275 section 6.4", () => {
  const header = new ipv6Routing.View(
    exactly(octets("1102" + "0201" + "00000000" + A)),
  );
  assertEquals(header.check(), undefined);
  assertEquals(addresses(header), ["2001:db8::1"]);
  assertEquals([header.nextIndex, header.finalIndex], [0, 0]);
});

Deno.test("View reads compressed addresses of RFC 6554 section 3", () => {
  // Two addresses of 8 octets and a last one of 2, six of padding.
  const header = new ipv6Routing.View(exactly(octets(
    "1103" + "0302" + "8e600000" + "0000000000000001" + "0000000000000002" +
      "0003" + "000000000000",
  )));
  assertEquals(header.check(), undefined);
  assertEquals(
    [header.compressed, header.compressedLast, header.padding],
    [8, 14, 6],
  );
  const destination = new Int32Array(4);
  Address.parse("2001:db8:1:2:3:4:5:6").copy(destination);
  assertEquals(addresses(header, destination), [
    "2001:db8:1:2::1",
    "2001:db8:1:2::2",
    "2001:db8:1:2:3:4:5:3",
  ]);
  assertEquals([header.nextIndex, header.finalIndex], [1, 2]);
});

Deno.test("View reads segments and values of RFC 8754 section 2", () => {
  const header = new ipv6Routing.View(exactly(octets(
    "1105" + "0401" + "01abcdef" + B + A + "040600000000" + "0000",
  )));
  assertEquals(header.check(), undefined);
  assertEquals(
    [header.lastEntry, header.flags, header.tag],
    [1, 0xab, 0xcdef],
  );
  assertEquals(addresses(header), ["2001:db8::2", "2001:db8::1"]);
  assertEquals([header.nextIndex, header.finalIndex], [0, 0]);
  assertEquals([header.valuesStart, header.valuesEnd], [40, 48]);
});

for (
  const [why, hex, reason] of [
    ["is empty", "", "truncated"],
    ["has seven octets", "11000000000000", "truncated"],
    ["has no addresses", "1100000000000000", undefined],
    ["has segments left but no addresses", "1100000100000000", "malformed"],
    ["claims more than there is", "1102000000000000", "header"],
    ["claims 2048 octets", "11ff000000000000", "header"],
    ["has half an address", "1101000000000000" + A.slice(16), "malformed"],
    ["has two home addresses", "1104020000000000" + A + B, "malformed"],
    ["has no home address", "1100020000000000", "malformed"],
    ["has a last entry beyond it", "1102040001000000" + A, "malformed"],
    ["has a last entry of 255", "11020400ff000000" + A, "malformed"],
    ["leaves more than its entries", "1102040200000000" + A, "malformed"],
    [
      "is compressed evenly",
      "110103008f700000" + "01" + A.slice(0, 14),
      undefined,
    ],
    ["is compressed unevenly", "1102030030300000" + A, "malformed"],
    [
      "has more padding than octets",
      "1101030000f00000" + A.slice(16),
      "malformed",
    ],
    ["has no compressed address", "1100030000000000", undefined],
    ["has none but one left", "1100030100000000", "malformed"],
    ["is unknown and leaves some", "1100fd0900000000", undefined],
  ] as const
) {
  Deno.test(`ipv6Routing.View.check() finds ${reason ?? "nothing"} when the header ${why}`, () => {
    const header = new ipv6Routing.View(exactly(octets(hex)));
    assertEquals(header.check(), reason);
    const parsed = new ipv6Routing.Repr().parse(header);
    assertEquals(parsed, reason === "malformed" ? undefined : reason);
  });
}

Deno.test("View writes what it reads", () => {
  const header = new ipv6Routing.View(exactly(new Uint8Array(16)));
  header.nextHeader = 6;
  header.headerLength = 16;
  header.type = 3;
  header.segmentsLeft = 1;
  assertEquals(octetsOf(header.view).slice(0, 4), Uint8Array.of(6, 1, 3, 1));
});

Deno.test("Repr.addAddress() refuses an address that has no room", () => {
  const repr = new ipv6Routing.Repr();
  let count = 0;
  while (repr.addAddress(Int32Array.of(1, 2, 3, 4))) count++;
  assertEquals(count, 127);
  assert(repr.bufferLength <= ipv6Routing.MAX_HEADER_LENGTH);
  repr.clear();
  assertEquals(repr.bufferLength, 8);
});

Deno.test("Repr.parse() of what Repr.emit() wrote is the same, and back", () => {
  const words = fc.array(word, { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(
      fc.nat(255),
      fc.nat(5),
      fc.nat(4),
      word,
      fc.array(words, { maxLength: 5 }),
      fc.nat(5),
      (nextHeader, type, segmentsLeft, specific, list, at) => {
        const fields = { nextHeader, type, segmentsLeft, specific };
        const repr = Object.assign(new ipv6Routing.Repr(), fields);
        for (const words of list) {
          assert(repr.addAddress(Int32Array.from(words)));
        }
        const view = exactly(new Uint8Array(at + repr.bufferLength).fill(0xa5));
        repr.emit(view, at);
        const header = new ipv6Routing.View(view, at);
        const again = new ipv6Routing.Repr();
        assertEquals(again.parse(header), undefined);
        assertEquals(again, repr);
        const copy = exactly(new Uint8Array(view.byteLength).fill(0xa5));
        again.emit(copy, at);
        assertEquals(octetsOf(copy), octetsOf(view));
        if (type !== 0) return;
        const into = new Int32Array(4);
        list.forEach((words, i) => {
          header.copyAddress(i, into);
          assertEquals([...into], words);
        });
      },
    ),
  );
});

Deno.test("Repr sets the fields of RFC 8754 apart", () => {
  const repr = new ipv6Routing.Repr();
  repr.type = ipv6Routing.Type.SEGMENT;
  repr.lastEntry = 255;
  repr.flags = 0x5a;
  repr.tag = 0x1234;
  assertEquals([repr.lastEntry, repr.flags, repr.tag], [255, 0x5a, 0x1234]);
  repr.lastEntry = 0;
  repr.tag = 0xffff;
  assertEquals([repr.lastEntry, repr.flags, repr.tag], [0, 0x5a, 0xffff]);
});

Deno.test("View reads nothing outside when check() found nothing", () => {
  let known = 0;
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 80, size: "max" }),
      fc.nat(10),
      fc.nat(5),
      fc.nat(6),
      fc.nat(4),
      (bytes, length, type, left, last) => {
        if (bytes.length > 4) bytes.set([59, length, type, left], 0);
        if (bytes.length > 4 && type === 4) bytes[4] = last;
        const header = new ipv6Routing.View(exactly(bytes));
        if (header.check() !== undefined) return;
        readAll(header);
        const count = header.addressCount;
        if (count > 0) known++;
        for (let i = 0; i < count; i++) {
          header.copyAddress(i, new Int32Array(4));
        }
        if (header.segmentsLeft > 0 && header.isKnown) {
          assert(header.nextIndex >= 0 && header.nextIndex < count);
          assert(header.finalIndex >= 0 && header.finalIndex < count);
        }
        assertFalse(header.addressStart(count) < 8);
      },
    ),
    { numRuns: 3000 },
  );
  assert(known > 20, `${known} routes`);
});

Deno.test("ipv6Routing.Packet.parse() points at what is behind the header, or says why not", () => {
  const bytes = octets(
    "11030901ffffffff0102030405060708090a0b0c0d0e0f101112131415161718ffff",
  );
  const packet = new ipv6Routing.Packet();
  const { length } = bytes;
  assertEquals(packet.parse(exactly(bytes), 0, length), undefined);
  assertEquals([packet.payloadStart, packet.payloadEnd], [32, length]);
  assertEquals(packet.repr.type, 9);
  assertEquals(packet.parse(exactly(bytes), 0, 3), "truncated");
});
