import { assert, assertEquals } from "@std/assert";
import * as wire from "@ethox/wire/tcp";
import {
  address,
  KEY,
  OWN,
  Peer,
  Rig,
  type Said,
  SECOND,
  User,
} from "./_host_test_util.ts";
import type { Failure } from "../failure.ts";
import { IsnGenerator } from "./isn.ts";
import * as state from "./state.ts";

/** A host that has asked 192.0.2.2, and the peer who knows the request. */
function asked(rig = new Rig()): {
  rig: Rig;
  user: User;
  peer: Peer;
  syn: Said;
} {
  const user = rig.connect(2);
  const [syn] = rig.turn();
  const peer = new Peer(rig);
  peer.port = syn!.segment.destinationPort;
  peer.hostPort = syn!.segment.sourcePort;
  peer.note(syn!);
  return { rig, user, peer, syn: syn! };
}

Deno.test("ethox 5.3 #4 a request says window, MSS and scale [RFC9293 MUST-14] [RFC9293 MUST-67] [RFC9293 SHLD-5] [RFC9293 MAY-3] [RFC7323 2.2-1]", () => {
  const rig = new Rig();
  rig.connect(2, {}, new User(1 << 20));
  const { segment } = rig.turn()[0]!;
  assertEquals(segment.flags, wire.SYN);
  assertEquals(segment.window, 65_535);
  assertEquals(segment.options.mss, 1460);
  assertEquals(segment.options.windowScale, 5);
});

Deno.test("ethox 5.3 #10 the own window is scaled, up to all of it [RFC7323 2.2-2] [RFC7323 2.2-3] [RFC7323 2.2-5] [RFC7323 2.3-3]", () => {
  for (const scale of [0, 14, undefined]) {
    const rig = new Rig();
    const receiveWindow = 1 << 20;
    const { users } = rig.serve({ receiveWindow });
    const peer = new Peer(rig);
    peer.put("S", scale === undefined ? {} : { scale });
    const [answer] = rig.turn();
    const scaled = scale !== undefined;
    assertEquals(answer!.segment.options.windowScale, scaled ? 5 : -1);
    assertEquals(answer!.segment.window, 65_535);
    peer.hear([answer!]);
    peer.say(".");
    peer.put("P.", { data: 1000 });
    peer.put("P.", { data: 1000 });
    const [ack] = rig.turn();
    const { window } = ack!.segment;
    if (scaled) assertEquals(window << 5, receiveWindow - 2016);
    else assertEquals(window, 65_535);
    assertEquals(users[0]!.in.readable(), 2000);
  }
});

Deno.test("simultaneous open ends in ESTABLISHED (RFC 9293 3.5 figure 7) [RFC9293 MUST-10]", () => {
  const { peer, rig, user } = asked();
  assertEquals(peer.say("S", { mss: 1000 }), ["S. 0 ack 1"]);
  assertEquals(user.c.state, state.SYN_RECEIVED);
  assertEquals(peer.say("S.", { seq: 0, ack: 2 }), [". 1 ack 1"]);
  assertEquals(user.c.state, state.SYN_RECEIVED);
  assertEquals(peer.say("S.", { seq: 0 }), [". 1 ack 1"]);
  assertEquals(user.c.state, state.ESTABLISHED);
  peer.next = 1;
  assertEquals(user.events, ["established"]);
  assertEquals(user.c.mss, 1000);
  user.write("hello");
  assertEquals(peer.hear(), ["P. 1:6 ack 1"]);
  assertEquals(rig.count("connected"), 1);
});

Deno.test("a plain ACK ends a simultaneous open, too [RFC9293 MUST-10]", () => {
  const { peer, user } = asked();
  peer.say("S", { mss: 1000 });
  peer.next = 1;
  assertEquals(peer.say("."), []);
  assertEquals(user.c.state, state.ESTABLISHED);
});

