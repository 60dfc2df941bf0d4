/**
 * The Internet Control Message Protocol,
 * [RFC 792](https://www.rfc-editor.org/rfc/rfc792).
 *
 * ```ts
 * import { icmpv4 } from "@ethox/wire";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const request = new icmpv4.Repr();
 * request.type = icmpv4.ECHO_REQUEST;
 * request.identifier = 7;
 * const view = new DataView(new ArrayBuffer(request.bufferLength));
 * request.emit(view, 0);
 * const message = new icmpv4.View(view);
 * message.fillChecksum();
 *
 * assertEquals(message.check(), undefined);
 * assert(message.verify());
 * assertEquals(icmpv4.nameOf(message.type), "echo request");
 * ```
 *
 * @module
 */

import { finish, sum } from "./checksum.ts";
import type { Reason } from "./reason.ts";

const TYPE = 0;
const CODE = 1;
const CHECKSUM = 2;
const REST = 4;
const IDENTIFIER = 4;
const SEQUENCE = 6;
const MTU = 6;
const ORIGINATE = 8;
const RECEIVE = 12;
const TRANSMIT = 16;

/** Octets in front of data or quote. */
export const HEADER_LENGTH = 8;
/** Octets of a timestamp message. */
export const TIMESTAMP_LENGTH = 20;
/** Octets of an address mask message, RFC 950. */
export const ADDRESS_MASK_LENGTH = 12;

/** Answer to an echo request. */
export const ECHO_REPLY = 0;
/** The datagram could not be delivered. */
export const DESTINATION_UNREACHABLE = 3;
/** Slow down; to be ignored, RFC 6633. */
export const SOURCE_QUENCH = 4;
/** There is a better gateway. */
export const REDIRECT = 5;
/** Alternate host address; deprecated, RFC 6918. */
export const ALTERNATE_HOST_ADDRESS = 6;
/** To be sent back. */
export const ECHO_REQUEST = 8;
/** A router speaks, RFC 1256. */
export const ROUTER_ADVERTISEMENT = 9;
/** A router is looked for, RFC 1256. */
export const ROUTER_SOLICITATION = 10;
/** The time to live, or to be put together, is over. */
export const TIME_EXCEEDED = 11;
/** The header makes no sense. */
export const PARAMETER_PROBLEM = 12;
/** What time is it. */
export const TIMESTAMP = 13;
/** The time. */
export const TIMESTAMP_REPLY = 14;
/** Which network is this; deprecated, RFC 6918. */
export const INFORMATION_REQUEST = 15;
/** The network; deprecated, RFC 6918. */
export const INFORMATION_REPLY = 16;
/** Which mask is used here; deprecated, RFC 6918. */
export const ADDRESS_MASK_REQUEST = 17;
/** The mask; deprecated, RFC 6918. */
export const ADDRESS_MASK_REPLY = 18;
/** Trouble with security associations, RFC 2521. */
export const PHOTURIS = 40;
/** Extended echo request, RFC 8335. */
export const EXTENDED_ECHO_REQUEST = 42;
/** Extended echo reply, RFC 8335. */
export const EXTENDED_ECHO_REPLY = 43;

/** Code of {@linkcode DESTINATION_UNREACHABLE}. */
export const NETWORK_UNREACHABLE = 0;
/** Code of {@linkcode DESTINATION_UNREACHABLE}. */
export const HOST_UNREACHABLE = 1;
/** Code of {@linkcode DESTINATION_UNREACHABLE}. */
export const PROTOCOL_UNREACHABLE = 2;
/** Code of {@linkcode DESTINATION_UNREACHABLE}. */
export const PORT_UNREACHABLE = 3;
/** Code of {@linkcode DESTINATION_UNREACHABLE}: see `nextHopMtu`. */
export const FRAGMENTATION_NEEDED = 4;
/** Code of {@linkcode DESTINATION_UNREACHABLE}. */
export const SOURCE_ROUTE_FAILED = 5;
/** Code of {@linkcode TIME_EXCEEDED}. */
export const TTL_EXCEEDED = 0;
/** Code of {@linkcode TIME_EXCEEDED}. */
export const REASSEMBLY_TIME_EXCEEDED = 1;

