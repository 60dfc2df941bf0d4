/**
 * What ICMP errors do to connections: as little as
 * [RFC 5927](https://www.rfc-editor.org/rfc/rfc5927) advises, since anybody can
 * send them.
 *
 * @module
 */

import type { Clock } from "@ethox/nic/device";
import { before } from "@ethox/wire/tcp";
import type { ErrorReport } from "../icmp/mod.ts";
import type { Connection } from "./connection.ts";
import type { Core } from "./core.ts";
import * as pmtu from "./pmtu.ts";
import * as state from "./state.ts";
import type { Tuning } from "./tuning.ts";

const DESTINATION_UNREACHABLE = 3;
const FRAGMENTATION_NEEDED = 4;
/** Octets of a TCP header that every error quotes (RFC 792). */
const QUOTED = 8;

/** The error says nothing that a connection should act on. */
export const IGNORED = 0;
/** The attempt to connect has failed. */
export const FATAL = 1;
/** The path carries less than was thought. */
export const SMALLER = 2;
/** Noted; only time will tell. */
export const SOFT = 3;
/** Noted, to be used when a time-out confirms it. */
export const LATER = 4;

/**
 * The slot of the connection that an error is about, or -1: the error has to
 * quote the ports and the sequence number of a segment from here.
 */
export function find(report: ErrorReport, core: Core): number {
  const { view, transportStart: at, source, destination } = report;
  if (report.transportEnd - at < QUOTED) return -1;
  const slot = core.table.get3(source, destination, view.getInt32(at));
  return slot < core.connections ? slot : -1;
}

/** Judges an error that quotes a segment, and applies a smaller path MTU. */
export function judge(
  c: Connection,
  report: ErrorReport,
  clock: Clock,
  tuning: Tuning,
): number {
  const { type, code } = report;
  const sequence = report.view.getInt32(report.transportStart + 4);
  // RFC 5927 section 4.1: it must quote something that is in flight.
  if (before(sequence, c.sndUna) || !before(sequence, c.sndMax)) return IGNORED;
  if (type !== DESTINATION_UNREACHABLE) {
    return type === 11 || type === 12 ? soft(c, type, code) : IGNORED;
  }
  if (code === FRAGMENTATION_NEEDED) {
    // A SYN is never too large.
    if (c.state < state.ESTABLISHED) return IGNORED;
    const outcome = pmtu.claim(c, report, sequence, clock, tuning);
    if (outcome === pmtu.USELESS) return IGNORED;
    return outcome === pmtu.APPLIED ? SMALLER : LATER;
  }
  // RFC 9293 section 3.9.2.2: protocol and port unreachable are hard, as are the
  // unknown and prohibited of RFC 1122 section 3.2.2.1; but in synchronized
  // states soft (RFC 5927 section 4.2).
  const hard = code === 2 || code === 3 || (code >= 6 && code <= 10);
  return hard && c.state === state.SYN_SENT ? FATAL : soft(c, type, code);
}

/** Notes an error for the user. */
function soft(c: Connection, type: number, code: number): number {
  c.softError = (type << 8) | code;
  c.doubtful = true;
  return SOFT;
}
