import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Partitioned, PartitionedError } from "./partitioned.ts";

/** What the rule says, in the plainest way. */
class Model {
  readonly used: number[];
  constructor(readonly capacity: number, readonly minima: number[]) {
    this.used = minima.map(() => 0);
  }

  /** Whether all could have their minimum at once. */
  #keepsPromises(used: readonly number[], minima: readonly number[]): boolean {
    let needed = 0;
    used.forEach((count, i) => needed += Math.max(count, minima[i]!));
    return needed <= this.capacity;
  }

  take(share: number, count: number, maximum: number): boolean {
    const used = [...this.used];
    used[share]! += count;
    if (used[share]! > maximum || !this.#keepsPromises(used, this.minima)) {
      // Taking nothing is always possible.
      return count === 0;
    }
    this.used[share] = used[share]!;
    return true;
  }

  reserve(share: number, minimum: number, maximum: number): boolean {
    const minima = [...this.minima];
    minima[share] = minimum;
    if (minimum > maximum || !this.#keepsPromises(this.used, minima)) {
      return false;
    }
    this.minima[share] = minimum;
    return true;
  }
}

Deno.test("Partitioned agrees with the rule, and keeps every minimum", () => {
  const shares = fc.array(
    fc.record({ minimum: fc.nat(5), more: fc.nat(8) }),
    { minLength: 1, maxLength: 5 },
  );
  const steps = fc.array(
    fc.tuple(
      fc.constantFrom("take", "take", "take", "give", "reserve"),
      fc.nat(4),
      fc.nat(6),
    ),
    { maxLength: 60, size: "max" },
  );
  fc.assert(fc.property(shares, fc.nat(8), steps, (shares, spare, steps) => {
    const minima = shares.map((share) => share.minimum);
    const maxima = shares.map((share) => share.minimum + share.more);
    const capacity = minima.reduce((sum, minimum) => sum + minimum, spare);
    const pool = new Partitioned(
      capacity,
      minima.map((minimum, i) => ({ minimum, maximum: maxima[i]! })),
    );
    const model = new Model(capacity, minima);
    for (const [what, n, count] of steps) {
      const share = n % shares.length;
      const maximum = maxima[share]!;
      if (what === "take") {
        const possible = pool.available(share);
        const taken = pool.take(share, count);
        assertEquals(taken, count <= possible);
        assertEquals(taken, model.take(share, count, maximum));
      } else if (what === "give") {
        const had = count <= model.used[share]!;
        assertEquals(pool.give(share, count), had);
        if (had) model.used[share]! -= count;
      } else {
        // A maximum beyond all there is says no more than all there is.
        assertEquals(
          pool.reserve(share, count),
          model.reserve(share, count, Math.min(maximum, capacity)),
        );
      }
      const sum = model.used.reduce((sum, used) => sum + used, 0);
      assertEquals(pool.free, capacity - sum);
      assert(pool.shared >= 0 && pool.shared <= pool.free);
      for (let i = 0; i < shares.length; i++) {
        assertEquals(pool.used(i), model.used[i]);
        assertEquals(pool.minimum(i), model.minima[i]);
        // The promise itself: the rest of the minimum can be had.
        assert(pool.used(i) + pool.available(i) >= pool.minimum(i));
      }
    }
  }));
});

Deno.test("Partitioned lets no class take the minimum of another (ethox 5.1 #11)", () => {
  const pool = new Partitioned(8, [
    { minimum: 0 },
    { minimum: 2 },
    { minimum: 3 },
  ]);
  for (let i = 0; i < 100_000; i++) pool.take(0);
  assertEquals([pool.used(0), pool.free, pool.shared], [3, 5, 0]);
  assert(pool.take(1, 2) && pool.take(2, 3));
  assert(!pool.take(0) && !pool.take(1) && !pool.take(2));
  // What a class gives back of its minimum is promised to it again.
  pool.give(2);
  assert(!pool.take(0) && !pool.take(1) && pool.take(2));
  // What it gives back beyond goes to anyone.
  pool.give(0);
  assert(pool.take(1));
});

Deno.test("Partitioned lets many sources live when one floods (A31)", () => {
  const sources = 16;
  const pool = Partitioned.equal(256, sources, 4);
  for (let i = 0; i < 100_000; i++) pool.take(7);
  assertEquals(pool.used(7), 256 - 4 * (sources - 1));
  for (let i = 0; i < sources; i++) {
    if (i !== 7) assertEquals(pool.available(i), 4);
  }
});

Deno.test("Partitioned keeps a class at its maximum while much is free (A39)", () => {
  const pool = new Partitioned(100, [{ minimum: 0, maximum: 10 }, {
    minimum: 5,
  }]);
  let taken = 0;
  while (pool.take(0)) taken++;
  assertEquals([taken, pool.available(0), pool.free], [10, 0, 90]);
  assertEquals([pool.maximum(0), pool.maximum(1)], [10, 100]);
  assertEquals(pool.available(1), 90);
});

Deno.test("Partitioned takes and gives many at once, all or none", () => {
  const octets = new Partitioned(65536, [{ minimum: 1500 }, { minimum: 1500 }]);
  assertEquals(octets.take(0, 64037), false);
  assertEquals(octets.used(0), 0);
  assertEquals(octets.take(0, 64036), true);
  assertEquals(octets.give(0, 64037), false);
  assertEquals(octets.give(0, 64036), true);
  assertEquals(octets.free, 65536);
});

Deno.test("Partitioned refuses what makes no sense, without a throw", () => {
  const pool = new Partitioned(4, [{ minimum: 1 }]);
  for (const share of [-1, 1, 0.5, NaN, 2 ** 32]) {
    assertEquals(
      [pool.take(share), pool.give(share), pool.reserve(share, 0)],
      [false, false, false],
    );
    assertEquals(
      [
        pool.available(share),
        pool.used(share),
        pool.minimum(share),
        pool.maximum(share),
      ],
      [0, 0, 0, 0],
    );
  }
  for (const count of [-1, 0.5, NaN, Infinity, 2 ** 32]) {
    assertEquals(
      [pool.take(0, count), pool.give(0, count), pool.reserve(0, count)],
      [false, false, false],
    );
  }
  assertEquals(pool.give(0), false);
  assertEquals([pool.free, pool.shared], [4, 3]);
});

Deno.test("Partitioned refuses minima that cannot all be kept", () => {
  assertThrows(
    () => new Partitioned(4, [{ minimum: 3 }, { minimum: 2 }]),
    PartitionedError,
    "Cannot promise 5 units: there are 4",
  );
  for (const minimum of [-1, 0.5, NaN, 2 ** 32]) {
    assertThrows(() => new Partitioned(4, [{ minimum }]), PartitionedError);
  }
  assertThrows(
    () => new Partitioned(4, [{ minimum: 3, maximum: 2 }]),
    PartitionedError,
    "class 0",
  );
  for (const capacity of [-1, 1.5, NaN, 2 ** 31]) {
    assertThrows(() => new Partitioned(capacity, []), PartitionedError);
  }
  assertEquals(new Partitioned(0, []).free, 0);
});
