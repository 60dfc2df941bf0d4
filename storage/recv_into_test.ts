import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Memory } from "@ethox/managed/memory";
import { RecvInto } from "./recv_into.ts";
import { RegionError } from "./region.ts";

function receive(buffer: RecvInto, offset: number, text: string): number {
  const memory = Memory.from(new TextEncoder().encode(`<${text}>`));
  return buffer.receive(memory, 1, offset, text.length);
}

const decode = (bytes: Uint8Array) => new TextDecoder().decode(bytes);

Deno.test("RecvInto reassembles in its place until that is full", () => {
  const bytes = new Uint8Array(8).fill(0x2e);
  const buffer = new RecvInto(bytes, 1, 6);
  assertEquals([buffer.window(), receive(buffer, 3, "defgh")], [6, 0]);
  assertEquals(decode(bytes), "....def.");
  assertEquals([receive(buffer, 0, "a"), buffer.window()], [1, 5]);
  assertEquals([buffer.done, receive(buffer, 0, "bc")], [false, 5]);
  assertEquals([buffer.done, buffer.window(), buffer.received], [true, 0, 6]);
  assertEquals([receive(buffer, 0, "x"), decode(bytes)], [0, ".abcdef."]);
});

Deno.test("RecvInto keeps the octets accepted first (A81)", () => {
  const bytes = new Uint8Array(6);
  const buffer = new RecvInto(Memory.from(bytes));
  receive(buffer, 2, "CD");
  receive(buffer, 1, "bxxe");
  assertEquals(receive(buffer, 0, "a?????"), 6);
  assertEquals(decode(bytes), "abCDe?");
});

Deno.test("RecvInto.clear() fills the same place again", () => {
  const bytes = new Uint8Array(2);
  const buffer = new RecvInto(bytes);
  assertEquals(receive(buffer, 0, "ab"), 2);
  buffer.clear();
  assertEquals([buffer.window(), receive(buffer, 0, "c")], [2, 1]);
  assertEquals(decode(bytes), "cb");
});

Deno.test("RecvInto throws RegionError when the part is not in the array", () => {
  for (const [start, length] of [[0, 9], [9, 0], [-1, 1], [1.5, 2]]) {
    assertThrows(
      () => new RecvInto(new Uint8Array(8), start!, length!),
      RegionError,
    );
  }
});

Deno.test("RecvInto agrees with an array on any segments", () => {
  const segment = fc.record({
    offset: fc.integer({ min: -4, max: 30 }),
    length: fc.nat(12),
  });
  fc.assert(
    fc.property(fc.array(segment, { maxLength: 30 }), (segments) => {
      const target = new Uint8Array(24);
      const buffer = new RecvInto(target);
      const packet = Memory.allocate(64);
      const held: (number | undefined)[] = [];
      let received = 0;
      let octet = 0;
      for (const { offset, length } of segments) {
        const before = received;
        for (let i = 0; i < length; i++) {
          const position = received + offset + i;
          packet.bytes[i] = ++octet;
          if (position < received || position >= 24) continue;
          held[position] ??= octet & 0xff;
        }
        const released = buffer.receive(packet, 0, offset, length);
        while (held[received] !== undefined) received++;
        assertEquals(released, received - before);
        assertEquals(buffer.window(), 24 - received);
        assertEquals(
          [...target.subarray(0, received)],
          held.slice(0, received),
        );
      }
    }),
    { numRuns: 500 },
  );
});
