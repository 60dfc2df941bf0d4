import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { Counters } from "./counters.ts";

const RECEIVED = 0;
const DROPPED = 1;
const NAMES = ["received", "dropped", "sent"] as const;

Deno.test("Counters counts by index and reads by name", () => {
  const counters = new Counters(NAMES);
  counters.add(RECEIVED, 1);
  counters.add(RECEIVED, 2);
  counters.add(DROPPED, 5);
  assertEquals(
    [counters.get("received"), counters.get("dropped"), counters.get("sent")],
    [3, 5, 0],
  );
  assertEquals([counters.index("dropped"), counters.index("sent")], [1, 2]);
  assertEquals(counters.values[RECEIVED], 3);
});

Deno.test("Counters gives all counts in order, and those that are not 0", () => {
  const counters = new Counters(NAMES);
  counters.add(2, 7);
  assertEquals([...counters.entries()], [
    ["received", 0],
    ["dropped", 0],
    ["sent", 7],
  ]);
  assertEquals(JSON.stringify(counters), '{"sent":7}');
  assertEquals(new Counters(NAMES).toJSON(), {});
});

Deno.test("Counters is exact beyond 2^32", () => {
  const counters = new Counters(NAMES);
  counters.add(RECEIVED, 2 ** 53 - 2);
  counters.add(RECEIVED, 1);
  assertStrictEquals(counters.get("received"), 2 ** 53 - 1);
});

Deno.test("Counters says which name it does not know", () => {
  const counters = new Counters<string>(NAMES);
  assertEquals(counters.index("lost"), -1);
  for (const name of ["lost", "__proto__", "toString"]) {
    assertThrows(
      () => counters.get(name),
      RangeError,
      `Cannot read counter "${name}": no such name`,
    );
  }
});

Deno.test("Counters changes nothing for an index that is none", () => {
  const counters = new Counters(NAMES);
  counters.add(3, 1);
  counters.add(-1, 1);
  assertEquals(counters.toJSON(), {});
  assertEquals(counters.values.length, 3);
});
