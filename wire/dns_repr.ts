// Questions and records as plain records.

import { layoutOf } from "./dns_layout.ts";
import type { Questions, Records } from "./dns_message.ts";
import { MAX_NAME_LENGTH, Name } from "./dns_name.ts";
import { Class, Type } from "./dns_numbers.ts";
import type { Reason } from "./reason.ts";

// The longest SOA record.
const UNCOMPRESSED = 2 * MAX_NAME_LENGTH + 20;

/** What a question says. */
export class QuestionRepr {
  /** The name, without compression. */
  readonly name: Uint8Array = new Uint8Array(MAX_NAME_LENGTH);
  /** Type of records asked for. */
  type: number = Type.A;
  /** Class of records asked for, all 16 bits. */
  class: number = Class.IN;

  /** Takes over what a walk has found. */
  parse(from: Questions): void {
    from.name.copy(this.name.fill(0));
    this.type = from.type;
    this.class = from.class;
  }
}

/** What a record of any type says. */
export class RecordRepr {
  /** The owner, without compression. */
  readonly name: Uint8Array = new Uint8Array(MAX_NAME_LENGTH);
  /** Type. */
  type: number = Type.A;
  /** Class, all 16 bits. */
  class: number = Class.IN;
  /** Seconds for which it may be kept. */
  ttl = 0;
  /** Memory for the data, in which no name is compressed. */
  readonly data: Uint8Array;
  /** How many octets of it count. */
  dataLength = 0;
  readonly #name: Name = new Name();

  /** Provides memory for that much data. */
  constructor(capacity: number = UNCOMPRESSED) {
    this.data = new Uint8Array(capacity);
  }

  /**
   * Takes over what a walk has found, with the names in the data whole. Data that
   * do not have the form of their type give a reason, `"unsupported"` those that
   * there is no memory for. Data of no octets have any form (RFC 2136).
   */
  parse(from: Records): Reason | undefined {
    from.name.copy(this.name.fill(0));
    this.type = from.type;
    this.class = from.class;
    this.ttl = from.ttl;
    this.dataLength = 0;
    const { view, messageStart, dataStart, dataEnd } = from;
    const layout = layoutOf(from.type);
    let at = dataStart;
    if (layout !== undefined && dataStart < dataEnd) {
      let fixed = dataStart + layout.prefix;
      for (let i = 0; i < layout.strings && fixed < dataEnd; i++) {
        fixed += 1 + view.getUint8(fixed);
      }
      if (fixed > dataEnd) return "truncated";
      const reason = this.#copy(view, at, fixed);
      if (reason !== undefined) return reason;
      at = fixed;
      for (let i = 0; i < layout.names; i++) {
        const name = this.#name.wrap(view, messageStart, dataEnd, at);
        const reason = name.check();
        if (reason !== undefined) return reason;
        const length = name.copy(this.data, this.dataLength);
        if (length < 0) return "unsupported";
        this.dataLength += length;
        at = name.after;
      }
      if (layout.suffix >= 0 && dataEnd - at !== layout.suffix) {
        return dataEnd - at < layout.suffix ? "truncated" : "length";
      }
    }
    return this.#copy(view, at, dataEnd);
  }

  #copy(view: DataView, from: number, to: number): Reason | undefined {
    if (to - from > this.data.length - this.dataLength) return "unsupported";
    for (let at = from; at < to; at++) {
      this.data[this.dataLength++] = view.getUint8(at);
    }
    return undefined;
  }
}
