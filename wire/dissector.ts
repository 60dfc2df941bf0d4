/**
 * The layers of a frame, found in one walk, without garbage.
 *
 * A {@linkcode Dissector} writes what it finds into arrays of its own: kind,
 * place and extent of each layer, outermost first, the datagram quoted by an
 * ICMP error behind the error. It is lenient where a host must not be: a layer
 * that a host refuses has a reason, and the walk goes on as long as it is clear
 * where the next layer begins. Checksums are not looked at.
 *
 * ```ts
 * import { dissector, ip, ipv4, udp } from "@ethox/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const view = new DataView(new ArrayBuffer(32));
 * const header = new ipv4.Repr();
 * header.protocol = ip.Protocol.UDP;
 * header.payloadLength = 12;
 * header.emit(view, 0);
 * const datagram = new udp.Repr();
 * datagram.destinationPort = 53;
 * datagram.payloadLength = 4;
 * datagram.emit(view, 20);
 *
 * const walker = new dissector.Dissector();
 * const { Kind, LinkType } = dissector;
 * assertEquals(walker.walk(view, 0, 32, LinkType.IPV4), 3);
 * assertEquals([...walker.kind.subarray(0, 3)], [
 *   Kind.IPV4,
 *   Kind.UDP,
 *   Kind.DNS,
 * ]);
 * assertEquals([...walker.at.subarray(0, 3)], [0, 20, 28]);
 * ```
 *
 * @module
 */

import { APPLICATIONS, TCP_PORTS, UDP_PORTS } from "./_applications.ts";
import {
  HttpHeader,
  kindOfDatagram,
  kindOfStream,
  messageLength,
} from "./_content.ts";
import {
  AFS,
  BROWSER,
  CDP,
  EAP,
  EAPOL,
  ESP,
  ETHERIP,
  HTTP,
  ISAKMP,
  LACP,
  LLDP,
  MAILSLOT,
  NBDGM,
  PROTOCOLS,
  RX,
  SLOW,
  SMB,
  STP,
  TYPES,
  UDPENCAP,
} from "./_dissector_tables.ts";
import { Kind, NAMES } from "./_kind.ts";
import { LinkType } from "./linktype.ts";
import { type Reason, REASONS } from "./reason.ts";

export { Kind, LinkType };

/** Most layers that a walk finds; what lies deeper is not looked at. */
export const MAX_LAYERS = 256;

/** The name of a kind of layer, as Wireshark has it in its filters. */
export function nameOf(kind: number): string {
  return NAMES[kind] ?? APPLICATIONS[kind - 64] ?? `kind-${kind}`;
}

/** No further layer. */
const NONE = -1;
/** Numbers of reasons in {@linkcode Dissector.reason}. */
const TRUNCATED = 1 + REASONS.indexOf("truncated");
const LENGTH = 1 + REASONS.indexOf("length");
const HEADER = 1 + REASONS.indexOf("header");
const VERSION = 1 + REASONS.indexOf("version");
const MALFORMED = 1 + REASONS.indexOf("malformed");

/** The least value of the type field that is no length. */
const MIN_ETHERNET_TYPE = 1501;
/** Datagrams quoted inside quoted ones are not followed. */
const MOST_QUOTES = 2;
const EMPTY: DataView = new DataView(new ArrayBuffer(0));

