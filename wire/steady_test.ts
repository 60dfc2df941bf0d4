// View mode leaves nothing on the heap, module by module: each checks, reads all
// accessors and walks its cursors. A new module is one more row.

import { assert, assertEquals } from "@std/assert";
import * as ah from "./ah.ts";
import * as arp from "./arp.ts";
import * as bpf from "./bpf.ts";
import * as checksum from "./checksum.ts";
import * as crc32c from "./crc32c.ts";
import * as dhcpv4 from "./dhcpv4.ts";
import * as dhcpv6 from "./dhcpv6.ts";
import * as dissector from "./dissector.ts";
import * as dns from "./dns.ts";
import * as ethernet from "./ethernet.ts";
import * as filter from "./filter.ts";
import * as flow from "./flow.ts";
import * as geneve from "./geneve.ts";
import * as gre from "./gre.ts";
import * as icmpExtension from "./icmp_extension.ts";
import * as icmpv4 from "./icmpv4.ts";
import * as icmpv6 from "./icmpv6.ts";
import * as igmp from "./igmp.ts";
import * as ip from "./ip.ts";
import * as ipInIp from "./ip_in_ip.ts";
import * as ipv4 from "./ipv4.ts";
import * as ipv6 from "./ipv6.ts";
import * as ipv6Extension from "./ipv6_extension.ts";
import * as ipv6Fragment from "./ipv6_fragment.ts";
import * as ipv6Option from "./ipv6_option.ts";
import * as ipv6Routing from "./ipv6_routing.ts";
import * as linktype from "./linktype.ts";
import * as llc from "./llc.ts";
import * as mld from "./mld.ts";
import * as mpls from "./mpls.ts";
import * as ndp from "./ndp.ts";
import * as pppoe from "./pppoe.ts";
import * as pretty from "./pretty.ts";
import * as sll from "./sll.ts";
import * as tcp from "./tcp.ts";
import * as toeplitz from "./toeplitz.ts";
import * as udp from "./udp.ts";
import * as udplite from "./udplite.ts";
import * as vlan from "./vlan.ts";
import * as vxlan from "./vxlan.ts";
import * as wireguard from "./wireguard.ts";
import {
  type Cursor,
  type Foreign,
  look,
  type Walk,
} from "./_fuzz_kit_test_util.ts";
import { captures, cases, present, view } from "./_oracle_test_util.ts";
import { assertSteady, leftOver, unmeasured } from "./_steady_test_util.ts";

const BURST = 100;
/** Fewer than in other tests of the kind: there are many modules. */
const PACKETS = 250_000;
const WORDS = new Int32Array(16);
const NOTHING: Foreign = new Set();

/** What is done for every packet; whether it was sound. */
type Handle = (view: DataView, start: number, end: number) => boolean;

/** Walks that found nothing: a test of those would show nothing either. */
let idle = 0;

/** Walks to the end and reads all. */
function steps(
  walker: Walk,
  each?: () => void,
  foreign?: () => Foreign | undefined,
): void {
  let found = false;
  while (walker.next()) {
    look(walker, foreign?.());
    each?.();
    found = true;
  }
  if (!found) idle++;
}

/** Registers the test of one module. */
function steady(name: string, octets: DataView, handle: Handle): void {
  const title = `${name} leaves nothing of a packet on the heap`;
  const skipped = unmeasured === undefined ? "" : ` (skipped: ${unmeasured})`;
  Deno.test(title + skipped, { ignore: unmeasured !== undefined }, () => {
    const end = octets.byteLength;
    idle = 0;
    assert(handle(octets, 0, end), "the packet is not sound");
    assertEquals(idle, 0, "walks that found nothing");
    assertSteady(BURST, () => {
      for (let i = 0; i < BURST; i++) handle(octets, 0, end);
    }, PACKETS);
  });
}

/** The same of a header: `more` reads what is behind it. */
function header<V extends Cursor>(
  name: string,
  octets: DataView,
  cursor: V,
  more?: (cursor: V) => void,
  foreign: Foreign = NOTHING,
): void {
  steady(name, octets, (view, start, end) => {
    cursor.wrap(view, start, end);
    if (cursor.check() !== undefined) return false;
    look(cursor, foreign);
    more?.(cursor);
    return true;
  });
}

/** Octets that a record makes. */
function made(
  repr: { bufferLength: number; emit(view: DataView, at: number): void },
  set: Record<string, unknown> = {},
  room: number = 0,
): DataView {
  Object.assign(repr, set);
  const view = new DataView(new ArrayBuffer(repr.bufferLength + room));
  repr.emit(view, 0);
  return view;
}

