import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import * as arp from "./arp.ts";
import { octets } from "./_oracle_test_util.ts";
import { exactly, octetsOf, readAll, word } from "./_property_test_util.ts";

const { Operation } = arp;

// Frame 1 of suricata-decode-arp-2-arp.pcap.
const REQUEST = "0001080006040001001a6b6c0ccc0a0a0a020000000000000a0a0a01";

function request(): arp.View {
  return new arp.View(exactly(octets(REQUEST)));
}

Deno.test("View reads and writes each field where RFC 826 has it", () => {
  const packet = request();
  assertEquals(packet.check(), undefined);
  assertEquals(readAll(packet), {
    hardwareType: 1,
    protocolType: 0x0800,
    hardwareLength: 6,
    protocolLength: 4,
    operation: Operation.REQUEST,
    length: 28,
    senderHardwareStart: 8,
    senderProtocolStart: 14,
    targetHardwareStart: 18,
    targetProtocolStart: 24,
    senderHigh: 0x001a,
    senderLow: 0x6b6c0ccc,
    senderProtocol: 0x0a0a0a02,
    targetHigh: 0,
    targetLow: 0,
    targetProtocol: 0x0a0a0a01,
    isProbe: false,
    isAnnouncement: false,
    isGratuitous: false,
    isSenderUnicast: true,
  });
  const copy = new arp.View(exactly(new Uint8Array(28)));
  copy.hardwareType = packet.hardwareType;
  copy.protocolType = packet.protocolType;
  copy.hardwareLength = packet.hardwareLength;
  copy.protocolLength = packet.protocolLength;
  copy.operation = packet.operation;
  copy.senderHigh = packet.senderHigh;
  copy.senderLow = packet.senderLow;
  copy.senderProtocol = packet.senderProtocol;
  copy.targetHigh = packet.targetHigh;
  copy.targetLow = packet.targetLow;
  copy.targetProtocol = packet.targetProtocol;
  assertEquals(octetsOf(copy.view), octetsOf(packet.view));
});

for (
  const [why, at, value, reason] of [
    ["a hardware length of 0", 4, 0, "malformed"],
    ["a hardware length of 255", 4, 255, "truncated"],
    ["a hardware length of 5", 4, 5, "malformed"],
    ["a protocol length of 0", 5, 0, "malformed"],
    ["a protocol length of 16", 5, 16, "truncated"],
    ["other hardware", 1, 6, "unsupported"],
    ["another protocol", 2, 0x86, "unsupported"],
    ["an operation of its own", 7, 25, undefined],
    ["operation 0", 7, 0, undefined],
  ] as const
) {
  Deno.test(`A12 arp.View.check() finds ${reason ?? "nothing"} when the packet has ${why}`, () => {
    const packet = request();
    packet.view.setUint8(at, value);
    assertEquals(packet.check(), reason);
    assertEquals(new arp.Packet().parse(packet.view, 0, 28), reason);
  });
}

for (let length = 0; length < 28; length++) {
  Deno.test(`View.check() refuses a packet of ${length} octets`, () => {
    const packet = request();
    assertEquals(packet.wrap(packet.view, 0, length).check(), "truncated");
  });
}

Deno.test("View.checkLayout() takes addresses of any length (RFC 826)", () => {
  const packet = new arp.View(
    exactly(octets("0007080001040001aa0a000001bb0a000002")),
  );
  assertEquals(packet.checkLayout(), undefined);
  assertEquals(packet.check(), "unsupported");
  assertEquals(packet.length, 18);
  assertEquals(packet.senderHardwareStart, 8);
  assertEquals(packet.senderProtocolStart, 9);
  assertEquals(packet.targetHardwareStart, 13);
  assertEquals(packet.targetProtocolStart, 14);
});

Deno.test("View tells probes and announcements (RFC 5227 1.1)", () => {
  const packet = request();
  packet.senderProtocol = 0;
  assert(packet.isProbe);
  assertFalse(packet.isAnnouncement || packet.isGratuitous);
  assertFalse(packet.isSenderUnicast);
  packet.senderProtocol = packet.targetProtocol;
  assertFalse(packet.isProbe);
  assert(packet.isAnnouncement && packet.isGratuitous);
  packet.operation = Operation.REPLY;
  assert(packet.isGratuitous);
  assertFalse(packet.isAnnouncement);
});

for (
  const [why, hardware, protocol] of [
    ["the broadcast address as IPv4", "02000000000a", "ffffffff"],
    ["a group as IPv4", "02000000000a", "e0000001"],
    ["a reserved IPv4 address", "02000000000a", "f0000001"],
    ["the broadcast address as hardware", "ffffffffffff", "0a000001"],
    ["a group as hardware", "01005e000001", "0a000001"],
    ["no hardware", "000000000000", "0a000001"],
  ] as const
) {
  Deno.test(`ethox 5.1 #4 arp.View.isSenderUnicast is false when the sender has ${why}`, () => {
    const packet = request();
    assert(packet.isSenderUnicast);
    octetsOf(packet.view).set(octets(hardware + protocol), 8);
    assertEquals(packet.check(), undefined);
    assertFalse(packet.isSenderUnicast);
  });
}

Deno.test("nameOfOperation() names RARP and InARP and keeps the rest", () => {
  assertEquals(arp.nameOfOperation(Operation.REQUEST), "request");
  assertEquals(arp.nameOfOperation(Operation.REVERSE_REPLY), "reverse reply");
  assertEquals(
    arp.nameOfOperation(Operation.INVERSE_REQUEST),
    "inverse request",
  );
  assertEquals(arp.nameOfOperation(25), "operation 25");
});

Deno.test("Repr.emit() writes the octets that Repr.parse() read", () => {
  const packet = new arp.Packet();
  const view = exactly(octets(REQUEST + "0000"));
  assertEquals(packet.parse(view, 0, 30), undefined);
  assertEquals([packet.payloadStart, packet.payloadEnd], [28, 28]);
  const copy = exactly(new Uint8Array(28));
  packet.repr.emit(copy, 0);
  assertEquals(octetsOf(copy), octets(REQUEST));
});

Deno.test("Repr.parse() of what Repr.emit() wrote is the same", () => {
  fc.assert(
    fc.property(
      fc.record({
        operation: fc.nat(0xffff),
        senderHigh: fc.nat(0xffff),
        senderLow: word,
        senderProtocol: word,
        targetHigh: fc.nat(0xffff),
        targetLow: word,
        targetProtocol: word,
      }),
      fc.nat(20),
      (fields, at) => {
        const repr = Object.assign(new arp.Repr(), fields);
        const view = exactly(new Uint8Array(at + repr.bufferLength));
        repr.emit(view, at);
        const packet = new arp.Packet();
        assertEquals(packet.parse(view, at, view.byteLength), undefined);
        assertEquals(packet.repr, repr);
      },
    ),
  );
});

Deno.test("View reads nothing outside when check() found nothing", () => {
  const header = fc.constantFrom("0001080006040001", "0001080000000001", "");
  fc.assert(
    fc.property(header, fc.uint8Array({ maxLength: 40 }), (first, rest) => {
      const packet = new arp.View(exactly([...octets(first), ...rest]));
      const layout = packet.checkLayout();
      if (layout === undefined) {
        assert(packet.start + packet.length <= packet.end);
        assertEquals(
          packet.targetProtocolStart + packet.protocolLength,
          packet.start + packet.length,
        );
      } else assertEquals(packet.check(), layout);
      if (packet.check() === undefined) readAll(packet);
    }),
  );
});
