/**
 * The options of Neighbor Discovery messages: RFC 4861 section 4.6, and those of
 * RFC 3971, 4191, 6275, 8106, 8781, 8910 and 9762.
 *
 * @module
 */

import { readWords } from "./_words.ts";
import type { Reason } from "./reason.ts";

export * from "./ndp_names.ts";

const LENGTH = 1;
const BODY = 2;
const PREFIX_LENGTH = 2;
const FLAGS = 3;
const WORD = 4;
const PREFERRED = 8;
const PREFIX = 16;
const LONG_BODY = 8;

const ON_LINK = 0x80;
const AUTONOMOUS = 0x40;
const ROUTER_ADDRESS = 0x20;
const DELEGATION = 0x10;

/** Octets that lengths of options count in. */
export const OPTION_UNIT = 8;
/** Most octets of an option. */
export const MAX_OPTION_LENGTH = 2040;
/** A lifetime that does not end. */
export const INFINITE_LIFETIME = 0xffff_ffff;

/** Types of options that are read; any other number survives a round trip. */
export const OptionType = {
  /** Link-layer address of the sender (RFC 4861). */
  SOURCE_LINK_LAYER_ADDRESS: 1,
  /** Link-layer address of the target (RFC 4861). */
  TARGET_LINK_LAYER_ADDRESS: 2,
  /** A prefix of the link (RFC 4861). */
  PREFIX_INFORMATION: 3,
  /** The beginning of the packet that is redirected (RFC 4861). */
  REDIRECTED_HEADER: 4,
  /** MTU of the link (RFC 4861). */
  MTU: 5,
  /** Ties an answer to a question (RFC 3971). */
  NONCE: 14,
  /** A more specific route (RFC 4191). */
  ROUTE_INFORMATION: 24,
  /** Recursive DNS servers (RFC 8106). */
  RDNSS: 25,
  /** DNS search list (RFC 8106). */
  DNSSL: 31,
  /** URI of the interface of a captive portal (RFC 8910). */
  CAPTIVE_PORTAL: 37,
  /** Prefix of a translator to IPv4 (RFC 8781). */
  PREF64: 38,
} as const;

const NAMES: Readonly<Record<number, string>> = {
  1: "source link-layer address",
  2: "target link-layer address",
  3: "prefix information",
  4: "redirected header",
  5: "mtu",
  6: "NBMA shortcut limit",
  7: "advertisement interval",
  8: "home agent information",
  9: "source address list",
  10: "target address list",
  11: "CGA",
  12: "RSA signature",
  13: "timestamp",
  14: "nonce",
  15: "trust anchor",
  16: "certificate",
  17: "IP address/prefix",
  18: "new router prefix information",
  19: "link-layer address",
  20: "neighbor advertisement acknowledgment",
  23: "MAP",
  24: "route information",
  25: "rdnss",
  26: "RA flags extension",
  27: "handover key request",
  28: "handover key reply",
  29: "handover assist information",
  30: "mobile node identifier",
  31: "dnssl",
  32: "proxy signature",
  33: "address registration",
  34: "6LoWPAN context",
  35: "authoritative border router",
  36: "6LoWPAN capability indication",
  37: "captive portal",
  38: "pref64",
  39: "crypto-ID parameters",
  40: "NDP signature",
  138: "CARD request",
  139: "CARD reply",
};

/** The name of an option type, or `option N`. */
export function nameOfOption(type: number): string {
  return NAMES[type] ?? `option ${type}`;
}

// RFC 8781 section 4: what the prefix length code stands for.
const PREF64_LENGTHS: readonly number[] = [96, 64, 56, 48, 40, 32];

const EMPTY: DataView = new DataView(new ArrayBuffer(0));

/** Where options lie: the part of a message's view that they are read by. */
export interface Body {
  /** The memory. */
  readonly view: DataView;
  /** Offset of the first option octet. */
  readonly optionsStart: number;
  /** Offset behind the last. */
  readonly optionsEnd: number;
}

