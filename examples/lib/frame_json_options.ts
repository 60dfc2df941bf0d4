/**
 * Options and extension headers as members of JSON objects.
 *
 * @module
 */

import type { Writer } from "@ethox/wire/text";
import type { Fields } from "./frame_json_fields.ts";

const JUMBO = 0xc2;
/** Path MTU (RFC 9268). */
const MTU = 0x30;
/** Architecture label (RFC 5570). */
const CALIPSO = 7;
const ROUTER_ALERT = 5;
const FAST_OPEN = 34;
/** The experimental option (RFC 6994) with the number of fast open. */
const EXPERIMENTAL = 254;
const FAST_OPEN_NUMBER = 0xf989;

/** Writes what stands in headers beside the fields of fixed place. */
export class Options {
  readonly #out: Writer;
  readonly #fields: Fields;

  /** Writes to `out` what `fields` reads. */
  constructor(out: Writer, fields: Fields) {
    this.#out = out;
    this.#fields = fields;
  }

  /** Types of the options of an IPv4 header; nothing if one is broken. */
  options4(start: number, end: number): void {
    const out = this.#out;
    const fields = this.#fields;
    const before = out.length;
    out.text(',"opt_types":[');
    for (let at = start; at < end;) {
      const type = fields.get8(at);
      if (at > start) out.byte(0x2c);
      out.decimal(type);
      if (type === 0) break;
      if (type === 1) {
        at++;
        continue;
      }
      const length = at + 1 < end ? fields.get8(at + 1) : 0;
      if (length < 2 || at + length > end) {
        out.length = before;
        return;
      }
      at += length;
    }
    out.byte(0x5d);
  }

  /** All octets of the options of a TCP header, and the options one by one. */
  optionsTcp(start: number, claimed: number): void {
    const out = this.#out;
    const fields = this.#fields;
    const end = claimed < fields.end ? claimed : fields.end;
    if (claimed > end) fields.ranOff(claimed);
    if (end <= start) return;
    out.text(',"opts_hex":"');
    out.octets(fields.view, start, end);
    out.text('","opts":[');
    let ended = false;
    for (let at = start; at < end;) {
      const kind = fields.get8(at);
      // Behind the end of the list there is padding with more of it.
      if (ended && kind !== 0) break;
      ended = kind === 0;
      const length = kind < 2 ? 1 : at + 1 < end ? fields.get8(at + 1) : 0;
      // One that the header has no room for is none, one that was cut is.
      if (length < (kind < 2 ? 1 : 2) || at + length > claimed) break;
      if (at > start) out.byte(0x2c);
      out.text('{"kind":');
      out.decimal(kind);
      if (kind > 1) {
        out.text(',"len":');
        out.decimal(length);
        if (at + length <= end) this.#optionTcp(kind, at, length);
      }
      out.byte(0x7d);
      if (kind === 5 && length % 4 !== 2) {
        // RFC 2018 section 3: edges of 4 octets each.
        if (fields.end === fields.claimed) fields.spoil();
        break;
      }
      at += length;
    }
    out.byte(0x5d);
  }

