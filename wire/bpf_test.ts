import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import * as bpf from "./bpf.ts";
import * as filter from "./filter.ts";
import { frame, FRAMES, TAGGED, TCP4, UDP4 } from "./_filter_test_util.ts";
import { exactly } from "./_property_test_util.ts";

/** Instructions as linux/Documentation/networking/filter.rst writes them. */
function program(
  ...instructions: readonly (readonly [number, number, number, number])[]
): Uint8Array<ArrayBuffer> {
  return bpf.encode(
    instructions.map(([code, jt, jf, k]) => ({ code, jt, jf, k })),
  );
}

function run(octets: Uint8Array, packet: Uint8Array): number {
  return new bpf.Machine(octets).run(exactly(packet), 0, packet.length);
}

Deno.test("Machine.run() runs the example of filter.rst: TCP port 22", () => {
  // What tcpdump -i em1 port 22 -dd prints there.
  const port22 = program(
    [0x28, 0, 0, 0x0000000c],
    [0x15, 0, 8, 0x000086dd],
    [0x30, 0, 0, 0x00000014],
    [0x15, 2, 0, 0x00000084],
    [0x15, 1, 0, 0x00000006],
    [0x15, 0, 17, 0x00000011],
    [0x28, 0, 0, 0x00000036],
    [0x15, 14, 0, 0x00000016],
    [0x28, 0, 0, 0x00000038],
    [0x15, 12, 13, 0x00000016],
    [0x15, 0, 12, 0x00000800],
    [0x30, 0, 0, 0x00000017],
    [0x15, 2, 0, 0x00000084],
    [0x15, 1, 0, 0x00000006],
    [0x15, 0, 8, 0x00000011],
    [0x28, 0, 0, 0x00000014],
    [0x45, 6, 0, 0x00001fff],
    [0xb1, 0, 0, 0x0000000e],
    [0x48, 0, 0, 0x0000000e],
    [0x15, 2, 0, 0x00000016],
    [0x48, 0, 0, 0x00000010],
    [0x15, 0, 1, 0x00000016],
    [0x06, 0, 0, 0x0000ffff],
    [0x06, 0, 0, 0x00000000],
  );
  assertEquals(run(port22, TCP4), 0);
  const packet = TCP4.slice();
  packet[37] = 22;
  assertEquals(run(port22, packet), 0xffff);
  const mine = bpf.compile("port 22", { kept: 0xffff });
  for (const octets of [...FRAMES, packet]) {
    assertEquals(run(mine, octets), run(port22, octets));
  }
});

Deno.test("compile() makes one load of a number that is compared several times", () => {
  assertEquals(
    bpf.format(bpf.decode(bpf.compile("tcp"))),
    `(000) ldh      [12]
(001) jeq      #0x800           jt 2\tjf 4
(002) ldb      [23]
(003) jeq      #0x6             jt 10\tjf 11
(004) jeq      #0x86dd          jt 5\tjf 11
(005) ldb      [20]
(006) jeq      #0x6             jt 10\tjf 7
(007) jeq      #0x2c            jt 8\tjf 11
(008) ldb      [54]
(009) jeq      #0x6             jt 10\tjf 11
(010) ret      #262144
(011) ret      #0`,
  );
});

Deno.test("encode() writes struct sock_filter, and decode() reads it", () => {
  const octets = program([0x28, 1, 2, 0x86dd], [6, 0, 0, 0xffffffff]);
  assertEquals([...octets], [
    ...[0x28, 0, 1, 2, 0xdd, 0x86, 0, 0],
    ...[6, 0, 0, 0, 0xff, 0xff, 0xff, 0xff],
  ]);
  assertEquals(bpf.encode(bpf.decode(octets)), octets);
  const inside = new Uint8Array(20);
  inside.set(octets, 3);
  assertEquals(bpf.decode(inside.subarray(3, 19)), bpf.decode(octets));
});

for (
  const [what, a, x, code, wanted] of [
    ["add", -1, 2, 0x0c, 1],
    ["sub", 1, 2, 0x1c, 0xffffffff],
    ["mul", 0x10001, 0x10001, 0x2c, 0x20001],
    ["div, without sign", -2, 2, 0x3c, 0x7fffffff],
    ["div by 0", 5, 0, 0x3c, 0],
    ["or", 0xf0, 0x0f, 0x4c, 0xff],
    ["and", 0xf0, 0x1f, 0x5c, 0x10],
    ["lsh", 3, 31, 0x6c, 0x80000000],
    ["lsh, modulo 32", 3, 33, 0x6c, 6],
    ["rsh, without sign", -1, 28, 0x7c, 15],
    ["neg", 5, 0, 0x84, 0xfffffffb],
    ["mod", -1, 10, 0x9c, 5],
    ["mod by 0", 5, 0, 0x9c, 0],
    ["xor", 0xff, 0x0f, 0xac, 0xf0],
    ["txa", 1, 9, 0x87, 9],
  ] as const
) {
  Deno.test(`Machine.run() calculates ${what}`, () => {
    const octets = program(
      [0x01, 0, 0, x >>> 0],
      [0x00, 0, 0, a >>> 0],
      [code, 0, 0, 0],
      [0x16, 0, 0, 0],
    );
    assertEquals(run(octets, TCP4), wanted);
  });
}

