/**
 * Urgent data: a mark in the stream that the user hears of, while all octets stay
 * in line ([RFC 6093](https://www.rfc-editor.org/rfc/rfc6093), RFC 9293 section
 * 3.8.5). New applications should do without (SHLD-13).
 *
 * @module
 */

import { before } from "@ethox/wire/tcp";
import type { Connection } from "./connection.ts";
import type { Plan } from "./output.ts";
import { type Segment, SYN, URG } from "./segment.ts";

/** The pointer has 16 bits; it moves on as segments do (MUST-31). */
const FARTHEST = 0xffff;

/**
 * The urgent pointer of a segment that begins at a sequence number: octets up to
 * behind the last urgent one (MUST-62), 0 if nothing urgent lies ahead.
 */
function pointer(c: Connection, sequence: number): number {
  if (!c.urging) return 0;
  if (!before(c.sndUna, c.sndUp)) {
    // All was acknowledged; later the numbers come round.
    c.urging = false;
    return 0;
  }
  return Math.max(0, Math.min((c.sndUp - sequence) | 0, FARTHEST));
}

/** Tells of what is urgent in a segment that is to be sent. */
export function stamp(c: Connection, p: Plan): void {
  if ((p.flags & SYN) !== 0) return;
  p.urgent = pointer(c, p.sequence);
  if (p.urgent !== 0) p.flags |= URG;
}

/** All that is available now is urgent. */
export function mark(c: Connection, available: number): void {
  if (available <= 0) return;
  c.sndUp = (c.sndUna + available) | 0;
  c.urging = true;
  // The peer hears of it even where its window is closed (section 3.8.6.1).
  c.ackNow = true;
}

/**
 * Takes a segment's urgent pointer, whose text begins `offset` octets from
 * RCV.NXT on: whether the mark is new, or has moved (MUST-32).
 */
export function arrive(c: Connection, s: Segment, offset: number): boolean {
  // Wherever it points to, it is a number and no more (A76).
  const until = c.octetsReceived + offset + s.urgent;
  if (until <= c.octetsReceived || until <= c.urgentUntil) return false;
  c.urgentUntil = until;
  return true;
}
