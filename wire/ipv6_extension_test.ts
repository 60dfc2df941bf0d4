import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { pseudo6, sum } from "./checksum.ts";
import * as ipv6 from "./ipv6.ts";
import * as ipv6Extension from "./ipv6_extension.ts";
import * as ipv6Fragment from "./ipv6_fragment.ts";
import * as ipv6Option from "./ipv6_option.ts";
import * as ipv6Routing from "./ipv6_routing.ts";
import { octets } from "./_oracle_test_util.ts";
import { exactly, octetsOf, readAll } from "./_property_test_util.ts";

const SOURCE = "20010db8000000000000000000000001";
const DESTINATION = "20010db8000000000000000000000002";

/** A packet whose first header is of a type; its length fits. */
function packet(type: number, payload: string, length?: number): ipv6.View {
  const view = exactly(octets("00".repeat(40) + payload));
  const header = new ipv6.Repr();
  ipv6.Address.parse("2001:db8::1").copy(header.source);
  ipv6.Address.parse("2001:db8::2").copy(header.destination);
  header.nextHeader = type;
  header.payloadLength = length ?? payload.length / 2;
  header.emit(view, 0);
  return new ipv6.View(view);
}

/** What a walk found, as types and the rest. */
function walk(packet: ipv6.View, chain = new ipv6Extension.Chain()) {
  const types: number[] = [];
  chain.over(packet);
  let end = packet.payloadStart;
  while (chain.next()) {
    types.push(chain.type);
    assertEquals(chain.start, end);
    assert(chain.end > chain.start);
    end = chain.end;
  }
  readAll(chain);
  return { types, protocol: chain.protocol, end: chain.end - 40, chain };
}

const HBH = (next: string) => next + "00" + "05020000" + "0100";
const OPTS = (next: string) => next + "00" + "010400000000";
const ROUTE = (next: string, left = "01") =>
  next + "0200" + left + "00000000" + SOURCE.slice(0, 30) + "63";
const FRAG = (next: string, bits: string) => next + "00" + bits + "0000beef";
const AH = (next: string) => next + "01" + "0000" + "00000100" + "00000001";

for (
  const [why, type, payload, types, protocol, end] of [
    ["has none", 17, "00", [], 17, 0],
    ["ends at once", 59, "", [], 59, 0],
    [
      "has one of each",
      0,
      HBH("3c") + OPTS("2b") + ROUTE("2c") + FRAG("33", "0000") + AH("3c") +
      OPTS("06") + "ff",
      [0, 60, 43, 44, 51, 60],
      6,
      68,
    ],
    ["goes behind mobility", 135, "3b00" + "00".repeat(6), [135], 59, 8],
    ["goes behind host identity", 139, "3b00" + "00".repeat(6), [139], 59, 8],
    ["goes behind shim6", 140, "1101" + "00".repeat(14), [140], 17, 16],
    ["ends at ESP", 60, OPTS("32") + "ff", [60], 50, 8],
    ["ends at no next header", 60, OPTS("3b") + "00", [60], 59, 8],
    ["has routes twice", 43, ROUTE("2b") + ROUTE("3a"), [43, 43], 58, 48],
    ["is a first piece", 44, FRAG("3c", "0001") + OPTS("11"), [44, 60], 17, 16],
    [
      "is a later piece, no headers",
      44,
      FRAG("3c", "0009") + "ff",
      [44],
      60,
      8,
    ],
  ] as const
) {
  Deno.test(`Chain finds the upper layer when the packet ${why}`, () => {
    const view = packet(type, payload);
    assertEquals(view.check(), undefined);
    const found = walk(view);
    assertEquals(found.chain.reason, undefined);
    assertEquals(found.types, [...types]);
    assertEquals([found.protocol, found.end], [protocol, end]);
    assertEquals(found.chain.payloadEnd, view.payloadEnd);
    assertEquals(new ipv6Extension.Chain().walk(view), undefined);
  });
}

for (
  const [why, type, payload, reason, pointer] of [
    ["has no room for a header", 60, "", "truncated", 40],
    ["has seven octets", 60, "3b000104000000", "truncated", 40],
    ["lacks the second header", 60, OPTS("2b"), "truncated", 48],
    [
      "has a first piece without the upper layer (RFC 7112)",
      44,
      FRAG("3c", "0001"),
      "truncated",
      48,
    ],
    ["has options beyond its end", 60, "3b01010400000000", "header", 41],
    [
      "has a route beyond its end",
      60,
      OPTS("2b") + "3bff" + "00".repeat(6),
      "header",
      49,
    ],
    ["has an AH of 8 octets", 51, "3b00" + "00".repeat(10), "header", 41],
    ["has an AH beyond its end", 51, "3b02" + "00".repeat(10), "header", 41],
    [
      "has hop-by-hop options second",
      60,
      OPTS("00") + HBH("11"),
      "malformed",
      40,
    ],
    ["has hop-by-hop options twice", 0, HBH("00") + HBH("11"), "malformed", 40],
    [
      "has hop-by-hop options behind a fragment header",
      44,
      FRAG("00", "0000") + HBH("11"),
      "malformed",
      40,
    ],
    [
      "nests fragment headers",
      44,
      FRAG("2c", "0000") + FRAG("11", "0000"),
      "malformed",
      40,
    ],
    [
      "nests fragment headers behind others",
      44,
      FRAG("3c", "0001") + OPTS("2c") + FRAG("11", "0000"),
      "malformed",
      48,
    ],
  ] as const
) {
  Deno.test(`A8 Chain ends with ${reason} when the packet ${why}`, () => {
    const { chain } = walk(packet(type, payload));
    assertEquals(chain.reason, reason);
    assertEquals(chain.pointer, pointer);
    assertEquals(chain.next(), false);
  });
}