/** Finds the layers of frames; one is reused for all. */
export class Dissector {
  /** Layers that the last walk found. */
  count = 0;
  /** Kind of each layer: one of {@linkcode Kind}, or see {@linkcode nameOf}. */
  readonly kind: Uint8Array = new Uint8Array(MAX_LAYERS);
  /** Offset of its first octet. */
  readonly at: Int32Array = new Int32Array(MAX_LAYERS);
  /** Offset behind its header, where its payload begins. */
  readonly payload: Int32Array = new Int32Array(MAX_LAYERS);
  /** Offset behind the last octet of its payload that is there. */
  readonly end: Int32Array = new Int32Array(MAX_LAYERS);
  /** The same as the headers say it, beyond the frame where that was cut. */
  readonly claimed: Int32Array = new Int32Array(MAX_LAYERS);
  /** Index of the IPv4 or IPv6 header that it is in, -1 outside. */
  readonly network: Int16Array = new Int16Array(MAX_LAYERS);
  /** How many ICMP errors it is quoted by. */
  readonly quoted: Uint8Array = new Uint8Array(MAX_LAYERS);
  /** 1 if the layer is in the first fragment of a datagram, or a later one. */
  readonly fragment: Uint8Array = new Uint8Array(MAX_LAYERS);
  /** 0, or why a host refuses it: 1 more than the index of the reason. */
  readonly reason: Uint8Array = new Uint8Array(MAX_LAYERS);

  readonly #header = new HttpHeader();
  #view = EMPTY;
  #next = NONE;
  #at = 0;
  #end = 0;
  #claimed = 0;
  #network = -1;
  #quotes = 0;
  #fragment = 0;
  /** Whether an EtherType says which protocol is next. */
  #typed = false;

  /**
   * Finds the layers of the frame `start`..`end`, which were `claimed - start`
   * octets on the wire.
   *
   * @returns how many there are, 0 for a link type that is not known
   */
  walk(
    view: DataView,
    start: number,
    end: number,
    linkType: number,
    claimed: number = end,
  ): number {
    this.#view = view;
    this.#at = start;
    this.#end = end;
    this.#claimed = claimed;
    this.#network = -1;
    this.#quotes = 0;
    this.#fragment = 0;
    this.#typed = false;
    this.count = 0;
    this.#next = this.#first(linkType);
    while (this.#next !== NONE && this.count < MAX_LAYERS) this.#step();
    return this.count;
  }

  /** Why a host refuses a layer. */
  reasonOf(index: number): Reason | undefined {
    return REASONS[this.reason[index]! - 1];
  }

  #first(linkType: number): number {
    switch (linkType) {
      case LinkType.ETHERNET:
        return Kind.ETHERNET;
      case LinkType.RAW:
      case LinkType.RAW_12:
      case LinkType.RAW_14:
        return Kind.RAW;
      case LinkType.IPV4:
        return Kind.IPV4;
      case LinkType.IPV6:
        return Kind.IPV6;
      case LinkType.LINUX_SLL:
        return Kind.LINUX_COOKED;
      case LinkType.LINUX_SLL2:
        return Kind.LINUX_COOKED_2;
      case LinkType.NULL:
      case LinkType.LOOP:
        return Kind.LOOPBACK;
      default:
        return NONE;
    }
  }

