import { Assembler } from "./assembler.ts";

const COUNT = 1000;
let kept = 0;

Deno.bench(`Assembler.add() ${COUNT} segments in order`, () => {
  const a = Assembler.allocate(64);
  for (let i = 0; i < COUNT; i++) kept += a.add(0, 1448 + (i & 1));
});

Deno.bench(`Assembler.add() ${COUNT} segments behind one hole`, () => {
  const a = Assembler.allocate(64);
  for (let i = 0; i < COUNT; i++) kept += a.add(1448 * (i + 1), 1448);
});

for (const ranges of [16, 64]) {
  Deno.bench(
    `Assembler.add() ${COUNT} octets far apart, ${ranges} ranges (A70)`,
    () => {
      const a = Assembler.allocate(ranges, "drop-furthest");
      for (let i = 0; i < COUNT; i++) kept += a.add(4 * COUNT - 2 * i, 1);
    },
  );
}

Deno.bench({
  name: "keeps the results",
  fn: () => {
    if (kept < -1e15) throw new RangeError(`Unexpected sum: ${kept}`);
  },
});
