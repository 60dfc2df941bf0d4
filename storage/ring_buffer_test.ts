import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Memory } from "@ethox/managed/memory";
import { RegionError } from "./region.ts";
import { RingBuffer } from "./ring_buffer.ts";

/** A ring over the middle of a memory that is dotted all over. */
function ring(octets: number): RingBuffer {
  const memory = Memory.from(new Uint8Array(octets + 4).fill(0x2e));
  return new RingBuffer(memory, 2, octets);
}

function memory(text: string): Memory {
  return Memory.from(new TextEncoder().encode(text));
}

function text(
  memory: Memory,
  at = 0,
  length = memory.bytes.length - at,
): string {
  return new TextDecoder().decode(memory.bytes.subarray(at, at + length));
}

/** What the region holds, whether it counts or not. */
function region(ring: RingBuffer): string {
  assertEquals(text(ring.memory, 0, 2), "..");
  assertEquals(text(ring.memory, ring.start + ring.capacity), "..");
  return text(ring.memory, ring.start, ring.capacity);
}

function write(ring: RingBuffer, octets: string): number {
  return ring.write(memory(octets), 0, octets.length);
}

function read(ring: RingBuffer, length: number): string {
  const target = Memory.from(new Uint8Array(length));
  return text(target, 0, ring.read(target, 0, length));
}

Deno.test("RingBuffer counts when its length changes", () => {
  const r = ring(2);
  assertEquals([r.isEmpty, r.isFull, r.length], [true, false, 0]);
  assertEquals([r.window, r.contiguousWindow, r.contiguousLength], [2, 2, 0]);
  assertEquals(r.commit(1), 1);
  assertEquals([r.isEmpty, r.isFull, r.length], [false, false, 1]);
  assertEquals([r.window, r.contiguousWindow, r.contiguousLength], [1, 1, 1]);
  assertEquals(r.commit(1), 1);
  assertEquals([r.isEmpty, r.isFull, r.length], [false, true, 2]);
  assertEquals([r.window, r.contiguousWindow, r.contiguousLength], [0, 0, 2]);
});

Deno.test("RingBuffer.writeWith() and readWith() handle one octet in place", () => {
  const r = ring(2);
  const put = (octet: number) =>
    r.writeWith((memory, at, length) => {
      if (length === 0) return 0;
      memory.bytes[at] = octet;
      return 1;
    });
  assertEquals([put(1), put(2), put(3)], [1, 1, 0]);
  let seen = -1;
  const take = () =>
    r.readWith((memory, at, length) => {
      if (length === 0) return 0;
      seen = memory.bytes[at]!;
      return 1;
    });
  assertEquals([take(), seen, take(), seen, take(), seen], [1, 1, 1, 2, 0, 2]);
});

Deno.test("RingBuffer.writeWith() and readWith() keep the state when the function throws or does nothing", () => {
  const r = ring(2);
  r.push(7);
  assertThrows(() => {
    r.writeWith(() => {
      throw new Error("no");
    });
  });
  assertThrows(() => {
    r.readWith(() => {
      throw new Error("no");
    });
  });
  assertEquals([r.writeWith(() => 0), r.readWith(() => -1)], [0, 0]);
  assertEquals([r.length, r.shift()], [1, 7]);
});

Deno.test("RingBuffer.push() and shift() handle one octet until full and empty", () => {
  const r = ring(2);
  assertEquals(r.shift(), -1);
  assertEquals([r.push(1), r.push(2), r.push(3)], [true, true, false]);
  assertEquals(r.isFull, true);
  assertEquals([r.shift(), r.push(4)], [1, true]);
  assertEquals([r.shift(), r.shift(), r.shift()], [2, 4, -1]);
});

Deno.test("RingBuffer.writeWith() offers only what is contiguous when many are added", () => {
  const r = ring(12);
  const put = (octets: string) =>
    r.writeWith((to, at, length) => {
      const n = Math.min(length, octets.length);
      to.copy(at, memory(octets), 0, n);
      return n;
    });
  assertEquals(put("ab"), 2);
  assertEquals(region(r), "ab..........");
  assertEquals(put("cdEFGHIJ"), 8);
  assertEquals([r.length, r.consume(4)], [10, 4]);
  assertEquals(put("KLMNOP"), 2);
  assertEquals(put("MNOP"), 4);
  assertEquals(put("Q"), 0);
  assertEquals(region(r), "MNOPEFGHIJKL");
});

