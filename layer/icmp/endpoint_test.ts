import { assert, assertEquals, assertThrows } from "@std/assert";
import { Address as Hardware } from "@ethox/wire/ethernet";
import * as icmpv4 from "@ethox/wire/icmpv4";
import { Address, Cidr } from "@ethox/wire/ipv4";
import {
  addr,
  arpReply,
  EVERYBODY,
  icmpError,
  icmpMessage,
  type IpFields,
  ipFrame,
  join,
  lines,
  OWN,
  peer,
  ping,
  pong,
  reachable,
  TestHost,
  udpFrame,
} from "../_host_test_util.ts";
import { type CounterName, type ErrorReport, Init } from "./mod.ts";

const SECOND = 1_000_000;
const ALL = { to: Hardware.BROADCAST };

function known(
  changes: ConstructorParameters<typeof TestHost>[0] = {},
): TestHost {
  const host = new TestHost(changes);
  host.know(2);
  return host;
}

/** The datagram that a host sent in a frame. */
function datagram(octets: Uint8Array): Uint8Array {
  return octets.subarray(14);
}

function closed(n = 2): string {
  return `IP 192.0.2.1 > 192.0.2.${n}: ICMP 192.0.2.1 udp port 9 unreachable, length 36`;
}

function assertIgnored(
  host: TestHost,
  octets: Uint8Array,
  reason: CounterName,
): void {
  const before = host.icmp.counters.get(reason);
  assertEquals(host.hear(octets), []);
  assertEquals(host.icmp.counters.get(reason), before + 1, reason);
}

Deno.test("RFC 1122 3.2.2.6 an echo comes back whole, from where it went", () => {
  const host = known();
  for (const size of [0, 1, 56, 57, 1472]) {
    const data = Uint8Array.from({ length: size }, (_, i) => i * 7);
    const message = icmpMessage(8, 0, 0x12345678, data);
    const [answer] = host.inject(ipFrame(1, message));
    const view = new icmpv4.View(new DataView(answer!.buffer), 34);
    assert(view.verify());
    assertEquals([view.type, view.code, view.rest], [0, 0, 0x12345678]);
    assertEquals(answer!.subarray(42), data);
  }
  assertEquals(host.icmp.counters.get("echoesAnswered"), 5);
});

Deno.test("An echo in which the checksum wraps is answered rightly", () => {
  const host = known();
  for (let rest = 0; rest < 0x10000; rest += 0x55) {
    const [answer] = host.inject(
      ipFrame(1, icmpMessage(8, 0, rest, Uint8Array.of(0xf7, 0xff))),
    );
    assert(new icmpv4.View(new DataView(answer!.buffer), 34).verify());
  }
});

Deno.test("icmp leaves echoes to a handler, or to nobody", () => {
  const types: number[] = [];
  const host = known({
    messages: (message) => {
      types.push(message.header.type);
      assertEquals(message.answer(), undefined);
    },
  });
  host.icmp.manual = true;
  assertEquals(host.hear(ping(1)), [pong(1)]);
  assertEquals(types, [8]);
  host.icmp.manual = false;
  host.icmp.silent = true;
  assertIgnored(host, ping(2), "echoesIgnored");
  host.icmp.silent = false;
  assertEquals(host.hear(ping(3)), [pong(3)]);
});

Deno.test("icmp hands what it does not know to a handler, which may answer", () => {
  const host = known({
    messages: {
      receive(message) {
        assertEquals(message.answer(), "illegal");
        const init = new Init();
        init.destination = message.packet.source;
        init.payloadLength = 0;
        init.identifier = 1;
        init.sequenceNumber = 2;
        const out = message.deinit().prepare(init);
        assert(typeof out !== "string");
        assertEquals(out.payloadStart, out.payloadEnd);
        assertEquals(out.send(), undefined);
      },
    },
  });
  assertEquals(host.hear(ipFrame(1, icmpMessage(42, 0, 0))), [
    "IP 192.0.2.1 > 192.0.2.2: ICMP echo request, id 1, seq 2, length 8",
  ]);
  assertEquals(host.icmp.counters.get("delivered"), 1);
});

