import type { Packet } from "./packet.ts";
import { Pair } from "./pair.ts";

const BURSTS = 1000;
const BURST = 64;
const PACKETS = BURSTS * BURST;

let octets = 0;

function fill(packet: Packet): void {
  packet.resize(1514);
  packet.queue();
}

function look(packet: Packet): void {
  octets += packet.length;
}

function answer(packet: Packet): void {
  packet.queue();
}

const pair = new Pair();
const slow = new Pair({ directions: [{ rate: 1e9, delay: 500 }, {}] });

function oneWay({ a, b }: Pair): void {
  for (let i = 0; i < BURSTS; i++) {
    a.tx(BURST, fill);
    for (let turns = 0; b.pending > 0 && turns < BURST; turns++) {
      b.wait(Infinity);
      b.rx(BURST, look);
    }
  }
}

Deno.bench({
  name: `Pair ${PACKETS} packets of 1514 octets one way`,
  group: "pair",
  baseline: true,
  fn: () => oneWay(pair),
});

Deno.bench({
  name: `Pair ${PACKETS} packets of 1514 octets at 1 Gbit/s and 500 µs`,
  group: "pair",
  fn: () => oneWay(slow),
});

Deno.bench({
  name: `Pair ${PACKETS} packets of 1514 octets there and back`,
  group: "pair",
  fn() {
    const { a, b } = pair;
    for (let i = 0; i < BURSTS; i++) {
      a.tx(BURST, fill);
      b.rx(BURST, answer);
      a.rx(BURST, look);
    }
  },
});
