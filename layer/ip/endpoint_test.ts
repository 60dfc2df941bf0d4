import { assert, assertEquals, assertThrows } from "@std/assert";
import { Clock } from "@ethox/nic/device";
import { External } from "@ethox/nic/external";
import { Address as Hardware } from "@ethox/wire/ethernet";
import { Address, Cidr, format, View } from "@ethox/wire/ipv4";
import {
  addr,
  arpReply,
  type Changes,
  EVERYBODY,
  hardware,
  type IpFields,
  ipFrame,
  KEY,
  lines,
  OWN,
  peer,
  ping,
  pong,
  reachable,
  TestHost,
  udpFrame,
} from "../_host_test_util.ts";
import { Init as EchoInit } from "../icmp/mod.ts";
import {
  type CounterName,
  demux,
  Endpoint,
  Init,
  OptionError,
  rotate,
  type Route,
  UNICAST,
} from "./mod.ts";

const SECOND = 1_000_000;
const TWO: Changes = {
  ip: {
    addresses: [Cidr.parse("192.0.2.1/24"), Cidr.parse("198.51.100.1/24")],
  },
};

/** Sends one datagram of protocol 253. */
function emit(
  host: TestHost,
  change: Partial<Init>,
): { failure: string | undefined; frames: Uint8Array[] } {
  const init = Object.assign(new Init(), { protocol: 253, ...change });
  let failure: string | undefined = "not offered";
  const sender = host.ip.send((raw) => {
    const out = raw.prepare(init);
    failure = typeof out === "string" ? out : out.send();
  });
  const below = host.eth.send(sender);
  for (let i = 0; i < 8 && failure === "not offered"; i++) {
    host.device.tx(1, below);
  }
  return { failure, frames: host.turn() };
}

/** The header of the datagram in a frame. */
function header(octets: Uint8Array | undefined): View {
  assert(octets !== undefined, "nothing was sent");
  const view = new View(new DataView(octets.buffer), 14, octets.length);
  assertEquals(view.check(), undefined);
  assert(view.verify());
  return view;
}

/** Asserts that a frame is dropped in silence, for one reason. */
function assertDropped(
  host: TestHost,
  octets: Uint8Array,
  reason: CounterName,
): void {
  const before = host.ip.counters.get(reason);
  const delivered = host.ip.counters.get("delivered");
  assertEquals(host.hear(octets), []);
  assertEquals(host.ip.counters.get(reason), before + 1, reason);
  assertEquals(host.ip.counters.get("delivered"), delivered);
}

Deno.test("A1 ethox 5.1 #6 IPv4 header length below 5 or beyond the frame", () => {
  const host = new TestHost();
  for (const words of [0, 1, 2, 3, 4, 9, 15]) {
    const bad = ping(1, {
      spoil: (view) => view.setUint8(0, 0x40 | words),
    });
    // 9 words are within the datagram of 32 octets no more.
    assertDropped(host, bad, "droppedMalformed");
  }
  assert(reachable(host));
});

Deno.test("A2 IPv4 total length beyond the frame, or below the header", () => {
  const host = new TestHost();
  for (const length of [0, 19, 33, 1500, 65535]) {
    const bad = ping(1, { spoil: (view) => view.setUint16(2, length) });
    assertDropped(host, bad, "droppedMalformed");
  }
  assert(reachable(host));
});

Deno.test("A2 Ethernet padding stays out of the payload", () => {
  const host = new TestHost();
  host.know(2);
  const octets = ping(1);
  const padded = new Uint8Array(60).fill(0xee);
  padded.set(octets);
  const [answer] = host.inject(padded);
  assertEquals(answer!.length, octets.length);
  assertEquals([...answer!.subarray(42)], [1, 2, 3, 4]);
});

Deno.test("A3 IPv4 options of length 0, 1 or beyond the header", () => {
  const host = new TestHost();
  const bad = [
    [7, 0, 0, 0],
    [7, 1, 0, 0],
    [7, 5, 0, 0],
    [7, 255, 0, 0],
    [1, 1, 1, 7],
    [68, 2, 68, 0],
  ];
  for (const options of bad) {
    assertDropped(host, ping(1, { options }), "droppedMalformed");
  }
  assert(reachable(host));
});

