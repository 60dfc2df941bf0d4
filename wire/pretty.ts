/**
 * Packets as text: one line each in the manner of `tcpdump -nn`, or an indented
 * tree.
 *
 * ```ts
 * import { ipv4, pretty, udp } from "@ethox/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const view = new DataView(new ArrayBuffer(28));
 * view.setUint32(0, 0x4500001c);
 * view.setUint32(8, 0x40110000);
 * view.setUint32(12, 0xc0000201);
 * view.setUint32(16, 0xc0000202);
 * new ipv4.View(view).fillChecksum();
 * new udp.Repr().emit(view, 20);
 *
 * const printer = new pretty.Printer({ medium: "ip" });
 * assertEquals(
 *   printer.line(view, 0, 28),
 *   "IP 192.0.2.1.0 > 192.0.2.2.0: UDP, length 0",
 * );
 * ```
 *
 * @module
 */

import * as arp from "./arp.ts";
import * as ethernet from "./ethernet.ts";
import * as icmpv4 from "./icmpv4.ts";
import * as ip from "./ip.ts";
import * as ipv4 from "./ipv4.ts";
import type { Reason } from "./reason.ts";
import * as tcp from "./tcp.ts";
import * as udp from "./udp.ts";

/** What to print. */
export interface PrinterOptions {
  /** What packets begin with; Ethernet by default. */
  readonly medium?: "ethernet" | "ip";
  /** Whether lines begin with the Ethernet header, as by `tcpdump -e`. */
  readonly link?: boolean;
  /** Whether wrong checksums are remarked upon; they are by default. */
  readonly checksums?: boolean;
}

/** One node of the tree: a text, and what is inside. */
export interface Node {
  /** What a header says. */
  readonly text: string;
  /** What it carries. */
  readonly inner: readonly Node[];
}

/** Prints packets. Allocates, and never throws whatever the octets. */
export class Printer {
  readonly #medium: "ethernet" | "ip";
  readonly #link: boolean;
  readonly #checksums: boolean;
  readonly #ethernet = new ethernet.View();
  readonly #arp = new arp.View();
  readonly #ipv4 = new ipv4.View();
  readonly #icmp = new icmpv4.View();
  readonly #udp = new udp.View();
  readonly #tcp = new tcp.View();
  readonly #options = new tcp.Options();

  /** A printer for one medium. */
  constructor(options: PrinterOptions = {}) {
    this.#medium = options.medium ?? "ethernet";
    this.#link = options.link ?? false;
    this.#checksums = options.checksums ?? true;
  }

