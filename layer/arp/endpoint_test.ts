import { assert, assertEquals } from "@std/assert";
import { Address } from "@ethox/wire/ethernet";
import {
  addr,
  arpFrame,
  arpReply,
  EVERYBODY,
  hardware,
  join,
  lines,
  peer,
  ping,
  pong,
  reachable,
  TestHost,
  udpFrame,
} from "../_host_test_util.ts";
import { nameOfState } from "./cache.ts";
import { Cidr } from "@ethox/wire/ipv4";

const SECOND = 1_000_000;

function stateOf(host: TestHost, n: number): string {
  const entry = host.arp.cache.find(peer(n));
  return entry < 0 ? "none" : nameOfState(host.arp.cache.state[entry]!);
}

function hardwareOf(host: TestHost, n: number): string {
  const { cache } = host.arp;
  const entry = cache.find(peer(n));
  return entry < 0
    ? "none"
    : new Address(cache.high[entry]!, cache.low[entry]!).toString();
}

function who(n: number): string {
  return `ARP, Request who-has 192.0.2.${n} tell 192.0.2.1, length 28`;
}

Deno.test("ARP answers a question for us in place (RFC 826)", () => {
  const host = new TestHost();
  assertEquals(host.hear(arpFrame(2, { to: Address.BROADCAST })), [
    "ARP, Reply 192.0.2.1 is-at 02:00:00:00:00:01, length 28",
  ]);
  const [answer] = host.inject(arpFrame(3));
  // To the one who asked, from us.
  assertEquals(
    [...answer!.subarray(0, 14)],
    [2, 0, 0, 0, 0, 3, 2, 0, 0, 0, 0, 1, 8, 6],
  );
  assertEquals(host.hear(arpFrame(2, { target: peer(9) })), []);
  assertEquals(host.arp.counters.get("repliesSent"), 2);
});

Deno.test("ARP answers later where the device cannot answer in place", () => {
  const host = new TestHost();
  host.device.answers = "illegal";
  const asked = [2, 3, 2, 4].map((n) => arpFrame(n));
  const answers = host.inject(asked).map((octets) => octets[5]!);
  assertEquals(answers.sort(), [2, 3, 4]);
  assertEquals(host.arp.counters.get("repliesSent"), 3);
  // A flood of questions is remembered as far as there is room.
  const many = Array.from({ length: 40 }, (_, n) => arpFrame(10 + n));
  assertEquals(host.inject(many).length, 16);
  assertEquals(host.arp.counters.get("answersDropped"), 24);
  host.device.answers = "queued";
  assert(reachable(host));
});

Deno.test("ARP goes from incomplete by failed to nothing, with back-off", () => {
  const host = new TestHost();
  assertEquals(host.say({ destination: peer(9) }).failure, undefined);
  assertEquals(stateOf(host, 9), "incomplete");
  // Asked at 0, and after 1 and 3 s; given up after 7 s.
  assertEquals(host.run(6.9 * SECOND), [
    `1000 ${who(9)}`,
    `3000 ${who(9)}`,
  ]);
  assertEquals(host.run(7.1 * SECOND), []);
  assertEquals(stateOf(host, 9), "failed");
  assertEquals(host.arp.counters.get("failed"), 1);
  assertEquals(host.arp.counters.get("pendingUnanswered"), 1);
  // For a while nobody asks again.
  assertEquals(host.say({ destination: peer(9) }), {
    failure: "unreachable",
    lines: [],
  });
  assertEquals(host.run(27.1 * SECOND), []);
  assertEquals(stateOf(host, 9), "none");
  assertEquals(host.say({ destination: peer(9) }).lines, [who(9)]);
});

Deno.test("ARP goes from reachable by stale and probe back to reachable", () => {
  const host = new TestHost();
  host.know(2);
  assertEquals(stateOf(host, 2), "reachable");
  assertEquals(host.run(31 * SECOND), []);
  assertEquals(stateOf(host, 2), "stale");
  // A stale entry is used at once, and asked beside.
  const { frames } = host.sayFrames({ destination: peer(2) });
  assertEquals(lines(frames), [
    "IP 192.0.2.1.1000 > 192.0.2.2.2000: UDP, length 0",
    who(2),
  ]);
  assertEquals(stateOf(host, 2), "probe");
  // RFC 1122 section 2.3.2.1 (2): the question goes to the one we know.
  assertEquals(frames[1]![5], 2);
  host.inject(arpReply(2));
  assertEquals(stateOf(host, 2), "reachable");
});

