import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import * as ipv6 from "./ipv6.ts";
import { octets } from "./_oracle_test_util.ts";
import { exactly, octetsOf, readAll, word } from "./_property_test_util.ts";

// From fe80::1 to ff02::fb, traffic class 0xb9, flow label 0x12345.
const HEADER = "6b912345" + "0004" + "3b" + "ff" +
  "fe800000000000000000000000000001" + "ff0200000000000000000000000000fb";

/** A packet with hop-by-hop options and so much in all behind the header. */
function withOptions(length: number, options: string, octets: number) {
  const header = HEADER.slice(0, 8) + length.toString(16).padStart(4, "0") +
    "00" + HEADER.slice(14);
  const view = exactly(new Uint8Array(40 + octets));
  octetsOf(view).set(Uint8Array.fromHex(header + options));
  return view;
}

Deno.test("View reads and writes each field where RFC 8200 has it", () => {
  const packet = new ipv6.View(exactly(octets(HEADER + "01020304" + "ff")));
  assertEquals(packet.check(), undefined);
  const { addressSum, ...fields } = readAll(packet);
  assertEquals(fields, {
    version: 6,
    trafficClass: 0xb9,
    dscp: 0x2e,
    ecn: 1,
    flowLabel: 0x12345,
    payloadLength: 4,
    nextHeader: 59,
    hopLimit: 255,
    source0: 0xfe800000 | 0,
    source1: 0,
    source2: 0,
    source3: 1,
    destination0: 0xff020000 | 0,
    destination1: 0,
    destination2: 0,
    destination3: 0xfb,
    payloadStart: 40,
    payloadEnd: 44,
  });
  assertEquals(addressSum, (0xfe80 + 1 + 0xff02 + 0xfb) % 0xffff);
  const copy = new ipv6.View(exactly(new Uint8Array(40)));
  copy.trafficClass = 0;
  copy.dscp = 0x2e;
  copy.ecn = 1;
  copy.flowLabel = 0x12345;
  copy.payloadLength = 4;
  copy.nextHeader = 59;
  copy.hopLimit = 255;
  copy.source0 = packet.source0;
  copy.source1 = packet.source1;
  copy.source2 = packet.source2;
  copy.source3 = packet.source3;
  copy.destination0 = packet.destination0;
  copy.destination1 = packet.destination1;
  copy.destination2 = packet.destination2;
  copy.destination3 = packet.destination3;
  assertEquals(octetsOf(copy.view), octets(HEADER));
});

Deno.test("View setters touch no other field", () => {
  const keys = [
    ["trafficClass", 0xff],
    ["dscp", 0x3f],
    ["ecn", 3],
    ["flowLabel", 0xfffff],
  ] as const;
  for (const [key, most] of keys) {
    const packet = new ipv6.View(exactly(octets(HEADER)));
    const before = packet[key];
    packet[key] = most;
    assertEquals(packet[key], most);
    packet[key] = 0;
    assertEquals(packet[key], 0);
    packet[key] = before;
    assertEquals(octetsOf(packet.view), octets(HEADER));
  }
});

Deno.test("View copies addresses to and from words of an array", () => {
  const packet = new ipv6.View(exactly(octets(HEADER)));
  const words = new Int32Array(9);
  packet.copySource(words, 1);
  packet.copyDestination(words, 5);
  const copy = new ipv6.View(exactly(new Uint8Array(40)));
  copy.setSource(words, 1);
  copy.setDestination(words, 5);
  assertEquals(`${ipv6.Address.read(copy.view, 8)}`, "fe80::1");
  assertEquals(`${ipv6.Address.read(copy.view, 24)}`, "ff02::fb");
});

for (
  const [why, hex, reason] of [
    ["is empty", "", "truncated"],
    ["has one octet", "60", "truncated"],
    ["is of version 4", "45" + HEADER.slice(2), "version"],
    ["has 39 octets", HEADER.slice(0, 78), "truncated"],
    ["lacks all payload", HEADER, "length"],
    ["lacks one octet", HEADER + "010203", "length"],
    ["is whole", HEADER + "01020304", undefined],
    ["has padding behind it", HEADER + "01020304ff", undefined],
  ] as const
) {
  Deno.test(`ipv6.View.check() finds ${reason ?? "nothing"} when the packet ${why}`, () => {
    const view = exactly(octets(hex));
    assertEquals(new ipv6.View(view).check(), reason);
    assertEquals(new ipv6.Packet().parse(view, 0, view.byteLength), reason);
  });
}

