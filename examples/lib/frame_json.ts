/**
 * Frames as JSON, one object each: every header of a frame with its fields,
 * written straight into octets.
 *
 * A field that lies beyond the octets that were captured is left out, as are
 * those behind it, and the frame is marked `short`, or `malformed` if the
 * headers leave no room for the field even in the whole frame.
 *
 * @module
 */

import { sum } from "@ethox/wire/checksum";
import { Dissector, Kind, nameOf } from "@ethox/wire/dissector";
import type { Writer } from "@ethox/wire/text";
import { Dhcp } from "./frame_json_dhcp.ts";
import { Dns } from "./frame_json_dns.ts";
import { Messages } from "./frame_json_messages.ts";
import { Options } from "./frame_json_options.ts";
import { Verdicts } from "./frame_json_verdicts.ts";
import { Fields } from "./frame_json_fields.ts";

/** Kinds that are known by name alone. */
const LLDP: number = kindOf("lldp");
const TLS: number = kindOf("tls");
const HTTP: number = kindOf("http");
const EMPTY: DataView = new DataView(new ArrayBuffer(0));
const PROTOCOL_TCP = 6;
const PROTOCOL_UDP = 17;
/** Octets of a DHCP message up to its hardware address. */
const LEAST_DHCP = 34;

/** Name and quotes of each kind, made once. */
const HEADS: readonly string[] = Array.from(
  { length: 256 },
  (_, kind) => `{"l":"${nameOf(kind)}","off":`,
);
const NAMES: readonly string[] = Array.from(
  { length: 256 },
  (_, k) => nameOf(k),
);

/** Writes frames, with one walker for all of them. */
export class FrameJson {
  /** What the last frame was found to hold. */
  readonly dissector: Dissector = new Dissector();
  readonly #out: Writer;
  readonly #fields: Fields;
  readonly #messages: Messages;
  readonly #options: Options;
  readonly #verdicts: Verdicts;
  readonly #dns: Dns;
  readonly #dhcp: Dhcp;
  #view = EMPTY;
  #start = 0;
  #broken = false;
  #frameEnd = 0;

  /** Appends to `out`, which the caller empties. */
  constructor(out: Writer) {
    this.#out = out;
    this.#fields = new Fields(out);
    this.#messages = new Messages(out, this.#fields);
    this.#options = new Options(out, this.#fields);
    this.#verdicts = new Verdicts(this.dissector, this.#fields);
    this.#dns = new Dns(out, this.#fields);
    this.#dhcp = new Dhcp(out, this.#fields);
  }

