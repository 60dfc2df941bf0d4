/**
 * The network of a scenario: two hosts for each flow, and one narrow link.
 *
 * @module
 */

import type * as tcp from "@ethox/layer/tcp";
import { Random } from "@ethox/nic/random";
import {
  type End,
  type Link,
  type Path,
  Simulator,
} from "@ethox/nic/simulator";
import { Assembler } from "@ethox/storage/assembler";
import { Pattern, PatternSink } from "@ethox/storage/pattern";
import * as ethernet from "@ethox/wire/ethernet";
import * as ipv4 from "@ethox/wire/ipv4";
import type { Sink } from "@ethox/wire/pcapng";
import { Host } from "../host.ts";
import { Dropper } from "./dropper.ts";
import {
  controlName,
  type FlowSpec,
  type PathSpec,
  type Scenario,
} from "./scenario.ts";

const PORT = 80;
const MS = 1000;
const SECOND = 1_000_000;
/** Octets of a packet that the rate counts beside the datagram. */
const FRAME = 14;
/** Holes that a receiver remembers. */
const RANGES = 4096;
const DEFAULT_WINDOW = 16 << 20;
/** Small segments and ACKs need more packets for the same octets. */
const SPARE = 512;
/** Links of hosts to the switches, where there are several. */
const ACCESS_RATE = 10;
/** Octets of an access link's buffer, in packets. */
const ACCESS_LIMIT = 4096;
/** What is kept of a packet: all headers and options. */
const SNAP_LENGTH = 128;

/** What is drawn for different purposes follows from different seeds. */
const SECRETS = 0x5ec2e7;
const STARTS = 0x57a275;

/** One transfer at work. */
export class Flow {
  /** Name in reports. */
  readonly name: string;
  /** What it is to do. */
  readonly spec: FlowSpec;
  /** Name of its congestion control. */
  control = "";
  /** When it connects, µs. */
  readonly start: number;
  /** Who sends. */
  readonly sender: Host;
  /** Who receives. */
  readonly receiver: Host;
  /** What arrived. */
  readonly sink: PatternSink;
  /** Loses what the scenario names. */
  readonly dropper: Dropper | undefined;
  /** The sender's record, while it is open. */
  connection: tcp.Connection | undefined;
  /** How the sender's record ended. */
  reason: tcp.CloseReason | undefined;
  /** When the last octet had arrived, µs; `Infinity` before. */
  finished = Infinity;

  /** Made by {@linkcode Network}. */
  constructor(
    name: string,
    spec: FlowSpec,
    start: number,
    hosts: readonly [Host, Host],
    sink: PatternSink,
    dropper: Dropper | undefined,
  ) {
    this.name = name;
    this.spec = spec;
    this.start = start;
    this.sender = hosts[0];
    this.receiver = hosts[1];
    this.sink = sink;
    this.dropper = dropper;
  }
}

/** What may be asked for beside the scenario. */
export interface NetworkOptions {
  /** What all accidents are drawn from. */
  readonly seed: number;
  /** Gets a pcapng file of the narrow link. */
  readonly capture?: Sink;
  /** More for the TCP of the sender of a flow. */
  readonly sender?: (
    flow: number,
    spec: FlowSpec,
  ) => Partial<Omit<tcp.Options, "ip" | "key" | "connections">>;
}

/** Octets of a path's bandwidth-delay product, there and back. */
export function productOf({ rate, delay }: PathSpec): number {
  return rate / 8 * (2 * delay / 1000);
}

/** What the simulator makes of a path. */
export function pathOf(spec: PathSpec, mtu: number): Path {
  const { rate, queue = 1, red, bursts } = spec;
  const product = productOf(spec);
  const packets = Math.ceil(product * (1 + queue) / mtu);
  return {
    rate,
    delay: Math.round(spec.delay * MS),
    jitter: Math.round((spec.jitter ?? 0) * MS),
    ordered: spec.ordered ?? false,
    loss: spec.loss ?? 0,
    reorder: spec.reorder ?? 0,
    reorderDelay: Math.round((spec.reorderDelay ?? 1) * MS),
    duplicate: spec.duplicate ?? 0,
    corrupt: spec.corrupt ?? 0,
    limit: 2 * packets + SPARE,
    queueOctets: Math.max(2 * (mtu + FRAME), Math.ceil(product * queue)),
    ...(bursts === undefined ? {} : { bursts }),
    ...(red === undefined ? {} : {
      red: { ...red, min: red.min * product, max: red.max * product },
    }),
  };
}

/** The flows of a scenario, those that are alike one by one. */
function each(
  scenario: Scenario,
  draw: Random,
): { spec: FlowSpec; start: number }[] {
  return scenario.flows.flatMap((spec) => {
    const { count = 1, start = 0, stagger = 0, spread = 0 } = spec;
    return Array.from({ length: count }, (_, i) => {
      const late = draw.below(Math.round(spread * SECOND) + 1);
      const at = Math.round((start + i * stagger) * SECOND) + late;
      return { spec, start: at };
    });
  });
}

/** Tells a host the hardware address of another. */
function pin(host: Host, other: Host): void {
  const { high, low } = other.eth!.address;
  host.arp!.pin(other.ip.addresses[0]!.address.value, high, low);
}

/** All hosts and links of a scenario, and their time. */
export class Network {
  /** The transfers. */
  readonly flows: readonly Flow[];
  /** The narrow link; `a` is the side of the senders. */
  readonly link: Link;
  readonly #net: Simulator;
  readonly #hosts: readonly Host[];

