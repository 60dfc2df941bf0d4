/**
 * The Transmission Control Protocol,
 * [RFC 9293](https://www.rfc-editor.org/rfc/rfc9293).
 *
 * ```ts
 * import { tcp } from "@ethox/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const syn = new tcp.Repr();
 * syn.destinationPort = 80;
 * syn.flags = tcp.SYN;
 * syn.options.mss = 1460;
 * const view = new DataView(new ArrayBuffer(syn.bufferLength));
 * syn.emit(view, 0);
 *
 * const segment = new tcp.Packet();
 * assertEquals(segment.parse(view, 0, view.byteLength), undefined);
 * assertEquals(segment.repr.options.mss, 1460);
 * ```
 *
 * @module
 */

import { sumBy } from "./_sum.ts";
import { finish, type Kernel, pseudo4, pseudo6 } from "./checksum.ts";
import type { Reason } from "./reason.ts";
import { MAX_OPTIONS_LENGTH, Options } from "./tcp_options.ts";

export * from "./tcp_options.ts";
export * from "./tcp_sequence.ts";
export * from "./tcp_walk.ts";

const SOURCE_PORT = 0;
const DESTINATION_PORT = 2;
const SEQUENCE = 4;
const ACKNOWLEDGMENT = 8;
const OFFSET_AND_FLAGS = 12;
const WINDOW = 14;
const CHECKSUM = 16;
const URGENT_POINTER = 18;

/** Octets of the header without options. */
export const HEADER_LENGTH = 20;
/** Octets from the header's start to the checksum field. */
export const CHECKSUM_OFFSET: number = CHECKSUM;

/** No more data from the sender. */
export const FIN = 0x001;
/** Synchronise sequence numbers. */
export const SYN = 0x002;
/** Reset the connection. */
export const RST = 0x004;
/** Push. */
export const PSH = 0x008;
/** The acknowledgment field counts. */
export const ACK = 0x010;
/** The urgent pointer counts. */
export const URG = 0x020;
/** ECN echo, RFC 3168. */
export const ECE = 0x040;
/** Congestion window reduced, RFC 3168. */
export const CWR = 0x080;
/** Accurate ECN, RFC 9768; once the nonce sum. */
export const AE = 0x100;

const PROTOCOL = 6;
const FLAG_NAMES = ["F", "S", "R", "P", ".", "U", "E", "W", "e"] as const;
const EMPTY: DataView = new DataView(new ArrayBuffer(0));

const NAMES_OF_FLAGS: string[] = [];

/** Flags in the letters of tcpdump, such as `S.` for SYN,ACK; `none` for none. */
export function nameOfFlags(flags: number): string {
  // Made once for each combination: printing a segment makes no string.
  return NAMES_OF_FLAGS[flags & 0xfff] ??= spell(flags);
}

function spell(flags: number): string {
  let name = "";
  // The acknowledgment comes last, as readers of tcpdump know it.
  for (const bit of [0, 1, 2, 3, 5, 6, 7, 8, 4]) {
    if ((flags >> bit) & 1) name += FLAG_NAMES[bit];
  }
  return name || "none";
}

/**
 * A segment in place.
 *
 * Once {@linkcode View.check} finds nothing, `20 <= headerLength <= end - start`
 * holds and no accessor reads outside; writing `headerLength` can void that.
 */
export class View {
  /** The memory that is read and written. */
  view: DataView;
  /** Offset of the first octet of the header. */
  start: number;
  /** Offset behind the last octet of the segment. */
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

  /** Judges lengths only: `"truncated"` or `"header"`, or nothing. */
  check(): Reason | undefined {
    if (this.end - this.start < HEADER_LENGTH) return "truncated";
    const length = this.headerLength;
    return length < HEADER_LENGTH || length > this.end - this.start
      ? "header"
      : undefined;
  }

  /** Source port. */
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

  /** Sequence number, int32. */
  get sequence(): number {
    return this.view.getInt32(this.start + SEQUENCE);
  }
  set sequence(sequence: number) {
    this.view.setInt32(this.start + SEQUENCE, sequence);
  }

  /** Acknowledgment number, int32. */
  get acknowledgment(): number {
    return this.view.getInt32(this.start + ACKNOWLEDGMENT);
  }
  set acknowledgment(sequence: number) {
    this.view.setInt32(this.start + ACKNOWLEDGMENT, sequence);
  }

