import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import { combine, Kernel } from "./checksum.ts";
import { Address } from "./ipv4.ts";
import * as ipv6 from "./ipv6.ts";
import * as udp from "./udp.ts";
import { conformanceTest, octets, vectors } from "./_oracle_test_util.ts";
import { exactly, octetsOf, readAll, word } from "./_property_test_util.ts";

const SOURCE = Address.parse("192.168.0.1").value;
const DESTINATION = Address.parse("192.168.0.2").value;

// checksum.json, udp_zero: without a checksum, it sums to 0xffff.
const SUMS_TO_ZERO = "00000000000a00007e86";

// gopacket-test_dns.pcap, frame 1, with its addresses.
const DNS = "e1a600350030a597f6180010000100000000000108706963736c6966650272" +
  "7500000100010000291000000080000000";

Deno.test("View reads and writes each field where RFC 768 has it", () => {
  const datagram = new udp.View(
    exactly(octets("3039003500" + "0a" + "beef" + "0102" + "ff")),
  );
  assertEquals(datagram.check(), undefined);
  assertEquals(readAll(datagram), {
    sourcePort: 12345,
    destinationPort: 53,
    length: 10,
    checksum: 0xbeef,
    payloadStart: 8,
    payloadEnd: 10,
  });
  const copy = new udp.View(exactly(new Uint8Array(8)));
  copy.sourcePort = 12345;
  copy.destinationPort = 53;
  copy.length = 10;
  copy.checksum = 0xbeef;
  assertEquals(octetsOf(copy.view), octetsOf(datagram.view).slice(0, 8));
});

for (
  const [why, hex, reason] of [
    ["is empty", "", "truncated"],
    ["has seven octets", "00000000000800", "truncated"],
    ["claims 0 octets", "0000000000000000", "length"],
    ["claims less than a header", "0000000000070000", "length"],
    ["is a header alone", "0000000000080000", undefined],
    ["claims more than the IP payload", "0000000000090000", "length"],
    ["claims 65535 octets", "00000000ffff0000", "length"],
    ["has padding behind it", "0000000000080000ffff", undefined],
  ] as const
) {
  Deno.test(`A7 udp.View.check() finds ${reason ?? "nothing"} when the datagram ${why}`, () => {
    const view = exactly(octets(hex));
    assertEquals(new udp.View(view).check(), reason);
    assertEquals(new udp.Packet().parse(view, 0, view.byteLength), reason);
  });
}

Deno.test("A7 udp.View.verify4() takes an absent checksum over IPv4", () => {
  const datagram = new udp.View(exactly(octets("00010002000a00000304")));
  assert(datagram.verify4(SOURCE, DESTINATION));
});

Deno.test("A7 udp.View.verify6() refuses an absent checksum (RFC 8200 8.1)", () => {
  const datagram = new udp.View(exactly(octets("00010002000a00000304")));
  // Addresses with which the sum over a field of 0 is right.
  const addresses = 0xffff - (17 + 10 + 1 + 2 + 10 + 0x304);
  assertFalse(datagram.verify6(addresses));
  datagram.fillChecksum6(addresses);
  assertEquals(datagram.checksum, 0xffff);
  assert(datagram.verify6(addresses));
  datagram.view.setUint8(8, 2);
  assertFalse(datagram.verify6(addresses));
});

Deno.test("View.fillChecksum4() sends 0xffff when the sum is 0 (RFC 768)", () => {
  const datagram = new udp.View(exactly(octets(SUMS_TO_ZERO)));
  datagram.fillChecksum4(SOURCE, DESTINATION);
  assertEquals(datagram.checksum, 0xffff);
  assert(datagram.verify4(SOURCE, DESTINATION));
});

conformanceTest(
  "View.fillChecksum4() and fillChecksum6() agree with udp_zero of checksum.json",
  () => {
    const { udp_zero: rows } = vectors<{
      udp_zero: {
        src: string;
        dst: string;
        datagram: string;
        transmitted: string;
      }[];
    }>("checksum");
    for (const { src, dst, datagram, transmitted } of rows) {
      const view = new udp.View(exactly(octets(datagram)));
      if (src.includes(":")) {
        const { sum } = ipv6.Address.parse(src);
        view.fillChecksum6(combine(sum, ipv6.Address.parse(dst).sum));
        assertEquals(view.checksum, parseInt(transmitted, 16));
        continue;
      }
      view.fillChecksum4(Address.parse(src).value, Address.parse(dst).value);
      assertEquals(view.checksum, parseInt(transmitted, 16));
    }
  },
);

