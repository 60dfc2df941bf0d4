import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import * as icmpv4 from "./icmpv4.ts";
import * as icmpExtension from "./icmp_extension.ts";
import { Address } from "./ipv4.ts";
import { octets } from "./_oracle_test_util.ts";
import { exactly, octetsOf, readAll, word } from "./_property_test_util.ts";

// Frame 1 of zeek-icmp-icmp-timeexceeded.pcap.
const TIME_EXCEEDED = "0b00092000000000" +
  "4500002000010000401166ca0a0000020a000001" + "753032c8000c932a58585858";

// Frame 1 of zeek-icmp-icmp-destunreach-ip.pcap: a quote of a header alone.
const NO_TRANSPORT = "0300fcff00000000" +
  "4500001400010000400066e70a0000020a000001";

// Frame 1 of tcpdump-icmp_ext_oob_poc.pcap.
const EXTENDED_ECHO = "2a006d63000000002000cccb0006020c1122deadbeefcafe";

function message(hex: string): icmpv4.View {
  return new icmpv4.View(exactly(octets(hex)));
}

Deno.test("View reads the fields of an error of another sender (RFC 792)", () => {
  const error = message(TIME_EXCEEDED);
  assertEquals(error.check(), undefined);
  assertEquals(error.checkQuote(), undefined);
  assertEquals([error.type, error.code], [11, icmpv4.TTL_EXCEEDED]);
  assertEquals(error.checksum, 0x0920);
  assert(error.verify());
  assertEquals([error.payloadStart, error.payloadEnd], [8, 40]);
  assertEquals(error.quotedProtocol, 17);
  assertEquals(error.quotedSource, Address.parse("10.0.0.2").value);
  assertEquals(error.quotedDestination, Address.parse("10.0.0.1").value);
  assertEquals(error.quotedTransport, 28);
  assertEquals([error.quoteLength, error.extensionStart], [0, -1]);
  assertEquals(error.quoteEnd, 40);
});

Deno.test("View.verify() finds any octet changed, and fillChecksum() mends it", () => {
  for (const hex of [TIME_EXCEEDED, NO_TRANSPORT, EXTENDED_ECHO]) {
    const view = message(hex);
    assert(view.verify());
    for (let at = 0; at < view.end; at++) {
      const octet = view.view.getUint8(at);
      view.view.setUint8(at, octet ^ 0x20);
      assertFalse(view.verify());
      view.view.setUint8(at, octet);
    }
    view.checksum ^= 0xffff;
    view.fillChecksum();
    assertEquals(octetsOf(view.view), octets(hex));
  }
});

Deno.test("View reads and writes each field where its RFC has it", () => {
  const view = message("00".repeat(20));
  view.type = 0x81;
  view.code = 0x82;
  view.checksum = 0x8384;
  view.identifier = 0x8586;
  view.sequenceNumber = 0x8788;
  view.originateTimestamp = 0x898a8b8c | 0;
  view.receiveTimestamp = 0x8d8e8f90 | 0;
  view.transmitTimestamp = 0x91929394 | 0;
  const hex = "8182838485868788898a8b8c8d8e8f9091929394";
  assertEquals(octetsOf(view.view), octets(hex));
  assertEquals([view.type, view.code, view.checksum], [0x81, 0x82, 0x8384]);
  assertEquals([view.identifier, view.sequenceNumber], [0x8586, 0x8788]);
  assertEquals(view.originateTimestamp, 0x898a8b8c | 0);
  assertEquals(view.receiveTimestamp, 0x8d8e8f90 | 0);
  assertEquals(view.transmitTimestamp, 0x91929394 | 0);
  assertEquals(view.rest, 0x85868788 | 0);
  assertEquals(view.gateway, 0x85868788 | 0);
  assertEquals(view.pointer, 0x85);
  assertEquals(view.nextHopMtu, 0x8788);
  assertEquals(view.photurisPointer, 0x8788);
  assertEquals(view.addressMask, 0x898a8b8c | 0);
  assertEquals([view.addressCount, view.entrySize], [0x85, 4 * 0x86]);
  assertEquals(view.lifetime, 0x8788);
  assertEquals([view.extendedSequence, view.neighborState], [0x87, 4]);
  assertEquals([view.isActive, view.hasIpv4, view.hasIpv6], [
    false,
    false,
    false,
  ]);
  view.type = icmpv4.DESTINATION_UNREACHABLE;
  assertEquals(view.quoteLength, 4 * 0x86);
});

