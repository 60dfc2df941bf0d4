/**
 * A network in memory and in virtual time: any number of devices, joined by
 * links and switches that have rates, queues and troubles. One seed replays it
 * bit by bit.
 *
 * ```ts
 * import { simulator } from "@ethox/nic";
 * import { assertEquals } from "@std/assert";
 *
 * const net = new simulator.Simulator({ seed: 7, slots: 600 });
 * // 10 Mbit/s and 20 ms one way, 1 Mbit/s and 20 ms back.
 * const { a, b } = net.link({
 *   paths: [
 *     { rate: 10e6, delay: 20_000, queue: 50 },
 *     { rate: 1e6, delay: 20_000, queue: 50 },
 *   ],
 * });
 * a.tx(1, (packet) => {
 *   packet.resize(1250);
 *   packet.queue();
 * });
 * net.step();
 * // 1250 octets take 1 ms, and 20 ms to arrive.
 * assertEquals(net.now, 21_000);
 * assertEquals(b.rx(64, () => {}), 1);
 * ```
 *
 * @module
 */

import type { Counters } from "@ethox/managed/counters";
import type { Memory } from "@ethox/managed/memory";
import type { Address } from "@ethox/wire/ethernet";
import type { Sink } from "@ethox/wire/pcapng";
import { Exchange } from "./_exchange.ts";
import { checkMtu, checkOption, slotSizeFor } from "./_gauge.ts";
import {
  type Path,
  type PathCounterName,
  type Shared,
  Tape,
  Wire,
} from "./_path.ts";
import { Switch, type SwitchOptions } from "./_switch.ts";
import { Arena, ETHERNET_HEADROOM, IP_HEADROOM } from "./arena.ts";
import { BASELINE, type Capabilities } from "./capabilities.ts";
import {
  Clock,
  type CounterName,
  type Device,
  type Medium,
  OptionError,
  type Personality,
} from "./device.ts";
import type { ReceiveHandler, SendHandler } from "./packet.ts";
import { Random } from "./random.ts";

export {
  type Bursts,
  type Path,
  PATH_COUNTERS,
  type PathCounterName,
} from "./_path.ts";
export type { Red } from "./_red.ts";
export { Switch, type SwitchOptions } from "./_switch.ts";
export { type Trouble, TroubleError } from "./_trouble.ts";

/** How a {@linkcode Simulator} is made. */
export interface SimulatorOptions {
  /** What its accidents are drawn from, 32 bits; 1 by default. */
  readonly seed?: number;
  /**
   * Packet buffers for all links together, 4096 by default. Each direction keeps
   * its `limit` for itself, and each end one to fill.
   */
  readonly slots?: number;
  /** Memory of the buffers; by default a fresh one is allocated. */
  readonly memory?: Memory;
  /** What packets begin with; Ethernet by default. */
  readonly medium?: Medium;
  /** Largest IP datagram on any link, octets; 1500 by default. */
  readonly mtu?: number;
  /** When time begins, µs; 0 by default. */
  readonly origin?: number;
  /** What to add to times in captures to get µs since 1970; 0 by default. */
  readonly epoch?: number;
}

/** How a {@linkcode Link} is made. */
export interface LinkOptions {
  /** Both ways, unless `paths` has each. */
  readonly path?: Path;
  /** From `a` to `b`, and back. */
  readonly paths?: readonly [Path, Path];
  /** Largest IP datagram that the ends know of; the simulator's by default. */
  readonly mtu?: number;
  /** Hardware addresses of the hosts at the ends. */
  readonly addresses?: readonly [Address, Address];
  /**
   * What both ends leave to each other, without segmentation; nothing by
   * default.
   */
  readonly capabilities?: Capabilities;
  /** When the link is cut and when mended, µs, in order. */
  readonly outages?: readonly (readonly [from: number, until: number])[];
  /** Name in captures; `link` and its number by default. */
  readonly name?: string;
  /**
   * Gets a pcapng file with an interface for each end: what it sent, and what
   * arrived there.
   */
  readonly capture?: Sink;
  /** Octets kept of each packet in captures of the link; all by default. */
  readonly snapLength?: number;
}

/** Whoever acts at a moment, and can say when it next has something to do. */
export interface Actor {
  /** Receives and sends; returns how many packets, 0 if nothing is left to do. */
  turn(): number;
  /** µs; `now` or before if at once, `Infinity` for never. */
  nextDeadline(now: number): number;
}

