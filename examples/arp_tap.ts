// Answers ARP, and nothing else.

import * as arp from "@ethox/layer/arp";
import * as eth from "@ethox/layer/eth";
import { EtherType } from "@ethox/wire/ethernet";
import { GATEWAY, HOST, INTERFACE, main, UsageError } from "./lib/args.ts";
import { openDevice } from "./lib/device.ts";
import { countersText } from "./lib/host.ts";
import { Loop } from "./lib/program.ts";
import { print } from "./lib/terminal.ts";

const BURST = 64;

await main({
  name: "arp_tap.ts",
  does: "Answers ARP requests for its address, and nothing else.",
  positional: [
    INTERFACE,
    ...HOST,
    GATEWAY,
    [
      "<gateway-mac>",
      "the gateway's hardware address, which ARP cannot change",
    ],
  ],
  device: true,
  example: "tap0 192.0.2.2/24 02:00:00:00:00:02 192.0.2.1/24 02:00:00:00:00:01",
}, async (args) => {
  const host = args.host();
  const gateway = args.gateway(host).address.value;
  const address = args.mac();
  const { high, low } = args.mac("<gateway-mac>");
  const spec = args.interface();
  if (spec.kind === "tun") {
    throw new UsageError("ARP needs an Ethernet, and a tun interface is none");
  }
  const own = host.address.value;
  const ethernet = new eth.Endpoint({ address });
  const key = crypto.getRandomValues(new Uint8Array(16));
  const neighbors = new arp.Endpoint({ eth: ethernet, key });
  neighbors.serve({
    isLocal: (address) => address === own,
    isHost: (address) => host.contains(address),
    sourceFor: () => own,
  });
  neighbors.pin(gateway, high, low);
  const rx = ethernet.recv((frame) => {
    if (frame.etherType === EtherType.ARP) neighbors.receive(frame);
  });
  const tx = ethernet.send((frame) => {
    neighbors.offer(frame.packet);
  });

  using opened = openDevice({ ...args.common(), interface: spec, address });
  const { device } = opened;
  using loop = new Loop(opened);
  print(`Answering ARP as ${host} on ${opened.description}`);
  await loop.run(
    () => device.rx(BURST, rx) + device.tx(BURST, tx),
    (now) => neighbors.nextDeadline(now),
  );
  print(countersText([
    ["device", device.counters],
    ["eth", ethernet.counters],
    ["arp", neighbors.counters],
  ]));
  return 0;
});
