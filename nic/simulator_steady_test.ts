import { assert } from "@std/assert";
import { assertSteady, leftOver } from "./_steady_test_util.ts";
import type { Packet } from "./packet.ts";
import { type Path, Simulator } from "./simulator.ts";

// In a file of its own: what the engine learns from other tests would blur it.

const TROUBLED: Path = {
  rate: 60e6,
  delay: 300,
  jitter: 200,
  queue: 100,
  limit: 200,
  loss: 0.03,
  bursts: { toBad: 0.01, toGood: 0.3 },
  reorder: 0.05,
  duplicate: 0.05,
  corrupt: 0.05,
  red: { min: 2000, max: 20_000, weight: 0.1 },
};

Deno.test("Simulator makes no garbage over a million packets", () => {
  const net = new Simulator({ origin: 2 ** 41 });
  const left = net.link({ path: TROUBLED });
  const right = net.link({ path: TROUBLED });
  net.join([left.b, right.a]);
  let octets = 0;
  const write = (packet: Packet) => {
    packet.resize(200);
    packet.memory.view.setUint16(packet.start, 0xffff);
    packet.memory.view.setUint16(packet.start + 12, 0x0800);
    packet.memory.view.setUint16(packet.start + 14, 0x4501);
    packet.queue();
  };
  const look = (packet: Packet) => {
    octets += packet.length;
  };
  assertSteady(64, () => {
    left.a.tx(32, write);
    right.b.tx(32, write);
    const end = net.now + 1000;
    for (let i = 0; i < 200 && net.now < end; i++) {
      net.step(end);
      left.a.rx(64, look);
      right.b.rx(64, look);
    }
  });
  assert(octets > 1e7);
  // Behind the first link no queue builds up.
  for (const one of [left.counters[0], right.counters[1]]) {
    assert(one.get("marked") > 1000 && one.get("droppedEarly") === 0);
  }
});

Deno.test("Simulator records with no more garbage than a time for each", () => {
  let octets = 0;
  const net = new Simulator({ origin: 2 ** 41 });
  const { a, b } = net.link({
    capture: ({ length }) => void (octets += length),
  });
  const write = (packet: Packet) => {
    packet.resize(200);
    packet.queue();
  };
  const look = (packet: Packet) => void packet.length;
  // Each packet is recorded at both ends, and the sink gets some pieces.
  const left = leftOver(64, () => {
    a.tx(64, write);
    b.rx(64, look);
  });
  assert(left < 2 * 16 + 4, `one packet leaves ${left} octets`);
  assert(octets > 1e8);
});
