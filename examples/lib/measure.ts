/**
 * Rates and memory of two hosts that a cable joins. Needs no permission.
 *
 * @module
 */

import type * as tcp from "@ethox/layer/tcp";
import * as udp from "@ethox/layer/udp";
import { Pattern } from "@ethox/storage/pattern";
import { RecvRing } from "@ethox/storage/recv-ring";
import { Cable } from "./virtual.ts";

const PORT = 80;
const ECHO_PORT = 7777;
const WINDOW = 1 << 20;
/** Ports that idle connections lead to, as each has few ephemeral ones. */
const IDLE_PORT = 1000;
const IDLE_EACH = 10_000;
/** Datagrams under way. */
const UNDER_WAY = 256;

/** The median of some numbers. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? sorted[middle]!
    : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Runs something and returns how many of `units` there were in a second. */
export function perSecond(units: number, run: () => boolean): number {
  const began = performance.now();
  if (!run()) throw new Error("Cannot measure: what was begun did not end");
  return units / ((performance.now() - began) / 1000);
}

/** Reads in place what arrives, and ends the connection with it. */
export function reader(
  ring: RecvRing,
  closed: NonNullable<tcp.Handler["closed"]>,
): tcp.Handler {
  return {
    received(c) {
      for (let length = ring.peek(); length > 0; length = ring.peek()) {
        ring.consume(length);
      }
      if (c.receiveFinished) c.shutdown();
    },
    closed,
  };
}

/** Two hosts with room for so many connections that do nothing. */
export class Bench {
  readonly #cable: Cable;
  readonly #ring = RecvRing.allocate(WINDOW);
  readonly #spare: number;
  #ended = 0;
  #idle = 0;
  #accepted = 0;
  #wanted = 0;
  #sent = 0;
  #came = 0;

  /** With Ethernet, an MTU of 1500 and checksums in software. */
  constructor(idle = 0, origin?: number) {
    this.#spare = idle;
    const listeners = 1 + Math.ceil(idle / IDLE_EACH);
    this.#cable = new Cable({
      direction: { delay: 100 },
      host: {
        connections: idle + 4,
        tcp: { timeWait: 64, halfOpen: 4096, listeners },
      },
      ...(origin === undefined ? {} : { origin }),
    });
    const ended = () => {
      this.#ended++;
    };
    const taking = reader(this.#ring, ended);
    this.#cable.b.tcp.listen({
      port: PORT,
      receiveWindow: WINDOW,
      accept: (connection) => {
        connection.recvBuf = this.#ring;
        connection.handler = taking;
        return true;
      },
    });
    this.#echoing();
  }

  get #peer(): number {
    return this.#cable.b.ip.addresses[0]!.address.value;
  }

  /** Bits a second of one transfer, each octet delivered into a buffer. */
  tcp(octets: number): number {
    this.#ring.clear();
    this.#ended = 0;
    const rate = perSecond(octets * 8, () => {
      const opened = this.#cable.a.tcp.connect({
        remote: this.#peer,
        remotePort: PORT,
        sendBuf: new Pattern({ total: octets }),
        handler: { closed: () => this.#ended++ },
      });
      if (typeof opened === "string") throw new Error(`Cannot: ${opened}`);
      return this.#cable.run(() => this.#ended === 2);
    });
    if (this.#ring.consumed !== octets) throw new Error("Octets were lost");
    return rate;
  }

  /** Datagrams a second that came back. */
  echo(datagrams: number): number {
    this.#sent = this.#came = 0;
    this.#wanted = datagrams;
    return perSecond(
      datagrams,
      () => this.#cable.run(() => this.#came === datagrams),
    );
  }

  #echoing(): void {
    const { a, b } = this.#cable;
    b.udp.bind(ECHO_PORT, (datagram) => void datagram.echo());
    const port = a.udp.bindEphemeral(
      () => void this.#came++,
      this.#peer,
      ECHO_PORT,
    );
    if (typeof port === "string") throw new Error(`Cannot: ${port}`);
    const init = new udp.Init();
    init.destination = this.#peer;
    init.destinationPort = ECHO_PORT;
    init.sourcePort = port;
    init.payloadLength = 64;
    a.add(a.udp.send((raw) => {
      if (this.#sent >= this.#wanted) return;
      if (this.#sent - this.#came >= UNDER_WAY) return;
      const out = raw.prepare(init);
      if (typeof out === "string") return;
      out.send();
      this.#sent++;
    }));
  }

  /** Opens all connections that do nothing. */
  open(): void {
    const { a, b } = this.#cable;
    for (let port = 0; port * IDLE_EACH < this.#spare; port++) {
      const failure = b.tcp.listen({
        port: IDLE_PORT + port,
        accept: () => {
          this.#accepted++;
          return true;
        },
      });
      if (typeof failure === "string") throw new Error(`Cannot: ${failure}`);
    }
    let opened = 0;
    const handler = { established: () => void opened++ };
    while (this.#idle < this.#spare) {
      const most = Math.min(this.#spare, this.#idle + 64);
      for (; this.#idle < most; this.#idle++) {
        const c = a.tcp.connect({
          remote: this.#peer,
          remotePort: IDLE_PORT + Math.trunc(this.#idle / IDLE_EACH),
          handler,
        });
        if (typeof c === "string") throw new Error(`Cannot: ${c}`);
      }
      if (!this.#cable.run(() => opened === most && this.#accepted === most)) {
        throw new Error("Connections did not open");
      }
    }
  }
}

/**
 * Octets of the process that one connection takes: `octets()` is asked before
 * and after so many pairs of them are opened. The bench is to be kept until all
 * measuring is done, or its end is measured as well.
 */
export function connectionMemory(
  pairs: number,
  octets: () => number,
): [octets: number, bench: Bench] {
  const before = octets();
  const bench = new Bench(pairs);
  bench.open();
  // Half of all are the other host's.
  return [(octets() - before) / (2 * pairs), bench];
}
