import { assert, assertEquals } from "@std/assert";
import * as ipv4 from "@ethox/wire/ipv4";
import * as wire from "@ethox/wire/tcp";
import {
  address,
  connected,
  OWN,
  Peer,
  Rig,
  SECOND,
  User,
} from "./_host_test_util.ts";

/** A host that has asked 192.0.2.2 for a connection, and its peer. */
function asked(rig: Rig = new Rig()): { rig: Rig; peer: Peer; user: User } {
  const user = rig.connect(2);
  const peer = new Peer(rig);
  const syn = rig.turn().find(({ destination }) => destination === address(2))!;
  peer.port = syn.segment.destinationPort;
  peer.hostPort = syn.segment.sourcePort;
  peer.note(syn);
  return { rig, peer, user };
}

/** Opens a connection with SYN options as they come; what may be sent at once. */
function sizeAfter(options: readonly number[]): number {
  const rig = new Rig();
  const { users } = rig.serve();
  const peer = new Peer(rig);
  peer.put("S", { options });
  peer.hear();
  peer.say(".");
  return users[0]?.c.mss ?? 0;
}

const MSS = [2, 4, 3, 232];
const BOTH = ["192.0.2.1/24", "192.0.2.77/24"];

Deno.test("a window of 65,535 is that, and no negative number [RFC9293 MUST-1] [RFC9293 REC-1]", () => {
  const { peer, user } = connected();
  for (const window of [0x7fff, 0x8000, 0xffff]) {
    peer.say(".", { window });
    assertEquals(user.c.sndWnd, window);
  }
  // With the largest scale it takes 30 bits.
  const wide = connected({}, { scale: 14 });
  wide.peer.say(".", { window: 0xffff });
  assertEquals(wide.user.c.sndWnd, 0xffff << 14);
});

Deno.test("options of a SYN: End of List, No Operation, MSS, at any place [RFC9293 MUST-4] [RFC9293 MUST-64]", () => {
  assertEquals(sizeAfter(MSS), 1000);
  assertEquals(sizeAfter([1, ...MSS, 1, 1, 1]), 1000);
  assertEquals(sizeAfter([1, 1, ...MSS, 0, 0]), 1000);
  assertEquals(sizeAfter([1, 1, 1, ...MSS, 0]), 1000);
  // Nothing counts behind End of List.
  assertEquals(sizeAfter([0, ...MSS, 0, 0, 0]), 536);
});

Deno.test("unknown options are passed over by their length [RFC9293 MUST-6] [RFC9293 MUST-68]", () => {
  for (const kind of [6, 19, 27, 77, 200, 255]) {
    assertEquals(sizeAfter([kind, 2, ...MSS, 1, 1]), 1000, `${kind}`);
    assertEquals(sizeAfter([kind, 8, 1, 2, 3, 4, 5, 6, ...MSS]), 1000);
    // What it holds is not taken for options of its own.
    assertEquals(sizeAfter([kind, 6, 2, 4, 9, 9, ...MSS, 1, 1]), 1000);
  }
});

Deno.test("options on a segment without SYN are taken for what they are [RFC9293 MUST-5]", () => {
  const { peer, user } = connected();
  peer.say("P.", { data: "ab", options: [1, 1, 1, 1] });
  peer.say("P.", { data: "cd", options: [77, 4, 0, 0] });
  peer.say("P.", { data: "ef", options: [0, 0, 0, 0] });
  assertEquals(user.read(), "abcdef");
  // MSS says nothing here (section 3.7.1).
  peer.say(".", { options: [2, 4, 0, 100] });
  assertEquals(user.c.mss, 1000);
});

Deno.test("an option with a length of 0, 1 or too much harms nobody [RFC9293 MUST-7]", () => {
  for (const kind of [2, 3, 4, 8, 77]) {
    for (const length of [0, 1, 5, 41, 255]) {
      const rig = new Rig();
      rig.serve();
      const peer = new Peer(rig);
      peer.say("S", { options: [kind, length, 1, 1] });
      // And the host goes on as before.
      const { peer: next, user } = connected();
      next.say("P.", { data: "ab", options: [kind, length, 1, 1] });
      next.say("P.", { data: "cd", seq: 3 });
      assert(user.c.stateName === "ESTABLISHED", `${kind} ${length}`);
    }
  }
});

Deno.test("options end on a word, with nothing but zeros behind End of List, and MSS stands on SYN alone [RFC9293 MUST-65] [RFC9293 MUST-69]", () => {
  const rig = new Rig();
  const user = rig.connect(2, {}, new User(1 << 20));
  const said = rig.turn();
  const peer = new Peer(rig);
  peer.answer(said, { mss: 1460 });
  user.write(5000);
  said.push(...rig.turn());
  user.c.shutdown();
  said.push(...rig.pass(5 * SECOND));
  assert(said.length > 4);
  for (const { octets, segment } of said) {
    const syn = (segment.flags & wire.SYN) !== 0;
    assertEquals(segment.options.mss !== 0, syn);
    const header = 4 * (octets[32]! >> 4);
    let ended = false;
    for (let at = 40; at < 20 + header;) {
      const kind = octets[at]!;
      if (ended) assertEquals(kind, 0);
      if (kind === 0) ended = true;
      // Every other kind has a length that leads to the next.
      at += kind <= 1 ? 1 : octets[at + 1]!;
      assert(at <= 20 + header);
    }
  }
});

