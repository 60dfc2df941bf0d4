/**
 * Whether a packet of the host is the expected one, and where it differs.
 *
 * @module
 */

import type { Option, TcpPacket } from "./ast.ts";
import type { Config } from "./config.ts";
import type { Flow } from "./flow.ts";
import type { Seen } from "./packet.ts";
import { flagsText, optionText } from "./print.ts";

const PSH = 0x008;
const ACK = 0x010;
/** One tick of this stack's timestamps, µs. */
const TICK = 1000;

/** Segments in a row as the one that a device that cuts had been given. */
export function joined(segments: readonly Seen[]): Seen {
  const first = segments[0]!;
  if (segments.length === 1) return first;
  const last = segments.at(-1)!;
  return {
    ...first,
    segment: {
      ...first.segment,
      // FIN and PSH stand on the last one.
      flags: first.segment.flags | last.segment.flags,
      length: segments.reduce((sum, s) => sum + s.segment.length, 0),
    },
  };
}

/** Differences of a segment from the expected one, in words. */
export function differences(
  expected: TcpPacket,
  seen: Seen,
  flow: Flow,
  config: Config,
  several: boolean,
): string[] {
  flow.learn(expected, seen.segment);
  const found: string[] = [];
  if (!seen.intact) found.push("the checksum is wrong");
  const actual = flow.toScript(seen, expected);
  const ignored = several ? PSH : 0;
  if ((expected.flags & ~ignored) !== (actual.flags & ~ignored)) {
    found.push(
      `flags ${flagsText(expected.flags)}, got ${flagsText(actual.flags)}`,
    );
  }
  const differ = (name: string, wanted: unknown, got: unknown) => {
    if (wanted !== got) found.push(`${name} ${wanted}, got ${got}`);
  };
  differ("sequence", expected.sequence, actual.sequence);
  differ("octets", expected.length, actual.length);
  if (expected.ack !== undefined && (expected.flags & ACK) !== 0) {
    differ("ack", expected.ack, actual.ack);
  }
  if (expected.window !== undefined) {
    differ("win", expected.window, actual.window);
  }
  if (expected.urgent !== undefined) {
    differ("urg", expected.urgent, actual.urgent);
  }
  if (expected.ports !== undefined) {
    differ("source port", expected.ports.source, actual.ports!.source);
    const { destination } = expected.ports;
    differ("destination port", destination, actual.ports!.destination);
  }
  const { ecn, tos, ttl } = expected.ip;
  if (ecn === "ect01") {
    if (actual.ip.ecn !== 1 && actual.ip.ecn !== 2) {
      found.push(`ect01, got ECN ${actual.ip.ecn}`);
    }
  } else if (ecn !== undefined) differ("ECN", ecn, actual.ip.ecn);
  if (tos !== undefined) differ("tos", tos, actual.ip.tos);
  if (ttl !== undefined) differ("ttl", ttl, actual.ip.ttl);
  if (expected.options !== undefined) {
    found.push(...options(expected.options, seen, flow, config));
  }
  return found;
}

/** Options are a set, in whatever order, unless one is strict. */
function options(
  expected: readonly Option[],
  { segment }: Seen,
  flow: Flow,
  config: Config,
): string[] {
  const found: string[] = [];
  const padding = (o: Option) => o.kind === "nop" || o.kind === "eol";
  for (const option of expected) {
    if (option.kind !== "TS" || option.anyValue) continue;
    const real = segment.options.find((o) => o.kind === "TS");
    if (real?.kind !== "TS") continue;
    const late = skew(flow, option.value, real.value, config);
    if (late !== undefined) found.push(late);
    else flow.stamp(option.value, real.value);
  }
  const actual = flow.toScript({
    segment,
    tos: 0,
    ttl: 0,
    route: { source: 0, destination: 0, sourcePort: 0, destinationPort: 0 },
  } as unknown as Seen).options!;
  const strict = config.strictOptions;
  const open = expected.at(-1)?.kind === "any";
  const named = open ? expected.slice(0, -1) : expected;
  const want = strict ? named : named.filter((o) => !padding(o));
  const have = strict ? [...actual] : actual.filter((o) => !padding(o));
  const text = (all: readonly Option[]) => `<${all.map(optionText).join(",")}>`;
  const rest = [...have];
  let same = open || want.length === have.length;
  want.forEach((option) => {
    const at = strict ? 0 : rest.findIndex((o) => o.kind === option.kind);
    const [other] = at < 0 ? [] : rest.splice(at, 1);
    if (other === undefined || !equal(option, other)) same = false;
  });
  if (!same) found.push(`options ${text(expected)}, got ${text(actual)}`);
  return found;
}

function equal(expected: Option, actual: Option): boolean {
  if (expected.kind === "TS" && actual.kind === "TS") {
    // The value has been looked at already, in the clock of its own.
    return expected.anyEcho || expected.echo === actual.echo;
  }
  if ("any" in expected && expected.any) return expected.kind === actual.kind;
  if (expected.kind === "ECN" && actual.kind === "ECN") {
    return expected.counters.length === actual.counters.length &&
      (expected.counters.length === 0 || expected.first === actual.first) &&
      expected.counters.every((n, i) => n === actual.counters[i]);
  }
  return optionText(expected) === optionText(actual);
}

/** Whether a timestamp has moved with the script's, if anybody asks. */
function skew(
  flow: Flow,
  script: number,
  real: number,
  config: Config,
): string | undefined {
  const { timestampTick } = config;
  if (timestampTick === 0 || flow.first === undefined) return undefined;
  const wanted = (script - flow.first.script) * timestampTick;
  const got = ((real - flow.first.real) | 0) * TICK;
  if (Math.abs(wanted - got) <= config.tolerance + timestampTick) {
    return undefined;
  }
  return `TS val ${script}, got ${
    Math.round(flow.first.script + got / timestampTick)
  }`;
}
