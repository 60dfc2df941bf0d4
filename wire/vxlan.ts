/**
 * Virtual Extensible LAN, [RFC 7348](https://www.rfc-editor.org/rfc/rfc7348):
 * Ethernet frames over UDP; with the flags and the next protocol of its generic
 * protocol extension (GPE, draft-ietf-nvo3-vxlan-gpe).
 *
 * ```ts
 * import { vxlan } from "@ethox/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const view = new DataView(new ArrayBuffer(8 + 60));
 * const header = new vxlan.Repr();
 * header.vni = 0xabcdef;
 * header.payloadLength = 60;
 * header.emit(view, 0);
 *
 * const packet = new vxlan.Packet();
 * assertEquals(packet.parse(view, 0, 68), undefined);
 * assertEquals(packet.view.vni, 0xabcdef);
 * assertEquals([packet.payloadStart, packet.payloadEnd], [8, 68]);
 * ```
 *
 * @module
 */

import type { Reason } from "./reason.ts";

const FLAGS = 0;
const NEXT_PROTOCOL = 3;
const VNI = 4;

const INSTANCE = 0x08;
const NEXT = 0x04;
const BROADCAST = 0x02;
const OAM = 0x01;

/** Octets of the header. */
export const HEADER_LENGTH = 8;
/** UDP port of VXLAN. */
export const PORT = 4789;
/** UDP port of the generic protocol extension. */
export const GPE_PORT = 4790;

/** What follows a header of the generic protocol extension. */
export const NextProtocol = {
  /** IPv4. */
  IPV4: 1,
  /** IPv6. */
  IPV6: 2,
  /** Ethernet. */
  ETHERNET: 3,
  /** Network service header (RFC 8300). */
  NSH: 4,
} as const;

const EMPTY: DataView = new DataView(new ArrayBuffer(0));

/**
 * A VXLAN packet in place.
 *
 * Once {@linkcode View.check} finds nothing, no accessor reads outside.
 */
export class View {
  /** The memory that is read and written. */
  view: DataView;
  /** Offset of the first octet of the header. */
  start: number;
  /** Offset behind the last octet of the packet. */
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

  /** `"truncated"` if there is no whole header, or nothing. */
  check(): Reason | undefined {
    return this.end - this.start < HEADER_LENGTH ? "truncated" : undefined;
  }

  /** All flags. RFC 7348 has one, {@linkcode hasVni}; the rest belong to GPE. */
  get flags(): number {
    return this.view.getUint8(this.start + FLAGS);
  }
  set flags(bits: number) {
    this.view.setUint8(this.start + FLAGS, bits);
  }

  /** Whether the network identifier is valid, which RFC 7348 demands. */
  get hasVni(): boolean {
    return (this.flags & INSTANCE) !== 0;
  }

  /** Version of GPE, 0. */
  get gpeVersion(): number {
    return this.flags >>> 4 & 3;
  }

  /** Whether a sender of GPE names the next protocol. */
  get hasNextProtocol(): boolean {
    return (this.flags & NEXT) !== 0;
  }

  /** Whether a sender of GPE copied a frame for many. */
  get isBroadcast(): boolean {
    return (this.flags & BROADCAST) !== 0;
  }

  /** Whether a sender of GPE carries operations and maintenance. */
  get isOam(): boolean {
    return (this.flags & OAM) !== 0;
  }

  /** Next protocol in GPE; without {@linkcode hasNextProtocol} it is Ethernet. */
  get nextProtocol(): number {
    return this.hasNextProtocol
      ? this.view.getUint8(this.start + NEXT_PROTOCOL)
      : NextProtocol.ETHERNET;
  }

  /** Virtual network identifier, 24 bits. */
  get vni(): number {
    return this.view.getUint32(this.start + VNI) >>> 8;
  }
  set vni(identifier: number) {
    const reserved = this.view.getUint8(this.start + VNI + 3);
    this.view.setInt32(this.start + VNI, identifier << 8 | reserved);
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

/** What a VXLAN header says. */
export class Repr {
  /** Virtual network identifier, 24 bits. */
  vni = 0;
  /** Next protocol of GPE; 0 writes the header of RFC 7348, for Ethernet. */
  nextProtocol = 0;
  /** Whether, in GPE, a frame was copied for many. */
  isBroadcast = false;
  /** Whether, in GPE, it carries operations and maintenance. */
  isOam = false;
  /** Octets of payload. */
  payloadLength = 0;

  /**
   * Takes over what a view says. `"malformed"` if the identifier is not valid
   * (RFC 7348 section 5), `"unsupported"` for another version of GPE.
   */
  parse(from: View): Reason | undefined {
    const reason = from.check();
    if (reason !== undefined) return reason;
    if (!from.hasVni) return "malformed";
    const gpe = from.hasNextProtocol;
    // Without GPE those bits are reserved, and ignored.
    if (gpe && from.gpeVersion !== 0) return "unsupported";
    this.vni = from.vni;
    this.nextProtocol = gpe ? from.nextProtocol : 0;
    this.isBroadcast = gpe && from.isBroadcast;
    this.isOam = gpe && from.isOam;
    this.payloadLength = from.payloadEnd - from.payloadStart;
    return undefined;
  }

  /** Octets that {@linkcode Repr.emit} writes and the payload takes. */
  get bufferLength(): number {
    return HEADER_LENGTH + this.payloadLength;
  }

  /** Writes the header at `at`. */
  emit(view: DataView, at: number): void {
    const next = this.nextProtocol;
    const flags = next === 0 ? INSTANCE : INSTANCE | NEXT |
      (this.isBroadcast ? BROADCAST : 0) | (this.isOam ? OAM : 0);
    view.setInt32(at + FLAGS, flags << 24 | next & 0xff);
    view.setInt32(at + VNI, this.vni << 8);
  }
}

/** A packet together with what its header says. */
export class Packet {
  /** The octets. */
  readonly view: View = new View();
  /** What the header said when it was parsed. */
  readonly repr: Repr = new Repr();

  /** Points at received octets; `"malformed"` without identifier. */
  parse(view: DataView, start: number, end: number): Reason | undefined {
    return this.repr.parse(this.view.wrap(view, start, end));
  }

  /** Offset of the first payload octet. */
  get payloadStart(): number {
    return this.view.payloadStart;
  }

  /** Offset behind the last payload octet. */
  get payloadEnd(): number {
    return this.view.payloadEnd;
  }
}
