/**
 * Network devices: the model that layers see, and devices made of memory.
 *
 * A device has packet buffers in one arena and lends them: received packets by
 * `rx`, empty buffers by `tx`, in bursts, each for the length of one call of the
 * handler. What the handler queues is sent. Devices of the Linux kernel are in
 * `@ethox/nic/sys`, which needs `--allow-ffi`; nothing here does.
 *
 * ```ts
 * import { pair } from "@ethox/nic";
 * import { assertEquals } from "@std/assert";
 *
 * const { a, b } = new pair.Pair();
 * a.tx(1, (packet) => {
 *   packet.resize(60);
 *   packet.memory.bytes.fill(7, packet.start, packet.end);
 *   packet.queue();
 * });
 * let octets = 0;
 * b.rx(64, (packet) => octets += packet.length);
 * assertEquals(octets, 60);
 * ```
 *
 * @module
 */

export * as arena from "./arena.ts";
export * as capabilities from "./capabilities.ts";
export * as capture from "./capture.ts";
export * as device from "./device.ts";
export * as external from "./external.ts";
export * as loopback from "./loopback.ts";
export * as lossy from "./lossy.ts";
export * as packet from "./packet.ts";
export * as pair from "./pair.ts";
export * as random from "./random.ts";
export * as simulator from "./simulator.ts";
export * as tracer from "./tracer.ts";
export * as wrapped from "./wrapped.ts";
