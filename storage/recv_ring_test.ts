import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Memory } from "@ethox/managed/memory";
import { Assembler } from "./assembler.ts";
import { RecvRing } from "./recv_ring.ts";
import { SendRing } from "./send_ring.ts";

/** Receives `text` at `offset`. */
function receive(ring: RecvRing, offset: number, text: string): number {
  const memory = Memory.from(new TextEncoder().encode(`<<<${text}>>>`));
  return ring.receive(memory, 3, offset, text.length);
}

function read(ring: RecvRing, max = 64): string {
  const into = new Uint8Array(64);
  return new TextDecoder().decode(into.subarray(0, ring.read(into, max)));
}

Deno.test("RecvRing puts segments in order when they come in any order", () => {
  const ring = RecvRing.allocate(12);
  assertEquals(receive(ring, 6, "ghi"), 0);
  assertEquals([ring.readable(), read(ring)], [0, ""]);
  assertEquals(receive(ring, 3, "def"), 0);
  assertEquals(receive(ring, 0, "abc"), 9);
  assertEquals([ring.readable(), ring.window(), ring.received], [9, 3, 9]);
  assertEquals(read(ring), "abcdefghi");
});

Deno.test("RecvRing.read() never gives the same octets again (ethox 5.3 #18)", () => {
  const ring = RecvRing.allocate(8);
  receive(ring, 0, "abc");
  assertEquals([read(ring), read(ring)], ["abc", ""]);
  receive(ring, 0, "def");
  assertEquals([read(ring, 2), read(ring, 2), read(ring)], ["de", "f", ""]);
  assertEquals([ring.received, ring.consumed], [6, 6]);
});

Deno.test("RecvRing.consume() takes out what was peeked at, once (ethox 5.3 #18)", () => {
  const ring = RecvRing.allocate(8);
  const peek = () => {
    const bytes = ring.memory.bytes.subarray(
      ring.peekAt,
      ring.peekAt + ring.peek(),
    );
    return new TextDecoder().decode(bytes);
  };
  receive(ring, 0, "abcdef");
  assertEquals([peek(), peek(), ring.consume(4)], ["abcdef", "abcdef", 4]);
  assertEquals(receive(ring, 0, "ghijkl"), 6);
  assertEquals([ring.readable(), peek(), ring.consume(4)], [8, "efgh", 4]);
  assertEquals([peek(), ring.consume(9), ring.consume(1)], ["ijkl", 4, 0]);
});

Deno.test("RecvRing.read() writes only where and as much as it is told", () => {
  const ring = RecvRing.allocate(8);
  receive(ring, 0, "abcdef");
  const into = new Uint8Array(4);
  assertEquals([ring.read(into, 9, 3), ring.read(into, 1, 0)], [1, 1]);
  assertEquals([...into], [0x62, 0, 0, 0x61]);
  assertEquals([ring.read(into, 4, 4), ring.read(into, 1, -1)], [0, 0]);
  const other = new Uint8Array(2);
  assertEquals([ring.read(other), ring.read(into), ring.readable()], [2, 2, 0]);
  assertEquals([...other, ...into], [0x63, 0x64, 0x65, 0x66, 0, 0x61]);
});

Deno.test("RecvRing keeps the octets accepted first when a segment comes again with others (A81)", () => {
  const ring = RecvRing.allocate(16);
  receive(ring, 4, "EF");
  receive(ring, 8, "IJ");
  assertEquals(receive(ring, 2, "cdefghijkl"), 0);
  assertEquals(receive(ring, 2, "??????????"), 0);
  assertEquals(receive(ring, 0, "ab!!"), 12);
  assertEquals(receive(ring, -12, "0123456789AB"), 0);
  assertEquals(receive(ring, -3, "???m"), 1);
  assertEquals(read(ring), "abcdEFghIJklm");
});

Deno.test("RecvRing cuts off what lies beyond the window", () => {
  const ring = RecvRing.allocate(8);
  assertEquals(receive(ring, 6, "ghi"), 0);
  assertEquals([receive(ring, 8, "x"), receive(ring, 1000, "y")], [0, 0]);
  assertEquals(receive(ring, 0, "abcdef"), 8);
  assertEquals([ring.window(), receive(ring, 0, "z")], [0, 0]);
  assertEquals(read(ring), "abcdefgh");
});

Deno.test("RecvRing never moves the right edge of the window to the left (A74)", () => {
  const ring = RecvRing.allocate(8, Assembler.allocate(2));
  let edge = 0;
  const check = () => {
    const now = ring.received + ring.window();
    assert(now >= edge);
    assertEquals(ring.window() + ring.readable(), 8);
    edge = now;
  };
  for (const offset of [4, 0, 7, 2, 6, 1, 0, 3]) {
    receive(ring, offset, "abc");
    check();
    read(ring, 1);
    check();
  }
});

