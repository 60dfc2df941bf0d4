/**
 * The behaviour of ARP: answers, questions, and what is believed.
 *
 * @module
 */

import { Counters } from "@ethox/managed/counters";
import { type Packet, type PacketInfo, SEGMENT_NONE } from "@ethox/nic/packet";
import {
  HARDWARE_ETHERNET,
  Operation,
  PACKET_LENGTH,
  PROTOCOL_IPV4,
  View,
} from "@ethox/wire/arp";
import { EtherType } from "@ethox/wire/ethernet";
import type { Endpoint as Eth, InPacket } from "../eth/mod.ts";
import type { Failure } from "../failure.ts";
import { FlowQueues } from "../queue/flow_queues.ts";
import {
  Cache,
  type CacheOptions,
  FAILED,
  INCOMPLETE,
  PROBE,
  REACHABLE,
  STALE,
  STATIC,
} from "./cache.ts";
import { Pending } from "./pending.ts";

const { REQUEST, REPLY } = Operation;
const { ARP, IPV4 } = EtherType;

/** Names of the counters. */
export const COUNTERS = [
  "requestsReceived",
  "repliesReceived",
  "requestsSent",
  "repliesSent",
  "droppedMalformed",
  "droppedSender",
  "conflicts",
  "unsolicited",
  "staticKept",
  "resolved",
  "failed",
  "evicted",
  "pendingQueued",
  "pendingReplaced",
  "pendingRefused",
  "pendingUnanswered",
  "pendingEvicted",
  "answersDropped",
] as const;
/** A name in {@linkcode COUNTERS}. */
export type CounterName = typeof COUNTERS[number];
const REQUESTS_RECEIVED = 0;
const REPLIES_RECEIVED = 1;
const REQUESTS_SENT = 2;
const REPLIES_SENT = 3;
const DROPPED_MALFORMED = 4;
const DROPPED_SENDER = 5;
const CONFLICTS = 6;
const UNSOLICITED = 7;
const STATIC_KEPT = 8;
const RESOLVED = 9;
const FAILURES = 10;
const EVICTED = 11;
const PENDING_QUEUED = 12;
/** Datagrams that made room for later ones. */
const PENDING_REPLACED = 13;
/** Datagrams for which there was no room. */
const PENDING_REFUSED = 14;
/** Datagrams whose neighbour gave no answer. */
const PENDING_UNANSWERED = 15;
/** Datagrams whose neighbour made room for another. */
const PENDING_EVICTED = 16;
const ANSWERS_DROPPED = 17;

/**
 * What is done when a neighbour says unasked that it has another hardware
 * address: nothing, ask the old one first, or believe it.
 */
export type GratuitousPolicy = "ignore" | "probe" | "accept";

/** How an {@linkcode Endpoint} is made. All times are µs. */
export interface Options extends CacheOptions {
  /** The Ethernet below. */
  readonly eth: Eth;
  /** Datagrams that may wait for answers; 32 by default. */
  readonly pending?: number;
  /** Of these, for one neighbour; 4 by default. */
  readonly pendingEach?: number;
  /** Largest datagram that may wait, octets; 1600 by default. */
  readonly pendingSize?: number;
  /** What gratuitous ARP does; `"probe"` by default. */
  readonly gratuitous?: GratuitousPolicy;
  /** How long an answer is trusted; 30 s by default. */
  readonly reachableTime?: number;
  /** How long before a question is repeated, doubled each time; 1 s. */
  readonly retransmitTime?: number;
  /** How long a neighbour that gave no answer is not asked again; 20 s. */
  readonly failedTime?: number;
  /** How long an unused entry is kept; 10 min. */
  readonly staleTime?: number;
}

/** Questions until a neighbour counts as absent, RFC 4861's MAX_*_SOLICIT. */
const TRIES = 3;
/** Answers that may wait where a device cannot answer in place. */
const ANSWERS = 16;

