/**
 * The Internet Control Message Protocol for IPv6,
 * [RFC 4443](https://www.rfc-editor.org/rfc/rfc4443).
 *
 * Errors and echoes are read here, and the header of all else: neighbor
 * discovery is `@ethox/wire/ndp`, multicast listener discovery
 * `@ethox/wire/mld`.
 *
 * ```ts
 * import { icmpv6, ipv6 } from "@ethox/wire";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const request = new icmpv6.Repr();
 * request.type = icmpv6.ECHO_REQUEST;
 * request.identifier = 7;
 * const header = new ipv6.Repr();
 * header.nextHeader = 58;
 * header.payloadLength = request.bufferLength;
 * ipv6.Address.LOOPBACK.copy(header.source);
 * ipv6.Address.LOOPBACK.copy(header.destination);
 * const view = new DataView(new ArrayBuffer(header.bufferLength));
 * header.emit(view, 0);
 * request.emit(view, ipv6.HEADER_LENGTH);
 *
 * const { addressSum } = new ipv6.View(view);
 * const message = new icmpv6.View(view, ipv6.HEADER_LENGTH);
 * message.fillChecksum(addressSum);
 * assertEquals(message.check(), undefined);
 * assert(message.verify(addressSum));
 * assertEquals(icmpv6.nameOf(message.type), "echo request");
 * ```
 *
 * @module
 */

import { readWords } from "./_words.ts";
import { finish, pseudo6, sum } from "./checksum.ts";
import { begin, endOfQuote, locate } from "./icmp_extension.ts";
import {
  ECHO_REQUEST,
  EXTENDED_ECHO_REPLY,
  EXTENDED_ECHO_REQUEST,
  FIXED_LENGTH,
  HEADER_LENGTH,
  isExtensible,
  isQuoting,
  minimumLength,
} from "./icmpv6_type.ts";
import type { Reason } from "./reason.ts";

export * from "./icmpv6_type.ts";

const TYPE = 0;
const CODE = 1;
const CHECKSUM = 2;
const REST = 4;
const QUOTE_LENGTH = 4;
const IDENTIFIER = 4;
const SEQUENCE = 6;
const STATE = 7;

const PROTOCOL = 58;
const EMPTY: DataView = new DataView(new ArrayBuffer(0));
const IP_HEADER = 40;
const IP_NEXT_HEADER = 6;
const IP_SOURCE = 8;
const IP_DESTINATION = 24;

