import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { SipHash } from "./siphash.ts";

/** 00 01 … 0f, the key of all published vectors. */
const KEY = Uint8Array.from({ length: 16 }, (_, i) => i);

/** Hash as hexadecimal text of its octets, little endian, as published. */
function text(hash: SipHash): string {
  const view = new DataView(new ArrayBuffer(8));
  view.setInt32(0, hash.low, true);
  view.setInt32(4, hash.high, true);
  let hex = "";
  for (let i = 0; i < 8; i++) {
    hex += view.getUint8(i).toString(16).padStart(2, "0");
  }
  return hex;
}

/** The message of `length` octets of the published vectors: 00 01 02 … */
function message(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, i) => i);
}

function octets(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g)!, (pair) => parseInt(pair, 16));
}

Deno.test("SipHash gives the hash of the paper (Aumasson and Bernstein, appendix A)", () => {
  // SipHash-2-4 of 15 octets is 0xa129ca6149be45e5.
  const hash = new SipHash(KEY, 2, 4);
  assertEquals(hash.hash(message(15)), 0x49be45e5);
  assertEquals([hash.low, hash.high], [0x49be45e5, 0xa129ca61 | 0]);
  assertEquals(text(hash), "e545be4961ca29a1");
});

Deno.test("SipHash gives hashes of the reference tables", () => {
  // vectors.h of github.com/veorq/SipHash, last row.
  const published = new SipHash(KEY, 2, 4);
  published.hash(message(63));
  assertEquals(text(published), "724506eb4c328a95");
  // library/core/tests/hash/sip.rs of github.com/rust-lang/rust, first and last.
  const fast = new SipHash(KEY);
  fast.hash(message(0));
  assertEquals(text(fast), "dcc40f055801acab");
  fast.hash(message(63));
  assertEquals(text(fast), "a8b3bbb76290199d");
});

interface Vectors {
  siphash24: { outputs: string[] };
  siphash13: { outputs: string[] };
  flows: { cases: { input: string; siphash24: string; siphash13: string }[] };
}

// They lie beside the repository.
const VECTORS = new URL(
  "../../shared/conformance/vectors/siphash.json",
  import.meta.url,
);

