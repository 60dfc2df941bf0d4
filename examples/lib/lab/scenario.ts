/**
 * What the laboratory is to do, as a JSON file says it.
 *
 * Rates are bits a second, sizes octets, probabilities 0 to 1; times are
 * milliseconds, durations and starts seconds.
 *
 * @module
 */

import { type ControlName, CONTROLS } from "@ethox/layer/tcp";

/** What a direction of the narrow link does to packets. */
export interface PathSpec {
  /** Bits a second. */
  readonly rate: number;
  /** One way, ms. */
  readonly delay: number;
  /**
   * Room of the queue in bandwidth-delay products (rate times twice the delay);
   * 1 by default.
   */
  readonly queue?: number;
  /** Probability that a packet is lost. */
  readonly loss?: number;
  /** Losses in bursts: when a good state ends, and when a bad one does. */
  readonly bursts?: { readonly toBad: number; readonly toGood: number };
  /** By how much a packet may be later than others, ms; they may overtake. */
  readonly jitter?: number;
  /** Whether packets keep their order for all jitter. */
  readonly ordered?: boolean;
  /** Probability that a packet is held back. */
  readonly reorder?: number;
  /** For how long it is, ms. */
  readonly reorderDelay?: number;
  /** Probability that a packet arrives twice. */
  readonly duplicate?: number;
  /** Probability that a bit of it is wrong. */
  readonly corrupt?: number;
  /** Early detection, averages in bandwidth-delay products. */
  readonly red?: {
    readonly min: number;
    readonly max: number;
    readonly probability?: number;
    readonly weight?: number;
    /** Whether capable packets are marked; they are by default. */
    readonly ecn?: boolean;
  };
}

/** One transfer, or several that are alike. */
export interface FlowSpec {
  /** How many; 1 by default. */
  readonly count?: number;
  /** Name in reports. */
  readonly name?: string;
  /** Congestion control, such as `"cubic"`; the stack's default if absent. */
  readonly control?: string;
  /** Octets in all; without end by default. */
  readonly octets?: number;
  /** When it connects, s; 0 by default. */
  readonly start?: number;
  /** How much later each of several connects, s. */
  readonly stagger?: number;
  /** By how much later at most, as the seed has it, s. */
  readonly spread?: number;
  /** Delay of its own, one way, ms. */
  readonly delay?: number;
  /** Octets of the stream whose segment is lost, once for each mention. */
  readonly lose?: readonly number[];
  /** Changes to the stack's tuning at both ends. */
  readonly tuning?: Readonly<Record<string, unknown>>;
}

/** A scenario. */
export interface Scenario {
  /** What it shows. */
  readonly title: string;
  /** s of virtual time. */
  readonly duration: number;
  /** Towards the receivers. */
  readonly bottleneck: PathSpec;
  /** Towards the senders; by default as fast and far, without trouble. */
  readonly back?: PathSpec;
  /** Who sends. */
  readonly flows: readonly FlowSpec[];
  /** Largest datagram; 1500 by default. */
  readonly mtu?: number;
  /** Receive window; 16 MiB by default. */
  readonly window?: number;
  /** Between samples, ms; 10 by default. */
  readonly sample?: number;
}

/** A scenario makes no sense. */
export class ScenarioError extends Error {
  /** The name `"ScenarioError"`. */
  override readonly name = "ScenarioError";
}

/** What a field may be. */
interface Rule {
  readonly least?: number;
  readonly most?: number;
  readonly kind?: "number" | "text" | "switch" | "list" | "object";
  readonly needed?: true;
}

const share: Rule = { least: 0, most: 1 };
const count: Rule = { least: 0, most: 1e6 };
const milliseconds: Rule = { least: 0, most: 600_000 };

const PATH: Readonly<Record<string, Rule>> = {
  rate: { least: 1000, most: 1e12, needed: true },
  delay: { ...milliseconds, needed: true },
  queue: count,
  loss: share,
  bursts: { kind: "object" },
  jitter: milliseconds,
  ordered: { kind: "switch" },
  reorder: share,
  reorderDelay: milliseconds,
  duplicate: share,
  corrupt: share,
  red: { kind: "object" },
};
const BURSTS: Readonly<Record<string, Rule>> = {
  toBad: { ...share, needed: true },
  toGood: { ...share, needed: true },
};
const RED: Readonly<Record<string, Rule>> = {
  min: { ...count, needed: true },
  max: { ...count, needed: true },
  probability: share,
  weight: share,
  ecn: { kind: "switch" },
};
const FLOW: Readonly<Record<string, Rule>> = {
  count: { least: 1, most: 1000 },
  name: { kind: "text" },
  control: { kind: "text" },
  octets: { least: 1, most: 2 ** 40 },
  start: count,
  stagger: count,
  spread: count,
  delay: milliseconds,
  lose: { kind: "list" },
  tuning: { kind: "object" },
};
const SCENARIO: Readonly<Record<string, Rule>> = {
  title: { kind: "text", needed: true },
  duration: { least: 0.001, most: 86_400, needed: true },
  bottleneck: { kind: "object", needed: true },
  back: { kind: "object" },
  flows: { kind: "list", needed: true },
  mtu: { least: 576, most: 9000 },
  window: { least: 4096, most: 2 ** 30 },
  sample: { least: 0.1, most: 60_000 },
};