Deno.test("the user learns whether the peer closed or reset [RFC9293 MUST-12]", () => {
  const closed = connected();
  closed.peer.say("F.");
  assertEquals(closed.user.events, ["established", "received end"]);
  assert(closed.user.c.receiveFinished);
  closed.user.c.shutdown();
  closed.peer.hear();
  closed.peer.say(".");
  assertEquals(closed.user.reason, "closed");
  const reset = connected();
  reset.peer.say("R");
  assertEquals(reset.user.events, ["established", "reset"]);
  assertEquals(reset.user.reason, "reset");
});

Deno.test("a reset may carry octets: they change nothing about it [RFC9293 SHLD-2]", () => {
  const { peer, user } = connected();
  peer.say("R", { data: "why it is so" });
  assertEquals(user.reason, "reset");
  assertEquals(user.in.readable(), 0);
});

Deno.test("after three time-outs IP and the user hear of it, long before the end [RFC9293 MUST-20] [RFC9293 SHLD-9] [RFC9293 SHLD-10]", () => {
  const { rig, user } = connected();
  const doubted: number[] = [];
  rig.ip.doubt = (destination) => void doubted.push(destination);
  const told: number[] = [];
  user.hook = { troubled: (c) => void told.push(c.backoff) };
  user.write("lost");
  rig.pass(6 * SECOND);
  assertEquals([doubted, told], [[], []]);
  rig.pass(2 * SECOND);
  assertEquals([doubted, told], [[address(2)], [3]]);
  assertEquals(user.reason, undefined);
  // R2 closes, and nobody is told twice.
  rig.pass(3600 * SECOND);
  assertEquals(user.reason, "timeout");
  assertEquals([doubted.length, told.length], [1, 1]);
});

Deno.test("a user who does not ask hears of no trouble, and one who throws harms himself only [RFC9293 SHLD-20]", () => {
  const silent = connected();
  silent.user.c.handler = {};
  silent.user.write("lost");
  silent.rig.pass(10 * SECOND);
  assertEquals(silent.user.c.stateName, "ESTABLISHED");
  const { rig, user } = connected();
  user.hook = {
    troubled() {
      throw new Error("no");
    },
  };
  user.write("lost");
  rig.pass(10 * SECOND);
  assertEquals(user.reason, "failed");
  assertEquals(rig.tcp.available, 8);
});

Deno.test("an unanswered SYN is repeated for three minutes at least [RFC9293 MUST-23]", () => {
  const { rig, user } = asked();
  rig.pass(179 * SECOND);
  assertEquals(user.reason, undefined);
  rig.pass(600 * SECOND);
  assertEquals(user.reason, "timeout");
});

Deno.test("listening takes no record from others and fails where somebody listens [RFC9293 MUST-41] [RFC9293 MUST-42]", () => {
  const { rig, user } = connected();
  assertEquals(rig.tcp.listen({ port: 80, accept: () => true }), "illegal");
  assertEquals(user.c.stateName, "ESTABLISHED");
  // A port of one's own in SYN-SENT, and one in SYN-RECEIVED.
  const other = new Rig();
  other.connect(2, { localPort: 80 });
  other.turn();
  const listener = other.tcp.listen({ port: 80, accept: () => true });
  assert(typeof listener !== "string");
  const peer = new Peer(other, { n: 3 });
  assertEquals(peer.say("S"), ["S. 0 ack 1"]);
  other.tcp.unlisten(listener);
  assert(
    typeof other.tcp.listen({ port: 80, accept: () => true }) !== "string",
  );
  assertEquals([...other.tcp.connections()].length, 1);
});

Deno.test("OPEN takes a local address, or IP chooses it, and it stays [RFC9293 MUST-43] [RFC9293 MUST-44] [RFC9293 MUST-45]", () => {
  const second = address(77);
  for (const local of [undefined, OWN, second]) {
    const rig = new Rig({ addresses: BOTH });
    const user = rig.connect(2, local === undefined ? {} : { local });
    const said = rig.turn();
    const from = local ?? OWN;
    assertEquals(user.c.localAddress, from);
    const peer = new Peer(rig);
    const syn = said.find(({ destination }) => destination === address(2))!;
    peer.port = syn.segment.destinationPort;
    peer.hostPort = syn.segment.sourcePort;
    peer.note(syn);
    peer.put("S.", { destination: from });
    user.write(3000).c.shutdown();
    said.push(...rig.turn(), ...rig.pass(10 * SECOND));
    assert(said.length > 3);
    for (const { source } of said) assertEquals(source, from);
  }
  // A listener may have an address, too.
  const rig = new Rig({ addresses: BOTH });
  rig.serve({ address: second });
  const peer = new Peer(rig);
  assertEquals(peer.say("S"), ["R. 0 ack 1"]);
  assertEquals(peer.say("S", { seq: 0, destination: second }), ["S. 0 ack 1"]);
  // Nobody connects from an address that is not his.
  assert(
    typeof rig.tcp.connect({
      remote: address(2),
      remotePort: 80,
      local: address(99),
    }) !== "string",
  );
  assertEquals(rig.turn().length, 0);
});

