import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { TimerWheel } from "./timer_wheel.ts";

const jump = fc.oneof(
  fc.nat(3_000),
  fc.nat(3_000_000),
  fc.constant(86_400_000_000),
  fc.integer({ min: -5_000, max: 0 }),
);

Deno.test("TimerWheel fires each timer once, never early, at most a tick late (A83, A88)", () => {
  const command = fc.tuple(
    fc.constantFrom("schedule", "cancel", "advance", "advance"),
    fc.nat(15),
    jump,
    fc.oneof(fc.nat(100_000), fc.nat(200_000_000_000)),
  );
  fc.assert(fc.property(
    fc.nat(2 ** 40),
    fc.array(command, { maxLength: 80 }),
    (origin, commands) => {
      const wheel = new TimerWheel({ capacity: 16, resolution: 1000 });
      const model = new Map<number, number>();
      let now = origin;
      let latest = origin;
      wheel.advance(now);
      for (const [what, id, step, wait] of commands) {
        if (what === "schedule") {
          wheel.schedule(id, now + wait);
          model.set(id, now + wait);
        } else if (what === "cancel") {
          wheel.cancel(id);
          model.delete(id);
        } else {
          now += step;
          latest = Math.max(latest, now);
          const next = wheel.next();
          for (const deadline of model.values()) {
            assert(next <= Math.max(latest, deadline) + 1000);
          }
          wheel.advance(now);
          for (let id = wheel.expired(); id >= 0; id = wheel.expired()) {
            assert(model.get(id)! <= latest, "fired early");
            model.delete(id);
          }
          for (const deadline of model.values()) {
            assert(deadline > latest - 1000, "did not fire");
          }
        }
        for (let i = 0; i < 16; i++) {
          assertEquals(wheel.pending(i), model.has(i));
        }
        assertEquals(wheel.next() === Infinity, model.size === 0);
      }
    },
  ));
});

Deno.test("TimerWheel.next() leads to the earliest timer in few steps", () => {
  const wheel = new TimerWheel({ capacity: 2, resolution: 1000 });
  wheel.schedule(0, 3_600_000_000);
  let steps = 0;
  let now = 0;
  while (wheel.expired() < 0) {
    const next = wheel.next();
    assert(next > now, `${next} is not after ${now}`);
    now = next;
    wheel.advance(now);
    steps++;
  }
  assertEquals(now, 3_600_000_000);
  assert(steps <= 6, `${steps} steps`);
});
