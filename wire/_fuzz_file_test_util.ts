// Targets that are no headers: capture files, texts, filters, printers.

import * as bpf from "./bpf.ts";
import * as capture from "./capture.ts";
import * as dissector from "./dissector.ts";
import * as dns from "./dns.ts";
import * as ethernet from "./ethernet.ts";
import * as filter from "./filter.ts";
import * as flow from "./flow.ts";
import * as ip from "./ip.ts";
import * as ipv4 from "./ipv4.ts";
import * as ipv6 from "./ipv6.ts";
import * as pcap from "./pcap.ts";
import * as pcapng from "./pcapng.ts";
import * as pretty from "./pretty.ts";
import * as tcp from "./tcp.ts";
import * as udp from "./udp.ts";
import { SCRATCH, walk } from "./_fuzz_kit_test_util.ts";
import type { Random, Target } from "./_fuzz_test_util.ts";

const reader = new capture.Reader({ limit: 1 << 20 });

/** Reads a file whole. */
function file(view: DataView, start: number, end: number): void {
  walk(reader.wrap(view, start, end), end - start, () => {
    if (reader.start < start || reader.end > end || reader.start > reader.end) {
      throw new RangeError(`A frame at ${reader.start}..${reader.end}`);
    }
  });
  reader.interfaces;
  `${reader.detail}`;
}

/** A file with some frames, by either writer. */
function makeFile(ng: boolean): (random: Random, view: DataView) => number {
  return (random, view) => {
    const bytes = new Uint8Array(view.buffer, view.byteOffset);
    let length = 0;
    const sink = (octets: Uint8Array) => {
      const part = octets.subarray(0, Math.max(0, 1500 - length));
      bytes.set(part, length);
      length += part.length;
    };
    const nanoseconds = random.below(2) === 0;
    const options = { nanoseconds, snapLength: 100 };
    const made = ng
      ? new pcapng.Writer(sink, { application: "fuzz" })
      : new pcap.Writer(sink, options);
    if (made instanceof pcapng.Writer) {
      made.addInterface({ name: "a", ...options });
    }
    for (let i = random.below(6); i > 0; i--) {
      const at = random.below(100);
      if (made instanceof pcapng.Writer) {
        made.write(0, random.word() * 1000, SCRATCH, at, 2 * at);
      } else made.write(random.word() * 1000, SCRATCH, at, 2 * at);
    }
    made.flush();
    return length;
  };
}

/** Frames whose headers are right about each other, for printing. */
function makeFrame(link: boolean): (random: Random, view: DataView) => number {
  return (random, view) => {
    const at = link ? ethernet.HEADER_LENGTH : 0;
    const six = random.below(2) === 0;
    const upper = random.of([1, 2, 6, 17, 17, 17, 47, 58, 4, 41, 51, 43]);
    const payload = 8 + 4 * random.below(60);
    const outer = six ? new ipv6.Repr() : new ipv4.Repr();
    if (outer instanceof ipv6.Repr) outer.nextHeader = upper;
    else outer.protocol = upper;
    outer.payloadLength = payload;
    outer.emit(view, at);
    const inner = at + outer.bufferLength - payload;
    for (let i = 0; i < payload; i++) view.setUint8(inner + i, random.word());
    if (upper === 17) {
      const ports = new udp.Repr();
      ports.destinationPort = random.of([53, 67, 68, 4789, 5353, 6081, 51820]);
      ports.sourcePort = random.of([53, 67, 40000]);
      ports.payloadLength = payload - 8;
      ports.emit(view, inner);
    }
    if (upper === 6 && payload >= 20) {
      const segment = new tcp.Repr();
      segment.payloadLength = payload - 20;
      segment.emit(view, inner);
    }
    if (link) {
      const frame = new ethernet.Repr();
      frame.etherType = six ? 0x86dd : 0x0800;
      frame.emit(view, 0);
    }
    return inner + payload;
  };
}

function printer(
  name: string,
  medium: "ethernet" | "ip",
): Target {
  const lines = new pretty.Printer({ medium, link: true, checksums: true });
  return {
    name,
    layers: medium === "ethernet" ? ["frame"] : ["ip", "ipv6"],
    run(view, start, end): void {
      lines.line(view, start, end);
      lines.tree(view, start, end);
    },
    make: makeFrame(medium === "ethernet"),
  };
}

/** Octets as text, and text as octets, one for one. */
function textOf(view: DataView, start: number, end: number): string {
  let text = "";
  for (let at = start; at < end; at++) {
    text += String.fromCharCode(view.getUint8(at));
  }
  return text;
}

function maker(texts: readonly string[]): NonNullable<Target["make"]> {
  return (random, view) => {
    const text = random.of(texts);
    for (let i = 0; i < text.length; i++) view.setUint8(i, text.charCodeAt(i));
    return text.length;
  };
}

