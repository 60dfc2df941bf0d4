// One line of a DNS message, in the manner of tcpdump.

import * as dns from "./dns.ts";
import type { Writer } from "./text.ts";

/** Rcodes as tcpdump abbreviates them. */
const RCODES: readonly string[] = [
  "",
  " FormErr",
  " ServFail",
  " NXDomain",
  " NotImp",
  " Refused",
  " YXDomain",
  " YXRRSet",
  " NXRRSet",
  " NotAuth",
  " NotZone",
];
const OPCODES: readonly string[] = ["", " inv_q", " stat", " op3", " notify"];
/** Records of one message that a line shows. */
const MOST_RECORDS = 32;

/** Appends messages. */
export class DnsLine {
  readonly #out: Writer;
  readonly #message = new dns.View();
  readonly #questions = new dns.Questions();
  readonly #records = new dns.Records();
  readonly #a = new dns.A();
  readonly #aaaa = new dns.Aaaa();
  readonly #target = new dns.Target();
  readonly #mx = new dns.Mx();
  readonly #srv = new dns.Srv();
  readonly #txt = new dns.Txt();

  /** Appends to a writer. */
  constructor(out: Writer) {
    this.#out = out;
  }

  /** Appends the message `start`..`end`; `multicast` if it is mDNS. */
  append(view: DataView, start: number, end: number, multicast: boolean): void {
    const out = this.#out;
    const message = this.#message.wrap(view, start, end);
    if (message.check() !== undefined) {
      out.text("domain [length ");
      out.decimal(end - start);
      return out.text("]");
    }
    out.decimal(message.id);
    if (message.isResponse) this.#response(message, multicast);
    else this.#query(message);
    out.text(" (");
    out.decimal(end - start);
    out.text(")");
  }

  #opcode(message: dns.View): void {
    const { opcode } = message;
    this.#out.text(OPCODES[opcode] ?? ` op${opcode}`);
  }

  #count(message: dns.View, section: number, unit: string): void {
    const out = this.#out;
    out.text(" [");
    out.decimal(message.count(section));
    out.text(unit);
    out.text("]");
  }

  #query(message: dns.View): void {
    const out = this.#out;
    this.#opcode(message);
    if (message.recursionDesired) out.text("+");
    if (message.checkingDisabled) out.text("%");
    if (message.answerCount > 0) this.#count(message, 1, "a");
    if (message.questionCount !== 1) this.#count(message, 0, "q");
    if (message.authorityCount > 0) this.#count(message, 2, "n");
    if (message.additionalCount > 0) this.#count(message, 3, "au");
    const questions = this.#questions.over(message);
    for (let i = 0; i < MOST_RECORDS && questions.next(); i++) {
      out.text(" ");
      out.text(dns.nameOfType(questions.type));
      out.text(questions.unicastResponse ? " (QU)? " : "? ");
      this.#name(questions.name);
    }
    if (questions.reason !== undefined) out.text(" [|domain]");
  }

  #response(message: dns.View, multicast: boolean): void {
    const out = this.#out;
    const { rcode } = message;
    this.#opcode(message);
    out.text(RCODES[rcode] ?? ` Resp${rcode}`);
    if (message.authoritative) out.text("*");
    if (!message.recursionAvailable) out.text("-");
    if (message.truncated) out.text("|");
    if (message.authenticData) out.text("$");
    if (message.questionCount !== 1) this.#count(message, 0, "q");
    out.text(" ");
    out.decimal(message.answerCount);
    out.text("/");
    out.decimal(message.authorityCount);
    out.text("/");
    out.decimal(message.additionalCount);
    const records = this.#records.over(message);
    for (let i = 0; i < MOST_RECORDS && records.next(); i++) {
      if (records.section !== dns.Section.ANSWER) return;
      out.text(i === 0 ? " " : ", ");
      if (multicast && records.cacheFlush) out.text("(Cache flush) ");
      this.#record(records);
    }
    if (records.reason !== undefined) out.text(" [|domain]");
  }

  #record(records: dns.Records): void {
    const out = this.#out;
    const { type } = records;
    out.text(dns.nameOfType(type));
    switch (type) {
      case dns.Type.A: {
        const data = this.#a.over(records);
        if (data.check() !== undefined) return;
        out.text(" ");
        return out.ipv4(data.address);
      }
      case dns.Type.AAAA: {
        const data = this.#aaaa.over(records);
        if (data.check() !== undefined) return;
        out.text(" ");
        return out.ipv6(data.w0, data.w1, data.w2, data.w3);
      }
      case dns.Type.CNAME:
      case dns.Type.NS:
      case dns.Type.PTR: {
        const data = this.#target.over(records);
        if (data.check() !== undefined) return;
        out.text(" ");
        return this.#name(data.target);
      }
      case dns.Type.MX: {
        const data = this.#mx.over(records);
        if (data.check() !== undefined) return;
        out.text(" ");
        this.#name(data.exchange);
        out.text(" ");
        return out.decimal(data.preference);
      }
      case dns.Type.SRV: {
        const data = this.#srv.over(records);
        if (data.check() !== undefined) return;
        out.text(" ");
        this.#name(data.target);
        out.text(":");
        out.decimal(data.port);
        out.text(" ");
        out.decimal(data.priority);
        out.text(" ");
        return out.decimal(data.weight);
      }
      case dns.Type.TXT:
        return this.#strings(records);
    }
  }

  #strings(records: dns.Records): void {
    const out = this.#out;
    const data = this.#txt.over(records);
    if (data.check() !== undefined) return;
    data.rewind();
    while (data.next()) {
      out.text(' "');
      out.printable(records.view, data.stringStart, data.stringEnd);
      out.text('"');
    }
  }

  /** Appends a name with a dot behind each label. */
  #name(name: dns.Name): void {
    const out = this.#out;
    name.rewind();
    let labels = 0;
    for (; name.next(); labels++) {
      out.printable(name.view, name.labelStart, name.labelEnd);
      out.text(".");
    }
    if (labels === 0) out.text(".");
  }
}
