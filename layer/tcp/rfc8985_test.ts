import { assert, assertEquals } from "@std/assert";
import { Clock } from "@ethox/nic/device";
import { connected, SECOND } from "./_host_test_util.ts";
import * as rack from "./rack.ts";
import { Sample } from "./sample.ts";
import { NONE } from "./scoreboard.ts";
import { DEFAULTS, type Tuning } from "./tuning.ts";

const TUNING: Tuning = { ...DEFAULTS, random: () => 0 };
const SACKING = { sack: true, mss: 1000 } as const;

Deno.test("the reordering window is bounded whatever D-SACK says [RFC8985 3.3.2-4]", () => {
  const { c } = connected().user;
  c.minRtt = 100_000;
  c.srtt = 110_000;
  for (let i = 0; i < 1000; i++) {
    c.sndUna = c.sndMax;
    c.sndMax = (c.sndMax + 1000) | 0;
    rack.duplicated(c);
  }
  assertEquals(rack.reorderingWindow(c, 0, TUNING), 110_000);
});

Deno.test("each segment has the time of its last transmission, to the microsecond [RFC8985 4-2]", () => {
  const { rig, peer, user } = connected({}, SACKING);
  const { board } = user.c.store;
  const sent: number[] = [];
  for (let i = 0; i < 4; i++) {
    user.write(1000);
    rig.turn();
    sent.push(rig.now);
    rig.now += 7;
  }
  const times = () => {
    const found: number[] = [];
    let node = board.head(user.c.slot);
    for (; node !== NONE; node = board.next(node)) {
      found.push(board.sentAt(node));
    }
    return found;
  };
  assertEquals(times(), sent);
  // The first is sent again.
  peer.heard = 1;
  peer.hear(rig.pass(2_000_000));
  const [first] = times();
  assert(first! > sent[3]!);
});

Deno.test("the least round trip is that of the last minutes, not of all times [RFC8985 6.2-1]", () => {
  const { c } = connected().user;
  const clock = new Clock(1e9);
  for (const rtt of [50_000, 20_000, 80_000]) rack.fastest(c, rtt, clock);
  assertEquals(c.minRtt, 20_000);
  // The path is another now.
  clock.now += 299e6;
  rack.fastest(c, 80_000, clock);
  assertEquals(c.minRtt, 20_000);
  clock.now += 2e6;
  rack.fastest(c, 80_000, clock);
  assertEquals(c.minRtt, 80_000);
});

Deno.test("an answer that may be to an earlier copy says nothing [RFC8985 6.2-2]", () => {
  const { c } = connected().user;
  const clock = new Clock(1e9);
  const sample = new Sample();
  const arrives = (repeated: boolean, age: number, echo: number) => {
    c.minRtt = 50_000;
    c.rackRtt = 0;
    sample.clear();
    sample.any = true;
    sample.repeated = repeated;
    sample.sentAt = clock.now - age;
    rack.delivered(c, sample, echo, clock);
    return c.rackRtt;
  };
  assertEquals(arrives(false, 10_000, -1), 10_000);
  // Sooner than any round trip, or with the timestamp of the copy before.
  assertEquals(arrives(true, 10_000, -1), 0);
  assertEquals(arrives(true, 60_000, 160_500), 0);
  assertEquals(arrives(true, 60_000, 60_500), 60_000);
  assertEquals(arrives(true, 60_000, -1), 60_000);
});

Deno.test("a probe waits for a delayed ACK where one segment is in flight [RFC8985 7.2-4]", () => {
  for (const segments of [1, 2]) {
    const { rig, peer, user } = connected(
      { tuning: { delayedAck: 400_000 } },
      SACKING,
    );
    user.write(1000);
    peer.hear();
    rig.now += 20_000;
    peer.say(".");
    user.c.rto = 3_000_000;
    user.write(1000 * segments);
    rig.turn();
    const { now } = rig;
    const wait = rig.pass(SECOND)[0]!.at - now;
    if (segments === 2) assert(wait < 45_000, `${wait}`);
    else assert(wait > 400_000 && wait < 450_000, `${wait}`);
  }
});
