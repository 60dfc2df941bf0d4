/**
 * What protocols do: a tree of handlers between a device and a user.
 *
 * Every layer has an `Endpoint` with its state, open to inspection and change
 * between bursts. Its `recv(handler)` and `send(handler)` make the handlers that
 * the layer below calls. Packets pass as forms that are lent for the length of
 * a call: `InPacket` (received and validated), `RawPacket` (a buffer to fill)
 * and `OutPacket` (headers set, payload to fill, then `send`).
 *
 * @module
 */

export * as arp from "./arp/mod.ts";
export * as eth from "./eth/mod.ts";
export * as failure from "./failure.ts";
export * as icmp from "./icmp/mod.ts";
export * as ip from "./ip/mod.ts";
export * as ports from "./ports.ts";
export * as queue from "./queue/mod.ts";
export * as tcp from "./tcp/mod.ts";
export * as udp from "./udp/mod.ts";
