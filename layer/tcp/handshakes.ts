/**
 * Passive opens: answers requests, remembers them in a table or in a cookie, and
 * says when one has become a connection.
 *
 * @module
 */

import { before } from "@ethox/wire/tcp";
import type { InPacket, RawPacket } from "../ip/mod.ts";
import type { Failure } from "../failure.ts";
import { CookieJar, SMALLEST } from "./cookie.ts";
import { type Core, derive } from "./core.ts";
import * as count from "./counters.ts";
import { acceptable } from "./input.ts";
import { Listener, type ListenOptions, scaleFor } from "./listener.ts";
import { INITIAL_RTO } from "./rto.ts";
import { ACK, FIN, RST, type Segment, SYN } from "./segment.ts";

/** SYN,ACK is repeated so often, each time after twice the time. */
const RETRIES = 5;
/** ACKs that a half-open connection spends on what cannot be right. */
const CORRECTIONS = 8;
/** For how long a cookie may come back, µs. */
const COOKIE_LIFE = 32_000_000;
const DEFAULT_BACKLOG = 64;
const DEFAULT_WINDOW = 262144;

/** The listeners and their half-open connections. */
export class Handshakes {
  /** All listeners, open or not. */
  readonly listeners: readonly Listener[];
  /** Initial sequence number of the handshake that {@linkcode confirm} found. */
  iss = 0;
  /** The peer's initial sequence number. */
  irs = 0;
  /** Segment size that its peer asked for, 0 for none. */
  mss = 0;
  /** Window shift that its peer offered, -1 for none. */
  windowScale = -1;
  /** How often its SYN,ACK was repeated. */
  retries = 0;
  readonly #core: Core;
  readonly #byPort: Int16Array = new Int16Array(65536).fill(-1);
  readonly #jar: CookieJar;
  // Rows whose SYN,ACK is to be repeated.
  readonly #due: Int32Array;
  readonly #queued: Uint8Array;
  #head = 0;
  #waiting = 0;
  #promised = 0;

