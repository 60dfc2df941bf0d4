import { assert, assertEquals } from "@std/assert";
import {
  connected,
  type Pair,
  Peer,
  Rig,
  type Said,
  SECOND,
  WAYS,
} from "./_host_test_util.ts";
import * as state from "./state.ts";

/** All that was taken has been given back. */
function settled({ rig }: Pair): void {
  assertEquals(rig.tcp.available, 8);
  rig.pass(70 * SECOND);
  assertEquals(rig.tcp.timeWaiting, 0);
  assertEquals(rig.tcp.nextDeadline(rig.now), Infinity);
}

for (const [name, way] of Object.entries(WAYS)) {
  Deno.test(`a connection can be brought to ${name}`, () => {
    const { user } = way();
    assertEquals(user.c.stateName, name);
  });

  Deno.test(`abort() in ${name} resets the peer (RFC 9293 section 3.10.5)`, () => {
    const all = way();
    const { peer, rig, user } = all;
    const { c } = user;
    const ack = peer.next;
    const seq = (c.sndMax - c.iss) | 0;
    c.abort();
    assertEquals(user.reason, "aborted");
    assertEquals(peer.hear(), [`R. ${seq} ack ${ack}`]);
    assertEquals(rig.tcp.get(user.key), undefined);
    settled(all);
    // Nothing is left to answer for it.
    assertEquals(peer.say(".", { ack: 1 }), ["R 1"]);
  });

  Deno.test(`RST in ${name} ends the connection (RFC 9293 section 3.10.7.4)`, () => {
    const all = way();
    assertEquals(all.peer.say("R"), []);
    assertEquals(all.user.reason, "reset");
    settled(all);
  });

  Deno.test(`ethox 5.1 #3 a repeated FIN, and any segment after it, in ${name}`, () => {
    const all = way();
    const { peer, rig, user } = all;
    const before = user.c.stateName;
    const finished = peer.next > 1;
    if (finished) {
      const said = peer.say("F.", { seq: 1 });
      assertEquals(said.length, 1);
      assert(said[0]!.startsWith(". "), said[0]);
    }
    for (const flags of ["", ".", "P.", "U.", "F", "SF", "FPU", "SFRPU."]) {
      peer.say(flags, { seq: peer.next + 100, data: "junk", ack: 1 });
    }
    if (finished) assertEquals(user.c.stateName, before);
    assertEquals(rig.count("handlerThrew"), 0);
    assertEquals(user.in.readable(), 0);
  });
}

Deno.test("half-close: this side ends first and goes on receiving", () => {
  const all = connected();
  const { peer, rig, user } = all;
  user.write("request");
  user.c.shutdown();
  assertEquals(peer.hear(), ["FP. 1:8 ack 1"]);
  assertEquals(peer.say("."), []);
  assertEquals(user.c.state, state.FIN_WAIT_2);
  // However long it takes.
  rig.pass(3600 * SECOND);
  peer.say("P.", { data: "response" });
  assertEquals(user.read(), "response");
  assertEquals(peer.say("F."), [". 9 ack 10"]);
  assertEquals(user.events.slice(-3), ["received", "received end", "closed"]);
  settled(all);
});

Deno.test("half-close: the peer ends first and goes on receiving", () => {
  const all = connected();
  const { peer, rig, user } = all;
  assertEquals(peer.say("FP.", { data: "request" }), [". 1 ack 9"]);
  assert(user.c.receiveFinished);
  rig.pass(3600 * SECOND);
  assertEquals(user.c.state, state.CLOSE_WAIT);
  user.write("response");
  assertEquals(peer.hear(), ["P. 1:9 ack 9"]);
  peer.say(".");
  user.c.shutdown();
  assertEquals(peer.hear(), ["F. 9 ack 9"]);
  assertEquals(peer.say("."), []);
  assertEquals(user.reason, "closed");
  settled(all);
});

