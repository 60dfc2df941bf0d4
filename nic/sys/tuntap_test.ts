import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStrictEquals,
  assertThrows,
} from "@std/assert";
import { CHECKSUM_PARTIAL, SEGMENT_TCP4 } from "../packet.ts";
import {
  Cable,
  descriptors,
  faulty,
  frame,
  refuse,
  thrown,
} from "./_fixture_test_util.ts";
import { libc } from "./ffi.ts";
import {
  DisposedError,
  EAGAIN,
  EBADFD,
  EINTR,
  EIO,
  ENETDOWN,
  ENOBUFS,
  SystemError,
} from "./errno.ts";
import { Tuntap, type TuntapOptions } from "./tuntap.ts";

const NO_OFFLOAD = Array<number>(10).fill(0);

function device(
  cable: Cable,
  header = 10,
  options: TuntapOptions = {},
): Tuntap {
  return new Tuntap(
    { fd: cable.device, name: "cable", header, offloads: header && 0x67 },
    "ethernet",
    1500,
    { slots: 2, spin: 0, ...options },
  );
}

Deno.test("Tuntap.rx() lends each frame once, in bursts of at most max", () => {
  using cable = new Cable();
  using nic = device(cable);
  for (let i = 0; i < 5; i++) cable.send(...NO_OFFLOAD, ...frame(60 + i));
  const lengths: number[] = [];
  const before = nic.now();
  const handler = (packet: { length: number; info: { timestamp: number } }) => {
    assert(packet.info.timestamp >= before);
    lengths.push(packet.length);
  };
  assertEquals(nic.rx(3, handler), 3);
  assertEquals(nic.rx(64, handler), 2);
  assertEquals(nic.rx(64, handler), 0);
  assertEquals(lengths, [60, 61, 62, 63, 64]);
  assertEquals(nic.counters.toJSON(), { received: 5, receivedOctets: 310 });
});

Deno.test("Tuntap.rx() sends the frames that the handler queued", () => {
  using cable = new Cable();
  using nic = device(cable);
  cable.send(...NO_OFFLOAD, ...frame(60));
  nic.rx(64, (packet) => {
    packet.memory.view.setUint8(packet.start, 0x42);
    assertEquals(packet.queue(), "queued");
    assertEquals(packet.queue(), "illegal");
  });
  assertEquals(
    [...cable.receive()!],
    [...NO_OFFLOAD, 0x42, ...frame(60).slice(1)],
  );
  assertEquals(nic.counters.get("sent"), 1);
  assertEquals(nic.counters.get("sentOctets"), 60);
});

for (const header of [0, 10]) {
  Deno.test(`Tuntap sends a frame from anywhere in its slot, header ${header}`, () => {
    using cable = new Cable();
    using nic = device(cable, header);
    cable.send(...NO_OFFLOAD.slice(0, header), ...frame(60));
    nic.rx(64, (packet) => {
      assertEquals(packet.reframe(88, 0, 60, 28), "queued");
      packet.memory.fill(packet.start, 28, 7);
      packet.queue();
    });
    assertEquals(
      [...cable.receive()!],
      [...NO_OFFLOAD.slice(0, header), ...Array(28).fill(7), ...frame(60)],
    );
  });
}

Deno.test("Tuntap.tx() offers until one buffer is left unqueued, and counts what was queued (ethox 5.4 #8)", () => {
  using cable = new Cable();
  using nic = device(cable);
  let left = 3;
  const sender = (packet: {
    length: number;
    resize(length: number): unknown;
    queue(): unknown;
  }) => {
    assertEquals(packet.length, 0);
    if (left-- <= 0) return;
    packet.resize(60);
    packet.queue();
  };
  assertEquals(nic.tx(2, sender), 2);
  assertEquals(nic.tx(64, sender), 1);
  assertEquals(nic.tx(64, sender), 0);
  assertEquals(nic.counters.get("sent"), 3);
});

