import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import { Arena } from "../arena.ts";
import {
  CHECKSUM_NONE,
  CHECKSUM_PARTIAL,
  CHECKSUM_VERIFIED,
  type Packet,
  SEGMENT_NONE,
  SEGMENT_TCP4,
  SEGMENT_UDP,
} from "../packet.ts";
import { decode, encode, HEADER_LENGTH } from "./virtio.ts";

/** A packet of `length` octets at its origin. */
function packet(length: number): Packet {
  const arena = new Arena({ slots: 1, slotSize: 65728 });
  const packet = arena.acquire()!;
  packet.lend(packet.origin, packet.origin + length, "queued");
  return packet;
}

/** Header octets as Linux lays them out. */
function put(packet: Packet, ...octets: number[]): number {
  const at = packet.origin - HEADER_LENGTH;
  packet.memory.bytes.set(octets, at);
  return at;
}

function words(...values: number[]): number[] {
  return values.flatMap((value) => [value & 255, value >> 8]);
}

Deno.test("decode() reads what Linux writes in front of a TCP super-segment", () => {
  const p = packet(64294);
  const at = put(p, 1, 1, ...words(66, 1460, 34, 16));
  assert(decode(p, at, p.origin, 64294));
  assertEquals(p.info.checksum, CHECKSUM_PARTIAL);
  assertEquals(p.info.checksumStart, p.origin + 34);
  assertEquals(p.info.checksumOffset, 16);
  assertEquals(p.info.segmentType, SEGMENT_TCP4);
  assertEquals(p.info.segmentSize, 1460);
});

Deno.test("decode() reads what Linux writes in front of a UDP super-datagram", () => {
  const p = packet(58922);
  const at = put(p, 1, 5, ...words(42, 1472, 34, 6));
  assert(decode(p, at, p.origin, 58922));
  assertEquals(p.info.segmentType, SEGMENT_UDP);
  assertEquals(p.info.segmentSize, 1472);
  assertEquals(p.info.checksumOffset, 6);
});

Deno.test("decode() takes the ECN bit off the segment type (RFC 3168)", () => {
  const p = packet(3000);
  const at = put(p, 1, 0x81, ...words(54, 1460, 34, 16));
  assert(decode(p, at, p.origin, 3000));
  assertEquals(p.info.segmentType, SEGMENT_TCP4);
});

Deno.test("decode() forgets what the slot's last packet was", () => {
  const p = packet(60);
  p.info.segmentType = SEGMENT_TCP4;
  p.info.segmentSize = 9;
  p.info.checksum = CHECKSUM_PARTIAL;
  assert(decode(p, put(p, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0), p.origin, 60));
  assertEquals(p.info.checksum, CHECKSUM_NONE);
  assertEquals(p.info.segmentType, SEGMENT_NONE);
  assertEquals(p.info.segmentSize, 0);
  assert(decode(p, put(p, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0), p.origin, 60));
  assertEquals(p.info.checksum, CHECKSUM_VERIFIED);
});

for (
  const [why, ...octets] of [
    ["has gso_size 0", 1, 1, ...words(54, 0, 34, 16)],
    ["has hdr_len over the frame", 1, 1, ...words(1001, 1460, 34, 16)],
    ["has csum_start out of range", 1, 0, ...words(0, 0, 2000, 16)],
    ["has the checksum field behind the end", 1, 0, ...words(0, 0, 983, 16)],
    ["has csum_offset out of range", 1, 0, ...words(0, 0, 34, 0xffff)],
    ["has a type that nobody agreed to", 1, 3, ...words(42, 1480, 34, 6)],
    ["has a type that does not exist", 1, 0x7f, ...words(42, 1480, 34, 6)],
  ] as [string, ...number[]][]
) {
  Deno.test(`decode() refuses a header that ${why} (A96 vnet_hdr lies)`, () => {
    const p = packet(1000);
    assertFalse(decode(p, put(p, ...octets), p.origin, 1000));
  });
}

Deno.test("decode() of any octets leaves facts inside the frame (A96)", () => {
  const p = packet(0);
  fc.assert(fc.property(
    fc.uint8Array({ minLength: 10, maxLength: 10 }),
    fc.integer({ min: 14, max: 65600 }),
    (octets, length) => {
      const at = put(p, ...octets);
      if (!decode(p, at, p.origin, length)) return;
      const { info } = p;
      if (info.checksum === CHECKSUM_PARTIAL) {
        assert(info.checksumStart >= p.origin);
        const field = info.checksumStart + info.checksumOffset;
        assert(field + 2 <= p.origin + length);
      }
      if (info.segmentType !== SEGMENT_NONE) assert(info.segmentSize > 0);
    },
  ));
});

