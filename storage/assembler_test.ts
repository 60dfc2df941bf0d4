import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  Assembler,
  AssemblerError,
  FULL,
  MAX_POSITION,
  type WhenFull,
} from "./assembler.ts";

type Range = readonly [start: number, end: number];

function assembler(
  ranges: readonly Range[],
  capacity = 4,
  whenFull: WhenFull = "refuse",
): Assembler {
  const result = Assembler.allocate(capacity, whenFull);
  for (const [start, end] of ranges) {
    // A range at the front stays only if nothing is released.
    assertEquals(result.boundedAdd(start, end - start, 0), 0);
  }
  return result;
}

Deno.test("Assembler is empty when new", () => {
  const a = Assembler.allocate(4);
  assertEquals([a.isEmpty, a.count, a.end, a.front], [true, 0, 0, 0]);
  assertEquals([...a], []);
});

for (
  const [why, ranges, start, size, released, left] of [
    // To an empty one of which 16 octets are of interest.
    ["fills an empty one wholly", [], 0, 16, 16, []],
    ["fills the front of an empty one", [], 0, 4, 4, []],
    ["fills the back of an empty one", [], 12, 4, 0, [[12, 16]]],
    ["fills the middle of an empty one", [], 4, 8, 0, [[4, 12]]],
    // To one range.
    ["touches the front of a range", [[4, 12]], 1, 3, 0, [[1, 12]]],
    ["touches the back of a range", [[4, 12]], 12, 3, 0, [[4, 15]]],
    ["overlaps the front of a range", [[4, 12]], 2, 6, 0, [[2, 12]]],
    [
      "overlaps the front of the second range and leaves a hole on both sides",
      [[2, 4], [8, 12]],
      6,
      4,
      0,
      [[2, 4], [6, 12]],
    ],
    ["overlaps the back of a range", [[4, 12]], 8, 6, 0, [[4, 14]]],
    [
      "overlaps the back of the first range and leaves a hole on both sides",
      [[2, 6], [12, 14]],
      4,
      5,
      0,
      [[2, 9], [12, 14]],
    ],
    ["overlaps a range on both sides", [[4, 12]], 2, 12, 0, [[2, 14]]],
    [
      "overlaps ranges on both sides and joins them",
      [[2, 5], [7, 8], [10, 14]],
      4,
      7,
      0,
      [[2, 14]],
    ],
    // To the front.
    ["reaches the first range exactly", [[4, 12]], 0, 4, 12, []],
    ["reaches into the first range", [[4, 12]], 0, 8, 12, []],
    ["reaches over the first range", [[4, 12]], 0, 14, 14, []],
    ["ends before the first range", [[4, 12]], 0, 3, 3, [[1, 9]]],
    [
      "fills the hole before the first of three",
      [[4, 6], [8, 9], [12, 13]],
      0,
      4,
      6,
      [[2, 3], [6, 7]],
    ],
    // What adds nothing.
    ["is held already", [[4, 12]], 5, 3, 0, [[4, 12]]],
    ["is empty", [[4, 12]], 2, 0, 0, [[4, 12]]],
    ["has a negative size", [[4, 12]], 2, -3, 0, [[4, 12]]],
    ["lies before the front", [[4, 12]], -5, 5, 0, [[4, 12]]],
    ["begins before the front", [[4, 12]], -5, 7, 2, [[2, 10]]],
    [
      "ends beyond the largest position",
      [],
      MAX_POSITION - 2,
      9,
      0,
      [[MAX_POSITION - 2, MAX_POSITION]],
    ],
    ["begins beyond the largest position", [], MAX_POSITION + 5, 9, 0, []],
  ] as [string, Range[], number, number, number, Range[]][]
) {
  Deno.test(`Assembler.add() is right when the range ${why}`, () => {
    const a = assembler(ranges);
    assertEquals(a.add(start, size), released);
    assertEquals([...a], left.map((range) => [...range]));
    assertEquals(a.end, left.at(-1)?.[1] ?? 0);
  });
}

const THREE: Range[] = [[2, 3], [5, 6], [8, 9]];

