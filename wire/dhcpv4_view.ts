/**
 * A DHCP message for IPv4 in place, RFC 2131 section 2.
 *
 * @module
 */

import { HEADER_LENGTH } from "./dhcpv4_options.ts";
import type { Reason } from "./reason.ts";

const OPERATION = 0;
const HARDWARE_TYPE = 1;
const HARDWARE_LENGTH = 2;
const HOPS = 3;
const TRANSACTION_ID = 4;
const SECONDS = 8;
const FLAGS = 10;
const CLIENT_ADDRESS = 12;
const YOUR_ADDRESS = 16;
const SERVER_ADDRESS = 20;
const RELAY_ADDRESS = 24;
const HARDWARE_ADDRESS = 28;
const SERVER_NAME = 44;
const FILE = 108;
const COOKIE = 236;
const OPTIONS = 240;

const BROADCAST = 0x8000;

/** The four octets in front of options (RFC 2131 section 3). */
export const MAGIC_COOKIE = 0x63825363;
/** Octets of the shortest message that old relay agents pass on (RFC 1542). */
export const MIN_LENGTH = 300;
/** Octets of the field for a hardware address. */
export const MAX_HARDWARE_LENGTH = 16;
/** Octets of BOOTP's vendor-specific area (RFC 951). */
export const VENDOR_AREA_LENGTH = 64;
/** A time that never ends (RFC 2131 section 3.3). */
export const INFINITY = 0xffff_ffff;

const EMPTY: DataView = new DataView(new ArrayBuffer(0));

/**
 * A DHCP or BOOTP message in place.
 *
 * Once {@linkcode View.check} finds nothing, 236 octets lie inside and no
 * accessor reads outside. Options are walked by `Options`.
 */
export class View {
  /** The memory that is read and written. */
  view: DataView;
  /** Offset of the first octet. */
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

  /**
   * Judges lengths only: `"truncated"` below 236 octets, `"length"` for a
   * hardware address over 16.
   */
  check(): Reason | undefined {
    if (this.end - this.start < HEADER_LENGTH) return "truncated";
    return this.hardwareLength > MAX_HARDWARE_LENGTH ? "length" : undefined;
  }

  /** `op`: one of {@linkcode Operation}. */
  get operation(): number {
    return this.view.getUint8(this.start + OPERATION);
  }
  set operation(operation: number) {
    this.view.setUint8(this.start + OPERATION, operation);
  }

  /** `htype`: type of the hardware address, as ARP has it; 1 for Ethernet. */
  get hardwareType(): number {
    return this.view.getUint8(this.start + HARDWARE_TYPE);
  }
  set hardwareType(type: number) {
    this.view.setUint8(this.start + HARDWARE_TYPE, type);
  }

  /** `hlen`: octets of the hardware address, at most 16. */
  get hardwareLength(): number {
    return this.view.getUint8(this.start + HARDWARE_LENGTH);
  }
  set hardwareLength(octets: number) {
    this.view.setUint8(this.start + HARDWARE_LENGTH, octets);
  }

  /** `hops`: relay agents passed. */
  get hops(): number {
    return this.view.getUint8(this.start + HOPS);
  }
  set hops(hops: number) {
    this.view.setUint8(this.start + HOPS, hops);
  }

  /** `xid`: what joins requests and replies, int32. */
  get transactionId(): number {
    return this.view.getInt32(this.start + TRANSACTION_ID);
  }
  set transactionId(id: number) {
    this.view.setInt32(this.start + TRANSACTION_ID, id);
  }

  /** `secs`: seconds since the client began. */
  get seconds(): number {
    return this.view.getUint16(this.start + SECONDS);
  }
  set seconds(seconds: number) {
    this.view.setUint16(this.start + SECONDS, seconds);
  }

  /** `flags`: all 16, of which only that for broadcast has a meaning. */
  get flags(): number {
    return this.view.getUint16(this.start + FLAGS);
  }
  set flags(flags: number) {
    this.view.setUint16(this.start + FLAGS, flags);
  }

  /** Whether the client wants replies as broadcasts. */
  get broadcast(): boolean {
    return (this.flags & BROADCAST) !== 0;
  }
  set broadcast(broadcast: boolean) {
    this.flags = this.flags & ~BROADCAST | (broadcast ? BROADCAST : 0);
  }

  /** `ciaddr`: the address that the client has, int32. */
  get clientAddress(): number {
    return this.view.getInt32(this.start + CLIENT_ADDRESS);
  }
  set clientAddress(address: number) {
    this.view.setInt32(this.start + CLIENT_ADDRESS, address);
  }

  /** `yiaddr`: the address that the client gets, int32. */
  get yourAddress(): number {
    return this.view.getInt32(this.start + YOUR_ADDRESS);
  }
  set yourAddress(address: number) {
    this.view.setInt32(this.start + YOUR_ADDRESS, address);
  }

  /** `siaddr`: the server to boot from next, int32. */
  get serverAddress(): number {
    return this.view.getInt32(this.start + SERVER_ADDRESS);
  }
  set serverAddress(address: number) {
    this.view.setInt32(this.start + SERVER_ADDRESS, address);
  }

  /** `giaddr`: the relay agent, int32. */
  get relayAddress(): number {
    return this.view.getInt32(this.start + RELAY_ADDRESS);
  }
  set relayAddress(address: number) {
    this.view.setInt32(this.start + RELAY_ADDRESS, address);
  }

  /** Offset of `chaddr`: `hardwareLength` octets, in a field of 16. */
  get hardwareStart(): number {
    return this.start + HARDWARE_ADDRESS;
  }

  /** The first 16 bits of an Ethernet address in `chaddr`. */
  get hardwareHigh(): number {
    return this.view.getUint16(this.start + HARDWARE_ADDRESS);
  }
  set hardwareHigh(high: number) {
    this.view.setUint16(this.start + HARDWARE_ADDRESS, high);
  }

  /** Its last 32 bits, int32. */
  get hardwareLow(): number {
    return this.view.getInt32(this.start + HARDWARE_ADDRESS + 2);
  }
  set hardwareLow(low: number) {
    this.view.setInt32(this.start + HARDWARE_ADDRESS + 2, low);
  }

  /** Offset of `sname`, 64 octets: a name up to the first 0, or options. */
  get serverNameStart(): number {
    return this.start + SERVER_NAME;
  }

  /** Offset of `file`, 128 octets: a name up to the first 0, or options. */
  get fileStart(): number {
    return this.start + FILE;
  }

  /** Whether options follow, and not what RFC 951 leaves to the vendor. */
  get hasCookie(): boolean {
    return this.end - this.start >= OPTIONS &&
      this.view.getInt32(this.start + COOKIE) === MAGIC_COOKIE;
  }

  /** Offset of the first octet of the options; without a cookie, the end. */
  get optionsStart(): number {
    return this.hasCookie ? this.start + OPTIONS : this.end;
  }

  /** Offset behind the last octet that can be of options. */
  get optionsEnd(): number {
    return this.end;
  }
}
