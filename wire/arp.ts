/**
 * The Address Resolution Protocol, [RFC 826](https://www.rfc-editor.org/rfc/rfc826),
 * for Ethernet and IPv4, with the probes of
 * [RFC 5227](https://www.rfc-editor.org/rfc/rfc5227).
 *
 * ```ts
 * import { arp, ipv4 } from "@ethox/wire";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const question = new arp.Repr();
 * question.senderHigh = 0x0200;
 * question.senderLow = 1;
 * question.targetProtocol = ipv4.Address.parse("192.0.2.1").value;
 * const view = new DataView(new ArrayBuffer(question.bufferLength));
 * question.emit(view, 0);
 *
 * const packet = new arp.Packet();
 * assertEquals(packet.parse(view, 0, view.byteLength), undefined);
 * assertEquals(arp.nameOfOperation(packet.repr.operation), "request");
 * assert(packet.view.isProbe);
 * ```
 *
 * @module
 */

import { isMulticast } from "./ethernet.ts";
import { isUnicast } from "./ipv4_address.ts";
import type { Reason } from "./reason.ts";

const HARDWARE_TYPE = 0;
const PROTOCOL_TYPE = 2;
const HARDWARE_LENGTH = 4;
const PROTOCOL_LENGTH = 5;
const OPERATION = 6;
const SENDER_HARDWARE = 8;
const SENDER_PROTOCOL = 14;
const TARGET_HARDWARE = 18;
const TARGET_PROTOCOL = 24;

/** Octets in front of the addresses. */
export const FIXED_LENGTH = 8;
/** Octets of a packet for Ethernet and IPv4. */
export const PACKET_LENGTH = 28;
/** The hardware type of Ethernet. */
export const HARDWARE_ETHERNET = 1;
/** The protocol type of IPv4, its EtherType. */
export const PROTOCOL_IPV4 = 0x0800;

/** Assigned operations; any other number survives a round trip. */
export const Operation = {
  /** Who has the target protocol address? (RFC 826) */
  REQUEST: 1,
  /** The sender has it (RFC 826). */
  REPLY: 2,
  /** RARP request (RFC 903). */
  REVERSE_REQUEST: 3,
  /** RARP reply (RFC 903). */
  REVERSE_REPLY: 4,
  /** InARP request (RFC 2390). */
  INVERSE_REQUEST: 8,
  /** InARP reply (RFC 2390). */
  INVERSE_REPLY: 9,
  /** ARP NAK (RFC 1577). */
  NAK: 10,
} as const;

const NAMES: ReadonlyMap<number, string> = new Map([
  [Operation.REQUEST, "request"],
  [Operation.REPLY, "reply"],
  [Operation.REVERSE_REQUEST, "reverse request"],
  [Operation.REVERSE_REPLY, "reverse reply"],
  [Operation.INVERSE_REQUEST, "inverse request"],
  [Operation.INVERSE_REPLY, "inverse reply"],
  [Operation.NAK, "NAK"],
]);

/** The name of an operation, or `"operation 25"`. */
export function nameOfOperation(operation: number): string {
  return NAMES.get(operation) ?? `operation ${operation}`;
}

const EMPTY: DataView = new DataView(new ArrayBuffer(0));

/**
 * An ARP packet in place.
 *
 * Once {@linkcode View.check} finds nothing it is one for Ethernet and IPv4, 28
 * octets lie inside, and every accessor may be used. Once only
 * {@linkcode View.checkLayout} finds nothing, the addresses may have any length:
 * the accessors up to `operation` and the offsets may be used. Writing types or
 * lengths can void either.
 */
export class View {
  /** The memory that is read and written. */
  view: DataView;
  /** Offset of the first octet. */
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

  /** Judges lengths for addresses of any kind: `"truncated"`, or nothing. */
  checkLayout(): Reason | undefined {
    const octets = this.end - this.start;
    return octets < FIXED_LENGTH || octets < this.length
      ? "truncated"
      : undefined;
  }

