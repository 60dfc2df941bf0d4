/**
 * What the demonstration does, between two hosts in memory.
 *
 * @module
 */

import { Ping } from "@ethox/layer/icmp";
import { Pattern, PatternSink } from "@ethox/storage/pattern";
import { countersText, type Host } from "./host.ts";
import { quantity } from "./progress.ts";
import { milliseconds, summary } from "./rtt.ts";
import type { CommonOptions } from "./args.ts";
import { observe } from "./observe.ts";
import { Cable, OFFLOAD } from "./virtual.ts";

const OCTETS = 100_000_000;
const PORT = 80;
const WINDOW = 1 << 20;
const LIMIT = 600_000_000;

/** A transcript in parts. */
export interface Transcript {
  /** Of the ping. */
  readonly ping: string;
  /** Of two transfers. */
  readonly transfers: string;
  /** Of one host. */
  readonly counters: string;
  /** Whether all octets arrived as they were sent. */
  readonly equal: boolean;
}

function addressOf(host: Host): number {
  return host.ip.addresses[0]!.address.value;
}

function move(cable: Cable, from: Host, to: Host): [text: string, ok: boolean] {
  const sink = new PatternSink({ window: WINDOW });
  let ends = 0;
  const listener = to.tcp.listen({
    port: PORT,
    receiveWindow: WINDOW,
    accept(connection) {
      connection.recvBuf = sink;
      connection.handler = {
        received: (c) => c.receiveFinished && c.shutdown(),
        closed: () => ends++,
      };
      return true;
    },
  });
  const began = performance.now();
  from.tcp.connect({
    remote: addressOf(to),
    remotePort: PORT,
    sendBuf: new Pattern({ total: OCTETS }),
    handler: { closed: () => ends++ },
  });
  cable.run(() => ends === 2, LIMIT);
  const seconds = (performance.now() - began) / 1000;
  if (typeof listener !== "string") to.tcp.unlisten(listener);
  const ok = sink.received === OCTETS && sink.mismatches === 0;
  const text =
    `${from.ip.addresses[0]!.address} > ${to.ip.addresses[0]!.address}: ${
      quantity(sink.received)
    } in ${seconds.toFixed(2)} s, ` +
    `${quantity(OCTETS * 8 / seconds, "bit/s")}, ` +
    `${sink.mismatches} octets differ`;
  return [text, ok];
}

/** Pings, and transfers both ways; host `a` is the one that is watched. */
export function between(common: CommonOptions): Transcript {
  const { loss, seed, offload } = common;
  using stack = new DisposableStack();
  const cable = new Cable({
    direction: { delay: 100 },
    host: { connections: 4 },
    ...(loss > 0 ? { lossy: { receive: { loss }, seed } } : {}),
    ...(offload ? { capabilities: OFFLOAD } : {}),
    around: (device) => stack.use(observe(device, "a", 0, common)).device,
  });
  const { a, b } = cable;
  const lines: string[] = [];
  const target = b.ip.addresses[0]!.address;
  const ping = new Ping(a.icmp, {
    destination: target.value,
    identifier: 1,
    count: 5,
    interval: 200_000,
    answered: (sequence, rtt, ttl, octets) =>
      lines.push(
        `${octets} bytes from ${target}: icmp_seq=${sequence} ttl=${ttl} ` +
          `time=${milliseconds(rtt)}`,
      ),
  });
  a.add(a.icmp.send(ping), ping);
  cable.run(() => ping.done, LIMIT);
  lines.push(summary(ping, cable.now));
  const [there, thereOk] = move(cable, a, b);
  const [back, backOk] = move(cable, b, a);
  return {
    ping: lines.join("\n"),
    transfers: `${there}\n${back}`,
    counters: countersText(a.counters),
    equal: thereOk && backOk && (loss > 0 || ping.received === 5),
  };
}
