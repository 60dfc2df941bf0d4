import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import { CookieJar } from "./cookie.ts";

const KEY = new Uint8Array(16).map((_, i) => i * 7 + 1);
const LOCAL = 0xc0000201 | 0;
const REMOTE = 0xc6336401 | 0;
const PORTS = (80 << 16) | 40_000;
const int = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });

Deno.test("CookieJar brings back what a request offered, rounded down", () => {
  fc.assert(fc.property(
    int,
    fc.integer({ min: 216, max: 65_535 }),
    fc.integer({ min: -1, max: 14 }),
    fc.integer({ min: 0, max: 2 ** 40 }),
    fc.integer({ min: 0, max: 15_999_999 }),
    (irs, mss, shift, now, later) => {
      const jar = new CookieJar(KEY);
      const iss = jar.bake(LOCAL, REMOTE, PORTS, irs, mss, shift, now);
      assertEquals(iss, iss | 0);
      assert(jar.check(LOCAL, REMOTE, PORTS, irs, iss, now + later));
      assert(jar.mss <= mss && jar.mss >= mss / 8, `${jar.mss} for ${mss}`);
      assert(jar.windowScale <= shift && jar.windowScale >= shift - 4);
      assertEquals(jar.windowScale < 0, shift < 0);
    },
  ));
});

Deno.test("CookieJar refuses cookies of another peer, port, number or secret (A48)", () => {
  const jar = new CookieJar(KEY);
  const iss = jar.bake(LOCAL, REMOTE, PORTS, 77, 1460, 7, 0);
  assert(jar.check(LOCAL, REMOTE, PORTS, 77, iss, 0));
  assertFalse(jar.check(LOCAL, REMOTE + 1, PORTS, 77, iss, 0));
  assertFalse(jar.check(LOCAL + 1, REMOTE, PORTS, 77, iss, 0));
  assertFalse(jar.check(LOCAL, REMOTE, PORTS + 1, 77, iss, 0));
  assertFalse(jar.check(LOCAL, REMOTE, PORTS, 78, iss, 0));
  const other = new CookieJar(KEY.map((octet) => octet ^ 1));
  assertFalse(other.check(LOCAL, REMOTE, PORTS, 77, iss, 0));
});

Deno.test("CookieJar refuses cookies that are two periods old (A48)", () => {
  const jar = new CookieJar(KEY);
  const iss = jar.bake(LOCAL, REMOTE, PORTS, 77, 1460, 7, 0);
  assert(jar.check(LOCAL, REMOTE, PORTS, 77, iss, 31_999_999));
  assertFalse(jar.check(LOCAL, REMOTE, PORTS, 77, iss, 32_000_000));
});

Deno.test("CookieJar accepts no more guesses than chance allows (A48)", () => {
  const jar = new CookieJar(KEY);
  let hits = 0;
  for (let i = 0; i < 100_000; i++) {
    if (jar.check(LOCAL, REMOTE, PORTS, 77, Math.imul(i, 0x9e3779b1), 0)) {
      hits++;
    }
  }
  // Each guess hits with 2^-24 twice over: 0.01 of them are to be expected.
  assert(hits <= 1, `${hits} of 100000`);
});

Deno.test("A48 a cookie for one peer says nothing of one for another", () => {
  const jar = new CookieJar(KEY);
  let hits = 0;
  for (let n = 1; n <= 64; n++) {
    const irs = 1000 * n;
    const iss = jar.bake(LOCAL, REMOTE, PORTS, irs, 1460, 7, 0);
    // Another peer whose number makes the same exclusive or, and all low octets.
    const victim = REMOTE ^ n;
    for (let low = 0; low < 256; low++) {
      const guess = (iss & ~0xff) | low;
      if (jar.check(LOCAL, victim, PORTS, irs ^ n, guess, 0)) hits++;
    }
  }
  assertEquals(hits, 0);
});