  /** Octets of header and options. */
  get headerLength(): number {
    return (this.view.getUint8(this.start + OFFSET_AND_FLAGS) >> 4) << 2;
  }
  set headerLength(octets: number) {
    const at = this.start + OFFSET_AND_FLAGS;
    this.view.setUint8(at, (octets << 2) | (this.view.getUint8(at) & 0x0f));
  }

  /** The twelve bits behind the data offset: reserved, AE, CWR … FIN. */
  get flags(): number {
    return this.view.getUint16(this.start + OFFSET_AND_FLAGS) & 0x0fff;
  }
  set flags(flags: number) {
    const at = this.start + OFFSET_AND_FLAGS;
    this.view.setUint16(
      at,
      (this.view.getUint16(at) & 0xf000) | (flags & 0x0fff),
    );
  }

  /** Whether the sender has no more data. */
  get fin(): boolean {
    return (this.flags & FIN) !== 0;
  }

  /** Whether sequence numbers are to be synchronised. */
  get syn(): boolean {
    return (this.flags & SYN) !== 0;
  }

  /** Whether the connection is reset. */
  get rst(): boolean {
    return (this.flags & RST) !== 0;
  }

  /** Whether the receiver is asked to hand data on. */
  get psh(): boolean {
    return (this.flags & PSH) !== 0;
  }

  /** Whether the acknowledgment number counts. */
  get ack(): boolean {
    return (this.flags & ACK) !== 0;
  }

  /** Whether the urgent pointer counts. */
  get urg(): boolean {
    return (this.flags & URG) !== 0;
  }

  /** Window, octets, not scaled. */
  get window(): number {
    return this.view.getUint16(this.start + WINDOW);
  }
  set window(octets: number) {
    this.view.setUint16(this.start + WINDOW, octets);
  }

  /** Checksum field. */
  get checksum(): number {
    return this.view.getUint16(this.start + CHECKSUM);
  }
  set checksum(value: number) {
    this.view.setUint16(this.start + CHECKSUM, value);
  }

  /** Urgent pointer: octets from the sequence number on. */
  get urgentPointer(): number {
    return this.view.getUint16(this.start + URGENT_POINTER);
  }
  set urgentPointer(octets: number) {
    this.view.setUint16(this.start + URGENT_POINTER, octets);
  }

  /** Offset of the first option octet. */
  get optionsStart(): number {
    return this.start + HEADER_LENGTH;
  }

  /** Offset behind the last option octet. */
  get optionsEnd(): number {
    return this.start + this.headerLength;
  }

  /** Offset of the first payload octet. */
  get payloadStart(): number {
    return this.start + this.headerLength;
  }

  /** Offset behind the last payload octet. */
  get payloadEnd(): number {
    return this.end;
  }

  /** SEG.LEN: octets of payload, and one each for SYN and FIN. */
  get sequenceLength(): number {
    const flags = this.flags;
    return this.end - this.payloadStart + ((flags >> 1) & 1) + (flags & 1);
  }

  /**
   * Whether the checksum is right between two IPv4 addresses (int32). A kernel
   * bound to the memory of `view` sums long segments several times as fast, here
   * as in the methods below.
   */
  verify4(
    source: number,
    destination: number,
    kernel?: Kernel,
  ): boolean {
    const length = this.end - this.start;
    const seed = pseudo4(source, destination, PROTOCOL, length);
    return sumBy(kernel, this.view, this.start, length, seed) === 0xffff;
  }

  /** Writes the checksum for two IPv4 addresses (int32). */
  fillChecksum4(
    source: number,
    destination: number,
    kernel?: Kernel,
  ): void {
    const length = this.end - this.start;
    this.checksum = 0;
    const seed = pseudo4(source, destination, PROTOCOL, length);
    this.checksum = finish(sumBy(kernel, this.view, this.start, length, seed));
  }

  /**
   * Writes the folded sum of the pseudo-header, which a device completes: of the
   * whole length, also where the device will cut it.
   */
  fillPseudo4(source: number, destination: number): void {
    const length = this.end - this.start;
    this.checksum = pseudo4(source, destination, PROTOCOL, length);
  }

