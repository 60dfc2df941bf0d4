import dgram from "node:dgram";
import net from "node:net";
import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertThrows,
} from "@std/assert";
import * as bpf from "@ethox/wire/bpf";
import * as filter from "@ethox/wire/filter";
import { CHECKSUM_PARTIAL, type Packet, SEGMENT_TCP4 } from "../packet.ts";
import {
  descriptors,
  faulty,
  frame,
  refuse,
  thrown,
} from "./_fixture_test_util.ts";
import {
  answerArp,
  answerSyn,
  HOST,
  KERNEL,
  sendUdp,
  udpAt,
  udpSound,
} from "./_frame_test_util.ts";
import { ip, noIp, Private } from "./_private_test_util.ts";
import { EAGAIN, EINTR, ENOBUFS, EPERM, SystemError } from "./errno.ts";
import { libc } from "./ffi.ts";
import { NetworkInterface } from "./interface.ts";
import { type RawOptions, RawSocket } from "./raw.ts";

const live = new Private(import.meta.url, noIp);

/** A veth pair: the kernel has 10.9.0.1 on one end, the device is the other. */
class Wire implements Disposable {
  readonly address: Uint8Array = new Uint8Array(6);

  constructor() {
    // Without IPv6 the kernel has nothing to say of its own.
    ip("link add kernel type veth peer name device");
    for (const name of ["kernel", "device"]) {
      const ipv6 = `/proc/sys/net/ipv6/conf/${name}/disable_ipv6`;
      try {
        Deno.writeTextFileSync(ipv6, "1");
      } catch (error) {
        if (!(error instanceof Deno.errors.NotFound)) throw error;
      }
      using link = NetworkInterface.open(name);
      link.up();
    }
    using link = NetworkInterface.open("kernel");
    link.setIpv4(KERNEL, 24);
    new DataView(this.address.buffer).setUint16(0, link.address.high);
    new DataView(this.address.buffer).setInt32(2, link.address.low);
  }

  open(options: RawOptions = {}): RawSocket {
    return RawSocket.open("device", { spin: 0, ...options });
  }

  [Symbol.dispose](): void {
    ip("link del kernel");
  }
}

async function pump(
  nic: RawSocket,
  done: () => boolean,
  handler: (packet: Packet) => void = () => {},
): Promise<void> {
  const end = nic.now() + 3e6;
  while (!done()) {
    assert(nic.now() < end, "nothing came");
    await nic.waitAsync(nic.now() + 50_000);
    nic.rx(64, (packet) => {
      if (!answerArp(packet)) handler(packet);
    });
  }
}

async function socket(): Promise<
  { socket: dgram.Socket; port: number; got: Uint8Array[] }
> {
  const socket = dgram.createSocket("udp4");
  const got: Uint8Array[] = [];
  socket.on("message", (octets: Uint8Array) => got.push(octets));
  await new Promise<void>((done) => socket.bind(0, "10.9.0.1", done));
  return { socket, port: socket.address().port, got };
}

for (const offload of [true, false]) {
  live.test(`RawSocket carries datagrams both ways over a veth pair, offload ${offload}`, async () => {
    using wire = new Wire();
    using nic = wire.open({ offload });
    assertEquals(nic.personality.mtu, 1500);
    assertEquals(
      nic.personality.capabilities.tcpSegmentation,
      offload ? 65535 : 0,
    );
    const kernel = await socket();
    let good = 0;
    kernel.socket.send(new Uint8Array(900).fill(7), 7, "10.9.0.2");
    await pump(nic, () => good === 1, (packet) => {
      const at = udpAt(packet, 14);
      if (at < 0) return;
      // The peer is the same machine: it leaves the checksum undone.
      if (packet.info.checksum === CHECKSUM_PARTIAL) {
        assertEquals(packet.info.checksumStart, at + 20);
      } else assert(udpSound(packet, at));
      good++;
    });
    for (const work of ["nothing", "checksum"] as const) {
      nic.tx(
        1,
        (packet) => sendUdp(packet, wire.address, kernel.port, 800, 4, work),
      );
    }
    await pump(nic, () => kernel.got.length === 2);
    assertEquals(kernel.got.map((octets) => octets.length), [800, 800]);
    kernel.socket.close();
  });
}

