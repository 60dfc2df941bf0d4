import { assert, assertEquals, assertThrows } from "@std/assert";
import { leftOver } from "./_steady_test_util.ts";
import { Capture, type CaptureOptions } from "./capture.ts";
import type { Device } from "./device.ts";
import { External } from "./external.ts";
import { Loopback } from "./loopback.ts";
import type { Packet } from "./packet.ts";
import { Random } from "./random.ts";

/** A block of a pcapng file: its type and its body. */
interface Block {
  type: number;
  body: DataView;
}

/** Cuts a file into blocks; both lengths of each must agree. */
function blocks(file: Uint8Array): Block[] {
  const found: Block[] = [];
  let at = 0;
  while (at < file.length) {
    const view = new DataView(file.buffer, file.byteOffset + at);
    const length = view.getUint32(4, true);
    assert(length >= 12 && length % 4 === 0);
    assertEquals(view.getUint32(length - 4, true), length);
    const body = new DataView(file.buffer, view.byteOffset + 8, length - 12);
    found.push({ type: view.getUint32(0, true), body });
    at += length;
  }
  assertEquals(at, file.length);
  return found;
}

/** Options from `at` on: number and octets. */
function optionsOf(body: DataView, at: number): Map<number, Uint8Array> {
  const found = new Map<number, Uint8Array>();
  while (at + 4 <= body.byteLength) {
    const type = body.getUint16(at, true);
    const length = body.getUint16(at + 2, true);
    if (type === 0) break;
    found.set(
      type,
      new Uint8Array(body.buffer, body.byteOffset + at + 4, length),
    );
    at += 4 + ((length + 3) & ~3);
  }
  return found;
}

/** What the file says of a packet. */
interface Recorded {
  time: number;
  octets: Uint8Array;
  original: number;
  direction: number;
}

function packetOf({ type, body }: Block): Recorded {
  assertEquals(type, 6);
  assertEquals(body.getUint32(0, true), 0);
  const captured = body.getUint32(12, true);
  const flags = optionsOf(body, 20 + ((captured + 3) & ~3)).get(2)!;
  return {
    time: body.getUint32(4, true) * 2 ** 32 + body.getUint32(8, true),
    octets: new Uint8Array(body.buffer, body.byteOffset + 20, captured),
    original: body.getUint32(16, true),
    direction: flags[0]! & 3,
  };
}

/** Records, and what was recorded so far. */
function record(inner: Device, options?: CaptureOptions) {
  const pieces: Uint8Array[] = [];
  const device = new Capture(
    inner,
    (piece) => void pieces.push(piece.slice()),
    options,
  );
  const file = () => {
    device.flush();
    const all = new Uint8Array(
      pieces.reduce((sum, { length }) => sum + length, 0),
    );
    let at = 0;
    for (const piece of pieces) {
      all.set(piece, at);
      at += piece.length;
    }
    return all;
  };
  return { device, pieces, file };
}

Deno.test("Capture begins with a section and an interface (ethox 5.4 #14)", () => {
  const { file } = record(new Loopback({ slots: 1 }), { name: "nic0" });
  const [section, description] = blocks(file());
  assertEquals(section!.type, 0x0a0d0d0a);
  assertEquals(section!.body.getUint32(0, true), 0x1a2b3c4d);
  assertEquals(section!.body.getUint16(4, true), 1);
  assertEquals(description!.type, 1);
  assertEquals(description!.body.getUint16(0, true), 1);
  const facts = optionsOf(description!.body, 8);
  assertEquals(new TextDecoder().decode(facts.get(2)), "nic0");
  // Resolution of timestamps: 10^-6.
  assertEquals(facts.get(9)![0], 6);
});

Deno.test("Capture of bare datagrams says so", () => {
  const { file } = record(new Loopback({ slots: 1, medium: "ip" }));
  assertEquals(blocks(file())[1]!.body.getUint16(0, true), 101);
});

