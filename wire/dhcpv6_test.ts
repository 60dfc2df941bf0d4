import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import * as dhcpv6 from "./dhcpv6.ts";
import { Address } from "./ipv6.ts";
import { hex, octets } from "./_oracle_test_util.ts";
import { exactly, octetsOf, readAll, word } from "./_property_test_util.ts";

const { OptionCode, MessageType } = dhcpv6;

/** An option in hexadecimal. */
function option(code: number, data: string): string {
  return code.toString(16).padStart(4, "0") +
    (data.length / 2).toString(16).padStart(4, "0") + data;
}

function words(text: string): Int32Array {
  const into = new Int32Array(4);
  Address.parse(text).copy(into);
  return into;
}

/** Sixteen octets of an address, in hexadecimal. */
function addressHex(text: string): string {
  return [...words(text)].map((w) => (w >>> 0).toString(16).padStart(8, "0"))
    .join("");
}

const ADDRESS = "2001:db8::1234";
const CLIENT = "0001000128a1b2c3020000000001";
const SERVER = "00030001020000000002";

// Laid out by hand after RFC 8415 sections 8 and 21: a server's reply.
const IA_NA = "00000001" + "00000e10" + "00001518" +
  option(
    5,
    addressHex(ADDRESS) + "00001c20" + "00002a30" + option(13, "00006f6b"),
  ) +
  option(13, "0000");
const IA_PD = "00000002" + "00000e10" + "00001518" +
  option(26, "00001c20" + "00002a30" + "38" + addressHex("2001:db8:1:200::"));
const REPLY = "07123456" + option(1, CLIENT) + option(2, SERVER) +
  option(3, IA_NA) + option(25, IA_PD) + option(7, "ff") +
  option(23, addressHex("2001:db8::53") + addressHex("fe80::1")) +
  option(24, "076578616d706c6503636f6d00") + option(32, "00015180") +
  option(56, option(1, addressHex("2001:db8::123"))) + option(82, "00000e10") +
  option(83, "00000e10");

/** Codes and data, and those of what options hold, indented. */
function walk(options: dhcpv6.Options, indent = ""): string[] {
  const all: string[] = [];
  while (options.next()) {
    const data = octetsOf(options.view).slice(options.dataStart, options.end);
    const inner = options.optionsStart;
    const holds = options.check() === undefined && inner < options.end;
    const own = holds ? data.slice(0, inner - options.dataStart) : data;
    all.push(`${indent}${options.code}=${hex(own)}`);
    if (holds) {
      all.push(...walk(new dhcpv6.Options().over(options), `${indent} `));
    }
    assert(all.length < 20000, "the walk ends");
  }
  return all;
}

/** All that a record says, but for memory that does not count. */
function summary(value: unknown): unknown {
  if (value instanceof dhcpv6.Octets) {
    return hex(value.data.subarray(0, value.length));
  }
  if (value instanceof dhcpv6.Association) {
    const { count, words, prefixLengths, nestedLengths } = value;
    return {
      kind: value.kind,
      identifier: value.identifier,
      t1: value.t1,
      t2: value.t2,
      words: [...words.subarray(0, 4 * count)],
      prefixLengths: [...prefixLengths.subarray(0, count)],
      preferred: [...value.preferredLifetimes.subarray(0, count)],
      valid: [...value.validLifetimes.subarray(0, count)],
      nestedLengths: [...nestedLengths.subarray(0, count)],
      nested: summary(value.nested),
      status: summary(value.status),
      unknown: summary(value.unknown),
    };
  }
  if (value instanceof dhcpv6.StatusRepr) {
    return [value.code, summary(value.message)];
  }
  if (!(value instanceof dhcpv6.Repr)) return value;
  const plain: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(value)) {
    if (name === "associations") {
      plain[name] = value.associations.slice(0, value.associationCount)
        .map((one) => summary(one));
    } else if (name === "requested") {
      plain[name] = [
        ...value.requested.subarray(0, Math.max(0, value.requestedCount)),
      ];
    } else if (name === "dnsServers") {
      plain[name] = [...value.dnsServers.subarray(0, 4 * value.dnsServerCount)];
    } else plain[name] = summary(field);
  }
  return plain;
}