const controls: readonly string[] = CONTROLS;

/** The name of a control that is shipped. @throws {ScenarioError} if it is not. */
export function controlName(name: string): ControlName {
  if (controls.includes(name)) return name as ControlName;
  throw new ScenarioError(
    `There is no control "${name}", only ${controls.join(", ")}`,
  );
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "list";
  if (typeof value === "string") return "text";
  if (typeof value === "boolean") return "switch";
  return value === null ? "null" : typeof value;
}

/** Checks the fields of an object. @throws {ScenarioError} with the place. */
function judge(
  at: string,
  value: unknown,
  rules: Readonly<Record<string, Rule>>,
): void {
  if (kindOf(value) !== "object") {
    throw new ScenarioError(`${at} must be an object, not ${kindOf(value)}`);
  }
  const fields = value as Record<string, unknown>;
  for (const name of Object.keys(fields)) {
    if (!Object.hasOwn(rules, name)) {
      throw new ScenarioError(`${at} has no field "${name}"`);
    }
  }
  for (const [name, { kind = "number", ...rule }] of Object.entries(rules)) {
    const field = fields[name];
    if (field === undefined) {
      if (rule.needed) throw new ScenarioError(`${at} needs "${name}"`);
      continue;
    }
    if (kindOf(field) !== kind) {
      throw new ScenarioError(
        `${at}.${name} must be a ${kind}, not ${kindOf(field)}`,
      );
    }
    const { least = -Infinity, most = Infinity } = rule;
    if (
      kind === "number" &&
      !(field as number >= least && field as number <= most)
    ) {
      throw new ScenarioError(
        `${at}.${name} must be from ${least} to ${most}, not ${field}`,
      );
    }
  }
}

function judgePath(at: string, path: PathSpec): void {
  judge(at, path, PATH);
  if (path.bursts !== undefined) judge(`${at}.bursts`, path.bursts, BURSTS);
  if (path.red !== undefined) judge(`${at}.red`, path.red, RED);
}

/** Takes a scenario that may be anything. @throws {ScenarioError} */
export function checkScenario(value: unknown): Scenario {
  judge("scenario", value, SCENARIO);
  const scenario = value as Scenario;
  judgePath("bottleneck", scenario.bottleneck);
  if (scenario.back !== undefined) judgePath("back", scenario.back);
  if (scenario.flows.length === 0) throw new ScenarioError("flows is empty");
  let flows = 0;
  for (const [i, flow] of scenario.flows.entries()) {
    judge(`flows[${i}]`, flow, FLOW);
    flows += flow.count ?? 1;
    if (flow.control !== undefined) controlName(flow.control);
    for (const octet of flow.lose ?? []) {
      if (!Number.isSafeInteger(octet) || octet < 0) {
        throw new ScenarioError(
          `flows[${i}].lose must hold places in the stream, not ${octet}`,
        );
      }
    }
  }
  if (flows > MOST_FLOWS) {
    throw new ScenarioError(`${flows} flows are more than ${MOST_FLOWS}`);
  }
  return scenario;
}

/** Flows of a scenario at most: each has two hosts of its own. */
export const MOST_FLOWS = 100;

/** Reads a scenario in JSON. @throws {ScenarioError} */
export function parseScenario(text: string): Scenario {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new ScenarioError(`No JSON: ${(error as Error).message}`);
  }
  return checkScenario(value);
}

/** The format, for help texts. */
export const FORMAT = `A scenario is a JSON object:
  title       text: what it shows
  duration    seconds of virtual time
  bottleneck  the link that all share, towards the receivers:
    rate            bits a second
    delay           ms one way
    queue           its room in bandwidth-delay products [1]
    loss            probability
    bursts          { toBad, toGood }: probabilities that a state ends
    jitter          ms; ordered: true keeps the order
    reorder         probability to be held back, for reorderDelay ms
    duplicate       probability
    corrupt         probability
    red             { min, max, probability, weight, ecn }: early detection,
                    min and max in bandwidth-delay products
  back        the way back, likewise [same rate and delay, no trouble]
  flows       a list of transfers:
    count           how many that are alike [1]
    name            in reports
    control         congestion control [the stack's default]
    octets          how many [without end]
    start           s when it connects [0]; stagger: s between several;
                    spread: s that the seed may add
    delay           ms one way, of its own [0]
    lose            places in the stream whose segment is lost, once each
    tuning          options of the stack at both ends
  mtu         largest datagram [1500]
  window      receive window, octets [16 MiB]
  sample      ms between samples [10]`;
