// What every device made of memory promises, and its wrappers keep.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { BASELINE } from "./capabilities.ts";
import { Capture } from "./capture.ts";
import {
  Clock,
  COUNTERS,
  type Device,
  OptionError,
  RECEIVE_DROPPED,
  RECEIVE_ERRORS,
  RECEIVED,
  RECEIVED_OCTETS,
  SEND_DROPPED,
  SEND_ERRORS,
  SENT,
  SENT_OCTETS,
} from "./device.ts";
import { External } from "./external.ts";
import { Loopback } from "./loopback.ts";
import { Lossy } from "./lossy.ts";
import {
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  NotLentError,
  type Packet,
  SEGMENT_NONE,
  SEGMENT_TCP4,
} from "./packet.ts";
import { Pair } from "./pair.ts";
import { Tracer } from "./tracer.ts";

/** A device with room for eight packets, and how those it sent come back. */
interface Rig {
  device: Device;
  clock: Clock;
  echo(): void;
}

const RIGS: Record<string, () => Rig> = {
  Loopback() {
    const device = new Loopback({ slots: 8 });
    return { device, clock: device.clock, echo() {} };
  },
  External() {
    const device = new External({ receive: 8, send: 8 });
    return {
      device,
      clock: device.clock,
      echo() {
        for (let i = 0; i < 8; i++) {
          const octets = device.take();
          if (octets !== undefined) device.inject(octets);
        }
      },
    };
  },
  Pair() {
    const { a, b, clock } = new Pair({ slots: 16 });
    return {
      device: a,
      clock,
      echo: () => void b.rx(8, (packet) => void packet.queue()),
    };
  },
};
for (
  const [name, wrap] of [
    ["Lossy", (inner: Device) => new Lossy(inner)],
    ["Capture", (inner: Device) => new Capture(inner, () => {})],
    ["Tracer", (inner: Device) => new Tracer(inner, () => {})],
  ] as const
) {
  const inner = RIGS["Pair"]!;
  RIGS[`${name} around a Pair`] = () => {
    const rig = inner();
    return { ...rig, device: wrap(rig.device) };
  };
}

function fill(packet: Packet): void {
  packet.resize(60);
  packet.memory.fill(packet.start, 60, 7);
  packet.queue();
}

function boom(): never {
  throw new EvalError("boom");
}

