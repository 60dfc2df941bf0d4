/**
 * PPP over Ethernet, [RFC 2516](https://www.rfc-editor.org/rfc/rfc2516): the
 * header of both stages, the tags of discovery, and the protocol of a session's
 * packets.
 *
 * ```ts
 * import { pppoe } from "@ethox/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const header = new pppoe.Repr();
 * header.code = pppoe.Code.SESSION;
 * header.session = 0x1234;
 * header.payloadLength = 22;
 * const view = new DataView(new ArrayBuffer(header.bufferLength));
 * header.emit(view, 0);
 * view.setUint16(6, pppoe.Protocol.IPV4);
 *
 * const packet = new pppoe.Packet();
 * assertEquals(packet.parse(view, 0, view.byteLength), undefined);
 * assertEquals(packet.view.protocol, pppoe.Protocol.IPV4);
 * ```
 *
 * @module
 */

import type { Reason } from "./reason.ts";

const VERSION_TYPE = 0;
const CODE = 1;
const SESSION = 2;
const LENGTH = 4;

/** Octets of the header. */
export const HEADER_LENGTH = 6;
/** Octets of a PPP protocol field. */
export const PROTOCOL_LENGTH = 2;

/** Assigned codes. */
export const Code = {
  /** A packet of a session. */
  SESSION: 0x00,
  /** Offer (PADO). */
  OFFER: 0x07,
  /** Initiation (PADI). */
  INITIATION: 0x09,
  /** Request (PADR). */
  REQUEST: 0x19,
  /** Session confirmation (PADS). */
  CONFIRMATION: 0x65,
  /** Termination (PADT). */
  TERMINATION: 0xa7,
} as const;

/** Protocols of PPP that a session carries. */
export const Protocol = {
  /** IPv4 (RFC 1332). */
  IPV4: 0x0021,
  /** IPv6 (RFC 5072). */
  IPV6: 0x0057,
  /** IPv4 control. */
  IPCP: 0x8021,
  /** IPv6 control. */
  IPV6CP: 0x8057,
  /** Link control (RFC 1661). */
  LCP: 0xc021,
  /** Password authentication (RFC 1334). */
  PAP: 0xc023,
  /** Challenge handshake authentication (RFC 1994). */
  CHAP: 0xc223,
} as const;

/** Types of tags (RFC 2516 appendix A). */
export const TagType = {
  /** End of the list. */
  END: 0x0000,
  /** Name of a service. */
  SERVICE_NAME: 0x0101,
  /** Name of an access concentrator. */
  CONCENTRATOR_NAME: 0x0102,
  /** What a host tells its answers apart by. */
  HOST_UNIQUE: 0x0103,
  /** What a concentrator wants to see again. */
  COOKIE: 0x0104,
  /** Of a vendor. */
  VENDOR: 0x0105,
  /** Of a relay. */
  RELAY_SESSION: 0x0110,
  /** Largest payload (RFC 4638). */
  MAXIMUM_PAYLOAD: 0x0120,
  /** No such service. */
  SERVICE_NAME_ERROR: 0x0201,
  /** The concentrator cannot. */
  SYSTEM_ERROR: 0x0202,
  /** Any error. */
  GENERIC_ERROR: 0x0203,
} as const;

const EMPTY: DataView = new DataView(new ArrayBuffer(0));

/**
 * A PPPoE packet in place.
 *
 * Once {@linkcode View.check} finds nothing, the header and `length` octets of
 * payload lie inside, and {@linkcode View.protocol} may be read if the code is
 * that of a session; writing `code` or `length` can void that.
 */
export class View {
  /** The memory that is read and written. */
  view: DataView;
  /** Offset of the first octet of the header. */
  start: number;
  /** Offset behind the last octet that may belong to the packet. */
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
   * Judges lengths and version: `"truncated"`, `"version"`, or `"length"`, also
   * for a session's packet without protocol.
   */
  check(): Reason | undefined {
    const octets = this.end - this.start;
    if (octets < HEADER_LENGTH) return "truncated";
    if (this.version !== 1 || this.type !== 1) return "version";
    const length = this.length;
    return length > octets - HEADER_LENGTH ||
        (this.code === Code.SESSION && length < PROTOCOL_LENGTH)
      ? "length"
      : undefined;
  }

  /** Version, 1. */
  get version(): number {
    return this.view.getUint8(this.start + VERSION_TYPE) >>> 4;
  }