const ADDRESSES = [
  ...["192.0.2.1", "0.0.0.0", "255.255.255.255", "10.0.0.0/8", "::", "::1"],
  ...["2001:db8::1", "fe80::1%eth0", "::ffff:192.0.2.1", "2001:db8::/32"],
  ...["1:2:3:4:5:6:7:8", "192.0.2.1:80", "[2001:db8::1]:443"],
  ...["00:11:22:33:44:55", "www.example.com.", "a\\.b\\032c", "."],
];

/** What takes text back; nothing if it is none of the kind. */
const TEXTS: readonly ((text: string) => unknown)[] = [
  ipv4.Address.tryParse,
  ipv4.Cidr.tryParse,
  ipv6.Address.tryParse,
  ipv6.Cidr.tryParse,
  ethernet.Address.tryParse,
  ip.tryParseAddress,
  ip.tryParseCidr,
  ip.Endpoint.tryParse,
  (text) => {
    const name = dns.tryParseName(text);
    return name && dns.formatName(name);
  },
];

const addresses: Target = {
  name: "text of addresses",
  layers: [],
  share: 0.2,
  run(view, start, end): void {
    const text = textOf(view, start, end);
    for (const read of TEXTS) {
      const found = read(text);
      if (found === undefined) continue;
      // What is printed is read again as the same.
      const printed = `${found}`;
      const again = `${read(printed)}`;
      if (again !== printed) throw new RangeError(`${printed}, then ${again}`);
    }
  },
  make: maker(ADDRESSES),
};

const FILTERS = [
  ...["", "ip", "ip6", "arp", "tcp", "udp port 53", "icmp or icmp6"],
  ...["host 192.0.2.1", "net 10.0.0.0/8 and not port 22", "vlan 5 and ip"],
  ...["tcp[tcpflags] & (tcp-syn|tcp-ack) = tcp-syn", "ip[6:2] & 0x1fff != 0"],
  ...["ether host 00:11:22:33:44:55", "less 100 or greater 1000"],
  ...["portrange 1-1024", "udp[8:4] = 0xdeadbeef", "ip6 proto 58", "vlan"],
  ...["ether[0] & 1 = 0 and ip[0] & 0xf != 5", "len - 14 > ip[2:2]"],
];

const filterText: Target = {
  name: "text of filters",
  layers: [],
  share: 0.2,
  run(view, start, end): void {
    const text = textOf(view, start, end);
    try {
      filter.compile(text);
      bpf.compile(text);
    } catch (error) {
      if (
        error instanceof filter.FilterError ||
        error instanceof bpf.CapacityError
      ) return;
      throw error;
    }
  },
  make: maker(FILTERS),
};

const compiled = FILTERS.map((text) => filter.compile(text));
const machines = FILTERS.map((text) => new bpf.Machine(bpf.compile(text)));

/** Filters look at a packet, both kinds of them alike. */
const filters: Target = {
  name: "filter and bpf",
  layers: ["frame"],
  run(view, start, end): void {
    for (let i = 0; i < compiled.length; i++) {
      const wanted = compiled[i]!.matches(view, start, end);
      if (wanted !== machines[i]!.run(view, start, end) > 0) {
        throw new RangeError(`Not both find that ${FILTERS[i]}`);
      }
    }
  },
  make: makeFrame(true),
};

const program: Target = {
  name: "bpf, program",
  layers: [],
  run(view, start, end): void {
    const octets = new Uint8Array(view.buffer, start, end - start);
    let machine;
    try {
      machine = new bpf.Machine(octets);
    } catch (error) {
      if (error instanceof bpf.ProgramError) return;
      throw error;
    }
    machine.run(view, start, end);
  },
  make(random, view): number {
    const octets = bpf.compile(random.of(FILTERS));
    new Uint8Array(view.buffer, view.byteOffset).set(octets);
    return octets.length;
  },
};

const walker = new dissector.Dissector();
const key = new flow.Key();
const packet = new ip.Packet();
const LINK_TYPES = Object.values(dissector.LinkType);

const layers: Target = {
  name: "dissector",
  layers: ["frame", "ip", "ipv6"],
  run(view, start, end): void {
    packet.parse(view, start, end);
    for (const type of LINK_TYPES) {
      const count = walker.walk(view, start, end, type, end + 4);
      for (let i = 0; i < count; i++) {
        const { at, payload, end: ends } = walker;
        if (at[i]! < start || payload[i]! > end || ends[i]! > end) {
          throw new RangeError(
            `${type}: ${at[i]}, ${payload[i]}, ${ends[i]} of ${start}..${end}`,
          );
        }
        walker.reasonOf(i);
        dissector.nameOf(walker.kind[i]!);
        if (key.read(view, walker, i)) key.hash(1);
      }
      if (count > 0 && key.read(view, walker)) `${key}`;
    }
  },
  make: makeFrame(true),
};

/** The targets of this file. */
export const OTHERS: readonly Target[] = [
  { name: "pcap", layers: ["file"], run: file, make: makeFile(false) },
  { name: "pcapng", layers: [], run: file, make: makeFile(true) },
  layers,
  printer("pretty, Ethernet", "ethernet"),
  printer("pretty, IP", "ip"),
  filters,
  program,
  addresses,
  filterText,
];
