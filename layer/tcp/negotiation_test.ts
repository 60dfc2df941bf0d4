import { assert, assertEquals } from "@std/assert";
import * as wire from "@ethox/wire/tcp";
import { address, Peer, Rig, type Said, SECOND } from "./_host_test_util.ts";
import { stamp, TICK } from "./timestamps.ts";
import type { Tuning } from "./tuning.ts";

/** What a SYN of the host offers, in the order of its octets. */
function kinds({ octets }: Said): number[] {
  const view = new DataView(octets.buffer, octets.byteOffset);
  const tcp = new wire.View(view, 20, octets.length);
  const found: number[] = [];
  for (let at = tcp.optionsStart; at < tcp.optionsEnd;) {
    const kind = view.getUint8(at);
    found.push(kind);
    at += kind === wire.NO_OPERATION ? 1 : view.getUint8(at + 1);
  }
  return found;
}

const SWITCHES = ["timestamps", "sack", "windowScaling"] as const;

/** All ways to switch the three off. */
function* tunings(): Generator<Pick<Tuning, typeof SWITCHES[number]>> {
  for (let bits = 0; bits < 8; bits++) {
    yield {
      timestamps: (bits & 1) !== 0,
      sack: (bits & 2) !== 0,
      windowScaling: (bits & 4) !== 0,
    };
  }
}

Deno.test("a SYN offers MSS, SACK, timestamps and scale, each aligned, in the common order [RFC7323 3.2-1] [RFC7323 3.2-4]", () => {
  const rig = new Rig();
  rig.connect(2);
  const [syn] = rig.turn();
  assertEquals(kinds(syn!), [2, 4, 8, 1, 3]);
  const { options } = syn!.segment;
  // RFC 7323 section 3.2: TSecr counts with ACK only.
  assertEquals(options.timestampEcho, 0);
});

Deno.test("Tuning switches timestamps, SACK and scaling off, each by itself, on SYN and SYN,ACK", () => {
  for (const tuning of tunings()) {
    const rig = new Rig({ tuning });
    rig.connect(2);
    rig.serve();
    const [syn] = rig.turn();
    new Peer(rig).put("S", { mss: 1000, scale: 3, sack: true, ts: [7, 0] });
    const [answer] = rig.turn();
    for (const { segment } of [syn!, answer!]) {
      const { options } = segment;
      assertEquals(options.timestamps, tuning.timestamps);
      assertEquals(options.sackPermitted, tuning.sack);
      assertEquals(options.windowScale >= 0, tuning.windowScaling);
    }
  }
});

Deno.test("a SYN,ACK offers what the SYN did and no more (RFC 7323 2.2, 3.2; RFC 2018 2) [RFC7323 2.2-2] [RFC7323 3.2-2] [RFC7323 3.2-3]", () => {
  for (const wants of tunings()) {
    for (const backlog of [0, 8]) {
      const rig = new Rig();
      const { users } = rig.serve({ backlog });
      const peer = new Peer(rig);
      peer.put("S", {
        mss: 1000,
        ...(wants.windowScaling ? { scale: 7 } : {}),
        ...(wants.timestamps ? { ts: [77, 0] as const } : {}),
        sack: wants.sack,
      });
      const [answer] = rig.turn();
      peer.note(answer!);
      const { options } = answer!.segment;
      assertEquals(options.timestamps, wants.timestamps);
      assertEquals(options.timestampEcho, wants.timestamps ? 77 : 0);
      assertEquals(options.sackPermitted, wants.sack);
      assertEquals(options.windowScale >= 0, wants.windowScaling);
      peer.say(
        ".",
        wants.timestamps ? { ts: [78, options.timestampValue] } : {},
      );
      const { c } = users[0]!;
      assertEquals(c.tsOn, wants.timestamps);
      assertEquals(c.sackOn, wants.sack);
      assertEquals(c.sndScaled, wants.windowScaling);
      assertEquals(c.sndScale, wants.windowScaling ? 7 : 0);
      // RFC 6691: the peer's MSS does not count options.
      const full = backlog === 0 && !wants.timestamps ? 536 : 1000;
      const mss = backlog === 0 && wants.timestamps ? 966 : full;
      assertEquals(c.mss, wants.timestamps ? mss - 12 : mss);
    }
  }
});

Deno.test("connect() agrees on what the SYN,ACK answers, however little", () => {
  for (const wants of tunings()) {
    const rig = new Rig();
    const user = rig.connect(2);
    const peer = new Peer(rig);
    peer.answer(rig.turn(), {
      mss: 1000,
      ...(wants.windowScaling ? { scale: 7 } : {}),
      ...(wants.timestamps ? { ts: [77, 1] as const } : {}),
      sack: wants.sack,
    });
    const { c } = user;
    assertEquals(c.tsOn, wants.timestamps);
    assertEquals(c.sackOn, wants.sack);
    assertEquals(c.sndScaled, wants.windowScaling);
    assertEquals(c.mss, wants.timestamps ? 988 : 1000);
    if (wants.timestamps) assertEquals(c.tsRecent, 77);
  }
});

Deno.test("options that only the SYN,ACK has are not agreed on (RFC 7323 2.2) [RFC7323 2.2-3]", () => {
  const tuning = { timestamps: false, sack: false, windowScaling: false };
  const rig = new Rig({ tuning });
  const { c } = rig.connect(2);
  new Peer(rig).answer(rig.turn(), { scale: 7, sack: true, ts: [77, 1] });
  assertEquals([c.tsOn, c.sackOn, c.sndScaled, c.sndScale], [
    false,
    false,
    false,
    0,
  ]);
});

