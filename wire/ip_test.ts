import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import fc from "fast-check";
import * as ip from "./ip.ts";
import * as ipv4 from "./ipv4.ts";
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

Deno.test("parseAddress() and parseCidr() read IPv4", () => {
  assertEquals(`${ip.parseAddress("192.0.2.1")}`, "192.0.2.1");
  assertEquals(`${ip.parseCidr("192.0.2.1/24")}`, "192.0.2.1/24");
  assertThrows(() => ip.parseAddress("::1"), ip.AddressError);
  assertThrows(() => ip.parseCidr("::1/128"), ip.AddressError);
});

Deno.test("Endpoint prints what it parses", () => {
  fc.assert(fc.property(word, fc.nat(65535), (value, port) => {
    const endpoint = new ip.Endpoint(new ipv4.Address(value), port);
    assert(ip.Endpoint.parse(`${endpoint}`).equals(endpoint));
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
  ] as const
) {
  Deno.test(`Endpoint.parse() names the place in ${JSON.stringify(text)}`, () => {
    const error = assertThrows(() => ip.Endpoint.parse(text), ip.AddressError);
    assertEquals(error.position, position);
    assertEquals(ip.Endpoint.tryParse(text), undefined);
  });
}

Deno.test("A17 Endpoint.parse() refuses a megabyte in a short sentence", () => {
  for (const text of ["1".repeat(1 << 20), "1.1.1.1:" + "1".repeat(1 << 20)]) {
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
