import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import { combine, Kernel } from "./checksum.ts";
import * as ipv4 from "./ipv4.ts";
import * as ipv6 from "./ipv6.ts";
import * as tcp from "./tcp.ts";
import { conformanceTest, octets, vectors } from "./_oracle_test_util.ts";
import { exactly, octetsOf, readAll, word } from "./_property_test_util.ts";

// SYN,ACK with a maximum segment size, and three octets behind it.
const SEGMENT = "0050c00012345678fedcba98" + "6012" + "faf0" + "beef" + "0007" +
  "020405b4" + "616263";

Deno.test("View reads and writes each field where RFC 9293 has it", () => {
  const segment = new tcp.View(exactly(octets(SEGMENT)));
  assertEquals(segment.check(), undefined);
  assertEquals(readAll(segment), {
    sourcePort: 80,
    destinationPort: 49152,
    sequence: 0x12345678,
    acknowledgment: 0xfedcba98 | 0,
    headerLength: 24,
    flags: tcp.SYN | tcp.ACK,
    fin: false,
    syn: true,
    rst: false,
    psh: false,
    ack: true,
    urg: false,
    window: 0xfaf0,
    checksum: 0xbeef,
    urgentPointer: 7,
    optionsStart: 20,
    optionsEnd: 24,
    payloadStart: 24,
    payloadEnd: 27,
    sequenceLength: 4,
  });
  const copy = new tcp.View(exactly(new Uint8Array(20)));
  copy.sourcePort = 80;
  copy.destinationPort = 49152;
  copy.sequence = 0x12345678;
  copy.acknowledgment = 0xfedcba98;
  copy.flags = tcp.SYN | tcp.ACK;
  copy.headerLength = 24;
  copy.window = 0xfaf0;
  copy.checksum = 0xbeef;
  copy.urgentPointer = 7;
  assertEquals(octetsOf(copy.view), octets(SEGMENT).slice(0, 20));
  copy.flags = 0xfff;
  assertEquals(copy.headerLength, 24);
  copy.headerLength = 60;
  assertEquals(copy.flags, 0xfff);
});

for (
  const [why, octet, length, reason] of [
    ["has nineteen octets", 0x50, 19, "truncated"],
    ["is empty", 0x50, 0, "truncated"],
    ["has an offset of 0", 0x00, 40, "header"],
    ["has an offset of 4", 0x40, 40, "header"],
    ["has an offset of 5", 0x50, 20, undefined],
    ["has an offset of 6 and 20 octets", 0x60, 20, "header"],
    ["has an offset of 15 and 59 octets", 0xf0, 59, "header"],
    ["has an offset of 15 and 60 octets", 0xf0, 60, undefined],
  ] as const
) {
  Deno.test(`A4 tcp.View.check() finds ${reason ?? "nothing"} when the segment ${why}`, () => {
    const view = exactly(new Uint8Array(length));
    if (length > 12) view.setUint8(12, octet);
    assertEquals(new tcp.View(view).check(), reason);
    assertEquals(new tcp.Packet().parse(view, 0, length), reason);
  });
}

/** A header with options as hexadecimal text, and what parsing it found. */
function parse(hex: string): [tcp.Packet, string | undefined] {
  const options = octets(hex);
  const view = exactly([...octets(SEGMENT).slice(0, 20), ...options]);
  view.setUint8(12, (20 + options.length) << 2);
  const packet = new tcp.Packet();
  return [packet, packet.parse(view, 0, view.byteLength)];
}

/** The kinds of a walk over the same options, and its reason. */
function walk(segment: tcp.View): [number[], string | undefined] {
  const walk = new tcp.Walk().over(segment);
  const kinds: number[] = [];
  let end = segment.optionsStart;
  while (walk.next()) {
    assertEquals(walk.start, end);
    end = walk.end;
    kinds.push(walk.kind);
    readAll(walk);
  }
  return [kinds, walk.reason];
}

