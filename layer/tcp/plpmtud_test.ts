import { assert, assertEquals } from "@std/assert";
import { SECOND } from "./_host_test_util.ts";
import { type Journey, type Outcome, travel } from "./_journey_test_util.ts";

const OCTETS = 6_000_000;
/** IP and TCP headers, with timestamps. */
const HEADERS = 52;
const RATE = { rate: 20e6, delay: 10_000 };

/** Paths that drop what is too large, and say nothing. */
function hole(mtu: number): Pick<Journey, "link"> {
  return { link: { paths: [{ ...RATE, mtu }, RATE] } };
}

function whole(outcome: Outcome, name = ""): void {
  assertEquals(outcome.ends, ["closed", "closed"], name);
  assertEquals([outcome.received, outcome.mismatches], [OCTETS, 0], name);
}

for (const sack of [true, false]) {
  const how = sack ? "with SACK" : "without SACK";

  Deno.test(`probes find what the path carries, up to the link's MTU, ${how} (RFC 4821)`, () => {
    for (const mtu of [1500, 1492, 1400, 1300, 1100]) {
      const outcome = travel({
        octets: OCTETS,
        tuning: { mtuProbing: "on", sack },
        ...hole(mtu),
      });
      whole(outcome, `${mtu}`);
      const found = outcome.mss + HEADERS;
      assert(found <= mtu && found > mtu - 16, `${found} of ${mtu}`);
      assert(outcome.probes > 0 && outcome.probes <= 30, `${outcome.probes}`);
      // Nothing else than probes was ever too large.
      assert(outcome.large <= outcome.probes);
    }
  });

  Deno.test(`a probe that is lost is no congestion, and costs no time-out, ${how} (RFC 4821 7.5)`, () => {
    const outcome = travel({
      octets: 1_000_000,
      tuning: { mtuProbing: "on", sack },
      ...hole(1300),
    });
    assertEquals(outcome.received, 1_000_000);
    assert(outcome.large >= 3, `${outcome.large}`);
    assertEquals([outcome.timeouts, outcome.reductions], [0, 0]);
  });

  Deno.test(`a black hole is found out and got out of, without ICMP, ${how} (RFC 4821 7.7)`, () => {
    for (const mtu of [1400, 1100, 600]) {
      const outcome = travel({
        octets: OCTETS,
        tuning: { sack },
        ...hole(mtu),
      });
      whole(outcome, `${mtu}`);
      const found = outcome.mss + HEADERS;
      assert(found <= mtu && found > mtu - 16, `${found} of ${mtu}`);
      // Some seconds of time-outs, no more.
      assert(outcome.time < 120 * SECOND, `${outcome.time}`);
    }
  });
}

Deno.test("with probing off a black hole ends a connection", () => {
  const outcome = travel({
    octets: OCTETS,
    tuning: { mtuProbing: "off", userTimeout: 100 * SECOND },
    ...hole(1400),
  });
  assert(outcome.ends.includes("timeout"), `${outcome.ends}`);
  assertEquals(outcome.received, 0);
});

Deno.test("an outage that is none of the size's making leaves whole segments behind", () => {
  const outcome = travel({
    octets: OCTETS,
    link: { path: RATE, outages: [[300_000, 12_000_000]] },
  });
  whole(outcome);
  assertEquals(outcome.mss, 1448);
});

Deno.test("probing on costs nothing but small segments at first on a path that carries all", () => {
  const outcome = travel({
    octets: OCTETS,
    tuning: { mtuProbing: "on" },
    link: { path: RATE },
  });
  whole(outcome);
  assertEquals([outcome.mss, outcome.probes, outcome.large], [1448, 1, 0]);
});

Deno.test("the search begins again when what is known is old (RFC 8899 PMTU_RAISE_TIMER)", () => {
  const sizes = new Set<number>();
  const outcome = travel({
    octets: 4 * OCTETS,
    tuning: { mtuProbing: "on", pathMtuTtl: 2 * SECOND },
    ...hole(1300),
    look: (c) => sizes.add(c.mss),
  });
  assertEquals(outcome.ends, ["closed", "closed"]);
  // It asks for the largest once more each time, and is content.
  assert(outcome.probes > 20, `${outcome.probes}`);
  assertEquals(outcome.timeouts, 0);
  assert(Math.max(...sizes) + HEADERS <= 1300);
});

Deno.test("probes and random losses together: all arrives for 20 seeds, and no size is believed that does not fit", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const outcome = travel({
      octets: OCTETS / 12,
      tuning: { mtuProbing: "on" },
      link: {
        paths: [{ ...RATE, mtu: 1300, loss: 0.02, reorder: 0.01 }, {
          ...RATE,
          loss: 0.02,
        }],
      },
      seed,
    });
    assertEquals(outcome.ends, ["closed", "closed"], `seed ${seed}`);
    assertEquals([outcome.received, outcome.mismatches], [OCTETS / 12, 0]);
    assert(outcome.mss + HEADERS <= 1300, `seed ${seed}: ${outcome.mss}`);
  }
});
