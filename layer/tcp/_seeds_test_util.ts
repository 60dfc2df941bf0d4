// Two hosts, a bad network, and users of every mood, all drawn from one seed.

import { assert, assertEquals } from "@std/assert";
import { BASELINE, type Capabilities } from "@ethox/nic/capabilities";
import { Random } from "@ethox/nic/random";
import { RecvRing } from "@ethox/storage/recv-ring";
import { SendRing } from "@ethox/storage/send-ring";
import * as ipv4 from "@ethox/wire/ipv4";
import { address, KEY, OWN, Rig, SECOND } from "./_host_test_util.ts";
import { DeficitRoundRobin } from "../queue/deficit.ts";
import { FairQueue } from "../queue/fair.ts";
import { Fifo } from "../queue/fifo.ts";
import type { QueuePolicy } from "../queue/policy.ts";
import type { Connection } from "./connection.ts";
import type { CloseReason } from "./handler.ts";
import { CONTROLS } from "./controls.ts";
import { derive } from "./core.ts";
import { IsnGenerator } from "./isn.ts";
import type { Scoreboard } from "./scoreboard.ts";
import type { Tuning } from "./tuning.ts";

const CONNECTIONS = 2;
const CLIENT_PORT = 5000;
/** Longer than any transfer takes, µs. */
const HOURS = 8 * 3600 * SECOND;
/** As long as users wait when the network is gone, µs. */
const PATIENCE = 300 * SECOND;
/** The same where the other's end has not been heard of, µs. */
const SOLITUDE = 2 * 3600 * SECOND;
/** Windows that a user fills at most. */
const WINDOWS = 40;

/** What a user does besides writing all, reading all and ending. */
export const MOODS = [
  /** Writes all, says FIN, reads to the end. */
  "patient",
  /** Says FIN at some time, whatever is left to write. */
  "half-close",
  /** Closes at some time and is not interested any more. */
  "close",
  /** Aborts at some time. */
  "abort",
  /** Reads no more from some time on, and aborts much later. */
  "deaf",
] as const;

type Mood = typeof MOODS[number];

/** Who decides the order; one of them does not pace. */
const POLICIES: readonly ((flows: number) => QueuePolicy)[] = [
  (flows) => new Fifo(flows),
  (flows) => new DeficitRoundRobin(flows),
  (flows) => new FairQueue(flows),
];

/** Switches of {@linkcode Tuning} and what they may be set to. */
const SWITCHES: Readonly<Record<string, readonly unknown[]>> = {
  timestamps: [true, false],
  sack: [true, false],
  windowScaling: [true, false],
  ecn: ["on", "passive", "off"],
  hystart: [true, false],
  pacing: [true, false],
  slowStartAfterIdle: [true, false],
  limitedTransmit: [true, false],
  frto: [true, false],
  rack: [true, false],
  tlp: [true, false],
  prr: [true, false],
  dsack: [true, false],
  noDelay: [true, false],
  keepAlive: [false, true],
  mtuProbing: ["blackhole", "off", "on"],
  fastOpen: [0, 1, 2, 3],
  initialWindow: [10, 1, 3],
  minimumRto: [200_000, 1_000_000],
  delayedAck: [40_000, 1, 400_000],
};

function pick<T>(draw: Random, from: readonly T[]): T {
  return from[draw.below(from.length)]!;
}

/** Half of the switches stay as they are. */
function tuned(draw: Random): Partial<Tuning> {
  const tuning: Record<string, unknown> = {
    // Long enough for a last ACK that is lost many times.
    timeWait: 3600 * SECOND,
    userTimeout: HOURS,
    connectTimeout: HOURS,
    orphanTimeout: HOURS,
  };
  for (const [name, values] of Object.entries(SWITCHES)) {
    if (draw.below(2) === 0) tuning[name] = pick(draw, values);
  }
  return tuning as Partial<Tuning>;
}

