/**
 * Messages of DHCP as members of JSON objects.
 *
 * @module
 */

import type { Writer } from "@ethox/wire/text";
import type { Fields } from "./frame_json_fields.ts";

const COMMA = 0x2c;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const COOKIE = 0x63825363;

/** Writes messages of DHCP. */
export class Dhcp {
  readonly #out: Writer;
  readonly #fields: Fields;

  /** Writes to `out` what `fields` reads. */
  constructor(out: Writer, fields: Fields) {
    this.#out = out;
    this.#fields = fields;
  }

  /** A DHCP message with its options. */
  write(at: number): void {
    const out = this.#out;
    const fields = this.#fields;
    fields.field8(',"op":', at);
    fields.field8(',"htype":', at + 1);
    fields.field8(',"hlen":', at + 2);
    fields.field8(',"hops":', at + 3);
    fields.field32(',"xid":', at + 4);
    fields.field16(',"secs":', at + 8);
    fields.field16(',"flags":', at + 10);
    fields.ipv4(',"ciaddr":', at + 12);
    fields.ipv4(',"yiaddr":', at + 16);
    fields.ipv4(',"siaddr":', at + 20);
    fields.ipv4(',"giaddr":', at + 24);
    if (fields.has(at + 28, 6)) fields.mac(',"chaddr":', at + 28);
    if (!fields.has(at + 28, 208) || !fields.has(at + 236, 4)) return;
    if (fields.get32(at + 236) !== COOKIE) {
      // RFC 951: 64 octets of whatever the vendor likes.
      fields.ranOff(at + 300);
      return;
    }
    const end = fields.end;
    out.text(',"options":[');
    this.#options(at + 240, end, true, at);
    out.byte(CLOSE);
    const overload = this.#overload(at + 240, end);
    this.#values(at + 240, end);
    if ((overload & 1) !== 0) this.#values(at + 108, at + 236);
    if ((overload & 2) !== 0) this.#values(at + 44, at + 108);
  }

  /** Codes and lengths of the options `at`..`end`; the end has the code 0. */
  #options(
    at: number,
    end: number,
    first: boolean,
    message: number,
  ): boolean {
    const out = this.#out;
    const fields = this.#fields;
    while (at < end) {
      const code = fields.get8(at);
      if (!first) out.byte(COMMA);
      first = false;
      out.text('{"code":');
      out.decimal(code === 255 ? 0 : code);
      if (code === 0) {
        // A run of padding is told once.
        while (at < end && fields.get8(at) === 0) at++;
        out.byte(0x7d);
        continue;
      }
      if (code === 255) {
        out.byte(0x7d);
        break;
      }
      if (at + 1 >= end) {
        out.byte(0x7d);
        fields.ranOff(at + 2);
        break;
      }
      const length = fields.get8(at + 1);
      out.text(',"len":');
      out.decimal(length);
      out.byte(0x7d);
      if (message >= 0 && code === 52 && length === 1 && at + 3 <= end) {
        // RFC 2131 section 4.1: the file field is read before the name field.
        const overload = fields.get8(at + 2);
        if ((overload & 1) !== 0) {
          this.#options(message + 108, message + 236, false, -1);
        }
        if ((overload & 2) !== 0) {
          this.#options(message + 44, message + 108, false, -1);
        }
      }
      if (code === 53 && length === 0) {
        // RFC 2132 section 9.6: its length is 1.
        fields.malformed = true;
        break;
      }
      at += 2 + length;
      if (at > end) fields.ranOff(at);
    }
    return first;
  }

  /** The value of option 52 (RFC 2132 section 9.3), or 0. */
  #overload(at: number, end: number): number {
    const fields = this.#fields;
    while (at + 1 < end) {
      const code = fields.get8(at);
      if (code === 255) break;
      if (code === 0) {
        at++;
        continue;
      }
      const length = fields.get8(at + 1);
      if (code === 52 && length === 1 && at + 3 <= end) {
        return fields.get8(at + 2) & 3;
      }
      at += 2 + length;
    }
    return 0;
  }

  /** The values of some options. */
  #values(at: number, end: number): void {
    const fields = this.#fields;
    while (at + 1 < end) {
      const code = fields.get8(at);
      if (code === 255) break;
      if (code === 0) {
        at++;
        continue;
      }
      const length = fields.get8(at + 1);
      const data = at + 2;
      at = data + length;
      if (at > end) break;
      switch (code) {
        case 1:
          if (length === 4) fields.ipv4(',"mask":', data);
          break;
        case 3:
          this.#addresses(',"router":', data, length);
          break;
        case 6:
          this.#addresses(',"dns":', data, length);
          break;
        case 50:
          if (length === 4) fields.ipv4(',"requested":', data);
          break;
        case 51:
          if (length === 4) fields.field32(',"lease":', data);
          break;
        case 53:
          if (length === 1) fields.field8(',"msg_type":', data);
          break;
        case 54:
          if (length === 4) fields.ipv4(',"server_id":', data);
          break;
      }
    }
  }

  #addresses(key: string, at: number, length: number): void {
    if (length < 4) return;
    const out = this.#out;
    out.text(key);
    out.byte(OPEN);
    for (let i = 0; i + 4 <= length; i += 4) {
      if (i > 0) out.byte(COMMA);
      this.#fields.quoted4(at + i);
    }
    out.byte(CLOSE);
  }
}
