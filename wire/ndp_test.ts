import { assert, assertEquals, assertFalse } from "@std/assert";
import fc from "fast-check";
import * as ipv6 from "./ipv6.ts";
import * as ndp from "./ndp.ts";
import { octets } from "./_oracle_test_util.ts";
import { exactly, octetsOf, word } from "./_property_test_util.ts";

const { OptionType, Preference } = ndp;

// Frame 1 of tcpdump-icmpv6.pcap.
const ADVERTISEMENT = "860024014020000f0000000000000000" +
  "030448c000278d0000093a8000000000" + "22223333444455556600000000000000" +
  "1905000000000005" +
  "abcd000000000000000000000000efef" + "12345678000000000000000000000001" +
  "1f07000000000005" + "076578616d706c6503636f6d00" +
  "076578616d706c65036f726700" + "04646f6d3104646f6d3203746c6400" +
  "00000000000000" + "0501000000000064" + "0101b09928c8d66c" +
  "0701000000001388" + "08010000c351000f";

// Frame 4 of lwip-fuzz-inputs.pcap.
const PLAIN = "8600c4fe40000708" + "0000000000000000" + "0101c20054f50000" +
  "05010000000005dc" + "030440c000278d0000093a8000000000" +
  "20010db8000000010000000000000000";

// The route information of frame 1 of tcpdump-icmpv6_opt24.pcap.
const ROUTE = "1802300000001c20fd8d4fb35b2e0000";

// The PREF64 of frame 1 of tcpdump-icmpv6-ra-pref64.pcap.
const PREF64 = "2602000020010db800010064ff9b0000";

// Frame 8 of suricata-ipv6-evasion-ipv6-malformed-fragments-22-frag-22.pcap.
const NEIGHBOR = "8800b5346000000020010db800010000703a533247f31d22" +
  "0201a860b60b27cd";

// Frame 8 of zeek-icmp-icmp6-nd-short-options.pcap.
const REDIRECT = "8900e5b700000000fe800000000000000000000000000003" +
  "20010db8000000000000000000000001" + "0101001122334455";

function message(hex: string): ndp.View {
  return new ndp.View(exactly(octets(hex)));
}

/** A walk over options alone, at the first. */
function option(hex: string): ndp.Options {
  const view = exactly(octets(hex));
  const options = new ndp.Options().wrap(view, 0, view.byteLength);
  assert(options.next());
  return options;
}

function text(view: DataView, at: number): string {
  return `${ipv6.Address.read(view, at)}`;
}

function prefix(options: ndp.Options): string {
  const words = new Int32Array(4);
  options.copyPrefix(words);
  return `${ipv6.Address.from(words)}/${options.prefixLength}`;
}

Deno.test("View reads a router advertisement of another sender (RFC 4861 4.2)", () => {
  const view = message(ADVERTISEMENT);
  assertEquals(view.check(), undefined);
  assertEquals([view.hopLimit, view.managed, view.other], [64, false, false]);
  assert(view.homeAgent);
  assertFalse(view.proxy);
  assertEquals([view.preference, view.lifetime], [Preference.MEDIUM, 15]);
  assertEquals([view.reachableTime, view.retransTimer], [0, 0]);
  const options = new ndp.Options().over(view);
  const types = [];
  while (options.next()) {
    assertEquals(options.check(), undefined);
    types.push(options.type);
    switch (options.type) {
      case OptionType.PREFIX_INFORMATION:
        assertEquals(prefix(options), "2222:3333:4444:5555:6600::/72");
        assertEquals([options.onLink, options.autonomous], [true, true]);
        assertFalse(options.routerAddress || options.delegation);
        assertEquals(options.validLifetime, 2592000);
        assertEquals(options.preferredLifetime, 604800);
        break;
      case OptionType.RDNSS: {
        assertEquals([options.lifetime, options.addressCount], [5, 2]);
        const words = new Int32Array(8);
        options.copyAddress(1, words, 4);
        options.copyAddress(0, words);
        assertEquals(`${ipv6.Address.from(words)}`, "abcd::efef");
        assertEquals(`${ipv6.Address.from(words, 4)}`, "1234:5678::1");
        break;
      }
      case OptionType.DNSSL: {
        assertEquals(options.lifetime, 5);
        const names = new ndp.Names().over(options);
        const texts = [];
        while (names.next()) texts.push(names.text());
        assertEquals(texts, ["example.com", "example.org", "dom1.dom2.tld"]);
        assertEquals(names.reason, undefined);
        break;
      }
      case OptionType.MTU:
        assertEquals(options.mtu, 100);
        break;
      case OptionType.SOURCE_LINK_LAYER_ADDRESS:
        assertEquals([options.high, options.low], [0xb099, 0x28c8d66c]);
        break;
      default:
        assertEquals(options.dataEnd - options.dataStart, 6);
    }
  }
  assertEquals(types, [3, 25, 31, 5, 1, 7, 8]);
  assertEquals(options.reason, undefined);
});

