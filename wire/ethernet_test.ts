import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import fc from "fast-check";
import * as ethernet from "./ethernet.ts";
import { conformanceTest, octets, vectors } from "./_oracle_test_util.ts";
import { exactly, octetsOf, readAll, word } from "./_property_test_util.ts";

const { Address, EtherType } = ethernet;

for (
  const [text, high, low] of [
    ["00:00:00:00:00:00", 0, 0],
    ["ff:ff:ff:ff:ff:ff", 0xffff, -1],
    ["02:00:5E:10:00:01", 0x0200, 0x5e100001],
    ["34-56-78-9A-BC-DE", 0x3456, 0x789abcde],
  ] as const
) {
  Deno.test(`Address.parse() reads ${text}`, () => {
    const address = Address.parse(text);
    assertEquals([address.high, address.low], [high, low]);
    assertEquals(`${address}`, text.toLowerCase().replaceAll("-", ":"));
  });
}

Deno.test("ethox 2.1.1 Address prints what it parses", () => {
  fc.assert(fc.property(fc.nat(0xffff), word, (high, low) => {
    const address = new Address(high, low);
    assert(Address.parse(`${address}`).equals(address));
    assert(Address.parse(`${address}`.replaceAll(":", "-")).equals(address));
    assertEquals(`${address}`, ethernet.format(high, low));
  }));
});

for (
  const [why, text, position] of [
    ["empty", "", 0],
    ["five octets", "00:00:00:00:00", 14],
    ["seven octets", "00:00:00:00:00:00:00", 17],
    ["not hexadecimal", "00:00:00:00:00:0g", 15],
    ["single digits", "0:0:0:0:0:0", 0],
    ["mixed separators", "00:00-00:00:00:00", 5],
    ["no separators", "000000000000", 2],
    ["a trailing space", "00:00:00:00:00:00 ", 17],
    ["another alphabet", "0٠:00:00:00:00:00", 0],
  ] as const
) {
  Deno.test(`Address.parse() names the place when the text has ${why}`, () => {
    const error = assertThrows(
      () => Address.parse(text),
      ethernet.AddressError,
    );
    assertEquals(error.position, position);
    assertEquals(Address.tryParse(text), undefined);
  });
}

Deno.test("A17 Address.parse() refuses a megabyte in a short sentence", () => {
  const error = assertThrows(
    () => Address.parse("00:".repeat(1 << 19)),
    ethernet.AddressError,
  );
  assert(error.message.length < 300);
});

conformanceTest("Address agrees with the mac rows of addresses.json", () => {
  const { mac } = vectors<{
    mac: {
      valid: { input: string; bytes: string }[];
      invalid: { input: string }[];
    };
  }>("addresses");
  for (const { input, bytes } of mac.valid) {
    const view = new DataView(octets(bytes).buffer);
    const address = new Address(view.getUint16(0), view.getInt32(2));
    assert(Address.parse(input).equals(address), input);
  }
  for (const { input } of mac.invalid) {
    assertThrows(() => Address.parse(input), ethernet.AddressError);
  }
});

for (
  const [group, text] of [
    [0xe00000fb, "01:00:5e:00:00:fb"],
    [0xeffffffa, "01:00:5e:7f:ff:fa"],
    [0xe0800102, "01:00:5e:00:01:02"],
  ] as const
) {
  Deno.test(`Address.multicast4() gives ${text} (RFC 1112 6.4)`, () => {
    assertEquals(`${Address.multicast4(group | 0)}`, text);
  });
}

Deno.test("Address tells one station from groups", () => {
  const { BROADCAST, UNSPECIFIED } = Address;
  assert(BROADCAST.isBroadcast && BROADCAST.isMulticast);
  assertFalse(BROADCAST.isUnicast);
  assert(UNSPECIFIED.isUnspecified);
  assertFalse(UNSPECIFIED.isUnicast);
  const local = Address.parse("02:00:00:00:00:01");
  assert(local.isUnicast && local.isLocal);
  assertFalse(local.isMulticast || local.isBroadcast || local.isUnspecified);
  const vendor = Address.parse("00:1b:21:00:00:01");
  assertFalse(vendor.isLocal);
  assert(Address.parse("01:00:5e:00:00:01").isMulticast);
});

Deno.test("nameOfType() names what is assigned and keeps the rest", () => {
  assertEquals(ethernet.nameOfType(EtherType.IPV4), "IPv4");
  assertEquals(ethernet.nameOfType(EtherType.ARP), "ARP");
  assertEquals(ethernet.nameOfType(0x88b5), "0x88b5");
});

Deno.test("View reads and writes each field where RFC 894 has it", () => {
  const view = exactly(
    octets("ffffffffffff02000000000108060001080006040001"),
  );
  const frame = new ethernet.View(view);
  assertEquals(frame.check(), undefined);
  assert(frame.isBroadcast && frame.isMulticast);
  assertEquals(`${frame.destination}`, "ff:ff:ff:ff:ff:ff");
  assertEquals(`${frame.source}`, "02:00:00:00:00:01");
  assertEquals(frame.etherType, EtherType.ARP);
  assertEquals([frame.payloadStart, frame.payloadEnd], [14, 22]);

  const copy = new ethernet.View(exactly(new Uint8Array(14)));
  copy.destinationHigh = frame.destinationHigh;
  copy.destinationLow = frame.destinationLow;
  copy.sourceHigh = frame.sourceHigh;
  copy.sourceLow = frame.sourceLow;
  copy.etherType = frame.etherType;
  assertEquals(octetsOf(copy.view), octetsOf(view).slice(0, 14));
});