for (
  const [name, value, at, hex] of [
    ["gateway", 0x01020304, 4, "01020304"],
    ["pointer", 0xfe, 4, "fe000000"],
    ["nextHopMtu", 1492, 4, "000005d4"],
    ["photurisPointer", 0x0102, 4, "00000102"],
    ["addressCount", 3, 4, "03000000"],
    ["entrySize", 8, 4, "00020000"],
    ["lifetime", 1800, 4, "00000708"],
    ["quoteLength", 128, 4, "00200000"],
    ["extendedSequence", 9, 4, "00000900"],
    ["isLocal", true, 4, "00000001"],
    ["addressMask", -256, 8, "ffffff00"],
  ] as const
) {
  Deno.test(`View.${name} is written to octet ${at} and on`, () => {
    const view = message("03" + "00".repeat(11));
    Object.assign(view, { [name]: value });
    assertEquals(view[name], value);
    const written = octetsOf(view.view).slice(at, at + hex.length / 2);
    assertEquals(written, octets(hex));
  });
}

for (
  const [type, least] of [
    [icmpv4.ECHO_REPLY, 8],
    [icmpv4.ECHO_REQUEST, 8],
    [icmpv4.DESTINATION_UNREACHABLE, 8],
    [icmpv4.INFORMATION_REQUEST, 8],
    [icmpv4.TIMESTAMP, 20],
    [icmpv4.TIMESTAMP_REPLY, 20],
    [icmpv4.ADDRESS_MASK_REQUEST, 12],
    [icmpv4.ADDRESS_MASK_REPLY, 12],
    [icmpv4.ROUTER_ADVERTISEMENT, 8],
    [200, 8],
  ] as const
) {
  Deno.test(`View.check() wants ${least} octets of a ${icmpv4.nameOf(type)}`, () => {
    for (let length = 0; length < 24; length++) {
      const view = exactly(new Uint8Array(length));
      if (length > 0) view.setUint8(0, type);
      const reason = length < least ? "truncated" : undefined;
      assertEquals(new icmpv4.View(view).check(), reason);
      assertEquals(new icmpv4.Packet().parse(view, 0, length), reason);
    }
  });
}

for (
  const [why, hex, reason] of [
    ["there is none", "0300000000000000", "truncated"],
    ["it is a header alone", NO_TRANSPORT, "truncated"],
    [
      "seven octets of transport are there",
      TIME_EXCEEDED.slice(0, 70),
      "truncated",
    ],
    [
      "eight octets of transport are there",
      TIME_EXCEEDED.slice(0, 72),
      undefined,
    ],
    [
      "its header has options",
      "0b00000000000000" + "46" + TIME_EXCEEDED.slice(18),
      undefined,
    ],
    [
      "its options leave too little",
      "0b00000000000000" + "47" + TIME_EXCEEDED.slice(18),
      "truncated",
    ],
    [
      "its header length is below 20",
      "0b00000000000000" + "44" + TIME_EXCEEDED.slice(18),
      "header",
    ],
    [
      "it is of another version",
      "0b00000000000000" + "65" + TIME_EXCEEDED.slice(18),
      "version",
    ],
    ["the message is no error", "08" + TIME_EXCEEDED.slice(2), "unsupported"],
    ["the message is photuris", "28" + TIME_EXCEEDED.slice(2), undefined],
  ] as const
) {
  Deno.test(`A11 icmpv4.View.checkQuote() finds ${reason ?? "nothing"} when ${why}`, () => {
    assertEquals(message(hex).checkQuote(), reason);
  });
}

Deno.test("A11 icmpv4.View reads a quote of an error itself without following it", () => {
  const error = message(
    "0303000000000000" + "45000040000000004001000001020304" + "05060708" +
      TIME_EXCEEDED,
  );
  assertEquals(error.checkQuote(), undefined);
  assertEquals(error.quotedProtocol, 1);
  assertEquals(error.view.getUint8(error.quotedTransport), 11);
  assert(icmpv4.isError(error.view.getUint8(error.quotedTransport)));
});

Deno.test("View finds the extension behind 128 octets of quote (RFC 4884 4.1)", () => {
  const view = exactly(new Uint8Array(8 + 128 + 12));
  octetsOf(view).set(octets(TIME_EXCEEDED));
  const error = new icmpv4.View(view);
  icmpExtension.emitHeader(view, 136);
  icmpExtension.emitObject(view, 140, 1, 1, 4);
  new icmpExtension.View(view, 136, 148).fillChecksum();
  assertEquals([error.extensionStart, error.quoteEnd], [136, 136]);
  // Section 5.5: without the length only a right checksum tells.
  view.setUint8(147, 1);
  assertEquals([error.extensionStart, error.quoteEnd], [-1, 148]);
  error.quoteLength = 128;
  assertEquals([error.extensionStart, error.quoteEnd], [136, 136]);
  assertEquals(view.getUint8(5), 32);
  // Source quench and redirect have no length: that octet means another thing.
  error.type = icmpv4.REDIRECT;
  assertEquals([error.quoteLength, error.extensionStart], [0, -1]);
});

