/**
 * The variables of one connection (RFC 9293 section 3.3.1).
 *
 * @module
 */

import type { RecvBuf, SendBuf } from "@ethox/storage/buf";
import { NO_DATA, NOWHERE } from "./buffers.ts";
import type { Control } from "./control.ts";
import { type Handler, SILENT } from "./handler.ts";
import { BITS, DOUBLES, INTS, MORE_BITS, SHORTS } from "./layout.ts";
import {
  shareBits,
  shareDoubles,
  shareInts,
  shareMoreBits,
  shareShorts,
  Store,
} from "./record.ts";
import { Reno } from "./reno.ts";
import { INITIAL_RTO, MAXIMUM_RTO } from "./rto.ts";
import * as state from "./state.ts";

/** Stands in while a record is free. */
const NO_CONTROL: Control = new Reno(0);

/** Time to live, as RFC 1700 has it. */
const DEFAULT_TTL = 64;

/** Room for the numbers of so many records. */
export function storeFor(records: number): Store {
  return new Store(records, INTS.length, SHORTS.length, DOUBLES.length);
}

/**
 * The transmission control block: all that is known of one connection.
 *
 * Between bursts the fields may be changed by those who know what they do.
 * Sequence numbers are int32, compared with `tcp.before`; windows and lengths are
 * octets; times are µs.
 */
export class ControlBlock {
  /** Index of the record. */
  readonly slot: number;
  /** Where fields that are only declared here lie. */
  readonly store: Store;
  /** Its doubles. */
  readonly doubles: Float64Array;
  /** Where those of this record begin. */
  readonly row: number;
  /** The booleans that are only declared here. */
  bits = 0;
  /** More of them. */
  moreBits = 0;
  /** One of the constants of {@linkcode state}. */
  state: number = state.CLOSED;

  /** Own address, int32. */
  declare localAddress: number;
  /** Own port. */
  declare localPort: number;
  /** The peer's address, int32. */
  declare remoteAddress: number;
  /** The peer's port. */
  declare remotePort: number;

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
  declare sndWndMax: number;
  /** SND.WL1: sequence number of the last window update. */
  declare sndWl1: number;
  /** SND.WL2: acknowledgment number of the last window update. */
  declare sndWl2: number;
  /** ISS: initial sequence number sent. */
  declare iss: number;
  /** Left shift of windows that the peer announces. */
  declare sndScale: number;
  /**
   * Windows are scaled. In SYN-SENT this and the two below say what we offer,
   * afterwards what both sides agreed on.
   */
  declare sndScaled: boolean;
  /** Every segment carries timestamps, RFC 7323. */
  declare tsOn: boolean;
  /** Selective acknowledgments may be sent, RFC 2018. */
  declare sackOn: boolean;
  /** What is added to the clock of TSval, int32. */
  declare tsOffset: number;
  /** TS.Recent: the TSval to echo, int32. */
  declare tsRecent: number;
  /** When that was set, µs. */
  declare tsRecentAt: number;
  /** Largest payload of a segment to send. */
  mss = 536;
  /** What {@linkcode mss} may become: as the peer and the link allow. */
  declare mssMax: number;
  /** Octets of the largest segment sent since `mss` changed. */
  declare sizeSent: number;
  /** Where it ended. */
  declare sizeMark: number;
  /** Whether that is not acknowledged yet. */
  declare sizing: boolean;
  /** Octets of the largest segment acknowledged since. */
  declare sizeAcked: number;
  /** Path MTU that an ICMP error claims and nothing confirms, 0 for none. */
  declare claimedMtu: number;
  /** The sequence number that it quotes. */
  declare claimedAt: number;
  /** Larger segments than `mss` are being tried (RFC 4821). */
  declare searching: boolean;
  /** The largest that may come through. */
  declare searchHigh: number;
  /** Octets of the probe in flight, 0 for none. */
  declare probeSize: number;
  /** Where it begins. */
  declare probeStart: number;
  /** Probes of that size that were lost. */
  declare probes: number;
  /** Probes sent in all. */
  declare mtuProbes: number;
  /** When the search begins again, µs. */
  declare searchAt: number;
  /** Some losses are no sign of congestion. */
  declare sparing: boolean;
  /** These lie in front of this. */
  declare spareUntil: number;
  /** They are so many octets at most. */
  declare spareOctets: number;
  /** End of the last short segment sent (Nagle, as modified by Minshall). */
  declare sndSmall: number;