/** The octet at a place of the stream of a user. */
function octet(at: number, salt: number): number {
  return (at * 31 + (at >> 8) + salt) & 255;
}

/** One of the hosts, and its user. */
export class Player {
  readonly rig: Rig;
  readonly salt: number;
  readonly out: SendRing;
  readonly in: RecvRing;
  readonly mood: Mood;
  /** When the mood strikes, µs from the beginning. */
  readonly at: number;
  readonly noDelay: boolean;
  /** Octets to write; fewer once the user has enough. */
  total: number;
  /** What stands on this host's clock when the world begins, µs. */
  origin: number;
  c: Connection | undefined;
  /** The scoreboard of its endpoint, and the nodes that were free in it. */
  board: Scoreboard | undefined;
  nodes = 0;
  reason: CloseReason | undefined;
  accepted = false;
  written = 0;
  read = 0;
  wrong = 0;
  ended = false;
  struck = false;
  said = 0;

  constructor(
    draw: Random,
    salt: number,
    mtu: number,
    mild: boolean,
    capabilities: Capabilities,
  ) {
    this.salt = salt;
    // The other's is set when it hears for the first time.
    this.origin = salt === 1
      ? pick(draw, [0, 1e6, 2 ** 31 - 1000, 2 ** 40])
      : 0;
    const small = draw.below(3) === 0;
    this.out = SendRing.allocate(
      1 << (small ? draw.below(6) : 6 + draw.below(8)),
    );
    this.in = RecvRing.allocate(
      1 << (small ? draw.below(6) : 6 + draw.below(10)),
    );
    this.total = draw.below(pick(draw, [5, 1000, 8000, 20_000]));
    this.mood = mild ? "patient" : pick(draw, MOODS);
    this.at = 10 ** (3 + 5 * draw.below(1000) / 1000);
    this.noDelay = draw.below(2) === 0;
    this.rig = new Rig({
      mtu,
      origin: this.origin,
      key: KEY.map((octet) => octet + salt),
      connections: CONNECTIONS,
      halfOpen: 4,
      timeWait: 2,
      listeners: 1,
      control: pick(draw, CONTROLS),
      policy: pick(draw, POLICIES)(CONNECTIONS),
      tuning: tuned(draw),
      capabilities,
    });
  }

  /** Writes no more than so many windows: octet by octet takes long. */
  suit(other: Player): void {
    const window = Math.min(this.out.capacity, other.in.capacity);
    this.total = Math.min(this.total, WINDOWS * window);
  }

  /** Becomes the user of a connection. */
  take(c: Connection): void {
    this.c = c;
    this.board = c.store.board;
    this.nodes = this.board.available;
    this.accepted = true;
    c.noDelay = this.noDelay;
    c.sendBuf = this.out;
    c.recvBuf = this.in;
    c.handler = {
      closed: (_, reason) => {
        this.reason = reason;
        this.c = undefined;
      },
    };
  }

  /** Writes, reads and has moods; whether anything came of it. */
  act(draw: Random, other: Player, time: number): boolean {
    let busy = false;
    const { c } = this;
    const tight = draw.below(3) === 0;
    if (this.written < this.total && c !== undefined) {
      const chunk = Math.min(
        1 + draw.below(tight ? 50 : 8000),
        this.total - this.written,
      );
      const octets = new Uint8Array(chunk);
      for (let i = 0; i < chunk; i++) {
        octets[i] = octet(this.written + i, this.salt);
      }
      const n = this.out.write(octets);
      this.written += n;
      busy ||= n > 0;
    }
    if (this.mood !== "deaf" || time < this.at) {
      const into = new Uint8Array(1 + draw.below(tight ? 50 : 8000));
      const n = this.in.read(into);
      for (let i = 0; i < n; i++) {
        if (into[i] !== octet(this.read + i, other.salt)) this.wrong++;
      }
      this.read += n;
      busy ||= n > 0;
    }
    if (c === undefined) return busy;
    if (time >= this.at && !this.struck) this.#strike(c);
    if (this.mood === "deaf" && time > this.at + PATIENCE) c.abort();
    if (this.c !== undefined) {
      if (this.written === this.total && !this.ended) {
        this.ended = busy = true;
        c.shutdown();
      }
      c.wake();
    }
    return busy;
  }

