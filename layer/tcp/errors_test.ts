import { assert, assertEquals } from "@std/assert";
import {
  address,
  connected,
  Peer,
  Rig,
  type Said,
  SECOND,
  type User,
} from "./_host_test_util.ts";
import * as state from "./state.ts";

/** A connection with four whole segments in flight, as they were sent. */
function inFlight(): {
  rig: Rig;
  peer: Peer;
  user: User;
  said: Said[];
} {
  const rig = new Rig();
  const { users } = rig.serve();
  const peer = new Peer(rig);
  peer.open({ mss: 1460 });
  const user = users[0]!;
  user.write(4 * 1460);
  const said = rig.turn();
  peer.hear(said);
  assertEquals(said.length, 4);
  return { rig, peer, user, said };
}

Deno.test("A65 ICMP errors of every kind end no open connection (RFC 5927 4.2) [RFC9293 MUST-56]", () => {
  const { peer, rig, user, said } = inFlight();
  for (let type = 0; type < 20; type++) {
    for (let code = 0; code < 16; code++) {
      // The one makes segments smaller, the other is answered.
      if ((type === 3 && code === 4) || type === 8) continue;
      peer.complain(type, code, said[0]!.octets);
    }
    rig.turn();
  }
  assertEquals(user.c.state, state.ESTABLISHED);
  assertEquals(user.c.mss, 1460);
  peer.say(".");
  assertEquals(user.c.flight, 0);
});

Deno.test("A65 an error must quote what is in flight (RFC 5927 4.1)", () => {
  const { peer, rig, user, said } = inFlight();
  peer.say(".", { ack: 1461 });
  const forged = (sequence: number) => {
    const octets = said[0]!.octets.slice();
    new DataView(octets.buffer).setInt32(24, (peer.irs + sequence) | 0);
    return octets;
  };
  for (const sequence of [0, 1, 1460, 5841, 100_000, -1, 2 ** 31]) {
    const before = rig.count("icmpIgnored");
    peer.complain(3, 4, forged(sequence), 1000);
    rig.turn();
    assertEquals(user.c.mss, 1460, `${sequence}`);
    assertEquals(rig.count("icmpIgnored"), before + 1, `${sequence}`);
  }
  peer.complain(3, 4, forged(1461), 1000);
  rig.turn();
  assertEquals(rig.count("icmpAccepted"), 1);
  // Whole segments have come through: a time-out has to confirm it.
  assertEquals(user.c.mss, 1460);
  rig.pass(0.3 * SECOND);
  assertEquals(user.c.mss, 960);
});

Deno.test("A65 hard errors refuse a request, soft ones do not (RFC 9293 3.9.2.2) [RFC9293 MUST-54] [RFC9293 SHLD-26]", () => {
  for (
    const [type, code, fatal] of [
      [3, 0, false],
      [3, 1, false],
      [3, 2, true],
      [3, 3, true],
      [3, 5, false],
      [3, 6, true],
      [3, 10, true],
      [3, 11, false],
      [3, 12, false],
      [3, 13, false],
      [4, 0, false],
      [5, 1, false],
      [11, 0, false],
      [12, 0, false],
    ] as const
  ) {
    const rig = new Rig();
    const user = rig.connect(2);
    const [syn] = rig.turn();
    const peer = new Peer(rig);
    // One that quotes another number is forged.
    const forged = syn!.octets.slice();
    new DataView(forged.buffer).setInt32(24, 1234);
    peer.complain(type, code, forged);
    rig.turn();
    assertEquals(user.reason, undefined);
    peer.complain(type, code, syn!.octets);
    rig.turn();
    const name = `${type} ${code}`;
    assertEquals(user.reason, fatal ? "unreachable" : undefined, name);
    assertEquals(rig.tcp.available, fatal ? 8 : 7, name);
  }
});

Deno.test("A66 Fragmentation Needed makes segments smaller, down to a floor (RFC 1191)", () => {
  const { peer, rig, user, said } = inFlight();
  peer.complain(3, 4, said[0]!.octets, 1200);
  const again = rig.turn();
  // What was too large is sent again at once, and smaller.
  assertEquals(again[0]!.data.length, 1160);
  assertEquals(again[0]!.segment.sequence, said[0]!.segment.sequence);
  assertEquals(user.c.mss, 1160);
  for (const mtu of [1300, 65_535]) {
    peer.complain(3, 4, said[0]!.octets, mtu);
    rig.turn();
    assertEquals(user.c.mss, 1160, `${mtu}`);
  }
  for (const mtu of [68, 1, 40]) {
    peer.complain(3, 4, said[0]!.octets, mtu);
    rig.turn();
    // 552 octets, whatever is claimed.
    assertEquals(user.c.mss, 512, `${mtu}`);
  }
  // All comes through.
  for (let i = 0; i < 30 && user.c.flight > 0; i++) {
    peer.hear(rig.pass(SECOND));
    peer.say(".");
  }
  assertEquals(user.c.octetsSent, 4 * 1460);
  // The next connection to the same host begins with it (RFC 1191 section 6.3).
  const other = new Peer(rig, { port: 4001 });
  other.open({ mss: 1460 });
  assertEquals([...rig.tcp.connections()].at(-1)!.mss, 512);
});

Deno.test("A66 an error about another's connection, or none, is ignored", () => {
  const { peer, rig, user, said } = inFlight();
  const about = (change: (view: DataView) => void) => {
    const octets = said[0]!.octets.slice();
    change(new DataView(octets.buffer));
    peer.complain(3, 4, octets, 600);
    rig.turn();
  };
  about((view) => view.setUint16(20, 81));
  about((view) => view.setUint16(22, 4001));
  about((view) => view.setInt32(16, address(3)));
  about((view) => view.setInt32(12, address(3)));
  assertEquals(user.c.mss, 1460);
  assertEquals(rig.count("icmpAccepted"), 0);
});

Deno.test("A67 source quench slows nobody down (RFC 6633) [RFC9293 MUST-55]", () => {
  const { peer, rig, user, said } = inFlight();
  const { cwnd } = user.c;
  for (const one of said) peer.complain(4, 0, one.octets);
  rig.turn();
  assertEquals(user.c.cwnd, cwnd);
});

Deno.test("ethox 5.3 #15 only protocol 6 is TCP", () => {
  const { peer, rig, user } = connected();
  const octets = peer.make("P.", { data: "data" });
  // What ICMP says of unknown protocols is not of interest here.
  rig.device.answers = "exhausted";
  for (const protocol of [0, 1, 2, 5, 7, 17, 41, 255]) {
    const other = octets.slice();
    const view = new DataView(other.buffer);
    // The header's checksum is kept right.
    const before = view.getUint16(8);
    view.setUint8(9, protocol);
    const sum = (~view.getUint16(10) & 0xffff) + (~before & 0xffff) +
      view.getUint16(8);
    const once = (sum & 0xffff) + (sum >>> 16);
    view.setUint16(10, ~((once & 0xffff) + (once >>> 16)));
    rig.put(other);
  }
  const received = rig.count("received");
  const delivered = rig.ip.counters.get("delivered");
  rig.turn();
  assertEquals(rig.ip.counters.get("delivered"), delivered + 8);
  assertEquals(rig.count("received"), received);
  assertEquals(user.in.readable(), 0);
  assertEquals(rig.ip.counters.get("droppedChecksum"), 0);
  assert(user.reason === undefined);
});
