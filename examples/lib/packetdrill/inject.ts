/**
 * Packets of a script as octets for the host.
 *
 * @module
 */

import type { IcmpPacket, PacketSpec } from "./ast.ts";
import type { Flow } from "./flow.ts";
import { type IcmpKind, icmpKind } from "./icmp_types.ts";
import { buildIcmp, buildTcp, buildUdp } from "./packet.ts";
import { Unsupported } from "./values.ts";

const ACK = 0x010;
const TTL = 64;
/** Octets that an ICMP error quotes: headers, and what may follow. */
const QUOTED = 48;

/** What an IPv6 header is longer than one of IPv4, octets. */
export const IPV6_EXTRA = 20;

/** A packet for the host; `extra` is what the script's headers are longer by. */
export function octetsOf(
  packet: PacketSpec,
  flow: Flow,
  extra: number,
): Uint8Array {
  if (packet.outer !== undefined) {
    throw new Unsupported(`the outer header ${packet.outer}`);
  }
  const { ecn, ttl = TTL } = packet.ip;
  const tos = packet.ip.tos ?? (typeof ecn === "number" ? ecn : 0);
  switch (packet.kind) {
    case "tcp":
      return buildTcp(
        flow.inbound,
        flow.toReal(packet),
        tos,
        ttl,
        packet.spoiled,
      );
    case "udp":
      return buildUdp(flow.inbound, packet.length, tos, ttl);
    case "icmp":
      return icmp(packet, flow, extra);
  }
}

/** Type and code of an ICMP message. @throws {Unsupported} for unknown ones */
export function kindOf({ type, code }: IcmpPacket): IcmpKind {
  const kind = icmpKind(type, code);
  if (kind === undefined) throw new Unsupported(`ICMP ${type} ${code ?? ""}`);
  return kind;
}

function icmp(packet: IcmpPacket, flow: Flow, extra: number): Uint8Array {
  const kind = kindOf(packet);
  const outbound = {
    source: flow.local,
    sourcePort: flow.localPort,
    destination: flow.remote,
    destinationPort: flow.remotePort,
  };
  const { echoed } = packet;
  const length = echoed?.length ?? 0;
  const sequence = echoed?.sequence ?? 0;
  const quoted = echoed?.protocol === "udp"
    ? buildUdp(outbound, length, 0, TTL)
    : buildTcp(
      outbound,
      {
        flags: ACK,
        sequence: flow.quoted(sequence),
        ack: 0,
        window: 0,
        urgent: 0,
        options: [],
        length,
      },
      0,
      TTL,
    );
  const rest = packet.mtu === undefined ? 0 : Math.max(0, packet.mtu - extra);
  const echo = kind.type === 8 || kind.type === 0;
  return buildIcmp(
    flow.inbound,
    kind.type,
    kind.code,
    rest,
    quoted.subarray(0, echo ? 0 : QUOTED),
  );
}
