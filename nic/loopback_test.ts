import { assert, assertEquals, assertThrows } from "@std/assert";
import { assertSteady } from "./_steady_test_util.ts";
import { ArenaError } from "./arena.ts";
import { capabilities } from "./capabilities.ts";
import { Clock, OptionError, SEND_ERRORS } from "./device.ts";
import { Loopback } from "./loopback.ts";
import {
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  CHECKSUM_VERIFIED,
  type Packet,
  SEGMENT_TCP4,
} from "./packet.ts";

function fill(packet: Packet): void {
  packet.resize(60);
  packet.queue();
}

function answer(packet: Packet): void {
  packet.queue();
}

Deno.test("Loopback receives what it sent, in the same memory", () => {
  const device = new Loopback({ slots: 4 });
  const sent: number[] = [];
  const got: number[] = [];
  device.tx(4, (packet) => {
    fill(packet);
    sent.push(packet.start);
  });
  assertEquals(device.pending, 4);
  device.rx(4, ({ start }) => void got.push(start));
  assertEquals(got, sent);
  assertEquals(device.pending, 0);
});

Deno.test("Loopback lends no answer in the burst that gave it", () => {
  const device = new Loopback({ slots: 4 });
  device.tx(2, fill);
  for (let turn = 0; turn < 10; turn++) {
    assertEquals(device.rx(100, answer), 2);
    assertEquals(device.pending, 2);
  }
});

Deno.test("Loopback offers no buffer while all are under way", () => {
  const device = new Loopback({ slots: 3 });
  assertEquals(device.tx(100, fill), 3);
  assertEquals(device.tx(100, fill), 0);
  device.rx(1, () => {});
  assertEquals(device.tx(100, fill), 1);
});

Deno.test("Loopback takes a clock that others share", () => {
  const clock = new Clock(5);
  const first = new Loopback({ slots: 1, clock });
  const second = new Loopback({ slots: 1, clock });
  first.wait(100);
  assertEquals(second.now(), 100);
});

Deno.test("Loopback of bare datagrams and of jumbo frames", () => {
  const bare = new Loopback({ slots: 1, medium: "ip", mtu: 9000 });
  assertEquals(bare.personality.medium, "ip");
  assertEquals(bare.personality.mtu, 9000);
  bare.tx(1, (packet) => {
    assertEquals(packet.origin % 16, 0);
    assertEquals(packet.resize(9000), "queued");
    packet.queue();
  });
  assertEquals(bare.rx(1, ({ length }) => assertEquals(length, 9000)), 1);
  bare.tx(1, (packet) => {
    packet.resize(9001);
    packet.queue();
  });
  assertEquals(bare.counters.values[SEND_ERRORS], 1);
  const jumbo = new Loopback({ slots: 1, mtu: 9000 });
  jumbo.tx(1, (packet) => {
    assertEquals(packet.resize(9014), "queued");
    packet.queue();
  });
  assertEquals(jumbo.pending, 1);
});

Deno.test("Loopback hands super-segments back uncut, where it is to", () => {
  const device = new Loopback({
    slots: 1,
    capabilities: capabilities({
      tcp: { receive: true, transmit: true },
      tcpSegmentation: 65535,
    }),
  });
  device.tx(1, (packet) => {
    assertEquals(packet.resize(65535 + 14), "queued");
    packet.info.segmentType = SEGMENT_TCP4;
    packet.info.segmentSize = 1448;
    packet.info.checksum = CHECKSUM_PARTIAL;
    packet.queue();
  });
  const came = device.rx(1, ({ length, info }) => {
    assertEquals(length, 65549);
    assertEquals(info.segmentSize, 1448);
    assertEquals(info.checksum, CHECKSUM_PARTIAL);
  });
  assertEquals(came, 1);
});

Deno.test("Loopback vouches for no checksum that the sender wrote", () => {
  const device = new Loopback({ slots: 1 });
  device.tx(1, (packet) => {
    packet.info.checksum = CHECKSUM_VERIFIED;
    fill(packet);
  });
  device.rx(1, ({ info }) => assertEquals(info.checksum, CHECKSUM_NONE));
});

Deno.test("Loopback throws when it gets numbers without sense", () => {
  assertThrows(() => new Loopback({ slots: 0 }), OptionError, "0 for slots");
  assertThrows(() => new Loopback({ slots: NaN }), OptionError, "NaN");
  assertThrows(() => new Loopback({ slots: 1, mtu: 67 }), OptionError, "67");
  assertThrows(() => new Loopback({ slots: 1, slotSize: 32 }), ArenaError);
});

Deno.test("Loopback makes no garbage over a million packets", () => {
  const device = new Loopback({ slots: 64 });
  let octets = 0;
  const look = ({ length }: Packet) => {
    octets += length;
  };
  device.wait(2 ** 41 + 1);
  assertSteady(64, () => {
    device.tx(64, fill);
    device.rx(64, answer);
    device.rx(64, look);
    device.clock.now += 3;
  });
  assert(octets > 0);
});
