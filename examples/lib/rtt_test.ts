import { assertEquals } from "@std/assert";
import { milliseconds, summary } from "./rtt.ts";

Deno.test("milliseconds() keeps three or four digits", () => {
  assertEquals(milliseconds(42), "0.042 ms");
  assertEquals(milliseconds(4217), "4.22 ms");
  assertEquals(milliseconds(42170), "42.2 ms");
  assertEquals(milliseconds(421700), "422 ms");
});

const NONE = {
  sent: 3,
  received: 0,
  duplicates: 0,
  minimum: Infinity,
  mean: 0,
  maximum: 0,
  deviation: 0,
};

Deno.test("summary() has no times when nothing was received", () => {
  assertEquals(
    summary(NONE, 2_048_500),
    "3 packets transmitted, 0 received, 100% packet loss, time 2049ms",
  );
});

Deno.test("summary() prints least, mean, greatest and deviation", () => {
  const some = {
    ...NONE,
    received: 2,
    duplicates: 1,
    minimum: 40,
    mean: 1050.4,
    maximum: 2060.8,
    deviation: 1010.4,
  };
  assertEquals(
    summary(some, 2_000_000),
    "3 packets transmitted, 2 received, +1 duplicates, 33.3333% packet loss, " +
      "time 2000ms\nrtt min/avg/max/mdev = 0.040/1.050/2.061/1.010 ms",
  );
});
