// `deno task fuzz [--seed N] [--inputs N] [--target NAME]`: every parser, until
// one throws, hangs or reads outside, or that many inputs are through.

import { parseArgs } from "@std/cli";
import { captured, TARGETS } from "./_fuzz_target_test_util.ts";
import { Fuzzer, growth, Random, Watchdog } from "./_fuzz_test_util.ts";

function print(text: string): void {
  const bytes = new TextEncoder().encode(text + "\n");
  for (let at = 0; at < bytes.length;) {
    at += Deno.stdout.writeSync(bytes.subarray(at));
  }
}

function number(text: unknown, otherwise: number): number {
  const value = text === undefined ? otherwise : Number(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new TypeError(`Cannot fuzz with ${text}: need a whole number`);
}

const args = parseArgs(Deno.args, {
  string: ["seed", "inputs", "target"],
});
const seed = number(args.seed, Date.now() % 0x8000_0000);
const targets = TARGETS.filter(({ name }) =>
  args.target === undefined || name === args.target
);
const inputs = number(args.inputs, 10_500_000);
const shares = targets.reduce((sum, { share = 1 }) => sum + share, 0);
const seeds = captured();
const row = (cells: string[]) =>
  print(
    cells.map((cell, i) => i === 0 ? cell.padEnd(18) : cell.padStart(12)).join(
      "",
    ),
  );

print(`seed ${seed}, ${inputs} inputs for ${targets.length} parsers`);
print("");
row([
  "parser",
  "inputs",
  "inputs/s",
  "mean µs",
  "worst ms",
  "16 KiB ms",
  "64 KiB ms",
]);
let total = 0;
{
  const watchdog = new Watchdog(30);
  for (const target of targets) {
    const mine = seeds.get(target.name) ?? [];
    const fuzzer = new Fuzzer(target, mine, seed);
    const before = performance.now();
    const each = Math.ceil(inputs * (target.share ?? 1) / shares);
    for (let left = each; left > 0; left -= 1000) {
      fuzzer.run(Math.min(left, 1000));
      watchdog.mark(
        `${target.name}, input ${fuzzer.result.inputs} of seed ${seed}`,
      );
    }
    const took = performance.now() - before;
    const { result } = fuzzer;
    watchdog.mark(`${target.name}, at the large inputs`);
    const large = growth(target, mine, new Random(seed));
    const slowest = large.reduce((a, b) => a.large > b.large ? a : b);
    total += result.inputs;
    row([
      target.name,
      `${result.inputs}`,
      (result.inputs / took * 1000).toFixed(0),
      (result.total / result.inputs * 1000).toFixed(2),
      result.worst.toFixed(2),
      slowest.small.toFixed(2),
      slowest.large.toFixed(2),
    ]);
  }
  watchdog.end();
}
print("");
print(`${total} inputs, seed ${seed}: none threw, hung or read outside`);