Deno.test("View reads a neighbor advertisement of another sender (RFC 4861 4.4)", () => {
  const view = message(NEIGHBOR);
  assertEquals(view.check(), undefined);
  assertEquals([view.router, view.solicited, view.override], [
    false,
    true,
    true,
  ]);
  const target = "2001:db8:1:0:703a:5332:47f3:1d22";
  assertEquals(text(view.view, view.targetStart), target);
  const words = new Int32Array(4);
  view.copyTarget(words);
  assertEquals(`${ipv6.Address.from(words)}`, target);
  const options = new ndp.Options().over(view);
  assert(options.next());
  assertEquals(options.type, OptionType.TARGET_LINK_LAYER_ADDRESS);
  assertEquals([options.high, options.low], [0xa860, 0xb60b27cd | 0]);
  assertFalse(options.next());
});

Deno.test("View reads a redirect of another sender (RFC 4861 4.5)", () => {
  const view = message(REDIRECT);
  assertEquals(view.check(), undefined);
  assertEquals(text(view.view, view.targetStart), "fe80::3");
  assertEquals(text(view.view, view.destinationStart), "2001:db8::1");
  assertEquals([view.optionsStart, view.optionsEnd], [40, 48]);
  const words = new Int32Array(5);
  view.copyDestination(words, 1);
  assertEquals(`${ipv6.Address.from(words, 1)}`, "2001:db8::1");
});

Deno.test("View writes each field of a router advertisement where it is", () => {
  const view = message("86" + "00".repeat(15));
  view.hopLimit = 64;
  view.managed = true;
  view.homeAgent = true;
  view.preference = Preference.LOW;
  view.lifetime = 1800;
  view.reachableTime = 0xfffffffe;
  view.retransTimer = 1000;
  const written = "8600000040b80708fffffffe000003e8";
  assertEquals(octetsOf(view.view), octets(written));
  assertEquals(view.preference, Preference.LOW);
  assertEquals(view.reachableTime, 0xfffffffe);
  view.managed = false;
  view.homeAgent = false;
  view.other = true;
  view.proxy = true;
  view.preference = Preference.HIGH;
  assertEquals(view.view.getUint8(5), 0x4c);
  assertEquals([view.managed, view.other, view.proxy], [false, true, true]);
  assertEquals(view.preference, Preference.HIGH);
  view.view.setUint8(5, 0x10);
  assertEquals(view.preference, Preference.RESERVED);
});

Deno.test("View writes each flag of a neighbor advertisement where it is", () => {
  const view = message("88" + "00".repeat(23));
  view.router = true;
  assertEquals(view.view.getUint8(4), 0x80);
  view.solicited = true;
  view.router = false;
  assertEquals(view.view.getUint8(4), 0x40);
  view.override = true;
  view.solicited = false;
  assertEquals(view.view.getUint8(4), 0x20);
  assertEquals([view.router, view.solicited, view.override], [
    false,
    false,
    true,
  ]);
});

