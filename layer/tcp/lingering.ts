/**
 * What becomes of segments for connections in TIME-WAIT, which have a row of a
 * table and no record any more.
 *
 * @module
 */

import type { Clock } from "@ethox/nic/device";
import { before } from "@ethox/wire/tcp";
import type { InPacket as IpInPacket } from "../ip/mod.ts";
import type { Connection } from "./connection.ts";
import type { Core } from "./core.ts";
import * as count from "./counters.ts";
import { type Handshakes, requests } from "./handshakes.ts";
import { ACK, FIN, RST, type Segment, SYN } from "./segment.ts";
import { stamp } from "./timestamps.ts";

/** Rows that expire in one turn. */
const EXPIRIES = 256;
/** Between two answers to what is not the peer's FIN, ms. */
const PAUSE = 500;
/** Some ticks of the timestamps' clock, and of many a peer's, µs. */
const REUSE_AFTER = 1_000_000;

/** The TIME-WAIT state of all connections. */
export class Lingering {
  readonly #core: Core;
  readonly #handshakes: Handshakes;

  /** Keeps rows of the core; 4-tuples are opened again by handshakes. */
  constructor(core: Core, handshakes: Handshakes) {
    this.#core = core;
    this.#handshakes = handshakes;
  }

  /** Takes a segment for a row, RFC 9293 section 3.10.7.4. */
  receive(row: number, s: Segment, p: IpInPacket, ports: number): void {
    const { timeWait, counters, clock, tuning } = this.#core;
    const next = timeWait.rcvNxt[row]!;
    // RFC 1337: a reset does not cut TIME-WAIT short.
    if ((s.flags & RST) !== 0) return counters.add(count.DROPPED_REJECTED, 1);
    if (requests(s.flags) && this.#follows(row, s)) {
      const listener = this.#handshakes.find(p.destination, ports >>> 16);
      if (listener !== undefined) {
        const floor = timeWait.sndNxt[row]!;
        this.#release(row);
        counters.add(count.TIME_WAIT_REUSED, 1);
        return this.#handshakes.request(listener, s, p, ports, floor);
      }
    }
    // An ACK that says nothing new, or a segment that says nothing at all.
    if ((s.flags & (SYN | ACK)) === 0) return;
    if (s.sequenceLength === 0 && s.sequence === next) return;
    const { timestamps, timestampValue } = s.options;
    const old = timeWait.stamped[row] === 1 && timestamps &&
      before(timestampValue, timeWait.tsRecent[row]!);
    // Only the FIN that was taken: anybody can make up another.
    if (
      (s.flags & FIN) !== 0 && !old &&
      ((s.sequence + s.sequenceLength) | 0) === next
    ) {
      timeWait.restart(row, clock.now + tuning.timeWait);
      if (timestamps) timeWait.tsRecent[row] = timestampValue;
    } else if (((milliseconds(clock) - timeWait.ackedAt[row]!) | 0) < PAUSE) {
      // RFC 5961 section 7; and two hosts in each other's name would never end.
      return counters.add(count.TIME_WAIT_LIMITED, 1);
    }
    this.#acknowledge(row, p, ports);
  }

  /**
   * Whether a request can be no old duplicate, RFC 6191 section 2: what is older
   * than it is told by timestamps, or by sequence numbers.
   */
  #follows(row: number, s: Segment): boolean {
    const { timeWait, tuning } = this.#core;
    const later = before(timeWait.rcvNxt[row]!, s.sequence);
    if (!s.options.timestamps || !tuning.timestamps) return later;
    // The last connection's segments had none, and will be told by that.
    if (timeWait.stamped[row] === 0) return true;
    const { timestampValue } = s.options;
    const last = timeWait.tsRecent[row]!;
    return before(last, timestampValue) || (last === timestampValue && later);
  }

  #acknowledge(row: number, p: IpInPacket, ports: number): void {
    const { timeWait, header, clock, isn } = this.#core;
    timeWait.ackedAt[row] = milliseconds(clock);
    header.set(timeWait.sndNxt[row]!, timeWait.rcvNxt[row]!, ACK, 0);
    if (timeWait.stamped[row] === 1) {
      const offset = isn.timestampOffset(p.destination, p.source, ports);
      header.stamp(stamp(clock.now, offset), timeWait.tsRecent[row]!);
    }
    this.#core.reply(p);
  }

  /**
   * Whether this host may connect again where a row is. The last connection used
   * timestamps, and the clock has gone on since: then both sides can tell what
   * is left of it (RFC 6191 section 2, seen from the other side).
   */
  mayReuse(row: number): boolean {
    const { timeWait, tuning, clock } = this.#core;
    if (!tuning.timeWaitReuse || !tuning.timestamps) return false;
    if (timeWait.stamped[row] === 0) return false;
    return clock.now - (timeWait.expiry(row) - tuning.timeWait) >= REUSE_AFTER;
  }

  /** Gives up a row for a connection of our own; how far it had sent. */
  reuse(row: number): number {
    const floor = this.#core.timeWait.sndNxt[row]!;
    this.#release(row);
    this.#core.counters.add(count.TIME_WAIT_REUSED, 1);
    return floor;
  }

  /**
   * Gives a connection a row, of which the oldest makes room; false if there is
   * no table, and the 4-tuple is to be forgotten.
   */
  enter(c: Connection): boolean {
    const { timeWait, table, timeWaitBase, clock, tuning, counters } =
      this.#core;
    const expiry = clock.now + tuning.timeWait;
    let row = timeWait.add(expiry);
    if (row < 0 && timeWait.oldest >= 0) {
      counters.add(count.TIME_WAIT_EVICTED, 1);
      this.#release(timeWait.oldest);
      row = timeWait.add(expiry);
    }
    if (row < 0) return false;
    const ports = (c.localPort << 16) | c.remotePort;
    timeWait.localAddress[row] = c.localAddress;
    timeWait.remoteAddress[row] = c.remoteAddress;
    timeWait.ports[row] = ports;
    timeWait.sndNxt[row] = c.sndMax;
    timeWait.rcvNxt[row] = c.rcvNxt;
    timeWait.tsRecent[row] = c.tsRecent;
    timeWait.stamped[row] = c.tsOn ? 1 : 0;
    timeWait.ackedAt[row] = (milliseconds(clock) - PAUSE) | 0;
    table.set3(c.localAddress, c.remoteAddress, ports, timeWaitBase + row);
    return true;
  }

  /** Frees the rows whose time is over, as many as one turn may. */
  expire(): void {
    const { timeWait, clock } = this.#core;
    for (let i = 0; i < EXPIRIES && timeWait.nextExpiry <= clock.now; i++) {
      this.#release(timeWait.oldest);
    }
  }

  #release(row: number): void {
    const { timeWait, table } = this.#core;
    table.delete3(
      timeWait.localAddress[row]!,
      timeWait.remoteAddress[row]!,
      timeWait.ports[row]!,
    );
    timeWait.remove(row);
  }
}

function milliseconds(clock: Clock): number {
  return Math.floor(clock.now / 1000) | 0;
}