  /**
   * Judges lengths and kind.
   *
   * `"truncated"`; `"unsupported"` for other hardware or another protocol;
   * `"malformed"` for Ethernet and IPv4 with lengths other than 6 and 4.
   */
  check(): Reason | undefined {
    const reason = this.checkLayout();
    if (reason !== undefined) return reason;
    if (
      this.hardwareType !== HARDWARE_ETHERNET ||
      this.protocolType !== PROTOCOL_IPV4
    ) return "unsupported";
    return this.hardwareLength !== 6 || this.protocolLength !== 4
      ? "malformed"
      : undefined;
  }

  /** Kind of hardware address, 1 for Ethernet. */
  get hardwareType(): number {
    return this.view.getUint16(this.start + HARDWARE_TYPE);
  }
  set hardwareType(type: number) {
    this.view.setUint16(this.start + HARDWARE_TYPE, type);
  }

  /** Kind of protocol address, an EtherType. */
  get protocolType(): number {
    return this.view.getUint16(this.start + PROTOCOL_TYPE);
  }
  set protocolType(type: number) {
    this.view.setUint16(this.start + PROTOCOL_TYPE, type);
  }

  /** Octets of a hardware address. */
  get hardwareLength(): number {
    return this.view.getUint8(this.start + HARDWARE_LENGTH);
  }
  set hardwareLength(octets: number) {
    this.view.setUint8(this.start + HARDWARE_LENGTH, octets);
  }

  /** Octets of a protocol address. */
  get protocolLength(): number {
    return this.view.getUint8(this.start + PROTOCOL_LENGTH);
  }
  set protocolLength(octets: number) {
    this.view.setUint8(this.start + PROTOCOL_LENGTH, octets);
  }

  /** One of {@linkcode Operation}, or another. */
  get operation(): number {
    return this.view.getUint16(this.start + OPERATION);
  }
  set operation(operation: number) {
    this.view.setUint16(this.start + OPERATION, operation);
  }

  /** Octets of the packet, as its address lengths have it. */
  get length(): number {
    return FIXED_LENGTH + 2 * (this.hardwareLength + this.protocolLength);
  }

  /** Offset of the sender's hardware address, of any length. */
  get senderHardwareStart(): number {
    return this.start + FIXED_LENGTH;
  }

  /** Offset of the sender's protocol address, of any length. */
  get senderProtocolStart(): number {
    return this.senderHardwareStart + this.hardwareLength;
  }

  /** Offset of the target's hardware address, of any length. */
  get targetHardwareStart(): number {
    return this.senderProtocolStart + this.protocolLength;
  }

  /** Offset of the target's protocol address, of any length. */
  get targetProtocolStart(): number {
    return this.targetHardwareStart + this.hardwareLength;
  }

  /** First two octets of the sender's Ethernet address. */
  get senderHigh(): number {
    return this.view.getUint16(this.start + SENDER_HARDWARE);
  }
  set senderHigh(high: number) {
    this.view.setUint16(this.start + SENDER_HARDWARE, high);
  }

  /** Last four octets of the sender's Ethernet address, int32. */
  get senderLow(): number {
    return this.view.getInt32(this.start + SENDER_HARDWARE + 2);
  }
  set senderLow(low: number) {
    this.view.setInt32(this.start + SENDER_HARDWARE + 2, low);
  }

  /** IPv4 address of the sender, int32. */
  get senderProtocol(): number {
    return this.view.getInt32(this.start + SENDER_PROTOCOL);
  }
  set senderProtocol(address: number) {
    this.view.setInt32(this.start + SENDER_PROTOCOL, address);
  }

  /** First two octets of the target's Ethernet address. */
  get targetHigh(): number {
    return this.view.getUint16(this.start + TARGET_HARDWARE);
  }
  set targetHigh(high: number) {
    this.view.setUint16(this.start + TARGET_HARDWARE, high);
  }

  /** Last four octets of the target's Ethernet address, int32. */
  get targetLow(): number {
    return this.view.getInt32(this.start + TARGET_HARDWARE + 2);
  }
  set targetLow(low: number) {
    this.view.setInt32(this.start + TARGET_HARDWARE + 2, low);
  }

