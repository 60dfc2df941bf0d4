import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import * as icmpExtension from "./icmp_extension.ts";
import { octets } from "./_oracle_test_util.ts";
import { exactly, octetsOf, readAll } from "./_property_test_util.ts";

// What stands behind the header in frame 1 of tcpdump-icmp6-rfc8335.pcap.
const IDENTIFICATION = "2000dcf40008030200000001";

function objectsOf(hex: string): [number, number, number][] {
  const view = exactly(octets(hex));
  const objects = new icmpExtension.Objects().wrap(view, 0, view.byteLength);
  const found: [number, number, number][] = [];
  while (objects.next()) {
    const { classNumber, classType, dataStart, end } = objects;
    found.push([classNumber, classType, end - dataStart]);
  }
  assertFalse(objects.next());
  return found;
}

function reasonOf(hex: string): string | undefined {
  const view = exactly(octets(hex));
  const objects = new icmpExtension.Objects().wrap(view, 0, view.byteLength);
  while (objects.next()) { /* to the end */ }
  return objects.reason;
}

Deno.test("View reads and verifies a structure of another sender", () => {
  const extension = new icmpExtension.View(exactly(octets(IDENTIFICATION)));
  assertEquals(extension.check(), undefined);
  assertEquals(readAll(extension), {
    version: 2,
    checksum: 0xdcf4,
    objectsStart: 4,
    objectsEnd: 12,
  });
  assert(extension.verify());
  assertEquals(objectsOf(IDENTIFICATION.slice(8)), [[3, 2, 4]]);
  for (let at = 0; at < 12; at++) {
    const octet = extension.view.getUint8(at);
    extension.view.setUint8(at, octet ^ 1);
    assertFalse(extension.verify());
    extension.view.setUint8(at, octet);
  }
  extension.checksum = 0;
  assert(extension.verify(), "0 says that none was computed");
  extension.fillChecksum();
  assertEquals(extension.checksum, 0xdcf4);
});

for (
  const [why, hex, reason] of [
    ["is empty", "", "truncated"],
    ["has three octets", "200000", "truncated"],
    ["is a header alone", "20000000", undefined],
    ["has version 1", "10000000", "version"],
    ["has version 3", "30000000", "version"],
  ] as const
) {
  Deno.test(`icmpExtension.View.check() finds ${reason ?? "nothing"} when the structure ${why}`, () => {
    assertEquals(new icmpExtension.View(exactly(octets(hex))).check(), reason);
  });
}

for (
  const [why, hex, found, reason] of [
    ["nothing", "", [], undefined],
    ["an object without data", "0004f701", [[0xf7, 1, 0]], undefined],
    [
      "two objects",
      "00080101000641ff00040200",
      [[1, 1, 4], [2, 0, 0]],
      undefined,
    ],
    ["an object of length 0", "00000101", [], "length"],
    ["an object of length 3", "00030101", [], "length"],
    ["an overrun by one", "0009010100064101", [], "length"],
    ["an object cut short", "000401010008", [[1, 1, 0]], "length"],
    ["length 65535", "ffff0101", [], "length"],
  ] as const
) {
  Deno.test(`A11 icmpExtension.Objects finds ${reason ?? "nothing wrong"} in ${why}`, () => {
    assertEquals(objectsOf(hex), found.map((object) => [...object]));
    assertEquals(reasonOf(hex), reason);
  });
}

Deno.test("LabelStack reads entries down to the bottom (RFC 4950, RFC 3032)", () => {
  const view = exactly(
    octets("000641ff" + "fffff001" + "00064bff" + "ffffffff"),
  );
  const stack = new icmpExtension.LabelStack().wrap(view, 0, 16);
  assert(stack.next());
  assertEquals(readAll(stack), {
    label: 100,
    trafficClass: 0,
    bottom: true,
    ttl: 255,
  });
  assertFalse(stack.next(), "nothing is read below the bottom");
  stack.wrap(view, 4, 16);
  assert(stack.next());
  assertEquals(readAll(stack), {
    label: 0xfffff,
    trafficClass: 0,
    bottom: false,
    ttl: 1,
  });
  assert(stack.next());
  assertEquals([stack.label, stack.trafficClass], [100, 5]);
  stack.wrap(view, 4, 7);
  assertFalse(stack.next(), "three octets are no entry");
});

