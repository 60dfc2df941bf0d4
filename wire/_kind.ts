// What a layer of a frame can be.

/** Kinds of layers; from 64 on, protocols that are known by name alone. */
export const Kind = {
  /** Octets that nothing here reads. */
  PAYLOAD: 0,
  /** The absent header of a bare IP link type. */
  RAW: 1,
  /** Ethernet, of either form. */
  ETHERNET: 2,
  /** Linux cooked capture, version 1. */
  LINUX_COOKED: 3,
  /** Linux cooked capture, version 2. */
  LINUX_COOKED_2: 4,
  /** The protocol family in front of packets of BSD loopback interfaces. */
  LOOPBACK: 5,
  /** Customer tag, IEEE 802.1Q. */
  VLAN: 6,
  /** Service tag, IEEE 802.1ad. */
  SERVICE_VLAN: 7,
  /** IEEE 802.2 logical link control, with the extension SNAP. */
  LLC: 8,
  /** One entry of an MPLS label stack (RFC 3032). */
  MPLS: 9,
  /** A PPPoE session with the PPP protocol number (RFC 2516). */
  PPPOE: 10,
  /** ARP (RFC 826). */
  ARP: 11,
  /** IPv4 (RFC 791). */
  IPV4: 12,
  /** IPv6 (RFC 8200). */
  IPV6: 13,
  /** IPv6 hop-by-hop options. */
  HOP_BY_HOP: 14,
  /** IPv6 destination options. */
  DESTINATION_OPTIONS: 15,
  /** IPv6 routing header. */
  ROUTING: 16,
  /** IPv6 fragment header. */
  FRAGMENT: 17,
  /** Authentication header (RFC 4302). */
  AUTHENTICATION: 18,
  /** ICMP (RFC 792). */
  ICMPV4: 19,
  /** ICMPv6 (RFC 4443). */
  ICMPV6: 20,
  /** IGMP (RFC 3376). */
  IGMP: 21,
  /** UDP (RFC 768). */
  UDP: 22,
  /** UDP-Lite (RFC 3828). */
  UDP_LITE: 23,
  /** TCP (RFC 9293). */
  TCP: 24,
  /** Generic routing encapsulation (RFC 2784). */
  GRE: 25,
  /** VXLAN (RFC 7348). */
  VXLAN: 26,
  /** Geneve (RFC 8926). */
  GENEVE: 27,
  /** DNS (RFC 1035). */
  DNS: 28,
  /** Multicast DNS (RFC 6762). */
  MDNS: 29,
  /** Link-local multicast name resolution (RFC 4795). */
  LLMNR: 30,
  /** DHCP over IPv4 (RFC 2131). */
  DHCP: 31,
  /** DHCP over IPv6 (RFC 9915). */
  DHCPV6: 32,
  /** The protocol number of the point-to-point protocol (RFC 1661). */
  PPP: 33,
} as const;

/** The names of {@linkcode Kind}, as Wireshark has them in its filters. */
export const NAMES: readonly string[] = [
  "data",
  "raw",
  "eth",
  "sll",
  "sll",
  "null",
  "vlan",
  "ieee8021ad",
  "llc",
  "mpls",
  "pppoes",
  "arp",
  "ip",
  "ipv6",
  "ipv6.hopopts",
  "ipv6.dstopts",
  "ipv6.routing",
  "ipv6.fraghdr",
  "ah",
  "icmp",
  "icmpv6",
  "igmp",
  "udp",
  "udplite",
  "tcp",
  "gre",
  "vxlan",
  "geneve",
  "dns",
  "mdns",
  "llmnr",
  "dhcp",
  "dhcpv6",
  "ppp",
];