  /** RCV.NXT: next octet expected. */
  rcvNxt = 0;
  /** Right edge of the window that was announced; never moves left. */
  rcvAdv = 0;
  /** IRS: initial sequence number received. */
  declare irs: number;
  /** Left shift of windows that we announce. */
  declare rcvScale: number;
  /** The largest window that was announced. */
  declare rcvWndMax: number;
  /** Largest payload that the peer may send: what our MSS option says. */
  declare rcvMss: number;
  /** Segments received in order and not acknowledged yet. */
  declare ackPending: number;
  /** RCV.NXT as it was acknowledged last. */
  declare ackSent: number;
  /** Every segment with data is acknowledged at once. */
  declare quickAck: boolean;
  /** So many more are, whatever {@linkcode quickAck} says. */
  declare quickAcks: number;
  /** Mean time between the peer's segments with data, µs. */
  declare ackInterval: number;
  /** ACKs have lately gone out with data. */
  declare interactive: boolean;
  /** When data was received in order last, the lower 32 bits of µs. */
  declare dataAt: number;
  /** When anything was heard of the peer last, the lower 32 bits of ms. */
  declare heardAt: number;
  /** Where the peer's urgent data ends, as an octet of the stream from 0 on. */
  declare urgentUntil: number;
  /** Where the octets received out of order end, if {@linkcode gap}. */
  declare gapUntil: number;
  /** Octets are missing in front of others that were received. */
  declare gap: boolean;
  /** Where the peer's FIN lies, if {@linkcode finSeen}. */
  declare finSequence: number;
  /** A FIN has arrived, in order or not. */
  declare finSeen: boolean;

  /** An ACK is to be sent now. */
  declare ackNow: boolean;
  /** Duplicate ACKs to send, one for each segment out of order. */
  declare dupAcksOwed: number;
  /** The first unacknowledged segment is to be sent again. */
  declare retransmit: boolean;
  /** A zero-window probe is to be sent. */
  declare probe: boolean;
  /** The user will send no more: FIN follows the last octet. */
  declare shut: boolean;
  /** The user does not receive any more. */
  declare orphan: boolean;
  /**
   * Send small segments at once, not held back by Nagle's algorithm. Who sets
   * this, or a field with a switch below, calls {@linkcode wake} if octets wait.
   */
  declare noDelay: boolean;
  /**
   * Send whole segments only, until this is off again; no octet waits for longer
   * than 200 ms.
   */
  declare cork: boolean;
  /** A part of a segment has waited for a cork for long enough. */
  declare uncork: boolean;
  /** When that will be, µs. */
  declare corkAt: number;
  /**
   * How long octets may stay unanswered, µs: R2 of RFC 9293 section 3.8.3. 0 for
   * what the tuning says.
   */
  declare userTimeout: number;
  /** Upper bound of the retransmission time-out, µs. */
  declare rtoMaximum: number;
  /** What the peer has said of its own, seconds; 0 for nothing (RFC 5482). */
  declare peerTimeout: number;
  /**
   * The peer is to hear of `userTimeout`. Set by whoever changes it, where the
   * tuning has `userTimeoutOption`.
   */
  declare tellTimeout: boolean;
  /** Ask idle peers whether they are there, RFC 9293 section 3.8.4. */
  declare keepAlive: boolean;
  /** For how long nothing was heard before the first probe, µs. */
  declare keepAliveIdle: number;
  /** Between probes, µs. */
  declare keepAliveInterval: number;
  /** Probes without an answer that end the connection. */
  declare keepAliveProbes: number;
  /** When the last was sent, µs. */
  declare promptedAt: number;
  /** How many have been sent. */
  declare keepAliveSent: number;
  /** A keep-alive probe is to be sent. */
  declare prompt: boolean;
  /** SND.UP: behind the last urgent octet to send, if {@linkcode urging}. */
  declare sndUp: number;
  /** Urgent octets are not acknowledged yet. */
  declare urging: boolean;
  /** Time to live of what is sent, 1 to 255. */
  declare ttl: number;
  /** Its differentiated services code point, 0 to 63; may change at any time. */
  declare dscp: number;
  /** Type * 256 + code of the last ICMP error that ended nothing, 0 for none. */
  declare softError: number;
  /** The user is to hear that the peer may be gone. */
  declare doubtful: boolean;
  /** The queue policy knows that there is something to send. */
  declare active: boolean;
  /** `established` was called. */
  declare announced: boolean;

  /** Who sets the two that follow. */
  control: Control = NO_CONTROL;
  /** Congestion window. */
  cwnd = 0;
  /** Slow start threshold. */
  declare ssthresh: number;
  /** Both sides speak ECN, RFC 3168. */
  declare ecnOn: boolean;
  /** The peer is to hear of a congestion mark until it says CWR. */
  declare ecnEcho: boolean;
  /** The window was reduced, and the next new octets say so. */
  declare cwrOwed: boolean;
  /** SND.MAX when an echo reduced the window: others until then say no more. */
  declare ecnUntil: number;

