import { Map as Table } from "./map.ts";
import { SipHash } from "./siphash.ts";

const COUNT = 1000;
const key = Uint8Array.from({ length: 16 }, (_, i) => i);
let kept = 0;

for (const entries of [64, 4096, 65536]) {
  const group = `${COUNT} of ${entries} entries`;
  const table = new Table({ capacity: entries, words: 3, key });
  const texts = new Map<string, number>();
  for (let i = 0; i < entries; i++) {
    table.set3(0x0a000001, i, 80, i);
    texts.set(`${0x0a000001}:${i}:80`, i);
  }
  const step = 7919;

  Deno.bench({
    name: `Map.get3() ${group}`,
    group,
    baseline: true,
    fn: () => {
      for (let i = 0; i < COUNT; i++) {
        kept += table.get3(0x0a000001, (i * step) % entries, 80);
      }
    },
  });

  Deno.bench({
    name: `Map.get3() of none, ${group}`,
    group,
    fn: () => {
      for (let i = 0; i < COUNT; i++) kept += table.get3(0x0a000002, i, 80);
    },
  });

  Deno.bench({
    name: `Map.delete3() and set3() ${group}`,
    group,
    fn: () => {
      for (let i = 0; i < COUNT; i++) {
        const word = (i * step) % entries;
        table.set3(0x0a000001, word, 80, table.delete3(0x0a000001, word, 80));
      }
    },
  });

  Deno.bench({
    name: `built-in Map by text ${group}`,
    group,
    fn: () => {
      for (let i = 0; i < COUNT; i++) {
        kept += texts.get(`${0x0a000001}:${(i * step) % entries}:80`)!;
      }
    },
  });
}

for (
  const [name, hash] of [
    ["1-3", new SipHash(key, 1, 3)],
    ["2-4", new SipHash(key, 2, 4)],
  ] as const
) {
  Deno.bench(`SipHash-${name} ${COUNT} times 3 words`, () => {
    for (let i = 0; i < COUNT; i++) kept += hash.hash3(i, 7, 80);
  });
}

Deno.bench({
  name: "keeps the results",
  fn: () => {
    if (kept === 0.5) throw new RangeError(`Unexpected sum: ${kept}`);
  },
});
