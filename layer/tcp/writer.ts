/**
 * Writes segments into the buffers of the layer below.
 *
 * @module
 */

import {
  CHECKSUM_PARTIAL,
  type PacketInfo,
  SEGMENT_TCP4,
} from "@ethox/nic/packet";
import { finish, pseudo4 } from "@ethox/wire/checksum";
import type { Failure } from "../failure.ts";
import {
  Init,
  type InPacket,
  type OutPacket,
  type RawPacket,
} from "../ip/mod.ts";
import type { Connection } from "./connection.ts";
import type { Plan } from "./output.ts";
import { ACK, SYN } from "./segment.ts";
import * as state from "./state.ts";

const PROTOCOL = 6;
const HEADER_LENGTH = 20;
const CHECKSUM = 16;
const SYN_OPTIONS = 8;

/** Octets of IP and TCP header without options. */
export const OVERHEAD = 40;

/** The header fields of a segment that belongs to no connection record. */
export class Header {
  /** SEG.SEQ. */
  sequence = 0;
  /** SEG.ACK. */
  acknowledgment = 0;
  /** Control bits. */
  flags = 0;
  /** Window as it stands in the header. */
  window = 0;
  /** MSS option of a SYN, octets. */
  mss = 0;
  /** Window scale option of a SYN, -1 for none. */
  windowScale = -1;

  /** Sets all but the options of a SYN. */
  set(
    sequence: number,
    acknowledgment: number,
    flags: number,
    window: number,
  ): this {
    this.sequence = sequence;
    this.acknowledgment = acknowledgment;
    this.flags = flags;
    this.window = window;
    return this;
  }
}

/** Emits segments; one for each endpoint. */
export class Writer {
  readonly #init = new Init();

  constructor() {
    this.#init.protocol = PROTOCOL;
  }

  /** Answers a segment in its own buffer. */
  reply(to: InPacket, h: Header): Failure | undefined {
    const length = HEADER_LENGTH + ((h.flags & SYN) !== 0 ? SYN_OPTIONS : 0);
    const ports = to.packet.memory.view.getInt32(to.payloadStart);
    const init = this.#init;
    init.source = to.destination;
    init.destination = to.source;
    init.payloadLength = length;
    to.packet.info.clear();
    const out = to.reinit(init);
    if (typeof out === "string") return out;
    return this.#bare(out, h, (ports << 16) | (ports >>> 16), length);
  }

  /** Sends a segment without data in a fresh buffer. */
  control(
    raw: RawPacket,
    h: Header,
    local: number,
    remote: number,
    ports: number,
  ): Failure | undefined {
    const length = HEADER_LENGTH + ((h.flags & SYN) !== 0 ? SYN_OPTIONS : 0);
    const init = this.#init;
    init.source = local;
    init.destination = remote;
    init.payloadLength = length;
    raw.packet.info.clear();
    const out = raw.prepare(init);
    if (typeof out === "string") return out;
    return this.#bare(out, h, ports, length);
  }

  /**
   * Sends what was planned for a connection; `edge` is the right edge of the
   * window to announce.
   */
  segment(
    raw: RawPacket,
    c: Connection,
    p: Plan,
    edge: number,
    mss: number,
  ): Failure | undefined {
    const syn = (p.flags & SYN) !== 0;
    const header = HEADER_LENGTH + (syn ? SYN_OPTIONS : 0);
    const init = this.#init;
    init.source = c.localAddress;
    init.destination = c.remoteAddress;
    init.payloadLength = header + p.length;
    const { packet } = raw;
    const { info } = packet;
    info.clear();
    if (p.length > c.mss) {
      info.segmentType = SEGMENT_TCP4;
      info.segmentSize = c.mss;
    }
    const out = raw.prepare(init);
    if (typeof out === "string") return out;
    const at = out.payloadStart;
    const { view } = packet.memory;
    const open = Math.max(0, (edge - c.rcvNxt) | 0);
    const window = Math.min(0xffff, syn ? open : open >> c.rcvScale);
    view.setInt32(at, (c.localPort << 16) | c.remotePort);
    view.setInt32(at + 4, p.sequence);
    view.setInt32(at + 8, (p.flags & ACK) !== 0 ? c.rcvNxt : 0);
    view.setInt32(at + 12, (header << 26) | (p.flags << 16) | window);
    // With the urgent pointer behind it.
    view.setInt32(at + CHECKSUM, p.urgent);
    if (syn) {
      const scaled = c.state === state.SYN_SENT || c.sndScaled;
      synOptions(view, at, mss, scaled ? c.rcvScale : -1);
    }
    if (p.length > 0) {
      c.sendBuf.fill(packet.memory, at + header, p.offset, p.length);
    }
    checksum(out, header + p.length);
    return out.send();
  }

  #bare(
    out: OutPacket,
    h: Header,
    ports: number,
    length: number,
  ): Failure | undefined {
    const at = out.payloadStart;
    const { view } = out.packet.memory;
    view.setInt32(at, ports);
    view.setInt32(at + 4, h.sequence);
    view.setInt32(at + 8, h.acknowledgment);
    view.setInt32(at + 12, (length << 26) | (h.flags << 16) | h.window);
    view.setInt32(at + CHECKSUM, 0);
    if (length > HEADER_LENGTH) synOptions(view, at, h.mss, h.windowScale);
    checksum(out, length);
    return out.send();
  }
}

/** MSS, and NOP and window scale or padding: always eight octets. */
function synOptions(
  view: DataView,
  at: number,
  mss: number,
  windowScale: number,
): void {
  view.setInt32(at + 20, 0x02040000 | mss);
  view.setInt32(
    at + 24,
    windowScale < 0 ? 0x01010101 : 0x01030300 | windowScale,
  );
}

function checksum(out: OutPacket, length: number): void {
  const { packet } = out;
  const { info } = packet;
  const at = out.payloadStart;
  const seed = pseudo4(out.source, out.destination, PROTOCOL, length);
  if (info.capabilities.tcp.transmit) {
    packet.memory.view.setUint16(at + CHECKSUM, seed);
    info.checksum = CHECKSUM_PARTIAL;
    info.checksumStart = at;
    info.checksumOffset = CHECKSUM;
    return;
  }
  const sum = packet.sum(at, length, seed);
  packet.memory.view.setUint16(at + CHECKSUM, finish(sum));
}

/** Octets of payload that one buffer and the device can take. */
export function largest(c: Connection, room: number, info: PacketInfo): number {
  const { tcpSegmentation } = info.capabilities;
  if (tcpSegmentation <= c.mss + OVERHEAD) return c.mss;
  const payload = Math.min(tcpSegmentation, room) - OVERHEAD;
  return payload <= c.mss ? c.mss : payload - payload % c.mss;
}
