import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Memory } from "@ethox/managed/memory";
import {
  Pattern,
  PatternError,
  PatternSink,
  PERIOD,
  Table,
} from "./pattern.ts";
import { MAX_WINDOW, WindowError } from "./reassembly.ts";

Deno.test("Pattern makes each octet from its position alone, any number of times", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat(200_000), { maxLength: 4 }),
      fc.nat(200_000),
      fc.nat(150_000),
      (acknowledged, offset, length) => {
        const pattern = new Pattern();
        let start = 0;
        for (const octets of acknowledged) {
          pattern.acknowledge(octets);
          start += octets;
        }
        const memory = Memory.from(new Uint8Array(length + 2));
        pattern.fill(memory, 1, offset, length);
        assertEquals([memory.bytes[0], memory.bytes[length + 1]], [0, 0]);
        for (const i of [0, 1, length >> 1, length - 1]) {
          if (i < 0 || i >= length) continue;
          const octet = Table.standard.octet(start + offset + i);
          assertEquals(memory.bytes[1 + i], octet);
        }
      },
    ),
    { numRuns: 100 },
  );
});

Deno.test("Table has octets that do not repeat before the period does", () => {
  const octets = Table.standard.memory.bytes.subarray(0, PERIOD);
  for (const step of [1, 4, 536, 1448, 1460, 4096, 65536]) {
    let same = 0;
    for (let i = 0; i < PERIOD; i++) {
      if (octets[i] === octets[(i + step) % PERIOD]) same++;
    }
    assert(same < PERIOD / 100, `${same} octets are the same at ${step}`);
  }
  assert(new Table(1).octet(5) !== new Table(2).octet(5));
});

Deno.test("Pattern ends behind its total", () => {
  const pattern = new Pattern({ total: 5 });
  const memory = Memory.from(new Uint8Array(8));
  assertEquals([pattern.available(), pattern.finished], [5, true]);
  pattern.fill(memory, 0, 2, 8);
  assertEquals([...memory.bytes.subarray(3)], [0, 0, 0, 0, 0]);
  assertEquals([pattern.sent, pattern.acknowledged], [5, 0]);
  pattern.acknowledge(9);
  assertEquals([pattern.sent, pattern.acknowledged], [5, 5]);
  assertEquals([pattern.available(), pattern.finished], [0, true]);
  assertEquals(new Pattern({ total: 0 }).finished, true);
});

Deno.test("Pattern is finished only once its end is available when it is longer than a window", () => {
  const pattern = new Pattern({ total: 3 * MAX_WINDOW });
  for (const finished of [false, false, true]) {
    assertEquals(pattern.available(), MAX_WINDOW);
    assertEquals(pattern.finished, finished);
    pattern.acknowledge(MAX_WINDOW);
  }
  assertEquals([pattern.available(), pattern.finished], [0, true]);
});

Deno.test("Pattern goes on beyond 2^32 octets without end", () => {
  const pattern = new Pattern();
  const memory = Memory.from(new Uint8Array(1));
  for (let i = 1; i <= 6; i++) pattern.acknowledge(MAX_WINDOW - 1);
  pattern.fill(memory, 0, 3, 1);
  const position = 6 * (MAX_WINDOW - 1) + 3;
  assertEquals(memory.bytes[0], Table.standard.octet(position));
  assertEquals([pattern.available(), pattern.finished], [MAX_WINDOW, false]);
  assertEquals(pattern.total, Infinity);
});

Deno.test("Pattern.finish() ends behind what was asked for", () => {
  const pattern = new Pattern();
  const memory = Memory.from(new Uint8Array(8));
  pattern.fill(memory, 0, 2, 6);
  pattern.acknowledge(3);
  pattern.finish();
  assertEquals([pattern.available(), pattern.finished], [5, true]);
  assertEquals([pattern.total, pattern.sent], [8, 8]);
});

Deno.test("PatternSink finds each wrong octet, in order or not, and judges it once", () => {
  const pattern = new Pattern();
  const sink = new PatternSink({ window: 200_000 });
  const packet = Memory.allocate(1100);
  const receive = (offset: number, wrong: number[] = []) => {
    pattern.fill(packet, 7, offset - sink.received, 1000);
    for (const i of wrong) packet.bytes[7 + i]! ^= 1;
    return sink.receive(packet, 7, offset - sink.received, 1000);
  };
  assertEquals([receive(0), sink.mismatches, sink.firstMismatch], [
    1000,
    0,
    -1,
  ]);
  pattern.acknowledge(1000);
  receive(3000, [0, 17, 999]);
  assertEquals([sink.mismatches, sink.firstMismatch], [3, 3000]);
  receive(2500, [3, 600]);
  assertEquals([sink.mismatches, sink.firstMismatch], [4, 2503]);
  receive(1000);
  pattern.acknowledge(1000);
  assertEquals([receive(2000), sink.received], [2000, 4000]);
  assertEquals([sink.mismatches, sink.firstMismatch], [4, 2503]);
  sink.clear();
  assertEquals([sink.received, sink.mismatches, sink.firstMismatch], [
    0,
    0,
    -1,
  ]);
});

Deno.test("PatternSink knows every octet of any segment", () => {
  fc.assert(
    fc.property(
      fc.nat(150_000),
      fc.nat(70_000),
      fc.integer({ min: 1, max: 140_000 }),
      fc.nat(),
      (start, offset, length, at) => {
        const pattern = new Pattern();
        const sink = new PatternSink();
        const packet = Memory.from(new Uint8Array(length + 3));
        sink.receive(packet, 0, 0, 0);
        pattern.acknowledge(start);
        // Brings the sink to the same position, whatever the octets.
        for (let left = start; left > 0;) {
          left -= sink.receive(packet, 0, 0, Math.min(left, length));
        }
        sink.mismatches = 0;
        sink.firstMismatch = -1;
        pattern.fill(packet, 3, offset, length);
        packet.bytes[3 + at % length]! ^= 0x80;
        sink.receive(packet, 3, offset, length);
        assertEquals(sink.mismatches, 1);
        assertEquals(sink.firstMismatch, start + offset + at % length);
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("PatternSink sees octets of another table as wrong", () => {
  const pattern = new Pattern({ table: new Table(7) });
  const sink = new PatternSink();
  const packet = Memory.allocate(1000);
  pattern.fill(packet, 0, 0, 1000);
  assertEquals(sink.receive(packet, 0, 0, 1000), 1000);
  assert(sink.mismatches > 900);
});

Deno.test("Pattern and PatternSink throw when a length makes no sense", () => {
  for (const total of [-1, 1.5, NaN, 2 ** 53]) {
    assertThrows(() => new Pattern({ total }), PatternError, `${total}`);
  }
  assertThrows(() => new PatternSink({ window: -1 }), WindowError);
});
