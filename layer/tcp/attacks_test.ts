// What a packet of an attacker costs, against one of an honest peer in the same
// run, and whether honest peers come through.

import { assert, assertEquals } from "@std/assert";
import { Random } from "@ethox/nic/random";
import * as ipv4 from "@ethox/wire/ipv4";
import * as wire from "@ethox/wire/tcp";
import {
  connected,
  OWN,
  Peer,
  Rig,
  type Said,
  SECOND,
  User,
  WAYS,
} from "./_host_test_util.ts";
import type { Connection } from "./connection.ts";
import * as state from "./state.ts";

const PACKETS = 100_000;
/** Times are those of this process: a busy machine is not an attack. */
const BOUND = 25;

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

/** Datagrams that differ in little from one that a peer made. */
class Template {
  readonly #octets: Uint8Array;
  readonly #view: DataView;
  readonly #ip: ipv4.View;
  readonly #tcp: wire.View;
  readonly #sequence: number;
  readonly #acknowledgment: number;

  constructor(octets: Uint8Array) {
    this.#octets = octets;
    this.#view = new DataView(octets.buffer, octets.byteOffset);
    this.#ip = new ipv4.View(this.#view, 0, octets.length);
    this.#tcp = new wire.View(this.#view, 20, octets.length);
    this.#sequence = this.#view.getInt32(24);
    this.#acknowledgment = this.#view.getInt32(28);
  }

  /** Adds to the sequence number of the original. */
  seq(more: number): this {
    this.#view.setInt32(24, this.#sequence + more);
    return this;
  }

  /** Adds to its acknowledgment number. */
  ack(more: number): this {
    this.#view.setInt32(28, this.#acknowledgment + more);
    return this;
  }

  /** Sets flags. */
  flags(flags: number): this {
    this.#view.setUint8(33, flags);
    return this;
  }

  /** Sets the source's port and address, if there is one. */
  from(port: number, source = this.#view.getInt32(12)): this {
    this.#view.setInt32(12, source);
    this.#view.setUint16(20, port);
    return this;
  }

  /** Sets a word of the options. */
  word(n: number, value: number): this {
    this.#view.setInt32(40 + 4 * n, value);
    return this;
  }

  /** The datagram, until the next is made. */
  get octets(): Uint8Array {
    this.#ip.fillChecksum();
    this.#tcp.fillChecksum4(this.#view.getInt32(12), OWN);
    return this.#octets;
  }
}

/** Handles so many datagrams in bursts; µs for each, the least of some parts. */
function cost(
  rig: Rig,
  make: (i: number) => { readonly octets: Uint8Array },
  packets: number = PACKETS,
): number {
  const parts = 10;
  const size = Math.floor(packets / parts);
  let least = Infinity;
  for (let part = 0; part < parts; part++) {
    const burst: Uint8Array[] = [];
    for (let i = 0; i < size; i++) {
      burst.push(make(part * size + i).octets.slice());
    }
    const began = performance.now();
    for (let i = 0; i < size; i++) {
      rig.put(burst[i]!);
      if (i % 64 === 63) {
        rig.now += 100;
        rig.drain();
      }
    }
    rig.drain();
    least = Math.min(least, (performance.now() - began) / size * 1000);
  }
  return least;
}

/** Octets in order, one by one, that the user reads. */
function honest(): number {
  const { rig, peer, user } = connected({}, { receiveWindow: 1 << 20 });
  user.hook = {
    received() {
      for (let n = user.in.peek(); n > 0; n = user.in.peek()) {
        user.in.consume(n);
      }
    },
  };
  const octet = new Template(peer.make(".", { seq: 1, data: "x" }));
  const each = cost(rig, (i) => octet.seq(i));
  assertEquals(user.c.octetsReceived, PACKETS);
  return each;
}

let baseline = 0;

/** Prints the ratio of an attack and judges it. */
function judge(what: string, perPacket: number): void {
  if (baseline === 0) baseline = honest();
  const ratio = perPacket / baseline;
  print(
    `  ${what}: ${perPacket.toFixed(2)} µs a packet, ` +
      `${ratio.toFixed(1)} times one in order`,
  );
  assert(ratio < BOUND, `${what}: ${ratio}`);
}

/** Octets of a segment, where many are to be in flight. */
const SMALL = 48;
const SACKING = { sack: true, mss: SMALL, scale: 7, window: 60_000 } as const;

/** A connection with as much in flight as the peer's window takes. */
function sending(octets: number) {
  const all = connected({ control: "fixed" }, SACKING);
  all.user.write(octets);
  all.rig.drain();
  assert(all.user.c.flight > 50_000, `${all.user.c.flight}`);
  return all;
}

/** An ACK with so many blocks, to be filled in by `word`. */
function sacking(peer: Peer, blocks: number): Template {
  const options = [1, 1, 5, 2 + 8 * blocks, ...new Uint8Array(8 * blocks)];
  return new Template(peer.make(".", { seq: 1, ack: 1, options }));
}

