/**
 * Two hosts joined by a pair of devices, and the loop that moves their time.
 * Needs no permission.
 *
 * @module
 */

import type { Capabilities } from "@ethox/nic/capabilities";
import { Clock, type Device } from "@ethox/nic/device";
import { Lossy, type LossyOptions } from "@ethox/nic/lossy";
import { type Direction, Pair } from "@ethox/nic/pair";
import * as ethernet from "@ethox/wire/ethernet";
import * as ipv4 from "@ethox/wire/ipv4";
import { Host, type HostOptions } from "./host.ts";

const LEFT = { receive: false, transmit: true };
/** What a cable may complete, as the kernel does for a tap. */
export const OFFLOAD: Capabilities = {
  ipv4: LEFT,
  icmpv4: LEFT,
  udp: LEFT,
  tcp: LEFT,
  tcpSegmentation: 65_535,
  udpSegmentation: 0,
};

/** How two hosts are joined. */
export interface CableOptions {
  /** Packet buffers of both directions together; 1024 by default. */
  readonly slots?: number;
  /** Largest IP datagram, octets. */
  readonly mtu?: number;
  /** What the hosts leave to the cable. */
  readonly capabilities?: Capabilities;
  /** Delay, rate and limit, each way. */
  readonly direction?: Direction;
  /** Trouble on both ends. */
  readonly lossy?: LossyOptions;
  /** What each host has beside its addresses. */
  readonly host?: Partial<HostOptions>;
  /** What to put around the device of `a`, such as a recorder. */
  readonly around?: (device: Device) => Device;
  /** When time begins, µs. */
  readonly origin?: number;
}

/** Two hosts and their time. */
export class Cable {
  /** 192.0.2.1 */
  readonly a: Host;
  /** 192.0.2.2 */
  readonly b: Host;
  readonly #pair: Pair;
  readonly #devices: readonly [Device, Device];
  /** Whether packets may be held back on the way. */
  readonly #holds: boolean;

  /** Makes both hosts. */
  constructor(options: CableOptions = {}) {
    const { slots = 1024, mtu = 1500, direction = {}, lossy } = options;
    const { capabilities, around = (device: Device) => device } = options;
    this.#pair = new Pair({
      slots,
      mtu,
      directions: [direction, direction],
      clock: new Clock(options.origin ?? 0),
      ...(capabilities === undefined ? {} : { capabilities }),
    });
    const { a, b } = this.#pair;
    const seed = lossy?.seed ?? 1;
    this.#holds = [lossy?.receive, lossy?.send].some((trouble) =>
      (trouble?.reorder ?? trouble?.delay ?? trouble?.jitter ?? 0) > 0
    );
    this.#devices = lossy === undefined
      ? [a, b]
      : [new Lossy(a, lossy), new Lossy(b, { ...lossy, seed: seed + 0x5eed })];
    this.a = host(around(this.#devices[0]), 1, options.host);
    this.b = host(this.#devices[1], 2, options.host);
  }

  /** Virtual time, µs. */
  get now(): number {
    return this.#pair.clock.now;
  }

  /** Packets that were lost on purpose, both ways. */
  get lost(): number {
    let lost = 0;
    for (const device of this.#devices) {
      if (device instanceof Lossy) {
        lost += device.received.lost + device.sent.lost;
      }
    }
    return lost;
  }

  /**
   * Lets both hosts run until `done`, or until nothing can ever happen again, or
   * `limit` µs have passed. Returns whether it was done.
   */
  run(done: () => boolean, limit: number = Infinity): boolean {
    const { a, b } = this;
    const { clock } = this.#pair;
    const end = clock.now + limit;
    while (!done()) {
      if (a.turn() + b.turn() > 0) continue;
      const { now } = clock;
      if (now >= end) return false;
      let next = Math.min(a.nextDeadline(now), b.nextDeadline(now), end);
      if (this.#holds) {
        for (const device of this.#devices) {
          if (device instanceof Lossy) {
            next = Math.min(next, device.nextRelease);
          }
        }
      }
      this.#pair.a.wait(next);
      if (clock.now > now) continue;
      // Nothing arrives, and whoever is due cannot act.
      if (next === Infinity) return false;
      clock.now = Math.max(now + 1, Math.min(next, end));
    }
    return true;
  }
}

function host(
  device: Device,
  last: number,
  options?: Partial<HostOptions>,
): Host {
  return new Host(device, {
    address: ipv4.Cidr.parse(`192.0.2.${last}/24`),
    hardware: ethernet.Address.parse(`02:00:00:00:00:0${last}`),
    ...options,
  });
}
