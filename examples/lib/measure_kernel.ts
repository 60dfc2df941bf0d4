/**
 * Rates of TCP between a host of ours and the kernel, over a tap.
 *
 * @module
 */

import { Namespace } from "./namespace.ts";
import { host, OURS, wire } from "./wiring.ts";

const PORT = 8000;

/** A client that uses the kernel's TCP; it prints how many octets there were. */
const CLIENT = `
  const [direction, octets] = [Deno.args[0], Number(Deno.args[1])];
  const connection = await Deno.connect(
    { hostname: "${OURS}", port: ${PORT} });
  const piece = new Uint8Array(1 << 20);
  let moved = 0;
  if (direction === "into") {
    for (;;) {
      const length = await connection.read(piece);
      if (length === null) break;
      moved += length;
    }
  } else {
    while (moved < octets) {
      moved += await connection.write(
        piece.subarray(0, Math.min(piece.length, octets - moved)));
    }
    await connection.closeWrite();
    await connection.read(piece);
  }
  connection.close();
  console.log(moved);`;

/** Which way octets go, seen from the kernel. */
export type Direction = "into" | "out";

/**
 * Bits a second that a client of the kernel gets from our host, or it from the
 * client: from the accepted connection until it is closed, and every octet
 * delivered.
 */
export async function kernelRate(
  namespace: Namespace,
  name: string,
  direction: Direction,
  octets: number,
  offload: boolean,
): Promise<number> {
  await using program = await host(namespace, "lib/rate_program.ts", name, [
    `${PORT}`,
    direction,
    `${octets}`,
    ...(offload ? [] : ["--no-offload"]),
  ]);
  const client = await namespace.run(Deno.execPath(), [
    ...["run", "--quiet", "--allow-net", "-"],
    ...[direction, `${octets}`],
  ], { input: CLIENT });
  if (client.code !== 0) throw new Error(`The client: ${client.stderr}`);
  const code = await program.end();
  const rate = Number(/bits a second: (.+)/.exec(program.output)?.[1]);
  if (code !== 0 || Number(client.stdout) !== octets || !(rate > 0)) {
    throw new Error(`Octets were lost: ${client.stdout} ${program.output}`);
  }
  return rate;
}

/** Opens a namespace with a tap in it. */
export async function tapNamespace(): Promise<[Namespace, string]> {
  const namespace = await Namespace.open();
  try {
    return [namespace, await wire(namespace, "tap")];
  } catch (error) {
    await namespace[Symbol.asyncDispose]();
    throw error;
  }
}