Deno.test("RingBuffer.commit() adds octets written in place, no more than fit", () => {
  const r = ring(4);
  r.memory.copy(r.writeAt, memory("abc"), 0, 3);
  assertEquals([r.commit(3), r.commit(-1), r.length], [3, 0, 3]);
  r.memory.copy(r.writeAt, memory("d"), 0, 1);
  assertEquals([r.commit(5), r.length], [1, 4]);
  assertEquals(read(r, 9), "abcd");
});

Deno.test("RingBuffer.write() wraps and takes what fits", () => {
  const r = ring(12);
  assertEquals(write(r, "abcdefgh"), 8);
  assertEquals(region(r), "abcdefgh....");
  assertEquals(read(r, 6), "abcdef");
  assertEquals(write(r, "ijklmnopqr"), 10);
  assertEquals(region(r), "mnopqrghijkl");
  assertEquals([r.isFull, write(r, "s")], [true, 0]);
});

Deno.test("RingBuffer.readWith() offers only what is contiguous when many are taken", () => {
  const r = ring(12);
  write(r, "abcdefghijkl");
  let seen = "";
  const take = (max: number) =>
    r.readWith((from, at, length) => {
      seen = text(from, at, length);
      return Math.min(max, length);
    });
  assertEquals([take(4), seen], [4, "abcdefghijkl"]);
  assertEquals([r.length, write(r, "ABCD")], [8, 4]);
  assertEquals([take(99), seen], [8, "efghijkl"]);
  assertEquals([take(99), seen], [4, "ABCD"]);
  assertEquals([take(99), seen], [0, ""]);
});

Deno.test("RingBuffer.consume() takes out octets read in place, no more than held", () => {
  const r = ring(12);
  write(r, "abcdefghijkl");
  assertEquals(text(r.memory, r.readAt, r.contiguousLength), "abcdefghijkl");
  assertEquals([r.consume(8), r.consume(-1), r.length], [8, 0, 4]);
  assertEquals(text(r.memory, r.readAt, r.contiguousLength), "ijkl");
  assertEquals([r.consume(9), r.isEmpty], [4, true]);
});

Deno.test("RingBuffer.read() wraps and takes out what is there", () => {
  const r = ring(12);
  write(r, "abcdefghijkl");
  assertEquals(read(r, 8), "abcdefgh");
  assertEquals(write(r, "ABCD"), 4);
  assertEquals(read(r, 99), "ijklABCD");
  assertEquals(read(r, 99), "");
});

Deno.test("RingBuffer.placeAhead() names runs beyond the end when some are held", () => {
  const r = ring(12);
  assertEquals([r.placeAhead(16) >= 0, r.contiguousWindowAt(16)], [true, 0]);
  assertEquals([r.placeAhead(0), r.contiguousWindowAt(0)], [2, 12]);
  write(r, "abcd");
  assertEquals([r.placeAhead(0), r.contiguousWindowAt(0)], [6, 8]);
  assertEquals([r.placeAhead(4), r.contiguousWindowAt(4)], [10, 4]);
  assertEquals([r.contiguousWindowAt(8), r.contiguousWindowAt(-1)], [0, 0]);
  assertEquals([write(r, "efghijkl"), r.consume(6)], [8, 6]);
  assertEquals([r.placeAhead(0), r.contiguousWindowAt(0)], [2, 6]);
  assertEquals([r.placeAhead(4), r.contiguousWindowAt(4)], [6, 2]);
});

Deno.test("RingBuffer.writeAhead() writes beyond the end and commit() makes it good", () => {
  const r = ring(12);
  write(r, "abcdefgh");
  r.consume(6);
  assertEquals(r.writeAhead(6, memory("3456"), 0, 4), 4);
  assertEquals(r.writeAhead(0, memory("IJKLxx"), 0, 4), 4);
  assertEquals(r.writeAhead(4, memory("12"), 0, 2), 2);
  assertEquals(region(r), "123456ghIJKL");
  assertEquals([r.length, r.writeAhead(9, memory("789"), 0, 3)], [2, 1]);
  assertEquals(r.writeAhead(10, memory("789"), 0, 3), 0);
  assertEquals(r.writeAhead(-1, memory("789"), 0, 3), 0);
  assertEquals(r.commit(10), 10);
  assertEquals(read(r, 99), "ghIJKL123457");
});

Deno.test("RingBuffer.contiguousLength ends where the region does", () => {
  const r = ring(12);
  write(r, "abcdefghijkl");
  r.consume(8);
  write(r, "mnop");
  assertEquals([r.readAt, r.contiguousLength, r.length], [10, 4, 8]);
  r.consume(4);
  assertEquals([r.readAt, r.contiguousLength, r.length], [2, 4, 4]);
});