Deno.test("ethox 5.1 #2 RFC 1122 3.2.2 ICMP of every type and code", () => {
  const host = known();
  // With a quote of a datagram that was never sent, and without.
  const quote = datagram(
    udpFrame(9, "x", { source: OWN, destination: peer(2) }),
  );
  for (const data of [new Uint8Array(12), quote]) {
    const octets = ipFrame(1, icmpMessage(0, 0, 0, data));
    const message = new icmpv4.View(new DataView(octets.buffer), 34);
    for (let type = 0; type < 256; type++) {
      for (let code = 0; code < 256; code++) {
        message.type = type;
        message.code = code;
        message.checksum = 0xffff -
          ((type << 8 | code) + rest(octets)) % 0xffff;
        const heard = host.inject(octets);
        assertEquals(heard.length, type === 8 && code === 0 ? 1 : 0);
        host.inject(arpReply(2));
      }
    }
  }
  const { counters } = host.icmp;
  assertEquals(counters.get("received"), 2 * 65536);
  assertEquals(counters.get("droppedChecksum"), 0);
  assertEquals(counters.get("echoesAnswered"), 2);
  assertEquals(counters.get("echoesIgnored"), 510);
  assert(reachable(host));
});

/** The sum of a message behind its checksum. */
function rest(octets: Uint8Array): number {
  let sum = 0;
  for (let i = 38; i < octets.length; i += 2) {
    sum += octets[i]! << 8 | (octets[i + 1] ?? 0);
  }
  return sum;
}

Deno.test("icmp drops short messages and wrong checksums, and counts them", () => {
  const host = known();
  for (let length = 0; length < 8; length++) {
    const short = ipFrame(1, icmpMessage(8, 0, 0).subarray(0, length));
    assertIgnored(host, short, "droppedMalformed");
  }
  // A timestamp of 12 octets.
  const stamp = ipFrame(1, icmpMessage(13, 0, 0, new Uint8Array(4)));
  assertIgnored(host, stamp, "droppedMalformed");
  for (let bit = 0; bit < 8; bit++) {
    const bad = ping(1);
    bad[45]! ^= 1 << bit;
    assertIgnored(host, bad, "droppedChecksum");
  }
});

Deno.test("RFC 1122 3.2.2.7 3.2.2.9 no information and no masks are given", () => {
  const host = known();
  for (const type of [13, 15, 17]) {
    const asked = ipFrame(1, icmpMessage(type, 0, 0, new Uint8Array(12)));
    assertIgnored(host, asked, "droppedUnknown");
  }
});

Deno.test("A24 ethox 5.1 #7 Smurf: pings to everybody are not answered", () => {
  const host = known();
  for (const destination of [EVERYBODY, -1]) {
    assertIgnored(host, ping(1, { destination, ...ALL }), "echoesIgnored");
  }
  host.ip.join(Address.ALL_SYSTEMS);
  const group = {
    destination: Address.ALL_SYSTEMS.value,
    to: Hardware.multicast4(Address.ALL_SYSTEMS.value),
  };
  assertIgnored(host, ping(1, group), "echoesIgnored");
  // Fraggle: neither are UDP datagrams to closed ports.
  assertEquals(
    host.hear(udpFrame(9, "", { destination: EVERYBODY, ...ALL })),
    [],
  );
  assertEquals(host.icmp.counters.get("errorsSuppressed"), 1);
});

Deno.test("A24 Smurf: where broadcasts are answered the rate is bounded", () => {
  const host = known({ icmp: { answerBroadcast: true, errorBurst: 3 } });
  const asked = ping(1, { destination: EVERYBODY, ...ALL });
  // From the own address, as the broadcast address is nobody's.
  assertEquals(host.hear(asked), [pong(1)]);
  assertEquals(host.inject(new Array(9).fill(asked)).length, 2);
  assertEquals(host.hear(ping(1)), [pong(1)]);
  host.now += SECOND;
  assertEquals(host.hear(asked), [pong(1)]);
});

Deno.test("RFC 1122 3.2.2.1 4.1.3.1 a closed UDP port is said to be closed", () => {
  const host = known();
  assertEquals(host.hear(udpFrame(9, "")), [closed()]);
  assertEquals(host.udp.counters.get("droppedPort"), 1);
});