  #strike(c: Connection): void {
    this.struck = true;
    switch (this.mood) {
      case "half-close":
        this.total = this.written;
        break;
      case "close":
        this.total = this.written;
        this.ended = true;
        c.close();
        break;
      case "abort":
        c.abort();
    }
  }

  /** Whether nothing more will happen to this user. */
  get done(): boolean {
    return this.reason !== undefined &&
      (this.in.readable() === 0 || this.mood === "deaf");
  }
}

interface Flight {
  readonly at: number;
  readonly to: Player;
  readonly octets: Uint8Array;
}

/** What the network does to what it carries. */
class Network {
  readonly loss: number;
  readonly doubled: number;
  readonly spoilt: number;
  readonly marked: number;
  readonly delay: number;
  readonly jitter: number;
  /** When it is cut for good, µs; mostly never. */
  readonly cutAt: number;
  flights: Flight[] = [];
  readonly #draw: Random;

  constructor(draw: Random, mild: boolean) {
    this.#draw = draw;
    this.loss = pick(draw, [0, 0, 0.01, 0.05, 0.15, 0.3]);
    this.doubled = pick(draw, [0, 0, 0.02, 0.2]);
    this.spoilt = pick(draw, [0, 0, 0.01, 0.1]);
    this.marked = pick(draw, [0, 0, 0.05, 0.5]);
    this.delay = pick(draw, [0, 100, 5000, 20_000, 300_000]);
    this.jitter = pick(draw, [0, 0, this.delay, 10_000]);
    this.cutAt = !mild && draw.below(6) === 0
      ? 10 ** (3 + 5 * draw.below(1000) / 1000)
      : Infinity;
  }

  /** Takes what a host said on its way. */
  carry(octets: Uint8Array, to: Player, now: number): void {
    const draw = this.#draw;
    if (now >= this.cutAt) return;
    for (let copies = draw.chance(this.doubled) ? 2 : 1; copies > 0; copies--) {
      if (draw.chance(this.loss)) continue;
      // The other's address is the same, so that sums stay right.
      const swapped = octets.slice();
      swapped.set(octets.subarray(12, 16), 16);
      swapped.set(octets.subarray(16, 20), 12);
      if ((swapped[1]! & 3) !== 0 && draw.chance(this.marked)) {
        swapped[1]! |= 3;
        const view = new DataView(swapped.buffer);
        new ipv4.View(view, 0, swapped.length).fillChecksum();
      }
      // One bit: no checksum of 16 bits misses that.
      if (draw.chance(this.spoilt)) {
        swapped[draw.below(swapped.length)]! ^= 1 << draw.below(8);
      }
      const at = now + this.delay + draw.below(this.jitter + 1);
      this.flights.push({ at, to, octets: swapped });
    }
  }

  /** What arrives now, in order. */
  due(now: number): Flight[] {
    if (!this.flights.some(({ at }) => at <= now)) return [];
    const due = this.flights.filter(({ at }) => at <= now);
    this.flights = this.flights.filter(({ at }) => at > now);
    return due.sort((x, y) => x.at - y.at);
  }

  /** When the next arrives, µs. */
  get next(): number {
    let next = Infinity;
    for (const { at } of this.flights) if (at < next) next = at;
    return next;
  }
}

/** A number shortly before sequence numbers wrap, or anything. */
function startOf(draw: Random, total: number): number {
  const wrap = pick(draw, [0, 0x80000000, draw.next()]);
  // SYN, FIN or the octet beside them stand on the edge, or anything between.
  const before = pick(draw, [draw.below(3), total + draw.below(4), -1]);
  return (wrap - (before < 0 ? 1 + draw.below(total + 2) : before)) | 0;
}

