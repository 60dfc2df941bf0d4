/**
 * The Internet Group Management Protocol: version 1,
 * [RFC 1112](https://www.rfc-editor.org/rfc/rfc1112), version 2,
 * [RFC 2236](https://www.rfc-editor.org/rfc/rfc2236), and version 3,
 * [RFC 9776](https://www.rfc-editor.org/rfc/rfc9776), which obsoletes RFC 3376.
 *
 * The version of a query is told by its length and its maximum response code.
 *
 * ```ts
 * import { igmp, ipv4 } from "@ethox/wire";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const query = new igmp.Repr();
 * query.type = igmp.MEMBERSHIP_QUERY;
 * query.version = 3;
 * query.maximumResponseTime = 100;
 * query.group = ipv4.Address.parse("239.1.2.3").value;
 * query.robustness = 2;
 * query.queryInterval = 125;
 * const view = new DataView(new ArrayBuffer(query.bufferLength));
 * query.emit(view, 0);
 * const message = new igmp.View(view);
 * message.fillChecksum();
 *
 * assertEquals(message.check(), undefined);
 * assert(message.verify());
 * assertEquals(message.version, 3);
 * assertEquals(message.maximumResponseTime, 100);
 * ```
 *
 * @module
 */

import { finish, sum } from "./checksum.ts";
import { decodeOctet, encodeOctet, RecordType, RecordWalk } from "./_group.ts";
import type { Reason } from "./reason.ts";

export { nameOfRecord, RecordType, RecordWalk } from "./_group.ts";

const TYPE = 0;
const CODE = 1;
const CHECKSUM = 2;
const GROUP = 4;
const RECORDS = 6;
const FLAGS = 8;
const INTERVAL = 9;
const SOURCES = 10;
const RECORD_SOURCES = 2;
const RECORD_GROUP = 4;

/** Octets of a message of version 1 or 2, and in front of records. */
export const HEADER_LENGTH = 8;
/** Octets of a query of version 3 in front of its sources. */
export const QUERY_LENGTH = 12;
/** Octets of a record of a report in front of its sources. */
export const RECORD_LENGTH = 8;

/** Who listens? */
export const MEMBERSHIP_QUERY = 0x11;
/** Somebody listens, version 1. */
export const V1_REPORT = 0x12;
/** Somebody listens, version 2. */
export const V2_REPORT = 0x16;
/** Somebody no longer listens, version 2. */
export const LEAVE_GROUP = 0x17;
/** What somebody listens to, version 3. */
export const V3_REPORT = 0x22;

const NAMES: ReadonlyMap<number, string> = new Map([
  [MEMBERSHIP_QUERY, "membership query"],
  [V1_REPORT, "v1 membership report"],
  [0x13, "DVMRP"],
  [0x14, "PIM version 1"],
  [0x15, "Cisco trace messages"],
  [V2_REPORT, "v2 membership report"],
  [LEAVE_GROUP, "leave group"],
  [0x1e, "multicast traceroute response"],
  [0x1f, "multicast traceroute"],
  [V3_REPORT, "v3 membership report"],
  [0x30, "multicast router advertisement"],
  [0x31, "multicast router solicitation"],
  [0x32, "multicast router termination"],
]);

/** Name of a type, or `type N`. */
export function nameOf(type: number): string {
  return NAMES.get(type) ?? `type ${type}`;
}

const EMPTY: DataView = new DataView(new ArrayBuffer(0));

/**
 * A message in place.
 *
 * Once {@linkcode View.check} finds nothing no accessor of the message's own type
 * and version reads outside, and all sources of a query are there; records of a
 * report are for {@linkcode Records} to judge.
 */
export class View {
  /** The memory that is read and written. */
  view: DataView;
  /** Offset of the first octet of the message. */
  start: number;
  /** Offset behind the last octet of the message: that of the IP payload. */
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

  /**
   * Judges lengths: `"truncated"`, or `"length"` for a query of 9 to 11 octets
   * (RFC 9776 section 7.1) or of more sources than there are.
   */
  check(): Reason | undefined {
    const length = this.end - this.start;
    if (length < HEADER_LENGTH) return "truncated";
    if (this.type !== MEMBERSHIP_QUERY || length === HEADER_LENGTH) {
      return undefined;
    }
    if (length < QUERY_LENGTH) return "length";
    return QUERY_LENGTH + 4 * this.sourceCount > length ? "length" : undefined;
  }

  /** Type. */
  get type(): number {
    return this.view.getUint8(this.start + TYPE);
  }
  set type(type: number) {
    this.view.setUint8(this.start + TYPE, type);
  }

  /** Octet behind the type: in queries, how long to wait with reports. */
  get maximumResponseCode(): number {
    return this.view.getUint8(this.start + CODE);
  }
  set maximumResponseCode(code: number) {
    this.view.setUint8(this.start + CODE, code);
  }

