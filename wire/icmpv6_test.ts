import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import { combine } from "./checksum.ts";
import * as icmpv6 from "./icmpv6.ts";
import * as icmpExtension from "./icmp_extension.ts";
import * as ipv6 from "./ipv6.ts";
import { octets } from "./_oracle_test_util.ts";
import { exactly, octetsOf, word } from "./_property_test_util.ts";

// Frame 1 of tcpdump-icmp6-rfc8335.pcap.
const EXTENDED_ECHO =
  "a0009844fb6100012000dcf40008030200000001000bad1e7fc0ffee";

// A header that says TCP from 2001:db8::1 to 2001:db8::2.
const QUOTE = "6000000000140640" + "20010db8000000000000000000000001" +
  "20010db8000000000000000000000002";

function message(hex: string): icmpv6.View {
  return new icmpv6.View(exactly(octets(hex)));
}

/** The partial sum of two addresses given as text. */
function between(source: string, destination: string): number {
  return combine(
    ipv6.Address.parse(source).sum,
    ipv6.Address.parse(destination).sum,
  );
}

Deno.test("View reads and writes each field where RFC 4443 has it", () => {
  const view = message("00".repeat(8));
  view.type = icmpv6.ECHO_REPLY;
  view.code = 0x82;
  view.checksum = 0x8384;
  view.identifier = 0x8586;
  view.sequenceNumber = 0x8788;
  assertEquals(octetsOf(view.view), octets("8182838485868788"));
  assertEquals([view.type, view.code, view.checksum], [0x81, 0x82, 0x8384]);
  assertEquals([view.identifier, view.sequenceNumber], [0x8586, 0x8788]);
  assertEquals(view.rest, 0x85868788 | 0);
  assertEquals([view.mtu, view.pointer], [0x85868788, 0x85868788]);
  assertEquals([view.payloadStart, view.payloadEnd], [8, 8]);
  view.mtu = 1280;
  assertEquals(octetsOf(view.view).slice(4), octets("00000500"));
  view.pointer = 0xfffffffe;
  assertEquals([view.rest, view.pointer], [-2, 0xfffffffe]);
  view.rest = 0;
  view.extendedSequence = 9;
  view.isLocal = true;
  assertEquals(octetsOf(view.view).slice(4), octets("00000901"));
  assertEquals([view.extendedSequence, view.isLocal], [9, true]);
  view.isLocal = false;
  assertEquals(view.rest, 0x00000900);
  view.type = icmpv6.TIME_EXCEEDED;
  view.quoteLength = 128;
  assertEquals(octetsOf(view.view).slice(4), octets("10000900"));
  assertEquals(view.quoteLength, 128);
});

Deno.test("View.verify() finds any octet and either address changed", () => {
  const view = message("80000000" + "00070001" + "6865");
  const addresses = between("fe80::1", "ff02::1");
  view.fillChecksum(addresses);
  // By hand: the sum of fe80, 1, ff02, 1, 10, 58, 8000, 7, 1 and 6865.
  assertEquals(view.checksum, 0x19c8);
  assert(view.verify(addresses));
  assertFalse(view.verify(between("fe80::2", "ff02::1")));
  assertFalse(view.verify(between("fe80::1", "ff02::2")));
  for (let at = 0; at < view.end; at++) {
    const octet = view.view.getUint8(at);
    view.view.setUint8(at, octet ^ 4);
    assertFalse(view.verify(addresses));
    view.view.setUint8(at, octet);
  }
});

for (
  const [type, least] of [
    [icmpv6.DESTINATION_UNREACHABLE, 8],
    [icmpv6.PACKET_TOO_BIG, 8],
    [icmpv6.ECHO_REQUEST, 8],
    [icmpv6.ROUTER_ADVERTISEMENT, 8],
    [icmpv6.MULTICAST_ROUTER_SOLICITATION, 4],
    [icmpv6.MULTICAST_ROUTER_TERMINATION, 4],
    [icmpv6.RPL_CONTROL, 4],
    [icmpv6.MPL_CONTROL, 4],
    [100, 4],
    [250, 4],
  ] as const
) {
  Deno.test(`icmpv6.View.check() wants ${least} octets of a ${icmpv6.nameOf(type)} (${type})`, () => {
    for (let length = 0; length < 12; length++) {
      const view = exactly(new Uint8Array(length));
      if (length > 0) view.setUint8(0, type);
      const reason = length < least ? "truncated" : undefined;
      assertEquals(new icmpv6.View(view).check(), reason);
      const packet = new icmpv6.Packet();
      assertEquals(packet.parse(view, 0, length), reason);
      if (reason === undefined) assertEquals(packet.payloadStart, least);
    }
  });
}