/** The network that was asked for cannot be made. */
export class SimulatorError extends OptionError {
  /** The name `"SimulatorError"`. */
  override readonly name: string = "SimulatorError";
}

/** One end of a {@linkcode Link}. */
export class End implements Device {
  /** Medium, address, MTU and capabilities. */
  readonly personality: Personality;
  /** What happened so far. */
  readonly counters: Counters<CounterName>;
  readonly #exchange: Exchange;
  readonly #clock: Clock;
  readonly #in: Wire;

  /** Made by {@linkcode Simulator}. */
  constructor(
    personality: Personality,
    out: Wire,
    back: Wire,
    { arena, clock }: Shared,
  ) {
    const { mtu } = personality;
    this.personality = personality;
    this.#exchange = new Exchange(personality, mtu, arena, clock, out);
    this.counters = this.#exchange.counters;
    this.#clock = clock;
    this.#in = back;
  }

  /** Packets on their way to this end. */
  get pending(): number {
    return this.#in.count;
  }

  /** When the next packet arrives here, µs; `Infinity` if none is under way. */
  get nextArrival(): number {
    return this.#in.nextArrival;
  }

  /** Lends up to `max` packets that have arrived; answers go back at once. */
  rx(max: number, receiver: ReceiveHandler): number {
    let lent = 0;
    while (lent < max) {
      const packet = this.#in.take();
      if (packet === undefined) break;
      lent++;
      this.#exchange.receive(packet, receiver);
    }
    return lent;
  }

  /** Offers up to `max` buffers; what finds a full queue is lost. */
  tx(max: number, sender: SendHandler): number {
    let queued = 0;
    while (queued < max && this.#exchange.fill(sender)) queued++;
    return queued;
  }

  /** The clock of the simulator, µs. */
  now(): number {
    return this.#clock.now;
  }

  /** Returns at once: only the simulator moves time. */
  wait(_deadline: number): void {}

  /** No effect: nothing but memory is held. */
  [Symbol.dispose](): void {}
}

/** Two ends, and what lies between. */
export class Link {
  /** The first end. */
  readonly a: End;
  /** The second end. */
  readonly b: End;
  readonly #wires: readonly [Wire, Wire];
  readonly #clock: Clock;
  // Cuts at even places, and mends at odd ones.
  readonly #changes: Float64Array;
  #changed = 0;

  /** Made by {@linkcode Simulator}. */
  constructor(
    ends: readonly [Personality, Personality],
    wires: readonly [Wire, Wire],
    changes: Float64Array,
    shared: Shared,
  ) {
    const [forth, back] = wires;
    this.a = new End(ends[0], forth, back, shared);
    this.b = new End(ends[1], back, forth, shared);
    this.#wires = wires;
    this.#clock = shared.clock;
    this.#changes = changes;
  }

