import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { BASELINE } from "@ethox/nic/capabilities";
import { CHECKSUM_VERIFIED } from "@ethox/nic/packet";
import {
  addr,
  arpReply,
  EVERYBODY,
  icmpError,
  ipFrame,
  KEY,
  lines,
  OWN,
  peer,
  reachable,
  TestHost,
  udpFrame,
} from "../_host_test_util.ts";
import type { ErrorReport } from "../icmp/mod.ts";
import * as udp from "./mod.ts";

/** What a port has taken: from where, and the text. */
function collect(host: TestHost, port: number, options?: udp.BindOptions) {
  const taken: string[] = [];
  const failure = host.udp.bind(port, (d) => {
    const { bytes } = d.packet.packet.memory;
    const data = bytes.slice(d.payloadStart, d.payloadEnd);
    taken.push(
      `${(d.source & 255)}:${d.sourcePort} ${new TextDecoder().decode(data)}`,
    );
  }, options);
  assertEquals(failure, undefined);
  return taken;
}

Deno.test("udp hands a datagram to the handler of its port", () => {
  const host = new TestHost();
  const seven = collect(host, 7000);
  const eight = collect(host, 8000);
  host.inject([
    udpFrame(7000, "seven"),
    udpFrame(8000, "eight", { from: 3, sourcePort: 9 }),
    udpFrame(7000, ""),
  ]);
  assertEquals(seven, ["2:2000 seven", "2:2000 "]);
  assertEquals(eight, ["3:9 eight"]);
  assertEquals(host.udp.counters.get("delivered"), 3);
});

Deno.test("udp binds a port once, until it is unbound", () => {
  const host = new TestHost({ udp: { ports: 3 } });
  assertEquals(host.udp.bind(1, () => {}), undefined);
  assertEquals(host.udp.bind(1, () => {}), "illegal");
  for (const port of [0, -1, 65_536, NaN]) {
    assertEquals(host.udp.bind(port, () => {}), "illegal");
  }
  assertEquals(host.udp.bind(65_535, () => {}), undefined);
  assertEquals(host.udp.bind(2, () => {}), undefined);
  assertEquals(host.udp.bind(3, () => {}), "exhausted");
  assertEquals(host.udp.unbind(3), "illegal");
  assertEquals(host.udp.unbind(1), undefined);
  assertEquals(host.udp.unbind(1), "illegal");
  assertEquals(host.udp.bind(3, () => {}), undefined);
});

Deno.test("udp narrows a port down to an address and a peer", () => {
  const host = new TestHost();
  const taken = collect(host, 7000, {
    address: OWN,
    peer: peer(2),
    peerPort: 53,
  });
  // Whoever is not meant is not told, either.
  assertEquals(
    host.hear([
      udpFrame(7000, "a", { sourcePort: 53 }),
      udpFrame(7000, "b", { sourcePort: 54 }),
      udpFrame(7000, "c", { sourcePort: 53, from: 3 }),
      udpFrame(7000, "d", { sourcePort: 53, destination: EVERYBODY }),
    ]),
    [],
  );
  assertEquals(taken, ["2:53 a"]);
  assertEquals(host.udp.counters.get("droppedPeer"), 3);
});

Deno.test("RFC 1122 4.1.3.1 a closed port is said to be closed, after unbind() too", () => {
  const host = new TestHost();
  host.know(2);
  collect(host, 7000);
  host.inject(udpFrame(7000, "open"));
  host.udp.unbind(7000);
  const [said] = host.hear(udpFrame(7000, "closed"));
  assert(said?.includes("unreachable"), said);
  assertEquals(host.udp.counters.get("droppedPort"), 1);
});

Deno.test("udp without ICMP keeps silent about closed ports", () => {
  const host = new TestHost();
  const silent = new udp.Endpoint({ ip: host.ip, key: KEY });
  const other = new TestHost({ branches: { udp: silent.recv() } });
  other.know(2);
  assertEquals(other.hear(udpFrame(7000, "closed")), []);
  assertEquals(silent.counters.get("droppedPort"), 1);
});

Deno.test("udp unfiltered takes every port that is not bound", () => {
  const host = new TestHost();
  const bound = collect(host, 7000);
  const rest: number[] = [];
  host.udp.unfiltered = (d) => rest.push(d.destinationPort);
  const frames = [7000, 1, 65_535, 0].map((port) => udpFrame(port, "x"));
  assertEquals(host.hear(frames), []);
  assertEquals(bound.length, 1);
  assertEquals(rest, [1, 65_535, 0]);
  assertEquals(host.udp.counters.get("droppedPort"), 0);
});

Deno.test("udp echoes in place", () => {
  const host = new TestHost();
  host.know(2);
  host.udp.bind(7000, (d) => void d.echo());
  assertEquals(host.hear(udpFrame(7000, "hello")), [
    "IP 192.0.2.1.7000 > 192.0.2.2.2000: UDP, length 5",
  ]);
});

