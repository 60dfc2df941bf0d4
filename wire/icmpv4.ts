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
import { begin, endOfQuote, locate } from "./icmp_extension.ts";
import {
  ECHO_REPLY,
  EXTENDED_ECHO_REPLY,
  EXTENDED_ECHO_REQUEST,
  HEADER_LENGTH,
  isError,
  isExtensible,
  minimumLength,
  PHOTURIS,
  TIMESTAMP_LENGTH,
} from "./icmpv4_type.ts";
import type { Reason } from "./reason.ts";

export * from "./icmpv4_type.ts";

const TYPE = 0;
const CODE = 1;
const CHECKSUM = 2;
const REST = 4;
const ENTRY_SIZE = 5;
const QUOTE_LENGTH = 5;
const IDENTIFIER = 4;
const SEQUENCE = 6;
const MTU = 6;
const LIFETIME = 6;
const STATE = 7;
const ORIGINATE = 8;
const RECEIVE = 12;
const TRANSMIT = 16;

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

  /** Octet of the quote at which a photuris message points (RFC 2521). */
  get photurisPointer(): number {
    return this.view.getUint16(this.start + SEQUENCE);
  }
  set photurisPointer(octet: number) {
    this.view.setUint16(this.start + SEQUENCE, octet);
  }

  /** How many routers an advertisement names; {@linkcode Routers} reads them. */
  get addressCount(): number {
    return this.view.getUint8(this.start + REST);
  }
  set addressCount(count: number) {
    this.view.setUint8(this.start + REST, count);
  }

  /** Octets of each entry of a router advertisement, a multiple of 4. */
  get entrySize(): number {
    return this.view.getUint8(this.start + ENTRY_SIZE) << 2;
  }
  set entrySize(octets: number) {
    this.view.setUint8(this.start + ENTRY_SIZE, octets >>> 2);
  }

  /** Seconds that a router advertisement holds. */
  get lifetime(): number {
    return this.view.getUint16(this.start + LIFETIME);
  }
  set lifetime(seconds: number) {
    this.view.setUint16(this.start + LIFETIME, seconds);
  }

  /** Sequence number of extended echo messages, 0..255 (RFC 8335). */
  get extendedSequence(): number {
    return this.view.getUint8(this.start + SEQUENCE);
  }
  set extendedSequence(sequence: number) {
    this.view.setUint8(this.start + SEQUENCE, sequence);
  }

  /**
   * Flags of an extended echo request: whether the interface asked about is the
   * responder's own (RFC 8335 section 2).
   */
  get isLocal(): boolean {
    return (this.view.getUint8(this.start + STATE) & 1) !== 0;
  }
  set isLocal(local: boolean) {
    this.view.setUint8(this.start + STATE, local ? 1 : 0);
  }

  /**
   * State of the neighbor that an extended echo reply is about, 0..7: see
   * {@linkcode nameOfState}.
   */
  get neighborState(): number {
    return this.view.getUint8(this.start + STATE) >>> 5;
  }

  /** Whether the interface is active, in an extended echo reply. */
  get isActive(): boolean {
    return (this.view.getUint8(this.start + STATE) & 4) !== 0;
  }

  /** Whether IPv4 runs on the interface, in an extended echo reply. */
  get hasIpv4(): boolean {
    return (this.view.getUint8(this.start + STATE) & 2) !== 0;
  }

  /** Whether IPv6 runs on the interface, in an extended echo reply. */
  get hasIpv6(): boolean {
    return (this.view.getUint8(this.start + STATE) & 1) !== 0;
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
   * as RFC 792 asks for; the quoted length field is not believed. A photuris
   * message quotes as well.
   */
  checkQuote(): Reason | undefined {
    const { type } = this;
    if (!isError(type) && type !== PHOTURIS) return "unsupported";
    const at = this.payloadStart;
    if (this.end - at < IP_HEADER + QUOTED) return "truncated";
    if (this.view.getUint8(at) >> 4 !== 4) return "version";
    const length = (this.view.getUint8(at) & 0x0f) << 2;
    if (length < IP_HEADER) return "header";
    return this.end - at < length + QUOTED ? "truncated" : undefined;
  }

  /**
   * What an error says of the length of its quote, octets, if it has an
   * extension structure; 0 otherwise (RFC 4884 section 4).
   */
  get quoteLength(): number {
    if (!isExtensible(this.type)) return 0;
    return this.view.getUint8(this.start + QUOTE_LENGTH) << 2;
  }
  set quoteLength(octets: number) {
    this.view.setUint8(this.start + QUOTE_LENGTH, octets >>> 2);
  }

  /**
   * Offset of the extension structure (RFC 4884), which lasts until `end`, or
   * -1; of the one behind the header in extended echo messages (RFC 8335).
   */
  get extensionStart(): number {
    const { type, payloadStart } = this;
    if (type === EXTENDED_ECHO_REQUEST || type === EXTENDED_ECHO_REPLY) {
      return begin(this.view, payloadStart, this.end);
    }
    if (!isExtensible(type)) return -1;
    return locate(this.view, payloadStart, this.end, this.quoteLength);
  }

  /** Offset behind the quote, with the zeros that fill it up. */
  get quoteEnd(): number {
    const { type, payloadStart } = this;
    if (!isExtensible(type)) return this.end;
    return endOfQuote(this.view, payloadStart, this.end, this.quoteLength);
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

/**
 * A walk over the routers of an advertisement, RFC 1256, bounded by its octets.
 *
 * ```ts
 * import { icmpv4, ipv4 } from "@ethox/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const octets = Uint8Array.from(
 *   [9, 0, 0, 0, 1, 2, 7, 8, 192, 0, 2, 1, 128, 0, 0, 0],
 * );
 * const message = new icmpv4.View(new DataView(octets.buffer));
 * const routers = new icmpv4.Routers().over(message);
 * while (routers.next()) {
 *   assertEquals(ipv4.format(routers.address), "192.0.2.1");
 *   assertEquals(routers.preference, icmpv4.NEVER_DEFAULT);
 * }
 * assertEquals(routers.reason, undefined);
 * ```
 */
export class Routers {
  /** Address of the router that {@linkcode Routers.next} found, int32. */
  address = 0;
  /** How much it is preferred, int32, more being better. */
  preference = 0;
  /**
   * `"malformed"` if there are none or entries are too short for what they are
   * (RFC 1256 section 5), `"length"` once they run outside.
   */
  reason: Reason | undefined = undefined;
  #view: DataView = EMPTY;
  #at = 0;
  #last = 0;
  #left = 0;
  #size = 0;

  /** Begins a walk over a checked router advertisement. */
  over(message: View): this {
    this.#view = message.view;
    this.#at = message.payloadStart;
    this.#last = message.end;
    this.#left = message.addressCount;
    this.#size = message.entrySize;
    this.reason = this.#left < 1 || this.#size < 8 ? "malformed" : undefined;
    if (this.reason !== undefined) this.#left = 0;
    return this;
  }

  /** Goes to the next router; false behind the last. */
  next(): boolean {
    if (this.#left === 0) return false;
    if (this.#last - this.#at < this.#size) {
      this.reason = "length";
      this.#left = 0;
      return false;
    }
    this.#left--;
    this.address = this.#view.getInt32(this.#at);
    this.preference = this.#view.getInt32(this.#at + 4);
    this.#at += this.#size;
    return true;
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

  /** Takes over what a view says; its lengths are judged. */
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
