/**
 * The Internet Control Message Protocol,
 * [RFC 792](https://www.rfc-editor.org/rfc/rfc792): echo requests are answered
 * in their own buffer, errors reach the protocol that they concern, and errors
 * of our own keep to the rules and rates of
 * [RFC 1812](https://www.rfc-editor.org/rfc/rfc1812) section 4.3.2.
 *
 * @module
 */

export * from "./endpoint.ts";
export { Ping, type PingOptions } from "./ping.ts";
export { type ErrorListener, ErrorReport } from "./report.ts";
