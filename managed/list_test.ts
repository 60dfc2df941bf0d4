import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { List } from "./list.ts";
import { Slice } from "./slice.ts";

Deno.test("List agrees with an array, plain or typed, whatever is done", () => {
  const steps = fc.array(
    fc.tuple(
      fc.constantFrom(
        "push",
        "push",
        "pop",
        "insertAt",
        "insertAt",
        "removeAt",
        "swapRemoveAt",
        "set",
        "truncate",
        "indexOf",
      ),
      fc.integer({ min: -1, max: 7 }),
      fc.nat(5),
    ),
    { maxLength: 60, size: "max" },
  );
  const property = fc.property(
    fc.nat(6),
    fc.boolean(),
    steps,
    (capacity, typed, steps) => {
      const around = typed
        ? new Int32Array(capacity + 2)
        : new Array<number>(capacity + 2).fill(0);
      around[0] = -7;
      around[capacity + 1] = -8;
      const list = new List<number>(new Slice<number>(around, 1, capacity));
      const model: number[] = [];
      for (const [what, at, value] of steps) {
        const room = model.length < capacity;
        const inside = at >= 0 && at < model.length;
        if (what === "push") {
          assertEquals(list.push(value), room);
          if (room) model.push(value);
        } else if (what === "pop") {
          assertEquals(list.pop(), model.pop());
        } else if (what === "insertAt") {
          const possible = room && at >= 0 && at <= model.length;
          assertEquals(list.insertAt(at, value), possible);
          if (possible) model.splice(at, 0, value);
        } else if (what === "removeAt") {
          const gone = inside ? model.splice(at, 1)[0] : undefined;
          assertEquals(list.removeAt(at), gone);
        } else if (what === "swapRemoveAt") {
          assertEquals(list.swapRemoveAt(at), inside ? model[at] : undefined);
          if (inside) {
            const last = model.pop()!;
            if (at < model.length) model[at] = last;
          }
        } else if (what === "set") {
          assertEquals(list.set(at, value), inside);
          if (inside) model[at] = value;
        } else if (what === "truncate") {
          list.truncate(at);
          if (inside) model.length = at;
        } else {
          assertEquals(list.indexOf(value), model.indexOf(value));
        }
        assertEquals([...list], model);
        assertEquals(list.get(at), at < 0 ? undefined : model[at]);
        assertEquals(
          [list.length, list.isEmpty, list.isFull],
          [model.length, model.length === 0, model.length === capacity],
        );
      }
      // Neighbours in the lent array are left alone.
      assertEquals([around[0], around[capacity + 1]], [-7, -8]);
      list.clear();
      assertEquals([list.length, list.capacity], [0, capacity]);
    },
  );
  fc.assert(property);
});

Deno.test("List refuses an index between two", () => {
  const list = new List(["", "", ""]);
  list.push("a");
  list.push("b");
  assertEquals(list.insertAt(0.5, "x"), false);
  assertEquals([list.removeAt(0.5), list.swapRemoveAt(0.5)], [
    undefined,
    undefined,
  ]);
  assertEquals(list.set(0.5, "x"), false);
  assertEquals([...list], ["a", "b"]);
});
