import { assert, assertEquals, assertThrows } from "@std/assert";
import { assertSteady } from "./_steady_test_util.ts";
import { ArenaError } from "./arena.ts";
import { capabilities } from "./capabilities.ts";
import {
  OptionError,
  RECEIVE_DROPPED,
  RECEIVED,
  SEND_DROPPED,
  SENT,
} from "./device.ts";
import { External } from "./external.ts";
import {
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  NotLentError,
  type Packet,
} from "./packet.ts";

const FRAME = Uint8Array.from({ length: 60 }, (_, i) => i);

function fill(packet: Packet): void {
  packet.resize(60);
  packet.queue();
}

function boom(): never {
  throw new EvalError("boom");
}

Deno.test("External.inject() copies a packet in, rx() lends it", () => {
  const device = new External();
  assert(device.inject(FRAME));
  assertEquals(device.pending, 1);
  assertEquals(device.counters.values[RECEIVED], 0);
  const came = device.rx(8, ({ memory, start, end, info }) => {
    assertEquals(memory.bytes.slice(start, end), FRAME);
    assertEquals(info.checksum, CHECKSUM_NONE);
  });
  assertEquals(came, 1);
  assertEquals(device.pending, 0);
});

Deno.test("External.inject() drops and counts what there is no room for", () => {
  const device = new External({ receive: 2 });
  assertEquals([1, 2, 3].map(() => device.inject(FRAME)), [true, true, false]);
  assertEquals(device.counters.values[RECEIVE_DROPPED], 1);
  device.rx(1, () => {});
  assert(!device.inject(new Uint8Array(2048)));
  assertEquals(device.counters.values[RECEIVE_DROPPED], 2);
  assert(device.inject(FRAME));
});

Deno.test("External.inject() copies from any kind of buffer, whatever becomes of it (A91)", () => {
  const device = new External();
  const lengths: number[] = [];
  const look = (packet: Packet) => {
    lengths.push(packet.end - packet.start);
    assert(
      packet.memory.bytes.slice(packet.start, packet.end)
        .every((octet, i) => octet === FRAME[i]),
    );
  };
  const shared = new Uint8Array(new SharedArrayBuffer(60));
  shared.set(FRAME);
  const growing = new ArrayBuffer(60, { maxByteLength: 100 });
  const resizable = new Uint8Array(growing);
  resizable.set(FRAME);
  const detached = FRAME.slice();
  for (const octets of [shared, resizable, detached]) {
    assert(device.inject(octets));
  }
  // What is done to them afterwards does not matter.
  shared.fill(0);
  growing.resize(4);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  device.rx(8, look);
  // What is left is what is put in, and nothing is no packet: the caller hears
  // of it, and no buffer is lost.
  assert(device.inject(resizable));
  for (let i = 0; i < 200; i++) {
    assertThrows(() => device.inject(detached), TypeError);
  }
  for (let i = 0; i < 8; i++) assert(device.inject(FRAME));
  device.rx(16, look);
  assertEquals(lengths, [60, 60, 60, 4, ...Array(8).fill(60)]);
});

Deno.test("External.inject() lets checksum and segmentation be set", () => {
  const device = new External();
  device.inject(FRAME, ({ info, start }) => {
    info.checksum = CHECKSUM_PARTIAL;
    info.checksumStart = start + 34;
  });
  device.rx(1, ({ info, start }) => {
    assertEquals(info.checksum, CHECKSUM_PARTIAL);
    assertEquals(info.checksumStart, start + 34);
  });
  // A slot forgets, whatever was set in it before.
  for (let i = 0; i < 129; i++) {
    device.inject(FRAME);
    device.rx(1, ({ info }) => assertEquals(info.checksum, CHECKSUM_NONE));
  }
});

Deno.test("External.take() copies sent packets out, oldest first", () => {
  const device = new External();
  assertEquals(device.take(), undefined);
  device.tx(2, (packet) => {
    packet.resize(60);
    packet.memory.fill(packet.start, 60, device.sent + 1);
    packet.queue();
  });
  assertEquals(device.sent, 2);
  let index = -1;
  assertEquals(device.take((packet) => index = packet.index)?.[0], 1);
  assert(index >= 0);
  assertEquals(device.take()?.[59], 2);
  assertEquals(device.take(), undefined);
});

Deno.test("External asks no sender while nobody takes packets out", () => {
  const device = new External({ send: 2 });
  assertEquals(device.tx(8, fill), 2);
  assertEquals(device.tx(8, boom), 0);
  device.take();
  assertEquals(device.tx(8, fill), 1);
});

