/**
 * A segment that arrived, reduced to what the state machine looks at.
 *
 * @module
 */

import type { Memory } from "@ethox/managed/memory";
import { CHECKSUM_NONE } from "@ethox/nic/packet";
import { pseudo4 } from "@ethox/wire/checksum";
import { Protocol } from "@ethox/wire/ip";
import { Options, type View } from "@ethox/wire/tcp";
import type { InPacket } from "../ip/mod.ts";

/** No more data from the sender. */
export const FIN = 0x01;
/** Synchronise sequence numbers. */
export const SYN = 0x02;
/** Reset the connection. */
export const RST = 0x04;
/** Push to the user. */
export const PSH = 0x08;
/** The acknowledgment field counts. */
export const ACK = 0x10;
/** The urgent pointer counts. */
export const URG = 0x20;

/** ECN echo, RFC 3168. */
export const ECE = 0x40;
/** Congestion window reduced, RFC 3168. */
export const CWR = 0x80;

/** One segment; reused for the next. */
export class Segment {
  /** SEG.SEQ, int32. */
  sequence = 0;
  /** SEG.ACK, int32. */
  acknowledgment = 0;
  /** Control bits. */
  flags = 0;
  /** SEG.WND as it stands in the header, not scaled. */
  window = 0;
  /** SEG.UP as an offset from SEG.SEQ, 0 without URG. */
  urgent = 0;
  /** Octets of payload. */
  length = 0;
  /** Where the payload lies. */
  memory: Memory | undefined = undefined;
  /** Offset of the payload there. */
  at = 0;
  /** Whether a device joined several segments to this one. */
  joined = false;
  /** The ECN field of its IP header, RFC 3168 section 5. */
  ecn = 0;
  /** Options. */
  readonly options: Options = new Options();

  /** Takes over what a checked view says. */
  load(view: View, memory: Memory, joined: boolean): void {
    this.sequence = view.sequence;
    this.acknowledgment = view.acknowledgment;
    this.flags = view.flags;
    this.window = view.window;
    this.urgent = (this.flags & URG) !== 0 ? view.urgentPointer : 0;
    this.at = view.payloadStart;
    this.length = view.payloadEnd - this.at;
    this.memory = memory;
    this.joined = joined;
  }

  /** SEG.LEN: octets of payload, and one each for SYN and FIN. */
  get sequenceLength(): number {
    return this.length + ((this.flags >> 1) & 1) + (this.flags & 1);
  }
}

/** Whether the checksum of a segment is right, or the device vouches for it. */
export function verified(p: InPacket): boolean {
  const { packet, payloadStart } = p;
  const { checksum, capabilities } = packet.info;
  if (checksum !== CHECKSUM_NONE || capabilities.tcp.receive) return true;
  const length = p.payloadEnd - payloadStart;
  const seed = pseudo4(p.source, p.destination, Protocol.TCP, length);
  return packet.sum(payloadStart, length, seed) === 0xffff;
}
