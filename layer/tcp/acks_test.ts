import { assert, assertEquals } from "@std/assert";
import { type Changes, connected, SECOND } from "./_host_test_util.ts";

const TEXT = "0123456789";
const QUICK = { tuning: { quickAcks: 16 } };
/** Delayed ACKs of the tuning, µs. */
const DELAY = 40_000;

/** A connection whose peer has sent so many segments, at intervals in µs. */
function fed(segments: number, interval: number, changes: Changes = {}) {
  const all = connected(changes);
  for (let i = 0; i < segments; i++) {
    all.peer.put("P.", { data: TEXT });
    all.peer.hear(all.rig.pass(interval));
    all.user.read();
  }
  return all;
}

Deno.test("the first segments are acknowledged at once", () => {
  const { peer, rig } = connected(QUICK);
  for (let i = 1; i <= 16; i++) {
    assertEquals(peer.say("P.", { data: TEXT }), [`. 1 ack ${1 + 10 * i}`]);
  }
  assertEquals(peer.say("P.", { data: TEXT }), []);
  assertEquals(peer.hear(rig.pass(SECOND)), [". 1 ack 171"]);
});

Deno.test("all segments are if the user asks for it", () => {
  const { peer, user } = connected();
  user.c.quickAck = true;
  for (let i = 1; i <= 40; i++) {
    assertEquals(peer.say("P.", { data: TEXT }), [`. 1 ack ${1 + 10 * i}`]);
  }
});

Deno.test("a burst in order is answered once, at its end [RFC9293 MUST-58] [RFC9293 MUST-59]", () => {
  for (const changes of [{}, QUICK]) {
    const { peer, rig } = connected(changes, { receiveWindow: 65_536 });
    for (let i = 0; i < 40; i++) peer.put("P.", { data: 1000 });
    assertEquals(peer.hear(rig.turn()), [". 1 ack 40001"]);
  }
});

Deno.test("a segment that a device has joined is answered at once, as two or more", () => {
  const { peer, rig } = connected({}, { receiveWindow: 65_536 });
  rig.put(peer.make("P.", { data: 1400 }), ({ info }) => {
    info.segmentSize = 700;
  });
  assertEquals(peer.hear(rig.turn()), [". 1 ack 1401"]);
});

Deno.test("ACKs wait, and every second segment ends the wait [RFC9293 SHLD-18] [RFC9293 SHLD-19]", () => {
  const { peer } = connected({}, { receiveWindow: 65_536 });
  for (let i = 1; i <= 20; i++) {
    assertEquals(peer.say("P.", { data: 1000 }), []);
    assertEquals(
      peer.say("P.", { data: 1000 }),
      [`. 1 ack ${1 + 2000 * i}`],
    );
  }
});

Deno.test("no ACK waits for half a second, whatever is asked for [RFC9293 MUST-40]", () => {
  for (const delayedAck of [0, 1000, DELAY, 500_000, 60 * SECOND]) {
    const { peer, rig } = connected({ tuning: { quickAcks: 0, delayedAck } });
    for (let i = 0; i < 5; i++) {
      peer.put("P.", { data: TEXT });
      const said = rig.pass(3 * SECOND);
      assertEquals(said.length, 1);
      const waited = said[0]!.at - (rig.now - 3 * SECOND);
      assert(waited < 500_000, `${delayedAck}: ${waited}`);
      assert(waited >= Math.min(delayedAck, 490_000), `${delayedAck}`);
      peer.hear(said);
    }
  }
});

Deno.test("an ACK waits for as long as the peer's next segment may take", () => {
  // One by one, each 2 ms behind the other.
  const fast = fed(101, 2000);
  fast.peer.put("P.", { data: TEXT });
  // The 101st waits, this is the second, and the next is alone.
  fast.rig.turn();
  fast.peer.put("P.", { data: TEXT });
  const from = fast.rig.now;
  const said = fast.rig.pass(SECOND);
  assertEquals(said.length, 1);
  const waited = said[0]!.at - from;
  assert(waited >= 4000 && waited <= 12_000, `${waited}`);
  // Whoever sends that seldom cannot be waited for: the user may answer.
  const slow = fed(30, 100_000);
  slow.peer.put("P.", { data: TEXT });
  const later = slow.rig.now;
  const alone = slow.rig.pass(SECOND);
  assert(alone[0]!.at - later >= DELAY - 1000, `${alone[0]!.at - later}`);
});

for (
  const [what, happen] of [
    ["a gap", (peer) => peer.say("P.", { seq: peer.next + 20, data: TEXT })],
    ["what was received before", (peer) => {
      peer.say("P.", { seq: peer.next - 10, data: TEXT });
    }],
  ] as readonly [string, (peer: ReturnType<typeof fed>["peer"]) => void][]
) {
  Deno.test(`behind ${what} segments are acknowledged at once again (RFC 5681 4.2)`, () => {
    const { peer, rig } = fed(40, 1000, QUICK);
    assertEquals(peer.say("P.", { data: TEXT }), []);
    peer.hear(rig.pass(SECOND));
    happen(peer);
    for (let i = 0; i < 4; i++) {
      assertEquals(peer.say("P.", { data: TEXT }).length, 1, `${i}`);
    }
  });
}

Deno.test("after a silence segments are acknowledged at once again (RFC 5681 4.1)", () => {
  const { peer, rig } = fed(40, 1000, QUICK);
  assertEquals(peer.say("P.", { data: TEXT }), []);
  peer.hear(rig.pass(60 * SECOND));
  assertEquals(peer.say("P.", { data: TEXT }).length, 1);
  assertEquals(peer.say("P.", { data: TEXT }).length, 1);
});

Deno.test("where question and answer take turns, ACKs ride on the answers from the first", () => {
  const { peer, rig, user } = connected(QUICK);
  user.hook = { received: () => void user.write("answer") };
  for (let i = 0; i < 50; i++) {
    // No ACK alone, though each question comes after a silence.
    const said = peer.say("P.", { data: TEXT });
    assertEquals(said.length, 1, `${said}`);
    assert(said[0]!.startsWith("P. "), said[0]);
    peer.say(".");
    assertEquals(rig.pass(10 * SECOND), []);
    user.read();
  }
  // Also where the user takes a moment.
  user.hook = {};
  assertEquals(peer.say("P.", { data: TEXT }), []);
  rig.now += 5000;
  user.write("answer");
  assertEquals(peer.hear().length, 1);
});
