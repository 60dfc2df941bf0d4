import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { publishedKey, symmetricKey, Toeplitz } from "./toeplitz.ts";
import * as ipv4 from "./ipv4.ts";
import * as ipv6 from "./ipv6.ts";
import { conformanceTest, hex, octets, vectors } from "./_oracle_test_util.ts";
import { exactly, word } from "./_property_test_util.ts";

interface Case {
  src: string;
  dst: string;
  sport: number;
  dport: number;
  "hash_addresses"?: string;
  "hash_with_ports": string;
  "input_addresses"?: string;
  "input_with_ports"?: string;
}

interface Vectors {
  published: { key: string; cases: Case[] };
  symmetric: { key: string; cases: Case[] };
  raw: { key: string; cases: { input: string; hash: string }[] };
}

function text(hash: number): string {
  return (hash >>> 0).toString(16).padStart(8, "0");
}

function input(hash: Toeplitz, octetsInHex: string): string {
  const view = exactly(octets(octetsInHex));
  return text(hash.hash(view, 0, view.byteLength));
}

/** The hash of addresses, and of ports if there are any. */
function flow(hash: Toeplitz, src: string, dst: string, ...ports: number[]) {
  if (!src.includes(":")) {
    const { value } = ipv4.Address.parse(src);
    return text(hash.hash4(value, ipv4.Address.parse(dst).value, ...ports));
  }
  const words = new Int32Array(9);
  const [from, to] = [src, dst].map((a) => ipv6.Address.parse(a));
  words.set([from!.w0, from!.w1, from!.w2, from!.w3], 1);
  words.set([to!.w0, to!.w1, to!.w2, to!.w3], 5);
  return text(hash.hash6(words, 1, words, 5, ...ports));
}

conformanceTest("Toeplitz gives every hash of toeplitz.json", () => {
  const { published, symmetric, raw } = vectors<Vectors>("toeplitz");
  assertEquals(published.key, hex(publishedKey()));
  assertEquals(symmetric.key, hex(symmetricKey()));
  let compared = 0;
  for (const { key, cases } of [published, symmetric]) {
    const hash = new Toeplitz(octets(key));
    for (const one of cases) {
      const { src, dst, sport, dport } = one;
      assertEquals(flow(hash, src, dst, sport, dport), one.hash_with_ports);
      compared++;
      if (key === symmetric.key) {
        assertEquals(flow(hash, dst, src, dport, sport), one.hash_with_ports);
      }
      if (one.hash_addresses !== undefined) {
        assertEquals(flow(hash, src, dst), one.hash_addresses);
        assertEquals(input(hash, one.input_addresses!), one.hash_addresses);
        assertEquals(input(hash, one.input_with_ports!), one.hash_with_ports);
      }
    }
  }
  const hash = new Toeplitz(octets(raw.key));
  for (const one of raw.cases) assertEquals(input(hash, one.input), one.hash);
  assertEquals([compared, raw.cases.length], [16, 8]);
});

/** Shifts the key along the input, a bit at a time. */
function slow(key: Uint8Array, bytes: Uint8Array): number {
  let result = 0;
  let bits = BigInt(`0x${hex(key)}`);
  const width = BigInt(8 * key.length);
  for (const octet of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      if ((octet >>> bit & 1) !== 0) {
        result ^= Number(BigInt.asIntN(32, bits >> (width - 32n)));
      }
      bits = BigInt.asUintN(Number(width), bits << 1n);
    }
  }
  return result;
}

const anyKey = fc.uint8Array({ minLength: 16, maxLength: 52 });

Deno.test("Toeplitz agrees with a key that is shifted along the input", () => {
  fc.assert(fc.property(
    anyKey,
    fc.uint8Array({ maxLength: 48 }),
    (key, bytes) => {
      const hash = new Toeplitz(key);
      const some = bytes.subarray(0, hash.longest);
      assertEquals(
        hash.hash(exactly(some), 0, some.length),
        slow(key, some),
      );
    },
  ));
});

Deno.test("Toeplitz.hash4() and hash6() are the hash of octets in network order", () => {
  const port = fc.nat(0xffff);
  fc.assert(fc.property(
    fc.uint8Array({ minLength: 40, maxLength: 40 }),
    fc.array(word, { minLength: 8, maxLength: 8 }),
    port,
    port,
    (key, words, sport, dport) => {
      const hash = new Toeplitz(key);
      const view = exactly(new Uint8Array(36));
      words.forEach((word, i) => view.setInt32(4 * i, word));
      view.setUint16(32, sport);
      view.setUint16(34, dport);
      const all = Int32Array.from(words);
      assertEquals(hash.hash6(all, 0, all, 4), hash.hash(view, 0, 32));
      assertEquals(
        hash.hash6(all, 0, all, 4, sport, dport),
        hash.hash(view, 0, 36),
      );
      assertEquals(hash.hash4(words[0]!, words[1]!), hash.hash(view, 0, 8));
      view.setUint16(8, sport);
      view.setUint16(10, dport);
      assertEquals(
        hash.hash4(words[0]!, words[1]!, sport, dport),
        hash.hash(view, 0, 12),
      );
    },
  ));
});

Deno.test("Toeplitz does not follow later changes of the key", () => {
  const key = publishedKey();
  const hash = new Toeplitz(key);
  key.fill(0);
  assertEquals(input(hash, "4e9e539e"), "a477c3aa");
});

Deno.test("Toeplitz refuses keys and inputs that do not fit", () => {
  assertThrows(
    () => new Toeplitz(new Uint8Array(15)),
    RangeError,
    "Cannot hash with a key of 15 octets: need 16 or more",
  );
  const short = new Toeplitz(new Uint8Array(16));
  assertThrows(
    () => short.hash(exactly(new Uint8Array(13)), 0, 13),
    RangeError,
    "Cannot hash 13 octets: the key allows 12",
  );
  assertThrows(
    () => short.hash6(new Int32Array(8), 0, new Int32Array(8), 4),
    RangeError,
    "Cannot hash 36 octets: the key allows 12",
  );
});
