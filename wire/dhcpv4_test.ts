import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import * as dhcpv4 from "./dhcpv4.ts";
import { hex, octets } from "./_oracle_test_util.ts";
import { exactly, octetsOf, readAll, word } from "./_property_test_util.ts";

const { OptionCode } = dhcpv4;

/** A message with these options (hexadecimal), and nothing else in it. */
function message(options: string, file = "", sname = ""): dhcpv4.View {
  const bytes = new Uint8Array(240 + options.length / 2);
  bytes.set([2, 1, 6, 0, 0x12, 0x34, 0x56, 0x78]);
  bytes.set(octets(sname), 44);
  bytes.set(octets(file), 108);
  bytes.set(octets("63825363"), 236);
  bytes.set(octets(options), 240);
  return new dhcpv4.View(exactly(bytes));
}

/** Code, field and data of each option. */
function walk(options: dhcpv4.Options, view: DataView): string[] {
  const all: string[] = [];
  while (options.next()) {
    const data = octetsOf(view).slice(options.dataStart, options.end);
    all.push(`${options.area}:${options.code}=${hex(data)}`);
    assert(all.length < 1000, "the walk ends");
  }
  return all;
}

function all(view: dhcpv4.View): string[] {
  return walk(new dhcpv4.Options().over(view), view.view);
}

/** All that a record says, but for memory that does not count. */
function summary(repr: dhcpv4.Repr): Record<string, unknown> {
  const plain: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(repr)) {
    if (value instanceof dhcpv4.Octets) {
      plain[name] = hex(value.data.subarray(0, value.length));
    } else if (value instanceof dhcpv4.Addresses) {
      plain[name] = [...value.values.subarray(0, value.count)];
    } else if (name.startsWith("route") && typeof value !== "number") {
      if (value instanceof Uint8Array || value instanceof Int32Array) {
        plain[name] = [...value.subarray(0, repr.routeCount)];
      } else plain[name] = value;
    } else plain[name] = value instanceof Uint8Array ? hex(value) : value;
  }
  return plain;
}

Deno.test("View reads and writes each field where RFC 2131 section 2 has it", () => {
  const bytes = new Uint8Array(240).map((_, i) => i + 1);
  bytes[2] = 6;
  const view = new dhcpv4.View(exactly(bytes));
  assertEquals(view.check(), undefined);
  const expected = {
    operation: 1,
    hardwareType: 2,
    hardwareLength: 6,
    hops: 4,
    transactionId: 0x05060708,
    seconds: 0x090a,
    flags: 0x0b0c,
    broadcast: false,
    clientAddress: 0x0d0e0f10,
    yourAddress: 0x11121314,
    serverAddress: 0x15161718,
    relayAddress: 0x191a1b1c,
    hardwareStart: 28,
    hardwareHigh: 0x1d1e,
    hardwareLow: 0x1f202122,
    serverNameStart: 44,
    fileStart: 108,
    hasCookie: false,
    optionsStart: 240,
    optionsEnd: 240,
  };
  assertEquals(readAll(view), expected);
  const copy = new dhcpv4.View(exactly(new Uint8Array(240)));
  copy.operation = 1;
  copy.hardwareType = 2;
  copy.hardwareLength = 6;
  copy.hops = 4;
  copy.transactionId = 0x05060708;
  copy.seconds = 0x090a;
  copy.flags = 0x0b0c;
  copy.clientAddress = 0x0d0e0f10;
  copy.yourAddress = 0x11121314;
  copy.serverAddress = 0x15161718;
  copy.relayAddress = 0x191a1b1c;
  copy.hardwareHigh = 0x1d1e;
  copy.hardwareLow = 0x1f202122;
  assertEquals(readAll(copy), expected);
  copy.broadcast = true;
  assertEquals(copy.flags, 0x8b0c);
  copy.broadcast = false;
  assertEquals(copy.flags, 0x0b0c);
});