for (
  const [type, least] of [
    [ndp.ROUTER_SOLICITATION, 8],
    [ndp.ROUTER_ADVERTISEMENT, 16],
    [ndp.NEIGHBOR_SOLICITATION, 24],
    [ndp.NEIGHBOR_ADVERTISEMENT, 24],
    [ndp.REDIRECT, 40],
  ] as const
) {
  Deno.test(`ndp.View.check() wants ${least} octets of type ${type} (RFC 4861)`, () => {
    for (let length = 0; length < 48; length++) {
      const view = exactly(new Uint8Array(length));
      if (length > 0) view.setUint8(0, type);
      const reason = length < least ? "truncated" : undefined;
      assertEquals(new ndp.View(view).check(), reason);
      const packet = new ndp.Packet();
      assertEquals(packet.parse(view, 0, length), reason);
      if (reason !== undefined) continue;
      assertEquals([packet.payloadStart, packet.payloadEnd], [least, length]);
    }
  });
}

Deno.test("ndp.View.check() finds other messages unsupported", () => {
  assertEquals(message("8000000000000000").check(), "unsupported");
  assertEquals(message("8a00000000000000").check(), "unsupported");
  assertEquals(message("860000").check(), "truncated");
});

/** Types and octets of the options in `hex`, and the reason. */
function walk(hex: string): [[number, number][], string | undefined] {
  const view = exactly(octets(hex));
  const options = new ndp.Options().wrap(view, 0, view.byteLength);
  const found: [number, number][] = [];
  while (options.next()) {
    found.push([options.type, options.end - options.start]);
  }
  assertFalse(options.next());
  return [found, options.reason];
}

const LINK = "0101020000000001";

for (
  const [why, hex, found, reason] of [
    ["nothing", "", [], undefined],
    ["one", LINK, [[1, 8]], undefined],
    ["two, one unknown", "ff02" + "00".repeat(14) + LINK, [[255, 16], [1, 8]]],
    ["one of length 0", LINK + "0100020000000001" + LINK, [[1, 8]], "option"],
    ["one of length 0 first", "0500", [], "option"],
    ["an overrun by a unit", "0102020000000001", [], "option"],
    ["an overrun of 2040", "01ff020000000001", [], "option"],
    ["seven octets more", LINK + "01010000000000", [[1, 8]], "option"],
    ["one octet more", LINK + "01", [[1, 8]], "option"],
  ] as const
) {
  Deno.test(`ndp.Options finds ${reason ?? "nothing wrong"} in ${why} (RFC 4861 4.6)`, () => {
    assertEquals(walk(hex) as unknown, [found, reason]);
  });
}

for (
  const [why, hex, reason] of [
    ["prefix information of 24 octets", "03034000" + "00".repeat(20), "option"],
    ["prefix information of 8 octets", "0301400000000000", "option"],
    ["a prefix of 128 bits", "03048000" + "00".repeat(28), undefined],
    ["a prefix of 129 bits", "03048100" + "00".repeat(28), "malformed"],
    ["an MTU of 16 octets", "05020000000005dc" + "00".repeat(8), "option"],
    ["a route of 0 bits in 8 octets", "1801000000000000", undefined],
    ["a route of 1 bit in 8 octets", "1801010000000000", "option"],
    ["a route of 64 bits", "18024000" + "00".repeat(12), undefined],
    ["a route of 65 bits in 16 octets", "18024100" + "00".repeat(12), "option"],
    ["a route of 65 bits", "18034100" + "00".repeat(20), undefined],
    ["a route of 129 bits", "18038100" + "00".repeat(20), "malformed"],
    ["a route of 32 octets", "18044100" + "00".repeat(28), "option"],
    ["no DNS server", "1901000000000000", "option"],
    ["half a DNS server", "1902" + "00".repeat(14), "option"],
    ["a DNS server", "1903" + "00".repeat(22), undefined],
    ["a search list of nothing", "1f01000000000000", "option"],
    ["a search list", "1f02" + "00".repeat(14), undefined],
    ["a PREF64 of 8 octets", "2601000000000000", "option"],
    ["a PREF64 of 24 octets", "2603" + "00".repeat(22), "option"],
    ["a PREF64 of code 5", "26020005" + "00".repeat(12), undefined],
    ["a PREF64 of code 6", "26020006" + "00".repeat(12), "malformed"],
    ["anything unknown", "fd01000000000000", undefined],
  ] as const
) {
  Deno.test(`ndp.Options.check() finds ${reason ?? "nothing"} in ${why}`, () => {
    const options = option(hex);
    assertEquals(options.check(), reason);
    assertEquals(new ndp.Option().parse(options), reason);
  });
}

