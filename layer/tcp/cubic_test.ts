import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { Flow, MSS } from "./_control_test_util.ts";
import { vectors } from "./_vectors_test_util.ts";
import { ECN, LOSS } from "./control.ts";
import { converge, Cubic, INCREASE, timeBack, windowAt } from "./cubic.ts";

/** What shared/conformance/vectors/tcp_cubic_rfc9438.json holds. */
interface Vectors {
  readonly alpha: number;
  readonly "w_cubic": readonly {
    readonly "w_max": number;
    readonly cwnd_epoch: number;
    readonly k_s: number;
    readonly "w_cubic": readonly (readonly [number, number])[];
  }[];
  readonly "w_est": readonly {
    readonly start: number;
    readonly per_rtt: readonly number[];
  }[];
  readonly "fast_convergence": readonly {
    readonly previous_w_max: number;
    readonly cwnd: number;
    readonly new_w_max: number;
  }[];
}

/** Rows of those vectors, here for where that folder is not. */
const ROWS: Vectors = {
  alpha: 0.529411765,
  "w_cubic": [
    {
      w_max: 100,
      cwnd_epoch: 70,
      k_s: 4.217163327,
      "w_cubic": [[0, 70], [2, 95.640336], [4, 99.995903], [10, 177.353999]],
    },
  ],
  "w_est": [{ start: 7, per_rtt: [7, 7.529412, 8.058824, 8.588235] }],
  "fast_convergence": [
    { previous_w_max: 100, cwnd: 80, new_w_max: 68 },
    { previous_w_max: 100, cwnd: 120, new_w_max: 120 },
  ],
};

function check(rows: Vectors): void {
  assertAlmostEquals(INCREASE, rows.alpha, 1e-8);
  for (const row of rows.w_cubic) {
    const k = timeBack(row.w_max, row.cwnd_epoch);
    assertAlmostEquals(k, row.k_s, 1e-8);
    for (const [t, window] of row.w_cubic) {
      assertAlmostEquals(windowAt(t, k, row.w_max), window, 1e-5);
    }
  }
  for (const row of rows.w_est) {
    for (let i = 0; i < row.per_rtt.length; i++) {
      assertAlmostEquals(row.start + i * INCREASE, row.per_rtt[i]!, 1e-5);
    }
  }
  for (const row of rows.fast_convergence) {
    const { cwnd, previous_w_max } = row;
    assertAlmostEquals(converge(cwnd, previous_w_max), row.new_w_max, 1e-9);
  }
}

Deno.test("[RFC9438 5.1-1] the curve is that of the RFC (rows of tcp_cubic_rfc9438.json)", () => {
  check(ROWS);
});

/** Follows a window that was reduced from `wMax` to `start` segments. */
function curve(wMax: number, rtt: number, rounds: number): number[] {
  const flow = new Flow(new Cubic(1), wMax, wMax, rtt / 1000);
  flow.lose();
  const windows = [flow.window];
  for (let i = 0; i < rounds; i++) {
    flow.round(rtt);
    windows.push(flow.window);
  }
  return windows;
}

Deno.test("[RFC9438 4.4-1] [RFC9438 4.5-1] [RFC9438 5.1-1] Cubic follows the curve of every row of tcp_cubic_rfc9438.json", async () => {
  const rows = await vectors<Vectors>("tcp_cubic_rfc9438.json");
  if (rows !== undefined) check(rows);
  for (const row of (rows ?? ROWS).w_cubic) {
    const { w_max: wMax } = row;
    const rtt = 100_000;
    const windows = curve(wMax, rtt, 100);
    for (const [t, window] of row.w_cubic) {
      const got = windows[Math.round(t * 1e6 / rtt)]!;
      // Where Reno would be ahead, Cubic keeps up with it (section 4.3); the
      // window approaches the curve by one round trip.
      const friendly = row.cwnd_epoch + t * 10 * INCREASE;
      assert(
        got >= Math.min(window, friendly) * 0.98,
        `${wMax} at ${t} s: ${got} is less than ${window}`,
      );
      const next = windowAt(t + 0.2, row.k_s, wMax);
      const reno = row.cwnd_epoch + (t + 0.2) * 10;
      assert(
        got <= Math.max(window, next, reno) * 1.01 + 1,
        `${wMax} at ${t} s: ${got} is more than ${next}`,
      );
    }
  }
});

Deno.test("[RFC9438 4.3-1] [RFC9438 4.3-2] Cubic grows as Reno does where that is faster", () => {
  // With 10 segments and 10 ms, the curve alone would take two seconds.
  const windows = curve(10, 10_000, 40);
  for (let i = 1; i <= 5; i++) {
    assertAlmostEquals(windows[i]!, 7 + i * INCREASE, 0.1, `round ${i}`);
  }
  // One segment each round once the window is what it was (section 4.3).
  const gain = windows[20]! - windows[10]!;
  assert(gain > 9 && gain < 11, `${gain}`);
});

Deno.test("[RFC9438 4.2-2] Cubic grows by half in a round trip at most", () => {
  const flow = new Flow(new Cubic(1), 10, 10, 50);
  flow.lose();
  flow.round(50_000);
  const before = flow.window;
  // A minute later the curve is far away.
  flow.fill();
  flow.clock.now += 60_000_000;
  const segments = Math.floor(before);
  for (let i = 0; i < segments; i++) flow.ack(1);
  assert(flow.window <= before * 1.66 && flow.window > before * 1.4);
});

