/**
 * The chain of extension headers behind an IPv6 header,
 * [RFC 8200](https://www.rfc-editor.org/rfc/rfc8200) section 4, to the upper
 * layer.
 *
 * Each header has a view of its own: `ipv6-option` (which also fits mobility,
 * host identity and shim6 headers, whose lengths count alike), `ipv6-routing`,
 * `ipv6-fragment` and `ah`.
 *
 * ```ts
 * import { ip, ipv6, ipv6Extension, ipv6Option } from "@ethox/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const view = new DataView(new ArrayBuffer(56));
 * const header = new ipv6.Repr();
 * header.nextHeader = ip.Protocol.HOP_BY_HOP;
 * header.payloadLength = 16;
 * header.emit(view, 0);
 * const options = new ipv6Option.Repr();
 * options.nextHeader = ip.Protocol.UDP;
 * options.addRouterAlert(0);
 * options.emit(view, 40);
 *
 * const chain = new ipv6Extension.Chain();
 * assertEquals(chain.walk(new ipv6.View(view)), undefined);
 * assertEquals(chain.protocol, ip.Protocol.UDP);
 * assertEquals([chain.payloadStart, chain.payloadEnd], [48, 56]);
 * ```
 *
 * @module
 */

import { readWords } from "./_words.ts";
import { combine, sum } from "./checksum.ts";
import { DESTINATION_OFFSET, SOURCE_OFFSET, type View } from "./ipv6.ts";
import { find, jumboLength, OptionType } from "./ipv6_option.ts";
import { Type, View as Routing } from "./ipv6_routing.ts";
import type { Reason } from "./reason.ts";

const HOP_BY_HOP = 0;
const ROUTING = 43;
const FRAGMENT = 44;
const AUTHENTICATION = 51;
const DESTINATION_OPTIONS = 60;
const MOBILITY = 135;
const HOST_IDENTITY = 139;
const SHIM6 = 140;

/** Headers that a chain may have by default. */
export const MOST_HEADERS = 16;
/** Octets that a chain may have by default. */
export const MOST_OCTETS = 4096;

const EMPTY: DataView = new DataView(new ArrayBuffer(0));

/**
 * Whether a protocol number is that of an extension header with a length and a
 * next header, so that a walk can go on behind it. ESP hides both.
 */
export function isExtension(protocol: number): boolean {
  switch (protocol) {
    case HOP_BY_HOP:
    case ROUTING:
    case FRAGMENT:
    case AUTHENTICATION:
    case DESTINATION_OPTIONS:
    case MOBILITY:
    case HOST_IDENTITY:
    case SHIM6:
      return true;
    default:
      return false;
  }
}

/** Octets of the extension header at `at`, by its first two octets. */
export function lengthOf(protocol: number, view: DataView, at: number): number {
  if (protocol === FRAGMENT) return 8;
  const length = view.getUint8(at + 1);
  return protocol === AUTHENTICATION ? 8 + 4 * length : 8 + 8 * length;
}

/**
 * A walk over the extension headers of one packet, without garbage; reused for
 * the next.
 *
 * It ends in front of the upper layer, of ESP, of nothing (next header 59), and
 * behind the fragment header of a piece that is not the first, where what
 * follows are not headers. In a first piece it must reach the upper layer (RFC
 * 7112); otherwise the chain is `"truncated"`.
 */