Deno.test("Options reads the route information of another sender (RFC 4191)", () => {
  const options = option(ROUTE);
  assertEquals(options.check(), undefined);
  assertEquals(prefix(options), "fd8d:4fb3:5b2e::/48");
  assertEquals([options.lifetime, options.preference], [7200, 0]);
  assertEquals(option("1801001800000000").preference, Preference.LOW);
  assertEquals(prefix(option("1801000800000000")), "::/0");
});

Deno.test("Options reads the PREF64 of another sender (RFC 8781)", () => {
  const options = option(PREF64);
  assertEquals(options.check(), undefined);
  assertEquals(prefix(options), "2001:db8:1:64:ff9b::/96");
  assertEquals(options.lifetime, 0);
  for (const [code, length] of [96, 64, 56, 48, 40, 32, -1, -1].entries()) {
    options.view.setUint16(2, 600 | code);
    assertEquals([options.prefixLength, options.lifetime], [length, 600]);
  }
});

Deno.test("Options reads a nonce and a redirected header", () => {
  const nonce = option("0e01010203040506");
  assertEquals([nonce.dataStart, nonce.dataEnd], [2, 8]);
  const redirected = option("0402000000000000" + "6000000000000000");
  assertEquals([redirected.dataStart, redirected.dataEnd], [8, 16]);
});

Deno.test("Options.uri() leaves padding out and hides what is not printable", () => {
  const hex = "2502" + "687474703a2f2f61" + "0a002f000000";
  assertEquals(option(hex).uri(), "http://a%0A%00/");
  assertEquals(option("2501000000000000").uri(), "");
  assertEquals(option("250121207e7f8000").uri(), "!%20~%7F%80");
});

for (
  const [why, hex, texts, reason] of [
    ["no name", "", [], undefined],
    ["padding alone", "00000000", [], undefined],
    ["a name", "036c616e00", ["lan"], undefined],
    ["a name and padding", "036c616e00000000", ["lan"], undefined],
    ["a name without its end", "036c616e", [], "length"],
    ["a label that overruns", "016100" + "05616263", ["a"], "length"],
    ["a pointer", "016100" + "c000", ["a"], "malformed"],
    ["a label of 64", "40" + "61".repeat(64) + "00", [], "malformed"],
    [
      "a label of 63",
      "3f" + "61".repeat(63) + "00",
      ["a".repeat(63)],
      undefined,
    ],
    [
      "a name of 257",
      ("3f" + "61".repeat(63)).repeat(4) + "00",
      [],
      "malformed",
    ],
    [
      "a name of 255",
      ("3f" + "61".repeat(63)).repeat(3) + "3d" + "61".repeat(61) + "00",
      [`${`${"a".repeat(63)}.`.repeat(3)}${"a".repeat(61)}`],
      undefined,
    ],
    [
      "what is not printable",
      "062e5c0a1b20ff00",
      ["\\.\\\\\\010\\027\\032\\255"],
      undefined,
    ],
    ["what follows padding", "016100" + "00" + "016200", ["a"], undefined],
  ] as const
) {
  Deno.test(`A14 ndp.Names finds ${reason ?? "nothing wrong"} in ${why} (RFC 8106 5.2)`, () => {
    const view = exactly(octets(hex));
    const names = new ndp.Names().wrap(view, 0, view.byteLength);
    const found = [];
    while (names.next()) found.push(names.text());
    assertFalse(names.next());
    assertEquals([found, names.reason], [[...texts], reason]);
  });
}

