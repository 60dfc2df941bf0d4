import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import * as ethernet from "./ethernet.ts";
import * as ipv4 from "./ipv4_address.ts";
import { Writer } from "./text.ts";
import { conformanceTest, octets, vectors } from "./_oracle_test_util.ts";
import { exactly, word } from "./_property_test_util.ts";

function written(write: (writer: Writer) => void): string {
  // Too small, so that growth is in every test.
  const writer = new Writer(0);
  write(writer);
  return writer.toString();
}

interface Ipv6Row {
  bytes: string;
  text: string;
}

conformanceTest(
  "Writer.ipv6 writes the text of every address vector (RFC 5952)",
  () => {
    const { ipv6 } = vectors<{ ipv6: { valid: Ipv6Row[] } }>("addresses");
    for (const { bytes, text } of ipv6.valid) {
      const view = new DataView(octets(bytes).buffer);
      const words = [0, 4, 8, 12].map((at) => view.getInt32(at));
      assertEquals(
        written((w) => w.ipv6(words[0]!, words[1]!, words[2]!, words[3]!)),
        text,
      );
    }
  },
);

Deno.test("Writer.decimal writes what String does, to 2^53 and below 0", () => {
  const safe = Number.MAX_SAFE_INTEGER;
  const edges = [0, 9, 10, 99, 100, 99999, 100000, 1e6, 2 ** 31 - 1, 2 ** 31];
  for (const edge of [...edges, 2 ** 32, 1e15, safe, -1, -safe]) {
    assertEquals(written((w) => w.decimal(edge)), String(edge));
  }
  for (let digits = 1; digits < 16; digits++) {
    for (const n of [10 ** digits - 1, 10 ** digits, 10 ** digits + 1]) {
      assertEquals(written((w) => w.decimal(n)), String(n));
    }
  }
  fc.assert(
    fc.property(
      fc.oneof(fc.maxSafeInteger(), word, fc.nat(99999)),
      (n) => assertEquals(written((w) => w.decimal(n)), String(n)),
    ),
  );
});

Deno.test("Writer.unsigned writes 32 bits without a sign, signed or not", () => {
  for (const n of [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 4000000000]) {
    assertEquals(written((w) => w.unsigned(n)), String(n));
  }
  fc.assert(
    fc.property(
      word,
      (n) => assertEquals(written((w) => w.unsigned(n)), String(n >>> 0)),
    ),
  );
});

Deno.test("Writer.hex, shortHex and padded write what padStart does", () => {
  fc.assert(fc.property(word, (n) => {
    const text = (n >>> 0).toString(16);
    assertEquals(written((w) => w.shortHex(n)), text);
    assertEquals(written((w) => w.hex(n, 8)), text.padStart(8, "0"));
    assertEquals(written((w) => w.hex(n, 3)), text.padStart(8, "0").slice(5));
  }));
  fc.assert(fc.property(fc.nat(999_999), (n) => {
    assertEquals(written((w) => w.padded(n, 6)), `${n}`.padStart(6, "0"));
  }));
});

Deno.test("Writer.ipv4 and mac write what the modules format", () => {
  fc.assert(fc.property(word, fc.nat(0xffff), (low, high) => {
    assertEquals(written((w) => w.ipv4(low)), ipv4.format(low));
    assertEquals(written((w) => w.mac(high, low)), ethernet.format(high, low));
  }));
});

Deno.test("Writer.ipv6 writes what URL does, whatever the zeros", () => {
  const words = fc.constantFrom(0, 1, 0x10000, 0x10001, -1, 0xffff);
  fc.assert(fc.property(words, words, words, word, (a, b, c, d) => {
    if (a === 0 && b === 0 && c === 0xffff) return;
    const groups = [a, b, c, d].flatMap((w) => [w >>> 16, w & 0xffff]);
    const full = groups.map((g) => g.toString(16)).join(":");
    const { hostname } = new URL(`http://[${full}]/`);
    assertEquals(written((w) => w.ipv6(a, b, c, d)), hostname.slice(1, -1));
  }));
});

Deno.test("Writer.text writes UTF-8, copy and octets what they are given", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.uint8Array(), (t, b) => {
      assertEquals(written((w) => w.text(t)), t);
      const hex = Array.from(b, (o) => o.toString(16).padStart(2, "0"));
      const view = exactly(b);
      assertEquals(
        written((w) => w.octets(view, 0, b.length)),
        hex.join(""),
      );
      const writer = new Writer(0);
      writer.copy(b, 0, b.length);
      assertEquals(writer.bytes.subarray(0, writer.length), b);
    }),
  );
});

Deno.test("Writer.escaped is what JSON.parse reads back", () => {
  fc.assert(fc.property(fc.uint8Array(), (b) => {
    const view = exactly(b);
    const text = written((w) => {
      w.byte(0x22);
      w.escaped(view, 0, b.length);
      w.byte(0x22);
    });
    assertEquals(JSON.parse(text), String.fromCharCode(...b));
  }));
});

Deno.test("A95 Writer.escaped hands no control character to a terminal", () => {
  const b = Uint8Array.from({ length: 256 }, (_, octet) => octet);
  const text = written((w) => w.escaped(exactly(b), 0, 256));
  assert(!/\p{Cc}/u.test(text), text);
});