Deno.test("Tuntap ends the loan when the call returns, also by an exception (A87)", () => {
  using cable = new Cable();
  using nic = device(cable, 10, { slots: 1 });
  cable.send(...NO_OFFLOAD, ...frame(60));
  cable.send(...NO_OFFLOAD, ...frame(61));
  let kept: { queue(): unknown } | undefined;
  assertThrows(() =>
    nic.rx(64, (packet) => {
      kept = packet;
      throw new RangeError("handler");
    }), RangeError);
  assertThrows(() => kept!.queue(), Error, "loan has ended");
  assertEquals(nic.rx(64, () => {}), 1);
});

Deno.test("Tuntap without a header refuses what needs the kernel's help", () => {
  using cable = new Cable();
  using nic = device(cable, 0);
  assertEquals(nic.personality.capabilities.tcpSegmentation, 0);
  const sent = nic.tx(1, (packet) => {
    packet.resize(60);
    packet.info.checksum = CHECKSUM_PARTIAL;
    packet.queue();
  });
  assertEquals(sent, 1);
  assertEquals(nic.counters.toJSON(), { sendDropped: 1, sendErrors: 1 });
  assertEquals(cable.receive(), undefined);
});

for (const octets of [[0], NO_OFFLOAD, Array<number>(10 + 13).fill(0)]) {
  Deno.test(`Tuntap drops and counts a short read of ${octets.length} octets (A92, A16)`, () => {
    using cable = new Cable();
    using nic = device(cable);
    cable.send(...octets);
    cable.send(...NO_OFFLOAD, ...frame(60));
    assertEquals(nic.rx(64, () => {}), 1);
    assertEquals(nic.counters.get("receiveDropped"), 1);
  });
}

Deno.test("Tuntap drops and counts a frame that does not fit the slot", () => {
  using cable = new Cable();
  using nic = device(cable, 0);
  cable.send(...frame(5000));
  assertEquals(nic.rx(64, () => {}), 0);
  assertEquals(nic.counters.get("receiveDropped"), 1);
});

Deno.test("Tuntap drops and counts a lying header (A96 vnet_hdr lies)", () => {
  using cable = new Cable();
  using nic = device(cable);
  cable.send(1, 1, 54, 0, 0, 0, 34, 0, 16, 0, ...frame(60));
  cable.send(...NO_OFFLOAD, ...frame(61));
  assertEquals(nic.rx(64, (packet) => assertEquals(packet.length, 61)), 1);
  assertEquals(nic.counters.get("receiveDropped"), 1);
});

Deno.test("Tuntap.rx() gives up after max malformed frames (A89)", () => {
  using cable = new Cable();
  using nic = device(cable);
  for (let i = 0; i < 10; i++) cable.send(1);
  assertEquals(nic.rx(4, () => {}), 0);
  assertEquals(nic.counters.get("receiveDropped"), 4);
});

Deno.test("Tuntap takes a read that a signal interrupted for no failure (A92 EINTR)", () => {
  using cable = new Cable();
  let interrupted = 0;
  const calls = faulty({
    read: (fd, to, length) =>
      interrupted++ % 2 === 0
        ? refuse(calls, EINTR)
        : libc().read(fd, to, length),
  });
  using nic = device(cable, 10, { calls });
  cable.send(...NO_OFFLOAD, ...frame(60));
  assertEquals(nic.rx(64, () => {}), 1);
  assertEquals(nic.counters.get("receiveErrors"), 0);
});

Deno.test("Tuntap writes again when a signal interrupted (A92 EINTR)", () => {
  using cable = new Cable();
  let tries = 0;
  const calls = faulty({
    write: (fd, from, length) =>
      tries++ === 0 ? refuse(calls, EINTR) : libc().write(fd, from, length),
  });
  using nic = device(cable, 10, { calls });
  nic.tx(1, (packet) => (packet.resize(60), void packet.queue()));
  assertEquals(tries, 2);
  assertEquals(nic.counters.get("sent"), 1);
});

