/**
 * Tags of virtual networks, IEEE 802.1Q: the four octets behind an EtherType
 * that says so. The customer's and, since 802.1ad, the provider's nest.
 *
 * ```ts
 * import { ethernet, vlan } from "@ethox/wire";
 * import { assert, assertEquals } from "@std/assert";
 *
 * // Provider's tag 200, customer's tag 2001, and ARP behind them.
 * const view = new DataView(new ArrayBuffer(22));
 * const outer = new vlan.Repr();
 * outer.identifier = 200;
 * outer.etherType = ethernet.EtherType.VLAN;
 * outer.emit(view, 14);
 * const inner = new vlan.Repr();
 * inner.identifier = 2001;
 * inner.etherType = ethernet.EtherType.ARP;
 * inner.emit(view, 18);
 *
 * const tags = new vlan.Stack();
 * tags.wrap(view, 14, 22, ethernet.EtherType.QINQ);
 * const found: number[] = [];
 * while (tags.next()) found.push(tags.tag.identifier);
 * assertEquals(found, [200, 2001]);
 * assert(tags.reason === undefined);
 * assertEquals([tags.etherType, tags.payloadStart], [0x0806, 22]);
 * ```
 *
 * @module
 */

import type { Reason } from "./reason.ts";

/** Octets of a tag with the type that follows it. */
export const TAG_LENGTH = 4;
/** EtherType of a customer's tag (IEEE 802.1Q). */
export const CUSTOMER = 0x8100;
/** EtherType of a provider's tag (IEEE 802.1ad). */
export const PROVIDER = 0x88a8;
/** EtherType of a provider's tag before 802.1ad. */
export const PROVIDER_OLD = 0x9100;
/** The identifier of a tag that gives a priority only. */
export const PRIORITY_ONLY = 0;
/** The identifier that no network has; no frame may be sent with it. */
export const RESERVED = 0xfff;

/** The largest value of the type field that is a length (IEEE 802.3). */
const MAX_LENGTH_FIELD = 1500;

/** Whether an EtherType says that a tag follows. */
export function isTag(etherType: number): boolean {
  return etherType === CUSTOMER || etherType === PROVIDER ||
    etherType === PROVIDER_OLD;
}

const EMPTY: DataView = new DataView(new ArrayBuffer(0));

/**
 * A tag in place, with the type of what follows it.
 *
 * Once {@linkcode View.check} finds nothing, four octets and a payload of
 * {@linkcode View.payloadStart}..{@linkcode View.payloadEnd} lie inside. Tags
 * nest; each is `"truncated"` on its own where the frame ends in it.
 */
export class View {
  /** The memory that is read and written. */
  view: DataView;
  /** Offset of the first octet behind the EtherType of the tag. */
  start: number;
  /** Offset behind the last octet that may belong to the frame. */
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

  /** Judges lengths only: `"truncated"`, or nothing. */
  check(): Reason | undefined {
    return this.end - this.start < TAG_LENGTH ? "truncated" : undefined;
  }

  /** Priority code point, 0..7. */
  get priority(): number {
    return this.view.getUint8(this.start) >>> 5;
  }
  set priority(priority: number) {
    const rest = this.view.getUint8(this.start) & 0x1f;
    this.view.setUint8(this.start, (priority & 7) << 5 | rest);
  }

  /** Whether the frame may be dropped first. */
  get dropEligible(): boolean {
    return (this.view.getUint8(this.start) & 0x10) !== 0;
  }
  set dropEligible(eligible: boolean) {
    const rest = this.view.getUint8(this.start) & 0xef;
    this.view.setUint8(this.start, eligible ? rest | 0x10 : rest);
  }

  /** VLAN identifier; 0 says priority only, 4095 is reserved. */
  get identifier(): number {
    return this.view.getUint16(this.start) & 0xfff;
  }
  set identifier(identifier: number) {
    const rest = this.view.getUint16(this.start) & 0xf000;
    this.view.setUint16(this.start, rest | identifier & 0xfff);
  }

