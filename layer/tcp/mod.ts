/**
 * The Transmission Control Protocol,
 * [RFC 9293](https://www.rfc-editor.org/rfc/rfc9293).
 *
 * An {@linkcode Endpoint} holds a fixed number of {@linkcode Connection} records
 * and stands in the tree of handlers behind `ip.demux` and `ip.send`. It has no
 * buffers: octets to send are asked of the connection's `SendBuf` when a packet
 * is there, and asked again to retransmit; received octets go from the packet
 * to its `RecvBuf`. What happens is told to its {@linkcode Handler}. Which
 * connection sends next is the decision of a queue policy.
 *
 * Strangers cost a row of a table at most: half-open connections live in one of
 * their own, partitioned by listener and backed by SYN cookies, those in
 * TIME-WAIT in another.
 *
 * @module
 */

export { Connection } from "./connection.ts";
export { ControlBlock } from "./control_block.ts";
export {
  type CloseReason,
  type Handler,
  type Host,
  SILENT,
} from "./handler.ts";
export { Bbr } from "./bbr.ts";
export { BBR_STATES } from "./bbr_state.ts";
export * from "./control.ts";
export { type ControlName, CONTROLS } from "./controls.ts";
export { type CoreOptions } from "./core.ts";
export { type CounterName, COUNTERS } from "./counters.ts";
export { Cubic } from "./cubic.ts";
export type { EcnMode } from "./ecn.ts";
export { Endpoint } from "./endpoint.ts";
export type { EarlyLimit } from "./fast_open.ts";
export { Fixed } from "./fixed.ts";
export {
  CONGESTION_STATES,
  type CongestionState,
  Info,
  OPTION_ECN,
  OPTION_SACK,
  OPTION_TIMESTAMPS,
  OPTION_WINDOW_SCALE,
} from "./info.ts";
export { Listener, type ListenOptions } from "./listener.ts";
export { type ConnectOptions, type Options } from "./options.ts";
export type { Store } from "./record.ts";
export type { PathMtus } from "./path_mtu.ts";
export type { SackLists } from "./sack.ts";
export type { Sample, Sender } from "./sample.ts";
export type { Scoreboard } from "./scoreboard.ts";
export { Reno } from "./reno.ts";
export { type Segment } from "./segment.ts";
export * from "./state.ts";
export { type Trace } from "./trace.ts";
export { DEFAULTS, type Tuning } from "./tuning.ts";
export * as why from "./why.ts";
