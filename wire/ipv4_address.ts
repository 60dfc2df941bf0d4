/**
 * IPv4 addresses and prefixes, as values for set-up and printing and as int32
 * in host order for the data path.
 *
 * @module
 */

import { AddressError, decimal, dotted } from "./_text.ts";

export { AddressError };

/** Whether an address is 0.0.0.0, which stands for none. */
export function isUnspecified(value: number): boolean {
  return value === 0;
}

/** Whether an address is in 0.0.0.0/8, "this network" (RFC 1122 3.2.1.3). */
export function isThisNetwork(value: number): boolean {
  return value >>> 24 === 0;
}

/** Whether an address is in 127.0.0.0/8 (RFC 1122 section 3.2.1.3). */
export function isLoopback(value: number): boolean {
  return value >>> 24 === 127;
}

/** Whether an address is in 169.254.0.0/16 (RFC 3927). */
export function isLinkLocal(value: number): boolean {
  return value >>> 16 === 0xa9fe;
}

/** Whether an address is in 10/8, 172.16/12 or 192.168/16 (RFC 1918). */
export function isPrivate(value: number): boolean {
  return value >>> 24 === 10 || value >>> 20 === 0xac1 ||
    value >>> 16 === 0xc0a8;
}

/** Whether an address is in 224.0.0.0/4 (RFC 1112 section 4). */
export function isMulticast(value: number): boolean {
  return value >>> 28 === 14;
}

/** Whether an address is 255.255.255.255, the limited broadcast (RFC 919). */
export function isBroadcast(value: number): boolean {
  return value === -1;
}

/** Whether an address is in 240.0.0.0/4 but not the limited broadcast. */
export function isReserved(value: number): boolean {
  return value >>> 28 === 15 && value !== -1;
}

/**
 * Whether an address can be that of one host: not in 0/8, 224/4 or 240/4.
 *
 * Broadcasts of a subnet are told by its {@linkcode Cidr} alone.
 */
export function isUnicast(value: number): boolean {
  return value >>> 24 !== 0 && value >>> 29 !== 7;
}

/** The netmask of a prefix of 0..32 bits. */
export function netmask(prefixLength: number): number {
  return prefixLength === 0 ? 0 : -1 << (32 - prefixLength);
}

/** Dotted decimal text of an address. */
export function format(value: number): string {
  return `${value >>> 24}.${value >>> 16 & 255}.${value >>> 8 & 255}.${
    value & 255
  }`;
}

/** An IPv4 address. Immutable; equal if the values are. */
export class Address {
  /** 0.0.0.0 */
  static readonly UNSPECIFIED: Address = new Address(0);
  /** 127.0.0.1 */
  static readonly LOOPBACK: Address = new Address(0x7f000001);
  /** 255.255.255.255 */
  static readonly BROADCAST: Address = new Address(-1);
  /** 224.0.0.1, all systems on this subnet (RFC 1112 section 4). */
  static readonly ALL_SYSTEMS: Address = new Address(0xe0000001);
  /** 224.0.0.2, all routers on this subnet. */
  static readonly ALL_ROUTERS: Address = new Address(0xe0000002);

  /** The address as int32 in host order. */
  readonly value: number;

  /** From 32 bits, signed or not; excess bits are cut off. */
  constructor(value: number) {
    this.value = value | 0;
  }

  /** From four octets, most significant first. */
  static of(a: number, b: number, c: number, d: number): Address {
    return new Address(
      (a & 255) << 24 | (b & 255) << 16 | (c & 255) << 8 | d & 255,
    );
  }

  /**
   * Reads four decimal fields; no leading zeros, no short or octal forms.
   *
   * @throws {AddressError} naming the place if the text is anything else.
   */
  static parse(text: string): Address {
    const value = dotted(text, "an IPv4 address", 0, text.length);
    if (typeof value !== "number") throw value;
    return new Address(value);
  }

  /** As {@linkcode Address.parse}, with nothing where that throws. */
  static tryParse(text: string): Address | undefined {
    const value = dotted(text, "an IPv4 address", 0, text.length);
    return typeof value === "number" ? new Address(value) : undefined;
  }

  /** Version of the protocol that the address is of. */
  get version(): 4 {
    return 4;
  }

  /** Whether both are the same address. */
  equals(other: Address): boolean {
    return this.value === other.value;
  }

  /** See {@linkcode isUnspecified}. */
  get isUnspecified(): boolean {
    return isUnspecified(this.value);
  }