Deno.test("View finds the extension of an extended echo request (RFC 8335)", () => {
  const request = message(EXTENDED_ECHO);
  assertEquals(request.check(), undefined);
  assertEquals(request.extensionStart, 8);
  assertFalse(request.isLocal);
  assertEquals(message(EXTENDED_ECHO.slice(0, 16)).extensionStart, -1);
  request.isLocal = true;
  assertEquals(request.view.getUint8(7), 1);
  request.isLocal = false;
  assertEquals(request.view.getUint8(7), 0);
  for (const [bit, flags] of [[1, 4], [2, 3], [4, 2]] as const) {
    const reply = message(`2b000000000100e${bit}`);
    const expected = [0, 7, false, false, false];
    expected[flags] = true;
    assertEquals(stateOf(reply), expected);
  }
  const reply = message("2b00000000010247");
  assertEquals(stateOf(reply), [2, 2, true, true, true]);
  assertEquals(icmpv4.nameOfState(reply.neighborState), "reachable");
});

function stateOf(reply: icmpv4.View): unknown[] {
  return [
    reply.extendedSequence,
    reply.neighborState,
    reply.isActive,
    reply.hasIpv4,
    reply.hasIpv6,
  ];
}

/** What a walk over the routers of an advertisement finds. */
function routersOf(hex: string): [[number, number][], string | undefined] {
  const view = message(hex);
  assertEquals(view.check(), undefined);
  const routers = new icmpv4.Routers().over(view);
  const found: [number, number][] = [];
  while (routers.next()) found.push([routers.address, routers.preference]);
  assertFalse(routers.next());
  return [found, routers.reason];
}

for (
  const [why, hex, found, reason] of [
    [
      "there is one",
      "01020708" + "0102030400000005",
      [[0x01020304, 5]],
      undefined,
    ],
    [
      "the second overruns",
      "02020708" + "01020304fffffffe" + "01020305",
      [[0x01020304, -2]],
      "length",
    ],
    [
      "entries are longer",
      "02030708" + "010203040000000500000000" + "010203050000000600000000",
      [[0x01020304, 5], [0x01020305, 6]],
      undefined,
    ],
    ["there is none", "00020708", [], "malformed"],
    ["entries are too short", "01010708" + "01020304", [], "malformed"],
    ["entries have no size", "ff000708" + "01020304", [], "malformed"],
    ["255 are claimed", "ffff0708", [], "length"],
  ] as const
) {
  Deno.test(`Routers finds ${reason ?? "nothing wrong"} when ${why} (RFC 1256 5)`, () => {
    assertEquals(routersOf("09000000" + hex), [
      found.map((router) => [...router] as [number, number]),
      reason,
    ]);
  });
}

Deno.test("nameOf() names each assigned type and keeps the rest", () => {
  const assigned = [0, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18];
  for (let type = 30; type <= 43; type++) assigned.push(type);
  for (let type = 0; type < 256; type++) {
    const named = !icmpv4.nameOf(type).startsWith("type ");
    assertEquals(named, assigned.includes(type), `${type}`);
  }
  assertEquals(icmpv4.nameOf(icmpv4.PHOTURIS), "photuris");
});

Deno.test("Codes have the numbers of RFC 792 and RFC 1256", () => {
  const { nameOfCode } = icmpv4;
  const unreachable = [
    icmpv4.NETWORK_UNREACHABLE,
    icmpv4.HOST_UNREACHABLE,
    icmpv4.PROTOCOL_UNREACHABLE,
    icmpv4.PORT_UNREACHABLE,
    icmpv4.FRAGMENTATION_NEEDED,
    icmpv4.SOURCE_ROUTE_FAILED,
  ];
  assertEquals(unreachable, [0, 1, 2, 3, 4, 5]);
  assertEquals([icmpv4.TTL_EXCEEDED, icmpv4.REASSEMBLY_TIME_EXCEEDED], [0, 1]);
  assertEquals(nameOfCode(3, 4), "fragmentation needed");
  assertEquals(nameOfCode(11, 1), "reassembly time exceeded");
  assertEquals(icmpv4.NEVER_DEFAULT, -(2 ** 31));
});

for (
  const [type, code, name] of [
    [3, 15, "precedence cutoff"],
    [3, 16, "code 16"],
    [5, 3, "redirect for TOS and host"],
    [9, 16, "does not route common traffic"],
    [12, 2, "bad length"],
    [40, 5, "need authorization"],
    [43, 4, "multiple interfaces satisfy query"],
    [8, 0, "code 0"],
  ] as const
) {
  Deno.test(`nameOfCode() calls code ${code} of type ${type} ${name}`, () => {
    assertEquals(icmpv4.nameOfCode(type, code), name);
  });
}