for (
  const [why, length, hardware, reason] of [
    ["is empty", 0, 0, "truncated"],
    ["ends within the header", 235, 6, "truncated"],
    ["is a header alone", 236, 6, undefined],
    ["has a hardware address of 17 octets", 300, 17, "length"],
    ["has one of 16", 300, 16, undefined],
  ] as const
) {
  Deno.test(`dhcpv4.View.check() finds ${reason ?? "nothing"} when the message ${why}`, () => {
    const bytes = new Uint8Array(length);
    if (length > 2) bytes[2] = hardware;
    const view = new dhcpv4.View(exactly(bytes));
    assertEquals(view.check(), reason);
    assertEquals(new dhcpv4.Packet().parse(view.view, 0, length), reason);
  });
}

for (
  const [why, options, expected, reason, ended] of [
    ["none", "", [], undefined, false],
    ["an end alone", "ff", [], undefined, true],
    ["padding and an end", "0000ff350101", [], undefined, true],
    ["no end", "350101", ["0:53=01"], undefined, false],
    ["padding and no end", "35010100", ["0:53=01"], undefined, false],
    ["a code alone", "35010136", ["0:53=01"], "option", true],
    ["a length of 255", "35ff01", [], "option", true],
    ["a length of 0", "5000350101ff", ["0:80=", "0:53=01"], undefined, true],
  ] as const
) {
  Deno.test(`A13 Options.next() ends in bounds when there is ${why}`, () => {
    const view = message(options);
    const cursor = new dhcpv4.Options().over(view);
    assertEquals(walk(cursor, view.view), [...expected]);
    assertEquals([cursor.reason, cursor.ended], [reason, ended]);
    assertEquals(cursor.next(), false);
    assertEquals(cursor.reason, reason);
  });
}

Deno.test("A13 Options.next() ends when the last option leads out by one", () => {
  const view = message("3501013604010203");
  const cursor = new dhcpv4.Options().over(view);
  assertEquals(walk(cursor, view.view), ["0:53=01"]);
  assertEquals(cursor.reason, "option");
});

for (
  const [overload, expected] of [
    ["01", ["0:53=05", "0:52=01", "0:1=ffffff00", "1:3=0a000001"]],
    ["02", ["0:53=05", "0:52=02", "0:1=ffffff00", "2:6=0a000002"]],
    [
      "03",
      ["0:53=05", "0:52=03", "0:1=ffffff00", "1:3=0a000001", "2:6=0a000002"],
    ],
    ["00", ["0:53=05", "0:52=00", "0:1=ffffff00"]],
  ] as const
) {
  Deno.test(`A13 Options.over() goes from options to file to sname for overload ${overload} (RFC 2131 4.1)`, () => {
    const view = message(
      `3501053401${overload}0104ffffff00ff`,
      "03040a000001ff",
      "06040a000002ff",
    );
    assertEquals(all(view), [...expected]);
  });
}

Deno.test("A13 Options.over() does not follow an overload in an overloaded field", () => {
  const view = message("340101ff", "34010303040a000001ff", "340103ff");
  assertEquals(all(view), ["0:52=01", "1:52=03", "1:3=0a000001"]);
});

Deno.test("A13 Options.over() does not let an overloaded field lead out of itself", () => {
  const view = message("340103ff", "00".repeat(126) + "0304", "3e".repeat(64));
  const cursor = new dhcpv4.Options().over(view);
  assertEquals(walk(cursor, view.view), ["0:52=03"]);
  assertEquals(cursor.reason, "option");
  const other = message("340102ff", "", "00".repeat(62) + "03ff");
  assertEquals(all(other), ["0:52=02"]);
});

Deno.test("A13 Options.wrap() follows no overload, there being no message", () => {
  const view = exactly(octets("340103ff"));
  assertEquals(walk(new dhcpv4.Options().wrap(view, 0, 4), view), ["0:52=03"]);
});

