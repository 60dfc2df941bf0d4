/**
 * Sockets over the host's TCP and UDP: just enough of the Unix interface to
 * drive them from a script. A call that would wait returns `undefined`; it is
 * made again when something has moved.
 *
 * @module
 */

import * as tcp from "@ethox/layer/tcp";
import { Datagrams } from "./datagrams.ts";
import type { Machine } from "./machine.ts";
import { ERRNO } from "./names.ts";
import type { Knobs } from "./knobs.ts";
import { type Outcome, Socket } from "./socket.ts";
import { Stream } from "./stream.ts";

/** The most that the header of a SYN says. */
const UNSCALED = 0xffff;

interface Windows {
  readonly now: number;
  readonly most: number;
  readonly scale: number | undefined;
}

/** Requests that may be half-open at once. */
const HALF_OPEN = 64;

/** Makes what an option of a socket is to change on its connection. */
export type Applier = (socket: Socket, c: tcp.Connection) => void;

/** The sockets of one host. */
export class Sockets {
  /** Its UDP. */
  readonly datagrams: Datagrams;
  readonly #machine: Machine;
  readonly #knobs: Knobs;
  readonly #apply: Applier;
  readonly #control: (name: string) => tcp.Control | undefined;

  constructor(
    machine: Machine,
    knobs: Knobs,
    apply: Applier,
    control: (name: string) => tcp.Control | undefined,
  ) {
    this.#machine = machine;
    this.datagrams = new Datagrams(machine);
    this.#knobs = knobs;
    this.#apply = apply;
    this.#control = control;
  }

