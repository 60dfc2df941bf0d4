// Measures what README.md claims on this machine, and prints a table.

import { main } from "./lib/args.ts";
import { Bench, connectionMemory, median } from "./lib/measure.ts";
import { Cycles } from "./lib/measure_cycles.ts";
import { kernelRate, tapNamespace } from "./lib/measure_kernel.ts";
import { probe } from "./lib/namespace.ts";
import { complain, print } from "./lib/terminal.ts";

const RUNS = 5;
const GIGA = 1e9;
const IDLE = 100_000;
const CYCLES = 100_000;
/** A million connections have two ends here, in one process. */
const MILLION_PAIRS = 500_000;

/** One row of the table. */
interface Row {
  readonly what: string;
  readonly unit: string;
  /** What was wanted: at least, or at most if `atMost`. */
  readonly target: number;
  readonly atMost?: boolean;
  /** All runs; the median counts. */
  readonly values: readonly number[];
}

async function times(run: () => number | Promise<number>): Promise<number[]> {
  const values: number[] = [];
  for (let i = 0; i < RUNS; i++) values.push(await run());
  return values;
}

async function memory(rows: Row[]): Promise<void> {
  const bench = new Bench();
  // The first run is compiled on the way.
  bench.tcp(GIGA / 2);
  bench.echo(200_000);
  rows.push({
    what: "TCP over Pair, MTU 1500, software checksums",
    unit: "Gbit/s",
    target: 5,
    values: (await times(() => bench.tcp(GIGA))).map((rate) => rate / GIGA),
  }, {
    what: "UDP echo over Pair, 64 octets, there and back",
    unit: "M/s",
    target: 1,
    values: (await times(() => bench.echo(500_000))).map((rate) => rate / 1e6),
  });
}

async function cycles(rows: Row[]): Promise<void> {
  const bench = new Cycles();
  bench.run(CYCLES / 2);
  const rates = await times(() => bench.run(CYCLES));
  rows.push({
    what: "connect, request, response, close: two hosts in memory",
    unit: "k/s",
    target: 50,
    values: rates.map((rate) => rate / 1e3),
  });
}

/** Until all is measured, or the end of one is measured with the next. */
const kept: Bench[] = [];

/** Octets of the heap and around it, when garbage is gone. */
function live(): number {
  (globalThis as { gc?: () => void }).gc?.();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

async function connections(rows: Row[]): Promise<void> {
  rows.push({
    what: "one idle TCP connection",
    unit: "octets",
    target: 1024,
    atMost: true,
    values: await times(() => {
      const [octets, bench] = connectionMemory(20_000, live);
      kept.push(bench);
      return octets;
    }),
  });
  const alone = new Bench();
  const among = new Bench(IDLE);
  among.open();
  for (const bench of [alone, among]) bench.tcp(GIGA / 4);
  rows.push({
    what: `busy connection among ${IDLE} idle ones, of its rate alone`,
    unit: "%",
    target: 90,
    values: await times(() => {
      const rate = alone.tcp(GIGA / 2);
      return among.tcp(GIGA / 2) / rate * 100;
    }),
  });
}

/** One run, as it takes the memory of a million; one of them is busy. */
function million(rows: Row[]): void {
  const [octets, bench] = connectionMemory(MILLION_PAIRS, live);
  kept.push(bench);
  bench.tcp(GIGA / 100);
  rows.push({
    what: "1 000 000 idle TCP connections in one process, and a busy one",
    unit: "MB",
    target: 1024,
    atMost: true,
    values: [octets * 2 * MILLION_PAIRS / 1e6],
  });
}

const RUN = { name: "run" } as const;

/** Why nothing can be measured with the kernel, if so. */
async function forbidden(): Promise<string | undefined> {
  if (Deno.permissions.querySync(RUN).state !== "granted") {
    return "no permission to run programs; try deno run -A";
  }
  const found = await probe();
  return found.namespace ?? found.tap;
}

async function kernel(rows: Row[]): Promise<void> {
  const obstacle = await forbidden();
  if (obstacle !== undefined) {
    return complain(
      `bench.ts: nothing is measured with the kernel: ${obstacle}`,
    );
  }
  const [namespace, name] = await tapNamespace();
  await using _ = namespace;
  for (
    const [direction, offload, target, octets] of [
      ["into", true, 10, 8 * GIGA],
      ["out", true, 6, 4 * GIGA],
      ["into", false, 1.5, GIGA],
      ["out", false, 1.5, GIGA],
    ] as const
  ) {
    const rates = await times(() =>
      kernelRate(namespace, name, direction, octets, offload)
    );
    rows.push({
      what: `TCP over tap ${direction === "into" ? "into" : "out of"} ` +
        `the kernel, MTU 1500, ${offload ? "with" : "without"} offload`,
      unit: "Gbit/s",
      target,
      values: rates.map((rate) => rate / GIGA),
    });
  }
}

function table(rows: readonly Row[]): string {
  const width = Math.max(...rows.map(({ what }) => what.length));
  return rows.map(({ what, unit, target, atMost, values }) => {
    const least = Math.min(...values).toPrecision(3);
    const most = Math.max(...values).toPrecision(3);
    return `${what.padEnd(width)}  ${median(values).toPrecision(3)} ${unit} ` +
      `(${least} to ${most}; wanted: at ${
        atMost ? "most" : "least"
      } ${target})`;
  }).join("\n");
}

/** Memory is measured without garbage, which only such a process can collect. */
async function again(): Promise<number> {
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--quiet", "--v8-flags=--expose-gc"],
      ...[import.meta.filename!, ...Deno.args],
    ],
  }).spawn().status;
  return code;
}

await main({
  name: "bench.ts",
  does: `Measures this stack on this machine: medians of ${RUNS} runs.`,
  options: [["--json", "print one JSON object"]],
}, async (args) => {
  const able = Deno.permissions.querySync(RUN).state === "granted";
  if (able && !("gc" in globalThis)) return await again();
  const rows: Row[] = [];
  await memory(rows);
  await cycles(rows);
  await connections(rows);
  million(rows);
  await kernel(rows);
  if (args.flag("json")) {
    const results = rows.map((row) => ({ ...row, median: median(row.values) }));
    const { os, arch } = Deno.build;
    const { deno } = Deno.version;
    const cores = navigator.hardwareConcurrency;
    print(JSON.stringify({ deno, os, arch, cores, runs: RUNS, results }));
  } else print(table(rows));
  return 0;
});
