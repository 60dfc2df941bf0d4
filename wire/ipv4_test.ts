import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import * as ipv4 from "./ipv4.ts";
import { octets } from "./_oracle_test_util.ts";
import { exactly, octetsOf, readAll, word } from "./_property_test_util.ts";

// A header in wide use as a textbook example, checksum b861, and no payload.
const TEXTBOOK = "45000073000040004011b861c0a80001c0a800c7";
const PAYLOAD = "00".repeat(0x73 - 20);

function textbook(padding = ""): ipv4.View {
  return new ipv4.View(exactly(octets(TEXTBOOK + PAYLOAD + padding)));
}

Deno.test("View reads each field where RFC 791 has it", () => {
  const header = new ipv4.View(
    exactly(
      octets(
        "46b90020bc45a07d400686dec0000201c6336401" + "94040000" +
          "0102030405060708",
      ),
    ),
  );
  assertEquals(header.check(), undefined);
  assertEquals(readAll(header), {
    version: 4,
    headerLength: 24,
    dscp: 46,
    ecn: 1,
    totalLength: 32,
    identification: 0xbc45,
    reserved: true,
    dontFragment: false,
    moreFragments: true,
    fragmentOffset: 1000,
    ttl: 64,
    protocol: 6,
    checksum: 0x86de,
    source: 0xc0000201 | 0,
    destination: 0xc6336401 | 0,
    isFragment: true,
    optionsStart: 20,
    optionsEnd: 24,
    payloadStart: 24,
    payloadEnd: 32,
  });
});

Deno.test("View writes each field and disturbs no other", () => {
  const fields = [
    ["headerLength", [20, 24, 60]],
    ["dscp", [0, 46, 63]],
    ["ecn", [0, 1, 3]],
    ["totalLength", [20, 0xffff]],
    ["identification", [0, 0xbc45]],
    ["dontFragment", [true, false]],
    ["moreFragments", [true, false]],
    ["fragmentOffset", [8, 65528, 0]],
    ["ttl", [1, 255]],
    ["protocol", [1, 255]],
    ["checksum", [0, 0xffff]],
    ["source", [-1, 0x0a000001]],
    ["destination", [-1, 0x0a000001]],
  ] as const;
  const header = textbook();
  for (const [name, values] of fields) {
    for (const value of values) {
      const before = fields.map(([other]) => header[other]);
      Object.assign(header, { [name]: value });
      for (const [i, [other]] of fields.entries()) {
        assertEquals(header[other], other === name ? value : before[i], name);
      }
    }
  }
});

Deno.test("View.verify() finds the textbook header right, and wrong when changed", () => {
  const header = textbook();
  assert(header.verify());
  header.ttl--;
  assertFalse(header.verify());
  header.fillChecksum();
  assertEquals(header.checksum, 0xb961);
  assert(header.verify());
});

for (let length = 0; length < 20; length++) {
  Deno.test(`A16 ipv4.View.check() refuses a packet of ${length} octets`, () => {
    const header = textbook();
    assertEquals(header.wrap(header.view, 0, length).check(), "truncated");
  });
}

for (let words = 0; words < 5; words++) {
  Deno.test(`ethox 5.1 #6 A1 ipv4.View.check() refuses a header length of ${words} words`, () => {
    const header = textbook();
    header.view.setUint8(0, 0x40 | words);
    assertEquals(header.check(), "header");
    assertEquals(header.checkHeader(), "header");
    assertEquals(new ipv4.Packet().parse(header.view, 0, 0x73), "header");
  });
}

Deno.test("A1 ipv4.View.check() refuses a header beyond the datagram or the frame", () => {
  const header = textbook();
  header.view.setUint8(0, 0x4f);
  header.totalLength = 59;
  assertEquals(header.check(), "header");
  header.totalLength = 60;
  assertEquals(header.check(), undefined);
  assertEquals(header.payloadStart, header.payloadEnd);
  assertEquals(header.wrap(header.view, 0, 59).check(), "truncated");
});

