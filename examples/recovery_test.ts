import { assert, assertEquals } from "@std/assert";
import { print } from "./lib/terminal.ts";
import { type Outcome, transfer } from "./lib/transfer.ts";

const TROUBLE = {
  loss: 0.05,
  duplicate: 0.02,
  reorder: 0.05,
  reorderDelay: 2000,
};

function whole(outcome: Outcome, octets: number, name: string): void {
  assertEquals(outcome.ends, ["closed", "closed"], name);
  assertEquals(outcome.received, octets, name);
  assertEquals(outcome.arrived, outcome.sent, name);
}

Deno.test("64 MiB at 5 % loss take a third of the time that they take without SACK, or less", () => {
  const octets = 64 << 20;
  const times = [true, false].map((sack) => {
    const tcp = { control: "reno", tuning: { sack } } as const;
    const outcome = transfer(octets, TROUBLE, 5, { tcp });
    whole(outcome, octets, `sack ${sack}`);
    return outcome.time / 1e6;
  });
  const [quick = 0, slow = 0] = times;
  print(
    `  ${quick.toFixed(1)} s with SACK, ${slow.toFixed(1)} s without: ` +
      `${(slow / quick).toFixed(1)} times as long`,
  );
  assert(quick * 3 < slow, `${times}`);
});

for (
  const name of [
    "timestamps",
    "sack",
    "windowScaling",
    "dsack",
    "rack",
    "tlp",
    "prr",
    "frto",
    "limitedTransmit",
  ] as const
) {
  Deno.test(`transfers arrive whole over a bad network without ${name}`, () => {
    const octets = 1 << 19;
    for (let seed = 0; seed < 6; seed++) {
      const tcp = { tuning: { [name]: false } };
      whole(transfer(octets, TROUBLE, seed, { tcp }), octets, `seed ${seed}`);
    }
  });
}
