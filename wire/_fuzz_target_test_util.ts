// Every parser of this package, for `_fuzz_test_util.ts`. A new module adds a row.

import * as ah from "./ah.ts";
import * as arp from "./arp.ts";
import * as dhcpv4 from "./dhcpv4.ts";
import * as dhcpv6 from "./dhcpv6.ts";
import * as dns from "./dns.ts";
import * as ethernet from "./ethernet.ts";
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
import * as sll from "./sll.ts";
import * as tcp from "./tcp.ts";
import * as udp from "./udp.ts";
import * as udplite from "./udplite.ts";
import * as vlan from "./vlan.ts";
import * as vxlan from "./vxlan.ts";
import * as wireguard from "./wireguard.ts";
import {
  type Foreign,
  header,
  look,
  walk,
  WORDS,
  write,
} from "./_fuzz_kit_test_util.ts";
import { OTHERS } from "./_fuzz_file_test_util.ts";
import {
  configuration,
  configuration6,
  longestNames,
  makeMessage,
  makeMessage6,
  message,
} from "./_fuzz_message_test_util.ts";
import { captures, cases, type Layer, present } from "./_oracle_test_util.ts";
import type { Target } from "./_fuzz_test_util.ts";

const anyOption = new ipv4.Options();
const routers = new icmpv4.Routers();
const records = new igmp.Records();
const chain = new ipv6Extension.Chain();
const option6 = new ipv6Option.Options();
const tag = new ethernet.Tag();
const groups = new mld.Records();
const advertised = new ndp.Options();
const advert = new ndp.Option();
const entries = new mpls.Stack();
const tags = new vlan.Stack();
const discovered = new pppoe.Tags();
const geneveOptions = new geneve.Options();
const objects = new icmpExtension.Objects();
const labels = new icmpExtension.LabelStack();

/** Which accessors a message of ICMP does not have, by type. */
const QUOTED = [
  ...["quotedProtocol", "quotedSource", "quotedDestination", "quotedTransport"],
];
const NO_QUOTE = new Set(QUOTED);
const NO_TIMES = new Set([...QUOTED, "receiveTimestamp", "transmitTimestamp"]);
const SHORT = new Set([...NO_TIMES, "originateTimestamp", "addressMask"]);
/** Of an error there are no accessors but of the quote. */
const NO_MESSAGE = new Set([...SHORT].filter((n) => !n.startsWith("quoted")));
const FOREIGN_OF_ICMP: Readonly<Record<number, Foreign>> = {
  [icmpv4.TIMESTAMP]: NO_QUOTE,
  [icmpv4.TIMESTAMP_REPLY]: NO_QUOTE,
  [icmpv4.ADDRESS_MASK_REQUEST]: NO_TIMES,
  [icmpv4.ADDRESS_MASK_REPLY]: NO_TIMES,
};

const QUOTED_6 = ["quotedNextHeader", "quotedPayload"];
const NO_QUOTE_6 = new Set(QUOTED_6);
/** Messages of four octets have no second word. */
const FOUR = new Set([
  ...["rest", "identifier", "sequenceNumber", "mtu", "pointer", "isLocal"],
  ...["extendedSequence", "neighborState", "isActive", "hasIpv4", "hasIpv6"],
  ...["quoteLength", "extensionStart", "quoteEnd", ...QUOTED_6],
]);
/** What of multicast listener discovery only a query of version 2 has. */
const OF_QUERY_6 = new Set([
  ...["suppress", "robustness", "queryIntervalCode", "queryInterval"],
  ...["sourceCount", ...QUOTED_6],
]);
/** A solicitation of a router ends in front of these. */
const SOLICITATION = new Set(["reachableTime", "retransTimer", ...QUOTED_6]);
/** Only a SNAP header has these. */
const OF_SNAP = new Set(["oui", "etherType"]);
/** Only a packet of a session has this. */
const OF_SESSION = new Set(["protocol"]);
/** An option of eight octets ends in front of this. */
const SHORT_OPTION = new Set(["preferredLifetime"]);