  #optionTcp(kind: number, at: number, length: number): void {
    const out = this.#out;
    const fields = this.#fields;
    switch (kind) {
      case 2:
        if (length === 4) fields.field16(',"mss":', at + 2);
        return;
      case 3:
        if (length === 3) fields.field8(',"wscale":', at + 2);
        return;
      case 5: {
        if (length < 10 || (length - 2) % 8 !== 0) return;
        out.text(',"sack":[');
        for (let block = at + 2; block < at + length; block += 8) {
          if (block > at + 2) out.byte(0x2c);
          out.byte(0x5b);
          out.decimal(fields.get32(block));
          out.byte(0x2c);
          out.decimal(fields.get32(block + 4));
          out.byte(0x5d);
        }
        out.byte(0x5d);
        return;
      }
      case 8:
        if (length !== 10) return;
        fields.field32(',"tsval":', at + 2);
        fields.field32(',"tsecr":', at + 6);
        return;
      case FAST_OPEN:
        if (length > 2) this.#cookie(at + 2, at + length);
        return;
      case EXPERIMENTAL:
        if (length > 4 && fields.get16(at + 2) === FAST_OPEN_NUMBER) {
          this.#cookie(at + 4, at + length);
        }
        return;
    }
  }

  #cookie(from: number, to: number): void {
    this.#out.text(',"tfo_cookie":"');
    this.#out.octets(this.#fields.view, from, to);
    this.#out.byte(0x22);
  }

  /**
   * Hop-by-hop or destination options; false if one is so broken that what
   * follows is not looked at.
   */
  options6(at: number): boolean {
    const out = this.#out;
    const fields = this.#fields;
    fields.field8(',"nxt":', at);
    if (!fields.has(at + 1, 1)) return true;
    const length = 8 + 8 * fields.get8(at + 1);
    out.text(',"len":');
    out.decimal(length);
    let sound = true;
    out.text(',"opt_types":[');
    let end = Math.min(at + length, fields.end);
    for (let o = at + 2; o < end;) {
      if (fields.get8(o) !== 0 && o + 1 >= end) break;
      if (o > at + 2) out.byte(0x2c);
      out.decimal(fields.get8(o));
      if (this.#impossible(o, end)) {
        sound = false;
        fields.spoil();
        fields.ranOff(o + 2 + fields.get8(o + 1));
        end = o + 2;
      }
      o += this.#step6(o, end);
    }
    out.text('],"opt_lens":[');
    let jumbo = -1;
    let alert = -1;
    let first = true;
    for (let o = at + 2; o < end;) {
      const type = fields.get8(o);
      if (type !== 0 && o + 1 < end) {
        if (!first) out.byte(0x2c);
        first = false;
        const octets = fields.get8(o + 1);
        out.decimal(octets);
        if (type === JUMBO && octets === 4 && o + 6 <= end && jumbo < 0) {
          jumbo = fields.get32(o + 2);
        }
        if (type === ROUTER_ALERT && octets === 2 && o + 4 <= end) {
          alert = fields.get16(o + 2);
        }
        // Beyond the header is padding that is too long, and harmless.
        if (o + 2 + octets > fields.claimed) {
          sound = false;
          fields.spoil();
        }
      }
      o += this.#step6(o, end);
    }
    out.byte(0x5d);
    if (jumbo >= 0) {
      out.text(',"jumbo":');
      out.decimal(jumbo);
    }
    if (alert >= 0) {
      out.text(',"router_alert":');
      out.decimal(alert);
    }
    if (at + length > end) fields.ranOff(at + length);
    return sound;
  }

  /** Whether an option has a length that its standard does not allow. */
  #impossible(at: number, end: number): boolean {
    if (at + 1 >= end) return false;
    const length = this.#fields.get8(at + 1);
    switch (this.#fields.get8(at)) {
      case MTU:
        return length !== 4;
      case CALIPSO:
        return length < 8;
      default:
        return false;
    }
  }

  #step6(at: number, end: number): number {
    if (this.#fields.get8(at) === 0) return 1;
    return at + 1 < end ? 2 + this.#fields.get8(at + 1) : end - at;
  }

  /** A routing header with its addresses. */
  routing(at: number): void {
    const out = this.#out;
    const fields = this.#fields;
    fields.field8(',"nxt":', at);
    if (!fields.has(at + 1, 1)) return;
    const words = fields.get8(at + 1);
    const length = 8 + 8 * words;
    out.text(',"len":');
    out.decimal(length);
    fields.field8(',"type":', at + 2);
    fields.field8(',"segleft":', at + 3);
    if (fields.has(at + 3, 1)) this.#addresses(at, words);
    if (at + length > fields.end) fields.ranOff(at + length);
  }

  #addresses(at: number, words: number): void {
    const out = this.#out;
    const fields = this.#fields;
    const count = addressesOf(fields.view, at, words);
    if (count <= 0 || at + 24 > fields.end) return;
    out.text(',"addrs":[');
    for (let i = 0; i < count && at + 24 + 16 * i <= fields.end; i++) {
      if (i > 0) out.byte(0x2c);
      fields.quoted6(at + 8 + 16 * i);
    }
    out.byte(0x5d);
  }

  /** A fragment header. */
  fragment(at: number): void {
    const out = this.#out;
    const fields = this.#fields;
    fields.field8(',"nxt":', at);
    if (fields.has(at + 2, 2)) {
      const field = fields.get16(at + 2);
      out.text(',"offset":');
      out.decimal(field >> 3);
      out.text(',"more":');
      out.decimal(field & 1);
    }
    fields.field32(',"id":', at + 4);
  }
}

/**
 * Offset of the address that a packet with this routing header is for in the
 * end; -1 if that is in the IPv6 header.
 */
export function finalAddress(view: DataView, at: number, end: number): number {
  if (at + 8 > end || view.getUint8(at + 3) === 0) return -1;
  const count = addressesOf(view, at, view.getUint8(at + 1));
  if (count <= 0) return -1;
  // Segments of RFC 8754 stand in reverse order.
  return view.getUint8(at + 2) === 4 ? at + 8 : at + 8 + 16 * (count - 1);
}

/** How many addresses a routing header of a known type holds. */
function addressesOf(view: DataView, at: number, words: number): number {
  const type = view.getUint8(at + 2);
  if (type === 0 || type === 2) return words >> 1;
  // RFC 8754: the index of the last segment says how many there are.
  if (type === 4 && at + 5 <= view.byteLength) {
    return Math.min(words >> 1, view.getUint8(at + 4) + 1);
  }
  return 0;
}