/** Values that accessors make anew, for whoever asks for them. */
const ADDRESSES: Foreign = new Set(["source", "destination"]);

header(
  "ethernet",
  made(new ethernet.Repr(), { etherType: 0x800 }),
  new ethernet.View(),
  undefined,
  ADDRESSES,
);

const tags = new vlan.Stack();
header("vlan", view("006481002064810000c80800"), new vlan.View(), (v) => {
  steps(tags.wrap(v.view, v.start, v.end, vlan.CUSTOMER));
});

header("llc", view("aaaa030000000800"), new llc.View());
header("sll", view("00000001000602000000000100000800"), new sll.View());
header(
  "sll, version 2",
  view("08000000000000010001000602000000000100 00".replaceAll(" ", "")),
  new sll.View2(),
);
steady(
  "linktype",
  view("00000002"),
  (v, start, end) => linktype.versionOfFamily(v, start, end) >= 0,
);

const entries = new mpls.Stack();
steady("mpls", view("0001004000020140450000"), (v, start, end) => {
  steps(entries.wrap(v, start, end));
  return mpls.versionBehind(v, entries.payloadStart, end) === 4;
});

const discovered = new pppoe.Tags();
header(
  "pppoe",
  view("110900000008010100000103000" + "0"),
  new pppoe.View(),
  (v) => {
    steps(discovered.wrap(v.view, v.payloadStart, v.payloadEnd));
  },
  new Set(["protocol"]),
);

header("arp", made(new arp.Repr()), new arp.View(), (v) => v.checkLayout());

const anyOption = new ipv4.Options();
const whole = new ip.Packet();
header(
  "ipv4",
  (() => {
    const repr = new ipv4.Repr();
    repr.options.set([1, 148, 4, 0, 0, 7, 3, 4]);
    return made(repr, {
      optionsLength: 8,
      source: 0x0a000001,
      protocol: 4,
      payloadLength: 20,
    });
  })(),
  new ipv4.View(),
  (v) => {
    v.checkHeader();
    v.verify();
    v.fillChecksum();
    steps(anyOption.wrap(v.view, v.optionsStart, v.optionsEnd));
    ip.version(v.view, v.start, v.end);
    whole.parse(v.view, v.start, v.end);
    ipInIp.check(v.protocol, v.view, v.payloadStart, v.payloadEnd);
  },
);

const ADDRESS_1 = "20010db8000000000000000000000001";
const ADDRESS_2 = "20010db8000000000000000000000002";

/** Hop-by-hop, routing, destination options, fragment, authentication, UDP. */
const CHAIN = view(
  "6000000000500040" + ADDRESS_1 + ADDRESS_2 + "2b00050200000100" +
    "3c02020100000000" + ADDRESS_1 + "2c00010400000000" + "3300000000000007" +
    "110400000000000100000002" + "000000030000000400000005" +
    "0035003500080000",
);

const chain = new ipv6Extension.Chain();
header("ipv6, ipv6-extension", CHAIN, new ipv6.View(), (v) => {
  v.checkHeader();
  v.copySource(WORDS);
  v.copyDestination(WORDS, 4);
  steps(chain.over(v));
  chain.walk(v);
  chain.copyIdentity(WORDS);
  chain.copyFinalDestination(WORDS);
});

const option6 = new ipv6Option.Options();
function homeAddress(): void {
  option6.copyHomeAddress(WORDS);
}
header(
  "ipv6-option",
  view(
    "3b03" + "c20400010000" + "0502000001020000" + "c910" +
      "20010db8".padEnd(32, "0").slice(0, 28),
  ),
  new ipv6Option.View(),
  (v) => {
    steps(option6.wrap(v.view, v.optionsStart, v.optionsEnd), homeAddress);
    ipv6Option.find(v.view, v.start, v.end, 0xc2);
    ipv6Option.jumboLength(v.view, v.start, v.end);
  },
);

header(
  "ipv6-routing",
  view("3b04040201000000" + "20010db8".padEnd(64, "0")),
  new ipv6Routing.View(),
  (v) => {
    v.checkHeader();
    for (let i = 0; i < v.addressCount; i++) v.copyAddress(i, WORDS);
  },
);
header("ipv6-fragment", made(new ipv6Fragment.Repr()), new ipv6Fragment.View());
header("ah", made(new ah.Repr()), new ah.View());

