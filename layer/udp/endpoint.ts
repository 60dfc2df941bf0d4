/**
 * A host's UDP.
 *
 * @module
 */

import { Counters } from "@ethox/managed/counters";
import { Map } from "@ethox/managed/map";
import {
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  SEGMENT_NONE,
} from "@ethox/nic/packet";
import { finish, pseudo4 } from "@ethox/wire/checksum";
import { PORT_UNREACHABLE } from "@ethox/wire/icmpv4";
import { HEADER_LENGTH, View } from "@ethox/wire/udp";
import type { Failure } from "../failure.ts";
import type {
  Endpoint as Icmp,
  ErrorListener,
  ErrorReport,
} from "../icmp/mod.ts";
import {
  type Endpoint as Ip,
  Init as IpInit,
  type InPacket as IpInPacket,
  type OutPacket as IpOutPacket,
  type RawPacket as IpRawPacket,
  type Receiver as IpReceiver,
  type Sender as IpSender,
  UNICAST,
} from "../ip/mod.ts";
import { EphemeralPorts } from "../ports.ts";

const PROTOCOL = 17;
const CHECKSUM = 6;

/** Names of the counters. */
export const COUNTERS = [
  "received",
  "delivered",
  "sent",
  "droppedMalformed",
  "droppedChecksum",
  "droppedPort",
  "droppedPeer",
  "droppedLoop",
  "sendFailed",
  "errorsDelivered",
  "errorsUnclaimed",
  "handlerThrew",
] as const;
/** A name in {@linkcode COUNTERS}. */
export type CounterName = typeof COUNTERS[number];
const RECEIVED = 0;
const DELIVERED = 1;
const SENT = 2;
const DROPPED_MALFORMED = 3;
const DROPPED_CHECKSUM = 4;
const DROPPED_PORT = 5;
const DROPPED_PEER = 6;
const DROPPED_LOOP = 7;
const SEND_FAILED = 8;
const ERRORS_DELIVERED = 9;
const ERRORS_UNCLAIMED = 10;
const HANDLER_THREW = 11;

/**
 * Ports of services that answer whatever they get: echo, discard, daytime,
 * quote of the day, character generator, time. A service that does so, too, must
 * not answer them, or two of them keep each other busy for good (CVE-2024-2169).
 */
export const ECHOING_PORTS: readonly number[] = [7, 9, 13, 17, 19, 37];

/** How an {@linkcode Endpoint} is made. */
export interface Options {
  /** The layer below. */
  readonly ip: Ip;
  /** Tells strangers that a port is closed; without it they hear nothing. */
  readonly icmp?: Icmp;
  /** Ports that may be bound; 64 by default. */
  readonly ports?: number;
  /** 16 secret octets, drawn at random for each start. */
  readonly key: Uint8Array;
}

/** Takes datagrams. */
export interface Receiver {
  /** Looks at a datagram; must not keep it. */
  receive(datagram: InPacket): void;
  /** Hears of an ICMP error about a datagram from its port. */
  icmpError?(report: ErrorReport): void;
}

/** Fills datagrams. */
export interface Sender {
  /** Prepares and sends a datagram, or leaves the buffer. */
  send(raw: RawPacket): void;
}

/** A receiver, or just its function. */
export type ReceiveHandler = Receiver | ((datagram: InPacket) => void);
/** A sender, or just its function. */
export type SendHandler = Sender | ((raw: RawPacket) => void);

/** What a header is to say. */
export class Init {
  /** Own address, int32; 0 lets the route choose. */
  source = 0;
  /** Own port. */
  sourcePort = 0;
  /** Destination, int32. */
  destination = 0;
  /** Destination port. */
  destinationPort = 0;
  /** Octets of payload. */
  payloadLength = 0;
  /** Time to live. */
  ttl = 64;
  /** Differentiated services code point. */
  dscp = 0;
  /** Explicit congestion notification. */
  ecn = 0;
  /** Whether routers may not cut the datagram. */
  dontFragment = true;
}

/** Narrows down what a port takes. */
export interface BindOptions {
  /** Own address that datagrams must be for, int32; any by default. */
  readonly address?: number;
  /** Peer that they must come from, int32; any by default. */
  readonly peer?: number;
  /** The peer's port; any by default. */
  readonly peerPort?: number;
}

