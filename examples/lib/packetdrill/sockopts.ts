/**
 * Options of sockets.
 *
 * @module
 */

import type * as tcp from "@ethox/layer/tcp";
import type { Expr } from "./ast.ts";
import { ERRNO } from "./names.ts";
import { type Outcome, setIfKnown, type Socket } from "./socket.ts";
import { infoOf } from "./tcp_info.ts";
import { exprText, maybeNumber, member, wordOf } from "./values.ts";

const seconds = (n: number) => n * 1_000_000;
const millis = (n: number) => n * 1000;

/** Options that are a field of a connection, and how a number becomes one. */
const FIELDS: Readonly<
  Record<string, readonly [field: string, from: (n: number) => unknown]>
> = {
  TCP_NODELAY: ["noDelay", (n) => n !== 0],
  TCP_CORK: ["cork", (n) => n !== 0],
  TCP_NOPUSH: ["cork", (n) => n !== 0],
  TCP_QUICKACK: ["quickAck", (n) => n !== 0],
  SO_KEEPALIVE: ["keepAlive", (n) => n !== 0],
  TCP_KEEPIDLE: ["keepAliveIdle", seconds],
  TCP_KEEPINTVL: ["keepAliveInterval", seconds],
  TCP_KEEPCNT: ["keepAliveProbes", (n) => n],
  TCP_USER_TIMEOUT: ["userTimeout", millis],
  TCP_NOTSENT_LOWAT: ["notSentLowWater", (n) => n],
  // The two bits of ECN are not the user's.
  IP_TOS: ["dscp", (n) => (n & 255) >> 2],
  IPV6_TCLASS: ["dscp", (n) => (n & 255) >> 2],
  IP_TTL: ["ttl", (n) => n],
  IPV6_UNICAST_HOPS: ["ttl", (n) => n],
};

/** Bounds as Linux checks them: least, most. */
const BOUNDS: Readonly<Record<string, readonly [number, number]>> = {
  TCP_MAXSEG: [88, 32_767],
  TCP_KEEPIDLE: [1, 32_767],
  TCP_KEEPINTVL: [1, 32_767],
  TCP_KEEPCNT: [1, 127],
  TCP_SYNCNT: [1, 127],
  TCP_USER_TIMEOUT: [0, 0x7fffffff],
};

/** What an option is before it was set. */
const INITIAL: Readonly<Record<string, number>> = {
  TCP_KEEPIDLE: 7200,
  TCP_KEEPINTVL: 75,
  TCP_KEEPCNT: 9,
  TCP_SYNCNT: 6,
  TCP_QUICKACK: 1,
  TCP_LINGER2: 60,
  IP_TTL: 64,
  IP_MTU_DISCOVER: 1,
  SO_SNDBUF: 4_194_304,
  SO_RCVBUF: 131_072,
};

/** Carries the options of a socket over to its connection. */
export function applyOptions(socket: Socket, c: tcp.Connection): void {
  for (const [name, value] of socket.options) applyOption(name, value, c);
}

function applyOption(
  name: string,
  value: number | string,
  c: tcp.Connection,
): void {
  if (typeof value !== "number") return;
  if (name === "TCP_MAXSEG" && value > 0) {
    c.mss = Math.min(c.mss, value);
  }
  const field = FIELDS[name];
  if (field !== undefined) setIfKnown(c, field[0], field[1](value));
}

