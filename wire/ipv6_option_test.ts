import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import * as ipv6Option from "./ipv6_option.ts";
import { octets } from "./_oracle_test_util.ts";
import { exactly, octetsOf, readAll, word } from "./_property_test_util.ts";

/** Types, and the reason at the end, of options given as hexadecimal text. */
function walk(hex: string): [number[], string | undefined] {
  const view = exactly(octets(hex));
  const options = new ipv6Option.Options().wrap(view, 0, view.byteLength);
  const types: number[] = [];
  let end = 0;
  while (options.next()) {
    assertEquals(options.start, end);
    end = options.end;
    types.push(options.type);
    readAll(options);
  }
  return [types, options.reason];
}

for (
  const [why, hex, types, reason] of [
    ["are none", "", [], undefined],
    ["are Pad1 alone", "000000", [0, 0, 0], undefined],
    ["are PadN alone", "0100", [1], undefined],
    ["are router alert and PadN", "050200000100", [5, 1], undefined],
    ["end behind a type", "0005", [0], "option"],
    ["end within the data", "000502ff", [0], "option"],
    ["claim 255 octets", "01ff00000000", [], "option"],
    ["fill all", "0104ffffffff", [1], undefined],
  ] as const
) {
  Deno.test(`A8 Options finds ${reason ?? "no fault"} when the options ${why}`, () => {
    assertEquals(walk(hex), [[...types], reason]);
  });
}

Deno.test("A8 Options.action is the upper two bits (RFC 8200 4.2)", () => {
  const { Action, actionOf, mayChange, nameOfOption } = ipv6Option;
  for (
    const [type, action, change] of [
      [0x1e, Action.SKIP, false],
      [0x3e, Action.SKIP, true],
      [0x5e, Action.DISCARD, false],
      [0x7e, Action.DISCARD, true],
      [0x9e, Action.REPORT, false],
      [0xc2, Action.REPORT_UNICAST, false],
      [0xfe, Action.REPORT_UNICAST, true],
    ] as const
  ) {
    assertEquals(actionOf(type), action);
    assertEquals(mayChange(type), change);
    const options = new ipv6Option.Options();
    options.wrap(exactly([type, 0]), 0, 2);
    assert(options.next());
    assertEquals(options.action, action);
  }
  assertEquals(nameOfOption(0xc2), "jumbo");
  assertEquals(nameOfOption(0x1e), "opt-30");
});

Deno.test("Options reads the values of RFC 2711, 2675, 2473 and 6275", () => {
  const hex = "05020001" + "c20400012345" + "040107" + "01020000" +
    "c910" + "20010db8000000000000000000000005";
  const view = exactly(octets(hex));
  const options = new ipv6Option.Options().wrap(view, 0, view.byteLength);
  const home = new Int32Array(5);
  const seen = [];
  while (options.next()) {
    const { type, routerAlert, jumboLength, tunnelLimit } = options;
    const is = options.copyHomeAddress(home, 1);
    seen.push([type, routerAlert, jumboLength, tunnelLimit, is]);
  }
  assertEquals(seen, [
    [0x05, 1, -1, -1, false],
    [0xc2, -1, 0x12345, -1, false],
    [0x04, -1, -1, 7, false],
    [0x01, -1, -1, -1, false],
    [0xc9, -1, -1, -1, true],
  ]);
  assertEquals([...home], [0, 0x20010db8, 0, 0, 5]);
});

Deno.test("Options reads no value of an option with another length", () => {
  for (
    const hex of ["050100", "c203000000", "040200ff", "c90f" + "00".repeat(15)]
  ) {
    const view = exactly(octets(hex));
    const options = new ipv6Option.Options().wrap(view, 0, view.byteLength);
    assert(options.next());
    assertEquals(
      [options.routerAlert, options.jumboLength, options.tunnelLimit],
      [-1, -1, -1],
    );
    assertFalse(options.copyHomeAddress(new Int32Array(4)));
  }
});

Deno.test("find() and jumboLength() find what the header holds", () => {
  const jumbo = exactly(octets("3b00" + "c20400010000" + "c204"));
  assertEquals(ipv6Option.find(jumbo, 0, 10, 0xc2), 2);
  assertEquals(ipv6Option.find(jumbo, 0, 10, 5), -1);
  assertEquals(ipv6Option.jumboLength(jumbo, 0, 10), 65536);
  assertEquals(ipv6Option.jumboLength(jumbo, 0, 7), -1);
});

for (
  const [why, hex, reason] of [
    ["is empty", "", "truncated"],
    ["has seven octets", "3b000104000000", "truncated"],
    ["is of the least length", "3b00010400000000", undefined],
    ["claims one unit too many", "3b01010400000000", "header"],
    ["claims 2048 octets", "3bff010400000000", "header"],
  ] as const
) {
  Deno.test(`A8 ipv6Option.View.check() finds ${reason ?? "nothing"} when the header ${why}`, () => {
    const header = new ipv6Option.View(exactly(octets(hex)));
    assertEquals(header.check(), reason);
    assertEquals(new ipv6Option.Repr().parse(header), reason);
  });
}

