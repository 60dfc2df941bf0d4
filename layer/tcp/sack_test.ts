import { assertEquals } from "@std/assert";
import { testVectors } from "./_vectors_test_util.ts";
import { LIST_OCTETS, SackLists } from "./sack.ts";

/** What a row would report, and reports only once. */
function report(lists: SackLists, room = 40, slot = 0): number[][] {
  const length = lists.optionLength(slot, room);
  if (length === 0) return [];
  const view = new DataView(new ArrayBuffer(48));
  lists.write(slot, view, 4, length);
  assertEquals(view.getInt32(4), 0x01010500 | (length - 2));
  const blocks: number[][] = [];
  for (let at = 8; at < 4 + length; at += 8) {
    blocks.push([view.getInt32(at), view.getInt32(at + 4)]);
  }
  return blocks;
}

Deno.test("SackLists reports the block that changed last first (RFC 2018 4)", () => {
  const lists = new SackLists(2);
  lists.add(1, 5500, 6000);
  for (let at = 6000; at < 9000; at += 500) lists.add(1, at, at + 500);
  assertEquals(report(lists, 40, 1), [[5500, 9000]]);
  lists.add(1, 9500, 10_000);
  lists.add(1, 10_500, 11_000);
  lists.add(1, 9000, 9500);
  assertEquals(report(lists, 40, 1), [[5500, 10_000], [10_500, 11_000]]);
  assertEquals(report(lists, 40, 0), []);
});

Deno.test("SackLists forgets the oldest block of five, and fits into what room there is", () => {
  const lists = new SackLists(1);
  for (let i = 1; i <= 5; i++) lists.add(0, 100 * i, 100 * i + 50);
  assertEquals(report(lists), [[500, 550], [400, 450], [300, 350], [200, 250]]);
  // With timestamps three (RFC 7323 appendix A); a duplicate takes one of them.
  assertEquals(report(lists, 28), [[500, 550], [400, 450], [300, 350]]);
  lists.duplicate(0, 10, 20, 30);
  assertEquals(report(lists, 28), [[10, 20], [500, 550], [400, 450]]);
  assertEquals(report(lists, 11), []);
  assertEquals(LIST_OCTETS, 44);
});

Deno.test("SackLists drops what is acknowledged and what was let go", () => {
  const lists = new SackLists(1);
  lists.add(0, 100, 200);
  lists.add(0, 300, 400);
  lists.add(0, 500, 600);
  lists.advance(0, 350);
  assertEquals(report(lists), [[500, 600], [350, 400]]);
  lists.retract(0, 550);
  assertEquals(report(lists), [[500, 550], [350, 400]]);
  lists.retract(0, 400);
  assertEquals(report(lists), [[350, 400]]);
  lists.advance(0, 400);
  assertEquals(report(lists), []);
});

Deno.test("SackLists compares on the circle (A77)", () => {
  const lists = new SackLists(1);
  lists.add(0, 0x7fffff00 | 0, 0x80000100 | 0);
  lists.add(0, 0x80000100 | 0, 0x80000200 | 0);
  assertEquals(report(lists), [[0x7fffff00 | 0, 0x80000200 | 0]]);
  lists.advance(0, 0x80000000 | 0);
  assertEquals(report(lists), [[0x80000000 | 0, 0x80000200 | 0]]);
});

Deno.test("SackLists reports a duplicate in one acknowledgment only (RFC 2883 4)", () => {
  const lists = new SackLists(1);
  lists.add(0, 100, 200);
  lists.duplicate(0, 150, 250, 50);
  lists.add(0, 150, 250);
  assertEquals(report(lists), [[150, 200], [100, 250]]);
  assertEquals(report(lists), [[100, 250]]);
  // What is new entirely is no duplicate.
  lists.duplicate(0, 300, 310, 50);
  assertEquals(report(lists), [[100, 250]]);
});

interface Event {
  readonly receive?: readonly [number, number];
  readonly fin?: boolean;
  readonly ack?: number;
  readonly sack?: number[][];
}

interface Scenarios {
  readonly scenarios: readonly {
    readonly name: string;
    readonly events: readonly Event[];
  }[];
}

testVectors<Scenarios>(
  "SackLists reports what the vectors say for each order and overlap (RFC 2018, RFC 2883)",
  "tcp_sack_receiver.json",
  ({ scenarios }) => {
    for (const { name, events } of scenarios) {
      const lists = new SackLists(1);
      // What is held, octet by octet.
      const held = new Set<number>();
      let next = 1;
      events.forEach((event, i) => {
        if (event.receive !== undefined) {
          const [start, end] = event.receive;
          lists.duplicate(0, start, end, next);
          if (end > next) {
            if (start > next) lists.add(0, start, end);
            for (let at = start; at < end; at++) held.add(at);
            while (held.has(next)) next++;
            lists.advance(0, next);
          }
        } else {
          assertEquals(report(lists), event.sack ?? [], `${name} ${i}`);
        }
      });
    }
  },
);