/** `setsockopt(fd, level, name, value, length)`. */
export function setOption(s: Socket, args: readonly Expr[]): Outcome {
  const name = wordOf(args[2]);
  const expr = args[3];
  if (expr?.kind === "string") {
    if (name === "TCP_CONGESTION" && !CONTROLS.has(expr.value)) {
      return -ERRNO.ENOENT!;
    }
    const length = maybeNumber(args[4]);
    // One key, or that and the one before it.
    if (name === "TCP_FASTOPEN_KEY" && length !== 16 && length !== 32) {
      return -ERRNO.EINVAL!;
    }
    s.options.set(name, expr.value);
    return 0;
  }
  if (name === "SO_LINGER") {
    const on = maybeNumber(member(expr, "onoff", "l_onoff")) ??
      maybeNumber(expr?.kind === "struct" ? expr.fields[0]?.value : expr) ?? 0;
    const time = maybeNumber(member(expr, "linger", "l_linger")) ??
      (expr?.kind === "struct" ? maybeNumber(expr.fields[1]?.value) : 0) ?? 0;
    if (on === 0) s.options.delete(name);
    else s.options.set(name, time);
    return 0;
  }
  const value = maybeNumber(expr);
  if (value === undefined) return 0;
  const bounds = BOUNDS[name];
  if (bounds !== undefined && (value < bounds[0] || value > bounds[1])) {
    if (!(name === "TCP_MAXSEG" && value === 0)) return -ERRNO.EINVAL!;
  }
  s.options.set(name, value);
  if (name === "TCP_FASTOPEN" && s.listener !== undefined) s.relisten();
  const { stream } = s;
  if (stream === undefined) return 0;
  if (name === "SO_SNDBUF") stream.outbox.limit = value;
  if (name === "SO_RCVBUF" || name === "TCP_WINDOW_CLAMP") {
    stream.inbox.limit = stream.inbox.most = value;
  }
  const c = stream.connection;
  if (c !== undefined) {
    applyOption(name, value, c);
    // It pushes what a cork holds back, but leaves the cork where it is.
    if (name === "TCP_NODELAY" && value !== 0 && c.cork && c.unsent > 0) {
      c.uncork = true;
    }
    // What was held back may go now.
    c.wake();
  }
  return 0;
}

/** Congestion controls that can be asked for. */
const CONTROLS = new Set([
  "cubic",
  "reno",
  "newreno",
  "bbr",
  "fixed",
  "dctcp",
]);

/** `getsockopt(fd, level, name, value, length)`. */
export function getOption(
  s: Socket,
  args: readonly Expr[],
  differences: string[],
): Outcome {
  const name = wordOf(args[2]);
  const expected = args[3];
  if (name === "TCP_INFO" || name === "TCP_CC_INFO") {
    if (expected?.kind !== "struct") return 0;
    const info = infoOf(s);
    for (const { name: field, value } of expected.fields) {
      const wanted = maybeNumber(value);
      const got = info[field];
      if (wanted !== undefined && got !== undefined && got !== wanted) {
        differences.push(`expected ${field}=${wanted}, got ${got}`);
      }
    }
    return 0;
  }
  if (expected?.kind === "string") {
    const got = String(s.options.get(name) ?? "cubic");
    if (got !== expected.value) {
      differences.push(`expected "${expected.value}", got "${got}"`);
    }
    return 0;
  }
  const got = current(s, name);
  const wanted = maybeNumber(expected);
  if (wanted !== undefined && got !== undefined && got !== wanted) {
    differences.push(
      `expected ${exprText(expected!)}, got [${got}] of ${name}`,
    );
  }
  return 0;
}

function current(s: Socket, name: string): number | undefined {
  const { stream } = s;
  switch (name) {
    case "SO_ERROR": {
      const error = stream?.takeError() ?? s.error;
      s.error = 0;
      return error;
    }
    case "TCP_MAXSEG":
      return stream?.connection?.mss ?? s.number(name, 536);
    case "SO_TYPE":
      return s.kind === "tcp" ? 1 : 2;
    case "SO_ACCEPTCONN":
      return s.listener === undefined ? 0 : 1;
    case "SO_DOMAIN":
      return s.family;
    case "TCP_NODELAY":
    case "TCP_CORK":
      return s.number(name, 0) === 0 ? 0 : 1;
  }
  const value = s.options.get(name) ?? INITIAL[name];
  // Linux doubles what is asked for, for its own book-keeping.
  if (/^SO_(SND|RCV)BUF$/.test(name) && s.options.has(name) && s.doubles) {
    return 2 * Number(value);
  }
  return typeof value === "number" ? value : 0;
}
