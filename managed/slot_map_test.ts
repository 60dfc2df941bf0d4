import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { SlotMap, SlotMapError } from "./slot_map.ts";

Deno.test("SlotMap refuses the default key in every state (ethox 5.4 #12)", () => {
  const map = new SlotMap(["first", "second"]);
  assertEquals([map.get(0), map.has(0), map.remove(0)], [
    undefined,
    false,
    undefined,
  ]);
  const key = map.insert("a");
  assert(key !== 0);
  assertEquals([map.get(0), map.set(0, "x"), map.remove(0)], [
    undefined,
    false,
    undefined,
  ]);
  map.remove(key);
  assertEquals([map.get(0), map.slot(0), map.get(-0)], [
    undefined,
    -1,
    undefined,
  ]);
});

Deno.test("SlotMap says 0 when full and takes again after a removal", () => {
  const map = new SlotMap(new Int32Array(3));
  const keys = [map.insert(5), map.insert(6), map.insert(7)];
  assertEquals([map.isFull, map.insert(8), map.reserve()], [true, 0, 0]);
  assertEquals(keys.map((key) => map.get(key)), [5, 6, 7]);
  assertEquals(map.remove(keys[1]!), 6);
  const key = map.insert(8);
  assertEquals(map.slot(key), 1);
  assertEquals([map.get(keys[1]!), map.get(key)], [undefined, 8]);
});

Deno.test("SlotMap refuses numbers that never were keys", () => {
  const map = new SlotMap(["a", "b", "c"]);
  const key = map.reserve();
  for (
    const other of [
      key + 0.5,
      -key,
      key + 1,
      key + 2 ** 32,
      key + 2 ** 40,
      NaN,
      Infinity,
      -Infinity,
      3,
      2 ** 53,
    ]
  ) {
    assertEquals([map.get(other), map.slot(other)], [undefined, -1]);
  }
  map.remove(key);
  assertEquals([map.get(key), map.get(-key), map.remove(-key)], [
    undefined,
    undefined,
    undefined,
  ]);
});

Deno.test("SlotMap.reserve() gives records out again as they are", () => {
  const records = [{ uses: 0 }];
  const map = new SlotMap(records);
  for (let i = 0; i < 3; i++) {
    const key = map.reserve();
    map.get(key)!.uses++;
    assertEquals(map.remove(key), records[0]);
  }
  assertEquals(records[0]!.uses, 3);
});

Deno.test("SlotMap begins the generations again after the largest key", () => {
  const map = new SlotMap(["", "", ""], 15);
  // Width 4: generations 1 to 3 of slot 0 are the keys 4, 8 and 12.
  const keys = [];
  for (let i = 0; i < 4; i++) {
    keys.push(map.reserve());
    map.remove(keys[i]!);
  }
  assertEquals(keys, [4, 8, 12, 4]);
  assert(new SlotMap([1]).reserve() <= Number.MAX_SAFE_INTEGER);
});

Deno.test("SlotMap keeps keys apart when they pass 2^31 and 2^32", () => {
  const map = new SlotMap(new Uint8Array(2 ** 20));
  const seen = new Set<number>();
  for (let i = 0; i < 5000; i++) {
    const key = map.reserve();
    assert(!seen.has(key));
    seen.add(key);
    assertEquals(map.slot(key), 0);
    map.remove(key);
  }
  assert(Math.max(...seen) > 2 ** 32);
  for (const key of seen) assert(!map.has(key));
});

Deno.test("SlotMap refuses sizes that make no sense", () => {
  assertThrows(() => new SlotMap([]), SlotMapError, "Cannot use 0 slots");
  const much = { length: 2 ** 20 + 1 };
  assertThrows(() => new SlotMap(much), SlotMapError, "1048577");
  for (const maxKey of [0, 10, 11.5, 2 ** 53, NaN]) {
    assertThrows(() => new SlotMap(["", "", ""], maxKey), SlotMapError);
  }
  assertEquals(new SlotMap(["", "", ""], 11).capacity, 3);
});

type Step = ["insert" | "reserve" | "remove" | "stale" | "clear", number];

Deno.test("SlotMap agrees with a Map, whatever is done", () => {
  const step: fc.Arbitrary<Step> = fc.tuple(
    fc.constantFrom("insert", "insert", "reserve", "remove", "stale", "clear"),
    fc.nat(1000),
  );
  fc.assert(fc.property(
    fc.integer({ min: 1, max: 6 }),
    fc.array(step, { maxLength: 80, size: "max" }),
    fc.boolean(),
    (capacity, steps, small) => {
      const map = new SlotMap<number>(
        small ? new Float64Array(capacity) : new Array(capacity).fill(0),
        small ? 2 ** 30 : undefined,
      );
      const model = new Map<number, number>();
      const dead: number[] = [];
      for (const [what, n] of steps) {
        const keys = [...model.keys()];
        const key = keys[n % keys.length]!;
        if (what === "insert" || what === "reserve") {
          const made = what === "insert" ? map.insert(n) : map.reserve();
          assertEquals(made === 0, model.size === capacity);
          if (made === 0) continue;
          assert(!model.has(made) && !dead.includes(made));
          model.set(made, what === "insert" ? n : map.get(made)!);
        } else if (what === "remove" && keys.length > 0) {
          assertEquals(map.remove(key), model.get(key));
          model.delete(key);
          dead.push(key);
        } else if (what === "stale" && dead.length > 0) {
          assertEquals(map.remove(dead[n % dead.length]!), undefined);
        } else if (what === "clear" && n < 100) {
          map.clear();
          dead.push(...keys);
          model.clear();
        }
        assertEquals(map.size, model.size);
        for (const [key, value] of model) {
          assertEquals(map.get(key), value);
          assertEquals(map.key(map.slot(key)), key);
        }
        for (const key of dead) assertEquals(map.slot(key), -1);
        const visited: number[] = [];
        for (let i = 0; i < map.size; i++) visited.push(map.key(map.slotAt(i)));
        assertEquals(visited.sort(), [...model.keys()].sort());
        assertEquals([map.slotAt(-1), map.slotAt(0.5), map.slotAt(map.size)], [
          -1,
          -1,
          -1,
        ]);
      }
    },
  ));
});

Deno.test("SlotMap visits each once when those visited are removed", () => {
  const map = new SlotMap([0, 1, 2, 3, 4, 5]);
  for (let i = 0; i < 6; i++) map.reserve();
  const visited: number[] = [];
  for (let i = map.size - 1; i >= 0; i--) {
    const slot = map.slotAt(i);
    visited.push(slot);
    if (slot % 2 === 0) map.remove(map.key(slot));
  }
  assertEquals(visited.sort(), [0, 1, 2, 3, 4, 5]);
  assertEquals(map.size, 3);
  for (let slot = 0; slot < 6; slot++) {
    assertEquals(map.key(slot) > 0, slot % 2 === 1);
  }
  assertEquals([map.key(-1), map.key(6)], [0, 0]);
});
