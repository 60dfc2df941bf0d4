import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Frame, type Interface, Reader } from "./capture.ts";
import * as pcapng from "./pcapng.ts";
import { Builder, Pieces } from "./_capture_test_util.ts";
import { exactly } from "./_property_test_util.ts";

const OCTETS = Uint8Array.from([1, 2, 3, 4, 5]);

for (const littleEndian of [true, false]) {
  const order = littleEndian ? "least" : "most";
  Deno.test(`Reader reads each kind of block, the ${order} significant octet first`, () => {
    const skipped = [4, 5, 9, 10, 0xbad, 0x4000_0bad, 0x7777_7777];
    const builder = new Builder(littleEndian).section();
    for (const type of skipped) builder.block(type, (b) => b.raw(OCTETS));
    const file = builder
      .interface(113, 4, (b) => {
        b.text(2, "eth0").text(3, "up").option(9, [9]).option(13, [4]);
        b.u16(14, 8).integer(-10n, 8).u16(0, 0);
      })
      .interface(1, 0)
      .enhanced(
        0,
        1_700_000_000_123_456_789n,
        OCTETS,
        1500,
        (b) => b.text(1, "one").u16(2, 4).u32(2).text(1, "zwölf").u16(0, 0),
      )
      .enhanced(1, 7_000_001n, OCTETS)
      .block(3, (b) => b.u32(1500).raw(OCTETS.subarray(0, 4)))
      .block(3, (b) => b.u32(3).raw(OCTETS.subarray(0, 3)))
      // Interface, packets lost, time, lengths.
      .block(
        2,
        (b) => b.u16(1, 9).u32(0, 2_000_003, 5, 6).raw(OCTETS).pad(),
      )
      .bytes;
    const reader = new Reader().open(file);
    assert(reader.next());
    assertEquals(reader.format, "pcapng");
    assertEquals(reader.seconds, 1_699_999_990);
    assertEquals(reader.nanoseconds, 123_456_789);
    assertEquals(reader.timestamp, 1_699_999_990_123_456);
    assertEquals(file.subarray(reader.start, reader.end), OCTETS);
    assertEquals(reader.wireLength, 1500);
    assertEquals([reader.linkType, reader.interfaceIndex], [113, 0]);
    assertEquals(reader.comment, "one");
    assertEquals(reader.comments, ["one", "zwölf"]);
    assertEquals([reader.flags, reader.direction], [2, pcapng.OUTBOUND]);
    assertEquals(
      reader.interfaces.map((i) => [i.linkType, i.snapLength, i.name]),
      [[113, 4, "eth0"], [1, 0, ""]],
    );
    const { description, resolution, offset, checkLength } = reader
      .interfaces[0]!;
    assertEquals(
      [description, resolution, offset, checkLength],
      ["up", 9, -10, 4],
    );
    assert(reader.next());
    assertEquals([reader.linkType, reader.interfaceIndex], [1, 1]);
    assertEquals([reader.seconds, reader.nanoseconds], [7, 1000]);
    assertEquals([reader.comment, reader.flags], [undefined, 0]);
    for (const length of [4, 3]) {
      assert(reader.next());
      assert(!reader.timed);
      assertEquals([reader.seconds, reader.nanoseconds], [0, 0]);
      assertEquals(reader.length, length);
      assertEquals(reader.wireLength, length === 4 ? 1500 : 3);
      assertEquals(reader.linkType, 113);
      assertEquals(reader.comments, []);
    }
    assert(reader.next());
    assertEquals([reader.seconds, reader.nanoseconds], [2, 3000]);
    assertEquals([reader.interfaceIndex, reader.wireLength], [1, 6]);
    assertEquals(file.subarray(reader.start, reader.end), OCTETS);
    assert(reader.timed);
    assert(!reader.next());
    assertEquals(reader.reason, undefined);
  });
}

