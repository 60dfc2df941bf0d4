import { assert, assertEquals } from "@std/assert";
import { Clock } from "@ethox/nic/device";
import {
  address,
  connected,
  Peer,
  Rig,
  type Said,
  SECOND,
  type User,
} from "./_host_test_util.ts";
import { Reno } from "./reno.ts";
import * as state from "./state.ts";

/** Numbers of whole segments of 1000 octets, the first being 0. */
function whole(from: number, to: number, ack = 1): string[] {
  const texts: string[] = [];
  for (let i = from; i < to; i++) {
    texts.push(`. ${1 + 1000 * i}:${1001 + 1000 * i} ack ${ack}`);
  }
  return texts;
}

/** When segments were sent, seconds from the first. */
function times(said: readonly Said[]): number[] {
  return said.map((one) => Math.round((one.at - said[0]!.at) / 1e4) / 100);
}

/** A connection with ten segments in flight, the initial window. */
function inFlight(octets = 60_000): { rig: Rig; peer: Peer; user: User } {
  const all = connected();
  // Numbers here are those of RFC 5681.
  all.user.c.control = new Reno(64);
  all.user.c.control.begin(all.user.c, new Clock(0));
  all.user.write(octets);
  const said = all.peer.hear().map((text) => text.replace("P.", "."));
  assertEquals(said, whole(0, 10));
  return all;
}

Deno.test("slow start doubles the window in a round trip (RFC 5681 3.1) [RFC9293 MUST-19]", () => {
  const { peer, user } = inFlight();
  assertEquals(user.c.cwnd, 10_000);
  assertEquals(peer.say(".", { ack: 2001 }), whole(10, 14));
  assertEquals(peer.say(".", { ack: 4001 }), whole(14, 18));
  assertEquals(user.c.cwnd, 14_000);
});

Deno.test("A73 splitting ACKs gains nothing (RFC 3465)", () => {
  const { peer, user } = inFlight();
  for (let ack = 1; ack <= 1001; ack += 10) peer.say(".", { ack });
  assert(user.c.cwnd <= 11_000, `${user.c.cwnd}`);
});

Deno.test("A73 ACKs of what was not sent are refused", () => {
  const { peer, user } = inFlight();
  peer.say(".", { ack: 40_001 });
  assertEquals(user.c.sndUna, (user.c.iss + 1) | 0);
  assertEquals(user.c.cwnd, 10_000);
});

Deno.test("A73 made-up duplicate ACKs do not open the window without bound", () => {
  const { peer, user } = inFlight();
  for (let i = 0; i < 200; i++) peer.say(".", { ack: 1 });
  // Half of what was in flight, and as much again for what has left the path.
  assert(user.c.cwnd <= 20_000, `${user.c.cwnd}`);
});

Deno.test("congestion avoidance adds a segment in a round trip (RFC 5681 3.1) [RFC9293 MUST-19]", () => {
  const { peer, user } = inFlight();
  user.c.ssthresh = 10_000;
  for (let i = 1; i <= 10; i++) peer.say(".", { ack: 1 + 1000 * i });
  assertEquals(user.c.cwnd, 11_000);
});

Deno.test("a window that is not used does not grow (RFC 5681 3.1)", () => {
  const { peer, user } = connected();
  for (let i = 0; i < 50; i++) {
    user.write(100);
    peer.hear();
    peer.say(".");
  }
  assertEquals(user.c.cwnd, 10_000);
});

for (const [mss, mtu, segments] of [[1460, 1500, 10], [8960, 9000, 2]]) {
  Deno.test(`the initial window is ${segments} segments of ${mss} (RFC 6928 2)`, () => {
    const rig = new Rig({ mtu: mtu! });
    const { users } = rig.serve();
    const peer = new Peer(rig);
    peer.open({ mss: mss! });
    users[0]!.write(60_000);
    assertEquals(peer.hear().length, segments);
  });
}

