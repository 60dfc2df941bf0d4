import { assert, assertEquals, assertThrows } from "@std/assert";
import * as checksum from "@ethox/wire/checksum";
import * as fc from "fast-check";
import { assertSteady } from "./_steady_test_util.ts";
import { capabilities } from "./capabilities.ts";
import { OptionError, SENT } from "./device.ts";
import { External } from "./external.ts";
import { Loopback } from "./loopback.ts";
import {
  Lossy,
  type LossyOptions,
  type Trouble,
  TroubleError,
} from "./lossy.ts";
import {
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  CHECKSUM_VERIFIED,
  type Packet,
  SEGMENT_TCP4,
} from "./packet.ts";
import { Pair } from "./pair.ts";

const OFFLOAD = capabilities({
  tcp: { receive: true, transmit: true },
  udp: { receive: true, transmit: true },
  tcpSegmentation: 65535,
});

/** What came: number of the packet, when, and what its octets are. */
interface Arrival {
  number: number;
  time: number;
  octets: string;
}

function isWhole({ octets }: Arrival): boolean {
  return octets === "5a".repeat(56);
}

/** Sends numbered packets, one each 10 µs, and returns what came. */
function run(options: LossyOptions, packets = 1000): [Arrival[], Lossy] {
  const { a, b, clock } = new Pair();
  const device = new Lossy(a, options);
  const arrivals: Arrival[] = [];
  let number = 0;
  let turn = 0;
  const write = (packet: Packet) => {
    if (number > turn || number === packets) return;
    packet.resize(60);
    packet.memory.fill(packet.start, 60, 0x5a);
    packet.memory.view.setUint32(packet.start, number++);
    packet.queue();
  };
  const look = ({ memory, start, end, info }: Packet) => {
    arrivals.push({
      number: memory.view.getUint32(start),
      time: info.timestamp,
      octets: memory.bytes.slice(start + 4, end).toHex(),
    });
  };
  for (; turn < packets + 1000; turn++) {
    device.tx(100, write);
    b.rx(1000, (packet) => {
      if (options.receive === undefined) look(packet);
      else packet.queue();
    });
    device.rx(1000, look);
    clock.now += 10;
  }
  return [arrivals, device];
}

/** Asserts a count to be within five standard deviations of what it should. */
function assertRate(count: number, of: number, probability: number): void {
  const expected = of * probability;
  const bound = 5 * Math.sqrt(expected * (1 - probability));
  assert(
    Math.abs(count - expected) <= bound,
    `${count} of ${of} where ${expected} ± ${bound} should be`,
  );
}

