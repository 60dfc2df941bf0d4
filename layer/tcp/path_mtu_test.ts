import { assertEquals } from "@std/assert";
import { Clock } from "@ethox/nic/device";
import { claimedMtu, PathMtus, plateauBelow } from "./path_mtu.ts";

const SECOND = 1_000_000;
const TTL = 600 * SECOND;

Deno.test("plateauBelow() goes down the usual MTUs to the least (RFC 1191 7.1)", () => {
  const steps = [65_536];
  while (steps.at(-1) !== 68) steps.push(plateauBelow(steps.at(-1)!));
  assertEquals(
    steps.slice(1),
    [65_535, 32_000, 17_914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68],
  );
  assertEquals(plateauBelow(1), 68);
  assertEquals(plateauBelow(1500), 1492);
  assertEquals(plateauBelow(1492), 1006);
});

Deno.test("claimedMtu() takes what is named, or guesses by the quoted length (RFC 1191 5)", () => {
  assertEquals(claimedMtu(1300, 1500, 1500), 1300);
  assertEquals(claimedMtu(0, 1500, 1500), 1492);
  // Only a part of the datagrams was that large.
  assertEquals(claimedMtu(0, 1200, 1500), 1006);
  // The header counted twice: 1512 octets were never sent.
  assertEquals(claimedMtu(0, 1512, 1492), 1006);
});

Deno.test("PathMtus forgets in time (RFC 1191 6.3)", () => {
  const paths = new PathMtus(4);
  const clock = new Clock(5 * SECOND);
  assertEquals(paths.find(7, clock), 0);
  paths.learn(7, 1300, clock, TTL);
  assertEquals(paths.find(7, clock), 1300);
  assertEquals(paths.find(8, clock), 0);
  clock.now += 599 * SECOND;
  assertEquals(paths.find(7, clock), 1300);
  clock.now += SECOND;
  assertEquals(paths.find(7, clock), 0);
  // What is learned again takes its own place.
  paths.learn(7, 1400, clock, TTL);
  assertEquals([paths.find(7, clock), paths.size], [1400, 1]);
});

Deno.test("PathMtus makes room by what was learned first", () => {
  const paths = new PathMtus(3);
  const clock = new Clock(0);
  for (let destination = 1; destination <= 3; destination++) {
    paths.learn(destination, 1000 + destination, clock, TTL);
    clock.now += SECOND;
  }
  paths.learn(1, 900, clock, TTL);
  clock.now += SECOND;
  paths.learn(4, 1004, clock, TTL);
  assertEquals(
    [1, 2, 3, 4].map((destination) => paths.find(destination, clock)),
    [900, 0, 1003, 1004],
  );
  const none = new PathMtus(0);
  none.learn(1, 1000, clock, TTL);
  assertEquals(none.find(1, clock), 0);
});