/** Puts the number of the client's SYN where the seed wants it. */
function begin(c: Connection, iss: number): void {
  c.iss =
    c.sndUna =
    c.sndNxt =
    c.sndMax =
    c.sndSmall =
      iss;
}

/** What the clock of a host has to say so that it answers with a number. */
function clockFor(player: Player, iss: number): number {
  const key = KEY.map((octet) => octet + player.salt);
  const secret = new IsnGenerator(derive(key, 2))
    .next(OWN, 80, address(2), CLIENT_PORT, 0);
  return ((iss - secret) >>> 0) * 4;
}

/** Sees each datagram as it leaves (`says`) or reaches (`hears`) a host. */
export type Watch = (
  player: Player,
  what: "says" | "hears",
  octets: Uint8Array,
  now: number,
) => void;

/** Lives through a seed. @throws {AssertionError} with the seed in it. */
export function world(seed: number, watch?: Watch): void {
  const draw = new Random(seed);
  const name = `seed ${seed}`;
  // Six of ten are such that both streams have to arrive as a whole.
  const mild = draw.below(10) < 6;
  const mtu = pick(draw, [88, 120, 576, 1500, 9000]);
  const other = draw.below(2) === 0 ? mtu : pick(draw, [88, 1500]);
  // Half of the devices cut segments themselves, and take them joined.
  const able = draw.below(2) === 0
    ? BASELINE
    : { ...BASELINE, tcpSegmentation: 65_535 };
  const a = new Player(draw, 1, mtu, mild, able);
  const b = new Player(draw, 2, other, mild, able);
  a.suit(b);
  b.suit(a);
  const network = new Network(draw, mild);
  b.rig.tcp.listen({
    port: 80,
    backlog: 2,
    receiveWindow: b.in.capacity,
    accept(c) {
      if (b.accepted) return false;
      b.take(c);
      return true;
    },
  });
  const c = a.rig.tcp.connect({
    remote: address(2),
    remotePort: 80,
    localPort: CLIENT_PORT,
    sendBuf: a.out,
    recvBuf: a.in,
  });
  assert(typeof c !== "string");
  a.take(c);
  begin(c, startOf(draw, a.total));
  const answer = clockFor(b, startOf(draw, b.total));
  let heard = false;
  let now = 0;
  let alone = 0;
  let acting = 0;
  let pause = 1000;
  const over = () =>
    a.done && (b.done || !b.accepted) && a.reason !== undefined;
  for (let steps = 0; !over(); steps++) {
    if (now >= HOURS) {
      throw new Error(`${name}: not done: ${story(a)}; ${story(b)}`);
    }
    assert(steps < 60_000, `${name}: ${steps} steps`);
    for (const { to, octets } of network.due(now)) {
      if (!heard && to === b) {
        heard = true;
        // Once around the numbers it goes in 2^34 µs.
        b.origin = answer - now + pick(draw, [1, 2, 1024]) * 2 ** 34;
      }
      to.rig.now = to.origin + now;
      watch?.(to, "hears", octets, now);
      // What finds no room is lost.
      to.rig.device.inject(octets, ({ info }) => {
        info.segmentSize = octets.length > 9000 ? 1000 : 0;
      });
    }
    a.rig.now = a.origin + now;
    if (heard) b.rig.now = b.origin + now;
    if (now >= acting) {
      const busy = a.act(draw, b, now);
      pause = b.act(draw, a, now) || busy
        ? 1000 + draw.below(50_000)
        : Math.min(pause * 1.5, 10 * SECOND);
      acting = now + pause;
    }
    for (const [player, to] of [[a, b], [b, a]] as const) {
      if (player === b && !heard) continue;
      for (const { octets } of player.rig.turn()) {
        player.said++;
        watch?.(player, "says", octets, now);
        network.carry(octets, to, now);
      }
    }
    // Users lose patience with a network that is gone, and with a peer that is.
    if (a.reason === undefined && b.reason === undefined) alone = now;
    if (now > network.cutAt + PATIENCE || now > alone + SOLITUDE) {
      for (const player of [a, b]) player.c?.abort();
    }
    const next = Math.min(
      acting,
      network.next,
      a.rig.tcp.nextDeadline(a.rig.now) - a.origin,
      heard ? b.rig.tcp.nextDeadline(b.rig.now) - b.origin : Infinity,
    );
    now = Math.max(Math.ceil(next), now + 1);
  }
  judge(name, a, b, network);
  settled(name, a, CLIENT_PORT, 80);
  settled(name, b, 80, CLIENT_PORT);
}