const NAMES: Readonly<Record<number, string>> = {
  [ECHO_REPLY]: "echo reply",
  [DESTINATION_UNREACHABLE]: "destination unreachable",
  [SOURCE_QUENCH]: "source quench",
  [REDIRECT]: "redirect",
  [ALTERNATE_HOST_ADDRESS]: "alternate host address",
  [ECHO_REQUEST]: "echo request",
  [ROUTER_ADVERTISEMENT]: "router advertisement",
  [ROUTER_SOLICITATION]: "router solicitation",
  [TIME_EXCEEDED]: "time exceeded",
  [PARAMETER_PROBLEM]: "parameter problem",
  [TIMESTAMP]: "timestamp request",
  [TIMESTAMP_REPLY]: "timestamp reply",
  [INFORMATION_REQUEST]: "information request",
  [INFORMATION_REPLY]: "information reply",
  [ADDRESS_MASK_REQUEST]: "address mask request",
  [ADDRESS_MASK_REPLY]: "address mask reply",
  [PHOTURIS]: "photuris",
  [EXTENDED_ECHO_REQUEST]: "extended echo request",
  [EXTENDED_ECHO_REPLY]: "extended echo reply",
};

const CODES: Readonly<Record<number, readonly string[]>> = {
  // RFC 1122 section 3.2.2.1 and RFC 1812 section 5.2.7.1.
  [DESTINATION_UNREACHABLE]: [
    "net unreachable",
    "host unreachable",
    "protocol unreachable",
    "port unreachable",
    "fragmentation needed",
    "source route failed",
    "net unknown",
    "host unknown",
    "source host isolated",
    "net prohibited",
    "host prohibited",
    "net unreachable for TOS",
    "host unreachable for TOS",
    "communication prohibited",
    "host precedence violation",
    "precedence cutoff",
  ],
  [REDIRECT]: [
    "redirect for net",
    "redirect for host",
    "redirect for TOS and net",
    "redirect for TOS and host",
  ],
  [TIME_EXCEEDED]: ["time exceeded in-transit", "reassembly time exceeded"],
  [PARAMETER_PROBLEM]: [
    "pointer indicates the error",
    "missing option",
    "bad length",
  ],
};

/** Name of a type, or `type N`. */
export function nameOf(type: number): string {
  return NAMES[type] ?? `type ${type}`;
}

/** Name of a code of a type, or `code N`. */
export function nameOfCode(type: number, code: number): string {
  return CODES[type]?.[code] ?? `code ${code}`;
}

/** Whether a type reports an error and quotes a datagram, RFC 1122 3.2.2. */
export function isError(type: number): boolean {
  return type === DESTINATION_UNREACHABLE || type === SOURCE_QUENCH ||
    type === REDIRECT || type === TIME_EXCEEDED || type === PARAMETER_PROBLEM;
}

/** Octets that a message of a type has at least. */
export function minimumLength(type: number): number {
  switch (type) {
    case TIMESTAMP:
    case TIMESTAMP_REPLY:
      return TIMESTAMP_LENGTH;
    case ADDRESS_MASK_REQUEST:
    case ADDRESS_MASK_REPLY:
      return ADDRESS_MASK_LENGTH;
    default:
      return HEADER_LENGTH;
  }
}

const EMPTY: DataView = new DataView(new ArrayBuffer(0));
const IP_HEADER = 20;
const IP_PROTOCOL = 9;
const IP_SOURCE = 12;
const IP_DESTINATION = 16;
/** Octets of the transport header that any quote has (RFC 792). */
const QUOTED = 8;

/**
 * A message in place.
 *
 * Once {@linkcode View.check} finds nothing no accessor of the message's own
 * type reads outside; those of a quote need {@linkcode View.checkQuote}. Writing
 * `type` can void that.
 */
export class View {
  /** The memory that is read and written. */
  view: DataView;
  /** Offset of the first octet of the message. */
  start: number;
  /** Offset behind the last octet of the message. */
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

  /** Judges the length only: `"truncated"`, or nothing. */
  check(): Reason | undefined {
    const length = this.end - this.start;
    if (length < HEADER_LENGTH) return "truncated";
    return length < minimumLength(this.type) ? "truncated" : undefined;
  }

  /** Type. */
  get type(): number {
    return this.view.getUint8(this.start + TYPE);
  }
  set type(type: number) {
    this.view.setUint8(this.start + TYPE, type);
  }

