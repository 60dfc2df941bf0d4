/**
 * Conversations of a script. It counts sequence numbers from 0 and timestamps
 * from where it likes; here they are brought to the real ones and back.
 *
 * @module
 */

import type { Option, TcpPacket } from "./ast.ts";
import type { Route, Seen, Segment } from "./packet.ts";

const SYN = 0x002;
const ACK = 0x010;

/** One conversation. */
export class Flow {
  readonly localPort: number;
  readonly remotePort: number;
  readonly local: number;
  readonly remote: number;
  /** What the host's real numbers are ahead of the script's, once known. */
  localOffset: number | undefined;
  /** What the peer's are: any number, so that sums wrap in some script. */
  readonly remoteOffset: number;
  /** The script's timestamps of the host, and the real ones. */
  readonly #stamps: Map<number, number> = new Map();
  /** The first pair of them. */
  first: { readonly script: number; readonly real: number } | undefined;

  constructor(
    local: number,
    localPort: number,
    remote: number,
    remotePort: number,
  ) {
    this.local = local;
    this.localPort = localPort;
    this.remote = remote;
    this.remotePort = remotePort;
    this.remoteOffset = Math.imul(remotePort, 0x9e3779b1) >>> 0;
  }

  /** Whether a packet of the host belongs here. */
  has({ route }: Seen): boolean {
    return route.sourcePort === this.localPort &&
      route.destinationPort === this.remotePort &&
      route.destination === this.remote;
  }

  /** The way to the host. */
  get inbound(): Route {
    return {
      source: this.remote,
      sourcePort: this.remotePort,
      destination: this.local,
      destinationPort: this.localPort,
    };
  }

  /** Learns the host's numbers from what a segment of it should have been. */
  learn(expected: TcpPacket, real: Segment): void {
    if ((expected.flags & real.flags & SYN) !== 0) {
      this.localOffset = (real.sequence - expected.sequence) >>> 0;
    }
  }

  /** Notes which real timestamp stands for one of the script's. */
  stamp(script: number, real: number): void {
    this.first ??= { script, real };
    this.#stamps.set(script, real);
  }

  /** The real timestamp of the host that the peer is to echo. */
  echo(script: number): number {
    const known = this.#stamps.get(script);
    if (known !== undefined) return known;
    if (this.first === undefined || script === 0) return script;
    return (script - this.first.script + this.first.real) >>> 0;
  }

  /** A timestamp of the host as the script would count it. */
  scriptStamp(real: number): number {
    for (const [script, known] of this.#stamps) {
      if (known === real) return script;
    }
    if (this.first === undefined) return real;
    return (real - this.first.real + this.first.script) >>> 0;
  }

  /** A segment of the peer with real numbers. */
  toReal(p: TcpPacket): Segment {
    const own = this.localOffset ?? 0;
    const acknowledges = (p.flags & ACK) !== 0;
    return {
      flags: p.flags,
      sequence: (p.sequence + this.remoteOffset) >>> 0,
      ack: acknowledges ? ((p.ack ?? 0) + own) >>> 0 : p.ack ?? 0,
      window: p.window ?? 0,
      urgent: p.urgent ?? 0,
      length: p.length,
      options: (p.options ?? []).map((option): Option => {
        if (option.kind === "TS") {
          return { ...option, echo: this.echo(option.echo) };
        }
        if (option.kind !== "sack") return option;
        return {
          kind: "sack",
          blocks: option.blocks.map((b) => b.map((n) => (n + own) >>> 0)),
        };
      }),
    };
  }

  /** A segment of the host as the script would write it. */
  toScript({ segment, tos, ttl, route }: Seen): TcpPacket {
    const { remoteOffset } = this;
    const { flags } = segment;
    return {
      kind: "tcp",
      inbound: false,
      ip: { ecn: tos & 3, tos, ttl },
      ports: { source: route.sourcePort, destination: route.destinationPort },
      flags,
      sequence: (segment.sequence - (this.localOffset ?? 0)) >>> 0,
      length: segment.length,
      ...((flags & ACK) !== 0
        ? { ack: (segment.ack - remoteOffset) >>> 0 }
        : {}),
      window: segment.window,
      urgent: segment.urgent,
      options: segment.options.map((option): Option => {
        if (option.kind === "TS") {
          return { ...option, value: this.scriptStamp(option.value) };
        }
        if (option.kind !== "sack") return option;
        return {
          kind: "sack",
          blocks: option.blocks.map((b) =>
            b.map((n) => (n - remoteOffset) >>> 0)
          ),
        };
      }),
    };
  }
}