Deno.test("A8 Chain ends with unsupported behind 16 headers of 1,000", () => {
  const view = packet(60, OPTS("3c").repeat(1000) + "00");
  const { chain, types } = walk(view);
  assertEquals([types.length, chain.reason], [16, "unsupported"]);
  assertEquals(chain.pointer, 40 + 16 * 8);
  const patient = walk(view, new ipv6Extension.Chain(999, 65535));
  assertEquals([patient.types.length, patient.chain.reason], [
    999,
    "unsupported",
  ]);
});

Deno.test("A8 Chain ends with unsupported beyond its octets", () => {
  const long = (next: string) => next + "ff" + "00".repeat(2046);
  const view = packet(60, long("3c") + long("3c") + OPTS("11"));
  const { chain, types } = walk(view);
  assertEquals([types, chain.reason], [[60, 60], "unsupported"]);
  const all = walk(view, new ipv6Extension.Chain(16, 4104));
  assertEquals([all.chain.reason, all.protocol], [undefined, 17]);
});

Deno.test("A10 Chain refuses a jumbo payload beside a payload length", () => {
  const options = "1100" + "c20400010000";
  const small = walk(packet(0, options + "00".repeat(8)));
  assertEquals([small.chain.reason, small.chain.pointer], ["malformed", 42]);
  const view = packet(0, options + "00".repeat(65528), 65536);
  assertEquals(view.payloadLength, 0);
  const large = walk(view);
  assertEquals([large.chain.reason, large.protocol], [undefined, 17]);
  assertEquals(large.chain.jumbo, 65536);
  assertEquals(large.chain.payloadEnd, 40 + 65536);
});

Deno.test("A10 Chain refuses a jumbo payload that is a fragment", () => {
  const payload = "2c00" + "c20400010000" + FRAG("11", "0001");
  const view = packet(0, payload + "00".repeat(65520), 65536);
  assertEquals(view.check(), undefined);
  const { chain } = walk(view);
  assertEquals([chain.reason, chain.pointer], ["malformed", 48]);
});

Deno.test("A33 Chain tells atomic fragments from pieces (RFC 6946)", () => {
  for (
    const [bits, offset, more, atomic] of [
      ["0000", 0, false, true],
      ["0001", 0, true, false],
      ["0008", 8, false, false],
      ["fff9", 65528, true, false],
    ] as const
  ) {
    const view = packet(60, OPTS("2c") + FRAG("11", bits) + "ff".repeat(8));
    const { chain } = walk(view);
    assertEquals(chain.fragment, 48);
    assertEquals([chain.fragmentOffset, chain.moreFragments], [offset, more]);
    assertEquals([chain.isAtomic, chain.isFragment], [atomic, !atomic]);
    assertEquals([chain.unfragmentedEnd, chain.fragmentStart], [48, 56]);
    const identity = new Int32Array(10);
    chain.copyIdentity(identity, 1);
    assertEquals(`${ipv6.Address.from(identity, 1)}`, "2001:db8::1");
    assertEquals(`${ipv6.Address.from(identity, 5)}`, "2001:db8::2");
    assertEquals(identity[9], 0xbeef);
  }
  const whole = walk(packet(60, OPTS("11"))).chain;
  assertEquals([whole.isAtomic, whole.isFragment], [false, false]);
  assertEquals([whole.unfragmentedEnd, whole.fragmentStart], [48, -1]);
});

/** The sum as RFC 8200 section 8.1 spells it out, of addresses as text. */
function sumOf(source: string, destination: string): number {
  const view = exactly(new Uint8Array(32));
  ipv6.Address.parse(source).write(view, 0);
  ipv6.Address.parse(destination).write(view, 16);
  return sum(view, 0, 32);
}

const HOME = "c910" + "20010db80000000000000000000000aa";

