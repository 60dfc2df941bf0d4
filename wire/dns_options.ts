// Records with parameters behind them: OPT, SVCB and HTTPS.

import { Name } from "./dns_name.ts";
import { Data } from "./dns_records.ts";
import type { Reason } from "./reason.ts";

const EMPTY: DataView = new DataView(new ArrayBuffer(0));

/**
 * A walk over parameters, each a code and a length of 16 bits and a value,
 * without garbage.
 */
export class Parameters {
  /** The memory that is read. */
  view: DataView = EMPTY;
  /** Offset behind the last parameter. */
  end = 0;
  /** Code of the parameter that {@linkcode next} found. */
  code: number = -1;
  /** Offset of the first octet of its value. */
  valueStart = 0;
  /** Offset behind its last octet. */
  valueEnd = 0;
  /** Why the walk ended before the parameters did. */
  reason: Reason | undefined = undefined;

  /** Begins a walk over `start`..`end`. */
  wrap(view: DataView, start: number, end: number): this {
    this.view = view;
    this.end = end;
    this.code = -1;
    this.valueStart = start;
    this.valueEnd = start;
    this.reason = undefined;
    return this;
  }

  /** Goes to the next parameter; false behind the last. */
  next(): boolean {
    const at = this.valueEnd;
    const { view, end } = this;
    if (at >= end || this.reason !== undefined) return false;
    if (end - at < 4) {
      this.reason = "truncated";
      return false;
    }
    const length = view.getUint16(at + 2);
    if (length > end - at - 4) {
      this.reason = "length";
      return false;
    }
    this.code = view.getUint16(at);
    this.valueStart = at + 4;
    this.valueEnd = at + 4 + length;
    return true;
  }
}

/** Type OPT (RFC 6891): what a sender can do beyond RFC 1035. */
export class Opt extends Data {
  readonly #options: EdnsOptions = new EdnsOptions();

  /** `"length"` or `"truncated"` if the options do not fill the data. */
  check(): Reason | undefined {
    const options = this.#options.over(this);
    while (options.next());
    return options.reason;
  }

  /** Octets that the sender takes over UDP; below 512 it counts as 512. */
  get udpSize(): number {
    return this.class;
  }

  /** The upper eight bits of the response code. */
  get extendedRcode(): number {
    return this.ttl >>> 24;
  }

  /** Version, 0. */
  get version(): number {
    return this.ttl >>> 16 & 0xff;
  }

  /** Whether records of DNSSEC are welcome (RFC 3225). */
  get dnssecOk(): boolean {
    return (this.ttl & 0x8000) !== 0;
  }
}

/** A walk over the options of an OPT record, without garbage. */
export class EdnsOptions extends Parameters {
  /** Begins a walk over the options of a record. */
  over(record: Opt): this {
    return this.wrap(record.view, record.start, record.end);
  }
}

/** The option of RFC 7871: for whose network the answer shall be. */
export class ClientSubnet extends Data {
  /**
   * `"truncated"`; `"length"` if there are not as many octets of address as the
   * prefix needs; `"malformed"` for a prefix longer than the address.
   */
  check(): Reason | undefined {
    if (this.length < 4) return "truncated";
    const { family, sourcePrefix } = this;
    const bits = family === 1 ? 32 : family === 2 ? 128 : 255;
    if (sourcePrefix > bits || this.scopePrefix > bits) return "malformed";
    return this.length - 4 === sourcePrefix + 7 >>> 3 ? undefined : "length";
  }

  /** Family of the address: 1 is IPv4, 2 is IPv6. */
  get family(): number {
    return this.view.getUint16(this.start);
  }

  /** Bits of the address that the asker tells. */
  get sourcePrefix(): number {
    return this.view.getUint8(this.start + 2);
  }

  /** Bits of the address for which the answer holds; 0 in a query. */
  get scopePrefix(): number {
    return this.view.getUint8(this.start + 3);
  }

  /** Offset of the first octet of the address, which goes on to the end. */
  get addressStart(): number {
    return this.start + 4;
  }
}

/** The option of RFC 7873: proof that the asker is where it says. */
export class Cookie extends Data {
  /** `"length"` unless there are 8, or 16 to 40, octets. */
  check(): Reason | undefined {
    const { length } = this;
    return length === 8 || (length >= 16 && length <= 40)
      ? undefined
      : "length";
  }

  /** Offset of the first of the client's 8 octets. */
  get clientStart(): number {
    return this.start;
  }

  /** Offset of the first of the server's octets, which go on to the end. */
  get serverStart(): number {
    return this.start + 8;
  }
}

/** Types SVCB and HTTPS (RFC 9460): how to reach a service. */
export class Svcb extends Data {
  /** Where the service is; `"."` is the owner. Checked by {@linkcode check}. */
  readonly target: Name = new Name();
  readonly #parameters: SvcParams = new SvcParams();

  /**
   * Judges lengths, the name and the order of the parameters; `"malformed"` if
   * a key does not come behind the one in front (RFC 9460 section 2.2).
   */
  check(): Reason | undefined {
    const reason = this.nameAt(this.target, this.start + 2, -1);
    if (reason !== undefined) return reason;
    const parameters = this.#parameters.over(this);
    while (parameters.next());
    return parameters.reason;
  }

  /** Priority: lower first; 0 makes it an alias. */
  get priority(): number {
    return this.view.getUint16(this.start);
  }

  /** Whether it only names another place to look. */
  get isAlias(): boolean {
    return this.priority === 0;
  }

  /** Offset of the first octet of parameters, which go on to the end. */
  get parametersStart(): number {
    return this.target.after;
  }
}

/** A walk over the parameters of a service binding, without garbage. */
export class SvcParams extends Parameters {
  /** Begins a walk over the parameters of a checked record. */
  over(record: Svcb): this {
    return this.wrap(record.view, record.parametersStart, record.end);
  }

  /** Goes to the next parameter; false behind the last. */
  override next(): boolean {
    const before = this.code;
    if (!super.next()) return false;
    if (this.code > before) return true;
    this.reason = "malformed";
    return false;
  }

  /** Key of the parameter that {@linkcode next} found. */
  get key(): number {
    return this.code;
  }

  /** The value of `port`; -1 if it has not two octets. */
  get port(): number {
    const { valueStart } = this;
    return this.valueEnd - valueStart === 2
      ? this.view.getUint16(valueStart)
      : -1;
  }
}
