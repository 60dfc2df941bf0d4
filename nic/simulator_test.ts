import { assert, assertEquals, assertThrows } from "@std/assert";
import { Reader } from "@ethox/wire/capture";
import * as checksum from "@ethox/wire/checksum";
import * as ipv4 from "@ethox/wire/ipv4";
import * as ipv6 from "@ethox/wire/ipv6";
import * as fc from "fast-check";
import { Memory } from "@ethox/managed/memory";
import { ArenaError } from "./arena.ts";
import { capabilities } from "./capabilities.ts";
import { OptionError, SEND_DROPPED, SEND_ERRORS, SENT } from "./device.ts";
import { type Packet, SEGMENT_TCP4 } from "./packet.ts";
import {
  type End,
  type Link,
  type LinkOptions,
  type Path,
  Simulator,
  SimulatorError,
  type SimulatorOptions,
  TroubleError,
} from "./simulator.ts";

/** Sends frames of some length at once, each with its number in front. */
function send(end: End, count: number, length = 1000, from = 0): number {
  let number = from;
  return end.tx(count, (packet) => {
    packet.resize(length);
    packet.memory.fill(packet.start, length, 0x5a);
    packet.memory.view.setUint32(packet.start, number++);
    packet.queue();
  });
}

/** What came: number, time and all octets. */
type Arrival = [number: number, time: number, octets: string];

function take(end: End, into: Arrival[] = []): Arrival[] {
  end.rx(10_000, ({ memory, start, end: stop, info }) => {
    into.push([
      memory.view.getUint32(start),
      info.timestamp,
      memory.bytes.slice(start, stop).toHex(),
    ]);
  });
  return into;
}

/** All that comes until nothing is under way. */
function drain(net: Simulator, end: End): Arrival[] {
  const all: Arrival[] = [];
  do take(end, all); while (net.step());
  return all;
}

function times(arrivals: Arrival[]): number[] {
  return arrivals.map(([, time]) => time);
}

function numbers(arrivals: Arrival[]): number[] {
  return arrivals.map(([number]) => number);
}

function one(path: Path, options: SimulatorOptions = {}): [Simulator, Link] {
  const net = new Simulator({ slots: 8192, ...options });
  return [net, net.link({ paths: [path, {}] })];
}

/** What a direction did, and whether every packet is accounted for. */
function told({ counters, b }: Link): Record<string, number | undefined> {
  const all: Record<string, number | undefined> = counters[0].toJSON();
  const {
    sent = 0,
    duplicated = 0,
    delivered = 0,
    droppedFull = 0,
    droppedEarly = 0,
    droppedLarge = 0,
    droppedLost = 0,
    droppedCut = 0,
    droppedExhausted = 0,
  } = all;
  assertEquals(
    sent + duplicated,
    delivered + droppedFull + droppedEarly + droppedLarge + droppedLost +
      droppedCut + droppedExhausted + b.pending,
  );
  return all;
}

Deno.test("Simulator delivers at the rate and after the delay, to the µs", () => {
  const [net, link] = one({ rate: 8e6, delay: 500 });
  assertEquals(send(link.a, 3, 1000), 3);
  assertEquals(link.b.nextArrival, 1500);
  assertEquals(times(drain(net, link.b)), [1500, 2500, 3500]);
  // The line had been idle.
  send(link.a, 1, 100);
  assertEquals(times(drain(net, link.b)), [4100]);
  assertEquals(told(link), {
    sent: 4,
    sentOctets: 3100,
    delivered: 4,
    deliveredOctets: 3100,
    queuePeak: 3,
    queuePeakOctets: 3000,
  });
});

Deno.test("Simulator keeps fractions of a µs of the rate", () => {
  const [net, link] = one({ rate: 3e6 });
  send(link.a, 6, 100);
  // 266 2/3 µs each.
  assertEquals(times(drain(net, link.b)), [267, 534, 800, 1067, 1334, 1600]);
});

Deno.test("Simulator takes no time on a link without rate and delay", () => {
  const [net, link] = one({});
  send(link.a, 5);
  assertEquals(times(take(link.b)), [0, 0, 0, 0, 0]);
  assertEquals(net.step(), false);
  assertEquals(net.step(70), true);
  assertEquals([net.now, link.a.now()], [70, 70]);
  link.a.wait(1000);
  assertEquals(net.now, 70);
});

