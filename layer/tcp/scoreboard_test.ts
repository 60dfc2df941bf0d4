import { assert, assertEquals, assertThrows } from "@std/assert";
import { Random } from "@ethox/nic/random";
import { Sample } from "./sample.ts";
import {
  LOST,
  NONE,
  RESENT,
  SACKED,
  Scoreboard,
  type ScoreboardOptions,
} from "./scoreboard.ts";

class Flow {
  readonly slot: number;
  sndUna: number;
  sndMax: number;
  delivered = 0;
  deliveredAt = 0;
  firstSentAt = 0;
  lost = 0;
  appLimited = 0;

  constructor(slot = 0, una = 1000) {
    this.slot = slot;
    this.sndUna = this.sndMax = una;
  }
}

function flow(
  options: Partial<ScoreboardOptions> = {},
  una = 1000,
): { board: Scoreboard; c: Flow; sample: Sample } {
  const board = new Scoreboard({ connections: 1, ...options });
  return { board, c: new Flow(0, una), sample: new Sample() };
}

function send(board: Scoreboard, c: Flow, octets: number, now: number): void {
  c.sndMax = (c.sndMax + octets) | 0;
  board.sent(c, c.sndMax, now, 0);
}

function mark(
  board: Scoreboard,
  c: Flow,
  sample: Sample,
  ...blocks: [number, number][]
): Sample {
  sample.clear();
  board.mark(c, Int32Array.from(blocks.flat()), blocks.length, sample);
  return sample;
}

function acknowledge(
  board: Scoreboard,
  c: Flow,
  sample: Sample,
  una: number,
): Sample {
  sample.clear();
  board.acknowledge(c, una, sample);
  c.sndUna = una;
  return sample;
}

/** The nodes as text: `1000-2000 S`. */
function nodes(board: Scoreboard, c: Flow): string[] {
  const texts: string[] = [];
  for (let node = board.head(c.slot); node !== NONE; node = board.next(node)) {
    const flags = board.flags(node);
    let text = `${board.start(node)}-${board.end(node)}`;
    if ((flags & SACKED) !== 0) text += " S";
    if ((flags & LOST) !== 0) text += " L";
    if ((flags & RESENT) !== 0) text += " R";
    texts.push(text);
  }
  return texts;
}

Deno.test("Scoreboard keeps what is sent at one time as one node", () => {
  const { board, c } = flow();
  send(board, c, 65_536, 10);
  send(board, c, 1000, 10);
  send(board, c, 1000, 11);
  assertEquals(nodes(board, c), ["1000-67536", "67536-68536"]);
  c.sndMax += 1000;
  board.sent(c, c.sndMax, 15, 4);
  assertEquals(nodes(board, c), ["1000-67536", "67536-69536"]);
});

Deno.test("Scoreboard splits nodes at the edges of blocks and joins what is SACKED", () => {
  const { board, c, sample } = flow();
  send(board, c, 10_000, 10);
  mark(board, c, sample, [4000, 5000], [2000, 3000]);
  assertEquals([sample.delivered, sample.sacked], [2000, 2000]);
  assertEquals(nodes(board, c), [
    "1000-2000",
    "2000-3000 S",
    "3000-4000",
    "4000-5000 S",
    "5000-11000",
  ]);
  // The same once more says nothing new.
  assert(!mark(board, c, sample, [2000, 3000], [4000, 5000]).any);
  assertEquals(mark(board, c, sample, [2500, 6000]).delivered, 2000);
  assertEquals(nodes(board, c), ["1000-2000", "2000-6000 S", "6000-11000"]);
  assertEquals(board.sacked[0], 4000);
  assertEquals(acknowledge(board, c, sample, 6000).delivered, 1000);
  assertEquals(nodes(board, c), ["6000-11000"]);
  assertEquals([board.sacked[0], board.count[0]], [0, 1]);
});

