import { assert, assertEquals } from "@std/assert";
import { connected, SECOND } from "./_host_test_util.ts";
import * as rack from "./rack.ts";
import { DEFAULTS } from "./tuning.ts";

Deno.test("the reordering window grows with the first D-SACK, once in a round trip [RFC8985 3.3.2-3] [RFC8985 3.3.2-5] [RFC8985 6.2-6]", () => {
  const { c } = connected().user;
  const tuning = { ...DEFAULTS, random: () => 0 };
  const window = () => rack.reorderingWindow(c, 0, tuning);
  c.minRtt = 100_000;
  c.srtt = 140_000;
  c.sndMax = (c.sndUna + 1000) | 0;
  assertEquals(window(), 25_000);
  rack.duplicated(c);
  assertEquals(window(), 50_000);
  // Of the same round trip.
  rack.duplicated(c);
  assertEquals(window(), 50_000);
  for (let rounds = 0; rounds < 5; rounds++) {
    c.sndUna = c.sndMax;
    c.sndMax = (c.sndMax + 1000) | 0;
    rack.duplicated(c);
  }
  assertEquals(window(), 140_000);
  for (let recoveries = 0; recoveries < 15; recoveries++) rack.recovered(c);
  assertEquals(window(), 140_000);
  rack.recovered(c);
  assertEquals(window(), 25_000);
});

Deno.test("a probe is timed by the flight, not by its first segment [RFC8985 7.2-2] [RFC8985 7.2-4]", () => {
  for (const [octets, least] of [[3000, 42_000], [1000, 62_000]] as const) {
    const { peer, rig, user } = connected({}, { sack: true });
    user.write(1000);
    peer.hear();
    rig.now += 20_000;
    peer.say(".");
    const start = rig.now;
    user.write(octets);
    peer.hear();
    // Two round trips; for one segment alone, a round trip and a delayed ACK.
    const [probe] = rig.pass(SECOND);
    const at = probe!.at - start;
    assert(at >= least && at < least + 5000, `${octets}: ${at}`);
  }
});
