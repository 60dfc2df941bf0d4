import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import * as ipv6 from "./ipv6.ts";
import * as mld from "./mld.ts";
import { octets } from "./_oracle_test_util.ts";
import { exactly, octetsOf, word } from "./_property_test_util.ts";

const { RecordType } = mld;

// Frame 3 of tcpdump-icmpv6.pcap: a general query of version 2.
const QUERY = "8200623a27100000" + "00".repeat(16) + "023c0000";

// Frames 1 and 4 of zeek-icmp-icmp6-mldv2.pcap.
const REPORT = "8f00bd8c00000004" +
  "01000002" + "ff0200000000000000000000480e413c" +
  "fe800000000000000000f16d08916486" + "fe800000000000000000794d737e8532" +
  "02000001" + "ff0200000000000000000000e78533ce" +
  "fe800000000000000000f16d08916486" +
  "03000000" + "ff02000000000000000000003c05cd57" +
  "04000001" + "ff0200000000000000000000a8c95e9c" +
  "fe800000000000000000794d737e8532";
const AUXILIARY = "8f005c0600000001" +
  "02020001" + "ff0200000000000000000000d4a40fca" +
  "fe800000000000000000f16d08916486" + "0102030405060708";

function message(hex: string): mld.View {
  return new mld.View(exactly(octets(hex)));
}

function text(view: DataView, at: number): string {
  return `${ipv6.Address.read(view, at)}`;
}

Deno.test("View reads a query of another sender (RFC 9777 5.1)", () => {
  const view = message(QUERY);
  assertEquals(view.check(), undefined);
  assertEquals([view.version, view.maximumResponseDelay], [2, 10000]);
  assertEquals(text(view.view, view.addressStart), "::");
  assertEquals([view.suppress, view.robustness], [false, 2]);
  assertEquals([view.queryInterval, view.sourceCount], [60, 0]);
  assertEquals([view.payloadStart, view.payloadEnd], [28, 28]);
});

Deno.test("View reads a report of another sender (RFC 9777 5.2)", () => {
  const view = message(REPORT);
  assertEquals(view.check(), undefined);
  assertEquals([view.version, view.recordCount], [2, 4]);
  const records = new mld.Records().over(view);
  const found = [];
  const words = new Int32Array(4);
  while (records.next()) {
    const sources = [];
    for (let i = 0; i < records.sourceCount; i++) {
      records.copySource(i, words);
      sources.push(`${ipv6.Address.from(words)}`);
    }
    records.copyAddress(words);
    assertEquals(
      `${ipv6.Address.from(words)}`,
      text(view.view, records.addressStart),
    );
    found.push([records.type, `${ipv6.Address.from(words)}`, sources]);
  }
  const first = "fe80::f16d:891:6486";
  const second = "fe80::794d:737e:8532";
  assertEquals(found, [
    [RecordType.MODE_IS_INCLUDE, "ff02::480e:413c", [first, second]],
    [RecordType.MODE_IS_EXCLUDE, "ff02::e785:33ce", [first]],
    [RecordType.CHANGE_TO_INCLUDE, "ff02::3c05:cd57", []],
    [RecordType.CHANGE_TO_EXCLUDE, "ff02::a8c9:5e9c", [second]],
  ]);
  assertEquals([records.end, records.reason], [view.end, undefined]);
});

Deno.test("Records steps over auxiliary data (RFC 9777 5.2.11)", () => {
  const records = new mld.Records().over(message(AUXILIARY));
  assert(records.next());
  assertEquals([records.sourceCount, records.auxiliaryLength], [1, 8]);
  assertEquals([records.start, records.end], [8, 52]);
  assertFalse(records.next());
  assertEquals(records.reason, undefined);
});

Deno.test("View reads and writes each field of a query where RFC 9777 5.1 has it", () => {
  const view = message("82" + "00".repeat(43));
  view.maximumResponseCode = 0x8001;
  view.suppress = true;
  view.robustness = 5;
  view.queryIntervalCode = 0x91;
  view.sourceCount = 1;
  view.view.setInt32(8, 0xff020000);
  view.view.setInt32(20, 0xfb);
  view.view.setInt32(40, 7);
  assertEquals(
    octetsOf(view.view),
    octets(
      "8200000080010000" + "ff0200000000000000000000000000fb" + "0d910001" +
        "00000000000000000000000000000007",
    ),
  );
  assertEquals(view.check(), undefined);
  assertEquals([view.maximumResponseCode, view.maximumResponseDelay], [
    0x8001,
    32776,
  ]);
  assertEquals([view.suppress, view.robustness], [true, 5]);
  assertEquals([view.queryIntervalCode, view.queryInterval], [0x91, 272]);
  const words = new Int32Array(8);
  view.copyAddress(words);
  view.copySource(0, words, 4);
  assertEquals(`${ipv6.Address.from(words)}`, "ff02::fb");
  assertEquals(`${ipv6.Address.from(words, 4)}`, "::7");
  view.suppress = false;
  assertEquals([view.suppress, view.robustness], [false, 5]);
  view.type = mld.MULTICAST_LISTENER_REPORT_V2;
  view.recordCount = 0x0102;
  assertEquals([view.recordCount, view.payloadStart], [0x0102, 8]);
  assertEquals(view.view.getUint16(6), 0x0102);
});

