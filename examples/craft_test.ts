// Packets that craft.ts builds, read back by @ethox/wire.

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import * as arp from "@ethox/wire/arp";
import { Reader } from "@ethox/wire/capture";
import * as ethernet from "@ethox/wire/ethernet";
import * as icmpv4 from "@ethox/wire/icmpv4";
import * as icmpv6 from "@ethox/wire/icmpv6";
import * as ipv4 from "@ethox/wire/ipv4";
import * as ipv6 from "@ethox/wire/ipv6";
import * as tcp from "@ethox/wire/tcp";
import * as udp from "@ethox/wire/udp";
import * as vlan from "@ethox/wire/vlan";
import { UsageError } from "./lib/args.ts";
import { craft, craftAll } from "./lib/craft.ts";

const ETHERNET = {
  ethernet: {
    source: "02:00:00:00:00:01",
    destination: "02:00:00:00:00:02",
  },
};
const IPV4 = { ipv4: { source: "192.0.2.1", destination: "192.0.2.2" } };
const IPV6 = { ipv6: { source: "2001:db8::1", destination: "2001:db8::2" } };
const UDP = { udp: { sourcePort: 49152, destinationPort: 53 } };
const TEXT = { payload: { text: "hello" } };

function view(...layers: unknown[]): DataView {
  return new DataView(craft(layers).octets.buffer);
}

Deno.test("craft() computes types, lengths and checksums of UDP over IPv4 in a VLAN", () => {
  const octets = view(
    ETHERNET,
    { vlan: { identifier: 7, priority: 3 } },
    IPV4,
    UDP,
    TEXT,
  );
  const frame = new ethernet.View(octets);
  assertEquals(frame.etherType, ethernet.EtherType.VLAN);
  assertEquals(
    `${frame.source} ${frame.destination}`,
    "02:00:00:00:00:01 02:00:00:00:00:02",
  );
  const tag = new vlan.View(octets, 14);
  assertEquals([tag.identifier, tag.priority, tag.etherType], [7, 3, 0x0800]);
  const packet = new ipv4.Packet();
  assertEquals(packet.parse(octets, 18, octets.byteLength), undefined);
  assert(packet.view.verify());
  assertEquals([packet.repr.protocol, packet.payloadEnd], [
    17,
    octets.byteLength,
  ]);
  const datagram = new udp.Packet();
  const { source, destination } = packet.view;
  datagram.parse(octets, packet.payloadStart, packet.payloadEnd);
  assert(datagram.view.checksum !== 0);
  assert(datagram.view.verify4(source, destination));
  assertEquals([datagram.repr.sourcePort, datagram.repr.payloadLength], [
    49152,
    5,
  ]);
});

Deno.test("craft() writes every option of TCP, over IPv6", () => {
  const octets = view(IPV6, {
    tcp: {
      sourcePort: 1,
      destinationPort: 2,
      sequence: 0xffffffff,
      acknowledgment: 7,
      flags: "SYN, ACK|ECE",
      window: 1000,
      options: {
        mss: 1440,
        windowScale: 7,
        sackPermitted: true,
        timestamps: [4294967295, 2],
        fastOpen: "01020304",
      },
    },
  }, TEXT);
  const packet = new ipv6.Packet();
  assertEquals(packet.parse(octets, 0, octets.byteLength), undefined);
  assertEquals([packet.repr.nextHeader, packet.repr.hopLimit], [6, 64]);
  const segment = new tcp.Packet();
  assertEquals(segment.parse(octets, 40, octets.byteLength), undefined);
  assert(segment.view.verify6(packet.view.addressSum));
  const { repr } = segment;
  assertEquals([repr.sequence, repr.acknowledgment, repr.flags, repr.window], [
    -1,
    7,
    tcp.SYN | tcp.ACK | tcp.ECE,
    1000,
  ]);
  assertEquals([repr.options.mss, repr.options.windowScale], [1440, 7]);
  assertEquals([repr.options.timestampValue, repr.options.timestampEcho], [
    -1,
    2,
  ]);
  assertEquals([repr.options.sackPermitted, repr.options.fastOpenLength], [
    true,
    4,
  ]);
  assertEquals(repr.payloadLength, 5);
});

Deno.test("craft() writes blocks of SACK and a user time-out", () => {
  const octets = view(IPV4, {
    tcp: {
      sourcePort: 1,
      destinationPort: 2,
      options: { sack: [[1, 2], [3, 4294967295]], userTimeout: 600 },
    },
  });
  const segment = new tcp.Packet();
  assertEquals(segment.parse(octets, 20, octets.byteLength), undefined);
  const { options } = segment.repr;
  assertEquals(options.sack.subarray(0, 4), Int32Array.of(1, 2, 3, -1));
  assertEquals([options.sackCount, options.userTimeout], [2, 600]);
});

