// The layers of a frame as a tree: what each header says, and what is inside.

import type { Line } from "./_print_line.ts";
import * as dhcpv4 from "./dhcpv4.ts";
import * as dns from "./dns.ts";
import { type Dissector, Kind, nameOf } from "./dissector.ts";
import * as ethernet from "./ethernet.ts";
import * as ip from "./ip.ts";
import * as ipv4 from "./ipv4.ts";
import * as ipv6 from "./ipv6.ts";
import { END, nameOfFlags, NO_OPERATION, View as Segment } from "./tcp.ts";
import type { Writer } from "./text.ts";
import { View as Datagram } from "./udp.ts";

/** One node of the tree: a text, and what is inside. */
export interface Node {
  /** What a header says. */
  readonly text: string;
  /** Its fields, and what it carries. */
  readonly inner: readonly Node[];
}

/** Octets of a payload that are shown. */
const MOST_OF_A_PAYLOAD = 64;
/** Records of a message that are shown. */
const MOST_RECORDS = 64;

/** A node while it is made. */
interface Growing {
  text: string;
  inner: Growing[];
}

/** Makes trees of what a dissector found. */
export class Tree {
  readonly #line: Line;
  readonly #out: Writer;

  /** Messages are told in the words of their lines. */
  constructor(line: Line, out: Writer) {
    this.#line = line;
    this.#out = out;
  }

  /** The layers that the last walk over `view` found. */
  nodes(view: DataView, found: Dissector): Node {
    let root: Growing | undefined;
    let inside: Growing | undefined;
    for (let i = 0; i < found.count; i++) {
      const node = this.#node(view, found, i);
      if (inside === undefined) root = node;
      else inside.inner.push(node);
      inside = node;
    }
    return root ?? { text: "nothing", inner: [] };
  }

  #node(view: DataView, found: Dissector, i: number): Growing {
    const kind = found.kind[i]!;
    const at = found.at[i]!;
    const end = found.end[i]!;
    const reason = found.reasonOf(i);
    const node: Growing = { text: "", inner: [] };
    const field = (text: string) => node.inner.push({ text, inner: [] });
    const whole = reason === undefined || this.#line.readable(view, found, i);
    node.text = whole ? this.#title(view, found, i, field) : name(kind);
    if (reason !== undefined) node.text += ` [${reason}]`;
    if (!whole || kind === Kind.PAYLOAD) {
      const most = Math.min(end, at + MOST_OF_A_PAYLOAD);
      if (most > at) {
        field(this.#octets(view, at, most) + (most < end ? "…" : ""));
      }
    }
    return node;
  }

