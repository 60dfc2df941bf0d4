// A minute of what `deno task fuzz` does for longer. The seed is that of the
// time, or ETHOX_FUZZ_SEED; ETHOX_FUZZ_SECONDS takes another time than a minute.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { captured, TARGETS } from "./_fuzz_target_test_util.ts";
import {
  Fuzzer,
  FuzzError,
  growth,
  Random,
  type Target,
  Watchdog,
} from "./_fuzz_test_util.ts";

const SEED = Number(
  Deno.env.get("ETHOX_FUZZ_SEED") ?? Date.now() % 0x8000_0000,
);
const SECONDS = Number(Deno.env.get("ETHOX_FUZZ_SECONDS") ?? 60);

Deno.test("Random replays by its seed", () => {
  const words = (seed: number) => {
    const random = new Random(seed);
    return Array.from(Array(100), () => random.word());
  };
  assertEquals(words(7), words(7));
  assertEquals(new Set([...words(7), ...words(8)]).size, 200);
});

/** A parser that trusts a length: what the driver has to find. */
const TRUSTING: Target = {
  name: "trusting",
  layers: [],
  run(view, start, end): void {
    if (end - start < 2 || view.getUint8(start) !== 0x17) return;
    view.getUint8(start + 1 + view.getUint8(start + 1));
  },
  make(_random, view): number {
    view.setUint16(0, 0x1704);
    return 6;
  },
};

Deno.test("Fuzzer finds a parser that trusts a length, and says how to replay it", () => {
  const find = () => new Fuzzer(TRUSTING, [], 1).run(10000);
  const error = assertThrows(find, FuzzError);
  const words = /^trusting throws at input \d+ of seed 1, (\d+)\.\.(\d+): 17/;
  const [, start, end] = words.exec(error.message)!;
  assert(error.cause instanceof RangeError);
  assert(Number(start) < Number(end));
  assertEquals(assertThrows(find, FuzzError).message, error.message);
});

Deno.test("Fuzzer takes captures, and changes them", () => {
  const seen = new Set<number>();
  const watching: Target = {
    name: "watching",
    layers: [],
    run(view, start, end): void {
      if (end - start === 600) seen.add(view.getUint8(start));
    },
  };
  new Fuzzer(watching, [new Uint8Array(600).fill(9)], 1).run(20000);
  assert(seen.has(9) && seen.size > 10, `${[...seen]}`);
});

Deno.test("growth() shows a parser whose time is not linear", () => {
  const quadratic: Target = {
    name: "quadratic",
    layers: [],
    run(view, start, end): void {
      let sum = 0;
      for (let i = start; i < end; i += 16) {
        for (let j = start; j < i; j += 16) sum += view.getUint8(j);
      }
      assert(sum >= 0);
    },
  };
  const all = growth(quadratic, [], new Random(1));
  assert(all.some(({ small, large }) => large > 8 * small));
});

Deno.test(`No parser throws, hangs or reads outside, for ${SECONDS} s of inputs by seed ${SEED}`, () => {
  const watchdog = new Watchdog(30);
  const seeds = captured();
  const fuzzers = TARGETS.map((target) =>
    new Fuzzer(target, seeds.get(target.name) ?? [], SEED)
  );
  const until = performance.now() + 1000 * SECONDS;
  do {
    for (const fuzzer of fuzzers) {
      fuzzer.run(Math.ceil(1000 * (fuzzer.target.share ?? 1)));
      watchdog.mark(`${fuzzer.target.name}, seed ${SEED}`);
    }
  } while (performance.now() < until);
  watchdog.end();
  for (const { target, result } of fuzzers) {
    assert(result.inputs >= 200, `${target.name}: ${result.inputs} inputs`);
  }
});

Deno.test("A16 64 KiB of any shape take every parser at most so much longer than 16 KiB", () => {
  const watchdog = new Watchdog(60);
  const seeds = captured();
  for (const target of TARGETS) {
    const mine = seeds.get(target.name) ?? [];
    for (
      const { shape, small, large } of growth(target, mine, new Random(SEED))
    ) {
      // Four times the octets; the rest is for noise, which is most of what
      // little there is. Work that grows with the square would take seconds.
      const most = 10 * Math.max(small, 2) + 100;
      assert(
        large < most,
        `${target.name}, ${shape}: ${large} ms, and ${small} for 16 KiB`,
      );
    }
    watchdog.mark(target.name);
  }
  watchdog.end();
});
