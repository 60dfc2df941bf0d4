// The main job on a machine's own kernel: a host written in TypeScript answers
// its ping, serves its curl, and fetches from a server on it, all inside a
// private network namespace that is gone afterwards.

import { type CommonOptions, main } from "./lib/args.ts";
import { between } from "./lib/between.ts";
import { missing, Namespace, probe, type Program } from "./lib/namespace.ts";
import { quantity } from "./lib/progress.ts";
import { fill, Scratch, sumOf } from "./lib/scratch.ts";
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
const OTHER_PORT = 8000;
/** A second host of ours, where the machine lacks a tool. */
const SECOND = "192.0.2.3";
const SECOND_HARDWARE = "02:00:00:00:00:03";

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
  if (reason === undefined) return true;
  indent(`There is ${reason}: a second host of ours plays its part.`);
  return false;
}

/** The common options, and permissions, of one of our hosts. */
function passOn(
  common: CommonOptions,
  who: string,
): { options: readonly string[]; permissions: readonly string[] } {
  const { pcap, trace, loss, seed, offload } = common;
  // One file for each host: out.pcapng becomes out-server.pcapng.
  const file = pcap?.replace(/(\.[^./]*)?$/, `-${who}$1`);
  return {
    options: [
      ...["--loss", `${loss}`, "--seed", `${seed}`],
      ...(trace ? ["--trace"] : []),
      ...(offload ? [] : ["--no-offload"]),
      ...(file === undefined ? [] : ["--pcap", file]),
    ],
    permissions: file === undefined ? [] : [`--allow-write=${file}`],
  };
}

/** Arguments of a program that is a second host, on the kernel's side. */
function secondHost(wiring: Wiring): readonly string[] {
  const side = wiring === "raw" ? "raw:veth0" : "raw:tap0";
  return [side, `${SECOND}/24`, SECOND_HARDWARE, `${KERNEL}/24`];
}

async function succeed(what: string, program: Program): Promise<void> {
  const code = await program.end();
  if (code !== 0) {
    throw new Error(`${what} ended with code ${code}: ${program.output}`);
  }
}

async function ping(namespace: Namespace, wiring: Wiring): Promise<void> {
  await using program = tool("ping")
    ? namespace.start("ping", ["-c", "5", "-i", "0.2", OURS])
    : namespace.example("ping_tap.ts", [
      ...secondHost(wiring),
      ...["--ping", OURS, "--count", "5", "--interval", "0.2"],
    ]);
  await succeed("ping", program);
  indent(program.output);
}

/** Fetches `/data` from a server of ours. */
async function fetchFrom(
  namespace: Namespace,
  wiring: Wiring,
  file: string,
): Promise<void> {
  const found = tool("curl");
  const began = performance.now();
  await using program = found
    ? namespace.start("curl", [
      ...["-sS", "--fail", "-o", file],
      `http://${OURS}:${PORT}/data`,
    ])
    : namespace.example("curl.ts", [
      ...secondHost(wiring),
      ...[OURS, `${PORT}`, "/data", "-o", file],
    ], [`--allow-write=${file}`]);
  await succeed("the client", program);
  indent(rate(began));
}

/** Serves a folder, on the kernel if there is a server for it. */
async function serve(
  namespace: Namespace,
  wiring: Wiring,
  folder: string,
): Promise<{ server: Program; address: string }> {
  const found = tool("python3");
  const server = found
    ? namespace.start("python3", [
      ...["-u", "-m", "http.server", "--bind", KERNEL, `${OTHER_PORT}`],
    ], { cwd: folder })
    : namespace.example("httpd.ts", [
      ...secondHost(wiring),
      ...[`${OTHER_PORT}`, folder],
    ], [`--allow-read=${folder}`]);
  await server.until(/Serving/);
  return { server, address: found ? KERNEL : SECOND };
}

async function onKernel(
  wiring: Wiring,
  common: CommonOptions,
): Promise<boolean> {
  using scratch = new Scratch();
  const interrupted = () => {
    scratch[Symbol.dispose]();
    Deno.exit(130);
  };
  Deno.addSignalListener("SIGINT", interrupted);
  Deno.addSignalListener("SIGTERM", interrupted);
  await using namespace = await Namespace.open();
  const name = await wire(namespace, wiring);
  const folder = scratch.file("served");
  Deno.mkdirSync(folder);
  fill(`${folder}/data`, OCTETS);
  const expected = await sumOf(`${folder}/data`);
  print(`The kernel is ${KERNEL}, our host ${OURS} (${HARDWARE}) on ${name}.`);

  const serving = passOn(common, "server");
  await using ours = await host(
    namespace,
    "httpd.ts",
    name,
    [`${PORT}`, folder, ...serving.options],
    [`--allow-read=${folder}`, ...serving.permissions],
  );
  heading("the kernel pings our host");
  await ping(namespace, wiring);

  heading("the kernel's client fetches from our host");
  const fetched = scratch.file("fetched");
  await fetchFrom(namespace, wiring, fetched);
  const there = await sumOf(fetched);
  indent(`sha256 ${expected} on disk\nsha256 ${there} as it arrived`);
  await ours.stop();
  const counted = ours.output.split("\n").slice(1).join("\n");

  heading("our client fetches from a server on the kernel");
  const { server, address } = await serve(namespace, wiring, folder);
  await using _server = server;
  const got = scratch.file("got");
  const fetching = passOn(common, "client");
  const began = performance.now();
  await using client = namespace.example("curl.ts", [
    ...[name, `${OURS}/24`, HARDWARE, `${KERNEL}/24`],
    ...[address, `${OTHER_PORT}`, "/data", "-o", got],
    ...fetching.options,
  ], [`--allow-write=${got}`, ...fetching.permissions]);
  await succeed("curl.ts", client);
  if (common.trace) indent(client.output);
  indent(rate(began));
  const here = await sumOf(got);
  indent(`sha256 ${expected} on disk\nsha256 ${here} as it arrived`);

  heading("what our server counted");
  indent(counted);
  Deno.removeSignalListener("SIGINT", interrupted);
  Deno.removeSignalListener("SIGTERM", interrupted);
  return there === expected && here === expected;
}

function inMemory(common: CommonOptions): boolean {
  const { ping, transfers, counters, equal } = between(common);
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
  device: true,
  memory: true,
  more:
    "With --pcap out.pcapng, the host that serves records into out-server.pcapng\n" +
    "and the one that fetches into out-client.pcapng.",
}, async (args) => {
  const common = args.common();
  const found = await probe();
  const obstacle = found.namespace ?? (found.tap && found.veth);
  let equal: boolean;
  if (obstacle !== undefined) {
    print(
      `Two hosts of ours talk to each other in memory, as there is ${obstacle}`,
    );
    equal = inMemory(common);
  } else {
    if (found.tap !== undefined) {
      print(`A veth pair and a packet socket serve, as there is ${found.tap}`);
    }
    equal = await onKernel(
      found.tap === undefined ? "tap" : "raw",
      common,
    );
    print("\nThe namespace and all that was in it are gone.");
  }
  print(equal ? "All sums are equal." : "The sums differ!");
  return equal ? 0 : 1;
});
