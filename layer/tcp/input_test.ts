import { assert, assertEquals } from "@std/assert";
import * as input from "./input.ts";
import { record, segment, TUNING } from "./_record_test_util.ts";
import { ACK, FIN, RST, SYN } from "./segment.ts";
import * as state from "./state.ts";
import { testVectors } from "./_vectors_test_util.ts";

interface Sequence {
  acceptable: [number, number, number, number, boolean][];
  "window_update": {
    snd_wl1: number;
    snd_wl2: number;
    seg_seq: number;
    seg_ack: number;
    update: boolean;
  }[];
  "ack_classes": {
    snd_una: number;
    snd_nxt: number;
    ack: number;
    kind: "old" | "duplicate" | "new" | "future";
  }[];
}

testVectors<Sequence>(
  "acceptable() follows the table of RFC 9293 section 3.4",
  "tcp_sequence.json",
  ({ acceptable }) => {
    for (const [next, window, sequence, length, expected] of acceptable) {
      assertEquals(
        input.acceptable(sequence | 0, length, next | 0, window),
        expected,
        `${[next, window, sequence, length]}`,
      );
    }
  },
);

testVectors<Sequence>(
  "arrive() updates the send window by RFC 9293 section 3.10.7.4",
  "tcp_sequence.json",
  (data) => {
    for (const row of data["window_update"]) {
      const { c, clock } = record(state.ESTABLISHED);
      c.sndWl1 = row.snd_wl1 | 0;
      c.sndWl2 = row.snd_wl2 | 0;
      // Both numbers are made acceptable, so that only the rule decides.
      c.rcvNxt = row.seg_seq | 0;
      c.rcvAdv = (row.seg_seq + 10_000) | 0;
      c.sndUna = c.sndNxt = c.sndMax = row.seg_ack | 0;
      const s = segment(ACK, row.seg_seq, row.seg_ack, 0, 777);
      input.arrive(c, s, clock, TUNING);
      assertEquals(c.sndWnd === 777, row.update, JSON.stringify(row));
    }
  },
);

testVectors<Sequence>(
  "arrive() tells old, duplicate, new and future ACKs apart (RFC 9293 3.10.7.4)",
  "tcp_sequence.json",
  (data) => {
    for (const row of data["ack_classes"]) {
      const { c, clock, supply } = record(state.ESTABLISHED);
      c.sndUna = c.sndWl2 = row.snd_una | 0;
      c.sndNxt = c.sndMax = row.snd_nxt | 0;
      supply.octets = c.flight;
      const before = c.flight;
      // An old one is of the last window, so that it is no attack.
      const s = segment(ACK, c.rcvNxt, row.ack);
      const events = input.arrive(c, s, clock, TUNING);
      const name = JSON.stringify(row);
      assertEquals(events === input.REJECTED, row.kind === "future", name);
      assertEquals(events === input.ACKNOWLEDGED, row.kind === "new", name);
      assertEquals(
        c.sndUna,
        (row.kind === "new" ? row.ack : row.snd_una) | 0,
        name,
      );
      const counts = row.kind === "duplicate" && before > 0;
      assertEquals(c.dupAcks, counts ? 1 : 0, name);
    }
  },
);

const SYNCHRONIZED = [
  state.SYN_RECEIVED,
  state.ESTABLISHED,
  state.FIN_WAIT_1,
  state.FIN_WAIT_2,
  state.CLOSE_WAIT,
  state.CLOSING,
  state.LAST_ACK,
];

