/**
 * What the parts of an endpoint share.
 *
 * @module
 */

import { Counters } from "@ethox/managed/counters";
import { Map } from "@ethox/managed/map";
import { SipHash } from "@ethox/managed/siphash";
import { TimerWheel } from "@ethox/managed/timer-wheel";
import { before } from "@ethox/wire/tcp";
import { Clock } from "@ethox/nic/device";
import type { Endpoint as Ip, InPacket, RawPacket } from "../ip/mod.ts";
import type { Connection } from "./connection.ts";
import { type CloseReason, SILENT } from "./handler.ts";
import { Controls } from "./controls.ts";
import * as count from "./counters.ts";
import { CookieCache } from "./fast_open.ts";
import { IsnGenerator } from "./isn.ts";
import { Limiter } from "../limiter.ts";
import { ACK, RST, type Segment } from "./segment.ts";
import { SynCache } from "./syn_cache.ts";
import { stamp } from "./timestamps.ts";
import { TimeWaitTable } from "./time_wait.ts";
import type { Trace } from "./trace.ts";
import { DEFAULTS, type Tuning } from "./tuning.ts";
import { Watch } from "./watch.ts";
import { Header, OVERHEAD, Writer } from "./writer.ts";

/** How often the wheel turns, µs. */
const RESOLUTION = 1000;

/** The bit of `Tuning.fastOpen` for those who connect. */
const CLIENT = 1;

/** How large an endpoint is and how it behaves. */
export interface CoreOptions {
  /** The layer below. */
  readonly ip: Ip;
  /** 16 secret octets, drawn at random for each start. */
  readonly key: Uint8Array;
  /** Connection records. */
  readonly connections: number;
  /** Rows for half-open connections, over all listeners; 256 by default. */
  readonly halfOpen?: number;
  /** Rows for TIME-WAIT; 1024 by default. */
  readonly timeWait?: number;
  /**
   * Most connections that their user has closed and the peer has not; one of
   * the oldest is reset beyond that. Three quarters of the records by default.
   */
  readonly orphans?: number;
  /** Servers whose fast open cookies are kept; 256 by default. */
  readonly fastOpenServers?: number;
  /** Ports that may be listened on; 16 by default. */
  readonly listeners?: number;
  /** RST segments a second to strangers; 1000 by default. */
  readonly resetRate?: number;
  /** Changes to {@linkcode DEFAULTS}. */
  readonly tuning?: Partial<Omit<Tuning, "random">>;
  /** Hears of all that happens to connections; nobody by default. */
  readonly trace?: Trace;
}

/** Makes a different secret from one. */
export function derive(key: Uint8Array, purpose: number): Uint8Array {
  const hash = new SipHash(key);
  const derived = new Uint8Array(16);
  const view = new DataView(derived.buffer);
  for (let i = 0; i < 4; i++) view.setInt32(4 * i, hash.hash2(purpose, i));
  return derived;
}

/** Tables, clock, timers and the writer. */
export class Core {
  /** The layer below. */
  readonly ip: Ip;
  /** The time of the packet in hand. */
  readonly clock: Clock = new Clock();
  /** How connections behave. */
  readonly tuning: Tuning;
  /** What happened. */
  readonly counters: Counters<count.CounterName> = new Counters(count.COUNTERS);
  /** Number of connection records. */
  readonly connections: number;
  /** Number of listeners. */
  readonly listeners: number;
  /** From local address, remote address and ports to a slot or a row. */
  readonly table: Map;
  /** Half-open connections; row `r` is found as `connections + r`. */
  readonly syn: SynCache;
  /** Closed ones; row `r` is found as `connections + syn.capacity + r`. */
  readonly timeWait: TimeWaitTable;
  /** Where rows of {@linkcode Core.timeWait} begin. */
  readonly timeWaitBase: number;
  /** Timers of slots, then of half-open rows. */
  readonly wheel: TimerWheel;
  /** Emits segments. */
  readonly writer: Writer;
  /** The header of the segment that is being emitted. */
  readonly header: Header = new Header();
  /** Cookies for fast open, if those who connect may use it. */
  readonly cookies: CookieCache | undefined;
  /** Initial sequence numbers. */
  readonly isn: IsnGenerator;
  /** Tells a trace what happens, if there is one. */
  readonly watch: Watch | undefined;
  /** Congestion controls by name. */
  readonly controls: Controls;
  readonly #resets: Limiter;
  #draws = 0;