Deno.test("Simulator steps to each arrival, but not beyond the end given", () => {
  const [net, link] = one({ rate: 8e6, delay: 100 }, { origin: 2 ** 41 });
  send(link.a, 2);
  net.step(2 ** 41 + 50);
  assertEquals(net.now, 2 ** 41 + 50);
  net.step();
  assertEquals(net.now, 2 ** 41 + 1100);
  // What is not taken does not hold up time.
  net.step();
  assertEquals(net.now, 2 ** 41 + 2100);
  assertEquals(take(link.b).length, 2);
});

Deno.test("Simulator drops what finds the queue full, by packets", () => {
  const [net, link] = one({ rate: 8e6, queue: 4 });
  send(link.a, 10);
  assertEquals(numbers(drain(net, link.b)), [0, 1, 2, 3]);
  const { droppedFull, queuePeak } = told(link);
  assertEquals([droppedFull, queuePeak], [6, 4]);
  const { values } = link.a.counters;
  assertEquals([values[SENT], values[SEND_DROPPED]], [4, 6]);
});

Deno.test("Simulator drops what finds the queue full, by octets, and takes less", () => {
  const [net, link] = one({ rate: 8e6, queueOctets: 2500 });
  send(link.a, 3);
  send(link.a, 1, 500, 3);
  assertEquals(numbers(drain(net, link.b)), [0, 1, 3]);
  // There is room again once a packet has wholly left.
  send(link.a, 2);
  net.step(net.now + 999);
  send(link.a, 1, 1000, 5);
  net.step(net.now + 1);
  send(link.a, 1, 1000, 6);
  assertEquals(numbers(drain(net, link.b)), [0, 1, 6]);
  assertEquals(told(link).queuePeakOctets, 2500);
});

Deno.test("Simulator lets packets fly that have left the queue, up to the limit", () => {
  const [net, link] = one({ rate: 8e6, delay: 50_000, queue: 1, limit: 5 });
  for (let i = 0; i < 8; i++) {
    send(link.a, 1, 1000, i);
    net.step(net.now + 1000);
  }
  assertEquals(numbers(drain(net, link.b)), [0, 1, 2, 3, 4]);
  assertEquals(told(link).droppedExhausted, 3);
});

Deno.test("Simulator jitters within its bound, in order if told so", () => {
  for (const ordered of [false, true]) {
    const [net, link] = one({ delay: 100, jitter: 50, ordered });
    const all: Arrival[] = [];
    for (let i = 0; i < 2000; i++) {
      send(link.a, 1, 60, i);
      for (const end = net.now + 10; net.now < end;) {
        net.step(end);
        take(link.b, all);
      }
    }
    all.push(...drain(net, link.b));
    const lates = all.map(([number, time]) => time - number * 10 - 100);
    assertEquals(all.length, 2000);
    assertEquals([Math.min(...lates), Math.max(...lates)], [0, 50]);
    const sorted = numbers(all).every((number, i) => number === i);
    assertEquals(sorted, ordered);
  }
});

/** Asserts a count to be within five standard deviations of what it should. */
function assertRate(count: number, of: number, probability: number): void {
  const bound = 5 * Math.sqrt(of * probability * (1 - probability));
  assert(Math.abs(count - of * probability) <= bound, `${count} of ${of}`);
}

/** Sends many packets one by one, 100 µs apart. */
function many(path: Path, count = 20_000, seed = 1): [Arrival[], Link] {
  const [net, link] = one(path, { seed });
  const all: Arrival[] = [];
  for (let i = 0; i < count; i++) {
    send(link.a, 1, 60, i);
    for (const end = net.now + 100; net.now < end;) {
      net.step(end);
      take(link.b, all);
    }
  }
  all.push(...drain(net, link.b));
  return [all, link];
}