Deno.test("two hosts of ours that open at once both come to ESTABLISHED", () => {
  const rigs = [1, 2].map(() => new Rig());
  const users = rigs.map((rig) => rig.connect(1 + 1, { localPort: 80 }));
  const flights = rigs.map((rig) => rig.turn());
  // Each takes what the other sent, as if it came from 192.0.2.2 to it.
  for (let rounds = 0; rounds < 10; rounds++) {
    const now = flights.map((flight) => flight.splice(0));
    now.forEach((flight, from) => {
      for (const { segment, data } of flight) {
        const to = rigs[1 - from]!;
        const peer = new Peer(to, { port: 80 });
        peer.put("", {
          data: data.length,
          window: segment.window,
          mss: segment.options.mss,
          spoil(view) {
            view.setInt32(4, segment.sequence);
            view.setInt32(8, segment.acknowledgment);
            view.setUint8(13, segment.flags);
            new wire.View(view, 0).fillChecksum4(address(2), OWN);
          },
        });
        flights[1 - from]!.push(...to.turn());
      }
    });
  }
  for (const user of users) assertEquals(user.events, ["established"]);
});

Deno.test("a reset that crosses a simultaneous open refuses it (RFC 9293 3.10.7.4) [RFC9293 MUST-11]", () => {
  const { peer, user } = asked();
  peer.say("S");
  peer.say("R");
  assertEquals(user.reason, "refused");
});

Deno.test("ethox 5.3 #7 an attempt to connect is repeated ever more seldom, then given up [RFC9293 MUST-22]", () => {
  const { rig, user, syn } = asked();
  const said = rig.pass(3600 * SECOND);
  const at = said.map((one) => Math.round((one.at - syn.at) / 1e5) / 10);
  assertEquals(at.slice(0, 6), [1, 3, 7, 15, 31, 63]);
  assertEquals(user.reason, "timeout");
  assert(at.at(-1)! < 185, `${at}`);
  assertEquals(rig.tcp.available, 8);
});

Deno.test("ethox 5.3 #3 many connections to one port of one peer", () => {
  const rig = new Rig({ connections: 200 });
  const users: User[] = [];
  for (let i = 0; i < 200; i++) users.push(rig.connect(2));
  const said = rig.turn();
  const ports = new Set(said.map((one) => one.segment.sourcePort));
  assertEquals(ports.size, 200);
  said.forEach((one) => {
    const peer = new Peer(rig);
    peer.answer([one], { mss: 1000 });
    peer.say("P.", { data: `for ${one.segment.sourcePort}` });
  });
  for (const user of users) {
    assertEquals(user.read(), `for ${user.c.localPort}`);
  }
});

Deno.test("A60 own ports tell nothing of the next (RFC 6056)", () => {
  const rig = new Rig({ connections: 1000 });
  const ports: number[] = [];
  for (let i = 0; i < 1000; i++) {
    const { c } = rig.connect(2 + i % 200);
    ports.push(c.localPort);
  }
  for (const port of ports) assert(port >= 49_152 && port <= 65_535);
  // Towards different peers: next to no neighbours.
  let near = 0;
  for (let i = 1; i < ports.length; i++) {
    if (Math.abs(ports[i]! - ports[i - 1]!) <= 2) near++;
  }
  assert(near < 10, `${near}`);
  // And other secrets give other ports.
  const other = new Rig({ key: KEY.map((octet) => octet ^ 255) });
  assert(other.connect(2).c.localPort !== ports[0]);
});

Deno.test("A58 all ports to one peer in use is an error, not a spin", () => {
  const rig = new Rig({ connections: 16_400 });
  let opened = 0;
  let failure: unknown;
  for (let i = 0; i < 16_400; i++) {
    const c = rig.tcp.connect({ remote: address(2), remotePort: 80 });
    if (typeof c === "string") failure ??= c;
    else opened++;
  }
  assertEquals(opened, 16_384);
  assertEquals(failure, "exhausted");
  // Another port of it has all of them free.
  const c = rig.tcp.connect({ remote: address(2), remotePort: 81 });
  assert(typeof c !== "string");
});

Deno.test("ethox 5.2 #7 connect() without a free record says so", () => {
  const rig = new Rig({ connections: 2 });
  rig.connect(2);
  rig.connect(3);
  const c = rig.tcp.connect({ remote: address(4), remotePort: 80 });
  assertEquals(c, "exhausted");
});

