import { assert, assertEquals } from "@std/assert";
import * as wire from "@ethox/wire/tcp";
import {
  type Changes,
  KEY,
  Peer,
  Rig,
  type Said,
  SECOND,
  type Service,
  User,
} from "./_host_test_util.ts";
import { Cookie, CookieCache, CookieMill } from "./fast_open.ts";
import * as state from "./state.ts";

/** A fast open option with the no-operations that align it. */
function option(cookie: ArrayLike<number>, experimental = false): number[] {
  const head = experimental ? [254, 4, 0xf9, 0x89] : [34, 2];
  const octets = [...head, ...Array.from(cookie)];
  octets[1] = octets.length;
  while (octets.length % 4 !== 0) octets.unshift(1);
  return octets;
}

/** The cookie in a SYN or SYN,ACK of the host; `undefined` for no option. */
function cookieOf(said: Said): Uint8Array | undefined {
  const cookie = new Cookie().read(said.segment.options);
  return cookie.length < 0 ? undefined : cookie.octets.slice(0, cookie.length);
}

function serve(
  changes: Changes = {},
  fastOpen = 4,
): Service & { rig: Rig; cookie: Uint8Array } {
  const rig = new Rig({ ...changes, tuning: { fastOpen: 2 } });
  const service = rig.serve({ fastOpen });
  const peer = new Peer(rig, { port: 3999 });
  peer.put("S", { options: option([]) });
  const [answer] = rig.turn();
  peer.note(answer!);
  peer.say("R", { seq: 1 });
  return { rig, ...service, cookie: cookieOf(answer!)! };
}

Deno.test("CookieMill gives each address its own, for one hour or two (RFC 7413 4.1.2)", () => {
  const mill = new CookieMill(KEY);
  const cookie = new Cookie();
  const hour = 3600 * SECOND;
  mill.bake(1, 2, 0, cookie);
  assertEquals(cookie.length, 8);
  assertEquals(mill.check(1, 2, hour - 1, cookie), 1);
  assertEquals(mill.check(1, 2, hour, cookie), 2);
  assertEquals(mill.check(1, 2, 2 * hour, cookie), 0);
  assertEquals(mill.check(1, 3, 0, cookie), 0);
  assertEquals(mill.check(2, 2, 0, cookie), 0);
  assertEquals(new CookieMill(KEY.map((o) => o ^ 1)).check(1, 2, 0, cookie), 0);
  for (let bit = 0; bit < 64; bit++) {
    cookie.octets[bit >> 3]! ^= 1 << (bit & 7);
    assertEquals(mill.check(1, 2, 0, cookie), 0);
    cookie.octets[bit >> 3]! ^= 1 << (bit & 7);
  }
  cookie.length = 6;
  assertEquals(mill.check(1, 2, 0, cookie), 0);
});

Deno.test("CookieCache keeps cookies in fixed room, and who gives none for an hour", () => {
  const cache = new CookieCache(64, KEY);
  const cookie = new Cookie();
  assertEquals(cache.mss(5, 0), 0);
  cookie.length = 8;
  for (let i = 1; i <= 1000; i++) {
    cookie.octets.fill(i);
    cache.store(i, 1000 + i, cookie);
  }
  let kept = 0;
  for (let i = 1; i <= 1000; i++) {
    if (cache.mss(i, 0) === 0) continue;
    kept++;
    assertEquals(cache.mss(i, 0), 1000 + i);
    cache.load(i, cookie);
    assertEquals(cookie.octets[7], i & 255);
  }
  assertEquals(kept, 64);
  cache.refuse(1000, 0);
  assertEquals(cache.mss(1000, 3599 * SECOND), -1);
  assertEquals(cache.mss(1000, 3600 * SECOND), 0);
  cache.load(1000, cookie);
  assertEquals(cookie.length, 0);
});

Deno.test("fast open is off by default, on both sides (RFC 7413)", () => {
  const rig = new Rig();
  rig.serve({ fastOpen: 4 });
  const peer = new Peer(rig);
  peer.put("S", { options: option([]) });
  assertEquals(cookieOf(rig.turn()[0]!), undefined);
  rig.connect(2, { fastOpen: true });
  assertEquals(cookieOf(rig.turn()[0]!), undefined);
  const other = new Rig({ tuning: { fastOpen: 3 } });
  other.serve();
  new Peer(other).put("S", { options: option([]) });
  assertEquals(cookieOf(other.turn()[0]!), undefined);
  other.connect(2);
  assertEquals(cookieOf(other.turn()[0]!), undefined);
});

