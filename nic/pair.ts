/**
 * Two devices at the ends of a cable, in one memory: a packet changes hands as a
 * slot number, without a copy.
 *
 * @module
 */

import { Counters } from "@ethox/managed/counters";
import type { Address } from "@ethox/wire/ethernet";
import {
  Arena,
  ETHERNET_HEADROOM,
  IP_HEADROOM,
  LARGE_SLOT_SIZE,
  SLOT_SIZE,
} from "./arena.ts";
import { BASELINE, type Capabilities } from "./capabilities.ts";
import {
  Clock,
  type CounterName,
  COUNTERS,
  type Device,
  type Medium,
  type Personality,
  RECEIVED,
  RECEIVED_OCTETS,
  SEND_DROPPED,
  SENT,
  SENT_OCTETS,
} from "./device.ts";
import {
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  deliver,
  offer,
  type Packet,
  type ReceiveHandler,
  type SendHandler,
} from "./packet.ts";

/** What one direction of the cable does to packets. */
export interface Direction {
  /** From the last octet sent to its arrival, µs; 0 by default. */
  readonly delay?: number;
  /** Bits a second; unlimited by default. */
  readonly rate?: number;
  /** Packets under way at most, later ones are lost; half the slots by default. */
  readonly limit?: number;
}

/** How a pair is made. */
export interface PairOptions {
  /** Packet buffers, shared evenly between the ends; 256 by default. */
  readonly slots?: number;
  /** What the packets begin with; Ethernet by default. */
  readonly medium?: Medium;
  /** Largest IP datagram, octets; 1500 by default. */
  readonly mtu?: number;
  /** What both ends leave to each other; {@linkcode BASELINE} by default. */
  readonly capabilities?: Capabilities;
  /** Hardware addresses of the hosts at the ends. */
  readonly addresses?: readonly [Address, Address];
  /** From the first end to the second, and back. */
  readonly directions?: readonly [Direction, Direction];
  /**
   * Time that a run moves by itself, in `wait`; shared by the ends. By default a
   * fresh clock that begins at 0.
   */
  readonly clock?: Clock;
  /** Real time, µs, instead of a clock that moves by itself. */
  readonly time?: () => number;
}

/** The numbers of a pair make no sense. */
export class PairError extends RangeError {
  /** The name `"PairError"`. */
  override readonly name = "PairError";
}

const FRAME = 18;

/** Packets under way in one direction: slots and their times of arrival. */
class Line {
  readonly slots: Int32Array;
  readonly arrivals: Float64Array;
  readonly limit: number;
  readonly delay: number;
  // µs for one octet.
  readonly pace: number;
  // When the last octet sent has left.
  readonly busy: Float64Array = new Float64Array(1);
  head = 0;
  count = 0;

  constructor(direction: Direction, slots: number) {
    const { delay = 0, rate = Infinity, limit = slots >> 1 } = direction;
    if (!(delay >= 0) || !(rate > 0) || !Number.isInteger(limit) || limit < 1) {
      throw new PairError(
        `Cannot make a line with delay ${delay}, rate ${rate} and limit ${limit}`,
      );
    }
    this.limit = Math.min(limit, slots);
    this.delay = delay;
    this.pace = 8e6 / rate;
    this.slots = new Int32Array(this.limit);
    this.arrivals = new Float64Array(this.limit);
  }
}

/** One end of a {@linkcode Pair}. */
export class End implements Device {
  /** Medium, address, MTU and capabilities. */
  readonly personality: Personality;
  /** What happened so far. */
  readonly counters: Counters<CounterName> = new Counters(COUNTERS);
  readonly #arena: Arena;
  readonly #clock: Clock;
  readonly #time: (() => number) | undefined;
  readonly #out: Line;
  readonly #in: Line;

  /** Made by {@linkcode Pair}. */
  constructor(
    personality: Personality,
    arena: Arena,
    clock: Clock,
    time: (() => number) | undefined,
    out: Line,
    back: Line,
  ) {
    this.personality = personality;
    this.#arena = arena;
    this.#clock = clock;
    this.#time = time;
    this.#out = out;
    this.#in = back;
  }

  /** Packets on their way to this end. */
  get pending(): number {
    return this.#in.count;
  }

  /** When the next packet arrives here, µs; `Infinity` if none is under way. */
  get nextArrival(): number {
    const line = this.#in;
    return line.count === 0 ? Infinity : line.arrivals[line.head]!;
  }

  /** Lends up to `max` packets that have arrived; answers go back at once. */
  rx(max: number, receiver: ReceiveHandler): number {
    const line = this.#in;
    const clock = this.#clock;
    this.#tick();
    let lent = 0;
    while (
      lent < max && line.count > 0 && line.arrivals[line.head]! <= clock.now
    ) {
      const packet = this.#arena.packets[line.slots[line.head]!]!;
      if (++line.head === line.limit) line.head = 0;
      line.count--;
      lent++;
      const length = packet.end - packet.start;
      this.counters.add(RECEIVED, 1);
      this.counters.add(RECEIVED_OCTETS, length);
      packet.info.timestamp = clock.now;
      packet.lend(packet.start, packet.end, "queued");
      let kept = false;
      try {
        deliver(receiver, packet);
      } finally {
        kept = packet.reclaim() && this.#transmit(packet);
        if (!kept) this.#arena.release(packet);
      }
    }
    return lent;
  }

