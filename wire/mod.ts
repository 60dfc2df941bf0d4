/**
 * Protocol headers, read and written in place.
 *
 * Each module is one protocol and has the same three classes. A `View` is a
 * reusable cursor that lends names to octets of a `DataView`: it never copies,
 * and once its `check()` found nothing, no accessor fails or reads outside. A
 * `Repr` is a plain record of what a header says, with `parse()` from a view and
 * `emit()` into octets. A `Packet` joins both. What is wrong with octets is a
 * {@linkcode reason.Reason}, never an exception; checksums are separate calls.
 * Nothing on the way of a packet allocates.
 *
 * ```ts
 * import { ip, ipv4, udp } from "@ethox/wire";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const view = new DataView(new ArrayBuffer(1500));
 * const source = ipv4.Address.parse("192.0.2.1").value;
 * const destination = ipv4.Address.parse("192.0.2.2").value;
 *
 * const header = new ipv4.Repr();
 * header.source = source;
 * header.destination = destination;
 * header.protocol = ip.Protocol.UDP;
 * header.payloadLength = 12;
 * header.emit(view, 0);
 * view.setInt32(28, 0xcafe);
 * const ports = new udp.Repr();
 * ports.sourcePort = 49152;
 * ports.destinationPort = 53;
 * ports.payloadLength = 4;
 * ports.emit(view, header.headerLength);
 * new ipv4.View(view).fillChecksum();
 * new udp.View(view, 20, 32).fillChecksum4(source, destination);
 *
 * const packet = new ipv4.Packet();
 * assertEquals(packet.parse(view, 0, 32), undefined);
 * assert(packet.view.verify());
 * const datagram = new udp.Packet();
 * datagram.parse(view, packet.payloadStart, packet.payloadEnd);
 * assert(datagram.view.verify4(packet.view.source, packet.view.destination));
 * assertEquals(datagram.view.destinationPort, 53);
 *
 * // One octet short, the datagram is refused, with a reason.
 * assertEquals(packet.parse(view, 0, 31), "length");
 * ```
 *
 * @module
 */

export * as ah from "./ah.ts";
export * as arp from "./arp.ts";
export * as bpf from "./bpf.ts";
export * as capture from "./capture.ts";
export * as checksum from "./checksum.ts";
export * as crc32c from "./crc32c.ts";
export * as dhcpv4 from "./dhcpv4.ts";
export * as dhcpv6 from "./dhcpv6.ts";
export * as dissector from "./dissector.ts";
export * as dns from "./dns.ts";
export * as ethernet from "./ethernet.ts";
export * as filter from "./filter.ts";
export * as flow from "./flow.ts";
export * as geneve from "./geneve.ts";
export * as gre from "./gre.ts";
export * as icmpExtension from "./icmp_extension.ts";
export * as icmpv4 from "./icmpv4.ts";
export * as icmpv6 from "./icmpv6.ts";
export * as igmp from "./igmp.ts";
export * as ip from "./ip.ts";
export * as ipInIp from "./ip_in_ip.ts";
export * as ipv4 from "./ipv4.ts";
export * as ipv6 from "./ipv6.ts";
export * as ipv6Extension from "./ipv6_extension.ts";
export * as ipv6Fragment from "./ipv6_fragment.ts";
export * as ipv6Option from "./ipv6_option.ts";
export * as ipv6Routing from "./ipv6_routing.ts";
export * as linktype from "./linktype.ts";
export * as llc from "./llc.ts";
export * as mld from "./mld.ts";
export * as mpls from "./mpls.ts";
export * as ndp from "./ndp.ts";
export * as pcap from "./pcap.ts";
export * as pcapng from "./pcapng.ts";
export * as pppoe from "./pppoe.ts";
export * as pretty from "./pretty.ts";
export * as reason from "./reason.ts";
export * as sll from "./sll.ts";
export * as tcp from "./tcp.ts";
export * as text from "./text.ts";
export * as toeplitz from "./toeplitz.ts";
export * as udp from "./udp.ts";
export * as udplite from "./udplite.ts";
export * as vlan from "./vlan.ts";
export * as vxlan from "./vxlan.ts";
export * as wireguard from "./wireguard.ts";
