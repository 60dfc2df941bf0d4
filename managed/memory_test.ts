import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { Memory } from "./memory.ts";

const SIZE = 4096;

/** Octets that differ from their neighbours; NaN patterns among them. */
function noise(memory: Memory, salt: number): Uint8Array {
  for (let i = 0; i < memory.bytes.length; i++) {
    memory.bytes[i] = i % 97 < 16
      ? 0xff
      : Math.imul(i + salt, 0x9e3779b1) >>> 24;
  }
  return memory.bytes.slice();
}

const KINDS: [string, () => Memory, () => Memory][] = [
  ["wasm to wasm", () => Memory.allocate(SIZE), () => Memory.allocate(SIZE)],
  [
    "plain to wasm",
    () => Memory.from(new Uint8Array(SIZE)),
    () => Memory.allocate(SIZE),
  ],
  [
    "wasm to a part of plain",
    () => Memory.allocate(SIZE),
    () => Memory.from(new Uint8Array(SIZE + 3).subarray(3)),
  ],
];

for (const [name, makeSource, makeTarget] of KINDS) {
  Deno.test(`Memory.copy() moves the very octets, ${name}`, () => {
    const source = makeSource();
    const target = makeTarget();
    fc.assert(fc.property(
      fc.nat(2000),
      fc.nat(2000),
      fc.oneof(fc.nat(70), fc.nat(2000)),
      (at, from, length) => {
        const octets = noise(source, 1);
        const expected = noise(target, 2);
        expected.set(octets.subarray(from, from + length), at);
        target.copy(at, source, from, length);
        assertEquals(target.bytes, expected);
      },
    ));
  });

  Deno.test(`Memory.copy() refuses ranges outside, ${name}`, () => {
    const source = makeSource();
    const target = makeTarget();
    for (const length of [8, 64, 500]) {
      const end = source.bytes.length;
      assertThrows(() => target.copy(0, source, end - length + 1, length));
      assertThrows(() =>
        target.copy(target.bytes.length - length + 1, source, 0, length)
      );
    }
  });
}

Deno.test("Memory.copy() within one memory keeps overlapping octets", () => {
  for (const make of [KINDS[0]![1], KINDS[1]![1]]) {
    const memory = make();
    for (const [at, from] of [[10, 0], [0, 10], [5, 5]] as const) {
      const octets = noise(memory, 3);
      memory.copy(at, memory, from, 500);
      assertEquals(
        memory.bytes.slice(at, at + 500),
        octets.slice(from, from + 500),
      );
    }
  }
});

Deno.test("Memory.copy() binds to each source once, however they alternate", () => {
  const target = Memory.allocate(SIZE);
  const sources = Array.from({ length: 20 }, () => Memory.allocate(SIZE));
  const octets = sources.map(noise);
  const { Instance } = WebAssembly;
  let made = 0;
  WebAssembly.Instance = class extends Instance {
    constructor(...args: ConstructorParameters<typeof Instance>) {
      super(...args);
      made++;
    }
  };
  try {
    for (let i = 0; i < 1000; i++) {
      const k = (i * 7) % 20;
      target.copy(i, sources[k]!, 5, 100);
      assertEquals(target.bytes[i], octets[k]![5]);
    }
  } finally {
    WebAssembly.Instance = Instance;
  }
  assertEquals(made, 20);
});

Deno.test("Memory.allocate() gives zeros, rounded up to pages", () => {
  const memory = Memory.allocate(65_537);
  assertEquals(memory.bytes.length, 131_072);
  assertEquals(memory.bytes.every((octet) => octet === 0), true);
  assertEquals(memory.view.byteLength, 131_072);
});