Deno.test("ARP forgets a stale entry that nobody uses (RFC 1122 2.3.2.1)", () => {
  const host = new TestHost();
  host.know(2);
  host.run(629 * SECOND);
  assertEquals(stateOf(host, 2), "stale");
  host.run(631 * SECOND);
  assertEquals(stateOf(host, 2), "none");
  const short = new TestHost({
    arp: { reachableTime: 2 * SECOND, staleTime: 3 * SECOND },
  });
  short.know(2);
  short.run(2.1 * SECOND);
  assertEquals(stateOf(short, 2), "stale");
  short.run(5.1 * SECOND);
  assertEquals(stateOf(short, 2), "none");
});

Deno.test("ARP asks everybody once a probed neighbour is silent", () => {
  const host = new TestHost();
  host.know(2);
  host.run(31 * SECOND);
  host.say({ destination: peer(2) });
  const [...said] = host.run(34.5 * SECOND);
  assertEquals(said.length, 3);
  assertEquals(stateOf(host, 2), "incomplete");
  // Then the neighbour may have a new address.
  host.inject(arpReply(2, { senderHardware: hardware(0x22) }));
  assertEquals(stateOf(host, 2), "reachable");
  assertEquals(hardwareOf(host, 2), "02:00:00:00:00:22");
});

Deno.test("RFC 1122 2.3.2.1 ARP asks for one address once a second at most", () => {
  const host = new TestHost();
  let asked = 0;
  for (let i = 0; i < 100; i++) {
    host.now = i * 30_000;
    asked += host.say({ destination: peer(9) }).lines.length;
  }
  assertEquals(asked, 2);
});

Deno.test("RFC 1122 2.3.2.2 ARP keeps the latest datagrams for a neighbour", () => {
  const host = new TestHost();
  for (let i = 1; i <= 6; i++) {
    const { failure } = host.say({ destination: peer(9), sourcePort: i });
    assertEquals(failure, undefined);
  }
  const { counters } = host.arp;
  assertEquals(counters.get("pendingQueued"), 6);
  assertEquals(counters.get("pendingReplaced"), 2);
  assertEquals(
    host.hear(arpReply(9)),
    [3, 4, 5, 6].map((port) =>
      `IP 192.0.2.1.${port} > 192.0.2.9.2000: UDP, length 0`
    ),
  );
});

Deno.test("RFC 1122 2.4 a missing ARP entry is not reported as unreachable", () => {
  const host = new TestHost();
  let errors = 0;
  host.udp.bind(1000, { receive() {}, icmpError: () => errors++ });
  assertEquals(host.say({ destination: peer(9) }).failure, undefined);
  assertEquals(host.say({ destination: peer(9) }).failure, undefined);
  host.run(60 * SECOND);
  assertEquals(errors, 0);
});

Deno.test("ARP shares the room for waiting datagrams among neighbours", () => {
  const host = new TestHost({ arp: { pending: 6 } });
  for (const n of [10, 11]) {
    for (let i = 0; i < 3; i++) host.say({ destination: peer(n) });
  }
  // One that comes late takes from those who have most.
  assertEquals(host.say({ destination: peer(12) }, "late").failure, undefined);
  assertEquals(host.arp.counters.get("pendingReplaced"), 1);
  assertEquals(host.hear(arpReply(12)), [
    "IP 192.0.2.1.1000 > 192.0.2.12.2000: UDP, length 4",
  ]);
  assertEquals(host.hear(arpReply(10)).length, 2);
  assertEquals(host.hear(arpReply(11)).length, 3);
});

Deno.test("ARP refuses a datagram larger than what may wait, and counts it", () => {
  const host = new TestHost({ arp: { pendingSize: 64 } });
  const said = host.say({ destination: peer(9) }, "x".repeat(200));
  assertEquals(said.failure, "exhausted");
  assertEquals(host.arp.counters.get("pendingRefused"), 1);
  assertEquals(host.ip.counters.get("sendFailed"), 1);
});

Deno.test("ARP loses what waits for a neighbour that made room, and counts it", () => {
  const host = new TestHost({ arp: { wanted: 2 } });
  for (const n of [10, 11, 12]) host.say({ destination: peer(n) });
  assertEquals(host.arp.counters.get("evicted"), 1);
  assertEquals(host.arp.counters.get("pendingEvicted"), 1);
  assertEquals(host.hear(arpReply(10)), []);
  assertEquals(host.hear(arpReply(12)).length, 1);
});

