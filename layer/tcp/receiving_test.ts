import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  address,
  connected,
  Peer,
  Rig,
  SECOND,
  type User,
} from "./_host_test_util.ts";
import * as state from "./state.ts";

Deno.test("ethox 5.3 #2 every second segment is acknowledged at once, the last in time [RFC9293 MUST-40] [RFC9293 SHLD-18] [RFC9293 SHLD-19]", () => {
  const { peer, rig } = connected();
  const text = "0123456789";
  assertEquals(peer.say("P.", { data: text }), []);
  assertEquals(peer.say("P.", { data: text }), [". 1 ack 21"]);
  assertEquals(peer.say("P.", { data: text }), []);
  assertEquals(peer.say("P.", { data: text }), [". 1 ack 41"]);
  assertEquals(peer.say("P.", { data: text }), []);
  // RFC 9293 MUST-58: within half a second.
  const said = rig.pass(SECOND);
  assertEquals(peer.hear(said), [". 1 ack 51"]);
  assert(said[0]!.at <= rig.now - SECOND / 2);
  assertEquals(rig.tcp.nextDeadline(rig.now), Infinity);
});

Deno.test("an ACK rides on data instead of going alone (RFC 9293 3.8.6.3) [RFC9293 MUST-58]", () => {
  const { peer, rig, user } = connected();
  peer.say("P.", { data: "question" });
  user.write("answer");
  assertEquals(peer.hear(), ["P. 1:7 ack 9"]);
  peer.say(".");
  assertEquals(rig.pass(SECOND), []);
});

Deno.test("ethox 5.3 #1 what is missing is asked for, and nothing behind it acknowledged [RFC9293 SHLD-31] [RFC9293 MAY-13]", () => {
  const { peer, user } = connected();
  peer.say("P.", { seq: 1, data: "aaaa" });
  // With what was in order, and then each at once (RFC 5681 section 4.2).
  assertEquals(peer.say("P.", { seq: 9, data: "cccc" }), [". 1 ack 5"]);
  assertEquals(peer.say("P.", { seq: 13, data: "dddd" }), [". 1 ack 5"]);
  assertEquals(user.read(), "aaaa");
  assertEquals(peer.say("P.", { seq: 5, data: "bbbb" }), [". 1 ack 17"]);
  assertEquals(user.read(), "bbbbccccdddd");
});

Deno.test("what comes twice is answered at once, new octets behind it or not (RFC 2883 4)", () => {
  const { peer } = connected();
  assertEquals(peer.say("P.", { seq: 1, data: "aaaa" }), []);
  assertEquals(peer.say("P.", { seq: 1, data: "aaaabb" }), [". 1 ack 7"]);
});

Deno.test("the first segment out of order draws one ACK (RFC 5681 4.2)", () => {
  const { peer } = connected();
  assertEquals(peer.say("P.", { seq: 5, data: "bbbb" }), [". 1 ack 1"]);
});

Deno.test("A buffer larger than an unscaled window can say is no news", () => {
  const rig = new Rig();
  rig.serve({ receiveWindow: 1 << 20 });
  const peer = new Peer(rig);
  peer.say("S");
  assertEquals(peer.say("."), []);
});

Deno.test("A81 of two versions of an octet the first accepted stays", () => {
  const { peer, user } = connected();
  peer.say("P.", { seq: 5, data: "BBBB" });
  peer.say("P.", { seq: 3, data: "xxxxxxxx" });
  peer.say("P.", { seq: 1, data: "aaaa" });
  peer.say("P.", { seq: 1, data: "yyyyyyyyyyyyyyyy" });
  assertEquals(user.read(), "aaxxBBBBxxyyyyyy");
});