Deno.test("Reader reads sections in either byte order, each with its interfaces", () => {
  const first = new Builder(true).section().interface(1).interface(101)
    .enhanced(1, 1n, OCTETS);
  const second = new Builder(false).section({ minor: 2 }).interface(229)
    .enhanced(0, 2n, OCTETS);
  const third = new Builder(true).section().enhanced(0, 3n, OCTETS);
  const file = Uint8Array.from(
    [...first.octets, ...second.octets, ...third.octets],
  );
  const reader = new Reader().open(file);
  assert(reader.next());
  assertEquals([reader.linkType, reader.timestamp], [101, 1]);
  assert(reader.next());
  assertEquals([reader.linkType, reader.timestamp], [229, 2]);
  assertEquals(reader.interfaces.length, 1);
  // The third has none, and those of the sections before do not count.
  assert(!reader.next());
  assertEquals(reader.reason, "malformed");
});

Deno.test("Reader takes no padding for a part of a simple packet that was cut", () => {
  const file = new Builder().section().interface(1, 3)
    .block(3, (b) => b.u32(5).raw(OCTETS.subarray(0, 3)));
  const reader = new Reader().open(file.bytes);
  assert(reader.next());
  assertEquals([reader.length, reader.wireLength], [3, 5]);
});

/** What 64 bits of some unit are, by bigint. */
function expected(units: bigint, resolution: number): [number, number] {
  const base = resolution >= 0x80 ? 2n : 10n;
  const second = base ** BigInt(resolution & 0x7f);
  return [
    Number(units / second),
    Number((units % second) * 1_000_000_000n / second),
  ];
}

function timeOf(units: bigint, resolution: number): [number, number] {
  const file = new Builder().section()
    .interface(1, 0, (b) => b.option(9, [resolution]))
    .enhanced(0, units, OCTETS);
  const reader = new Reader().open(file.bytes);
  assert(reader.next());
  return [reader.seconds, reader.nanoseconds];
}

Deno.test("Reader keeps time stamps of every resolution exact", () => {
  // Whole seconds just missed, where a quotient is rounded up.
  for (let bits = 20; bits < 64; bits++) {
    for (const resolution of [0, 3, 6, 9, 0x8a, 0x97]) {
      const [seconds] = expected(1n << BigInt(bits), resolution);
      const base = resolution >= 0x80 ? 2n : 10n;
      const units = BigInt(seconds) * base ** BigInt(resolution & 0x7f);
      for (const near of [units - 1n, units, units + 1n]) {
        if (near < 0n || near >= 1n << 64n) continue;
        assertEquals(timeOf(near, resolution), expected(near, resolution));
      }
    }
  }
  fc.assert(
    fc.property(
      fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
      fc.nat(255),
      fc.nat(63),
      (units, resolution, shift) => {
        units >>= BigInt(shift);
        assertEquals(timeOf(units, resolution), expected(units, resolution));
      },
    ),
    { numRuns: 2000 },
  );
});