  /** Octets a second at which to send; 0 for as fast as the window allows. */
  declare pacingRate: number;
  /** When the next burst may begin, µs. */
  declare releaseAt: number;
  /** A burst has been sent: nothing more goes before {@linkcode releaseAt}. */
  declare held: boolean;
  /** The queue policy will bring it back when that time has come. */
  declare deferred: boolean;
  /** SND.MAX when the congestion window was last full. */
  declare limitedUntil: number;
  /** Most octets in flight since then. */
  declare windowPeak: number;
  /** When it was last full, or was last lowered to what was in use, µs. */
  declare validatedAt: number;
  /** Duplicate ACKs in a row. */
  declare dupAcks: number;
  /** SND.NXT when loss recovery began: it ends when this is acknowledged. */
  declare recover: number;
  /** Fast recovery is going on. */
  declare inRecovery: boolean;
  /** What a time-out found lost is being sent again. */
  declare inLoss: boolean;

  /** Something has arrived, of which the next three tell (RFC 8985 section 5.2). */
  declare rackOn: boolean;
  /** When what arrived of those sent last was sent, lower 32 bits of µs. */
  declare rackSentAt: number;
  /** Where that ends. */
  declare rackEnd: number;
  /** The round trip that it took, µs. */
  declare rackRtt: number;
  /** How many quarters of the least round trip, beyond one, reordering may take. */
  declare rackMult: number;
  /** Recoveries without D-SACK until that is one again. */
  declare rackPersist: number;
  /** {@linkcode dsackRound} counts. */
  declare dsackRounded: boolean;
  /** SND.MAX when {@linkcode rackMult} grew last. */
  declare dsackRound: number;
  /** Segments have arrived in another order than they were sent in. */
  declare reordering: boolean;
  /** What {@linkcode probeAt} is for: reordering, or a probe of the tail. */
  declare reorderTimer: boolean;
  /** When to look for losses, or to probe for them, µs. */
  declare probeAt: number;
  /** A probe of the tail is to be sent, RFC 8985 section 7. */
  declare tailProbe: boolean;
  /** One is not answered yet. */
  declare tlpOut: boolean;
  /** It had been sent before. */
  declare tlpResent: boolean;
  /** Where it ends. */
  declare tlpEnd: number;

  /** Octets in flight when recovery began (RFC 6937: RecoverFS). */
  declare recoverFlight: number;
  /** Octets delivered since. */
  declare prrDelivered: number;
  /** Octets sent since. */
  declare prrOut: number;

  /** The last episode may turn out to have been none. */
  declare undoable: boolean;
  /** SND.UNA when it began. */
  declare undoFrom: number;
  /** Behind the highest octet that was sent again in it. */
  declare undoTo: number;
  /** Octets sent again in it that no D-SACK has told of. */
  declare undoResent: number;
  /** {@linkcode resentStamp} counts. */
  declare stamped: boolean;
  /** TSval of its first retransmission. */
  declare resentStamp: number;
  /** What is thought of the last time-out (RFC 5682), a constant of `undo.ts`. */
  declare suspicion: number;

  /** Octets that have arrived for sure, acknowledged or SACKed. */
  declare delivered: number;
  /** When that last became more, the lower 32 bits of µs. */
  declare deliveredAt: number;
  /** When the first octet of this sampling interval was sent, likewise. */
  declare firstSentAt: number;
  /** Octets that counted as lost. */
  declare lost: number;
  /** What `delivered` has to exceed for the network to be the limit; 0 if it is. */
  declare appLimited: number;

  /** Least round trip of the last five minutes, µs; 0 before the first one. */
  declare minRtt: number;
  /** When it was measured, the lower 32 bits of µs. */
  declare minRttAt: number;
  /** Smoothed round-trip time, µs; 0 before the first sample. */
  declare srtt: number;
  /** Its variation, µs. */
  declare rttvar: number;
  /** Retransmission time-out before back-off, µs. */
  declare rto: number;
  /** How often the time-out was doubled. */
  declare backoff: number;
  /** A round trip is being measured. */
  declare timing: boolean;
  /** Sequence number whose acknowledgment ends the measurement. */
  declare timedSequence: number;
  /** When it began, the lower 32 bits of µs. */
  declare timedAt: number;