for (
  const [why, hex, kinds, reason] of [
    ["are none", "", [], undefined],
    ["are the end alone", "00000000", [0], undefined],
    ["hold rubbish behind the end", "0002ffff", [0], undefined],
    ["are 40 no-operations", "01".repeat(40), Array(40).fill(1), undefined],
    ["have a length of 0", "01020000", [1], "option"],
    ["have a length of 1", "01020100", [1], "option"],
    ["reach beyond the header", "0101080a", [1, 1], "option"],
    ["claim 255 octets", "feff0000", [], "option"],
    ["end behind a kind", "01010102", [1, 1, 1], "option"],
    ["end with their last octet", "01010402", [1, 1, 4], undefined],
    ["are of an unknown kind", "fe040102", [254], undefined],
    ["are 20 unknown kinds", "fe02".repeat(20), Array(20).fill(254), undefined],
  ] as const
) {
  Deno.test(`A5 Options.parse() and Walk find ${reason ?? "nothing"} when the options ${why}`, () => {
    const [packet, found] = parse(hex);
    assertEquals(found, reason);
    assertEquals(walk(packet.view), [[...kinds], reason]);
  });
}

Deno.test("A5 Options.parse() takes the first of two (RFC 9293 MUST-7)", () => {
  const [packet, reason] = parse(
    "020405b4" + "02040001" + "030307" + "03030e" + "0402" + "0402" +
      "080a0000000100000002" + "01010101",
  );
  assertEquals(reason, undefined);
  const { options } = packet.repr;
  assertEquals(options.mss, 1460);
  assertEquals(options.windowScale, 7);
  assertEquals(options.sackPermitted, true);
  assertEquals([options.timestampValue, options.timestampEcho], [1, 2]);
  assertEquals(options.unknownCount, 0);
  const [again] = parse(
    "080a0000000100000002" + "080a0000000300000004" + "1c040005" + "1c040006" +
      "2206aabbccdd" + "01010101",
  );
  assertEquals(again.repr.options.timestampValue, 1);
  assertEquals(again.repr.options.userTimeout, 5);
  assertEquals(again.repr.options.fastOpenLength, 4);
});

for (
  const [why, hex] of [
    ["maximum segment size", "0203ff" + "01"],
    ["window scale", "03040700"],
    ["SACK permitted", "04030001"],
    ["timestamps", "08090000000000000001" + "0101"],
    ["user time-out", "1c03ff" + "01"],
    ["fast open", "2203ff" + "01"],
    ["MD5 signature", "1303ff" + "01"],
  ] as const
) {
  Deno.test(`A5 Options keeps a ${why} option of another length whole`, () => {
    const [packet, reason] = parse(hex);
    assertEquals(reason, undefined);
    const { options } = packet.repr;
    assertEquals(options.unknownCount, 1);
    assertEquals(
      [options.mss, options.windowScale, options.sackPermitted],
      [0, -1, false],
    );
    assertEquals(
      [options.timestamps, options.userTimeout, options.fastOpenLength],
      [false, -1, -1],
    );
    const length = parseInt(hex.slice(2, 4), 16);
    const out = exactly(new Uint8Array(options.bufferLength));
    options.emit(out, 0);
    assertEquals(
      octetsOf(out).slice(0, length),
      octets(hex).slice(0, length),
    );
  });
}

for (
  const [why, hex, blocks] of [
    ["no block", "0502" + "0101", undefined],
    ["seven octets", "0509" + "00".repeat(7) + "010101", undefined],
    ["nine octets", "050b" + "00".repeat(9) + "01", undefined],
    ["one block", "050a" + "00000001" + "00000002" + "0101", [1, 2]],
    ["reversed edges", "050a" + "00000002" + "00000001" + "0101", [2, 1]],
    [
      "edges around 2^32",
      "0512" + "fffffff0" + "00000010" + "7fffffff" + "80000001" + "0101",
      [-16, 16, 0x7fffffff, 0x80000001 | 0],
    ],
    [
      "four blocks",
      "0522" + "0000000100000002".repeat(4) + "0101",
      [1, 2, 1, 2, 1, 2, 1, 2],
    ],
  ] as const
) {
  Deno.test(`A6 Options.parse() takes a SACK option with ${why} as it is`, () => {
    const [packet, reason] = parse(hex);
    assertEquals(reason, undefined);
    const { options } = packet.repr;
    const found = [...options.sack.subarray(0, 2 * options.sackCount)];
    assertEquals(found, [...blocks ?? []]);
    assertEquals(options.unknownCount, blocks === undefined ? 1 : 0);
  });
}