for (
  const [why, hex, reason] of [
    ["there is none", "0100000000000000", "truncated"],
    ["its header is cut", "0100000000000000" + QUOTE.slice(0, -2), "truncated"],
    ["it is a header alone", "0100000000000000" + QUOTE, undefined],
    ["the error is a parameter problem", "0400000000000000" + QUOTE, undefined],
    ["more follows", "0200000000000500" + QUOTE + "ffff", undefined],
    [
      "it is of another version",
      "0300000000000000" + "4" + QUOTE.slice(1),
      "version",
    ],
    ["the message is an echo", "8000000000000000" + QUOTE, "unsupported"],
    ["the error is not of RFC 4443", "0500000000000000" + QUOTE, "unsupported"],
    ["the message is a redirect", "8900000000000000" + QUOTE, "unsupported"],
  ] as const
) {
  Deno.test(`A11 icmpv6.View.checkQuote() finds ${reason ?? "nothing"} when ${why}`, () => {
    assertEquals(message(hex).checkQuote(), reason);
  });
}

Deno.test("View reads a quoted header wherever the message stands", () => {
  const hex = "ffff" + "0104000000000000" + QUOTE + "ff";
  const error = new icmpv6.View(exactly(octets(hex)), 2, 50);
  assertEquals(error.checkQuote(), undefined);
  assertEquals(error.quotedNextHeader, 6);
  const words = new Int32Array(9);
  error.copyQuotedSource(words);
  error.copyQuotedDestination(words, 5);
  assertEquals(`${ipv6.Address.from(words)}`, "2001:db8::1");
  assertEquals(`${ipv6.Address.from(words, 5)}`, "2001:db8::2");
  assertEquals([error.payloadStart, error.quotedPayload], [10, 50]);
});

Deno.test("A11 icmpv6.View reads a quote of an error itself without following it", () => {
  const inner = "0104000000000000" + QUOTE;
  const error = message(
    "0100000000000000" + QUOTE.slice(0, 12) + "3a" + QUOTE.slice(14) + inner,
  );
  assertEquals(error.checkQuote(), undefined);
  assertEquals(error.quotedNextHeader, 58);
  assert(icmpv6.isError(error.view.getUint8(error.quotedPayload)));
});

Deno.test("View finds the extension behind 128 octets of quote (RFC 4884 4.2)", () => {
  const view = exactly(new Uint8Array(8 + 128 + 12));
  octetsOf(view).set(octets("0100000000000000" + QUOTE));
  const error = new icmpv6.View(view);
  assertEquals([error.extensionStart, error.quoteEnd], [-1, 148]);
  icmpExtension.emitHeader(view, 136);
  icmpExtension.emitObject(view, 140, 1, 1, 4);
  error.quoteLength = 128;
  assertEquals([error.extensionStart, error.quoteEnd], [136, 136]);
  assertEquals(error.checkQuote(), undefined);
  // In other errors these four octets mean another thing.
  error.type = icmpv6.PACKET_TOO_BIG;
  assertEquals([error.quoteLength, error.extensionStart], [0, -1]);
  assertEquals([error.mtu, error.quoteEnd], [0x10000000, 148]);
});

Deno.test("View reads extended echo messages of another sender (RFC 8335)", () => {
  const request = message(EXTENDED_ECHO);
  assertEquals(request.check(), undefined);
  assertEquals([request.identifier, request.extendedSequence], [0xfb61, 0]);
  assert(request.isLocal);
  assertEquals(request.extensionStart, 8);
  for (const bit of [1, 2, 4]) {
    const { neighborState, isActive, hasIpv4, hasIpv6 } = message(
      `a1000000000100e${bit}`,
    );
    const expected = [7, bit === 4, bit === 2, bit === 1];
    assertEquals([neighborState, isActive, hasIpv4, hasIpv6], expected);
  }
  const reply = message("a102000000010247");
  assertEquals(reply.extensionStart, -1);
  assertEquals([reply.neighborState, reply.isActive], [2, true]);
  assertEquals([reply.hasIpv4, reply.hasIpv6], [true, true]);
  assertEquals(icmpv6.nameOfCode(reply.type, reply.code), "no such interface");
});