  /**
   * Octets of the receive window, the most it may become, and its shift where
   * the script decides it.
   */
  #windows(socket: Socket): Windows {
    const { rmem, windowShare, hints } = this.#knobs;
    const set = socket.number("SO_RCVBUF", 0);
    const clamp = socket.number("TCP_WINDOW_CLAMP", 0) || Infinity;
    if (set > 0) {
      const window = Math.min(set, clamp, 0x3fffffff);
      return { now: window, most: window, scale: undefined };
    }
    const most = Math.min(rmem[2] ?? 6_291_456, clamp, 0x3fffffff);
    const share = Math.trunc((rmem[1] ?? 131_072) * windowShare);
    // FreeBSD rounds up to whole segments.
    const mss = this.#machine.ip.mtu - 40;
    const now = windowShare === 1 ? Math.ceil(share / mss) * mss : share;
    const { window = UNSCALED, scale } = this.#knobs.sized ? {} : hints;
    return {
      now: window < UNSCALED ? Math.min(window, most) : Math.min(now, most),
      most,
      scale,
    };
  }

  #stream(socket: Socket): Stream {
    const send = socket.number("SO_SNDBUF", this.#knobs.wmem[1] ?? 4_194_304);
    const stream = new Stream(send, this.#windows(socket).now);
    stream.wide = this.#knobs.windowShare === 1;
    return stream;
  }

  /** Whether another socket has the port. */
  #taken(sockets: Iterable<Socket>, socket: Socket, port: number): boolean {
    for (const other of sockets) {
      if (other === socket || !other.bound || other.port !== port) continue;
      if (other.kind !== socket.kind) continue;
      const reuse = socket.number("SO_REUSEADDR", 0) !== 0 &&
        other.number("SO_REUSEADDR", 0) !== 0 && other.listener === undefined;
      if (!reuse) return true;
    }
    return false;
  }

  bind(sockets: Iterable<Socket>, socket: Socket, port: number): Outcome {
    if (socket.bound) return -ERRNO.EINVAL!;
    if (port !== 0 && this.#taken(sockets, socket, port)) {
      return -ERRNO.EADDRINUSE!;
    }
    if (socket.kind === "udp") return this.datagrams.bind(socket, port);
    socket.port = port;
    socket.bound = true;
    return 0;
  }

  listen(socket: Socket, backlog: number): Outcome {
    if (socket.kind === "udp") return -ERRNO.EOPNOTSUPP!;
    if (socket.listener !== undefined) {
      socket.backlog = backlog;
      return 0;
    }
    if (socket.stream !== undefined) return -ERRNO.EINVAL!;
    socket.backlog = Math.min(backlog, this.#knobs.somaxconn);
    socket.relisten = () => {
      if (socket.listener === undefined) return;
      this.#machine.tcp.unlisten(socket.listener);
      socket.listener = undefined;
      this.#listen(socket);
    };
    return this.#listen(socket);
  }

  #listen(socket: Socket): Outcome {
    const { tcp } = this.#machine;
    const { somaxconn } = this.#knobs;
    const halfOpen = this.#knobs.syncookies === 2 ? 0 : HALF_OPEN;
    const unasked = this.#knobs.fastOpenUnasked ? somaxconn : 0;
    const queue = socket.number("TCP_FASTOPEN", unasked);
    const options: tcp.ListenOptions = {
      port: socket.port,
      receiveWindow: this.#windows(socket).most,
      backlog: halfOpen,
      // All the script's peers are one host.
      backlogPerSource: halfOpen,
      backlogPerNetwork: halfOpen,
      acceptBacklog: Math.max(0, socket.backlog) + 1,
      fastOpen: queue,
      accept: (c) => {
        const stream = this.#stream(socket);
        // Some want to hear of a connection only when it has said something.
        const ready = () => socket.accepted.push(stream);
        // Fast open: what came with the request can be read, and answered.
        if (c.early) {
          stream.established = stream.synData = true;
          ready();
        } else if (socket.number("TCP_DEFER_ACCEPT", 0) > 0) {
          stream.onOctets = ready;
        } else stream.onEstablished = ready;
        stream.take(c);
        c.rcvWndMax = stream.inbox.limit;
        this.#configure(socket, c);
        return true;
      },
    };
    const listener = tcp.listen(options);
    if (typeof listener === "string") return -ERRNO.EADDRINUSE!;
    const { now, scale } = this.#windows(socket);
    if (scale !== undefined && this.#knobs.tuning.windowScaling !== false) {
      listener.rcvScale = scale;
    }
    listener.receiveWindow = Math.max(1, now);
    const segment = socket.number("TCP_MAXSEG", 0);
    if (segment > 0) listener.maximumSegment = segment;
    socket.listener = listener;
    return 0;
  }

  #configure(socket: Socket, c: tcp.Connection): void {
    const name = socket.options.get("TCP_CONGESTION") ?? this.#knobs.congestion;
    const control = this.#control(String(name));
    if (control !== undefined) c.control = control;
    this.#apply(socket, c);
  }

  accept(socket: Socket): Socket | number | undefined {
    if (socket.kind === "udp") return -ERRNO.EOPNOTSUPP!;
    if (socket.listener === undefined) return -ERRNO.EINVAL!;
    const stream = socket.accepted.shift();
    if (stream === undefined) {
      return socket.nonblocking ? -ERRNO.EAGAIN! : undefined;
    }
    const { connection } = stream;
    if (connection !== undefined) this.#machine.tcp.accept(socket.listener);
    const child = new Socket(socket.family, "tcp", socket.options);
    child.doubles = socket.doubles;
    child.stream = stream;
    child.port = connection?.localPort ?? socket.port;
    child.connected = true;
    return child;
  }

  /**
   * `early` octets are to go out with the request, if they may. `keep` has those
   * sent later that the request does not carry.
   */
  connect(
    socket: Socket,
    remote: number,
    port: number,
    early?: number,
    keep = false,
  ): Outcome {
    if (socket.kind === "udp") {
      return this.datagrams.connect(socket, remote, port);
    }
    if (socket.listener !== undefined) return -ERRNO.EISCONN!;
    const { stream } = socket;
    if (stream !== undefined) {
      if (stream.error !== 0) return -stream.takeError();
      if (stream.established && stream.ended === undefined) {
        // The first look after the handshake says that it is done.
        if (socket.connecting) {
          socket.connecting = false;
          socket.connected = true;
          return 0;
        }
        return -ERRNO.EISCONN!;
      }
      if (stream.ended === undefined) {
        return socket.nonblocking ? -ERRNO.EALREADY! : undefined;
      }
    }
    const { fastOpen } = this.#knobs.tuning;
    const postpone = early === undefined && !socket.postponed &&
      socket.number("TCP_FASTOPEN_CONNECT", 0) !== 0;
    if (early !== undefined && (Number(fastOpen ?? 0) & 1) === 0) {
      return -ERRNO.EOPNOTSUPP!;
    }
    const next = this.#stream(socket);
    next.outbox.write(early ?? 0);
    const control = this.#control(
      String(socket.options.get("TCP_CONGESTION") ?? this.#knobs.congestion),
    );
    const segment = socket.number("TCP_MAXSEG", 0);
    const options: tcp.ConnectOptions & Record<string, unknown> = {
      remote,
      remotePort: port,
      ...(socket.port === 0 ? {} : { localPort: socket.port }),
      sendBuf: next.outbox,
      // The scale follows from the window that there is at first.
      recvBuf: { ...NOWHERE, window: () => this.#windows(socket).most },
      handler: next.handler,
      noDelay: socket.number("TCP_NODELAY", 0) !== 0,
      fastOpen: early !== undefined || postpone,
      ...(segment > 0 ? { maximumSegment: segment } : {}),
      ...(control === undefined ? {} : { control }),
    };
    this.#retries(socket);
    const c = this.#machine.tcp.connect(options);
    if (c === "unreachable") return -ERRNO.ENETUNREACH!;
    if (c === "exhausted") return -ERRNO.EAGAIN!;
    if (typeof c === "string") {
      const everybody = remote === -1 || remote >>> 28 === 14;
      return everybody ? -ERRNO.ENETUNREACH! : -ERRNO.EADDRNOTAVAIL!;
    }
    if (postpone && c.synRoom > 0) {
      // There is a cookie: the request goes out with the first octets.
      c.abort();
      socket.postponed = true;
      socket.remote = remote;
      socket.remotePort = port;
      return 0;
    }
    socket.postponed = false;
    next.take(c);
    const { now, scale } = this.#windows(socket);
    if (scale !== undefined && this.#knobs.tuning.windowScaling !== false) {
      c.rcvScale = scale;
    }
    c.rcvWndMax = now;
    c.rcvAdv = Math.min(now, 0xffff);
    this.#apply(socket, c);
    socket.stream = next;
    socket.port = c.localPort;
    socket.remote = remote;
    socket.remotePort = port;
    socket.connecting = true;
    // What the SYN carries has been sent; without a cookie nothing has.
    next.early = keep ? early ?? 0 : Math.min(early ?? 0, c.synRoom);
    next.outbox.keep(next.early);
    if (keep) return next.early;
    if (!socket.nonblocking) return undefined;
    return next.early > 0 ? next.early : -ERRNO.EINPROGRESS!;
  }

  /** How often a SYN is repeated: of one socket, where one says so. */
  #retries(socket: Socket): void {
    const { tuning } = this.#machine.tcp;
    const usual = Number(
      this.#knobs.tuning.synRetries ?? tcp.DEFAULTS.synRetries,
    );
    const synRetries = socket.number("TCP_SYNCNT", usual);
    Object.assign(tuning, { synRetries });
  }

  /** Octets to read; `peek` leaves them. */
  receive(
    socket: Socket,
    most: number,
    { dontWait = false, peek = false, all = false } = {},
  ): Outcome {
    const again = dontWait || socket.nonblocking;
    if (socket.kind === "udp") {
      if (socket.error !== 0) {
        const { error } = socket;
        socket.error = 0;
        return -error;
      }
      const next = peek ? socket.datagrams[0] : socket.datagrams.shift();
      if (next === undefined) return again ? -ERRNO.EAGAIN! : undefined;
      return Math.min(next, most);
    }
    const { stream } = socket;
    if (stream === undefined) return -ERRNO.ENOTCONN!;
    const { inbox } = stream;
    if (inbox.readable > 0) {
      if (peek) return Math.min(inbox.readable, most);
      if (
        all && !again && inbox.readable < most && !stream.finReceived &&
        stream.ended === undefined
      ) return undefined;
      const read = inbox.read(most);
      const c = stream.connection;
      if (c !== undefined) {
        // FreeBSD tells all the room that there is.
        if (stream.wide) c.rcvAdv = (c.rcvNxt + inbox.window()) | 0;
        c.wake();
      }
      return read;
    }
    if (stream.error !== 0) return -stream.takeError();
    if (stream.atEnd) return 0;
    if (most === 0) return 0;
    return again ? -ERRNO.EAGAIN! : undefined;
  }

  /** Writes octets; those that found room before count in `done`. */
  send(
    socket: Socket,
    octets: number,
    done: number,
    { dontWait = false, more = false, urgent = false, notify = false } = {},
  ): { written: number; outcome: Outcome } {
    const again = dontWait || socket.nonblocking;
    const { stream } = socket;
    if (stream === undefined) {
      return { written: 0, outcome: -ERRNO.EPIPE! };
    }
    if (stream.error !== 0) {
      const some = done > 0 && stream.established;
      return { written: 0, outcome: some ? done : -stream.takeError() };
    }
    if (stream.shutWrite || stream.ended !== undefined) {
      return { written: 0, outcome: done > 0 ? done : -ERRNO.EPIPE! };
    }
    if (!stream.established) {
      return { written: 0, outcome: again ? -ERRNO.EAGAIN! : undefined };
    }
    const c = stream.connection!;
    // MSG_MORE holds back what does not fill a segment, until a write without.
    c.cork = more ||
      socket.number("TCP_CORK", socket.number("TCP_NOPUSH", 0)) !== 0;
    const written = stream.outbox.write(octets - done);
    if (notify && socket.number("SO_ZEROCOPY", 0) !== 0 && written > 0) {
      stream.lent.push(stream.outbox.written);
    }
    if (urgent && done + written === octets) c.urgent();
    else if (written > 0) c.wake();
    if (done + written === octets) return { written, outcome: octets };
    if (!again) return { written, outcome: undefined };
    return {
      written,
      outcome: done + written > 0 ? done + written : -ERRNO.EAGAIN!,
    };
  }

  shutdown(socket: Socket, how: number): Outcome {
    const { stream } = socket;
    if (how < 0 || how > 2) return -ERRNO.EINVAL!;
    if (socket.listener !== undefined) {
      this.#unlisten(socket);
      return 0;
    }
    if (stream === undefined || stream.ended !== undefined) {
      return -ERRNO.ENOTCONN!;
    }
    if (how !== 1) stream.shutRead = true;
    if (how !== 0) {
      stream.shutWrite = true;
      const c = stream.connection!;
      if (c.state === tcp.SYN_SENT) c.close();
      else c.shutdown();
    }
    return 0;
  }

  #unlisten(socket: Socket): void {
    if (socket.listener === undefined) return;
    this.#machine.tcp.unlisten(socket.listener);
    socket.listener = undefined;
    for (const stream of socket.accepted) stream.connection?.abort();
    socket.accepted.length = 0;
  }

  close(socket: Socket): Outcome {
    this.#unlisten(socket);
    if (socket.kind === "udp") {
      if (socket.bound) this.#machine.udp.unbind(socket.port);
      return 0;
    }
    const { stream } = socket;
    const c = stream?.connection;
    if (stream === undefined || c === undefined) return 0;
    const linger = socket.options.get("SO_LINGER");
    // RFC 1122 section 4.2.2.13: who leaves octets unread says so by RST.
    if (linger === 0 || stream.inbox.readable > 0) c.abort();
    else c.close();
    return 0;
  }
}

/** A buffer that only says how large it will be. */
const NOWHERE = { window: () => 0, receive: () => 0 };