Deno.test("View writes what it reads", () => {
  const header = new ipv6Option.View(
    exactly(octets("11010000" + "00".repeat(12))),
  );
  assertEquals(readAll(header), {
    nextHeader: 17,
    headerLength: 16,
    optionsStart: 2,
    optionsEnd: 16,
    payloadStart: 16,
    payloadEnd: 16,
  });
  header.nextHeader = 6;
  header.headerLength = 8;
  assertEquals(octetsOf(header.view).slice(0, 2), Uint8Array.of(6, 0));
});

Deno.test("Repr pads options to where their RFCs want them", () => {
  const repr = new ipv6Option.Repr();
  repr.nextHeader = 6;
  assert(repr.addTunnelLimit(4));
  assert(repr.addRouterAlert(0));
  assert(repr.addJumbo(0x12345));
  assert(repr.addHomeAddress(Int32Array.of(0x20010db8, 0, 0, 5)));
  const view = exactly(new Uint8Array(repr.bufferLength).fill(0xa5));
  repr.emit(view, 0);
  // Tunnel limit, Pad1, router alert at 2n, jumbo at 4n + 2, home at 8n + 6.
  assertEquals(
    octetsOf(view).toHex(),
    "0604" + "040104" + "00" + "05020000" + "c20400012345" + "010400000000" +
      "c91020010db8000000000000000000000005",
  );
});

Deno.test("Repr.add() refuses what the longest header has no room for", () => {
  const repr = new ipv6Option.Repr();
  const data = new Uint8Array(255);
  assertFalse(repr.add(0x1e, new Uint8Array(256)));
  let count = 0;
  while (repr.add(0x1e, data)) count++;
  assertEquals(count, 7);
  const length = repr.optionsLength;
  assertFalse(repr.add(0x1e, data, 8));
  assertEquals(repr.optionsLength, length);
  assertEquals(repr.bufferLength <= ipv6Option.MAX_HEADER_LENGTH, true);
});

Deno.test("Repr.parse() of what Repr.emit() wrote is the same, and back", () => {
  const option = fc.tuple(
    fc.integer({ min: 2, max: 255 }),
    fc.uint8Array({ maxLength: 40 }),
    fc.constantFrom(1, 2, 4, 8),
    fc.nat(7),
  );
  fc.assert(
    fc.property(
      fc.nat(255),
      fc.array(option, { maxLength: 6 }),
      fc.nat(9),
      (nextHeader, options, at) => {
        const repr = new ipv6Option.Repr();
        repr.nextHeader = nextHeader;
        for (const [type, data, align, offset] of options) {
          assert(repr.add(type, data, align, offset % align));
        }
        const view = exactly(new Uint8Array(at + repr.bufferLength).fill(0xa5));
        repr.emit(view, at);
        const there = new ipv6Option.View(view, at);
        assertEquals(there.check(), undefined);
        const walk = new ipv6Option.Options();
        walk.wrap(view, there.optionsStart, there.optionsEnd);
        const found: number[] = [];
        while (walk.next()) {
          if (walk.type < 2) continue;
          const [type, data, align, offset] = options[found.length]!;
          assertEquals(walk.type, type);
          assertEquals(walk.length, data.length);
          assertEquals((walk.start - at - offset % align) % align, 0);
          found.push(type);
        }
        assertEquals(found.length, options.length);
        assertEquals(walk.reason, undefined);
        const again = new ipv6Option.Repr();
        assertEquals(again.parse(there), undefined);
        const copy = exactly(new Uint8Array(view.byteLength).fill(0xa5));
        again.emit(copy, at);
        assertEquals(octetsOf(copy), octetsOf(view));
      },
    ),
  );
});

Deno.test("A8 Options ends, and reads nothing outside, on any octets", () => {
  fc.assert(
    fc.property(fc.uint8Array({ size: "max", maxLength: 300 }), (bytes) => {
      const view = exactly(bytes);
      const options = new ipv6Option.Options().wrap(view, 0, view.byteLength);
      let steps = 0;
      while (options.next()) {
        readAll(options);
        options.copyHomeAddress(new Int32Array(4));
        assert(++steps <= bytes.length);
      }
      ipv6Option.find(view, 0, view.byteLength, 0xc2);
      const header = new ipv6Option.View(view);
      if (header.check() !== undefined) return;
      readAll(header);
      assertEquals(new ipv6Option.Repr().parse(header), undefined);
    }),
  );
});

Deno.test("Repr.addHomeAddress() takes any four words", () => {
  const words = fc.array(word, { minLength: 4, maxLength: 4 });
  fc.assert(fc.property(words, (words) => {
    const repr = new ipv6Option.Repr();
    repr.addHomeAddress(Int32Array.from(words));
    const view = exactly(new Uint8Array(repr.bufferLength));
    repr.emit(view, 0);
    const at = ipv6Option.find(view, 0, view.byteLength, 0xc9);
    const options = new ipv6Option.Options().wrap(view, at, view.byteLength);
    const home = new Int32Array(4);
    assert(options.next() && options.copyHomeAddress(home));
    assertEquals([...home], words);
  }));
});

Deno.test("ipv6Option.Packet.parse() points at what is behind the header, or says why not", () => {
  const bytes = octets("1100050200000100ffff");
  const packet = new ipv6Option.Packet();
  const { length } = bytes;
  assertEquals(packet.parse(exactly(bytes), 0, length), undefined);
  assertEquals([packet.payloadStart, packet.payloadEnd], [8, length]);
  assertEquals(packet.repr.nextHeader, 17);
  assertEquals(packet.parse(exactly(bytes), 0, 3), "truncated");
});
