import { assert, assertEquals } from "@std/assert";
import {
  connected,
  Peer,
  Rig,
  type Said,
  SECOND,
  type User,
} from "./_host_test_util.ts";

/** Without probes: what happens is the errors' doing. */
const TUNING = { quickAcks: 0, mtuProbing: "off" } as const;
const FRAGMENTATION_NEEDED = 4;

/** A connection with six whole segments in flight, as they were sent. */
function inFlight(tuning: Partial<typeof TUNING> = {}): {
  rig: Rig;
  peer: Peer;
  user: User;
  said: Said[];
} {
  const rig = new Rig({ tuning: { ...TUNING, ...tuning } });
  const { users } = rig.serve();
  const peer = new Peer(rig);
  peer.open({ mss: 1460 });
  const user = users[0]!;
  user.write(6 * 1460);
  const said = rig.turn();
  peer.hear(said);
  assertEquals(said.map(({ data }) => data.length), Array(6).fill(1460));
  return { rig, peer, user, said };
}

/** Lengths of the datagrams of segments. */
function sizes(said: readonly Said[]): number[] {
  return said.map(({ octets }) => octets.length);
}

Deno.test("all that is sent forbids fragments (RFC 1191 section 3)", () => {
  const { said } = inFlight();
  for (const { octets } of said) assertEquals(octets[6]! & 0x40, 0x40);
});

Deno.test("A66 all of the flight goes out again in the size that fits, and nothing counts as lost (RFC 1191 6.4)", () => {
  const { peer, rig, user, said } = inFlight();
  const { c } = user;
  const { cwnd, ssthresh } = c;
  // Each of the six was too large, and all are complained about.
  for (const { octets } of said) peer.complain(3, 4, octets, 1200);
  const again = rig.turn();
  assertEquals(again[0]!.segment.sequence, said[0]!.segment.sequence);
  // 6 * 1460 octets, at most 1160 each.
  assertEquals(
    again.reduce((sum, { data }) => sum + data.length, 0),
    6 * 1460,
  );
  for (const size of sizes(again)) assert(size <= 1200, `${size}`);
  assertEquals(again.length, 8);
  assertEquals([c.cwnd, c.ssthresh, c.timeouts], [cwnd, ssthresh, 0]);
  peer.hear(again);
  // Duplicates of what was sent twice say nothing, either.
  for (let i = 0; i < 5; i++) peer.say(".", { ack: 1161 });
  peer.say(".");
  assertEquals(c.flight, 0);
  assert(c.cwnd >= cwnd, `${c.cwnd}`);
  assertEquals(c.fastRetransmits, 0);
  assertEquals(rig.count("icmpAccepted"), 1);
  assertEquals(rig.count("icmpIgnored"), 5);
});

Deno.test("a router that names no MTU is taken at the next plateau (RFC 1191 section 7)", () => {
  const { peer, rig, user, said } = inFlight();
  const seen: number[] = [];
  let last = said[0]!;
  for (let i = 0; i < 4; i++) {
    peer.complain(3, FRAGMENTATION_NEEDED, last.octets, 0);
    const again = rig.turn();
    if (again.length === 0) break;
    last = again[0]!;
    seen.push(user.c.mss + 40);
  }
  // 1492, 1006, and not below the floor.
  assertEquals(seen, [1492, 1006, 552]);
});

Deno.test("A66 an error that contradicts what came through waits for a time-out (RFC 5927 7.2)", () => {
  const { peer, rig, user } = inFlight();
  const { c } = user;
  // Whole segments are acknowledged, and others in flight.
  peer.say(".");
  user.write(6 * 1460);
  const said = rig.turn();
  peer.hear(said);
  peer.complain(3, 4, said[0]!.octets, 600);
  assertEquals(rig.turn(), []);
  assertEquals(c.mss, 1460);
  // They are acknowledged: it was a lie, and a later time-out does not recall it.
  peer.say(".");
  user.write(1460);
  peer.hear();
  peer.hear(rig.pass(1.5 * SECOND));
  assertEquals(c.mss, 1460);
  assert(c.timeouts > 0);
});

Deno.test("A66 an error that contradicts what came through is believed when nothing more does (RFC 5927 7.2)", () => {
  const { peer, rig, user } = inFlight();
  const { c } = user;
  peer.say(".");
  user.write(6 * 1460);
  const said = rig.turn();
  peer.hear(said);
  // The path has changed, and carries less now.
  peer.complain(3, 4, said[0]!.octets, 1000);
  assertEquals(rig.turn(), []);
  const again = rig.pass(1.5 * SECOND);
  assertEquals(c.mss, 960);
  assertEquals(again[0]!.segment.sequence, said[0]!.segment.sequence);
  for (const size of sizes(again)) assert(size <= 1000, `${size}`);
  for (let i = 0; i < 30 && c.flight > 0; i++) {
    peer.hear(rig.pass(SECOND));
    peer.say(".");
  }
  assertEquals(c.octetsSent, 12 * 1460);
});

