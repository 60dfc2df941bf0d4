import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Frame, Reader } from "./capture.ts";
import * as pcap from "./pcap.ts";
import { Builder, Pieces } from "./_capture_test_util.ts";
import { exactly } from "./_property_test_util.ts";

const OCTETS = Uint8Array.from([1, 2, 3, 4, 5]);

for (const littleEndian of [true, false]) {
  for (
    const [unit, magic, fraction, nanoseconds] of [
      ["µs", pcap.MAGIC_MICROSECONDS, 999_999, 999_999_000],
      ["ns", pcap.MAGIC_NANOSECONDS, 999_999_999, 999_999_999],
    ] as const
  ) {
    const order = littleEndian ? "least" : "most";
    Deno.test(`Reader reads pcap with ${unit} and the ${order} significant octet first`, () => {
      const file = new Builder(littleEndian)
        .pcap({ magic, snap: 96, link: 113 })
        .record(0xffff_ffff, fraction, OCTETS, 1500)
        .record(1, 0, new Uint8Array(0))
        .bytes;
      const reader = new Reader().open(file);
      assert(reader.next());
      assertEquals(reader.format, "pcap");
      assertEquals(reader.seconds, 0xffff_ffff);
      assertEquals(reader.nanoseconds, nanoseconds);
      assertEquals(reader.timestamp, 0xffff_ffff * 1e6 + 999_999);
      assertEquals([reader.start, reader.end, reader.length], [40, 45, 5]);
      assertEquals(reader.view.getUint8(44), 5);
      assertEquals(reader.wireLength, 1500);
      assertEquals(reader.linkType, 113);
      assertEquals(reader.interfaceIndex, 0);
      assert(reader.timed);
      assertEquals(reader.comment, undefined);
      assertEquals([reader.comments, reader.direction], [[], 0]);
      assertEquals(reader.interfaces, [{
        linkType: 113,
        snapLength: 96,
        name: "",
        description: "",
        resolution: unit === "µs" ? 6 : 9,
        offset: 0,
        checkLength: -1,
      }]);
      assert(reader.next());
      assertEquals([reader.seconds, reader.length], [1, 0]);
      assert(!reader.next());
      assert(!reader.next());
      assertEquals([reader.reason, reader.detail], [undefined, ""]);
    });
  }
}

Deno.test("Reader carries a fraction of a second and more over", () => {
  const file = new Builder().pcap().record(7, 3_000_005, OCTETS).bytes;
  const reader = new Reader().open(file);
  assert(reader.next());
  assertEquals([reader.seconds, reader.nanoseconds], [10, 5000]);
});

Deno.test("Reader keeps what stands beside the link type apart", () => {
  // Two 16-bit words of check sequence, link type 1.
  const file = new Builder().pcap({ link: 0x2400_0001 }).record(0, 0, OCTETS);
  const reader = new Reader().open(file.bytes);
  assert(reader.next());
  assertEquals(reader.linkType, 1);
  assertEquals(reader.interfaces[0]!.checkLength, 4);
});

for (
  const [minor, first, second] of [[2, 1500, 5], [3, 1500, 5], [3, 5, 1500]] //
) {
  Deno.test(`Reader finds the captured length in version 2.${minor} with lengths ${first}, ${second}`, () => {
    const file = new Builder().pcap({ minor })
      .u32(1, 2, first!, second!).raw(OCTETS)
      .u32(3, 4, 5, 5).raw(OCTETS);
    const reader = new Reader().open(file.bytes);
    for (const [seconds, wire] of [[1, 1500], [3, 5]]) {
      assert(reader.next());
      assertEquals(
        [reader.seconds, reader.length, reader.wireLength],
        [seconds, 5, wire],
      );
    }
    assert(!reader.next());
    assertEquals(reader.reason, undefined);
  });
}