Deno.test("a listener gives cookies to who asks, in the option that was asked with (RFC 7413 4.1.1, RFC 6994)", () => {
  for (const experimental of [false, true]) {
    const { rig } = serve();
    const peer = new Peer(rig);
    peer.put("S", { options: option([], experimental) });
    const [answer] = rig.turn();
    assertEquals(cookieOf(answer!)?.length, 8);
    const { options } = answer!.segment;
    assertEquals(options.fastOpenLength, experimental ? -1 : 8);
    assertEquals(options.indexOfUnknown(254), experimental ? 0 : -1);
    assertEquals(rig.count("fastOpenCookies"), 2);
  }
});

Deno.test("octets of a SYN with a cookie reach the user, and answers leave, before the handshake ends (RFC 7413 4.2.2)", () => {
  for (const experimental of [false, true]) {
    const { rig, users, cookie } = serve();
    const peer = new Peer(rig);
    rig.now += 1000;
    peer.put("S", { data: "GET /", options: option(cookie, experimental) });
    rig.device.clock.now += 1;
    const said = rig.turn();
    assertEquals(peer.hear(said), ["S. 0 ack 6"]);
    const [user] = users;
    assertEquals(user!.read(), "GET /");
    assertEquals(user!.events, ["received"]);
    assertEquals(user!.c.state, state.SYN_RECEIVED);
    user!.write("200");
    assertEquals(peer.hear(), ["P. 1:4 ack 6"]);
    peer.say(".");
    assertEquals(user!.c.state, state.ESTABLISHED);
    assertEquals(user!.events, ["received", "established", "acknowledged"]);
    assertEquals(rig.count("fastOpened"), 1);
    assertEquals(rig.count("retransmitted"), 0);
    peer.say("P.", { data: "more" });
    assertEquals(user!.read(), "more");
    user!.c.shutdown();
    assertEquals(peer.hear().length, 1);
  }
});

Deno.test("a cookie that is wrong costs its octets and brings a good one (RFC 7413 4.2.2)", () => {
  const { rig, users, cookie } = serve();
  for (
    const [n, octets] of [
      [2, cookie.map((octet) => octet ^ 1)],
      [3, cookie],
      [2, cookie.slice(0, 4)],
    ] as const
  ) {
    const peer = new Peer(rig, { n, port: 4000 + octets[0]! + n });
    peer.put("S", { data: "early", options: option(octets) });
    const [answer] = rig.turn();
    assertEquals(peer.note(answer!), "S. 0 ack 1");
    assertEquals(cookieOf(answer!)?.length, 8);
  }
  assertEquals(users.length, 0);
  assertEquals(rig.count("fastOpenRejected"), 3);
  assertEquals(rig.tcp.halfOpen, 3);
});

Deno.test("cookies of a forbidden length are none (RFC 7413 4.1.1)", () => {
  const { rig } = serve();
  for (const length of [1, 2, 3, 5, 7]) {
    const peer = new Peer(rig, { port: 4100 + length });
    peer.put("S", { data: "early", options: option(Array(length).fill(9)) });
    const [answer] = rig.turn();
    assertEquals(cookieOf(answer!), undefined);
    assertEquals(peer.note(answer!), "S. 0 ack 1");
  }
});

Deno.test("beyond the limit of early connections requests are ordinary ones, resets free no place (RFC 7413 5.1)", () => {
  const { rig, users, cookie } = serve({ connections: 32 }, 2);
  const ask = (port: number) => {
    const peer = new Peer(rig, { port });
    const said = peer.say("S", { data: "early", options: option(cookie) });
    return { peer, said };
  };
  const first = ask(4000);
  const second = ask(4001);
  assertEquals(first.said, ["S. 0 ack 6"]);
  const third = ask(4002);
  assertEquals(third.said, ["S. 0 ack 1"]);
  assertEquals(rig.count("fastOpenLimited"), 1);
  // It goes on as if nothing had been in its request.
  third.peer.next = 1;
  third.peer.say("P.", { data: "early" });
  assertEquals(users.at(-1)!.read(), "early");
  // A reset makes no room for a minute, an ACK does.
  first.peer.say("R");
  assertEquals(users[0]!.reason, "reset");
  assertEquals(ask(4003).said, ["S. 0 ack 1"]);
  second.peer.say(".");
  assertEquals(ask(4004).said, ["S. 0 ack 6"]);
  assertEquals(ask(4005).said, ["S. 0 ack 1"]);
  rig.pass(61 * SECOND);
  assertEquals(ask(4006).said, ["S. 0 ack 6"]);
});