Deno.test("Types have their assigned numbers", () => {
  for (
    const [type, number, name] of [
      [icmpv6.PACKET_TOO_BIG, 2, "packet too big"],
      [icmpv6.PARAMETER_PROBLEM, 4, "parameter problem"],
      [icmpv6.ECHO_REQUEST, 128, "echo request"],
      [icmpv6.ROUTER_RENUMBERING, 138, "router renumbering"],
      [icmpv6.NODE_INFORMATION_QUERY, 139, "node information query"],
      [
        icmpv6.MULTICAST_LISTENER_REPORT_V2,
        143,
        "multicast listener report v2",
      ],
      [icmpv6.MOBILE_PREFIX_ADVERTISEMENT, 147, "mobile prefix advertisement"],
      [icmpv6.FAST_HANDOVER, 154, "FMIPv6"],
      [icmpv6.RPL_CONTROL, 155, "RPL control"],
      [icmpv6.LOCATOR_UPDATE, 156, "ILNPv6 locator update"],
      [icmpv6.MPL_CONTROL, 159, "MPL control"],
      [icmpv6.EXTENDED_ECHO_REPLY, 161, "extended echo reply"],
    ] as const
  ) {
    assertEquals<number>(type, number);
    assertEquals(icmpv6.nameOf(number), name);
  }
});

Deno.test("nameOf() names each assigned type and keeps the rest", () => {
  const assigned = [1, 2, 3, 4, 100, 101, 127, 200, 201, 255];
  for (let type = 128; type <= 161; type++) assigned.push(type);
  for (let type = 0; type < 256; type++) {
    const named = !icmpv6.nameOf(type).startsWith("type ");
    assertEquals(named, assigned.includes(type), `${type}`);
    assertEquals(icmpv6.isError(type), type < 128);
  }
});

Deno.test("Codes have the numbers of RFC 4443 and RFC 7112", () => {
  const unreachable = [
    icmpv6.NO_ROUTE,
    icmpv6.ADMINISTRATIVELY_PROHIBITED,
    icmpv6.BEYOND_SCOPE,
    icmpv6.ADDRESS_UNREACHABLE,
    icmpv6.PORT_UNREACHABLE,
    icmpv6.SOURCE_FAILED_POLICY,
    icmpv6.REJECT_ROUTE,
  ];
  assertEquals(unreachable, [0, 1, 2, 3, 4, 5, 6]);
  const exceeded = [icmpv6.HOP_LIMIT_EXCEEDED, icmpv6.REASSEMBLY_TIME_EXCEEDED];
  assertEquals(exceeded, [0, 1]);
  const problems = [
    icmpv6.ERRONEOUS_HEADER,
    icmpv6.UNRECOGNIZED_NEXT_HEADER,
    icmpv6.UNRECOGNIZED_OPTION,
    icmpv6.INCOMPLETE_HEADER_CHAIN,
  ];
  assertEquals(problems, [0, 1, 2, 3]);
});

for (
  const [type, code, name] of [
    [1, 5, "source address failed policy"],
    [1, 8, "headers too long"],
    [3, 1, "fragment reassembly time exceeded"],
    [4, 3, "first fragment has incomplete header chain"],
    [4, 10, "option too big"],
    [4, 11, "code 11"],
    [138, 255, "sequence number reset"],
    [139, 2, "subject is an IPv4 address"],
    [140, 1, "refuses to supply the answer"],
    [155, 0x8a, "consistency check"],
    [161, 3, "no such table entry"],
    [128, 0, "code 0"],
  ] as const
) {
  Deno.test(`icmpv6.nameOfCode() calls code ${code} of type ${type} ${name}`, () => {
    assertEquals(icmpv6.nameOfCode(type, code), name);
  });
}