export class Chain {
  /** Protocol number of the header that {@linkcode Chain.next} found. */
  type: number = -1;
  /** Offset of its first octet. */
  start = 0;
  /** Offset behind its last octet. */
  end = 0;
  /** Protocol number of what stands there; of the upper layer at the end. */
  protocol = 0;
  /**
   * Why the walk ended early: `"truncated"` if a header begins but does not end
   * in the packet, or none begins where one must; `"header"` if its length says
   * too much or too little; `"malformed"` for hop-by-hop options that are not
   * first, a second fragment header, a jumbo payload beside a payload length or
   * a fragment header (RFC 2675 section 3); `"unsupported"` beyond the limits.
   */
  reason: Reason | undefined = undefined;
  /**
   * Offset of the octet that the reason is about, as Parameter Problem wants it;
   * meaningless without one.
   */
  pointer = 0;
  /** Number of headers that were found. */
  count = 0;
  /** Offset of the fragment header, or -1. */
  fragment: number = -1;
  /** Octets in front of this piece, a multiple of 8; 0 in a whole packet. */
  fragmentOffset = 0;
  /** Whether this is a piece and not the last. */
  moreFragments = false;
  /** What the pieces of one packet have in common, int32. */
  identification = 0;
  /** Offset of the hop-by-hop options, or -1. */
  hopByHop: number = -1;
  /** Offset of the last routing header, or -1. */
  routing: number = -1;
  /** Offset of the last header of destination options, or -1. */
  destinationOptions: number = -1;
  /** Offset of the home address option's address (RFC 6275), or -1. */
  homeAddress: number = -1;
  /** The jumbo payload length, or -1. */
  jumbo: number = -1;

  readonly #mostHeaders: number;
  readonly #mostOctets: number;
  readonly #route: Routing = new Routing();
  readonly #final: Int32Array = new Int32Array(4);
  #view: DataView = EMPTY;
  #packet = 0;
  #first = 0;
  #last = 0;
  #length = 0;
  #done = true;

  /** Limits the headers and octets of a chain. */
  constructor(
    mostHeaders: number = MOST_HEADERS,
    mostOctets: number = MOST_OCTETS,
  ) {
    this.#mostHeaders = mostHeaders;
    this.#mostOctets = mostOctets;
  }

  /** Begins a walk behind the header of a checked, or quoted, packet. */
  over(packet: View): this {
    this.#view = packet.view;
    this.#packet = packet.start;
    this.#length = packet.payloadLength;
    this.#first = packet.payloadStart;
    this.#last = packet.payloadEnd;
    this.#done = false;
    this.type = -1;
    this.start = this.#first;
    this.end = this.#first;
    this.protocol = packet.nextHeader;
    this.reason = undefined;
    this.pointer = 0;
    this.count = 0;
    this.fragment = -1;
    this.fragmentOffset = 0;
    this.moreFragments = false;
    this.identification = 0;
    this.hopByHop = -1;
    this.routing = -1;
    this.destinationOptions = -1;
    this.homeAddress = -1;
    this.jumbo = -1;
    return this;
  }

  /** Walks to the upper layer; the reason if it is not reached. */
  walk(packet: View): Reason | undefined {
    this.over(packet);
    while (this.next());
    return this.reason;
  }

