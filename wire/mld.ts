/**
 * Multicast Listener Discovery for IPv6: version 1,
 * [RFC 2710](https://www.rfc-editor.org/rfc/rfc2710), and version 2,
 * [RFC 9777](https://www.rfc-editor.org/rfc/rfc9777), which obsoletes RFC 3810.
 *
 * The messages are of ICMPv6; the version of a query is told by its length.
 *
 * ```ts
 * import { ipv6, mld } from "@ethox/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const query = new mld.Repr();
 * query.version = 2;
 * query.maximumResponseDelay = 10_000;
 * query.robustness = 2;
 * query.queryInterval = 125;
 * ipv6.Address.parse("ff02::fb").copy(query.address);
 * const view = new DataView(new ArrayBuffer(query.bufferLength));
 * query.emit(view, 0);
 *
 * const message = new mld.View(view);
 * assertEquals(message.check(), undefined);
 * assertEquals(message.version, 2);
 * assertEquals(message.maximumResponseDelay, 10_000);
 * assertEquals(`${ipv6.Address.read(view, message.addressStart)}`, "ff02::fb");
 * ```
 *
 * @module
 */

import { readWords, writeWords } from "./_words.ts";
import {
  decodeOctet,
  decodeWord,
  encodeOctet,
  encodeWord,
  RecordWalk,
} from "./_group.ts";
import * as icmpv6 from "./icmpv6.ts";
import {
  MULTICAST_LISTENER_DONE,
  MULTICAST_LISTENER_QUERY,
  MULTICAST_LISTENER_REPORT,
  MULTICAST_LISTENER_REPORT_V2,
} from "./icmpv6_type.ts";
import type { Reason } from "./reason.ts";

export { nameOfRecord, RecordType, RecordWalk } from "./_group.ts";
export {
  MULTICAST_LISTENER_DONE,
  MULTICAST_LISTENER_QUERY,
  MULTICAST_LISTENER_REPORT,
  MULTICAST_LISTENER_REPORT_V2,
} from "./icmpv6_type.ts";

const DELAY = 4;
const RECORDS = 6;
const ADDRESS = 8;
const FLAGS = 24;
const INTERVAL = 25;
const SOURCES = 26;
const RECORD_SOURCES = 2;
const RECORD_ADDRESS = 4;

/** Octets of a message of version 1. */
export const MESSAGE_LENGTH = 24;
/** Octets of a query of version 2 in front of its sources. */
export const QUERY_LENGTH = 28;
/** Octets of a report of version 2 in front of its records. */
export const REPORT_LENGTH = 8;
/** Octets of a record of a report in front of its sources. */
export const RECORD_LENGTH = 20;

/** Octets of a message in front of sources or records; 0 for other types. */
function fixedLength(type: number, version: number): number {
  switch (type) {
    case MULTICAST_LISTENER_QUERY:
      return version === 2 ? QUERY_LENGTH : MESSAGE_LENGTH;
    case MULTICAST_LISTENER_REPORT:
    case MULTICAST_LISTENER_DONE:
      return MESSAGE_LENGTH;
    case MULTICAST_LISTENER_REPORT_V2:
      return REPORT_LENGTH;
    default:
      return 0;
  }
}

/**
 * A message in place: what {@linkcode icmpv6.View} has, and the fields.
 *
 * Once {@linkcode View.check} finds nothing no accessor of the message's own type
 * and version reads outside, and all sources of a query are there; records of a
 * report are for {@linkcode Records} to judge.
 */
export class View extends icmpv6.View {
  /**
   * Judges type and lengths: `"truncated"`, `"unsupported"`, or `"length"` for a
   * query of 25 to 27 octets (RFC 9777 section 8.1) or of more sources than
   * there are.
   */
  override check(): Reason | undefined {
    const reason = super.check();
    if (reason !== undefined) return reason;
    const { type } = this;
    const least = fixedLength(type, 1);
    if (least === 0) return "unsupported";
    const length = this.end - this.start;
    if (length < least) return "truncated";
    if (type !== MULTICAST_LISTENER_QUERY || length === MESSAGE_LENGTH) {
      return undefined;
    }
    if (length < QUERY_LENGTH) return "length";
    return QUERY_LENGTH + 16 * this.sourceCount > length ? "length" : undefined;
  }

