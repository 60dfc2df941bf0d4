import { assert, assertEquals } from "@std/assert";
import type * as tcp from "@ethox/layer/tcp";
import { Simulator } from "@ethox/nic/simulator";
import { Pattern, PatternSink } from "@ethox/storage/pattern";
import * as ethernet from "@ethox/wire/ethernet";
import * as ipv4 from "@ethox/wire/ipv4";
import { Host } from "./lib/host.ts";

const OCTETS = 2 << 20;
const PORT = 80;
const RATE = 20e6;

/** Four hosts; the first two send to the others over one slow link. */
function dumbbell(seed: number) {
  const net = new Simulator({ seed });
  const hosts: Host[] = [];
  const access = [0, 1, 2, 3].map((i) => {
    const link = net.link({ path: { rate: 1e9, delay: 1000 } });
    hosts.push(
      new Host(link.a, {
        address: ipv4.Cidr.parse(`192.0.2.${i + 1}/24`),
        hardware: ethernet.Address.parse(`02:00:00:00:00:0${i + 1}`),
        connections: 2,
      }),
    );
    return link;
  });
  const middle = net.link({
    path: { rate: RATE, delay: 10_000, queue: 40, jitter: 500, ordered: true },
  });
  net.join([access[0]!.b, access[1]!.b, middle.a]);
  net.join([access[2]!.b, access[3]!.b, middle.b]);
  const sinks: PatternSink[] = [];
  const ends: string[] = [];
  for (let i = 0; i < 2; i++) {
    const sink = new PatternSink();
    sinks.push(sink);
    const reader: tcp.Handler = {
      received(c) {
        if (c.receiveFinished) c.shutdown();
      },
      closed: (_c, reason) => ends.push(reason),
    };
    hosts[i + 2]!.tcp.listen({
      port: PORT,
      receiveWindow: 1 << 18,
      accept(connection) {
        connection.recvBuf = sink;
        connection.handler = reader;
        return true;
      },
    });
    const opened = hosts[i]!.tcp.connect({
      remote: hosts[i + 2]!.ip.addresses[0]!.address.value,
      remotePort: PORT,
      sendBuf: new Pattern({ total: OCTETS }),
      handler: { closed: (_c, reason) => ends.push(reason) },
    });
    assert(typeof opened !== "string");
  }
  const done = net.run(600e6, hosts, () => ends.length === 4);
  return { done, ends, sinks, net, middle };
}

Deno.test("four hosts share a slow link between two switches, and all transfers end whole", () => {
  for (let seed = 0; seed < 5; seed++) {
    const { done, ends, sinks, net, middle } = dumbbell(seed);
    assert(done, `seed ${seed}: ${ends}`);
    assertEquals(ends, ["closed", "closed", "closed", "closed"]);
    // A pattern's octets follow from their positions, so this is equality.
    for (const { received, mismatches } of sinks) {
      assertEquals([received, mismatches], [OCTETS, 0], `seed ${seed}`);
    }
    const [forth] = middle.counters;
    assert(forth.get("queuePeak") === 40 && forth.get("droppedFull") > 0);
    // No faster than the link is.
    const octets = forth.get("deliveredOctets");
    assert(octets >= 2 * OCTETS && octets * 8 / RATE * 1e6 <= net.now);
  }
});