/** Accessors of a quote, and of messages that are of another type. */
const NO_QUOTE: Foreign = new Set([
  ...["quotedProtocol", "quotedSource", "quotedDestination", "quotedTransport"],
]);
const routers = new icmpv4.Routers();
header(
  "icmpv4",
  view(
    "0b00000000000000" + "4500001c000000004011000" + "00a0000010a000002" +
      "003500350008" + "0000",
  ),
  new icmpv4.View(),
  (v) => {
    v.verify();
    v.fillChecksum();
    v.checkQuote();
  },
);
header(
  "icmpv4, routers",
  view(
    "0900000002020708" + "c000020100000001" +
      "c000020200000002".padEnd(32, "0"),
  ),
  new icmpv4.View(),
  (v) => {
    steps(routers.over(v));
  },
  NO_QUOTE,
);

const objects = new icmpExtension.Objects();
const labels = new icmpExtension.LabelStack();
header(
  "icmp-extension",
  view("20000000" + "0008010100010140"),
  new icmpExtension.View(),
  (v) => {
    v.verify();
    steps(objects.wrap(v.view, v.start + 4, v.end));
    steps(labels.wrap(v.view, v.start + 8, v.end));
    icmpExtension.locate(v.view, v.start, v.end, 0);
    icmpExtension.endOfQuote(v.view, v.start, v.end, 128);
  },
);

const OF_QUERY: Foreign = new Set([
  ...["suppress", "robustness", "queryIntervalCode", "queryInterval"],
  "sourceCount",
]);
const records = new igmp.Records();
function sources(): void {
  for (let i = 0; i < records.sourceCount; i++) records.source(i);
}
header(
  "igmp",
  view("2200000000000002" + "04000001e0000105c0000201" + "02000000e0000106"),
  new igmp.View(),
  (v) => {
    v.verify();
    steps(records.over(v), sources);
  },
  OF_QUERY,
);
header(
  "igmp, query",
  view("11640000e0000105027d0001c0000201"),
  new igmp.View(),
  (v) => {
    for (let i = 0; i < v.sourceCount; i++) v.source(i);
  },
);

header(
  "icmpv6",
  view(
    "0300000000000000" + "6000000000081140".padEnd(80, "1") +
      "0035003500080000",
  ),
  new icmpv6.View(),
  (v) => {
    v.verify(3);
    v.fillChecksum(3);
    if (v.checkQuote() !== undefined) return;
    v.copyQuotedSource(WORDS);
    v.copyQuotedDestination(WORDS, 4);
  },
);

const OF_QUERY_6: Foreign = new Set([
  ...["suppress", "robustness", "queryIntervalCode", "queryInterval"],
  ...["sourceCount", "quotedNextHeader", "quotedPayload"],
]);
const NO_QUOTE_6: Foreign = new Set(["quotedNextHeader", "quotedPayload"]);
const groups = new mld.Records();
function listeners(): void {
  groups.copyAddress(WORDS);
  for (let i = 0; i < groups.sourceCount; i++) groups.copySource(i, WORDS);
}
header(
  "mld",
  view(
    "8f00000000000001" + "04000001" + "ff02".padEnd(32, "0") +
      "2001".padEnd(32, "0"),
  ),
  new mld.View(),
  (v) => {
    steps(groups.over(v), listeners);
  },
  OF_QUERY_6,
);
header(
  "mld, query",
  view(
    "8200000003e80000" + "ff02".padEnd(32, "0") + "027d0001" +
      "2001".padEnd(32, "0"),
  ),
  new mld.View(),
  (v) => {
    v.copyAddress(WORDS);
    for (let i = 0; i < v.sourceCount; i++) v.copySource(i, WORDS);
  },
  NO_QUOTE_6,
);

const advertised = new ndp.Options();
const advert = new ndp.Option();
function advertisement(): void {
  if (advert.parse(advertised) !== undefined) return;
  if (advertised.type === ndp.OptionType.PREFIX_INFORMATION) {
    advertised.copyPrefix(WORDS);
  } else if (advertised.type === ndp.OptionType.RDNSS) {
    for (let i = 0; i < advertised.addressCount; i++) {
      advertised.copyAddress(i, WORDS);
    }
  }
}
header(
  "ndp",
  view(
    "8600000040400708" + "0000000000000000" + "0101020000000001" +
      "05010000000005dc" + "030440c00000070800000708" + "00000000" +
      "20010db8".padEnd(32, "0") + "1903000000000708" +
      "20010db8".padEnd(32, "0"),
  ),
  new ndp.View(),
  (v) => {
    steps(advertised.over(v), advertisement);
  },
  NO_QUOTE_6,
);

