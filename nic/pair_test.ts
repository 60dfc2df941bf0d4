import {
  assert,
  assertEquals,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import * as ethernet from "@ethox/wire/ethernet";
import { assertSteady } from "./_steady_test_util.ts";
import { capabilities } from "./capabilities.ts";
import {
  OptionError,
  RECEIVED,
  RECEIVED_OCTETS,
  SEND_DROPPED,
  SEND_ERRORS,
  SENT,
} from "./device.ts";
import {
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  CHECKSUM_VERIFIED,
  NotLentError,
  type Packet,
  SEGMENT_NONE,
  SEGMENT_TCP4,
  SEGMENT_UDP,
} from "./packet.ts";
import { type End, Pair, PairError } from "./pair.ts";

const OFFLOAD = capabilities({
  tcp: { receive: false, transmit: true },
  tcpSegmentation: 65535,
});

function send(end: End, length: number, value = 0): number {
  return end.tx(1, (packet) => {
    packet.resize(length);
    packet.memory.bytes.fill(value, packet.start, packet.end);
    packet.queue();
  });
}

/** Sends until nobody is asked any more; returns how many. */
function fill(end: End): number {
  let sent = 0;
  while (sent < 1000 && send(end, 60) === 1) sent++;
  return sent;
}

function take(end: End): number[] {
  const got: number[] = [];
  end.rx(1000, (packet) => {
    got.push(packet.memory.bytes[packet.start]!);
  });
  return got;
}

Deno.test("Pair hands packets over in order and in the same memory", () => {
  const { a, b } = new Pair();
  const sent: number[] = [];
  const got: number[] = [];
  a.tx(5, (packet) => {
    packet.resize(60 + sent.length);
    packet.queue();
    sent.push(packet.index);
  });
  assertEquals(b.pending, 5);
  assertEquals(b.rx(3, (packet) => void got.push(packet.index)), 3);
  assertEquals(b.rx(3, (packet) => void got.push(packet.index)), 2);
  assertEquals(got, sent);
  assertEquals(a.counters.get("sent"), 5);
  assertEquals(a.counters.get("sentOctets"), 5 * 60 + 10);
  assertEquals(b.counters.values[RECEIVED], 5);
  assertEquals(b.counters.values[RECEIVED_OCTETS], 5 * 60 + 10);
});

Deno.test("Pair sends what was queued as an answer, where it begins now", () => {
  const { a, b } = new Pair();
  send(a, 100, 7);
  b.rx(1, (packet) => {
    packet.reframe(200, 0, 100, 50);
    packet.memory.bytes[packet.start] = 9;
    assertEquals(packet.queue(), "queued");
    assertEquals(packet.queued, true);
  });
  let length = 0;
  a.rx(1, (packet) => {
    length = packet.length;
    assertEquals(packet.memory.bytes[packet.start], 9);
    assertEquals(packet.memory.bytes[packet.start + 50], 7);
  });
  assertEquals(length, 200);
});

Deno.test("Pair.tx() stops at the first buffer that is left unqueued (ethox 5.4 #8)", () => {
  const { a, b } = new Pair();
  let offered = 0;
  const count = a.tx(10, (packet) => {
    packet.resize(60);
    if (++offered < 4) packet.queue();
  });
  assertEquals(count, 3);
  assertEquals(offered, 4);
  assertEquals(b.pending, 3);
  assertEquals(a.tx(10, () => {}), 0);
});

Deno.test("Pair handles bursts, not one packet a call (ethox 5.4 #6)", () => {
  const { a, b } = new Pair();
  assertEquals(
    a.tx(64, (packet) => {
      packet.resize(60);
      packet.queue();
    }),
    64,
  );
  assertEquals(b.rx(64, (packet) => void packet.queue()), 64);
  assertEquals(a.rx(65, () => {}), 64);
});

Deno.test("Pair says its medium, MTU, addresses and capabilities", () => {
  const first = new ethernet.Address(0x0200, 1);
  const second = new ethernet.Address(0x0200, 2);
  const { a, b } = new Pair({
    mtu: 9000,
    addresses: [first, second],
    directions: [{ capabilities: OFFLOAD }, {}],
  });
  assertEquals(a.personality.mtu, 9000);
  assertEquals(a.personality.medium, "ethernet");
  assertStrictEquals(a.personality.address, first);
  assertStrictEquals(b.personality.address, second);
  assertStrictEquals(a.personality.capabilities, OFFLOAD);
  assertEquals(b.personality.capabilities.tcpSegmentation, 0);
  a.tx(1, (packet) => {
    assertStrictEquals(packet.info.capabilities, OFFLOAD);
    packet.resize(60);
    packet.queue();
  });
  b.rx(1, ({ info }) => assertEquals(info.capabilities.tcpSegmentation, 0));
});

Deno.test("Pair of bare datagrams has no address", () => {
  const { a } = new Pair({ medium: "ip" });
  assertEquals(a.personality.medium, "ip");
  assertEquals(a.personality.address, undefined);
  assertEquals(send(a, 1500), 1);
  assertEquals(a.counters.values[SENT], 1);
  send(a, 1501);
  assertEquals(a.counters.values[SEND_DROPPED], 1);
});

Deno.test("Pair.wait() moves the clock to the next arrival or the deadline", () => {
  const { a, b, clock } = new Pair({ directions: [{ delay: 300 }, {}] });
  send(a, 60);
  assertEquals(take(b), []);
  b.wait(100);
  assertEquals(clock.now, 100);
  b.wait(1000);
  assertEquals(b.now(), 300);
  assertEquals(take(b).length, 1);
  b.wait(Infinity);
  assertEquals(clock.now, 300);
  b.wait(50);
  assertEquals(clock.now, 300);
  b.wait(86_400e6 * 365);
  assertEquals(a.now(), 86_400e6 * 365);
});

Deno.test("Pair.wait() at one end heeds what arrives at the other", () => {
  const { a, b, clock } = new Pair({ directions: [{ delay: 300 }, {}] });
  send(a, 60);
  assertEquals(b.nextArrival, 300);
  assertEquals(b.nextDeadline(0), 300);
  assertEquals(a.nextDeadline(0), Infinity);
  a.wait(1000);
  assertEquals(clock.now, 300);
});

Deno.test("Pair.wait() moves nothing while a packet is there at either end", () => {
  const { a, b, clock } = new Pair({ directions: [{ delay: 300 }, {}] });
  send(b, 60);
  send(a, 60);
  b.wait(Infinity);
  b.wait(1000);
  a.wait(1000);
  assertEquals(clock.now, 0);
  assertEquals(take(a).length, 1);
  b.wait(1000);
  assertEquals(clock.now, 300);
});

Deno.test("Pair gives packets the time of their loan", () => {
  const { a, b, clock } = new Pair({ directions: [{ delay: 300 }, {}] });
  clock.now = 1e13;
  a.tx(1, (packet) => {
    assertEquals(packet.info.timestamp, 1e13);
    packet.resize(60);
    packet.queue();
  });
  clock.now += 301;
  b.rx(1, (packet) => assertEquals(packet.info.timestamp, 1e13 + 301));
});

Deno.test("Pair takes the time that a rate asks for", () => {
  const { a, b, clock } = new Pair({
    directions: [{ rate: 8e6, delay: 10 }, {}],
  });
  send(a, 100);
  send(a, 200);
  assertEquals(b.nextArrival, 110);
  clock.now = 110;
  assertEquals(take(b).length, 1);
  assertEquals(b.nextArrival, 310);
  clock.now = 500;
  send(a, 50);
  assertEquals(take(b).length, 1);
  assertEquals(b.nextArrival, 560);
});

Deno.test("Pair keeps to whole µs, and to the rate over many packets", () => {
  const { a, b, clock } = new Pair({
    slots: 2048,
    directions: [{ rate: 9e9, delay: 2.5 }, {}],
  });
  for (let i = 0; i < 900; i++) send(a, 100);
  let came = 0;
  for (let turns = 0; turns < 1000 && b.pending > 0; turns++) {
    b.wait(Infinity);
    assert(Number.isInteger(clock.now));
    came += take(b).length;
  }
  assertEquals(came, 900);
  assertEquals(clock.now, 80 + 3);
});

Deno.test("Pair asks no sender while the line is full", () => {
  const { a, b } = new Pair({ directions: [{ limit: 3, delay: 10 }, {}] });
  assertEquals([1, 2, 3, 4].map(() => send(a, 60)), [1, 1, 1, 0]);
  assertEquals(a.counters.values[SEND_DROPPED], 0);
  assertEquals(a.nextDeadline(0), 10);
  // A sender that says "at once" waits for the line, not for ever.
  a.wait(0);
  assertEquals(a.now(), 10);
  assertEquals(take(b).length, 3);
  assertEquals(send(a, 60), 1);
  a.wait(10);
  assertEquals(a.now(), 10);
});

Deno.test("Pair drops from the tail where it is told to", () => {
  const { a, b } = new Pair({
    directions: [{ limit: 3, overflow: "drop" }, {}],
  });
  assertEquals([1, 2, 3, 4].map((i) => send(a, 60, i)), [1, 1, 1, 1]);
  assertEquals(a.counters.values[SENT], 3);
  assertEquals(a.counters.values[SEND_DROPPED], 1);
  assertEquals(a.counters.values[SEND_ERRORS], 0);
  assertEquals(take(b), [1, 2, 3]);
});

Deno.test("Pair queues for the rate apart from what flies", () => {
  const { a, b, clock } = new Pair({
    directions: [
      { rate: 8e6, delay: 10_000, queue: 2, limit: 100, overflow: "drop" },
      {},
    ],
  });
  assertEquals([1, 2, 3].map((i) => send(a, 100, i)), [1, 1, 1]);
  assertEquals(a.counters.values[SEND_DROPPED], 1);
  clock.now = 100;
  send(a, 100, 4);
  assertEquals(a.counters.values[SEND_DROPPED], 1);
  send(a, 100, 5);
  assertEquals(a.counters.values[SEND_DROPPED], 2);
  assertEquals(a.nextDeadline(100), 200);
  clock.now = 20_000;
  assertEquals(take(b), [1, 2, 4]);
  assertEquals(a.nextDeadline(20_000), Infinity);
});

Deno.test("Pair drops an answer when the line back is full, and counts it", () => {
  const { a, b } = new Pair({ directions: [{}, { limit: 2 }] });
  for (let i = 0; i < 3; i++) send(a, 60);
  b.rx(3, (packet) => assertEquals(packet.queue(), "queued"));
  assertEquals(b.counters.values[SENT], 2);
  assertEquals(b.counters.values[SEND_DROPPED], 1);
  assertEquals(take(a).length, 2);
});

Deno.test("Pair keeps buffers for an end while the other floods (B16)", () => {
  const { a, b } = new Pair({ slots: 8 });
  for (let i = 0; i < 100; i++) send(a, 60);
  assertEquals(b.pending, 4);
  for (let i = 0; i < 4; i++) assertEquals(send(b, 60), 1);
  assertEquals(send(b, 60), 0);
  assertEquals(take(a).length, 4);
  assertEquals(take(b).length, 4);
  assertEquals(send(a, 60), 1);
});

Deno.test("Pair loses no buffer over many turns", () => {
  const { a, b } = new Pair({ slots: 4 });
  for (let i = 0; i < 1000; i++) {
    assert(fill(a) <= 2);
    assert(fill(b) <= 2);
    b.rx(1, (packet) => void packet.queue());
    take(b);
    take(a);
  }
  assertEquals([send(a, 60), send(a, 60), send(a, 60)], [1, 1, 0]);
  assertEquals([send(b, 60), send(b, 60), send(b, 60)], [1, 1, 0]);
});

Deno.test("Pair ends the loan and keeps its buffers when a handler throws", () => {
  const { a, b } = new Pair({ slots: 4 });
  for (let i = 0; i < 10; i++) {
    send(a, 60);
    assertThrows(() => b.rx(1, () => boom()), EvalError);
    assertThrows(() => b.tx(1, () => boom()), EvalError);
  }
  assertEquals(send(a, 60), 1);
});

function boom(): never {
  throw new EvalError("boom");
}

Deno.test("Pair detects the use of a buffer after its loan", () => {
  const { a, b } = new Pair();
  const kept: Packet[] = [];
  a.tx(1, (packet) => {
    kept.push(packet);
    packet.resize(60);
    packet.queue();
  });
  assertThrows(() => kept[0]!.queue(), NotLentError, "loan has ended");
  b.rx(1, (packet) => void kept.push(packet));
  assertThrows(() => kept[1]!.resize(9), NotLentError);
});

Deno.test("Pair refuses what exceeds the MTU, but for a VLAN tag", () => {
  const { a, b } = new Pair();
  send(a, 1514);
  assertEquals(a.counters.values[SEND_ERRORS], 0);
  send(a, 1515);
  assertEquals(a.counters.values[SEND_ERRORS], 1);
  assertEquals(a.counters.values[SEND_DROPPED], 1);
  for (const length of [1518, 1519]) {
    a.tx(1, (packet) => {
      packet.resize(length);
      packet.memory.view.setUint16(packet.start + 12, 0x8100);
      packet.queue();
    });
  }
  assertEquals(a.counters.values[SEND_ERRORS], 2);
  assertEquals(take(b).length, 2);
});

Deno.test("Pair loses silently what one direction is too narrow for", () => {
  const { a, b } = new Pair({ directions: [{ mtu: 576 }, {}] });
  assertEquals(a.personality.mtu, 1500);
  assertEquals([send(a, 590), send(a, 591), send(b, 1514)], [1, 1, 1]);
  assertEquals(a.counters.values[SEND_DROPPED], 1);
  assertEquals(take(b).length, 1);
  assertEquals(take(a).length, 1);
});

Deno.test("Pair hands a super-segment over as it is", () => {
  const { a, b } = new Pair({ capabilities: OFFLOAD });
  a.tx(1, (packet) => {
    assertEquals(packet.resize(65535 + 14), "queued");
    const { info } = packet;
    info.segmentType = SEGMENT_TCP4;
    info.segmentSize = 1448;
    info.checksum = CHECKSUM_PARTIAL;
    info.checksumStart = packet.start + 34;
    info.checksumOffset = 16;
    assertEquals(packet.queue(), "queued");
  });
  let seen = 0;
  b.rx(1, ({ length, info, start }) => {
    seen = length;
    assertEquals(info.segmentType, SEGMENT_TCP4);
    assertEquals(info.segmentSize, 1448);
    assertEquals(info.checksum, CHECKSUM_PARTIAL);
    assertEquals(info.checksumStart, start + 34);
    assertEquals(info.checksumOffset, 16);
  });
  assertEquals(seen, 65549);
});

for (
  const [why, prepare] of [
    ["a super-segment", (packet: Packet) => {
      packet.info.segmentType = SEGMENT_TCP4;
      packet.info.segmentSize = 100;
    }],
    ["a super-datagram", (packet: Packet) => {
      packet.info.segmentType = SEGMENT_UDP;
      packet.info.segmentSize = 100;
    }],
    ["a checksum to complete", (packet: Packet) => {
      packet.info.checksum = CHECKSUM_PARTIAL;
    }],
  ] as const
) {
  Deno.test(`Pair refuses ${why} where it does no such thing`, () => {
    const { a, b } = new Pair();
    a.tx(1, (packet) => {
      packet.resize(200);
      prepare(packet);
      packet.queue();
    });
    assertEquals(a.counters.values[SEND_ERRORS], 1);
    assertEquals(b.pending, 0);
  });
}

Deno.test("Pair refuses a super-segment without a size to cut to", () => {
  const { a } = new Pair({ capabilities: OFFLOAD });
  a.tx(1, (packet) => {
    packet.resize(9000);
    packet.info.segmentType = SEGMENT_TCP4;
    packet.queue();
  });
  assertEquals(a.counters.values[SEND_ERRORS], 1);
});

Deno.test("Pair vouches for no checksum that the sender wrote", () => {
  const { a, b } = new Pair();
  a.tx(1, (packet) => {
    packet.resize(60);
    packet.info.checksum = CHECKSUM_VERIFIED;
    packet.queue();
  });
  b.rx(1, ({ info }) => assertEquals(info.checksum, CHECKSUM_NONE));
});

Deno.test("Pair offers buffers that remember nothing", () => {
  const { a, b } = new Pair({ slots: 4, capabilities: OFFLOAD });
  for (let i = 0; i < 10; i++) {
    a.tx(1, (packet) => {
      const { info } = packet;
      assertEquals(packet.length, 0);
      assertEquals(packet.start, packet.origin);
      assertEquals([info.checksum, info.segmentType], [
        CHECKSUM_NONE,
        SEGMENT_NONE,
      ]);
      packet.resize(2000);
      info.checksum = CHECKSUM_PARTIAL;
      info.segmentType = SEGMENT_TCP4;
      info.segmentSize = 100;
      packet.queue();
    });
    take(b);
  }
});

Deno.test("Pair in real time waits by sleeping", () => {
  const { a, b, clock } = new Pair({
    time: () => performance.now() * 1000,
    directions: [{ delay: 20_000 }, {}],
  });
  send(a, 60);
  const begin = performance.now();
  assertEquals(take(b), []);
  b.wait(Infinity);
  assert(performance.now() - begin > 15, "returned too early");
  while (b.rx(1, () => {}) === 0) {
    assert(performance.now() - begin < 5000, "the packet never came");
  }
  b.wait(Infinity);
  b.wait(0);
  assert(clock.now > 0);
});

Deno.test("Pair in real time never goes back", () => {
  let time = 1000;
  const { a } = new Pair({ time: () => time });
  assertEquals(a.now(), 1000);
  time = 500;
  assertEquals(a.now(), 1000);
});

for (
  const [why, options, error] of [
    ["too few slots", { slots: 3 }, PairError],
    ["a fraction of a slot", { slots: 4.5 }, PairError],
    ["an MTU below 68", { mtu: 67 }, OptionError],
    ["an MTU above 65535", { mtu: 65536 }, OptionError],
    ["a negative delay", { directions: [{ delay: -1 }, {}] }, PairError],
    ["no rate", { directions: [{}, { rate: 0 }] }, PairError],
    ["an endless delay", { directions: [{ delay: Infinity }, {}] }, PairError],
    ["no number", { directions: [{ delay: NaN }, {}] }, PairError],
    ["an empty queue", { directions: [{ queue: 0 }, {}] }, OptionError],
    ["an empty line", { directions: [{ limit: 0 }, {}] }, OptionError],
  ] as const
) {
  Deno.test(`Pair throws when it gets ${why}`, () => {
    assertThrows(() => new Pair(options), error);
  });
}

Deno.test("Pair makes no garbage over a million packets", () => {
  const { a, b } = new Pair({
    directions: [{ rate: 10e9, delay: 5 }, {}],
  });
  let octets = 0;
  let turns = 0;
  const write = (packet: Packet) => {
    packet.resize(1000);
    packet.queue();
  };
  const answer = (packet: Packet) => void packet.queue();
  const look = (packet: Packet) => {
    octets += packet.length;
  };
  // Beyond 2^31 a time in the wrong place becomes an object.
  a.wait(1e12);
  assertSteady(64, () => {
    a.tx(64, write);
    for (turns = 0; turns < 100 && b.pending > 0; turns++) {
      b.wait(Infinity);
      b.rx(64, answer);
      // Left alone, what has come back would hold up the clock.
      a.rx(64, look);
    }
    assert(turns < 100, "packets never came");
  });
  assert(octets > 0);
});
