/**
 * The messages of [WireGuard](https://www.wireguard.com/papers/wireguard.pdf),
 * section 5.4: their kinds, indices, counters and lengths. What is in them is
 * encrypted, and no concern of this module. All numbers are little-endian.
 *
 * ```ts
 * import { wireguard } from "@ethox/wire";
 * import { assertEquals } from "@std/assert";
 *
 * const view = new DataView(new ArrayBuffer(64));
 * const header = new wireguard.Repr();
 * header.type = wireguard.TRANSPORT_DATA;
 * header.receiverIndex = 0xcafe;
 * header.counterLow = 7;
 * header.payloadLength = 48;
 * header.emit(view, 0);
 *
 * const message = new wireguard.Packet();
 * assertEquals(message.parse(view, 0, 64), undefined);
 * assertEquals(message.view.receiverIndex, 0xcafe);
 * assertEquals([message.payloadStart, message.payloadEnd], [16, 64]);
 * assertEquals(message.parse(view, 0, 31), "length");
 * ```
 *
 * @module
 */

import type { Reason } from "./reason.ts";

/** Type of the first message of a handshake. */
export const HANDSHAKE_INITIATION = 1;
/** Type of the answer to it. */
export const HANDSHAKE_RESPONSE = 2;
/** Type of the answer of a host under load. */
export const COOKIE_REPLY = 3;
/** Type of encrypted packets. */
export const TRANSPORT_DATA = 4;

/** Octets of a handshake initiation. */
export const INITIATION_LENGTH = 148;
/** Octets of a handshake response. */
export const RESPONSE_LENGTH = 92;
/** Octets of a cookie reply. */
export const COOKIE_REPLY_LENGTH = 64;
/** Octets in front of encrypted packets. */
export const DATA_HEADER_LENGTH = 16;
/** Octets of the tag behind an encrypted packet, part of the payload. */
export const TAG_LENGTH = 16;

const TYPE = 0;
const FIRST = 4;
const SECOND = 8;
const COUNTER = 8;

const NAMES: readonly string[] = [
  "handshake initiation",
  "handshake response",
  "cookie reply",
  "transport data",
];

/** What a type is called, or `"type 9"`. */
export function nameOf(type: number): string {
  return NAMES[type - 1] ?? `type ${type}`;
}

const EMPTY: DataView = new DataView(new ArrayBuffer(0));

/**
 * A message in place.
 *
 * Once {@linkcode View.check} finds nothing, the length is right for the type and
 * no accessor reads outside; a number that a type has not reads as 0.
 */
export class View {
  /** The memory that is read and written. */
  view: DataView;
  /** Offset of the first octet of the header. */
  start: number;
  /** Offset behind the last octet of the packet. */
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
   * `"truncated"`; `"unsupported"` for a type that is not known, `"malformed"`
   * if a reserved octet is not 0, `"length"` for another length than the type has.
   */
  check(): Reason | undefined {
    const octets = this.end - this.start;
    if (octets < 4) return "truncated";
    // Type and three reserved octets are one number to senders.
    const type = this.view.getUint32(this.start + TYPE, true);
    if (type > 0xff) return "malformed";
    switch (type) {
      case HANDSHAKE_INITIATION:
        return octets === INITIATION_LENGTH ? undefined : "length";
      case HANDSHAKE_RESPONSE:
        return octets === RESPONSE_LENGTH ? undefined : "length";
      case COOKIE_REPLY:
        return octets === COOKIE_REPLY_LENGTH ? undefined : "length";
      case TRANSPORT_DATA:
        return octets >= DATA_HEADER_LENGTH + TAG_LENGTH ? undefined : "length";
      default:
        return "unsupported";
    }
  }

  /** Type of the message. */
  get type(): number {
    return this.view.getUint8(this.start + TYPE);
  }

  /** Index by which the sender wants to be answered, uint32. */
  get senderIndex(): number {
    return this.type <= HANDSHAKE_RESPONSE
      ? this.view.getUint32(this.start + FIRST, true)
      : 0;
  }

