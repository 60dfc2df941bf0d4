// Names of the filter language, and the addresses in it.

import { EtherType } from "./ethernet.ts";
import { Protocol } from "./ip.ts";
import * as ipv4 from "./ipv4_address.ts";

/** Names that stand for a number, as pcap-filter(7) has them. */
export const CONSTANTS: ReadonlyMap<string, number> = new Map([
  ["tcpflags", 13],
  ["tcp-fin", 0x01],
  ["tcp-syn", 0x02],
  ["tcp-rst", 0x04],
  ["tcp-push", 0x08],
  ["tcp-ack", 0x10],
  ["tcp-urg", 0x20],
  ["tcp-ece", 0x40],
  ["tcp-cwr", 0x80],
  ["icmptype", 0],
  ["icmpcode", 1],
  ["icmp-echoreply", 0],
  ["icmp-unreach", 3],
  ["icmp-sourcequench", 4],
  ["icmp-redirect", 5],
  ["icmp-echo", 8],
  ["icmp-routeradvert", 9],
  ["icmp-routersolicit", 10],
  ["icmp-timxceed", 11],
  ["icmp-paramprob", 12],
  ["icmp-tstamp", 13],
  ["icmp-tstampreply", 14],
  ["icmp-ireq", 15],
  ["icmp-ireqreply", 16],
  ["icmp-maskreq", 17],
  ["icmp-maskreply", 18],
  ["icmp6type", 0],
  ["icmp6code", 1],
  ["icmp6-destinationunreach", 1],
  ["icmp6-packettoobig", 2],
  ["icmp6-timeexceeded", 3],
  ["icmp6-parameterproblem", 4],
  ["icmp6-echo", 128],
  ["icmp6-echoreply", 129],
  ["icmp6-multicastlistenerquery", 130],
  ["icmp6-multicastlistenerreportv1", 131],
  ["icmp6-multicastlistenerdone", 132],
  ["icmp6-routersolicit", 133],
  ["icmp6-routeradvert", 134],
  ["icmp6-neighborsolicit", 135],
  ["icmp6-neighboradvert", 136],
  ["icmp6-redirect", 137],
  ["icmp6-routerrenum", 138],
  ["icmp6-nodeinformationquery", 139],
  ["icmp6-nodeinformationresponse", 140],
  ["icmp6-ineighbordiscoverysolicit", 141],
  ["icmp6-ineighbordiscoveryadvert", 142],
  ["icmp6-multicastlistenerreportv2", 143],
  ["icmp6-homeagentdiscoveryrequest", 144],
  ["icmp6-homeagentdiscoveryreply", 145],
  ["icmp6-mobileprefixsolicit", 146],
  ["icmp6-mobileprefixadvert", 147],
  ["icmp6-certpathsolicit", 148],
  ["icmp6-certpathadvert", 149],
  ["icmp6-multicastrouteradvert", 151],
  ["icmp6-multicastroutersolicit", 152],
  ["icmp6-multicastroutertermination", 153],
]);

/** What a protocol name by itself means. */
export interface Carried {
  /** Protocol of IP. */
  readonly protocol: number;
  /** Whether it is looked for in IPv4. */
  readonly over4: boolean;
  /** Whether it is looked for in IPv6. */
  readonly over6: boolean;
}

function carried(protocol: number, over4 = true, over6 = true): Carried {
  return { protocol, over4, over6 };
}

/** Protocols of IP that stand for themselves. */
export const CARRIED: ReadonlyMap<string, Carried> = new Map([
  ["tcp", carried(Protocol.TCP)],
  ["udp", carried(Protocol.UDP)],
  ["sctp", carried(132)],
  ["icmp", carried(Protocol.ICMP, true, false)],
  ["icmp6", carried(58, false, true)],
  ["igmp", carried(Protocol.IGMP, true, false)],
  ["igrp", carried(9, true, false)],
  ["vrrp", carried(112, true, false)],
  ["carp", carried(112, true, false)],
  ["pim", carried(103)],
  ["ah", carried(Protocol.AH)],
  ["esp", carried(Protocol.ESP)],
]);

/** Names behind `proto`, without those of {@linkcode CARRIED}. */
export const PROTOCOLS: ReadonlyMap<string, number> = new Map([
  ["ipv6-icmp", 58],
  ["ipv6-frag", Protocol.IPV6_FRAGMENT],
  ["ipip", Protocol.IPV4],
  ["gre", Protocol.GRE],
  ["ospf", 89],
]);

/** What is carried by a link. */
export const TYPES: ReadonlyMap<string, number> = new Map([
  ["ip", EtherType.IPV4],
  ["arp", EtherType.ARP],
  ["rarp", EtherType.RARP],
  ["ip6", EtherType.IPV6],
]);

const ETHERNET =
  /^(?:[0-9a-f]{1,2}(?:([:.-])[0-9a-f]{1,2})(?:\1[0-9a-f]{1,2}){4}|[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4}|[0-9a-f]{12})$/i;

/** The high 16 and low 32 bits of an Ethernet address. */
export function ethernetAddress(
  text: string,
): readonly [high: number, low: number] | undefined {
  if (text.length > 17 || !ETHERNET.test(text)) return undefined;
  const groups = text.split(/[:.-]/);
  const width = 12 / groups.length;
  const digits = groups.map((group) => group.padStart(width, "0")).join("");
  return [parseInt(digits.slice(0, 4), 16), parseInt(digits.slice(4), 16) | 0];
}

/** An IPv4 address or network of 1 to 4 fields. */
export interface Fields4 {
  /** int32. */
  readonly value: number;
  /** Bits of the fields that are there. */
  readonly bits: number;
}

/** One to four decimal fields; missing ones are 0. */
export function fields4(text: string): Fields4 | undefined {
  const count = text.split(".", 5).length;
  if (count > 4) return undefined;
  const address = ipv4.Address.tryParse(text + ".0".repeat(4 - count));
  return address && { value: address.value, bits: 8 * count };
}
