/**
 * A file server over a TCP endpoint: HTTP/1.1 GET and HEAD, keep-alive and
 * pipelining. Messages are parsed by `http-parser-js`.
 *
 * @module
 */

import type { Failure } from "@ethox/layer/failure";
import type * as tcp from "@ethox/layer/tcp";
import { RecvRing } from "@ethox/storage/recv-ring";
import { SendRing } from "@ethox/storage/send-ring";
import { type HeaderInfo, HTTPParser } from "http-parser-js";
import { Buffer } from "node:buffer";

/** What a server says and how many it serves. */
export interface ServerOptions {
  /** The endpoint to listen on. */
  readonly tcp: tcp.Endpoint;
  /** Port. */
  readonly port: number;
  /** Folder whose files are served. */
  readonly folder: string;
  /** Connections at once. */
  readonly connections: number;
  /** Octets of each connection's send buffer. */
  readonly sendBuffer?: number;
  /** Octets of each connection's receive buffer. */
  readonly receiveBuffer?: number;
  /** Hears of each request that was answered. */
  onAnswer?(method: string, url: string, status: number): void;
}

const MAXIMUM_HEADER = 16_384;
/** Requests of one connection that may wait for their answers. */
const PIPELINE = 64;

const TYPES: Record<string, string> = {
  css: "text/css",
  html: "text/html; charset=utf-8",
  js: "text/javascript",
  json: "application/json",
  pcapng: "application/vnd.tcpdump.pcap",
  png: "image/png",
  svg: "image/svg+xml",
  txt: "text/plain; charset=utf-8",
};

const REASONS: Record<number, string> = {
  200: "OK",
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  431: "Request Header Fields Too Large",
  500: "Internal Server Error",
};

interface Request {
  readonly method: string;
  readonly url: string;
  readonly keepAlive: boolean;
}

/** One connection's buffers, and the answers it still owes. */
class Session implements tcp.Handler {
  readonly #server: Server;
  readonly send: SendRing;
  readonly recv: RecvRing;
  readonly #parser = new HTTPParser(HTTPParser.REQUEST);
  #requests: Request[] = [];
  #file: Deno.FsFile | undefined;
  #left = 0;
  #head = "";
  #last = false;

  constructor(server: Server, sendBuffer: number, receiveBuffer: number) {
    this.#server = server;
    this.send = SendRing.allocate(sendBuffer);
    this.recv = RecvRing.allocate(receiveBuffer);
  }

  /** Makes it ready for another connection. */
  begin(): void {
    this.#stop();
    this.send.clear();
    this.recv.clear();
    const parser = this.#parser;
    parser.reinitialize(HTTPParser.REQUEST);
    parser.maxHeaderSize = MAXIMUM_HEADER;
    parser[HTTPParser.kOnHeadersComplete] = (info: HeaderInfo) => {
      this.#requests.push({
        method: HTTPParser.methods[info.method] ?? "",
        url: info.url,
        keepAlive: info.shouldKeepAlive,
      });
      return false;
    };
    parser[HTTPParser.kOnBody] = () => {};
    parser[HTTPParser.kOnMessageComplete] = () => {};
  }

  received(c: tcp.Connection): void {
    const { bytes } = this.recv.memory;
    while (!this.#last && this.#requests.length < PIPELINE) {
      const length = this.recv.peek();
      if (length === 0) break;
      const at = this.recv.peekAt;
      const chunk = Buffer.from(bytes.buffer, bytes.byteOffset + at, length);
      const parsed = this.#parser.execute(chunk);
      this.recv.consume(length);
      if (typeof parsed === "number") continue;
      const large = /header size/i.test(parsed.message);
      this.#requests.push({
        method: large ? "431" : "400",
        url: "",
        keepAlive: false,
      });
      break;
    }
    if (this.#last) this.recv.consume(this.recv.readable());
    this.#work(c);
    if (c.receiveFinished && !this.#busy) c.shutdown();
    c.wake();
  }

  acknowledged(c: tcp.Connection): void {
    this.#work(c);
    if (this.recv.readable() > 0) this.received(c);
  }

  closed(): void {
    this.#stop();
    this.#server.done(this);
  }

  get #busy(): boolean {
    return this.#file !== undefined || this.#head !== "" ||
      this.#requests.length > 0;
  }

  /** Writes as much of the answers as there is room for. */
  #work(c: tcp.Connection): void {
    for (;;) {
      if (this.#head !== "") {
        const octets = new TextEncoder().encode(this.#head);
        if (this.send.free() < octets.length) break;
        this.send.write(octets);
        this.#head = "";
      }
      if (this.#file !== undefined && !this.#copy()) {
        if (this.#left < 0) return c.abort();
        break;
      }
      if (this.#last) {
        c.shutdown();
        break;
      }
      const request = this.#requests.shift();
      if (request === undefined) {
        if (c.receiveFinished) c.shutdown();
        break;
      }
      this.#answer(request);
    }
    c.wake();
  }

  /** Moves file content to the send buffer; whether the file is done. */
  #copy(): boolean {
    while (this.#left > 0) {
      const room = Math.min(this.send.reserve(), this.#left);
      if (room === 0) return false;
      const at = this.send.reservedAt;
      const place = this.send.memory.bytes.subarray(at, at + room);
      const length = this.#file!.readSync(place);
      if (length === null || length === 0) {
        // The file shrank: what was promised cannot be kept.
        this.#left = -1;
        return false;
      }
      this.send.commit(length);
      this.#left -= length;
    }
    this.#file!.close();
    this.#file = undefined;
    return true;
  }

  #answer(request: Request): void {
    const { method, url } = request;
    let status = 200;
    let extra = "";
    if (method === "400" || method === "431") status = Number(method);
    else if (method !== "GET" && method !== "HEAD") {
      status = 405;
      extra = "Allow: GET, HEAD\r\n";
    }
    let type = "text/plain; charset=utf-8";
    if (status === 200) {
      const found = this.#server.open(url);
      if (typeof found === "number") status = found;
      else {
        this.#file = found.file;
        this.#left = found.size;
        type = TYPES[found.name.split(".").at(-1) ?? ""] ??
          "application/octet-stream";
      }
    }
    const body = status === 200 ? "" : `${status} ${REASONS[status]}\n`;
    const size = status === 200 ? this.#left : body.length;
    this.#head = `HTTP/1.1 ${status} ${REASONS[status]}\r\n` +
      `Content-Type: ${type}\r\nContent-Length: ${size}\r\n${extra}` +
      `Connection: ${request.keepAlive ? "keep-alive" : "close"}\r\n\r\n` +
      (method === "HEAD" ? "" : body);
    this.#last = !request.keepAlive;
    if (method === "HEAD") this.#stopFile();
    this.#server.answered(method, url, status);
  }

  #stopFile(): void {
    this.#file?.close();
    this.#file = undefined;
    this.#left = 0;
  }

  #stop(): void {
    this.#stopFile();
    this.#requests = [];
    this.#head = "";
    this.#last = false;
  }
}