  /** One line for the octets `start`..`end`. */
  line(view: DataView, start: number, end: number): string {
    if (this.#medium === "ip") return this.#network(view, start, end);
    const frame = this.#ethernet.wrap(view, start, end);
    const reason = frame.check();
    if (reason !== undefined) return broken("Ethernet", reason, end - start);
    const { etherType } = frame;
    const header = this.#link
      ? `${ethernet.format(frame.sourceHigh, frame.sourceLow)} > ` +
        `${ethernet.format(frame.destinationHigh, frame.destinationLow)}, ` +
        `ethertype ${ethernet.nameOfType(etherType)} (${hex(etherType, 4)}), ` +
        `length ${end - start}: `
      : "";
    return header + this.#payload(view, frame.payloadStart, end, etherType);
  }

  /** The same as a tree, two spaces for each level. */
  tree(view: DataView, start: number, end: number): string {
    const lines: string[] = [];
    write(this.nodes(view, start, end), 0, lines);
    return lines.join("\n");
  }

  /** The headers of a packet, one inside the other. */
  nodes(view: DataView, start: number, end: number): Node {
    if (this.#medium === "ip") return this.#networkNode(view, start, end);
    const frame = this.#ethernet.wrap(view, start, end);
    const reason = frame.check();
    if (reason !== undefined) {
      return leaf(broken("Ethernet", reason, end - start));
    }
    const { etherType } = frame;
    const text =
      `Ethernet ${ethernet.format(frame.sourceHigh, frame.sourceLow)} > ` +
      `${ethernet.format(frame.destinationHigh, frame.destinationLow)} type ` +
      `${ethernet.nameOfType(etherType)} (${hex(etherType, 4)})`;
    const at = frame.payloadStart;
    const inner = etherType === ethernet.EtherType.IPV4
      ? this.#networkNode(view, at, end)
      : leaf(this.#payload(view, at, end, etherType));
    return { text, inner: [inner] };
  }

  #payload(
    view: DataView,
    start: number,
    end: number,
    etherType: number,
  ): string {
    if (etherType === ethernet.EtherType.IPV4) {
      return this.#network(view, start, end);
    }
    if (etherType === ethernet.EtherType.ARP) {
      return this.#resolution(view, start, end);
    }
    return `ethertype ${ethernet.nameOfType(etherType)} (${
      hex(etherType, 4)
    }), length ${end - start}`;
  }

  #resolution(view: DataView, start: number, end: number): string {
    const message = this.#arp.wrap(view, start, end);
    const reason = message.checkLayout();
    if (reason !== undefined) return broken("ARP", reason, end - start);
    if (message.check() !== undefined) {
      return `ARP, hardware type ${message.hardwareType}, operation ${message.operation}, length ${
        end - start
      }`;
    }
    const sender = ipv4.format(message.senderProtocol);
    const target = ipv4.format(message.targetProtocol);
    const length = `length ${end - start}`;
    if (message.operation === arp.Operation.REQUEST) {
      return `ARP, Request who-has ${target} tell ${sender}, ${length}`;
    }
    if (message.operation === arp.Operation.REPLY) {
      const at = ethernet.format(message.senderHigh, message.senderLow);
      return `ARP, Reply ${sender} is-at ${at}, ${length}`;
    }
    return `ARP, operation ${message.operation}, ${length}`;
  }

  /** Checks an IPv4 header; a text says what is wrong. */
  #enter(view: DataView, start: number, end: number): string | undefined {
    if (start >= end) return broken("IP", "truncated", 0);
    const version = view.getUint8(start) >> 4;
    if (version !== 4) return `IP${version}, length ${end - start}`;
    const reason = this.#ipv4.wrap(view, start, end).check();
    return reason === undefined ? undefined : broken("IP", reason, end - start);
  }

