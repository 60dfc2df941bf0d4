/**
 * Filters of sockets: classic BPF that the kernel runs on what a socket would
 * receive (`socket(7)`, `linux/filter.h`).
 *
 * @module
 */

import {
  EINVAL,
  ENOENT,
  ENOMEM,
  EPERM,
  OptionError,
  SystemError,
} from "./errno.ts";
import { addressOf, type Libc } from "./ffi.ts";

const SOL_SOCKET = 1;
const SO_ATTACH_FILTER = 26;
const SO_DETACH_FILTER = 27;
const SO_LOCK_FILTER = 44;

// struct sock_fprog, with pointers of 64 bits.
const FPROG_LENGTH = 16;
const FPROG_COUNT = 0;
const FPROG_FILTER = 8;

/** Octets of a `struct sock_filter`. */
const INSTRUCTION_LENGTH = 8;
/** Most instructions that the kernel takes, `BPF_MAXINSNS`. */
const MOST_INSTRUCTIONS = 4096;

/**
 * Throws for octets that cannot be a program.
 *
 * @throws {OptionError} if they are not 1 to 4096 instructions of 8 octets.
 */
export function checkFilter(program: Uint8Array): void {
  const count = program.length / INSTRUCTION_LENGTH;
  if (Number.isInteger(count) && count >= 1 && count <= MOST_INSTRUCTIONS) {
    return;
  }
  throw new OptionError(
    "filter of octets",
    program.length,
    `1 to ${MOST_INSTRUCTIONS} instructions of ${INSTRUCTION_LENGTH} octets`,
  );
}

/**
 * Makes the kernel run a program on each frame that the socket would receive,
 * in place of the one before. What waits to be received is not judged again.
 *
 * @throws {SystemError} if the kernel refuses the program or a lock is on.
 */
export function attachFilter(
  calls: Libc,
  fd: number,
  name: string,
  program: Uint8Array,
): void {
  checkFilter(program);
  // A copy has an ArrayBuffer of its own, whose address can be had. The kernel
  // takes a copy as well.
  const octets = Uint8Array.from(program);
  const fprog = new DataView(new ArrayBuffer(FPROG_LENGTH));
  const count = octets.length / INSTRUCTION_LENGTH;
  fprog.setUint16(FPROG_COUNT, count, true);
  fprog.setBigUint64(FPROG_FILTER, BigInt(addressOf(octets)), true);
  const result = calls.setsockopt(
    fd,
    SOL_SOCKET,
    SO_ATTACH_FILTER,
    fprog,
    FPROG_LENGTH,
  );
  if (result >= 0) return;
  const errno = calls.errno[0]!;
  // Only after the call: until then the octets have to live.
  const attached = `attach a filter of ${octets.length} octets to ${name}`;
  throw new SystemError(
    "setsockopt SO_ATTACH_FILTER",
    errno,
    attached,
    {
      [EINVAL]: "it is no program that the kernel can check",
      [ENOMEM]: "it is larger than net.core.optmem_max leaves room for",
      [EPERM]: LOCKED,
    }[errno],
  );
}

/**
 * Takes the program away; no program is none to take.
 *
 * @throws {SystemError} if a lock is on.
 */
export function detachFilter(calls: Libc, fd: number, name: string): void {
  const none = new Int32Array(new ArrayBuffer(4));
  if (calls.setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, none, 4) >= 0) return;
  const errno = calls.errno[0]!;
  if (errno === ENOENT) return;
  throw new SystemError(
    "setsockopt SO_DETACH_FILTER",
    errno,
    `detach the filter of ${name}`,
    errno === EPERM ? LOCKED : undefined,
  );
}

/**
 * Makes the program stay as it is until the socket is closed.
 *
 * @throws {SystemError} if the kernel refuses.
 */
export function lockFilter(calls: Libc, fd: number, name: string): void {
  const one = Int32Array.of(1);
  if (calls.setsockopt(fd, SOL_SOCKET, SO_LOCK_FILTER, one, 4) >= 0) return;
  throw new SystemError(
    "setsockopt SO_LOCK_FILTER",
    calls.errno[0]!,
    `lock the filter of ${name}`,
  );
}

const LOCKED = "it was locked when the socket was opened";
