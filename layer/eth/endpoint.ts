/**
 * Ethernet II framing: which frames a host takes, and the header in front of
 * what it sends.
 *
 * @module
 */

import { Counters } from "@ethox/managed/counters";
import type {
  Packet,
  Receiver as NicReceiver,
  Sender as NicSender,
} from "@ethox/nic/packet";
import { type Address, HEADER_LENGTH, View } from "@ethox/wire/ethernet";
import type { Failure } from "../failure.ts";

/** The frame is addressed to this host. */
export const OWN = 0;
/** The frame is addressed to everybody. */
export const BROADCAST = 1;
/** The frame is addressed to a group. */
export const MULTICAST = 2;
/** The frame is addressed to another host. */
export const OTHER = 3;

/** Names of the counters. */
export const COUNTERS = [
  "received",
  "sent",
  "droppedTruncated",
  "droppedOther",
  "droppedGroup",
  "sendFailed",
] as const;
/** A name in {@linkcode COUNTERS}. */
export type CounterName = typeof COUNTERS[number];
const RECEIVED = 0;
const SENT = 1;
const DROPPED_TRUNCATED = 2;
const DROPPED_OTHER = 3;
const DROPPED_GROUP = 4;
const SEND_FAILED = 5;

/** What a frame's header is to say. */
export class Init {
  /** First two octets of the destination. */
  destinationHigh = 0xffff;
  /** Last four octets of it, int32. */
  destinationLow: number = -1;
  /** EtherType. */
  etherType = 0;
  /** Octets of payload. */
  payloadLength = 0;
}

/** Takes frames. */
export interface Receiver {
  /** Looks at a frame; must not keep it. */
  receive(frame: InPacket): void;
}

/** Fills frames. */
export interface Sender {
  /** Prepares and sends a frame, or leaves it. */
  send(frame: RawPacket): void;
}

/** A receiver, or just its function. */
export type ReceiveHandler = Receiver | ((frame: InPacket) => void);
/** A sender, or just its function. */
export type SendHandler = Sender | ((frame: RawPacket) => void);

/** How an {@linkcode Endpoint} is made. */
export interface Options {
  /** The host's hardware address. */
  readonly address: Address;
  /** Groups that may be joined; 16 by default. */
  readonly groups?: number;
}

/** A host on an Ethernet. */
export class Endpoint {
  /** Its address. May be exchanged between bursts. */
  address: Address;
  /** Whether frames for others are taken, too. */
  promiscuous = false;
  /** What happened so far. */
  readonly counters: Counters<CounterName> = new Counters(COUNTERS);
  readonly #groupHigh: Int32Array;
  readonly #groupLow: Int32Array;
  readonly #users: Int32Array;
  #groups = 0;

  /** Takes the memory for its groups. */
  constructor(options: Options) {
    this.address = options.address;
    const groups = options.groups ?? 16;
    this.#groupHigh = new Int32Array(groups);
    this.#groupLow = new Int32Array(groups);
    this.#users = new Int32Array(groups);
  }