Deno.test("SYN,ACK to an early request is repeated, to a second one, too, and given up", () => {
  const { rig, users, cookie } = serve();
  const peer = new Peer(rig);
  const request = { seq: 0, data: "early", options: option(cookie) };
  assertEquals(peer.say("S", request), ["S. 0 ack 6"]);
  users[0]!.write("answer");
  assertEquals(peer.hear(), ["P. 1:7 ack 6"]);
  assertEquals(peer.say("S", request)[0], "S. 0 ack 6");
  assertEquals(users[0]!.read(), "early");
  assertEquals(users.length, 1);
  const said = peer.hear(rig.pass(SECOND));
  assertEquals(said[0], "S. 0 ack 6");
  // And the client without the octets, RFC 7413 section 4.2.2.
  assertEquals(peer.say("S", { seq: 0 })[0], "S. 0 ack 6");
  rig.pass(1000 * SECOND);
  assertEquals(users[0]!.reason, "timeout");
  assertEquals(rig.tcp.available, 8);
});

Deno.test("an early connection that was answered whole completes in spite of losses", () => {
  const { rig, users, cookie } = serve();
  const peer = new Peer(rig);
  peer.say("S", { data: "early", options: option(cookie) });
  users[0]!.write("answer");
  users[0]!.c.shutdown();
  // All is lost; FIN has to wait for the handshake.
  assertEquals(peer.hear(), ["P. 1:7 ack 6"]);
  assertEquals(peer.hear(rig.pass(SECOND))[0], "S. 0 ack 6");
  const rest = peer.say(".", { ack: 1 });
  assert(rest.some((one) => one.startsWith("F")), `${rest}`);
  peer.heard = 8;
  peer.say("F.");
  assertEquals(users[0]!.reason, "closed");
});

Deno.test("an early request that the user refuses gets RST and frees its record", () => {
  const rig = new Rig({ tuning: { fastOpen: 2 } });
  rig.tcp.listen({ port: 80, fastOpen: 2, accept: () => false });
  const peer = new Peer(rig);
  peer.put("S", { options: option([]) });
  const cookie = cookieOf(rig.turn()[0]!)!;
  const second = new Peer(rig, { port: 4001 });
  const said = second.say("S", { data: "early", options: option(cookie) });
  assertEquals(said, ["R. 0 ack 6"]);
  assertEquals(rig.tcp.available, 8);
});

/** A host that connects, knows a cookie of 192.0.2.2, and that one's port. */
function client(): { rig: Rig; peer: (syn: Said) => Peer } {
  const rig = new Rig({ tuning: { fastOpen: 1 } });
  const peer = (syn: Said) => {
    const other = new Peer(rig);
    other.port = syn.segment.destinationPort;
    other.hostPort = syn.segment.sourcePort;
    other.note(syn);
    return other;
  };
  const user = rig.connect(2, { fastOpen: true });
  user.write("first");
  const [syn] = rig.turn();
  // It asks for a cookie, and the SYN has nothing else.
  assertEquals(cookieOf(syn!), new Uint8Array(0));
  assertEquals(syn!.data.length, 0);
  const other = peer(syn!);
  const cookie = option([1, 2, 3, 4, 5, 6, 7, 8]);
  const said = other.say("S.", { options: [2, 4, 4, 0, ...cookie] });
  assertEquals(said, ["P. 1:6 ack 1"]);
  other.say("R");
  return { rig, peer };
}