Deno.test("View reads and writes the header of a client or server (RFC 8415 section 8)", () => {
  const view = new dhcpv6.View(exactly(octets("0112345600080002000a")));
  assertEquals(view.check(), undefined);
  assertEquals([view.type, view.isRelay, view.transactionId], [
    1,
    false,
    0x123456,
  ]);
  assertEquals([view.optionsStart, view.optionsEnd], [4, 10]);
  view.type = 11;
  view.transactionId = 0xfedcba;
  assertEquals(hex(octetsOf(view.view)).slice(0, 8), "0bfedcba");
});

Deno.test("View reads and writes the header of a relay agent (RFC 8415 section 9)", () => {
  const link = "2001:db8::1";
  const peer = "fe80::2";
  const text = "0c03" + addressHex(link) + addressHex(peer);
  const view = new dhcpv6.View(exactly(octets(text)));
  assertEquals(view.check(), undefined);
  assertEquals([view.isRelay, view.hopCount, view.optionsStart], [true, 3, 34]);
  const into = new Int32Array(8);
  view.copyLinkAddress(into, 0);
  view.copyPeerAddress(into, 4);
  assertEquals(into, Int32Array.of(...words(link), ...words(peer)));
  const copy = new dhcpv6.View(exactly(new Uint8Array(34)));
  copy.type = MessageType.RELAY_FORWARD;
  copy.hopCount = 3;
  copy.setLinkAddress(into, 0);
  copy.setPeerAddress(into, 4);
  assertEquals(hex(octetsOf(copy.view)), text);
});

for (
  const [why, type, length, reason] of [
    ["is empty", 1, 0, "truncated"],
    ["has three octets", 1, 3, "truncated"],
    ["is a header alone", 1, 4, undefined],
    ["is a relay agent's and short", 12, 33, "truncated"],
    ["is a relay agent's header alone", 13, 34, undefined],
    ["is of an unknown type", 200, 4, undefined],
  ] as const
) {
  Deno.test(`dhcpv6.View.check() finds ${reason ?? "nothing"} when the message ${why}`, () => {
    const bytes = new Uint8Array(length);
    if (length > 0) bytes[0] = type;
    const view = exactly(bytes);
    assertEquals(new dhcpv6.View(view).check(), reason);
    assertEquals(new dhcpv6.Packet().parse(view, 0, length), reason);
  });
}

Deno.test("Options walks options at any depth (RFC 8415 section 21)", () => {
  const view = new dhcpv6.View(exactly(octets(REPLY)));
  assertEquals(walk(new dhcpv6.Options().over(view)), [
    `1=${CLIENT}`,
    `2=${SERVER}`,
    "3=0000000100000e1000001518",
    ` 5=${addressHex(ADDRESS)}00001c2000002a30`,
    "  13=00006f6b",
    " 13=0000",
    "25=0000000200000e1000001518",
    ` 26=00001c2000002a3038${addressHex("2001:db8:1:200::")}`,
    "7=ff",
    `23=${addressHex("2001:db8::53")}${addressHex("fe80::1")}`,
    "24=076578616d706c6503636f6d00",
    "32=00015180",
    "56=",
    ` 1=${addressHex("2001:db8::123")}`,
    "82=00000e10",
    "83=00000e10",
  ]);
});

