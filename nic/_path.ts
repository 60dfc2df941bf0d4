/**
 * One direction of a simulated link: its queue, its rate, its troubles, and the
 * packets on their way.
 *
 * @module
 */

import { Counters } from "@ethox/managed/counters";
import { LinkType } from "@ethox/wire/linktype";
import { INBOUND, OUTBOUND, type Sink, Writer } from "@ethox/wire/pcapng";
import type { Outlet } from "./_exchange.ts";
import { checkMtu, checkOption, Gauge } from "./_gauge.ts";
import { Detector, DROP, mark, PASS, type Red } from "./_red.ts";
import { checkTrouble, copy, damage, type Trouble } from "./_trouble.ts";
import type { Arena } from "./arena.ts";
import {
  type Clock,
  type Medium,
  OptionError,
  type Personality,
} from "./device.ts";
import type { Packet } from "./packet.ts";
import { Random } from "./random.ts";

/**
 * Losses that come in bursts (Gilbert 1960, Elliott 1963): a chain of two states,
 * which may change behind each packet. A bad state lasts `1 / toGood` packets on
 * average, and packets meet it with probability `toBad / (toBad + toGood)`.
 */
export interface Bursts {
  /** Probability that a good state ends. */
  readonly toBad: number;
  /** Probability that a bad state ends. */
  readonly toGood: number;
  /** Probability that a packet is lost in a bad state; 1 by default. */
  readonly lossBad?: number;
  /** Probability that a packet is lost in a good state; 0 by default. */
  readonly lossGood?: number;
}

/**
 * What one direction does to packets. Its troubles happen on the wire, behind
 * the queue: what is lost there took its time to be sent.
 */
export interface Path extends Trouble {
  /** Bits a second, 1 or more; unlimited by default. */
  readonly rate?: number;
  /** Largest IP datagram that passes; that of the link by default. */
  readonly mtu?: number;
  /** Packets under way at most, queued or flying; 256 by default. */
  readonly limit?: number;
  /** Packets at most that have not wholly left; `limit` by default. */
  readonly queue?: number;
  /** Octets of these at most; no bound by default. */
  readonly queueOctets?: number;
  /** Early detection; by default only what finds a full queue is dropped. */
  readonly red?: Red;
  /** Losses in bursts, beside those of `loss`. */
  readonly bursts?: Bursts;
  /** Whether packets stay in order whatever the jitter; no by default. */
  readonly ordered?: boolean;
  /** Gets a pcapng file of what this direction takes and delivers. */
  readonly capture?: Sink;
}

/** Names of what each direction counts. */
export const PATH_COUNTERS = [
  "sent",
  "sentOctets",
  "delivered",
  "deliveredOctets",
  "marked",
  "duplicated",
  "reordered",
  "corrupted",
  "droppedFull",
  "droppedEarly",
  "droppedLarge",
  "droppedLost",
  "droppedCut",
  "droppedExhausted",
  "queuePeak",
  "queuePeakOctets",
] as const;

/** A name in {@linkcode PATH_COUNTERS}. */
export type PathCounterName = typeof PATH_COUNTERS[number];

const SENT = 0;
const SENT_OCTETS = 1;
const DELIVERED = 2;
const DELIVERED_OCTETS = 3;
const MARKED = 4;
const DUPLICATED = 5;
const REORDERED = 6;
const CORRUPTED = 7;
const FULL = 8;
const EARLY = 9;
const LARGE = 10;
const LOST = 11;
const CUT = 12;
const EXHAUSTED = 13;
const PEAK = 14;
const PEAK_OCTETS = 15;

const MOST = 1 << 20;
const NEVER = Infinity;
// What times[] holds: when the last octet queued has left, when the packet at
// hand will arrive, and when the latest one does.
const BUSY = 0;
const ARRIVAL = 1;
const LATEST = 2;

/** How packets of a link are recorded. */
export interface TapeOptions {
  /** What packets begin with. */
  readonly medium: Medium;
  /** Name of the link. */
  readonly name: string;
  /** What to add to times to get µs since 1970. */
  readonly epoch: number;
  /** Octets kept of each packet; all by default. */
  readonly snapLength?: number;
}