Deno.test("RFC 1122 3.2.1.8 unknown and harmless options do not matter", () => {
  const host = new TestHost();
  host.know(2);
  const good = [
    [1, 1, 1, 1],
    [0, 0, 0, 0],
    [0, 9, 9, 9],
    [94, 4, 1, 2],
    [148, 4, 0, 0],
    [7, 7, 4, 0, 0, 0, 0, 0],
    new Array(40).fill(1),
  ];
  for (const options of good) {
    assertEquals(host.hear(ping(1, { options })), [pong(1)]);
  }
});

Deno.test("A23 source routes are refused (RFC 7126 4.3)", () => {
  const host = new TestHost();
  for (const type of [131, 137]) {
    const options = [1, type, 7, 4, 192, 0, 2, 9];
    assertDropped(host, ping(1, { options }), "droppedSourceRoute");
  }
});

Deno.test("A19 LAND: datagrams that claim to come from us", () => {
  const host = new TestHost(TWO);
  for (const source of [OWN, addr("198.51.100.1")]) {
    assertDropped(host, ping(1, { source }), "droppedLand");
    assertDropped(host, udpFrame(7, "", { source }), "droppedLand");
  }
  assert(reachable(host));
});

Deno.test("A20 RFC 1122 3.2.1.3 sources that are no host", () => {
  const host = new TestHost();
  const sources = [
    "0.0.0.0",
    "0.1.2.3",
    "127.0.0.1",
    "127.255.255.254",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "254.1.2.3",
    "255.255.255.255",
    "192.0.2.255",
  ];
  for (const source of sources) {
    const bad = ping(1, { source: addr(source) });
    assertDropped(host, bad, "droppedMartian");
  }
  assert(reachable(host));
});

Deno.test("A22 loopback and this-network destinations from the wire", () => {
  const host = new TestHost();
  for (const destination of ["127.0.0.1", "127.9.9.9", "0.0.0.0"]) {
    const bad = ping(1, { destination: addr(destination) });
    assertDropped(host, bad, "droppedMartian");
  }
});

Deno.test("RFC 1122 3.2.1.3 datagrams for others are dropped in silence", () => {
  const host = new TestHost();
  const others = ["192.0.2.3", "198.51.100.1", "224.0.0.1", "240.0.0.1"];
  for (const destination of others) {
    const bad = ping(1, { destination: addr(destination) });
    assertDropped(host, bad, "droppedNotOurs");
  }
});

Deno.test("RFC 1122 3.2.1.1 datagrams of another version are dropped", () => {
  const host = new TestHost();
  for (const version of [0, 3, 5, 6, 15]) {
    const bad = ping(1, {
      spoil: (view) => view.setUint8(0, version << 4 | 5),
    });
    assertDropped(host, bad, "droppedMalformed");
  }
});

Deno.test("RFC 1122 3.2.1.2 a wrong header checksum is found", () => {
  const host = new TestHost();
  host.know(2);
  for (let bit = 0; bit < 16; bit++) {
    const bad = ping(1, {
      spoil: (view) => view.setUint16(10, view.getUint16(10) ^ (1 << bit)),
    });
    assertDropped(host, bad, "droppedChecksum");
  }
  // A sum of 0 is written in two ways; 0xffff for 0 and 0 for 0xffff are equal.
  assertEquals(host.hear(ping(1)), [pong(1)]);
});

Deno.test("RFC 1122 3.2.1.7 a datagram for us may have any time to live", () => {
  const host = new TestHost();
  host.know(2);
  for (const ttl of [0, 1, 255]) {
    assertEquals(host.hear(ping(ttl, { ttl })), [pong(ttl)]);
  }
});

Deno.test("RFC 1122 3.3.6 one host's datagram in a frame for all is dropped", () => {
  const host = new TestHost();
  const groups = new Hardware(0x0100, 0x5e000001);
  host.eth.join(groups);
  for (const to of [Hardware.BROADCAST, groups]) {
    assertDropped(host, ping(1, { to }), "droppedLinkBroadcast");
  }
});