/** And those that only a query of version 3 of IGMP has. */
const OF_QUERY = new Set([
  ...["suppress", "robustness", "queryIntervalCode", "queryInterval"],
  "sourceCount",
]);

function isQueryV2(v: mld.View): boolean {
  return v.type === icmpv6.MULTICAST_LISTENER_QUERY && v.version === 2;
}

/** Reads what an option of neighbor discovery says, and writes it. */
function option(): void {
  if (advert.parse(advertised) !== undefined) return;
  write(advert);
  switch (advertised.type) {
    case ndp.OptionType.PREFIX_INFORMATION:
    case ndp.OptionType.ROUTE_INFORMATION:
      advertised.copyPrefix(WORDS);
      return;
    case ndp.OptionType.RDNSS:
      for (let i = 0; i < advertised.addressCount; i++) {
        advertised.copyAddress(i, WORDS);
      }
      return;
    case ndp.OptionType.CAPTIVE_PORTAL:
      advertised.uri();
  }
}

/** The table. */
export const TARGETS: readonly Target[] = [
  header(
    "ethernet",
    ["eth"],
    new ethernet.View(),
    () => new ethernet.Repr(),
    (v) => {
      if (tag.wrap(v.view, v.start, v.end).check() === undefined) look(tag);
      `${v.source} ${v.destination}`;
    },
  ),
  header(
    "vlan",
    ["vlan", "ieee8021ad"],
    new vlan.View(),
    () => new vlan.Repr(),
    (v) => {
      const { view, start, end } = v;
      walk(tags.wrap(view, start, end, vlan.CUSTOMER), end - start);
    },
  ),
  header("llc", ["llc"], new llc.View(), () => new llc.Repr(), undefined, {
    foreign: (v) => v.hasSnap ? undefined : OF_SNAP,
  }),
  header("sll", [], new sll.View(), undefined, ({ view, start, end }) => {
    linktype.versionOfFamily(view, start, end);
  }),
  header("sll, version 2", [], new sll.View2()),
  header("pppoe", ["pppoed"], new pppoe.View(), () => new pppoe.Repr(), (v) => {
    const { view, payloadStart, payloadEnd } = v;
    walk(
      discovered.wrap(view, payloadStart, payloadEnd),
      payloadEnd - payloadStart,
    );
  }, {
    foreign: (v) => v.code === pppoe.Code.SESSION ? undefined : OF_SESSION,
  }),
  {
    name: "mpls",
    layers: ["mpls"],
    run(view, start, end): void {
      walk(entries.wrap(view, start, end), end - start);
      mpls.versionBehind(view, entries.payloadStart, end);
    },
  },
  header("arp", ["arp"], new arp.View(), () => new arp.Repr(), (v) => {
    v.checkLayout();
  }),
  header("ipv4", ["ip"], new ipv4.View(), () => new ipv4.Repr(), (v) => {
    v.checkHeader();
    v.verify();
    walk(anyOption.wrap(v.view, v.optionsStart, v.optionsEnd), 40);
    ip.version(v.view, v.start, v.end);
    ipInIp.check(v.protocol, v.view, v.payloadStart, v.payloadEnd);
  }),
  header("ipv6", ["ipv6"], new ipv6.View(), () => new ipv6.Repr(), (v) => {
    v.checkHeader();
    v.copySource(WORDS);
    v.copyDestination(WORDS, 4);
    walk(chain.over(v), v.end - v.start);
    chain.walk(v);
    chain.copyIdentity(new Int32Array(16));
    chain.copyFinalDestination(WORDS);
  }),
  header(
    "ipv6-option",
    ["ipv6.hopopts", "ipv6.dstopts"],
    new ipv6Option.View(),
    () => new ipv6Option.Repr(),
    (v) => {
      walk(option6.wrap(v.view, v.optionsStart, v.optionsEnd), 2048, () => {
        option6.copyHomeAddress(WORDS);
      });
      ipv6Option.find(v.view, v.start, v.end, 0xc2);
      ipv6Option.jumboLength(v.view, v.start, v.end);
    },
  ),
  header(
    "ipv6-routing",
    ["ipv6.routing"],
    new ipv6Routing.View(),
    () => new ipv6Routing.Repr(),
    (v) => {
      v.checkHeader();
      for (let i = 0; i < v.addressCount; i++) v.copyAddress(i, WORDS);
    },
  ),
  header(
    "ipv6-fragment",
    ["ipv6.fraghdr"],
    new ipv6Fragment.View(),
    () => new ipv6Fragment.Repr(),
  ),
  header("ah", ["ah"], new ah.View(), () => new ah.Repr()),
  header(
    "icmpv4",
    ["icmp"],
    new icmpv4.View(),
    () => new icmpv4.Repr(),
    (v) => {
      v.verify();
      if (v.checkQuote() === undefined) look(v, NO_MESSAGE);
      walk(routers.over(v), v.end - v.start);
    },
    { foreign: (v) => FOREIGN_OF_ICMP[v.type] ?? SHORT },
  ),
  header("icmp-extension", [], new icmpExtension.View(), undefined, (v) => {
    v.verify();
    walk(objects.wrap(v.view, v.start + 4, v.end), v.end - v.start);
    walk(labels.wrap(v.view, v.start + 4, v.end), v.end - v.start);
    icmpExtension.locate(v.view, v.start, v.end, 0);
    icmpExtension.endOfQuote(v.view, v.start, v.end, 128);
  }, {
    make(random, view): number {
      icmpExtension.emitHeader(view, 0);
      let at = 4;
      for (let i = random.below(4); i > 0; i--) {
        at = icmpExtension.emitObject(view, at, random.below(5), 1, 4 * i);
      }
      return at;
    },
  }),
  header("igmp", ["igmp"], new igmp.View(), () => new igmp.Repr(), (v) => {
    v.verify();
    // Of other messages the count is not one.
    if (v.type === igmp.MEMBERSHIP_QUERY && v.version === 3) {
      for (let i = 0; i < v.sourceCount; i++) v.source(i);
    }
    walk(records.over(v), v.end - v.start, () => {
      for (let i = 0; i < records.sourceCount; i++) records.source(i);
    });
  }, {
    foreign: (v) =>
      v.type === igmp.MEMBERSHIP_QUERY && v.version === 3
        ? undefined
        : OF_QUERY,
  }),
  header(
    "icmpv6",
    ["icmpv6"],
    new icmpv6.View(),
    () => new icmpv6.Repr(),
    (v) => {
      v.verify(3);
      if (v.checkQuote() !== undefined) return;
      look(v);
      v.copyQuotedSource(WORDS);
      v.copyQuotedDestination(WORDS, 4);
    },
    { foreign: (v) => v.end - v.start < 8 ? FOUR : NO_QUOTE_6 },
  ),
  header("mld", ["icmpv6"], new mld.View(), () => new mld.Repr(), (v) => {
    const report = v.type === icmpv6.MULTICAST_LISTENER_REPORT_V2;
    if (!report) v.copyAddress(WORDS);
    if (isQueryV2(v)) {
      for (let i = 0; i < v.sourceCount; i++) v.copySource(i, WORDS);
    }
    if (!report) return;
    walk(groups.over(v), v.end - v.start, () => {
      groups.copyAddress(WORDS);
      for (let i = 0; i < groups.sourceCount; i++) groups.copySource(i, WORDS);
    });
  }, { foreign: (v) => isQueryV2(v) ? NO_QUOTE_6 : OF_QUERY_6 }),
  header("ndp", ["icmpv6"], new ndp.View(), () => new ndp.Repr(), (v) => {
    const { type } = v;
    if (type >= icmpv6.NEIGHBOR_SOLICITATION) v.copyTarget(WORDS);
    if (type === icmpv6.REDIRECT) v.copyDestination(WORDS);
    walk(
      advertised.over(v),
      v.end - v.start,
      option,
      () =>
        advertised.type === 3 && advertised.check() === undefined
          ? undefined
          : SHORT_OPTION,
    );
  }, {
    foreign: (v) =>
      v.type === icmpv6.ROUTER_SOLICITATION ? SOLICITATION : NO_QUOTE_6,
  }),
  header("udp", ["udp"], new udp.View(), () => new udp.Repr(), (v) => {
    v.verify4(1, 2);
    v.verify6(3);
  }),
  header("udplite", ["udplite"], new udplite.View(), () => new udplite.Repr()),
  header("tcp", ["tcp"], new tcp.View(), () => new tcp.Repr(), (v) => {
    v.verify4(1, 2);
    v.verify6(3);
    tcp.nameOfFlags(v.flags);
  }),
  header(
    "dns",
    ["dns", "mdns", "llmnr"],
    new dns.View(),
    () => new dns.Repr(),
    message,
    {
      make: makeMessage,
      hostile: [longestNames],
    },
  ),
  header(
    "dhcpv4",
    ["dhcp"],
    new dhcpv4.View(),
    () => new dhcpv4.Repr(),
    configuration,
  ),
  header(
    "dhcpv6",
    ["dhcpv6"],
    new dhcpv6.View(),
    () => new dhcpv6.Repr(),
    configuration6,
    { make: makeMessage6 },
  ),
  header("vxlan", ["vxlan"], new vxlan.View(), () => new vxlan.Repr()),
  header("gre", ["gre"], new gre.View(), () => new gre.Repr(), (v) => {
    v.verify();
  }),
  header(
    "geneve",
    ["geneve"],
    new geneve.View(),
    () => new geneve.Repr(),
    (v) => {
      walk(geneveOptions.over(v), 252);
    },
  ),
  header(
    "wireguard",
    ["wg"],
    new wireguard.View(),
    () => new wireguard.Repr(),
    undefined,
    {
      make(random, view): number {
        const made = new wireguard.Repr();
        made.type = 1 + random.below(4);
        made.payloadLength = [140, 80, 56, 48][made.type - 1]!;
        made.emit(view, 0);
        return made.bufferLength;
      },
    },
  ),
  ...OTHERS,
];