/** Whether an address of ours is asked for: what ARP must know of IP. */
export interface Addresses {
  /** Whether `address` (int32) is one of ours. */
  isLocal(address: number): boolean;
  /** Whether `address` is one that a host can have. */
  isHost(address: number): boolean;
  /** Which of our addresses to ask with for `address`. */
  sourceFor(address: number): number;
}

/** ARP of one host on one Ethernet. */
export class Endpoint {
  /** The neighbours. */
  readonly cache: Cache;
  // What `seek` found; no call returns it, as it would be an object.
  private dueAt = 0.5;
  /** What happened so far. */
  readonly counters: Counters<CounterName> = new Counters(COUNTERS);
  /** What is done about gratuitous ARP. */
  gratuitous: GratuitousPolicy;
  readonly #eth: Eth;
  readonly #pending: Pending;
  readonly #view = new View();
  readonly #due: FlowQueues;
  readonly #reachable: number;
  readonly #retransmit: number;
  readonly #failed: number;
  readonly #stale: number;
  readonly #time: Float64Array = new Float64Array(1);
  // Answers that could not be sent in place: protocol address, high, low.
  readonly #answers: Int32Array = new Int32Array(ANSWERS * 4);
  #answerCount = 0;
  #addresses: Addresses = NOBODY;