  /**
   * What happened from `a` to `b`, and back. Each packet sent or duplicated was
   * dropped for one reason, was delivered, or is under way.
   */
  get counters(): readonly [
    Counters<PathCounterName>,
    Counters<PathCounterName>,
  ] {
    return [this.#wires[0].counters, this.#wires[1].counters];
  }

  /** Whether it is cut. */
  get isCut(): boolean {
    return this.#wires[0].cut;
  }

  /** Loses all that is under way, and all that is sent from now on. */
  cut(): void {
    for (let i = 0; i < 2; i++) this.#wires[i]!.sever();
  }

  /** Lets packets pass again. */
  mend(): void {
    for (let i = 0; i < 2; i++) this.#wires[i]!.mend();
  }

  /** Puts when something next happens by itself, if sooner, into `at`. */
  seek(at: Float64Array): void {
    this.#wires[0].seek(at);
    this.#wires[1].seek(at);
    if (this.#changed === this.#changes.length) return;
    const change = this.#changes[this.#changed]!;
    if (change < at[0]!) at[0] = change;
  }

  /** Cuts or mends what is due. */
  tick(): void {
    const { now } = this.#clock;
    while (
      this.#changed < this.#changes.length &&
      this.#changes[this.#changed]! <= now
    ) {
      if (this.#changed++ % 2 === 0) this.cut();
      else this.mend();
    }
  }
}

/** Where an end was joined to. */
interface Place {
  readonly arriving: Wire;
  readonly leaving: Wire;
  readonly far: End;
  junction: Junction | undefined;
}

/** A switch in the tree of those that are connected. */
interface Junction {
  parent: Junction | undefined;
}

/** Devices, links and switches, and the time of all. */
export class Simulator {
  readonly #shared: Shared;
  readonly #clock: Clock;
  readonly #medium: Medium;
  readonly #mtu: number;
  readonly #epoch: number;
  readonly #seeds: Random;
  readonly #links: Link[] = [];
  readonly #switches: Switch[] = [];
  readonly #tapes: Tape[] = [];
  readonly #places: Map<End, Place> = new Map();
  readonly #next: Float64Array = new Float64Array(1);
  #left: number;
  private until = 0.5;

  /** Makes all buffers. @throws {OptionError} if a number makes no sense. */
  constructor(options: SimulatorOptions = {}) {
    const { slots = 4096, medium = "ethernet", mtu = 1500, memory } = options;
    checkOption("slots", slots, 1, 1 << 24);
    checkMtu(mtu);
    this.#clock = new Clock(options.origin ?? 0);
    this.#shared = {
      clock: this.#clock,
      arena: new Arena({
        slots,
        slotSize: slotSizeFor(medium, mtu, BASELINE),
        headroom: medium === "ethernet" ? ETHERNET_HEADROOM : IP_HEADROOM,
        ...(memory === undefined ? {} : { memory }),
      }),
    };
    this.#medium = medium;
    this.#mtu = mtu;
    this.#epoch = options.epoch ?? 0;
    this.#seeds = new Random(options.seed ?? 1);
    this.#left = slots;
  }

  /** Virtual time, µs. */
  get now(): number {
    return this.#clock.now;
  }

  /**
   * Makes a link. Accidents of each direction are drawn from a seed of its own,
   * by the order in which links are made.
   *
   * @throws {OptionError} if a number makes no sense, or for want of slots.
   */
  link(options: LinkOptions = {}): Link {
    const { path = {}, paths = [path, path], addresses, outages = [] } =
      options;
    const { snapLength } = options;
    const mtu = checkMtu(options.mtu ?? this.#mtu);
    const capabilities = options.capabilities ?? BASELINE;
    const { tcpSegmentation, udpSegmentation } = capabilities;
    if (mtu > this.#mtu || tcpSegmentation > 0 || udpSegmentation > 0) {
      throw new SimulatorError(
        `Cannot carry datagrams of ${
          Math.max(mtu, tcpSegmentation, udpSegmentation)
        } octets whole: need an MTU up to ${this.#mtu}, and no segmentation`,
      );
    }
    const ends = [0, 1].map((i): Personality => ({
      medium: this.#medium,
      mtu,
      capabilities,
      ...(addresses === undefined ? {} : { address: addresses[i]! }),
    })) as [Personality, Personality];
    const changes = Float64Array.from(outages.flat(), Math.ceil);
    for (let i = 1; i < changes.length; i++) {
      if (!(changes[i]! >= changes[i - 1]!)) {
        throw new SimulatorError(
          `Cannot cut or mend at ${changes[i]} after ${changes[i - 1]}`,
        );
      }
    }
    const name = options.name ?? `link${this.#links.length}`;
    const tapes: Tape[] = [];
    const roll = (sink: Sink | undefined): Tape[] => {
      if (sink === undefined) return [];
      const tape = new Tape(sink, {
        medium: this.#medium,
        name,
        epoch: this.#epoch,
        ...(snapLength === undefined ? {} : { snapLength }),
      });
      tapes.push(tape);
      return [tape];
    };
    const both = roll(options.capture);
    const wires = [0, 1].map((i) =>
      new Wire(
        paths[i]!,
        this.#seeds.next(),
        i,
        ends[i]!,
        [...both, ...roll(paths[i]!.capture)],
        this.#shared,
      )
    ) as [Wire, Wire];
    const [forth, back] = wires;
    const needed = forth.limit + back.limit + 2;
    if (needed > this.#left) {
      throw new SimulatorError(
        `Cannot keep ${needed} slots for a link: ${this.#left} are left`,
      );
    }
    this.#left -= needed;
    this.#tapes.push(...tapes);
    const link = new Link(ends, wires, changes, this.#shared);
    const { a, b } = link;
    const junction = undefined;
    this.#places.set(a, { arriving: back, leaving: forth, far: b, junction });
    this.#places.set(b, { arriving: forth, leaving: back, far: a, junction });
    this.#links.push(link);
    link.tick();
    return link;
  }

  /**
   * Joins ends of different links by a switch, which serves them from now on.
   * Networks stay trees.
   *
   * @throws {SimulatorError} for fewer than two ends, for one that is not of this
   * simulator or already joined, and for a loop.
   */
  join(ends: readonly End[], options: SwitchOptions = {}): Switch {
    const stations = checkOption("stations", options.stations ?? 256, 0, 65536);
    const joined: Junction = { parent: undefined };
    const places = ends.map((end) => this.#places.get(end));
    if (new Set(places).size !== ends.length || ends.length < 2) {
      throw new SimulatorError(
        `Cannot join ${ends.length} ends: need two or more, all different`,
      );
    }
    const roots = new Set([joined]);
    for (const place of places) {
      if (place === undefined || place.junction !== undefined) {
        throw new SimulatorError(
          "Cannot join an end: it is another simulator's, or joined",
        );
      }
      const far = this.#places.get(place.far)!;
      if (places.includes(far)) {
        throw new SimulatorError("Cannot join both ends of a link: a loop");
      }
      if (far.junction === undefined) continue;
      const root = rootOf(far.junction);
      if (roots.has(root)) {
        throw new SimulatorError("Cannot join two connected switches: a loop");
      }
      roots.add(root);
    }
    for (const root of roots) if (root !== joined) root.parent = joined;
    for (const place of places) place!.junction = joined;
    const made = new Switch(
      this.#shared,
      places.map((place) => place!.arriving),
      places.map((place) => place!.leaving),
      this.#medium === "ethernet" ? stations : 0,
    );
    this.#switches.push(made);
    return made;
  }

  /**
   * Moves time to when the next packet arrives anywhere, or a link is cut or
   * mended, but not beyond `until`; switches pass on what has arrived. False if
   * nothing will happen and there is no such end either.
   */
  step(until: number = Infinity): boolean {
    // A number that a longer function takes is an object if it is not small.
    this.until = Math.ceil(until);
    return this.#advance();
  }

  /**
   * Lets hosts act, and moves time to when there is something to do, until it is
   * `until` (µs) or `done` says so. At each moment all have had their turns and
   * want no other before time goes on; packets on links with neither rate nor
   * delay take no time.
   *
   * Returns whether it was done: false when time was up, or nothing can happen.
   */
  run(
    until: number,
    hosts: readonly Actor[],
    done: () => boolean = never,
  ): boolean {
    const clock = this.#clock;
    while (!done()) {
      let acted = this.#settle();
      for (let i = 0; i < hosts.length; i++) acted += hosts[i]!.turn();
      if (acted > 0) continue;
      const { now } = clock;
      if (now >= until) return false;
      let due = until;
      for (let i = 0; i < hosts.length; i++) {
        due = Math.min(due, hosts[i]!.nextDeadline(now));
      }
      // Whoever is due and did nothing cannot act at this moment.
      this.until = Math.max(now + 1, Math.ceil(due));
      if (!this.#advance()) return false;
    }
    return true;
  }

  /** Hands all captures what was gathered for them. */
  flush(): void {
    for (const tape of this.#tapes) tape.flush();
  }

  /** Flushes captures. */
  [Symbol.dispose](): void {
    this.flush();
  }

  /** Moves time to the next event, or to the time that was noted. */
  #advance(): boolean {
    const clock = this.#clock;
    const next = this.#next;
    this.#settle();
    next[0] = this.until;
    for (let i = 0; i < this.#links.length; i++) this.#links[i]!.seek(next);
    if (next[0]! === Infinity) return false;
    if (next[0]! > clock.now) clock.now = next[0]!;
    for (let i = 0; i < this.#links.length; i++) this.#links[i]!.tick();
    this.#settle();
    return true;
  }

  /** Lets switches pass on what has arrived, also from each other. */
  #settle(): number {
    let all = 0;
    for (;;) {
      let passed = 0;
      for (let i = 0; i < this.#switches.length; i++) {
        passed += this.#switches[i]!.forward();
      }
      if (passed === 0) return all;
      all += passed;
    }
  }
}

function rootOf(junction: Junction): Junction {
  let root = junction;
  while (root.parent !== undefined) root = root.parent;
  return root;
}

function never(): boolean {
  return false;
}