for (const side of ["receive", "send"] as const) {
  Deno.test(`Lossy makes no trouble on ${side} that nobody asked for`, () => {
    const [arrivals, device] = run({ [side]: {} });
    assertEquals(arrivals.map(({ number }) => number), [...Array(1000).keys()]);
    assert(arrivals.every(isWhole));
    assert(arrivals.every(({ number, time }) => time === number * 10));
    const none = {
      lost: 0,
      duplicated: 0,
      held: 0,
      corrupted: 0,
      overflowed: 0,
    };
    assertEquals([device.received, device.sent], [none, none]);
  });

  for (const loss of [0.01, 0.2, 0.5]) {
    Deno.test(`Lossy loses ${loss * 100} % on ${side}, in order`, () => {
      const [arrivals, device] = run({ [side]: { loss } }, 10_000);
      const { lost } = side === "send" ? device.sent : device.received;
      assertEquals(arrivals.length + lost, 10_000);
      assertRate(lost, 10_000, loss);
      assert(arrivals.every(isWhole));
      assert(
        arrivals.every(({ number }, i) =>
          i === 0 || number > arrivals[i - 1]!.number
        ),
      );
    });
  }

  Deno.test(`Lossy loses each packet on its own on ${side}`, () => {
    const [arrivals] = run({ [side]: { loss: 0.5 } }, 10_000);
    const came = new Set(arrivals.map(({ number }) => number));
    let pairs = 0;
    for (let i = 0; i < 10_000; i += 2) {
      if (came.has(i) && came.has(i + 1)) pairs++;
    }
    assertRate(pairs, 5000, 0.25);
  });

  Deno.test(`Lossy loses everything on ${side} at 1, and counts it`, () => {
    const [arrivals, device] = run({ [side]: { loss: 1 } });
    assertEquals(arrivals, []);
    assertEquals(device.received.lost + device.sent.lost, 1000);
  });

  Deno.test(`Lossy duplicates on ${side} (ethox 5.4 #10)`, () => {
    const [arrivals, device] = run({ [side]: { duplicate: 0.1 } }, 5000);
    const { duplicated, overflowed } = side === "send"
      ? device.sent
      : device.received;
    assertRate(duplicated, 5000, 0.1);
    assertEquals(overflowed, 0);
    assertEquals(arrivals.length, 5000 + duplicated);
    assert(arrivals.every(isWhole));
    const times = new Map<number, number>();
    for (const { number } of arrivals) {
      times.set(number, (times.get(number) ?? 0) + 1);
    }
    assertEquals(times.size, 5000);
    assertEquals([...times.values()].filter((n) => n === 2).length, duplicated);
  });

  Deno.test(`Lossy lets packets be overtaken on ${side} (ethox 5.4 #10)`, () => {
    const [arrivals, device] = run(
      { [side]: { reorder: 0.1, reorderDelay: 45 } },
      5000,
    );
    const { held, overflowed } = side === "send"
      ? device.sent
      : device.received;
    assertRate(held, 5000, 0.1);
    assertEquals([arrivals.length, overflowed], [5000, 0]);
    assertEquals(new Set(arrivals.map(({ number }) => number)).size, 5000);
    const late = arrivals.filter(({ number, time }) => time !== number * 10);
    assertEquals(late.length, held);
    assert(late.every(({ number, time }) => time === number * 10 + 50));
    assert(arrivals.every(isWhole));
  });

  Deno.test(`Lossy delays and jitters on ${side} (ethox 5.4 #10)`, () => {
    const [arrivals, device] = run({
      [side]: { delay: 200, jitter: 100 },
      held: 64,
    }, 5000);
    assertEquals(arrivals.length, 5000);
    assertEquals(device.received.overflowed + device.sent.overflowed, 0);
    const lateness = arrivals.map(({ number, time }) => time - number * 10);
    assertEquals(Math.min(...lateness), 200);
    assertEquals(Math.max(...lateness), 300);
    // Rounded up to the 10 µs between bursts, on the average by 4.5.
    const mean = lateness.reduce((a, b) => a + b) / 5000;
    assert(Math.abs(mean - 254.5) < 3, `late by ${mean} µs`);
    assert(
      arrivals.some(({ number }, i) =>
        i > 0 && number < arrivals[i - 1]!.number
      ),
    );
  });

  Deno.test(`Lossy flips one bit on ${side} (ethox 5.4 #10)`, () => {
    const [arrivals, device] = run({ [side]: { corrupt: 0.1 } }, 5000);
    const { corrupted } = side === "send" ? device.sent : device.received;
    assertRate(corrupted, 5000, 0.1);
    assertEquals(arrivals.length, 5000);
    let damaged = 0;
    const places = new Set<number>();
    arrivals.forEach(({ number, octets }, i) => {
      let flipped = number ^ i;
      const bytes = Uint8Array.fromHex(octets);
      bytes.forEach((octet, at) => {
        if (octet !== 0x5a) places.add(at);
      });
      let bits = 0;
      for (const octet of bytes) {
        for (let rest = octet ^ 0x5a; rest !== 0; rest &= rest - 1) bits++;
      }
      for (; flipped !== 0; flipped &= flipped - 1) bits++;
      assert(bits <= 1);
      damaged += bits;
    });
    assertEquals(damaged, corrupted);
    assertEquals(places.size, 56);
  });

  Deno.test(`Lossy does the same for the same seed on ${side}`, () => {
    const trouble: Trouble = {
      loss: 0.1,
      duplicate: 0.1,
      reorder: 0.1,
      corrupt: 0.1,
      delay: 20,
      jitter: 30,
      reorderDelay: 50,
    };
    const [first, device] = run({ [side]: trouble, seed: 5 });
    const [again, twin] = run({ [side]: trouble, seed: 5 });
    const [other] = run({ [side]: trouble, seed: 6 });
    assertEquals(again, first);
    assertEquals([twin.sent, twin.received], [device.sent, device.received]);
    assert(JSON.stringify(other) !== JSON.stringify(first));
  });
}

Deno.test("Lossy takes any seed, 0 too (ethox 5.4 #10)", () => {
  const seen = new Set<string>();
  for (const seed of [0, 1, 2, -1, 0x7fffffff, -0x80000000]) {
    const [arrivals, device] = run({ send: { loss: 0.3 }, seed }, 2000);
    assertRate(device.sent.lost, 2000, 0.3);
    seen.add(arrivals.map(({ number }) => number).join());
  }
  assertEquals(seen.size, 6);
});

