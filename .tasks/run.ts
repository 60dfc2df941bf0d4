// Runs one program with a time limit and keeps what it printed.

import { TOP } from "./packages.ts";

/** What became of a program. */
export interface Result {
  ok: boolean;
  output: string;
  seconds: number;
}

/** Runs this same Deno in a folder of the repository. */
export async function deno(
  args: readonly string[],
  options: { cwd?: string; minutes?: number } = {},
): Promise<Result> {
  const began = performance.now();
  const minutes = options.minutes ?? 3;
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: TOP + (options.cwd ?? ""),
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    child.kill("SIGKILL");
  }, minutes * 60_000);
  const parts: string[] = [];
  const collect = async (stream: ReadableStream<Uint8Array>) => {
    const decoder = new TextDecoder();
    for await (const bytes of stream) {
      parts.push(decoder.decode(bytes, { stream: true }));
    }
  };
  const [status] = await Promise.all([
    child.status,
    collect(child.stdout),
    collect(child.stderr),
  ]);
  clearTimeout(timer);
  if (late) parts.push(`\nStopped after ${minutes} minutes.\n`);
  return {
    ok: status.success && !late,
    output: parts.join(""),
    seconds: (performance.now() - began) / 1000,
  };
}

/** What a run of `deno test` counted. */
export interface Tally {
  passed: number;
  failed: number;
  /** Names of the tests that were left out; they say why. */
  skipped: string[];
}

/** Reads the counts from the output of `deno test`. */
export function tally(result: Result): Tally {
  const { output, ok } = result;
  const counts =
    /^(?:ok|FAILED) \| (\d+) passed(?: \(\d+ steps?\))? \| (\d+) failed/m
      .exec(output);
  const passed = Number(counts?.[1] ?? 0);
  const failed = Number(counts?.[2] ?? 0);
  const skipped: string[] = [];
  for (const [, name] of output.matchAll(/^(.*?) \.\.\. ignored \(/gm)) {
    skipped.push(name!);
  }
  // A run that broke before its summary is one failure.
  return { passed, failed: !ok && failed === 0 ? 1 : failed, skipped };
}
