// Sends octets to a client of the kernel, or takes them from one, and prints how
// fast that was: a part of bench.ts, started by it in a namespace.

import { Pattern } from "@ethox/storage/pattern";
import { RecvRing } from "@ethox/storage/recv-ring";
import { main, UsageError, whole } from "./args.ts";
import { reader } from "./measure.ts";
import { HOST_ARGUMENTS, Station } from "./program.ts";
import { print } from "./terminal.ts";

const WINDOW = 4 << 20;

await main({
  name: "rate_program.ts",
  does: "Moves octets between this host and a client, and prints the rate.",
  positional: [
    ...HOST_ARGUMENTS,
    ["<port>", "TCP port that the client connects to"],
    ["<direction>", "into (the kernel) or out (of it)"],
    ["<octets>", "how many"],
  ],
  device: true,
}, async (args) => {
  const port = args.port();
  const direction = args.text("<direction>");
  if (direction !== "into" && direction !== "out") {
    throw new UsageError(`There is no direction "${direction}"`);
  }
  const octets = whole(args.text("<octets>"), "<octets>", 1, 1e12);
  using station = Station.open(args, { connections: 4 });
  const { host } = station;
  const ring = RecvRing.allocate(WINDOW);
  let began = 0;
  let ended = 0;
  let reason = "";
  const handler = reader(ring, (_c, why) => {
    ended = host.device.now();
    reason = why;
  });
  host.tcp.listen({
    port,
    receiveWindow: WINDOW,
    accept(connection) {
      began = host.device.now();
      connection.recvBuf = ring;
      connection.handler = handler;
      if (direction === "into") {
        connection.sendBuf = new Pattern({ total: octets });
      }
      return true;
    },
  });
  station.announce(`Moving ${octets} octets ${direction} of port ${port}`);
  await station.run(() => reason !== "");
  const moved = direction === "into" ? octets : ring.consumed;
  if (reason !== "closed" || moved !== octets) {
    print(`ended as ${reason} after ${moved} octets`);
    return 1;
  }
  print(`bits a second: ${octets * 8 / ((ended - began) / 1e6)}`);
  return 0;
});
