// The rates that README.md claims, one transfer or some datagrams at a time;
// examples/bench.ts prints them as such.

import { Bench } from "./lib/measure.ts";
import { kernelRate, tapNamespace } from "./lib/measure_kernel.ts";
import { probe } from "./lib/namespace.ts";

const OCTETS = 100_000_000;
const DATAGRAMS = 10_000;
const IDLE = 100_000;

const bench = new Bench();

Deno.bench("100 MB by TCP over Pair, MTU 1500, software checksums", () => {
  bench.tcp(OCTETS);
});

Deno.bench(`${DATAGRAMS} datagrams of 64 octets there and back`, () => {
  bench.echo(DATAGRAMS);
});

Deno.bench({
  name: "100 MB by TCP over Pair, alone",
  group: "idle connections",
  baseline: true,
  fn() {
    bench.tcp(OCTETS);
  },
});

let among: Bench | undefined;

Deno.bench({
  name: `100 MB by TCP over Pair, among ${IDLE} idle connections`,
  group: "idle connections",
  fn(b) {
    if (among === undefined) {
      among = new Bench(IDLE);
      among.open();
    }
    b.start();
    among.tcp(OCTETS);
    b.end();
  },
});

const found = await probe();
if (found.namespace === undefined && found.tap === undefined) {
  for (const direction of ["into", "out"] as const) {
    for (const offload of [true, false]) {
      Deno.bench({
        name: `1 GB by TCP over tap ${direction} the kernel, ` +
          `offload ${offload}, start of both programs included`,
        n: 5,
        warmup: 1,
        async fn() {
          const [namespace, name] = await tapNamespace();
          await using _ = namespace;
          await kernelRate(namespace, name, direction, 1e9, offload);
        },
      });
    }
  }
}
