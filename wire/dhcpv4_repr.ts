/**
 * What a DHCP message for IPv4 says, as a record.
 *
 * @module
 */

import { Addresses, Names, Octets } from "./_dhcp.ts";
import {
  BY_CODE,
  type Field,
  ORDER,
  readNumber,
  RELAY,
} from "./_dhcpv4_fields.ts";
import { OPTION_MAX, pieces, split } from "./_dhcpv4_pieces.ts";
import { Aggregate, OptionCode, Routes } from "./dhcpv4_options.ts";
import {
  INFINITY,
  MAGIC_COOKIE,
  MAX_HARDWARE_LENGTH,
  MIN_LENGTH,
  VENDOR_AREA_LENGTH,
  View,
} from "./dhcpv4_view.ts";
import type { Reason } from "./reason.ts";

const HARDWARE_ADDRESS = 28;
const SERVER_NAME = 44;
const FILE = 108;
const COOKIE = 236;
const OPTIONS = 240;

/** How much a {@linkcode Repr} has room for. */
export interface Limits {
  /** Addresses in a list, such as that of routers; 8 by default. */
  readonly addresses?: number;
  /** Classless routes; 16 by default. */
  readonly routes?: number;
  /** Octets of a text, an identifier and so on; 255 by default. */
  readonly octets?: number;
  /** Octets of options that are not modelled, with their headers; 576. */
  readonly unknown?: number;
  /** Octets of data of all options of a message; 1500. */
  readonly message?: number;
}

/**
 * What a message says; reused for the next.
 *
 * An option of fixed length counts once, the first; pieces of others are
 * joined. Options that are not modelled, of a length that their standard does
 * not give, or with the value that here stands for absence, are kept whole.
 */
export class Repr {
  /** One of {@linkcode Operation}. */
  operation = 0;
  /** Type of the hardware address; 1 for Ethernet. */
  hardwareType = 1;
  /** Octets of the hardware address. */
  hardwareLength = 6;
  /** Relay agents passed. */
  hops = 0;
  /** What joins requests and replies, int32. */
  transactionId = 0;
  /** Seconds since the client began. */
  seconds = 0;
  /** All flags; {@linkcode View.broadcast} is 0x8000. */
  flags = 0;
  /** The address that the client has. */
  clientAddress = 0;
  /** The address that the client gets. */
  yourAddress = 0;
  /** The server to boot from next. */
  serverAddress = 0;
  /** The relay agent. */
  relayAddress = 0;
  /** The hardware address and what fills its field. */
  readonly hardwareAddress: Uint8Array = new Uint8Array(MAX_HARDWARE_LENGTH);
  /** `sname` up to its first 0, unless it held options. */
  readonly serverName: Octets = new Octets(FILE - SERVER_NAME);
  /** `file` up to its first 0, unless it held options. */
  readonly file: Octets = new Octets(COOKIE - FILE);
  /** Whether there are options; false for the BOOTP of RFC 951. */
  hasCookie = true;
  /** Without options: the beginning of the vendor's area. */
  readonly vendorArea: Octets = new Octets(VENDOR_AREA_LENGTH);

