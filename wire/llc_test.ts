import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import * as llc from "./llc.ts";
import { octets } from "./_oracle_test_util.ts";
import { exactly, octetsOf, readAll } from "./_property_test_util.ts";

Deno.test("llc.View reads the header of a spanning tree message", () => {
  // tcpdump-802.1D_spanning_tree.pcap, frame 1.
  const header = new llc.View(exactly(octets("424203" + "0000")));
  assertEquals(header.check(), undefined);
  assertFalse(header.hasSnap);
  assertFalse(header.isEncapsulated);
  assertEquals(
    [header.destinationSap, header.sourceSap, header.control],
    [llc.Sap.SPANNING_TREE, llc.Sap.SPANNING_TREE, llc.UNNUMBERED],
  );
  assertEquals([header.payloadStart, header.payloadEnd], [3, 5]);
});

Deno.test("llc.View reads SNAP where RFC 1042 has it", () => {
  const header = new llc.View(
    exactly(octets("aaaa03" + "000000" + "0806" + "00")),
  );
  assertEquals(header.check(), undefined);
  assertEquals(readAll(header), {
    destinationSap: 0xaa,
    sourceSap: 0xaa,
    controlLength: 1,
    control: 3,
    hasSnap: true,
    oui: 0,
    etherType: 0x0806,
    isEncapsulated: true,
    isRaw: false,
    headerLength: 8,
    payloadStart: 8,
    payloadEnd: 9,
  });
  // tcpdump-LLDP_and_CDP.pcap, frame 1: a type of another organization.
  header.wrap(exactly(octets("aaaa03" + "00000c" + "2000")), 0, 8);
  assertEquals([header.check(), header.oui, header.etherType], [
    undefined,
    0x0c,
    0x2000,
  ]);
  assertFalse(header.isEncapsulated);
  header.oui = llc.OUI_TUNNEL;
  header.etherType = 0x8137;
  assert(header.isEncapsulated);
  assertEquals(octetsOf(header.view), octets("aaaa03" + "0000f8" + "8137"));
});

Deno.test("llc.View reads and writes control fields of one octet and of two", () => {
  const header = new llc.View(exactly(octets("fefe0102" + "ff")));
  assertEquals(header.check(), undefined);
  assertEquals([header.control, header.controlLength], [0x0201, 2]);
  assertEquals(header.payloadStart, 4);
  header.control = 0x7f;
  assertEquals([header.control, header.payloadStart], [0x7f, 3]);
  header.control = 0xfe04;
  assertEquals(octetsOf(header.view), octets("fefe04fe" + "ff"));
  header.destinationSap = header.sourceSap = llc.Sap.GLOBAL;
  assert(header.isRaw);
});

for (
  const [what, hex, reason] of [
    ["nothing", "", "truncated"],
    ["two octets", "4242", "truncated"],
    ["three", "424203", undefined],
    ["three where the control field has two", "424200", "truncated"],
    ["four where the control field has two", "42420000", undefined],
    ["SNAP without a type", "aaaa0300000008", "truncated"],
    ["SNAP and nothing behind it", "aaaa030000000806", undefined],
    ["SNAP behind two octets of control", "aaaa000000000008", "truncated"],
    ["all of that", "aaaa00000000000806", undefined],
  ] as const
) {
  Deno.test(`llc.View.check() finds ${reason ?? "nothing"} in ${what}`, () => {
    const view = exactly(octets(hex));
    assertEquals(new llc.Packet().parse(view, 0, view.byteLength), reason);
  });
}

Deno.test("llc.Repr.parse() of what Repr.emit() wrote is the same", () => {
  fc.assert(fc.property(
    fc.nat(0x7f),
    fc.nat(0x7f),
    fc.boolean(),
    fc.nat(0xffff),
    fc.option(fc.tuple(fc.nat(0xffffff), fc.nat(0xffff)), { nil: undefined }),
    fc.nat(9),
    (destinationSap, sourceSap, unnumbered, control, snap, at) => {
      const repr = Object.assign(new llc.Repr(), {
        control: unnumbered ? control & 0xff | 3 : control & 0xfffe,
        ...(snap === undefined
          ? { destinationSap, sourceSap }
          : { snap: true, oui: snap[0], etherType: snap[1] }),
      });
      const view = exactly(new Uint8Array(at + repr.bufferLength));
      repr.emit(view, at);
      const packet = new llc.Packet();
      assertEquals(packet.parse(view, at, view.byteLength), undefined);
      assertEquals(packet.repr, repr);
      assertEquals(packet.payloadStart, view.byteLength);
      assertEquals(packet.payloadEnd, view.byteLength);
    },
  ));
});

Deno.test("llc.Repr.emit() of what Repr.parse() read is the same, and nothing is read outside", () => {
  fc.assert(fc.property(
    fc.uint8Array({ maxLength: 12 }),
    fc.boolean(),
    (bytes, snap) => {
      if (snap && bytes.length > 1) bytes.set([0xaa, 0xaa]);
      const packet = new llc.Packet();
      if (packet.parse(exactly(bytes), 0, bytes.length) !== undefined) return;
      if (packet.view.hasSnap) readAll(packet.view);
      const view = exactly(new Uint8Array(packet.repr.bufferLength));
      packet.repr.emit(view, 0);
      assertEquals(octetsOf(view), bytes.slice(0, packet.payloadStart));
    },
  ));
});

Deno.test("nameOfSap() names what is assigned", () => {
  assertEquals(llc.nameOfSap(llc.Sap.SPANNING_TREE), "STP");
  assertEquals(llc.nameOfSap(6), "0x06");
});