Deno.test("udp answers in place with another payload", () => {
  const host = new TestHost();
  host.know(2);
  host.udp.bind(7000, (d) => {
    const init = Object.assign(new udp.Init(), {
      sourcePort: 7000,
      destination: d.source,
      destinationPort: d.sourcePort,
      payloadLength: 3,
    });
    const out = d.deinit().prepare(init);
    if (typeof out === "string") throw new Error(out);
    out.out.packet.memory.bytes.set([65, 66, 67], out.payloadStart);
    assertEquals(out.payloadEnd - out.payloadStart, 3);
    assertEquals(out.send(), undefined);
  });
  const [frame] = host.inject(udpFrame(7000, "a longer question"));
  assertEquals(new TextDecoder().decode(frame!.subarray(42, 45)), "ABC");
  assertEquals(lines([frame!]), [
    "IP 192.0.2.1.7000 > 192.0.2.2.2000: UDP, length 3",
  ]);
});

Deno.test("udp looks at its own datagram as if it had been received", () => {
  const host = new TestHost();
  host.know(2);
  let seen = "";
  host.add(host.udp.send((raw) => {
    if (seen !== "") return;
    const out = raw.prepare(Object.assign(new udp.Init(), {
      sourcePort: 1,
      destination: peer(2),
      destinationPort: 2,
      payloadLength: 4,
    }));
    if (typeof out === "string") throw new Error(out);
    const back = out.intoIncoming();
    seen =
      `${back.source === OWN} ${back.sourcePort} ${back.destinationPort} ` +
      `${back.destination === peer(2)} ${back.payloadEnd - back.payloadStart}`;
  }));
  host.turn();
  assertEquals(seen, "true 1 2 true 4");
});

Deno.test("A7 a length below 8 or beyond the datagram is dropped", () => {
  const host = new TestHost();
  const taken = collect(host, 7000);
  for (const length of [0, 1, 7, 14, 1000, 65_535]) {
    host.inject(udpFrame(7000, "hello", { length }));
  }
  for (let octets = 0; octets < 8; octets++) {
    host.inject(ipFrame(17, new Uint8Array(octets)));
  }
  assertEquals(taken, []);
  assertEquals(host.udp.counters.get("droppedMalformed"), 14);
  assert(reachable(host));
});

Deno.test("A7 what lies behind the datagram is not its payload", () => {
  const host = new TestHost();
  const taken = collect(host, 7000);
  host.inject(udpFrame(7000, "hello", { behind: 100 }));
  assertEquals(taken, ["2:2000 hello"]);
});

Deno.test("A7 RFC 768 an absent checksum is taken, a wrong one is not (ethox 5.4 #2)", () => {
  const host = new TestHost();
  const taken = collect(host, 7000);
  host.inject([
    udpFrame(7000, "none", { checksum: 0 }),
    udpFrame(7000, "wrong", { checksum: 1 }),
    udpFrame(7000, "wrong", { checksum: 0xffff }),
    udpFrame(7000, "right"),
  ]);
  assertEquals(taken, ["2:2000 none", "2:2000 right"]);
  assertEquals(host.udp.counters.get("droppedChecksum"), 2);
  // Unless the device has looked already.
  host.inject(udpFrame(7000, "seen", { checksum: 1 }), ({ info }) => {
    info.checksum = CHECKSUM_VERIFIED;
  });
  assertEquals(taken.at(-1), "2:2000 seen");
});

Deno.test("RFC 768 a checksum that comes to 0 is sent as 65,535, none is left out (ethox 5.4 #2)", () => {
  const host = new TestHost();
  host.know(2);
  const checksum = (sourcePort: number) => {
    const { frames } = host.sayFrames({ destination: peer(2), sourcePort }, "");
    return new DataView(frames[0]!.buffer, frames[0]!.byteOffset)
      .getUint16(40);
  };
  // Adding what is missing to the port makes the sum 65,535.
  const sum = 1000 + checksum(1000);
  assertEquals(checksum((sum & 0xffff) + (sum >>> 16)), 0xffff);
  assert(checksum(1000) !== checksum(1001));
});

Deno.test("udp leaves checksums to a device that makes them", () => {
  const host = new TestHost({
    device: {
      capabilities: { ...BASELINE, udp: { receive: true, transmit: true } },
    },
  });
  host.know(2);
  const taken = collect(host, 7000);
  host.inject(udpFrame(7000, "unproved", { checksum: 1 }));
  assertEquals(taken, ["2:2000 unproved"]);
  const { frames } = host.sayFrames({ destination: peer(2) }, "x");
  // The sum of the pseudo-header, which the device completes.
  const sum = 0xc000 + 0x0201 + 0xc000 + 0x0202 + 17 + 9;
  const view = new DataView(frames[0]!.buffer, frames[0]!.byteOffset);
  assertEquals(view.getUint16(40), (sum & 0xffff) + (sum >>> 16));
});

