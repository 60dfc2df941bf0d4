import { assert, assertEquals } from "@std/assert";
import { PathFlow, type PathOptions } from "./_path_test_util.ts";
import { Bbr } from "./bbr.ts";
import { ECN } from "./control.ts";

const SECOND = 1e6;
/** 20 Mbit/s and 40 ms: 100 kB in flight. */
const PATH: PathOptions = { rate: 2.5e6, trip: 40_000, queue: 67 };
const BDP = 100_000;

/** Numbers of 32 bits that go all over the place. */
function noise(): (salt: number) => number {
  let state = 7;
  return () => state = (Math.imul(state, 1103515245) + 12345) | 0;
}

function flow(changes: Partial<PathOptions> = {}): PathFlow {
  return new PathFlow(new Bbr(1, noise()), { ...PATH, ...changes });
}

function stateOf({ c }: PathFlow): string {
  return (c.control as Bbr).stateOf(c);
}

function bandwidthOf({ c }: PathFlow): number {
  return (c.control as Bbr).bandwidthOf(c);
}

/** Runs until a state is reached; whether it was. */
function reach(f: PathFlow, state: string, within = 10 * SECOND): boolean {
  const end = f.clock.now + within;
  while (f.clock.now < end && stateOf(f) !== state) f.run(1000);
  return stateOf(f) === state;
}

/** Octets a second over some µs. */
function goodput(f: PathFlow, passed: number): number {
  const before = f.delivered;
  f.run(passed);
  return (f.delivered - before) / passed * SECOND;
}

Deno.test("Bbr begins by pacing 2.77 windows a round trip (draft 5.6.2)", () => {
  const { c } = flow();
  assertEquals(Math.round(c.pacingRate), 2.77 * 15_000 * 25);
});

Deno.test("Bbr finds the bandwidth in STARTUP, drains the queue, and goes on to PROBE_BW (draft 5.3.1, 5.3.2)", () => {
  const f = flow();
  const seen = new Set<string>();
  f.run(SECOND, () => seen.add(stateOf(f)));
  // Once the queue is gone there is nothing to go down from.
  assertEquals([...seen], ["STARTUP", "DRAIN", "PROBE_BW_CRUISE"]);
  const share = bandwidthOf(f) / PATH.rate;
  assert(share > 0.95 && share < 1.05, `${share}`);
});

Deno.test("Bbr uses the link and keeps the queue short", () => {
  const f = flow();
  f.run(2 * SECOND);
  let sum = 0;
  let count = 0;
  const before = f.delivered;
  f.run(20 * SECOND, () => {
    sum += f.rtt;
    count++;
  });
  const share = (f.delivered - before) / 20 / PATH.rate;
  assert(share > 0.95, `${share}`);
  // A queue of a quarter of the bandwidth-delay product at most, on average.
  assert(sum / count < 1.25 * PATH.trip, `${sum / count}`);
});

Deno.test("Bbr cycles through its states, and probes the round trip each five seconds (draft 5.3.3, 5.3.4)", () => {
  const f = flow();
  const seen: string[] = [];
  const times: number[] = [];
  f.run(26 * SECOND, () => {
    const state = stateOf(f);
    if (state === seen.at(-1)) return;
    seen.push(state);
    if (state === "PROBE_RTT") times.push(f.clock.now);
  });
  const text = seen.join(" ");
  const cycle =
    "PROBE_BW_DOWN PROBE_BW_CRUISE PROBE_BW_REFILL PROBE_BW_UP PROBE_BW_DOWN";
  assert(text.includes(cycle), text);
  assert(times.length >= 3 && times.length <= 5, `${times}`);
  for (let i = 1; i < times.length; i++) {
    const gap = times[i]! - times[i - 1]!;
    assert(gap > 5 * SECOND, `${gap}`);
  }
});

Deno.test("Bbr lowers what is in flight in PROBE_RTT to half, for 200 ms (draft 5.3.4)", () => {
  const f = flow();
  assert(reach(f, "PROBE_RTT", 12 * SECOND));
  const began = f.clock.now;
  let least = Infinity;
  while (stateOf(f) === "PROBE_RTT") {
    f.run(1000);
    least = Math.min(least, f.c.pipe);
  }
  const lasted = f.clock.now - began;
  assert(lasted > 200_000 && lasted < 400_000, `${lasted}`);
  assert(least <= 0.6 * BDP, `${least}`);
  assertEquals(stateOf(f), "PROBE_BW_CRUISE");
});

