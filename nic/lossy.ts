/**
 * A device that loses, repeats, delays, overtakes and damages packets.
 *
 * @module
 */

import { checkOption } from "./_gauge.ts";
import { copy, Line, type Mishaps, type Trouble } from "./_trouble.ts";
import type { Capabilities } from "./capabilities.ts";
import type { Device, Personality } from "./device.ts";
import {
  deliver,
  offer,
  type Packet,
  type ReceiveHandler,
  type SendHandler,
} from "./packet.ts";
import { Wrapped } from "./wrapped.ts";

export { type Mishaps, type Trouble, TroubleError } from "./_trouble.ts";

const MOST_HELD = 1 << 20;
const LARGEST = 1 << 17;
// Link headers, and room to spare.
const HEADERS = 64;

/** How a {@linkcode Lossy} is made. */
export interface LossyOptions {
  /** What happens to received packets. */
  readonly receive?: Trouble;
  /** What happens to sent packets. */
  readonly send?: Trouble;
  /** Which packets it happens to; 1 by default. */
  readonly seed?: number;
  /** Packets that may be held back; 64 by default. */
  readonly held?: number;
  /** Octets of the largest of these; by default what the device carries. */
  readonly size?: number;
  /**
   * Whether super-segments may be sent. Not by default: losing one is not like
   * losing a packet.
   */
  readonly segmentation?: boolean;
}

/**
 * Makes trouble, the same for the same seed: a run in virtual time replays bit
 * by bit. What is held back is copied into memory of its own.
 *
 * ```ts
 * import { lossy, pair } from "@ethox/nic";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const { a, b } = new pair.Pair();
 * const nic = new lossy.Lossy(a, { seed: 7, send: { loss: 0.25 } });
 * for (let i = 0; i < 100; i++) {
 *   nic.tx(1, (packet) => {
 *     packet.resize(60);
 *     packet.queue();
 *   });
 * }
 * assertEquals(b.pending + nic.sent.lost, 100);
 * assert(nic.sent.lost > 10 && nic.sent.lost < 40);
 * ```
 */
export class Lossy extends Wrapped {
  readonly #in: Line;
  readonly #out: Line;
  readonly #personality: Personality;
  readonly #capabilities: Capabilities;
  readonly #back = (packet: Packet) => this.#refill(packet);
  readonly #front = (packet: Packet) => this.#resend(packet);
  #handler: ReceiveHandler = nobody;
  // Which of the held packets is to go next.
  #due = -1;
  // Packets that a handler got, or filled and lost, in the burst going on.
  #lent = 0;
  #again = 0;

  /**
   * Goes around a device.
   *
   * @throws {TroubleError} for a probability or delay out of range.
   * @throws {OptionError} for another number that makes no sense.
   */
  constructor(inner: Device, options: LossyOptions = {}) {
    super(inner);
    const { seed = 1, held = 64 } = options;
    const { mtu, capabilities } = inner.personality;
    const { tcpSegmentation, udpSegmentation } = capabilities;
    const largest = Math.max(mtu, tcpSegmentation, udpSegmentation) + HEADERS;
    const size = checkOption("size", options.size ?? largest, 1, LARGEST);
    checkOption("packets held", held, 1, MOST_HELD);
    this.#in = new Line(options.receive ?? {}, seed, held, size);
    this.#out = new Line(options.send ?? {}, ~seed, held, size);
    this.#capabilities = options.segmentation
      ? capabilities
      : { ...capabilities, tcpSegmentation: 0, udpSegmentation: 0 };
    this.#personality = {
      ...inner.personality,
      capabilities: this.#capabilities,
    };
  }

  /** That of the device within, usually without segmentation. */
  override get personality(): Personality {
    return this.#personality;
  }

  /** What befell received packets. */
  get received(): Mishaps {
    return this.#in.mishaps;
  }

  /** What befell sent packets. */
  get sent(): Mishaps {
    return this.#out.mishaps;
  }

  /**
   * Lends packets that arrive, and those that were held back long enough.
   * Returns how many the handler got; what is lost uses up `max` as well.
   */
  override rx(max: number, receiver: ReceiveHandler): number {
    this.#handler = receiver;
    this.#lent = 0;
    const line = this.#in;
    const now = this.now();
    let taken = 0;
    // A held packet is lent in a buffer of the device, so that it can be
    // answered like any other.
    while (taken < max && (this.#due = line.due(now)) >= 0) {
      this.inner.tx(1, this.#back);
      // No buffer was to be had.
      if (this.#due >= 0) break;
      taken++;
    }
    super.rx(max - taken, receiver);
    return this.#lent;
  }

  /**
   * Sends what was held back long enough, up to `max`, then offers buffers.
   * Returns how many of these were queued, lost ones too.
   */
  override tx(max: number, sender: SendHandler): number {
    const line = this.#out;
    const now = this.now();
    for (let sent = 0; sent < max; sent++) {
      this.#due = line.due(now);
      if (this.#due < 0 || this.inner.tx(1, this.#front) === 0) break;
    }
    let queued = 0;
    while (queued < max) {
      // A buffer that was filled and lost ends the burst within, not ours.
      this.#again = 0;
      const sent = super.tx(max - queued, sender);
      queued += sent + this.#again;
      if (this.#again === 0) break;
    }
    return queued;
  }

  /** Also returns when a packet that was held back may go. */
  override wait(deadline: number): void {
    super.wait(
      Math.min(deadline, this.#in.nextRelease, this.#out.nextRelease),
    );
  }

  /** When a packet that was held back may go, µs. */
  get nextRelease(): number {
    return Math.min(this.#in.nextRelease, this.#out.nextRelease);
  }

  /** Lets a received packet through, or not; its answer likewise. */
  override take(packet: Packet, handler: ReceiveHandler): void {
    packet.info.capabilities = this.#capabilities;
    if (!this.#in.admit(packet)) return;
    this.#lent++;
    deliver(handler, packet);
    if (packet.queued && !this.#out.admit(packet)) packet.unqueue();
  }

  /** Lets a sent packet through, or not. */
  override give(packet: Packet, handler: SendHandler): void {
    packet.info.capabilities = this.#capabilities;
    offer(handler, packet);
    if (!packet.queued || this.#out.admit(packet)) return;
    packet.unqueue();
    this.#again++;
  }

  /** Copies a held packet into a buffer of the device, and hands it on. */
  #refill(packet: Packet): void {
    const line = this.#in;
    const held = line.pull(this.#due);
    this.#due = -1;
    packet.info.capabilities = this.#capabilities;
    const fits = packet.resize(held.end - held.start) === "queued";
    if (fits) copy(packet, held);
    line.done(held);
    if (!fits) return;
    this.#lent++;
    deliver(this.#handler, packet);
    if (packet.queued && !this.#out.admit(packet)) packet.unqueue();
  }

  #resend(packet: Packet): void {
    const line = this.#out;
    const held = line.pull(this.#due);
    if (packet.resize(held.end - held.start) === "queued") {
      copy(packet, held);
      packet.queue();
    }
    line.done(held);
  }
}

function nobody(): void {}
