/**
 * A host's ICMP.
 *
 * @module
 */

import { Counters } from "@ethox/managed/counters";
import { Clock } from "@ethox/nic/device";
import { CHECKSUM_NONE, type Packet } from "@ethox/nic/packet";
import { finish, update16 } from "@ethox/wire/checksum";
import {
  DESTINATION_UNREACHABLE,
  ECHO_REPLY,
  ECHO_REQUEST,
  HEADER_LENGTH,
  isError,
  PROTOCOL_UNREACHABLE,
  REDIRECT,
  SOURCE_QUENCH,
  View,
} from "@ethox/wire/icmpv4";
import type { Failure } from "../failure.ts";
import {
  type Endpoint as Ip,
  Init as IpInit,
  type InPacket as IpInPacket,
  type OutPacket as IpOutPacket,
  type RawPacket as IpRawPacket,
  type Receiver as IpReceiver,
  type Sender as IpSender,
  UNICAST,
} from "../ip/mod.ts";
import { DROPPED_PROTOCOL } from "../ip/counters.ts";
import { Limiter } from "../limiter.ts";
import type { Ping } from "./ping.ts";
import { type ErrorListener, ErrorReport } from "./report.ts";

const PROTOCOL = 1;
const IP_HEADER = 20;
/** Where an IP header has its datagram's length. */
const LENGTH = 2;
/** Where it has flags and fragment offset. */
const OFFSET = 6;
/** Octets of an error in all, RFC 1812 section 4.3.2.3. */
const LARGEST_ERROR = 576;

/** Names of the counters. */
export const COUNTERS = [
  "received",
  "echoesAnswered",
  "echoesIgnored",
  "errorsSent",
  "errorsLimited",
  "errorsSuppressed",
  "errorsDelivered",
  "errorsUnclaimed",
  "droppedMalformed",
  "droppedChecksum",
  "droppedUnknown",
  "repliesDelivered",
  "sendFailed",
  "handlerThrew",
  "delivered",
  "errorsIgnored",
] as const;
/** A name in {@linkcode COUNTERS}. */
export type CounterName = typeof COUNTERS[number];
const RECEIVED = 0;
const ECHOES_ANSWERED = 1;
const ECHOES_IGNORED = 2;
const ERRORS_SENT = 3;
const ERRORS_LIMITED = 4;
const ERRORS_SUPPRESSED = 5;
const ERRORS_DELIVERED = 6;
const ERRORS_UNCLAIMED = 7;
const DROPPED_MALFORMED = 8;
const DROPPED_CHECKSUM = 9;
const DROPPED_UNKNOWN = 10;
const REPLIES_DELIVERED = 11;
const SEND_FAILED = 12;
const HANDLER_THREW = 13;
const DELIVERED = 14;
const ERRORS_IGNORED = 15;

/** How an {@linkcode Endpoint} is made. */
export interface Options {
  /** The layer below. */
  readonly ip: Ip;
  /**
   * Errors a second, RFC 1812 section 4.3.2.8, and as many answers to pings to
   * everybody; 1000 by default.
   */
  readonly errorRate?: number;
  /** Of either at once; 50 by default. */
  readonly errorBurst?: number;
  /** Whether pings to everybody are answered; not by default. */
  readonly answerBroadcast?: boolean;
}

/** Takes messages that the endpoint does not deal with itself. */
export interface Receiver {
  /** Looks at a message; must not keep it. */
  receive(message: InPacket): void;
}

/** Fills messages. */
export interface Sender {
  /** Prepares and sends a message, or leaves the buffer. */
  send(raw: RawPacket): void;
}

/** A receiver, or just its function. */
export type ReceiveHandler = Receiver | ((message: InPacket) => void);
/** A sender, or just its function. */
export type SendHandler = Sender | ((raw: RawPacket) => void);

/** What an echo request is to say. */
export class Init {
  /** Own address, int32; 0 lets the route choose. */
  source = 0;
  /** Destination, int32. */
  destination = 0;
  /** Identifier. */
  identifier = 0;
  /** Sequence number. */
  sequenceNumber = 0;
  /** Octets of data. */
  payloadLength = 0;
  /** Time to live. */
  ttl = 64;
}

