import { assert } from "@std/assert";
import { Counters } from "./counters.ts";
import { List } from "./list.ts";
import { Map as Table } from "./map.ts";
import { ascending, Ordered } from "./ordered.ts";
import { Partial } from "./partial.ts";
import { Partitioned } from "./partitioned.ts";
import { SipHash } from "./siphash.ts";
import { Slice } from "./slice.ts";
import { SlotMap } from "./slot_map.ts";

const WARM_UP = 50_000;
/** Few enough that garbage of 16 octets a call waits for the next window. */
const OPERATIONS = 4_000;
const WINDOWS = 15;

/**
 * Octets of heap that one call of `operation` leaves behind: the median of
 * several windows, as compilation may fall into some, a collection into others.
 */
function garbage(operation: (i: number) => void): number {
  for (let i = 0; i < WARM_UP; i++) operation(i);
  const left: number[] = [];
  for (let window = 0; window < WINDOWS; window++) {
    const before = Deno.memoryUsage().heapUsed;
    for (let i = 0; i < OPERATIONS; i++) operation(i);
    const used = Deno.memoryUsage().heapUsed - before;
    if (used >= 0) left.push(used);
  }
  left.sort((a, b) => a - b);
  return left[left.length >> 1]! / OPERATIONS;
}

const key = new Uint8Array(16).fill(7);
const table = new Table({ capacity: 64, words: 3, key });
const hash = new SipHash(key);
const octets = new Uint8Array(100);
const shares = Partitioned.equal(64, 4, 8);
const counters = new Counters(["received", "sent"]);
const records = Array.from({ length: 64 }, () => ({ uses: 0 }));
const slots = new SlotMap(records, 2 ** 30);
const keys = new Int32Array(64);
const numbers = new List(new Int32Array(64));
const partial = new Partial(new Slice(records, 8, 32));
const sorted = new Ordered(new Int32Array(64), ascending);

for (
  const [what, operation] of [
    ["Map", (i) => {
      table.set3(i, 2, 3, i);
      table.get3(i - 7, 2, 3);
      table.delete3(i - 60, 2, 3);
    }],
    ["SipHash", (i) => {
      hash.hash3(i, 1, 2);
      hash.hash(octets);
    }],
    ["Partitioned", (i) => {
      if (!shares.take(i & 3, 3)) shares.give(i & 3, shares.used(i & 3));
      shares.reserve(i & 3, 8 - (i & 1));
    }],
    ["Counters", (i) => {
      counters.add(i & 1, i);
    }],
    ["SlotMap", (i) => {
      const at = i & 63;
      slots.remove(keys[at]!);
      keys[at] = slots.reserve();
      slots.get(keys[at]!)!.uses++;
      slots.get(keys[(at + 9) & 63]!);
      slots.key(slots.slotAt(i & 31));
    }],
    ["List", (i) => {
      if (!numbers.push(i)) numbers.truncate(8);
      numbers.insertAt(2, i);
      numbers.removeAt(3);
      numbers.swapRemoveAt(1);
      numbers.indexOf(i);
    }],
    ["Partial", (i) => {
      partial.insertAt(0);
      partial.push();
      partial.removeAt(i & 7);
      if (partial.isFull) partial.clear();
    }],
    ["Ordered", (i) => {
      if (sorted.insert((i * 7919) % 1000) < 0) sorted.removeAt(i & 63);
      sorted.find(i % 1000);
    }],
  ] as [string, (i: number) => void][]
) {
  Deno.test(`${what} makes no garbage after set-up`, () => {
    const octets = garbage(operation);
    assert(octets < 1, `one call leaves ${octets} octets`);
  });
}