Deno.test("nameOfOption() names what is assigned and keeps the rest", () => {
  assertEquals(ndp.nameOfOption(OptionType.PREF64), "pref64");
  assertEquals(ndp.nameOfOption(36), "6LoWPAN capability indication");
  assertEquals(ndp.nameOfOption(21), "option 21");
});

Deno.test("Repr and Option write the octets that they read", () => {
  for (const hex of [ADVERTISEMENT, PLAIN, NEIGHBOR, REDIRECT]) {
    const view = exactly(octets(hex));
    const packet = new ndp.Packet();
    assertEquals(packet.parse(view, 0, view.byteLength), undefined);
    const copy = exactly(octets(hex).fill(0, 0, packet.payloadStart));
    packet.repr.emit(copy, 0);
    new ndp.View(copy).checksum = packet.view.checksum;
    const options = new ndp.Options().over(packet.view);
    const one = new ndp.Option();
    while (options.next()) {
      assertEquals(one.parse(options), undefined);
      assertEquals(one.bufferLength, options.end - options.start);
      octetsOf(copy).fill(0xa5, options.start, options.end);
      one.emit(copy, options.start);
      if (one.dataLength === 0) continue;
      const data = octets(hex).slice(options.dataStart, options.dataEnd);
      octetsOf(copy).set(data, options.start + one.dataOffset);
    }
    assertEquals(octetsOf(copy), octets(hex));
  }
});

const words = fc.tuple(word, word, word, word).map((all) =>
  Int32Array.from(all)
);
const uint32 = fc.nat(0xffff_ffff);

/** Any message that {@linkcode ndp.Repr} can say. */
const repr = fc.record({
  type: fc.integer({ min: 133, max: 137 }),
  code: fc.nat(255),
  hopLimit: fc.nat(255),
  managed: fc.boolean(),
  other: fc.boolean(),
  homeAgent: fc.boolean(),
  preference: fc.integer({ min: -2, max: 1 }),
  proxy: fc.boolean(),
  lifetime: fc.nat(65535),
  reachableTime: uint32,
  retransTimer: uint32,
  router: fc.boolean(),
  solicited: fc.boolean(),
  override: fc.boolean(),
  target: words,
  destination: words,
  optionsLength: fc.nat(5).map((units) => 8 * units),
}).map(({ type, code, target, destination, optionsLength, ...fields }) => {
  const repr = Object.assign(new ndp.Repr(), { type, code, optionsLength });
  const { router, solicited, override, ...advertised } = fields;
  if (type === ndp.ROUTER_ADVERTISEMENT) Object.assign(repr, advertised);
  if (type === ndp.NEIGHBOR_ADVERTISEMENT) {
    Object.assign(repr, { router, solicited, override });
  }
  if (type >= ndp.NEIGHBOR_SOLICITATION) repr.target.set(target);
  if (type === ndp.REDIRECT) repr.destination.set(destination);
  return repr;
});

Deno.test("Repr.parse() of what Repr.emit() wrote is the same", () => {
  const packet = new ndp.Packet();
  const property = fc.property(repr, fc.nat(20), (repr, at) => {
    const view = exactly(new Uint8Array(at + repr.bufferLength).fill(0xa5));
    repr.emit(view, at);
    assertEquals(packet.parse(view, at, view.byteLength), undefined);
    assertEquals(packet.repr, repr);
    packet.fillChecksum(0x1234);
    assert(packet.view.verify(0x1234));
  });
  fc.assert(property, { numRuns: 1000 });
});