Deno.test("External drops and counts answers while nobody takes packets out", () => {
  const device = new External({ receive: 4, send: 2 });
  for (let i = 0; i < 4; i++) device.inject(FRAME);
  device.rx(4, (packet) => assertEquals(packet.queue(), "queued"));
  assertEquals(device.counters.values[SENT], 2);
  assertEquals(device.counters.values[SEND_DROPPED], 2);
  assertEquals(device.sent, 2);
});

Deno.test("External says what it is told to say of a queue()", () => {
  const device = new External();
  device.answers = "illegal";
  device.sends = "exhausted";
  device.inject(FRAME);
  device.rx(1, (packet) => assertEquals(packet.queue(), "illegal"));
  const sent = device.tx(1, (packet) => {
    assertEquals(packet.queue(), "exhausted");
  });
  assertEquals(sent, 0);
  assertEquals(device.sent, 0);
});

Deno.test("External.supply() and collect() carry packets without a copy", () => {
  const device = new External({ receive: 4, send: 4 });
  let value = 0;
  const put = device.supply(8, (packet) => {
    packet.resize(60);
    packet.memory.fill(packet.start, 60, ++value);
    packet.queue();
  });
  assertEquals(put, 4);
  assertEquals(device.supply(8, boom), 0);
  assertEquals(device.rx(8, (packet) => void packet.queue()), 4);
  const got: number[] = [];
  const kept: Packet[] = [];
  const look = (packet: Packet) => {
    got.push(packet.memory.bytes[packet.start]!);
    assertEquals(packet.queue(), "illegal");
    kept.push(packet);
  };
  assertEquals(device.collect(3, look), 3);
  assertEquals(device.collect(3, look), 1);
  assertEquals(device.collect(3, look), 0);
  assertEquals(got, [1, 2, 3, 4]);
  assertThrows(() => kept[0]!.queue(), NotLentError);
});

Deno.test("External.supply() stops at the first buffer left unqueued", () => {
  const device = new External();
  assertEquals(device.supply(8, () => {}), 0);
  let left = 3;
  assertEquals(device.supply(8, (packet) => void (left-- && fill(packet))), 3);
  assertEquals(device.pending, 3);
});

Deno.test("External loses no buffer when those who look throw", () => {
  const device = new External({ receive: 2, send: 2 });
  for (let i = 0; i < 20; i++) {
    assertThrows(() => device.inject(FRAME, boom), EvalError);
    assertThrows(() => device.supply(1, boom), EvalError);
    assertEquals(device.pending, 0);
    device.tx(2, fill);
    assertThrows(() => device.take(boom), EvalError);
    assertThrows(() => device.collect(1, boom), EvalError);
    assertEquals(device.sent, 0);
  }
  assertEquals([device.inject(FRAME), device.inject(FRAME)], [true, true]);
  assertEquals(device.tx(8, fill), 2);
});

Deno.test("External takes jumbo frames, super-segments and bare datagrams", () => {
  const jumbo = new External({ mtu: 9000 });
  assert(jumbo.inject(new Uint8Array(9014)));
  const large = new External({
    receive: 1,
    send: 1,
    capabilities: capabilities({ tcpSegmentation: 65535 }),
  });
  assert(large.inject(new Uint8Array(65549)));
  const bare = new External({ medium: "ip" });
  assertEquals(bare.personality.medium, "ip");
  bare.inject(FRAME);
  bare.rx(1, ({ start }) => assertEquals(start % 16, 0));
});

Deno.test("External throws when it gets numbers without sense", () => {
  for (
    const options of [
      { receive: 0 },
      { send: 0.5 },
      { receive: NaN },
      { mtu: 65536 },
    ]
  ) {
    assertThrows(() => new External(options), OptionError);
  }
  assertThrows(() => new External({ slotSize: 100 }), ArenaError, "100");
});

Deno.test("External makes no garbage over a million packets", () => {
  const device = new External();
  let octets = 0;
  const answer = (packet: Packet) => void packet.queue();
  const look = ({ length }: Packet) => {
    octets += length;
  };
  device.wait(2 ** 41 + 1);
  assertSteady(192, () => {
    for (let i = 0; i < 64; i++) device.inject(FRAME);
    device.rx(64, answer);
    device.collect(64, look);
    device.supply(64, fill);
    device.rx(64, look);
    device.tx(64, fill);
    device.collect(64, look);
    device.clock.now += 3;
  });
  assert(octets > 0);
});