/** Most inputs taken of the captures for each target. */
const MOST = 400;

/** Octets of the captures for each target, if there are captures. */
export function captured(): Map<string, Uint8Array[]> {
  const byLayer = new Map<string, Uint8Array[]>();
  const put = (layer: string, octets: Uint8Array) => {
    const all = byLayer.get(layer) ?? [];
    byLayer.set(layer, all);
    all.push(octets.slice(0, 2000));
  };
  const layer = (bytes: Uint8Array, { l, off }: Layer) => {
    if (off < bytes.length) put(l, bytes.subarray(off));
  };
  for (const name of present ? captures() : []) {
    for (const { view, linkType, frame } of cases(name)) {
      const bytes = new Uint8Array(view.buffer);
      if (linkType === 1) put("frame", bytes);
      for (const one of frame.layers) layer(bytes, one);
    }
    const url = `../../shared/conformance/pcap/${name}.pcap`;
    put("file", Deno.readFileSync(new URL(url, import.meta.url)));
  }
  const found = new Map<string, Uint8Array[]>();
  for (const { name, layers } of TARGETS) {
    const all = layers.flatMap((l) => byLayer.get(l) ?? []);
    const stride = Math.max(1, Math.floor(all.length / MOST));
    found.set(name, all.filter((_, i) => i % stride === 0));
  }
  return found;
}
