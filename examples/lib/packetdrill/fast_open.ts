/**
 * Cookies of fast open. A script has those of another host's key: its own ones
 * are put in their place.
 *
 * @module
 */

import type { Option, PacketSpec, Script } from "./ast.ts";
import { LOCAL, Machine, REMOTE } from "./machine.ts";
import { buildTcp } from "./packet.ts";

const SYN = 0x002;
const ACK = 0x010;
/** What Linux makes of the key of its suites, for IPv4 and for IPv6. */
const OF_LINUX = ["3021b9d889017eeb", "b7c12350a90dc8f5"];

function hex(octets: Uint8Array): string {
  return [...octets].map((o) => o.toString(16).padStart(2, "0")).join("");
}

type Cookie = Extract<Option, { kind: "FO" | "FOEXP" | "md5" }>;

function isCookie(option: Option): option is Cookie {
  return option.kind === "FO" || option.kind === "FOEXP";
}

/** The script, in which the host's cookies are whatever the host makes. */
export function withOwnCookies(script: Script): Script {
  const own = new Set(OF_LINUX);
  const packets = script.events.flatMap(({ action }) =>
    action.kind === "packet" && action.packet.kind === "tcp"
      ? [action.packet]
      : []
  );
  for (const packet of packets) {
    // Cookies are given in SYN,ACK.
    if (packet.inbound || (packet.flags & (SYN | ACK)) !== (SYN | ACK)) {
      continue;
    }
    for (const option of packet.options ?? []) {
      if (isCookie(option) && option.octets.length > 0) {
        own.add(hex(option.octets));
      }
    }
  }
  return {
    ...script,
    events: script.events.map((event) => {
      const { action } = event;
      if (action.kind !== "packet") return event;
      const packet = replaced(action.packet, own);
      return { ...event, action: { kind: "packet", packet } };
    }),
  };
}

function replaced(packet: PacketSpec, own: ReadonlySet<string>): PacketSpec {
  if (packet.kind !== "tcp" || packet.options === undefined) return packet;
  return {
    ...packet,
    options: packet.options.map((option) =>
      isCookie(option) && own.has(hex(option.octets))
        ? { ...option, any: true }
        : option
    ),
  };
}

/** A packet to inject, with the host's cookie where it may be any. */
export function withCookie(
  packet: PacketSpec,
  cookie: () => Uint8Array,
): PacketSpec {
  if (packet.kind !== "tcp" || packet.options === undefined) return packet;
  return {
    ...packet,
    options: packet.options.map((option) =>
      isCookie(option) && option.any === true
        ? { kind: option.kind, octets: cookie() }
        : option
    ),
  };
}

/** The cookie that a host gives to the script's peer: asks one that is alike. */
export function cookieOf(): Uint8Array {
  const machine = new Machine({
    mtu: 1500,
    largest: 0,
    tcp: { tuning: { fastOpen: 3 } },
  });
  const port = 1;
  machine.tcp.listen({ port, fastOpen: 1, accept: () => false });
  machine.inject(buildTcp(
    {
      source: REMOTE,
      sourcePort: port,
      destination: LOCAL,
      destinationPort: port,
    },
    {
      flags: SYN,
      sequence: 0,
      ack: 0,
      window: 1000,
      urgent: 0,
      length: 0,
      options: [{ kind: "FO", octets: new Uint8Array(0) }],
    },
    0,
    64,
  ));
  machine.settle();
  const [answer] = machine.sent;
  const option = answer?.segment.options.find((o) => o.kind === "FO");
  return option?.kind === "FO" ? option.octets : new Uint8Array(8);
}
