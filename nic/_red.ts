/**
 * Random early detection, and the mark of congestion in IP headers.
 *
 * @module
 */

import { update16 } from "@ethox/wire/checksum";
import * as ipv4 from "@ethox/wire/ipv4";
import * as ipv6 from "@ethox/wire/ipv6";
import { OptionError } from "./device.ts";
import type { Packet } from "./packet.ts";
import type { Random } from "./random.ts";

/** Random early detection (Floyd and Jacobson 1993); averages in octets. */
export interface Red {
  /** Average queue from which packets are marked or dropped, octets. */
  readonly min: number;
  /** Average queue from which all packets are dropped, octets. */
  readonly max: number;
  /** Share of packets marked or dropped just below `max`; 0.1 by default. */
  readonly probability?: number;
  /** Weight of one packet in the average; 0.002 by default. */
  readonly weight?: number;
  /**
   * Whether ECN-capable packets between `min` and `max` are marked instead of
   * dropped (RFC 3168 section 7); they are by default.
   */
  readonly ecn?: boolean;
}

/** Nothing happens to the packet. */
export const PASS = 0;
/** The packet is to be marked, or dropped if it cannot be. */
export const SIGNAL = 1;
/** The packet is to be dropped. */
export const DROP = 2;

// Octets of a packet, for how fast the average falls while nothing comes.
const TYPICAL = 1500;

/** The average of one queue, and what follows from it. */
export class Detector {
  /** Whether packets that are ECN-capable are marked. */
  readonly ecn: boolean;
  readonly #min: number;
  readonly #max: number;
  readonly #probability: number;
  readonly #weight: number;
  // Smoothed octets in the queue.
  readonly #average: Float64Array = new Float64Array(1);
  // Packets since the last signal; -1 while the average is below the minimum.
  #since = -1;

  /** @throws {OptionError} for a number that makes no sense. */
  constructor(red: Red) {
    const { min, max, probability = 0.1, weight = 0.002, ecn = true } = red;
    if (!(min >= 0 && max > min)) {
      throw new OptionError(
        `Cannot detect between ${min} and ${max} octets: need 0 or more, and more`,
      );
    }
    for (const share of [probability, weight]) {
      if (!(share > 0 && share <= 1)) {
        throw new OptionError(
          `Cannot use ${share} for detection: need over 0, to 1`,
        );
      }
    }
    this.ecn = ecn;
    this.#min = min;
    this.#max = max;
    this.#probability = probability;
    this.#weight = weight;
  }

  /** The average, octets. */
  get average(): number {
    return this.#average[0]!;
  }

  /** Lets the average fall over a time in which so many octets could leave. */
  rest(octets: number): void {
    this.#average[0]! *= Math.pow(1 - this.#weight, octets / TYPICAL);
  }

  /** Judges a packet that comes to a queue of so many octets. */
  judge(queued: number, random: Random): number {
    const average = this.#average;
    average[0]! += (queued - average[0]!) * this.#weight;
    if (average[0]! < this.#min) {
      this.#since = -1;
      return PASS;
    }
    if (average[0]! >= this.#max) {
      this.#since = 0;
      return DROP;
    }
    this.#since++;
    const share = this.#probability * (average[0]! - this.#min) /
      (this.#max - this.#min);
    // Signals come in even distances, not in bunches (section 7 of the paper).
    const left = 1 - this.#since * share;
    if (left > 0 && !random.chance(share / left)) return PASS;
    this.#since = 0;
    return SIGNAL;
  }
}

const ETHERNET_HEADER = 14;
const VLAN_TAG = 4;
const VLAN = 0x8100;
const SERVICE_VLAN = 0x88a8;
const IPV4 = 0x0800;
const IPV6 = 0x86dd;
const MOST_TAGS = 2;
const CHECKSUM = 10;
const CONGESTION = 3;

/**
 * Sets "congestion experienced" (RFC 3168 section 5) in the IP header of a
 * packet that is ECN-capable; false, and no change, for any other.
 */
export function mark(packet: Packet, framed: boolean): boolean {
  const { view } = packet.memory;
  const { end } = packet;
  let at = packet.start;
  if (framed) {
    at += ETHERNET_HEADER;
    if (at > end) return false;
    let type = view.getUint16(at - 2);
    for (
      let tags = 0;
      tags < MOST_TAGS && (type === VLAN || type === SERVICE_VLAN);
      tags++
    ) {
      at += VLAN_TAG;
      if (at > end) return false;
      type = view.getUint16(at - 2);
    }
    if (type !== IPV4 && type !== IPV6) return false;
  }
  if (at + ipv4.HEADER_LENGTH > end) return false;
  const old = view.getUint16(at);
  const version = old >>> 12;
  if (version === 4) {
    const point = old & CONGESTION;
    if (point === 0) return false;
    view.setUint16(at, old | CONGESTION);
    const sum = view.getUint16(at + CHECKSUM);
    view.setUint16(at + CHECKSUM, update16(sum, old, old | CONGESTION));
    return true;
  }
  if (version !== 6 || at + ipv6.HEADER_LENGTH > end) return false;
  if ((old & CONGESTION << 4) === 0) return false;
  view.setUint16(at, old | CONGESTION << 4);
  return true;
}
