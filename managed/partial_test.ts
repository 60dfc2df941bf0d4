import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Partial } from "./partial.ts";
import { Slice } from "./slice.ts";

Deno.test("Partial.push() and pop() give the same records again", () => {
  const records = [{ n: 0 }, { n: 0 }];
  const partial = new Partial(records);
  assertEquals([partial.isEmpty, partial.isFull], [true, false]);
  assertEquals(partial.init(), records[0]);
  partial.push()!.n = 1;
  partial.push()!.n = 2;
  assertEquals([partial.isEmpty, partial.isFull], [false, true]);
  assertEquals([partial.push(), partial.init()], [undefined, undefined]);
  assertEquals(partial.pop(), { n: 2 });
  assert(partial.push() === records[1]);
  assertEquals(records, [{ n: 1 }, { n: 2 }]);
});

Deno.test("Partial.insertAt() and removeAt() lose no element", () => {
  const partial = new Partial(["a", "b", "c", "d"]);
  partial.resize(3);
  assertEquals(partial.removeAt(0), "a");
  assertEquals([...partial], ["b", "c"]);
  assertEquals(partial.insertAt(1), "a");
  assertEquals([...partial], ["b", "a", "c"]);
  assertEquals(partial.insertAt(3), "d");
  assertEquals(partial.insertAt(0), undefined);
  assertEquals([...partial.slice].sort(), ["a", "b", "c", "d"]);
});

Deno.test("Partial refuses an index beyond those in use", () => {
  const partial = new Partial(new Int32Array(4));
  partial.resize(2);
  for (const index of [-1, 0.5, 3, NaN, Infinity]) {
    assertEquals(partial.insertAt(index), undefined);
  }
  for (const index of [-1, 0.5, 2, 3, 4, NaN]) {
    assertEquals([partial.get(index), partial.removeAt(index)], [
      undefined,
      undefined,
    ]);
    assertEquals(
      [partial.set(index, 1), partial.swap(0, index), partial.move(index, 0)],
      [false, false, false],
    );
  }
  assertEquals(partial.length, 2);
});

Deno.test("Partial.resize() grows again after it shrank, over lent elements (ethox payload.rs:240)", () => {
  const lent = new Uint8Array(10).fill(9);
  const partial = new Partial(new Slice(lent, 2, 4));
  assertEquals([partial.resize(4), partial.resize(1)], [true, true]);
  assertEquals([partial.resize(5), partial.length], [false, 1]);
  assertEquals([partial.resize(4), partial.length], [true, 4]);
  for (const length of [-1, 0.5, NaN, Infinity]) {
    assertEquals(partial.resize(length), false);
  }
  partial.clear();
  assertEquals([partial.length, partial.capacity], [0, 4]);
});

Deno.test("Partial keeps every element once, whatever is done", () => {
  const steps = fc.array(
    fc.tuple(
      fc.constantFrom(
        "push",
        "pop",
        "insertAt",
        "insertAt",
        "removeAt",
        "move",
        "swap",
        "resize",
      ),
      fc.integer({ min: -1, max: 7 }),
      fc.integer({ min: -1, max: 7 }),
    ),
    { maxLength: 50, size: "max" },
  );
  fc.assert(fc.property(fc.nat(6), steps, (capacity, steps) => {
    const all = Array.from({ length: capacity }, (_, i) => ({ i }));
    const partial = new Partial([...all]);
    let used: { i: number }[] = [];
    let spare = [...all];
    for (const [what, a, b] of steps) {
      const inside = a >= 0 && a < used.length;
      if (what === "push") {
        const next = spare.shift();
        assert(partial.push() === next);
        if (next !== undefined) used.push(next);
      } else if (what === "pop") {
        const last = used.pop();
        assert(partial.pop() === last);
        if (last !== undefined) spare.unshift(last);
      } else if (what === "insertAt") {
        const next = a >= 0 && a <= used.length ? spare.shift() : undefined;
        assert(partial.insertAt(a) === next);
        if (next !== undefined) used.splice(a, 0, next);
      } else if (what === "removeAt") {
        const gone = inside ? used.splice(a, 1)[0]! : undefined;
        assert(partial.removeAt(a) === gone);
        if (gone !== undefined) spare.unshift(gone);
      } else if (what === "resize") {
        assertEquals(partial.resize(a), a >= 0 && a <= capacity);
        if (a >= 0 && a <= capacity) {
          const order = [...used, ...spare];
          used = order.slice(0, a);
          spare = order.slice(a);
        }
      } else {
        const both = inside && b >= 0 && b < used.length;
        assertEquals(partial[what](a, b), both);
        if (both && what === "move") used.splice(b, 0, used.splice(a, 1)[0]!);
        else if (both) [used[a], used[b]] = [used[b]!, used[a]!];
      }
      assertEquals([...partial], used);
      assertEquals([...partial.slice], [...used, ...spare]);
      assertEquals(partial.isFull, used.length === capacity);
    }
  }));
});