/** A host's ICMP. */
export class Endpoint {
  /** Whether echo requests go to the handler instead of being answered. */
  manual = false;
  /** Whether echo requests are not answered at all. */
  silent = false;
  /** Whether pings to everybody are answered (RFC 1122 section 3.2.2.6). */
  answerBroadcast: boolean;
  /** What a handler threw last; `handlerThrew` counts how often that happened. */
  thrown: unknown = undefined;
  /** What happened so far. */
  readonly counters: Counters<CounterName> = new Counters(COUNTERS);
  readonly #ip: Ip;
  readonly #clock = new Clock();
  readonly #errors: Limiter;
  readonly #smurfs: Limiter;
  readonly #init = new IpInit();
  readonly #view = new View();
  readonly #report = new ErrorReport();
  readonly #listeners: (ErrorListener | undefined)[] = new Array(256).fill(
    undefined,
  );
  readonly #pings: Ping[] = [];

  /** Nobody listens to errors. */
  constructor(options: Options) {
    this.#ip = options.ip;
    const { errorRate = 1000, errorBurst = 50 } = options;
    this.#errors = new Limiter(errorRate, errorBurst);
    this.#smurfs = new Limiter(errorRate, errorBurst);
    this.answerBroadcast = options.answerBroadcast ?? false;
    this.#init.protocol = PROTOCOL;
  }

  /** The layer below. */
  get ip(): Ip {
    return this.#ip;
  }

  /**
   * Lets a listener hear of errors about datagrams of a protocol. Source quench
   * and redirects are none of these.
   */
  onError(protocol: number, listener: ErrorListener): void {
    this.#listeners[protocol] = listener;
  }

  /** Lets a ping hear of its answers; {@linkcode Ping} does this. */
  attach(ping: Ping): void {
    this.#pings.push(ping);
  }

  /** Undoes {@linkcode Endpoint.attach}. */
  detach(ping: Ping): void {
    const i = this.#pings.indexOf(ping);
    if (i >= 0) this.#pings.splice(i, 1);
  }

  /** The handler to give to `ip.demux`; `handler` gets what is left. */
  recv(handler: ReceiveHandler = nothing): IpReceiver {
    const message = new InPacket(this);
    return { receive: (p) => this.#receive(p, message, handler) };
  }

  /** The handler to give to `ip.send`, that offers messages to `handler`. */
  send(handler: SendHandler): IpSender {
    const message = new RawPacket(this);
    return {
      send: (raw) => {
        message.raw = raw;
        try {
          if (typeof handler === "function") handler(message);
          else handler.send(message);
        } catch (error) {
          this.#threw(error);
        }
      },
    };
  }

  /**
   * Answers a datagram with "destination unreachable" in its own buffer, unless
   * RFC 1812 section 4.3.2.7 forbids it or the rate is used up.
   */
  unreachable(p: IpInPacket, code: number): void {
    this.error(p, DESTINATION_UNREACHABLE, code, 0);
  }

  /** A handler for `ip.demux` that answers unknown protocols. */
  unknownProtocol(): IpReceiver {
    return {
      receive: (p) => {
        p.endpoint.counters.add(DROPPED_PROTOCOL, 1);
        this.unreachable(p, PROTOCOL_UNREACHABLE);
      },
    };
  }

  /** Answers a datagram with an error; `rest` is the message's second word. */
  error(p: IpInPacket, type: number, code: number, rest: number): void {
    const { packet } = p;
    const { counters } = this;
    if (!this.#mayComplain(p)) return counters.add(ERRORS_SUPPRESSED, 1);
    this.#tick(packet);
    if (!this.#errors.allow(this.#clock)) {
      return counters.add(ERRORS_LIMITED, 1);
    }
    const headerLength = p.payloadStart - packet.start;
    const quoted = Math.min(
      p.payloadEnd - packet.start,
      LARGEST_ERROR - IP_HEADER - HEADER_LENGTH,
      Math.max(headerLength + 8, this.#ip.mtu - IP_HEADER - HEADER_LENGTH),
    );
    const front = IP_HEADER + HEADER_LENGTH;
    const { source, destination } = p;
    if (packet.reframe(front + quoted, 0, quoted, front) !== "queued") {
      return counters.add(SEND_FAILED, 1);
    }
    packet.info.clear();
    const init = this.#init;
    init.source = destination;
    init.destination = source;
    init.payloadLength = HEADER_LENGTH + quoted;
    p.payloadStart = packet.start + IP_HEADER;
    const out = p.reinit(init);
    if (typeof out === "string") return counters.add(SEND_FAILED, 1);
    const { view } = packet.memory;
    view.setInt32(out.payloadStart, (type << 24) | (code << 16));
    view.setInt32(out.payloadStart + 4, rest);
    seal(out);
    const failure = out.send();
    counters.add(failure === undefined ? ERRORS_SENT : SEND_FAILED, 1);
  }

  /** Sends an echo request; used by {@linkcode RawPacket}. */
  prepare(raw: IpRawPacket, echo: Init): IpOutPacket | Failure {
    const init = this.#init;
    init.source = echo.source;
    init.destination = echo.destination;
    init.payloadLength = HEADER_LENGTH + echo.payloadLength;
    init.ttl = echo.ttl;
    raw.packet.info.clear();
    const out = raw.prepare(init);
    init.ttl = 64;
    if (typeof out === "string") return out;
    const { view } = raw.packet.memory;
    view.setInt32(out.payloadStart, ECHO_REQUEST << 24);
    view.setInt32(
      out.payloadStart + 4,
      (echo.identifier << 16) | (echo.sequenceNumber & 0xffff),
    );
    return out;
  }

  #receive(p: IpInPacket, message: InPacket, handler: ReceiveHandler): void {
    const { packet } = p;
    const { counters } = this;
    const { info } = packet;
    counters.add(RECEIVED, 1);
    const start = p.payloadStart;
    const view = this.#view.wrap(packet.memory.view, start, p.payloadEnd);
    if (view.check() !== undefined) return counters.add(DROPPED_MALFORMED, 1);
    if (
      info.checksum === CHECKSUM_NONE && !info.capabilities.icmpv4.receive &&
      packet.sum(start, p.payloadEnd - start, 0) !== 0xffff
    ) return counters.add(DROPPED_CHECKSUM, 1);
    const { type } = view;
    if (type === ECHO_REQUEST && !this.manual) return this.#echo(p, view);
    if (isError(type)) return this.#deliver(p, view);
    if (type === ECHO_REPLY && this.#answered(p, view)) {
      return counters.add(REPLIES_DELIVERED, 1);
    }
    message.packet = p;
    message.header.wrap(view.view, view.start, view.end);
    if (handler === nothing) return counters.add(DROPPED_UNKNOWN, 1);
    counters.add(DELIVERED, 1);
    try {
      if (typeof handler === "function") handler(message);
      else handler.receive(message);
    } catch (error) {
      this.#threw(error);
    }
  }

  /** Whether a ping claims an echo reply. */
  #answered(p: IpInPacket, view: View): boolean {
    for (let i = 0; i < this.#pings.length; i++) {
      try {
        if (this.#pings[i]!.take(p, view)) return true;
      } catch (error) {
        this.#threw(error);
        return true;
      }
    }
    return false;
  }

  #threw(error: unknown): void {
    this.thrown = error;
    this.counters.add(HANDLER_THREW, 1);
  }

  #tick({ info }: Packet): void {
    if (info.timestamp > this.#clock.now) this.#clock.now = info.timestamp;
  }

  /** Answers an echo request in its own buffer; the data does not move. */
  #echo(p: IpInPacket, view: View): void {
    this.#tick(p.packet);
    if (
      this.silent || view.code !== 0 ||
      (p.destinationKind !== UNICAST &&
        !(this.answerBroadcast && this.#smurfs.allow(this.#clock)))
    ) return this.counters.add(ECHOES_IGNORED, 1);
    this.answer(p, view);
  }

  /** Turns an echo request into its answer and sends it. */
  answer(p: IpInPacket, view: View): Failure | undefined {
    const init = this.#init;
    // From everybody's address nobody can answer (RFC 1122 section 3.2.2.6).
    init.source = p.destinationKind === UNICAST ? p.destination : 0;
    init.destination = p.source;
    init.payloadLength = p.payloadEnd - p.payloadStart;
    view.type = ECHO_REPLY;
    view.checksum = update16(
      view.checksum,
      ECHO_REQUEST << 8,
      ECHO_REPLY << 8,
    );
    p.packet.info.clear();
    const out = p.reinit(init);
    const failure = typeof out === "string" ? out : out.send();
    this.counters.add(
      failure === undefined ? ECHOES_ANSWERED : SEND_FAILED,
      1,
    );
    return failure;
  }

  /** Hands an error to the protocol that it concerns. */
  #deliver(p: IpInPacket, view: View): void {
    const { counters } = this;
    const { type } = view;
    // RFC 6633 section 3; routes change by configuration only.
    if (type === SOURCE_QUENCH || type === REDIRECT) {
      return counters.add(ERRORS_IGNORED, 1);
    }
    if (view.checkQuote() !== undefined) {
      return counters.add(DROPPED_MALFORMED, 1);
    }
    const source = view.quotedSource;
    const protocol = view.quotedProtocol;
    const listener = this.#listeners[protocol];
    const offset = view.view.getUint16(view.payloadStart + OFFSET) & 0x1fff;
    // What we did not send is no concern of ours, and we send no fragments.
    if (
      offset !== 0 || !this.#ip.isLocal(source) ||
      (listener === undefined && protocol !== PROTOCOL)
    ) return counters.add(ERRORS_UNCLAIMED, 1);
    const report = this.#report;
    report.type = type;
    report.code = view.code;
    report.nextHopMtu = view.nextHopMtu;
    report.quotedLength = view.view.getUint16(view.payloadStart + LENGTH);
    report.reporter = p.source;
    report.source = source;
    report.destination = view.quotedDestination;
    report.protocol = protocol;
    report.view = view.view;
    report.transportStart = view.quotedTransport;
    report.transportEnd = view.end;
    let claimed = true;
    try {
      if (listener !== undefined) listener.icmpError(report);
      else claimed = this.#pinged(report);
    } catch (error) {
      this.#threw(error);
    }
    counters.add(claimed ? ERRORS_DELIVERED : ERRORS_UNCLAIMED, 1);
  }

  /** Whether a ping claims an error. */
  #pinged(report: ErrorReport): boolean {
    for (let i = 0; i < this.#pings.length; i++) {
      if (this.#pings[i]!.takeError(report)) return true;
    }
    return false;
  }

  /** Whether a datagram may be answered with an error, RFC 1812 4.3.2.7. */
  #mayComplain(p: IpInPacket): boolean {
    if (p.destinationKind !== UNICAST || !this.#ip.isHost(p.source)) {
      return false;
    }
    if (p.protocol !== PROTOCOL) return true;
    if (p.payloadEnd <= p.payloadStart) return false;
    // Only of an echo request is it sure that it is no error.
    return p.packet.memory.view.getUint8(p.payloadStart) === ECHO_REQUEST;
  }
}