Deno.test("Options reads typed data after check() found nothing", () => {
  const view = message(
    "350102" + "1a0205dc" + "330400015180" + "0308" +
      "0a0000010a000002" + "0305" + "0a00000100" + "ff",
  );
  const options = new dhcpv4.Options().over(view);
  assert(options.find(OptionCode.MESSAGE_TYPE));
  assertEquals([options.check(), options.octet], [undefined, 2]);
  assert(options.next());
  assertEquals([options.check(), options.short], [undefined, 1500]);
  assert(options.next());
  assertEquals([options.check(), options.seconds], [undefined, 86400]);
  assert(options.next());
  assertEquals([options.check(), options.addressCount], [undefined, 2]);
  assertEquals([options.address(0), options.address(1)], [
    0x0a000001,
    0x0a000002,
  ]);
  assert(options.next());
  assertEquals(options.check(), "option");
  assert(!options.find(OptionCode.SUBNET_MASK));
});

Deno.test("Aggregate.gather() joins pieces in the order of the walk (RFC 3396)", () => {
  const view = message(
    "340103" + "0c03616263" + "350101" + "0c0164ff",
    "0c026566ff",
    "0c0167ff",
  );
  const aggregate = new dhcpv4.Aggregate(new Uint8Array(20));
  assertEquals(aggregate.gather(view), undefined);
  assertEquals(aggregate.length(OptionCode.HOST_NAME), 7);
  const at = aggregate.start(OptionCode.HOST_NAME);
  assertEquals(
    new TextDecoder().decode(octetsOf(aggregate.view).slice(at, at + 7)),
    "abcdefg",
  );
  assert(aggregate.has(OptionCode.MESSAGE_TYPE));
  assert(!aggregate.has(OptionCode.ROUTERS));
  // What does not fit is left out, whole, and counted.
  const small = new dhcpv4.Aggregate(new Uint8Array(6));
  assertEquals(small.gather(view), undefined);
  assertEquals([small.has(12), small.has(53), small.dropped], [false, true, 1]);
});

Deno.test("A13 Aggregate.gather() is bounded for 64 KiB of empty options of all codes", () => {
  const bytes = new Uint8Array(65536);
  bytes.set(octets("63825363"), 236);
  for (let at = 240; at < 65536; at += 2) bytes[at] = 1 + (at / 2) % 254;
  const repr = new dhcpv4.Repr();
  assertEquals(repr.parse(new dhcpv4.View(exactly(bytes))), undefined);
  assert(repr.rapidCommit);
});

Deno.test("Repr.parse() joins addresses that are cut in pieces anywhere", () => {
  const repr = new dhcpv4.Repr();
  assertEquals(
    repr.parse(message("03050a0000010a" + "0303000002" + "ff")),
    undefined,
  );
  assertEquals(summary(repr).routers, [0x0a000001, 0x0a000002]);
  assertEquals(repr.unknown.length, 0);
});

Deno.test("Repr.parse() counts the first of two options of fixed length", () => {
  const repr = new dhcpv4.Repr();
  repr.parse(message("350102" + "350105" + "0104ffffff00" + "0104ff000000ff"));
  assertEquals([repr.messageType, repr.subnetMask], [2, -256]);
  assertEquals(repr.unknown.length, 0);
});

for (
  const [what, option] of [
    ["a mask of three octets", "0103ffffff"],
    ["routers of five octets", "03050a00000101"],
    ["no routers", "0300"],
    ["no host name", "0c00"],
    ["a message type of 0", "350100"],
    ["a lease of three octets", "3303000001"],
    ["rapid commit with data", "500101"],
    ["a client identifier of one octet", "3d0101"],
    ["a classless route that ends early", "790618c0a801c0a8"],
    ["a classless route of 33 bits", "790a21c0a80101000a000001"],
    ["a search list with a pointer to itself", "7702c000"],
    ["a search list with a forward pointer", "7705c002016100"],
    ["a search list without an end", "77020161"],
    ["a search list with a reserved label", "77024161"],
    ["a code that is not modelled", "e003010203"],
  ] as const
) {
  Deno.test(`Repr.parse() keeps ${what} whole`, () => {
    const repr = new dhcpv4.Repr();
    assertEquals(repr.parse(message(option + "ff")), undefined);
    const text = hex(repr.unknown.data.subarray(0, repr.unknown.length));
    assertEquals(text, option);
    const none = Object.entries(summary(new dhcpv4.Repr()));
    const mine = summary(repr);
    for (const [name, value] of none) {
      if (name === "operation" || name === "transactionId") continue;
      if (name !== "unknown") assertEquals(mine[name], value, name);
    }
  });
}