  /** Code, by type. */
  get code(): number {
    return this.view.getUint8(this.start + CODE);
  }
  set code(code: number) {
    this.view.setUint8(this.start + CODE, code);
  }

  /** Checksum field. */
  get checksum(): number {
    return this.view.getUint16(this.start + CHECKSUM);
  }
  set checksum(value: number) {
    this.view.setUint16(this.start + CHECKSUM, value);
  }

  /** The second word, int32, whatever it means. */
  get rest(): number {
    return this.view.getInt32(this.start + REST);
  }
  set rest(word: number) {
    this.view.setInt32(this.start + REST, word);
  }

  /** Identifier of echo, timestamp, information and address mask messages. */
  get identifier(): number {
    return this.view.getUint16(this.start + IDENTIFIER);
  }
  set identifier(identifier: number) {
    this.view.setUint16(this.start + IDENTIFIER, identifier);
  }

  /** Sequence number of the same. */
  get sequenceNumber(): number {
    return this.view.getUint16(this.start + SEQUENCE);
  }
  set sequenceNumber(sequence: number) {
    this.view.setUint16(this.start + SEQUENCE, sequence);
  }

  /** Gateway of a redirect, int32. */
  get gateway(): number {
    return this.rest;
  }
  set gateway(address: number) {
    this.rest = address;
  }

  /** Octet of the quote at which a parameter problem points. */
  get pointer(): number {
    return this.view.getUint8(this.start + REST);
  }
  set pointer(octet: number) {
    this.view.setUint8(this.start + REST, octet);
  }

  /** Next-hop MTU, octets, RFC 1191; 0 from routers that do not say. */
  get nextHopMtu(): number {
    return this.view.getUint16(this.start + MTU);
  }
  set nextHopMtu(octets: number) {
    this.view.setUint16(this.start + MTU, octets);
  }

  /** Originate timestamp, ms since midnight UT, int32. */
  get originateTimestamp(): number {
    return this.view.getInt32(this.start + ORIGINATE);
  }
  set originateTimestamp(time: number) {
    this.view.setInt32(this.start + ORIGINATE, time);
  }

  /** Receive timestamp, ms since midnight UT, int32. */
  get receiveTimestamp(): number {
    return this.view.getInt32(this.start + RECEIVE);
  }
  set receiveTimestamp(time: number) {
    this.view.setInt32(this.start + RECEIVE, time);
  }

  /** Transmit timestamp, ms since midnight UT, int32. */
  get transmitTimestamp(): number {
    return this.view.getInt32(this.start + TRANSMIT);
  }
  set transmitTimestamp(time: number) {
    this.view.setInt32(this.start + TRANSMIT, time);
  }

  /** Mask of an address mask message, int32. */
  get addressMask(): number {
    return this.view.getInt32(this.start + ORIGINATE);
  }
  set addressMask(mask: number) {
    this.view.setInt32(this.start + ORIGINATE, mask);
  }

  /** Offset of data or quote. */
  get payloadStart(): number {
    return this.start + HEADER_LENGTH;
  }

  /** Offset behind the last octet. */
  get payloadEnd(): number {
    return this.end;
  }

  /**
   * Whether an error quotes an IPv4 header and eight octets behind it, as much
   * as RFC 792 asks for; the quoted length field is not believed.
   */
  checkQuote(): Reason | undefined {
    if (!isError(this.type)) return "unsupported";
    const at = this.payloadStart;
    if (this.end - at < IP_HEADER + QUOTED) return "truncated";
    if (this.view.getUint8(at) >> 4 !== 4) return "version";
    const length = (this.view.getUint8(at) & 0x0f) << 2;
    if (length < IP_HEADER) return "header";
    return this.end - at < length + QUOTED ? "truncated" : undefined;
  }

  /** Protocol of the quoted datagram. */
  get quotedProtocol(): number {
    return this.view.getUint8(this.payloadStart + IP_PROTOCOL);
  }

  /** Source of the quoted datagram, int32. */
  get quotedSource(): number {
    return this.view.getInt32(this.payloadStart + IP_SOURCE);
  }

  /** Destination of the quoted datagram, int32. */
  get quotedDestination(): number {
    return this.view.getInt32(this.payloadStart + IP_DESTINATION);
  }

  /** Offset of the quoted transport header: eight octets of it are there. */
  get quotedTransport(): number {
    const at = this.payloadStart;
    return at + ((this.view.getUint8(at) & 0x0f) << 2);
  }

