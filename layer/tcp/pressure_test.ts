import { assert, assertEquals } from "@std/assert";
import {
  address,
  KEY,
  Peer,
  Rig,
  type Said,
  SECOND,
  User,
} from "./_host_test_util.ts";
import { Sources } from "./sources.ts";
import { EphemeralPorts } from "../ports.ts";

/** An address of another network for each number. */
function stranger(i: number): number {
  return (0x0a000001 + (i << 8)) | 0;
}

/** A request from port 1024 + `i` of an address. */
function ask(rig: Rig, source: number, i = 0): Said[] {
  rig.put(new Peer(rig, { port: 1024 + i }).make("S", { source }));
  return rig.turn();
}

Deno.test("Sources counts what addresses and networks hold, never too little (A31)", () => {
  const sources = new Sources(64, KEY);
  const truth = new Map<string, number>();
  const change = (remote: number, share: number, by: number) => {
    sources.add(remote, share, by);
    for (const key of [`${remote} ${share}`, `${remote >> 8}/24 ${share}`]) {
      truth.set(key, (truth.get(key) ?? 0) + by);
    }
  };
  const held: [number, number][] = [];
  for (let i = 0; i < 4000; i++) {
    const remote = Math.imul(i, 0x9e3779b1) >> (i % 3 === 0 ? 20 : 8);
    if (held.length < 64) {
      held.push([remote, i % 2]);
      change(remote, i % 2, 1);
    } else {
      const [other, share] = held.splice(i % 64, 1)[0]!;
      change(other, share, -1);
    }
    for (const [other, share] of held.slice(-4)) {
      assert(sources.address(other, share) >= truth.get(`${other} ${share}`)!);
      const network = truth.get(`${other >> 8}/24 ${share}`)!;
      assert(sources.network(other, share) >= network);
    }
  }
  for (const [remote, share] of held) change(remote, share, -1);
  for (const [remote, share] of held) {
    assertEquals(sources.address(remote, share), 0);
    assertEquals(sources.network(remote, share), 0);
  }
});

Deno.test("A47 one address has a quarter of the rows, its network half of them", () => {
  const rig = new Rig({ halfOpen: 64, connections: 32 });
  const { users, listener } = rig.serve({ backlog: 32 });
  for (let i = 0; i < 100; i++) ask(rig, stranger(0), i);
  assertEquals(listener.pending, 8);
  assertEquals(rig.count("sourceLimited"), 92);
  for (let i = 0; i < 100; i++) ask(rig, stranger(0) + 1 + i, i);
  assertEquals(listener.pending, 16);
  // Others have rows, and whoever has none has a cookie.
  for (let i = 0; i < 16; i++) ask(rig, stranger(1 + i), i);
  assertEquals(listener.pending, 32);
  assertEquals(rig.count("requests"), 216);
  assertEquals(rig.count("cookiesSent"), 216 - 32);
  new Peer(rig, { port: 5000 }).open();
  assertEquals(users.length, 1);
  // What is given up is taken off.
  rig.pass(100 * SECOND);
  assertEquals(rig.count("halfOpenExpired"), 32);
  for (let i = 0; i < 100; i++) ask(rig, stranger(0), i);
  assertEquals(listener.pending, 8);
});

Deno.test("A47 shares of sources can be chosen, and end with their rows", () => {
  const rig = new Rig({ connections: 32 });
  const { listener } = rig.serve({
    backlog: 16,
    backlogPerSource: 3,
    backlogPerNetwork: 5,
  });
  for (let i = 0; i < 10; i++) ask(rig, address(2), i);
  assertEquals(listener.pending, 3);
  for (let i = 0; i < 10; i++) ask(rig, address(3), i);
  assertEquals(listener.pending, 5);
  const peer = new Peer(rig, { port: 1024 });
  peer.irs = 0;
  rig.tcp.unlisten(listener);
  const again = rig.serve({ backlog: 16, backlogPerSource: 3 }).listener;
  for (let i = 0; i < 10; i++) ask(rig, address(2), i);
  assertEquals(again.pending, 3);
});

Deno.test("A54 one address has as many connections as the listener gives it, and no more", () => {
  const rig = new Rig({ connections: 16 });
  const { users } = rig.serve({ perSource: 2, perNetwork: 5 });
  const peers = [2, 2, 2, 3, 3, 4, 4].map((n, i) => {
    const peer = new Peer(rig, { n, port: 4000 + i });
    peer.put("S");
    const said = rig.turn();
    if (said.length > 0) {
      peer.hear(said);
      peer.say(".");
    }
    return peer;
  });
  // Two of .2, two of .3, and one of .4: then the network has its share.
  assertEquals(users.length, 5);
  assertEquals(rig.count("droppedSource"), 2);
  // 10.0.0.1 is another network.
  ask(rig, stranger(0));
  assertEquals(rig.tcp.halfOpen, 1);
  // Whoever gives one back may have one.
  peers[0]!.say("R");
  assertEquals(users[0]!.reason, "reset");
  new Peer(rig, { n: 2, port: 5000 }).open();
  assertEquals(users.length, 6);
});

