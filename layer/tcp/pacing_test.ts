import { assert, assertEquals } from "@std/assert";
import type { QueuePolicy } from "../queue/policy.ts";
import { Fifo } from "../queue/fifo.ts";
import { type Changes, Peer, Rig, type User } from "./_host_test_util.ts";

const RTT = 50_000;

/** A connection that has 60 segments to send, with ten in flight for 50 ms. */
function paced(changes: Changes = {}): { rig: Rig; peer: Peer; user: User } {
  const rig = new Rig({ ...changes, tuning: { pacing: true } });
  const { users } = rig.serve();
  const peer = new Peer(rig, { iss: 5000 });
  peer.window = 60_000;
  peer.open({ mss: 1000 });
  const user = users[0]!;
  user.write(60_000);
  // Nothing is known of the path: the initial window goes at once.
  assertEquals(peer.hear().length, 10);
  rig.now += RTT;
  return { rig, peer, user };
}

Deno.test("segments are spread over half a round trip in slow start, by twos", () => {
  const { rig, peer, user } = paced();
  assertEquals(peer.say(".", { ack: 10_001 }).length, 2);
  assertEquals(user.c.cwnd, 18_000);
  // 18 segments in 25 ms: two each 2.78 ms.
  assertEquals(user.c.pacingRate, 720_000);
  const began = rig.now;
  const times = rig.pass(RTT / 2).map((said) => said.at - began);
  assertEquals(times.length, 16);
  for (let i = 0; i < times.length; i++) {
    const due = ((i >> 1) + 1) * 2000 / 0.72;
    assert(Math.abs(times[i]! - due) <= 1, `${i}: ${times[i]}, not ${due}`);
  }
  assertEquals(rig.tcp.nextDeadline(rig.now) > rig.now, true);
});

Deno.test("in congestion avoidance the rate is a fifth more than the window's", () => {
  const { peer, user } = paced();
  user.c.ssthresh = 10_000;
  peer.say(".", { ack: 10_001 });
  assertEquals(user.c.pacingRate, 1.2 * user.c.cwnd / 0.05);
});

Deno.test("ACKs do not wait for segments that are paced", () => {
  const { rig, peer } = paced();
  peer.say(".", { ack: 10_001 });
  rig.now += 100;
  const said = peer.say("P.", { data: "a question", ack: 10_001 });
  assertEquals(said.filter((text) => text.startsWith(". ")).length, 0);
  const later = peer.say("P.", { data: "another", ack: 10_001 });
  assertEquals([...said, ...later].length, 1);
  assert([...said, ...later][0]!.endsWith("ack 18"));
});

Deno.test("what is due while nobody listens goes out later, no faster", () => {
  const { rig, peer } = paced();
  peer.say(".", { ack: 10_001 });
  rig.now += 20_000;
  assertEquals(peer.hear().length, 2);
  // A little late, and what was missed is caught up with.
  rig.now += 2778 + 900;
  assertEquals(peer.hear().length, 2);
  rig.now += 2778 - 900;
  assertEquals(peer.hear().length, 2);
});

Deno.test("round trips of less than a millisecond are not paced", () => {
  const { rig, peer } = paced();
  rig.now -= RTT - 900;
  assertEquals(peer.say(".", { ack: 10_001 }).length, 18);
});

Deno.test("a policy that cannot defer sends at once", () => {
  const fifo = new Fifo(8);
  const policy: QueuePolicy = {
    advance: (now) => fifo.advance(now),
    activate: (flow) => fifo.activate(flow),
    next: () => fifo.next(),
    charge: (flow, octets) => fifo.charge(flow, octets),
    deactivate: (flow) => fifo.deactivate(flow),
    nextRelease: () => fifo.nextRelease(),
  };
  const { peer } = paced({ policy });
  assertEquals(peer.say(".", { ack: 10_001 }).length, 18);
});

Deno.test("a connection that is aborted while it waits says so at once", () => {
  const { rig, peer, user } = paced();
  peer.say(".", { ack: 10_001 });
  user.c.abort();
  assertEquals(peer.hear(), ["R. 12001 ack 1"]);
  assertEquals(rig.tcp.available, 8);
  assertEquals(rig.tcp.nextDeadline(rig.now), Infinity);
});

Deno.test("a paused connection that has sent everything wants nothing", () => {
  const { rig, peer, user } = paced();
  peer.say(".", { ack: 10_001 });
  peer.hear(rig.pass(RTT));
  peer.say(".");
  peer.hear(rig.pass(RTT));
  peer.say(".");
  assertEquals(user.c.unsent, 0);
  assertEquals(user.c.flight, 0);
  assert(!user.c.deferred);
});
