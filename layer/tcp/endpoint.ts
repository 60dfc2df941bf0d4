/**
 * A host's TCP: the connections, who listens, and the way of segments in and
 * out.
 *
 * @module
 */

import type { Counters } from "@ethox/managed/counters";
import type { PacketInfo } from "@ethox/nic/packet";
import { View } from "@ethox/wire/tcp";
import type { Failure } from "../failure.ts";
import type { ErrorListener, ErrorReport } from "../icmp/mod.ts";
import {
  type InPacket as IpInPacket,
  type RawPacket,
  type Receiver as IpReceiver,
  type Sender as IpSender,
  UNICAST,
} from "../ip/mod.ts";
import { Fifo } from "../queue/fifo.ts";
import type { QueuePolicy } from "../queue/policy.ts";
import type { Admission } from "./admission.ts";
import type { Connection } from "./connection.ts";
import { type CloseReason, type Host, SILENT } from "./handler.ts";
import { Core } from "./core.ts";
import type { Control } from "./control.ts";
import type { ControlName } from "./controls.ts";
import * as count from "./counters.ts";
import * as doubt from "./doubt.ts";
import * as ecn from "./ecn.ts";
import * as errors from "./errors.ts";
import { Handshakes, requests } from "./handshakes.ts";
import * as input from "./input.ts";
import type { Listener, ListenOptions } from "./listener.ts";
import * as output from "./output.ts";
import { allow, wait } from "./pacing.ts";
import { timeout } from "./rto.ts";
import { Lingering } from "./lingering.ts";
import { Opening } from "./opening.ts";
import type { ConnectOptions, Options } from "./options.ts";
import { ACK, RST, Segment, SYN, verified } from "./segment.ts";
import { Slots } from "./slots.ts";
import * as state from "./state.ts";
import * as upkeep from "./upkeep.ts";
import { announce } from "./user_timeout.ts";
import * as urgent from "./urgent.ts";
import { stamp } from "./timestamps.ts";
import { resume } from "./validation.ts";
import type { Tuning } from "./tuning.ts";
import { largest, overhead } from "./writer.ts";

/** Flows asked in one offering before the buffer goes back. */
const ATTEMPTS = 64;
/** Timers are looked at no more often than this while receiving, µs. */
const PAUSE = 500;
/** Events that neither answer nor end a connection. */
const ORDINARY = input.ACKNOWLEDGED | input.RECEIVED | input.URGENT;

/**
 * TCP of one host. Between bursts, connections may be opened, inspected and
 * changed; the time is that of the packets.
 */
export class Endpoint implements Host, ErrorListener {
  readonly #core: Core;
  readonly #slots: Slots;
  readonly #handshakes: Handshakes;
  readonly #lingering: Lingering;
  readonly #policy: QueuePolicy;
  readonly #orphans: number;
  readonly #admission: Admission;
  readonly #opening: Opening;
  readonly #paces: boolean;
  readonly #view = new View();
  readonly #segment = new Segment();
  readonly #plan = new output.Plan();
  #last: Connection;
  // No Smi, or V8 boxes each later store of a large double.
  #ticked = -0.5;
  // What `seek` found; no call returns it, as it would be an object.
  private due = 0.5;

