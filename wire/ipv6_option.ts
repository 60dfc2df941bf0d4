/**
 * Options of IPv6 and the two headers that carry them, hop-by-hop and
 * destination options, [RFC 8200](https://www.rfc-editor.org/rfc/rfc8200)
 * sections 4.2, 4.3 and 4.6.
 *
 * ```ts
 * import { ip, ipv6Option } from "@ethox/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const header = new ipv6Option.Repr();
 * header.nextHeader = ip.Protocol.ICMPV6;
 * header.addRouterAlert(0);
 * const view = new DataView(new ArrayBuffer(header.bufferLength));
 * header.emit(view, 0);
 *
 * const there = new ipv6Option.View(view);
 * assertEquals(there.check(), undefined);
 * const options = new ipv6Option.Options().over(there);
 * const types = [];
 * while (options.next()) types.push(options.type);
 * assertEquals(types, [5, 1]);
 * ```
 *
 * @module
 */

import { readWords, writeWords } from "./_words.ts";
import type { Reason } from "./reason.ts";

const NEXT_HEADER = 0;
const LENGTH = 1;
const OPTIONS = 2;

/** Octets of the longest such header. */
export const MAX_HEADER_LENGTH = 2048;
/** Octets of options in the longest header. */
export const MAX_OPTIONS_LENGTH = 2046;

/** Assigned option types, with the action and the changing bit in them. */
export const OptionType = {
  /** One octet of padding. */
  PAD1: 0x00,
  /** Two octets of padding or more. */
  PADN: 0x01,
  /** Tunnel encapsulation limit (RFC 2473 section 4.1.1). */
  TUNNEL_LIMIT: 0x04,
  /** Router alert (RFC 2711). */
  ROUTER_ALERT: 0x05,
  /** Routing protocol for lossy networks (RFC 9008; once 0x63). */
  RPL: 0x23,
  /** Quick start (RFC 4782). */
  QUICK_START: 0x26,
  /** Minimum path MTU (RFC 9268). */
  MINIMUM_PATH_MTU: 0x30,
  /** Jumbo payload (RFC 2675). */
  JUMBO_PAYLOAD: 0xc2,
  /** Home address (RFC 6275 section 6.3). */
  HOME_ADDRESS: 0xc9,
} as const;

const NAMES: ReadonlyMap<number, string> = new Map([
  [OptionType.PAD1, "pad1"],
  [OptionType.PADN, "padn"],
  [OptionType.TUNNEL_LIMIT, "tunnel-limit"],
  [OptionType.ROUTER_ALERT, "rtalert"],
  [OptionType.RPL, "rpl"],
  [OptionType.QUICK_START, "quick-start"],
  [OptionType.MINIMUM_PATH_MTU, "path-mtu"],
  [OptionType.JUMBO_PAYLOAD, "jumbo"],
  [OptionType.HOME_ADDRESS, "homeaddr"],
]);

/** The short name of an option type, or `opt-N`. */
export function nameOfOption(type: number): string {
  return NAMES.get(type) ?? `opt-${type}`;
}

/** What to do about an option that is not known (RFC 8200 section 4.2). */
export const Action = {
  /** Go on to the next. */
  SKIP: 0,
  /** Drop the packet. */
  DISCARD: 1,
  /** Drop it and send Parameter Problem, code 2. */
  REPORT: 2,
  /** The same, but not to a group. */
  REPORT_UNICAST: 3,
} as const;

/** The {@linkcode Action} in an option type. */
export function actionOf(type: number): number {
  return type >>> 6;
}

/** Whether routers change the option's data on the way. */
export function mayChange(type: number): boolean {
  return (type & 0x20) !== 0;
}

const EMPTY: DataView = new DataView(new ArrayBuffer(0));

/**
 * Offset of the first option of a type in the header at `at`, or -1 if there is
 * none in front of an impossible length. Reads nothing from `end` on.
 */
export function find(
  view: DataView,
  at: number,
  end: number,
  type: number,
): number {
  if (end - at < 8) return -1;
  const last = Math.min(end, at + 8 * (1 + view.getUint8(at + LENGTH)));
  at += OPTIONS;
  while (at < last) {
    const here = view.getUint8(at);
    if (here === OptionType.PAD1) {
      at++;
      continue;
    }
    if (last - at < 2) return -1;
    const length = view.getUint8(at + 1);
    if (length > last - at - 2) return -1;
    if (here === type) return at;
    at += 2 + length;
  }
  return -1;
}

/**
 * The jumbo payload length in the hop-by-hop options at `at`, octets behind the
 * IPv6 header, or -1 if there is none (RFC 2675 section 2).
 */
export function jumboLength(view: DataView, at: number, end: number): number {
  const option = find(view, at, end, OptionType.JUMBO_PAYLOAD);
  return option >= 0 && view.getUint8(option + 1) === 4
    ? view.getUint32(option + 2)
    : -1;
}