for (
  const [name, errno, errors] of [
    ["EAGAIN", EAGAIN, 0],
    ["ENOBUFS", ENOBUFS, 0],
    ["EIO", EIO, 1],
    ["ENETDOWN", ENETDOWN, 1],
  ] as const
) {
  Deno.test(`Tuntap counts a frame that the kernel refuses with ${name} (A92)`, () => {
    using cable = new Cable();
    const calls = faulty({ write: () => refuse(calls, errno) });
    using nic = device(cable, 10, { calls });
    const send = () =>
      nic.tx(2, (packet) => (packet.resize(60), void packet.queue()));
    assertEquals(send(), 2);
    assertEquals(nic.counters.get("sendDropped"), 2);
    assertEquals(nic.counters.get("sendErrors"), errors * 2);
    assertEquals(nic.counters.get("sent"), 0);
    assertStrictEquals(nic.failure, undefined);
  });
}

Deno.test("Tuntap counts a frame that finds the cable full (A92 EAGAIN)", () => {
  using cable = new Cable();
  using nic = device(cable);
  const sent = nic.tx(
    10000,
    (packet) => (packet.resize(1500), void packet.queue()),
  );
  assertEquals(sent, 10000);
  assert(nic.counters.get("sendDropped") > 0);
  assertEquals(
    nic.counters.get("sent") + nic.counters.get("sendDropped"),
    10000,
  );
});

Deno.test("Tuntap throws once when its descriptor is closed in flight, and does not spin after it (A92)", () => {
  using cable = new Cable();
  using nic = device(cable);
  libc().close(cable.device);
  const error = thrown(() => nic.rx(64, () => {}));
  assertInstanceOf(error, SystemError);
  assertEquals(error.code, "EBADF");
  assertStrictEquals(nic.failure, error);
  assertEquals(nic.rx(64, () => {}), 0);
  assertEquals(nic.tx(64, () => {}), 0);
  const before = nic.now();
  nic.wait(before + 20_000);
  assert(nic.now() - before >= 20_000);
  assertStrictEquals(thrown(() => nic.wait(Infinity)), error);
});

Deno.test("Tuntap gives its descriptor back when the interface is deleted (A92 EBADFD)", () => {
  const before = descriptors();
  {
    using cable = new Cable();
    const calls = faulty({ read: () => refuse(calls, EBADFD) });
    using nic = device(cable, 10, { calls });
    assertThrows(
      () => nic.rx(64, () => {}),
      SystemError,
      "Cannot go on with cable: the interface was deleted (EBADFD from read)",
    );
    assertEquals(nic.fd, -1);
  }
  assertEquals(descriptors(), before);
});

Deno.test("Tuntap can be disposed of twice, and then used no more", async () => {
  const before = descriptors();
  using cable = new Cable();
  const nic = device(cable);
  await nic.waitAsync(nic.now() + 1);
  nic[Symbol.dispose]();
  nic[Symbol.dispose]();
  assertEquals(nic.fd, -1);
  assertThrows(() => nic.rx(1, () => {}), DisposedError, "cable");
  assertThrows(() => nic.tx(1, () => {}), DisposedError);
  assertThrows(() => nic.wait(0), DisposedError);
  assertThrows(() => nic.waitAsync(0), DisposedError);
  assertEquals(descriptors(), before + 1);
});

Deno.test("Tuntap can be disposed of by its own handler", () => {
  using cable = new Cable();
  const nic = device(cable);
  cable.send(...NO_OFFLOAD, ...frame(60));
  cable.send(...NO_OFFLOAD, ...frame(60));
  assertEquals(nic.rx(64, () => nic[Symbol.dispose]()), 1);
  assertEquals(nic.counters.get("receiveErrors"), 0);
});

Deno.test("Tuntap hands over a super-segment with its size, and takes it back", () => {
  using cable = new Cable();
  using nic = device(cable);
  const tcp = frame(34 + 20 + 4000);
  tcp[34 + 12] = 0x50;
  const header = [1, 1, 54, 0, 0xb4, 5, 34, 0, 16, 0];
  cable.send(...header, ...tcp);
  nic.rx(64, (packet) => {
    assertEquals(packet.info.segmentType, SEGMENT_TCP4);
    assertEquals(packet.info.segmentSize, 1460);
    packet.queue();
  });
  assertEquals([...cable.receive()!.slice(0, 10)], header);
});