Deno.test("simultaneous close passes CLOSING (RFC 9293 section 3.6 case 3)", () => {
  const all = connected();
  const { peer, user } = all;
  user.c.shutdown();
  peer.put("F.", { ack: 1 });
  assertEquals(peer.hear(), ["F. 1 ack 2"]);
  // The peer had not seen our FIN.
  assertEquals(user.c.stateName, "LAST-ACK");
  const other = WAYS["CLOSING"]!();
  assertEquals(other.peer.say("."), []);
  assertEquals(other.user.reason, "closed");
  assertEquals(other.rig.tcp.timeWaiting, 1);
  assertEquals(other.peer.say("F.", { seq: 1 }), [". 2 ack 2"]);
  settled(other);
});

Deno.test("FIN is acknowledged though ACK of ours comes in the same burst", () => {
  const { peer, rig, user } = WAYS["FIN-WAIT-1"]!();
  peer.put("F.", { ack: 1 });
  peer.next = 2;
  peer.put(".", { ack: 2 });
  assertEquals(peer.hear(), [". 2 ack 2"]);
  assertEquals(user.reason, "closed");
  assertEquals(rig.tcp.timeWaiting, 1);
});

Deno.test("FIN that came out of order is acknowledged once it is reached", () => {
  const { peer, rig, user } = WAYS["FIN-WAIT-2"]!();
  assertEquals(peer.say("F.", { seq: 4, data: "def" }), [". 2 ack 1"]);
  assertEquals(peer.say("P.", { data: "abc" }), [". 2 ack 8"]);
  assertEquals(user.read(), "abcdef");
  assertEquals(user.reason, "closed");
  assertEquals(rig.tcp.timeWaiting, 1);
});

Deno.test("ethox 5.3 #8 FIN leaves an empty send buffer, and is repeated", () => {
  const all = connected();
  const { peer, rig, user } = all;
  user.c.shutdown();
  assertEquals(peer.hear(), ["F. 1 ack 1"]);
  assertEquals(peer.hear(rig.pass(3.5 * SECOND)), [
    "F. 1 ack 1",
    "F. 1 ack 1",
  ]);
  peer.say(".");
  assertEquals(user.c.state, state.FIN_WAIT_2);
});

Deno.test("FIN leaves in spite of a closed window", () => {
  const { peer, rig, user } = connected();
  peer.say(".", { window: 0 });
  user.c.shutdown();
  assertEquals(peer.hear(), ["F. 1 ack 1"]);
  // And is repeated once there is a window, without waiting for a time-out.
  rig.pass(30 * SECOND);
  peer.hear();
  assertEquals(peer.say(".", { ack: 1 }), ["F. 1 ack 1"]);
  peer.say(".");
  assertEquals(user.c.state, state.FIN_WAIT_2);
});

Deno.test("FIN that could not be sent is sent later", () => {
  const all = connected();
  const { peer, rig, user } = all;
  rig.device.sends = "exhausted";
  user.c.shutdown();
  assertEquals(peer.hear(rig.pass(20 * SECOND)), []);
  rig.device.sends = "queued";
  const said = peer.hear(rig.pass(60 * SECOND));
  assertEquals(said[0], "F. 1 ack 1");
});

Deno.test("ACK that could not be sent is sent later", () => {
  const { peer, rig } = connected();
  rig.device.sends = rig.device.answers = "exhausted";
  peer.say("P.", { data: "x" });
  rig.pass(SECOND);
  rig.device.sends = "queued";
  assertEquals(peer.hear(rig.pass(SECOND)), [". 1 ack 2"]);
});

Deno.test("a connection whose segments cannot be sent is given up in time", () => {
  const all = connected();
  const { rig, user } = all;
  rig.device.sends = "exhausted";
  user.write("lost");
  rig.pass(1000 * SECOND);
  assertEquals(user.reason, "timeout");
  settled(all);
});

Deno.test("A55 FIN-WAIT-2 of a closed connection ends by itself", () => {
  const all = connected();
  const { peer, rig, user } = all;
  user.c.close();
  peer.hear();
  peer.say(".");
  rig.pass(59 * SECOND);
  assertEquals(user.c.state, state.FIN_WAIT_2);
  rig.pass(2 * SECOND);
  assertEquals(user.reason, "timeout");
  settled(all);
});

