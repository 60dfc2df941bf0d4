import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Map as Table, MapError, type MapOptions } from "./map.ts";
import { SipHash } from "./siphash.ts";

const KNOWN = Uint8Array.from({ length: 16 }, (_, i) => i);
const UNKNOWN = Uint8Array.from({ length: 16 }, (_, i) => (211 * i + 77) & 255);

type Words = MapOptions["words"];
type Key = [number, number, number, number];

function get(table: Table, words: Words, [a, b, c, d]: Key): number {
  if (words === 1) return table.get1(a);
  if (words === 2) return table.get2(a, b);
  return words === 3 ? table.get3(a, b, c) : table.get4(a, b, c, d);
}

function set(table: Table, words: Words, key: Key, value: number): boolean {
  const [a, b, c, d] = key;
  if (words === 1) return table.set1(a, value);
  if (words === 2) return table.set2(a, b, value);
  if (words === 3) return table.set3(a, b, c, value);
  return table.set4(a, b, c, d, value);
}

function remove(table: Table, words: Words, [a, b, c, d]: Key): number {
  if (words === 1) return table.delete1(a);
  if (words === 2) return table.delete2(a, b);
  return words === 3 ? table.delete3(a, b, c) : table.delete4(a, b, c, d);
}

for (const words of [1, 2, 3, 4] as const) {
  Deno.test(`Map with keys of ${words} words agrees with a model, whatever is done`, () => {
    // Few different words, so that keys meet again and differ in one word.
    const word = fc.constantFrom(0, 1, -1, 0x7fffffff, -0x80000000);
    const steps = fc.array(
      fc.tuple(
        fc.constantFrom("set", "set", "set", "delete", "delete", "clear"),
        fc.tuple(word, word, word, word),
        fc.nat(0x7fffffff),
      ),
      { maxLength: 80, size: "max" },
    );
    fc.assert(fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      steps,
      (capacity, key, steps) => {
        const table = new Table({ capacity, words, key });
        const model = new Map<string, number>();
        const keys = new Map<string, Key>();
        for (const [what, key, value] of steps) {
          const name = key.slice(0, words).join();
          keys.set(name, key);
          if (what === "set") {
            const room = model.has(name) || model.size < capacity;
            assertEquals(set(table, words, key, value), room);
            if (room) model.set(name, value);
          } else if (what === "delete") {
            assertEquals(remove(table, words, key), model.get(name) ?? -1);
            model.delete(name);
          } else if (value % 8 === 0) {
            table.clear();
            model.clear();
          }
          assertEquals(table.size, model.size);
          for (const [name, key] of keys) {
            assertEquals(get(table, words, key), model.get(name) ?? -1);
          }
          const visited = new Map<string, number>();
          for (let place = 0; place < table.places; place++) {
            const value = table.valueAt(place);
            if (value < 0) continue;
            const key = [];
            for (let i = 0; i < words; i++) key.push(table.wordAt(place, i));
            visited.set(key.join(), value);
          }
          assertEquals(visited, model);
        }
      },
    ));
  });
}

/** Keys of one word whose entries all want the same place under a hash. */
function colliding(key: Uint8Array, count: number, places: number): number[] {
  const hash = new SipHash(key);
  const keys: number[] = [];
  for (let word = 0; keys.length < count; word++) {
    if ((hash.hash1(word) & (places - 1)) === 0) keys.push(word);
  }
  return keys;
}

Deno.test("Map finds what is behind a hole, wherever the run begins", () => {
  // All want the last of 16 places, so that the run goes on at the first.
  const hash = new SipHash(KNOWN);
  const keys: number[] = [];
  for (let word = 0; keys.length < 6; word++) {
    if ((hash.hash1(word) & 15) >= 14) keys.push(word);
  }
  for (let first = 0; first < 6; first++) {
    for (let second = 0; second < 6; second++) {
      const table = new Table({ capacity: 8, words: 1, key: KNOWN });
      assertEquals(table.places, 16);
      keys.forEach((key, i) => table.set1(key, i));
      for (const i of [first, second]) {
        const there = table.get1(keys[i]!);
        assertEquals(table.delete1(keys[i]!), there);
        assertEquals(table.delete1(keys[i]!), -1);
      }
      keys.forEach((key, i) => {
        const gone = i === first || i === second;
        assertEquals(table.get1(key), gone ? -1 : i);
      });
    }
  }
});

