import { assertEquals } from "@std/assert";
import fc from "fast-check";
import * as crc32c from "./crc32c.ts";
import { octets } from "./_oracle_test_util.ts";
import { exactly, word } from "./_property_test_util.ts";

const count = Array.from({ length: 32 }, (_, i) => i);
// RFC 3720 appendix B.4; the check as it is sent, first octet first.
for (
  const [what, data, sent] of [
    ["32 octets of zeros", new Uint8Array(32), "aa36918a"],
    ["32 octets of ones", new Uint8Array(32).fill(0xff), "43aba862"],
    ["32 octets counting up", count, "4e79dd46"],
    ["32 octets counting down", count.toReversed(), "5cdb3f11"],
    [
      "an iSCSI SCSI Read (10) command",
      octets(
        "01c00000" + "00000000" + "00000000" + "00000000" + "14000000" +
          "00000400" + "00000014" + "00000018" + "28000000" + "00000000" +
          "02000000" + "00000000",
      ),
      "563a96d9",
    ],
    ["nothing", [], "00000000"],
    // The check value of the catalogue of parametrised CRC algorithms.
    ["the digits 1 to 9", octets("313233343536373839"), "839206e3"],
  ] as const
) {
  Deno.test(`crc() of ${what} is ${sent} (RFC 3720 appendix B.4)`, () => {
    const view = exactly(data);
    const check = exactly(new Uint8Array(4));
    check.setInt32(0, crc32c.crc(view, 0, view.byteLength), true);
    assertEquals(check, exactly(octets(sent)));
  });
}

/** A bit at a time, as the polynomial is divided by. */
function slow(view: DataView, start: number, length: number): number {
  let rest = -1;
  for (let at = start; at < start + length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const odd = (rest ^ view.getUint8(at) >>> bit) & 1;
      rest = rest >>> 1 ^ (odd ? 0x82f63b78 : 0);
    }
  }
  return ~rest;
}

Deno.test("crc() agrees with a division bit by bit, and in pieces", () => {
  fc.assert(fc.property(
    fc.uint8Array({ maxLength: 100 }),
    fc.nat(100),
    fc.nat(100),
    (bytes, start, cut) => {
      const view = exactly(bytes);
      start = Math.min(start, bytes.length);
      const length = bytes.length - start;
      const whole = crc32c.crc(view, start, length);
      assertEquals(whole, slow(view, start, length));
      cut = Math.min(cut, length);
      const first = crc32c.crc(view, start, cut);
      assertEquals(crc32c.crc(view, start + cut, length - cut, first), whole);
    },
  ));
});

Deno.test("crc() finds any burst of errors of 32 bits", () => {
  fc.assert(fc.property(
    fc.uint8Array({ minLength: 8, maxLength: 60 }),
    fc.nat(56),
    word.filter((mask) => mask !== 0),
    (bytes, at, mask) => {
      const view = exactly(bytes);
      at = Math.min(at, bytes.length - 4);
      const right = crc32c.crc(view, 0, bytes.length);
      view.setInt32(at, view.getInt32(at) ^ mask);
      assertEquals(crc32c.crc(view, 0, bytes.length) === right, false);
    },
  ));
});
