import { assert, assertEquals } from "@std/assert";
import { Peer, Rig, SECOND } from "./_host_test_util.ts";
import { Info, OPTION_WINDOW_SCALE } from "./info.ts";
import { Reno } from "./reno.ts";
import * as state from "./state.ts";

/** A host that has accepted a connection of a peer that scales windows. */
function accepted() {
  const rig = new Rig({ control: new Reno(8) });
  const { users } = rig.serve();
  const peer = new Peer(rig);
  peer.open({ mss: 1000, scale: 2 });
  const info = new Info();
  return { rig, peer, user: users[0]!, info };
}

Deno.test("Info tells of a connection that has just been opened", () => {
  const { rig, user, info } = accepted();
  assertEquals(info.load(user.c, rig.now), info);
  assertEquals(info.state, state.ESTABLISHED);
  assertEquals(info.stateName, "ESTABLISHED");
  assertEquals(info.congestionStateName, "open");
  assertEquals(info.control, "reno");
  assertEquals(info.options, OPTION_WINDOW_SCALE);
  assertEquals(info.sndScale, 2);
  assertEquals([info.sndMss, info.cwnd], [1000, 10_000]);
  assertEquals(info.ssthresh, 2 ** 30 - 1);
  assertEquals([info.unacked, info.notSent, info.octetsReceived], [0, 0, 0]);
  assertEquals([info.lastSent, info.lastReceived], [Infinity, Infinity]);
  assertEquals(info.lastHeard, 0);
  assertEquals(info.sndWnd, 60_000 << 2);
});

Deno.test("Info counts octets and segments both ways, and since when", () => {
  const { rig, peer, user, info } = accepted();
  user.write(2500);
  peer.hear();
  info.load(user.c, rig.now);
  assertEquals([info.unacked, info.notSent], [2500, 0]);
  assertEquals([info.lastSent, info.octetsAcknowledged], [0, 0]);
  rig.now += 30_000;
  peer.say("P.", { data: 700 });
  rig.now += 5000;
  info.load(user.c, rig.now);
  assertEquals(info.lastReceived, 5000);
  assertEquals(info.lastHeard, 5000);
  assertEquals(info.lastSent, 35_000);
  assertEquals([info.unacked, info.octetsAcknowledged], [0, 2500]);
  assertEquals([info.octetsReceived, info.srtt], [700, 30_000]);
  assert(info.rttvar > 0 && info.rto >= 200_000);
  assertEquals(info.segmentsReceived, 2);
  assertEquals([info.dataSegmentsSent, info.dataSegmentsReceived], [3, 1]);
  assertEquals([info.octetsSent, info.octetsRetransmitted], [2500, 0]);
  assertEquals([info.delivered, info.minRtt], [2500, 30_000]);
  assertEquals(info.pathMtu, 1040);
});

Deno.test("Info tells of time-outs in a row, and of a window that is closed", () => {
  const { rig, peer, user, info } = accepted();
  user.write(1000);
  peer.hear();
  const { rto } = info.load(user.c, rig.now);
  rig.pass(4 * SECOND);
  info.load(user.c, rig.now);
  assertEquals(info.congestionStateName, "loss");
  assertEquals([info.retransmits, info.backoff], [
    info.timeouts,
    info.timeouts,
  ]);
  assert(info.timeouts >= 2);
  assertEquals(info.totalRetransmissions, info.timeouts);
  assertEquals(info.octetsRetransmitted, 1000 * info.timeouts);
  assertEquals(info.octetsSent, 1000 * (1 + info.timeouts));
  assertEquals([info.retrans, info.unacked], [1000, 1000]);
  assertEquals(info.rto, rto * 2 ** info.backoff);
  peer.say(".", { window: 0 });
  user.write(1000);
  rig.pass(4 * SECOND);
  info.load(user.c, rig.now);
  assertEquals([info.sndWnd, info.retransmits], [0, 0]);
  assert(info.probes > 0);
  assert(info.notSent + info.unacked >= 1000);
});

Deno.test("Info tells of octets that came out of order", () => {
  const { rig, peer, user, info } = accepted();
  peer.say(".", { seq: 501, data: 300 });
  info.load(user.c, rig.now);
  assertEquals([info.rcvAhead, info.octetsReceived], [800, 0]);
  assertEquals(info.outOfOrder, 1);
  peer.say(".", { seq: 1, data: 500 });
  info.load(user.c, rig.now);
  assertEquals([info.rcvAhead, info.octetsReceived], [0, 800]);
});

Deno.test("Info tells of loss recovery by its name", () => {
  const { rig, peer, user, info } = accepted();
  user.write(10_000);
  peer.hear();
  peer.say(".", { ack: 1 });
  info.load(user.c, rig.now);
  assertEquals(info.congestionStateName, "disorder");
  for (let i = 0; i < 2; i++) peer.say(".", { ack: 1 });
  info.load(user.c, rig.now);
  assertEquals(info.congestionStateName, "recovery");
  assertEquals([info.duplicateAcks, info.recoveries], [3, 1]);
  assert(info.ssthresh < 10_000);
});