for (
  const [what, code, k, wanted] of [
    ["an octet", 0x30, 14, 0x45],
    ["half a word", 0x28, 12, 0x0800],
    ["a word", 0x20, 26, 0xc0000201],
    ["the length", 0x80, 0, 54],
    ["at 2^31", 0x30, 0x80000000, 0],
    ["beside the packet", 0x20, 0xfffff030, 0],
  ] as const
) {
  Deno.test(`Machine.run() loads ${what}`, () => {
    assertEquals(run(program([code, 0, 0, k], [0x16, 0, 0, 0]), TCP4), wanted);
  });
}

for (const [code, last] of [[0x30, 53], [0x28, 52], [0x20, 50]] as const) {
  Deno.test(`Machine.run() loads up to the end and no further, code ${code}`, () => {
    const ends = [6, 0, 0, 1] as const;
    assertEquals(run(program([code, 0, 0, last], ends), TCP4), 1);
    assertEquals(run(program([code, 0, 0, last + 1], ends), TCP4), 0);
  });
}

Deno.test("Machine.run() adds the index register modulo 2^32, and stops outside", () => {
  const load = (x: number, k: number) =>
    run(program([0x01, 0, 0, x], [0x50, 0, 0, k], [0x16, 0, 0, 0]), TCP4);
  assertEquals(load(0xffffffff, 15), 0x45);
  assertEquals(load(10, 4), 0x45);
  assertEquals(load(50, 4), 0);
});

Deno.test("Machine.run() begins with empty memory, and jumps by constants", () => {
  const octets = program(
    [0x60, 0, 0, 3],
    [0x15, 0, 4, 0],
    [0x00, 0, 0, 7],
    [0x02, 0, 0, 3],
    [0x05, 0, 0, 1],
    [0x06, 0, 0, 1],
    [0x61, 0, 0, 3],
    [0x87, 0, 0, 0],
    [0x16, 0, 0, 0],
  );
  const machine = new bpf.Machine(octets);
  const view = exactly(TCP4);
  assertEquals(machine.run(view, 0, 54), 7);
  assertEquals(machine.run(view, 0, 54), 7);
});

for (
  const [why, octets, problem] of [
    ["it is empty", program(), "0 instructions"],
    ["an instruction is cut", new Uint8Array(12), "12 octets"],
    ["it is too long", new Uint8Array(8 * 4097), "4097 instructions"],
    ["it does not end", program([0x28, 0, 0, 12]), "no end"],
    ["a code is unknown", program([0xff, 0, 0, 0], [6, 0, 0, 0]), "0xff"],
    ["a jump leads out", program([0x05, 0, 0, 1], [6, 0, 0, 0]), "behind"],
    [
      "a long jump leads out",
      program([0x05, 0, 0, -1], [6, 0, 0, 0]),
      "behind",
    ],
    [
      "a comparison leads out",
      program([0x15, 0, 1, 0], [6, 0, 0, 0]),
      "behind",
    ],
    ["it divides by 0", program([0x34, 0, 0, 0], [6, 0, 0, 0]), "division"],
    ["it shifts by 32", program([0x64, 0, 0, 32], [6, 0, 0, 0]), "shift"],
    ["it stores in M[16]", program([0x02, 0, 0, 16], [6, 0, 0, 0]), "word 16"],
    ["it loads from M[16]", program([0x60, 0, 0, 16], [6, 0, 0, 0]), "word 16"],
  ] as const
) {
  Deno.test(`new Machine() throws ProgramError as the kernel refuses a program when ${why}`, () => {
    assertThrows(() => new bpf.Machine(octets), bpf.ProgramError, problem);
  });
}