for (
  const [why, hex, reason, version] of [
    ["is empty", "", "truncated", 1],
    ["is a query of 23 octets", "82" + "00".repeat(22), "truncated", 1],
    ["is a query of 24 octets", "82" + "00".repeat(23), undefined, 1],
    ["is a query of 25 octets", "82" + "00".repeat(24), "length", 2],
    ["is a query of 27 octets", "82" + "00".repeat(26), "length", 2],
    ["is a query of 28 octets", "82" + "00".repeat(27), undefined, 2],
    ["lacks its source", "82" + "00".repeat(26) + "01", "length", 2],
    ["claims 65535 sources", "82" + "00".repeat(25) + "ffff", "length", 2],
    ["is a short report", "83" + "00".repeat(22), "truncated", 1],
    ["is a report", "83" + "00".repeat(23), undefined, 1],
    ["is a longer report", "83" + "00".repeat(30), undefined, 1],
    ["says that it is done", "84" + "00".repeat(23), undefined, 1],
    ["is a report of version 2", "8f" + "00".repeat(7), undefined, 2],
    ["is a short one of version 2", "8f" + "00".repeat(6), "truncated", 2],
    ["is an echo", "80" + "00".repeat(30), "unsupported", 1],
  ] as const
) {
  Deno.test(`mld.View.check() finds ${reason ?? "nothing"} when the message ${why}`, () => {
    const view = message(hex);
    assertEquals(view.check(), reason);
    if (hex !== "") assertEquals(view.version, version);
    const packet = new mld.Packet();
    assertEquals(packet.parse(view.view, 0, view.end), reason);
  });
}

Deno.test("A46 mld.View takes a query whose maximum response code is 0", () => {
  for (const octets of [23, 27]) {
    const view = message("82" + "00".repeat(octets));
    assertEquals(view.check(), undefined);
    assertEquals(view.maximumResponseDelay, 0);
  }
});

Deno.test("View does not decode the maximum response delay of version 1 (RFC 2710 3.4)", () => {
  const hex = "82000000ffff0000" + "00".repeat(16);
  assertEquals(message(hex).maximumResponseDelay, 65535);
  assertEquals(message(hex + "00000000").maximumResponseDelay, 8387584);
});

const ONE = "01000000" + "00".repeat(16);
const TWO = "02000001" + "00".repeat(32);

for (
  const [why, count, hex, types, reason] of [
    ["nothing", 0, "", [], undefined],
    ["two records", 2, ONE + TWO, [1, 2], undefined],
    ["less than it claims", 2, ONE, [1], "length"],
    ["more than it claims", 1, ONE + ONE, [1], undefined],
    ["a record of 19 octets", 1, ONE.slice(2), [], "length"],
    ["a source that is cut", 1, TWO.slice(0, -2), [], "length"],
    ["auxiliary data that is cut", 1, "0101" + ONE.slice(4), [], "length"],
    ["65535 records of nothing", 65535, "", [], "length"],
  ] as const
) {
  Deno.test(`mld.Records finds ${reason ?? "nothing wrong"} in ${why}`, () => {
    const view = exactly(octets(hex));
    const records = new mld.Records().wrap(view, 0, view.byteLength, count);
    const found = [];
    while (records.next()) found.push(records.type);
    assertFalse(records.next());
    assertEquals([found, records.reason], [[...types], reason]);
  });
}

Deno.test("Repr.maximumResponseDelay rounds down to what each version can say", () => {
  const repr = new mld.Repr();
  repr.maximumResponseDelay = 70000;
  assertEquals(repr.maximumResponseDelay, 65535);
  repr.version = 2;
  repr.maximumResponseDelay = 40001;
  assertEquals(repr.maximumResponseDelay, 40000);
  repr.queryInterval = 125;
  assertEquals(repr.queryInterval, 125);
  repr.queryInterval = 130;
  assertEquals([repr.queryIntervalCode, repr.queryInterval], [0x80, 128]);
});

Deno.test("Repr.emit() writes the octets that Repr.parse() read", () => {
  for (
    const hex of [
      QUERY,
      REPORT,
      AUXILIARY,
      "83000000" + "00000000" + "ff0200000000000000000000000000fb",
      "840000007fff0000" + "ff0200000000000000000000000000fb",
    ]
  ) {
    const view = exactly(octets(hex));
    const packet = new mld.Packet();
    assertEquals(packet.parse(view, 0, view.byteLength), undefined);
    const copy = exactly(octets(hex).fill(0, 0, packet.payloadStart));
    assertEquals(packet.payloadEnd, copy.byteLength);
    packet.repr.emit(copy, 0);
    new mld.View(copy).checksum = packet.view.checksum;
    assertEquals(octetsOf(copy), octets(hex));
  }
});