Deno.test("Options reads typed data after check() found nothing", () => {
  const view = new dhcpv6.View(exactly(octets(REPLY)));
  const options = new dhcpv6.Options().over(view);
  const inner = new dhcpv6.Options();
  const into = new Int32Array(4);
  assert(options.find(OptionCode.IA_NA));
  assertEquals([options.word, options.t1, options.t2], [1, 3600, 5400]);
  assert(inner.over(options).find(OptionCode.IA_ADDRESS));
  assertEquals(inner.check(), undefined);
  inner.copyAddress(0, into);
  assertEquals(into, words(ADDRESS));
  assertEquals([inner.preferredLifetime, inner.validLifetime], [7200, 10800]);
  assert(options.find(OptionCode.IA_PD));
  assert(inner.over(options).find(OptionCode.IA_PREFIX));
  inner.copyAddress(0, into);
  assertEquals(into, words("2001:db8:1:200::"));
  assertEquals([
    inner.prefixLength,
    inner.preferredLifetime,
    inner.validLifetime,
  ], [56, 7200, 10800]);
  assert(options.find(OptionCode.PREFERENCE));
  assertEquals(options.octet, 255);
  assert(options.find(OptionCode.DNS_SERVERS));
  assertEquals(options.addressCount, 2);
  options.copyAddress(1, into);
  assertEquals(into, words("fe80::1"));
  const request = exactly(octets(option(6, "00170018") + option(8, "0064")));
  options.wrap(request, 0, request.byteLength);
  assert(options.next());
  assertEquals([0, 1].map((i) => options.requested(i)), [23, 24]);
  assert(options.next());
  assertEquals(options.short, 100);
});

for (
  const [why, text, codes, reason] of [
    ["none", "", [], undefined],
    ["one octet", "00", [], "option"],
    ["three octets", "000100", [], "option"],
    ["a length that leads out by one", "00070002ff", [], "option"],
    ["a length of 65535", "0007ffffff", [], "option"],
    ["a good one in front of half a one", "00070001ff0008", [7], "option"],
    ["a length of 0", "000e0000000e0000", [14, 14], undefined],
  ] as const
) {
  Deno.test(`A13 dhcpv6.Options.next() ends in bounds when there is ${why}`, () => {
    const view = exactly(octets(text));
    const options = new dhcpv6.Options().wrap(view, 0, view.byteLength);
    const found: number[] = [];
    while (options.next()) found.push(options.code);
    assertEquals(found, [...codes]);
    assertEquals(options.reason, reason);
    assertEquals([options.next(), options.reason], [false, reason]);
  });
}

Deno.test("A13 Options.over() lets no nested option lead out of its holder", () => {
  const text = "07000000" + option(3, "000000010000000000000000" + "000500ff") +
    option(7, "01");
  const view = new dhcpv6.View(exactly(octets(text)));
  const options = new dhcpv6.Options().over(view);
  assert(options.next());
  const inner = new dhcpv6.Options().over(options);
  assertEquals([inner.next(), inner.reason], [false, "option"]);
  assert(options.next());
  // The record keeps such an association whole.
  const repr = new dhcpv6.Repr();
  assertEquals(repr.parse(view), undefined);
  assertEquals([repr.associationCount, repr.preference], [0, 1]);
  assertEquals(repr.unknown.length, 20);
});

/** A message of `depth` relay agents around an information request. */
function relayed(depth: number): dhcpv6.View {
  let text = "0b00002a";
  for (let i = 0; i < depth; i++) {
    text = `0c${i.toString(16).padStart(2, "0")}` + addressHex("2001:db8::1") +
      addressHex("fe80::2") + option(18, "6567") + option(9, text);
  }
  return new dhcpv6.View(exactly(octets(text)));
}

for (const depth of [0, 1, 2, 8, 9, 20]) {
  Deno.test(`Relayed.last() goes through ${depth} relay agents, eight at most (RFC 8415 7.6)`, () => {
    const { view, start, end } = relayed(depth);
    const relay = new dhcpv6.Relayed().wrap(view, start, end);
    const reason = relay.last();
    assertEquals(reason, depth > 8 ? "malformed" : undefined);
    assertEquals(relay.depth, Math.min(depth, 8));
    if (reason === undefined) {
      assertEquals(relay.message.transactionId, 42);
      assertEquals(relay.message.end, end);
    }
  });
}