/**
 * A message in place.
 *
 * Once {@linkcode View.check} finds nothing no accessor of the message's own
 * type reads outside, and those of the second word may be used of every type
 * that has a name but those of four octets; those of a quote need
 * {@linkcode View.checkQuote}. Writing `type` can void that.
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

  /** Identifier of echo messages. */
  get identifier(): number {
    return this.view.getUint16(this.start + IDENTIFIER);
  }
  set identifier(identifier: number) {
    this.view.setUint16(this.start + IDENTIFIER, identifier);
  }

  /** Sequence number of echo messages. */
  get sequenceNumber(): number {
    return this.view.getUint16(this.start + SEQUENCE);
  }
  set sequenceNumber(sequence: number) {
    this.view.setUint16(this.start + SEQUENCE, sequence);
  }

  /** MTU of the next link, octets, of a packet too big message. */
  get mtu(): number {
    return this.view.getUint32(this.start + REST);
  }
  set mtu(octets: number) {
    this.view.setUint32(this.start + REST, octets);
  }

  /** Octet of the quoted packet at which a parameter problem points. */
  get pointer(): number {
    return this.view.getUint32(this.start + REST);
  }
  set pointer(octet: number) {
    this.view.setUint32(this.start + REST, octet);
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
   * `icmpv4.nameOfState`.
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

  /** Offset of data or quote: behind the second word of types that have one. */
  get payloadStart(): number {
    return this.start + minimumLength(this.type);
  }

  /** Offset behind the last octet. */
  get payloadEnd(): number {
    return this.end;
  }

  /**
   * Whether an error quotes an IPv6 header; whatever follows it may be short,
   * and the quoted length field is not believed. `"unsupported"` for types that
   * quote nothing.
   */
  checkQuote(): Reason | undefined {
    if (!isQuoting(this.type)) return "unsupported";
    const octets = this.quoteEnd - this.payloadStart;
    if (octets <= 0) return "truncated";
    if (this.view.getUint8(this.payloadStart) >>> 4 !== 6) return "version";
    return octets < IP_HEADER ? "truncated" : undefined;
  }

  /**
   * What an error says of the length of its quote, octets, if it has an
   * extension structure; 0 otherwise (RFC 4884 section 4).
   */
  get quoteLength(): number {
    if (!isExtensible(this.type)) return 0;
    return this.view.getUint8(this.start + QUOTE_LENGTH) << 3;
  }
  set quoteLength(octets: number) {
    this.view.setUint8(this.start + QUOTE_LENGTH, octets >>> 3);
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

  /** Next header of the quoted packet. */
  get quotedNextHeader(): number {
    return this.view.getUint8(this.payloadStart + IP_NEXT_HEADER);
  }

  /** Copies the source of the quoted packet to four words of an array. */
  copyQuotedSource(into: Int32Array, at: number = 0): void {
    readWords(this.view, this.payloadStart + IP_SOURCE, into, at);
  }

  /** Copies the destination of the quoted packet to four words of an array. */
  copyQuotedDestination(into: Int32Array, at: number = 0): void {
    readWords(this.view, this.payloadStart + IP_DESTINATION, into, at);
  }

  /** Offset behind the quoted header: extension headers, or the transport. */
  get quotedPayload(): number {
    return this.payloadStart + IP_HEADER;
  }

  /**
   * Whether the checksum is right. `addresses` is the partial sum of source and
   * final destination, such as `ipv6.View.addressSum`.
   */
  verify(addresses: number): boolean {
    const length = this.end - this.start;
    const seed = pseudo6(addresses, PROTOCOL, length);
    return sum(this.view, this.start, length, seed) === 0xffff;
  }

  /** Writes the checksum; `addresses` as for {@linkcode View.verify}. */
  fillChecksum(addresses: number): void {
    const length = this.end - this.start;
    this.checksum = 0;
    const seed = pseudo6(addresses, PROTOCOL, length);
    this.checksum = finish(sum(this.view, this.start, length, seed));
  }
}

/** What a message says, apart from checksum and data. */
export class Repr {
  /** Type. */
  type: number = ECHO_REQUEST;
  /** Code, by type. */
  code = 0;
  /** The second word, int32, which the fields below share; 0 if there is none. */
  rest = 0;
  /** Octets behind that: data of an echo, quote of an error. */
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

  /** MTU of the next link, octets. */
  get mtu(): number {
    return this.rest >>> 0;
  }
  set mtu(octets: number) {
    this.rest = octets | 0;
  }

  /** Octet of the quoted packet at which a parameter problem points. */
  get pointer(): number {
    return this.rest >>> 0;
  }
  set pointer(octet: number) {
    this.rest = octet | 0;
  }

  /** Takes over what a view says; its lengths are judged. */
  parse(from: View): Reason | undefined {
    const reason = from.check();
    if (reason !== undefined) return reason;
    const fixed = minimumLength(from.type);
    this.type = from.type;
    this.code = from.code;
    this.rest = fixed === FIXED_LENGTH ? from.rest : 0;
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
    if (minimumLength(this.type) === FIXED_LENGTH) {
      view.setInt32(at + REST, this.rest);
    }
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

  /** Writes the checksum; `addresses` as for `View.verify`. */
  fillChecksum(addresses: number): void {
    this.view.fillChecksum(addresses);
  }
}