  /** See {@linkcode isLoopback}. */
  get isLoopback(): boolean {
    return isLoopback(this.value);
  }

  /** See {@linkcode isLinkLocal}. */
  get isLinkLocal(): boolean {
    return isLinkLocal(this.value);
  }

  /** See {@linkcode isPrivate}. */
  get isPrivate(): boolean {
    return isPrivate(this.value);
  }

  /** See {@linkcode isMulticast}. */
  get isMulticast(): boolean {
    return isMulticast(this.value);
  }

  /** See {@linkcode isBroadcast}. */
  get isBroadcast(): boolean {
    return isBroadcast(this.value);
  }

  /** See {@linkcode isReserved}. */
  get isReserved(): boolean {
    return isReserved(this.value);
  }

  /** See {@linkcode isUnicast}. */
  get isUnicast(): boolean {
    return isUnicast(this.value);
  }

  /** Dotted decimal text, which {@linkcode Address.parse} reads. */
  toString(): string {
    return format(this.value);
  }
}

/** A prefix length or a netmask that cannot be one. */
export class PrefixError extends RangeError {
  /** The name `"PrefixError"`. */
  override readonly name = "PrefixError";
}

/**
 * An address together with the prefix of its network, as an interface has it.
 *
 * Immutable. Where the data path asks, addresses are int32 in host order.
 */
export class Cidr {
  /** The address, host bits included. */
  readonly address: Address;
  /** Bits of the prefix, 0..32. */
  readonly prefixLength: number;
  /** The netmask as int32. */
  readonly mask: number;
  /** The first address of the network as int32. */
  readonly first: number;
  /** The last address of the network as int32. */
  readonly last: number;

  /** Joins both. @throws {PrefixError} if the length is not in 0..32. */
  constructor(address: Address, prefixLength: number) {
    if (
      !Number.isInteger(prefixLength) || prefixLength < 0 || prefixLength > 32
    ) {
      throw new PrefixError(
        `Cannot make prefix of ${address} as length must be in 0..32: current length is ${prefixLength}`,
      );
    }
    this.address = address;
    this.prefixLength = prefixLength;
    this.mask = netmask(prefixLength);
    this.first = address.value & this.mask;
    this.last = address.value | ~this.mask;
  }

  /**
   * Reads `192.0.2.1/24`.
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

  /**
   * From an address and a netmask; 0.0.0.0 is the netmask of `/0`.
   *
   * @throws {PrefixError} if the ones of the mask are not contiguous.
   */
  static fromNetmask(address: Address, mask: Address): Cidr {
    const length = Math.clz32(~mask.value);
    if (netmask(length) !== mask.value) {
      throw new PrefixError(
        `Cannot make prefix of ${address} as netmask must be contiguous: current netmask is ${mask}`,
      );
    }
    return new Cidr(address, length);
  }

  /** The address with all host bits 0. */
  get network(): Address {
    return new Address(this.first);
  }

  /** The netmask as an address. */
  get netmask(): Address {
    return new Address(this.mask);
  }

  /** The subnet broadcast; a /31 and a /32 have none (RFC 3021). */
  get broadcast(): Address | undefined {
    return this.prefixLength > 30 ? undefined : new Address(this.last);
  }

  /** Whether an address lies in the network. */
  contains(value: number): boolean {
    return (value & this.mask) === this.first;
  }

  /** Whether all of another network lies in this one. */
  includes(other: Cidr): boolean {
    return other.prefixLength >= this.prefixLength &&
      this.contains(other.first);
  }

  /** Whether an address is the broadcast of the network. */
  isBroadcast(value: number): boolean {
    return this.prefixLength < 31 && value === this.last;
  }

  /**
   * Whether a host with this address takes what is sent to `value`: to itself,
   * the subnet broadcast or the limited broadcast. Groups are not its matter.
   */
  accepts(value: number): boolean {
    return value === this.address.value || value === -1 ||
      this.isBroadcast(value);
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
  const kind = "an IPv4 prefix";
  // The longest address has 15 characters.
  const slash = text.slice(0, 16).indexOf("/");
  const value = dotted(text, kind, 0, slash < 0 ? text.length : slash);
  if (typeof value !== "number") return value;
  if (slash < 0) {
    return new AddressError(kind, text, text.length, '"/" and a length');
  }
  const length = decimal(text, slash + 1, text.length, 32);
  return length < 0
    ? new AddressError(
      kind,
      text,
      slash + 1,
      "a length in 0..32 without leading zero",
    )
    : new Cidr(new Address(value), length);
}