Deno.test("Capture records what was received, sent and answered", () => {
  const inner = new External();
  const epoch = 1.7e15;
  const { device, file } = record(inner, { epoch });
  inner.clock.now = 250;
  inner.inject(new Uint8Array([1, 2, 3]));
  inner.inject(new Uint8Array([4, 5, 6, 7, 8]));
  device.rx(8, (packet) => {
    if (packet.length !== 5) return;
    packet.reframe(7, 0, 5, 2);
    packet.queue();
  });
  inner.clock.now = 2 ** 41 + 1;
  device.tx(2, (packet) => {
    packet.resize(4);
    packet.memory.fill(packet.start, 4, 9);
    if (device.counters.get("sent") === 1) packet.queue();
  });
  const [received, second, answer, sent, ...more] = blocks(file()).slice(2)
    .map(packetOf);
  assertEquals(more, []);
  assertEquals(received!.octets, new Uint8Array([1, 2, 3]));
  assertEquals(received!.time, epoch + 250);
  assertEquals(received!.direction, 1);
  assertEquals(second!.octets, new Uint8Array([4, 5, 6, 7, 8]));
  assertEquals(answer!.octets.slice(2), new Uint8Array([4, 5, 6, 7, 8]));
  assertEquals(answer!.direction, 2);
  assertEquals(answer!.time, epoch + 250);
  assertEquals(sent!.octets, new Uint8Array([9, 9, 9, 9]));
  assertEquals(sent!.time, epoch + 2 ** 41 + 1);
  assertEquals(sent!.direction, 2);
});

Deno.test("Capture passes packets unchanged, and records them all", () => {
  const random = new Random(3);
  const plain = new External();
  const inner = new External();
  const { device, pieces, file } = record(inner, { buffer: 1024 });
  const expected: Uint8Array[] = [];
  for (let i = 0; i < 500; i++) {
    const octets = new Uint8Array(random.below(1514));
    for (let at = 0; at < octets.length; at++) octets[at] = random.below(256);
    const answer = (packet: Packet) => {
      packet.resize(packet.length >> 1);
      if (i % 3 === 0) packet.queue();
    };
    for (const [to, around] of [[plain, plain], [inner, device]] as const) {
      to.inject(octets);
      assertEquals(around.rx(8, answer), 1);
    }
    expected.push(octets);
    const copy = inner.take();
    assertEquals(copy, plain.take());
    if (copy !== undefined) expected.push(copy);
  }
  const recorded = blocks(file()).slice(2).map(packetOf);
  assertEquals(recorded.length, expected.length);
  recorded.forEach(({ octets, original }, i) => {
    assertEquals(original, octets.length);
    assertEquals(octets, expected[i]!);
  });
  assert(pieces.length > 100);
  assert(pieces.every(({ length }) => length <= 1024));
  assertEquals(device.counters.toJSON(), plain.counters.toJSON());
});

Deno.test("Capture cuts packets in the file, and only there", () => {
  const inner = new External();
  const { device, file } = record(inner, { snapLength: 10 });
  inner.inject(new Uint8Array(60).fill(1));
  device.rx(1, ({ length }) => assertEquals(length, 60));
  const [block] = blocks(file()).slice(2).map(packetOf);
  assertEquals(block!.octets, new Uint8Array(10).fill(1));
  assertEquals(block!.original, 60);
});

Deno.test("Capture does not record what was not queued, nor what a handler left", () => {
  const inner = new External();
  const { device, file } = record(inner);
  device.tx(1, (packet) => void packet.resize(60));
  inner.sends = "exhausted";
  device.tx(1, (packet) => void packet.queue());
  assertEquals(blocks(file()).length, 2);
});

Deno.test("Capture flushes and disposes, and disposes when the sink throws", () => {
  let disposed = 0;
  class Mortal extends External {
    override [Symbol.dispose](): void {
      disposed++;
    }
  }
  let octets = 0;
  {
    using _ = new Capture(new Mortal(), ({ length }) => octets += length);
    assertEquals(octets, 0);
  }
  assert(octets > 0);
  assertEquals(disposed, 1);
  const device = new Capture(new Mortal(), () => {
    throw new EvalError("full");
  });
  assertThrows(() => device[Symbol.dispose](), EvalError, "full");
  assertEquals(disposed, 2);
});

Deno.test("Capture leaves no more of a packet than its boxed time", () => {
  const inner = new Loopback({ slots: 64 });
  let octets = 0;
  const device = new Capture(inner, ({ length }) => octets += length, {
    epoch: 1.7e15,
    buffer: 1 << 20,
  });
  const write = (packet: Packet) => {
    packet.resize(60);
    packet.queue();
  };
  const look = (packet: Packet) => void packet.length;
  device.wait(2 ** 41 + 1);
  // Each packet is recorded twice.
  const left = leftOver(64, () => {
    device.tx(64, write);
    device.rx(64, look);
  });
  assert(left < 2 * 16 + 0.5, `one packet leaves ${left} octets`);
  assert(octets > 1e8);
});