  #octets(view: DataView, at: number, end: number): string {
    return this.#cut((out) => out.octets(view, at, end));
  }

  /** What is appended meanwhile, taken away again. */
  #cut(append: (out: Writer) => void): string {
    const out = this.#out;
    const from = out.length;
    append(out);
    const text = out.toString(from);
    out.length = from;
    return text;
  }

  /** What one header says; `field` takes its details. */
  #title(
    view: DataView,
    found: Dissector,
    i: number,
    field: (text: string) => void,
  ): string {
    const kind = found.kind[i]!;
    const at = found.at[i]!;
    const end = found.end[i]!;
    const payload = found.payload[i]!;
    switch (kind) {
      case Kind.ETHERNET: {
        const frame = new ethernet.View(view, at, end);
        const type = frame.etherType;
        return `Ethernet ${
          ethernet.format(frame.sourceHigh, frame.sourceLow)
        } > ${ethernet.format(frame.destinationHigh, frame.destinationLow)}, ${
          type > ethernet.MAX_LENGTH_FIELD
            ? `type ${ethernet.nameOfType(type)} (${hex(type, 4)})`
            : `length ${type}`
        }`;
      }
      case Kind.VLAN:
      case Kind.SERVICE_VLAN: {
        const tag = view.getUint16(at);
        return `${name(kind)} id ${tag & 0xfff}, priority ${tag >> 13}, ` +
          `drop eligible ${tag >> 12 & 1}, type ${
            hex(view.getUint16(at + 2), 4)
          }`;
      }
      case Kind.MPLS: {
        const entry = view.getUint32(at);
        return `MPLS label ${entry >>> 12}, class ${entry >>> 9 & 7}, ` +
          `bottom ${entry >>> 8 & 1}, ttl ${entry & 255}`;
      }
      case Kind.IPV4:
        return this.#four(new ipv4.View(view, at, end), field);
      case Kind.IPV6: {
        const header = new ipv6.View(view, at, end);
        field(
          `traffic class ${
            hex(header.trafficClass, 2)
          } (dscp ${header.dscp}, ` +
            `ecn ${header.ecn}), flow label ${hex(header.flowLabel, 5)}`,
        );
        return `IPv6 ${this.#address6(view, at + ipv6.SOURCE_OFFSET)} > ${
          this.#address6(view, at + ipv6.DESTINATION_OFFSET)
        }, next header ${ip.nameOfProtocol(header.nextHeader)}, hop limit ` +
          `${header.hopLimit}, payload length ${header.payloadLength}`;
      }
      case Kind.TCP:
        return this.#segment(new Segment(view, at, end), field) +
          this.#verdict(view, found, i);
      case Kind.UDP: {
        const datagram = new Datagram(view, at, end);
        return `UDP ${datagram.sourcePort} > ${datagram.destinationPort}, ` +
          `length ${datagram.length}, checksum ${hex(datagram.checksum, 4)}` +
          this.#verdict(view, found, i);
      }
      case Kind.DNS:
      case Kind.MDNS:
      case Kind.LLMNR:
        return this.#message(new dns.View(view, at, end), kind, field);
      case Kind.DHCP:
        return configuration(new dhcpv4.View(view, at, end), field);
      case Kind.PAYLOAD:
        return `data, ${end - at} octets`;
      case Kind.ARP:
      case Kind.ICMPV4:
      case Kind.ICMPV6:
      case Kind.IGMP:
        return this.#cut(() => this.#line.one(view, found, i));
      default:
        return `${name(kind)}, header ${payload - at} octets, payload ${
          end - payload
        } octets`;
    }
  }

  /** What to say of the checksum of a segment or datagram: if it is wrong. */
  #verdict(view: DataView, found: Dissector, i: number): string {
    const pseudo = this.#line.pseudo(view, found, i);
    if (pseudo === undefined) return "";
    const at = found.at[i]!;
    const end = found.end[i]!;
    const { transport } = this.#line;
    const right = found.kind[i] === Kind.TCP
      ? transport.segmentRight(view, at, end, pseudo)
      : transport.right(view, at, end, pseudo);
    return right ? "" : " (wrong checksum)";
  }

  #address6(view: DataView, at: number): string {
    const word = (i: number) => view.getInt32(at + 4 * i);
    return this.#cut((out) => out.ipv6(word(0), word(1), word(2), word(3)));
  }

  #four(header: ipv4.View, field: (text: string) => void): string {
    const { identification, fragmentOffset } = header;
    const flags = (header.reserved ? " reserved" : "") +
      (header.dontFragment ? " DF" : "") + (header.moreFragments ? " MF" : "");
    field(
      `dscp ${header.dscp}, ecn ${header.ecn}, id ${identification}, ` +
        `flags${flags || " none"}, fragment offset ${fragmentOffset}`,
    );
    field(
      `header checksum ${hex(header.checksum, 4)} ${
        header.verify() ? "(right)" : "(wrong)"
      }`,
    );
    const options = new ipv4.Options().over(header);
    while (options.next()) field(`option ${options.type}`);
    return `IPv4 ${ipv4.format(header.source)} > ${
      ipv4.format(header.destination)
    }, protocol ${ip.nameOfProtocol(header.protocol)}, ttl ${header.ttl}, ` +
      `length ${header.totalLength}`;
  }

  #segment(segment: Segment, field: (text: string) => void): string {
    const { view, optionsStart, optionsEnd } = segment;
    field(
      `seq ${segment.sequence >>> 0}, ack ${segment.acknowledgment >>> 0}, ` +
        `window ${segment.window}, urgent ${segment.urgentPointer}, ` +
        `checksum ${hex(segment.checksum, 4)}`,
    );
    for (let at = optionsStart; at < optionsEnd;) {
      const kind = view.getUint8(at);
      const length = kind < 2 || at + 1 >= optionsEnd
        ? 1
        : view.getUint8(at + 1);
      if (kind > 1 && (length < 2 || at + length > optionsEnd)) {
        field("option with an impossible length");
        break;
      }
      if (kind === END) break;
      if (kind !== NO_OPERATION) {
        const place = at;
        const text = this.#cut(() =>
          this.#line.transport.option(view, place, kind, length)
        );
        field(`option ${text}`);
      }
      at += length;
    }
    return `TCP ${segment.sourcePort} > ${segment.destinationPort}, flags [` +
      `${
        nameOfFlags(segment.flags)
      }], header ${segment.headerLength} octets, ` +
      `payload ${segment.payloadEnd - segment.payloadStart} octets`;
  }

  #message(
    message: dns.View,
    kind: number,
    field: (text: string) => void,
  ): string {
    if (message.check() !== undefined) return name(kind);
    const questions = new dns.Questions().over(message);
    for (let i = 0; i < MOST_RECORDS && questions.next(); i++) {
      field(
        `question ${questions.name} ${dns.nameOfType(questions.type)} ` +
          dns.nameOfClass(questions.class & 0x7fff),
      );
    }
    const records = new dns.Records().over(message);
    for (let i = 0; i < MOST_RECORDS && records.next(); i++) {
      field(
        `${SECTIONS[records.section]} ${records.name} ${
          dns.nameOfType(records.type)
        } ttl ${records.ttl}, ${records.dataEnd - records.dataStart} octets`,
      );
    }
    return `${name(kind)} id ${message.id}, ${
      message.isResponse ? "response" : "query"
    }, ${dns.nameOfOpcode(message.opcode)}, ${dns.nameOfRcode(message.rcode)}`;
  }
}

function configuration(
  message: dhcpv4.View,
  field: (text: string) => void,
): string {
  if (message.check() !== undefined) return name(Kind.DHCP);
  const options = new dhcpv4.Options().over(message);
  for (let i = 0; i < MOST_RECORDS && options.next(); i++) {
    const octets = options.length;
    const type = options.code === dhcpv4.OptionCode.MESSAGE_TYPE && octets === 1
      ? ` ${dhcpv4.nameOfMessage(message.view.getUint8(options.start + 2))}`
      : "";
    field(`option ${options.code}${type}, ${octets} octets`);
  }
  return `DHCP ${
    message.operation === dhcpv4.Operation.REQUEST ? "request" : "reply"
  }, transaction ${hex(message.transactionId >>> 0, 8)}, client ${
    ipv4.format(message.clientAddress)
  }, your ${ipv4.format(message.yourAddress)}`;
}

const SECTIONS: readonly string[] = [
  "question",
  "answer",
  "authority",
  "additional",
];

/** The name of a layer as a title. */
function name(kind: number): string {
  return nameOf(kind).toUpperCase();
}

function hex(value: number, digits: number): string {
  return `0x${value.toString(16).padStart(digits, "0")}`;
}
