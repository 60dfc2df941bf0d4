import { assert, assertEquals } from "@std/assert";
import {
  type Changes,
  connected,
  type Pair,
  type Said,
  SECOND,
  WAYS,
} from "./_host_test_util.ts";

const HOUR = 3600 * SECOND;
const SHORT = {
  keepAlive: true,
  keepAliveIdle: 100 * SECOND,
  keepAliveInterval: 10 * SECOND,
  keepAliveProbes: 3,
};

function watched(changes: Changes = { tuning: SHORT }) {
  return connected(changes);
}

/** Seconds from `from` on. */
function times(said: readonly Said[], from: number): number[] {
  return said.map((one) => Math.round((one.at - from) / SECOND));
}

/** Lets time pass second by second, the peer answering what is answered. */
function live({ rig, peer }: Pair, seconds: number): Said[] {
  const all: Said[] = [];
  for (let i = 0; i < seconds; i++) {
    const said = rig.pass(SECOND);
    all.push(...said);
    peer.hear(said);
    if (said.length > 0) peer.say(".");
  }
  return all;
}

Deno.test("keep-alive is off unless asked for [RFC9293 MUST-25]", () => {
  const { rig, user } = connected();
  assertEquals(user.c.keepAlive, false);
  assertEquals(rig.tcp.nextDeadline(rig.now), Infinity);
  assertEquals(rig.pass(100 * HOUR), []);
});

Deno.test("keep-alive asks after two hours, and every 75 s [RFC9293 MUST-28] [RFC9293 MAY-5]", () => {
  const { rig, user } = watched({ tuning: { keepAlive: true } });
  const from = rig.now;
  const said = rig.pass(3 * HOUR);
  const asked = Array.from({ length: 9 }, (_, i) => 7200 + 75 * i);
  assertEquals(times(said, from), asked);
  assertEquals(user.reason, "timeout");
  assertEquals(rig.count("timedOut"), 1);
  assertEquals(rig.count("keepAlives"), 9);
});

Deno.test("keep-alive asks with SND.NXT - 1 and no octet [RFC9293 SHLD-12]", () => {
  const { peer, rig, user } = watched();
  user.write("hello");
  peer.hear();
  peer.say("P.", { data: "you" });
  peer.hear();
  const said = rig.pass(101 * SECOND);
  assertEquals(peer.hear(said), [". 6 ack 4", ". 5 ack 4"]);
  assertEquals(said[1]!.data.length, 0);
});

Deno.test("one probe without an answer is no end, nor are two [RFC9293 MUST-29]", () => {
  const all = watched();
  const { peer, rig, user } = all;
  for (let round = 0; round < 5; round++) {
    const from = rig.now;
    const said = rig.pass(125 * SECOND);
    assertEquals(times(said, from), [100, 110, 120]);
    // The third is answered.
    peer.say(".");
  }
  assertEquals(user.reason, undefined);
  rig.pass(140 * SECOND);
  assertEquals(user.reason, "timeout");
});

Deno.test("keep-alive begins with the silence, whoever spoke last [RFC9293 MUST-26]", () => {
  const all = watched();
  const { peer, rig, user } = all;
  for (let i = 0; i < 30; i++) {
    user.write("x");
    peer.hear();
    peer.say(".");
    assertEquals(rig.pass(90 * SECOND), []);
    peer.say("P.", { data: "y" });
    peer.hear(rig.pass(SECOND));
    assertEquals(rig.pass(90 * SECOND), []);
  }
  const from = rig.now;
  assertEquals(times(rig.pass(15 * SECOND), from), [9]);
});

Deno.test("nothing is asked while data waits for its ACK, or for a window [RFC9293 MUST-26]", () => {
  const flying = watched();
  flying.user.write("x");
  const said = flying.rig.pass(600 * SECOND);
  for (const one of said) assertEquals(one.data.length, 1);
  assertEquals(flying.rig.count("keepAlives"), 0);
  const closed = watched();
  closed.peer.say(".", { window: 0 });
  closed.user.write("waits");
  for (let i = 0; i < 600; i++) {
    const probes = closed.rig.pass(SECOND);
    if (probes.length > 0) closed.peer.say(".", { ack: 1, window: 0 });
  }
  assertEquals(closed.rig.count("keepAlives"), 0);
  assertEquals(closed.user.reason, undefined);
});

Deno.test("a peer that answers is asked for ever, and no octet is read twice", () => {
  const all = watched();
  const said = live(all, 2000);
  assert(said.length >= 18 && said.length <= 20, `${said.length}`);
  assertEquals(all.user.reason, undefined);
  all.peer.say("P.", { data: "still here" });
  assertEquals(all.user.read(), "still here");
});

Deno.test("keep-alive is each connection's own, and can be switched at any time [RFC9293 MUST-24] [RFC9293 MUST-27]", () => {
  const { rig, user } = connected();
  rig.pass(HOUR);
  user.c.keepAlive = true;
  user.c.keepAliveIdle = 5 * SECOND;
  user.c.wake();
  // It has been silent for long enough.
  assertEquals(rig.turn().length + rig.pass(SECOND).length, 1);
  user.c.keepAlive = false;
  assertEquals(rig.pass(10 * HOUR), []);
  assertEquals(user.reason, undefined);
  user.c.keepAlive = true;
  user.c.keepAliveIdle = 20 * HOUR;
  user.c.wake();
  rig.turn();
  assertEquals(rig.pass(8 * HOUR), []);
  assertEquals(rig.pass(2 * HOUR).length, 9);
  assertEquals(user.reason, "timeout");
});

Deno.test("keep-alive watches half-closed connections, and no others", () => {
  for (
    const [name, asked] of [
      ["CLOSE-WAIT", true],
      ["FIN-WAIT-2", true],
      ["FIN-WAIT-1", false],
      ["CLOSING", false],
      ["LAST-ACK", false],
    ] as const
  ) {
    const { rig, user } = WAYS[name]!();
    user.c.keepAlive = true;
    user.c.keepAliveIdle = 10 * SECOND;
    user.c.wake();
    rig.pass(60 * SECOND);
    assertEquals(rig.count("keepAlives") > 0, asked, name);
  }
});

Deno.test("the answer to a probe is no sign of a loss", () => {
  const all = watched();
  live(all, 1000);
  const { c } = all.user;
  assertEquals([c.dupAcks, c.timeouts, c.retransmissions], [0, 0, 0]);
});
