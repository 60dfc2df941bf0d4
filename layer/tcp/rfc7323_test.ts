import { assert, assertEquals } from "@std/assert";
import { type Changes, type Pair, Peer, Rig } from "./_host_test_util.ts";
import { elapsed, remember, stale, type Stamps, TICK } from "./timestamps.ts";

const DAY = 86_400_000_000;

/** A connection with timestamps; the peer's begin with 1000. */
function stamped(changes: Changes = {}): Pair {
  const rig = new Rig(changes);
  const { users } = rig.serve();
  const peer = new Peer(rig);
  peer.put("S", { mss: 1012, ts: [1000, 0] });
  const said = rig.turn();
  peer.hear(said);
  const echo = said[0]!.segment.options.timestampValue;
  peer.say(".", { ts: [1000, echo] });
  return { rig, peer, user: users[0]! };
}

Deno.test("TS.Recent never goes back, and what is echoed neither [RFC7323 4.3-2]", () => {
  const { rig, peer, user } = stamped();
  let latest = 0;
  // Later, as late, earlier and from the other half of the circle.
  for (const value of [1001, 1001, 1000, 5000, 4999, 5000 - 2 ** 31, 0]) {
    const before = user.c.tsRecent;
    const fields = { data: "x", ts: [value, 0] } as const;
    if (value >= latest) peer.say("P.", fields);
    else {
      rig.put(peer.make("P.", fields));
      rig.turn();
    }
    assert(((user.c.tsRecent - before) | 0) >= 0, `${value}`);
    latest = Math.max(latest, value);
    assertEquals(user.c.tsRecent, latest, `${value}`);
  }
  user.write("y");
  assertEquals(rig.turn().at(-1)!.segment.options.timestampEcho, 5000);
});

Deno.test("TS.Recent that is more than 24 days old counts no longer [RFC7323 5.5-1]", () => {
  const c: Stamps = { tsOffset: 0, tsRecent: 0, tsRecentAt: 0 };
  remember(c, 5000, { now: 10 * DAY });
  for (const [now, old] of [[10, true], [33.9, true], [34.1, false]]) {
    assertEquals(stale(c, 4000, { now: (now as number) * DAY }), old, `${now}`);
    assertEquals(stale(c, 5000, { now: (now as number) * DAY }), false);
  }
});

Deno.test("round trips are taken from timestamps once or twice in a flight, not from each ACK [RFC7323 4.2-1]", () => {
  const { rig, peer, user } = stamped({ tuning: { sack: false } });
  const measured = new Set<number>();
  for (let round = 0; round < 5; round++) {
    user.write(5000);
    const said = rig.turn();
    peer.hear(said);
    rig.now += 100_000;
    const echo = said.at(-1)!.segment.options.timestampValue;
    measured.clear();
    // An ACK for each segment, each later than the one before.
    for (let i = 5; i > 0; i--) {
      rig.now += 10_000;
      peer.say(".", {
        ack: peer.heard - 1000 * (i - 1),
        ts: [1001 + round, echo],
      });
      measured.add(user.c.srtt);
    }
    // At its first ACK and at its last, which begins the next.
    assert(measured.size <= 2, `${round}`);
  }
  // What timestamps tell is as exact as their ticks.
  assertEquals(
    elapsed({ tsOffset: 7, tsRecent: 0, tsRecentAt: 0 }, 7, { now: 3000 }),
    3 * TICK + TICK / 2,
  );
});