/**
 * A walk over the options of a message, bounded by its octets, with accessors
 * for the option at which it stands.
 *
 * Once {@linkcode Options.check} finds nothing no accessor of the option's own
 * type reads outside.
 */
export class Options {
  /** The memory that is read. */
  view: DataView = EMPTY;
  /** Type of the option that {@linkcode Options.next} found. */
  type = 0;
  /** Offset of its first octet. */
  start = 0;
  /** Offset behind its last octet, padding included. */
  end = 0;
  /**
   * `"option"` once a length was 0 or beyond the message, which is then to be
   * dropped (RFC 4861 section 6.1).
   */
  reason: Reason | undefined = undefined;
  #last = 0;

  /** Begins a walk over the options of a checked message. */
  over(message: Body): this {
    return this.wrap(message.view, message.optionsStart, message.optionsEnd);
  }

  /** As {@linkcode over}, of the octets `start`..`end`. */
  wrap(view: DataView, start: number, end: number): this {
    this.view = view;
    this.#last = end;
    this.type = 0;
    this.start = start;
    this.end = start;
    this.reason = undefined;
    return this;
  }

  /** Goes to the next option; false behind the last. */
  next(): boolean {
    const at = this.end;
    const room = this.#last - at;
    if (room <= 0) return false;
    const length = room < OPTION_UNIT
      ? 0
      : this.view.getUint8(at + LENGTH) * OPTION_UNIT;
    if (length === 0 || length > room) {
      this.reason = "option";
      this.end = this.#last;
      return false;
    }
    this.type = this.view.getUint8(at);
    this.start = at;
    this.end = at + length;
    return true;
  }

  /**
   * Judges the option at which the walk stands: `"option"` if it has not the
   * length that its standard gives, `"malformed"` for a prefix length that
   * cannot be. Such an option is to be ignored, and the others not.
   */
  check(): Reason | undefined {
    const octets = this.end - this.start;
    switch (this.type) {
      case OptionType.PREFIX_INFORMATION:
        if (octets !== 32) return "option";
        return this.prefixLength > 128 ? "malformed" : undefined;
      case OptionType.MTU:
        return octets !== 8 ? "option" : undefined;
      case OptionType.ROUTE_INFORMATION: {
        const { prefixLength } = this;
        if (prefixLength > 128) return "malformed";
        return octets > 24 || octets < lengthOfRoute(prefixLength)
          ? "option"
          : undefined;
      }
      case OptionType.RDNSS:
        return octets < 24 || octets % 16 !== 8 ? "option" : undefined;
      case OptionType.DNSSL:
        return octets < 16 ? "option" : undefined;
      case OptionType.PREF64:
        if (octets !== 16) return "option";
        return this.prefixLength < 0 ? "malformed" : undefined;
      default:
        return undefined;
    }
  }

  /** First two octets of a link-layer address, as Ethernet has it. */
  get high(): number {
    return this.view.getUint16(this.start + BODY);
  }

  /** Last four octets of an Ethernet address, int32. */
  get low(): number {
    return this.view.getInt32(this.start + BODY + 2);
  }

  /**
   * Length of the prefix in prefix and route information, 0..255; in a PREF64
   * one of 96, 64, 56, 48, 40, 32, or -1 for a code that is not assigned.
   */
  get prefixLength(): number {
    if (this.type !== OptionType.PREF64) {
      return this.view.getUint8(this.start + PREFIX_LENGTH);
    }
    const code = this.view.getUint8(this.start + BODY + 1) & 7;
    return code < PREF64_LENGTHS.length ? PREF64_LENGTHS[code]! : -1;
  }

  /** Whether addresses of the prefix are on the link. */
  get onLink(): boolean {
    return (this.view.getUint8(this.start + FLAGS) & ON_LINK) !== 0;
  }

