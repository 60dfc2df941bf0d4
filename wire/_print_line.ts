// One line of a frame, in the manner of tcpdump, from the layers in it.

import { DnsLine } from "./_print_dns.ts";
import { MessageLine } from "./_print_icmp.ts";
import { IgmpLine, Message6Line } from "./_print_icmpv6.ts";
import {
  broken,
  isHttp,
  type Pseudo,
  TransportLine,
} from "./_print_transport.ts";
import { application } from "./_applications.ts";
import * as arp from "./arp.ts";
import { type Dissector, Kind, nameOf } from "./dissector.ts";
import * as ethernet from "./ethernet.ts";
import * as ip from "./ip.ts";
import * as ipv4 from "./ipv4.ts";
import * as ipv6 from "./ipv6.ts";
import type { Writer } from "./text.ts";

/** Octets of UDP and of BOOTP up to the magic. */
const DHCP_FIXED = 8 + 236;
/** Where BOOTP has the hardware address of the client. */
const CLIENT_HARDWARE = 28;
const HTTP: number = application("http");
const SMTP: number = application("smtp");
const FTP: number = application("ftp");
/** Octets of a first line that are printed. */
const MOST_OF_A_LINE = 256;

/** Appends the layers that a dissector found. */
export class Line {
  readonly #out: Writer;
  readonly #link: boolean;
  readonly #checksums: boolean;
  readonly #ethernet = new ethernet.View();
  readonly #arp = new arp.View();
  readonly #ipv4 = new ipv4.View();
  readonly #ipv6 = new ipv6.View();
  /** Appends segments, datagrams and options of segments. */
  readonly transport: TransportLine;
  readonly #message: MessageLine;
  readonly #message6: Message6Line;
  readonly #igmp: IgmpLine;
  readonly #dns: DnsLine;
  readonly #pseudo: Pseudo = {
    family: 0,
    source: 0,
    destination: 0,
    addresses: 0,
  };
  /** Whether the ports stand behind the addresses already. */
  #ported = false;
  /** Offset behind the frame as it was on the wire. */
  #wire = 0;
  /** Offset behind the datagram by its own length field. */
  #last = 0;

  /** Appends to a writer, with or without link layer and checksums. */
  constructor(out: Writer, link: boolean, checksums: boolean) {
    this.#out = out;
    this.#link = link;
    this.#checksums = checksums;
    this.transport = new TransportLine(out);
    this.#message = new MessageLine(out);
    this.#message6 = new Message6Line(out);
    this.#igmp = new IgmpLine(out);
    this.#dns = new DnsLine(out);
  }

  /**
   * Appends what the last walk over `view` found in a frame that ended at `wire`
   * before it was cut off.
   */
  append(view: DataView, found: Dissector, wire: number): void {
    this.#wire = wire;
    this.#last = wire;
    this.#pseudo.family = 0;
    this.#ported = false;
    for (let i = 0; i < found.count; i++) {
      const reason = found.reasonOf(i);
      const kind = found.kind[i]!;
      if (reason !== undefined && !this.readable(view, found, i)) {
        const octets = found.end[i]! - found.at[i]!;
        return broken(this.#out, TITLES[kind] ?? nameOf(kind), reason, octets);
      }
      if (!this.#layer(view, found, i)) return;
    }
  }

  /** Appends one layer alone; nothing is said of its checksum. */
  one(view: DataView, found: Dissector, i: number): void {
    this.#pseudo.family = 0;
    this.#last = found.claimed[i]!;
    this.#layer(view, found, i);
  }

  /** Whether a layer that a host refuses has a header to be read. */
  readable(view: DataView, found: Dissector, i: number): boolean {
    const kind = found.kind[i]!;
    const octets = found.end[i]! - found.at[i]!;
    switch (kind) {
      case Kind.UDP:
        return octets >= 8;
      case Kind.IPV4:
      case Kind.IPV6:
        // The datagram is longer than what is there of it, and not its header.
        return found.reasonOf(i) === "length" &&
          octets >= headerOf(view, found, i) &&
          this.#missing(view, found, i) > 0;
      default:
        return false;
    }
  }

  /** Octets of a datagram that are not there, by its length field. */
  #missing(view: DataView, found: Dissector, i: number): number {
    const at = found.at[i]!;
    const length = found.kind[i] === Kind.IPV4
      ? view.getUint16(at + 2)
      : ipv6.HEADER_LENGTH + view.getUint16(at + 4);
    const outer = i === 0 ? this.#wire : found.claimed[i - 1]!;
    return at + length - outer;
  }

  /** Says that octets of a datagram are missing. */
  #truncated(view: DataView, found: Dissector, i: number, what: string): void {
    const octets = this.#missing(view, found, i);
    if (octets <= 0) return;
    this.#out.text(what);
    this.#out.decimal(octets);
    this.#out.text(" bytes missing! ");
  }

  /** Appends one layer; whether what is in it comes next. */
  #layer(view: DataView, found: Dissector, i: number): boolean {
    const out = this.#out;
    const kind = found.kind[i]!;
    const at = found.at[i]!;
    const end = found.end[i]!;
    switch (kind) {
      case Kind.RAW:
        return this.#has(found, i, end - at);
      case Kind.ETHERNET:
        return this.#frame(view, found, i);
      case Kind.VLAN:
      case Kind.SERVICE_VLAN:
        return this.#tag(view, found, i);
      case Kind.LINUX_COOKED:
      case Kind.LINUX_COOKED_2:
      case Kind.LOOPBACK:
      case Kind.LLC:
      case Kind.PPPOE:
        return this.#link
          ? this.#name(found, i)
          : this.#has(found, i, end - at);
      case Kind.MPLS: {
        const entry = view.getUint32(at);
        out.text("MPLS (label ");
        out.decimal(entry >>> 12);
        out.text(", tc ");
        out.decimal(entry >>> 9 & 7);
        out.text((entry & 0x100) === 0 ? ", ttl " : ", [S], ttl ");
        out.decimal(entry & 0xff);
        out.text(") ");
        return this.#has(found, i, end - found.payload[i]!);
      }
      case Kind.ARP:
        // With the padding of a frame, as the wire carries it.
        this.#resolution(view, at, end, i === 0 ? end : found.end[i - 1]!);
        return false;
      case Kind.IPV4:
        return this.#four(view, found, i);
      case Kind.IPV6:
        return this.#six(view, found, i);
      case Kind.HOP_BY_HOP:
        return this.#extension(found, i, "HBH ");
      case Kind.DESTINATION_OPTIONS:
        return this.#extension(found, i, "DSTOPT ");
      case Kind.ROUTING:
        out.text("srcrt (len=");
        out.decimal(view.getUint8(at + 1));
        out.text(", type=");
        out.decimal(view.getUint8(at + 2));
        out.text(", segleft=");
        out.decimal(view.getUint8(at + 3));
        return this.#extension(found, i, ") ");
      case Kind.FRAGMENT:
        return this.#fragment(view, found, i);
      case Kind.AUTHENTICATION:
        out.text("AH(spi=0x");
        out.hex(view.getInt32(at + 4), 8);
        out.text(",seq=0x");
        out.shortHex(view.getInt32(at + 8));
        return this.#extension(found, i, "): ");
      case Kind.TCP:
        if (!this.#ported) this.transport.ports(view, at);
        this.transport.segment(view, at, end, this.#last, this.#judge());
        if (i + 1 < found.count) this.#stream(view, found, i + 1);
        return false;
      case Kind.UDP:
        return this.#datagram(view, found, i);
      case Kind.ICMPV4:
        this.#message.append(
          view,
          at,
          end,
          this.#last,
          this.#judge() !== undefined,
        );
        return false;
      case Kind.ICMPV6:
        this.#message6.append(
          view,
          at,
          end,
          this.#last,
          this.#judge()?.family === 6 ? this.#pseudo.addresses : -1,
        );
        return false;
      case Kind.IGMP:
        this.#igmp.append(view, at, end, this.#judge() !== undefined);
        return false;
      case Kind.GRE:
        out.text("GREv");
        out.decimal(view.getUint8(at + 1) & 7);
        out.text(", length ");
        out.decimal(end - at);
        out.text(": ");
        return this.#has(found, i, end - found.payload[i]!);
      case Kind.VXLAN:
        out.text(", vni ");
        out.decimal(view.getUint32(at + 4) >>> 8);
        out.text(": ");
        return this.#has(found, i, end - found.payload[i]!);
      default:
        return this.#name(found, i);
    }
  }

  /** How the checksum of a layer in an IP header is to be judged, if so. */
  pseudo(view: DataView, found: Dissector, i: number): Pseudo | undefined {
    const network = found.network[i]!;
    if (
      network < 0 || found.quoted[i] !== 0 || found.fragment[i] !== 0 ||
      found.end[i] !== found.claimed[i] || found.reason[i] !== 0
    ) return undefined;
    const pseudo = this.#pseudo;
    const at = found.at[network]!;
    const end = found.end[network]!;
    if (found.kind[network] === Kind.IPV4) {
      const header = this.#ipv4.wrap(view, at, end);
      pseudo.family = 4;
      pseudo.source = header.source;
      pseudo.destination = header.destination;
    } else {
      pseudo.family = 6;
      pseudo.addresses = this.#ipv6.wrap(view, at, end).addressSum;
    }
    return pseudo;
  }

  /** How checksums are to be judged, if they are. */
  #judge(): Pseudo | undefined {
    return this.#checksums && this.#pseudo.family !== 0
      ? this.#pseudo
      : undefined;
  }

  /** Appends the name of a layer; nothing comes behind it. */
  #name(found: Dissector, i: number): boolean {
    const kind = found.kind[i]!;
    const out = this.#out;
    out.text(NAMES[kind] ??= TITLES[kind] ?? nameOf(kind).toUpperCase());
    out.text(", length ");
    out.decimal(found.end[i]! - found.at[i]!);
    return false;
  }

  /** Whether there is a layer behind; if not, says how long the rest is. */
  #has(found: Dissector, i: number, octets: number): boolean {
    if (i + 1 < found.count && found.quoted[i + 1] === 0) return true;
    this.#out.text("length ");
    this.#out.decimal(octets);
    return false;
  }

  #extension(found: Dissector, i: number, text: string): boolean {
    this.#out.text(text);
    return this.#has(found, i, found.end[i]! - found.payload[i]!);
  }

  #frame(view: DataView, found: Dissector, i: number): boolean {
    const out = this.#out;
    const start = found.at[i]!;
    const end = found.end[i]!;
    const frame = this.#ethernet.wrap(view, start, end);
    if (this.#link) {
      out.mac(frame.sourceHigh, frame.sourceLow);
      out.text(" > ");
      out.mac(frame.destinationHigh, frame.destinationLow);
      if (frame.etherType > ethernet.MAX_LENGTH_FIELD) {
        out.text(", ");
        this.#type(frame.etherType);
      } else out.text(", 802.3");
      out.text(", length ");
      out.decimal(end - start);
      out.text(": ");
    }
    return this.#typed(found, i, frame.etherType);
  }

  #tag(view: DataView, found: Dissector, i: number): boolean {
    const out = this.#out;
    const at = found.at[i]!;
    if (this.#link) {
      const tag = view.getUint16(at);
      out.text("vlan ");
      out.decimal(tag & 0xfff);
      out.text(", p ");
      out.decimal(tag >> 13);
      out.text((tag & 0x1000) === 0 ? ", " : ", DEI, ");
    }
    return this.#typed(found, i, view.getUint16(at + 2));
  }

  /** Whether a layer is behind an EtherType; if not, says which that is. */
  #typed(found: Dissector, i: number, etherType: number): boolean {
    const next = found.kind[i + 1];
    if (i + 1 < found.count && next !== Kind.PAYLOAD) return true;
    this.#type(etherType);
    this.#out.text(", length ");
    this.#out.decimal(found.end[i]! - found.payload[i]!);
    return false;
  }

  #type(etherType: number): void {
    const out = this.#out;
    out.text("ethertype ");
    out.text(ethernet.nameOfType(etherType));
    out.text(" (0x");
    out.hex(etherType, 4);
    out.text(")");
  }

  #resolution(
    view: DataView,
    start: number,
    end: number,
    last: number,
  ): void {
    const out = this.#out;
    const message = this.#arp.wrap(view, start, end);
    out.text("ARP, ");
    if (message.check() !== undefined) {
      out.text("hardware type ");
      out.decimal(message.hardwareType);
      out.text(", operation ");
      out.decimal(message.operation);
    } else this.#question(message);
    out.text(", length ");
    out.decimal(last - start);
  }

  #question(message: arp.View): void {
    const out = this.#out;
    const { targetHigh, targetLow, operation } = message;
    switch (operation) {
      case arp.Operation.REQUEST:
        out.text("Request who-has ");
        out.ipv4(message.targetProtocol);
        if (targetHigh !== 0 || targetLow !== 0) {
          out.text(" (");
          out.mac(targetHigh, targetLow);
          out.text(")");
        }
        out.text(" tell ");
        return out.ipv4(message.senderProtocol);
      case arp.Operation.REPLY:
        out.text("Reply ");
        out.ipv4(message.senderProtocol);
        out.text(" is-at ");
        return out.mac(message.senderHigh, message.senderLow);
      case arp.Operation.REVERSE_REQUEST:
        out.text("Reverse Request who-is ");
        out.mac(targetHigh, targetLow);
        out.text(" tell ");
        return out.mac(message.senderHigh, message.senderLow);
      case arp.Operation.REVERSE_REPLY:
        out.text("Reverse Reply ");
        out.mac(targetHigh, targetLow);
        out.text(" at ");
        return out.ipv4(message.targetProtocol);
      default:
        out.text("operation ");
        return out.decimal(operation);
    }
  }

  #four(view: DataView, found: Dissector, i: number): boolean {
    const out = this.#out;
    const header = this.#ipv4.wrap(view, found.at[i]!, found.end[i]!);
    const pseudo = this.#pseudo;
    const { source, destination, fragmentOffset } = header;
    const whole = found.claimed[i] === found.end[i] && !header.isFragment;
    pseudo.family = whole ? 4 : 0;
    pseudo.source = source;
    pseudo.destination = destination;
    const at = found.payload[i]!;
    const ported = this.#ports(found, i);
    this.#last = found.at[i]! + header.totalLength;
    out.text(
      this.#checksums && !header.verify() ? "IP (bad cksum) " : "IP ",
    );
    this.#truncated(view, found, i, "truncated-ip - ");
    out.ipv4(source);
    if (ported) this.#port(view, at);
    out.text(" > ");
    out.ipv4(destination);
    if (ported) this.#port(view, at + 2);
    out.text(": ");
    if (fragmentOffset === 0) return this.#inner(found, i, header.protocol);
    out.text(ip.nameOfProtocol(header.protocol));
    out.text(", fragment offset ");
    out.decimal(fragmentOffset);
    out.text(", length ");
    out.decimal(this.#last - at);
    return false;
  }

  #six(view: DataView, found: Dissector, i: number): boolean {
    const out = this.#out;
    const header = this.#ipv6.wrap(view, found.at[i]!, found.end[i]!);
    const pseudo = this.#pseudo;
    pseudo.family = found.claimed[i] === found.end[i] ? 6 : 0;
    pseudo.addresses = header.addressSum;
    const at = found.payload[i]!;
    const ported = this.#ports(found, i);
    const { payloadLength } = header;
    this.#last = payloadLength > 0
      ? found.at[i]! + ipv6.HEADER_LENGTH + payloadLength
      : found.claimed[i]!;
    out.text("IP6 ");
    this.#truncated(view, found, i, "truncated-ip6 - ");
    out.ipv6(header.source0, header.source1, header.source2, header.source3);
    if (ported) this.#port(view, at);
    out.text(" > ");
    const { destination0, destination1, destination2, destination3 } = header;
    out.ipv6(destination0, destination1, destination2, destination3);
    if (ported) this.#port(view, at + 2);
    out.text(": ");
    return this.#inner(found, i, header.nextHeader);
  }

  /** Whether ports stand right behind a header, and can be read. */
  #ports(found: Dissector, i: number): boolean {
    const next = i + 1;
    const kind = next < found.count ? found.kind[next]! : Kind.PAYLOAD;
    this.#ported = (kind === Kind.TCP && found.reason[next] === 0) ||
      (kind === Kind.UDP && found.end[next]! - found.at[next]! >= 8);
    return this.#ported;
  }

  #port(view: DataView, at: number): void {
    this.#out.text(".");
    this.#out.decimal(view.getUint16(at));
  }

  /** Whether a layer is behind a protocol number; if not, says which. */
  #inner(found: Dissector, i: number, protocol: number): boolean {
    const next = found.kind[i + 1];
    if (i + 1 < found.count && next !== Kind.PAYLOAD) return true;
    this.#out.text(ip.nameOfProtocol(protocol));
    this.#out.text(", length ");
    this.#out.decimal(found.end[i]! - found.payload[i]!);
    return false;
  }

  #fragment(view: DataView, found: Dissector, i: number): boolean {
    const out = this.#out;
    const at = found.at[i]!;
    const word = view.getUint16(at + 2);
    const octets = this.#last - found.payload[i]!;
    out.text("frag (");
    out.decimal(word & 0xfff8);
    out.text("|");
    out.decimal(octets);
    out.text(")");
    if ((word & 0xfff8) !== 0) return false;
    if ((word & 1) !== 0) this.#pseudo.family = 0;
    out.text(" ");
    return this.#has(found, i, octets);
  }

  #datagram(view: DataView, found: Dissector, i: number): boolean {
    const out = this.#out;
    const at = found.at[i]!;
    const end = found.end[i]!;
    const inner = i + 1 < found.count ? found.kind[i + 1]! : Kind.PAYLOAD;
    if (!this.#ported) this.transport.ports(view, at);
    if (inner === Kind.VXLAN && found.reason[i + 1] === 0) {
      out.text("VXLAN, flags [");
      out.text((view.getUint8(at + 8) & 8) === 0 ? "." : "I");
      out.text("] (0x");
      out.hex(view.getUint8(at + 8), 2);
      out.text(")");
      return true;
    }
    if (inner === Kind.DNS || inner === Kind.MDNS || inner === Kind.LLMNR) {
      this.#remark(view, at, end);
      const payload = found.payload[i]!;
      this.#dns.append(view, payload, end, inner === Kind.MDNS);
      return false;
    }
    if (inner === Kind.DHCP && end - at >= DHCP_FIXED) {
      this.#remark(view, at, end);
      this.#bootp(view, found.payload[i]!, end);
      return false;
    }
    this.transport.datagram(view, at, end, this.#judge());
    return false;
  }

  /** Remarks upon a wrong checksum, in front of what a datagram carries. */
  #remark(view: DataView, at: number, end: number): void {
    const judge = this.#judge();
    if (judge !== undefined && !this.transport.right(view, at, end, judge)) {
      this.#out.text("[bad udp cksum] ");
    }
  }

  #bootp(view: DataView, at: number, end: number): void {
    const out = this.#out;
    out.text("BOOTP/DHCP, ");
    const operation = view.getUint8(at);
    if (operation === 1) {
      out.text("Request");
      if (view.getUint8(at + 1) === 1 && view.getUint8(at + 2) === 6) {
        out.text(" from ");
        const high = view.getUint16(at + CLIENT_HARDWARE);
        out.mac(high, view.getInt32(at + CLIENT_HARDWARE + 2));
      }
    } else if (operation === 2) out.text("Reply");
    else {
      out.text("operation ");
      out.decimal(operation);
    }
    out.text(", length ");
    out.decimal(end - at);
  }

  /** Names what a segment carries; of HTTP, the first line. */
  #stream(view: DataView, found: Dissector, i: number): void {
    const out = this.#out;
    const kind = found.kind[i]!;
    const at = found.at[i]!;
    const end = found.end[i]!;
    if (at >= end || (kind !== HTTP && kind !== SMTP && kind !== FTP)) return;
    out.text(kind === HTTP ? ": HTTP" : kind === SMTP ? ": SMTP" : ": FTP");
    if (kind === HTTP && !isHttp(view, at, end)) return;
    let last = at;
    const most = Math.min(end, at + MOST_OF_A_LINE);
    while (last < most && view.getUint8(last) >= 0x20) last++;
    out.text(": ");
    out.printable(view, at, last);
  }
}

