// The header of a message, and walks over its questions and records.

import { Name } from "./dns_name.ts";
import type { Reason } from "./reason.ts";

const ID = 0;
const FLAGS = 2;
const QUESTIONS = 4;
const ANSWERS = 6;
const AUTHORITIES = 8;
const ADDITIONALS = 10;

const RESPONSE = 0x8000;
const AUTHORITATIVE = 0x0400;
const TRUNCATED = 0x0200;
const RECURSION_DESIRED = 0x0100;
const RECURSION_AVAILABLE = 0x0080;
const AUTHENTIC_DATA = 0x0020;
const CHECKING_DISABLED = 0x0010;

/** Octets of the header. */
export const HEADER_LENGTH = 12;
/** Octets of the longest message. */
export const MAX_LENGTH = 65535;
/** Octets over UDP that every receiver takes (RFC 1035 section 2.3.4). */
export const UDP_LENGTH = 512;
/** Port of DNS over UDP and TCP. */
export const PORT = 53;
/** Port of multicast DNS (RFC 6762). */
export const MDNS_PORT = 5353;
/** Port of link-local multicast name resolution (RFC 4795). */
export const LLMNR_PORT = 5355;

/** Top bit of a class: a question asks for a unicast answer (RFC 6762 section 5.4). */
export const UNICAST_RESPONSE = 0x8000;
/** Top bit of a class: a record replaces older ones (RFC 6762 section 10.2). */
export const CACHE_FLUSH = 0x8000;

/** The parts of a message, in their order. */
export const Section = {
  /** What is asked for. */
  QUESTION: 0,
  /** What answers it. */
  ANSWER: 1,
  /** Who would know. */
  AUTHORITY: 2,
  /** What may help. */
  ADDITIONAL: 3,
} as const;

const EMPTY: DataView = new DataView(new ArrayBuffer(0));

/**
 * A message in place, and its header.
 *
 * Once {@linkcode View.check} finds nothing, no accessor reads outside.
 */
export class View {
  /** The memory that is read and written. */
  view: DataView;
  /** Offset of the first octet of the message. */
  start: number;
  /** Offset behind its last octet. */
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

  /** `"truncated"` if there is no whole header, or nothing. */
  check(): Reason | undefined {
    return this.end - this.start < HEADER_LENGTH ? "truncated" : undefined;
  }

  /** Identifier, which an answer repeats. */
  get id(): number {
    return this.view.getUint16(this.start + ID);
  }
  set id(id: number) {
    this.view.setUint16(this.start + ID, id);
  }

  /** All 16 bits of flags, opcode and response code. */
  get flags(): number {
    return this.view.getUint16(this.start + FLAGS);
  }
  set flags(bits: number) {
    this.view.setUint16(this.start + FLAGS, bits);
  }

  /** Whether this answers and does not ask. */
  get isResponse(): boolean {
    return (this.flags & RESPONSE) !== 0;
  }
  set isResponse(flag: boolean) {
    this.#set(RESPONSE, flag);
  }

  /** Kind of query, 0..15. */
  get opcode(): number {
    return this.flags >>> 11 & 15;
  }
  set opcode(opcode: number) {
    this.flags = this.flags & 0x87ff | (opcode & 15) << 11;
  }

  /** Whether the server is an authority for the name; "conflict" in LLMNR. */
  get authoritative(): boolean {
    return (this.flags & AUTHORITATIVE) !== 0;
  }
  set authoritative(flag: boolean) {
    this.#set(AUTHORITATIVE, flag);
  }

  /** Whether records are left out; in queries of mDNS: more answers follow. */
  get truncated(): boolean {
    return (this.flags & TRUNCATED) !== 0;
  }
  set truncated(flag: boolean) {
    this.#set(TRUNCATED, flag);
  }

  /** Whether recursion is asked for; "tentative" in LLMNR. */
  get recursionDesired(): boolean {
    return (this.flags & RECURSION_DESIRED) !== 0;
  }
  set recursionDesired(flag: boolean) {
    this.#set(RECURSION_DESIRED, flag);
  }