Deno.test("A6 Options.parse() refuses five SACK blocks, which have no room", () => {
  const [, reason] = parse("052a" + "00".repeat(38));
  assertEquals(reason, "option");
  const view = exactly(octets("052a" + "00".repeat(40)));
  const options = new tcp.Options();
  assertEquals(options.read(view, 0, view.byteLength), "option");
  assertEquals(options.sackCount, 0);
});

for (
  const [shift, expected] of [[0, 0], [7, 7], [14, 14], [15, 14], [255, 14]]
) {
  Deno.test(`A78 Options.parse() takes a window shift of ${shift} for ${expected} (RFC 7323 2.3)`, () => {
    const [packet] = parse(`0303${shift!.toString(16).padStart(2, "0")}01`);
    assertEquals(packet.repr.options.windowScale, expected);
  });
}

for (const mss of [0, 1, 536, 65535]) {
  Deno.test(`A80 Options.parse() reads a maximum segment size of ${mss}, 0 being none`, () => {
    const [packet, reason] = parse(`0204${mss.toString(16).padStart(4, "0")}`);
    assertEquals(reason, undefined);
    assertEquals(packet.repr.options.mss, mss);
    assertEquals(packet.repr.options.unknownCount, 0);
    assertEquals(packet.repr.options.bufferLength, mss === 0 ? 0 : 4);
  });
}

for (
  const [flags, name] of [
    [0, "none"],
    [tcp.SYN, "S"],
    [tcp.SYN | tcp.ACK, "S."],
    [tcp.SYN | tcp.FIN, "FS"],
    [tcp.SYN | tcp.RST, "SR"],
    [tcp.FIN | tcp.PSH | tcp.URG, "FPU"],
    [0xfff, "FSRPUEWe."],
  ] as const
) {
  Deno.test(`A49 tcp.Packet.parse() reads the flags ${name} without judging them`, () => {
    const view = exactly(octets(SEGMENT));
    view.setUint16(12, 0x6000 | flags);
    const packet = new tcp.Packet();
    assertEquals(packet.parse(view, 0, view.byteLength), undefined);
    assertEquals(packet.repr.flags, flags);
    assertEquals(tcp.nameOfFlags(flags), name);
    const syn = flags & tcp.SYN ? 1 : 0;
    const fin = flags & tcp.FIN ? 1 : 0;
    assertEquals(packet.view.sequenceLength, 3 + syn + fin);
  });
}

// The options of RFC 2385 section 3, RFC 5925 section 2.2, RFC 8684 section 3.
const MD5 = "1312" + "000102030405060708090a0b0c0d0e0f";
const AO = "1d10" + "3d54" + "2ee437c6f8ede3e23a51bb9d";
const MULTIPATH = "1e0c" + "0081" + "ab2e1db50fc4d1d8";

Deno.test("Walk and Options keep MD5, authentication and multipath whole", () => {
  for (
    const [hex, kind, facts] of [
      [MD5, tcp.MD5_SIGNATURE, [22, -1, -1, -1]],
      [AO, tcp.AUTHENTICATION, [-1, 0x3d, 0x54, -1]],
      [MULTIPATH, tcp.MULTIPATH, [-1, -1, -1, tcp.MultipathSubtype.CAPABLE]],
      ["1e0c" + "2005" + "00".repeat(8), tcp.MULTIPATH, [-1, -1, -1, 2]],
      ["1e02", tcp.MULTIPATH, [-1, -1, -1, -1]],
      ["1d03ff", tcp.AUTHENTICATION, [-1, -1, -1, -1]],
      ["1304ffff", tcp.MD5_SIGNATURE, [-1, -1, -1, -1]],
    ] as const
  ) {
    const pad = "01".repeat(3 - (hex.length / 2 + 3) % 4);
    const [packet, reason] = parse(hex + pad);
    assertEquals(reason, undefined);
    const walk = new tcp.Walk().over(packet.view);
    assert(walk.next());
    assertEquals(walk.kind, kind);
    assertEquals(walk.length, hex.length / 2);
    assertEquals(walk.dataStart, 22);
    assertEquals(
      [walk.digestStart, walk.keyId, walk.nextKeyId, walk.subtype],
      [...facts],
    );
    const { options } = packet.repr;
    assertEquals(options.indexOfUnknown(kind), 0);
    assertEquals(options.indexOfUnknown(kind + 1), -1);
    const out = exactly(new Uint8Array(packet.repr.bufferLength));
    packet.repr.emit(out, 0);
    assertEquals(octetsOf(out).slice(20), octets(hex + pad));
  }
});

