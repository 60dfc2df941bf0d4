/**
 * `struct ifreq` and the socket controls that take it (`netdevice(7)`).
 *
 * @module
 */

import { InterfaceNameError } from "./errno.ts";

const NAME = 0;
const UNION = 16;
const SOCKADDR_IN_ADDRESS = 4;
const SOCKADDR_DATA = 2;

/** Octets of the structure. */
export const LENGTH = 40;
/** Octets of a name, with its zero. */
export const IFNAMSIZ = 16;
/** Address family of IPv4. */
export const AF_INET = 2;

/** Hardware type: Ethernet. */
export const ARPHRD_ETHER = 1;
/** Hardware type: loopback, whose frames have an Ethernet header too. */
export const ARPHRD_LOOPBACK = 772;

/** Gets the flags. */
export const SIOCGIFFLAGS = 0x8913;
/** Sets the flags. */
export const SIOCSIFFLAGS = 0x8914;
/** Sets the IPv4 address. */
export const SIOCSIFADDR = 0x8916;
/** Sets the IPv4 netmask. */
export const SIOCSIFNETMASK = 0x891c;
/** Gets the MTU. */
export const SIOCGIFMTU = 0x8921;
/** Sets the MTU. */
export const SIOCSIFMTU = 0x8922;
/** Gets the hardware address. */
export const SIOCGIFHWADDR = 0x8927;
/** Gets the number of the interface. */
export const SIOCGIFINDEX = 0x8933;
/** Gets the length of the transmit queue, packets. */
export const SIOCGIFTXQLEN = 0x8942;
/** Sets the length of the transmit queue, packets. */
export const SIOCSIFTXQLEN = 0x8943;

/** Flag: the interface is up. */
export const IFF_UP = 1;
/** Flag: the interface has resources, and so a carrier. */
export const IFF_RUNNING = 0x40;

/**
 * Refuses what the kernel would not take as the name of an interface.
 *
 * @throws {InterfaceNameError} unless it has 1 to 15 octets, none of them a
 * slash, colon or space, and is not `.` or `..`.
 */
export function checkName(name: string): void {
  const { length } = new TextEncoder().encode(name);
  if (length === 0) throw new InterfaceNameError(name, "it is empty");
  if (length >= IFNAMSIZ) {
    throw new InterfaceNameError(
      name,
      `it has ${length} octets and the kernel takes ${IFNAMSIZ - 1}`,
    );
  }
  if (/[/:\s\0]/.test(name) || name === "." || name === "..") {
    throw new InterfaceNameError(name, "the kernel refuses such characters");
  }
}

/** The structure: a name, and one value that the request reads or writes. */
export class Request {
  /** The octets, for the call. */
  readonly buffer: ArrayBuffer = new ArrayBuffer(LENGTH);
  /** View of the same octets. */
  readonly view: DataView = new DataView(this.buffer);

  /** Asks about `name`. @throws {InterfaceNameError} if it is none. */
  constructor(name: string) {
    checkName(name);
    new TextEncoder().encodeInto(name, new Uint8Array(this.buffer, NAME));
  }

  /** The name, which `TUNSETIFF` completes from a pattern such as `tap%d`. */
  get name(): string {
    const octets = new Uint8Array(this.buffer, NAME, IFNAMSIZ);
    const end = octets.indexOf(0);
    return new TextDecoder().decode(octets.slice(0, end < 0 ? IFNAMSIZ : end));
  }

  /** `ifr_flags`. */
  get flags(): number {
    return this.view.getUint16(UNION, true);
  }
  set flags(flags: number) {
    this.view.setUint16(UNION, flags, true);
  }

  /** `ifr_ifindex`, `ifr_mtu`, `ifr_qlen`. */
  get value(): number {
    return this.view.getInt32(UNION, true);
  }
  set value(value: number) {
    this.view.setInt32(UNION, value, true);
  }

  /** The `ARPHRD_` type of `ifr_hwaddr`. */
  get hardwareType(): number {
    return this.view.getUint16(UNION, true);
  }

  /** First two octets of `ifr_hwaddr`. */
  get hardwareHigh(): number {
    return this.view.getUint16(UNION + SOCKADDR_DATA);
  }

  /** Last four octets of `ifr_hwaddr`, as int32. */
  get hardwareLow(): number {
    return this.view.getInt32(UNION + SOCKADDR_DATA + 2);
  }

  /** Writes `ifr_addr` or `ifr_netmask`: IPv4 as int32 in host order. */
  setIpv4(address: number): void {
    this.view.setUint16(UNION, AF_INET, true);
    this.view.setUint16(UNION + SOCKADDR_DATA, 0);
    this.view.setInt32(UNION + SOCKADDR_IN_ADDRESS, address);
  }
}
