/**
 * Timers that seldom run, behind one time that the wheel knows: cork, keep-alive
 * and the search for a larger path MTU.
 *
 * @module
 */

import type { Clock } from "@ethox/nic/device";
import type { Connection } from "./connection.ts";
import * as keepalive from "./keepalive.ts";
import * as plpmtud from "./plpmtud.ts";
import type { Tuning } from "./tuning.ts";

/** How long a cork holds a part of a segment back, µs; as Linux has it. */
const CORKED = 200_000;

/**
 * Sets `upkeepAt` to when something is due. `withheld` says that octets wait for
 * a cork to be taken out.
 */
export function arm(
  c: Connection,
  clock: Clock,
  tuning: Tuning,
  withheld: boolean,
): void {
  if (!withheld) {
    // By far the commonest: nothing is to be looked at.
    if (!c.keepAlive && !c.upkeep) return;
    c.corkAt = Infinity;
  } else if (c.corkAt === Infinity) c.corkAt = clock.now + CORKED;
  seek(c, clock, tuning);
}

function seek(c: Connection, clock: Clock, tuning: Tuning): void {
  c.upkeepAt = Math.min(c.corkAt, c.searchAt, keepalive.due(c, clock, tuning));
  c.upkeep = c.upkeepAt !== Infinity;
}

/** Nothing is to be sent. */
export const NOTHING = 0;
/** There is something to send. */
export const SEND = 1;
/** The peer is gone. */
export const DEAD = 2;

/** Does what is due. */
export function tick(c: Connection, clock: Clock, tuning: Tuning): number {
  const { now } = clock;
  let outcome = NOTHING;
  if (now >= c.corkAt) {
    c.corkAt = Infinity;
    c.uncork = true;
    outcome = SEND;
  }
  if (now >= c.searchAt) {
    plpmtud.raise(c, tuning);
    outcome = SEND;
  }
  if (keepalive.tick(c, clock, tuning)) return DEAD;
  if (c.prompt) outcome = SEND;
  seek(c, clock, tuning);
  return outcome;
}