/** Where packets of one or two directions are recorded. */
export class Tape {
  readonly #writer: Writer;
  readonly #epoch: number;

  /** Begins a file with an interface for each end. */
  constructor(sink: Sink, options: TapeOptions) {
    const { medium, name, snapLength } = options;
    this.#writer = new Writer(sink);
    this.#epoch = options.epoch;
    const { ETHERNET, RAW } = LinkType;
    for (const end of ["a", "b"]) {
      this.#writer.addInterface({
        name: `${name}.${end}`,
        linkType: medium === "ethernet" ? ETHERNET : RAW,
        ...(snapLength === undefined ? {} : { snapLength }),
      });
    }
  }

  /** Writes what the end 0 or 1 sends or gets. */
  write(end: number, packet: Packet, direction: number): void {
    this.#writer.write(
      end,
      packet.info.timestamp + this.#epoch,
      packet.memory.view,
      packet.start,
      packet.end,
      direction,
    );
  }

  /** Hands the sink what was gathered. */
  flush(): void {
    this.#writer.flush();
  }
}

/** What the directions of one simulator share. */
export interface Shared {
  /** All packet buffers. */
  readonly arena: Arena;
  /** Virtual time. */
  readonly clock: Clock;
}

/** One direction at work. */
export class Wire implements Outlet {
  /** What happened so far. */
  readonly counters: Counters<PathCounterName> = new Counters(PATH_COUNTERS);
  /** Packets under way at most. */
  readonly limit: number;
  /** Packets under way. */
  count = 0;
  readonly #arena: Arena;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #trouble: Required<Trouble>;
  readonly #bursts: Required<Bursts> | undefined;
  readonly #detector: Detector | undefined;
  readonly #gauge: Gauge;
  readonly #framed: boolean;
  readonly #ordered: boolean;
  readonly #from: number;
  readonly #tapes: readonly Tape[];
  // µs for one octet.
  readonly #pace: number;
  readonly #times: Float64Array = new Float64Array(3);
  // A ring of what is under way, by time of arrival.
  readonly #slots: Int32Array;
  readonly #arrivals: Float64Array;
  #head = 0;
  // A ring of what has not wholly left.
  readonly #queue: number;
  readonly #queueOctets: number;
  readonly #leaving: Float64Array;
  readonly #sizes: Int32Array;
  #first = 0;
  #queued = 0;
  #octets = 0;
  #bad = false;
  #cut = false;

