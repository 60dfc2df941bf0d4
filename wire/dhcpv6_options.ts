/**
 * The options of DHCP for IPv6, [RFC 8415](https://www.rfc-editor.org/rfc/rfc8415)
 * section 21 and later standards, walked at any depth by the same cursor.
 *
 * @module
 */

import { readWords } from "./_words.ts";
import type { Reason } from "./reason.ts";

/** Octets of an option's code and length. */
export const OPTION_HEADER_LENGTH = 4;

/** Codes of options. */
export const OptionCode = {
  /** The client: a DUID. */
  CLIENT_ID: 1,
  /** The server: a DUID. */
  SERVER_ID: 2,
  /** Identity association for addresses. */
  IA_NA: 3,
  /** Identity association for temporary addresses. */
  IA_TA: 4,
  /** An address of an identity association. */
  IA_ADDRESS: 5,
  /** Codes that a client asks for. */
  OPTION_REQUEST: 6,
  /** Preference of a server, 0..255. */
  PREFERENCE: 7,
  /** Hundredths of a second since the client began. */
  ELAPSED_TIME: 8,
  /** The message that a relay agent passes on. */
  RELAY_MESSAGE: 9,
  /** Authentication (RFC 8415 section 20). */
  AUTHENTICATION: 11,
  /** The server may be sent to directly. */
  SERVER_UNICAST: 12,
  /** A status and text. */
  STATUS_CODE: 13,
  /** Two messages instead of four. */
  RAPID_COMMIT: 14,
  /** User classes. */
  USER_CLASS: 15,
  /** Vendor classes of one enterprise. */
  VENDOR_CLASS: 16,
  /** What one enterprise defines. */
  VENDOR_OPTIONS: 17,
  /** The interface on which a relay agent got the message. */
  INTERFACE_ID: 18,
  /** The message that a client is to answer a reconfigure with. */
  RECONFIGURE_MESSAGE: 19,
  /** The client takes reconfigures. */
  RECONFIGURE_ACCEPT: 20,
  /** DNS servers: addresses (RFC 3646). */
  DNS_SERVERS: 23,
  /** Names to search in (RFC 3646). */
  DOMAIN_LIST: 24,
  /** Identity association for prefixes (RFC 3633). */
  IA_PD: 25,
  /** A prefix of an identity association (RFC 3633). */
  IA_PREFIX: 26,
  /** When to ask again for parameters, seconds. */
  INFORMATION_REFRESH_TIME: 32,
  /** Fully qualified name of the client (RFC 4704). */
  CLIENT_FQDN: 39,
  /** NTP servers: sub-options (RFC 5908). */
  NTP_SERVER: 56,
  /** URL of the file to boot (RFC 5970). */
  BOOTFILE_URL: 59,
  /** Most seconds between solicits (RFC 7083). */
  SOL_MAX_RT: 82,
  /** Most seconds between information requests (RFC 7083). */
  INF_MAX_RT: 83,
  /** URI of the captive portal's interface (RFC 8910). */
  CAPTIVE_PORTAL: 103,
} as const;

/** Codes of the sub-options of NTP_SERVER (RFC 5908 section 4). */
export const NtpCode = {
  /** An address of a server. */
  SERVER_ADDRESS: 1,
  /** A group that servers send to. */
  MULTICAST_ADDRESS: 2,
  /** A name of a server. */
  SERVER_FQDN: 3,
} as const;

/** Status codes (RFC 8415 section 21.13). */
export const Status = {
  /** All is well; so is no status at all. */
  SUCCESS: 0,
  /** It failed, for no reason that has a code. */
  UNSPECIFIED: 1,
  /** The server has no address to give. */
  NO_ADDRESSES_AVAILABLE: 2,
  /** The server knows no such identity association. */
  NO_BINDING: 3,
  /** The prefix is not right for the link. */
  NOT_ON_LINK: 4,
  /** The client has to use the group of all servers. */
  USE_MULTICAST: 5,
  /** The server has no prefix to give. */
  NO_PREFIX_AVAILABLE: 6,
} as const;

/** Types of DUIDs (RFC 8415 section 11). */
export const DuidType = {
  /** Link-layer address and time. */
  LINK_LAYER_TIME: 1,
  /** Enterprise number and identifier. */
  ENTERPRISE: 2,
  /** Link-layer address. */
  LINK_LAYER: 3,
  /** UUID (RFC 6355). */
  UUID: 4,
} as const;

/** Octets of the longest DUID: a type and 128 (RFC 8415 section 11.1). */
export const MAX_DUID_LENGTH = 130;

