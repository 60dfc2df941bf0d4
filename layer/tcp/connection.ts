/**
 * The record of one connection (RFC 9293 section 3.3.1) and what its user may do
 * with it.
 *
 * @module
 */

import type { RecvBuf, SendBuf } from "@ethox/storage/buf";
import { backlog, type Buffers, NO_DATA, NOWHERE } from "./buffers.ts";
import { INITIAL_RTO } from "./rto.ts";
import * as state from "./state.ts";

/** Why a connection ended. */
export type CloseReason =
  /** Both sides said FIN, in whatever order. */
  | "closed"
  /** The peer sent RST. */
  | "reset"
  /** The peer answered the request with RST. */
  | "refused"
  /** Nothing was acknowledged for too long. */
  | "timeout"
  /** No route, or an ICMP error that ends an attempt to connect. */
  | "unreachable"
  /** This side called {@linkcode Connection.abort}. */
  | "aborted"
  /** A callback of the user threw. */
  | "failed";

/**
 * What a user wants to hear of a connection. Called from within bursts: quick,
 * and without keeping anything that was lent.
 */
export interface Handler {
  /** The handshake is complete. */
  established?(connection: Connection): void;
  /** Octets became readable, or the peer's FIN was reached. */
  received?(connection: Connection): void;
  /** The peer acknowledged octets: there is room to send more. */
  acknowledged?(connection: Connection): void;
  /** The end. The record is used for another connection afterwards. */
  closed?(connection: Connection, reason: CloseReason): void;
}

/** What a connection asks of the endpoint that holds it. */
export interface Host {
  /** Something may have to be sent. */
  activate(connection: Connection): void;
  /** Sends RST where the state asks for it and frees the record. */
  abort(connection: Connection, reason: CloseReason): void;
}

/** Nothing is to be heard. */
export const SILENT: Handler = {};

/**
 * One connection.
 *
 * Everything is open to inspection; between bursts the fields may be changed by
 * those who know what they do. Sequence numbers are int32, compared with
 * `tcp.before`; windows and lengths are octets; times are µs.
 */
export class Connection {
  /** Index of the record. */
  readonly slot: number;
  /** Key of the connection that the record holds now, 0 for none. */
  key = 0;
  /** One of the constants of {@linkcode state}. */
  state: number = state.CLOSED;

  /** Own address, int32. */
  localAddress = 0;
  /** Own port. */
  localPort = 0;
  /** The peer's address, int32. */
  remoteAddress = 0;
  /** The peer's port. */
  remotePort = 0;

  /** Where octets to send come from. */
  sendBuf: SendBuf = NO_DATA;
  /** Where received octets go to. */
  recvBuf: RecvBuf = NOWHERE;
  /** Who hears of events. */
  handler: Handler = SILENT;
  /** Anything of the user's. */
  context: unknown = undefined;

  /** SND.UNA: first octet sent and not acknowledged. */
  sndUna = 0;
  /** SND.NXT: next octet to send; goes back to SND.UNA after a time-out. */
  sndNxt = 0;
  /** The highest SND.NXT ever. */
  sndMax = 0;
  /** SND.WND: what the peer has room for from SND.UNA on. */
  sndWnd = 0;
  /** The largest SND.WND ever. */
  sndWndMax = 0;
  /** SND.WL1: sequence number of the last window update. */
  sndWl1 = 0;
  /** SND.WL2: acknowledgment number of the last window update. */
  sndWl2 = 0;
  /** ISS: initial sequence number sent. */
  iss = 0;
  /** Left shift of windows that the peer announces. */
  sndScale = 0;
  /** The peer offered window scaling. */
  sndScaled = false;
  /** Largest payload of a segment to send. */
  mss = 536;
  /** End of the last short segment sent (Nagle, as modified by Minshall). */
  sndSmall = 0;

  /** RCV.NXT: next octet expected. */
  rcvNxt = 0;
  /** Right edge of the window that was announced; never moves left. */
  rcvAdv = 0;
  /** IRS: initial sequence number received. */
  irs = 0;
  /** Left shift of windows that we announce. */
  rcvScale = 0;
  /** The largest window that was announced. */
  rcvWndMax = 0;
  /** Largest payload that the peer may send: what our MSS option says. */
  rcvMss = 536;
  /** Segments received in order and not acknowledged yet. */
  ackPending = 0;
  /** RCV.NXT as it was acknowledged last. */
  ackSent = 0;
  /** Where the octets received out of order end, if {@linkcode gap}. */
  gapUntil = 0;
  /** Octets are missing in front of others that were received. */
  gap = false;
  /** Where the peer's FIN lies, if {@linkcode finSeen}. */
  finSequence = 0;
  /** A FIN has arrived, in order or not. */
  finSeen = false;

  /** An ACK is to be sent now. */
  ackNow = false;
  /** Duplicate ACKs to send, one for each segment out of order. */
  dupAcksOwed = 0;
  /** The first unacknowledged segment is to be sent again. */
  retransmit = false;
  /** A zero-window probe is to be sent. */
  probe = false;
  /** The user will send no more: FIN follows the last octet. */
  shut = false;
  /** The user does not receive any more. */
  orphan = false;
  /** Send small segments at once, not held back by Nagle's algorithm. */
  noDelay = false;
  /** The queue policy knows that there is something to send. */
  active = false;
  /** `established` was called. */
  announced = false;

