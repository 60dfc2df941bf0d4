import { assert, assertEquals } from "@std/assert";
import { BASELINE, type Capabilities } from "@ethox/nic/capabilities";
import { Random } from "@ethox/nic/random";
import { RecvRing } from "@ethox/storage/recv-ring";
import { SendRing } from "@ethox/storage/send-ring";
import type { Connection } from "./connection.ts";
import type { CloseReason } from "./handler.ts";
import { address, KEY, Rig, type Said, SECOND } from "./_host_test_util.ts";

/** One of two hosts that talk with each other, and its user. */
class Player {
  readonly rig: Rig;
  readonly out: SendRing;
  readonly in: RecvRing;
  readonly total: number;
  readonly salt: number;
  c: Connection | undefined;
  reason: CloseReason | undefined;
  written = 0;
  read = 0;
  wrong = 0;
  ended = false;
  said = 0;

  constructor(
    draw: Random,
    mtu: number,
    origin: number,
    salt: number,
    capabilities: Capabilities,
  ) {
    const key = KEY.map((octet) => octet + salt);
    // Long enough for a last ACK that is lost many times.
    const tuning = { timeWait: 900 * SECOND };
    this.rig = new Rig({ mtu, origin, key, tuning, capabilities });
    this.out = SendRing.allocate(1 << (6 + draw.below(8)));
    this.in = RecvRing.allocate(1 << (6 + draw.below(9)));
    this.total = draw.below(4) === 0 ? draw.below(5) : draw.below(20_000);
    this.salt = salt;
  }

  take(c: Connection, noDelay: boolean): void {
    this.c = c;
    c.noDelay = noDelay;
    c.sendBuf = this.out;
    c.recvBuf = this.in;
    c.handler = {
      closed: (_, reason) => {
        this.reason = reason;
        this.c = undefined;
      },
    };
  }

  /** Writes and reads something, now and then. */
  act(draw: Random, other: Player): void {
    const { c } = this;
    const chunk = 1 + draw.below(draw.below(3) === 0 ? 3000 : 50);
    if (this.written < this.total) {
      const octets = new Uint8Array(Math.min(chunk, this.total - this.written));
      for (let i = 0; i < octets.length; i++) {
        octets[i] = octet(this.written + i, this.salt);
      }
      this.written += this.out.write(octets);
    }
    const into = new Uint8Array(1 + draw.below(3000));
    const n = this.in.read(into);
    for (let i = 0; i < n; i++) {
      if (into[i] !== octet(this.read + i, other.salt)) this.wrong++;
    }
    this.read += n;
    if (c === undefined) return;
    if (this.written === this.total && !this.ended) {
      this.ended = true;
      c.shutdown();
    }
    c.wake();
  }

  get done(): boolean {
    return this.reason !== undefined && this.in.readable() === 0;
  }
}

function octet(at: number, salt: number): number {
  return (at * 31 + (at >> 8) + salt) & 255;
}

interface Flight {
  readonly at: number;
  readonly to: Player;
  readonly octets: Uint8Array;
}

/** Two hosts, a bad network and moody users, as a seed has it. */
function duet(seed: number): void {
  const draw = new Random(seed);
  const mtu = [576, 1500, 9000, 120][draw.below(4)]!;
  const origin = draw.below(2) === 0 ? 1e6 : 2 ** 40;
  const other = draw.below(2) === 0 ? mtu : 1500;
  // Half of the devices cut segments themselves, and take them joined.
  const capabilities = draw.below(2) === 0
    ? BASELINE
    : { ...BASELINE, tcpSegmentation: 65_535 };
  const a = new Player(draw, mtu, origin, 1, capabilities);
  const b = new Player(draw, other, origin, 2, capabilities);
  const loss = [0, 0, 0.02, 0.2][draw.below(4)]!;
  const delay = [0, 100, 20_000, 300_000][draw.below(4)]!;
  const jitter = draw.below(2) === 0 ? 0 : delay;
  const doubled = draw.below(3) === 0 ? 0.1 : 0;
  const noDelay = draw.below(2) === 0;
  const name = `seed ${seed}`;
  b.rig.tcp.listen({
    port: 80,
    receiveWindow: b.in.capacity,
    accept(c) {
      b.take(c, noDelay);
      return true;
    },
  });
  const c = a.rig.tcp.connect({
    remote: address(2),
    remotePort: 80,
    sendBuf: a.out,
    recvBuf: a.in,
  });
  assert(typeof c !== "string");
  a.take(c, noDelay);
  let flights: Flight[] = [];
  const carry = (said: readonly Said[], to: Player) => {
    for (const { octets, at } of said) {
      // The other's address is the same, so that sums stay right.
      const swapped = octets.slice();
      swapped.set(octets.subarray(12, 16), 16);
      swapped.set(octets.subarray(16, 20), 12);
      for (let copies = draw.chance(doubled) ? 2 : 1; copies > 0; copies--) {
        if (draw.chance(loss)) continue;
        const late = at + delay + draw.below(jitter + 1);
        flights.push({ at: late, to, octets: swapped });
      }
    }
  };
  let now = origin;
  let acting = now;
  const end = now + 3600 * SECOND;
  let steps = 0;
  while (!(a.done && b.done)) {
    assert(now < end, `${name}: not done after an hour`);
    assert(++steps < 200_000, `${name}: ${steps} steps`);
    a.rig.now = b.rig.now = now;
    const due = flights.filter((flight) => flight.at <= now);
    flights = flights.filter((flight) => flight.at > now);
    due.sort((x, y) => x.at - y.at);
    for (const { to, octets } of due) {
      to.rig.put(octets, ({ info }) => {
        info.segmentSize = octets.length > 9000 ? 1000 : 0;
      });
    }
    if (now >= acting) {
      a.act(draw, b);
      b.act(draw, a);
      acting = now + 1000 + draw.below(50_000);
    }
    for (const [player, other] of [[a, b], [b, a]] as const) {
      const said = player.rig.turn();
      player.said += said.length;
      carry(said, other);
    }
    let next = Math.min(
      acting,
      a.rig.tcp.nextDeadline(now),
      b.rig.tcp.nextDeadline(now),
    );
    for (const { at } of flights) next = Math.min(next, at);
    now = Math.max(next, now + 1);
  }
  assertEquals([a.reason, b.reason], ["closed", "closed"], name);
  assertEquals([a.wrong, b.wrong], [0, 0], name);
  assertEquals([a.read, b.read], [b.total, a.total], name);
  for (const { rig } of [a, b]) {
    assertEquals(rig.tcp.available, 8, name);
    assertEquals(rig.count("handlerThrew"), 0, name);
  }
  // However small windows and pieces are, nobody chatters.
  const octets = a.total + b.total;
  const said = a.said + b.said;
  assert(said < 200 + octets, `${name}: ${said} segments, ${octets} octets`);
}

Deno.test("two hosts with moody users on a bad network lose nothing and come to an end", () => {
  for (let seed = 1; seed <= 100; seed++) duet(seed);
});