Deno.test("RecvRing stores octets in a place of their own when the ring wraps", () => {
  const ring = new RecvRing(Memory.from(new Uint8Array(12).fill(0x2e)), 2, 8);
  assertEquals([receive(ring, 0, "abcdef"), read(ring)], [6, "abcdef"]);
  assertEquals([receive(ring, 4, "klmn"), receive(ring, 1, "hi")], [0, 0]);
  const region = () => new TextDecoder().decode(ring.memory.bytes);
  assertEquals(region(), "..ibklmn.h..");
  assertEquals([receive(ring, 0, "g"), receive(ring, 0, "j")], [3, 5]);
  assertEquals(region(), "..ijklmngh..");
  assertEquals(read(ring), "ghijklmn");
});

Deno.test("RecvRing goes on in order when all ranges are in use (A70 SegmentSmack)", () => {
  for (const whenFull of ["refuse", "drop-furthest"] as const) {
    const ring = RecvRing.allocate(32, Assembler.allocate(2, whenFull));
    for (let i = 30; i >= 2; i -= 2) {
      const forgotten = whenFull === "refuse" && i < 28;
      assertEquals(receive(ring, i, "?"), forgotten ? -1 : 0);
    }
    assert(ring.assembler.count <= 2);
    // The peer is told of no more than is held (RFC 2018 section 4).
    assertEquals(ring.reach(), whenFull === "refuse" ? 31 : 5);
    let released = 0;
    for (let i = 0; i < 40 && released < 31; i++) {
      released += receive(ring, 0, "!");
    }
    assert(released >= 31);
    const text = read(ring);
    assertEquals(text.length, released);
    assertEquals([...text].filter((octet) => octet === "?").length, 2);
  }
});

Deno.test("RecvRing.clear() forgets octets and ranges", () => {
  const ring = RecvRing.allocate(8);
  receive(ring, 0, "ab");
  receive(ring, 4, "ef");
  ring.clear();
  assertEquals([ring.readable(), ring.window(), ring.received], [0, 8, 0]);
  assertEquals([receive(ring, 0, "cdgh"), read(ring)], [4, "cdgh"]);
});

Deno.test("RecvRing agrees with an array on any segments, where the octets accepted first stay (A81)", () => {
  const step = fc.record({
    offset: fc.integer({ min: -8, max: 40 }),
    length: fc.nat(20),
    read: fc.nat(12),
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 32 }),
      fc.array(step, { maxLength: 60 }),
      (capacity, steps) => {
        const ring = new RecvRing(Memory.allocate(64), 5, capacity);
        const held: (number | undefined)[] = [];
        let received = 0;
        let taken = 0;
        let octet = 0;
        const packet = Memory.allocate(32);
        const into = new Uint8Array(32);
        for (const { offset, length, read } of steps) {
          const before = received;
          for (let i = 0; i < length; i++) {
            const position = received + offset + i;
            const value = octet++ & 0xff;
            packet.bytes[9 + i] = value;
            if (position < received || position >= taken + capacity) continue;
            held[position] ??= value;
          }
          const released = ring.receive(packet, 9, offset, length);
          while (held[received] !== undefined) received++;
          assertEquals(released, received - before);
          assertEquals(ring.readable(), received - taken);
          assertEquals(ring.window(), capacity - (received - taken));
          const n = ring.read(into, read);
          assertEquals([...into.subarray(0, n)], held.slice(taken, taken + n));
          assertEquals(n, Math.min(read, received - taken));
          taken += n;
        }
      },
    ),
    { numRuns: 500 },
  );
});

Deno.test("SendRing and RecvRing carry a stream through loss, reordering, duplication and overlap", () => {
  const step = fc.record({
    offset: fc.nat(60),
    length: fc.nat(24),
    lost: fc.boolean(),
    acknowledged: fc.boolean(),
    read: fc.nat(40),
  });
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 48 }),
      fc.integer({ min: 1, max: 48 }),
      fc.nat(3),
      fc.constantFrom("refuse" as const, "drop-furthest" as const),
      fc.array(step, { maxLength: 60 }),
      (sendSize, recvSize, ranges, whenFull, steps) => {
        const total = 200;
        const stream = Uint8Array.from({ length: total }, (_, i) => i * 31);
        const from = SendRing.allocate(sendSize);
        const to = RecvRing.allocate(
          recvSize,
          Assembler.allocate(ranges, whenFull),
        );
        const got: number[] = [];
        const packet = Memory.allocate(64);
        const into = new Uint8Array(64);
        let written = 0;
        const move = (
          offset: number,
          length: number,
          lost: boolean,
          acknowledged: boolean,
          read: number,
        ) => {
          written += from.write(stream, written);
          const start = Math.min(offset, from.available());
          const size = Math.min(length, from.available() - start);
          from.fill(packet, 5, start, size);
          const ahead = to.received - from.acknowledged;
          if (!lost) to.receive(packet, 5, start - ahead, size);
          if (acknowledged) from.acknowledge(to.received - from.acknowledged);
          const n = to.read(into, read);
          got.push(...into.subarray(0, n));
        };
        for (const s of steps) {
          move(s.offset, s.length, s.lost, s.acknowledged, s.read);
        }
        for (let i = 0; i < 1000 && got.length < total; i++) {
          move(0, 48, false, true, 64);
        }
        assertEquals(got, [...stream]);
        assertEquals([from.written, from.sent], [total, total]);
      },
    ),
    { numRuns: 300 },
  );
});