Deno.test("Repr.parse() expands pointers of a search list (RFC 3397 section 2)", () => {
  // The example of the RFC: eng.apple.com. and marketing.apple.com.
  const list = "03656e67056170706c6503636f6d00" + "096d61726b6574696e67c004";
  const size = (list.length / 2).toString(16).padStart(2, "0");
  const repr = new dhcpv4.Repr();
  assertEquals(repr.parse(message(`77${size}${list}ff`)), undefined);
  assertEquals(repr.domainSearch.texts, [
    "eng.apple.com.",
    "marketing.apple.com.",
  ]);
  // And in pieces, pointers counting from the first.
  repr.parse(message(`7709${list.slice(0, 18)}7712${list.slice(18)}ff`));
  assertEquals(repr.domainSearch.texts, [
    "eng.apple.com.",
    "marketing.apple.com.",
  ]);
});

Deno.test("A13 SearchList.expand() ends for pointers that lead round and names that grow", () => {
  const view = exactly(octets("016100" + "c003" + "0162c000" + "c005"));
  const list = new dhcpv4.SearchList().wrap(view, 0, view.byteLength);
  const into = exactly(new Uint8Array(255));
  const lengths: number[] = [];
  while (list.next()) lengths.push(list.expand(into, 0, 255));
  assertEquals(lengths, [3, -1, 5, 5]);
  assertEquals(list.reason, undefined);
  assertEquals(list.wrap(view, 0, 3).next(), true);
  assertEquals(list.expand(into, 0, 2), -1);
  // Six labels of 63 make a name that is too long.
  const long = exactly(octets(("3f" + "61".repeat(63)).repeat(4) + "00"));
  list.wrap(long, 0, long.byteLength);
  assertEquals([list.next(), list.reason], [false, "option"]);
});

Deno.test("Names.add() and texts agree, and refuse what does not fit", () => {
  const names = new dhcpv4.Names(40);
  for (const name of ["example.com.", "a\\.b.c.", "."]) names.add(name);
  names.add("fqdn.example");
  assertEquals(names.texts, ["example.com.", "a\\.b.c.", ".", "fqdn.example."]);
  assertThrows(() => names.add("a..b"), SyntaxError);
  assertThrows(() => names.add("abcdefgh"), RangeError, "do not fit");
});

Deno.test("Routes.next() reads the descriptors of RFC 3442 and masks destinations", () => {
  const view = exactly(octets(
    "000a000001" + "080a0a000002" + "11ac10ff0a000003" + "20010203040a000004",
  ));
  const routes = new dhcpv4.Routes().wrap(view, 0, view.byteLength);
  const all: number[][] = [];
  while (routes.next()) {
    all.push([
      routes.prefixLength,
      routes.destination >>> 0,
      routes.router >>> 0,
    ]);
  }
  assertEquals(routes.reason, undefined);
  assertEquals(all, [
    [0, 0, 0x0a000001],
    [8, 0x0a000000, 0x0a000002],
    [17, 0xac108000, 0x0a000003],
    [32, 0x01020304, 0x0a000004],
  ]);
});

Deno.test("Suboptions.next() walks what a relay agent added (RFC 3046)", () => {
  const view = message("520801026768" + "02020102" + "ff");
  const repr = new dhcpv4.Repr();
  repr.parse(view);
  const { relayAgentInformation: relay } = repr;
  const sub = new dhcpv4.Suboptions().wrap(relay.view, 0, relay.length);
  const all: [number, number, number][] = [];
  while (sub.next()) all.push([sub.code, sub.start, sub.end]);
  assertEquals(all, [[1, 2, 4], [2, 6, 8]]);
  assertEquals(sub.reason, undefined);
  sub.wrap(relay.view, 0, 7);
  assertEquals([sub.next(), sub.next(), sub.reason], [true, false, "option"]);
  sub.wrap(relay.view, 0, 1);
  assertEquals([sub.next(), sub.reason], [false, "option"]);
});