Deno.test("craft() writes echoes of both versions of ICMP", () => {
  const echo = { identifier: 1, sequenceNumber: 2 };
  const four = view(IPV4, { icmpv4: { type: 8, ...echo } }, TEXT);
  const message = new icmpv4.View(four, 20);
  assert(message.check() === undefined && message.verify());
  assertEquals([message.type, message.identifier, message.sequenceNumber], [
    8,
    1,
    2,
  ]);
  const six = view(IPV6, { icmpv6: { type: 128, ...echo } }, TEXT);
  const other = new icmpv6.View(six, 40);
  assertEquals(other.check(), undefined);
  assert(other.verify(new ipv6.View(six).addressSum));
  assertEquals([other.identifier, other.sequenceNumber], [1, 2]);
});

Deno.test("craft() writes errors of ICMP around what they quote", () => {
  const octets = view(
    IPV4,
    { icmpv4: { type: 3, code: 4, mtu: 1280 } },
    IPV4,
    UDP,
  );
  const message = new icmpv4.View(octets, 20);
  assert(message.check() === undefined && message.verify());
  assertEquals(message.nextHopMtu, 1280);
  assertEquals(message.checkQuote(), undefined);
  assertEquals(message.quotedProtocol, 17);
  assertEquals(new ipv4.View(octets).protocol, 1);
});

Deno.test("craft() puts IPv6 into IPv4, each checksum under its own addresses", () => {
  const octets = view(IPV4, IPV6, UDP, TEXT);
  assertEquals(new ipv4.View(octets).protocol, 41);
  const inner = new ipv6.View(octets, 20);
  assertEquals(inner.check(), undefined);
  assert(new udp.View(octets, 60).verify6(inner.addressSum));
});

Deno.test("craft() writes ARP", () => {
  const octets = view(ETHERNET, {
    arp: {
      operation: 2,
      senderHardware: "02:00:00:00:00:01",
      senderProtocol: "192.0.2.1",
      targetProtocol: "192.0.2.2",
    },
  });
  const packet = new arp.Packet();
  assertEquals(packet.parse(octets, 14, octets.byteLength), undefined);
  assertEquals(packet.repr.operation, 2);
  assertEquals(ipv4.format(packet.repr.targetProtocol), "192.0.2.2");
});

Deno.test("craft() takes lengths, types and checksums that are given, wrong or not", () => {
  const octets = view(
    { ethernet: { ...ETHERNET.ethernet, type: 0x1234 } },
    { ipv4: { ...IPV4.ipv4, totalLength: 9, checksum: 0xbeef, protocol: 99 } },
    { udp: { ...UDP.udp, length: 3, checksum: 0 } },
    { payload: { hex: "01 02:03" } },
  );
  assertEquals(octets.getUint16(12), 0x1234);
  const header = new ipv4.View(octets, 14);
  assertEquals([header.totalLength, header.checksum, header.protocol], [
    9,
    0xbeef,
    99,
  ]);
  const datagram = new udp.View(octets, 34);
  assertEquals([datagram.length, datagram.checksum], [3, 0]);
  assertEquals(octets.byteLength, 14 + 20 + 8 + 3);
});

Deno.test("craft() writes fragments and options of IPv4", () => {
  const octets = view({
    ipv4: {
      ...IPV4.ipv4,
      moreFragments: true,
      fragmentOffset: 16,
      identification: 5,
      options: { hex: "940400" + "00" },
    },
  }, { payload: { hex: "0102030405060708" } });
  const packet = new ipv4.Packet();
  assertEquals(packet.parse(octets, 0, octets.byteLength), undefined);
  const { repr } = packet;
  assert(packet.view.verify() && repr.moreFragments);
  assertEquals([repr.fragmentOffset, repr.optionsLength, repr.protocol], [
    16,
    4,
    255,
  ]);
});