Deno.test("Lossy loses and repeats no more than it says, whatever it does", () => {
  const rate = fc.constantFrom(0, 0.05, 0.5, 1);
  const late = fc.constantFrom(0, 15, 400);
  fc.assert(
    fc.property(
      fc.constantFrom("send" as const, "receive" as const),
      fc.record({
        loss: rate,
        duplicate: rate,
        reorder: rate,
        corrupt: rate,
        delay: late,
        jitter: late,
        reorderDelay: late,
      }),
      fc.integer({ min: 1, max: 8 }),
      (side, trouble, held) => {
        const [arrivals, device] = run({ [side]: trouble, held }, 100);
        const { lost, duplicated, overflowed } = side === "send"
          ? device.sent
          : device.received;
        // What overflows is a packet or the second copy of one.
        assert(arrivals.length <= 100 - lost + duplicated);
        assert(arrivals.length >= 100 - lost + duplicated - overflowed);
        assertEquals(device.nextRelease, Infinity);
      },
    ),
    { numRuns: 60 },
  );
});

Deno.test("Lossy counts as queued what its sender queued (ethox 5.4 #8)", () => {
  for (const loss of [0, 0.5, 1]) {
    const { a } = new Pair();
    const device = new Lossy(a, { send: { loss } });
    let offered = 0;
    const queued = device.tx(20, (packet) => {
      packet.resize(60);
      if (++offered <= 12) packet.queue();
    });
    assertEquals([queued, offered], [12, 13]);
    assertEquals(a.counters.values[SENT], 12 - device.sent.lost);
  }
});

Deno.test("Lossy counts as queued nothing that it held back before", () => {
  const { a, b, clock } = new Pair();
  const device = new Lossy(a, { send: { delay: 10 } });
  const write = (packet: Packet) => {
    packet.resize(60);
    packet.queue();
  };
  assertEquals(device.tx(5, write), 5);
  assertEquals(b.pending, 0);
  clock.now = 10;
  assertEquals(device.tx(5, () => {}), 0);
  assertEquals(b.pending, 5);
});

Deno.test("Lossy counts as lent what its handler got", () => {
  const inner = new External();
  const device = new Lossy(inner, { receive: { loss: 0.5 } });
  for (let i = 0; i < 40; i++) inner.inject(new Uint8Array(60));
  let got = 0;
  const lent = device.rx(40, () => void got++);
  assertEquals(lent, got);
  assertEquals(lent + device.received.lost, 40);
  assertEquals(inner.pending, 0);
});

Deno.test("Lossy waits for what it holds back, both ways", () => {
  for (const side of ["receive", "send"] as const) {
    const inner = new External();
    const device = new Lossy(inner, { [side]: { delay: 300 } });
    inner.inject(new Uint8Array(60));
    device.rx(1, () => {});
    device.tx(1, (packet) => {
      packet.resize(60);
      packet.queue();
    });
    assertEquals(device.nextRelease, 300);
    device.wait(100);
    assertEquals(device.now(), 100);
    device.wait(1000);
    assertEquals(device.now(), 300);
    device.wait(1000);
    assertEquals(device.now(), 300);
  }
});

Deno.test("Lossy answers a packet that it held back, and may lose the answer", () => {
  for (const loss of [0, 1]) {
    const inner = new External();
    const device = new Lossy(inner, { receive: { delay: 10 }, send: { loss } });
    inner.inject(new Uint8Array(60).fill(3));
    assertEquals(device.rx(8, () => {}), 0);
    device.wait(10);
    assertEquals(device.rx(8, (packet) => void packet.queue()), 1);
    assertEquals(inner.take(), loss ? undefined : new Uint8Array(60).fill(3));
    assertEquals(device.sent.lost, loss);
  }
});

Deno.test("Lossy keeps what it holds back while no buffer is to be had", () => {
  const inner = new External({ send: 1 });
  const device = new Lossy(inner, { receive: { delay: 10 } });
  inner.inject(new Uint8Array(60));
  device.rx(1, () => {});
  device.tx(1, (packet) => void (packet.resize(60), packet.queue()));
  device.wait(10);
  assertEquals(device.rx(1, () => {}), 0);
  inner.take();
  assertEquals(device.rx(1, () => {}), 1);
});

Deno.test("Lossy drops what it cannot hold back, and counts it", () => {
  const inner = new External();
  const device = new Lossy(inner, {
    receive: { delay: 10 },
    held: 2,
    size: 100,
  });
  for (const length of [60, 101, 60, 60]) inner.inject(new Uint8Array(length));
  device.rx(8, () => {});
  // Slots are cut in sixteens.
  assertEquals(device.received.overflowed, 2);
  device.wait(10);
  assertEquals(device.rx(8, () => {}), 2);
});