for (const current of SYNCHRONIZED) {
  const name = state.nameOf(current);

  Deno.test(`arrive() in ${name} resets for the exact number only (A61, ethox 5.1 #9)`, () => {
    const rows: [string, number, number, boolean][] = [
      ["at the left edge", 0, input.RESET, false],
      ["within the window", 10, input.REJECTED, true],
      ["before the window", -1, input.REJECTED, false],
      ["behind the window", 10_000, input.REJECTED, false],
    ];
    for (const [why, offset, events, answered] of rows) {
      const { c, clock } = record(current);
      const s = segment(RST, c.rcvNxt + offset);
      assertEquals(input.arrive(c, s, clock, TUNING), events, why);
      assertEquals(c.ackNow, answered, why);
    }
  });

  Deno.test(`arrive() in ${name} answers SYN by a challenge ACK (A51)`, () => {
    for (const offset of [0, 10, -1, 10_000]) {
      const { c, clock } = record(current);
      const s = segment(SYN, c.rcvNxt + offset);
      assertEquals(input.arrive(c, s, clock, TUNING), input.REJECTED);
      assert(c.ackNow);
      assertEquals(c.state, current);
    }
  });

  Deno.test(`arrive() in ${name} has no use for a segment without ACK (A49)`, () => {
    for (const flags of [0, FIN, FIN | 0x28]) {
      const { c, clock } = record(current);
      const s = segment(flags, c.rcvNxt, 0, 5);
      assertEquals(input.arrive(c, s, clock, TUNING), input.REJECTED);
      assertEquals(c.state, current);
      assertEquals(c.rcvNxt, segment(0, c.rcvNxt).sequence);
    }
  });

  Deno.test(`arrive() in ${name} refuses what acknowledges the unsent (A73)`, () => {
    const { c, clock, supply } = record(current);
    const s = segment(ACK, c.rcvNxt, c.sndMax + 1, 10);
    const events = input.arrive(c, s, clock, TUNING);
    assertEquals(
      events,
      current === state.SYN_RECEIVED ? input.REPLY_RESET : input.REJECTED,
    );
    assertEquals(c.state, current);
    assertEquals(supply.acknowledged, 0);
  });

  Deno.test(`arrive() in ${name} acknowledges an old duplicate at once`, () => {
    const { c, clock } = record(current);
    const s = segment(ACK, c.rcvNxt - 100, c.sndMax, 100);
    assertEquals(input.arrive(c, s, clock, TUNING), input.REJECTED);
    assert(c.ackNow);
  });
}

Deno.test("arrive() walks every state from the ACK of our FIN and the peer's FIN", () => {
  // [state, acks our FIN, brings a FIN] -> state and events
  const rows: [number, boolean, boolean, number, number][] = [
    [state.ESTABLISHED, false, true, state.CLOSE_WAIT, input.RECEIVED],
    [state.FIN_WAIT_1, true, false, state.FIN_WAIT_2, 0],
    [state.FIN_WAIT_1, false, true, state.CLOSING, input.RECEIVED],
    [
      state.FIN_WAIT_1,
      true,
      true,
      state.FIN_WAIT_2,
      input.RECEIVED | input.LINGER,
    ],
    [
      state.FIN_WAIT_2,
      true,
      true,
      state.FIN_WAIT_2,
      input.RECEIVED | input.LINGER,
    ],
    [state.CLOSING, true, false, state.CLOSING, input.LINGER],
    [state.LAST_ACK, true, false, state.LAST_ACK, input.FINISHED],
  ];
  for (const [from, acks, fin, to, events] of rows) {
    const { c, clock } = record(from);
    const ack = acks ? c.sndMax : c.sndUna;
    const s = segment(ACK | (fin ? FIN : 0), c.rcvNxt, ack);
    const name = `${state.nameOf(from)} ${acks} ${fin}`;
    assertEquals(input.arrive(c, s, clock, TUNING), events, name);
    assertEquals(state.nameOf(c.state), state.nameOf(to), name);
    if (fin) assert(c.receiveFinished, name);
  }
});

Deno.test("arrive() in SYN-SENT follows RFC 9293 section 3.10.7.3 [RFC5961 3.2-6]", () => {
  const rows: [string, number, number, number, number, number][] = [
    ["SYN,ACK", SYN | ACK, 1001, state.ESTABLISHED, input.ESTABLISHED, 6001],
    ["SYN", SYN, 0, state.SYN_RECEIVED, 0, 6001],
    [
      "SYN,ACK of nothing",
      SYN | ACK,
      1000,
      state.SYN_SENT,
      input.REPLY_RESET,
      5001,
    ],
    [
      "SYN,ACK of the unsent",
      SYN | ACK,
      1002,
      state.SYN_SENT,
      input.REPLY_RESET,
      5001,
    ],
    ["ACK alone", ACK, 1001, state.SYN_SENT, input.REJECTED, 5001],
    ["RST,ACK", RST | ACK, 1001, state.SYN_SENT, input.RESET, 5001],
    [
      "RST,ACK of nothing",
      RST | ACK,
      1000,
      state.SYN_SENT,
      input.REJECTED,
      5001,
    ],
    ["RST", RST, 0, state.SYN_SENT, input.REJECTED, 5001],
    ["FIN", FIN, 0, state.SYN_SENT, input.REJECTED, 5001],
  ];
  for (const [why, flags, ack, to, events, next] of rows) {
    const { c, clock } = record(state.SYN_SENT);
    const s = segment(flags, 6000, ack);
    assertEquals(input.arrive(c, s, clock, TUNING), events, why);
    assertEquals(state.nameOf(c.state), state.nameOf(to), why);
    assertEquals(c.rcvNxt, next, why);
  }
});