live.test("RawSocket gives the kernel a super-datagram, which becomes several", async () => {
  using wire = new Wire();
  using nic = wire.open();
  const kernel = await socket();
  nic.tx(
    1,
    (packet) =>
      sendUdp(packet, wire.address, kernel.port, 20_500, 3, "segments"),
  );
  await pump(nic, () => kernel.got.length === 21);
  assertEquals(kernel.got[20]!.length, 500);
  kernel.socket.close();
});

live.test("RawSocket receives TCP super-segments with their segment size", async () => {
  using wire = new Wire();
  using nic = wire.open({ offload: false });
  const client = net.connect(80, "10.9.0.2");
  client.on("error", () => {});
  client.write(new Uint8Array(30_000).fill(1));
  let largest = 0;
  await pump(nic, () => largest > 2 * 1460, (packet) => {
    const { view } = packet.memory;
    const at = packet.start + 14;
    if (view.getUint8(at + 9) !== 6 || view.getInt32(at + 16) !== HOST) return;
    if (packet.info.segmentType === SEGMENT_TCP4) {
      assertEquals(packet.info.segmentSize, 1460);
      largest = packet.length;
      return;
    }
    if (view.getUint8(at + 33) !== 2) return;
    answerSyn(packet, at);
  });
  client.destroy();
});

live.test("RawSocket does not receive its own frames (ethox 5.4 #8)", async () => {
  using wire = new Wire();
  using nic = wire.open();
  using peer = RawSocket.open("kernel", { spin: 0 });
  nic.tx(3, (packet) => {
    packet.resize(60);
    packet.memory.bytes.set(frame(60), packet.start);
    packet.queue();
  });
  let peerGot = 0;
  await pump(peer, () => peerGot === 3, () => peerGot++);
  let own = 0;
  nic.rx(64, () => own++);
  assertEquals(own, 0);
});

live.test("RawSocket.tx() counts what was queued, and the counters what was sent (ethox 5.4 #8)", () => {
  using wire = new Wire();
  using nic = wire.open({ slots: 4 });
  assertEquals(nic.tx(64, () => {}), 0);
  let left = 11;
  const sender = (packet: Packet) => {
    if (left-- <= 0) return;
    packet.resize(60);
    packet.memory.bytes.set(frame(60), packet.start);
    packet.queue();
  };
  assertEquals(nic.tx(64, sender), 11);
  assertEquals(nic.counters.toJSON(), { sent: 11, sentOctets: 660 });
});

live.test("RawSocket.rx() sends answers of a batch, in order and from anywhere in their slots", async () => {
  using wire = new Wire();
  using nic = wire.open({ slots: 8 });
  using peer = RawSocket.open("kernel", { spin: 0 });
  let next = 0;
  peer.tx(20, (packet) => {
    packet.resize(60);
    packet.memory.bytes.set(frame(60), packet.start);
    packet.memory.view.setUint8(packet.start + 20, next++);
    packet.queue();
  });
  let lent = 0;
  const end = nic.now() + 3e6;
  while (lent < 20 && nic.now() < end) {
    nic.wait(nic.now() + 50_000);
    lent += nic.rx(64, (packet) => {
      packet.reframe(packet.length + 8, 0, packet.length, 8);
      packet.memory.bytes.set(frame(14), packet.start);
      packet.queue();
    });
  }
  const seen: number[] = [];
  await pump(peer, () => seen.length === 20, (packet) => {
    assertEquals(packet.length, 68);
    seen.push(packet.memory.view.getUint8(packet.start + 28));
  });
  assertEquals(seen, Array.from({ length: 20 }, (_, i) => i));
});

live.test("RawSocket puts back the VLAN tag that the kernel took out (A15)", async () => {
  using wire = new Wire();
  using nic = wire.open();
  using peer = RawSocket.open("kernel", { spin: 0 });
  const tagged = frame(64);
  tagged.splice(12, 0, 0x81, 0x00, 0xa0, 0x05);
  peer.tx(1, (packet) => {
    packet.resize(68);
    packet.memory.bytes.set(tagged, packet.start);
    packet.queue();
  });
  let got: number[] = [];
  await pump(nic, () => got.length > 0, (packet) => {
    got = [...packet.memory.bytes.slice(packet.start, packet.end)];
    packet.queue();
  });
  assertEquals(got, tagged);
  let back = 0;
  await pump(peer, () => back > 0, (packet) => {
    assertEquals(packet.length, 68);
    back++;
  });
});

