/**
 * What `poll` and its like say of a socket.
 *
 * @module
 */

import type { Socket } from "./socket.ts";
import type { Stream } from "./stream.ts";

/** What `poll` says of a socket. */
export function eventsOf(socket: Socket): number {
  const IN = 1 | 0x40;
  const OUT = 4 | 0x100;
  if (socket.kind === "udp") {
    return OUT | (socket.datagrams.length > 0 ? IN : 0) |
      (socket.error !== 0 ? 8 : 0);
  }
  if (socket.listener !== undefined) {
    return socket.accepted.length > 0 ? IN : 0;
  }
  const { stream } = socket;
  if (stream === undefined) return OUT | 0x10;
  let events = 0;
  const over = stream.ended !== undefined;
  if (stream.urgentWaits) events |= 2;
  if (stream.inbox.readable > 0 || stream.finReceived || over) events |= IN;
  if (stream.shutRead) events |= IN | 0x2000;
  if (stream.finReceived || over) events |= 0x2000;
  if (over || (stream.finReceived && stream.shutWrite)) events |= 0x10;
  if (stream.error !== 0 || stream.returned > 0) events |= 8;
  if (over || stream.shutWrite) events |= OUT;
  else if (stream.established && writable(socket, stream)) events |= OUT;
  return events;
}

/** A third of the buffer has to be free, as Linux has it. */
function writable(socket: Socket, stream: Stream): boolean {
  const { outbox, connection } = stream;
  const low = socket.number("TCP_NOTSENT_LOWAT", Infinity);
  if ((connection?.unsent ?? 0) >= low) return false;
  return outbox.free * 3 >= outbox.limit;
}
