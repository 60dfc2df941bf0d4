import { assert, assertEquals } from "@std/assert";
import { BASELINE, capabilities } from "./capabilities.ts";
import { External } from "./external.ts";

Deno.test("BASELINE leaves every checksum to software, UDP over IPv4 too (ethox 5.4 #2)", () => {
  for (const protocol of ["ipv4", "icmpv4", "udp", "tcp"] as const) {
    assertEquals(BASELINE[protocol], { receive: false, transmit: false });
  }
  assertEquals(BASELINE.tcpSegmentation, 0);
  assertEquals(BASELINE.udpSegmentation, 0);
  assert(new External().personality.capabilities === BASELINE);
});

Deno.test("capabilities() replaces what it is told to, and leaves the baseline alone", () => {
  const udp = { receive: true, transmit: false };
  const before = structuredClone(BASELINE);
  const changed = capabilities({ udp, tcpSegmentation: 65535 });
  assertEquals(changed, { ...before, udp, tcpSegmentation: 65535 });
  assertEquals(BASELINE, before);
  assertEquals(capabilities({}), before);
});