Deno.test("A54 a share that is used up meanwhile holds the last ACK back, and SYN,ACK comes again", () => {
  const rig = new Rig();
  const { users } = rig.serve({ perSource: 1 });
  const [first, second] = [4000, 4001].map((port) => {
    const peer = new Peer(rig, { port });
    peer.say("S");
    return peer;
  });
  first!.say(".");
  second!.say(".");
  assertEquals(users.length, 1);
  assertEquals(second!.hear(rig.pass(SECOND)), ["S. 0 ack 1"]);
  first!.say("R");
  second!.say(".");
  assertEquals(users.length, 2);
});

Deno.test("Endpoint.accept() takes connections in turn; beyond acceptBacklog handshakes wait", () => {
  const rig = new Rig();
  const { users, listener } = rig.serve({ acceptBacklog: 2 });
  const peers = [0, 1, 2, 3].map((i) => {
    const peer = new Peer(rig, { port: 4000 + i });
    peer.say("S");
    return peer;
  });
  for (const peer of peers) peer.say(".");
  assertEquals(users.length, 2);
  assertEquals(listener.waiting, 2);
  assertEquals(rig.count("droppedAccept"), 2);
  // Requests are not answered, so that others are asked.
  assertEquals(new Peer(rig, { port: 5000 }).say("S"), []);
  // What came before the user takes it is received.
  peers[0]!.say("P.", { data: "early" });
  assertEquals(users[0]!.read(), "early");
  const c = rig.tcp.accept(listener);
  assertEquals(c, users[0]!.c);
  // SYN,ACK comes again, and then there is room.
  assertEquals(peers[2]!.hear(rig.pass(SECOND)), ["S. 0 ack 1"]);
  peers[2]!.say(".");
  assertEquals(users.length, 3);
  assertEquals(rig.tcp.accept(listener), users[1]!.c);
  assertEquals(rig.tcp.accept(listener), users[2]!.c);
  assertEquals(rig.tcp.accept(listener), undefined);
});

Deno.test("a connection that ends before it is taken leaves the queue", () => {
  const rig = new Rig();
  const { users, listener } = rig.serve({ acceptBacklog: 3 });
  const peers = [0, 1, 2].map((i) => {
    const peer = new Peer(rig, { port: 4000 + i });
    peer.open();
    return peer;
  });
  peers[1]!.say("R");
  assertEquals(listener.waiting, 2);
  assertEquals(rig.tcp.accept(listener), users[0]!.c);
  peers[2]!.say("R");
  assertEquals(rig.tcp.accept(listener), undefined);
  new Peer(rig, { port: 5000 }).open();
  assertEquals(rig.tcp.accept(listener), users[3]!.c);
});

Deno.test("unlisten() resets what nobody has taken (RFC 9293 3.10.4)", () => {
  const rig = new Rig();
  const { users, listener } = rig.serve({ acceptBacklog: 3 });
  const [taken, waiting] = [0, 1].map((i) => {
    const peer = new Peer(rig, { port: 4000 + i });
    peer.open();
    return peer;
  });
  rig.tcp.accept(listener);
  rig.tcp.unlisten(listener);
  const said = rig.turn();
  assertEquals(taken!.hear(said), []);
  assertEquals(waiting!.hear(said), ["R. 1 ack 1"]);
  assertEquals(users[1]!.reason, "aborted");
  taken!.say("P.", { data: "lives" });
  assertEquals(users[0]!.read(), "lives");
});

Deno.test("without SYN cookies what finds no row is dropped and counted", () => {
  const rig = new Rig({ tuning: { synCookies: false } });
  rig.serve({ backlog: 1 });
  ask(rig, stranger(0));
  assertEquals(ask(rig, stranger(1)), []);
  assertEquals(rig.count("droppedBacklog"), 1);
  assertEquals(rig.count("cookiesSent"), 0);
});

Deno.test("a cookie for a peer with timestamps forgets nothing (A48)", () => {
  const rig = new Rig();
  const { users } = rig.serve({ backlog: 0 });
  const peer = new Peer(rig);
  peer.put("S", { mss: 1380, scale: 9, sack: true, ts: [500, 0] });
  const [answer] = rig.turn();
  peer.note(answer!);
  const value = answer!.segment.options.timestampValue;
  // Neither without an echo nor with another.
  peer.say(".");
  peer.say(".", { ts: [501, value + 1] });
  assertEquals(users.length, 0);
  peer.say(".", { ts: [501, value] });
  const { c } = users[0]!;
  assertEquals(c.mss, 1368);
  assertEquals([c.sndScale, c.sackOn, c.tsOn], [9, true, true]);
  // Time goes on from there.
  users[0]!.write("x");
  const [first] = rig.turn();
  const passed = (first!.segment.options.timestampValue - value) | 0;
  assert(passed >= 0 && passed < 64, `${passed}`);
});

