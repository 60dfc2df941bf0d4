import { assertEquals } from "@std/assert";
import {
  FAMILY_LENGTH,
  headerOf,
  LinkType,
  nameOf,
  versionOfFamily,
} from "./linktype.ts";
import { exactly } from "./_property_test_util.ts";

Deno.test("headerOf() and nameOf() know every link type of the table", () => {
  assertEquals(
    Object.values(LinkType).map((type) => [type, nameOf(type), headerOf(type)]),
    [
      [0, "NULL", "family"],
      [1, "ETHERNET", "ethernet"],
      [12, "RAW", "ip"],
      [14, "RAW", "ip"],
      [101, "RAW", "ip"],
      [108, "LOOP", "family"],
      [113, "LINUX_SLL", "sll"],
      [228, "IPV4", "ipv4"],
      [229, "IPV6", "ipv6"],
      [276, "LINUX_SLL2", "sll2"],
    ],
  );
  assertEquals([nameOf(127), headerOf(127)], ["127", undefined]);
});

for (
  const [octets, version] of [
    [[0, 0, 0, 2], 4],
    [[2, 0, 0, 0], 4],
    [[0, 0, 0, 10], 6],
    [[0, 0, 0, 24], 6],
    [[28, 0, 0, 0], 6],
    [[30, 0, 0, 0], 6],
    [[0, 0, 0, 7], 0],
    [[1, 2, 3, 4], 0],
    [[0, 0, 2], 0],
    [[], 0],
  ] as const
) {
  Deno.test(`versionOfFamily() is ${version} for [${octets}]`, () => {
    assertEquals(versionOfFamily(exactly(octets), 0, octets.length), version);
    if (octets.length === FAMILY_LENGTH) {
      assertEquals(versionOfFamily(exactly(octets), 0, 3), 0);
    }
  });
}