/**
 * A header of options in place.
 *
 * Once {@linkcode View.check} finds nothing, `8 <= headerLength <= end - start`
 * holds and no accessor reads outside; writing `headerLength` can void that.
 */
export class View {
  /** The memory that is read and written. */
  view: DataView;
  /** Offset of the first octet of the header. */
  start: number;
  /** Offset behind the last octet that may belong to the header. */
  end: number;

  /** A cursor at `start`..`end` of `view`; by default at nothing. */
  constructor(
    view: DataView = EMPTY,
    start: number = 0,
    end: number = view.byteLength,
  ) {
    this.view = view;
    this.start = start;
    this.end = end;
  }

  /** Points the cursor elsewhere. */
  wrap(view: DataView, start: number, end: number): this {
    this.view = view;
    this.start = start;
    this.end = end;
    return this;
  }

  /** Judges lengths only: `"truncated"` or `"header"`, or nothing. */
  check(): Reason | undefined {
    if (this.end - this.start < 8) return "truncated";
    return this.headerLength > this.end - this.start ? "header" : undefined;
  }

  /** Protocol number of what follows. */
  get nextHeader(): number {
    return this.view.getUint8(this.start + NEXT_HEADER);
  }
  set nextHeader(protocol: number) {
    this.view.setUint8(this.start + NEXT_HEADER, protocol);
  }

  /** Octets of the header, a multiple of 8. */
  get headerLength(): number {
    return 8 + 8 * this.view.getUint8(this.start + LENGTH);
  }
  set headerLength(octets: number) {
    this.view.setUint8(this.start + LENGTH, (octets >>> 3) - 1);
  }

  /** Offset of the first octet of options. */
  get optionsStart(): number {
    return this.start + OPTIONS;
  }

  /** Offset behind the last octet of options. */
  get optionsEnd(): number {
    return this.start + this.headerLength;
  }

  /** Offset of the first octet behind the header. */
  get payloadStart(): number {
    return this.start + this.headerLength;
  }

  /** Offset behind the last octet that may belong to what follows. */
  get payloadEnd(): number {
    return this.end;
  }
}

/**
 * A walk over options, at most one step for each octet, without garbage.
 *
 * It also walks the type-length-values of a segment routing header (RFC 8754
 * section 2.1), whose types are others.
 */
export class Options {
  /** Type of the option that {@linkcode Options.next} found. */
  type = 0;
  /** Offset of its first octet. */
  start = 0;
  /** Offset behind its last octet. */
  end = 0;
  /** `"option"` once a length was beyond the header. */
  reason: Reason | undefined = undefined;
  #view: DataView = EMPTY;
  #last = 0;

  /** Begins a walk over the octets `start`..`end`. */
  wrap(view: DataView, start: number, end: number): this {
    this.#view = view;
    this.#last = end;
    this.start = start;
    this.end = start;
    this.type = 0;
    this.reason = undefined;
    return this;
  }

  /** Begins a walk over the options of a checked header. */
  over(header: View): this {
    return this.wrap(header.view, header.optionsStart, header.optionsEnd);
  }

