/**
 * What `sysctl` and its like in a script change here: one table, from which the
 * interpreter works and `--settings` prints.
 *
 * @module
 */

import type { Hints } from "./hints.ts";

/** The numbers that a script's settings change. */
export interface Knobs {
  /** Fields of `tcp.Tuning`, µs and octets. */
  readonly tuning: Record<string, unknown>;
  /** What the script expects where it sets no sizes of buffers. */
  hints: Hints;
  /** Sizes of receive buffers have been set. */
  sized: boolean;
  /** Least, default and most octets of a receive buffer. */
  rmem: number[];
  /** The same of a send buffer. */
  wmem: number[];
  /** Name of the congestion control. */
  congestion: string;
  /** 0 never, 1 under pressure, 2 always. */
  syncookies: number;
  /** Most connections that may wait for `accept`. */
  somaxconn: number;
  /** Segments of the initial window as a setting says it; 0 for the default. */
  fastOpenKey: string;
  /** MTU of the device, octets, 0 for that of the options. */
  mtu: number;
  /** `getsockopt` tells twice the size of buffers. */
  readonly doubles: boolean;
  /** The share of a receive buffer that becomes window. */
  readonly windowShare: number;
  /** MSS that is announced instead of the link's, 0 for that. */
  mssDefault: number;
  /** MSS that is announced instead of the link's, IPv6. */
  mssDefault6: number;
}

/** What Linux does unless it is told otherwise. */
export function linux(): Knobs {
  return {
    tuning: {
      ecn: "passive",
      fastOpen: 1,
      slowStartAfterIdle: true,
      // Its own looks for long delays without holding back what an ACK opens.
      hystart: false,
      // Only where the queue discipline or the control paces.
      pacing: false,
    },
    hints: {},
    sized: false,
    rmem: [4096, 131_072, 6_291_456],
    wmem: [4096, 4_194_304, 4_194_304],
    congestion: "cubic",
    syncookies: 1,
    somaxconn: 4096,
    fastOpenKey: "",
    windowShare: 0.5,
    mtu: 0,
    doubles: true,
    mssDefault: 0,
    mssDefault6: 0,
  };
}

/** What FreeBSD does. */
export function freebsd(): Knobs {
  return {
    ...linux(),
    tuning: {
      ecn: "passive",
      fastOpen: 0,
      minimumRto: 230_000,
      pacing: false,
    },
    rmem: [4096, 65_536, 2_097_152],
    wmem: [4096, 4_194_304, 4_194_304],
    windowShare: 1,
    doubles: false,
  };
}

/** One setting. */
export interface Setting {
  /** As `sysctl` knows it. */
  readonly name: string;
  /** What it changes here. */
  readonly does: string;
  readonly apply: (knobs: Knobs, value: string) => void;
}

function integer(value: string): number {
  const n = Number(value.trim().split(/\s+/)[0]);
  return Number.isFinite(n) ? Math.trunc(n) : 0;
}

function tune(name: string, from: (n: number) => unknown = (n) => n) {
  return (knobs: Knobs, value: string) => {
    knobs.tuning[name] = from(integer(value));
  };
}

const yes = (n: number) => n !== 0;
const seconds = (n: number) => n * 1_000_000;
const millis = (n: number) => n * 1000;
const three = (value: string) => value.trim().split(/[\s,]+/).map(Number);
const LINUX_ECN = ["off", "on", "passive", "on", "passive", "passive"];

