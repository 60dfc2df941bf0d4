import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import fc from "fast-check";
import { pseudo4 } from "./checksum.ts";
import * as ip from "./ip.ts";
import * as ipv4 from "./ipv4.ts";
import * as ipv6 from "./ipv6.ts";
import { exactly, word } from "./_property_test_util.ts";

for (
  const [why, octets, expected] of [
    ["nothing", [], "truncated"],
    ["IPv4", [0x45], 4],
    ["IPv6", [0x60], 6],
    ["version 0", [0x05], "version"],
    ["version 5", [0x50], "version"],
    ["version 15", [0xff], "version"],
  ] as const
) {
  Deno.test(`ethox 5.2 #4 ip.version() is ${expected} for ${why}`, () => {
    assertEquals(ip.version(exactly(octets), 0, octets.length), expected);
  });
}

Deno.test("ip.version() does not look outside when the packet is empty", () => {
  assertEquals(ip.version(exactly([0x45]), 0, 0), "truncated");
  assertEquals(ip.version(exactly([0x45]), 1, 1), "truncated");
});

Deno.test("nameOfProtocol() names what is assigned and keeps the rest", () => {
  assertEquals(ip.nameOfProtocol(ip.Protocol.ICMP), "ICMP");
  assertEquals(ip.nameOfProtocol(ip.Protocol.TCP), "TCP");
  assertEquals(ip.nameOfProtocol(ip.Protocol.UDP), "UDP");
  assertEquals(ip.nameOfProtocol(253), "protocol 253");
  for (let i = 0; i < 256; i++) assert(ip.nameOfProtocol(i).length > 1);
});

for (
  const [text, version] of [
    ["192.0.2.1", 4],
    ["::", 6],
    ["::1", 6],
    ["2001:db8::1", 6],
    ["::ffff:192.0.2.1", 6],
    ["1234:5:6:7:8:9:192.0.2.1", 6],
    ["fe80::1%eth0", 6],
  ] as const
) {
  Deno.test(`parseAddress() and parseCidr() read ${text} as IPv${version}`, () => {
    const address = ip.parseAddress(text);
    assertEquals(address.version, version);
    assertEquals(`${address}`, `${ip.tryParseAddress(text)}`);
    const cidr = ip.parseCidr(`${text}/32`);
    assert(ip.equals(cidr.address, address));
    assertEquals(`${cidr}`, `${ip.tryParseCidr(`${text}/32`)}`);
    assert(ip.contains(cidr, address));
  });
}

for (
  const text of ["", ":", "1.2.3.4:80", "12345::", "x", "[::1]", "/", "1:2.3"]
) {
  Deno.test(`parseAddress() and parseCidr() refuse ${JSON.stringify(text)}`, () => {
    assertThrows(() => ip.parseAddress(text), ip.AddressError);
    assertThrows(() => ip.parseCidr(`${text}/1`), ip.AddressError);
    assertThrows(() => ip.parseCidr(text), ip.AddressError);
    assertEquals(ip.tryParseAddress(text), undefined);
    assertEquals(ip.tryParseCidr(text), undefined);
  });
}

Deno.test("equals() and contains() keep the families apart", () => {
  const mapped = ip.parseAddress("::ffff:192.0.2.1");
  const plain = ip.parseAddress("192.0.2.1");
  assertFalse(ip.equals(mapped, plain));
  assertFalse(ip.equals(plain, mapped));
  assertFalse(ip.contains(ip.parseCidr("::/0"), plain));
  assertFalse(ip.contains(ip.parseCidr("0.0.0.0/0"), mapped));
  assertFalse(ip.contains(ip.parseCidr("2001:db8::/32"), mapped));
});

for (
  const [why, hex, reason] of [
    ["is empty", "", "truncated"],
    ["is of version 5", "50" + "00".repeat(40), "version"],
    ["is a short IPv4 header", "45", "truncated"],
    ["is a short IPv6 header", "60", "truncated"],
    ["has a bad chain", "600000000000" + "3c40" + "00".repeat(32), "truncated"],
  ] as const
) {
  Deno.test(`ip.Packet.parse() finds ${reason} when the packet ${why}`, () => {
    const packet = new ip.Packet();
    packet.version = 4;
    const view = exactly(Uint8Array.fromHex(hex));
    assertEquals(packet.parse(view, 0, view.byteLength), reason);
    assertEquals(packet.version, 0);
  });
}

