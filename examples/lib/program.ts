/**
 * A host on the interface that a person named, and the loop that runs it.
 *
 * @module
 */

import {
  type Args,
  type CommonOptions,
  GATEWAY,
  HOST,
  INTERFACE,
  type Line,
} from "./args.ts";
import { openDevice, type Opened } from "./device.ts";
import { countersText, Host, type HostOptions } from "./host.ts";
import { print } from "./terminal.ts";

/** The arguments that {@linkcode Station.open} reads. */
export const HOST_ARGUMENTS: readonly Line[] = [INTERFACE, ...HOST, GATEWAY];

/** µs without a packet after which the loop lets promises and signals in. */
const PATIENCE = 1000;
/** µs after which it does so in any case. */
const SLICE = 20_000;
/** µs that it sleeps at most. */
const NAP = 200_000;

/** A loop around one device that ends on Ctrl-C. */
export class Loop implements Disposable {
  /** Whether somebody asked it to end. */
  stopped = false;
  readonly #opened: Opened;
  readonly #stop = () => this.stop();

  /** Listens to signals until disposed of. */
  constructor(opened: Opened) {
    this.#opened = opened;
    Deno.addSignalListener("SIGINT", this.#stop);
    Deno.addSignalListener("SIGTERM", this.#stop);
  }

  /** Ends the loop at its next turn. */
  stop(): void {
    this.stopped = true;
    this.#opened.wake();
  }

  /**
   * Takes turns until `turn` says that it is done or somebody asks to stop.
   * `turn` returns how many packets there were, or -1 when done.
   */
  async run(
    turn: () => number,
    nextDeadline: (now: number) => number,
  ): Promise<void> {
    const { device } = this.#opened;
    let yielded = device.now();
    let active = yielded;
    while (!this.stopped) {
      const packets = turn();
      if (packets < 0) return;
      const now = device.now();
      const fair = now - yielded < SLICE;
      if (packets > 0) {
        active = now;
        if (fair) continue;
      }
      const deadline = Math.min(nextDeadline(now), now + NAP);
      if (fair && now - active < PATIENCE) {
        // Waiting on this thread wakes up faster.
        device.wait(Math.min(deadline, active + PATIENCE));
        continue;
      }
      this.#opened.flush();
      await this.#opened.waitAsync(packets > 0 ? now : deadline);
      yielded = device.now();
    }
  }

  /** Stops listening to signals. */
  [Symbol.dispose](): void {
    Deno.removeSignalListener("SIGINT", this.#stop);
    Deno.removeSignalListener("SIGTERM", this.#stop);
  }
}

/** What {@linkcode Station.open} needs beside the arguments. */
export type StationOptions = Pick<HostOptions, "connections" | "tcp"> & {
  /** Packet buffers of the device. */
  readonly slots?: number;
};

/** A host on an interface of the kernel. */
export class Station implements Disposable {
  /** The host. */
  readonly host: Host;
  readonly #opened: Opened;
  readonly #loop: Loop;
  readonly #name: string;

  private constructor(name: string, opened: Opened, options: HostOptions) {
    this.#name = name;
    this.#opened = opened;
    this.host = new Host(opened.device, options);
    this.#loop = new Loop(opened);
  }

  /**
   * Opens what {@linkcode HOST_ARGUMENTS} and the common options say.
   *
   * @throws {UsageError} if an argument makes no sense.
   */
  static open(args: Args, options: StationOptions = {}): Station {
    const { slots, ...rest } = options;
    const address = args.host();
    const hardware = args.mac();
    const gateway = args.gateway(address).address;
    const common: CommonOptions = args.common();
    const opened = openDevice({
      ...common,
      ...(slots === undefined ? {} : { slots }),
      interface: args.interface(),
      address: hardware,
    });
    try {
      const all = { ...rest, address, hardware, gateway };
      return new Station(`${address}`, opened, all);
    } catch (error) {
      opened[Symbol.dispose]();
      throw error;
    }
  }

  /** Says what the host is about to do, and on what. */
  announce(does: string): void {
    print(`${does} as ${this.#name} on ${this.#opened.description}`);
  }

  /** Runs until `done`, or until somebody asks to stop. */
  run(done: () => boolean = () => false): Promise<void> {
    const { host } = this;
    return this.#loop.run(
      () => done() ? -1 : host.turn(),
      (now) => host.nextDeadline(now),
    );
  }

  /** Ends {@linkcode Station.run}. */
  stop(): void {
    this.#loop.stop();
  }

  /** Prints what was counted. */
  report(): void {
    const text = countersText(this.host.counters);
    if (text !== "") print(text);
  }

  /** Gives everything back. */
  [Symbol.dispose](): void {
    this.#loop[Symbol.dispose]();
    this.#opened[Symbol.dispose]();
  }
}
