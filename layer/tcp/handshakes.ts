/**
 * Passive opens: answers requests, remembers them in a table or in a cookie, and
 * says when one has become a connection.
 *
 * @module
 */

import { before } from "@ethox/wire/tcp";
import type { InPacket, RawPacket } from "../ip/mod.ts";
import type { Failure } from "../failure.ts";
import { Admission } from "./admission.ts";
import { CookieJar, SMALLEST } from "./cookie.ts";
import { type Core, derive } from "./core.ts";
import * as count from "./counters.ts";
import * as ecn from "./ecn.ts";
import { Cookie, CookieMill, EarlyLimit, INVALID, VALID } from "./fast_open.ts";
import { acceptable } from "./input.ts";
import { Listener, type ListenOptions, scaleFor } from "./listener.ts";
import type { Offer } from "./negotiation.ts";
import { ACK, FIN, RST, type Segment, SYN } from "./segment.ts";
import { Sources } from "./sources.ts";
import { ECN, QUEUED, REPEATED, SACK, TIMESTAMPS } from "./syn_cache.ts";
import { stamp } from "./timestamps.ts";

/** ACKs that a half-open connection spends on what cannot be right. */
const CORRECTIONS = 8;
/** For how long a cookie may come back, µs. */
const COOKIE_LIFE = 32_000_000;
/** The bit of `Tuning.fastOpen` for listeners. */
const SERVER = 2;
const DEFAULT_BACKLOG = 64;
const DEFAULT_WINDOW = 262144;

/** The listeners and their half-open connections. */
export class Handshakes {
  /** All listeners, open or not. */
  readonly listeners: readonly Listener[];
  /** Who may come in. */
  readonly admission: Admission;
  /** Initial sequence number of the handshake that {@linkcode confirm} found. */
  iss = 0;
  /** The peer's initial sequence number. */
  irs = 0;
  /** What its peer offered and we agreed to. */
  readonly offer: Offer = {
    mss: 0,
    windowScale: -1,
    sackPermitted: false,
    timestamps: false,
    timestampValue: 0,
    ecn: false,
  };
  /** How often its SYN,ACK was repeated. */
  retries = 0;
  /** How long its SYN,ACK took to be acknowledged, µs; 0 if that is not known. */
  elapsed = 0;
  readonly #core: Core;
  readonly #byPort: Int16Array = new Int16Array(65536).fill(-1);
  readonly #jar: CookieJar;
  readonly #mill: CookieMill;
  readonly #cookie = new Cookie();
  // Who holds how many rows.
  readonly #sources: Sources;
  // Rows whose SYN,ACK is to be repeated.
  readonly #due: Int32Array;
  #head = 0;
  #waiting = 0;
  #promised = 0;

  /** Nobody listens. */
  constructor(core: Core, key: Uint8Array) {
    this.#core = core;
    const listeners: Listener[] = [];
    for (let i = 0; i < core.listeners; i++) listeners.push(new Listener(i));
    this.listeners = listeners;
    this.admission = new Admission(core, listeners, key);
    this.#sources = new Sources(core.syn.capacity, derive(key, 7));
    this.#jar = new CookieJar(derive(key, 4));
    this.#mill = new CookieMill(derive(key, 8));
    this.#due = new Int32Array(core.syn.capacity);
  }

  /** Whether a SYN,ACK waits to be repeated. */
  get waiting(): boolean {
    return this.#waiting > 0;
  }