  /** Congestion window. */
  cwnd = 0;
  /** Slow start threshold. */
  ssthresh = 0x3fffffff;
  /** Duplicate ACKs in a row. */
  dupAcks = 0;
  /** SND.NXT when loss recovery began: it ends when this is acknowledged. */
  recover = 0;
  /** Fast recovery is going on. */
  inRecovery = false;
  /** Octets acknowledged since `cwnd` last grew in congestion avoidance. */
  ackedSinceGrowth = 0;

  /** Smoothed round-trip time, µs; 0 before the first sample. */
  srtt = 0.5;
  /** Its variation, µs. */
  rttvar = 0.5;
  /** Retransmission time-out before back-off, µs. */
  rto = 0.5;
  /** How often the time-out was doubled. */
  backoff = 0;
  /** A round trip is being measured. */
  timing = false;
  /** Sequence number whose acknowledgment ends the measurement. */
  timedSequence = 0;
  /** When it began, µs. */
  timedAt = 0.5;

  /** When to retransmit or probe, µs; `Infinity` for never. */
  retransmitAt = 0.5;
  /** When a delayed ACK is due, µs. */
  ackAt = 0.5;
  /** When FIN-WAIT-2 or a half-done handshake is given up, µs. */
  lingerAt = 0.5;
  /** When the timer wheel looks at this record next, µs. */
  wheelAt = 0.5;
  /** When something that is to be acknowledged was sent last, µs. */
  sentAt = 0.5;
  /** When the oldest unanswered octet was first sent again, µs. */
  stuckSince = 0.5;
  /** When challenge ACKs may be sent again, µs. */
  challengeAt = 0.5;
  /** Challenge ACKs left until then. */
  challenges = 0;

  /** Octets acknowledged by the peer. */
  octetsSent = 0.5;
  /** Octets received in order. */
  octetsReceived = 0.5;
  /** Segments sent. */
  segmentsSent = 0;
  /** Segments received. */
  segmentsReceived = 0;
  /** Segments sent again. */
  retransmissions = 0;
  /** Time-outs. */
  timeouts = 0;
  /** Fast retransmits. */
  fastRetransmits = 0;

  /** Which class of slots it was taken from. */
  share = 0;
  readonly #host: Host;

  /** An empty record. */
  constructor(slot: number, host: Host) {
    this.slot = slot;
    this.#host = host;
    this.reset();
  }

  /** Forgets everything but the key. */
  reset(): void {
    this.state = state.CLOSED;
    this.localAddress = this.localPort = 0;
    this.remoteAddress = this.remotePort = 0;
    this.sendBuf = NO_DATA;
    this.recvBuf = NOWHERE;
    this.handler = SILENT;
    this.context = undefined;
    this.sndUna = this.sndNxt = this.sndMax = 0;
    this.sndWnd =
      this.sndWndMax =
      this.sndWl1 =
      this.sndWl2 =
        0;
    this.iss = this.sndScale = this.sndSmall = 0;
    this.mss = 536;
    this.rcvNxt =
      this.rcvAdv =
      this.irs =
      this.rcvScale =
        0;
    this.rcvWndMax =
      this.ackPending =
      this.ackSent =
      this.gapUntil =
      this.finSequence =
        0;
    this.rcvMss = 536;
    this.finSeen =
      this.gap =
      this.ackNow =
      this.retransmit =
      this.probe =
        false;
    this.dupAcksOwed = 0;
    this.shut =
      this.orphan =
      this.noDelay =
      this.sndScaled =
        false;
    this.active = this.announced = false;
    this.cwnd =
      this.dupAcks =
      this.recover =
      this.ackedSinceGrowth =
        0;
    this.ssthresh = 0x3fffffff;
    this.inRecovery = false;
    this.srtt = this.rttvar = 0;
    this.rto = INITIAL_RTO;
    this.backoff = 0;
    this.timing = false;
    this.timedSequence = 0;
    this.timedAt = 0;
    this.retransmitAt = this.ackAt = this.lingerAt = Infinity;
    this.wheelAt = this.stuckSince = Infinity;
    this.challengeAt = this.sentAt = 0;
    this.challenges = 0;
    this.octetsSent = this.octetsReceived = 0;
    this.segmentsSent = this.segmentsReceived = 0;
    this.retransmissions = this.timeouts = this.fastRetransmits = 0;
    this.share = 0;
  }

  /** The RFC's name of the state. */
  get stateName(): state.StateName {
    return state.nameOf(this.state);
  }

  /** Octets sent and not acknowledged. */
  get flight(): number {
    return (this.sndMax - this.sndUna) | 0;
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
   * Says that something changed in the buffers: there is more to send, or room
   * was made for more to receive.
   */
  wake(): void {
    if (this.key !== 0) this.#host.activate(this);
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
  }

  /** Ends the connection with RST, at once. */
  abort(): void {
    if (this.key !== 0) this.#host.abort(this, "aborted");
  }
}
