import { Memory } from "@ethox/managed/memory";
import { Pattern, PatternSink } from "./pattern.ts";
import { RecvRing } from "./recv_ring.ts";
import { SendRing } from "./send_ring.ts";

const COUNT = 1000;

for (const octets of [1448, 65160]) {
  const packet = Memory.allocate(octets + 128);
  const bytes = new Uint8Array(octets);
  const group = `${COUNT} segments of ${octets} octets`;

  Deno.bench({
    name: `Memory.copy() ${group}`,
    group,
    baseline: true,
    fn: () => {
      for (let i = 0; i < COUNT; i++) packet.copy(66, packet, 64, octets);
    },
  });

  const from = SendRing.allocate(1 << 20);
  Deno.bench({
    name: `SendRing.fill() ${group}`,
    group,
    fn: () => {
      while (from.free() >= octets) from.write(bytes);
      for (let i = 0; i < COUNT; i++) from.fill(packet, 66, i * 3, octets - 4);
      from.acknowledge(octets + 1);
    },
  });

  const written = SendRing.allocate(1 << 20);
  Deno.bench({
    name: `SendRing.write() ${group}`,
    group,
    fn: () => {
      for (let i = 0; i < COUNT; i++) {
        written.write(bytes);
        written.acknowledge(octets);
      }
    },
  });

  Deno.bench({
    name: `SendRing.write() ${group}, a part`,
    group,
    fn: () => {
      for (let i = 0; i < COUNT; i++) {
        written.write(bytes, 1);
        written.acknowledge(octets);
      }
    },
  });

  const to = RecvRing.allocate(1 << 20);
  Deno.bench({
    name: `RecvRing.receive() ${group}`,
    group,
    fn: () => {
      for (let i = 0; i < COUNT; i++) {
        to.consume(to.receive(packet, 66, 0, octets));
      }
    },
  });

  const late = RecvRing.allocate(1 << 20);
  const step = octets >> 2;
  Deno.bench({
    name: `RecvRing.receive() ${group} in quarters from behind`,
    group,
    fn: () => {
      for (let i = 0; i < COUNT; i++) {
        for (let at = 3 * step; at >= 0; at -= step) {
          late.consume(late.receive(packet, 66 + at, at, step));
        }
      }
    },
  });

  const read = RecvRing.allocate(1 << 20);
  Deno.bench({
    name: `RecvRing.read() ${group}`,
    group,
    fn: () => {
      for (let i = 0; i < COUNT; i++) {
        read.receive(packet, 66, 0, octets);
        read.read(bytes);
      }
    },
  });

  const target = Memory.allocate(octets);
  Deno.bench({
    name: `RecvRing.readTo() ${group}`,
    group,
    fn: () => {
      for (let i = 0; i < COUNT; i++) {
        read.receive(packet, 66, 0, octets);
        read.readTo(target, 0, octets);
      }
    },
  });

  const pattern = new Pattern();
  Deno.bench({
    name: `Pattern.fill() ${group}`,
    group,
    fn: () => {
      for (let i = 0; i < COUNT; i++) {
        pattern.fill(packet, 66, 0, octets);
        pattern.acknowledge(octets);
      }
    },
  });

  const sink = new PatternSink();
  const source = new Pattern();
  const segment = Memory.allocate(octets + 128);
  source.fill(segment, 66, 0, octets);
  Deno.bench({
    name: `PatternSink.receive() ${group}`,
    group,
    fn: () => {
      for (let i = 0; i < COUNT; i++) {
        // From position 0 each time, as the segment is always the same.
        sink.clear();
        sink.receive(segment, 66, 0, octets);
      }
      if (sink.mismatches > 0) throw new RangeError("Wrong octets");
    },
  });
}
