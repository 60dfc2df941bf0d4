// Messages made of questions and records.

import { layoutOf } from "./dns_layout.ts";
import { HEADER_LENGTH, MAX_LENGTH, Section, View } from "./dns_message.ts";
import { MAX_LABELS, MAX_POINTERS, Name, nameLength } from "./dns_name.ts";
import { Class, Type } from "./dns_numbers.ts";
import type { RecordRepr } from "./dns_repr.ts";

/**
 * What became of something written: `"exhausted"` if there was no room for it,
 * `"illegal"` if no message can say it. Both leave the message as it was.
 */
export type Outcome = "written" | "exhausted" | "illegal";

const EMPTY: DataView = new DataView(new ArrayBuffer(0));
const POINTERS_END = 0x4000;

/**
 * Writes a message: its questions, then its records in the order of sections.
 *
 * Owners, and names in the data of types of RFC 1035, are compressed: their ends
 * become pointers to what was written before, octet for octet the same, so that
 * the case of letters survives (RFC 4343). It remembers as many names as it was
 * made for; those beyond are written whole. What has no room leaves the message
 * as it was, so that the caller can set `header.truncated`.
 *
 * ```ts
 * import { dns } from "@ethox/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const writer = new dns.Writer();
 * const view = new DataView(new ArrayBuffer(64));
 * writer.begin(view, 0, 64);
 * writer.header.id = 0x1234;
 * writer.header.isResponse = true;
 * const name = dns.parseName("mail.example.com");
 * writer.question(name, dns.Type.MX);
 * const { ANSWER } = dns.Section;
 * assertEquals(writer.mx(ANSWER, name, 300, 10, name), "written");
 * assertEquals(writer.length, 12 + 22 + 12 + 4);
 * // 12 octets and the data do not fit.
 * assertEquals(writer.txt(ANSWER, name, 300, name), "exhausted");
 * assertEquals(writer.length, 50);
 * ```
 */
export class Writer {
  /** The message so far; flags are set here. */
  readonly header: View = new View();
  #view: DataView = EMPTY;
  #start = 0;
  #end = 0;
  #at = 0;
  #section: number = Section.QUESTION;
  // The record that is open: its section, where it began, how many ends of names
  // were remembered then, and where its length stands.
  #opened: number = Section.QUESTION;
  #mark = 0;
  #marked = 0;
  #lengthAt = 0;
  #outcome: Outcome = "written";
  // Where ends of names were written, by hash; 0 is a free place. The order lets
  // the last ones be taken out again.
  readonly #offsets: Uint16Array;
  readonly #hashes: Int32Array;
  // How many pointers a reader follows from there.
  readonly #depths: Uint8Array;
  readonly #order: Uint16Array;
  #count = 0;
  // The labels of the name at hand: offset in it, hash of it from there on.
  readonly #labels: Uint8Array = new Uint8Array(MAX_LABELS);
  readonly #suffixes: Int32Array = new Int32Array(MAX_LABELS);
  readonly #name: Name = new Name();

  /** Provides memory to remember that many ends of names. */
  constructor(capacity: number = 64) {
    if (!Number.isInteger(capacity) || capacity < 0 || capacity > 0x4000) {
      throw new RangeError(
        `Cannot remember ${capacity} names: need an integer in 0..16384`,
      );
    }
    let places = 4;
    // At most half of the places are taken, so that searches are short.
    while (places < 2 * capacity) places *= 2;
    this.#offsets = new Uint16Array(places);
    this.#hashes = new Int32Array(places);
    this.#depths = new Uint8Array(places);
    this.#order = new Uint16Array(capacity);
  }