const FRAGMENTS: readonly (readonly [string, IpFields[]])[] = [
  ["A26 teardrop, overlaps of all shapes", [
    { moreFragments: true, fragmentOffset: 0 },
    { fragmentOffset: 8 },
    { fragmentOffset: 16 },
    { moreFragments: true, fragmentOffset: 8 },
  ]],
  ["A27 duplicate fragments", [
    { moreFragments: true, fragmentOffset: 0 },
    { moreFragments: true, fragmentOffset: 0 },
  ]],
  ["A28 ping of death: offset + length > 65,535", [
    { moreFragments: true, fragmentOffset: 0 },
    { fragmentOffset: 65528 },
  ]],
  [
    "A29 Rose and NewDawn: first and last only, thousands of identifications",
    Array.from({ length: 4000 }, (_, i): IpFields => ({
      identification: i >> 1,
      moreFragments: i % 2 === 0,
      fragmentOffset: i % 2 === 0 ? 0 : 65000,
    })),
  ],
  [
    "A30 FragmentSmack: tiny fragments",
    Array.from({ length: 8000 }, (_, i): IpFields => ({
      moreFragments: true,
      fragmentOffset: 8 * (i % 8000),
    })),
  ],
  [
    "A31 fragments of one source do not starve another",
    Array.from({ length: 2000 }, (_, i): IpFields => ({
      identification: i,
      moreFragments: true,
      from: 3,
    })),
  ],
  ["A32 a tiny first fragment", [{ moreFragments: true, fragmentOffset: 0 }]],
  ["A35 no Time Exceeded, as nothing is put together", [
    { moreFragments: true, fragmentOffset: 0 },
  ]],
];

for (const [name, pieces] of FRAGMENTS) {
  Deno.test(`${name}: fragments are recognised, counted and dropped`, () => {
    const host = new TestHost();
    const data = new Uint8Array(8);
    const begun = performance.now();
    for (const fields of pieces) {
      host.inject([ipFrame(17, data, fields), ipFrame(1, data, fields)]);
    }
    assertEquals(
      host.ip.counters.get("droppedFragment"),
      2 * pieces.length,
    );
    assertEquals(host.run(200 * SECOND), []);
    assert(performance.now() - begun < 2000);
    assert(reachable(host));
  });
}

Deno.test("A36 the identification says nothing, or cannot be predicted", () => {
  const host = new TestHost();
  host.know(2);
  const drawn = new Set<number>();
  let rising = 0;
  let last = 0;
  for (let i = 0; i < 200; i++) {
    const destination = peer(2);
    const { frames: [whole] } = emit(host, { destination });
    assertEquals(header(whole).identification, 0);
    assertEquals(header(whole).dontFragment, true);
    const { frames: [other] } = emit(host, {
      destination,
      dontFragment: false,
    });
    assertEquals(header(other).dontFragment, false);
    const { identification } = header(other);
    if (identification === last + 1) rising++;
    last = identification;
    drawn.add(identification);
  }
  assert(drawn.size > 190);
  assert(rising < 3);
});

Deno.test("A18 what waits or loops does not point into a buffer that is reused", () => {
  const host = new TestHost();
  host.say({ destination: peer(9) }, "precious");
  host.udp.bind(5, () => {});
  const noise = udpFrame(5, "x".repeat(1000));
  for (let i = 0; i < 200; i++) {
    host.inject(noise, (packet) => {
      packet.memory.bytes.fill(0xee, packet.end, packet.limit);
    });
  }
  const [octets] = host.inject(arpReply(9));
  assertEquals(new TextDecoder().decode(octets!.subarray(42)), "precious");
});

Deno.test("ethox 5.4 #1 the source asked for is honoured", () => {
  const host = new TestHost(TWO);
  host.know(2);
  assertEquals(
    host.hear(ping(1, { destination: addr("198.51.100.1") })),
    [pong(1, 2, "198.51.100.1")],
  );
  const said = host.say({
    source: addr("198.51.100.1"),
    destination: peer(2),
  });
  assertEquals(said.lines, [
    "IP 198.51.100.1.1000 > 192.0.2.2.2000: UDP, length 0",
  ]);
  // Without a wish: the address in the subnet of the next hop.
  assertEquals(host.say({ destination: peer(2) }).lines, [
    "IP 192.0.2.1.1000 > 192.0.2.2.2000: UDP, length 0",
  ]);
  assertEquals(host.ip.sourceFor(addr("198.51.100.9")), addr("198.51.100.1"));
});

Deno.test("RFC 1122 3.2.1.3 only an address of ours is a source", () => {
  const host = new TestHost(TWO);
  host.know(2);
  const sources = [
    peer(2),
    EVERYBODY,
    -1,
    addr("224.0.0.1"),
    addr("127.0.0.1"),
  ];
  for (const source of sources) {
    const { failure, frames } = emit(host, { source, destination: peer(2) });
    assertEquals(failure, "illegal");
    assertEquals(frames, []);
  }
  assertEquals(host.ip.counters.get("badSource"), sources.length);
});