  /**
   * Appends the object of one frame and a line feed.
   *
   * `seconds` and `nanoseconds` since 1970 are when it was captured, `length`
   * is how many octets it had on the wire.
   */
  frame(
    number: number,
    seconds: number,
    nanoseconds: number,
    length: number,
    view: DataView,
    start: number,
    end: number,
    linkType: number,
  ): void {
    const out = this.#out;
    const fields = this.#fields;
    const found = this.dissector;
    this.#view = view;
    this.#start = start;
    this.#frameEnd = start + Math.max(length, end - start);
    found.walk(view, start, end, linkType, this.#frameEnd);
    fields.begin(view, end, this.#frameEnd);
    out.text('{"n":');
    out.decimal(number);
    out.text(',"ts":"');
    out.decimal(seconds);
    out.byte(0x2e);
    out.padded(nanoseconds, 9);
    out.text('","caplen":');
    out.decimal(end - start);
    out.text(',"len":');
    out.decimal(length);
    this.#protos();
    out.text(',"layers":[');
    this.#layers();
    out.byte(0x5d);
    if (fields.malformed) out.text(',"malformed":true');
    if (fields.short) out.text(',"short":true');
    out.text("}\n");
  }

  /** The chain of names. */
  #protos(): void {
    const out = this.#out;
    const found = this.dissector;
    out.text(',"protos":"');
    for (let i = 0; i < found.count; i++) {
      if (i > 0) out.byte(0x3a);
      out.text(NAMES[found.kind[i]!]!);
    }
    out.byte(0x22);
  }

  /** All layers, those of a quoted datagram inside the error. */
  #layers(): void {
    const out = this.#out;
    const fields = this.#fields;
    const found = this.dissector;
    this.#broken = false;
    let quotes = 0;
    let first = true;
    for (let i = 0; i < found.count; i++) {
      if (!this.#shown(i)) {
        fields.enter(
          found.end[i]!,
          found.claimed[i]!,
          found.quoted[i]! + found.fragment[i]! > 0,
        );
        fields.ranOff(found.at[i]! + Math.max(1, shortest(found.kind[i]!)));
        break;
      }
      while (quotes < found.quoted[i]!) {
        // The error itself was left open.
        out.text(',"quote":[');
        first = true;
        quotes++;
      }
      if (!first) out.byte(0x2c);
      first = false;
      const kind = found.kind[i]!;
      out.text(HEADS[kind]!);
      out.decimal(found.at[i]! - this.#start);
      out.text(',"size":');
      const behind = kind === Kind.RAW ? found.end[i]! : found.payload[i]!;
      out.decimal(behind - found.at[i]!);
      fields.enter(
        found.end[i]!,
        found.claimed[i]!,
        found.quoted[i]! + found.fragment[i]! > 0,
      );
      this.#layer(i, kind);
      const last = this.#broken || i + 1 === found.count ||
        found.quoted[i + 1]! === quotes || !this.#shown(i + 1);
      if (last) out.byte(0x7d);
      if (this.#broken) break;
    }
    for (; quotes > 0; quotes--) out.text("]}");
  }

  /** Whether a layer has the octets that make one at all. */
  #shown(i: number): boolean {
    const found = this.dissector;
    const kind = found.kind[i]!;
    if (kind === Kind.IPV4 && found.reasonOf(i) === "version") return true;
    // Wireshark looks at the length first, whatever was captured.
    if (kind === Kind.DHCP) {
      const at = found.at[i]!;
      const octets = found.payload[i]! - at;
      if (found.claimed[i]! - at < LEAST_DHCP) return false;
      // Of a request it first wants the address of the client.
      return octets >= LEAST_DHCP ||
        (octets > 0 && this.#view.getUint8(at) !== 1);
    }
    // Nothing was captured of a layer that had something on the wire.
    if (
      kind === Kind.ROUTING && found.payload[i] === found.at[i] &&
      found.claimed[i]! > found.at[i]!
    ) return false;
    if (found.reason[i] === 0 && (kind < Kind.DNS || kind > Kind.LLMNR)) {
      return true;
    }
    return found.payload[i]! - found.at[i]! >= shortest(kind);
  }

  #layer(i: number, kind: number): void {
    const at = this.dissector.at[i]!;
    const fields = this.#fields;
    switch (kind) {
      case Kind.ETHERNET:
        return this.#ethernet(i, at);
      case Kind.VLAN:
      case Kind.SERVICE_VLAN:
        return this.#tag(i, at);
      case Kind.LLC:
        return this.#llc(i, at);
      case Kind.ARP:
        return this.#arp(at);
      case Kind.IPV4:
        return this.#ipv4(i, at);
      case Kind.IPV6:
        return this.#ipv6(i, at);
      case Kind.HOP_BY_HOP:
      case Kind.DESTINATION_OPTIONS:
        this.#broken = !this.#options.options6(at);
        return;
      case Kind.ROUTING:
        return this.#options.routing(at);
      case Kind.FRAGMENT:
        return this.#options.fragment(at);
      case Kind.AUTHENTICATION:
        return this.#authentication(at);
      case Kind.ICMPV4:
        return this.#messages.icmpv4(at, this.#verdicts.icmpv4(i, at));
      case Kind.ICMPV6:
        return this.#messages.icmpv6(at, this.#verdicts.icmpv6(i, at));
      case Kind.IGMP:
        return this.#messages.igmp(at, this.#verdicts.igmp(i, at));
      case Kind.UDP:
        return this.#udp(i, at);
      case Kind.TCP:
        return this.#tcp(i, at);
      case Kind.DNS:
      case Kind.MDNS:
      case Kind.LLMNR:
        return this.#dns.write(
          at,
          kind,
          i > 0 && this.dissector.kind[i - 1] === Kind.TCP,
        );
      case Kind.DHCP:
        return this.#dhcp.write(at);
      default:
        // Of others nothing is told but that they were cut.
        if (kind >= 64) {
          // Most streams are read line by line, as far as they go.
          const line = i > 0 && this.dissector.kind[i - 1] === Kind.TCP;
          if (!line || kind === TLS || kind === HTTP) {
            fields.ranOff(this.dissector.claimed[i]!);
          }
        } else if (this.dissector.reasonOf(i) === "truncated") {
          fields.ranOff(this.dissector.end[i]! + 1);
        }
    }
  }