Deno.test("Simulator loses, repeats, delays and damages as often as it says", () => {
  const [lossy, lost] = many({ loss: 0.05 });
  assertRate(told(lost).droppedLost!, 20_000, 0.05);
  assertEquals(lossy.length, 20_000 - told(lost).droppedLost!);
  const [twice, doubled] = many({ duplicate: 0.1 });
  assertRate(told(doubled).duplicated!, 20_000, 0.1);
  assertEquals(twice.length, 20_000 + told(doubled).duplicated!);
  const [late, held] = many({ reorder: 0.1, reorderDelay: 250 });
  assertRate(told(held).reordered!, 20_000, 0.1);
  const over = late.filter(([number, time]) => time === number * 100 + 250);
  assertEquals(over.length, told(held).reordered);
  assert(late.some(([number], i) => i > 0 && number < late[i - 1]![0]));
  const [damaged, corrupt] = many({ corrupt: 0.1, delay: 1 });
  assertRate(told(corrupt).corrupted!, 20_000, 0.1);
  const whole = damaged.filter(([, time, octets]) =>
    octets ===
      ((time - 1) / 100).toString(16).padStart(8, "0") + "5a".repeat(56)
  );
  assertEquals(whole.length, 20_000 - told(corrupt).corrupted!);
});

Deno.test("Simulator loses in bursts as long and as often as Gilbert and Elliott say", () => {
  const toBad = 0.02;
  const toGood = 0.25;
  const count = 200_000;
  const [all, link] = many({ bursts: { toBad, toGood } }, count);
  const came = new Set(numbers(all));
  let bursts = 0;
  for (let i = 0; i < count; i++) {
    if (!came.has(i) && (i === 0 || came.has(i - 1))) bursts++;
  }
  const lost = told(link).droppedLost!;
  // The standard deviation of a mean over a chain with memory 1 - toBad - toGood.
  const mean = toBad / (toBad + toGood);
  const memory = 1 - toBad - toGood;
  const spread = Math.sqrt(
    mean * (1 - mean) / count * (1 + memory) / (1 - memory),
  );
  assert(Math.abs(lost / count - mean) < 5 * spread, `${lost} of ${count}`);
  // Geometric lengths: mean 1 / toGood, and their variance.
  const length = Math.sqrt((1 - toGood) / toGood ** 2 / bursts);
  assert(
    Math.abs(lost / bursts - 1 / toGood) < 5 * length,
    `${lost / bursts} in a burst`,
  );
});

Deno.test("Simulator loses a share in each state of a burst model", () => {
  const [, link] = many({
    bursts: { toBad: 0.5, toGood: 0.5, lossBad: 0.6, lossGood: 0.2 },
  });
  assertRate(told(link).droppedLost!, 20_000, 0.4);
});

/** A datagram without payload but its number, of version 4 or 6. */
function datagram(packet: Packet, version: number, ecn: number): void {
  const length = 1000;
  packet.resize(14 + length);
  const { memory: { view }, start } = packet;
  packet.memory.fill(start, 14 + length, 0);
  view.setUint16(start + 12, version === 4 ? 0x0800 : 0x86dd);
  if (version === 4) {
    const repr = new ipv4.Repr();
    repr.ecn = ecn;
    repr.payloadLength = length - 20;
    repr.emit(view, start + 14);
    new ipv4.View().wrap(view, start + 14, packet.end).fillChecksum();
  } else {
    view.setUint32(start + 14, 6 << 28 | 0x15 << 22 | ecn << 20 | 0xabcde);
    view.setUint16(start + 18, length - 40);
  }
  packet.queue();
}

for (const version of [4, 6]) {
  Deno.test(`Simulator marks what is ECN-capable, and drops the rest, over IPv${version} (RFC 3168 section 7)`, () => {
    const red = { min: 5000, max: 60_000, weight: 0.05, probability: 0.5 };
    for (const ecn of [0, 1, 2, 3]) {
      const [net, link] = one({ rate: 8e6, queue: 100, red });
      const v4 = new ipv4.View();
      const v6 = new ipv6.View();
      let congested = 0;
      const look = ({ memory, start, end }: Packet) => {
        const at = start + 14;
        if (version === 4) {
          const sum = checksum.sum(memory.view, at, 20, 0);
          assertEquals(checksum.finish(sum), 0);
          v4.wrap(memory.view, at, end);
          if (v4.ecn === 3) congested++;
          else assertEquals(v4.ecn, ecn);
        } else {
          v6.wrap(memory.view, at, end);
          assertEquals([v6.dscp, v6.flowLabel], [0x15, 0xabcde]);
          if (v6.ecn === 3) congested++;
          else assertEquals(v6.ecn, ecn);
        }
      };
      // One and a tenth of what the line carries.
      for (let i = 0; i < 400; i++) {
        link.a.tx(1, (packet) => datagram(packet, version, ecn));
        for (const end = net.now + 922; net.now < end;) {
          net.step(end);
          link.b.rx(100, look);
        }
      }
      do link.b.rx(100, look); while (net.step());
      const { marked = 0, droppedEarly = 0, delivered } = told(link);
      if (ecn === 0) {
        assert(droppedEarly > 5);
        assertEquals([marked, congested], [0, 0]);
      } else {
        assert(marked > 5);
        assertEquals(droppedEarly, 0);
        assertEquals(congested, ecn === 3 ? delivered : marked);
      }
    }
  });
}

