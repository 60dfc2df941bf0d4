// Ethernet, IPv4 and TCP, options read and both checksums verified. As
// `deno bench wire/headers_bench.ts`, or run for packets and bits a second.

import { Kernel } from "./checksum.ts";
import { Dissector, LinkType } from "./dissector.ts";
import * as ethernet from "./ethernet.ts";
import * as ipv4 from "./ipv4.ts";
import { Printer } from "./pretty.ts";
import * as tcp from "./tcp.ts";

const TIMES = 1000;
const SLOT = 2048;
const PAGE = 1 << 16;
const RUNS = 5;
/** Room for one option, for timestamps, for a handshake; full. */
const SIZES = [60, 66, 74, 1500];
/** Octets in front of the options. */
const BARE = ethernet.HEADER_LENGTH + ipv4.HEADER_LENGTH + tcp.HEADER_LENGTH;

const memory = new WebAssembly.Memory({
  initial: TIMES * SLOT / PAGE + 1,
  maximum: TIMES * SLOT / PAGE + 1,
});
const view = new DataView(memory.buffer);
const kernel = new Kernel(memory);
const link = new ethernet.View();
const network = new ipv4.View();
const transport = new tcp.View();
const options = new tcp.Options();
const layers = new Dissector();
const printer = new Printer();

/** The options of the packet `i`: timestamps, handshakes and losses in turn. */
function choose(repr: tcp.Options, i: number, room: number): void {
  repr.clear();
  const opens = room < 12 || (i % 4 === 0 && room >= 20);
  if (opens) repr.mss = 1460;
  if (room < 12) return;
  repr.timestamps = true;
  repr.timestampValue = 1000 + i;
  repr.timestampEcho = i;
  if (opens) {
    repr.windowScale = 7;
    repr.sackPermitted = true;
  } else if (i % 4 === 1 && room >= 20) {
    repr.sackCount = 1;
    repr.sack[0] = 1000 * i;
    repr.sack[1] = 1001 * i;
  }
}

/** Fills the memory with packets of `octets`, no two the same. */
function fill(octets: number): void {
  const header = new ethernet.Repr();
  const datagram = new ipv4.Repr();
  const segment = new tcp.Repr();
  for (let i = 0; i < TIMES; i++) {
    const at = i * SLOT;
    header.etherType = ethernet.EtherType.IPV4;
    header.emit(view, at);
    choose(segment.options, i, octets - BARE);
    segment.sourcePort = 1024 + 7 * i;
    segment.destinationPort = 443;
    segment.sequence = Math.imul(i, 0x9e3779b1);
    segment.flags = segment.options.mss > 0 ? tcp.SYN : tcp.ACK;
    segment.payloadLength = octets - BARE - segment.options.bufferLength;
    datagram.protocol = 6;
    datagram.source = 0x0a000000 + i;
    datagram.destination = 0x0a000001;
    datagram.identification = i;
    datagram.payloadLength = segment.bufferLength;
    datagram.emit(view, at + ethernet.HEADER_LENGTH);
    const ip = new ipv4.View(view, at + ethernet.HEADER_LENGTH, at + octets);
    for (let o = ip.payloadStart; o < ip.end; o++) view.setUint8(o, o * i);
    segment.emit(view, ip.payloadStart);
    ip.fillChecksum();
    new tcp.View(view, ip.payloadStart, ip.end)
      .fillChecksum4(ip.source, ip.destination);
  }
}

/** How many of the packets are sound; `sums` adds up segments. */
function sound(octets: number, sums?: Kernel): number {
  let count = 0;
  for (let at = 0; at < TIMES * SLOT; at += SLOT) {
    link.wrap(view, at, at + octets);
    if (link.check() !== undefined) continue;
    if (link.etherType !== ethernet.EtherType.IPV4) continue;
    network.wrap(view, link.payloadStart, link.payloadEnd);
    if (network.check() !== undefined || !network.verify()) continue;
    if (network.protocol !== 6 || network.isFragment) continue;
    transport.wrap(view, network.payloadStart, network.payloadEnd);
    if (transport.check() !== undefined) continue;
    if (options.parse(transport) !== undefined) continue;
    const { source, destination } = network;
    if (!transport.verify4(source, destination, sums)) continue;
    if (options.timestamps || options.mss > 0) count++;
  }
  return count;
}

/** In how many packets a walk finds all three headers. */
function walked(octets: number): number {
  let count = 0;
  for (let at = 0; at < TIMES * SLOT; at += SLOT) {
    if (layers.walk(view, at, at + octets, LinkType.ETHERNET) >= 3) count++;
  }
  return count;
}

/** How many lines are printed. */
function printed(octets: number): number {
  let count = 0;
  for (let at = 0; at < TIMES * SLOT; at += SLOT) {
    printer.out.clear();
    printer.append(view, at, at + octets);
    if (printer.out.length > 0) count++;
  }
  return count;
}

/** What is measured, each for all packets of one size. */
const CASES: readonly (readonly [string, (octets: number) => number])[] = [
  ["headers, sum()", (octets) => sound(octets)],
  ["headers, Kernel", (octets) => sound(octets, kernel)],
  ["Dissector.walk()", walked],
  ["Printer.append()", printed],
];

/** Packets a second, the median of five runs of half a second. */
function rate(octets: number, run: (octets: number) => number): number {
  fill(octets);
  const rates: number[] = [];
  for (let i = 0; i <= RUNS; i++) {
    const from = performance.now();
    let packets = 0;
    let elapsed = 0;
    do {
      for (let j = 0; j < 20; j++) packets += run(octets);
      elapsed = performance.now() - from;
    } while (elapsed < 500);
    // The first run is compiled on the way.
    if (i > 0) rates.push(packets / elapsed * 1000);
  }
  return rates.sort((a, b) => a - b)[RUNS >> 1]!;
}

for (const octets of SIZES) {
  const group = `${TIMES} frames of ${octets} octets`;
  for (const [name, run] of CASES) {
    let filled = false;
    Deno.bench(`${name}, ${group}`, { group }, () => {
      if (!filled) fill(octets);
      filled = true;
      if (run(octets) !== TIMES) throw new Error("Cannot be unsound");
    });
  }
}

// Where benchmarks run, this is not the main module.
if (import.meta.main) {
  const encoder = new TextEncoder();
  for (const octets of SIZES) {
    for (const [name, run] of CASES) {
      const packets = rate(octets, run);
      const line = `${octets} octets, ${name}: ` +
        `${(packets / 1e6).toFixed(2)} M/s, ` +
        `${(packets * octets * 8 / 1e9).toFixed(1)} Gbit/s\n`;
      Deno.stdout.writeSync(encoder.encode(line));
    }
  }
}
