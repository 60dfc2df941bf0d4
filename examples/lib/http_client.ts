/**
 * One HTTP GET over a TCP endpoint. The answer is parsed by `http-parser-js`.
 *
 * @module
 */

import type { Failure } from "@ethox/layer/failure";
import type * as tcp from "@ethox/layer/tcp";
import { RecvRing } from "@ethox/storage/recv-ring";
import { SendRing } from "@ethox/storage/send-ring";
import { type HeaderInfo, HTTPParser } from "http-parser-js";
import { Buffer } from "node:buffer";

/** How a request ended. */
export type Result =
  | { kind: "done"; status: number; statusMessage: string; octets: number }
  | { kind: "failed"; reason: tcp.CloseReason | Failure | "sink" | "protocol" };

/** What to fetch, and where it goes. */
export interface GetOptions {
  /** The endpoint to connect by. */
  readonly tcp: tcp.Endpoint;
  /** The server's address, int32. */
  readonly server: number;
  /** Its port. */
  readonly port: number;
  /** `Host` field of the request. */
  readonly host: string;
  /** Path and query. */
  readonly path: string;
  /** Octets of the receive buffer. */
  readonly receiveBuffer?: number;
  /** Takes the body, piece by piece; each is valid during the call only. */
  body(piece: Uint8Array): void;
  /** Hears of progress: octets so far, and in all if known. */
  progress?(octets: number, total: number | undefined): void;
}

/** A request under way. */
export class Get implements tcp.Handler {
  /** How it ended, once it has. */
  result: Result | undefined;
  /** Whether the connection is over, and with it everything. */
  over = false;
  readonly #options: GetOptions;
  readonly #recv: RecvRing;
  readonly #parser = new HTTPParser(HTTPParser.RESPONSE);
  #status = 0;
  #message = "";
  #octets = 0;
  #total: number | undefined;
  #complete = false;

  /** Begins to connect. */
  constructor(options: GetOptions) {
    this.#options = options;
    const request = `GET ${options.path} HTTP/1.1\r\n` +
      `Host: ${options.host}\r\nUser-Agent: ethox\r\nAccept: */*\r\n` +
      "Connection: close\r\n\r\n";
    const octets = new TextEncoder().encode(request);
    const send = SendRing.allocate(octets.length);
    send.write(octets);
    this.#recv = RecvRing.allocate(options.receiveBuffer ?? 4 << 20);
    const parser = this.#parser;
    parser[HTTPParser.kOnHeadersComplete] = (info: HeaderInfo) => {
      this.#status = info.statusCode;
      this.#message = info.statusMessage;
      const at = info.headers.findIndex((name, i) =>
        i % 2 === 0 && name.toLowerCase() === "content-length"
      );
      if (at >= 0) this.#total = Number(info.headers[at + 1]);
      return false;
    };
    parser[HTTPParser.kOnBody] = (
      chunk: Uint8Array,
      start: number,
      length: number,
    ) => {
      this.#octets += length;
      options.body(chunk.subarray(start, start + length));
    };
    parser[HTTPParser.kOnMessageComplete] = () => {
      // An interim answer (1xx) is followed by the real one.
      if (this.#status >= 200) this.#complete = true;
    };
    const connection = options.tcp.connect({
      remote: options.server,
      remotePort: options.port,
      sendBuf: send,
      recvBuf: this.#recv,
      handler: this,
      noDelay: true,
    });
    if (typeof connection === "string") {
      this.over = true;
      this.#fail(connection);
    }
  }

  received(c: tcp.Connection): void {
    const { bytes } = this.#recv.memory;
    while (!this.#complete) {
      const length = this.#recv.peek();
      if (length === 0) break;
      const at = bytes.byteOffset + this.#recv.peekAt;
      let parsed: number | Error;
      try {
        parsed = this.#parser.execute(Buffer.from(bytes.buffer, at, length));
      } catch {
        // The user's sink threw: there is no point in going on.
        this.#fail("sink");
        return c.abort();
      }
      // Once all is there, the parser may take the end of a long piece for the
      // head of another answer that is too long.
      if (typeof parsed !== "number" && !this.#complete) {
        this.#fail("protocol");
        return c.abort();
      }
      this.#recv.consume(length);
    }
    if (c.receiveFinished && !this.#complete) this.#parser.finish();
    this.#options.progress?.(this.#octets, this.#total);
    if (this.#complete) {
      this.#recv.consume(this.#recv.readable());
      this.result ??= {
        kind: "done",
        status: this.#status,
        statusMessage: this.#message,
        octets: this.#octets,
      };
      c.close();
    } else if (c.receiveFinished) {
      this.#fail("protocol");
      c.close();
    }
  }

  closed(_c: tcp.Connection, reason: tcp.CloseReason): void {
    this.over = true;
    if (!this.#complete) this.#fail(reason);
  }

  #fail(reason: tcp.CloseReason | Failure | "sink" | "protocol"): void {
    this.result ??= { kind: "failed", reason };
  }
}
