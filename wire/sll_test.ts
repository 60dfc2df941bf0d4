import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import * as sll from "./sll.ts";
import { octets } from "./_oracle_test_util.ts";
import { exactly, readAll } from "./_property_test_util.ts";

Deno.test("sll.View reads each field where LINKTYPE_LINUX_SLL has it", () => {
  const header = new sll.View(
    exactly(
      octets("0004" + "0001" + "0006" + "0200000000010000" + "0800" + "45"),
    ),
  );
  assertEquals(header.check(), undefined);
  assertEquals(readAll(header), {
    packetType: sll.PacketType.OUTGOING,
    deviceType: sll.DeviceType.ETHERNET,
    addressLength: 6,
    addressStart: 6,
    addressEnd: 12,
    protocol: 0x0800,
    payloadStart: 16,
    payloadEnd: 17,
  });
});

Deno.test("sll.View2 reads each field where LINKTYPE_LINUX_SLL2 has it", () => {
  const header = new sll.View2(
    exactly(
      octets(
        "86dd" + "0000" + "00000003" + "0304" + "02" + "06" +
          "0200000000010000" + "60",
      ),
    ),
  );
  assertEquals(header.check(), undefined);
  assertEquals(readAll(header), {
    protocol: 0x86dd,
    interfaceIndex: 3,
    deviceType: sll.DeviceType.LOOPBACK,
    packetType: sll.PacketType.MULTICAST,
    addressLength: 6,
    addressStart: 12,
    addressEnd: 18,
    payloadStart: 20,
    payloadEnd: 21,
  });
});

Deno.test("sll reads what tcpdump wrote of an echo request on the loopback device", () => {
  const one = new sll.View(
    exactly(octets("0000" + "0304" + "0006" + "0000000000000000" + "0800")),
  );
  const two = new sll.View2(
    exactly(
      octets(
        "0800" + "0000" + "00000001" + "0304" + "00" + "06" +
          "0000000000000000",
      ),
    ),
  );
  for (const header of [one, two]) {
    assertEquals(header.check(), undefined);
    assertEquals(
      [header.packetType, header.deviceType, header.addressLength],
      [sll.PacketType.HOST, sll.DeviceType.LOOPBACK, 6],
    );
    assertEquals(header.protocol, 0x0800);
  }
  assertEquals(two.interfaceIndex, 1);
});

Deno.test("sll refuses headers that are cut, and keeps addresses inside", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 30 }), (bytes) => {
    const one = new sll.View(exactly(bytes));
    assertEquals(one.check(), bytes.length < 16 ? "truncated" : undefined);
    const two = new sll.View2(exactly(bytes));
    assertEquals(two.check(), bytes.length < 20 ? "truncated" : undefined);
    for (const header of [one, two]) {
      if (header.check() !== undefined) continue;
      readAll(header);
      assert(header.addressEnd <= header.payloadStart);
      assert(header.payloadStart <= header.payloadEnd);
    }
  }));
});

Deno.test("nameOfPacketType() names what Linux knows", () => {
  assertEquals(sll.nameOfPacketType(3), "other host");
  assertEquals(sll.nameOfPacketType(7), "type 7");
});
