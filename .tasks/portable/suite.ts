// The tests of a portable package in an engine that is not Deno: bundled whole,
// started in Node.js or in a headless Chromium, with the last line counting.
//
//   deno run -A .tasks/portable/suite.ts <package> node|chromium

import { sources, TOP } from "../packages.ts";

const MINUTES = 6;
const SHIM = new URL("deno.ts", import.meta.url).pathname;

const [folder = "wire", engine = "node"] = Deno.args;

function print(line: string): void {
  const bytes = new TextEncoder().encode(`${line}\n`);
  for (let at = 0; at < bytes.length;) {
    at += Deno.stdout.writeSync(bytes.subarray(at));
  }
}

/** Bundles all tests of the package into `root`, laid out as the repository. */
async function bundle(root: string): Promise<string> {
  const tests = sources(folder).filter((path) =>
    path.endsWith("_test.ts") && !path.endsWith("_live_test.ts")
  );
  const entry = `${root}/entry.ts`;
  Deno.writeTextFileSync(
    entry,
    [
      `import { run } from ${JSON.stringify(SHIM)};`,
      ...tests.map((path) => `import ${JSON.stringify(TOP + path)};`),
      // In Node.js lines go to its output, in a page to whoever made the page.
      "const print = globalThis.report ?? console.log;",
      "const ok = await run(print);",
      "if (!ok && 'process' in globalThis) process.exitCode = 1;",
    ].join("\n"),
  );
  // Where the tests look for captures from, as in the repository.
  const file = `${root}/top/${folder}/tests.mjs`;
  Deno.mkdirSync(`${root}/top/${folder}`, { recursive: true });
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["bundle", "--quiet", "--config", `${TOP}deno.json`],
      ...["--platform", "browser", "-o", file, entry],
    ],
    stderr: "piped",
  }).output();
  if (!success) throw new Error(new TextDecoder().decode(stderr));
  try {
    Deno.symlinkSync(Deno.realPathSync(`${TOP}../shared`), `${root}/shared`);
  } catch (error) {
    // In a stranger's clone it is missing, and tests say so.
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return file;
}

async function inNode(file: string): Promise<boolean> {
  const { success } = await new Deno.Command("node", {
    args: [file],
    stdout: "inherit",
    stderr: "inherit",
    signal: AbortSignal.timeout(MINUTES * 60_000),
  }).output();
  return success;
}

const PAGE = `<!doctype html><script>
const lines = [];
globalThis.report = (line) => lines.push(line);
const end = (text) => fetch("/report", { method: "POST", body: text });
addEventListener("error", (e) => end(lines.join("\\n") + "\\n" + e.message));
import("/top/${folder}/tests.mjs").then(
  () => end(lines.join("\\n")),
  (error) => end(lines.join("\\n") + "\\n" + error.stack),
);
</script>`;

const TYPES: Readonly<Record<string, string>> = { mjs: "text/javascript" };

/** Serves the page, the bundle and files below `root`, to this machine only. */
function serve(
  root: string,
  report: (text: string) => void,
): Deno.HttpServer<Deno.NetAddr> {
  return Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    async (request) => {
      const { pathname, search } = new URL(request.url);
      if (request.method === "POST") {
        report(await request.text());
        return new Response();
      }
      if (pathname === "/") {
        return new Response(PAGE, { headers: { "content-type": "text/html" } });
      }
      const path = root + decodeURIComponent(pathname);
      try {
        if (search === "?list") {
          return Response.json([...Deno.readDirSync(path)]);
        }
        const type = TYPES[path.split(".").pop()!] ??
          "application/octet-stream";
        return new Response(await Deno.readFile(path), {
          headers: { "content-type": type },
        });
      } catch {
        return new Response("", { status: 404 });
      }
    },
  );
}

async function inChromium(root: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<string>();
  await using server = serve(root, resolve);
  const timer = setTimeout(
    () => resolve(`Stopped after ${MINUTES} minutes`),
    MINUTES * 60_000,
  );
  const browser = new Deno.Command("chromium", {
    args: [
      ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"],
      ...["--no-first-run", "--disable-background-networking"],
      ...["--disable-component-update", "--disable-sync"],
      ...["--disable-dev-shm-usage", `--user-data-dir=${root}/profile`],
      `http://127.0.0.1:${server.addr.port}/`,
    ],
    stdout: "null",
    stderr: "null",
  }).spawn();
  browser.status.then(({ code }) => resolve(`Chromium ended with ${code}`));
  const text = await promise;
  clearTimeout(timer);
  try {
    browser.kill("SIGTERM");
  } catch {
    // It has ended by itself.
  }
  await browser.status;
  print(text);
  return /^ok \|/m.test(text);
}

/** Removes a folder, in which a browser's children may write for a moment. */
async function remove(folder: string): Promise<void> {
  for (let left = 50;; left--) {
    try {
      return Deno.removeSync(folder, { recursive: true });
    } catch (error) {
      if (left === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

const root = Deno.makeTempDirSync({ prefix: "ethox-portable-" });
let ok = false;
try {
  const file = await bundle(root);
  ok = await (engine === "chromium" ? inChromium(root) : inNode(file));
} finally {
  await remove(root);
}
Deno.exit(ok ? 0 : 1);