Deno.test("connect() refuses peers that are no single host (RFC 9293 MUST-46) [RFC9293 MUST-46]", () => {
  const rig = new Rig();
  const rows: [number, Failure][] = [
    [-1, "illegal"],
    [address(255), "illegal"],
    [0xe0000001 | 0, "illegal"],
    [0, "unreachable"],
  ];
  for (const [remote, failure] of rows) {
    assertEquals(rig.tcp.connect({ remote, remotePort: 80 }), failure);
  }
  assertEquals(
    rig.tcp.connect({ remote: address(2), remotePort: 0 }),
    "illegal",
  );
  const port = { remote: address(2), remotePort: 80, localPort: 1234 };
  assert(typeof rig.tcp.connect(port) !== "string");
  assertEquals(rig.tcp.connect(port), "illegal");
  assertEquals(rig.tcp.available, 7);
});

Deno.test("A59 ethox 5.1 #10 initial numbers: a clock, and a secret for each 4-tuple (RFC 6528) [RFC9293 MUST-8] [RFC9293 MUST-9] [RFC9293 SHLD-1]", () => {
  const isn = new IsnGenerator(KEY);
  const first = isn.next(OWN, 1000, address(2), 80, 0);
  // 4 µs a tick, for a day.
  for (const now of [4, 1_000_000, 3600 * SECOND, 86_400 * SECOND]) {
    const later = isn.next(OWN, 1000, address(2), 80, now);
    assertEquals((later - first) | 0, Math.floor(now / 4) | 0);
  }
  // Between 4-tuples that differ little: all bits change, half of the time.
  const counts = new Uint32Array(32);
  const rounds = 4096;
  for (let i = 0; i < rounds; i++) {
    const a = isn.next(OWN, 1000 + i, address(2), 80, 0);
    const b = isn.next(OWN, 1001 + i, address(2), 80, 0);
    for (let bit = 0; bit < 32; bit++) counts[bit]! += ((a ^ b) >>> bit) & 1;
  }
  for (const count of counts) {
    assert(count > 0.45 * rounds && count < 0.55 * rounds, `${counts}`);
  }
});

Deno.test("A59 initial numbers of a host grow for one 4-tuple, by answers too", () => {
  const rig = new Rig();
  rig.serve();
  let last: number | undefined;
  for (let i = 0; i < 20; i++) {
    const peer = new Peer(rig);
    peer.say("S");
    peer.say("R", { seq: 1 });
    if (last !== undefined) {
      assert(((peer.irs - last) | 0) > 0);
      assert(((peer.irs - last) | 0) < 300_000);
    }
    last = peer.irs;
    rig.now += SECOND;
  }
});

Deno.test("ethox 5.3 #11 a listener takes many, one after the other and at once", () => {
  const rig = new Rig({ connections: 100 });
  const { users } = rig.serve();
  const peers: Peer[] = [];
  for (let i = 0; i < 50; i++) {
    const peer = new Peer(rig, { n: 2 + i, port: 4000 + i });
    peer.open({ mss: 1000 });
    peers.push(peer);
  }
  assertEquals(users.length, 50);
  peers.forEach((peer, i) => {
    peer.say("P.", { data: `${i}` });
    assertEquals(users[i]!.read(), `${i}`);
  });
  assertEquals(rig.count("accepted"), 50);
});

Deno.test("ethox 5.3 #16 A50 an ACK that belongs to nothing gets RST, a RST nothing", () => {
  const rig = new Rig();
  rig.serve();
  for (const hostPort of [80, 81]) {
    const peer = new Peer(rig, { hostPort });
    assertEquals(peer.say(".", { ack: 77 }), ["R 77"]);
    assertEquals(peer.say("F.", { ack: 77 }), ["R 77"]);
    assertEquals(peer.say("R", { ack: 77 }), []);
    assertEquals(peer.say("R.", { ack: 77 }), []);
  }
});

Deno.test("a request for a closed port is refused (RFC 9293 3.10.7.1)", () => {
  const rig = new Rig();
  const peer = new Peer(rig, { hostPort: 81 });
  assertEquals(peer.say("S", { data: "xyz" }), ["R. 0 ack 4"]);
});

Deno.test("A49 null, Xmas, SYN with FIN, SYN with RST to a listener do nothing", () => {
  const rig = new Rig();
  const { users } = rig.serve();
  for (const flags of ["", "F", "FPU", "SF", "SR", "SFRPU", "P", "U"]) {
    const peer = new Peer(rig);
    assertEquals(peer.say(flags, { seq: 0 }), [], flags);
    assertEquals(peer.say(flags, { seq: 0, data: "x" }), [], flags);
  }
  assertEquals(rig.tcp.halfOpen, 0);
  assertEquals(users.length, 0);
  assertEquals(rig.tcp.nextDeadline(rig.now), Infinity);
});

