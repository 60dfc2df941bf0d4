/**
 * How the record of a connection begins: by the user's wish, or by a handshake
 * that a listener has completed.
 *
 * @module
 */

import { MAX_OPTIONS_LENGTH } from "@ethox/wire/tcp";
import type { Failure } from "../failure.ts";
import type { InPacket as IpInPacket } from "../ip/mod.ts";
import { EphemeralPorts } from "../ports.ts";
import type { Admission } from "./admission.ts";
import type { Connection } from "./connection.ts";
import { type Core, derive } from "./core.ts";
import * as count from "./counters.ts";
import { Cookie } from "./fast_open.ts";
import type { Handshakes } from "./handshakes.ts";
import { heard } from "./keepalive.ts";
import type { Lingering } from "./lingering.ts";
import { type Listener, scaleFor } from "./listener.ts";
import { negotiate, propose } from "./negotiation.ts";
import type { ConnectOptions } from "./options.ts";
import { Orphans } from "./orphans.ts";
import { type Segment, SYN } from "./segment.ts";
import type { Slots } from "./slots.ts";
import * as state from "./state.ts";

/** Takes records and fills them in. */
export class Opening {
  /** Connections whose users are gone. */
  readonly orphans: Orphans;
  readonly #core: Core;
  readonly #slots: Slots;
  readonly #handshakes: Handshakes;
  readonly #admission: Admission;
  readonly #lingering: Lingering;
  readonly #ports: EphemeralPorts;
  readonly #cookie = new Cookie();

  /** Takes records of `slots`; `key` are 16 secret octets. */
  constructor(
    core: Core,
    slots: Slots,
    handshakes: Handshakes,
    lingering: Lingering,
    key: Uint8Array,
  ) {
    this.#core = core;
    this.#slots = slots;
    this.orphans = new Orphans(slots.connections);
    this.#handshakes = handshakes;
    this.#admission = handshakes.admission;
    this.#lingering = lingering;
    this.#ports = new EphemeralPorts(derive(key, 5));
  }