for (
  const [what, file, reason, detail] of [
    [
      "modified pcap",
      new Builder().pcap({ magic: pcap.MAGIC_MODIFIED }),
      "unsupported",
      "modified pcap, whose records have longer headers, at octet 0",
    ],
    [
      "modified pcap, most significant octet first",
      new Builder(false).pcap({ magic: pcap.MAGIC_MODIFIED }),
      "unsupported",
      "modified pcap, whose records have longer headers, at octet 0",
    ],
    [
      "another version",
      new Builder().pcap({ major: 3, minor: 1 }),
      "version",
      "pcap of version 3.1, at octet 0",
    ],
    [
      "a header cut short",
      new Builder().u32(pcap.MAGIC_MICROSECONDS).u16(2),
      "truncated",
      "the file is cut short, at octet 0",
    ],
    [
      "a record header cut short",
      new Builder().pcap().u32(1, 2, 3),
      "truncated",
      "the file is cut short, at octet 24",
    ],
    [
      "a frame cut short",
      new Builder().pcap().u32(1, 2, 6, 6).raw(OCTETS),
      "truncated",
      "the file is cut short, at octet 24",
    ],
    [
      "a frame longer than is allowed",
      new Builder().pcap().u32(1, 2, 0xffff_ffff, 6).raw(OCTETS),
      "length",
      "4294967311 octets in one piece where 67108864 are allowed, at octet 24",
    ],
  ] as const
) {
  Deno.test(`Reader says ${reason} of pcap with ${what}`, () => {
    const reader = new Reader().open(file.bytes);
    assert(!reader.next());
    assertEquals([reader.reason, reader.detail], [reason, detail]);
    assert(!reader.next());
  });
}

const time = fc.integer({ min: 0, max: 0xffff_ffff });

Deno.test("Reader reads what pcap.Writer wrote, µs and ns, whatever the buffer", () => {
  fc.assert(fc.property(
    fc.boolean(),
    fc.integer({ min: 1024, max: 3000 }),
    fc.array(
      fc.tuple(time, fc.nat(999_999_999), fc.uint8Array({ maxLength: 2500 })),
      { maxLength: 8 },
    ),
    fc.nat(300),
    (nanoseconds, buffer, frames, more) => {
      const pieces = new Pieces();
      const writer = new pcap.Writer(pieces.take, {
        nanoseconds,
        buffer,
        linkType: 228,
      });
      const frame = new Frame();
      for (const [seconds, left, octets] of frames) {
        frame.view = exactly(octets);
        frame.end = octets.length;
        frame.wireLength = octets.length + more;
        frame.seconds = seconds;
        frame.nanoseconds = left;
        writer.writeFrame(frame);
      }
      writer.flush();
      assert(pieces.all.every(({ length }) => length <= buffer));
      const reader = new Reader().open(pieces.bytes);
      for (const [seconds, left, octets] of frames) {
        assert(reader.next());
        assertEquals(reader.linkType, 228);
        assertEquals(reader.seconds, seconds);
        assertEquals(
          reader.nanoseconds,
          nanoseconds ? left : left - left % 1000,
        );
        assertEquals(
          pieces.bytes.subarray(reader.start, reader.end),
          octets,
        );
        assertEquals(reader.wireLength, octets.length + more);
      }
      assert(!reader.next());
      assertEquals(reader.reason, undefined);
    },
  ));
});

Deno.test("Writer.write() takes µs, cuts frames and keeps their length", () => {
  for (const nanoseconds of [false, true]) {
    const pieces = new Pieces();
    const writer = new pcap.Writer(pieces.take, { snapLength: 3, nanoseconds });
    writer.write(1_700_000_000_123_456, exactly(OCTETS), 1, 5);
    writer.write(5, exactly(OCTETS), 1, 3, 9000);
    writer.flush();
    const reader = new Reader().open(pieces.bytes);
    assert(reader.next());
    assertEquals(reader.timestamp, 1_700_000_000_123_456);
    assertEquals([reader.length, reader.wireLength], [3, 4]);
    assert(reader.next());
    assertEquals(reader.timestamp, 5);
    assertEquals([reader.length, reader.wireLength], [2, 9000]);
    assert(!reader.next());
  }
});

Deno.test("Writer refuses a buffer too small for a header", () => {
  for (const buffer of [0, 1023, 2000.5, NaN]) {
    assertThrows(
      () => new pcap.Writer(() => {}, { buffer }),
      RangeError,
      `Cannot gather ${buffer} octets: need 1024 or more`,
    );
  }
});
