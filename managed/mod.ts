/**
 * Containers over memory that is given at set-up.
 *
 * A constructor takes all a container will ever use: an array that is lent, or
 * a capacity. From then on nothing allocates and nothing grows. A full container
 * is an ordinary result (`false`, 0, -1 or `undefined`), and so is a key or an
 * index without an element; only numbers that make no sense at set-up throw.
 * What several parties share is split first, by a {@linkcode
 * partitioned.Partitioned}, so that none can take what another was promised.
 *
 * ```ts
 * import { map, partitioned, slotMap } from "@ethox/managed";
 * import { assertEquals } from "@std/assert";
 *
 * // Two flows at most, one of them kept for port 22; found by two words.
 * const shares = new partitioned.Partitioned(2, [{ minimum: 1 }, { minimum: 0 }]);
 * const flows = new slotMap.SlotMap([{ octets: 0 }, { octets: 0 }]);
 * const slots = new map.Map({
 *   capacity: 2,
 *   words: 2,
 *   key: crypto.getRandomValues(new Uint8Array(16)),
 * });
 * const keys = [0, 0];
 *
 * function open(address: number, port: number): boolean {
 *   if (!shares.take(port === 22 ? 0 : 1)) return false;
 *   const key = flows.reserve();
 *   const slot = flows.slot(key);
 *   keys[slot] = key;
 *   flows.elements[slot]!.octets = 0;
 *   return slots.set2(address, port, slot);
 * }
 *
 * const address = 0xc0000201; // 192.0.2.1
 * assertEquals([open(address, 80), open(address, 443)], [true, false]);
 * assertEquals(open(address, 22), true);
 * assertEquals(flows.get(keys[slots.get2(address, 22)]!), { octets: 0 });
 * assertEquals(slots.get2(address, 443), -1);
 * ```
 *
 * @module
 */

export * as counters from "./counters.ts";
export * as list from "./list.ts";
export * as map from "./map.ts";
export * as memory from "./memory.ts";
export * as ordered from "./ordered.ts";
export * as partial from "./partial.ts";
export * as partitioned from "./partitioned.ts";
export * as siphash from "./siphash.ts";
export * as slice from "./slice.ts";
export * as slotMap from "./slot_map.ts";
export * as timerWheel from "./timer_wheel.ts";
