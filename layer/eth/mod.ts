/**
 * Ethernet II ([RFC 894](https://www.rfc-editor.org/rfc/rfc894)): a host takes
 * frames for itself, for everybody and for groups that it joined, and puts its
 * address on what it sends.
 *
 * @module
 */

export * from "./endpoint.ts";