for (
  const [what, description, message] of [
    ["no JSON", "{", /is no JSON/],
    ["no array", "{}", /array of packets/],
    ["a packet that is no array", "[1]", /^packet 1 must be an array/],
    ["an empty packet", "[[]]", /^packet 1 must be an array of one/],
    [
      "more layers than 64",
      JSON.stringify([Array(65).fill({ vlan: { identifier: 1 } })]),
      /^packet 1 has more than 64 layers$/,
    ],
    ["a layer that is no object", "[[1]]", /^packet 1\[0\] must be an object/],
    ["a layer without a name", "[[{}]]", /one member/],
    ["a layer with two names", '[[{"udp":{},"tcp":{}}]]', /one member/],
    ["a layer that is not known", '[[{"x":{}}]]', /no known layer: "x"/],
    ["a layer of the prototype", '[[{"constructor":{}}]]', /no known layer/],
    [
      "a member of the prototype",
      '[[{"payload":{"text":"","__proto__":1}}]]',
      /has no "__proto__"/,
    ],
    [
      "a member that is not known",
      '[[{"payload":{"text":"","x":1}}]]',
      /packet 1\[0\].payload has no "x"/,
    ],
    [
      "a port that is missing",
      '[[{"udp":{"sourcePort":1}}]]',
      /destinationPort must be a whole number/,
    ],
    [
      "a port that is too high",
      '[[{"udp":{"sourcePort":65536,"destinationPort":1}}]]',
      /from 0 to 65535/,
    ],
    [
      "a port that is a text",
      '[[{"udp":{"sourcePort":"1","destinationPort":1}}]]',
      /sourcePort must be/,
    ],
    [
      "an address that is none",
      '[[{"ipv4":{"source":"1.2.3","destination":"1.2.3.4"}}]]',
      /ipv4.source: Cannot parse/,
    ],
    [
      "an address of the other version",
      '[[{"ipv6":{"source":"::1","destination":"1.2.3.4"}}]]',
      /ipv6.destination: /,
    ],
    [
      "a flag that is not known",
      '[[{"tcp":{"sourcePort":1,"destinationPort":1,"flags":"SIN"}}]]',
      /no flag "SIN"/,
    ],
    [
      "too many options",
      '[[{"tcp":{"sourcePort":1,"destinationPort":1,"options":{"sack":[[1,2],[1,2],[1,2],[1,2]],"timestamps":[1,2]}}}]]',
      /room for 40/,
    ],
    ["half an octet", '[[{"payload":{"hex":"012"}}]]', /hexadecimal/],
    [
      "a payload of two kinds",
      '[[{"payload":{"hex":"01","text":"x"}}]]',
      /either hex or text/,
    ],
    [
      "a payload that is not the last",
      '[[{"payload":{"hex":"01"}},{"payload":{"hex":"01"}}]]',
      /must be the last/,
    ],
    [
      "a datagram that is too long",
      `[[{"udp":{"sourcePort":1,"destinationPort":1}},{"payload":{"hex":"${
        "00".repeat(65528)
      }"}}]]`,
      /65536 octets/,
    ],
    [
      "a fragment at no multiple of 8",
      '[[{"ipv4":{"source":"1.2.3.4","destination":"1.2.3.4","fragmentOffset":4}}]]',
      /multiple of 8/,
    ],
  ] as const
) {
  Deno.test(`craftAll() refuses ${what}, and says where`, () => {
    const error = assertThrows(() => craftAll(description), UsageError);
    assertMatch(error.message, message);
    assert(!error.message.includes("\n"), "one sentence");
  });
}

async function run(
  args: readonly string[],
  input = "",
): Promise<{ code: number; stdout: string; stderr: string }> {
  const path = new URL("craft.ts", import.meta.url).pathname;
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-prompt", "--allow-read", "--allow-write"],
      ...[path, ...args],
    ],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(input));
  await writer.close();
  const { code, stdout, stderr } = await child.output();
  const decoder = new TextDecoder();
  return {
    code,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}

/** Octets, link type and time of each frame. */
function readBack(bytes: Uint8Array<ArrayBuffer>): [string, number, number][] {
  const reader = new Reader().open(bytes);
  const all: [string, number, number][] = [];
  while (reader.next()) {
    let hex = "";
    for (let at = reader.start; at < reader.end; at++) {
      hex += reader.view.getUint8(at).toString(16).padStart(2, "0");
    }
    all.push([hex, reader.linkType, reader.timestamp]);
  }
  assertEquals(reader.reason, undefined);
  return all;
}

for (const ending of ["pcap", "pcapng"]) {
  Deno.test(`craft.ts --write writes a ${ending} that reads back`, async () => {
    const folder = await Deno.makeTempDir();
    try {
      const path = `${folder}/out.${ending}`;
      const packets = [[IPV4, UDP, TEXT], [IPV6, UDP, TEXT]];
      const { code, stdout, stderr } = await run(
        ["-", "--write", path, "--hex"],
        JSON.stringify(packets),
      );
      assertEquals([code, stderr], [0, ""]);
      const lines = stdout.trim().split("\n");
      const bytes = await Deno.readFile(path);
      const found = readBack(bytes);
      assertEquals(found.map(([hex]) => hex), lines);
      assertEquals(found.map(([, type]) => type), [101, 101]);
      assertEquals(found.map(([, , time]) => time), [0, 1000]);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

Deno.test("craft.ts prints hex and refuses names and mixtures with code 2", async () => {
  const both = JSON.stringify([[ETHERNET, IPV4], [IPV4]]);
  const { code, stdout } = await run(["-"], both);
  assertEquals([code, stdout.split("\n").map((line) => line.length)], [0, [
    68,
    40,
    0,
  ]]);
  for (
    const [args, message] of [
      [["-", "--write", "x.txt"], /must end in .pcap or .pcapng/],
      [["-", "--write", "x.pcap"], /one link type/],
      [["/nonexistent/x.json"], /no file/],
    ] as const
  ) {
    const { code, stdout, stderr } = await run(args, both);
    assertEquals([code, stdout], [2, ""], stderr);
    assertMatch(stderr, /^craft\.ts: [^\n]+\n$/);
    assertMatch(stderr, message);
  }
});