Deno.test("ARP takes a request for us as news of who asks (RFC 826)", () => {
  const host = new TestHost();
  host.inject(arpFrame(2));
  assertEquals(stateOf(host, 2), "stale");
  // And as the answer to what waits.
  host.say({ destination: peer(3) });
  assertEquals(host.hear(arpFrame(3)).length, 2);
  assertEquals(stateOf(host, 3), "stale");
  // Not of who asks for others.
  host.inject(arpFrame(4, { target: peer(9) }));
  assertEquals(stateOf(host, 4), "none");
});

Deno.test("ARP hears again of a failed neighbour that asks for us", () => {
  const host = new TestHost();
  host.say({ destination: peer(9) });
  host.run(8 * SECOND);
  assertEquals(stateOf(host, 9), "failed");
  host.inject(arpFrame(9));
  assertEquals(stateOf(host, 9), "stale");
  assert(reachable(host, 9));
});

Deno.test("ARP answers a probe and learns nothing from it (RFC 5227 2.1.1)", () => {
  const host = new TestHost();
  const heard = host.hear(arpFrame(2, { sender: 0 }));
  assertEquals(heard, [
    "ARP, Reply 192.0.2.1 is-at 02:00:00:00:00:01, length 28",
  ]);
  assertEquals(host.arp.cache.size, 0);
});

Deno.test("ARP counts who claims our address and does not believe it", () => {
  const host = new TestHost();
  host.inject(arpFrame(2, { sender: addr("192.0.2.1") }));
  host.inject(arpReply(2, { sender: addr("192.0.2.1") }));
  assertEquals(host.arp.counters.get("conflicts"), 2);
  assertEquals(host.arp.cache.size, 0);
});

Deno.test("A38 ARP poisoning: an unsolicited reply does not replace an entry", () => {
  const host = new TestHost();
  host.know(2);
  const evil = arpReply(2, { senderHardware: hardware(0x66) });
  host.inject(evil);
  assertEquals(hardwareOf(host, 2), "02:00:00:00:00:02");
  // The one we know is asked, and says that it is there.
  assertEquals(stateOf(host, 2), "probe");
  host.inject(evil);
  host.inject(arpReply(2));
  assertEquals(stateOf(host, 2), "reachable");
  assertEquals(hardwareOf(host, 2), "02:00:00:00:00:02");
  assertEquals(host.arp.counters.get("unsolicited"), 2);
  // Nobody can enter one whom nobody asked for.
  host.inject(arpReply(5));
  assertEquals(stateOf(host, 5), "none");
  // A claim to all, likewise.
  host.inject(arpFrame(6, { target: peer(6), to: Address.BROADCAST }));
  assertEquals(stateOf(host, 6), "none");
});

Deno.test("A38 ARP poisoning: what gratuitous ARP does is a policy", () => {
  const claim = arpFrame(2, {
    senderHardware: hardware(0x66),
    target: peer(2),
    to: Address.BROADCAST,
  });
  const outcomes = (["ignore", "probe", "accept"] as const).map(
    (gratuitous) => {
      const host = new TestHost({ arp: { gratuitous } });
      host.know(2);
      host.inject(claim);
      return [stateOf(host, 2), hardwareOf(host, 2)];
    },
  );
  assertEquals(outcomes, [
    ["reachable", "02:00:00:00:00:02"],
    ["probe", "02:00:00:00:00:02"],
    ["stale", "02:00:00:00:00:66"],
  ]);
});

Deno.test("A38 ARP poisoning: an answer to no question confirms nothing", () => {
  const host = new TestHost();
  host.inject(arpFrame(2));
  host.inject(arpReply(2));
  assertEquals(stateOf(host, 2), "stale");
  assertEquals(host.arp.counters.get("resolved"), 0);
});

Deno.test("A12 ARP with wrong lengths, types and operations is dropped", () => {
  const host = new TestHost();
  const good = arpFrame(2);
  const spoil = (at: number, octet: number) => {
    const bad = good.slice();
    bad[14 + at] = octet;
    return bad;
  };
  const bad = [
    spoil(4, 0),
    spoil(4, 5),
    spoil(4, 255),
    spoil(5, 0),
    spoil(5, 16),
    spoil(5, 255),
    spoil(1, 6),
    spoil(3, 1),
    spoil(7, 0),
    spoil(7, 3),
    spoil(7, 8),
    spoil(6, 255),
    good.slice(0, 14),
    good.slice(0, 20),
    good.slice(0, 41),
  ];
  assertEquals(host.inject(bad), []);
  assertEquals(host.arp.counters.get("droppedMalformed"), bad.length);
  assertEquals(host.arp.cache.size, 0);
  // Padding of the frame does no harm.
  assertEquals(host.hear(join(good, new Uint8Array(18))).length, 1);
});