  /** Version, 1 or 2, by type and length. */
  get version(): number {
    const { type } = this;
    if (type === MULTICAST_LISTENER_QUERY) {
      return this.end - this.start > MESSAGE_LENGTH ? 2 : 1;
    }
    return type === MULTICAST_LISTENER_REPORT_V2 ? 2 : 1;
  }

  /** How long to wait with reports, not decoded. */
  get maximumResponseCode(): number {
    return this.view.getUint16(this.start + DELAY);
  }
  set maximumResponseCode(code: number) {
    this.view.setUint16(this.start + DELAY, code);
  }

  /** Milliseconds within which to report (RFC 9777 section 5.1.3). */
  get maximumResponseDelay(): number {
    const code = this.maximumResponseCode;
    return this.version === 2 ? decodeWord(code) : code;
  }

  /** How many records a report of version 2 claims. */
  get recordCount(): number {
    return this.view.getUint16(this.start + RECORDS);
  }
  set recordCount(count: number) {
    this.view.setUint16(this.start + RECORDS, count);
  }

  /**
   * Offset of the group, 16 octets, `::` in general queries. Not in reports of
   * version 2.
   */
  get addressStart(): number {
    return this.start + ADDRESS;
  }

  /** Copies the group to four words of an array. */
  copyAddress(into: Int32Array, at: number = 0): void {
    readWords(this.view, this.start + ADDRESS, into, at);
  }

  /** Whether routers must not act on a query, in version 2. */
  get suppress(): boolean {
    return (this.view.getUint8(this.start + FLAGS) & 8) !== 0;
  }
  set suppress(suppress: boolean) {
    const at = this.start + FLAGS;
    const others = this.view.getUint8(at) & ~8;
    this.view.setUint8(at, suppress ? others | 8 : others);
  }

  /** The querier's robustness variable, 0..7, in a query of version 2. */
  get robustness(): number {
    return this.view.getUint8(this.start + FLAGS) & 7;
  }
  set robustness(count: number) {
    const at = this.start + FLAGS;
    this.view.setUint8(at, this.view.getUint8(at) & ~7 | count & 7);
  }

  /** The querier's query interval code, in a query of version 2. */
  get queryIntervalCode(): number {
    return this.view.getUint8(this.start + INTERVAL);
  }
  set queryIntervalCode(code: number) {
    this.view.setUint8(this.start + INTERVAL, code);
  }

  /** The querier's query interval, seconds (RFC 9777 section 5.1.9). */
  get queryInterval(): number {
    return decodeOctet(this.queryIntervalCode);
  }

  /** How many sources a query of version 2 asks about. */
  get sourceCount(): number {
    return this.view.getUint16(this.start + SOURCES);
  }
  set sourceCount(count: number) {
    this.view.setUint16(this.start + SOURCES, count);
  }

  /** Copies one of the sources of a query, `index` below `sourceCount`. */
  copySource(index: number, into: Int32Array, at: number = 0): void {
    readWords(this.view, this.start + QUERY_LENGTH + 16 * index, into, at);
  }

  /** Offset behind the fixed fields: of sources, or of records. */
  override get payloadStart(): number {
    return this.start + fixedLength(this.type, this.version);
  }
}

/** A walk over the records of a report of version 2, bounded by its octets. */
export class Records extends RecordWalk {
  /** Stands nowhere. */
  constructor() {
    super(16);
  }

  /** Begins a walk over the records of a checked report. */
  over(report: View): this {
    const { view, payloadStart, end, recordCount } = report;
    return this.wrap(view, payloadStart, end, recordCount);
  }

  /** Offset of the record's group, 16 octets. */
  get addressStart(): number {
    return this.start + RECORD_ADDRESS;
  }

  /** Copies the record's group to four words of an array. */
  copyAddress(into: Int32Array, at: number = 0): void {
    readWords(this.view, this.addressStart, into, at);
  }

  /** Copies one of the record's sources, `index` below `sourceCount`. */
  copySource(index: number, into: Int32Array, at: number = 0): void {
    readWords(this.view, this.start + RECORD_LENGTH + 16 * index, into, at);
  }
}

/** What a record of a report says, apart from its sources. */
export class Record {
  /** One of `RecordType`, or another. */
  type = 1;
  /** Group, four words. */
  readonly address: Int32Array = new Int32Array(4);
  /** How many sources stand behind it, 16 octets each. */
  sourceCount = 0;
  /** Octets of auxiliary data behind the sources, a multiple of 4 up to 1020. */
  auxiliaryLength = 0;