  /**
   * Whether the checksum is right over IPv6. `addresses` is the partial sum of
   * source and final destination, such as `ipv6.View.addressSum`.
   */
  verify6(addresses: number, kernel?: Kernel): boolean {
    const length = this.end - this.start;
    const seed = pseudo6(addresses, PROTOCOL, length);
    return sumBy(kernel, this.view, this.start, length, seed) === 0xffff;
  }

  /** Writes the checksum over IPv6; `addresses` as for {@linkcode verify6}. */
  fillChecksum6(addresses: number, kernel?: Kernel): void {
    const length = this.end - this.start;
    this.checksum = 0;
    const seed = pseudo6(addresses, PROTOCOL, length);
    this.checksum = finish(sumBy(kernel, this.view, this.start, length, seed));
  }

  /** As {@linkcode fillPseudo4}, over IPv6. */
  fillPseudo6(addresses: number): void {
    const length = this.end - this.start;
    this.checksum = pseudo6(addresses, PROTOCOL, length);
  }
}

/** What a TCP header says, apart from the checksum. */
export class Repr {
  /** Source port. */
  sourcePort = 0;
  /** Destination port. */
  destinationPort = 0;
  /** Sequence number, int32. */
  sequence = 0;
  /** Acknowledgment number, int32. */
  acknowledgment = 0;
  /** Twelve bits. */
  flags = 0;
  /** Window, octets, not scaled. */
  window = 0;
  /** Urgent pointer. */
  urgentPointer = 0;
  /** The options. */
  readonly options: Options = new Options();
  /** Octets of payload. */
  payloadLength = 0;

  /** Takes over what a view says; its lengths and options are judged. */
  parse(from: View): Reason | undefined {
    const reason = from.check();
    if (reason !== undefined) return reason;
    this.sourcePort = from.sourcePort;
    this.destinationPort = from.destinationPort;
    this.sequence = from.sequence;
    this.acknowledgment = from.acknowledgment;
    this.flags = from.flags;
    this.window = from.window;
    this.urgentPointer = from.urgentPointer;
    this.payloadLength = from.payloadEnd - from.payloadStart;
    return this.options.parse(from);
  }

  /** Octets of header and options; options beyond 40 octets do not count. */
  get headerLength(): number {
    const options = this.options.bufferLength;
    return HEADER_LENGTH + (options > MAX_OPTIONS_LENGTH ? 0 : options);
  }

  /** Octets that {@linkcode Repr.emit} writes and the payload takes. */
  get bufferLength(): number {
    return this.headerLength + this.payloadLength;
  }

  /**
   * Writes the header at `at`, with the checksum left 0. Options that need more
   * than 40 octets together are left out.
   */
  emit(view: DataView, at: number): void {
    const length = this.headerLength;
    view.setUint16(at + SOURCE_PORT, this.sourcePort);
    view.setUint16(at + DESTINATION_PORT, this.destinationPort);
    view.setInt32(at + SEQUENCE, this.sequence);
    view.setInt32(at + ACKNOWLEDGMENT, this.acknowledgment);
    view.setUint16(
      at + OFFSET_AND_FLAGS,
      (length << 10) | (this.flags & 0x0fff),
    );
    view.setUint16(at + WINDOW, this.window);
    view.setUint16(at + CHECKSUM, 0);
    view.setUint16(at + URGENT_POINTER, this.urgentPointer);
    if (length > HEADER_LENGTH) this.options.emit(view, at + HEADER_LENGTH);
  }
}

/** A segment together with what its header says. */
export class Packet {
  /** The octets. */
  readonly view: View = new View();
  /** What the header said when it was parsed. */
  readonly repr: Repr = new Repr();

  /** Points at received octets; judges lengths and options, not the checksum. */
  parse(view: DataView, start: number, end: number): Reason | undefined {
    return this.repr.parse(this.view.wrap(view, start, end));
  }

  /** Offset of the first payload octet. */
  get payloadStart(): number {
    return this.view.end - this.repr.payloadLength;
  }

  /** Offset behind the last payload octet. */
  get payloadEnd(): number {
    return this.view.end;
  }

  /** Writes the checksum for two IPv4 addresses (int32). */
  fillChecksum4(source: number, destination: number): void {
    this.view.fillChecksum4(source, destination);
  }

  /** Writes the checksum over IPv6; `addresses` as for `View.verify6`. */
  fillChecksum6(addresses: number): void {
    this.view.fillChecksum6(addresses);
  }
}