  /** Whether hosts may make themselves addresses of the prefix. */
  get autonomous(): boolean {
    return (this.view.getUint8(this.start + FLAGS) & AUTONOMOUS) !== 0;
  }

  /** Whether the prefix is a router's whole address (RFC 6275 section 7.2). */
  get routerAddress(): boolean {
    return (this.view.getUint8(this.start + FLAGS) & ROUTER_ADDRESS) !== 0;
  }

  /** Whether prefixes of one's own are rather to be asked for (RFC 9762). */
  get delegation(): boolean {
    return (this.view.getUint8(this.start + FLAGS) & DELEGATION) !== 0;
  }

  /** Seconds that the prefix is valid, uint32: see {@linkcode INFINITE_LIFETIME}. */
  get validLifetime(): number {
    return this.view.getUint32(this.start + WORD);
  }

  /** Seconds that addresses of the prefix are preferred, uint32. */
  get preferredLifetime(): number {
    return this.view.getUint32(this.start + PREFERRED);
  }

  /** MTU of the link, octets. */
  get mtu(): number {
    return this.view.getUint32(this.start + WORD);
  }

  /** Seconds that a route, DNS servers, a search list or a PREF64 hold. */
  get lifetime(): number {
    if (this.type === OptionType.PREF64) {
      return this.view.getUint16(this.start + BODY) & ~7;
    }
    return this.view.getUint32(this.start + WORD);
  }

  /** How much a route is preferred: one of `ndp.Preference`. */
  get preference(): number {
    return this.view.getUint8(this.start + FLAGS) << 27 >> 30;
  }

  /** Offset of the prefix, of which there are octets up to `prefixEnd`. */
  get prefixStart(): number {
    if (this.type === OptionType.PREFIX_INFORMATION) return this.start + PREFIX;
    return this.start +
      (this.type === OptionType.PREF64 ? WORD : LONG_BODY);
  }

  /** Offset behind the last octet of the prefix: 0, 8, 12 or 16 octets. */
  get prefixEnd(): number {
    return this.end;
  }

  /**
   * Copies the prefix to four words of an array, with zeros for what the option
   * leaves out. Bits behind the prefix length are as they were sent.
   */
  copyPrefix(into: Int32Array, at: number = 0): void {
    const { prefixStart: from, prefixEnd: end } = this;
    for (let i = 0; i < 4; i++) {
      into[at + i] = from + 4 * i < end ? this.view.getInt32(from + 4 * i) : 0;
    }
  }

  /** How many DNS servers there are. */
  get addressCount(): number {
    return this.end - this.start - LONG_BODY >>> 4;
  }

  /** Copies the address of a DNS server, `index` below `addressCount`. */
  copyAddress(index: number, into: Int32Array, at: number = 0): void {
    const from = this.start + LONG_BODY + 16 * index;
    readWords(this.view, from, into, at);
  }

  /**
   * Offset of what has no accessor: the redirected packet, addresses of DNS
   * servers, names of a search list, a nonce, a URI, a link-layer address, the
   * octets of any other option.
   */
  get dataStart(): number {
    return this.start + offsetOfData(this.type);
  }

  /** Offset behind that; the zeros behind a URI are left out (RFC 8910 2.3). */
  get dataEnd(): number {
    let { end } = this;
    if (this.type !== OptionType.CAPTIVE_PORTAL) return end;
    const { dataStart } = this;
    while (end > dataStart && this.view.getUint8(end - 1) === 0) end--;
    return end;
  }

  /** The URI of a captive portal; what is not printable is percent-encoded. */
  uri(): string {
    let text = "";
    const { dataEnd } = this;
    for (let at = this.dataStart; at < dataEnd; at++) {
      const octet = this.view.getUint8(at);
      text += octet > 0x20 && octet < 0x7f
        ? String.fromCharCode(octet)
        : `%${octet.toString(16).toUpperCase().padStart(2, "0")}`;
    }
    return text;
  }
}

