import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { assertSteady } from "./_steady_test_util.ts";
import { External } from "./external.ts";
import { Loopback } from "./loopback.ts";
import {
  deliver,
  offer,
  type Packet,
  type ReceiveHandler,
  type SendHandler,
} from "./packet.ts";
import { Watched, Wrapped } from "./wrapped.ts";

/** Takes the first octet off what is received, and puts it before the rest. */
class Tag extends Wrapped {
  override take(packet: Packet, handler: ReceiveHandler): void {
    packet.start++;
    deliver(handler, packet);
    if (packet.queued) packet.start--;
  }

  override give(packet: Packet, handler: SendHandler): void {
    offer(handler, packet);
    if (packet.queued) packet.start--;
  }
}

class Log extends Watched {
  readonly seen: string[] = [];

  override watch({ length }: Packet, outbound: boolean): void {
    this.seen.push(`${outbound ? "out" : "in"} ${length}`);
  }
}

function fill(packet: Packet): void {
  packet.resize(60);
  packet.queue();
}

Deno.test("Wrapped passes everything on", () => {
  let disposed = 0;
  class Mortal extends External {
    override [Symbol.dispose](): void {
      disposed++;
    }
  }
  const inner = new Mortal();
  const device = new Tag(inner);
  assertStrictEquals(device.inner, inner);
  assertStrictEquals(device.personality, inner.personality);
  assertStrictEquals(device.counters, inner.counters);
  device.wait(100);
  assertEquals([device.now(), inner.clock.now], [100, 100]);
  device[Symbol.dispose]();
  assertEquals(disposed, 1);
});

Deno.test("Wrapped may change packets both ways", () => {
  const inner = new External();
  const device = new Tag(inner);
  assertEquals(device.tx(1, fill), 1);
  assertEquals(inner.take()?.length, 61);
  inner.inject(new Uint8Array(10));
  device.rx(1, (packet) => {
    assertEquals(packet.length, 9);
    packet.queue();
  });
  assertEquals(inner.take()?.length, 10);
});

Deno.test("Wrapped takes handlers that are objects", () => {
  const device = new Tag(new Loopback({ slots: 2 }));
  const lengths: number[] = [];
  assertEquals(device.tx(2, { send: fill }), 2);
  device.rx(2, { receive: ({ length }) => void lengths.push(length) });
  assertEquals(lengths, [60, 60]);
});

Deno.test("Wrapped goes around another, the outer seeing what the inner left", () => {
  const inner = new External();
  const within = new Log(new Tag(inner));
  const around = new Log(new Tag(within));
  around.tx(1, fill);
  assertEquals(inner.take()?.length, 62);
  inner.inject(new Uint8Array(10));
  around.rx(1, (packet) => void packet.queue());
  assertEquals(around.seen, ["out 60", "in 8", "out 8"]);
  assertEquals(within.seen, ["out 61", "in 9", "out 9"]);
});

Deno.test("Watched shows a packet before its answer, and nothing that was not queued", () => {
  const inner = new External();
  const device = new Log(inner);
  inner.inject(new Uint8Array(10));
  inner.inject(new Uint8Array(20));
  device.rx(2, (packet) => {
    if (packet.length !== 20) return;
    packet.resize(30);
    packet.queue();
  });
  device.tx(2, (packet) => {
    packet.resize(40);
    if (inner.sent < 2) packet.queue();
  });
  assertEquals(device.seen, ["in 10", "in 20", "out 30", "out 40"]);
});

Deno.test("Wrapped makes no garbage over a million packets", () => {
  const device = new Tag(new Tag(new Loopback({ slots: 64 })));
  let octets = 0;
  const look = ({ length }: Packet) => {
    octets += length;
  };
  assertSteady(64, () => {
    device.tx(64, fill);
    device.rx(64, look);
  });
  assert(octets > 0);
});
