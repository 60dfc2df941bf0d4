import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import * as vxlan from "./vxlan.ts";
import {
  captures,
  cases,
  conformanceTest,
  octets,
} from "./_oracle_test_util.ts";
import { exactly, octetsOf, readAll } from "./_property_test_util.ts";

Deno.test("View reads and writes each field where RFC 7348 section 5 has it", () => {
  const packet = new vxlan.View(exactly(octets("0800000000002a00ffff")));
  assertEquals(packet.check(), undefined);
  assertEquals(readAll(packet), {
    flags: 8,
    hasVni: true,
    gpeVersion: 0,
    hasNextProtocol: false,
    isBroadcast: false,
    isOam: false,
    nextProtocol: vxlan.NextProtocol.ETHERNET,
    vni: 42,
    payloadStart: 8,
    payloadEnd: 10,
  });
  const copy = new vxlan.View(exactly(new Uint8Array(8).fill(0x5a)));
  copy.flags = 8;
  copy.vni = 0xfffffe;
  assertEquals(copy.vni, 0xfffffe);
  assertEquals(octetsOf(copy.view), octets("085a5a5afffffe5a"));
});

Deno.test("View reads flags and next protocol of GPE", () => {
  const packet = new vxlan.View(exactly(octets("3f00000201020300")));
  const { gpeVersion, isBroadcast, isOam, nextProtocol, vni } = packet;
  assertEquals(
    { gpeVersion, isBroadcast, isOam, nextProtocol, vni },
    {
      gpeVersion: 3,
      isBroadcast: true,
      isOam: true,
      nextProtocol: vxlan.NextProtocol.IPV6,
      vni: 0x010203,
    },
  );
});

for (
  const [why, hex, reason] of [
    ["is empty", "", "truncated"],
    ["has seven octets", "08000000000000", "truncated"],
    ["is a header alone", "0800000000000000", undefined],
    [
      "has no valid identifier (RFC 7348 section 5)",
      "00".repeat(8),
      "malformed",
    ],
    ["sets reserved bits (RFC 7348 section 5)", "fbffffff000001ff", undefined],
    ["is of GPE", "0c00000100000100", undefined],
    ["is of another version of GPE", "1c00000100000100", "unsupported"],
  ] as const
) {
  Deno.test(`vxlan.Packet.parse() finds ${reason ?? "nothing"} when the packet ${why}`, () => {
    const view = exactly(octets(hex));
    const packet = new vxlan.Packet();
    assertEquals(packet.parse(view, 0, view.byteLength), reason);
    if (reason === undefined) {
      assertEquals(packet.payloadStart, packet.payloadEnd);
    }
  });
}

const anyHeader = fc.record({
  vni: fc.nat(0xffffff),
  nextProtocol: fc.nat(255),
  isBroadcast: fc.boolean(),
  isOam: fc.boolean(),
  payloadLength: fc.nat(30),
}).map((fields) => {
  const gpe = fields.nextProtocol > 0;
  return Object.assign(new vxlan.Repr(), fields, {
    isBroadcast: gpe && fields.isBroadcast,
    isOam: gpe && fields.isOam,
  });
});

Deno.test("vxlan.Repr.parse() of what emit() wrote is the same, and written again as well", () => {
  fc.assert(fc.property(anyHeader, fc.nat(9), (repr, at) => {
    const view = exactly(new Uint8Array(at + repr.bufferLength));
    repr.emit(view, at);
    const packet = new vxlan.Packet();
    assertEquals(packet.parse(view, at, view.byteLength), undefined);
    assertEquals(packet.repr, repr);
    const copy = exactly(new Uint8Array(view.byteLength));
    packet.repr.emit(copy, at);
    assertEquals(octetsOf(copy), octetsOf(view));
  }));
});

Deno.test("vxlan.View reads nothing outside any octets", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 12 }), (bytes) => {
    const view = exactly(bytes);
    const packet = new vxlan.View(view);
    if (packet.check() === undefined) readAll(packet);
    new vxlan.Packet().parse(view, 0, view.byteLength);
  }));
});

conformanceTest("vxlan.Packet finds the frame that the oracle finds", () => {
  let compared = 0;
  for (const capture of captures()) {
    for (const { name, view, frame } of cases(capture)) {
      for (const [i, layer] of frame.layers.entries()) {
        if (layer.l !== "vxlan") continue;
        const packet = new vxlan.Packet();
        assertEquals(
          packet.parse(view, layer.off, view.byteLength),
          undefined,
          name,
        );
        const inner = frame.layers[i + 1];
        if (inner === undefined) continue;
        assertEquals(inner.l, "eth", name);
        assertEquals(packet.payloadStart, inner.off, name);
        compared++;
      }
    }
  }
  assert(compared >= 10, `${compared} packets compared`);
});
