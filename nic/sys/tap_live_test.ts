import dgram from "node:dgram";
import net from "node:net";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { CHECKSUM_PARTIAL, SEGMENT_TCP4 } from "../packet.ts";
import { descriptors, faulty, refuse, thrown } from "./_fixture_test_util.ts";
import {
  answerArp,
  answerSyn,
  HOST,
  KERNEL,
  sendUdp,
  udpAt,
  udpSound,
} from "./_frame_test_util.ts";
import { ip, noIp, noTap, Private } from "./_private_test_util.ts";
import { EPERM, SystemError } from "./errno.ts";
import { libc } from "./ffi.ts";
import { NetworkInterface } from "./interface.ts";
import { RawSocket } from "./raw.ts";
import { TapInterface } from "./tap.ts";
import { TunInterface } from "./tun_interface.ts";
import type { Tuntap } from "./tuntap.ts";

const live = new Private(import.meta.url, () => noTap() ?? noIp());

/** Gives the kernel 10.9.0.1/24 on the device and brings it up. */
function raise(nic: Tuntap, name = nic.name): Uint8Array {
  using link = NetworkInterface.open(name);
  link.setIpv4(KERNEL, 24);
  link.up();
  const address = new Uint8Array(6);
  if (nic.personality.medium === "ip") return new Uint8Array();
  const view = new DataView(address.buffer);
  view.setUint16(0, link.address.high);
  view.setInt32(2, link.address.low);
  return address;
}

/** A UDP socket of the kernel, and what it received. */
async function socket(): Promise<
  { socket: dgram.Socket; port: number; got: Uint8Array[] }
> {
  const socket = dgram.createSocket("udp4");
  const got: Uint8Array[] = [];
  socket.on("message", (octets: Uint8Array) => got.push(octets));
  await new Promise<void>((done) => socket.bind(0, "10.9.0.1", done));
  return { socket, port: socket.address().port, got };
}

async function until(nic: Tuntap, done: () => boolean): Promise<void> {
  const end = nic.now() + 3e6;
  while (!done()) {
    assert(nic.now() < end, "nothing came");
    await nic.waitAsync(Math.min(end, nic.now() + 50_000));
    nic.rx(64, (packet) => void answerArp(packet));
  }
}

live.test("TapInterface.open() makes an interface with the kernel's MTU, and takes it away (ethox 5.4 #9)", () => {
  const before = descriptors();
  {
    using nic = TapInterface.open("tap7");
    assertEquals(nic.name, "tap7");
    assertEquals(nic.personality.mtu, 1500);
    assertEquals(nic.personality.medium, "ethernet");
    assertEquals(nic.personality.capabilities.tcpSegmentation, 65535);
    using link = NetworkInterface.open("tap7");
    assert(link.index > 0);
    assert(link.ethernet);
    link.queueLength = 2000;
    assertEquals(link.queueLength, 2000);
  }
  assertEquals(descriptors(), before);
  using link = NetworkInterface.open("tap7");
  const error = thrown(() => link.mtu);
  assertEquals(error.code, "ENODEV");
  assertEquals(
    error.message,
    "Cannot read the MTU of tap7: there is no such interface (ENODEV from ioctl SIOCGIFMTU)",
  );
});

live.test("TapInterface.open() sets an MTU that is asked for, and sizes its slots by it", async () => {
  using nic = TapInterface.open("tap0", { mtu: 9000, offload: false });
  assertEquals(nic.personality.mtu, 9000);
  raise(nic);
  using kernel = Object.assign(await socket(), {
    [Symbol.dispose]: () => kernel.socket.close(),
  });
  let length = 0;
  kernel.socket.send(new Uint8Array(8900), 9, "10.9.0.2");
  const end = nic.now() + 3e6;
  while (length === 0 && nic.now() < end) {
    await nic.waitAsync(nic.now() + 50_000);
    nic.rx(64, (packet) => {
      if (!answerArp(packet) && udpAt(packet, 14) >= 0) length = packet.length;
    });
  }
  assertEquals(length, 14 + 28 + 8900);
});

live.test("TapInterface.open() numbers a pattern", () => {
  using first = TapInterface.open("ether%d");
  using second = TapInterface.open("ether%d");
  assertEquals([first.name, second.name], ["ether0", "ether1"]);
});

