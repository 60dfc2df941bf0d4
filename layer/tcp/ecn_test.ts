import { assert, assertEquals } from "@std/assert";
import {
  address,
  type Changes,
  Peer,
  Rig,
  type Said,
  SECOND,
  type User,
} from "./_host_test_util.ts";
import { Reno } from "./reno.ts";

const ECT0 = 2;
const CE = 3;

/** The ECN field of datagrams. */
function fields(said: readonly Said[]): number[] {
  return said.map(({ octets }) => octets[1]! & 3);
}

function rig(changes: Changes = {}): Rig {
  return new Rig({ control: new Reno(8), ...changes });
}

/** A connection that speaks ECN, opened by the peer. */
function marked(changes: Changes = {}): { rig: Rig; peer: Peer; user: User } {
  const host = rig(changes);
  const { users } = host.serve();
  const peer = new Peer(host, { iss: 5000 });
  peer.window = 60_000;
  assertEquals(peer.say("SEW", { mss: 1000 }), ["SE. 0 ack 1"]);
  assertEquals(peer.say("."), []);
  return { rig: host, peer, user: users[0]! };
}

Deno.test("ECN: a request that asks for it is granted, unless switched off (RFC 3168 6.1.1)", () => {
  for (
    const [ecn, flags, mark, answer] of [
      ["on", "SEW", 0, "SE. 0 ack 1"],
      ["passive", "SEW", 0, "SE. 0 ack 1"],
      ["off", "SEW", 0, "S. 0 ack 1"],
      ["on", "S", 0, "S. 0 ack 1"],
      ["on", "SE", 0, "S. 0 ack 1"],
      ["on", "SW", 0, "S. 0 ack 1"],
      // A field that was mangled on its way.
      ["on", "SEW", ECT0, "S. 0 ack 1"],
      ["on", "SEW", CE, "S. 0 ack 1"],
    ] as const
  ) {
    const host = rig({ tuning: { ecn } });
    const { users } = host.serve();
    const peer = new Peer(host);
    assertEquals(peer.say(flags, { mss: 1000, ecn: mark }), [answer]);
    // SYN,ACK, once more, is the same.
    assertEquals(peer.hear(host.pass(1.5 * SECOND)), [answer]);
    peer.say(".");
    assertEquals(users[0]!.c.ecnOn, answer.includes("E"));
  }
});

Deno.test("ECN: cookies bring it back by timestamps, or it is not granted", () => {
  for (const ts of [undefined, [1, 0] as const]) {
    const host = rig();
    const { users } = host.serve({ backlog: 1 });
    const first = new Peer(host, { n: 3 });
    first.say("S");
    const peer = new Peer(host);
    const stamped = ts === undefined ? {} : { ts };
    peer.put("SEW", { mss: 1000, ...stamped });
    const said = host.turn();
    const texts = peer.hear(said);
    assertEquals(texts, [ts === undefined ? "S. 0 ack 1" : "SE. 0 ack 1"]);
    const echo = said[0]!.segment.options.timestampValue;
    peer.say(".", ts === undefined ? {} : { ts: [2, echo] });
    assertEquals(host.count("cookiesAccepted"), 1);
    assertEquals(users[0]!.c.ecnOn, ts !== undefined);
  }
});

/** What a host that connects says, and whether ECN came of it. */
function connecting(
  changes: Changes,
  answer: string,
  mark = 0,
): [string, boolean] {
  const host = rig(changes);
  const user = host.connect(2);
  const said = host.turn();
  const peer = new Peer(host, { hostPort: 0 });
  const syn = said.find((one) => one.destination === address(2))!;
  peer.port = syn.segment.destinationPort;
  peer.hostPort = syn.segment.sourcePort;
  const text = peer.note(syn);
  assertEquals(fields(said), [0]);
  peer.say(answer, { mss: 1000, ecn: mark });
  assertEquals(user.c.stateName, "ESTABLISHED");
  return [text, user.c.ecnOn];
}

Deno.test("ECN: a host that connects asks for it, and heeds the answer (RFC 3168 6.1.1)", () => {
  const on = { tuning: { ecn: "on" } } as const;
  assertEquals(connecting(on, "SE."), ["SEW 0", true]);
  assertEquals(connecting(on, "S."), ["SEW 0", false]);
  // A reflection, and a field that was mangled.
  assertEquals(connecting(on, "SEW."), ["SEW 0", false]);
  assertEquals(connecting(on, "SE.", CE), ["SEW 0", false]);
  assertEquals(connecting({ tuning: { ecn: "passive" } }, "SE."), [
    "S 0",
    false,
  ]);
  assertEquals(connecting({ tuning: { ecn: "off" } }, "SE."), ["S 0", false]);
});

Deno.test("ECN: a SYN that is repeated does not ask again (RFC 3168 6.1.1.1)", () => {
  for (const ecnFallback of [true, false]) {
    const host = rig({ tuning: { ecn: "on", ecnFallback } });
    const user = host.connect(2);
    const said = [...host.turn(), ...host.pass(1.5 * SECOND)];
    const flags = said.map(({ segment }) => segment.flags);
    assertEquals(flags, ecnFallback ? [0xc2, 0x02] : [0xc2, 0xc2]);
    assertEquals(user.c.ecnOn, !ecnFallback);
  }
});