  #network(view: DataView, start: number, end: number): string {
    const wrong = this.#enter(view, start, end);
    if (wrong !== undefined) return wrong;
    const header = this.#ipv4;
    const from = ipv4.format(header.source);
    const to = ipv4.format(header.destination);
    const length = header.payloadEnd - header.payloadStart;
    let remark = "";
    if (this.#checksums && !header.verify()) remark = " (bad cksum)";
    if (header.fragmentOffset > 0) {
      return `IP${remark} ${from} > ${to}: ${
        ip.nameOfProtocol(header.protocol)
      }, ` +
        `fragment offset ${header.fragmentOffset}, length ${length}`;
    }
    if (header.moreFragments) remark += " (frag)";
    switch (header.protocol) {
      case ip.Protocol.TCP: {
        const segment = this.#tcp.wrap(
          view,
          header.payloadStart,
          header.payloadEnd,
        );
        const reason = segment.check();
        if (reason !== undefined) {
          return `IP${remark} ${from} > ${to}: ${
            broken("TCP", reason, length)
          }`;
        }
        return `IP${remark} ${from}.${segment.sourcePort} > ${to}.${segment.destinationPort}: ${
          this.#segment(segment, header)
        }`;
      }
      case ip.Protocol.UDP: {
        const datagram = this.#udp.wrap(
          view,
          header.payloadStart,
          header.payloadEnd,
        );
        const reason = datagram.check();
        if (reason !== undefined && length < udp.HEADER_LENGTH) {
          return `IP${remark} ${from} > ${to}: ${
            broken("UDP", reason, length)
          }`;
        }
        return `IP${remark} ${from}.${datagram.sourcePort} > ${to}.${datagram.destinationPort}: ${
          this.#datagram(datagram, reason, header)
        }`;
      }
      case ip.Protocol.ICMP:
        return `IP${remark} ${from} > ${to}: ${
          this.#message(view, header.payloadStart, header.payloadEnd)
        }`;
      default:
        return `IP${remark} ${from} > ${to}: ${
          ip.nameOfProtocol(header.protocol)
        }, length ${length}`;
    }
  }

  #networkNode(view: DataView, start: number, end: number): Node {
    const wrong = this.#enter(view, start, end);
    if (wrong !== undefined) return leaf(wrong);
    const header = this.#ipv4;
    const flags = (header.dontFragment ? " DF" : "") +
      (header.moreFragments ? " MF" : "");
    const text = `IPv4 ${ipv4.format(header.source)} > ${
      ipv4.format(header.destination)
    } protocol ${
      ip.nameOfProtocol(header.protocol)
    } ttl ${header.ttl} dscp ${header.dscp} ecn ${header.ecn} id ${header.identification}${flags} offset ${header.fragmentOffset} length ${header.totalLength}`;
    const remark = header.verify() ? "" : " (wrong header checksum)";
    const line = this.#network(view, start, end);
    return { text: text + remark, inner: [leaf(line.replace(/^.*?: /, ""))] };
  }

  #segment(segment: tcp.View, header: ipv4.View): string {
    const { flags } = segment;
    const length = segment.payloadEnd - segment.payloadStart;
    const sequence = segment.sequence >>> 0;
    let text = `Flags [${tcp.nameOfFlags(flags)}]`;
    if (
      this.#checksums && !this.#partial(segment, header) &&
      !segment.verify4(header.source, header.destination)
    ) text += `, cksum ${hex(segment.checksum, 4)} (incorrect)`;
    const control = flags & (tcp.SYN | tcp.FIN | tcp.RST);
    if (length > 0) text += `, seq ${sequence}:${sequence + length}`;
    else if (control !== 0) text += `, seq ${sequence}`;
    if (segment.ack) text += `, ack ${segment.acknowledgment >>> 0}`;
    text += `, win ${segment.window}`;
    if (segment.urg) text += `, urg ${segment.urgentPointer}`;
    const options = this.#optionList(segment);
    if (options !== "") text += `, options [${options}]`;
    return `${text}, length ${length}`;
  }

  /** Whether a checksum is one that a device was to complete. */
  #partial(segment: tcp.View, header: ipv4.View): boolean {
    if (header.isFragment) return true;
    const saved = segment.checksum;
    segment.fillPseudo4(header.source, header.destination);
    const same = segment.checksum === saved;
    segment.checksum = saved;
    return same;
  }

  #optionList(segment: tcp.View): string {
    const { view } = segment;
    const texts: string[] = [];
    let at = segment.optionsStart;
    const end = segment.optionsEnd;
    while (at < end) {
      const kind = view.getUint8(at);
      if (kind <= tcp.NO_OPERATION) {
        texts.push(tcp.nameOfOption(kind));
        if (kind === tcp.END) break;
        at++;
        continue;
      }
      const length = at + 1 < end ? view.getUint8(at + 1) : 0;
      if (length < 2 || at + length > end) {
        texts.push("bad option");
        break;
      }
      texts.push(this.#option(view, at, kind, length));
      at += length;
    }
    return texts.join(",");
  }

  #option(view: DataView, at: number, kind: number, length: number): string {
    const options = this.#options;
    const name = tcp.nameOfOption(kind);
    options.clear();
    options.read(view, at, at + length);
    if (options.unknownCount > 0) {
      let octets = "";
      for (let i = 2; i < length; i++) {
        octets += hex(view.getUint8(at + i), 2).slice(2);
      }
      return octets === "" ? name : `${name} 0x${octets}`;
    }
    switch (kind) {
      case tcp.MAXIMUM_SEGMENT_SIZE:
        return `${name} ${view.getUint16(at + 2)}`;
      case tcp.WINDOW_SCALE:
        return `${name} ${view.getUint8(at + 2)}`;
      case tcp.TIMESTAMPS:
        return `TS val ${options.timestampValue >>> 0} ecr ${
          options.timestampEcho >>> 0
        }`;
      case tcp.SACK: {
        const blocks: string[] = [];
        for (let i = 0; i < options.sackCount; i++) {
          const left = options.sack[2 * i]! >>> 0;
          blocks.push(`{${left}:${options.sack[2 * i + 1]! >>> 0}}`);
        }
        return `sack ${options.sackCount} ${blocks.join("")}`;
      }
      case tcp.USER_TIMEOUT:
        return `${name} ${options.userTimeout}s`;
      case tcp.FAST_OPEN:
        return options.fastOpenLength === 0
          ? `${name} cookiereq`
          : `${name} cookie`;
      default:
        return name;
    }
  }

  #datagram(
    datagram: udp.View,
    reason: Reason | undefined,
    header: ipv4.View,
  ): string {
    if (reason !== undefined) {
      return `UDP, bad length ${datagram.length}`;
    }
    const length = datagram.length - udp.HEADER_LENGTH;
    const wrong = this.#checksums && !header.isFragment &&
      !datagram.verify4(header.source, header.destination);
    return `${wrong ? "[bad udp cksum] " : ""}UDP, length ${length}`;
  }

  #message(view: DataView, start: number, end: number): string {
    const message = this.#icmp.wrap(view, start, end);
    const reason = message.check();
    if (reason !== undefined) return broken("ICMP", reason, end - start);
    const { type, code } = message;
    const length = `length ${end - start}`;
    const remark = this.#checksums && !message.verify()
      ? " (wrong icmp cksum)"
      : "";
    if (type === icmpv4.ECHO_REQUEST || type === icmpv4.ECHO_REPLY) {
      return `ICMP ${
        icmpv4.nameOf(type)
      }, id ${message.identifier}, seq ${message.sequenceNumber}, ${length}${remark}`;
    }
    if (message.checkQuote() !== undefined) {
      return `ICMP ${icmpv4.nameOf(type)}, code ${code}, ${length}${remark}`;
    }
    const about = ipv4.format(message.quotedDestination);
    const detail = type === icmpv4.DESTINATION_UNREACHABLE &&
        code === icmpv4.FRAGMENTATION_NEEDED
      ? ` (mtu ${message.nextHopMtu})`
      : "";
    return `ICMP ${about} ${
      this.#unreachable(message) ?? icmpv4.nameOfCode(type, code)
    }${detail}, ${length}${remark}`;
  }

  /** Which protocol or port an error says is unreachable. */
  #unreachable(message: icmpv4.View): string | undefined {
    const { type, code, quotedProtocol: protocol } = message;
    if (type !== icmpv4.DESTINATION_UNREACHABLE) return undefined;
    if (code === icmpv4.PROTOCOL_UNREACHABLE) {
      return `protocol ${protocol} unreachable`;
    }
    if (
      code !== icmpv4.PORT_UNREACHABLE ||
      (protocol !== ip.Protocol.UDP && protocol !== ip.Protocol.TCP)
    ) return undefined;
    const { view, quotedTransport } = message;
    const port = view.getUint16(quotedTransport + 2);
    return `${
      protocol === ip.Protocol.UDP ? "udp" : "tcp"
    } port ${port} unreachable`;
  }
}

function leaf(text: string): Node {
  return { text, inner: [] };
}

function write(node: Node, depth: number, lines: string[]): void {
  lines.push("  ".repeat(depth) + node.text);
  for (const inner of node.inner) write(inner, depth + 1, lines);
}

function broken(what: string, reason: Reason, octets: number): string {
  return `${what} [${reason}], length ${octets}`;
}

function hex(value: number, digits: number): string {
  return `0x${value.toString(16).padStart(digits, "0")}`;
}