for (const offload of [true, false]) {
  live.test(`TapInterface carries datagrams both ways, offload ${offload}`, async () => {
    ip("tuntap add dev tap0 mode tap");
    // What one owner agreed to is nothing to the next.
    TapInterface.open("tap0", { offload: !offload })[Symbol.dispose]();
    using nic = TapInterface.open("tap0", { offload });
    const address = raise(nic);
    const kernel = await socket();
    let sound = 0;
    let partial = 0;
    kernel.socket.send(new Uint8Array(900).fill(7), 7, "10.9.0.2");
    kernel.socket.send(new Uint8Array(901).fill(7), 7, "10.9.0.2");
    const end = nic.now() + 3e6;
    while (sound + partial < 2 && nic.now() < end) {
      await nic.waitAsync(nic.now() + 50_000);
      nic.rx(64, (packet) => {
        if (answerArp(packet)) return;
        const ip = udpAt(packet, 14);
        if (ip < 0) return;
        if (packet.info.checksum === CHECKSUM_PARTIAL) {
          assertEquals(packet.info.checksumStart, ip + 20);
          assertEquals(packet.info.checksumOffset, 6);
          partial++;
        } else if (udpSound(packet, ip)) sound++;
      });
    }
    assertEquals([sound, partial], offload ? [0, 2] : [2, 0]);
    nic.tx(
      1,
      (packet) => sendUdp(packet, address, kernel.port, 1001, 5, "nothing"),
    );
    await until(nic, () => kernel.got.length === 1);
    assertEquals([...kernel.got[0]!], Array(1001).fill(5));
    kernel.socket.close();
    nic[Symbol.dispose]();
    ip("link delete tap0");
  });
}

live.test("TapInterface leaves a partial checksum to the kernel, whose socket takes the datagram", async () => {
  using nic = TapInterface.open("tap0");
  const address = raise(nic);
  const kernel = await socket();
  nic.tx(
    1,
    (packet) => sendUdp(packet, address, kernel.port, 999, 6, "checksum"),
  );
  await until(nic, () => kernel.got.length === 1);
  assertEquals([...kernel.got[0]!], Array(999).fill(6));
  kernel.socket.close();
});

live.test("TapInterface gives the kernel a super-datagram, which becomes several", async () => {
  using nic = TapInterface.open("tap0");
  if (nic.personality.capabilities.udpSegmentation === 0) return;
  const address = raise(nic);
  const kernel = await socket();
  nic.tx(
    1,
    (packet) => sendUdp(packet, address, kernel.port, 20_500, 3, "segments"),
  );
  await until(nic, () => kernel.got.length === 21);
  const lengths = kernel.got.map((octets) => octets.length);
  assertEquals(lengths, [...Array(20).fill(1000), 500]);
  assertEquals(nic.counters.get("sent"), 1);
  kernel.socket.close();
});

live.test("TapInterface receives TCP super-segments with their segment size", async () => {
  using nic = TapInterface.open("tap0");
  raise(nic);
  const client = net.connect(80, "10.9.0.2");
  client.on("error", () => {});
  client.write(new Uint8Array(30_000).fill(1));
  let largest = 0;
  let size = 0;
  const end = nic.now() + 3e6;
  while (largest === 0 && nic.now() < end) {
    await nic.waitAsync(nic.now() + 50_000);
    nic.rx(64, (packet) => {
      if (answerArp(packet)) return;
      const { view } = packet.memory;
      const ip = packet.start + 14;
      if (view.getUint8(ip + 9) !== 6 || view.getInt32(ip + 16) !== HOST) {
        return;
      }
      const tcp = ip + 20;
      if (packet.info.segmentType === SEGMENT_TCP4) {
        largest = packet.length;
        size = packet.info.segmentSize;
        assertEquals(packet.info.checksum, CHECKSUM_PARTIAL);
        assertEquals(packet.info.checksumStart, tcp);
        assertEquals(packet.info.checksumOffset, 16);
        return;
      }
      if (view.getUint8(tcp + 13) !== 2) return;
      answerSyn(packet, ip);
    });
  }
  assertEquals(size, 1460);
  assert(largest > 2 * 1460, `${largest}`);
  client.destroy();
});

live.test("TunInterface carries bare datagrams both ways", async () => {
  using nic = TunInterface.open("tun3");
  assertEquals(nic.personality.medium, "ip");
  raise(nic);
  const kernel = await socket();
  let seen = 0;
  kernel.socket.send(new Uint8Array(700).fill(7), 7, "10.9.0.2");
  const end = nic.now() + 3e6;
  while (seen === 0 && nic.now() < end) {
    await nic.waitAsync(nic.now() + 50_000);
    nic.rx(64, (packet) => {
      const ip = udpAt(packet, 0);
      if (ip < 0) return;
      seen++;
      assertEquals(ip % 16, 0, "the IP header is aligned");
      assertEquals(packet.info.checksum, CHECKSUM_PARTIAL);
      assertEquals(packet.info.checksumStart, ip + 20);
    });
  }
  assertEquals(seen, 1);
  const none = new Uint8Array();
  nic.tx(1, (packet) => sendUdp(packet, none, kernel.port, 600, 2, "checksum"));
  nic.tx(1, (packet) => sendUdp(packet, none, kernel.port, 601, 2, "nothing"));
  await until(nic, () => kernel.got.length === 2);
  assertEquals(kernel.got.map((octets) => octets.length), [600, 601]);
  kernel.socket.close();
});

