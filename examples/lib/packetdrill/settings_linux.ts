/**
 * Settings by Linux's names.
 *
 * @module
 */

import {
  integer,
  millis,
  seconds,
  type Setting,
  tune,
  yes,
} from "./setting.ts";

const three = (value: string) => value.trim().split(/[\s,]+/).map(Number);
const LINUX_ECN = ["off", "on", "passive", "on", "passive", "passive"];

/** Those of `net.ipv4` and `net.core`. */
export const LINUX: readonly Setting[] = [
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
    does:
      "tuning.synCookies: 0 never, 1 under pressure, 2 always: no SYN queue",
    apply: (knobs, value) => {
      knobs.syncookies = integer(value);
      knobs.tuning.synCookies = knobs.syncookies !== 0;
    },
  },
  {
    name: "net.ipv4.tcp_fastopen",
    does: "tuning.fastOpen: bits 1 client, 2 server; 0x400 for all listeners",
    apply: (knobs, value) => {
      const n = integer(value);
      knobs.tuning.fastOpen = n & 3;
      knobs.fastOpenUnasked = (n & 0x400) !== 0;
    },
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
    does: "tuning.minimumRto and tuning.rtoMargin",
    apply: (knobs, value) => {
      knobs.tuning.minimumRto = knobs.tuning.rtoMargin = integer(value);
    },
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
];
