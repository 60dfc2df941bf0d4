import { assert, assertEquals } from "@std/assert";
import { Random } from "@ethox/nic/random";
import { connected } from "./_host_test_util.ts";
import { type Estimate, INITIAL_RTO, sample } from "./rto.ts";

Deno.test("a steady round trip leaves the granularity as margin [RFC6298 4]", () => {
  const estimate: Estimate = {
    srtt: 0,
    rttvar: 0,
    rto: INITIAL_RTO,
    backoff: 0,
  };
  for (let i = 0; i < 500; i++) sample(estimate, 100_000, 10_000, 0);
  assert(4 * estimate.rttvar < 1, `${estimate.rttvar}`);
  assertEquals(estimate.rto, estimate.srtt + 10_000);
});

Deno.test("every round trip is measured, be the window small or large [RFC6298 3-2]", () => {
  for (const size of [100, 8000]) {
    const { peer, rig, user } = connected();
    let before = -1;
    for (let round = 1; round <= 20; round++) {
      user.write(size);
      peer.hear();
      // Longer each time, so that each sample moves the mean.
      rig.now += 50_000 * round;
      peer.say(".");
      assert(user.c.srtt > before, `${size} ${round}: ${user.c.srtt}`);
      before = user.c.srtt;
    }
  }
});

Deno.test("no segment comes again sooner than round trips, their variation and back-off allow [RFC6298 1]", () => {
  const draw = new Random(6298);
  for (let seed = 0; seed < 50; seed++) {
    const { peer, rig, user } = connected();
    let srtt = 0;
    let rttvar = 0;
    for (let round = 0; round < 20; round++) {
      user.write(100);
      assertEquals(peer.hear().length, 1);
      const rtt = 1000 + draw.below(100_000);
      rig.now += rtt;
      assertEquals(peer.say("."), []);
      if (srtt === 0) {
        srtt = rtt;
        rttvar = rtt / 2;
      } else {
        rttvar = 0.75 * rttvar + 0.25 * Math.abs(srtt - rtt);
        srtt = 0.875 * srtt + 0.125 * rtt;
      }
    }
    // Nothing comes back any more: not even a probe of the tail is sooner.
    user.write(100);
    rig.turn();
    let last = rig.now;
    let wait = srtt + Math.max(1, 4 * rttvar);
    let probes = 0;
    for (const { at, segment } of rig.pass(60_000_000)) {
      assert(segment.sequence === user.c.sndUna);
      // RFC 8985 section 7.2 allows one probe after two round trips.
      if (at - last < wait - 1 && probes++ === 0) {
        assert(at - last >= 2 * srtt - 1, `${seed}: ${at - last} ${srtt}`);
        continue;
      }
      assert(at - last >= wait - 1, `${seed}: ${at - last}, not ${wait}`);
      last = at;
      wait = Math.min(2 * wait, 60_000_000);
    }
  }
});