for (
  const [what, file, reason, detail] of [
    [
      "a block without an end",
      new Builder().section().u32(6, 100),
      "truncated",
      "the file is cut short, at octet 28",
    ],
    [
      "a block of 8 octets",
      new Builder().section().u32(6, 8, 8),
      "length",
      "a block of 8 octets, at octet 28",
    ],
    [
      "a block of 13 octets",
      new Builder().section().u32(5, 13, 8, 0, 0),
      "length",
      "a block of 13 octets, at octet 28",
    ],
    [
      "a block longer than is allowed",
      new Builder().section().u32(5, 0xffff_fffc, 8, 0, 0),
      "length",
      "4294967292 octets in one piece where 67108864 are allowed, at octet 28",
    ],
    [
      "lengths that differ",
      new Builder().section().u32(5, 16, 0, 20),
      "length",
      "a block whose two lengths differ, at octet 28",
    ],
    [
      "a frame longer than its block",
      new Builder().section().interface()
        .block(6, (b) => b.u32(0, 0, 0, 5, 5, 0)),
      "length",
      "a frame longer than its block, at octet 48",
    ],
    [
      "an enhanced packet block without lengths",
      new Builder().section().interface().block(6, (b) => b.u32(0, 0, 0, 0)),
      "length",
      "a block of type 6 and 28 octets, at octet 48",
    ],
    [
      "an obsolete packet block without lengths",
      new Builder().section().interface().block(2, (b) => b.u32(0, 0, 0, 0)),
      "length",
      "a block of type 2 and 28 octets, at octet 48",
    ],
    [
      "a simple packet block without length",
      new Builder().section().interface().block(3, () => {}),
      "length",
      "a block of type 3 and 12 octets, at octet 48",
    ],
    [
      "an interface without fields",
      new Builder().section().block(1, (b) => b.u32(0)),
      "length",
      "a block of type 1 and 16 octets, at octet 28",
    ],
    [
      "an option longer than its interface",
      new Builder().section().interface(1, 0, (b) => b.u16(2, 5).u32(0)),
      "option",
      "an option longer than its interface, at octet 28",
    ],
    [
      "a frame of no interface",
      new Builder().section().interface().enhanced(1, 0n, OCTETS),
      "malformed",
      "a frame of no interface, 1, at octet 48",
    ],
    [
      "a simple packet of no interface",
      new Builder().section().block(3, (b) => b.u32(1, 1)),
      "malformed",
      "a frame of no interface, at octet 28",
    ],
    [
      "no byte order",
      new Builder().block(pcapng.MAGIC, (b) => b.u32(1, 2, 3, 4)),
      "malformed",
      "a section without byte order, at octet 0",
    ],
    [
      "a section header without length",
      new Builder().block(pcapng.MAGIC, (b) => b.u32(0x1a2b3c4d, 1)),
      "length",
      "a section header of impossible length, at octet 0",
    ],
    [
      "a section header whose lengths differ",
      new Builder().u32(pcapng.MAGIC, 28, 0x1a2b3c4d, 1, 0, 0, 20),
      "length",
      "a section header of impossible length, at octet 0",
    ],
    [
      "another version",
      new Builder().section({ major: 2 }),
      "version",
      "pcapng of version 2.0, at octet 0",
    ],
  ] as const
) {
  Deno.test(`Reader says ${reason} of pcapng with ${what}`, () => {
    const reader = new Reader().open(file.bytes);
    assert(!reader.next());
    assertEquals([reader.reason, reader.detail], [reason, detail]);
  });
}

Deno.test("Reader takes at most 16384 interfaces of a section", () => {
  const head = new Builder().section().bytes;
  const one = new Builder().interface().bytes;
  const file = new Uint8Array(head.length + 16385 * one.length);
  file.set(head);
  for (let i = 0; i < 16385; i++) file.set(one, head.length + i * one.length);
  const reader = new Reader().open(file);
  assert(!reader.next());
  assertEquals(reader.reason, "unsupported");
  assertEquals(reader.interfaces.length, 16384);
});

Deno.test("Reader keeps 1024 octets of a name and of a description", () => {
  const file = new Builder().section().interface(
    1,
    0,
    (b) => b.text(2, "n".repeat(1025)).text(3, "d".repeat(65535)),
  );
  const reader = new Reader().open(file.bytes);
  assert(!reader.next());
  const [{ name, description }] = reader.interfaces as [Interface];
  assertEquals([name, description], ["n".repeat(1024), "d".repeat(1024)]);
});

Deno.test("Frame.comment stops at an option that is longer than its block", () => {
  const file = new Builder().section().interface().enhanced(
    0,
    0n,
    OCTETS,
    5,
    (b) => b.text(1, "good").u16(1, 9).u32(0),
  );
  const reader = new Reader().open(file.bytes);
  assert(reader.next());
  assertEquals([reader.comments, reader.flags], [["good"], 0]);
});

const remark = fc.option(fc.string({ unit: "binary", maxLength: 700 }), {
  nil: undefined,
});