Deno.test("simultaneous open: the SYN,ACK offers what both SYNs did (RFC 9293 3.5)", () => {
  const rig = new Rig();
  const user = rig.connect(2);
  const peer = new Peer(rig);
  const [syn] = rig.turn();
  peer.port = syn!.segment.destinationPort;
  peer.hostPort = syn!.segment.sourcePort;
  peer.note(syn!);
  peer.put("S", { ts: [500, 0], scale: 2 });
  const [answer] = rig.turn();
  const { options } = answer!.segment;
  assertEquals(options.timestampEcho, 500);
  assertEquals(options.sackPermitted, false);
  assertEquals(options.windowScale, user.c.rcvScale);
  peer.say(".", { ts: [501, options.timestampValue] });
  assertEquals(user.events, ["established"]);
  assertEquals([user.c.tsOn, user.c.sackOn, user.c.sndScale], [true, false, 2]);
});

Deno.test("A68 timestamps begin elsewhere for each 4-tuple, and count on for one (RFC 7323 7.1) [RFC7323 7.1-1]", () => {
  const rig = new Rig({ connections: 64 });
  rig.serve();
  const values: number[] = [];
  for (let i = 0; i < 32; i++) {
    new Peer(rig, { port: 4000 + i }).put("S", { ts: [1, 0] });
    values.push(rig.turn()[0]!.segment.options.timestampValue);
  }
  const near = values.filter((value, i) =>
    i > 0 && Math.abs((value - values[i - 1]!) | 0) < 1 << 16
  );
  assertEquals(near, []);
  // The same 4-tuple, from the table and from a cookie, five seconds later.
  rig.pass(5 * SECOND);
  for (const backlog of [8, 0]) {
    const other = new Rig({ origin: rig.now });
    other.serve({ backlog });
    new Peer(other).put("S", { ts: [1, 0] });
    const value = other.turn()[0]!.segment.options.timestampValue;
    const passed = (value - values[0]!) | 0;
    assert(passed > 5000 - 64 && passed <= 5000, `${passed}`);
  }
});

Deno.test("in SYN-RECEIVED what is older than the request, or has no timestamps, is no answer (RFC 7323 5.3 R1, 3.2)", () => {
  const rig = new Rig();
  const { users } = rig.serve();
  const peer = new Peer(rig);
  peer.put("S", { ts: [1000, 0] });
  const [answer] = rig.turn();
  peer.note(answer!);
  const echo = answer!.segment.options.timestampValue;
  peer.put(".", { ts: [999, echo] });
  const [ack] = rig.turn();
  // RFC 7323 section 3.2: all segments but resets carry them from now on.
  assert(ack!.segment.options.timestamps);
  assertEquals(ack!.segment.options.timestampEcho, 1000);
  assertEquals(peer.say("."), []);
  assertEquals(users.length, 0);
  assertEquals(rig.count("droppedRejected"), 2);
  peer.say(".", { ts: [1000, echo] });
  assertEquals(users.length, 1);
});

Deno.test("an ACK from TIME-WAIT carries timestamps, as all segments do (RFC 7323 3.2) [RFC7323 3.2-6]", () => {
  const rig = new Rig();
  const { users } = rig.serve();
  const peer = new Peer(rig);
  peer.put("S", { ts: [1000, 0] });
  peer.hear();
  peer.say(".", { ts: [1000, 0] });
  users[0]!.c.shutdown();
  peer.hear();
  peer.put("F.", { ts: [1010, 0] });
  const [first] = rig.turn();
  assertEquals(first!.segment.options.timestampEcho, 1010);
  rig.pass(3 * SECOND);
  peer.put("F.", { seq: 1, ts: [1010, 0] });
  const [again] = rig.turn();
  const { options } = again!.segment;
  assertEquals(options.timestampEcho, 1010);
  const passed = options.timestampValue - first!.segment.options.timestampValue;
  assertEquals(passed | 0, 3000);
});

Deno.test("resets of a connection carry timestamps, too (RFC 7323 3.2) [RFC7323 3.2-7]", () => {
  const rig = new Rig();
  const { users } = rig.serve();
  const peer = new Peer(rig);
  peer.put("S", { ts: [1000, 0] });
  peer.hear();
  peer.say(".", { ts: [1001, 0] });
  users[0]!.c.abort();
  const [reset] = rig.turn();
  assertEquals(reset!.segment.flags, wire.RST | wire.ACK);
  assertEquals(reset!.segment.options.timestampEcho, 1001);
});

Deno.test("the largest shift that is announced is 14, whatever the window [RFC7323 2.3-4]", () => {
  const rig = new Rig();
  rig.tcp.listen({ port: 80, receiveWindow: 2 ** 30, accept: () => false });
  new Peer(rig).put("S", { scale: 0 });
  assertEquals(rig.turn()[0]!.segment.options.windowScale, 14);
  const recvBuf = { window: () => 2 ** 30, receive: () => 0 };
  rig.tcp.connect({ remote: address(2), remotePort: 80, recvBuf });
  assertEquals(rig.turn()[0]!.segment.options.windowScale, 14);
});

Deno.test("stamp() ticks each millisecond, and goes on where it wraps [RFC7323 5.4-1] [RFC7323 5.4-2] [RFC7323 5.4-3]", () => {
  for (const offset of [0, 2 ** 31 - 1, -1, 12345]) {
    // Around the times when it passes 2^31 and 2^32, too.
    for (const begin of [0, 2 ** 31 * TICK - 5000, 2 ** 32 * TICK - 5000]) {
      for (let now = begin; now < begin + 10_000; now += 250) {
        const passed = (stamp(now + 250, offset) - stamp(now, offset)) | 0;
        assertEquals(passed, (now + 250) % 1000 === 0 ? 1 : 0);
      }
    }
  }
});
