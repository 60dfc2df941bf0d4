/**
 * Neighbor Discovery for IPv6,
 * [RFC 4861](https://www.rfc-editor.org/rfc/rfc4861): the five messages, which
 * are of ICMPv6, and their options.
 *
 * ```ts
 * import { ipv6, ndp } from "@ethox/wire";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const repr = new ndp.Repr();
 * repr.type = ndp.NEIGHBOR_SOLICITATION;
 * ipv6.Address.parse("fe80::1").copy(repr.target);
 * const option = new ndp.Option();
 * option.type = ndp.OptionType.SOURCE_LINK_LAYER_ADDRESS;
 * option.high = 0x0200;
 * option.low = 0x00000002;
 * repr.optionsLength = option.bufferLength;
 * const view = new DataView(new ArrayBuffer(repr.bufferLength));
 * repr.emit(view, 0);
 * option.emit(view, repr.bufferLength - option.bufferLength);
 *
 * const message = new ndp.View(view);
 * assertEquals(message.check(), undefined);
 * const options = new ndp.Options().over(message);
 * assert(options.next());
 * assertEquals([options.high, options.low], [0x0200, 2]);
 * assert(!options.next());
 * assertEquals(options.reason, undefined);
 * ```
 *
 * @module
 */

import { readWords, writeWords } from "./_words.ts";
import * as icmpv6 from "./icmpv6.ts";
import {
  NEIGHBOR_ADVERTISEMENT,
  NEIGHBOR_SOLICITATION,
  REDIRECT,
  ROUTER_ADVERTISEMENT,
  ROUTER_SOLICITATION,
} from "./icmpv6_type.ts";
import type { Reason } from "./reason.ts";

export {
  NEIGHBOR_ADVERTISEMENT,
  NEIGHBOR_SOLICITATION,
  REDIRECT,
  ROUTER_ADVERTISEMENT,
  ROUTER_SOLICITATION,
} from "./icmpv6_type.ts";
export * from "./ndp_option.ts";

const HOP_LIMIT = 4;
const FLAGS = 5;
const LIFETIME = 6;
const REACHABLE_TIME = 8;
const RETRANS_TIMER = 12;
const NEIGHBOR_FLAGS = 4;
const TARGET = 8;
const DESTINATION = 24;

const MANAGED = 0x80;
const OTHER = 0x40;
const HOME_AGENT = 0x20;
const PROXY = 0x04;
const ROUTER = 0x80;
const SOLICITED = 0x40;
const OVERRIDE = 0x20;

/** The hop limit that a message has if it comes from the link (RFC 4861 3.1). */
export const REQUIRED_HOP_LIMIT = 255;

/** Router preferences of RFC 4191 section 2.1, with their sign. */
export const Preference = {
  /** Rather not. */
  LOW: -1,
  /** Ordinary. */
  MEDIUM: 0,
  /** Rather. */
  HIGH: 1,
  /** Not to be sent; to be read as medium, and a route option ignored. */
  RESERVED: -2,
} as const;

/** Octets of a message of a type in front of its options; 0 for other types. */
export function fixedLength(type: number): number {
  switch (type) {
    case ROUTER_SOLICITATION:
      return 8;
    case ROUTER_ADVERTISEMENT:
      return 16;
    case NEIGHBOR_SOLICITATION:
    case NEIGHBOR_ADVERTISEMENT:
      return 24;
    case REDIRECT:
      return 40;
    default:
      return 0;
  }
}

/**
 * A message in place: what {@linkcode icmpv6.View} has, and the fields.
 *
 * Once {@linkcode View.check} finds nothing no accessor of the message's own
 * type reads outside; options are for the cursor `Options` to judge.
 */
export class View extends icmpv6.View {
  /** Judges type and length only: `"truncated"`, `"unsupported"`, or nothing. */
  override check(): Reason | undefined {
    const reason = super.check();
    if (reason !== undefined) return reason;
    const fixed = fixedLength(this.type);
    if (fixed === 0) return "unsupported";
    return this.end - this.start < fixed ? "truncated" : undefined;
  }

  /** Hop limit to use, 0 for any, of a router advertisement. */
  get hopLimit(): number {
    return this.view.getUint8(this.start + HOP_LIMIT);
  }
  set hopLimit(hops: number) {
    this.view.setUint8(this.start + HOP_LIMIT, hops);
  }

  /** Whether addresses are to be had by DHCPv6 (router advertisement). */
  get managed(): boolean {
    return this.#flag(FLAGS, MANAGED);
  }
  set managed(flag: boolean) {
    this.#setFlag(FLAGS, MANAGED, flag);
  }

