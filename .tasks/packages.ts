// The packages of the workspace, as their `deno.json` files describe them.

/** The packages, lowest first, and what each may import. */
export const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  managed: [],
  wire: [],
  storage: ["managed"],
  nic: ["wire", "managed"],
  layer: ["wire", "managed", "storage", "nic"],
};

/** The folders of the packages. */
export const PACKAGES: readonly string[] = Object.keys(ALLOWED);

/** The top of the repository. */
export const TOP: string = new URL("../", import.meta.url).pathname;

/** What the `deno.json` of a package says. */
export interface Manifest {
  name: string;
  exports: Record<string, string>;
  imports?: Record<string, string>;
  publish?: { exclude?: string[] };
}

/** Reads the `deno.json` of a package. */
export function manifest(folder: string): Manifest {
  return JSON.parse(Deno.readTextFileSync(`${TOP}${folder}/deno.json`));
}

/** Paths of the files that a package exports, from the top. */
export function exported(folder: string): string[] {
  const files = Object.values(manifest(folder).exports);
  return [...new Set(files)].map((file) => folder + file.slice(1));
}

/** Paths of all TypeScript files below a folder, from the top, sorted. */
export function sources(folder: string): string[] {
  const found: string[] = [];
  for (const entry of Deno.readDirSync(TOP + folder)) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory) found.push(...sources(path));
    else if (entry.name.endsWith(".ts")) found.push(path);
  }
  return found.sort();
}

/** Whether a file is not shipped: a test, a bench or what only they import. */
export function isTest(path: string): boolean {
  return /_test(_\w+)?\.ts$|_bench\.ts$|\.d\.ts$/.test(path);
}