Deno.test("ethox 5.4 #3 RFC 1122 3.2.1.6 3.2.1.7 TTL, DSCP and DF per packet", () => {
  const host = new TestHost();
  host.know(2);
  const { frames } = emit(host, {
    destination: peer(2),
    ttl: 3,
    dscp: 46,
    ecn: 2,
    dontFragment: false,
    payloadLength: 5,
  });
  const sent = header(frames[0]);
  assertEquals(
    [sent.ttl, sent.dscp, sent.ecn, sent.dontFragment, sent.totalLength],
    [3, 46, 2, false, 25],
  );
  const plain = header(emit(host, { destination: peer(2) }).frames[0]);
  assertEquals(
    [plain.ttl, plain.dscp, plain.ecn, plain.dontFragment],
    [64, 0, 0, true],
  );
  // What does not fit a field touches no other.
  const odd = header(
    emit(host, { destination: peer(2), ttl: 0x1ff, dscp: 0x7f, ecn: 7 })
      .frames[0],
  );
  assertEquals([odd.ttl, odd.dscp, odd.ecn], [255, 63, 3]);
});

Deno.test("RFC 1122 3.2.1.7 no datagram is sent with a TTL of 0", () => {
  const host = new TestHost();
  host.know(2);
  const { failure, frames } = emit(host, { destination: peer(2), ttl: 0 });
  assertEquals(failure, "illegal");
  assertEquals(frames, []);
  assertEquals(host.ip.counters.get("badTtl"), 1);
});

Deno.test("ethox 5.2 #2 a subnet broadcast goes to all and mutes nobody", () => {
  const host = new TestHost();
  host.know(2);
  for (const destination of [EVERYBODY, -1]) {
    const { failure, frames } = emit(host, { destination });
    assertEquals(failure, undefined);
    assertEquals(frames.length, 1);
    assertEquals([...frames[0]!.subarray(0, 6)], new Array(6).fill(255));
    assertEquals(header(frames[0]).destination, destination);
  }
  assertEquals(host.arp.counters.get("requestsSent"), 1);
  assert(reachable(host));
});

Deno.test("ethox 5.2 #3 limited broadcast and groups need no route", () => {
  const host = new TestHost();
  const group = addr("239.129.3.4");
  const { failure, frames } = emit(host, { destination: group });
  assertEquals(failure, undefined);
  // RFC 1112 section 6.4: 23 bits of the group.
  assertEquals([...frames[0]!.subarray(0, 6)], [1, 0, 0x5e, 1, 3, 4]);
  // Without addresses there is no way, and no exception.
  const bare = new TestHost({ ip: { addresses: [] } });
  for (const destination of [-1, group, EVERYBODY, 0, addr("240.0.0.1")]) {
    assertEquals(emit(bare, { destination }).failure, "unreachable");
  }
  assertEquals(bare.ip.counters.get("noRoute"), 5);
});

Deno.test("IP takes subnet and limited broadcasts", () => {
  const kinds: number[] = [];
  const host = new TestHost({
    ...TWO,
    branches: { other: (p) => void kinds.push(p.destinationKind) },
  });
  const to = Hardware.BROADCAST;
  const data = new Uint8Array(4);
  for (const text of ["192.0.2.255", "198.51.100.255", "255.255.255.255"]) {
    host.inject(ipFrame(253, data, { destination: addr(text), to }));
  }
  host.inject(ipFrame(253, data));
  assertEquals(kinds, [1, 1, 1, UNICAST]);
});

Deno.test("IP of two hosts on a link has no broadcast address (RFC 3021)", () => {
  const host = new TestHost({
    ip: { addresses: [Cidr.parse("192.0.2.1/31"), Cidr.parse("10.0.0.1/32")] },
  });
  assertEquals(host.ip.isBroadcast(peer(0)), false);
  assertEquals(host.ip.isHost(peer(0)), true);
  assertEquals(host.say({ destination: peer(0) }).lines, [
    "ARP, Request who-has 192.0.2.0 tell 192.0.2.1, length 28",
  ]);
});

