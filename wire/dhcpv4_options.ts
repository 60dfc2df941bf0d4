/**
 * The options of DHCP for IPv4, [RFC 2132](https://www.rfc-editor.org/rfc/rfc2132):
 * walked through all fields that hold some, and joined where they are in pieces.
 *
 * @module
 */

import { expandName, skipName } from "./_dhcp.ts";
import type { Reason } from "./reason.ts";

/** Octets of the header in front of the cookie and the options. */
export const HEADER_LENGTH = 236;

/** Codes of options. */
export const OptionCode = {
  /** Nothing; one octet. */
  PAD: 0,
  /** Subnet mask: an address. */
  SUBNET_MASK: 1,
  /** Routers: addresses, the preferred first. */
  ROUTERS: 3,
  /** Domain name servers: addresses. */
  DOMAIN_NAME_SERVERS: 6,
  /** Host name: text. */
  HOST_NAME: 12,
  /** Domain name: text. */
  DOMAIN_NAME: 15,
  /** MTU of the interface, octets. */
  INTERFACE_MTU: 26,
  /** Broadcast address. */
  BROADCAST_ADDRESS: 28,
  /** NTP servers: addresses. */
  NTP_SERVERS: 42,
  /** What the vendor class defines. */
  VENDOR_SPECIFIC: 43,
  /** The address that a client asks for. */
  REQUESTED_ADDRESS: 50,
  /** Lease time, seconds. */
  LEASE_TIME: 51,
  /** Which of the fields `file` (1) and `sname` (2) hold options, too. */
  OVERLOAD: 52,
  /** Type of the message. */
  MESSAGE_TYPE: 53,
  /** The server: an address. */
  SERVER_IDENTIFIER: 54,
  /** Codes that a client asks for. */
  PARAMETER_REQUEST_LIST: 55,
  /** Why a server refuses, or a client declines: text. */
  MESSAGE: 56,
  /** Largest message that the sender takes, octets. */
  MAXIMUM_MESSAGE_SIZE: 57,
  /** Renewal time T1, seconds. */
  RENEWAL_TIME: 58,
  /** Rebinding time T2, seconds. */
  REBINDING_TIME: 59,
  /** Vendor class: octets. */
  VENDOR_CLASS: 60,
  /** Client identifier: a type and octets. */
  CLIENT_IDENTIFIER: 61,
  /** TFTP server: text. */
  TFTP_SERVER_NAME: 66,
  /** File to boot: text. */
  BOOTFILE_NAME: 67,
  /** User class (RFC 3004). */
  USER_CLASS: 77,
  /** Two messages instead of four (RFC 4039). */
  RAPID_COMMIT: 80,
  /** Fully qualified name of the client (RFC 4702). */
  CLIENT_FQDN: 81,
  /** What a relay agent adds (RFC 3046). */
  RELAY_AGENT_INFORMATION: 82,
  /** Seconds for which IPv4 is not needed (RFC 8925). */
  IPV6_ONLY_PREFERRED: 108,
  /** URI of the captive portal's interface (RFC 8910). */
  CAPTIVE_PORTAL: 114,
  /** Whether to choose a link-local address (RFC 2563). */
  AUTO_CONFIGURE: 116,
  /** Names to search in (RFC 3397). */
  DOMAIN_SEARCH: 119,
  /** Routes with prefixes of any length (RFC 3442). */
  CLASSLESS_ROUTES: 121,
  /** TFTP servers: addresses (RFC 5859). */
  TFTP_SERVERS: 150,
  /** End of the options of one field; one octet. */
  END: 255,
} as const;

/** Fields that options are in. */
export const Area = {
  /** The field behind the cookie. */
  OPTIONS: 0,
  /** The field `file`. */
  FILE: 1,
  /** The field `sname`. */
  SNAME: 2,
} as const;

const SNAME = 44;
const FILE = 108;
const EMPTY: DataView = new DataView(new ArrayBuffer(0));

/** Where options lie: the part of a message's view that they are read by. */
export interface Message {
  /** The memory. */
  readonly view: DataView;
  /** Offset of the first octet of the message. */
  readonly start: number;
  /** Offset of the first option octet. */
  readonly optionsStart: number;
  /** Offset behind the last. */
  readonly optionsEnd: number;
}