  /** Makes all tables. @throws {RangeError} if a number is out of range. */
  constructor(options: CoreOptions) {
    const { key } = options;
    this.ip = options.ip;
    this.connections = options.connections;
    this.listeners = options.listeners ?? 16;
    this.syn = new SynCache(options.halfOpen ?? 256);
    const timeWait = options.timeWait ?? 1024;
    this.timeWait = new TimeWaitTable(timeWait);
    this.timeWaitBase = this.connections + this.syn.capacity;
    this.table = new Map({
      capacity: this.timeWaitBase + timeWait,
      words: 3,
      key: derive(key, 1),
    });
    this.wheel = new TimerWheel({
      capacity: this.timeWaitBase,
      resolution: RESOLUTION,
    });
    this.isn = new IsnGenerator(derive(key, 2));
    const rate = options.resetRate ?? 1000;
    this.#resets = new Limiter(rate, rate);
    const noise = new SipHash(derive(key, 3));
    this.tuning = {
      ...DEFAULTS,
      ...options.tuning,
      random: (salt) => noise.hash2(salt, this.#draws++),
    };
    this.watch = options.trace === undefined
      ? undefined
      : new Watch(options.trace, this.clock, this.tuning.rack);
    this.cookies = (this.tuning.fastOpen & CLIENT) !== 0
      ? new CookieCache(options.fastOpenServers ?? 256, derive(key, 9))
      : undefined;
    this.writer = new Writer(this.clock, this.cookies);
    this.controls = new Controls(this.connections, this.tuning);
  }

  /** Segment size that is announced towards an address, octets, `most` at most. */
  mssFor(remote: number, most: number = Infinity): number {
    const mss = Math.min(most, this.ip.mtuFor(remote) - OVERHEAD);
    return Math.max(this.tuning.minimumMss, mss);
  }

  /**
   * An initial sequence number for a 4-tuple whose last connection had sent up to
   * `last`: beyond all of that (RFC 9293 MAY-2).
   */
  beyond(iss: number, last: number): number {
    if (before(last, iss)) return iss;
    return (last + 65536 + (this.tuning.random(iss) & 0xffff)) | 0;
  }

  /** Sends {@linkcode Core.header} in the buffer of what it answers. */
  reply(to: InPacket): void {
    if (this.writer.reply(to, this.header) !== undefined) {
      this.counters.add(count.REPLY_FAILED, 1);
    } else this.counters.add(count.SENT, 1);
  }

  /** Answers what belongs to nothing with RST, RFC 9293 section 3.10.7.1. */
  reset(to: InPacket, s: Segment): void {
    if ((s.flags & RST) !== 0) return;
    // Each costs one token or two: who counts how many resets are left for him learns
    // little of those that went to others (CVE-2016-5696, for RFC 5961 section 7).
    const cost = 1 + (this.tuning.random(s.sequence) & 1);
    if (!this.#resets.allow(this.clock, cost)) {
      this.counters.add(count.RESETS_LIMITED, 1);
      return;
    }
    if ((s.flags & ACK) !== 0) this.header.set(s.acknowledgment, 0, RST, 0);
    else {
      const next = (s.sequence + s.sequenceLength) | 0;
      this.header.set(0, next, RST | ACK, 0);
    }
    this.counters.add(count.RESETS_SENT, 1);
    this.reply(to);
  }

  /** Sends RST for a connection that this side has aborted. */
  farewell(c: Connection, raw: RawPacket): void {
    const { header, counters } = this;
    header.set(c.sndMax, c.rcvNxt, RST | ACK, 0);
    if (c.tsOn) header.stamp(stamp(this.clock.now, c.tsOffset), c.tsRecent);
    const ports = (c.localPort << 16) | c.remotePort;
    const { localAddress, remoteAddress } = c;
    const failure = this.writer.control(
      raw,
      header,
      localAddress,
      remoteAddress,
      ports,
    );
    counters.add(
      failure === undefined ? count.RESETS_SENT : count.SEND_FAILED,
      1,
    );
  }

  /** Tells the user of a connection that it is over. */
  closed(c: Connection, reason: CloseReason): void {
    const { counters } = this;
    if (reason === "closed") counters.add(count.CLOSED, 1);
    else if (reason === "aborted" || reason === "failed") {
      counters.add(count.ABORTED, 1);
    }
    const { handler } = c;
    c.handler = SILENT;
    try {
      handler.closed?.(c, reason);
    } catch {
      counters.add(count.HANDLER_THREW, 1);
    }
  }
}