Deno.test("A24 fraggle: no datagram to everybody is echoed, nor is its port said to be closed", () => {
  const host = new TestHost();
  host.know(2);
  host.udp.bind(7000, (d) => void d.echo());
  for (const destination of [EVERYBODY, -1]) {
    for (const port of [7000, 7001]) {
      assertEquals(host.hear(udpFrame(port, "x", { destination })), []);
    }
  }
  assertEquals(host.udp.counters.get("droppedLoop"), 2);
});

Deno.test("A25 two services cannot keep each other busy (CVE-2024-2169)", () => {
  const host = new TestHost();
  host.know(2);
  host.udp.bind(7, (d) => void d.echo());
  for (const sourcePort of [...udp.ECHOING_PORTS, 0]) {
    assertEquals(host.hear(udpFrame(7, "ping", { sourcePort })), []);
  }
  assertEquals(
    host.udp.counters.get("droppedLoop"),
    udp.ECHOING_PORTS.length + 1,
  );
  assertEquals(host.hear(udpFrame(7, "ping", { sourcePort: 50_000 })), [
    "IP 192.0.2.1.7 > 192.0.2.2.50000: UDP, length 4",
  ]);
  // Another of our kind on a port like ours.
  host.udp.bind(7000, (d) => void d.echo());
  assertEquals(host.hear(udpFrame(7000, "x", { sourcePort: 7000 })), []);
});

Deno.test("A25 a datagram that claims to come from us does not loop", () => {
  const host = new TestHost();
  host.udp.bind(7000, (d) => void d.echo());
  const frame = udpFrame(7000, "x", { source: OWN, sourcePort: 7000 });
  assertEquals(host.hear(frame), []);
  assertEquals(host.udp.counters.get("received"), 0);
});

Deno.test("A60 own ports tell nothing of the next (RFC 6056)", () => {
  const host = new TestHost({ udp: { ports: 600 } });
  const ports: number[] = [];
  for (let i = 0; i < 500; i++) {
    const port = host.udp.bindEphemeral(() => {}, peer(2 + i % 200), 53);
    assert(typeof port === "number");
    assert(port >= 49_152 && port <= 65_535);
    ports.push(port);
  }
  assertEquals(new Set(ports).size, 500);
  let near = 0;
  for (let i = 1; i < ports.length; i++) {
    if (Math.abs(ports[i]! - ports[i - 1]!) <= 2) near++;
  }
  assert(near < 10, `${near}`);
  const other = new TestHost({ udp: { key: KEY.map((o) => o ^ 255) } });
  assert(other.udp.bindEphemeral(() => {}, peer(2), 53) !== ports[0]);
});

Deno.test("A60 a port for one peer takes nothing of another", () => {
  const host = new TestHost();
  let taken = 0;
  const port = host.udp.bindEphemeral(() => taken++, peer(2), 53);
  assert(typeof port === "number");
  host.inject([
    udpFrame(port, "forged", { from: 3, sourcePort: 53 }),
    udpFrame(port, "forged", { sourcePort: 54 }),
    udpFrame(port, "true", { sourcePort: 53 }),
  ]);
  assertEquals(taken, 1);
});

Deno.test("A58 no port that is free, or no room for it, is an error, not a spin", () => {
  const host = new TestHost({ udp: { ports: 4 } });
  for (let i = 0; i < 4; i++) {
    assert(typeof host.udp.bindEphemeral(() => {}, peer(2), 53) === "number");
  }
  assertEquals(host.udp.bindEphemeral(() => {}, peer(2), 53), "exhausted");
  const large = new TestHost({ udp: { ports: 16_400 } });
  for (let port = 49_152; port < 65_536; port++) large.udp.bind(port, () => {});
  assertEquals(large.udp.bindEphemeral(() => {}, peer(2), 53), "exhausted");
});

Deno.test("A11 errors are handed to whose datagram they quote, and to nobody else", () => {
  const host = new TestHost();
  host.know(2);
  const heard: string[] = [];
  const port = 7000;
  host.udp.bind(port, {
    receive() {},
    icmpError(report: ErrorReport) {
      heard.push(`${report.type} ${report.code}`);
    },
  }, { peer: peer(2), peerPort: 2000 });
  const { frames } = host.sayFrames({
    destination: peer(2),
    sourcePort: port,
  }, "question");
  const quote = frames[0]!.slice(14);
  host.inject(icmpError(3, 3, quote));
  assertEquals(heard, ["3 3"]);
  // About another peer, another port, or from no port of ours.
  for (const at of [19, 21, 23]) {
    const forged = quote.slice();
    forged[at]! ^= 1;
    host.inject(icmpError(3, 3, forged));
  }
  assertEquals(heard, ["3 3"]);
  assertEquals(host.udp.counters.get("errorsUnclaimed"), 3);
});

