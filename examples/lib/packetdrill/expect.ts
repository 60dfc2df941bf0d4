/**
 * A packet of the host beside the expected one.
 *
 * @module
 */

import type { PacketSpec, When } from "./ast.ts";
import type { Config } from "./config.ts";
import type { Conversations } from "./conversations.ts";
import { Failure } from "./failure.ts";
import { icmpKind } from "./icmp_types.ts";
import { differences, joined } from "./match.ts";
import { ICMP, type Seen, TCP, UDP } from "./packet.ts";
import { packetText, timeText } from "./print.ts";

/** What is expected, and when. */
export interface Expectation {
  readonly line: number;
  readonly packet: PacketSpec;
  readonly type: When["type"];
  /** When it may come, µs. */
  readonly from: number;
  readonly until: number;
  /** How far it may be off, µs. */
  readonly slack: number;
}

/**
 * Takes the oldest packet, or as many segments in a row as the expected one is
 * long: this device does not cut, so that nobody hands it more than a segment.
 */
export function gather(packet: PacketSpec, sent: Seen[]): Seen[] | undefined {
  const first = sent[0];
  if (first === undefined) return undefined;
  let count = 1;
  if (packet.kind === "tcp" && first.protocol === TCP) {
    let { length } = first.segment;
    while (length > 0 && length < packet.length) {
      const next = sent[count];
      if (next === undefined) return undefined;
      const fits = next.protocol === TCP &&
        next.segment.sequence ===
          ((first.segment.sequence + length) >>> 0) &&
        next.segment.ack === first.segment.ack &&
        next.segment.length > 0 &&
        length + next.segment.length <= packet.length;
      if (!fits) break;
      length += next.segment.length;
      count++;
    }
    if (length !== packet.length) count = 1;
  }
  return sent.splice(0, count);
}

/** Nothing has come until `now`. */
export function missed(e: Expectation, now: number): Failure {
  return new Failure(e.line, "no packet came", [
    `expected: ${packetText(e.packet)} at ${span(e)}`,
    `actual:   nothing until ${timeText(now)}`,
  ]);
}

/** Compares what has come. @throws {Failure} if it is not the expected */
export function compare(
  e: Expectation,
  found: readonly Seen[],
  conversations: Conversations,
  config: Config,
): void {
  const { packet, line } = e;
  const seen = joined(found);
  const flow = conversations.seen(seen);
  const wrong: string[] = [];
  const protocol = { tcp: TCP, udp: UDP, icmp: ICMP }[packet.kind];
  if (seen.protocol !== protocol) wrong.push(`a packet of ${packet.kind}`);
  else if (packet.kind === "tcp") {
    wrong.push(
      ...differences(packet, seen, flow, config, found.length > 1),
    );
  } else if (packet.kind === "udp") {
    const { length } = seen.segment;
    if (length !== packet.length) {
      wrong.push(`octets ${packet.length}, got ${length}`);
    }
  } else {
    const kind = icmpKind(packet.type, packet.code);
    if (kind?.type !== seen.type || kind.code !== seen.code) {
      wrong.push(`type and code, got ${seen.type} and ${seen.code}`);
    }
  }
  const actual = [
    `expected: ${packetText(packet)} at ${span(e)}`,
    `actual:   ${conversations.text(seen, packet)} at ${timeText(seen.at)}`,
  ];
  if (wrong.length > 0) {
    throw new Failure(line, `wrong packet: ${wrong.join("; ")}`, actual);
  }
  if (
    e.type !== "any" &&
    (seen.at < e.from - e.slack || seen.at > e.until + e.slack)
  ) throw new Failure(line, "the packet came at the wrong time", actual);
}

function span({ type, from, until }: Expectation): string {
  if (type === "any") return "any time";
  return from === until
    ? timeText(from)
    : `${timeText(from)}~${timeText(until)}`;
}
