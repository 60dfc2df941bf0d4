/**
 * Packet sockets: every frame of an interface (`packet(7)`,
 * `linux/if_packet.h`).
 *
 * @module
 */

import { EAFNOSUPPORT, ENODEV, EPERM, SystemError } from "./errno.ts";
import type { Libc } from "./ffi.ts";
import { attachFilter, lockFilter } from "./socket_filter.ts";

const AF_PACKET = 17;
const SOCK_RAW = 3;
const SOCK_NONBLOCK = 0x800;
const SOCK_CLOEXEC = 0x80000;
const ETH_P_ALL = 3;

const SOL_SOCKET = 1;
const SO_RCVBUF = 8;
const SO_RCVBUFFORCE = 33;

const SOL_PACKET = 263;
const PACKET_ADD_MEMBERSHIP = 1;
const PACKET_STATISTICS = 6;
const PACKET_AUXDATA = 8;
const PACKET_VNET_HDR = 15;
const PACKET_QDISC_BYPASS = 20;
const PACKET_IGNORE_OUTGOING = 23;
const PACKET_MR_PROMISC = 1;

const SOCKADDR_LL_LENGTH = 20;
const SLL_FAMILY = 0;
const SLL_PROTOCOL = 2;
const SLL_IFINDEX = 4;

const MREQ_LENGTH = 16;
const MR_IFINDEX = 0;
const MR_TYPE = 4;

const CMSG_LEVEL = 8;
const CMSG_TYPE = 12;
const CMSG_DATA = 16;
const TP_STATUS = CMSG_DATA + 0;
const TP_VLAN_TCI = CMSG_DATA + 16;
const TP_VLAN_TPID = CMSG_DATA + 18;
const TP_STATUS_VLAN_VALID = 1 << 4;
const TP_STATUS_VLAN_TPID_VALID = 1 << 6;
const ETH_P_8021Q = 0x8100;

/** Octets of the control message with a `struct tpacket_auxdata`. */
export const AUXDATA_LENGTH = 40;

/** How a packet socket is set up. */
export interface Binding {
  /** Number of the interface. */
  readonly index: number;
  /** Whether frames to other stations are wanted. */
  readonly promiscuous: boolean;
  /** Whether frames that this machine sends are received as well. */
  readonly outgoing: boolean;
  /** Whether frames go to the driver past the queueing discipline. */
  readonly bypass: boolean;
  /** Octets that may wait to be received. */
  readonly receiveBuffer: number;
  /** Classic BPF that picks what is received. */
  readonly filter: Uint8Array | undefined;
  /** Whether that filter is to stay. */
  readonly lockFilter: boolean;
}

/**
 * Opens a packet socket on an interface: non-blocking, with a virtio header in
 * front of each frame.
 *
 * @throws {SystemError} if the kernel refuses; no descriptor stays open.
 */
export function openPacketSocket(
  calls: Libc,
  name: string,
  binding: Binding,
): number {
  // With protocol 0 nothing is received before the socket is bound; otherwise
  // it would begin with frames of every interface.
  const fd = calls.socket(
    AF_PACKET,
    SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
    0,
  );
  if (fd < 0) throw socketError(calls.errno[0]!, name);
  try {
    const number = new Int32Array(new ArrayBuffer(4));
    const set = (level: number, option: number, value: number): boolean => {
      number[0] = value;
      return calls.setsockopt(fd, level, option, number, 4) >= 0;
    };
    const need = (option: number, call: string): void => {
      if (set(SOL_PACKET, option, 1)) return;
      throw new SystemError(
        `setsockopt ${call}`,
        calls.errno[0]!,
        `set up a packet socket on ${name}`,
      );
    };
    need(PACKET_VNET_HDR, "PACKET_VNET_HDR");
    need(PACKET_AUXDATA, "PACKET_AUXDATA");
    if (!binding.outgoing) {
      need(PACKET_IGNORE_OUTGOING, "PACKET_IGNORE_OUTGOING");
    }
    if (binding.bypass) need(PACKET_QDISC_BYPASS, "PACKET_QDISC_BYPASS");
    // Beyond net.core.rmem_max only with CAP_NET_ADMIN.
    if (!set(SOL_SOCKET, SO_RCVBUFFORCE, binding.receiveBuffer)) {
      set(SOL_SOCKET, SO_RCVBUF, binding.receiveBuffer);
    }
    // Before the first frame can come, so that none slips in.
    if (binding.filter !== undefined) {
      attachFilter(calls, fd, name, binding.filter);
    }
    if (binding.lockFilter) lockFilter(calls, fd, name);
    bind(calls, fd, name, binding.index);
    if (binding.promiscuous) join(calls, fd, name, binding.index);
  } catch (error) {
    calls.close(fd);
    throw error;
  }
  return fd;
}