for (
  const [renewal, rebinding, lease, t1, t2, reason] of [
    [-1, -1, -1, -1, -1, undefined],
    [-1, -1, 800, 400, 700, undefined],
    [100, 200, 800, 100, 200, undefined],
    [100, -1, 800, 100, 700, undefined],
    [750, -1, 800, 750, 750, undefined],
    [-1, 200, 800, 200, 200, undefined],
    [200, 100, 800, 400, 700, "malformed"],
    [100, 900, 800, 400, 700, "malformed"],
    [900, -1, 800, 400, 700, "malformed"],
    [0, 0, 0, 0, 0, undefined],
    [-1, -1, dhcpv4.INFINITY, dhcpv4.INFINITY, dhcpv4.INFINITY, undefined],
    [60, -1, dhcpv4.INFINITY, 60, dhcpv4.INFINITY, undefined],
  ] as const
) {
  Deno.test(`A13 Repr.t1 and t2 are ${t1} and ${t2} for T1 ${renewal}, T2 ${rebinding}, lease ${lease}`, () => {
    const repr = new dhcpv4.Repr();
    repr.operation = 2;
    repr.renewalTime = renewal;
    repr.rebindingTime = rebinding;
    repr.leaseTime = lease;
    assertEquals([repr.t1, repr.t2, repr.check()], [t1, t2, reason]);
  });
}

Deno.test("Repr.emit() writes the type first, what a relay added last, and 300 octets", () => {
  const repr = new dhcpv4.Repr();
  repr.operation = dhcpv4.Operation.REPLY;
  repr.messageType = dhcpv4.MessageType.ACK;
  repr.transactionId = 0x01020304;
  repr.setEthernet(0x0200, 0xfffffffe | 0);
  repr.subnetMask = 0xffffff00 | 0;
  repr.leaseTime = 3600;
  repr.relayAgentInformation.set([1, 1, 7]);
  assert(repr.addUnknown(224, Uint8Array.of(9)));
  const view = exactly(new Uint8Array(repr.bufferLength).fill(0xa5));
  repr.emit(view, 0);
  assertEquals(view.byteLength, 300);
  assertEquals(
    hex(octetsOf(view)),
    "0201060001020304" + "00".repeat(20) + "0200fffffffe" + "00".repeat(202) +
      "63825363" + "350105" + "0104ffffff00" + "330400000e10" + "e00109" +
      "5203010107" + "ff" + "00".repeat(36),
  );
});

Deno.test("Repr.emit() cuts long options (RFC 3396) and parse() joins them", () => {
  const repr = new dhcpv4.Repr({ octets: 600, addresses: 100 });
  repr.message.set(new Uint8Array(600).map((_, i) => i));
  for (let i = 0; i < 100; i++) repr.routers.add(i + 1);
  assert(repr.addUnknown(200, new Uint8Array(300).fill(7)));
  const view = exactly(new Uint8Array(repr.bufferLength));
  repr.emit(view, 0);
  const lengths: [number, number][] = [];
  const options = new dhcpv4.Options().over(new dhcpv4.View(view));
  while (options.next()) lengths.push([options.code, options.length]);
  assertEquals(lengths, [
    [3, 255],
    [3, 145],
    [56, 255],
    [56, 255],
    [56, 90],
    [200, 255],
    [200, 45],
  ]);
  const again = new dhcpv4.Repr({ octets: 600, addresses: 100 });
  assertEquals(again.parse(new dhcpv4.View(view)), undefined);
  assertEquals(summary(again), summary(repr));
  // A smaller record says how much it did not hold.
  const small = new dhcpv4.Repr({ octets: 100, addresses: 30, unknown: 10 });
  assertEquals(small.parse(new dhcpv4.View(view)), undefined);
  assertEquals([small.routers.count, small.message.length], [30, 0]);
  assertEquals(small.dropped, 70 + 1 + 1);
});

