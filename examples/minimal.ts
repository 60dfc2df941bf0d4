// Two hosts over a pair of devices, in virtual time: a ping, then 64 MiB over
// TCP on a line that loses, repeats and overtakes. Needs no permission at all.

import { BASELINE } from "@ethox/nic/capabilities";
import { main } from "./lib/args.ts";
import { observe } from "./lib/observe.ts";
import { quantity } from "./lib/progress.ts";
import { print } from "./lib/terminal.ts";
import { transfer } from "./lib/transfer.ts";
import { OFFLOAD } from "./lib/virtual.ts";

const OCTETS = 64 << 20;
await main({
  name: "minimal.ts",
  does: "Two hosts in one process: a ping, and 64 MiB by TCP at 5 % loss.",
  device: true,
  memory: true,
  more:
    "Without --loss it is 0.05; --pcap and --trace watch the host that sends.",
}, (args) => {
  const common = args.common(0.05);
  const { loss, seed, offload } = common;
  using stack = new DisposableStack();
  const began = performance.now();
  const outcome = transfer(
    OCTETS,
    { loss, duplicate: 0.01, reorder: 0.02 },
    seed,
    {
      capabilities: offload ? OFFLOAD : BASELINE,
      around: (device) => stack.use(observe(device, "a", 0, common)).device,
    },
  );
  const seconds = (performance.now() - began) / 1000;
  print(
    outcome.rtt < 0
      ? "ping: lost on the line"
      : `ping: ${outcome.rtt / 1000} ms`,
  );
  print(
    `TCP: ${quantity(outcome.received)} in ${
      (outcome.time / 1e6).toFixed(1)
    } s of virtual time, ${seconds.toFixed(1)} s of ours; ` +
      `${outcome.lost} packets lost, ${outcome.again} segments sent again`,
  );
  print(`sent     sha256 ${outcome.sent}`);
  print(`received sha256 ${outcome.arrived}`);
  return outcome.sent === outcome.arrived ? 0 : 1;
});
