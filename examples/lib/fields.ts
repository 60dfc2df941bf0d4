/**
 * What a filter asks of a packet.
 *
 * @module
 */

import type { Medium } from "@ethox/nic/device";
import type { Packet } from "@ethox/nic/packet";
import * as arp from "@ethox/wire/arp";
import * as ethernet from "@ethox/wire/ethernet";
import { Protocol } from "@ethox/wire/ip";
import * as ipv4 from "@ethox/wire/ipv4";

/** IP version that a bare datagram begins with. */
const VERSION_6 = 6;

/** The fields of one packet; those that it lacks are -1. */
export class Fields {
  /** Octets from the first to the last. */
  length = 0;
  /** EtherType; that of its IP version for a bare datagram. */
  etherType = -1;
  /** First two octets of the source's hardware address. */
  sourceHigh = -1;
  /** Last four octets of it, int32. */
  sourceLow = 0;
  /** First two octets of the destination's hardware address. */
  destinationHigh = -1;
  /** Last four octets of it, int32. */
  destinationLow = 0;
  /** Whether {@linkcode Fields.source} and {@linkcode Fields.destination} hold. */
  hasAddresses = false;
  /** IPv4 address of the source, or of an ARP sender, int32. */
  source = 0;
  /** IPv4 address of the destination, or of an ARP target, int32. */
  destination = 0;
  /** IPv4 protocol. */
  protocol = -1;
  /** TCP or UDP port of the source. */
  sourcePort = -1;
  /** TCP or UDP port of the destination. */
  destinationPort = -1;

  readonly #ethernet = new ethernet.View();
  readonly #arp = new arp.View();
  readonly #ipv4 = new ipv4.View();

  /** Reads the fields of a packet. */
  read(packet: Packet, medium: Medium): void {
    this.length = packet.length;
    this.etherType = this.sourceHigh = this.destinationHigh = -1;
    this.protocol = this.sourcePort = this.destinationPort = -1;
    this.hasAddresses = false;
    const { view } = packet.memory;
    if (medium === "ip") {
      if (packet.length === 0) return;
      const version = view.getUint8(packet.start) >> 4;
      this.etherType = version === VERSION_6
        ? ethernet.EtherType.IPV6
        : ethernet.EtherType.IPV4;
      return this.#network(view, packet.start, packet.end);
    }
    const frame = this.#ethernet.wrap(view, packet.start, packet.end);
    if (frame.check() !== undefined) return;
    this.etherType = frame.etherType;
    this.sourceHigh = frame.sourceHigh;
    this.sourceLow = frame.sourceLow;
    this.destinationHigh = frame.destinationHigh;
    this.destinationLow = frame.destinationLow;
    this.#network(view, frame.payloadStart, packet.end);
  }

  #network(view: DataView, start: number, end: number): void {
    if (this.etherType === ethernet.EtherType.ARP) {
      const message = this.#arp.wrap(view, start, end);
      if (message.check() !== undefined) return;
      this.hasAddresses = true;
      this.source = message.senderProtocol;
      this.destination = message.targetProtocol;
    } else if (this.etherType === ethernet.EtherType.IPV4) {
      const datagram = this.#ipv4.wrap(view, start, end);
      if (datagram.check() !== undefined) return;
      this.hasAddresses = true;
      this.source = datagram.source;
      this.destination = datagram.destination;
      this.protocol = datagram.protocol;
      // Only the first fragment has the ports.
      if (datagram.fragmentOffset === 0) {
        this.#ports(view, datagram.payloadStart, datagram.payloadEnd);
      }
    }
  }

  #ports(view: DataView, start: number, end: number): void {
    const { protocol } = this;
    if (protocol !== Protocol.TCP && protocol !== Protocol.UDP) return;
    if (end - start < 4) return;
    this.sourcePort = view.getUint16(start);
    this.destinationPort = view.getUint16(start + 2);
  }
}