  /** Takes all memory. */
  constructor(options: Options) {
    this.#eth = options.eth;
    this.cache = new Cache(options);
    const { capacity } = this.cache;
    this.#due = new FlowQueues(capacity, 1);
    this.#pending = new Pending(
      capacity,
      options.pending ?? 32,
      options.pendingEach ?? 4,
      options.pendingSize ?? 1600,
    );
    this.gratuitous = options.gratuitous ?? "probe";
    this.#reachable = options.reachableTime ?? 30_000_000;
    this.#retransmit = options.retransmitTime ?? 1_000_000;
    this.#failed = options.failedTime ?? 20_000_000;
    this.#stale = options.staleTime ?? 600_000_000;
  }

  /** The Ethernet below. */
  get eth(): Eth {
    return this.#eth;
  }

  /** Says whose addresses are answered for; IP does this. */
  serve(addresses: Addresses): void {
    this.#addresses = addresses;
  }

  /** Enters a neighbour that traffic does not change; `"exhausted"` if full. */
  pin(address: number, high: number, low: number): Failure | undefined {
    const entry = this.cache.pin(address, high, low);
    this.#forgetEvicted();
    if (entry < 0) return "exhausted";
    this.#due.remove(entry);
    this.#pending.release(entry);
    return undefined;
  }

  /** Forgets a neighbour, a pinned one as well; `"illegal"` if unknown. */
  forget(address: number): Failure | undefined {
    const entry = this.cache.find(address);
    if (entry < 0) return "illegal";
    this.counters.add(PENDING_EVICTED, this.#pending.discard(entry));
    this.#due.remove(entry);
    this.cache.remove(entry);
    return undefined;
  }

  /** Takes a frame with the EtherType of ARP. */
  receive(frame: InPacket): void {
    const { packet } = frame;
    const view = this.#view.wrap(
      packet.memory.view,
      packet.start,
      packet.end,
    );
    this.#advance(packet.info);
    if (view.check() !== undefined) {
      return this.counters.add(DROPPED_MALFORMED, 1);
    }
    const { operation } = view;
    if (operation !== REQUEST && operation !== REPLY) {
      return this.counters.add(DROPPED_MALFORMED, 1);
    }
    this.counters.add(
      operation === REQUEST ? REQUESTS_RECEIVED : REPLIES_RECEIVED,
      1,
    );
    const high = view.senderHigh;
    const low = view.senderLow;
    const sender = view.senderProtocol;
    const target = view.targetProtocol;
    const us = this.#addresses;
    // A group or nobody cannot be a neighbour; what we sent ourselves is none.
    if (
      (high & 0x0100) !== 0 || (high === 0 && low === 0) ||
      this.#isOwn(high, low)
    ) return this.counters.add(DROPPED_SENDER, 1);
    const forUs = us.isLocal(target);
    // A probe (RFC 5227 section 2.1.1) has no sender address to learn.
    if (sender !== 0) {
      if (us.isLocal(sender)) {
        this.counters.add(CONFLICTS, 1);
        return;
      }
      if (!us.isHost(sender)) return this.counters.add(DROPPED_SENDER, 1);
      this.#learn(sender, high, low, forUs, operation === REPLY);
    }
    if (operation === REQUEST && forUs) {
      this.#answer(packet, view, target, sender, high, low);
    }
  }

  /**
   * Sends a datagram (`start`..`end`) to a neighbour, or keeps a copy until the
   * neighbour is known.
   */
  send(packet: Packet, address: number): Failure | undefined {
    const { cache } = this;
    this.#advance(packet.info);
    let entry = cache.find(address);
    if (entry < 0) {
      entry = cache.want(address);
      this.#forgetEvicted();
      if (entry < 0) return "exhausted";
      this.#ask(entry);
    }
    switch (cache.state[entry]) {
      case FAILED:
        return "unreachable";
      case INCOMPLETE:
        return this.#wait(entry, address, packet);
      case STALE:
        cache.state[entry] = PROBE;
        cache.tries[entry] = 0;
        cache.touch(entry);
        this.#ask(entry);
        break;
      default:
        if (cache.used[entry] === 0) cache.touch(entry);
    }
    return this.#eth.transmit(
      packet,
      cache.high[entry]!,
      cache.low[entry]!,
      IPV4,
    );
  }

  /** What is due: an answer, a datagram that waited, a question. */
  offer(packet: Packet): boolean {
    this.#advance(packet.info);
    if (this.#answerCount > 0) return this.#late(packet);
    while (this.#pending.ready) {
      const entry = this.#pending.take(packet);
      // The entry may have become another neighbour's in the meantime.
      if (
        entry < 0 || !this.#usable(entry) ||
        this.cache.address[entry] !== this.#pending.neighbor
      ) {
        this.counters.add(entry < 0 ? PENDING_REFUSED : PENDING_EVICTED, 1);
        continue;
      }
      const high = this.cache.high[entry]!;
      const low = this.cache.low[entry]!;
      this.#eth.transmit(packet, high, low, IPV4);
      return true;
    }
    const entry = this.#due.first(0);
    if (entry < 0) return false;
    this.#due.remove(entry);
    return this.#question(packet, entry);
  }

  /** When something is due: µs, at or before `now` if at once. */
  nextDeadline(_now: number): number {
    this.seek();
    return this.dueAt;
  }

  /** Notes when something is due. */
  private seek(): void {
    const busy = this.#answerCount > 0 || this.#pending.ready ||
      this.#due.first(0) >= 0;
    this.dueAt = busy ? -Infinity : this.cache.wheel.next();
  }

  #wait(
    entry: number,
    address: number,
    packet: Packet,
  ): Failure | undefined {
    // A super-segment is not worth the room: it is sent again, and shorter.
    const lost = packet.info.segmentType === SEGMENT_NONE
      ? this.#pending.push(entry, address, packet)
      : -1;
    if (lost < 0) {
      this.counters.add(PENDING_REFUSED, 1);
      return "exhausted";
    }
    this.counters.add(PENDING_REPLACED, lost);
    this.counters.add(PENDING_QUEUED, 1);
    return undefined;
  }

  #usable(entry: number): boolean {
    const state = this.cache.state[entry];
    return state === REACHABLE || state === STALE || state === PROBE ||
      state === STATIC;
  }

  #isOwn(high: number, low: number): boolean {
    const { address } = this.#eth;
    return high === address.high && low === address.low;
  }

  /** Moves the timers to when a packet came. */
  #advance(info: PacketInfo): void {
    const now = info.timestamp;
    if (now <= this.#time[0]!) return;
    this.#time[0] = now;
    const { wheel } = this.cache;
    wheel.follow(this.#time);
    for (;;) {
      const entry = wheel.expired();
      if (entry < 0) return;
      this.#expired(entry);
    }
  }

  #expired(entry: number): void {
    const { cache } = this;
    switch (cache.state[entry]) {
      case INCOMPLETE:
        if (cache.tries[entry]! < TRIES) return this.#ask(entry);
        this.counters.add(FAILURES, 1);
        this.counters.add(PENDING_UNANSWERED, this.#pending.discard(entry));
        cache.state[entry] = FAILED;
        return this.#schedule(entry, this.#failed);
      case REACHABLE:
        return this.#doubt(entry);
      case PROBE:
        if (cache.tries[entry]! < TRIES) return this.#ask(entry);
        // The old address gives no answer: anybody may, now.
        cache.state[entry] = INCOMPLETE;
        cache.tries[entry] = 0;
        return this.#ask(entry);
      default:
        // Failed for long enough, or stale and unused.
        this.#due.remove(entry);
        cache.remove(entry);
    }
  }

  /** Puts a question on the list, and sets the time for the next. */
  #ask(entry: number): void {
    const { cache } = this;
    const wait = cache.state[entry] === PROBE
      ? this.#retransmit
      : this.#retransmit * (1 << cache.tries[entry]!);
    cache.tries[entry]!++;
    if (this.#due.of(entry) < 0) this.#due.push(0, entry);
    this.#schedule(entry, wait);
  }

  #schedule(entry: number, wait: number): void {
    this.cache.wheel.schedule(entry, this.#time[0]! + wait);
  }

  /** Judges what a neighbour says of itself. */
  #learn(
    sender: number,
    high: number,
    low: number,
    forUs: boolean,
    reply: boolean,
  ): void {
    const { cache } = this;
    let entry = cache.find(sender);
    if (entry < 0) {
      // RFC 826 learns from those who ask for us, and from nobody else.
      if (!forUs || reply) return this.counters.add(UNSOLICITED, reply ? 1 : 0);
      entry = cache.hear(sender);
      this.#forgetEvicted();
      if (entry < 0) return;
      cache.set(entry, high, low);
      return this.#schedule(entry, this.#stale);
    }
    const same = cache.high[entry] === high && cache.low[entry] === low;
    switch (cache.state[entry]) {
      case STATIC:
        if (!same) this.counters.add(STATIC_KEPT, 1);
        return;
      case INCOMPLETE:
      case FAILED:
        // Only what is meant for us is an answer.
        if (!forUs) return;
        cache.set(entry, high, low);
        if (reply && cache.state[entry] === INCOMPLETE) {
          return this.#confirm(entry);
        }
        this.#doubt(entry);
        return this.#pending.release(entry);
      default:
        if (!same) return this.#changed(entry, high, low);
        // An answer to no question proves nothing (RFC 4861 section 7.2.5).
        if (forUs && reply && cache.state[entry] === PROBE) {
          this.#confirm(entry);
        }
    }
  }

  /** What a neighbour says is used, and questioned once it is. */
  #doubt(entry: number): void {
    const { cache } = this;
    cache.state[entry] = STALE;
    cache.used[entry] = 0;
    this.#due.remove(entry);
    this.#schedule(entry, this.#stale);
  }

  /** A known neighbour claims to have another hardware address. */
  #changed(entry: number, high: number, low: number): void {
    const { cache } = this;
    this.counters.add(UNSOLICITED, 1);
    if (this.gratuitous === "accept") {
      cache.set(entry, high, low);
      return this.#doubt(entry);
    }
    if (this.gratuitous === "ignore" || cache.state[entry] === PROBE) return;
    // Ask the one we know; the claim counts only if that one is silent.
    cache.state[entry] = PROBE;
    cache.tries[entry] = 0;
    this.#ask(entry);
  }

  #confirm(entry: number): void {
    const { cache } = this;
    this.counters.add(RESOLVED, 1);
    cache.state[entry] = REACHABLE;
    cache.tries[entry] = 0;
    cache.used[entry] = 0;
    this.#due.remove(entry);
    cache.know(entry);
    this.#forgetEvicted();
    this.#schedule(entry, this.#reachable);
    this.#pending.release(entry);
  }

  /** Drops what hung on an entry that made room for another. */
  #forgetEvicted(): void {
    const entry = this.cache.evicted;
    if (entry < 0) return;
    this.cache.evicted = -1;
    this.counters.add(EVICTED, 1);
    this.counters.add(PENDING_EVICTED, this.#pending.discard(entry));
    this.#due.remove(entry);
  }

  /** Answers a question in its own buffer. */
  #answer(
    packet: Packet,
    view: View,
    target: number,
    sender: number,
    high: number,
    low: number,
  ): void {
    const { address } = this.#eth;
    view.operation = REPLY;
    view.targetHigh = high;
    view.targetLow = low;
    view.targetProtocol = sender;
    view.senderHigh = address.high;
    view.senderLow = address.low;
    view.senderProtocol = target;
    packet.info.clear();
    packet.resize(PACKET_LENGTH);
    if (this.#eth.transmit(packet, high, low, ARP) === undefined) {
      return this.counters.add(REPLIES_SENT, 1);
    }
    this.#remember(target, sender, high, low);
  }

  /** Keeps an answer for a buffer of its own. */
  #remember(target: number, sender: number, high: number, low: number): void {
    const answers = this.#answers;
    for (let i = 0; i < 4 * this.#answerCount; i += 4) {
      if (
        answers[i] === target && answers[i + 1] === sender &&
        answers[i + 2] === high && answers[i + 3] === low
      ) return;
    }
    if (this.#answerCount === ANSWERS) {
      return this.counters.add(ANSWERS_DROPPED, 1);
    }
    const at = 4 * this.#answerCount++;
    answers[at] = target;
    answers[at + 1] = sender;
    answers[at + 2] = high;
    answers[at + 3] = low;
  }

  #late(packet: Packet): boolean {
    const answers = this.#answers;
    const at = 4 * --this.#answerCount;
    const high = answers[at + 2]!;
    const low = answers[at + 3]!;
    if (
      !this.#write(packet, REPLY, answers[at]!, high, low, answers[at + 1]!)
    ) {
      this.counters.add(ANSWERS_DROPPED, 1);
      return false;
    }
    if (this.#eth.transmit(packet, high, low, ARP) !== undefined) return false;
    this.counters.add(REPLIES_SENT, 1);
    return true;
  }

  #question(packet: Packet, entry: number): boolean {
    const { cache } = this;
    const target = cache.address[entry]!;
    const probe = cache.state[entry] === PROBE;
    const source = this.#addresses.sourceFor(target);
    if (!this.#write(packet, REQUEST, source, 0, 0, target)) return false;
    // A probe goes to the one we know, RFC 1122 section 2.3.2.1.
    const high = probe ? cache.high[entry]! : 0xffff;
    const low = probe ? cache.low[entry]! : -1;
    if (this.#eth.transmit(packet, high, low, ARP) !== undefined) return false;
    this.counters.add(REQUESTS_SENT, 1);
    return true;
  }

  #write(
    packet: Packet,
    operation: number,
    sender: number,
    targetHigh: number,
    targetLow: number,
    target: number,
  ): boolean {
    if (packet.resize(PACKET_LENGTH) !== "queued") return false;
    packet.info.clear();
    const { address } = this.#eth;
    const view = this.#view.wrap(
      packet.memory.view,
      packet.start,
      packet.end,
    );
    view.hardwareType = HARDWARE_ETHERNET;
    view.protocolType = PROTOCOL_IPV4;
    view.hardwareLength = 6;
    view.protocolLength = 4;
    view.operation = operation;
    view.senderHigh = address.high;
    view.senderLow = address.low;
    view.senderProtocol = sender;
    view.targetHigh = targetHigh;
    view.targetLow = targetLow;
    view.targetProtocol = target;
    return true;
  }
}

const NOBODY: Addresses = {
  isLocal: () => false,
  isHost: () => false,
  sourceFor: () => 0,
};