  /** Whether all else is to be had by DHCPv6 (router advertisement). */
  get other(): boolean {
    return this.#flag(FLAGS, OTHER);
  }
  set other(flag: boolean) {
    this.#setFlag(FLAGS, OTHER, flag);
  }

  /** Whether the router is a home agent (RFC 6275 section 7.1). */
  get homeAgent(): boolean {
    return this.#flag(FLAGS, HOME_AGENT);
  }
  set homeAgent(flag: boolean) {
    this.#setFlag(FLAGS, HOME_AGENT, flag);
  }

  /** How much the router is preferred: one of {@linkcode Preference}. */
  get preference(): number {
    return this.view.getUint8(this.start + FLAGS) << 27 >> 30;
  }
  set preference(preference: number) {
    const at = this.start + FLAGS;
    const others = this.view.getUint8(at) & ~0x18;
    this.view.setUint8(at, others | (preference & 3) << 3);
  }

  /** Whether the advertisement is passed on by a proxy (RFC 4389). */
  get proxy(): boolean {
    return this.#flag(FLAGS, PROXY);
  }
  set proxy(flag: boolean) {
    this.#setFlag(FLAGS, PROXY, flag);
  }

  /** Seconds for which the router is a default router; 0 if it is none. */
  get lifetime(): number {
    return this.view.getUint16(this.start + LIFETIME);
  }
  set lifetime(seconds: number) {
    this.view.setUint16(this.start + LIFETIME, seconds);
  }

  /** How long a neighbor is reachable, ms, 0 for unsaid. */
  get reachableTime(): number {
    return this.view.getUint32(this.start + REACHABLE_TIME);
  }
  set reachableTime(time: number) {
    this.view.setUint32(this.start + REACHABLE_TIME, time);
  }

  /** How long to wait between solicitations, ms, 0 for unsaid. */
  get retransTimer(): number {
    return this.view.getUint32(this.start + RETRANS_TIMER);
  }
  set retransTimer(time: number) {
    this.view.setUint32(this.start + RETRANS_TIMER, time);
  }

  /** Whether the sender is a router (neighbor advertisement). */
  get router(): boolean {
    return this.#flag(NEIGHBOR_FLAGS, ROUTER);
  }
  set router(flag: boolean) {
    this.#setFlag(NEIGHBOR_FLAGS, ROUTER, flag);
  }

  /** Whether this answers a solicitation (neighbor advertisement). */
  get solicited(): boolean {
    return this.#flag(NEIGHBOR_FLAGS, SOLICITED);
  }
  set solicited(flag: boolean) {
    this.#setFlag(NEIGHBOR_FLAGS, SOLICITED, flag);
  }

  /** Whether this replaces what is known (neighbor advertisement). */
  get override(): boolean {
    return this.#flag(NEIGHBOR_FLAGS, OVERRIDE);
  }
  set override(flag: boolean) {
    this.#setFlag(NEIGHBOR_FLAGS, OVERRIDE, flag);
  }

  /**
   * Offset of the target, 16 octets: the address solicited or advertised, or the
   * better first hop of a redirect.
   */
  get targetStart(): number {
    return this.start + TARGET;
  }

  /** Copies the target to four words of an array. */
  copyTarget(into: Int32Array, at: number = 0): void {
    readWords(this.view, this.start + TARGET, into, at);
  }

  /** Offset of the destination of a redirect, 16 octets. */
  get destinationStart(): number {
    return this.start + DESTINATION;
  }

  /** Copies the destination that is redirected to four words of an array. */
  copyDestination(into: Int32Array, at: number = 0): void {
    readWords(this.view, this.start + DESTINATION, into, at);
  }

  /** Offset of the first option. */
  get optionsStart(): number {
    return this.start + fixedLength(this.type);
  }

  /** Offset of the first option. */
  override get payloadStart(): number {
    return this.optionsStart;
  }

  /** Offset behind the last option. */
  get optionsEnd(): number {
    return this.end;
  }

  #flag(offset: number, mask: number): boolean {
    return (this.view.getUint8(this.start + offset) & mask) !== 0;
  }

  #setFlag(offset: number, mask: number, flag: boolean): void {
    const at = this.start + offset;
    const others = this.view.getUint8(at) & ~mask;
    this.view.setUint8(at, flag ? others | mask : others);
  }
}

/**
 * What a message says, apart from checksum and options. Fields that the type
 * does not have are 0 or false after {@linkcode Repr.parse}.
 */
