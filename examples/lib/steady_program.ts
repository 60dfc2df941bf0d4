// A load that goes on for a million packets: a part of ../steady_test.ts, which
// starts it with --trace-gc and counts collections after the time it prints.

import { Ping } from "@ethox/layer/icmp";
import type * as tcp from "@ethox/layer/tcp";
import * as udp from "@ethox/layer/udp";
import { RECEIVED } from "@ethox/nic/device";
import type { Trouble } from "@ethox/nic/lossy";
import { Pattern } from "@ethox/storage/pattern";
import { RecvRing } from "@ethox/storage/recv-ring";
import { main, UsageError } from "./args.ts";
import type { Host } from "./host.ts";
import { print } from "./terminal.ts";
import { Cable } from "./virtual.ts";

const PACKETS = 1_000_000;
/** The compiler's own garbage falls into one or two of them. */
const WINDOWS = 4;
const WARM_UP = 300_000;
const ENDLESS = 2 ** 50;
const WINDOW = 1 << 20;
const PORT = 7777;
/** µs: beyond 2^31, where a time in the wrong place becomes an object. */
const ORIGIN = 2 ** 41;

function addressOf(host: Host): number {
  return host.ip.addresses[0]!.address.value;
}

/** An echo request each 10 µs. */
function ping({ a, b }: Cable): void {
  const ping = new Ping(a.icmp, {
    destination: addressOf(b),
    identifier: 1,
    interval: 10,
    timeout: 1_000_000,
  });
  a.add(a.icmp.send(ping), ping);
}

/** Datagrams that come back, 256 under way. */
function echo({ a, b }: Cable): void {
  b.udp.bind(PORT, (datagram) => void datagram.echo());
  let under = 0;
  const port = a.udp.bindEphemeral(() => void under--, addressOf(b), PORT);
  if (typeof port === "string") throw new Error(port);
  const init = new udp.Init();
  init.destination = addressOf(b);
  init.destinationPort = PORT;
  init.sourcePort = port;
  init.payloadLength = 64;
  a.add(a.udp.send((raw) => {
    if (under === 256) return;
    const out = raw.prepare(init);
    if (typeof out === "string") return;
    out.send();
    under++;
  }));
}

function reader(): [RecvRing, tcp.Handler] {
  const ring = RecvRing.allocate(WINDOW);
  return [ring, {
    received() {
      for (let length = ring.peek(); length > 0; length = ring.peek()) {
        ring.consume(length);
      }
    },
  }];
}

/** One connection with octets both ways at once. */
function stream({ a, b }: Cable): void {
  const [ring, handler] = reader();
  b.tcp.listen({
    port: PORT,
    receiveWindow: WINDOW,
    accept(connection) {
      connection.sendBuf = new Pattern({ total: ENDLESS });
      connection.recvBuf = ring;
      connection.handler = handler;
      return true;
    },
  });
  const [otherRing, otherHandler] = reader();
  a.tcp.connect({
    remote: addressOf(b),
    remotePort: PORT,
    sendBuf: new Pattern({ total: ENDLESS }),
    recvBuf: otherRing,
    handler: otherHandler,
  });
}

const LOADS: Readonly<Record<string, (cable: Cable) => void>> = {
  ping,
  echo,
  stream,
  // The same on a cable that loses and repeats packets all the time.
  recovery: stream,
};
/** What SACK, RACK and the scoreboard have to do with. */
const TROUBLE: Trouble = {
  loss: 0.01,
  duplicate: 0.002,
};

await main({
  name: "steady_program.ts",
  does: "Carries millions of packets.",
  positional: [["<load>", Object.keys(LOADS).join(", ")]],
  options: [["--garbage", "make an object for each packet"]],
}, (args) => {
  const name = args.text("<load>");
  const load = LOADS[name];
  if (load === undefined) throw new UsageError("There is no such load");
  const cable = new Cable({
    direction: { delay: 100 },
    host: { connections: 4 },
    origin: ORIGIN,
    ...(name === "recovery" ? { lossy: { seed: 1, receive: TROUBLE } } : {}),
  });
  const { device } = cable.b;
  const { values } = device.counters;
  load(cable);
  const scrap = new Uint8Array(16);
  const garbage = args.flag("garbage");
  let seen = 0;
  let octets = 0;
  let target = 0;
  const done = () => {
    if (garbage) {
      for (; seen < values[RECEIVED]!; seen++) {
        octets += scrap.subarray(seen & 7).length;
      }
    }
    return values[RECEIVED]! >= target;
  };
  target = WARM_UP;
  cable.run(done);
  for (let window = 0; window < WINDOWS; window++) {
    const from = Math.ceil(performance.now());
    const before = values[RECEIVED]!;
    target = before + PACKETS;
    if (!cable.run(done)) return 1;
    const to = Math.floor(performance.now());
    print(
      `${
        values[RECEIVED]! - before
      } packets from ${from} to ${to} ms ${octets}`,
    );
  }
  return 0;
});
