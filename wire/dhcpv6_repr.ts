/**
 * What a DHCP message for IPv6 says, as a record.
 *
 * @module
 */

import { Names, Octets, skipName } from "./_dhcp.ts";
import { Association, StatusRepr } from "./dhcpv6_association.ts";
import {
  MAX_DUID_LENGTH,
  OPTION_HEADER_LENGTH,
  OptionCode,
  Options,
} from "./dhcpv6_options.ts";
import {
  HEADER_LENGTH,
  isRelayType,
  RELAY_HEADER_LENGTH,
  View,
} from "./dhcpv6_view.ts";
import type { Reason } from "./reason.ts";

/** How much a {@linkcode Repr} has room for. */
export interface Limits {
  /** Identity associations; 4 by default. */
  readonly associations?: number;
  /** Addresses or prefixes in each; 4 by default. */
  readonly addresses?: number;
  /** DNS servers; 8 by default. */
  readonly servers?: number;
  /** Codes that a client asks for; 32 by default. */
  readonly requested?: number;
  /** Octets of a text, of classes, of names and so on; 255 by default. */
  readonly octets?: number;
  /** Octets of options that are not modelled, with their headers; 1024. */
  readonly unknown?: number;
  /** Octets of the message that a relay agent passes on; 1500. */
  readonly message?: number;
}

type NumberName =
  | "preference"
  | "elapsedTime"
  | "reconfigureMessage"
  | "informationRefreshTime"
  | "solMaxRt"
  | "infMaxRt";

type OctetsName =
  | "clientId"
  | "serverId"
  | "relayMessage"
  | "userClass"
  | "vendorClass"
  | "vendorOptions"
  | "interfaceId"
  | "ntpServers"
  | "bootfileUrl"
  | "captivePortal";

type FlagName = "rapidCommit" | "reconfigureAccept";

/** How an option and its field are read and written. */
type Field =
  & { readonly code: number }
  & (
    | {
      readonly kind: "number";
      readonly name: NumberName;
      readonly octets: number;
    }
    | { readonly kind: "octets"; readonly name: OctetsName }
    | { readonly kind: "flag"; readonly name: FlagName }
    | { readonly kind: "requested" | "servers" | "names" | "fqdn" | "status" }
  );

function number(code: number, name: NumberName, octets: number): Field {
  return { code, kind: "number", name, octets };
}

function octets(code: number, name: OctetsName): Field {
  return { code, kind: "octets", name };
}

/** In front of the identity associations. */
const FIRST: readonly Field[] = [
  octets(OptionCode.CLIENT_ID, "clientId"),
  octets(OptionCode.SERVER_ID, "serverId"),
];
/** Behind them, by code. */
const REST: readonly Field[] = [
  { code: OptionCode.OPTION_REQUEST, kind: "requested" },
  number(OptionCode.PREFERENCE, "preference", 1),
  number(OptionCode.ELAPSED_TIME, "elapsedTime", 2),
  octets(OptionCode.RELAY_MESSAGE, "relayMessage"),
  { code: OptionCode.STATUS_CODE, kind: "status" },
  { code: OptionCode.RAPID_COMMIT, kind: "flag", name: "rapidCommit" },
  octets(OptionCode.USER_CLASS, "userClass"),
  octets(OptionCode.VENDOR_CLASS, "vendorClass"),
  octets(OptionCode.VENDOR_OPTIONS, "vendorOptions"),
  octets(OptionCode.INTERFACE_ID, "interfaceId"),
  number(OptionCode.RECONFIGURE_MESSAGE, "reconfigureMessage", 1),
  {
    code: OptionCode.RECONFIGURE_ACCEPT,
    kind: "flag",
    name: "reconfigureAccept",
  },
  { code: OptionCode.DNS_SERVERS, kind: "servers" },
  { code: OptionCode.DOMAIN_LIST, kind: "names" },
  number(OptionCode.INFORMATION_REFRESH_TIME, "informationRefreshTime", 4),
  { code: OptionCode.CLIENT_FQDN, kind: "fqdn" },
  octets(OptionCode.NTP_SERVER, "ntpServers"),
  octets(OptionCode.BOOTFILE_URL, "bootfileUrl"),
  number(OptionCode.SOL_MAX_RT, "solMaxRt", 4),
  number(OptionCode.INF_MAX_RT, "infMaxRt", 4),
  octets(OptionCode.CAPTIVE_PORTAL, "captivePortal"),
];
const FIELDS: readonly Field[] = [...FIRST, ...REST];

const INDEX: ReadonlyMap<number, number> = new Map(
  FIELDS.map(({ code }, index) => [code, index]),
);