Deno.test("Simulator drops everything while the average is above the greatest", () => {
  const red = { min: 1000, max: 3000, weight: 1 };
  const [net, link] = one({ rate: 8e6, queue: 100, red });
  link.a.tx(20, (packet) => datagram(packet, 4, 1));
  const { droppedEarly = 0, marked = 0 } = told(link);
  assert(droppedEarly + marked >= 17, `${droppedEarly} and ${marked}`);
  assert(droppedEarly >= 15);
  do link.b.rx(100, () => {}); while (net.step());
  // The average falls while nothing comes.
  net.step(net.now + 100_000);
  link.a.tx(1, (packet) => datagram(packet, 4, 1));
  assertEquals(told(link).droppedEarly, droppedEarly);
});

Deno.test("Simulator drops instead of marking where ECN is off", () => {
  const red = { min: 0, max: 1e6, weight: 1, probability: 1, ecn: false };
  const [, link] = one({ rate: 8e6, queue: 1000, red });
  link.a.tx(500, (packet) => datagram(packet, 4, 1));
  const { marked = 0, droppedEarly = 0 } = told(link);
  assert(droppedEarly > 20);
  assertEquals(marked, 0);
});

Deno.test("Simulator drops what is over the MTU of a direction, and counts it", () => {
  const [net, link] = one({ mtu: 576 });
  send(link.a, 1, 14 + 576);
  send(link.a, 1, 14 + 577);
  assertEquals(drain(net, link.b).length, 1);
  assertEquals(told(link).droppedLarge, 1);
  assertEquals(link.a.personality.mtu, 1500);
  // The other direction takes what the ends know of, and no more.
  send(link.b, 1, 14 + 1500);
  send(link.b, 1, 14 + 1501);
  assertEquals(link.counters[1].get("sent"), 1);
  assertEquals(link.b.counters.values[SEND_ERRORS], 1);
});

Deno.test("Simulator refuses super-segments", () => {
  const [, link] = one({});
  link.a.tx(1, (packet) => {
    packet.resize(1000);
    packet.info.segmentType = SEGMENT_TCP4;
    packet.info.segmentSize = 500;
    packet.queue();
  });
  assertEquals(link.b.pending, 0);
  assertEquals(link.a.counters.values[SEND_ERRORS], 1);
});

Deno.test("Link loses what is under way when it is cut, until it is mended", () => {
  const [net, link] = one({ rate: 8e6, delay: 1000 });
  send(link.a, 3);
  net.step();
  link.cut();
  send(link.a, 1, 1000, 3);
  assert(link.isCut);
  assertEquals(numbers(take(link.b)), [0]);
  assertEquals(link.b.pending, 0);
  link.mend();
  // The queue went, too.
  send(link.a, 1, 1000, 4);
  const [[number, time]] = drain(net, link.b) as [Arrival];
  assertEquals([number, time], [4, 4000]);
  assertEquals(told(link).droppedCut, 3);
});

Deno.test("Link is cut and mended at the times that it was told", () => {
  const net = new Simulator();
  const link = net.link({
    path: { delay: 10 },
    outages: [[100, 200], [305.5, 400]],
  });
  const all: Arrival[] = [];
  for (let i = 0; i < 50; i++) {
    send(link.a, 1, 60, i);
    for (const end = (i + 1) * 10; net.now < end;) {
      net.step(end);
      take(link.b, all);
    }
  }
  // What arrives at the moment of the cut has arrived.
  assertEquals(numbers(all), [
    ...Array(10).keys(),
    ...Array.from({ length: 10 }, (_, i) => 20 + i),
    ...Array.from({ length: 10 }, (_, i) => 40 + i),
  ]);
  const changes = net.link({ outages: [[0, 10]] });
  assert(!changes.isCut);
});