/** Octets of an address, a number and so on where a code's length is fixed. */
function fixed(code: number): number {
  switch (code) {
    case OptionCode.SUBNET_MASK:
    case OptionCode.BROADCAST_ADDRESS:
    case OptionCode.REQUESTED_ADDRESS:
    case OptionCode.LEASE_TIME:
    case OptionCode.SERVER_IDENTIFIER:
    case OptionCode.RENEWAL_TIME:
    case OptionCode.REBINDING_TIME:
    case OptionCode.IPV6_ONLY_PREFERRED:
      return 4;
    case OptionCode.INTERFACE_MTU:
    case OptionCode.MAXIMUM_MESSAGE_SIZE:
      return 2;
    case OptionCode.OVERLOAD:
    case OptionCode.MESSAGE_TYPE:
    case OptionCode.AUTO_CONFIGURE:
      return 1;
    case OptionCode.RAPID_COMMIT:
      return 0;
    default:
      return -1;
  }
}

/** Whether an option may have a length; codes that are not modelled, any. */
export function allowsLength(code: number, length: number): boolean {
  const octets = fixed(code);
  if (octets >= 0) return length === octets;
  switch (code) {
    case OptionCode.ROUTERS:
    case OptionCode.DOMAIN_NAME_SERVERS:
    case OptionCode.NTP_SERVERS:
    case OptionCode.TFTP_SERVERS:
      return length > 0 && length % 4 === 0;
    case OptionCode.HOST_NAME:
    case OptionCode.DOMAIN_NAME:
    case OptionCode.VENDOR_SPECIFIC:
    case OptionCode.PARAMETER_REQUEST_LIST:
    case OptionCode.MESSAGE:
    case OptionCode.VENDOR_CLASS:
    case OptionCode.TFTP_SERVER_NAME:
    case OptionCode.BOOTFILE_NAME:
    case OptionCode.USER_CLASS:
    case OptionCode.CAPTIVE_PORTAL:
    case OptionCode.DOMAIN_SEARCH:
      return length > 0;
    case OptionCode.CLIENT_IDENTIFIER:
    case OptionCode.RELAY_AGENT_INFORMATION:
      return length > 1;
    case OptionCode.CLIENT_FQDN:
      return length > 2;
    case OptionCode.CLASSLESS_ROUTES:
      return length > 4;
    default:
      return true;
  }
}

/**
 * A reusable walk over options: those of a message, from field to field as
 * option 52 says (RFC 2131 section 4.1), or those in any octets.
 *
 * An option may be a piece of one that is longer than 255 octets (RFC 3396);
 * {@linkcode Aggregate} joins them.
 */
export class Options {
  /** Code of the option that {@linkcode Options.next} found. */
  code = 0;
  /** Offset of its first octet, that of the code. */
  start = 0;
  /** Offset behind its last octet. */
  end = 0;
  /** The field that it is in, one of {@linkcode Area}. */
  area: number = Area.OPTIONS;
  /** `"option"` once a length led out of the field; the walk is over then. */
  reason: Reason | undefined = undefined;
  /** Whether each field that was left had an end, as RFC 2131 wants it. */
  ended = true;
  #view: DataView = EMPTY;
  #last = 0;
  #message = -1;
  #overload = 0;

  /** Begins a walk over the octets `start`..`end` alone. */
  wrap(view: DataView, start: number, end: number): this {
    this.#view = view;
    this.#last = end;
    this.#message = -1;
    this.#overload = 0;
    this.start = start;
    this.end = start;
    this.code = 0;
    this.area = Area.OPTIONS;
    this.reason = undefined;
    this.ended = true;
    return this;
  }

  /** Begins a walk over all options of a checked message. */
  over(message: Message): this {
    this.wrap(message.view, message.optionsStart, message.optionsEnd);
    this.#message = message.start;
    return this;
  }

  /** Goes to the next option but for padding; false behind the last. */
  next(): boolean {
    const view = this.#view;
    let at = this.end;
    for (;;) {
      while (at < this.#last && view.getUint8(at) === OptionCode.PAD) at++;
      if (at < this.#last) {
        if (view.getUint8(at) !== OptionCode.END) break;
      } else if (this.#last >= 0) {
        this.ended = false;
      }
      at = this.#advance();
      if (at < 0) return this.#finish();
    }
    const length = at + 1 < this.#last ? view.getUint8(at + 1) : -1;
    if (length < 0 || at + 2 + length > this.#last) {
      this.reason = "option";
      return this.#finish();
    }
    this.code = view.getUint8(at);
    this.start = at;
    this.end = at + 2 + length;
    if (
      this.code === OptionCode.OVERLOAD && length === 1 &&
      this.#message >= 0 && this.area === Area.OPTIONS && this.#overload === 0
    ) this.#overload = view.getUint8(at + 2) & 3;
    return true;
  }

  /** Ends the walk, for good. */
  #finish(): false {
    this.end = 0;
    this.#last = -1;
    this.#overload = 0;
    return false;
  }

