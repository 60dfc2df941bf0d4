/**
 * What an IPv6 address of four int32 words is, RFC 4291, and its text, RFC 5952.
 *
 * @module
 */

import { format as formatIpv4 } from "./ipv4_address.ts";

/** Reach of an address, RFC 4291 section 2.7 and RFC 7346. */
export const Scope = {
  /** Never leaves the interface. */
  INTERFACE_LOCAL: 1,
  /** One link. */
  LINK_LOCAL: 2,
  /** What a routing domain sets up by itself (RFC 7346). */
  REALM_LOCAL: 3,
  /** The smallest that is set up by administration. */
  ADMIN_LOCAL: 4,
  /** One site. */
  SITE_LOCAL: 5,
  /** Several sites of one organization. */
  ORGANIZATION_LOCAL: 8,
  /** No limit. */
  GLOBAL: 14,
} as const;

/** Whether an address is `::`, which stands for none. */
export function isUnspecified(
  w0: number,
  w1: number,
  w2: number,
  w3: number,
): boolean {
  return (w0 | w1 | w2 | w3) === 0;
}

/** Whether an address is `::1`. */
export function isLoopback(
  w0: number,
  w1: number,
  w2: number,
  w3: number,
): boolean {
  return (w0 | w1 | w2) === 0 && w3 === 1;
}

/** Whether an address with this first word is in ff00::/8. */
export function isMulticast(w0: number): boolean {
  return w0 >>> 24 === 0xff;
}

/** Whether an address with this first word is in fe80::/10. */
export function isLinkLocal(w0: number): boolean {
  return w0 >>> 22 === 0x3fa;
}

/** Whether an address with this first word is in fec0::/10 (RFC 3879). */
export function isSiteLocal(w0: number): boolean {
  return w0 >>> 22 === 0x3fb;
}

/** Whether an address with this first word is in fc00::/7 (RFC 4193). */
export function isUniqueLocal(w0: number): boolean {
  return w0 >>> 25 === 0x7e;
}

/** Whether it is in 2001:db8::/32 (RFC 3849) or 3fff::/20 (RFC 9637). */
export function isDocumentation(w0: number): boolean {
  return w0 === 0x20010db8 || w0 >>> 12 === 0x3fff0;
}

/** Whether it is in ::ffff:0:0/96, an IPv4 address (RFC 4291 2.5.5.2). */
export function isIpv4Mapped(w0: number, w1: number, w2: number): boolean {
  return (w0 | w1) === 0 && w2 === 0xffff;
}

/** Whether it is in ff02::1:ff00:0/104 (RFC 4291 section 2.7.1). */
export function isSolicitedNode(
  w0: number,
  w1: number,
  w2: number,
  w3: number,
): boolean {
  return w0 === (0xff020000 | 0) && w1 === 0 && w2 === 1 && w3 >>> 24 === 0xff;
}

/**
 * The last word of the group that a node with this last word answers solicitations
 * in; the others are those of ff02::1:ff00:0 (RFC 4291 section 2.7.1).
 */
export function solicitedNode3(w3: number): number {
  return 0xff000000 | w3 & 0xffffff;
}

/**
 * Reach of an address, one of {@linkcode Scope} or another number of a group.
 *
 * The loopback address counts as link-local (RFC 4291 section 2.5.3), a unique
 * local one as global (RFC 4193 section 3.3).
 */
export function scope(
  w0: number,
  w1: number,
  w2: number,
  w3: number,
): number {
  if (isMulticast(w0)) return w0 >>> 16 & 15;
  if (isLinkLocal(w0) || isLoopback(w0, w1, w2, w3)) return Scope.LINK_LOCAL;
  return isSiteLocal(w0) ? Scope.SITE_LOCAL : Scope.GLOBAL;
}

/**
 * Third word of an address with the modified EUI-64 identifier of an Ethernet
 * address (RFC 4291 appendix A, RFC 2464 section 4).
 */
export function eui64High(high: number, low: number): number {
  return (high ^ 0x0200) << 16 | low >>> 16 & 0xff00 | 0xff;
}

/** Last word of the same, from the last four octets. */
export function eui64Low(low: number): number {
  return 0xfe000000 | low & 0xffffff;
}

/** Mask of word 0..3 under a prefix of 0..128 bits. */
export function netmask(prefixLength: number, word: number): number {
  const bits = prefixLength - 32 * word;
  if (bits <= 0) return 0;
  return bits >= 32 ? -1 : -1 << (32 - bits);
}

/** Text of an address as RFC 5952 writes it. */
export function format(
  w0: number,
  w1: number,
  w2: number,
  w3: number,
): string {
  if (isIpv4Mapped(w0, w1, w2)) {
    return `::ffff:${formatIpv4(w3)}`;
  }
  const fields: number[] = [];
  for (const word of [w0, w1, w2, w3]) fields.push(word >>> 16, word & 0xffff);
  // The first of the longest runs of two zeros or more is left out.
  let from = 8;
  let longest = 1;
  let run = 0;
  for (let i = 0; i < 8; i++) {
    run = fields[i] === 0 ? run + 1 : 0;
    if (run > longest) {
      longest = run;
      from = i + 1 - run;
    }
  }
  const hex = fields.map((field) => field.toString(16));
  if (from === 8) return hex.join(":");
  const before = hex.slice(0, from).join(":");
  return `${before}::${hex.slice(from + longest).join(":")}`;
}
