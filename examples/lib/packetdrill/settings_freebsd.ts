/**
 * Settings by FreeBSD's names.
 *
 * @module
 */

import type { Knobs } from "./knobs.ts";
import { integer, millis, type Setting, tune, yes } from "./setting.ts";

/** Those of `net.inet` and `kern.ipc`. */
export const FREEBSD: readonly Setting[] = [
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
      knobs.tuning.synCookies = knobs.syncookies !== 0;
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
