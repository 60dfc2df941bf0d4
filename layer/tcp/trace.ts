/**
 * What happens to connections, told event by event to whoever wants to know, with
 * the section of the RFC that decided it. An endpoint without a
 * {@linkcode Trace} has one check for `undefined` in its place.
 *
 * ```ts
 * import * as tcp from "@ethox/layer/tcp";
 * import { assertEquals } from "@std/assert";
 *
 * class Log implements tcp.Trace {
 *   lines: string[] = [];
 *   state(_c: tcp.Connection, from: number, to: number, why: number): void {
 *     const { section } = tcp.why.reasonOf(why);
 *     this.lines.push(`${tcp.nameOf(from)} ${tcp.nameOf(to)} ${section}`);
 *   }
 *   sent(): void {}
 *   received(): void {}
 *   lost(): void {}
 *   cwnd(): void {}
 *   rtt(): void {}
 *   pacing(): void {}
 * }
 * // new tcp.Endpoint({ …, trace: new Log() })
 * assertEquals(tcp.why.reasonOf(tcp.why.RACK).section, "RFC 8985 6.2");
 * ```
 *
 * @module
 */

import type { Clock } from "@ethox/nic/device";
import type { Connection } from "./connection.ts";
import type { Segment } from "./segment.ts";

/**
 * Hears of events. What it is given is lent: the connection's record and the
 * segment are used again. Sequence numbers are int32, times µs, lengths octets;
 * `why` is one of the constants of {@linkcode why}.
 */
export interface Trace {
  /** The endpoint is made; `clock.now` is the time of each event, µs. */
  begin?(clock: Clock): void;
  /** The state changed. */
  state(c: Connection, from: number, to: number, why: number): void;
  /**
   * A segment was sent, or a super-segment. `length` is that of its payload;
   * `why` is `NEW` (0), or the reason why octets were sent again.
   */
  sent(
    c: Connection,
    sequence: number,
    length: number,
    flags: number,
    why: number,
  ): void;
  /** A segment came, before anything follows from it. */
  received(c: Connection, s: Segment): void;
  /** The octets `from`..`to` count as lost. */
  lost(c: Connection, from: number, to: number, why: number): void;
  /** `c.cwnd` or `c.ssthresh` changed. */
  cwnd(c: Connection, why: number): void;
  /** A round trip was measured; `c.srtt`, `c.rttvar` and `c.rto` are new. */
  rtt(c: Connection, rtt: number): void;
  /** `c.pacingRate` changed. */
  pacing(c: Connection): void;
}
