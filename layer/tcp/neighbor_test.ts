import { assert, assertEquals } from "@std/assert";
import {
  arpReply,
  ipFrame,
  KEY,
  lines,
  OWN,
  peer,
  TestHost,
} from "../_host_test_util.ts";
import { SendRing } from "@ethox/storage/send-ring";
import * as wire from "@ethox/wire/tcp";
import { type Connection, Endpoint } from "./mod.ts";

/** TCP over Ethernet, where neighbours have to be asked for first. */
function host(): { host: TestHost; tcp: Endpoint } {
  const made: { tcp?: Endpoint } = {};
  const all = new TestHost({
    branches: {
      tcp: { receive: (p) => made.tcp!.recv().receive(p) },
    },
  });
  const tcp = made.tcp = new Endpoint({ ip: all.ip, key: KEY, connections: 8 });
  all.add(tcp.send());
  return { host: all, tcp };
}

/** A segment from 192.0.2.2, port 80. */
function segment(
  c: Connection,
  flags: number,
  sequence: number,
  acknowledgment: number,
): Uint8Array {
  const repr = new wire.Repr();
  repr.sourcePort = 80;
  repr.destinationPort = c.localPort;
  repr.sequence = sequence;
  repr.acknowledgment = acknowledgment;
  repr.flags = flags;
  repr.window = 5000;
  const octets = new Uint8Array(repr.headerLength);
  const view = new DataView(octets.buffer);
  repr.emit(view, 0);
  new wire.View(view).fillChecksum4(peer(2), OWN);
  return ipFrame(6, octets);
}

Deno.test("ethox 5.3 #6 a request waits for its neighbour and goes as soon as it answers", () => {
  const { host: h, tcp } = host();
  const c = tcp.connect({ remote: peer(2), remotePort: 80 });
  assert(typeof c !== "string");
  const asked = lines(h.turn());
  assertEquals(asked, [
    "ARP, Request who-has 192.0.2.2 tell 192.0.2.1, length 28",
  ]);
  // A fifth of a second, not the three that a lost request would cost.
  h.now += 200_000;
  const [syn] = h.hear(arpReply(2));
  assert(syn?.includes("Flags [SEW]"), syn);
  h.inject(segment(c, wire.SYN | wire.ACK, 700, (c.iss + 1) | 0));
  assertEquals(c.stateName, "ESTABLISHED");
  assertEquals(c.retransmissions, 0);
});

Deno.test("ethox 5.1 #1 a request to who does not answer ends, and holds up no other", () => {
  const { host: h, tcp } = host();
  let reason = "";
  const c = tcp.connect({
    remote: peer(9),
    remotePort: 80,
    handler: { closed: (_, why) => reason = why },
  });
  assert(typeof c !== "string");
  h.turn();
  const other = tcp.connect({ remote: peer(2), remotePort: 80 });
  assert(typeof other !== "string");
  h.turn();
  const [syn] = h.hear(arpReply(2));
  assert(syn?.includes("Flags [SEW]"), syn);
  const end = h.now + 60_000_000;
  while (h.now < end && reason === "") {
    h.now = Math.max(
      h.now + 1000,
      Math.min(tcp.nextDeadline(h.now), h.ip.nextDeadline(h.now)),
    );
    h.turn();
  }
  // The neighbour is asked three times; then nobody waits any longer.
  assertEquals(reason, "unreachable");
  assert(h.now < end - 40_000_000, `${h.now}`);
  assertEquals(tcp.available, 7);
});

Deno.test("a neighbour on the way to who does not answer is asked again (RFC 9293 3.8.3, RFC 1122 3.3.1.4)", () => {
  const { host: h, tcp } = host();
  const out = SendRing.allocate(100);
  const c = tcp.connect({ remote: peer(2), remotePort: 80, sendBuf: out });
  assert(typeof c !== "string");
  h.turn();
  h.hear(arpReply(2));
  h.inject(segment(c, wire.SYN | wire.ACK, 700, (c.iss + 1) | 0));
  assertEquals(c.stateName, "ESTABLISHED");
  out.write(new Uint8Array(10));
  c.wake();
  const asked: number[] = [];
  const begin = h.now;
  while (h.now < begin + 20_000_000) {
    for (const line of lines(h.turn())) {
      if (line.startsWith("ARP, Request")) asked.push(c.backoff);
    }
    const next = Math.min(tcp.nextDeadline(h.now), h.ip.nextDeadline(h.now));
    h.now = Math.max(h.now + 1000, next);
  }
  // The third time-out raises the doubt, the next use asks.
  assertEquals(asked[0], 4);
});
