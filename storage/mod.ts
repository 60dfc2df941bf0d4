/**
 * Buffers for streams, over memory given at set-up.
 *
 * TCP keeps no copy of what it sends or receives. It asks a
 * {@linkcode buf.SendBuf} for a range of octets when a packet is there, and
 * again to retransmit, and hands what arrives straight from the packet to a
 * {@linkcode buf.RecvBuf}, in order or not. The rings are the ready-made pair
 * of these for reading and writing; the others send from and receive into one
 * place, discard, or check. An {@linkcode assembler.Assembler} knows which
 * ranges have arrived. After set-up nothing here allocates, throws or waits.
 *
 * ```ts
 * import { recvRing, sendRing } from "@ethox/storage";
 * import { Memory } from "@ethox/managed/memory";
 * import { assertEquals } from "@std/assert";
 *
 * const from = sendRing.SendRing.allocate(1024);
 * const to = recvRing.RecvRing.allocate(1024);
 * from.write(new TextEncoder().encode("hello world"));
 *
 * const packet = Memory.allocate(64);
 * from.fill(packet, 0, 6, 5); // the second segment overtakes the first
 * assertEquals(to.receive(packet, 0, 6, 5), 0);
 * from.fill(packet, 0, 0, 6);
 * from.acknowledge(to.receive(packet, 0, 0, 6));
 *
 * const into = new Uint8Array(64);
 * const text = new TextDecoder().decode(into.subarray(0, to.read(into)));
 * assertEquals(text, "hello world");
 * assertEquals(from.available(), 0);
 * ```
 *
 * @module
 */

export * as assembler from "./assembler.ts";
export * as buf from "./buf.ts";
export * as empty from "./empty.ts";
export * as pattern from "./pattern.ts";
export * as reassembly from "./reassembly.ts";
export * as recvInto from "./recv_into.ts";
export * as recvRing from "./recv_ring.ts";
export * as region from "./region.ts";
export * as ringBuffer from "./ring_buffer.ts";
export * as sendFrom from "./send_from.ts";
export * as sendRing from "./send_ring.ts";
export * as sink from "./sink.ts";