for (const [name, make] of Object.entries(RIGS)) {
  Deno.test(`${name} lends what came in order, once, in bursts (ethox 5.4 #6)`, () => {
    const { device, echo } = make();
    let value = 0;
    const sent = device.tx(6, (packet) => {
      packet.resize(60);
      packet.memory.fill(packet.start, 60, ++value);
      packet.queue();
    });
    assertEquals(sent, 6);
    echo();
    const got: number[] = [];
    const look = ({ memory, start }: Packet) => {
      got.push(memory.bytes[start]!);
    };
    assertEquals(device.rx(4, look), 4);
    assertEquals(device.rx(4, look), 2);
    assertEquals(device.rx(4, look), 0);
    assertEquals(got, [1, 2, 3, 4, 5, 6]);
  });

  Deno.test(`${name} stops at the first buffer left unqueued (ethox 5.4 #8)`, () => {
    const { device, echo } = make();
    let offered = 0;
    assertEquals(
      device.tx(8, (packet) => {
        packet.resize(60);
        if (++offered < 3) packet.queue();
      }),
      2,
    );
    assertEquals(offered, 3);
    assertEquals(device.tx(8, () => {}), 0);
    assertEquals(device.tx(0, boom), 0);
    echo();
    assertEquals(device.rx(0, boom), 0);
    assertEquals(device.rx(8, () => {}), 2);
  });

  Deno.test(`${name} counts packets and octets (ethox 5.4 #14)`, () => {
    const { device, echo } = make();
    device.tx(3, fill);
    const { values } = device.counters;
    assertEquals([values[SENT], values[SENT_OCTETS]], [3, 180]);
    echo();
    device.rx(8, (packet) => {
      packet.resize(20);
      packet.queue();
    });
    assertEquals([values[RECEIVED], values[RECEIVED_OCTETS]], [3, 180]);
    assertEquals([values[SENT], values[SENT_OCTETS]], [6, 240]);
    assertEquals(values[RECEIVE_DROPPED]! + values[RECEIVE_ERRORS]!, 0);
    assertEquals(values[SEND_DROPPED]! + values[SEND_ERRORS]!, 0);
  });

  Deno.test(`${name} counts what the link cannot carry, and goes on`, () => {
    const { device, echo } = make();
    for (
      const spoil of [
        (packet: Packet) => void packet.resize(1515),
        ({ info }: Packet) => {
          info.checksum = CHECKSUM_PARTIAL;
        },
        ({ info }: Packet) => {
          info.segmentType = SEGMENT_TCP4;
          info.segmentSize = 1000;
        },
      ]
    ) {
      const sent = device.tx(1, (packet) => {
        packet.resize(1514);
        spoil(packet);
        packet.queue();
      });
      assertEquals(sent, 1);
    }
    assertEquals(device.counters.values[SENT], 0);
    assertEquals(device.counters.values[SEND_DROPPED], 3);
    assertEquals(device.counters.values[SEND_ERRORS], 3);
    assertEquals(device.tx(7, fill), 7);
    echo();
    assertEquals(device.rx(8, () => {}), 7);
  });

  Deno.test(`${name} ends the loan with the call`, () => {
    const { device, echo } = make();
    const kept: Packet[] = [];
    device.tx(2, (packet) => {
      kept.push(packet);
      fill(packet);
    });
    echo();
    device.rx(2, (packet) => void kept.push(packet));
    assertEquals(kept.length, 4);
    for (const packet of kept) {
      assertThrows(() => packet.queue(), NotLentError);
      assertThrows(() => packet.resize(1), NotLentError);
    }
  });

  Deno.test(`${name} loses no buffer when handlers throw`, () => {
    const { device, echo } = make();
    for (let i = 0; i < 50; i++) {
      assertThrows(() => device.tx(8, boom), EvalError);
      device.tx(1, fill);
      echo();
      assertThrows(() => device.rx(8, boom), EvalError);
    }
    assertEquals(device.tx(8, fill), 8);
    echo();
    assertEquals(device.rx(8, () => {}), 8);
  });

  Deno.test(`${name} sends what was queued before a handler threw`, () => {
    const { device, echo } = make();
    const error = assertThrows(() =>
      device.tx(8, (packet) => {
        fill(packet);
        boom();
      }), EvalError);
    assertEquals(error.message, "boom");
    echo();
    assertEquals(device.rx(8, () => {}), 1);
  });

  Deno.test(`${name} offers buffers that remember nothing`, () => {
    const { device, echo } = make();
    for (let i = 0; i < 20; i++) {
      device.tx(1, (packet) => {
        const { info } = packet;
        assertEquals([packet.start, packet.end], [
          packet.origin,
          packet.origin,
        ]);
        assertEquals(info.checksum, CHECKSUM_NONE);
        assertEquals([info.segmentType, info.segmentSize], [SEGMENT_NONE, 0]);
        assertEquals(info.capabilities, device.personality.capabilities);
        packet.reframe(80, 0, 0, 20);
        info.segmentSize = 9;
        packet.queue();
      });
      echo();
      device.rx(1, () => {});
    }
  });

  Deno.test(`${name} stamps packets with µs of its own clock (ethox 5.4 #16)`, () => {
    const { device, clock, echo } = make();
    clock.now = 2 ** 41 + 1;
    assertEquals(device.now(), 2 ** 41 + 1);
    device.tx(1, (packet) => {
      assertEquals(packet.info.timestamp, 2 ** 41 + 1);
      fill(packet);
    });
    echo();
    clock.now += 7;
    let seen = 0;
    device.rx(1, ({ info }) => {
      seen = info.timestamp;
    });
    assertEquals(seen, 2 ** 41 + 8);
  });

  Deno.test(`${name} waits until the deadline, or not if packets are there (ethox 5.4 #7)`, () => {
    const { device, clock, echo } = make();
    device.wait(5_000_000);
    assertEquals(clock.now, 5_000_000);
    device.wait(1);
    device.wait(Infinity);
    assertEquals(device.now(), 5_000_000);
    device.tx(1, fill);
    echo();
    device.wait(9_000_000);
    device.wait(Infinity);
    assertEquals(device.now(), 5_000_000);
    device.rx(1, () => {});
    device.wait(9_000_000);
    assertEquals(device.now(), 9_000_000);
  });

  Deno.test(`${name} says that it is Ethernet of an MTU of 1500`, () => {
    const { device } = make();
    assertEquals(device.personality, {
      medium: "ethernet",
      mtu: 1500,
      capabilities: BASELINE,
    });
    device[Symbol.dispose]();
  });
}

Deno.test("Device can forward to another while it lends (ethox 5.4 #18)", () => {
  const left = new Pair();
  const right = new Pair();
  left.a.tx(5, fill);
  let from: Packet | undefined;
  const copy = (to: Packet) => {
    const { memory, start, length } = from!;
    to.resize(length);
    to.memory.copy(to.start, memory, start, length);
    to.queue();
  };
  left.b.rx(5, (packet) => {
    from = packet;
    assertEquals(right.a.tx(1, copy), 1);
  });
  let octets = 0;
  right.b.rx(5, ({ memory, start, end }) => {
    octets += memory.bytes.subarray(start, end).filter((o) => o === 7).length;
  });
  assertEquals(octets, 300);
});

Deno.test("COUNTERS are in the order of their indices", () => {
  const indices = [
    RECEIVED,
    RECEIVED_OCTETS,
    SENT,
    SENT_OCTETS,
    RECEIVE_DROPPED,
    SEND_DROPPED,
    RECEIVE_ERRORS,
    SEND_ERRORS,
  ];
  assertEquals(indices, [0, 1, 2, 3, 4, 5, 6, 7]);
  const { counters } = new Loopback({ slots: 1 });
  assertEquals(counters.names, COUNTERS);
  counters.add(SEND_DROPPED, 2);
  assertEquals(counters.get("sendDropped"), 2);
});

Deno.test("OptionError is a RangeError with a name", () => {
  const error = new OptionError("Cannot");
  assert(error instanceof RangeError);
  assertEquals(error.name, "OptionError");
});

Deno.test("Clock shows what it was given", () => {
  assertEquals(new Clock().now, 0);
  assertEquals(new Clock(2 ** 41 + 3).now, 2 ** 41 + 3);
});