  /**
   * Takes frames of a group from now on. Joining twice means leaving twice.
   * `"illegal"` if the address is no group, `"exhausted"` if there is no room.
   */
  join(group: Address): Failure | undefined {
    if ((group.high & 0x0100) === 0) return "illegal";
    let i = this.#find(group.high, group.low);
    if (i < 0) {
      if (this.#groups === this.#groupHigh.length) return "exhausted";
      i = this.#groups++;
      this.#groupHigh[i] = group.high;
      this.#groupLow[i] = group.low;
      this.#users[i] = 0;
    }
    this.#users[i]!++;
    return undefined;
  }

  /** Ends one {@linkcode Endpoint.join}; `"illegal"` if there was none. */
  leave(group: Address): Failure | undefined {
    const i = this.#find(group.high, group.low);
    if (i < 0) return "illegal";
    if (--this.#users[i]! > 0) return undefined;
    const last = --this.#groups;
    this.#groupHigh[i] = this.#groupHigh[last]!;
    this.#groupLow[i] = this.#groupLow[last]!;
    this.#users[i] = this.#users[last]!;
    return undefined;
  }

  /** To whom a destination belongs: one of the four constants. */
  kindOf(high: number, low: number): number {
    const { address } = this;
    if (low === address.low && high === address.high) return OWN;
    if ((high & 0x0100) === 0) return OTHER;
    return high === 0xffff && low === -1 ? BROADCAST : MULTICAST;
  }

  /** Whether a group was joined. */
  joined(high: number, low: number): boolean {
    return this.#find(high, low) >= 0;
  }

  /** A receiver for a device, that hands frames to `handler`. */
  recv(handler: ReceiveHandler): NicReceiver {
    return new Recv(this, handler);
  }

  /** A sender for a device, that offers frames to `handler`. */
  send(handler: SendHandler): NicSender {
    return new Send(this, handler);
  }

  /**
   * Puts a header in front of `start`..`end` and queues the frame. For layers
   * that have built a datagram in place; others use the packet forms.
   */
  transmit(
    packet: Packet,
    high: number,
    low: number,
    etherType: number,
  ): Failure | undefined {
    const at = packet.start - HEADER_LENGTH;
    if (at < packet.base) return this.#failed("size");
    const { view } = packet.memory;
    const { address } = this;
    view.setUint16(at, high);
    view.setInt32(at + 2, low);
    view.setUint16(at + 6, address.high);
    view.setInt32(at + 8, address.low);
    view.setUint16(at + 12, etherType);
    packet.start = at;
    const outcome = packet.queue();
    if (outcome === "queued") {
      this.counters.add(SENT, 1);
      return undefined;
    }
    packet.start = at + HEADER_LENGTH;
    return this.#failed(outcome);
  }

  /** Whether a frame for a destination is taken; counts it if not. */
  accepts(kind: number, high: number, low: number): boolean {
    if (kind <= BROADCAST || this.promiscuous) return true;
    if (kind === MULTICAST && this.joined(high, low)) return true;
    this.counters.add(kind === MULTICAST ? DROPPED_GROUP : DROPPED_OTHER, 1);
    return false;
  }

  #failed(failure: Failure): Failure {
    this.counters.add(SEND_FAILED, 1);
    return failure;
  }

  #find(high: number, low: number): number {
    for (let i = 0; i < this.#groups; i++) {
      if (this.#groupLow[i] === low && this.#groupHigh[i] === high) return i;
    }
    return -1;
  }
}

/** A frame that was received; valid during the call. */
export class InPacket {
  /** The buffer; `start`..`end` is the payload. */
  packet!: Packet;
  /** The header. */
  readonly header: View = new View();
  /** {@linkcode OWN}, {@linkcode BROADCAST}, {@linkcode MULTICAST} or {@linkcode OTHER}. */
  destinationKind: number = OTHER;
  readonly #endpoint: Endpoint;
  readonly #out: OutPacket;
  readonly #raw: RawPacket;

  /** Made once for each {@linkcode Endpoint.recv}. */
  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
    this.#out = new OutPacket(endpoint);
    this.#raw = new RawPacket(endpoint);
  }

  /** EtherType. */
  get etherType(): number {
    return this.header.etherType;
  }

  /** Offset of the first payload octet. */
  get payloadStart(): number {
    return this.packet.start;
  }

  /** Offset behind the last octet of the frame. */
  get payloadEnd(): number {
    return this.packet.end;
  }

  /** The endpoint that took the frame. */
  get endpoint(): Endpoint {
    return this.#endpoint;
  }

  /** Points at a frame; false if it is too short or for others. */
  accept(packet: Packet): boolean {
    const { header } = this;
    const endpoint = this.#endpoint;
    this.packet = packet;
    header.wrap(packet.memory.view, packet.start, packet.end);
    if (header.check() !== undefined) {
      endpoint.counters.add(DROPPED_TRUNCATED, 1);
      return false;
    }
    const high = header.destinationHigh;
    const low = header.destinationLow;
    this.destinationKind = endpoint.kindOf(high, low);
    if (!endpoint.accepts(this.destinationKind, high, low)) return false;
    packet.start += HEADER_LENGTH;
    endpoint.counters.add(RECEIVED, 1);
    return true;
  }

