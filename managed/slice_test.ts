import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Slice, SliceError } from "./slice.ts";

Deno.test("Slice is over one element or many, plain or typed", () => {
  const one = Slice.one("a");
  assertEquals([one.length, one.get(0), one.get(1)], [1, "a", undefined]);
  const record = { seen: 0 };
  assertEquals(Slice.one(record).get(0), record);
  const many = Slice.from(["a", "b"]);
  assertEquals(Slice.from(many), many);
  assertEquals([...many], ["a", "b"]);
  assertEquals([...new Slice(new Uint8Array([1, 2, 3]), 1)], [2, 3]);
  assertEquals([...new Slice<number>([])], []);
});

Deno.test("Slice writes through to the array it was given, and no further", () => {
  const octets = new Uint8Array(6);
  const slice = new Slice(octets, 2, 2);
  assertEquals(slice.set(0, 7), true);
  for (const index of [-1, 0.5, 2, NaN, Infinity, 2 ** 32]) {
    assertEquals(slice.set(index, 9), false);
    assertEquals(slice.get(index), undefined);
  }
  assertEquals(octets, new Uint8Array([0, 0, 7, 0, 0, 0]));
  slice.fill(5);
  assertEquals(octets, new Uint8Array([0, 0, 5, 5, 0, 0]));
});

Deno.test("Slice.cut() stays in the run it is cut from", () => {
  const slice = new Slice([0, 1, 2, 3, 4, 5], 1, 4);
  assertEquals([...slice.cut(1, 2)], [2, 3]);
  assertEquals([...slice.cut(4)], []);
  for (const [start, length] of [[-1, 2], [3, 2], [5, 0], [0, -1], [0.5, 1]]) {
    assertThrows(() => slice.cut(start!, length), SliceError);
  }
  assertThrows(() => slice.cut(NaN, 1), SliceError, "NaN");
  assertThrows(
    () => new Slice([1], 1, 1),
    SliceError,
    "Cannot use 1 elements from 1: there are 1",
  );
});

Deno.test("Slice.move() and swap() agree with a plain array", () => {
  fc.assert(fc.property(
    fc.array(fc.nat(99), { maxLength: 12 }),
    fc.integer({ min: -1, max: 12 }),
    fc.integer({ min: -1, max: 12 }),
    fc.boolean(),
    (values, a, b, typed) => {
      const inside = a >= 0 && b >= 0 && a < values.length && b < values.length;
      const make = () => typed ? Int32Array.from(values) : [...values];
      const moved = [...values];
      if (inside) moved.splice(b, 0, moved.splice(a, 1)[0]!);
      const slice = new Slice<number>(make());
      assertEquals(slice.move(a, b), inside);
      assertEquals([...slice], moved);
      const swapped = [...values];
      if (inside) {
        swapped[a] = values[b]!;
        swapped[b] = values[a]!;
      }
      const other = new Slice<number>(make());
      assertEquals(other.swap(a, b), inside);
      assertEquals([...other], swapped);
    },
  ));
});