/** Sends a frame of these octets. */
function send(from: RawSocket, octets: readonly number[]): void {
  from.tx(1, (packet) => {
    packet.resize(octets.length);
    packet.memory.bytes.set(octets, packet.start);
    packet.queue();
  });
}

/** The source of the frames that tests send. */
const SOURCE = frame(14).slice(6, 12);

/**
 * What comes: `count` frames, however long a busy machine takes to hand them
 * over, and what else is there then. Sorted, as they may go by several CPUs. The
 * kernel may ask by ARP for whom it means to answer; that is no test's frame.
 */
function received(nic: RawSocket, count: number): number[][] {
  const got: number[][] = [];
  const end = nic.now() + 3e6;
  const take = () =>
    nic.rx(4000, ({ memory, start, end }) => {
      const octets = [...memory.bytes.slice(start, end)];
      if (SOURCE.every((octet, i) => octets[6 + i] === octet)) got.push(octets);
    });
  while (take(), got.length < count && nic.now() < end) {
    nic.wait(nic.now() + 50_000);
  }
  nic.wait(nic.now() + 10_000);
  take();
  return sorted(got);
}

function sorted(frames: readonly number[][]): number[][] {
  return frames.map((octets) => ({ octets, key: octets.join() }))
    .sort((a, b) => a.key < b.key ? -1 : 1).map(({ octets }) => octets);
}

/** A datagram to a port, with a number in its last octets. */
function datagram(protocol: number, port: number, number: number): number[] {
  const octets = frame(64);
  octets.splice(12, 12, 0x08, 0, 0x45, 0, 0, 50, 0, 0, 0, 0, 64, protocol);
  octets.splice(36, 2, port >> 8, port & 255);
  octets.splice(62, 2, number >> 8, number & 255);
  return octets;
}

live.test("RawSocket receives what its filter wants, and nothing else from the first frame on", () => {
  using wire = new Wire();
  using peer = RawSocket.open("kernel", { spin: 0 });
  const sendBoth = () => {
    send(peer, datagram(17, 53, 1));
    send(peer, datagram(17, 54, 2));
  };
  const calls = faulty({
    bind: (fd, address, length) => {
      send(peer, datagram(17, 54, 2));
      const result = libc().bind(fd, address, length);
      sendBoth();
      return result;
    },
  });
  const program = bpf.compile("udp port 53", { kernel: true });
  using nic = wire.open({ calls, filter: program });
  sendBoth();
  const wanted = datagram(17, 53, 1);
  assertEquals(received(nic, 2), [wanted, wanted]);
  assertEquals(nic.counters.get("receiveDropped"), 0);
});

live.test("RawSocket.setFilter() changes the filter and takes it away", () => {
  using wire = new Wire();
  using nic = wire.open({ filter: bpf.compile("port 53") });
  using peer = RawSocket.open("kernel", { spin: 0 });
  const ports = (count: number) => {
    for (const port of [53, 54]) send(peer, datagram(17, port, port));
    return received(nic, count).map((octets) => octets[37]);
  };
  assertEquals(ports(1), [53]);
  nic.setFilter(bpf.compile("port 54"));
  assertEquals(ports(1), [54]);
  nic.setFilter(undefined);
  assertEquals(ports(2), [53, 54]);
  nic.setFilter(undefined);
  nic.setFilter(bpf.compile("tcp"));
  assertEquals(ports(0), []);
  assertThrows(() => nic.setFilter(new Uint8Array(9)), RangeError, "octets 9");
  assertEquals(ports(0), []);
});

live.test("RawSocket keeps a filter that was locked (EPERM)", () => {
  using wire = new Wire();
  using nic = wire.open({ filter: bpf.compile("arp"), lockFilter: true });
  for (const program of [undefined, bpf.compile("ip")]) {
    const error = thrown(() => nic.setFilter(program));
    assertInstanceOf(error, SystemError);
    assertEquals(error.code, "EPERM");
    assert(error.message.includes("locked"), error.message);
  }
});