Deno.test("A51 a SYN in a synchronized state is answered from the budget, and does nothing (RFC 5961 4) [RFC5961 4.2-1] [RFC5961 4.2-2] [RFC5961 4.2-3]", () => {
  for (const [name, way] of Object.entries(WAYS)) {
    for (const seq of [0, 1, 2, 100, 5000, 100_000, -100, -(2 ** 31)]) {
      for (const flags of ["S", "S.", "SP."]) {
        const { peer, user } = way();
        const { c } = user;
        const before = [c.state, c.rcvNxt, c.sndUna, c.mss, c.sndWnd];
        const heard = peer.heard;
        const said = peer.say(flags, { seq, mss: 99, data: "evil" });
        assertEquals(said, [`. ${heard} ack ${peer.next}`], `${name} ${seq}`);
        assertEquals(
          [c.state, c.rcvNxt, c.sndUna, c.mss, c.sndWnd],
          before,
          `${name} ${flags} ${seq}`,
        );
        assertEquals(user.in.readable(), 0);
      }
    }
  }
});

Deno.test("A70 10^5 octets out of order, one by one: the cost of each stays bounded", () => {
  for (const order of ["up", "down", "anyhow"]) {
    const draw = new Random(70);
    const { rig, peer, user } = connected({}, {
      receiveWindow: 1 << 18,
      sack: true,
    });
    // Never the first, never two that touch.
    const octet = new Template(peer.make(".", { seq: 3, data: "x" }));
    const place = (i: number) =>
      order === "up" ? i : order === "down" ? PACKETS - i : draw.below(PACKETS);
    judge(
      `one octet out of order, ${order}`,
      cost(rig, (i) => octet.seq(2 * place(i))),
    );
    assertEquals(user.in.readable(), 0);
    assertEquals(user.reason, undefined);
    peer.say("P.", { seq: 1, data: "ho" });
    assert(user.read().startsWith("ho"));
  }
});

Deno.test("A71 A72 floods of SACK: true, false, tiny and renounced blocks cost a bounded time", () => {
  const draw = new Random(72);
  const floods: Record<string, () => number[]> = {
    "whole segments": () => {
      const at = 1 + SMALL * (1 + draw.below(1000));
      return [at, at + SMALL];
    },
    "single octets": () => {
      const at = [0, 1, 2].map(() => 2 + draw.below(60_000));
      return at.flatMap((from) => [from, from + 1]);
    },
    "below and above the flight": () => [
      ...[-5000 - draw.below(5000), -100],
      ...[500_000, 600_000],
      ...[50_000, 40_000],
    ],
    "duplicates (D-SACK)": () => {
      const at = -SMALL * draw.below(50);
      return [at - SMALL, at, 5001, 6001];
    },
  };
  for (const [what, edges] of Object.entries(floods)) {
    const { rig, peer, user } = sending(60_000);
    const ack = sacking(peer, edges().length / 2);
    const each = cost(rig, () => {
      edges().forEach((edge, i) => ack.word(1 + i, peer.irs + edge));
      return ack;
    });
    judge(`SACK of ${what}`, each);
    assertEquals(user.c.sndUna, (user.c.iss + 1) | 0);
    assertEquals(user.reason, undefined);
    // Who lied may still be told all of it.
    const held = new Uint8Array(60_001).fill(1, 0, 1);
    let end = 1;
    for (let i = 0; i < 2000 && end < 60_001; i++) {
      for (const { segment, data } of rig.pass(SECOND / 2)) {
        const at = (segment.sequence - peer.irs) | 0;
        held.fill(1, at, at + data.length);
      }
      while (held[end] === 1) end++;
      rig.put(peer.make(".", { seq: 1, ack: end }));
    }
    assertEquals(end, 60_001, what);
  }
});

Deno.test("A73 optimistic, split and repeated ACKs cost a bounded time and gain nothing", () => {
  const { rig, peer, user } = sending(65_000);
  const ack = new Template(peer.make(".", { seq: 1, ack: 1 }));
  judge("ACKs of what was not sent", cost(rig, (i) => ack.ack(200_000 + i)));
  assertEquals(user.c.sndUna, (user.c.iss + 1) | 0);
  assert(user.c.cwnd < 100_000);
  judge("duplicate ACKs", cost(rig, () => ack.ack(0)));
  const octets = 50_000;
  judge("ACKs of an octet each", cost(rig, (i) => ack.ack(1 + i), octets));
  assertEquals(user.c.octetsSent, octets);
});

Deno.test("A61 A63 A69 resets, requests and strangers' segments cost a bounded time", () => {
  const draw = new Random(61);
  const { rig, peer, user } = connected();
  const blind = new Template(peer.make("R", { seq: 2 }));
  const flags = [wire.RST, wire.SYN, wire.RST | wire.ACK, wire.SYN | wire.ACK];
  judge(
    "resets and requests in the window",
    cost(rig, (i) => blind.flags(flags[i & 3]!).seq(draw.below(4000))),
  );
  const stray = new Template(peer.make("."));
  judge(
    "segments that belong to nothing",
    cost(rig, (i) => stray.from(4001 + i % 60_000).seq(draw.next())),
  );
  assertEquals(user.c.state, state.ESTABLISHED);
});