Deno.test("View.payloadEnd leaves padding out when the frame has a length (IEEE 802.3)", () => {
  const view = exactly(new Uint8Array(60));
  const frame = new ethernet.View(view);
  frame.etherType = 38;
  assertEquals(frame.check(), undefined);
  assert(frame.hasLength);
  assertEquals(frame.payloadEnd, 52);
  frame.etherType = 47;
  assertEquals(frame.check(), "length");
});

for (let length = 0; length < 14; length++) {
  Deno.test(`A16 ethernet.View.check() refuses a frame of ${length} octets`, () => {
    const frame = new ethernet.View(exactly(new Uint8Array(length)));
    assertEquals(frame.check(), "truncated");
  });
}

Deno.test("A16 ethernet.Frame.parse() takes a frame of 65535 octets", () => {
  const view = exactly(new Uint8Array(65535));
  view.setUint16(12, EtherType.IPV4);
  const frame = new ethernet.Frame();
  assertEquals(frame.parse(view, 0, 65535), undefined);
  assertEquals([frame.payloadStart, frame.payloadEnd], [14, 65535]);
});

for (
  const [why, length, payloadEnd, fill, wire, end] of [
    ["zeros fill the frame up", 60, 40, 0, 60, 60],
    ["the payload fills the frame", 60, 60, 0, 60, 60],
    ["the payload is longer", 64, 64, 0, 64, 64],
    ["zeros go on behind 60 octets", 64, 40, 0, 64, 60],
    ["there is something else", 60, 40, 1, 60, 40],
    ["the last octet is no zero", 60, 40, 0, 60, 40],
    ["the frame was shorter on the wire", 50, 40, 0, 50, 40],
    ["the capture is cut", 50, 40, 0, 60, 50],
  ] as const
) {
  Deno.test(`A2 paddingEnd() finds ${end - payloadEnd} octets where ${why}`, () => {
    const view = exactly(new Uint8Array(7 + length).fill(fill));
    if (why === "the last octet is no zero") view.setUint8(7 + 59, 1);
    assertEquals(
      ethernet.paddingEnd(view, 7, 7 + payloadEnd, 7 + length, wire),
      7 + end,
    );
    if (wire === length) {
      assertEquals(
        ethernet.paddingEnd(view, 7, 7 + payloadEnd, 7 + length),
        7 + end,
      );
    }
  });
}

Deno.test("A15 ethernet.Tag reads nested tags and refuses a truncated one", () => {
  const view = exactly(octets("6fff" + "8100" + "3005" + "0800" + "45"));
  const tag = new ethernet.Tag(view);
  assertEquals(tag.check(), undefined);
  assertEquals(tag.identifier, 4095);
  assertEquals(tag.priority, 3);
  assertFalse(tag.dropEligible);
  assertEquals(tag.etherType, EtherType.VLAN);
  tag.wrap(view, tag.payloadStart, view.byteLength);
  assertEquals(tag.check(), undefined);
  assertEquals(tag.identifier, 5);
  assertEquals(tag.priority, 1);
  assert(tag.dropEligible);
  assertEquals(tag.etherType, EtherType.IPV4);
  for (let end = 0; end < 4; end++) {
    assertEquals(tag.wrap(view, 0, end).check(), "truncated");
  }
});

Deno.test("Repr.parse() of what Repr.emit() wrote is the same", () => {
  fc.assert(
    fc.property(
      fc.nat(0xffff),
      word,
      fc.nat(0xffff),
      word,
      fc.integer({ min: 1501, max: 0xffff }),
      fc.nat(20),
      (destinationHigh, destinationLow, sourceHigh, sourceLow, type, at) => {
        const repr = Object.assign(new ethernet.Repr(), {
          destinationHigh,
          destinationLow,
          sourceHigh,
          sourceLow,
          etherType: type,
        });
        const view = exactly(new Uint8Array(at + repr.bufferLength));
        repr.emit(view, at);
        const frame = new ethernet.Frame();
        assertEquals(frame.parse(view, at, view.byteLength), undefined);
        assertEquals(frame.repr, repr);
      },
    ),
  );
});

Deno.test("View reads nothing outside when check() found nothing", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 80 }),
      fc.boolean(),
      (octets, short) => {
        if (short && octets.length > 12) octets[12] = 0;
        const view = new ethernet.View(exactly(octets));
        if (view.check() !== undefined) return;
        readAll(view);
        assert(view.payloadStart <= view.payloadEnd);
        assert(view.payloadEnd <= view.end);
        const tag = new ethernet.Tag(view.view, 14, view.end);
        if (tag.check() === undefined) readAll(tag);
      },
    ),
  );
});