Deno.test("arrive() acknowledges nothing behind a hole (ethox 5.3 #1)", () => {
  const { c, clock, intake } = record(state.ESTABLISHED);
  input.arrive(c, segment(ACK, 5001, 1001, 10), clock, TUNING);
  input.arrive(c, segment(ACK, 5021, 1001, 10), clock, TUNING);
  assertEquals(c.rcvNxt, 5011);
  assertEquals(intake.calls, [[0, 10], [10, 10]]);
  assertEquals(c.dupAcksOwed, 1);
});

Deno.test("arrive() counts no segment with data as a duplicate ACK (ethox 5.3 #2)", () => {
  const { c, clock, supply } = record(state.ESTABLISHED);
  supply.octets = 5000;
  c.sndNxt = c.sndMax = 6001;
  for (let i = 0; i < 10; i++) {
    input.arrive(c, segment(ACK, 5001 + 10 * i, 1001, 10), clock, TUNING);
  }
  assertEquals(c.dupAcks, 0);
  assertEquals(c.rcvNxt, 5101);
  assert(c.ackNow);
});

Deno.test("arrive() enters recovery at the third duplicate and not before (ethox 5.3 #12)", () => {
  const { c, clock, supply } = record(state.ESTABLISHED);
  supply.octets = 8000;
  c.sndNxt = c.sndMax = 9001;
  for (
    const [entered, cwnd] of [[false, 10_000], [false, 10_000], [true, 7000]]
  ) {
    input.arrive(c, segment(ACK, 5001, 1001), clock, TUNING);
    assertEquals(c.inRecovery, entered as boolean);
    assertEquals(c.cwnd, cwnd as number);
  }
  assertEquals(c.ssthresh, 4000);
  assert(c.retransmit);
});

Deno.test("arrive() takes a window update with an unchanged ACK (ethox 5.3 #9)", () => {
  const { c, clock } = record(state.ESTABLISHED);
  input.arrive(c, segment(ACK, 5001, 1001, 0, 0), clock, TUNING);
  assertEquals(c.sndWnd, 0);
  input.arrive(c, segment(ACK, 5001, 1001, 0, 4000), clock, TUNING);
  assertEquals(c.sndWnd, 4000);
});

Deno.test("arrive() honours a small MSS and caps a large one (ethox 5.3 #5, A80) [RFC9293 MUST-14] [RFC9293 MUST-15]", () => {
  for (
    const [offered, own, expected] of [
      [200, 1460, 200],
      [4000, 1460, 1460],
      [0, 1460, 536],
      [0, 500, 500],
      [1, 1460, 48],
      [65_535, 8960, 8960],
    ] as const
  ) {
    const { c, clock } = record(state.SYN_SENT);
    c.mss = own;
    const s = segment(SYN | ACK, 6000, 1001);
    s.options.mss = offered;
    input.arrive(c, s, clock, TUNING);
    assertEquals(c.mss, expected, `${offered} on ${own}`);
  }
});

Deno.test("arrive() drops what lies left of an old window's ACK range (A62) [RFC5961 5.2-2]", () => {
  const { c, clock, intake } = record(state.ESTABLISHED);
  c.sndUna = c.sndNxt = c.sndMax = 100_000;
  c.sndWndMax = 1000;
  const events = input.arrive(c, segment(ACK, 5001, 98_999, 10), clock, TUNING);
  assertEquals(events, input.REJECTED);
  assertEquals(intake.taken, 0);
  input.arrive(c, segment(ACK, 5001, 99_000, 10), clock, TUNING);
  assertEquals(intake.taken, 10);
});

Deno.test("challenge ACKs are limited for each connection (A63) [RFC5961 7-1]", () => {
  const { c, clock } = record(state.ESTABLISHED);
  let sent = 0;
  for (let i = 0; i < 1000; i++) {
    input.arrive(c, segment(RST, c.rcvNxt + 5), clock, TUNING);
    if (c.ackNow) sent++;
    c.ackNow = false;
  }
  assertEquals(sent, TUNING.challenges);
  clock.now += TUNING.challengePeriod;
  input.arrive(c, segment(RST, c.rcvNxt + 5), clock, TUNING);
  assert(c.ackNow);
});

