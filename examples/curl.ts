// Fetches a document by HTTP over the TypeScript stack.
//
// Ends with 0 if it came whole, 2 for bad arguments, 7 if there was no
// connection, 22 for an HTTP status of 400 and above, 23 if the body could not
// be written, 28 for a time-out, 56 if the connection broke and 8 for an answer
// that is no HTTP: the codes of curl(1) where it has one.

import { type Args, main, parseAddress } from "./lib/args.ts";
import { Get, type Result } from "./lib/http_client.ts";
import { HOST_ARGUMENTS, Station } from "./lib/program.ts";
import { Progress } from "./lib/progress.ts";
import { complain } from "./lib/terminal.ts";

/** µs after which a connection that is not closed properly is left alone. */
const PATIENCE = 1_000_000;
/**
 * Octets of the receive buffer with `--loss`. Without selective acknowledgments
 * the server repairs one loss in a round trip, so few should be under way.
 */
const LOSSY_WINDOW = 1 << 17;

const CODES: Record<string, [number, string]> = {
  aborted: [56, "the connection was aborted"],
  closed: [56, "the connection was closed early"],
  exhausted: [7, "there is no room for a connection"],
  failed: [56, "the connection failed"],
  illegal: [7, "the server's address is no single host"],
  protocol: [8, "the answer is not HTTP, or it is not whole"],
  refused: [7, "the server refused the connection"],
  reset: [56, "the server reset the connection"],
  sink: [23, "the body could not be written"],
  size: [7, "the MTU is too small"],
  timeout: [28, "the server gave no answer"],
  unreachable: [7, "there is no way to the server"],
};

/** Writes all of it, however little the stream takes at once. */
function writeAll(
  stream: { writeSync(bytes: Uint8Array): number },
  bytes: Uint8Array,
): void {
  for (let at = 0; at < bytes.length;) {
    at += stream.writeSync(bytes.subarray(at));
  }
}

async function fetchBy(station: Station, args: Args): Promise<Result> {
  const { host } = station;
  const server = args.text("<server>");
  const address = parseAddress(server);
  const port = args.port();
  const path = args.text("[path]") || "/";
  const output = args.option("output");
  const file = output === undefined
    ? undefined
    : Deno.openSync(output, { write: true, create: true, truncate: true });
  const sink = file ?? Deno.stdout;
  // A body on the terminal and a bar through it would be no use.
  const shown = Deno.stderr.isTerminal() &&
    (file !== undefined || !Deno.stdout.isTerminal());
  const progress = shown ? new Progress(() => host.device.now()) : undefined;
  try {
    const get = new Get({
      tcp: host.tcp,
      server: address.value,
      port,
      host: port === 80 ? server : `${server}:${port}`,
      path: path.startsWith("/") ? path : `/${path}`,
      ...(args.common().loss > 0 ? { receiveBuffer: LOSSY_WINDOW } : {}),
      body: (piece) => writeAll(sink, piece),
      progress: (octets, total) => progress?.show(octets, total),
    });
    await station.run(() => get.result !== undefined);
    // What closes the connection still has to go out.
    const end = host.device.now() + PATIENCE;
    await station.run(() => get.over || host.device.now() >= end);
    return get.result ?? { kind: "failed", reason: "aborted" };
  } finally {
    progress?.end();
    file?.close();
  }
}

await main({
  name: "curl.ts",
  does: "Fetches a document by HTTP over the TypeScript stack.",
  positional: [
    ...HOST_ARGUMENTS,
    ["<server>", "address of the server"],
    ["<port>", "its port"],
    ["[path]", "what to fetch (default /)"],
  ],
  options: [["-o, --output FILE", "write the body to a file"]],
  device: true,
  example: "tap0 192.0.2.2/24 02:00:00:00:00:02 192.0.2.1/24 192.0.2.1 8000 /",
}, async (args) => {
  // Checked before anything is opened.
  parseAddress(args.text("<server>"));
  args.port();
  using station = Station.open(args, { connections: 4 });
  const result = await fetchBy(station, args);
  if (result.kind === "done") {
    if (result.status < 400) return 0;
    complain(`curl.ts: ${result.status} ${result.statusMessage}`);
    return 22;
  }
  const [code, sentence] = CODES[result.reason]!;
  complain(`curl.ts: ${args.text("<server>")}: ${sentence}`);
  return code;
});