/** A bound port. */
class Binding {
  port = 0;
  address = 0;
  peer = 0;
  peerPort = 0;
  handler: ReceiveHandler = nothing;
}

/** A host's UDP. */
export class Endpoint implements ErrorListener {
  /** What happened so far. */
  readonly counters: Counters<CounterName> = new Counters(COUNTERS);
  /**
   * Gets every datagram whose port is not bound; then no port counts as closed.
   */
  unfiltered: ReceiveHandler | undefined;
  /** What a handler threw last; `handlerThrew` counts how often that happened. */
  thrown: unknown = undefined;
  readonly #ip: Ip;
  readonly #icmp: Icmp | undefined;
  readonly #table: Map;
  readonly #bindings: Binding[] = [];
  readonly #ports: EphemeralPorts;
  readonly #init = new IpInit();
  readonly #in = new InPacket(this);

  /** No port is bound. */
  constructor(options: Options) {
    const capacity = options.ports ?? 64;
    this.#ip = options.ip;
    this.#icmp = options.icmp;
    this.#table = new Map({ capacity, words: 1, key: options.key });
    for (let i = 0; i < capacity; i++) this.#bindings.push(new Binding());
    this.#ports = new EphemeralPorts(options.key);
    this.#init.protocol = PROTOCOL;
    this.#icmp?.onError(PROTOCOL, this);
  }

  /** The layer below. */
  get ip(): Ip {
    return this.#ip;
  }

