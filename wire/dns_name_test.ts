import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import fc from "fast-check";
import * as dns from "./dns.ts";
import { octets } from "./_oracle_test_util.ts";
import { anyName } from "./_dns_test_util.ts";
import { exactly } from "./_property_test_util.ts";

/** The name at `at` of a message given as hexadecimal text behind a header. */
function name(hex: string, at = 12): dns.Name {
  const view = exactly([...new Uint8Array(12), ...octets(hex)]);
  return new dns.Name().wrap(view, 0, view.byteLength, at);
}

// RFC 1035 section 4.1.4: F.ISI.ARPA at 20, FOO.F.ISI.ARPA at 40, ARPA at 64,
// and the root at 92.
const RFC_1035 = (() => {
  const message = new Uint8Array(93);
  message.set(octets("0146034953490441525041" + "00"), 20);
  message.set(octets("03464f4fc014"), 40);
  message.set(octets("c01a"), 64);
  return exactly(message);
})();

for (
  const [at, text, after, length] of [
    [20, "F.ISI.ARPA.", 32, 12],
    [40, "FOO.F.ISI.ARPA.", 46, 16],
    [64, "ARPA.", 66, 6],
    [92, ".", 93, 1],
  ] as const
) {
  Deno.test(`Name reads ${text} in the message of RFC 1035 section 4.1.4`, () => {
    const found = new dns.Name().wrap(RFC_1035, 0, 93, at);
    assertEquals(found.check(), undefined);
    assertEquals(`${found}`, text);
    assertEquals([found.after, found.length], [after, length]);
    assert(found.matches(dns.parseName(text.toLowerCase())));
  });
}

const LABEL = "3f" + "61".repeat(63);

for (
  const [why, hex, reason] of [
    ["is missing", "", "truncated"],
    ["ends within a label", "0361", "truncated"],
    ["has no root", "0161", "truncated"],
    ["ends within a pointer", "0161c0", "truncated"],
    ["points at itself", "c00c", "malformed"],
    ["points at its own first label", "0161c00c", "malformed"],
    ["points forward", "c00e00", "malformed"],
    ["points into the header", "c00b", "malformed"],
    ["points at the first octet of the message", "c000", "malformed"],
    ["points beyond the message", "ffff", "malformed"],
    ["has a label of 64 octets", "40" + "61".repeat(64) + "00", "malformed"],
    ["has a label of kind 2", "80" + "00".repeat(10), "malformed"],
    [
      "has 257 octets",
      LABEL.repeat(3) + "3f" + "61".repeat(63) + "00",
      "malformed",
    ],
    ["is the root", "00", ""],
  ] as const
) {
  Deno.test(`A14 dns.Name.check() finds ${reason || "nothing"} when a name ${why}`, () => {
    assertEquals(name(hex).check() ?? "", reason);
  });
}

Deno.test("A14 dns.Name.check() takes 255 octets and refuses 256", () => {
  const longest = LABEL.repeat(3) + "3d" + "61".repeat(61) + "00";
  assertEquals(name(longest).check(), undefined);
  assertEquals(
    name(LABEL.repeat(3) + "3e" + "61".repeat(62) + "00").check(),
    "malformed",
  );
});

Deno.test("A14 dns.Name.check() refuses two pointers that lead to each other", () => {
  // At 12 "a" and a pointer to 16, at 16 "b" and a pointer to 12.
  assertEquals(name("0161c0100162c00c").check(), "malformed");
  assertEquals(name("0161c0100162c00c", 16).check(), "malformed");
});

Deno.test("A14 dns.Name.check() follows 32 pointers and refuses 33", () => {
  // A root, and behind it pointers, each to the one in front.
  const view = exactly(new Uint8Array(14 + 2 * 40));
  for (let i = 1; i <= 40; i++) {
    view.setUint16(12 + 2 * i, 0xc000 | (10 + 2 * i));
  }
  const found = new dns.Name();
  const end = view.byteLength;
  for (let i = 1; i <= 40; i++) {
    const reason = found.wrap(view, 0, end, 12 + 2 * i).check();
    assertEquals(reason, i <= 32 ? undefined : "malformed", `${i}`);
  }
});

Deno.test("Name.equals() looks through compression and case (RFC 4343)", () => {
  // At 12 "www.Example", at 25 "WWW" and a pointer to "Example", at 31 "ww".
  const hex = "03777777074578616d706c6500" + "03575757c010" + "027777c010";
  const [one, other, third] = [name(hex), name(hex, 25), name(hex, 31)];
  for (const each of [one, other, third]) {
    assertEquals(each.check(), undefined);
  }
  assert(one.equals(other));
  assert(other.equals(one));
  assert(one.equals(one));
  assertFalse(one.equals(third));
});

