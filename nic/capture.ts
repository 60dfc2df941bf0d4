/**
 * Records what passes a device.
 *
 * @module
 */

import { LinkType } from "@ethox/wire/linktype";
import { INBOUND, OUTBOUND, type Sink, Writer } from "@ethox/wire/pcapng";
import type { Device } from "./device.ts";
import type { Packet } from "./packet.ts";
import { Watched } from "./wrapped.ts";

/** How to record. */
export interface CaptureOptions {
  /** Name of the interface in the file. */
  readonly name?: string;
  /** Most octets kept of a packet; all by default. */
  readonly snapLength?: number;
  /** What to add to the device's time to get µs since 1970; 0 by default. */
  readonly epoch?: number;
  /** Octets gathered before the sink gets them; 65536 by default. */
  readonly buffer?: number;
}

/**
 * Writes every packet into a pcapng file while passing it. Sent packets are
 * recorded as they were queued: checksums and cuts that are left to the device
 * are not done yet.
 *
 * ```ts
 * import { capture, loopback } from "@ethox/nic";
 * import { assert } from "@std/assert";
 *
 * let octets = 0;
 * const nic = new capture.Capture(
 *   new loopback.Loopback({ slots: 4 }),
 *   (piece) => octets += piece.length,
 * );
 * nic.tx(1, (packet) => {
 *   packet.resize(60);
 *   packet.queue();
 * });
 * nic.flush();
 * assert(octets > 100);
 * ```
 */
export class Capture extends Watched {
  readonly #writer: Writer;
  readonly #interface: number;
  readonly #epoch: number;

  /** Records a device into a sink, which gets the file piece by piece. */
  constructor(inner: Device, sink: Sink, options: CaptureOptions = {}) {
    super(inner);
    const { name, snapLength, buffer } = options;
    this.#writer = new Writer(sink, buffer === undefined ? {} : { buffer });
    this.#interface = this.#writer.addInterface({
      linkType: inner.personality.medium === "ethernet"
        ? LinkType.ETHERNET
        : LinkType.RAW,
      ...(name === undefined ? {} : { name }),
      ...(snapLength === undefined ? {} : { snapLength }),
    });
    this.#epoch = options.epoch ?? 0;
  }

  /** Hands the sink what was gathered. */
  flush(): void {
    this.#writer.flush();
  }

  /** Flushes, and disposes of the device within. */
  override [Symbol.dispose](): void {
    try {
      this.flush();
    } finally {
      super[Symbol.dispose]();
    }
  }

  /** Writes a packet. */
  override watch(packet: Packet, outbound: boolean): void {
    this.#writer.write(
      this.#interface,
      packet.info.timestamp + this.#epoch,
      packet.memory.view,
      packet.start,
      packet.end,
      outbound ? OUTBOUND : INBOUND,
    );
  }
}
