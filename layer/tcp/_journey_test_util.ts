// Two hosts on a simulated link, whose path may carry less than they know of.

import type { End, LinkOptions } from "@ethox/nic/simulator";
import { Simulator } from "@ethox/nic/simulator";
import { Pattern, PatternSink } from "@ethox/storage/pattern";
import * as ipv4 from "@ethox/wire/ipv4";
import * as icmp from "../icmp/mod.ts";
import * as ip from "../ip/mod.ts";
import type { Connection } from "./connection.ts";
import type { CloseReason } from "./handler.ts";
import { Endpoint } from "./endpoint.ts";
import { address, KEY, SECOND } from "./_host_test_util.ts";
import type { Tuning } from "./tuning.ts";

const PORT = 80;

/** A host: IP, ICMP and TCP on one end of a link. */
class Station {
  readonly tcp: Endpoint;
  readonly #end: End;
  readonly #ip: ip.Endpoint;
  readonly #rx: ReturnType<ip.Endpoint["recv"]>;
  readonly #tx: ReturnType<ip.Endpoint["send"]>;

  constructor(
    end: End,
    n: number,
    tuning: Partial<Omit<Tuning, "random">>,
  ) {
    this.#end = end;
    this.#ip = new ip.Endpoint({
      addresses: [ipv4.Cidr.parse(`192.0.2.${n}/24`)],
      mtu: end.personality.mtu,
      key: KEY,
    });
    const messages = new icmp.Endpoint({ ip: this.#ip });
    this.tcp = new Endpoint({
      connections: 4,
      key: KEY.map((octet) => octet + n),
      ip: this.#ip,
      tuning,
    });
    messages.onError(6, this.tcp);
    const branches = { icmp: messages.recv(), tcp: this.tcp.recv() };
    this.#rx = this.#ip.recv(ip.demux(branches));
    this.#tx = this.#ip.send(ip.rotate([this.tcp.send()]));
  }

  turn(): number {
    return this.#end.rx(64, this.#rx) + this.#end.tx(64, this.#tx);
  }

  nextDeadline(now: number): number {
    return this.tcp.nextDeadline(now);
  }
}

/** How a transfer went. */
export interface Outcome {
  readonly done: boolean;
  readonly received: number;
  readonly mismatches: number;
  /** µs. */
  readonly time: number;
  /** Packets that were too large for the path. */
  readonly large: number;
  /** The sender's record as it was before it was closed. */
  readonly mss: number;
  readonly timeouts: number;
  readonly probes: number;
  readonly reductions: number;
  readonly ends: readonly CloseReason[];
}

/** What to send over which path. */
export interface Journey {
  readonly octets: number;
  readonly tuning?: Partial<Omit<Tuning, "random">>;
  /** Of the receiver, in addition. */
  readonly other?: Partial<Omit<Tuning, "random">>;
  readonly link: LinkOptions;
  readonly seed?: number;
  readonly until?: number;
  /** Called now and then with the sender's record. */
  readonly look?: (c: Connection, now: number) => void;
}

/** Sends octets from one host to the other. */
export function travel(journey: Journey): Outcome {
  const { octets, tuning = {}, other = {} } = journey;
  const net = new Simulator({
    seed: journey.seed ?? 1,
    medium: "ip",
    mtu: 1500,
  });
  const { a, b, counters } = net.link(journey.link);
  const left = new Station(a, 1, tuning);
  const right = new Station(b, 2, { ...tuning, ...other });
  const sink = new PatternSink({ window: 1 << 18 });
  const ends: CloseReason[] = [];
  right.tcp.listen({
    port: PORT,
    receiveWindow: 1 << 18,
    accept(c) {
      c.recvBuf = sink;
      c.handler = {
        received: (c) => c.receiveFinished && c.shutdown(),
        closed: (_c, reason) => ends.push(reason),
      };
      return true;
    },
  });
  let mss = 0;
  let timeouts = 0;
  let probes = 0;
  let reductions = 0;
  let ssthresh = 0;
  const c = left.tcp.connect({
    remote: address(2),
    remotePort: PORT,
    sendBuf: new Pattern({ total: octets }),
    handler: {
      acknowledged(c) {
        mss = c.mss;
        timeouts = c.timeouts;
        probes = c.mtuProbes;
        if (c.ssthresh < ssthresh) reductions++;
        ssthresh = c.ssthresh;
        journey.look?.(c, net.now);
      },
      closed: (_c, reason) => ends.push(reason),
    },
  });
  if (typeof c === "string") throw new Error(c);
  const until = journey.until ?? 3600 * SECOND;
  const done = net.run(until, [left, right], () => ends.length === 2);
  return {
    done,
    received: sink.received,
    mismatches: sink.mismatches,
    time: net.now,
    large: counters[0].get("droppedLarge"),
    mss,
    timeouts,
    probes,
    reductions,
    ends,
  };
}
