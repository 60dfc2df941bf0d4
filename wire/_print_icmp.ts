// One line of ICMPv4, in the manner of tcpdump.

import { broken } from "./_print_transport.ts";
import * as icmpv4 from "./icmpv4.ts";
import { Protocol } from "./ip.ts";
import type { Writer } from "./text.ts";

/** Of a destination unreachable: what stands before and behind the address. */
const UNREACHABLE: readonly (readonly [string, string])[] = [
  ["net ", " unreachable"],
  ["host ", " unreachable"],
  ["", " protocol"],
  ["", " port"],
  ["", " unreachable - need to frag"],
  ["", " unreachable - source route failed"],
  ["net ", " unreachable - unknown"],
  ["host ", " unreachable - unknown"],
  ["", " unreachable - source host isolated"],
  ["net ", " unreachable - admin prohibited"],
  ["host ", " unreachable - admin prohibited"],
  ["net ", " unreachable - tos prohibited"],
  ["host ", " unreachable - tos prohibited"],
  ["host ", " unreachable - admin prohibited filter"],
  ["host ", " unreachable - host precedence violation"],
  ["host ", " unreachable - precedence cutoff"],
];

/** Of a redirect: what stands in front of the gateway. */
const REDIRECT = ["net", "host", "tos net", "tos host"];

/** Appends messages. */
export class MessageLine {
  readonly #out: Writer;
  readonly #message = new icmpv4.View();

  /** Appends to a writer. */
  constructor(out: Writer) {
    this.#out = out;
  }

  /** Appends the message `start`..`end`, cut off before `last`. */
  append(
    view: DataView,
    start: number,
    end: number,
    last: number,
    verify: boolean,
  ): void {
    const out = this.#out;
    const message = this.#message.wrap(view, start, end);
    const reason = message.check();
    if (reason !== undefined) return broken(out, "ICMP", reason, end - start);
    out.text("ICMP ");
    this.#body(message);
    out.text(", length ");
    out.decimal(last - start);
    if (verify && !message.verify()) out.text(" (wrong icmp cksum)");
  }

  #body(message: icmpv4.View): void {
    const out = this.#out;
    const { type, code } = message;
    switch (type) {
      case icmpv4.ECHO_REPLY:
      case icmpv4.ECHO_REQUEST:
        out.text(icmpv4.nameOf(type));
        out.text(", id ");
        out.decimal(message.identifier);
        out.text(", seq ");
        return out.decimal(message.sequenceNumber);
      case icmpv4.DESTINATION_UNREACHABLE:
        return this.#unreachable(message, code);
      case icmpv4.REDIRECT:
        return this.#redirect(message, code);
      case icmpv4.TIME_EXCEEDED:
        if (code === icmpv4.TTL_EXCEEDED) {
          return out.text("time exceeded in-transit");
        }
        if (code === icmpv4.REASSEMBLY_TIME_EXCEEDED) {
          return out.text("ip reassembly time exceeded");
        }
        out.text("time exceeded, code ");
        return out.decimal(code);
      case icmpv4.PARAMETER_PROBLEM:
        out.text("parameter problem - ");
        if (code > 0) return out.text(icmpv4.nameOfCode(type, code));
        out.text("octet ");
        return out.decimal(message.pointer);
      case icmpv4.TIMESTAMP:
      case icmpv4.TIMESTAMP_REPLY:
        out.text(
          type === icmpv4.TIMESTAMP ? "time stamp query" : "time stamp reply",
        );
        out.text(" id ");
        out.decimal(message.identifier);
        out.text(" seq ");
        return out.decimal(message.sequenceNumber);
      default:
        return out.text(icmpv4.nameOf(type));
    }
  }

  #unreachable(message: icmpv4.View, code: number): void {
    const out = this.#out;
    const words = UNREACHABLE[code];
    if (words === undefined || message.checkQuote() !== undefined) {
      out.text("destination unreachable, code ");
      return out.decimal(code);
    }
    out.text(words[0]);
    out.ipv4(message.quotedDestination);
    const { quotedProtocol } = message;
    if (code === icmpv4.PORT_UNREACHABLE) {
      const { view, quotedTransport } = message;
      if (quotedProtocol === Protocol.UDP) out.text(" udp");
      else if (quotedProtocol === Protocol.TCP) out.text(" tcp");
      else {
        out.text(" protocol ");
        out.decimal(quotedProtocol);
      }
      out.text(" port ");
      out.decimal(view.getUint16(quotedTransport + 2));
      return out.text(" unreachable");
    }
    out.text(words[1]);
    if (code === icmpv4.PROTOCOL_UNREACHABLE) {
      out.text(" ");
      out.decimal(quotedProtocol);
      return out.text(" unreachable");
    }
    if (code === icmpv4.FRAGMENTATION_NEEDED && message.nextHopMtu > 0) {
      out.text(" (mtu ");
      out.decimal(message.nextHopMtu);
      out.text(")");
    }
  }

  #redirect(message: icmpv4.View, code: number): void {
    const out = this.#out;
    out.text("redirect ");
    if (message.checkQuote() === undefined) {
      out.ipv4(message.quotedDestination);
      out.text(" ");
    }
    out.text("to ");
    const kind = REDIRECT[code];
    if (kind === undefined) {
      out.text("code ");
      out.decimal(code);
    } else out.text(kind);
    out.text(" ");
    out.ipv4(message.gateway);
  }
}