  /** Index that the receiver gave, uint32. */
  get receiverIndex(): number {
    const { type } = this;
    if (type === HANDSHAKE_INITIATION) return 0;
    const at = type === HANDSHAKE_RESPONSE ? SECOND : FIRST;
    return this.view.getUint32(this.start + at, true);
  }

  /** Lower 32 bits of the counter of transport data, uint32. */
  get counterLow(): number {
    return this.type === TRANSPORT_DATA
      ? this.view.getUint32(this.start + COUNTER, true)
      : 0;
  }

  /** Upper 32 bits of the counter of transport data, uint32. */
  get counterHigh(): number {
    return this.type === TRANSPORT_DATA
      ? this.view.getUint32(this.start + COUNTER + 4, true)
      : 0;
  }

  /** Offset of the sender's ephemeral key, 32 octets, in a handshake. */
  get ephemeralStart(): number {
    return this.start + (this.type === HANDSHAKE_INITIATION ? 8 : 12);
  }

  /** Offset of the first code, 16 octets, in a handshake; the second follows. */
  get mac1Start(): number {
    return this.end - 32;
  }

  /** Offset of the nonce, 24 octets, in a cookie reply; the cookie follows. */
  get nonceStart(): number {
    return this.start + 8;
  }

  /** Offset of what is encrypted or opaque: behind indices and counter. */
  get payloadStart(): number {
    return this.start + headerLength(this.type);
  }

  /** Offset behind the last payload octet. */
  get payloadEnd(): number {
    return this.end;
  }
}

function headerLength(type: number): number {
  switch (type) {
    case HANDSHAKE_RESPONSE:
      return 12;
    case TRANSPORT_DATA:
      return DATA_HEADER_LENGTH;
    default:
      return 8;
  }
}

/** What can be said of a message without a key. */
export class Repr {
  /** Type of the message. */
  type: number = TRANSPORT_DATA;
  /** Index by which the sender wants to be answered, uint32; in handshakes. */
  senderIndex = 0;
  /** Index that the receiver gave, uint32; in all but the first message. */
  receiverIndex = 0;
  /** Lower 32 bits of the counter of transport data. */
  counterLow = 0;
  /** Upper 32 bits of the counter of transport data. */
  counterHigh = 0;
  /** Octets behind indices and counter, tag and codes included. */
  payloadLength = 0;

  /** Takes over what a view says; its lengths are judged. */
  parse(from: View): Reason | undefined {
    const reason = from.check();
    if (reason !== undefined) return reason;
    this.type = from.type;
    this.senderIndex = from.senderIndex;
    this.receiverIndex = from.receiverIndex;
    this.counterLow = from.counterLow;
    this.counterHigh = from.counterHigh;
    this.payloadLength = from.payloadEnd - from.payloadStart;
    return undefined;
  }

  /** Octets that {@linkcode Repr.emit} writes and the payload takes. */
  get bufferLength(): number {
    return headerLength(this.type) + this.payloadLength;
  }

  /** Writes type, indices and counter at `at`. */
  emit(view: DataView, at: number): void {
    const { type } = this;
    view.setUint32(at + TYPE, type, true);
    if (type === HANDSHAKE_INITIATION || type === HANDSHAKE_RESPONSE) {
      view.setUint32(at + FIRST, this.senderIndex, true);
      if (type === HANDSHAKE_INITIATION) return;
      view.setUint32(at + SECOND, this.receiverIndex, true);
      return;
    }
    view.setUint32(at + FIRST, this.receiverIndex, true);
    if (type !== TRANSPORT_DATA) return;
    view.setUint32(at + COUNTER, this.counterLow, true);
    view.setUint32(at + COUNTER + 4, this.counterHigh, true);
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
    return this.view.payloadStart;
  }

  /** Offset behind the last payload octet. */
  get payloadEnd(): number {
    return this.view.payloadEnd;
  }
}
