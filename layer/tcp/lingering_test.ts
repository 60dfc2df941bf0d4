import { assert, assertEquals } from "@std/assert";
import { address, Peer, Rig, SECOND, type User } from "./_host_test_util.ts";
import * as state from "./state.ts";
import type { Connection } from "./connection.ts";

/** A connection from 192.0.2.2:4000 in TIME-WAIT, of which the host was first. */
function lingering(stamped: boolean): { rig: Rig; peer: Peer; users: User[] } {
  const rig = new Rig();
  const { users } = rig.serve();
  const peer = new Peer(rig);
  const ts = (value: number) => stamped ? { ts: [value, 0] as const } : {};
  peer.say("S", ts(1000));
  peer.say(".", ts(1001));
  users[0]!.c.shutdown();
  peer.hear();
  peer.say("F.", ts(1002));
  assertEquals(rig.tcp.timeWaiting, 1);
  return { rig, peer, users };
}

Deno.test("A52 TIME-WAIT gives way to a later timestamp, or to a later number where there is none (RFC 6191 2)", () => {
  // Did the last one have timestamps, TSval of the request, its number: is it taken?
  const rows: [boolean, number | undefined, number, boolean][] = [
    [true, 1003, -5000, true],
    [true, 1003, 5000, true],
    [true, 1002, 5000, true],
    [true, 1002, -5000, false],
    [true, 1001, 5000, false],
    [true, -1000, 5000, false],
    [true, undefined, 5000, true],
    [true, undefined, -5000, false],
    [true, undefined, 2, false],
    [false, 1, -5000, true],
    [false, undefined, 5000, true],
    [false, undefined, -5000, false],
  ];
  for (const [stamped, value, seq, taken] of rows) {
    const { rig, peer } = lingering(stamped);
    const said = peer.say("S", {
      seq,
      ...(value === undefined ? {} : { ts: [value, 0] }),
    });
    const name = `${stamped} ${value} ${seq}`;
    assertEquals(rig.count("timeWaitReused"), taken ? 1 : 0, name);
    assertEquals(rig.tcp.halfOpen, taken ? 1 : 0, name);
    assertEquals(rig.tcp.timeWaiting, taken ? 0 : 1, name);
    // Otherwise it is told what is expected, RFC 5961 section 4.
    assertEquals(said, taken ? [`S. 0 ack ${seq + 1}`] : [". 2 ack 2"], name);
  }
});

Deno.test("A52 timestamps that are switched off make no request later (RFC 6191 2)", () => {
  const rig = new Rig({ tuning: { timestamps: false } });
  const { users } = rig.serve();
  const peer = new Peer(rig);
  peer.open();
  users[0]!.c.shutdown();
  peer.hear();
  peer.say("F.");
  peer.say("S", { seq: -5000, ts: [9, 0] });
  assertEquals(rig.tcp.timeWaiting, 1);
  assertEquals(rig.count("timeWaitReused"), 0);
});

Deno.test("A63 TIME-WAIT answers nonsense twice a second at most, and the peer's FIN always (RFC 5961 7) [RFC5961 7-1]", () => {
  const { rig, peer } = lingering(false);
  let answers = 0;
  for (let i = 0; i < 1000; i++) {
    answers += peer.say(".", { seq: 5 + i, ack: i }).length;
    rig.now += 1000;
  }
  assertEquals(answers, 2);
  assertEquals(rig.count("timeWaitLimited"), 998);
  for (let i = 0; i < 5; i++) {
    assertEquals(peer.say("F.", { seq: 1 }), [". 2 ack 2"]);
  }
});

Deno.test("A53 a FIN of old does not begin TIME-WAIT anew (RFC 1337, RFC 7323 5.3)", () => {
  const { rig, peer } = lingering(true);
  rig.pass(40 * SECOND);
  assertEquals(peer.say("F.", { seq: 1, ts: [900, 0] }).length, 1);
  rig.pass(19 * SECOND);
  assertEquals(rig.tcp.timeWaiting, 1);
  rig.pass(2 * SECOND);
  assertEquals(rig.tcp.timeWaiting, 0);
});

/** A connection of the host's own from port 50,000, closed by it. */
function closed(stamped: boolean, changes = {}): { rig: Rig; c: Connection } {
  const rig = new Rig(changes);
  const { c } = rig.connect(2, { localPort: 50_000 });
  const peer = new Peer(rig);
  const ts = stamped ? { ts: [7, 0] as const } : {};
  peer.answer(rig.turn(), ts);
  c.shutdown();
  peer.hear();
  peer.say("F.", ts);
  assertEquals(rig.tcp.timeWaiting, 1);
  return { rig, c };
}

const AGAIN = { remote: address(2), remotePort: 80, localPort: 50_000 };

Deno.test("connect() takes a port in TIME-WAIT where timestamps tell old from new (RFC 6191)", () => {
  for (
    const [stamped, wait, tuning, taken] of [
      [true, 1.1, {}, true],
      [true, 0.9, {}, false],
      [false, 30, {}, false],
      [true, 30, { timeWaitReuse: false }, false],
    ] as const
  ) {
    const { rig } = closed(stamped, { tuning });
    rig.pass(wait * SECOND);
    rig.turn();
    const again = rig.tcp.connect(AGAIN);
    assertEquals(typeof again !== "string", taken, `${stamped} ${wait}`);
    assertEquals(rig.tcp.timeWaiting, taken ? 0 : 1);
    if (typeof again === "string") assertEquals(again, "illegal");
  }
});

Deno.test("connect() in TIME-WAIT begins behind all that was sent, and later in time", () => {
  const { rig } = closed(true);
  rig.pass(2 * SECOND);
  rig.turn();
  // As if 1 GiB had been sent in no time.
  const first = rig.tcp.connect(AGAIN);
  assert(typeof first !== "string");
  const [syn] = rig.turn();
  const before = syn!.segment;
  const peer = new Peer(rig);
  peer.answer([syn!], { ts: [9, 0] });
  first.sndUna = first.sndNxt = first.sndMax = (first.sndMax + 2 ** 30) | 0;
  peer.heard += 2 ** 30;
  first.shutdown();
  peer.hear();
  peer.say("F.", { ts: [10, 0] });
  rig.pass(2 * SECOND);
  rig.turn();
  const second = rig.tcp.connect(AGAIN);
  assert(typeof second !== "string");
  const after = rig.turn()[0]!.segment;
  assert(((after.sequence - before.sequence) | 0) > 2 ** 30);
  const ticks = after.options.timestampValue - before.options.timestampValue;
  assert((ticks | 0) >= 2000);
});

Deno.test("A58 without a free port, one in TIME-WAIT is taken; else none (RFC 6056)", () => {
  const { rig } = closed(true, { connections: 16_400 });
  for (let port = 49_152; port < 65_536; port++) {
    if (port === 50_000) continue;
    const c = rig.tcp.connect({ ...AGAIN, localPort: port });
    assert(typeof c !== "string");
  }
  const any = { remote: address(2), remotePort: 80 };
  assertEquals(rig.tcp.connect(any), "exhausted");
  rig.now += 2 * SECOND;
  rig.turn();
  const c = rig.tcp.connect(any);
  assert(typeof c !== "string");
  assertEquals(c.localPort, 50_000);
  assertEquals(c.state, state.SYN_SENT);
});