  /** Goes to the next extension header; false at the end. */
  next(): boolean {
    if (this.#done) return false;
    const type = this.protocol;
    if (!isExtension(type)) {
      this.#done = true;
      return false;
    }
    const at = this.end;
    const room = this.#last - at;
    if (this.count === this.#mostHeaders) return this.#fail("unsupported", at);
    if (room < 8) return this.#fail("truncated", at);
    const octets = lengthOf(type, this.#view, at);
    if (octets > room || octets < (type === AUTHENTICATION ? 12 : 8)) {
      return this.#fail("header", at + 1);
    }
    if (at - this.#first + octets > this.#mostOctets) {
      return this.#fail("unsupported", at);
    }
    if (type === HOP_BY_HOP) {
      if (this.count > 0) return this.#fail("malformed", this.start);
      this.hopByHop = at;
      this.jumbo = jumboLength(this.#view, at, at + octets);
      if (this.jumbo >= 0 && this.#length > 0) {
        const options = find(
          this.#view,
          at,
          at + octets,
          OptionType.JUMBO_PAYLOAD,
        );
        return this.#fail("malformed", options);
      }
    } else if (type === ROUTING) {
      this.routing = at;
    } else if (type === DESTINATION_OPTIONS) {
      this.destinationOptions = at;
      this.#findHome(at, at + octets);
    } else if (type === FRAGMENT) {
      if (this.fragment >= 0) return this.#fail("malformed", this.start);
      if (this.jumbo >= 0) return this.#fail("malformed", at);
      const bits = this.#view.getUint16(at + 2);
      this.fragment = at;
      this.fragmentOffset = bits & 0xfff8;
      this.moreFragments = (bits & 1) !== 0;
      this.identification = this.#view.getInt32(at + 4);
      if (this.fragmentOffset > 0) this.#done = true;
    }
    this.type = type;
    this.start = at;
    this.end = at + octets;
    this.protocol = this.#view.getUint8(at);
    this.count++;
    return true;
  }

  #fail(reason: Reason, pointer: number): false {
    this.reason = reason;
    this.pointer = pointer;
    this.#done = true;
    return false;
  }

  #findHome(at: number, end: number): void {
    const option = find(this.#view, at, end, OptionType.HOME_ADDRESS);
    if (option >= 0 && this.#view.getUint8(option + 1) === 16) {
      this.homeAddress = option + 2;
    }
  }

  /** Offset of the upper layer, once the walk is done. */
  get payloadStart(): number {
    return this.end;
  }

  /** Offset behind the packet. */
  get payloadEnd(): number {
    return this.#last;
  }

  /** Whether this is a piece of a packet and not a whole one. */
  get isFragment(): boolean {
    return this.moreFragments || this.fragmentOffset > 0;
  }

  /** Whether there is a fragment header around a whole packet (RFC 6946). */
  get isAtomic(): boolean {
    return this.fragment >= 0 && !this.isFragment;
  }

  /**
   * Octets of the packet in front of the fragment header, its Per-Fragment
   * headers (RFC 8200 section 4.5); with {@linkcode Chain.fragmentStart} what a
   * reassembly needs. The whole chain where there is no fragment header.
   */
  get unfragmentedEnd(): number {
    return this.fragment < 0 ? this.end : this.fragment;
  }

  /** Offset of the first octet of the piece; -1 without a fragment header. */
  get fragmentStart(): number {
    return this.fragment < 0 ? -1 : this.fragment + 8;
  }

  /**
   * Copies what pieces of one packet have in common to nine words: source,
   * destination, identification (RFC 8200 section 4.5).
   */
  copyIdentity(into: Int32Array, at: number = 0): void {
    const addresses = this.#packet + SOURCE_OFFSET;
    readWords(this.#view, addresses, into, at);
    readWords(this.#view, addresses + 16, into, at + 4);
    into[at + 8] = this.identification;
  }

  /** Copies where the packet ends: a route's last address, or its destination. */
  copyFinalDestination(into: Int32Array, at: number = 0): void {
    readWords(this.#view, this.#packet + DESTINATION_OFFSET, into, at);
    if (this.#hasRoute()) {
      this.#route.copyAddress(this.#route.finalIndex, into, at);
    }
  }

  /**
   * The partial sum of the addresses that checksums of the upper layer cover:
   * the home address instead of the source (RFC 6275 section 11.3.1), the last
   * address of a route instead of the destination (RFC 8200 section 8.1).
   */
  get addressSum(): number {
    const source = this.homeAddress < 0
      ? this.#packet + SOURCE_OFFSET
      : this.homeAddress;
    const partial = sum(this.#view, source, 16);
    let destination = this.#packet + DESTINATION_OFFSET;
    if (this.#hasRoute()) {
      const route = this.#route;
      if (route.type === Type.RPL) {
        this.copyFinalDestination(this.#final);
        let total = partial;
        for (let i = 0; i < 4; i++) {
          const word = this.#final[i]!;
          total = combine(total, (word >>> 16) + (word & 0xffff));
        }
        return total;
      }
      destination = route.addressStart(route.finalIndex);
    }
    return sum(this.#view, destination, 16, partial);
  }

  #hasRoute(): boolean {
    if (this.routing < 0) return false;
    const route = this.#route.wrap(this.#view, this.routing, this.#last);
    return route.check() === undefined && route.segmentsLeft > 0 &&
      route.isKnown;
  }
}
