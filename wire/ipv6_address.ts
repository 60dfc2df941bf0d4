/**
 * IPv6 addresses and prefixes, [RFC 4291](https://www.rfc-editor.org/rfc/rfc4291),
 * as values for set-up and printing and as four int32 words, most significant
 * first, for the data path.
 *
 * Text is read as RFC 4291 section 2.2 allows and written as RFC 5952 asks, with
 * zones of RFC 4007 section 11.
 *
 * @module
 */

import { sum } from "./checksum.ts";
import { Address as Ipv4Address, PrefixError } from "./ipv4_address.ts";
import {
  eui64High,
  eui64Low,
  format,
  isDocumentation,
  isIpv4Mapped,
  isLinkLocal,
  isLoopback,
  isMulticast,
  isSiteLocal,
  isSolicitedNode,
  isUniqueLocal,
  isUnspecified,
  netmask,
  scope,
  solicitedNode3,
} from "./ipv6_words.ts";
import { AddressError, decimal, dotted, hexadecimal } from "./_text.ts";

export * from "./ipv6_words.ts";
export { AddressError, PrefixError };

const PERCENT = 0x25;
const DOT = 0x2e;
const COLON = 0x3a;
const MOST_ZONE = 63;

// Visible ASCII but for what ends a zone in a prefix, a URI or an endpoint.
const ZONE = /^[!-$&-.0-Z\\^-~]+$/;

function isZone(zone: string, w0: number, w1: number, w2: number): boolean {
  return zone.length <= MOST_ZONE && ZONE.test(zone) &&
    !isIpv4Mapped(w0, w1, w2);
}

/** A zone that cannot be one, or of an address that has none. */
export class ZoneError extends RangeError {
  /** The name `"ZoneError"`. */
  override readonly name = "ZoneError";
}

// Fields of the text that is being read.
const fields = new Uint16Array(8);

/** Reads the text before `end`; huge input costs nothing. */
function read(text: string, kind: string, end: number): Address | AddressError {
  const fail = (at: number, expected: string) =>
    new AddressError(kind, text, at, expected);
  const code = (at: number) => at < end ? text.charCodeAt(at) : -1;
  let at = 0;
  let count = 0;
  let gap = -1;
  if (code(0) === COLON) {
    if (code(1) !== COLON) return fail(0, 'a field or "::"');
    gap = 0;
    at = 2;
  }
  while (at < end && code(at) !== PERCENT) {
    if (count === 8) return fail(at, "eight fields and no more");
    let field = 0;
    let digits = 0;
    while (digits < 5 && at + digits < end) {
      const digit = hexadecimal(text, at + digits);
      if (digit < 0) break;
      field = field << 4 | digit;
      digits++;
    }
    if (digits > 0 && code(at + digits) === DOT) {
      if (count > 6) return fail(at, "one field of 16 bits");
      let stop = at;
      const limit = Math.min(end, at + 16);
      while (stop < limit && code(stop) !== PERCENT) stop++;
      const quad = dotted(text, kind, at, stop);
      if (typeof quad !== "number") return quad;
      fields[count++] = quad >>> 16;
      fields[count++] = quad & 0xffff;
      at = stop;
      break;
    }
    if (digits === 0 || digits === 5) {
      return fail(at, "1..4 hexadecimal digits");
    }
    fields[count++] = field;
    at += digits;
    if (at === end || code(at) === PERCENT) break;
    if (code(at) !== COLON) return fail(at, '":"');
    at++;
    if (code(at) === COLON) {
      if (gap >= 0) return fail(at, 'no second "::"');
      gap = count;
      at++;
    } else if (at === end || code(at) === PERCENT) {
      return fail(at, "1..4 hexadecimal digits");
    }
  }
  if (gap < 0 && count < 8) return fail(at, 'eight fields or "::"');
  if (gap >= 0) {
    if (count === 8) return fail(at, 'no more than seven fields beside "::"');
    fields.copyWithin(gap + 8 - count, gap, count);
    fields.fill(0, gap, gap + 8 - count);
  }
  const w0 = fields[0]! << 16 | fields[1]!;
  const w1 = fields[2]! << 16 | fields[3]!;
  const w2 = fields[4]! << 16 | fields[5]!;
  const w3 = fields[6]! << 16 | fields[7]!;
  if (at === end) return new Address(w0, w1, w2, w3);
  // An IPv4 address has no zone, whatever its notation.
  if (isIpv4Mapped(w0, w1, w2)) return fail(at, "no zone");
  const zone = text.slice(at + 1, Math.min(end, at + 2 + MOST_ZONE));
  return isZone(zone, w0, w1, w2)
    ? new Address(w0, w1, w2, w3, zone)
    : fail(at + 1, `a zone of 1..${MOST_ZONE} visible characters`);
}

