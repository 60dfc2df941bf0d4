// Which way imports point, and what portable code must not touch.

import {
  ALLOWED,
  isTest,
  manifest,
  PACKAGES,
  sources,
  TOP,
} from "./packages.ts";

interface Import {
  specifier: string;
  typeOnly: boolean;
}

/** Code without its comments; strings stay. */
export function withoutComments(code: string): string {
  const token =
    /"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g;
  return code.replace(token, (found) => found.startsWith("/") ? " " : found);
}

/** The imports and re-exports of a module. */
export function importsOf(code: string): Import[] {
  const found: Import[] = [];
  const statement =
    /\b(?:import|export)\s+(type\s+)?([\w*{}\s,$]*?)\bfrom\s*"([^"]+)"|\bimport\s*\(?\s*"([^"]+)"/g;
  for (const match of code.matchAll(statement)) {
    const names = /^\s*\{([^}]*)\}\s*$/.exec(match[2] ?? "")?.[1];
    const allTypes = names !== undefined &&
      names.split(",").every((name) => /^\s*(type\s|$)/.test(name));
    found.push({
      specifier: match[3] ?? match[4]!,
      typeOnly: match[1] !== undefined || allTypes,
    });
  }
  return found;
}

const CLOCKS =
  /\b(?:Date|performance)\.now\b|\bnew Date\b|\bset(?:Timeout|Interval)\b|\bMath\.random\b/;

function judge(folder: string, path: string, problems: string[]): Import[] {
  const code = withoutComments(Deno.readTextFileSync(TOP + path));
  const say = (problem: string) => problems.push(`${path}: ${problem}`);
  const imports = importsOf(code);
  const test = isTest(path);
  for (const { specifier } of imports) {
    const package_ = /^@ethox\/([^/]+)/.exec(specifier)?.[1];
    if (specifier.startsWith(".")) {
      const target = new URL(specifier, `file:///${path}`).pathname.slice(1);
      if (!target.startsWith(`${folder}/`)) {
        say(`imports "${specifier}", a path out of its package`);
      } else if (!test && isTest(target)) {
        say(`imports "${specifier}", a file for tests`);
      }
    } else if (package_ !== undefined) {
      if (package_ !== folder && !ALLOWED[folder]!.includes(package_)) {
        say(`imports "${specifier}", which stands above it`);
      }
      if (specifier === "@ethox/nic/sys" && !test) {
        say(`imports "${specifier}", which needs Linux`);
      }
    } else if (!test) {
      say(`imports "${specifier}": the packages need nothing but each other`);
    }
  }
  if (test) return imports;
  if (!path.startsWith("nic/sys/")) {
    if (/\bDeno\b\s*[.[]/.test(code)) say("uses Deno, but has to run anywhere");
    if (/\bprocess\.|\brequire\(/.test(code)) {
      say("uses Node.js, but has to run anywhere");
    }
    if (path.startsWith("nic/") && /["'.]\/sys\//.test(code)) {
      say("imports nic/sys, which needs Linux");
    }
  }
  if (folder !== "nic") {
    const clock = CLOCKS.exec(code)?.[0];
    if (clock !== undefined) say(`uses ${clock}: time comes from the device`);
  }
  return imports;
}

/** The file that an import of shipped code means, or `undefined`. */
function resolve(path: string, specifier: string): string | undefined {
  if (specifier.startsWith(".")) {
    return new URL(specifier, `file:///${path}`).pathname.slice(1);
  }
  const match = /^@ethox\/([^/]+)(.*)$/.exec(specifier);
  if (match === null || ALLOWED[match[1]!] === undefined) return undefined;
  const target = manifest(match[1]!).exports[`.${match[2]}`];
  return target === undefined ? undefined : match[1] + target.slice(1);
}

function circles(graph: Map<string, string[]>): string[] {
  const done = new Set<string>();
  const trail: string[] = [];
  const found: string[] = [];
  const visit = (file: string) => {
    const at = trail.indexOf(file);
    if (at >= 0) found.push([...trail.slice(at), file].join(" -> "));
    if (at >= 0 || done.has(file)) return;
    trail.push(file);
    for (const next of graph.get(file) ?? []) visit(next);
    trail.pop();
    done.add(file);
  };
  for (const file of graph.keys()) visit(file);
  return found;
}

/** The paths that a pattern of `publish.exclude` means. */
function pattern(glob: string): RegExp {
  const source = glob.replace(/[.+?^$()|{}[\]\\]/g, "\\$&")
    .replace(/^\*\*\//, "(?:^|/)").replaceAll("*", "[^/]*");
  return new RegExp(`${source}$`);
}

/** Everything that breaks the layering, one sentence each. */
export function layering(): string[] {
  const problems: string[] = [];
  const graph = new Map<string, string[]>();
  for (const folder of PACKAGES) {
    const { name, imports = {}, exports, publish } = manifest(folder);
    const used = new Set<string>();
    if (name !== `@ethox/${folder}`) problems.push(`${folder}: named ${name}`);
    for (const [key, value] of Object.entries(imports)) {
      if (!/^jsr:@ethox\/\w+@\^\d+\.\d+\.\d+$/.test(value)) {
        problems.push(`${folder}/deno.json: "${key}" is ${value}`);
      }
    }
    for (const [key, value] of Object.entries(exports)) {
      if (!/^\.(\/[a-z0-9-]+)*$/.test(key)) {
        problems.push(`${folder}/deno.json: export "${key}" is no kebab case`);
      }
      try {
        Deno.statSync(`${TOP}${folder}/${value}`);
      } catch {
        problems.push(`${folder}/deno.json: ${value} is missing`);
      }
    }
    const excluded = publish?.exclude?.map(pattern) ?? [];
    for (const path of sources(folder)) {
      if (isTest(path) && !excluded.some((glob) => glob.test(path))) {
        problems.push(`${path}: a test that would be published`);
      }
      const found = judge(folder, path, problems);
      if (isTest(path)) continue;
      const targets: string[] = [];
      for (const { specifier, typeOnly } of found) {
        const package_ = /^@ethox\/[^/]+/.exec(specifier)?.[0];
        if (package_ !== undefined) used.add(package_);
        const target = resolve(path, specifier);
        if (target === undefined && package_ !== undefined) {
          problems.push(`${path}: "${specifier}" is not exported`);
        }
        if (target !== undefined && !typeOnly) targets.push(target);
      }
      graph.set(path, targets);
    }
    for (const package_ of used) {
      if (package_ !== name && imports[package_] === undefined) {
        problems.push(`${folder}/deno.json: does not name ${package_}`);
      }
    }
  }
  for (const circle of circles(graph)) problems.push(`a circle: ${circle}`);
  return problems;
}
