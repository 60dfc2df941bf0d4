/**
 * The device model: bursts of received packets, bursts of offered buffers, a
 * clock and a way to wait.
 *
 * @module
 */

import type { Counters } from "@ethox/managed/counters";
import type { Address } from "@ethox/wire/ethernet";
import type { Capabilities } from "./capabilities.ts";
import type { ReceiveHandler, SendHandler } from "./packet.ts";

/** What a device carries: Ethernet frames or bare IP datagrams. */
export type Medium = "ethernet" | "ip";

/** The fixed facts of a device. */
export interface Personality {
  /** What its packets begin with. */
  readonly medium: Medium;
  /** Its own hardware address, if it has one. */
  readonly address?: Address;
  /** Largest IP datagram on the link, octets. */
  readonly mtu: number;
  /** What it does by itself. */
  readonly capabilities: Capabilities;
}

/** Names of what every device counts, in the order of its counters. */
export const COUNTERS = [
  "received",
  "receivedOctets",
  "sent",
  "sentOctets",
  "receiveDropped",
  "sendDropped",
  "receiveErrors",
  "sendErrors",
] as const;

/** A name in {@linkcode COUNTERS}. */
export type CounterName = typeof COUNTERS[number];
/** Index of packets received. */
export const RECEIVED = 0;
/** Index of octets received. */
export const RECEIVED_OCTETS = 1;
/** Index of packets sent. */
export const SENT = 2;
/** Index of octets sent. */
export const SENT_OCTETS = 3;
/** Index of packets lost before a handler saw them. */
export const RECEIVE_DROPPED = 4;
/** Index of queued packets that were not sent. */
export const SEND_DROPPED = 5;
/** Index of failed attempts to receive. */
export const RECEIVE_ERRORS = 6;
/** Index of failed attempts to send. */
export const SEND_ERRORS = 7;

/** A number given to a device made of memory makes no sense. */
export class OptionError extends RangeError {
  /** The name `"OptionError"`, or that of a subclass. */
  override readonly name: string = "OptionError";
}

/**
 * A network interface.
 *
 * Not reentrant: a handler must not call `rx`, `tx` or `wait` of the device
 * that calls it.
 */
export interface Device extends Disposable {
  /** Medium, address, MTU and capabilities. */
  readonly personality: Personality;
  /** What happened so far. */
  readonly counters: Counters<CounterName>;
  /**
   * Lends up to `max` received packets, each once, and sends those that the
   * handler queued as answers. Returns how many were lent.
   */
  rx(max: number, receiver: ReceiveHandler): number;
  /**
   * Offers up to `max` buffers, and stops at the first that the handler leaves
   * unqueued. Returns how many were queued.
   */
  tx(max: number, sender: SendHandler): number;
  /** The device's clock: monotonic µs of any origin. */
  now(): number;
  /** Returns when packets may be there or `deadline` (µs) has come. */
  wait(deadline: number): void;
}

/** Time that somebody else moves: the clock of software devices. */
export class Clock {
  /** µs; moves forward only. */
  // No Smi and not undefined, or V8 boxes each later store of a large double.
  now: number = -0.5;

  /** A clock that shows `now`. */
  constructor(now: number = 0) {
    this.now = now;
  }
}
