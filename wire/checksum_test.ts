import { assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  combine,
  finish,
  Kernel,
  pseudo4,
  pseudo6,
  sum,
  update16,
  update32,
} from "./checksum.ts";
import { Address } from "./ipv6_address.ts";
import { conformanceTest, octets, vectors, view } from "./_oracle_test_util.ts";

/** The definition, word by word: the oracle for everything faster. */
function slowSum(bytes: Uint8Array, seed = 0): number {
  let total = seed;
  for (let i = 0; i < bytes.length; i += 2) {
    total += (bytes[i]! << 8) | (bytes[i + 1] ?? 0);
    if (total > 0xffff) total -= 0xffff;
  }
  return total;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** A kernel over a memory of `pages`, and its octets. */
function kernel(pages: number): [Kernel, Uint8Array] {
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
  return [new Kernel(memory), new Uint8Array(memory.buffer)];
}

function randomize(bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += 65536) {
    crypto.getRandomValues(
      new Uint8Array(
        bytes.buffer as ArrayBuffer,
        bytes.byteOffset + at,
        Math.min(65536, bytes.length - at),
      ),
    );
  }
}

for (
  const [why, hex, expected] of [
    ["the worked example of RFC 1071 section 3", "0001f203f4f5f6f7", 0xddf2],
    ["nothing", "", 0],
    ["an odd octet, padded", "01", 0x0100],
    ["zeros, which alone sum to 0", "00".repeat(20), 0],
    ["ones", "ff".repeat(20), 0xffff],
    ["two end-around carries", "ffffffff00010001", 2],
    [
      "an IPv4 header",
      "450000730000400040110000c0a80001c0a800c7",
      ~0xb861 & 0xffff,
    ],
  ] as const
) {
  Deno.test(`sum() is right for ${why}`, () => {
    assertEquals(sum(view(hex), 0, hex.length / 2), expected);
  });
}

Deno.test("update16() follows equation 3 when RFC 1141 fails (RFC 1624 4)", () => {
  assertEquals(update16(0xdd2f, 0x5555, 0x3285), 0x0000);
});

interface Vectors {
  sum: {
    name: string;
    hex?: string;
    fill?: number;
    length?: number;
    sum: string;
    checksum: string;
  }[];
  concatenation: { parts: string[]; sum: string }[];
  verify: {
    kind: string;
    hex: string;
    valid: boolean;
    src?: string;
    dst?: string;
    proto?: number;
    pseudo_header_sum?: string;
  }[];
  incremental: {
    name: string;
    header?: string;
    offset?: number;
    checksum: string;
    old: string;
    new: string;
    updated: string;
  }[];
}

function dotted(text: string): number {
  return text.split(".").reduce((value, part) => (value << 8) | +part, 0);
}

conformanceTest("sum() and Kernel.sum() agree with checksum.json", () => {
  const [fast, memory] = kernel(17);
  for (const row of vectors<Vectors>("checksum").sum) {
    const bytes = row.hex === undefined
      ? Uint8Array.from(
        { length: row.length! },
        (_, i) => row.fill ?? 7 * i + 3,
      )
      : octets(row.hex);
    const expected = parseInt(row.sum, 16);
    assertEquals(sum(viewOf(bytes), 0, bytes.length), expected, row.name);
    memory.set(bytes, 1);
    assertEquals(fast.sum(1, bytes.length), expected, row.name);
    assertEquals(finish(expected), parseInt(row.checksum, 16));
  }
});

conformanceTest("combine() agrees with the pieces in checksum.json", () => {
  for (const row of vectors<Vectors>("checksum").concatenation) {
    const whole = octets(row.parts.join(""));
    assertEquals(sum(viewOf(whole), 0, whole.length), parseInt(row.sum, 16));
    // An odd piece shifts all that follow: swap their sums (RFC 1071 2 (B)).
    let total = 0;
    let at = 0;
    for (const part of row.parts) {
      const bytes = octets(part);
      const piece = sum(viewOf(bytes), 0, bytes.length);
      const swapped = ((piece & 0xff) << 8) | (piece >>> 8);
      total = combine(total, at % 2 === 0 ? piece : swapped);
      at += bytes.length;
    }
    assertEquals(total, parseInt(row.sum, 16));
  }
});

conformanceTest("sum() verifies the packets of checksum.json", () => {
  for (const row of vectors<Vectors>("checksum").verify) {
    const bytes = octets(row.hex);
    let seed = row.pseudo_header_sum === undefined
      ? 0
      : parseInt(row.pseudo_header_sum, 16);
    if (row.src !== undefined && !row.src.includes(":")) {
      const pseudo = pseudo4(
        dotted(row.src),
        dotted(row.dst!),
        row.proto!,
        bytes.length,
      );
      assertEquals(pseudo, seed);
      seed = pseudo;
    } else if (row.src !== undefined) {
      const addresses = combine(
        Address.parse(row.src).sum,
        Address.parse(row.dst!).sum,
      );
      const pseudo = pseudo6(addresses, row.proto!, bytes.length);
      assertEquals(pseudo, seed);
      seed = pseudo;
    }
    const valid = sum(viewOf(bytes), 0, bytes.length, seed) === 0xffff;
    assertEquals(valid, row.valid, row.hex);
  }
});