Deno.test("Assembler.add() keeps the state when it refuses", () => {
  const a = assembler(THREE, 3);
  assertEquals(a.accepts(11, 1), false);
  assertEquals(a.add(11, 1), FULL);
  assertEquals([...a], THREE.map((range) => [...range]));
  assertEquals(a.refused, 1);
  assertEquals(a.accepts(6, 1), true);
  assertEquals(a.add(6, 1), 0);
  assertEquals([...a], [[2, 3], [5, 7], [8, 9]]);
});

Deno.test("Assembler.add() makes forward progress at 0 when full", () => {
  const a = assembler(THREE, 3);
  for (let released = 0; released < 9;) {
    const now = a.add(0, 1);
    assert(now > 0);
    released += now;
    if (released === 9) assertEquals(a.isEmpty, true);
  }
});

Deno.test("Assembler.add() shortens the first hole when full and the range at 0 ends inside it (ethox 5.4 #11)", () => {
  const a = assembler([[2, 4], [6, 7]], 2);
  assertEquals(a.add(0, 1), 1);
  assertEquals([...a], [[1, 3], [5, 6]]);
  assertEquals(a.end, 6);
  assertEquals(a.add(0, 1), 3);
  assertEquals([...a], [[2, 3]]);
});

Deno.test("Assembler.boundedAdd() shortens the first hole when full and only some octets fit (ethox 5.4 #11)", () => {
  const a = assembler([[5, 6], [8, 9]], 2);
  assertEquals(a.boundedAdd(0, 3, 2), 2);
  assertEquals([...a], [[3, 4], [6, 7]]);
});

Deno.test("Assembler.reduceFront() releases nothing when a hole is in front", () => {
  const a = assembler([[1, 4]]);
  assertEquals([a.front, a.reduceFront()], [0, 0]);
  assertEquals([...a], [[1, 4]]);
});

Deno.test("Assembler.reduceFront() releases the front when a hole and data follow", () => {
  const a = assembler([[0, 4], [6, 8]]);
  assertEquals([a.front, a.reduceFront()], [4, 4]);
  assertEquals([...a], [[2, 4]]);
  assertEquals([a.end, a.reduceFront()], [4, 0]);
});

Deno.test("Assembler.clear() forgets all ranges", () => {
  const a = assembler(THREE);
  a.clear();
  assertEquals([a.isEmpty, a.end, [...a]], [true, 0, []]);
  assertEquals(a.add(0, 4), 4);
});

for (
  const [why, ranges] of [
    ["there is none", []],
    ["one is at the front", [[0, 4]]],
    ["one is at the back", [[12, 16]]],
    ["one is in the middle", [[4, 12]]],
    ["one fills everything", [[0, 16]]],
    ["one is at each end", [[0, 4], [12, 16]]],
    ["two have holes around", [[2, 6], [8, 12]]],
    ["three have holes around", [[1, 4], [6, 8], [10, 14]]],
  ] as [string, Range[]][]
) {
  Deno.test(`Assembler iterates over ranges when ${why}`, () => {
    const a = assembler(ranges);
    assertEquals([...a], ranges.map((range) => [...range]));
    assertEquals(a.count, ranges.length);
    for (const [i, [start, end]] of ranges.entries()) {
      assertEquals([a.rangeStart(i), a.rangeEnd(i)], [start, end]);
      assertEquals(a.data(i), end - start);
      assertEquals(a.hole(i), start - (ranges[i - 1]?.[1] ?? 0));
    }
  });
}

Deno.test("Assembler.boundedAdd() releases at most the bound and keeps the rest", () => {
  const a = assembler([]);
  assertEquals(a.boundedAdd(0, 10, 4), 4);
  assertEquals([...a], [[0, 6]]);
  assertEquals([a.front, a.end], [6, 6]);
});

Deno.test("Assembler.boundedAdd() releases nothing when the bound is 0", () => {
  const a = assembler([]);
  assertEquals(a.boundedAdd(0, 10, 0), 0);
  assertEquals([...a], [[0, 10]]);
});

Deno.test("Assembler.boundedAdd() releases all when the bound is exact", () => {
  const a = assembler([[4, 10]]);
  assertEquals(a.boundedAdd(0, 4, 10), 10);
  assertEquals(a.isEmpty, true);
});

