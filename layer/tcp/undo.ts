/**
 * Retransmissions that were not needed, and what follows: by timestamps
 * ([RFC 3522](https://www.rfc-editor.org/rfc/rfc3522), Eifel), by D-SACK
 * ([RFC 3708](https://www.rfc-editor.org/rfc/rfc3708)), and after time-outs by
 * what arrives next ([RFC 5682](https://www.rfc-editor.org/rfc/rfc5682), F-RTO).
 *
 * @module
 */

import type { Clock } from "@ethox/nic/device";
import { before } from "@ethox/wire/tcp";
import type { Connection } from "./connection.ts";
import { stamp } from "./timestamps.ts";

/** No time-out is under suspicion. */
export const TRUSTED = 0;
/** The first segment was sent again, and nothing has been heard since. */
export const WAITING = 1;
/** SND.UNA moved; new segments were sent, and what they cause will tell. */
export const TESTING = 2;

/** An episode begins in which octets are sent again. */
export function begin(c: Connection): void {
  c.undoable = true;
  c.stamped = false;
  c.undoResent = 0;
  c.undoFrom = c.undoTo = c.sndUna;
}

/** The octets `from`..`to` were sent again. */
export function resent(
  c: Connection,
  from: number,
  to: number,
  clock: Clock,
): void {
  if (!c.undoable) return;
  c.undoResent += (to - from) | 0;
  if (before(c.undoTo, to)) c.undoTo = to;
  if (c.stamped) return;
  c.stamped = true;
  c.resentStamp = stamp(clock.now, c.tsOffset);
}

/**
 * Whether SND.UNA moved for a segment that was sent before the first
 * retransmission: RFC 3522 section 3.2 step 5.
 */
export function early(c: Connection, echo: number): boolean {
  return c.undoable && c.stamped && before(echo, c.resentStamp);
}

/**
 * Whether a report of duplicates can be about what this side sent again: networks
 * make duplicates, too.
 */
export function concerns(c: Connection, left: number, right: number): boolean {
  return !before(left, c.undoFrom) && !before(c.undoTo, right);
}

/**
 * Takes such a report; whether by now all that was sent again has turned out to be
 * superfluous (RFC 3708 section 3).
 */
export function duplicate(c: Connection, left: number, right: number): boolean {
  if (!c.undoable || c.undoResent === 0) return false;
  c.undoResent -= (right - left) | 0;
  if (c.undoResent > 0) return false;
  c.undoResent = 0;
  return true;
}

/** Gives back what the episode, if it goes on, has taken. */
export function undo(c: Connection, clock: Clock): void {
  c.undoable = false;
  c.undos++;
  if (c.inRecovery || c.inLoss) {
    c.store.board.find(c.slot);
    // Segments were overtaken, rather than lost.
    if (c.inRecovery) c.reordering = true;
    c.inRecovery = c.inLoss = false;
    c.retransmit = false;
  }
  c.suspicion = TRUSTED;
  c.dupAcks = 0;
  c.backoff = 0;
  c.control.undone(c, clock);
}
