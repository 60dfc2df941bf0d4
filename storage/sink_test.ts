import { assertEquals, assertThrows } from "@std/assert";
import { Memory } from "@ethox/managed/memory";
import { Assembler } from "./assembler.ts";
import { WindowError } from "./reassembly.ts";
import { Sink } from "./sink.ts";

const NOTHING = Memory.from(new Uint8Array(0));

Deno.test("Sink counts what becomes contiguous and keeps its window", () => {
  const sink = new Sink(100);
  assertEquals(sink.receive(NOTHING, 0, 10, 10), 0);
  assertEquals(sink.receive(NOTHING, 0, 0, 5), 5);
  assertEquals(sink.receive(NOTHING, 0, 0, 5), 15);
  assertEquals([sink.received, sink.window()], [20, 100]);
  assertEquals(sink.receive(NOTHING, 0, 90, 50), 0);
  assertEquals(sink.receive(NOTHING, 0, 100, 1), 0);
  assertEquals(sink.receive(NOTHING, 0, 0, 90), 100);
  assertEquals(sink.assembler.isEmpty, true);
  sink.clear();
  assertEquals(sink.received, 0);
});

Deno.test("Sink takes what comes in order when it may remember no ranges", () => {
  const sink = new Sink(100, Assembler.allocate(0));
  assertEquals([sink.receive(NOTHING, 0, 1, 1), sink.reach()], [-1, 0]);
  assertEquals(sink.receive(NOTHING, 0, 0, 2), 2);
  assertEquals(sink.assembler.refused, 1);
});

Deno.test("Sink throws WindowError when the window cannot be announced", () => {
  for (const window of [-1, 1.5, NaN, 2 ** 30 + 1]) {
    assertThrows(() => new Sink(window), WindowError, `${window}`);
  }
});
