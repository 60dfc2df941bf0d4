import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ascending, descending, Ordered } from "./ordered.ts";

Deno.test("Ordered agrees with a sorted array, whatever is done", () => {
  const steps = fc.array(
    fc.tuple(
      fc.constantFrom(
        "insert",
        "insert",
        "insert",
        "remove",
        "removeAt",
        "replaceAt",
      ),
      fc.integer({ min: -1, max: 8 }),
      fc.nat(9),
    ),
    { maxLength: 50, size: "max" },
  );
  fc.assert(fc.property(
    fc.nat(8),
    fc.boolean(),
    fc.boolean(),
    steps,
    (capacity, typed, up, steps) => {
      const compare = up ? ascending : descending;
      const list = new Ordered<number>(
        typed ? new Float64Array(capacity) : new Array(capacity).fill(0),
        compare,
      );
      let model: number[] = [];
      for (const [what, at, value] of steps) {
        const inside = at >= 0 && at < model.length;
        if (what === "insert") {
          const room = model.length < capacity;
          const index = list.insert(value);
          assertEquals(index >= 0, room);
          if (room) {
            model = [...model, value].sort(compare);
            assertEquals(index, model.lastIndexOf(value));
          }
        } else if (what === "remove") {
          const index = model.indexOf(value);
          assertEquals(list.remove(value), index >= 0);
          if (index >= 0) model.splice(index, 1);
        } else if (what === "removeAt") {
          const gone = inside ? model.splice(at, 1)[0] : undefined;
          assertEquals(list.removeAt(at), gone);
        } else {
          const changed = inside ? model.with(at, value) : [];
          const fits = inside &&
            changed.join() === changed.toSorted(compare).join();
          assertEquals(list.replaceAt(at, value), fits);
          if (fits) model = changed;
        }
        assertEquals([...list], model);
        assertEquals(list.find(value), model.indexOf(value));
        const before = model.filter((v) => compare(v, value) < 0).length;
        const within = model.filter((v) => compare(v, value) <= 0).length;
        assertEquals(list.lowerBound(value), before);
        assertEquals(list.upperBound(value), within);
        assertEquals([list.length, list.isEmpty, list.isFull], [
          model.length,
          model.length === 0,
          model.length === capacity,
        ]);
      }
      list.clear();
      assertEquals([list.length, list.capacity], [0, capacity]);
    },
  ));
});

interface Record {
  key: number;
  serial: number;
}

Deno.test("Ordered.push() sorts the prepared record in, after its equals", () => {
  const records: Record[] = [];
  for (let i = 0; i < 6; i++) records.push({ key: 0, serial: 0 });
  const made = [...records];
  const list = new Ordered<Record>(records, (a, b) => a.key - b.key);
  [3, 1, 3, 2, 1, 3].forEach((key, serial) => {
    const spare = list.init()!;
    spare.key = key;
    spare.serial = serial;
    const index = list.push();
    assert(list.get(index) === spare);
  });
  assertEquals(
    Array.from(list, (r) => [r.key, r.serial]),
    [[1, 1], [1, 4], [2, 3], [3, 0], [3, 2], [3, 5]],
  );
  assertEquals([list.init(), list.push()], [undefined, -1]);
  const gone = list.removeAt(2)!;
  assert(list.init() === gone);
  // Every record is still there, once.
  assertEquals(new Set(records), new Set(made));
});

Deno.test("Ordered.findBy() looks for a key without a record", () => {
  const byKey = (record: Record, key: number) => record.key - key;
  const list = new Ordered<Record>(
    [{ key: 0, serial: 0 }, { key: 0, serial: 0 }, { key: 0, serial: 0 }],
    (a, b) => a.key - b.key,
  );
  assertEquals(list.findBy(7, byKey), -1);
  for (const key of [9, 5, 7]) {
    list.init()!.key = key;
    list.push();
  }
  assertEquals([5, 6, 7, 9, 10].map((key) => list.findBy(key, byKey)), [
    0,
    -1,
    1,
    2,
    -1,
  ]);
  assertEquals(list.lowerBoundBy(8, byKey), 2);
});

Deno.test("Ordered finds in O(log n) comparisons", () => {
  let comparisons = 0;
  const list = new Ordered(new Int32Array(1024), (a: number, b: number) => {
    comparisons++;
    return a - b;
  });
  for (let i = 0; i < 1024; i++) list.insert((i * 389) % 1024);
  comparisons = 0;
  for (let i = 0; i < 1024; i++) assertEquals(list.find(i), i);
  assert(comparisons <= 1024 * 12, `${comparisons} comparisons`);
});

Deno.test("Ordered refuses an index that is none", () => {
  const list = new Ordered(new Int32Array(4), ascending);
  list.insert(1);
  list.insert(3);
  for (const index of [-1, 0.5, 2, 3, 4, NaN]) {
    assertEquals(list.replaceAt(index, 2), false);
    assertEquals([list.get(index), list.removeAt(index)], [
      undefined,
      undefined,
    ]);
  }
  assertEquals([...list], [1, 3]);
});