const lifetime = uint32;

/** Any option that {@linkcode ndp.Option} can say. */
const anyOption = fc.oneof(
  fc.record({
    type: fc.constantFrom(1, 2),
    high: fc.nat(0xffff),
    low: word,
  }),
  fc.record({
    type: fc.constant<number>(OptionType.PREFIX_INFORMATION),
    prefixLength: fc.nat(128),
    onLink: fc.boolean(),
    autonomous: fc.boolean(),
    routerAddress: fc.boolean(),
    delegation: fc.boolean(),
    validLifetime: lifetime,
    preferredLifetime: lifetime,
    prefix: words,
  }),
  fc.record({ type: fc.constant<number>(OptionType.MTU), mtu: uint32 }),
  fc.record({
    type: fc.constant<number>(OptionType.ROUTE_INFORMATION),
    prefixLength: fc.nat(128),
    preference: fc.integer({ min: -2, max: 1 }),
    lifetime,
    prefix: words,
  }),
  fc.record({
    type: fc.constant<number>(OptionType.PREF64),
    prefixLength: fc.constantFrom(96, 64, 56, 48, 40, 32),
    lifetime: fc.nat(0x1fff).map((units) => 8 * units),
    prefix: words,
  }),
  fc.record({
    type: fc.constant<number>(OptionType.RDNSS),
    lifetime,
    dataLength: fc.integer({ min: 1, max: 5 }).map((count) => 16 * count),
  }),
  fc.record({
    type: fc.constant<number>(OptionType.DNSSL),
    lifetime,
    dataLength: fc.integer({ min: 1, max: 9 }).map((units) => 8 * units),
  }),
  fc.record({
    type: fc.constant<number>(OptionType.REDIRECTED_HEADER),
    dataLength: fc.nat(99).map((units) => 8 * units),
  }),
  fc.record({
    type: fc.constant<number>(OptionType.CAPTIVE_PORTAL),
    dataLength: fc.nat(100),
  }),
  fc.record({
    type: fc.constantFrom<number>(OptionType.NONCE, 7, 13, 26, 253),
    dataLength: fc.nat(20).map((units) => 6 + 8 * units),
  }),
).map((fields) => {
  const { prefix = new Int32Array(4), ...others } = fields as Partial<
    ndp.Option
  >;
  const one = Object.assign(new ndp.Option(), others);
  const octets = one.type === OptionType.PREFIX_INFORMATION
    ? 16
    : one.type === OptionType.PREF64
    ? 12
    : one.bufferLength - 8;
  one.prefix.set(prefix.slice(0, octets >>> 2));
  return one;
});

Deno.test("Option.parse() of what Option.emit() wrote is the same", () => {
  const copy = new ndp.Option();
  fc.assert(fc.property(fc.array(anyOption, { maxLength: 4 }), (all) => {
    const length = all.reduce((sum, one) => sum + one.bufferLength, 0);
    const view = exactly(new Uint8Array(length).fill(0xa5));
    let at = 0;
    for (const one of all) {
      assertEquals(one.check(), undefined);
      one.emit(view, at);
      at += one.bufferLength;
    }
    const options = new ndp.Options().wrap(view, 0, length);
    for (const one of all) {
      assert(options.next());
      assertEquals(copy.parse(options), undefined);
      assertEquals(copy, one);
    }
    assertFalse(options.next());
    assertEquals(options.reason, undefined);
  }));
});

Deno.test("Option.emit() leaves nothing old in what is reserved", () => {
  for (
    const [type, hex] of [
      [OptionType.REDIRECTED_HEADER, "0401000000000000"],
      [OptionType.MTU, "0501000000000000"],
      [OptionType.NONCE, "0e01000000000000"],
      [OptionType.RDNSS, "1901000000000000"],
    ] as const
  ) {
    const one = Object.assign(new ndp.Option(), { type });
    const view = exactly(new Uint8Array(8).fill(0xa5));
    one.emit(view, 0);
    assertEquals(octetsOf(view), octets(hex));
  }
});