export class Repr {
  /** Type. */
  type: number = ROUTER_SOLICITATION;
  /** Code, 0. */
  code = 0;
  /** Hop limit to use, 0 for any. */
  hopLimit = 0;
  /** Whether addresses are to be had by DHCPv6. */
  managed = false;
  /** Whether all else is to be had by DHCPv6. */
  other = false;
  /** Whether the router is a home agent. */
  homeAgent = false;
  /** One of {@linkcode Preference}. */
  preference: number = Preference.MEDIUM;
  /** Whether the advertisement is passed on by a proxy. */
  proxy = false;
  /** Seconds for which the router is a default router. */
  lifetime = 0;
  /** How long a neighbor is reachable, ms. */
  reachableTime = 0;
  /** How long to wait between solicitations, ms. */
  retransTimer = 0;
  /** Whether the sender is a router. */
  router = false;
  /** Whether this answers a solicitation. */
  solicited = false;
  /** Whether this replaces what is known. */
  override = false;
  /** The target, four words. */
  readonly target: Int32Array = new Int32Array(4);
  /** The destination that is redirected, four words. */
  readonly destination: Int32Array = new Int32Array(4);
  /** Octets of options. */
  optionsLength = 0;

  /** Takes over what a view says; its lengths are judged. */
  parse(from: View): Reason | undefined {
    const reason = from.check();
    if (reason !== undefined) return reason;
    const { type } = from;
    this.type = type;
    this.code = from.code;
    const router = type === ROUTER_ADVERTISEMENT;
    this.hopLimit = router ? from.hopLimit : 0;
    this.managed = router && from.managed;
    this.other = router && from.other;
    this.homeAgent = router && from.homeAgent;
    this.preference = router ? from.preference : 0;
    this.proxy = router && from.proxy;
    this.lifetime = router ? from.lifetime : 0;
    this.reachableTime = router ? from.reachableTime : 0;
    this.retransTimer = router ? from.retransTimer : 0;
    const neighbor = type === NEIGHBOR_ADVERTISEMENT;
    this.router = neighbor && from.router;
    this.solicited = neighbor && from.solicited;
    this.override = neighbor && from.override;
    if (fixedLength(type) >= DESTINATION) from.copyTarget(this.target);
    else this.target.fill(0);
    if (type === REDIRECT) from.copyDestination(this.destination);
    else this.destination.fill(0);
    this.optionsLength = from.end - from.optionsStart;
    return undefined;
  }

  /** Octets that {@linkcode Repr.emit} writes and the options take. */
  get bufferLength(): number {
    return fixedLength(this.type) + this.optionsLength;
  }

  /** Writes all fields at `at`, with the checksum left 0. */
  emit(view: DataView, at: number): void {
    const { type } = this;
    view.setInt32(at, type << 24 | (this.code & 0xff) << 16);
    view.setInt32(at + 4, 0);
    if (type === ROUTER_ADVERTISEMENT) {
      view.setUint8(at + HOP_LIMIT, this.hopLimit);
      view.setUint8(
        at + FLAGS,
        (this.managed ? MANAGED : 0) | (this.other ? OTHER : 0) |
          (this.homeAgent ? HOME_AGENT : 0) | (this.preference & 3) << 3 |
          (this.proxy ? PROXY : 0),
      );
      view.setUint16(at + LIFETIME, this.lifetime);
      view.setUint32(at + REACHABLE_TIME, this.reachableTime);
      view.setUint32(at + RETRANS_TIMER, this.retransTimer);
    } else if (type === NEIGHBOR_ADVERTISEMENT) {
      view.setUint8(
        at + NEIGHBOR_FLAGS,
        (this.router ? ROUTER : 0) | (this.solicited ? SOLICITED : 0) |
          (this.override ? OVERRIDE : 0),
      );
    }
    if (fixedLength(type) < DESTINATION) return;
    writeWords(view, at + TARGET, this.target, 0);
    if (type !== REDIRECT) return;
    writeWords(view, at + DESTINATION, this.destination, 0);
  }
}

/** A message together with what it says. */
export class Packet {
  /** The octets. */
  readonly view: View = new View();
  /** What the message said when it was parsed. */
  readonly repr: Repr = new Repr();

  /** Points at received octets; judges lengths, not the checksum. */
  parse(view: DataView, start: number, end: number): Reason | undefined {
    return this.repr.parse(this.view.wrap(view, start, end));
  }

  /** Offset of the first option. */
  get payloadStart(): number {
    return this.view.end - this.repr.optionsLength;
  }

  /** Offset behind the last option. */
  get payloadEnd(): number {
    return this.view.end;
  }

  /** Writes the checksum; `addresses` as for `icmpv6.View.verify`. */
  fillChecksum(addresses: number): void {
    this.view.fillChecksum(addresses);
  }
}