  /** What follows the tag; up to 1500 it is a length. */
  get etherType(): number {
    return this.view.getUint16(this.start + 2);
  }
  set etherType(type: number) {
    this.view.setUint16(this.start + 2, type);
  }

  /** Whether the type field is a length, and LLC follows (IEEE 802.3). */
  get hasLength(): boolean {
    return this.etherType <= MAX_LENGTH_FIELD;
  }

  /** Offset of the first octet behind the tag. */
  get payloadStart(): number {
    return this.start + TAG_LENGTH;
  }

  /**
   * Offset behind the last payload octet: as the length has it, where that is
   * one and not beyond the frame.
   */
  get payloadEnd(): number {
    const type = this.etherType;
    return type <= MAX_LENGTH_FIELD
      ? Math.min(this.end, this.start + TAG_LENGTH + type)
      : this.end;
  }
}

/** What a tag says. */
export class Repr {
  /** Priority code point, 0..7. */
  priority = 0;
  /** Whether the frame may be dropped first. */
  dropEligible = false;
  /** VLAN identifier, 0..4095. */
  identifier = 0;
  /** What follows the tag; up to 1500 it is a length. */
  etherType = 0;

  /** Takes over what a view says; its lengths are judged. */
  parse(from: View): Reason | undefined {
    const reason = from.check();
    if (reason !== undefined) return reason;
    this.priority = from.priority;
    this.dropEligible = from.dropEligible;
    this.identifier = from.identifier;
    this.etherType = from.etherType;
    return undefined;
  }

  /** Octets that {@linkcode Repr.emit} writes. */
  get bufferLength(): number {
    return TAG_LENGTH;
  }

  /** Writes the tag, behind its own EtherType, at `at`. */
  emit(view: DataView, at: number): void {
    view.setUint16(
      at,
      (this.priority & 7) << 13 | (this.dropEligible ? 0x1000 : 0) |
        this.identifier & 0xfff,
    );
    view.setUint16(at + 2, this.etherType);
  }
}

/** A tag together with what it says. */
export class Packet {
  /** The octets. */
  readonly view: View = new View();
  /** What the tag said when it was parsed. */
  readonly repr: Repr = new Repr();

  /** Points at received octets; judges the length. */
  parse(view: DataView, start: number, end: number): Reason | undefined {
    return this.repr.parse(this.view.wrap(view, start, end));
  }

  /** Offset of the first octet behind the tag. */
  get payloadStart(): number {
    return this.view.payloadStart;
  }

  /** Offset behind the last octet: as the length has it, where that is one. */
  get payloadEnd(): number {
    return this.view.payloadEnd;
  }
}

/**
 * A walk over the tags of a frame, outermost first. It takes at most as many
 * steps as there are tags in the octets.
 */
export class Stack {
  /** The tag that {@linkcode Stack.next} found. */
  readonly tag: View = new View();
  /** EtherType that the tag stands behind. */
  protocol = 0;
  /** Tags found so far. */
  depth = 0;
  /** What follows the tags found so far. */
  etherType = 0;
  /** Where that begins. */
  payloadStart = 0;
  /** `"truncated"` if the frame ends in a tag. */
  reason: Reason | undefined = undefined;
  #view: DataView = EMPTY;
  #end = 0;

  /** Begins at what follows an Ethernet header, and the type in that header. */
  wrap(view: DataView, start: number, end: number, etherType: number): this {
    this.#view = view;
    this.#end = end;
    this.protocol = 0;
    this.depth = 0;
    this.etherType = etherType;
    this.payloadStart = start;
    this.reason = undefined;
    return this;
  }

  /** Goes to the next tag; false if there is none. */
  next(): boolean {
    if (this.reason !== undefined || !isTag(this.etherType)) return false;
    const tag = this.tag.wrap(this.#view, this.payloadStart, this.#end);
    this.reason = tag.check();
    if (this.reason !== undefined) return false;
    this.protocol = this.etherType;
    this.etherType = tag.etherType;
    this.payloadStart += TAG_LENGTH;
    this.depth++;
    return true;
  }
}
