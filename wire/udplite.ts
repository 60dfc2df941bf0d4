/**
 * The Lightweight User Datagram Protocol,
 * [RFC 3828](https://www.rfc-editor.org/rfc/rfc3828): UDP whose checksum covers
 * as much as the sender says.
 *
 * ```ts
 * import { udplite } from "@ethox/wire";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const header = new udplite.Repr();
 * header.destinationPort = 5004;
 * header.payloadLength = 160;
 * header.coverage = 20;
 * const view = new DataView(new ArrayBuffer(header.bufferLength));
 * header.emit(view, 0);
 * const datagram = new udplite.View(view);
 * datagram.fillChecksum4(0x7f000001, 0x7f000001);
 *
 * view.setUint8(100, 0xff);
 * assertEquals(datagram.check(), undefined);
 * assert(datagram.verify4(0x7f000001, 0x7f000001));
 * ```
 *
 * @module
 */

import { finish, pseudo4, pseudo6, sum } from "./checksum.ts";
import type { Reason } from "./reason.ts";

const SOURCE_PORT = 0;
const DESTINATION_PORT = 2;
const COVERAGE = 4;
const CHECKSUM = 6;

/** Octets of the header, which the checksum always covers. */
export const HEADER_LENGTH = 8;

const PROTOCOL = 136;
const EMPTY: DataView = new DataView(new ArrayBuffer(0));

/**
 * A UDP-Lite datagram in place; it is as long as the IP payload.
 *
 * Once {@linkcode View.check} finds nothing, `8 <= covered <= end - start` holds
 * and no accessor reads outside; writing `coverage` can void that.
 */
export class View {
  /** The memory that is read and written. */
  view: DataView;
  /** Offset of the first octet of the header. */
  start: number;
  /** Offset behind the last octet of the datagram. */
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

  /**
   * Judges lengths only: `"truncated"`; `"length"` for a coverage of 1..7 or
   * beyond the datagram (RFC 3828 section 3.1).
   */
  check(): Reason | undefined {
    const octets = this.end - this.start;
    if (octets < HEADER_LENGTH) return "truncated";
    const covered = this.covered;
    return covered < HEADER_LENGTH || covered > octets ? "length" : undefined;
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

  /** The field: octets that the checksum covers, 0 for all. */
  get coverage(): number {
    return this.view.getUint16(this.start + COVERAGE);
  }
  set coverage(octets: number) {
    this.view.setUint16(this.start + COVERAGE, octets);
  }

  /** Checksum field; never 0. */
  get checksum(): number {
    return this.view.getUint16(this.start + CHECKSUM);
  }
  set checksum(value: number) {
    this.view.setUint16(this.start + CHECKSUM, value);
  }

  /** Octets that the checksum covers, header included. */
  get covered(): number {
    return this.coverage || this.end - this.start;
  }

  /** Offset of the first payload octet. */
  get payloadStart(): number {
    return this.start + HEADER_LENGTH;
  }

  /** Offset behind the last payload octet. */
  get payloadEnd(): number {
    return this.end;
  }

  /** Whether the checksum is there and right between two IPv4 addresses. */
  verify4(source: number, destination: number): boolean {
    const length = this.end - this.start;
    return this.#verify(pseudo4(source, destination, PROTOCOL, length));
  }

  /**
   * The same over IPv6. `addresses` is the partial sum of source and final
   * destination, such as `ipv6.View.addressSum`.
   */
  verify6(addresses: number): boolean {
    return this.#verify(pseudo6(addresses, PROTOCOL, this.end - this.start));
  }

  /** Writes the checksum for two IPv4 addresses; a sum of 0 as 0xffff. */
  fillChecksum4(source: number, destination: number): void {
    const length = this.end - this.start;
    this.#fill(pseudo4(source, destination, PROTOCOL, length));
  }

  /** Writes the checksum over IPv6; `addresses` as for {@linkcode verify6}. */
  fillChecksum6(addresses: number): void {
    this.#fill(pseudo6(addresses, PROTOCOL, this.end - this.start));
  }

  #verify(seed: number): boolean {
    return this.checksum !== 0 &&
      sum(this.view, this.start, this.covered, seed) === 0xffff;
  }

  #fill(seed: number): void {
    this.checksum = 0;
    const total = sum(this.view, this.start, this.covered, seed);
    this.checksum = finish(total) || 0xffff;
  }
}

/** What a UDP-Lite header says, apart from the checksum. */
export class Repr {
  /** Source port. */
  sourcePort = 0;
  /** Destination port. */
  destinationPort = 0;
  /** Octets that the checksum covers, from the header's start; 0 for all. */
  coverage = 0;
  /** Octets of payload. */
  payloadLength = 0;

  /** Takes over what a view says; its lengths are judged. */
  parse(from: View): Reason | undefined {
    const reason = from.check();
    if (reason !== undefined) return reason;
    this.sourcePort = from.sourcePort;
    this.destinationPort = from.destinationPort;
    this.coverage = from.coverage;
    this.payloadLength = from.payloadEnd - from.payloadStart;
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
    view.setUint16(at + COVERAGE, this.coverage);
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
    return this.view.end;
  }
}