/** A TCP super-segment to send, with a header of 32 octets and `flags`. */
function segment(length: number, size: number, flags: number): Packet {
  const p = packet(length);
  p.info.checksum = CHECKSUM_PARTIAL;
  p.info.checksumStart = p.start + 34;
  p.info.checksumOffset = 16;
  p.info.segmentType = SEGMENT_TCP4;
  p.info.segmentSize = size;
  p.memory.view.setUint8(p.start + 34 + 12, 8 << 4 | 0xf);
  p.memory.view.setUint8(p.start + 34 + 13, flags);
  return p;
}

function emitted(p: Packet): number[] | undefined {
  const out = new Uint8Array(16).fill(0xaa);
  if (!encode(new DataView(out.buffer), 2, p)) return undefined;
  assertEquals([...out.slice(0, 2), ...out.slice(12)], Array(6).fill(0xaa));
  return [...out.slice(2, 12)];
}

Deno.test("encode() computes the header length of a TCP super-segment", () => {
  assertEquals(
    emitted(segment(5000, 1448, 0x10)),
    [1, 1, ...words(66, 1448, 34, 16)],
  );
});

Deno.test("encode() sets the ECN bit where only the first segment keeps CWR (RFC 3168)", () => {
  assertEquals(
    emitted(segment(5000, 1448, 0x90)),
    [1, 0x81, ...words(66, 1448, 34, 16)],
  );
});

Deno.test("encode() makes a super-segment of one segment an ordinary frame", () => {
  assertEquals(
    emitted(segment(66 + 1448, 1448, 0x10)),
    [1, 0, ...words(0, 0, 34, 16)],
  );
});

Deno.test("encode() counts 8 octets for the header of UDP", () => {
  const p = segment(5000, 1472, 0);
  p.info.segmentType = SEGMENT_UDP;
  p.info.checksumOffset = 6;
  assertEquals(emitted(p), [1, 5, ...words(42, 1472, 34, 6)]);
});

Deno.test("encode() writes zeros for a frame with a whole checksum", () => {
  assertEquals(emitted(packet(60)), Array(10).fill(0));
});

for (
  const [why, spoil] of [
    ["is segmented but has a whole checksum", (p) => p.info.checksum = 0],
    ["has a checksum before its start", (p) => p.info.checksumStart -= 35],
    ["has a checksum behind its end", (p) => p.info.checksumStart += 5000],
    ["has a negative checksum offset", (p) => p.info.checksumOffset = -1],
    ["has segments of no octets", (p) => p.info.segmentSize = 0],
    ["has segments over 65535 octets", (p) => p.info.segmentSize = 65536],
    ["has an unknown segment type", (p) => p.info.segmentType = 77],
    ["ends inside the TCP header", (p) => p.end = p.start + 60],
    [
      "has a TCP header that is too short",
      (p) => p.memory.view.setUint8(p.start + 46, 0x40),
    ],
  ] as [string, (p: Packet) => void][]
) {
  Deno.test(`encode() refuses a packet that ${why}`, () => {
    const p = segment(5000, 1448, 0);
    spoil(p);
    assertEquals(emitted(p), undefined);
  });
}

Deno.test("decode() of what encode() wrote gives the same facts", () => {
  fc.assert(fc.property(
    fc.integer({ min: 200, max: 65600 }),
    fc.integer({ min: 1, max: 9000 }),
    (length, size) => {
      const p = segment(length, size, 0x10);
      const at = p.origin - HEADER_LENGTH;
      assert(encode(p.memory.view, at, p));
      const start = p.info.checksumStart;
      p.info.checksumStart = 0;
      const ordinary = length - 66 <= size;
      assert(decode(p, at, p.origin, length));
      assertEquals(p.info.checksumStart, start);
      assertEquals(
        p.info.segmentType,
        ordinary ? SEGMENT_NONE : SEGMENT_TCP4,
      );
      assertEquals(p.info.segmentSize, ordinary ? 0 : size);
    },
  ));
});