  /** Checksum field. */
  get checksum(): number {
    return this.view.getUint16(this.start + CHECKSUM);
  }
  set checksum(value: number) {
    this.view.setUint16(this.start + CHECKSUM, value);
  }

  /** Group, int32; 0 in general queries. Not in reports of version 3. */
  get group(): number {
    return this.view.getInt32(this.start + GROUP);
  }
  set group(address: number) {
    this.view.setInt32(this.start + GROUP, address);
  }

  /** How many records a report of version 3 claims. */
  get recordCount(): number {
    return this.view.getUint16(this.start + RECORDS);
  }
  set recordCount(count: number) {
    this.view.setUint16(this.start + RECORDS, count);
  }

  /** Version, 1 to 3, by type, length and code (RFC 9776 section 7.1); or 0. */
  get version(): number {
    switch (this.type) {
      case MEMBERSHIP_QUERY:
        if (this.end - this.start > HEADER_LENGTH) return 3;
        return this.maximumResponseCode === 0 ? 1 : 2;
      case V1_REPORT:
        return 1;
      case V2_REPORT:
      case LEAVE_GROUP:
        return 2;
      case V3_REPORT:
        return 3;
    }
    return 0;
  }

  /**
   * Tenths of a second within which to report, decoded in version 3 (RFC 9776
   * section 4.1.1); in version 1 always 100 (RFC 2236 section 4).
   */
  get maximumResponseTime(): number {
    const code = this.maximumResponseCode;
    const { version } = this;
    if (version === 1) return 100;
    return version === 3 ? decodeOctet(code) : code;
  }

  /** Whether routers must not act on a query, in version 3. */
  get suppress(): boolean {
    return (this.view.getUint8(this.start + FLAGS) & 8) !== 0;
  }
  set suppress(suppress: boolean) {
    const at = this.start + FLAGS;
    const others = this.view.getUint8(at) & ~8;
    this.view.setUint8(at, suppress ? others | 8 : others);
  }

  /** The querier's robustness variable, 0..7, in a query of version 3. */
  get robustness(): number {
    return this.view.getUint8(this.start + FLAGS) & 7;
  }
  set robustness(count: number) {
    const at = this.start + FLAGS;
    this.view.setUint8(at, this.view.getUint8(at) & ~7 | count & 7);
  }

  /** The querier's query interval code, in a query of version 3. */
  get queryIntervalCode(): number {
    return this.view.getUint8(this.start + INTERVAL);
  }
  set queryIntervalCode(code: number) {
    this.view.setUint8(this.start + INTERVAL, code);
  }

  /** The querier's query interval, seconds (RFC 9776 section 4.1.7). */
  get queryInterval(): number {
    return decodeOctet(this.queryIntervalCode);
  }

  /** How many sources a query of version 3 asks about. */
  get sourceCount(): number {
    return this.view.getUint16(this.start + SOURCES);
  }
  set sourceCount(count: number) {
    this.view.setUint16(this.start + SOURCES, count);
  }

  /** One of the sources of a query, int32; `index` below `sourceCount`. */
  source(index: number): number {
    return this.view.getInt32(this.start + QUERY_LENGTH + 4 * index);
  }

  /** Offset behind the fixed fields: of sources, or of records. */
  get payloadStart(): number {
    const query = this.type === MEMBERSHIP_QUERY && this.version === 3;
    return this.start + (query ? QUERY_LENGTH : HEADER_LENGTH);
  }

  /** Offset behind the last octet. */
  get payloadEnd(): number {
    return this.end;
  }

  /** Whether the checksum over the whole IP payload is right. */
  verify(): boolean {
    return sum(this.view, this.start, this.end - this.start) === 0xffff;
  }

  /** Writes the checksum. */
  fillChecksum(): void {
    this.checksum = 0;
    this.checksum = finish(sum(this.view, this.start, this.end - this.start));
  }
}

/** A walk over the records of a report of version 3, bounded by its octets. */
export class Records extends RecordWalk {
  /** Stands nowhere. */
  constructor() {
    super(4);
  }

  /** Begins a walk over the records of a checked report. */
  over(report: View): this {
    const { view, payloadStart, end, recordCount } = report;
    return this.wrap(view, payloadStart, end, recordCount);
  }

  /** Group of the record that was found, int32. */
  get group(): number {
    return this.view.getInt32(this.start + RECORD_GROUP);
  }

  /** One of the record's sources, int32; `index` below `sourceCount`. */
  source(index: number): number {
    return this.view.getInt32(this.start + RECORD_LENGTH + 4 * index);
  }
}

/** What a record of a report says, apart from its sources. */
export class Record {
  /** One of {@linkcode RecordType}, or another. */
  type: number = RecordType.MODE_IS_INCLUDE;
  /** Group, int32. */
  group = 0;
  /** How many sources stand behind it, int32 each. */
  sourceCount = 0;
  /** Octets of auxiliary data behind the sources, a multiple of 4 up to 1020. */
  auxiliaryLength = 0;