  /** Makes all tables. @throws {RangeError} if a number is out of range. */
  constructor(options: Options) {
    this.#core = new Core(options);
    this.#slots = new Slots(
      options.connections,
      this.#core.listeners + 1,
      this,
      this.#core.controls.get(options.control ?? "cubic"),
    );
    const handshakes = new Handshakes(this.#core, options.key);
    this.#handshakes = handshakes;
    this.#admission = handshakes.admission;
    this.#lingering = new Lingering(this.#core, handshakes);
    this.#opening = new Opening(
      this.#core,
      this.#slots,
      handshakes,
      this.#lingering,
      options.key,
    );
    this.#policy = options.policy ?? new Fifo(options.connections);
    this.#paces = this.#policy.defer !== undefined;
    this.#orphans = options.orphans ?? Math.ceil(0.75 * options.connections);
    this.#last = this.#slots.connections[0]!;
    if (!this.#slots.reserve(0, options.reserve ?? 0)) {
      throw new RangeError(
        `Cannot reserve ${options.reserve} of ${options.connections} connections`,
      );
    }
  }

  /** What happened so far. */
  get counters(): Counters<count.CounterName> {
    return this.#core.counters;
  }

  /**
   * How connections behave. Whoever knows what they do may change a number
   * between bursts; it counts for what comes next.
   */
  get tuning(): Tuning {
    return this.#core.tuning;
  }

  /** Connection records that are free. */
  get available(): number {
    return this.#slots.available;
  }

  /** Connections in TIME-WAIT. */
  get timeWaiting(): number {
    return this.#core.timeWait.size;
  }

  /** Connections that their users have closed, and the peers have not. */
  get orphans(): number {
    return this.#opening.orphans.size;
  }

  /** Half-open connections of listeners. */
  get halfOpen(): number {
    return this.#core.syn.size;
  }

  /** The connection with a key, as long as it exists. */
  get(key: number): Connection | undefined {
    return this.#slots.get(key);
  }

  /**
   * A congestion control by its name, the same at each call. It may be given to
   * a connection in `accept`, or later with `begin` called for it.
   */
  control(name: ControlName): Control {
    return this.#core.controls.get(name);
  }

  /** All records in use. */
  *connections(): Generator<Connection> {
    for (const c of this.#slots.connections) if (c.key !== 0) yield c;
  }

  /**
   * Begins to connect. `"unreachable"` without a route or own address,
   * `"exhausted"` without a free record or port, `"illegal"` for a peer that is
   * no single host or a 4-tuple in use.
   */
  connect(options: ConnectOptions): Connection | Failure {
    const c = this.#opening.connect(options);
    if (typeof c === "string") return c;
    this.#core.watch?.opened(c);
    this.activate(c);
    return c;
  }

  /** Opens a port: `"illegal"` if it is open, `"exhausted"` if shares run out. */
  listen(options: ListenOptions): Listener | Failure {
    const listener = this.#handshakes.listen(options);
    if (typeof listener === "string") return listener;
    if (this.#slots.reserve(listener.index + 1, options.reserve ?? 0)) {
      return listener;
    }
    this.#handshakes.close(listener);
    return "exhausted";
  }

  /**
   * The oldest connection that waits for its user, if the listener has an
   * `acceptBacklog` and the connection has not ended.
   */
  accept(listener: Listener): Connection | undefined {
    const c = this.#slots.connections[listener.first];
    if (c !== undefined) this.#admission.take(c);
    return c;
  }

  /**
   * Closes a port; connections that it has accepted live on, but for those that
   * wait for their user: they are reset.
   */
  unlisten(listener: Listener): void {
    if (!listener.open) return;
    for (;;) {
      const c = this.accept(listener);
      if (c === undefined) break;
      this.abort(c, "aborted");
    }
    this.#handshakes.close(listener);
    this.#slots.reserve(listener.index + 1, 0);
  }

  /** The handler to give to `ip.demux`. */
  recv(): IpReceiver {
    return { receive: (packet) => this.#receive(packet) };
  }

  /** The handler to give to `ip.send`. */
  send(): IpSender {
    return { send: (raw) => this.#send(raw) };
  }

  /** When something is to be done at the latest: µs, `Infinity` for never. */
  nextDeadline(_now: number): number {
    this.seek();
    return this.due;
  }

  /** Notes when something is due. */
  private seek(): void {
    const { wheel, timeWait } = this.#core;
    const next = Math.min(wheel.next(), timeWait.nextExpiry);
    // What was due at the last look has been done.
    const due = Math.max(next, this.#ticked + 1);
    this.due = this.#handshakes.waiting
      ? -Infinity
      : Math.min(due, this.#policy.nextRelease());
  }

  /** Takes an ICMP error about a segment of ours. */
  icmpError(report: ErrorReport): void {
    const { counters, clock, tuning } = this.#core;
    const c = this.#slots.connections[errors.find(report, this.#core)];
    const verdict = c === undefined
      ? errors.IGNORED
      : errors.judge(c, report, clock, tuning);
    if (verdict === errors.FATAL) this.#finish(c!, "unreachable");
    else if (verdict === errors.SMALLER) {
      this.activate(c!);
      this.#arm(c!);
    } else if (verdict === errors.SOFT) this.#doubt(c!);
    const accepted = verdict !== errors.IGNORED;
    counters.add(accepted ? count.ICMP_ACCEPTED : count.ICMP_IGNORED, 1);
  }

  /** Puts a connection on the list of those that may have something to send. */
  activate(c: Connection): void {
    if (c.active) {
      if (!c.deferred || !output.urgent(c)) return;
      c.deferred = false;
    }
    c.active = true;
    this.#policy.activate(c.slot);
  }

  /** Ends a connection at once, with RST where the peer knows of it. */
  abort(c: Connection, reason: CloseReason): void {
    if (c.state === state.CLOSED) return;
    const known = c.state >= state.SYN_RECEIVED;
    if (!known) return this.#finish(c, reason);
    this.#core.watch?.closed(c, reason);
    this.#forget(c);
    c.state = state.CLOSED;
    c.retransmitAt = c.ackAt = c.lingerAt = Infinity;
    this.#core.closed(c, reason);
    // The record stays until RST is out.
    this.activate(c);
  }

  /** A connection's user is gone; beyond the limit an orphan is reset. */
  orphaned(c: Connection): void {
    const { orphans } = this.#opening;
    // Nothing is left of one that was refused or aborted.
    if (c.state === state.CLOSED) return;
    orphans.add(c);
    while (orphans.size > this.#orphans) {
      this.#core.counters.add(count.ORPHANS_RESET, 1);
      this.abort(orphans.spare(), "aborted");
    }
  }

  #receive(p: IpInPacket): void {
    const { packet } = p;
    const { info } = packet;
    const { counters, connections, timeWaitBase, table } = this.#core;
    this.#time(info, PAUSE);
    counters.add(count.RECEIVED, 1);
    if (p.destinationKind !== UNICAST) {
      return counters.add(count.DROPPED_BROADCAST, 1);
    }
    const { memory } = packet;
    const view = this.#view.wrap(memory.view, p.payloadStart, p.payloadEnd);
    if (view.check() !== undefined) {
      return counters.add(count.DROPPED_MALFORMED, 1);
    }
    if (!verified(p)) return counters.add(count.DROPPED_CHECKSUM, 1);
    const s = this.#segment;
    s.load(view, memory, info.segmentSize > 0);
    s.ecn = p.header.ecn;
    if (s.ecn === ecn.CE) counters.add(count.CONGESTION_MARKS, 1);
    // Elsewhere than on a SYN, octets behind the fault are left out, no more.
    if (s.options.parse(view) !== undefined && (s.flags & SYN) !== 0) {
      return counters.add(count.DROPPED_MALFORMED, 1);
    }
    const c = this.#last;
    if (
      c.state !== state.CLOSED && c.remoteAddress === p.source &&
      c.localAddress === p.destination && c.remotePort === view.sourcePort &&
      c.localPort === view.destinationPort
    ) return this.#arrive(c, s, p);
    const ports = (view.destinationPort << 16) | view.sourcePort;
    const found = table.get3(p.destination, p.source, ports);
    if (found < 0) return this.#stray(s, p, ports);
    if (found < connections) {
      const other = this.#slots.connections[found]!;
      this.#last = other;
      return this.#arrive(other, s, p);
    }
    if (found >= timeWaitBase) {
      return this.#lingering.receive(found - timeWaitBase, s, p, ports);
    }
    const row = found - connections;
    const listener = this.#handshakes.confirm(row, s, p);
    if (listener !== undefined) {
      this.#accept(listener, s, p, ports, row, false);
    }
  }

  /** A segment for which there is neither record nor row. */
  #stray(s: Segment, p: IpInPacket, ports: number): void {
    const { counters } = this.#core;
    const listener = this.#handshakes.find(p.destination, ports >>> 16);
    if (listener !== undefined) {
      if (requests(s.flags)) {
        if (this.#handshakes.early(listener, s, p, ports)) {
          if (this.#accept(listener, s, p, ports, -1, true)) return;
          listener.early!.done();
        }
        return this.#handshakes.request(listener, s, p, ports);
      }
      if (this.#handshakes.redeem(listener, s, p, ports)) {
        this.#accept(listener, s, p, ports, -1, false);
        return;
      }
      // Neither request nor answer: SYN with FIN, or no flag at all.
      if ((s.flags & (ACK | RST)) === 0) {
        return counters.add(count.DROPPED_REJECTED, 1);
      }
    }
    counters.add(count.DROPPED_STRAY, 1);
    this.#core.reset(p, s);
  }

  /**
   * A handshake is complete, or `early` enough: makes a connection of `row`, or
   * of a cookie. False if there is no room for it.
   */
  #accept(
    listener: Listener,
    s: Segment,
    p: IpInPacket,
    ports: number,
    row: number,
    early: boolean,
  ): boolean {
    const c = this.#opening.accept(listener, p, ports, row, early);
    if (c === undefined) return false;
    this.#core.watch?.opened(c);
    if (!this.#opening.wanted(c, listener)) {
      c.handler = SILENT;
      this.#finish(c, "refused");
      this.#core.reset(p, s);
      return true;
    }
    this.#last = c;
    this.#arrive(c, s, p);
    return true;
  }

  /** A segment for a connection. */
  #arrive(c: Connection, s: Segment, p: IpInPacket): void {
    const { counters, clock, tuning } = this.#core;
    const { key } = c;
    let events: number;
    try {
      this.#core.watch?.received(c, s);
      events = input.arrive(c, s, clock, tuning);
      this.#core.watch?.after(c);
      if ((events & input.ESTABLISHED) !== 0) {
        if (c.early || c.fastOpen) this.#opening.completed(c, s);
        if (!c.announced) {
          c.announced = true;
          if (c.share === 0) counters.add(count.CONNECTED, 1);
          c.handler.established?.(c);
        }
      }
      if ((events & input.ACKNOWLEDGED) !== 0 && c.key === key) {
        c.handler.acknowledged?.(c);
      }
      if ((events & input.URGENT) !== 0 && c.key === key) {
        c.handler.urgent?.(c, c.urgentOffset | 0);
      }
      if ((events & input.RECEIVED) !== 0 && c.key === key) {
        c.handler.received?.(c);
      }
    } catch {
      if (c.key === key) this.#failed(c);
      else counters.add(count.HANDLER_THREW, 1);
      return;
    }
    // A callback may have ended it.
    if (c.key !== key || c.state === state.CLOSED) return;
    if ((events & input.REJECTED) !== 0) {
      counters.add(count.DROPPED_REJECTED, 1);
    }
    if ((events & ~ORDINARY) !== 0) {
      if (this.#ended(c, events, s, p)) return;
    }
    try {
      this.#settle(c, events);
    } catch {
      this.#failed(c);
    }
  }

  /** A callback or a buffer of the user's threw. */
  #failed(c: Connection): void {
    this.#core.counters.add(count.HANDLER_THREW, 1);
    this.abort(c, "failed");
  }

  /** Does what the rarer events ask for; whether the connection is gone. */
  #ended(c: Connection, events: number, s: Segment, p: IpInPacket): boolean {
    const { counters, header, clock } = this.#core;
    if ((events & input.REPLY_RESET) !== 0) this.#core.reset(p, s);
    if ((events & input.SLOWED) !== 0) counters.add(count.CONGESTION_ECHOES, 1);
    if ((events & input.RESET) !== 0) {
      counters.add(count.RESETS_RECEIVED, 1);
      // Who listens has asked for nothing that could be refused.
      const asked = c.share === 0 && !c.announced;
      this.#finish(c, asked ? "refused" : "reset");
      return true;
    }
    if ((events & input.UNWANTED) !== 0) {
      // What the peer expects next, lest it ask back (RFC 5961 section 3).
      header.set(s.acknowledgment, 0, RST, 0);
      counters.add(count.RESETS_SENT, 1);
      this.#core.reply(p);
      this.#finish(c, "closed");
      return true;
    }
    if ((events & input.LINGER) !== 0) {
      header.set(c.sndMax, c.rcvNxt, ACK, 0);
      if (c.tsOn) header.stamp(stamp(clock.now, c.tsOffset), c.tsRecent);
      // The FIN may have come before this segment, and wait for its answer.
      const { ackNow } = c;
      this.#linger(c);
      if (ackNow) this.#core.reply(p);
      return true;
    }
    if ((events & input.FINISHED) !== 0) {
      this.#finish(c, "closed");
      return true;
    }
    return false;
  }

  /** After events: is there something to send, and when is the next timer? */
  #settle(c: Connection, events: number): void {
    if ((events & input.RECEIVED) !== 0 && output.opened(c)) c.ackNow = true;
    if (
      c.ackNow || c.retransmit || c.dupAcksOwed > 0 ||
      (events & (input.ACKNOWLEDGED | input.ESTABLISHED)) !== 0 ||
      c.state === state.SYN_RECEIVED || c.unsent > 0 ||
      c.store.board.lost[c.slot] !== 0
    ) this.activate(c);
    this.#arm(c);
  }

  #arm(c: Connection): void {
    const at = output.deadline(c);
    if (at < c.wheelAt) {
      c.wheelAt = at;
      this.#core.wheel.schedule(c.slot, at);
    }
  }

  /** Brings the clock up to a packet's time, and the timers with it. */
  #time(info: PacketInfo, pause: number): void {
    const { clock } = this.#core;
    if (info.timestamp > clock.now) clock.now = info.timestamp;
    if (clock.now > this.#ticked + pause) this.#tick();
  }

  #tick(): void {
    const { clock, wheel, connections } = this.#core;
    this.#ticked = clock.now;
    this.#policy.advance(clock.now);
    wheel.advance(clock.now);
    for (;;) {
      const id = wheel.expired();
      if (id < 0) break;
      if (id >= connections) this.#handshakes.tick(id - connections);
      else this.#expired(this.#slots.connections[id]!);
    }
    this.#lingering.expire();
  }

  #expired(c: Connection): void {
    const { clock, tuning, counters } = this.#core;
    c.wheelAt = Infinity;
    if (c.key === 0) return;
    let events: number;
    this.#core.watch?.before(c);
    try {
      events = output.tick(c, clock, tuning);
    } catch {
      return this.#failed(c);
    }
    this.#core.watch?.after(c);
    if (events === output.GIVEN_UP) {
      counters.add(count.TIMED_OUT, 1);
      return this.#finish(c, "timeout");
    }
    if (c.doubtful && !this.#doubt(c)) return;
    if (events === output.DUE) this.activate(c);
    this.#arm(c);
  }

  /** Tells who wants to know that a peer may be gone; whether it goes on. */
  #doubt(c: Connection): boolean {
    const { key } = c;
    try {
      doubt.tell(c, this.#core);
    } catch {
      this.#failed(c);
    }
    return c.key === key && c.state !== state.CLOSED;
  }

  #send(raw: RawPacket): void {
    this.#time(raw.packet.info, 0);
    if (this.#handshakes.waiting && this.#handshakes.send(raw)) return;
    for (let i = 0; i < ATTEMPTS; i++) {
      const flow = this.#policy.next();
      if (flow < 0) return;
      const c = this.#slots.connections[flow]!;
      c.deferred = false;
      if (this.#emit(c, raw)) return;
      // What has just been aborted has RST to send, and a record to give back.
      if (c.state === state.CLOSED && c.key !== 0) continue;
      if (c.held && this.#defer(c)) continue;
      c.active = false;
      this.#policy.deactivate(flow);
    }
  }

  /** Lets a connection wait for its next burst; false if it has nothing more. */
  #defer(c: Connection): boolean {
    if (c.unsent === 0 && c.store.board.lost[c.slot] === 0) return false;
    c.deferred = true;
    this.#policy.defer!(c.slot, wait(c, this.#core.clock));
    return true;
  }

  /** Sends one segment of a connection; whether the buffer was used. */
  #emit(c: Connection, raw: RawPacket): boolean {
    if (c.state === state.CLOSED) return this.#farewell(c, raw);
    try {
      return this.#next(c, raw);
    } catch {
      this.#failed(c);
      return false;
    }
  }

  /** The next segment of a connection; its buffers may throw. */
  #next(c: Connection, raw: RawPacket): boolean {
    const { counters, clock, writer, tuning } = this.#core;
    const { packet } = raw;
    const plan = this.#plan;
    if (!c.ackNow && output.opened(c)) c.ackNow = true;
    if (c.orphan && c.state === state.FIN_WAIT_2 && c.lingerAt === Infinity) {
      c.lingerAt = clock.now + this.#core.tuning.finWait2Timeout;
    }
    this.#core.watch?.before(c);
    resume(c, clock, tuning);
    let room = largest(c, packet.limit - packet.start, packet.info);
    if (this.#paces) room = allow(c, clock, room);
    if (c.cwrOwed) room = Math.min(room, c.mss);
    output.plan(c, plan, room, tuning);
    if (c.ecnOn) ecn.mark(c, plan);
    if (plan.flags === 0) {
      if (
        c.retransmitAt === Infinity && !plan.withheld && output.starved(c)
      ) c.retransmitAt = clock.now + output.patience(c);
      upkeep.arm(c, clock, tuning, plan.withheld);
      this.#arm(c);
      return false;
    }
    if (c.urging) urgent.stamp(c, plan);
    if (c.tellTimeout) announce(c, plan, tuning);
    const edge = c.state === state.SYN_SENT ? c.rcvAdv : output.announce(c);
    const mss = (plan.flags & SYN) !== 0 ? c.rcvMss : 0;
    const failure = writer.segment(raw, c, plan, edge, mss);
    if (failure !== undefined) {
      counters.add(count.SEND_FAILED, 1);
      if (c.state === state.SYN_SENT && failure === "unreachable") {
        this.#finish(c, "unreachable");
        return packet.queued;
      }
      // As if it had been lost: the timer brings it back.
      if (c.retransmitAt === Infinity) {
        c.retransmitAt = clock.now + timeout(c);
      }
      this.#arm(c);
      return packet.queued;
    }
    if (c.prompt) counters.add(count.KEEP_ALIVES, 1);
    output.sent(c, plan, clock, tuning);
    this.#core.watch?.sent(c, plan);
    counters.add(count.SENT, 1);
    if (plan.again) counters.add(count.RETRANSMITTED, 1);
    this.#policy.charge(c.slot, overhead(c) + plan.length);
    this.#arm(c);
    return true;
  }

  /** RST for a connection that this side has aborted; then the record is free. */
  #farewell(c: Connection, raw: RawPacket): boolean {
    this.#core.farewell(c, raw);
    c.active = false;
    this.#policy.deactivate(c.slot);
    this.#opening.release(c);
    return raw.packet.queued;
  }

  /** Moves a connection to the TIME-WAIT table. */
  #linger(c: Connection): void {
    if (!this.#lingering.enter(c)) this.#forget(c);
    this.#core.watch?.lingers(c);
    this.#end(c, "closed");
  }

  /** Takes a connection out of the table and frees its record. */
  #finish(c: Connection, reason: CloseReason): void {
    this.#core.watch?.closed(c, reason);
    this.#forget(c);
    this.#end(c, reason);
  }

  #forget(c: Connection): void {
    const ports = (c.localPort << 16) | c.remotePort;
    this.#core.table.delete3(c.localAddress, c.remoteAddress, ports);
  }

  #end(c: Connection, reason: CloseReason): void {
    c.state = state.CLOSED;
    this.#core.closed(c, reason);
    if (c.active) {
      c.active = false;
      this.#policy.deactivate(c.slot);
    }
    this.#opening.release(c);
  }
}
