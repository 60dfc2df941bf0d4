import { assert, assertEquals, assertThrows } from "@std/assert";
import * as checksum from "@ethox/wire/checksum";
import * as fc from "fast-check";
import { assertSteady } from "./_steady_test_util.ts";
import { Arena } from "./arena.ts";
import {
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  deliver,
  NotLentError,
  offer,
  type Outcome,
  type Packet,
  SEGMENT_NONE,
  SEGMENT_TCP4,
} from "./packet.ts";

/** A packet of 20 octets, 0 to 19, in a slot of 64 with 16 in front. */
function lend(outcome: Outcome = "queued"): Packet {
  const arena = new Arena({ slots: 3, slotSize: 64, headroom: 16 });
  arena.acquire();
  const packet = arena.acquire()!;
  for (let i = 0; i < 20; i++) packet.memory.bytes[packet.origin + i] = i;
  packet.lend(packet.origin, packet.origin + 20, outcome);
  return packet;
}

function octets({ memory, start, end }: Packet): number[] {
  return [...memory.bytes.subarray(start, end)];
}

function count(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

Deno.test("Packet.queue() answers what the device decided at the loan", () => {
  const packet = lend();
  assert(packet.lent);
  assert(!packet.queued);
  assertEquals(packet.queue(), "queued");
  assert(packet.queued);
  assert(packet.lent);
  assert(packet.reclaim());
  assert(!packet.lent);
  for (const outcome of ["exhausted", "illegal"] as const) {
    const packet = lend(outcome);
    assertEquals(packet.queue(), outcome);
    assertEquals(packet.queue(), outcome);
    assert(!packet.queued);
    assert(!packet.reclaim());
  }
});

Deno.test("Packet.queue() is illegal when it is queued already", () => {
  const packet = lend();
  assertEquals(packet.queue(), "queued");
  assertEquals(packet.queue(), "illegal");
  assert(packet.reclaim());
});

Deno.test("Packet.unqueue() takes a queue() back, and nothing else", () => {
  const packet = lend();
  packet.unqueue();
  assertEquals(packet.queue(), "queued");
  packet.unqueue();
  assert(!packet.queued);
  assert(packet.lent);
  assertEquals(packet.queue(), "queued");
  packet.unqueue();
  assert(!packet.reclaim());
  packet.unqueue();
  assert(!packet.lent);
});

Deno.test("Packet.reclaim() of a slot that is not lent says that none is queued", () => {
  const packet = lend();
  packet.queue();
  assert(packet.reclaim());
  assert(!packet.reclaim());
});

Deno.test("Packet throws on each use after the loan, and names the slot", () => {
  const packet = lend();
  packet.queue();
  packet.reclaim();
  for (
    const use of [
      () => packet.queue(),
      () => packet.resize(1),
      () => packet.reframe(20, 0, 20, 0),
    ]
  ) {
    const error = assertThrows(use, NotLentError, "packet buffer 1");
    assertEquals(error.name, "NotLentError");
  }
  assertEquals(octets(packet), count(0, 20));
  packet.lend(packet.origin, packet.origin, "queued");
  assertEquals(packet.resize(1), "queued");
});

Deno.test("Packet.resize() grows to the end of the slot and not beyond", () => {
  const packet = lend();
  assertEquals(packet.resize(4), "queued");
  assertEquals(octets(packet), count(0, 4));
  assertEquals(packet.resize(48), "queued");
  assertEquals(packet.end, packet.limit);
  assertEquals(packet.resize(49), "exhausted");
  assertEquals(packet.length, 48);
  assertEquals(packet.resize(0), "queued");
  assertEquals(packet.length, 0);
});

Deno.test("Packet.resize() is illegal for less than nothing", () => {
  const packet = lend();
  assertEquals(packet.resize(-1), "illegal");
  assertEquals(packet.resize(NaN), "illegal");
  assertEquals(packet.length, 20);
});

Deno.test("Packet.resize() may follow queue()", () => {
  const packet = lend();
  packet.queue();
  assertEquals(packet.resize(10), "queued");
  assert(packet.reclaim());
  assertEquals(packet.length, 10);
});

Deno.test("Packet.reframe() prepends and strips headers without a copy", () => {
  const packet = lend();
  assertEquals(packet.reframe(28, 0, 20, 8), "queued");
  assertEquals(packet.start, packet.origin - 8);
  assertEquals(octets(packet).slice(8), count(0, 20));
  assertEquals(packet.reframe(10, 18, 28, 0), "queued");
  assertEquals(octets(packet), count(10, 20));
  assertEquals(packet.start, packet.origin + 10);
});

Deno.test("Packet.reframe() moves what it keeps where there is no room in front", () => {
  const packet = lend();
  assertEquals(packet.reframe(40, 0, 20, 17), "queued");
  assertEquals(packet.start, packet.origin);
  assertEquals(octets(packet).slice(17, 37), count(0, 20));
  // Not even behind the headroom.
  assertEquals(packet.reframe(60, 17, 37, 40), "queued");
  assertEquals(packet.start, packet.base);
  assertEquals(octets(packet).slice(40), count(0, 20));
});

Deno.test("Packet.reframe() changes nothing if the slot is too small", () => {
  const packet = lend();
  assertEquals(packet.reframe(65, 0, 20, 17), "exhausted");
  assertEquals(octets(packet), count(0, 20));
  assertEquals(packet.start, packet.origin);
});

Deno.test("Packet.reframe() is illegal if what it keeps is not there or does not fit", () => {
  const packet = lend();
  for (
    const [length, from, to, target] of [
      [10, 0, 20, 0],
      [30, 0, 20, 11],
      [30, 0, 21, 0],
      [30, -1, 20, 0],
      [30, 5, 4, 0],
      [30, 0, 20, -1],
      [NaN, 0, 20, 0],
    ]
  ) {
    assertEquals(packet.reframe(length!, from!, to!, target!), "illegal");
    assertEquals(octets(packet), count(0, 20));
  }
});

Deno.test("Packet.reframe() keeps the octets and stays in the slot", () => {
  const whole = fc.nat(70);
  fc.assert(
    fc.property(
      whole,
      fc.nat(24),
      fc.nat(24),
      whole,
      (length, a, b, target) => {
        const packet = lend();
        const { bytes } = packet.memory;
        bytes.fill(0xee, 0, packet.base);
        bytes.fill(0xee, packet.limit);
        const outcome = packet.reframe(length, a, b, target);
        const legal = a <= b && b <= 20 && target + b - a <= length;
        assertEquals(outcome === "illegal", !legal);
        if (outcome === "queued") {
          assertEquals(packet.length, length);
          assertEquals(
            octets(packet).slice(target, target + b - a),
            count(a, b),
          );
        } else {
          assertEquals(octets(packet), count(0, 20));
        }
        assertEquals(outcome === "exhausted", legal && length > 64);
        assert(packet.start >= packet.base && packet.end <= packet.limit);
        assert(bytes.subarray(0, packet.base).every((octet) => octet === 0xee));
        assert(bytes.subarray(packet.limit, 192).every((o) => o === 0xee));
      },
    ),
    { numRuns: 1000 },
  );
});

Deno.test("Packet.sum() is that of the checksum module", () => {
  const packet = lend();
  const { memory, start } = packet;
  for (const [at, length, seed] of [[start, 20, 0], [start + 3, 9, 0xfffe]]) {
    assertEquals(
      packet.sum(at!, length!, seed!),
      checksum.sum(memory.view, at!, length!, seed!),
    );
  }
});

Deno.test("PacketInfo.clear() forgets checksum and segmentation", () => {
  const { info } = lend();
  info.timestamp = 5;
  info.checksum = CHECKSUM_PARTIAL;
  info.segmentType = SEGMENT_TCP4;
  info.segmentSize = 1448;
  info.clear();
  assertEquals(info.timestamp, 5);
  assertEquals(info.checksum, CHECKSUM_NONE);
  assertEquals(info.segmentType, SEGMENT_NONE);
  assertEquals(info.segmentSize, 0);
});

Deno.test("PacketInfo counts µs, beyond any number of ms (ethox 5.4 #16)", () => {
  const { info } = lend();
  assertEquals(info.timestamp, 0);
  for (const time of [1, 2 ** 31 + 1, 2 ** 41 + 1, 2 ** 53 - 1]) {
    info.timestamp = time;
    assertEquals(info.timestamp, time);
  }
});

Deno.test("deliver() and offer() take functions and objects", () => {
  const packet = lend();
  const seen: string[] = [];
  deliver((packet) => void seen.push(`function ${packet.index}`), packet);
  deliver(
    { receive: ({ index }) => void seen.push(`object ${index}`) },
    packet,
  );
  offer((packet) => void seen.push(`function ${packet.index}`), packet);
  offer({ send: ({ index }) => void seen.push(`object ${index}`) }, packet);
  assertEquals(seen, ["function 1", "object 1", "function 1", "object 1"]);
});

for (const [when, origin] of [["2^41", 2 ** 41], ["2^52", 2 ** 52]] as const) {
  Deno.test(`PacketInfo leaves nothing when it is stamped past ${when}`, () => {
    const packet = lend();
    const late = lend();
    packet.info.timestamp = origin;
    assertSteady(64, () => {
      for (let i = 0; i < 64; i++) {
        packet.info.timestamp += 3;
        late.info.timestamp = packet.info.timestamp;
      }
    });
    assert(late.info.timestamp > origin);
  });
}

Deno.test("Packet makes no garbage over a million loans", () => {
  const packet = lend();
  let sum = 0;
  assertSteady(64, () => {
    for (let i = 0; i < 64; i++) {
      packet.lend(packet.origin, packet.origin + 20, "queued");
      packet.resize(30);
      packet.reframe(40, 0, 30, 10);
      packet.reframe(48, 0, 30, 18);
      sum = packet.sum(packet.start, packet.length, sum);
      packet.queue();
      packet.reclaim();
    }
  });
  assert(sum >= 0);
});
