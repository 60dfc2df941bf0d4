import { assert, assertEquals } from "@std/assert";
import {
  addr,
  arpReply,
  icmpError,
  icmpMessage,
  ipFrame,
  lines,
  OWN,
  peer,
  TestHost,
} from "../_host_test_util.ts";
import { Ping, type PingOptions } from "./mod.ts";

const SECOND = 1_000_000;

function begin(options: Partial<PingOptions> = {}): {
  host: TestHost;
  ping: Ping;
  heard: string[];
  advance(time: number): Uint8Array[];
} {
  const host = new TestHost();
  host.know(2);
  const heard: string[] = [];
  const ping = new Ping(host.icmp, {
    destination: peer(2),
    identifier: 7,
    answered: (sequence, rtt, ttl, octets) =>
      heard.push(`${sequence}: ${rtt} µs ttl ${ttl}, ${octets} octets`),
    lost: (sequence) => heard.push(`${sequence}: lost`),
    ...options,
  });
  host.add(host.icmp.send(ping));
  const advance = (time: number) => {
    const sent: Uint8Array[] = [];
    for (;;) {
      sent.push(...host.turn());
      const next = ping.nextDeadline(host.now);
      assert(next > host.now, `due at ${next} but nothing happens`);
      if (next > time) break;
      host.now = next;
    }
    host.now = time;
    return sent;
  };
  return { host, ping, heard, advance };
}

/** The answer of 192.0.2.2 to a request that the host sent. */
function answer(request: Uint8Array, ttl = 60): Uint8Array {
  const view = new DataView(request.buffer);
  const data = request.subarray(42);
  return ipFrame(1, icmpMessage(0, 0, view.getInt32(38), data), { ttl });
}

Deno.test("RFC 1122 3.2.2.6 Ping asks, measures and ends", () => {
  const { host, ping, heard, advance } = begin({ count: 3 });
  for (let i = 0; i < 3; i++) {
    const [request] = advance(i * SECOND);
    assertEquals(lines([request!]), [
      `IP 192.0.2.1 > 192.0.2.2: ICMP echo request, id 7, seq ${
        i + 1
      }, length 64`,
    ]);
    host.now += 100 * (i + 1);
    host.inject(answer(request!));
  }
  assertEquals(heard, [
    "1: 100 µs ttl 60, 64 octets",
    "2: 200 µs ttl 60, 64 octets",
    "3: 300 µs ttl 60, 64 octets",
  ]);
  assert(ping.done);
  assertEquals([ping.sent, ping.received, ping.duplicates], [3, 3, 0]);
  assertEquals([ping.minimum, ping.mean, ping.maximum], [100, 200, 300]);
  assertEquals(Math.round(ping.deviation), 82);
  assertEquals(ping.nextDeadline(host.now), Infinity);
  assertEquals(host.icmp.counters.get("repliesDelivered"), 3);
});

Deno.test("Ping gives requests up, and wakes for nothing else", () => {
  const { ping, heard, advance } = begin({
    count: 3,
    interval: SECOND,
    timeout: 2.5 * SECOND,
  });
  assertEquals(advance(2 * SECOND).length, 3);
  assertEquals(heard, []);
  advance(2.5 * SECOND);
  assertEquals(heard, ["1: lost"]);
  advance(9 * SECOND);
  assertEquals(heard, ["1: lost", "2: lost", "3: lost"]);
  assert(ping.done);
  assertEquals(ping.nextDeadline(0), Infinity);
});

Deno.test("Ping counts each answer once, and late ones not at all", () => {
  const { host, ping, heard, advance } = begin({ timeout: 5 * SECOND });
  const [first] = advance(0);
  host.inject(answer(first!));
  host.inject(answer(first!));
  assertEquals([ping.received, ping.duplicates], [1, 1]);
  const [second] = advance(SECOND);
  advance(7 * SECOND);
  host.inject(answer(second!));
  assertEquals(ping.received, 1);
  assertEquals(heard[1], "2: lost");
});

