// One line of ICMPv6, or of a group message of either version, in the manner of
// tcpdump.

import { broken } from "./_print_transport.ts";
import * as icmpv6 from "./icmpv6.ts";
import * as igmp from "./igmp.ts";
import { Protocol } from "./ip.ts";
import * as mld from "./mld.ts";
import * as ndp from "./ndp.ts";
import type { Writer } from "./text.ts";

/** Of a destination unreachable, by code. */
const UNREACHABLE: readonly string[] = [
  "unreachable route",
  "unreachable prohibited",
  "beyond scope",
  "unreachable address",
  "unreachable port",
  "source address failed policy",
  "reject route",
];
/** Of a parameter problem, by code. */
const PROBLEMS: readonly string[] = [
  "erroneous - octet ",
  "next header - octet ",
  "option - octet ",
  "incomplete header chain - octet ",
];

/** Appends messages. */
export class Message6Line {
  readonly #out: Writer;
  readonly #message = new icmpv6.View();
  readonly #ndp = new ndp.View();
  readonly #mld = new mld.View();

  /** Appends to a writer. */
  constructor(out: Writer) {
    this.#out = out;
  }

  /**
   * Appends a message, cut off before `last`; `addresses` is the partial sum of
   * these, or -1 if the checksum cannot be judged.
   */
  append(
    view: DataView,
    start: number,
    end: number,
    last: number,
    addresses: number,
  ): void {
    const out = this.#out;
    const message = this.#message.wrap(view, start, end);
    const reason = message.check();
    if (reason !== undefined) return broken(out, "ICMP6", reason, end - start);
    out.text("ICMP6, ");
    this.#body(message);
    out.text(", length ");
    out.decimal(last - start);
    if (addresses >= 0 && !message.verify(addresses)) {
      out.text(" (wrong icmp6 cksum)");
    }
  }

  #body(message: icmpv6.View): void {
    const out = this.#out;
    const { view, start, end, type, code } = message;
    switch (type) {
      case icmpv6.ECHO_REQUEST:
      case icmpv6.ECHO_REPLY:
        out.text(icmpv6.nameOf(type));
        out.text(", id ");
        out.decimal(message.identifier);
        out.text(", seq ");
        return out.decimal(message.sequenceNumber);
      case icmpv6.DESTINATION_UNREACHABLE:
        return this.#unreachable(message, code);
      case icmpv6.PACKET_TOO_BIG:
        out.text("packet too big, mtu ");
        return out.decimal(message.mtu);
      case icmpv6.TIME_EXCEEDED:
        out.text(
          code === icmpv6.HOP_LIMIT_EXCEEDED
            ? "time exceeded in-transit"
            : "ip reassembly time exceeded",
        );
        if (message.checkQuote() !== undefined) return;
        out.text(" for ");
        return this.#address(view, message.payloadStart + 24);
      case icmpv6.PARAMETER_PROBLEM:
        out.text("parameter problem, ");
        out.text(PROBLEMS[code] ?? `code ${code} - octet `);
        return out.decimal(message.pointer);
      case icmpv6.NEIGHBOR_SOLICITATION:
      case icmpv6.NEIGHBOR_ADVERTISEMENT:
      case icmpv6.REDIRECT:
        return this.#neighbor(this.#ndp.wrap(view, start, end), type);
      case icmpv6.MULTICAST_LISTENER_QUERY:
      case icmpv6.MULTICAST_LISTENER_REPORT:
      case icmpv6.MULTICAST_LISTENER_DONE:
      case icmpv6.MULTICAST_LISTENER_REPORT_V2:
        return this.#group(this.#mld.wrap(view, start, end), type);
      default:
        return out.text(icmpv6.nameOf(type));
    }
  }

  #unreachable(message: icmpv6.View, code: number): void {
    const out = this.#out;
    const { view, payloadStart, quotedPayload } = message;
    const words = UNREACHABLE[code];
    out.text("destination unreachable, ");
    if (words === undefined || message.checkQuote() !== undefined) {
      out.text("code ");
      return out.decimal(code);
    }
    out.text(words);
    out.text(code === icmpv6.PORT_UNREACHABLE ? ", " : " ");
    this.#address(view, payloadStart + 24);
    if (
      code !== icmpv6.PORT_UNREACHABLE || message.quoteEnd - quotedPayload < 4
    ) return;
    const { quotedNextHeader } = message;
    if (quotedNextHeader === Protocol.UDP) out.text(" udp port ");
    else if (quotedNextHeader === Protocol.TCP) out.text(" tcp port ");
    else return;
    out.decimal(view.getUint16(quotedPayload + 2));
  }

  #neighbor(message: ndp.View, type: number): void {
    const out = this.#out;
    const { view } = message;
    const reason = message.check();
    if (reason !== undefined) return broken(out, "neighbor", reason, 0);
    switch (type) {
      case icmpv6.NEIGHBOR_SOLICITATION:
        out.text("neighbor solicitation, who has ");
        return this.#address(view, message.targetStart);
      case icmpv6.NEIGHBOR_ADVERTISEMENT:
        out.text("neighbor advertisement, tgt is ");
        return this.#address(view, message.targetStart);
      default:
        out.text("redirect, ");
        this.#address(view, message.destinationStart);
        out.text(" to ");
        return this.#address(view, message.targetStart);
    }
  }

  #group(message: mld.View, type: number): void {
    const out = this.#out;
    const { view } = message;
    const reason = message.check();
    if (reason !== undefined) return broken(out, "multicast", reason, 0);
    if (type === icmpv6.MULTICAST_LISTENER_REPORT_V2) {
      out.text("multicast listener report v2, ");
      out.decimal(message.recordCount);
      return out.text(" group record(s)");
    }
    if (type === icmpv6.MULTICAST_LISTENER_QUERY) {
      out.text(
        message.version === 2
          ? "multicast listener query v2 "
          : "multicast listener query ",
      );
    } else {
      out.text(
        type === icmpv6.MULTICAST_LISTENER_REPORT
          ? "multicast listener report "
          : "multicast listener done ",
      );
    }
    out.text("max resp delay: ");
    out.decimal(message.maximumResponseDelay);
    out.text(" addr: ");
    this.#address(view, message.addressStart);
  }

  #address(view: DataView, at: number): void {
    this.#out.ipv6(
      view.getInt32(at),
      view.getInt32(at + 4),
      view.getInt32(at + 8),
      view.getInt32(at + 12),
    );
  }
}