/** A quote of `quote` octets with `extension` behind it. */
function quoted(quote: number, extension: string): DataView {
  const behind = octets(extension);
  const view = exactly(new Uint8Array(quote + behind.length).fill(0x45));
  octetsOf(view).set(behind, quote);
  return view;
}

for (
  const [why, quote, counted, extension, found, end] of [
    ["stands where the length says", 136, 136, IDENTIFICATION, 136, 136],
    ["has no checksum but a length", 128, 128, "20000000", 128, 128],
    ["is of another version", 128, 128, "30000000", -1, 128],
    ["is cut within its header", 128, 128, "200000", -1, 128],
    ["has a length beyond the message", 128, 1020, IDENTIFICATION, -1, 140],
    ["has a length below 128", 64, 64, IDENTIFICATION, -1, 76],
    ["has no length but a checksum", 128, 0, IDENTIFICATION, 128, 128],
    ["has neither", 128, 0, "20000000", -1, 132],
    [
      "has no length and sums up by chance",
      128,
      0,
      "20000000dfff0000",
      -1,
      136,
    ],
    ["has no length and a wrong checksum", 128, 0, "20001234", -1, 132],
    ["is not there at all", 28, 0, "", -1, 28],
  ] as const
) {
  Deno.test(`RFC 4884 5 icmpExtension.locate() gives ${found} when the structure ${why}`, () => {
    const view = quoted(quote, extension);
    const last = view.byteLength;
    assertEquals(icmpExtension.locate(view, 0, last, counted), found);
    assertEquals(icmpExtension.endOfQuote(view, 0, last, counted), end);
  });
}

Deno.test("nameOfClass() names what is assigned and keeps the rest", () => {
  const { ObjectClass, nameOfClass } = icmpExtension;
  assertEquals(nameOfClass(ObjectClass.MPLS_LABEL_STACK), "MPLS label stack");
  assertEquals(nameOfClass(4), "extended information");
  assertEquals(nameOfClass(247), "class 247");
});

Deno.test("Objects finds what emitObject() wrote", () => {
  const object = fc.record({
    classNumber: fc.nat(255),
    classType: fc.nat(255),
    words: fc.nat(10),
  });
  fc.assert(fc.property(fc.array(object, { maxLength: 8 }), (all) => {
    const octets = all.reduce((sum, { words }) => sum + 4 + 4 * words, 4);
    const view = exactly(new Uint8Array(octets));
    icmpExtension.emitHeader(view, 0);
    let at = 4;
    for (const { classNumber, classType, words } of all) {
      at = icmpExtension.emitObject(
        view,
        at,
        classNumber,
        classType,
        4 * words,
      );
    }
    assertEquals(at, octets);
    const extension = new icmpExtension.View(view);
    assertEquals(extension.check(), undefined);
    extension.fillChecksum();
    assert(extension.checksum !== 0 && extension.verify());
    const objects = new icmpExtension.Objects().wrap(view, 4, octets);
    for (const { classNumber, classType, words } of all) {
      assert(objects.next());
      assertEquals(objects.classNumber, classNumber);
      assertEquals(objects.classType, classType);
      assertEquals(objects.end - objects.dataStart, 4 * words);
    }
    assertFalse(objects.next());
    assertEquals(objects.reason, undefined);
  }));
});

Deno.test("A11 icmpExtension reads nothing outside any octets and ends", () => {
  const octet = fc.oneof(fc.nat(255), fc.constantFrom(0, 4, 8, 32));
  fc.assert(
    fc.property(
      fc.array(octet, { maxLength: 300 }),
      fc.nat(80),
      (octets, counted) => {
        const view = exactly(octets);
        const end = view.byteLength;
        const at = icmpExtension.locate(view, 0, end, 4 * counted);
        const behind = icmpExtension.endOfQuote(view, 0, end, 4 * counted);
        assert(behind >= 0 && behind <= end);
        if (at >= 0) {
          assertEquals(at, behind);
          const extension = new icmpExtension.View(view, at, end);
          assertEquals(extension.check(), undefined);
          extension.verify();
        }
        const objects = new icmpExtension.Objects().wrap(view, 0, end);
        const stack = new icmpExtension.LabelStack();
        let steps = 0;
        while (objects.next()) {
          assert(objects.dataStart <= objects.end && objects.end <= end);
          stack.wrap(view, objects.dataStart, objects.end);
          while (stack.next()) steps++;
          assert(++steps <= octets.length);
        }
      },
    ),
  );
});