Deno.test("Repr shares its second word as the message does", () => {
  const repr = new icmpv6.Repr();
  repr.identifier = 0xfffe;
  repr.sequenceNumber = 0x8001;
  assertEquals([repr.identifier, repr.sequenceNumber], [0xfffe, 0x8001]);
  repr.sequenceNumber = 0x8002;
  repr.identifier = 1;
  assertEquals([repr.identifier, repr.sequenceNumber], [1, 0x8002]);
  repr.identifier = 0xfffe;
  repr.sequenceNumber = 0x8001;
  assertEquals([repr.mtu, repr.pointer], [0xfffe8001, 0xfffe8001]);
  repr.mtu = 1280;
  assertEquals([repr.identifier, repr.sequenceNumber], [0, 1280]);
  repr.pointer = 0xffffffff;
  assertEquals([repr.rest, repr.pointer], [-1, 0xffffffff]);
});

Deno.test("Repr.emit() writes the octets that Repr.parse() read", () => {
  for (
    const hex of [
      EXTENDED_ECHO,
      "0200000000000500" + QUOTE,
      "99000000",
      "fa001234",
    ]
  ) {
    const view = exactly(octets(hex));
    const packet = new icmpv6.Packet();
    assertEquals(packet.parse(view, 0, view.byteLength), undefined);
    const copy = exactly(octets(hex).fill(0, 0, packet.payloadStart));
    assertEquals(packet.payloadEnd, copy.byteLength);
    packet.repr.emit(copy, 0);
    new icmpv6.View(copy).checksum = packet.view.checksum;
    assertEquals(octetsOf(copy), octets(hex));
  }
});

Deno.test("Repr.parse() of what Repr.emit() wrote is the same", () => {
  const type = fc.oneof(fc.nat(255), fc.constantFrom(1, 2, 3, 4, 128, 129));
  fc.assert(
    fc.property(
      fc.tuple(type, fc.nat(255), word, fc.nat(0xffff)),
      fc.uint8Array({ maxLength: 64 }),
      fc.nat(20),
      ([type, code, rest, addresses], payload, at) => {
        const fixed = icmpv6.minimumLength(type);
        const repr = Object.assign(new icmpv6.Repr(), {
          type,
          code,
          rest: fixed === 8 ? rest : 0,
          payloadLength: payload.length,
        });
        const view = exactly(new Uint8Array(at + repr.bufferLength).fill(0xa5));
        repr.emit(view, at);
        octetsOf(view).set(payload, at + fixed);
        const packet = new icmpv6.Packet();
        assertEquals(packet.parse(view, at, view.byteLength), undefined);
        assertEquals(packet.repr, repr);
        assertEquals(packet.payloadStart, at + fixed);
        packet.fillChecksum(addresses);
        assert(packet.view.verify(addresses));
      },
    ),
  );
});

Deno.test("A11 icmpv6.View reads nothing outside when check() found nothing", () => {
  const type = fc.oneof(
    fc.nat(255),
    fc.constantFrom(1, 2, 3, 4, 128, 137, 155, 160),
  );
  const small = fc.oneof(fc.nat(255), fc.constantFrom(0, 0x10, 0x20, 0x60));
  fc.assert(
    fc.property(type, fc.array(small, { maxLength: 200 }), (type, rest) => {
      const view = new icmpv6.View(exactly([type, ...rest]));
      const packet = new icmpv6.Packet();
      const reason = view.check();
      assertEquals(packet.parse(view.view, 0, view.end), reason);
      if (reason !== undefined) return;
      view.verify(0x1234);
      const { quoteEnd, extensionStart, payloadStart } = view;
      assert(quoteEnd >= payloadStart && quoteEnd <= view.end);
      assert(extensionStart === -1 || extensionStart < view.end);
      if (icmpv6.minimumLength(type) === 8) {
        assert(view.mtu >= 0 && view.rest === view.pointer << 0);
        assert(view.neighborState < 8 && view.extendedSequence < 256);
      }
      if (view.checkQuote() !== undefined) return;
      const words = new Int32Array(4);
      view.copyQuotedSource(words);
      view.copyQuotedDestination(words);
      assert(view.quotedNextHeader < 256);
      assert(view.quotedPayload <= quoteEnd);
    }),
  );
});
