/**
 * Events of a trace of TCP, as JSON and as text.
 *
 * @module
 */

import * as tcp from "@ethox/layer/tcp";
import { ACK, CWR, ECE, FIN, PSH, RST, SYN, URG } from "@ethox/wire/tcp";

/** What an event is. */
export const KINDS = [
  "state",
  "sent",
  "retransmitted",
  "received",
  "lost",
  "cwnd",
  "rtt",
  "pacing",
] as const;

/** A name in {@linkcode KINDS}. */
export type Kind = typeof KINDS[number];

const FLAGS: readonly (readonly [number, string])[] = [
  [FIN, "F"],
  [SYN, "S"],
  [RST, "R"],
  [PSH, "P"],
  [ACK, "."],
  [URG, "U"],
  [ECE, "E"],
  [CWR, "W"],
];

/** Flags as tcpdump writes them. */
export function flagsText(flags: number): string {
  return FLAGS.map(([bit, letter]) => (flags & bit) !== 0 ? letter : "").join(
    "",
  );
}

/** One event, read from the memory of a {@linkcode Journal}. */
export interface Event {
  /** What happened. */
  readonly kind: Kind;
  /** When, µs. */
  readonly time: number;
  /** Sequence number, state or window, as the kind has it. */
  readonly a: number;
  /** Length, end, state or threshold. */
  readonly b: number;
  /** Flags, acknowledgment or time-out. */
  readonly c: number;
  /** Index of {@linkcode tcp.why.REASONS}. */
  readonly why: number;
}

/** An event as JSON has it; `flow` is the number of its flow. */
export function jsonOf(event: Event, flow: number): Record<string, unknown> {
  const { kind, time, a, b, c } = event;
  const { name, section } = tcp.why.reasonOf(event.why);
  const head = { time, flow, event: kind };
  const why = { why: name, section };
  switch (kind) {
    case "state":
      return { ...head, from: tcp.nameOf(a), to: tcp.nameOf(b), ...why };
    case "sent":
      return { ...head, seq: a, length: b, flags: flagsText(c) };
    case "retransmitted":
      return { ...head, seq: a, length: b, flags: flagsText(c), ...why };
    case "received":
      return { ...head, ack: a, length: b, flags: flagsText(c) };
    case "lost":
      return { ...head, seq: a, length: b - a, ...why };
    case "cwnd":
      return { ...head, cwnd: a, ssthresh: b, ...why };
    case "rtt":
      return { ...head, rtt: a, srtt: Math.round(b), rto: Math.round(c) };
    default:
      return { ...head, rate: Math.round(a) };
  }
}

/** Seconds with six digits. */
function seconds(time: number): string {
  return (time / 1e6).toFixed(6).padStart(11);
}

/** An event as a line of text: `flow` is the name of its flow. */
export function textOf(event: Event, flow: string): string {
  const { kind, time, a, b, c } = event;
  const { name, section, text } = tcp.why.reasonOf(event.why);
  const head = `${seconds(time)} ${flow} ${kind}`;
  const reason = `: ${text} (${name}, ${section})`;
  switch (kind) {
    case "state":
      return `${head} ${tcp.nameOf(a)} to ${tcp.nameOf(b)}${reason}`;
    case "sent":
      return `${head} [${flagsText(c)}] ${a}, ${b} octets`;
    case "retransmitted":
      return `${head} [${flagsText(c)}] ${a}, ${b} octets${reason}`;
    case "received":
      return `${head} [${flagsText(c)}] ack ${a}, ${b} octets`;
    case "lost":
      return `${head} ${a} to ${b}${reason}`;
    case "cwnd":
      return `${head} ${a}, ssthresh ${b}${reason}`;
    case "rtt":
      return `${head} ${a} µs, srtt ${Math.round(b)}, rto ${Math.round(c)}`;
    default:
      return `${head} ${(a * 8 / 1e6).toFixed(3)} Mbit/s`;
  }
}