Deno.test("ECN: new octets may be marked; ACKs, repeated octets and probes may not (RFC 3168 6.1.4 to 6.1.6)", () => {
  const { rig: host, peer, user } = marked();
  user.write(20_000);
  const said = host.turn();
  assertEquals(said.length, 10);
  assertEquals(fields(said), Array(10).fill(ECT0));
  peer.hear(said);
  // A bare ACK.
  peer.put("P.", { data: "x", ack: 1 });
  peer.put("P.", { data: "y", ack: 1 });
  const acks = host.turn();
  assertEquals(acks.map(({ data }) => data.length), [0]);
  assertEquals(fields(acks), [0]);
  // A time-out.
  const repeated = host.pass(1.5 * SECOND);
  assert(repeated.length > 0);
  assertEquals(fields(repeated), repeated.map(() => 0));
  peer.hear(repeated);
  peer.say(".", { ack: 10_001, window: 0 });
  const probes = host.pass(2 * SECOND);
  assert(probes.length > 0);
  assertEquals(fields(probes), probes.map(() => 0));
});

Deno.test("ECN: without it nothing may be marked, and echoes are nothing", () => {
  const host = rig();
  const { users } = host.serve();
  const peer = new Peer(host, { iss: 5000 });
  peer.open({ mss: 1000 });
  users[0]!.write(20_000);
  const said = host.turn();
  assertEquals(fields(said), Array(10).fill(0));
  peer.hear(said);
  peer.say("E.", { ack: 1001 });
  assertEquals(users[0]!.c.ssthresh, 0x3fffffff);
  peer.say("P.", { data: "marked", ecn: CE, ack: 1001 });
  assert(
    peer.say("P.", { data: "more", ack: 1001 }).every((text) =>
      !text.startsWith("E")
    ),
  );
});

Deno.test("ECN: a mark is echoed in every ACK until CWR comes (RFC 3168 6.1.3)", () => {
  const { rig: host, peer } = marked();
  // At once, and not delayed.
  assertEquals(peer.say("P.", { data: "one", ecn: CE }), ["E. 1 ack 4"]);
  assertEquals(host.count("congestionMarks"), 1);
  peer.put("P.", { data: "two", ecn: ECT0 });
  assertEquals(peer.say("P.", { data: "three", ecn: ECT0 }), ["E. 1 ack 12"]);
  peer.put("PW.", { data: "four", ecn: ECT0 });
  assertEquals(peer.say("P.", { data: "five", ecn: ECT0 }), [". 1 ack 20"]);
  // CWR on a packet that is marked itself: that is news.
  assertEquals(peer.say("P.", { data: "six", ecn: CE }), ["E. 1 ack 23"]);
  assertEquals(peer.say("PW.", { data: "seven", ecn: CE }), ["E. 1 ack 28"]);
});

Deno.test("ECN: marks on what is not taken count for nothing", () => {
  const { peer } = marked();
  // Without data, and out of the window.
  assertEquals(peer.say(".", { ecn: CE }), []);
  assertEquals(peer.say("P.", { seq: 90_000, data: "far", ecn: CE }), [
    ". 1 ack 1",
  ]);
});

Deno.test("ECN: an echo halves the window once for a flight, and CWR tells of it (RFC 3168 6.1.2)", () => {
  const { rig: host, peer, user } = marked();
  user.write(60_000);
  peer.hear();
  assertEquals(peer.say("E.", { ack: 1001 }), []);
  assertEquals([user.c.ssthresh, user.c.cwnd], [5000, 5000]);
  assertEquals(host.count("congestionEchoes"), 1);
  // The rest of the flight says the same.
  for (let ack = 2001; ack <= 5001; ack += 1000) peer.say("E.", { ack });
  assertEquals([user.c.ssthresh, user.c.cwnd], [5000, 5000]);
  const [first, ...rest] = peer.say("E.", { ack: 8001 });
  assert(first!.startsWith("W. 10001"), first);
  assert(rest.every((text) => !text.includes("W")));
  // This one does not answer CWR yet; the next does.
  peer.say("E.", { ack: 10_001 });
  assertEquals(host.count("congestionEchoes"), 1);
  peer.say("E.", { ack: 11_001 });
  assertEquals(host.count("congestionEchoes"), 2);
  assertEquals(user.c.retransmissions, 0);
});

Deno.test("ECN: an echo counts though its ACK ends the flight (RFC 3168 6.1.2)", () => {
  const { rig: host, peer, user } = marked();
  user.write(10_000);
  peer.hear();
  peer.say("E.", { ack: 10_001 });
  assertEquals([user.c.ssthresh, user.c.cwnd], [5000, 5000]);
  user.write(1000);
  assertEquals(peer.hear(), ["PW. 10001:11001 ack 1"]);
  assertEquals(host.count("congestionEchoes"), 1);
});

Deno.test("ECN: CWR is on new octets, not on repeated ones", () => {
  const { rig: host, peer, user } = marked();
  user.write(60_000);
  peer.hear();
  peer.say("E.", { ack: 1001 });
  const said = peer.hear(host.pass(1.5 * SECOND));
  assertEquals(said[0]!.startsWith(". 1001"), true);
  const next = peer.say(".", { ack: 10_001 });
  assert(next[0]!.startsWith("W. "), `${next}`);
});

Deno.test("ECN: CWR tells of losses, too (RFC 3168 6.1.2)", () => {
  const { peer, user } = marked();
  user.write(60_000);
  peer.hear();
  for (let i = 0; i < 3; i++) peer.say(".", { ack: 1 });
  assert(user.c.inRecovery);
  const said = peer.say(".", { ack: 12_001 });
  assert(said.length > 0 && said[0]!.startsWith("W. 12001"), `${said}`);
  assert(said.slice(1).every((text) => !text.startsWith("W")));
});