  /** Whether the server does recursion. */
  get recursionAvailable(): boolean {
    return (this.flags & RECURSION_AVAILABLE) !== 0;
  }
  set recursionAvailable(flag: boolean) {
    this.#set(RECURSION_AVAILABLE, flag);
  }

  /** Whether the data were verified (RFC 4035 section 3.2.3). */
  get authenticData(): boolean {
    return (this.flags & AUTHENTIC_DATA) !== 0;
  }
  set authenticData(flag: boolean) {
    this.#set(AUTHENTIC_DATA, flag);
  }

  /** Whether the server need not verify (RFC 4035 section 3.2.2). */
  get checkingDisabled(): boolean {
    return (this.flags & CHECKING_DISABLED) !== 0;
  }
  set checkingDisabled(flag: boolean) {
    this.#set(CHECKING_DISABLED, flag);
  }

  /** The lower four bits of the response code. */
  get rcode(): number {
    return this.flags & 15;
  }
  set rcode(rcode: number) {
    this.flags = this.flags & 0xfff0 | rcode & 15;
  }

  /** Number of questions, as claimed. */
  get questionCount(): number {
    return this.view.getUint16(this.start + QUESTIONS);
  }
  set questionCount(count: number) {
    this.view.setUint16(this.start + QUESTIONS, count);
  }

  /** Number of answers, as claimed. */
  get answerCount(): number {
    return this.view.getUint16(this.start + ANSWERS);
  }
  set answerCount(count: number) {
    this.view.setUint16(this.start + ANSWERS, count);
  }

  /** Number of records of authorities, as claimed. */
  get authorityCount(): number {
    return this.view.getUint16(this.start + AUTHORITIES);
  }
  set authorityCount(count: number) {
    this.view.setUint16(this.start + AUTHORITIES, count);
  }

  /** Number of additional records, as claimed. */
  get additionalCount(): number {
    return this.view.getUint16(this.start + ADDITIONALS);
  }
  set additionalCount(count: number) {
    this.view.setUint16(this.start + ADDITIONALS, count);
  }

  /** The count of a section, 0..3, as claimed. */
  count(section: number): number {
    return this.view.getUint16(this.start + QUESTIONS + 2 * section);
  }

  #set(bit: number, flag: boolean): void {
    this.flags = flag ? this.flags | bit : this.flags & ~bit;
  }
}

/** What the header of a message says. */
export class Repr {
  /** Identifier, which an answer repeats. */
  id = 0;
  /** Whether this answers and does not ask. */
  isResponse = false;
  /** Kind of query, 0..15. */
  opcode = 0;
  /** Whether the server is an authority for the name. */
  authoritative = false;
  /** Whether records are left out. */
  truncated = false;
  /** Whether recursion is asked for. */
  recursionDesired = false;
  /** Whether the server does recursion. */
  recursionAvailable = false;
  /** Whether the data were verified. */
  authenticData = false;
  /** Whether the server need not verify. */
  checkingDisabled = false;
  /** The lower four bits of the response code. */
  rcode = 0;
  /** Number of questions. */
  questionCount = 0;
  /** Number of answers. */
  answerCount = 0;
  /** Number of records of authorities. */
  authorityCount = 0;
  /** Number of additional records. */
  additionalCount = 0;

  /** Takes over what a view says; its lengths are judged. */
  parse(from: View): Reason | undefined {
    const reason = from.check();
    if (reason !== undefined) return reason;
    this.id = from.id;
    this.isResponse = from.isResponse;
    this.opcode = from.opcode;
    this.authoritative = from.authoritative;
    this.truncated = from.truncated;
    this.recursionDesired = from.recursionDesired;
    this.recursionAvailable = from.recursionAvailable;
    this.authenticData = from.authenticData;
    this.checkingDisabled = from.checkingDisabled;
    this.rcode = from.rcode;
    this.questionCount = from.questionCount;
    this.answerCount = from.answerCount;
    this.authorityCount = from.authorityCount;
    this.additionalCount = from.additionalCount;
    return undefined;
  }