/** Octets of route information for a prefix length (RFC 4191 section 2.3). */
function lengthOfRoute(prefixLength: number): number {
  if (prefixLength === 0) return 8;
  return prefixLength > 64 ? 24 : 16;
}

/** Octets in front of what {@linkcode Options.dataStart} begins. */
function offsetOfData(type: number): number {
  return type === OptionType.REDIRECTED_HEADER || type === OptionType.RDNSS ||
      type === OptionType.DNSSL
    ? LONG_BODY
    : BODY;
}

/**
 * What one option says. Fields that the type does not have are 0 or false after
 * {@linkcode Option.parse}; the data, of which only the length is here, is the
 * caller's to write.
 */
export class Option {
  /** One of {@linkcode OptionType}, or another. */
  type: number = OptionType.SOURCE_LINK_LAYER_ADDRESS;
  /** First two octets of an Ethernet address. */
  high = 0;
  /** Last four octets of an Ethernet address, int32. */
  low = 0;
  /** Length of the prefix. */
  prefixLength = 0;
  /** Whether addresses of the prefix are on the link. */
  onLink = false;
  /** Whether hosts may make themselves addresses of the prefix. */
  autonomous = false;
  /** Whether the prefix is a router's whole address. */
  routerAddress = false;
  /** Whether prefixes of one's own are rather to be asked for. */
  delegation = false;
  /** Seconds that the prefix is valid. */
  validLifetime = 0;
  /** Seconds that addresses of the prefix are preferred. */
  preferredLifetime = 0;
  /** MTU of the link, octets. */
  mtu = 0;
  /** Seconds that other things hold; a PREF64 says multiples of 8 to 65528. */
  lifetime = 0;
  /** How much a route is preferred: one of `ndp.Preference`. */
  preference = 0;
  /** The prefix, four words. */
  readonly prefix: Int32Array = new Int32Array(4);
  /**
   * Octets of data: all but fixed fields and the zeros that fill a unit. 0 for a
   * link-layer address of Ethernet, which `high` and `low` have.
   */
  dataLength = 0;

  /** Forgets all. */
  clear(): void {
    this.high = this.low = this.prefixLength = 0;
    this.onLink = this.autonomous = false;
    this.routerAddress = this.delegation = false;
    this.validLifetime = this.preferredLifetime = 0;
    this.mtu =
      this.lifetime =
      this.preference =
      this.dataLength =
        0;
    this.prefix.fill(0);
  }

  /** Takes over what the option at which a walk stands says, if it is sound. */
  parse(from: Options): Reason | undefined {
    const reason = from.check();
    if (reason !== undefined) return reason;
    this.clear();
    const { type } = from;
    this.type = type;
    switch (type) {
      case OptionType.PREFIX_INFORMATION:
        this.prefixLength = from.prefixLength;
        this.onLink = from.onLink;
        this.autonomous = from.autonomous;
        this.routerAddress = from.routerAddress;
        this.delegation = from.delegation;
        this.validLifetime = from.validLifetime;
        this.preferredLifetime = from.preferredLifetime;
        from.copyPrefix(this.prefix);
        return undefined;
      case OptionType.MTU:
        this.mtu = from.mtu;
        return undefined;
      case OptionType.ROUTE_INFORMATION:
        this.preference = from.preference;
        this.prefixLength = from.prefixLength;
        this.lifetime = from.lifetime;
        from.copyPrefix(this.prefix);
        return undefined;
      case OptionType.PREF64:
        this.prefixLength = from.prefixLength;
        this.lifetime = from.lifetime;
        from.copyPrefix(this.prefix);
        return undefined;
      case OptionType.RDNSS:
      case OptionType.DNSSL:
        this.lifetime = from.lifetime;
        break;
      case OptionType.SOURCE_LINK_LAYER_ADDRESS:
      case OptionType.TARGET_LINK_LAYER_ADDRESS:
        if (from.end - from.start > OPTION_UNIT) break;
        this.high = from.high;
        this.low = from.low;
        return undefined;
    }
    this.dataLength = from.dataEnd - from.dataStart;
    return undefined;
  }

