/**
 * The pseudo-headers that Linux puts in front of what it captures on several
 * interfaces at once, or on one without a header of its own: LINKTYPE_LINUX_SLL
 * and, with the interface's number, LINKTYPE_LINUX_SLL2. They are never on a
 * wire, and read only.
 *
 * ```ts
 * import { sll } from "@ethox/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const view = new DataView(new ArrayBuffer(16));
 * view.setUint16(0, sll.PacketType.OUTGOING);
 * view.setUint16(2, 1);
 * view.setUint16(4, 6);
 * view.setUint16(14, 0x0800);
 * const header = new sll.View(view);
 * assertEquals(header.check(), undefined);
 * assertEquals([header.protocol, header.payloadStart], [0x0800, 16]);
 * ```
 *
 * @module
 */

import type { Reason } from "./reason.ts";

/** Octets of the header of {@linkcode View}. */
export const HEADER_LENGTH = 16;
/** Octets of the header of {@linkcode View2}. */
export const HEADER_LENGTH_2 = 20;
/** Most octets of an address that are kept. */
export const ADDRESS_LENGTH = 8;

/** How the packet met the host. */
export const PacketType = {
  /** It was for this host. */
  HOST: 0,
  /** It was broadcast. */
  BROADCAST: 1,
  /** It was for a group. */
  MULTICAST: 2,
  /** It was for another host. */
  OTHER: 3,
  /** This host sent it. */
  OUTGOING: 4,
} as const;

const NAMES: readonly string[] = [
  "host",
  "broadcast",
  "multicast",
  "other host",
  "outgoing",
];

/** The name of a packet type, or `"type 7"`. */
export function nameOfPacketType(type: number): string {
  return NAMES[type] ?? `type ${type}`;
}

/** Device types of Linux that decide what the protocol field means. */
export const DeviceType = {
  /** Ethernet. */
  ETHERNET: 1,
  /** Frame relay: the protocol says nothing. */
  FRAME_RELAY: 770,
  /** The loopback device. */
  LOOPBACK: 772,
  /** GRE: the protocol is that of GRE. */
  GRE: 778,
  /** 802.11 with radiotap: the protocol says nothing. */
  RADIOTAP: 803,
  /** Netlink: the protocol is the family of netlink. */
  NETLINK: 824,
} as const;

/** Values of the protocol field that are no EtherTypes. */
export const Protocol = {
  /** IPX right behind the header. */
  RAW_802_3: 1,
  /** LLC. */
  LLC: 4,
} as const;

const EMPTY: DataView = new DataView(new ArrayBuffer(0));

/**
 * A header of version 1 in place.
 *
 * Once {@linkcode View.check} finds nothing, its 16 octets lie inside.
 */
export class View {
  /** The memory that is read and written. */
  view: DataView;
  /** Offset of the first octet of the header. */
  start: number;
  /** Offset behind the last octet that may belong to the packet. */
  end: number;

  /** A cursor at `start`..`end` of `view`; by default at nothing. */
  constructor(
    view: DataView = EMPTY,
    start: number = 0,
    end: number = view.byteLength,
  ) {
    this.view = view;
    this.start = start;
    this.end = end;
  }

  /** Points the cursor elsewhere. */
  wrap(view: DataView, start: number, end: number): this {
    this.view = view;
    this.start = start;
    this.end = end;
    return this;
  }

  /** Judges lengths only: `"truncated"`, or nothing. */
  check(): Reason | undefined {
    return this.end - this.start < HEADER_LENGTH ? "truncated" : undefined;
  }

  /** One of {@linkcode PacketType}, or another. */
  get packetType(): number {
    return this.view.getUint16(this.start);
  }

  /** One of {@linkcode DeviceType}, or another ARPHRD value of Linux. */
  get deviceType(): number {
    return this.view.getUint16(this.start + 2);
  }

  /** Octets of the sender's address, of which no more than 8 are kept. */
  get addressLength(): number {
    return this.view.getUint16(this.start + 4);
  }

  /** Offset of the sender's address. */
  get addressStart(): number {
    return this.start + 6;
  }

  /** Offset behind what is kept of it. */
  get addressEnd(): number {
    return this.addressStart + Math.min(ADDRESS_LENGTH, this.addressLength);
  }

  /** What follows: an EtherType, or one of {@linkcode Protocol}. */
  get protocol(): number {
    return this.view.getUint16(this.start + 14);
  }

  /** Offset of the first payload octet. */
  get payloadStart(): number {
    return this.start + HEADER_LENGTH;
  }

  /** Offset behind the last payload octet. */
  get payloadEnd(): number {
    return this.end;
  }
}

/**
 * A header of version 2 in place.
 *
 * Once {@linkcode View2.check} finds nothing, its 20 octets lie inside.
 */
export class View2 {
  /** The memory that is read and written. */
  view: DataView;
  /** Offset of the first octet of the header. */
  start: number;
  /** Offset behind the last octet that may belong to the packet. */
  end: number;

  /** A cursor at `start`..`end` of `view`; by default at nothing. */
  constructor(
    view: DataView = EMPTY,
    start: number = 0,
    end: number = view.byteLength,
  ) {
    this.view = view;
    this.start = start;
    this.end = end;
  }

  /** Points the cursor elsewhere. */
  wrap(view: DataView, start: number, end: number): this {
    this.view = view;
    this.start = start;
    this.end = end;
    return this;
  }

  /** Judges lengths only: `"truncated"`, or nothing. */
  check(): Reason | undefined {
    return this.end - this.start < HEADER_LENGTH_2 ? "truncated" : undefined;
  }

  /** What follows: an EtherType, or one of {@linkcode Protocol}. */
  get protocol(): number {
    return this.view.getUint16(this.start);
  }

  /** Number of the interface, from 1. */
  get interfaceIndex(): number {
    return this.view.getUint32(this.start + 4);
  }

  /** One of {@linkcode DeviceType}, or another ARPHRD value of Linux. */
  get deviceType(): number {
    return this.view.getUint16(this.start + 8);
  }

  /** One of {@linkcode PacketType}, or another. */
  get packetType(): number {
    return this.view.getUint8(this.start + 10);
  }

  /** Octets of the sender's address, of which no more than 8 are kept. */
  get addressLength(): number {
    return this.view.getUint8(this.start + 11);
  }

  /** Offset of the sender's address. */
  get addressStart(): number {
    return this.start + 12;
  }

  /** Offset behind what is kept of it. */
  get addressEnd(): number {
    return this.addressStart + Math.min(ADDRESS_LENGTH, this.addressLength);
  }

  /** Offset of the first payload octet. */
  get payloadStart(): number {
    return this.start + HEADER_LENGTH_2;
  }

  /** Offset behind the last payload octet. */
  get payloadEnd(): number {
    return this.end;
  }
}
