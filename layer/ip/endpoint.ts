/**
 * The Internet Protocol of one host on one device.
 *
 * @module
 */

import { Counters } from "@ethox/managed/counters";
import { SipHash } from "@ethox/managed/siphash";
import { Clock } from "@ethox/nic/device";
import {
  type Packet,
  type Receiver as NicReceiver,
  SEGMENT_NONE,
  type Sender as NicSender,
} from "@ethox/nic/packet";
import {
  type Address,
  type Cidr,
  isLoopback,
  isMulticast,
  netmask,
  Options as HeaderOptions,
  OptionType,
  type View,
} from "@ethox/wire/ipv4";
import * as ethernet from "@ethox/wire/ethernet";
import type { Endpoint as Arp } from "../arp/mod.ts";
import {
  InPacket as EthInPacket,
  OTHER,
  OWN,
  RawPacket as EthRawPacket,
} from "../eth/mod.ts";
import type { Failure } from "../failure.ts";
import * as count from "./counters.ts";
import { Loop } from "./loop.ts";
import {
  BROADCAST,
  HEADER_LENGTH,
  type Init,
  InPacket,
  LOCAL,
  MULTICAST,
  type OutPacket,
  RawPacket,
  type ReceiveHandler,
  type SendHandler,
  UNICAST,
} from "./packet.ts";
import { type Route, Routes } from "./routes.ts";

const { ARP, IPV4 } = ethernet.EtherType;
const LARGEST = 65535;

/** How an {@linkcode Endpoint} is made. */
export interface Options {
  /** The host's addresses with their subnets; the first is preferred. */
  readonly addresses: readonly Cidr[];
  /** Largest datagram on the link, octets. */
  readonly mtu: number;
  /** Neighbour resolution; absent on a medium of bare datagrams. */
  readonly arp?: Arp;
  /** Routes beside those to the subnets of the addresses. */
  readonly routes?: readonly Route[];
  /** Most routes, 32 by default. */
  readonly routeCapacity?: number;
  /** Groups that may be joined, 16 by default. */
  readonly groups?: number;
  /** Datagrams to the host itself that may wait, 32 by default. */
  readonly loop?: number;
  /** 16 secret octets, drawn at random for each start. */
  readonly key: Uint8Array;
}

/** The options of an endpoint make no sense. */
export class OptionError extends RangeError {
  /** The name `"OptionError"`. */
  override readonly name = "OptionError";
}

/** A host's IP. */
export class Endpoint {
  /** Where datagrams go. */
  readonly routes: Routes;
  /** What happened so far. */
  readonly counters: Counters<count.CounterName> = new Counters(count.COUNTERS);
  /** Largest datagram on the link, octets. */
  readonly mtu: number;
  /** Neighbour resolution, if there is any. */
  readonly arp: Arp | undefined;
  // What `seek` found; no call returns it, as it would be an object.
  private due = 0.5;
  /** The addresses as they were given. */
  readonly addresses: readonly Cidr[];
  readonly #local: Int32Array;
  readonly #masks: Int32Array;
  readonly #broadcasts: Int32Array;
  readonly #groups: Int32Array;
  #groupCount = 0;
  readonly #clock = new Clock();
  readonly #hash: SipHash;
  #draws = 0;
  readonly #loop: Loop;
  readonly #options = new HeaderOptions();
  #receiver: Recv | undefined;
  // The last way that was looked up.
  #toward = 0;
  #from = 0;
  #hop = 0;
  #kind = -1;
  #version = -1;
  #until = 0.5;

