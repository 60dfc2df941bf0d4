/**
 * A DHCP message for IPv6 in place, RFC 8415 sections 8 and 9.
 *
 * @module
 */

import { readWords, writeWords } from "./_words.ts";
import { OptionCode, Options } from "./dhcpv6_options.ts";
import type { Reason } from "./reason.ts";

const TYPE = 0;
const TRANSACTION_ID = 0;
const HOP_COUNT = 1;
const LINK_ADDRESS = 2;
const PEER_ADDRESS = 18;

/** Octets in front of the options of a client's or server's message. */
export const HEADER_LENGTH = 4;
/** Octets in front of the options of a relay agent's message. */
export const RELAY_HEADER_LENGTH = 34;
/** Most relay agents that a message passes (RFC 8415 section 7.6). */
export const HOP_COUNT_LIMIT = 8;
/** A lifetime that never ends (RFC 8415 section 7.7). */
export const INFINITY = 0xffff_ffff;

/** Types of messages (RFC 8415 section 7.3). */
export const MessageType = {
  /** A client looks for servers. */
  SOLICIT: 1,
  /** A server offers. */
  ADVERTISE: 2,
  /** A client asks for what was offered. */
  REQUEST: 3,
  /** A client asks whether its addresses are right for the link. */
  CONFIRM: 4,
  /** A client asks its server for more time. */
  RENEW: 5,
  /** A client asks any server for more time. */
  REBIND: 6,
  /** A server's answer to all but the first solicit. */
  REPLY: 7,
  /** A client gives back what it has. */
  RELEASE: 8,
  /** A client says that addresses are in use. */
  DECLINE: 9,
  /** A server asks a client to renew or ask. */
  RECONFIGURE: 10,
  /** A client asks for parameters alone. */
  INFORMATION_REQUEST: 11,
  /** A relay agent passes a message on to servers. */
  RELAY_FORWARD: 12,
  /** A server passes a message to a relay agent. */
  RELAY_REPLY: 13,
} as const;

const NAMES: readonly string[] = [
  "type 0",
  "SOLICIT",
  "ADVERTISE",
  "REQUEST",
  "CONFIRM",
  "RENEW",
  "REBIND",
  "REPLY",
  "RELEASE",
  "DECLINE",
  "RECONFIGURE",
  "INFORMATION-REQUEST",
  "RELAY-FORW",
  "RELAY-REPL",
];

/** The name of a message type, or `"type 25"`. */
export function nameOfMessage(type: number): string {
  return NAMES[type] ?? `type ${type}`;
}

/** Whether messages of a type are those of relay agents. */
export function isRelayType(type: number): boolean {
  return type === MessageType.RELAY_FORWARD || type === MessageType.RELAY_REPLY;
}

const EMPTY: DataView = new DataView(new ArrayBuffer(0));

/**
 * A DHCPv6 message in place, of a client, a server or a relay agent.
 *
 * Once {@linkcode View.check} finds nothing, the header of its kind lies inside
 * and no accessor of that kind reads outside. Options are walked by `Options`.
 */
export class View {
  /** The memory that is read and written. */
  view: DataView;
  /** Offset of the first octet. */
  start: number;
  /** Offset behind the last octet of the message. */
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

  /** Judges lengths only: `"truncated"` if the header does not lie inside. */
  check(): Reason | undefined {
    const octets = this.end - this.start;
    if (octets < HEADER_LENGTH) return "truncated";
    return this.isRelay && octets < RELAY_HEADER_LENGTH
      ? "truncated"
      : undefined;
  }

  /** One of {@linkcode MessageType}. */
  get type(): number {
    return this.view.getUint8(this.start + TYPE);
  }
  set type(type: number) {
    this.view.setUint8(this.start + TYPE, type);
  }

  /** Whether it is a relay agent's, which has no transaction identifier. */
  get isRelay(): boolean {
    return isRelayType(this.type);
  }

  /** What joins requests and replies, 24 bits; not of a relay agent. */
  get transactionId(): number {
    return this.view.getUint32(this.start + TRANSACTION_ID) & 0xffffff;
  }
  set transactionId(id: number) {
    this.view.setUint32(
      this.start + TRANSACTION_ID,
      this.type << 24 | id & 0xffffff,
    );
  }

  /** Relay agents passed before this one; of a relay agent. */
  get hopCount(): number {
    return this.view.getUint8(this.start + HOP_COUNT);
  }
  set hopCount(hops: number) {
    this.view.setUint8(this.start + HOP_COUNT, hops);
  }

  /** Copies the address of the client's link as four words; of a relay agent. */
  copyLinkAddress(into: Int32Array, at: number = 0): void {
    readWords(this.view, this.start + LINK_ADDRESS, into, at);
  }

  /** Writes the address of the client's link from four words. */
  setLinkAddress(from: Int32Array, at: number = 0): void {
    writeWords(this.view, this.start + LINK_ADDRESS, from, at);
  }

  /** Copies the sender that the relay agent had it from; of a relay agent. */
  copyPeerAddress(into: Int32Array, at: number = 0): void {
    readWords(this.view, this.start + PEER_ADDRESS, into, at);
  }

  /** Writes the sender that the relay agent had it from. */
  setPeerAddress(from: Int32Array, at: number = 0): void {
    writeWords(this.view, this.start + PEER_ADDRESS, from, at);
  }

  /** Offset of the first octet of the options. */
  get optionsStart(): number {
    return this.start + (this.isRelay ? RELAY_HEADER_LENGTH : HEADER_LENGTH);
  }

  /** Offset behind the last octet of the options. */
  get optionsEnd(): number {
    return this.end;
  }
}

/**
 * A reusable walk from a relay agent's message into the one that it passes on,
 * and on to a client's or server's; over at most eight relay agents.
 */
export class Relayed {
  /** The message that the walk has come to. */
  readonly message: View = new View();
  /** How many relay agents are around it. */
  depth = 0;
  /**
   * Why the walk ended early: `"truncated"` for a message that is too short,
   * `"option"` for options that lead outside, `"malformed"` where a relay
   * agent's message holds none or is the ninth.
   */
  reason: Reason | undefined = undefined;
  readonly #options = new Options();

  /** Begins at the message `start`..`end`. */
  wrap(view: DataView, start: number, end: number): this {
    this.message.wrap(view, start, end);
    this.depth = 0;
    this.reason = this.message.check();
    return this;
  }

  /** Goes one message inwards; false at a client's or server's. */
  next(): boolean {
    const { message } = this;
    if (this.reason !== undefined || !message.isRelay) return false;
    const options = this.#options.over(message);
    if (!options.find(OptionCode.RELAY_MESSAGE)) {
      this.reason = options.reason ?? "malformed";
      return false;
    }
    if (this.depth === HOP_COUNT_LIMIT) {
      this.reason = "malformed";
      return false;
    }
    message.wrap(message.view, options.dataStart, options.end);
    this.depth++;
    this.reason = message.check();
    return this.reason === undefined;
  }

  /** Goes to the innermost message; the reason if there is none. */
  last(): Reason | undefined {
    while (this.next());
    return this.reason;
  }
}
