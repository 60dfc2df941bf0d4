// Runs TCP over a network in memory and virtual time, and shows what happened.

import { main, UsageError } from "./lib/args.ts";
import { jsonOf, type Run, run, textOfEvents } from "./lib/lab/run.ts";
import {
  controlName,
  FORMAT,
  parseScenario,
  type Scenario,
  ScenarioError,
} from "./lib/lab/scenario.ts";
import { SCENARIOS } from "./lib/lab/scenarios.ts";
import { print } from "./lib/terminal.ts";

const names = Object.entries(SCENARIOS)
  .map(([name, { title }]) => `  ${name.padEnd(12)}${title}`).join("\n");

function judge<T>(take: () => T, what: string): T {
  try {
    return take();
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    throw new UsageError(`${what}: ${error.message}`);
  }
}

function load(text: string): Scenario {
  const built = Object.hasOwn(SCENARIOS, text) ? SCENARIOS[text] : undefined;
  if (built !== undefined) return built;
  try {
    const json = Deno.readTextFileSync(text);
    return judge(() => parseScenario(json), text);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new UsageError(
        `There is no scenario or file ${text}; built in are ${
          Object.keys(SCENARIOS).join(", ")
        }`,
      );
    }
    throw error;
  }
}

function create(path: string): Deno.FsFile {
  return Deno.openSync(path, { write: true, create: true, truncate: true });
}

function write(file: Deno.FsFile, octets: Uint8Array): void {
  for (let at = 0; at < octets.length;) {
    at += file.writeSync(octets.subarray(at));
  }
}

function writeJson(path: string, outcome: Run): void {
  using file = create(path);
  const encoder = new TextEncoder();
  let text = "";
  for (const piece of jsonOf(outcome)) {
    text += piece;
    if (text.length < 1 << 16) continue;
    write(file, encoder.encode(text));
    text = "";
  }
  write(file, encoder.encode(text));
}

await main({
  name: "tcp_lab.ts",
  does:
    "Runs TCP over a simulated network in virtual time: a capture, a trace, charts.",
  positional: [["<scenario>", "a name below, or a JSON file"]],
  options: [
    ["--seed N", "what all accidents are drawn from (default 1)"],
    ["-o, --output DIR", "where files go (default .)"],
    ["--control NAME", "congestion control of all flows"],
    ["--duration S", "seconds of virtual time, instead of the scenario's"],
    ["--events", "print what happens to the senders, event by event"],
    ["--list", "print the scenario as JSON, and run nothing"],
  ],
  permissions: "--allow-read --allow-write",
  example: "loss --output out",
  more: `Writes NAME.pcapng (the beginnings of packets on the narrow link),
NAME.json (samples and events) and NAME.html.

Scenarios:
${names}

${FORMAT}`,
}, async (args) => {
  const text = args.text("<scenario>");
  const found = load(text);
  const control = args.option("control");
  if (control !== undefined) judge(() => controlName(control), "--control");
  const scenario: Scenario = {
    ...found,
    duration: args.decimal("duration", 0.001, 86_400, found.duration),
    ...(control === undefined
      ? {}
      : { flows: found.flows.map((flow) => ({ ...flow, control })) }),
  };
  if (args.flag("list")) {
    print(JSON.stringify(scenario, undefined, 2));
    return 0;
  }
  const folder = args.option("output") ?? ".";
  const name = text.replace(/^.*\//, "").replace(/\.json$/, "");
  Deno.mkdirSync(folder, { recursive: true });
  const path = `${folder}/${name}`;
  using capture = create(`${path}.pcapng`);
  const began = performance.now();
  const outcome = run(scenario, {
    seed: args.number("seed", 0, 0xffffffff, 1),
    capture: (octets) => write(capture, octets),
  });
  const seconds = (performance.now() - began) / 1000;
  writeJson(`${path}.json`, outcome);
  // Not needed for the help, and large.
  const { page } = await import("./lib/lab/report.ts");
  Deno.writeTextFileSync(`${path}.html`, page(outcome));
  if (args.flag("events")) {
    for (const line of textOfEvents(outcome)) print(line);
  }
  print(`${scenario.title}: ${scenario.duration} s in ${seconds.toFixed(1)} s`);
  for (const flow of outcome.flows) {
    print(
      `${flow.name} (${flow.control}): ${
        (flow.rate / 1e6).toFixed(2)
      } Mbit/s, ` +
        `${flow.received} octets, ${flow.retransmissions} sent again, ` +
        `${flow.timeouts} time-outs` +
        (flow.finished === null
          ? ""
          : `, finished after ${
            ((flow.finished - flow.start) / 1e6).toFixed(4)
          } s`),
    );
  }
  print(`${path}.pcapng, ${path}.json, ${path}.html`);
  return 0;
});
