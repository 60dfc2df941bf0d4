/**
 * One TCP connection as a socket sees it. Scripts care how many octets there
 * are, not for what they say: buffers count.
 *
 * @module
 */

import type { CloseReason, Connection, Handler } from "@ethox/layer/tcp";
import type { Memory } from "@ethox/managed/memory";
import type { SendBuf } from "@ethox/storage/buf";
import { Reassembly } from "@ethox/storage/reassembly";
import { ERRNO } from "./names.ts";

/** Octets that were written and are not acknowledged: so many zeros. */
export class Outbox implements SendBuf {
  /** Most octets that may wait. */
  limit: number;
  /** Octets acknowledged so far. */
  acknowledged = 0;
  /** Octets written so far. */
  written = 0;
  #waiting = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  get finished(): boolean {
    return false;
  }

  /** Octets that can be written now. */
  get free(): number {
    return Math.max(0, this.limit - this.#waiting);
  }

  write(octets: number): number {
    const taken = Math.min(octets, this.free);
    this.#waiting += taken;
    this.written += taken;
    return taken;
  }

  available(): number {
    return this.#waiting;
  }

  /** Takes back what was written beyond so many octets. */
  keep(octets: number): void {
    this.written = this.#waiting = octets;
  }

  fill(memory: Memory, at: number, _offset: number, length: number): void {
    memory.bytes.fill(0, at, at + length);
  }

  acknowledge(length: number): void {
    this.#waiting -= length;
    this.acknowledged += length;
  }
}

/** What the header of a SYN, which is not scaled, can say of a window. */
const UNSCALED = 0xffff;

/**
 * Octets that were received and not read yet. The window begins with what a SYN
 * can announce and grows with what arrives, so that the peer need not be told
 * right behind the handshake.
 */
export class Inbox extends Reassembly {
  /** Most octets that may be unread. */
  limit: number;
  /** What the limit may grow to. */
  most: number;
  /** Octets that can be read. */
  readable = 0;

  constructor(most: number) {
    super();
    this.most = most;
    this.limit = Math.min(most, UNSCALED);
  }

  window(): number {
    return Math.max(0, this.limit - this.readable);
  }

  /** Takes octets out. */
  read(most: number): number {
    const taken = Math.min(most, this.readable);
    this.readable -= taken;
    return taken;
  }

  protected override store(): void {}

  protected override accept(length: number): void {
    this.readable += length;
    this.limit = Math.min(this.most, this.limit + length);
  }
}

/** What a closed connection means for its socket. */
const REASONS: Readonly<Record<CloseReason, number>> = {
  closed: 0,
  reset: ERRNO.ECONNRESET!,
  refused: ERRNO.ECONNREFUSED!,
  timeout: ERRNO.ETIMEDOUT!,
  unreachable: ERRNO.EHOSTUNREACH!,
  aborted: 0,
  failed: ERRNO.EIO!,
};

/** A connection, its buffers and what became of it. */
export class Stream {
  /** The record, for as long as the connection exists. */
  connection: Connection | undefined;
  readonly outbox: Outbox;
  readonly inbox: Inbox;
  established = false;
  /** The end has come, with this. */
  ended: CloseReason | undefined;
  /** The error that the next call gets, once. */
  error = 0;
  /** An ICMP error that explains a failure to come. */
  softError = 0;
  /** The whole window is announced right behind the handshake. */
  wide = false;
  /** The peer has marked octets as urgent. */
  urgent = false;
  /** The peer's FIN has been reached. */
  finReceived = false;
  shutRead = false;
  shutWrite = false;
  /** Where writes end whose memory the user wants to hear of (zero-copy). */
  readonly lent: number[] = [];
  /** Ports and address, which outlive the record. */
  localPort = 0;
  remotePort = 0;
  remote = 0;
  /** The request had octets that were taken. */
  synData = false;
  /** Octets that were given along with the request (fast open). */
  early = 0;
  /** What the socket wants to be told of. */
  onEstablished: () => void = () => {};
  /** The same for the first octets that arrive. */
  onOctets: (() => void) | undefined;
  readonly handler: Handler = {
    established: (c) => {
      this.established = true;
      const { inbox } = this;
      // What a header can say is a multiple of the scale's unit, and rounded up.
      const unit = 2 ** c.rcvScale;
      inbox.limit = this.wide
        ? inbox.most
        : Math.ceil(inbox.limit / unit) * unit;
      c.rcvAdv = (c.rcvNxt + inbox.window()) | 0;
      this.onEstablished();
    },
    received: (c) => {
      this.onOctets?.();
      this.onOctets = undefined;
      if (c.receiveFinished) this.finReceived = true;
    },
    urgent: () => {
      this.urgent = true;
    },
    closed: (c, reason) => {
      if (c.receiveFinished) this.finReceived = true;
      this.ended = reason;
      this.connection = undefined;
      this.error = REASONS[reason];
      if (reason === "reset" && this.finReceived) this.error = ERRNO.EPIPE!;
      if (
        this.softError !== 0 &&
        (reason === "timeout" || reason === "unreachable")
      ) this.error = this.softError;
    },
  };

  constructor(sendLimit: number, receiveLimit: number) {
    this.outbox = new Outbox(sendLimit);
    this.inbox = new Inbox(receiveLimit);
  }

  /** Becomes the user of a connection. */
  take(c: Connection): void {
    this.connection = c;
    this.localPort = c.localPort;
    this.remotePort = c.remotePort;
    this.remote = c.remoteAddress;
    c.sendBuf = this.outbox;
    c.recvBuf = this.inbox;
    c.handler = this.handler;
  }

  /** Whether octets up to the urgent mark are still to be read. */
  get urgentWaits(): boolean {
    const c = this.connection;
    return this.urgent && c !== undefined &&
      c.urgentOffset + this.inbox.readable > 0;
  }

  /** Whether all octets that will ever come have been read. */
  get atEnd(): boolean {
    return this.inbox.readable === 0 &&
      (this.finReceived || this.shutRead || this.ended !== undefined);
  }

  /** Writes whose memory is the user's again. */
  get returned(): number {
    const { acknowledged } = this.outbox;
    return this.lent.filter((end) => end <= acknowledged).length;
  }

  /** Gives the pending error away. */
  takeError(): number {
    const { error } = this;
    this.error = 0;
    return error;
  }
}
