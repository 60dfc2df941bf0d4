/**
 * Packet sockets: Ethernet frames of an interface that exists.
 *
 * @module
 */

import { Arena, ETHERNET_HEADROOM, LARGE_SLOT_SIZE } from "../arena.ts";
import { BASELINE, capabilities } from "../capabilities.ts";
import {
  type Personality,
  RECEIVE_DROPPED,
  RECEIVED,
  RECEIVED_OCTETS,
  SENT,
  SENT_OCTETS,
} from "../device.ts";
import {
  deliver,
  offer,
  type Packet,
  type ReceiveHandler,
  type SendHandler,
} from "../packet.ts";
import {
  EAGAIN,
  EBADF,
  EINTR,
  EINVAL,
  ENETDOWN,
  ENODEV,
  ENXIO,
  OptionError,
  SystemError,
} from "./errno.ts";
import { addressOf, type Libc, libc } from "./ffi.ts";
import { indexOf, NetworkInterface } from "./interface.ts";
import {
  agreeMtu,
  checkOptions,
  type DeviceOptions,
  KernelDevice,
  SLOTS,
} from "./kernel_device.ts";
import { Messages, MSG_DONTWAIT, MSG_TRUNC } from "./message.ts";
import {
  AUXDATA_LENGTH,
  missing,
  openPacketSocket,
  Statistics,
  vlanTag,
} from "./packet_socket.ts";
import { attachFilter, checkFilter, detachFilter } from "./socket_filter.ts";
import { decode, encode, HEADER_LENGTH } from "./virtio.ts";

const ETHERNET_HEADER = 14;
const ADDRESSES = 12;
const VLAN_TAG = 4;

/** Most frames of one system call. */
export const BATCH = 64;
/** Octets that may wait to be received unless said otherwise. */
export const RECEIVE_BUFFER = 16 << 20;
/** How often a wait asks for the kernel's count of lost frames, µs. */
export const STATISTICS_INTERVAL = 100_000;

/** How a packet socket is opened. */
export interface RawOptions extends DeviceOptions {
  /**
   * Whether frames to any station are received, `true` by default: a host with
   * an address of its own hears nothing otherwise.
   */
  readonly promiscuous?: boolean;
  /**
   * Whether frames that this machine sends through the interface are received
   * as well, as an observer wants them; `false` by default.
   */
  readonly outgoing?: boolean;
  /** Whether the kernel's queueing discipline is left out; `true` by default. */
  readonly bypass?: boolean;
  /** Octets that may wait to be received; {@linkcode RECEIVE_BUFFER} by default. */
  readonly receiveBuffer?: number;
  /**
   * Classic BPF that the kernel runs on each frame to see whether it is
   * received, all of them by default: octets of `struct sock_filter`s, as
   * `bpf.compile(text, { kernel: true })` of `@ethox/wire` makes them. Frames
   * that it does not want cost no copy, and are counted nowhere.
   */
  readonly filter?: Uint8Array;
  /**
   * Whether the filter can be changed no more, by this program or by one that
   * gets the descriptor; `false` by default.
   */
  readonly lockFilter?: boolean;
}

/**
 * A packet socket on an Ethernet interface.
 *
 * It receives what comes in from the wire, not what this machine sends there
 * unless `outgoing` asks for it, and the kernel receives the same; so give the host an address that the kernel
 * does not have, or the kernel answers too. Super-segments and partial
 * checksums of a peer on the same machine are received in any case; without
 * `offload` none are sent. A VLAN tag that the kernel took out is put back. Up
 * to {@linkcode BATCH} frames go through one system call, so answers leave when
 * a batch is done. A frame that finds the receive buffer full is lost, and
 * counted as `receiveDropped` at the next wait.
 */
export class RawSocket extends KernelDevice {
  readonly #index: number;
  readonly #packets: readonly Packet[];
  readonly #batch: number;
  readonly #room: number;
  readonly #incoming: Messages;
  readonly #outgoing: Messages;
  readonly #headers: DataView;
  readonly #lengths: Int32Array;
  readonly #address: number;
  readonly #statistics = new Statistics();
  #asked = 0;
  #queued = 0;
  #busy = false;

  /**
   * Opens a packet socket on the interface `name`.
   *
   * @throws {InterfaceNameError} if the name cannot be one.
   * @throws {OptionError} if a number makes no sense.
   * @throws {UnavailableError} elsewhere than on Linux, or without `--allow-ffi`.
   * @throws {SystemError} if the kernel refuses; no descriptor stays open.
   */
  static open(name: string, options: RawOptions = {}): RawSocket {
    checkOptions(options);
    const receiveBuffer = options.receiveBuffer ?? RECEIVE_BUFFER;
    if (
      !Number.isInteger(receiveBuffer) || receiveBuffer < 1 ||
      receiveBuffer > 0x3fffffff
    ) {
      throw new OptionError("receive buffer", receiveBuffer, "1 to 2^30 - 1");
    }
    if (options.filter !== undefined) checkFilter(options.filter);
    const calls = options.calls ?? libc();
    const index = check(calls, name);
    const fd = openPacketSocket(calls, name, {
      index,
      promiscuous: options.promiscuous ?? true,
      outgoing: options.outgoing ?? false,
      bypass: options.bypass ?? true,
      receiveBuffer,
      filter: options.filter,
      lockFilter: options.lockFilter ?? false,
    });
    try {
      const mtu = agreeMtu(calls, name, options.mtu);
      return new RawSocket(calls, fd, name, index, mtu, options);
    } catch (error) {
      calls.close(fd);
      throw error;
    }
  }

