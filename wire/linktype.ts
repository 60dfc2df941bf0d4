/**
 * Link types of capture files: what a captured frame begins with.
 *
 * ```ts
 * import { linktype } from "@ethox/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const { LINUX_SLL } = linktype.LinkType;
 * assertEquals(linktype.nameOf(LINUX_SLL), "LINUX_SLL");
 * assertEquals(linktype.headerOf(LINUX_SLL), "sll");
 * assertEquals(linktype.headerOf(127), undefined);
 *
 * // The family of IPv6 as a big-endian and as a little-endian host has it.
 * const view = new DataView(new Uint8Array([0, 0, 0, 24, 30, 0, 0, 0]).buffer);
 * assertEquals(linktype.versionOfFamily(view, 0, 8), 6);
 * assertEquals(linktype.versionOfFamily(view, 4, 8), 6);
 * ```
 *
 * @module
 */

/** Link types that are read here, by their names in the registry. */
export const LinkType = {
  /** The address family of a BSD host, in its byte order, and a datagram. */
  NULL: 0,
  /** An Ethernet header. */
  ETHERNET: 1,
  /** A datagram of either version: DLT_RAW of most systems, in old files. */
  RAW_12: 12,
  /** A datagram of either version: DLT_RAW of OpenBSD, in old files. */
  RAW_14: 14,
  /** A datagram of either version. */
  RAW: 101,
  /** The address family, in network byte order, and a datagram. */
  LOOP: 108,
  /** A pseudo-header of Linux, version 1. */
  LINUX_SLL: 113,
  /** An IPv4 datagram. */
  IPV4: 228,
  /** An IPv6 datagram. */
  IPV6: 229,
  /** A pseudo-header of Linux, version 2. */
  LINUX_SLL2: 276,
} as const;

/**
 * What a frame begins with: an Ethernet header, a datagram of either or of one
 * version, an address family of four octets in front of a datagram, or a
 * pseudo-header of Linux.
 */
export type Header =
  | "ethernet"
  | "ip"
  | "ipv4"
  | "ipv6"
  | "family"
  | "sll"
  | "sll2";

const TABLE: ReadonlyMap<number, readonly [string, Header]> = new Map([
  [LinkType.NULL, ["NULL", "family"]],
  [LinkType.ETHERNET, ["ETHERNET", "ethernet"]],
  [LinkType.RAW_12, ["RAW", "ip"]],
  [LinkType.RAW_14, ["RAW", "ip"]],
  [LinkType.RAW, ["RAW", "ip"]],
  [LinkType.LOOP, ["LOOP", "family"]],
  [LinkType.LINUX_SLL, ["LINUX_SLL", "sll"]],
  [LinkType.IPV4, ["IPV4", "ipv4"]],
  [LinkType.IPV6, ["IPV6", "ipv6"]],
  [LinkType.LINUX_SLL2, ["LINUX_SLL2", "sll2"]],
]);

/** The name of a link type, without `LINKTYPE_`, or its number. */
export function nameOf(linkType: number): string {
  return TABLE.get(linkType)?.[0] ?? `${linkType}`;
}

/** What frames of a link type begin with; nothing if it is not read here. */
export function headerOf(linkType: number): Header | undefined {
  return TABLE.get(linkType)?.[1];
}

/** Octets of the address family of {@linkcode LinkType.NULL} and LOOP. */
export const FAMILY_LENGTH = 4;

const FAMILY_IPV4 = 2;

/**
 * Which IP an address family of four octets announces: 4, 6, or 0 for something
 * else or too few octets. IPv6 is 10 on Linux, 24 on NetBSD, OpenBSD and by
 * others, 28 on FreeBSD, 30 on Darwin.
 */
export function versionOfFamily(
  view: DataView,
  start: number,
  end: number,
): 0 | 4 | 6 {
  if (end - start < FAMILY_LENGTH) return 0;
  // No family reaches 65536: what does is in the other byte order.
  const big = view.getUint32(start);
  const family = big < 0x10000 ? big : view.getUint32(start, true);
  if (family === FAMILY_IPV4) return 4;
  return family === 10 || family === 24 || family === 28 || family === 30
    ? 6
    : 0;
}