conformanceTest("update16() agrees with checksum.json (RFC 1624)", () => {
  for (const row of vectors<Vectors>("checksum").incremental) {
    assertEquals(
      update16(
        parseInt(row.checksum, 16),
        parseInt(row.old, 16),
        parseInt(row.new, 16),
      ),
      parseInt(row.updated, 16),
      row.name,
    );
  }
});

Deno.test("sum() equals its definition for every length to 300 and alignment", () => {
  const bytes = new Uint8Array(320);
  randomize(bytes);
  const all = viewOf(bytes);
  for (let at = 0; at < 17; at++) {
    for (let length = 0; length <= 300; length++) {
      const expected = slowSum(bytes.subarray(at, at + length), at);
      assertEquals(sum(all, at, length, at), expected);
    }
  }
});

Deno.test("Kernel.sum() equals sum() for every length to 300 and alignment", () => {
  const [fast, bytes] = kernel(1);
  randomize(bytes);
  const all = viewOf(bytes);
  for (let at = 0; at < 65; at++) {
    for (let length = 0; length <= 300; length++) {
      if (fast.sum(at, length, at) !== sum(all, at, length, at)) {
        assertEquals(fast.sum(at, length, at), sum(all, at, length, at));
      }
    }
  }
});

Deno.test("Kernel.sum() equals sum() for random pieces to 65535 octets", () => {
  const [fast, bytes] = kernel(2);
  randomize(bytes);
  const all = viewOf(bytes);
  fc.assert(
    fc.property(
      fc.nat(65536),
      fc.nat(65535),
      fc.nat(0xffff),
      (at, length, seed) => {
        const expected = sum(all, at, length, seed);
        assertEquals(fast.sum(at, length, seed), expected);
        const piece = bytes.subarray(at, at + length);
        assertEquals(slowSum(piece, seed), expected);
      },
    ),
    { numRuns: 300 },
  );
});

Deno.test("Kernel.sum() carries nothing away when a megabyte is all ones", () => {
  const [fast, bytes] = kernel(48);
  bytes.fill(0xff);
  for (const length of [1 << 19, (1 << 20) - 16, (1 << 20) + 63, 3 << 20]) {
    assertEquals(
      fast.sum(0, length, 0),
      sum(viewOf(bytes), 0, length, 0),
    );
  }
});

Deno.test("Kernel.sum() reaches the very last octet of its memory", () => {
  const [fast, bytes] = kernel(1);
  bytes.fill(1);
  for (let length = 0; length < 200; length++) {
    const at = bytes.length - length;
    assertEquals(fast.sum(at, length), sum(viewOf(bytes), at, length));
  }
});

Deno.test("sum() is 0 only for zeros", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
    const zeros = bytes.every((b) => b === 0);
    assertEquals(sum(viewOf(bytes), 0, bytes.length) === 0, zeros);
  }));
});

Deno.test("combine() of even pieces equals the sum of the whole", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      fc.nat(100),
      (bytes, cut) => {
        const at = Math.min(2 * cut, bytes.length & ~1);
        const whole = viewOf(bytes);
        assertEquals(
          combine(sum(whole, 0, at), sum(whole, at, bytes.length - at)),
          sum(whole, 0, bytes.length),
        );
      },
    ),
  );
});

Deno.test("update16() and update32() equal a recomputation when a word changes", () => {
  const word = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 18, maxLength: 18 }),
      fc.nat(7),
      word,
      (octets, position, replacement) => {
        // A first word that stays, as a header has one that is never 0.
        const header = viewOf(Uint8Array.of(0x45, 0, ...octets));
        const at = 2 + 2 * position;
        const before = finish(sum(header, 0, 20));
        const old = header.getInt32(at);
        header.setInt32(at, replacement);
        const both = finish(sum(header, 0, 20));
        assertEquals(update32(before, old, replacement), both);
        header.setUint16(at + 2, old & 0xffff);
        const first = finish(sum(header, 0, 20));
        assertEquals(update16(before, old >>> 16, replacement >>> 16), first);
      },
    ),
  );
});

Deno.test("pseudo4() equals the sum of the pseudo header of RFC 768", () => {
  const word = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });
  fc.assert(
    fc.property(word, word, fc.nat(255), fc.nat(65535), (a, b, protocol, n) => {
      const header = new DataView(new ArrayBuffer(12));
      header.setInt32(0, a);
      header.setInt32(4, b);
      header.setUint8(9, protocol);
      header.setUint16(10, n);
      assertEquals(pseudo4(a, b, protocol, n), sum(header, 0, 12));
    }),
  );
});

Deno.test("pseudo6() equals the sum of the pseudo header of RFC 8200", () => {
  const octets = fc.uint8Array({ minLength: 32, maxLength: 32 });
  fc.assert(
    fc.property(octets, fc.nat(255), fc.nat(0xffff_ffff), (both, next, n) => {
      const header = new DataView(new ArrayBuffer(40));
      new Uint8Array(header.buffer).set(both);
      header.setUint32(32, n);
      header.setUint8(39, next);
      const addresses = sum(header, 0, 32);
      assertEquals(pseudo6(addresses, next, n), sum(header, 0, 40));
    }),
  );
});