Deno.test("Repr shares its second word as the message does", () => {
  const repr = new icmpv4.Repr();
  repr.identifier = 0xfffe;
  repr.sequenceNumber = 0x8001;
  assertEquals([repr.identifier, repr.sequenceNumber], [0xfffe, 0x8001]);
  repr.sequenceNumber = 0x8002;
  repr.identifier = 1;
  assertEquals([repr.identifier, repr.sequenceNumber], [1, 0x8002]);
  repr.identifier = 0xfffe;
  repr.sequenceNumber = 0x8001;
  assertEquals(repr.rest, 0xfffe8001 | 0);
  repr.pointer = 0x80;
  assertEquals([repr.pointer, repr.nextHopMtu], [0x80, 0x8001]);
  repr.nextHopMtu = 1500;
  assertEquals([repr.pointer, repr.nextHopMtu], [0x80, 1500]);
  repr.gateway = -1;
  assertEquals([repr.gateway, repr.identifier], [-1, 0xffff]);
});

Deno.test("Repr.emit() writes the octets that Repr.parse() read", () => {
  for (
    const hex of [
      TIME_EXCEEDED,
      NO_TRANSPORT,
      EXTENDED_ECHO,
      "0d0000001234567800000001fffffffe00000003",
      "11000000123456780000000000",
    ]
  ) {
    const view = exactly(octets(hex));
    const packet = new icmpv4.Packet();
    assertEquals(packet.parse(view, 0, view.byteLength), undefined);
    const copy = exactly(octets(hex).fill(0, 0, packet.payloadStart));
    assertEquals(packet.payloadEnd, copy.byteLength);
    packet.repr.emit(copy, 0);
    const message = new icmpv4.View(copy);
    message.checksum = packet.view.checksum;
    assertEquals(octetsOf(copy), octets(hex));
  }
});

Deno.test("Repr.parse() of what Repr.emit() wrote is the same", () => {
  const type = fc.oneof(fc.nat(255), fc.constantFrom(3, 8, 11, 13, 14, 17, 18));
  fc.assert(
    fc.property(
      type,
      fc.nat(255),
      word,
      fc.tuple(word, word, word),
      fc.uint8Array({ maxLength: 64 }),
      fc.nat(20),
      (type, code, rest, [first, second, third], payload, at) => {
        const fixed = icmpv4.minimumLength(type);
        const repr = Object.assign(new icmpv4.Repr(), {
          type,
          code,
          rest,
          originateTimestamp: fixed > 8 ? first : 0,
          receiveTimestamp: fixed > 12 ? second : 0,
          transmitTimestamp: fixed > 12 ? third : 0,
          payloadLength: payload.length,
        });
        const view = exactly(new Uint8Array(at + repr.bufferLength).fill(0xa5));
        repr.emit(view, at);
        octetsOf(view).set(payload, at + fixed);
        const packet = new icmpv4.Packet();
        assertEquals(packet.parse(view, at, view.byteLength), undefined);
        assertEquals(packet.repr, repr);
        assertEquals(packet.payloadStart, at + fixed);
        packet.fillChecksum();
        assert(packet.view.verify());
      },
    ),
  );
});

/** Octets that often begin as a message does. */
const noise = fc.tuple(
  fc.oneof(fc.nat(255), fc.constantFrom(3, 4, 5, 9, 11, 12, 13, 17, 40, 42)),
  fc.uint8Array({ maxLength: 200 }),
  fc.constantFrom(0, 0x45, 0x4f),
  fc.constantFrom(0, 1, 2, 32, 33, 255),
).map(([type, rest, version, length]) => {
  if (rest.length > 4) rest[4] = length;
  if (rest.length > 7) rest[7] = version;
  return [type, ...rest];
});

Deno.test("A11 icmpv4.View reads nothing outside when check() found nothing", () => {
  fc.assert(fc.property(noise, (octets) => {
    const view = new icmpv4.View(exactly(octets));
    const packet = new icmpv4.Packet();
    const reason = view.check();
    assertEquals(packet.parse(view.view, 0, octets.length), reason);
    if (reason !== undefined) return;
    readAll(packet.repr);
    view.verify();
    for (
      const name of ["type", "code", "checksum", "rest", "pointer"] as const
    ) {
      assert(Number.isInteger(view[name]));
    }
    const { quoteEnd, extensionStart } = view;
    assert(quoteEnd >= view.payloadStart && quoteEnd <= view.end);
    assert(extensionStart === -1 || extensionStart < view.end);
    const routers = new icmpv4.Routers().over(view);
    let steps = 0;
    while (routers.next()) assert(++steps <= octets.length / 8);
    if (view.checkQuote() !== undefined) return;
    assert(view.quotedTransport + 8 <= view.end);
    assert(Number.isInteger(view.quotedProtocol));
    assert(Number.isInteger(view.quotedSource + view.quotedDestination));
  }));
});
