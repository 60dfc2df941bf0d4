import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import * as igmp from "./igmp.ts";
import * as group from "./_group.ts";
import { Address } from "./ipv4.ts";
import { octets } from "./_oracle_test_util.ts";
import { exactly, octetsOf, readAll, word } from "./_property_test_util.ts";

const { RecordType } = igmp;

// Frames 1 and 2 of tcpdump-IGMP_V1.pcap, 1 and 5 of tcpdump-IGMP_V2.pcap, 2 of
// tcpdump-igmpv3-queries.pcap and 44 of tcpdump-eapon1.pcap.
const V1_QUERY = "1100eeff00000000";
const V1_REPORT = "12000d03e00000fc";
const V2_QUERY = "1164ee9b00000000";
const V2_LEAVE = "170006fbe1010103";
const V3_QUERY = "11feeb8400000000027d0000";
const V3_REPORT = "2200ea030000000104000000effffffa";

function message(hex: string): igmp.View {
  return new igmp.View(exactly(octets(hex)));
}

for (
  const [what, hex, version, time, group] of [
    ["a query of version 1", V1_QUERY, 1, 100, "0.0.0.0"],
    ["a report of version 1", V1_REPORT, 1, 100, "224.0.0.252"],
    ["a query of version 2", V2_QUERY, 2, 100, "0.0.0.0"],
    ["a leave of version 2", V2_LEAVE, 2, 0, "225.1.1.3"],
    ["a query of version 3", V3_QUERY, 3, 30 << 10, "0.0.0.0"],
  ] as const
) {
  Deno.test(`View reads ${what} of another sender`, () => {
    const view = message(hex);
    assertEquals(view.check(), undefined);
    assert(view.verify());
    assertEquals(view.version, version);
    assertEquals(view.maximumResponseTime, time);
    assertEquals(view.group, Address.parse(group).value);
    for (let at = 0; at < view.end; at++) {
      const octet = view.view.getUint8(at);
      view.view.setUint8(at, octet ^ 0x40);
      assertFalse(view.verify());
      view.view.setUint8(at, octet);
    }
    view.checksum = 1;
    view.fillChecksum();
    assertEquals(octetsOf(view.view), octets(hex));
  });
}

Deno.test("View reads a report of version 3 of another sender", () => {
  const view = message(V3_REPORT);
  assertEquals(view.check(), undefined);
  assert(view.verify());
  assertEquals([view.version, view.recordCount], [3, 1]);
  const records = new igmp.Records().over(view);
  assert(records.next());
  assertEquals(records.type, RecordType.CHANGE_TO_EXCLUDE);
  assertEquals(records.group, Address.parse("239.255.255.250").value);
  assertEquals([records.sourceCount, records.auxiliaryLength], [0, 0]);
  assertEquals([records.start, records.end], [8, 16]);
  assertFalse(records.next());
  assertEquals(records.reason, undefined);
});

Deno.test("View reads and writes each field of a query where RFC 9776 4.1 has it", () => {
  const view = message("00".repeat(20));
  view.type = igmp.MEMBERSHIP_QUERY;
  view.maximumResponseCode = 0x8f;
  view.checksum = 0xabcd;
  view.group = 0xefffff01 | 0;
  view.suppress = true;
  view.robustness = 5;
  view.queryIntervalCode = 0x91;
  view.sourceCount = 2;
  view.view.setInt32(12, 0x0a000001);
  view.view.setInt32(16, 0x0a000002);
  assertEquals(
    octetsOf(view.view),
    octets("118fabcdefffff010d9100020a0000010a000002"),
  );
  assertEquals(view.check(), undefined);
  assertEquals(readAll(view), {
    type: 0x11,
    maximumResponseCode: 0x8f,
    checksum: 0xabcd,
    group: 0xefffff01 | 0,
    recordCount: 0xff01,
    version: 3,
    maximumResponseTime: 248,
    suppress: true,
    robustness: 5,
    queryIntervalCode: 0x91,
    queryInterval: 272,
    sourceCount: 2,
    payloadStart: 12,
    payloadEnd: 20,
  });
  assertEquals([view.source(0), view.source(1)], [0x0a000001, 0x0a000002]);
  view.suppress = false;
  assertEquals([view.suppress, view.robustness], [false, 5]);
  view.type = igmp.V3_REPORT;
  view.recordCount = 0x0102;
  assertEquals(octetsOf(view.view).slice(4, 8), octets("efff0102"));
  assertEquals(view.payloadStart, 8);
});

for (
  const [why, hex, reason] of [
    ["is empty", "", "truncated"],
    ["has seven octets", "11000000000000", "truncated"],
    ["is a query of 9 octets", "1100000000000000" + "00", "length"],
    ["is a query of 11 octets", "1100000000000000" + "000000", "length"],
    ["is a query of 12 octets", "1100000000000000" + "00000000", undefined],
    ["lacks its source", "1100000000000000" + "00000001", "length"],
    ["has its source", "1100000000000000" + "00000001" + "01020304", undefined],
    ["claims 65535 sources", "1100000000000000" + "0000ffff", "length"],
    ["is a report with octets behind it", "1600000000000000" + "00", undefined],
    ["is of a type of its own", "ff00000000000000", undefined],
  ] as const
) {
  Deno.test(`igmp.View.check() finds ${reason ?? "nothing"} when the message ${why} (RFC 9776 7.1)`, () => {
    assertEquals(message(hex).check(), reason);
  });
}

