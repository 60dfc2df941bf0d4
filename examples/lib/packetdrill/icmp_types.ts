/**
 * ICMP by the names of scripts. What IPv6 knows is brought to what IPv4 says of
 * the same thing, as there is IPv4 only inside.
 *
 * @module
 */

import { ERRNO } from "./names.ts";

/** Type, code and the error that a socket gets from it. */
export interface IcmpKind {
  readonly type: number;
  readonly code: number;
  readonly errno: number;
}

const UNREACHABLE: ReadonlyMap<string, readonly [number, string]> = new Map(
  [
    ["net_unreachable", [0, "ENETUNREACH"]],
    ["host_unreachable", [1, "EHOSTUNREACH"]],
    ["protocol_unreachable", [2, "ENOPROTOOPT"]],
    ["port_unreachable", [3, "ECONNREFUSED"]],
    ["frag_needed", [4, "EMSGSIZE"]],
    ["source_route_failed", [5, "EOPNOTSUPP"]],
    ["net_unknown", [6, "ENETUNREACH"]],
    ["host_unknown", [7, "EHOSTDOWN"]],
    ["source_host_isolated", [8, "EHOSTUNREACH"]],
    ["net_prohibited", [9, "ENETUNREACH"]],
    ["host_prohibited", [10, "EHOSTUNREACH"]],
    ["net_unreachable_for_tos", [11, "ENETUNREACH"]],
    ["host_unreachable_for_tos", [12, "EHOSTUNREACH"]],
    ["packet_filtered", [13, "EHOSTUNREACH"]],
    ["precedence_violation", [14, "EHOSTUNREACH"]],
    ["precedence_cutoff", [15, "EHOSTUNREACH"]],
    // ICMPv6.
    ["no_route", [0, "ENETUNREACH"]],
    ["admin_prohibited", [13, "EACCES"]],
    ["communication_prohibited", [13, "EACCES"]],
    ["beyond_scope", [1, "EHOSTUNREACH"]],
    ["not_neighbour", [1, "EHOSTUNREACH"]],
    ["address_unreachable", [1, "EHOSTUNREACH"]],
  ] as const,
);

/** What names of type and code stand for; `undefined` if for nothing here. */
export function icmpKind(type: string, code?: string): IcmpKind | undefined {
  const number = /^\d+$/.test(code ?? "") ? Number(code) : undefined;
  switch (type) {
    case "unreachable": {
      const found = UNREACHABLE.get(code ?? "");
      if (found !== undefined) {
        return { type: 3, code: found[0], errno: ERRNO[found[1]]! };
      }
      if (code !== undefined && number === undefined) return undefined;
      return { type: 3, code: number ?? 0, errno: ERRNO.EHOSTUNREACH! };
    }
    case "packet_too_big":
      return { type: 3, code: 4, errno: ERRNO.EMSGSIZE! };
    case "source_quench":
      return { type: 4, code: 0, errno: 0 };
    case "redirect":
      return { type: 5, code: 0, errno: 0 };
    case "time_exceeded":
      return {
        type: 11,
        code: /frag/.test(code ?? "") ? 1 : 0,
        errno: ERRNO.EHOSTUNREACH!,
      };
    case "parameter_problem":
      return { type: 12, code: 0, errno: ERRNO.EPROTO! };
    case "echo_request":
      return { type: 8, code: 0, errno: 0 };
    case "echo_reply":
      return { type: 0, code: 0, errno: 0 };
  }
  return undefined;
}
