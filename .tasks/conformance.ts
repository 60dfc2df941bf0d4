// The ledger of what TCP has to do and which test shows it:
// `deno task conformance` writes layer/tcp/CONFORMANCE.md from the lists in
// .tasks/conformance and the ids in the names of tests. `--check` only compares.

import { PACKAGES, sources, TOP } from "./packages.ts";

const LISTS = `${TOP}.tasks/conformance/`;
const LEDGER = "layer/tcp/CONFORMANCE.md";
const ANNOTATION = /\s*\[(RFC\d+ [^\]\n]+)\]/g;
const LEVELS = ["MUST", "SHOULD", "MAY"] as const;

interface Requirement {
  id: string;
  level: string;
  section: string;
  requirement: string;
}

interface List {
  rfc: number;
  title: string;
  source: string;
  requirements: Requirement[];
}

/** What a run of the task found. */
export interface Ledger {
  text: string;
  problems: string[];
}

/** The strings of a module, without its comments. */
function strings(code: string): string[] {
  const token =
    /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;
  return [...code.matchAll(token)].map(([found]) => found)
    .filter((found) => !found.startsWith("/"))
    .map((found) => found.slice(1, -1).replace(/\\(["'`\\])/g, "$1"));
}

/** The scripts for examples/packetdrill.ts, from the top, sorted. */
function scripts(folder: string): string[] {
  const found: string[] = [];
  try {
    for (const entry of Deno.readDirSync(TOP + folder)) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory) found.push(...scripts(path));
      else if (entry.name.endsWith(".pkt")) found.push(path);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return found.sort();
}

/** Who shows what: lines of the ledger by the id of the requirement. */
function annotations(): Map<string, Set<string>> {
  const shown = new Map<string, Set<string>>();
  const note = (text: string, line: string) => {
    for (const [, id] of text.matchAll(ANNOTATION)) {
      const lines = shown.get(id!) ?? new Set();
      shown.set(id!, lines.add(line));
    }
  };
  for (const folder of [...PACKAGES, "examples"]) {
    for (const path of sources(folder)) {
      if (!path.endsWith("_test.ts")) continue;
      const code = Deno.readTextFileSync(TOP + path);
      if (!code.includes("[RFC")) continue;
      const file = path.replace("layer/tcp/", "");
      for (const text of strings(code)) {
        note(text, `\`${file}\`: ${text.replaceAll(ANNOTATION, "").trim()}`);
      }
    }
  }
  for (const path of scripts("examples/packetdrill")) {
    for (const line of Deno.readTextFileSync(TOP + path).split("\n")) {
      if (/^\s*\/\//.test(line)) note(line, `\`${path}\``);
    }
  }
  return shown;
}

function lists(): List[] {
  return [...Deno.readDirSync(LISTS)].map(({ name }) => name)
    .filter((name) => /^rfc\d+\.json$/.test(name)).sort()
    // What TCP itself says comes first.
    .sort((a, b) => Number(b === "rfc9293.json") - Number(a === "rfc9293.json"))
    .map((name) => JSON.parse(Deno.readTextFileSync(LISTS + name)));
}

/** Builds the ledger and says what is wrong with it. */
export function ledger(): Ledger {
  const problems: string[] = [];
  const shown = annotations();
  const gaps = new Map<string, string>(
    Object.entries(JSON.parse(Deno.readTextFileSync(LISTS + "gaps.json"))),
  );
  const summary = [
    "| RFC | MUST | SHOULD | MAY |",
    "| --- | ---- | ------ | --- |",
  ];
  const body: string[] = [];
  const known = new Set<string>();
  for (const { rfc, title, source, requirements } of lists()) {
    const score = LEVELS.map(() => ({ all: 0, shown: 0 }));
    body.push("", `## RFC ${rfc}: ${title}`, "", `${source}.`, "");
    for (const { id, level, section, requirement } of requirements) {
      const full = `RFC${rfc} ${id}`;
      if (known.has(full)) problems.push(`${full} is there twice`);
      known.add(full);
      const tests = [...shown.get(full) ?? []].sort();
      const gap = gaps.get(full);
      const row = score[LEVELS.findIndex((name) => level.startsWith(name))]!;
      row.all++;
      body.push(`- **${id}** ${level} (section ${section}): ${requirement}`);
      if (tests.length > 0) {
        row.shown++;
        for (const test of tests) body.push(`  - ${test}`);
        if (gap !== undefined) {
          problems.push(
            `${full} has a test: take its reason out of .tasks/conformance/gaps.json`,
          );
        }
      } else if (gap !== undefined) body.push(`  - _Gap:_ ${gap}`);
      else {problems.push(
          `${full} has neither a test nor a reason: ${requirement}`,
        );}
    }
    const cells = score.map(({ all, shown }) => `${shown} of ${all}`);
    summary.push(`| ${rfc} | ${cells.join(" | ")} |`);
  }
  for (const [id, lines] of shown) {
    if (!known.has(id)) {
      problems.push(`[${id}] is in no list: ${[...lines].join("; ")}`);
    }
  }
  for (const id of gaps.keys()) {
    if (!known.has(id)) problems.push(`gaps.json: ${id} is in no list`);
  }
  const text = [
    "# What TCP has to do, and which test shows it",
    "",
    "Written by `deno task conformance` from the lists in `.tasks/conformance` and",
    "the ids in the names of tests; not to be edited. Files without a folder stand",
    "beside this one. The table counts the requirements that a test shows; every",
    "other one has the reason of its gap.",
    "",
    ...summary,
    ...body,
    "",
  ].join("\n");
  return { text, problems };
}

/** What keeps the ledger from being right and up to date. */
export function conformance(): string[] {
  const { text, problems } = ledger();
  let present = "";
  try {
    present = Deno.readTextFileSync(TOP + LEDGER);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  if (text !== present) {
    problems.push(`${LEDGER} is not up to date: run deno task conformance`);
  }
  return problems;
}

if (import.meta.main) {
  const { text, problems } = ledger();
  if (!Deno.args.includes("--check")) {
    Deno.writeTextFileSync(TOP + LEDGER, text);
  }
  const found = Deno.args.includes("--check") ? conformance() : problems;
  const bytes = new TextEncoder().encode(
    found.map((problem) => `${problem}\n`).join("") ||
      `${LEDGER}: nothing amiss\n`,
  );
  Deno.stdout.writeSync(bytes);
  if (found.length > 0) Deno.exit(1);
}