/** What lines call a layer that its own name does not fit. */
const TITLES: Readonly<Record<number, string>> = {
  [Kind.PAYLOAD]: "data",
  [Kind.ETHERNET]: "Ethernet",
  [Kind.LLC]: "LLC",
  [Kind.ARP]: "ARP",
  [Kind.IPV4]: "IP",
  [Kind.IPV6]: "IP6",
  [Kind.HOP_BY_HOP]: "HBH",
  [Kind.DESTINATION_OPTIONS]: "DSTOPT",
  [Kind.ROUTING]: "srcrt",
  [Kind.FRAGMENT]: "frag",
  [Kind.AUTHENTICATION]: "AH",
  [Kind.ICMPV4]: "ICMP",
  [Kind.ICMPV6]: "ICMP6",
  [Kind.IGMP]: "IGMP",
  [Kind.UDP]: "UDP",
  [Kind.TCP]: "TCP",
};

/** Titles of layers alone, made once for each. */
const NAMES: string[] = [];

/** Octets of an IP header. */
function headerOf(view: DataView, found: Dissector, i: number): number {
  return found.kind[i] === Kind.IPV4
    ? Math.max(ipv4.HEADER_LENGTH, 4 * (view.getUint8(found.at[i]!) & 15))
    : ipv6.HEADER_LENGTH;
}