/** An IPv6 address, perhaps with a zone. Immutable; equal if both are. */
export class Address {
  /** `::` */
  static readonly UNSPECIFIED: Address = new Address(0, 0, 0, 0);
  /** `::1` */
  static readonly LOOPBACK: Address = new Address(0, 0, 0, 1);
  /** `ff02::1`, all nodes on this link (RFC 4291 section 2.7.1). */
  static readonly ALL_NODES: Address = new Address(0xff020000, 0, 0, 1);
  /** `ff02::2`, all routers on this link. */
  static readonly ALL_ROUTERS: Address = new Address(0xff020000, 0, 0, 2);

  /** The first 32 bits as int32. */
  readonly w0: number;
  /** The second 32 bits as int32. */
  readonly w1: number;
  /** The third 32 bits as int32. */
  readonly w2: number;
  /** The last 32 bits as int32. */
  readonly w3: number;
  /** The zone that a scoped address is of, such as `eth0`; empty for none. */
  readonly zone: string;

  /**
   * From four words, signed or not; excess bits are cut off.
   *
   * @throws {ZoneError} if the zone could not be read back from text.
   */
  constructor(
    w0: number,
    w1: number,
    w2: number,
    w3: number,
    zone: string = "",
  ) {
    if (zone !== "" && !isZone(zone, w0, w1, w2)) {
      throw new ZoneError(
        `Cannot put ${format(w0, w1, w2, w3)} into a zone of that name: ` +
          `current name is ${JSON.stringify(zone.slice(0, MOST_ZONE + 1))}`,
      );
    }
    this.w0 = w0 | 0;
    this.w1 = w1 | 0;
    this.w2 = w2 | 0;
    this.w3 = w3 | 0;
    this.zone = zone;
  }

  /** From four words of an array. */
  static from(words: Int32Array, at: number = 0): Address {
    return new Address(
      words[at]!,
      words[at + 1]!,
      words[at + 2]!,
      words[at + 3]!,
    );
  }

  /** From sixteen octets of a packet. */
  static read(view: DataView, at: number): Address {
    return new Address(
      view.getInt32(at),
      view.getInt32(at + 4),
      view.getInt32(at + 8),
      view.getInt32(at + 12),
    );
  }

  /** The IPv4-mapped form of an IPv4 address (RFC 4291 section 2.5.5.2). */
  static ipv4Mapped(address: Ipv4Address): Address {
    return new Address(0, 0, 0xffff, address.value);
  }

  /**
   * Reads any form of RFC 4291 section 2.2, and a zone behind `%`.
   *
   * @throws {AddressError} naming the place if the text is anything else.
   */
  static parse(text: string): Address {
    const address = read(text, "an IPv6 address", text.length);
    if (address instanceof AddressError) throw address;
    return address;
  }

  /** As {@linkcode Address.parse}, with nothing where that throws. */
  static tryParse(text: string): Address | undefined {
    const address = read(text, "an IPv6 address", text.length);
    return address instanceof AddressError ? undefined : address;
  }

  /**
   * Reads the host of a URI, `[fe80::1%25eth0]` (RFC 3986 section 3.2.2, RFC
   * 6874 section 2).
   *
   * @throws {AddressError} naming the place if the text is anything else.
   */
  static parseHost(text: string): Address {
    const address = readHost(text);
    if (address instanceof AddressError) throw address;
    return address;
  }

  /** Version of the protocol that the address is of. */
  get version(): 6 {
    return 6;
  }

  /** The same address in another zone; in none by default. */
  withZone(zone: string = ""): Address {
    return new Address(this.w0, this.w1, this.w2, this.w3, zone);
  }

  /**
   * An address of this one's first 64 bits and the modified EUI-64 identifier of
   * an Ethernet address (RFC 4291 appendix A).
   */
  withEui64(high: number, low: number): Address {
    return new Address(
      this.w0,
      this.w1,
      eui64High(high, low),
      eui64Low(low),
      this.zone,
    );
  }

  /** Copies the address to four words of an array. */
  copy(into: Int32Array, at: number = 0): void {
    into[at] = this.w0;
    into[at + 1] = this.w1;
    into[at + 2] = this.w2;
    into[at + 3] = this.w3;
  }