const TROUBLED: Path = {
  rate: 20e6,
  delay: 300,
  jitter: 200,
  queue: 20,
  loss: 0.03,
  bursts: { toBad: 0.01, toGood: 0.3 },
  reorder: 0.05,
  duplicate: 0.05,
  corrupt: 0.05,
  red: { min: 2000, max: 20_000, weight: 0.1 },
};

/** Everything that came both ways, all counts and both captures. */
function replay(seed: number, first: Path, second: Path): string[] {
  const file: Uint8Array[] = [];
  const net = new Simulator({ seed });
  const link = net.link({
    paths: [first, second],
    capture: (piece) => void file.push(piece.slice()),
  });
  const came: [Arrival[], Arrival[]] = [[], []];
  for (let i = 0; i < 300; i++) {
    send(link.a, 3, 400, i * 3);
    send(link.b, 3, 400, i * 3);
    for (const end = net.now + 500; net.now < end;) {
      net.step(end);
      take(link.b, came[0]);
      take(link.a, came[1]);
    }
  }
  net.flush();
  return [
    JSON.stringify(came[0]) + JSON.stringify(link.counters[0]),
    JSON.stringify(came[1]) + JSON.stringify(link.counters[1]),
    file.map((piece) => piece.toHex()).join(""),
  ];
}

Deno.test("Simulator replays a seed bit by bit, and another differs", () => {
  const run = replay(5, TROUBLED, TROUBLED);
  assertEquals(replay(5, TROUBLED, TROUBLED), run);
  const other = replay(6, TROUBLED, TROUBLED);
  for (let i = 0; i < 3; i++) assert(other[i] !== run[i]);
  assert(run[0] !== run[1]);
});

Deno.test("Simulator draws each direction from a stream of its own", () => {
  const run = replay(5, TROUBLED, TROUBLED);
  const calm = replay(5, TROUBLED, {});
  assertEquals(calm[0], run[0]);
  assert(calm[1] !== run[1]);
});

Deno.test("Simulator accounts for every packet, and its slots, whatever it does", () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(
      fc.record({
        seed: fc.integer(),
        loss: share,
        duplicate: share,
        reorder: share,
        corrupt: share,
        jitter: fc.nat(500),
        delay: fc.nat(500),
        rate: fc.double({ min: 1e6, max: 1e9, noNaN: true }),
        limit: fc.integer({ min: 1, max: 20 }),
        queue: fc.integer({ min: 1, max: 20 }),
        ordered: fc.boolean(),
      }),
      ({ seed, ...path }) => {
        const net = new Simulator({ seed, slots: 2 * 20 + 2 });
        const link = net.link({ paths: [path, { limit: 20 }] });
        let last = 0;
        for (let i = 0; i < 60; i++) {
          send(link.a, 5, 200, i);
          if (i === 30) link.cut();
          if (i === 35) link.mend();
          net.step(net.now + 100);
          for (const time of times(take(link.b))) {
            assert(time >= last);
            last = time;
          }
          told(link);
        }
        drain(net, link.b);
        told(link);
        assertEquals(link.b.pending, 0);
        // Nothing was lost of the memory.
        assertEquals(send(link.b, 20, 60), 20);
        assertEquals(link.counters[1].get("droppedExhausted"), 0);
      },
    ),
    { numRuns: 200 },
  );
});

function captured(pieces: Uint8Array[]): unknown[] {
  const bytes = new Uint8Array(
    pieces.reduce((sum, { length }) => sum + length, 0),
  );
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  const reader = new Reader().open(bytes);
  const frames = [];
  while (reader.next()) {
    const { view, start, end, interfaceIndex, timestamp, flags } = reader;
    frames.push([
      interfaceIndex,
      timestamp,
      flags & 3,
      view.getUint32(start),
      end - start,
    ]);
  }
  assertEquals(reader.reason, undefined);
  return frames;
}