for (
  const [why, options, reason] of [
    ["holds no message", option(18, "6567"), "malformed"],
    ["holds a message of three octets", option(9, "010000"), "truncated"],
    ["holds a short relay agent's message", option(9, "0c000000"), "truncated"],
    ["has options that lead out", "000900ff01", "option"],
  ] as const
) {
  Deno.test(`Relayed.last() finds ${reason} when a relay agent's message ${why}`, () => {
    const view = exactly(octets("0c00" + "00".repeat(32) + options));
    const relay = new dhcpv6.Relayed().wrap(view, 0, view.byteLength);
    assertEquals(relay.last(), reason);
    assertEquals(relay.next(), false);
  });
}

for (
  const [what, text, type, fields] of [
    ["link-layer address and time", CLIENT, 1, {
      hardwareType: 1,
      time: 0x28a1b2c3,
      identifierStart: 8,
    }],
    ["enterprise number", "0002000000090cc084d3", 2, {
      enterprise: 9,
      identifierStart: 6,
    }],
    ["link-layer address", SERVER, 3, { hardwareType: 1, identifierStart: 4 }],
    ["UUID", "0004" + "11".repeat(16), 4, { identifierStart: 2 }],
  ] as const
) {
  Deno.test(`Duid reads and writes one of ${what} (RFC 8415 section 11)`, () => {
    const view = exactly(octets(text));
    const duid = new dhcpv6.Duid().wrap(view, 0, view.byteLength);
    assertEquals([duid.check(), duid.type], [undefined, type]);
    for (const [name, value] of Object.entries(fields)) {
      assertEquals(duid[name as keyof typeof duid], value, name);
    }
    const copy = exactly(new Uint8Array(view.byteLength));
    octetsOf(copy).set(
      octetsOf(view).slice(duid.identifierStart),
      duid.identifierStart,
    );
    const other = new dhcpv6.Duid().wrap(copy, 0, copy.byteLength);
    Object.assign(other, { type });
    for (const [name, value] of Object.entries(fields)) {
      if (name !== "identifierStart") Object.assign(other, { [name]: value });
    }
    assertEquals(hex(octetsOf(copy)), text);
  });
}

for (
  const [text, reason] of [
    ["", "truncated"],
    ["0003", "truncated"],
    ["000300", "truncated"],
    ["00010001000000", "truncated"],
    ["0002000000", "truncated"],
    ["0004" + "11".repeat(15), "truncated"],
    ["0004" + "11".repeat(17), "length"],
    ["00ff" + "11".repeat(129), "length"],
    ["00ff" + "11".repeat(128), undefined],
  ] as const
) {
  Deno.test(`Duid.check() finds ${reason ?? "nothing"} in ${text.length / 2} octets of type ${text.slice(0, 4)}`, () => {
    const view = exactly(octets(text));
    const duid = new dhcpv6.Duid().wrap(view, 0, view.byteLength);
    assertEquals(duid.check(), reason);
    if (reason === undefined) readAll(duid);
  });
}

