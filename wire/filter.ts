/**
 * Which packets are wanted, said in the language of tcpdump.
 *
 * The useful part of pcap-filter(7): {@linkcode SYNTAX} lists it. Names of hosts
 * and services are not looked up. A filter reads octets and judges nothing: it
 * means what it means to tcpdump, also for packets that are damaged or cut
 * short. Where octets are asked for that a packet does not have, it does not
 * match, whatever else the filter says. `and` and `or` bind alike, from the left.
 * `tcp`, `udp` and the like look at the first next header of IPv6 and behind one
 * fragment header; ports and octets of headers behind IPv4 are those of first
 * fragments. `vlan` moves all that follows it in the text behind a tag.
 * Arithmetic is without sign and binds as in C; of its operands, only the
 * leftmost has to belong to a header that is there.
 *
 * ```ts
 * import { ethernet, filter } from "@ethox/wire";
 * import { assert, assertThrows } from "@std/assert";
 *
 * const wanted = filter.compile("ip proto 17 and host 192.0.2.1");
 * const frame = new DataView(new ArrayBuffer(60));
 * frame.setUint16(12, ethernet.EtherType.IPV4);
 * frame.setUint8(14, 0x45);
 * frame.setUint8(23, 17);
 * assert(!wanted.matches(frame, 0, 60));
 * frame.setUint32(26, 0xc0000201);
 * assert(wanted.matches(frame, 0, 60));
 *
 * assertThrows(
 *   () => filter.compile("host 192.0.2.300"),
 *   filter.FilterError,
 *   "at position 5",
 * );
 * ```
 *
 * @module
 */

import { FilterError } from "./_filter_error.ts";
import { graphOf } from "./_filter_graph.ts";
import { LINK_TYPES } from "./_filter_link.ts";
import { parse } from "./_filter_parser.ts";
import { Program } from "./_filter_program.ts";
import { LinkType } from "./linktype.ts";

export { FilterError, LINK_TYPES };

/** What can be written, for the help of programs. */
export const SYNTAX: string = `Filter, as for tcpdump (pcap-filter(7)):
  ip, ip6, arp, rarp, tcp, udp, icmp, icmp6, igmp, sctp, ah, esp, pim, vrrp
  [ip|ip6|arp|rarp] [src|dst|src or dst|src and dst] host ADDRESS
  [ip|ip6|arp|rarp] [src|dst|...] net CIDR, net ADDRESS mask MASK, net 192.0.2
  [tcp|udp|sctp] [src|dst|...] port NUMBER, portrange FIRST-LAST
  [ip|ip6] proto NUMBER or NAME, ether proto TYPE
  ether [src|dst|...] host MAC, [ether] broadcast, [ether|ip|ip6] multicast
  vlan [IDENTIFIER], which moves what follows behind the tag
  less OCTETS, greater OCTETS
  PROTOCOL[OFFSET:SIZE] = NUMBER, and != > < >= <= and + - * / % & | ^ << >>,
    with len, tcpflags, tcp-syn, icmptype, icmp-echo, icmp6type and the like
  joined by and, or, not and ( ); and binds like or, from the left
  an address or a number alone repeats what the one before it was about`;

/** How a filter is read. */
export interface FilterOptions {
  /**
   * Link type of the packets, as capture files number them: one of
   * {@linkcode LINK_TYPES}, Ethernet by default.
   */
  readonly linkType?: number;
  /** Netmask as int32, which `ip broadcast` needs. */
  readonly netmask?: number;
}

/** A filter that has been read. Immutable; matching leaves no garbage. */
export class Filter {
  /** What it was read from. */
  readonly text: string;
  readonly #program: Program;

  /** Reads a filter; an empty one matches everything. As {@linkcode compile}. */
  constructor(text: string, options: FilterOptions = {}) {
    this.text = text;
    const condition = parse(text, {
      linkType: options.linkType ?? LinkType.ETHERNET,
      netmask: options.netmask,
      fromKernel: false,
    });
    this.#program = new Program(graphOf(condition));
  }

  /**
   * Whether the packet in the octets `start`..`end` of `view` is wanted. It had
   * `wireLength` octets before it was cut short, if it was. Nothing outside
   * `start`..`end` is read, and no octets make this throw; the time it takes is
   * bounded by the length of the filter.
   */
  matches(
    view: DataView,
    start: number,
    end: number,
    wireLength: number = end - start,
  ): boolean {
    return this.#program.run(view, start, end, wireLength);
  }

  /** The text. */
  toString(): string {
    return this.text;
  }
}

/**
 * Reads a filter.
 *
 * @throws {FilterError} naming the place if the text makes no sense.
 * @throws {RangeError} if the link type is not known.
 */
export function compile(text: string, options: FilterOptions = {}): Filter {
  return new Filter(text, options);
}
