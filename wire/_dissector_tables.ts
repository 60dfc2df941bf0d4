// Kinds of layers by the numbers that stand in headers.

import { application } from "./_applications.ts";
import { Kind } from "./_kind.ts";

export const SLOW: number = application("slow");
export const LACP: number = application("lacp");
export const EAPOL: number = application("eapol");
export const EAP: number = application("eap");
export const STP: number = application("stp");
export const CDP: number = application("cdp");
export const ESP: number = application("esp");
export const ISAKMP: number = application("isakmp");
export const UDPENCAP: number = application("udpencap");
export const RX: number = application("rx");
export const AFS: number = application("afs");
export const ETHERIP: number = application("etherip");
export const HTTP: number = application("http");
export const NBDGM: number = application("nbdgm");
export const SMB: number = application("smb");
export const MAILSLOT: number = application("mailslot");
export const BROWSER: number = application("browser");
export const LLDP: number = application("lldp");

/** Kinds behind EtherTypes. */
export const TYPES: ReadonlyMap<number, number> = new Map<number, number>([
  [0x0800, Kind.IPV4],
  [0x0806, Kind.ARP],
  [0x8035, Kind.ARP],
  [0x6558, Kind.ETHERNET],
  [0x8100, Kind.VLAN],
  [0x9100, Kind.VLAN],
  [0x86dd, Kind.IPV6],
  [0x8809, SLOW],
  [0x8847, Kind.MPLS],
  [0x8848, Kind.MPLS],
  [0x8863, application("pppoed")],
  [0x8864, Kind.PPPOE],
  [0x888e, EAPOL],
  [0x88a8, Kind.SERVICE_VLAN],
  [0x88cc, application("lldp")],
  [0x88f7, application("ptp")],
]);

/** Kinds behind protocol numbers of IPv4 and IPv6, 0 for none. */
export const PROTOCOLS: Uint8Array = (() => {
  const kinds = new Uint8Array(256);
  const set = (protocol: number, kind: number) => kinds[protocol] = kind;
  set(0, Kind.HOP_BY_HOP);
  set(1, Kind.ICMPV4);
  set(2, Kind.IGMP);
  set(4, Kind.IPV4);
  set(6, Kind.TCP);
  set(8, application("egp"));
  set(17, Kind.UDP);
  set(41, Kind.IPV6);
  set(43, Kind.ROUTING);
  set(44, Kind.FRAGMENT);
  set(46, application("rsvp"));
  set(47, Kind.GRE);
  set(50, ESP);
  set(51, Kind.AUTHENTICATION);
  set(58, Kind.ICMPV6);
  set(60, Kind.DESTINATION_OPTIONS);
  // The number that mobility had before RFC 3775.
  set(62, application("mipv6"));
  set(88, application("eigrp"));
  set(89, application("ospf"));
  set(97, application("etherip"));
  set(103, application("pim"));
  set(108, application("ipcomp"));
  set(112, application("vrrp"));
  set(113, application("pgm"));
  set(115, application("l2tp"));
  set(132, application("sctp"));
  set(135, application("mipv6"));
  set(136, Kind.UDP_LITE);
  set(137, Kind.MPLS);
  return kinds;
})();