for (
  const [why, total, reason] of [
    ["0", 0, "length"],
    ["below a header", 19, "length"],
    ["a header alone", 20, undefined],
    ["all there is", 0x73, undefined],
    ["beyond the frame", 0x74, "length"],
    ["65535", 65535, "length"],
  ] as const
) {
  Deno.test(`A2 ipv4.View.check() finds ${reason ?? "nothing"} when the total length is ${why}`, () => {
    const header = textbook();
    header.totalLength = total;
    assertEquals(header.check(), reason);
  });
}

Deno.test("A2 ipv4.View keeps Ethernet padding out of the payload", () => {
  const packet = new ipv4.Packet();
  const { view } = textbook("ff".repeat(18));
  assertEquals(packet.parse(view, 0, view.byteLength), undefined);
  assertEquals([packet.payloadStart, packet.payloadEnd], [20, 0x73]);
  assertEquals([packet.view.payloadStart, packet.view.payloadEnd], [20, 0x73]);
  assertEquals(packet.repr.payloadLength, 0x73 - 20);
});

for (const version of [0, 5, 6, 15]) {
  Deno.test(`View.check() refuses version ${version}, be the packet short or not`, () => {
    const header = textbook();
    header.view.setUint8(0, version << 4 | 5);
    assertEquals(header.check(), "version");
    assertEquals(header.wrap(header.view, 0, 1).check(), "version");
  });
}

Deno.test("View.checkHeader() takes a quote that ends behind 8 octets (RFC 792)", () => {
  const header = textbook();
  header.wrap(header.view, 0, 28);
  assertEquals(header.check(), "length");
  assertEquals(header.checkHeader(), undefined);
  assertEquals([header.payloadStart, header.payloadEnd], [20, 28]);
});

Deno.test("View.isFragment is true for each piece of a datagram and false for a whole", () => {
  const header = textbook();
  assertFalse(header.isFragment);
  header.moreFragments = true;
  assert(header.isFragment);
  header.fragmentOffset = 8;
  assert(header.isFragment);
  header.moreFragments = false;
  assert(header.isFragment);
});

/** Types of the options in `hex`, and the reason if the walk broke off. */
function walk(hex: string): [number[], string | undefined] {
  const view = exactly(octets(hex));
  const options = new ipv4.Options().wrap(view, 0, view.byteLength);
  const types: number[] = [];
  while (options.next()) types.push(options.type);
  assertFalse(options.next());
  return [types, options.reason];
}

for (
  const [why, hex, types, reason] of [
    ["nothing", "", [], undefined],
    ["one option", "94040000", [148], undefined],
    ["padding in front", "0101010194040000", [1, 1, 1, 1, 148], undefined],
    ["an end and rubbish behind it", "9404000000ff00ff", [148], undefined],
    [
      "40 octets of no operation",
      "01".repeat(40),
      Array(40).fill(1),
      undefined,
    ],
    ["length 0", "94000000", [], "option"],
    ["length 1", "94010000", [], "option"],
    ["length 1 behind a good one", "9404000044010000", [148], "option"],
    ["an overrun by one", "07050000", [], "option"],
    ["length 255", "07ff0000", [], "option"],
    ["no length at all", "01010107", [1, 1, 1], "option"],
    ["a kind of its own", "9e020000", [0x9e], undefined],
  ] as const
) {
  Deno.test(`A3 ipv4.Options finds ${reason ?? "nothing wrong"} in ${why}`, () => {
    assertEquals(walk(hex), [[...types], reason]);
  });
}

Deno.test("A3 ipv4.Options ends after at most 40 steps inside any octets", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
    const options = new ipv4.Options().wrap(exactly(bytes), 0, bytes.length);
    let end = 0;
    let steps = 0;
    while (options.next()) {
      assertEquals(options.start, end);
      assert(options.end > options.start && options.end <= bytes.length);
      end = options.end;
      assert(++steps <= 40);
    }
  }));
});

const repr = fc.record({
  dscp: fc.nat(63),
  ecn: fc.nat(3),
  identification: fc.nat(0xffff),
  dontFragment: fc.boolean(),
  moreFragments: fc.boolean(),
  fragmentOffset: fc.nat(0x1fff).map((units) => units * 8),
  ttl: fc.nat(255),
  protocol: fc.nat(255),
  source: word,
  destination: word,
  payloadLength: fc.nat(100),
});

