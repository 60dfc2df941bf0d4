import { assert, assertEquals, assertThrows } from "@std/assert";
import { Flow, MSS } from "./_control_test_util.ts";
import { Fixed } from "./fixed.ts";
import { Reno } from "./reno.ts";

Deno.test("Reno adds a segment for each window of octets (RFC 5681 3.1, RFC 3465 2.1)", () => {
  const flow = new Flow(new Reno(1), 10, 10);
  flow.round(100_000);
  assertEquals(flow.window, 11);
  // Where ACKs come for half a segment each, too.
  flow.fill();
  for (let i = 0; i < 22; i++) flow.ack(0.5);
  assertEquals(flow.window, 12);
  // One ACK for a window is worth one segment, and so is one for three.
  flow.fill();
  flow.ack(12);
  assertEquals(flow.window, 13);
});

Deno.test("Reno ends slow start at the threshold, and counts on from there", () => {
  const flow = new Flow(new Reno(1), 9, 10);
  flow.fill();
  flow.ack(2);
  assertEquals(flow.window, 10);
  flow.ack(7);
  assertEquals(flow.window, 10);
  flow.ack(2);
  assertEquals(flow.window, 11);
});

Deno.test("Reno halves at a loss, and takes it back (RFC 5681 equation 4)", () => {
  const flow = new Flow(new Reno(1), 20, 20);
  flow.lose();
  assertEquals([flow.window, flow.c.ssthresh], [10, 10 * MSS]);
  flow.control.undone(flow.c, flow.clock);
  assertEquals([flow.window, flow.c.ssthresh], [20, 20 * MSS]);
  flow.fill();
  flow.control.expired(flow.c, flow.clock);
  assertEquals([flow.window, flow.c.ssthresh], [1, 10 * MSS]);
  flow.control.undone(flow.c, flow.clock);
  assertEquals([flow.window, flow.c.ssthresh], [20, 20 * MSS]);
});

Deno.test("a window that is not used does not grow", () => {
  const flow = new Flow(new Reno(1), 10);
  for (let i = 0; i < 50; i++) flow.ack(1, 0, -1, false);
  assertEquals(flow.window, 10);
});

Deno.test("Fixed keeps its window whatever happens", () => {
  const flow = new Flow(new Fixed(12_345), 10);
  assertEquals(flow.c.cwnd, 12_345);
  flow.round(1000);
  flow.lose();
  flow.control.expired(flow.c, flow.clock);
  flow.control.undone(flow.c, flow.clock);
  flow.control.resumed(flow.c, 1e9, flow.clock);
  assertEquals(flow.c.cwnd, 12_345);
  for (const octets of [0, -1, NaN, 2 ** 31]) {
    assertThrows(() => new Fixed(octets), RangeError, "Cannot fix");
  }
  assert(new Flow(new Fixed(1), 10).c.cwnd === MSS);
});
