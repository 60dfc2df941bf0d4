import { assert, assertEquals, assertMatch } from "@std/assert";
import { live } from "./lib/live.ts";
import type { Namespace } from "./lib/namespace.ts";
import { fill, Scratch, sumOf } from "./lib/scratch.ts";
import { host, OURS, wire, WIRINGS } from "./lib/wiring.ts";

const PORT = 8000;
const OCTETS = 60_000_000;
const url = `http://${OURS}:${PORT}/data`;

/** Counters that a program printed, such as `ip: received 3`. */
function counter(output: string, layer: string, name: string): number {
  const line = output.split("\n").find((line) => line.startsWith(`${layer}: `));
  return Number(new RegExp(`\\b${name} (\\d+)`).exec(line ?? "")?.[1] ?? 0);
}

async function attack(
  namespace: Namespace,
  side: string,
  kind: string,
  count: number,
): Promise<void> {
  const args = [side, kind, `${PORT}`, `${count}`];
  await using program = namespace.example("lib/attack_program.ts", args);
  assertEquals(await program.end(), 0, program.output);
  const sent = /^(\d+) packets sent/.exec(program.output)?.[1];
  assert(Number(sent) >= count, program.output);
}

for (const [wiring, device] of WIRINGS) {
  // A tun has no frames that a packet socket could send.
  if (wiring === "tun") continue;
  const side = wiring === "raw" ? "veth0" : "tap0";
  for (
    const [kind, what, count] of [
      [
        "syn",
        "a SYN flood of 1 M packets from random sources (A47)",
        1_000_000,
      ],
      ["icmp", "ICMP of every type and code, four times", 4 * 65_536],
      ["spoof", "pings from sources that cannot be (A15)", 100_000],
    ] as const
  ) {
    await live(
      `a host stays reachable under ${what} over ${wiring}`,
      { programs: ["curl", "ping"], device },
      async (namespace) => {
        using scratch = new Scratch();
        const name = await wire(namespace, wiring);
        fill(scratch.file("data"), OCTETS);
        await using server = await host(
          namespace,
          "httpd.ts",
          name,
          [`${PORT}`, scratch.path],
          [`--allow-read=${scratch.path}`],
        );
        const expected = await sumOf(scratch.file("data"));
        const fetch = (file: string, ...options: readonly string[]) =>
          namespace.run("curl", [
            ...["-sS", "-f", "--max-time", "60", ...options],
            ...["-o", scratch.file(file), url],
          ]);
        // This connection is there before, and goes on while it lasts.
        const before = fetch("before", "--limit-rate", "20M");
        await namespace.run("ping", ["-c", "1", OURS]);
        const [during] = await Promise.all([
          fetch("during"),
          attack(namespace, side, kind, count),
        ]);
        const after = await fetch("after");
        for (const { code, stderr } of [await before, during, after]) {
          assertEquals(code, 0, stderr);
        }
        for (const file of ["before", "during", "after"]) {
          assertEquals(await sumOf(scratch.file(file)), expected, file);
        }
        const { stdout } = await namespace.run("ping", [
          ...["-q", "-c", "20", "-i", "0.01", OURS],
        ]);
        assertMatch(stdout, /20 received/);
        await server.stop();
        // The attack came as far as the host, whose packet socket may have been
        // full.
        const arrived = counter(server.output, "device", "received") +
          counter(server.output, "device", "receiveDropped");
        assert(arrived >= count, server.output);
      },
    );
  }
}

await live(
  "a host stays reachable after subnet broadcasts",
  { programs: ["ping"], device: "tap" },
  async (namespace) => {
    const name = await wire(namespace, "tap");
    await using program = await host(namespace, "ping_tap.ts", name);
    // RFC 1122 section 3.2.2.6 lets a host be silent then.
    const { stdout } = await namespace.run("ping", [
      ...["-b", "-q", "-c", "20", "-i", "0.01", "-W", "1", "192.0.2.255"],
    ]);
    assertMatch(stdout, /20 packets transmitted, 0 received/);
    const after = await namespace.run("ping", ["-q", "-c", "3", OURS]);
    assertMatch(after.stdout, /3 received/);
    await program.stop();
    assertEquals(counter(program.output, "icmp", "echoesAnswered"), 3);
  },
);