live.test("RawSocket.open() refuses what the kernel takes for no filter (EINVAL), and gives its descriptor back", () => {
  using wire = new Wire();
  const before = descriptors();
  const endless = bpf.encode([{ code: 0x05, jt: 0, jf: 0, k: 9 }]);
  const error = thrown(() => wire.open({ filter: endless }));
  assertInstanceOf(error, SystemError);
  assertEquals(error.code, "EINVAL");
  assertEquals(error.call, "setsockopt SO_ATTACH_FILTER");
  assertThrows(() => wire.open({ filter: new Uint8Array(0) }), RangeError);
  assertEquals(descriptors(), before);
});

live.test("RawSocket with a filter for VLANs finds the tag that the kernel took out", () => {
  using wire = new Wire();
  using nic = wire.open({ filter: bpf.compile("vlan 5", { kernel: true }) });
  using peer = RawSocket.open("kernel", { spin: 0 });
  const tagged = (identifier: number): number[] => {
    const octets = datagram(17, 53, 0);
    octets.splice(12, 0, 0x81, 0, 0, identifier);
    return octets;
  };
  send(peer, tagged(6));
  send(peer, tagged(5));
  send(peer, datagram(17, 53, 0));
  assertEquals(received(nic, 1), [tagged(5)]);
});

live.test("The kernel picks by compiled filters what Filter.matches() picks", () => {
  using wire = new Wire();
  using peer = RawSocket.open("kernel", { spin: 0 });
  const frames: number[][] = [];
  let seed = 1;
  for (let i = 0; i < 500; i++) {
    const octets = datagram([6, 17, 1][i % 3]!, 50 + i % 7, i);
    if (i % 5 === 0) octets.splice(12, 2, 0x86, 0xdd);
    for (let changed = 0; changed < i % 4; changed++) {
      seed = Math.imul(seed, 1103515245) + 12345 & 0x7fffffff;
      octets[14 + (seed >> 8) % 40] = seed >> 16 & 255;
    }
    // Some end where a filter may still want octets.
    frames.push(i % 11 === 0 ? octets.slice(0, 20 + i % 30) : octets);
  }
  for (
    const text of [
      "udp port 53",
      "not tcp",
      "not udp port 53 and not port 54",
      "ip[8] << (ip[9] & 0x3f) > 5",
      "ip[1] / ip[8] = 0 or tcp[13] != 0",
      "ip6[6] = 17 or ip6[(ip6[7] & 31):4] > len",
      "net 128.0.0.0/1 or less 40",
      `port 53 or ${
        Array.from({ length: 80 }, (_, i) => 1000 + i).join(" or ")
      }`,
    ]
  ) {
    const program = bpf.compile(text, { kernel: true });
    using nic = wire.open({ filter: program });
    for (const octets of frames) send(peer, octets);
    const mine = filter.compile(text);
    const wanted = frames.filter((octets) =>
      mine.matches(
        new DataView(Uint8Array.from(octets).buffer),
        0,
        octets.length,
      )
    );
    assert(wanted.length > 0 && wanted.length < frames.length, text);
    assertEquals(received(nic, wanted.length), sorted(wanted), text);
  }
});

live.test("RawSocket counts frames that found its receive buffer full (A92)", () => {
  using wire = new Wire();
  using nic = wire.open({ receiveBuffer: 1 });
  using peer = RawSocket.open("kernel", { spin: 0 });
  peer.tx(2000, (packet) => {
    packet.resize(1000);
    packet.memory.bytes.set(frame(20), packet.start);
    packet.queue();
  });
  const sent = peer.counters.get("sent");
  const lost = () => nic.counters.get("receiveDropped");
  let lent = 0;
  // A busy machine hands frames over later.
  for (const end = nic.now() + 3e6; nic.now() < end;) {
    nic.refreshStatistics();
    if (lost() <= 1000) continue;
    nic.rx(4000, () => lent++);
    if (lent + lost() >= sent) break;
  }
  assert(lost() > 1000, `${lost()}`);
  assertEquals(lent + lost(), sent);
});