Deno.test("Simulator records what each end of a link sends and gets", () => {
  const both: Uint8Array[] = [];
  const back: Uint8Array[] = [];
  const net = new Simulator({ epoch: 1e15 });
  const link = net.link({
    paths: [{ delay: 30, rate: 8e6, queue: 1 }, {
      delay: 20,
      capture: (piece) => void back.push(piece.slice()),
    }],
    capture: (piece) => void both.push(piece.slice()),
  });
  send(link.a, 2, 100, 7);
  net.step();
  take(link.b);
  send(link.b, 1, 60, 9);
  net.step();
  take(link.a);
  net.flush();
  const answer = [
    [1, 1e15 + 130, 2, 9, 60],
    [0, 1e15 + 150, 1, 9, 60],
  ];
  assertEquals(captured(back), answer);
  assertEquals(captured(both), [
    [0, 1e15, 2, 7, 100],
    [0, 1e15, 2, 8, 100],
    [1, 1e15 + 130, 1, 7, 100],
    ...answer,
  ]);
});

Deno.test("Simulator keeps as much of each packet as was asked for, and its length", () => {
  const file: Uint8Array[] = [];
  const net = new Simulator();
  const link = net.link({
    capture: (piece) => void file.push(piece.slice()),
    snapLength: 60,
  });
  send(link.a, 1, 100, 7);
  net.flush();
  const octets = Uint8Array.from(file.flatMap((piece) => [...piece]));
  const reader = new Reader().open(octets);
  assert(reader.next());
  assertEquals([reader.end - reader.start, reader.wireLength], [60, 100]);
});

/** Sends a frame from one address to another; only their last octet matters. */
function frame(end: End, to: number, from: number): void {
  end.tx(1, (packet) => {
    packet.resize(60);
    const { memory: { view }, start } = packet;
    packet.memory.fill(start, 60, 0);
    view.setUint16(start, to === 255 ? 0xffff : 0x0200);
    view.setInt32(start + 2, to === 255 ? -1 : to);
    view.setUint16(start + 6, 0x0200);
    view.setInt32(start + 8, from);
    packet.queue();
  });
}

Deno.test("Switch learns where addresses are, and floods what it does not know", () => {
  const net = new Simulator({ slots: 1000 });
  const links = [1, 2, 3].map(() => net.link({ path: { limit: 20 } }));
  const center = net.join(links.map(({ b }) => b));
  assertEquals(center.ports, 3);
  const got = () => {
    net.step(net.now + 1);
    return links.map(({ a }) => a.rx(100, () => {}));
  };
  frame(links[0]!.a, 2, 1);
  assertEquals(got(), [0, 1, 1]);
  frame(links[1]!.a, 1, 2);
  assertEquals(got(), [1, 0, 0]);
  frame(links[0]!.a, 2, 1);
  assertEquals(got(), [0, 1, 0]);
  frame(links[2]!.a, 255, 3);
  assertEquals(got(), [1, 1, 0]);
  // A station on the port that the frame came from has it already.
  frame(links[0]!.a, 1, 9);
  assertEquals(got(), [0, 0, 0]);
  assertEquals(center.stations, 4);
  // Another port, and its frames go there.
  frame(links[2]!.a, 255, 1);
  got();
  frame(links[1]!.a, 1, 2);
  assertEquals(got(), [0, 0, 1]);
});

Deno.test("Switch of no stations is a hub, as is one without Ethernet", () => {
  for (const medium of ["ethernet", "ip"] as const) {
    const net = new Simulator({ medium });
    const links = [1, 2, 3].map(() => net.link());
    const ends = links.map(({ b }) => b);
    net.join(ends, medium === "ip" ? {} : { stations: 0 });
    for (let i = 0; i < 2; i++) {
      for (const { a } of links) send(a, 1, 60);
      net.step(net.now + 1);
      assertEquals(links.map(({ a }) => a.rx(100, () => {})), [2, 2, 2]);
    }
  }
});

Deno.test("Switch of few stations forgets the oldest, and no slot is lost", () => {
  const net = new Simulator({ slots: 2 * 82 });
  const links = [1, 2].map(() => net.link({ path: { limit: 40 } }));
  const center = net.join(links.map(({ b }) => b), { stations: 4 });
  for (let i = 0; i < 1000; i++) {
    frame(links[i & 1]!.a, i % 13, i % 7);
    net.step(net.now + 1);
    for (const { a } of links) a.rx(100, () => {});
  }
  assertEquals(center.stations, 4);
  for (const { counters: [forth, back] } of links) {
    assertEquals(forth.get("sent"), 500);
    assertEquals(back.get("droppedExhausted"), 0);
  }
});

