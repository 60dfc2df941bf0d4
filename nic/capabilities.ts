/**
 * What a device does by itself: checksums and segmentation.
 *
 * @module
 */

/** Who does the checksums of one protocol. */
export interface Offload {
  /** Received checksums need no look: the device, or the link, vouches. */
  readonly receive: boolean;
  /** The device completes checksums; a sender leaves the pseudo-header sum. */
  readonly transmit: boolean;
}

/** What a device does by itself. */
export interface Capabilities {
  /** IPv4 header checksum. */
  readonly ipv4: Offload;
  /** ICMPv4 checksum. */
  readonly icmpv4: Offload;
  /** UDP checksum. */
  readonly udp: Offload;
  /** TCP checksum. */
  readonly tcp: Offload;
  /** Largest IP datagram with a TCP super-segment to send, octets; 0 for none. */
  readonly tcpSegmentation: number;
  /** Largest IP datagram with a UDP super-datagram to send, octets; 0 for none. */
  readonly udpSegmentation: number;
}

const SOFTWARE: Offload = { receive: false, transmit: false };

/** Everything is done in software. */
export const BASELINE: Capabilities = {
  ipv4: SOFTWARE,
  icmpv4: SOFTWARE,
  udp: SOFTWARE,
  tcp: SOFTWARE,
  tcpSegmentation: 0,
  udpSegmentation: 0,
};

/** The baseline with some entries replaced. */
export function capabilities(changes: Partial<Capabilities>): Capabilities {
  return { ...BASELINE, ...changes };
}