  /** Type, 1. */
  get type(): number {
    return this.view.getUint8(this.start + VERSION_TYPE) & 15;
  }

  /** One of {@linkcode Code}, or another. */
  get code(): number {
    return this.view.getUint8(this.start + CODE);
  }
  set code(code: number) {
    this.view.setUint8(this.start + CODE, code);
  }

  /** Identifier of the session; 0 before there is one. */
  get session(): number {
    return this.view.getUint16(this.start + SESSION);
  }
  set session(session: number) {
    this.view.setUint16(this.start + SESSION, session);
  }

  /** Octets of payload. */
  get length(): number {
    return this.view.getUint16(this.start + LENGTH);
  }
  set length(octets: number) {
    this.view.setUint16(this.start + LENGTH, octets);
  }

  /** PPP protocol of a session's packet: the first two payload octets. */
  get protocol(): number {
    return this.view.getUint16(this.start + HEADER_LENGTH);
  }
  set protocol(protocol: number) {
    this.view.setUint16(this.start + HEADER_LENGTH, protocol);
  }

  /** Offset of the first payload octet; a session's has its protocol there. */
  get payloadStart(): number {
    return this.start + HEADER_LENGTH;
  }

  /** Offset behind the last payload octet. */
  get payloadEnd(): number {
    return this.start + HEADER_LENGTH + this.length;
  }
}

/** What a PPPoE header says. */
export class Repr {
  /** One of {@linkcode Code}, or another. */
  code: number = Code.SESSION;
  /** Identifier of the session; 0 before there is one. */
  session = 0;
  /** Octets of payload; those of a session's packet include the protocol. */
  payloadLength = 0;

  /** Takes over what a view says; its lengths are judged. */
  parse(from: View): Reason | undefined {
    const reason = from.check();
    if (reason !== undefined) return reason;
    this.code = from.code;
    this.session = from.session;
    this.payloadLength = from.length;
    return undefined;
  }

  /** Octets that {@linkcode Repr.emit} writes and the payload takes. */
  get bufferLength(): number {
    return HEADER_LENGTH + this.payloadLength;
  }

  /** Writes the header at `at`. */
  emit(view: DataView, at: number): void {
    view.setUint8(at + VERSION_TYPE, 0x11);
    view.setUint8(at + CODE, this.code);
    view.setUint16(at + SESSION, this.session);
    view.setUint16(at + LENGTH, this.payloadLength);
  }
}

/** A packet together with what its header says. */
export class Packet {
  /** The octets. */
  readonly view: View = new View();
  /** What the header said when it was parsed. */
  readonly repr: Repr = new Repr();

  /** Points at received octets. */
  parse(view: DataView, start: number, end: number): Reason | undefined {
    return this.repr.parse(this.view.wrap(view, start, end));
  }

  /** Offset of the first payload octet. */
  get payloadStart(): number {
    return this.view.start + HEADER_LENGTH;
  }

  /** Offset behind the last payload octet. */
  get payloadEnd(): number {
    return this.payloadStart + this.repr.payloadLength;
  }
}

/** A walk over the tags of a discovery packet. */
export class Tags {
  /** One of {@linkcode TagType}, or another. */
  type = 0;
  /** Offset of the first octet of the value. */
  start = 0;
  /** Offset behind the last. */
  end = 0;
  /** `"option"` if a tag is longer than the packet. */
  reason: Reason | undefined = undefined;
  #view: DataView = EMPTY;
  #at = 0;
  #last = 0;

  /** Begins a walk over the payload `start`..`end` of a packet. */
  wrap(view: DataView, start: number, end: number): this {
    this.#view = view;
    this.#at = start;
    this.#last = end;
    this.reason = undefined;
    return this;
  }

  /** Begins a walk over the tags of a checked packet. */
  over(packet: View): this {
    return this.wrap(packet.view, packet.payloadStart, packet.payloadEnd);
  }

  /** Goes to the next tag; false behind the last. */
  next(): boolean {
    const at = this.#at;
    if (at >= this.#last) return false;
    const left = this.#last - at - 4;
    const type = left < 0 ? 0 : this.#view.getUint16(at);
    const length = left < 0 ? 0 : this.#view.getUint16(at + 2);
    if (left < 0 || length > left) {
      this.reason = "option";
      this.#at = this.#last;
      return false;
    }
    this.#at = type === TagType.END ? this.#last : at + 4 + length;
    if (type === TagType.END) return false;
    this.type = type;
    this.start = at + 4;
    this.end = at + 4 + length;
    return true;
  }
}