  /** Nobody listens. */
  constructor(core: Core, key: Uint8Array) {
    this.#core = core;
    const listeners: Listener[] = [];
    for (let i = 0; i < core.listeners; i++) listeners.push(new Listener(i));
    this.listeners = listeners;
    this.#jar = new CookieJar(derive(key, 4));
    this.#due = new Int32Array(core.syn.capacity);
    this.#queued = new Uint8Array(core.syn.capacity);
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
    listener.receiveWindow = options.receiveWindow ?? DEFAULT_WINDOW;
    listener.rcvScale = scaleFor(listener.receiveWindow);
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
    const { clock, counters, syn, table, wheel, header } = this.#core;
    const local = p.destination;
    const remote = p.source;
    const { mss, windowScale } = s.options;
    let row = -1;
    if (listener.pending < listener.backlog) row = syn.add();
    if (
      row >= 0 &&
      !table.set3(local, remote, ports, this.#core.connections + row)
    ) {
      syn.remove(row);
      row = -1;
    }
    let iss: number;
    if (row >= 0) {
      listener.pending++;
      const port = ports >>> 16;
      iss = this.#core.isn.next(local, port, remote, ports & 0xffff, clock.now);
      // RFC 9293 MAY-2: beyond all that the last connection used.
      if (last !== undefined && !before(last, iss)) {
        const { tuning } = this.#core;
        iss = (last + 65536 + (tuning.random(iss) & 0xffff)) | 0;
      }
      syn.localAddress[row] = local;
      syn.remoteAddress[row] = remote;
      syn.ports[row] = ports;
      syn.iss[row] = iss;
      syn.irs[row] = s.sequence;
      syn.mss[row] = mss;
      syn.windowScale[row] = windowScale;
      // One more, so that 0 says that a row is free.
      syn.listener[row] = listener.index + 1;
      syn.retries[row] = syn.corrections[row] = 0;
      wheel.schedule(this.#core.connections + row, clock.now + INITIAL_RTO);
    } else if (mss > 0 && mss < SMALLEST) {
      return counters.add(count.DROPPED_BACKLOG, 1);
    } else {
      iss = this.#jar.bake(
        local,
        remote,
        ports,
        s.sequence,
        mss === 0 ? 536 : mss,
        windowScale,
        clock.now,
      );
      listener.cookiesUntil = clock.now + COOKIE_LIFE;
      counters.add(count.COOKIES_SENT, 1);
    }
    this.#describe(listener, iss, s.sequence, remote, windowScale);
    header.flags = SYN | ACK;
    this.#core.reply(p);
  }

  /**
   * Takes a segment for a half-open connection. Returns its listener if the
   * handshake is complete; then the fields of this object say with what.
   */
  confirm(row: number, s: Segment, p: InPacket): Listener | undefined {
    const { syn, header, counters } = this.#core;
    const listener = this.listeners[syn.listener[row]! - 1]!;
    const { flags } = s;
    const iss = syn.iss[row]!;
    const next = (syn.irs[row]! + 1) | 0;
    if ((flags & (SYN | RST | ACK)) === SYN && s.sequence === syn.irs[row]) {
      // The answer was lost, or is late.
      const scale = syn.windowScale[row]!;
      this.#describe(listener, iss, s.sequence, p.source, scale);
      header.flags = SYN | ACK;
      this.#core.reply(p);
      return undefined;
    }
    const window = Math.min(listener.receiveWindow, 0xffff);
    if (!acceptable(s.sequence, s.sequenceLength, next, window)) {
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
    this.mss = syn.mss[row]!;
    this.windowScale = syn.windowScale[row]!;
    this.retries = syn.retries[row]!;
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
    if (!jar.check(p.destination, p.source, ports, irs, iss, clock.now)) {
      counters.add(count.COOKIES_REJECTED, 1);
      return false;
    }
    counters.add(count.COOKIES_ACCEPTED, 1);
    this.iss = iss;
    this.irs = irs;
    this.mss = jar.mss;
    this.windowScale = jar.windowScale;
    this.retries = 0;
    return true;
  }

  /** Frees a row whose connection has a record now; its key stays taken. */
  settle(row: number): void {
    const { syn, wheel, connections } = this.#core;
    this.listeners[syn.listener[row]! - 1]!.pending--;
    syn.listener[row] = 0;
    wheel.cancel(connections + row);
    syn.remove(row);
  }

  /** The timer of a row expired. */
  tick(row: number): void {
    const { syn } = this.#core;
    if (syn.retries[row] === RETRIES) return this.#forget(row);
    syn.retries[row] = syn.retries[row]! + 1;
    const { wheel, connections, clock } = this.#core;
    const wait = INITIAL_RTO * 2 ** syn.retries[row]!;
    wheel.schedule(connections + row, clock.now + wait);
    if (this.#queued[row] === 1) return;
    this.#queued[row] = 1;
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
      this.#queued[row] = 0;
      // The row may have been freed, or even be another's by now.
      if (syn.listener[row] === 0 || syn.retries[row] === 0) continue;
      const listener = this.listeners[syn.listener[row]! - 1]!;
      const remote = syn.remoteAddress[row]!;
      const scale = syn.windowScale[row]!;
      this.#describe(listener, syn.iss[row]!, syn.irs[row]!, remote, scale);
      header.flags = SYN | ACK;
      const local = syn.localAddress[row]!;
      const ports = syn.ports[row]!;
      const failure = writer.control(raw, header, local, remote, ports);
      if (failure === undefined) {
        counters.add(count.SENT, 1);
        counters.add(count.RETRANSMITTED, 1);
      } else counters.add(count.SEND_FAILED, 1);
      return true;
    }
    return false;
  }

  #describe(
    listener: Listener,
    iss: number,
    irs: number,
    remote: number,
    offered: number,
  ): void {
    const { header } = this.#core;
    const window = Math.min(listener.receiveWindow, 0xffff);
    header.set(iss, (irs + 1) | 0, SYN | ACK, window);
    header.mss = this.#core.mssFor(remote);
    header.windowScale = offered < 0 ? -1 : listener.rcvScale;
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