Deno.test("the initial window after a lost SYN,ACK is one segment (RFC 5681 3.1)", () => {
  const rig = new Rig();
  const { users } = rig.serve();
  const peer = new Peer(rig);
  peer.say("S", { mss: 1000 });
  assertEquals(peer.hear(rig.pass(1.5 * SECOND)), ["S. 0 ack 1"]);
  peer.say(".");
  users[0]!.write(60_000);
  assertEquals(peer.hear(), whole(0, 1));
  // RFC 6298 rule 5.7.
  assertEquals(users[0]!.c.rto, 3_000_000);
});

Deno.test("limited transmit and fast retransmit (RFC 3042, RFC 5681 3.2)", () => {
  const { peer, user } = inFlight();
  assertEquals(peer.say(".", { ack: 1 }), whole(10, 11));
  assertEquals(peer.say(".", { ack: 1 }), whole(11, 12));
  assertEquals(peer.say(".", { ack: 1 }), whole(0, 1));
  // What limited transmit added does not count as in flight.
  assertEquals(user.c.ssthresh, 5000);
  assertEquals(user.c.cwnd, 8000);
  assertEquals(user.c.fastRetransmits, 1);
});

Deno.test("each further duplicate lets a segment out (RFC 5681 3.2 step 4)", () => {
  const { peer } = inFlight();
  for (let i = 0; i < 3; i++) peer.say(".", { ack: 1 });
  // 12 segments are in flight, 8 are allowed.
  for (let i = 0; i < 4; i++) assertEquals(peer.say(".", { ack: 1 }), []);
  assertEquals(peer.say(".", { ack: 1 }), whole(12, 13));
  assertEquals(peer.say(".", { ack: 1 }), whole(13, 14));
});

Deno.test("a partial ACK in recovery repeats the next hole (RFC 6582 3.2)", () => {
  const { peer, user } = inFlight();
  for (let i = 0; i < 3; i++) peer.say(".", { ack: 1 });
  // Segments 0, 3 and 5 were lost.
  assertEquals(peer.say(".", { ack: 3001 })[0], whole(3, 4)[0]);
  assert(user.c.inRecovery);
  assertEquals(peer.say(".", { ack: 5001 })[0], whole(5, 6)[0]);
  assert(user.c.inRecovery);
  assertEquals(user.c.fastRetransmits, 1);
  peer.say(".", { ack: 12_001 });
  assert(!user.c.inRecovery);
  assert(user.c.cwnd <= user.c.ssthresh, `${user.c.cwnd}`);
  assertEquals(user.c.timeouts, 0);
});

Deno.test("duplicates of what a time-out repeated begin no recovery (RFC 6582 4.1)", () => {
  const { peer, rig, user } = inFlight();
  assertEquals(peer.hear(rig.pass(1.5 * SECOND)), whole(0, 1));
  for (let i = 0; i < 5; i++) peer.say(".", { ack: 1 });
  assertEquals(user.c.fastRetransmits, 0);
  assert(!user.c.inRecovery);
});

Deno.test("a time-out halves the threshold and begins with one segment (RFC 5681 3.1) [RFC9293 MUST-19] [RFC6298 5.4]", () => {
  const { peer, rig, user } = inFlight();
  assertEquals(peer.hear(rig.pass(1.5 * SECOND)), whole(0, 1));
  assertEquals(user.c.ssthresh, 5000);
  assertEquals(user.c.cwnd, 1000);
  // The second time-out of the same data does not halve again.
  assertEquals(peer.hear(rig.pass(2 * SECOND)), whole(0, 1));
  assertEquals(user.c.ssthresh, 5000);
  assertEquals(peer.say(".", { ack: 1001 }), whole(1, 3));
});

