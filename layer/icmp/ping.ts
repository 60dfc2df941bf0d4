/**
 * A client for echo requests.
 *
 * @module
 */

import { ECHO_REQUEST, type View } from "@ethox/wire/icmpv4";
import type { InPacket as IpInPacket } from "../ip/mod.ts";
import {
  type Endpoint,
  Init,
  type RawPacket,
  type Sender,
} from "./endpoint.ts";
import type { ErrorReport } from "./report.ts";

/** How to ping. All times are µs. */
export interface PingOptions {
  /** Whom to ask, int32. */
  readonly destination: number;
  /** Identifier that tells this ping from others. */
  readonly identifier: number;
  /** How often to ask; without end by default. */
  readonly count?: number;
  /** Time between two requests; 1 s by default. */
  readonly interval?: number;
  /** How long an answer may take; 10 s by default. */
  readonly timeout?: number;
  /** Octets of data; 56 by default. */
  readonly size?: number;
  /** Time to live; 64 by default. */
  readonly ttl?: number;
  /** Hears of each answer: sequence number, round trip in µs, TTL, octets. */
  answered?(sequence: number, rtt: number, ttl: number, octets: number): void;
  /** Hears of each request that got no answer in time. */
  lost?(sequence: number): void;
  /**
   * Hears of errors about requests under way, which anybody may have made up:
   * the request may be answered even so.
   */
  failed?(sequence: number, report: ErrorReport): void;
}

/** Requests that may be under way; an answer to an older one is too late. */
const WINDOW = 1024;

/** Asks a host again and again, and measures. */
export class Ping implements Sender {
  /** Requests sent. */
  sent = 0;
  /** Answers received, each once. */
  received = 0;
  /** Answers received again. */
  duplicates = 0;
  /** Errors received about requests under way. */
  errors = 0;
  /** Least round trip, µs; `Infinity` before the first. */
  minimum = 0.5;
  /** Greatest round trip, µs. */
  maximum = 0.5;
  /** Sum of all round trips, µs. */
  total = 0.5;
  /** Sum of their squares. */
  squares = 0.5;
  readonly #options: PingOptions;
  readonly #endpoint: Endpoint;
  readonly #init = new Init();
  readonly #sentAt: Float64Array = new Float64Array(WINDOW);
  // What became of each request: 0 unused, 1 under way, 2 answered, 3 lost.
  readonly #fate: Uint8Array = new Uint8Array(WINDOW);
  readonly #count: number;
  readonly #interval: number;
  readonly #timeout: number;
  #oldest = 0;
  #nextAt = 0.5;
  // What `seek` found; no call returns it, as it would be an object.
  private due = 0.5;
  #unsendable = 0;

  /** Begins with the next buffer that is offered. */
  constructor(endpoint: Endpoint, options: PingOptions) {
    this.#endpoint = endpoint;
    this.#options = options;
    this.#init.destination = options.destination;
    this.#init.identifier = options.identifier;
    this.#init.payloadLength = options.size ?? 56;
    this.#init.ttl = options.ttl ?? 64;
    this.#count = options.count ?? Infinity;
    this.#interval = options.interval ?? 1_000_000;
    this.#timeout = options.timeout ?? 10_000_000;
    this.minimum = Infinity;
    this.maximum = this.total = this.squares = 0;
    this.#nextAt = -Infinity;
    endpoint.attach(this);
  }

  /** Whether all requests were sent and answered or given up. */
  get done(): boolean {
    return this.sent >= this.#count && this.#oldest >= this.sent;
  }

  /** Requests that could not be sent, as there is no way. */
  get unsendable(): number {
    return this.#unsendable;
  }

  /** Mean round trip, µs; 0 before the first answer. */
  get mean(): number {
    return this.received === 0 ? 0 : this.total / this.received;
  }

  /** Standard deviation of the round trips, µs. */
  get deviation(): number {
    if (this.received === 0) return 0;
    const { mean } = this;
    return Math.sqrt(Math.max(0, this.squares / this.received - mean * mean));
  }