  /** Takes all memory. @throws {OptionError} for an address no host can have. */
  constructor(options: Options) {
    const { addresses, mtu } = options;
    if (!Number.isInteger(mtu) || mtu < 68) {
      throw new OptionError(`Cannot use MTU ${mtu}: need 68 or more`);
    }
    this.addresses = addresses;
    this.mtu = Math.min(mtu, LARGEST);
    this.arp = options.arp;
    this.#local = new Int32Array(addresses.length);
    this.#masks = new Int32Array(addresses.length);
    this.#broadcasts = new Int32Array(addresses.length);
    this.#groups = new Int32Array(options.groups ?? 16);
    this.#hash = new SipHash(options.key);
    this.#until = -Infinity;
    this.routes = new Routes(options.routeCapacity ?? 32);
    addresses.forEach((cidr, i) => {
      const { value } = cidr.address;
      const mask = netmask(cidr.prefixLength);
      this.#local[i] = value;
      this.#masks[i] = mask;
      // RFC 3021: links of two hosts have no broadcast address.
      this.#broadcasts[i] = cidr.prefixLength < 31 ? value | ~mask : 0;
      if (!this.isHost(value)) {
        throw new OptionError(`Cannot use ${cidr} as it is no host's address`);
      }
      this.#route({ network: cidr, metric: i });
    });
    for (const route of options.routes ?? []) this.#route(route);
    this.#loop = new Loop(options.loop ?? 32, this.mtu);
    this.arp?.serve(this);
  }

  /** Whether an address is one of ours. */
  isLocal(address: number): boolean {
    const local = this.#local;
    for (let i = 0; i < local.length; i++) {
      if (local[i] === address) return true;
    }
    return false;
  }

  /** Whether an address means everybody on a link of ours. */
  isBroadcast(address: number): boolean {
    if (address === -1) return true;
    const broadcasts = this.#broadcasts;
    for (let i = 0; i < broadcasts.length; i++) {
      if (broadcasts[i] === address && address !== 0) return true;
    }
    return false;
  }

  /**
   * Whether an address can be that of one host on a link: not of a group, of
   * everybody, of nobody, of a loopback or reserved.
   */
  isHost(address: number): boolean {
    const first = address >>> 24;
    return first !== 0 && first !== 127 && first < 224 &&
      !this.isBroadcast(address);
  }