Deno.test("A49 octets on a request are not taken, and come again (RFC 9293 3.10.7.2)", () => {
  const rig = new Rig();
  const { users } = rig.serve();
  const peer = new Peer(rig);
  assertEquals(peer.say("S", { data: "early" }), ["S. 0 ack 1"]);
  peer.next = 1;
  peer.say("P.", { data: "early" });
  assertEquals(users[0]!.read(), "early");
});

Deno.test("A21 TCP to everybody, or to a group, is ignored (RFC 9293 MUST-57) [RFC9293 MUST-57]", () => {
  const rig = new Rig();
  rig.serve();
  const peer = new Peer(rig);
  for (const destination of [-1, address(255)]) {
    rig.put(peer.make("S", { destination }));
    assertEquals(rig.turn(), []);
    rig.put(peer.make(".", { destination }));
    assertEquals(rig.turn(), []);
  }
  assertEquals(rig.count("droppedBroadcast"), 4);
  assertEquals(rig.tcp.halfOpen, 0);
});

Deno.test("A19 LAND: a request from our own address and port", () => {
  const rig = new Rig();
  rig.serve();
  const peer = new Peer(rig, { port: 80 });
  rig.put(peer.make("S", { source: OWN }));
  assertEquals(rig.turn(), []);
  assertEquals(rig.tcp.halfOpen, 0);
});

Deno.test("A20 requests from addresses that are no host [RFC9293 MUST-63]", () => {
  const rig = new Rig();
  rig.serve();
  const peer = new Peer(rig);
  for (const source of [0, -1, address(255), 0x7f000001, 0xe0000001 | 0]) {
    rig.put(peer.make("S", { source }));
    assertEquals(rig.turn(), []);
  }
  assertEquals(rig.count("received"), 0);
  assertEquals(rig.tcp.halfOpen, 0);
});

Deno.test("A SYN,ACK is repeated, also when the request comes again", () => {
  const rig = new Rig();
  rig.serve();
  const peer = new Peer(rig);
  const once = ["S. 0 ack 1"];
  assertEquals(peer.say("S", { seq: 0 }), once);
  assertEquals(peer.say("S", { seq: 0 }), once);
  assertEquals(rig.tcp.halfOpen, 1);
  const said = rig.pass(120 * SECOND);
  assertEquals(peer.hear(said), Array(5).fill(once[0]));
  assertEquals(rig.tcp.halfOpen, 0);
});

Deno.test("in SYN-RECEIVED resets and requests are judged by number (RFC 5961) [RFC9293 MUST-11] [RFC5961 3.2-1]", () => {
  const half = () => {
    const rig = new Rig();
    const service = rig.serve();
    const peer = new Peer(rig);
    peer.say("S");
    return { rig, peer, service };
  };
  for (
    const [flags, seq, left, answer] of [
      ["R", 1, 0, []],
      ["R.", 1, 0, []],
      ["R", 0, 1, []],
      ["R", 5000, 1, []],
      ["R", 100, 1, [". 1 ack 1"]],
      // RFC 9293 3.10.7.4, fourth: back to LISTEN.
      ["S", 100, 0, []],
      ["S", 50_000, 1, [". 1 ack 1"]],
      ["S", -100, 1, [". 1 ack 1"]],
      ["F", 1, 1, []],
      ["", 1, 1, []],
    ] as const
  ) {
    const { rig, peer } = half();
    const name = `${flags} ${seq}`;
    assertEquals(peer.say(flags, { seq }), [...answer], name);
    assertEquals(rig.tcp.halfOpen, left, name);
  }
  const { rig, peer, service } = half();
  assertEquals(peer.say(".", { ack: 2 }), ["R 2"]);
  assertEquals(peer.say(".", { ack: 0 }), ["R 0"]);
  assertEquals(rig.tcp.halfOpen, 1);
  peer.say("FP.", { data: "all at once" });
  assertEquals(service.users[0]!.read(), "all at once");
  assertEquals(service.users[0]!.c.state, state.CLOSE_WAIT);
});