Deno.test("ethox 5.3 #7 RFC 6298 time-outs double up to a minute, then it is given up [RFC9293 MUST-19] [RFC9293 SHLD-11] [RFC6298 5] [RFC6298 5.1] [RFC6298 5.5] [RFC6298 5.6]", () => {
  const { rig, user } = connected();
  user.write("lost");
  const said = rig.turn();
  said.push(...rig.pass(3600 * SECOND));
  assertEquals(
    times(said).slice(0, 9),
    [0, 1, 3, 7, 15, 31, 63, 123, 183],
  );
  assert(said.length < 25, `${said.length}`);
  // 15 minutes, RFC 9293 MUST-20.
  assert(times(said).at(-1)! > 800 && times(said).at(-1)! < 960);
  assertEquals(user.reason, "timeout");
  assertEquals(rig.count("timedOut"), 1);
  assertEquals(rig.tcp.nextDeadline(rig.now), Infinity);
});

Deno.test("ethox 5.3 #7 an ACK of new data begins the time anew (RFC 6298 rule 5.3) [RFC6298 5.3]", () => {
  const { peer, rig } = inFlight();
  for (let i = 1; i <= 5; i++) {
    rig.now += 900_000;
    peer.say(".", { ack: 1 + 1000 * i });
  }
  // 4.5 s have passed, and nothing was repeated.
  assertEquals(rig.count("retransmitted"), 0);
});

Deno.test("the time-out follows the round trips (RFC 6298)", () => {
  const { peer, rig, user } = connected();
  for (let i = 0; i < 20; i++) {
    user.write(100);
    peer.hear();
    rig.now += 300_000;
    peer.say(".");
  }
  assert(user.c.srtt > 290_000 && user.c.srtt < 310_000, `${user.c.srtt}`);
  assert(user.c.rto >= 300_000 && user.c.rto < 400_000, `${user.c.rto}`);
});

Deno.test("the handshake is a round trip for a listener, too [RFC6298 2.2]", () => {
  for (
    const [name, between, srtt] of [
      ["once", () => {}, 100_000],
      ["asked twice", (peer: Peer) => peer.say("S", { seq: 0 }), 0],
      ["late", (_: Peer, rig: Rig) => rig.pass(1.5 * SECOND), 0],
    ] as const
  ) {
    const rig = new Rig();
    const { users } = rig.serve();
    const peer = new Peer(rig);
    peer.say("S");
    between(peer, rig);
    rig.now += 100_000;
    peer.next = 1;
    peer.say(".");
    assertEquals(users[0]!.c.srtt, srtt, name);
  }
});

Deno.test("what was sent twice measures nothing (RFC 6298 section 3, Karn) [RFC9293 MUST-18] [RFC6298 3]", () => {
  const { peer, rig, user } = connected();
  user.write(100);
  peer.hear();
  peer.hear(rig.pass(1.5 * SECOND));
  peer.say(".");
  assertEquals(user.c.srtt, 0);
});

Deno.test("ethox 5.3 #9 a closed window is probed, and for good (RFC 9293 MUST-37) [RFC9293 MUST-36] [RFC9293 MUST-37] [RFC9293 SHLD-29] [RFC9293 SHLD-30]", () => {
  const { peer, rig, user } = connected();
  peer.say(".", { window: 0 });
  user.write("0123456789");
  assertEquals(peer.hear(), []);
  let probes = 0;
  const end = rig.now + 3600 * SECOND;
  const at: number[] = [];
  while (rig.now < end) {
    for (const said of rig.pass(SECOND)) {
      assertEquals(said.data.length, 1);
      probes++;
      at.push(said.at);
      peer.say(".", { ack: 1, window: 0 });
    }
  }
  // RFC 9293 MUST-36: at first after a time-out, then ever more seldom.
  assert(probes > 55 && probes < 80, `${probes}`);
  assert(at.at(-1)! - at.at(-2)! > 55 * SECOND);
  assertEquals(user.reason, undefined);
  // All comes at once when the window opens, also that which was a probe.
  assertEquals(peer.say(".", { ack: 1, window: 1000 }), ["P. 1:11 ack 1"]);
});