Deno.test("RFC 1122 3.2.2.1 an unknown protocol is said to be unknown", () => {
  const host = known();
  assertEquals(host.hear(ipFrame(253, new Uint8Array(8))), [
    "IP 192.0.2.1 > 192.0.2.2: ICMP 192.0.2.1 protocol 253 unreachable, length 36",
  ]);
  assertEquals(host.ip.counters.get("droppedProtocol"), 1);
});

Deno.test("RFC 1122 3.2.2 an error quotes header and data unchanged", () => {
  const host = known();
  const sizes = [0, 1, 7, 8, 100, 519, 520, 521, 1400];
  for (const size of sizes) {
    for (const options of [[], new Array(40).fill(1)]) {
      const asked = ipFrame(253, new Uint8Array(size).fill(7), { options });
      const [answer] = host.inject(asked);
      const view = new icmpv4.View(new DataView(answer!.buffer), 34);
      assert(view.verify());
      // RFC 1812 section 4.3.2.3: 576 octets in all.
      const whole = Math.min(asked.length - 14, 548);
      assertEquals(answer!.subarray(42), asked.subarray(14, 14 + whole));
    }
  }
});

Deno.test("An error fits a small MTU and still quotes eight octets", () => {
  const host = known({ device: { mtu: 68 } });
  const [answer] = host.inject(ipFrame(253, new Uint8Array(48)));
  assertEquals(answer!.length, 14 + 68);
});

Deno.test("RFC 1812 4.3.2.8 A69 errors are limited in rate", () => {
  const host = known({ icmp: { errorRate: 10, errorBurst: 5 } });
  const burst = new Array(60).fill(udpFrame(9, ""));
  assertEquals(host.inject(burst).length, 5);
  assertEquals(host.icmp.counters.get("errorsLimited"), 55);
  host.now += SECOND / 2;
  assertEquals(host.inject(burst).length, 5);
  let sent = 0;
  for (let i = 0; i < 100; i++) {
    host.now += SECOND / 10;
    sent += lines(host.inject(burst)).filter((line) =>
      line === closed()
    ).length;
    host.inject(arpReply(2));
  }
  assertEquals(sent, 100);
});

const MUTE: readonly (readonly [string, Uint8Array])[] = [
  ...[3, 4, 5, 11, 12].map((type): [string, Uint8Array] => [
    `an ICMP error of type ${type}`,
    icmpError(type, 0, new Uint8Array(28).fill(0x45)),
  ]),
  ["a broadcast", udpFrame(9, "", { destination: EVERYBODY, ...ALL })],
  ["a limited broadcast", udpFrame(9, "", { destination: -1, ...ALL })],
  ["a link broadcast", udpFrame(9, "", ALL)],
  ["a later fragment", udpFrame(9, "", { fragmentOffset: 64 })],
  ["a first fragment", udpFrame(9, "", { moreFragments: true })],
  ...["0.0.0.0", "127.0.0.1", "224.0.0.1", "255.255.255.255", "192.0.2.255"]
    .map((text): [string, Uint8Array] => [
      `a source of ${text}`,
      udpFrame(9, "", { source: addr(text) }),
    ]),
];

for (const [what, octets] of MUTE) {
  Deno.test(`RFC 1122 3.2.2 no error answers ${what}`, () => {
    const host = known();
    assertEquals(host.hear(octets), []);
    assertEquals(host.icmp.counters.get("errorsSent"), 0);
    assert(reachable(host));
  });
}

Deno.test("RFC 1122 3.2.2 no error answers a group", () => {
  const host = known();
  const group = Address.parse("239.1.2.3");
  host.ip.join(group);
  const to = Hardware.multicast4(group.value);
  assertEquals(
    host.hear(udpFrame(9, "", { destination: group.value, to })),
    [],
  );
  assertEquals(host.icmp.counters.get("errorsSuppressed"), 1);
});