/** All settings that have a meaning here. */
export const SETTINGS: readonly Setting[] = [
  {
    name: "net.ipv4.tcp_timestamps",
    does: "tuning.timestamps",
    apply: tune("timestamps", yes),
  },
  { name: "net.ipv4.tcp_sack", does: "tuning.sack", apply: tune("sack", yes) },
  {
    name: "net.ipv4.tcp_dsack",
    does: "tuning.dsack",
    apply: tune("dsack", yes),
  },
  {
    name: "net.ipv4.tcp_window_scaling",
    does: "tuning.windowScaling",
    apply: tune("windowScaling", yes),
  },
  {
    name: "net.ipv4.tcp_ecn",
    does: "tuning.ecn: 0 off, 1 on, 2 passive; 3 to 5 with AccECN",
    apply: (knobs, value) => {
      const n = integer(value);
      knobs.tuning.ecn = LINUX_ECN[n] ?? "off";
      knobs.tuning.accEcn = n >= 3;
    },
  },
  {
    name: "net.ipv4.tcp_ecn_fallback",
    does: "tuning.ecnFallback",
    apply: tune("ecnFallback", yes),
  },
  {
    name: "net.ipv4.tcp_rmem",
    does: "receive buffers: default and most, half of which is window",
    apply: (knobs, value) => {
      knobs.rmem = three(value);
      knobs.sized = true;
    },
  },
  {
    name: "net.ipv4.tcp_wmem",
    does: "send buffers: the most",
    apply: (knobs, value) => {
      const [least = 4096, , most = 4_194_304] = three(value);
      knobs.wmem = [least, most, most];
    },
  },
  {
    name: "net.ipv4.tcp_congestion_control",
    does: "Options.control: cubic, reno, bbr; tuning.pacing with bbr",
    apply: (knobs, value) => {
      knobs.congestion = value.trim();
      if (knobs.congestion === "bbr") knobs.tuning.pacing = true;
    },
  },
  {
    name: "net.core.default_qdisc",
    does: "tuning.pacing: with fq",
    apply: (knobs, value) => {
      knobs.tuning.pacing = value.trim() === "fq";
    },
  },
  {
    name: "net.ipv4.tcp_syncookies",
    does: "0 never (no effect), 1 under pressure, 2 always: no SYN queue",
    apply: (knobs, value) => {
      knobs.syncookies = integer(value);
    },
  },
  {
    name: "net.ipv4.tcp_fastopen",
    does: "tuning.fastOpen: bits 1 client, 2 server",
    apply: tune("fastOpen", (n) => n & 3),
  },
  {
    name: "net.ipv4.tcp_fastopen_key",
    does: "the key of fast open cookies",
    apply: (knobs, value) => {
      knobs.fastOpenKey = value.trim();
    },
  },
  {
    name: "net.ipv4.tcp_syn_retries",
    does: "tuning.synRetries",
    apply: tune("synRetries"),
  },
  {
    name: "net.ipv4.tcp_synack_retries",
    does: "tuning.synAckRetries",
    apply: tune("synAckRetries"),
  },
  {
    name: "net.ipv4.tcp_retries2",
    does: "tuning.userTimeout: the sum of so many time-outs from 200 ms on",
    apply: (knobs, value) => {
      let wait = 200_000;
      let sum = 0;
      for (let i = 0; i <= integer(value); i++) {
        sum += wait;
        wait = Math.min(2 * wait, 120_000_000);
      }
      knobs.tuning.userTimeout = sum;
    },
  },
  {
    name: "net.ipv4.tcp_keepalive_time",
    does: "tuning.keepAliveIdle",
    apply: tune("keepAliveIdle", seconds),
  },
  {
    name: "net.ipv4.tcp_keepalive_intvl",
    does: "tuning.keepAliveInterval",
    apply: tune("keepAliveInterval", seconds),
  },
  {
    name: "net.ipv4.tcp_keepalive_probes",
    does: "tuning.keepAliveProbes",
    apply: tune("keepAliveProbes"),
  },
  {
    name: "net.ipv4.tcp_fin_timeout",
    does: "tuning.finWait2Timeout",
    apply: tune("finWait2Timeout", seconds),
  },
  { name: "net.ipv4.tcp_frto", does: "tuning.frto", apply: tune("frto", yes) },
  {
    name: "net.ipv4.tcp_recovery",
    does: "tuning.rack: bit 1",
    apply: tune("rack", (n) => (n & 1) !== 0),
  },
  {
    name: "net.ipv4.tcp_early_retrans",
    does: "tuning.tlp: 3 and 4",
    apply: tune("tlp", (n) => n >= 3),
  },
  {
    name: "net.ipv4.tcp_slow_start_after_idle",
    does: "tuning.slowStartAfterIdle",
    apply: tune("slowStartAfterIdle", yes),
  },
  {
    name: "net.ipv4.tcp_mtu_probing",
    does: "tuning.mtuProbing: 0 off, 1 blackhole, 2 on",
    apply: tune("mtuProbing", (n) => ["off", "blackhole", "on"][n] ?? "off"),
  },
  {
    name: "net.ipv4.tcp_rto_min_us",
    does: "tuning.minimumRto",
    apply: tune("minimumRto"),
  },
  {
    name: "net.ipv4.tcp_rto_max_ms",
    does: "tuning.maximumRto",
    apply: tune("maximumRto", millis),
  },
  {
    name: "net.ipv4.tcp_init_cwnd",
    does: "tuning.initialWindow",
    apply: tune("initialWindow"),
  },
  {
    name: "net.ipv4.tcp_min_snd_mss",
    does: "tuning.minimumMss",
    apply: tune("minimumMss"),
  },
  {
    name: "net.ipv4.tcp_challenge_ack_limit",
    does: "tuning.challenges",
    apply: tune("challenges"),
  },
  {
    name: "net.ipv4.route.min_pmtu",
    does: "tuning.minimumMtu",
    apply: tune("minimumMtu"),
  },
  {
    name: "net.core.somaxconn",
    does: "most connections that wait for accept",
    apply: (knobs, value) => {
      knobs.somaxconn = integer(value);
    },
  },
  {
    name: "net.inet.tcp.rfc1323",
    does:
      "tuning.timestamps and tuning.windowScaling: 0 none, 1 both, 2 scaling, 3 timestamps",
    apply: (knobs, value) => {
      const n = integer(value);
      knobs.tuning.timestamps = n === 1 || n === 3;
      knobs.tuning.windowScaling = n === 1 || n === 2;
    },
  },
  {
    name: "net.inet.tcp.sack.enable",
    does: "tuning.sack",
    apply: tune("sack", yes),
  },
  {
    name: "net.inet.tcp.ecn.enable",
    does: "tuning.ecn: 0 off, 1 on, 2 passive; 3 and 4 with AccECN",
    apply: (knobs, value) => {
      const n = integer(value);
      knobs.tuning.ecn = ["off", "on", "passive", "on", "on"][n] ?? "off";
      knobs.tuning.accEcn = n >= 3;
    },
  },
  {
    name: "net.inet.tcp.mssdflt",
    does: "MSS assumed where the peer says none",
    apply: (knobs, value) => {
      knobs.mssDefault = integer(value);
    },
  },
  {
    name: "net.inet.tcp.v6mssdflt",
    does: "the same for IPv6",
    apply: (knobs, value) => {
      knobs.mssDefault6 = integer(value);
    },
  },
  {
    name: "net.inet.tcp.minmss",
    does: "tuning.minimumMss",
    apply: tune("minimumMss"),
  },
  {
    name: "net.inet.tcp.initcwnd_segments",
    does: "tuning.initialWindow",
    apply: tune("initialWindow"),
  },
  {
    name: "net.inet.tcp.delayed_ack",
    does: "tuning.delayedAck: 0 for at once",
    apply: (knobs, value) => {
      if (integer(value) === 0) knobs.tuning.delayedAck = 0;
    },
  },
  {
    name: "net.inet.tcp.delacktime",
    does: "tuning.delayedAck",
    apply: tune("delayedAck", millis),
  },
  {
    name: "net.inet.tcp.msl",
    does: "tuning.timeWait: twice as long",
    apply: tune("timeWait", (n) => 2 * millis(n)),
  },
  {
    name: "net.inet.tcp.finwait2_timeout",
    does: "tuning.finWait2Timeout",
    apply: tune("finWait2Timeout", millis),
  },
  {
    name: "net.inet.tcp.keepidle",
    does: "tuning.keepAliveIdle",
    apply: tune("keepAliveIdle", millis),
  },
  {
    name: "net.inet.tcp.keepintvl",
    does: "tuning.keepAliveInterval",
    apply: tune("keepAliveInterval", millis),
  },
  {
    name: "net.inet.tcp.keepinit",
    does: "tuning.connectTimeout",
    apply: tune("connectTimeout", millis),
  },
  {
    name: "net.inet.tcp.keepcnt",
    does: "tuning.keepAliveProbes",
    apply: tune("keepAliveProbes"),
  },
  {
    name: "net.inet.tcp.always_keepalive",
    does: "tuning.keepAlive",
    apply: tune("keepAlive", yes),
  },
  {
    name: "net.inet.tcp.syncookies",
    does: "SYN cookies under pressure",
    apply: (knobs, value) => {
      knobs.syncookies = integer(value) === 0 ? 0 : 1;
    },
  },
  {
    name: "net.inet.tcp.syncookies_only",
    does: "no SYN queue: all by cookies",
    apply: (knobs, value) => {
      if (integer(value) !== 0) knobs.syncookies = 2;
    },
  },
  {
    name: "net.inet.tcp.fastopen.client_enable",
    does: "tuning.fastOpen: bit 1",
    apply: (knobs, value) => bit(knobs, 1, integer(value)),
  },
  {
    name: "net.inet.tcp.fastopen.server_enable",
    does: "tuning.fastOpen: bit 2",
    apply: (knobs, value) => bit(knobs, 2, integer(value)),
  },
  {
    name: "net.inet.tcp.rexmit_min",
    does: "tuning.minimumRto",
    apply: tune("minimumRto", millis),
  },
  {
    name: "net.inet.tcp.rexmit_initial",
    does: "tuning.initialRto",
    apply: tune("initialRto", millis),
  },
  {
    name: "net.inet.tcp.rexmit_max",
    does: "tuning.maximumRto",
    apply: tune("maximumRto", millis),
  },
  {
    name: "net.inet.tcp.rfc3042",
    does: "tuning.limitedTransmit",
    apply: tune("limitedTransmit", yes),
  },
  {
    name: "net.inet.tcp.do_prr",
    does: "tuning.prr",
    apply: tune("prr", yes),
  },
  {
    name: "net.inet.tcp.cc.algorithm",
    does: "Options.control: cubic, newreno",
    apply: (knobs, value) => {
      knobs.congestion = value.trim() === "newreno" ? "reno" : value.trim();
    },
  },
  {
    name: "net.inet.tcp.pmtud_blackhole_detection",
    does: "tuning.mtuProbing: 0 off, else blackhole",
    apply: tune("mtuProbing", (n) => n === 0 ? "off" : "blackhole"),
  },
  {
    name: "net.inet.tcp.recvspace",
    does: "receive buffer by default",
    apply: (knobs, value) => {
      knobs.rmem[1] = integer(value);
      knobs.sized = true;
    },
  },
  {
    name: "net.inet.tcp.recvbuf_max",
    does: "receive buffer at most, from which window scaling follows",
    apply: (knobs, value) => {
      knobs.rmem[2] = integer(value);
      knobs.sized = true;
    },
  },
  {
    name: "net.inet.tcp.sendspace",
    does: "send buffer",
    apply: (knobs, value) => {
      knobs.wmem[1] = Math.max(integer(value), 4096);
    },
  },
  {
    name: "kern.ipc.maxsockbuf",
    does: "receive buffer at most, from which window scaling follows",
    apply: (knobs, value) => {
      knobs.rmem[2] = integer(value);
      knobs.sized = true;
    },
  },
  {
    name: "kern.ipc.soacceptqueue",
    does: "most connections that wait for accept",
    apply: (knobs, value) => {
      knobs.somaxconn = integer(value);
    },
  },
];

