// Echoes UDP datagrams.

import { main } from "./lib/args.ts";
import { HOST_ARGUMENTS, Station } from "./lib/program.ts";

await main({
  name: "udp_echo.ts",
  does: "Sends UDP datagrams back to where they came from.",
  positional: [...HOST_ARGUMENTS, ["<port>", "UDP port"]],
  device: true,
  example: "tap0 192.0.2.2/24 02:00:00:00:00:02 192.0.2.1/24 7777",
}, async (args) => {
  const port = args.port();
  using station = Station.open(args);
  station.host.udp.bind(port, (datagram) => {
    datagram.echo();
  });
  station.announce(`Echoing on UDP port ${port}`);
  await station.run();
  station.report();
  return 0;
});