Deno.test("A47 two hosts half-open in each other's name do not correct each other for ever", () => {
  const rigs = [0, 1].map((n) =>
    new Rig({ key: KEY.map((octet) => octet + n) })
  );
  for (const rig of rigs) rig.serve();
  // A stranger's requests, each in the name of the other host.
  let flying: { readonly to: Rig; readonly octets: Uint8Array }[] = [];
  const answers = (from: Rig) => {
    const to = rigs[1 - rigs.indexOf(from)]!;
    for (const { octets } of from.turn()) {
      // The other's address is the same; swapped, the sums stay right.
      const swapped = octets.slice();
      swapped.set(octets.subarray(12, 16), 16);
      swapped.set(octets.subarray(16, 20), 12);
      flying.push({ to, octets: swapped });
    }
  };
  for (const rig of rigs) {
    rig.put(new Peer(rig, { port: 80, iss: 7_000_000 }).make("S"));
  }
  for (const rig of rigs) answers(rig);
  let carried = 0;
  while (flying.length > 0 && carried < 1000) {
    const now = flying;
    flying = [];
    for (const { to, octets } of now) {
      carried++;
      to.put(octets);
      answers(to);
    }
  }
  assert(carried < 40, `${carried}`);
});

Deno.test("A47 SYN flood: the backlog stays bounded and an honest peer connects", () => {
  const rig = new Rig({ connections: 16, halfOpen: 64 });
  const { users, listener } = rig.serve({ backlog: 32 });
  const old = new Peer(rig, { port: 5000 });
  old.open({ mss: 1000 });
  const flood = new Peer(rig);
  for (let i = 0; i < 20_000; i++) {
    const source = (0x0a000000 + Math.imul(i, 2654435) % 0xffffff) | 0;
    flood.port = 1024 + i % 60_000;
    rig.put(flood.make("S", { source, seq: i }));
    if (i % 64 === 63) rig.turn();
  }
  rig.turn();
  assertEquals(rig.tcp.halfOpen, 32);
  assertEquals(listener.pending, 32);
  assertEquals(rig.tcp.available, 15);
  assert(rig.count("cookiesSent") >= 19_900);
  const honest = new Peer(rig, { n: 3, port: 6000 });
  honest.open({ mss: 1400, scale: 7 });
  assertEquals(users.length, 2);
  assertEquals(rig.count("cookiesAccepted"), 1);
  // What the cookie could hold was not lost.
  assertEquals(users[1]!.c.mss, 1360);
  honest.say("P.", { data: "hello" });
  assertEquals(users[1]!.read(), "hello");
  old.say("P.", { data: "still here" });
  assertEquals(users[0]!.read(), "still here");
  // And all ends by itself.
  rig.pass(100 * SECOND);
  assertEquals(rig.tcp.halfOpen, 0);
});

Deno.test("A47 a flood on one port takes nothing from another", () => {
  const rig = new Rig({ halfOpen: 16 });
  rig.serve({ backlog: 8 });
  const { users } = rig.serve({ backlog: 8, port: 81 });
  for (let i = 0; i < 500; i++) {
    const peer = new Peer(rig, { port: 1024 + i });
    rig.put(peer.make("S", { source: (0x0a000001 + (i << 8)) | 0 }));
    rig.turn();
  }
  assertEquals(rig.tcp.halfOpen, 8);
  const peer = new Peer(rig, { hostPort: 81 });
  const before = rig.count("cookiesSent");
  peer.open();
  assertEquals(users.length, 1);
  assertEquals(rig.count("cookiesSent"), before);
  // No more can be promised than there is.
  const failure = rig.tcp.listen({ port: 82, backlog: 1, accept: () => true });
  assertEquals(failure, "exhausted");
  assertEquals(
    rig.tcp.listen({ port: 80, backlog: 0, accept: () => true }),
    "illegal",
  );
});

Deno.test("A48 SYN cookie: forged, late and repeated ACKs open nothing", () => {
  const rig = new Rig({ connections: 4 });
  const { users } = rig.serve({ backlog: 0 });
  // Before any cookie went out none is looked for.
  new Peer(rig).say(".", { ack: 1234 });
  assertEquals(rig.count("cookiesRejected"), 0);
  const peer = new Peer(rig);
  assertEquals(peer.say("S"), ["S. 0 ack 1"]);
  for (let i = 0; i < 2000; i++) {
    rig.put(peer.make(".", { ack: 2 + i * 1_000_003 }));
    if (i % 50 === 0) rig.turn();
  }
  rig.turn();
  assertEquals(users.length, 0);
  assertEquals(rig.count("cookiesRejected"), 2000);
  // A minute later it is worth nothing.
  rig.pass(60 * SECOND);
  assertEquals(peer.say("."), ["R 1"]);
  assertEquals(users.length, 0);
  const again = new Peer(rig);
  again.open();
  assertEquals(users.length, 1);
  // The same ACK once more is one of an open connection.
  again.say(".");
  assertEquals(users.length, 1);
  assertEquals(rig.count("cookiesAccepted"), 1);
});