  private constructor(
    calls: Libc,
    fd: number,
    name: string,
    index: number,
    mtu: number,
    options: RawOptions,
  ) {
    super(calls, fd, name, personality(mtu, options), options.spin);
    this.#index = index;
    const slots = options.slots ?? SLOTS;
    const arena = new Arena({
      slots,
      slotSize: LARGE_SLOT_SIZE,
      headroom: ETHERNET_HEADROOM,
      capabilities: this.personality.capabilities,
    });
    const batch = Math.min(BATCH, slots);
    this.#packets = arena.packets;
    this.#batch = batch;
    this.#address = addressOf(arena.memory.bytes as Uint8Array<ArrayBuffer>);
    this.#room = LARGE_SLOT_SIZE - ETHERNET_HEADROOM + HEADER_LENGTH;
    this.#incoming = new Messages(batch, 1, AUXDATA_LENGTH);
    this.#outgoing = new Messages(batch, 2);
    const headers = new Uint8Array(new ArrayBuffer(batch * HEADER_LENGTH));
    const headersAt = addressOf(headers);
    this.#headers = new DataView(headers.buffer);
    this.#lengths = new Int32Array(batch);
    for (let i = 0; i < batch; i++) {
      this.#incoming.vectors.set(
        i,
        this.#address + arena.packets[i]!.origin - HEADER_LENGTH,
        this.#room,
      );
      this.#outgoing.vectors.set(
        i * 2,
        headersAt + i * HEADER_LENGTH,
        HEADER_LENGTH,
      );
    }
  }

  /** As {@linkcode KernelDevice.rx}; answers leave when a batch is done. */
  override rx(max: number, receiver: ReceiveHandler): number {
    // A handler that calls its own device would overwrite what it was lent.
    if (!this.usable() || this.#busy) return 0;
    const incoming = this.#incoming;
    this.clock.tick();
    this.#busy = true;
    let lent = 0;
    try {
      for (let left = max; left > 0 && this.fd >= 0;) {
        const wanted = Math.min(left, this.#batch);
        incoming.reset(wanted);
        const came = this.calls.recvmmsg(
          this.fd,
          incoming.from[0]!,
          wanted,
          MSG_DONTWAIT,
          null,
        );
        if (came < 0) {
          const errno = this.calls.errno[0]!;
          if (errno === EAGAIN) break;
          left--;
          if (errno !== EINTR) this.receiveFailed("recvmmsg", errno);
          continue;
        }
        for (let i = 0; i < came; i++) {
          const packet = this.#packets[i]!;
          if (!this.#accept(packet, i)) continue;
          lent++;
          deliver(receiver, packet);
          if (packet.reclaim()) this.#enqueue(packet);
        }
        this.#flush();
        left -= came;
        // Asking again would only be told that nothing is there.
        if (came < wanted) break;
      }
    } finally {
      this.#rest();
    }
    return lent;
  }

  /** Makes message `index` a packet on loan, or drops it. */
  #accept(packet: Packet, index: number): boolean {
    const incoming = this.#incoming;
    const origin = packet.origin;
    const length = incoming.length(index) - HEADER_LENGTH;
    packet.info.timestamp = this.clock.now;
    if (
      length < ETHERNET_HEADER || (incoming.flags(index) & MSG_TRUNC) !== 0 ||
      !decode(packet, origin - HEADER_LENGTH, origin, length)
    ) {
      this.counters.add(RECEIVE_DROPPED, 1);
      return false;
    }
    const tag = vlanTag(
      incoming.control,
      index * AUXDATA_LENGTH,
      incoming.controlLength(index),
    );
    let start = origin;
    if (tag !== 0) {
      start -= VLAN_TAG;
      packet.memory.copy(start, packet.memory, origin, ADDRESSES);
      packet.memory.view.setInt32(start + ADDRESSES, tag);
    }
    this.counters.add(RECEIVED, 1);
    this.counters.add(RECEIVED_OCTETS, origin + length - start);
    packet.lend(start, origin + length, "queued");
    return true;
  }

  /** As {@linkcode KernelDevice.tx}; packets leave when a batch is done. */
  override tx(max: number, sender: SendHandler): number {
    if (!this.usable() || this.#busy) return 0;
    this.clock.tick();
    this.#busy = true;
    let queued = 0;
    try {
      while (queued < max && this.fd >= 0) {
        const packet = this.#packets[this.#queued]!;
        packet.info.clear();
        packet.info.timestamp = this.clock.now;
        packet.lend(packet.origin, packet.origin, "queued");
        offer(sender, packet);
        if (!packet.reclaim()) break;
        queued++;
        this.#enqueue(packet);
        if (this.#queued === this.#batch) this.#flush();
      }
    } finally {
      this.#rest();
    }
    return queued;
  }

  /** Ends every loan and sends what is queued, also after an exception. */
  #rest(): void {
    this.#busy = false;
    for (let i = 0; i < this.#batch; i++) this.#packets[i]!.reclaim();
    this.#flush();
  }

  #enqueue(packet: Packet): void {
    const at = this.#queued;
    const length = packet.end - packet.start;
    if (
      length < ETHERNET_HEADER ||
      !encode(this.#headers, at * HEADER_LENGTH, packet)
    ) {
      this.refuse();
      return;
    }
    this.#outgoing.vectors.set(
      at * 2 + 1,
      this.#address + packet.start,
      length,
    );
    this.#lengths[at] = length;
    this.#queued = at + 1;
  }

  #flush(): void {
    const count = this.#queued;
    this.#queued = 0;
    for (let at = 0; at < count && this.fd >= 0;) {
      const sent = this.calls.sendmmsg(
        this.fd,
        this.#outgoing.from[at]!,
        count - at,
        MSG_DONTWAIT,
      );
      if (sent > 0) {
        this.counters.add(SENT, sent);
        for (const end = at + sent; at < end; at++) {
          this.counters.add(SENT_OCTETS, this.#lengths[at]!);
        }
        continue;
      }
      const errno = this.calls.errno[0]!;
      if (errno === EINTR) continue;
      at++;
      this.sendFailed("sendmmsg", errno);
      // Full: what stands behind it does not fit either.
      if (errno === EAGAIN) {
        for (; at < count; at++) this.sendFailed("sendmmsg", errno);
      }
    }
  }

  /**
   * Receives from now on what a filter wants, as the option `filter` says, or
   * everything if it is `undefined`. Frames that came before are not judged
   * again.
   *
   * @throws {OptionError} if the octets cannot be a program.
   * @throws {SystemError} if the kernel refuses it, or the filter is locked.
   * @throws {DisposedError} if the socket was closed.
   */
  setFilter(filter: Uint8Array | undefined): void {
    if (!this.usable()) return;
    if (filter === undefined) detachFilter(this.calls, this.fd, this.name);
    else attachFilter(this.calls, this.fd, this.name, filter);
  }

  /** As {@linkcode KernelDevice.wait}, and asks for the count of lost frames. */
  override wait(deadline: number): void {
    super.wait(deadline);
    this.#askDrops();
  }

  /** As {@linkcode KernelDevice.waitAsync}, and asks for that count too. */
  override async waitAsync(deadline: number): Promise<void> {
    await super.waitAsync(deadline);
    this.#askDrops();
  }

  #askDrops(): void {
    if (this.fd < 0) return;
    if (this.clock.now - this.#asked < STATISTICS_INTERVAL) return;
    this.#asked = this.clock.now;
    this.refreshStatistics();
  }

  /** Adds the frames that the kernel lost since the last time to the counters. */
  refreshStatistics(): void {
    if (this.fd < 0) return;
    this.counters.add(
      RECEIVE_DROPPED,
      this.#statistics.drops(this.calls, this.fd),
    );
  }

  /** Gives the descriptor back, after a last look at the statistics. */
  override [Symbol.dispose](): void {
    this.refreshStatistics();
    super[Symbol.dispose]();
  }

  /** Closed, or the interface deleted. */
  protected override fatal(errno: number): boolean {
    if (errno === EBADF) return true;
    if (errno !== ENETDOWN && errno !== ENXIO && errno !== ENODEV) return false;
    // Down is not the end, gone is.
    return indexOf(this.name, this.calls) !== this.#index;
  }
}

function personality(mtu: number, options: RawOptions): Personality {
  const transport = { receive: false, transmit: true };
  return {
    medium: "ethernet",
    mtu,
    capabilities: options.offload ?? true
      ? capabilities({
        udp: transport,
        tcp: transport,
        tcpSegmentation: 65535,
        udpSegmentation: 65535,
      })
      : BASELINE,
    ...(options.address === undefined ? {} : { address: options.address }),
  };
}

/** Number of the interface, if it carries Ethernet frames. */
function check(calls: Libc, name: string): number {
  using link = NetworkInterface.open(name, calls);
  const index = indexOf(name, calls);
  if (index === 0) throw missing(name);
  if (!link.ethernet) {
    throw new SystemError(
      "ioctl SIOCGIFHWADDR",
      EINVAL,
      `open a packet socket on ${name}`,
      "it does not carry Ethernet frames",
    );
  }
  return index;
}
