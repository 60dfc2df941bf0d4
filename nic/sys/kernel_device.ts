/**
 * What every device of the kernel has: a descriptor that is given back, a
 * clock, a way to wait and an end.
 *
 * @module
 */

import { Counters } from "@ethox/managed/counters";
import type { Address } from "@ethox/wire/ethernet";
import {
  type CounterName,
  COUNTERS,
  type Device,
  type Personality,
  RECEIVE_ERRORS,
  SEND_DROPPED,
  SEND_ERRORS,
} from "../device.ts";
import type { ReceiveHandler, SendHandler } from "../packet.ts";
import { MonotonicClock } from "./clock.ts";
import {
  DisposedError,
  EAGAIN,
  EBADF,
  ENOBUFS,
  ENOMEM,
  OptionError,
  SystemError,
} from "./errno.ts";
import type { Libc } from "./ffi.ts";
import { NetworkInterface } from "./interface.ts";
import { Waiter } from "./poll.ts";

/** Number of slots unless said otherwise. */
export const SLOTS = 64;
/** µs to spin before sleeping unless said otherwise. */
export const SPIN = 50;

/** How a device of the kernel is opened. */
export interface DeviceOptions {
  /** Packet buffers; {@linkcode SLOTS} by default. */
  readonly slots?: number;
  /**
   * Whether checksums and segmentation are left to the kernel; `true` by
   * default.
   */
  readonly offload?: boolean;
  /** MTU to give the interface; by default it keeps its own. */
  readonly mtu?: number;
  /** Hardware address of the host that is built on the device. */
  readonly address?: Address;
  /** How long a wait spins before it sleeps, µs; {@linkcode SPIN} by default. */
  readonly spin?: number;
  /** The system calls to use; those of libc by default. */
  readonly calls?: Libc;
}

/**
 * A device behind a descriptor.
 *
 * A frame that the kernel refuses is counted and gone. If the interface is
 * deleted or the descriptor closed by somebody else, one call throws a
 * {@linkcode SystemError}; after it nothing is received or sent, and a wait
 * lasts until its deadline.
 */
export abstract class KernelDevice implements Device {
  /** Name of the interface. */
  readonly name: string;
  /** Medium, address, MTU and capabilities. */
  readonly personality: Personality;
  /** What happened so far. */
  readonly counters: Counters<CounterName> = new Counters(COUNTERS);
  /** The system calls. */
  protected readonly calls: Libc;
  /** Shows the time of the last burst or wait. */
  protected readonly clock: MonotonicClock;
  readonly #waiter: Waiter;
  #fd: number;
  #disposed = false;
  #failure: SystemError | undefined;

  /** Serves the descriptor `fd` of the interface `name`. */
  constructor(
    calls: Libc,
    fd: number,
    name: string,
    personality: Personality,
    spin: number = SPIN,
  ) {
    this.calls = calls;
    this.#fd = fd;
    this.name = name;
    this.personality = personality;
    this.clock = new MonotonicClock(calls);
    this.#waiter = new Waiter(calls, this.clock, spin);
  }

  /** The descriptor, to poll on one's own; -1 once there is none. */
  get fd(): number {
    return this.#fd;
  }

  /** What broke the device, if something did. */
  get failure(): SystemError | undefined {
    return this.#failure;
  }

  /**
   * Lends up to `max` received packets, each once, and sends those that the
   * handler queued as answers. Returns how many were lent. Packets that are
   * dropped for being malformed use up `max` as well.
   *
   * @throws {DisposedError} if the device was disposed of.
   * @throws {SystemError} once, when the interface is gone.
   */
  abstract rx(max: number, receiver: ReceiveHandler): number;

  /**
   * Offers up to `max` empty buffers, and stops at the first that the handler
   * leaves unqueued. Returns how many were queued; the counters say how many of
   * them the kernel took.
   *
   * @throws {DisposedError} if the device was disposed of.
   * @throws {SystemError} once, when the interface is gone.
   */
  abstract tx(max: number, sender: SendHandler): number;

  /** Monotonic µs since the machine started. */
  now(): number {
    this.clock.tick();
    return this.clock.now;
  }

  /**
   * Returns when packets may be there or `deadline` (µs, may be infinite) has
   * come. A signal ends it as well. Nothing else runs on the thread meanwhile.
   *
   * @throws {DisposedError} if the device was disposed of.
   * @throws {SystemError} if the wait would never end, the interface being gone.
   */
  wait(deadline: number): void {
    this.#mayWait(deadline);
    this.#waiter.wait(this.#fd, deadline);
  }

  /**
   * As {@linkcode KernelDevice.wait}, but the application's timers and promises
   * go on meanwhile. One at a time: a second call gets the promise of the first.
   */
  waitAsync(deadline: number): Promise<void> {
    this.#mayWait(deadline);
    return this.#waiter.waitAsync(this.#fd, deadline);
  }

  /** Ends a {@linkcode KernelDevice.waitAsync} that is going on. */
  wake(): void {
    this.#waiter.wake();
  }

  /** Gives the descriptor back. */
  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#waiter.close();
    if (this.#fd >= 0) this.calls.close(this.#fd);
    this.#fd = -1;
  }

  #mayWait(deadline: number): void {
    if (!this.usable() && deadline === Infinity) throw this.#failure!;
  }

  /** Whether there is something to receive from and send to. */
  protected usable(): boolean {
    if (this.#disposed) throw new DisposedError(`interface ${this.name}`);
    return this.#failure === undefined;
  }

  /** Counts a packet that asks for what the device does not do. */
  protected refuse(): void {
    this.counters.add(SEND_DROPPED, 1);
    this.counters.add(SEND_ERRORS, 1);
  }

  /** Counts a packet that the kernel did not take. */
  protected sendFailed(call: string, errno: number): void {
    this.counters.add(SEND_DROPPED, 1);
    if (errno === EAGAIN || errno === ENOBUFS || errno === ENOMEM) return;
    this.counters.add(SEND_ERRORS, 1);
    if (this.fatal(errno)) this.#fail(call, errno);
  }

  /** Counts a refusal to give a packet. */
  protected receiveFailed(call: string, errno: number): void {
    this.counters.add(RECEIVE_ERRORS, 1);
    if (this.fatal(errno)) this.#fail(call, errno);
  }

  /** Whether an error means that no other answer will ever come. */
  protected abstract fatal(errno: number): boolean;

  #fail(call: string, errno: number): never {
    // Closed behind our back, the number may be somebody else's by now.
    if (errno !== EBADF) this.calls.close(this.#fd);
    this.#fd = -1;
    this.#failure = new SystemError(call, errno, `go on with ${this.name}`);
    throw this.#failure;
  }
}

/** @throws {OptionError} if a number makes no sense. */
export function checkOptions(options: DeviceOptions): void {
  const { slots = SLOTS, spin = SPIN, mtu = 1500 } = options;
  if (!Number.isInteger(slots) || slots < 1 || slots > 16384) {
    throw new OptionError("slots", slots, "1 to 16384");
  }
  if (!(spin >= 0 && spin <= 1e6)) {
    throw new OptionError("spin", spin, "0 to 1000000");
  }
  if (!Number.isInteger(mtu) || mtu < 68 || mtu > 65535) {
    throw new OptionError("MTU", mtu, "68 to 65535");
  }
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
