/**
 * The Internet Protocol, version 4
 * ([RFC 791](https://www.rfc-editor.org/rfc/rfc791),
 * [RFC 1122](https://www.rfc-editor.org/rfc/rfc1122)) of a host: several
 * addresses, routes, neighbours through ARP where the medium has frames, and
 * datagrams to itself.
 *
 * What cannot be from the wire is dropped and counted: sources that are no
 * host, our own, or a loopback; source routes; one host's datagram in a frame
 * for all. Fragments are recognised and dropped.
 *
 * @module
 */

export { type CounterName, COUNTERS } from "./counters.ts";
export { type Branches, demux, rotate } from "./demux.ts";
export { Endpoint, OptionError, type Options, Recv, Send } from "./endpoint.ts";
export * from "./packet.ts";
export { type Route, Routes } from "./routes.ts";
