// Run as root: the thread moves into a network namespace of its own first.

import type { Packet } from "../packet.ts";
import { NetworkInterface } from "./interface.ts";
import { RawSocket } from "./raw.ts";
import { TapInterface } from "./tap.ts";

const CLONE_NEWNET = 0x40000000;
const FRAMES = 256;

/** Moves this thread alone; answers whether it could. */
function enter(): boolean {
  if (Deno.build.os !== "linux") return false;
  const { symbols } = Deno.dlopen("libc.so.6", {
    unshare: { parameters: ["i32"], result: "i32" },
  });
  return symbols.unshare(CLONE_NEWNET) === 0;
}

let length = 1514;

/** A frame of a type that the kernel drops early. */
function fill(packet: Packet): void {
  packet.resize(length);
  packet.memory.view.setInt32(packet.start, -1);
  packet.memory.view.setInt32(packet.start + 4, -1);
  packet.memory.view.setUint16(packet.start + 12, 0x88b5);
  packet.queue();
}

let octets = 0;

function take(packet: Packet): void {
  octets += packet.end - packet.start;
}

if (enter()) {
  const tap = TapInterface.open("tap0", { spin: 0 });
  using link = NetworkInterface.open("tap0");
  link.up();
  const raw = RawSocket.open("tap0", { spin: 0 });
  const emptied = () => {
    while (raw.rx(FRAMES, take) + tap.rx(FRAMES, take) > 0);
  };
  for (const size of [60, 1514]) {
    Deno.bench(`TapInterface.rx() ${FRAMES} frames of ${size} octets`, (b) => {
      length = size;
      emptied();
      raw.tx(FRAMES, fill);
      b.start();
      tap.rx(FRAMES, take);
      b.end();
    });
    Deno.bench(`TapInterface.tx() ${FRAMES} frames of ${size} octets`, (b) => {
      length = size;
      emptied();
      b.start();
      tap.tx(FRAMES, fill);
      b.end();
    });
    Deno.bench(`RawSocket.rx() ${FRAMES} frames of ${size} octets`, (b) => {
      length = size;
      emptied();
      tap.tx(FRAMES, fill);
      b.start();
      raw.rx(FRAMES, take);
      b.end();
    });
    Deno.bench(`RawSocket.tx() ${FRAMES} frames of ${size} octets`, (b) => {
      length = size;
      emptied();
      b.start();
      raw.tx(FRAMES, fill);
      b.end();
    });
  }
  Deno.bench("TapInterface.now() 1000 times", () => {
    for (let i = 0; i < 1000; i++) octets += tap.now();
  });
}
