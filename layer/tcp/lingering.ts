/**
 * What becomes of segments for connections in TIME-WAIT, which have a row of a
 * table and no record any more.
 *
 * @module
 */

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
    const { timeWait, header, counters, clock, tuning } = this.#core;
    const next = timeWait.rcvNxt[row]!;
    // RFC 1337: a reset does not cut TIME-WAIT short.
    if ((s.flags & RST) !== 0) return counters.add(count.DROPPED_REJECTED, 1);
    if (requests(s.flags) && before(next, s.sequence)) {
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
    // Only the FIN that was taken: anybody can make up another.
    if (
      (s.flags & FIN) !== 0 && ((s.sequence + s.sequenceLength) | 0) === next
    ) {
      timeWait.restart(row, clock.now + tuning.timeWait);
    }
    header.set(timeWait.sndNxt[row]!, next, ACK, 0);
    if (timeWait.stamped[row] === 1) {
      const { isn } = this.#core;
      const offset = isn.timestampOffset(p.destination, p.source, ports);
      header.stamp(stamp(clock.now, offset), timeWait.tsRecent[row]!);
    }
    this.#core.reply(p);
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