Deno.test("Repr reads a server's reply and writes the same octets", () => {
  const repr = new dhcpv6.Repr();
  const view = new dhcpv6.View(exactly(octets(REPLY)));
  assertEquals(repr.parse(view), undefined);
  assertEquals([repr.type, repr.transactionId, repr.preference], [
    MessageType.REPLY,
    0x123456,
    255,
  ]);
  const [addresses, prefixes] = repr.associations;
  assertEquals([addresses!.t1, addresses!.status.code], [3600, 0]);
  assertEquals(addresses!.words.subarray(0, 4), words(ADDRESS));
  assertEquals([prefixes!.kind, prefixes!.prefixLengths[0]], [25, 56]);
  assertEquals(repr.dnsServers.subarray(0, 4), words("2001:db8::53"));
  assertEquals(repr.domainList.texts, ["example.com."]);
  assertEquals([repr.informationRefreshTime, repr.solMaxRt, repr.infMaxRt], [
    86400,
    3600,
    3600,
  ]);
  assertEquals([repr.unknown.length, repr.dropped], [0, 0]);
  assertEquals(repr.check(), undefined);
  const copy = exactly(new Uint8Array(repr.bufferLength).fill(0xa5));
  repr.emit(copy, 0);
  assertEquals(hex(octetsOf(copy)), REPLY);
  assertEquals(dhcpv6.nameOfMessage(repr.type), "REPLY");
  assertEquals(dhcpv6.nameOfMessage(99), "type 99");
});

for (
  const [what, text] of [
    ["a second client", option(1, "00ff02")],
    ["a DUID of two octets", option(1, "0003")],
    ["a DUID of 131 octets", option(2, "00ff" + "00".repeat(129))],
    ["a preference of two octets", option(7, "0102")],
    ["an association of eleven octets", option(3, "00".repeat(11))],
    [
      "a short address in an association",
      option(3, "00".repeat(12) + option(5, "00".repeat(23))),
    ],
    [
      "a prefix of 129 bits",
      option(
        25,
        "00".repeat(12) + option(26, "00".repeat(8) + "81" + "00".repeat(16)),
      ),
    ],
    ["DNS servers of 17 octets", option(23, "00".repeat(17))],
    ["a pointer in a domain list", option(24, "0161c000")],
    ["a name without an end", option(24, "0161")],
    ["a label of 64 octets", option(24, "40" + "61".repeat(64) + "00")],
    [
      "a name of 256 octets",
      option(
        24,
        ("3f" + "61".repeat(63)).repeat(3) + "3e" + "61".repeat(62) + "00",
      ),
    ],
    ["an odd option request", option(6, "000102")],
    ["a code that is not modelled", option(60000, "0102")],
  ] as const
) {
  Deno.test(`Repr.parse() keeps ${what} whole`, () => {
    const first = what === "a second client" ? option(1, CLIENT) : "";
    const repr = new dhcpv6.Repr();
    const bytes = octets("07000000" + first + text);
    assertEquals(repr.parse(new dhcpv6.View(exactly(bytes))), undefined);
    assertEquals(
      hex(repr.unknown.data.subarray(0, repr.unknown.length)),
      text,
    );
    assertEquals(repr.associationCount, 0);
    assertEquals(repr.serverId.length + repr.domainList.length, 0);
    const copy = exactly(new Uint8Array(repr.bufferLength));
    repr.emit(copy, 0);
    assertEquals(octetsOf(copy), bytes);
  });
}

Deno.test("Repr.parse() takes a name of 255 octets (RFC 1035 section 3.1)", () => {
  const name = ("3f" + "61".repeat(63)).repeat(3) + "3d" + "61".repeat(61) +
    "00";
  const repr = new dhcpv6.Repr();
  const text = "07000000" + option(24, name);
  assertEquals(repr.parse(new dhcpv6.View(exactly(octets(text)))), undefined);
  assertEquals([repr.domainList.length, repr.unknown.length], [255, 0]);
});

Deno.test("Repr.parse() counts what there was no room for", () => {
  const repr = new dhcpv6.Repr({
    associations: 1,
    addresses: 1,
    servers: 1,
    requested: 1,
    octets: 8,
    unknown: 4,
  });
  const address = option(5, "00".repeat(24));
  const text = "07000000" + option(3, "00".repeat(12) + address + address) +
    option(4, "00000001") + option(23, "00".repeat(32)) +
    option(6, "000100020003") + option(59, "61".repeat(9)) + option(99, "61");
  assertEquals(repr.parse(new dhcpv6.View(exactly(octets(text)))), undefined);
  assertEquals(repr.dropped, 1 + 1 + 1 + 2 + 1 + 1);
  assertEquals([repr.associationCount, repr.associations[0]!.count], [1, 1]);
  assertEquals([repr.dnsServerCount, repr.requestedCount], [1, 1]);
  assertEquals(repr.addAssociation(), undefined);
  assertEquals(repr.addUnknown(1, new Uint8Array(1)), false);
  assertEquals(repr.addDnsServer(words("::1")), false);
});

