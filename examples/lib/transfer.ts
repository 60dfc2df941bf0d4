/**
 * A ping and a transfer between two hosts over a cable that makes trouble, in
 * virtual time. Needs no permission.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { Ping } from "@ethox/layer/icmp";
import type * as tcp from "@ethox/layer/tcp";
import { Memory } from "@ethox/managed/memory";
import type { Trouble } from "@ethox/nic/lossy";
import { Pattern } from "@ethox/storage/pattern";
import { RecvRing } from "@ethox/storage/recv-ring";
import type { HostOptions } from "./host.ts";
import { Cable, type CableOptions } from "./virtual.ts";

const PORT = 80;
const WINDOW = 1 << 20;
/** µs; no transfer of a test takes that long. */
const LIMIT = 3_600_000_000;

/** How a transfer went. */
export interface Outcome {
  /** Round trip of the ping, µs; -1 if it was lost. */
  readonly rtt: number;
  /** Octets that arrived. */
  readonly received: number;
  /** SHA-256 of what was sent. */
  readonly sent: string;
  /** SHA-256 of what arrived. */
  readonly arrived: string;
  /** Virtual time of the transfer, µs. */
  readonly time: number;
  /** Packets lost on the way, both ways. */
  readonly lost: number;
  /** Segments sent again. */
  readonly again: number;
  /** How the two ends say that it ended. */
  readonly ends: readonly string[];
}

const sums = new Map<number, string>();

/** SHA-256 of the first octets of a pattern. */
function patternSum(octets: number): string {
  let sum = sums.get(octets);
  if (sum !== undefined) return sum;
  const hash = createHash("sha256");
  const pattern = new Pattern({ total: octets });
  const piece = Memory.allocate(1 << 20);
  for (let left = octets; left > 0;) {
    const length = Math.min(left, piece.bytes.length);
    pattern.fill(piece, 0, 0, length);
    pattern.acknowledge(length);
    hash.update(piece.bytes.subarray(0, length));
    left -= length;
  }
  sum = hash.digest("hex");
  sums.set(octets, sum);
  return sum;
}

/** Sends so many octets over a cable with the trouble of a seed. */
export function transfer(
  octets: number,
  trouble: Trouble,
  seed: number,
  options: Pick<CableOptions, "around" | "capabilities"> & {
    readonly tcp?: HostOptions["tcp"];
  } = {},
): Outcome {
  const { tcp: how, ...rest } = options;
  const cable = new Cable({
    ...rest,
    direction: { delay: 500 },
    lossy: { receive: trouble, seed },
    host: {
      // What is drawn with a key, such as timestamps, is the seed's as well.
      key: new Uint8Array(16).fill(seed),
      connections: 2,
      ...(how === undefined ? {} : { tcp: how }),
    },
  });
  const { a, b } = cable;
  let rtt = -1;
  const ping = new Ping(a.icmp, {
    destination: b.ip.addresses[0]!.address.value,
    identifier: 1,
    count: 1,
    timeout: 1_000_000,
    answered: (_sequence, time) => rtt = time,
  });
  a.add(a.icmp.send(ping), ping);
  cable.run(() => ping.done, LIMIT);

  const hash = createHash("sha256");
  const ring = RecvRing.allocate(WINDOW);
  const { bytes } = ring.memory;
  let received = 0;
  const ends: string[] = [];
  const reader: tcp.Handler = {
    received(c) {
      for (let length = ring.peek(); length > 0; length = ring.peek()) {
        hash.update(bytes.subarray(ring.peekAt, ring.peekAt + length));
        ring.consume(length);
        received += length;
      }
      if (c.receiveFinished) c.shutdown();
    },
    closed: (_c, reason) => ends.push(reason),
  };
  b.tcp.listen({
    port: PORT,
    receiveWindow: WINDOW,
    accept(connection) {
      connection.recvBuf = ring;
      connection.handler = reader;
      return true;
    },
  });
  const began = cable.now;
  const opened = a.tcp.connect({
    remote: b.ip.addresses[0]!.address.value,
    remotePort: PORT,
    sendBuf: new Pattern({ total: octets }),
    handler: { closed: (_c, reason) => ends.push(reason) },
  });
  if (typeof opened === "string") ends.push(opened);
  else cable.run(() => ends.length === 2, LIMIT);
  return {
    rtt,
    received,
    sent: patternSum(octets),
    arrived: hash.digest("hex"),
    time: cable.now - began,
    lost: cable.lost,
    again: a.tcp.counters.get("retransmitted"),
    ends,
  };
}