const kernel = new checksum.Kernel(
  new WebAssembly.Memory({ initial: 1, maximum: 1 }),
);
header(
  "udp",
  made(new udp.Repr(), { payloadLength: 4 }),
  new udp.View(),
  (v) => {
    v.fillChecksum4(1, 2);
    v.verify4(1, 2);
    v.fillChecksum6(3);
    v.verify6(3);
    v.verify4(1, 2, kernel);
  },
);
header(
  "udplite",
  made(new udplite.Repr(), { payloadLength: 4 }),
  new udplite.View(),
  (v) => {
    v.verify4(1, 2);
    v.verify6(3);
  },
);

const tcpOptions = new tcp.Options();
const tcpWalk = new tcp.Walk();
header(
  "tcp",
  (() => {
    const repr = new tcp.Repr();
    Object.assign(repr.options, {
      ...{ mss: 1460, windowScale: 7, sackPermitted: true, timestamps: true },
      ...{ timestampValue: 5, fastOpenLength: 8, userTimeout: 5 },
    });
    return made(repr, { flags: tcp.SYN, payloadLength: 4 });
  })(),
  new tcp.View(),
  (v) => {
    v.fillChecksum4(1, 2);
    v.verify4(1, 2);
    v.fillChecksum6(3);
    v.verify6(3);
    v.verify4(1, 2, kernel);
    tcpOptions.parse(v);
    steps(tcpWalk.over(v));
  },
);

const dhcpOptions = new dhcpv4.Options();
const routes = new dhcpv4.Routes();
const suboptions = new dhcpv4.Suboptions();
const searches = new dhcpv4.SearchList();
const aggregate = new dhcpv4.Aggregate(new Uint8Array(2048));
const SCRATCH = new DataView(new ArrayBuffer(512));
const NUMBERS: Foreign = new Set(["octet", "short", "seconds"]);
function search(): void {
  searches.expand(SCRATCH, 0, 300);
}
function configuration(): void {
  const from = dhcpOptions.start + 2;
  const { end } = dhcpOptions;
  if (dhcpOptions.check() !== undefined) return;
  switch (dhcpOptions.code) {
    case 82:
      return steps(suboptions.wrap(dhcpv4Octets, from, end));
    case 119:
      return steps(searches.wrap(dhcpv4Octets, from, end), search);
    case 121:
      return steps(routes.wrap(dhcpv4Octets, from, end));
    case 51:
      dhcpOptions.seconds;
  }
}
const ownNumbers = () => NUMBERS;
const dhcpv4Octets = view(
  "01010600".padEnd(472, "0") + "63825363" + "350101" + "330400000e10" +
    "0c056574686f78" + "79080365 7468 0278 7900".replaceAll(" ", "") +
    "790 2c000".replaceAll(" ", "") + "7908180a0000c0000201" +
    "5204" + "0102aabb" + "ff",
);
header("dhcpv4", dhcpv4Octets, new dhcpv4.View(), (v) => {
  steps(dhcpOptions.over(v), configuration, ownNumbers);
  aggregate.gather(v);
  for (let code = 0; code < 256; code++) {
    if (aggregate.has(code)) aggregate.isSound(code);
  }
});

const OF_CODE: Foreign = new Set([
  ...["octet", "short", "word", "t1", "t2", "prefixLength"],
  ...["preferredLifetime", "validLifetime"],
]);
const ownFields = () => OF_CODE;
const outer = new dhcpv6.Options();
const inner = new dhcpv6.Options();
const duid = new dhcpv6.Duid();
const relayed = new dhcpv6.Relayed();
const OF_LINK_LAYER: Foreign = new Set(["time", "enterprise"]);
function associated(): void {
  if (inner.check() === undefined) inner.copyAddress(0, WORDS);
}
function association(): void {
  if (outer.check() !== undefined) return;
  if (outer.code === dhcpv6.OptionCode.CLIENT_ID) {
    duid.wrap(outer.view, outer.dataStart, outer.end);
    if (duid.check() === undefined) look(duid, OF_LINK_LAYER);
  } else if (outer.code === dhcpv6.OptionCode.IA_NA) {
    outer.word + outer.t1 + outer.t2;
    steps(inner.over(outer), associated, ownFields);
  }
}
header(
  "dhcpv6",
  view(
    "01000001" + "0001000a" + "00030001020000000001" + "00030028" +
      "000000010000070800000708" + "00050018" + "20010db8".padEnd(32, "0") +
      "0000070800000708" + "000800020000",
  ),
  new dhcpv6.View(),
  (v) => {
    steps(outer.over(v), association, ownFields);
    relayed.wrap(v.view, v.start, v.end).last();
  },
);

