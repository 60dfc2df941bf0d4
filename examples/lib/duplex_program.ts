// Sends octets to a host of the kernel and takes as many from it at the same time,
// comparing each: a part of tcp_live_test.ts, started by it in a namespace.

import type * as tcp from "@ethox/layer/tcp";
import { Assembler, WORDS_PER_RANGE } from "@ethox/storage/assembler";
import { Pattern, PatternSink } from "@ethox/storage/pattern";
import { main, UsageError, whole } from "./args.ts";
import { HOST_ARGUMENTS, Station } from "./program.ts";
import { print } from "./terminal.ts";

const WINDOW = 4 << 20;
/** Gaps in what was received. */
const RANGES = 64;

await main({
  name: "duplex_program.ts",
  does: "Moves octets both ways at once between this host and the kernel.",
  positional: [
    ...HOST_ARGUMENTS,
    ["<port>", "TCP port"],
    ["<octets>", "how many, each way"],
  ],
  options: [
    ["--connect", "connect to the gateway, not listen"],
    ["--tuning JSON", "members of tcp.Tuning"],
  ],
  device: true,
}, async (args) => {
  const port = args.port();
  const octets = whole(args.text("<octets>"), "<octets>", 1, 1e12);
  const tuning = JSON.parse(args.option("tuning") ?? "{}");
  using station = Station.open(args, { connections: 4, tcp: { tuning } });
  const { host } = station;
  const assembler = new Assembler(new Int32Array(RANGES * WORDS_PER_RANGE));
  const sink = new PatternSink({ window: WINDOW, assembler });
  let reason = "";
  const ends = {
    sendBuf: new Pattern({ total: octets }),
    recvBuf: sink,
    handler: {
      closed(_c: tcp.Connection, why: tcp.CloseReason) {
        reason = why;
      },
    },
  };
  if (args.flag("connect")) {
    const { address } = args.gateway(args.host());
    const remote = address.value;
    const connection = host.tcp.connect({ ...ends, remote, remotePort: port });
    if (typeof connection === "string") throw new UsageError(connection);
  } else {
    host.tcp.listen({
      port,
      receiveWindow: WINDOW,
      accept(connection) {
        Object.assign(connection, ends);
        return true;
      },
    });
  }
  station.announce(`Moving ${octets} octets each way by port ${port}`);
  await station.run(() => reason !== "");
  print(`${reason} after ${sink.received}, ${sink.mismatches} wrong`);
  return reason === "closed" && sink.received === octets &&
      sink.mismatches === 0
    ? 0
    : 1;
});
