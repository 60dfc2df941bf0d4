import { assert, assertEquals, assertMatch } from "@std/assert";
import { live } from "./lib/live.ts";
import { host, KERNEL, OURS, wire, WIRINGS } from "./lib/wiring.ts";

const PING = { programs: ["ping"] } as const;

/** The numbers of ping's summary. */
function summary(stdout: string): { sent: number; received: number } {
  const match = /(\d+) packets transmitted, (\d+) received/.exec(stdout);
  assert(match !== null, stdout);
  return { sent: Number(match[1]), received: Number(match[2]) };
}

for (const [wiring, device] of WIRINGS) {
  await live(
    `ping_tap answers 100 of 100 pings over ${wiring}`,
    { ...PING, device },
    async (namespace) => {
      const name = await wire(namespace, wiring);
      await using _ = await host(namespace, "ping_tap.ts", name);
      const args = ["-c", "100", "-i", "0.01", OURS];
      const { stdout } = await namespace.run("ping", args);
      assertEquals(summary(stdout), { sent: 100, received: 100 });
    },
  );

  await live(
    `ping_tap answers a flood of 20000 pings without loss over ${wiring}`,
    { ...PING, device },
    async (namespace) => {
      const name = await wire(namespace, wiring);
      await using _ = await host(namespace, "ping_tap.ts", name);
      const args = ["-q", "-f", "-c", "20000", OURS];
      const { stdout } = await namespace.run("ping", args);
      assertEquals(summary(stdout), { sent: 20000, received: 20000 });
    },
  );

  await live(
    `ping_tap answers pings of 8000 octets where the MTU is 9000 over ${wiring}`,
    { ...PING, device },
    async (namespace) => {
      const name = await wire(namespace, wiring, 9000);
      await using _ = await host(namespace, "ping_tap.ts", name);
      const args = ["-M", "do", "-s", "8000", "-c", "20", "-i", "0.01", OURS];
      const { stdout } = await namespace.run("ping", args);
      assertEquals(summary(stdout), { sent: 20, received: 20 });
    },
  );

  await live(
    `ping_tap pings the kernel over ${wiring}`,
    { device },
    async (namespace) => {
      const name = await wire(namespace, wiring);
      const args = ["--ping", KERNEL, "--count", "5", "--interval", "0.01"];
      await using program = await host(namespace, "ping_tap.ts", name, args);
      assertEquals(await program.end(), 0);
      assertMatch(
        program.output,
        new RegExp(
          `64 bytes from ${KERNEL}: icmp_seq=5 ttl=64 time=[\\d.]+ ms`,
        ),
      );
      assertMatch(program.output, /5 packets transmitted, 5 received, 0%/);
      assertMatch(program.output, /rtt min\/avg\/max\/mdev = [\d.]+\//);
    },
  );
}

await live(
  "ping_tap ends with code 1 when nobody answers",
  { device: "tap" },
  async (namespace) => {
    const name = await wire(namespace, "tap");
    const args = ["--ping", "192.0.2.99", "--count", "2", "--interval", "0.1"];
    await using program = await host(namespace, "ping_tap.ts", name, args);
    assertEquals(await program.end(), 1);
    assertMatch(program.output, /2 packets transmitted, 0 received, .*100%/);
  },
);

await live(
  "ping_tap stops at Ctrl-C and says what it counted",
  { ...PING, device: "tap" },
  async (namespace) => {
    const name = await wire(namespace, "tap");
    await using program = await host(namespace, "ping_tap.ts", name);
    await namespace.run("ping", ["-c", "3", "-i", "0.01", OURS]);
    assertEquals(await program.stop(), 0);
    assertMatch(program.output, /icmp.*echo\w* 3/);
  },
);

await live(
  "ping_tap makes a tap that is missing, and it goes with the program",
  { ...PING, device: "tap" },
  async (namespace) => {
    await using program = await host(namespace, "ping_tap.ts", "tap:made0");
    await namespace.ip("link set made0 up");
    await namespace.ip(`address add ${KERNEL}/24 dev made0`);
    const { stdout } = await namespace.run("ping", ["-c", "1", OURS]);
    assertEquals(summary(stdout).received, 1);
    await program.stop();
    assertEquals((await namespace.ip("-br link")).includes("made0"), false);
  },
);

await live(
  "ping_tap answers without offload",
  { ...PING, device: "tap" },
  async (namespace) => {
    const name = await wire(namespace, "tap");
    const args = ["--no-offload"];
    await using _ = await host(namespace, "ping_tap.ts", name, args);
    const { stdout } = await namespace.run("ping", [
      "-c",
      "3",
      "-i",
      "0.01",
      OURS,
    ]);
    assertEquals(summary(stdout).received, 3);
  },
);

await live(
  "ping_tap loses packets at random with --loss",
  { ...PING, device: "tap" },
  async (namespace) => {
    // A tun does without ARP, whose losses would count for many.
    const name = await wire(namespace, "tun");
    const args = ["--loss", "0.2", "--seed", "7"];
    await using _ = await host(namespace, "ping_tap.ts", name, args);
    const { stdout } = await namespace.run(
      "ping",
      ["-q", "-c", "300", "-i", "0.002", "-W", "1", OURS],
    );
    // 0.8 * 0.8 = 0.64 of 300 are 192, give or take four deviations.
    const { received } = summary(stdout);
    assert(received > 192 - 34 && received < 192 + 34, `${received} received`);
  },
);

await live(
  "ping_tap records what tcpdump reads with --pcap",
  { programs: ["ping", "tcpdump"], device: "tap" },
  async (namespace) => {
    const folder = await Deno.makeTempDir();
    try {
      const file = `${folder}/ping.pcapng`;
      const name = await wire(namespace, "tap");
      await using program = await host(namespace, "ping_tap.ts", name, [
        "--pcap",
        file,
        "--trace",
      ], [`--allow-write=${folder}`]);
      await namespace.run("ping", ["-c", "3", "-i", "0.01", OURS]);
      await program.stop();
      const { stdout } = await namespace.run("tcpdump", ["-nn", "-r", file]);
      for (let sequence = 1; sequence <= 3; sequence++) {
        const end = `, seq ${sequence}, length 64`;
        const id = String.raw`, id \d+${end}`;
        for (const text of [stdout, program.output]) {
          assertMatch(
            text,
            new RegExp(`${KERNEL} > ${OURS}: ICMP echo request${id}`),
          );
          assertMatch(
            text,
            new RegExp(`${OURS} > ${KERNEL}: ICMP echo reply${id}`),
          );
        }
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
