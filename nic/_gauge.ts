/**
 * How large buffers must be, and which packets a device made of memory takes.
 *
 * @module
 */

import {
  Arena,
  ETHERNET_HEADROOM,
  IP_HEADROOM,
  LARGE_SLOT_SIZE,
  SLOT_SIZE,
} from "./arena.ts";
import type { Capabilities } from "./capabilities.ts";
import { type Medium, OptionError, type Personality } from "./device.ts";
import {
  CHECKSUM_PARTIAL,
  type Packet,
  SEGMENT_NONE,
  SEGMENT_TCP4,
} from "./packet.ts";

const ETHERNET_HEADER = 14;
const VLAN_TAG = 4;
const VLAN = 0x8100;
const LARGEST_MTU = 65535;

/** @throws {OptionError} unless `value` is a whole number in a range. */
export function checkOption(
  what: string,
  value: number,
  least: number,
  most: number,
): number {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new OptionError(
      `Cannot use ${value} for ${what}: need a whole number from ${least} to ${most}`,
    );
  }
  return value;
}

/** @throws {OptionError} for an MTU that IP or its length field forbids. */
export function checkMtu(mtu: number): number {
  return checkOption("MTU", mtu, 68, LARGEST_MTU);
}

/** Octets of a slot for everything that such a device sends and receives. */
export function slotSizeFor(
  medium: Medium,
  mtu: number,
  { tcpSegmentation, udpSegmentation }: Capabilities,
): number {
  const largest = Math.max(mtu, tcpSegmentation, udpSegmentation);
  const needed = medium === "ethernet"
    ? ETHERNET_HEADROOM + ETHERNET_HEADER + VLAN_TAG + largest
    : IP_HEADROOM + largest;
  if (tcpSegmentation > 0 || udpSegmentation > 0) {
    return Math.max(LARGE_SLOT_SIZE, (needed + 15) & ~15);
  }
  return Math.max(SLOT_SIZE, (needed + 15) & ~15);
}

/** Slots for such a device. */
export function arenaFor(
  slots: number,
  { medium, mtu, capabilities }: Personality,
  slotSize: number = slotSizeFor(medium, mtu, capabilities),
): Arena {
  return new Arena({
    slots,
    slotSize,
    headroom: medium === "ethernet" ? ETHERNET_HEADROOM : IP_HEADROOM,
    capabilities,
  });
}

/** Judges packets to send as the driver of a card does. */
export class Gauge {
  readonly #header: number;
  readonly #mtu: number;
  readonly #tcp: number;
  readonly #udp: number;
  readonly #partial: boolean;

  /** By what the device does, on a link with an MTU. */
  constructor({ medium, mtu, capabilities }: Personality) {
    this.#header = medium === "ethernet" ? ETHERNET_HEADER : 0;
    this.#mtu = mtu;
    this.#tcp = capabilities.tcpSegmentation;
    this.#udp = capabilities.udpSegmentation;
    this.#partial = capabilities.tcp.transmit || capabilities.udp.transmit;
  }

  /** Whether a packet asks for no more than the device does. */
  fits(packet: Packet): boolean {
    const { info } = packet;
    if (info.checksum === CHECKSUM_PARTIAL && !this.#partial) return false;
    const octets = packet.end - packet.start - this.#header;
    if (info.segmentType === SEGMENT_NONE) {
      return octets <= this.#mtu || octets <= this.#mtu + VLAN_TAG &&
          this.#header > 0 &&
          packet.memory.view.getUint16(packet.start + 12) === VLAN;
    }
    return info.segmentSize > 0 &&
      octets <= (info.segmentType === SEGMENT_TCP4 ? this.#tcp : this.#udp);
  }
}