Deno.test("Options.unknownStart() finds the octets of each option kept whole", () => {
  const [packet] = parse(
    "fe03aa" + "fd05010203" + "fe02" + "ac04bbcc" + "0101",
  );
  const { options } = packet.repr;
  assertEquals(options.unknownCount, 4);
  assertEquals([...options.unknownKind.subarray(0, 4)], [254, 253, 254, 172]);
  assertEquals([0, 1, 2, 3].map((i) => options.unknownStart(i)), [0, 1, 4, 4]);
  const at = options.unknownStart(options.indexOfUnknown(tcp.ACCURATE_ECN_0));
  assertEquals([...options.unknownData.subarray(at, at + 2)], [0xbb, 0xcc]);
});

Deno.test("nameOfOption() names what is assigned and keeps the rest", () => {
  assertEquals(tcp.nameOfOption(tcp.MAXIMUM_SEGMENT_SIZE), "mss");
  assertEquals(tcp.nameOfOption(tcp.MULTIPATH), "mptcp");
  assertEquals(tcp.nameOfOption(77), "kind-77");
});

/** What a header may say so that its options fit into 40 octets. */
const repr: fc.Arbitrary<tcp.Repr> = fc.record({
  sourcePort: fc.nat(65535),
  destinationPort: fc.nat(65535),
  sequence: word,
  acknowledgment: word,
  flags: fc.nat(0xfff),
  window: fc.nat(65535),
  urgentPointer: fc.nat(65535),
  payloadLength: fc.nat(20),
  mss: fc.oneof(fc.constant(0), fc.nat(65535)),
  windowScale: fc.integer({ min: -1, max: 14 }),
  sackPermitted: fc.boolean(),
  timestamps: fc.option(fc.tuple(word, word)),
  sack: fc.array(fc.tuple(word, word), { maxLength: 4 }),
  userTimeout: fc.oneof(
    fc.integer({ min: -1, max: 0x7fff }),
    fc.integer({ min: 547, max: 0x7fff }).map((minutes) => minutes * 60),
  ),
  fastOpen: fc.option(fc.uint8Array({ minLength: 2, maxLength: 16 })),
  unknown: fc.array(
    fc.tuple(
      fc.constantFrom(19, 29, 30, 253, 254),
      fc.uint8Array({ maxLength: 8 }),
    ),
    { maxLength: 3 },
  ),
  // Which of them there are, so that most of the time few are.
  which: fc.nat(0x7f),
}).map((given) => {
  const repr = new tcp.Repr();
  repr.sourcePort = given.sourcePort;
  repr.destinationPort = given.destinationPort;
  repr.sequence = given.sequence;
  repr.acknowledgment = given.acknowledgment;
  repr.flags = given.flags;
  repr.window = given.window;
  repr.urgentPointer = given.urgentPointer;
  repr.payloadLength = given.payloadLength;
  const { options } = repr;
  const has = (bit: number) => (given.which >> bit & 1) !== 0;
  if (has(0)) options.mss = given.mss;
  if (has(1)) options.windowScale = given.windowScale;
  options.sackPermitted = given.sackPermitted;
  if (has(2) && given.timestamps !== null) {
    options.timestamps = true;
    [options.timestampValue, options.timestampEcho] = given.timestamps;
  }
  if (has(3)) {
    options.sack.set(given.sack.flat());
    options.sackCount = given.sack.length;
  }
  if (has(4)) options.userTimeout = given.userTimeout;
  if (has(5) && given.fastOpen !== null) {
    options.fastOpenCookie.set(given.fastOpen);
    options.fastOpenLength = given.fastOpen.length;
  }
  if (has(6)) {
    for (const [kind, data] of given.unknown) {
      options.addUnknown(kind, data);
    }
  }
  return repr;
}).filter((repr) => repr.options.bufferLength <= tcp.MAX_OPTIONS_LENGTH);

