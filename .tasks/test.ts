// The checks and tests of the whole workspace, behind `deno task test`.
//
// `--fast` leaves out the doc lint, the dry runs and the live tests,
// `--no-live` only the live tests. The last line is the sum of everything.

import { conformance } from "./conformance.ts";
import { layering } from "./layering.ts";
import { exported, PACKAGES, sources } from "./packages.ts";
import { deno, type Result, tally } from "./run.ts";

interface Step {
  name: string;
  /** Whether the output is that of `deno test`, to be counted. */
  tests?: boolean;
  run: () => Promise<Result>;
}

const fast = Deno.args.includes("--fast");
const live = !fast && !Deno.args.includes("--no-live");
const total = { passed: 0, failed: 0, skipped: 0 };
const broken: string[] = [];

function print(text: string): void {
  const bytes = new TextEncoder().encode(text + "\n");
  for (let at = 0; at < bytes.length;) {
    at += Deno.stdout.writeSync(bytes.subarray(at));
  }
}

function isLive(path: string): boolean {
  return path.endsWith("_live_test.ts");
}

/** A check within this process that lists what is wrong. */
function judge(check: () => string[]): Promise<Result> {
  const problems = check();
  const output = problems.join("\n");
  return Promise.resolve({ ok: problems.length === 0, output, seconds: 0 });
}

function checks(): Step[] {
  const steps: Step[] = [
    { name: "format", run: () => deno(["fmt", "--check"]) },
    { name: "lint", run: () => deno(["lint"]) },
    { name: "types", run: () => deno(["check", "--doc", "."]) },
    { name: "layering", run: () => judge(layering) },
    { name: "conformance ledger", run: () => judge(conformance) },
  ];
  if (fast) return steps;
  // All at once, as the types of one package are a part of the next one's.
  steps.push({
    name: "documentation",
    run: () => deno(["doc", "--lint", ...PACKAGES.flatMap(exported)]),
  });
  for (const folder of PACKAGES) {
    steps.push({
      name: `publish ${folder}, dry run`,
      run: () =>
        deno(["publish", "--dry-run", "--allow-dirty"], { cwd: folder }),
    });
  }
  return steps;
}

/** Tests need every permission to look at memory and to start programs. */
function tests(files: readonly string[], minutes: number): Promise<Result> {
  // Types have a step of their own.
  return deno(["test", "-A", "--no-check", "--doc", ...files], { minutes });
}

/** The tests of a package in another engine, if the machine has that. */
function elsewhere(folder: string, engine: string): Promise<Result> {
  try {
    new Deno.Command(engine, {
      args: ["--version"],
      stdout: "null",
      stderr: "null",
    }).outputSync();
  } catch {
    const output =
      `${folder} in ${engine} (skipped: no ${engine}) ... ignored (0ms)`;
    return Promise.resolve({ ok: true, output, seconds: 0 });
  }
  return deno(["run", "-A", ".tasks/portable/suite.ts", folder, engine], {
    minutes: 8,
  });
}

function suites(): Step[] {
  const folders = [...PACKAGES, "examples"];
  const steps: Step[] = [];
  for (const folder of folders) {
    const files = sources(folder).filter((path) =>
      !isLive(path) && !path.endsWith("_bench.ts") &&
      // The examples' other files are programs, which would run.
      (folder !== "examples" || path.endsWith("_test.ts"))
    );
    if (files.length === 0) continue;
    const name = `tests of ${folder}`;
    steps.push({ name, tests: true, run: () => tests(files, 12) });
  }
  if (!fast) {
    for (const engine of ["node", "chromium"]) {
      const name = `tests of wire in ${engine}`;
      steps.push({ name, tests: true, run: () => elsewhere("wire", engine) });
    }
  }
  if (!live) return steps;
  for (const file of folders.flatMap(sources).filter(isLive)) {
    const name = `live tests of ${file}`;
    steps.push({ name, tests: true, run: () => tests([file], 10) });
  }
  return steps;
}

function report(step: Step, result: Result): void {
  const took = `${result.seconds.toFixed(1)} s`;
  if (!step.tests) {
    print(`${result.ok ? "ok    " : "FAILED"} ${step.name} (${took})`);
    total[result.ok ? "passed" : "failed"] += 1;
  } else {
    const { passed, failed, skipped } = tally(result);
    print(
      `${result.ok ? "ok    " : "FAILED"} ${step.name}: ` +
        `${passed} passed, ${failed} failed, ${skipped.length} skipped (${took})`,
    );
    for (const name of skipped) print(`         skipped: ${name}`);
    total.passed += passed;
    total.failed += failed;
    total.skipped += skipped.length;
  }
  if (result.ok) return;
  broken.push(step.name);
  print(result.output.trimEnd().replace(/^/gm, "       | "));
}

/** Two checks at a time; tests one after the other, as some measure. */
async function runAll(steps: Step[], width: number): Promise<void> {
  const queue = [...steps];
  const worker = async () => {
    for (let step = queue.shift(); step; step = queue.shift()) {
      report(step, await step.run());
    }
  };
  await Promise.all(Array.from({ length: width }, worker));
}

print(`Deno ${Deno.version.deno} on ${Deno.build.os} ${Deno.build.arch}\n`);
await runAll(checks(), 2);
print("");
await runAll(suites(), 1);
print("");
if (broken.length > 0) print(`Failed: ${broken.join("; ")}\n`);
print(
  `${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`,
);
if (total.failed > 0) Deno.exit(1);
