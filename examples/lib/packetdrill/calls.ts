/**
 * Calls of a script: each is made on the sockets until it returns, and then
 * compared with what was expected.
 *
 * @module
 */

import type { Call, Expr } from "./ast.ts";
import type { Config } from "./config.ts";
import { LOCAL, REMOTE } from "./machine.ts";
import { ERRNO, errnoName } from "./names.ts";
import { eventsOf } from "./events.ts";
import { type Outcome, Socket } from "./socket.ts";
import type { Sockets } from "./sockets.ts";
import { getOption, setOption } from "./sockopts.ts";
import {
  addressOf,
  exprText,
  maybeNumber,
  member,
  numberOf,
  Unsupported,
  wordOf,
} from "./values.ts";

const MSG_OOB = 1;
const MSG_PEEK = 2;
const MSG_DONTWAIT = 0x40;
const MSG_WAITALL = 0x100;
const MSG_ERRQUEUE = 0x2000;
const MSG_MORE = 0x8000;
const MSG_ZEROCOPY = 0x4000000;
const MSG_FASTOPEN = 0x20000000;
const EPOLLET = 0x80000000;
const EPOLLONESHOT = 0x40000000;
const O_RDWR = 2;
const O_NONBLOCK = 0x800;

/** A call under way: tried again and again until there is an outcome. */
export type Attempt = () => Outcome;

interface Watch {
  readonly events: number;
  /** Events told last, for those that want edges. */
  told: number;
}

/** The file descriptors of a script and the calls on them. */
export class Calls {
  readonly fds: Map<number, Socket> = new Map();
  /** Called with each new socket: the one under test. */
  opened: (socket: Socket) => void = () => {};
  /** Differences between what a call returned and what it should have. */
  readonly differences: string[] = [];
  readonly #sockets: Sockets;
  readonly #config: Config;
  readonly #now: () => number;
  readonly #epolls: Map<number, Map<number, Watch>> = new Map();

  constructor(sockets: Sockets, config: Config, now: () => number) {
    this.#sockets = sockets;
    this.#config = config;
    this.#now = now;
  }

  /** Whether an outcome is the expected one; if not, how they differ. */
  compare(call: Call, outcome: number): string | undefined {
    const { result, errno } = call;
    if (this.differences.length > 0) {
      return this.differences.splice(0).join("; ");
    }
    const got = outcome < 0 ? `-1 ${errnoName(-outcome)}` : String(outcome);
    if (result.kind === "ellipsis") return undefined;
    const expected = numberOf(result);
    const wanted = errno === undefined ? `${expected}` : `${expected} ${errno}`;
    const same = expected < 0
      ? outcome < 0 && (errno === undefined || ERRNO[errno] === -outcome)
      : outcome === expected;
    return same ? undefined : `expected ${wanted}, got ${got}`;
  }

