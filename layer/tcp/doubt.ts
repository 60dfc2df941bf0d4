/**
 * What happens when a peer may be gone: IP hears of it, and the user
 * (RFC 9293 sections 3.8.3 and 3.9.1.8).
 *
 * @module
 */

import type { Connection } from "./connection.ts";
import type { Core } from "./core.ts";

/** Time-outs of the same octets after which IP is told: R1, SHLD-10. */
export const R1 = 3;

/** Whether a time-out was the one that is R1. */
export function reached(c: Connection): boolean {
  return c.tries === R1;
}

/** Tells IP and the user. */
export function tell(c: Connection, core: Core): void {
  c.doubtful = false;
  if (reached(c)) core.ip.doubt(c.remoteAddress);
  c.handler.troubled?.(c);
}