const words = fc.tuple(word, word, word, word);

/** Any message that {@linkcode mld.Repr} can say. */
const repr = fc.record({
  type: fc.constantFrom(130, 131, 132, 143),
  version: fc.integer({ min: 1, max: 2 }),
  code: fc.nat(255),
  maximumResponseCode: fc.nat(0xffff),
  suppress: fc.boolean(),
  robustness: fc.nat(7),
  queryIntervalCode: fc.nat(255),
  count: fc.nat(20),
  address: words,
}).map(({ address, ...fields }) => {
  const repr = Object.assign(new mld.Repr(), fields);
  const query = repr.type === mld.MULTICAST_LISTENER_QUERY;
  const report = repr.type === mld.MULTICAST_LISTENER_REPORT_V2;
  if (!query) repr.version = report ? 2 : 1;
  if (report) repr.maximumResponseCode = 0;
  else repr.address.set(address);
  const long = query && repr.version === 2;
  if (!long) {
    repr.suppress = false;
    repr.robustness = repr.queryIntervalCode = 0;
    if (!report) repr.count = 0;
  }
  repr.payloadLength = long ? 16 * repr.count : 0;
  return repr;
});

Deno.test("Repr.parse() of what Repr.emit() wrote is the same", () => {
  const property = fc.property(repr, fc.nat(20), (repr, at) => {
    const view = exactly(new Uint8Array(at + repr.bufferLength).fill(0xa5));
    repr.emit(view, at);
    const packet = new mld.Packet();
    assertEquals(packet.parse(view, at, view.byteLength), undefined);
    assertEquals(packet.repr, repr);
    packet.fillChecksum(0x1234);
    assert(packet.view.verify(0x1234));
  });
  fc.assert(property, { numRuns: 1000 });
});

Deno.test("Record.parse() of what Record.emit() wrote is the same", () => {
  const record = fc.record({
    type: fc.nat(255),
    sourceCount: fc.nat(8),
    auxiliaryLength: fc.nat(255).map((words) => 4 * words),
    address: words,
  }).map(({ address, ...fields }) => {
    const one = Object.assign(new mld.Record(), fields);
    one.address.set(address);
    return one;
  });
  fc.assert(fc.property(fc.array(record, { maxLength: 5 }), (all) => {
    const length = all.reduce((sum, one) => sum + one.bufferLength, 0);
    const view = exactly(new Uint8Array(length));
    let at = 0;
    for (const one of all) {
      one.emit(view, at);
      at += one.bufferLength;
    }
    const records = new mld.Records().wrap(view, 0, length, all.length);
    const copy = new mld.Record();
    for (const one of all) {
      assert(records.next());
      copy.parse(records);
      assertEquals(copy, one);
    }
    assertFalse(records.next());
    assertEquals([records.end, records.reason], [length, undefined]);
  }));
});

Deno.test("mld.View and mld.Records read nothing outside any octets and end", () => {
  const type = fc.constantFrom(130, 131, 132, 133, 143);
  const small = fc.oneof(fc.nat(255), fc.constantFrom(0, 0, 1, 2));
  fc.assert(
    fc.property(type, fc.array(small, { maxLength: 160 }), (type, rest) => {
      const view = new mld.View(exactly([type, ...rest]));
      const packet = new mld.Packet();
      const reason = view.check();
      assertEquals(packet.parse(view.view, 0, view.end), reason);
      if (reason !== undefined) return;
      view.verify(0x1234);
      assert(view.maximumResponseDelay >= 0 && view.recordCount >= 0);
      assert(view.payloadStart <= view.payloadEnd);
      const words = new Int32Array(4);
      if (view.type !== mld.MULTICAST_LISTENER_REPORT_V2) {
        view.copyAddress(words);
      }
      if (type === mld.MULTICAST_LISTENER_QUERY && view.version === 2) {
        assert(view.queryInterval >= 0 && view.robustness < 8);
        for (let i = 0; i < view.sourceCount; i++) view.copySource(i, words);
      }
      if (view.type !== mld.MULTICAST_LISTENER_REPORT_V2) return;
      const records = new mld.Records().over(view);
      let steps = 0;
      while (records.next()) {
        assert(++steps <= rest.length / 20);
        assert(records.end <= view.end);
        records.copyAddress(words);
        for (let i = 0; i < records.sourceCount; i++) {
          records.copySource(i, words);
        }
      }
    }),
    { numRuns: 1000 },
  );
});