const questions = new dns.Questions();
const resources = new dns.Records();
const labelsOf = new dns.Framing();
const data: readonly [number, dns.Data & { check(): string | undefined }][] = [
  [1, new dns.A()],
  [2, new dns.Target()],
  [6, new dns.Soa()],
  [15, new dns.Mx()],
  [28, new dns.Aaaa()],
  [33, new dns.Srv()],
  [43, new dns.Ds()],
  [46, new dns.Rrsig()],
  [48, new dns.Dnskey()],
  [257, new dns.Caa()],
];
const strings = new dns.Txt();
const service = new dns.Svcb();
const params = new dns.SvcParams();
const extension = new dns.Opt();
const edns = new dns.EdnsOptions();
const NAME = new Uint8Array(dns.MAX_NAME_LENGTH);
function question(): void {
  questions.name.copy(NAME);
  questions.name.matches(NAME);
}
function resource(): void {
  const { type } = resources;
  resources.name.copy(NAME);
  for (let i = 0; i < data.length; i++) {
    const one = data[i]!;
    if (one[0] !== type) continue;
    if (one[1].over(resources).check() === undefined) look(one[1]);
  }
  if (type === dns.Type.TXT && strings.over(resources).check() === undefined) {
    steps(strings);
  }
  if (type === dns.Type.SVCB && service.over(resources).check() === undefined) {
    look(service);
    steps(params.over(service));
  }
  if (
    type === dns.Type.OPT && extension.over(resources).check() === undefined
  ) {
    look(extension);
    steps(edns.over(extension));
  }
}
header(
  "dns",
  (() => {
    const target = new DataView(new ArrayBuffer(1024));
    const writer = new dns.Writer();
    const name = dns.parseName("a.example.com");
    const words = Int32Array.of(1, 2, 3, 4);
    writer.begin(target, 0, 1024);
    writer.question(name, 1);
    writer.a(1, name, 5, 1);
    writer.aaaa(1, name, 5, words);
    writer.mx(1, name, 5, 10, name);
    writer.soa(1, name, 5, name, name, 1, 2, 3, 4, 5);
    writer.srv(1, name, 5, 1, 2, 3, name);
    writer.txt(1, name, 5, Uint8Array.of(65, 66));
    writer.caa(1, name, 5, 0, Uint8Array.of(97), Uint8Array.of(98));
    writer.target(1, name, 2, 5, name);
    for (const type of [43, 48]) {
      writer.open(1, name, type, 1, 5);
      writer.octets(new Uint8Array(24));
      writer.close();
    }
    writer.open(1, name, 46, 1, 5);
    writer.octets(new Uint8Array(18));
    writer.name(name, 0, false);
    writer.octets(new Uint8Array(8));
    writer.close();
    writer.openSvcb(1, name, dns.Type.SVCB, 5, 1, name);
    writer.parameter(1, Uint8Array.of(2, 104, 50));
    writer.parameter(3, Uint8Array.of(1, 187));
    writer.close();
    writer.openOpt(1232, true);
    writer.parameter(10, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
    writer.close();
    return new DataView(target.buffer.slice(0, writer.length));
  })(),
  new dns.View(),
  (v) => {
    steps(questions.over(v), question);
    steps(resources.over(v), resource);
  },
);
steady("dns, framing", view("0003aabbcc0001dd"), (v, start, end) => {
  steps(labelsOf.wrap(v, start, end));
  return true;
});

header("vxlan", made(new vxlan.Repr()), new vxlan.View());
header(
  "gre",
  view("b0000800" + "00000000" + "00000007" + "00000001"),
  new gre.View(),
  (v) => {
    v.verify();
  },
);
const geneveOptions = new geneve.Options();
header(
  "geneve",
  view("0200080000000700" + "0001800100000001"),
  new geneve.View(),
  (v) => {
    steps(geneveOptions.over(v));
  },
);
header(
  "wireguard",
  made(new wireguard.Repr(), { type: 4, payloadLength: 32 }),
  new wireguard.View(),
);

/** 1500 octets of anything. */
const MUCH = new DataView(new ArrayBuffer(1500));
for (let i = 0; i < 1500; i++) MUCH.setUint8(i, 7 * i);
steady("checksum", MUCH, (v, start, end) => {
  const total = checksum.sum(v, start, end, 5) + kernel.sum(start, end, 5);
  return checksum.update16(checksum.finish(total & 0xffff), 1, 2) +
      checksum.update32(5, 1, 2) + checksum.pseudo4(1, 2, 3, 4) +
      checksum.pseudo6(1, 2, 3) + checksum.combine(1, 2) >= 0;
});
steady("crc32c", MUCH, (v, start, end) => crc32c.crc(v, start, end) !== 0);
const hashing = new toeplitz.Toeplitz(toeplitz.publishedKey());
steady("toeplitz", MUCH, (v) => {
  hashing.hash6(WORDS, 0, WORDS, 4, 1, 2);
  return hashing.hash(v, 0, 36) + hashing.hash4(1, 2, 3, 4) !== 0;
});

const layers = new dissector.Dissector();
const key = new flow.Key({ symmetric: true });
const printer = new pretty.Printer({ link: true });
const wanted = [
  ...["tcp port 80", "host 192.0.2.9 or ip6 net 2001:db8::/32", "vlan and ip"],
  ...["tcp[tcpflags] & tcp-syn != 0", "ether[0] & 1 = 0 and len > 60"],
];
const filters = wanted.map((text) => filter.compile(text));
const machines = wanted.map((text) => new bpf.Machine(bpf.compile(text)));

/** What looks at frames of any kind. */
const OF_FRAMES: Readonly<Record<string, Handle>> = {
  dissector(view, start, end): boolean {
    const count = layers.walk(view, start, end, linktype.LinkType.ETHERNET);
    for (let i = 0; i < count; i++) layers.reasonOf(i);
    return count > 0;
  },
  flow(view, start, end): boolean {
    layers.walk(view, start, end, linktype.LinkType.ETHERNET);
    return key.read(view, layers) && key.hash(1) !== 0;
  },
  filter(view, start, end): boolean {
    for (let i = 0; i < filters.length; i++) {
      filters[i]!.matches(view, start, end);
    }
    return true;
  },
  bpf(view, start, end): boolean {
    for (let i = 0; i < machines.length; i++) {
      machines[i]!.run(view, start, end);
    }
    return true;
  },
  pretty(view, start, end): boolean {
    printer.out.clear();
    printer.append(view, start, end);
    return printer.out.length > 0;
  },
};

const FRAME = new DataView(new ArrayBuffer(14 + CHAIN.byteLength));
FRAME.setUint16(12, 0x86dd);
for (let i = 0; i < CHAIN.byteLength; i++) {
  FRAME.setUint8(14 + i, CHAIN.getUint8(i));
}

for (const [name, handle] of Object.entries(OF_FRAMES)) {
  steady(name, FRAME, handle);
  const title = `${name} leaves nothing of the frames of captures on the heap`;
  const obstacle = unmeasured ?? (present ? undefined : "no captures");
  const skipped = obstacle === undefined ? "" : ` (skipped: ${obstacle})`;
  Deno.test(title + skipped, { ignore: obstacle !== undefined }, () => {
    const frames = captures().flatMap(cases).filter((c) => c.linkType === 1);
    const octets = frames.reduce((sum, c) => sum + c.view.byteLength, 0);
    const all = new DataView(new ArrayBuffer(octets));
    const ends: number[] = [0];
    for (const { view } of frames) {
      const at = ends.at(-1)!;
      new Uint8Array(all.buffer).set(new Uint8Array(view.buffer), at);
      ends.push(at + view.byteLength);
    }
    assertSteady(frames.length, () => {
      for (let i = 1; i < ends.length; i++) {
        handle(all, ends[i - 1]!, ends[i]!);
      }
    }, PACKETS);
  });
}

const TITLE = "leftOver finds a view, or a number of 64 bits, for each packet";
Deno.test(TITLE, { ignore: unmeasured !== undefined }, () => {
  const kept: unknown[] = [undefined];
  const views = leftOver(BURST, () => {
    for (let i = 0; i < BURST; i++) kept[0] = new DataView(MUCH.buffer);
  }, PACKETS);
  const numbers = leftOver(BURST, () => {
    for (let i = 0; i < BURST; i++) kept[0] = MUCH.getUint32(i) + 0.5;
  }, PACKETS);
  assert(views > 32, `${views}`);
  assert(numbers >= 8, `${numbers}`);
});
