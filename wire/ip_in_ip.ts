/**
 * IP in IP: IPv4 in IPv4 ([RFC 2003](https://www.rfc-editor.org/rfc/rfc2003)), IPv6
 * in IPv4 ([RFC 4213](https://www.rfc-editor.org/rfc/rfc4213)), and both in IPv6
 * ([RFC 2473](https://www.rfc-editor.org/rfc/rfc2473)). There is no header between
 * the two: the protocol number says which follows.
 *
 * ```ts
 * import { ip, ipInIp } from "@ethox/wire";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(ipInIp.versionOf(ip.Protocol.IPV6), 6);
 * const payload = new DataView(Uint8Array.of(0x45).buffer);
 * assertEquals(ipInIp.check(ip.Protocol.IPV4, payload, 0, 1), undefined);
 * assertEquals(ipInIp.check(ip.Protocol.IPV6, payload, 0, 1), "version");
 * ```
 *
 * @module
 */

import { Protocol } from "./ip.ts";
import type { Reason } from "./reason.ts";

/** The version of the datagram that a protocol number promises; 0 for none. */
export function versionOf(protocol: number): 0 | 4 | 6 {
  return protocol === Protocol.IPV4 ? 4 : protocol === Protocol.IPV6 ? 6 : 0;
}

/** The protocol number of a datagram of version 4 or 6. */
export function protocolOf(version: 4 | 6): number {
  return version === 4 ? Protocol.IPV4 : Protocol.IPV6;
}

/**
 * Whether the payload `start`..`end` begins as its protocol number promises:
 * `"truncated"` if there is none, `"version"` if it is another version,
 * `"unsupported"` if the number promises no datagram.
 */
export function check(
  protocol: number,
  view: DataView,
  start: number,
  end: number,
): Reason | undefined {
  const version = versionOf(protocol);
  if (version === 0) return "unsupported";
  if (start >= end) return "truncated";
  return view.getUint8(start) >>> 4 === version ? undefined : "version";
}