  /** Octets that {@linkcode Repr.emit} writes. */
  get bufferLength(): number {
    return HEADER_LENGTH;
  }

  /** Writes the header at `at`, the counts as they stand here. */
  emit(view: DataView, at: number): void {
    view.setUint16(at + ID, this.id);
    view.setUint16(
      at + FLAGS,
      (this.isResponse ? RESPONSE : 0) | (this.opcode & 15) << 11 |
        (this.authoritative ? AUTHORITATIVE : 0) |
        (this.truncated ? TRUNCATED : 0) |
        (this.recursionDesired ? RECURSION_DESIRED : 0) |
        (this.recursionAvailable ? RECURSION_AVAILABLE : 0) |
        (this.authenticData ? AUTHENTIC_DATA : 0) |
        (this.checkingDisabled ? CHECKING_DISABLED : 0) | this.rcode & 15,
    );
    view.setUint16(at + QUESTIONS, this.questionCount);
    view.setUint16(at + ANSWERS, this.answerCount);
    view.setUint16(at + AUTHORITIES, this.authorityCount);
    view.setUint16(at + ADDITIONALS, this.additionalCount);
  }
}

/** A message together with what its header says. */
export class Packet {
  /** The octets. */
  readonly view: View = new View();
  /** What the header said when it was parsed. */
  readonly repr: Repr = new Repr();

  /** Points at received octets; judges the header only. */
  parse(view: DataView, start: number, end: number): Reason | undefined {
    return this.repr.parse(this.view.wrap(view, start, end));
  }
}

/**
 * A walk over the questions of a message, without garbage. It takes as many
 * steps as there are questions in the octets, whatever the header claims.
 */
export class Questions {
  /** The name of the question that {@linkcode next} found; checked. */
  readonly name: Name = new Name();
  /** Offset of its first octet. */
  start = 0;
  /** Offset behind its last octet; behind all of them once there is no next. */
  end = 0;
  /** Why the walk ended before the number of questions that the header claims. */
  reason: Reason | undefined = undefined;
  #view: DataView = EMPTY;
  #message = 0;
  #last = 0;
  #left = 0;

  /** Begins a walk over a message with a checked header. */
  over(message: View): this {
    this.#view = message.view;
    this.#message = message.start;
    this.#last = message.end;
    this.#left = message.questionCount;
    this.start = message.start + HEADER_LENGTH;
    this.end = this.start;
    this.reason = undefined;
    return this;
  }

