/**
 * `struct virtio_net_hdr`: what Linux says in front of each frame of a tap, tun
 * or packet socket about checksums and segmentation (virtio 1.2 section 5.1.6).
 *
 * Ten octets, little-endian on every machine that Deno runs on. The header is a
 * claim by whoever made the frame, so {@linkcode decode} believes only what
 * fits the frame.
 *
 * @module
 */

import {
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  CHECKSUM_VERIFIED,
  type Packet,
  SEGMENT_NONE,
  SEGMENT_TCP4,
  SEGMENT_UDP,
} from "../packet.ts";

const FLAGS = 0;
const GSO_TYPE = 1;
const HDR_LEN = 2;
const GSO_SIZE = 4;
const CSUM_START = 6;
const CSUM_OFFSET = 8;

/** Octets of the header. */
export const HEADER_LENGTH = 10;
/** Flag: the checksum field holds the pseudo-header sum only. */
export const NEEDS_CSUM = 1;
/** Flag: the checksum was found right. */
export const DATA_VALID = 2;
/** Type: an ordinary frame. */
export const GSO_NONE = 0;
/** Type: TCP over IPv4. */
export const GSO_TCPV4 = 1;
/** Type: TCP over IPv6. */
export const GSO_TCPV6 = 4;
/** Type: UDP datagrams of one size. */
export const GSO_UDP_L4 = 5;
/** Added to a TCP type: only the first segment keeps CWR (RFC 3168). */
export const GSO_ECN = 0x80;

const TCP_HEADER_LENGTH = 20;
const UDP_HEADER_LENGTH = 8;
const TCP_DATA_OFFSET = 12;
const TCP_FLAGS = 13;
const TCP_CWR = 0x80;

/**
 * Reads the header at `at` of the packet's memory into `packet.info`, for a
 * frame of `length` octets at `frame`. `false` if the header lies about the
 * frame, and then `info` is void.
 */
export function decode(
  packet: Packet,
  at: number,
  frame: number,
  length: number,
): boolean {
  const view = packet.memory.view;
  const info = packet.info;
  const flags = view.getUint8(at + FLAGS);
  if ((flags & NEEDS_CSUM) !== 0) {
    const start = view.getUint16(at + CSUM_START, true);
    const offset = view.getUint16(at + CSUM_OFFSET, true);
    if (start + offset + 2 > length) return false;
    info.checksum = CHECKSUM_PARTIAL;
    info.checksumStart = frame + start;
    info.checksumOffset = offset;
  } else {
    info.checksum = (flags & DATA_VALID) !== 0
      ? CHECKSUM_VERIFIED
      : CHECKSUM_NONE;
  }
  const type = view.getUint8(at + GSO_TYPE) & ~GSO_ECN;
  if (type === GSO_NONE) {
    info.segmentType = SEGMENT_NONE;
    info.segmentSize = 0;
    return true;
  }
  const size = view.getUint16(at + GSO_SIZE, true);
  if (size === 0 || view.getUint16(at + HDR_LEN, true) > length) return false;
  if (type !== GSO_TCPV4 && type !== GSO_TCPV6 && type !== GSO_UDP_L4) {
    return false;
  }
  // The segment types of a packet are numbered as here.
  info.segmentType = type;
  info.segmentSize = size;
  return true;
}

/**
 * Writes to `view` at `at` the header that `packet.info` asks for. `false` if
 * it asks for what the octets of the packet do not allow.
 */
export function encode(view: DataView, at: number, packet: Packet): boolean {
  const info = packet.info;
  if (info.checksum !== CHECKSUM_PARTIAL) {
    view.setInt32(at + FLAGS, 0);
    view.setInt32(at + GSO_SIZE, 0);
    view.setInt16(at + CSUM_OFFSET, 0);
    return info.segmentType === SEGMENT_NONE;
  }
  const length = packet.end - packet.start;
  const transport = info.checksumStart - packet.start;
  if (transport < 0 || info.checksumOffset < 0) return false;
  if (transport + info.checksumOffset + 2 > length) return false;
  let type = GSO_NONE;
  let size = 0;
  let headers = 0;
  if (info.segmentType !== SEGMENT_NONE) {
    size = info.segmentSize;
    if (size <= 0 || size > 0xffff) return false;
    const memory = packet.memory.view;
    if (info.segmentType === SEGMENT_UDP) {
      headers = transport + UDP_HEADER_LENGTH;
      type = GSO_UDP_L4;
    } else if (info.segmentType === SEGMENT_TCP4) {
      if (transport + TCP_HEADER_LENGTH > length) return false;
      const octets =
        memory.getUint8(info.checksumStart + TCP_DATA_OFFSET) >> 2 & 0x3c;
      if (octets < TCP_HEADER_LENGTH) return false;
      headers = transport + octets;
      const cwr = memory.getUint8(info.checksumStart + TCP_FLAGS) & TCP_CWR;
      type = cwr === 0 ? GSO_TCPV4 : GSO_TCPV4 | GSO_ECN;
    } else return false;
    if (headers > length) return false;
    // A single segment is an ordinary frame.
    if (length - headers <= size) type = size = headers = 0;
  }
  view.setUint8(at + FLAGS, NEEDS_CSUM);
  view.setUint8(at + GSO_TYPE, type);
  view.setUint16(at + HDR_LEN, headers, true);
  view.setUint16(at + GSO_SIZE, size, true);
  view.setUint16(at + CSUM_START, transport, true);
  view.setUint16(at + CSUM_OFFSET, info.checksumOffset, true);
  return true;
}
