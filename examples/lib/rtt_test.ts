import { assertEquals } from "@std/assert";
import { milliseconds, RoundTrips } from "./rtt.ts";

Deno.test("RoundTrips prints least, mean, greatest and deviation in ms", () => {
  const trips = new RoundTrips();
  assertEquals(trips.toString(), "");
  for (const time of [1000, 2000, 3000, 4000]) trips.add(time);
  assertEquals(
    trips.toString(),
    "rtt min/avg/max/mdev = 1.000/2.500/4.000/1.118 ms",
  );
});

Deno.test("RoundTrips has no deviation when all times are equal", () => {
  const trips = new RoundTrips();
  for (let i = 0; i < 3; i++) trips.add(0.1 + 0.2);
  assertEquals(trips.deviation, 0);
});

Deno.test("milliseconds() keeps three or four digits", () => {
  assertEquals(milliseconds(42), "0.042 ms");
  assertEquals(milliseconds(4217), "4.22 ms");
  assertEquals(milliseconds(42170), "42.2 ms");
  assertEquals(milliseconds(421700), "422 ms");
});