/** Serves the files of a folder. */
export class Server {
  readonly #options: ServerOptions;
  readonly #root: string;
  readonly #idle: Session[] = [];

  /** Takes all buffers; begins with {@linkcode Server.listen}. */
  constructor(options: ServerOptions) {
    this.#options = options;
    this.#root = Deno.realPathSync(options.folder);
    const send = options.sendBuffer ?? 262_144;
    const receive = options.receiveBuffer ?? 16_384;
    for (let i = 0; i < options.connections; i++) {
      this.#idle.push(new Session(this, send, receive));
    }
  }

  /** Opens the port. */
  listen(): Failure | undefined {
    const { tcp, port, connections } = this.#options;
    const listener = tcp.listen({
      port,
      backlog: Math.min(256, connections),
      receiveWindow: this.#options.receiveBuffer ?? 16_384,
      accept: (connection) => {
        const session = this.#idle.pop();
        if (session === undefined) return false;
        session.begin();
        connection.sendBuf = session.send;
        connection.recvBuf = session.recv;
        connection.handler = session;
        connection.noDelay = true;
        return true;
      },
    });
    return typeof listener === "string" ? listener : undefined;
  }

  /** Connections that are being served. */
  get active(): number {
    return this.#options.connections - this.#idle.length;
  }

  /** A session is free again. */
  done(session: Session): void {
    this.#idle.push(session);
  }

  /** A request was answered. */
  answered(method: string, url: string, status: number): void {
    this.#options.onAnswer?.(method, url, status);
  }

  /** The file that a request names, or the status that says why not. */
  open(
    url: string,
  ): { file: Deno.FsFile; size: number; name: string } | number {
    let path: string;
    try {
      path = decodeURIComponent(url.split(/[?#]/, 1)[0]!);
    } catch {
      return 400;
    }
    if (!path.startsWith("/") || path.includes("\0")) return 400;
    if (path.endsWith("/")) path += "index.html";
    try {
      // Links and dots are followed first, so that nothing leads outside.
      const name = Deno.realPathSync(this.#root + path);
      if (!name.startsWith(`${this.#root}/`)) return 403;
      const file = Deno.openSync(name, { read: true });
      const { isFile, size } = file.statSync();
      if (isFile) return { file, size, name };
      file.close();
      return 404;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return 404;
      if (error instanceof Deno.errors.NotADirectory) return 404;
      if (error instanceof Deno.errors.PermissionDenied) return 403;
      if (error instanceof Deno.errors.NotCapable) return 403;
      return 500;
    }
  }
}