  /** Gives a port to a handler: `"illegal"` if it has one, `"exhausted"`. */
  bind(
    port: number,
    handler: ReceiveHandler,
    options: BindOptions = {},
  ): Failure | undefined {
    if (!(port > 0 && port < 65536) || this.#table.get1(port) >= 0) {
      return "illegal";
    }
    const free = this.#bindings.findIndex((binding) => binding.port === 0);
    if (free < 0 || !this.#table.set1(port, free)) return "exhausted";
    const binding = this.#bindings[free]!;
    binding.port = port;
    binding.address = options.address ?? 0;
    binding.peer = options.peer ?? 0;
    binding.peerPort = options.peerPort ?? 0;
    binding.handler = handler;
    return undefined;
  }

  /**
   * Gives a port that strangers cannot guess (RFC 6056) to a handler that talks
   * with one peer; returns the port.
   */
  bindEphemeral(
    handler: ReceiveHandler,
    peer: number,
    peerPort: number,
  ): number | Failure {
    const ports = this.#ports;
    ports.begin(this.#ip.sourceFor(peer), peer, peerPort);
    for (let i = 0; i < ports.count; i++) {
      const port = ports.next();
      if (this.#table.get1(port) >= 0) continue;
      return this.bind(port, handler, { peer, peerPort }) ?? port;
    }
    return "exhausted";
  }

  /** Closes a port; `"illegal"` if it was not bound. */
  unbind(port: number): Failure | undefined {
    const index = this.#table.delete1(port);
    if (index < 0) return "illegal";
    const binding = this.#bindings[index]!;
    binding.port = 0;
    binding.handler = nothing;
    return undefined;
  }

  /** The handler to give to `ip.demux`. */
  recv(): IpReceiver {
    return { receive: (p) => this.#receive(p) };
  }

  /** The handler to give to `ip.send`, that offers datagrams to `handler`. */
  send(handler: SendHandler): IpSender {
    const datagram = new RawPacket(this);
    return {
      send: (raw) => {
        datagram.raw = raw;
        try {
          if (typeof handler === "function") handler(datagram);
          else handler.send(datagram);
        } catch (error) {
          this.#threw(error);
        }
      },
    };
  }

  /** Takes an ICMP error about a datagram of ours. */
  icmpError(report: ErrorReport): void {
    const { counters } = this;
    const port = report.view.getUint16(report.transportStart);
    const peerPort = report.view.getUint16(report.transportStart + 2);
    const index = this.#table.get1(port);
    const binding = this.#bindings[index];
    if (
      binding === undefined || typeof binding.handler === "function" ||
      binding.handler.icmpError === undefined ||
      (binding.address !== 0 && binding.address !== report.source) ||
      (binding.peer !== 0 && binding.peer !== report.destination) ||
      (binding.peerPort !== 0 && binding.peerPort !== peerPort)
    ) return counters.add(ERRORS_UNCLAIMED, 1);
    counters.add(ERRORS_DELIVERED, 1);
    try {
      binding.handler.icmpError(report);
    } catch (error) {
      this.#threw(error);
    }
  }

  #threw(error: unknown): void {
    this.thrown = error;
    this.counters.add(HANDLER_THREW, 1);
  }

  /** Fills an IP header for a datagram; used by the packet forms. */
  describe(init: Init): IpInit {
    const ip = this.#init;
    ip.source = init.source;
    ip.destination = init.destination;
    ip.payloadLength = HEADER_LENGTH + init.payloadLength;
    ip.ttl = init.ttl;
    ip.dscp = init.dscp;
    ip.ecn = init.ecn;
    ip.dontFragment = init.dontFragment;
    return ip;
  }

  #receive(p: IpInPacket): void {
    const { packet } = p;
    const { counters } = this;
    const { info } = packet;
    const datagram = this.#in;
    counters.add(RECEIVED, 1);
    const { header } = datagram;
    header.wrap(packet.memory.view, p.payloadStart, p.payloadEnd);
    if (header.check() !== undefined) {
      return counters.add(DROPPED_MALFORMED, 1);
    }
    // Several datagrams that the device joined have the length of all.
    const length = header.length;
    if (
      info.checksum === CHECKSUM_NONE && !info.capabilities.udp.receive &&
      header.checksum !== 0
    ) {
      const seed = pseudo4(p.source, p.destination, PROTOCOL, length);
      if (packet.sum(p.payloadStart, length, seed) !== 0xffff) {
        return counters.add(DROPPED_CHECKSUM, 1);
      }
    }
    const port = header.destinationPort;
    const index = this.#table.get1(port);
    let handler = this.unfiltered;
    if (index >= 0) {
      const binding = this.#bindings[index]!;
      if (
        (binding.address !== 0 && binding.address !== p.destination) ||
        (binding.peer !== 0 && binding.peer !== p.source) ||
        (binding.peerPort !== 0 && binding.peerPort !== header.sourcePort)
      ) return counters.add(DROPPED_PEER, 1);
      handler = binding.handler;
    }
    if (handler === undefined) {
      counters.add(DROPPED_PORT, 1);
      this.#icmp?.unreachable(p, PORT_UNREACHABLE);
      return;
    }
    counters.add(DELIVERED, 1);
    datagram.packet = p;
    try {
      if (typeof handler === "function") handler(datagram);
      else handler.receive(datagram);
    } catch (error) {
      this.#threw(error);
    }
  }

  /** Counts what became of a datagram; used by the packet forms. */
  sent(failure: Failure | undefined): void {
    this.counters.add(failure === undefined ? SENT : SEND_FAILED, 1);
  }

  /** Whether a datagram may be echoed; counts it if not. */
  mayEcho(datagram: InPacket): boolean {
    const port = datagram.header.sourcePort;
    if (
      port !== 0 && port !== datagram.header.destinationPort &&
      !ECHOING_PORTS.includes(port) &&
      datagram.packet.destinationKind === UNICAST
    ) return true;
    this.counters.add(DROPPED_LOOP, 1);
    return false;
  }
}

/** A datagram that was received; valid during the call. */
export class InPacket {
  /** The IP datagram. */
  packet!: IpInPacket;
  /** The header. */
  readonly header: View = new View();
  readonly #endpoint: Endpoint;
  readonly #out: OutPacket;
  readonly #raw: RawPacket;
  readonly #init = new Init();

  /** Made once for each endpoint. */
  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
    this.#out = new OutPacket(endpoint);
    this.#raw = new RawPacket(endpoint);
  }

  /** Who sent it, int32. */
  get source(): number {
    return this.packet.source;
  }

  /** The sender's port. */
  get sourcePort(): number {
    return this.header.sourcePort;
  }

  /** For whom it is, int32. */
  get destination(): number {
    return this.packet.destination;
  }

  /** Own port. */
  get destinationPort(): number {
    return this.header.destinationPort;
  }

  /** Offset of the first payload octet. */
  get payloadStart(): number {
    return this.header.start + HEADER_LENGTH;
  }

  /** Offset behind the last payload octet. */
  get payloadEnd(): number {
    return this.header.payloadEnd;
  }

  /** Answers in this buffer; the payload stays where it is. */
  reinit(init: Init): OutPacket | Failure {
    // What a device joined is cut again the way it came.
    const { info } = this.packet.packet;
    const segmentType = info.segmentType;
    const segmentSize = info.segmentSize;
    info.clear();
    info.segmentType = segmentType;
    info.segmentSize = segmentSize;
    const out = this.packet.reinit(this.#endpoint.describe(init));
    return typeof out === "string" ? out : this.#out.begin(out, init);
  }

  /**
   * Sends the payload back to where it came from; `"illegal"` where that could
   * begin an endless exchange.
   */
  echo(): Failure | undefined {
    if (!this.#endpoint.mayEcho(this)) return "illegal";
    const init = this.#init;
    init.source = this.packet.destination;
    init.sourcePort = this.header.destinationPort;
    init.destination = this.packet.source;
    init.destinationPort = this.header.sourcePort;
    init.payloadLength = this.payloadEnd - this.payloadStart;
    const out = this.reinit(init);
    return typeof out === "string" ? out : out.send();
  }

  /** Gives the payload up for another datagram in this buffer. */
  deinit(): RawPacket {
    this.#raw.raw = this.packet.deinit();
    return this.#raw;
  }
}

/** A buffer for a datagram; valid during the call. */
export class RawPacket {
  /** The buffer. */
  raw!: IpRawPacket;
  readonly #endpoint: Endpoint;
  readonly #out: OutPacket;

  /** Made once for each {@linkcode Endpoint.send}. */
  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
    this.#out = new OutPacket(endpoint);
  }

  /** Finds the way, writes the headers and sizes the buffer. */
  prepare(init: Init): OutPacket | Failure {
    this.raw.packet.info.clear();
    const out = this.raw.prepare(this.#endpoint.describe(init));
    return typeof out === "string" ? out : this.#out.begin(out, init);
  }
}

/** A datagram whose header is fixed and whose payload may be filled. */
export class OutPacket {
  /** The IP datagram. */
  out!: IpOutPacket;
  readonly #endpoint: Endpoint;
  #in: InPacket | undefined;

  /** Made once for each form that leads here. */
  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
  }

  /** Offset of the first payload octet. */
  get payloadStart(): number {
    return this.out.payloadStart + HEADER_LENGTH;
  }

  /** Offset behind the last payload octet. */
  get payloadEnd(): number {
    return this.out.payloadEnd;
  }

  /** Writes the header; used by the forms that lead here. */
  begin(out: IpOutPacket, init: Init): this {
    this.out = out;
    const at = out.payloadStart;
    const { view } = out.packet.memory;
    view.setInt32(at, (init.sourcePort << 16) | init.destinationPort);
    view.setInt32(at + 4, (out.payloadEnd - at) << 16);
    return this;
  }

  /** Writes the checksum, or leaves it to the device, and sends. */
  send(): Failure | undefined {
    const { out } = this;
    const { packet } = out;
    const { info } = packet;
    const at = out.payloadStart;
    const length = out.payloadEnd - at;
    const { view } = packet.memory;
    view.setUint16(at + CHECKSUM, 0);
    const seed = pseudo4(out.source, out.destination, PROTOCOL, length);
    if (info.capabilities.udp.transmit || info.segmentType !== SEGMENT_NONE) {
      view.setUint16(at + CHECKSUM, seed);
      info.checksum = CHECKSUM_PARTIAL;
      info.checksumStart = at;
      info.checksumOffset = CHECKSUM;
    } else {
      const sum = packet.sum(at, length, seed);
      // A sum of 0 would say that there is none (RFC 768).
      view.setUint16(at + CHECKSUM, finish(sum) || 0xffff);
    }
    const failure = out.send();
    this.#endpoint.sent(failure);
    return failure;
  }

  /** Looks at the datagram as if it had been received. */
  intoIncoming(): InPacket {
    const incoming = (this.#in ??= new InPacket(this.#endpoint));
    const { out } = this;
    incoming.packet = out.intoIncoming();
    incoming.header.wrap(
      out.packet.memory.view,
      out.payloadStart,
      out.payloadEnd,
    );
    return incoming;
  }
}

function nothing(): void {}
