import { assert, assertEquals, assertMatch } from "@std/assert";
import { PERIOD, Table } from "@ethox/storage/pattern";
import { crc32 } from "node:zlib";
import { live } from "./lib/live.ts";
import type { Namespace, Program } from "./lib/namespace.ts";
import { host, KERNEL, OURS, wire } from "./lib/wiring.ts";

const PORT = 8000;

/** The sum of the first `octets` of the pattern. */
function expected(octets: number): number {
  const piece = new Uint8Array(PERIOD);
  for (let i = 0; i < PERIOD; i++) piece[i] = Table.standard.octet(i);
  let sum = 0;
  for (let left = octets; left > 0; left -= PERIOD) {
    sum = crc32(left < PERIOD ? piece.subarray(0, left) : piece, sum);
  }
  return sum;
}

/** Who opens the connection. */
type Opener = "kernel" | "ours";

interface Transfer {
  readonly octets: number;
  readonly opener: Opener;
  readonly options?: readonly string[];
  /** Called while octets move, with what `ss` says on the kernel's side. */
  readonly seen?: (ss: string) => void;
}

/** Moves octets both ways at once through one connection, and compares. */
async function duplex(
  namespace: Namespace,
  name: string,
  { octets, opener, options = [], seen }: Transfer,
): Promise<void> {
  const args = [`${PORT}`, `${octets}`, ...options];
  const start = (role: string, address: string) =>
    namespace.example("lib/duplex_kernel.ts", [
      ...[role, address, `${PORT}`, `${octets}`],
    ], ["--allow-net"]);
  let ours: Program;
  let kernel: Program;
  if (opener === "kernel") {
    ours = await host(namespace, "lib/duplex_program.ts", name, args);
    kernel = start("connect", OURS);
  } else {
    kernel = start("listen", KERNEL);
    await kernel.until(/Listening/);
    ours = await host(namespace, "lib/duplex_program.ts", name, [
      ...args,
      "--connect",
    ]);
  }
  await using _ours = ours;
  await using _kernel = kernel;
  if (seen !== undefined) {
    for (let i = 0; i < 200; i++) {
      const { stdout } = await namespace.run("ss", [
        ...["-tinoH", "state", "established", `( sport = :${PORT} or`],
        `dport = :${PORT} )`,
      ]);
      // A connection that has moved something has shown all it negotiated.
      if (/bytes_received/.test(stdout)) {
        seen(stdout);
        break;
      }
      assert(i < 199, "ss saw no connection");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
  assertEquals(await kernel.end(), 0, kernel.output);
  assertEquals(await ours.end(), 0, ours.output);
  assertMatch(
    kernel.output,
    new RegExp(`received ${octets} sum ${expected(octets)}\\b`),
  );
}

const NEEDS = { programs: ["ss"], device: "tap" } as const;
const OPENERS: readonly Opener[] = ["kernel", "ours"];
/** What `ss` prints for each feature, and the tuning that takes it away. */
const FEATURES: readonly (readonly [string, RegExp, unknown])[] = [
  ["timestamps", /\bts\b/, { timestamps: false }],
  ["SACK", /\bsack\b/, { sack: false }],
  ["window scaling", /\bwscale:\d+,\d+/, { windowScaling: false }],
  ["ECN", /\becn\b/, { ecn: "off" }],
];

/** Asks the kernel for ECN on what it opens, as we do. */
async function asking(namespace: Namespace): Promise<void> {
  const { code, stderr } = await namespace.run("sh", [
    ...["-c", "echo 1 >/proc/sys/net/ipv4/tcp_ecn"],
  ]);
  assertEquals(code, 0, stderr);
}

for (const opener of OPENERS) {
  await live(
    `timestamps, SACK, scaling and ECN are negotiated when ${opener} opens`,
    NEEDS,
    async (namespace) => {
      await asking(namespace);
      const name = await wire(namespace, "tap");
      await duplex(namespace, name, {
        octets: 200_000_000,
        opener,
        seen(ss) {
          for (const [, sign] of FEATURES) assertMatch(ss, sign);
        },
      });
    },
  );

  await live(
    `each feature can be done without when ${opener} opens`,
    NEEDS,
    async (namespace) => {
      await asking(namespace);
      const name = await wire(namespace, "tap");
      for (const [feature, sign, tuning] of FEATURES) {
        const options = ["--tuning", JSON.stringify(tuning)];
        await duplex(namespace, name, {
          octets: 50_000_000,
          opener,
          options,
          seen(ss) {
            assert(!sign.test(ss), `${feature} in ${ss}`);
          },
        });
        // Where segments are lost it matters what recovery has to go by.
        await duplex(namespace, name, {
          octets: 3_000_000,
          opener,
          options: [...options, "--loss", "0.02", "--seed", "5"],
        });
      }
    },
  );
}

await live(
  "10 GB go each way at once through one connection",
  NEEDS,
  async (namespace) => {
    const name = await wire(namespace, "tap");
    await duplex(namespace, name, { octets: 1e10, opener: "kernel" });
  },
);
