// Serves the files of a folder by HTTP over the TypeScript stack.

import { main, UsageError } from "./lib/args.ts";
import { Server } from "./lib/http_server.ts";
import { HOST_ARGUMENTS, Station } from "./lib/program.ts";
import { complain, print } from "./lib/terminal.ts";

await main({
  name: "httpd.ts",
  does: "Serves the files of a folder by HTTP over the TypeScript stack.",
  positional: [
    ...HOST_ARGUMENTS,
    ["<port>", "port to listen on"],
    ["<folder>", "folder whose files are served"],
  ],
  options: [
    ["--connections N", "connections at once (default 256)"],
    ["--log", "print each request"],
  ],
  device: true,
  example: "tap0 192.0.2.2/24 02:00:00:00:00:02 192.0.2.1/24 80 /var/www/html",
}, async (args) => {
  const port = args.port();
  const folder = args.text("<folder>");
  const connections = args.number("connections", 1, 10_000, 256);
  const log = args.flag("log");
  try {
    if (!Deno.statSync(folder).isDirectory) {
      throw new UsageError(`${folder} is no folder`);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new UsageError(`There is no folder ${folder}`);
  }
  using station = Station.open(args, {
    connections,
    tcp: { halfOpen: 2 * connections, timeWait: 16_384 },
  });
  const server = new Server({
    tcp: station.host.tcp,
    port,
    folder,
    connections,
    onAnswer: (method, url, status) => {
      // What strangers write is quoted before it reaches a terminal.
      if (log) print(`${method} ${JSON.stringify(url)} ${status}`);
    },
  });
  const failure = server.listen();
  if (failure !== undefined) {
    complain(`httpd.ts: cannot listen on port ${port}: ${failure}`);
    return 1;
  }
  station.announce(`Serving ${folder} on port ${port}`);
  await station.run();
  station.report();
  return 0;
});