Deno.test("A46 igmp.View takes a query whose maximum response code is 0", () => {
  const short = message(V1_QUERY);
  assertEquals([short.version, short.maximumResponseTime], [1, 100]);
  const long = message("11000000" + "e0000001" + "00000000");
  assertEquals([long.check(), long.version], [undefined, 3]);
  assertEquals([long.maximumResponseTime, long.queryInterval], [0, 0]);
});

for (
  const [code, value] of [
    [0, 0],
    [0x7f, 127],
    [0x80, 128],
    [0x81, 136],
    [0x8f, 248],
    [0x90, 256],
    [0xfe, 30720],
    [0xff, 31744],
  ] as const
) {
  Deno.test(`Code ${code} of RFC 9776 4.1.1 means ${value}`, () => {
    assertEquals(group.decodeOctet(code), value);
    assertEquals(group.encodeOctet(value), code);
  });
}

for (
  const [code, value] of [
    [0x7fff, 32767],
    [0x8000, 32768],
    [0x8001, 32776],
    [0x8fff, 65528],
    [0x9000, 65536],
    [0xffff, 8387584],
  ] as const
) {
  Deno.test(`Code ${code} of RFC 9777 5.1.3 means ${value}`, () => {
    assertEquals(group.decodeWord(code), value);
    assertEquals(group.encodeWord(value), code);
  });
}

Deno.test("Codes mean more and more, and say as much of a number as they can", () => {
  for (
    const [codes, decode, encode] of [
      [0x100, group.decodeOctet, group.encodeOctet],
      [0x10000, group.decodeWord, group.encodeWord],
    ] as const
  ) {
    for (let code = 0; code < codes; code++) {
      const value = decode(code);
      assertEquals(encode(value), code);
      if (code === 0) continue;
      assert(decode(code - 1) < value);
      assertEquals(encode(value - 1), code - 1);
    }
    assertEquals(encode(0x7fff_ffff), codes - 1);
    assertEquals(encode(-1), 0);
  }
});

/** Types and source counts of the records in `hex`, and the reason. */
function walk(
  count: number,
  hex: string,
): [[number, number[]][], string | undefined] {
  const view = exactly(octets(hex));
  const records = new igmp.Records().wrap(view, 0, view.byteLength, count);
  const found: [number, number[]][] = [];
  while (records.next()) {
    const sources = [];
    for (let i = 0; i < records.sourceCount; i++) {
      sources.push(records.source(i));
    }
    found.push([records.type, sources]);
  }
  assertFalse(records.next());
  return [found, records.reason];
}

const ONE = "01000000e1010101";
const TWO = "0200000200000000" + "0000000100000002";
const AUXILIARY = "03010000e1010101" + "ffffffff";

for (
  const [why, count, hex, found, reason] of [
    ["nothing", 0, "", [], undefined],
    ["two records", 2, ONE + TWO, [[1, []], [2, [1, 2]]], undefined],
    ["auxiliary data", 2, AUXILIARY + ONE, [[3, []], [1, []]], undefined],
    ["less than it claims", 2, ONE, [[1, []]], "length"],
    ["more than it claims", 1, ONE + ONE, [[1, []]], undefined],
    ["a record of seven octets", 1, ONE.slice(2), [], "length"],
    ["a source that is cut", 1, TWO.slice(2), [], "length"],
    ["auxiliary data that is cut", 1, AUXILIARY.slice(0, -2), [], "length"],
    ["65535 records of nothing", 65535, "", [], "length"],
  ] as const
) {
  Deno.test(`igmp.Records finds ${reason ?? "nothing wrong"} in ${why}`, () => {
    const expected = found.map(([type, sources]) => [type, [...sources]]);
    assertEquals(walk(count, hex) as unknown, [expected, reason]);
  });
}

Deno.test("nameOf() and nameOfRecord() keep what is not assigned", () => {
  assertEquals(igmp.nameOf(igmp.V3_REPORT), "v3 membership report");
  assertEquals(igmp.nameOf(0x23), "type 35");
  assertEquals(igmp.nameOfRecord(6), "block old sources");
  assertEquals(igmp.nameOfRecord(7), "record 7");
});

Deno.test("Repr.maximumResponseTime rounds down to what each version can say", () => {
  const repr = new igmp.Repr();
  repr.maximumResponseTime = 100;
  assertEquals([repr.maximumResponseCode, repr.maximumResponseTime], [
    100,
    100,
  ]);
  repr.version = 3;
  repr.maximumResponseTime = 250;
  assertEquals([repr.maximumResponseCode, repr.maximumResponseTime], [
    0x8f,
    248,
  ]);
  repr.version = 2;
  repr.maximumResponseTime = 1000;
  assertEquals(repr.maximumResponseTime, 255);
  repr.version = 1;
  repr.maximumResponseTime = 50;
  assertEquals([repr.maximumResponseCode, repr.maximumResponseTime], [0, 100]);
});