function bit(knobs: Knobs, mask: number, value: number): void {
  const now = Number(knobs.tuning.fastOpen ?? 0);
  knobs.tuning.fastOpen = value === 0 ? now & ~mask : now | mask;
}

const BY_NAME = new Map(SETTINGS.map((setting) => [setting.name, setting]));

/** Applies one setting; false if it has no meaning here. */
export function apply(knobs: Knobs, name: string, value: string): boolean {
  const dotted = name.trim().replaceAll("/", ".");
  // Without a name elsewhere: `ethox.tcp.quickAcks=0`.
  const own = /^ethox\.tcp\.(\w+)$/.exec(dotted)?.[1];
  if (own !== undefined) {
    const text = value.trim();
    knobs.tuning[own] = text === "true" || text === "false"
      ? text === "true"
      : /^-?\d+$/.test(text)
      ? Number(text)
      : text;
    return true;
  }
  const setting = BY_NAME.get(dotted);
  if (setting === undefined) return false;
  setting.apply(knobs, value);
  return true;
}

/** The table as text. */
export function settingsText(): string {
  const width = Math.max(...SETTINGS.map((s) => s.name.length));
  const own = { name: "ethox.tcp.*", does: "tuning.*, µs and octets" };
  return [...SETTINGS, own].map((s) => `${s.name.padEnd(width)}  ${s.does}`)
    .join("\n");
}
