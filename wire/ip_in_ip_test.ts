import { assertEquals } from "@std/assert";
import * as ipInIp from "./ip_in_ip.ts";
import { exactly } from "./_property_test_util.ts";

Deno.test("versionOf() knows the two numbers that promise a datagram (RFC 2003, 2473)", () => {
  const found = Array.from(Array(256).keys())
    .filter((protocol) => ipInIp.versionOf(protocol) !== 0);
  assertEquals(found, [4, 41]);
  assertEquals(found.map(ipInIp.versionOf), [4, 6]);
  assertEquals(ipInIp.protocolOf(4), 4);
  assertEquals(ipInIp.protocolOf(6), 41);
});

for (
  const [why, protocol, octets, reason] of [
    ["is IPv4 as promised", 4, [0x45], undefined],
    ["is IPv6 as promised", 41, [0x60], undefined],
    ["is IPv6 and not IPv4", 4, [0x60], "version"],
    ["is IPv4 and not IPv6", 41, [0x45], "version"],
    ["is neither", 4, [0x00], "version"],
    ["is empty", 41, [], "truncated"],
    ["is of TCP", 6, [0x45], "unsupported"],
  ] as const
) {
  Deno.test(`ipInIp.check() finds ${reason ?? "nothing"} when the payload ${why}`, () => {
    const view = exactly(octets);
    assertEquals(ipInIp.check(protocol, view, 0, octets.length), reason);
  });
}