/** Whether an option may have a length; codes that are not modelled, any. */
export function allowsLength(code: number, length: number): boolean {
  switch (code) {
    case OptionCode.CLIENT_ID:
    case OptionCode.SERVER_ID:
      return length >= 3 && length <= MAX_DUID_LENGTH;
    case OptionCode.IA_NA:
    case OptionCode.IA_PD:
      return length >= 12;
    case OptionCode.IA_TA:
      return length >= 4;
    case OptionCode.IA_ADDRESS:
      return length >= 24;
    case OptionCode.IA_PREFIX:
      return length >= 25;
    case OptionCode.OPTION_REQUEST:
      return length % 2 === 0;
    case OptionCode.PREFERENCE:
    case OptionCode.RECONFIGURE_MESSAGE:
      return length === 1;
    case OptionCode.ELAPSED_TIME:
      return length === 2;
    case OptionCode.RELAY_MESSAGE:
    case OptionCode.INTERFACE_ID:
    case OptionCode.DOMAIN_LIST:
    case OptionCode.BOOTFILE_URL:
    case OptionCode.CAPTIVE_PORTAL:
      return length > 0;
    case OptionCode.AUTHENTICATION:
      return length >= 11;
    case OptionCode.SERVER_UNICAST:
      return length === 16;
    case OptionCode.STATUS_CODE:
      return length >= 2;
    case OptionCode.RAPID_COMMIT:
    case OptionCode.RECONFIGURE_ACCEPT:
      return length === 0;
    case OptionCode.USER_CLASS:
      return length >= 2;
    case OptionCode.VENDOR_CLASS:
    case OptionCode.VENDOR_OPTIONS:
      return length >= 4;
    case OptionCode.DNS_SERVERS:
      return length > 0 && length % 16 === 0;
    case OptionCode.INFORMATION_REFRESH_TIME:
    case OptionCode.SOL_MAX_RT:
    case OptionCode.INF_MAX_RT:
      return length === 4;
    case OptionCode.CLIENT_FQDN:
      return length >= 1;
    case OptionCode.NTP_SERVER:
      return length >= OPTION_HEADER_LENGTH;
    default:
      return true;
  }
}

/** Octets of data in front of the options that an option holds; -1 if none. */
function nestedAt(code: number): number {
  switch (code) {
    case OptionCode.IA_NA:
    case OptionCode.IA_PD:
      return 12;
    case OptionCode.IA_TA:
    case OptionCode.VENDOR_OPTIONS:
      return 4;
    case OptionCode.IA_ADDRESS:
      return 24;
    case OptionCode.IA_PREFIX:
      return 25;
    case OptionCode.NTP_SERVER:
      return 0;
    default:
      return -1;
  }
}

const EMPTY: DataView = new DataView(new ArrayBuffer(0));

/** What has a range of octets in which options lie. */
export interface Holder {
  /** The memory. */
  readonly view: DataView;
  /** Offset of the first option octet. */
  readonly optionsStart: number;
  /** Offset behind the last. */
  readonly optionsEnd: number;
}

/**
 * A reusable walk over options: those of a message, or those within another
 * option, for which a second cursor is given the first.
 *
 * Accessors read the data of one kind of option each; none reads outside of it
 * once {@linkcode Options.check} found nothing.
 */
export class Options {
  /** The memory. */
  view: DataView = EMPTY;
  /** Code of the option that {@linkcode Options.next} found. */
  code = 0;
  /** Offset of its first octet, that of the code. */
  start = 0;
  /** Offset behind its last octet. */
  end = 0;
  /** `"option"` once an option led outside; the walk is over then. */
  reason: Reason | undefined = undefined;
  #last = 0;

  /** Begins a walk over the octets `start`..`end`. */
  wrap(view: DataView, start: number, end: number): this {
    this.view = view;
    this.#last = end;
    this.start = start;
    this.end = start;
    this.code = 0;
    this.reason = undefined;
    return this;
  }

  /** Begins a walk over the options of a message, or of a checked option. */
  over(holder: Holder): this {
    return this.wrap(holder.view, holder.optionsStart, holder.optionsEnd);
  }

  /** Goes to the next option; false behind the last. */
  next(): boolean {
    const at = this.end;
    const left = this.#last - at;
    if (left <= 0) return false;
    const length = left < OPTION_HEADER_LENGTH
      ? left
      : this.view.getUint16(at + 2);
    if (length > left - OPTION_HEADER_LENGTH) {
      this.reason = "option";
      this.end = this.#last;
      return false;
    }
    this.code = this.view.getUint16(at);
    this.start = at;
    this.end = at + OPTION_HEADER_LENGTH + length;
    return true;
  }

  /** Goes to the next option with a code; false if none is left. */
  find(code: number): boolean {
    while (this.next()) if (this.code === code) return true;
    return false;
  }

  /** `"option"` if the length is not what the code's standard gives. */
  check(): Reason | undefined {
    return allowsLength(this.code, this.length) ? undefined : "option";
  }

  /** Offset of the first octet of data. */
  get dataStart(): number {
    return this.start + OPTION_HEADER_LENGTH;
  }

  /** Octets of data. */
  get length(): number {
    return this.end - this.start - OPTION_HEADER_LENGTH;
  }

  /** Offset of the first option that a checked option holds; else its end. */
  get optionsStart(): number {
    const at = nestedAt(this.code);
    return at < 0 ? this.end : this.dataStart + at;
  }

  /** Offset behind the last option that this one holds. */
  get optionsEnd(): number {
    return this.end;
  }

  /** The data of PREFERENCE or RECONFIGURE_MESSAGE; flags of CLIENT_FQDN. */
  get octet(): number {
    return this.view.getUint8(this.start + 4);
  }