Deno.test("Repr.parse() recognises the BOOTP of RFC 951 by its lack of a cookie", () => {
  const bytes = new Uint8Array(300);
  bytes.set([1, 1, 6]);
  bytes.set(octets("0102030405"), 236);
  bytes.set(new TextEncoder().encode("boot"), 108);
  const view = new dhcpv4.View(exactly(bytes));
  const repr = new dhcpv4.Repr();
  assertEquals(repr.parse(view), undefined);
  assertEquals([repr.hasCookie, repr.messageType], [false, 0]);
  assertEquals(repr.file.text, "boot");
  assertEquals(all(view), []);
  const copy = exactly(new Uint8Array(repr.bufferLength).fill(0xa5));
  repr.emit(copy, 0);
  assertEquals(octetsOf(copy), bytes);
  assertEquals(dhcpv4.nameOfMessage(repr.messageType), "BOOTP");
  assertEquals(dhcpv4.nameOfMessage(2), "OFFER");
  assertEquals(dhcpv4.nameOfMessage(200), "type 200");
});

const bytes = (least: number, most: number) =>
  fc.uint8Array({ minLength: least, maxLength: most });
const absent = <T>(value: T, other: fc.Arbitrary<T>) =>
  fc.oneof(fc.constant(value), other);
const seconds = absent(-1, fc.nat(0xffffffff));
const addressList = fc.array(word, { maxLength: 8 });
const name = fc.array(fc.stringMatching(/^[a-z0-9-]{1,20}$/), {
  minLength: 1,
  maxLength: 3,
}).map((labels) => labels.join("."));
const route = fc.tuple(fc.nat(32), word, word);

const record = fc.record({
  operation: fc.nat(255),
  hardwareType: fc.nat(255),
  hardwareLength: fc.nat(16),
  hops: fc.nat(255),
  transactionId: word,
  seconds: fc.nat(65535),
  flags: fc.nat(65535),
  clientAddress: word,
  yourAddress: word,
  serverAddress: word,
  relayAddress: word,
  messageType: fc.nat(255),
  subnetMask: word,
  interfaceMtu: fc.nat(65535),
  broadcastAddress: word,
  requestedAddress: word,
  leaseTime: seconds,
  serverIdentifier: word,
  maximumMessageSize: fc.nat(65535),
  renewalTime: seconds,
  rebindingTime: seconds,
  rapidCommit: fc.boolean(),
  ipv6OnlyWait: seconds,
  autoConfigure: absent(-1, fc.nat(255)),
});
const lists = fc.record({
  hardwareAddress: bytes(16, 16),
  serverName: fc.array(fc.integer({ min: 1, max: 255 }), { maxLength: 64 }),
  file: fc.array(fc.integer({ min: 1, max: 255 }), { maxLength: 128 }),
  routers: addressList,
  domainNameServers: addressList,
  ntpServers: addressList,
  tftpServers: addressList,
  hostName: bytes(0, 255),
  domainName: bytes(0, 20),
  vendorSpecific: bytes(0, 20),
  parameterRequestList: bytes(0, 20),
  message: bytes(0, 20),
  vendorClass: bytes(0, 20),
  clientIdentifier: absent(new Uint8Array(0), bytes(2, 20)),
  tftpServerName: bytes(0, 20),
  bootfileName: bytes(0, 20),
  userClass: bytes(0, 20),
  captivePortal: bytes(0, 20),
  relayAgentInformation: absent(new Uint8Array(0), bytes(2, 20)),
  fqdn: fc.option(fc.tuple(fc.nat(255), fc.nat(65535), bytes(0, 20))),
  names: fc.array(name, { maxLength: 3 }),
  routes: fc.array(route, { maxLength: 16 }),
  unknown: fc.uniqueArray(
    fc.tuple(fc.integer({ min: 200, max: 220 }), bytes(0, 30)),
    {
      maxLength: 4,
      selector: ([code]) => code,
    },
  ),
});