Deno.test("A48 a cookie gives no peer larger segments than it asked for", () => {
  for (const [mss, expected] of [[0, 536], [216, 216], [1459, 1440]]) {
    const rig = new Rig();
    const { users } = rig.serve({ backlog: 0 });
    new Peer(rig).open(mss === 0 ? {} : { mss: mss! });
    assertEquals(users[0]!.c.mss, expected);
  }
  const rig = new Rig();
  rig.serve({ backlog: 0 });
  assertEquals(new Peer(rig).say("S", { mss: 100 }), []);
  assertEquals(rig.count("droppedBacklog"), 1);
});

Deno.test("A80 MSS 0, 1 and 65,535 (RFC 9293 3.7.1) [RFC9293 MUST-16]", () => {
  for (const [mss, size] of [[0, 536], [1, 48], [65_535, 1460]]) {
    const rig = new Rig();
    const { users } = rig.serve();
    const peer = new Peer(rig);
    peer.put("S", { options: [2, 4, mss! >> 8, mss! & 255] });
    peer.hear();
    peer.say(".");
    users[0]!.write(5000);
    for (const { data } of rig.turn()) assert(data.length <= size!);
  }
});

Deno.test("A54 when all records are taken a handshake waits, and reserves hold", () => {
  const rig = new Rig({ connections: 4, reserve: 1 });
  const { users } = rig.serve();
  const peers = [0, 1, 2, 3, 4].map((i) => {
    const peer = new Peer(rig, { port: 4000 + i });
    peer.open({ mss: 1000 });
    return peer;
  });
  // One is kept for those who connect.
  assertEquals(users.length, 3);
  assertEquals(rig.count("droppedFull"), 2);
  rig.connect(9);
  // The peer says what it has to say again; by then there is room.
  users[0]!.c.abort();
  rig.turn();
  peers[3]!.say("P.", { seq: 1, data: "again" });
  assertEquals(users.length, 4);
  assertEquals(users[3]!.read(), "again");
});

Deno.test("A54 TIME-WAIT: the oldest makes room for the newest", () => {
  const rig = new Rig({ timeWait: 4 });
  const { users } = rig.serve();
  for (let i = 0; i < 10; i++) {
    rig.now += 1000;
    const peer = new Peer(rig, { port: 4000 + i });
    peer.open();
    users[i]!.c.shutdown();
    peer.hear();
    peer.say("F.");
    assertEquals(users[i]!.reason, "closed");
  }
  assertEquals(rig.tcp.timeWaiting, 4);
  assertEquals(rig.count("timeWaitEvicted"), 6);
  assertEquals(rig.tcp.available, 8);
  // The newest is still there.
  assertEquals(
    new Peer(rig, { port: 4009 }).say("F.", { seq: 1, ack: 0 }).length,
    1,
  );
});

/** A connection from 192.0.2.2:4000 that has come to TIME-WAIT. */
function lingering(): { rig: Rig; peer: Peer; users: User[] } {
  const rig = new Rig();
  const { users } = rig.serve();
  const peer = new Peer(rig);
  peer.open();
  users[0]!.c.shutdown();
  peer.hear();
  peer.say("F.");
  assertEquals(rig.tcp.timeWaiting, 1);
  return { rig, peer, users };
}

Deno.test("A53 RST in TIME-WAIT is ignored (RFC 1337)", () => {
  const { peer, rig } = lingering();
  for (const seq of [0, 1, 2, 3, 1000]) {
    assertEquals(peer.say("R", { seq }), []);
    assertEquals(peer.say("R.", { seq }), []);
  }
  assertEquals(rig.tcp.timeWaiting, 1);
});