Deno.test("[RFC9438 4.6-1] [RFC9438 4.6-2] a loss leaves seven tenths of what is in flight, two segments at least", () => {
  for (const [window, left] of [[100, 70], [10, 7], [2, 2], [1, 2]]) {
    const flow = new Flow(new Cubic(1), window!, window!);
    flow.lose();
    assertEquals(flow.c.ssthresh, left! * MSS);
  }
  // What limited transmit sent beyond the window does not count.
  const flow = new Flow(new Cubic(1), 10, 10);
  flow.fill();
  flow.c.sndMax += 2 * MSS;
  flow.control.reduce(flow.c, LOSS, flow.clock);
  assertEquals(flow.c.ssthresh, 7 * MSS);
});

Deno.test("a congestion mark counts as a loss does", () => {
  const flow = new Flow(new Cubic(1), 100, 100);
  flow.lose(ECN);
  assertEquals(flow.c.ssthresh, 70 * MSS);
});

Deno.test("[RFC9438 4.7-1] a second loss at a smaller window leaves room for others", () => {
  const flow = new Flow(new Cubic(1), 1000, 1000);
  flow.lose();
  // Lost again at 700: W_max is 595, not 700, and the plateau is lower.
  flow.lose();
  assertEquals(flow.window, 490);
  let rounds = 0;
  for (; rounds < 400 && flow.window < 594; rounds++) flow.round(50_000);
  const near = timeBack(595, 490) - timeBack(595, 594);
  assert(Math.abs(rounds * 0.05 - near) < 0.3, `${rounds} rounds`);
});

Deno.test("[RFC9438 4.8-1] [RFC9438 4.8-2] after a time-out the curve begins at the window that slow start reached", () => {
  const flow = new Flow(new Cubic(1), 100, 100);
  flow.fill();
  flow.control.expired(flow.c, flow.clock);
  assertEquals([flow.c.ssthresh, flow.c.cwnd], [70 * MSS, MSS]);
  // The same data again: the threshold is held (RFC 5681 section 3.1).
  flow.c.backoff = 1;
  flow.control.expired(flow.c, flow.clock);
  assertEquals(flow.c.ssthresh, 70 * MSS);
  flow.c.backoff = 0;
  flow.c.cwnd = 70 * MSS;
  flow.round(50_000);
  const began = flow.window;
  // K is 0: no concave region up to 100.
  for (let i = 0; i < 40; i++) flow.round(50_000);
  const grown = flow.window - began;
  assert(grown < 30, `${grown}`);
});

Deno.test("[RFC9438 4.9.2-2] [RFC9438 4.9.2-3] what was no loss changes nothing: windows and curve go back", () => {
  const flow = new Flow(new Cubic(1), 100, 100);
  flow.lose();
  for (let i = 0; i < 20; i++) flow.round(50_000);
  const { cwnd, ssthresh } = flow.c;
  const plain = new Flow(new Cubic(1), 100, 100);
  plain.lose();
  for (let i = 0; i < 20; i++) plain.round(50_000);
  flow.lose();
  assert(flow.c.cwnd < cwnd);
  flow.control.undone(flow.c, flow.clock);
  assertEquals([flow.c.cwnd, flow.c.ssthresh], [cwnd, ssthresh]);
  for (let i = 0; i < 20; i++) {
    flow.round(50_000);
    plain.round(50_000);
  }
  assertEquals(flow.c.cwnd, plain.c.cwnd);
  // Once only.
  flow.control.undone(flow.c, flow.clock);
  assertEquals(flow.c.cwnd, plain.c.cwnd);
});

Deno.test("[RFC9438 4.9.1-2] a spurious time-out is undone likewise", () => {
  const flow = new Flow(new Cubic(1), 100, 100);
  flow.fill();
  flow.control.expired(flow.c, flow.clock);
  flow.control.undone(flow.c, flow.clock);
  assertEquals([flow.c.ssthresh, flow.c.cwnd], [100 * MSS, 100 * MSS]);
});

Deno.test("without a loss in slow start the curve begins where it ended", () => {
  const flow = new Flow(new Cubic(1), 100, 100, 200);
  flow.round(200_000);
  // W_max is the window, K is 0.
  assert(flow.window >= 100 && flow.window <= 101, `${flow.window}`);
  for (let i = 0; i < 24; i++) flow.round(200_000);
  const after = windowAt(5, 0, 100);
  assert(Math.abs(flow.window - after) < 6, `${flow.window}, not ${after}`);
});

Deno.test("[RFC9438 4.2-1] [RFC9438 5.8-1] time in which the window was not used does not count", () => {
  const idle = new Flow(new Cubic(1), 100, 100);
  const busy = new Flow(new Cubic(1), 100, 100);
  for (const flow of [idle, busy]) {
    flow.lose();
    flow.round(50_000);
  }
  // Ten seconds of little to send, and ten of nothing.
  for (let i = 0; i < 100; i++) idle.ack(1, 100_000, -1, false);
  idle.clock.now += 10_000_000;
  idle.control.resumed(idle.c, 10_000_000, idle.clock);
  assertEquals(idle.c.cwnd, busy.c.cwnd);
  for (const flow of [idle, busy]) for (let i = 0; i < 10; i++) flow.round(5e4);
  assertAlmostEquals(idle.window, busy.window, 0.5);
});

Deno.test("Cubic does not grow in recovery, nor without new octets", () => {
  const flow = new Flow(new Cubic(1), 10, 10);
  flow.c.inRecovery = true;
  flow.ack(1);
  flow.c.inRecovery = false;
  flow.ack(0);
  assertEquals(flow.c.cwnd, 10 * MSS);
});