Deno.test("Map keeps keys apart whose whole hashes are equal", () => {
  const hash = new SipHash(KNOWN);
  // So many hashes of 32 bits that some are equal (birthday).
  const count = 400_000;
  for (const words of [1, 2, 3, 4] as const) {
    // They differ in the last word only, then in the first only.
    for (const index of new Set([words - 1, 0])) {
      const seen = new Map<number, number>();
      let pairs = 0;
      for (let word = 0; word < count && pairs === 0; word++) {
        const key: Key = [7, 7, 7, 7];
        key[index] = word;
        const [a, b, c, d] = key;
        const digest = words === 1
          ? hash.hash1(a)
          : words === 2
          ? hash.hash2(a, b)
          : words === 3
          ? hash.hash3(a, b, c)
          : hash.hash4(a, b, c, d);
        const twin = seen.get(digest);
        seen.set(digest, word);
        if (twin === undefined) continue;
        pairs++;
        const other: Key = [...key];
        other[index] = twin;
        const table = new Table({ capacity: 2, words, key: KNOWN });
        assert(set(table, words, key, 1));
        assertEquals(get(table, words, other), -1);
        assert(set(table, words, other, 2));
        assertEquals([get(table, words, key), get(table, words, other)], [
          1,
          2,
        ]);
        assertEquals(remove(table, words, key), 1);
        assertEquals([get(table, words, key), get(table, words, other)], [
          -1,
          2,
        ]);
      }
      assertEquals(pairs, 1);
    }
  }
});

Deno.test("Map leaves no traces of removals behind", () => {
  const table = new Table({ capacity: 64, words: 1, key: KNOWN });
  for (let i = 0; i < 50_000; i++) {
    assert(table.set1(i, i));
    if (i >= 63) assertEquals(table.delete1(i - 63), i - 63);
  }
  assertEquals(table.size, 63);
  let held = 0;
  for (let place = 0; place < table.places; place++) {
    if (table.valueAt(place) >= 0) held++;
  }
  assertEquals(held, 63);
});

Deno.test("Map says no when it is full, and never grows (ethox 5.4 #13)", () => {
  const table = new Table({ capacity: 3, words: 2, key: KNOWN });
  const { places } = table;
  for (let i = 0; i < 1000; i++) {
    assertEquals(table.set2(i, -i, i), i < 3);
  }
  assertEquals([table.size, table.places], [3, places]);
  assert(table.set2(1, -1, 9), "what is there can be changed");
  assertEquals(table.get2(1, -1), 9);
  assertEquals(table.delete2(0, 0), 0);
  assert(table.set2(7, 7, 7), "what was removed makes room");
});

/** µs for finding all the keys, in the best of some runs. */
function lookups(table: Table, keys: readonly number[]): number {
  let best = Infinity;
  for (let run = 0; run < 12; run++) {
    const begin = performance.now();
    for (const key of keys) {
      if (table.get1(key) < 0) throw new RangeError(`Key ${key} is missing`);
    }
    best = Math.min(best, performance.now() - begin);
  }
  return best * 1000;
}

