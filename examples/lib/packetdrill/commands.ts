/**
 * Shell commands in backticks: nothing is run. Settings in them are found and
 * applied, the rest is named in a note.
 *
 * @module
 */

import type { Knobs } from "./knobs.ts";
import { apply } from "./settings.ts";

/** What a `defaults.sh` of Linux's suites sets, as scripts rely on it. */
const SUITE_DEFAULTS: readonly (readonly [string, string])[] = [
  ["net.ipv4.tcp_rmem", "4096 540000 15728640"],
  ["net.ipv4.tcp_wmem", "4096 262144 4194304"],
  ["net.ipv4.tcp_timestamps", "1"],
  ["net.ipv4.tcp_syn_retries", "5"],
  ["net.ipv4.tcp_synack_retries", "5"],
  ["net.ipv4.tcp_frto", "2"],
  ["net.ipv4.tcp_sack", "1"],
  ["net.ipv4.tcp_dsack", "1"],
  ["net.ipv4.tcp_congestion_control", "cubic"],
  ["net.ipv4.tcp_slow_start_after_idle", "0"],
  ["net.ipv4.tcp_early_retrans", "4"],
  ["net.ipv4.tcp_recovery", "1"],
  ["net.ipv4.tcp_ecn", "0"],
  ["net.ipv4.tcp_fastopen", "3"],
  ["net.ipv4.tcp_fastopen_key", "a1a1a1a1-b2b2b2b2-c3c3c3c3-d4d4d4d4"],
  ["net.ipv4.tcp_syncookies", "1"],
];

/** Applies what a command sets; returns what had no effect. */
export function command(knobs: Knobs, text: string): string[] {
  const ignored: string[] = [];
  const joined = text.replace(/\\\n/g, " ");
  // Arithmetic such as $((15*1024*1024)), as shells do it.
  const plain = joined.replace(
    /\$\(\(([\d\s*+\-()]+)\)\)/g,
    (_, sum: string) => String(arithmetic(sum)),
  );
  for (const line of plain.split(/\n|;|&&|\|\|/)) {
    const words = line.replace(/#.*$/, "").trim()
      .replace(/\s\d?>\s*\S+|\s2>&1/g, "");
    if (words !== "") one(knobs, words, ignored);
  }
  return ignored;
}

function one(knobs: Knobs, line: string, ignored: string[]): void {
  if (/^(?:source|\.|bash|sh)?\s*\S*defaults\.sh\b/.test(line)) {
    // Linux's RTO is at least the round trip and 200 ms; its suites rely on it.
    knobs.tuning.rtoMargin = 200_000;
    for (const [name, value] of SUITE_DEFAULTS) apply(knobs, name, value);
    return;
  }
  if (/^(?:source|\.|bash|sh)?\s*\S*set_sysctls\.(?:py|sh)\b/.test(line)) {
    for (const [, path, value] of line.matchAll(PAIR)) {
      const name = path!.replace(/^\/proc\/sys\//, "");
      if (!apply(knobs, name, value!.replace(/^["']|["']$/g, ""))) {
        ignored.push(`${path}=${value}`);
      }
    }
    return;
  }
  if (/^(?:sudo\s+)?(?:\S*\/)?sysctl\b/.test(line)) {
    let any = false;
    for (const [, name, value] of line.matchAll(PAIR)) {
      any = true;
      const plain = value!.replace(/^["']|["']$/g, "");
      if (!apply(knobs, name!, plain)) ignored.push(`${name}=${plain}`);
    }
    if (!any) ignored.push(line);
    return;
  }
  // `echo 1 > /proc/sys/net/ipv4/tcp_sack`, and the route's initial window.
  const echo = /^echo\s+["']?([^"'>]*?)["']?\s*>\s*\/proc\/sys\/(\S+)/
    .exec(line);
  if (echo !== null) {
    if (!apply(knobs, echo[2]!, echo[1]!)) ignored.push(line);
    return;
  }
  const mtu = /^(?:ip\s+link\s.*|ifconfig\s.*)\bmtu\s+(\d+)/.exec(line);
  if (mtu !== null) {
    knobs.mtu = Number(mtu[1]);
    return;
  }
  const initcwnd = /^ip\s.*\binitcwnd\s+(\d+)/.exec(line);
  if (initcwnd !== null) {
    knobs.tuning.initialWindow = Number(initcwnd[1]);
    return;
  }
  ignored.push(line);
}

const PAIR = /([\w./-]+)\s*=\s*("[^"]*"|'[^']*'|[^\s"';]+)/g;

/** Products and sums of whole numbers. */
function arithmetic(text: string): number {
  return text.replace(/[()\s]/g, "").split("+").reduce(
    (sum, product) =>
      sum + product.split("*").reduce((all, n) => all * Number(n), 1),
    0,
  );
}

/** Whether a script was written for FreeBSD. */
export function isFreebsd(text: string): boolean {
  return /net\.inet6?\.|\bkldload\b|\bkern\.ipc\.|TCP_FUNCTION_BLK/.test(text);
}