Deno.test("Reader reads what pcapng.Writer wrote, whatever the buffer", () => {
  fc.assert(fc.property(
    fc.integer({ min: 1024, max: 3000 }),
    fc.array(
      fc.record({
        ns: fc.boolean(),
        micros: fc.integer({ min: 0, max: 2 ** 52 }),
        octets: fc.uint8Array({ maxLength: 2500 }),
        direction: fc.nat(2),
        comment: remark,
      }),
      { maxLength: 8 },
    ),
    (buffer, frames) => {
      const pieces = new Pieces();
      const writer = new pcapng.Writer(pieces.take, { buffer });
      const a = writer.addInterface({ name: "a", linkType: 101 });
      const b = writer.addInterface({
        name: "b".repeat(900),
        nanoseconds: true,
      });
      for (const { ns, micros, octets, direction, comment } of frames) {
        writer.write(
          ns ? b : a,
          micros,
          exactly(octets),
          0,
          octets.length,
          direction,
          comment,
        );
      }
      writer.flush();
      assert(pieces.all.every(({ length }) => length <= buffer));
      const { bytes } = pieces;
      const reader = new Reader().open(bytes);
      for (const { ns, micros, octets, direction, comment } of frames) {
        assert(reader.next());
        assertEquals(reader.linkType, ns ? 1 : 101);
        assertEquals(reader.timestamp, micros);
        assertEquals(bytes.subarray(reader.start, reader.end), octets);
        assertEquals(reader.wireLength, octets.length);
        assertEquals(reader.direction, direction);
        assertEquals(
          reader.comment,
          // Halves of surrogate pairs have no UTF-8.
          comment === "" ? undefined : comment?.toWellFormed(),
        );
      }
      assert(!reader.next());
      assertEquals(reader.reason, undefined);
      if (frames.length > 0) {
        assertEquals(reader.interfaces[1]!.name, "b".repeat(900));
      }
    },
  ));
});

Deno.test("Writer.writeFrame() keeps ns, lengths, flags and comment of what was read", () => {
  fc.assert(fc.property(
    fc.integer({ min: 0, max: 0x1_ffff_ffff }),
    fc.nat(999_999_999),
    fc.uint8Array({ maxLength: 100 }),
    fc.nat(0xffff_ffff),
    remark,
    (seconds, nanoseconds, octets, flags, comment) => {
      const file = new Builder(false).section()
        .interface(1, 0, (b) => b.option(9, [9]))
        .enhanced(
          0,
          BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds),
          octets,
          octets.length + 7,
          (b) => {
            b.u16(2, 4).u32(flags);
            if (comment !== undefined) b.text(1, comment);
          },
        );
      const from = new Reader().open(file.bytes);
      assert(from.next());
      const pieces = new Pieces();
      const writer = new pcapng.Writer(pieces.take);
      const nic = writer.addInterface({ nanoseconds: true, snapLength: 0 });
      writer.writeFrame(nic, from);
      writer.flush();
      const to = new Reader().open(pieces.bytes);
      assert(to.next());
      for (const frame of [from, to]) {
        assertEquals(frame.seconds, seconds);
        assertEquals(frame.nanoseconds, nanoseconds);
        assertEquals(frame.length, octets.length);
        assertEquals(frame.wireLength, octets.length + 7);
        assertEquals(frame.flags, flags);
      }
      assertEquals(to.comment, from.comment || undefined);
    },
  ));
});

Deno.test("Writer.writeFrame() rounds ns down where the interface has µs", () => {
  const frame = new Frame();
  frame.seconds = 5;
  frame.nanoseconds = 1999;
  const pieces = new Pieces();
  const writer = new pcapng.Writer(pieces.take);
  writer.writeFrame(writer.addInterface(), frame);
  writer.flush();
  const reader = new Reader().open(pieces.bytes);
  assert(reader.next());
  assertEquals([reader.seconds, reader.nanoseconds], [5, 1000]);
});

Deno.test("Writer cuts a comment that no option holds between two characters", () => {
  const pieces = new Pieces();
  const writer = new pcapng.Writer(pieces.take);
  const nic = writer.addInterface();
  writer.write(nic, 0, exactly(OCTETS), 0, 5, 0, "ä".repeat(40000));
  writer.flush();
  const reader = new Reader().open(pieces.bytes);
  assert(reader.next());
  assertEquals(reader.comment, "ä".repeat(32767));
});

Deno.test("Writer refuses a buffer too small for a header", () => {
  assertThrows(
    () => new pcapng.Writer(() => {}, { buffer: 1000 }),
    RangeError,
    "Cannot gather 1000 octets: need 1024 or more",
  );
});
