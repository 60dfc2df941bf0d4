/**
 * Conversations of a script. Here its sequence numbers and timestamps are brought
 * to the real ones and back.
 *
 * A SYN says which number a side begins with, in most scripts 0. Whatever it is,
 * all that is no SYN counts from there: behind `S 123:123(0)` comes `1:1(0)`. A
 * script that goes on with `124:124(0)` is understood, too.
 *
 * @module
 */

import type { Option, TcpPacket } from "./ast.ts";
import type { Route, Seen, Segment } from "./packet.ts";

const SYN = 0x002;
const ACK = 0x010;

/** Where one side's numbers are, real and in the script. */
class Side {
  /** What the real numbers are ahead of the script's, once known. */
  offset: number | undefined;
  /** The number of the SYN in the script. */
  first = 0;
  /** Other segments count from that SYN on. */
  #relative: boolean | undefined;
  #begun = false;

  constructor(offset?: number) {
    this.offset = offset;
  }

  /** Begins with the number of a SYN; one that comes later changes nothing. */
  begin(first: number): void {
    if (this.#begun) return;
    this.#begun = true;
    this.first = first;
    if (first === 0) this.#relative = true;
  }

  /** A number of the script, of a SYN or about one if `syn`. */
  toReal(script: number, syn: boolean): number {
    return (script + this.#ahead(script, syn)) >>> 0;
  }

  /** A real number; `hint` is what the script says it should be. */
  toScript(real: number, syn: boolean, hint?: number): number {
    return (real - this.#ahead(hint, syn)) >>> 0;
  }

  #ahead(script: number | undefined, syn: boolean): number {
    const { offset = 0, first } = this;
    if (syn) return offset;
    // The first number that is no SYN's shows what the script means by it.
    if (this.#relative === undefined && script !== undefined) {
      this.#relative = ((script - first) >>> 0) > 0x10000;
    }
    return this.#relative === false ? offset : offset + first;
  }
}

/** One conversation. */
export class Flow {
  readonly localPort: number;
  readonly remotePort: number;
  readonly local: number;
  readonly remote: number;
  readonly #own: Side = new Side();
  readonly #peer: Side;
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
    // Any number, so that sums wrap in some script.
    this.#peer = new Side(Math.imul(remotePort, 0x9e3779b1) >>> 0);
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
    if ((expected.flags & real.flags & SYN) === 0) return;
    this.#own.offset = (real.sequence - expected.sequence) >>> 0;
    this.#own.begin(expected.sequence);
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

  /** A number of the host, as an ICMP error quotes it. */
  quoted(script: number): number {
    return this.#own.toReal(script, false);
  }

  /** A segment of the peer with real numbers. */
  toReal(p: TcpPacket): Segment {
    const acknowledges = (p.flags & ACK) !== 0;
    const syn = (p.flags & SYN) !== 0;
    if (syn) this.#peer.begin(p.sequence);
    const own = (n: number) => this.#own.toReal(n, syn);
    return {
      flags: p.flags,
      sequence: this.#peer.toReal(p.sequence, syn),
      ack: acknowledges ? own(p.ack ?? 0) : p.ack ?? 0,
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
          blocks: option.blocks.map((b) => b.map(own)),
        };
      }),
    };
  }

  /**
   * A segment of the host as the script would write it; `expected` is what it
   * wrote.
   */
  toScript(
    { segment, tos, ttl, route }: Seen,
    expected?: TcpPacket,
  ): TcpPacket {
    const { flags } = segment;
    const syn = (flags & SYN) !== 0;
    const own = this.#own.toScript(segment.sequence, syn, expected?.sequence);
    const peer = (n: number) => this.#peer.toScript(n, syn, expected?.ack);
    return {
      kind: "tcp",
      inbound: false,
      ip: { ecn: tos & 3, tos, ttl },
      ports: { source: route.sourcePort, destination: route.destinationPort },
      flags,
      sequence: own,
      length: segment.length,
      ...((flags & ACK) !== 0 ? { ack: peer(segment.ack) } : {}),
      window: segment.window,
      urgent: segment.urgent,
      options: segment.options.map((option): Option => {
        if (option.kind === "TS") {
          return { ...option, value: this.scriptStamp(option.value) };
        }
        if (option.kind !== "sack") return option;
        return {
          kind: "sack",
          blocks: option.blocks.map((b) => b.map(peer)),
        };
      }),
    };
  }
}