  /** Takes over what the record at which a walk stands says. */
  parse(from: Records): void {
    this.type = from.type;
    from.copyAddress(this.address);
    this.sourceCount = from.sourceCount;
    this.auxiliaryLength = from.auxiliaryLength;
  }

  /** Octets of the record with its sources and auxiliary data. */
  get bufferLength(): number {
    return RECORD_LENGTH + 16 * this.sourceCount + this.auxiliaryLength;
  }

  /** Writes the 20 octets in front of the sources. */
  emit(view: DataView, at: number): void {
    view.setUint8(at, this.type);
    view.setUint8(at + 1, this.auxiliaryLength >>> 2);
    view.setUint16(at + RECORD_SOURCES, this.sourceCount);
    writeWords(view, at + RECORD_ADDRESS, this.address, 0);
  }
}

/** What a message says, apart from checksum, sources and records. */
export class Repr {
  /** Type. */
  type: number = MULTICAST_LISTENER_QUERY;
  /** Version, 1 or 2; it decides between the forms of a query. */
  version = 1;
  /** Code, 0. */
  code = 0;
  /** How long to wait with reports, not decoded; 0 in reports of version 2. */
  maximumResponseCode = 0;
  /** Group, four words; zeros in reports of version 2. */
  readonly address: Int32Array = new Int32Array(4);
  /** Whether routers must not act on the query, in version 2. */
  suppress = false;
  /** The querier's robustness variable, 0..7, in version 2. */
  robustness = 0;
  /** The querier's query interval code, in version 2. */
  queryIntervalCode = 0;
  /** How many sources a query has, or records a report, in version 2. */
  count = 0;
  /** Octets behind the fixed fields. */
  payloadLength = 0;

  /**
   * Milliseconds within which to report; what version 2 cannot say is rounded
   * down, version 1 has at most 65535.
   */
  get maximumResponseDelay(): number {
    const code = this.maximumResponseCode;
    return this.version === 2 ? decodeWord(code) : code;
  }
  set maximumResponseDelay(time: number) {
    this.maximumResponseCode = this.version === 2
      ? encodeWord(time)
      : Math.min(time, 65535);
  }

  /** The querier's query interval, seconds, rounded down. */
  get queryInterval(): number {
    return decodeOctet(this.queryIntervalCode);
  }
  set queryInterval(seconds: number) {
    this.queryIntervalCode = encodeOctet(seconds);
  }

  get #isLongQuery(): boolean {
    return this.type === MULTICAST_LISTENER_QUERY && this.version === 2;
  }

  /** Takes over what a view says; its lengths are judged. */
  parse(from: View): Reason | undefined {
    const reason = from.check();
    if (reason !== undefined) return reason;
    this.type = from.type;
    this.version = from.version;
    this.code = from.code;
    const report = this.type === MULTICAST_LISTENER_REPORT_V2;
    const query = this.#isLongQuery;
    this.maximumResponseCode = report ? 0 : from.maximumResponseCode;
    if (report) this.address.fill(0);
    else from.copyAddress(this.address);
    this.suppress = query && from.suppress;
    this.robustness = query ? from.robustness : 0;
    this.queryIntervalCode = query ? from.queryIntervalCode : 0;
    this.count = query ? from.sourceCount : report ? from.recordCount : 0;
    this.payloadLength = from.end - from.payloadStart;
    return undefined;
  }

  /** Octets that {@linkcode Repr.emit} writes and the payload takes. */
  get bufferLength(): number {
    return fixedLength(this.type, this.version) + this.payloadLength;
  }

  /** Writes the fixed fields at `at`, with the checksum left 0. */
  emit(view: DataView, at: number): void {
    view.setInt32(at, this.type << 24 | (this.code & 0xff) << 16);
    if (this.type === MULTICAST_LISTENER_REPORT_V2) {
      view.setInt32(at + DELAY, this.count & 0xffff);
      return;
    }
    view.setInt32(at + DELAY, this.maximumResponseCode << 16);
    writeWords(view, at + ADDRESS, this.address, 0);
    if (!this.#isLongQuery) return;
    view.setUint8(at + FLAGS, (this.suppress ? 8 : 0) | this.robustness & 7);
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

  /** Writes the checksum; `addresses` as for `icmpv6.View.verify`. */
  fillChecksum(addresses: number): void {
    this.view.fillChecksum(addresses);
  }
}