  /** IPv4 address of the target, int32. */
  get targetProtocol(): number {
    return this.view.getInt32(this.start + TARGET_PROTOCOL);
  }
  set targetProtocol(address: number) {
    this.view.setInt32(this.start + TARGET_PROTOCOL, address);
  }

  /** Whether the sender asks if an address is free (RFC 5227 section 1.1). */
  get isProbe(): boolean {
    return this.operation === Operation.REQUEST && this.senderProtocol === 0 &&
      this.targetProtocol !== 0;
  }

  /** Whether the sender asks for its own address (RFC 5227 section 1.1). */
  get isAnnouncement(): boolean {
    return this.operation === Operation.REQUEST && this.isGratuitous;
  }

  /** Whether sender and target are one address, in a request or a reply. */
  get isGratuitous(): boolean {
    return this.senderProtocol === this.targetProtocol &&
      this.senderProtocol !== 0;
  }

  /**
   * Whether the sender's addresses can be those of one host: a group, the
   * broadcast address or none at all must not be learnt. A probe has none.
   */
  get isSenderUnicast(): boolean {
    const high = this.senderHigh;
    return !isMulticast(high) && (high !== 0 || this.senderLow !== 0) &&
      isUnicast(this.senderProtocol);
  }
}

/** What an ARP packet for Ethernet and IPv4 says. */
export class Repr {
  /** One of {@linkcode Operation}, or another. */
  operation: number = Operation.REQUEST;
  /** First two octets of the sender's Ethernet address. */
  senderHigh = 0;
  /** Last four octets of the sender's Ethernet address, int32. */
  senderLow = 0;
  /** IPv4 address of the sender, int32. */
  senderProtocol = 0;
  /** First two octets of the target's Ethernet address. */
  targetHigh = 0;
  /** Last four octets of the target's Ethernet address, int32. */
  targetLow = 0;
  /** IPv4 address of the target, int32. */
  targetProtocol = 0;

  /** Takes over what a view says; its lengths are judged. */
  parse(from: View): Reason | undefined {
    const reason = from.check();
    if (reason !== undefined) return reason;
    this.operation = from.operation;
    this.senderHigh = from.senderHigh;
    this.senderLow = from.senderLow;
    this.senderProtocol = from.senderProtocol;
    this.targetHigh = from.targetHigh;
    this.targetLow = from.targetLow;
    this.targetProtocol = from.targetProtocol;
    return undefined;
  }

  /** Octets that {@linkcode Repr.emit} writes. */
  get bufferLength(): number {
    return PACKET_LENGTH;
  }

  /** Writes the packet at `at`. */
  emit(view: DataView, at: number): void {
    view.setUint16(at + HARDWARE_TYPE, HARDWARE_ETHERNET);
    view.setUint16(at + PROTOCOL_TYPE, PROTOCOL_IPV4);
    view.setUint8(at + HARDWARE_LENGTH, 6);
    view.setUint8(at + PROTOCOL_LENGTH, 4);
    view.setUint16(at + OPERATION, this.operation);
    view.setUint16(at + SENDER_HARDWARE, this.senderHigh);
    view.setInt32(at + SENDER_HARDWARE + 2, this.senderLow);
    view.setInt32(at + SENDER_PROTOCOL, this.senderProtocol);
    view.setUint16(at + TARGET_HARDWARE, this.targetHigh);
    view.setInt32(at + TARGET_HARDWARE + 2, this.targetLow);
    view.setInt32(at + TARGET_PROTOCOL, this.targetProtocol);
  }
}

/** A packet together with what it says. */
export class Packet {
  /** The octets. */
  readonly view: View = new View();
  /** What the packet said when it was parsed. */
  readonly repr: Repr = new Repr();

  /** Points at received octets. */
  parse(view: DataView, start: number, end: number): Reason | undefined {
    return this.repr.parse(this.view.wrap(view, start, end));
  }

  /** Offset behind the packet: it carries nothing. */
  get payloadStart(): number {
    return this.view.start + PACKET_LENGTH;
  }

  /** Offset behind the packet: it carries nothing. */
  get payloadEnd(): number {
    return this.payloadStart;
  }
}