Deno.test("RingBuffer.peek() reads any range and takes nothing out", () => {
  const r = ring(12);
  write(r, "abcdefghijkl");
  r.consume(8);
  write(r, "mnop");
  const target = Memory.from(new Uint8Array(8));
  for (let i = 0; i < 2; i++) {
    assertEquals(r.peek(2, target, 0, 5), 5);
    assertEquals(text(target, 0, 5), "klmno");
  }
  assertEquals([r.peek(6, target, 6, 9), text(target)], [2, "klmno\0op"]);
  assertEquals([r.peek(8, target, 0, 1), r.peek(-1, target, 0, 1)], [0, 0]);
  assertEquals(r.length, 8);
});

Deno.test("RingBuffer does nothing when it has no capacity", () => {
  const r = ring(0);
  assertEquals([r.window, r.contiguousWindow, r.isFull], [0, 0, true]);
  assertEquals([r.push(1), r.shift(), write(r, "a"), read(r, 1)], [
    false,
    -1,
    0,
    "",
  ]);
  assertEquals([r.commit(1), r.consume(1), r.isEmpty], [0, 0, true]);
});

Deno.test("RingBuffer takes a whole region when written at once again and again", () => {
  const r = ring(8);
  for (const octets of ["01234567", "abcdefgh"]) {
    assertEquals([write(r, octets), r.contiguousWindow], [8, 0]);
    assertEquals(read(r, 8), octets);
  }
});

Deno.test("RingBuffer leaves octets as they are until reset() zeroes them", () => {
  const r = ring(4);
  assertEquals(region(r), "....");
  write(r, "abc");
  r.clear();
  assertEquals([r.isEmpty, region(r)], [true, "abc."]);
  write(r, "d");
  r.reset();
  assertEquals([r.isEmpty, region(r)], [true, "\0\0\0\0"]);
});

Deno.test("RingBuffer throws RegionError when the region is not in the memory", () => {
  const m = memory("abcd");
  for (const [start, length] of [[0, 5], [-1, 2], [4, 1], [0.5, 1], [0, NaN]]) {
    assertThrows(() => new RingBuffer(m, start!, length!), RegionError);
  }
  assert(new RingBuffer(m, 4).isFull);
});

Deno.test("RingBuffer agrees with an array on any sequence of calls", () => {
  const call = fc.record({
    kind: fc.constantFrom("push", "shift", "write", "read", "ahead", "consume"),
    size: fc.nat(9),
    offset: fc.nat(9),
  });
  fc.assert(
    fc.property(
      fc.nat(12),
      fc.array(call, { maxLength: 80 }),
      (size, calls) => {
        const r = ring(size);
        const model: number[] = [];
        let next = 0;
        const source = Memory.from(new Uint8Array(9));
        const target = Memory.from(new Uint8Array(9));
        for (const { kind, size, offset } of calls) {
          const room = r.capacity - model.length;
          const fresh = Array.from({ length: 9 }, () => next++ & 0xff);
          source.bytes.set(fresh);
          if (kind === "push") {
            assertEquals(r.push(fresh[0]!), room > 0);
            if (room > 0) model.push(fresh[0]!);
          } else if (kind === "shift") {
            assertEquals(r.shift(), model.shift() ?? -1);
          } else if (kind === "write") {
            const n = Math.min(room, size);
            assertEquals(r.write(source, 9 - size, size), n);
            model.push(...fresh.slice(9 - size, 9 - size + n));
          } else if (kind === "read") {
            const expected = model.splice(0, size);
            assertEquals(r.read(target, 0, size), expected.length);
            assertEquals(
              [...target.bytes.subarray(0, expected.length)],
              expected,
            );
          } else if (kind === "ahead") {
            // The second half first, then the first, then both count.
            const half = Math.min(size >> 1, room);
            const n = Math.max(0, Math.min(room - half, size - half));
            assertEquals(r.writeAhead(half, source, half, size - half), n);
            assertEquals(r.writeAhead(0, source, 0, half), half);
            assertEquals(r.commit(half + n), half + n);
            model.push(...fresh.slice(0, half + n));
          } else {
            assertEquals(r.consume(size), model.splice(0, size).length);
          }
          assertEquals(r.length, model.length);
          const expected = model.slice(offset, offset + size);
          assertEquals(r.peek(offset, target, 0, size), expected.length);
          assertEquals(
            [...target.bytes.subarray(0, expected.length)],
            expected,
          );
          region(r);
        }
      },
    ),
    { numRuns: 500 },
  );
});
