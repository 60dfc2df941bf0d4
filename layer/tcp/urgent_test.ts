import { assert, assertEquals } from "@std/assert";
import { ACK, URG } from "@ethox/wire/tcp";
import { connected, type Said, SECOND, WAYS } from "./_host_test_util.ts";
import * as state from "./state.ts";

/** Where the pointers of segments point to, from the first octet on; -1 for none. */
function marks(said: readonly Said[], irs: number): number[] {
  return said.map(({ segment }) =>
    (segment.flags & URG) === 0
      ? -1
      : ((segment.sequence + segment.urgentPointer - irs) | 0) - 1
  );
}

/** A user who notes the marks that it hears of. */
function listening() {
  const all = connected();
  const offsets: number[] = [];
  all.user.hook = {};
  all.user.c.handler = {
    ...all.user.handler,
    urgent: (_c, offset) => offsets.push(offset),
  };
  return { ...all, offsets };
}

Deno.test("urgent data is pointed at, behind its last octet [RFC9293 MUST-30] [RFC9293 MUST-62]", () => {
  const { peer, rig, user } = connected();
  user.write(1500);
  user.c.urgent();
  user.write(3000);
  const said = rig.turn();
  peer.hear(said);
  assertEquals(said.map(({ data }) => data.length), [
    1000,
    1000,
    1000,
    1000,
    500,
  ]);
  // What follows is not urgent, and says nothing.
  assertEquals(marks(said, peer.irs), [1500, 1500, -1, -1, -1]);
  // PSH and URG are different things.
  peer.say(".");
  user.write("more");
  assertEquals(peer.hear(), ["P. 4501:4505 ack 1"]);
});

Deno.test("urgent data may have any length [RFC9293 MUST-31]", () => {
  const { peer, rig, user } = connected();
  // As much as its buffer holds, and more than a pointer can tell.
  user.c.sendBuf = {
    available: () => 200_000 - user.c.octetsSent,
    finished: false,
    fill() {},
    acknowledge() {},
  };
  user.c.urgent();
  const seen: number[] = [];
  let last = 0;
  for (let i = 0; i < 400 && last < 200_000; i++) {
    const said = rig.turn();
    for (const mark of marks(said, peer.irs)) {
      assert(mark > 0 && mark <= 200_000, `${mark}`);
      seen.push(mark);
    }
    peer.hear(said);
    last = peer.heard - 1;
    peer.put(".");
  }
  // It moves on with the segments, and never back.
  assertEquals(seen[0], 65_535);
  assertEquals(seen.at(-1), 200_000);
  assertEquals(seen, seen.toSorted((a, b) => a - b));
});

Deno.test("a closed window keeps back the octets, not the mark (RFC 9293 3.8.6)", () => {
  const { peer, rig, user } = connected();
  peer.say(".", { window: 0 });
  user.write("interrupt");
  assertEquals(rig.turn(), []);
  user.c.urgent();
  const said = rig.turn();
  assertEquals(said.map(({ segment }) => segment.flags), [ACK | URG]);
  assertEquals(said[0]!.data.length, 0);
  assertEquals(marks(said, peer.irs), [9]);
  // Probes say it again.
  const probes = rig.pass(2 * SECOND);
  assert(probes.length > 0);
  for (const mark of marks(probes, peer.irs)) assertEquals(mark, 9);
});

Deno.test("a mark is repeated with its octets, and forgotten when they are acknowledged", () => {
  const { peer, rig, user } = connected();
  user.write("now");
  user.c.urgent();
  peer.hear();
  const again = rig.pass(1.5 * SECOND);
  assertEquals(marks(again, peer.irs), [3]);
  peer.hear(again);
  peer.say(".");
  user.write("later");
  const later = rig.turn();
  assertEquals(marks(later, peer.irs), [-1]);
  peer.hear(later);
  assertEquals(user.c.urging, false);
  // Nothing is urgent where nothing is to be sent.
  peer.say(".");
  user.c.urgent();
  assertEquals(rig.turn().length, 0);
});