Deno.test("Repr.emit() writes the octets that Repr.parse() read", () => {
  for (
    const hex of [V1_QUERY, V1_REPORT, V2_QUERY, V2_LEAVE, V3_QUERY, V3_REPORT]
  ) {
    const view = exactly(octets(hex));
    const packet = new igmp.Packet();
    assertEquals(packet.parse(view, 0, view.byteLength), undefined);
    const copy = exactly(octets(hex).fill(0, 0, packet.payloadStart));
    assertEquals(packet.payloadEnd, copy.byteLength);
    packet.repr.emit(copy, 0);
    new igmp.View(copy).fillChecksum();
    assertEquals(octetsOf(copy), octets(hex));
  }
});

/** Any message that {@linkcode igmp.Repr} can say, without payload. */
const repr = fc.record({
  type: fc.oneof(
    fc.constant(0x11),
    fc.constantFrom(0x12, 0x16, 0x17, 0x22),
    fc.nat(255),
  ),
  version: fc.integer({ min: 1, max: 3 }),
  maximumResponseCode: fc.nat(255),
  group: word,
  suppress: fc.boolean(),
  robustness: fc.nat(7),
  queryIntervalCode: fc.nat(255),
  count: fc.nat(20),
}).map((fields) => {
  const repr = Object.assign(new igmp.Repr(), fields);
  const query = repr.type === igmp.MEMBERSHIP_QUERY;
  const long = query && repr.version === 3;
  if (repr.type === igmp.V3_REPORT) repr.group = 0;
  else if (!long) repr.count = 0;
  if (query && repr.version === 1) repr.maximumResponseCode = 0;
  if (query && repr.version === 2) repr.maximumResponseCode ||= 1;
  if (!query) repr.version = new igmp.View(exactly([repr.type])).version;
  if (!long) {
    repr.suppress = false;
    repr.robustness = repr.queryIntervalCode = 0;
  }
  repr.payloadLength = long ? 4 * repr.count : 0;
  return repr;
});

Deno.test("Repr.parse() of what Repr.emit() wrote is the same", () => {
  const property = fc.property(repr, fc.nat(20), (repr, at) => {
    const view = exactly(new Uint8Array(at + repr.bufferLength).fill(0xa5));
    repr.emit(view, at);
    const packet = new igmp.Packet();
    assertEquals(packet.parse(view, at, view.byteLength), undefined);
    assertEquals(packet.repr, repr);
    packet.fillChecksum();
    assert(packet.view.verify());
  });
  fc.assert(property, { numRuns: 1000 });
});

Deno.test("Record.parse() of what Record.emit() wrote is the same", () => {
  const record = fc.record({
    type: fc.nat(255),
    group: word,
    sourceCount: fc.nat(20),
    auxiliaryLength: fc.nat(255).map((words) => 4 * words),
  }).map((fields) => Object.assign(new igmp.Record(), fields));
  fc.assert(fc.property(fc.array(record, { maxLength: 5 }), (all) => {
    const length = all.reduce((sum, one) => sum + one.bufferLength, 0);
    const view = exactly(new Uint8Array(length));
    let at = 0;
    for (const one of all) {
      one.emit(view, at);
      at += one.bufferLength;
    }
    const records = new igmp.Records().wrap(view, 0, length, all.length);
    const copy = new igmp.Record();
    for (const one of all) {
      assert(records.next());
      copy.parse(records);
      assertEquals(copy, one);
    }
    assertFalse(records.next());
    assertEquals([records.end, records.reason], [length, undefined]);
  }));
});

Deno.test("igmp.View and igmp.Records read nothing outside any octets and end", () => {
  const type = fc.oneof(fc.nat(255), fc.constantFrom(0x11, 0x22));
  const small = fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 2));
  fc.assert(
    fc.property(type, fc.array(small, { maxLength: 80 }), (type, rest) => {
      const view = new igmp.View(exactly([type, ...rest]));
      const reason = view.check();
      assertEquals(
        new igmp.Packet().parse(view.view, 0, view.end),
        reason,
      );
      if (reason !== undefined) return;
      view.verify();
      assert(view.maximumResponseTime >= 0 && view.group <= 0x7fff_ffff);
      if (type === igmp.MEMBERSHIP_QUERY && view.version === 3) {
        readAll(view);
        for (let i = 0; i < view.sourceCount; i++) view.source(i);
      }
      if (type !== igmp.V3_REPORT) return;
      const records = new igmp.Records().over(view);
      let steps = 0;
      while (records.next()) {
        assert(++steps <= rest.length / 8);
        assert(records.end <= view.end);
        for (let i = 0; i < records.sourceCount; i++) records.source(i);
      }
    }),
  );
});