Deno.test("Repr.parse() of what Repr.emit() wrote is the same, and back", () => {
  let many = 0;
  fc.assert(
    fc.property(repr, fc.nat(9), (repr, at) => {
      const view = exactly(new Uint8Array(at + repr.bufferLength).fill(0xa5));
      repr.emit(view, at);
      const packet = new tcp.Packet();
      assertEquals(packet.parse(view, at, view.byteLength), undefined);
      assertEquals(packet.repr, repr);
      assertEquals(
        [packet.payloadStart, packet.payloadEnd],
        [at + repr.headerLength, view.byteLength],
      );
      const copy = exactly(new Uint8Array(view.byteLength).fill(0xa5));
      packet.repr.emit(copy, at);
      assertEquals(octetsOf(copy), octetsOf(view));
      if (repr.options.bufferLength > 20) many++;
    }),
    { numRuns: 500 },
  );
  assert(many > 20);
});

Deno.test("Repr.parse() forgets the options of the segment before", () => {
  const all = exactly(octets(SEGMENT));
  const packet = new tcp.Packet();
  packet.parse(all, 0, all.byteLength);
  assertEquals(packet.repr.options.mss, 1460);
  const none = exactly(octets(SEGMENT).slice(0, 20));
  none.setUint8(12, 0x50);
  assertEquals(packet.parse(none, 0, 20), undefined);
  assertEquals(packet.repr.options, new tcp.Options());
});

for (
  const [why, add] of [
    ["SACK permitted", (o: tcp.Options) => o.sackPermitted = true],
    [
      "an unknown one",
      (o: tcp.Options) => o.addUnknown(254, new Uint8Array(0)),
    ],
  ] as const
) {
  Deno.test(`Options.emit() writes timestamps and ${why}, in 12 octets as well`, () => {
    const options = new tcp.Options();
    options.timestamps = true;
    options.timestampValue = 7;
    add(options);
    const view = exactly(new Uint8Array(12));
    assertEquals(options.bufferLength, 12);
    options.emit(view, 0);
    const again = new tcp.Options();
    assertEquals(again.read(view, 0, 12), undefined);
    assertEquals(again, options);
  });
}

Deno.test("Repr.emit() leaves options out that do not fit", () => {
  const repr = new tcp.Repr();
  repr.options.mss = 1460;
  assert(repr.options.addUnknown(254, new Uint8Array(34)));
  assertEquals(repr.options.bufferLength, 40);
  assertEquals(repr.headerLength, 60);
  repr.options.sackPermitted = true;
  assertEquals(repr.headerLength, 20);
  const view = exactly(new Uint8Array(20));
  repr.emit(view, 0);
  assertEquals(new tcp.View(view).headerLength, 20);
  assertFalse(repr.options.addUnknown(254, new Uint8Array(7)));
});

Deno.test("View.verify4() and verify6() refuse any damage", () => {
  const source = ipv4.Address.parse("192.0.2.1").value;
  const destination = ipv4.Address.parse("192.0.2.2").value;
  const addresses = combine(
    ipv6.Address.parse("2001:db8::1").sum,
    ipv6.Address.parse("2001:db8::2").sum,
  );
  const segment = new tcp.View(exactly(octets(SEGMENT)));
  for (
    const [fill, verify] of [
      [
        () => segment.fillChecksum4(source, destination),
        () => segment.verify4(source, destination),
      ],
      [
        () => segment.fillChecksum6(addresses),
        () => segment.verify6(addresses),
      ],
    ] as const
  ) {
    fill();
    assert(verify());
    for (let at = 0; at < segment.end; at++) {
      const octet = segment.view.getUint8(at);
      segment.view.setUint8(at, octet ^ 0x10);
      assertFalse(verify());
      segment.view.setUint8(at, octet);
    }
  }
  assertFalse(segment.verify6(addresses + 1));
});