Deno.test("View.checkHeader() takes a quoted beginning", () => {
  const quote = new ipv6.View(exactly(octets(HEADER)));
  assertEquals(quote.checkHeader(), undefined);
  readAll(quote);
  assertEquals(quote.payloadEnd, quote.end);
});

for (
  const [why, field, options, length, reason] of [
    ["tells 65536 and has them", 0, "3b00c20400010000", 65536, undefined],
    ["tells 70000 and has more", 0, "3b00c20400011170", 70008, undefined],
    ["tells 65535", 0, "3b00c2040000ffff", 65535, "length"],
    ["tells one octet too many", 0, "3b00c20400010001", 65536, "length"],
    ["tells 2^32 - 1", 0, "3b00c204ffffffff", 65536, "length"],
    ["tells a length of 3 octets", 0, "3b00c20301000001", 65536, "length"],
    ["tells nothing but padding", 0, "3b00010400000000", 65536, "length"],
    ["begins with Pad1", 0, "3b010000c204000100000100", 65536, undefined],
    ["lies behind the options", 0, "3b00010400000000c204", 65536, "length"],
    ["is cut by the options' end", 0, "3b000102000000c2", 65536, "length"],
    ["is cut by the packet's end", 0, "3bff", 2, "length"],
    ["stands beside a length", 8, "3b00c20400010000", 65536, undefined],
  ] as const
) {
  Deno.test(`A10 View.check() finds ${reason ?? "nothing"} when the jumbo payload option ${why}`, () => {
    const view = withOptions(field, options, length);
    const packet = new ipv6.Packet();
    assertEquals(packet.parse(view, 0, view.byteLength), reason);
    readAll(packet.view);
    assert(packet.view.payloadEnd <= view.byteLength);
    if (reason !== undefined) return;
    assertEquals(packet.view.payloadEnd, packet.payloadEnd);
    if (field > 0) return assertEquals(packet.repr.payloadLength, field);
    assert(packet.repr.payloadLength > ipv6.MAX_PAYLOAD_LENGTH);
    assertEquals(packet.repr.check(), undefined);
    const copy = exactly(new Uint8Array(40));
    packet.repr.emit(copy, 0);
    assertEquals(octetsOf(copy), octetsOf(view).slice(0, 40));
  });
}

Deno.test("Repr.check() finds what the header cannot say", () => {
  const repr = new ipv6.Repr();
  repr.payloadLength = 65536;
  assertEquals(repr.check(), "length");
  repr.nextHeader = 0;
  assertEquals(repr.check(), undefined);
  repr.payloadLength = 2 ** 32;
  assertEquals(repr.check(), "length");
});

Deno.test("Repr.parse() of what Repr.emit() wrote is the same, and back", () => {
  const words = fc.array(word, { minLength: 4, maxLength: 4 });
  fc.assert(
    fc.property(
      fc.nat(63),
      fc.nat(3),
      fc.nat(0xfffff),
      fc.nat(300),
      fc.integer({ min: 1, max: 255 }),
      fc.nat(255),
      words,
      words,
      fc.nat(20),
      (dscp, ecn, flowLabel, payloadLength, nextHeader, hopLimit, ...rest) => {
        const [source, destination, at] = rest;
        const repr = Object.assign(new ipv6.Repr(), {
          dscp,
          ecn,
          flowLabel,
          payloadLength,
          nextHeader,
          hopLimit,
        });
        repr.source.set(source);
        repr.destination.set(destination);
        const view = exactly(new Uint8Array(at + repr.bufferLength).fill(0xa5));
        repr.emit(view, at);
        const packet = new ipv6.Packet();
        assertEquals(packet.parse(view, at, view.byteLength), undefined);
        assertEquals(packet.repr, repr);
        assertEquals(packet.payloadEnd, view.byteLength);
        const copy = exactly(octetsOf(view).slice());
        packet.repr.emit(copy, at);
        assertEquals(octetsOf(copy), octetsOf(view));
        assertFalse(
          octetsOf(view).slice(0, at).some((octet) => octet !== 0xa5),
        );
      },
    ),
  );
});

Deno.test("View reads nothing outside when check() found nothing", () => {
  let sound = 0;
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 80, size: "max" }),
      fc.nat(45),
      fc.constantFrom(0, 0, 17, 59),
      (octets, length, next) => {
        if (octets.length > 7) octets.set([0x60, 0, 0, 0, 0, length, next], 0);
        const packet = new ipv6.View(exactly(octets));
        if (packet.check() !== undefined) return;
        sound++;
        readAll(packet);
        assert(packet.payloadStart <= packet.payloadEnd);
        assert(packet.payloadEnd <= packet.end);
      },
    ),
    { numRuns: 500 },
  );
  assert(sound > 20);
});
