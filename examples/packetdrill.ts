/**
 * Runs scripts of packetdrill against Ethox's own TCP and UDP, in virtual time:
 *
 * ```sh
 * deno run --allow-read examples/packetdrill.ts script.pkt …
 * deno run examples/packetdrill.ts --settings
 * ```
 *
 * Exits with 0 if all of them pass, or else with 1.
 *
 * @module
 */

import { optionsText } from "./lib/packetdrill/config.ts";
import { define } from "./lib/packetdrill/parser.ts";
import {
  failureText,
  judge,
  unread,
  type Verdict,
} from "./lib/packetdrill/program.ts";
import { timeText } from "./lib/packetdrill/print.ts";
import { settingsText } from "./lib/packetdrill/settings.ts";

const USAGE = `usage: packetdrill.ts [option…] script.pkt|folder…

  --json          one line of JSON for each script
  --verbose, -v   all notes, and all packets that the host has sent
  --settings      the settings of sysctl that have a meaning here
  --help          this

Options of scripts, which stand in their headers, too:

${optionsText().replaceAll(/^/gm, "  ")}`;

interface Args {
  readonly files: string[];
  readonly options: (readonly [string, string])[];
  readonly defined: Map<string, string>;
  json: boolean;
  verbose: boolean;
}

/** Tells options of the program, options of scripts and scripts apart. */
function read(args: readonly string[]): Args {
  const read: Args = {
    files: [],
    options: [],
    defined: new Map(),
    json: false,
    verbose: false,
  };
  for (let i = 0; i < args.length; i++) {
    const arg = args[i]!;
    if (arg === "--json") read.json = true;
    else if (arg === "--verbose" || arg === "-v") read.verbose = true;
    else if (arg === "-D") define(read.defined, args[++i] ?? "");
    else if (arg.startsWith("--define=")) {
      define(read.defined, arg.slice("--define=".length));
    } else if (arg.startsWith("--")) {
      const [, name, value] = /^--([\w-]+)(?:=([\s\S]*))?$/.exec(arg) ??
        [null, arg, ""];
      read.options.push([name!, value ?? ""]);
    } else read.files.push(arg);
  }
  return read;
}

function report(verdict: Verdict, args: Args): void {
  const { file, parsed, result } = verdict;
  const { failure, notes, passed, sent, time } = result;
  if (args.json) {
    print(JSON.stringify({
      file,
      ok: failure === undefined,
      parsed,
      seconds: time / 1e6,
      ...(failure === undefined ? {} : {
        line: failure.line,
        message: failure.message,
        details: failure.details,
      }),
      notes,
    }));
    return;
  }
  const lines = passed.map((one) => `${failureText(file, one)} (not fatal)`);
  if (args.verbose) {
    lines.push(...notes.map((note) => `${file}: ${note}`));
    lines.push(...sent.map((packet) => `${file}: sent ${packet}`));
  }
  if (failure !== undefined) lines.push(failureText(file, failure));
  else lines.push(`${file}: ok, ${timeText(time)} s`);
  print(lines.join("\n"));
}

// deno-lint-ignore no-console -- this is what the program is for.
const print = (text: string) => console.log(text);

/** A script, or all of a folder. */
function scripts(path: string): string[] {
  let entries: Deno.DirEntry[];
  try {
    entries = [...Deno.readDirSync(path)];
  } catch {
    return [path];
  }
  return entries.map(({ name }) => `${path}/${name}`)
    .filter((name, i) => name.endsWith(".pkt") || entries[i]!.isDirectory)
    .sort().flatMap(scripts);
}

/** Reads and judges a script; one that cannot be read has failed. */
function verdictOf(file: string, args: Args): Verdict {
  let text: string;
  try {
    text = Deno.readTextFileSync(file);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return unread(file, reason);
  }
  return judge(file, text, args);
}

/** Runs the program; returns its exit code. */
export function main(argv: readonly string[]): number {
  if (argv.includes("--settings")) {
    print(settingsText());
    return 0;
  }
  const args = read(argv);
  if (argv.includes("--help") || args.files.length === 0) {
    print(USAGE);
    return argv.includes("--help") ? 0 : 1;
  }
  let failed = 0;
  const files = args.files.flatMap(scripts);
  for (const file of files) {
    const verdict = verdictOf(file, args);
    report(verdict, args);
    if (verdict.result.failure !== undefined) failed++;
  }
  if (files.length > 1 && !args.json) {
    print(`${files.length - failed} of ${files.length} pass`);
  }
  return failed === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(main(Deno.args));