/** How far a user is, for messages. */
function story({ mood, at, c, reason, written, total, read }: Player): string {
  const state = c?.stateName ?? "none";
  return `${mood} at ${at | 0}, ${reason ?? state}, ` +
    `wrote ${written} of ${total}, read ${read}`;
}

/** The reasons that a connection may end for, given who is in which mood. */
function judge(name: string, a: Player, b: Player, network: Network): void {
  const moods = `${name}: ${a.mood}, ${b.mood}`;
  assertEquals([a.wrong, b.wrong], [0, 0], moods);
  assert(a.read <= b.written && b.read <= a.written, moods);
  const gentle = (one: Player) =>
    one.mood === "patient" || one.mood === "half-close";
  // A half-open connection is given up after a minute of losses.
  const met = b.accepted || network.loss + network.spoilt === 0;
  if (gentle(a) && gentle(b) && network.cutAt === Infinity && met) {
    assertEquals([a.reason, b.reason], ["closed", "closed"], moods);
    assertEquals([a.read, b.read], [b.total, a.total], moods);
    // However small windows and pieces are, nobody chatters.
    const octets = a.total + b.total;
    const said = a.said + b.said;
    assert(said < 500 + 10 * octets, `${moods}: ${said} for ${octets} octets`);
    return;
  }
  for (const { reason } of [a, b]) {
    if (reason === undefined) continue;
    const known = ["closed", "reset", "refused", "timeout", "aborted"];
    assert(known.includes(reason), `${moods}: ${reason}`);
  }
}

/** All that a connection held is free again. */
function settled(
  name: string,
  { rig, board, nodes }: Player,
  localPort: number,
  remotePort: number,
): void {
  const { tcp } = rig;
  // What a user did last has to go out.
  rig.turn();
  if (tcp.timeWaiting === 0 && tcp.halfOpen === 0) {
    assertEquals(
      tcp.nextDeadline(rig.now),
      Infinity,
      `${name}: a timer is left`,
    );
  }
  // What the other has not heard is answered by the last of TIME-WAIT.
  rig.pass(2 * 3600 * SECOND);
  assertEquals(tcp.available, CONNECTIONS, `${name}: records`);
  assertEquals(tcp.halfOpen, 0, `${name}: half-open`);
  assertEquals(tcp.timeWaiting, 0, `${name}: TIME-WAIT`);
  assertEquals(tcp.nextDeadline(rig.now), Infinity, `${name}: timers`);
  assertEquals(rig.turn(), [], `${name}: still says something`);
  assertEquals([...tcp.connections()], [], `${name}: connections`);
  assertEquals(rig.count("handlerThrew"), 0, `${name}: exceptions`);
  assertEquals(board?.available ?? 0, nodes, `${name}: shared nodes`);
  const held = [...board?.count ?? []];
  assertEquals(held.filter((n) => n > 0), [], `${name}: nodes`);
  // And the 4-tuple may be used again.
  const c = tcp.connect({ remote: address(2), localPort, remotePort });
  assert(typeof c !== "string", `${name}: 4-tuple ${c}`);
}
