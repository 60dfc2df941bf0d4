/**
 * The User Datagram Protocol,
 * [RFC 768](https://www.rfc-editor.org/rfc/rfc768): a table of ports with
 * handlers, answers in place, checksums always.
 *
 * @module
 */

export * from "./endpoint.ts";