  /** Offers up to `max` buffers, as long as there is room on the line. */
  tx(max: number, sender: SendHandler): number {
    const clock = this.#clock;
    this.#tick();
    let queued = 0;
    while (queued < max && this.#out.count < this.#out.limit) {
      const packet = this.#arena.acquire();
      if (packet === undefined) break;
      packet.info.clear();
      packet.info.timestamp = clock.now;
      packet.lend(packet.origin, packet.origin, "queued");
      let wanted = false;
      let kept = false;
      try {
        offer(sender, packet);
      } finally {
        wanted = packet.reclaim();
        kept = wanted && this.#transmit(packet);
        if (!kept) this.#arena.release(packet);
      }
      if (!wanted) break;
      queued++;
    }
    return queued;
  }

  /** The clock of the pair, µs. */
  now(): number {
    this.#tick();
    return this.#clock.now;
  }

  /**
   * Virtual time: moves the clock to `deadline`, or to the next arrival at
   * either end if that is before. A deadline that has passed moves nothing,
   * unless a line is full, so that only an arrival can help. Real time: returns
   * at once, for there is nothing to wait on.
   */
  wait(deadline: number): void {
    if (this.#time !== undefined) return;
    const clock = this.#clock;
    const out = this.#out;
    const there = out.count === 0 ? Infinity : out.arrivals[out.head]!;
    const arrival = Math.min(there, this.nextArrival);
    let next = Math.min(deadline, arrival);
    if (deadline <= clock.now) {
      if (out.count < out.limit && this.#in.count < this.#in.limit) return;
      next = arrival;
    }
    if (next !== Infinity && next > clock.now) clock.now = next;
  }

  /** No effect: nothing but memory is held. */
  [Symbol.dispose](): void {}

  #tick(): void {
    if (this.#time === undefined) return;
    const now = this.#time();
    if (now > this.#clock.now) this.#clock.now = now;
  }

  /** Puts a packet on the line; false if it is full, or the packet too large. */
  #transmit(packet: Packet): boolean {
    const line = this.#out;
    const { info } = packet;
    const length = packet.end - packet.start;
    if (line.count === line.limit) {
      this.counters.add(SEND_DROPPED, 1);
      return false;
    }
    this.counters.add(SENT, 1);
    this.counters.add(SENT_OCTETS, length);
    // What the sender left open was never on a wire where it could break.
    if (info.checksum !== CHECKSUM_PARTIAL) info.checksum = CHECKSUM_NONE;
    const { now } = this.#clock;
    const begin = Math.max(now, line.busy[0]!);
    const end = begin + length * line.pace;
    line.busy[0] = end;
    let tail = line.head + line.count;
    if (tail >= line.limit) tail -= line.limit;
    line.slots[tail] = packet.index;
    line.arrivals[tail] = end + line.delay;
    line.count++;
    return true;
  }
}

/** Two ends of a cable. */
export class Pair {
  /** The first end. */
  readonly a: End;
  /** The second end. */
  readonly b: End;
  /** Their time. */
  readonly clock: Clock;

  /** Makes all buffers. @throws {PairError} if a number makes no sense. */
  constructor(options: PairOptions = {}) {
    const {
      slots = 256,
      medium = "ethernet",
      mtu = 1500,
      capabilities = BASELINE,
      directions = [{}, {}],
      addresses,
    } = options;
    if (!Number.isInteger(slots) || slots < 4) {
      throw new PairError(`Cannot pair with ${slots} slots: need four or more`);
    }
    const ethernet = medium === "ethernet";
    const headroom = ethernet ? ETHERNET_HEADROOM : IP_HEADROOM;
    const large = capabilities.tcpSegmentation > 0 ||
      capabilities.udpSegmentation > 0;
    const needed = headroom + mtu + FRAME;
    this.clock = options.clock ?? new Clock();
    const lines = [
      new Line(directions[0], slots),
      new Line(directions[1], slots),
    ] as const;
    // Beside what can be under way, each end needs one to fill.
    const arena = new Arena({
      slots: lines[0].limit + lines[1].limit + 2,
      slotSize: large
        ? LARGE_SLOT_SIZE
        : Math.max(SLOT_SIZE, (needed + 15) & ~15),
      headroom,
      capabilities,
    });
    const personality = { medium, mtu, capabilities };
    const [first, second] = addresses ?? [undefined, undefined];
    this.a = new End(
      first === undefined ? personality : { ...personality, address: first },
      arena,
      this.clock,
      options.time,
      lines[0],
      lines[1],
    );
    this.b = new End(
      second === undefined ? personality : { ...personality, address: second },
      arena,
      this.clock,
      options.time,
      lines[1],
      lines[0],
    );
  }
}