  /** Goes to the next question; false behind the last. */
  next(): boolean {
    if (this.#left === 0) return false;
    const { name } = this;
    name.wrap(this.#view, this.#message, this.#last, this.end);
    this.reason = name.check();
    if (this.reason === undefined && this.#last - name.after < 4) {
      this.reason = "truncated";
    }
    if (this.reason !== undefined) {
      this.#left = 0;
      return false;
    }
    this.#left--;
    this.start = this.end;
    this.end = name.after + 4;
    return true;
  }

  /** Type of records asked for. */
  get type(): number {
    return this.#view.getUint16(this.end - 4);
  }

  /** Class of records asked for, all 16 bits. */
  get class(): number {
    return this.#view.getUint16(this.end - 2);
  }

  /** Whether, in mDNS, a unicast answer is asked for. */
  get unicastResponse(): boolean {
    return (this.class & UNICAST_RESPONSE) !== 0;
  }
}

/**
 * A walk over the records of a message, section after section, without garbage.
 * It takes as many steps as there are records in the octets, whatever the header
 * claims.
 *
 * ```ts
 * import { dns } from "@ethox/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const writer = new dns.Writer();
 * const view = new DataView(new ArrayBuffer(512));
 * const name = dns.parseName("example.com");
 * writer.begin(view, 0, 512);
 * writer.a(dns.Section.ANSWER, name, 300, 0xc0000201);
 * writer.a(dns.Section.ANSWER, name, 300, 0xc0000202);
 *
 * const records = new dns.Records();
 * const address = new dns.A();
 * const found = [];
 * records.over(new dns.View(view, 0, writer.length));
 * while (records.next()) {
 *   if (records.type !== dns.Type.A) continue;
 *   if (address.over(records).check() === undefined) found.push(address.address);
 * }
 * assertEquals(found, [0xc0000201 | 0, 0xc0000202 | 0]);
 * ```
 */
export class Records {
  /** The owner of the record that {@linkcode next} found; checked. */
  readonly name: Name = new Name();
  /** Section of the record, 1..3. */
  section: number = Section.ANSWER;
  /** Offset of its first octet. */
  start = 0;
  /** Offset behind its last octet; behind all of them once there is no next. */
  end = 0;
  /** Why the walk ended before the number of records that the header claims. */
  reason: Reason | undefined = undefined;
  readonly #questions: Questions = new Questions();
  readonly #header: View = new View();
  #left = 0;
  #fixed = 0;

  /** Begins a walk over a message with a checked header: skips its questions. */
  over(message: View): this {
    this.#header.wrap(message.view, message.start, message.end);
    const questions = this.#questions.over(message);
    while (questions.next());
    this.reason = questions.reason;
    this.section = Section.QUESTION;
    this.#left = 0;
    this.start = questions.end;
    this.end = questions.end;
    return this;
  }

  /** Goes to the next record of any section; false behind the last. */
  next(): boolean {
    if (this.reason !== undefined) return false;
    while (this.#left === 0) {
      if (this.section === Section.ADDITIONAL) return false;
      this.section++;
      this.#left = this.#header.count(this.section);
    }
    const { name } = this;
    const { view, start, end } = this.#header;
    name.wrap(view, start, end, this.end);
    this.reason = name.check();
    if (this.reason !== undefined) return false;
    const fixed = name.after;
    if (end - fixed < 10) {
      this.reason = "truncated";
      return false;
    }
    const length = view.getUint16(fixed + 8);
    if (length > end - fixed - 10) {
      this.reason = "length";
      return false;
    }
    this.#left--;
    this.#fixed = fixed;
    this.start = this.end;
    this.end = fixed + 10 + length;
    return true;
  }

  /** The memory that is read. */
  get view(): DataView {
    return this.#header.view;
  }

  /** Offset of the message. */
  get messageStart(): number {
    return this.#header.start;
  }

  /** Type of the record. */
  get type(): number {
    return this.view.getUint16(this.#fixed);
  }

  /** Class of the record, all 16 bits. */
  get class(): number {
    return this.view.getUint16(this.#fixed + 2);
  }

  /** Whether, in mDNS, older records are to be forgotten. */
  get cacheFlush(): boolean {
    return (this.class & CACHE_FLUSH) !== 0;
  }

  /** Seconds for which the record may be kept; above 2^31 - 1 it counts as 0 (RFC 2181 section 8). */
  get ttl(): number {
    return this.view.getUint32(this.#fixed + 4);
  }

  /** Offset of the first octet of data. */
  get dataStart(): number {
    return this.#fixed + 10;
  }

  /** Offset behind the last octet of data. */
  get dataEnd(): number {
    return this.end;
  }
}

/**
 * A walk over messages of a stream, each behind its length in two octets
 * (RFC 1035 section 4.2.2), without garbage.
 */
export class Framing {
  /** Offset of the message that {@linkcode next} found. */
  start = 0;
  /** Offset behind it: all before is used up. */
  end = 0;
  #view: DataView = EMPTY;
  #last = 0;

  /** Begins a walk over the octets `start`..`end` of a stream. */
  wrap(view: DataView, start: number, end: number): this {
    this.#view = view;
    this.#last = end;
    this.start = start;
    this.end = start;
    return this;
  }

  /** Goes to the next whole message; false if more octets are needed. */
  next(): boolean {
    const { end } = this;
    if (this.#last - end < 2) return false;
    const length = this.#view.getUint16(end);
    if (length > this.#last - end - 2) return false;
    this.start = end + 2;
    this.end = end + 2 + length;
    return true;
  }

  /** Writes the length of a message at `at`, two octets in front of it. */
  static emit(view: DataView, at: number, length: number): void {
    view.setUint16(at, length);
  }
}