  /** Begins a message at `start`, of at most 65535 octets up to `end`. */
  begin(view: DataView, start: number, end: number): Outcome {
    this.#view = view;
    this.#start = start;
    this.#end = Math.min(end, start + MAX_LENGTH);
    this.#at = start;
    this.#mark = start;
    this.#section = Section.QUESTION;
    this.#outcome = "written";
    this.#offsets.fill(0);
    this.#count = 0;
    this.#marked = 0;
    if (end - start < HEADER_LENGTH) return "exhausted";
    for (let i = 0; i < HEADER_LENGTH; i++) view.setUint8(start + i, 0);
    this.#at += HEADER_LENGTH;
    this.header.wrap(view, start, this.#at);
    return "written";
  }

  /** Octets of the message so far. */
  get length(): number {
    return this.#at - this.#start;
  }

  /** Adds a question. */
  question(
    name: Uint8Array,
    type: number,
    class_: number = Class.IN,
  ): Outcome {
    this.#open(Section.QUESTION);
    this.name(name);
    this.uint16(type);
    this.uint16(class_);
    return this.#close();
  }

  /** Adds a record as it was parsed. */
  record(section: number, record: RecordRepr): Outcome {
    const { data, dataLength } = record;
    const layout = layoutOf(record.type);
    this.open(section, record.name, record.type, record.class, record.ttl);
    let at = 0;
    if (layout !== undefined && dataLength > 0) {
      let fixed = layout.prefix;
      for (let i = 0; i < layout.strings && fixed < dataLength; i++) {
        fixed += 1 + data[fixed]!;
      }
      if (fixed > dataLength) this.#fail("illegal");
      else this.octets(data, 0, fixed);
      at = fixed;
      for (let i = 0; i < layout.names; i++) {
        const length = at < dataLength ? nameLength(data, at) : -1;
        if (length < 0 || at + length > dataLength) {
          this.#fail("illegal");
          break;
        }
        this.name(data, at, layout.compressed);
        at += length;
      }
      if (layout.suffix >= 0 && dataLength - at !== layout.suffix) {
        this.#fail("illegal");
      }
    }
    if (at < dataLength) this.octets(data, at, dataLength - at);
    return this.close();
  }

  /**
   * Begins a record. Its data follow by {@linkcode uint8} to
   * {@linkcode name}, then {@linkcode close}, which tells what became of it.
   */
  open(
    section: number,
    name: Uint8Array,
    type: number,
    class_: number,
    ttl: number,
  ): void {
    this.#open(section);
    if (section === Section.QUESTION) this.#fail("illegal");
    this.name(name);
    this.uint16(type);
    this.uint16(class_);
    this.uint32(ttl);
    this.#lengthAt = this.#at;
    this.uint16(0);
  }

  /** Ends a record. */
  close(): Outcome {
    if (this.#outcome === "written") {
      this.#view.setUint16(this.#lengthAt, this.#at - this.#lengthAt - 2);
    }
    return this.#close();
  }

  /** Writes an octet of data. */
  uint8(value: number): void {
    if (this.#room(1)) this.#view.setUint8(this.#at++, value);
  }

  /** Writes 16 bits of data. */
  uint16(value: number): void {
    if (!this.#room(2)) return;
    this.#view.setUint16(this.#at, value);
    this.#at += 2;
  }

  /** Writes 32 bits of data. */
  uint32(value: number): void {
    if (!this.#room(4)) return;
    this.#view.setInt32(this.#at, value);
    this.#at += 4;
  }

  /** Writes octets of data. */
  octets(
    from: Uint8Array,
    start: number = 0,
    length: number = from.length - start,
  ): void {
    if (!this.#room(length)) return;
    for (let i = 0; i < length; i++) {
      this.#view.setUint8(this.#at++, from[start + i]!);
    }
  }

  /** Writes a character string of data: at most 255 octets behind their number. */
  string(from: Uint8Array): void {
    if (from.length > 255) this.#fail("illegal");
    this.uint8(from.length);
    this.octets(from);
  }

  /** Writes the name at `start` of `from`, by default compressed. */
  name(from: Uint8Array, start: number = 0, compress: boolean = true): void {
    const length = nameLength(from, start);
    if (length < 0) {
      this.#fail("illegal");
      return;
    }
    if (!compress) {
      this.octets(from, start, length);
      return;
    }
    const labels = this.#split(from, start);
    let whole = 0;
    let place = -1;
    while (whole < labels) {
      place = this.#find(from, start + this.#labels[whole]!, whole);
      if (place >= 0) break;
      whole++;
    }
    const target = place < 0 ? 0 : this.#offsets[place]!;
    const depth = place < 0 ? 0 : this.#depths[place]! + 1;
    const octets = whole < labels ? this.#labels[whole]! : length - 1;
    if (!this.#room(octets + (target > 0 ? 2 : 1))) return;
    for (let i = 0; i < whole; i++) {
      this.#remember(this.#at - this.#start + this.#labels[i]!, i, depth);
    }
    this.octets(from, start, octets);
    if (target > 0) this.uint16(0xc000 | target);
    else this.uint8(0);
  }

  /** Adds a record of type A; the address is an int32. */
  a(
    section: number,
    name: Uint8Array,
    ttl: number,
    address: number,
    class_: number = Class.IN,
  ): Outcome {
    this.open(section, name, Type.A, class_, ttl);
    this.uint32(address);
    return this.close();
  }

  /** Adds a record of type AAAA; the address is four int32 at `at`. */
  aaaa(
    section: number,
    name: Uint8Array,
    ttl: number,
    address: Int32Array,
    at: number = 0,
    class_: number = Class.IN,
  ): Outcome {
    this.open(section, name, Type.AAAA, class_, ttl);
    for (let i = 0; i < 4; i++) this.uint32(address[at + i] ?? 0);
    return this.close();
  }

  /** Adds a record whose data are a name: NS, CNAME, PTR, DNAME. */
  target(
    section: number,
    name: Uint8Array,
    type: number,
    ttl: number,
    target: Uint8Array,
    class_: number = Class.IN,
  ): Outcome {
    this.open(section, name, type, class_, ttl);
    this.name(target, 0, layoutOf(type)?.compressed ?? false);
    return this.close();
  }

  /** Adds a record of type MX. */
  mx(
    section: number,
    name: Uint8Array,
    ttl: number,
    preference: number,
    exchange: Uint8Array,
  ): Outcome {
    this.open(section, name, Type.MX, Class.IN, ttl);
    this.uint16(preference);
    this.name(exchange);
    return this.close();
  }

  /** Adds a record of type SOA. */
  soa(
    section: number,
    name: Uint8Array,
    ttl: number,
    primary: Uint8Array,
    mailbox: Uint8Array,
    serial: number,
    refresh: number,
    retry: number,
    expire: number,
    minimum: number,
  ): Outcome {
    this.open(section, name, Type.SOA, Class.IN, ttl);
    this.name(primary);
    this.name(mailbox);
    this.uint32(serial);
    this.uint32(refresh);
    this.uint32(retry);
    this.uint32(expire);
    this.uint32(minimum);
    return this.close();
  }

  /** Adds a record of type SRV; its target is not compressed (RFC 2782). */
  srv(
    section: number,
    name: Uint8Array,
    ttl: number,
    priority: number,
    weight: number,
    port: number,
    target: Uint8Array,
    class_: number = Class.IN,
  ): Outcome {
    this.open(section, name, Type.SRV, class_, ttl);
    this.uint16(priority);
    this.uint16(weight);
    this.uint16(port);
    this.name(target, 0, false);
    return this.close();
  }

  /** Adds a record of type TXT of one string of at most 255 octets. */
  txt(
    section: number,
    name: Uint8Array,
    ttl: number,
    text: Uint8Array,
    class_: number = Class.IN,
  ): Outcome {
    this.open(section, name, Type.TXT, class_, ttl);
    this.string(text);
    return this.close();
  }

  /** Adds a record of type CAA. */
  caa(
    section: number,
    name: Uint8Array,
    ttl: number,
    flags: number,
    tag: Uint8Array,
    value: Uint8Array,
  ): Outcome {
    this.open(section, name, Type.CAA, Class.IN, ttl);
    this.uint8(flags);
    if (tag.length === 0) this.#fail("illegal");
    this.string(tag);
    this.octets(value);
    return this.close();
  }

  /** Begins a record of type SVCB or HTTPS; {@linkcode parameter}s follow. */
  openSvcb(
    section: number,
    name: Uint8Array,
    type: number,
    ttl: number,
    priority: number,
    target: Uint8Array,
  ): void {
    this.open(section, name, type, Class.IN, ttl);
    this.uint16(priority);
    this.name(target, 0, false);
  }

  /** Begins the OPT record of the message; {@linkcode parameter}s follow. */
  openOpt(
    udpSize: number,
    dnssecOk: boolean = false,
    extendedRcode: number = 0,
    version: number = 0,
  ): void {
    const ttl = extendedRcode << 24 | version << 16 | (dnssecOk ? 0x8000 : 0);
    this.open(Section.ADDITIONAL, ROOT, Type.OPT, udpSize, ttl);
  }

  /** Writes an option of OPT, or a parameter of SVCB, in order of keys. */
  parameter(
    code: number,
    from: Uint8Array,
    start: number = 0,
    length: number = from.length - start,
  ): void {
    if (length > MAX_LENGTH) this.#fail("exhausted");
    this.uint16(code);
    this.uint16(length);
    this.octets(from, start, length);
  }

  #open(section: number): void {
    this.#mark = this.#at;
    this.#marked = this.#count;
    this.#outcome = "written";
    // Before a message has begun there is no header to count in.
    if (this.#at === this.#start) this.#fail("exhausted");
    else if (section < this.#section || section > Section.ADDITIONAL) {
      this.#fail("illegal");
    } else if (this.header.count(section) === 0xffff) this.#fail("exhausted");
    else this.#opened = section;
  }

  #close(): Outcome {
    const outcome = this.#outcome;
    this.#outcome = "written";
    if (outcome !== "written") {
      this.#at = this.#mark;
      // Last in, first out: no search runs over a place that is freed.
      while (this.#count > this.#marked) {
        this.#offsets[this.#order[--this.#count]!] = 0;
      }
      return outcome;
    }
    this.#section = this.#opened;
    const at = this.#start + 4 + 2 * this.#section;
    this.#view.setUint16(at, this.#view.getUint16(at) + 1);
    this.header.end = this.#at;
    return outcome;
  }

  #fail(outcome: Outcome): void {
    if (this.#outcome === "written") this.#outcome = outcome;
  }

  #room(octets: number): boolean {
    if (this.#outcome !== "written") return false;
    if (octets <= this.#end - this.#at) return true;
    this.#outcome = "exhausted";
    return false;
  }

  /** Finds where labels begin and what the rest from each on hashes to. */
  #split(from: Uint8Array, start: number): number {
    let labels = 0;
    for (let at = start; from[at]! > 0; at += 1 + from[at]!) {
      this.#labels[labels++] = at - start;
    }
    let hash = 0x811c9dc5 | 0;
    for (let i = labels - 1; i >= 0; i--) {
      const at = start + this.#labels[i]!;
      for (let j = at + from[at]!; j >= at; j--) {
        hash = Math.imul(hash ^ from[j]!, 0x01000193);
      }
      this.#suffixes[i] = hash;
    }
    return labels;
  }

  /** The place of the name at `at` of `from`, if it was written, or -1. */
  #find(from: Uint8Array, at: number, label: number): number {
    const hash = this.#suffixes[label]!;
    const mask = this.#offsets.length - 1;
    for (let place = hash & mask;; place = place + 1 & mask) {
      const offset = this.#offsets[place]!;
      if (offset === 0) return -1;
      if (
        this.#hashes[place] === hash && this.#depths[place]! < MAX_POINTERS &&
        this.#same(offset, from, at)
      ) return place;
    }
  }

  #same(offset: number, from: Uint8Array, at: number): boolean {
    const view = this.#view;
    const start = this.#start;
    const name = this.#name.wrap(view, start, this.#at, start + offset);
    while (name.next()) {
      if (from[at++] !== name.labelEnd - name.labelStart) return false;
      for (let i = name.labelStart; i < name.labelEnd; i++) {
        if (from[at++] !== view.getUint8(i)) return false;
      }
    }
    return from[at] === 0;
  }

  #remember(offset: number, label: number, depth: number): void {
    // A pointer has 14 bits.
    if (offset >= POINTERS_END || this.#count === this.#order.length) return;
    const hash = this.#suffixes[label]!;
    const mask = this.#offsets.length - 1;
    let place = hash & mask;
    while (this.#offsets[place] !== 0) place = place + 1 & mask;
    this.#offsets[place] = offset;
    this.#hashes[place] = hash;
    this.#depths[place] = depth;
    this.#order[this.#count++] = place;
  }
}

const ROOT: Uint8Array = new Uint8Array(1);
