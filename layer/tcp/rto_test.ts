import { assertAlmostEquals, assertEquals } from "@std/assert";
import { testVectors } from "./_vectors_test_util.ts";
import {
  backOff,
  type Estimate,
  INITIAL_RTO,
  MAXIMUM_RTO,
  sample,
  timeout,
} from "./rto.ts";

function fresh(): Estimate {
  return { srtt: 0, rttvar: 0, rto: INITIAL_RTO, backoff: 0 };
}

interface Series {
  backoff: { "start_ms": number; doublings: number[] };
  series: {
    name: string;
    steps: {
      sample_ms: number;
      srtt_ms: number;
      rttvar_ms: number;
      rto_ms: number;
      rto_min1s_ms: number;
    }[];
  }[];
}

testVectors<Series>(
  "sample() follows the RFC 6298 series [RFC9293 MUST-18] [RFC6298 2.2] [RFC6298 2.3] [RFC6298 2.3-2]",
  "tcp_rto_rfc6298.json",
  ({ series }) => {
    for (const { name, steps } of series) {
      const raw = fresh();
      const floored = fresh();
      steps.forEach((step, i) => {
        sample(raw, step.sample_ms * 1000, 1000, 0);
        sample(floored, step.sample_ms * 1000, 1000, 1_000_000);
        const at = `${name}[${i}]`;
        // The vectors are rounded to a nanosecond.
        assertAlmostEquals(raw.srtt / 1000, step.srtt_ms, 1e-5, at);
        assertAlmostEquals(raw.rttvar / 1000, step.rttvar_ms, 1e-5, at);
        assertAlmostEquals(raw.rto / 1000, step.rto_ms, 1e-4, at);
        assertAlmostEquals(floored.rto / 1000, step.rto_min1s_ms, 1e-4, at);
      });
    }
  },
);

testVectors<Series>(
  "timeout() doubles as RFC 6298 rule 5.5 says, up to the bound of rule 2.5 [RFC6298 2.5] [RFC6298 5.5]",
  "tcp_rto_rfc6298.json",
  ({ backoff }) => {
    const estimate = fresh();
    assertEquals(estimate.rto, backoff["start_ms"] * 1000);
    for (const expected of backoff.doublings) {
      const bounded = Math.min(expected * 1000, MAXIMUM_RTO);
      assertEquals(timeout(estimate), bounded);
      backOff(estimate);
    }
  },
);

Deno.test("timeout() is a second before any sample (RFC 6298 rule 2.1) [RFC6298 2.1]", () => {
  assertEquals(timeout(fresh()), 1_000_000);
});

Deno.test("timeout() doubles for each back-off up to a minute (RFC 6298 rule 5.5) [RFC6298 2.5] [RFC6298 5.5]", () => {
  const estimate = fresh();
  const seen = [];
  for (let i = 0; i < 8; i++) {
    seen.push(timeout(estimate) / 1e6);
    backOff(estimate);
  }
  assertEquals(seen, [1, 2, 4, 8, 16, 32, 60, 60]);
  for (let i = 0; i < 5000; i++) backOff(estimate);
  assertEquals(timeout(estimate), MAXIMUM_RTO);
});

Deno.test("sample() ends back-off", () => {
  const estimate = fresh();
  backOff(estimate);
  sample(estimate, 100_000, 1, 200_000);
  assertEquals(timeout(estimate), 300_000);
});

Deno.test("sample() survives a round trip of no time (A83)", () => {
  const estimate = fresh();
  sample(estimate, 0, 1, 200_000);
  sample(estimate, 0, 1, 200_000);
  assertEquals(timeout(estimate), 200_000);
});