Deno.test("A66 errors about what nobody sent, or larger than what was sent, do nothing", () => {
  const { peer, rig, user, said } = inFlight();
  for (const mtu of [1500, 1501, 9000, 65_535]) {
    peer.complain(3, 4, said[0]!.octets, mtu);
    assertEquals(rig.turn(), [], `${mtu}`);
  }
  assertEquals(user.c.mss, 1460);
  assertEquals(rig.count("icmpAccepted"), 0);
});

Deno.test("A66 a SYN is never too large", () => {
  const rig = new Rig({ tuning: TUNING });
  const user = rig.connect(2);
  const [syn] = rig.turn();
  const peer = new Peer(rig);
  peer.complain(3, 4, syn!.octets, 600);
  assertEquals(rig.turn(), []);
  assertEquals(user.c.mss, 1460);
});

Deno.test("what a path carries is remembered by destination, for a time (RFC 1191 6.3)", () => {
  const { peer, rig, user, said } = inFlight();
  peer.complain(3, 4, said[0]!.octets, 1200);
  peer.hear(rig.turn());
  peer.say(".");
  const largest = (other: Peer) => {
    const answer = other.open({ mss: 1460 });
    // What we can take does not depend on it.
    assertEquals(answer.options.mss, 1460);
    const c = [...rig.tcp.connections()].at(-1)!;
    return c.mss;
  };
  assertEquals(largest(new Peer(rig, { port: 4001 })), 1160);
  assertEquals(largest(new Peer(rig, { n: 3 })), 1460);
  // The connection itself tries larger ones when that is old.
  rig.pass(599 * SECOND);
  assertEquals(user.c.mss, 1160);
  rig.pass(2 * SECOND);
  assertEquals(user.c.mss, 1460);
  assertEquals(largest(new Peer(rig, { port: 4002 })), 1460);
  user.write(1460);
  assertEquals(rig.turn()[0]!.data.length, 1460);
  assertEquals(rig.tcp.nextDeadline(rig.now) < Infinity, true);
});

Deno.test("what is not in flight is sent in the size that fits, too", () => {
  const { peer, rig, user } = connected({ tuning: TUNING }, { mss: 1460 });
  user.write(1460);
  const said = rig.turn();
  peer.complain(3, 4, said[0]!.octets, 1000);
  peer.hear(rig.turn());
  peer.say(".");
  user.write(4000);
  const later = rig.turn();
  for (const size of sizes(later)) assert(size <= 1000, `${size}`);
  peer.hear(later);
  assertEquals(peer.heard, 5461);
});

Deno.test("a router that refuses a probe says what the next one is to be (RFC 4821 7.6.1)", () => {
  const { peer, rig, user } = connected(
    { tuning: { quickAcks: 0, mtuProbing: "on" } },
    { mss: 1460 },
  );
  const { c } = user;
  const { cwnd, ssthresh } = c;
  user.write(10_000);
  const said = rig.turn();
  peer.hear(said);
  // The largest comes first, others behind it.
  assertEquals(said[0]!.data.length, 1460);
  for (const { data } of said.slice(1)) assert(data.length <= 1024);
  peer.complain(3, FRAGMENTATION_NEEDED, said[0]!.octets, 1300);
  const again = rig.turn();
  assertEquals(again[0]!.segment.sequence, said[0]!.segment.sequence);
  assertEquals(again[0]!.data.length, 1024);
  assertEquals([c.mss, c.searchHigh], [1024, 1260]);
  peer.hear(again);
  // What follows in the flight, and the rest of the probe's octets.
  for (let i = 0; i < 10 && c.flight > 0; i++) {
    peer.hear(rig.pass(SECOND / 100));
    peer.say(".", { ack: i === 0 ? 1025 : peer.heard });
  }
  assertEquals([c.timeouts, c.ssthresh], [0, ssthresh]);
  assert(c.cwnd >= cwnd, `${c.cwnd}`);
  user.write(20_000);
  assertEquals(rig.turn()[0]!.data.length, 1260);
});

Deno.test("A66 forged errors about probes end the search, and make nothing smaller than it was", () => {
  const { peer, rig, user } = connected(
    { tuning: { quickAcks: 0, mtuProbing: "on" } },
    { mss: 1460 },
  );
  user.write(10_000);
  const said = rig.turn();
  peer.hear(said);
  peer.complain(3, FRAGMENTATION_NEEDED, said[0]!.octets, 1064);
  rig.turn();
  assertEquals([user.c.mss, user.c.searching], [1024, false]);
  // It begins again in time.
  assert(rig.tcp.nextDeadline(rig.now) < Infinity);
});