live.test("TapInterface counts what it writes while the interface is down (A92 EIO)", () => {
  using nic = TapInterface.open("tap0");
  nic.tx(1, (packet) => (packet.resize(60), void packet.queue()));
  assertEquals(nic.counters.get("sendDropped"), 1);
  assertEquals(nic.failure, undefined);
  raise(nic);
  nic.tx(1, (packet) => (packet.resize(60), void packet.queue()));
  assertEquals(nic.counters.get("sent"), 1);
});

live.test("TapInterface throws once when its interface is deleted", () => {
  using nic = TapInterface.open("tap0");
  raise(nic);
  new Deno.Command("ip", { args: ["link", "del", "tap0"] }).outputSync();
  // A deleted interface is readable, so the wait ends and the read tells.
  nic.wait(nic.now() + 2e6);
  const error = thrown(() => nic.rx(64, () => {}));
  assertInstanceOf(error, SystemError);
  assertEquals(error.code, "EBADFD");
  assertEquals(nic.rx(64, () => {}), 0);
  assertEquals(nic.fd, -1);
});

live.test("TapInterface.open() of one in use says so (EBUSY)", () => {
  using first = TapInterface.open("tap0");
  const before = descriptors();
  const error = thrown(() => TapInterface.open(first.name));
  assertEquals(
    error.message,
    "Cannot attach to tap interface tap0: another process has it open (EBUSY from ioctl TUNSETIFF)",
  );
  assertEquals(descriptors(), before);
});

live.test("TapInterface.open() with several queues can be attached twice", () => {
  using first = TapInterface.open("tap0", { multiQueue: true });
  using second = TapInterface.open("tap0", { multiQueue: true });
  assertEquals(second.name, first.name);
});

for (const name of ["lo", "tun0"]) {
  live.test(`TapInterface.open() of ${name}, no tap, says so`, () => {
    using _tun = TunInterface.open("tun0");
    const before = descriptors();
    const error = thrown(() => TapInterface.open(name));
    assertStringIncludes(
      error.message,
      `Cannot attach to tap interface ${name}`,
    );
    assertStringIncludes(error.message, "exists and is no tap interface");
    assertEquals(descriptors(), before);
  });
}

live.test("TapInterface.open() falls back to what the kernel offers", () => {
  for (
    const [refused, segmentation, datagrams] of [
      [[0x67], 65535, 0],
      [[0x67, 0x07], 0, 0],
    ] as const
  ) {
    const calls = faulty({
      ioctlInteger: (fd, request, argument) =>
        (refused as readonly number[]).includes(argument)
          ? refuse(calls, 22)
          : libc().ioctlInteger(fd, request, argument),
    });
    using nic = TapInterface.open("tap0", { calls });
    const { capabilities } = nic.personality;
    assertEquals(capabilities.tcpSegmentation, segmentation);
    assertEquals(capabilities.udpSegmentation, datagrams);
    assertEquals(capabilities.tcp.transmit, true);
  }
});

live.test("TapInterface.open() gives the descriptor back on every path (A93)", () => {
  const before = descriptors();
  let failing = 0;
  for (let refused = true; refused; failing++) {
    // The call of that number is refused, one after the other.
    let count = 0;
    const maybe = <A extends unknown[]>(call: (...args: A) => number) =>
    (
      ...args: A
    ): number => count++ === failing ? refuse(calls, EPERM) : call(...args);
    const table = libc();
    const calls = faulty({
      open: maybe(table.open),
      ioctl: maybe(table.ioctl),
      socket: maybe(table.socket),
    });
    try {
      TapInterface.open("tap0", { calls, mtu: 1400 })[Symbol.dispose]();
    } catch (error) {
      assertInstanceOf(error, SystemError);
    }
    assertEquals(descriptors(), before, `call ${failing}`);
    refused = count > failing;
  }
  assert(failing > 6, `${failing}`);
  const broken = faulty({
    clockGettime: () => {
      throw new Error("clock");
    },
  });
  assertThrows(
    () => TapInterface.open("tap0", { calls: broken }),
    Error,
    "clock",
  );
  assertEquals(descriptors(), before);
});

live.test("RawSocket.open() of an interface without Ethernet frames says so", () => {
  using tun = TunInterface.open("tun0");
  assertThrows(
    () => RawSocket.open(tun.name),
    SystemError,
    "it does not carry Ethernet frames",
  );
});