Deno.test("Name.matches() and equalNames() fold letters of ASCII alone", () => {
  const found = name("035a5b4000");
  found.check();
  assert(found.matches(octets("037a5b4000")));
  assertFalse(found.matches(octets("035a7b4000")));
  assertFalse(found.matches(octets("035a5b6000")));
  assertFalse(found.matches(octets("035a5b")));
  assertFalse(found.matches(octets("")));
  assert(dns.equalNames(octets("0141025a7a00"), octets("0161027a5a00")));
  assertFalse(dns.equalNames(octets("01c100"), octets("01e100")));
  assertFalse(dns.equalNames(octets("0141"), octets("0141")));
});

Deno.test("Name.isWithin() compares whole labels", () => {
  const found = name("0377777708" + "6578616d706c6531" + "05" + "6c6f63616c00");
  assertEquals(found.check(), undefined);
  assertEquals(`${found}`, "www.example1.local.");
  for (const text of ["LOCAL", "example1.local", "www.example1.local", "."]) {
    assert(found.isWithin(dns.parseName(text)), text);
  }
  for (const text of ["ocal", "xample1.local", "a.www.example1.local"]) {
    assertFalse(found.isWithin(dns.parseName(text)), text);
  }
});

Deno.test("Name.copy() says -1 when there is no room", () => {
  const found = new dns.Name().wrap(RFC_1035, 0, 93, 40);
  found.check();
  const to = new Uint8Array(17);
  assertEquals(found.copy(to, 2), -1);
  assertEquals(found.copy(to, 1), 16);
  assertEquals(dns.formatName(to, 1), "FOO.F.ISI.ARPA.");
});

for (
  const [text, hex, canonical] of [
    [".", "00", "."],
    ["com", "03636f6d00", "com."],
    ["a.b.", "016101620000".slice(0, 10), "a.b."],
    ["a\\.b.c", "03612e62016300", "a\\.b.c."],
    ["\\000\\255\\032", "0300ff2000", "\\000\\255\\032."],
    ['\\\\\\"\\;', "035c223b00", '\\\\\\"\\;.'],
    ["a\\046b", "03612e6200", "a\\.b."],
    ["x" + ".y".repeat(126), "0178" + "0179".repeat(126) + "00", undefined],
    ["a".repeat(63), LABEL + "00", undefined],
  ] as const
) {
  Deno.test(`parseName() reads ${text.slice(0, 20)} (RFC 1035 section 5.1)`, () => {
    assertEquals(dns.parseName(text), octets(hex));
    assertEquals(dns.formatName(octets(hex)), canonical ?? `${text}.`);
  });
}

for (
  const [why, text, position] of [
    ["is empty", "", 0],
    ["has an empty label", "a..b", 2],
    ["begins with a dot", ".a", 0],
    ["ends with two dots", "a..", 2],
    ["has a label of 64 octets", "b." + "a".repeat(64), 65],
    ["has 128 labels", "a." + "a.".repeat(127), 254],
    ["has a letter beyond ASCII", "b\u00fccher", 1],
    ["has a blank", "a b", 1],
    ["ends with a backslash", "a\\", 1],
    ["escapes one digit", "a\\1b", 1],
    ["escapes 256", "\\256", 0],
    ["escapes a letter beyond ASCII", "a\\\u00fc", 1],
  ] as const
) {
  Deno.test(`parseName() throws NameError when the text ${why}`, () => {
    const error = assertThrows(() => dns.parseName(text), dns.NameError);
    assertEquals(error.position, position);
    assertEquals(dns.tryParseName(text), undefined);
  });
}

Deno.test("parseName() of what formatName() wrote is the same name", () => {
  fc.assert(fc.property(anyName, fc.nat(9), (octets, at) => {
    const shifted = Uint8Array.from([...new Uint8Array(at), ...octets]);
    const text = dns.formatName(shifted, at);
    assertEquals(dns.parseName(text), octets);
    assertEquals(dns.nameLength(shifted, at), octets.length);
  }));
});

Deno.test("parseName() ends on any text, with a name or a NameError", () => {
  fc.assert(fc.property(fc.string({ maxLength: 400 }), (text) => {
    const octets = dns.tryParseName(text);
    if (octets !== undefined) {
      assertEquals(dns.nameLength(octets), octets.length);
      assertEquals(dns.parseName(dns.formatName(octets)), octets);
    }
  }));
});

Deno.test("A14 dns.Name reads nothing outside any octets", () => {
  const found = new dns.Name();
  const to = new Uint8Array(255);
  // Octets of which names are made more often than by chance.
  const octet = fc.oneof(fc.nat(255), fc.nat(4), fc.constant(0xc0));
  fc.assert(
    fc.property(fc.array(octet, { maxLength: 60 }), fc.nat(60), (all, at) => {
      const view = exactly(all);
      found.wrap(view, 0, view.byteLength, at);
      const reason = found.check();
      // Even a name that was not checked ends.
      `${found}`;
      if (reason !== undefined) return;
      assert(found.after <= view.byteLength && found.length <= 255);
      assertEquals(found.copy(to), found.length);
      assertEquals(dns.formatName(to), `${found}`);
      assert(found.matches(to) && found.isWithin(to));
    }),
    { numRuns: 2000 },
  );
});
