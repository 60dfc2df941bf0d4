import { assertEquals } from "@std/assert";
import { Peer, Rig, SECOND } from "./_host_test_util.ts";
import * as state from "./state.ts";

Deno.test("Endpoint answers a request, takes octets and closes after the peer", () => {
  const rig = new Rig();
  const { users } = rig.serve();
  const peer = new Peer(rig);
  assertEquals(peer.say("S", { mss: 1000 }), ["S. 0 ack 1"]);
  assertEquals(peer.say("."), []);
  assertEquals(users.length, 1);
  const user = users[0]!;
  assertEquals(user.events, ["established"]);
  assertEquals(peer.say("P.", { data: "hello" }), []);
  assertEquals(user.read(), "hello");
  assertEquals(peer.hear(rig.pass(40_000)), [". 1 ack 6"]);
  user.write("world");
  assertEquals(peer.hear(), ["P. 1:6 ack 6"]);
  assertEquals(peer.say("F."), [". 6 ack 7"]);
  assertEquals(user.c.state, state.CLOSE_WAIT);
  user.c.shutdown();
  assertEquals(peer.hear(), ["F. 6 ack 7"]);
  assertEquals(peer.say("."), []);
  assertEquals(user.reason, "closed");
  assertEquals(rig.tcp.available, 8);
  assertEquals(rig.tcp.get(user.key), undefined);
  assertEquals(rig.tcp.nextDeadline(rig.now), Infinity);
});

Deno.test("Endpoint connects, sends, closes first and stays in TIME-WAIT (RFC 9293 MUST-13)", () => {
  const rig = new Rig();
  const user = rig.connect(2).write("hello");
  const peer = new Peer(rig);
  assertEquals(peer.answer(rig.turn(), { mss: 1460 }), ["P. 1:6 ack 1"]);
  assertEquals(user.events, ["established"]);
  peer.say(".");
  user.c.close();
  assertEquals(peer.hear(), ["F. 6 ack 1"]);
  assertEquals(peer.say("."), []);
  assertEquals(user.c.state, state.FIN_WAIT_2);
  assertEquals(peer.say("F."), [". 7 ack 2"]);
  assertEquals(user.reason, "closed");
  assertEquals(rig.tcp.available, 8);
  assertEquals(rig.tcp.timeWaiting, 1);
  rig.pass(59 * SECOND);
  assertEquals(rig.tcp.timeWaiting, 1);
  rig.pass(2 * SECOND);
  assertEquals(rig.tcp.timeWaiting, 0);
});