Deno.test("A55 FIN-WAIT-2 ends by itself when close() follows shutdown()", () => {
  const all = WAYS["FIN-WAIT-2"]!();
  const { rig, user } = all;
  rig.pass(600 * SECOND);
  assertEquals(user.reason, undefined);
  user.c.close();
  rig.pass(59 * SECOND);
  assertEquals(user.reason, undefined);
  rig.pass(2 * SECOND);
  assertEquals(user.reason, "timeout");
  settled(all);
});

for (const name of ["FIN-WAIT-1", "CLOSING", "LAST-ACK"]) {
  Deno.test(`A55 ${name} with a silent peer is given up`, () => {
    const all = WAYS[name]!();
    const { rig, user } = all;
    const said = rig.pass(1000 * SECOND);
    assertEquals(user.reason, "timeout");
    assert(said.length > 5 && said.length < 40, `${said.length}`);
    settled(all);
  });
}

Deno.test("a peer that sends to a closed user is reset (RFC 9293 SHLD-3) [RFC9293 SHLD-3] [RFC9293 MAY-1]", () => {
  const all = WAYS["FIN-WAIT-2"]!();
  const { peer, user } = all;
  user.c.close();
  peer.hear();
  assertEquals(peer.say("P.", { data: "late" }), ["R 2"]);
  assertEquals(user.reason, "closed");
  settled(all);
});

Deno.test("close() before the peer answers ends the attempt silently", () => {
  const rig = new Rig();
  const user = rig.connect(2);
  rig.turn();
  user.c.close();
  assertEquals(rig.turn(), []);
  assertEquals(user.reason, "aborted");
  const peer = new Peer(rig);
  // The answer that comes too late is reset.
  peer.port = 80;
  peer.hostPort = 50_000;
  assertEquals(peer.say("S.", { ack: 1 }), ["R 1"]);
  assertEquals(rig.tcp.available, 8);
});

Deno.test("shutdown() before the peer answers sends FIN behind the handshake", () => {
  const rig = new Rig();
  const user = rig.connect(2).write("bye");
  user.c.shutdown();
  const peer = new Peer(rig);
  assertEquals(peer.answer(rig.turn(), { mss: 1000 }), ["FP. 1:4 ack 1"]);
});

Deno.test("close() and abort() may be called by any callback, any number of times", () => {
  for (const event of ["established", "received", "acknowledged"] as const) {
    for (const how of ["close", "abort", "shutdown"] as const) {
      const rig = new Rig();
      const user = rig.connect(2).write("hello");
      user.hook = {
        [event]: () => {
          user.c[how]();
          user.c[how]();
        },
        closed: () => {
          user.c[how]();
          user.c.wake();
        },
      };
      const peer = new Peer(rig);
      peer.answer(rig.turn(), { mss: 1000 });
      peer.say("P.", { data: "data" });
      peer.say("F.");
      peer.say(".");
      rig.pass(1000 * SECOND);
      const name = `${how} in ${event}`;
      assertEquals(rig.tcp.available, 8, name);
      assertEquals(rig.tcp.nextDeadline(rig.now), Infinity, name);
      assertEquals(
        user.events.filter((e) => /aborted|closed/.test(e)).length,
        1,
        name,
      );
    }
  }
});

Deno.test("a callback may connect anew when its connection ends", () => {
  const rig = new Rig({ connections: 2 });
  const user = rig.connect(2);
  let said: Said[] = rig.turn();
  let rounds = 0;
  user.hook = {
    closed: () => {
      if (++rounds < 5) user.c = rig.connect(2, { handler: user.handler }).c;
    },
  };
  for (let i = 0; i < 5; i++) {
    const peer = new Peer(rig);
    peer.port = said[0]!.segment.destinationPort;
    peer.hostPort = said[0]!.segment.sourcePort;
    peer.note(said[0]!);
    peer.put("R.");
    said = rig.turn();
  }
  assertEquals(user.events, Array(5).fill("refused"));
  assertEquals(rig.tcp.available, 2);
});
