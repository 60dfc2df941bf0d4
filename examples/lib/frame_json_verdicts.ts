/**
 * Verdicts on checksums: 1 for good, 0 for bad, -1 where that cannot be said.
 *
 * @module
 */

import { pseudo4, sum } from "@ethox/wire/checksum";
import { type Dissector, Kind } from "@ethox/wire/dissector";
import type { Fields } from "./frame_json_fields.ts";
import { finalAddress } from "./frame_json_options.ts";

const PROTOCOL_ICMPV6 = 58;
/** The option with the home address of a mobile node (RFC 6275). */
const HOME_ADDRESS = 0xc9;

/** Judges the checksums of what a walk found. */
export class Verdicts {
  readonly #found: Dissector;
  readonly #fields: Fields;

  /** Judges what `found` has of the frame that `fields` reads. */
  constructor(found: Dissector, fields: Fields) {
    this.#found = found;
    this.#fields = fields;
  }

  /** Whether a layer is there from its first octet to its last. */
  #whole(i: number, end: number): boolean {
    return this.#found.fragment[i] === 0 && end <= this.#fields.captured;
  }

  /** The verdict on a checksum without a pseudo-header. */
  icmpv4(i: number, at: number): number {
    const end = this.#found.claimed[i]!;
    if (!this.#whole(i, end) || this.#found.quoted[i]! > 0) return -1;
    return sum(this.#fields.view, at, end - at) === 0xffff ? 1 : 0;
  }

  /** The verdict on IGMP: of 8 octets before version 3, whatever follows. */
  igmp(i: number, at: number): number {
    const { captured } = this.#fields;
    const version3 = at < captured && this.#fields.view.getUint8(at) === 0x22;
    const claimed = this.#found.claimed[i]!;
    if (version3 || claimed - at >= 12) return this.icmpv4(i, at);
    if (this.#found.fragment[i] !== 0 || at + 8 > captured) return -1;
    return sum(this.#fields.view, at, 8) === 0xffff ? 1 : 0;
  }

  /** The verdict on the checksum of ICMPv6. */
  icmpv6(i: number, at: number): number {
    if (this.#found.quoted[i]! > 0) return -1;
    return this.transport(i, at, this.#found.claimed[i]!, PROTOCOL_ICMPV6);
  }

  /** The verdict on a checksum over `at`..`end` and a pseudo-header. */
  transport(i: number, at: number, end: number, protocol: number): number {
    if (!this.#whole(i, end) || end < at) return -1;
    const seed = this.#pseudo(i, end - at, protocol);
    return seed >= 0 && sum(this.#fields.view, at, end - at, seed) === 0xffff
      ? 1
      : 0;
  }

  /** The sum of the pseudo-header that a layer has; -1 without a network. */
  #pseudo(i: number, length: number, protocol: number): number {
    const found = this.#found;
    const view = this.#fields.view;
    const network = found.network[i]!;
    if (network < 0) return -1;
    const at = found.at[network]!;
    if (found.kind[network] === Kind.IPV4) {
      const source = view.getInt32(at + 12);
      const destination = view.getInt32(at + 16);
      // Routers on a source route see another destination than the last.
      return pseudo4(source, destination, protocol, 0) +
        (length & 0xffff) + (length >>> 16);
    }
    let source = at + 8;
    let destination = at + 24;
    for (let k = network + 1; k < i; k++) {
      const header = found.at[k]!;
      const kind = found.kind[k]!;
      if (kind === Kind.ROUTING) {
        // RFC 8200 section 8.1: the address of the final destination.
        const last = finalAddress(
          view,
          header,
          found.payload[k]!,
        );
        if (last >= 0) destination = last;
      } else if (kind === Kind.DESTINATION_OPTIONS) {
        const home = optionAt(view, header, found.payload[k]!, HOME_ADDRESS);
        if (home >= 0) source = home;
      }
    }
    const addresses = sum(view, destination, 16, sum(view, source, 16));
    return addresses + (length >>> 16) + (length & 0xffff) + protocol;
  }
}

/** Offset of the data of an IPv6 option of a type, -1 without. */
function optionAt(
  view: DataView,
  header: number,
  end: number,
  type: number,
): number {
  for (let at = header + 2; at + 2 <= end;) {
    const found = view.getUint8(at);
    if (found === 0) {
      at++;
      continue;
    }
    const length = view.getUint8(at + 1);
    if (found === type && length === 16 && at + 18 <= end) return at + 2;
    at += 2 + length;
  }
  return -1;
}
