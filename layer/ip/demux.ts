/**
 * Handlers that share datagrams out: by protocol on the way in, in turn on the
 * way out.
 *
 * @module
 */

import { DROPPED_PROTOCOL } from "./counters.ts";
import type {
  InPacket,
  RawPacket,
  ReceiveHandler,
  Receiver,
  Sender,
  SendHandler,
} from "./packet.ts";

/** Who takes which protocol. */
export interface Branches {
  /** Protocol 1. */
  readonly icmp?: ReceiveHandler;
  /** Protocol 6. */
  readonly tcp?: ReceiveHandler;
  /** Protocol 17. */
  readonly udp?: ReceiveHandler;
  /**
   * All others, and those above that have no handler: usually
   * `icmp.unknownProtocol()`; by default they are dropped and counted.
   */
  readonly other?: ReceiveHandler;
}

/** A receiver that hands datagrams on by protocol. */
export function demux(branches: Branches): Receiver {
  return new Demux(branches);
}

/** A sender that offers each buffer to the next in turn who has use for it. */
export function rotate(senders: readonly SendHandler[]): Sender {
  return new Rotation(senders);
}

class Demux implements Receiver {
  readonly #icmp: ReceiveHandler;
  readonly #tcp: ReceiveHandler;
  readonly #udp: ReceiveHandler;
  readonly #other: ReceiveHandler;

  constructor(branches: Branches) {
    this.#other = branches.other ?? ignore;
    this.#icmp = branches.icmp ?? this.#other;
    this.#tcp = branches.tcp ?? this.#other;
    this.#udp = branches.udp ?? this.#other;
  }

  receive(p: InPacket): void {
    let handler = this.#other;
    if (p.protocol === 6) handler = this.#tcp;
    else if (p.protocol === 17) handler = this.#udp;
    else if (p.protocol === 1) handler = this.#icmp;
    if (typeof handler === "function") handler(p);
    else handler.receive(p);
  }
}

class Rotation implements Sender {
  readonly #senders: readonly SendHandler[];
  #next = 0;

  constructor(senders: readonly SendHandler[]) {
    this.#senders = senders;
  }

  send(raw: RawPacket): void {
    const { packet } = raw;
    const { start } = packet;
    for (let i = 0; i < this.#senders.length; i++) {
      const handler = this.#senders[this.#next]!;
      if (++this.#next === this.#senders.length) this.#next = 0;
      if (typeof handler === "function") handler(raw);
      else handler.send(raw);
      if (packet.queued) return;
      // A sender may have tried in vain.
      packet.start = packet.end = start;
      packet.info.clear();
    }
  }
}

function ignore(p: InPacket): void {
  p.endpoint.counters.add(DROPPED_PROTOCOL, 1);
}
