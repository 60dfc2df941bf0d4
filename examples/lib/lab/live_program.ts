// Sends octets without end to a TCP sink, by a host of ours on an interface: a
// part of linux_compare.ts, started by it in a namespace.

import { Pattern } from "@ethox/storage/pattern";
import { main } from "../args.ts";
import { controlName } from "./scenario.ts";
import { HOST_ARGUMENTS, Station } from "../program.ts";

await main({
  name: "live_program.ts",
  does: "Sends octets to port <port> of the gateway.",
  positional: [...HOST_ARGUMENTS, ["<port>", "TCP port of the gateway"]],
  options: [
    ["--seconds S", "for how long (default 20)"],
    ["--control NAME", "congestion control"],
  ],
  device: true,
}, async (args) => {
  const seconds = args.decimal("seconds", 0.1, 3600, 20);
  const control = args.option("control");
  using station = Station.open(args, { connections: 1 });
  const { host } = station;
  let over = false;
  const opened = host.tcp.connect({
    remote: args.gateway(args.host()).address.value,
    remotePort: args.port(),
    sendBuf: new Pattern(),
    ...(control === undefined ? {} : { control: controlName(control) }),
    handler: { closed: () => over = true },
  });
  if (typeof opened === "string") throw new Error(`Cannot connect: ${opened}`);
  station.announce("Sending");
  const end = host.device.now() + seconds * 1e6;
  await station.run(() => over || host.device.now() > end);
  return 0;
});
