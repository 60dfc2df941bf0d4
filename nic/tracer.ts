/**
 * Prints what passes a device.
 *
 * @module
 */

import { Printer } from "@ethox/wire/pretty";
import type { Device } from "./device.ts";
import type { Packet } from "./packet.ts";
import { Watched } from "./wrapped.ts";

/** How to print. */
export interface TracerOptions {
  /** Whether each packet is an indented tree instead of a line. */
  readonly tree?: boolean;
  /** Whether lines begin with the Ethernet header. */
  readonly link?: boolean;
  /** Whether wrong checksums are remarked upon; they are by default. */
  readonly checksums?: boolean;
}

/**
 * Prints every packet while passing it: seconds on the device's clock, `<` for
 * received or `>` for sent, and what the headers say.
 *
 * ```ts
 * import { loopback, tracer } from "@ethox/nic";
 * import { assertEquals } from "@std/assert";
 *
 * const lines: string[] = [];
 * const nic = new tracer.Tracer(
 *   new loopback.Loopback({ slots: 4 }),
 *   (line) => lines.push(line),
 * );
 * nic.tx(1, (packet) => {
 *   packet.resize(3);
 *   packet.queue();
 * });
 * assertEquals(lines, ["0.000000 > Ethernet [truncated], length 3"]);
 * ```
 */
export class Tracer extends Watched {
  readonly #print: (line: string) => void;
  readonly #printer: Printer;
  readonly #tree: boolean;

  /** Hands lines, without their ends, to `print`. */
  constructor(
    inner: Device,
    print: (line: string) => void,
    options: TracerOptions = {},
  ) {
    super(inner);
    this.#print = print;
    this.#tree = options.tree ?? false;
    this.#printer = new Printer({
      medium: inner.personality.medium,
      link: options.link ?? false,
      checksums: options.checksums ?? true,
    });
  }

  /** Prints a packet. */
  override watch(packet: Packet, outbound: boolean): void {
    const { view } = packet.memory;
    const { start, end } = packet;
    const text = this.#tree
      ? this.#printer.tree(view, start, end)
      : this.#printer.line(view, start, end);
    const time = (packet.info.timestamp / 1e6).toFixed(6);
    this.#print(`${time} ${outbound ? ">" : "<"} ${text}`);
  }
}
