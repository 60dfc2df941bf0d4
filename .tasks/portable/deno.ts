// What the tests of portable packages use of Deno, for engines that are not
// Deno: a registry of tests, and files, read only. Programs are never found.

/** A test as `Deno.test` takes it. */
interface Definition {
  name: string;
  ignore?: boolean;
  fn(context: unknown): void | Promise<void>;
}

class NotFound extends Error {}

const registry: Definition[] = [];

function test(
  first: string | Definition,
  second?: Definition["fn"] | Omit<Definition, "name" | "fn">,
  third?: Definition["fn"],
): void {
  if (typeof first !== "string") registry.push(first);
  else if (typeof second === "function") {
    registry.push({ name: first, fn: second });
  } else registry.push({ name: first, ...second, fn: third! });
}

interface Files {
  read(url: string): Uint8Array;
  list(url: string): { name: string; isFile: boolean; isDirectory: boolean }[];
  isDirectory(url: string): boolean;
}

/** Files as Node.js reads them. */
function nodeFiles(): Files {
  const { process } = globalThis as unknown as {
    process: { getBuiltinModule(name: string): typeof import("node:fs") };
  };
  const fs = process.getBuiltinModule("node:fs");
  return {
    read: (url) => new Uint8Array(fs.readFileSync(new URL(url))),
    list: (url) =>
      fs.readdirSync(new URL(url), { withFileTypes: true }).map((entry) => ({
        name: entry.name,
        isFile: entry.isFile(),
        isDirectory: entry.isDirectory(),
      })),
    isDirectory: (url) => fs.statSync(new URL(url)).isDirectory(),
  };
}

/** Files as a browser fetches them from the server that runs the tests. */
function pageFiles(): Files {
  const fetch = (url: string) => {
    // Tests read files without waiting, as they do in Deno.
    const request = new (globalThis as unknown as {
      XMLHttpRequest: new () => {
        open(method: string, url: string, later: boolean): void;
        overrideMimeType(type: string): void;
        send(): void;
        readonly status: number;
        readonly responseText: string;
      };
    }).XMLHttpRequest();
    request.open("GET", url, false);
    request.overrideMimeType("text/plain; charset=x-user-defined");
    request.send();
    if (request.status !== 200) throw new NotFound(`There is no ${url}`);
    return request.responseText;
  };
  const list = (url: string) => JSON.parse(fetch(`${url}?list`));
  return {
    read: (url) => Uint8Array.from(fetch(url), (c) => c.charCodeAt(0) & 0xff),
    list,
    isDirectory: (url) => {
      list(url);
      return true;
    },
  };
}

const isNode = "process" in globalThis;
const files = isNode ? nodeFiles() : pageFiles();
const decoder = new TextDecoder();

/** Programs, of which there are none. */
class Command {
  constructor(program: string) {
    throw new NotFound(`There is no ${program} here`);
  }
}

/** An error with what caused it. */
function explain(error: unknown): string {
  if (!(error instanceof Error)) return `${error}`;
  const { stack = error.message, cause } = error;
  return cause === undefined ? stack : `${stack}\nCaused by: ${explain(cause)}`;
}

/** Runs all tests that were registered; gives each line to `print`. */
export async function run(
  print: (line: string) => void,
): Promise<boolean> {
  let passed = 0;
  let failed = 0;
  let ignored = 0;
  for (const { name, ignore, fn } of registry) {
    if (ignore === true) {
      print(`${name} ... ignored (0ms)`);
      ignored++;
      continue;
    }
    try {
      await fn({});
      passed++;
    } catch (error) {
      failed++;
      print(`${name} ... FAILED\n${explain(error)}`);
    }
    // The page, and its server, get a word in between.
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
  const verdict = failed === 0 && passed > 0;
  print(
    `${verdict ? "ok" : "FAILED"} | ${passed} passed | ${failed} failed | ` +
      `${ignored} ignored`,
  );
  return verdict;
}

/** Adds what the tests, not the packages, need of newer engines. */
function fill(prototype: object, name: string, value: unknown): void {
  if (name in prototype) return;
  Object.defineProperty(prototype, name, { value, configurable: true });
}

fill(Uint8Array, "fromHex", (text: string) => {
  const pairs = text.match(/../g) ?? [];
  return Uint8Array.from(pairs, (pair) => parseInt(pair, 16));
});
fill(Uint8Array.prototype, "toHex", function (this: Uint8Array) {
  return Array.from(this, (b) => b.toString(16).padStart(2, "0")).join("");
});
fill(Set.prototype, "union", function <T>(this: Set<T>, other: Iterable<T>) {
  return new Set([...this, ...other]);
});

Object.assign(globalThis, {
  Deno: {
    test,
    Command,
    errors: { NotFound },
    build: { os: isNode ? "node" : "browser" },
    // The minute of fuzzing is spent in Deno.
    env: {
      get: (name: string) => name === "ETHOX_FUZZ_SECONDS" ? "5" : undefined,
    },
    args: [],
    readFileSync: (url: URL | string) => files.read(`${url}`),
    readTextFileSync: (url: URL | string) =>
      decoder.decode(files.read(`${url}`)),
    readDirSync: (url: URL | string) => files.list(`${url}`),
    statSync: (url: URL | string) => ({
      isDirectory: files.isDirectory(`${url}`),
    }),
  },
});