  /** Opens a port: `"illegal"` if it is open, `"exhausted"` if shares run out. */
  listen(options: ListenOptions): Listener | Failure {
    const { port } = options;
    const backlog = options.backlog ?? DEFAULT_BACKLOG;
    if (this.#byPort[port] !== -1) return "illegal";
    if (this.#promised + backlog > this.#core.syn.capacity) return "exhausted";
    const listener = this.listeners.find((l) => !l.open);
    if (listener === undefined) return "exhausted";
    listener.open = true;
    listener.port = port;
    listener.address = options.address ?? 0;
    listener.backlog = backlog;
    listener.pending = 0;
    const quarter = Math.ceil(backlog / 4);
    listener.backlogPerSource = options.backlogPerSource ?? quarter;
    listener.backlogPerNetwork = options.backlogPerNetwork ?? 2 * quarter;
    listener.acceptBacklog = options.acceptBacklog ?? Infinity;
    listener.perSource = options.perSource ?? Infinity;
    listener.perNetwork = options.perNetwork ?? Infinity;
    this.admission.prepare(listener);
    const early = (this.#core.tuning.fastOpen & SERVER) !== 0
      ? options.fastOpen ?? 0
      : 0;
    listener.early = early > 0 ? new EarlyLimit(early) : undefined;
    listener.receiveWindow = options.receiveWindow ?? DEFAULT_WINDOW;
    listener.maximumSegment = options.maximumSegment ?? Infinity;
    listener.rcvScale = this.#core.tuning.windowScaling
      ? scaleFor(listener.receiveWindow)
      : 0;
    listener.cookiesUntil = 0;
    listener.accept = (connection) => options.accept(connection);
    this.#promised += backlog;
    this.#byPort[port] = listener.index;
    return listener;
  }

  /** Closes a port; half-open connections to it are forgotten. */
  close(listener: Listener): void {
    if (!listener.open) return;
    listener.open = false;
    this.#byPort[listener.port] = -1;
    this.#promised -= listener.backlog;
    const { syn } = this.#core;
    for (let row = 0; row < syn.capacity; row++) {
      if (syn.listener[row] === listener.index + 1) this.#forget(row);
    }
  }

  /** Who listens on a port of an address. */
  find(local: number, port: number): Listener | undefined {
    const index = this.#byPort[port]!;
    if (index < 0) return undefined;
    const listener = this.listeners[index]!;
    return listener.address === 0 || listener.address === local
      ? listener
      : undefined;
  }

  /**
   * Answers a request: with a row to remember it by, or a cookie. Where it takes
   * over from a connection in TIME-WAIT, `last` is how far that one had sent.
   */
  request(
    listener: Listener,
    s: Segment,
    p: InPacket,
    ports: number,
    last?: number,
  ): void {
    const { clock, counters } = this.#core;
    const local = p.destination;
    const remote = p.source;
    counters.add(count.REQUESTS, 1);
    if (!this.admission.allows(listener, remote)) return;
    this.#agree(s);
    const { offer } = this;
    const row = this.#remember(listener, s, local, remote, ports, last);
    let iss: number;
    let value = this.#stamp(local, remote, ports);
    if (row >= 0) iss = this.#core.syn.iss[row]!;
    else if (
      !this.#core.tuning.synCookies || (offer.mss > 0 && offer.mss < SMALLEST)
    ) {
      return counters.add(count.DROPPED_BACKLOG, 1);
    } else {
      const jar = this.#jar;
      jar.mss = offer.mss === 0 ? 536 : offer.mss;
      jar.windowScale = offer.windowScale;
      jar.sackPermitted = offer.sackPermitted;
      jar.timestamps = offer.timestamps;
      // Only timestamps carry it.
      jar.ecn = offer.ecn = offer.timestamps && offer.ecn === true;
      jar.stamp = value;
      iss = jar.bake(local, remote, ports, s.sequence, clock.now);
      value = jar.stamp;
      listener.cookiesUntil = clock.now + COOKIE_LIFE;
      counters.add(count.COOKIES_SENT, 1);
    }
    this.#describe(listener, iss, s.sequence, remote, value);
    if (listener.early !== undefined) this.#grant(s, local, remote);
    this.#core.reply(p);
  }

  /**
   * Whether a request brings octets that may be taken at once, since a cookie
   * says that its source is no forgery (RFC 7413 section 4.2.2). If so the
   * fields say what a handshake would.
   */
  early(
    listener: Listener,
    s: Segment,
    p: InPacket,
    ports: number,
  ): boolean {
    const { clock, counters, isn } = this.#core;
    const { early } = listener;
    if (early === undefined || s.length === 0) return false;
    const cookie = this.#cookie.read(s.options);
    if (cookie.length <= 0) return false;
    const local = p.destination;
    const remote = p.source;
    const { now } = clock;
    if (this.#mill.check(local, remote, now, cookie) === INVALID) {
      counters.add(count.FAST_OPEN_REJECTED, 1);
      return false;
    }
    if (!early.take(now)) {
      counters.add(count.FAST_OPEN_LIMITED, 1);
      return false;
    }
    this.#agree(s);
    this.iss = isn.next(local, ports >>> 16, remote, ports & 0xffff, now);
    this.irs = s.sequence;
    this.retries = 0;
    return true;
  }

  /** Adds a cookie to an answer if the request asks for one, or has a bad one. */
  #grant(s: Segment, local: number, remote: number): void {
    const { clock, header, counters } = this.#core;
    const asked = this.#cookie.read(s.options);
    if (asked.length < 0) return;
    const { now } = clock;
    if (this.#mill.check(local, remote, now, asked) === VALID) return;
    const { cookie } = header.options;
    this.#mill.bake(local, remote, now, cookie);
    cookie.experimental = asked.experimental;
    counters.add(count.FAST_OPEN_COOKIES, 1);
  }

  /** Takes from a request what both sides want. */
  #agree(s: Segment): void {
    const { tuning } = this.#core;
    const { options } = s;
    const { offer } = this;
    offer.mss = options.mss;
    offer.windowScale = tuning.windowScaling ? options.windowScale : -1;
    offer.sackPermitted = options.sackPermitted && tuning.sack;
    offer.timestamps = options.timestamps && tuning.timestamps;
    offer.timestampValue = options.timestampValue;
    offer.ecn = ecn.requested(s, tuning);
  }

  /** Gives a request a row, if the listener's share and the table have one. */
  #remember(
    listener: Listener,
    s: Segment,
    local: number,
    remote: number,
    ports: number,
    last: number | undefined,
  ): number {
    const { clock, syn, table, wheel, connections } = this.#core;
    if (listener.pending >= listener.backlog) return -1;
    const { index } = listener;
    if (
      this.#sources.address(remote, index) >= listener.backlogPerSource ||
      this.#sources.network(remote, index) >= listener.backlogPerNetwork
    ) {
      this.#core.counters.add(count.SOURCE_LIMITED, 1);
      return -1;
    }
    const row = syn.add();
    if (row < 0) return -1;
    if (!table.set3(local, remote, ports, connections + row)) {
      syn.remove(row);
      return -1;
    }
    listener.pending++;
    this.#sources.add(remote, index, 1);
    const port = ports >>> 16;
    let iss = this.#core.isn.next(
      local,
      port,
      remote,
      ports & 0xffff,
      clock.now,
    );
    if (last !== undefined) iss = this.#core.beyond(iss, last);
    const { offer } = this;
    syn.localAddress[row] = local;
    syn.remoteAddress[row] = remote;
    syn.ports[row] = ports;
    syn.iss[row] = iss;
    syn.irs[row] = s.sequence;
    syn.mss[row] = offer.mss;
    syn.windowScale[row] = offer.windowScale;
    syn.flags[row] = (offer.timestamps ? TIMESTAMPS : 0) |
      (offer.sackPermitted ? SACK : 0) | (offer.ecn === true ? ECN : 0);
    syn.tsRecent[row] = offer.timestampValue;
    // One more, so that 0 says that a row is free.
    syn.listener[row] = listener.index + 1;
    syn.retries[row] = syn.corrections[row] = 0;
    syn.answeredAt[row] = clock.now;
    wheel.schedule(connections + row, clock.now + this.#core.tuning.initialRto);
    return row;
  }

  /** Fills {@linkcode Handshakes.offer} with what a row remembers. */
  #recall(row: number): void {
    const { syn } = this.#core;
    const { offer } = this;
    const flags = syn.flags[row]!;
    offer.mss = syn.mss[row]!;
    offer.windowScale = syn.windowScale[row]!;
    offer.sackPermitted = (flags & SACK) !== 0;
    offer.timestamps = (flags & TIMESTAMPS) !== 0;
    offer.timestampValue = syn.tsRecent[row]!;
    offer.ecn = (flags & ECN) !== 0;
  }