  /** Goes from an end 0 or 1 to the other. @throws {OptionError} if it cannot. */
  constructor(
    path: Path,
    seed: number,
    from: number,
    personality: Personality,
    tapes: readonly Tape[],
    { arena, clock }: Shared,
  ) {
    const { rate = Infinity, limit = 256, bursts } = path;
    if (!(rate >= 1)) throw new OptionError(`Cannot send at rate ${rate}`);
    this.limit = checkOption("limit", limit, 1, MOST);
    this.#queue = checkOption("queue", path.queue ?? limit, 1, MOST);
    this.#queueOctets = path.queueOctets ?? Infinity;
    if (!(this.#queueOctets >= 1)) {
      throw new OptionError(`Cannot queue ${this.#queueOctets} octets`);
    }
    this.#trouble = checkTrouble(path);
    this.#bursts = bursts === undefined
      ? undefined
      : { lossBad: 1, lossGood: 0, ...bursts };
    for (const [name, value] of Object.entries(this.#bursts ?? {})) {
      if (!(value >= 0 && value <= 1)) {
        throw new OptionError(
          `Cannot use probability ${value} for ${name}: need 0 to 1`,
        );
      }
    }
    if (path.red !== undefined) this.#detector = new Detector(path.red);
    const mtu = checkMtu(path.mtu ?? personality.mtu);
    this.#gauge = new Gauge({ ...personality, mtu });
    this.#framed = personality.medium === "ethernet";
    this.#ordered = path.ordered ?? false;
    this.#pace = 8e6 / rate;
    this.#arena = arena;
    this.#clock = clock;
    this.#random = new Random(seed);
    this.#from = from;
    this.#tapes = tapes;
    this.#slots = new Int32Array(limit);
    this.#arrivals = new Float64Array(limit);
    this.#leaving = new Float64Array(this.#queue);
    this.#sizes = new Int32Array(this.#queue);
  }

  /** Whether nothing passes. */
  get cut(): boolean {
    return this.#cut;
  }

  /** When the first packet arrives, µs. */
  get nextArrival(): number {
    return this.count === 0 ? NEVER : this.#arrivals[this.#head]!;
  }

  /** Puts when the first packet arrives that has not yet, if sooner, into `at`. */
  seek(at: Float64Array): void {
    const { now } = this.#clock;
    for (let i = 0; i < this.count; i++) {
      const arrival = this.#arrivals[this.#place(i)]!;
      if (arrival <= now) continue;
      if (arrival < at[0]!) at[0] = arrival;
      return;
    }
  }

  /** Loses all that has not arrived, and what is sent from now on. */
  sever(): void {
    const { now } = this.#clock;
    this.#cut = true;
    this.#times[BUSY] = 0;
    this.#times[LATEST] = 0;
    this.#queued = 0;
    this.#octets = 0;
    while (this.count > 0) {
      const last = this.#place(this.count - 1);
      if (this.#arrivals[last]! <= now) return;
      this.count--;
      this.counters.add(CUT, 1);
      this.#arena.release(this.#arena.packets[this.#slots[last]!]!);
    }
  }

  /** Lets packets pass again. */
  mend(): void {
    this.#cut = false;
  }

  /** Takes the first packet off, if it has arrived. */
  take(): Packet | undefined {
    if (this.count === 0) return undefined;
    const { now } = this.#clock;
    if (this.#arrivals[this.#head]! > now) return undefined;
    const packet = this.#arena.packets[this.#slots[this.#head]!]!;
    packet.info.timestamp = now;
    this.#head = this.#place(1);
    this.count--;
    this.counters.add(DELIVERED, 1);
    this.counters.add(DELIVERED_OCTETS, packet.end - packet.start);
    this.#record(1 - this.#from, packet, INBOUND);
    return packet;
  }

  /** Sends a packet; false if it was dropped before the wire. */
  push(packet: Packet): boolean {
    const { counters } = this;
    const octets = packet.end - packet.start;
    const now = this.#clock.now;
    packet.info.timestamp = now;
    counters.add(SENT, 1);
    counters.add(SENT_OCTETS, octets);
    this.#record(this.#from, packet, OUTBOUND);
    if (this.#cut) return this.#drop(CUT);
    if (!this.#gauge.fits(packet)) return this.#drop(LARGE);
    this.#purge();
    if (!this.#admit(packet, octets)) return false;
    if (this.count === this.limit) return this.#drop(EXHAUSTED);
    this.#enqueue(octets);
    this.#fly(packet);
    return true;
  }

  #drop(reason: number): boolean {
    this.counters.add(reason, 1);
    return false;
  }

  #record(end: number, packet: Packet, direction: number): void {
    for (let i = 0; i < this.#tapes.length; i++) {
      this.#tapes[i]!.write(end, packet, direction);
    }
  }

  /** Index of the packet that is the `i`th to arrive. */
  #place(i: number): number {
    const at = this.#head + i;
    return at >= this.limit ? at - this.limit : at;
  }

  /** Forgets what has left the queue. */
  #purge(): void {
    const { now } = this.#clock;
    while (this.#queued > 0 && this.#leaving[this.#first]! <= now) {
      this.#octets -= this.#sizes[this.#first]!;
      if (++this.#first === this.#queue) this.#first = 0;
      this.#queued--;
    }
  }

  /** Whether the queue takes a packet, which may be marked by that. */
  #admit(packet: Packet, octets: number): boolean {
    const detector = this.#detector;
    let verdict = PASS;
    if (detector !== undefined) {
      const { now } = this.#clock;
      const idle = now - this.#times[BUSY]!;
      if (idle > 0 && this.#pace > 0) {
        detector.rest(idle / this.#pace);
        this.#times[BUSY] = now;
      }
      verdict = detector.judge(this.#octets, this.#random);
    }
    if (
      this.#queued === this.#queue ||
      this.#octets + octets > this.#queueOctets
    ) return this.#drop(FULL);
    if (verdict === PASS) return true;
    if (
      verdict === DROP || !detector!.ecn || !mark(packet, this.#framed)
    ) return this.#drop(EARLY);
    this.counters.add(MARKED, 1);
    return true;
  }

  /** Queues a packet, and notes when it would arrive if nothing befell it. */
  #enqueue(octets: number): void {
    const { now } = this.#clock;
    const times = this.#times;
    const { values } = this.counters;
    const begin = times[BUSY]!;
    const end = (begin > now ? begin : now) + octets * this.#pace;
    times[BUSY] = end;
    // The clock is moved to these, and shows whole µs.
    times[ARRIVAL] = Math.ceil(end) + this.#trouble.delay;
    if (end <= now) return;
    let last = this.#first + this.#queued;
    if (last >= this.#queue) last -= this.#queue;
    this.#leaving[last] = end;
    this.#sizes[last] = octets;
    this.#queued++;
    this.#octets += octets;
    if (this.#queued > values[PEAK]!) values[PEAK] = this.#queued;
    if (this.#octets > values[PEAK_OCTETS]!) {
      values[PEAK_OCTETS] = this.#octets;
    }
  }

  /** Puts a packet on the wire, with all that befalls it there. */
  #fly(packet: Packet): void {
    const { counters } = this;
    const trouble = this.#trouble;
    const random = this.#random;
    const times = this.#times;
    if (this.#burst() || random.chance(trouble.loss)) {
      counters.add(LOST, 1);
      this.#arena.release(packet);
      return;
    }
    if (random.chance(trouble.corrupt) && damage(packet, random)) {
      counters.add(CORRUPTED, 1);
    }
    if (trouble.jitter > 0) times[ARRIVAL]! += random.below(trouble.jitter + 1);
    if (this.#ordered && times[ARRIVAL]! < times[LATEST]!) {
      times[ARRIVAL] = times[LATEST]!;
    }
    const twice = random.chance(trouble.duplicate);
    if (random.chance(trouble.reorder)) {
      times[ARRIVAL]! += trouble.reorderDelay;
      counters.add(REORDERED, 1);
    } else times[LATEST] = times[ARRIVAL]!;
    this.#insert(packet);
    if (!twice || this.count === this.limit) return;
    const second = clone(packet, this.#arena);
    if (second === undefined) return;
    counters.add(DUPLICATED, 1);
    this.#insert(second);
  }

  /** Whether a burst takes this packet; the next may meet another state. */
  #burst(): boolean {
    const bursts = this.#bursts;
    if (bursts === undefined) return false;
    const random = this.#random;
    const lost = random.chance(this.#bad ? bursts.lossBad : bursts.lossGood);
    if (random.chance(this.#bad ? bursts.toGood : bursts.toBad)) {
      this.#bad = !this.#bad;
    }
    return lost;
  }

  /** Sorts a packet in by its arrival, behind those that arrive with it. */
  #insert(packet: Packet): void {
    const arrivals = this.#arrivals;
    const arrival = this.#times[ARRIVAL]!;
    let at = this.#place(this.count);
    for (let i = this.count - 1; i >= 0; i--) {
      const before = this.#place(i);
      if (arrivals[before]! <= arrival) break;
      arrivals[at] = arrivals[before]!;
      this.#slots[at] = this.#slots[before]!;
      at = before;
    }
    arrivals[at] = arrival;
    this.#slots[at] = packet.index;
    this.count++;
  }
}

/** A packet with the same octets, if there is a buffer. */
export function clone(packet: Packet, arena: Arena): Packet | undefined {
  const second = arena.acquire();
  if (second === undefined) return undefined;
  second.start = second.base + packet.start - packet.base;
  second.end = second.start + packet.end - packet.start;
  copy(second, packet);
  return second;
}
