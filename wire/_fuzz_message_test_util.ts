// Targets of messages with much in them: DNS and DHCP.

import * as dhcpv4 from "./dhcpv4.ts";
import * as dhcpv6 from "./dhcpv6.ts";
import { allowsLength } from "./dhcpv6_options.ts";
import * as dns from "./dns.ts";
import {
  type Foreign,
  look,
  SCRATCH,
  walk,
  WORDS,
} from "./_fuzz_kit_test_util.ts";
import type { Random } from "./_fuzz_test_util.ts";

const questions = new dns.Questions();
const resources = new dns.Records();
const framing = new dns.Framing();
const asked = new dns.QuestionRepr();
const resource = new dns.RecordRepr(65535);
const writer = new dns.Writer();
const params = new dns.SvcParams();
const edns = new dns.EdnsOptions();
const subnet = new dns.ClientSubnet();
const cookie = new dns.Cookie();
const service = new dns.Svcb();
const extension = new dns.Opt();
const strings = new dns.Txt();
const address = new dns.A();
const data: readonly (dns.Data & { check(): string | undefined })[] = [
  address,
  new dns.Aaaa(),
  new dns.Mx(),
  new dns.Soa(),
  new dns.Srv(),
  new dns.Caa(),
  new dns.Ds(),
  new dns.Dnskey(),
  new dns.Rrsig(),
  new dns.Target(),
];
const TYPES = [1, 28, 15, 6, 33, 257, 43, 48, 46];
const NAME: Uint8Array = new Uint8Array(dns.MAX_NAME_LENGTH);

/** Walks over what stands in the data of a record, taken for each such type. */
function parametersOf(): void {
  if (strings.over(resources).check() === undefined) {
    walk(strings, strings.length);
  }
  if (service.over(resources).check() === undefined) {
    look(service);
    walk(params.over(service), service.length);
  }
  if (extension.over(resources).check() === undefined) {
    look(extension);
    walk(edns.over(extension), extension.length, () => {
      const { view, valueStart, valueEnd } = edns;
      subnet.wrap(view, valueStart, valueEnd);
      if (subnet.check() === undefined) look(subnet);
      cookie.wrap(view, valueStart, valueEnd);
      if (cookie.check() === undefined) look(cookie);
    });
  }
}

/** Walks over a message, writing again what fits; texts of some names. */
export function message(header: dns.View): void {
  const { view, start, end } = header;
  walk(questions.over(header), end - start, () => {
    asked.parse(questions);
    `${questions.name}`;
  });
  const target = new DataView(SCRATCH.buffer, 0, 2048);
  writer.begin(target, 0, 2048);
  let count = 0;
  walk(resources.over(header), end - start, () => {
    const { type } = resources;
    const own = TYPES.indexOf(type);
    const one = data[own < 0 ? data.length - 1 : own]!;
    if (one.over(resources).check() === undefined) look(one);
    // Data of another type than they are said to be, for the first records.
    const other = data[count % data.length]!;
    if (count < 16 && other.over(resources).check() === undefined) look(other);
    if (type !== dns.Type.NS) parametersOf();
    // Texts and copies cost more than reading; a few of each message do.
    if (count++ > 16) return;
    `${resources.name}`;
    resources.name.copy(NAME);
    if (!resources.name.matches(NAME)) throw new RangeError("Another name");
    if (resource.parse(resources) === undefined) {
      writer.record(resources.section, resource);
    }
  });
  walk(framing.wrap(view, start, end), end - start);
}

/** A message of DNS with some of everything. */
export function makeMessage(random: Random, view: DataView): number {
  const names = ["a.example.com", "b.example.com", "com", ".", "x.y.z.local"]
    .map((text) => dns.parseName(text));
  const octets = Uint8Array.from(Array(random.below(30)).keys());
  const words = Int32Array.of(1, 2, 3, random.word());
  const name = () => random.of(names);
  writer.begin(view, 0, 1500);
  writer.header.flags = random.word();
  writer.question(name(), random.of([1, 28, 255]));
  for (let section = 1; section <= 3; section++) {
    for (let i = random.below(4); i > 0; i--) {
      const ttl = random.word();
      switch (random.below(10)) {
        case 0:
          writer.a(section, name(), ttl, random.word());
          break;
        case 1:
          writer.aaaa(section, name(), ttl, words);
          break;
        case 2:
          writer.mx(section, name(), ttl, 10, name());
          break;
        case 3:
          writer.soa(section, name(), ttl, name(), name(), 1, 2, 3, 4, 5);
          break;
        case 4:
          writer.srv(section, name(), ttl, 1, 2, 3, name());
          break;
        case 5:
          writer.txt(section, name(), ttl, octets);
          break;
        case 6:
          writer.caa(
            section,
            name(),
            ttl,
            128,
            names[2]!.subarray(1, 4),
            octets,
          );
          break;
        case 7:
          writer.openSvcb(section, name(), 65, ttl, 1, name());
          writer.parameter(1, Uint8Array.of(2, 104, 50));
          writer.parameter(3, Uint8Array.of(1, 187));
          writer.close();
          break;
        case 8:
          writer.target(
            section,
            name(),
            random.of([2, 5, 12, 39]),
            ttl,
            name(),
          );
          break;
        default:
          writer.open(section, name(), random.of([43, 46, 48, 65280]), 1, ttl);
          writer.octets(octets);
          writer.name(name(), 0, false);
          writer.close();
      }
    }
  }
  writer.openOpt(1232, true);
  writer.parameter(8, Uint8Array.of(0, 1, 24, 0, 192, 0, 2));
  writer.parameter(10, Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8));
  writer.close();
  return writer.length;
}

