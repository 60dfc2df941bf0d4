/**
 * The record of one connection (RFC 9293 section 3.3.1) and what its user may do
 * with it.
 *
 * @module
 */

import type { Control } from "./control.ts";
import type { RecvBuf, SendBuf } from "@ethox/storage/buf";
import { backlog, type Buffers, NO_DATA, NOWHERE } from "./buffers.ts";
import {
  shareBits,
  shareDoubles,
  shareInts,
  shareMoreBits,
  shareShorts,
  Store,
} from "./record.ts";
import { INITIAL_RTO, MAXIMUM_RTO } from "./rto.ts";
import { Reno } from "./reno.ts";
import * as state from "./state.ts";
import { mark } from "./urgent.ts";

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
  /**
   * The peer has marked octets as urgent, or more of them; they stay in line.
   * The mark lies `offset` octets behind the last one received in order: as many
   * as are unread, and `offset` more, are urgent still (RFC 9293 MUST-32 and -33).
   */
  urgent?(connection: Connection, offset: number): void;
  /**
   * The peer may be gone: {@linkcode Connection.softError} says what a router had
   * to say, {@linkcode Connection.tries} how often nothing came back. Time will
   * tell (RFC 9293 section 3.9.1.8).
   */
  troubled?(connection: Connection): void;
  /** The end. The record is used for another connection afterwards. */
  closed?(connection: Connection, reason: CloseReason): void;
}

/** What a connection asks of the endpoint that holds it. */
export interface Host {
  /** Something may have to be sent. */
  activate(connection: Connection): void;
  /** Sends RST where the state asks for it and frees the record. */
  abort(connection: Connection, reason: CloseReason): void;
  /** Its user is gone: from now on it counts as an orphan. */
  orphaned?(connection: Connection): void;
}

/** Stands in while a record is free. */
const NO_CONTROL: Control = new Reno(0);

/** Time to live, as RFC 1700 has it. */
const DEFAULT_TTL = 64;

/** Nothing is to be heard. */
export const SILENT: Handler = {};

/** Fields that are rows of the shared integers. */
const INTS = [
  "segmentsSent",
  "segmentsReceived",
  "localAddress",
  "remoteAddress",
  "sndWndMax",
  "sndWl1",
  "sndWl2",
  "tsOffset",
  "tsRecent",
  "sndSmall",
  "rcvWndMax",
  "ackPending",
  "ackSent",
  "ssthresh",
  "timedAt",
  "firstSentAt",
  "deliveredAt",
  "minRttAt",
  "iss",
  "irs",
  "gapUntil",
  "finSequence",
  "dupAcks",
  "recover",
  "limitedUntil",
  "ecnUntil",
  "windowPeak",
  "timedSequence",
  "retransmissions",
  "timeouts",
  "fastRetransmits",
  "synRoom",
  "heardAt",
  "dataAt",
  "quickAcks",
  "ackInterval",
  "sndUp",
  "sizeSent",
  "sizeMark",
  "sizeAcked",
  "claimedAt",
  "probeStart",
  "spareUntil",
  "spareOctets",
  "peerTimeout",
  "rackRtt",
  "rackSentAt",
  "rackEnd",
  "dsackRound",
  "tlpEnd",
  "recoverFlight",
  "prrDelivered",
  "prrOut",
  "undoFrom",
  "undoTo",
  "undoResent",
  "resentStamp",
  "undos",
  "tailProbes",
  "dsacks",
  "renegings",
  "dataSegmentsSent",
  "dataSegmentsReceived",
  "outOfOrder",
] as const satisfies readonly (keyof Connection)[];

/** Fields that are rows of the shared 16-bit numbers: never negative. */
const SHORTS = [
  "localPort",
  "remotePort",
  "sndScale",
  "rcvScale",
  "rcvMss",
  "share",
  "backoff",
  "challenges",
  "keepAliveProbes",
  "keepAliveSent",
  "mssMax",
  "claimedMtu",
  "searchHigh",
  "probeSize",
  "probes",
  "mtuProbes",
  "tries",
  "ttl",
  "dscp",
  "softError",
  "rackMult",
  "rackPersist",
  "suspicion",
  "dupAcksOwed",
] as const satisfies readonly (keyof Connection)[];

/** Fields that are rows of the shared doubles: times, and counts without end. */
const DOUBLES = [
  "srtt",
  "rttvar",
  "rto",
  "retransmitAt",
  "ackAt",
  "lingerAt",
  "wheelAt",
  "sentAt",
  "validatedAt",
  "pacingRate",
  "releaseAt",
  "stuckSince",
  "challengeAt",
  "octetsSent",
  "octetsReceived",
  "upkeepAt",
  "corkAt",
  "searchAt",
  "keepAliveIdle",
  "keepAliveInterval",
  "promptedAt",
  "urgentUntil",
  "userTimeout",
  "rtoMaximum",
  "tsRecentAt",
  "probeAt",
  "minRtt",
  "delivered",
  "lost",
  "appLimited",
  "octetsRepeated",
] as const satisfies readonly (keyof Connection)[];

/** Fields that are bits. */
const BITS = [
  "sndScaled",
  "tsOn",
  "sackOn",
  "gap",
  "finSeen",
  "probe",
  "shut",
  "orphan",
  "noDelay",
  "announced",
  "untaken",
  "counted",
  "listed",
  "early",
  "fastOpen",
  "inRecovery",
  "ecnOn",
  "ecnEcho",
  "cwrOwed",
  "held",
  "deferred",
  "timing",
  "quickAck",
  "interactive",
  "cork",
  "uncork",
  "keepAlive",
  "prompt",
  "urging",
  "upkeep",
  "doubtful",
] as const satisfies readonly (keyof Connection)[];

/** Fields that are bits of another word. */
const MORE_BITS = [
  "ackNow",
  "retransmit",
  "active",
  "inLoss",
  "rackOn",
  "reordering",
  "reorderTimer",
  "dsackRounded",
  "tailProbe",
  "tlpOut",
  "tlpResent",
  "undoable",
  "stamped",
  "sizing",
  "searching",
  "sparing",
  "tellTimeout",
] as const satisfies readonly (keyof Connection)[];

/** Room for the numbers of so many records. */
export function storeFor(records: number): Store {
  return new Store(records, INTS.length, SHORTS.length, DOUBLES.length);
}

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

  /** An empty record, row `slot` of the store. */
  constructor(slot: number, host: Host, store: Store = storeFor(slot + 1)) {
    this.slot = slot;
    this.store = store;
    this.doubles = store.doubles;
    this.row = slot * DOUBLES.length;
    store.host = host;
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

shareInts(Connection.prototype, INTS);
shareShorts(Connection.prototype, SHORTS);
shareDoubles(Connection.prototype, DOUBLES);
shareBits(Connection.prototype, BITS);
shareMoreBits(Connection.prototype, MORE_BITS);
