// The data of records, type by type, in place.

import { Name } from "./dns_name.ts";
import type { Reason } from "./reason.ts";

const EMPTY: DataView = new DataView(new ArrayBuffer(0));

/** Where the data of a record are: what {@linkcode Data.over} reads. */
export interface Located {
  /** The memory that is read. */
  readonly view: DataView;
  /** Offset of the message: pointers of names count from there. */
  readonly messageStart: number;
  /** Class of the record. */
  readonly class: number;
  /** Time to live of the record, seconds. */
  readonly ttl: number;
  /** Offset of the first octet of data. */
  readonly dataStart: number;
  /** Offset behind the last octet of data. */
  readonly dataEnd: number;
}

/**
 * Data of any record, opaque (RFC 3597). The classes for single types add
 * accessors, which read nothing outside once their `check()` found nothing; all
 * are cursors to be used again.
 */
export class Data {
  /** The memory that is read. */
  view: DataView = EMPTY;
  /** Offset of the message. */
  messageStart = 0;
  /** Class of the record; the octets for an answer in an OPT record. */
  class = 0;
  /** Time to live of the record, seconds. */
  ttl = 0;
  /** Offset of the first octet. */
  start = 0;
  /** Offset behind the last octet. */
  end = 0;

  /** Points at the data of the record that a walk has found. */
  over(record: Located): this {
    this.view = record.view;
    this.messageStart = record.messageStart;
    this.class = record.class;
    this.ttl = record.ttl;
    this.start = record.dataStart;
    this.end = record.dataEnd;
    return this;
  }

  /** Points at data alone, in which no name is compressed. */
  wrap(view: DataView, start: number, end: number): this {
    this.view = view;
    // No pointer can lead behind its own name: each is refused.
    this.messageStart = end;
    this.class = 0;
    this.ttl = 0;
    this.start = start;
    this.end = end;
    return this;
  }

  /** Octets. */
  get length(): number {
    return this.end - this.start;
  }

  /** Judges a name at `at`, which must leave `rest` octets, or more if negative. */
  protected nameAt(name: Name, at: number, rest: number): Reason | undefined {
    if (at > this.end) return "truncated";
    const { view, messageStart, end } = this;
    const reason = name.wrap(view, messageStart, end, at).check();
    if (reason !== undefined || rest < 0) return reason;
    const left = end - name.after;
    return left === rest ? undefined : left < rest ? "truncated" : "length";
  }

  /** Judges whether there are so many octets, no less and no more. */
  protected exactly(octets: number): Reason | undefined {
    const { length } = this;
    return length === octets
      ? undefined
      : length < octets
      ? "truncated"
      : "length";
  }
}

/** Type A: an IPv4 address. */
export class A extends Data {
  /** `"truncated"` or `"length"` if there are not 4 octets. */
  check(): Reason | undefined {
    return this.exactly(4);
  }

  /** The address, int32. */
  get address(): number {
    return this.view.getInt32(this.start);
  }
}

/** Type AAAA (RFC 3596): an IPv6 address. */
export class Aaaa extends Data {
  /** `"truncated"` or `"length"` if there are not 16 octets. */
  check(): Reason | undefined {
    return this.exactly(16);
  }

  /** First word of the address, int32. */
  get w0(): number {
    return this.view.getInt32(this.start);
  }

  /** Second word of the address, int32. */
  get w1(): number {
    return this.view.getInt32(this.start + 4);
  }

  /** Third word of the address, int32. */
  get w2(): number {
    return this.view.getInt32(this.start + 8);
  }

  /** Fourth word of the address, int32. */
  get w3(): number {
    return this.view.getInt32(this.start + 12);
  }
}

/** Types that are a name: NS, CNAME, PTR, DNAME. */
export class Target extends Data {
  /** The name; checked by {@linkcode check}. */
  readonly target: Name = new Name();

  /** Judges the name, and that it is all there is. */
  check(): Reason | undefined {
    return this.nameAt(this.target, this.start, 0);
  }
}

/** Type MX: who takes mail. */
export class Mx extends Data {
  /** The host; checked by {@linkcode check}. */
  readonly exchange: Name = new Name();