  /** When to retransmit or probe, µs; `Infinity` for never. */
  declare retransmitAt: number;
  /** When a delayed ACK is due, µs. */
  declare ackAt: number;
  /** Whether {@linkcode upkeepAt} is set. */
  declare upkeep: boolean;
  /** When cork, keep-alive or path MTU want to be looked at, µs. */
  declare upkeepAt: number;
  /** When FIN-WAIT-2 or a half-done handshake is given up, µs. */
  declare lingerAt: number;
  /** When the timer wheel looks at this record next, µs. */
  declare wheelAt: number;
  /** When something that is to be acknowledged was sent last, µs. */
  declare sentAt: number;
  /** When the oldest unanswered octet was first sent again, µs. */
  declare stuckSince: number;
  /** How often its time-out has expired since. */
  declare tries: number;
  /** When challenge ACKs may be sent again, µs. */
  declare challengeAt: number;
  /** Challenge ACKs left until then. */
  declare challenges: number;

  /** Octets acknowledged by the peer. */
  declare octetsSent: number;
  /** Octets received in order. */
  declare octetsReceived: number;
  /** Segments sent, modulo 2^32. */
  declare segmentsSent: number;
  /** Segments received, modulo 2^32. */
  declare segmentsReceived: number;
  /** Segments with payload that were sent; a super-segment is one. */
  declare dataSegmentsSent: number;
  /** Segments with payload that were received. */
  declare dataSegmentsReceived: number;
  /** Segments received that begin beyond the next octet expected. */
  declare outOfOrder: number;
  /** Octets of payload that were sent again. */
  declare octetsRepeated: number;
  /** Segments sent again. */
  declare retransmissions: number;
  /** Time-outs. */
  declare timeouts: number;
  /** Fast retransmits. */
  declare fastRetransmits: number;
  /** Episodes that turned out to have been none. */
  declare undos: number;
  /** Probes of the tail. */
  declare tailProbes: number;
  /** D-SACKs received. */
  declare dsacks: number;
  /** How often the peer let go of what it had SACKed. */
  declare renegings: number;

  /** It waits in the queue of its listener for `Endpoint.accept`. */
  declare untaken: boolean;
  /** It is among those whose user is gone. */
  declare listed: boolean;
  /** What its source holds of the listener counts it. */
  declare counted: boolean;
  /**
   * The peer's octets were taken with its request, and ours may be sent, though
   * the handshake is not complete (RFC 7413).
   */
  declare early: boolean;
  /** Its SYN has the fast open option (RFC 7413). */
  declare fastOpen: boolean;
  /** Octets that its SYN may carry, then those that it did. */
  declare synRoom: number;
  /** Which class of slots it was taken from. */
  declare share: number;

  /** An empty block, row `slot` of the store. */
  constructor(slot: number, store: Store) {
    this.slot = slot;
    this.store = store;
    this.doubles = store.doubles;
    this.row = slot * DOUBLES.length;
    this.reset();
  }

  /** Forgets everything but the key. */
  reset(): void {
    const { store, slot } = this;
    store.shorts.fill(0, slot * SHORTS.length, (slot + 1) * SHORTS.length);
    store.ints.fill(0, slot * INTS.length, (slot + 1) * INTS.length);
    store.board.clear(slot);
    store.lists.clear(slot);
    store.doubles.fill(0, slot * DOUBLES.length, (slot + 1) * DOUBLES.length);
    this.bits = this.moreBits = 0;
    this.state = state.CLOSED;
    this.sendBuf = NO_DATA;
    this.recvBuf = NOWHERE;
    this.handler = SILENT;
    this.context = undefined;
    this.sndUna = this.sndNxt = this.sndMax = 0;
    this.sndWnd = 0;
    this.mss = this.rcvMss = 536;
    this.rcvNxt = this.rcvAdv = 0;
    this.control = NO_CONTROL;
    this.cwnd = 0;
    this.ssthresh = 0x3fffffff;
    this.rto = INITIAL_RTO;
    this.rtoMaximum = MAXIMUM_RTO;
    this.ttl = DEFAULT_TTL;
    this.retransmitAt = this.ackAt = this.lingerAt = Infinity;
    this.wheelAt = this.stuckSince = Infinity;
    this.upkeepAt =
      this.searchAt =
      this.corkAt =
      this.probeAt =
        Infinity;
  }
}

shareInts(ControlBlock.prototype, INTS);
shareShorts(ControlBlock.prototype, SHORTS);
shareDoubles(ControlBlock.prototype, DOUBLES);
shareBits(ControlBlock.prototype, BITS);
shareMoreBits(ControlBlock.prototype, MORE_BITS);
