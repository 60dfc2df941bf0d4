/**
 * Control messages as members of JSON objects.
 *
 * @module
 */

import type { Writer } from "@ethox/wire/text";
import type { Fields } from "./frame_json_fields.ts";

const VERDICTS: readonly string[] = [
  ',"csum_status":"unverified"',
  ',"csum_status":"bad"',
  ',"csum_status":"good"',
];
/** Writes messages of ICMP, ICMPv6 and IGMP. */
export class Messages {
  readonly #out: Writer;
  readonly #fields: Fields;

  /** Writes to `out` what `fields` reads. */
  constructor(out: Writer, fields: Fields) {
    this.#out = out;
    this.#fields = fields;
  }

  #head(at: number, verdict: number): void {
    const fields = this.#fields;
    fields.field8(',"type":', at);
    fields.field8(',"code":', at + 1);
    if (!fields.has(at + 2, 2)) return;
    fields.field16(',"csum":', at + 2);
    this.#out.text(VERDICTS[verdict + 1]!);
  }

  /** An ICMP message; its quote is a list of layers of its own. */
  icmpv4(at: number, verdict: number): void {
    const fields = this.#fields;
    this.#head(at, verdict);
    if (!fields.has(at, 4)) return;
    switch (fields.get8(at)) {
      case 0:
      case 8:
      case 13:
      case 14:
      case 15:
      case 16:
      case 17:
      case 18:
        fields.field16(',"id":', at + 4);
        fields.field16(',"seq":', at + 6);
        return;
      case 42:
      case 43:
        // RFC 8335: a sequence number of 8 bits.
        fields.field16(',"id":', at + 4);
        fields.field8(',"seq":', at + 6);
        return;
      case 3:
        if (fields.get8(at + 1) === 4) fields.field16(',"mtu":', at + 6);
        fields.ranOff(at + 8);
        return this.#quoted(at + 8);
      case 5:
        fields.ipv4(',"gateway":', at + 4);
        return;
      case 4:
      case 11:
      case 12:
        fields.ranOff(at + 8);
        return this.#quoted(at + 8);
    }
  }

  /** An ICMPv6 message. */
  icmpv6(at: number, verdict: number): void {
    const out = this.#out;
    const fields = this.#fields;
    this.#head(at, verdict);
    if (!fields.has(at, 4)) return;
    switch (fields.get8(at)) {
      case 1:
      case 3:
        fields.has(at + 4, 4);
        return this.#quoted(at + 8);
      case 2:
        fields.field32(',"mtu":', at + 4);
        return this.#quoted(at + 8);
      case 4:
        fields.field32(',"pointer":', at + 4);
        return this.#quoted(at + 8);
      case 139:
      case 140:
        // RFC 4620 section 4: the type, flags and a nonce.
        return fields.ranOff(at + 16);
      case 128:
      case 129:
        fields.field16(',"id":', at + 4);
        fields.field16(',"seq":', at + 6);
        return;
      case 130:
      case 131:
      case 132:
        fields.field16(',"mld_max_resp":', at + 4);
        fields.ipv6(',"mld_addr":', at + 8);
        return;
      case 133:
      case 141:
      case 142:
        return this.#options(at + 8);
      case 134:
        fields.field8(',"ra_hlim":', at + 4);
        if (fields.has(at + 5, 1)) {
          const flags = fields.get8(at + 5);
          out.text(',"ra_managed":');
          out.decimal(flags >> 7);
          out.text(',"ra_other":');
          out.decimal(flags >> 6 & 1);
        }
        fields.field16(',"ra_lifetime":', at + 6);
        fields.field32(',"ra_reachable":', at + 8);
        fields.field32(',"ra_retrans":', at + 12);
        return this.#options(at + 16);
      case 136:
        if (fields.has(at + 4, 4)) {
          const flags = fields.get8(at + 4);
          out.text(',"na_router":');
          out.decimal(flags >> 7);
          out.text(',"na_solicited":');
          out.decimal(flags >> 6 & 1);
          out.text(',"na_override":');
          out.decimal(flags >> 5 & 1);
        }
        fields.ipv6(',"target":', at + 8);
        return this.#options(at + 24);
      case 135:
        fields.ipv6(',"target":', at + 8);
        return this.#options(at + 24);
      case 137:
        fields.ipv6(',"target":', at + 8);
        fields.ipv6(',"dest":', at + 24);
        return this.#options(at + 40);
      case 143:
        return this.#reports(at);
      case 160:
      case 161:
        fields.field16(',"id":', at + 4);
        fields.field8(',"seq":', at + 6);
        // RFC 4884 section 7: an object with a length of its own.
        if (at + 14 <= fields.end) {
          fields.ranOff(at + 12 + fields.get16(at + 12));
        }
        return;
    }
  }

  /** Whether a quote from `at` on was captured in part at least. */
  #quoted(at: number): void {
    const fields = this.#fields;
    if (fields.claimed > at) fields.ranOff(at + 1);
  }

  /** The options of neighbour discovery. */
  #options(start: number): void {
    const out = this.#out;
    const fields = this.#fields;
    const { end } = fields;
    if (start >= end) {
      if (start > end) fields.ranOff(start);
      return;
    }
    out.text(',"nd_opts":[');
    for (let at = start; at < end;) {
      if (at > start) out.byte(0x2c);
      const type = fields.get8(at);
      out.text('{"type":');
      out.decimal(type);
      if (!fields.has(at + 1, 1)) {
        out.byte(0x7d);
        break;
      }
      const length = fields.get8(at + 1);
      out.text(',"len":');
      out.decimal(length);
      if (length === 0) {
        fields.spoil();
        out.byte(0x7d);
        break;
      }
      this.#option(type, at, 8 * length);
      out.byte(0x7d);
      if (at + 8 * length > end) fields.ranOff(at + 8 * length);
      at += 8 * length;
    }
    out.byte(0x5d);
  }

  #option(type: number, at: number, octets: number): void {
    const out = this.#out;
    const fields = this.#fields;
    const there = Math.min(at + octets, fields.end);
    switch (type) {
      case 1:
      case 2:
        if (octets === 8 && at + 8 <= there) fields.mac(',"lladdr":', at + 2);
        return;
      case 3:
        if (at + 4 > there) return;
        fields.field8(',"prefix_len":', at + 2);
        out.text(',"on_link":');
        out.decimal(fields.get8(at + 3) >> 7);
        out.text(',"autonomous":');
        out.decimal(fields.get8(at + 3) >> 6 & 1);
        if (at + 8 <= there) fields.field32(',"valid":', at + 4);
        if (at + 12 <= there) fields.field32(',"preferred":', at + 8);
        if (at + 32 <= there) fields.ipv6(',"prefix":', at + 16);
        return;
      case 5:
        if (at + 8 <= there) fields.field32(',"mtu":', at + 4);
        return;
      case 24:
        this.#route(at, octets);
        return;
      case 31:
        this.#searchList(at + 8, at + octets);
        return;
      case 38:
        // RFC 8781 section 4: prefix length codes 6 and 7 mean nothing.
        if (at + 4 <= there && (fields.get16(at + 2) & 7) > 5) {
          fields.spoil();
        }
        return;
    }
  }

  /** A route information option, whose prefix may be cut (RFC 4191). */
  #route(at: number, octets: number): void {
    const out = this.#out;
    const fields = this.#fields;
    const { view } = fields;
    if (!fields.has(at, Math.min(octets, 24))) return;
    fields.field8(',"prefix_len":', at + 2);
    if (octets < 16) return;
    out.text(',"prefix":');
    const whole = octets >= 24;
    fields.prefix6(
      view.getInt32(at + 8),
      view.getInt32(at + 12),
      whole ? view.getInt32(at + 16) : 0,
      whole ? view.getInt32(at + 20) : 0,
    );
  }

  /** Whether the names of a search list end inside of it (RFC 8106). */
  #searchList(at: number, end: number): void {
    const fields = this.#fields;
    if (end > fields.end) return;
    while (at < end) {
      const length = fields.get8(at);
      at += 1 + length;
      if (length > 63 || at > end) {
        fields.spoil();
        return;
      }
    }
  }

  /** The records of a version 2 multicast listener report (RFC 3810). */
  #reports(start: number): void {
    const out = this.#out;
    const fields = this.#fields;
    if (!fields.has(start + 6, 2)) return;
    const records = fields.get16(start + 6);
    out.text(',"mld_records":');
    out.decimal(records);
    if (records === 0 || !fields.has(start + 8, 1)) return;
    out.text(',"mld_groups":[');
    let at = start + 8;
    for (let i = 0; i < records && at < fields.end; i++) {
      if (i > 0) out.byte(0x2c);
      out.text('{"type":');
      out.decimal(fields.get8(at));
      let length = 20;
      if (fields.has(at + 2, 2)) {
        const sources = fields.get16(at + 2);
        out.text(',"nsrc":');
        out.decimal(sources);
        length += 16 * sources + 4 * fields.get8(at + 1);
      }
      fields.ipv6(',"addr":', at + 4);
      out.byte(0x7d);
      if (at + length > fields.end) {
        // The sources come one by one, so a cut is met first.
        if (fields.end < fields.claimed) fields.ranOff(fields.end + 1);
        fields.ranOff(at + length);
        break;
      }
      at += length;
      // Cut between two records.
      if (i + 1 < records && at === fields.end) fields.ranOff(at + 1);
    }
    out.byte(0x5d);
  }

  /** Whether the records of an IGMPv3 report that begin at `at` are there. */
  #records(at: number): void {
    const fields = this.#fields;
    if (at > fields.end) return;
    for (let left = fields.get16(at - 2); left > 0; left--) {
      if (!fields.has(at, 8)) return;
      at += 8 + 4 * fields.get16(at + 2) + 4 * fields.get8(at + 1);
      if (at > fields.end) return fields.ranOff(at);
    }
  }

  /** An IGMP message of any version. */
  igmp(at: number, verdict: number): void {
    const out = this.#out;
    const fields = this.#fields;
    if (!fields.has(at, 1)) return;
    const type = fields.get8(at);
    const octets = fields.claimed - at;
    let version = type === 0x16 || type === 0x17 ? 2 : 0;
    if (type === 0x12) version = 1;
    else if (type === 0x22) version = 3;
    else if (type === 0x11) {
      // RFC 3376 section 7.1.
      version = 2;
      if (octets >= 12) version = 3;
      else if (fields.has(at + 1, 1) && fields.get8(at + 1) === 0) version = 1;
    }
    out.text(',"ver":');
    out.decimal(version);
    out.text(',"type":');
    out.decimal(type);
    if (fields.has(at + 1, 1) && type !== 0x22 && version > 1) {
      const code = fields.get8(at + 1);
      out.text(',"max_resp":');
      // RFC 3376 section 4.1.1: from 128 on, a floating-point number.
      out.decimal(
        version === 3 && code >= 128
          ? (code & 15 | 16) << (code >> 4 & 7) + 3
          : code,
      );
    }
    if (!fields.has(at + 2, 2)) return;
    fields.field16(',"csum":', at + 2);
    // A type that nobody defined.
    const strange = type < 0x11 || (type > 0x17 && type < 0x1e);
    if (strange) fields.spoil();
    out.text(VERDICTS[strange ? 0 : verdict + 1]!);
    if (type === 0x22) {
      fields.field16(',"nrec":', at + 6);
      if (fields.has(at + 6, 2) && fields.get16(at + 6) > 0) {
        fields.field16(',"nsrc":', at + 10);
        fields.ipv4(',"maddr":', at + 12);
      }
      this.#records(at + 8);
      return;
    }
    fields.ipv4(',"maddr":', at + 4);
    if (type === 0x11 && version === 3) fields.field16(',"nsrc":', at + 10);
  }
}
