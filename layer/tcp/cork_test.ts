import { assert, assertEquals } from "@std/assert";
import { connected, SECOND, WAYS } from "./_host_test_util.ts";

Deno.test("a cork keeps parts of segments back until it is out", () => {
  const { peer, user } = connected();
  user.c.cork = true;
  user.write("head");
  assertEquals(peer.hear(), []);
  user.write(1500);
  // Whole ones go.
  assertEquals(peer.hear(), [". 1:1001 ack 1"]);
  peer.say(".");
  assertEquals(peer.hear(), []);
  user.c.cork = false;
  user.c.wake();
  assertEquals(peer.hear(), ["P. 1001:1505 ack 1"]);
});

Deno.test("no octet waits for longer than 200 ms for a cork, as with Linux", () => {
  const { peer, rig, user } = connected();
  user.c.cork = true;
  for (let i = 0; i < 3; i++) {
    const from = rig.now;
    user.write("part");
    assertEquals(peer.hear(), []);
    rig.now += 150_000;
    user.write("part");
    assertEquals(peer.hear(), []);
    const said = rig.pass(SECOND);
    assertEquals(said.map(({ data }) => data.length), [8]);
    const waited = said[0]!.at - from;
    assert(waited >= 200_000 && waited <= 201_000, `${waited}`);
    peer.hear(said);
    peer.say(".");
  }
  // That was no sign of a loss.
  assertEquals([user.c.timeouts, user.c.backoff], [0, 0]);
  assertEquals(user.c.cwnd, 10_000);
  assertEquals(rig.count("retransmitted"), 0);
});

Deno.test("a cork is stronger than the switch of Nagle's algorithm, and ends with the data", () => {
  const { peer, user } = connected();
  user.c.noDelay = true;
  user.c.cork = true;
  user.write("last words");
  assertEquals(peer.hear(), []);
  user.c.shutdown();
  assertEquals(peer.hear(), ["FP. 1:11 ack 1"]);
});

Deno.test("a cork keeps back neither ACKs nor what is sent again", () => {
  const { peer, rig, user } = connected();
  user.write("lost");
  peer.hear();
  user.c.cork = true;
  assertEquals(peer.hear(rig.pass(1.5 * SECOND)), ["P. 1:5 ack 1"]);
  peer.say("P.", { data: "a" });
  assertEquals(peer.say("P.", { data: "b" }), [". 5 ack 3"]);
});

Deno.test("what a cork holds goes nowhere while the window is closed, and the window is probed", () => {
  const { peer, rig, user } = connected();
  user.c.cork = true;
  peer.say(".", { window: 0 });
  user.write("part");
  const said = rig.pass(2 * SECOND);
  for (const { data } of said) assertEquals(data.length, 1);
  assert(said.length > 0);
  assertEquals(peer.say(".", { ack: 1, window: 1000 }), ["P. 1:5 ack 1"]);
});

Deno.test("Nagle's algorithm and its switch [RFC9293 MUST-17] [RFC9293 SHLD-7]", () => {
  for (const [tuning, said] of [[false, 1], [true, 3]] as const) {
    const { peer, user } = connected({
      tuning: { noDelay: tuning, quickAcks: 0 },
    });
    for (const letter of "abc") user.write(letter) && peer.hear();
    assertEquals(user.c.segmentsSent, said);
    // Each connection may have it otherwise.
    user.c.noDelay = !tuning;
    const before = user.c.segmentsSent;
    peer.say(".");
    for (const letter of "def") user.write(letter) && peer.hear();
    assert(user.c.segmentsSent > before);
  }
});

Deno.test("Nagle's algorithm lets one short segment be in flight, behind whole ones too (Minshall)", () => {
  const { peer, user } = connected();
  user.write(2000);
  assertEquals(peer.hear().length, 2);
  // Whole segments are in flight only: the short one goes.
  user.write("tail");
  assertEquals(peer.hear(), ["P. 2001:2005 ack 1"]);
  user.write("next");
  assertEquals(peer.hear(), []);
  // It is the short one's ACK that counts.
  assertEquals(peer.say(".", { ack: 2001 }), []);
  assertEquals(peer.say(".", { ack: 2005 }), ["P. 2005:2009 ack 1"]);
});

Deno.test("PSH is on the last octet that is there, and once for what was written together [RFC9293 MUST-60] [RFC9293 MUST-61] [RFC9293 SHLD-27]", () => {
  const { peer, user } = connected();
  user.write(700).write(700).write(700);
  assertEquals(
    peer.hear(),
    [". 1:1001 ack 1", ". 1001:2001 ack 1", "P. 2001:2101 ack 1"],
  );
});

Deno.test("a window too small for a segment is used after a second at most (RFC 9293 3.8.6.2.1)", () => {
  const { peer, rig, user } = connected();
  user.c.rto = 20 * SECOND;
  peer.say(".", { window: 100 });
  user.write(1000);
  assertEquals(peer.hear(), []);
  const from = rig.now;
  const said = rig.pass(2 * SECOND);
  assertEquals(said[0]!.data.length, 100);
  assert(said[0]!.at - from <= 1_001_000);
});

Deno.test("half-closed: what is left goes out behind the peer's FIN, then ours", () => {
  const { peer, user } = WAYS["CLOSE-WAIT"]!();
  user.write(2500);
  assertEquals(
    peer.hear(),
    [". 1:1001 ack 2", ". 1001:2001 ack 2", "P. 2001:2501 ack 2"],
  );
  peer.say(".");
  user.c.shutdown();
  assertEquals(peer.hear(), ["F. 2501 ack 2"]);
  peer.say(".");
  assertEquals(user.reason, "closed");
});
