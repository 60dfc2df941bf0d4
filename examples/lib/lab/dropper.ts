/**
 * Loses the segments that hold certain octets of a stream, and no others.
 *
 * @module
 */

import type { Device } from "@ethox/nic/device";
import {
  deliver,
  offer,
  type Packet,
  type ReceiveHandler,
  type SendHandler,
} from "@ethox/nic/packet";
import { Wrapped } from "@ethox/nic/wrapped";
import * as ethernet from "@ethox/wire/ethernet";
import * as ipv4 from "@ethox/wire/ipv4";
import * as tcp from "@ethox/wire/tcp";

const TCP = 6;

/** The device of a host that sends one stream. */
export class Dropper extends Wrapped {
  /** Segments lost so far. */
  dropped = 0;
  readonly #wanted: number[];
  readonly #ip = new ipv4.View();
  readonly #tcp = new tcp.View();
  #first = 0;

  /** Loses the segment with each of these octets, once for each mention. */
  constructor(inner: Device, octets: readonly number[]) {
    super(inner);
    this.#wanted = [...octets];
  }

  /** Hands it on; an answer in its buffer is judged like any segment. */
  override take(packet: Packet, handler: ReceiveHandler): void {
    deliver(handler, packet);
    this.#judge(packet);
  }

  /** Offers it, and takes it back if it is to be lost. */
  override give(packet: Packet, handler: SendHandler): void {
    offer(handler, packet);
    this.#judge(packet);
  }

  #judge(packet: Packet): void {
    if (!packet.queued || this.#wanted.length === 0) return;
    const ip = this.#ip.wrap(
      packet.memory.view,
      packet.start + ethernet.HEADER_LENGTH,
      packet.end,
    );
    if (ip.check() !== undefined || ip.protocol !== TCP) return;
    const segment = this.#tcp.wrap(
      packet.memory.view,
      ip.payloadStart,
      ip.payloadEnd,
    );
    if (segment.check() !== undefined) return;
    // The first octet follows the SYN.
    if (segment.syn) this.#first = (segment.sequence + 1) | 0;
    const at = segment.sequence + (segment.syn ? 1 : 0);
    const from = (at - this.#first) | 0;
    const length = segment.payloadEnd - segment.payloadStart;
    const found = this.#wanted.findIndex((octet) =>
      octet >= from && octet < from + length
    );
    if (found < 0) return;
    this.#wanted.splice(found, 1);
    this.dropped++;
    packet.unqueue();
  }
}
