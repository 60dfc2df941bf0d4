/**
 * Messages of DNS as members of JSON objects.
 *
 * @module
 */

import type { Writer } from "@ethox/wire/text";
import { Kind } from "@ethox/wire/dissector";
import type { Fields } from "./frame_json_fields.ts";

const COMMA = 0x2c;
const DOT = 0x2e;
const QUOTE = 0x22;
const OPEN = 0x5b;
const CLOSE = 0x5d;
/** Records that are looked through at most. */
const MOST_RECORDS = 4096;
/** Characters of a name at most, as the oracle has it. */
const MOST_NAME = 1025;
/** Pointers that a name may have, each of which must lead back. */
const MOST_POINTERS = 256;
const BACKSLASH = 0x5c;
/** Names of the controls 7 to 13, as C has them. */
const LETTERS = "abtnvfr";
const TYPE_A = 1;
const TYPE_CNAME = 5;
const TYPE_AAAA = 28;

/** Writes messages of DNS, and of what has its form. */
export class Dns {
  readonly #out: Writer;
  readonly #fields: Fields;
  /** First octet of the message, which pointers count from. */
  #message = 0;

  /** Writes to `out` what `fields` reads. */
  constructor(out: Writer, fields: Fields) {
    this.#out = out;
    this.#fields = fields;
  }

  /** A DNS message; over TCP its length is in front. */
  write(start: number, kind: number, stream: boolean): void {
    const out = this.#out;
    const fields = this.#fields;
    const at = stream ? start + 2 : start;
    if (
      stream && fields.has(start, 2) &&
      at + fields.get16(start) > fields.claimed
    ) fields.allowEnd();
    this.#message = at;
    fields.field16(',"id":', at);
    if (!fields.has(at + 2, 2)) return;
    const flags = fields.get16(at + 2);
    out.text(',"flags":');
    out.decimal(flags);
    out.text(',"qr":');
    out.decimal(flags >> 15);
    out.text(',"opcode":');
    out.decimal(flags >> 11 & 15);
    out.text(',"tc":');
    out.decimal(flags >> 9 & 1);
    if (flags >> 15 !== 0) {
      out.text(',"rcode":');
      out.decimal(flags & 15);
    }
    fields.field16(',"qd":', at + 4);
    fields.field16(',"an":', at + 6);
    fields.field16(',"ns":', at + 8);
    fields.field16(',"ar":', at + 10);
    if (!fields.has(at + 10, 2)) return;
    const questions = fields.get16(at + 4);
    const records = fields.get16(at + 6) + fields.get16(at + 8) +
      fields.get16(at + 10);
    const behind = this.#questions(at + 12, questions, kind);
    if (behind < 0) return;
    this.#records(behind, records);
  }

