/**
 * The Address Resolution Protocol,
 * [RFC 826](https://www.rfc-editor.org/rfc/rfc826), with the states of
 * neighbours as in RFC 4861 and the cautions of RFC 1122 section 2.3.2 and
 * [RFC 5227](https://www.rfc-editor.org/rfc/rfc5227).
 *
 * Datagrams for a neighbour that is not known yet wait in a bounded place of
 * their own; nobody else waits with them. Questions are repeated with back-off
 * and given up. Entries that strangers can cause never displace known ones.
 *
 * @module
 */

export * from "./cache.ts";
export {
  type Addresses,
  type CounterName,
  COUNTERS,
  Endpoint,
  type GratuitousPolicy,
  type Options,
} from "./endpoint.ts";