Deno.test("arrive() takes the ACK of a probe into a closed window, not its octets", () => {
  const { c, clock, intake, supply } = record(state.ESTABLISHED, 0);
  supply.octets = 100;
  c.sndNxt = c.sndMax = 1101;
  const events = input.arrive(c, segment(ACK, 5001, 1101, 1), clock, TUNING);
  assertEquals(events, input.ACKNOWLEDGED);
  assertEquals(supply.acknowledged, 100);
  assertEquals(intake.taken, 0);
  assertEquals(c.rcvNxt, 5001);
  assert(c.ackNow);
});

Deno.test("arrive() ignores data behind a FIN, and a FIN out of order waits (A84)", () => {
  const { c, clock, intake } = record(state.ESTABLISHED);
  // Ten octets are missing in front of the FIN.
  input.arrive(c, segment(ACK | FIN, 5011, 1001, 0), clock, TUNING);
  assertEquals(c.state, state.ESTABLISHED);
  assertEquals(c.receiveFinished, false);
  input.arrive(c, segment(ACK, 5001, 1001, 30), clock, TUNING);
  assertEquals(intake.taken, 10);
  assert(c.receiveFinished);
  assertEquals(c.state, state.CLOSE_WAIT);
});

Deno.test("arrive() tells a peer that sends to a closed user", () => {
  const { c, clock } = record(state.FIN_WAIT_2);
  c.orphan = true;
  const s = segment(ACK, c.rcvNxt, c.sndMax, 10);
  assertEquals(input.arrive(c, s, clock, TUNING), input.UNWANTED);
});

Deno.test("arrive() survives the wrap of sequence numbers (A77)", () => {
  for (const edge of [2 ** 31, 2 ** 32]) {
    const { c, clock, intake, supply } = record(state.ESTABLISHED);
    supply.octets = 3000;
    c.rcvNxt = (edge - 15) | 0;
    c.rcvAdv = (edge - 15 + 10_000) | 0;
    c.sndWl1 = (c.rcvNxt - 1) | 0;
    c.sndUna = (edge - 1000) | 0;
    c.recover = (c.sndUna - 1) | 0;
    c.sndNxt = c.sndMax = (edge + 2000) | 0;
    c.sndWl2 = c.sndUna;
    for (let i = 0; i < 3; i++) {
      const s = segment(ACK, c.rcvNxt, edge - 500 + 1000 * i, 10, 5000 + i);
      assertEquals(
        input.arrive(c, s, clock, TUNING),
        input.ACKNOWLEDGED | input.RECEIVED,
      );
      assertEquals(c.sndWnd, 5000 + i);
    }
    assertEquals(intake.taken, 30);
    assertEquals(supply.acknowledged, 2500);
    assertEquals(c.rcvNxt, (edge + 15) | 0);
  }
});

Deno.test("arrive() lets a shrinking window be (A74) [RFC9293 MUST-34] [RFC7323 2.4-1]", () => {
  const { c, clock, supply } = record(state.ESTABLISHED);
  supply.octets = 5000;
  c.sndNxt = c.sndMax = 6001;
  input.arrive(c, segment(ACK, 5001, 2001, 0, 100), clock, TUNING);
  assertEquals(c.flight, 4000);
  assertEquals(c.sndWnd, 100);
  input.arrive(c, segment(ACK, 5001, 6001, 0, 0), clock, TUNING);
  assertEquals(c.flight, 0);
});

Deno.test("arrive() acknowledges at once what fills a part of a gap (RFC 5681 4.2)", () => {
  const { c, clock } = record(state.ESTABLISHED);
  const part = (sequence: number) => {
    c.ackNow = false;
    c.ackPending = 0;
    input.arrive(c, segment(ACK, sequence, 1001, 10), clock, TUNING);
    return c.ackNow;
  };
  assert(!part(5001), "in order");
  part(5031);
  assert(c.gap);
  assert(part(5011), "the first part of the gap");
  assert(part(5021), "the rest of it");
  // The test's buffer keeps nothing out of order.
  part(5031);
  assert(!c.gap);
  assert(!part(5041), "in order again");
});

Deno.test("A77 arrive() counts every octet where SND.UNA meets ISS again, 4 GiB later", () => {
  const { c, clock, supply } = record(state.ESTABLISHED);
  supply.octets = 3000;
  c.octetsSent = 2 ** 32 - 1;
  c.sndUna = c.sndWl2 = c.iss;
  c.sndNxt = c.sndMax = c.iss + 3000;
  input.arrive(c, segment(ACK, 5001, c.iss + 1000), clock, TUNING);
  assertEquals(supply.acknowledged, 1000);
});
