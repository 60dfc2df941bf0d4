import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import * as wireguard from "./wireguard.ts";
import { octets } from "./_oracle_test_util.ts";
import { exactly, octetsOf, readAll } from "./_property_test_util.ts";

/** A message that begins so and has so many octets. */
function message(hex: string, length: number): DataView {
  const view = exactly(new Uint8Array(length));
  octetsOf(view).set(octets(hex).subarray(0, length));
  return view;
}

for (
  const [name, hex, length, fields] of [
    ["handshake initiation", "01000000" + "04030201" + "ff", 148, {
      type: 1,
      senderIndex: 0x01020304,
      receiverIndex: 0,
      counterLow: 0,
      counterHigh: 0,
      ephemeralStart: 8,
      mac1Start: 116,
      nonceStart: 8,
      payloadStart: 8,
      payloadEnd: 148,
    }],
    ["handshake response", "02000000" + "040302ff" + "08070605" + "ff", 92, {
      type: 2,
      senderIndex: 0xff020304,
      receiverIndex: 0x05060708,
      counterLow: 0,
      counterHigh: 0,
      ephemeralStart: 12,
      mac1Start: 60,
      nonceStart: 8,
      payloadStart: 12,
      payloadEnd: 92,
    }],
    ["cookie reply", "03000000" + "08070605" + "ff", 64, {
      type: 3,
      senderIndex: 0,
      receiverIndex: 0x05060708,
      counterLow: 0,
      counterHigh: 0,
      ephemeralStart: 12,
      mac1Start: 32,
      nonceStart: 8,
      payloadStart: 8,
      payloadEnd: 64,
    }],
    [
      "transport data",
      "04000000" + "08070605" + "010203f4" + "05060708" + "ff",
      32,
      {
        type: 4,
        senderIndex: 0,
        receiverIndex: 0x05060708,
        counterLow: 0xf4030201,
        counterHigh: 0x08070605,
        ephemeralStart: 12,
        mac1Start: 0,
        nonceStart: 8,
        payloadStart: 16,
        payloadEnd: 32,
      },
    ],
  ] as const
) {
  Deno.test(`View reads each field of a ${name} (section 5.4 of the paper)`, () => {
    const view = new wireguard.View(message(hex, length));
    assertEquals(view.check(), undefined);
    assertEquals(readAll(view), fields);
    assertEquals(wireguard.nameOf(view.type), name);
  });

  Deno.test(`wireguard.View.check() refuses any other length of a ${name}`, () => {
    for (let other = 0; other < 200; other++) {
      const reason = new wireguard.View(message(hex, other)).check();
      const right = other === length || (fields.type === 4 && other > length);
      assertEquals(
        reason,
        right ? undefined : other < 4 ? "truncated" : "length",
        `${other}`,
      );
    }
  });

  Deno.test(`wireguard.View.check() refuses a ${name} with a reserved octet that is not 0`, () => {
    for (let at = 1; at < 4; at++) {
      const view = message(hex, length);
      view.setUint8(at, 1);
      assertEquals(new wireguard.View(view).check(), "malformed");
    }
  });
}

Deno.test("wireguard.View.check() refuses types that the paper does not have", () => {
  for (const type of [0, 5, 255]) {
    const view = message("", 148);
    view.setUint8(0, type);
    assertEquals(new wireguard.View(view).check(), "unsupported");
  }
  assertEquals(wireguard.nameOf(0), "type 0");
  assertEquals(wireguard.nameOf(5), "type 5");
});

const long = fc.nat(0xffff_ffff);
const anyHeader = fc
  .tuple(fc.integer({ min: 1, max: 4 }), long, long, long, long, fc.nat(50))
  .map(([type, sender, receiver, low, high, more]) =>
    Object.assign(new wireguard.Repr(), {
      type,
      senderIndex: type <= 2 ? sender : 0,
      receiverIndex: type >= 2 ? receiver : 0,
      counterLow: type === 4 ? low : 0,
      counterHigh: type === 4 ? high : 0,
      payloadLength: [140, 80, 56, 16 + more][type - 1]!,
    })
  );

Deno.test("wireguard.Repr.parse() of what emit() wrote is the same, and written again as well", () => {
  fc.assert(fc.property(anyHeader, fc.nat(9), (repr, at) => {
    const view = exactly(new Uint8Array(at + repr.bufferLength).fill(0xa5));
    repr.emit(view, at);
    const packet = new wireguard.Packet();
    assertEquals(packet.parse(view, at, view.byteLength), undefined);
    assertEquals(packet.repr, repr);
    assertEquals(packet.payloadEnd - packet.payloadStart, repr.payloadLength);
    const copy = exactly(new Uint8Array(view.byteLength).fill(0xa5));
    packet.repr.emit(copy, at);
    assertEquals(octetsOf(copy), octetsOf(view));
  }));
});

Deno.test("wireguard.View reads nothing outside any octets", () => {
  const lengths = fc.oneof(fc.nat(200), fc.constantFrom(32, 64, 92, 148));
  fc.assert(fc.property(lengths, fc.nat(5), (length, type) => {
    const view = exactly(new Uint8Array(length).fill(0xff));
    if (length >= 4) view.setUint32(0, type, true);
    const packet = new wireguard.View(view);
    if (packet.check() !== undefined) return;
    readAll(packet);
    assert(packet.payloadStart <= packet.payloadEnd);
  }));
});
