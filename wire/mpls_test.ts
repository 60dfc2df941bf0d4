import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import * as mpls from "./mpls.ts";
import { octets } from "./_oracle_test_util.ts";
import { exactly, octetsOf, word } from "./_property_test_util.ts";

Deno.test("mpls.Stack reads entries down to the bottom (RFC 3032 section 2.1)", () => {
  const view = exactly(octets("fffff001" + "00064bff" + "45000000"));
  const stack = new mpls.Stack().wrap(view, 0, 12);
  assert(stack.next());
  assertEquals(
    [stack.label, stack.trafficClass, stack.bottom, stack.ttl],
    [0xfffff, 0, false, 1],
  );
  assert(stack.next());
  assertEquals(
    [stack.label, stack.trafficClass, stack.bottom, stack.ttl],
    [100, 5, true, 255],
  );
  assertFalse(stack.next());
  assertFalse(stack.next());
  assertEquals([stack.payloadStart, stack.reason], [8, undefined]);
  assertEquals(mpls.versionBehind(view, stack.payloadStart, 12), 4);
});

for (
  const [hex, entries] of [["", 0], ["000640", 0], [
    "00064001" + "0006",
    1,
  ]] as const
) {
  Deno.test(`mpls.Stack is truncated where ${hex.length / 2} octets end above the bottom`, () => {
    const view = exactly(octets(hex));
    const stack = new mpls.Stack().wrap(view, 0, view.byteLength);
    let found = 0;
    while (stack.next()) found++;
    assertEquals([found, stack.reason], [entries, "truncated"]);
    assertFalse(stack.next());
  });
}

Deno.test("mpls.Stack at nothing finds nothing", () => {
  assertFalse(new mpls.Stack().next());
});

for (
  const [first, version] of [[0x45, 4], [0x60, 6], [0x00, 0], [
    0x10,
    0,
  ]] as const
) {
  Deno.test(`versionBehind() is ${version} for ${first} (RFC 4928 section 3)`, () => {
    assertEquals(mpls.versionBehind(exactly([first]), 0, 1), version);
    assertEquals(mpls.versionBehind(exactly([first]), 1, 1), 0);
  });
}

Deno.test("mpls.Repr.parse() of what Repr.emit() wrote is the same, and the other way", () => {
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 9 }), (words) => {
      const view = exactly(new Uint8Array(4 * words.length));
      words.forEach((entry, i) => {
        const last = i === words.length - 1;
        view.setInt32(4 * i, last ? entry | 0x100 : entry & ~0x100);
      });
      const copy = exactly(new Uint8Array(view.byteLength));
      const stack = new mpls.Stack().wrap(view, 0, view.byteLength);
      const repr = new mpls.Repr();
      const again = new mpls.Repr();
      let at = 0;
      for (; stack.next(); at += repr.bufferLength) {
        repr.parse(stack);
        repr.emit(copy, at);
        const other = new mpls.Stack().wrap(copy, at, at + 4);
        assert(other.next());
        again.parse(other);
        assertEquals(again, repr);
      }
      assertEquals([at, stack.reason], [view.byteLength, undefined]);
      assertEquals(octetsOf(copy), octetsOf(view));
    }),
  );
});