Deno.test("TIME-WAIT begins anew with the peer's FIN, and with no other", () => {
  const { peer, rig } = lingering();
  rig.pass(40 * SECOND);
  assertEquals(peer.say("F.", { seq: 1 }), [". 2 ack 2"]);
  rig.pass(40 * SECOND);
  assertEquals(rig.tcp.timeWaiting, 1);
  // Anybody can make up a FIN; it is answered.
  assertEquals(peer.say("F.", { seq: 1000 }), [". 2 ack 2"]);
  rig.pass(21 * SECOND);
  assertEquals(rig.tcp.timeWaiting, 0);
});

Deno.test("A52 in TIME-WAIT only a request with a later number is taken (RFC 9293 MAY-2) [RFC9293 MAY-2]", () => {
  for (const seq of [-1000, 0, 1]) {
    const { peer, rig } = lingering();
    assertEquals(peer.say("S", { seq }), [". 2 ack 2"]);
    assertEquals(rig.tcp.timeWaiting, 1);
    assertEquals(rig.count("timeWaitReused"), 0);
  }
  const { peer, rig, users } = lingering();
  const last = (peer.irs + 2) | 0;
  const next = new Peer(rig, { iss: peer.iss + 1000 });
  next.open({ mss: 1000 });
  assertEquals(rig.tcp.timeWaiting, 0);
  assertEquals(rig.count("timeWaitReused"), 1);
  next.say("P.", { data: "anew" });
  assertEquals(users[1]!.read(), "anew");
  // Ours lies behind all that was used, however fast that was.
  assert(((next.irs - last) | 0) > 0);
});

Deno.test("A52 the number of a reused 4-tuple lies beyond what a fast connection used", () => {
  const rig = new Rig();
  const { users } = rig.serve();
  const peer = new Peer(rig);
  peer.open({ mss: 1000 });
  // As if 1 GiB had been sent in no time.
  const { c } = users[0]!;
  c.sndUna =
    c.sndNxt =
    c.sndMax =
    c.sndWl2 =
      (c.sndUna + 2 ** 30) | 0;
  peer.heard += 2 ** 30;
  c.shutdown();
  peer.hear();
  peer.say("F.");
  assertEquals(rig.tcp.timeWaiting, 1);
  const next = new Peer(rig, { iss: peer.iss + 1000 });
  next.open();
  assertEquals(users.length, 2);
  assert(((next.irs - peer.irs) | 0) > 2 ** 30);
});

Deno.test("ethox 5.3 #17 TIME-WAIT costs no record and no attention", () => {
  const { rig } = lingering();
  assertEquals(rig.tcp.available, 8);
  assert(rig.tcp.nextDeadline(rig.now) >= rig.now + 59 * SECOND);
  assertEquals(rig.pass(100 * SECOND), []);
  assertEquals(rig.tcp.timeWaiting, 0);
});

Deno.test("unlisten() closes the port; what was accepted lives on", () => {
  const rig = new Rig();
  const { users, listener } = rig.serve();
  const peer = new Peer(rig);
  peer.open();
  new Peer(rig, { port: 4001 }).say("S");
  assertEquals(rig.tcp.halfOpen, 1);
  rig.tcp.unlisten(listener);
  assertEquals(rig.tcp.halfOpen, 0);
  assertEquals(new Peer(rig, { port: 4002 }).say("S"), ["R. 0 ack 1"]);
  peer.say("P.", { data: "hello" });
  assertEquals(users[0]!.read(), "hello");
  rig.serve();
  new Peer(rig, { port: 4003 }).open();
});

Deno.test("A87 a listener or handler that throws harms its connection only", () => {
  const rig = new Rig();
  const { users } = rig.serve();
  const first = new Peer(rig);
  first.open();
  const listener = rig.tcp.listen({
    port: 81,
    backlog: 8,
    accept() {
      throw new Error("no");
    },
  });
  assert(typeof listener !== "string");
  const refused = new Peer(rig, { hostPort: 81 });
  refused.say("S");
  assertEquals(refused.say("."), ["R 1"]);
  assertEquals(rig.count("refused"), 1);
  const second = new Peer(rig, { port: 4001 });
  second.open();
  users[1]!.hook = {
    received() {
      throw new Error("no");
    },
    closed() {
      throw new Error("no, again");
    },
  };
  assertEquals(second.say("P.", { data: "x" }), ["R. 1 ack 2"]);
  assertEquals(users[1]!.reason, "failed");
  assertEquals(rig.count("handlerThrew"), 3);
  first.say("P.", { data: "unharmed" });
  assertEquals(users[0]!.read(), "unharmed");
  assertEquals(rig.tcp.available, 7);
});