/** Records whose owners, and data, are the longest of chains of pointers. */
export function longestNames(view: DataView): void {
  view.setUint16(6, 65535);
  view.setUint16(13, 10);
  view.setUint16(21, 96 * 2 + 1 + 30 * 4);
  for (let i = 0; i < 96; i++) view.setUint16(23 + 2 * i, 0x0161);
  let last = 23;
  let at = 23 + 96 * 2 + 1;
  for (let i = 0; i < 30; i++, at += 4) {
    view.setUint16(at, 0x0161);
    view.setUint16(at + 2, 0xc000 | last);
    last = at;
  }
  for (; at + 14 <= view.byteLength; at += 14) {
    view.setUint16(at, 0xc000 | last);
    view.setUint16(at + 2, dns.Type.NS);
    view.setUint16(at + 10, 2);
    view.setUint16(at + 12, 0xc000 | last);
  }
}

const dhcpOptions = new dhcpv4.Options();
const suboptions = new dhcpv4.Suboptions();
const routes = new dhcpv4.Routes();
const searches = new dhcpv4.SearchList();
const aggregate = new dhcpv4.Aggregate(new Uint8Array(65536));

const SHORT = new Set(["seconds"]);
const SHORTER = new Set(["seconds", "short"]);
const EMPTY = new Set(["seconds", "short", "octet"]);

/** An option has the numbers that its length has room for. */
function foreignOfOption(): Foreign | undefined {
  const { length } = dhcpOptions;
  if (length >= 4) return undefined;
  return length >= 2 ? SHORT : length === 1 ? SHORTER : EMPTY;
}

export function configuration(header: dhcpv4.View): void {
  const { view, start, end } = header;
  walk(dhcpOptions.over(header), end - start, () => {
    const from = dhcpOptions.start + 2;
    if (from > dhcpOptions.end) return;
    walk(suboptions.wrap(view, from, dhcpOptions.end), end - from);
    walk(routes.wrap(view, from, dhcpOptions.end), end - from);
    walk(searches.wrap(view, from, dhcpOptions.end), end - from, () => {
      searches.expand(SCRATCH, 0, 300);
    });
  }, foreignOfOption);
  aggregate.gather(header);
  for (let code = 0; code < 256; code++) {
    if (aggregate.has(code)) aggregate.isSound(code);
  }
}

const outer = new dhcpv6.Options();
const inner = new dhcpv6.Options();
const relayed = new dhcpv6.Relayed();
const duid = new dhcpv6.Duid();
/** Each is of some options only; see {@linkcode fields}. */
const OF_CODE = new Set([
  ...["octet", "short", "word", "t1", "t2", "prefixLength"],
  ...["preferredLifetime", "validLifetime"],
]);
const TIMES_6 = new Set(["time"]);
const NUMBERS_6 = new Set(["time", "enterprise", "hardwareType"]);

/** Reads the accessors of a checked option's own code. */
function fields(option: dhcpv6.Options): void {
  const { OptionCode } = dhcpv6;
  switch (option.code) {
    case OptionCode.CLIENT_ID:
    case OptionCode.SERVER_ID: {
      const { type } = duid.wrap(option.view, option.dataStart, option.end);
      if (duid.check() !== undefined) return;
      look(duid, type === 1 ? undefined : type === 2 ? TIMES_6 : NUMBERS_6);
      return;
    }
    case OptionCode.IA_NA:
    case OptionCode.IA_PD:
      option.word + option.t1 + option.t2;
      return;
    case OptionCode.IA_PREFIX:
      option.prefixLength;
    // falls through
    case OptionCode.IA_ADDRESS:
      option.preferredLifetime + option.validLifetime;
    // falls through
    case OptionCode.SERVER_UNICAST:
      option.copyAddress(0, WORDS);
      return;
    case OptionCode.DNS_SERVERS:
      for (let i = 0; i < option.addressCount; i++) {
        option.copyAddress(i, WORDS);
      }
      return;
    case OptionCode.OPTION_REQUEST:
      for (let i = 0; i < option.requestedCount; i++) option.requested(i);
      return;
    case OptionCode.ELAPSED_TIME:
    case OptionCode.STATUS_CODE:
      option.short;
      return;
    case OptionCode.PREFERENCE:
      option.octet;
  }
}

/** Walks over a message of DHCPv6 and into what its options hold. */
export function configuration6(header: dhcpv6.View): void {
  const { view, start, end } = header;
  if (header.isRelay) {
    header.copyLinkAddress(WORDS);
    header.copyPeerAddress(WORDS, 4);
  }
  const own = () => OF_CODE;
  walk(outer.over(header), end - start, () => {
    if (outer.check() !== undefined) return;
    fields(outer);
    walk(inner.over(outer), end - start, () => {
      if (inner.check() === undefined) fields(inner);
    }, own);
  }, own);
  relayed.wrap(view, start, end).last();
}

/** A message of DHCPv6 with some options, in one another too. */
export function makeMessage6(random: Random, view: DataView): number {
  const relay = random.below(4) === 0;
  const bytes = new Uint8Array(view.buffer, view.byteOffset, 400);
  bytes.fill(random.below(4), 0, 34);
  view.setUint8(0, relay ? 12 + random.below(2) : 1 + random.below(11));
  let at = relay ? 34 : 4;
  const codes = Object.values(dhcpv6.OptionCode);
  for (let i = random.below(6); i > 0; i--) {
    const code = random.of(codes);
    // The shortest that the code may have, and sometimes more.
    let length = 0;
    while (length < 40 && !allowsLength(code, length)) length++;
    if (random.below(3) === 0) length += 16;
    view.setUint16(at, code);
    view.setUint16(at + 2, length);
    for (let j = 0; j < length; j++) view.setUint8(at + 4 + j, random.below(4));
    at += 4 + length;
  }
  return at;
}
