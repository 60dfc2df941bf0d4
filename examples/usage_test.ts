import { assert, assertEquals, assertMatch } from "@std/assert";

const MAC = "02:00:00:00:00:02";
const HOST = ["192.0.2.2/24", MAC, "192.0.2.1/24"];

/** Every program, arguments that are good, and the permissions it needs. */
const PROGRAMS: readonly (readonly [string, readonly string[]])[] = [
  ["arp_tap.ts", ["tap0", ...HOST, "02:00:00:00:00:01"]],
  ["ping_tap.ts", ["tap0", ...HOST]],
  ["debug_tap.ts", ["tap0"]],
  ["curl.ts", ["tap0", ...HOST, "192.0.2.1", "80"]],
  ["httpd.ts", ["tap0", ...HOST, "80", "."]],
  ["udp_echo.ts", ["tap0", ...HOST, "7"]],
  ["bench.ts", []],
  ["dissect.ts", ["capture.pcap"]],
  ["craft.ts", ["packets.json"]],
  ["minimal.ts", []],
  ["demo.ts", []],
  ["tcp_lab.ts", ["clean"]],
  ["lab_figures.ts", []],
  ["linux_path.ts", ["veth1", "veth3"]],
  ["linux_compare.ts", []],
];
/** Programs without a device. */
const WITHOUT = [
  "bench.ts",
  "craft.ts",
  "dissect.ts",
  "tcp_lab.ts",
  "lab_figures.ts",
  "linux_path.ts",
  "linux_compare.ts",
];

async function run(
  file: string,
  args: readonly string[],
  permissions: readonly string[] = ["--allow-ffi", "--allow-read"],
): Promise<{ code: number; stdout: string; stderr: string }> {
  const path = new URL(file, import.meta.url).pathname;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", ...permissions, path, ...args],
    env: { NO_COLOR: "1" },
  }).output();
  const decoder = new TextDecoder();
  return {
    code,
    stdout: decoder.decode(stdout),
    stderr: decoder.decode(stderr),
  };
}

for (const [file, good] of PROGRAMS) {
  Deno.test(`${file} --help explains every argument without any permission`, async () => {
    for (const option of ["--help", "-h"]) {
      const { code, stdout, stderr } = await run(file, [option], []);
      assertEquals([code, stderr], [0, ""]);
      assertMatch(stdout, new RegExp(`Usage: deno run.* examples/${file}`));
      if (!WITHOUT.includes(file)) {
        for (const option of ["pcap", "trace", "loss", "seed", "no-offload"]) {
          assert(stdout.includes(`--${option}`), stdout);
        }
      }
    }
  });

  const bad: [string, readonly string[]][] = [
    ["an unknown option", [...good, "--nonsense"]],
    ["an argument too many", [...good, "x", "x", "x"]],
  ];
  if (good.length > 0) bad.push(["no argument", []]);
  if (good[0] === "tap0") {
    bad.push(
      ["a name that is too long", ["tap:abcdefghijklmnop", ...good.slice(1)]],
      ["a device that is none", ["tip:x", ...good.slice(1)]],
      ["a loss above 1", [...good, "--loss", "1.5"]],
      ["a seed that is no number", [...good, "--seed", "x"]],
    );
  }
  if (good[0] === "tap0" && good.length > 1) {
    bad.push(
      ["an address that is none", ["tap0", "192.0.2/24", ...good.slice(2)]],
      ["a hardware address of a group", [
        ...["tap0", good[1]!, "03:00:00:00:00:02"],
        ...good.slice(3),
      ]],
    );
  }
  for (const [what, args] of bad) {
    Deno.test(`${file} ends with code 2 and one sentence for ${what}`, async () => {
      const { code, stdout, stderr } = await run(file, args);
      assertEquals([code, stdout], [2, ""], stderr);
      assertMatch(stderr, new RegExp(`^${file}: [^\\n]+\\n$`));
    });
  }
}

for (
  const [what, args, sentence] of [
    ["no condition", ["tap0", "foo"], /no filter: .* at position 0/],
    ["a name", ["raw:lo", "port http"], /a port number.* at position 5/],
    ["half a condition", ["tap0", "tcp and"], /at position 7, its end/],
    ["a link that is not there", ["tun:x", "vlan 5"], /raw IP has no such/],
  ] as const
) {
  Deno.test(`debug_tap.ts ends with code 2 and one sentence for a filter with ${what}`, async () => {
    const { code, stdout, stderr } = await run("debug_tap.ts", args);
    assertEquals([code, stdout], [2, ""], stderr);
    assertMatch(stderr, /^debug_tap.ts: [^\n]+\n$/);
    assertMatch(stderr, sentence);
  });
}

Deno.test("debug_tap.ts --help tells what filters can say", async () => {
  const { stdout } = await run("debug_tap.ts", ["--help"], []);
  for (const word of ["portrange", "icmp-echo", "vlan", "from the left"]) {
    assert(stdout.includes(word), stdout);
  }
});

Deno.test("minimal.ts needs no permission", async () => {
  const { code, stdout } = await run("minimal.ts", [], []);
  assertEquals(code, 0);
  const sums = stdout.match(/[0-9a-f]{64}/g)!;
  assertEquals(sums.length, 2);
  assertEquals(sums[0], sums[1]);
});
