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
      "raw:veth0",
      `icmp[icmptype] = icmp-echo or icmp[0] = icmp-echoreply and host ${OURS}`,
      ...["--count", "4", "--link"],
    ]);
    await program.until(/Watching raw:veth0/);
    await namespace.run("ping", ["-c", "2", "-i", "0.05", OURS]);
    assertEquals(await program.end(), 0);
    const lines = program.output.split("\n").filter((l) => /ICMP/.test(l));
    assertEquals(lines.length, 4, program.output);
    // A host that is slow to start answers when the next request is under way.
    for (const sequence of [1, 2]) {
      const two = lines.filter((l) => l.includes(`seq ${sequence},`));
      assertEquals(two.length, 2, program.output);
      for (
        const [line, from, to, what] of [
          [two[0]!, KERNEL, OURS, "request"],
          [two[1]!, OURS, KERNEL, "reply"],
        ] as const
      ) {
        assertMatch(
          line,
          new RegExp(
            `^\\d\\d:\\d\\d:\\d\\d\\.\\d{6} .* IPv4 .* ${from} > ${to}: ` +
              `ICMP echo ${what}`,
          ),
        );
      }
    }
    assert(!program.output.includes("bad cksum"), program.output);
  },
);

await live(
  "debug_tap prints nothing that its filter does not want",
  { programs: ["ping"], device: "veth" },
  async (namespace) => {
    const name = await wire(namespace, "raw");
    await using _ = await host(namespace, "ping_tap.ts", name);
    await using program = namespace.example("debug_tap.ts", [
      "raw:veth0",
      `ip[2:2] = 84 and src ${KERNEL} and not dst host ${KERNEL}`,
      ...["--count", "3"],
    ]);
    await program.until(/Watching raw:veth0/);
    // Answers have the same length, and other requests another.
    await namespace.run("ping", ["-c", "2", "-i", "0.05", "-s", "40", OURS]);
    await namespace.run("ping", ["-c", "3", "-i", "0.05", OURS]);
    assertEquals(await program.end(), 0);
    const lines = program.output.split("\n").filter((l) => /ICMP/.test(l));
    assertEquals(lines.length, 3, program.output);
    for (const line of lines) {
      assertMatch(line, new RegExp(`${KERNEL} > ${OURS}: ICMP echo request`));
    }
  },
);