  /** The data of ELAPSED_TIME, 10 ms each; the code in STATUS_CODE. */
  get short(): number {
    return this.view.getUint16(this.start + 4);
  }

  /**
   * The seconds in an option of four octets; the identifier of an identity
   * association; the enterprise of VENDOR_CLASS and VENDOR_OPTIONS.
   */
  get word(): number {
    return this.view.getUint32(this.start + 4);
  }

  /** T1 of IA_NA and IA_PD, seconds; 0 leaves it to the client. */
  get t1(): number {
    return this.view.getUint32(this.start + 8);
  }

  /** T2 of IA_NA and IA_PD, seconds; 0 leaves it to the client. */
  get t2(): number {
    return this.view.getUint32(this.start + 12);
  }

  /** Preferred lifetime of IA_ADDRESS and IA_PREFIX, seconds. */
  get preferredLifetime(): number {
    const at = this.code === OptionCode.IA_PREFIX ? 4 : 20;
    return this.view.getUint32(this.start + at);
  }

  /** Valid lifetime of IA_ADDRESS and IA_PREFIX, seconds. */
  get validLifetime(): number {
    const at = this.code === OptionCode.IA_PREFIX ? 8 : 24;
    return this.view.getUint32(this.start + at);
  }

  /** Bits of the prefix of IA_PREFIX; may be over 128. */
  get prefixLength(): number {
    return this.view.getUint8(this.start + 12);
  }

  /**
   * Offset of the address of IA_ADDRESS, of the prefix of IA_PREFIX, or of the
   * first address of DNS_SERVERS or SERVER_UNICAST.
   */
  get addressStart(): number {
    return this.start + (this.code === OptionCode.IA_PREFIX ? 13 : 4);
  }

  /** Number of whole addresses in DNS_SERVERS. */
  get addressCount(): number {
    return this.length >>> 4;
  }

  /** Copies the address at `index`, from `addressStart` on, as four words. */
  copyAddress(index: number, into: Int32Array, at: number = 0): void {
    const from = this.addressStart + 16 * index;
    readWords(this.view, from, into, at);
  }

  /** Number of codes in OPTION_REQUEST. */
  get requestedCount(): number {
    return this.length >>> 1;
  }

  /** The code at `index` of OPTION_REQUEST. */
  requested(index: number): number {
    return this.view.getUint16(this.start + 4 + 2 * index);
  }
}

/**
 * A DHCP unique identifier in place (RFC 8415 section 11). Others compare it as
 * octets and nothing else; this is for making and printing one.
 */
export class Duid {
  /** The memory that is read and written. */
  view: DataView = EMPTY;
  /** Offset of the first octet, that of the type. */
  start = 0;
  /** Offset behind the last octet. */
  end = 0;

  /** Points at the octets `start`..`end`. */
  wrap(view: DataView, start: number, end: number): this {
    this.view = view;
    this.start = start;
    this.end = end;
    return this;
  }

  /**
   * Judges lengths only: `"truncated"` if fewer than the type needs, `"length"`
   * if more than there may be. Then accessors of the type's fields may be used.
   */
  check(): Reason | undefined {
    const octets = this.end - this.start;
    if (octets < 3) return "truncated";
    if (octets > MAX_DUID_LENGTH) return "length";
    switch (this.type) {
      case DuidType.LINK_LAYER_TIME:
        return octets < 8 ? "truncated" : undefined;
      case DuidType.ENTERPRISE:
        return octets < 6 ? "truncated" : undefined;
      case DuidType.LINK_LAYER:
        return octets < 4 ? "truncated" : undefined;
      case DuidType.UUID:
        if (octets === 18) return undefined;
        return octets < 18 ? "truncated" : "length";
      default:
        return undefined;
    }
  }

  /** Type, one of {@linkcode DuidType}. */
  get type(): number {
    return this.view.getUint16(this.start);
  }
  set type(type: number) {
    this.view.setUint16(this.start, type);
  }

  /** Hardware type of types 1 and 3, as ARP has it; 1 for Ethernet. */
  get hardwareType(): number {
    return this.view.getUint16(this.start + 2);
  }
  set hardwareType(type: number) {
    this.view.setUint16(this.start + 2, type);
  }

  /** Seconds since the beginning of 2000, UTC, modulo 2^32; of type 1. */
  get time(): number {
    return this.view.getUint32(this.start + 4);
  }
  set time(seconds: number) {
    this.view.setUint32(this.start + 4, seconds);
  }

  /** Enterprise number of type 2. */
  get enterprise(): number {
    return this.view.getUint32(this.start + 2);
  }
  set enterprise(number: number) {
    this.view.setUint32(this.start + 2, number);
  }

  /** Offset of the link-layer address, the identifier or the UUID. */
  get identifierStart(): number {
    switch (this.type) {
      case DuidType.LINK_LAYER_TIME:
        return this.start + 8;
      case DuidType.ENTERPRISE:
        return this.start + 6;
      case DuidType.LINK_LAYER:
        return this.start + 4;
      default:
        return this.start + 2;
    }
  }
}
