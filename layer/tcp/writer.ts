/**
 * Writes segments into the buffers of the layer below.
 *
 * @module
 */

import type { Clock } from "@ethox/nic/device";
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
import { ECT0, NOT_ECT } from "./ecn.ts";
import type { CookieCache } from "./fast_open.ts";
import type { Plan } from "./output.ts";
import { ACK, SYN } from "./segment.ts";
import {
  SynOptions,
  TIMESTAMPS_LENGTH,
  writeTimestamps,
} from "./syn_options.ts";
import { OPTION_LENGTH } from "./user_timeout.ts";
import { stamp } from "./timestamps.ts";

const PROTOCOL = 6;
const IP_HEADER_LENGTH = 20;
const HEADER_LENGTH = 20;
const CHECKSUM = 16;

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
  /** Options of a SYN; of any other segment the timestamps alone. */
  readonly options: SynOptions = new SynOptions();

  /** Sets all but the options; there are no timestamps. */
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
    this.options.timestamps = false;
    return this;
  }

  /** Adds timestamps. */
  stamp(value: number, echo: number): this {
    this.options.timestamps = true;
    this.options.value = value;
    this.options.echo = echo;
    return this;
  }

  /** Octets of the TCP header. */
  get length(): number {
    const { options } = this;
    if ((this.flags & SYN) !== 0) return HEADER_LENGTH + options.length;
    return HEADER_LENGTH + (options.timestamps ? TIMESTAMPS_LENGTH : 0);
  }
}

/** Emits segments; one for each endpoint. */
export class Writer {
  readonly #init = new Init();
  readonly #clock: Clock;
  readonly #syn = new SynOptions();

  readonly #cookies: CookieCache | undefined;

  /** `clock` is what timestamps are made of, `cookies` are for fast open. */
  constructor(clock: Clock, cookies: CookieCache | undefined) {
    this.#clock = clock;
    this.#cookies = cookies;
    this.#init.protocol = PROTOCOL;
  }

  /** Answers a segment in its own buffer. */
  reply(to: InPacket, h: Header): Failure | undefined {
    const { length } = h;
    const ports = to.packet.memory.view.getInt32(to.payloadStart);
    const init = this.#init;
    this.#plain();
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
    const { length } = h;
    const init = this.#init;
    this.#plain();
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
    if (syn) this.#offer(c, p, mss);
    const header = syn
      ? HEADER_LENGTH + this.#syn.length
      : overhead(c) - IP_HEADER_LENGTH + p.sack +
        (p.timeout !== 0 ? OPTION_LENGTH : 0);
    const init = this.#init;
    init.source = c.localAddress;
    init.destination = c.remoteAddress;
    init.ttl = c.ttl;
    init.dscp = c.dscp;
    init.ecn = p.markable ? ECT0 : NOT_ECT;
    init.payloadLength = header + p.length;
    const { packet } = raw;
    const { info } = packet;
    info.clear();
    if (p.length > p.size) {
      info.segmentType = SEGMENT_TCP4;
      info.segmentSize = p.size;
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
    const options = at + HEADER_LENGTH;
    if (syn) this.#syn.write(view, options);
    else if (c.tsOn) {
      const value = stamp(this.#clock.now, c.tsOffset);
      writeTimestamps(view, options, value, c.tsRecent);
    }
    if (p.timeout !== 0) {
      view.setInt32(at + header - p.sack - OPTION_LENGTH, p.timeout);
    }
    if (p.sack > 0) {
      c.store.lists.write(c.slot, view, at + header - p.sack, p.sack);
    }
    if (p.length > 0) {
      c.sendBuf.fill(packet.memory, at + header, p.offset, p.length);
    }
    checksum(out, header + p.length);
    return out.send();
  }

  /** Options of a connection's own SYN, or SYN,ACK where requests crossed. */
  #offer(c: Connection, p: Plan, mss: number): void {
    const answers = (p.flags & ACK) !== 0;
    const syn = this.#syn.set(
      mss,
      c.sndScaled ? c.rcvScale : -1,
      c.sackOn,
      c.tsOn,
      stamp(this.#clock.now, c.tsOffset),
      answers ? c.tsRecent : 0,
    );
    // What is not answered may have been lost for this (RFC 7413 section 4.1.3).
    if (c.fastOpen && !answers && !p.again) {
      this.#cookies?.load(c.remoteAddress, syn.cookie);
    }
  }

  /** What belongs to no record has nothing special. */
  #plain(): void {
    this.#init.ttl = 64;
    this.#init.dscp = 0;
    this.#init.ecn = NOT_ECT;
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
    const { options } = h;
    if ((h.flags & SYN) !== 0) options.write(view, at + HEADER_LENGTH);
    else if (options.timestamps) {
      const { value, echo } = options;
      writeTimestamps(view, at + HEADER_LENGTH, value, echo);
    }
    checksum(out, length);
    return out.send();
  }
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

/** Octets of IP and TCP header in front of a connection's data. */
export function overhead(c: Connection): number {
  return OVERHEAD + (c.tsOn ? TIMESTAMPS_LENGTH : 0);
}

/** Octets of payload that one buffer and the device can take. */
export function largest(c: Connection, room: number, info: PacketInfo): number {
  const { tcpSegmentation } = info.capabilities;
  const headers = overhead(c);
  if (tcpSegmentation <= c.mss + headers) return c.mss;
  const payload = Math.min(tcpSegmentation, room) - headers;
  return payload <= c.mss ? c.mss : payload - payload % c.mss;
}