Deno.test("a probe into a closed window that gets no answer is given up in time", () => {
  const { peer, rig, user } = connected();
  peer.say(".", { window: 0 });
  user.write("0123456789");
  rig.pass(1100 * SECOND);
  assertEquals(user.reason, "timeout");
});

Deno.test("a window that closes while data is in flight is probed (A74) [RFC9293 MUST-35]", () => {
  const { peer, rig, user } = inFlight(10_000);
  peer.say(".", { ack: 4001, window: 0 });
  const said = rig.pass(10 * SECOND);
  assert(said.length >= 2, `${said.length}`);
  for (const one of said) assertEquals(one.data.length, 1);
  assertEquals(
    peer.say(".", { ack: 4001, window: 60_000 })[0],
    ". 4001:5001 ack 1",
  );
  peer.heard = 10_001;
  peer.say(".");
  assertEquals(user.c.flight, 0);
});

Deno.test("A74 what a shrunken window still holds is sent again [RFC9293 SHLD-16]", () => {
  const { peer, rig, user } = inFlight(10_000);
  // All was lost, and the window is a tenth of a segment now.
  peer.say(".", { ack: 1, window: 100 });
  const said = peer.hear(rig.pass(1.5 * SECOND));
  assertEquals(said, [". 1:101 ack 1"]);
  peer.say(".", { ack: 101, window: 60_000 });
  peer.hear(rig.pass(10 * SECOND));
  peer.say(".", { ack: 10_001 });
  assertEquals(user.c.flight, 0);
});

Deno.test("a window that scaling has rounded off lets what was sent go again [RFC7323 2.4-1] [RFC7323 2.4-3]", () => {
  const { peer, rig, user } = connected({}, { scale: 7 });
  user.write(2000);
  peer.hear();
  // 1000 octets are left of it, of which the field can tell 7 times 128.
  peer.say(".", { ack: 1001, window: 7 });
  const [again] = peer.hear(rig.pass(1.5 * SECOND));
  assertEquals(again, "P. 1001:2001 ack 1");
});

Deno.test("A75 a peer whose window is one octet gets all, octet by octet", () => {
  const { peer, rig, user } = connected();
  peer.say(".", { window: 0 });
  user.write("0123456789");
  let got = 0;
  for (let i = 0; i < 200 && got < 10; i++) {
    for (const { segment, data } of rig.pass(SECOND)) {
      const seq = (segment.sequence - peer.irs) | 0;
      // Now open by one octet, now closed.
      const open = i % 3 !== 0;
      assert(data.length <= 1);
      if (seq === 1 + got && data.length > 0 && open) got++;
      peer.say(".", { ack: 1 + got, window: open ? 1 : 0 });
    }
  }
  assertEquals(got, 10);
});

Deno.test("A75 small windows wait for more while data is in flight (RFC 9293 3.8.6.2.1) [RFC9293 MUST-38]", () => {
  const { peer } = inFlight();
  // Room for 100 octets behind what is in flight.
  assertEquals(peer.say(".", { ack: 1001, window: 9100 }), []);
  assertEquals(peer.say(".", { ack: 2001, window: 9000 }), whole(10, 11));
});

Deno.test("A75 a window that stays small gets what it holds, after a time-out (RFC 9293 3.8.6.2.1) [RFC9293 MUST-38]", () => {
  const { peer, rig, user } = connected();
  peer.say(".", { window: 100 });
  user.write(1000);
  assertEquals(peer.hear(), []);
  assertEquals(peer.hear(rig.pass(1.5 * SECOND)), [". 1:101 ack 1"]);
  // That was no sign of a loss.
  assertEquals(user.c.cwnd, 10_000);
  assertEquals(rig.count("retransmitted"), 0);
  peer.say(".", { window: 100 });
  // All at once as soon as there is room.
  assertEquals(peer.say(".", { window: 5000 }), ["P. 101:1001 ack 1"]);
});

