/**
 * A device around a device.
 *
 * @module
 */

import type { Counters } from "@ethox/managed/counters";
import type { CounterName, Device, Personality } from "./device.ts";
import {
  deliver,
  offer,
  type Packet,
  type ReceiveHandler,
  type Receiver,
  type Sender,
  type SendHandler,
} from "./packet.ts";

/**
 * Passes everything on. Subclasses look at packets in {@linkcode Wrapped.take}
 * and {@linkcode Wrapped.give}.
 */
export abstract class Wrapped implements Device {
  /** The device within. */
  readonly inner: Device;
  readonly #receiver: Inward;
  readonly #sender: Outward;

  /** Goes around a device, and is disposed of with it. */
  constructor(inner: Device) {
    this.inner = inner;
    this.#receiver = new Inward(this);
    this.#sender = new Outward(this);
  }

  /** That of the device within. */
  get personality(): Personality {
    return this.inner.personality;
  }

  /** Those of the device within. */
  get counters(): Counters<CounterName> {
    return this.inner.counters;
  }

  /** As the device within. */
  rx(max: number, receiver: ReceiveHandler): number {
    this.#receiver.handler = receiver;
    return this.inner.rx(max, this.#receiver);
  }

  /** As the device within. */
  tx(max: number, sender: SendHandler): number {
    this.#sender.handler = sender;
    return this.inner.tx(max, this.#sender);
  }

  /** As the device within. */
  now(): number {
    return this.inner.now();
  }

  /** As the device within. */
  wait(deadline: number): void {
    this.inner.wait(deadline);
  }

  /** Disposes of the device within. */
  [Symbol.dispose](): void {
    this.inner[Symbol.dispose]();
  }

  /** A packet was received and is to be handed on; its answer may be queued. */
  abstract take(packet: Packet, handler: ReceiveHandler): void;

  /** A buffer is to be offered. */
  abstract give(packet: Packet, handler: SendHandler): void;
}

class Inward implements Receiver {
  handler: ReceiveHandler = nobody;
  readonly #device: Wrapped;

  constructor(device: Wrapped) {
    this.#device = device;
  }

  receive(packet: Packet): void {
    this.#device.take(packet, this.handler);
  }
}

class Outward implements Sender {
  handler: SendHandler = nobody;
  readonly #device: Wrapped;

  constructor(device: Wrapped) {
    this.#device = device;
  }

  send(packet: Packet): void {
    this.#device.give(packet, this.handler);
  }
}

function nobody(): void {}

/** Shows each packet to a watcher, and changes none. */
export abstract class Watched extends Wrapped {
  /** Shows it, hands it on, and shows its answer. */
  override take(packet: Packet, handler: ReceiveHandler): void {
    this.watch(packet, false);
    deliver(handler, packet);
    if (packet.queued) this.watch(packet, true);
  }

  /** Offers it, and shows what was filled in. */
  override give(packet: Packet, handler: SendHandler): void {
    offer(handler, packet);
    if (packet.queued) this.watch(packet, true);
  }

  /** A packet passes: `start`..`end` with its link header. */
  abstract watch(packet: Packet, outbound: boolean): void;
}