/**
 * What a message says; reused for the next.
 *
 * Of two options of a kind that stands once the first counts. The second,
 * options that are not modelled, and those with data that their standard does
 * not give, are kept whole.
 */
export class Repr {
  /** One of `MessageType`. */
  type = 0;
  /** What joins requests and replies, 24 bits; not of a relay agent. */
  transactionId = 0;
  /** Relay agents passed before this one; of a relay agent. */
  hopCount = 0;
  /** An address of the client's link, four words; of a relay agent. */
  readonly linkAddress: Int32Array = new Int32Array(4);
  /** The sender that the relay agent had it from, four words. */
  readonly peerAddress: Int32Array = new Int32Array(4);

  /** DUID of the client. */
  readonly clientId: Octets = new Octets(MAX_DUID_LENGTH);
  /** DUID of the server. */
  readonly serverId: Octets = new Octets(MAX_DUID_LENGTH);
  /** Number of identity associations. */
  associationCount = 0;
  /** The identity associations; all that there is room for. */
  readonly associations: readonly Association[];
  /** Number of codes asked for; -1 if the option is absent. */
  requestedCount: number = -1;
  /** The codes that a client asks for. */
  readonly requested: Uint16Array;
  /** Preference of the server; -1 if absent. */
  preference: number = -1;
  /** Hundredths of a second since the client began; -1 if absent. */
  elapsedTime: number = -1;
  /** The message that a relay agent passes on. */
  readonly relayMessage: Octets;
  /** The status of the whole. */
  readonly status: StatusRepr;
  /** Whether two messages may do instead of four. */
  rapidCommit = false;
  /** User classes, each behind a length of 16 bits. */
  readonly userClass: Octets;
  /** Enterprise number, 32 bits, and classes, each behind a length. */
  readonly vendorClass: Octets;
  /** Enterprise number, 32 bits, and what that defines. */
  readonly vendorOptions: Octets;
  /** The interface on which a relay agent got the message. */
  readonly interfaceId: Octets;
  /** The type of message to answer with; -1 if absent. */
  reconfigureMessage: number = -1;
  /** Whether the client takes reconfigures. */
  reconfigureAccept = false;
  /** Number of DNS servers. */
  dnsServerCount = 0;
  /** Four words of each. */
  readonly dnsServers: Int32Array;
  /** Names to search in. */
  readonly domainList: Names;
  /** When to ask again, seconds; -1 if absent. */
  informationRefreshTime: number = -1;
  /** Flags of the client's qualified name; -1 if that is absent. */
  fqdnFlags: number = -1;
  /** The name in labels; one without a root is not qualified (RFC 4704). */
  readonly fqdnName: Octets;
  /** NTP servers: sub-options, which `Options` walks. */
  readonly ntpServers: Octets;
  /** URL of the file to boot. */
  readonly bootfileUrl: Octets;
  /** Most seconds between solicits; -1 if absent. */
  solMaxRt: number = -1;
  /** Most seconds between information requests; -1 if absent. */
  infMaxRt: number = -1;
  /** URI of the captive portal's interface. */
  readonly captivePortal: Octets;
  /** Options kept whole, as they are written. */
  readonly unknown: Octets;
  /** Options, addresses and so on for which there was no room. */
  dropped = 0;

  readonly #options = new Options();
  readonly #header = new View();
  readonly #seen = new Uint8Array(FIELDS.length);

  /** Makes all memory. */
  constructor(limits: Limits = {}) {
    const { octets = 255, servers = 8, message = 1500, addresses = 4 } = limits;
    this.associations = Array.from(
      { length: limits.associations ?? 4 },
      () => new Association(addresses, octets),
    );
    this.requested = new Uint16Array(limits.requested ?? 32);
    this.relayMessage = new Octets(message);
    this.status = new StatusRepr(octets);
    this.userClass = new Octets(octets);
    this.vendorClass = new Octets(octets);
    this.vendorOptions = new Octets(octets);
    this.interfaceId = new Octets(octets);
    this.dnsServers = new Int32Array(4 * servers);
    this.domainList = new Names(octets);
    this.fqdnName = new Octets(octets);
    this.ntpServers = new Octets(octets);
    this.bootfileUrl = new Octets(octets);
    this.captivePortal = new Octets(octets);
    this.unknown = new Octets(limits.unknown ?? 1024);
  }

  /** Forgets all options, and what there was no room for. */
  clearOptions(): void {
    for (let i = 0; i < FIELDS.length; i++) this.#clear(FIELDS[i]!);
    this.associationCount = 0;
    this.unknown.length = 0;
    this.dropped = 0;
  }