  /** Hears no more. */
  stop(): void {
    this.#endpoint.detach(this);
  }

  /** Sends a request if one is due. */
  send(raw: RawPacket): void {
    const { packet } = raw.raw;
    const now = packet.info.timestamp;
    this.#expire(now);
    if (this.sent >= this.#count || now < this.#nextAt) return;
    if (this.sent - this.#oldest >= WINDOW) return;
    this.#nextAt = Math.max(
      this.#nextAt === -Infinity ? now : this.#nextAt + this.#interval,
      now - this.#interval,
    );
    if (this.#nextAt <= now) this.#nextAt = now + this.#interval;
    const sequence = this.sent++;
    const place = sequence % WINDOW;
    this.#sentAt[place] = now;
    this.#fate[place] = 1;
    this.#init.sequenceNumber = (sequence + 1) & 0xffff;
    const out = raw.prepare(this.#init);
    if (typeof out === "string") {
      this.#unsendable++;
      return;
    }
    const { view } = packet.memory;
    const { payloadStart, payloadEnd } = out;
    for (let at = payloadStart; at < payloadEnd; at++) {
      view.setUint8(at, (at - payloadStart) & 0xff);
    }
    if (out.send() !== undefined) this.#unsendable++;
  }

  /** Takes an answer if it is for this ping. */
  take(p: IpInPacket, view: View): boolean {
    if (
      view.identifier !== this.#init.identifier ||
      p.source !== this.#init.destination
    ) return false;
    const sequence = this.#sequenceOf(view.sequenceNumber);
    if (sequence < 0) return true;
    const place = sequence % WINDOW;
    const rtt = p.packet.info.timestamp - this.#sentAt[place]!;
    const fate = this.#fate[place];
    if (fate === 2) this.duplicates++;
    if (fate !== 1) return true;
    this.#fate[place] = 2;
    this.received++;
    this.total += rtt;
    this.squares += rtt * rtt;
    if (rtt < this.minimum) this.minimum = rtt;
    if (rtt > this.maximum) this.maximum = rtt;
    const octets = view.end - view.start;
    this.#options.answered?.(sequence + 1, rtt, p.header.ttl, octets);
    this.#expire(p.packet.info.timestamp);
    return true;
  }

  /** Takes an error if it is about a request of this ping. */
  takeError(report: ErrorReport): boolean {
    const { view, transportStart } = report;
    if (
      report.destination !== this.#init.destination ||
      view.getUint8(transportStart) !== ECHO_REQUEST ||
      view.getUint16(transportStart + 4) !== this.#init.identifier
    ) return false;
    const sequence = this.#sequenceOf(view.getUint16(transportStart + 6));
    if (sequence < 0 || this.#fate[sequence % WINDOW] !== 1) return false;
    this.errors++;
    this.#options.failed?.(sequence + 1, report);
    return true;
  }

  /** The request that sixteen bits name, if it may be under way; else -1. */
  #sequenceOf(bits: number): number {
    const behind = (this.sent - bits) & 0xffff;
    return behind < WINDOW ? this.sent - behind - 1 : -1;
  }

  /** When the next request or time-out is due, µs. */
  nextDeadline(_now: number): number {
    this.seek();
    return this.due;
  }

  /** Notes when something is due. */
  private seek(): void {
    const full = this.sent - this.#oldest >= WINDOW;
    this.due = full || this.sent >= this.#count ? Infinity : this.#nextAt;
    if (this.#oldest >= this.sent) return;
    const expiry = this.#sentAt[this.#oldest % WINDOW]! + this.#timeout;
    if (expiry < this.due) this.due = expiry;
  }

  /** Gives up requests that are too old. */
  #expire(now: number): void {
    while (this.#oldest < this.sent) {
      const place = this.#oldest % WINDOW;
      if (this.#fate[place] === 1) {
        if (now < this.#sentAt[place]! + this.#timeout) return;
        this.#fate[place] = 3;
        this.#options.lost?.(this.#oldest + 1);
      }
      this.#oldest++;
    }
  }
}
