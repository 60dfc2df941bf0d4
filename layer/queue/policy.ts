/**
 * The decision who sends next, which is the user's.
 *
 * @module
 */

/**
 * Orders flows. A flow is a small integer that the caller chose, such as the
 * slot of a connection.
 *
 * Time comes in by {@linkcode QueuePolicy.advance}, once per burst, so that no
 * call per packet carries a number that must be boxed.
 */
export interface QueuePolicy {
  /** Says what time it is, µs; called before the others when time has passed. */
  advance(now: number): void;
  /** The flow has something to send. Calling it twice changes nothing. */
  activate(flow: number): void;
  /** The flow to offer the next buffer to, or -1. */
  next(): number;
  /** The flow that {@linkcode QueuePolicy.next} named has sent so many octets. */
  charge(flow: number, octets: number): void;
  /** The flow has nothing more to send. Calling it twice changes nothing. */
  deactivate(flow: number): void;
  /**
   * The active flow has something to send, but not before `wait` µs have passed
   * since the time of {@linkcode QueuePolicy.advance}: an integer, up to 2^30.
   * It becomes active by itself then, or sooner by
   * {@linkcode QueuePolicy.activate}.
   *
   * Pacing is built on this. Where a policy does without, flows are not paced.
   */
  readonly defer?: ((flow: number, wait: number) => void) | undefined;
  /**
   * When the first flow may go: µs, at or before the current time if one may go
   * now, `Infinity` if none is active or deferred.
   */
  nextRelease(): number;
}

/** The parameters of a policy do not fit together. */
export class PolicyError extends RangeError {
  /** The name `"PolicyError"`. */
  override readonly name = "PolicyError";
}

/** Checks a number of flows. @throws {PolicyError} if it is none. */
export function checkFlows(flows: number): number {
  if (!Number.isInteger(flows) || flows < 1) {
    throw new PolicyError(`Cannot order ${flows} flows: need one or more`);
  }
  return flows;
}