  /** Joins a group; `"illegal"` if it is none, `"exhausted"` without room. */
  join(group: Address): Failure | undefined {
    if (!isMulticast(group.value)) return "illegal";
    if (this.#groupOf(group.value) >= 0) return undefined;
    if (this.#groupCount === this.#groups.length) return "exhausted";
    const failure = this.arp?.eth.join(
      ethernet.Address.multicast4(group.value),
    );
    if (failure !== undefined) return failure;
    this.#groups[this.#groupCount++] = group.value;
    return undefined;
  }

  /** Leaves a group; `"illegal"` if it was not joined. */
  leave(group: Address): Failure | undefined {
    const i = this.#groupOf(group.value);
    if (i < 0) return "illegal";
    this.#groups[i] = this.#groups[--this.#groupCount]!;
    return this.arp?.eth.leave(ethernet.Address.multicast4(group.value));
  }

  /** Own address (int32) that is used towards another; 0 without a route. */
  sourceFor(destination: number): number {
    return this.#find(destination) ? this.#from : 0;
  }

  /** Largest datagram towards an address, octets. */
  mtuFor(_destination: number): number {
    return this.mtu;
  }

  /**
   * What was sent to an address (int32) gets no answer: the neighbour on the way
   * there is asked whether it is there when it is used next (RFC 1122 section
   * 3.3.1.4).
   */
  doubt(destination: number): void {
    if (this.#find(destination)) this.arp?.cache.doubt(this.#hop);
  }

  /** A receiver for a device, or for an Ethernet, that hands to `handler`. */
  recv(handler: ReceiveHandler): Recv {
    return this.#receiver = new Recv(this, handler);
  }

  /** A sender for a device, or for an Ethernet, that offers to `handler`. */
  send(handler: SendHandler): Send {
    return new Send(this, handler);
  }

  /** When something is due: µs, at or before `now` if at once. */
  nextDeadline(_now: number): number {
    this.seek();
    return this.due;
  }

  /** Notes when something is due. */
  private seek(): void {
    // Three assignments, for the sum of two branches would be an object.
    if (!this.#loop.empty) this.due = -Infinity;
    else if (this.arp === undefined) this.due = Infinity;
    else this.due = this.arp.nextDeadline(0);
  }

  /** Writes the header of a datagram; used by the packet forms. */
  emit(out: OutPacket, init: Init): Failure | undefined {
    const { packet } = out;
    const { counters } = this;
    const length = HEADER_LENGTH + init.payloadLength;
    const { info } = packet;
    const limit = info.segmentType === SEGMENT_NONE ? this.mtu : LARGEST;
    if (length > limit || packet.resize(length) !== "queued") {
      counters.add(count.TOO_LARGE, 1);
      return "size";
    }
    if (info.timestamp > this.#clock.now) this.#clock.now = info.timestamp;
    const { destination } = init;
    if (!this.#find(destination)) {
      counters.add(count.NO_ROUTE, 1);
      return "unreachable";
    }
    let { source } = init;
    if (source === 0) source = this.#from;
    else if (
      !this.isLocal(source) && !(this.#kind === LOCAL && isLoopback(source))
    ) {
      // RFC 1122 section 3.2.1.3 (g): a loopback address stays in the host.
      counters.add(count.BAD_SOURCE, 1);
      return "illegal";
    }
    const ttl = init.ttl & 0xff;
    if (ttl === 0) {
      counters.add(count.BAD_TTL, 1);
      return "illegal";
    }
    const at = packet.start;
    out.payloadStart = at + HEADER_LENGTH;
    out.payloadEnd = packet.end;
    out.source = source;
    out.destination = destination;
    out.nextHop = this.#hop;
    out.kind = this.#kind;
    // RFC 6864: with DF and unfragmented the identification means nothing.
    const whole = init.dontFragment;
    const id = whole
      ? 0
      : this.#hash.hash2(destination, this.#draws++) & 0xffff;
    const first = 0x4500 | ((init.dscp & 63) << 2) | (init.ecn & 3);
    const flags = whole ? 0x4000 : 0;
    const life = (ttl << 8) | (init.protocol & 0xff);
    let sum = first + length + id + flags + life +
      (source >>> 16) + (source & 0xffff) +
      (destination >>> 16) + (destination & 0xffff);
    sum = (sum & 0xffff) + (sum >>> 16);
    sum = (sum & 0xffff) + (sum >>> 16);
    const { view } = packet.memory;
    view.setInt32(at, (first << 16) | length);
    view.setInt32(at + 4, (id << 16) | flags);
    view.setInt32(at + 8, (life << 16) | (~sum & 0xffff));
    view.setInt32(at + 12, source);
    view.setInt32(at + 16, destination);
    return undefined;
  }

  /** Sends a datagram the way that was found; used by the packet forms. */
  transmit(out: OutPacket): Failure | undefined {
    const { counters, arp } = this;
    const { packet, kind } = out;
    let failure: Failure | undefined;
    if (kind === LOCAL) {
      if (!this.#loop.push(packet)) {
        counters.add(count.LOOP_DROPPED, 1);
        return "exhausted";
      }
      counters.add(count.LOOPED, 1);
      return undefined;
    }
    if (arp === undefined) {
      const outcome = packet.queue();
      if (outcome !== "queued") failure = outcome;
    } else if (kind === UNICAST) failure = arp.send(packet, out.nextHop);
    else if (kind === BROADCAST) {
      failure = arp.eth.transmit(packet, 0xffff, -1, IPV4);
    } else {
      // RFC 1112 section 6.4: the low 23 bits of the group.
      const low = 0x5e000000 | (out.destination & 0x7fffff);
      failure = arp.eth.transmit(packet, 0x0100, low, IPV4);
    }
    counters.add(failure === undefined ? count.SENT : count.SEND_FAILED, 1);
    return failure;
  }

  /** Takes a datagram into `p`; false if it is not for us. */
  accept(
    p: InPacket,
    packet: Packet,
    linkKind: number,
    looped: boolean,
  ): boolean {
    const { counters } = this;
    const header = p.header.wrap(packet.memory.view, packet.start, packet.end);
    counters.add(count.RECEIVED, 1);
    if (header.check() !== undefined) {
      return this.#drop(count.DROPPED_MALFORMED);
    }
    const headerLength = header.headerLength;
    const { info } = packet;
    if (
      !looped && !info.capabilities.ipv4.receive &&
      packet.sum(packet.start, headerLength, 0) !== 0xffff
    ) return this.#drop(count.DROPPED_CHECKSUM);
    const source = header.source;
    const destination = header.destination;
    if (!looped) {
      if (!this.isHost(source)) return this.#drop(count.DROPPED_MARTIAN);
      if (this.isLocal(source)) return this.#drop(count.DROPPED_LAND);
    }
    let kind = UNICAST;
    if (this.isBroadcast(destination)) kind = BROADCAST;
    else if (isMulticast(destination)) {
      kind = MULTICAST;
      if (this.#groupOf(destination) < 0) {
        return this.#drop(count.DROPPED_NOT_OURS);
      }
    } else if (
      !this.isLocal(destination) && !(looped && isLoopback(destination))
    ) {
      return this.#drop(
        isLoopback(destination) || destination >>> 24 === 0
          ? count.DROPPED_MARTIAN
          : count.DROPPED_NOT_OURS,
      );
    } else if (linkKind !== OWN) {
      // RFC 1122 section 3.3.6.
      return this.#drop(count.DROPPED_LINK_BROADCAST);
    }
    if (headerLength > HEADER_LENGTH) {
      const reason = this.#judgeOptions(header);
      if (reason >= 0) return this.#drop(reason);
    }
    if (header.isFragment) return this.#drop(count.DROPPED_FRAGMENT);
    p.packet = packet;
    p.source = source;
    p.destination = destination;
    p.protocol = header.protocol;
    p.payloadStart = header.payloadStart;
    p.payloadEnd = header.payloadEnd;
    p.destinationKind = kind;
    // Padding of the frame is not the datagram's.
    packet.end = p.payloadEnd;
    counters.add(count.DELIVERED, 1);
    return true;
  }

  /** Hands datagrams that this host sent to itself to the receiver. */
  drainLoop(timestamp: { readonly timestamp: number }): void {
    const loop = this.#loop;
    const receiver = this.#receiver;
    for (let left = loop.size; left > 0; left--) {
      const packet = loop.shift();
      if (receiver !== undefined) {
        packet.info.timestamp = timestamp.timestamp;
        receiver.looped(packet);
      }
      loop.release(packet);
    }
  }

  /** Whether a datagram to ourselves waits. */
  get looping(): boolean {
    return !this.#loop.empty;
  }

  /** Hosts refuse source routes (RFC 7126 section 4.3); -1 for no objection. */
  #judgeOptions(header: View): number {
    const options = this.#options.wrap(
      header.view,
      header.optionsStart,
      header.optionsEnd,
    );
    while (options.next()) {
      const { type } = options;
      if (
        type === OptionType.LOOSE_SOURCE_ROUTE ||
        type === OptionType.STRICT_SOURCE_ROUTE
      ) return count.DROPPED_SOURCE_ROUTE;
    }
    return options.reason === undefined ? -1 : count.DROPPED_MALFORMED;
  }

  #drop(reason: number): false {
    this.counters.add(reason, 1);
    return false;
  }

  #route(route: Route): void {
    if (this.routes.add(route) !== undefined) {
      throw new OptionError(
        `Cannot hold more than ${this.routes.capacity} routes`,
      );
    }
  }

  #groupOf(address: number): number {
    for (let i = 0; i < this.#groupCount; i++) {
      if (this.#groups[i] === address) return i;
    }
    return -1;
  }

  /** Finds the way to an address, and remembers it. */
  #find(destination: number): boolean {
    if (
      destination === this.#toward && this.#kind >= 0 &&
      this.#version === this.routes.version && this.#clock.now < this.#until
    ) return true;
    this.#kind = -1;
    this.#until = Infinity;
    if (this.isLocal(destination) || isLoopback(destination)) {
      this.#hop = this.#from = destination;
      this.#kind = LOCAL;
    } else if (destination === -1 || isMulticast(destination)) {
      if (this.#local.length === 0) return false;
      this.#from = this.#local[0]!;
      this.#hop = destination;
      this.#kind = destination === -1 ? BROADCAST : MULTICAST;
    } else {
      if (destination >>> 28 === 15 || destination >>> 24 === 0) return false;
      const index = this.routes.lookup(destination, this.#clock);
      if (index < 0) return false;
      this.#hop = this.routes.nextHop(index, destination);
      this.#until = this.routes.expiry(index);
      this.#from = this.#sourceIn(this.#hop);
      if (this.#from === 0) return false;
      this.#kind = this.isBroadcast(destination) ? BROADCAST : UNICAST;
    }
    this.#toward = destination;
    this.#version = this.routes.version;
    return true;
  }

  /** Own address in the subnet of a next hop, or else the first. */
  #sourceIn(hop: number): number {
    const local = this.#local;
    let best = -1;
    for (let i = 0; i < local.length; i++) {
      if (((local[i]! ^ hop) & this.#masks[i]!) !== 0) continue;
      if (best < 0 || this.#masks[i]! >>> 0 > this.#masks[best]! >>> 0) {
        best = i;
      }
    }
    return best >= 0 ? local[best]! : local[0] ?? 0;
  }
}

/** A receiver of frames or bare datagrams. */
export class Recv implements NicReceiver {
  readonly #endpoint: Endpoint;
  readonly #in: InPacket;
  // Datagrams to ourselves arrive while another is being handled.
  readonly #loop: InPacket;
  readonly #handler: ReceiveHandler;

  /** Made by {@linkcode Endpoint.recv}. */
  constructor(endpoint: Endpoint, handler: ReceiveHandler) {
    this.#endpoint = endpoint;
    this.#in = new InPacket(endpoint);
    this.#loop = new InPacket(endpoint);
    this.#handler = handler;
  }

  /** Takes a frame's payload, or a packet of a device without frames. */
  receive(lower: EthInPacket | Packet): void {
    const endpoint = this.#endpoint;
    let packet: Packet;
    let kind = OWN;
    if (lower instanceof EthInPacket) {
      packet = lower.packet;
      kind = lower.destinationKind;
      if (kind === OTHER) {
        return endpoint.counters.add(count.DROPPED_OTHER_HOST, 1);
      }
      const { etherType } = lower;
      if (etherType !== IPV4) {
        if (etherType === ARP && endpoint.arp !== undefined) {
          return endpoint.arp.receive(lower);
        }
        return endpoint.counters.add(count.DROPPED_ETHERTYPE, 1);
      }
    } else packet = lower;
    if (endpoint.accept(this.#in, packet, kind, false)) this.#hand(this.#in);
  }

  /** Takes a datagram that this host sent to itself. */
  looped(packet: Packet): void {
    if (this.#endpoint.accept(this.#loop, packet, OWN, true)) {
      this.#hand(this.#loop);
    }
  }

  #hand(p: InPacket): void {
    const handler = this.#handler;
    if (typeof handler === "function") handler(p);
    else handler.receive(p);
  }
}

/** A sender of frames or bare datagrams. */
export class Send implements NicSender {
  readonly #endpoint: Endpoint;
  readonly #raw: RawPacket;
  readonly #handler: SendHandler;

  /** Made by {@linkcode Endpoint.send}. */
  constructor(endpoint: Endpoint, handler: SendHandler) {
    this.#endpoint = endpoint;
    this.#raw = new RawPacket(endpoint);
    this.#handler = handler;
  }

  /** Uses a buffer: for what ARP has to say, or else for the handler. */
  send(lower: EthRawPacket | Packet): void {
    const packet = lower instanceof EthRawPacket ? lower.packet : lower;
    const endpoint = this.#endpoint;
    if (endpoint.looping) endpoint.drainLoop(packet.info);
    if (endpoint.arp?.offer(packet)) return;
    this.#raw.packet = packet;
    const handler = this.#handler;
    if (typeof handler === "function") handler(this.#raw);
    else handler.send(this.#raw);
  }
}
