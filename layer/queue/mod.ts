/**
 * Policies for who sends next.
 *
 * A protocol endpoint that serves several flows asks a
 * {@linkcode QueuePolicy} whom to offer the next buffer to. None is built in;
 * these are examples.
 *
 * ```ts
 * import { queue } from "@ethox/layer";
 * import { assertEquals } from "@std/assert";
 *
 * const policy = new queue.DeficitRoundRobin(2, 1000);
 * policy.weigh(1, 3000);
 * policy.activate(0);
 * policy.activate(1);
 * const octets = [0, 0];
 * for (let i = 0; i < 400; i++) {
 *   const flow = policy.next();
 *   octets[flow]! += 500;
 *   policy.charge(flow, 500);
 * }
 * assertEquals(octets, [50_000, 150_000]);
 * ```
 *
 * @module
 */

export * from "./deficit.ts";
export * from "./fair.ts";
export * from "./fifo.ts";
export * from "./policy.ts";
export * from "./priority.ts";
export * from "./token_bucket.ts";
