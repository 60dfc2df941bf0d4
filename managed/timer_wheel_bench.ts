import { TimerWheel } from "./timer_wheel.ts";

const COUNT = 1000;
const RESOLUTION = 1000;
const DAY = 86_400_000_000;
let kept = 0;

for (const capacity of [1000, 100_000]) {
  const group = `of ${capacity} timers`;

  {
    const wheel = new TimerWheel({ capacity, resolution: RESOLUTION });
    for (let id = 0; id < capacity; id++) wheel.schedule(id, 1000 * (id + 1));
    let turn = 0;
    Deno.bench({
      name: `TimerWheel.schedule() again, ${COUNT} ${group} (A88)`,
      group,
      fn: () => {
        turn++;
        for (let i = 0; i < COUNT; i++) {
          wheel.schedule((i * 7919) % capacity, 200_000 + 997 * (i + turn));
        }
      },
    });

    Deno.bench({
      name: `TimerWheel.cancel() and schedule() ${COUNT} ${group}`,
      group,
      fn: () => {
        for (let i = 0; i < COUNT; i++) {
          const id = (i * 7919) % capacity;
          wheel.cancel(id);
          wheel.schedule(id, 1_000_000 + 31 * i);
        }
      },
    });

    Deno.bench({
      name: `TimerWheel.next() ${COUNT} times ${group}`,
      group,
      fn: () => {
        for (let i = 0; i < COUNT; i++) kept += wheel.next();
      },
    });
  }

  {
    // Each fires and is set again, as retransmission timers under load.
    const wheel = new TimerWheel({ capacity, resolution: RESOLUTION });
    let now = 0;
    for (let id = 0; id < capacity; id++) {
      wheel.schedule(id, 1000 * (id % 200));
    }
    Deno.bench({
      name: `TimerWheel.advance() by a tick, ${capacity / 200} fire, ${group}`,
      group,
      fn: () => {
        now += RESOLUTION;
        wheel.advance(now);
        for (let id = wheel.expired(); id >= 0; id = wheel.expired()) {
          wheel.schedule(id, now + 200 * RESOLUTION);
          kept += id;
        }
      },
    });
  }

  {
    const wheel = new TimerWheel({ capacity, resolution: RESOLUTION });
    let now = 0;
    Deno.bench({
      name: `TimerWheel.advance() by a day, all fire, ${group} (A83)`,
      group,
      fn: () => {
        for (let id = 0; id < capacity; id++) {
          wheel.schedule(id, now + 1000 * (id + 1));
        }
        now += DAY;
        wheel.advance(now);
        while (wheel.expired() >= 0) kept++;
      },
    });
  }
}

Deno.bench({
  name: "keeps the results",
  fn: () => {
    if (kept === 0.5) throw new RangeError(`Unexpected sum: ${kept}`);
  },
});