Deno.test("Ping believes nobody else, and nothing it did not ask", () => {
  const { host, ping, advance } = begin();
  const [request] = advance(0);
  const reply = (rest: number, from: number) =>
    host.inject(ipFrame(1, icmpMessage(0, 0, rest), { from }));
  reply(7 << 16 | 1, 3);
  reply(8 << 16 | 1, 2);
  reply(7 << 16 | 0, 2);
  reply(7 << 16 | 2, 2);
  reply(7 << 16 | 0xffff, 2);
  assertEquals(ping.received, 0);
  assertEquals(host.icmp.counters.get("droppedUnknown"), 2);
  host.inject(answer(request!));
  assertEquals(ping.received, 1);
});

Deno.test("Ping goes on past 65,536 requests", () => {
  const { host, ping } = begin({ interval: 10, timeout: 1000, size: 0 });
  for (let i = 0; i < 66_000; i++) {
    host.now = 10 * i;
    const [request] = host.turn();
    host.device.inject(answer(request!));
    host.device.inject(arpReply(2));
    host.turn();
  }
  assertEquals([ping.sent, ping.received, ping.duplicates], [
    66_000,
    66_000,
    0,
  ]);
});

Deno.test("Ping waits where a thousand requests are under way", () => {
  const { host, ping, heard } = begin({
    interval: 1,
    timeout: 100 * SECOND,
    size: 0,
  });
  for (let i = 0; i < 2000; i++) {
    host.now = i;
    host.inject(arpReply(2));
  }
  assertEquals(ping.sent, 1024);
  assertEquals(ping.nextDeadline(host.now), 100 * SECOND);
  host.now = 100 * SECOND;
  host.turn();
  assertEquals(heard.length, 1);
});

Deno.test("Ping says what cannot be sent", () => {
  const { ping, advance } = begin({
    destination: addr("203.0.113.1"),
    count: 2,
  });
  assertEquals(advance(20 * SECOND), []);
  assertEquals([ping.sent, ping.unsendable, ping.done], [2, 2, true]);
});

Deno.test("RFC 1122 3.2.2 Ping hears of errors about its requests", () => {
  const failed: number[][] = [];
  const { host, ping, advance } = begin({
    failed: (sequence, { type, code }) => failed.push([sequence, type, code]),
  });
  const [request] = advance(0);
  const quote = request!.subarray(14, 42);
  host.inject(icmpError(11, 0, quote, 0, { from: 3 }));
  host.inject(icmpError(3, 1, quote, 0, { from: 3 }));
  // About another's request, or none.
  const other = quote.slice();
  other[25] = 8;
  host.inject(icmpError(3, 1, other));
  const later = quote.slice();
  later[27] = 2;
  host.inject(icmpError(3, 1, later));
  const reply = quote.slice();
  reply[20] = 0;
  host.inject(icmpError(3, 1, reply));
  assertEquals(failed, [[1, 11, 0], [1, 3, 1]]);
  assertEquals(ping.errors, 2);
  assertEquals(host.icmp.counters.get("errorsUnclaimed"), 3);
  // Whoever made them up gains nothing.
  host.inject(answer(request!));
  assertEquals(ping.received, 1);
});

Deno.test("A87 callbacks of a Ping that throw are contained", () => {
  const fail = () => {
    throw new Error("mine");
  };
  const { host, ping } = begin({
    answered: fail,
    lost: fail,
    failed: fail,
    timeout: SECOND / 2,
  });
  const [request] = host.turn();
  host.inject(icmpError(3, 1, request!.subarray(14, 42)));
  host.inject(answer(request!));
  host.now = SECOND;
  host.turn();
  host.now = 2 * SECOND;
  host.turn();
  assertEquals([ping.sent, ping.received], [3, 1]);
  assertEquals(host.icmp.counters.get("handlerThrew"), 3);
});

Deno.test("Ping of the host itself is answered through the loop", () => {
  const { ping, advance } = begin({ destination: OWN, count: 2 });
  assertEquals(advance(2 * SECOND), []);
  assertEquals([ping.sent, ping.received], [2, 2]);
});

Deno.test("Ping that was stopped hears no more", () => {
  const { host, ping, advance } = begin();
  const [request] = advance(0);
  ping.stop();
  ping.stop();
  host.inject(answer(request!));
  assertEquals(ping.received, 0);
});