  /** Goes to the next option, padding included; false behind the last. */
  next(): boolean {
    const at = this.end;
    if (at >= this.#last) return false;
    const type = this.#view.getUint8(at);
    let octets = 1;
    if (type !== OptionType.PAD1) {
      const room = this.#last - at - 2;
      const length = room < 0 ? 0 : this.#view.getUint8(at + 1);
      if (length > room) {
        this.reason = "option";
        this.end = this.#last;
        return false;
      }
      octets = 2 + length;
    }
    this.type = type;
    this.start = at;
    this.end = at + octets;
    return true;
  }

  /** Octets of data of this option. */
  get length(): number {
    return Math.max(0, this.end - this.start - 2);
  }

  /** Offset of its first octet of data. */
  get dataStart(): number {
    return Math.min(this.start + 2, this.end);
  }

  /** What to do about this option if its type is not known. */
  get action(): number {
    return actionOf(this.type);
  }

  /** Value of the router alert (RFC 2711), or -1 if this is none. */
  get routerAlert(): number {
    return this.#is(OptionType.ROUTER_ALERT, 2)
      ? this.#view.getUint16(this.start + 2)
      : -1;
  }

  /** The jumbo payload length, or -1 if this is none. */
  get jumboLength(): number {
    return this.#is(OptionType.JUMBO_PAYLOAD, 4)
      ? this.#view.getUint32(this.start + 2)
      : -1;
  }

  /** Encapsulations that are still allowed, or -1 if this is no such limit. */
  get tunnelLimit(): number {
    return this.#is(OptionType.TUNNEL_LIMIT, 1)
      ? this.#view.getUint8(this.start + 2)
      : -1;
  }

  /** Copies the home address to four words; false if this is none. */
  copyHomeAddress(into: Int32Array, at: number = 0): boolean {
    if (!this.#is(OptionType.HOME_ADDRESS, 16)) return false;
    readWords(this.#view, this.start + 2, into, at);
    return true;
  }

  #is(type: number, length: number): boolean {
    return this.type === type && this.end - this.start === 2 + length;
  }
}

/** What a header of options says. */
export class Repr {
  /** Protocol number of what follows. */
  nextHeader = 59;
  /** The options with their padding, as they stand in the header. */
  readonly options: Uint8Array = new Uint8Array(MAX_OPTIONS_LENGTH);
  /** How many octets of `options` count; emitted padded to a whole header. */
  optionsLength = 0;

  /** Takes over what a view says; its lengths are judged. */
  parse(from: View): Reason | undefined {
    const reason = from.check();
    if (reason !== undefined) return reason;
    this.nextHeader = from.nextHeader;
    const at = from.optionsStart;
    this.optionsLength = from.optionsEnd - at;
    for (let i = 0; i < this.optionsLength; i++) {
      this.options[i] = from.view.getUint8(at + i);
    }
    return undefined;
  }

  /** Forgets the options. */
  clear(): void {
    this.optionsLength = 0;
  }

  /**
   * Adds an option whose first octet shall stand at a multiple of `align` and
   * `offset` octets from the header's start; false, and nothing, without room.
   */
  add(
    type: number,
    data: Uint8Array,
    align: number = 1,
    offset: number = 0,
  ): boolean {
    const at = OPTIONS + this.optionsLength;
    const pad = ((offset - at) % align + align) % align;
    const octets = 2 + data.length;
    if (
      data.length > 255 || at + pad + octets > OPTIONS + MAX_OPTIONS_LENGTH
    ) return false;
    this.#pad(pad);
    this.options[this.optionsLength++] = type;
    this.options[this.optionsLength++] = data.length;
    this.options.set(data, this.optionsLength);
    this.optionsLength += data.length;
    return true;
  }

  /** Adds a router alert (RFC 2711). */
  addRouterAlert(value: number): boolean {
    const data = Uint8Array.of(value >>> 8, value);
    return this.add(OptionType.ROUTER_ALERT, data, 2);
  }

  /** Adds a jumbo payload length, octets behind the IPv6 header (RFC 2675). */
  addJumbo(octets: number): boolean {
    const data = Uint8Array.of(
      octets >>> 24,
      octets >>> 16,
      octets >>> 8,
      octets,
    );
    return this.add(OptionType.JUMBO_PAYLOAD, data, 4, 2);
  }

  /** Adds a tunnel encapsulation limit (RFC 2473). */
  addTunnelLimit(limit: number): boolean {
    return this.add(OptionType.TUNNEL_LIMIT, Uint8Array.of(limit));
  }

  /** Adds a home address of four words (RFC 6275). */
  addHomeAddress(words: Int32Array, at: number = 0): boolean {
    const data = new DataView(new ArrayBuffer(16));
    writeWords(data, 0, words, at);
    const octets = new Uint8Array(data.buffer);
    return this.add(OptionType.HOME_ADDRESS, octets, 8, 6);
  }

  #pad(octets: number): void {
    const at = this.optionsLength;
    this.options.fill(0, at, at + octets);
    if (octets > 1) {
      this.options[at] = OptionType.PADN;
      this.options[at + 1] = octets - 2;
    }
    this.optionsLength += octets;
  }

  /** Octets that {@linkcode Repr.emit} writes. */
  get bufferLength(): number {
    return OPTIONS + this.optionsLength + 7 & ~7;
  }

  /** Writes the header at `at`, padded to a multiple of 8. */
  emit(view: DataView, at: number): void {
    const octets = this.bufferLength;
    view.setUint8(at + NEXT_HEADER, this.nextHeader);
    view.setUint8(at + LENGTH, (octets >>> 3) - 1);
    at += OPTIONS;
    for (let i = 0; i < this.optionsLength; i++) {
      view.setUint8(at++, this.options[i]!);
    }
    const pad = octets - OPTIONS - this.optionsLength;
    for (let i = 0; i < pad; i++) view.setUint8(at + i, 0);
    if (pad < 2) return;
    view.setUint8(at, OptionType.PADN);
    view.setUint8(at + 1, pad - 2);
  }
}

/** A header together with what it says. */
export class Packet {
  /** The octets. */
  readonly view: View = new View();
  /** What the header said when it was parsed. */
  readonly repr: Repr = new Repr();

  /** Points at received octets; judges lengths. */
  parse(view: DataView, start: number, end: number): Reason | undefined {
    return this.repr.parse(this.view.wrap(view, start, end));
  }

  /** Offset of the first octet behind the header. */
  get payloadStart(): number {
    return this.view.payloadStart;
  }

  /** Offset behind the last octet. */
  get payloadEnd(): number {
    return this.view.payloadEnd;
  }
}