  #clear(field: Field): void {
    switch (field.kind) {
      case "number":
        this[field.name] = -1;
        break;
      case "octets":
        this[field.name].length = 0;
        break;
      case "flag":
        this[field.name] = false;
        break;
      case "requested":
        this.requestedCount = -1;
        break;
      case "servers":
        this.dnsServerCount = 0;
        break;
      case "names":
        this.domainList.length = 0;
        break;
      case "fqdn":
        this.fqdnFlags = -1;
        this.fqdnName.length = 0;
        break;
      case "status":
        this.status.clear();
    }
  }

  /** Adds a DNS server, four words at `at` of `words`; false without room. */
  addDnsServer(words: Int32Array, at: number = 0): boolean {
    const to = 4 * this.dnsServerCount;
    if (to === this.dnsServers.length) return false;
    for (let i = 0; i < 4; i++) this.dnsServers[to + i] = words[at + i]!;
    this.dnsServerCount++;
    return true;
  }

  /** The next free identity association, cleared; nothing if all are taken. */
  addAssociation(): Association | undefined {
    const association = this.associations[this.associationCount];
    if (association === undefined) return undefined;
    association.clear();
    this.associationCount++;
    return association;
  }

  /** Adds an option that is written as it is; false if there is no room. */
  addUnknown(code: number, data: Uint8Array): boolean {
    const { unknown } = this;
    const room = unknown.data.length - unknown.length;
    if (data.length + OPTION_HEADER_LENGTH > room) return false;
    unknown.view.setUint16(unknown.length, code);
    unknown.view.setUint16(unknown.length + 2, data.length);
    unknown.data.set(data, unknown.length + OPTION_HEADER_LENGTH);
    unknown.length += OPTION_HEADER_LENGTH + data.length;
    return true;
  }

  /**
   * Takes over what a view says. `"option"` if an option led outside; then only
   * what stands in front of it has been read.
   */
  parse(from: View): Reason | undefined {
    const reason = from.check();
    if (reason !== undefined) return reason;
    this.type = from.type;
    if (from.isRelay) {
      this.transactionId = 0;
      this.hopCount = from.hopCount;
      from.copyLinkAddress(this.linkAddress);
      from.copyPeerAddress(this.peerAddress);
    } else {
      this.transactionId = from.transactionId;
      this.hopCount = 0;
      this.linkAddress.fill(0);
      this.peerAddress.fill(0);
    }
    this.clearOptions();
    this.#seen.fill(0);
    const options = this.#options.over(from);
    while (options.next()) {
      if (this.#take(options)) continue;
      if (!this.unknown.append(options.view, options.start, options.end)) {
        this.dropped++;
      }
    }
    return options.reason;
  }

  /** Takes an option; false if it is to be kept whole. */
  #take(options: Options): boolean {
    const { code } = options;
    if (options.check() !== undefined) return false;
    if (
      code === OptionCode.IA_NA || code === OptionCode.IA_TA ||
      code === OptionCode.IA_PD
    ) return this.#takeAssociation(options);
    const index = INDEX.get(code);
    if (index === undefined || this.#seen[index] === 1) return false;
    const field = FIELDS[index]!;
    if (!this.#decode(field, options)) {
      this.#clear(field);
      return false;
    }
    this.#seen[index] = 1;
    return true;
  }

  #takeAssociation(options: Options): boolean {
    const association = this.associations[this.associationCount];
    if (association === undefined) {
      this.dropped++;
      return true;
    }
    const dropped = association.parse(options);
    if (dropped < 0) return false;
    this.dropped += dropped;
    this.associationCount++;
    return true;
  }

  /** Reads the data of an option; false if it is to be kept whole. */
  #decode(field: Field, options: Options): boolean {
    const { view, dataStart, end } = options;
    switch (field.kind) {
      case "number":
        this[field.name] = field.octets === 1
          ? options.octet
          : field.octets === 2
          ? options.short
          : options.word;
        return true;
      case "octets":
        if (!this[field.name].copy(view, dataStart, end)) this.dropped++;
        return true;
      case "flag":
        this[field.name] = true;
        return true;
      case "requested":
        this.requestedCount = 0;
        for (let i = 0; i < options.requestedCount; i++) {
          if (i === this.requested.length) {
            this.dropped += options.requestedCount - i;
            break;
          }
          this.requested[this.requestedCount++] = options.requested(i);
        }
        return true;
      case "servers":
        for (let i = 0; i < options.addressCount; i++) {
          if (4 * i === this.dnsServers.length) {
            this.dropped += options.addressCount - i;
            break;
          }
          options.copyAddress(i, this.dnsServers, 4 * i);
          this.dnsServerCount++;
        }
        return true;
      case "names":
        return this.#takeNames(options);
      case "fqdn":
        this.fqdnFlags = options.octet;
        if (!this.fqdnName.copy(view, dataStart + 1, end)) {
          this.fqdnFlags = -1;
          this.dropped++;
        }
        return true;
      case "status":
        if (!this.status.parse(options)) this.dropped++;
        return true;
    }
  }

  /** RFC 8415 section 10: names have no pointers here. */
  #takeNames(options: Options): boolean {
    const { view, end } = options;
    let at = options.dataStart;
    while (at < end) {
      at = skipName(view, at, end, false);
      if (at < 0) return false;
    }
    if (!this.domainList.copy(view, options.dataStart, end)) this.dropped++;
    return true;
  }

  /**
   * Whether what was read makes sense: `"malformed"` for an identity association
   * with T1 above T2, neither being 0, or for a preferred lifetime above a valid
   * one; a client has to leave those out (RFC 8415 sections 21.4, 21.6, 21.22).
   */
  check(): Reason | undefined {
    for (let i = 0; i < this.associationCount; i++) {
      const { t1, t2, count, preferredLifetimes, validLifetimes } = this
        .associations[i]!;
      if (t1 > t2 && t2 > 0) return "malformed";
      for (let j = 0; j < count; j++) {
        if (preferredLifetimes[j]! > validLifetimes[j]!) return "malformed";
      }
    }
    return undefined;
  }

  /** Octets of the data of an option, -1 if it is absent. */
  #length(field: Field): number {
    switch (field.kind) {
      case "number":
        return this[field.name] < 0 ? -1 : field.octets;
      case "octets":
        return this[field.name].length || -1;
      case "flag":
        return this[field.name] ? 0 : -1;
      case "requested":
        return this.requestedCount < 0 ? -1 : 2 * this.requestedCount;
      case "servers":
        return 16 * this.dnsServerCount || -1;
      case "names":
        return this.domainList.length || -1;
      case "fqdn":
        return this.fqdnFlags < 0 ? -1 : 1 + this.fqdnName.length;
      case "status":
        return this.status.code < 0 ? -1 : 2 + this.status.message.length;
    }
  }

  #optionOctets(field: Field): number {
    const length = this.#length(field);
    return length < 0 ? 0 : OPTION_HEADER_LENGTH + length;
  }

  /** Octets that {@linkcode Repr.emit} writes. */
  get bufferLength(): number {
    let octets = isRelayType(this.type) ? RELAY_HEADER_LENGTH : HEADER_LENGTH;
    for (let i = 0; i < FIELDS.length; i++) {
      octets += this.#optionOctets(FIELDS[i]!);
    }
    for (let i = 0; i < this.associationCount; i++) {
      octets += this.associations[i]!.bufferLength;
    }
    return octets + this.unknown.length;
  }

  /**
   * Writes the message at `at`: both identifiers, the identity associations,
   * other options by code, those kept whole.
   */
  emit(view: DataView, at: number): void {
    const header = this.#header.wrap(view, at, at);
    header.type = this.type;
    if (header.isRelay) {
      header.hopCount = this.hopCount;
      header.setLinkAddress(this.linkAddress);
      header.setPeerAddress(this.peerAddress);
    } else {
      header.transactionId = this.transactionId;
    }
    at = header.optionsStart;
    for (let i = 0; i < FIRST.length; i++) at = this.#emit(FIRST[i]!, view, at);
    for (let i = 0; i < this.associationCount; i++) {
      const association = this.associations[i]!;
      association.emit(view, at);
      at += association.bufferLength;
    }
    for (let i = 0; i < REST.length; i++) at = this.#emit(REST[i]!, view, at);
    this.unknown.emit(view, at);
  }

  /** Writes an option if it is there; the offset behind it. */
  #emit(field: Field, view: DataView, at: number): number {
    const length = this.#length(field);
    if (length < 0) return at;
    view.setUint16(at, field.code);
    view.setUint16(at + 2, length);
    at += OPTION_HEADER_LENGTH;
    switch (field.kind) {
      case "number": {
        const value = this[field.name];
        if (length === 1) view.setUint8(at, value);
        else if (length === 2) view.setUint16(at, value);
        else view.setUint32(at, value);
        break;
      }
      case "octets":
        this[field.name].emit(view, at);
        break;
      case "requested":
        for (let i = 0; i < this.requestedCount; i++) {
          view.setUint16(at + 2 * i, this.requested[i]!);
        }
        break;
      case "servers":
        for (let i = 0; i < 4 * this.dnsServerCount; i++) {
          view.setInt32(at + 4 * i, this.dnsServers[i]!);
        }
        break;
      case "names":
        this.domainList.emit(view, at);
        break;
      case "fqdn":
        view.setUint8(at, this.fqdnFlags);
        this.fqdnName.emit(view, at + 1);
        break;
      case "status":
        this.status.emit(view, at - OPTION_HEADER_LENGTH);
    }
    return at + length;
  }
}