Deno.test("compile() makes long jumps of those over 255 instructions", () => {
  const ports = Array.from({ length: 80 }, (_, i) => 2000 + i);
  for (
    const text of [
      `port 80 or ${ports.join(" or ")}`,
      `not (port 80 or ${ports.join(" or ")})`,
      `port ${ports.join(" or ")} or 80`,
      `(${
        ports.map((p) => `ip[2:2] != ${p} and ip[4:2] != ${p}`).join(" and ")
      }) and tcp`,
    ]
  ) {
    const octets = bpf.compile(text);
    const instructions = bpf.decode(octets);
    assert(instructions.length > 300, `${instructions.length}`);
    assert(instructions.some(({ code, k }) => code === 0x05 && k > 255));
    const mine = filter.compile(text);
    for (const packet of FRAMES) {
      const wanted = mine.matches(exactly(packet), 0, packet.length);
      assertEquals(run(octets, packet) > 0, wanted, text);
    }
  }
});

Deno.test("compile() throws CapacityError for what the kernel has no room for", () => {
  const ports = Array.from({ length: 400 }, (_, i) => 2000 + i);
  assertThrows(
    () => bpf.compile(`port ${ports.join(" or ")}`),
    bpf.CapacityError,
    "the kernel takes 4096",
  );
  const deep = (levels: number): string =>
    levels === 0 ? "len" : `(len - ${deep(levels - 1)})`;
  bpf.compile(`${deep(15)} = len`);
  assertThrows(
    () => bpf.compile(`len = ${deep(17)}`),
    bpf.CapacityError,
    "16 words",
  );
});

Deno.test("compile() gives 0 for shifts by more than 31, where the kernel shifts modulo 32", () => {
  const octets = bpf.compile("ip[0] << ip[8] = 0");
  const packet = TCP4.slice();
  for (const [by, wanted] of [[31, false], [32, true], [64, true]] as const) {
    packet[22] = by;
    assertEquals(run(octets, packet) > 0, wanted, `${by}`);
  }
});

Deno.test("compile() for the kernel looks for the outermost tag beside the frame", () => {
  const text = bpf.format(
    bpf.decode(bpf.compile("vlan 7 and ip", { kernel: true })),
  );
  // SKF_AD_OFF + SKF_AD_VLAN_TAG_PRESENT and SKF_AD_VLAN_TAG of linux/filter.h.
  assert(text.includes(`ld       [${0xfffff000 + 48}]`), text);
  assert(text.includes(`ld       [${0xfffff000 + 44}]`), text);
  assert(text.includes("ldh      [12]"), text);
  const both = bpf.format(
    bpf.decode(bpf.compile("vlan and vlan and ip", { kernel: true })),
  );
  assert(both.includes("ldh      [16]"), both);
  const here = bpf.compile("vlan 7 and udp");
  assertEquals(run(here, TAGGED), bpf.KEPT);
  assertEquals(run(here, UDP4), 0);
});

Deno.test("Machine.run() ends and reads nothing outside, whatever a program does that is taken", () => {
  const codes = [
    ...[0x20, 0x28, 0x30, 0x40, 0x48, 0x50, 0x00, 0x60, 0x80, 0x01, 0x61],
    ...[0x81, 0xb1, 0x02, 0x03, 0x04, 0x0c, 0x14, 0x24, 0x2c, 0x34, 0x3c],
    ...[0x44, 0x54, 0x64, 0x6c, 0x74, 0x7c, 0x84, 0x94, 0x9c, 0xa4, 0x05],
    ...[0x15, 0x1d, 0x25, 0x2d, 0x35, 0x3d, 0x45, 0x4d, 0x06, 0x16, 0x07, 0x87],
  ];
  let taken = 0;
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(
          fc.constantFrom(...codes),
          fc.nat(5),
          fc.nat(5),
          fc.oneof(fc.nat(15), fc.nat(60), fc.nat(0xffffffff)),
        ),
        { maxLength: 20 },
      ),
      fc.uint8Array({ maxLength: 60 }),
      (instructions, octets) => {
        let machine: bpf.Machine;
        try {
          machine = new bpf.Machine(
            program(...instructions, ...ENDS),
          );
        } catch (error) {
          assert(error instanceof bpf.ProgramError);
          return;
        }
        taken++;
        const kept = machine.run(exactly(octets), 0, octets.length);
        assert(kept >= 0 && kept <= 0xffffffff);
        const around = frame([9, 9, 9, ...octets], 400);
        around.fill(0xff, 3 + octets.length);
        const view = new DataView(around.buffer);
        assertEquals(machine.run(view, 3, 3 + octets.length), kept);
      },
    ),
    { numRuns: 5000 },
  );
  assert(taken > 1000, `${taken}`);
});

/** So many that few jumps lead behind them. */
const ENDS = Array.from({ length: 6 }, () => [0x16, 0, 0, 0] as const);