function read(): Vectors | undefined {
  try {
    return JSON.parse(Deno.readTextFileSync(VECTORS));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

const vectors = read();
const skipped = vectors === undefined
  ? " (skipped: no ../shared/conformance)"
  : "";

Deno.test({
  name: `SipHash gives every hash of the tables, 1-3 and 2-4${skipped}`,
  ignore: vectors === undefined,
  fn: () => {
    const { siphash13, siphash24, flows } = vectors!;
    for (
      const [hash, outputs] of [
        [new SipHash(KEY, 1, 3), siphash13.outputs],
        [new SipHash(KEY, 2, 4), siphash24.outputs],
      ] as const
    ) {
      assertEquals(outputs.length, 64);
      outputs.forEach((output, length) => {
        const low = hash.hash(message(length));
        assertEquals(text(hash), output, `${length} octets`);
        assertEquals(low, hash.low);
      });
    }
    for (const { input, ...expected } of flows.cases) {
      const fast = new SipHash(KEY, 1, 3);
      const published = new SipHash(KEY, 2, 4);
      fast.hash(octets(input));
      published.hash(octets(input));
      assertEquals(text(fast), expected.siphash13);
      assertEquals(text(published), expected.siphash24);
    }
  },
});

/** SipHash as the paper puts it, with integers of 64 bits. */
function reference(
  key: Uint8Array,
  bytes: Uint8Array,
  compression: number,
  finalization: number,
): string {
  const view = new DataView(key.buffer, key.byteOffset);
  const k0 = view.getBigUint64(0, true);
  const k1 = view.getBigUint64(8, true);
  const v = [
    k0 ^ 0x736f6d6570736575n,
    k1 ^ 0x646f72616e646f6dn,
    k0 ^ 0x6c7967656e657261n,
    k1 ^ 0x7465646279746573n,
  ];
  const add = (a: number, b: number) => {
    v[a] = BigInt.asUintN(64, v[a]! + v[b]!);
  };
  const turn = (a: number, bits: bigint) => {
    v[a] = BigInt.asUintN(64, v[a]! << bits) | (v[a]! >> (64n - bits));
  };
  const rounds = (count: number) => {
    for (let i = 0; i < count; i++) {
      add(0, 1);
      turn(1, 13n);
      v[1]! ^= v[0]!;
      turn(0, 32n);
      add(2, 3);
      turn(3, 16n);
      v[3]! ^= v[2]!;
      add(0, 3);
      turn(3, 21n);
      v[3]! ^= v[0]!;
      add(2, 1);
      turn(1, 17n);
      v[1]! ^= v[2]!;
      turn(2, 32n);
    }
  };
  const padded = new Uint8Array((bytes.length & ~7) + 8);
  padded.set(bytes);
  padded[padded.length - 1] = bytes.length;
  const blocks = new DataView(padded.buffer);
  for (let at = 0; at < padded.length; at += 8) {
    const block = blocks.getBigUint64(at, true);
    v[3]! ^= block;
    rounds(compression);
    v[0]! ^= block;
  }
  v[2]! ^= 0xffn;
  rounds(finalization);
  blocks.setBigUint64(0, v[0]! ^ v[1]! ^ v[2]! ^ v[3]!, true);
  return Array.from(
    padded.subarray(0, 8),
    (octet) => octet.toString(16).padStart(2, "0"),
  ).join("");
}

const anyKey = fc.uint8Array({ minLength: 16, maxLength: 16 });

Deno.test("SipHash agrees with one over 64-bit integers, any key and length", () => {
  fc.assert(fc.property(
    anyKey,
    fc.uint8Array({ maxLength: 300 }),
    fc.integer({ min: 1, max: 4 }),
    fc.integer({ min: 1, max: 4 }),
    (key, bytes, compression, finalization) => {
      const hash = new SipHash(key, compression, finalization);
      // The hash before leaves nothing behind.
      hash.hash(message(100));
      hash.hash(bytes);
      assertEquals(
        text(hash),
        reference(key, bytes, compression, finalization),
      );
    },
  ));
});

Deno.test("SipHash of words is that of their octets, little endian", () => {
  fc.assert(fc.property(
    anyKey,
    fc.tuple(fc.integer(), fc.integer(), fc.integer(), fc.integer()),
    (key, [a, b, c, d]) => {
      const hash = new SipHash(key);
      const bytes = new Uint8Array(16);
      const view = new DataView(bytes.buffer);
      [a, b, c, d].forEach((word, i) => view.setInt32(4 * i, word, true));
      const words = [
        hash.hash1(a),
        hash.hash2(a, b),
        hash.hash3(a, b, c),
        hash.hash4(a, b, c, d),
      ];
      const halves = text(hash);
      [4, 8, 12, 16].forEach((length, i) => {
        assertEquals(hash.hash(bytes.subarray(0, length)), words[i]);
      });
      assertEquals(text(hash), halves);
    },
  ));
});

Deno.test("SipHash changes about half its bits with any bit of the key", () => {
  for (let bit = 0; bit < 128; bit++) {
    const key = KEY.slice();
    key[bit >> 3]! ^= 1 << (bit & 7);
    let changed = 0;
    for (let word = 0; word < 64; word++) {
      let difference = new SipHash(KEY).hash1(word) ^
        new SipHash(key).hash1(word);
      for (; difference !== 0; difference &= difference - 1) changed++;
    }
    // 2048 bits; eight standard deviations either side of half of them.
    assert(Math.abs(changed - 1024) < 8 * 22.7, `bit ${bit}: ${changed}`);
  }
});

Deno.test("SipHash does not follow later changes of the key", () => {
  const key = KEY.slice();
  const hash = new SipHash(key, 2, 4);
  key.fill(0);
  hash.hash(message(15));
  assertEquals(text(hash), "e545be4961ca29a1");
});

Deno.test("SipHash refuses keys of another length", () => {
  for (const length of [0, 15, 17, 32]) {
    assertThrows(
      () => new SipHash(new Uint8Array(length)),
      RangeError,
      `Cannot key SipHash with ${length} octets: need 16`,
    );
  }
});