live.test("RawSocket goes on when its interface was down (A92 ENETDOWN)", async () => {
  using wire = new Wire();
  using nic = wire.open();
  using device = NetworkInterface.open("device");
  device.down();
  nic.rx(64, () => {});
  assertEquals(nic.counters.get("receiveErrors"), 1);
  nic.tx(1, (packet) => (packet.resize(60), void packet.queue()));
  assertEquals(nic.counters.get("sendDropped"), 1);
  assertEquals(nic.failure, undefined);
  device.up();
  const kernel = await socket();
  let got = 0;
  kernel.socket.send("x", 7, "10.9.0.2");
  await pump(nic, () => got > 0, () => got++);
  kernel.socket.close();
});

live.test("RawSocket throws once when its interface is deleted", () => {
  const wire = new Wire();
  using nic = wire.open();
  wire[Symbol.dispose]();
  const error = thrown(() => nic.rx(64, () => {}));
  assertInstanceOf(error, SystemError);
  assertEquals(error.code, "ENETDOWN");
  assertEquals(nic.rx(64, () => {}), 0);
  assertEquals(nic.tx(64, () => {}), 0);
});

live.test("RawSocket drops what the kernel refuses, and goes on behind it (A92)", () => {
  using wire = new Wire();
  let turn = 0;
  const calls = faulty({
    sendmmsg: (fd, vector, count, flags) => {
      turn++;
      if (turn === 1) return refuse(calls, EINTR);
      if (turn === 2) return refuse(calls, ENOBUFS);
      if (turn === 3) return libc().sendmmsg(fd, vector, 2, flags);
      if (turn === 4) return refuse(calls, EAGAIN);
      return libc().sendmmsg(fd, vector, count, flags);
    },
  });
  using nic = wire.open({ calls });
  const sent = nic.tx(8, (packet) => {
    packet.resize(60);
    packet.memory.bytes.set(frame(60), packet.start);
    packet.queue();
  });
  assertEquals(sent, 8);
  assertEquals(nic.counters.toJSON(), {
    sent: 2,
    sentOctets: 120,
    sendDropped: 6,
  });
  assertEquals(turn, 4);
});

live.test("RawSocket ends loans and sends answers when a handler throws (A87)", async () => {
  using wire = new Wire();
  using nic = wire.open();
  using peer = RawSocket.open("kernel", { spin: 0 });
  peer.tx(3, (packet) => {
    packet.resize(60);
    packet.memory.bytes.set(frame(60), packet.start);
    packet.queue();
  });
  nic.wait(nic.now() + 1e6);
  let calls = 0;
  assertThrows(() =>
    nic.rx(64, (packet) => {
      if (calls++ === 1) throw new RangeError("handler");
      packet.queue();
    }), RangeError);
  let answers = 0;
  await pump(peer, () => answers === 1, () => answers++);
  assertEquals(nic.rx(64, () => {}), 0);
  nic[Symbol.dispose]();
  nic[Symbol.dispose]();
  assertThrows(() => nic.rx(1, () => {}), Error, "was disposed of");
});

live.test("RawSocket.open() of no interface says so (ENODEV)", () => {
  const before = descriptors();
  assertEquals(
    thrown(() => RawSocket.open("none0")).message,
    "Cannot open a packet socket on none0: there is no such interface; ip link lists those that are (ENODEV from ioctl SIOCGIFINDEX)",
  );
  assertEquals(descriptors(), before);
});

live.test("RawSocket.open() gives its descriptors back on every path (A93)", () => {
  using wire = new Wire();
  const before = descriptors();
  let failing = 0;
  for (let refused = true; refused; failing++) {
    let count = 0;
    const maybe = <A extends unknown[]>(call: (...args: A) => number) =>
    (
      ...args: A
    ): number => count++ === failing ? refuse(calls, EPERM) : call(...args);
    const table = libc();
    const calls = faulty({
      socket: maybe(table.socket),
      ioctl: maybe(table.ioctl),
      bind: maybe(table.bind),
      setsockopt: maybe(table.setsockopt),
    });
    try {
      wire.open({ calls, mtu: 1400 })[Symbol.dispose]();
      // The larger receive buffer is not worth a failure.
    } catch (error) {
      assertInstanceOf(error, SystemError);
    }
    assertEquals(descriptors(), before, `call ${failing}`);
    refused = count > failing;
  }
  assert(failing > 10, `${failing}`);
});
