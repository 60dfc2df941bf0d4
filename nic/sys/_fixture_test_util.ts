// What several test files of this folder share; no tests of its own.

import { type Libc, libc } from "./ffi.ts";
import type { SystemError } from "./errno.ts";

const AF_UNIX = 1;
const SOCK_SEQPACKET = 5;
const SOCK_NONBLOCK = 0x800;
const SOCK_CLOEXEC = 0x80000;

const { symbols } = Deno.dlopen("libc.so.6", {
  socketpair: { parameters: ["i32", "i32", "i32", "buffer"], result: "i32" },
});

/** A cable: what one end writes the other reads, frame by frame, as on a tap. */
export class Cable implements Disposable {
  /** The end for the device under test. */
  readonly device: number;
  /** The end for the test. */
  readonly test: number;

  constructor() {
    const fds = new Int32Array(2);
    const type = SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC;
    if (symbols.socketpair(AF_UNIX, type, 0, fds) < 0) {
      throw new Error("socketpair failed");
    }
    this.device = fds[0]!;
    this.test = fds[1]!;
  }

  /** Puts octets on the cable. */
  send(...octets: number[]): void {
    const sent = libc().write(this.test, new Uint8Array(octets), octets.length);
    if (sent !== octets.length) throw new Error(`sent ${sent}`);
  }

  /** The next frame that the device wrote, or `undefined`. */
  receive(): Uint8Array | undefined {
    const frame = new Uint8Array(65536 * 2);
    const length = libc().read(this.test, frame, frame.length);
    return length < 0 ? undefined : frame.slice(0, length);
  }

  [Symbol.dispose](): void {
    libc().close(this.test);
  }
}

/** libc with some functions replaced. */
export function faulty(changes: Partial<Libc>): Libc {
  return { ...libc(), ...changes };
}

/** Makes the next read of errno give `value`, and answers -1. */
export function refuse(calls: Libc, value: number): -1 {
  calls.errno[0] = value;
  return -1;
}

/** Number of descriptors that this process has open. */
export function descriptors(): number {
  return [...Deno.readDirSync("/proc/self/fd")].length;
}

/** Runs `body` and gives the error that it threw. */
export function thrown<E extends Error = SystemError>(body: () => unknown): E {
  try {
    body();
  } catch (error) {
    return error as E;
  }
  throw new Error("Nothing was thrown");
}

/** Frame of `length` octets: broadcast, from 02:00:00:00:00:02, type 0x88b5. */
export function frame(length: number): number[] {
  const octets = [...new Array<number>(6).fill(255), 2, 0, 0, 0, 0, 2];
  octets.push(0x88, 0xb5);
  while (octets.length < length) octets.push(octets.length & 255);
  return octets;
}
