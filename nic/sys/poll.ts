/**
 * Waiting until a descriptor can be read or a deadline has come (`ppoll(2)`).
 *
 * @module
 */

import type { MonotonicClock } from "./clock.ts";
import { EINTR, SystemError } from "./errno.ts";
import type { Libc } from "./ffi.ts";

const POLLIN = 1;
const EFD_NONBLOCK = 0x800;
const EFD_CLOEXEC = 0x80000;

/** How long {@linkcode Waiter.waitAsync} may go on without a real wait, µs. */
export const SLICE = 4000;

// A century; the kernel counts in int64 nanoseconds.
const LONGEST = 3e15;
const READY = Promise.resolve();

/** `struct pollfd`s, at most two, and the `struct timespec` for them. */
class Poll {
  // Explicit buffers, as those of small typed arrays may be moved by the
  // garbage collector while another thread waits on them.
  readonly fds = new ArrayBuffer(16);
  readonly timeout = new ArrayBuffer(16);
  readonly #fds = new Int32Array(this.fds);
  readonly #timeout = new Uint32Array(this.timeout);

  /** Waits for `fd` to become readable; a negative one never does. */
  watch(slot: number, fd: number): void {
    this.#fds[slot * 2] = fd;
    this.#fds[slot * 2 + 1] = POLLIN;
  }

  setTimeout(micros: number): void {
    const seconds = Math.floor(micros / 1e6);
    this.#timeout[0] = seconds % 0x1_0000_0000;
    this.#timeout[1] = seconds / 0x1_0000_0000;
    this.#timeout[2] = (micros - seconds * 1e6) * 1000;
  }
}

/** Waits for one descriptor, on this thread or beside it. */
export class Waiter {
  readonly #calls: Libc;
  readonly #clock: MonotonicClock;
  readonly #spin: number;
  readonly #poll = new Poll();
  readonly #beside = new Poll();
  // What an eventfd takes and gives: one int64.
  readonly #one = new Int32Array(new ArrayBuffer(8));
  readonly #seen = new ArrayBuffer(8);
  #wakeFd = -1;
  #pending: Promise<void> | undefined;
  #closed = false;
  #yielded = 0;

  /** Spins for `spin` µs before it sleeps, which costs less than waking up. */
  constructor(calls: Libc, clock: MonotonicClock, spin: number) {
    this.#calls = calls;
    this.#clock = clock;
    this.#spin = spin;
    this.#one[0] = 1;
  }

  /**
   * Returns when `fd` is readable, `deadline` (µs, may be infinite) has come or
   * a signal arrived. The clock has ticked then. A negative descriptor is never
   * readable.
   */
  wait(fd: number, deadline: number): void {
    const clock = this.#clock;
    clock.tick();
    if (!(clock.now < deadline)) return;
    const poll = this.#poll;
    poll.watch(0, fd);
    if (this.#spin > 0 && fd >= 0) {
      const end = Math.min(deadline, clock.now + this.#spin);
      poll.setTimeout(0);
      do {
        if (this.#ppoll(poll.timeout) !== 0) return;
        clock.tick();
      } while (clock.now < end);
      if (!(clock.now < deadline)) return;
    }
    if (deadline - clock.now > LONGEST) this.#ppoll(null);
    else {
      poll.setTimeout(deadline - clock.now);
      this.#ppoll(poll.timeout);
    }
    clock.tick();
  }

  #ppoll(timeout: ArrayBuffer | null): number {
    const ready = this.#calls.ppoll(this.#poll.fds, 1, timeout, null);
    if (ready < 0) {
      const errno = this.#calls.errno[0]!;
      if (errno !== EINTR) throw new SystemError("ppoll", errno, "wait");
    }
    return ready;
  }

  /**
   * As {@linkcode Waiter.wait}, but timers and promises of the application go
   * on meanwhile. If the descriptor is readable already it resolves at once,
   * though not for longer than {@linkcode SLICE} without letting them in. A
   * second call during a wait gets the promise of the first.
   */
  waitAsync(fd: number, deadline: number): Promise<void> {
    if (this.#pending !== undefined) return this.#pending;
    const clock = this.#clock;
    clock.tick();
    if (clock.now - this.#yielded < SLICE) {
      if (!(clock.now < deadline)) return READY;
      const poll = this.#poll;
      poll.watch(0, fd);
      poll.setTimeout(0);
      if (this.#ppoll(poll.timeout) !== 0) return READY;
    }
    this.#pending = this.#sleep(fd, deadline);
    return this.#pending;
  }

  async #sleep(fd: number, deadline: number): Promise<void> {
    if (this.#wakeFd < 0) {
      this.#wakeFd = this.#calls.eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
      if (this.#wakeFd < 0) {
        const errno = this.#calls.errno[0]!;
        this.#pending = undefined;
        throw new SystemError("eventfd", errno, "wait");
      }
    }
    const poll = this.#beside;
    poll.watch(0, fd);
    poll.watch(1, this.#wakeFd);
    const rest = Math.max(0, deadline - this.#clock.now);
    poll.setTimeout(Math.min(rest, LONGEST));
    await this.#calls.ppollAsync(poll.fds, 2, poll.timeout, null);
    this.#pending = undefined;
    if (this.#closed) this.#giveBack();
    else this.#calls.read(this.#wakeFd, this.#seen, 8);
    this.#clock.tick();
    this.#yielded = this.#clock.now;
  }

  /** Ends a {@linkcode Waiter.waitAsync} that is going on. */
  wake(): void {
    if (this.#pending !== undefined && this.#wakeFd >= 0) {
      this.#calls.write(this.#wakeFd, this.#one, 8);
    }
  }

  /** Ends a wait that is going on, and gives the descriptors back. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    // The other thread may not have begun to wait: the descriptor that ends its
    // wait stays open until it has.
    if (this.#pending !== undefined) this.wake();
    else this.#giveBack();
  }

  #giveBack(): void {
    if (this.#wakeFd >= 0) this.#calls.close(this.#wakeFd);
    this.#wakeFd = -1;
  }
}
