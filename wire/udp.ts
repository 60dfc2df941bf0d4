/**
 * The User Datagram Protocol, [RFC 768](https://www.rfc-editor.org/rfc/rfc768).
 *
 * ```ts
 * import { udp } from "@ethox/wire";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const header = new udp.Repr();
 * header.sourcePort = 49152;
 * header.destinationPort = 53;
 * header.payloadLength = 4;
 * const view = new DataView(new ArrayBuffer(header.bufferLength));
 * header.emit(view, 0);
 * view.setInt32(udp.HEADER_LENGTH, 0xcafe);
 * new udp.View(view).fillChecksum4(0x7f000001, 0x7f000001);
 *
 * const datagram = new udp.Packet();
 * assertEquals(datagram.parse(view, 0, view.byteLength), undefined);
 * assertEquals(datagram.repr.destinationPort, 53);
 * assert(datagram.view.verify4(0x7f000001, 0x7f000001));
 * ```
 *
 * @module
 */

import { sumBy } from "./_sum.ts";
import { finish, type Kernel, pseudo4, pseudo6 } from "./checksum.ts";
import type { Reason } from "./reason.ts";

const SOURCE_PORT = 0;
const DESTINATION_PORT = 2;
const LENGTH = 4;
const CHECKSUM = 6;

/** Octets of the header. */
export const HEADER_LENGTH = 8;

const PROTOCOL = 17;
const EMPTY: DataView = new DataView(new ArrayBuffer(0));

/**
 * A UDP datagram in place.
 *
 * Once {@linkcode View.check} finds nothing, `8 <= length <= end - start` holds
 * and no accessor reads outside; writing `length` can void that.
 */
export class View {
  /** The memory that is read and written. */
  view: DataView;
  /** Offset of the first octet of the header. */
  start: number;
  /** Offset behind the last octet that may belong to the datagram. */
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

  /** Judges lengths only: `"truncated"` or `"length"`, or nothing. */
  check(): Reason | undefined {
    if (this.end - this.start < HEADER_LENGTH) return "truncated";
    const length = this.length;
    return length < HEADER_LENGTH || length > this.end - this.start
      ? "length"
      : undefined;
  }

  /** Source port, 0 where none is given. */
  get sourcePort(): number {
    return this.view.getUint16(this.start + SOURCE_PORT);
  }
  set sourcePort(port: number) {
    this.view.setUint16(this.start + SOURCE_PORT, port);
  }

  /** Destination port. */
  get destinationPort(): number {
    return this.view.getUint16(this.start + DESTINATION_PORT);
  }
  set destinationPort(port: number) {
    this.view.setUint16(this.start + DESTINATION_PORT, port);
  }

  /** Octets of header and payload. */
  get length(): number {
    return this.view.getUint16(this.start + LENGTH);
  }
  set length(octets: number) {
    this.view.setUint16(this.start + LENGTH, octets);
  }

  /** Checksum field; 0 says that the sender computed none. */
  get checksum(): number {
    return this.view.getUint16(this.start + CHECKSUM);
  }
  set checksum(value: number) {
    this.view.setUint16(this.start + CHECKSUM, value);
  }

  /** Offset of the first payload octet. */
  get payloadStart(): number {
    return this.start + HEADER_LENGTH;
  }

  /** Offset behind the last payload octet. */
  get payloadEnd(): number {
    return this.start + this.length;
  }

  /**
   * Whether the checksum is right, or absent, for a datagram between two IPv4
   * addresses (int32, host order). A kernel bound to the memory of `view` sums
   * long datagrams several times as fast, here as in the methods below.
   */
  verify4(
    source: number,
    destination: number,
    kernel?: Kernel,
  ): boolean {
    if (this.checksum === 0) return true;
    const length = this.length;
    const seed = pseudo4(source, destination, PROTOCOL, length);
    return sumBy(kernel, this.view, this.start, length, seed) === 0xffff;
  }

  /** Writes the checksum for two IPv4 addresses; a sum of 0 is sent as 0xffff. */
  fillChecksum4(
    source: number,
    destination: number,
    kernel?: Kernel,
  ): void {
    const length = this.length;
    this.checksum = 0;
    const seed = pseudo4(source, destination, PROTOCOL, length);
    this.checksum =
      finish(sumBy(kernel, this.view, this.start, length, seed)) || 0xffff;
  }

  /**
   * Whether the checksum is right over IPv6, where none is an error (RFC 8200
   * section 8.1).
   *
   * `addresses` is the partial sum of source and final destination, such as
   * `ipv6.View.addressSum`.
   */
  verify6(addresses: number, kernel?: Kernel): boolean {
    if (this.checksum === 0) return false;
    const length = this.length;
    const seed = pseudo6(addresses, PROTOCOL, length);
    return sumBy(kernel, this.view, this.start, length, seed) === 0xffff;
  }

  /** Writes the checksum over IPv6; a sum of 0 is sent as 0xffff. */
  fillChecksum6(addresses: number, kernel?: Kernel): void {
    const length = this.length;
    this.checksum = 0;
    const seed = pseudo6(addresses, PROTOCOL, length);
    this.checksum =
      finish(sumBy(kernel, this.view, this.start, length, seed)) || 0xffff;
  }
}

/** What a UDP header says, apart from the checksum. */
export class Repr {
  /** Source port. */
  sourcePort = 0;
  /** Destination port. */
  destinationPort = 0;
  /** Octets of payload. */
  payloadLength = 0;

  /** Takes over what a view says; its lengths are judged. */
  parse(from: View): Reason | undefined {
    const reason = from.check();
    if (reason !== undefined) return reason;
    this.sourcePort = from.sourcePort;
    this.destinationPort = from.destinationPort;
    this.payloadLength = from.length - HEADER_LENGTH;
    return undefined;
  }

  /** Octets that {@linkcode Repr.emit} writes and the payload takes. */
  get bufferLength(): number {
    return HEADER_LENGTH + this.payloadLength;
  }

  /** Writes the header at `at`, with the checksum left 0. */
  emit(view: DataView, at: number): void {
    view.setUint16(at + SOURCE_PORT, this.sourcePort);
    view.setUint16(at + DESTINATION_PORT, this.destinationPort);
    view.setUint16(at + LENGTH, HEADER_LENGTH + this.payloadLength);
    view.setUint16(at + CHECKSUM, 0);
  }
}

/** A datagram together with what its header says. */
export class Packet {
  /** The octets. */
  readonly view: View = new View();
  /** What the header said when it was parsed. */
  readonly repr: Repr = new Repr();

  /** Points at received octets; judges lengths, not the checksum. */
  parse(view: DataView, start: number, end: number): Reason | undefined {
    return this.repr.parse(this.view.wrap(view, start, end));
  }

  /** Offset of the first payload octet. */
  get payloadStart(): number {
    return this.view.start + HEADER_LENGTH;
  }

  /** Offset behind the last payload octet. */
  get payloadEnd(): number {
    return this.payloadStart + this.repr.payloadLength;
  }
}