Deno.test("Option.check() refuses what an option cannot say", () => {
  const one = new ndp.Option();
  one.dataLength = 2038;
  assertEquals(one.check(), undefined);
  assertEquals(one.bufferLength, ndp.MAX_OPTION_LENGTH);
  one.dataLength = 2039;
  assertEquals(one.check(), "length");
  one.clear();
  one.type = OptionType.PREFIX_INFORMATION;
  one.prefixLength = 129;
  assertEquals(one.check(), "malformed");
  one.type = OptionType.PREF64;
  one.prefixLength = 65;
  assertEquals(one.check(), "malformed");
  one.prefixLength = 64;
  assertEquals(one.check(), undefined);
});

Deno.test("Option.emit() rounds the lifetime of a PREF64 up to what it can say", () => {
  const one = new ndp.Option();
  one.type = OptionType.PREF64;
  one.prefixLength = 96;
  const view = exactly(new Uint8Array(16));
  for (const [lifetime, said] of [[1, 8], [8, 8], [9, 16], [1e6, 65528]]) {
    one.lifetime = lifetime!;
    one.emit(view, 0);
    const options = new ndp.Options().wrap(view, 0, 16);
    assert(options.next());
    assertEquals([options.lifetime, options.prefixLength], [said, 96]);
  }
});

/** Reads all that an option of its own type has. */
function readOption(options: ndp.Options): void {
  const words = new Int32Array(4);
  const { type, dataStart, dataEnd } = options;
  assert(options.start <= dataStart && dataStart <= dataEnd);
  assert(dataEnd <= options.end && options.high <= 0xffff);
  assert(Number.isInteger(options.low));
  switch (type) {
    case OptionType.PREFIX_INFORMATION:
      assert(options.validLifetime >= 0 && options.preferredLifetime >= 0);
      assert(options.onLink || !options.onLink);
      options.copyPrefix(words);
      break;
    case OptionType.ROUTE_INFORMATION:
    case OptionType.PREF64:
      options.copyPrefix(words);
      assert(options.lifetime >= 0 && options.preference < 2);
      assert(options.prefixStart <= options.prefixEnd);
      break;
    case OptionType.RDNSS:
      assert(options.addressCount > 0);
      for (let i = 0; i < options.addressCount; i++) {
        options.copyAddress(i, words);
      }
      break;
    case OptionType.MTU:
      assert(options.mtu >= 0);
      break;
  }
  assert(options.uri().length >= dataEnd - dataStart);
  const names = new ndp.Names().over(options);
  let steps = 0;
  while (names.next()) {
    assert(++steps <= options.end - options.start);
    assert(names.end <= options.end && names.end - names.start <= 255);
    assert(/^[!-~]*$/.test(names.text()), "names are printable");
  }
}

Deno.test("ndp.View, ndp.Options and ndp.Names read nothing outside any octets and end", () => {
  const type = fc.integer({ min: 132, max: 138 });
  const small = fc.oneof(
    fc.nat(255),
    fc.constantFrom(0, 1, 2, 3, 4, 5, 14, 24, 25, 31, 37, 38),
  );
  fc.assert(
    fc.property(type, fc.array(small, { maxLength: 160 }), (type, rest) => {
      const view = new ndp.View(exactly([type, ...rest]));
      const packet = new ndp.Packet();
      const reason = view.check();
      assertEquals(packet.parse(view.view, 0, view.end), reason);
      if (reason !== undefined) return;
      view.verify(0x1234);
      const options = new ndp.Options().over(view);
      const one = new ndp.Option();
      let steps = 0;
      while (options.next()) {
        assert(++steps <= rest.length / 8);
        assert(options.end <= view.end);
        if (one.parse(options) === undefined) readOption(options);
      }
    }),
    { numRuns: 2000 },
  );
});
