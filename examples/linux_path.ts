// A narrow link in real time between two interfaces of the kernel.

import { RawSocket } from "@ethox/nic/sys";
import { main } from "./lib/args.ts";
import { Bridge } from "./lib/lab/bridge.ts";
import { print } from "./lib/terminal.ts";

/** µs that it sleeps at most. */
const NAP = 100;

await main({
  name: "linux_path.ts",
  does:
    "Joins two interfaces by a path with a rate, a delay, a queue and losses.",
  positional: [
    ["<from>", "interface whose packets have losses, such as veth1"],
    ["<to>", "the other interface"],
  ],
  options: [
    ["--rate N", "bits a second, both ways (default 100000000)"],
    ["--delay MS", "one way (default 25)"],
    ["--queue N", "room in bandwidth-delay products (default 1)"],
    ["--loss P", "probability that a packet is lost on the way to <to>"],
    ["--seed N", "which packets are lost (default 1)"],
    ["--seconds S", "for how long; without end by default"],
  ],
  permissions: "--allow-ffi",
  example: "veth1 veth3 --loss 0.01",
  more:
    "Segmentation and checksums must not be left to the interfaces behind\n" +
    "them: ethtool -K veth0 tx off tso off gso off gro off.",
}, (args) => {
  const rate = args.decimal("rate", 1000, 1e11, 100e6);
  const delay = args.decimal("delay", 0, 60_000, 25);
  const queue = args.decimal("queue", 0, 1e6, 1);
  const loss = args.decimal("loss", 0, 1, 0);
  const seed = args.number("seed", 0, 0xffffffff, 1);
  const seconds = args.decimal("seconds", 0, 1e9, Infinity);
  const options = { offload: false, spin: 0 };
  using from = RawSocket.open(args.text("<from>"), options);
  using to = RawSocket.open(args.text("<to>"), options);
  const path = { rate, delay, queue };
  const bridge = new Bridge([from, to], { ...path, loss }, path, seed);
  print(`Bridging ${from.name} and ${to.name}`);
  for (const end = from.now() + seconds * 1e6; from.now() < end;) {
    bridge.turn();
    // A wait sees the packets of one interface only.
    from.wait(Math.min(bridge.nextArrival, from.now() + NAP));
  }
  const [forth, back] = bridge.link.counters;
  print(`forth: ${JSON.stringify(Object.fromEntries(forth.entries()))}`);
  print(`back: ${JSON.stringify(Object.fromEntries(back.entries()))}`);
  return 0;
});
