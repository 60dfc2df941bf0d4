/**
 * The one table of libc functions.
 *
 * It is opened at the first use and not at import, so that importing costs no
 * permission. Only `i32`, `u32` and `buffer` appear: a JS number given for
 * `usize` or `i64` leaves V8's fast call path, and their results are bigints.
 *
 * @module
 */

import { UnavailableError } from "./errno.ts";

/** Memory handed to a call. Lasting addresses need an explicit ArrayBuffer. */
export type Octets = BufferSource;

/**
 * The functions of libc used here. Each answers as in its manual page: -1, and
 * the reason in {@linkcode Libc.errno}.
 */
export interface Libc {
  /**
   * The thread's `errno` in element 0. It is right only until the next call
   * into the runtime, so read it at once.
   */
  readonly errno: Int32Array;
  /** `open(2)`; the path ends with a zero octet. */
  open(path: Octets, flags: number): number;
  /** `close(2)`. */
  close(fd: number): number;
  /** `read(2)`. */
  read(fd: number, to: Octets, length: number): number;
  /** `write(2)`. */
  write(fd: number, from: Octets, length: number): number;
  /** `writev(2)`; `vector` holds `struct iovec`s. */
  writev(fd: number, vector: Octets, count: number): number;
  /** `ioctl(2)` with an argument in memory. */
  ioctl(fd: number, request: number, argument: Octets): number;
  /** `ioctl(2)` with an integer argument. */
  ioctlInteger(fd: number, request: number, argument: number): number;
  /** `socket(2)`. */
  socket(family: number, type: number, protocol: number): number;
  /** `bind(2)`. */
  bind(fd: number, address: Octets, length: number): number;
  /** `setsockopt(2)`. */
  setsockopt(
    fd: number,
    level: number,
    option: number,
    value: Octets,
    length: number,
  ): number;
  /** `getsockopt(2)`. */
  getsockopt(
    fd: number,
    level: number,
    option: number,
    value: Octets,
    length: Octets,
  ): number;
  /** `recvmmsg(2)`; `vector` holds `struct mmsghdr`s. */
  recvmmsg(
    fd: number,
    vector: Octets,
    count: number,
    flags: number,
    timeout: Octets | null,
  ): number;
  /** `sendmmsg(2)`; `vector` holds `struct mmsghdr`s. */
  sendmmsg(fd: number, vector: Octets, count: number, flags: number): number;
  /** `ppoll(2)`. */
  ppoll(
    fds: Octets,
    count: number,
    timeout: Octets | null,
    signals: Octets | null,
  ): number;
  /** `ppoll(2)` on another thread, whose errno cannot be had. */
  ppollAsync(
    fds: Octets,
    count: number,
    timeout: Octets | null,
    signals: Octets | null,
  ): Promise<number>;
  /** `eventfd(2)`. */
  eventfd(initial: number, flags: number): number;
  /** `clock_gettime(2)`. */
  clockGettime(clock: number, to: Octets): number;
}

let table: Libc | undefined;

/**
 * The functions, loaded when first asked for.
 *
 * @throws {UnavailableError} elsewhere than on Linux, or without `--allow-ffi`.
 */
export function libc(): Libc {
  return table ??= load();
}

function load(): Libc {
  if (Deno.build.os !== "linux") {
    throw new UnavailableError("platform", Deno.build.os);
  }
  try {
    return open();
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) {
      throw new UnavailableError("permission", error.message);
    }
    throw new UnavailableError("library", String(error));
  }
}

function open(): Libc {
  const { symbols } = Deno.dlopen("libc.so.6", {
    open: { parameters: ["buffer", "i32"], result: "i32" },
    close: { parameters: ["i32"], result: "i32" },
    read: { parameters: ["i32", "buffer", "u32"], result: "i32" },
    write: { parameters: ["i32", "buffer", "u32"], result: "i32" },
    writev: { parameters: ["i32", "buffer", "i32"], result: "i32" },
    ioctl: { parameters: ["i32", "u32", "buffer"], result: "i32" },
    ioctlInteger: {
      name: "ioctl",
      parameters: ["i32", "u32", "u32"],
      result: "i32",
    },
    socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
    bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
    setsockopt: {
      parameters: ["i32", "i32", "i32", "buffer", "u32"],
      result: "i32",
    },
    getsockopt: {
      parameters: ["i32", "i32", "i32", "buffer", "buffer"],
      result: "i32",
    },
    recvmmsg: {
      parameters: ["i32", "buffer", "u32", "i32", "buffer"],
      result: "i32",
    },
    sendmmsg: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
    ppoll: {
      parameters: ["buffer", "u32", "buffer", "buffer"],
      result: "i32",
    },
    ppollAsync: {
      name: "ppoll",
      parameters: ["buffer", "u32", "buffer", "buffer"],
      result: "i32",
      nonblocking: true,
    },
    eventfd: { parameters: ["u32", "i32"], result: "i32" },
    clockGettime: {
      name: "clock_gettime",
      parameters: ["i32", "buffer"],
      result: "i32",
    },
    errnoLocation: {
      name: "__errno_location",
      parameters: [],
      result: "pointer",
    },
  });
  const { errnoLocation, ...calls } = symbols;
  const cell = new Deno.UnsafePointerView(errnoLocation()!).getArrayBuffer(4);
  return { ...calls, errno: new Int32Array(cell) };
}

/** Where the first octet of `memory` lies. Set-up only: it is slow. */
export function addressOf(memory: Uint8Array<ArrayBuffer>): number {
  return Number(Deno.UnsafePointer.value(Deno.UnsafePointer.of(memory)));
}

/** A path or name as a C string. */
export function text(value: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${value}\0`);
}
