import { assert, assertEquals } from "@std/assert";
import { connected, Peer, Rig, SECOND, User } from "./_host_test_util.ts";

Deno.test("R1 comes anew after each silence that ends", () => {
  const { peer, rig, user } = connected();
  let stalls = 0;
  user.c.handler = { ...user.handler, troubled: () => void stalls++ };
  for (let i = 1; i <= 3; i++) {
    user.write("x");
    peer.hear();
    peer.hear(rig.pass(300 * SECOND));
    assertEquals(stalls, i);
    peer.say(".");
  }
});

Deno.test("a request has an R1, and an R2 of three minutes at least [RFC9293 MUST-22]", () => {
  const rig = new Rig();
  let stalls = 0;
  const user = new User();
  user.hook = {};
  rig.connect(2, {
    handler: { ...user.handler, troubled: () => void stalls++ },
  }, user);
  const from = rig.now;
  rig.pass(179 * SECOND);
  assertEquals([stalls, user.reason], [1, undefined]);
  rig.pass(100 * SECOND);
  assertEquals(user.reason, "timeout");
  assert(rig.now - from >= 180 * SECOND);
});

Deno.test("R2 is the user's to set, for each connection [RFC9293 MUST-21]", () => {
  for (const seconds of [20, 200, 2000]) {
    const { rig, user } = connected();
    user.c.userTimeout = seconds * SECOND;
    user.write("lost");
    rig.turn();
    rig.pass(0.8 * seconds * SECOND);
    assertEquals(user.reason, undefined, `${seconds}`);
    rig.pass((seconds + 120) * SECOND);
    assertEquals(user.reason, "timeout", `${seconds}`);
  }
});

Deno.test("the largest segment is the user's to bound, both ways [RFC9293 MUST-14] [RFC9293 MAY-3]", () => {
  const rig = new Rig();
  const { users } = rig.serve({ maximumSegment: 700 });
  const peer = new Peer(rig);
  assertEquals(peer.open({ mss: 1460 }).options.mss, 700);
  users[0]!.write(1400);
  assertEquals(rig.turn().map(({ data }) => data.length), [700, 700]);
  const user = rig.connect(3, { maximumSegment: 600 });
  const other = new Peer(rig, { n: 3 });
  const said = rig.turn();
  assertEquals(said[0]!.segment.options.mss, 600);
  other.answer(said, { mss: 1460 });
  user.write(1200);
  assertEquals(rig.turn().map(({ data }) => data.length), [600, 600]);
  // Not above what the path carries, nor below what makes sense.
  for (const [most, mss] of [[9000, 1460], [1, 48]] as const) {
    const c = rig.connect(4, { maximumSegment: most });
    assertEquals(rig.turn()[0]!.segment.options.mss, mss);
    c.c.abort();
  }
});
