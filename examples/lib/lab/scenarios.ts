/**
 * Scenarios that are built in.
 *
 * @module
 */

import type { PathSpec, Scenario } from "./scenario.ts";

/** Packets take a little less or more, or all seeds would be alike. */
const LINK: PathSpec = {
  rate: 100e6,
  delay: 25,
  queue: 1,
  jitter: 0.1,
  ordered: true,
};
/** Octets of a short transfer. */
const SHORT = 100_000;

/** One short transfer over the usual path. */
function short(title: string, lose: readonly number[]): Scenario {
  return {
    title,
    duration: 3,
    bottleneck: LINK,
    flows: [{ octets: SHORT, lose }],
    sample: 1,
  };
}

/** The scenarios by name. */
export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  clean: {
    title: "One flow, 100 Mbit/s, 50 ms",
    duration: 20,
    bottleneck: LINK,
    flows: [{}],
  },
  loss: {
    title: "One flow, 1 % of packets lost",
    duration: 20,
    bottleneck: { ...LINK, loss: 0.01 },
    flows: [{}],
  },
  bursts: {
    title: "One flow, 1 % of packets lost in bursts of five",
    duration: 20,
    bottleneck: { ...LINK, bursts: { toBad: 0.002, toGood: 0.2 } },
    flows: [{}],
  },
  shared: {
    title: "Four flows share 100 Mbit/s",
    duration: 60,
    // Without any jitter drops would always meet those who have just grown.
    bottleneck: { ...LINK, jitter: 2 },
    flows: [{ count: 4, spread: 0.1 }],
  },
  reordering: {
    title: "One flow, 1 % of packets 10 ms late",
    duration: 20,
    bottleneck: { ...LINK, reorder: 0.01, reorderDelay: 10 },
    flows: [{}],
  },
  tail: short("100 KB whose last segment is lost", [SHORT - 1]),
  whole: short("100 KB of which nothing is lost", []),
  bufferbloat: {
    title: "10 Mbit/s with a queue of eight bandwidth-delay products",
    duration: 20,
    bottleneck: { rate: 10e6, delay: 20, queue: 8 },
    flows: [{ count: 2 }],
  },
  aqm: {
    title: "The same with early detection and marks",
    duration: 20,
    bottleneck: {
      rate: 10e6,
      delay: 20,
      queue: 8,
      red: { min: 0.3, max: 3, probability: 0.1, weight: 0.002 },
    },
    flows: [{ count: 2, tuning: { ecn: "on" } }],
  },
  rivals: {
    title: "BBR and CUBIC share 100 Mbit/s",
    duration: 30,
    bottleneck: LINK,
    flows: [{ control: "bbr", name: "bbr" }, {
      control: "cubic",
      name: "cubic",
    }],
  },
};