Deno.test("A82 any order, overlap and repetition gives the stream once", () => {
  const segment = fc.tuple(fc.nat(300), fc.integer({ min: 1, max: 60 }));
  const stream = Uint8Array.from({ length: 300 }, (_, i) => 97 + i % 26);
  const text = new TextDecoder().decode(stream);
  fc.assert(
    fc.property(
      fc.array(segment, { maxLength: 40 }),
      fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      (segments, iss) => {
        const { peer, user } = connected({}, { iss });
        let got = "";
        const take = (from: number, length: number) => {
          const data = text.slice(from, from + length);
          if (data.length > 0) peer.say("P.", { seq: 1 + from, data });
          got += user.read();
          user.c.wake();
        };
        for (const [from, length] of segments) take(from, length);
        // What nobody sent, or what was forgotten, comes at last.
        for (let i = 0; i < 300; i += 20) take(i, 20);
        assertEquals(got, text);
        peer.hear();
        assertEquals((user.c.rcvNxt - user.c.irs) | 0, 301);
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("A86 who never reads is sent no more than there is room for, others go on [RFC9293 MAY-8]", () => {
  const rig = new Rig();
  const { users } = rig.serve();
  const peer = new Peer(rig);
  peer.open({ mss: 1000 });
  const other = new Peer(rig, { port: 4001 });
  other.open({ mss: 1000 });
  const [lazy, busy] = users as [User, User];
  for (let i = 0; i < 20; i++) peer.say("P.", { data: 1000 });
  assertEquals(lazy.in.readable(), 4096);
  assertEquals(lazy.in.window(), 0);
  // Its window is closed; probes are answered, and take nothing.
  for (let i = 0; i < 20; i++) {
    rig.now += SECOND;
    rig.put(peer.make("P.", { seq: 4097, data: "x" }));
    const [answer] = rig.turn();
    assertEquals(answer!.segment.window, 0);
    assertEquals((answer!.segment.acknowledgment - peer.iss) | 0, 4097);
  }
  for (let i = 0; i < 20; i++) {
    other.say("P.", { data: 1000 });
    busy.in.consume(busy.in.readable());
    busy.c.wake();
  }
  assertEquals(busy.c.octetsReceived, 20_000);
  // Once it reads, the peer hears of it unasked.
  lazy.in.consume(4096);
  lazy.c.wake();
  const [update] = rig.turn();
  assertEquals(update!.segment.window, 4096);
});

Deno.test("A75 the window opens by no less than half of it, or a segment (RFC 9293 3.8.6.2.2) [RFC9293 MUST-39]", () => {
  const { peer, rig, user } = connected();
  for (let i = 0; i < 5; i++) peer.say("P.", { seq: 1 + 1000 * i, data: 1000 });
  assertEquals(user.in.window(), 0);
  rig.turn();
  const windows: number[] = [];
  for (let i = 0; i < 41; i++) {
    user.in.consume(100);
    user.c.wake();
    for (const { segment } of rig.turn()) windows.push(segment.window);
  }
  // Octet for octet is read, but only steps are told.
  assert(windows.length > 0 && windows.length <= 4, `${windows}`);
  for (const window of windows) assert(window >= 1024, `${windows}`);
  // Nor does a probe learn of less.
  const again = connected();
  for (let i = 0; i < 5; i++) {
    again.peer.say("P.", { seq: 1 + 1000 * i, data: 1000 });
  }
  again.user.in.consume(100);
  again.rig.put(again.peer.make("P.", { seq: 4097, data: "x" }));
  assertEquals(again.rig.turn()[0]!.segment.window, 0);
});

Deno.test("A75 the right edge of the window never moves left (RFC 9293 3.8.6) [RFC9293 SHLD-14] [RFC7323 2.4-2]", () => {
  const { peer, rig, user } = connected();
  let edge = 0;
  let next = 1;
  const read = [0, 300, 0, 0, 50, 900, 0, 4000, 1, 700];
  for (let i = 0; i < 60; i++) {
    rig.put(peer.make("P.", { seq: next, data: 150 }));
    user.in.consume(read[i % 10]!);
    user.c.wake();
    for (const { segment } of [...rig.turn(), ...rig.pass(50_000)]) {
      const ack = (segment.acknowledgment - peer.iss) | 0;
      assert(ack + segment.window >= edge, `${ack} ${segment.window} ${edge}`);
      edge = ack + segment.window;
      next = ack;
    }
  }
  assert(edge > 5000);
});

Deno.test("A70 SegmentSmack: 10^5 octets one by one and out of order", () => {
  const { peer, rig, user } = connected();
  for (let i = 0; i < 100_000; i++) {
    // Never the first, never two that touch.
    rig.put(peer.make(".", { seq: 3 + 2 * (i * 37 % 2000), data: "x" }));
    if (i % 64 === 63) rig.turn();
  }
  rig.turn();
  assertEquals(user.in.readable(), 0);
  assertEquals(user.reason, undefined);
  // The honest peer comes through; its connection still works.
  for (let i = 0; i < 4; i++) {
    peer.say("P.", { seq: 1 + 1000 * i, data: "y".repeat(1000) });
  }
  assertEquals(user.in.readable(), 4000);
  assert(user.c.rcvNxt === ((peer.iss + 4001) | 0));
});

Deno.test("A76 urgent octets stay in line, wherever the pointer points (RFC 6093)", () => {
  for (const urgent of [0, 1, 3, 4, 5, 1000, 65_535]) {
    const { peer, user } = connected();
    peer.say("UP.", { data: "abcd", urgent });
    peer.say("U.", { urgent });
    assertEquals(user.read(), "abcd");
    assertEquals(user.c.state, state.ESTABLISHED);
  }
});

Deno.test("A85 keep-alive probes are answered, with or without an octet (RFC 9293 3.8.4)", () => {
  const { peer, rig, user } = connected();
  peer.say("P.", { data: "hello" });
  peer.hear(rig.pass(SECOND));
  for (let i = 0; i < 20; i++) {
    rig.now += 2 * SECOND;
    const seq = peer.next - 1;
    assertEquals(peer.say(".", { seq }), [". 1 ack 6"]);
    assertEquals(peer.say(".", { seq, data: "?" }), [". 1 ack 6"]);
  }
  assertEquals(user.read(), "hello");
});

Deno.test("A84 octets behind a FIN, and a FIN that lies about where it is", () => {
  const { peer, rig, user } = connected();
  peer.say("F.", { seq: 5, data: "ef" });
  assertEquals(user.c.state, state.ESTABLISHED);
  peer.say("P.", { seq: 7, data: "never sent" });
  peer.say("F.", { seq: 20 });
  peer.say("P.", { seq: 1, data: "abcd" });
  assertEquals(user.read(), "abcdef");
  assertEquals(user.c.state, state.CLOSE_WAIT);
  peer.next = 8;
  peer.say("P.", { data: "too late" });
  assertEquals(user.read(), "");
  user.c.shutdown();
  peer.hear();
  peer.say(".");
  assertEquals(user.reason, "closed");
  assertEquals(rig.tcp.available, 8);
});

Deno.test("A64 a blind FIN without the right ACK, or out of the window, closes nothing", () => {
  const { peer, rig, user } = connected();
  user.write("x");
  peer.hear();
  for (
    const [seq, ack] of [
      [1, 3],
      [1, 100_000],
      [1, -100_000],
      [5000, 1],
      [-5000, 1],
      [0, 1],
    ]
  ) {
    const said = peer.say("F.", { seq: seq!, ack: ack! });
    // Each is answered by an ACK at most.
    for (const one of said) assert(one.startsWith(". "), one);
    assertEquals(user.c.state, state.ESTABLISHED, `${seq} ${ack}`);
  }
  assertEquals(user.c.finSeen, false);
  assert(rig.count("droppedRejected") >= 6);
});

Deno.test("A62 blind data: an ACK of the unsent, or older than a window, takes no octet in (RFC 5961 5) [RFC9293 MAY-12] [RFC5961 5.2-1] [RFC5961 5.2-2]", () => {
  const { peer, user } = connected({}, { window: 1000 });
  for (const ack of [2, 1000, 2 ** 31 - 1, -(2 ** 31) + 5, -1001, -50_000]) {
    peer.say("P.", { seq: 1, data: "evil", ack });
    assertEquals(user.in.readable(), 0, `${ack}`);
  }
  peer.say("P.", { seq: 1, data: "good", ack: 1 });
  assertEquals(user.read(), "good");
});

Deno.test("A61 A63 blind resets and requests: challenges are counted for each connection [RFC5961 3.2-2] [RFC5961 3.2-3] [RFC5961 3.2-4] [RFC5961 3.2-5] [RFC5961 7-1]", () => {
  const rig = new Rig();
  const { users } = rig.serve();
  const victim = new Peer(rig);
  victim.open();
  const other = new Peer(rig, { port: 4001 });
  other.open();
  let challenged = 0;
  for (let i = 0; i < 500; i++) {
    challenged += victim.say(i % 2 === 0 ? "R" : "S.", { seq: 100 }).length;
  }
  // Between 4 and 7, drawn for each period.
  assert(challenged >= 4 && challenged <= 7, `${challenged}`);
  // Another connection's are its own: nothing can be learned from it.
  assertEquals(other.say("R", { seq: 100 }), [". 1 ack 1"]);
  rig.now += SECOND;
  const counts = new Set<number>();
  for (let period = 0; period < 40; period++) {
    let n = 0;
    for (let i = 0; i < 20; i++) n += victim.say("R", { seq: 100 }).length;
    counts.add(n);
    rig.now += SECOND;
  }
  assert(counts.size > 1, "the number is the same each time");
  // All the while nothing has happened to them.
  for (const user of users) assertEquals(user.c.state, state.ESTABLISHED);
  // Below the window and above it: silence for RST.
  assertEquals(victim.say("R", { seq: 0 }), []);
  assertEquals(victim.say("R", { seq: 100_000 }), []);
  assertEquals(victim.say("R", { seq: 1 }), []);
  assertEquals(users[0]!.reason, "reset");
});

Deno.test("A69 resets to strangers are limited in rate, and no larger than what they answer", () => {
  const rig = new Rig({ resetRate: 100 });
  rig.serve();
  let sent = 0;
  let octets = 0;
  for (let i = 0; i < 10_000; i++) {
    const peer = new Peer(rig, { n: 2 + i % 200, port: 1024 + i, hostPort: 9 });
    const segment = peer.make(i % 2 === 0 ? "S" : ".");
    octets = Math.max(octets, segment.length);
    rig.put(segment);
    rig.now += 100;
    for (const said of rig.turn()) {
      sent++;
      assert(said.octets.length <= segment.length);
    }
  }
  // A second has passed.
  assert(sent >= 100 && sent <= 202, `${sent}`);
  assertEquals(rig.count("resetsLimited"), 10_000 - sent);
});

Deno.test("A57 chosen 4-tuples do not collide: each of 10^4 is found as fast", () => {
  const rig = new Rig({ connections: 64, halfOpen: 64 });
  rig.serve({ backlog: 64, backlogPerNetwork: 64 });
  const peer = new Peer(rig);
  // Whatever a stranger chooses, the table's size is ours.
  for (let i = 0; i < 10_000; i++) {
    peer.port = 1024 + (i & 0xff) * 256 % 60_000;
    rig.put(peer.make("S", { source: address(2 + i % 200), seq: i }));
    if (i % 64 === 63) rig.turn();
  }
  assertEquals(rig.tcp.halfOpen, 64);
  rig.pass(100 * SECOND);
  assertEquals(rig.tcp.halfOpen, 0);
  const honest = new Peer(rig, { n: 3 });
  assertEquals(honest.say("S"), ["S. 0 ack 1"]);
});

/** Octets that a parser of options may stumble over. */
const OPTIONS: readonly (readonly [string, readonly number[]])[] = [
  ["40 NOPs", Array(40).fill(1)],
  ["length 0", [2, 0, 5, 180]],
  ["length 1", [3, 1, 1, 1]],
  ["an overrun", [1, 1, 2, 40]],
  ["unknown kinds", [99, 4, 1, 2, 254, 2, 200, 2]],
  ["MSS twice", [2, 4, 4, 0, 2, 4, 8, 0]],
  ["MSS of length 3", [2, 3, 9, 1]],
  ["scale twice", [3, 3, 2, 3, 3, 9, 1, 1]],
  ["SACK permitted twice", [4, 2, 4, 2]],
  [
    "timestamps twice",
    [...[8, 10, 0, 0, 0, 1, 0, 0, 0, 0], ...[8, 10, 0, 0, 0, 2, 0, 0, 0, 0]],
  ],
  ["SACK of 3 octets", [5, 3, 1, 1]],
  ["SACK of 9 octets", [5, 9, 1, 2, 3, 4, 5, 6, 7, 1, 1, 1]],
  ["SACK of five blocks", [5, 42, ...Array(38).fill(7)]],
  ["a reversed SACK", [5, 10, 255, 255, 255, 255, 0, 0, 0, 1, 1, 1]],
  ["an end in front", [0, 99, 99, 99]],
];

for (const [what, options] of OPTIONS) {
  Deno.test(`A5 A6 options: ${what}`, () => {
    const { peer, user } = connected();
    // On a connection they say nothing.
    peer.say("P.", { data: "hello", options });
    assertEquals(user.read(), "hello");
    assertEquals(user.c.state, state.ESTABLISHED);
    // On a request they are read or the request is dropped.
    const rig = new Rig();
    rig.serve();
    const other = new Peer(rig);
    const said = other.say("S", { options });
    assertEquals(
      said.length + rig.count("droppedMalformed"),
      1,
      said.join(", "),
    );
    assertEquals(rig.count("handlerThrew"), 0);
    new Peer(rig, { port: 4001 }).open();
  });
}

Deno.test("A4 a data offset below 5 or beyond the segment is dropped", () => {
  const { peer, rig, user } = connected();
  for (const words of [0, 1, 4, 7, 15]) {
    rig.put(peer.make("P.", {
      data: "abcd",
      spoil: (view) => view.setUint8(12, words << 4),
    }));
  }
  rig.turn();
  assertEquals(rig.count("droppedMalformed"), 5);
  assertEquals(user.in.readable(), 0);
});

Deno.test("ethox 5.3 #14 checksums are made and proved, unless the device does so [RFC9293 MUST-2] [RFC9293 MUST-3]", () => {
  // The test's peers find each wrong checksum of the host.
  const { peer, rig, user } = connected();
  rig.put(peer.make("P.", {
    data: "abcd",
    spoil: (view) => view.setUint8(20, 0x62),
  }));
  rig.turn();
  assertEquals(rig.count("droppedChecksum"), 1);
  assertEquals(user.in.readable(), 0);
  const capabilities = { ...rig.device.personality.capabilities };
  const other = new Rig({
    capabilities: {
      ...capabilities,
      tcp: { ...capabilities.tcp, receive: true },
    },
  });
  const { users } = other.serve();
  const second = new Peer(other);
  second.open();
  other.put(second.make("P.", {
    data: "abcd",
    spoil: (view) => view.setUint8(20, 0x62),
  }));
  other.turn();
  assertEquals(users[0]!.read(), "bbcd");
});

Deno.test("A18 nothing points into a buffer once the call is over", () => {
  const { peer, rig, user } = connected();
  rig.put(peer.make("P.", { seq: 5, data: "late" }));
  rig.turn();
  // The slots of the device are all used again.
  for (let i = 0; i < 300; i++) {
    rig.put(peer.make("", { seq: 0, data: "#".repeat(900) }));
    if (i % 64 === 63) rig.turn();
  }
  rig.turn();
  peer.say("P.", { seq: 1, data: "soon" });
  assertEquals(user.read(), "soonlate");
});

Deno.test("A68 timestamps and SACK that were not agreed on are neither echoed nor believed [RFC7323 3.2-10]", () => {
  const rig = new Rig({ tuning: { timestamps: false, sack: false } });
  const { users } = rig.serve();
  const peer = new Peer(rig);
  peer.put("S", {
    options: [2, 4, 4, 0, 4, 2, 8, 10, 0, 0, 0, 9, 0, 0, 0, 0],
  });
  const [answer] = rig.turn();
  assertEquals(answer!.segment.options.timestamps, false);
  assertEquals(answer!.segment.options.sackPermitted, false);
  peer.hear([answer!]);
  peer.say(".");
  const stamp = [1, 1, 8, 10, 255, 255, 255, 255, 0, 0, 0, 0];
  peer.say("P.", { data: "new", options: stamp });
  peer.say("P.", { data: "er", options: stamp.with(4, 0) });
  assertEquals(users[0]!.read(), "newer");
});

Deno.test("A71 A72 SACK blocks of any kind move nothing (RFC 2018)", () => {
  const { peer, rig, user } = connected({}, { mss: 48 });
  user.write(4000);
  const first = peer.hear();
  assertEquals(first[0], ". 1:49 ack 1");
  const four = (n: number) =>
    [n >>> 24, n >>> 16, n >>> 8, n].map((o) => o & 255);
  for (let i = 0; i < 1000; i++) {
    const left = (peer.irs + (i * 97 % 5000) - 500) | 0;
    const blocks = [0, 1, 2].flatMap((n) => [
      ...four(left + 96 * n),
      ...four(left + 96 * n + (i % 7 === 0 ? -8 : 48)),
    ]);
    rig.put(peer.make(".", { ack: 1, options: [1, 1, 5, 26, ...blocks] }));
    for (const { data } of rig.turn()) assert(data.length <= 48);
  }
  assertEquals(user.c.sndUna, (user.c.iss + 1) | 0);
  assert(user.c.flight <= 4000);
  for (let i = 0; i < 200 && user.c.flight > 0; i++) {
    peer.hear(rig.pass(SECOND));
    peer.say(".");
  }
  assertEquals(user.c.octetsSent, 4000);
});

Deno.test("ethox 5.1 #3 random segments do nothing but what RFC 9293 allows", () => {
  const flags = fc.subarray([..."FSRP.U"]).map((letters) => letters.join(""));
  const near = fc.oneof(
    fc.integer({ min: -3, max: 6000 }),
    fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  );
  fc.assert(
    fc.property(
      fc.array(fc.tuple(flags, near, near, fc.nat(50)), { maxLength: 40 }),
      fc.array(fc.constantFrom("write", "close", "shutdown", "pass", "read")),
      (segments, calls) => {
        const { rig, peer, user } = connected();
        segments.forEach(([flags, seq, ack, data], i) => {
          rig.put(peer.make(flags, { seq, ack, data }));
          switch (calls[i]) {
            case "write":
              if (user.reason === undefined) user.write(100);
              break;
            case "close":
            case "shutdown":
              if (user.reason === undefined) user.c[calls[i]]();
              break;
            case "pass":
              rig.pass(SECOND);
              break;
            default:
              user.read();
          }
          rig.turn();
        });
        assertEquals(rig.count("handlerThrew"), 0);
        if (user.reason === undefined) user.c.abort();
        rig.pass(200 * SECOND);
        assertEquals(rig.tcp.available, 8);
        assertEquals(rig.tcp.timeWaiting, 0);
        new Peer(rig, { port: 4001 }).open();
        assertEquals(rig.tcp.available, 7);
      },
    ),
    { numRuns: 150 },
  );
});
