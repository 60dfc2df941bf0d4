// What the stack gets out of networks in virtual time: medians over seeds.

import { main } from "./lib/args.ts";
import { figures, median } from "./lib/lab/figures.ts";
import { print } from "./lib/terminal.ts";

const SEEDS = 20;

await main({
  name: "lab_figures.ts",
  does: "Prints what TCP gets out of simulated networks, in virtual time.",
  options: [
    ["--seeds N", `over how many seeds (default ${SEEDS})`],
    ["--only TEXT", "only figures with this in their names"],
  ],
  more: "The last column tells whether a bound is kept.",
}, (args) => {
  const seeds = args.number("seeds", 1, 10_000, SEEDS);
  const only = args.option("only") ?? "";
  let missed = 0;
  print(
    `${"median of " + seeds + " seeds".padEnd(52)}  median   least    most`,
  );
  for (const { what, of, least, most } of figures()) {
    if (!what.includes(only)) continue;
    const values = Array.from({ length: seeds }, (_, i) => of(i + 1));
    const middle = median(values);
    const kept = middle >= (least ?? -Infinity) && middle <= (most ?? Infinity);
    if (!kept) missed++;
    const bound = least !== undefined
      ? `${kept ? "ok" : "MISSED"}, at least ${least}`
      : most !== undefined
      ? `${kept ? "ok" : "MISSED"}, at most ${most}`
      : "";
    const columns = [middle, Math.min(...values), Math.max(...values)]
      .map((value) => value.toFixed(3).padStart(7)).join(" ");
    print(`${what.padEnd(58)} ${columns}  ${bound}`);
  }
  return missed === 0 ? 0 : 1;
});