Deno.test("Repr.parse() of what Repr.emit() wrote is the same", () => {
  fc.assert(
    fc.property(
      repr,
      fc.uint8Array({ maxLength: 40 }),
      fc.nat(20),
      (fields, options, at) => {
        const sent = Object.assign(new ipv4.Repr(), fields);
        sent.options.set(options);
        sent.optionsLength = options.length;
        const view = exactly(new Uint8Array(at + sent.bufferLength).fill(0xa5));
        sent.emit(view, at);
        const packet = new ipv4.Packet();
        // What an earlier packet left in the record must not show.
        packet.repr.options.fill(0xff);
        assertEquals(packet.parse(view, at, view.byteLength), undefined);
        const padded = options.length + 3 & ~3;
        assertEquals(packet.repr.optionsLength, padded);
        assertEquals(
          packet.repr.options.slice(0, padded),
          sent.options.slice(0, padded),
        );
        for (const name of Object.keys(fields) as (keyof typeof fields)[]) {
          assertEquals(packet.repr[name], fields[name], name);
        }
        packet.view.fillChecksum();
        assert(packet.view.verify());
      },
    ),
  );
});

Deno.test("Repr.emit() writes the octets that Repr.parse() read", () => {
  const header = textbook();
  const packet = new ipv4.Packet();
  assertEquals(packet.parse(header.view, 0, 0x73), undefined);
  const copy = new ipv4.View(exactly(new Uint8Array(20)));
  packet.repr.emit(copy.view, 0);
  copy.fillChecksum();
  assertEquals(octetsOf(copy.view), octets(TEXTBOOK));
});

for (
  const [why, fields, reason] of [
    ["a full datagram", { payloadLength: 65515 }, undefined],
    ["a datagram of 65536 octets", { payloadLength: 65516 }, "length"],
    ["options of 41 octets", { optionsLength: 41 }, "length"],
    [
      "options that push it over",
      { payloadLength: 65512, optionsLength: 4 },
      "length",
    ],
    ["an uneven offset", { fragmentOffset: 4 }, "malformed"],
    [
      "an uneven middle",
      { moreFragments: true, payloadLength: 12 },
      "malformed",
    ],
    [
      "an uneven last piece",
      { fragmentOffset: 8, payloadLength: 12 },
      undefined,
    ],
  ] as const
) {
  Deno.test(`ethox 2.1.4 ipv4.Repr.check() finds ${reason ?? "nothing"} for ${why}`, () => {
    const said = new ipv4.Repr();
    Object.assign(said, fields);
    assertEquals(said.check(), reason);
  });
}

Deno.test("View reads nothing outside when check() found nothing", () => {
  let sound = 0;
  fc.assert(
    fc.property(
      fc.integer({ min: 0x44, max: 0x4f }),
      fc.nat(0xff),
      fc.oneof(fc.nat(90), fc.integer({ min: 20, max: 40 })),
      fc.uint8Array({ maxLength: 76, size: "max" }),
      (first, second, total, rest) => {
        const view = exactly([first, second, 0, total, ...rest]);
        const header = new ipv4.View(view);
        if (header.checkHeader() === undefined) {
          readAll(header);
          header.verify();
          assert(header.payloadEnd <= header.end);
        }
        const packet = new ipv4.Packet();
        if (packet.parse(view, 0, view.byteLength) !== undefined) return;
        sound++;
        assert(header.payloadStart <= header.payloadEnd);
        assert(header.optionsEnd <= header.end);
        header.fillChecksum();
        assert(header.verify());
        const options = new ipv4.Options();
        options.wrap(view, header.optionsStart, header.optionsEnd);
        while (options.next());
      },
    ),
    { numRuns: 2000 },
  );
  assert(sound > 100);
});

Deno.test("View.check() does not throw for any octets", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
    new ipv4.View(exactly(bytes)).check();
  }));
});