Deno.test("ethox 5.4 #2 udp.View.verify4() refuses a wrong checksum over IPv4", () => {
  const datagram = new udp.View(exactly(octets(DNS)));
  const source = Address.parse("109.194.160.4").value;
  const destination = Address.parse("95.211.92.14").value;
  assertEquals(datagram.check(), undefined);
  assertEquals(datagram.length, 48);
  assert(datagram.verify4(source, destination));
  for (let at = 0; at < datagram.length; at++) {
    const octet = datagram.view.getUint8(at);
    datagram.view.setUint8(at, octet ^ 0x10);
    if (datagram.check() === undefined) {
      assertFalse(datagram.verify4(source, destination));
    }
    datagram.view.setUint8(at, octet);
  }
  assertFalse(datagram.verify4(source + 1, destination));
});

Deno.test("Packet leaves padding out of the payload", () => {
  const packet = new udp.Packet();
  const view = exactly(octets("ffff" + "00010002000a00000304" + "ffff"));
  assertEquals(packet.parse(view, 2, 14), undefined);
  assertEquals([packet.payloadStart, packet.payloadEnd], [10, 12]);
});

Deno.test("Repr.parse() of what Repr.emit() wrote is the same", () => {
  fc.assert(
    fc.property(
      fc.nat(65535),
      fc.nat(65535),
      fc.uint8Array({ maxLength: 100 }),
      word,
      word,
      fc.nat(20),
      (sourcePort, destinationPort, payload, source, destination, at) => {
        const repr = Object.assign(new udp.Repr(), {
          sourcePort,
          destinationPort,
          payloadLength: payload.length,
        });
        const view = exactly(new Uint8Array(at + repr.bufferLength).fill(0xa5));
        repr.emit(view, at);
        octetsOf(view).set(payload, at + udp.HEADER_LENGTH);
        const packet = new udp.Packet();
        assertEquals(packet.parse(view, at, view.byteLength), undefined);
        assertEquals(packet.repr, repr);
        packet.view.fillChecksum4(source, destination);
        assert(packet.view.checksum !== 0);
        assert(packet.view.verify4(source, destination));
        packet.view.fillChecksum6(source & 0xffff);
        assert(packet.view.checksum !== 0);
        assert(packet.view.verify6(source & 0xffff));
      },
    ),
  );
});

Deno.test("View reads nothing outside when check() found nothing", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 40 }),
      fc.nat(45),
      (octets, length) => {
        if (octets.length > 5) octets.set([0, length], 4);
        const datagram = new udp.View(exactly(octets));
        if (datagram.check() !== undefined) return;
        readAll(datagram);
        datagram.verify4(SOURCE, DESTINATION);
        assert(datagram.payloadStart <= datagram.payloadEnd);
        assert(datagram.payloadEnd <= datagram.end);
      },
    ),
  );
});

Deno.test("udp.View.verify4() and verify6() by a kernel agree with those without, wherever the view begins", () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  const kernel = new Kernel(memory);
  for (const [from, at] of [[0, 0], [0, 7], [64, 0], [65, 3]] as const) {
    for (const payloadLength of [0, 1, 15, 1460]) {
      const view = new DataView(memory.buffer, from);
      const repr = new udp.Repr();
      repr.payloadLength = payloadLength;
      repr.emit(view, at);
      const datagram = new udp.View(view, at, at + repr.bufferLength);
      for (let i = datagram.payloadStart; i < datagram.end; i++) {
        view.setUint8(i, 7 * i);
      }
      datagram.fillChecksum4(1, 2, kernel);
      assert(datagram.verify4(1, 2));
      assert(datagram.verify4(1, 2, kernel));
      assertFalse(datagram.verify4(1, 3, kernel));
      datagram.fillChecksum6(5, kernel);
      assert(datagram.verify6(5));
      assert(datagram.verify6(5, kernel));
      assertFalse(datagram.verify6(6, kernel));
    }
  }
});
