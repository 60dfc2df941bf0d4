import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import { CookieJar } from "./cookie.ts";

const KEY = new Uint8Array(16).map((_, i) => i * 7 + 1);
const LOCAL = 0xc0000201 | 0;
const REMOTE = 0xc6336401 | 0;
const PORTS = (80 << 16) | 40_000;
const int = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });

/** The cookie for a request from PORTS of a peer. */
function bake(jar: CookieJar, irs: number, mss: number, scale: number): number {
  jar.mss = mss;
  jar.windowScale = scale;
  jar.sackPermitted = true;
  jar.timestamps = false;
  return jar.bake(LOCAL, REMOTE, PORTS, irs, 0);
}

Deno.test("CookieJar brings back what a request offered, rounded down", () => {
  fc.assert(fc.property(
    int,
    fc.integer({ min: 216, max: 65_535 }),
    fc.integer({ min: -1, max: 14 }),
    fc.boolean(),
    fc.integer({ min: 0, max: 2 ** 40 }),
    fc.integer({ min: 0, max: 15_999_999 }),
    (irs, mss, shift, sack, now, later) => {
      const jar = new CookieJar(KEY);
      jar.mss = mss;
      jar.windowScale = shift;
      jar.sackPermitted = sack;
      const iss = jar.bake(LOCAL, REMOTE, PORTS, irs, now);
      assertEquals(iss, iss | 0);
      assert(jar.check(LOCAL, REMOTE, PORTS, irs, iss, now + later));
      assert(jar.mss <= mss && jar.mss >= mss / 8, `${jar.mss} for ${mss}`);
      assert(jar.windowScale <= shift && jar.windowScale >= shift - 4);
      assertEquals(jar.windowScale < 0, shift < 0);
      assertEquals(jar.sackPermitted, sack);
    },
  ));
});

Deno.test("CookieJar keeps scale, SACK and ECN in 64 ticks of a timestamp", () => {
  fc.assert(fc.property(
    int,
    int,
    fc.integer({ min: 216, max: 65_535 }),
    fc.integer({ min: -1, max: 14 }),
    fc.boolean(),
    fc.boolean(),
    fc.integer({ min: 0, max: 2 ** 40 }),
    (irs, clock, mss, shift, sack, ecn, now) => {
      const jar = new CookieJar(KEY);
      jar.timestamps = true;
      jar.stamp = clock;
      jar.mss = mss;
      jar.windowScale = shift;
      jar.sackPermitted = sack;
      jar.ecn = ecn;
      const iss = jar.bake(LOCAL, REMOTE, PORTS, irs, now);
      const { stamp } = jar;
      // Later segments must not have smaller ones (RFC 7323 section 5.4).
      const behind = (clock - stamp) | 0;
      assert(behind >= 0 && behind < 64, `${behind}`);
      const other = new CookieJar(KEY);
      other.timestamps = true;
      other.stamp = stamp;
      assert(other.check(LOCAL, REMOTE, PORTS, irs, iss, now));
      assert(other.mss <= mss && other.mss >= mss / 8);
      if (mss <= 1460 && mss > 1400) assert(other.mss > mss - 9);
      assertEquals(other.windowScale, shift);
      assertEquals(other.sackPermitted, sack);
      assertEquals(other.ecn, ecn);
      // Neither another echo nor none.
      other.stamp = stamp ^ 1;
      assertFalse(other.check(LOCAL, REMOTE, PORTS, irs, iss, now));
      other.stamp = stamp ^ 0x10000;
      assertFalse(other.check(LOCAL, REMOTE, PORTS, irs, iss, now));
      other.timestamps = false;
      assertFalse(other.check(LOCAL, REMOTE, PORTS, irs, iss, now));
    },
  ));
});

Deno.test("CookieJar refuses cookies of another peer, port, number or secret (A48)", () => {
  const jar = new CookieJar(KEY);
  const iss = bake(jar, 77, 1460, 7);
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
  const iss = bake(jar, 77, 1460, 7);
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
    const iss = bake(jar, irs, 1460, 7);
    // Another peer whose number makes the same exclusive or, and all low octets.
    const victim = REMOTE ^ n;
    for (let low = 0; low < 256; low++) {
      const guess = (iss & ~0xff) | low;
      if (jar.check(LOCAL, victim, PORTS, irs ^ n, guess, 0)) hits++;
    }
  }
  assertEquals(hits, 0);
});