Deno.test("Lossy completes a checksum before it breaks it", () => {
  const { a, b } = new Pair({ capabilities: OFFLOAD });
  const device = new Lossy(a, { send: { corrupt: 1 } });
  const pseudo = checksum.pseudo4(0x0a000001, 0x0a000002, 17, 40);
  for (let i = 0; i < 200; i++) {
    device.tx(1, (packet) => {
      packet.resize(34 + 40);
      const { memory, info, start } = packet;
      memory.fill(start, 74, i);
      info.checksum = CHECKSUM_PARTIAL;
      info.checksumStart = start + 34;
      info.checksumOffset = 6;
      memory.view.setUint16(start + 40, pseudo);
      packet.queue();
    });
  }
  let broken = 0;
  b.rx(200, ({ memory, start, info, sum: _ }) => {
    assertEquals(info.checksum, CHECKSUM_NONE);
    const sum = checksum.sum(memory.view, start + 34, 40, pseudo);
    if (sum !== 0xffff) broken++;
  });
  // One bit of 592, of which 320 are summed.
  assertRate(broken, 200, 40 / 74);
});

Deno.test("Lossy vouches for nothing that it broke", () => {
  const inner = new External();
  const device = new Lossy(inner, { receive: { corrupt: 1 } });
  inner.inject(new Uint8Array(60), ({ info }) => {
    info.checksum = CHECKSUM_VERIFIED;
  });
  inner.inject(new Uint8Array(0));
  const checks: number[] = [];
  device.rx(2, ({ info }) => void checks.push(info.checksum));
  assertEquals(checks, [CHECKSUM_NONE, CHECKSUM_NONE]);
  assertEquals(device.received.corrupted, 1);
});

Deno.test("Lossy hides segmentation unless it is told not to", () => {
  const { a } = new Pair({ capabilities: OFFLOAD });
  const device = new Lossy(a);
  assertEquals(device.personality.capabilities.tcpSegmentation, 0);
  assert(device.personality.capabilities.tcp.transmit);
  device.tx(1, ({ info }) => {
    assertEquals(info.capabilities.tcpSegmentation, 0);
  });
  const open = new Lossy(a, { segmentation: true });
  assertEquals(open.personality.capabilities.tcpSegmentation, 65535);
  assertEquals(a.personality.capabilities.tcpSegmentation, 65535);
});

Deno.test("Lossy delays super-segments whole, with all that is known of them", () => {
  const { a, b, clock } = new Pair({ capabilities: OFFLOAD });
  const device = new Lossy(a, {
    segmentation: true,
    send: { delay: 10, corrupt: 1 },
  });
  device.tx(1, (packet) => {
    packet.resize(65549);
    packet.memory.fill(packet.start, 65549, 9);
    const { info } = packet;
    info.segmentType = SEGMENT_TCP4;
    info.segmentSize = 1448;
    info.checksum = CHECKSUM_PARTIAL;
    info.checksumStart = packet.start + 34;
    info.checksumOffset = 16;
    packet.queue();
  });
  clock.now = 10;
  device.tx(1, () => {});
  const came = b.rx(1, ({ length, info, start, end, memory }) => {
    assertEquals(length, 65549);
    assertEquals([info.segmentType, info.segmentSize], [SEGMENT_TCP4, 1448]);
    assertEquals(info.checksum, CHECKSUM_PARTIAL);
    assertEquals(info.checksumStart, start + 34);
    assertEquals(info.checksumOffset, 16);
    assert(memory.bytes.subarray(start, end).every((octet) => octet === 9));
  });
  assertEquals(came, 1);
});

for (
  const [why, options, error] of [
    ["a probability above 1", { send: { loss: 1.1 } }, TroubleError],
    ["a probability below 0", { receive: { duplicate: -0.1 } }, TroubleError],
    ["no probability", { receive: { corrupt: NaN } }, TroubleError],
    ["a delay below 0", { send: { delay: -1 } }, TroubleError],
    ["a fraction of a µs", { send: { jitter: 0.5 } }, TroubleError],
    ["an endless delay", { send: { reorderDelay: Infinity } }, TroubleError],
    ["no room at all", { held: 0 }, OptionError],
    ["packets of no size", { size: 0 }, OptionError],
  ] as const
) {
  Deno.test(`Lossy throws when it gets ${why}`, () => {
    assertThrows(() => new Lossy(new External(), options), error, "Cannot use");
  });
}

Deno.test("Lossy makes no garbage over a million packets", () => {
  const inner = new Loopback({ slots: 128 });
  const trouble: Trouble = {
    loss: 0.1,
    duplicate: 0.05,
    reorder: 0.1,
    reorderDelay: 5,
    corrupt: 0.1,
    delay: 2,
    jitter: 3,
  };
  const device = new Lossy(inner, { receive: trouble, send: trouble });
  let octets = 0;
  const write = (packet: Packet) => {
    packet.resize(60);
    packet.queue();
  };
  const look = (packet: Packet) => {
    octets += packet.length;
    if (octets % 7 === 0) packet.queue();
  };
  device.wait(2 ** 41 + 1);
  assertSteady(16, () => {
    device.tx(16, write);
    device.rx(64, look);
    inner.clock.now += 3;
  });
  assert(octets > 0);
});