  /** Judges lengths and the name. */
  check(): Reason | undefined {
    return this.nameAt(this.exchange, this.start + 2, 0);
  }

  /** Preference: lower is better. */
  get preference(): number {
    return this.view.getUint16(this.start);
  }
}

/** Type SOA: start of authority. */
export class Soa extends Data {
  /** The primary server; checked by {@linkcode check}. */
  readonly primary: Name = new Name();
  /** The mailbox of who is responsible; checked by {@linkcode check}. */
  readonly mailbox: Name = new Name();

  /** Judges lengths and the names. */
  check(): Reason | undefined {
    return this.nameAt(this.primary, this.start, -1) ??
      this.nameAt(this.mailbox, this.primary.after, 20);
  }

  /** Version of the zone, uint32. */
  get serial(): number {
    return this.view.getUint32(this.end - 20);
  }

  /** Seconds between looks at the primary. */
  get refresh(): number {
    return this.view.getUint32(this.end - 16);
  }

  /** Seconds before another look after a failed one. */
  get retry(): number {
    return this.view.getUint32(this.end - 12);
  }

  /** Seconds after which the zone is no longer authoritative. */
  get expire(): number {
    return this.view.getUint32(this.end - 8);
  }

  /** Seconds for which "no such name" may be kept (RFC 2308). */
  get minimum(): number {
    return this.view.getUint32(this.end - 4);
  }
}

/** Type SRV (RFC 2782): where a service is. */
export class Srv extends Data {
  /** The host; checked by {@linkcode check}. */
  readonly target: Name = new Name();

  /** Judges lengths and the name. */
  check(): Reason | undefined {
    return this.nameAt(this.target, this.start + 6, 0);
  }

  /** Priority: lower first. */
  get priority(): number {
    return this.view.getUint16(this.start);
  }

  /** Share among those of the same priority. */
  get weight(): number {
    return this.view.getUint16(this.start + 2);
  }

  /** Port of the service. */
  get port(): number {
    return this.view.getUint16(this.start + 4);
  }
}

/**
 * A walk over character strings, each behind its length in one octet: the data
 * of TXT, the list of protocols in a service binding.
 */
export class Strings extends Data {
  /** Offset of the first octet of the string that {@linkcode next} found. */
  stringStart = 0;
  /** Offset behind its last octet. */
  stringEnd = 0;
  /** `"length"` once a string would end beyond the data. */
  reason: Reason | undefined = undefined;

  /** Goes back in front of the first string. */
  rewind(): this {
    this.stringEnd = this.start;
    this.reason = undefined;
    return this;
  }

  /** Points at the data of a record, in front of the first string. */
  override over(record: Located): this {
    return super.over(record).rewind();
  }

  /** Points at data alone, in front of the first string. */
  override wrap(view: DataView, start: number, end: number): this {
    return super.wrap(view, start, end).rewind();
  }

  /** Judges all strings; `"truncated"` if there is none. */
  check(): Reason | undefined {
    if (this.length === 0) return "truncated";
    this.rewind();
    while (this.next());
    const { reason } = this;
    this.rewind();
    return reason;
  }

  /** Goes to the next string; false behind the last. */
  next(): boolean {
    const at = this.stringEnd;
    if (at >= this.end || this.reason !== undefined) return false;
    const length = this.view.getUint8(at);
    if (length > this.end - at - 1) {
      this.reason = "length";
      return false;
    }
    this.stringStart = at + 1;
    this.stringEnd = at + 1 + length;
    return true;
  }
}

/** Type TXT: one or more character strings. */
export class Txt extends Strings {}

/** Type CAA (RFC 8659): who may certify. */
export class Caa extends Data {
  /**
   * `"truncated"`, `"length"` for a tag beyond the data, `"malformed"` for an
   * empty one or one with other octets than letters and digits.
   */
  check(): Reason | undefined {
    if (this.length < 2) return "truncated";
    const length = this.view.getUint8(this.start + 1);
    if (length > this.length - 2) return "length";
    if (length === 0) return "malformed";
    for (let at = this.tagStart; at < this.tagEnd; at++) {
      const octet = this.view.getUint8(at);
      const letter = octet | 0x20;
      if (
        !(octet >= 0x30 && octet <= 0x39) && !(letter >= 0x61 && letter <= 0x7a)
      ) return "malformed";
    }
    return undefined;
  }