  /** One layer: it is entered, and says which is next. */
  #step(): void {
    const kind = this.#next;
    this.#next = NONE;
    switch (kind) {
      case Kind.RAW:
        this.#enter(kind, 0, 0);
        this.#next = this.#byVersion();
        return;
      case Kind.ETHERNET:
        return this.#ethernet();
      case Kind.LINUX_COOKED:
        if (this.#enter(kind, 16, 0)) this.#cooked(this.#back16(2));
        return;
      case Kind.LINUX_COOKED_2:
        if (this.#enter(kind, 20, 0)) this.#cooked(this.#back16(20));
        return;
      case Kind.LOOPBACK:
        if (this.#enter(kind, 4, 0)) this.#next = this.#byVersion();
        return;
      case Kind.VLAN:
      case Kind.SERVICE_VLAN:
        if (this.#enter(kind, 4, 0)) this.#byType(this.#back16(2));
        return;
      case Kind.LLC:
        return this.#llc();
      case Kind.MPLS:
        return this.#mpls();
      case Kind.PPPOE:
        if (this.#enter(kind, 6, 0)) this.#ppp();
        return;
      case Kind.ARP:
        return this.#arp();
      case Kind.IPV4:
        return this.#ipv4();
      case Kind.IPV6:
        return this.#ipv6();
      case Kind.HOP_BY_HOP:
      case Kind.DESTINATION_OPTIONS:
      case Kind.ROUTING:
        return this.#extension(kind);
      case Kind.FRAGMENT:
        return this.#fragmentHeader();
      case Kind.AUTHENTICATION:
        return this.#authentication();
      case Kind.ICMPV4:
        return this.#icmpv4();
      case Kind.ICMPV6:
        return this.#icmpv6();
      case Kind.UDP:
      case Kind.UDP_LITE:
        return this.#udp(kind);
      case Kind.TCP:
        return this.#tcp();
      case Kind.GRE:
        return this.#gre();
      case Kind.VXLAN:
        if (this.#enter(kind, 8, 0)) this.#next = Kind.ETHERNET;
        return;
      case Kind.GENEVE:
        return this.#geneve();
      default:
        return this.#rest(kind);
    }
  }

  /**
   * Adds a layer whose header has `length` octets, or fewer if there are no
   * more; false, and `"truncated"` noted, in this case.
   */
  #enter(kind: number, length: number, reason: number): boolean {
    const i = this.count;
    const whole = length <= this.#end - this.#at;
    this.kind[i] = kind;
    this.at[i] = this.#at;
    this.#at = whole ? this.#at + length : this.#end;
    this.payload[i] = this.#at;
    this.end[i] = this.#end;
    this.claimed[i] = this.#claimed;
    this.network[i] = this.#network;
    this.quoted[i] = this.#quotes;
    this.fragment[i] = this.#fragment;
    this.reason[i] = whole || reason !== 0 ? reason : TRUNCATED;
    this.count++;
    return whole;
  }

  /** Notes why a host refuses the layer that was entered last. */
  #refuse(reason: number): void {
    const i = this.count - 1;
    if (this.reason[i] === 0) this.reason[i] = reason;
  }

  /** The 16 bits that end `octets` after `back` octets before the payload. */
  #back16(back: number): number {
    return this.#view.getUint16(this.#at - back);
  }

  /** Octets that are there. */
  get #octets(): number {
    return this.#end - this.#at;
  }

  /** What is behind it ends at `claimed`, for this layer and those inside. */
  #limit(claimed: number): void {
    this.#claimed = claimed;
    if (claimed < this.#end) this.#end = claimed;
    const i = this.count - 1;
    this.end[i] = this.#end;
    this.claimed[i] = claimed;
  }

  #byVersion(): number {
    if (this.#octets <= 0) return NONE;
    const version = this.#view.getUint8(this.#at) >> 4;
    return version === 6 ? Kind.IPV6 : version === 4 ? Kind.IPV4 : NONE;
  }

  /** Ends with what an EtherType, or an 802.3 length, stands for. */
  #byType(type: number): void {
    if (type >= MIN_ETHERNET_TYPE) {
      const kind = TYPES.get(type) ?? NONE;
      this.#typed = kind === Kind.IPV4;
      if (this.#octets > 0) this.#next = kind;
      else if (kind !== NONE) this.#missing(kind);
      return;
    }
    if (type === 0) return;
    // IEEE 802.3: octets behind the length are padding. A length beyond the
    // frame is one that a host refuses.
    const claimed = this.#at + type;
    if (claimed > this.#claimed) this.#refuse(LENGTH);
    else this.#limit(claimed);
    if (this.#octets <= 0) return this.#missing(Kind.LLC);
    this.#next = Kind.LLC;
  }

  /** As {@linkcode #byType}; below 1501 stand kinds of frames, not lengths. */
  #cooked(type: number): void {
    if (type >= MIN_ETHERNET_TYPE) this.#byType(type);
    else if (type === 4 && this.#octets > 0) this.#next = Kind.LLC;
  }

  #ethernet(): void {
    if (!this.#enter(Kind.ETHERNET, 14, 0)) return;
    this.#byType(this.#back16(2));
  }

  #llc(): void {
    const view = this.#view;
    const at = this.#at;
    if (this.#octets < 3) {
      this.#enter(Kind.LLC, 3, 0);
      return;
    }
    const dsap = view.getUint8(at);
    const control = view.getUint8(at + 2);
    if (dsap === 0xaa && view.getUint8(at + 1) === 0xaa && control === 3) {
      if (!this.#enter(Kind.LLC, 8, 0)) return;
      const organisation = view.getUint16(at + 3) << 8 | view.getUint8(at + 5);
      const type = view.getUint16(at + 6);
      if (organisation === 0) {
        if (type >= MIN_ETHERNET_TYPE) this.#byType(type);
      } else if (organisation === 0x0c && type === 0x2000) this.#next = CDP;
      return;
    }
    // Unnumbered formats have one octet of control, the others two.
    if (!this.#enter(Kind.LLC, (control & 3) === 3 ? 3 : 4, 0)) return;
    if (dsap === 0x42) this.#next = STP;
    else if (dsap === 0x06) this.#next = Kind.IPV4;
  }

  #mpls(): void {
    if (!this.#enter(Kind.MPLS, 4, 0)) return;
    const last = (this.#view.getUint8(this.#at - 2) & 1) !== 0;
    this.#next = last ? this.#byVersion() : Kind.MPLS;
  }

  #ppp(): void {
    const length = this.#back16(2);
    const claimed = this.#at + length;
    if (claimed > this.#claimed) this.#refuse(LENGTH);
    else this.#limit(claimed);
    if (!this.#enter(Kind.PPP, 2, 0)) return;
    const protocol = this.#back16(2);
    if (protocol === 0x0021) this.#next = Kind.IPV4;
    else if (protocol === 0x0057) this.#next = Kind.IPV6;
  }

  #arp(): void {
    const view = this.#view;
    const at = this.#at;
    let length = 8;
    if (this.#octets >= 8) {
      length = 8 + 2 * (view.getUint8(at + 4) + view.getUint8(at + 5));
    }
    this.#enter(Kind.ARP, length, 0);
    const claimed = at + length;
    if (claimed <= this.#claimed) this.#limit(claimed);
  }

  #ipv4(): void {
    const view = this.#view;
    const at = this.#at;
    if (this.#octets <= 0) return;
    const version = view.getUint8(at) >> 4;
    const header = (view.getUint8(at) & 15) * 4;
    this.#network = this.count;
    this.#fragment = 0;
    const typed = this.#typed;
    this.#typed = false;
    if (version === 6) {
      // The version counts more than the type that led here.
      if (typed) this.#enter(Kind.IPV4, header, VERSION);
      this.#at = at;
      this.#next = Kind.IPV6;
      return;
    }
    if (version !== 4) {
      this.#enter(Kind.IPV4, typed ? header : 1, VERSION);
      return;
    }
    if (header < 20) {
      this.#enter(Kind.IPV4, header, HEADER);
      return;
    }
    const octets = this.#octets;
    const reason = octets < 20 ? TRUNCATED : 0;
    if (octets < 4) {
      this.#enter(Kind.IPV4, header, reason);
      return;
    }
    const total = view.getUint16(at + 2);
    if (total < header) {
      this.#enter(Kind.IPV4, header, total < 20 ? LENGTH : HEADER);
      return;
    }
    const whole = this.#enter(Kind.IPV4, header, reason);
    if (at + total > this.#claimed) this.#refuse(LENGTH);
    else this.#limit(at + total);
    if (!whole) return;
    const flags = view.getUint16(at + 6);
    if ((flags & 0x1fff) !== 0) {
      this.fragment[this.count - 1] = 1;
      return;
    }
    if ((flags & 0x2000) !== 0) this.#fragment = 1;
    this.#protocol(view.getUint8(at + 9));
  }

  #protocol(protocol: number): void {
    const kind = PROTOCOLS[protocol]!;
    if (kind === 0) return;
    // IPv6 has a number for "nothing follows"; in IPv4 no payload is legal.
    const six = this.kind[this.#network] === Kind.IPV6;
    if (this.#octets > 0) this.#next = kind;
    else if (six || this.#claimed > this.#at) this.#missing(kind);
  }

  /** Notes a layer that should be there, and has no octets. */
  #missing(kind: number): void {
    if (this.#quotes === 0 && this.count < MAX_LAYERS) {
      this.#enter(kind, 1, TRUNCATED);
    }
  }

  #ipv6(): void {
    const view = this.#view;
    const at = this.#at;
    if (this.#octets <= 0) return;
    this.#network = this.count;
    this.#fragment = 0;
    if (view.getUint8(at) >> 4 !== 6) {
      this.#enter(Kind.IPV6, 40, VERSION);
      return;
    }
    if (!this.#enter(Kind.IPV6, 40, 0)) return;
    let length = view.getUint16(at + 4);
    const next = view.getUint8(at + 6);
    if (length === 0 && next === 0) {
      length = this.#jumbo();
      if (length < 0) {
        this.#limit(at + 40);
        this.#refuse(MALFORMED);
        return;
      }
    }
    const claimed = at + 40 + length;
    if (claimed > this.#claimed) this.#refuse(LENGTH);
    else this.#limit(claimed);
    this.#protocol(next);
  }

  /** The jumbo payload length of the options ahead, -1 without (RFC 2675). */
  #jumbo(): number {
    const view = this.#view;
    let at = this.#at + 2;
    if (at > this.#end) return -1;
    let end = this.#at + 8 + 8 * view.getUint8(at - 1);
    if (end > this.#end) end = this.#end;
    while (at < end) {
      const type = view.getUint8(at);
      if (type === 0) {
        at++;
        continue;
      }
      if (at + 2 > end) return -1;
      const length = view.getUint8(at + 1);
      if (type === 0xc2 && length === 4 && at + 6 <= end) {
        return view.getUint32(at + 2);
      }
      at += 2 + length;
    }
    return -1;
  }

  #extension(kind: number): void {
    const view = this.#view;
    const at = this.#at;
    if (this.#octets < 2) {
      this.#enter(kind, 8, 0);
      return;
    }
    const length = 8 + 8 * view.getUint8(at + 1);
    if (this.#enter(kind, length, 0)) this.#protocol(view.getUint8(at));
  }

  #fragmentHeader(): void {
    const view = this.#view;
    const at = this.#at;
    if (!this.#enter(Kind.FRAGMENT, 8, 0)) return;
    const field = view.getUint16(at + 2);
    if ((field & 0xfff9) !== 0) this.#fragment = 1;
    this.fragment[this.count - 1] = this.#fragment;
    if ((field & 0xfff8) === 0) this.#protocol(view.getUint8(at));
  }

  #authentication(): void {
    const view = this.#view;
    const at = this.#at;
    if (this.#octets < 12) {
      this.#enter(Kind.AUTHENTICATION, 12, 0);
      return;
    }
    const length = 8 + 4 * view.getUint8(at + 1);
    if (length < 12) {
      this.#enter(Kind.AUTHENTICATION, 12, LENGTH);
      return;
    }
    if (this.#enter(Kind.AUTHENTICATION, length, 0)) {
      this.#protocol(view.getUint8(at));
    }
  }

  /** Goes on with a datagram that an error quotes from `at` to `end`. */
  #quote(kind: number, at: number, end: number): void {
    if (this.#quotes >= MOST_QUOTES || at >= end) return;
    this.#quotes++;
    this.#at = at;
    if (end < this.#end) {
      this.#end = end;
      this.#claimed = end;
    }
    this.#next = kind;
  }

  #icmpv4(): void {
    const view = this.#view;
    const at = this.#at;
    const octets = this.#octets;
    this.#enter(Kind.ICMPV4, octets, octets < 8 ? TRUNCATED : 0);
    if (octets <= 8) return;
    const type = view.getUint8(at);
    if (type !== 3 && type !== 4 && type !== 5 && type !== 11 && type !== 12) {
      return;
    }
    // RFC 4884: the length of the quote, in words, where extensions follow.
    let end = this.#end;
    const words = view.getUint8(at + 5);
    if (type !== 4 && type !== 5 && words !== 0 && at + 8 + 4 * words < end) {
      end = at + 8 + 4 * words;
    }
    this.#quote(Kind.IPV4, at + 8, end);
  }

  #icmpv6(): void {
    const view = this.#view;
    const at = this.#at;
    const octets = this.#octets;
    this.#enter(Kind.ICMPV6, octets, octets < 4 ? TRUNCATED : 0);
    if (octets <= 8) return;
    const type = view.getUint8(at);
    if (type < 1 || type > 4) return;
    let end = this.#end;
    const words = view.getUint8(at + 4);
    // RFC 4884: here the length counts words of 8 octets.
    if (
      (type === 1 || type === 3) && words !== 0 && at + 8 + 8 * words < end
    ) end = at + 8 + 8 * words;
    this.#quote(Kind.IPV6, at + 8, end);
  }

  #udp(kind: number): void {
    const view = this.#view;
    const at = this.#at;
    if (!this.#enter(kind, 8, 0)) return;
    const length = view.getUint16(at + 4);
    if (kind === Kind.UDP && (length >= 8 || length !== 0)) {
      if (length < 8) {
        this.#refuse(LENGTH);
        return;
      }
      if (at + length > this.#claimed) this.#refuse(LENGTH);
      else this.#limit(at + length);
    }
    if (this.#octets <= 0) return;
    const source = view.getUint16(at);
    const destination = view.getUint16(at + 2);
    // The lower port is more likely that of a service.
    const low = source < destination ? source : destination;
    const high = source < destination ? destination : source;
    this.#next = kindOfDatagram(
      view,
      this.#at,
      this.#end,
      UDP_PORTS.get(low) ?? UDP_PORTS.get(high) ?? NONE,
    );
  }

  #tcp(): void {
    const view = this.#view;
    const at = this.#at;
    if (this.#octets < 14) {
      this.#enter(Kind.TCP, 20, 0);
      return;
    }
    const header = (view.getUint8(at + 12) >> 4) * 4;
    if (header < 20) {
      this.#enter(Kind.TCP, this.#octets, HEADER);
      return;
    }
    if (at + header > this.#claimed) {
      this.#enter(Kind.TCP, header, HEADER);
      return;
    }
    if (!this.#enter(Kind.TCP, header, 0) || this.#octets <= 0) return;
    const source = view.getUint16(at);
    const destination = view.getUint16(at + 2);
    const low = source < destination ? source : destination;
    const high = source < destination ? destination : source;
    this.#next = kindOfStream(
      view,
      this.#at,
      this.#end,
      TCP_PORTS.get(low) ?? TCP_PORTS.get(high) ?? NONE,
    );
  }

  #gre(): void {
    const view = this.#view;
    const at = this.#at;
    if (this.#octets < 4) {
      this.#enter(Kind.GRE, 4, 0);
      return;
    }
    const flags = view.getUint16(at);
    let length = 4;
    if ((flags & 0xc000) !== 0) length += 4;
    if ((flags & 0x2000) !== 0) length += 4;
    if ((flags & 0x1000) !== 0) length += 4;
    // RFC 2637 has an acknowledgment number in its version 1.
    if ((flags & 0x0087) === 0x0081) length += 4;
    if (!this.#enter(Kind.GRE, length, 0)) return;
    const version = flags & 7;
    if (version > 1 || (flags & 0x4000) !== 0) {
      this.#refuse(MALFORMED);
      return;
    }
    const type = view.getUint16(at + 2);
    if (type >= MIN_ETHERNET_TYPE) this.#byType(type);
  }

  /** IEEE 802.1AB: the elements end with one of the type 0. */
  #limitLldp(): void {
    const view = this.#view;
    let at = this.#at;
    while (at + 2 <= this.#end) {
      const field = view.getUint16(at);
      at += 2 + (field & 0x1ff);
      if (field < 0x200) {
        if (at <= this.#claimed) this.#limit(at);
        return;
      }
    }
  }

  #geneve(): void {
    const view = this.#view;
    const at = this.#at;
    if (this.#octets < 8) {
      this.#enter(Kind.GENEVE, 8, 0);
      return;
    }
    const length = 8 + 4 * (view.getUint8(at) & 63);
    if (!this.#enter(Kind.GENEVE, length, 0)) return;
    const type = view.getUint16(at + 2);
    if (type >= MIN_ETHERNET_TYPE) this.#byType(type);
  }

  /** A layer that takes all that is left, but for the few with one inside. */
  #rest(kind: number): void {
    const view = this.#view;
    const at = this.#at;
    const octets = this.#octets;
    switch (kind) {
      case HTTP:
        return this.#http();
      case NBDGM:
        return this.#netbios();
      case ETHERIP:
        // RFC 3378.
        if (this.#enter(kind, 2, 0)) this.#next = Kind.ETHERNET;
        return;
      case SLOW:
        if (octets > 0 && view.getUint8(at) === 1) {
          this.#enter(kind, 1, 0);
          this.#next = LACP;
          return;
        }
        break;
      case EAPOL:
        if (octets >= 4) {
          const length = 4 + view.getUint16(at + 2);
          this.#enter(kind, Math.min(length, octets), 0);
          if (at + length <= this.#claimed) this.#limit(at + length);
          this.#at = at + 4;
          if (view.getUint8(at + 1) === 0 && this.#octets > 0) this.#next = EAP;
          return;
        }
        break;
      case LLDP:
        this.#enter(kind, octets, 0);
        this.#at = at;
        this.#limitLldp();
        return;
      case UDPENCAP:
        // RFC 3948: four octets of 0 in front of IKE, a SPI of ESP otherwise.
        if (octets >= 4) {
          const ike = view.getUint32(at) === 0;
          this.#enter(kind, ike ? 4 : 0, 0);
          this.#next = ike ? ISAKMP : ESP;
          return;
        }
        break;
      case RX:
        if (octets >= 28) {
          this.#enter(kind, 28, 0);
          const type = view.getUint8(at + 20);
          if (type === 1) this.#next = AFS;
          return;
        }
        break;
    }
    const length = messageLength(view, at, this.#end, kind);
    this.#enter(kind, length, 0);
    if (length > 0 && length < octets) this.#next = kind;
  }

  #http(): void {
    const header = this.#header;
    header.read(this.#view, this.#at, this.#end);
    const { end, body } = header;
    const split = end > 0 && end < this.#end && body >= 0;
    this.#enter(HTTP, split ? end - this.#at : this.#octets, 0);
    if (split) this.#next = body;
  }

  /** A datagram of NetBIOS, and the mailslot that SMB has in it. */
  #netbios(): void {
    const view = this.#view;
    const at = this.#at;
    const end = this.#end;
    const smb = at + 82;
    // RFC 1002 section 4.4.2: two names of 34 octets behind 14.
    const whole = this.#octets > 82 + 61 + 8 &&
      view.getUint8(at) >= 0x10 && view.getUint8(at) <= 0x12 &&
      view.getUint32(smb) === 0xff534d42 && view.getUint8(smb + 4) === 0x25 &&
      view.getUint8(smb + 32) === 17;
    this.#enter(NBDGM, whole ? 82 : this.#octets, 0);
    if (!whole) return;
    this.#enter(SMB, end - smb, 0);
    // The parameters of a transaction say where its data begin.
    const data = smb + view.getUint16(smb + 57, true);
    const slot = smb + 61;
    if (data <= slot || data > end) return;
    this.#at = slot;
    this.#enter(MAILSLOT, data - slot, 0);
    if (data < end) this.#next = BROWSER;
  }
}