Deno.test("A87 a handler that throws is contained", () => {
  const host = new TestHost();
  host.know(2);
  host.udp.bind(7000, {
    receive() {
      throw new Error("receive");
    },
    icmpError() {
      throw new Error("icmpError");
    },
  });
  const { frames } = host.sayFrames(
    { destination: peer(2), sourcePort: 7000 },
    "x",
  );
  host.inject([
    udpFrame(7000, "x"),
    icmpError(3, 3, frames[0]!.slice(14)),
  ]);
  let offers = 0;
  host.add(host.udp.send(() => {
    if (offers++ === 0) throw new Error("send");
  }));
  host.turn();
  assertEquals(host.udp.counters.get("handlerThrew"), 3);
  assertEquals((host.udp.thrown as Error).message, "send");
  assert(reachable(host));
});

Deno.test("A18 a datagram is lent for one call only", () => {
  const host = new TestHost();
  host.know(2);
  let kept: udp.InPacket | undefined;
  host.udp.bind(7000, (d) => void (kept ??= d));
  host.inject(udpFrame(7000, "first"));
  // Whatever is done with it later reaches no wire.
  const result = (() => {
    try {
      return kept!.echo();
    } catch (error) {
      return error;
    }
  })();
  assert(result !== undefined);
  assertEquals(host.turn(), []);
});

Deno.test("ethox 5.2 #2 a datagram to an unknown neighbour waits for it, and holds up nobody", () => {
  const host = new TestHost();
  host.know(3);
  const first = host.say({ destination: peer(2) }, "waits");
  assertEquals(first.failure, undefined);
  assertEquals(first.lines, [
    "ARP, Request who-has 192.0.2.2 tell 192.0.2.1, length 28",
  ]);
  assertEquals(host.say({ destination: peer(3) }, "goes").lines, [
    "IP 192.0.2.1.1000 > 192.0.2.3.2000: UDP, length 4",
  ]);
  assertEquals(host.hear(arpReply(2)), [
    "IP 192.0.2.1.1000 > 192.0.2.2.2000: UDP, length 5",
  ]);
});

Deno.test("udp says why a datagram cannot be sent", () => {
  const host = new TestHost();
  host.know(2);
  const rows: [Partial<udp.Init>, string][] = [
    [{ destination: addr("203.0.113.1") }, "unreachable"],
    [{ destination: peer(2), payloadLength: 1473 }, "size"],
    [{ destination: peer(2), source: peer(9) }, "illegal"],
    [{ destination: peer(2), ttl: 0 }, "illegal"],
    [{ destination: addr("240.0.0.1") }, "unreachable"],
  ];
  for (const [init, failure] of rows) {
    assertEquals(host.say(init).failure, failure);
  }
  assertEquals(
    host.say({ destination: peer(2), payloadLength: 1472 }).failure,
    undefined,
  );
  host.device.sends = "exhausted";
  assertEquals(host.say({ destination: peer(2) }, "x").failure, "exhausted");
  assertEquals(host.udp.counters.get("sendFailed"), 1);
});

Deno.test("ethox 5.2 #2 ethox 5.2 #3 udp sends to everybody and to groups", () => {
  const host = new TestHost();
  const rows: [string, string][] = [
    ["192.0.2.255", "ff:ff:ff:ff:ff:ff"],
    ["255.255.255.255", "ff:ff:ff:ff:ff:ff"],
    ["224.0.0.251", "01:00:5e:00:00:fb"],
  ];
  for (const [to, hardware] of rows) {
    const { failure, frames } = host.sayFrames({ destination: addr(to) }, "x");
    assertEquals(failure, undefined);
    const octets = [...frames[0]!.subarray(0, 6)]
      .map((octet) => octet.toString(16).padStart(2, "0"));
    assertEquals(octets.join(":"), hardware);
  }
});

Deno.test("udp sends to itself, and keeps that off the wire", () => {
  const host = new TestHost();
  const taken = collect(host, 7000);
  const said = host.say({ destination: OWN, destinationPort: 7000 }, "me");
  assertEquals(said.failure, undefined);
  assertEquals(said.lines, []);
  assertEquals(taken, ["1:1000 me"]);
});

Deno.test("udp survives random octets behind a right IP header", () => {
  const host = new TestHost();
  host.udp.bind(7000, (d) => void d.echo());
  host.udp.unfiltered = (d) => void d.payloadEnd;
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (octets) => {
    host.inject(ipFrame(17, octets));
  }));
  assertEquals(host.udp.counters.get("handlerThrew"), 0);
  assert(reachable(host));
});