Deno.test("the user hears of urgent data, and of more of it [RFC9293 MUST-30] [RFC9293 MUST-32] [RFC9293 MUST-33]", () => {
  const { offsets, peer, user } = listening();
  peer.say("P.", { data: "abcd" });
  assertEquals(offsets, []);
  // Octets up to 9 are urgent: 3 more than have come.
  peer.say("U.", { data: "ef", urgent: 5 });
  assertEquals(offsets, [3]);
  assertEquals(user.c.urgentOffset, 3);
  // The same mark once more, and one further back.
  peer.say("U.", { data: "gh", urgent: 3 });
  peer.say("U.", { urgent: 1 });
  assertEquals(offsets, [3]);
  assertEquals(user.c.urgentOffset, 1);
  // A further one, in front of its octets.
  peer.say("U.", { urgent: 200 });
  assertEquals(offsets, [3, 200]);
  peer.say("P.", { data: 300 });
  assertEquals(user.c.urgentOffset, -100);
  // All stayed in line.
  assertEquals(user.in.readable(), 308);
});

Deno.test("the mark counts even where the window is closed [RFC9293 MUST-66]", () => {
  const { offsets, peer, rig, user } = listening();
  for (let i = 0; i < 5; i++) peer.say("P.", { seq: 1 + 1000 * i, data: 1000 });
  peer.next = 4097;
  assertEquals(user.in.window(), 0);
  peer.say("U.", { urgent: 10 });
  assertEquals(offsets, [10]);
  peer.say("U.", { seq: 4097, data: "x", urgent: 20 });
  assertEquals(offsets, [10, 20]);
  assertEquals(user.in.readable(), 4096);
  // RST as well.
  rig.put(peer.make("R", { seq: 4097 }));
  rig.turn();
  assertEquals(user.reason, "reset");
});

Deno.test("A76 WinNuke: pointers before, beyond and far outside of the data harm nobody (RFC 6093)", () => {
  const { offsets, peer, rig, user } = listening();
  peer.say("P.", { data: "abcd" });
  for (const urgent of [0, 1, 3, 4, 5, 1000, 4096, 65_535]) {
    peer.say("U.", { seq: 1, data: "abcd", urgent });
    peer.say("U.", { seq: -5000, urgent });
    peer.say("U.", { seq: 100_000, urgent });
    peer.say("UF.", { seq: 2000, urgent });
    peer.say("U.", { urgent });
    peer.say("UR", { seq: 1000, urgent });
  }
  // Only what is in the window counts, and no pointer is believed to be data.
  for (const offset of offsets) assert(offset > 0 && offset <= 70_000);
  peer.say("P.", { data: "ef" });
  assertEquals(user.read(), "abcdef");
  assertEquals(user.c.state, state.ESTABLISHED);
  assertEquals(rig.count("handlerThrew"), 0);
});

Deno.test("a mark stays right where sequence numbers wrap and 4 GiB have passed (A77)", () => {
  const { offsets, peer, user } = listening();
  const { c } = user;
  for (let i = 0; i < 9; i++) {
    peer.say("U.", { urgent: 7 });
    assertEquals(offsets, Array(i + 1).fill(7));
    // As if 512 MiB had come.
    c.octetsReceived += 2 ** 29;
    c.rcvNxt = (c.rcvNxt + 2 ** 29) | 0;
    c.rcvAdv = (c.rcvAdv + 2 ** 29) | 0;
    peer.next += 2 ** 29;
    assert(c.urgentOffset < 0);
  }
});

Deno.test("no mark counts behind the peer's FIN", () => {
  for (const name of ["CLOSE-WAIT", "CLOSING", "LAST-ACK"]) {
    const { peer, user } = WAYS[name]!();
    let heard = 0;
    user.c.handler = { urgent: () => heard++ };
    peer.say("U.", { urgent: 5 });
    assertEquals(heard, 0, name);
  }
});

Deno.test("a handler that throws on a mark ends its connection only (A87)", () => {
  const { peer, rig, user } = connected();
  user.c.handler = {
    urgent() {
      throw new Error("no");
    },
  };
  peer.say("U.", { data: "x", urgent: 1 });
  assertEquals(rig.count("handlerThrew"), 1);
  assertEquals(rig.tcp.available, 8);
});
