import { assert, assertEquals } from "@std/assert";
import { Flow, MSS } from "./_control_test_util.ts";
import { Reno } from "./reno.ts";

/** A flow in slow start that paces, with some segments of window. */
function starting(window = 16): Flow {
  const flow = new Flow(new Reno(1), window);
  flow.c.pacingRate = 1e6;
  return flow;
}

Deno.test("slow start doubles the window in a round trip while delays are steady [RFC9438 4.10-1]", () => {
  const flow = starting();
  for (let i = 1; i <= 5; i++) {
    flow.round(100_000);
    assertEquals(flow.window, 16 * 2 ** i);
  }
});

Deno.test("without pacing an ACK counts for eight segments at most (RFC 9406 4.2)", () => {
  const flow = starting();
  flow.c.pacingRate = 0;
  flow.fill();
  flow.ack(16);
  assertEquals(flow.window, 24);
  const paced = starting();
  paced.fill();
  paced.ack(16);
  assertEquals(paced.window, 32);
});

Deno.test("a round whose delays are longer slows growth to a quarter (RFC 9406 4.2) [RFC9438 4.10-2]", () => {
  const flow = starting();
  flow.round(100_000);
  assertEquals(flow.window, 32);
  // An eighth of 100 ms is 12.5 ms.
  flow.round(112_000);
  assertEquals(flow.window, 64);
  // Rounds here are those of HyStart++ only roughly.
  flow.round(127_000);
  flow.round(127_000);
  const { window } = flow;
  flow.round(127_000);
  const growth = flow.window / window;
  assert(growth > 1.24 && growth < 1.26, `${growth}`);
});

Deno.test("after five slow rounds slow start ends (RFC 9406 4.2)", () => {
  const flow = starting();
  flow.round(1e5);
  for (let i = 0; i < 4; i++) flow.round(1.2e5);
  assertEquals(flow.c.ssthresh, 0x3fffffff);
  for (let i = 0; i < 3; i++) flow.round(1.2e5);
  assert(flow.c.ssthresh <= flow.c.cwnd);
  const { window } = flow;
  flow.round(1.2e5);
  assert(flow.window <= window + 2, "congestion avoidance");
});

Deno.test("a false alarm goes back to slow start (RFC 9406 4.2)", () => {
  const flow = starting();
  for (const rtt of [1e5, 1.2e5, 1.2e5, 1e5, 1e5]) flow.round(rtt);
  const { window } = flow;
  flow.round(1e5);
  assertEquals(flow.window, 2 * window);
  assertEquals(flow.c.ssthresh, 0x3fffffff);
});

Deno.test("fewer than eight samples decide nothing (RFC 9406 4.2)", () => {
  const flow = starting(7);
  flow.round(100_000);
  const small = new Flow(new Reno(1), 7);
  small.c.pacingRate = 1;
  for (const rtt of [1e5, 9e5]) {
    small.fill();
    for (let i = 0; i < 7; i++) small.ack(1, 0, rtt);
  }
  assertEquals(small.window, 21);
});

Deno.test("the threshold is 4 ms at least and 16 ms at most (RFC 9406 4.3)", () => {
  for (
    const [before, after, slowed] of [
      [8_000, 11_900, false],
      [8_000, 12_100, true],
      [400_000, 415_000, false],
      [400_000, 417_000, true],
    ] as const
  ) {
    const flow = starting();
    flow.round(before);
    flow.round(after);
    assertEquals(flow.window < 64, slowed, `${before} to ${after}`);
  }
});

Deno.test("Reno without HyStart++ does not look at delays [RFC9293 MAY-18]", () => {
  const flow = new Flow(new Reno(1, false), 16);
  for (const rtt of [1e5, 2e5, 4e5]) flow.round(rtt);
  assertEquals(flow.c.cwnd, 16 * 8 * MSS);
});
