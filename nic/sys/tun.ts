/**
 * `/dev/net/tun`: making and attaching tap and tun interfaces
 * (`linux/if_tun.h`).
 *
 * @module
 */

import {
  EACCES,
  EBUSY,
  EINVAL,
  ENODEV,
  ENOENT,
  ENXIO,
  EPERM,
  SystemError,
} from "./errno.ts";
import { type Libc, text } from "./ffi.ts";
import { Request } from "./ifreq.ts";
import { indexOf } from "./interface.ts";
import { HEADER_LENGTH } from "./virtio.ts";

const PATH = "/dev/net/tun";
const O_RDWR = 2;
const O_NONBLOCK = 0x800;
const O_CLOEXEC = 0x80000;

const TUNSETIFF = 0x400454ca;
const TUNSETOFFLOAD = 0x400454d0;
const TUNSETVNETHDRSZ = 0x400454d8;

const IFF_NO_PI = 0x1000;
const IFF_VNET_HDR = 0x4000;
const IFF_MULTI_QUEUE = 0x100;

/** Layer 3: bare IP datagrams. */
export const IFF_TUN = 1;
/** Layer 2: Ethernet frames. */
export const IFF_TAP = 2;

/** Partial checksums are taken. */
export const TUN_F_CSUM = 0x01;
/** TCP super-segments over IPv4 are taken. */
export const TUN_F_TSO4 = 0x02;
/** TCP super-segments over IPv6 are taken. */
export const TUN_F_TSO6 = 0x04;
/** UDP super-datagrams over IPv4 are taken. */
export const TUN_F_USO4 = 0x20;
/** UDP super-datagrams over IPv6 are taken. */
export const TUN_F_USO6 = 0x40;

// Each set is one that the kernel takes as a whole: USO came with Linux 6.2,
// and either family alone is refused.
const OFFLOADS = [
  TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 | TUN_F_USO4 | TUN_F_USO6,
  TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6,
  TUN_F_CSUM,
] as const;

/** What to attach to. */
export interface Wish {
  /** {@linkcode IFF_TAP} or {@linkcode IFF_TUN}. */
  readonly kind: number;
  /** Whether frames shall carry a virtio header, and offloads be asked for. */
  readonly offload: boolean;
  /** Whether this is one of several queues. */
  readonly multiQueue: boolean;
}

/** An open queue of an interface. */
export interface Attachment {
  /** Its descriptor, non-blocking. */
  readonly fd: number;
  /** The name of the interface. */
  readonly name: string;
  /** Octets of the virtio header in front of each frame, or 0. */
  readonly header: number;
  /** The `TUN_F_` set that the kernel agreed to. */
  readonly offloads: number;
}

/**
 * Attaches to an interface, and makes it if there is none of that name. One
 * made here goes when its last descriptor is closed.
 *
 * @throws {InterfaceNameError} if the name cannot be one.
 * @throws {SystemError} if the kernel refuses; no descriptor stays open.
 */
export function attach(calls: Libc, name: string, wish: Wish): Attachment {
  const request = new Request(name);
  const kind = wish.kind === IFF_TAP ? "tap" : "tun";
  const fd = calls.open(text(PATH), O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) throw openError(calls.errno[0]!);
  try {
    request.flags = wish.kind | IFF_NO_PI |
      (wish.offload ? IFF_VNET_HDR : 0) |
      (wish.multiQueue ? IFF_MULTI_QUEUE : 0);
    if (calls.ioctl(fd, TUNSETIFF, request.buffer) < 0) {
      throw attachError(calls, calls.errno[0]!, kind, name);
    }
    let offloads = 0;
    if (wish.offload) {
      const size = new Int32Array(new ArrayBuffer(4));
      size[0] = HEADER_LENGTH;
      if (calls.ioctl(fd, TUNSETVNETHDRSZ, size) < 0) {
        throw new SystemError(
          "ioctl TUNSETVNETHDRSZ",
          calls.errno[0]!,
          `set the header size of ${request.name}`,
        );
      }
      offloads = negotiate(calls, fd);
    } else {
      // An interface that stays keeps what its last owner agreed to.
      calls.ioctlInteger(fd, TUNSETOFFLOAD, 0);
    }
    return {
      fd,
      name: request.name,
      header: wish.offload ? HEADER_LENGTH : 0,
      offloads,
    };
  } catch (error) {
    calls.close(fd);
    throw error;
  }
}

function negotiate(calls: Libc, fd: number): number {
  for (const offloads of OFFLOADS) {
    if (calls.ioctlInteger(fd, TUNSETOFFLOAD, offloads) >= 0) return offloads;
  }
  calls.ioctlInteger(fd, TUNSETOFFLOAD, 0);
  return 0;
}

/** What a refusal to open the control file means. */
export function openError(errno: number): SystemError {
  const action = `open ${PATH}`;
  const reason = errno === ENOENT || errno === ENODEV || errno === ENXIO
    ? "the tun driver is missing; load it with modprobe tun, and give a container --device /dev/net/tun"
    : errno === EACCES || errno === EPERM
    ? "this user may not; run as root, or have root do chmod 666 /dev/net/tun"
    : undefined;
  return new SystemError("open", errno, action, reason);
}

/** What a refusal to attach to `name` means. */
export function attachError(
  calls: Libc,
  errno: number,
  kind: string,
  name: string,
): SystemError {
  let reason: string | undefined;
  if (errno === EPERM) {
    reason =
      `CAP_NET_ADMIN is missing; run as root or under unshare -rn, or have root do ip tuntap add ${name} mode ${kind} user $USER`;
  } else if (errno === EBUSY) {
    reason = "another process has it open";
  } else if (errno === EINVAL && indexOf(name, calls) > 0) {
    reason =
      `an interface of that name exists and is no ${kind} interface with these queues`;
  }
  return new SystemError(
    "ioctl TUNSETIFF",
    errno,
    `attach to ${kind} interface ${name}`,
    reason,
  );
}
