import { assert, assertEquals } from "@std/assert";
import { OWN, Peer, Rig, SECOND, User } from "./_host_test_util.ts";
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

Deno.test("Endpoint.tuning counts for what comes next when it is changed", () => {
  const rig = new Rig();
  const offered = (n: number) => {
    rig.connect(n);
    return rig.turn()[0]!.segment.options.windowScale >= 0;
  };
  assertEquals([rig.tcp.tuning.windowScaling, offered(2)], [true, true]);
  Object.assign(rig.tcp.tuning, { windowScaling: false });
  assertEquals(offered(3), false);
});

Deno.test("Endpoint connects, sends, closes first and stays in TIME-WAIT (RFC 9293 MUST-13) [RFC9293 MUST-13]", () => {
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

Deno.test("Endpoint talks with itself, off the wire and without waiting", () => {
  const rig = new Rig();
  const { users } = rig.serve();
  const user = new User();
  const c = rig.tcp.connect({
    remote: OWN,
    remotePort: 80,
    sendBuf: user.out,
    recvBuf: user.in,
    handler: user.handler,
  });
  if (typeof c === "string") throw new Error(c);
  user.write(10_000);
  c.wake();
  const begin = rig.now;
  let read = 0;
  for (let i = 0; i < 100 && read < 10_000; i++) {
    assertEquals(rig.turn(), []);
    rig.now += 1000;
    if (users.length === 0) continue;
    read += users[0]!.in.readable();
    users[0]!.in.consume(users[0]!.in.readable());
    users[0]!.c.wake();
  }
  assertEquals(read, 10_000);
  assert(rig.now - begin < SECOND / 2, `${rig.now - begin}`);
  c.shutdown();
  rig.turn();
  users[0]!.c.shutdown();
  rig.pass(SECOND);
  assertEquals(user.reason, "closed");
  assertEquals(users[0]!.reason, "closed");
  // A port that nobody listens on is refused at once.
  const closed = rig.connect(1, { remotePort: 81 });
  rig.pass(1000);
  assertEquals(closed.reason, "refused");
});
