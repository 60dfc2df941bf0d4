/**
 * What tap and tun interfaces have in common: one descriptor of which each read
 * gives a frame and each write takes one.
 *
 * @module
 */

import { Counters } from "@ethox/managed/counters";
import type { Address } from "@ethox/wire/ethernet";
import {
  Arena,
  ETHERNET_HEADROOM,
  IP_HEADROOM,
  LARGE_SLOT_SIZE,
  SLOT_SIZE,
} from "../arena.ts";
import { BASELINE, type Capabilities, capabilities } from "../capabilities.ts";
import {
  type CounterName,
  COUNTERS,
  type Device,
  type Medium,
  type Personality,
  RECEIVE_DROPPED,
  RECEIVE_ERRORS,
  RECEIVED,
  RECEIVED_OCTETS,
  SEND_DROPPED,
  SEND_ERRORS,
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
import { MonotonicClock } from "./clock.ts";
import {
  DisposedError,
  EAGAIN,
  EBADF,
  EBADFD,
  EINTR,
  ENOBUFS,
  ENOMEM,
  OptionError,
  SystemError,
} from "./errno.ts";
import { addressOf, type Libc, libc } from "./ffi.ts";
import { NetworkInterface } from "./interface.ts";
import { Waiter } from "./poll.ts";
import { type Attachment, TUN_F_CSUM, TUN_F_TSO4, TUN_F_USO4 } from "./tun.ts";
import { decode, encode, HEADER_LENGTH } from "./virtio.ts";
import { IoVectors } from "./message.ts";

const ETHERNET_HEADER = 14;
const VLAN_TAG = 4;
const IP_HEADER = 20;

/** Number of slots unless said otherwise. */
export const SLOTS = 64;
/** µs to spin before sleeping unless said otherwise. */
export const SPIN = 50;

/** How a tap or tun interface is opened. */
export interface TuntapOptions {
  /** Packet buffers; {@linkcode SLOTS} by default. */
  readonly slots?: number;
  /**
   * Whether checksums and segmentation are left to the kernel; `true` by
   * default. Without it every frame is an ordinary one.
   */
  readonly offload?: boolean;
  /** MTU to give the interface; by default it keeps its own. */
  readonly mtu?: number;
  /** Hardware address of the host that is built on the device. */
  readonly address?: Address;
  /** Whether the interface has several queues, one per descriptor. */
  readonly multiQueue?: boolean;
  /** How long a wait spins before it sleeps, µs; {@linkcode SPIN} by default. */
  readonly spin?: number;
  /** The system calls to use; those of libc by default. */
  readonly calls?: Libc;
}

/**
 * A tap or tun interface: see {@linkcode TapInterface} and
 * {@linkcode TunInterface}.
 *
 * A packet is read into the slot where it is lent, its virtio header in front
 * of it, and written from there. A frame that the kernel refuses is counted and
 * gone. If the interface is deleted or the descriptor closed, one call throws a
 * {@linkcode SystemError}; after it nothing is received or sent, and a wait
 * lasts until its deadline.
 */
export class Tuntap implements Device {
  /** Name of the interface. */
  readonly name: string;
  /** Medium, address, MTU and capabilities. */
  readonly personality: Personality;
  /** What happened so far. */
  readonly counters: Counters<CounterName> = new Counters(COUNTERS);
  readonly #calls: Libc;
  readonly #clock: MonotonicClock;
  readonly #waiter: Waiter;
  readonly #arena: Arena;
  readonly #header: number;
  readonly #shortest: number;
  readonly #views: readonly Uint8Array<ArrayBuffer>[];
  readonly #room: number;
  readonly #side = new DataView(new ArrayBuffer(HEADER_LENGTH));
  readonly #vectors: IoVectors;
  readonly #address: number;
  #fd: number;
  #disposed = false;
  #failure: SystemError | undefined;

  /**
   * Serves a queue that is open. It belongs to the device from then on, also
   * if this throws.
   */
  constructor(
    queue: Attachment,
    medium: Medium,
    mtu: number,
    options: TuntapOptions = {},
  ) {
    const calls = options.calls ?? libc();
    this.#calls = calls;
    this.#fd = queue.fd;
    try {
      this.name = queue.name;
      this.personality = {
        medium,
        mtu,
        capabilities: capabilitiesOf(queue.offloads),
        ...(options.address === undefined ? {} : { address: options.address }),
      };
      this.#clock = new MonotonicClock(calls);
      this.#waiter = new Waiter(calls, this.#clock, options.spin ?? SPIN);
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
      const buffer = memory.bytes.buffer as ArrayBuffer;
      const ahead = headroom - queue.header;
      this.#room = slotSize - ahead;
      this.#views = packets.map((packet) =>
        new Uint8Array(
          buffer,
          memory.bytes.byteOffset + packet.base + ahead,
          this.#room,
        )
      );
      this.#address = addressOf(memory.bytes as Uint8Array<ArrayBuffer>);
      this.#vectors = new IoVectors(2);
      this.#vectors.set(
        0,
        addressOf(new Uint8Array(this.#side.buffer as ArrayBuffer)),
        queue.header,
      );
    } catch (error) {
      calls.close(queue.fd);
      throw error;
    }
  }

  /** The descriptor, for `poll` of one's own; -1 once disposed of. */
  get fd(): number {
    return this.#fd;
  }

  /** What broke the device, if something did. */
  get failure(): SystemError | undefined {
    return this.#failure;
  }

  /**
   * Lends up to `max` received packets and sends those that the handler queued.
   * Returns how many were lent.
   *
   * @throws {DisposedError} if the device was disposed of.
   * @throws {SystemError} once, when the interface is gone.
   */
  rx(max: number, receiver: ReceiveHandler): number {
    if (!this.#usable()) return 0;
    const packet = this.#arena.acquire();
    if (packet === undefined) return 0;
    const calls = this.#calls;
    const counters = this.counters;
    const view = this.#views[packet.index]!;
    const header = this.#header;
    const origin = packet.origin;
    this.#clock.tick();
    let lent = 0;
    try {
      for (let turn = 0; turn < max && this.#fd >= 0; turn++) {
        const octets = calls.read(this.#fd, view, this.#room);
        if (octets < 0) {
          const errno = calls.errno[0]!;
          if (errno === EINTR) continue;
          if (errno !== EAGAIN) this.#readFailed(errno);
          break;
        }
        const length = octets - header;
        if (length < this.#shortest || octets === this.#room) {
          counters.add(RECEIVE_DROPPED, 1);
          continue;
        }
        packet.info.timestamp = this.#clock.now;
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

  /**
   * Offers up to `max` empty buffers, and stops at the first that the handler
   * leaves unqueued. Returns how many were queued; the counters say how many of
   * them the kernel took.
   *
   * @throws {DisposedError} if the device was disposed of.
   * @throws {SystemError} once, when the interface is gone.
   */
  tx(max: number, sender: SendHandler): number {
    if (!this.#usable()) return 0;
    const packet = this.#arena.acquire();
    if (packet === undefined) return 0;
    const origin = packet.origin;
    this.#clock.tick();
    let queued = 0;
    try {
      while (queued < max && this.#fd >= 0) {
        packet.info.clear();
        packet.info.timestamp = this.#clock.now;
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

  /** Monotonic µs since the machine started. */
  now(): number {
    this.#clock.tick();
    return this.#clock.now;
  }

  /**
   * Returns when packets may be there or `deadline` (µs, may be infinite) has
   * come. A signal ends it as well. Nothing else runs on the thread meanwhile.
   */
  wait(deadline: number): void {
    if (!this.#usable() && deadline === Infinity) throw this.#failure!;
    this.#waiter.wait(this.#fd, deadline);
  }

  /**
   * As {@linkcode Tuntap.wait}, but the application's timers and promises go on
   * meanwhile.
   */
  waitAsync(deadline: number): Promise<void> {
    if (!this.#usable() && deadline === Infinity) throw this.#failure!;
    return this.#waiter.waitAsync(this.#fd, deadline);
  }

  /** Ends a {@linkcode Tuntap.waitAsync} that is going on. */
  wake(): void {
    this.#waiter.wake();
  }

  /** Gives the descriptor back; an interface made by it goes. */
  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#waiter.close();
    if (this.#fd >= 0) this.#calls.close(this.#fd);
    this.#fd = -1;
  }

  #usable(): boolean {
    if (this.#disposed) throw new DisposedError(`interface ${this.name}`);
    return this.#failure === undefined;
  }

  #write(packet: Packet): void {
    const length = packet.end - packet.start;
    const header = this.#header;
    const inPlace = packet.start === packet.origin;
    let octets: number;
    if (header === 0) {
      const { checksum, segmentType } = packet.info;
      if (checksum === CHECKSUM_PARTIAL || segmentType !== SEGMENT_NONE) {
        this.#refuse();
        return;
      }
    } else if (
      !(inPlace
        ? encode(packet.memory.view, packet.start - header, packet)
        : encode(this.#side, 0, packet))
    ) {
      this.#refuse();
      return;
    }
    do {
      if (inPlace) {
        octets = this.#calls.write(
          this.#fd,
          this.#views[packet.index]!,
          header + length,
        );
      } else {
        this.#vectors.set(1, this.#address + packet.start, length);
        octets = this.#calls.writev(this.#fd, this.#vectors.buffer, 2);
      }
    } while (octets < 0 && this.#calls.errno[0] === EINTR);
    if (octets < 0) this.#writeFailed(this.#calls.errno[0]!);
    else {
      this.counters.add(SENT, 1);
      this.counters.add(SENT_OCTETS, length);
    }
  }

  /** Counts a packet that asks for what the device does not do. */
  #refuse(): void {
    this.counters.add(SEND_DROPPED, 1);
    this.counters.add(SEND_ERRORS, 1);
  }

  #writeFailed(errno: number): void {
    this.counters.add(SEND_DROPPED, 1);
    if (errno === EAGAIN || errno === ENOBUFS || errno === ENOMEM) return;
    this.counters.add(SEND_ERRORS, 1);
    if (errno === EBADF || errno === EBADFD) this.#fail("write", errno);
  }

  #readFailed(errno: number): void {
    this.counters.add(RECEIVE_ERRORS, 1);
    if (errno === EBADF || errno === EBADFD) this.#fail("read", errno);
  }

  #fail(call: string, errno: number): never {
    const fd = this.#fd;
    this.#fd = -1;
    // Somebody else may own the number by now, if it was closed behind our back.
    if (errno !== EBADF) this.#calls.close(fd);
    this.#failure = new SystemError(call, errno, `go on with ${this.name}`);
    throw this.#failure;
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

/**
 * Asks the kernel for the MTU of `name`, after setting it where one is given.
 * With a socket of its own: the descriptor of a tap does not know.
 */
export function agreeMtu(
  calls: Libc,
  name: string,
  mtu: number | undefined,
): number {
  using link = NetworkInterface.open(name, calls);
  if (mtu !== undefined && link.mtu !== mtu) link.mtu = mtu;
  return link.mtu;
}

/** @throws {OptionError} if a number makes no sense. */
export function checkOptions(options: TuntapOptions): void {
  const { slots = SLOTS, spin = SPIN } = options;
  if (!Number.isInteger(slots) || slots < 1 || slots > 16384) {
    throw new OptionError("slots", slots, "1 to 16384");
  }
  if (!(spin >= 0 && spin <= 1e6)) {
    throw new OptionError("spin", spin, "0 to 1000000");
  }
}
