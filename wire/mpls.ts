/**
 * Label stacks of MPLS, [RFC 3032](https://www.rfc-editor.org/rfc/rfc3032),
 * with the traffic class of RFC 5462.
 *
 * ```ts
 * import { mpls } from "@ethox/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const view = new DataView(new ArrayBuffer(8));
 * const entry = new mpls.Repr();
 * entry.label = 16000;
 * entry.ttl = 64;
 * entry.emit(view, 0);
 * entry.label = mpls.Label.IPV6_EXPLICIT_NULL;
 * entry.bottom = true;
 * entry.emit(view, 4);
 *
 * const stack = new mpls.Stack().wrap(view, 0, 8);
 * const labels: number[] = [];
 * while (stack.next()) labels.push(stack.label);
 * assertEquals(labels, [16000, 2]);
 * assertEquals([stack.reason, stack.payloadStart], [undefined, 8]);
 * ```
 *
 * @module
 */

import type { Reason } from "./reason.ts";

/** Octets of an entry. */
export const ENTRY_LENGTH = 4;

/** Labels with a meaning of their own (RFC 7274). */
export const Label = {
  /** IPv4 follows; at the bottom. */
  IPV4_EXPLICIT_NULL: 0,
  /** The packet is for the router itself. */
  ROUTER_ALERT: 1,
  /** IPv6 follows; at the bottom. */
  IPV6_EXPLICIT_NULL: 2,
  /** Never sent, only assigned. */
  IMPLICIT_NULL: 3,
  /** An entropy label follows (RFC 6790). */
  ENTROPY_INDICATOR: 7,
  /** A generic associated channel follows (RFC 5586). */
  ASSOCIATED_CHANNEL: 13,
  /** A label of the extended range follows. */
  EXTENSION: 15,
} as const;

const EMPTY: DataView = new DataView(new ArrayBuffer(0));

/** What an entry of a label stack says. */
export class Repr {
  /** Label, 0..0xfffff. */
  label = 0;
  /** Traffic class, 0..7. */
  trafficClass = 0;
  /** Whether this is the last entry. */
  bottom = false;
  /** Time to live, hops. */
  ttl = 0;

  /** Takes over the entry that a walk has found. */
  parse(from: Stack): void {
    this.label = from.label;
    this.trafficClass = from.trafficClass;
    this.bottom = from.bottom;
    this.ttl = from.ttl;
  }

  /** Octets that {@linkcode Repr.emit} writes. */
  get bufferLength(): number {
    return ENTRY_LENGTH;
  }

  /** Writes the entry at `at`. */
  emit(view: DataView, at: number): void {
    view.setInt32(
      at,
      this.label << 12 | (this.trafficClass & 7) << 9 |
        (this.bottom ? 0x100 : 0) | this.ttl & 0xff,
    );
  }
}

/** A walk over the entries of a label stack, topmost first. */
export class Stack {
  /** The whole entry that {@linkcode Stack.next} found, int32. */
  entry = 0;
  /** Where what follows the entries found so far begins. */
  payloadStart = 0;
  /** `"truncated"` if the octets end above the bottom. */
  reason: Reason | undefined = undefined;
  #view: DataView = EMPTY;
  #end = 0;
  #done = true;

  /** Begins a walk over the octets `start`..`end`. */
  wrap(view: DataView, start: number, end: number): this {
    this.#view = view;
    this.#end = end;
    this.#done = false;
    this.entry = 0;
    this.payloadStart = start;
    this.reason = undefined;
    return this;
  }

  /** Goes to the next entry; false behind the bottom. */
  next(): boolean {
    if (this.#done) return false;
    if (this.#end - this.payloadStart < ENTRY_LENGTH) {
      this.#done = true;
      this.reason = "truncated";
      return false;
    }
    this.entry = this.#view.getInt32(this.payloadStart);
    this.payloadStart += ENTRY_LENGTH;
    this.#done = this.bottom;
    return true;
  }

  /** Label, 0..0xfffff. */
  get label(): number {
    return this.entry >>> 12;
  }

  /** Traffic class, 0..7 (RFC 5462). */
  get trafficClass(): number {
    return this.entry >>> 9 & 7;
  }

  /** Whether this is the last entry. */
  get bottom(): boolean {
    return (this.entry & 0x100) !== 0;
  }

  /** Time to live, hops. */
  get ttl(): number {
    return this.entry & 0xff;
  }
}

/**
 * Which IP seems to follow a stack: 4, 6, or 0 for something else. Nothing but
 * the labels' owner knows; the first four bits are what everybody goes by
 * (RFC 4928 section 3).
 */
export function versionBehind(
  view: DataView,
  start: number,
  end: number,
): 0 | 4 | 6 {
  const version = start < end ? view.getUint8(start) >>> 4 : 0;
  return version === 4 || version === 6 ? version : 0;
}
