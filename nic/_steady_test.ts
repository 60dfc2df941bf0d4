import { assert } from "@std/assert";
import { assertSteady, leftOver } from "./_steady_test_util.ts";
import { Clock } from "./device.ts";
import type { Packet } from "./packet.ts";
import { Pair } from "./pair.ts";

/** A burst through a pair, with something to do to each packet. */
function burst(look: (packet: Packet) => void): () => void {
  const { a, b } = new Pair();
  function write(packet: Packet): void {
    packet.resize(60);
    packet.queue();
  }
  return () => {
    a.tx(64, write);
    b.rx(64, look);
  };
}

Deno.test("assertSteady() sees one subarray per packet", () => {
  let octets = 0;
  const left = leftOver(
    64,
    burst(({ memory, start, end }) => {
      octets += memory.bytes.subarray(start, end).length;
    }),
  );
  assert(octets > 0);
  assert(left > 50, `one subarray leaves ${left} octets`);
});

/** What {@linkcode Clock} must not be: its field begins without a number. */
class Careless {
  now: number;

  constructor(now: number) {
    this.now = now;
  }
}

Deno.test("assertSteady() sees one boxed time per packet", () => {
  const clock = new Careless(2 ** 41);
  const left = leftOver(64, burst(() => void (clock.now += 1)));
  assert(left > 8, `one box leaves ${left} octets`);
});

for (
  const [when, origin] of [["0", 0], ["2^41", 2 ** 41], [
    "2^52",
    2 ** 52,
  ]] as const
) {
  Deno.test(`Clock leaves nothing when it is set past ${when}`, () => {
    const clock = new Clock();
    const late = new Clock(origin + 0.5);
    clock.now = origin;
    assertSteady(64, () => {
      for (let i = 0; i < 64; i++) {
        clock.now += 3;
        late.now = clock.now + 1;
      }
    });
    assert(clock.now > origin + 3e6);
  });
}
