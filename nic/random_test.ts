import { assert, assertEquals } from "@std/assert";
import { Random } from "./random.ts";

const MASK = 0xffffffffn;

/** The authors' xoshiro128**, slowly: state and the next output. */
function* xoshiro(s: bigint[]): Generator<bigint, never> {
  const rotate = (x: bigint, k: bigint) => ((x << k) | (x >> (32n - k))) & MASK;
  for (;;) {
    yield (rotate((s[1]! * 5n) & MASK, 7n) * 9n) & MASK;
    const t = (s[1]! << 9n) & MASK;
    s[2]! ^= s[0]!;
    s[3]! ^= s[1]!;
    s[1]! ^= s[2]!;
    s[0]! ^= s[3]!;
    s[2]! ^= t;
    s[3] = rotate(s[3]!, 11n);
  }
}

/** Four outputs of splitmix32, slowly. */
function seeded(seed: number): bigint[] {
  let state = BigInt(seed) & MASK;
  return [1, 2, 3, 4].map(() => {
    state = (state + 0x9e3779b9n) & MASK;
    let z = state;
    z = ((z ^ (z >> 16n)) * 0x21f0aaadn) & MASK;
    z = ((z ^ (z >> 15n)) * 0x735a2d97n) & MASK;
    return z ^ (z >> 15n);
  });
}

Deno.test("The slow xoshiro128** gives its well-known numbers", () => {
  const model = xoshiro([1n, 2n, 3n, 4n]);
  const first = Array.from({ length: 5 }, () => model.next().value);
  assertEquals(first, [11520n, 0n, 5927040n, 70819200n, 2031721883n]);
});

for (const seed of [0, 1, -1, 0x7fffffff, -0x80000000, 0x5eed, 2 ** 32 + 1]) {
  Deno.test(`Random is xoshiro128** seeded with ${seed}`, () => {
    const random = new Random(seed);
    const model = xoshiro(seeded(seed));
    for (let i = 0; i < 1000; i++) {
      assertEquals(BigInt(random.next()) & MASK, model.next().value);
    }
  });
}

Deno.test("Random is not degenerate for any seed, 0 too (ethox 5.4 #10)", () => {
  for (let seed = -50; seed < 50; seed++) {
    const random = new Random(seed);
    let bits = 0;
    const seen = new Set<number>();
    for (let i = 0; i < 100; i++) {
      const value = random.next();
      seen.add(value);
      for (let rest = value; rest !== 0; rest &= rest - 1) bits++;
    }
    assert(seen.size > 95);
    assert(Math.abs(bits - 1600) < 150, `${bits} bits of 3200 are set`);
  }
});

Deno.test("Random.chance() is true as often as it says", () => {
  for (const probability of [0.001, 0.1, 0.5, 0.9]) {
    const random = new Random(9);
    let hits = 0;
    for (let i = 0; i < 50_000; i++) if (random.chance(probability)) hits++;
    const expected = 50_000 * probability;
    const bound = 5 * Math.sqrt(expected * (1 - probability));
    assert(Math.abs(hits - expected) < bound, `${hits} hits of ${expected}`);
  }
});

Deno.test("Random.chance() of 0 and of 1 is certain", () => {
  const random = new Random(2);
  for (let i = 0; i < 10_000; i++) {
    assert(!random.chance(0));
    assert(random.chance(1));
  }
});

Deno.test("Random.below() is even, and below the limit", () => {
  const random = new Random(4);
  const counts = new Uint32Array(6);
  for (let i = 0; i < 60_000; i++) counts[random.below(6)]!++;
  for (const count of counts) {
    assert(Math.abs(count - 10_000) < 5 * Math.sqrt(10_000 * 5 / 6));
  }
  for (const limit of [1, 2 ** 31]) {
    for (let i = 0; i < 1000; i++) {
      const value = random.below(limit);
      assert(Number.isInteger(value) && value >= 0 && value < limit);
    }
  }
});