  /** One of {@linkcode MessageType}; 0 for BOOTP. */
  messageType = 0;
  /** Subnet mask; 0 if absent. */
  subnetMask = 0;
  /** Routers, the preferred first. */
  readonly routers: Addresses;
  /** Domain name servers. */
  readonly domainNameServers: Addresses;
  /** Host name. */
  readonly hostName: Octets;
  /** Domain name. */
  readonly domainName: Octets;
  /** MTU of the interface, octets; 0 if absent. */
  interfaceMtu = 0;
  /** Broadcast address; 0 if absent. */
  broadcastAddress = 0;
  /** NTP servers. */
  readonly ntpServers: Addresses;
  /** What the vendor class defines. */
  readonly vendorSpecific: Octets;
  /** The address that a client asks for; 0 if absent. */
  requestedAddress = 0;
  /** Lease time; -1 if absent, {@linkcode INFINITY} for ever. */
  leaseTime: number = -1;
  /** The server; 0 if absent. */
  serverIdentifier = 0;
  /** Codes that a client asks for. */
  readonly parameterRequestList: Octets;
  /** Why a server refuses, or a client declines. */
  readonly message: Octets;
  /** Largest message that the sender takes, octets; 0 if absent. */
  maximumMessageSize = 0;
  /** Renewal time as sent, -1 if absent; see {@linkcode Repr.t1}. */
  renewalTime: number = -1;
  /** Rebinding time as sent, -1 if absent; see {@linkcode Repr.t2}. */
  rebindingTime: number = -1;
  /** Vendor class. */
  readonly vendorClass: Octets;
  /** Client identifier: a type and octets. */
  readonly clientIdentifier: Octets;
  /** TFTP server. */
  readonly tftpServerName: Octets;
  /** File to boot. */
  readonly bootfileName: Octets;
  /** User class. */
  readonly userClass: Octets;
  /** Whether two messages may do instead of four. */
  rapidCommit = false;
  /** Flags of the client's qualified name; -1 if that is absent. */
  fqdnFlags: number = -1;
  /** Its two response codes, the first above the other; no longer used. */
  fqdnResult = 0;
  /** The name: labels if flag 4 is set, else ASCII (RFC 4702 section 2.3). */
  readonly fqdnName: Octets;
  /** Seconds for which IPv4 is not needed; -1 if absent. */
  ipv6OnlyWait: number = -1;
  /** URI of the captive portal's interface. */
  readonly captivePortal: Octets;
  /** Whether to choose a link-local address, 0 or 1; -1 if absent. */
  autoConfigure: number = -1;
  /** Names to search in, without pointers. */
  readonly domainSearch: Names;
  /** Number of classless routes. */
  routeCount = 0;
  /** Bits of the prefix of each. */
  readonly routePrefixLengths: Uint8Array;
  /** Destination of each. */
  readonly routeDestinations: Int32Array;
  /** Router of each; 0 says that the destination is on the link. */
  readonly routeRouters: Int32Array;
  /** TFTP servers. */
  readonly tftpServers: Addresses;
  /** Options kept whole, as they are written, in pieces of at most 255. */
  readonly unknown: Octets;
  /** What relay agents added, for `Suboptions`. */
  readonly relayAgentInformation: Octets;
  /** Options and elements of lists for which there was no room. */
  dropped = 0;

  readonly #aggregate: Aggregate;
  readonly #header = new View();
  readonly #routes = new Routes();
  readonly #scratch: DataView;

  /** Makes all memory. */
  constructor(limits: Limits = {}) {
    const { addresses = 8, routes = 16, octets = 255, unknown = 576 } = limits;
    this.routers = new Addresses(addresses);
    this.domainNameServers = new Addresses(addresses);
    this.hostName = new Octets(octets);
    this.domainName = new Octets(octets);
    this.ntpServers = new Addresses(addresses);
    this.vendorSpecific = new Octets(octets);
    this.parameterRequestList = new Octets(octets);
    this.message = new Octets(octets);
    this.vendorClass = new Octets(octets);
    this.clientIdentifier = new Octets(octets);
    this.tftpServerName = new Octets(octets);
    this.bootfileName = new Octets(octets);
    this.userClass = new Octets(octets);
    this.fqdnName = new Octets(octets);
    this.captivePortal = new Octets(octets);
    this.domainSearch = new Names(octets);
    this.routePrefixLengths = new Uint8Array(routes);
    this.routeDestinations = new Int32Array(routes);
    this.routeRouters = new Int32Array(routes);
    this.tftpServers = new Addresses(addresses);
    this.unknown = new Octets(unknown);
    this.relayAgentInformation = new Octets(octets);
    this.#aggregate = new Aggregate(new Uint8Array(limits.message ?? 1500));
    const most = Math.max(4, 4 * addresses, 9 * routes, octets + 3);
    this.#scratch = new DataView(new ArrayBuffer(most));
  }

  /** Forgets all options, and what there was no room for. */
  clearOptions(): void {
    for (let i = 0; i < ORDER.length; i++) this.#clear(ORDER[i]!);
    this.#clear(RELAY);
    this.unknown.length = 0;
    this.vendorArea.length = 0;
    this.hasCookie = true;
    this.dropped = 0;
  }

