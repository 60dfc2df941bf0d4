import { assert, assertEquals } from "@std/assert";

/** Collections of garbage in that million packets that has the fewest. */
async function collections(...args: readonly string[]): Promise<number> {
  const program = new URL("lib/steady_program.ts", import.meta.url).pathname;
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--v8-flags=--trace-gc", program, ...args],
  }).output();
  const text = new TextDecoder().decode(stdout);
  assertEquals(code, 0, text + new TextDecoder().decode(stderr));
  // The two kinds of lines come through different buffers, in no order.
  const times = text.matchAll(/ (\d+) ms: (?:Scavenge|Mark-Compact)/g)
    .map(([, time]) => Number(time)).toArray();
  assert(times.length > 0, text);
  const windows = text.matchAll(/(\d+) packets from (\d+) to (\d+) ms/g)
    .map(([, packets, from, to]) => {
      assert(Number(packets) >= 1_000_000, text);
      return times.filter((time) => time > Number(from) && time < Number(to))
        .length;
    }).toArray();
  assertEquals(windows.length, 4, text);
  return Math.min(...windows);
}

for (
  const [load, what] of [
    ["ping", "answering ping"],
    ["echo", "echoing UDP datagrams"],
    ["stream", "TCP both ways"],
  ] as const
) {
  Deno.test(`a host makes no garbage over a million packets of ${what} (A90)`, async () => {
    assertEquals(await collections(load), 0);
  });

  Deno.test(`one subarray for each packet of ${what} would be noticed`, async () => {
    assert(await collections(load, "--garbage") > 3);
  });
}

// What runs for losses only, timers above all, stays unoptimized for long, and
// there each double is an object: two or three octets for a packet.
Deno.test("a host makes hardly any garbage over a million packets of TCP both ways with losses that SACK repairs (A90)", async () => {
  assert(await collections("recovery") <= 3);
});

Deno.test("one subarray for each packet of TCP both ways with losses would be noticed", async () => {
  assert(await collections("recovery", "--garbage") > 6);
});
