/**
 * The Dynamic Host Configuration Protocol for IPv6,
 * [RFC 8415](https://www.rfc-editor.org/rfc/rfc8415): messages of clients,
 * servers and relay agents, and the options that a host needs with or without
 * addresses from a server.
 *
 * Times are in seconds where nothing else is said; an IPv6 address is four int32
 * words in host order in an `Int32Array`, or 16 octets in place.
 *
 * ```ts
 * import * as dhcpv6 from "@ethox/wire/dhcpv6";
 * import { assertEquals } from "@std/assert";
 *
 * const solicit = new dhcpv6.Repr();
 * solicit.type = dhcpv6.MessageType.SOLICIT;
 * solicit.transactionId = 0x123456;
 * solicit.clientId.set([0, 3, 0, 1, 2, 0, 0, 0, 0, 1]);
 * solicit.elapsedTime = 0;
 * solicit.rapidCommit = true;
 * const association = solicit.addAssociation()!;
 * association.kind = dhcpv6.OptionCode.IA_NA;
 * association.identifier = 1;
 * const view = new DataView(new ArrayBuffer(solicit.bufferLength));
 * solicit.emit(view, 0);
 *
 * // In place, without a copy:
 * const message = new dhcpv6.View(view);
 * assertEquals(message.check(), undefined);
 * const options = new dhcpv6.Options().over(message);
 * const codes: number[] = [];
 * while (options.next()) codes.push(options.code);
 * assertEquals(codes, [1, 3, 8, 14]);
 *
 * // Or all at once, into a record that is used again.
 * const again = new dhcpv6.Repr();
 * assertEquals(again.parse(message), undefined);
 * assertEquals(again.associations[0]!.identifier, 1);
 * ```
 *
 * @module
 */

import { type Limits, Repr } from "./dhcpv6_repr.ts";
import { View } from "./dhcpv6_view.ts";
import type { Reason } from "./reason.ts";

export { Names, Octets } from "./_dhcp.ts";
export { Association, StatusRepr } from "./dhcpv6_association.ts";
export {
  Duid,
  DuidType,
  type Holder,
  MAX_DUID_LENGTH,
  NtpCode,
  OPTION_HEADER_LENGTH,
  OptionCode,
  Options,
  Status,
} from "./dhcpv6_options.ts";
export { type Limits, Repr } from "./dhcpv6_repr.ts";
export {
  HEADER_LENGTH,
  HOP_COUNT_LIMIT,
  INFINITY,
  isRelayType,
  MessageType,
  nameOfMessage,
  RELAY_HEADER_LENGTH,
  Relayed,
  View,
} from "./dhcpv6_view.ts";

/** Port of clients. */
export const CLIENT_PORT = 546;
/** Port of servers and relay agents. */
export const SERVER_PORT = 547;

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