Deno.test("Scoreboard counts what is lost until it is sent again", () => {
  const { board, c, sample } = flow();
  send(board, c, 4000, 10);
  mark(board, c, sample, [2000, 5000]);
  assertEquals(board.lose(0, board.head(0)), 1000);
  assertEquals(board.lose(0, board.head(0)), 0);
  assertEquals(board.lost[0], 1000);
  board.resent(c, 1000, 1400, 20, 0);
  assertEquals(nodes(board, c), [
    "1000-1400 L R",
    "1400-2000 L",
    "2000-5000 S",
  ]);
  assertEquals(board.lost[0], 600);
  board.resent(c, 1400, 2000, 20, 0);
  assertEquals([board.lost[0], board.nextLost(0)], [0, NONE]);
  // The retransmission was lost as well.
  assertEquals(board.lose(0, board.head(0)), 1000);
  assertEquals(board.start(board.nextLost(0)), 1000);
  acknowledge(board, c, sample, 1200);
  assertEquals(board.lost[0], 800);
  assert(sample.repeated && !sample.once && sample.original === 0);
  board.find(0);
  assertEquals([board.lost[0], board.nextLost(0)], [0, NONE]);
});

Deno.test("Scoreboard tells what was delivered that was sent last (RFC 8985 6.2 step 2)", () => {
  const { board, c, sample } = flow();
  for (let i = 0; i < 4; i++) {
    c.delivered = i;
    send(board, c, 1000, 10 * i);
  }
  board.lose(0, board.head(0));
  board.resent(c, 1000, 2000, 35, 0);
  mark(board, c, sample, [3000, 4000]);
  assertEquals([sample.sentAt, sample.end, sample.repeated], [20, 4000, false]);
  assertEquals(sample.deliveredBefore, 2);
  acknowledge(board, c, sample, 3000);
  assertEquals([sample.sentAt, sample.end, sample.repeated], [35, 2000, true]);
  assertEquals([sample.once, sample.onceAt], [true, 10]);
});

Deno.test("Scoreboard sees reordering where an original arrives late (RFC 8985 6.2 step 3)", () => {
  const { board, c, sample } = flow();
  send(board, c, 4000, 10);
  assert(!mark(board, c, sample, [3000, 4000]).reordered);
  assert(!mark(board, c, sample, [4000, 5000]).reordered);
  assert(mark(board, c, sample, [2000, 3000]).reordered);
  // What was sent again says nothing of the order.
  board.lose(0, board.head(0));
  board.resent(c, 1000, 2000, 20, 0);
  assert(!acknowledge(board, c, sample, 5000).reordered);
});

Deno.test("Scoreboard forgets what the peer held (RFC 2018 8)", () => {
  const { board, c, sample } = flow();
  send(board, c, 4000, 10);
  mark(board, c, sample, [2000, 3000]);
  board.renege(0);
  assertEquals(nodes(board, c), ["1000-2000", "2000-3000", "3000-5000"]);
  assertEquals(board.sacked[0], 0);
});

Deno.test("A72 Scoreboard holds no more than its share of nodes, and visits no more", () => {
  const { board, c, sample } = flow({
    connections: 2,
    guaranteed: 2,
    shared: 20,
    cap: 16,
  });
  for (let i = 0; i < 1000; i++) send(board, c, 100, i);
  assertEquals([board.count[0], board.available], [16, 6]);
  assertEquals([board.start(board.head(0)), board.end(board.tail(0))], [
    1000,
    101_000,
  ]);
  for (let i = 0; i < 400; i++) {
    mark(board, c, sample, [1050 + 200 * i, 1100 + 200 * i]);
  }
  assertEquals(board.count[0], 16);
  // The other has what it is sure of.
  const other = new Flow(1, 5);
  send(board, other, 10, 1);
  send(board, other, 10, 2);
  assertEquals(board.count[1], 2);
  board.clear(0);
  assertEquals([board.count[0], board.available], [0, 20]);
});

Deno.test("Scoreboard without nodes to spare has every segment of a lost flight sent again once", () => {
  for (const cap of [1, 2, 3, 4, 7]) {
    const { board, c } = flow({ guaranteed: 1, shared: 6, cap });
    for (let i = 0; i < 20; i++) send(board, c, 100, i);
    for (let node = board.head(0); node !== NONE; node = board.next(node)) {
      board.lose(0, node);
    }
    assertEquals(board.lost[0], 2000);
    let at = 1000;
    for (let now = 50; board.nextLost(0) !== NONE; now++) {
      const node = board.nextLost(0);
      assertEquals(board.start(node), at, `${cap}`);
      at += 100;
      board.resent(c, at - 100, at, now, 0);
      // Only the last word of a board of one node is a guess.
      if (cap === 1) break;
      assertEquals(board.lost[0], 3000 - at, `${cap}`);
    }
    if (cap > 1) assertEquals(at, 3000, `${cap}`);
    assertEquals(board.lost[0], 0);
    assert(board.count[0]! <= cap);
  }
});