  /** Takes over what the record at which a walk stands says. */
  parse(from: Records): void {
    this.type = from.type;
    this.group = from.group;
    this.sourceCount = from.sourceCount;
    this.auxiliaryLength = from.auxiliaryLength;
  }

  /** Octets of the record with its sources and auxiliary data. */
  get bufferLength(): number {
    return RECORD_LENGTH + 4 * this.sourceCount + this.auxiliaryLength;
  }

  /** Writes the eight octets in front of the sources. */
  emit(view: DataView, at: number): void {
    view.setUint8(at, this.type);
    view.setUint8(at + 1, this.auxiliaryLength >>> 2);
    view.setUint16(at + RECORD_SOURCES, this.sourceCount);
    view.setInt32(at + RECORD_GROUP, this.group);
  }
}

/** What a message says, apart from checksum, sources and records. */
export class Repr {
  /** Type. */
  type: number = MEMBERSHIP_QUERY;
  /** Version, 1 to 3; it decides between the forms of a query. */
  version = 2;
  /** Octet behind the type, not decoded. */
  maximumResponseCode = 0;
  /** Group, int32; 0 in reports of version 3. */
  group = 0;
  /** Whether routers must not act on the query, in version 3. */
  suppress = false;
  /** The querier's robustness variable, 0..7, in version 3. */
  robustness = 0;
  /** The querier's query interval code, in version 3. */
  queryIntervalCode = 0;
  /** How many sources a query has, or records a report, in version 3. */
  count = 0;
  /** Octets behind the fixed fields. */
  payloadLength = 0;

  /**
   * Tenths of a second within which to report; what version 3 cannot say is
   * rounded down, version 2 has at most 255. 100 in version 1.
   */
  get maximumResponseTime(): number {
    if (this.version === 1) return 100;
    return this.version === 3
      ? decodeOctet(this.maximumResponseCode)
      : this.maximumResponseCode;
  }
  set maximumResponseTime(tenths: number) {
    this.maximumResponseCode = this.version === 3
      ? encodeOctet(tenths)
      : Math.min(tenths, this.version === 1 ? 0 : 255);
  }

  /** The querier's query interval, seconds, rounded down. */
  get queryInterval(): number {
    return decodeOctet(this.queryIntervalCode);
  }
  set queryInterval(seconds: number) {
    this.queryIntervalCode = encodeOctet(seconds);
  }

  get #isLongQuery(): boolean {
    return this.type === MEMBERSHIP_QUERY && this.version === 3;
  }

  /** Takes over what a view says; its lengths are judged. */
  parse(from: View): Reason | undefined {
    const reason = from.check();
    if (reason !== undefined) return reason;
    this.type = from.type;
    this.version = from.version;
    this.maximumResponseCode = from.maximumResponseCode;
    const report = this.type === V3_REPORT;
    const query = this.#isLongQuery;
    this.group = report ? 0 : from.group;
    this.suppress = query && from.suppress;
    this.robustness = query ? from.robustness : 0;
    this.queryIntervalCode = query ? from.queryIntervalCode : 0;
    this.count = query ? from.sourceCount : report ? from.recordCount : 0;
    this.payloadLength = from.end - from.payloadStart;
    return undefined;
  }

  /** Octets that {@linkcode Repr.emit} writes and the payload takes. */
  get bufferLength(): number {
    return (this.#isLongQuery ? QUERY_LENGTH : HEADER_LENGTH) +
      this.payloadLength;
  }

  /** Writes the fixed fields at `at`, with the checksum left 0. */
  emit(view: DataView, at: number): void {
    view.setUint8(at + TYPE, this.type);
    view.setUint8(at + CODE, this.maximumResponseCode);
    view.setUint16(at + CHECKSUM, 0);
    view.setInt32(
      at + GROUP,
      this.type === V3_REPORT ? this.count : this.group,
    );
    if (!this.#isLongQuery) return;
    view.setUint8(
      at + FLAGS,
      (this.suppress ? 8 : 0) | this.robustness & 7,
    );
    view.setUint8(at + INTERVAL, this.queryIntervalCode);
    view.setUint16(at + SOURCES, this.count);
  }
}

/** A message together with what it says. */
export class Packet {
  /** The octets. */
  readonly view: View = new View();
  /** What the message said when it was parsed. */
  readonly repr: Repr = new Repr();

  /** Points at received octets; judges lengths, not the checksum. */
  parse(view: DataView, start: number, end: number): Reason | undefined {
    return this.repr.parse(this.view.wrap(view, start, end));
  }

  /** Offset behind the fixed fields: of sources, or of records. */
  get payloadStart(): number {
    return this.view.end - this.repr.payloadLength;
  }

  /** Offset behind the last octet. */
  get payloadEnd(): number {
    return this.view.end;
  }

  /** Writes the checksum. */
  fillChecksum(): void {
    this.view.fillChecksum();
  }
}