  /** Writes the address as sixteen octets. */
  write(view: DataView, at: number): void {
    view.setInt32(at, this.w0);
    view.setInt32(at + 4, this.w1);
    view.setInt32(at + 8, this.w2);
    view.setInt32(at + 12, this.w3);
  }

  /** The partial internet checksum of the address, for `checksum.pseudo6`. */
  get sum(): number {
    const view = new DataView(new ArrayBuffer(16));
    this.write(view, 0);
    return sum(view, 0, 16);
  }

  /** Whether both are the same address in the same zone. */
  equals(other: Address): boolean {
    return this.w0 === other.w0 && this.w1 === other.w1 &&
      this.w2 === other.w2 && this.w3 === other.w3 && this.zone === other.zone;
  }

  /** See {@linkcode isUnspecified}. */
  get isUnspecified(): boolean {
    return isUnspecified(this.w0, this.w1, this.w2, this.w3);
  }

  /** See {@linkcode isLoopback}. */
  get isLoopback(): boolean {
    return isLoopback(this.w0, this.w1, this.w2, this.w3);
  }

  /** See {@linkcode isMulticast}. */
  get isMulticast(): boolean {
    return isMulticast(this.w0);
  }

  /** See {@linkcode isLinkLocal}. */
  get isLinkLocal(): boolean {
    return isLinkLocal(this.w0);
  }

  /** See {@linkcode isSiteLocal}. */
  get isSiteLocal(): boolean {
    return isSiteLocal(this.w0);
  }

  /** See {@linkcode isUniqueLocal}. */
  get isUniqueLocal(): boolean {
    return isUniqueLocal(this.w0);
  }

  /** See {@linkcode isDocumentation}. */
  get isDocumentation(): boolean {
    return isDocumentation(this.w0);
  }

  /** See {@linkcode isIpv4Mapped}. */
  get isIpv4Mapped(): boolean {
    return isIpv4Mapped(this.w0, this.w1, this.w2);
  }

  /** See {@linkcode isSolicitedNode}. */
  get isSolicitedNode(): boolean {
    return isSolicitedNode(this.w0, this.w1, this.w2, this.w3);
  }

  /** Whether an address can be that of one interface. */
  get isUnicast(): boolean {
    return !this.isMulticast && !this.isUnspecified;
  }

  /** See {@linkcode scope}. */
  get scope(): number {
    return scope(this.w0, this.w1, this.w2, this.w3);
  }

  /** The IPv4 address that is mapped, or nothing. */
  get ipv4(): Ipv4Address | undefined {
    return this.isIpv4Mapped ? new Ipv4Address(this.w3) : undefined;
  }

  /** The group in which solicitations of this address are sent. */
  get solicitedNode(): Address {
    return new Address(0xff020000, 0, 1, solicitedNode3(this.w3), this.zone);
  }

  /** Text of RFC 5952, which {@linkcode Address.parse} reads. */
  toString(): string {
    const text = format(this.w0, this.w1, this.w2, this.w3);
    return this.zone === "" ? text : `${text}%${this.zone}`;
  }