  /** Makes everything; nothing has happened yet. */
  constructor(scenario: Scenario, options: NetworkOptions) {
    const { bottleneck, mtu = 1500, window = DEFAULT_WINDOW } = scenario;
    const { seed, capture } = options;
    const { rate, delay, queue = 1 } = bottleneck;
    const back = scenario.back ?? { rate, delay, queue };
    const specs = each(scenario, new Random(seed ^ STARTS));
    const direct = specs.length === 1 && specs[0]!.spec.delay === undefined;
    const paths = [pathOf(bottleneck, mtu), pathOf(back, mtu)] as const;
    const access = direct ? 0 : 4 * (ACCESS_LIMIT + 1) * specs.length;
    this.#net = new Simulator({
      seed,
      mtu,
      slots: paths[0].limit! + paths[1].limit! + 2 + access,
    });
    const secrets = new Random(seed ^ SECRETS);
    const hardware = (i: number) =>
      ethernet.Address.parse(
        `02:00:00:00:00:${i.toString(16).padStart(2, "0")}`,
      );
    this.link = this.#net.link({
      paths,
      name: "bottleneck",
      ...(capture === undefined ? {} : { capture, snapLength: SNAP_LENGTH }),
    });
    const ports: [End[], End[]] = [[this.link.a], [this.link.b]];
    const attach = (side: 0 | 1, spec: FlowSpec): End => {
      if (direct) return side === 0 ? this.link.a : this.link.b;
      const { a, b } = this.#net.link({
        path: {
          rate: rate * ACCESS_RATE,
          delay: side === 0 ? Math.round((spec.delay ?? 0) * MS) : 0,
          limit: ACCESS_LIMIT,
        },
      });
      ports[side].push(b);
      return a;
    };
    this.flows = specs.map(({ spec, start }, i) => {
      const { lose = [], tuning } = spec;
      const sink = new PatternSink({
        window,
        // A slow start that overshoots leaves hundreds of holes.
        assembler: Assembler.allocate(RANGES, "drop-furthest"),
      });
      const far = attach(0, spec);
      const dropper = lose.length === 0 ? undefined : new Dropper(far, lose);
      const devices = [dropper ?? far, attach(1, spec)];
      const hosts = devices.map((device, side) => {
        const number = 2 * i + side + 1;
        const key = Uint8Array.from({ length: 16 }, () => secrets.next());
        const more = side === 0 ? options.sender?.(i, spec) : undefined;
        return new Host(device, {
          address: ipv4.Cidr.parse(`192.0.2.${number}/24`),
          hardware: hardware(number),
          key,
          connections: 1,
          tcp: {
            ...more,
            ...(spec.control === undefined
              ? {}
              : { control: controlName(spec.control) }),
            tuning: { ...more?.tuning, ...tuning },
          },
        });
      }) as [Host, Host];
      const name = spec.name ?? (specs.length === 1 ? "flow" : `flow ${i + 1}`);
      return new Flow(name, spec, start, hosts, sink, dropper);
    });
    if (!direct) { for (const ends of ports) this.#net.join(ends); }
    this.#hosts = this.flows.flatMap(({ sender, receiver }) => [
      sender,
      receiver,
    ]);
    for (const flow of this.flows) {
      // The first packets are those of TCP.
      pin(flow.sender, flow.receiver);
      pin(flow.receiver, flow.sender);
      this.#listen(flow, window);
    }
  }

  /** Virtual time, µs. */
  get now(): number {
    return this.#net.now;
  }

  /** Lets time pass; flows connect when they are to. */
  run(until: number): void {
    for (;;) {
      let next = until;
      for (const flow of this.flows) {
        if (flow.start > this.now) next = Math.min(next, flow.start);
        else if (flow.connection === undefined && flow.reason === undefined) {
          this.#connect(flow);
        }
      }
      if (this.now >= until) return;
      this.#net.run(next, this.#hosts);
      // Nothing may happen before a flow begins, or ever.
      while (this.now < next && this.#net.step(next));
    }
  }

  /** Hands captures what was gathered for them. */
  flush(): void {
    this.#net.flush();
  }

  #listen(flow: Flow, receiveWindow: number): void {
    const { sink } = flow;
    const octets = flow.spec.octets ?? Infinity;
    const handler: tcp.Handler = {
      received: (c) => {
        if (sink.received >= octets) {
          flow.finished = Math.min(flow.finished, this.now);
        }
        if (c.receiveFinished) c.shutdown();
      },
    };
    flow.receiver.tcp.listen({
      port: PORT,
      receiveWindow,
      accept(connection) {
        connection.recvBuf = sink;
        connection.handler = handler;
        return true;
      },
    });
  }

  #connect(flow: Flow): void {
    const { octets } = flow.spec;
    const opened = flow.sender.tcp.connect({
      remote: flow.receiver.ip.addresses[0]!.address.value,
      remotePort: PORT,
      sendBuf: new Pattern(octets === undefined ? {} : { total: octets }),
      handler: {
        closed(_c, reason) {
          flow.reason = reason;
          flow.connection = undefined;
        },
      },
    });
    if (typeof opened === "string") {
      throw new Error(`Cannot connect: ${opened}`);
    }
    flow.connection = opened;
    flow.control = opened.control.name;
  }
}
