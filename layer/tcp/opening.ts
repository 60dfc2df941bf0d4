/**
 * How the record of a connection begins: by the user's wish, or by a handshake
 * that a listener has completed.
 *
 * @module
 */

import type { InPacket as IpInPacket } from "../ip/mod.ts";
import type { EphemeralPorts } from "../ports.ts";
import type { Connection } from "./connection.ts";
import type { Core } from "./core.ts";
import type { Handshakes } from "./handshakes.ts";
import { heard } from "./keepalive.ts";
import { type Listener, scaleFor } from "./listener.ts";
import { negotiate, propose } from "./negotiation.ts";
import type { ConnectOptions } from "./options.ts";
import * as state from "./state.ts";

/** What the tuning says of a connection unless its user says otherwise. */
function adjust(c: Connection, { tuning, clock }: Core): void {
  c.noDelay = tuning.noDelay;
  c.keepAlive = tuning.keepAlive;
  c.keepAliveIdle = tuning.keepAliveIdle;
  c.keepAliveInterval = tuning.keepAliveInterval;
  c.keepAliveProbes = tuning.keepAliveProbes;
  c.quickAcks = tuning.quickAcks;
  c.ackInterval = tuning.delayedAck;
  c.dataAt = clock.now | 0;
  heard(c, clock);
}

/** Fills in a record that is about to send SYN. */
export function initiate(
  c: Connection,
  core: Core,
  options: ConnectOptions,
  local: number,
  localPort: number,
  window: number,
): void {
  const { remote, remotePort, sendBuf, recvBuf, handler } = options;
  c.localAddress = local;
  c.localPort = localPort;
  c.remoteAddress = remote;
  c.remotePort = remotePort;
  if (sendBuf !== undefined) c.sendBuf = sendBuf;
  if (recvBuf !== undefined) c.recvBuf = recvBuf;
  if (handler !== undefined) c.handler = handler;
  adjust(c, core);
  if (options.noDelay !== undefined) c.noDelay = options.noDelay;
  c.context = options.context;
  if (options.control !== undefined) c.control = options.control;
  c.state = state.SYN_SENT;
  const { now } = core.clock;
  c.iss = core.isn.next(local, localPort, remote, remotePort, now);
  c.sndUna =
    c.sndNxt =
    c.sndMax =
    c.sndSmall =
      c.iss;
  c.mss = c.rcvMss = core.mssFor(remote);
  propose(c, core.tuning);
  const ports = (localPort << 16) | remotePort;
  c.tsOffset = core.isn.timestampOffset(local, remote, ports);
  c.rcvWndMax = window;
  c.rcvScale = core.tuning.windowScaling ? scaleFor(window) : 0;
  // Nothing is received yet: the edge only serves to announce the window.
  c.rcvAdv = Math.min(window, 0xffff);
}

/** Fills in a record from what the handshake that was looked at last knew. */
export function admit(
  c: Connection,
  core: Core,
  handshake: Handshakes,
  listener: Listener,
  p: IpInPacket,
  ports: number,
): void {
  c.localAddress = p.destination;
  c.localPort = ports >>> 16;
  c.remoteAddress = p.source;
  c.remotePort = ports & 0xffff;
  adjust(c, core);
  c.state = state.SYN_RECEIVED;
  c.iss = c.sndUna = c.sndSmall = handshake.iss;
  c.sndNxt = c.sndMax = (handshake.iss + 1) | 0;
  c.irs = handshake.irs;
  // Not where this segment begins: it may have overtaken others.
  c.rcvNxt = c.ackSent = (handshake.irs + 1) | 0;
  c.rcvWndMax = listener.receiveWindow;
  c.rcvAdv = (c.rcvNxt + Math.min(c.rcvWndMax, 0xffff)) | 0;
  c.mss = c.rcvMss = core.mssFor(p.source);
  c.rcvScale = listener.rcvScale;
  c.tsOffset = core.isn.timestampOffset(p.destination, p.source, ports);
  propose(c, core.tuning);
  negotiate(c, handshake.offer, core.tuning);
  c.timeouts = handshake.retries;
}

/** An ephemeral port that makes a new 4-tuple, or 0 (RFC 6056). */
export function freePort(
  { table }: Core,
  ports: EphemeralPorts,
  local: number,
  remote: number,
  remotePort: number,
): number {
  ports.begin(local, remote, remotePort);
  for (let i = 0; i < ports.count; i++) {
    const port = ports.next();
    if (table.get3(local, remote, (port << 16) | remotePort) < 0) return port;
  }
  return 0;
}
