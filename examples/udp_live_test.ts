import { assertEquals, assertMatch } from "@std/assert";
import { live } from "./lib/live.ts";
import { host, OURS, wire, WIRINGS } from "./lib/wiring.ts";

/** Sends datagrams of many sizes, 16 under way, and compares what comes back. */
const CLIENT = `
import os, socket, sys
address = (sys.argv[1], int(sys.argv[2]))
largest, rounds = int(sys.argv[3]), int(sys.argv[4])
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
s.settimeout(5)
s.connect(address)
sizes = [0, 1, 2, 17, 18, 19, 63, 64, 65, 512, largest - 1, largest]
equal = 0
for round in range(rounds):
    sent = [os.urandom(sizes[(round + i) % len(sizes)]) for i in range(16)]
    for octets in sent:
        s.send(octets)
    for octets in sent:
        equal += s.recv(65536) == octets
print(equal, "equal")
`;

for (const [wiring, device] of WIRINGS) {
  await live(
    `udp_echo gives 4800 datagrams of the kernel back over ${wiring}`,
    { programs: ["python3"], device },
    async (namespace) => {
      const name = await wire(namespace, wiring);
      await using _ = await host(namespace, "udp_echo.ts", name, ["7"]);
      const args = ["-c", CLIENT, OURS, "7", "1472", "300"];
      const { stdout, stderr } = await namespace.run("python3", args);
      assertEquals(stdout + stderr, "4800 equal\n");
    },
  );
}

await live(
  "udp_echo gives datagrams of 8972 octets back where the MTU is 9000",
  { programs: ["python3"], device: "tap" },
  async (namespace) => {
    const name = await wire(namespace, "tap", 9000);
    await using _ = await host(namespace, "udp_echo.ts", name, ["7"]);
    const args = ["-c", CLIENT, OURS, "7", "8972", "20"];
    const { stdout, stderr } = await namespace.run("python3", args);
    assertEquals(stdout + stderr, "320 equal\n");
  },
);

await live(
  "udp_echo refuses datagrams for a closed port, and the kernel hears of it",
  { programs: ["python3"], device: "tap" },
  async (namespace) => {
    const name = await wire(namespace, "tap");
    await using _ = await host(namespace, "udp_echo.ts", name, ["7"]);
    const args = ["-c", CLIENT, OURS, "9", "64", "1"];
    const { stderr } = await namespace.run("python3", args);
    assertMatch(stderr, /ConnectionRefusedError/);
  },
);