Deno.test("a window that opens late does not make the time-out come early", () => {
  const { peer, rig, user } = connected();
  peer.say(".", { window: 0 });
  user.write(500);
  rig.pass(0.9 * SECOND);
  assertEquals(peer.say(".", { window: 5000 }), ["P. 1:501 ack 1"]);
  // The wait for the window would have ended here.
  assertEquals(rig.pass(0.5 * SECOND), []);
  peer.say(".");
  assertEquals(user.c.timeouts, 0);
  assertEquals(user.c.cwnd, 10_000);
});

Deno.test("whoever was idle for long begins anew (RFC 5681 4.1)", () => {
  const { peer, rig, user } = connected();
  for (let i = 0; i < 20; i++) {
    user.write(20_000);
    peer.hear();
    peer.say(".");
    peer.hear();
    peer.say(".");
  }
  assert(user.c.cwnd > 15_000, `${user.c.cwnd}`);
  const { cwnd } = user.c;
  rig.now += user.c.rto / 2;
  user.write(1);
  peer.hear();
  peer.say(".");
  assert(user.c.cwnd >= cwnd);
  rig.now += 10 * SECOND;
  user.write(40_000);
  assertEquals(peer.hear().length, 10);
});

Deno.test("A56 a window that stays closed ends a connection when a limit is set", () => {
  const { peer, rig, user } = connected({
    tuning: { zeroWindowTimeout: 100 * SECOND },
  });
  peer.say(".", { window: 0 });
  user.write("0123456789");
  const end = rig.now + 300 * SECOND;
  while (rig.now < end && user.reason === undefined) {
    if (rig.pass(SECOND).length > 0) peer.say(".", { ack: 1, window: 0 });
  }
  assertEquals(user.reason, "timeout");
  assert(rig.now > end - 210 * SECOND && rig.now < end - 190 * SECOND);
  assertEquals(rig.tcp.available, 8);
});

Deno.test("A56 a window that opens for moments, and takes nothing, counts as closed (RFC 6429)", () => {
  const { peer, rig, user } = connected();
  user.write("0123456789");
  peer.say(".", { ack: 1, window: 0 });
  user.c.close();
  const end = rig.now + 300 * SECOND;
  while (rig.now < end && user.reason === undefined) {
    rig.pass(SECOND);
    peer.say(".", { ack: 1, window: 1 });
    peer.say(".", { ack: 1, window: 0 });
  }
  // Whoever has closed does not wait for ever.
  assertEquals(user.reason, "timeout");
  assertEquals(rig.tcp.available, 8);
});

Deno.test("A56 a wait for a closed window does not outlive it", () => {
  const { peer, rig, user } = connected({
    tuning: { zeroWindowTimeout: 100 * SECOND },
  });
  peer.say(".", { window: 0 });
  user.c.shutdown();
  peer.hear(rig.pass(20 * SECOND));
  peer.say(".", { window: 0 });
  assertEquals(user.c.state, state.FIN_WAIT_2);
  rig.pass(1000 * SECOND);
  assertEquals(user.reason, undefined);
});

Deno.test("Nagle: one short segment at a time, unless told otherwise (RFC 9293 3.7.4) [RFC9293 MUST-17] [RFC9293 SHLD-7]", () => {
  const { peer, user } = connected();
  assertEquals((user.write("a"), peer.hear()), ["P. 1:2 ack 1"]);
  assertEquals((user.write("b"), peer.hear()), []);
  assertEquals((user.write("c"), peer.hear()), []);
  assertEquals(peer.say("."), ["P. 2:4 ack 1"]);
  user.c.noDelay = true;
  assertEquals((user.write("d"), peer.hear()), ["P. 4:5 ack 1"]);
  assertEquals((user.write("e"), peer.hear()), ["P. 5:6 ack 1"]);
});

Deno.test("Nagle holds back no whole segment (RFC 9293 3.7.4)", () => {
  const { peer, user } = connected();
  assertEquals((user.write("a"), peer.hear()), ["P. 1:2 ack 1"]);
  user.write(1500);
  assertEquals(peer.hear(), [". 2:1002 ack 1"]);
  assertEquals(peer.say("."), ["P. 1002:1502 ack 1"]);
});