Deno.test("A25 no error answers an ICMP message but an echo request", () => {
  const host = known({ branches: {} });
  const errors: string[] = [];
  const other = new TestHost({
    branches: { icmp: (p) => other.icmp.error(p, 3, 2, 0) },
  });
  other.know(2);
  for (const type of [0, 3, 5, 8, 11, 13, 200]) {
    const message = icmpMessage(type, 0, 0, new Uint8Array(12));
    for (const line of other.hear(ipFrame(1, message))) errors.push(line);
    assertEquals(host.hear(ipFrame(1, message)), []);
  }
  assertEquals(errors.length, 1);
  // Of an empty one nobody knows what it is.
  assertEquals(other.hear(ipFrame(1, new Uint8Array(0))), []);
});

Deno.test("RFC 1122 3.2.2 4.1.3.3 errors are handed to UDP", () => {
  const host = known();
  const heard: (string | number)[][] = [];
  const icmpErrorOf = (report: ErrorReport) =>
    heard.push([
      report.type,
      report.code,
      report.nextHopMtu,
      report.quotedLength,
      report.reporter - peer(0),
      report.destination - peer(0),
    ]);
  host.udp.bind(1000, { receive() {}, icmpError: icmpErrorOf });
  const { frames } = host.sayFrames({ destination: peer(2) }, "hello");
  const quote = datagram(frames[0]!);
  const errors: [number, number, number][] = [
    [3, 0, 0],
    [3, 1, 0],
    [3, 3, 0],
    [3, 4, 1400],
    [11, 0, 0],
    [11, 1, 0],
    [12, 0, 0],
  ];
  for (const [type, code, mtu] of errors) {
    // From any router, with as much of a quote as RFC 792 asks for.
    host.inject(icmpError(type, code, quote.subarray(0, 28), mtu, { from: 3 }));
  }
  assertEquals(heard, errors.map((error) => [...error, 33, 3, 2]));
  assertEquals(host.icmp.counters.get("errorsDelivered"), errors.length);
  assertEquals(host.udp.counters.get("errorsDelivered"), errors.length);
});

Deno.test("ethox 5.4 #5 errors with the least quote are taken, shorter ones not", () => {
  const host = known();
  let heard = 0;
  host.udp.bind(1000, { receive() {}, icmpError: () => heard++ });
  const { frames } = host.sayFrames({ destination: peer(2) }, "hello");
  const quote = datagram(frames[0]!);
  for (let length = 0; length < 28; length++) {
    const short = icmpError(3, 3, quote.subarray(0, length));
    assertIgnored(host, short, "droppedMalformed");
  }
  host.inject(icmpError(3, 3, quote.subarray(0, 28)));
  assertEquals(heard, 1);
});

Deno.test("A11 errors whose quote is forged or is an error itself", () => {
  const host = known();
  let heard = 0;
  host.udp.bind(1000, { receive() {}, icmpError: () => heard++ }, {
    peer: peer(2),
    peerPort: 2000,
  });
  const { frames } = host.sayFrames({ destination: peer(2) }, "hello");
  const good = datagram(frames[0]!);
  const change = (at: number, ...octets: number[]) => {
    const bad = good.slice();
    bad.set(octets, at);
    return icmpError(3, 3, bad);
  };
  const bad: [CounterName, Uint8Array][] = [
    ["errorsUnclaimed", change(12, 192, 0, 2, 9)],
    ["errorsUnclaimed", change(9, 6)],
    ["errorsUnclaimed", change(9, 1)],
    // The port is another's, or the peer is.
    ["errorsDelivered", change(20, 9, 9)],
    ["errorsDelivered", change(22, 9, 9)],
    ["errorsDelivered", change(16, 192, 0, 2, 9)],
    // A later fragment quotes no ports.
    ["errorsUnclaimed", change(6, 0, 1)],
    ["droppedMalformed", change(0, 0x65)],
    ["droppedMalformed", change(0, 0x44)],
    ["droppedMalformed", change(0, 0x4f)],
    [
      "errorsUnclaimed",
      icmpError(
        3,
        3,
        join(good.subarray(0, 9), [1], good.subarray(10, 20), [
          3,
          3,
          0,
          0,
          0,
          0,
          0,
          0,
        ]),
      ),
    ],
  ];
  for (const [reason, octets] of bad) assertIgnored(host, octets, reason);
  assertEquals(heard, 0);
  assertEquals(host.udp.counters.get("errorsUnclaimed"), 3);
  assert(reachable(host));
});

