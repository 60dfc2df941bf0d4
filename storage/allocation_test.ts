import { assert } from "@std/assert";
import { Memory } from "@ethox/managed/memory";
import { Assembler } from "./assembler.ts";
import { Pattern, PatternSink } from "./pattern.ts";
import { RecvInto } from "./recv_into.ts";
import { RecvRing } from "./recv_ring.ts";
import { RingBuffer } from "./ring_buffer.ts";
import { SendFrom } from "./send_from.ts";
import { SendRing } from "./send_ring.ts";
import { Sink } from "./sink.ts";

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

const packet = Memory.allocate(2048);
const bytes = new Uint8Array(1448);

const sendRing = SendRing.allocate(65536);
const recvRing = RecvRing.allocate(65536);
const pattern = new Pattern();
const patternSink = new PatternSink();
const sink = new Sink();
const sendFrom = new SendFrom(new Uint8Array(100_000));
const into = new Uint8Array(100_000);
const recvInto = new RecvInto(into);
const assembler = Assembler.allocate(16, "drop-furthest");
const sack = new Int32Array(8);
const ring = RingBuffer.allocate(4096);

for (
  const [what, operation] of [
    ["SendRing and RecvRing in order", () => {
      sendRing.write(bytes);
      sendRing.fill(packet, 66, 0, 1448);
      sendRing.acknowledge(recvRing.receive(packet, 66, 0, 1448));
      recvRing.read(bytes);
    }],
    ["SendRing and RecvRing out of order", () => {
      sendRing.write(bytes);
      sendRing.fill(packet, 66, 0, 1448);
      recvRing.receive(packet, 666, 600, 848);
      recvRing.receive(packet, 266, 200, 900);
      recvRing.assembler.ranges(sack);
      sendRing.acknowledge(recvRing.receive(packet, 66, 0, 300));
      recvRing.consume(recvRing.peek());
      recvRing.consume(recvRing.peek());
    }],
    ["SendFrom and RecvInto", () => {
      if (sendFrom.done) {
        sendFrom.rewind();
        recvInto.clear();
      }
      sendFrom.fill(packet, 66, 0, 1448);
      sendFrom.acknowledge(recvInto.receive(packet, 66, 0, 1448));
    }],
    ["Pattern and PatternSink", () => {
      pattern.fill(packet, 66, 0, 1448);
      pattern.acknowledge(patternSink.receive(packet, 66, 0, 1448));
    }],
    ["Sink", (i) => {
      sink.receive(packet, 66, i & 1 ? 0 : 1448, 1448);
    }],
    ["Assembler", (i) => {
      assembler.add((i * 7919) % 1000, 1);
      assembler.boundedAdd(0, 2, 1);
      assembler.ranges(sack);
    }],
    ["RingBuffer", (i) => {
      ring.push(i);
      ring.write(packet, 0, 1000);
      ring.shift();
      ring.read(packet, 0, 1000);
    }],
  ] as [string, (i: number) => void][]
) {
  Deno.test(`${what} make no garbage after set-up`, () => {
    const octets = garbage(operation);
    assert(octets < 1, `one call leaves ${octets} octets`);
  });
}