Deno.test("View.fillPseudo4() and fillPseudo6() leave the rest to a device", () => {
  const segment = new tcp.View(exactly(octets(SEGMENT)));
  const complete = () => {
    // What a device does: sum from the segment on, field included.
    let total = 0;
    for (let at = 0; at < segment.end; at += 2) {
      total += segment.view.getUint8(at) << 8;
      if (at + 1 < segment.end) total += segment.view.getUint8(at + 1);
    }
    while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
    segment.checksum = ~total & 0xffff;
  };
  segment.fillPseudo4(0xc0000201, 0xc0000202);
  complete();
  assert(segment.verify4(0xc0000201, 0xc0000202));
  segment.fillPseudo6(0x1234);
  complete();
  assert(segment.verify6(0x1234));
});

Deno.test("A5 View, Options and Walk read nothing outside, on any octets", () => {
  let sound = 0;
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 70, size: "max" }),
      fc.nat(15),
      fc.array(fc.tuple(fc.nat(39), fc.nat(40), fc.nat(12)), { maxLength: 9 }),
      (bytes, offset, places) => {
        if (bytes.length > 12) bytes[12] = offset << 4;
        for (const [at, kind, length] of places) {
          if (21 + at < bytes.length) bytes.set([kind, length], 20 + at);
        }
        const view = exactly(bytes);
        const segment = new tcp.View(view);
        if (segment.check() !== undefined) return;
        readAll(segment);
        segment.verify4(1, 2);
        segment.verify6(3);
        const [kinds, reason] = walk(segment);
        assert(kinds.length <= 40);
        const options = new tcp.Options();
        const found = options.parse(segment);
        // Both agree on whether the options can be read.
        assertEquals(found, reason);
        if (found === undefined) sound++;
      },
    ),
    { numRuns: 2000 },
  );
  assert(sound > 50, `${sound} with sound options`);
});

interface Sequences {
  compare: { a: number; b: number; less: boolean | null }[];
  acceptable: [number, number, number, number, boolean][];
}

conformanceTest("before() and distance() agree with tcp_sequence.json", () => {
  const { compare } = vectors<
    { compare: (Sequences["compare"][0] & Record<string, unknown>)[] }
  >("tcp_sequence");
  for (const row of compare) {
    const a = row.a | 0;
    const b = row.b | 0;
    const apart = tcp.distance(a, b);
    assertEquals(apart >>> 0, row["distance_a_to_b"]);
    assertEquals(tcp.add(a, apart), b);
    // At half the circle neither comes first.
    if (row.less === null) continue;
    assertEquals(tcp.before(a, b), row.less, `${row.a} before ${row.b}`);
    assertEquals(tcp.beforeOrEqual(b, a), !row.less);
    assertEquals(tcp.beforeOrEqual(a, b), row.less || a === b);
  }
});

conformanceTest(
  "inWindow() agrees with the acceptability of tcp_sequence.json",
  () => {
    for (
      const [next, window, sequence, length, expected] of vectors<Sequences>(
        "tcp_sequence",
      ).acceptable
    ) {
      // The four cases of RFC 9293 section 3.4.
      const starts = tcp.inWindow(sequence | 0, next | 0, window);
      const last = tcp.add(sequence | 0, length - 1);
      const acceptable = window === 0
        ? length === 0 && (sequence | 0) === (next | 0)
        : starts || (length > 0 && tcp.inWindow(last, next | 0, window));
      assertEquals(
        acceptable,
        expected,
        `${sequence}+${length} in ${next}+${window}`,
      );
    }
  },
);