Deno.test("a listener may abort or close what it is asked to accept", () => {
  for (const how of ["abort", "close", "shutdown"] as const) {
    for (const wanted of [false, true]) {
      const rig = new Rig();
      rig.tcp.listen({
        port: 80,
        accept(c) {
          c[how]();
          return wanted;
        },
      });
      const peer = new Peer(rig);
      peer.say("S");
      peer.say(".");
      peer.say("F.");
      peer.say(".");
      rig.pass(1000 * SECOND);
      assertEquals(rig.tcp.available, 8, `${how} ${wanted}`);
      assertEquals(rig.tcp.nextDeadline(rig.now), Infinity);
      const again = new Peer(rig, { port: 4001 });
      assertEquals(again.say("S"), ["S. 0 ack 1"]);
    }
  }
});

Deno.test("A94 options that try to change all objects change none", () => {
  const text = `{"__proto__":{"timeWait":1,"evil":1},"minimumMss":100}`;
  const rig = new Rig({ tuning: JSON.parse(text) });
  assertEquals(Reflect.get({}, "evil"), undefined);
  const { users } = rig.serve();
  const peer = new Peer(rig);
  peer.open({ mss: 1 });
  assertEquals(users[0]!.c.mss, 100);
  users[0]!.c.shutdown();
  peer.hear();
  peer.say("F.");
  rig.pass(59 * SECOND);
  assertEquals(rig.tcp.timeWaiting, 1);
});

Deno.test("A87 a send buffer that throws harms its connection only", () => {
  const rig = new Rig();
  const { users } = rig.serve();
  const peer = new Peer(rig);
  peer.open();
  const other = new Peer(rig, { port: 4001 });
  other.open();
  users[0]!.c.sendBuf = {
    finished: false,
    available: () => 10,
    fill() {
      throw new Error("no");
    },
    acknowledge() {},
  };
  users[0]!.c.wake();
  users[1]!.write("fine");
  const said = rig.turn();
  assertEquals(peer.hear(said), ["R. 1 ack 1"]);
  assertEquals(other.hear(said), ["P. 1:5 ack 1"]);
  assertEquals(users[0]!.reason, "failed");
  assertEquals(rig.tcp.available, 7);
});

Deno.test("A87 a buffer that throws, whatever it is asked, harms its connection only", () => {
  const boom = (): never => {
    throw new Error("no");
  };
  for (
    const what of [
      "available",
      "finished",
      "acknowledge",
      "window",
      "receive",
    ] as const
  ) {
    for (const active of [false, true]) {
      const rig = new Rig();
      const { users } = rig.serve();
      const other = new Peer(rig, { port: 4001 });
      other.open({ mss: 1000 });
      const peer = new Peer(rig);
      const user = new User();
      if (active) {
        rig.connect(2, {}, user);
        peer.answer(rig.turn(), { mss: 1000 });
      } else {
        peer.open({ mss: 1000 });
        user.take(users[1]!.c);
      }
      const { c } = user;
      user.write(3000);
      rig.turn();
      const key = { available: 0, finished: 0, acknowledge: 0 };
      const buffer = what in key ? user.out : user.in;
      Object.defineProperty(
        buffer,
        what,
        what === "finished" ? { get: boom } : { value: boom },
      );
      // Whatever makes the host ask.
      c.wake();
      rig.turn();
      peer.say("P.", { data: "x" });
      peer.say("P.", { data: "y", ack: 1001 });
      rig.pass(10 * SECOND);
      assertEquals(user.reason, "failed", `${what} ${active}`);
      assertEquals(rig.tcp.get(user.key), undefined, `${what} ${active}`);
      assertEquals(rig.tcp.available, 7, `${what} ${active}`);
      other.say("P.", { data: "unharmed" });
      assertEquals(users[0]!.read(), "unharmed");
    }
  }
  const rig = new Rig();
  const recvBuf = { window: boom, receive: () => 0 };
  try {
    rig.tcp.connect({ remote: address(2), remotePort: 80, recvBuf });
  } catch {
    // The caller hears of it.
  }
  assertEquals(rig.tcp.available, 8);
});
