// One end of a transfer by the kernel's TCP: a part of linux_compare.ts, started
// by it in a namespace. The sink prints how many octets came in its time.

import { main, UsageError } from "../args.ts";
import { print } from "../terminal.ts";

const PIECE = 1 << 18;

async function sink(port: number, seconds: number): Promise<number> {
  const listener = Deno.listen({ hostname: "0.0.0.0", port });
  print("Listening");
  using connection = await listener.accept();
  const piece = new Uint8Array(PIECE);
  const began = performance.now();
  let octets = 0;
  // What the peer would still send is not waited for.
  for (;;) {
    const length = await connection.read(piece);
    if (length === null || performance.now() - began > seconds * 1000) break;
    octets += length;
  }
  print(`octets: ${octets}`);
  listener.close();
  return 0;
}

async function source(
  hostname: string,
  port: number,
  seconds: number,
): Promise<number> {
  using connection = await Deno.connect({ hostname, port });
  print("Connected");
  const piece = new Uint8Array(PIECE);
  const end = performance.now() + seconds * 1000;
  try {
    while (performance.now() < end) await connection.write(piece);
  } catch {
    // The sink has seen enough.
  }
  return 0;
}

await main({
  name: "peer_program.ts",
  does: "Takes octets from a TCP connection of the kernel, or sends them.",
  positional: [
    ["<what>", "sink or source"],
    ["<address>", "of the sink"],
    ["<port>", "of the sink"],
  ],
  options: [["--seconds S", "for how long (default 20)"]],
  permissions: "--allow-net",
}, (args) => {
  const seconds = args.decimal("seconds", 0.1, 3600, 20);
  const port = args.port();
  const address = `${args.address("<address>")}`;
  switch (args.text("<what>")) {
    case "sink":
      return sink(port, seconds);
    case "source":
      return source(address, port, seconds);
  }
  throw new UsageError(`There is no "${args.text("<what>")}"`);
});
