/**
 * Sockets of UDP.
 *
 * @module
 */

import type { ErrorReport } from "@ethox/layer/icmp";
import type { InPacket } from "@ethox/layer/udp";
import { type Machine, REMOTE } from "./machine.ts";
import { ERRNO } from "./names.ts";
import type { Outcome, Socket } from "./socket.ts";

/** The UDP of one host. */
export class Datagrams {
  readonly #machine: Machine;

  constructor(machine: Machine) {
    this.#machine = machine;
  }

  /** Gives a port to a socket. */
  bind(socket: Socket, port: number): Outcome {
    const { udp } = this.#machine;
    const handler = {
      receive: (datagram: InPacket) => {
        socket.datagrams.push(datagram.payloadEnd - datagram.payloadStart);
        if (socket.remotePort === 0) {
          socket.remote = datagram.source;
        }
      },
      icmpError: ({ type, code }: ErrorReport) => {
        // Others are soft, and nobody asks for them by IP_RECVERR.
        const hard = type === 3 && (code === 2 || code === 3);
        if (socket.connected && hard) socket.error = ERRNO.ECONNREFUSED!;
      },
    };
    const failed = port === 0
      ? udp.bindEphemeral(handler, REMOTE, 0)
      : udp.bind(port, handler) ?? port;
    if (typeof failed === "string") return -ERRNO.EADDRINUSE!;
    socket.port = failed;
    socket.bound = true;
    return 0;
  }

  /** Fixes the peer of a socket. */
  connect(socket: Socket, remote: number, port: number): Outcome {
    if (!socket.bound) {
      const bound = this.bind(socket, 0);
      if (bound !== 0) return bound;
    }
    socket.remote = remote;
    socket.remotePort = port;
    socket.connected = true;
    return 0;
  }

  /** Sends a datagram. */
  send(
    socket: Socket,
    octets: number,
    to: { remote: number; port: number } | undefined,
  ): Outcome {
    if (socket.error !== 0) {
      const { error } = socket;
      socket.error = 0;
      return -error;
    }
    const remote = to?.remote ?? socket.remote;
    const remotePort = to?.port ?? socket.remotePort;
    if (remotePort === 0) return -ERRNO.EDESTADDRREQ!;
    if (!socket.bound) {
      const bound = this.bind(socket, 0);
      if (bound !== 0) return bound;
    }
    const machine = this.#machine;
    if (octets + 28 > machine.ip.mtu) return -ERRNO.EMSGSIZE!;
    const tos = socket.number("IP_TOS", 0);
    machine.datagrams.push({
      port: socket.port,
      remote,
      remotePort,
      length: octets,
      tos,
    });
    return octets;
  }
}
