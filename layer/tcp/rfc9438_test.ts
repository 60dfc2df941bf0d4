import { assert, assertEquals } from "@std/assert";
import { Flow, MSS } from "./_control_test_util.ts";
import { ECN } from "./control.ts";
import { Cubic } from "./cubic.ts";

Deno.test("beyond the window before the loss CUBIC grows by a segment in a round trip at least [RFC9438 4.3-3]", () => {
  // A short round trip: the curve is hardly of importance.
  const flow = new Flow(new Cubic(1), 10, 10, 1);
  flow.lose();
  for (let i = 0; i < 200 && flow.window < 10.5; i++) flow.round(1000);
  const began = flow.window;
  for (let i = 0; i < 20; i++) flow.round(1000);
  const grown = flow.window - began;
  assert(grown > 18 && grown < 24, `${grown}`);
});

Deno.test("a window that is not used does not grow, and its loss counts what was in flight [RFC9438 4.6-3]", () => {
  const flow = new Flow(new Cubic(1), 100, 100);
  for (let i = 0; i < 100; i++) flow.ack(1, 100_000, -1, false);
  assertEquals(flow.window, 100);
  flow.c.sndMax = (flow.c.sndUna + 20 * MSS) | 0;
  flow.control.reduce(flow.c, ECN, flow.clock);
  assertEquals(flow.c.ssthresh, 14 * MSS);
});

Deno.test("echoes of congestion bring the window down to one segment [RFC9438 4.6-4]", () => {
  const flow = new Flow(new Cubic(1), 4, 4);
  const seen: number[] = [];
  for (let i = 0; i < 6; i++) {
    flow.fill();
    flow.control.reduce(flow.c, ECN, flow.clock);
    flow.c.cwnd = Math.min(flow.c.cwnd, flow.c.ssthresh);
    seen.push(flow.c.cwnd);
    assert(flow.c.ssthresh >= 2 * MSS);
  }
  assertEquals(seen.at(-1), MSS);
  assert(seen.every((window, i) => i === 0 || window <= seen[i - 1]!));
});

Deno.test("news of a spurious loss leave a window alone that is larger by now [RFC9438 4.9.2-4]", () => {
  const flow = new Flow(new Cubic(1), 10, 10, 1);
  flow.lose();
  for (let i = 0; i < 200 && flow.window < 30; i++) flow.round(1000);
  const { cwnd } = flow.c;
  flow.control.undone(flow.c, flow.clock);
  assertEquals(flow.c.cwnd, cwnd);
});

Deno.test("without HyStart++ slow start is Reno's [RFC9438 4.10-3]", () => {
  const flow = new Flow(new Cubic(1, false), 10);
  // Round trips that grow would end the other's slow start.
  for (let i = 0; i < 4; i++) flow.round(100_000 + 50_000 * i);
  assertEquals(flow.window, 160);
});