  /** Answers in this buffer; the payload's first octets stay where they are. */
  reinit(init: Init): OutPacket | Failure {
    return this.#out.begin(this.packet, init);
  }

  /** Gives the payload up for another frame in this buffer. */
  deinit(): RawPacket {
    this.#raw.packet = this.packet;
    return this.#raw;
  }
}

/** A buffer for a frame; valid during the call. */
export class RawPacket {
  /** The buffer; `start` is where the payload will begin. */
  packet!: Packet;
  readonly #out: OutPacket;

  /** Made once for each {@linkcode Endpoint.send}. */
  constructor(endpoint: Endpoint) {
    this.#out = new OutPacket(endpoint);
  }

  /** Sizes the buffer for a frame; `"size"` if it is too small. */
  prepare(init: Init): OutPacket | Failure {
    return this.#out.begin(this.packet, init);
  }
}

/** A frame whose header is fixed and whose payload may be filled. */
export class OutPacket {
  /** The buffer; `start`..`end` is the payload. */
  packet!: Packet;
  readonly #endpoint: Endpoint;
  readonly #init = new Init();
  #in: InPacket | undefined;

  /** Made once for each form that leads here. */
  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
  }

  /** Offset of the first payload octet. */
  get payloadStart(): number {
    return this.packet.start;
  }

  /** Offset behind the last payload octet. */
  get payloadEnd(): number {
    return this.packet.end;
  }

  /** Sizes the buffer; used by the forms that lead here. */
  begin(packet: Packet, init: Init): OutPacket | Failure {
    this.packet = packet;
    if (packet.resize(init.payloadLength) !== "queued") return "size";
    this.#init.destinationHigh = init.destinationHigh;
    this.#init.destinationLow = init.destinationLow;
    this.#init.etherType = init.etherType;
    return this;
  }

  /** Writes the header and queues the frame. */
  send(): Failure | undefined {
    const { destinationHigh, destinationLow, etherType } = this.#init;
    return this.#endpoint.transmit(
      this.packet,
      destinationHigh,
      destinationLow,
      etherType,
    );
  }

  /**
   * Looks at the frame as if it had been received; `"illegal"` if this host
   * would not take it.
   */
  intoIncoming(): InPacket | Failure {
    const { packet } = this;
    const { address } = this.#endpoint;
    const { destinationHigh, destinationLow, etherType } = this.#init;
    const header = (this.#in ??= new InPacket(this.#endpoint)).header;
    packet.start -= HEADER_LENGTH;
    header.wrap(packet.memory.view, packet.start, packet.end);
    header.destinationHigh = destinationHigh;
    header.destinationLow = destinationLow;
    header.sourceHigh = address.high;
    header.sourceLow = address.low;
    header.etherType = etherType;
    if (this.#in.accept(packet)) return this.#in;
    packet.start += HEADER_LENGTH;
    return "illegal";
  }
}

class Recv implements NicReceiver {
  readonly #in: InPacket;
  readonly #handler: ReceiveHandler;

  constructor(endpoint: Endpoint, handler: ReceiveHandler) {
    this.#in = new InPacket(endpoint);
    this.#handler = handler;
  }

  receive(packet: Packet): void {
    if (!this.#in.accept(packet)) return;
    const handler = this.#handler;
    if (typeof handler === "function") handler(this.#in);
    else handler.receive(this.#in);
  }
}

class Send implements NicSender {
  readonly #raw: RawPacket;
  readonly #handler: SendHandler;

  constructor(endpoint: Endpoint, handler: SendHandler) {
    this.#raw = new RawPacket(endpoint);
    this.#handler = handler;
  }

  send(packet: Packet): void {
    packet.start += HEADER_LENGTH;
    packet.end = packet.start;
    this.#raw.packet = packet;
    const handler = this.#handler;
    if (typeof handler === "function") handler(this.#raw);
    else handler.send(this.#raw);
  }
}