  #ethernet(i: number, at: number): void {
    const fields = this.#fields;
    fields.mac(',"dst":', at);
    fields.mac(',"src":', at + 6);
    const type = fields.get16(at + 12);
    const isLength = type < 1501 && type !== 0;
    if (isLength && this.dissector.reasonOf(i) === "length") {
      fields.malformed = true;
    }
    fields.field16(isLength ? ',"len":' : ',"type":', at + 12);
    this.#trailer(i);
  }

  /** What is behind the payload: padding to 60 octets, then a trailer. */
  #trailer(i: number): void {
    const out = this.#out;
    const fields = this.#fields;
    const found = this.dissector;
    fields.enter(found.end[i]!, this.#frameEnd, false);
    // The frame may itself be the payload of a tunnel.
    const frameStart = found.at[i]!;
    const frameEnd = i === 0 ? this.#frameEnd : found.claimed[i - 1]!;
    let payloadEnd = found.claimed[i]!;
    let inner = i + 1;
    while (inner < found.count && found.kind[inner] === Kind.MPLS) inner++;
    if (inner < found.count && found.claimed[inner]! < payloadEnd) {
      payloadEnd = found.claimed[inner]!;
      // Wireshark has the trailer of LLDP begin in front of the last element.
      if (found.kind[inner] === LLDP) payloadEnd -= 3;
    } else if (inner < found.count && found.kind[inner] === LLDP) {
      payloadEnd -= 3;
    }
    let octets = frameEnd - payloadEnd;
    if (octets <= 0 || payloadEnd < frameStart) return;
    const length = frameEnd - frameStart;
    if (length >= 60) {
      let padding = 60 - (length - octets);
      if (padding > 0) {
        for (let k = 0; k < padding; k++) {
          const where = payloadEnd + k;
          if (
            where < this.#fields.captured && this.#view.getUint8(where) !== 0
          ) padding = 0;
        }
        if (padding > 0) {
          // Cut in its midst, and not in front.
          if (fields.captured > payloadEnd) fields.ranOff(payloadEnd + padding);
          out.text(',"padding":');
          out.decimal(padding);
          octets -= padding;
        }
      }
    }
    // Of a frame that was cut, what is there.
    const cut = frameEnd - this.#fields.captured;
    if (cut > 0) octets -= cut;
    if (octets > 0) {
      out.text(',"trailer":');
      out.decimal(octets);
    }
  }

  #tag(i: number, at: number): void {
    if (this.dissector.reasonOf(i) === "length") this.#fields.spoil();
    const out = this.#out;
    const field = this.#fields.get16(at);
    out.text(',"pcp":');
    out.decimal(field >> 13);
    out.text(',"dei":');
    out.decimal(field >> 12 & 1);
    out.text(',"vid":');
    out.decimal(field & 0xfff);
    if (!this.#fields.has(at + 2, 2)) return;
    const type = this.#fields.get16(at + 2);
    out.text(type < 1501 && type !== 0 ? ',"len":' : ',"type":');
    out.decimal(type);
  }

  #llc(i: number, at: number): void {
    const out = this.#out;
    const fields = this.#fields;
    fields.field8(',"dsap":', at);
    fields.field8(',"ssap":', at + 1);
    const size = this.dissector.payload[i]! - at;
    if (size === 4) {
      // The format with sequence numbers is little-endian.
      out.text(',"control":');
      out.decimal(fields.get8(at + 2) | fields.get8(at + 3) << 8);
    } else fields.field8(',"control":', at + 2);
    if (size < 8 || fields.get8(at) !== 0xaa) return;
    out.text(',"oui":');
    out.decimal(fields.get16(at + 3) << 8 | fields.get8(at + 5));
    fields.field16(',"type":', at + 6);
  }

  #arp(at: number): void {
    const fields = this.#fields;
    fields.field16(',"htype":', at);
    fields.field16(',"ptype":', at + 2);
    fields.field8(',"hlen":', at + 4);
    fields.field8(',"plen":', at + 5);
    fields.field16(',"op":', at + 6);
    if (!fields.has(at + 7, 1)) return;
    const hardware = fields.get8(at + 4);
    const protocol = fields.get8(at + 5);
    fields.ranOff(at + 8 + 2 * (hardware + protocol));
    const ethernet = fields.get16(at) === 1 && hardware === 6;
    const internet = fields.get16(at + 2) === 0x0800 && protocol === 4;
    const sender = at + 8;
    const target = sender + hardware + protocol;
    if (ethernet) fields.mac(',"sha":', sender);
    if (internet) fields.ipv4(',"spa":', sender + hardware);
    if (ethernet) fields.mac(',"tha":', target);
    if (internet) fields.ipv4(',"tpa":', target + hardware);
  }

  #ipv4(i: number, at: number): void {
    const out = this.#out;
    const fields = this.#fields;
    const found = this.dissector;
    const first = fields.get8(at);
    out.text(',"ver":');
    out.decimal(first >> 4);
    if (first >> 4 !== 4) return;
    const header = (first & 15) * 4;
    out.text(',"hlen":');
    out.decimal(header);
    if (header < 20) return;
    if (fields.has(at + 1, 1)) {
      const service = fields.get8(at + 1);
      out.text(',"tos":');
      out.decimal(service);
      out.text(',"dscp":');
      out.decimal(service >> 2);
      out.text(',"ecn":');
      out.decimal(service & 3);
    }
    fields.field16(',"len":', at + 2);
    if (fields.has(at + 2, 2) && fields.get16(at + 2) < header) return;
    fields.field16(',"id":', at + 4);
    if (fields.has(at + 6, 2)) {
      const flags = fields.get16(at + 6);
      out.text(',"rb":');
      out.decimal(flags >> 15);
      out.text(',"df":');
      out.decimal(flags >> 14 & 1);
      out.text(',"mf":');
      out.decimal(flags >> 13 & 1);
      out.text(',"frag":');
      out.decimal(flags & 0x1fff);
    }
    fields.field8(',"ttl":', at + 8);
    fields.field8(',"proto":', at + 9);
    if (fields.has(at + 10, 2)) {
      fields.field16(',"csum":', at + 10);
      const whole = at + header <= fields.captured;
      this.#status(
        !whole ? -1 : sum(this.#view, at, header) === 0xffff ? 1 : 0,
      );
    }
    fields.ipv4(',"src":', at + 12);
    fields.ipv4(',"dst":', at + 16);
    if (header === 20) return;
    if (found.payload[i]! - at >= header) {
      this.#options.options4(at + 20, at + header);
    } else fields.ranOff(at + header);
  }

  /** Writes `csum_status`: 1 for good, 0 for bad, -1 for unverified. */
  #status(verdict: number): void {
    this.#out.text(
      verdict > 0
        ? ',"csum_status":"good"'
        : verdict === 0
        ? ',"csum_status":"bad"'
        : ',"csum_status":"unverified"',
    );
  }

  #ipv6(i: number, at: number): void {
    const out = this.#out;
    const fields = this.#fields;
    if (!fields.has(at, 1)) return;
    const version = fields.get8(at) >> 4;
    out.text(',"ver":');
    out.decimal(version);
    if (version !== 6) {
      fields.malformed = true;
      return;
    }
    // RFC 2675 section 3: a length of 0 needs a jumbo payload option.
    if (this.dissector.reasonOf(i) === "malformed") fields.malformed = true;
    if (fields.has(at, 4)) {
      const word = fields.get32(at);
      out.text(',"tclass":');
      out.decimal(word >>> 20 & 255);
      out.text(',"flow":');
      out.decimal(word & 0xfffff);
    }
    fields.field16(',"plen":', at + 4);
    fields.field8(',"nxt":', at + 6);
    fields.field8(',"hlim":', at + 7);
    fields.ipv6(',"src":', at + 8);
    fields.ipv6(',"dst":', at + 24);
  }

  #authentication(at: number): void {
    const fields = this.#fields;
    fields.field8(',"nxt":', at);
    if (fields.has(at + 1, 1)) {
      this.#out.text(',"len":');
      this.#out.decimal(fields.get8(at + 1));
      fields.ranOff(at + 8 + 4 * fields.get8(at + 1));
    }
    fields.field32(',"spi":', at + 4);
    fields.field32(',"seq":', at + 8);
  }

  #udp(i: number, at: number): void {
    const out = this.#out;
    const fields = this.#fields;
    fields.field16(',"sport":', at);
    fields.field16(',"dport":', at + 2);
    fields.field16(',"len":', at + 4);
    if (!fields.has(at + 6, 2)) {
      fields.ranOff(at + 8);
      return;
    }
    fields.field16(',"csum":', at + 6);
    const length = fields.get16(at + 4);
    if (length > 0 && length < 8) fields.spoil();
    if (fields.get16(at + 6) === 0) {
      const network = this.dissector.network[i]!;
      const six = network >= 0 && this.dissector.kind[network] === Kind.IPV6;
      out.text(six ? ',"csum_status":"illegal"' : ',"csum_status":"absent"');
      return;
    }
    const claimed = this.dissector.claimed[i]!;
    const end = length === 0 ? claimed : at + length;
    // What the datagram is in must have been captured as a whole.
    const outer = i > 0 ? this.dissector.claimed[i - 1]! : claimed;
    if (end > claimed && this.dissector.fragment[i] === 0) {
      fields.malformed = this.dissector.quoted[i] === 0 || fields.malformed;
    }
    this.#status(
      end > claimed || outer > fields.captured
        ? -1
        : this.#verdicts.transport(i, at, end, PROTOCOL_UDP),
    );
  }

  #tcp(i: number, at: number): void {
    const out = this.#out;
    const fields = this.#fields;
    const found = this.dissector;
    fields.field16(',"sport":', at);
    fields.field16(',"dport":', at + 2);
    fields.field32(',"seq":', at + 4);
    fields.field32(',"ack":', at + 8);
    if (!fields.has(at + 12, 2)) {
      fields.ranOff(at + 14);
      return;
    }
    const word = fields.get16(at + 12);
    const header = (word >> 12) * 4;
    out.text(',"hlen":');
    out.decimal(header);
    out.text(',"flags":');
    out.decimal(word & 0xfff);
    fields.field16(',"win":', at + 14);
    const claimed = found.claimed[i]!;
    if (fields.has(at + 16, 2)) {
      fields.field16(',"csum":', at + 16);
      this.#status(this.#verdicts.transport(i, at, claimed, PROTOCOL_TCP));
    }
    fields.field16(',"urg":', at + 18);
    if (found.fragment[i] === 0) {
      out.text(',"payload":');
      out.decimal(Math.max(0, claimed - at - header));
    }
    if (header > 20) this.#options.optionsTcp(at + 20, at + header);
  }
}

/** Octets that a layer of a kind must have to be one. */
function shortest(kind: number): number {
  switch (kind) {
    case Kind.ETHERNET:
      return 14;
    case Kind.DNS:
    case Kind.MDNS:
    case Kind.LLMNR:
      return 4;
    case Kind.FRAGMENT:
      return 8;
    case Kind.DHCP:
      return LEAST_DHCP;
    case Kind.ICMPV4:
      return 6;
    case Kind.MPLS:
    case Kind.TCP:
    case Kind.UDP:
    case Kind.GRE:
      return 4;
    case Kind.VLAN:
    case Kind.SERVICE_VLAN:
    case Kind.HOP_BY_HOP:
    case Kind.DESTINATION_OPTIONS:
    case Kind.AUTHENTICATION:
      return 2;
    case Kind.ICMPV6:
    case Kind.IPV6:
    case Kind.ROUTING:
      return 0;
    default:
      return 1;
  }
}

/** The kind of a name. */
function kindOf(name: string): number {
  let kind = 0;
  while (kind < 256 && nameOf(kind) !== name) kind++;
  return kind;
}