Deno.test("A67 RFC 6633 source quench is ignored", () => {
  const host = known();
  let heard = 0;
  host.udp.bind(1000, { receive() {}, icmpError: () => heard++ });
  const { frames } = host.sayFrames({ destination: peer(2) });
  const quench = icmpError(4, 0, datagram(frames[0]!));
  assertIgnored(host, quench, "errorsIgnored");
  assertEquals(heard, 0);
});

Deno.test("A43 a redirect changes no route", () => {
  const host = known({
    ip: {
      routes: [{
        network: Cidr.parse("0.0.0.0/0"),
        gateway: Address.parse("192.0.2.2"),
      }],
    },
  });
  const destination = addr("203.0.113.7");
  const { frames } = host.sayFrames({ destination });
  const quote = datagram(frames[0]!);
  for (const from of [2, 3]) {
    for (let code = 0; code < 4; code++) {
      const redirect = icmpError(5, code, quote, peer(66), { from });
      assertIgnored(host, redirect, "errorsIgnored");
    }
  }
  assertEquals(host.sayFrames({ destination }).frames[0]![5], 2);
});

Deno.test("A66 a forged Fragmentation Needed changes no MTU", () => {
  const host = known();
  const { frames } = host.sayFrames({ destination: peer(2) }, "x");
  host.inject(icmpError(3, 4, datagram(frames[0]!), 68));
  assertEquals(host.ip.mtuFor(peer(2)), 1500);
  assertEquals(
    host.say({ destination: peer(2) }, "x".repeat(1472)).failure,
    undefined,
  );
});

Deno.test("RFC 1122 3.2.2.1 net and host unreachable are hints only", () => {
  const host = known();
  const { frames } = host.sayFrames({ destination: peer(2) });
  for (let code = 0; code < 16; code++) {
    host.inject(icmpError(3, code, datagram(frames[0]!)));
  }
  assertEquals(host.say({ destination: peer(2) }).lines.length, 1);
});

Deno.test("A87 a handler that throws is contained", () => {
  const fault = new Error("mine");
  const fail = () => {
    throw fault;
  };
  const host = known({ messages: fail });
  assertEquals(host.hear(ipFrame(1, icmpMessage(42, 0, 0))), []);
  host.icmp.onError(253, { icmpError: fail });
  const quote = datagram(ipFrame(253, new Uint8Array(8), {
    source: OWN,
    destination: peer(2),
  }));
  assertEquals(host.hear(icmpError(3, 3, quote)), []);
  assertEquals(host.icmp.counters.get("handlerThrew"), 2);
  assertEquals(host.icmp.thrown, fault);
  host.add(host.icmp.send(fail));
  assert(reachable(host));
  assert(host.icmp.counters.get("handlerThrew") > 2);
});

Deno.test("An echo that cannot be answered in place is counted", () => {
  const host = known();
  host.device.answers = "exhausted";
  assertIgnored(host, ping(1), "sendFailed");
  assertEquals(host.hear(udpFrame(9, "")), []);
  assertEquals(host.icmp.counters.get("sendFailed"), 2);
  host.device.answers = "queued";
  assert(reachable(host));
});

Deno.test("A buffer is lent for one call only", () => {
  const host = known({ messages: (message) => void kept.push(message) });
  const kept: { deinit(): { prepare(init: Init): unknown } }[] = [];
  host.inject(ipFrame(1, icmpMessage(42, 0, 0)));
  assertThrows(() => kept[0]!.deinit().prepare(new Init()), Error, "loan");
});

const FIELDS: IpFields = { options: [7, 7, 4, 0, 0, 0, 0, 0] };
Deno.test("An echo with options is answered without them", () => {
  const host = known();
  const [answer] = host.inject(ping(1, FIELDS));
  assertEquals(answer!.length, ping(1).length);
  assertEquals(lines([answer!]), [pong(1)]);
});
