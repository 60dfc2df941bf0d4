/**
 * A socket of a script.
 *
 * @module
 */

import type * as tcp from "@ethox/layer/tcp";
import type { Stream } from "./stream.ts";

/** What a call returns: a result, minus an error, or nothing yet. */
export type Outcome = number | undefined;

/** A socket of either kind. */
export class Socket {
  readonly family: number;
  readonly kind: "tcp" | "udp";
  nonblocking = false;
  /** Own port, 0 before it has one. */
  port = 0;
  bound = false;
  listener: tcp.Listener | undefined;
  /** Connections that wait for `accept`. */
  readonly accepted: Stream[] = [];
  backlog = 0;
  /** Listens anew, as an option has changed. */
  relisten: () => void = () => {};
  /** The request waits for the first octets to send (TCP_FASTOPEN_CONNECT). */
  postponed = false;
  /** Its connection, once there is or was one. */
  stream: Stream | undefined;
  connecting = false;
  connected = false;
  /** Options as they were set, by name. */
  readonly options: Map<string, number | string>;
  /** Of UDP: lengths of datagrams that wait, and the peer. */
  readonly datagrams: number[] = [];
  remote = 0;
  remotePort = 0;
  /** Sizes of buffers are told twice as large as they were set. */
  doubles = true;
  /** An error that waits for the next call, of UDP. */
  error = 0;

  constructor(
    family: number,
    kind: "tcp" | "udp",
    options: ReadonlyMap<string, number | string> = new Map(),
  ) {
    this.family = family;
    this.kind = kind;
    this.options = new Map(options);
  }

  /** An option that is a number. */
  number(name: string, otherwise: number): number {
    const value = this.options.get(name);
    return typeof value === "number" ? value : otherwise;
  }
}

/** Sets a field of a connection where the stack has one of that name. */
export function setIfKnown(
  c: tcp.Connection,
  field: string,
  value: unknown,
): boolean {
  if (!(field in c)) return false;
  (c as unknown as Record<string, unknown>)[field] = value;
  return true;
}
