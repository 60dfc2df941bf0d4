import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import {
  DeficitRoundRobin,
  FairQueue,
  Fifo,
  PolicyError,
  Priority,
  type QueuePolicy,
  TokenBucket,
} from "./mod.ts";

const POLICIES: [string, (flows: number) => QueuePolicy][] = [
  ["Fifo", (flows) => new Fifo(flows)],
  ["Priority", (flows) => new Priority(flows, 3)],
  ["DeficitRoundRobin", (flows) => new DeficitRoundRobin(flows)],
  ["FairQueue", (flows) => new FairQueue(flows)],
  [
    "TokenBucket",
    (flows) => new TokenBucket(new Fifo(flows), 1e12, 1e12),
  ],
];

/** Serves `turns` packets of `size(flow)` octets; returns octets by flow. */
function serve(
  policy: QueuePolicy,
  flows: number,
  turns: number,
  size: (flow: number) => number,
): number[] {
  const octets = new Array<number>(flows).fill(0);
  for (let i = 0; i < turns; i++) {
    const flow = policy.next();
    if (flow < 0) break;
    octets[flow]! += size(flow);
    policy.charge(flow, size(flow));
  }
  return octets;
}

for (const [name, make] of POLICIES) {
  Deno.test(`${name} names active flows only, and every one of them`, () => {
    const command = fc.tuple(
      fc.constantFrom("activate", "deactivate", "serve"),
      fc.integer({ min: 0, max: 7 }),
      fc.integer({ min: 1, max: 4000 }),
    );
    fc.assert(fc.property(fc.array(command, { maxLength: 80 }), (commands) => {
      const policy = make(8);
      policy.advance(0);
      const active = new Set<number>();
      for (const [what, flow, octets] of commands) {
        if (what === "activate") {
          policy.activate(flow);
          active.add(flow);
        } else if (what === "deactivate") {
          policy.deactivate(flow);
          active.delete(flow);
        } else {
          const next = policy.next();
          assertEquals(next >= 0, active.size > 0);
          if (next < 0) continue;
          assert(active.has(next));
          policy.charge(next, octets);
        }
        assertEquals(policy.nextRelease() === Infinity, active.size === 0);
      }
      // No flow is forgotten, once the more urgent ones are done.
      const left = new Set(active);
      for (let i = 0; i < 10_000 && left.size > 0; i++) {
        const next = policy.next();
        left.delete(next);
        policy.charge(next, 1000);
        if (name === "Priority") policy.deactivate(next);
      }
      assertEquals(left.size, 0);
    }));
  });
}

for (const [name, make] of POLICIES) {
  Deno.test(`${name} brings deferred flows back when their times come, in that order`, () => {
    const command = fc.tuple(
      fc.constantFrom("activate", "deactivate", "serve", "defer", "advance"),
      fc.integer({ min: 0, max: 7 }),
      fc.integer({ min: 1, max: 4000 }),
    );
    fc.assert(fc.property(fc.array(command, { maxLength: 120 }), (commands) => {
      const policy = make(8);
      // Close to where int32 µs wrap.
      let now = 2 ** 31 - 50_000;
      policy.advance(now);
      const active = new Set<number>();
      const deferred = new Map<number, number>();
      for (const [what, flow, amount] of commands) {
        if (what === "activate") {
          policy.activate(flow);
          deferred.delete(flow);
          active.add(flow);
        } else if (what === "deactivate") {
          policy.deactivate(flow);
          deferred.delete(flow);
          active.delete(flow);
        } else if (what === "advance") {
          now += amount * 10;
          policy.advance(now);
          for (const [other, at] of deferred) {
            if (at > now) continue;
            deferred.delete(other);
            active.add(other);
          }
        } else {
          const next = policy.next();
          assertEquals(next >= 0, active.size > 0);
          if (next < 0) continue;
          assert(active.has(next));
          policy.charge(next, amount);
          if (what === "serve") continue;
          policy.defer!(next, amount);
          active.delete(next);
          deferred.set(next, now + amount);
        }
        const release = policy.nextRelease();
        if (active.size > 0) assert(release <= now);
        else assertEquals(release, Math.min(Infinity, ...deferred.values()));
      }
    }));
  });
}

Deno.test("Releases lets all go when time jumps by more than int32 µs can tell", () => {
  const policy = new Fifo(2);
  policy.advance(0);
  for (const flow of [0, 1]) {
    policy.activate(flow);
    policy.defer(flow, 1000 * (flow + 1));
  }
  assertEquals([policy.next(), policy.nextRelease()], [-1, 1000]);
  policy.advance(2 ** 32 - 1000);
  assert(policy.next() >= 0);
});

