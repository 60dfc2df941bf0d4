// A program for a private namespace: frames go round between a packet socket
// and a tap. It prints how many, and from when to when (ms) it must not have
// allocated. Run with --trace-gc. No tests of its own.

import type { Packet } from "../packet.ts";
import { NetworkInterface } from "./interface.ts";
import { RawSocket } from "./raw.ts";
import { TapInterface } from "./tap.ts";

const BURST = 64;

/** Sends `rounds` bursts through the tap and back; returns frames that came. */
function go(tap: TapInterface, raw: RawSocket, rounds: number): number {
  let came = 0;
  const fill = (packet: Packet) => {
    packet.resize(1514);
    packet.memory.view.setInt32(packet.start, -1);
    packet.memory.view.setInt32(packet.start + 4, -1);
    packet.memory.view.setUint16(packet.start + 12, 0x88b5);
    packet.queue();
  };
  const answer = (packet: Packet) => {
    packet.memory.view.setUint8(packet.end - 1, came & 1);
    packet.queue();
  };
  const count = (packet: Packet) => {
    if (packet.length === 1514) came++;
  };
  for (let i = 0; i < rounds; i++) {
    raw.tx(BURST, fill);
    tap.rx(BURST, answer);
    raw.rx(BURST, count);
    tap.wait(tap.now() - 1);
  }
  return came;
}

if (import.meta.main) {
  using tap = TapInterface.open("tap0", { spin: 0 });
  using link = NetworkInterface.open("tap0");
  link.up();
  using raw = RawSocket.open("tap0", { spin: 0 });
  go(tap, raw, 3000);
  const from = performance.now();
  const came = go(tap, raw, 8000);
  const to = performance.now();
  // deno-lint-ignore no-console
  console.log(`measured ${came} ${from} ${to}`);
}