  /** Host of a URI, which {@linkcode Address.parseHost} reads. */
  toHost(): string {
    const text = format(this.w0, this.w1, this.w2, this.w3);
    if (this.zone === "") return `[${text}]`;
    // Percent-encodes what is not unreserved in RFC 3986, and nothing less.
    const zone = encodeURIComponent(this.zone).replace(
      /[!'()*]/g,
      (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
    );
    return `[${text}%25${zone}]`;
  }
}

// An address of 45 characters and a zone of 63 that are all percent-encoded.
const MOST_HOST = 2 + 45 + 3 + 3 * MOST_ZONE;

function readHost(text: string): Address | AddressError {
  const kind = "a host of a URI";
  const fail = (at: number, expected: string) =>
    new AddressError(kind, text, at, expected);
  if (text[0] !== "[") return fail(0, '"["');
  const close = text.slice(0, MOST_HOST).indexOf("]");
  if (close < 0 || close !== text.length - 1) {
    return fail(
      close < 0 ? Math.min(text.length, MOST_HOST) : close + 1,
      '"]"',
    );
  }
  const inner = text.slice(1, -1);
  const percent = inner.indexOf("%");
  if (percent >= 0 && !inner.startsWith("%25", percent)) {
    return fail(1 + percent, '"%25" and a zone');
  }
  let plain = inner;
  if (percent >= 0) {
    const zone = inner.slice(percent + 3);
    if (!/^([A-Za-z0-9._~-]|%[0-9A-Fa-f]{2})+$/.test(zone)) {
      return fail(percent + 4, "a percent-encoded zone");
    }
    // Octets beyond ASCII come out as such, and are no zone.
    plain = `${inner.slice(0, percent)}%${
      zone.replace(
        /%(..)/g,
        (_, hex) => String.fromCharCode(parseInt(hex, 16)),
      )
    }`;
  }
  const address = read(plain, kind, plain.length);
  return address instanceof AddressError
    ? fail(1 + Math.min(address.position, inner.length), "an IPv6 address")
    : address;
}

/**
 * An address together with the prefix of its network, as an interface has it.
 *
 * Immutable. Where the data path asks, addresses are four int32 words.
 */
export class Cidr {
  /** The address, with the bits behind the prefix. */
  readonly address: Address;
  /** Bits of the prefix, 0..128. */
  readonly prefixLength: number;
  readonly #mask: Int32Array = new Int32Array(4);
  readonly #first: Int32Array = new Int32Array(4);

  /** Joins both. @throws {PrefixError} if the length is not in 0..128. */
  constructor(address: Address, prefixLength: number) {
    if (
      !Number.isInteger(prefixLength) || prefixLength < 0 || prefixLength > 128
    ) {
      throw new PrefixError(
        `Cannot make prefix of ${address} as length must be in 0..128: current length is ${prefixLength}`,
      );
    }
    this.address = address;
    this.prefixLength = prefixLength;
    address.copy(this.#first);
    for (let i = 0; i < 4; i++) {
      this.#mask[i] = netmask(prefixLength, i);
      this.#first[i]! &= this.#mask[i]!;
    }
  }

  /**
   * Reads `2001:db8::1/64`; a zone stands in front of the slash.
   *
   * @throws {AddressError} naming the place if the text is anything else.
   */
  static parse(text: string): Cidr {
    const cidr = readCidr(text);
    if (cidr instanceof AddressError) throw cidr;
    return cidr;
  }

  /** As {@linkcode Cidr.parse}, with nothing where that throws. */
  static tryParse(text: string): Cidr | undefined {
    const cidr = readCidr(text);
    return cidr instanceof AddressError ? undefined : cidr;
  }

  /** The address with all bits behind the prefix 0. */
  get network(): Address {
    return Address.from(this.#first).withZone(this.address.zone);
  }

  /** The mask of the prefix as an address. */
  get netmask(): Address {
    return Address.from(this.#mask);
  }

  /** The last address of the network. */
  get last(): Address {
    const words = this.#first.map((word, i) => word | ~this.#mask[i]!);
    return Address.from(words).withZone(this.address.zone);
  }

  /** Whether an address lies in the network. */
  contains(w0: number, w1: number, w2: number, w3: number): boolean {
    const mask = this.#mask;
    const first = this.#first;
    return (w0 & mask[0]!) === first[0] && (w1 & mask[1]!) === first[1] &&
      (w2 & mask[2]!) === first[2] && (w3 & mask[3]!) === first[3];
  }

  /** Whether all of another network lies in this one. */
  includes(other: Cidr): boolean {
    const { w0, w1, w2, w3 } = other.address;
    return other.prefixLength >= this.prefixLength &&
      this.contains(w0, w1, w2, w3);
  }

  /**
   * Whether an address is the anycast address of the subnet's routers, all 0
   * behind the prefix (RFC 4291 section 2.6.1); a /127 and a /128 have none
   * (RFC 6164).
   */
  isSubnetRouter(w0: number, w1: number, w2: number, w3: number): boolean {
    const first = this.#first;
    return this.prefixLength < 127 && w0 === first[0] && w1 === first[1] &&
      w2 === first[2] && w3 === first[3];
  }

  /** Whether address and prefix are the same. */
  equals(other: Cidr): boolean {
    return this.prefixLength === other.prefixLength &&
      this.address.equals(other.address);
  }

  /** Text that {@linkcode Cidr.parse} reads. */
  toString(): string {
    return `${this.address}/${this.prefixLength}`;
  }
}

function readCidr(text: string): Cidr | AddressError {
  const kind = "an IPv6 prefix";
  // The longest address has 45 characters.
  const slash = text.slice(0, 47 + MOST_ZONE).indexOf("/");
  const address = read(text, kind, slash < 0 ? text.length : slash);
  if (address instanceof AddressError) return address;
  if (slash < 0) {
    return new AddressError(kind, text, text.length, '"/" and a length');
  }
  const length = decimal(text, slash + 1, text.length, 128);
  return length < 0
    ? new AddressError(
      kind,
      text,
      slash + 1,
      "a length in 0..128 without leading zero",
    )
    : new Cidr(address, length);
}