Deno.test("IP joins and leaves groups", () => {
  const host = new TestHost({ ip: { groups: 1 } });
  host.know(2);
  host.icmp.answerBroadcast = true;
  const group = Address.parse("239.1.2.3");
  const to = Hardware.multicast4(group.value);
  const asked = ping(1, { destination: group.value, to });
  assertEquals(host.hear(asked), []);
  assertEquals(host.eth.counters.get("droppedGroup"), 1);
  assertEquals(host.ip.join(Address.parse("192.0.2.9")), "illegal");
  assertEquals(host.ip.join(group), undefined);
  assertEquals(host.ip.join(group), undefined);
  assertEquals(host.ip.join(Address.parse("239.1.2.4")), "exhausted");
  assertEquals(host.hear(asked), [pong(1)]);
  // Another group with the same Ethernet address is not ours.
  const twin = ping(1, { destination: addr("239.129.2.3"), to });
  assertDropped(host, twin, "droppedNotOurs");
  assertEquals(host.ip.leave(group), undefined);
  assertEquals(host.ip.leave(group), "illegal");
  assertEquals(host.hear(asked), []);
});

Deno.test("IP loops datagrams to itself, and they do not reach the wire", () => {
  const host = new TestHost();
  const got: string[] = [];
  host.udp.bind(2000, (datagram) => {
    got.push(`${format(datagram.source)} ${format(datagram.destination)}`);
  });
  for (const text of ["192.0.2.1", "127.0.0.1", "127.1.2.3"]) {
    assertEquals(host.say({ destination: addr(text) }), {
      failure: undefined,
      lines: [],
    });
  }
  // From a loopback address where that is wished, but to itself only.
  host.say({ destination: OWN, source: addr("127.0.0.1") });
  assertEquals(got, [
    "192.0.2.1 192.0.2.1",
    "127.0.0.1 127.0.0.1",
    "127.1.2.3 127.1.2.3",
    "127.0.0.1 192.0.2.1",
  ]);
  assertEquals(host.ip.counters.get("looped"), 4);
});

Deno.test("IP bounds what waits for itself, and wakes for it", () => {
  const host = new TestHost({ ip: { loop: 2 } });
  const failures: (string | undefined)[] = [];
  const init = Object.assign(new Init(), { protocol: 253, destination: OWN });
  host.device.tx(
    1,
    host.eth.send(host.ip.send((raw) => {
      for (let i = 0; i < 3; i++) {
        const out = raw.prepare(init);
        assert(typeof out !== "string");
        failures.push(out.send());
      }
    })),
  );
  assertEquals(failures, [undefined, undefined, "exhausted"]);
  assertEquals(host.ip.counters.get("loopDropped"), 1);
  assert(host.ip.nextDeadline(5) <= 5);
  host.turn();
  // Nobody takes protocol 253: that is answered, through the loop again.
  assertEquals(host.ip.counters.get("droppedProtocol"), 2);
  assertEquals(host.ip.nextDeadline(5), Infinity);
});

Deno.test("IP answers its own ping, in turns that end", () => {
  const host = new TestHost();
  let replies = 0;
  const counted = new TestHost({ messages: () => void replies++ });
  for (const each of [host, counted]) {
    each.add(each.icmp.send((raw) => {
      if (each.icmp.counters.get("received") > 0 || each.ip.looping) return;
      const out = raw.prepare(
        Object.assign(new EchoInit(), { destination: OWN }),
      );
      if (typeof out !== "string") out.send();
    }));
    assertEquals(each.turn(), []);
    assertEquals(each.icmp.counters.get("echoesAnswered"), 1);
  }
  assertEquals(replies, 1);
});

Deno.test("IP finds the longest prefix, then the least metric", () => {
  const gateway = (n: number) => new Address(peer(n));
  const route = (network: string, n: number, metric = 0): Route => ({
    network: Cidr.parse(network),
    gateway: gateway(n),
    metric,
  });
  const host = new TestHost({
    ip: {
      routes: [
        route("0.0.0.0/0", 10),
        route("0.0.0.0/0", 11, 5),
        route("10.0.0.0/8", 12),
        route("10.1.0.0/16", 13),
        route("10.1.2.3/32", 14),
      ],
    },
  });
  const hop = (text: string) => {
    const { lines } = host.say({ destination: addr(text) });
    host.arp.forget(peer(Number(/2\.0?(\d+) tell/.exec(lines[0] ?? "")?.[1])));
    return /who-has (\S+)/.exec(lines[0] ?? "")?.[1];
  };
  assertEquals(hop("203.0.113.9"), "192.0.2.10");
  assertEquals(hop("10.9.9.9"), "192.0.2.12");
  assertEquals(hop("10.1.9.9"), "192.0.2.13");
  assertEquals(hop("10.1.2.3"), "192.0.2.14");
  // RFC 1122 3.3.1.1: local or remote is told by the mask.
  assertEquals(hop("192.0.2.200"), "192.0.2.200");
  assertEquals(hop("192.0.3.200"), "192.0.2.10");
  const { routes } = host.ip;
  assertEquals(routes.remove(Cidr.parse("0.0.0.0/0"), 0), 1);
  assertEquals(hop("203.0.113.9"), "192.0.2.11");
  assertEquals(routes.remove(Cidr.parse("10.1.0.0/16")), 1);
  assertEquals(hop("10.1.9.9"), "192.0.2.12");
  assertEquals(routes.remove(Cidr.parse("0.0.0.0/0")), 1);
  assertEquals(host.say({ destination: addr("203.0.113.9") }), {
    failure: "unreachable",
    lines: [],
  });
  assertEquals(routes.remove(Cidr.parse("0.0.0.0/0")), 0);
});