for (
  const [why, type, payload, source, destination] of [
    ["is plain", 17, "00", "2001:db8::1", "2001:db8::2"],
    ["has a route", 43, ROUTE("11"), "2001:db8::1", "2001:db8::63"],
    [
      "has a route that is done",
      43,
      ROUTE("11", "00"),
      "2001:db8::1",
      "2001:db8::2",
    ],
    [
      "has a malformed route",
      43,
      ROUTE("11", "02"),
      "2001:db8::1",
      "2001:db8::2",
    ],
    [
      "has segments",
      43,
      "1104" + "0401" + "01000000" + SOURCE.slice(0, 30) + "77" + DESTINATION,
      "2001:db8::1",
      "2001:db8::77",
    ],
    [
      "has compressed addresses",
      43,
      "1101" + "0302" + "cc000000" + "00000051" + "00000052",
      "2001:db8::1",
      "2001:db8::52",
    ],
    [
      "has an odd compressed address",
      43,
      "1101" + "0301" + "0d500000" + "010203" + "0000000000",
      "2001:db8::1",
      "2001:db8::1:203",
    ],
    [
      "has a home address",
      60,
      "1102" + "01020000" + HOME,
      "2001:db8::aa",
      "2001:db8::2",
    ],
    [
      "has both",
      60,
      "2b02" + "01020000" + HOME + ROUTE("11"),
      "2001:db8::aa",
      "2001:db8::63",
    ],
  ] as const
) {
  Deno.test(`Chain.addressSum is of the final addresses when the packet ${why}`, () => {
    const view = packet(type, payload);
    const { chain } = walk(view);
    assertEquals(chain.reason, undefined);
    assertEquals(chain.addressSum, sumOf(source, destination));
    const words = new Int32Array(5);
    chain.copyFinalDestination(words, 1);
    assertEquals(`${ipv6.Address.from(words, 1)}`, destination);
    assertEquals(chain.homeAddress >= 0, source.endsWith("aa"));
    assertEquals(pseudo6(chain.addressSum, 17, 8) > 0, true);
  });
}

/** Any headers in a row, as a sender of any kind might put them. */
const header = fc.oneof(
  fc.record({
    type: fc.constantFrom(60, 135, 139, 140),
    data: fc.uint8Array({ maxLength: 40 }),
  }),
  fc.record({
    type: fc.constant(43),
    left: fc.nat(3),
    kind: fc.nat(5),
    data: fc.uint8Array({ maxLength: 64, size: "max" }),
  }),
  fc.record({ type: fc.constant(44), bits: fc.nat(7) }),
  fc.record({ type: fc.constant(51), words: fc.integer({ min: 1, max: 9 }) }),
);

Deno.test("Chain finds what was written, in any order", () => {
  fc.assert(
    fc.property(
      fc.array(header, { maxLength: 10 }),
      fc.constantFrom(6, 17, 50, 58, 59, 253),
      (headers, upper) => {
        if (headers.filter((one) => one.type === 44).length > 1) return;
        const types = headers.map((one) => one.type);
        const view = exactly(new Uint8Array(1500));
        let at = 40;
        headers.forEach((one, i) => {
          const next = types[i + 1] ?? upper;
          if ("bits" in one) {
            const repr = new ipv6Fragment.Repr();
            repr.nextHeader = next;
            repr.moreFragments = (one.bits & 1) !== 0;
            repr.emit(view, at);
            at += repr.bufferLength;
          } else if ("words" in one) {
            view.setUint8(at, next);
            view.setUint8(at + 1, one.words);
            at += 8 + 4 * one.words;
          } else if ("kind" in one) {
            const repr = new ipv6Routing.Repr();
            repr.nextHeader = next;
            repr.type = one.kind;
            repr.segmentsLeft = one.left;
            repr.data.set(one.data);
            repr.dataLength = one.data.length;
            repr.emit(view, at);
            at += repr.bufferLength;
          } else {
            const repr = new ipv6Option.Repr();
            repr.nextHeader = next;
            repr.add(0x1e, one.data);
            repr.emit(view, at);
            at += repr.bufferLength;
          }
        });
        const outer = new ipv6.Repr();
        outer.nextHeader = types[0] ?? upper;
        outer.payloadLength = at - 40;
        outer.emit(view, 0);
        const found = walk(new ipv6.View(view));
        assertEquals(found.chain.reason, undefined);
        assertEquals(found.types, types);
        assertEquals([found.protocol, found.end], [upper, at - 40]);
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("A8 Chain ends, and reads nothing outside, on any octets", () => {
  const chain = new ipv6Extension.Chain();
  const extension = fc.constantFrom(0, 43, 44, 51, 60, 135, 139, 140, 59, 6);
  let long = 0;
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200, size: "max" }),
      fc.array(fc.tuple(extension, fc.nat(1)), {
        minLength: 25,
        maxLength: 25,
      }),
      extension,
      fc.nat(2),
      (payload, places, first, cut) => {
        // Wherever a header may begin there is a type and a small length.
        places.forEach(([type, size], unit) => {
          if (8 * unit + 1 < payload.length) {
            payload.set([type, size], 8 * unit);
          }
        });
        const length = payload.length - cut;
        const view = exactly(new Uint8Array(40 + payload.length));
        const header = new ipv6.Repr();
        header.nextHeader = first;
        header.payloadLength = Math.max(0, length);
        header.emit(view, 0);
        octetsOf(view).set(payload, 40);
        const { types } = walk(new ipv6.View(view), chain);
        chain.copyFinalDestination(new Int32Array(4));
        assert(chain.end <= view.byteLength);
        if (types.length > 3) long++;
      },
    ),
    { numRuns: 2000 },
  );
  assert(long > 20, `${long} long chains`);
});