Deno.test("Assembler.boundedAdd() releases what was held back when the same range comes again", () => {
  const a = assembler([[12, 14]]);
  assertEquals(a.boundedAdd(0, 10, 4), 4);
  assertEquals(a.boundedAdd(0, 6, 4), 4);
  assertEquals(a.boundedAdd(0, 2, 4), 2);
  assertEquals([...a], [[2, 4]]);
});

Deno.test("Assembler.boundedAdd() releases what was held back when a range elsewhere comes", () => {
  const a = assembler([]);
  assertEquals(a.boundedAdd(0, 10, 4), 4);
  assertEquals(a.boundedAdd(20, 2, 4), 4);
  assertEquals([...a], [[0, 2], [16, 18]]);
});

Deno.test("Assembler.boundedAdd() makes progress at 0 when full unless the bound is 0", () => {
  const ranges: Range[] = [[3, 4], [6, 7], [9, 10]];
  const a = assembler(ranges, 3);
  assertEquals(a.boundedAdd(0, 2, 0), FULL);
  assertEquals([...a], ranges.map((range) => [...range]));
  assertEquals(a.boundedAdd(0, 2, 2), 2);
  assertEquals([...a], [[1, 2], [4, 5], [7, 8]]);
  // Now it touches the first range, so all of it can be remembered.
  assertEquals(a.boundedAdd(0, 1, 1), 1);
  assertEquals([...a], [[0, 1], [3, 4], [6, 7]]);
});

Deno.test("Assembler accepts what comes in order when it has no ranges at all", () => {
  const a = Assembler.allocate(0, "drop-furthest");
  assertEquals([a.accepts(1, 1), a.accepts(0, 1)], [false, true]);
  assertEquals([a.add(1, 1), a.add(0, 3), a.boundedAdd(0, 3, 2)], [FULL, 3, 2]);
});

Deno.test("Assembler.add() forgets the furthest range in favour of a nearer one when asked (A70 SegmentSmack)", () => {
  const a = assembler(THREE, 3, "drop-furthest");
  assertEquals([a.accepts(11, 1), a.add(11, 1)], [false, FULL]);
  assertEquals([a.accepts(7, 1), a.accepts(4, 1)], [true, true]);
  assertEquals(a.add(6, 1), 0);
  assertEquals([...a], [[2, 3], [5, 7], [8, 9]]);
  assertEquals([a.add(0, 1), a.dropped], [1, 0]);
  assertEquals([...a], [[1, 2], [4, 6], [7, 8]]);
  assertEquals([a.boundedAdd(0, 1, 0), a.front], [0, 2]);
  assertEquals(a.reduceFront(), 2);
  assertEquals(a.add(10, 1), 0);
  assertEquals([...a], [[2, 4], [5, 6], [10, 11]]);
  assertEquals([a.add(7, 2), a.dropped, a.end], [0, 1, 9]);
  assertEquals([...a], [[2, 4], [5, 6], [7, 9]]);
});

Deno.test("Assembler stays bounded and goes on when 10^5 ranges of one octet come (A70 SegmentSmack)", () => {
  for (const whenFull of ["refuse", "drop-furthest"] as const) {
    const a = Assembler.allocate(64, whenFull);
    for (let i = 0; i < 1e5; i++) {
      a.add(2 + 2 * ((i * 7919) % 400_000), 1);
      assert(a.count <= 64);
    }
    for (let left = 800_002; left > 0;) {
      const released = a.add(0, 1000);
      assert(released >= 1000);
      left -= released;
    }
    assertEquals(a.isEmpty, true);
  }
});

Deno.test("Assembler.ranges() writes the range that grew last first (RFC 2018 section 4)", () => {
  const a = assembler([[10, 12], [20, 22], [30, 32]]);
  const into = new Int32Array(6);
  assertEquals(a.ranges(into), 3);
  assertEquals([...into], [30, 32, 20, 22, 10, 12]);

  assertEquals(a.add(12, 1), 0);
  assertEquals(a.ranges(into, 2), 2);
  assertEquals([...into.subarray(0, 4)], [10, 13, 30, 32]);

  assertEquals(a.add(21, 10), 0);
  assertEquals(a.ranges(into), 2);
  assertEquals([...into.subarray(0, 4)], [20, 32, 10, 13]);

  a.clear();
  assertEquals(a.ranges(into), 0);
});

