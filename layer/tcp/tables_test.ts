import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Reno } from "./reno.ts";
import { Slots } from "./slots.ts";
import { TimeWaitTable } from "./time_wait.ts";

const host = { activate() {}, abort() {} };

Deno.test("TimeWaitTable expires rows in order, restarts and all", () => {
  const command = fc.tuple(
    fc.constantFrom("add", "restart", "remove"),
    fc.nat(7),
  );
  fc.assert(fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
    const table = new TimeWaitTable(8);
    let model: number[] = [];
    let now = 0;
    for (const [what, row] of commands) {
      now++;
      if (what === "add") {
        const added = table.add(now);
        assertEquals(added >= 0, model.length < 8);
        if (added >= 0) model.push(added);
      } else if (model.includes(row)) {
        model = model.filter((other) => other !== row);
        if (what === "restart") {
          table.restart(row, now);
          model.push(row);
        } else table.remove(row);
      }
      assertEquals(table.size, model.length);
      assertEquals(table.oldest, model[0] ?? -1);
    }
  }));
});

Deno.test("Slots.get() knows a key only as long as the connection lives", () => {
  const slots = new Slots(2, 1, host, new Reno(0));
  const a = slots.take(0)!;
  const { key } = a;
  assertEquals(slots.get(key), a);
  assertEquals(slots.get(0), undefined);
  slots.give(a);
  assertEquals(slots.get(key), undefined);
  const b = slots.take(0)!;
  assertEquals(b, a);
  assert(b.key !== key);
  assertEquals(slots.get(key), undefined);
});

Deno.test("Slots keeps each class its reserve, whoever comes first (ethox 5.1 #11)", () => {
  const command = fc.tuple(fc.boolean(), fc.nat(2));
  const reserve = [2, 3, 0];
  fc.assert(fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
    const slots = new Slots(8, 3, host, new Reno(0));
    reserve.forEach((count, share) => assert(slots.reserve(share, count)));
    const held: ReturnType<Slots["take"]>[][] = [[], [], []];
    for (const [take, share] of commands) {
      if (take) {
        const c = slots.take(share);
        if (held[share]!.length < reserve[share]!) assert(c !== undefined);
        if (c !== undefined) held[share]!.push(c);
      } else {
        const c = held[share]!.pop();
        if (c !== undefined) slots.give(c);
      }
      const total = held.flat().length;
      assertEquals(slots.available, 8 - total);
    }
    // However many the others hold, the reserve can be had.
    for (let share = 0; share < 3; share++) {
      while (held[share]!.length < reserve[share]!) {
        held[share]!.push(slots.take(share)!);
        assert(held[share]!.at(-1) !== undefined);
      }
    }
  }));
});

Deno.test("Slots.reserve() promises nothing twice", () => {
  const slots = new Slots(4, 3, host, new Reno(0));
  assert(slots.reserve(0, 3));
  assertEquals(slots.reserve(1, 2), false);
  assert(slots.reserve(1, 1));
  assertEquals(slots.take(2), undefined);
  assert(slots.reserve(0, 0));
  assert(slots.take(2) !== undefined);
});

Deno.test("Slots refuses sizes that make no sense", () => {
  assertThrows(
    () => new Slots(0, 1, host, new Reno(0)),
    RangeError,
    "0 connections",
  );
  assertThrows(() => new Slots(2 ** 21, 1, host, new Reno(0)), RangeError);
});