/** Appends IGMP messages. */
export class IgmpLine {
  readonly #out: Writer;
  readonly #message = new igmp.View();

  /** Appends to a writer. */
  constructor(out: Writer) {
    this.#out = out;
  }

  /** Appends the message `start`..`end`. */
  append(view: DataView, start: number, end: number, verify: boolean): void {
    const out = this.#out;
    const message = this.#message.wrap(view, start, end);
    const reason = message.check();
    if (reason !== undefined) return broken(out, "igmp", reason, end - start);
    this.#body(message);
    if (verify && !message.verify()) out.text(" (wrong igmp cksum)");
  }

  #body(message: igmp.View): void {
    const out = this.#out;
    switch (message.type) {
      case igmp.MEMBERSHIP_QUERY:
        return this.#query(message);
      case igmp.V1_REPORT:
        out.text("igmp v1 report ");
        return out.ipv4(message.group);
      case igmp.V2_REPORT:
        out.text("igmp v2 report ");
        return out.ipv4(message.group);
      case igmp.LEAVE_GROUP:
        out.text("igmp leave ");
        return out.ipv4(message.group);
      case igmp.V3_REPORT:
        out.text("igmp v3 report, ");
        out.decimal(message.recordCount);
        return out.text(" group record(s)");
      default:
        out.text("igmp ");
        out.text(igmp.nameOf(message.type));
    }
  }

  #query(message: igmp.View): void {
    const out = this.#out;
    const { version, maximumResponseTime, group } = message;
    out.text("igmp query v");
    out.decimal(version);
    // 10 s is the default of every version.
    if (maximumResponseTime !== 100) {
      out.text(" [max resp time ");
      out.decimal(Math.floor(maximumResponseTime / 10));
      out.text(".");
      out.decimal(maximumResponseTime % 10);
      out.text("s]");
    }
    if (group !== 0) {
      out.text(" [gaddr ");
      out.ipv4(group);
      out.text("]");
    }
  }
}
