import { assert, assertEquals } from "@std/assert";
import { fairnessOf, median, scenarioFor, shareOf } from "./lib/lab/figures.ts";
import { run } from "./lib/lab/run.ts";
import type { Scenario } from "./lib/lab/scenario.ts";

// Virtual time: figures are the same on every machine.

/** The median of the first seeds. */
function middle(seeds: number, of: (seed: number) => number): number {
  return median(Array.from({ length: seeds }, (_, i) => of(i + 1)));
}

for (const control of ["cubic", "bbr"]) {
  Deno.test(`one flow of ${control} uses 95 % of 100 Mbit/s x 50 ms with a queue of one bandwidth-delay product`, () => {
    const share = shareOf(scenarioFor("clean", { control }), 1);
    assert(share >= 0.95, `${share}`);
  });
}

Deno.test("four flows of cubic share a link: Jain's index is 0.95 or more", () => {
  // A minute as the figure has it: half of one says more of who began first.
  const scenario = scenarioFor("shared", { control: "cubic" });
  const index = middle(7, (seed) => fairnessOf(scenario, seed));
  assert(index >= 0.95, `${index}`);
});

Deno.test("bbr uses 90 % of a link that loses one packet in a hundred", () => {
  const share = middle(
    3,
    (seed) => shareOf(scenarioFor("loss", { control: "bbr" }), seed),
  );
  assert(share >= 0.9, `${share}`);
});

for (const control of ["cubic", "reno", "bbr"]) {
  Deno.test(`two flows of ${control} lose nothing where packets are marked instead (RFC 3168)`, () => {
    const scenario: Scenario = {
      title: "marks",
      duration: 10,
      bottleneck: {
        rate: 20e6,
        delay: 20,
        queue: 8,
        red: { min: 0.5, max: 4, probability: 0.2, weight: 0.01 },
      },
      flows: [{ count: 2, control }],
    };
    const { flows, link } = run(scenario, { trace: false });
    assert(link.marked > 0);
    assertEquals(link.droppedEarly + link.droppedFull, 0);
    assertEquals(flows.map(({ retransmissions }) => retransmissions), [0, 0]);
    const rate = flows.reduce((sum, flow) => sum + flow.rate, 0);
    assert(rate > 0.9 * 20e6, `${rate}`);
  });
}