Deno.test("Assembler throws AssemblerError when the words are no whole number of ranges", () => {
  assertThrows(() => new Assembler(new Int32Array(4)), AssemblerError, "4");
  assertThrows(() => Assembler.allocate(-1), AssemblerError, "-1");
  assertThrows(() => Assembler.allocate(1.5), AssemblerError, "1.5");
});

/** The same by one boolean per octet. */
class Bitmap {
  bits: boolean[] = [];
  capacity: number;
  whenFull: WhenFull;

  constructor(capacity: number, whenFull: WhenFull) {
    this.capacity = capacity;
    this.whenFull = whenFull;
  }

  static ranges(bits: readonly boolean[]): [number, number][] {
    const ranges: [number, number][] = [];
    for (let i = 0; i < bits.length; i++) {
      if (!bits[i]) continue;
      const last = ranges.at(-1);
      if (last?.[1] === i) last[1]++;
      else ranges.push([i, i + 1]);
    }
    return ranges;
  }

  release(max: number): number {
    let front = 0;
    while (this.bits[front] && front < max) front++;
    this.bits.splice(0, front);
    return front;
  }

  add(start: number, size: number, max: number): number {
    if (size === 0) return this.release(max);
    const before = this.bits;
    this.bits = Array.from(
      { length: Math.max(before.length, start + size) },
      (_, i) => (before[i] ?? false) || (i >= start && i < start + size),
    );
    const merged = this.bits.slice();
    const released = this.release(max);
    if (Bitmap.ranges(this.bits).length <= this.capacity) return released;
    if (this.whenFull === "drop-furthest") {
      const last = Bitmap.ranges(merged).at(-1)!;
      if (last[0] > start) {
        this.bits = merged.slice(0, last[0]);
        return this.release(max);
      }
    }
    this.bits = before;
    if (start === 0 && max > 0) {
      this.bits.splice(0, Math.min(max, size));
      return Math.min(max, size);
    }
    return FULL;
  }
}

Deno.test("Assembler agrees with a bitmap on any sequence of calls", () => {
  const call = fc.record({
    start: fc.oneof(fc.constant(0), fc.nat(60)),
    size: fc.nat(12),
    max: fc.oneof(fc.constant(1000), fc.nat(10)),
    kind: fc.constantFrom("add", "add", "boundedAdd", "reduceFront"),
  });
  fc.assert(
    fc.property(
      fc.nat(5),
      fc.constantFrom<WhenFull>("refuse", "drop-furthest"),
      fc.array(call, { maxLength: 60 }),
      (capacity, whenFull, calls) => {
        const a = Assembler.allocate(capacity, whenFull);
        const model = new Bitmap(capacity, whenFull);
        for (const { start, size, max, kind } of calls) {
          if (kind === "reduceFront") {
            assertEquals(a.reduceFront(max), model.release(max));
          } else {
            const bound = kind === "add" ? MAX_POSITION : max;
            const accepts = a.accepts(start, size);
            const expected = model.add(start, size, bound);
            const released = kind === "add"
              ? a.add(start, size)
              : a.boundedAdd(start, size, max);
            assertEquals(released, expected);
            if (kind === "add") assertEquals(accepts, expected !== FULL);
          }
          const ranges = Bitmap.ranges(model.bits);
          assertEquals([...a], ranges);
          assertEquals(a.end, ranges.at(-1)?.[1] ?? 0);

          const words = new Int32Array(2 * capacity);
          assertEquals(a.ranges(words), ranges.length);
          const written = ranges.map((
            _,
            i,
          ) => [words[2 * i]!, words[2 * i + 1]!]);
          written.sort((x, y) => x[0]! - y[0]!);
          assertEquals(written, ranges);
        }
      },
    ),
    { numRuns: 2000 },
  );
});