  /**
   * Whether an option can say it: `"length"` if it is too long, `"malformed"`
   * for a prefix length that cannot be.
   */
  check(): Reason | undefined {
    if (this.bufferLength > MAX_OPTION_LENGTH) return "length";
    return this.prefixLength > 128 ||
        (this.type === OptionType.PREF64 &&
          !PREF64_LENGTHS.includes(this.prefixLength))
      ? "malformed"
      : undefined;
  }

  /** Octets from the option's start to its data. */
  get dataOffset(): number {
    return offsetOfData(this.type);
  }

  /** Octets of the option, a multiple of 8. */
  get bufferLength(): number {
    switch (this.type) {
      case OptionType.PREFIX_INFORMATION:
        return 32;
      case OptionType.MTU:
        return 8;
      case OptionType.ROUTE_INFORMATION:
        return lengthOfRoute(this.prefixLength);
      case OptionType.PREF64:
        return 16;
    }
    return Math.max(8, this.dataOffset + this.dataLength + 7 & ~7);
  }

  /** Writes the option at `at`, but for its data; what fills it up is zeros. */
  emit(view: DataView, at: number): void {
    const { type, bufferLength } = this;
    view.setUint8(at, type);
    view.setUint8(at + LENGTH, bufferLength / OPTION_UNIT);
    switch (type) {
      case OptionType.PREFIX_INFORMATION:
        view.setUint8(at + PREFIX_LENGTH, this.prefixLength);
        view.setUint8(
          at + FLAGS,
          (this.onLink ? ON_LINK : 0) | (this.autonomous ? AUTONOMOUS : 0) |
            (this.routerAddress ? ROUTER_ADDRESS : 0) |
            (this.delegation ? DELEGATION : 0),
        );
        view.setUint32(at + WORD, this.validLifetime);
        view.setUint32(at + PREFERRED, this.preferredLifetime);
        view.setInt32(at + PREFERRED + 4, 0);
        return this.#emitPrefix(view, at + PREFIX, 16);
      case OptionType.MTU:
        view.setUint16(at + BODY, 0);
        return view.setUint32(at + WORD, this.mtu);
      case OptionType.ROUTE_INFORMATION:
        view.setUint8(at + PREFIX_LENGTH, this.prefixLength);
        view.setUint8(at + FLAGS, (this.preference & 3) << 3);
        view.setUint32(at + WORD, this.lifetime);
        return this.#emitPrefix(view, at + LONG_BODY, bufferLength - LONG_BODY);
      case OptionType.PREF64: {
        const scaled = Math.min(0x1fff, Math.ceil(this.lifetime / 8));
        const code = Math.max(0, PREF64_LENGTHS.indexOf(this.prefixLength));
        view.setUint16(at + BODY, scaled << 3 | code);
        return this.#emitPrefix(view, at + WORD, 12);
      }
      case OptionType.RDNSS:
      case OptionType.DNSSL:
        view.setUint16(at + BODY, 0);
        view.setUint32(at + WORD, this.lifetime);
        break;
      case OptionType.REDIRECTED_HEADER:
        view.setUint16(at + BODY, 0);
        view.setInt32(at + WORD, 0);
        break;
      case OptionType.SOURCE_LINK_LAYER_ADDRESS:
      case OptionType.TARGET_LINK_LAYER_ADDRESS:
        if (this.dataLength > 0) break;
        view.setUint16(at + BODY, this.high);
        return view.setInt32(at + BODY + 2, this.low);
    }
    const end = at + bufferLength;
    for (let i = at + this.dataOffset + this.dataLength; i < end; i++) {
      view.setUint8(i, 0);
    }
  }

  #emitPrefix(view: DataView, at: number, octets: number): void {
    for (let i = 0; 4 * i < octets; i++) {
      view.setInt32(at + 4 * i, this.prefix[i]!);
    }
  }
}
