/**
 * How many connections a second live through all of their life. Needs no
 * permission.
 *
 * @module
 */

import type * as tcp from "@ethox/layer/tcp";
import { RecvRing } from "@ethox/storage/recv-ring";
import { SendRing } from "@ethox/storage/send-ring";
import { perSecond } from "./measure.ts";
import { Cable } from "./virtual.ts";

const PORT = 80;
/** Connections at once. */
const CONCURRENT = 64;
/** Octets of a request and of a response. */
const REQUEST = new Uint8Array(64).fill(0x3f);
const RESPONSE = new Uint8Array(256).fill(0x21);
const WINDOW = 1024;

/** The buffers of one end, used again and again. */
class End {
  readonly out = SendRing.allocate(WINDOW);
  readonly in = RecvRing.allocate(WINDOW);

  clear(): this {
    this.out.clear();
    this.in.clear();
    return this;
  }
}

/** Clients that ask, and a server that answers and closes. */
export class Cycles {
  readonly #cable: Cable;
  readonly #asking: End[] = [];
  readonly #answering: End[] = [];
  #left = 0;
  #done = 0;
  #octets = 0;

  /** With Ethernet, an MTU of 1500 and checksums in software. */
  constructor() {
    const host = {
      connections: 2 * CONCURRENT,
      tcp: { timeWait: 8192, halfOpen: 4 * CONCURRENT },
    };
    this.#cable = new Cable({ direction: { delay: 10 }, host });
    for (let i = 0; i < 2 * CONCURRENT; i++) {
      this.#asking.push(new End());
      this.#answering.push(new End());
    }
    const serving: tcp.Handler = {
      received: (c) => {
        const { in: ring, out } = c.context as End;
        if (ring.readable() < REQUEST.length) return;
        ring.consume(ring.readable());
        out.write(RESPONSE);
        c.shutdown();
      },
      closed: (c) => void this.#answering.push(c.context as End),
    };
    const failure = this.#cable.b.tcp.listen({
      port: PORT,
      backlog: 2 * CONCURRENT,
      receiveWindow: WINDOW,
      accept: (c) => {
        const end = this.#answering.pop()!.clear();
        c.context = end;
        c.sendBuf = end.out;
        c.recvBuf = end.in;
        c.handler = serving;
        return true;
      },
    });
    if (typeof failure === "string") throw new Error(`Cannot: ${failure}`);
  }

  readonly #client: tcp.Handler = {
    received: (c) => {
      const { in: ring } = c.context as End;
      const { length } = RESPONSE;
      if (ring.readable() >= length) this.#octets += ring.consume(length);
      if (c.receiveFinished) c.shutdown();
    },
    closed: (c, reason) => {
      if (reason !== "closed") throw new Error(`Cannot measure: ${reason}`);
      this.#done++;
      this.#asking.push(c.context as End);
    },
  };

  #begin(): void {
    this.#left--;
    const end = this.#asking.pop()!.clear();
    end.out.write(REQUEST);
    const c = this.#cable.a.tcp.connect({
      remote: this.#cable.b.ip.addresses[0]!.address.value,
      remotePort: PORT,
      sendBuf: end.out,
      recvBuf: end.in,
      handler: this.#client,
      context: end,
    });
    if (typeof c === "string") throw new Error(`Cannot connect: ${c}`);
  }

  /** So many connections, one after the other and some at once; a second. */
  run(count: number): number {
    this.#left = count;
    this.#done = this.#octets = 0;
    const rate = perSecond(count, () =>
      this.#cable.run(() => {
        const under = count - this.#left - this.#done;
        for (let i = under; i < CONCURRENT && this.#left > 0; i++) {
          this.#begin();
        }
        return this.#done === count;
      }));
    if (this.#octets !== count * RESPONSE.length) {
      throw new Error("Octets were lost");
    }
    return rate;
  }
}
