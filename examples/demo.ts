// The main job on a machine's own kernel: a host written in TypeScript answers
// its ping, serves its curl, and fetches from a server on it, all inside a
// private network namespace that is gone afterwards.

import { createHash } from "node:crypto";
import { main } from "./lib/args.ts";
import { between } from "./lib/between.ts";
import { missing, Namespace, type Output, probe } from "./lib/namespace.ts";
import { quantity } from "./lib/progress.ts";
import { print } from "./lib/terminal.ts";
import {
  HARDWARE,
  host,
  KERNEL,
  OURS,
  wire,
  type Wiring,
} from "./lib/wiring.ts";

const OCTETS = 100_000_000;
const PORT = 80;
const KERNEL_PORT = 8000;

/** A folder that is removed, also when the program is interrupted. */
class Scratch implements Disposable {
  readonly path = Deno.makeTempDirSync({ prefix: "ethox-demo-" });

  file(name: string): string {
    return `${this.path}/${name}`;
  }

  [Symbol.dispose](): void {
    try {
      Deno.removeSync(this.path, { recursive: true });
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

async function sumOf(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of (await Deno.open(file)).readable) {
    hash.update(piece);
  }
  return hash.digest("hex");
}

/** Fills a file with octets that nobody can guess. */
async function fill(file: string): Promise<void> {
  using out = await Deno.open(file, { write: true, create: true });
  const piece = new Uint8Array(1 << 20);
  for (let left = OCTETS; left > 0; left -= piece.length) {
    for (let at = 0; at < piece.length; at += 65536) {
      crypto.getRandomValues(piece.subarray(at, at + 65536));
    }
    await new Blob([piece.subarray(0, Math.min(left, piece.length))]).stream()
      .pipeTo(
        new WritableStream({ write: (part) => void out.writeSync(part) }),
      );
  }
}

function heading(text: string): void {
  print(`\n== ${text}`);
}

function indent(text: string): void {
  for (const line of text.trimEnd().split("\n")) print(`   ${line}`);
}

/** Rate of so many octets since `began` (ms). */
function rate(began: number): string {
  const seconds = (performance.now() - began) / 1000;
  return `${quantity(OCTETS)} in ${seconds.toFixed(2)} s, ` +
    `${quantity(OCTETS * 8 / seconds, "bit/s")}, start of the client included`;
}

/** Whether a tool is there; if not, says who has it. */
function tool(name: string): boolean {
  const reason = missing([name]);
  if (reason !== undefined) print(`   ${reason}`);
  return reason === undefined;
}

function failed(what: string, output: Output): never {
  const detail = output.stderr.trim() || output.stdout.trim();
  throw new Error(`${what} ended with code ${output.code}: ${detail}`);
}

/** The kernel's own client, or else this runtime's, which uses the kernel. */
async function kernelFetch(
  namespace: Namespace,
  url: string,
  file: string,
): Promise<void> {
  const output = tool("curl")
    ? await namespace.run("curl", ["-sS", "--fail", "-o", file, url])
    : await namespace.run(Deno.execPath(), [
      "eval",
      "--quiet",
      `const { body } = await fetch("${url}");
       await body.pipeTo((await Deno.create("${file}")).writable);`,
    ]);
  if (output.code !== 0) failed("fetching", output);
}

/** A server on the kernel: Python's, or else this runtime's. */
function kernelServer(namespace: Namespace, folder: string) {
  if (tool("python3")) {
    return namespace.start("python3", [
      "-u",
      "-m",
      "http.server",
      "--bind",
      KERNEL,
      `${KERNEL_PORT}`,
    ], { cwd: folder });
  }
  return namespace.start(Deno.execPath(), [
    "eval",
    "--quiet",
    `Deno.serve({ hostname: "${KERNEL}", port: ${KERNEL_PORT},
       onListen: () => console.log("Serving") },
       async (request) => new Response((await Deno.open("${folder}" +
         new URL(request.url).pathname)).readable));`,
  ]);
}

async function onKernel(wiring: Wiring): Promise<boolean> {
  using scratch = new Scratch();
  await using namespace = await Namespace.open();
  const interrupted = () => {
    scratch[Symbol.dispose]();
    Deno.exit(130);
  };
  Deno.addSignalListener("SIGINT", interrupted);
  Deno.addSignalListener("SIGTERM", interrupted);
  const name = await wire(namespace, wiring);
  const folder = scratch.file("served");
  Deno.mkdirSync(folder);
  await fill(`${folder}/data`);
  const expected = await sumOf(`${folder}/data`);
  print(`The kernel is ${KERNEL}, our host ${OURS} (${HARDWARE}) on ${name}.`);

  const server = await host(
    namespace,
    "httpd.ts",
    name,
    [`${PORT}`, folder],
    ["--allow-read"],
  );
  await using _ = server;
  heading("the kernel pings our host");
  if (tool("ping")) {
    const args = ["-c", "5", "-i", "0.2", OURS];
    const output = await namespace.run("ping", args);
    indent(output.stdout);
    if (output.code !== 0) failed("ping", output);
  } else {
    indent("a second host of ours pings instead:");
    indent(between().ping);
  }

  heading("the kernel's client fetches from our host");
  const fetched = scratch.file("fetched");
  let began = performance.now();
  await kernelFetch(namespace, `http://${OURS}:${PORT}/data`, fetched);
  indent(rate(began));
  const there = await sumOf(fetched);
  indent(`sha256 ${expected} on disk\nsha256 ${there} as it arrived`);
  await server.stop();
  const served = server.output.split("\n").slice(1).join("\n");

  heading("our client fetches from a server on the kernel");
  await using kernel = kernelServer(namespace, folder);
  await kernel.until(/Serving/);
  const got = scratch.file("got");
  began = performance.now();
  await using client = namespace.example("curl.ts", [
    name,
    `${OURS}/24`,
    HARDWARE,
    `${KERNEL}/24`,
    KERNEL,
    `${KERNEL_PORT}`,
    "/data",
    "-o",
    got,
  ], [`--allow-write=${scratch.path}`]);
  const code = await client.end();
  if (code !== 0) {
    throw new Error(`curl.ts ended with code ${code}: ${client.output}`);
  }
  indent(rate(began));
  const here = await sumOf(got);
  indent(`sha256 ${expected} on disk\nsha256 ${here} as it arrived`);

  heading("what our server counted");
  indent(served);
  Deno.removeSignalListener("SIGINT", interrupted);
  Deno.removeSignalListener("SIGTERM", interrupted);
  return there === expected && here === expected;
}

function inMemory(): boolean {
  const { ping, transfers, counters, equal } = between();
  heading("one host pings the other");
  indent(ping);
  heading("one fetches from the other, and back");
  indent(transfers);
  heading("what one of them counted");
  indent(counters);
  return equal;
}

await main({
  name: "demo.ts",
  does:
    "Shows a host written in TypeScript talking with this machine's kernel.",
}, async () => {
  const found = await probe();
  const obstacle = found.namespace ?? (found.tap && found.veth);
  let equal: boolean;
  if (obstacle !== undefined) {
    print(
      `Two hosts of ours talk to each other in memory, as there is ${obstacle}`,
    );
    equal = inMemory();
  } else {
    if (found.tap !== undefined) {
      print(`A veth pair and a packet socket serve, as there is ${found.tap}`);
    }
    equal = await onKernel(found.tap === undefined ? "tap" : "raw");
    print("\nThe namespace and all that was in it are gone.");
  }
  print(equal ? "All sums are equal." : "The sums differ!");
  return equal ? 0 : 1;
});