  /** All flags. */
  get flags(): number {
    return this.view.getUint8(this.start);
  }

  /** Whether who does not know the tag must not certify. */
  get critical(): boolean {
    return (this.flags & 0x80) !== 0;
  }

  /** Offset of the first octet of the tag, such as `issue`. */
  get tagStart(): number {
    return this.start + 2;
  }

  /** Offset behind its last octet: of the first octet of the value. */
  get tagEnd(): number {
    return this.start + 2 + this.view.getUint8(this.start + 1);
  }
}

/** Types DS and CDS (RFC 4034 section 5): digest of a child's key. */
export class Ds extends Data {
  /** `"truncated"` below 5 octets, with which a digest begins. */
  check(): Reason | undefined {
    return this.length < 5 ? "truncated" : undefined;
  }

  /** Tag of the key. */
  get keyTag(): number {
    return this.view.getUint16(this.start);
  }

  /** Algorithm of the key. */
  get algorithm(): number {
    return this.view.getUint8(this.start + 2);
  }

  /** Algorithm of the digest. */
  get digestType(): number {
    return this.view.getUint8(this.start + 3);
  }

  /** Offset of the first octet of the digest, which goes on to the end. */
  get digestStart(): number {
    return this.start + 4;
  }
}

/** Types DNSKEY and CDNSKEY (RFC 4034 section 2): a key of the zone. */
export class Dnskey extends Data {
  /** `"truncated"` below 4 octets, `"malformed"` if the protocol is not 3. */
  check(): Reason | undefined {
    if (this.length < 4) return "truncated";
    return this.view.getUint8(this.start + 2) === 3 ? undefined : "malformed";
  }

  /** All flags. */
  get flags(): number {
    return this.view.getUint16(this.start);
  }

  /** Whether the key signs a zone. */
  get isZoneKey(): boolean {
    return (this.flags & 0x0100) !== 0;
  }

  /** Whether it is meant to be an entry point. */
  get isEntryPoint(): boolean {
    return (this.flags & 1) !== 0;
  }

  /** Algorithm of the key. */
  get algorithm(): number {
    return this.view.getUint8(this.start + 3);
  }

  /** Offset of the first octet of the key, which goes on to the end. */
  get keyStart(): number {
    return this.start + 4;
  }

  /** The tag by which signatures name it (RFC 4034 appendix B; not algorithm 1). */
  get keyTag(): number {
    let sum = 0;
    for (let at = this.start; at < this.end; at++) {
      const octet = this.view.getUint8(at);
      sum += at - this.start & 1 ? octet : octet << 8;
    }
    return sum + (sum >>> 16) & 0xffff;
  }
}

/** Types RRSIG and SIG (RFC 4034 section 3): a signature. */
export class Rrsig extends Data {
  /** The zone that signed; checked by {@linkcode check}. */
  readonly signer: Name = new Name();

  /** Judges lengths and the name. */
  check(): Reason | undefined {
    return this.nameAt(this.signer, this.start + 18, -1);
  }

  /** Type of the records that are signed. */
  get typeCovered(): number {
    return this.view.getUint16(this.start);
  }

  /** Algorithm of the key. */
  get algorithm(): number {
    return this.view.getUint8(this.start + 2);
  }

  /** Labels of the owner, without a wildcard. */
  get labels(): number {
    return this.view.getUint8(this.start + 3);
  }

  /** Time to live of the records in their zone, seconds. */
  get originalTtl(): number {
    return this.view.getUint32(this.start + 4);
  }

  /** End of validity: seconds since 1970 modulo 2^32. */
  get expiration(): number {
    return this.view.getUint32(this.start + 8);
  }

  /** Begin of validity: seconds since 1970 modulo 2^32. */
  get inception(): number {
    return this.view.getUint32(this.start + 12);
  }

  /** Tag of the key. */
  get keyTag(): number {
    return this.view.getUint16(this.start + 16);
  }

  /** Offset of the first octet of the signature, which goes on to the end. */
  get signatureStart(): number {
    return this.signer.after;
  }
}