Deno.test("IP routes end when they expire, and a worse one takes over", () => {
  const host = new TestHost({
    ip: {
      routes: [
        {
          network: Cidr.parse("0.0.0.0/0"),
          gateway: new Address(peer(10)),
          expires: 5 * SECOND,
        },
        {
          network: Cidr.parse("0.0.0.0/0"),
          gateway: new Address(peer(11)),
          metric: 1,
          expires: 9 * SECOND,
        },
      ],
    },
  });
  const far = addr("203.0.113.9");
  for (const n of [10, 11]) host.arp.pin(peer(n), 0x0200, n);
  const hop = () => host.sayFrames({ destination: far }).frames[0]?.[5];
  assertEquals(hop(), 10);
  host.now = 5 * SECOND - 1;
  assertEquals(hop(), 10);
  host.now = 5 * SECOND;
  assertEquals(hop(), 11);
  host.now = 10 * SECOND;
  assertEquals(host.say({ destination: far }).failure, "unreachable");
  const { routes } = host.ip;
  assertEquals(routes.size, 3);
  assertEquals(routes.purge(host.now), 2);
  assertEquals(routes.size, 1);
});

Deno.test("Routes are bounded, and one like another replaces it", () => {
  const host = new TestHost({ ip: { routeCapacity: 3 } });
  const { routes } = host.ip;
  const add = (network: string, n: number, metric?: number) =>
    routes.add({
      network: Cidr.parse(network),
      gateway: new Address(peer(n)),
      ...(metric === undefined ? {} : { metric }),
    });
  assertEquals(add("10.0.0.0/8", 10), undefined);
  assertEquals(add("10.9.9.9/8", 11), undefined);
  assertEquals(routes.size, 2);
  assertEquals(add("10.0.0.0/8", 12, 3), undefined);
  assertEquals(add("11.0.0.0/8", 12), "exhausted");
  const gateways = [...routes].map((route) => route.gateway?.toString());
  assertEquals(gateways, [undefined, "192.0.2.11", "192.0.2.12"]);
  const { version } = routes;
  routes.remove(Cidr.parse("10.0.0.0/8"), 3);
  assert(routes.version !== version);
  const clock = new Clock();
  assertEquals(routes.lookup(addr("11.0.0.1"), clock), -1);
});

Deno.test("IP refuses options that make no sense", () => {
  const make = (changes: NonNullable<Changes["ip"]>) => () =>
    new TestHost({ ip: changes });
  for (
    const text of ["0.0.0.1/8", "127.0.0.1/8", "224.0.0.1/4", "192.0.2.255/24"]
  ) {
    assertThrows(make({ addresses: [Cidr.parse(text)] }), OptionError, text);
  }
  assertThrows(make({ mtu: 67 }), OptionError, "67");
  assertThrows(make({ mtu: NaN }), OptionError, "NaN");
  const network = Cidr.parse("10.0.0.0/8");
  assertThrows(
    make({ routeCapacity: 1, routes: [{ network }] }),
    OptionError,
    "1",
  );
  const addresses = ["192.0.2.1/24", "10.0.0.1/8"].map((s) => Cidr.parse(s));
  assertThrows(make({ routeCapacity: 1, addresses }), OptionError, "1");
});