for (
  const [what, t1, t2, preferred, valid, reason] of [
    ["T1 is above T2", 200, 100, 0, 0, "malformed"],
    ["T1 is T2", 100, 100, 0, 0, undefined],
    ["T2 is left to the client", 100, 0, 0, 0, undefined],
    ["it is preferred for longer than valid", 0, 0, 2, 1, "malformed"],
    ["it is valid for ever", 0, 0, dhcpv6.INFINITY, dhcpv6.INFINITY, undefined],
  ] as const
) {
  Deno.test(`A13 dhcpv6.Repr.check() finds ${reason ?? "nothing"} when ${what}`, () => {
    const repr = new dhcpv6.Repr();
    const association = repr.addAssociation()!;
    association.t1 = t1;
    association.t2 = t2;
    association.add(words(ADDRESS), 0, 128, preferred, valid);
    assertEquals(repr.check(), reason);
  });
}

const bytes = (least: number, most: number) =>
  fc.uint8Array({ minLength: least, maxLength: most });
const maybe = (least: number, most: number) =>
  fc.oneof(fc.constant(new Uint8Array(0)), bytes(least, most));
const uint32 = fc.nat(0xffffffff);
const fourWords = fc.tuple(word, word, word, word);
const status = fc.option(fc.tuple(fc.nat(65535), bytes(0, 10)));
const association = fc.record({
  kind: fc.constantFrom(OptionCode.IA_NA, OptionCode.IA_TA, OptionCode.IA_PD),
  identifier: uint32,
  t1: uint32,
  t2: uint32,
  status,
  bindings: fc.array(
    fc.tuple(fourWords, fc.nat(128), uint32, uint32, fc.option(bytes(0, 5))),
    { maxLength: 4 },
  ),
  unknown: fc.option(bytes(0, 9)),
});
const record = fc.record({
  preference: fc.integer({ min: -1, max: 255 }),
  elapsedTime: fc.integer({ min: -1, max: 65535 }),
  rapidCommit: fc.boolean(),
  reconfigureMessage: fc.integer({ min: -1, max: 255 }),
  reconfigureAccept: fc.boolean(),
  informationRefreshTime: fc.oneof(fc.constant(-1), uint32),
  solMaxRt: fc.oneof(fc.constant(-1), uint32),
  infMaxRt: fc.oneof(fc.constant(-1), uint32),
});
const lists = fc.record({
  clientId: maybe(3, 130),
  serverId: maybe(3, 130),
  relayMessage: maybe(1, 40),
  userClass: maybe(2, 20),
  vendorClass: maybe(4, 20),
  vendorOptions: maybe(4, 20),
  interfaceId: maybe(1, 20),
  ntpServers: maybe(4, 20),
  bootfileUrl: maybe(1, 20),
  captivePortal: maybe(1, 20),
});
const rest = fc.record({
  type: fc.nat(255),
  id: fc.nat(0xffffff),
  hops: fc.nat(255),
  link: fourWords,
  peer: fourWords,
  associations: fc.array(association, { maxLength: 4 }),
  requested: fc.option(fc.array(fc.nat(65535), { maxLength: 32 })),
  status,
  servers: fc.array(fourWords, { maxLength: 8 }),
  names: fc.array(fc.domain(), { maxLength: 3 }),
  fqdn: fc.option(fc.tuple(fc.nat(255), bytes(0, 20))),
  unknown: fc.array(
    fc.tuple(fc.integer({ min: 200, max: 65535 }), bytes(0, 9)),
    {
      maxLength: 3,
    },
  ),
});
type Rest = typeof rest extends fc.Arbitrary<infer T> ? T : never;

