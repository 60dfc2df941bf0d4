/**
 * Two devices at the ends of a cable, in one memory: a packet changes hands as a
 * slot number, without a copy.
 *
 * @module
 */

import type { Counters } from "@ethox/managed/counters";
import type { Address } from "@ethox/wire/ethernet";
import { Exchange, type Outlet } from "./_exchange.ts";
import { arenaFor, checkMtu, checkOption, slotSizeFor } from "./_gauge.ts";
import type { Arena } from "./arena.ts";
import { BASELINE, type Capabilities } from "./capabilities.ts";
import {
  Clock,
  type CounterName,
  type Device,
  type Medium,
  OptionError,
  type Personality,
} from "./device.ts";
import type { Packet, ReceiveHandler, SendHandler } from "./packet.ts";

/** What one direction of the cable does to packets. */
export interface Direction {
  /** From the last octet sent to its arrival, whole µs; 0 by default. */
  readonly delay?: number;
  /** Bits a second, 1 or more; unlimited by default. */
  readonly rate?: number;
  /** Packets under way at most, queued or flying; half the slots by default. */
  readonly limit?: number;
  /** Packets at most that have not wholly left; `limit` by default. */
  readonly queue?: number;
  /**
   * What happens when there is no room: `"wait"`, the default, asks no sender
   * before there is; `"drop"` loses what is sent, as a router does. Answers are
   * lost in either case.
   */
  readonly overflow?: "wait" | "drop";
  /** Largest IP datagram in this direction; that of the pair by default. */
  readonly mtu?: number;
  /** What the sending end leaves to the cable; that of the pair by default. */
  readonly capabilities?: Capabilities;
}

/** How a pair is made. */
export interface PairOptions {
  /** Packet buffers, half for each direction without a limit; 256 by default. */
  readonly slots?: number;
  /** What the packets begin with; Ethernet by default. */
  readonly medium?: Medium;
  /** Largest IP datagram that the ends know of, octets; 1500 by default. */
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
export class PairError extends OptionError {
  /** The name `"PairError"`. */
  override readonly name: string = "PairError";
}

const NEVER = Infinity;
const MOST = 1 << 20;

/** Packets under way in one direction: slots and their times of arrival. */
class Line implements Outlet {
  readonly clock: Clock;
  readonly slots: Int32Array;
  readonly arrivals: Float64Array;
  readonly limit: number;
  readonly queue: number;
  readonly delay: number;
  readonly drops: boolean;
  // µs for one octet.
  readonly pace: number;
  // When the last octet sent has left.
  readonly busy: Float64Array = new Float64Array(1);
  head = 0;
  count = 0;
  // How many of the last ones have not wholly left.
  queued = 0;

  constructor(direction: Direction, slots: number, clock: Clock) {
    const { delay = 0, rate = Infinity, limit = slots >> 1 } = direction;
    if (!(delay >= 0 && delay < Infinity) || !(rate >= 1)) {
      throw new PairError(
        `Cannot make a line with delay ${delay} and rate ${rate}`,
      );
    }
    this.clock = clock;
    this.limit = checkOption("limit", limit, 1, MOST);
    this.queue = Math.min(
      limit,
      checkOption("queue", direction.queue ?? limit, 1, MOST),
    );
    this.delay = Math.ceil(delay);
    this.pace = 8e6 / rate;
    this.drops = direction.overflow === "drop";
    this.slots = new Int32Array(limit);
    this.arrivals = new Float64Array(limit);
  }

  /** Whether a packet can be put on the line at the time of the clock. */
  room(): boolean {
    if (this.queued === this.queue) {
      const sent = this.clock.now + this.delay;
      while (this.queued > 0 && this.arrivals[this.#first()]! <= sent) {
        this.queued--;
      }
    }
    return this.queued < this.queue && this.count < this.limit;
  }

  /** Index of the first packet that has not wholly left. */
  #first(): number {
    const first = this.head + this.count - this.queued;
    return first >= this.limit ? first - this.limit : first;
  }

  /** When the first packet arrives, µs. */
  get nextArrival(): number {
    return this.count === 0 ? NEVER : this.arrivals[this.head]!;
  }

  /** When there will be room where there is none, µs. */
  nextRoom(): number {
    if (this.room()) return NEVER;
    return this.count === this.limit
      ? this.arrivals[this.head]!
      : this.arrivals[this.#first()]! - this.delay;
  }

  /** Takes the first packet off. */
  shift(): void {
    if (++this.head === this.limit) this.head = 0;
    this.count--;
    if (this.queued > this.count) this.queued = this.count;
  }

  /** Puts a packet on, if there is room. */
  push(packet: Packet): boolean {
    if (!this.room()) return false;
    const { now } = this.clock;
    const octets = packet.end - packet.start;
    const begin = this.busy[0]!;
    const end = (begin > now ? begin : now) + octets * this.pace;
    this.busy[0] = end;
    let tail = this.head + this.count;
    if (tail >= this.limit) tail -= this.limit;
    this.slots[tail] = packet.index;
    // The clock is moved to these, and shows whole µs.
    this.arrivals[tail] = Math.ceil(end) + this.delay;
    this.count++;
    this.queued++;
    return true;
  }
}

/** One end of a {@linkcode Pair}. */
export class End implements Device {
  /** Medium, address, MTU and capabilities. */
  readonly personality: Personality;
  /** What happened so far. */
  readonly counters: Counters<CounterName>;
  readonly #exchange: Exchange;
  readonly #arena: Arena;
  readonly #clock: Clock;
  readonly #time: (() => number) | undefined;
  readonly #out: Line;
  readonly #in: Line;
  private until = 0.5;