function bind(calls: Libc, fd: number, name: string, index: number): void {
  const address = new DataView(new ArrayBuffer(SOCKADDR_LL_LENGTH));
  address.setUint16(SLL_FAMILY, AF_PACKET, true);
  address.setUint16(SLL_PROTOCOL, ETH_P_ALL);
  address.setInt32(SLL_IFINDEX, index, true);
  if (calls.bind(fd, address, SOCKADDR_LL_LENGTH) >= 0) return;
  throw new SystemError("bind", calls.errno[0]!, `bind to ${name}`);
}

function join(calls: Libc, fd: number, name: string, index: number): void {
  const request = new DataView(new ArrayBuffer(MREQ_LENGTH));
  request.setInt32(MR_IFINDEX, index, true);
  request.setUint16(MR_TYPE, PACKET_MR_PROMISC, true);
  const option = PACKET_ADD_MEMBERSHIP;
  if (calls.setsockopt(fd, SOL_PACKET, option, request, MREQ_LENGTH) >= 0) {
    return;
  }
  throw new SystemError(
    "setsockopt PACKET_ADD_MEMBERSHIP",
    calls.errno[0]!,
    `make ${name} promiscuous`,
  );
}

/** What a refusal to make a packet socket means. */
export function socketError(errno: number, name: string): SystemError {
  return new SystemError(
    "socket",
    errno,
    `open a packet socket on ${name}`,
    errno === EPERM
      ? "CAP_NET_RAW is missing; run as root or under unshare -rn"
      : errno === EAFNOSUPPORT
      ? "the packet driver is missing; load it with modprobe af_packet"
      : undefined,
  );
}

/** There is no interface of that name. */
export function missing(name: string): SystemError {
  return new SystemError(
    "ioctl SIOCGIFINDEX",
    ENODEV,
    `open a packet socket on ${name}`,
    "there is no such interface; ip link lists those that are",
  );
}

/**
 * The VLAN tag that the kernel took out of the frame whose control octets are
 * at `at`: the protocol and the tag as one int32, or 0.
 */
export function vlanTag(control: DataView, at: number, length: number): number {
  if (length < AUXDATA_LENGTH - 4) return 0;
  if (
    control.getInt32(at + CMSG_LEVEL, true) !== SOL_PACKET ||
    control.getInt32(at + CMSG_TYPE, true) !== PACKET_AUXDATA
  ) return 0;
  const status = control.getInt32(at + TP_STATUS, true);
  if ((status & TP_STATUS_VLAN_VALID) === 0) return 0;
  const protocol = (status & TP_STATUS_VLAN_TPID_VALID) === 0
    ? ETH_P_8021Q
    : control.getUint16(at + TP_VLAN_TPID, true);
  return protocol << 16 | control.getUint16(at + TP_VLAN_TCI, true);
}

/** `struct tpacket_stats`, which the kernel empties when it is asked. */
export class Statistics {
  readonly #value = new Uint32Array(new ArrayBuffer(8));
  readonly #length = new Int32Array(new ArrayBuffer(4));

  /** Frames lost since the last call for want of room in the receive buffer. */
  drops(calls: Libc, fd: number): number {
    this.#length[0] = 8;
    const failed = calls.getsockopt(
      fd,
      SOL_PACKET,
      PACKET_STATISTICS,
      this.#value,
      this.#length,
    ) < 0;
    return failed ? 0 : this.#value[1]!;
  }
}