  /** Begins a call. @throws {Unsupported} if nobody knows it */
  begin(call: Call): Attempt {
    const { name, args } = call;
    const socket = () => this.fds.get(numberOf(args[0]));
    const on = (work: (s: Socket) => Outcome): Attempt => () => {
      const s = socket();
      return s === undefined ? -ERRNO.EBADF! : work(s);
    };
    const many = (at: number) => numberOf(args[at]);
    switch (name) {
      case "socket":
        return () => this.#socket(call);
      case "bind":
        return on((s) => {
          const port = maybeNumber(member(args[1], "sin_port", "sin6_port")) ??
            (args[1]?.kind === "struct" ? 0 : this.#config.bindPort);
          return this.#sockets.bind(this.fds.values(), s, port);
        });
      case "listen":
        return on((s) => this.#sockets.listen(s, many(1)));
      case "accept":
      case "accept4":
        return on((s) => this.#accept(s, call));
      case "connect":
        return on((s) => this.#connect(s, args[1]));
      case "read":
        return on((s) =>
          isNull(args[1]) ? -ERRNO.EFAULT! : this.#sockets.receive(s, many(2))
        );
      case "recv":
      case "recvfrom":
        return on((s) =>
          isNull(args[1]) ? -ERRNO.EFAULT! : this.#receive(s, many(2), many(3))
        );
      case "readv":
        return on((s) => this.#receive(s, vector(args[1]), 0));
      case "recvmsg":
        return on((s) => {
          const most = vector(member(args[1], "msg_iov"));
          const read = this.#receive(s, most, many(2));
          if (read !== undefined && read >= 0) this.#controls(s, args[1]);
          return read;
        });
      case "write":
        return this.#write(args, many(2), 0);
      case "send":
        return this.#write(args, many(2), many(3));
      case "sendto":
        return this.#write(args, many(2), many(3), args[4]);
      case "writev":
        return this.#write(args, vector(args[1]), 0);
      case "sendmsg":
        return this.#write(
          args,
          vector(member(args[1], "msg_iov")),
          many(2),
          member(args[1], "msg_name"),
        );
      case "sendfile":
        return this.#write([args[0]!], many(3), 0);
      case "open":
        // A file that has as many octets as anybody wants.
        return () => this.#place(call);
      case "shutdown":
        return on((s) => this.#sockets.shutdown(s, many(1)));
      case "close":
        return on((s) => {
          this.fds.delete(many(0));
          return this.#sockets.close(s);
        });
      case "setsockopt":
        return on((s) => setOption(s, args));
      case "getsockopt":
        return on((s) => getOption(s, args, this.differences));
      case "getsockname":
      case "getpeername":
        return on((s) => this.#name(s, args[1], name === "getpeername"));
      case "fcntl":
        return on((s) => fcntl(s, many(1), args[2]));
      case "ioctl":
        return on((s) => this.#ioctl(s, args));
      case "poll":
        return this.#poll(args);
      case "epoll_create":
      case "epoll_create1":
        return () => {
          const fd = this.#place(call);
          this.#epolls.set(fd, new Map());
          return fd;
        };
      case "epoll_ctl":
        return () => this.#epollCtl(args);
      case "epoll_wait":
        return this.#epollWait(args);
    }
    throw new Unsupported(`the call ${name} is not known`);
  }

  /** The number that a new descriptor gets: the expected one, if it is free. */
  #place(call: Call): number {
    const wanted = maybeNumber(call.result) ?? -1;
    if (wanted >= 0 && !this.fds.has(wanted)) return wanted;
    let fd = 3;
    while (this.fds.has(fd)) fd++;
    return fd;
  }

  #socket(call: Call): Outcome {
    const [family, type, protocol] = call.args;
    const kinds = maybeNumber(type) ?? 0;
    const kind = kinds & 15;
    const number = maybeNumber(protocol) ?? 0;
    if (kind !== 1 && kind !== 2) return -ERRNO.EPROTONOSUPPORT!;
    if (number !== 0 && number !== 6 && number !== 17) {
      throw new Unsupported(`the protocol ${exprText(protocol!)} is not there`);
    }
    const own = this.#config.ipVersion === "ipv4" ? 2 : 10;
    const s = new Socket(
      maybeNumber(family) ?? own,
      kind === 1 ? "tcp" : "udp",
    );
    if ((kinds & O_NONBLOCK) !== 0) s.nonblocking = true;
    const fd = this.#place(call);
    this.fds.set(fd, s);
    this.opened(s);
    return fd;
  }

  #accept(s: Socket, call: Call): Outcome {
    const child = this.#sockets.accept(s);
    if (!(child instanceof Socket)) return child;
    if (((maybeNumber(call.args[3]) ?? 0) & O_NONBLOCK) !== 0) {
      child.nonblocking = true;
    }
    const fd = this.#place(call);
    this.fds.set(fd, child);
    return fd;
  }

  #connect(s: Socket, address: Expr | undefined): Outcome {
    const { remote, port } = this.#address(address);
    if (port === 0) return -ERRNO.ECONNREFUSED!;
    return this.#sockets.connect(s, remote, port);
  }

  #address(address: Expr | undefined): { remote: number; port: number } {
    const port = maybeNumber(member(address, "sin_port", "sin6_port")) ??
      this.#config.connectPort;
    const remote = addressOf(member(address, "sin_addr", "sin6_addr")) ??
      REMOTE;
    // The script's peer may have any address; inside there is but one network.
    return { remote: remote === LOCAL || remote === 0 ? REMOTE : remote, port };
  }

  #receive(s: Socket, most: number, flags: number): Outcome {
    if ((flags & MSG_ERRQUEUE) !== 0) {
      const { stream } = s;
      if (stream === undefined || stream.returned === 0) return -ERRNO.EAGAIN!;
      // All of them come as one range.
      stream.lent.splice(0, stream.returned);
      return 0;
    }
    return this.#sockets.receive(s, most, {
      dontWait: (flags & MSG_DONTWAIT) !== 0,
      peek: (flags & MSG_PEEK) !== 0,
      all: (flags & MSG_WAITALL) !== 0,
    });
  }

  /** What comes beside the octets: how many more wait to be read. */
  #controls(s: Socket, message: Expr | undefined): void {
    const list = member(message, "msg_control");
    for (const item of list?.kind === "list" ? list.items : []) {
      if (!/^TCP_(CM_)?INQ$/.test(wordOf(member(item, "cmsg_type")))) continue;
      const { inbox, finReceived } = s.stream!;
      const waiting = inbox.readable + (finReceived ? 1 : 0);
      const wanted = maybeNumber(member(item, "cmsg_data"));
      if (wanted !== undefined && wanted !== waiting) {
        this.differences.push(`expected cmsg_data ${wanted}, got ${waiting}`);
      }
    }
  }

  #write(
    args: readonly Expr[],
    octets: number,
    flags: number,
    to?: Expr,
  ): Attempt {
    let done = 0;
    let asked = false;
    return () => {
      const s = this.fds.get(numberOf(args[0]));
      if (s === undefined) return -ERRNO.EBADF!;
      if (isNull(args[1]) && octets > 0) return -ERRNO.EFAULT!;
      if (s.kind === "udp") {
        return this.#sockets.datagrams.send(
          s,
          octets,
          to === undefined || (to.kind === "ellipsis" && s.connected)
            ? undefined
            : this.#address(to),
        );
      }
      // FreeBSD connects where there is an address, and keeps what it was given.
      const implied = !s.doubles && to !== undefined &&
        s.stream === undefined && s.number("TCP_FASTOPEN", 0) !== 0;
      const first = (flags & MSG_FASTOPEN) !== 0 || s.postponed || implied;
      if (first && !asked) {
        asked = true;
        const { remote, port } = s.postponed
          ? { remote: s.remote, port: s.remotePort }
          : this.#address(to);
        const outcome = this.#sockets.connect(s, remote, port, octets, implied);
        done = s.stream?.early ?? 0;
        return outcome;
      }
      const { written, outcome } = this.#sockets.send(s, octets, done, {
        dontWait: (flags & MSG_DONTWAIT) !== 0,
        more: (flags & MSG_MORE) !== 0,
        urgent: (flags & MSG_OOB) !== 0,
        notify: (flags & MSG_ZEROCOPY) !== 0,
      });
      done += written;
      return outcome;
    };
  }

  #name(s: Socket, expected: Expr | undefined, peer: boolean): Outcome {
    if (peer && s.stream?.connection === undefined && s.remotePort === 0) {
      return -ERRNO.ENOTCONN!;
    }
    const wanted = maybeNumber(member(expected, "sin_port", "sin6_port"));
    const port = peer ? s.stream?.remotePort ?? s.remotePort : s.port;
    if (wanted !== undefined && wanted !== port) {
      this.differences.push(`expected port ${wanted}, got ${port}`);
    }
    return 0;
  }

  #ioctl(s: Socket, args: readonly Expr[]): Outcome {
    const { stream } = s;
    const request = args[1];
    const expected = args[2];
    const says = (value: number): Outcome => {
      const wanted = maybeNumber(expected);
      if (wanted !== undefined && wanted !== value) {
        this.differences.push(`expected [${wanted}], got [${value}]`);
      }
      return 0;
    };
    const name = request?.kind === "word" ? request.value : "";
    switch (name) {
      case "SIOCINQ":
      case "FIONREAD":
        if (s.listener !== undefined) return -ERRNO.EINVAL!;
        if (s.kind === "udp") return says(s.datagrams[0] ?? 0);
        return says(stream?.inbox.readable ?? 0);
      case "SIOCOUTQ":
      case "FIONWRITE":
        return says(stream?.outbox.available() ?? 0);
      case "SIOCOUTQNSD":
        return says(stream?.connection?.unsent ?? 0);
      case "FIONSPACE":
        return says(stream?.outbox.free ?? 0);
      case "FIONBIO":
        s.nonblocking = numberOf(expected) !== 0;
        return 0;
    }
    throw new Unsupported(`the ioctl ${name} is not known`);
  }

  #poll(args: readonly Expr[]): Attempt {
    const list = args[0]?.kind === "list" ? args[0].items : [];
    const timeout = maybeNumber(args[2]) ?? -1;
    const end = timeout < 0 ? Infinity : this.#now() + 1000 * timeout;
    return () => {
      const found = list.map((one) => {
        const s = this.fds.get(numberOf(member(one, "fd")));
        if (s === undefined) return 0x20;
        // Errors and hang-ups are told whether one asks or not.
        const mask = (maybeNumber(member(one, "events")) ?? 0) | 8 | 0x10;
        return eventsOf(s) & mask;
      });
      const count = found.filter((events) => events !== 0).length;
      if (count === 0 && this.#now() < end) return undefined;
      list.forEach((one, i) => {
        const wanted = maybeNumber(member(one, "revents"));
        if (wanted !== undefined && wanted !== found[i]) {
          this.differences.push(
            `expected revents ${hex(wanted)}, got ${hex(found[i]!)}`,
          );
        }
      });
      return count;
    };
  }

  #epollCtl(args: readonly Expr[]): Outcome {
    const set = this.#epolls.get(numberOf(args[0]));
    const op = numberOf(args[1]);
    const fd = numberOf(args[2]);
    if (set === undefined || !this.fds.has(fd)) return -ERRNO.EBADF!;
    if (op === 2) return set.delete(fd) ? 0 : -ERRNO.ENOENT!;
    set.set(fd, { events: numberOf(member(args[3], "events")), told: 0 });
    return 0;
  }

  #epollWait(args: readonly Expr[]): Attempt {
    const timeout = maybeNumber(args[3]) ?? -1;
    const end = timeout < 0 ? Infinity : this.#now() + 1000 * timeout;
    return () => {
      const set = this.#epolls.get(numberOf(args[0]));
      if (set === undefined) return -ERRNO.EBADF!;
      let count = 0;
      let first = 0;
      for (const [fd, watch] of set) {
        const s = this.fds.get(fd);
        if (s === undefined) continue;
        const events = eventsOf(s) & (watch.events | 8 | 0x10);
        const edge = (watch.events & EPOLLET) !== 0;
        const fresh = edge ? events & ~watch.told : events;
        watch.told = events;
        if (fresh === 0) continue;
        if ((watch.events & EPOLLONESHOT) !== 0) set.delete(fd);
        if (count++ === 0) first = events;
      }
      if (count === 0 && this.#now() < end) return undefined;
      const wanted = maybeNumber(member(args[1], "events"));
      if (count > 0 && wanted !== undefined && wanted !== first) {
        this.differences.push(
          `expected events ${hex(wanted)}, got ${hex(first)}`,
        );
      }
      return count;
    };
  }
}

function isNull(e: Expr | undefined): boolean {
  return e?.kind === "word" && e.value === "NULL";
}

function hex(n: number): string {
  return `0x${(n >>> 0).toString(16)}`;
}

/** Octets of all pieces of `[{..., 100}, {..., 200}]`. */
function vector(e: Expr | undefined): number {
  if (e?.kind !== "list") throw new Unsupported("a vector is missing");
  return e.items.reduce((sum, item) => {
    if (item.kind !== "struct") return sum + (maybeNumber(item) ?? 0);
    return sum + (maybeNumber(item.fields.at(-1)?.value) ?? 0);
  }, 0);
}

function fcntl(s: Socket, op: number, value: Expr | undefined): Outcome {
  // F_GETFL, F_SETFL; the flags of the descriptor itself have no effect.
  if (op === 3) return O_RDWR | (s.nonblocking ? O_NONBLOCK : 0);
  if (op === 4) s.nonblocking = ((maybeNumber(value) ?? 0) & O_NONBLOCK) !== 0;
  return 0;
}