  /** Made by {@linkcode Pair}. */
  constructor(
    personality: Personality,
    arena: Arena,
    clock: Clock,
    time: (() => number) | undefined,
    out: Line,
    back: Line,
    mtu: number,
  ) {
    this.personality = personality;
    this.#arena = arena;
    this.#clock = clock;
    this.#time = time;
    this.#out = out;
    this.#in = back;
    this.#exchange = new Exchange(personality, mtu, arena, clock, out);
    this.counters = this.#exchange.counters;
  }

  /** Packets on their way to this end. */
  get pending(): number {
    return this.#in.count;
  }

  /** When the next packet arrives here, µs; `Infinity` if none is under way. */
  get nextArrival(): number {
    return this.#in.nextArrival;
  }

  /**
   * When this end can go on, µs: a packet arrives, or a full line has room.
   * `Infinity` if nothing is under way.
   */
  nextDeadline(_now: number): number {
    return Math.min(this.#in.nextArrival, this.#out.nextRoom());
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
      line.shift();
      lent++;
      this.#exchange.receive(packet, receiver);
    }
    return lent;
  }

  /**
   * Offers up to `max` buffers, and no more than there is room for on a line
   * that does not drop.
   */
  tx(max: number, sender: SendHandler): number {
    this.#tick();
    let queued = 0;
    const line = this.#out;
    while (queued < max && (line.drops || line.room())) {
      if (!this.#exchange.fill(sender)) break;
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
   * either end, or to when this end's full line has room, if that is before. A
   * deadline that has passed moves nothing, unless a line is full, so that only
   * these can help. Nor does anything move while a packet that has arrived waits
   * to be taken at the other end: a loop must serve both.
   *
   * Real time: sleeps as long where the platform lets the thread sleep, else
   * returns at once. Without a deadline or a packet under way it returns as
   * well, for nobody else could send one meanwhile.
   */
  wait(deadline: number): void {
    // A number that a longer function takes is an object if it is not small.
    this.until = deadline;
    this.rest();
  }

  /** Waits until the time that was noted. */
  private rest(): void {
    const deadline = this.until;
    this.#tick();
    const clock = this.#clock;
    const out = this.#out;
    const back = this.#in;
    const { now } = clock;
    let next = Math.min(
      out.nextArrival,
      back.nextArrival,
      out.nextRoom(),
    );
    if (deadline > now) next = Math.min(next, deadline);
    else if (
      (out.drops || out.room()) && (back.drops || back.room())
    ) return;
    if (next === NEVER || next <= now) return;
    if (this.#time === undefined) clock.now = next;
    else sleep(next - now);
  }

  /** No effect: nothing but memory is held. */
  [Symbol.dispose](): void {}

  #tick(): void {
    if (this.#time === undefined) return;
    const now = this.#time();
    if (now > this.#clock.now) this.#clock.now = now;
  }
}

let still: Int32Array | undefined;

/** Lets the thread rest for some µs, where that is allowed. */
function sleep(duration: number): void {
  try {
    still ??= new Int32Array(new SharedArrayBuffer(4));
    Atomics.wait(still, 0, 0, duration / 1000);
  } catch {
    // A page's main thread must not sleep: the caller's loop spins instead.
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
    checkMtu(mtu);
    const clock = this.clock = options.clock ?? new Clock();
    const lines = [
      new Line(directions[0], slots, clock),
      new Line(directions[1], slots, clock),
    ] as const;
    const ends = [0, 1].map((i): Personality => {
      const address = addresses?.[i];
      return {
        medium,
        mtu,
        capabilities: directions[i]!.capabilities ?? capabilities,
        ...(address === undefined ? {} : { address }),
      };
    });
    const [first, second] = ends as [Personality, Personality];
    // Beside what can be under way, each end needs one to fill.
    const arena = arenaFor(
      lines[0].limit + lines[1].limit + 2,
      first,
      Math.max(
        ...ends.map((end) => slotSizeFor(medium, mtu, end.capabilities)),
      ),
    );
    const { time } = options;
    this.a = new End(
      first,
      arena,
      clock,
      time,
      lines[0],
      lines[1],
      checkMtu(directions[0].mtu ?? mtu),
    );
    this.b = new End(
      second,
      arena,
      clock,
      time,
      lines[1],
      lines[0],
      checkMtu(directions[1].mtu ?? mtu),
    );
  }
}
