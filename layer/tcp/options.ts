/**
 * How an endpoint is made, and a connection opened.
 *
 * @module
 */

import type { RecvBuf, SendBuf } from "@ethox/storage/buf";
import type { QueuePolicy } from "../queue/policy.ts";
import type { Handler } from "./handler.ts";
import type { Control } from "./control.ts";
import type { ControlName } from "./controls.ts";
import type { CoreOptions } from "./core.ts";

/** How large an endpoint is, how it behaves, and who decides the order. */
export interface Options extends CoreOptions {
  /** Which connection sends next; {@linkcode Fifo} by default. */
  readonly policy?: QueuePolicy;
  /** Sets congestion windows, or the name of what does; `"cubic"` by default. */
  readonly control?: Control | ControlName;
  /** Records that those who connect may take before others; none by default. */
  readonly reserve?: number;
}

/** Whom to connect to, and with what. */
export interface ConnectOptions {
  /** The peer's address, int32. */
  readonly remote: number;
  /** The peer's port. */
  readonly remotePort: number;
  /** Own address, int32; by default the route's. */
  readonly local?: number;
  /** Own port; by default an ephemeral one. */
  readonly localPort?: number;
  /** Where octets to send come from; nothing by default. */
  readonly sendBuf?: SendBuf;
  /** Where received octets go to; room for nothing by default. */
  readonly recvBuf?: RecvBuf;
  /** Who hears of events. */
  readonly handler?: Handler;
  /** Time to live; 64 by default. */
  readonly ttl?: number;
  /** Differentiated services code point; 0 by default. */
  readonly dscp?: number;
  /**
   * Sends octets of `sendBuf` with the request where the peer gave a cookie
   * before, else asks for one (RFC 7413), if `Tuning.fastOpen` has bit 1. They may
   * reach the peer's user twice: only for what may. No by default.
   */
  readonly fastOpen?: boolean;
  /** Sends small segments at once. */
  readonly noDelay?: boolean;
  /** Sets its congestion window; the endpoint's by default. */
  readonly control?: Control | ControlName;
  /** Most octets of data in a segment either way, below what the path carries. */
  readonly maximumSegment?: number;
  /** Anything of the user's. */
  readonly context?: unknown;
}