Deno.test("ip.Packet is the same for both versions", () => {
  fc.assert(
    fc.property(
      word,
      fc.nat(255),
      fc.nat(255),
      fc.boolean(),
      fc.nat(9),
      fc.boolean(),
      (value, last, hops, options, at, six) => {
        // A protocol that is no extension header.
        const upper = 61 + last % 20;
        const view = exactly(new Uint8Array(at + 80));
        let start = at + 20;
        if (six) {
          const header = new ipv6.Repr();
          header.source[0] = value;
          header.destination[3] = value;
          header.hopLimit = hops;
          header.nextHeader = options ? 60 : upper;
          header.payloadLength = options ? 20 : 12;
          header.emit(view, at);
          start = at + 40;
          if (options) {
            view.setUint8(start, upper);
            start += 8;
          }
        } else {
          const header = new ipv4.Repr();
          header.source = header.destination = value;
          header.ttl = hops;
          header.protocol = upper;
          header.optionsLength = options ? 8 : 0;
          header.payloadLength = 12;
          header.emit(view, at);
          start += header.optionsLength;
        }
        const packet = new ip.Packet();
        assertEquals(packet.parse(view, at, view.byteLength), undefined);
        assertEquals(packet.version, six ? 6 : 4);
        assertEquals(packet.protocol, upper);
        assertEquals(packet.hopLimit, hops);
        assertEquals(
          [packet.payloadStart, packet.payloadEnd],
          [start, start + 12],
        );
        assertEquals([packet.isFragment, packet.fragmentOffset], [false, 0]);
        assertEquals(
          `${packet.source}`,
          `${six ? new ipv6.Address(value, 0, 0, 0) : new ipv4.Address(value)}`,
        );
        assertEquals(
          `${packet.destination}`,
          `${six ? new ipv6.Address(0, 0, 0, value) : new ipv4.Address(value)}`,
        );
        // Both addresses have the same sum in either version.
        assertEquals(
          packet.pseudo(upper, 12),
          pseudo4(value, value, upper, 12),
        );
      },
    ),
  );
});

Deno.test("ip.Packet.isFragment is true of pieces of both versions", () => {
  const packet = new ip.Packet();
  const view = exactly(new Uint8Array(56));
  const four = new ipv4.Repr();
  four.fragmentOffset = 8;
  four.payloadLength = 8;
  four.emit(view, 0);
  assertEquals(packet.parse(view, 0, 56), undefined);
  assertEquals([packet.isFragment, packet.fragmentOffset], [true, 8]);
  const six = new ipv6.Repr();
  six.nextHeader = ip.Protocol.IPV6_FRAGMENT;
  six.payloadLength = 16;
  six.emit(view, 0);
  view.setInt32(40, 0x11000010);
  assertEquals(packet.parse(view, 0, 56), undefined);
  assertEquals([packet.isFragment, packet.fragmentOffset], [true, 16]);
  assertEquals([packet.protocol, packet.payloadStart], [17, 48]);
});

Deno.test("Endpoint prints what it parses", () => {
  fc.assert(fc.property(word, fc.nat(65535), (value, port) => {
    for (
      const address of [
        new ipv4.Address(value),
        new ipv6.Address(value, 0, 0, 1),
        new ipv6.Address(0xfe800000, 0, 0, value, "eth0"),
      ]
    ) {
      const endpoint = new ip.Endpoint(address, port);
      assert(ip.Endpoint.parse(`${endpoint}`).equals(endpoint));
      assertEquals(endpoint.toDotted(), `${address}.${port}`);
    }
  }));
  assertEquals(`${ip.Endpoint.parse("192.0.2.1:80")}`, "192.0.2.1:80");
});

for (
  const [text, position] of [
    ["", 0],
    ["192.0.2.1", 9],
    ["192.0.2.1:", 10],
    ["192.0.2.1:080", 10],
    ["192.0.2.1:65536", 10],
    ["192.0.2.1:-1", 10],
    ["192.0.2.1:8o", 10],
    ["192.0.2.1: 80", 10],
    [":80", 0],
    ["192.0.2:80", 0],
    ["localhost:80", 0],
    ["255.255.255.2555:80", 0],
    ["::1:80", 0],
    ["[", 1],
    ["[]:80", 1],
    ["[::1:80", 1],
    ["[192.0.2.1]:80", 1],
    ["[::1]", 5],
    ["[::1]80", 5],
    ["[::1]:", 6],
    ["[::1]:65536", 6],
    ["[::1%]:80", 1],
  ] as const
) {
  Deno.test(`Endpoint.parse() names the place in ${JSON.stringify(text)}`, () => {
    const error = assertThrows(() => ip.Endpoint.parse(text), ip.AddressError);
    assertEquals(error.position, position);
    assertEquals(ip.Endpoint.tryParse(text), undefined);
  });
}

Deno.test("A17 Endpoint.parse() refuses a megabyte in a short sentence", () => {
  const many = "1".repeat(1 << 20);
  for (const text of [many, `1.1.1.1:${many}`, `[${many}]`, `[::1]:${many}`]) {
    const error = assertThrows(() => ip.Endpoint.parse(text), ip.AddressError);
    assert(error.message.length < 300);
  }
});

Deno.test("Endpoint throws PortError when the port is not one", () => {
  for (const port of [-1, 65536, 1.5, NaN]) {
    assertThrows(
      () => new ip.Endpoint(ipv4.Address.LOOPBACK, port),
      ip.PortError,
      `${port}`,
    );
  }
});

Deno.test("Endpoint.isSpecified needs an address and a port", () => {
  assert(ip.Endpoint.parse("192.0.2.1:80").isSpecified);
  assertFalse(ip.Endpoint.parse("0.0.0.0:80").isSpecified);
  assertFalse(ip.Endpoint.parse("192.0.2.1:0").isSpecified);
  assertFalse(
    ip.Endpoint.parse("192.0.2.1:80").equals(ip.Endpoint.parse("192.0.2.1:81")),
  );
});