Deno.test("A65 A66 forged ICMP errors cost a bounded time and do no harm", () => {
  const draw = new Random(65);
  const { rig, peer, user } = connected({}, { mss: 1400 });
  user.write(1400);
  const [said] = rig.turn();
  const kinds = [[3, 4], [3, 2], [3, 1], [11, 0]] as const;
  const errors: Uint8Array[] = [];
  for (let i = 0; i < 1000; i++) {
    const about = said!.octets.slice(0, 28);
    // One of four guesses the number right.
    if (i % 4 !== 0) new DataView(about.buffer).setInt32(24, draw.next());
    const [type, code] = kinds[draw.below(4)]!;
    const mtu = code === 4 ? 68 + draw.below(1400) : 0;
    errors.push(peer.complaint(type, code, about, mtu));
  }
  let next = 0;
  const error = { octets: errors[0]! };
  const each = cost(rig, () => {
    error.octets = errors[next++ % errors.length]!;
    return error;
  });
  judge("ICMP errors", each);
  assertEquals(user.c.state, state.ESTABLISHED);
  assert(user.c.mss >= 500, `${user.c.mss}`);
  peer.note(said!);
  peer.say(".");
  assertEquals(user.c.flight, 0);
});

/** A client of its own, far away, that asks and waits for the answer. */
class Client {
  readonly rig: Rig;
  readonly user = new User();
  readonly own: string;
  began = 0;
  established = Infinity;
  answered = Infinity;

  constructor(n: number) {
    this.own = `198.${51 + n % 7}.${n}.7`;
    this.rig = new Rig({ addresses: [`${this.own}/24`], connections: 1 });
  }

  begin(now: number): void {
    const { user, rig } = this;
    this.began = rig.now = now;
    rig.drain();
    user.hook = {
      established: () => void (this.established = rig.now),
      received: () => void (this.answered = rig.now),
    };
    rig.connect(1, { remote: OWN }, user);
    user.write("request");
  }
}

Deno.test("A47 a million forged SYNs in a minute: of 100 honest clients none fails or waits for three seconds", () => {
  const MINUTE = 60 * SECOND;
  const delay = 20_000;
  const server = new Rig({ connections: 128 });
  const served: Connection[] = [];
  server.serve({
    accept(c) {
      const user = new User();
      user.take(c);
      user.hook = { received: () => void user.write("response") };
      served.push(c);
      return true;
    },
  });
  const draw = new Random(47);
  const syn = new Template(
    new Peer(server).make("S", { mss: 1460, scale: 7, sack: true }),
  );
  // From 11.0.0.0/8 to 74.0.0.0/8.
  const forge = () =>
    syn.seq(draw.next()).from(
      1024 + draw.below(60_000),
      ((11 + draw.below(64)) << 24) | draw.below(1 << 24),
    ).octets;
  const clients = Array.from({ length: 100 }, (_, n) => new Client(n));
  const byAddress = new Map(
    clients.map((client) => [
      ipv4.Address.parse(client.own).value,
      client,
    ]),
  );
  // Each way, in order of arrival.
  const towards: { at: number; octets: Uint8Array }[] = [];
  const back: { at: number; client: Client; octets: Uint8Array }[] = [];
  const send = (said: readonly Said[]) => {
    for (const { at, octets } of said) towards.push({ at: at + delay, octets });
  };
  const origin = server.now;
  let begun = 0;
  let forged = 0;
  const began = performance.now();
  // Ticks of 6 ms with 100 SYNs each: a million in a minute.
  for (let now = origin; now < origin + MINUTE + 5 * SECOND; now += 6000) {
    server.now = now;
    if (now < origin + MINUTE) {
      for (let i = 0; i < 100; i++, forged++) server.put(forge());
    }
    while (begun < 100 && now >= origin + begun * MINUTE / 100) {
      clients[begun++]!.begin(now);
    }
    while (towards.length > 0 && towards[0]!.at <= now) {
      server.put(towards.shift()!.octets);
    }
    for (const octets of server.outcome()) {
      const to = new DataView(octets.buffer, octets.byteOffset).getInt32(16);
      const client = byAddress.get(to);
      if (client !== undefined) back.push({ at: now + delay, client, octets });
    }
    for (const client of clients.slice(0, begun)) {
      client.rig.now = now;
    }
    while (back.length > 0 && back[0]!.at <= now) {
      const { client, octets } = back.shift()!;
      client.rig.put(octets);
    }
    for (const client of clients.slice(0, begun)) {
      if (client.answered === Infinity) send(client.rig.turn());
    }
  }
  const waits = clients.map(({ began, answered }) => (answered - began) / 1e6);
  const longest = Math.max(...waits);
  const micros = (performance.now() - began) * 1000 / forged;
  print(
    `  ${forged} forged SYNs, ${
      server.count("cookiesSent")
    } cookies: the answer ` +
      `came after ${longest} s at most; ${micros.toFixed(1)} µs for a SYN`,
  );
  assertEquals(forged, 1_000_000);
  assert(longest <= 3, `${waits}`);
  assertEquals(served.length, 100);
  assert(server.tcp.halfOpen <= 256);
});