  /** Whether the checksum is right. */
  verify(): boolean {
    return sum(this.view, this.start, this.end - this.start) === 0xffff;
  }

  /** Writes the checksum. */
  fillChecksum(): void {
    this.checksum = 0;
    this.checksum = finish(sum(this.view, this.start, this.end - this.start));
  }
}

/** What a message says, apart from checksum and data. */
export class Repr {
  /** Type. */
  type: number = ECHO_REPLY;
  /** Code, by type. */
  code = 0;
  /** The second word, int32: the fields below share it. */
  rest = 0;
  /** Originate timestamp of timestamp messages, mask of address masks; int32. */
  originateTimestamp = 0;
  /** Receive timestamp of timestamp messages, int32. */
  receiveTimestamp = 0;
  /** Transmit timestamp of timestamp messages, int32. */
  transmitTimestamp = 0;
  /** Octets behind the fields: data of an echo, quote of an error. */
  payloadLength = 0;

  /** Identifier. */
  get identifier(): number {
    return this.rest >>> 16;
  }
  set identifier(identifier: number) {
    this.rest = (identifier << 16) | (this.rest & 0xffff);
  }

  /** Sequence number. */
  get sequenceNumber(): number {
    return this.rest & 0xffff;
  }
  set sequenceNumber(sequence: number) {
    this.rest = (this.rest & ~0xffff) | (sequence & 0xffff);
  }

  /** Next-hop MTU, octets. */
  get nextHopMtu(): number {
    return this.rest & 0xffff;
  }
  set nextHopMtu(octets: number) {
    this.sequenceNumber = octets;
  }

  /** Gateway of a redirect, int32. */
  get gateway(): number {
    return this.rest;
  }
  set gateway(address: number) {
    this.rest = address;
  }

  /** Octet at which a parameter problem points. */
  get pointer(): number {
    return this.rest >>> 24;
  }
  set pointer(octet: number) {
    this.rest = (octet << 24) | (this.rest & 0xffffff);
  }

  /** Takes over what a checked view says. */
  parse(from: View): Reason | undefined {
    const reason = from.check();
    if (reason !== undefined) return reason;
    this.type = from.type;
    this.code = from.code;
    this.rest = from.rest;
    const fixed = minimumLength(this.type);
    const times = fixed === TIMESTAMP_LENGTH;
    this.originateTimestamp = fixed > HEADER_LENGTH
      ? from.originateTimestamp
      : 0;
    this.receiveTimestamp = times ? from.receiveTimestamp : 0;
    this.transmitTimestamp = times ? from.transmitTimestamp : 0;
    this.payloadLength = from.end - from.start - fixed;
    return undefined;
  }

  /** Octets that {@linkcode Repr.emit} writes and the payload takes. */
  get bufferLength(): number {
    return minimumLength(this.type) + this.payloadLength;
  }

  /** Writes all fields at `at`, with the checksum left 0. */
  emit(view: DataView, at: number): void {
    view.setUint8(at + TYPE, this.type);
    view.setUint8(at + CODE, this.code);
    view.setUint16(at + CHECKSUM, 0);
    view.setInt32(at + REST, this.rest);
    const fixed = minimumLength(this.type);
    if (fixed === HEADER_LENGTH) return;
    view.setInt32(at + ORIGINATE, this.originateTimestamp);
    if (fixed < TIMESTAMP_LENGTH) return;
    view.setInt32(at + RECEIVE, this.receiveTimestamp);
    view.setInt32(at + TRANSMIT, this.transmitTimestamp);
  }
}

/** A message together with what it says. */
export class Packet {
  /** The octets. */
  readonly view: View = new View();
  /** What the message said when it was parsed. */
  readonly repr: Repr = new Repr();

  /** Points at received octets; judges lengths, not the checksum. */
  parse(view: DataView, start: number, end: number): Reason | undefined {
    return this.repr.parse(this.view.wrap(view, start, end));
  }

  /** Offset of the first octet behind the fields. */
  get payloadStart(): number {
    return this.view.end - this.repr.payloadLength;
  }

  /** Offset behind the last octet. */
  get payloadEnd(): number {
    return this.view.end;
  }

  /** Writes the checksum. */
  fillChecksum(): void {
    this.view.fillChecksum();
  }
}