function putStatus(
  to: dhcpv6.StatusRepr,
  from: [number, Uint8Array] | null,
): void {
  if (from === null) return;
  to.code = from[0];
  to.message.set(from[1]);
}

/** An option in octets. */
function encoded(code: number, data: Uint8Array): number[] {
  return [
    code >>> 8,
    code & 255,
    data.length >>> 8,
    data.length & 255,
    ...data,
  ];
}

function build(
  fields: object,
  octets: Record<string, Uint8Array>,
  more: Rest,
): dhcpv6.Repr {
  const repr = Object.assign(new dhcpv6.Repr(), fields);
  for (const [name, value] of Object.entries(octets)) {
    assert((repr[name as keyof dhcpv6.Repr] as dhcpv6.Octets).set(value));
  }
  repr.type = more.type;
  if (dhcpv6.isRelayType(more.type)) {
    repr.hopCount = more.hops;
    repr.linkAddress.set(more.link);
    repr.peerAddress.set(more.peer);
  } else repr.transactionId = more.id;
  for (const from of more.associations) {
    const to = repr.addAssociation()!;
    const { kind, identifier } = from;
    Object.assign(to, { kind, identifier });
    if (kind !== OptionCode.IA_TA) {
      Object.assign(to, { t1: from.t1, t2: from.t2 });
    }
    putStatus(to.status, from.status);
    const nested: number[] = [];
    from.bindings.forEach(([address, bits, preferred, valid, inner], i) => {
      const length = kind === OptionCode.IA_PD ? bits : 128;
      to.add(Int32Array.from(address), 0, length, preferred, valid);
      if (inner === null) return;
      nested.push(...encoded(300, inner));
      to.nestedLengths[i] = 4 + inner.length;
    });
    to.nested.set(nested);
    if (from.unknown !== null) to.unknown.set(encoded(301, from.unknown));
  }
  if (more.requested !== null) {
    repr.requestedCount = more.requested.length;
    repr.requested.set(more.requested);
  }
  putStatus(repr.status, more.status);
  for (const one of more.servers) repr.addDnsServer(Int32Array.from(one));
  for (const name of more.names) {
    if (name.length < 80) repr.domainList.add(name);
  }
  if (more.fqdn !== null) {
    repr.fqdnFlags = more.fqdn[0];
    repr.fqdnName.set(more.fqdn[1]);
  }
  for (const [code, data] of more.unknown) repr.addUnknown(code, data);
  return repr;
}

Deno.test("Repr.parse() of what Repr.emit() wrote is the same, and emits the same", () => {
  const again = new dhcpv6.Repr();
  fc.assert(
    fc.property(record, lists, rest, fc.nat(9), (fields, octets, more, at) => {
      const repr = build(fields, octets, more);
      const view = exactly(new Uint8Array(at + repr.bufferLength).fill(0xa5));
      repr.emit(view, at);
      assertEquals(again.parse(new dhcpv6.View(view, at)), undefined);
      assertEquals(summary(again), summary(repr));
      const copy = exactly(new Uint8Array(at + again.bufferLength).fill(0xa5));
      again.emit(copy, at);
      assertEquals(octetsOf(copy), octetsOf(view));
    }),
  );
});

/** Options that are nearly right, and hold others. */
const { nearly } = fc.letrec<{ nearly: number[] }>((tie) => ({
  nearly: fc.tuple(
    fc.oneof(fc.nat(110), fc.constantFrom(...Object.values(OptionCode))),
    fc.oneof(bytes(0, 30), bytes(12, 12), bytes(24, 25), bytes(16, 16)),
    fc.oneof(
      { depthSize: "small" },
      fc.constant<number[]>([]),
      tie("nearly"),
    ),
    fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, fc.nat(255)),
  ).map(([code, data, inner, off]) => {
    const length = data.length + inner.length + off;
    return [
      ...[code >>> 8, code & 255, length >>> 8 & 255, length & 255],
      ...data,
      ...inner,
    ];
  }),
}));