Deno.test("soft errors are told to who wants to know, and end nothing [RFC9293 MUST-47] [RFC9293 SHLD-25]", () => {
  for (const [type, code] of [[3, 0], [3, 1], [3, 5], [11, 0], [12, 0]]) {
    const { rig, peer, user } = connected();
    const told: number[] = [];
    user.hook = { troubled: (c) => void told.push(c.softError) };
    user.write("text");
    const [said] = rig.turn();
    peer.complain(type!, code!, said!.octets);
    rig.turn();
    assertEquals(told, [type! * 256 + code!]);
    assertEquals(user.c.stateName, "ESTABLISHED");
    // What quotes nothing in flight tells nothing.
    peer.note(said!);
    peer.say(".");
    peer.complain(type!, code!, said!.octets);
    rig.turn();
    assertEquals(told.length, 1);
  }
});

/** Time to live and code point of what a host sends, each once. */
function marks(said: readonly { octets: Uint8Array }[]): string[] {
  return [
    ...new Set(
      said.map(({ octets }) => `${octets[8]} ${octets[1]! >> 2}`),
    ),
  ];
}

Deno.test("time to live and DiffServ are the user's to set, and to change [RFC9293 MUST-48] [RFC9293 MUST-49] [RFC9293 SHLD-21] [RFC9293 SHLD-22]", () => {
  const rig = new Rig();
  const user = rig.connect(2, { ttl: 3, dscp: 46 });
  const said = rig.turn();
  const peer = new Peer(rig);
  peer.answer(said, { mss: 1000 });
  user.write(500);
  said.push(...rig.turn());
  assert(said.length >= 2);
  assertEquals(marks(said), ["3 46"]);
  user.c.dscp = 10;
  user.c.ttl = 255;
  user.write(500);
  assertEquals(marks(rig.pass(5 * SECOND)), ["255 10"]);
  // Those who come after are as always, and so is what answers strangers.
  const plain = rig.connect(3);
  const stranger = new Peer(rig, { n: 4 });
  stranger.put(".");
  assertEquals(marks(rig.turn().slice(-2)), ["64 0"]);
  assertEquals([plain.c.ttl, plain.c.dscp], [64, 0]);
});

Deno.test("IP options are passed over [RFC9293 MUST-50]", () => {
  const { rig, peer, user } = connected();
  const plain = peer.make("P.", { data: "with options" });
  const octets = new Uint8Array(plain.length + 8);
  octets.set(plain.subarray(0, 20));
  octets.set([1, 0x9e, 4, 0, 0, 1, 1, 0], 20);
  octets.set(plain.subarray(20), 28);
  octets[0] = 0x47;
  const view = new DataView(octets.buffer);
  view.setUint16(2, octets.length);
  new ipv4.View(view, 0, octets.length).fillChecksum();
  rig.put(octets);
  rig.turn();
  assertEquals(user.read(), "with options");
});

Deno.test("into a window that shrank no new octet goes, and that ends nothing [RFC9293 SHLD-15] [RFC9293 SHLD-17]", () => {
  const { rig, peer, user } = connected();
  user.write(20_000);
  peer.hear();
  // Ten segments are in flight; of these, there is room for two now.
  peer.say(".", { ack: 1, window: 2000 });
  const sent = user.c.sndMax;
  for (let i = 0; i < 60; i++) {
    rig.pass(30 * SECOND);
    peer.say(".", { ack: 1, window: 2000 });
    peer.say(".", { ack: 1, window: 0 });
  }
  assertEquals(user.c.sndMax, sent);
  assertEquals(user.reason, undefined);
  peer.heard = 10_001;
  peer.say(".", { window: 60_000 });
  assert(user.c.sndMax !== sent);
});

Deno.test("what may be sent goes in whole segments, small writes together [RFC9293 SHLD-28] [RFC9293 MAY-16]", () => {
  const { rig, peer, user } = connected();
  user.write("a");
  peer.hear();
  for (let i = 0; i < 300; i++) user.write("0123456789");
  // The peer's acknowledgment lets all go that has come together.
  peer.put(".");
  assertEquals(rig.turn().map(({ data }) => data.length), [1000, 1000, 1000]);
});