Deno.test("RFC 1122 3.3.3 no datagram is larger than the MTU", () => {
  const host = new TestHost({ device: { mtu: 600 } });
  host.know(2);
  assertEquals(host.ip.mtuFor(peer(2)), 600);
  const destination = peer(2);
  const { failure, frames } = emit(host, { destination, payloadLength: 580 });
  assertEquals(failure, undefined);
  assertEquals(frames[0]!.length, 614);
  assertEquals(emit(host, { destination, payloadLength: 581 }).failure, "size");
  assertEquals(host.ip.counters.get("tooLarge"), 1);
});

Deno.test("demux counts datagrams of a protocol that nobody takes", () => {
  const host = new TestHost({ branches: {} });
  host.inject([ping(1), udpFrame(7, ""), ipFrame(6, new Uint8Array(20))]);
  assertEquals(host.ip.counters.get("droppedProtocol"), 3);
  const got: number[] = [];
  const take = (n: number) => () => void got.push(n);
  const split = new TestHost({
    branches: {
      icmp: { receive: take(1) },
      tcp: take(6),
      udp: take(17),
      other: take(0),
    },
  });
  for (const protocol of [1, 6, 17, 2, 255]) {
    split.inject(ipFrame(protocol, new Uint8Array(20)));
  }
  assertEquals(got, [1, 6, 17, 0, 0]);
});

Deno.test("rotate offers buffers in turn, also after a sender failed", () => {
  const host = new TestHost();
  host.know(2);
  const turns: number[] = [];
  const init = Object.assign(new Init(), { protocol: 253 });
  const sender = rotate([1, 2, 3].map((n) => (raw) => {
    turns.push(n);
    init.destination = n === 2 ? addr("203.0.113.1") : peer(2);
    const out = raw.prepare(init);
    if (typeof out !== "string") out.send();
  }));
  host.device.tx(4, host.eth.send(host.ip.send(sender)));
  assertEquals(turns, [1, 2, 3, 1, 2, 3]);
  assertEquals(lines(host.turn()).length, 4);
});

Deno.test("IP does without ARP on a medium of bare datagrams", () => {
  const device = new External({ medium: "ip" });
  const ip = new Endpoint({
    addresses: [Cidr.parse("192.0.2.1/24")],
    mtu: 1500,
    key: KEY,
  });
  const got: string[] = [];
  const receiver = ip.recv(demux({
    other: (p) => {
      got.push(format(p.source));
      const init = new Init();
      init.destination = p.source;
      init.protocol = p.protocol;
      const out = p.reinit(init);
      assert(typeof out !== "string");
      assertEquals(out.send(), undefined);
    },
  }));
  device.inject(ipFrame(253, new Uint8Array(3)).subarray(14));
  device.inject(new Uint8Array(0));
  device.inject(Uint8Array.of(0x60, 0, 0, 0));
  device.rx(9, receiver);
  assertEquals(got, ["192.0.2.2"]);
  const sent = device.take()!;
  assertEquals(new View(new DataView(sent.buffer)).destination, peer(2));
  assertEquals(ip.counters.get("droppedMalformed"), 2);
  assertEquals(ip.nextDeadline(0), Infinity);
  // Broadcasts and groups leave as they are.
  device.tx(
    1,
    ip.send((raw) => {
      const init = Object.assign(new Init(), { destination: -1 });
      const out = raw.prepare(init);
      assert(typeof out !== "string");
      assertEquals(out.send(), undefined);
      const back = out.intoIncoming();
      assertEquals([back.source, back.destination], [OWN, -1]);
    }),
  );
  assertEquals(device.sent, 1);
});

Deno.test("RFC 1122 3.3.1.2 a host may have several gateways", () => {
  const routes = [10, 11].map((n, metric): Route => ({
    network: Cidr.parse("0.0.0.0/0"),
    gateway: new Address(peer(n)),
    metric,
  }));
  const host = new TestHost({ ip: { routes } });
  assertEquals([...host.ip.routes].length, 3);
});

Deno.test("ARP and IP of a second subnet ask with the address in it", () => {
  const host = new TestHost(TWO);
  const said = host.say({ destination: addr("198.51.100.7") });
  assertEquals(said.lines, [
    "ARP, Request who-has 198.51.100.7 tell 198.51.100.1, length 28",
  ]);
  const reply = arpReply(7, {
    sender: addr("198.51.100.7"),
    target: addr("198.51.100.1"),
    senderHardware: hardware(7),
  });
  assertEquals(host.hear(reply), [
    "IP 198.51.100.1.1000 > 198.51.100.7.2000: UDP, length 0",
  ]);
});