  #clear(field: Field): void {
    switch (field.kind) {
      case "number":
        this[field.name] = field.absent;
        break;
      case "addresses":
        this[field.name].count = 0;
        break;
      case "octets":
        this[field.name].length = 0;
        break;
      case "flag":
        this.rapidCommit = false;
        break;
      case "fqdn":
        this.fqdnFlags = -1;
        this.fqdnResult = 0;
        this.fqdnName.length = 0;
        break;
      case "names":
        this.domainSearch.length = 0;
        break;
      case "routes":
        this.routeCount = 0;
    }
  }

  /** Takes an Ethernet address. */
  setEthernet(high: number, low: number): void {
    const address = this.hardwareAddress.fill(0);
    this.hardwareType = 1;
    this.hardwareLength = 6;
    address[0] = high >>> 8;
    address[1] = high;
    address[2] = low >>> 24;
    address[3] = low >>> 16;
    address[4] = low >>> 8;
    address[5] = low;
  }

  /**
   * Takes over what a view says. `"option"` if a length led out of its field;
   * then only what stands in front of it has been read.
   */
  parse(from: View): Reason | undefined {
    const reason = from.check();
    if (reason !== undefined) return reason;
    const { view, start } = from;
    this.operation = from.operation;
    this.hardwareType = from.hardwareType;
    this.hardwareLength = from.hardwareLength;
    this.hops = from.hops;
    this.transactionId = from.transactionId;
    this.seconds = from.seconds;
    this.flags = from.flags;
    this.clientAddress = from.clientAddress;
    this.yourAddress = from.yourAddress;
    this.serverAddress = from.serverAddress;
    this.relayAddress = from.relayAddress;
    for (let i = 0; i < MAX_HARDWARE_LENGTH; i++) {
      this.hardwareAddress[i] = view.getUint8(start + HARDWARE_ADDRESS + i);
    }
    this.clearOptions();
    this.hasCookie = from.hasCookie;
    let overload = 0;
    let broken: Reason | undefined;
    if (this.hasCookie) {
      const aggregate = this.#aggregate;
      broken = aggregate.gather(from);
      this.dropped = aggregate.dropped;
      if (aggregate.isSound(OptionCode.OVERLOAD)) {
        const at = aggregate.start(OptionCode.OVERLOAD);
        overload = aggregate.view.getUint8(at);
      }
      for (let code = 1; code < OptionCode.END; code++) {
        if (aggregate.has(code) && code !== OptionCode.OVERLOAD) {
          this.#take(code);
        }
      }
    } else {
      const at = start + COOKIE;
      const end = Math.min(from.end, at + VENDOR_AREA_LENGTH);
      this.vendorArea.copy(view, at, end);
    }
    this.#name(this.file, view, start + FILE, (overload & 1) !== 0);
    this.#name(
      this.serverName,
      view,
      start + SERVER_NAME,
      (overload & 2) !== 0,
    );
    return broken;
  }

  /** Takes a field up to its first 0. */
  #name(octets: Octets, view: DataView, at: number, overload: boolean): void {
    let end = at;
    const limit = overload ? at : at + octets.data.length;
    while (end < limit && view.getUint8(end) !== 0) end++;
    octets.copy(view, at, end);
  }

  /** Takes one joined option. */
  #take(code: number): void {
    const aggregate = this.#aggregate;
    const { view } = aggregate;
    const at = aggregate.start(code);
    const end = aggregate.end(code);
    const field = BY_CODE[code];
    if (field !== undefined) {
      if (aggregate.isSound(code) && this.#decode(field, view, at, end)) return;
      this.#clear(field);
    }
    this.#keep(code, view, at, end);
  }

  /** Reads the data of an option; false if it is to be kept whole. */
  #decode(field: Field, view: DataView, at: number, end: number): boolean {
    switch (field.kind) {
      case "number": {
        const { octets, absent } = field;
        const value = readNumber(view, at, octets, absent);
        this[field.name] = value;
        return value !== absent;
      }
      case "addresses":
        for (; at < end; at += 4) {
          if (!this[field.name].add(view.getInt32(at))) this.dropped++;
        }
        return true;
      case "octets":
        if (!this[field.name].copy(view, at, end)) this.dropped++;
        return true;
      case "flag":
        this.rapidCommit = true;
        return true;
      case "fqdn":
        this.fqdnFlags = view.getUint8(at);
        this.fqdnResult = view.getUint16(at + 1);
        if (!this.fqdnName.copy(view, at + 3, end)) {
          this.#clear(field);
          this.dropped++;
        }
        return true;
      case "names":
        return this.domainSearch.expand(view, at, end);
      case "routes":
        return this.#takeRoutes(view, at, end);
    }
  }

  #takeRoutes(view: DataView, at: number, end: number): boolean {
    const routes = this.#routes.wrap(view, at, end);
    let without = 0;
    while (routes.next()) {
      const i = this.routeCount;
      if (i === this.routePrefixLengths.length) {
        without++;
        continue;
      }
      this.routePrefixLengths[i] = routes.prefixLength;
      this.routeDestinations[i] = routes.destination;
      this.routeRouters[i] = routes.router;
      this.routeCount++;
    }
    if (routes.reason !== undefined) return false;
    this.dropped += without;
    return true;
  }

  /** Keeps an option whole, in pieces that can be written. */
  #keep(code: number, view: DataView, at: number, end: number): void {
    const { unknown } = this;
    if (
      end - at + 2 * pieces(end - at) > unknown.data.length - unknown.length
    ) {
      this.dropped++;
      return;
    }
    unknown.length += split(code, view, at, end, unknown.view, unknown.length);
  }

  /**
   * Adds an option that is written as it is; false if there is no room.
   *
   * A code that is modelled is read back into its own field.
   */
  addUnknown(code: number, data: Uint8Array): boolean {
    const { unknown } = this;
    const room = unknown.data.length - unknown.length;
    if (data.length + 2 * pieces(data.length) > room) return false;
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    unknown.length += split(
      code,
      view,
      0,
      data.length,
      unknown.view,
      unknown.length,
    );
    return true;
  }

  /**
   * When to renew: T1 as sent or, if the times do not fit together, half the
   * lease; -1 without a lease.
   */
  get t1(): number {
    const { leaseTime, renewalTime } = this;
    if (leaseTime < 0) return -1;
    if (renewalTime >= 0 && this.#ordered) return renewalTime;
    const usual = leaseTime === INFINITY ? INFINITY : Math.floor(leaseTime / 2);
    return Math.min(usual, this.t2);
  }

  /**
   * When to rebind: T2 as sent or, if the times do not fit together, 7/8 of the
   * lease; -1 without a lease.
   */
  get t2(): number {
    const { leaseTime, rebindingTime } = this;
    if (leaseTime < 0) return -1;
    const ordered = this.#ordered;
    if (rebindingTime >= 0 && ordered) return rebindingTime;
    if (leaseTime === INFINITY) return INFINITY;
    const usual = Math.floor(leaseTime * 7 / 8);
    return ordered ? Math.max(usual, this.renewalTime) : usual;
  }

  /** Whether T1 <= T2 <= lease for those that are there (RFC 2131 4.4.5). */
  get #ordered(): boolean {
    const { renewalTime, rebindingTime, leaseTime } = this;
    return leaseTime >= 0 && renewalTime <= leaseTime &&
      rebindingTime <= leaseTime &&
      (rebindingTime < 0 || renewalTime <= rebindingTime);
  }

  /**
   * Whether what was read makes sense: `"malformed"` if the operation is none,
   * or T1, T2 and the lease are not in this order; `"length"` for a hardware
   * address over 16 octets.
   */
  check(): Reason | undefined {
    if (this.hardwareLength > MAX_HARDWARE_LENGTH) return "length";
    if (this.operation < 1 || this.operation > 2) return "malformed";
    return this.leaseTime >= 0 && !this.#ordered ? "malformed" : undefined;
  }

  /** Octets of the data of an option, -1 if it is absent. */
  #length(field: Field): number {
    switch (field.kind) {
      case "number":
        return this[field.name] === field.absent ? -1 : field.octets;
      case "addresses":
        return 4 * this[field.name].count || -1;
      case "octets":
        return this[field.name].length || -1;
      case "flag":
        return this.rapidCommit ? 0 : -1;
      case "fqdn":
        return this.fqdnFlags < 0 ? -1 : 3 + this.fqdnName.length;
      case "names":
        return this.domainSearch.length || -1;
      case "routes": {
        let octets = 0;
        for (let i = 0; i < this.routeCount; i++) {
          octets += 5 + (this.routePrefixLengths[i]! + 7 >>> 3);
        }
        return octets || -1;
      }
    }
  }

  /** Writes the data of an option. */
  #write(field: Field, view: DataView, at: number): void {
    switch (field.kind) {
      case "number": {
        const value = this[field.name];
        if (field.octets === 1) view.setUint8(at, value);
        else if (field.octets === 2) view.setUint16(at, value);
        else view.setUint32(at, value);
        break;
      }
      case "addresses": {
        const { count, values } = this[field.name];
        for (let i = 0; i < count; i++) view.setInt32(at + 4 * i, values[i]!);
        break;
      }
      case "octets":
        this[field.name].emit(view, at);
        break;
      case "fqdn":
        view.setUint8(at, this.fqdnFlags);
        view.setUint16(at + 1, this.fqdnResult);
        this.fqdnName.emit(view, at + 3);
        break;
      case "names":
        this.domainSearch.emit(view, at);
        break;
      case "routes":
        for (let i = 0; i < this.routeCount; i++) {
          const prefixLength = this.routePrefixLengths[i]!;
          view.setUint8(at++, prefixLength);
          for (let bit = 0; bit < prefixLength; bit += 8) {
            view.setUint8(at++, this.routeDestinations[i]! >>> 24 - bit);
          }
          view.setInt32(at, this.routeRouters[i]!);
          at += 4;
        }
    }
  }

  #optionOctets(field: Field): number {
    const length = this.#length(field);
    return length < 0 ? 0 : length + 2 * pieces(length);
  }

  #emitOption(field: Field, view: DataView, at: number): number {
    const length = this.#length(field);
    if (length < 0) return 0;
    if (length > OPTION_MAX) {
      this.#write(field, this.#scratch, 0);
      return split(field.code, this.#scratch, 0, length, view, at);
    }
    view.setUint8(at, field.code);
    view.setUint8(at + 1, length);
    this.#write(field, view, at + 2);
    return 2 + length;
  }

  /** Octets that {@linkcode Repr.emit} writes: 300 or more. */
  get bufferLength(): number {
    if (!this.hasCookie) return MIN_LENGTH;
    let octets = OPTIONS + 1 + this.unknown.length;
    for (let i = 0; i < ORDER.length; i++) {
      octets += this.#optionOctets(ORDER[i]!);
    }
    octets += this.#optionOctets(RELAY);
    return Math.max(octets, MIN_LENGTH);
  }

  /**
   * Writes the message at `at`: the type first, other options by code, those
   * kept whole, what a relay added, the end, padding up to 300 octets. Nothing
   * is written into `sname` and `file` but their names.
   */
  emit(view: DataView, at: number): void {
    const end = at + this.bufferLength;
    const header = this.#header.wrap(view, at, end);
    header.operation = this.operation;
    header.hardwareType = this.hardwareType;
    header.hardwareLength = this.hardwareLength;
    header.hops = this.hops;
    header.transactionId = this.transactionId;
    header.seconds = this.seconds;
    header.flags = this.flags;
    header.clientAddress = this.clientAddress;
    header.yourAddress = this.yourAddress;
    header.serverAddress = this.serverAddress;
    header.relayAddress = this.relayAddress;
    for (let i = 0; i < MAX_HARDWARE_LENGTH; i++) {
      view.setUint8(at + HARDWARE_ADDRESS + i, this.hardwareAddress[i]!);
    }
    for (let i = SERVER_NAME; i < COOKIE; i++) view.setUint8(at + i, 0);
    this.serverName.emit(view, at + SERVER_NAME);
    this.file.emit(view, at + FILE);
    let to = at + COOKIE;
    if (this.hasCookie) {
      view.setInt32(to, MAGIC_COOKIE);
      to += 4;
      for (let i = 0; i < ORDER.length; i++) {
        to += this.#emitOption(ORDER[i]!, view, to);
      }
      this.unknown.emit(view, to);
      to += this.unknown.length;
      to += this.#emitOption(RELAY, view, to);
      view.setUint8(to++, OptionCode.END);
    } else {
      this.vendorArea.emit(view, to);
      to += this.vendorArea.length;
    }
    while (to < end) view.setUint8(to++, OptionCode.PAD);
  }
}