Deno.test("ethox 5.1 #4 ARP ignores senders that are no host", () => {
  const host = new TestHost();
  const senders = [
    { sender: addr("255.255.255.255") },
    { sender: EVERYBODY },
    { sender: addr("224.0.0.1") },
    { sender: addr("127.0.0.1") },
    { sender: addr("0.1.2.3") },
    { sender: addr("240.0.0.1") },
    { senderHardware: Address.BROADCAST },
    { senderHardware: new Address(0x0100, 0x5e000001) },
    { senderHardware: new Address(0, 0) },
    { senderHardware: hardware(1) },
  ];
  for (const fields of senders) {
    assertEquals(host.hear(arpFrame(2, fields)), []);
    assertEquals(host.hear(arpReply(2, fields)), []);
  }
  assertEquals(host.arp.counters.get("droppedSender"), 2 * senders.length);
  assertEquals(host.arp.cache.size, 0);
  assert(reachable(host));
});

Deno.test("ethox 5.1 #8 traffic does not change a static entry", () => {
  const host = new TestHost({ arp: { gratuitous: "accept" } });
  assertEquals(host.arp.pin(peer(2), 0x0200, 0x77), undefined);
  const forged = { senderHardware: hardware(0x66) };
  host.inject([
    arpFrame(2, forged),
    arpReply(2, forged),
    arpFrame(2, { ...forged, target: peer(2) }),
  ]);
  assertEquals(host.arp.counters.get("staticKept"), 3);
  host.run(3600 * SECOND);
  assertEquals(hardwareOf(host, 2), "02:00:00:00:00:77");
  assertEquals(stateOf(host, 2), "static");
  const { frames } = host.sayFrames({ destination: peer(2) });
  assertEquals(frames.map((octets) => octets[5]), [0x77]);
  // Only the user can.
  assertEquals(host.arp.forget(peer(2)), undefined);
  assertEquals(host.arp.forget(peer(2)), "illegal");
  assertEquals(host.say({ destination: peer(2) }).lines, [who(2)]);
});

Deno.test("ARP sends what waited once its neighbour is pinned", () => {
  const host = new TestHost();
  host.say({ destination: peer(2) }, "hello");
  host.arp.pin(peer(2), 0x0200, 0x77);
  assertEquals(host.run(60 * SECOND), [
    "0 IP 192.0.2.1.1000 > 192.0.2.2.2000: UDP, length 5",
  ]);
});

Deno.test("ARP pins as many neighbours as it can know, and no more", () => {
  const host = new TestHost({ arp: { known: 3, wanted: 2, heard: 2 } });
  for (const n of [2, 3, 4]) {
    assertEquals(host.arp.pin(peer(n), 0x0200, n), undefined);
  }
  assertEquals(host.arp.pin(peer(5), 0x0200, 5), "exhausted");
  // Others are still resolved.
  host.know(6);
  assert(reachable(host, 6));
  assertEquals(host.arp.pin(peer(6), 0x0200, 6), "exhausted");
  for (const n of [2, 3, 4]) assertEquals(stateOf(host, n), "static");
  for (let n = 7; n < 100; n++) host.know(n);
  for (const n of [2, 3, 4]) {
    assertEquals(hardwareOf(host, n), hardware(n).toString());
  }
});

Deno.test("ethox 5.1 #1 one spoofed ping does not mute the host", () => {
  const host = new TestHost();
  host.know(2);
  assertEquals(host.hear(ping(1, { from: 200 })), [who(200)]);
  // Unresolved, asked again, given up: others are served all the while.
  for (let second = 1; second < 60; second++) {
    host.now = second * SECOND;
    const heard = host.hear(ping(second));
    assert(heard.includes(pong(second)), `mute after ${second} s`);
    assertEquals(host.say({ destination: peer(2) }).failure, undefined);
    host.inject(arpReply(2));
  }
  assertEquals(stateOf(host, 200), "none");
  assert(reachable(host));
});