for (
  const [what, mtu, mss, size] of [
    ["a small one is honoured", 1500, 200, 200],
    ["a large one is cut to the MTU", 1500, 4000, 1460],
    ["none means 536", 1500, 0, 536],
    ["none on a small MTU", 400, 0, 360],
  ] as const
) {
  Deno.test(`ethox 5.3 #5 the peer's MSS: ${what}`, () => {
    const rig = new Rig({ mtu });
    const { users } = rig.serve();
    const peer = new Peer(rig);
    peer.put("S", mss === 0 ? {} : { mss });
    const [answer] = rig.turn();
    // What we can take does not depend on what the peer can.
    assertEquals(answer!.segment.options.mss, mtu - 40);
    peer.hear([answer!]);
    peer.say(".");
    users[0]!.write(2 * size);
    assertEquals(
      rig.turn().map((one) => one.data.length),
      [size, size],
    );
  });
}

Deno.test("the peer's window is scaled by what its SYN said (RFC 7323 2.2) [RFC7323 2.2-5] [RFC7323 2.3-2]", () => {
  const rig = new Rig();
  const { users } = rig.serve();
  const peer = new Peer(rig);
  // On a SYN the window is not scaled.
  peer.open({ mss: 1000, scale: 7, window: 500 });
  peer.say(".", { window: 40 });
  assertEquals(users[0]!.c.sndWnd, 40 * 128);
  users[0]!.write(60_000);
  assertEquals(peer.hear(), whole(0, 5));
});

Deno.test("A78 a window scale above 14 counts as 14 (RFC 7323 2.3) [RFC7323 2.3-5]", () => {
  for (const scale of [14, 15, 100, 255]) {
    const rig = new Rig();
    const { users } = rig.serve();
    const peer = new Peer(rig);
    peer.put("S", { options: [3, 3, scale, 1] });
    peer.hear();
    peer.say(".", { window: 1 });
    assertEquals(users[0]!.c.sndWnd, 1 << 14);
  }
});

Deno.test("A78 a window scale on anything but a SYN is nothing [RFC7323 2.2-4]", () => {
  const { peer, user } = connected({}, { scale: 2 });
  peer.say(".", { window: 100, options: [3, 3, 14, 1] });
  assertEquals(user.c.sndWnd, 400);
});

Deno.test("A79 Shrew: losses at every time-out slow a connection down and no more", () => {
  const { peer, rig, user } = inFlight(10_000);
  for (let i = 0; i < 6; i++) {
    assert(rig.pass(2 ** i * SECOND).length <= 2);
  }
  // The attack ends: what is repeated next comes through, and all the rest.
  for (let i = 0; i < 20 && user.c.flight > 0; i++) {
    peer.hear(rig.pass(70 * SECOND));
    peer.say(".", { ack: Math.min(peer.heard, 10_001) });
  }
  assertEquals(user.c.flight, 0);
  assertEquals(user.reason, undefined);
});

Deno.test("A82 ACKs that are overtaken, or come twice, do not make the window collapse", () => {
  const { peer, user } = inFlight();
  for (let i = 0; i < 40; i++) {
    // Three duplicates, as the path reorders; then all is well.
    for (let j = 0; j < 3; j++) peer.say(".", { ack: 1 + 1000 * i });
    peer.say(".", { ack: 1 + 1000 * (i + 1) });
    peer.say(".", { ack: 1 + 1000 * i });
  }
  assert(user.c.cwnd >= 2000, `${user.c.cwnd}`);
  assertEquals(user.c.timeouts, 0);
});

Deno.test("an older ACK does not change the window (RFC 9293 3.10.7.4)", () => {
  const { peer, user } = inFlight();
  peer.say("P.", { ack: 5001, window: 50_000, data: "new" });
  peer.say("P.", { ack: 1001, window: 0, data: "late" });
  assertEquals(user.c.sndWnd, 50_000);
});

