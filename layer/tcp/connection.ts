/**
 * One connection, and what its user may do with it.
 *
 * @module
 */

import { backlog, type Buffers } from "./buffers.ts";
import { ControlBlock, storeFor } from "./control_block.ts";
import type { Host } from "./handler.ts";
import type { Store } from "./record.ts";
import * as state from "./state.ts";
import { mark } from "./urgent.ts";

/** One connection. Everything is open to inspection. */
export class Connection extends ControlBlock {
  /** An empty record, row `slot` of the store. */
  constructor(slot: number, host: Host, store: Store = storeFor(slot + 1)) {
    super(slot, store);
    store.host = host;
  }

  /** Key of the connection that the record holds now, 0 for none. */
  get key(): number {
    return this.store.key(this.slot);
  }

  /** The RFC's name of the state. */
  get stateName(): state.StateName {
    return state.nameOf(this.state);
  }

  /** Octets sent and not acknowledged. */
  get flight(): number {
    return (this.sndMax - this.sndUna) | 0;
  }

  /** Octets that are under way for all that is known (RFC 6675 section 4). */
  get pipe(): number {
    const { board } = this.store;
    const { slot } = this;
    return this.flight - board.sacked[slot]! - board.lost[slot]!;
  }

  /** Whether all that the peer had to say has been received, with its FIN. */
  get receiveFinished(): boolean {
    return this.finSeen && this.rcvNxt === ((this.finSequence + 1) | 0);
  }

  /** Whether nothing more can be sent. */
  get sendFinished(): boolean {
    return this.shut || this.sendBuf.finished;
  }

  /** Octets to send that were never sent. */
  get unsent(): number {
    return backlog(this as Buffers);
  }

  /**
   * Octets from the next one expected up to where the peer's urgent data ends;
   * negative where that has been received.
   */
  get urgentOffset(): number {
    return Math.max(this.urgentUntil - this.octetsReceived, -0x40000000);
  }

  /**
   * Says that something changed in the buffers: there is more to send, or room
   * was made for more to receive.
   */
  wake(): void {
    if (this.key !== 0) this.store.host.activate(this);
  }

  /**
   * All that the send buffer holds now is urgent: the peer's user hears of it, and
   * reads the octets in line. Not for new protocols (RFC 6093 section 5).
   */
  urgent(): void {
    mark(this, this.sendBuf.available());
    this.wake();
  }

  /** Sends no more: FIN goes out behind the last octet of the send buffer. */
  shutdown(): void {
    this.shut = true;
    this.wake();
  }

  /**
   * Sends no more and is not interested in what still comes: octets that arrive
   * after this are answered with RST, and FIN-WAIT-2 ends by itself.
   */
  close(): void {
    if (this.state === state.SYN_SENT) return this.abort();
    this.orphan = true;
    this.shutdown();
    if (this.key !== 0) this.store.host.orphaned?.(this);
  }

  /** Ends the connection with RST, at once. */
  abort(): void {
    if (this.key !== 0) this.store.host.abort(this, "aborted");
  }
}
