/**
 * What tap and tun interfaces have in common: one descriptor of which each read
 * gives a frame and each write takes one.
 *
 * @module
 */

import {
  Arena,
  ETHERNET_HEADROOM,
  IP_HEADROOM,
  LARGE_SLOT_SIZE,
  SLOT_SIZE,
} from "../arena.ts";
import { BASELINE, type Capabilities, capabilities } from "../capabilities.ts";
import {
  type Medium,
  RECEIVE_DROPPED,
  RECEIVED,
  RECEIVED_OCTETS,
  SENT,
  SENT_OCTETS,
} from "../device.ts";
import {
  CHECKSUM_PARTIAL,
  deliver,
  offer,
  type Packet,
  type ReceiveHandler,
  SEGMENT_NONE,
  type SendHandler,
} from "../packet.ts";
import { EAGAIN, EBADF, EBADFD, EINTR } from "./errno.ts";
import { addressOf, libc } from "./ffi.ts";
import { type DeviceOptions, KernelDevice, SLOTS } from "./kernel_device.ts";
import { IoVectors } from "./message.ts";
import { type Attachment, TUN_F_CSUM, TUN_F_TSO4, TUN_F_USO4 } from "./tun.ts";
import { decode, encode, HEADER_LENGTH } from "./virtio.ts";

const ETHERNET_HEADER = 14;
const VLAN_TAG = 4;
const IP_HEADER = 20;

/** How a tap or tun interface is opened. */
export interface TuntapOptions extends DeviceOptions {
  /** Whether the interface has several queues, one per descriptor. */
  readonly multiQueue?: boolean;
}

/**
 * A tap or tun interface: see {@linkcode TapInterface} and
 * {@linkcode TunInterface}.
 *
 * A packet is read into the slot where it is lent, its virtio header in front
 * of it, and written from there. Disposing of the device takes away an
 * interface that it made.
 */
export class Tuntap extends KernelDevice {
  readonly #arena: Arena;
  readonly #header: number;
  readonly #shortest: number;
  readonly #views: readonly Uint8Array<ArrayBuffer>[];
  readonly #room: number;
  readonly #side: DataView;
  readonly #vectors: IoVectors;
  readonly #address: number;