/** A message that was received; valid during the call. */
export class InPacket {
  /** The datagram. */
  packet!: IpInPacket;
  /** The message. */
  readonly header: View = new View();
  readonly #endpoint: Endpoint;
  readonly #raw: RawPacket;

  /** Made once for each {@linkcode Endpoint.recv}. */
  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
    this.#raw = new RawPacket(endpoint);
  }

  /** Answers an echo request; `"illegal"` if it is none. */
  answer(): Failure | undefined {
    const { header } = this;
    if (header.type !== ECHO_REQUEST) return "illegal";
    return this.#endpoint.answer(this.packet, header);
  }

  /** Gives the message up for another in this buffer. */
  deinit(): RawPacket {
    this.#raw.raw = this.packet.deinit();
    return this.#raw;
  }
}

/** A buffer for a message; valid during the call. */
export class RawPacket {
  /** The buffer. */
  raw!: IpRawPacket;
  readonly #endpoint: Endpoint;
  readonly #out = new OutPacket();

  /** Made once for each {@linkcode Endpoint.send}. */
  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
  }

  /** Begins an echo request, whose data may then be filled. */
  prepare(init: Init): OutPacket | Failure {
    const out = this.#endpoint.prepare(this.raw, init);
    if (typeof out === "string") return out;
    this.#out.out = out;
    return this.#out;
  }
}

/** An echo request whose data may be filled. */
export class OutPacket {
  /** The datagram. */
  out!: IpOutPacket;

  /** Offset of the first octet of data. */
  get payloadStart(): number {
    return this.out.payloadStart + HEADER_LENGTH;
  }

  /** Offset behind the last octet of data. */
  get payloadEnd(): number {
    return this.out.payloadEnd;
  }

  /** Writes the checksum and sends. */
  send(): Failure | undefined {
    seal(this.out);
    return this.out.send();
  }
}

function seal(out: IpOutPacket): void {
  const { packet } = out;
  const at = out.payloadStart;
  const { view } = packet.memory;
  view.setUint16(at + 2, 0);
  const sum = packet.sum(at, out.payloadEnd - at, 0);
  view.setUint16(at + 2, finish(sum));
}

function nothing(): void {}