Deno.test("Switch hands on through others, at their rates", () => {
  const net = new Simulator();
  const left = net.link({ path: { delay: 10 } });
  const middle = net.link({ path: { rate: 8e6, delay: 100 } });
  const right = net.link({ path: { delay: 10 } });
  net.join([left.b, middle.a]);
  net.join([middle.b, right.a]);
  send(left.a, 3, 1000);
  assertEquals(times(drain(net, right.b)), [1120, 2120, 3120]);
});

Deno.test("Simulator.run() gives turns until none is wanted, then moves time", () => {
  const [net, { a, b }] = one({ delay: 40 });
  const log: string[] = [];
  let pings = 0;
  const pinger = {
    turn() {
      const got = a.rx(10, () => log.push(`pong at ${net.now}`));
      if (net.now < pings * 100) return got;
      pings++;
      return got + send(a, 1, 60);
    },
    nextDeadline: () => pings * 100,
  };
  const answerer = {
    turn: () => b.rx(10, (packet) => void packet.queue()),
    nextDeadline: () => Infinity,
  };
  const hosts = [pinger, answerer];
  assertEquals(net.run(Infinity, hosts, () => log.length === 3), true);
  assertEquals(log, ["pong at 40", "pong at 140", "pong at 240"]);
  assertEquals(net.run(1000, hosts), false);
  assertEquals([net.now, pings], [1000, 11]);
  assertEquals(net.run(Infinity, [answerer]), false);
});

Deno.test("Simulator.run() goes on when somebody is due and does nothing", () => {
  const net = new Simulator();
  const idle = { turn: () => 0, nextDeadline: () => 0 };
  assertEquals(net.run(5, [idle]), false);
  assertEquals(net.now, 5);
});

Deno.test("Simulator cuts its slots from memory that is handed in", () => {
  const memory = Memory.allocate(16 * 2048);
  const net = new Simulator({ slots: 16, memory });
  const { a, b } = net.link({ path: { limit: 7 } });
  send(a, 1, 60);
  b.rx(1, (packet) => assertEquals(packet.memory, memory));
  assertThrows(() => new Simulator({ slots: 33, memory }), ArenaError);
});

const wrong: readonly (readonly [string, LinkOptions])[] = [
  ["a rate below 1", { path: { rate: 0.5 } }],
  ["no limit", { path: { limit: 0 } }],
  ["half a packet", { path: { queue: 1.5 } }],
  ["no octets", { path: { queueOctets: 0 } }],
  ["more than slots allow", { path: { limit: 4000 } }],
  ["a negative delay", { path: { delay: -1 } }],
  ["a probability above 1", { path: { bursts: { toBad: 2, toGood: 1 } } }],
  ["thresholds in disorder", { path: { red: { min: 2, max: 1 } } }],
  ["no weight", { path: { red: { min: 0, max: 1, weight: 0 } } }],
  ["too large an MTU", { mtu: 9000 }],
  ["segmentation", { capabilities: capabilities({ tcpSegmentation: 65535 }) }],
  ["outages in disorder", { outages: [[20, 10]] }],
];

for (const [what, options] of wrong) {
  Deno.test(`Simulator throws when a link has ${what}`, () => {
    assertThrows(() => new Simulator().link(options), OptionError);
  });
}

Deno.test("Simulator throws when ends cannot be joined", () => {
  const net = new Simulator();
  const [first, second, third] = [net.link(), net.link(), net.link()];
  const other = new Simulator().link();
  const cases = [
    [first.a],
    [first.a, first.a],
    [first.a, first.b],
    [first.a, other.a],
  ];
  for (const ends of cases) {
    assertThrows(() => net.join(ends), SimulatorError);
  }
  net.join([first.a, second.a]);
  assertThrows(() => net.join([first.a, third.a]), SimulatorError);
  assertThrows(() => net.join([first.b, second.b]), SimulatorError);
  net.join([first.b, third.a]);
  assertThrows(() => net.join([third.b, second.b]), SimulatorError);
  assertThrows(() => net.link({ path: { loss: 2 } }), TroubleError);
});
