import { assertEquals } from "@std/assert";
import { transfer } from "./lib/transfer.ts";

const OCTETS = 64 << 20;
const SEEDS = 200;

Deno.test(`64 MiB at 5 % loss with reordering and duplication arrive whole for ${SEEDS} seeds`, () => {
  for (let seed = 0; seed < SEEDS; seed++) {
    const outcome = transfer(OCTETS, {
      loss: 0.05,
      duplicate: 0.02,
      reorder: 0.05,
      reorderDelay: 2000,
    }, seed);
    assertEquals(outcome.ends, ["closed", "closed"], `seed ${seed}`);
    assertEquals(outcome.received, OCTETS, `seed ${seed}`);
    assertEquals(outcome.arrived, outcome.sent, `seed ${seed}`);
  }
});

Deno.test("a transfer replays bit by bit for one seed", () => {
  const trouble = { loss: 0.05, duplicate: 0.02, reorder: 0.05, jitter: 300 };
  const first = transfer(1 << 20, trouble, 42);
  const { time, lost, again } = transfer(1 << 20, trouble, 42);
  assertEquals([time, lost, again], [first.time, first.lost, first.again]);
});