Deno.test("DeficitRoundRobin keeps a deferred flow's quantum, and FairQueue its age", () => {
  const robin = new DeficitRoundRobin(2, 1000);
  robin.advance(0);
  for (const flow of [0, 1]) robin.activate(flow);
  robin.charge(0, 1000);
  robin.defer(0, 10);
  robin.activate(0);
  robin.deactivate(1);
  // The quantum was used up, so that another turn is added first.
  robin.activate(1);
  assertEquals(robin.next(), 1);
  const fair = new FairQueue(2, 1000);
  fair.advance(0);
  for (const flow of [0, 1]) fair.activate(flow);
  fair.defer(0, 10);
  fair.activate(0);
  assertEquals(fair.next(), 1);
});

Deno.test("TokenBucket can defer only if the policy within can", () => {
  const plain: QueuePolicy = {
    advance: () => {},
    activate: () => {},
    next: () => -1,
    charge: () => {},
    deactivate: () => {},
    nextRelease: () => Infinity,
  };
  assertEquals(new TokenBucket(plain, 1, 1).defer, undefined);
});

Deno.test("Fifo serves flows in turn", () => {
  const policy = new Fifo(3);
  for (const flow of [2, 0, 1]) policy.activate(flow);
  const order = [];
  for (let i = 0; i < 6; i++) {
    const flow = policy.next();
    order.push(flow);
    policy.charge(flow, 1);
  }
  assertEquals(order, [2, 0, 1, 2, 0, 1]);
});

Deno.test("Priority serves the urgent class until it has nothing to send", () => {
  const policy = new Priority(3, 2);
  policy.assign(1, 0);
  for (const flow of [0, 1, 2]) policy.activate(flow);
  assertEquals(serve(policy, 3, 10, () => 1), [0, 10, 0]);
  policy.deactivate(1);
  assertEquals(serve(policy, 3, 10, () => 1), [5, 0, 5]);
});

Deno.test("DeficitRoundRobin shares octets, not packets", () => {
  const policy = new DeficitRoundRobin(2, 1500);
  policy.activate(0);
  policy.activate(1);
  const [small, large] = serve(
    policy,
    2,
    16_000,
    (flow) => flow === 0 ? 100 : 1500,
  );
  assert(Math.abs(small! - large!) <= 3000, `${small} against ${large}`);
});

Deno.test("FairQueue lets a flow that has just become active go first", () => {
  const policy = new FairQueue(3, 1500);
  policy.activate(0);
  policy.activate(1);
  serve(policy, 3, 10, () => 1500);
  policy.activate(2);
  assertEquals(policy.next(), 2);
});

Deno.test("FairQueue does not let a flow stay new by pausing", () => {
  const policy = new FairQueue(2, 1500);
  policy.activate(0);
  policy.activate(1);
  const octets = [0, 0];
  for (let i = 0; i < 1000; i++) {
    const flow = policy.next();
    octets[flow]! += 1500;
    policy.charge(flow, 1500);
    if (flow === 0) {
      policy.deactivate(0);
      policy.next();
      policy.activate(0);
    }
  }
  assert(octets[1]! >= octets[0]! / 3, `${octets}`);
});

Deno.test("TokenBucket keeps to its rate and says when it goes on", () => {
  const policy = new TokenBucket(new Fifo(1), 1_000_000, 3000);
  policy.activate(0);
  let now = 0;
  let sent = 0;
  policy.advance(now);
  while (now < 1_000_000) {
    if (policy.next() < 0) {
      const release = policy.nextRelease();
      assert(release > now, `${release} is not after ${now}`);
      now = release;
      policy.advance(now);
      continue;
    }
    policy.charge(0, 1500);
    sent += 1500;
  }
  assert(sent >= 995_000 && sent <= 1_005_000, `${sent}`);
});

Deno.test("policies refuse numbers that make no sense", () => {
  assertThrows(() => new Fifo(0), PolicyError, "0 flows");
  assertThrows(() => new Priority(1, 0), PolicyError, "0 classes");
  assertThrows(() => new Priority(1, 2).assign(0, 2), PolicyError, "class 2");
  assertThrows(() => new DeficitRoundRobin(1, 0), PolicyError, "0 octets");
  assertThrows(() => new FairQueue(1, -1), PolicyError, "-1 octets");
  assertThrows(() => new TokenBucket(new Fifo(1), 0, 1), PolicyError);
});