  /** Goes to the next field; its offset, or -1 if there is none. */
  #advance(): number {
    let at = -1;
    if ((this.#overload & 1) !== 0) {
      this.#overload &= ~1;
      this.area = Area.FILE;
      at = this.#message + FILE;
      this.#last = this.#message + HEADER_LENGTH;
    } else if ((this.#overload & 2) !== 0) {
      this.#overload = 0;
      this.area = Area.SNAME;
      at = this.#message + SNAME;
      this.#last = this.#message + FILE;
    }
    return at;
  }

  /** Goes to the next option with a code; false if none is left. */
  find(code: number): boolean {
    while (this.next()) if (this.code === code) return true;
    return false;
  }

  /** Offset of the first octet of data. */
  get dataStart(): number {
    return this.start + 2;
  }

  /** Octets of data. */
  get length(): number {
    return this.end - this.start - 2;
  }

  /**
   * `"option"` if the length is not what the code's standard gives; if nothing,
   * the accessor for that kind of data reads no more than the data.
   */
  check(): Reason | undefined {
    return allowsLength(this.code, this.length) ? undefined : "option";
  }

  /** The data of an option of one octet. */
  get octet(): number {
    return this.#view.getUint8(this.start + 2);
  }

  /** The data of an option of two octets. */
  get short(): number {
    return this.#view.getUint16(this.start + 2);
  }

  /** The seconds in an option of four octets; 0xffffffff is for ever. */
  get seconds(): number {
    return this.#view.getUint32(this.start + 2);
  }

  /** Number of whole addresses in an option of addresses. */
  get addressCount(): number {
    return this.length >>> 2;
  }

  /** The address at `index`, less than `addressCount`; int32. */
  address(index: number): number {
    return this.#view.getInt32(this.start + 2 + 4 * index);
  }
}

/**
 * A reusable walk over the sub-options of a relay agent (RFC 3046 section 2.0),
 * which have neither padding nor an end.
 */
export class Suboptions {
  /** Code of the sub-option that {@linkcode Suboptions.next} found. */
  code = 0;
  /** Offset of its first octet of data. */
  start = 0;
  /** Offset behind its last. */
  end = 0;
  /** `"option"` once a length led outside. */
  reason: Reason | undefined = undefined;
  #view: DataView = EMPTY;
  #last = 0;

  /** Begins a walk over `start`..`end`, the data of the option. */
  wrap(view: DataView, start: number, end: number): this {
    this.#view = view;
    this.#last = end;
    this.start = start;
    this.end = start;
    this.code = 0;
    this.reason = undefined;
    return this;
  }

  /** Goes to the next sub-option; false behind the last. */
  next(): boolean {
    const at = this.end;
    if (at >= this.#last) return false;
    const length = at + 1 < this.#last ? this.#view.getUint8(at + 1) : -1;
    if (length < 0 || at + 2 + length > this.#last) {
      this.reason = "option";
      this.end = this.#last;
      return false;
    }
    this.code = this.#view.getUint8(at);
    this.start = at + 2;
    this.end = at + 2 + length;
    return true;
  }
}

/** A reusable walk over classless routes, RFC 3442. */
export class Routes {
  /** Bits of the prefix, 0..32. */
  prefixLength = 0;
  /** The destination, int32; bits behind the prefix are 0. */
  destination = 0;
  /** The router, int32; 0 says that the destination is on the link. */
  router = 0;
  /** `"option"` once a route did not fit or a prefix had over 32 bits. */
  reason: Reason | undefined = undefined;
  #view: DataView = EMPTY;
  #at = 0;
  #last = 0;

  /** Begins a walk over `start`..`end`, the joined data of the option. */
  wrap(view: DataView, start: number, end: number): this {
    this.#view = view;
    this.#at = start;
    this.#last = end;
    this.reason = undefined;
    return this;
  }

