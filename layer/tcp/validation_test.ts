import { assertEquals } from "@std/assert";
import { Clock } from "@ethox/nic/device";
import { Connection } from "./connection.ts";
import { Delivery } from "./control.ts";
import { TUNING } from "./_record_test_util.ts";
import { Reno } from "./reno.ts";
import { measure, resume, used } from "./validation.ts";

/** A connection with a window of 100 segments and a time-out of a second. */
function connection(): Connection {
  const c = new Connection(0, { activate() {}, abort() {} });
  c.control = new Reno(1);
  c.mss = 1000;
  c.cwnd = 100_000;
  c.ssthresh = 50_000;
  c.rto = 1_000_000;
  return c;
}

function fly(c: Connection, octets: number, now: number): void {
  c.sndMax = (c.sndUna + octets) | 0;
  c.sentAt = now;
  used(c, new Clock(now), TUNING);
}

/** Whether ACKs of so many octets find the window in use. */
function answer(c: Connection, octets: number): boolean {
  const d = new Delivery();
  d.priorFlight = c.flight;
  d.acked = octets;
  c.sndUna = (c.sndUna + octets) | 0;
  measure(c, d);
  return d.windowUsed;
}

Deno.test("a window counts as used for all that was in flight when it was full", () => {
  const c = connection();
  fly(c, 99_500, 0);
  assertEquals(answer(c, 50_000), true);
  fly(c, 60_000, 0);
  // The last octets of the full window, and then what followed.
  assertEquals(answer(c, 49_500), true);
  assertEquals(answer(c, 10_500), false);
});

Deno.test("in slow start half a window in use is enough", () => {
  const c = connection();
  c.ssthresh = 200_000;
  fly(c, 51_000, 0);
  assertEquals(answer(c, 1500), true);
  assertEquals(answer(c, 500), false);
});

Deno.test("a window stays used where sequence numbers wrap, and no longer", () => {
  const c = connection();
  c.sndUna = c.limitedUntil = 0x7fffff00;
  fly(c, 100_000, 0);
  assertEquals(answer(c, 100_000), true);
  for (let i = 0; i < 50; i++) {
    fly(c, 90_000_000, 0);
    c.limitedUntil = c.sndUna;
    assertEquals(answer(c, 90_000_000), false);
  }
});

Deno.test("silence halves the window with each time-out, not below the first (RFC 2861 3.2)", () => {
  for (
    const [seconds, window] of [[0.9, 100], [1.1, 50], [3.5, 12.5], [9, 10]]
  ) {
    const c = connection();
    fly(c, 100_000, 0);
    answer(c, 100_000);
    resume(c, new Clock(seconds! * 1e6), TUNING);
    assertEquals(c.cwnd, window! * 1000, `${seconds} s`);
    // What was reached is remembered.
    assertEquals(c.ssthresh, window === 100 ? 50_000 : 75_000);
  }
});

Deno.test("silence with something in flight, or not judged, changes nothing", () => {
  const c = connection();
  fly(c, 100_000, 0);
  resume(c, new Clock(9e6), TUNING);
  assertEquals(c.cwnd, 100_000);
  answer(c, 100_000);
  resume(c, new Clock(9e6), { ...TUNING, slowStartAfterIdle: false });
  assertEquals(c.cwnd, 100_000);
});

Deno.test("a window of which little is used for a time-out goes halfway down (RFC 2861 3.3)", () => {
  const c = connection();
  fly(c, 100_000, 0);
  answer(c, 100_000);
  for (let i = 1; i <= 11; i++) {
    fly(c, 20_000, i * 100_000);
    answer(c, 20_000);
  }
  assertEquals(c.cwnd, 60_000);
  assertEquals(c.ssthresh, 75_000);
  for (let i = 12; i <= 32; i++) {
    fly(c, 20_000, i * 100_000);
    answer(c, 20_000);
  }
  assertEquals(c.cwnd, 30_000);
});
