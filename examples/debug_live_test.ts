import { assert, assertEquals, assertMatch } from "@std/assert";
import { live } from "./lib/live.ts";
import { host, KERNEL, OURS, wire } from "./lib/wiring.ts";

await live(
  "debug_tap watches both ways what a filter wants, and as many as asked for",
  { programs: ["ping"], device: "veth" },
  async (namespace) => {
    const name = await wire(namespace, "raw");
    await using _ = await host(namespace, "ping_tap.ts", name);
    await using program = namespace.example("debug_tap.ts", [
      ...["raw:veth0", `icmp and host ${OURS}`, "--count", "4", "--link"],
    ]);
    await program.until(/Watching raw:veth0/);
    await namespace.run("ping", ["-c", "2", "-i", "0.05", OURS]);
    assertEquals(await program.end(), 0);
    const lines = program.output.split("\n").filter((l) => /ICMP/.test(l));
    assertEquals(lines.length, 4, program.output);
    for (const [i, line] of lines.entries()) {
      const [from, to, what] = i % 2 === 0
        ? [KERNEL, OURS, "request"]
        : [OURS, KERNEL, "reply"];
      assertMatch(
        line,
        new RegExp(
          `^\\d\\d:\\d\\d:\\d\\d\\.\\d{6} .* IPv4 .* ${from} > ${to}: ` +
            `ICMP echo ${what}`,
        ),
      );
    }
    assert(!program.output.includes("bad cksum"), program.output);
  },
);