Deno.test("connect() sends octets with the cookie that it got before (RFC 7413 4.2.1)", () => {
  const { rig, peer } = client();
  const user = new User();
  user.write(5000);
  rig.connect(2, { fastOpen: true }, user);
  const [syn] = rig.turn();
  assertEquals(cookieOf(syn!), Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
  assertEquals(syn!.segment.flags, wire.SYN);
  // As many as the server's MSS of 1024 leaves beside options.
  assertEquals(syn!.data.length, 984);
  assertEquals(Array.from(syn!.data.subarray(0, 3)), [0, 1, 2]);
  const other = peer(syn!);
  const said = other.say("S.", { mss: 1000 });
  assertEquals(said[0], ". 985:1985 ack 1");
  assertEquals(user.events, ["established", "acknowledged"]);
  assertEquals(user.c.octetsSent, 984);
  assertEquals(rig.count("fastOpenTaken"), 1);
  assertEquals(rig.count("retransmitted"), 0);
});

Deno.test("connect() sends again at once what the SYN,ACK does not acknowledge, in whole or in part", () => {
  for (
    const [taken, first] of [[0, ". 1:1001 ack 1"], [
      400,
      ". 401:1401 ack 1",
    ]] as const
  ) {
    const { rig, peer } = client();
    const user = new User();
    user.write(2000);
    rig.connect(2, { fastOpen: true }, user);
    const other = peer(rig.turn()[0]!);
    const said = other.say("S.", { mss: 1000, ack: 1 + taken });
    assertEquals(said[0], first);
    assertEquals(user.c.octetsSent, taken);
    assertEquals(rig.count("fastOpenRepeated"), taken === 0 ? 1 : 0);
    other.say(".", { ack: 2001 });
    assertEquals(user.c.octetsSent, 2000);
  }
});

Deno.test("connect() falls back on a bare SYN, and leaves the server alone for an hour (RFC 7413 4.1.3.1)", () => {
  const { rig, peer } = client();
  const user = new User();
  user.write("early");
  rig.connect(2, { fastOpen: true }, user);
  const [syn] = rig.turn();
  assertEquals(syn!.data.length, 5);
  const [again] = rig.pass(SECOND);
  assertEquals(again!.data.length, 0);
  assertEquals(cookieOf(again!), undefined);
  assertEquals(again!.segment.sequence, syn!.segment.sequence);
  const other = peer(syn!);
  assertEquals(other.say("S.", { mss: 1000, ack: 1 }), ["P. 1:6 ack 1"]);
  assertEquals(rig.count("fastOpenRepeated"), 1);
  const next = new User();
  next.write("early");
  rig.connect(2, { fastOpen: true }, next);
  const [plain] = rig.turn();
  assertEquals(cookieOf(plain!), undefined);
  assertEquals(plain!.data.length, 0);
  // Others are asked.
  rig.connect(3, { fastOpen: true });
  assertEquals(cookieOf(rig.turn()[0]!), new Uint8Array(0));
});

Deno.test("a server that has no cookie to give is not asked again soon", () => {
  const rig = new Rig({ tuning: { fastOpen: 1 } });
  rig.connect(2, { fastOpen: true });
  new Peer(rig).answer(rig.turn());
  rig.connect(2, { fastOpen: true });
  assertEquals(cookieOf(rig.turn()[0]!), undefined);
});

Deno.test("a SYN with octets that crosses another opens as any (RFC 9293 3.5)", () => {
  const { rig, peer } = client();
  const user = new User();
  user.write("early");
  rig.connect(2, { fastOpen: true }, user);
  const other = peer(rig.turn()[0]!);
  assertEquals(other.say("S", { mss: 1000 }), ["S. 0 ack 1"]);
  const said = other.say(".", { ack: 1 });
  assert(said.some((one) => one.startsWith("P. 1:6")), `${said}`);
  assertEquals(user.c.state, state.ESTABLISHED);
});

Deno.test("two hosts of ours open fast: the request is answered in one round trip", () => {
  const server = new Rig({ tuning: { fastOpen: 2 } });
  server.tcp.listen({
    port: 80,
    fastOpen: 4,
    accept(c) {
      const user = new User();
      user.take(c);
      user.hook = {
        received() {
          if (user.read() === "GET /") user.write("200 OK");
        },
      };
      return true;
    },
  });
  const host = new Rig({ tuning: { fastOpen: 1 } });
  // Both are 192.0.2.1; swapped, the sums stay right.
  const carry = (from: Rig, to: Rig) => {
    const said = from.turn();
    for (const { octets } of said) {
      const swapped = octets.slice();
      swapped.set(octets.subarray(12, 16), 16);
      swapped.set(octets.subarray(16, 20), 12);
      to.put(swapped);
    }
    return said;
  };
  const turns: number[] = [];
  for (const _ of [0, 1]) {
    const user = new User();
    user.write("GET /");
    host.connect(2, { fastOpen: true }, user);
    let trips = 0;
    while (user.in.readable() === 0) {
      if (++trips > 5) throw new Error("no answer");
      carry(host, server);
      carry(server, host);
    }
    assertEquals(user.read(), "200 OK");
    turns.push(trips);
    user.c.abort();
    for (let i = 0; i < 3; i++) {
      carry(host, server);
      carry(server, host);
    }
  }
  // The last turn only takes in what arrived.
  assertEquals(turns, [3, 2]);
  assertEquals(host.count("fastOpenTaken"), 1);
  assertEquals(server.count("fastOpened"), 1);
});