Deno.test("Tuning.synAckRetries and synRetries end handshakes sooner", () => {
  const rig = new Rig({ tuning: { synAckRetries: 2, synRetries: 3 } });
  rig.serve();
  ask(rig, address(2));
  const user = rig.connect(3);
  const [syn] = rig.turn();
  const said = rig.pass(60 * SECOND);
  const to = (n: number) =>
    said.filter((one) => one.destination === address(n))
      .map((one) => Math.round((one.at - syn!.at) / SECOND));
  assertEquals(to(2), [1, 3]);
  assertEquals(to(3), [1, 3, 7]);
  assertEquals(rig.tcp.halfOpen, 0);
  assertEquals(user.reason, "timeout");
});

Deno.test("Tuning.connectTimeout ends an attempt to connect", () => {
  const rig = new Rig({ tuning: { connectTimeout: 5 * SECOND } });
  const user = new User();
  rig.connect(3, {}, user);
  rig.pass(8 * SECOND);
  assertEquals(user.reason, "timeout");
});

Deno.test("A60 own ports to one peer do not follow each other (RFC 6056 3.3.5)", () => {
  const ports = new EphemeralPorts(KEY);
  const steps = new Set<number>();
  let last = 0;
  for (let i = 0; i < 200; i++) {
    ports.begin(1, 2, 3);
    const port = ports.next();
    if (i > 0) steps.add(((port - last) % 16_384 + 16_384) % 16_384);
    last = port;
  }
  assertEquals(
    [...steps].sort((a, b) => a - b),
    Array.from({ length: 16 }, (_, i) => i + 1),
  );
});

Deno.test("A63 A69 how many resets are left for one does not tell of those for another", () => {
  const left = new Set<number>();
  for (let n = 0; n < 16; n++) {
    const key = KEY.map((octet) => octet + n);
    const rig = new Rig({ key, resetRate: 100 });
    for (let i = 0; i < 300; i++) {
      rig.put(new Peer(rig, { port: 1024 + i }).make(".", { ack: i }));
      if (i % 50 === 49) rig.turn();
    }
    left.add(rig.count("resetsSent"));
    assert(rig.count("resetsSent") <= 100);
  }
  assert(left.size > 5, `${[...left]}`);
});

Deno.test("A55 beyond the limit of orphans one that only waits for FIN is reset, else the oldest", () => {
  const rig = new Rig({ orphans: 2 });
  const { users } = rig.serve();
  const peers = [0, 1, 2, 3].map((i) => {
    const peer = new Peer(rig, { port: 4000 + i });
    peer.open();
    users[i]!.c.close();
    const said = rig.turn();
    peer.hear(said);
    if (i === 1) peer.say(".");
    if (i === 2) {
      // The second has nothing left to send.
      assertEquals(resetTo(said, 4001), ["R. 2 ack 1"]);
      assertEquals(users[1]!.reason, "aborted");
    }
    if (i === 3) assertEquals(resetTo(said, 4000), ["R. 2 ack 1"]);
    return peer;
  });
  function resetTo(said: readonly Said[], port: number): string[] {
    const peer = new Peer(rig, { port });
    peer.irs = said.find((one) => one.segment.destinationPort === port)!
          .segment.sequence - 2 | 0;
    return peer.hear(said);
  }
  assertEquals(rig.count("orphansReset"), 2);
  assertEquals(rig.tcp.orphans, 2);
  for (const peer of peers.slice(2)) peer.say("F.");
  assertEquals(rig.tcp.orphans, 0);
  assertEquals(rig.tcp.available, 8);
});

Deno.test("A55 orphans end by themselves, whatever their peers do", () => {
  const rig = new Rig();
  const { users } = rig.serve();
  // One never acknowledges FIN, one never sends its own, one has no window.
  for (let i = 0; i < 3; i++) {
    const peer = new Peer(rig, { port: 4000 + i });
    peer.put("S");
    peer.hear();
    peer.say(".", { window: i === 2 ? 0 : 1000 });
    if (i === 2) users[i]!.write("never wanted");
    users[i]!.c.close();
    peer.hear();
    if (i === 1) peer.say(".");
  }
  assertEquals(rig.tcp.orphans, 3);
  rig.pass(1000 * SECOND);
  assertEquals(users.map(({ reason }) => reason), Array(3).fill("timeout"));
  assertEquals(rig.tcp.orphans, 0);
  assertEquals(rig.tcp.available, 8);
});

Deno.test("without room for orphans close() resets", () => {
  const rig = new Rig({ orphans: 0 });
  const { users } = rig.serve();
  const peer = new Peer(rig);
  peer.open();
  users[0]!.c.close();
  assertEquals(peer.hear(), ["R. 1 ack 1"]);
  assertEquals(rig.tcp.available, 8);
});