Deno.test("A13 no octets make dhcpv6 throw, hang or read outside", () => {
  const packet = new dhcpv6.Packet();
  const relay = new dhcpv6.Relayed();
  fc.assert(
    fc.property(
      fc.nat(14),
      fc.array(nearly, { maxLength: 12 }),
      bytes(33, 33),
      fc.boolean(),
      (type, options, head, cut) => {
        const start = dhcpv6.isRelayType(type) ? 33 : 3;
        const octets = [type, ...head.slice(0, start), ...options.flat()];
        const view = exactly(cut ? octets.slice(0, -1) : octets);
        const reason = packet.parse(view, 0, view.byteLength);
        if (packet.view.check() !== undefined) return;
        readAll(packet.repr);
        const cursor = new dhcpv6.Options().over(packet.view);
        walk(cursor);
        assertEquals(cursor.reason, reason);
        cursor.over(packet.view);
        while (cursor.next()) if (cursor.check() === undefined) touch(cursor);
        relay.wrap(view, 0, view.byteLength).last();
        if (reason !== undefined || packet.repr.dropped > 0) return;
        // What was read, written canonically, says the same.
        const copy = exactly(new Uint8Array(packet.repr.bufferLength));
        packet.repr.emit(copy, 0);
        const again = new dhcpv6.Repr();
        assertEquals(again.parse(new dhcpv6.View(copy)), undefined);
        assertEquals(summary(again), summary(packet.repr));
      },
    ),
    { numRuns: 1000 },
  );
  fc.assert(
    fc.property(bytes(0, 100), fc.nat(60), (octets, at) => {
      const view = exactly(octets);
      const start = Math.min(at, octets.length);
      packet.parse(view, start, octets.length);
      relay.wrap(view, start, octets.length).last();
    }),
  );
});

/** Reads what the code of a checked option allows to read. */
function touch(options: dhcpv6.Options): void {
  const into = new Int32Array(4);
  switch (options.code) {
    case OptionCode.IA_NA:
    case OptionCode.IA_PD:
      options.t2;
      options.word;
      break;
    case OptionCode.IA_ADDRESS:
    case OptionCode.IA_PREFIX:
      options.copyAddress(0, into);
      options.validLifetime;
      if (options.code === OptionCode.IA_PREFIX) options.prefixLength;
      break;
    case OptionCode.DNS_SERVERS:
      for (let i = 0; i < options.addressCount; i++) {
        options.copyAddress(i, into);
      }
      break;
    case OptionCode.OPTION_REQUEST:
      for (let i = 0; i < options.requestedCount; i++) options.requested(i);
      break;
    case OptionCode.CLIENT_ID: {
      const duid = new dhcpv6.Duid();
      duid.wrap(options.view, options.dataStart, options.end);
      if (duid.check() === undefined) duid.identifierStart;
    }
  }
}

for (const depth of [1000, 3000]) {
  Deno.test(`A13 ${depth} associations within each other are not followed`, () => {
    const text = (option(3, "00".repeat(12))).repeat(depth);
    const bytes = octets("07000000" + text);
    // Each claims all that is behind it.
    for (let at = 4; at < bytes.length; at += 16) {
      const length = bytes.length - at - 4;
      bytes[at + 2] = length >>> 8;
      bytes[at + 3] = length;
    }
    const repr = new dhcpv6.Repr();
    assertEquals(repr.parse(new dhcpv6.View(exactly(bytes))), undefined);
    assertEquals(repr.associationCount, 1);
  });
}
