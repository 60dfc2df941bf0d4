/**
 * What the stack gets out of networks, in virtual time: the figures that its
 * bounds are about.
 *
 * @module
 */

import { CONTROLS } from "@ethox/layer/tcp";
import { type FlowRecord, run } from "./run.ts";
import type { FlowSpec, PathSpec, Scenario } from "./scenario.ts";
import { SCENARIOS } from "./scenarios.ts";

/** Octets of a full frame, as the rate of a link counts them. */
const FRAME = 1514;
const SECOND = 1e6;

/** Every packet is late by up to 10 ms, and overtaken by those that are not. */
const LATE: Partial<PathSpec> = { jitter: 10, ordered: false };

/** Changes to a scenario. */
export interface Changes {
  /** Congestion control of all flows. */
  readonly control?: string;
  /** s of virtual time. */
  readonly duration?: number;
  /** Changes to the narrow link. */
  readonly bottleneck?: Partial<PathSpec>;
  /** Tuning of both ends. */
  readonly tuning?: FlowSpec["tuning"];
}

/** A scenario that is built in, changed. */
export function scenarioFor(name: string, changes: Changes = {}): Scenario {
  const found = SCENARIOS[name]!;
  const { control, tuning, duration, bottleneck } = changes;
  return {
    ...found,
    duration: duration ?? found.duration,
    bottleneck: { ...found.bottleneck, ...bottleneck },
    flows: found.flows.map((flow) => ({
      ...flow,
      ...(control === undefined ? {} : { control }),
      ...(tuning === undefined ? {} : { tuning }),
    })),
  };
}

function flowsOf(scenario: Scenario, seed: number): readonly FlowRecord[] {
  return run(scenario, { seed, trace: false }).flows;
}

/** The one flow of a scenario, for a seed. */
export function flowOf(scenario: Scenario, seed: number): FlowRecord {
  return flowsOf(scenario, seed)[0]!;
}

/**
 * Which part of the link's octets were those of a flow, headers included and each
 * octet counted once, from the SYN on.
 */
export function shareOf(scenario: Scenario, seed: number): number {
  const { received, mss } = flowOf(scenario, seed);
  const octets = received / mss * FRAME;
  return octets * 8 / (scenario.bottleneck.rate * scenario.duration);
}

/** Jain's index of some amounts: 1 if all are equal, 1/n if one has all. */
export function jain(amounts: readonly number[]): number {
  const sum = amounts.reduce((total, x) => total + x, 0);
  const squares = amounts.reduce((total, x) => total + x * x, 0);
  return sum === 0 ? 0 : sum * sum / (amounts.length * squares);
}

/** How equal the flows' octets are, of all that they received. */
export function fairnessOf(scenario: Scenario, seed: number): number {
  return jain(flowsOf(scenario, seed).map(({ received }) => received));
}

/** How long a short transfer took, in round trips of the empty path. */
export function tripsOf(scenario: Scenario, seed: number): number {
  const { finished, start } = flowOf(scenario, seed);
  if (finished === null) return Infinity;
  const trip = 2 * scenario.bottleneck.delay / 1000 * SECOND;
  return (finished - start) / trip;
}

/** The median; the lower one of two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[(sorted.length - 1) >> 1] ?? NaN;
}

/** A figure over seeds. */
export interface Figure {
  /** What it is. */
  readonly what: string;
  /** Its value for a seed. */
  readonly of: (seed: number) => number;
  /** Least that it should be, if there is a bound. */
  readonly least?: number;
  /** Most that it should be, if there is a bound. */
  readonly most?: number;
}

/** Shares with and without some trouble, for the same seed. */
function kept(whole: Scenario, troubled: Scenario): (seed: number) => number {
  return (seed) => shareOf(troubled, seed) / shareOf(whole, seed);
}

/** Those of some controls that there are. */
function shipped(...names: readonly string[]): readonly string[] {
  const all: readonly string[] = CONTROLS;
  return names.filter((name) => all.includes(name));
}

/** The figures. */
export function figures(): readonly Figure[] {
  const clean = scenarioFor("clean");
  const whole = scenarioFor("whole");
  const tail = scenarioFor("tail");
  const figure = (
    what: string,
    of: (seed: number) => number,
    bounds: { readonly least?: number; readonly most?: number } = {},
  ): Figure => ({ what, of, ...bounds });
  return [
    ...shipped("cubic", "reno", "bbr").map((control) =>
      figure(
        `share of 100 Mbit/s x 50 ms, one flow, ${control}`,
        (seed) => shareOf(scenarioFor("clean", { control }), seed),
        control === "reno" ? {} : { least: 0.95 },
      )
    ),
    figure(
      "Mbit/s at 1 % loss, cubic",
      (seed) =>
        flowOf(scenarioFor("loss", { control: "cubic" }), seed).rate / 1e6,
    ),
    ...shipped("bbr").map((control) =>
      figure(
        `share at 1 % loss, ${control}`,
        (seed) => shareOf(scenarioFor("loss", { control }), seed),
        { least: 0.9 },
      )
    ),
    ...shipped("cubic", "bbr").map((control) =>
      figure(
        `Jain's index of four flows, ${control}`,
        (seed) => fairnessOf(scenarioFor("shared", { control }), seed),
        control === "cubic" ? { least: 0.95 } : {},
      )
    ),
    figure(
      "part of the rate kept with 1 % of packets 10 ms late",
      kept(clean, scenarioFor("reordering")),
      { least: 0.95 },
    ),
    // No bound: octets that are overtaken by some that were sent again are
    // dropped for their older timestamps (RFC 7323 section 5.3, rule R1).
    figure(
      "part of the rate kept with all packets up to 10 ms late",
      kept(clean, scenarioFor("clean", { bottleneck: LATE })),
    ),
    figure(
      "round trips more for 100 KB whose tail is lost",
      (seed) => tripsOf(tail, seed) - tripsOf(whole, seed),
      { most: 2.5 },
    ),
  ];
}
