/**
 * The Dynamic Host Configuration Protocol for IPv4,
 * [RFC 2131](https://www.rfc-editor.org/rfc/rfc2131), with the options of
 * [RFC 2132](https://www.rfc-editor.org/rfc/rfc2132) and later standards, and
 * the BOOTP of [RFC 951](https://www.rfc-editor.org/rfc/rfc951) below it.
 *
 * Times are in seconds, addresses int32 in host order, 0 where none is given.
 *
 * ```ts
 * import * as dhcpv4 from "@ethox/wire/dhcpv4";
 * import { assertEquals } from "@std/assert";
 *
 * const discover = new dhcpv4.Repr();
 * discover.operation = dhcpv4.Operation.REQUEST;
 * discover.messageType = dhcpv4.MessageType.DISCOVER;
 * discover.transactionId = 0x12345678;
 * discover.setEthernet(0x0200, 0x00000002);
 * discover.hostName.text = "ethox";
 * discover.parameterRequestList.set([1, 3, 6]);
 * const view = new DataView(new ArrayBuffer(discover.bufferLength));
 * discover.emit(view, 0);
 *
 * // In place, without a copy:
 * const message = new dhcpv4.View(view);
 * assertEquals(message.check(), undefined);
 * const options = new dhcpv4.Options().over(message);
 * const codes: number[] = [];
 * while (options.next()) codes.push(options.code);
 * assertEquals(codes, [53, 12, 55]);
 *
 * // Or all at once, into a record that is used again.
 * const offer = new dhcpv4.Repr();
 * assertEquals(offer.parse(message), undefined);
 * assertEquals(offer.hostName.text, "ethox");
 * ```
 *
 * @module
 */

import { type Limits, Repr } from "./dhcpv4_repr.ts";
import { View } from "./dhcpv4_view.ts";
import type { Reason } from "./reason.ts";

export { Addresses, Names, Octets } from "./_dhcp.ts";
export {
  Aggregate,
  Area,
  HEADER_LENGTH,
  type Message,
  OptionCode,
  Options,
  Routes,
  SearchList,
  Suboptions,
} from "./dhcpv4_options.ts";
export { type Limits, Repr } from "./dhcpv4_repr.ts";
export {
  INFINITY,
  MAGIC_COOKIE,
  MAX_HARDWARE_LENGTH,
  MIN_LENGTH,
  VENDOR_AREA_LENGTH,
  View,
} from "./dhcpv4_view.ts";

/** Port of servers and relay agents. */
export const SERVER_PORT = 67;
/** Port of clients. */
export const CLIENT_PORT = 68;
/** Octets of a message that every client takes (RFC 2131 section 2). */
export const MIN_MAXIMUM_SIZE = 576;

/** Operations, in the first octet. */
export const Operation = {
  /** From a client. */
  REQUEST: 1,
  /** From a server. */
  REPLY: 2,
} as const;

/** Types of messages, in option 53. */
export const MessageType = {
  /** A client looks for servers. */
  DISCOVER: 1,
  /** A server offers an address. */
  OFFER: 2,
  /** A client asks for what was offered, or to keep it. */
  REQUEST: 3,
  /** A client says that the address is in use. */
  DECLINE: 4,
  /** A server agrees. */
  ACK: 5,
  /** A server refuses. */
  NAK: 6,
  /** A client gives its address back. */
  RELEASE: 7,
  /** A client asks for parameters alone. */
  INFORM: 8,
  /** A server asks a client to renew (RFC 3203). */
  FORCERENEW: 9,
  /** A relay asks about a lease (RFC 4388). */
  LEASEQUERY: 10,
  /** The address is not leased (RFC 4388). */
  LEASEUNASSIGNED: 11,
  /** The server does not know (RFC 4388). */
  LEASEUNKNOWN: 12,
  /** The address is leased (RFC 4388). */
  LEASEACTIVE: 13,
} as const;

const NAMES: readonly string[] = [
  "BOOTP",
  "DISCOVER",
  "OFFER",
  "REQUEST",
  "DECLINE",
  "ACK",
  "NAK",
  "RELEASE",
  "INFORM",
  "FORCERENEW",
  "LEASEQUERY",
  "LEASEUNASSIGNED",
  "LEASEUNKNOWN",
  "LEASEACTIVE",
];

/** The name of a message type, or `"type 25"`; that of 0 is `"BOOTP"`. */
export function nameOfMessage(type: number): string {
  return NAMES[type] ?? `type ${type}`;
}

/** A message together with what it says. */
export class Packet {
  /** The octets. */
  readonly view: View = new View();
  /** What the message said when it was parsed. */
  readonly repr: Repr;

  /** Makes all memory. */
  constructor(limits: Limits = {}) {
    this.repr = new Repr(limits);
  }

  /** Points at received octets and reads them. */
  parse(view: DataView, start: number, end: number): Reason | undefined {
    return this.repr.parse(this.view.wrap(view, start, end));
  }
}