Deno.test("A83 a clock that jumps a day, or back, ends no connection", () => {
  const { peer, rig, user } = connected();
  user.write("early");
  peer.hear();
  rig.now += 24 * 3600 * SECOND;
  assertEquals(peer.hear(), ["P. 1:6 ack 1"]);
  assertEquals(user.reason, undefined);
  peer.say(".");
  rig.now -= 48 * 3600 * SECOND;
  user.write("late");
  assertEquals(peer.hear(), ["P. 6:10 ack 1"]);
  peer.say(".");
  assertEquals(user.c.flight, 0);
  assertEquals(user.reason, undefined);
});

Deno.test("A83 a clock with ticks of a millisecond does not bring the time-out to nothing", () => {
  const { peer, rig, user } = connected();
  for (let i = 0; i < 50; i++) {
    user.write(10);
    peer.hear();
    if (i % 5 === 0) rig.now += 1000;
    peer.say(".");
  }
  assert(user.c.rto >= 200_000, `${user.c.rto}`);
  assertEquals(user.c.timeouts, 0);
});

Deno.test("A77 a connection goes on where sequence numbers wrap", () => {
  const { peer, rig, user } = connected({}, { iss: -20_000 });
  // As if 2 GiB or 4 GiB had been sent.
  for (const edge of [2 ** 31, 2 ** 32]) {
    const { c } = user;
    c.sndUna =
      c.sndNxt =
      c.sndMax =
      c.sndSmall =
        (edge - 5500) | 0;
    c.sndWl2 = c.sndUna;
    peer.irs = (c.sndUna - peer.heard) | 0;
    const heard = peer.heard;
    user.write(12_000);
    peer.hear();
    // One was lost.
    for (let i = 0; i < 3; i++) peer.say(".", { ack: heard });
    rig.pass(5 * SECOND);
    for (let i = 0; i < 20 && c.flight > 0; i++) {
      peer.hear(rig.pass(SECOND));
      peer.say(".");
    }
    assertEquals(c.flight, 0);
    assertEquals(c.unsent, 0);
    assertEquals(user.reason, undefined);
  }
  let read = 0;
  for (let i = 0; i < 30; i++) {
    peer.say("P.", { data: 1000 });
    read += user.in.readable();
    user.in.consume(user.in.readable());
    user.c.wake();
    peer.hear();
  }
  assertEquals(read, 30_000);
});

Deno.test("an unused connection costs nothing: no timer, no segment [RFC9293 MUST-25]", () => {
  const { rig } = connected();
  assertEquals(rig.tcp.nextDeadline(rig.now), Infinity);
  assertEquals(rig.pass(24 * 3600 * SECOND), []);
});

Deno.test("ethox 5.3 #13 a segment that the device refuses is sent soon, in order", () => {
  const { peer, rig, user } = connected();
  rig.device.sends = "exhausted";
  user.write("0123456789");
  rig.turn();
  rig.device.sends = "queued";
  assertEquals(peer.hear(rig.pass(1.5 * SECOND)), ["P. 1:11 ack 1"]);
});

Deno.test("a connection knows of itself (ethox 5.3 #17)", () => {
  const { peer, rig, user } = inFlight(12_345);
  const { c } = user;
  assertEquals([...rig.tcp.connections()], [c]);
  assertEquals(rig.tcp.get(user.key), c);
  assertEquals(c.stateName, "ESTABLISHED");
  assertEquals(c.remoteAddress, address(2));
  assertEquals(c.flight, 10_000);
  assertEquals(c.unsent, 2345);
  assertEquals(c.segmentsSent, 10);
  rig.now += 50_000;
  peer.say(".", { ack: 10_001 });
  assertEquals(c.srtt, 50_000);
  peer.say(".");
  assertEquals(c.octetsSent, 12_345);
  assertEquals(c.sendFinished, false);
  user.c.shutdown();
  assert(c.sendFinished);
});
