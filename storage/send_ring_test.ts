import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Memory } from "@ethox/managed/memory";
import { SendRing } from "./send_ring.ts";

const encode = (text: string) => new TextEncoder().encode(text);

/** What `fill` writes, between two octets that it must leave alone. */
function range(ring: SendRing, offset: number, length: number): string {
  const memory = Memory.from(new Uint8Array(length + 2).fill(0x7c));
  ring.fill(memory, 1, offset, length);
  const text = new TextDecoder().decode(memory.bytes);
  assert(text.startsWith("|") && text.endsWith("|"));
  return text.slice(1, -1);
}

Deno.test("SendRing.fill() gives the same octets any number of times until they are acknowledged", () => {
  const ring = SendRing.allocate(8);
  assertEquals(ring.write(encode("abcdef")), 6);
  for (let i = 0; i < 3; i++) {
    assertEquals(range(ring, 0, 6), "abcdef");
    assertEquals(range(ring, 3, 2), "de");
  }
  ring.acknowledge(4);
  assertEquals(ring.write(encode("ghijkl")), 6);
  assertEquals([range(ring, 0, 8), range(ring, 1, 6)], ["efghijkl", "fghijk"]);
});

Deno.test("SendRing.write() takes what fits, from any part of an array", () => {
  const ring = SendRing.allocate(5);
  const bytes = encode("abcdef");
  assertEquals(ring.write(bytes, 2, 2), 2);
  assertEquals(ring.write(bytes, 5, 9), 1);
  assertEquals([ring.write(bytes, 7), ring.write(bytes, -1, 3)], [0, 0]);
  assertEquals([ring.write(bytes), ring.free(), ring.available()], [2, 0, 5]);
  assertEquals(range(ring, 0, 5), "cdfab");
});

Deno.test("SendRing.write() reads the array that it is given, not the one before", () => {
  const ring = SendRing.allocate(16);
  const first = encode("abc");
  ring.write(first);
  ring.write(encode("xyz"));
  first[0] = 0x41;
  ring.write(first);
  ring.writeFrom(Memory.from(encode("0123")), 1, 2);
  assertEquals(range(ring, 0, 11), "abcxyzAbc12");
});

Deno.test("SendRing.reserve() gives a contiguous run that commit() appends", () => {
  const ring = SendRing.allocate(8);
  ring.write(encode("abcdef"));
  ring.acknowledge(5);
  assertEquals([ring.reserve(), ring.free()], [2, 7]);
  ring.memory.bytes.set(encode("gh"), ring.reservedAt);
  assertEquals(ring.commit(9), 2);
  assertEquals(ring.reserve(), 5);
  ring.memory.bytes.set(encode("ij"), ring.reservedAt);
  assertEquals([ring.commit(2), ring.commit(-1)], [2, 0]);
  assertEquals(range(ring, 0, 5), "fghij");
});

Deno.test("SendRing takes nothing once finished, and sends what it has", () => {
  const ring = SendRing.allocate(8);
  ring.write(encode("ab"));
  assertEquals(ring.finished, false);
  ring.finish();
  assertEquals([ring.finished, ring.available()], [true, 2]);
  assertEquals([ring.write(encode("c")), ring.free(), ring.reserve()], [
    0,
    0,
    0,
  ]);
  assertEquals([ring.commit(1), range(ring, 0, 2)], [0, "ab"]);
  ring.clear();
  assertEquals([ring.finished, ring.available(), ring.free()], [false, 0, 8]);
});

Deno.test("SendRing counts octets written, sent and acknowledged apart (ethox 5.3 #19)", () => {
  const ring = SendRing.allocate(8);
  const counts = () => [ring.written, ring.sent, ring.acknowledged];
  ring.write(encode("abcdef"));
  assertEquals(counts(), [6, 0, 0]);
  range(ring, 0, 3);
  assertEquals(counts(), [6, 3, 0]);
  range(ring, 0, 3);
  range(ring, 3, 1);
  assertEquals(counts(), [6, 4, 0]);
  ring.acknowledge(2);
  assertEquals(counts(), [6, 4, 2]);
  range(ring, 0, 2);
  assertEquals(counts(), [6, 4, 2]);
  ring.acknowledge(9);
  assertEquals(counts(), [6, 6, 6]);
  ring.acknowledge(-1);
  assertEquals(counts(), [6, 6, 6]);
});

Deno.test("SendRing.fill() writes no octet beyond what is available", () => {
  const ring = SendRing.allocate(8);
  ring.write(encode("ab"));
  assertEquals([range(ring, 1, 3), range(ring, 2, 2)], ["b||", "||"]);
  assertEquals([range(ring, -1, 2), ring.sent], ["||", 2]);
});

Deno.test("SendRing agrees with an array on any sequence of calls", () => {
  const call = fc.record({
    kind: fc.constantFrom("write", "reserve", "fill", "fill", "acknowledge"),
    offset: fc.nat(20),
    size: fc.nat(20),
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 24 }),
      fc.array(call, { maxLength: 60 }),
      (capacity, calls) => {
        const ring = new SendRing(Memory.allocate(100), 7, capacity);
        const stream: number[] = [];
        let acknowledged = 0;
        const bytes = new Uint8Array(20);
        const packet = Memory.allocate(64);
        for (const { kind, offset, size } of calls) {
          const left = stream.length - acknowledged;
          if (kind === "write") {
            for (let i = 0; i < size; i++) bytes[i] = stream.length * 7 + i;
            const n = offset < 10
              ? ring.write(bytes, 0, size)
              : ring.write(bytes.slice(0, size));
            assertEquals(n, Math.min(size, capacity - left));
            stream.push(...bytes.subarray(0, n));
          } else if (kind === "reserve") {
            const n = Math.min(ring.reserve(), size);
            for (let i = 0; i < n; i++) {
              ring.memory.bytes[ring.reservedAt + i] = i;
              stream.push(i);
            }
            assertEquals(ring.commit(n), n);
          } else if (kind === "fill") {
            const from = Math.min(offset, left);
            const length = Math.min(size, left - from);
            ring.fill(packet, 3, from, length);
            assertEquals(
              [...packet.bytes.subarray(3, 3 + length)],
              stream.slice(acknowledged + from, acknowledged + from + length),
            );
          } else {
            ring.acknowledge(size);
            acknowledged += Math.min(size, left);
          }
          assertEquals(ring.available(), stream.length - acknowledged);
          assertEquals(ring.free(), capacity - ring.available());
          assertEquals(ring.written, stream.length);
          assertEquals(ring.acknowledged, acknowledged);
          assert(ring.sent >= acknowledged && ring.sent <= ring.written);
        }
      },
    ),
    { numRuns: 500 },
  );
});