Deno.test("Map spreads keys that were chosen for another hash key (A57)", () => {
  const capacity = 1024;
  const keys = colliding(KNOWN, capacity, 2048);
  const known = new Table({ capacity, words: 1, key: KNOWN });
  const unknown = new Table({ capacity, words: 1, key: UNKNOWN });
  for (const key of keys) {
    assert(known.set1(key, key & 0xffff));
    assert(unknown.set1(key, key & 0xffff));
  }
  // With the key at hand they make one run; without, runs are short.
  assertEquals(longestRun(known), capacity);
  const run = longestRun(unknown);
  assert(run < 100, `a run of ${run}`);
  const slow = lookups(known, keys);
  const fast = lookups(unknown, keys);
  assert(3 * fast < slow, `${fast} µs against ${slow} µs`);
});

/** Most places in a row that hold entries: what a search may have to pass. */
function longestRun(table: Table): number {
  let longest = 0;
  let run = 0;
  // Twice round, for the run that passes the end.
  for (let i = 0; i < 2 * table.places; i++) {
    run = table.valueAt(i % table.places) < 0 ? 0 : run + 1;
    longest = Math.max(longest, run);
  }
  return longest;
}

Deno.test("Map spreads keys that only count up, under any hash key", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      fc.integer(),
      (key, start) => {
        const table = new Table({ capacity: 1024, words: 3, key });
        for (let i = 0; i < 1024; i++) {
          table.set3((start + i) | 0, 0x0a000001, 80, i);
        }
        const run = longestRun(table);
        assert(run < 200, `a run of ${run}`);
      },
    ),
    { numRuns: 40 },
  );
});

Deno.test("Map finds as fast among many as among few (ethox 5.3 #20)", () => {
  const tables = [64, 16_384].map((capacity) => {
    const table = new Table({ capacity, words: 1, key: KNOWN });
    for (let i = 0; i < capacity; i++) table.set1(i, i);
    return table;
  });
  const few = Array.from({ length: 64 }, (_, i) => i);
  lookups(tables[0]!, few);
  const [small, large] = tables.map((table) => lookups(table, few));
  // 256 times as many: a search one by one would take as many times as long.
  assert(large! < 25 * small! + 50, `${large} µs against ${small} µs`);
});

Deno.test("Map takes words signed or unsigned", () => {
  const table = new Table({ capacity: 4, words: 2, key: KNOWN });
  assert(table.set2(0xc0000201, 0xffffffff, 1));
  assertEquals(table.get2(0xc0000201 | 0, -1), 1);
  assert(table.set2(0xc0000201 | 0, -1, 2));
  assertEquals([table.get2(0xc0000201, 0xffffffff), table.size], [2, 1]);
  assertEquals(table.delete2(0xc0000201, -1), 2);
});

Deno.test("Map refuses values that it could not tell from none", () => {
  const table = new Table({ capacity: 4, words: 1, key: KNOWN });
  table.set1(5, 0);
  for (const value of [-1, -2, 0.5, NaN, 2 ** 31, 2 ** 32 - 1]) {
    assertEquals([table.set1(5, value), table.set1(6, value)], [false, false]);
  }
  assertEquals([table.size, table.get1(5), table.get1(6)], [1, 0, -1]);
  assert(table.set1(6, 0x7fffffff));
});

Deno.test("Map finds nothing outside its places", () => {
  const table = new Table({ capacity: 1, words: 1, key: KNOWN });
  assertEquals([table.valueAt(-1), table.valueAt(table.places)], [-1, -1]);
  assertEquals(table.wordAt(table.places, 0), 0);
});

Deno.test("Map refuses numbers that make no sense", () => {
  for (const capacity of [0, -1, 1.5, NaN, 2 ** 28 + 1]) {
    assertThrows(
      () => new Table({ capacity, words: 1, key: KNOWN }),
      MapError,
      `Cannot hold ${capacity} entries`,
    );
  }
  for (const words of [0, 5, 1.5]) {
    assertThrows(
      () => new Table({ capacity: 1, words: words as Words, key: KNOWN }),
      MapError,
      `Cannot use keys of ${words} words`,
    );
  }
  assertThrows(
    () => new Table({ capacity: 1, words: 1, key: new Uint8Array(15) }),
    RangeError,
    "15 octets",
  );
});
