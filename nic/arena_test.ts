import { assert, assertEquals, assertThrows } from "@std/assert";
import { Memory } from "@ethox/managed/memory";
import * as fc from "fast-check";
import { assertSteady } from "./_steady_test_util.ts";
import {
  Arena,
  ArenaError,
  ETHERNET_HEADROOM,
  IP_HEADROOM,
  SLOT_SIZE,
} from "./arena.ts";
import { BASELINE } from "./capabilities.ts";
import type { Packet } from "./packet.ts";

Deno.test("Arena cuts equal slots, one after the other", () => {
  const { packets, memory, slotSize, headroom } = new Arena({ slots: 3 });
  assertEquals([slotSize, headroom], [SLOT_SIZE, ETHERNET_HEADROOM]);
  assertEquals(packets.map(({ index }) => index), [0, 1, 2]);
  assertEquals(packets.map(({ base }) => base), [0, 2048, 4096]);
  assertEquals(packets.map(({ limit }) => limit), [2048, 4096, 6144]);
  assertEquals(packets.map(({ origin }) => origin), [66, 2114, 4162]);
  for (const packet of packets) {
    assert(packet.memory === memory);
    assert(packet.info.capabilities === BASELINE);
    assertEquals(packet.length, 0);
  }
});

Deno.test("Arena leaves IP headers 16-aligned and room for a virtio header", () => {
  for (const { origin } of new Arena({ slots: 4 }).packets) {
    assertEquals((origin + 14) % 16, 0);
  }
  const bare = new Arena({ slots: 4, headroom: IP_HEADROOM });
  for (const { origin } of bare.packets) assertEquals(origin % 16, 0);
  // 12 octets, and Ethernet, IPv4 and ICMP around an answer.
  assert(ETHERNET_HEADROOM >= 12 + 20 + 8);
});

Deno.test("Arena hands out each slot once, the one given back last first", () => {
  const arena = new Arena({ slots: 4 });
  const all = [1, 2, 3, 4].map(() => arena.acquire()!);
  assertEquals(new Set(all).size, 4);
  assertEquals(arena.available, 0);
  assertEquals(arena.acquire(), undefined);
  assertEquals(arena.available, 0);
  arena.release(all[2]!);
  arena.release(all[0]!);
  assertEquals(arena.available, 2);
  assert(arena.acquire() === all[0]);
  assert(arena.acquire() === all[2]);
  assertEquals(arena.acquire(), undefined);
});

Deno.test("Arena takes no slot back twice, and none of another", () => {
  const arena = new Arena({ slots: 2 });
  const packet = arena.acquire()!;
  arena.release(packet);
  assertThrows(() => arena.release(packet), ArenaError, "slot 0");
  const other = new Arena({ slots: 2 }).acquire()!;
  arena.acquire();
  arena.acquire();
  assertThrows(() => arena.release(other), ArenaError, "not taken");
  assertEquals(arena.available, 0);
});

Deno.test("Arena neither leaks nor doubles a slot in any order of use", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.array(fc.nat(15), { maxLength: 60 }),
      (slots, steps) => {
        const arena = new Arena({ slots, slotSize: 16, headroom: 0 });
        const held: Packet[] = [];
        for (const step of steps) {
          if (step >= 8) {
            const packet = arena.acquire();
            assertEquals(packet === undefined, held.length === slots);
            if (packet === undefined) continue;
            assert(!held.includes(packet));
            held.push(packet);
          } else if (held.length > 0) {
            arena.release(held.splice(step % held.length, 1)[0]!);
          }
          assertEquals(arena.available, slots - held.length);
        }
      },
    ),
    { numRuns: 200 },
  );
});

Deno.test("Arena cuts memory that is handed in, and sums there as well", () => {
  const bytes = new Uint8Array(4 * 64);
  const arena = new Arena({
    slots: 3,
    slotSize: 64,
    headroom: 16,
    memory: Memory.from(bytes),
  });
  const own = new Arena({ slots: 3, slotSize: 64, headroom: 16 });
  const packet = arena.packets[2]!;
  const twin = own.packets[2]!;
  assertEquals(packet.base, 128);
  for (let i = 0; i < 64; i++) {
    bytes[128 + i] = i * 37;
    own.memory.bytes[128 + i] = i * 37;
  }
  for (const [at, length] of [[128, 64], [129, 63], [131, 7], [140, 0]]) {
    assertEquals(
      packet.sum(at!, length!, 0x1234),
      twin.sum(at!, length!, 0x1234),
    );
  }
  // 0x00 0x25, 0x4a 0x6f: RFC 1071, 2.
  assertEquals(packet.sum(128, 4, 0), 0x4a94);
});

for (
  const [why, options] of [
    ["no slots", { slots: 0 }],
    ["a fraction of a slot", { slots: 1.5 }],
    ["slots of an odd size", { slots: 1, slotSize: 100 }],
    ["slots that are all headroom", { slots: 1, slotSize: 64, headroom: 64 }],
    ["a negative headroom", { slots: 1, headroom: -2 }],
    ["no headroom at all", { slots: 1, headroom: NaN }],
    ["too little memory", {
      slots: 2,
      slotSize: 64,
      headroom: 0,
      memory: Memory.from(new Uint8Array(127)),
    }],
  ] as const
) {
  Deno.test(`Arena throws when it gets ${why}`, () => {
    assertThrows(() => new Arena(options), ArenaError);
  });
}

Deno.test("Arena makes no garbage over a million slots", () => {
  const arena = new Arena({ slots: 64 });
  const held = arena.packets.slice();
  assertSteady(64, () => {
    for (let i = 0; i < 64; i++) held[i] = arena.acquire()!;
    for (let i = 0; i < 64; i++) arena.release(held[i]!);
  });
});