Deno.test("Bbr takes what becomes free, and gives way where there is less", () => {
  const f = flow();
  f.run(3 * SECOND);
  f.path.rate = 5e6;
  f.run(8 * SECOND);
  const more = goodput(f, 3 * SECOND) / 5e6;
  assert(more > 0.9, `${more}`);
  f.path.rate = 1.25e6;
  f.run(12 * SECOND);
  const less = bandwidthOf(f) / 1.25e6;
  assert(less > 0.8 && less < 1.2, `${less}`);
});

Deno.test("Bbr bears a loss of one in a hundred", () => {
  const f = flow({ loss: 0.01 });
  f.run(2 * SECOND);
  const share = goodput(f, 20 * SECOND) / PATH.rate;
  assert(share > 0.9, `${share}`);
});

Deno.test("Bbr bounds what is in flight where much is lost (draft 5.5.10.2)", () => {
  // No room to probe into.
  const f = flow({ queue: 4 });
  f.run(3 * SECOND);
  let sent = 0;
  const before = f.c.lost;
  f.run(20 * SECOND, () => sent++);
  const lost = (f.c.lost - before) / 1500 / sent;
  assert(lost < 0.02, `${lost}`);
  assert(f.c.cwnd < 1.3 * BDP, `${f.c.cwnd}`);
});

Deno.test("Bbr stops probing when a mark is echoed (RFC 3168 5)", () => {
  const f = flow();
  f.run(SECOND);
  assert(reach(f, "PROBE_BW_UP"));
  f.c.control.reduce(f.c, ECN, f.clock);
  assertEquals(stateOf(f), "PROBE_BW_DOWN");
});

Deno.test("Bbr's time-out lets one segment out, and what was lost in vain comes back (draft 5.6.4.4, 5.5.11)", () => {
  const f = flow();
  f.run(2 * SECOND);
  const { cwnd } = f.c;
  f.c.control.expired(f.c, f.clock);
  assertEquals(f.c.cwnd, 1500);
  f.c.control.undone(f.c, f.clock);
  assertEquals(f.c.cwnd, cwnd);
});

Deno.test("Bbr waits two to three seconds between probes, by chance (draft 5.3.3.5)", () => {
  // With much in flight Reno would be slower still.
  const f = new PathFlow(new Bbr(1, noise()), {
    rate: 12.5e6,
    trip: 100_000,
    queue: 800,
  });
  const times: number[] = [];
  let last = "";
  f.run(40 * SECOND, () => {
    const state = stateOf(f);
    if (state === "PROBE_BW_REFILL" && last !== state) times.push(f.clock.now);
    last = state;
  });
  const gaps = times.slice(1).map((time, i) => time - times[i]!)
    // PROBE_RTT begins the wait anew.
    .filter((gap) => gap < 4.5 * SECOND);
  assert(gaps.length >= 3, `${gaps}`);
  assert(gaps.every((gap) => gap > 2 * SECOND), `${gaps}`);
  assert(new Set(gaps.map((gap) => Math.round(gap / 1e5))).size > 1);
});

Deno.test("Bbr restarts from idleness at the rate it knows (draft 5.4.1)", () => {
  const f = flow();
  f.run(3 * SECOND);
  const rate = bandwidthOf(f);
  f.c.control.resumed(f.c, 2 * SECOND, f.clock);
  assertEquals(f.c.pacingRate, 0.99 * rate);
});

Deno.test("Bbr keeps connections apart", () => {
  const alone = flow();
  const control = new Bbr(3, noise());
  const first = new PathFlow(control, { ...PATH }, { slot: 2 });
  const other = new PathFlow(control, { ...PATH, rate: 1e6 }, { slot: 0 });
  for (let i = 0; i < 1000; i++) {
    alone.run(1000);
    first.run(1000);
    other.run(1000);
  }
  assertEquals(bandwidthOf(first), bandwidthOf(alone));
  assertEquals(first.delivered, alone.delivered);
  assert(Math.abs(bandwidthOf(other) - 1e6) < 1e5);
});