Deno.test("Scoreboard refuses shares that are none", () => {
  assertThrows(
    () => new Scoreboard({ connections: 1, guaranteed: 0 }),
    RangeError,
    "Cannot divide nodes",
  );
});

/** What is known of each octet, in the plainest way. */
class Model {
  readonly state: Uint8Array = new Uint8Array(4096);
  una = 0;
  max = 0;

  sum(bit: number, not = 0): number {
    let sum = 0;
    for (let i = this.una; i < this.max; i++) {
      if ((this.state[i]! & bit) !== 0 && (this.state[i]! & not) === 0) sum++;
    }
    return sum;
  }
}

Deno.test("Scoreboard agrees with a model octet by octet, also where numbers wrap (A77)", () => {
  for (let seed = 0; seed < 60; seed++) {
    const draw = new Random(seed);
    const base = seed % 2 === 0 ? 0x7ffffc00 | 0 : -900;
    const { board, c, sample } = flow({ cap: 512, shared: 4000 }, base);
    const model = new Model();
    for (let step = 0; step < 300; step++) {
      const name = `seed ${seed} step ${step}`;
      const flight = model.max - model.una;
      switch (draw.below(6)) {
        case 0:
        case 1: {
          const octets = Math.min(1 + draw.below(60), 4096 - model.max);
          if (octets === 0) break;
          model.max += octets;
          send(board, c, octets, step);
          break;
        }
        case 2: {
          const octets = draw.below(flight + 1) >> 2;
          let delivered = 0;
          for (let i = 0; i < octets; i++) {
            if ((model.state[model.una++]! & SACKED) === 0) delivered++;
          }
          acknowledge(board, c, sample, (base + model.una) | 0);
          assertEquals(sample.delivered, delivered, name);
          break;
        }
        case 3: {
          if (flight < 2) break;
          const blocks: [number, number][] = [];
          let delivered = 0;
          for (let i = 0; i < 1 + draw.below(4); i++) {
            const left = model.una + draw.below(flight - 1);
            const right = Math.min(model.max, left + 1 + draw.below(40));
            blocks.push([(base + left) | 0, (base + right) | 0]);
            for (let at = left; at < right; at++) {
              if ((model.state[at]! & SACKED) === 0) delivered++;
              model.state[at] = SACKED;
            }
          }
          mark(board, c, sample, ...blocks);
          assertEquals(sample.delivered, delivered, name);
          break;
        }
        case 4: {
          const octets = draw.below(80);
          const head = board.head(0);
          if (head === NONE || (board.flags(head) & SACKED) !== 0) break;
          if (octets === 0) break;
          const end = Math.min(
            model.una + octets,
            (board.end(head) - base) | 0,
          );
          board.loseFirst(0, octets);
          const state = model.state[model.una]!;
          if ((state & (LOST | RESENT)) === LOST) break;
          for (let i = model.una; i < end; i++) {
            model.state[i] = LOST;
          }
          break;
        }
        default: {
          const node = board.nextLost(0);
          assertEquals(node === NONE, model.sum(LOST, RESENT) === 0, name);
          if (node === NONE) break;
          const start = (board.start(node) - base) | 0;
          const length = (board.end(node) - board.start(node)) | 0;
          const sent = 1 + draw.below(length);
          const from = board.start(node);
          board.resent(c, from, (from + sent) | 0, step, draw.below(3));
          for (let i = start; i < start + sent; i++) model.state[i]! |= RESENT;
        }
      }
      assertEquals(board.sacked[0], model.sum(SACKED), name);
      assertEquals(board.lost[0], model.sum(LOST, RESENT), name);
      // The chain has no gap and no overlap.
      let at = (base + model.una) | 0;
      let count = 0;
      for (let node = board.head(0); node !== NONE; node = board.next(node)) {
        assertEquals(board.start(node), at, name);
        at = board.end(node);
        count++;
      }
      assertEquals(count, board.count[0], name);
      if (count > 0) assertEquals(at, (base + model.max) | 0, name);
    }
    board.clear(0);
    assertEquals([board.count[0], board.available], [0, 4000]);
  }
});