  /** A record that is about to send SYN, or why there is none. */
  connect(options: ConnectOptions): Connection | Failure {
    const { ip, table } = this.#core;
    const { remote, remotePort } = options;
    // RFC 9293 MUST-46: TCP speaks with one host at a time.
    if (ip.isBroadcast(remote) || remote >>> 28 === 14 || remotePort === 0) {
      return "illegal";
    }
    const local = options.local ?? ip.sourceFor(remote);
    if (local === 0) return "unreachable";
    let localPort = options.localPort ?? 0;
    if (localPort === 0) {
      localPort = this.#freePort(local, remote, remotePort);
      if (localPort === 0) return "exhausted";
    }
    const ports = (localPort << 16) | remotePort;
    const found = table.get3(local, remote, ports);
    if (found >= 0 && !this.#reusable(found)) return "illegal";
    // Before a record is taken, as this may throw.
    const window = options.recvBuf?.window() ?? 0;
    const c = this.#slots.take(0);
    if (c === undefined) return "exhausted";
    const row = found - this.#core.timeWaitBase;
    const last = found < 0 ? undefined : this.#lingering.reuse(row);
    if (!table.set3(local, remote, ports, c.slot)) {
      this.#slots.give(c);
      return "exhausted";
    }
    initiate(c, this.#core, options, local, localPort, window, last);
    return c;
  }

  /**
   * A record for the handshake that was looked at last, of `row` or of a cookie
   * (-1), or of a request that is taken `early`; `undefined` if there is none. Then the peer believes that it is
   * connected, will repeat what it has to say, and finds its row again.
   */
  accept(
    listener: Listener,
    p: IpInPacket,
    ports: number,
    row: number,
    early: boolean,
  ): Connection | undefined {
    const { counters, table } = this.#core;
    if (!this.#admission.allows(listener, p.source)) return undefined;
    const c = this.#slots.take(listener.index + 1);
    if (c === undefined) {
      counters.add(count.DROPPED_FULL, 1);
      return undefined;
    }
    if (!table.set3(p.destination, p.source, ports, c.slot)) {
      this.#slots.give(c);
      counters.add(count.DROPPED_FULL, 1);
      return undefined;
    }
    if (row >= 0) this.#handshakes.settle(row);
    admit(c, this.#core, this.#handshakes, listener, p, ports);
    if (early) {
      // As if SYN,ACK had been acknowledged: what follows it may be sent.
      c.early = true;
      c.sndNxt = c.iss;
      c.sndUna = c.sndSmall = c.sndMax;
      this.#core.counters.add(count.FAST_OPENED, 1);
    }
    return c;
  }

  /** Gives a record back. */
  release(c: Connection): void {
    this.#admission.leave(c);
    this.orphans.remove(c);
    if (c.early) {
      const { early } = this.#handshakes.listeners[c.share - 1]!;
      early?.failed(this.#core.clock.now);
    }
    this.#core.wheel.cancel(c.slot);
    this.#slots.give(c);
  }

  /** A handshake with fast open is complete. */
  completed(c: Connection, s: Segment): void {
    if (c.early) {
      c.early = false;
      this.#handshakes.listeners[c.share - 1]!.early?.done();
    }
    if (!c.fastOpen) return;
    c.fastOpen = false;
    if ((s.flags & SYN) !== 0) this.#learn(c, s);
  }

  /** Takes from a SYN,ACK what the next SYN may bring (RFC 7413 section 4.1.3). */
  #learn(c: Connection, s: Segment): void {
    const { cookies, clock, counters } = this.#core;
    if (cookies === undefined) return;
    const { remoteAddress: remote } = c;
    const cookie = this.#cookie.read(s.options);
    const { mss } = s.options;
    if (cookie.length > 0) cookies.store(remote, mss === 0 ? 536 : mss, cookie);
    else if (c.timeouts > 0 || cookies.mss(remote, clock.now) === 0) {
      cookies.refuse(remote, clock.now);
    }
    if (c.synRoom === 0) return;
    const taken = c.octetsSent > 0;
    counters.add(taken ? count.FAST_OPEN_TAKEN : count.FAST_OPEN_REPEATED, 1);
  }

  /** Asks the user whether a connection is wanted, and lets it in if so. */
  wanted(c: Connection, listener: Listener): boolean {
    const { counters } = this.#core;
    let wanted = false;
    try {
      wanted = listener.accept(c);
    } catch {
      counters.add(count.HANDLER_THREW, 1);
    }
    counters.add(wanted ? count.ACCEPTED : count.REFUSED, 1);
    if (wanted && c.state !== state.CLOSED) this.#admission.enter(c, listener);
    return wanted;
  }

  /**
   * An ephemeral port that makes a new 4-tuple, or 0 (RFC 6056); where there is
   * none, one that an old connection lingers on.
   */
  #freePort(local: number, remote: number, remotePort: number): number {
    const { table } = this.#core;
    const ports = this.#ports;
    ports.begin(local, remote, remotePort);
    let second = 0;
    for (let i = 0; i < ports.count; i++) {
      const port = ports.next();
      const found = table.get3(local, remote, (port << 16) | remotePort);
      if (found < 0) return port;
      if (second === 0 && this.#reusable(found)) second = port;
    }
    return second;
  }

  /** Whether a connection may begin where the table has an entry. */
  #reusable(found: number): boolean {
    const row = found - this.#core.timeWaitBase;
    return row >= 0 && this.#lingering.mayReuse(row);
  }
}

/** What the tuning says of a connection unless its user says otherwise. */
function adjust(c: Connection, { tuning, clock }: Core): void {
  c.noDelay = tuning.noDelay;
  c.keepAlive = tuning.keepAlive;
  c.keepAliveIdle = tuning.keepAliveIdle;
  c.keepAliveInterval = tuning.keepAliveInterval;
  c.keepAliveProbes = tuning.keepAliveProbes;
  c.tellTimeout = tuning.userTimeoutOption;
  c.quickAcks = tuning.quickAcks;
  c.rto = tuning.initialRto;
  c.rtoMaximum = tuning.maximumRto;
  c.ackInterval = tuning.delayedAck;
  c.dataAt = clock.now | 0;
  heard(c, clock);
}

/** Fills in a record that is about to send SYN. */
function initiate(
  c: Connection,
  core: Core,
  options: ConnectOptions,
  local: number,
  localPort: number,
  window: number,
  last: number | undefined,
): void {
  const { remote, remotePort, sendBuf, recvBuf, handler } = options;
  c.localAddress = local;
  c.localPort = localPort;
  c.remoteAddress = remote;
  c.remotePort = remotePort;
  if (sendBuf !== undefined) c.sendBuf = sendBuf;
  if (recvBuf !== undefined) c.recvBuf = recvBuf;
  if (handler !== undefined) c.handler = handler;
  adjust(c, core);
  if (options.noDelay !== undefined) c.noDelay = options.noDelay;
  if (options.ttl !== undefined) c.ttl = options.ttl;
  if (options.dscp !== undefined) c.dscp = options.dscp;
  c.context = options.context;
  if (options.control !== undefined) {
    c.control = core.controls.get(options.control);
  }
  c.state = state.SYN_SENT;
  const { now } = core.clock;
  c.iss = core.isn.next(local, localPort, remote, remotePort, now);
  if (last !== undefined) c.iss = core.beyond(c.iss, last);
  c.sndUna =
    c.sndNxt =
    c.sndMax =
    c.sndSmall =
      c.iss;
  c.mss = c.rcvMss = core.mssFor(remote, options.maximumSegment);
  propose(c, core.tuning);
  const ports = (localPort << 16) | remotePort;
  c.tsOffset = core.isn.timestampOffset(local, remote, ports);
  c.rcvWndMax = window;
  const { cookies } = core;
  if (options.fastOpen === true && cookies !== undefined) {
    const known = cookies.mss(remote, now);
    c.fastOpen = known >= 0;
    // RFC 7413 section 4.2.1: in one segment, options and all.
    const most = Math.min(known, c.rcvMss) - MAX_OPTIONS_LENGTH;
    c.synRoom = Math.max(0, most);
  }
  c.rcvScale = core.tuning.windowScaling ? scaleFor(window) : 0;
  // Nothing is received yet: the edge only serves to announce the window.
  c.rcvAdv = Math.min(window, 0xffff);
}

/** Fills in a record from what the handshake that was looked at last knew. */
function admit(
  c: Connection,
  core: Core,
  handshake: Handshakes,
  listener: Listener,
  p: IpInPacket,
  ports: number,
): void {
  c.localAddress = p.destination;
  c.localPort = ports >>> 16;
  c.remoteAddress = p.source;
  c.remotePort = ports & 0xffff;
  adjust(c, core);
  c.state = state.SYN_RECEIVED;
  c.iss = c.sndUna = c.sndSmall = handshake.iss;
  c.sndNxt = c.sndMax = (handshake.iss + 1) | 0;
  c.irs = handshake.irs;
  // Not where this segment begins: it may have overtaken others.
  c.rcvNxt = c.ackSent = (handshake.irs + 1) | 0;
  c.rcvWndMax = listener.receiveWindow;
  c.rcvAdv = (c.rcvNxt + Math.min(c.rcvWndMax, 0xffff)) | 0;
  c.mss = c.rcvMss = core.mssFor(p.source, listener.maximumSegment);
  c.rcvScale = listener.rcvScale;
  c.tsOffset = core.isn.timestampOffset(p.destination, p.source, ports);
  propose(c, core.tuning);
  negotiate(c, handshake.offer, core.tuning);
  c.ecnOn = handshake.offer.ecn === true;
  c.tsRecentAt = core.clock.now;
  c.ackSent = c.rcvNxt;
  c.timeouts = handshake.retries;
  // RFC 6298 section 2: the handshake was a round trip, too.
  if (handshake.elapsed > 0) {
    c.timing = true;
    c.timedSequence = c.sndMax;
    c.timedAt = (core.clock.now - handshake.elapsed) | 0;
  }
}
