/**
 * Which conversation a packet belongs to. A script names no addresses, and ports
 * seldom: what it injects and expects belongs to the socket under test.
 *
 * @module
 */

import type { PacketSpec, TcpPacket } from "./ast.ts";
import { Flow } from "./flow.ts";
import { LOCAL, REMOTE } from "./machine.ts";
import { ICMP, type Seen, TCP, UDP } from "./packet.ts";
import { packetText, timeText } from "./print.ts";
import type { Socket } from "./socket.ts";

/** The script's peer sends from here, unless it says otherwise. */
const FIRST_PORT = 40_001;

/** All conversations of a script. */
export class Conversations {
  /** Own port where nothing else says one. */
  readonly #bindPort: number;
  readonly #flows: Flow[] = [];
  /** The socket under test, and its conversation once there is one. */
  #socket: Socket | undefined;
  #flow: Flow | undefined;
  #ports = FIRST_PORT;

  constructor(bindPort: number) {
    this.#bindPort = bindPort;
  }

  /** Another socket is under test; a conversation of it has yet to begin. */
  open(socket: Socket): void {
    this.#socket = socket;
    this.#flow = undefined;
  }

  /** The socket of those whose connection is the current conversation. */
  underTest(sockets: Iterable<Socket>): Socket | undefined {
    const flow = this.#flow;
    if (flow === undefined) return this.#socket;
    for (const socket of sockets) {
      const { stream } = socket;
      if (
        stream?.localPort === flow.localPort &&
        stream.remotePort === flow.remotePort
      ) return socket;
    }
    return this.#socket;
  }

  /** The conversation that a packet to inject belongs to. */
  of(packet: PacketSpec): Flow {
    const ports = packet.kind === "icmp" ? undefined : packet.ports;
    if (ports !== undefined) {
      const known = this.#flows.find((flow) =>
        flow.localPort === ports.destination && flow.remotePort === ports.source
      );
      return this.#flow = known ??
        this.#begin(ports.destination, ports.source);
    }
    if (this.#flow !== undefined) return this.#flow;
    const own = this.#socket?.port || this.#bindPort;
    const port = this.#socket?.remotePort || this.#ports++;
    return this.#flow = this.#begin(own, port);
  }

  #begin(localPort: number, remotePort: number): Flow {
    const flow = new Flow(LOCAL, localPort, REMOTE, remotePort);
    this.#flows.push(flow);
    return flow;
  }

  /** The conversation of a packet that the host has sent. */
  seen(seen: Seen): Flow {
    const known = this.#flows.find((flow) => flow.has(seen));
    if (known !== undefined) return known;
    const { route } = seen;
    const flow = this.#begin(route.sourcePort, route.destinationPort);
    if (seen.protocol !== ICMP) this.#flow = flow;
    return flow;
  }

  /**
   * Packets of other conversations than the one under test are not looked at:
   * takes them off, and returns them as text.
   */
  passOver(packet: PacketSpec, sent: Seen[]): string[] {
    const passed: string[] = [];
    if (packet.kind === "icmp") return passed;
    const { ports } = packet;
    while (sent.length > 0) {
      const seen = sent[0]!;
      if (seen.protocol === ICMP) break;
      const known = this.#flows.find((flow) => flow.has(seen));
      const other = ports === undefined
        ? known !== undefined && known !== this.#flow
        : seen.route.sourcePort !== ports.source ||
          seen.route.destinationPort !== ports.destination;
      if (!other) break;
      passed.push(this.text(seen));
      sent.shift();
    }
    return passed;
  }

  /** A packet of the host as the script, or a packet like that, would write it. */
  text(seen: Seen, like?: PacketSpec): string {
    if (seen.protocol === UDP) return `> udp (${seen.segment.length})`;
    if (seen.protocol !== TCP) return `> icmp ${seen.type} ${seen.code}`;
    const flow = this.#flows.find((one) => one.has(seen)) ??
      new Flow(LOCAL, 0, REMOTE, 0);
    const p = flow.toScript(seen);
    const { ports, ip, urgent, window, ...rest } = p;
    // Only what the script speaks of, too.
    const named = like?.kind === "tcp" ? like : undefined;
    const shown: TcpPacket = {
      ...rest,
      ip: named === undefined || Object.keys(named.ip).length === 0
        ? {}
        : { ecn: ip.ecn! },
      ...(named?.ports === undefined ? {} : { ports: ports! }),
      ...(named !== undefined && named.window === undefined
        ? {}
        : { window: window! }),
      ...(urgent ? { urgent } : {}),
    };
    return named === undefined
      ? `${timeText(seen.at)} ${packetText(shown)}`
      : packetText(shown);
  }
}
