/**
 * Keep-alive: whether an idle connection's peer is still there, RFC 9293 section
 * 3.8.4. Off unless `Connection.keepAlive` is set.
 *
 * @module
 */

import type { Clock } from "@ethox/nic/device";
import type { Connection } from "./connection.ts";
import type { Tuning } from "./tuning.ts";
import { userTimeout } from "./user_timeout.ts";
import * as state from "./state.ts";

/** The lower 32 bits: integers are passed on without becoming objects. */
function milliseconds(clock: Clock): number {
  return (clock.now / 1000) | 0;
}

/** Whether a connection in its state and with nothing to send is watched. */
function watched(c: Connection): boolean {
  // What is in flight, or waits for the window, has a timer of its own (MUST-26).
  return c.keepAlive && c.flight === 0 && c.unsent === 0 &&
    (c.state === state.ESTABLISHED || c.state === state.CLOSE_WAIT ||
      c.state === state.FIN_WAIT_2);
}

/** When the next probe, or the end, is due, µs; `Infinity` for never. */
export function due(c: Connection, clock: Clock, tuning: Tuning): number {
  if (!watched(c)) {
    c.keepAliveSent = 0;
    return Infinity;
  }
  if (c.keepAliveSent !== 0) return c.promptedAt + c.keepAliveInterval;
  // RFC 5482 section 4.2: not before data would be given up.
  const idle = c.peerTimeout === 0
    ? c.keepAliveIdle
    : Math.max(c.keepAliveIdle, userTimeout(c, tuning));
  return clock.now - 1000 * ((milliseconds(clock) - c.heardAt) | 0) + idle;
}

/**
 * Asks for a probe if it is time for one; whether the connection is dead, since
 * so many in a row got no answer (MUST-29: one is not enough).
 */
export function tick(c: Connection, clock: Clock, tuning: Tuning): boolean {
  if (clock.now < due(c, clock, tuning)) return false;
  if (c.keepAliveSent >= c.keepAliveProbes) return true;
  c.keepAliveSent++;
  c.promptedAt = clock.now;
  c.prompt = true;
  return false;
}

/** Anything was heard of the peer. */
export function heard(c: Connection, clock: Clock): void {
  c.heardAt = milliseconds(clock);
  if (c.keepAliveSent !== 0) c.keepAliveSent = 0;
}
