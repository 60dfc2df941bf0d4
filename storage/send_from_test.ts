import { assertEquals, assertThrows } from "@std/assert";
import { Memory } from "@ethox/managed/memory";
import { Empty } from "./empty.ts";
import { RegionError } from "./region.ts";
import { SendFrom } from "./send_from.ts";

function range(buffer: SendFrom, offset: number, length: number): string {
  const memory = Memory.from(new Uint8Array(length).fill(0x7c));
  buffer.fill(memory, 0, offset, length);
  return new TextDecoder().decode(memory.bytes);
}

const BYTES = new TextEncoder().encode("abcdefgh");

Deno.test("SendFrom sends what it was given once and is finished", () => {
  const buffer = new SendFrom(BYTES);
  assertEquals([buffer.available(), buffer.finished], [8, true]);
  assertEquals([range(buffer, 0, 8), range(buffer, 2, 3)], ["abcdefgh", "cde"]);
  buffer.acknowledge(5);
  assertEquals([range(buffer, 0, 3), buffer.available()], ["fgh", 3]);
  buffer.acknowledge(3);
  assertEquals([buffer.available(), buffer.finished], [0, true]);
  assertEquals([buffer.done, range(buffer, 0, 2)], [true, "||"]);
  buffer.rewind();
  assertEquals([buffer.done, range(buffer, 0, 2)], [false, "ab"]);
});

Deno.test("SendFrom counts octets sent and acknowledged apart (ethox 5.3 #19)", () => {
  const buffer = new SendFrom(BYTES);
  range(buffer, 0, 4);
  range(buffer, 0, 4);
  assertEquals([buffer.sent, buffer.acknowledged], [4, 0]);
  buffer.acknowledge(3);
  assertEquals([buffer.sent, buffer.acknowledged], [4, 3]);
  buffer.acknowledge(-1);
  buffer.acknowledge(99);
  assertEquals([buffer.sent, buffer.acknowledged], [8, 8]);
});

Deno.test("SendFrom sends a part of an array or a memory", () => {
  const parts = [
    new SendFrom(BYTES, 2, 3),
    new SendFrom(BYTES.subarray(2, 5)),
    new SendFrom(Memory.from(BYTES), 2, 3),
  ];
  for (const buffer of parts) {
    assertEquals([buffer.total, range(buffer, 0, 4)], [3, "cde|"]);
    assertEquals([range(buffer, -1, 2), buffer.sent], ["||", 3]);
  }
  assertEquals(new SendFrom(BYTES, 8).available(), 0);
});

Deno.test("SendFrom throws RegionError when the part is not in the array", () => {
  for (const [start, length] of [[0, 9], [9, 0], [-1, 1], [1.5, 2]]) {
    assertThrows(() => new SendFrom(BYTES, start!, length!), RegionError);
  }
});

Deno.test("Empty has nothing to send, and is finished when told", () => {
  const buffer = new Empty();
  const memory = Memory.from(Uint8Array.of(7));
  buffer.fill(memory, 0, 0, 1);
  buffer.acknowledge(1);
  assertEquals([buffer.available(), buffer.finished], [0, false]);
  buffer.finish();
  assertEquals([buffer.finished, new Empty(true).finished], [true, true]);
  assertEquals(memory.bytes, Uint8Array.of(7));
});