  /** Goes to the next route; false behind the last. */
  next(): boolean {
    let at = this.#at;
    if (at >= this.#last) return false;
    const prefixLength = this.#view.getUint8(at++);
    const octets = prefixLength + 7 >>> 3;
    if (prefixLength > 32 || at + octets + 4 > this.#last) {
      this.reason = "option";
      this.#at = this.#last;
      return false;
    }
    let destination = 0;
    for (let i = 0; i < octets; i++) {
      destination |= this.#view.getUint8(at++) << 24 - 8 * i;
    }
    this.prefixLength = prefixLength;
    // RFC 3442: hosts must mask what senders left there.
    this.destination = prefixLength === 0
      ? 0
      : destination & -1 << 32 - prefixLength;
    this.router = this.#view.getInt32(at);
    this.#at = at + 4;
    return true;
  }
}

/** A reusable walk over a list of names to search in, RFC 3397. */
export class SearchList {
  /** Offset of the name that {@linkcode SearchList.next} found. */
  start = 0;
  /** Offset behind its root or its pointer. */
  end = 0;
  /** `"option"` once a name did not end within the list. */
  reason: Reason | undefined = undefined;
  #view: DataView = EMPTY;
  #first = 0;
  #last = 0;

  /** Begins a walk over `start`..`end`, the joined data of the option. */
  wrap(view: DataView, start: number, end: number): this {
    this.#view = view;
    this.#first = start;
    this.#last = end;
    this.start = start;
    this.end = start;
    this.reason = undefined;
    return this;
  }

  /** Goes to the next name; false behind the last. */
  next(): boolean {
    if (this.end >= this.#last) return false;
    this.start = this.end;
    this.end = skipName(this.#view, this.start, this.#last, true);
    if (this.end >= 0) return true;
    this.reason = "option";
    this.end = this.#last;
    return false;
  }

  /**
   * Writes the name without pointers at `at`..`limit` of `into`: the number of
   * octets, at most 255, or -1 if it has no sound form or does not fit.
   */
  expand(into: DataView, at: number, limit: number): number {
    return expandName(
      this.#view,
      this.#first,
      this.#last,
      this.start,
      into,
      at,
      limit,
    );
  }
}

/**
 * All options of a message by code, the pieces of each joined in the order of
 * the walk (RFC 3396 section 7), in memory that the caller gives.
 *
 * Takes two walks, whatever the message holds.
 */
export class Aggregate {
  /** The memory: the data of all options, by ascending code. */
  readonly view: DataView;
  /** Options that found no room in the memory. */
  dropped = 0;
  readonly #options = new Options();
  readonly #start = new Uint32Array(256);
  readonly #end = new Uint32Array(256);
  /** Octets of the first piece, and 1; 0 if the option is absent. */
  readonly #first = new Uint16Array(256);

  /** Joins into `memory`; 576 octets are enough for a message that long. */
  constructor(memory: Uint8Array<ArrayBuffer>) {
    this.view = new DataView(
      memory.buffer,
      memory.byteOffset,
      memory.byteLength,
    );
  }

  /**
   * Joins the options of a checked message. `"option"` if a length led out of
   * its field; then what stands in front of it has been taken.
   */
  gather(message: Message): Reason | undefined {
    const options = this.#options;
    const first = this.#first;
    const start = this.#start;
    const end = this.#end;
    first.fill(0);
    end.fill(0);
    this.dropped = 0;
    options.over(message);
    while (options.next()) {
      const code = options.code;
      if (first[code] === 0) first[code] = options.length + 1;
      end[code]! += options.length;
    }
    const room = this.view.byteLength;
    let at = 0;
    for (let code = 0; code < 256; code++) {
      if (first[code] === 0) continue;
      const length = end[code]!;
      if (length > room - at) {
        first[code] = 0;
        this.dropped++;
        continue;
      }
      start[code] = at;
      end[code] = at;
      at += length;
    }
    options.over(message);
    while (options.next()) {
      const code = options.code;
      if (first[code] === 0) continue;
      const length = options.length;
      const from = options.dataStart;
      const to = end[code]!;
      for (let i = 0; i < length; i++) {
        this.view.setUint8(to + i, message.view.getUint8(from + i));
      }
      end[code] = to + length;
    }
    return options.reason;
  }

  /** Whether the message has the option, and there was room. */
  has(code: number): boolean {
    return this.#first[code] !== 0;
  }

  /** Offset of the first octet of data in {@linkcode Aggregate.view}. */
  start(code: number): number {
    return this.#start[code]!;
  }

  /** Offset behind the last octet of data. */
  end(code: number): number {
    return this.#end[code]!;
  }

  /** Octets of data, all pieces together. */
  length(code: number): number {
    return this.has(code) ? this.end(code) - this.start(code) : 0;
  }

  /**
   * Whether the data begins with as many octets as the code's standard gives:
   * an option of fixed length that stands twice counts once, the first.
   */
  isSound(code: number): boolean {
    const first = this.#first[code]!;
    return first !== 0 &&
      (allowsLength(code, this.length(code)) ||
        fixed(code) >= 0 && first - 1 === fixed(code));
  }
}