  /** TSval for a 4-tuple now. */
  #stamp(local: number, remote: number, ports: number): number {
    const { isn, clock } = this.#core;
    return stamp(clock.now, isn.timestampOffset(local, remote, ports));
  }

  /**
   * Takes a segment for a half-open connection. Returns its listener if the
   * handshake is complete; then the fields of this object say with what.
   */
  confirm(row: number, s: Segment, p: InPacket): Listener | undefined {
    const { syn, counters } = this.#core;
    const listener = this.listeners[syn.listener[row]! - 1]!;
    const { flags } = s;
    const iss = syn.iss[row]!;
    const next = (syn.irs[row]! + 1) | 0;
    const { options } = s;
    const expected = (syn.flags[row]! & TIMESTAMPS) !== 0;
    const stamped = expected && options.timestamps;
    const old = stamped && before(options.timestampValue, syn.tsRecent[row]!);
    if ((flags & (SYN | RST | ACK)) === SYN && s.sequence === syn.irs[row]) {
      // The answer was lost, or is late.
      syn.flags[row]! |= REPEATED;
      if (stamped && !old) syn.tsRecent[row] = options.timestampValue;
      this.#recall(row);
      const value = this.#stamp(p.destination, p.source, syn.ports[row]!);
      this.#describe(listener, iss, s.sequence, p.source, value);
      this.#core.reply(p);
      return undefined;
    }
    const window = Math.min(listener.receiveWindow, 0xffff);
    // RFC 7323 section 3.2: without timestamps it is somebody else's.
    if (expected && !options.timestamps && (flags & RST) === 0) {
      counters.add(count.DROPPED_REJECTED, 1);
      return undefined;
    }
    // RFC 7323 section 5.3 R1: what is older than the request is no answer.
    const late = old && (flags & RST) === 0;
    if (late || !acceptable(s.sequence, s.sequenceLength, next, window)) {
      counters.add(count.DROPPED_REJECTED, 1);
      if ((flags & RST) === 0) this.#correct(row, window, p);
      return undefined;
    }
    if ((flags & RST) !== 0) {
      // RFC 5961 section 3: only the very next number resets.
      if (s.sequence === next) {
        this.#forget(row);
        counters.add(count.RESETS_RECEIVED, 1);
      } else {
        counters.add(count.DROPPED_REJECTED, 1);
        this.#correct(row, window, p);
      }
      return undefined;
    }
    if ((flags & SYN) !== 0) {
      // RFC 9293 section 3.10.7.4, fourth: back to LISTEN.
      this.#forget(row);
      return undefined;
    }
    if ((flags & ACK) === 0) return undefined;
    if (s.acknowledgment !== ((iss + 1) | 0)) {
      this.#core.reset(p, s);
      return undefined;
    }
    this.iss = iss;
    this.irs = syn.irs[row]!;
    this.#recall(row);
    this.retries = syn.retries[row]!;
    // Karn's algorithm.
    const once = this.retries === 0 && (syn.flags[row]! & REPEATED) === 0;
    const now = this.#core.clock.now | 0;
    this.elapsed = once ? (now - syn.answeredAt[row]!) | 0 : 0;
    return listener;
  }

  /** Whether an ACK that belongs to nothing brings back a cookie of ours. */
  redeem(listener: Listener, s: Segment, p: InPacket, ports: number): boolean {
    const { clock, counters } = this.#core;
    if ((s.flags & (SYN | RST | ACK)) !== ACK) return false;
    if (clock.now >= listener.cookiesUntil) return false;
    const iss = (s.acknowledgment - 1) | 0;
    const irs = (s.sequence - 1) | 0;
    const jar = this.#jar;
    const { offer } = this;
    const { options } = s;
    jar.timestamps = options.timestamps && this.#core.tuning.timestamps;
    jar.stamp = options.timestampEcho;
    if (!jar.check(p.destination, p.source, ports, irs, iss, clock.now)) {
      counters.add(count.COOKIES_REJECTED, 1);
      return false;
    }
    counters.add(count.COOKIES_ACCEPTED, 1);
    this.iss = iss;
    this.irs = irs;
    offer.mss = jar.mss;
    offer.windowScale = jar.windowScale;
    offer.sackPermitted = jar.sackPermitted;
    offer.timestamps = jar.timestamps;
    offer.timestampValue = options.timestampValue;
    offer.ecn = jar.ecn;
    this.retries = 0;
    this.elapsed = 0;
    return true;
  }

  /** Frees a row whose connection has a record now; its key stays taken. */
  settle(row: number): void {
    const { syn, wheel, connections } = this.#core;
    const listener = this.listeners[syn.listener[row]! - 1]!;
    listener.pending--;
    this.#sources.add(syn.remoteAddress[row]!, listener.index, -1);
    syn.listener[row] = 0;
    wheel.cancel(connections + row);
    syn.remove(row);
  }

  /** The timer of a row expired. */
  tick(row: number): void {
    const { syn, tuning, counters } = this.#core;
    if (syn.retries[row]! >= tuning.synAckRetries) {
      counters.add(count.HALF_OPEN_EXPIRED, 1);
      return this.#forget(row);
    }
    syn.retries[row] = syn.retries[row]! + 1;
    const { wheel, connections, clock } = this.#core;
    const wait = Math.min(
      tuning.maximumRto,
      tuning.initialRto * 2 ** syn.retries[row]!,
    );
    wheel.schedule(connections + row, clock.now + wait);
    if ((syn.flags[row]! & QUEUED) !== 0) return;
    syn.flags[row]! |= QUEUED;
    const tail = (this.#head + this.#waiting++) % this.#due.length;
    this.#due[tail] = row;
  }

  /** Repeats a SYN,ACK that is due; whether the buffer was used. */
  send(raw: RawPacket): boolean {
    const { syn, header, writer, counters } = this.#core;
    while (this.#waiting > 0) {
      const row = this.#due[this.#head]!;
      this.#head = (this.#head + 1) % this.#due.length;
      this.#waiting--;
      syn.flags[row]! &= ~QUEUED;
      // The row may have been freed, or even be another's by now.
      if (syn.listener[row] === 0 || syn.retries[row] === 0) continue;
      const listener = this.listeners[syn.listener[row]! - 1]!;
      const remote = syn.remoteAddress[row]!;
      const local = syn.localAddress[row]!;
      const ports = syn.ports[row]!;
      const value = this.#stamp(local, remote, ports);
      this.#recall(row);
      this.#describe(listener, syn.iss[row]!, syn.irs[row]!, remote, value);
      const failure = writer.control(raw, header, local, remote, ports);
      if (failure === undefined) {
        counters.add(count.SENT, 1);
        counters.add(count.RETRANSMITTED, 1);
      } else counters.add(count.SEND_FAILED, 1);
      return true;
    }
    return false;
  }

  /** Makes the header say SYN,ACK, with the options of the offer. */
  #describe(
    listener: Listener,
    iss: number,
    irs: number,
    remote: number,
    value: number,
  ): void {
    const { header } = this.#core;
    const { offer } = this;
    const window = Math.min(listener.receiveWindow, 0xffff);
    const flags = SYN | ACK | ecn.confirmation(offer.ecn === true);
    header.set(iss, (irs + 1) | 0, flags, window);
    header.options.set(
      this.#core.mssFor(remote, listener.maximumSegment),
      offer.windowScale < 0 ? -1 : listener.rcvScale,
      offer.sackPermitted,
      offer.timestamps,
      value,
      offer.timestampValue,
    );
  }

  /**
   * Says in an ACK what is expected. Not for ever: a stranger who sets up two
   * hosts in each other's name would have them correct each other without end.
   */
  #correct(row: number, window: number, p: InPacket): void {
    const { syn, header } = this.#core;
    if (syn.corrections[row] === CORRECTIONS) return;
    syn.corrections[row]!++;
    const next = (syn.irs[row]! + 1) | 0;
    header.set((syn.iss[row]! + 1) | 0, next, ACK, window);
    if ((syn.flags[row]! & TIMESTAMPS) !== 0) {
      const value = this.#stamp(p.destination, p.source, syn.ports[row]!);
      header.stamp(value, syn.tsRecent[row]!);
    }
    this.#core.reply(p);
  }

  #forget(row: number): void {
    const { syn, table } = this.#core;
    table.delete3(
      syn.localAddress[row]!,
      syn.remoteAddress[row]!,
      syn.ports[row]!,
    );
    this.settle(row);
  }
}

/** Whether flags can stand on a request, RFC 9293 section 3.10.7.2. */
export function requests(flags: number): boolean {
  return (flags & (SYN | ACK | RST | FIN)) === SYN;
}
