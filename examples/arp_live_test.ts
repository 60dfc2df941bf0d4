import { assertEquals, assertMatch } from "@std/assert";
import { live } from "./lib/live.ts";
import { HARDWARE, KERNEL, OURS, wire } from "./lib/wiring.ts";

for (const [wiring, device] of [["tap", "tap"], ["raw", "veth"]] as const) {
  await live(
    `arp_tap answers the kernel's ARP over ${wiring}, and nothing else`,
    { programs: ["ping"], device },
    async (namespace) => {
      const name = await wire(namespace, wiring);
      await using program = namespace.example("arp_tap.ts", [
        name,
        `${OURS}/24`,
        HARDWARE,
        `${KERNEL}/24`,
        "02:00:00:00:00:01",
      ]);
      await program.until(/ on .*, MTU \d+/);
      const { code } = await namespace.run("ping", [
        "-c",
        "1",
        "-W",
        "1",
        OURS,
      ]);
      assertEquals(code, 1);
      assertMatch(
        await namespace.ip(`neighbour show ${OURS}`),
        new RegExp(`lladdr ${HARDWARE} (REACHABLE|DELAY)`),
      );
      await namespace.run("ping", ["-c", "1", "-W", "1", "192.0.2.3"]);
      assertMatch(
        await namespace.ip("neighbour show 192.0.2.3"),
        /INCOMPLETE|FAILED/,
      );
      assertEquals(await program.stop(), 0);
    },
  );
}
