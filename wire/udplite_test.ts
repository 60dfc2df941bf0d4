import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import { pseudo4, pseudo6, sum } from "./checksum.ts";
import * as udplite from "./udplite.ts";
import { octets } from "./_oracle_test_util.ts";
import { exactly, octetsOf, readAll, word } from "./_property_test_util.ts";

Deno.test("View reads and writes each field where RFC 3828 has it", () => {
  const datagram = new udplite.View(exactly(octets("303900350009beef0102")));
  assertEquals(datagram.check(), undefined);
  assertEquals(readAll(datagram), {
    sourcePort: 12345,
    destinationPort: 53,
    coverage: 9,
    checksum: 0xbeef,
    covered: 9,
    payloadStart: 8,
    payloadEnd: 10,
  });
  const copy = new udplite.View(exactly(new Uint8Array(8)));
  copy.sourcePort = 12345;
  copy.destinationPort = 53;
  copy.coverage = 9;
  copy.checksum = 0xbeef;
  assertEquals(octetsOf(copy.view), octetsOf(datagram.view).slice(0, 8));
});

for (
  const [why, hex, reason] of [
    ["is empty", "", "truncated"],
    ["has seven octets", "00000000000800", "truncated"],
    ["covers all", "0000000000000000ff", undefined],
    ["covers 1 octet", "0000000000010000ff", "length"],
    ["covers 7 octets", "0000000000070000ff", "length"],
    ["covers the header", "0000000000080000ff", undefined],
    ["covers what there is", "0000000000090000ff", undefined],
    ["covers one more", "00000000000a0000ff", "length"],
  ] as const
) {
  Deno.test(`udplite.View.check() finds ${reason ?? "nothing"} when the datagram ${why}`, () => {
    const view = exactly(octets(hex));
    assertEquals(new udplite.View(view).check(), reason);
    assertEquals(new udplite.Packet().parse(view, 0, view.byteLength), reason);
  });
}

Deno.test("A7 View.verify4() and verify6() refuse an absent checksum (RFC 3828 3.1)", () => {
  const datagram = new udplite.View(exactly(octets("0001000200080000")));
  // Addresses with which the sum over a field of 0 is right.
  const rest = 0xffff - (136 + 8 + 1 + 2 + 8);
  assertEquals(sum(datagram.view, 0, 8, pseudo4(rest, 0, 136, 8)), 0xffff);
  assertEquals(sum(datagram.view, 0, 8, pseudo6(rest, 136, 8)), 0xffff);
  assertFalse(datagram.verify4(rest, 0));
  assertFalse(datagram.verify6(rest));
  datagram.fillChecksum4(rest, 0);
  assertEquals(datagram.checksum, 0xffff);
  assert(datagram.verify4(rest, 0));
  assert(datagram.verify6(rest));
});

Deno.test("View.verify4() and verify6() see damage where it is covered only", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 1, maxLength: 40 }),
      fc.nat(48),
      fc.nat(47),
      word,
      word,
      (payload, coverage, place, source, destination) => {
        const all = 8 + payload.length;
        if (coverage > all || (coverage > 0 && coverage < 8)) coverage = 0;
        const repr = new udplite.Repr();
        repr.coverage = coverage;
        repr.payloadLength = payload.length;
        const view = exactly(new Uint8Array(repr.bufferLength));
        repr.emit(view, 0);
        octetsOf(view).set(payload, 8);
        const datagram = new udplite.View(view);
        const at = place % all;
        const seen = at < (coverage || all);
        const octet = () => view.setUint8(at, view.getUint8(at) ^ 0x10);
        datagram.fillChecksum4(source, destination);
        assert(datagram.verify4(source, destination));
        octet();
        // The field of the coverage itself decides how much is summed.
        if (datagram.check() === undefined && (at < 4 || at > 5)) {
          assertEquals(datagram.verify4(source, destination), !seen);
        }
        octet();
        datagram.fillChecksum6(source & 0xffff);
        assert(datagram.checksum !== 0);
        assert(datagram.verify6(source & 0xffff));
        // The pseudo header has the whole length, whatever is covered.
        const shorter = new udplite.View(view, 0, all - 1);
        if (shorter.check() === undefined && coverage > 0) {
          assertFalse(shorter.verify6(source & 0xffff));
        }
      },
    ),
  );
});

Deno.test("Repr.parse() of what Repr.emit() wrote is the same", () => {
  fc.assert(
    fc.property(
      fc.nat(65535),
      fc.nat(65535),
      fc.nat(60),
      fc.nat(60),
      fc.nat(9),
      (sourcePort, destinationPort, payloadLength, covered, at) => {
        const coverage = covered < 8 || covered > 8 + payloadLength
          ? 0
          : covered;
        const repr = Object.assign(new udplite.Repr(), {
          sourcePort,
          destinationPort,
          payloadLength,
          coverage,
        });
        const view = exactly(new Uint8Array(at + repr.bufferLength));
        repr.emit(view, at);
        const packet = new udplite.Packet();
        assertEquals(packet.parse(view, at, view.byteLength), undefined);
        assertEquals(packet.repr, repr);
        assertEquals(packet.payloadStart, at + 8);
        assertEquals(packet.payloadEnd, view.byteLength);
        const copy = exactly(new Uint8Array(view.byteLength));
        packet.repr.emit(copy, at);
        assertEquals(octetsOf(copy), octetsOf(view));
      },
    ),
  );
});

Deno.test("View reads nothing outside when check() found nothing", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 40, size: "max" }),
      fc.nat(45),
      (bytes, coverage) => {
        if (bytes.length > 5) bytes.set([0, coverage], 4);
        const datagram = new udplite.View(exactly(bytes));
        if (datagram.check() !== undefined) return;
        readAll(datagram);
        datagram.verify4(1, 2);
        datagram.verify6(3);
        assert(datagram.payloadStart <= datagram.payloadEnd);
      },
    ),
  );
});