Deno.test("a send to an unresolved neighbour does not mute the host", () => {
  const host = new TestHost();
  host.know(2);
  host.say({ destination: peer(201) });
  assert(reachable(host));
  const said = host.say({ destination: peer(2) });
  assertEquals(said.lines, [
    "IP 192.0.2.1.1000 > 192.0.2.2.2000: UDP, length 0",
  ]);
  host.run(10 * SECOND);
  assert(reachable(host));
});

Deno.test("A37 ARP cache exhaustion: entries in use survive sweeps of a /16", () => {
  const host = new TestHost({
    ip: { addresses: [Cidr.parse("10.0.0.1/16")] },
    arp: { known: 16, wanted: 8, heard: 8 },
  });
  const live = addr("10.0.0.2");
  const own = addr("10.0.0.1");
  const from = { source: live, destination: own, from: 2 };
  host.inject(arpFrame(2, { sender: live, target: own }));
  host.inject(ping(0, from));
  host.inject(arpReply(2, { sender: live, target: own }));
  let answered = 0;
  let asked = 0;
  const net = addr("10.0.0.0");
  for (let i = 3; i < 65535; i++) {
    // It asks, pings, and answers what we ask: all that a stranger can do.
    const sender = net + i;
    const fields = { sender, target: own };
    const sweep = { source: sender, destination: own, from: 0x666 };
    host.inject([
      arpFrame(0x666, fields),
      ping(1, sweep),
      ...(i % 2 === 0 ? [arpReply(0x666, fields)] : []),
    ]);
    if (i % 8 !== 0) continue;
    const frames = host.inject(ping(2, from));
    for (const line of lines(frames)) {
      if (
        line ===
          "IP 10.0.0.1 > 10.0.0.2: ICMP echo reply, id 7, seq 2, length 12"
      ) {
        answered++;
      }
      if (line.startsWith("ARP, Request who-has 10.0.0.2 ")) asked++;
    }
  }
  assertEquals(answered, 8191);
  assertEquals(asked, 0);
  const { cache } = host.arp;
  assert(cache.size <= cache.capacity);
  const entry = cache.find(live);
  assertEquals(cache.low[entry], 2);
});

Deno.test("ethox 5.1 #11 spoofed pings do not drive out neighbours", () => {
  const host = new TestHost();
  for (let n = 2; n < 34; n++) host.know(n);
  for (let i = 40; i < 250; i++) host.inject(ping(1, { from: i }));
  for (let n = 2; n < 34; n++) assertEquals(stateOf(host, n), "reachable");
  // Of those that were asked for there are no more than agreed.
  assertEquals(host.arp.cache.size, 32 + 32);
});

Deno.test("ARP deadlines are when something happens, and no sooner", () => {
  const host = new TestHost();
  assertEquals(host.arp.nextDeadline(0), Infinity);
  for (let n = 2; n < 40; n++) {
    host.now = n * 12_345;
    host.say({ destination: peer(n) });
    if (n % 3 === 0) host.inject(arpReply(n));
    if (n % 3 === 1) host.inject(arpFrame(100 + n));
  }
  // TestHost.run throws where it wakes in vain again and again.
  host.run(24 * 3600 * SECOND);
  assertEquals(host.arp.nextDeadline(host.now), Infinity);
  assertEquals(host.arp.cache.size, 0);
});

Deno.test("A83 ARP survives a clock that jumps a day, or back", () => {
  const host = new TestHost();
  host.know(2);
  host.now = 24 * 3600 * SECOND;
  assert(reachable(host));
  host.now = 5;
  assert(reachable(host));
  host.say({ destination: peer(9) });
  host.run(48 * 3600 * SECOND);
  assertEquals(host.arp.cache.size, 0);
});

Deno.test("ARP backs off from a long time without overflow", () => {
  const host = new TestHost({ arp: { retransmitTime: 1e9 } });
  host.say({ destination: peer(9) });
  assertEquals(host.run(6.9e9).length, 2);
  assertEquals(stateOf(host, 9), "incomplete");
  host.run(7.01e9);
  assertEquals(stateOf(host, 9), "failed");
});

Deno.test("ARP in a frame for another host is not for us (promiscuous)", () => {
  const host = new TestHost();
  host.eth.promiscuous = true;
  assertEquals(host.hear(arpFrame(2, { to: hardware(9) })), []);
  assertEquals(host.hear(udpFrame(7, "x", { to: hardware(9) })), []);
  assertEquals(host.ip.counters.get("droppedOtherHost"), 2);
  assertEquals(host.arp.cache.size, 0);
});