  /** Offset behind the questions, -1 if they run off. */
  #questions(at: number, count: number, kind: number): number {
    if (count === 0) return at;
    const out = this.#out;
    const fields = this.#fields;
    const before = out.length;
    out.text(',"questions":[');
    for (let i = 0; i < count; i++) {
      const undo = out.length;
      if (i > 0) out.byte(COMMA);
      out.byte(OPEN);
      out.byte(QUOTE);
      const behind = this.#name(at);
      if (behind < 0 || !fields.has(behind, 4)) {
        out.length = undo;
        if (i === 0) out.length = before;
        else out.byte(CLOSE);
        return -1;
      }
      out.byte(QUOTE);
      out.byte(COMMA);
      out.decimal(fields.get16(behind));
      out.byte(COMMA);
      // RFC 6762 section 18.12: the first bit asks for a unicast answer.
      const mask = kind === Kind.MDNS ? 0x7fff : 0xffff;
      out.decimal(fields.get16(behind + 2) & mask);
      out.byte(CLOSE);
      if (fields.malformed) {
        out.byte(CLOSE);
        return -1;
      }
      at = behind + 4;
    }
    out.byte(CLOSE);
    return at;
  }

  /** Goes through the records once for each type that is told. */
  #records(start: number, count: number): void {
    if (count === 0) return;
    this.#list(',"a":', start, count, TYPE_A);
    this.#list(',"aaaa":', start, count, TYPE_AAAA);
    this.#list(',"cname":', start, count, TYPE_CNAME);
  }

  #list(key: string, start: number, count: number, wanted: number): void {
    const out = this.#out;
    const fields = this.#fields;
    let any = false;
    let at = start;
    for (let i = 0; i < count && i < MOST_RECORDS; i++) {
      const behind = this.#skip(at);
      if (behind < 0 || !fields.has(behind, 10)) break;
      const type = fields.get16(behind);
      const length = fields.get16(behind + 8);
      const data = behind + 10;
      if (type === TYPE_A) fields.has(data, 4);
      if (type === TYPE_AAAA) fields.has(data, 16);
      if (type === wanted && this.#holds(type, data, length)) {
        if (any) out.byte(COMMA);
        else {
          out.text(key);
          out.byte(OPEN);
          any = true;
        }
        if (type === TYPE_A) fields.quoted4(data);
        else if (type === TYPE_AAAA) fields.quoted6(data);
        else {
          out.byte(QUOTE);
          this.#name(data);
          out.byte(QUOTE);
        }
      }
      at = data + length;
      if (at > fields.end) {
        fields.ranOff(at);
        break;
      }
    }
    if (any) out.byte(CLOSE);
  }

  #holds(type: number, data: number, length: number): boolean {
    const { end } = this.#fields;
    if (type === TYPE_A) return length >= 4 && data + 4 <= end;
    if (type === TYPE_AAAA) return length >= 16 && data + 16 <= end;
    return length > 0 && data < end;
  }

  /** Offset behind a name, -1 if it runs off. */
  #skip(at: number): number {
    const fields = this.#fields;
    while (fields.has(at, 1)) {
      const length = fields.get8(at);
      if (length >= 0xc0) return fields.has(at, 2) ? at + 2 : -1;
      if (length >= 0x40) return -1;
      at += 1 + length;
      if (length === 0) return at;
    }
    return -1;
  }

  /** Writes a name; the offset behind it, or -1 if it runs off. */
  #name(start: number): number {
    const out = this.#out;
    const fields = this.#fields;
    const first = out.length;
    let at = start;
    let behind = -1;
    let pointers = 0;
    for (;;) {
      if (!fields.has(at, 1)) return -1;
      const length = fields.get8(at++);
      if (length === 0) break;
      if (length < 0x40) {
        if (!fields.has(at, length)) return -1;
        if (out.length > first) out.byte(DOT);
        this.#label(at, at + length);
        at += length;
        if (out.length - first > MOST_NAME) {
          out.length = first;
          out.text("<Name too long>");
          fields.malformed = true;
          return behind < 0 ? this.#skip(start) : behind;
        }
        continue;
      }
      if (length < 0xc0) {
        out.length = first;
        out.text("<Unknown extended label>");
        return behind < 0 ? at : behind;
      }
      if (!fields.has(at, 1)) return -1;
      const to = this.#message + ((length & 0x3f) << 8 | fields.get8(at));
      if (behind < 0) behind = at + 1;
      if (++pointers > MOST_POINTERS) {
        out.length = first;
        out.text("<Name contains a pointer that loops>");
        return behind;
      }
      at = to;
    }
    if (out.length === first) out.text("<Root>");
    return behind < 0 ? at : behind;
  }

  /** The octets of a label as text: controls in octal, UTF-8 where it is. */
  #label(from: number, to: number): void {
    const out = this.#out;
    const { view } = this.#fields;
    for (let at = from; at < to;) {
      const octet = view.getUint8(at);
      if (octet >= 0x80) {
        at = this.#unicode(at, to);
        continue;
      }
      at++;
      if (octet === QUOTE || octet === BACKSLASH) out.byte(BACKSLASH);
      if (octet >= 0x20 && octet < 0x7f) {
        out.byte(octet);
        continue;
      }
      out.byte(BACKSLASH);
      out.byte(BACKSLASH);
      if (octet >= 7 && octet <= 13) {
        out.byte(LETTERS.charCodeAt(octet - 7));
        continue;
      }
      out.byte(0x30 + (octet >> 6));
      out.byte(0x30 + (octet >> 3 & 7));
      out.byte(0x30 + (octet & 7));
    }
  }

  /** One character of UTF-8, or the sign that there is none. */
  #unicode(at: number, to: number): number {
    const out = this.#out;
    const { view } = this.#fields;
    const lead = view.getUint8(at);
    const more = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    // RFC 3629 section 4: the second octet has narrower bounds behind some.
    const low = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
    const high = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
    let good = lead >= 0xc2 && lead <= 0xf4 ? 1 : 0;
    while (good > 0 && good <= more && at + good < to) {
      const octet = view.getUint8(at + good);
      const least = good === 1 ? low : 0x80;
      if (octet < least || octet > (good === 1 ? high : 0xbf)) break;
      good++;
    }
    if (good <= more) {
      out.text("\ufffd");
      return at + Math.max(1, good);
    }
    const second = view.getUint8(at + 1);
    if (lead === 0xc2 && second < 0xa0) {
      // A control character, which no stranger may write to a terminal (A95).
      out.text("\\u00");
      out.hex(second, 2);
    } else for (let i = 0; i <= more; i++) out.byte(view.getUint8(at + i));
    return at + 1 + more;
  }
}
