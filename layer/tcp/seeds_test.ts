import { world } from "./_seeds_test_util.ts";

// SEED=17 lives through that one alone; SEEDS=20000 through so many.
const ONLY = Deno.env.get("SEED");
const SEEDS = Number(Deno.env.get("SEEDS") ?? 2000);
/** In so many tests, so that one shows how far it is. */
const PARTS = 10;

if (ONLY !== undefined) {
  Deno.test(`seed ${ONLY} of two hosts on a bad network`, () => {
    world(Number(ONLY));
  });
} else {
  for (let part = 0; part < PARTS; part++) {
    const first = Math.round(part * SEEDS / PARTS) + 1;
    const last = Math.round((part + 1) * SEEDS / PARTS);
    Deno.test(`streams arrive whole or end in order, and nothing is kept: seeds ${first} to ${last}`, () => {
      for (let seed = first; seed <= last; seed++) world(seed);
    });
  }
}