  /** Serves a queue that is open, which belongs to the device once this returns. */
  constructor(
    queue: Attachment,
    medium: Medium,
    mtu: number,
    options: TuntapOptions = {},
  ) {
    super(options.calls ?? libc(), queue.fd, queue.name, {
      medium,
      mtu,
      capabilities: capabilitiesOf(queue.offloads),
      ...(options.address === undefined ? {} : { address: options.address }),
    }, options.spin);
    this.#header = queue.header;
    const ethernet = medium === "ethernet";
    this.#shortest = ethernet ? ETHERNET_HEADER : IP_HEADER;
    const headroom = ethernet ? ETHERNET_HEADROOM : IP_HEADROOM;
    const frame = mtu + (ethernet ? ETHERNET_HEADER + VLAN_TAG : 0);
    // A read that fills the slot may have lost octets, so there is one more.
    const needed = headroom + frame + 1;
    this.#arena = new Arena({
      slots: options.slots ?? SLOTS,
      slotSize: queue.header > 0
        ? LARGE_SLOT_SIZE
        : Math.max(SLOT_SIZE, needed + 15 & ~15),
      headroom,
      capabilities: this.personality.capabilities,
    });
    const { memory, slotSize, packets } = this.#arena;
    const bytes = memory.bytes as Uint8Array<ArrayBuffer>;
    const ahead = headroom - queue.header;
    this.#room = slotSize - ahead;
    this.#views = packets.map((packet) =>
      new Uint8Array(
        bytes.buffer,
        bytes.byteOffset + packet.base + ahead,
        this.#room,
      )
    );
    this.#address = addressOf(bytes);
    this.#vectors = new IoVectors(2);
    const side = new ArrayBuffer(HEADER_LENGTH);
    this.#vectors.set(0, addressOf(new Uint8Array(side)), queue.header);
    this.#side = new DataView(side);
  }

  /** As {@linkcode KernelDevice.rx}; each answer leaves before the next packet. */
  override rx(max: number, receiver: ReceiveHandler): number {
    if (!this.usable()) return 0;
    const packet = this.#arena.acquire();
    if (packet === undefined) return 0;
    const calls = this.calls;
    const counters = this.counters;
    const view = this.#views[packet.index]!;
    const header = this.#header;
    const origin = packet.origin;
    this.clock.tick();
    let lent = 0;
    try {
      for (let turn = 0; turn < max && this.fd >= 0; turn++) {
        const octets = calls.read(this.fd, view, this.#room);
        if (octets < 0) {
          const errno = calls.errno[0]!;
          if (errno === EINTR) continue;
          if (errno !== EAGAIN) this.receiveFailed("read", errno);
          break;
        }
        const length = octets - header;
        if (length < this.#shortest || octets === this.#room) {
          counters.add(RECEIVE_DROPPED, 1);
          continue;
        }
        packet.info.timestamp = this.clock.now;
        if (header === 0) packet.info.clear();
        else if (!decode(packet, origin - header, origin, length)) {
          counters.add(RECEIVE_DROPPED, 1);
          continue;
        }
        counters.add(RECEIVED, 1);
        counters.add(RECEIVED_OCTETS, length);
        packet.lend(origin, origin + length, "queued");
        lent++;
        deliver(receiver, packet);
        if (packet.reclaim()) this.#write(packet);
      }
    } finally {
      // A handler that throws ends its loan too.
      packet.reclaim();
      this.#arena.release(packet);
    }
    return lent;
  }

  /** As {@linkcode KernelDevice.tx}; each packet leaves when it is queued. */
  override tx(max: number, sender: SendHandler): number {
    if (!this.usable()) return 0;
    const packet = this.#arena.acquire();
    if (packet === undefined) return 0;
    const origin = packet.origin;
    this.clock.tick();
    let queued = 0;
    try {
      while (queued < max && this.fd >= 0) {
        packet.info.clear();
        packet.info.timestamp = this.clock.now;
        packet.lend(origin, origin, "queued");
        offer(sender, packet);
        if (!packet.reclaim()) break;
        queued++;
        this.#write(packet);
      }
    } finally {
      packet.reclaim();
      this.#arena.release(packet);
    }
    return queued;
  }

  #write(packet: Packet): void {
    const length = packet.end - packet.start;
    const header = this.#header;
    const inPlace = packet.start === packet.origin;
    let octets: number;
    if (length < this.#shortest) {
      this.refuse();
      return;
    }
    if (header === 0) {
      const { checksum, segmentType } = packet.info;
      if (checksum === CHECKSUM_PARTIAL || segmentType !== SEGMENT_NONE) {
        this.refuse();
        return;
      }
    } else if (
      !(inPlace
        ? encode(packet.memory.view, packet.start - header, packet)
        : encode(this.#side, 0, packet))
    ) {
      this.refuse();
      return;
    }
    do {
      if (inPlace) {
        octets = this.calls.write(
          this.fd,
          this.#views[packet.index]!,
          header + length,
        );
      } else {
        this.#vectors.set(1, this.#address + packet.start, length);
        octets = this.calls.writev(this.fd, this.#vectors.buffer, 2);
      }
    } while (octets < 0 && this.calls.errno[0] === EINTR);
    if (octets < 0) this.sendFailed("write", this.calls.errno[0]!);
    else {
      this.counters.add(SENT, 1);
      this.counters.add(SENT_OCTETS, length);
    }
  }

  /** Closed, or deleted. */
  protected override fatal(errno: number): boolean {
    return errno === EBADF || errno === EBADFD;
  }
}

/** What the `TUN_F_` set that the kernel agreed to is worth. */
export function capabilitiesOf(offloads: number): Capabilities {
  if ((offloads & TUN_F_CSUM) === 0) return BASELINE;
  // Frames that the kernel forwards come with whole checksums nobody looked at:
  // what is known of one is in its PacketInfo.
  const transport = { receive: false, transmit: true };
  return capabilities({
    udp: transport,
    tcp: transport,
    tcpSegmentation: (offloads & TUN_F_TSO4) !== 0 ? 65535 : 0,
    udpSegmentation: (offloads & TUN_F_USO4) !== 0 ? 65535 : 0,
  });
}