conformanceTest(
  "before() tells the ACK classes of tcp_sequence.json apart",
  () => {
    const rows = vectors<
      { "ack_classes": Record<string, number | string>[] }
    >("tcp_sequence")["ack_classes"];
    for (const row of rows) {
      const una = Number(row["snd_una"]) | 0;
      const next = Number(row["snd_nxt"]) | 0;
      const ack = Number(row["ack"]) | 0;
      let kind = "new";
      if (ack === una) kind = "duplicate";
      else if (tcp.before(ack, una)) kind = "old";
      else if (tcp.before(next, ack)) kind = "future";
      assertEquals(kind, row["kind"], JSON.stringify(row));
    }
  },
);

conformanceTest(
  "before() decides the window updates of tcp_sequence.json",
  () => {
    const rows = vectors<
      { "window_update": Record<string, number | boolean>[] }
    >("tcp_sequence")["window_update"];
    for (const row of rows) {
      const [wl1, wl2, sequence, ack] = [
        "snd_wl1",
        "snd_wl2",
        "seg_seq",
        "seg_ack",
      ]
        .map((key) => Number(row[key]) | 0) as [number, number, number, number];
      const update = tcp.before(wl1, sequence) ||
        (wl1 === sequence && tcp.beforeOrEqual(wl2, ack));
      assertEquals(update, row["update"], JSON.stringify(row));
    }
  },
);

Deno.test("A77 sequence arithmetic goes around at 2^31 and 2^32", () => {
  fc.assert(fc.property(word, fc.nat(0x7fff_fffe), (start, octets) => {
    const end = tcp.add(start, octets + 1);
    assertEquals(end, end | 0);
    assert(tcp.before(start, end));
    assertFalse(tcp.before(end, start));
    assertEquals(tcp.distance(start, end), octets + 1);
    assert(tcp.inWindow(start, start, 1));
    assert(tcp.inWindow(tcp.add(start, octets), start, octets + 1));
    assertFalse(tcp.inWindow(end, start, octets + 1));
    assertFalse(tcp.inWindow(tcp.add(start, -1), start, octets + 1));
  }));
});

Deno.test("View.flags and Repr.emit() leave the header length alone when flags have more than twelve bits", () => {
  const view = new DataView(new ArrayBuffer(20));
  const repr = new tcp.Repr();
  repr.flags = 0xf000 | tcp.SYN;
  repr.emit(view, 0);
  const segment = new tcp.View(view);
  assertEquals([segment.headerLength, segment.flags], [20, tcp.SYN]);
  segment.flags = 0xf000 | tcp.ACK;
  assertEquals([segment.headerLength, segment.flags], [20, tcp.ACK]);
});

Deno.test("Options.read() forgets what was read before", () => {
  const options = new tcp.Options();
  const view = new DataView(Uint8Array.of(99, 4, 1, 2).buffer);
  for (let i = 0; i < 50; i++) {
    assertEquals(options.read(view, 0, 4), undefined);
  }
  assertEquals(options.unknownCount, 1);
  assertEquals(options.bufferLength, 4);
});

Deno.test("tcp.View.verify4() and verify6() by a kernel agree with those without, wherever the view begins", () => {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1 });
  const kernel = new Kernel(memory);
  for (const [from, at] of [[0, 0], [0, 7], [64, 0], [65, 3]] as const) {
    for (const payloadLength of [0, 1, 15, 1460]) {
      const view = new DataView(memory.buffer, from);
      const repr = new tcp.Repr();
      repr.payloadLength = payloadLength;
      repr.emit(view, at);
      const segment = new tcp.View(view, at, at + repr.bufferLength);
      for (let i = segment.payloadStart; i < segment.end; i++) {
        view.setUint8(i, 7 * i);
      }
      segment.fillChecksum4(1, 2, kernel);
      assert(segment.verify4(1, 2));
      assert(segment.verify4(1, 2, kernel));
      assertFalse(segment.verify4(1, 3, kernel));
      segment.fillChecksum6(5, kernel);
      assert(segment.verify6(5));
      assert(segment.verify6(5, kernel));
      assertFalse(segment.verify6(6, kernel));
    }
  }
});
