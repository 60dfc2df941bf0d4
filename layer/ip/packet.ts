/**
 * The forms of an IP datagram on its way through a layer.
 *
 * @module
 */

import type { Packet } from "@ethox/nic/packet";
import { View } from "@ethox/wire/ipv4";
import type { Failure } from "../failure.ts";
import type { Endpoint } from "./endpoint.ts";

/** Octets of a header without options. */
export const HEADER_LENGTH = 20;

/** The datagram is for this host. */
export const UNICAST = 0;
/** The datagram is for everybody on a link. */
export const BROADCAST = 1;
/** The datagram is for a group. */
export const MULTICAST = 2;
/** The datagram does not leave this host. */
export const LOCAL = 3;

/** What a header is to say. */
export class Init {
  /** Own address, int32; 0 lets the route choose. */
  source = 0;
  /** Destination, int32. */
  destination = 0;
  /** Protocol number. */
  protocol = 0;
  /** Octets of payload. */
  payloadLength = 0;
  /** Time to live, 1 to 255. */
  ttl = 64;
  /** Differentiated services code point. */
  dscp = 0;
  /** Explicit congestion notification. */
  ecn = 0;
  /** Whether routers may not cut the datagram. */
  dontFragment = true;
}

/** Takes datagrams. */
export interface Receiver {
  /** Looks at a datagram; must not keep it. */
  receive(packet: InPacket): void;
}

/** Fills datagrams. */
export interface Sender {
  /** Prepares and sends a datagram, or leaves the buffer. */
  send(raw: RawPacket): void;
}

/** A receiver, or just its function. */
export type ReceiveHandler = Receiver | ((packet: InPacket) => void);
/** A sender, or just its function. */
export type SendHandler = Sender | ((raw: RawPacket) => void);

/** A datagram that was received; valid during the call. */
export class InPacket {
  /** The buffer; `start`..`end` is the datagram with its header. */
  packet!: Packet;
  /** The header. */
  readonly header: View = new View();
  /** Source, int32. */
  source = 0;
  /** Destination, int32. */
  destination = 0;
  /** Protocol number. */
  protocol = 0;
  /** Offset of the first payload octet. */
  payloadStart = 0;
  /** Offset behind the last payload octet. */
  payloadEnd = 0;
  /** {@linkcode UNICAST}, {@linkcode BROADCAST} or {@linkcode MULTICAST}. */
  destinationKind: number = UNICAST;
  /** The endpoint that took the datagram. */
  readonly endpoint: Endpoint;
  readonly #out: OutPacket;
  readonly #raw: RawPacket;

  /** Made once for each {@linkcode Endpoint.recv}. */
  constructor(endpoint: Endpoint) {
    this.endpoint = endpoint;
    this.#out = new OutPacket(endpoint);
    this.#raw = new RawPacket(endpoint);
  }

  /**
   * Answers in this buffer: payload octets stay where they are, and
   * `payloadLength` of them count.
   */
  reinit(init: Init): OutPacket | Failure {
    const { packet } = this;
    packet.start = this.payloadStart - HEADER_LENGTH;
    return this.#out.begin(packet, init);
  }

  /** Gives the payload up for another datagram in this buffer. */
  deinit(): RawPacket {
    this.packet.info.clear();
    this.#raw.packet = this.packet;
    return this.#raw;
  }
}

/** A buffer for a datagram; valid during the call. */
export class RawPacket {
  /** The buffer; `start` is where the header will begin. */
  packet!: Packet;
  readonly #out: OutPacket;

  /** Made once for each {@linkcode Endpoint.send}. */
  constructor(endpoint: Endpoint) {
    this.#out = new OutPacket(endpoint);
  }

  /**
   * Finds the way, writes the header and sizes the buffer.
   *
   * `"unreachable"` without route or own address, `"illegal"` for a source that
   * is not ours or no time to live, `"size"` where MTU or buffer are too small.
   */
  prepare(init: Init): OutPacket | Failure {
    return this.#out.begin(this.packet, init);
  }
}

/** A datagram whose header is fixed and whose payload may be filled. */
export class OutPacket {
  /** The buffer; `start`..`end` is the datagram with its header. */
  packet!: Packet;
  /** Offset of the first payload octet. */
  payloadStart = 0;
  /** Offset behind the last payload octet. */
  payloadEnd = 0;
  /** Source, int32. */
  source = 0;
  /** Destination, int32. */
  destination = 0;
  /** Next hop, int32. */
  nextHop = 0;
  /** {@linkcode UNICAST}, {@linkcode BROADCAST}, {@linkcode MULTICAST} or {@linkcode LOCAL}. */
  kind: number = UNICAST;
  readonly #endpoint: Endpoint;
  #in: InPacket | undefined;

  /** Made once for each form that leads here. */
  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
  }

  /** Used by the forms that lead here. */
  begin(packet: Packet, init: Init): OutPacket | Failure {
    this.packet = packet;
    return this.#endpoint.emit(this, init) ?? this;
  }

  /**
   * Sends the datagram. One whose neighbour is not known yet counts as sent; it
   * waits for the answer.
   */
  send(): Failure | undefined {
    return this.#endpoint.transmit(this);
  }

  /** Looks at the datagram as if it had been received. */
  intoIncoming(): InPacket {
    const incoming = (this.#in ??= new InPacket(this.#endpoint));
    const { packet } = this;
    incoming.packet = packet;
    incoming.header.wrap(packet.memory.view, packet.start, packet.end);
    incoming.source = this.source;
    incoming.destination = this.destination;
    incoming.protocol = incoming.header.protocol;
    incoming.payloadStart = this.payloadStart;
    incoming.payloadEnd = this.payloadEnd;
    incoming.destinationKind = this.kind === LOCAL ? UNICAST : this.kind;
    return incoming;
  }
}
