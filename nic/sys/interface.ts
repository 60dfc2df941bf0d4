/**
 * Questions and orders about a network interface of the kernel, asked through a
 * datagram socket (`netdevice(7)`).
 *
 * @module
 */

import { Address } from "@ethox/wire/ethernet";
import {
  DisposedError,
  ENODEV,
  ENXIO,
  EPERM,
  OptionError,
  SystemError,
} from "./errno.ts";
import { type Libc, libc } from "./ffi.ts";
import {
  AF_INET,
  ARPHRD_ETHER,
  ARPHRD_LOOPBACK,
  IFF_RUNNING,
  IFF_UP,
  Request,
  SIOCGIFFLAGS,
  SIOCGIFHWADDR,
  SIOCGIFINDEX,
  SIOCGIFMTU,
  SIOCGIFTXQLEN,
  SIOCSIFADDR,
  SIOCSIFFLAGS,
  SIOCSIFMTU,
  SIOCSIFNETMASK,
  SIOCSIFTXQLEN,
} from "./ifreq.ts";

const SOCK_DGRAM = 2;
const SOCK_CLOEXEC = 0x80000;

/**
 * The kernel's side of a network interface, by name.
 *
 * Reading needs no privilege; changing needs CAP_NET_ADMIN. It holds one
 * descriptor until it is disposed of.
 */
export class NetworkInterface implements Disposable {
  /** The name, as in `ip link`. */
  readonly name: string;
  readonly #calls: Libc;
  readonly #request: Request;
  #fd: number;

  private constructor(calls: Libc, fd: number, request: Request) {
    this.#calls = calls;
    this.#fd = fd;
    this.#request = request;
    this.name = request.name;
  }

  /**
   * The interface of that name, which need not exist yet.
   *
   * @throws {InterfaceNameError} if the name cannot be one.
   * @throws {UnavailableError} elsewhere than on Linux, or without `--allow-ffi`.
   */
  static open(name: string, calls: Libc = libc()): NetworkInterface {
    const request = new Request(name);
    const fd = calls.socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
      throw new SystemError("socket", calls.errno[0]!, `ask about ${name}`);
    }
    return new NetworkInterface(calls, fd, request);
  }

  /** Its number. @throws {SystemError} if there is no such interface. */
  get index(): number {
    return this.#control(SIOCGIFINDEX, "SIOCGIFINDEX", "find").value;
  }

  /** Largest IP datagram, octets. */
  get mtu(): number {
    return this.#control(SIOCGIFMTU, "SIOCGIFMTU", "read the MTU of").value;
  }
  set mtu(octets: number) {
    if (!Number.isInteger(octets) || octets < 68 || octets > 65535) {
      throw new OptionError("MTU", octets, "68 to 65535");
    }
    this.#request.value = octets;
    this.#control(SIOCSIFMTU, "SIOCSIFMTU", "set the MTU of");
  }

  /** Length of the kernel's transmit queue, packets. */
  get queueLength(): number {
    return this.#control(SIOCGIFTXQLEN, "SIOCGIFTXQLEN", "read the queue of")
      .value;
  }
  set queueLength(packets: number) {
    if (!Number.isInteger(packets) || packets < 0) {
      throw new OptionError("queue length", packets, "0 or more");
    }
    this.#request.value = packets;
    this.#control(SIOCSIFTXQLEN, "SIOCSIFTXQLEN", "set the queue of");
  }

  /** The hardware address of the kernel's side. */
  get address(): Address {
    const request = this.#control(
      SIOCGIFHWADDR,
      "SIOCGIFHWADDR",
      "read the address of",
    );
    return new Address(request.hardwareHigh, request.hardwareLow);
  }

  /** Whether it carries Ethernet frames. */
  get ethernet(): boolean {
    const { hardwareType } = this.#control(
      SIOCGIFHWADDR,
      "SIOCGIFHWADDR",
      "read the type of",
    );
    return hardwareType === ARPHRD_ETHER || hardwareType === ARPHRD_LOOPBACK;
  }

  /** The `IFF_` flags. */
  get flags(): number {
    return this.#control(SIOCGIFFLAGS, "SIOCGIFFLAGS", "read the flags of")
      .flags;
  }

  /** Whether it is up and has a carrier. */
  get running(): boolean {
    const wanted = IFF_UP | IFF_RUNNING;
    return (this.flags & wanted) === wanted;
  }

  /** Brings it up. */
  up(): void {
    this.#request.flags = this.flags | IFF_UP;
    this.#control(SIOCSIFFLAGS, "SIOCSIFFLAGS", "bring up");
  }

  /** Takes it down. */
  down(): void {
    this.#request.flags = this.flags & ~IFF_UP;
    this.#control(SIOCSIFFLAGS, "SIOCSIFFLAGS", "take down");
  }

  /** Gives it an IPv4 address (int32 in host order) on a subnet. */
  setIpv4(address: number, prefixLength: number): void {
    if (
      !Number.isInteger(prefixLength) || prefixLength < 0 || prefixLength > 32
    ) {
      throw new OptionError("prefix length", prefixLength, "0 to 32");
    }
    this.#request.setIpv4(address | 0);
    this.#control(SIOCSIFADDR, "SIOCSIFADDR", "set the address of");
    // A shift by 32 is one by 0.
    this.#request.setIpv4(prefixLength === 0 ? 0 : -1 << 32 - prefixLength);
    this.#control(SIOCSIFNETMASK, "SIOCSIFNETMASK", "set the netmask of");
  }

  /** Gives the descriptor back; the interface itself stays. */
  [Symbol.dispose](): void {
    if (this.#fd >= 0) this.#calls.close(this.#fd);
    this.#fd = -1;
  }

  #control(request: number, call: string, verb: string): Request {
    if (this.#fd < 0) throw new DisposedError(`interface ${this.name}`);
    if (this.#calls.ioctl(this.#fd, request, this.#request.buffer) < 0) {
      const errno = this.#calls.errno[0]!;
      throw new SystemError(
        `ioctl ${call}`,
        errno,
        `${verb} ${this.name}`,
        errno === ENODEV || errno === ENXIO
          ? "there is no such interface"
          : errno === EPERM
          ? "CAP_NET_ADMIN is missing; run as root or under unshare -rn"
          : undefined,
      );
    }
    return this.#request;
  }
}

/** The number of an interface, or 0 if there is none of that name. */
export function indexOf(name: string, calls: Libc): number {
  using link = NetworkInterface.open(name, calls);
  try {
    return link.index;
  } catch (error) {
    if (error instanceof SystemError) return 0;
    throw error;
  }
}
