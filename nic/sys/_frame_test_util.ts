// Frames for the live tests, built by hand; no tests of their own.

import type { Packet } from "../packet.ts";
import { finish, pseudo4, sum } from "@ethox/wire/checksum";

/** Address of the device's host: 10.9.0.2. */
export const HOST = 0x0a090002;
/** Address of the kernel: 10.9.0.1. */
export const KERNEL = 0x0a090001;

const HIGH = 0x0200;
const LOW = 2;

/** Turns an ARP request for {@linkcode HOST} into its answer and queues it. */
export function answerArp(packet: Packet): boolean {
  const { view } = packet.memory;
  const at = packet.start;
  if (view.getUint16(at + 12) !== 0x0806) return false;
  if (view.getUint16(at + 20) !== 1 || view.getInt32(at + 38) !== HOST) {
    return false;
  }
  packet.memory.copy(at, packet.memory, at + 6, 6);
  packet.memory.copy(at + 32, packet.memory, at + 22, 10);
  for (const source of [at + 6, at + 22]) {
    view.setUint16(source, HIGH);
    view.setInt32(source + 2, LOW);
  }
  view.setInt32(at + 28, HOST);
  view.setUint16(at + 20, 2);
  packet.resize(42);
  packet.queue();
  return true;
}

/** Offset of the IPv4 header, or -1 if the frame is no UDP for {@linkcode HOST}. */
export function udpAt(packet: Packet, link: number): number {
  const { view } = packet.memory;
  const at = packet.start + link;
  if (link > 0 && view.getUint16(at - 2) !== 0x0800) return -1;
  if (view.getUint8(at) !== 0x45 || view.getUint8(at + 9) !== 17) return -1;
  return view.getInt32(at + 16) === HOST ? at : -1;
}

/** Whether the UDP checksum is right, that of a pseudo-header included. */
export function udpSound(packet: Packet, ip: number): boolean {
  const { view } = packet.memory;
  const length = view.getUint16(ip + 24);
  const pseudo = pseudo4(
    view.getInt32(ip + 12),
    view.getInt32(ip + 16),
    17,
    length,
  );
  return finish(sum(view, ip + 20, length, pseudo)) === 0;
}

/** What of the transport is left to the device. */
export type Work = "nothing" | "checksum" | "segments";

/**
 * Makes the packet a UDP datagram from {@linkcode HOST} port 7 to
 * {@linkcode KERNEL}, its payload all `fill`, and queues it.
 */
export function sendUdp(
  packet: Packet,
  to: Uint8Array,
  port: number,
  payload: number,
  fill: number,
  work: Work,
): void {
  const link = to.length === 0 ? 0 : 14;
  packet.resize(link + 28 + payload);
  const { memory, start } = packet;
  const { view } = memory;
  if (link > 0) {
    memory.bytes.set(to, start);
    view.setUint16(start + 6, HIGH);
    view.setInt32(start + 8, LOW);
    view.setUint16(start + 12, 0x0800);
  }
  const ip = start + link;
  view.setUint16(ip, 0x4500);
  view.setUint16(ip + 2, 28 + payload);
  view.setInt32(ip + 4, 0x4000);
  view.setInt32(ip + 8, 0x40110000);
  view.setInt32(ip + 12, HOST);
  view.setInt32(ip + 16, KERNEL);
  view.setUint16(ip + 10, finish(sum(view, ip, 20)));
  const udp = ip + 20;
  view.setUint16(udp, 7);
  view.setUint16(udp + 2, port);
  view.setUint16(udp + 4, 8 + payload);
  memory.fill(udp + 8, payload, fill);
  const pseudo = pseudo4(HOST, KERNEL, 17, 8 + payload);
  view.setUint16(udp + 6, 0);
  if (work === "nothing") {
    view.setUint16(udp + 6, finish(sum(view, udp, 8 + payload, pseudo)));
  } else {
    view.setUint16(udp + 6, pseudo);
    packet.info.checksum = 2;
    packet.info.checksumStart = udp;
    packet.info.checksumOffset = 6;
    if (work === "segments") {
      packet.info.segmentType = 5;
      packet.info.segmentSize = 1000;
    }
  }
  packet.queue();
}

/**
 * Turns the SYN whose IPv4 header is at `at` into a SYN with ACK, MSS 1460, its
 * checksum left to the device, and queues it.
 */
export function answerSyn(packet: Packet, at: number): void {
  const { view } = packet.memory;
  const tcp = at + 20;
  packet.memory.copy(packet.start, packet.memory, packet.start + 6, 6);
  view.setUint16(packet.start + 6, 0x0200);
  view.setInt32(packet.start + 8, 2);
  view.setInt32(at + 16, view.getInt32(at + 12));
  view.setInt32(at + 12, HOST);
  const port = view.getUint16(tcp);
  view.setUint16(tcp, view.getUint16(tcp + 2));
  view.setUint16(tcp + 2, port);
  view.setInt32(tcp + 8, view.getInt32(tcp + 4) + 1);
  view.setInt32(tcp + 4, 1000);
  view.setInt32(tcp + 12, 0x6012ffff);
  view.setInt32(tcp + 20, 0x020405b4);
  packet.resize(14 + 20 + 24);
  view.setUint16(at + 2, 44);
  view.setUint16(at + 10, 0);
  view.setUint16(at + 10, finish(sum(view, at, 20)));
  const peer = view.getInt32(at + 16);
  view.setUint16(tcp + 16, pseudo4(HOST, peer, 6, 24));
  packet.info.clear();
  packet.info.checksum = 2;
  packet.info.checksumStart = tcp;
  packet.info.checksumOffset = 16;
  packet.queue();
}