function build(
  fields: object,
  more: typeof lists extends fc.Arbitrary<infer T> ? T : never,
): dhcpv4.Repr {
  const repr = Object.assign(new dhcpv4.Repr(), fields);
  const { fqdn, names, routes, unknown, hardwareAddress, ...rest } = more;
  repr.hardwareAddress.set(hardwareAddress);
  for (const [key, values] of Object.entries(rest)) {
    const field = repr[key as keyof typeof rest];
    if (field instanceof dhcpv4.Addresses) {
      for (const value of values) field.add(value);
    } else field.set(values);
  }
  if (fqdn !== null) {
    [repr.fqdnFlags, repr.fqdnResult] = fqdn;
    repr.fqdnName.set(fqdn[2]);
  }
  for (const one of names) repr.domainSearch.add(one);
  for (const [length, destination, router] of routes) {
    const i = repr.routeCount++;
    repr.routePrefixLengths[i] = length;
    repr.routeDestinations[i] = length === 0
      ? 0
      : destination & -1 << 32 - length;
    repr.routeRouters[i] = router;
  }
  unknown.sort(([a], [b]) => a - b);
  for (const [code, data] of unknown) assert(repr.addUnknown(code, data));
  return repr;
}

Deno.test("Repr.parse() of what Repr.emit() wrote is the same, and emits the same", () => {
  const again = new dhcpv4.Repr();
  fc.assert(
    fc.property(record, lists, fc.nat(9), (fields, more, at) => {
      const repr = build(fields, more);
      const view = exactly(new Uint8Array(at + repr.bufferLength).fill(0xa5));
      repr.emit(view, at);
      const message = new dhcpv4.View(view, at);
      assertEquals(again.parse(message), undefined);
      assertEquals(summary(again), summary(repr));
      const copy = exactly(new Uint8Array(at + again.bufferLength).fill(0xa5));
      again.emit(copy, at);
      assertEquals(octetsOf(copy), octetsOf(view));
    }),
  );
});

/** Options that are nearly right. */
const option = fc.tuple(
  fc.oneof(fc.nat(255), fc.constantFrom(...Object.values(OptionCode))),
  fc.oneof(bytes(0, 12), bytes(4, 4), bytes(1, 1)),
  fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.nat(255)),
).map(([code, data, off]) =>
  code === 0 ? [0] : [code, data.length + off & 255, ...data]
);

Deno.test("A13 no octets make View, Options or Repr throw, hang or read outside", () => {
  const packet = new dhcpv4.Packet();
  const cursor = new dhcpv4.Options();
  fc.assert(
    fc.property(
      fc.array(option, { maxLength: 20 }),
      fc.array(option, { maxLength: 5 }),
      bytes(0, 192),
      fc.boolean(),
      (options, first, names, cut) => {
        const octets = [
          ...[2, 1, 6],
          ...new Uint8Array(41),
          ...first.flat().slice(0, 64),
          ...names,
          ...new Uint8Array(192),
        ].slice(0, 236);
        octets.push(0x63, 0x82, 0x53, 0x63, ...options.flat());
        const view = exactly(cut ? octets.slice(0, -1) : octets);
        const reason = packet.parse(view, 0, view.byteLength);
        cursor.over(packet.view);
        walk(cursor, view);
        assertEquals(cursor.reason, reason);
        readAll(packet.view);
        readAll(packet.repr);
        cursor.over(packet.view);
        while (cursor.next()) {
          if (cursor.check() === undefined) {
            if (cursor.length > 3) cursor.seconds;
            for (let i = 0; i < cursor.addressCount; i++) cursor.address(i);
          }
        }
        if (reason !== undefined || packet.repr.dropped > 0) return;
        if (!packet.repr.hasCookie) return;
        // What was read, written canonically, says the same.
        const { repr } = packet;
        const copy = exactly(new Uint8Array(repr.bufferLength));
        repr.emit(copy, 0);
        const again = new dhcpv4.Repr({ message: 4000, unknown: 4000 });
        assertEquals(again.parse(new dhcpv4.View(copy)), undefined);
        assertEquals(summary(again), summary(repr));
      },
    ),
    { numRuns: 1000 },
  );
  fc.assert(
    fc.property(bytes(0, 400), fc.nat(300), (octets, at) => {
      const view = exactly(octets);
      const start = Math.min(at, octets.length);
      if (packet.parse(view, start, octets.length) === undefined) {
        readAll(packet.view);
      }
    }),
  );
});
